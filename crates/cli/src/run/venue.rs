//! The venue a loss file describes, as commands: the asset, the domain and its parameters, owners
//! and accounts in byte order of their ids, what they hold, the layers, the waterfall, the claims.

use std::collections::{BTreeSet, HashMap};

use rhodian_core::account::{AccountKind, Command as AccountCommand};
use rhodian_core::control::Command as ControlCommand;
use rhodian_core::domain::{CauseClass, Command as DomainCommand, Source};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{AccountId, DomainId, LayerId, Name, OwnerId};
use rhodian_core::loss::{Command as LossCommand, ReportedClaim, SHARES_PER_EVENT};
use rhodian_core::units::Amount;

use super::driver::Driver;
use super::trail::ASSET;
use crate::diagnostic::Diagnostic;
use crate::loss_file::LossFile;
use crate::loss_file::model::{Layer, Place, RankedPart};

/// The domain of every loss: a file has one.
pub const DOMAIN: DomainId = DomainId(0);

/// The first actor of governance.
const GOVERNANCE: Actor = Actor { role: Role::Governance, id: 0 };

/// An account that a file speaks of.
#[derive(Clone, Copy, Debug, Default)]
struct Holding {
    /// What it holds at the start; more than 10^30 is as good as that.
    held: Amount,
    /// Whether it has claims on a layer or on the domain, and so accepts the terms.
    claims: bool,
}

/// The accounts of a file in byte order of their ids: the place is the dense id.
#[derive(Debug)]
pub struct Roster<'f> {
    ids: Vec<&'f str>,
    dense: HashMap<&'f str, u32>,
    holdings: Vec<Holding>,
    /// The owner of each account, as the place of one of his accounts.
    owners: Vec<u32>,
}

impl<'f> Roster<'f> {
    /// Finds every account of `file`, what it holds and whose it is.
    #[must_use]
    pub fn of(file: &'f LossFile) -> Self {
        let mut ids: Vec<&'f str> = Vec::new();
        for layer in file.layers() {
            ids.extend(claims_of(layer).iter().map(|claim| claim.id.as_str()));
            ids.extend(stakes_of(layer).into_iter().map(|(id, _)| id));
        }
        for loss in file.distinct_losses() {
            ids.extend(loss.failed.as_deref());
            ids.extend(loss.set_off.iter().map(|off| off.account.as_str()));
        }
        ids.extend(ranked_of(file).iter().map(|part| part.account.as_str()));
        ids.sort_unstable();
        ids.dedup();
        let dense: HashMap<&str, u32> = ids.iter().copied().zip(0..).collect();
        let holdings = vec![Holding::default(); ids.len()];
        let owners = (0..).take(ids.len()).collect();
        let mut roster = Self { ids, dense, holdings, owners };
        roster.fund(file);
        roster.join_owners(file);
        roster
    }

    fn fund(&mut self, file: &LossFile) {
        for layer in file.layers() {
            for claim in claims_of(layer) {
                self.holding(&claim.id, claim.cap).claims = true;
            }
            for (id, stake) in stakes_of(layer) {
                self.holding(id, stake);
            }
        }
        for loss in file.distinct_losses() {
            if let Some(failed) = &loss.failed {
                self.holding(failed, loss.margin);
            }
            for off in &loss.set_off {
                self.holding(&off.account, off.amount);
            }
        }
        for part in ranked_of(file) {
            self.holding(&part.account, part.amount).claims = true;
        }
    }

    fn holding(&mut self, id: &str, more: Amount) -> &mut Holding {
        let place = self.place(id);
        let holding = &mut self.holdings[place];
        holding.held = holding.held.checked_add(more).unwrap_or(Amount::MAX);
        holding
    }

    fn place(&self, id: &str) -> usize {
        // Every id that is asked for was gathered before.
        self.dense.get(id).map_or(0, |dense| AccountId(*dense).index())
    }

    /// A failed account and those held for its loss are one owner's.
    fn join_owners(&mut self, file: &LossFile) {
        for loss in file.distinct_losses() {
            let Some(failed) = &loss.failed else { continue };
            for off in &loss.set_off {
                let (a, b) =
                    (self.owners[self.place(failed)], self.owners[self.place(&off.account)]);
                let (low, high) = (a.min(b), a.max(b));
                for owner in self.owners.iter_mut().filter(|owner| **owner == high) {
                    *owner = low;
                }
            }
        }
    }

    /// The dense id of an account that the file speaks of.
    #[must_use]
    pub fn account(&self, id: &str) -> AccountId {
        AccountId(self.dense.get(id).copied().unwrap_or(u32::MAX))
    }

