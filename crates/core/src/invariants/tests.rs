//! Each law is broken once, and both forms see it.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{
    BOOK, BOUNTY, Broken, CAPS, CLEARING, COVER, DIVIDED, INCENTIVE, ISSUANCE, LAWS, LEDGER,
    LENDING, LIQUIDITY, LIVE, MARKETS, ONCE, ORDER, PREMIUM, PROFIT_FIRST, PROTECTION, REPAID,
    Running, SETTLED, STAKES, check,
};
use crate::account::{self, AccountKind};
use crate::allocation::Rule;
use crate::collateral::{self, WeightTier};
use crate::control::{self, Status};
use crate::domain::{self, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use crate::engine::{Action, Actor, Engine, Envelope, Event, Outcome, State, evolve};
use crate::ids::{AccountId, AssetId, DomainId, LayerId, LossId, Name, OwnerId, PoolId, Time};
use crate::ledger::{Holder, Transfer};
use crate::loss::{self, ReportedClaim, Stage};
use crate::pools::lending;
use crate::units::Amount;
use crate::waterfall::{Side, Step};

pub(super) fn amount(atoms: u128) -> Amount {
    Amount::new(atoms).unwrap()
}

pub(super) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(super) const FUND: LayerId = LayerId(0);
pub(super) const TRANCHE: LayerId = LayerId(1);
const PROFIT: LayerId = LayerId(2);
const PRINCIPAL: LayerId = LayerId(3);

fn layers() -> Vec<LayerSpec> {
    let members = MemberRule {
        rule: Rule::Proportional,
        classes: false,
        cap_of_weight: None,
        on_touch: false,
        basis: domain::Basis::Reported,
    };
    let lent = MemberRule { basis: domain::Basis::Supply, ..members };
    let kinds = [
        ("fund", Kind::InsuranceFund, Source::Pot),
        ("tranche", Kind::Tranche, Source::Pot),
        ("profit", Kind::ProviderProfit, Source::Members(members)),
        ("principal", Kind::ProviderPrincipal, Source::Members(members)),
        ("lenders", Kind::LenderSupply, Source::Members(lent)),
    ];
    let specs = kinds.map(|(text, kind, source)| LayerSpec {
        name: name(text),
        kind,
        asset: AssetId(0),
        source,
        caps: Caps::default(),
        attachment: None,
    });
    specs.into()
}

fn claim(account: u32, cap: u128) -> ReportedClaim {
    ReportedClaim {
        account: AccountId(account),
        weight: amount(cap),
        cap: amount(cap),
        score: 0,
        risk: 0,
        class: 0,
    }
}

fn report(number: u64, atoms: u128, failed: Option<AccountId>) -> Action {
    Action::Loss(loss::Command::ReportLoss(Box::new(loss::LossReport {
        domain: DomainId(0),
        number,
        class: CauseClass::Default,
        cause: name("market move"),
        evidence: [0; 32],
        amount: amount(atoms),
        failed,
        margin: amount(0),
        set_off: Vec::new(),
    })))
}

pub(super) fn set_up() -> Vec<Action> {
    let domain = DomainId(0);
    let mut actions = vec![
        Action::Domain(domain::Command::AddAsset { name: name("USD"), decimals: 2 }),
        Action::Domain(domain::Command::OpenDomain { name: name("Majors"), asset: AssetId(0) }),
    ];
    for spec in layers() {
        actions.push(Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) }));
    }
    let sides =
        (0..5).map(|layer| Step { layers: vec![Side { layer: LayerId(layer), weight: 1 }] });
    let (class, steps) = (CauseClass::Default, sides.collect());
    actions.push(Action::Domain(domain::Command::SetWaterfall { domain, class, steps }));
    for (id, text) in (0..3).zip(["alice", "bob", "carol"]) {
        let (account, owner, kind) = (AccountId(id), OwnerId(id), AccountKind::Cross);
        let (asset, number) = (AssetId(0), 1);
        actions.extend([
            Action::Account(account::Command::OpenOwner { name: name(text) }),
            Action::Account(account::Command::OpenAccount { name: name(text), owner, kind }),
            Action::Account(account::Command::Deposit {
                account,
                number,
                asset,
                amount: amount(100),
            }),
            Action::Domain(domain::Command::AcceptTerms { domain, account }),
        ]);
    }
    let (layer, number) = (FUND, 1);
    let account = AccountId(2);
    actions.extend([
        Action::Domain(domain::Command::PayIntoLayer { layer, number, amount: amount(10) }),
        Action::Domain(domain::Command::Stake {
            layer: TRANCHE,
            account,
            number: 2,
            amount: amount(20),
        }),
    ]);
    actions.extend(pool());
    for layer in [PROFIT, PRINCIPAL] {
        let claims = vec![claim(0, 10), claim(1, 30)];
        actions.push(Action::Loss(loss::Command::ReportBasis { layer, number: 1, claims }));
    }
    actions
}

