//! Every waterfall of up to three steps over a small alphabet of layers, every loss from 1 to 7,
//! against a slow model that shares no code: every draw, planned and received, what is uncovered,
//! every account's share, every balance.

use std::collections::BTreeMap;

use crate::slow::{Layer, Model, Money};
use crate::world::{World, amount, layer, members};
use rhodian_core::allocation::Rule;
use rhodian_core::domain::{Attachment, Kind, Source};

/// The alphabet, in the order of the model's layers.
const NAMES: [&str; 7] = ["pot", "capped", "stakes", "gains", "other", "sale", "band"];
const ACCOUNTS: [&str; 3] = ["ann", "ben", "cat"];
const CASH: [i64; 3] = [9, 2, 9];
const GAINS: [(usize, i64, i64); 2] = [(0, 2, 2), (1, 1, 2)];
const OTHER: [(usize, i64, i64); 2] = [(1, 1, 3), (2, 2, 1)];
const STAKES: [(usize, i64); 2] = [(0, 1), (2, 2)];
const SALE: i64 = 3;

/// Which of a capped pot's caps binds first.
#[derive(Clone, Copy, Debug)]
struct Variant {
    pot: u128,
    per_event: Option<u128>,
    per_episode: Option<u128>,
}

const VARIANTS: [Variant; 4] = [
    Variant { pot: 0, per_event: Some(1), per_episode: None },
    Variant { pot: 1, per_event: None, per_episode: Some(2) },
    Variant { pot: 2, per_event: Some(2), per_episode: Some(1) },
    Variant { pot: 3, per_event: Some(5), per_episode: Some(5) },
];

fn world(variant: Variant) -> World {
    let mut world = World::new("USD", 0);
    world.fund("pot", variant.pot, None);
    let mut capped = layer("capped", Kind::OperatorCapital, Source::Pot);
    capped.caps.per_event = variant.per_event.map(amount);
    capped.caps.per_episode = variant.per_episode.map(amount);
    world.add(capped);
    world.pay_into("capped", 3);
    world.tranche("stakes");
    for text in ["gains", "other"] {
        let source = Source::Members(members(Rule::Proportional));
        world.add(layer(text, Kind::GainsHaircut, source));
    }
    let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 10 });
    sale.caps.per_event = Some(amount(SALE.unsigned_abs().into()));
    world.add(sale);
    let mut band = layer("band", Kind::InsuranceFund, Source::Pot);
    band.attachment = Some(Attachment { attach: amount(2), detach: amount(4) });
    world.add(band);
    world.pay_into("band", 3);
    let atoms = |n: i64| u128::from(n.unsigned_abs());
    for (place, text) in ACCOUNTS.iter().enumerate() {
        let staked = STAKES.iter().find(|(staker, _)| *staker == place).map_or(0, |s| s.1);
        world.account(text, atoms(CASH[place] + staked));
        if staked > 0 {
            world.stake(text, "stakes", atoms(staked));
        }
    }
    for (text, claims) in [("gains", GAINS), ("other", OTHER)] {
        for (account, weight, cap) in claims {
            world.claim(text, ACCOUNTS[account], atoms(weight), atoms(cap));
        }
    }
    world
}

fn model(variant: Variant) -> Model {
    let of = |money| Layer { money, per_event: None, per_episode: None, band: None, paid: 0 };
    let small = |n: u128| i64::try_from(n).unwrap();
    let claims = |claims: [(usize, i64, i64); 2]| {
        Money::Members(claims.map(|(account, weight, cap)| (account, weight, cap, 0)).to_vec())
    };
    let layers = vec![
        of(Money::Pot(small(variant.pot))),
        Layer {
            per_event: variant.per_event.map(small),
            per_episode: variant.per_episode.map(small),
            ..of(Money::Pot(3))
        },
        of(Money::Stakes(STAKES.to_vec())),
        of(claims(GAINS)),
        of(claims(OTHER)),
        Layer { per_event: Some(SALE), ..of(Money::Outside) },
        Layer { band: Some((2, 4)), ..of(Money::Pot(3)) },
    ];
    Model { cash: CASH.to_vec(), layers, draws: Vec::new(), bore: Vec::new() }
}

type Step = Vec<(usize, i64)>;

/// Every step: one layer, or two side by side, 1:1, 1:2 and 2:1.
fn all_steps() -> Vec<Step> {
    let mut steps: Vec<Step> = (0..NAMES.len()).map(|layer| vec![(layer, 1)]).collect();
    for first in 0..NAMES.len() {
        for second in 0..NAMES.len() {
            if first < second {
                steps.push(vec![(first, 1), (second, 1)]);
            }
            if first != second {
                steps.push(vec![(first, 1), (second, 2)]);
            }
        }
    }
    steps
}

