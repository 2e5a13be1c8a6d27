//! The engine: areas nested into one state, one command, one event; `decide`, `evolve`, `duty`,
//! and a small machine that runs them.
//!
//! `decide` makes every check and changes nothing; `evolve` cannot fail. Work that follows a
//! command is a duty: an internal command that `duty` names in a canonical order. Every command
//! acts at the state's clock; the clock moves by a command of its own, `Tick`, so that what is due
//! by then is done before anything else.

mod ahead;
mod health;
mod machine;
mod message;
mod of_loss;
mod purse;
mod quiet;
mod ranks;
mod ready;
mod standing;
mod state;
mod touched;
mod watch;

pub use machine::{Engine, Outcome, Record, STEP_LIMIT};
pub use message::{Action, Actor, Envelope, Event, Events, Rejection, Role};
pub use purse::Purse;
pub(crate) use standing::Parts;
pub use state::State;
pub use watch::Watch;

use crate::control::Status;
use crate::ids::DomainId;
use crate::pools::{clearing, cover, lending, liquidity, protection};
use crate::{
    account, closeout, collateral, control, domain, incentive, issuance, loss, market, oracle,
};

/// The version of the rules: raised with every change after which the same commands may make other
/// events, or a state has other bytes. A journal keeps it with every batch and snapshot, so that
/// an audit knows who decided, and no snapshot is read for what it is not.
pub const RULES_VERSION: u16 = 1;

/// Checks `envelope` against `state` and says what would happen. Nothing changes; on a rejection
/// whatever was pushed is to be dropped.
///
/// # Errors
///
/// The first rule the command breaks, in the order of the rejections' declarations.
pub fn decide(state: &State, envelope: &Envelope, events: &mut Events) -> Result<(), Rejection> {
    let (at, now) = (envelope.at, state.now());
    if at < now {
        return Err(Rejection::TimeBefore { at, now });
    }
    let role = envelope.actor.role;
    if !may(role, &envelope.action) {
        return Err(Rejection::NotForActor { role });
    }
    if envelope.action == Action::Tick {
        events.push(Event::TimePassed { at });
        return Ok(());
    }
    if at != now {
        return Err(Rejection::ClockBehind { at, now });
    }
    accepted(state, &envelope.action)?;
    match &envelope.action {
        Action::Account(command) => {
            account::decide(state, envelope, command, events).map_err(Rejection::Account)
        }
        Action::Domain(command) => {
            domain::decide(state, envelope, command, events).map_err(Rejection::Domain)
        }
        Action::Loss(command) => {
            loss::decide(state, envelope, command, events).map_err(Rejection::Loss)
        }
        Action::Control(command) => {
            control::decide(state, envelope, command, events).map_err(Rejection::Control)
        }
        Action::Market(command) => {
            market::decide(state, envelope, command, events).map_err(Rejection::Market)
        }
        Action::CloseOut(command) => {
            closeout::decide(state, envelope, command, events).map_err(Rejection::CloseOut)
        }
        Action::Oracle(command) => {
            oracle::decide(state, envelope, command, events).map_err(Rejection::Oracle)
        }
        Action::Collateral(command) => {
            collateral::decide(state, envelope, command, events).map_err(Rejection::Collateral)
        }
        Action::Lending(command) => {
            lending::decide(state, envelope, command, events).map_err(Rejection::Lending)
        }
        Action::Cover(command) => {
            cover::decide(state, envelope, command, events).map_err(Rejection::Cover)
        }
        Action::Liquidity(command) => {
            liquidity::decide(state, envelope, command, events).map_err(Rejection::Liquidity)
        }
        Action::Clearing(command) => {
            clearing::decide(state, envelope, command, events).map_err(Rejection::Clearing)
        }
        Action::Protection(command) => {
            protection::decide(state, envelope, command, events).map_err(Rejection::Protection)
        }
        Action::Issuance(command) => {
            issuance::decide(state, envelope, command, events).map_err(Rejection::Issuance)
        }
        Action::Incentive(command) => {
            incentive::decide(state, command, events).map_err(Rejection::Incentive)
        }
        duty => decide_duty(state, duty, events),
    }
}

