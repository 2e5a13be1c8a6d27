//! INV-10 on traces: from states that a trace reaches, what could come of them. Each probe works
//! on a copy of the engine.

use rhodian_core::account;
use rhodian_core::control::{self, Parameter, Status};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome, Role, State};
use rhodian_core::ids::{AssetId, LossId, Time};
use rhodian_core::invariants;
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{Loss, Stage};

use super::name;

const LADDER: [Status; 6] = [
    Status::Open,
    Status::ReduceOnly,
    Status::WithdrawOnly,
    Status::Halted,
    Status::Settling,
    Status::Closed,
];

/// What a probe met: a test must see that it met something.
#[derive(Clone, Copy, Debug, Default)]
pub struct Met {
    /// Withdrawals of free equity that went through.
    pub left: u32,
    /// Halts that were waited out.
    pub halts: u32,
    /// Open losses that were run out.
    pub settled: u32,
}

/// From here, in each status, whoever has free equity gets it; and every open loss settles.
pub fn probe(engine: &Engine) -> Met {
    let mut met = Met::default();
    for status in LADDER {
        let mut fork = engine.clone();
        let now = fork.state().now();
        // One that stands already keeps the length it began with.
        let most = match fork.state().control.venue_status() {
            Status::Halted => u64::try_from(Parameter::HaltLength.declared().max).unwrap(),
            _ => longest(fork.state()),
        };
        if !reach(&mut fork, status) {
            continue;
        }
        if status == Status::Halted {
            let until = fork.state().control.halted_until(None).expect("a halt has an end");
            assert!(until <= now.after(most), "a halt from {now} until {until}");
            nobody_leaves(&fork);
            // A millisecond before, the venue is halted still; then it is not.
            tick(&mut fork, Time(until.0 - 1));
            nobody_leaves(&fork);
            tick(&mut fork, until);
            assert_eq!(fork.state().control.venue_status(), Status::WithdrawOnly);
            met.halts += 1;
        }
        met.left += everybody_leaves(&mut fork);
        invariants::check(fork.state()).unwrap_or_else(|broken| panic!("{broken}"));
    }
    met.settled += every_loss_settles(&mut engine.clone());
    met
}

/// W of the venue: the shortest of the domains' halts.
fn longest(state: &State) -> u64 {
    let lengths = state.domains.domains();
    let lengths = lengths.map(|(id, _)| state.control.millis(id, Parameter::HaltLength));
    let default = u64::try_from(Parameter::HaltLength.declared().default).unwrap();
    lengths.min().unwrap_or(default)
}

fn give(engine: &mut Engine, at: Time, actor: Actor, action: Action) -> Result<(), &'static str> {
    match engine.execute(Envelope { at, actor, action }) {
        Outcome::Accepted(_) => Ok(()),
        Outcome::Rejected(_, rejection) => Err(rejection.code()),
    }
}

fn tick(engine: &mut Engine, at: Time) {
    let at = at.max(engine.state().now());
    give(engine, at, Actor::ENGINE, Action::Tick).unwrap();
}

/// Whether the venue is in `status`, or could be set to it.
fn reach(engine: &mut Engine, status: Status) -> bool {
    let now = engine.state().now();
    let set = |engine: &mut Engine, status| {
        let (domain, cause) = (None, name("probe"));
        let action = control::Command::SetStatus { domain, status, cause };
        give(engine, now, Actor { role: Role::Governance, id: 0 }, Action::Control(action))
    };
    if status == Status::Closed && engine.state().control.venue_status() < Status::Settling {
        let _ = set(engine, Status::Settling);
    }
    engine.state().control.venue_status() == status || set(engine, status).is_ok()
}

/// Free equity, as far as the vault has it: account, owner, next number, asset, amount.
fn free(state: &State) -> Vec<(Actor, account::Command)> {
    let mut asked = Vec::new();
    for (account, found) in state.accounts.accounts() {
        // What is free in a vault's account is its holders'.
        let of_vault = state.vaults.of_account(account).is_some();
        let Some(number) = found.last_number.checked_add(1).filter(|_| !of_vault) else { continue };
        for asset in (0..state.ledger.assets()).filter_map(AssetId::at) {
            let vault = state.ledger.owed(asset, Holder::World);
            let amount = state.free(account, asset).min(vault);
            if !amount.is_zero() {
                let actor = Actor { role: Role::Owner, id: found.owner.0 };
                asked.push((actor, account::Command::Withdraw { account, number, asset, amount }));
            }
        }
    }
    asked
}

fn nobody_leaves(engine: &Engine) {
    for (actor, command) in free(engine.state()) {
        let (mut fork, now) = (engine.clone(), engine.state().now());
        assert_eq!(give(&mut fork, now, actor, Action::Account(command)), Err("status"));
    }
}

/// One after the other, until nothing is free any more: what one takes does not stop the next.
fn everybody_leaves(engine: &mut Engine) -> u32 {
    let mut left = 0;
    while let Some((actor, command)) = free(engine.state()).into_iter().next() {
        let account::Command::Withdraw { asset, amount, .. } = &command else { unreachable!() };
        let (asset, amount) = (*asset, *amount);
        let before = vault(engine.state(), asset);
        let now = engine.state().now();
        let given = give(engine, now, actor, Action::Account(command.clone()));
        assert_eq!(given, Ok(()), "{actor:?} asks for {command:?}");
        let after = vault(engine.state(), asset);
        assert_eq!((before - after).unsigned_abs(), amount.atoms(), "it left");
        left += 1;
        assert!(left < 10_000, "free equity grows while it leaves");
    }
    left
}

