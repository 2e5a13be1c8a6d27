//! The page of an incident: one episode for those it concerned.

use rhodian_core::units::Amount;

use super::table::{self, Cell, Column, Row, row};
use super::{document, facts_list};
use crate::incident::{Incident, LossRow, RuleLayer};
use crate::markup::Markup;
use crate::model::{LayerDraw, LayerState, LossSummary, Summary};
use crate::money::{self, Money};
use crate::picture::Picture;
use crate::svg::{Chart, Waterfall};

/// The lines of the timeline listed; the rest is in the table of the timeline.
const MOST_LINES: usize = 400;
/// The payers listed, those that paid most.
const MOST_PAYERS: usize = 100;
/// The rows of the other tables.
const MOST_ROWS: usize = 100;

/// The page of `incident`.
#[must_use]
pub fn page(incident: &Incident) -> String {
    let title = format!("{}: incident report of episode {}", incident.domain, incident.episode);
    let page = Page { incident, money: Money::new(incident.asset.decimals) };
    document(&title, |main| {
        page.heading(main, &title);
        page.who_bore_it(main);
        page.timeline(main);
        page.losses(main);
        page.prices(main);
        page.payers(main);
        page.due(main);
        page.rules(main);
        page.disclosure(main);
        page.verify(main);
    })
}

struct Page<'a> {
    incident: &'a Incident,
    money: Money,
}