/// Checks what the engine gives itself.
fn decide_duty(state: &State, action: &Action, events: &mut Events) -> Result<(), Rejection> {
    match action {
        Action::MarketDuty(duty) => {
            market::decide_duty(state, duty, events).map_err(Rejection::Market)
        }
        Action::CloseOutDuty(duty) => {
            closeout::decide_duty(state, duty, events).map_err(Rejection::CloseOut)
        }
        Action::CollateralDuty(duty) => {
            collateral::decide_duty(state, duty, events).map_err(Rejection::Collateral)
        }
        Action::LendingDuty(duty) => {
            lending::decide_duty(state, duty, events).map_err(Rejection::Lending)
        }
        Action::CoverDuty(duty) => {
            cover::decide_duty(state, duty, events).map_err(Rejection::Cover)
        }
        Action::LiquidityDuty(duty) => {
            liquidity::decide_duty(state, duty, events).map_err(Rejection::Liquidity)
        }
        Action::ClearingDuty(duty) => {
            clearing::decide_duty(state, duty, events).map_err(Rejection::Clearing)
        }
        Action::ProtectionDuty(duty) => {
            protection::decide_duty(state, duty, events).map_err(Rejection::Protection)
        }
        Action::IssuanceDuty(duty) => {
            issuance::decide_duty(state, duty, events).map_err(Rejection::Issuance)
        }
        Action::IncentiveDuty(duty) => {
            incentive::decide_duty(state, duty, events).map_err(Rejection::Incentive)
        }
        Action::DomainDuty(duty) => {
            domain::decide_duty(state, duty, events).map_err(Rejection::Domain)
        }
        Action::Duty(duty) => loss::decide_duty(state, duty, events).map_err(Rejection::Loss),
        Action::OracleDuty(duty) => {
            oracle::decide_duty(state, duty, events).map_err(Rejection::Oracle)
        }
        // Commands are decided above, and time passes before.
        Action::Account(_)
        | Action::Domain(_)
        | Action::Loss(_)
        | Action::Control(_)
        | Action::Market(_)
        | Action::CloseOut(_)
        | Action::Oracle(_)
        | Action::Collateral(_)
        | Action::Lending(_)
        | Action::Cover(_)
        | Action::Liquidity(_)
        | Action::Clearing(_)
        | Action::Protection(_)
        | Action::Issuance(_)
        | Action::Incentive(_)
        | Action::Tick => Ok(()),
    }
}

/// Who may give `action`: the engine its duties and the clock; an owner what concerns accounts of
/// his own; a guardian a status, which he may only tighten; a source of the oracle its reports;
/// venue and governance everything but duties and the reports of sources. A door asks the same
/// before it takes a command; [`decide`] asks again.
#[must_use]
pub const fn may(role: Role, action: &Action) -> bool {
    use account::Command as A;
    use cover::Command as C;
    use domain::Command as D;
    use issuance::Command as I;
    match role {
        Role::Engine => is_duty(action) || matches!(action, Action::Tick),
        Role::Venue | Role::Governance => !is_duty(action) && !is_report(action),
        Role::Source => is_report(action),
        Role::Owner => {
            matches!(
                action,
                Action::Account(A::Withdraw { .. } | A::Transfer { .. })
                    | Action::Domain(
                        D::AcceptTerms { .. }
                            | D::Stake { .. }
                            | D::Unstake { .. }
                            | D::TakeReward { .. }
                    )
                    | Action::Loss(
                        loss::Command::PayDraw { account: Some(_), .. }
                            | loss::Command::GiveNotice { .. }
                            | loss::Command::Challenge { .. }
                    )
                    | Action::CloseOut(closeout::Command::Bid { .. })
                    | Action::Cover(C::Buy { .. } | C::Vote { .. } | C::Trigger { .. })
                    | Action::Clearing(
                        clearing::Command::Join { .. }
                            | clearing::Command::Leave { .. }
                            | clearing::Command::Bid { .. }
                    )
                    | Action::Collateral(collateral::Command::Convert { .. })
                    | Action::Issuance(I::Take { .. } | I::SellBack { .. })
            ) || matches!(action, Action::Lending(command) if command.pool().is_some())
                || matches!(action, Action::Liquidity(command) if command.vault().is_some())
        }
        Role::Guardian => matches!(action, Action::Control(control::Command::SetStatus { .. })),
    }
}

/// Whether `action` is the engine's own.
const fn is_duty(action: &Action) -> bool {
    matches!(
        action,
        Action::Duty(_)
            | Action::CloseOutDuty(_)
            | Action::MarketDuty(_)
            | Action::OracleDuty(_)
            | Action::CollateralDuty(_)
            | Action::LendingDuty(_)
            | Action::DomainDuty(_)
            | Action::CoverDuty(_)
            | Action::LiquidityDuty(_)
            | Action::ClearingDuty(_)
            | Action::ProtectionDuty(_)
            | Action::IssuanceDuty(_)
            | Action::IncentiveDuty(_)
    )
}

/// Whether `action` is what a source says: nobody else may say it.
const fn is_report(action: &Action) -> bool {
    matches!(action, Action::Oracle(oracle::Command::Report { .. }))
}