fn disjoint(steps: &[Step], next: &Step) -> bool {
    next.iter().all(|(layer, _)| steps.iter().flatten().all(|(other, _)| other != layer))
}

/// Visits every waterfall of `length` steps, a layer at most once, with at most `pairs` steps that
/// hold two.
fn waterfalls(length: usize, pairs: usize, visit: &mut dyn FnMut(&[Step])) {
    fn extend(
        all: &[Step],
        chosen: &mut Vec<Step>,
        left: (usize, usize),
        visit: &mut dyn FnMut(&[Step]),
    ) {
        if left.0 == 0 {
            return visit(chosen);
        }
        for step in all {
            let pair = step.len() - 1;
            if pair <= left.1 && disjoint(chosen, step) {
                chosen.push(step.clone());
                extend(all, chosen, (left.0 - 1, left.1 - pair), visit);
                chosen.pop();
            }
        }
    }
    extend(&all_steps(), &mut Vec::new(), (length, pairs), visit);
}

struct Case<'a> {
    variant: Variant,
    waterfall: &'a World,
    steps: &'a [Step],
}

impl Case<'_> {
    fn check(&self, loss: i64, comes: i64) {
        let context = || format!("{:?} {:?} loss {loss} comes {comes}", self.variant, self.steps);
        let mut slow = model(self.variant);
        let uncovered = slow.run(self.steps, loss, comes);
        let mut world = self.waterfall.clone();
        world.report("L", u128::from(loss.unsigned_abs()));
        let pending = world.loss("L").draws.iter().find(|draw| !draw.closed).cloned();
        if let Some(draw) = pending {
            let pays = draw.planned.atoms().min(u128::from(comes.unsigned_abs()));
            if pays > 0 {
                world.pay_draw("L", "sale", None, pays).unwrap();
            }
            world.tick(10);
        }
        let found = world.loss("L");
        let small = |n: u128| i64::try_from(n).unwrap();
        let draws = found.draws.iter().map(|draw| crate::slow::Draw {
            step: usize::from(draw.step),
            layer: draw.layer.index(),
            planned: small(draw.planned.atoms()),
            received: small(draw.received.atoms()),
        });
        assert_eq!(draws.collect::<Vec<_>>(), slow.draws, "{}", context());
        assert_eq!(small(found.uncovered.atoms()), uncovered, "{}", context());
        let mut bore: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for (layer, account, share) in &slow.bore {
            *bore.entry((*layer, *account)).or_default() += share;
        }
        for ((layer, account), share) in bore {
            let paid = world.bore("L", NAMES[layer]);
            let paid = paid.get(&world.id(ACCOUNTS[account])).copied().unwrap_or(0);
            assert_eq!(small(paid), share, "{} {}", NAMES[layer], context());
        }
        for (account, text) in ACCOUNTS.iter().enumerate() {
            assert_eq!(world.cash(text), slow.cash[account].into(), "{text} {}", context());
        }
        for (layer, text) in NAMES.iter().enumerate() {
            if let Money::Pot(balance) = slow.layers[layer].money {
                assert_eq!(world.pot(text), balance.into(), "{text} {}", context());
            }
        }
    }
}

/// Every loss, and every answer of the sale where it is asked. Some cases are also checked by the
/// laws, from three sides, as every test does.
fn exhaust(length: usize, pairs: usize, variants: &[Variant]) -> usize {
    let (mut count, mut number) = (0, 0);
    for variant in variants {
        let base = world(*variant);
        waterfalls(length, pairs, &mut |steps| {
            let mut set = base.clone();
            set.checked = number % 40 == 0;
            number += 1;
            let named = steps.iter().map(|step| {
                let sides: Vec<_> = step
                    .iter()
                    .map(|(layer, weight)| (NAMES[*layer], u32::try_from(*weight).unwrap()))
                    .collect();
                set.step(&sides)
            });
            let named = named.collect();
            set.waterfall_of(rhodian_core::domain::CauseClass::Default, named);
            let case = Case { variant: *variant, waterfall: &set, steps };
            let asked = steps.iter().flatten().any(|(layer, _)| NAMES[*layer] == "sale");
            for loss in 1..=7 {
                for comes in if asked { 0..=SALE } else { 0..=0 } {
                    case.check(loss, comes);
                    count += 1;
                }
            }
        });
    }
    println!("{count} losses through waterfalls of {length} steps");
    count
}

#[test]
fn one_step() {
    assert!(exhaust(1, 1, &VARIANTS) > 2_000);
}

#[test]
fn two_steps() {
    assert!(exhaust(2, 2, &VARIANTS) > 50_000);
}

#[test]
fn three_steps() {
    assert!(exhaust(3, 1, &VARIANTS[1..3]) > 50_000);
}
