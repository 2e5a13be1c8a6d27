//! Money for losses: what is paid into draws, what comes back, what funds earn, and ranks.

use rhodian_core::account;
use rhodian_core::allocation::Rule;
use rhodian_core::control::{self, Status};
use rhodian_core::domain::{self, Kind, Source};
use rhodian_core::engine::Action;
use rhodian_core::ids::{AccountId, LayerId, LossId, OwnerId};
use rhodian_core::loss::{Command, Rank, RankedClaim, Rejection};
use rhodian_core::units::Amount;

use crate::loss::{floor, refused, refused_to};
use crate::table::{Case, Refused};
use crate::world::{DOMAIN, World, amount, incentive, layer, members, name};
use crate::{ALICE, BOB, CAROL, NEXT, owner};

/// Alice and Bob are called for 9 in all, six and three; Carol is not.
pub fn called() -> World {
    let mut world = floor();
    let source = Source::Call { members: members(Rule::Proportional), deadline: 1_000 };
    world.add(layer("call", Kind::Assessment, source));
    world.waterfall(&["call", "fund"]);
    world.claims("call", &[("alice", 60, 60), ("bob", 30, 30)]);
    world.report("L", 9);
    world
}

/// A payment for the loss `L`.
struct Payment {
    layer: &'static str,
    payer: Option<AccountId>,
    number: u64,
    atoms: u128,
}

impl Payment {
    fn of(payer: AccountId, atoms: u128) -> Self {
        Self { layer: "call", payer: Some(payer), number: NEXT, atoms }
    }

    fn command(self, world: &World) -> Command {
        let Self { layer, payer, number, atoms } = self;
        let (loss, layer, amount) = (world.loss_id("L"), world.layer_id(layer), amount(atoms));
        Command::PayDraw { loss, layer, account: payer, number, amount }
    }

    fn refused(self, world: &World, why: Rejection) -> Refused {
        refused(self.command(world), why)
    }
}

pub const OF_DRAWS: &[Case] = &[
    ("draw-not-pending", |w| {
        let (loss, layer) = (w.loss_id("L"), w.layer_id("fund"));
        let why = Rejection::NotPending { loss, layer };
        Payment { layer: "fund", ..Payment::of(ALICE, 1) }.refused(w, why)
    }),
    ("above-draw", |w| {
        let why = Rejection::AboveDraw { asked: amount(10), open: amount(9) };
        Payment::of(ALICE, 10).refused(w, why)
    }),
    ("above-call", |w| {
        let why = Rejection::AboveCall { asked: amount(7), open: amount(6) };
        Payment::of(ALICE, 7).refused(w, why)
    }),
    ("wrong-payer", |w| {
        let why = Rejection::WrongPayer { layer: w.layer_id("call") };
        Payment { payer: None, ..Payment::of(ALICE, 1) }.refused(w, why)
    }),
    ("not-member", |w| Payment::of(CAROL, 1).refused(w, Rejection::NotMember { account: CAROL })),
    ("zero-amount", |w| Payment::of(ALICE, 0).refused(w, Rejection::ZeroAmount)),
    ("not-owner", |w| {
        let why = account::Rejection::NotOwner { account: ALICE, owner: OwnerId(1) };
        refused_to(owner(1), Payment::of(ALICE, 1).command(w), Rejection::Account(why))
    }),
    ("withdrawal-above-free", |w| {
        w.withdraw("alice", 996).unwrap();
        let why = account::Rejection::WithdrawalAboveFree {
            asked: amount(5),
            free: amount(4),
            held: amount(4),
            withheld: Amount::ZERO,
            lien: Amount::ZERO,
        };
        Payment::of(ALICE, 5).refused(w, Rejection::Account(why))
    }),
    ("loss-stage", |w| {
        let command = recover(w, 1);
        refused(command, Rejection::Stage { loss: w.loss_id("L"), needs: "settled" })
    }),
];

fn recover(world: &World, atoms: u128) -> Command {
    Command::Recover { loss: world.loss_id("L"), number: NEXT, amount: amount(atoms) }
}

fn income(layer: LayerId, atoms: u128) -> Command {
    Command::FundIncome { layer, number: NEXT, amount: amount(atoms) }
}

fn fees(layer: LayerId, amount: Option<Amount>) -> Command {
    Command::FundFees { domain: DOMAIN, layer, number: NEXT, amount }
}

