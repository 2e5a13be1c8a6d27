//! A small world for tests: names instead of ids, and every command's events checked by the laws.
#![allow(dead_code, reason = "each test uses a part of it")]

pub mod acts;
pub mod bounty;
pub mod clearing;
pub mod collateral;
pub mod cover;
pub mod feeds;
pub mod incentive;
pub mod issuance;
pub mod laws;
pub mod lending;
pub mod liquidity;
pub mod live;
pub mod protection;
pub mod surface;
pub mod venue;

use std::collections::BTreeMap;

use rhodian_core::account::{self, AccountKind};
use rhodian_core::allocation::Rule;
use rhodian_core::control::{self, Parameter};
use rhodian_core::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use rhodian_core::engine::{
    Action, Actor, Engine, Envelope, Outcome, Record, Rejection, State, evolve,
};
use rhodian_core::ids::{
    AccountId, AssetId, DomainId, LayerId, LossId, MarketId, Name, OwnerId, Time,
};
use rhodian_core::invariants::{self, Running};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{self, Loss, ReportedClaim, SetOff};
use rhodian_core::recovery::Bearer;
use rhodian_core::units::Amount;
use rhodian_core::waterfall::{Side, Step};

pub const ASSET: AssetId = AssetId(0);
pub const DOMAIN: DomainId = DomainId(0);

pub fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap()
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A rule over members as most tests want it.
pub fn members(rule: Rule) -> MemberRule {
    let basis = Basis::Reported;
    MemberRule { rule, classes: false, cap_of_weight: None, on_touch: false, basis }
}

/// A layer as most tests want it.
pub fn layer(text: &str, kind: Kind, source: Source) -> LayerSpec {
    LayerSpec {
        name: name(text),
        kind,
        asset: ASSET,
        source,
        caps: Caps::default(),
        attachment: None,
    }
}

#[derive(Clone)]
pub struct World {
    pub engine: Engine,
    /// The same commands without the watch: events must be the same.
    blind: Engine,
    /// Whether every command is checked from three sides; many small cases turn it off.
    pub checked: bool,
    /// What an auditor has: the events, a state built from them, and the running laws.
    audited: State,
    running: Running,
    pub at: Time,
    owners: BTreeMap<String, OwnerId>,
    accounts: BTreeMap<String, AccountId>,
    layers: BTreeMap<String, LayerId>,
    losses: BTreeMap<String, LossId>,
    markets: BTreeMap<String, MarketId>,
    numbers: u64,
    pub records: Vec<Record>,
    /// What was asked, accepted or not.
    pub given: Vec<Envelope>,
    /// What the probes from states on the way met.
    pub met: live::Met,
}

/// A state is probed after every so many commands of a checked world.
const PROBED: usize = 16;

impl World {
    pub fn new(asset: &str, decimals: u8) -> Self {
        let mut world = Self {
            engine: Engine::new(),
            blind: Engine::without_watch(),
            checked: true,
            audited: State::new(true),
            running: Running::default(),
            at: Time(1_000),
            owners: BTreeMap::new(),
            accounts: BTreeMap::new(),
            layers: BTreeMap::new(),
            losses: BTreeMap::new(),
            markets: BTreeMap::new(),
            numbers: 0,
            records: Vec::new(),
            given: Vec::new(),
            met: live::Met::default(),
        };
        world.domain_do(domain::Command::AddAsset { name: name(asset), decimals });
        world.domain_do(domain::Command::OpenDomain { name: name("Majors"), asset: ASSET });
        world
    }

    /// Gives a command; both engines must agree to the last event, the events alone must rebuild
    /// the state, and the laws must hold.
    pub fn give(&mut self, actor: Actor, action: Action) -> Result<Vec<Record>, Rejection> {
        let envelope = Envelope { at: self.at, actor, action };
        self.given.push(envelope.clone());
        if !self.checked {
            return match self.engine.execute(envelope) {
                Outcome::Accepted(records) => Ok(records),
                Outcome::Rejected(_, rejection) => Err(rejection),
            };
        }
        let before = self.engine.state().digest();
        let outcome = self.engine.execute(envelope.clone());
        assert_eq!(outcome, self.blind.execute(envelope.clone()), "the watch changes nothing");
        let (records, result) = match outcome {
            Outcome::Accepted(records) => (records, Ok(())),
            Outcome::Rejected(records, rejection) => (records, Err(rejection)),
        };
        if result.is_err() && records.is_empty() {
            assert_eq!(before, self.engine.state().digest(), "a rejection changes nothing");
        }
        self.check_laws(&records);
        laws::after_command(self.engine.state());
        assert!(self.engine.state().is_watch_right(), "the watch says what a scan says");
        if self.given.len().is_multiple_of(PROBED) {
            self.probe();
        }
        self.records.extend(records.iter().cloned());
        result.map(|()| records)
    }

