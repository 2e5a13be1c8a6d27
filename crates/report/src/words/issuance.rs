//! What happens to issuances, in words.

use rhodian_core::issuance::Event;

use crate::names::{MoneyOf, Names};

/// The sentence of an event of an issuance.
pub(super) fn of_issuance(names: &dyn Names, event: &Event) -> Option<String> {
    let money = |asset, amount| names.money_with_unit(MoneyOf::Asset(asset), amount);
    Some(match *event {
        Event::Opened { loss, asset, wanted, token, tokens, price, .. } => format!(
            "new tokens are for sale for {}: {} is wanted, {} of them at most, from {} a lot",
            names.loss(loss),
            money(asset, wanted),
            money(token, tokens),
            money(asset, price)
        ),
        Event::Restarted { loss, round, .. } => format!(
            "nobody filled the hole of {}: its auction begins anew, for the {round}. time",
            names.loss(loss)
        ),
        Event::Sold { loss, account, token, tokens, asset, paid, price, .. } => format!(
            "{} takes {} for {} at {} a lot, for {}",
            names.account(account),
            money(token, tokens),
            money(asset, paid),
            money(asset, price),
            names.loss(loss)
        ),
        Event::BoughtBack { account, fund, token, tokens, asset, paid, .. } => format!(
            "{} buys {} back from {} for {}: they are burned",
            names.layer(fund),
            money(token, tokens),
            names.account(account),
            money(asset, paid)
        ),
        Event::BuybackOpened { .. } => "a surplus buys tokens back".to_owned(),
        Event::BuybackClosed { .. } => "nothing is bought back any more".to_owned(),
        Event::Limited { layer, depletion } => match depletion {
            Some(_) => format!("{} is drawn on by parts of what it held", names.layer(layer)),
            None => format!("{} is drawn on without a limit by parts", names.layer(layer)),
        },
        Event::Specified { .. } | Event::Counted { .. } | Event::BuybackRestarted { .. } => {
            return None;
        }
    })
}
