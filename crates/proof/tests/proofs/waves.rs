//! A venue that lies about the waves of a committed episode, under its own signature: every tree,
//! header and place in the log is made anew over what it changed.

use rhodian_core::allocation::Rule;
use rhodian_core::domain::MemberRule;
use rhodian_proof::episode::{CommittedDivision, EpisodeFile, TRUSTED_OF_EPISODE};
use rhodian_proof::log::Log;
use rhodian_proof::report::{Report, Verdict};
use rhodian_proof::sum::SumTree;

use crate::stories::{ORIGIN, Proved, key, policy, waves};
use crate::world::{World, amount, members};

/// Seven members; what Bob, the sixth, holds at each loss, and the loss.
fn story(rule: MemberRule, losses: &[(u128, u128)]) -> World {
    let accounts: Vec<(u128, u128, u128)> = (1..8).map(|n| (n * n + 3, 5 * n + 2, 1_000)).collect();
    let mut world = waves(rule, &accounts, &[]);
    for (number, (held, loss)) in losses.iter().enumerate() {
        let now = u128::try_from(world.cash("a5")).unwrap();
        match now.checked_sub(*held) {
            Some(0) => {}
            Some(lost) => world.result("a5", "rich", lost),
            None => world.result("rich", "a5", held - now),
        }
        world.report(&format!("L{number}"), *loss);
    }
    world
}

fn told(losses: &[(u128, u128)]) -> EpisodeFile {
    Proved::of(story(members(Rule::Proportional), losses)).episode()
}

/// The file signed anew.
fn signed(mut file: EpisodeFile) -> EpisodeFile {
    let at = file.head.head.at;
    let mut log = Log::default();
    for set in &mut file.sets {
        set.header.root = SumTree::new(&set.leaves).unwrap().root();
        set.log.index = log.append(&set.header.hash()).unwrap();
    }
    for set in &mut file.sets {
        for division in &mut set.divisions {
            division.header.accounts = set.header.hash();
            division.header.root = SumTree::new(&division.leaves).unwrap().root();
            division.log.index = log.append(&division.header.hash()).unwrap();
        }
    }
    let head = log.head(ORIGIN.into(), at);
    for set in &mut file.sets {
        set.log = log.path(set.log.index, head.size).unwrap();
        for division in &mut set.divisions {
            division.log = log.path(division.log.index, head.size).unwrap();
        }
    }
    file.head = head.sign(&key(1));
    file
}

fn failed(report: &Report) -> Vec<&str> {
    report.failed().collect()
}

/// Where nobody's means ran short, and the same losses where the first or the second differ.
const RICH: [(u128, u128); 3] = [(1_000, 17), (990, 23), (990, 31)];

