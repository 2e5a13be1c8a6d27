//! The law of watching, in both forms.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use super::issuance::in_need;
use super::{BOUNTY, Broken};
use crate::basis::part_of_weight_floor;
use crate::engine::State;
use crate::ids::{AccountId, DomainId, LayerId, LossId, OwnerId, Time};
use crate::ledger::Holder;
use crate::loss::{BountyTerms, Event, Noticed, Outcome};
use crate::units::Amount;

fn broken(detail: &str) -> Result<(), Broken> {
    Err(Broken { law: BOUNTY, detail: detail.into() })
}

/// The full form: from the raw state.
pub(super) fn check(state: &State) -> Result<(), Broken> {
    let of = state.losses.bounties();
    let mut bonds: BTreeMap<DomainId, u128> = BTreeMap::new();
    let (mut waits, mut reported) = (BTreeSet::new(), BTreeMap::new());
    for (event, notice) in of.notices() {
        *bonds.entry(event.0).or_default() += notice.bond.atoms();
        match notice.loss {
            Some(loss) => drop(reported.insert(loss, *event)),
            None => drop(waits.insert((notice.until, *event))),
        }
    }
    if waits != of.waits || reported != of.reported {
        return broken("the queue of notices is not of those that stand");
    }
    for (loss, challenge) in of.challenges() {
        let Some(found) = state.losses.loss(loss) else {
            return broken(&format!("no loss {loss} is challenged"));
        };
        *bonds.entry(found.domain).or_default() += challenge.bond.atoms();
    }
    for (domain, found) in state.domains.domains() {
        let held = state.ledger.balance(found.asset, Holder::Bonds(domain)).atoms();
        let stand = bonds.get(&domain).copied().unwrap_or(0).cast_signed();
        if held != stand {
            return broken(&format!("domain {domain}: {held} held for bonds of {stand}"));
        }
    }
    Ok(())
}

/// What stands of a bond: whose, how much, and on which terms.
type Bond = (AccountId, Amount, BountyTerms);

/// The running form: totals of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    terms: BTreeMap<DomainId, BountyTerms>,
    notices: BTreeMap<Noticed, Bond>,
    challenges: BTreeMap<LossId, Bond>,
    /// What the events left with each domain.
    held: BTreeMap<DomainId, i128>,
    paid: BTreeMap<DomainId, Vec<(Time, u128)>>,
    /// The losses that paid, and those that were settled or dismissed by another than reported.
    rewarded: BTreeSet<LossId>,
    decided: BTreeSet<LossId>,
}

/// A notice or a challenge that is over.
struct Over {
    loss: Option<LossId>,
    domain: DomainId,
    account: AccountId,
    pot: LayerId,
    outcome: Outcome,
    returned: Amount,
    forfeited: Amount,
    bounty: Amount,
    of_bond: bool,
}

