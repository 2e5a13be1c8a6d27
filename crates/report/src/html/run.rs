//! The sections of a page that only a run of a venue has.

use super::sections::Section;
use super::table::{self, Cell, Column, Row, row};
use crate::markup::Markup;
use crate::money::{self, Money};
use crate::run::{CloseOutRow, CoverRow, MapRow, RunFigures, StakeRow, clock};
use crate::safe::fitted;
use crate::svg::{Chart, Map, Paths};

/// A map of values by market and time, with its table.
struct Mapped<'a> {
    id: &'a str,
    heading: &'a str,
    title: &'a str,
    sub: &'a str,
    table: &'a str,
    counted: &'a str,
}

/// The books listed.
const MOST_BOOKS: usize = 40;

impl Section<'_> {
    fn asset_money(&self) -> Money {
        Money::new(self.report.summary.asset.decimals)
    }

    /// What prices and equities did.
    pub(super) fn paths(&self, main: &mut Markup, run: &RunFigures) {
        if run.prices.is_empty() && run.equities.is_empty() {
            return;
        }
        let failed = match run.failures.len() {
            0 => "No account failed.".to_owned(),
            1 => "The dashed line is when an account failed.".to_owned(),
            many => format!("Dashed: when the {} accounts failed.", money::count(many)),
        };
        main.el("section", &[], |section| {
            section.put("h2", &[], "Prices and equities");
            section.put("p", &[("class", "sub")], &failed);
            section.el("div", &[("class", "pair")], |pair| {
                let charts = [
                    ("prices", "Prices over time", &run.prices),
                    ("equities", "Equity of the accounts touched most", &run.equities),
                ];
                for (id, title, paths) in charts {
                    if paths.is_empty() {
                        continue;
                    }
                    let about: Vec<String> = paths
                        .iter()
                        .map(|path| {
                            let (low, high) = (&path.low, &path.high);
                            format!("{} between {low} and {high}, last {}", path.name, path.last)
                        })
                        .collect();
                    let chart = Paths {
                        title: title.to_owned(),
                        about: about.join("; "),
                        paths: paths.clone(),
                        failures: run.failures.clone(),
                        end: run.end,
                    };
                    pair.el("figure", &[], |figure| {
                        figure.raw(&Chart::Paths(chart).svg(id));
                        figure.put("figcaption", &[], title);
                    });
                }
            });
        });
    }

    /// Where and when legs were taken over.
    pub(super) fn map(&self, main: &mut Markup, run: &RunFigures) {
        let of = Mapped {
            id: "map",
            heading: "Where accounts failed",
            title: "What was taken over, by market and time",
            sub: "The darker a cell, the more value moved to close-out books then.",
            table: "Taken over",
            counted: "Legs",
        };
        self.mapped(main, &of, &run.map, run.end);
    }

    /// Where and when accounts below maintenance were closed in part.
    pub(super) fn liquidations(&self, main: &mut Markup, run: &RunFigures) {
        let of = Mapped {
            id: "liquidations",
            heading: "Where accounts were liquidated",
            title: "What was closed of accounts below maintenance, by market and time",
            sub: "The darker a cell, the more was closed then of accounts that had not failed.",
            table: "Closed",
            counted: "Times",
        };
        self.mapped(main, &of, &run.liquidated, run.end);
    }

    fn mapped(&self, main: &mut Markup, of: &Mapped<'_>, rows: &[MapRow], end: u64) {
        if rows.is_empty() {
            return;
        }
        let money = self.asset_money();
        let sum = |row: &MapRow| row.cells.iter().sum::<u128>();
        let places = money.places(rows.iter().map(sum));
        let cells: Vec<Row> = rows
            .iter()
            .map(|of| {
                let value = money.with_places(sum(of), places);
                row("", vec![of.market.clone(), money::count(of.legs), value])
            })
            .collect();
        let columns = [Column::Text("Market"), Column::Number(of.counted), Column::Number("Value")];
        let unit = &self.report.summary.asset.name;
        let chart =
            Map { title: of.title.to_owned(), about: of.sub.to_owned(), rows: rows.to_vec(), end };
        main.el("section", &[], |section| {
            section.put("h2", &[], of.heading);
            section.put("p", &[("class", "sub")], of.sub);
            section.el("div", &[("class", "pair")], |pair| {
                pair.el("figure", &[], |figure| {
                    figure.raw(&Chart::Map(chart).svg(of.id));
                });
                pair.el("div", &[], |beside| {
                    table::write(beside, &format!("{}, {unit}", of.table), &columns, &cells);
                });
            });
        });
    }

    /// How books were closed: by fills, by sales, by auto-deleveraging.
    pub(super) fn books(&self, main: &mut Markup, run: &RunFigures) {
        if run.close_outs.is_empty() {
            return;
        }
        let text = |of: &(u64, String)| if of.0 == 0 { "-".to_owned() } else { of.1.clone() };
        let one = |of: &CloseOutRow| {
            let parties = match of.parties {
                0 => String::new(),
                1 => "to 1 party".to_owned(),
                many => format!("to {many} parties"),
            };
            let cells = [
                Cell::with_below(of.loss.clone(), of.market.clone()),
                text(&of.taken).into(),
                text(&of.filled).into(),
                text(&of.sold).into(),
                text(&of.need).into(),
                Cell::with_below(text(&of.assigned), parties),
            ];
            ("", cells.into_iter().collect())
        };
        let rows: Vec<Row> = run.close_outs.iter().take(MOST_BOOKS).map(one).collect();
        let columns = [
            Column::Text("Book"),
            Column::Number("Taken over"),
            Column::Extra("Filled"),
            Column::Extra("Sold"),
            Column::Number("Need"),
            Column::Number("Assigned"),
        ];
        let needs = |of: &&CloseOutRow| of.need.0 > 0;
        let met = run.close_outs.iter().filter(needs).all(|of| of.assigned.0 == of.need.0);
        let any = run.close_outs.iter().any(|of| of.need.0 > 0);
        let sub = match (any, met) {
            (false, _) => "No book needed auto-deleveraging: the market took what there was.",
            (true, true) => {
                "The need is what was left in a book when auto-deleveraging began. It assigned \
                 exactly that, and quantity only."
            }
            (true, false) => {
                "The need is what was left in a book when auto-deleveraging began. Where less was \
                 assigned, the rest was closed otherwise or still waits for another side."
            }
        };
        main.el("section", &[], |section| {
            section.put("h2", &[], "How the books were closed");
            section.put("p", &[("class", "sub")], sub);
            table::write(section, "Sizes of each book", &columns, &rows);
            let more = run.close_outs.len().saturating_sub(MOST_BOOKS);
            if more > 0 {
                let line = format!("{} more are in summary.json.", money::count(more));
                section.put("p", &[("class", "sub")], &line);
            }
        });
    }

    /// The accounts that the run touched most.
    pub(super) fn touched(&self, main: &mut Markup, run: &RunFigures) {
        if run.accounts.is_empty() {
            return;
        }
        let money = self.asset_money();
        let places = money.places([0]);
        let amount = |atoms| or_dash(money, places, atoms);
        let rows: Vec<Row> = run
            .accounts
            .iter()
            .map(|of| {
                let sign = if of.equity < 0 { "-" } else { "" };
                let equity = money.with_places(of.equity.unsigned_abs(), places);
                let account = Cell::with_below(fitted(&of.account, 32, "…"), of.note.clone());
                let figures = [
                    amount(of.deposited),
                    format!("{sign}{equity}"),
                    amount(of.paid),
                    amount(of.repaid),
                    amount(of.deleveraged),
                    amount(of.left),
                ];
                ("", [account].into_iter().chain(figures.map(Cell::from)).collect())
            })
            .collect();
        let columns = [
            Column::Id("Account"),
            Column::Extra("Paid in"),
            Column::Number("Equity now"),
            Column::Number("Bore"),
            Column::Extra("Came back"),
            Column::Extra("Deleveraged"),
            Column::Number("Left"),
        ];
        let unit = &self.report.summary.asset.name;
        main.el("section", &[], |section| {
            section.put("h2", &[], "Accounts touched most");
            section.put(
                "p",
                &[("class", "sub")],
                "Left: the deficit it left to others. Every account is in accounts.csv.",
            );
            table::write(section, &format!("Accounts, {unit}"), &columns, &rows);
        });
    }

    /// Who is staked, what was drawn, what they earned.
    pub(super) fn stakes(&self, main: &mut Markup, run: &RunFigures) {
        let (stakes, all) = &run.stakes;
        if stakes.is_empty() {
            return;
        }
        let money = self.asset_money();
        let places = money.places([0]);
        let amount = |atoms| or_dash(money, places, atoms);
        let one = |of: &StakeRow| {
            let account = Cell::with_below(fitted(&of.account, 32, "…"), of.layer.clone());
            let figures = [of.put_in, of.drawn, of.staked, of.leaving, of.rewards_taken, of.earned];
            let figures = figures.map(|atoms| Cell::from(amount(atoms)));
            ("", [account].into_iter().chain(figures).collect())
        };
        let rows: Vec<Row> = stakes.iter().map(one).collect();
        let columns = [
            Column::Id("Stake"),
            Column::Extra("Put in"),
            Column::Number("Drawn"),
            Column::Number("Staked now"),
            Column::Extra("Leaving"),
            Column::Extra("Rewards taken"),
            Column::Number("Not taken"),
        ];
        let unit = &self.report.summary.asset.name;
        main.el("section", &[], |section| {
            section.put("h2", &[], "Stakes and what they earned");
            let more = all.saturating_sub(stakes.len());
            let shown = if more == 0 { "Every stake is" } else { "The largest; all are" };
            let line = format!(
                "Drawn: what losses took. Leaving: asked for, and drawn on until it leaves. Not \
                 taken: earned, and held for them. {shown} in stakes.csv."
            );
            section.put("p", &[("class", "sub")], &line);
            table::write(section, &format!("Stakes, {unit}"), &columns, &rows);
        });
    }

    /// Who was covered, what was lost, and what was paid.
    pub(super) fn covers(&self, main: &mut Markup, run: &RunFigures) {
        let (covers, all) = &run.covers;
        if covers.is_empty() {
            return;
        }
        let money = self.asset_money();
        let places = money.places([0]);
        let amount = |atoms| or_dash(money, places, atoms);
        let one = |of: &CoverRow| {
            let account = Cell::with_below(fitted(&of.account, 32, "…"), of.risk.clone());
            let figures = [of.amount, of.premium, of.lost, of.due, of.paid];
            let figures = figures.map(|atoms| Cell::from(amount(atoms)));
            ("", [account].into_iter().chain(figures).collect())
        };
        let rows: Vec<Row> = covers.iter().map(one).collect();
        let columns = [
            Column::Id("Cover"),
            Column::Number("Up to"),
            Column::Extra("Premium"),
            Column::Extra("Lost"),
            Column::Number("Due"),
            Column::Number("Paid"),
        ];
        let unit = &self.report.summary.asset.name;
        main.el("section", &[], |section| {
            section.put("h2", &[], "Covers and what was paid for them");
            let more = all.saturating_sub(covers.len());
            let shown = if more == 0 { "Every cover is" } else { "Those paid most; all are" };
            let line = format!(
                "Due: what was lost less what the insured bears, up to the cover and the cap of the \
                 incident. {shown} in covers.csv."
            );
            section.put("p", &[("class", "sub")], &line);
            table::write(section, &format!("Covers, {unit}"), &columns, &rows);
        });
    }

    /// What was counted, refused and checked.
    pub(super) fn counted(&self, main: &mut Markup, run: &RunFigures) {
        let number = |number: u64| money::count(usize::try_from(number).unwrap_or(usize::MAX));
        let (laws, running, full) = run.laws;
        main.el("section", &[], |section| {
            section.put("h2", &[], "What was counted and checked");
            let line = format!(
                "The run ended at {}. {laws} laws held after each of {} events, and {} times from \
                 the raw state.",
                clock(run.end),
                number(running),
                number(full)
            );
            section.put("p", &[], &line);
            section.el("div", &[("class", "pair")], |pair| {
                let rows: Vec<Row> = run
                    .counts
                    .iter()
                    .map(|(what, times)| row("", vec![what.clone(), number(*times)]))
                    .collect();
                let columns = [Column::Words("What happened"), Column::Number("Times")];
                pair.el("div", &[], |left| {
                    table::write(left, "What happened how often", &columns, &rows);
                });
                let rows: Vec<Row> = run
                    .refusals
                    .iter()
                    .map(|of| {
                        let cells = vec![of.code.clone(), number(of.expected), number(of.others)];
                        row("", cells)
                    })
                    .collect();
                let columns = [
                    Column::Words("Refused with"),
                    Column::Number("Expected"),
                    Column::Number("Others"),
                ];
                pair.el("div", &[], |right| {
                    if rows.is_empty() {
                        right.put("p", &[("class", "sub")], "Nothing was refused.");
                    } else {
                        table::write(right, "What was refused, by code", &columns, &rows);
                    }
                });
            });
        });
    }
}

/// An amount, or a dash for nothing.
fn or_dash(money: Money, places: u32, atoms: u128) -> String {
    if atoms == 0 { "-".to_owned() } else { money.with_places(atoms, places) }
}
