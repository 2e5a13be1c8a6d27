//! What happens to pay and fees, in words.

use rhodian_core::incentive::{Event, FeeRow, FeeTo, Figure, Shut, Subject};
use rhodian_core::units::Amount;

use crate::names::{MoneyOf, Names};

/// The sentence of an event of incentives.
pub(super) fn of_incentive(names: &dyn Names, event: &Event) -> Option<String> {
    Some(match event {
        Event::Measured { measured } => {
            let source = &measured.source;
            match measured.figure {
                Figure::LayerLoss { layer, rate } => {
                    let rate = percent(rate);
                    format!("{source} expects {} to lose {rate} in a year", names.layer(layer))
                }
                Figure::DomainLoss { domain, .. } => {
                    format!("{source} says what {} is to lose in a year", names.domain(domain))
                }
                Figure::MarketShare { market, share } => {
                    let (market, share) = (names.market(market), percent(share));
                    format!("{source} says that {market} brings {share} of its domain's losses")
                }
            }
        }
        Event::PaySet { layer, pay: Some(terms) } => {
            let money = |amount| names.money(MoneyOf::Layer(*layer), amount);
            format!(
                "stakers of {} are paid {} a year at most, where {} is staked",
                names.layer(*layer),
                money(terms.most),
                money(terms.target)
            )
        }
        Event::PaySet { layer, pay: None } => {
            format!("stakers of {} are paid no more by time", names.layer(*layer))
        }
        Event::PayFunded { layer, amount, .. } => {
            let money = names.money(MoneyOf::Layer(*layer), *amount);
            format!("{money} comes in to pay stakers of {}", names.layer(*layer))
        }
        Event::FeesSet { domain, table } => match table {
            Some(_) => format!("fees of {} are divided by a table", names.domain(*domain)),
            None => format!("fees of {} are divided no more by a table", names.domain(*domain)),
        },
        Event::FeesDivided { domain, asset, booked, rows, shut } => {
            let money = |amount| names.money(MoneyOf::Asset(*asset), amount);
            let parts: Vec<String> = rows.iter().map(|row| part(names, row, &money)).collect();
            let why = shut.map(|shut| format!("; the house gets nothing: {}", why(names, shut)));
            format!(
                "fees of {} of {} go: {}{}",
                money(*booked),
                names.domain(*domain),
                parts.join(", "),
                why.unwrap_or_default()
            )
        }
        Event::TakenOut { layer, amount, .. } => {
            let money = names.money(MoneyOf::Layer(*layer), *amount);
            format!("the house takes {money} out of {}", names.layer(*layer))
        }
        Event::PayReturned { layer, domain, asset, amount, .. } => format!(
            "{} that was left to pay stakers of {} goes to the fees of {}",
            names.money(MoneyOf::Asset(*asset), *amount),
            names.layer(*layer),
            names.domain(*domain)
        ),
        Event::PremiumSet { market, terms: Some(terms) } => format!(
            "who holds {} pays for its part of the expected loss and {} more, at most {} of its \
             value at once",
            names.market(*market),
            percent(terms.load),
            percent(terms.most)
        ),
        Event::PremiumSet { market, terms: None } => {
            format!("who holds {} pays no premium any more", names.market(*market))
        }
        Event::PremiumCharged { market, lots, charged, forgone, .. } => {
            let money = |amount| names.money(MoneyOf::Market(*market), amount);
            let less = Amount::new(*forgone).ok().filter(|forgone| !forgone.is_zero());
            let less = less.map(|forgone| format!("; {} falls on nobody", money(forgone)));
            format!(
                "a premium of {} is charged, the same for each of {} on both sides{}",
                money(*charged),
                names.size(*market, *lots),
                less.unwrap_or_default()
            )
        }
        // The reward beside the one says it, the charge beside the others.
        Event::Accrued { .. } | Event::PremiumCounted { .. } | Event::PremiumPaid { .. } => {
            return None;
        }
    })
}

fn percent(millionths: u32) -> String {
    format!("{}.{:02} %", millionths / 10_000, millionths % 10_000 / 100)
}

fn part(names: &dyn Names, row: &FeeRow, money: &dyn Fn(Amount) -> String) -> String {
    let (amount, layer) = (money(row.amount), names.layer(row.to.layer()));
    match row.to {
        FeeTo::Debts(_) => format!("{amount} through {layer} to what the domain owes"),
        FeeTo::FirstLoss(_) => format!("{amount} to the first loss, {layer}"),
        FeeTo::Pay(_) => format!("{amount} to pay stakers of {layer}"),
        FeeTo::Fund(_) => format!("{amount} to {layer}"),
        FeeTo::House(_) => format!("{amount} to the house, {layer}"),
    }
}

fn why(names: &dyn Names, shut: Shut) -> String {
    match shut {
        Shut::Owes => "the domain owes".to_owned(),
        Shut::FirstLoss => "its first loss is short".to_owned(),
        Shut::Pay(layer) => format!("stakers of {} are not paid ahead", names.layer(layer)),
        Shut::Fund(layer) => format!("{} is below its target", names.layer(layer)),
        Shut::Figure(Subject::Layer(layer)) => {
            format!("the expected loss of {} is out of date", names.layer(layer))
        }
        Shut::Figure(Subject::Domain(domain)) => {
            format!("the expected loss of {} is out of date", names.domain(domain))
        }
        Shut::NotBehind(layer) => format!("{} stands behind it no more", names.layer(layer)),
        Shut::Claims => "who bore its losses is not repaid".to_owned(),
        Shut::Figure(Subject::Market(market)) => {
            format!("the share of {} is out of date", names.market(market))
        }
    }
}