pub const OF_INCOME: &[Case] = &[
    ("unknown-loss", |_| {
        let loss = LossId(9);
        refused(Command::TakeShares { loss }, Rejection::UnknownLoss { loss })
    }),
    ("recovery-above-claims", |w| {
        // The fund bore 50.
        w.report("L", 50);
        let why = Rejection::RecoveryAboveClaims { asked: amount(51), open: amount(50) };
        refused(recover(w, 51), why)
    }),
    ("number-not-new", |w| {
        w.report("L", 50);
        w.loss_do(recover(w, 10));
        refused(recover(w, 10), Rejection::NumberNotNew { number: NEXT, last: NEXT })
    }),
    ("loss-stage", |w| {
        // Alice and Bob bear it when they are next touched: who bore what is not known yet.
        w.touched("later", true);
        w.claims("later", &[("alice", 1, 500), ("bob", 1, 500)]);
        w.waterfall(&["later"]);
        w.report("L", 50);
        let why = Rejection::Stage { loss: w.loss_id("L"), needs: "taken from every account" };
        refused(recover(w, 1), why)
    }),
    ("unknown-layer", |_| {
        let layer = LayerId(9);
        refused(income(layer, 1), Rejection::UnknownLayer { layer })
    }),
    ("layer-not-paid-into", |w| {
        w.tranche("tranche");
        let layer = w.layer_id("tranche");
        let why = domain::Rejection::NotPaidInto { layer };
        refused(income(layer, 1), Rejection::Domain(why))
    }),
    ("pot-above-bound", |w| {
        let layer = w.layer_id("fund");
        let why = domain::Rejection::PotAboveBound { layer };
        refused(income(layer, 10u128.pow(30)), Rejection::Domain(why))
    }),
    ("layer-not-behind", |w| {
        w.fund("another's", 0, None);
        let (layer, domain) = (w.layer_id("another's"), DOMAIN);
        refused(fees(layer, Some(amount(1))), Rejection::NotBehind { layer, domain })
    }),
    ("fees-divided", |w| {
        let fund = w.layer_id("fund");
        incentive::by_table(w, fund);
        refused(fees(fund, Some(amount(1))), Rejection::FeesDivided { domain: DOMAIN })
    }),
    ("above-fees", |w| {
        *w = World::venue(1_000, 1_000);
        for text in ["alice", "bob"] {
            w.account(text, 1_000);
        }
        w.try_fill_with_fees("BTC", ("alice", 5), ("bob", 2), 1, 1_000).unwrap();
        let why = Rejection::AboveFees { asked: amount(8), booked: amount(7) };
        refused(fees(w.layer_id("fund"), Some(amount(8))), why)
    }),
    ("zero-amount", |w| {
        // All of what was booked: nothing.
        refused(fees(w.layer_id("fund"), None), Rejection::ZeroAmount)
    }),
    ("not-settling", |_| {
        let command = Command::SettleRanks { domain: DOMAIN, claims: vec![] };
        refused(command, Rejection::NotSettling { domain: DOMAIN })
    }),
];

/// A loss of 150 of which the fund paid 100; the domain settles with a debt of 50.
pub fn settling() -> World {
    let mut world = floor();
    world.report("L", 150);
    let (domain, status, cause) = (Some(DOMAIN), Status::Settling, name("the end"));
    world.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
    world
}

fn ranked(account: AccountId, atoms: u128) -> RankedClaim {
    RankedClaim { account, rank: Rank::Principal, amount: amount(atoms) }
}

fn ranks(claims: Vec<RankedClaim>) -> Command {
    Command::SettleRanks { domain: DOMAIN, claims }
}

pub const OF_RANKS: &[Case] = &[
    ("ranks-settled", |w| {
        w.loss_do(ranks(vec![ranked(ALICE, 20)]));
        let why = Rejection::RanksSettled { domain: DOMAIN };
        refused(ranks(vec![ranked(BOB, 20)]), why)
    }),
    ("ranks-above-free", |_| {
        let rest = RankedClaim { rank: Rank::SessionGains, ..ranked(ALICE, 401) };
        let (account, asked, free) = (ALICE, amount(1_001), amount(1_000));
        let why = Rejection::RanksAboveFree { account, asked, free };
        refused(ranks(vec![ranked(ALICE, 600), rest]), why)
    }),
    ("account-twice", |_| {
        let why = Rejection::AccountTwice { account: ALICE };
        refused(ranks(vec![ranked(ALICE, 1), ranked(ALICE, 2)]), why)
    }),
    ("zero-amount", |_| refused(ranks(vec![ranked(ALICE, 0)]), Rejection::ZeroAmount)),
    ("unknown-account", |_| {
        let account = AccountId(9);
        let why = account::Rejection::UnknownAccount { account };
        refused(ranks(vec![ranked(account, 1)]), Rejection::Account(why))
    }),
];
