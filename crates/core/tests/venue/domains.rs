//! An account that fails with legs in several domains: its loss is split by what it lost in each
//! since the reference, and each part runs its own domain's waterfall.

use crate::world::venue::perpetual;
use crate::world::{ASSET, World, name};
use rhodian_core::control::Parameter;
use rhodian_core::domain::{self, CauseClass};
use rhodian_core::engine::Action;
use rhodian_core::ids::DomainId;
use rhodian_core::loss::Stage;
use rhodian_core::market::MarketSpec;

const ALTS: DomainId = DomainId(1);

/// Majors with BTC and Alts with SOL, each with its own fund; all stood flat at the checkpoint.
fn floor() -> World {
    let mut world = World::venue(10_000, 1_000);
    world.fund("alts fund", 10_000, None);
    let steps = vec![world.step(&[("alts fund", 1)])];
    world.domain_do(domain::Command::OpenDomain { name: name("Alts"), asset: ASSET });
    let class = CauseClass::Default;
    world.domain_do(domain::Command::SetWaterfall { domain: ALTS, class, steps });
    let command = rhodian_core::control::Command::SetParameter {
        domain: ALTS,
        parameter: Parameter::OpeningProfit,
        value: 1_000_000,
    };
    world.must(Action::Control(command));
    world.list(MarketSpec { domain: ALTS, ..perpetual("SOL") });
    world.mark("SOL", 1_000);
    for text in ["alice", "bob", "maker"] {
        world.account(text, 100_000);
    }
    world.boundary();
    world.tick(9 * 3_600_000);
    world
}

/// The losses of Alice by domain, in id order: deficit and what the domain's fund paid.
fn losses(world: &World) -> Vec<(DomainId, u128)> {
    let losses = world.engine.state().losses.losses();
    losses.map(|(_, loss)| (loss.domain, loss.close_out.atoms())).collect()
}

fn check(case: &str, btc: u64, sol: u64, expected: &[(DomainId, u128)]) {
    let mut world = floor();
    world.fill("BTC", "alice", "bob", 400, 1_000);
    world.fill("SOL", "alice", "maker", 400, 1_000);
    let marks = [("BTC", btc), ("SOL", sol)].map(|(market, ticks)| {
        (world.market_id(market), rhodian_core::units::Price::new(ticks).unwrap())
    });
    let command = rhodian_core::market::Command::Mark { marks: marks.to_vec() };
    world.market_do(command).unwrap();
    assert_eq!(world.equity("alice"), 0, "{case}: all is taken over");
    let ids: Vec<_> = world.engine.state().losses.losses().map(|(id, _)| id).collect();
    for (place, id) in ids.iter().enumerate() {
        world.name_loss(&format!("L{place}"), *id);
    }
    // Each book is closed at the mark: what it lacks is its part of the hole.
    world.account("buyer", 10_000_000);
    for (place, (domain, _)) in losses(&world).iter().enumerate() {
        let (market, ticks) = if *domain == ALTS { ("SOL", sol) } else { ("BTC", btc) };
        world.fill(market, "buyer", &format!("book/L{place}"), 400, ticks);
    }
    assert_eq!(losses(&world), expected, "{case}");
    for (_, loss) in world.engine.state().losses.losses() {
        assert_eq!(loss.stage, Stage::Settled, "{case}");
    }
}

#[test]
fn the_hole_is_split_by_losses() {
    let majors = DomainId(0);
    // 100,000 of equity; 60,000 and 60,000 lost: a hole of 20,000, half each.
    check("alike", 850, 850, &[(majors, 10_000), (ALTS, 10_000)]);
    // 100,000 and 20,000 lost: five sixths and one sixth of 20,000, to the atom.
    check("five to one", 750, 950, &[(majors, 16_666), (ALTS, 3_334)]);
    // A gain in Alts bears nothing: its book opens with nothing and loses nothing.
    check("one lost, one won", 700, 1_010, &[(majors, 16_000), (ALTS, 0)]);
}

#[test]
fn each_domain_pays_for_its_own() {
    let mut world = floor();
    world.fill("BTC", "alice", "bob", 400, 1_000);
    world.fill("SOL", "alice", "maker", 400, 1_000);
    world.mark("BTC", 850);
    world.mark("SOL", 850);
    world.name_loss("L0", rhodian_core::ids::LossId(0));
    world.name_loss("L1", rhodian_core::ids::LossId(1));
    world.account("buyer", 10_000_000);
    world.fill("SOL", "buyer", "book/L1", 400, 850);
    assert_eq!(world.received("L1", "alts fund"), 10_000);
    assert_eq!(world.pot("fund"), 10_000, "no loss waits for another, none pays for another");
    world.fill("BTC", "buyer", "book/L0", 400, 850);
    assert_eq!(world.received("L0", "fund"), 10_000);
}
