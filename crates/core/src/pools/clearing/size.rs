//! How large a fund is to be, and who contributes what.
//!
//! In each scenario every member has a loss beyond margin: what he and his clients would lose, each
//! account by itself, less what its legs require to be opened and it has: what it holds beyond that
//! may leave at any time. The fund holds for the largest of these losses, so many as are to be
//! covered, in the worst scenario; it is never below its least size, nor below the least
//! contributions. What it holds beyond those is divided by each member's mean loss over the
//! scenarios, by largest remainder: contributions sum to the size, exactly.
//!
//! Who gave notice contributes no less than he was to then: he does not leave by closing his legs
//! first, nor does he keep what he holds by a notice that comes before a sizing. Who only joined,
//! and neither paid nor holds anything, is asked for the least and lowers nobody else's part.

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
        let least = fund.spec.least_contribution;
        let counts = |(account, of): (AccountId, &Member)| {
            self.contributed(fund, account) >= least || !self.is_flat(fund, of)
        };
        let asked_of = rows.iter().zip(&means).map(|((account, of, _), mean)| Asked {
            mean: *mean,
            kept: of.notice.map(|_| of.required),
            counts: counts((*account, *of)),
        });
        let required = contributions(asked, least, &asked_of.collect::<Vec<_>>());
        let size = Amount::sum(required.iter().copied());
        let members = rows.iter().zip(means).zip(required).map(|((row, stressed), required)| {
            let called = required.less_or_zero(self.contributed(fund, row.0));
            SizedMember { account: row.0, stressed, required, called }
        });
        Some(Sizing { uncovered, size, members: members.collect() })
    }
}

/// What a member's contribution is made of.
struct Asked {
    /// What he could lose beyond margin, in the mean of the scenarios.
    mean: Amount,
    /// What he was to contribute, where he gave notice: it does not fall.
    kept: Option<Amount>,
    /// Whether what he is to contribute in any case is counted on: he paid it, or he has something
    /// to lose. Who only said that he joins lowers what nobody else is to contribute.
    counts: bool,
}

/// What each of `members` is to contribute of `asked`, at least what each contributes in any case;
/// the rest by mean loss, or evenly where nobody has any. Who gave notice contributes no less than
/// he was to, and what it is more than his part lowers the others'.
fn contributions(asked: Amount, least: Amount, members: &[Asked]) -> Vec<Amount> {
    let nobody = !members.iter().any(|of| of.counts);
    let counts = |of: &Asked| of.counts || nobody;
    let mut stays: Vec<usize> = (0..members.len()).collect();
    loop {
        let floor = |(place, of): (usize, &Asked)| {
            let kept = of.kept.filter(|_| stays.binary_search(&place).is_err());
            if counts(of) { kept.unwrap_or(least) } else { Amount::ZERO }
        };
        let floors = Amount::sum(members.iter().enumerate().map(floor));
        let shares = divided(asked.less_or_zero(floors), &stays, |place| {
            members.get(place).filter(|of| counts(of)).map(|of| of.mean)
        });
        let mut required: Vec<Amount> = members.iter().map(|of| of.kept.unwrap_or(least)).collect();
        let mut below = Vec::new();
        for (place, share) in stays.iter().zip(shares) {
            let part = least.checked_add(share).unwrap_or(Amount::MAX);
            match members[*place].kept.filter(|kept| *kept > part) {
                Some(_) => below.push(*place),
                None => required[*place] = part,
            }
        }
        if below.is_empty() {
            return required;
        }
        stays.retain(|place| !below.contains(place));
    }
}

/// `rest` over those at `places` by what `mean` says of each, or evenly where that is nothing for
/// all; nothing of whom it says nothing of.
fn divided(rest: Amount, places: &[usize], mean: impl Fn(usize) -> Option<Amount>) -> Vec<Amount> {
    let means: Vec<Option<Amount>> = places.iter().map(|place| mean(*place)).collect();
    let weigh = means.iter().flatten().any(|mean| !mean.is_zero());
    let weight = |mean: &Option<Amount>| match mean {
        Some(mean) if weigh => *mean,
        Some(_) => Amount::from(1),
        None => Amount::ZERO,
    };
    let weights: Vec<Amount> = means.iter().map(weight).collect();
    let caps: Vec<Amount> = places.iter().map(|_| rest).collect();
    let claims = Claims { caps: &caps, weights: &weights, ..Claims::default() };
    // Refused only where there is nobody, or nothing, to divide.
    let shares = allocation::divide(Rule::Proportional, rest, &claims);
    shares.map_or_else(|_| places.iter().map(|_| Amount::ZERO).collect(), |of| of.shares)
}
