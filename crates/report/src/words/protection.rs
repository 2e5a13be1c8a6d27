//! What happens to protections, in words.

use rhodian_core::ids::AssetId;
use rhodian_core::pools::protection::Event;

use crate::names::{MoneyOf, Names};

/// The sentence of an event of a protection.
pub(super) fn of_protection(names: &dyn Names, event: &Event) -> Option<String> {
    let of = |asset: AssetId, amount| names.money_with_unit(MoneyOf::Asset(asset), amount);
    Some(match *event {
        Event::Opened { .. } => return None,
        Event::Protected { account, asset, deposit, cap, fund, premium, .. } => format!(
            "{} is protected for what {} may lose against holding, up to {}, for a premium of {} \
             to {}",
            names.account(account),
            of(asset, deposit),
            of(asset, cap),
            of(asset, premium),
            names.layer(fund)
        ),
        Event::Ended { account, measured, fund, .. } => {
            let money = |amount| names.money(MoneyOf::Layer(fund), amount);
            let lost = format!(
                "the protected position of {} ends: it lost {} against holding",
                names.account(account),
                money(measured.loss)
            );
            match measured.claim.is_zero() {
                true => format!("{lost}, and claims nothing"),
                false => format!("{lost}, and claims {}", money(measured.claim)),
            }
        }
        Event::Paid { account, asset, fund, amount, claim, .. } => {
            let (fund, account) = (names.layer(fund), names.account(account));
            let short = match amount == claim {
                true => String::new(),
                false => format!(" of {}: it holds no more for it", of(asset, claim)),
            };
            format!("{fund} pays {account} {} for a protected position{short}", of(asset, amount))
        }
    })
}