/// The furthest the venue and the domain may be down the status ladder for `action`, and whether
/// it can widen risk: such a command waits until no duty is due.
const fn needs(action: &Action) -> (Status, bool) {
    use account::Command as A;
    use domain::Command as D;
    match action {
        // Bonds leave an account, too: they are out of reach while a halt or a settlement lasts.
        Action::Account(A::Withdraw { .. })
        | Action::Domain(D::Unstake { .. } | D::TakeReward { .. })
        | Action::Loss(loss::Command::GiveNotice { .. } | loss::Command::Challenge { .. }) => {
            (Status::WithdrawOnly, true)
        }
        Action::Account(A::Transfer { .. } | A::SettleResult { .. })
        | Action::Domain(D::Stake { .. }) => (Status::ReduceOnly, true),
        Action::Account(A::OpenOwner { .. } | A::OpenAccount { .. } | A::Deposit { .. })
        | Action::Domain(D::AcceptTerms { .. })
        | Action::Clearing(clearing::Command::Join { .. }) => (Status::ReduceOnly, false),
        Action::Market(market::Command::Fill { .. })
        | Action::CloseOut(closeout::Command::Bid { .. }) => (Status::ReduceOnly, true),
        Action::Lending(command) => of_lending(command),
        Action::Liquidity(liquidity::Command::Enter { .. }) => (Status::ReduceOnly, true),
        Action::Liquidity(liquidity::Command::Leave { .. }) => (Status::WithdrawOnly, false),
        // Who buys pays, and puts risk on those who stand behind him.
        Action::Cover(cover::Command::Buy { .. })
        | Action::Protection(protection::Command::Protect { .. }) => (Status::Open, true),
        // The buyer's money leaves his account: not before what is due could hold it.
        Action::Collateral(
            collateral::Command::Sell { buyer: Some(_), .. } | collateral::Command::Convert { .. },
        ) => (Status::Settling, true),
        // So does who takes tokens; what a fund spends is not there for a loss any more.
        Action::Issuance(issuance::Command::Take { .. }) => (Status::Settling, true),
        Action::Issuance(issuance::Command::SellBack { .. })
        | Action::Incentive(incentive::Command::TakeOut { .. }) => (Status::ReduceOnly, true),
        Action::Domain(_)
        | Action::Loss(_)
        | Action::Control(_)
        | Action::Market(_)
        | Action::CloseOut(_)
        | Action::Oracle(_)
        | Action::Collateral(_)
        | Action::Cover(_)
        | Action::Liquidity(_)
        | Action::Clearing(_)
        | Action::Protection(_)
        | Action::Issuance(_)
        | Action::Incentive(_) => (Status::Settling, false),
        // What is due is done, and time passes, whatever the status.
        Action::Duty(_)
        | Action::CloseOutDuty(_)
        | Action::MarketDuty(_)
        | Action::OracleDuty(_)
        | Action::CollateralDuty(_)
        | Action::LendingDuty(_)
        | Action::DomainDuty(_)
        | Action::CoverDuty(_)
        | Action::LiquidityDuty(_)
        | Action::ClearingDuty(_)
        | Action::ProtectionDuty(_)
        | Action::IssuanceDuty(_)
        | Action::IncentiveDuty(_)
        | Action::Tick => (Status::Closed, false),
    }
}

/// The same for lending pools: what takes money out or risk on waits for duties.
const fn of_lending(command: &lending::Command) -> (Status, bool) {
    use lending::Command as L;
    match command {
        L::Open { .. } => (Status::Settling, false),
        L::Borrow { .. } => (Status::Open, true),
        L::Supply { .. } => (Status::ReduceOnly, true),
        L::Redeem { .. } | L::Release { .. } => (Status::WithdrawOnly, true),
        L::Pledge { .. } | L::Repay { .. } | L::Liquidate { .. } => (Status::Settling, true),
    }
}

