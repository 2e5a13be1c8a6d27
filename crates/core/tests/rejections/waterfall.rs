//! Waterfalls: what can never be right about one.

use rhodian_core::allocation::Rule;
use rhodian_core::domain::{Basis, CauseClass, Command, Kind, LayerSpec, Rejection, Source};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AssetId, LayerId};
use rhodian_core::waterfall::{Flaw, MAX_STEPS, Side, Step};

use crate::codes::arms;
use crate::table::{Case, Refused, Table};
use crate::world::lending::by_supply;
use crate::world::liquidity::by_shares;
use crate::world::{DOMAIN, World, layer, members, name};

/// A layer of each kind that stands where another may not.
fn floor() -> World {
    let mut world = World::new("USD", 2);
    for text in ["alice", "bob", "carol"] {
        world.account(text, 0);
    }
    world.fund("fund", 0, None);
    for text in ["lenders", "other lenders"] {
        world.add(layer(text, Kind::LenderSupply, Source::Members(by_supply())));
    }
    for text in ["gains", "other gains"] {
        world.session_gains(text);
    }
    let all = Source::Members(members(Rule::Proportional));
    for (text, kind) in [
        ("deposits", Kind::Deposits),
        ("profit", Kind::ProviderProfit),
        ("principal", Kind::ProviderPrincipal),
    ] {
        world.add(layer(text, kind, all));
    }
    for (text, kind, basis) in [
        ("held profit", Kind::ProviderProfit, Basis::HolderProfit),
        ("other held profit", Kind::ProviderProfit, Basis::HolderProfit),
        ("held principal", Kind::ProviderPrincipal, Basis::PoolShares),
    ] {
        world.add(layer(text, kind, by_shares(basis)));
    }
    world.domain_do(Command::AddAsset { name: name("EUR"), decimals: 2 });
    let asset = AssetId(1);
    world.add(LayerSpec { asset, ..layer("euros", Kind::InsuranceFund, Source::Pot) });
    world
}

/// One step for each list of layers, side by side.
fn steps(world: &World, lists: &[&[&str]]) -> Vec<Step> {
    let step = |list: &&[&str]| {
        let sides: Vec<(&str, u32)> = list.iter().map(|text| (*text, 1)).collect();
        world.step(&sides)
    };
    lists.iter().map(step).collect()
}

fn of_class(class: CauseClass, steps: Vec<Step>, flaw: Flaw) -> Refused {
    let command = Command::SetWaterfall { domain: DOMAIN, class, steps };
    let why = Refusal::Domain(Rejection::Waterfall { flaw });
    Refused::new(Actor::VENUE, Action::Domain(command), why)
}

fn refused(steps: Vec<Step>, flaw: Flaw) -> Refused {
    of_class(CauseClass::Default, steps, flaw)
}

const CASES: &[Case] = &[
    ("waterfall-no-steps", |_| refused(vec![], Flaw::NoSteps)),
    ("waterfall-too-many", |_| {
        let steps = vec![Step { layers: vec![] }; MAX_STEPS + 1];
        refused(steps, Flaw::TooMany { max: 64 })
    }),
    ("step-empty", |w| refused(steps(w, &[&["fund"], &[]]), Flaw::EmptyStep { step: 2 })),
    ("unknown-layer", |_| {
        let layer = LayerId(99);
        let steps = vec![Step { layers: vec![Side { layer, weight: 1 }] }];
        refused(steps, Flaw::UnknownLayer { step: 1, layer })
    }),
    ("step-zero-weight", |w| {
        let steps = vec![w.step(&[("fund", 0)])];
        refused(steps, Flaw::ZeroWeight { step: 1, layer: w.layer_id("fund") })
    }),
    ("layer-twice", |w| {
        let flaw = Flaw::LayerTwice { step: 2, layer: w.layer_id("fund") };
        refused(steps(w, &[&["fund"], &["gains", "fund"]]), flaw)
    }),
    ("supply-twice", |w| {
        let flaw = Flaw::SupplyTwice { step: 2, layer: w.layer_id("other lenders") };
        refused(steps(w, &[&["lenders"], &["other lenders"]]), flaw)
    }),
    ("shares-twice", |w| {
        let flaw = Flaw::SharesTwice { step: 2, layer: w.layer_id("other held profit") };
        refused(steps(w, &[&["held profit"], &["other held profit"]]), flaw)
    }),
    ("no-profit-before", |w| {
        // A mark between the two could bring profit back.
        let flaw = Flaw::NoProfitBefore { step: 3, layer: w.layer_id("held principal") };
        refused(steps(w, &[&["held profit"], &["fund"], &["held principal"]]), flaw)
    }),
    ("gains-twice", |w| {
        // In the waterfall for another class too.
        let of_prices = steps(w, &[&["gains"]]);
        w.waterfall_of(CauseClass::PriceError, of_prices);
        let (layer, other) = (w.layer_id("other gains"), w.layer_id("gains"));
        let flaw = Flaw::GainsTwice { step: 2, layer, other };
        refused(steps(w, &[&["fund"], &["other gains"]]), flaw)
    }),
    ("gains-behind-profit", |w| {
        let (layer, other) = (w.layer_id("gains"), w.layer_id("held profit"));
        let flaw = Flaw::GainsBehindProfit { step: 2, layer, other };
        refused(steps(w, &[&["held profit"], &["gains"]]), flaw)
    }),
    ("gains-behind-profit", |w| {
        // Side by side.
        let (layer, other) = (w.layer_id("gains"), w.layer_id("held profit"));
        let flaw = Flaw::GainsBehindProfit { step: 1, layer, other };
        refused(steps(w, &[&["gains", "held profit"]]), flaw)
    }),
    ("layer-other-asset", |w| {
        let flaw = Flaw::OtherAsset { step: 1, layer: w.layer_id("euros") };
        refused(steps(w, &[&["euros"]]), flaw)
    }),
    ("layer-never-reached", |w| {
        let (layer, behind) = (w.layer_id("gains"), w.layer_id("deposits"));
        let flaw = Flaw::NeverReached { step: 2, layer, behind };
        refused(steps(w, &[&["deposits"], &["gains"]]), flaw)
    }),
    ("principal-before-profit", |w| {
        let flaw = Flaw::PrincipalBeforeProfit { step: 2, layer: w.layer_id("principal") };
        refused(steps(w, &[&["principal"], &["profit"]]), flaw)
    }),
    ("principal-before-profit", |w| {
        // Side by side it would be taken while profit remains.
        let flaw = Flaw::PrincipalBeforeProfit { step: 1, layer: w.layer_id("principal") };
        refused(steps(w, &[&["profit", "principal"]]), flaw)
    }),
    ("custody-not-own-money", |w| {
        let flaw = Flaw::CustodyNotOwnMoney { layer: w.layer_id("fund") };
        of_class(CauseClass::Custody, steps(w, &[&["fund"]]), flaw)
    }),
];

#[test]
fn every_flaw_has_a_case() {
    let table = Table {
        within: "Domain(Waterfall { flaw: ",
        arms: arms(include_str!("../../src/waterfall/mod.rs")),
        cases: &[(floor, CASES)],
        unreachable: &[],
    };
    table.check();
}
