//! Who buys cover: Alice and Bob have 100,000 staked behind a bridge, which covers 200,000 at ten
//! per cent a year; Carol has 10,000.

use rhodian_core::account;
use rhodian_core::account::{AccountKind, Command as OfAccount};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{CauseClass, ExitQueue};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AccountId, CoverId, LossId, OwnerId, RiskId, Time};
use rhodian_core::pools::cover::{Command, Duty, Rejection, RiskSpec};
use rhodian_core::units::Amount;

use crate::cover::{refused, refused_to, with_pool};
use crate::table::{Case, Refused};
use crate::world::cover::{BRIDGE, DAY, POOL, YEAR, approve, bridge, buy, report, spec};
use crate::world::{DOMAIN, World, amount, name};
use crate::{ALICE, CAROL, NEXT, owner};

/// A year of cover for Carol, unless a case changes it.
struct Wanted {
    risk: RiskId,
    account: AccountId,
    atoms: u128,
    period: u64,
    most: u128,
}

impl Wanted {
    fn new(atoms: u128) -> Self {
        Self { risk: BRIDGE, account: CAROL, atoms, period: YEAR, most: 10_000 }
    }

    fn command(self) -> Command {
        let Self { risk, account, atoms, period, most } = self;
        let (amount, max_premium, number) = (amount(atoms), amount(most), NEXT);
        Command::Buy { risk, account, number, amount, period, max_premium }
    }

    fn refused(self, why: Rejection) -> Refused {
        refused(self.command(), why)
    }
}

/// An account of Carol's that accepted no terms.
fn stranger(world: &mut World) -> AccountId {
    let (name, owner, kind) = (name("carol-2"), OwnerId(2), AccountKind::Cross);
    world.account_do(OfAccount::OpenAccount { name, owner, kind });
    AccountId(3)
}

pub const OF_BUYERS: &[Case] = &[
    ("unknown-risk", |_| {
        let risk = RiskId(9);
        Wanted { risk, ..Wanted::new(1_000) }.refused(Rejection::UnknownRisk { risk })
    }),
    ("not-owner", |_| {
        let why = account::Rejection::NotOwner { account: CAROL, owner: OwnerId(1) };
        refused_to(owner(1), Wanted::new(1_000).command(), Rejection::Account(why))
    }),
    ("terms-not-accepted", |w| {
        let (account, domain) = (stranger(w), DOMAIN);
        let why = Rejection::TermsNotAccepted { account, domain };
        Wanted { account, ..Wanted::new(1_000) }.refused(why)
    }),
    ("below-least-cover", |_| {
        let why = Rejection::BelowLeastCover { amount: amount(999), least: amount(1_000) };
        Wanted::new(999).refused(why)
    }),
    ("period", |_| {
        // It would end before it began.
        let (period, shortest, longest) = (DAY, DAY, YEAR);
        let why = Rejection::Period { period, shortest, longest };
        Wanted { period, ..Wanted::new(1_000) }.refused(why)
    }),
    ("period", |_| {
        let (period, shortest, longest) = (YEAR + 1, DAY, YEAR);
        let why = Rejection::Period { period, shortest, longest };
        Wanted { period, ..Wanted::new(1_000) }.refused(why)
    }),
    ("period", |w| {
        // Time ends before the cover would.
        w.at = Time(u64::MAX - 2 * DAY);
        w.must(Action::Tick);
        let (period, shortest, longest) = (2 * DAY + 1, DAY, 2 * DAY);
        let why = Rejection::Period { period, shortest, longest };
        Wanted { period, ..Wanted::new(1_000) }.refused(why)
    }),
    ("domain-owes", |w| {
        // Operator, fund and stakers have 106,000 of 200,000 that were stolen.
        w.try_report("L", CauseClass::Custody, 200_000, None, 0, &[]).unwrap();
        approve(w, 0);
        Wanted::new(1_000).refused(Rejection::DomainOwes { owed: amount(94_000) })
    }),
    ("episode-open", |w| {
        w.hold_episode_open();
        Wanted::new(1_000).refused(Rejection::EpisodeOpen { domain: DOMAIN })
    }),
    ("incident-open", |w| {
        buy(w, "carol", 1_000, YEAR).unwrap();
        w.tick(DAY);
        report(w, &[(0, 1)]).unwrap();
        let why = Rejection::IncidentOpen { risk: BRIDGE, loss: LossId(0) };
        Wanted::new(1_000).refused(why)
    }),
    ("exit-queue-above-limit", |w| {
        // Alice's stake is more than half of 106,000.
        w.set(Parameter::StakeCooldown, u128::from(DAY));
        w.try_unstake("alice", "Stakers", 60_000).unwrap();
        let queue = ExitQueue { asked: amount(60_000), pots: amount(106_000), limit: 500_000 };
        Wanted::new(1_000).refused(Rejection::ExitQueueAboveLimit { queue })
    }),
    ("above-capacity", |_| {
        let why = Rejection::AboveCapacity { asked: amount(200_001), room: amount(200_000) };
        Wanted::new(200_001).refused(why)
    }),
    ("above-concentration", |w| {
        *w = with_pool(spec(), RiskSpec { concentration: 250_000, ..bridge() });
        let why = Rejection::AboveConcentration { asked: amount(50_001), room: amount(50_000) };
        Wanted::new(50_001).refused(why)
    }),
    ("premium-above-most", |_| {
        let why = Rejection::PremiumAboveMost { premium: amount(1_000), max: amount(999) };
        Wanted { most: 999, ..Wanted::new(10_000) }.refused(why)
    }),
    ("withdrawal-above-free", |_| {
        let why = account::Rejection::WithdrawalAboveFree {
            asked: amount(10_001),
            free: amount(10_000),
            held: amount(10_000),
            withheld: Amount::ZERO,
            lien: Amount::ZERO,
        };
        Wanted { most: 20_000, ..Wanted::new(100_001) }.refused(Rejection::Account(why))
    }),
    ("withdrawal-above-free", |_| {
        // Alice staked all she has.
        let why = account::Rejection::WithdrawalAboveFree {
            asked: amount(100),
            free: Amount::ZERO,
            held: Amount::ZERO,
            withheld: Amount::ZERO,
            lien: Amount::ZERO,
        };
        let of_alice = Wanted { account: ALICE, ..Wanted::new(1_000) };
        of_alice.refused(Rejection::Account(why))
    }),
    ("not-due", |w| {
        buy(w, "carol", 1_000, YEAR).unwrap();
        let duty = Action::CoverDuty(Duty::End { pool: POOL, cover: CoverId(0) });
        Refused::new(Actor::ENGINE, duty, Refusal::Cover(Rejection::NotDue))
    }),
];
