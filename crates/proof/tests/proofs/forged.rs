//! Settlements by rank and draws on pots that a venue forges with care: every share follows from
//! the caps, rules and lists that it made up, every tree and signature is its own, and only what was
//! made up gives it away, to the program and to `docs/verify.py`.

use rhodian_core::allocation::{self, Claims, Rule};
use rhodian_core::ids::{DomainId, EpisodeId, LayerId};
use rhodian_core::loss::Rank;
use rhodian_proof::episode::EpisodeFile;
use rhodian_proof::header::{Basis, DivisionHeader, LayerRule};
use rhodian_proof::leaf::{AccountLeaf, ShareLeaf};
use rhodian_proof::receipt::Receipt;
use rhodian_proof::rounding::Rounding;

use crate::pots::signed;
use crate::refusals::{Lie, failed, made_up};
use crate::stories::{Proved, drawn, policy, settle, settled};
use crate::strict::python;
use crate::world::{World, amount};

/// Divides anew by `rule`, over the claims and caps that stand in the leaves.
fn divide(
    header: &mut DivisionHeader,
    leaves: &mut [ShareLeaf],
    accounts: &[AccountLeaf],
    rule: Rule,
) {
    leaves.sort_unstable_by_key(|leaf| leaf.place);
    let weight = |leaf: &ShareLeaf| {
        let account = accounts.iter().find(|of| of.account == leaf.account).unwrap();
        account.claim(header.layer).unwrap().weight
    };
    let weights: Vec<_> = leaves.iter().map(weight).collect();
    let caps: Vec<_> = leaves.iter().map(|leaf| leaf.cap).collect();
    let paid: Vec<_> = leaves.iter().map(|leaf| leaf.paid).collect();
    let (scores, risks) = (vec![0; leaves.len()], vec![1_000_000; leaves.len()]);
    let (caps, weights, scores, risks) = (&caps, &weights, &scores, &risks);
    let claims = Claims { caps, weights, scores, risks, classes: &[] };
    let all = header.before.checked_add(header.amount).unwrap();
    let shares = allocation::next_wave(rule, all, &claims, &paid).unwrap().shares;
    let exact = allocation::exact(rule, all, &claims).unwrap();
    header.levels[0].level = exact.levels()[0];
    for (index, leaf) in leaves.iter_mut().enumerate() {
        let (whole, num, den) = exact.share(index);
        leaf.whole = amount(whole);
        (leaf.rest.num, leaf.rest.den) = (num, den);
        leaf.floor = leaf.whole.less_or_zero(leaf.paid);
        leaf.share = shares[index];
    }
    header.rounding = Rounding::of(leaves, false).unwrap();
    leaves.sort_unstable_by_key(|leaf| leaf.identity);
}

/// Alice, who is the venue's friend, and Bob hold 60 of principal each, and 50 are taken.
fn friends() -> Proved {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.waterfall(&["fund"]);
    for text in ["alice", "bob"] {
        world.account(text, 60);
    }
    world.report("L", 60);
    settle(&mut world, &["alice", "bob"].map(|text| (text, Rank::Principal, 60)));
    Proved::of(world)
}

fn episode_fails(file: EpisodeFile) -> Vec<String> {
    signed(file).verify(Some(&policy())).failed().map(str::to_owned).collect()
}

/// What fails of a receipt by the program; the script refuses it too, where there is python3.
fn receipt_fails(receipt: &Receipt) -> Vec<String> {
    let failed = failed(receipt, &policy());
    if let Some(statuses) = python(&[&receipt.to_json()]) {
        assert_eq!(statuses, [i32::from(!failed.is_empty())], "docs/verify.py, of {failed:?}");
    }
    failed
}

/// The first account is a friend, whose cap the venue says to be 1.
fn spare(lie: &mut Lie) {
    let friend = lie.share_leaves.iter_mut().min_by_key(|leaf| leaf.place).unwrap();
    friend.cap = amount(1);
    divide(&mut lie.division, &mut lie.share_leaves, &lie.account_leaves, Rule::Proportional);
}

