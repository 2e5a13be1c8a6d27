//! How large a fund is to be, and who contributes what.
//!
//! In each scenario every member has a loss beyond margin: what he and his clients would lose, each
//! account by itself, less what its legs require to be opened and it has: what it holds beyond that
//! may leave at any time. The fund holds for the largest of these losses, so many as are to be
//! covered, in the worst scenario; it is never below its least size, nor below the least
//! contributions. What it holds beyond those is divided by each member's mean loss over the
//! scenarios, by largest remainder: contributions sum to the size, exactly.
//!
//! Who gave notice contributes what he did then: he does not leave by closing his legs first.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Fund, Member};
use crate::allocation::{self, Claims, Rule};
use crate::bounds::MAX_AMOUNT;
use crate::engine::State;
use crate::ids::{AccountId, ClearingId};
use crate::margin;
use crate::units::Amount;

/// What a member is to contribute.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SizedMember {
    /// The account that contributes.
    pub account: AccountId,
    /// What he and his clients could lose beyond their margins, in the mean of the scenarios,
    /// rounded up (against the member). Where an account cannot be valued, at least what it was.
    pub stressed: Amount,
    /// What he is to contribute.
    pub required: Amount,
    /// What of it he is called for.
    pub called: Amount,
}

/// A fund as it would be sized now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sizing {
    /// What each scenario would cost beyond margins, the largest members failing at once.
    pub uncovered: Vec<Amount>,
    /// What all are to contribute.
    pub size: Amount,
    /// The members, in account order; who is in default, or gone, is none.
    pub members: Vec<SizedMember>,
}

/// The place of the largest amount, the first of equals; nothing where all are zero.
pub(super) fn worst(uncovered: &[Amount]) -> Option<usize> {
    let most = uncovered.iter().copied().max().filter(|most| !most.is_zero())?;
    uncovered.iter().position(|of| *of == most)
}

/// The mean of `sum` over `count`, rounded up; at most the bound of an amount.
fn mean_ceil(sum: u128, count: usize) -> Amount {
    let count = u128::try_from(count).unwrap_or(1).max(1);
    Amount::new(sum.div_ceil(count)).unwrap_or(Amount::MAX)
}

impl State {
    /// What member `account` of `fund` and his clients would lose beyond their margins in each
    /// scenario.
    fn beyond_margins(&self, fund: &Fund, account: AccountId, of: &Member) -> Vec<Amount> {
        let clients = fund.clients.iter().filter(|(_, client)| client.member == account);
        let clients = clients.map(|(client, _)| *client);
        let accounts: Vec<AccountId> = self.accounts_of(of.owner).chain(clients).collect();
        let domain = fund.spec.domain;
        let losses = fund.spec.scenarios.iter().map(|scenario| {
            let shock = scenario.shock();
            let (mut sum, mut least) = (0, 0);
            for account in &accounts {
                match margin::beyond_margin(self, *account, domain, &shock) {
                    // What passes the bound of an amount counts as that, for 10^8 accounts.
                    Some(loss) => sum += loss.min(MAX_AMOUNT),
                    None => least = of.stressed.atoms(),
                }
            }
            Amount::new(sum.max(least)).unwrap_or(Amount::MAX)
        });
        losses.collect()
    }

    /// How `fund` would be sized now: a pass over the legs of its members and their clients for
    /// each scenario.
    #[must_use]
    pub fn fund_sizing(&self, id: ClearingId) -> Option<Sizing> {
        let fund = self.clearing.fund(id)?;
        let standing = fund.members.iter().filter(|(_, of)| self.is_liable(fund, of));
        let rows: Vec<(AccountId, &Member, Vec<Amount>)> = standing
            .map(|(account, of)| (*account, of, self.beyond_margins(fund, *account, of)))
            .collect();
        let count = fund.spec.scenarios.len();
        let uncovered: Vec<Amount> = (0..count)
            .map(|place| {
                let mut losses: Vec<Amount> = rows.iter().map(|row| row.2[place]).collect();
                losses.sort_unstable_by(|one, other| other.cmp(one));
                let largest = losses.into_iter().take(usize::from(fund.spec.cover));
                Amount::sum(largest)
            })
            .collect();
        let means: Vec<Amount> = rows
            .iter()
            .map(|row| mean_ceil(row.2.iter().map(|loss| loss.atoms()).sum(), count))
            .collect();
        let asked = uncovered.iter().copied().max().unwrap_or_default().max(fund.spec.least);
        let members: Vec<&Member> = rows.iter().map(|row| row.1).collect();
        let required = contributions(asked, fund.spec.least_contribution, &members, &means);
        let size = Amount::sum(required.iter().copied());
        let members = rows.iter().zip(means).zip(required).map(|((row, stressed), required)| {
            let called = required.less_or_zero(self.contributed(fund, row.0));
            SizedMember { account: row.0, stressed, required, called }
        });
        Some(Sizing { uncovered, size, members: members.collect() })
    }
}

/// What each of `members` is to contribute of `asked`, at least what each contributes in any case;
/// the rest by mean loss, or evenly where nobody has any, to those who gave no notice.
fn contributions(
    asked: Amount,
    least: Amount,
    members: &[&Member],
    means: &[Amount],
) -> Vec<Amount> {
    let mut required: Vec<Amount> =
        members.iter().map(|of| if of.notice.is_some() { of.required } else { least }).collect();
    let rest = asked.less_or_zero(Amount::sum(required.iter().copied()));
    let stays: Vec<usize> =
        (0..members.len()).filter(|place| members[*place].notice.is_none()).collect();
    let weigh = stays.iter().any(|place| !means[*place].is_zero());
    let weight = |place: &usize| if weigh { means[*place] } else { Amount::from(1) };
    let weights: Vec<Amount> = stays.iter().map(weight).collect();
    let caps: Vec<Amount> = stays.iter().map(|_| rest).collect();
    let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
    // Refused only where there is nobody, or nothing, to divide.
    let shares = allocation::divide(Rule::Proportional, rest, &claims);
    let shares = shares.map_or_else(|_| Vec::new(), |divided| divided.shares);
    for (place, share) in stays.into_iter().zip(shares) {
        required[place] = required[place].checked_add(share).unwrap_or(Amount::MAX);
    }
    required
}
