//! Every check of the area's commands and duties. Nothing changes here.

use super::{
    Command, Duty, Event, Rejection, absorb, bounty, ceded, detect, divide, income, measure, pot,
    ranks, results, touch,
};
use crate::control::{self, Parameter, Status};
use crate::engine::{Envelope, Events, State};
use crate::ids::DomainId;
use crate::ledger::Holder;
use crate::units::Amount;

pub(crate) fn decide(
    state: &State,
    envelope: &Envelope,
    command: &Command,
    events: &mut Events,
) -> Result<(), Rejection> {
    match command {
        Command::ReportBasis { layer, number, claims } => {
            detect::report_basis(state, *layer, *number, claims, events)
        }
        Command::ReportLoss(report) => detect::report_loss(state, envelope, report, events),
        Command::ApproveLoss { loss } => detect::approve(state, envelope, *loss, events),
        Command::DismissLoss { loss } => detect::dismiss(state, envelope, *loss, events),
        Command::DeclareDefault { domain, number, account, cause, set_off } => {
            let found = (cause, set_off.as_slice());
            detect::declare_default(state, *domain, *number, *account, found, events)
        }
        Command::PayDraw { loss, layer, account, number, amount } => {
            if let Some(payer) = account {
                crate::account::owned_by(state, envelope.actor, *payer)?;
            }
            let payment = income::Payment { payer: *account, number: *number, amount: *amount };
            income::pay_draw(state, *loss, *layer, payment, events)
        }
        Command::Recover { loss, number, amount } => {
            income::recover(state, *loss, *number, *amount, events)
        }
        Command::FundIncome { layer, number, amount } => {
            income::fund_income(state, (*layer, *number), *amount, events)
        }
        Command::FundFees { domain, layer, number, amount } => {
            income::fund_fees(state, *domain, (*layer, *number), *amount, events)
        }
        Command::TakeShares { loss } => income::take_shares(state, *loss, events),
        Command::SettleRanks { domain, claims } => ranks::settle(state, *domain, claims, events),
        Command::SetBounty { domain, terms } => bounty::set(state, *domain, *terms, events),
        Command::GiveNotice { domain, account, number, evidence } => {
            let of = (*account, *number);
            bounty::give_notice(state, envelope.actor, *domain, of, *evidence, events)
        }
        Command::Challenge { loss, account, number, evidence } => {
            let of = (*account, *number);
            bounty::challenge(state, envelope.actor, *loss, of, *evidence, events)
        }
    }
}

pub(crate) fn decide_duty(
    state: &State,
    duty: &Duty,
    events: &mut Events,
) -> Result<(), Rejection> {
    match *duty {
        Duty::DetectNegative { account, domain } => {
            detect::detect_negative(state, account, domain, events)
        }
        Duty::Detect { loss } => detect::detect(state, loss, events),
        Duty::TakeOver { loss } => measure::take_over(state, loss, events),
        Duty::TakeOwnMeans { loss } => measure::take_own_means(state, loss, events),
        Duty::Recognise { loss } => measure::recognise(state, loss, events),
        Duty::PlanRound { loss } => absorb::plan_round(state, loss, events),
        Duty::DrawPot { loss, layer } => pot::draw(state, loss, layer, events),
        Duty::Divide { loss, layer } => divide::divide(state, loss, layer, events),
        Duty::CloseDraw { loss, layer } => absorb::close_draw(state, loss, layer, events),
        Duty::Settle { loss } => absorb::settle(state, loss, events),
        Duty::CloseEpisode { episode } => absorb::close_episode(state, episode, events),
        Duty::EnterSettlement { domain } => enter_settlement(state, domain, events),
        Duty::BookResidue { set, layer } => touch::book_residue(state, set, layer, events),
        Duty::TakeWaiting { set, layer } => touch::take_waiting(state, set, layer, events),
        Duty::RepayFromResults { loss } => results::repay(state, loss, events),
        Duty::ResultsToFund { domain } => results::to_fund(state, domain, events),
        Duty::PayFromCeded { loss } => ceded::pay(state, loss, events),
        Duty::Expire { loss } => detect::expire(state, loss, events),
        Duty::SettleNotice { domain, evidence } => {
            bounty::settle_notice(state, (domain, evidence), events)
        }
        Duty::SettleChallenge { loss } => bounty::settle_challenge(state, loss, events),
        Duty::EndHalt { domain } => {
            if control::end_halt(state, domain, events) {
                Ok(())
            } else {
                Err(Rejection::NotDue)
            }
        }
    }
}

/// The uncovered debt that moves `domain` to settlement, if it does now: it is above the
/// threshold, or a part of it stands longer than the deadline.
pub(super) fn past_threshold(state: &State, domain: DomainId) -> Option<Amount> {
    let asset = state.domains.asset_of(domain)?;
    let uncovered = state.ledger.owed(asset, Holder::Uncovered(domain));
    if uncovered.is_zero() || state.control.domain_status(domain) >= Status::Settling {
        return None;
    }
    let threshold = state.control.value(domain, Parameter::UncoveredThreshold);
    let above = uncovered.atoms() > threshold;
    (above || overdue(state, domain)).then_some(uncovered)
}

fn overdue(state: &State, domain: DomainId) -> bool {
    let deadline = state.control.millis(domain, Parameter::UncoveredDeadline);
    let mut settled = state.debts().filter(|(_, loss)| loss.domain == domain);
    settled.any(|(_, loss)| loss.settled.is_some_and(|at| at.after(deadline) <= state.now()))
}

fn enter_settlement(state: &State, domain: DomainId, events: &mut Events) -> Result<(), Rejection> {
    let uncovered = past_threshold(state, domain).ok_or(Rejection::NotDue)?;
    events.push(Event::SettlementEntered { domain, uncovered });
    Ok(())
}