    /// INV-10 from here on: everybody can leave, and every loss settles.
    pub fn probe(&mut self) -> live::Met {
        let met = live::probe(&self.engine);
        self.met.left += met.left;
        self.met.halts += met.halts;
        self.met.settled += met.settled;
        met
    }

    /// Every law, in both forms: after each event on a state of its own that only sees events.
    fn check_laws(&mut self, records: &[Record]) {
        for event in records.iter().flat_map(|record| &record.events) {
            evolve(&mut self.audited, event);
            laws::says_its_losses(event);
            let running = self.running.after(event, &self.audited);
            running.unwrap_or_else(|broken| panic!("{broken} after {event:?}"));
            invariants::check(&self.audited).unwrap_or_else(|b| panic!("{b} after {event:?}"));
        }
        assert_eq!(self.audited.digest(), self.engine.state().digest(), "events are everything");
    }

    pub fn must(&mut self, action: Action) -> Vec<Record> {
        self.give(Actor::VENUE, action).unwrap_or_else(|rejection| panic!("{rejection}"))
    }

    pub fn account_do(&mut self, command: account::Command) -> Vec<Record> {
        self.must(Action::Account(command))
    }

    pub fn domain_do(&mut self, command: domain::Command) -> Vec<Record> {
        self.must(Action::Domain(command))
    }

    pub fn loss_do(&mut self, command: loss::Command) -> Vec<Record> {
        self.must(Action::Loss(command))
    }

    pub fn tick(&mut self, millis: u64) {
        self.at = self.at.after(millis);
        self.must(Action::Tick);
    }

    pub fn set(&mut self, parameter: Parameter, value: u128) {
        let domain = DOMAIN;
        self.must(Action::Control(control::Command::SetParameter { domain, parameter, value }));
    }

    pub fn next_number(&mut self) -> u64 {
        self.next()
    }

