//! Issuances, their auctions, what buys back, and limits of depletion.

use rhodian_core::account;
use rhodian_core::domain::{self, Kind, Source};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AssetId, IssuanceId, LayerId, LossId, Time};
use rhodian_core::issuance::{
    Buyback, Command, Depletion, Duty, Flaw, IssuanceSpec, Ladder, MAX_RESTARTS, Outstanding,
    PeriodPart, Rejection,
};
use rhodian_core::units::Amount;

use crate::codes::{arms, variants};
use crate::table::{Case, Refused, Table};
use crate::world::issuance::{
    FUND, ISSUANCE, SALE, TOKEN, buyback, house, ladder, outstanding, put_in, spec, spec_back,
    venue, venue_of,
};
use crate::world::{ASSET, DOMAIN, World, amount, collateral, layer, name};
use crate::{ALICE, FULL, NEXT};

fn refused(command: Command, why: Rejection) -> Refused {
    Refused::new(Actor::VENUE, Action::Issuance(command), Refusal::Issuance(why))
}

fn not_specified(spec: IssuanceSpec, why: Rejection) -> Refused {
    refused(Command::Specify { spec: Box::new(spec) }, why)
}

fn flawed(spec: IssuanceSpec, flaw: Flaw) -> Refused {
    not_specified(spec, Rejection::Flaw { flaw })
}

fn taken(lots: u128, most: u128) -> Command {
    let (issuance, loss, account, number) = (ISSUANCE, LossId(0), ALICE, NEXT);
    Command::Take { issuance, loss, account, number, lots: amount(lots), most: amount(most) }
}

fn sold(lots: u128, most: u128) -> Command {
    let (issuance, account, number) = (ISSUANCE, ALICE, NEXT);
    Command::SellBack { issuance, account, number, lots: amount(lots), most: amount(most) }
}

fn counted(outstanding: Outstanding) -> Command {
    Command::Count { issuance: ISSUANCE, outstanding }
}

fn empty() -> World {
    house(100)
}

/// A hole of 400, with its auction open.
fn auctioned() -> World {
    let mut world = venue();
    world.report("L", 400);
    world
}

/// A surplus of 100 that buys back, and 100 tokens with Alice.
fn bought() -> World {
    let mut world = venue_of(spec_back(), 600);
    put_in(&mut world, "alice", 100).unwrap();
    world
}

fn limited(layer: LayerId, per_episode: u32) -> Command {
    let depletion = Some(Depletion { per_episode: Some(per_episode), per_period: None });
    Command::Limit { layer, depletion }
}

const OF_FLAWS: &[Case] = &[
    ("a lot is", |_| flawed(IssuanceSpec { lot: Amount::ZERO, ..spec() }, Flaw::ZeroLot)),
    ("a lot is", |_| {
        let buyback = Some(Buyback { lot: Amount::ZERO, ..buyback() });
        flawed(IssuanceSpec { buyback, ..spec() }, Flaw::ZeroLot)
    }),
    ("a ladder goes", |_| {
        flawed(IssuanceSpec { ladder: ladder(100, 20, 100, 0), ..spec() }, Flaw::Ladder)
    }),
    ("a ladder goes", |_| {
        flawed(IssuanceSpec { ladder: ladder(100, 0, 100, 20), ..spec() }, Flaw::Ladder)
    }),
    ("a ladder goes", |_| {
        flawed(IssuanceSpec { ladder: ladder(20, 1, 100, 100), ..spec() }, Flaw::Ladder)
    }),
    ("a ladder goes", |_| {
        flawed(IssuanceSpec { ladder: ladder(100, 20, 0, 20), ..spec() }, Flaw::Ladder)
    }),
    ("a ladder goes", |_| {
        // Eighty steps of ten hours are more than thirty days.
        let ladder = ladder(100, 1, 36_000_000, 20);
        flawed(IssuanceSpec { ladder, ..spec() }, Flaw::Ladder)
    }),
    ("a ladder goes", |_| {
        let ladder = Ladder { start: Amount::MAX, every: u64::MAX, ..ladder(1, 1, 1, 1) };
        let buyback = Some(Buyback { ladder, ..buyback() });
        flawed(IssuanceSpec { buyback, ..spec() }, Flaw::Ladder)
    }),
    ("an auction begins", |_| {
        flawed(IssuanceSpec { restarts: MAX_RESTARTS + 1, ..spec() }, Flaw::Restarts)
    }),
    ("the stressed price", |_| {
        flawed(IssuanceSpec { stressed: amount(101), ..spec() }, Flaw::Stressed)
    }),
    ("the stressed price", |_| {
        flawed(IssuanceSpec { stressed: amount(19), ..spec() }, Flaw::Stressed)
    }),
    ("at most a part", |_| {
        let mut of = spec();
        of.dilution.part = 1_000_001;
        flawed(of, Flaw::Dilution)
    }),
    ("at most a part", |_| {
        let mut of = spec();
        of.dilution.window = 0;
        flawed(of, Flaw::Dilution)
    }),
    ("a part of no tokens", |_| {
        let of = IssuanceSpec { outstanding: outstanding(0, 0), ..spec() };
        flawed(of, Flaw::NothingOutstanding)
    }),
    ("a part of no tokens", |w| {
        *w = venue();
        let flaw = Flaw::NothingOutstanding;
        refused(counted(outstanding(0, 0)), Rejection::Flaw { flaw })
    }),
    ("a pot is depleted", |_| refused(limited(FUND, 0), Rejection::Flaw { flaw: Flaw::Depletion })),
    ("a pot is depleted", |_| {
        let per_period = Some(PeriodPart { part: 1, millis: u64::MAX });
        let depletion = Some(Depletion { per_episode: None, per_period });
        let command = Command::Limit { layer: FUND, depletion };
        refused(command, Rejection::Flaw { flaw: Flaw::Depletion })
    }),
];

