//! Collateral: what can never be right about one, and sales that cannot be. Alice and Bob posted
//! 10,000 USDC each and failed when the token fell to 875; Carol stands on the other side.

use rhodian_core::account;
use rhodian_core::allocation::Rule;
use rhodian_core::collateral::{
    CollateralFlaw, CollateralSpec, Command, Duty, MAX_SCALE, Rejection, WrongWay,
};
use rhodian_core::domain::{self, CauseClass, Kind, LayerSpec, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AccountId, AssetId, DomainId, FeedId, LossId, MarketId, SourceId};
use rhodian_core::oracle::{Kind as OfFeed, Purpose, Quality, Unfit, Why};
use rhodian_core::units::{Amount, Price};

use crate::codes::{arms, variants};
use crate::table::{Case, Refused, Table};
use crate::world::collateral::{
    HOUR, USDC, accept, ask, depeg, fall, mark, price, sell, tier, trader, usdc, venue,
};
use crate::world::feeds::open_feed;
use crate::world::{ASSET, World, amount, issuance, layer, members, name};
use crate::{NEXT, TOTAL};

fn refused(command: Command, why: Rejection) -> Refused {
    Refused::new(Actor::VENUE, Action::Collateral(command), Refusal::Collateral(why))
}

fn not_accepted(spec: CollateralSpec, why: Rejection) -> Refused {
    refused(Command::Accept { spec: Box::new(spec) }, why)
}

/// A sale of USDC of Alice's loss, for 900 to nobody here, unless a case changes it.
struct Sale {
    loss: LossId,
    number: u64,
    atoms: u128,
    buyer: Option<AccountId>,
    proceeds: u128,
}

impl Sale {
    fn of(world: &World, text: &str) -> Self {
        Self { loss: world.loss_id(text), number: 5, atoms: 1_000, buyer: None, proceeds: 900 }
    }

    fn refused(self, why: Rejection) -> Refused {
        let Self { loss, number, atoms, buyer, proceeds } = self;
        let (asset, amount, proceeds) = (USDC, amount(atoms), amount(proceeds));
        refused(Command::Sell { loss, number, asset, amount, buyer, proceeds }, why)
    }
}

/// The same, and Carol is called for what the fund leaves: what found no buyer stands aside.
fn waits_for_carol() -> World {
    let mut world = venue(usdc());
    let rule = MemberRule { cap_of_weight: Some(1_000_000), ..members(Rule::Proportional) };
    let source = Source::Call { members: rule, deadline: HOUR };
    world.add(layer("assessment", Kind::Assessment, source));
    world.waterfall(&["fund", "assessment"]);
    world.claim("assessment", "carol", 1_000, 1_000);
    fall(&mut world);
    world.tick(HOUR);
    world
}

/// Carol owes herself USDC that nobody has, and takes them out.
fn dollars_are_gone(world: &mut World, atoms: u128) {
    world.domain_do(domain::Command::OpenDomain { name: name("Dollars"), asset: USDC });
    let fund = layer("dollar fund", Kind::InsuranceFund, Source::Pot);
    world.add(LayerSpec { asset: USDC, ..fund });
    let (domain, class, steps) =
        (DomainId(1), CauseClass::Default, vec![world.step(&[("dollar fund", 1)])]);
    world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
    let winner = world.account_of("carol-2", "carol", 0);
    let (loser, amount) = (world.id("carol"), amount(atoms));
    let number = NEXT;
    world.account_do(account::Command::SettleResult { domain, number, loser, winner, amount });
    world.account_do(account::Command::Withdraw { account: winner, number, asset: USDC, amount });
}

const OF_SPECS: &[Case] = &[
    ("unknown-asset", |_| {
        let asset = AssetId(7);
        not_accepted(CollateralSpec { asset, ..usdc() }, Rejection::UnknownAsset { asset })
    }),
    ("same-asset", |_| {
        let asset = ASSET;
        not_accepted(CollateralSpec { asset, ..usdc() }, Rejection::SameAsset { asset })
    }),
    ("asset-issued", |w| {
        *w = issuance::venue();
        let asset = issuance::TOKEN;
        not_accepted(CollateralSpec { asset, ..usdc() }, Rejection::AssetIssued { asset })
    }),
    ("unknown-market", |_| {
        let market = MarketId(9);
        let wrong_way = Some(WrongWay { market, discount: 1 });
        not_accepted(CollateralSpec { wrong_way, ..usdc() }, Rejection::UnknownMarket { market })
    }),
    ("other-asset", |_| {
        let market = MarketId(0);
        let wrong_way = Some(WrongWay { market, discount: 1 });
        let spec = CollateralSpec { asset: ASSET, settled: USDC, wrong_way, ..usdc() };
        not_accepted(spec, Rejection::OtherAsset { market, asset: USDC })
    }),
    ("flaw", |_| {
        let why = Rejection::Flaw { flaw: CollateralFlaw::Peg };
        not_accepted(CollateralSpec { peg: Some(Price::ZERO), ..usdc() }, why)
    }),
    ("not-accepted", |_| {
        let command = Command::Mark { asset: ASSET, settled: USDC, price: price(1) };
        refused(command, Rejection::NotAccepted { asset: ASSET, settled: USDC })
    }),
    ("wrong-feed", |w| {
        open_feed(w, "depth", OfFeed::Depth);
        let (asset, settled, feed) = (USDC, ASSET, FeedId(0));
        let command = Command::AttachFeed { asset, settled, feed: Some(feed) };
        refused(command, Rejection::WrongFeed { asset, feed })
    }),
    ("has-feed", |w| {
        on_a_silent_feed(w);
        let (asset, settled) = (USDC, ASSET);
        refused(Command::Mark { asset, settled, price: price(1) }, Rejection::HasFeed { asset })
    }),
    ("no-feed", |_| {
        let (asset, settled) = (USDC, ASSET);
        let why = Rejection::NoFeed { asset, settled };
        refused(Command::MarkFromFeed { asset, settled }, why)
    }),
    ("price-unfit", |w| {
        let unfit = on_a_silent_feed(w);
        let (asset, settled) = (USDC, ASSET);
        refused(Command::MarkFromFeed { asset, settled }, Rejection::Unfit { asset, unfit })
    }),
];

