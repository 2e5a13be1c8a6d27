//! The law of clearing funds, in both forms.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use super::{Broken, CLEARING};
use crate::basis::part_of_weight_floor;
use crate::domain::{Basis, Kind};
use crate::engine::State;
use crate::ids::{AccountId, ClearingId, LayerId, LiableSetId, LossId, Time};
use crate::loss;
use crate::pools::clearing::{Assessment, Event, Fund, FundSpec};
use crate::units::Amount;

fn broken(fund: ClearingId, detail: &str) -> Result<(), Broken> {
    Err(Broken { law: CLEARING, detail: format!("clearing fund {fund}: {detail}") })
}

/// The full form: from the raw state.
pub(super) fn check(state: &State) -> Result<(), Broken> {
    for (id, fund) in state.clearing.funds() {
        let required = Amount::sum(fund.members.values().map(|member| member.required));
        if required != fund.size {
            let size = fund.size;
            return broken(
                id,
                &format!("its size is {size}, members are to contribute {required}"),
            );
        }
        for (account, member) in &fund.members {
            let stake = state.domains.stake(fund.spec.layer, *account);
            let asked = state.domains.exits(fund.spec.layer).map(|of| of.asked(*account));
            let stays = stake.less_or_zero(asked.unwrap_or_default());
            if member.due.is_some() && stays >= member.required {
                return broken(id, &format!("member {account} is called for what he contributed"));
            }
            if member.failed.is_some() && !member.required.is_zero() {
                return broken(id, &format!("member {account} failed and is to contribute"));
            }
        }
        clients(state, id, fund)?;
        assessed(state, id, fund)?;
    }
    Ok(())
}

/// Clients are cleared by members, and are none; they stand in no liable set but of gains.
fn clients(state: &State, id: ClearingId, fund: &Fund) -> Result<(), Broken> {
    for (account, client) in &fund.clients {
        let owner = state.accounts.account(*account).map(|found| found.owner);
        let himself = fund.members.values().any(|member| Some(member.owner) == owner);
        if himself || !fund.members.contains_key(&client.member) {
            return broken(id, &format!("client {account} is a member's own, or nobody's"));
        }
    }
    Ok(())
}

/// Nobody paid more within a window than it admits, by the most he ever weighed.
fn assessed(state: &State, id: ClearingId, fund: &Fund) -> Result<(), Broken> {
    let Some(Assessment { layer, per_window, window, .. }) = fund.spec.assessment else {
        return Ok(());
    };
    for (account, member) in &fund.members {
        let Some((last, _)) = member.assessed.last() else { continue };
        let counts = |at: Time| last.0 - at.0 < window;
        let paid = member.assessed.iter().filter(|(at, _)| counts(*at));
        let paid = Amount::sum(paid.map(|(_, amount)| *amount));
        let of_layer = state.losses.sets.iter().filter_map(|set| set.layers.get(&layer));
        let his = of_layer.flat_map(|of| &of.members).filter(|of| of.account == *account);
        let weight = his.map(|of| of.weight).max().unwrap_or_default();
        let most = part_of_weight_floor(weight, Some(per_window));
        if paid > most {
            return broken(id, &format!("member {account} paid {paid} in a window of {most}"));
        }
    }
    Ok(())
}

/// When an assessment was paid, for which loss, and how much.
type Payment = (Time, LossId, u128);

/// The running form: totals of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    funds: BTreeMap<ClearingId, FundSpec>,
    /// What each member is to contribute.
    required: BTreeMap<(ClearingId, AccountId), u128>,
    /// Every account that a member answers for, and is another's.
    clients: BTreeSet<AccountId>,
    /// What each weighs in a set of a layer of assessments.
    weights: BTreeMap<(LiableSetId, LayerId, AccountId), Amount>,
    sets: BTreeMap<LossId, LiableSetId>,
    /// What each paid of assessments, and when.
    paid: BTreeMap<(LayerId, AccountId), Vec<Payment>>,
}

