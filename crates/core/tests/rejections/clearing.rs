//! Clearing funds, their members, clients and auctions.

use rhodian_core::account;
use rhodian_core::allocation::Rule;
use rhodian_core::control::Parameter;
use rhodian_core::domain::{Basis, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AccountId, ClearingId, DomainId, LayerId, LossId, MarketId, OwnerId};
use rhodian_core::pools::clearing::{
    Assessment, Command, Duty, Flaw, FundSpec, Rejection, Scenario,
};

use crate::codes::arms;
use crate::table::{Case, Refused, Table};
use crate::world::clearing::{
    DAY, FUND, TERMS, auction, clear, fund_of, house, leave, scenario, spec, traded,
};
use crate::world::{DOMAIN, World, amount, layer, members};
use crate::{ALICE, BOB, CAROL, NEXT, owner};

fn refused(command: Command, why: Rejection) -> Refused {
    refused_to(Actor::VENUE, command, why)
}

fn refused_to(by: Actor, command: Command, why: Rejection) -> Refused {
    Refused::new(by, Action::Clearing(command), Refusal::Clearing(why))
}

fn not_opened(spec: FundSpec, why: Rejection) -> Refused {
    refused(Command::Open { spec: Box::new(spec) }, why)
}

fn no_fund() -> World {
    house(1_000)
}

fn assessed(layer: LayerId) -> FundSpec {
    FundSpec { assessment: Some(Assessment { layer, ..TERMS }), ..spec(1) }
}

const OF_FUNDS: &[Case] = &[
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        not_opened(FundSpec { domain, ..spec(1) }, Rejection::UnknownDomain { domain })
    }),
    ("domain-in-use", |w| {
        *w = members_of();
        not_opened(spec(1), Rejection::DomainInUse { domain: DOMAIN })
    }),
    ("flaw", |_| not_opened(spec(0), Rejection::Flaw { flaw: Flaw::Cover { cover: 0 } })),
    ("not-a-default-fund", |_| {
        let layer = LayerId(0);
        not_opened(FundSpec { layer, ..spec(1) }, Rejection::NotADefaultFund { layer })
    }),
    ("not-a-default-fund", |w| {
        let layer = w.add(layer("idle", Kind::DefaultFund, Source::Pot));
        not_opened(FundSpec { layer, ..spec(1) }, Rejection::NotADefaultFund { layer })
    }),
    ("layer-in-use", |w| {
        w.account("alice", 10);
        w.stake("alice", "Fund", 1);
        not_opened(spec(1), Rejection::LayerInUse { layer: LayerId(1) })
    }),
    ("not-an-assessment", |_| {
        let layer = LayerId(3);
        not_opened(assessed(layer), Rejection::NotAnAssessment { layer })
    }),
    ("not-an-assessment", |w| {
        let rule = MemberRule { basis: Basis::Contribution, ..members(Rule::Proportional) };
        let source = Source::Call { members: rule, deadline: DAY };
        let layer = w.add(layer("idle", Kind::Assessment, source));
        not_opened(assessed(layer), Rejection::NotAnAssessment { layer })
    }),
    ("unknown-market", |_| {
        let market = MarketId(9);
        let scenarios = vec![Scenario { moves: vec![(market, 1)], ..scenario("other", 0) }];
        not_opened(FundSpec { scenarios, ..spec(1) }, Rejection::UnknownMarket { market })
    }),
];

/// Alice, Bob and Carol are members and have 40,000 each.
fn members_of() -> World {
    fund_of(spec(1), &["alice", "bob", "carol"], 40_000)
}

fn join(account: AccountId) -> Command {
    Command::Join { fund: FUND, account, number: NEXT }
}

fn quit(account: AccountId) -> Command {
    Command::Leave { fund: FUND, account, number: NEXT }
}

fn client(account: AccountId, member: AccountId) -> Command {
    Command::Clear { fund: FUND, account, member }
}

fn fail(w: &mut World) {
    w.report_failed("gone", 1, "alice", 1, &[]);
}

const OF_MEMBERS: &[Case] = &[
    ("unknown-fund", |_| {
        let fund = ClearingId(9);
        refused(Command::Size { fund }, Rejection::UnknownFund { fund })
    }),
    ("unknown-member", |w| {
        let account = w.account("dan", 0);
        refused(quit(account), Rejection::UnknownMember { account })
    }),
    ("member-failed", |w| {
        fail(w);
        refused(quit(ALICE), Rejection::MemberFailed { account: ALICE })
    }),
    ("notice-given", |w| {
        leave(w, "alice").unwrap();
        refused(quit(ALICE), Rejection::NoticeGiven { account: ALICE })
    }),
    ("owner-is-member", |w| {
        let account = w.account_of("alice-2", "alice", 0);
        refused(join(account), Rejection::OwnerIsMember { account })
    }),
    ("already-client", |w| {
        w.account("dan", 0);
        let account = w.account_of("dan-2", "dan", 0);
        clear(w, "dan", "alice").unwrap();
        refused(join(account), Rejection::AlreadyClient { account })
    }),
    ("terms-not-accepted", |w| {
        let (account, domain) = (w.stranger("eve", 1), DOMAIN);
        refused(join(account), Rejection::TermsNotAccepted { account, domain })
    }),
    ("episode-open", |w| {
        w.hold_episode_open();
        refused(Command::Size { fund: FUND }, Rejection::EpisodeOpen { domain: DOMAIN })
    }),
    ("not-owner", |_| {
        let why = account::Rejection::NotOwner { account: ALICE, owner: OwnerId(1) };
        refused_to(owner(1), quit(ALICE), Rejection::Account(why))
    }),
    ("number-not-new", |w| {
        let last = w.engine.state().accounts.account(ALICE).unwrap().last_number;
        let why = account::Rejection::NumberNotNew { number: last, last };
        let command = Command::Leave { fund: FUND, account: ALICE, number: last };
        refused(command, Rejection::Account(why))
    }),
];