/// USDC is marked from a feed whose sources said nothing yet; what that is good for.
pub fn on_a_silent_feed(world: &mut World) -> Unfit {
    open_feed(world, "USDC index", OfFeed::Price);
    let feed = FeedId(0);
    let attach = Command::AttachFeed { asset: USDC, settled: ASSET, feed: Some(feed) };
    ask(world, attach).unwrap();
    let silent = (0..3).map(|id| Why::Silent { source: SourceId(id) });
    let none = [Why::TooFewSources { counted: 0, needed: 2 }, Why::NoValue];
    Unfit::Quality {
        feed,
        purpose: Purpose::Liquidate,
        needed: Quality::Liquidation,
        found: Quality::None,
        reasons: silent.chain(none).collect(),
    }
}

const OF_SALES: &[Case] = &[
    ("unknown-loss", |w| {
        let loss = LossId(9);
        Sale { loss, ..Sale::of(w, "alice") }.refused(Rejection::UnknownLoss { loss })
    }),
    ("being-absorbed", |w| {
        *w = waits_for_carol();
        let loss = w.loss_id("alice");
        Sale::of(w, "alice").refused(Rejection::BeingAbsorbed { loss })
    }),
    ("number-not-new", |w| {
        sell(w, w.loss_id("alice"), 5, 1_000, 900).unwrap();
        Sale::of(w, "alice").refused(Rejection::NumberNotNew { number: 5, last: 5 })
    }),
    ("zero-amount", |w| Sale { atoms: 0, ..Sale::of(w, "alice") }.refused(Rejection::ZeroAmount)),
    ("above-held", |w| {
        let why = Rejection::AboveHeld { asked: amount(10_001), held: amount(10_000) };
        Sale { atoms: 10_001, proceeds: 10_000, ..Sale::of(w, "alice") }.refused(why)
    }),
    ("above-held", |w| {
        // When all is sold nothing is held for the loss any more.
        sell(w, w.loss_id("alice"), 1, 10_000, 8_750).unwrap();
        let why = Rejection::AboveHeld { asked: amount(1_000), held: Amount::ZERO };
        Sale::of(w, "alice").refused(why)
    }),
    ("own-collateral", |w| {
        let account = w.account_of("alice-2", "alice", 900);
        let sale = Sale { buyer: Some(account), ..Sale::of(w, "alice") };
        sale.refused(Rejection::OwnCollateral { account })
    }),
    ("below-floor", |w| {
        // 98 % of 875, rounded up.
        let why = Rejection::BelowFloor { proceeds: amount(857), least: amount(858) };
        Sale { proceeds: 857, ..Sale::of(w, "alice") }.refused(why)
    }),
    ("vault-short", |w| {
        dollars_are_gone(w, 3_000);
        sell(w, w.loss_id("alice"), 1, 10_000, 8_750).unwrap();
        let why = Rejection::VaultShort { asked: amount(10_000), vault: amount(7_000) };
        Sale { atoms: 10_000, proceeds: 8_750, ..Sale::of(w, "bob") }.refused(why)
    }),
    ("withdrawal-above-free", |w| {
        let nothing = Amount::ZERO;
        let why = account::Rejection::WithdrawalAboveFree {
            asked: amount(900),
            free: nothing,
            held: nothing,
            withheld: nothing,
            lien: nothing,
        };
        let buyer = Some(w.id("bob"));
        Sale { buyer, ..Sale::of(w, "alice") }.refused(Rejection::Account(why))
    }),
    ("not-recoverable", |w| {
        // It comes back to Carol, and to a fund that has no room for it.
        w.tick(HOUR);
        w.pay_into("fund", 10u128.pow(30));
        let why = Rejection::NotRecoverable { code: "pot-above-bound" };
        Sale { atoms: 10_000, proceeds: 8_750, ..Sale::of(w, "alice") }.refused(why)
    }),
    ("not-due", |w| {
        let duty = Action::CollateralDuty(Duty::Return { loss: w.loss_id("alice") });
        Refused::new(Actor::ENGINE, duty, Refusal::Collateral(Rejection::NotDue))
    }),
];

