//! The sections of a page about what was to be feared: Greeks and loss acceleration where options
//! were held, and how good the prices were.

use super::sections::Section;
use super::table::{self, Cell, Column, Row};
use crate::markup::Markup;
use crate::money::{self, Money};
use crate::run::{FeedRow, MapRow, OptionsRow, RunFigures, clock};
use crate::safe::fitted;
use crate::svg::{Chart, Map};

impl Section<'_> {
    /// Greeks and loss acceleration, where options were held.
    pub(super) fn options(&self, main: &mut Markup, run: &RunFigures) {
        if run.options.is_empty() {
            return;
        }
        let money = Money::new(self.report.summary.asset.decimals);
        let rows: Vec<Row> = run.options.iter().map(|of| options_row(money, of)).collect();
        let columns = [
            Column::Id("Account"),
            Column::Number("Worst move"),
            Column::Number("By delta"),
            Column::Extra("Delta, 1 %"),
            Column::Extra("Gamma, 1 %"),
            Column::Extra("Vega, a point"),
            Column::Extra("Vanna"),
            Column::Extra("Theta, a day"),
        ];
        let unit = &self.report.summary.asset.name;
        main.el("section", &[], |section| {
            section.put("h2", &[], "Greeks and loss acceleration");
            section.put(
                "p",
                &[("class", "sub")],
                "Each account that held options, at the moment at which its worst move of price \
                 and volatility would have cost it most: that loss, and what delta alone foretold \
                 of it. With negative gamma losses grow faster than the price moves.",
            );
            table::write(
                section,
                &format!("Sensitivities and worst losses, {unit}"),
                &columns,
                &rows,
            );
        });
    }

    /// How good the prices were: which sources were left out, and when.
    pub(super) fn feeds(&self, main: &mut Markup, run: &RunFigures) {
        if run.feeds.is_empty() {
            return;
        }
        main.el("section", &[], |section| {
            section.put("h2", &[], "How good the prices were");
            section.put(
                "p",
                &[("class", "sub")],
                "The darker a cell, the more often the source was left out of the value then: too \
                 old, stuck, unsure, or too far from the others.",
            );
            for (place, of) in run.feeds.iter().enumerate() {
                feed(section, place, of, run.end);
            }
        });
    }
}

fn options_row(money: Money, of: &OptionsRow) -> Row {
    let places = money.places([0]);
    let signed = |atoms: i128| {
        let sign = if atoms < 0 { "-" } else { "" };
        format!("{sign}{}", money.with_places(atoms.unsigned_abs(), places))
    };
    let below = format!("{}, {}", fitted(&of.underlying, 20, "…"), clock(of.at));
    let times = of.times.map_or_else(String::new, |times| {
        format!("{}.{:02} times", times / 1_000_000, times % 1_000_000 / 10_000)
    });
    let cells = [
        Cell::with_below(fitted(&of.account, 24, "…"), below),
        Cell::with_below(money.with_places(of.loss, places), format!("of {}", signed(of.equity))),
        Cell::with_below(signed(of.delta_loss), times),
        signed(of.delta.div_euclid(100)).into(),
        signed(of.gamma.div_euclid(10_000)).into(),
        signed(of.vega.div_euclid(100)).into(),
        signed(of.vanna.div_euclid(10_000)).into(),
        signed(of.theta.div_euclid(365)).into(),
    ];
    ("", cells.into_iter().collect())
}

/// A feed: a map of what was left out, with a table of its sources.
fn feed(section: &mut Markup, place: usize, of: &FeedRow, end: u64) {
    let number = |number: u64| money::count(usize::try_from(number).unwrap_or(usize::MAX));
    let rows: Vec<Row> = of
        .sources
        .iter()
        .map(|source| {
            let why =
                source.left_out.iter().map(|(why, times)| format!("{why} {}", number(*times)));
            let why: Vec<String> = why.collect();
            let all = source.left_out.iter().map(|(_, times)| times).sum();
            ("", vec![Cell::with_below(source.source.clone(), why.join(", ")), number(all).into()])
        })
        .collect();
    let columns = [Column::Words("Source"), Column::Number("Left out")];
    let chart = Map {
        title: format!("Sources of {} that were left out, by time", of.feed),
        about: "The darker a cell, the more often the source did not count then.".to_owned(),
        rows: of
            .sources
            .iter()
            .map(|source| MapRow {
                market: source.source.clone(),
                cells: source.cells.clone(),
                legs: 0,
            })
            .collect(),
        end,
    };
    let qualities =
        of.qualities.iter().map(|(quality, times)| format!("{quality} {}", number(*times)));
    let qualities: Vec<String> = qualities.collect();
    let withheld = match of.withheld {
        0 => String::new(),
        1 => " A mark stayed once, because no price was good enough.".to_owned(),
        times => {
            format!(" A mark stayed {} times, because no price was good enough.", number(times))
        }
    };
    section.put("h3", &[], &of.feed);
    let line = format!(
        "{}: {}; quality after each: {}.{withheld}",
        of.about,
        if of.reports == 1 {
            "1 report".to_owned()
        } else {
            format!("{} reports", number(of.reports))
        },
        qualities.join(", ")
    );
    section.put("p", &[], &line);
    section.el("div", &[("class", "pair")], |pair| {
        pair.el("figure", &[], |figure| {
            figure.raw(&Chart::Map(chart).svg(&format!("feed-{place}")));
        });
        pair.el("div", &[], |beside| {
            table::write(beside, "How often each source was left out", &columns, &rows);
        });
    });
}