const OF_TERMS: &[Case] = &[
    ("issuance-flaw", |_| flawed(IssuanceSpec { lot: Amount::ZERO, ..spec() }, Flaw::ZeroLot)),
    ("unknown-layer", |_| {
        let layer = LayerId(9);
        not_specified(IssuanceSpec { layer, ..spec() }, Rejection::UnknownLayer { layer })
    }),
    ("unknown-layer", |_| {
        refused(limited(LayerId(9), 1), Rejection::UnknownLayer { layer: LayerId(9) })
    }),
    ("unknown-asset", |_| {
        let token = AssetId(9);
        let why = Rejection::UnknownAsset { asset: token };
        not_specified(IssuanceSpec { token, ..spec() }, why)
    }),
    ("not-an-issuance", |_| {
        let why = Rejection::NotAnIssuance { layer: FUND };
        not_specified(IssuanceSpec { layer: FUND, ..spec() }, why)
    }),
    ("not-a-token", |_| {
        let why = Rejection::NotAToken { asset: ASSET };
        not_specified(IssuanceSpec { token: ASSET, ..spec() }, why)
    }),
    ("not-a-token", |w| {
        // More of what counts as margin would be made as its price falls.
        collateral::accept(w, collateral::usdc()).unwrap();
        not_specified(spec(), Rejection::NotAToken { asset: TOKEN })
    }),
    ("issuance-in-use", |w| {
        *w = venue();
        let sale = Source::Proceeds { deadline: 1 };
        let mut other = layer("other", Kind::Issuance, sale);
        other.caps.per_event = Some(amount(1));
        let layer = w.add(other);
        let why = Rejection::InUse { issuance: ISSUANCE };
        not_specified(IssuanceSpec { layer, ..spec() }, why)
    }),
    ("issuance-in-use", |w| {
        *w = venue();
        w.domain_do(domain::Command::AddAsset { name: name("OTHER"), decimals: 0 });
        let why = Rejection::InUse { issuance: ISSUANCE };
        not_specified(IssuanceSpec { token: AssetId(2), ..spec() }, why)
    }),
    ("not-a-fund", |w| {
        let fund = w.add(layer("staked", Kind::Tranche, Source::Pot));
        let buyback = Some(Buyback { fund, ..buyback() });
        not_specified(IssuanceSpec { buyback, ..spec() }, Rejection::NotAFund { layer: fund })
    }),
    ("not-a-fund", |_| refused(limited(SALE, 1), Rejection::NotAFund { layer: SALE })),
    ("fund-not-before", |w| {
        w.waterfall(&["sale", "fund"]);
        let (layer, domain) = (FUND, DOMAIN);
        not_specified(spec_back(), Rejection::FundNotBefore { layer, domain })
    }),
    ("fund-not-before", |w| {
        let steps = vec![w.step(&[("sale", 1), ("fund", 1)])];
        w.waterfall_of(domain::CauseClass::PriceError, steps);
        let (layer, domain) = (FUND, DOMAIN);
        not_specified(spec_back(), Rejection::FundNotBefore { layer, domain })
    }),
    ("loss-known", |w| {
        w.hold_episode_open();
        not_specified(spec(), Rejection::LossKnown { layer: SALE })
    }),
    ("loss-known", |w| {
        w.hold_episode_open();
        refused(limited(FUND, 1), Rejection::LossKnown { layer: FUND })
    }),
    ("count-not-new", |w| {
        let (at, last, now) = (w.at.after(1), Time(0), w.at);
        let of = IssuanceSpec { outstanding: outstanding(1_000, at.0), ..spec() };
        not_specified(of, Rejection::CountNotNew { at, last, now })
    }),
    ("count-not-new", |w| {
        *w = venue_of(IssuanceSpec { outstanding: outstanding(1_000, 7), ..spec() }, 0);
        let (at, last, now) = (Time(6), Time(7), w.at);
        refused(counted(outstanding(1_000, 6)), Rejection::CountNotNew { at, last, now })
    }),
    ("count-below-held", |w| {
        *w = venue();
        put_in(w, "alice", 500).unwrap();
        let why = Rejection::BelowHeld { amount: amount(499), held: amount(500) };
        refused(counted(outstanding(499, 0)), why)
    }),
    ("unknown-issuance", |_| {
        refused(counted(outstanding(1, 0)), Rejection::UnknownIssuance { issuance: ISSUANCE })
    }),
    ("unknown-issuance", |w| {
        *w = venue();
        let issuance = IssuanceId(9);
        let (loss, account, number) = (LossId(0), ALICE, NEXT);
        let (lots, most) = (amount(1), amount(1));
        let command = Command::Take { issuance, loss, account, number, lots, most };
        refused(command, Rejection::UnknownIssuance { issuance })
    }),
];