impl Running {
    /// Follows `event`; `state` is the state after it.
    pub(super) fn after(&mut self, event: &Event, state: &State) -> Result<(), Broken> {
        let id = event.fund();
        match event {
            Event::Opened { spec, .. } => {
                self.funds.insert(id, (**spec).clone());
            }
            Event::Joined { account, required, .. } => {
                self.required.insert((id, *account), required.atoms());
            }
            Event::Sized { size, members, .. } => {
                let least = self.funds.get(&id).map_or(0, |spec| spec.least.atoms());
                let sum: u128 = members.iter().map(|row| row.required.atoms()).sum();
                let stays = members.iter().any(|row| !row.required.is_zero());
                if sum != size.atoms() || (stays && sum == 0) {
                    return broken(id, &format!("{size} asked, {sum} required of its members"));
                }
                let leaves = |account: &AccountId| {
                    let found = state.clearing.fund(id);
                    let member = found.and_then(|found| found.members.get(account));
                    member.is_some_and(|member| member.notice.is_some())
                };
                if sum < least && members.iter().any(|row| !leaves(&row.account)) {
                    return broken(id, &format!("{sum} required, at least {least}"));
                }
                self.required.retain(|(fund, _), _| *fund != id);
                let rows = members.iter().map(|row| ((id, row.account), row.required.atoms()));
                self.required.extend(rows);
            }
            Event::Cleared { account, .. } => {
                self.clients.insert(*account);
            }
            Event::Released { account, .. } => {
                self.clients.remove(account);
            }
            Event::ClosedOut { .. }
            | Event::NoticeGiven { .. }
            | Event::Ported { .. }
            | Event::AuctionOpened { .. }
            | Event::Bid { .. }
            | Event::AuctionEnded { .. } => {}
        }
        let Some(fund) = state.clearing.fund(id) else { return Ok(()) };
        // Who failed since is asked for nothing.
        let failed = |account: &AccountId| {
            fund.members.get(account).is_some_and(|member| member.failed.is_some())
        };
        self.required.retain(|(of, account), _| *of != id || !failed(account));
        let followed = self.required.range((id, AccountId(0))..=(id, AccountId(u32::MAX)));
        let followed = Amount::new(followed.map(|(_, atoms)| atoms).sum()).unwrap_or(Amount::MAX);
        if fund.size == followed {
            return Ok(());
        }
        broken(id, &format!("its size is {}, its events say {followed}", fund.size))
    }

    /// Follows what happens to losses.
    pub(super) fn of_loss(&mut self, event: &loss::Event, state: &State) -> Result<(), Broken> {
        match event {
            loss::Event::LiableSetFixed { set, layers, .. } => {
                for (layer, claims) in layers {
                    let spec = state.domains.layer(*layer).map(|found| &found.spec);
                    let basis = spec.and_then(|spec| spec.source.members()).map(|rule| rule.basis);
                    let gains = spec.is_some_and(|spec| spec.kind == Kind::GainsHaircut)
                        && basis == Some(Basis::SessionGains);
                    // Who lends, or holds shares of a vault, bears by them as everybody.
                    let lent = basis.is_some_and(Basis::is_of_pool);
                    for claim in claims {
                        if !gains && !lent && self.is_client(state, *set, claim.account) {
                            let text = format!("client {} stands in set {set}", claim.account);
                            return broken(ClearingId(0), &text);
                        }
                        self.weights.insert((*set, *layer, claim.account), claim.weight);
                    }
                }
                Ok(())
            }
            loss::Event::LossDetected { loss, set, .. } => {
                self.sets.insert(*loss, *set);
                Ok(())
            }
            loss::Event::DrawPaid { loss, layer, account: Some(account), amount, .. } => {
                self.paid((*loss, *layer), *account, *amount, state.now())
            }
            _ => Ok(()),
        }
    }

    /// Whether `account` is a client in the domain of `set`.
    fn is_client(&self, state: &State, set: LiableSetId, account: AccountId) -> bool {
        let domain = state.losses.domain_of(set);
        let of_domain = self.funds.iter().find(|(_, spec)| spec.domain == domain);
        let fund = of_domain.and_then(|(id, _)| state.clearing.fund(*id));
        self.clients.contains(&account)
            && fund.is_some_and(|fund| fund.clients.contains_key(&account))
    }

    fn paid(
        &mut self,
        (loss, layer): (LossId, LayerId),
        account: AccountId,
        amount: Amount,
        now: Time,
    ) -> Result<(), Broken> {
        let of = |(id, spec): (&ClearingId, &FundSpec)| {
            let terms = spec.assessment.filter(|of| of.layer == layer)?;
            Some((*id, terms))
        };
        let Some((id, terms)) = self.funds.iter().find_map(of) else { return Ok(()) };
        let weight = self.sets.get(&loss).and_then(|set| self.weights.get(&(*set, layer, account)));
        let Some(weight) = weight.copied() else {
            return broken(id, &format!("account {account} pays and is not liable"));
        };
        let paid = self.paid.entry((layer, account)).or_default();
        paid.push((now, loss, amount.atoms()));
        let of_loss = paid.iter().filter(|(_, of, _)| *of == loss).map(|(.., atoms)| atoms);
        let (sum, most) =
            (of_loss.sum::<u128>(), part_of_weight_floor(weight, Some(terms.per_event)));
        if sum > most.atoms() {
            return broken(id, &format!("account {account} paid {sum} for loss {loss} of {most}"));
        }
        let within = paid.iter().filter(|(at, ..)| now.0 - at.0 < terms.window);
        let sum: u128 = within.map(|(.., atoms)| atoms).sum();
        let his = self.weights.iter().filter(|((_, of, who), _)| *of == layer && *who == account);
        let weight = his.map(|(_, weight)| *weight).max().unwrap_or_default();
        let most = part_of_weight_floor(weight, Some(terms.per_window));
        if sum > most.atoms() {
            return broken(id, &format!("account {account} paid {sum} in a window of {most}"));
        }
        Ok(())
    }
}
