//! Seeded populations: owners, accounts, what they deposit and what they hold.
//!
//! A population is built so that an engine accepts it: in rounds, each with its marks, its
//! deposits and its fills. The fills of a round match longs and shorts exactly, so the lots of
//! every market sum to zero after each of them; makers take what the others leave over. Deposits
//! are computed last, from the legs, so that every account is above initial margin when its legs
//! are opened, and stands at the start where its model wants it: at its leverage, or just above
//! maintenance.
//!
//! No fee and no funding is counted. An account has room for fees of a twentieth of its initial
//! margin when its legs are opened; but those near maintenance at the start are placed to the
//! atom, so a driver that charges fees in the rounds deposits them on top, account by account.

mod build;
mod draw;
mod fills;
mod fund;
pub mod model;

use std::ops::Range;

use rhodian_core::ids::Time;
use rhodian_core::units::{Amount, Price, Quantity};

pub use build::build;
pub use rhodian_core::account::AccountKind;

use crate::market::Market;
use crate::valuation::Valuation;

/// What an account was drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cohort {
    /// Someone with a direction.
    Trader,
    /// Equity from the top hundredth.
    Whale,
    /// Long a market, short its twin.
    Hedged,
    /// Just above maintenance at the start.
    Near,
    /// No legs.
    Flat,
    /// Holds what the others of its round left over.
    Maker,
    /// Short options: gains a little while prices stand, loses faster the further they move.
    OptionSeller,
    /// Long options: can lose no more than was paid for them.
    OptionBuyer,
}

impl Cohort {
    /// Every cohort.
    pub const ALL: [Self; 8] = [
        Self::Trader,
        Self::Whale,
        Self::Hedged,
        Self::Near,
        Self::Flat,
        Self::Maker,
        Self::OptionSeller,
        Self::OptionBuyer,
    ];

    /// The name, for reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trader => "trader",
            Self::Whale => "whale",
            Self::Hedged => "hedged",
            Self::Near => "near",
            Self::Flat => "flat",
            Self::Maker => "maker",
            Self::OptionSeller => "option-seller",
            Self::OptionBuyer => "option-buyer",
        }
    }
}

/// An account, in the order in which it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The owner, dense from zero.
    pub owner: u32,
    /// Cross or isolated.
    pub kind: AccountKind,
    /// What it was drawn as.
    pub cohort: Cohort,
    /// The round in which it is opened.
    pub round: u32,
    /// What it deposits, in atoms of the quote asset, above zero.
    pub deposit: Amount,
    /// Where its legs end in the population's list.
    legs_end: usize,
}

/// Lots of one market in one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The place of the market in its world.
    pub market: u32,
    /// The lots, never zero; long above zero.
    pub lots: Quantity,
}

/// A trade that a driver reports to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The place of the market in its world.
    pub market: u32,
    /// The account that buys.
    pub buyer: u32,
    /// The account that sells.
    pub seller: u32,
    /// The lots, above zero.
    pub lots: Quantity,
    /// The price: the round's mark.
    pub price: Price,
}

/// Accounts that are opened, funded and filled together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// When.
    pub at: Time,
    /// The mark of every market at that time.
    pub marks: Vec<Price>,
    /// The accounts opened, by place.
    pub accounts: Range<u32>,
    /// The fills, by place.
    pub fills: Range<usize>,
}

/// Everyone, with what they hold and how they came to hold it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Population {
    /// How many owners there are; an owner has one cross account and perhaps isolated ones.
    pub owners: u32,
    /// The accounts, in order of opening.
    pub accounts: Vec<Account>,
    /// The rounds, first to last.
    pub rounds: Vec<Round>,
    /// The fills of all rounds, in order.
    pub fills: Vec<Fill>,
    legs: Vec<Leg>,
}

impl Population {
    /// The legs of an account, by market; none for a place that has no account.
    #[must_use]
    pub fn legs(&self, account: u32) -> &[Leg] {
        let place = account as usize;
        let Some(this) = self.accounts.get(place) else { return &[] };
        let begin = if place == 0 { 0 } else { self.accounts[place - 1].legs_end };
        &self.legs[begin..this.legs_end]
    }

    /// The number of legs of all accounts.
    #[must_use]
    pub const fn leg_count(&self) -> usize {
        self.legs.len()
    }

    /// What an account is worth and must hold at a valuation of its world's markets; nothing for a
    /// place that has no account.
    #[must_use]
    pub fn standing(
        &self,
        account: u32,
        markets: &[Market],
        valuation: &Valuation,
    ) -> Option<Standing> {
        let this = self.accounts.get(account as usize)?;
        let opened = &self.rounds.get(this.round as usize)?.marks;
        let margin = fund::margin_at(self.legs(account), markets, opened, valuation);
        // A deposit is at most 10^30, far below 2^127.
        let deposit = this.deposit.atoms().cast_signed();
        Some(Standing {
            equity: deposit + margin.profit,
            gross: margin.gross,
            initial: margin.initial,
            maintenance: margin.maintenance,
        })
    }
}

/// Equity and margin of an account at some marks, in atoms, before fees and funding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Deposit and profit since the legs were opened.
    pub equity: i128,
    /// The value of all legs without their sides; of an option, that of its base.
    pub gross: u128,
    /// Initial margin: the sum over legs, no offset between them.
    pub initial: u128,
    /// Maintenance margin, likewise.
    pub maintenance: u128,
}