/// Alice holds 10,000 USDC that fell to 800 and owes 4,000, of which 3,800 may be owed; Bob has
/// cash.
fn owing() -> World {
    let mut world = venue(usdc());
    trader(&mut world, "alice", 0, 10_000);
    world.account("bob", 5_000);
    world.fill("BTC", "alice", "carol", 20, 1_000);
    world.mark("BTC", 800);
    world.fill("BTC", "carol", "alice", 20, 800);
    mark(&mut world, 800);
    world
}

fn convert(world: &World, buyer: &str, (asset, atoms): (AssetId, u128), why: Rejection) -> Refused {
    let (account, buyer, amount) = (world.id("alice"), world.id(buyer), amount(atoms));
    refused(Command::Convert { account, buyer, number: NEXT, asset, amount }, why)
}

const OF_LOANS: &[Case] = &[
    ("own-collateral", |w| {
        let account = w.account_of("alice-2", "alice", 900);
        convert(w, "alice-2", (USDC, 1), Rejection::OwnCollateral { account })
    }),
    ("no-mark", |w| {
        let asset = AssetId(2);
        w.domain_do(domain::Command::AddAsset { name: name("DAI"), decimals: 2 });
        accept(w, CollateralSpec { asset, ..usdc() }).unwrap();
        convert(w, "bob", (asset, 1), Rejection::NoMark { asset })
    }),
    ("within-limit", |w| {
        mark(w, 850);
        let (account, loan, max) = (w.id("alice"), amount(4_000), amount(4_037));
        convert(w, "bob", (USDC, 1), Rejection::WithinLimit { account, loan, max })
    }),
    ("above-conversion", |w| {
        let why = Rejection::AboveConversion { asked: amount(946), most: amount(945) };
        convert(w, "bob", (USDC, 946), why)
    }),
    ("counts-for-more", |w| {
        accept(w, CollateralSpec { sale_discount: 100_000, ..usdc() }).unwrap();
        let why = Rejection::CountsForMore { proceeds: amount(360), counts: amount(380) };
        convert(w, "bob", (USDC, 500), why)
    }),
];

#[test]
fn every_refusal_has_a_case() {
    let table = Table {
        within: "Collateral(",
        arms: arms(include_str!("../../src/collateral/command.rs")),
        cases: &[(depeg, OF_SPECS), (depeg, OF_SALES), (owing, OF_LOANS)],
        unreachable: &[("TotalAboveBound", TOTAL)],
    };
    table.check();
}

fn flawed(spec: CollateralSpec, flaw: CollateralFlaw) -> Refused {
    not_accepted(spec, Rejection::Flaw { flaw })
}

const FLAWS: &[Case] = &[
    ("the scale is 1 / 0", |_| {
        let flaw = CollateralFlaw::Scale { num: 1, den: 0, max: MAX_SCALE };
        flawed(CollateralSpec { den: 0, ..usdc() }, flaw)
    }),
    ("the first tier must begin above 0", |_| {
        flawed(CollateralSpec { tiers: vec![tier(1, 0, 0)], ..usdc() }, CollateralFlaw::NoFirstTier)
    }),
    ("tier 0: initial 2 and maintenance 1", |_| {
        let flaw = CollateralFlaw::Weight { tier: 0, initial: 2, maintenance: 1 };
        flawed(CollateralSpec { tiers: vec![tier(0, 2, 1)], ..usdc() }, flaw)
    }),
    ("tier 1: thresholds must rise", |_| {
        let tiers = vec![tier(0, 5, 5), tier(10, 6, 6)];
        flawed(CollateralSpec { tiers, ..usdc() }, CollateralFlaw::TiersDoNotFall { tier: 1 })
    }),
    ("the wrong-way discount is 0", |_| {
        let wrong_way = Some(WrongWay { market: MarketId(0), discount: 0 });
        flawed(CollateralSpec { wrong_way, ..usdc() }, CollateralFlaw::WrongWay { discount: 0 })
    }),
    ("the venue's own token is discounted by 50000, at least 500000", |_| {
        let flaw = CollateralFlaw::OwnToken { discount: 50_000, least: 500_000 };
        flawed(CollateralSpec { own_token: true, ..usdc() }, flaw)
    }),
    ("a peg at zero", |_| {
        flawed(CollateralSpec { peg: Some(Price::ZERO), ..usdc() }, CollateralFlaw::Peg)
    }),
    ("the sale discount is 1000001", |_| {
        let discount = 1_000_001;
        let flaw = CollateralFlaw::SaleDiscount { discount };
        flawed(CollateralSpec { sale_discount: discount, ..usdc() }, flaw)
    }),
];

#[test]
fn every_flaw_has_a_case() {
    let table = Table {
        within: "Collateral(Flaw { flaw: ",
        arms: variants(include_str!("../../src/collateral/spec.rs"), "CollateralFlaw"),
        cases: &[(|| venue(usdc()), FLAWS)],
        unreachable: &[],
    };
    table.check();
}