const OF_AUCTIONS: &[Case] = &[
    ("no-auction", |w| {
        *w = venue();
        let (issuance, loss) = (ISSUANCE, LossId(0));
        refused(taken(1, 1), Rejection::NoAuction { issuance, loss })
    }),
    ("zero-lots", |_| refused(taken(0, 100), Rejection::ZeroLots)),
    ("price-above-most", |_| {
        let (asset, price, most) = (ASSET, amount(100), amount(99));
        refused(taken(1, 99), Rejection::PriceAbove { asset, price, most })
    }),
    ("below-atom", |w| {
        // What is left buys less than one token at 100, and one at 20.
        *w = venue_of(IssuanceSpec { lot: amount(1), ..spec() }, 0);
        w.report("L", 50);
        let (asset, left, price) = (ASSET, amount(50), amount(100));
        refused(taken(1, 100), Rejection::BelowAtom { asset, left, price })
    }),
    ("withdrawal-above-free", |w| {
        w.withdraw("alice", 9_950).unwrap();
        let amount = amount;
        let (asked, free, none) = (amount(100), amount(50), Amount::ZERO);
        let why = account::Rejection::WithdrawalAboveFree {
            asked,
            free,
            held: free,
            withheld: none,
            lien: none,
        };
        refused(taken(1, 100), Rejection::Account(why))
    }),
    ("number-not-new", |_| {
        let (issuance, loss, account, number) = (ISSUANCE, LossId(0), ALICE, 0);
        let (lots, most) = (amount(1), amount(100));
        let last = w_last();
        let command = Command::Take { issuance, loss, account, number, lots, most };
        refused(command, Rejection::Account(account::Rejection::NumberNotNew { number, last }))
    }),
    ("not-due", |_| {
        let duty = Action::IssuanceDuty(Duty::Open { issuance: ISSUANCE, loss: LossId(0) });
        Refused::new(Actor::ENGINE, duty, Refusal::Issuance(Rejection::NotDue))
    }),
];

/// The last number that Alice used, in the world of a hole.
fn w_last() -> u64 {
    auctioned().engine.state().accounts.account(ALICE).unwrap().last_number
}

const OF_BUYBACKS: &[Case] = &[
    ("no-buyback", |w| {
        *w = venue();
        refused(sold(1, 30), Rejection::NoBuyback { issuance: ISSUANCE })
    }),
    ("zero-lots", |_| refused(sold(0, 30), Rejection::ZeroLots)),
    ("price-above-most", |_| {
        let (asset, price, most) = (TOKEN, amount(30), amount(29));
        refused(sold(1, 29), Rejection::PriceAbove { asset, price, most })
    }),
    ("total-above-bound", |w| {
        let buyback =
            Some(Buyback { ladder: ladder(10u128.pow(30), 1, 1, 10u128.pow(30)), ..buyback() });
        *w = venue_of(IssuanceSpec { buyback, ..spec() }, 600);
        refused(sold(2, 10u128.pow(30)), Rejection::TotalAboveBound { asset: TOKEN })
    }),
];

#[test]
fn every_reason_has_a_case() {
    let table = Table {
        within: "Issuance(",
        arms: arms(include_str!("../../src/issuance/rejection.rs")),
        cases: &[(empty, OF_TERMS), (auctioned, OF_AUCTIONS), (bought, OF_BUYBACKS)],
        unreachable: &[("TooMany", FULL)],
    };
    table.check();
}

#[test]
fn every_flaw_has_a_case() {
    let table = Table {
        within: "Issuance(Flaw { flaw: ",
        arms: variants(include_str!("../../src/issuance/spec.rs"), "Flaw"),
        cases: &[(empty, OF_FLAWS)],
        unreachable: &[],
    };
    table.check();
}