impl Page<'_> {
    fn write(&self, amount: Amount) -> String {
        self.money.full(amount.atoms())
    }

    fn optional(&self, amount: Option<Amount>) -> String {
        amount.map_or_else(|| "-".to_owned(), |amount| self.write(amount))
    }

    fn unit(&self) -> &str {
        &self.incident.asset.name
    }

    fn picture(&self) -> Picture {
        let losses = self.incident.losses.iter().map(|loss| self.as_summary(loss)).collect();
        Picture::of_all(&Summary::new(String::new(), self.incident.asset.clone(), losses))
    }

    /// A loss in the form of which pictures are made.
    fn as_summary(&self, loss: &LossRow) -> LossSummary {
        let layers = loss.draws.iter().map(|draw| LayerDraw {
            step: u32::from(draw.step),
            name: draw.layer.clone(),
            kind: String::new(),
            planned: draw.planned,
            received: draw.received,
            state: match draw.open_until {
                Some(_) => LayerState::Pending,
                None => LayerState::PartlyUsed,
            },
            note: String::new(),
            repaid: Amount::ZERO,
        });
        LossSummary {
            id: loss.loss.clone(),
            episode: self.incident.episode,
            class: loss.class.clone(),
            cause: loss.cause.clone(),
            amount: loss.close_out,
            own_means: loss.own_means,
            deficit: loss.deficit,
            netted: loss.netted,
            layers: layers.collect(),
            uncovered: loss.uncovered,
            recovered: Amount::ZERO,
            repaid_uncovered: Amount::ZERO,
            repaid_results: Amount::ZERO,
            settled_by_rank: Amount::ZERO,
            repaid_by_rank: Amount::ZERO,
        }
    }

    fn heading(&self, main: &mut Markup, title: &str) {
        let incident = self.incident;
        let picture = self.picture();
        let state = if incident.closed { "settled" } else { "open" };
        let came_back: u128 = incident.recoveries_due.iter().map(|due| due.repaid.atoms()).sum();
        let unit = self.unit();
        main.el("header", &[], |header| {
            header.put("h1", &[], title);
            let lead = picture.sentence(unit, self.money).replace(" %", "\u{a0}%");
            header.put("p", &[("class", "lead")], &lead);
            let facts = [
                ("Opened".to_owned(), incident.opened.text.clone()),
                ("State".to_owned(), state.to_owned()),
                (format!("Loss, {unit}"), self.money.full(picture.total)),
                (format!("Not covered, {unit}"), self.write(incident.not_covered)),
                (format!("Came back since, {unit}"), self.money.full(came_back)),
                ("Losses".to_owned(), money::count(incident.losses.len())),
                ("Accounts that paid".to_owned(), money::count(self.paying_accounts())),
            ];
            facts_list(header, &facts);
        });
    }

    fn paying_accounts(&self) -> usize {
        let mut accounts: Vec<&str> =
            self.incident.payers.iter().map(|row| row.account.as_str()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts.len()
    }

    fn who_bore_it(&self, main: &mut Markup) {
        let picture = self.picture();
        main.el("section", &[], |section| {
            section.put("h2", &[], "Who bore it");
            let sum = picture.sum_in_words(self.money);
            section.put("p", &[("class", "sub")], &format!("It adds up: {sum}."));
            section.el("figure", &[], |figure| {
                let chart = Waterfall::of(&picture, &self.incident.asset);
                figure.raw(&Chart::Waterfall(chart).svg("who-bore-it"));
            });
        });
    }

    fn timeline(&self, main: &mut Markup) {
        let lines = &self.incident.timeline;
        let rows: Vec<Row> = lines
            .iter()
            .take(MOST_LINES)
            .map(|line| {
                let below = format!("event {}", line.sequence);
                ("", vec![Cell::with_below(line.at.text.clone(), below), line.what.as_str().into()])
            })
            .collect();
        let columns = [Column::Text("When"), Column::Words("What")];
        self.section(main, "What happened", "", |section| {
            table::write(section, "Timeline", &columns, &rows);
            more(section, lines.len(), MOST_LINES, "lines");
        });
    }

    fn losses(&self, main: &mut Markup) {
        let rows: Vec<Row> = self
            .incident
            .losses
            .iter()
            .take(MOST_ROWS)
            .map(|loss| {
                let who = loss.failed.clone().unwrap_or_else(|| loss.class.clone());
                let below = format!("{who}: {}, {}", loss.cause, loss.stage);
                let drawn: u128 = loss.draws.iter().map(|draw| draw.received.atoms()).sum();
                let cells = vec![
                    Cell::with_below(loss.loss.clone(), below),
                    self.write(loss.close_out).into(),
                    self.write(loss.own_means).into(),
                    self.write(loss.netted).into(),
                    self.money.full(drawn).into(),
                    self.write(loss.uncovered).into(),
                    Cell::from(if loss.adds_up { "yes" } else { "no" }),
                ];
                (if loss.adds_up { "" } else { "open" }, cells)
            })
            .collect();
        let columns = [
            Column::Text("Loss"),
            Column::Number("Close-out loss"),
            Column::Number("Own means"),
            Column::Extra("Other books"),
            Column::Number("Layers"),
            Column::Number("Uncovered"),
            Column::Number("Adds up"),
        ];
        let caption = format!(
            "Close-out loss = own means + gains of other books + layers + uncovered, {}",
            self.unit()
        );
        self.section(main, "The losses", "", |section| {
            table::write(section, &caption, &columns, &rows);
            more(section, self.incident.losses.len(), MOST_ROWS, "losses");
        });
    }

    fn prices(&self, main: &mut Markup) {
        let prices = &self.incident.prices;
        if prices.is_empty() {
            return;
        }
        let one = |price: &crate::incident::PriceRow| {
            let market = Cell::with_below(price.market.clone(), price.from.clone());
            let cells: Vec<Cell> = vec![
                price.loss.as_str().into(),
                market,
                price.ticks.to_string().into(),
                price.lot_value.as_str().into(),
                price.lots.to_string().into(),
            ];
            ("", cells)
        };
        let rows: Vec<Row> = prices.iter().take(MOST_ROWS).map(one).collect();
        let columns = [
            Column::Text("Loss"),
            Column::Text("Market"),
            Column::Number("Mark, ticks"),
            Column::Number("A lot, atoms"),
            Column::Number("Lots held"),
        ];
        self.section(main, "Prices when accounts failed", "", |section| {
            table::write(section, "Marks at takeover", &columns, &rows);
            more(section, prices.len(), MOST_ROWS, "prices");
        });
    }

    fn payers(&self, main: &mut Markup) {
        let mut payers: Vec<_> = self.incident.payers.iter().collect();
        payers.sort_by_key(|row| std::cmp::Reverse(row.paid));
        let one = |payer: &&crate::incident::PayerRow| {
            let cells = vec![
                payer.account.clone(),
                format!("{}, {}", payer.layer, payer.loss),
                self.optional(payer.weight),
                self.optional(payer.cap),
                self.write(payer.paid),
                self.write(payer.repaid),
            ];
            row("", cells)
        };
        let rows: Vec<Row> = payers.iter().take(MOST_PAYERS).map(one).collect();
        let columns = [
            Column::Id("Account"),
            Column::Text("Through"),
            Column::Extra("Weight"),
            Column::Extra("Cap"),
            Column::Number("Paid"),
            Column::Number("Came back"),
        ];
        let caption = format!("Who paid, largest first, {}", self.unit());
        self.section(main, "Who paid", "Each account finds itself by its id.", |section| {
            table::write(section, &caption, &columns, &rows);
            more(section, payers.len(), MOST_PAYERS, "payers");
        });
    }

    fn due(&self, main: &mut Markup) {
        let one = |due: &crate::incident::DueRow| {
            let cells = vec![
                format!("{}: {}", due.loss, due.bearer),
                self.write(due.borne),
                self.write(due.repaid),
                self.write(due.open),
            ];
            row("", cells)
        };
        let rows: Vec<Row> = self.incident.recoveries_due.iter().take(MOST_ROWS).map(one).collect();
        let columns = [
            Column::Text("Who bore it"),
            Column::Number("Borne"),
            Column::Number("Came back"),
            Column::Number("Open"),
        ];
        let sub = "What comes back repays the last step first, and nobody more than he bore.";
        self.section(main, "What may still come back", sub, |section| {
            table::write(section, &format!("Claims, {}", self.unit()), &columns, &rows);
        });
    }

    fn rules(&self, main: &mut Markup) {
        let one = |rule: &RuleLayer| {
            let how = match &rule.rule {
                Some(rule_name) => format!("{}, {rule_name}", rule.kind),
                None => rule.kind.clone(),
            };
            let name = format!("{} {}. {}", rule.class, rule.step, rule.layer);
            let cells = vec![
                Cell::with_below(name, how),
                self.optional(rule.per_event).into(),
                self.optional(rule.per_episode).into(),
                self.optional(rule.held_at_opening).into(),
            ];
            ("", cells)
        };
        let rows: Vec<Row> = self.incident.rules.iter().map(one).collect();
        let columns = [
            Column::Text("Step"),
            Column::Number("Cap per loss"),
            Column::Number("Cap per episode"),
            Column::Number("Held at opening"),
        ];
        let sub = "Frozen when the episode opened: nothing changed a loss once detected.";
        self.section(main, "The rules in force", sub, |section| {
            table::write(section, &format!("Waterfalls, {}", self.unit()), &columns, &rows);
            let rows: Vec<Row> = self
                .incident
                .parameters
                .iter()
                .map(|p| row("", vec![p.name.clone(), p.value.clone(), p.unit.clone()]))
                .collect();
            let columns =
                [Column::Text("Parameter"), Column::Number("Value"), Column::Number("Unit")];
            table::write(section, "Parameters of the domain, now", &columns, &rows);
        });
    }

    fn disclosure(&self, main: &mut Markup) {
        let of = &self.incident.disclosure;
        let layers = |rows: &[(String, Amount)]| {
            let one = |(name, amount): &(String, Amount)| format!("{name} {}", self.write(*amount));
            let all: Vec<String> = rows.iter().map(one).collect();
            if all.is_empty() { "none".to_owned() } else { all.join(", ") }
        };
        let (loss, own) = of.losses_and_own_means;
        let (five, all) = of.largest_five;
        let rows = [
            ("4.1", "Prefunded resources at opening", layers(&of.prefunded)),
            ("4.4.6", "Largest deficit of one owner", self.write(of.largest)),
            ("4.4.7", "Largest deficits of two owners", self.write(of.largest_two)),
            ("6.5.1", "Losses above their margin", of.breaches.to_string()),
            ("6.5.4", "The largest of these", self.write(of.peak_breach)),
            ("6.5.5", "Their mean", self.write(of.average_breach)),
            (
                "13.1.1",
                "Close-out losses, and own means",
                format!("{}, {}", self.write(loss), self.write(own)),
            ),
            ("13.1.2", "Resources of others used", layers(&of.used)),
            (
                "18.2",
                "The five that paid most, of all",
                format!("{} of {}", self.write(five), self.write(all)),
            ),
        ];
        let rows: Vec<Row> = rows
            .into_iter()
            .map(|(number, what, figure)| row("", vec![format!("{number} {what}"), figure]))
            .collect();
        let columns = [Column::Text("Field"), Column::Text("Figure")];
        let sub = "By the numbers of the clearing houses' public disclosure framework, as far as \
                   one episode can say them.";
        self.section(main, "Disclosure", sub, |section| {
            table::write(section, &format!("Figures, {}", self.unit()), &columns, &rows);
        });
    }

    fn verify(&self, main: &mut Markup) {
        self.section(main, "How to check this", "", |section| {
            section.el("ul", &[("class", "plain")], |list| {
                for line in &self.incident.verify {
                    list.put("li", &[], line);
                }
            });
        });
    }

    fn section(&self, main: &mut Markup, heading: &str, sub: &str, fill: impl FnOnce(&mut Markup)) {
        main.el("section", &[], |section| {
            section.put("h2", &[], heading);
            if !sub.is_empty() {
                section.put("p", &[("class", "sub")], sub);
            }
            fill(section);
        });
    }
}

fn more(out: &mut Markup, all: usize, most: usize, what: &str) {
    if all > most {
        let line = format!("{} more {what} are in the tables.", money::count(all - most));
        out.put("p", &[("class", "sub")], &line);
    }
}