#[test]
fn a_friend_is_not_spared_by_a_low_cap_in_a_rank_or_a_pot() {
    let mut file = friends().episode();
    let set = &mut file.ranked[0];
    let division = &mut set.divisions[0];
    let (header, leaves) = (&mut division.header, &mut division.leaves);
    divide(header, leaves, &set.leaves, Rule::Proportional);
    assert_eq!(episode_fails(file.clone()), Vec::<String>::new(), "the truth, divided anew");
    let set = &mut file.ranked[0];
    let division = &mut set.divisions[0];
    let (header, leaves) = (&mut division.header, &mut division.leaves);
    leaves.iter_mut().find(|leaf| leaf.place == 0).unwrap().cap = amount(1);
    divide(header, leaves, &set.leaves, Rule::Proportional);
    let bob = leaves.iter().find(|leaf| leaf.place == 1).unwrap();
    assert_eq!(bob.share, amount(49), "Bob pays for Alice");
    let each = "ranked-0/loss-0/rank-principal/wave-1/each";
    assert_eq!(episode_fails(file), [each, "ranks/left"]);

    let mut file = Proved::of(drawn()).episode();
    let set = &mut file.pots[0];
    let division = &mut set.divisions[0];
    let (header, leaves) = (&mut division.header, &mut division.leaves);
    leaves.iter_mut().find(|leaf| leaf.place == 0).unwrap().cap = amount(1);
    divide(header, leaves, &set.leaves, Rule::Proportional);
    assert_eq!(episode_fails(file), ["pot-0/loss-1/layer-0/wave-1/each"]);

    assert_eq!(receipt_fails(&made_up(&friends(), "alice", |_| {})), Vec::<String>::new());
    assert_eq!(receipt_fails(&made_up(&friends(), "alice", spare)), ["cap"]);
    assert_eq!(receipt_fails(&made_up(&Proved::of(drawn()), "ann", spare)), ["cap"]);
}

/// What another domain's end paid, or the end of this one for other episodes, clears no debt here.
#[test]
fn a_settlement_of_another_domain_or_episode_is_refused() {
    let told = |episode| {
        let proved = Proved::of(settled());
        proved.prover.episode(EpisodeId(episode), &proved.head).expect("an episode")
    };
    type Make = fn(&mut EpisodeFile);
    let cases: [(&str, Make, &[&str]); 4] = [
        ("the truth", |_| {}, &[]),
        (
            "of other episodes, and a list of this",
            |file| file.ranked[2].divisions.clear(),
            &["one-episode"],
        ),
        (
            "another domain's",
            |file| {
                for of in &mut file.ranked {
                    of.header.domain = DomainId(7);
                    of.divisions.iter_mut().for_each(|of| of.header.domain = DomainId(7));
                }
            },
            &["one-episode"],
        ),
        ("of other episodes only", |file| drop(file.ranked.pop()), &["one-episode"]),
    ];
    for (name, make, expected) in cases {
        let mut file = told(2);
        make(&mut file);
        assert_eq!(episode_fails(file), expected, "{name}");
    }
}

/// Alice's 100 and Bob's 20 of principal, of which 40 are taken: 33 and 7.
fn unlike() -> Proved {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.waterfall(&["fund"]);
    for (text, cash) in [("alice", 100), ("bob", 20)] {
        world.account(text, cash);
    }
    world.report("L", 50);
    settle(&mut world, &[("alice", Rank::Principal, 100), ("bob", Rank::Principal, 20)]);
    Proved::of(world)
}

/// Divides by the rule that the venue says principal to have.
fn by_rule(lie: &mut Lie, rule: Rule) {
    lie.accounts.layers[2].rule = rule;
    divide(&mut lie.division, &mut lie.share_leaves, &lie.account_leaves, rule);
}

