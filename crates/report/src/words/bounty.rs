//! What watching brings, in words: notices, challenges, bonds and bounties.

use rhodian_core::loss::{Event, Outcome};
use rhodian_core::units::Amount;

use crate::names::{MoneyOf, Names};

/// The sentence of an event of watching.
pub(super) fn of_bounty(names: &dyn Names, event: &Event) -> Option<String> {
    let money = |asset, amount| names.money_with_unit(MoneyOf::Asset(asset), amount);
    Some(match *event {
        Event::LossExpired { loss } => {
            format!("nobody decided on {} in time: it is no loss", names.loss(loss))
        }
        Event::BountySet { domain, terms: Some(terms) } => {
            let (domain, pot) = (names.domain(domain), names.layer(terms.pot));
            format!("{pot} pays who watches {domain}")
        }
        Event::BountySet { domain, terms: None } => {
            format!("nothing is paid to who watches {} any more", names.domain(domain))
        }
        Event::NoticeGiven { domain, account, asset, bond, .. } => {
            let (who, domain, bond) =
                (names.account(account), names.domain(domain), money(asset, bond));
            format!("{who} gives notice of an event in {domain}, with a bond of {bond}")
        }
        Event::Challenged { loss, account, asset, bond, .. } => {
            let (who, loss, bond) = (names.account(account), names.loss(loss), money(asset, bond));
            format!("{who} challenges {loss}, with a bond of {bond}")
        }
        Event::NoticeSettled { loss, account, asset, pot, outcome, forfeited, bounty, .. } => {
            let of = loss.map_or_else(|| "an event".to_owned(), |loss| names.loss(loss));
            let why = match outcome {
                Outcome::Unreported => "nobody reported it",
                Outcome::Right => "it was right",
                Outcome::Wrong => "it was wrong",
                Outcome::Withdrawn => "the report was withdrawn",
                Outcome::Undecided => "nobody decided on it",
                Outcome::Rejected => "it was voted down",
            };
            let what = format!("the notice of {of} by {}: {why}", names.account(account));
            let pot = names.layer(pot);
            format!(
                "{what}{}",
                ends(&pot, [money(asset, bounty), money(asset, forfeited)], (bounty, forfeited))
            )
        }
        Event::ChallengeSettled {
            loss,
            account,
            asset,
            pot,
            outcome,
            forfeited,
            bounty,
            of_bond,
            ..
        } => {
            let why = match outcome {
                Outcome::Right => "fails: it is a loss",
                Outcome::Wrong | Outcome::Rejected => "succeeds",
                Outcome::Unreported | Outcome::Withdrawn | Outcome::Undecided => "decides nothing",
            };
            let what = format!(
                "the challenge of {} by {} {why}",
                names.loss(loss),
                names.account(account)
            );
            let pot = if of_bond { "the bond of its notice".to_owned() } else { names.layer(pot) };
            format!(
                "{what}{}",
                ends(&pot, [money(asset, bounty), money(asset, forfeited)], (bounty, forfeited))
            )
        }
        Event::MeansCeded { loss, account, asset, amount } => format!(
            "{} of it, of {}, is for those who bear {}",
            names.money(MoneyOf::Asset(asset), amount),
            names.account(account),
            names.loss(loss)
        ),
        _ => return None,
    })
}

/// What the pot pays and what of the bond is lost, where it is something.
fn ends(pot: &str, [paid, lost]: [String; 2], (bounty, forfeited): (Amount, Amount)) -> String {
    let bounty = if bounty.is_zero() { String::new() } else { format!("; {pot} pays {paid}") };
    let lost =
        if forfeited.is_zero() { String::new() } else { format!("; {lost} of the bond is lost") };
    bounty + &lost
}