/// A lending pool of the domain, and a lender.
fn pool() -> Vec<Action> {
    let (asset, settled, account) = (AssetId(1), AssetId(0), AccountId(0));
    let spec = collateral::CollateralSpec {
        asset,
        settled,
        num: 1,
        den: 1,
        tiers: vec![WeightTier { above: amount(0), initial: 500_000, maintenance: 600_000 }],
        max_counted: Amount::MAX,
        max_held: Amount::MAX,
        wrong_way: None,
        own_token: false,
        peg: None,
        sale_discount: 0,
    };
    let of = lending::PoolSpec {
        name: name("pool"),
        domain: DomainId(0),
        collateral: vec![asset],
        rates: lending::Rates { at_zero: 0, kink: 1, at_kink: 0, at_full: 0 },
        fee: 0,
        fund: FUND,
        max_supply: amount(1_000),
        max_debt: amount(1_000),
        min_debt: amount(1_000),
        bonus: 0,
        target: 1_000_000,
    };
    let (pool, number) = (PoolId(0), 2);
    vec![
        Action::Domain(domain::Command::AddAsset { name: name("ETH"), decimals: 0 }),
        Action::Collateral(collateral::Command::Accept { spec: Box::new(spec) }),
        Action::Lending(lending::Command::Open { spec: Box::new(of) }),
        Action::Lending(lending::Command::Supply { pool, account, number, amount: amount(20) }),
    ]
}

/// A story with every kind of event the laws read: a takeover, a loss through every step, a
/// recovery.
fn story() -> Vec<Event> {
    let mut actions = set_up();
    let (domain, loser, winner) = (DomainId(0), AccountId(2), AccountId(1));
    actions.extend([
        report(1, 85, None),
        Action::Loss(loss::Command::Recover { loss: LossId(0), number: 1, amount: amount(12) }),
        Action::Account(account::Command::SettleResult {
            domain,
            number: 1,
            loser,
            winner,
            amount: amount(95),
        }),
    ]);
    given(actions)
}

/// What happens when the venue gives `actions`.
pub(super) fn given(actions: Vec<Action>) -> Vec<Event> {
    let mut engine = Engine::new();
    let mut events = Vec::new();
    for action in actions {
        let envelope = Envelope { at: Time(5), actor: Actor::VENUE, action };
        match engine.execute(envelope) {
            Outcome::Accepted(records) => {
                events.extend(records.into_iter().flat_map(|record| record.events));
            }
            Outcome::Rejected(_, rejection) => panic!("{rejection}"),
        }
    }
    events
}

pub(super) fn state_of(events: &[Event]) -> State {
    let mut state = State::new(true);
    for event in events {
        evolve(&mut state, event);
    }
    state
}

/// Feeds `events` to the running laws: the first that breaks.
pub(super) fn run(events: &[Event]) -> Result<(), Broken> {
    run_from(State::new(true), events)
}

fn run_from(mut state: State, events: &[Event]) -> Result<(), Broken> {
    let mut running = Running::default();
    for event in events {
        evolve(&mut state, event);
        running.after(event, &state)?;
    }
    Ok(())
}

#[test]
fn the_story_keeps_every_law() {
    let events = story();
    assert_eq!(run(&events), Ok(()));
    assert_eq!(check(&state_of(&events)), Ok(()));
    let state = state_of(&events);
    assert_eq!(state.losses.losses[0].stage, Stage::Settled);
    assert_eq!(state.losses.losses[0].draws.len(), 4, "every step paid");
    assert!(state.losses.losses[1].taken_over);
}

type Spoil = fn(&mut State);
type Forge = fn(&mut Vec<Event>);

