//! What happens to cover pools, in words.

use rhodian_core::ids::{AssetId, LossId, RiskId};
use rhodian_core::pools::cover::Event;
use rhodian_core::units::Amount;

use crate::money::count;
use crate::names::{MoneyOf, Names};

/// The insured who are named in a sentence; the rest is counted.
const MOST_PAID: usize = 3;

/// The sentence of an event of a cover pool. What was earned, and covers that end, stand in figures.
pub(super) fn of_cover(names: &dyn Names, event: &Event) -> Option<String> {
    let of = |asset: AssetId, amount| names.money_with_unit(MoneyOf::Asset(asset), amount);
    let of_loss = |loss: LossId, amount| names.money_with_unit(MoneyOf::Loss(loss), amount);
    let risk = |risk: RiskId| names.risk(risk);
    Some(match *event {
        Event::Bought { risk: id, account, asset, amount, premium, .. } => format!(
            "{} buys cover of {} against {} for {}",
            names.account(account),
            of(asset, amount),
            risk(id),
            of(asset, premium)
        ),
        Event::Reported { loss, risk: id, due, ref claims, vote, .. } => {
            let covers = if claims.len() == 1 { "cover" } else { "covers" };
            let claims = format!("{} {covers}", count(claims.len()));
            let next = if vote.is_some() { ": stakers vote on it" } else { "" };
            let (risk, due) = (risk(id), of_loss(loss, due));
            format!("{risk} has an incident: {due} claimed of {claims}{next}")
        }
        Event::Triggered { risk: id, account, .. } => format!(
            "{} shows that the price of {} stood below its trigger",
            names.account(account),
            risk(id)
        ),
        Event::Voted { loss, account, accept, .. } => {
            let (who, what) = (names.account(account), names.loss(loss));
            let word = if accept { "accepts" } else { "rejects" };
            format!("{who} {word} the claims of {what}")
        }
        Event::Tallied { loss, accept, reject, staked, accepted, .. } => {
            let word = if accepted { "accept" } else { "do not accept" };
            let [accept, reject, staked] = [accept, reject, staked].map(|of| of_loss(loss, of));
            format!("stakers {word} the claims: {accept} for, {reject} against, {staked} staked")
        }
        Event::Paid { loss, asset, ref rows, .. } => {
            let sum = rows.iter().map(|(_, _, amount)| amount.atoms()).sum();
            let sum = of(asset, Amount::new(sum).unwrap_or(Amount::MAX));
            let one = |(_, account, amount): &(_, _, Amount)| {
                let amount = names.money(MoneyOf::Asset(asset), *amount);
                format!("{} {amount}", names.account(*account))
            };
            let mut paid: Vec<String> = rows.iter().take(MOST_PAID).map(one).collect();
            if rows.len() > MOST_PAID {
                paid.push(format!("and {} more", rows.len() - MOST_PAID));
            }
            format!("the insured of {} are paid {sum}: {}", names.loss(loss), paid.join(", "))
        }
        Event::Opened { .. }
        | Event::RiskAdded { .. }
        | Event::RiskSet { .. }
        | Event::Earned { .. }
        | Event::Ended { .. }
        | Event::Lapsed { .. }
        | Event::Owed { .. } => return None,
    })
}