fn vault(state: &State, asset: AssetId) -> i128 {
    -state.ledger.balance(asset, Holder::World).atoms()
}

/// A loss on its way: all that waits for time, and not for a second approver.
fn waits_for_time(loss: &Loss) -> bool {
    loss.is_open() || matches!(loss.stage, Stage::Challengeable { .. })
}

/// The longest a loss may take from now: its challenge, the time of its close-out, then one
/// deadline of each layer of its waterfall that has one. A book in a market with a feed may wait as
/// long for its price as the domain waits before it settles at the last good one.
fn bound(state: &State, loss: &Loss) -> u64 {
    let now = state.now().0;
    let challenge = match loss.stage {
        Stage::Challengeable { until } => until.0.saturating_sub(now),
        _ => 0,
    };
    let rules = loss.episode.and_then(|id| state.losses.episode(id)).map(|e| &e.rules.waterfalls);
    let in_force = &state.domains.domain(loss.domain).unwrap().waterfalls;
    // A loss that is not detected yet may join an episode of older rules.
    let of_domain = state.losses.episodes().filter(|(_, e)| !e.closed && e.domain == loss.domain);
    let joinable = of_domain.map(|(_, episode)| &episode.rules.waterfalls);
    let waterfalls = rules.into_iter().chain(joinable).chain([in_force]);
    let deadlines = waterfalls.map(|waterfalls| {
        let found = waterfalls.get(&loss.class).and_then(|id| state.domains.waterfall(*id));
        let sides = found.into_iter().flat_map(|w| &w.steps).flat_map(|step| &step.layers);
        let layers = sides.filter_map(|side| state.domains.layer(side.layer));
        layers.filter_map(|layer| layer.spec.source.deadline()).fold(0, u64::saturating_add)
    });
    let pending = deadlines.max().unwrap_or(0);
    let parts = [challenge, close_out_time(state, loss), pending, outage_time(state, loss)];
    parts.into_iter().fold(0, u64::saturating_add)
}

/// How long a domain may be without a price of settlement quality; nothing where no feed says any.
fn outage_time(state: &State, loss: &Loss) -> u64 {
    let mut markets = state.markets.markets().filter(|(_, of)| of.spec.domain == loss.domain);
    let fed = markets.any(|(_, of)| of.feeds.price.is_some());
    if fed { state.control.millis(loss.domain, Parameter::SettleAfter) } else { 0 }
}

/// How long its book may stay open before the other side takes what is left.
fn close_out_time(state: &State, loss: &Loss) -> u64 {
    state.control.millis(loss.domain, Parameter::CloseOutTime)
}

/// When something that is waited for happens next.
fn next_moment(state: &State) -> Option<Time> {
    let of = |loss: &Loss| match loss.stage {
        Stage::Challengeable { until } => Some(until),
        Stage::Detected => {
            let closed = loss.detected.after(close_out_time(state, loss));
            let outage = state.now().after(outage_time(state, loss));
            Some(if closed > state.now() { closed } else { outage })
        }
        _ => loss.draws.iter().filter(|draw| !draw.closed).filter_map(|draw| draw.deadline).min(),
    };
    let waiting = state.losses.losses().filter(|(_, loss)| waits_for_time(loss));
    waiting.filter_map(|(_, loss)| of(loss)).min()
}

/// Nothing is paid any more and time passes: each loss is settled, or uncovered, by its bound,
/// and no episode stays open.
fn every_loss_settles(engine: &mut Engine) -> u32 {
    let now = engine.state().now();
    let mut losses: Vec<(LossId, Time)> = Vec::new();
    for (id, loss) in engine.state().losses.losses().filter(|(_, loss)| waits_for_time(loss)) {
        losses.push((id, now.after(bound(engine.state(), loss))));
    }
    // Moments that are reached one by one, as a clock that always ticks would.
    while let Some(next) = next_moment(engine.state()) {
        assert!(next > engine.state().now(), "a moment that passed is waited for");
        tick(engine, next);
        for (id, by) in &losses {
            let loss = engine.state().losses.loss(*id).unwrap();
            let late = waits_for_time(loss) && engine.state().now() > *by;
            assert!(!late, "loss {id} is {:?} after {by}", loss.stage);
        }
    }
    for (id, _) in &losses {
        let loss = engine.state().losses.loss(*id).unwrap();
        assert_eq!(loss.stage, Stage::Settled, "loss {id}");
        let by_books = loss.own_means.atoms() + loss.netted.atoms();
        let absorbed = by_books + loss.received().atoms() + loss.uncovered.atoms();
        assert_eq!(loss.close_out.atoms(), absorbed, "loss {id}");
    }
    assert!(engine.state().losses.episodes().all(|(_, episode)| episode.closed));
    invariants::check(engine.state()).unwrap_or_else(|broken| panic!("{broken}"));
    u32::try_from(losses.len()).unwrap()
}