/// For each law, a state that breaks it and a stream of events that does.
fn breaches() -> Vec<(&'static str, Spoil, Forge)> {
    vec![
        (LEDGER, spoil_ledger, |_| {}),
        (
            SETTLED,
            |state| state.losses.losses[0].uncovered = amount(1),
            |events| forge_settled(events),
        ),
        (CAPS, |state| member(state).cap = amount(1), |events| forge_caps(events)),
        (ORDER, |state| state.losses.losses[0].draws.reverse(), forge_order),
        (ONCE, |state| state.losses.numbers.clear(), forge_once),
        (PROFIT_FIRST, spoil_profit, |events| forge_profit(events)),
        (DIVIDED, spoil_divided, forge_divided),
        (REPAID, |state| state.losses.losses[0].pools[0].repaid = amount(999), forge_repaid),
        (LIVE, spoil_live, forge_live),
        (BOOK, spoil_book, forge_book),
        (
            STAKES,
            |s| s.domains.set_stake(TRANCHE, AccountId(1), amount(1)),
            |events| forge_stakes(events),
        ),
        (LENDING, |state| state.lending.pools[0].books.fees = amount(1), forge_lending),
    ]
}

/// A halt with no end is the other way to break the law of liveness.
#[test]
fn both_forms_see_a_halt_without_end() {
    let halt = control::Event::StatusSet {
        domain: None,
        status: Status::Halted,
        cause: name("without an end"),
    };
    let mut events = story();
    events.push(Event::Control(halt));
    assert_eq!(check(&state_of(&events)).map_err(|broken| broken.law), Err(LIVE), "full");
    assert_eq!(run(&events), Ok(()), "an end may still be said");
    events.push(Event::TimePassed { at: Time(6) });
    assert_eq!(run(&events).map_err(|broken| broken.law), Err(LIVE), "running");
    let (domain, until) = (None, Time(7));
    let at = events.len() - 2;
    events.insert(at, Event::Control(control::Event::HaltBegun { domain, until }));
    assert_eq!(run(&events), Ok(()));
    events.push(Event::TimePassed { at: Time(8) });
    assert_eq!(run(&events), Ok(()), "the clock says that it is over");
    events.push(Event::TimePassed { at: Time(9) });
    assert_eq!(run(&events).map_err(|broken| broken.law), Err(LIVE), "it stands all the same");
}

/// A result that pays twice is the other way to break the law of settled losses.
#[test]
fn both_forms_see_a_result_that_pays_twice() {
    let domain = DomainId(0);
    let netted =
        loss::Event::ResultNetted { loss: LossId(0), domain, asset: AssetId(0), amount: amount(1) };
    let mut events = story();
    events.push(Event::Loss(netted));
    assert_eq!(run(&events).map_err(|broken| broken.law), Err(SETTLED), "running");
    let mut state = State::new(true);
    let to_fund = loss::Event::ResultToFund {
        domain,
        layer: LayerId(0),
        asset: AssetId(0),
        amount: amount(1),
    };
    for event in story().iter().chain([&Event::Loss(to_fund)]) {
        evolve(&mut state, event);
    }
    assert_eq!(check(&state).map_err(|broken| broken.law), Err(SETTLED), "full");
}

#[test]
fn both_forms_see_each_law_broken() {
    let breaches = breaches();
    let broken: Vec<&str> = breaches.iter().map(|(law, ..)| *law).collect();
    let apart = [MARKETS, COVER, LIQUIDITY, CLEARING, PROTECTION, ISSUANCE];
    let apart = [&apart[..], &[INCENTIVE, BOUNTY, PREMIUM]].concat();
    let all = LAWS.iter().map(|law| law.id).filter(|id| !apart.contains(id));
    let all: Vec<&str> = all.collect();
    assert_eq!(broken, all, "every law is broken once; those apart in `lots_tests` and so on");
    for (law, spoil, forge) in breaches {
        let mut state = state_of(&story());
        spoil(&mut state);
        assert_eq!(check(&state).map_err(|broken| broken.law), Err(law), "{law}, full");
        let mut events = story();
        forge(&mut events);
        let start = if law == LEDGER { spoilt() } else { State::new(true) };
        assert_eq!(run_from(start, &events).map_err(|b| b.law), Err(law), "{law}, running");
    }
}

fn member(state: &mut State) -> &mut loss::Member {
    &mut state.losses.sets[0].layers.get_mut(&PROFIT).unwrap().members[0]
}

fn one_atom(from: Holder, to: Holder) -> Transfer {
    Transfer { asset: AssetId(0), from, to, amount: amount(1) }
}

/// One atom appears from nowhere.
fn spoil_ledger(state: &mut State) {
    state.ledger.spoil(AssetId(0), Holder::Account(AccountId(0)), amount(1));
}

/// A state whose balances the events do not explain.
fn spoilt() -> State {
    let mut state = State::new(true);
    spoil_ledger(&mut state);
    state
}

