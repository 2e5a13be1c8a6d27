//! The sections of a page, in the order one reads them.

use super::table::{self, Cell, Column, Row, row};
use crate::markup::Markup;
use crate::model::{LARGEST, Report};
use crate::money::{self, Money};
use crate::picture::{Picture, RowKind, Sum};
use crate::safe::fitted;
use crate::size::{AccountShare, SizeTable};
use crate::svg::{Burden, Chart, Classes, Waterfall};
use crate::text::{class_name, episode, largest_ranked};

/// The layers listed for one loss.
const MOST_LAYERS: usize = 40;
/// The layers whose size classes are drawn.
const MOST_SIZES: usize = 4;
/// The losses with a table of their own.
const MOST_LOSSES: usize = 16;
/// The losses listed in one line each.
const MOST_LINES: usize = 100;
/// The sums listed.
const MOST_SUMS: usize = 40;

/// What every section reads.
pub(super) struct Section<'a> {
    pub(super) report: &'a Report,
    pub(super) picture: &'a Picture,
}

impl Section<'_> {
    fn money(&self) -> Money {
        Money::new(self.report.summary.asset.decimals)
    }

    fn unit(&self) -> &str {
        &self.report.summary.asset.name
    }

    /// From the loss down to uncovered: the chart and its figures.
    pub(super) fn waterfall(&self, main: &mut Markup) {
        let one = self.report.summary.losses.len() == 1;
        main.el("section", &[], |section| {
            section.put("h2", &[], "From the loss to who bore it");
            let name = &self.picture.name;
            let sub = match (one, self.picture.cause.as_str()) {
                (true, "") => format!("{name}."),
                (true, cause) => format!("{name}: {cause}."),
                (false, _) => format!("{name} together, step by step in paying order."),
            };
            section.put("p", &[("class", "sub")], &sub);
            section.el("div", &[("class", "pair")], |pair| {
                pair.el("figure", &[], |figure| {
                    let chart = Waterfall::of(self.picture, &self.report.summary.asset);
                    figure.raw(&Chart::Waterfall(chart).svg("waterfall"));
                });
                pair.el("div", &[], |beside| {
                    self.layers(beside, self.picture);
                    let sum = self.picture.sum_in_words(self.money());
                    beside.put("p", &[("class", "sub")], &format!("It adds up: {sum}."));
                });
            });
        });
    }

    /// The layers of a picture: called, paid and how they stand.
    fn layers(&self, out: &mut Markup, picture: &Picture) {
        let money = self.money();
        let places = money.places(picture.rows.iter().flat_map(|row| [row.amount, row.planned]));
        let write = |atoms| money.with_places(atoms, places);
        let columns = [
            Column::Text("Step"),
            Column::Extra("Called"),
            Column::Number("Paid"),
            Column::Number("Part"),
        ];
        let listed = picture.rows.iter().filter(|row| row.kind != RowKind::Uncovered);
        let last = picture.rows.iter().filter(|row| row.kind == RowKind::Uncovered);
        let mut rows: Vec<Row> = listed
            .take(MOST_LAYERS)
            .chain(last)
            .map(|row| {
                let open = row.kind == RowKind::Uncovered;
                let (name, called) = match row.kind {
                    RowKind::Layer => (format!("{}. {}", row.step, row.name), write(row.planned)),
                    _ => (row.name.clone(), String::new()),
                };
                let class = if open && row.amount > 0 { "open" } else { "" };
                let percent = format!("{} %", row.percent);
                let mut below = row.words.clone();
                if row.planned != row.amount {
                    let comma = if below.is_empty() { "" } else { ", " };
                    below = format!("{below}{comma}{} called", write(row.planned));
                }
                let name = Cell::with_below(name, below);
                (class, vec![name, called.into(), write(row.amount).into(), percent.into()])
            })
            .collect();
        let all = picture.amounts().sum();
        let hundred = if all > 0 { "100 %" } else { "0 %" };
        rows.push(("all", vec!["Loss".into(), Cell::default(), write(all).into(), hundred.into()]));
        let caption =
            format!("{}: what was called and what was paid, {}", picture.name, self.unit());
        table::write(out, &caption, &columns, &rows);
        note_more(out, picture.rows.len().saturating_sub(MOST_LAYERS + 1), "layers");
    }

    /// Who pays by size class, and how concentrated it is, for each layer with accounts.
    pub(super) fn sizes(&self, main: &mut Markup) {
        let tables = &self.report.summary.size_tables;
        let paying = tables.iter().filter(|table| table.paid > 0);
        for (index, sizes) in paying.clone().take(MOST_SIZES).enumerate() {
            main.el("section", &[], |section| self.size_section(section, index, sizes));
        }
        note_more(main, paying.count().saturating_sub(MOST_SIZES), "layers with accounts");
    }

    fn size_section(&self, section: &mut Markup, index: usize, sizes: &SizeTable) {
        let asset = &self.report.summary.asset;
        let number = episode(&self.report.summary, sizes.episode);
        section.put("h2", &[], &format!("{}{number}: who pays, by size", sizes.layer));
        let sub = format!(
            "{} accounts, {} of them paid. Size is the {} in the division.",
            money::count(sizes.accounts),
            money::count(sizes.payers),
            sizes.by.word()
        );
        section.put("p", &[("class", "sub")], &sub);
        section.el("div", &[("class", "pair")], |pair| {
            pair.el("figure", &[], |figure| {
                let chart = Chart::Classes(Classes::of(sizes, asset));
                figure.raw(&chart.svg(&format!("classes-{index}")));
            });
            pair.el("div", &[], |beside| self.classes(beside, sizes));
        });
        if let Some(burden) = Burden::of(sizes) {
            section.put("h3", &[], "How concentrated it is");
            section.el("div", &[("class", "pair")], |pair| {
                pair.el("figure", &[], |figure| {
                    figure.raw(&Chart::Burden(burden).svg(&format!("burden-{index}")));
                });
                pair.el("div", &[], |beside| self.milestones(beside, sizes));
            });
        }
    }

    fn classes(&self, out: &mut Markup, sizes: &SizeTable) {
        let money = self.money();
        let places = money.places(sizes.classes.iter().map(|class| class.paid));
        let write = |atoms| money.with_places(atoms, places);
        let mut rows: Vec<Row> = sizes
            .classes
            .iter()
            .map(|class| {
                let cells = vec![
                    class_name(class.from, class.below, money),
                    money::count(class.accounts),
                    write(class.paid),
                    money::percent(class.paid, class.size),
                ];
                row("", cells)
            })
            .collect();
        let rate = money::percent(sizes.paid, sizes.size);
        let all = vec!["all".to_owned(), money::count(sizes.accounts), write(sizes.paid), rate];
        rows.push(row("all", all));
        let columns = [
            Column::Text("Size"),
            Column::Number("Accounts"),
            Column::Number("Paid"),
            Column::Number("Mean rate"),
        ];
        table::write(out, &format!("{} by size, {}", sizes.layer, self.unit()), &columns, &rows);
    }

    /// Points of the burden curve in numbers.
    fn milestones(&self, out: &mut Markup, sizes: &SizeTable) {
        let places = self.money().places(sizes.curve.iter().map(|point| point.paid));
        let write = |atoms| self.money().with_places(atoms, places);
        let mut rows: Vec<Row> = Vec::new();
        let mut next = 0;
        for point in sizes.curve.iter().filter(|point| point.accounts > 0) {
            // About twice as many accounts each time, and always all of them.
            if point.accounts >= next || point.accounts == sizes.accounts {
                let cells = vec![
                    money::count(point.accounts),
                    money::percent(point.accounts as u128, sizes.accounts as u128),
                    write(point.paid),
                    money::percent(point.paid, sizes.paid),
                ];
                rows.push(row("", cells));
                next = point.accounts * 2;
            }
        }
        let columns = [
            Column::Text("Largest payers"),
            Column::Extra("of accounts"),
            Column::Number("Paid"),
            Column::Number("of payments"),
        ];
        let caption = format!("What the largest payers of {} bear together", sizes.layer);
        table::write(out, &format!("{caption}, {}", self.unit()), &columns, &rows);
    }

    /// The accounts that paid most.
    pub(super) fn largest(&self, main: &mut Markup) {
        let summary = &self.report.summary;
        let Some(first) = summary.largest.first() else {
            return;
        };
        let money = self.money();
        let places = money.places(
            summary.largest.iter().flat_map(|one| [one.paid, one.weight.atoms(), one.cap.atoms()]),
        );
        let write = |atoms| money.with_places(atoms, places);
        let place = |one: &AccountShare| format!("{}{}", one.layer, episode(summary, one.episode));
        let one_layer = summary.largest.iter().all(|one| place(one) == place(first));
        let rows: Vec<Row> = summary
            .largest
            .iter()
            .map(|one| {
                let (weight, cap) = (one.weight.atoms(), one.cap.atoms());
                let rate =
                    if weight > 0 { money::percent(one.paid, weight) } else { String::new() };
                let below = if one_layer { String::new() } else { place(one) };
                let account = Cell::with_below(fitted(&one.account, 44, "…"), below);
                let figures = [write(one.paid), rate, write(weight), write(cap)];
                ("", [account].into_iter().chain(figures.map(Cell::from)).collect())
            })
            .collect();
        let columns = [
            Column::Id("Account"),
            Column::Number("Paid"),
            Column::Number("of weight"),
            Column::Extra("Weight"),
            Column::Extra("Cap"),
        ];
        main.el("section", &[], |section| {
            section.put("h2", &[], "Largest shares");
            let sub = "Every share of every account is in shares.csv.";
            section.put("p", &[("class", "sub")], sub);
            let of = if one_layer { format!(" in {}", place(first)) } else { String::new() };
            let count = money::count(rows.len());
            let caption = format!("The {count} accounts that paid most{of}, {}", self.unit());
            table::write(section, &caption, &columns, &rows);
        });
    }

    /// Each loss: a line for each, and the layers of the first ones.
    pub(super) fn losses(&self, main: &mut Markup) {
        let losses = &self.report.summary.losses;
        if losses.len() < 2 {
            return;
        }
        let money = self.money();
        let places = money.places(losses.iter().map(|loss| loss.amount.atoms()));
        let write = |atoms| money.with_places(atoms, places);
        let rows: Vec<Row> = losses
            .iter()
            .take(MOST_LINES)
            .map(|loss| {
                let cause = if loss.cause.is_empty() { &loss.class } else { &loss.cause };
                let name = Cell::with_below(loss.id.clone(), cause.clone());
                let figures = [
                    loss.episode.to_string(),
                    write(loss.amount.atoms()),
                    write(loss.own_means.atoms()),
                    write(loss.deficit.atoms()),
                    write(loss.netted.atoms()),
                    write(loss.uncovered.atoms()),
                ];
                let class = if loss.uncovered.is_zero() { "" } else { "open" };
                (class, [name].into_iter().chain(figures.map(Cell::from)).collect())
            })
            .collect();
        let columns = [
            Column::Words("Loss"),
            Column::Extra("Episode"),
            Column::Number("Amount"),
            Column::Extra("Own means"),
            Column::Extra("Deficit"),
            Column::Extra("Other books"),
            Column::Number("Uncovered"),
        ];
        main.el("section", &[], |section| {
            section.put("h2", &[], "Each loss");
            table::write(section, &format!("The losses, {}", self.unit()), &columns, &rows);
            note_more(section, losses.len().saturating_sub(MOST_LINES), "losses");
            for loss in losses.iter().take(MOST_LOSSES) {
                section.put("h3", &[], &loss.id);
                self.layers(section, &Picture::of(loss));
            }
            note_more(section, losses.len().saturating_sub(MOST_LOSSES), "losses' layers");
        });
    }

    /// What claims paid by rank, where the domain entered settlement.
    pub(super) fn settlement(&self, main: &mut Markup) {
        let summary = &self.report.summary;
        let Some(settlement) = &summary.settlement else { return };
        let money = self.money();
        let settled: u128 = summary.losses.iter().map(|loss| loss.settled_by_rank.atoms()).sum();
        let most = largest_ranked(settlement, LARGEST);
        let paid = most.iter().map(|account| account.paid.atoms());
        let places = money.places(paid.chain([settled, settlement.uncovered.atoms()]));
        let write = |atoms| money.with_places(atoms, places);
        main.el("section", &[], |section| {
            section.put("h2", &[], "Settlement by rank");
            let sub = format!(
                "{} {} were uncovered, more than the domain's terms let stand, so it entered \
                 settlement. {} were taken from the claims of {} accounts: session gains before \
                 matured gains, those before principal, that before segregated assets, the same \
                 part of each claim inside a rank.",
                write(settlement.uncovered.atoms()),
                self.unit(),
                write(settled),
                money::count(settlement.accounts.len()),
            );
            section.put("p", &[("class", "sub")], &sub);
            if most.is_empty() {
                return;
            }
            let rows: Vec<Row> = most
                .iter()
                .map(|account| {
                    let name = Cell::from(fitted(&account.account, 44, "…"));
                    let figures = [account.paid, account.repaid].map(|found| write(found.atoms()));
                    ("", [name].into_iter().chain(figures.map(Cell::from)).collect())
                })
                .collect();
            let columns = [Column::Id("Account"), Column::Number("Paid"), Column::Number("Repaid")];
            let caption = format!("Paid by rank, {}", self.unit());
            table::write(section, &caption, &columns, &rows);
            note_more(section, settlement.accounts.len() - most.len(), "accounts");
        });
    }

    /// What came back, and to whom.
    pub(super) fn recoveries(&self, main: &mut Markup) {
        if self.picture.recovered == 0 {
            return;
        }
        let money = self.money();
        let places =
            money.places(self.picture.rows.iter().flat_map(|row| [row.amount, row.repaid]));
        let write = |atoms| money.with_places(atoms, places);
        let rows: Vec<Row> = self
            .picture
            .rows
            .iter()
            .filter(|row| !matches!(row.kind, RowKind::OwnMeans | RowKind::Results))
            .take(MOST_LAYERS)
            .map(|line| {
                let open = line.amount.checked_sub(line.repaid).map(&write).unwrap_or_default();
                row("", vec![line.name.clone(), write(line.amount), write(line.repaid), open])
            })
            .collect();
        let columns = [
            Column::Text("Layer"),
            Column::Extra("Bore"),
            Column::Number("Repaid"),
            Column::Number("Still borne"),
        ];
        main.el("section", &[], |section| {
            section.put("h2", &[], "What came back");
            let sub = format!(
                "{} {} came back. It repays those who bore the loss: the last step first, and \
                 inside a step in proportion to what each paid.",
                write(self.picture.recovered),
                self.unit()
            );
            section.put("p", &[("class", "sub")], &sub);
            table::write(section, &format!("Repaid, {}", self.unit()), &columns, &rows);
        });
    }

    /// How an account checks its share.
    pub(super) fn check(&self, main: &mut Markup) {
        main.el("section", &[], |section| {
            section.put("h2", &[], "Check your share");
            let how = "In the folder that holds this page, with your account's id:";
            section.put("p", &[], how);
            section.put("code", &[("class", "command")], "rhodian explain . --account ID");
            section.el("ul", &[("class", "plain")], |list| {
                for line in [
                    "shares.csv has a row for each account and loss: weight, cap, share, and the \
                     exact share before rounding as exact_num / exact_den, in the smallest unit.",
                    "Over the losses of an episode, your shares together are within one smallest \
                     unit per loss of exact, and never above your cap.",
                    "The shares of a layer sum to its draw, to the last unit; the sums below are \
                     checked against the rows of shares.csv.",
                    "events.ndjson has every step of the computation, from which anyone can \
                     rebuild this page.",
                ] {
                    list.put("li", &[], line);
                }
            });
        });
    }

    /// The sums that must add up, those that do not first.
    pub(super) fn sums(&self, main: &mut Markup) {
        let sums = &self.report.summary.sums;
        if sums.is_empty() {
            return;
        }
        let mut listed: Vec<&Sum> = sums.iter().collect();
        // Stable: the order of the losses within those that hold and those that do not.
        listed.sort_by_key(|sum| sum.holds());
        let rows: Vec<Row> =
            listed.into_iter().take(MOST_SUMS).map(|sum| self.sum_row(sum)).collect();
        let columns = [Column::Words("What"), Column::Words("Sum"), Column::Number("Adds up")];
        main.el("section", &[], |section| {
            section.put("h2", &[], "The sums that must add up");
            table::write(section, &format!("Sums, {}", self.unit()), &columns, &rows);
            note_more(section, sums.len().saturating_sub(MOST_SUMS), "sums");
        });
    }

    fn sum_row(&self, sum: &Sum) -> Row {
        let money = self.money();
        let amounts = || sum.terms.iter().map(|term| term.amount).chain([sum.total]);
        let places = money.places(amounts());
        let mut terms: Vec<String> = sum
            .terms
            .iter()
            .take(MOST_LAYERS)
            .map(|term| format!("{} {}", term.name, money.with_places(term.amount, places)))
            .collect();
        if sum.terms.len() > MOST_LAYERS {
            terms.push(format!("{} more", sum.terms.len() - MOST_LAYERS));
        }
        let equal = if sum.holds() { "=" } else { "is not" };
        let total = money.with_places(sum.total, places);
        let words = format!("{} {equal} {total}", terms.join(" + "));
        let (class, verdict) = if sum.holds() { ("", "✓ yes") } else { ("open", "✗ no") };
        row(class, vec![sum.what.clone(), words, verdict.to_owned()])
    }
}

fn note_more(out: &mut Markup, more: usize, what: &str) {
    if more > 0 {
        let line = format!("{} more {what} are in summary.json.", money::count(more));
        out.put("p", &[("class", "sub")], &line);
    }
}