    fn next(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub fn account(&mut self, text: &str, cash: u128) -> AccountId {
        self.account_of(text, text, cash)
    }

    pub fn account_of(&mut self, text: &str, owner: &str, cash: u128) -> AccountId {
        self.account_of_kind(text, owner, AccountKind::Cross, cash)
    }

    pub fn account_of_kind(
        &mut self,
        text: &str,
        owner: &str,
        kind: AccountKind,
        cash: u128,
    ) -> AccountId {
        if !self.owners.contains_key(owner) {
            self.account_do(account::Command::OpenOwner { name: name(owner) });
            let id = OwnerId(u32::try_from(self.owners.len()).unwrap());
            self.owners.insert(owner.into(), id);
        }
        let owner = self.owners[owner];
        self.account_do(account::Command::OpenAccount { name: name(text), owner, kind });
        let account = AccountId(u32::try_from(self.accounts.len()).unwrap());
        self.accounts.insert(text.into(), account);
        self.domain_do(domain::Command::AcceptTerms { domain: DOMAIN, account });
        if cash > 0 {
            self.deposit(text, cash);
        }
        account
    }

    /// An account that did not accept the terms.
    pub fn stranger(&mut self, text: &str, cash: u128) -> AccountId {
        self.account_do(account::Command::OpenOwner { name: name(text) });
        let owner = OwnerId(u32::try_from(self.owners.len()).unwrap());
        self.owners.insert(text.into(), owner);
        let kind = AccountKind::Cross;
        self.account_do(account::Command::OpenAccount { name: name(text), owner, kind });
        let account = AccountId(u32::try_from(self.accounts.len()).unwrap());
        self.accounts.insert(text.into(), account);
        self.deposit(text, cash);
        account
    }

    pub fn deposit(&mut self, text: &str, cash: u128) {
        let (account, number) = (self.id(text), self.next());
        let amount = amount(cash);
        self.account_do(account::Command::Deposit { account, number, asset: ASSET, amount });
    }

    pub fn withdraw(&mut self, text: &str, cash: u128) -> Result<Vec<Record>, Rejection> {
        let (account, number) = (self.id(text), self.next());
        let amount = amount(cash);
        let command = account::Command::Withdraw { account, number, asset: ASSET, amount };
        self.give(Actor::VENUE, Action::Account(command))
    }

    pub fn result(&mut self, loser: &str, winner: &str, atoms: u128) {
        let (loser, winner, number) = (self.id(loser), self.id(winner), self.next());
        let (domain, amount) = (DOMAIN, amount(atoms));
        self.account_do(account::Command::SettleResult { domain, number, loser, winner, amount });
    }

    pub fn id(&self, text: &str) -> AccountId {
        self.accounts[text]
    }

    pub fn knows(&self, text: &str) -> bool {
        self.accounts.contains_key(text)
    }

    pub fn layer_id(&self, text: &str) -> LayerId {
        self.layers[text]
    }

    pub fn loss_id(&self, text: &str) -> LossId {
        self.losses[text]
    }

    pub fn add(&mut self, spec: LayerSpec) -> LayerId {
        let text = spec.name.as_str().to_owned();
        self.domain_do(domain::Command::AddLayer { spec: Box::new(spec) });
        let id = LayerId(u32::try_from(self.layers.len()).unwrap());
        self.layers.insert(text, id);
        id
    }

    pub fn fund(&mut self, text: &str, atoms: u128, per_episode: Option<u128>) {
        let mut spec = layer(text, Kind::InsuranceFund, Source::Pot);
        spec.caps.per_episode = per_episode.map(amount);
        self.add(spec);
        self.pay_into(text, atoms);
    }

    pub fn pay_into(&mut self, text: &str, atoms: u128) {
        let (layer, number) = (self.layers[text], self.next());
        if atoms > 0 {
            let amount = amount(atoms);
            self.domain_do(domain::Command::PayIntoLayer { layer, number, amount });
        }
    }

    pub fn tranche(&mut self, text: &str) {
        self.add(layer(text, Kind::Tranche, Source::Pot));
    }

    pub fn gains(&mut self, text: &str, per_episode: Option<u128>) {
        let source = Source::Members(members(Rule::Proportional));
        let mut spec = layer(text, Kind::GainsHaircut, source);
        spec.caps.per_episode = per_episode.map(amount);
        self.add(spec);
    }

    pub fn waterfall(&mut self, layers: &[&str]) {
        let steps = layers.iter().map(|text| self.step(&[(text, 1)])).collect();
        self.waterfall_of(CauseClass::Default, steps);
    }

    pub fn step(&self, sides: &[(&str, u32)]) -> Step {
        let layers =
            sides.iter().map(|(text, weight)| Side { layer: self.layers[*text], weight: *weight });
        Step { layers: layers.collect() }
    }

    pub fn waterfall_of(&mut self, class: CauseClass, steps: Vec<Step>) {
        self.domain_do(domain::Command::SetWaterfall { domain: DOMAIN, class, steps });
    }

    pub fn stake(&mut self, account: &str, layer: &str, atoms: u128) {
        let (account, layer, number) = (self.id(account), self.layers[layer], self.next());
        let amount = amount(atoms);
        self.domain_do(domain::Command::Stake { layer, account, number, amount });
    }

    pub fn claim(&mut self, layer: &str, account: &str, weight: u128, cap: u128) {
        let claim = ReportedClaim {
            account: self.id(account),
            weight: amount(weight),
            cap: amount(cap),
            score: 0,
            risk: 1_000_000,
            class: 0,
        };
        self.basis(layer, vec![claim]);
    }

    pub fn basis(&mut self, layer: &str, claims: Vec<ReportedClaim>) {
        let (layer, number) = (self.layers[layer], self.next());
        self.loss_do(loss::Command::ReportBasis { layer, number, claims });
    }

    pub fn report(&mut self, text: &str, atoms: u128) {
        self.try_report(text, CauseClass::Default, atoms, None, 0, &[]).unwrap();
    }

    pub fn report_failed(
        &mut self,
        text: &str,
        atoms: u128,
        failed: &str,
        margin: u128,
        set_off: &[(&str, u128)],
    ) {
        self.try_report(text, CauseClass::Default, atoms, Some(failed), margin, set_off).unwrap();
    }

    pub fn try_report(
        &mut self,
        text: &str,
        class: CauseClass,
        atoms: u128,
        failed: Option<&str>,
        margin: u128,
        set_off: &[(&str, u128)],
    ) -> Result<Vec<Record>, Rejection> {
        let known = self.engine.state().losses.losses().count() as u64 + 1_000;
        let number = self.losses.get(text).map_or(known, |id| u64::from(id.0) + 1_000);
        let set_off = set_off
            .iter()
            .map(|(account, up_to)| SetOff { account: self.id(account), up_to: amount(*up_to) });
        let command = loss::Command::ReportLoss(Box::new(loss::LossReport {
            domain: DOMAIN,
            number,
            class,
            cause: name("market move"),
            evidence: [7; 32],
            amount: amount(atoms),
            failed: failed.map(|text| self.id(text)),
            margin: amount(margin),
            set_off: set_off.collect(),
        }));
        let losses = self.engine.state().losses.losses().count();
        let id = LossId(u32::try_from(losses).unwrap());
        let result = self.give(Actor::VENUE, Action::Loss(command));
        if result.is_ok() {
            self.losses.insert(text.into(), id);
        }
        result
    }

    /// A loss of another class with a call that stays pending keeps the episode open.
    pub fn hold_episode_open(&mut self) {
        let source = Source::Proceeds { deadline: 3_600_000 };
        let mut spec = layer("auction", Kind::Treasury, source);
        spec.caps.per_event = Some(amount(1));
        self.add(spec);
        self.waterfall_of(CauseClass::PriceError, vec![self.step(&[("auction", 1)])]);
        self.set(Parameter::ChallengeTime, 0);
        self.try_report("held", CauseClass::PriceError, 1, None, 0, &[]).unwrap();
        let loss = self.losses["held"];
        let approver = Actor { id: 1, ..Actor::VENUE };
        self.give(approver, Action::Loss(loss::Command::ApproveLoss { loss })).unwrap();
        assert_eq!(self.loss("held").stage, loss::Stage::Absorbing);
    }

    pub fn recover(&mut self, text: &str, atoms: u128) {
        let (loss, number) = (self.losses[text], self.next());
        self.loss_do(loss::Command::Recover { loss, number, amount: amount(atoms) });
    }

    pub fn income(&mut self, text: &str, atoms: u128) {
        let (layer, number) = (self.layers[text], self.next());
        self.loss_do(loss::Command::FundIncome { layer, number, amount: amount(atoms) });
    }

    pub fn loss(&self, text: &str) -> &Loss {
        self.engine.state().losses.loss(self.losses[text]).unwrap()
    }

    pub fn received(&self, text: &str, layer: &str) -> u128 {
        self.loss(text).received_from(self.layers[layer]).atoms()
    }

    pub fn balance(&self, holder: Holder) -> i128 {
        self.engine.state().ledger.balance(ASSET, holder).atoms()
    }

    pub fn cash(&self, text: &str) -> i128 {
        self.balance(Holder::Account(self.id(text)))
    }

    pub fn pot(&self, text: &str) -> i128 {
        self.balance(Holder::Layer(self.layers[text]))
    }

    pub fn uncovered(&self) -> i128 {
        self.balance(Holder::Uncovered(DOMAIN))
    }

    pub fn free(&self, text: &str) -> u128 {
        self.engine.state().free(self.id(text), ASSET).atoms()
    }

    pub fn lien(&self, text: &str) -> u128 {
        self.engine.state().lien(self.id(text), ASSET).atoms()
    }

    /// What members bore of a loss, by name, those who bore nothing left out.
    pub fn check_paid(&self, text: &str, expected: &[(&str, u128)]) {
        let mut paid = BTreeMap::new();
        for pool in &self.loss(text).pools {
            if let Bearer::Members { rows, layer } = &pool.bearer
                && self.layers.get("gains") == Some(layer)
            {
                paid.extend(rows.iter().map(|row| (row.account, row.borne.atoms())));
            }
        }
        let expected: BTreeMap<_, _> =
            expected.iter().map(|(text, atoms)| (self.id(text), *atoms)).collect();
        assert_eq!(paid, expected, "{text}");
    }
}