fn spoil_profit(state: &mut State) {
    let loss = &mut state.losses.losses[0];
    // Both stay in one step, so that only the order of kinds is wrong.
    let step = loss.draws[2].step;
    loss.draws[3].step = step;
    loss.draws.swap(2, 3);
}

fn spoil_divided(state: &mut State) {
    let to = Holder::Residue(DomainId(0));
    state.ledger.apply(&one_atom(Holder::World, to));
}

fn spoil_live(state: &mut State) {
    // The watch no longer names the loss, so nothing is due for it.
    state.losses.losses[0].stage = Stage::Detected;
}

fn spoil_book(state: &mut State) {
    let to = Holder::Book(LossId(0));
    state.ledger.apply(&one_atom(Holder::World, to));
}

fn position(events: &[Event], wanted: impl Fn(&loss::Event) -> bool) -> usize {
    let found = events.iter().position(|event| matches!(event, Event::Loss(e) if wanted(e)));
    found.expect("the story has it")
}

fn forge_settled(events: &mut [Event]) {
    let at = position(events, |e| matches!(e, loss::Event::LossMeasured { .. }));
    if let Event::Loss(loss::Event::LossMeasured { close_out, .. }) = &mut events[at] {
        *close_out = amount(86);
    }
}

fn forge_caps(events: &mut [Event]) {
    let at = position(events, |e| matches!(e, loss::Event::LiableSetFixed { .. }));
    if let Event::Loss(loss::Event::LiableSetFixed { layers, .. }) = &mut events[at] {
        layers[0].1[1].cap = amount(1);
    }
}

/// The second step is reached while the first could still pay.
fn forge_order(events: &mut Vec<Event>) {
    let reached = |wanted: u16| {
        move |e: &loss::Event| match e {
            loss::Event::StepReached { step, .. } => *step == wanted,
            _ => false,
        }
    };
    let (first, second) = (position(events, reached(1)), position(events, reached(2)));
    events.drain(first + 1..second);
}

fn forge_once(events: &mut Vec<Event>) {
    let at = position(events, |e| matches!(e, loss::Event::DeficitRecognised { .. }));
    events.insert(at, events[at].clone());
}

/// Principal is divided while profit could still pay.
fn forge_profit(events: &mut [Event]) {
    let of_profit = |e: &loss::Event| match e {
        loss::Event::LossDivided { layer, .. } => *layer == PROFIT,
        _ => false,
    };
    let at = position(events, of_profit);
    if let Event::Loss(loss::Event::LossDivided { layer, .. }) = &mut events[at] {
        *layer = PRINCIPAL;
    }
}

fn forge_divided(events: &mut Vec<Event>) {
    let at = position(events, |e| matches!(e, loss::Event::SharesTaken { .. }));
    events.remove(at);
}

fn forge_repaid(events: &mut Vec<Event>) {
    let at = position(events, |e| matches!(e, loss::Event::RecoveryReceived { .. }));
    events.remove(at);
}

fn forge_live(events: &mut Vec<Event>) {
    let at = position(events, |e| matches!(e, loss::Event::LossSettled { .. }));
    events.remove(at);
}

fn forge_book(events: &mut Vec<Event>) {
    let of_book = |e: &loss::Event| matches!(e, loss::Event::LossMeasured { from_book: true, .. });
    let at = position(events, of_book);
    events.remove(at);
}

/// A lender takes out an atom more than he has.
fn forge_lending(events: &mut Vec<Event>) {
    let (pool, account, number, asset) = (PoolId(0), AccountId(0), 3, AssetId(0));
    let bought = |event: &Event| match event {
        Event::Lending(lending::Event::Supplied { shares, .. }) => Some(*shares),
        _ => None,
    };
    let mut supplied = events.iter().enumerate();
    let found = supplied.find_map(|(at, event)| Some((at, bought(event)?)));
    let (at, shares) = found.expect("the story has it");
    let amount = amount(21);
    let taken = lending::Event::Redeemed { pool, account, number, asset, amount, shares };
    events.insert(at + 1, Event::Lending(taken));
}

fn forge_stakes(events: &mut [Event]) {
    let staked = |event: &Event| matches!(event, Event::Domain(domain::Event::Staked { .. }));
    let at = events.iter().position(staked).expect("the story has it");
    if let Event::Domain(domain::Event::Staked { stake, .. }) = &mut events[at] {
        *stake = amount(1);
    }
}