/// The domain whose status counts, where `action` is about one.
fn domain_of(state: &State, action: &Action) -> Option<DomainId> {
    match *action {
        Action::CloseOut(closeout::Command::Bid { from, .. }) => {
            let legs = match from {
                market::Party::Account(account) => &state.markets.position(account).legs,
                market::Party::Book(loss) => state.markets.book(loss),
            };
            let first = legs.first().and_then(|leg| state.markets.market(leg.market));
            first.map(|found| found.spec.domain)
        }
        Action::Market(market::Command::Fill { market, .. }) => {
            state.markets.market(market).map(|found| found.spec.domain)
        }
        Action::Account(account::Command::SettleResult { domain, .. })
        | Action::Domain(domain::Command::AcceptTerms { domain, .. })
        | Action::Loss(
            loss::Command::DeclareDefault { domain, .. } | loss::Command::GiveNotice { domain, .. },
        ) => Some(domain),
        Action::Loss(loss::Command::ReportLoss(ref report)) => Some(report.domain),
        Action::Loss(loss::Command::Challenge { loss, .. }) => {
            state.losses.loss(loss).map(|found| found.domain)
        }
        Action::Cover(ref command) => state.domain_of_cover(command),
        Action::Clearing(ref command) => state.domain_of_clearing(command),
        Action::Protection(ref command) => state.domain_of_protection(command),
        Action::Issuance(ref command) => state.domain_of_issuance(command),
        Action::Incentive(ref command) => state.domain_of_incentive(command),
        Action::Lending(ref command) => {
            let pool = command.pool().and_then(|pool| state.lending.pool(pool));
            pool.map(|pool| pool.spec.domain)
        }
        Action::Liquidity(ref command) => {
            let vault = command.vault().and_then(|vault| state.vaults.vault(vault));
            vault.map(|vault| vault.spec.domain)
        }
        _ => None,
    }
}

/// Whether `action` lets an account take out what is free.
const fn leaves(action: &Action) -> bool {
    matches!(
        action,
        Action::Account(account::Command::Withdraw { .. })
            | Action::Domain(domain::Command::Unstake { .. } | domain::Command::TakeReward { .. })
            | Action::Lending(lending::Command::Redeem { .. } | lending::Command::Release { .. })
            | Action::Liquidity(liquidity::Command::Leave { .. })
    )
}

fn accepted(state: &State, action: &Action) -> Result<(), Rejection> {
    let (furthest, widens) = needs(action);
    let status = match domain_of(state, action) {
        Some(domain) => state.control.domain_status(domain),
        None => state.control.venue_status(),
    };
    // What is free may leave in every status but Halted: in settlement, what the ranks left.
    if status > furthest && !(leaves(action) && status > Status::Halted) {
        return Err(Rejection::Status { status, furthest });
    }
    if widens && duty(state).is_some() {
        return Err(Rejection::DutiesDue);
    }
    Ok(())
}

/// Applies `event`. It cannot fail.
pub fn evolve(state: &mut State, event: &Event) {
    state.evolve(event);
}

/// The next internal command, if one is due: the same with or without the watch. What lacks prices
/// goes down the status ladder before anything is detected or absorbed.
#[must_use]
pub fn duty(state: &State) -> Option<Envelope> {
    next_duty(state, &mut Events::new()).map(|(envelope, _)| envelope)
}

/// The next internal command, and whether `events` hold what it does: finding some takes all that
/// deciding them does.
#[inline]
fn next_duty(state: &State, events: &mut Events) -> Option<(Envelope, bool)> {
    if state.is_quiet() { None } else { due(state, events) }
}

/// What is due, found anew. Apart, since most commands know that nothing is.
#[inline(never)]
fn due(state: &State, events: &mut Events) -> Option<(Envelope, bool)> {
    let of_oracle = || oracle::duty(state).map(Action::OracleDuty);
    let of_marks = || market::strayed(state).map(Action::MarketDuty);
    let of_loss = || loss::duty(state).map(Action::Duty);
    let of_domains = || domain::duty(state).map(Action::DomainDuty);
    let of_pools = || {
        let lent = lending::duty(state).map(Action::LendingDuty);
        let covered = || cover::duty(state).map(Action::CoverDuty);
        let left = || liquidity::duty(state).map(Action::LiquidityDuty);
        let cleared = || clearing::duty(state).map(Action::ClearingDuty);
        let protected = || protection::duty(state).map(Action::ProtectionDuty);
        let issued = || issuance::duty(state).map(Action::IssuanceDuty);
        let pooled = lent.or_else(covered).or_else(left).or_else(cleared);
        pooled.or_else(protected).or_else(issued)
    };
    let of_incentives = || incentive::duty(state).map(Action::IncentiveDuty);
    let of_markets = || market::duty(state).map(Action::MarketDuty);
    let of_collateral = || collateral::duty(state).map(Action::CollateralDuty);
    let mut decided = false;
    let of_close_out = || {
        let (duty, found) = closeout::next_duty(state, events)?;
        decided = found;
        Some(Action::CloseOutDuty(duty))
    };
    let first = of_oracle().or_else(of_marks).or_else(of_loss).or_else(of_pools);
    let first = first.or_else(of_close_out);
    let last = || of_domains().or_else(of_incentives);
    let action = first.or_else(of_markets).or_else(of_collateral).or_else(last)?;
    Some((Envelope { at: state.now(), actor: Actor::ENGINE, action }, decided))
}