#[test]
fn no_layer_stands_in_place_of_a_rank_and_ranks_have_their_own_rules() {
    type Make = fn(&mut Lie);
    let cases: [(&str, Make); 7] = [
        ("a layer with the id of a rank", |lie| {
            lie.accounts.layers = vec![lie.accounts.layers[2].clone()];
            lie.accounts.layers[0].basis = Basis::Reported;
        }),
        ("beside another layer", |lie| {
            lie.accounts.layers[0].layer = LayerId(0);
            lie.accounts.layers.iter_mut().for_each(|of| of.basis = Basis::Supply);
        }),
        ("only principal", |lie| lie.accounts.layers = vec![lie.accounts.layers[2].clone()]),
        ("equal losses", |lie| by_rule(lie, Rule::EqualLosses)),
        ("a queue", |lie| by_rule(lie, Rule::Queue)),
        ("a part of the weight as the cap", |lie| {
            lie.accounts.layers[2].cap_of_weight = Some(1_000_000);
        }),
        ("principal by another name", |lie| lie.accounts.layers[2].name = "gains".into()),
    ];
    let proved = unlike();
    assert_eq!(receipt_fails(&made_up(&proved, "bob", |_| {})), Vec::<String>::new());
    for (name, lie) in cases {
        assert_eq!(receipt_fails(&made_up(&proved, "bob", lie)), ["rank"], "{name}");
    }
    // An ordinary liable set of an episode that has a layer with the id of a rank.
    let mut file = unlike().episode();
    let mut set = file.ranked.remove(0);
    set.header.layers.iter_mut().for_each(|of| of.basis = Basis::Reported);
    file.sets = vec![set];
    assert_eq!(episode_fails(file), ["one-episode", "set-0/rank"]);
}

#[test]
fn a_pot_divides_by_stake_alone() {
    type Make = fn(&mut Lie);
    let cases: [(&str, Make); 5] = [
        ("a queue", |lie| {
            lie.accounts.layers[0].rule = Rule::Queue;
            let (division, leaves) = (&mut lie.division, &mut lie.share_leaves);
            divide(division, leaves, &lie.account_leaves, Rule::Queue);
        }),
        ("equal losses", |lie| {
            lie.accounts.layers[0].rule = Rule::EqualLosses;
            let (division, leaves) = (&mut lie.division, &mut lie.share_leaves);
            divide(division, leaves, &lie.account_leaves, Rule::EqualLosses);
        }),
        ("a part of the weight as the cap", |lie| {
            lie.accounts.layers[0].cap_of_weight = Some(1_000_000);
        }),
        ("with classes", |lie| lie.accounts.layers[0].classes = true),
        ("beside another layer", |lie| {
            let other = LayerRule { layer: LayerId(9), ..lie.accounts.layers[0].clone() };
            lie.accounts.layers.push(other);
        }),
    ];
    let proved = Proved::of(drawn());
    assert_eq!(receipt_fails(&made_up(&proved, "ann", |_| {})), Vec::<String>::new());
    for (name, lie) in cases {
        let failed = receipt_fails(&made_up(&proved, "ann", lie));
        assert!(failed.contains(&"pot".to_owned()), "{name}: {failed:?}");
    }
}

/// Who left after the list was made would pay, and who came since would not.
#[test]
fn a_list_of_holders_or_stakers_is_of_the_moment_of_the_division() {
    let older = |lie: &mut Lie| lie.accounts.at.0 -= 1;
    assert_eq!(receipt_fails(&made_up(&unlike(), "bob", older)), ["same-loss"]);
    assert_eq!(receipt_fails(&made_up(&Proved::of(drawn()), "ann", older)), ["same-loss"]);
    let mut file = unlike().episode();
    file.ranked[0].header.at.0 -= 1;
    assert_eq!(episode_fails(file), ["ranked-0/loss-0/rank-principal/wave-1/same-loss"]);
    let fixed = Proved::of(crate::stories::three_waves());
    assert_eq!(receipt_fails(&made_up(&fixed, "a3", older)), Vec::<String>::new(), "fixed before");
}