const OF_CLIENTS: &[Case] = &[
    ("member-failed", |w| {
        fail(w);
        let account = w.account("dan", 0);
        refused(client(account, ALICE), Rejection::MemberFailed { account: ALICE })
    }),
    ("notice-given", |w| {
        leave(w, "alice").unwrap();
        let account = w.account("dan", 0);
        refused(client(account, ALICE), Rejection::NoticeGiven { account: ALICE })
    }),
    ("owner-is-member", |_| refused(client(BOB, ALICE), Rejection::OwnerIsMember { account: BOB })),
    ("terms-not-accepted", |w| {
        let (account, domain) = (w.stranger("eve", 1), DOMAIN);
        refused(client(account, ALICE), Rejection::TermsNotAccepted { account, domain })
    }),
    ("unknown-client", |_| {
        let command = Command::Release { fund: FUND, account: BOB };
        refused(command, Rejection::UnknownClient { account: BOB })
    }),
    ("loss-open", |w| {
        let account = w.account("dan", 10_000);
        clear(w, "dan", "alice").unwrap();
        w.set(Parameter::CloseOutBudget, 1_000_000);
        w.set(Parameter::CloseOutTime, u128::from(DAY));
        w.fill("BTC", "dan", "bob", 1, 1_000);
        w.declare("gone", "dan", &[]);
        let (member, loss) = (BOB, LossId(0));
        let command = Command::Port { fund: FUND, account, member };
        refused(command, Rejection::LossOpen { account, loss })
    }),
    ("holds-legs", |w| {
        let account = w.account("dan", 10_000);
        clear(w, "dan", "alice").unwrap();
        w.fill("BTC", "dan", "bob", 1, 1_000);
        let command = Command::Release { fund: FUND, account };
        refused(command, Rejection::HoldsLegs { account })
    }),
    ("same-member", |w| {
        let (account, member) = (w.account("dan", 0), ALICE);
        clear(w, "dan", "alice").unwrap();
        let command = Command::Port { fund: FUND, account, member };
        refused(command, Rejection::SameMember { account, member })
    }),
    ("unknown-account", |_| {
        let account = AccountId(99);
        let why = account::Rejection::UnknownAccount { account };
        refused(client(account, ALICE), Rejection::Account(why))
    }),
];

/// Alice failed with 100 lots in her book.
fn book_of() -> World {
    let mut world = traded(spec(1));
    world.set(Parameter::CloseOutBudget, 1_000_000);
    world.set(Parameter::CloseOutTime, u128::from(DAY));
    world.declare("gone", "alice", &[]);
    world
}

fn bid(loss: u32, account: AccountId, asks: u128) -> Command {
    let (loss, asks) = (LossId(loss), amount(asks));
    Command::Bid { fund: FUND, loss, account, number: NEXT, asks }
}

const OF_AUCTIONS: &[Case] = &[
    ("no-book", |_| {
        let loss = LossId(9);
        let command = Command::Auction { fund: FUND, loss, most: amount(1) };
        refused(command, Rejection::NoBook { loss })
    }),
    ("auction-twice", |w| {
        let loss = LossId(0);
        auction(w, loss, 1).unwrap();
        let command = Command::Auction { fund: FUND, loss, most: amount(1) };
        refused(command, Rejection::AuctionTwice { loss })
    }),
    ("no-auction", |_| refused(bid(0, BOB, 1), Rejection::NoAuction { loss: LossId(0) })),
    ("above-most", |w| {
        auction(w, LossId(0), 1).unwrap();
        let (asks, most) = (amount(2), amount(1));
        refused(bid(0, CAROL, 2), Rejection::AboveMost { asks, most })
    }),
    ("not-due", |_| {
        let duty = Action::ClearingDuty(Duty::Size { fund: FUND });
        Refused::new(Actor::ENGINE, duty, Refusal::Clearing(Rejection::NotDue))
    }),
];

#[test]
fn every_reason_has_a_case() {
    let table = Table {
        within: "Clearing(",
        arms: arms(include_str!("../../src/pools/clearing/rejection.rs")),
        cases: &[
            (no_fund, OF_FUNDS),
            (members_of, OF_MEMBERS),
            (members_of, OF_CLIENTS),
            (book_of, OF_AUCTIONS),
        ],
        unreachable: &[
            (
                "Loss",
                "a client is closed out where no loss of it is open: what it wraps is not met",
            ),
            ("TooMany", "a thousand members are tried without the laws, among the other tests"),
        ],
    };
    table.check();
}