impl Running {
    /// Follows `event`; `state` is the state after it.
    pub(super) fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        match *event {
            Event::BountySet { domain, terms } => {
                match terms {
                    Some(terms) => self.terms.insert(domain, terms),
                    None => self.terms.remove(&domain),
                };
            }
            Event::LossSettled { loss } | Event::LossDismissed { loss, .. } => {
                self.decided.insert(loss);
            }
            Event::NoticeGiven { domain, evidence, account, bond, .. } => {
                let Some(terms) = self.terms.get(&domain) else {
                    return broken(&format!("domain {domain} takes notice and states no terms"));
                };
                self.notices.insert((domain, evidence), (account, bond, *terms));
                *self.held.entry(domain).or_default() += bond.atoms().cast_signed();
                return self.stands(state, domain);
            }
            Event::Challenged { loss, domain, account, bond, .. } => {
                let Some(terms) = self.terms.get(&domain) else {
                    return broken(&format!("domain {domain} is challenged and states no terms"));
                };
                self.challenges.insert(loss, (account, bond, *terms));
                *self.held.entry(domain).or_default() += bond.atoms().cast_signed();
                return self.stands(state, domain);
            }
            Event::NoticeSettled { domain, evidence, .. } => {
                let Some(bond) = self.notices.remove(&(domain, evidence)) else {
                    return broken(&format!("no notice in domain {domain} is settled"));
                };
                return self.over(event, bond, state);
            }
            Event::ChallengeSettled { loss, .. } => {
                let Some(bond) = self.challenges.remove(&loss) else {
                    return broken(&format!("no challenge of loss {loss} is settled"));
                };
                return self.over(event, bond, state);
            }
            _ => {}
        }
        Ok(())
    }

    fn over(&mut self, event: &Event, bond: Bond, state: &State) -> Result<(), Broken> {
        let Some(of) = Over::of(event) else { return Ok(()) };
        let (account, amount, terms) = bond;
        let Over { domain, returned, forfeited, .. } = of;
        let back = returned.atoms() + forfeited.atoms();
        if of.account != account || back != amount.atoms() {
            let detail = format!("account {account}: {back} of its bond of {amount}");
            return broken(&detail);
        }
        let taken = if of.of_bond { of.bounty.atoms() } else { 0 };
        *self.held.entry(domain).or_default() -= (back + taken).cast_signed();
        if !of.bounty.is_zero() {
            self.bounty(&of, &terms, state)?;
        }
        self.stands(state, domain)
    }

    /// A bounty is paid once for a loss that is decided, to nobody who failed with it, and within
    /// its terms.
    fn bounty(&mut self, of: &Over, terms: &BountyTerms, state: &State) -> Result<(), Broken> {
        let found = of.loss.and_then(|loss| Some((loss, state.losses.loss(loss)?)));
        let Some((loss, found)) = found.filter(|(loss, _)| self.decided.contains(loss)) else {
            return broken(&format!("{} paid for what nobody decided", of.bounty));
        };
        let owner = |id| -> Option<OwnerId> { state.accounts.account(id).map(|of| of.owner) };
        if found.failed.is_some_and(|failed| owner(failed) == owner(of.account)) {
            return broken(&format!("loss {loss} pays {} to who failed with it", of.bounty));
        }
        let right = of.outcome == Outcome::Right;
        let base = if right { found.deficit } else { found.close_out };
        if of.bounty > part_of_weight_floor(base, Some(terms.part)) || !self.rewarded.insert(loss) {
            return broken(&format!("loss {loss} pays {}, too much or again", of.bounty));
        }
        if of.of_bond {
            return self.takes(of, state);
        }
        if let Some(domain) = in_need(state, of.pot) {
            return broken(&format!("layer {} pays while domain {domain} has a loss", of.pot));
        }
        let now = state.now();
        let paid = self.paid.entry(of.domain).or_default();
        paid.push((now, of.bounty.atoms()));
        let since = now.0.checked_sub(terms.window).filter(|since| *since > 0);
        let inside = paid.iter().filter(|(at, _)| since.is_none_or(|since| at.0 > since));
        let sum: u128 = inside.map(|(_, atoms)| atoms).sum();
        if sum > terms.most.atoms() {
            return broken(&format!("{sum} paid within a window of {}", terms.most));
        }
        Ok(())
    }

    /// The bond of the loss's notice pays.
    fn takes(&mut self, of: &Over, state: &State) -> Result<(), Broken> {
        let event = of.loss.and_then(|loss| state.losses.event_of(loss));
        let bond = event.and_then(|event| self.notices.get_mut(&(of.domain, event)));
        match bond.filter(|(_, bond, _)| *bond >= of.bounty) {
            Some((_, bond, _)) => {
                *bond = bond.less_or_zero(of.bounty);
                Ok(())
            }
            None => broken(&format!("{} paid of no bond", of.bounty)),
        }
    }

    fn stands(&self, state: &State, domain: DomainId) -> Result<(), Broken> {
        let asset = state.domains.asset_of(domain).unwrap_or_default();
        let followed = self.held.get(&domain).copied().unwrap_or(0);
        let stands = state.ledger.balance(asset, Holder::Bonds(domain)).atoms();
        if followed == stands {
            return Ok(());
        }
        broken(&format!("domain {domain}: {stands} held for bonds, its events say {followed}"))
    }
}

impl Over {
    const fn of(event: &Event) -> Option<Self> {
        Some(match *event {
            Event::NoticeSettled {
                domain,
                loss,
                account,
                pot,
                outcome,
                returned,
                forfeited,
                bounty,
                ..
            } => {
                let of_bond = false;
                Self { loss, domain, account, pot, outcome, returned, forfeited, bounty, of_bond }
            }
            Event::ChallengeSettled {
                loss,
                domain,
                account,
                pot,
                outcome,
                returned,
                forfeited,
                bounty,
                of_bond,
                ..
            } => {
                let loss = Some(loss);
                Self { loss, domain, account, pot, outcome, returned, forfeited, bounty, of_bond }
            }
            _ => return None,
        })
    }
}
