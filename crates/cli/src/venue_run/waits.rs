//! What a liquidation waits for, in words.

use rhodian_core::closeout::Waits;
use rhodian_core::engine::State;
use rhodian_core::ids::AccountId;
use rhodian_report::money::{Money, percent_of_millionths};

use super::commands::ASSET;
use crate::run::driver::account_name;

/// Why nothing of `account` is closed by now.
pub fn told(state: &State, account: AccountId, waits: Waits) -> String {
    let decimals = state.domains.asset(ASSET).map_or(0, |asset| asset.decimals);
    let money = |atoms| Money::new(u32::from(decimals)).full(atoms);
    let why = match waits {
        Waits::Price => "a price or a volatility that is good enough to liquidate at".to_owned(),
        Waits::Breaker { allowed: 0, .. } => {
            "the breaker: so far from its slow price nothing is closed".to_owned()
        }
        Waits::Breaker { allowed, room } => format!(
            "the breaker: of {} of its limits {} is left now, less than a lot",
            percent_of_millionths(i64::from(allowed)).trim_start_matches('+'),
            money(room)
        ),
        Waits::Budget { left } => {
            format!("the backstop: it may take {} more, less than a lot", money(left))
        }
        Waits::Backstop => {
            "the backstop: it has no margin for a lot, or the equity does not pay its discount"
                .to_owned()
        }
        Waits::OtherSide => "somebody on the other side".to_owned(),
    };
    format!("{} waits for {why}", account_name(state, account))
}
