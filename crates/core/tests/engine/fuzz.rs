//! Commands out of random bytes, on a world with every kind of layer: nothing panics, a rejection
//! changes nothing, what is due is accepted, the laws hold after every event, two engines agree
//! to the bit, and from states on the way everybody could leave and every loss would settle. The
//! same bytes feed the fuzz target `engine`.

use std::collections::BTreeMap;

use crate::commands::{Bytes, drawn, incentive, issuance};
use crate::world::venue::{backstop, perpetual, routes};
use crate::world::{World, amount, layer, members, name};
use proptest::prelude::*;
use rhodian_core::allocation::Rule;
use rhodian_core::closeout::Route;
use rhodian_core::control::Parameter;
use rhodian_core::domain::{self, Kind, Source};
use rhodian_core::engine::Action;
use rhodian_core::ids::{MarketId, Time};
use rhodian_core::market::{MarketSpec, StepLimits};

/// The tranche is paid by time, fees are divided, and who holds lots pays a premium.
fn pay(world: &mut World) {
    use rhodian_core::incentive::{Command, Figure};
    let [operator, fund, tranche, treasury] =
        ["operator", "fund", "tranche", "treasury"].map(|text| world.layer_id(text));
    let (domain, until) = (crate::world::DOMAIN, Time(1_000_000_000));
    let figures = [
        Figure::LayerLoss { layer: tranche, rate: 50_000 },
        Figure::DomainLoss { domain, amount: amount(5) },
        Figure::MarketShare { market: MarketId(0), share: 500_000 },
    ];
    let measured = figures.map(|figure| incentive::measured(figure, world.at, until));
    let table = incentive::table(operator, fund, tranche, treasury);
    let said = measured.into_iter().map(|measured| Command::Measure { measured }).chain([
        Command::SetPay { layer: tranche, pay: Some(incentive::terms()) },
        Command::SetFees { domain, table: Some(Box::new(table)) },
        Command::SetPremium { market: MarketId(0), terms: Some(incentive::premium()) },
    ]);
    said.for_each(|command| drop(world.must(Action::Incentive(command))));
}

fn world() -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 50, Some(40));
    world.tranche("tranche");
    world.gains("gains", Some(60));
    world.touched("deposits", true);
    let call = Source::Call { members: members(Rule::Proportional), deadline: 100_000 };
    world.add(layer("call", Kind::Assessment, call));
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 100_000 });
    sale.caps.per_event = Some(amount(30));
    world.add(sale);
    world.domain_do(domain::Command::AddAsset { name: name("GOV"), decimals: 0 });
    let mut tokens = layer("tokens", Kind::Issuance, Source::Proceeds { deadline: 100_000 });
    tokens.caps.per_event = Some(amount(40));
    world.add(tokens);
    world.add(layer("operator", Kind::OperatorCapital, Source::Pot));
    world.add(layer("treasury", Kind::Treasury, Source::Pot));
    let steps = [
        vec![("operator", 1)],
        vec![("fund", 1)],
        vec![("tranche", 1), ("sale", 2)],
        vec![("gains", 1)],
        vec![("call", 1)],
        vec![("tokens", 1)],
        vec![("deposits", 1)],
    ];
    let steps = steps.iter().map(|step| world.step(step)).collect();
    world.waterfall_of(domain::CauseClass::Default, steps);
    let of = issuance::spec_of(world.layer_id("tokens"), Some(world.layer_id("fund")));
    world.must(Action::Issuance(rhodian_core::issuance::Command::Specify { spec: Box::new(of) }));
    world.set(Parameter::ChallengeTime, 10);
    world.list(perpetual("m0"));
    world.mark("m0", 100);
    let steps = StepLimits { price: 30_000, funding: 5_000, penalty: 10_000 };
    world.list(MarketSpec { steps: Some(steps), ..perpetual("m1") });
    world.mark("m1", 100);
    for (place, text) in ["a0", "a1", "a2", "a3"].iter().enumerate() {
        world.account_of(text, &format!("o{}", place % 3), 200);
        for layer in ["gains", "call", "deposits"] {
            world.claims(layer, &[(text, 10 + place as u128, 50)]);
        }
    }
    world.stake("a3", "tranche", 20);
    pay(&mut world);
    let list = [backstop(&world, "a2"), Route::Deleverage];
    let of = routes(&world, "fund", &list);
    world.set_routes(of).unwrap();
    world.fill("m0", "a0", "a1", 8, 100);
    world.fill("m1", "a1", "a0", 8, 100);
    world
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_commands(bytes in prop::collection::vec(any::<u8>(), 0..900)) {
        let mut world = world();
        let mut bytes = Bytes(&bytes);
        while !bytes.is_empty() {
            let (actor, wait, action) = crate::commands::command(&mut bytes);
            let before = world.at;
            world.at = if wait == 20_000 { Time(0) } else { world.at.after(wait) };
            let backwards = world.at < before;
            let given = world.give(actor, action.clone());
            if let Err(rejection) = &given {
                prop_assert!(!rejection.code().is_empty() && !rejection.to_string().is_empty());
            }
            if backwards {
                prop_assert_eq!(given.unwrap_err().code(), "time-before");
            }
            world.at = world.engine.state().now();
            prop_assert!(world.at >= before, "time never goes back");
        }
    }
}

/// The bytes reach something: of many random commands most kinds are accepted at least once, and
/// rejections of many codes are met, each code with the same words but for its numbers.
#[test]
fn the_bytes_reach_every_area() {
    let mut codes: BTreeMap<&'static str, u32> = BTreeMap::new();
    let mut met = crate::world::live::Met::default();
    let mut seed = 1u64;
    for _ in 0..400 {
        let bytes = drawn(&mut seed, 900);
        let mut world = world();
        world.checked = false;
        let mut bytes = Bytes(&bytes);
        while !bytes.is_empty() {
            let (actor, wait, action) = crate::commands::command(&mut bytes);
            world.at = world.at.after(wait);
            let code = match world.give(actor, action) {
                Ok(_) => "accepted",
                Err(rejection) => rejection.code(),
            };
            *codes.entry(code).or_default() += 1;
        }
        let from_here = world.probe();
        met.left += from_here.left;
        met.halts += from_here.halts;
        met.settled += from_here.settled;
    }
    assert!(met.left > 1_000 && met.halts > 100 && met.settled > 10, "{met:?}");
    assert!(codes["accepted"] > 1_000, "{codes:?}");
    assert!(codes.len() > 70, "{} codes: {codes:?}", codes.len());
}