#[test]
fn waves_that_do_not_follow_from_each_other_are_refused() {
    // In each story every wave is right by itself: only that they do not follow one another tells.
    let (other_amount, other_payers) =
        (told(&[(1_000, 19), (990, 21), (990, 31)]), told(&[(1, 17), (990, 23), (990, 31)]));
    let wave = |file: &EpisodeFile, wave: usize| -> CommittedDivision {
        file.sets[0].divisions[wave - 1].clone()
    };
    type Lie<'a> = &'a dyn Fn(&mut Vec<CommittedDivision>);
    let cases: [(&str, Lie<'_>, &[&str]); 8] = [
        ("the truth", &|_| {}, &[]),
        (
            "another amount in the first wave",
            &|of| of[0] = wave(&other_amount, 1),
            &["loss-2/layer-0/wave-2/before", "loss-3/layer-0/wave-3/before"],
        ),
        (
            "a friend spared in the first wave",
            &|of| of[0] = wave(&other_payers, 1),
            &[
                "loss-2/layer-0/wave-2/before",
                "loss-2/layer-0/wave-2/caps",
                "loss-3/layer-0/wave-3/before",
            ],
        ),
        (
            "the first wave dropped",
            &|of| drop(of.remove(0)),
            &["layer-0/waves", "loss-2/layer-0/wave-2/before", "loss-3/layer-0/wave-3/before"],
        ),
        (
            "a wave dropped",
            &|of| drop(of.remove(1)),
            &["layer-0/waves", "loss-3/layer-0/wave-3/before"],
        ),
        (
            "a wave dropped, and the next renumbered",
            &|of| {
                of.remove(1);
                of[1].header.wave = 2;
            },
            &["loss-3/layer-0/wave-2/before"],
        ),
        (
            "a wave repeated",
            &|of| of.insert(1, of[1].clone()),
            &["layer-0/waves", "loss-2/layer-0/wave-2/before", "loss-3/layer-0/wave-3/before"],
        ),
        ("two waves in the wrong order", &|of| of.swap(0, 1), &["layer-0/waves"]),
    ];
    for (name, lie, expected) in cases {
        let mut file = told(&RICH);
        lie(&mut file.sets[0].divisions);
        let report = signed(file).verify(Some(&policy()));
        let expected: Vec<String> = expected.iter().map(|of| format!("set-0/{of}")).collect();
        assert_eq!(failed(&report), expected, "{name}");
    }
}

#[test]
fn a_set_stands_once() {
    let mut file = told(&RICH);
    file.sets.push(file.sets[0].clone());
    assert_eq!(failed(&signed(file).verify(Some(&policy()))), ["one-episode"]);
}

/// What no leaf shows is listed: that a friend held no more, and that nothing came later.
#[test]
fn what_waves_do_not_show_is_listed_as_trusted() {
    let lower = "set-0/loss-2/layer-0/wave-2/lower-caps";
    let rich = told(&RICH).verify(Some(&policy()));
    assert_eq!((failed(&rich), rich.verdict(lower)), (vec![], None));
    // Were it a lie that the friend held 3, the file would be the same.
    let poor = told(&[(1_000, 17), (3, 23), (3, 31)]);
    let report = poor.verify(Some(&policy()));
    assert_eq!((failed(&report), report.verdict(lower)), (vec![], Some(Verdict::Trusted)));
    // A wave less, the last one, is a whole file.
    let mut cut = told(&RICH);
    cut.sets[0].divisions.pop();
    let report = signed(cut).verify(Some(&policy()));
    assert_eq!(failed(&report), Vec::<&str>::new());
    for words in TRUSTED_OF_EPISODE {
        let name = words.split_once(": ").unwrap().0;
        assert_eq!(report.verdict(name), Some(Verdict::Trusted), "{name}");
    }
}

/// A cap that shrank stays: money that comes later does not raise it.
#[test]
fn a_cap_that_rises_again_is_refused() {
    let mut file = told(&[(1_000, 17), (3, 23), (990, 31)]);
    let report = file.verify(Some(&policy()));
    assert_eq!(failed(&report), Vec::<&str>::new());
    let leaves = &mut file.sets[0].divisions[2].leaves;
    let bob = leaves.iter_mut().find(|leaf| leaf.account.0 == 5).unwrap();
    bob.cap = amount(bob.cap.atoms() + 1);
    let report = signed(file).verify(Some(&policy()));
    let name = "set-0/loss-3/layer-0/wave-3/caps";
    assert_eq!(report.verdict(name), Some(Verdict::Failed), "{:?}", failed(&report));
}

/// Shares that wait for a touch count as paid: their waves follow one another, too.
#[test]
fn waves_taken_on_touch_follow_one_another() {
    let rule = MemberRule { on_touch: true, ..members(Rule::Proportional) };
    for losses in [RICH, [(1_000, 17), (3, 23), (990, 31)], [(4, 17), (900, 23), (2, 31)]] {
        let report = Proved::of(story(rule, &losses)).episode().verify(Some(&policy()));
        assert_eq!(failed(&report), Vec::<&str>::new(), "{losses:?}");
    }
}
