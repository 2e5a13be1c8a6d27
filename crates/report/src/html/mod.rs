//! One self-contained page: `report.html`.
//!
//! Nothing is loaded and nothing runs: the style is inline, the charts are SVG with a table of
//! the same figures beside each, so it reads on paper, on a phone, with a screen reader, and in
//! ten years. However many rows a report has, the page lists a bounded number of them and says
//! where the rest is.

mod ahead;
mod experiment;
mod incident;
mod run;
mod sections;
mod table;

use crate::markup::Markup;
use crate::model::{Report, Summary};
use crate::money::{self, Money};
use crate::picture::Picture;
use crate::run::RunFigures;
pub use experiment::{ExperimentPage, PageTable, page as experiment_page};
pub use incident::page as incident_page;
use sections::Section;

const CSS: &str = include_str!("style.css");

/// The page of a report.
#[must_use]
pub fn page(report: &Report) -> String {
    page_of(report, None)
}

/// The page of a run: a report with what only a run has.
#[must_use]
pub fn run_page(report: &Report, run: &RunFigures) -> String {
    page_of(report, Some(run))
}

fn page_of(report: &Report, run: Option<&RunFigures>) -> String {
    let summary = &report.summary;
    let picture = Picture::of_all(summary);
    document(&summary.title, |main| {
        main.el("header", &[], |header| heading(header, report, &picture));
        warnings(main, summary);
        let section = Section { report, picture: &picture };
        if run.is_none() || !summary.losses.is_empty() {
            section.waterfall(main);
        }
        if let Some(run) = run {
            section.paths(main, run);
            section.liquidations(main, run);
            section.map(main, run);
            section.books(main, run);
            section.options(main, run);
            section.feeds(main, run);
            section.touched(main, run);
            section.stakes(main, run);
            section.covers(main, run);
        }
        section.sizes(main);
        section.largest(main);
        section.losses(main);
        section.settlement(main);
        section.recoveries(main);
        section.check(main);
        section.sums(main);
        if let Some(run) = run {
            section.counted(main, run);
        }
        footer(main, summary);
    })
}

/// A page that may load nothing and run nothing, whatever a name in it says.
fn document(title: &str, fill: impl FnOnce(&mut Markup)) -> String {
    let mut page = Markup::default();
    page.raw("<!doctype html>\n");
    page.el("html", &[("lang", "en")], |html| {
        html.el("head", &[], |head| {
            head.leaf("meta", &[("charset", "utf-8")]);
            let view = [("name", "viewport"), ("content", "width=device-width, initial-scale=1")];
            head.leaf("meta", &view);
            let policy = "default-src 'none'; style-src 'unsafe-inline'";
            head.leaf("meta", &[("http-equiv", "Content-Security-Policy"), ("content", policy)]);
            head.put("title", &[], title);
            head.el("style", &[], |style| style.raw(CSS));
        });
        html.el("body", &[], |body| body.el("main", &[], fill));
    });
    page.finish()
}

/// The title, who bore it in a sentence, and the figures one looks for first.
fn heading(header: &mut Markup, report: &Report, picture: &Picture) {
    let summary = &report.summary;
    let money = Money::new(summary.asset.decimals);
    header.put("h1", &[], &summary.title);
    // A percent sign stays on its number's line.
    let lead = picture.sentence(&summary.asset.name, money).replace(" %", "\u{a0}%");
    header.put("p", &[("class", "lead")], &lead);
    let places = money.places(picture.amounts().chain([picture.total, picture.recovered]));
    let write = |atoms| {
        let full = money.with_places(atoms, places);
        if full.len() > 18 { money.short(atoms) } else { full }
    };
    let unit = &summary.asset.name;
    let payers: usize = summary.size_tables.iter().map(|table| table.payers).sum();
    let mut facts = vec![
        (format!("Loss, {unit}"), write(picture.total)),
        (format!("Borne by layers, {unit}"), write(layers_paid(picture))),
        (format!("Uncovered, {unit}"), write(picture.uncovered())),
    ];
    if picture.recovered > 0 {
        facts.push((format!("Came back since, {unit}"), write(picture.recovered)));
    }
    if payers > 0 {
        facts.push(("Accounts that paid".to_owned(), money::count(payers)));
    }
    if summary.losses.len() > 1 {
        facts.push(("Losses".to_owned(), money::count(summary.losses.len())));
    }
    facts_list(header, &facts);
}

/// The figures one looks for first.
fn facts_list(header: &mut Markup, facts: &[(String, String)]) {
    header.el("dl", &[("class", "facts")], |list| {
        for (what, figure) in facts {
            list.el("div", &[], |fact| {
                fact.put("dt", &[], what);
                fact.put("dd", &[], figure);
            });
        }
    });
}

fn layers_paid(picture: &Picture) -> u128 {
    let layers = picture.rows.iter().filter(|row| row.kind == crate::picture::RowKind::Layer);
    layers.map(|row| row.amount).sum()
}

/// The most warnings listed.
const MOST_WARNINGS: usize = 20;

fn warnings(main: &mut Markup, summary: &Summary) {
    let wrong = summary.sums.iter().filter(|sum| !sum.holds()).count();
    if summary.warnings.is_empty() && wrong == 0 {
        return;
    }
    main.el("section", &[("class", "warn"), ("aria-label", "Warnings")], |section| {
        section.put("h2", &[], "Before you rely on this");
        section.el("ul", &[], |list| {
            if wrong > 0 {
                let line = format!("{} sums do not add up; see below.", money::count(wrong));
                list.put("li", &[("class", "bad")], &line);
            }
            for warning in summary.warnings.iter().take(MOST_WARNINGS) {
                list.put("li", &[], warning);
            }
            let more = summary.warnings.len().saturating_sub(MOST_WARNINGS);
            if more > 0 {
                list.put("li", &[], &format!("{} more in summary.json", money::count(more)));
            }
        });
    });
}

fn footer(main: &mut Markup, summary: &Summary) {
    main.el("footer", &[], |footer| {
        let unit = format!(
            "Amounts are in {}, exact to {} decimals. Percentages are rounded so that they sum to \
             100. Nothing on this page is loaded from elsewhere.",
            summary.asset.name, summary.asset.decimals
        );
        footer.put("p", &[], &unit);
        if !summary.laws.is_empty() {
            let line = format!("Laws checked while computing: {}.", summary.laws.join(", "));
            footer.put("p", &[], &line);
        }
        if !summary.digest.is_empty() {
            footer.el("p", &[], |line| {
                line.text("Digest of the final state: ");
                line.put("code", &[], &summary.digest);
            });
        }
    });
}