    /// How many accounts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

fn claims_of(layer: &Layer) -> &[crate::loss_file::model::Claim] {
    layer.claims.as_ref().map_or(&[], |claims| &claims.kept)
}

fn ranked_of(file: &LossFile) -> &[RankedPart] {
    file.settlement.as_ref().map_or(&[], |settlement| &settlement.parts)
}

/// Who holds stakes in a layer; where the file names none, one staker with the layer's name.
fn stakes_of(layer: &Layer) -> Vec<(&str, Amount)> {
    if !layer.kind.is_staked() || layer.capacity.is_zero() {
        return Vec::new();
    }
    if layer.stakes.is_empty() {
        return vec![(layer.name.as_str(), layer.capacity)];
    }
    layer.stakes.iter().map(|stake| (stake.account.as_str(), stake.amount)).collect()
}

/// Gives the engine everything that stands before the first loss.
pub(super) fn open(driver: &mut Driver<'_>) -> Result<(), Diagnostic> {
    let file = driver.file;
    let top = Place::default();
    let (name, decimals) = (file.asset.name.clone(), file.asset.decimals);
    driver.must(Actor::VENUE, Action::Domain(DomainCommand::AddAsset { name, decimals }), &top)?;
    let name = file.title.as_deref().and_then(Name::new).unwrap_or(file.asset.name.clone());
    let domain = DomainCommand::OpenDomain { name, asset: ASSET };
    driver.must(Actor::VENUE, Action::Domain(domain), &top)?;
    for term in &file.terms {
        let (parameter, value) = (term.parameter, term.value);
        let set = ControlCommand::SetParameter { domain: DOMAIN, parameter, value };
        driver.must(GOVERNANCE, Action::Control(set), &term.place)?;
    }
    open_accounts(driver)?;
    for (index, layer) in file.layers().enumerate() {
        open_layer(driver, LayerId(u32::try_from(index).unwrap_or(u32::MAX)), layer)?;
    }
    set_waterfalls(driver)
}

fn open_accounts(driver: &mut Driver<'_>) -> Result<(), Diagnostic> {
    let top = Place::default();
    let mut owner_ids: HashMap<u32, OwnerId> = HashMap::new();
    for place in 0..driver.roster.len() {
        let id = driver.roster.ids[place];
        let name = Name::new(id).ok_or_else(|| bad_name(id))?;
        let root = driver.roster.owners[place];
        let next = OwnerId(u32::try_from(owner_ids.len()).unwrap_or(u32::MAX));
        let owner = *owner_ids.entry(root).or_insert(next);
        if owner == next {
            let open = AccountCommand::OpenOwner { name: name.clone() };
            driver.must(Actor::VENUE, Action::Account(open), &top)?;
        }
        let open = AccountCommand::OpenAccount { name, owner, kind: AccountKind::Cross };
        driver.must(Actor::VENUE, Action::Account(open), &top)?;
        let account = AccountId(u32::try_from(place).unwrap_or(u32::MAX));
        let Holding { held: amount, claims } = driver.roster.holdings[place];
        if !amount.is_zero() {
            let deposit = AccountCommand::Deposit { account, number: 1, asset: ASSET, amount };
            driver.must(Actor::VENUE, Action::Account(deposit), &top)?;
        }
        if claims {
            let accept = DomainCommand::AcceptTerms { domain: DOMAIN, account };
            driver.must(Actor::VENUE, Action::Domain(accept), &top)?;
        }
    }
    Ok(())
}

fn bad_name(id: &str) -> Diagnostic {
    let message = format!("{} cannot be the id of an account", crate::terminal::visible(id));
    let help = "give ids of 1 to 64 bytes without control characters.";
    Diagnostic::bad_input("account-bad-id", message, help)
}

fn open_layer(driver: &mut Driver<'_>, id: LayerId, layer: &Layer) -> Result<(), Diagnostic> {
    let add = DomainCommand::AddLayer { spec: Box::new(layer.spec(ASSET)) };
    driver.must(Actor::VENUE, Action::Domain(add), &layer.place)?;
    for (staker, amount) in stakes_of(layer) {
        let account = driver.roster.account(staker);
        let number = driver.next_number(account);
        let stake = DomainCommand::Stake { layer: id, account, number, amount };
        driver.must(Actor::VENUE, Action::Domain(stake), &layer.place)?;
    }
    let pays_in = layer.source == Source::Pot && !layer.kind.is_staked();
    if pays_in && !layer.capacity.is_zero() {
        let amount = layer.capacity;
        let pay = DomainCommand::PayIntoLayer { layer: id, number: 1, amount };
        driver.must(Actor::VENUE, Action::Domain(pay), &layer.place)?;
    }
    let claims = claims_of(layer).iter().map(|claim| ReportedClaim {
        account: driver.roster.account(&claim.id),
        weight: claim.weight,
        cap: claim.cap,
        score: claim.score,
        risk: claim.risk,
        class: claim.class,
    });
    let mut claims: Vec<ReportedClaim> = claims.collect();
    claims.sort_unstable_by_key(|claim| claim.account);
    for (number, chunk) in (1..).zip(claims.chunks(SHARES_PER_EVENT)) {
        let report = LossCommand::ReportBasis { layer: id, number, claims: chunk.to_vec() };
        driver.must(Actor::VENUE, Action::Loss(report), &layer.place)?;
    }
    Ok(())
}

/// The file's steps answer every class of causes that it has a loss of.
fn set_waterfalls(driver: &mut Driver<'_>) -> Result<(), Diagnostic> {
    let file = driver.file;
    let steps = file.waterfall();
    let classes: BTreeSet<CauseClass> = file.losses.iter().map(|loss| loss.class).collect();
    let place = file.steps.first().map_or_else(Place::default, |step| step.place.clone());
    for class in classes {
        let steps = steps.clone();
        let set = DomainCommand::SetWaterfall { domain: DOMAIN, class, steps };
        driver.must(GOVERNANCE, Action::Domain(set), &place)?;
    }
    Ok(())
}
