//! The page of an experiment: what was asked, the figures with their intervals, the pictures, what
//! was refused, and what it takes to do it again.

use super::table::{self, Column};
use super::{document, facts_list};
use crate::svg::Chart;

/// Figures in rows, as they are shown. The first column is words, the others are figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageTable {
    /// What it holds.
    pub caption: String,
    /// The headings.
    pub columns: Vec<String>,
    /// The rows, each as long as the headings.
    pub rows: Vec<Vec<String>>,
}

/// What stands on the page of an experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExperimentPage {
    /// What the experiment is about.
    pub title: String,
    /// The answer, in a sentence or two.
    pub lead: String,
    /// The figures one looks for first.
    pub facts: Vec<(String, String)>,
    /// The pictures.
    pub charts: Vec<Chart>,
    /// The tables.
    pub tables: Vec<PageTable>,
    /// What is not said, and why.
    pub refused: Vec<String>,
    /// What it assumes.
    pub notes: Vec<String>,
    /// How it is done again: seed, configuration, version.
    pub again: Vec<(String, String)>,
}

/// The page.
#[must_use]
pub fn page(of: &ExperimentPage) -> String {
    document(&of.title, |main| {
        main.el("header", &[], |header| {
            header.put("h1", &[], &of.title);
            header.put("p", &[("class", "lead")], &of.lead.replace(" %", "\u{a0}%"));
            facts_list(header, &of.facts);
        });
        if !of.refused.is_empty() {
            main.el("section", &[("class", "warn"), ("aria-label", "Not said")], |section| {
                section.put("h2", &[], "What these runs cannot back");
                section.el("ul", &[], |list| {
                    of.refused.iter().for_each(|line| list.put("li", &[], line));
                });
            });
        }
        for (number, chart) in of.charts.iter().enumerate() {
            let (title, about) = chart.words();
            main.el("section", &[], |section| {
                section.put("h2", &[], title);
                section.el("figure", &[], |figure| {
                    figure.raw(&chart.svg(&format!("chart-{number}")));
                    figure.put("figcaption", &[], about);
                });
            });
        }
        for of in &of.tables {
            main.el("section", &[], |section| {
                let columns: Vec<Column<'_>> = of
                    .columns
                    .iter()
                    .enumerate()
                    .map(|(place, name)| match place {
                        0 => Column::Words(name),
                        _ => Column::Number(name),
                    })
                    .collect();
                let rows: Vec<table::Row> =
                    of.rows.iter().map(|cells| table::row("", cells.clone())).collect();
                table::write(section, &of.caption, &columns, &rows);
            });
        }
        main.el("section", &[], |section| {
            section.put("h2", &[], "What it assumes");
            section.el("ul", &[("class", "plain")], |list| {
                of.notes.iter().for_each(|note| list.put("li", &[], note));
            });
        });
        main.el("footer", &[], |footer| {
            for (what, value) in &of.again {
                footer.el("p", &[], |line| {
                    line.text(&format!("{what}: "));
                    line.put("code", &[], value);
                });
            }
            let line = "Nothing on this page is loaded from elsewhere.";
            footer.put("p", &[], line);
        });
    })
}
