//! What is true passes: every receipt of every member of every division, and the episode file,
//! under every rule, in one wave and in many.

use proptest::prelude::*;
use rhodian_core::allocation::Rule;
use rhodian_core::domain::MemberRule;
use rhodian_proof::episode::EpisodeFile;
use rhodian_proof::receipt::Receipt;
use rhodian_proof::report::{Report, Verdict};
use rhodian_proof::rounding::Way;
use rhodian_proof::standing::Standing;
use rhodian_proof::verify;

use crate::stories::{Proved, crash, key, policy, three_waves, touched, waves};
use crate::world::{DOMAIN, World, amount, members};

fn good(report: &Report, what: &str) {
    let failed: Vec<&str> = report.failed().collect();
    assert!(report.is_good(), "{what}: {failed:?} of {:#?}", report.checks);
}

/// Every receipt and the episode of a world pass, and read back as they were written.
pub fn check(world: World) -> Proved {
    let proved = Proved::of(world);
    let mut seen = 0;
    for (id, division) in proved.prover.divisions() {
        for leaf in &division.of.leaves {
            let state = proved.world.engine.state();
            let receipt = proved.prover.receipt(state, id, leaf.account, &proved.head).unwrap();
            good(&verify::receipt(&receipt, &policy()), &receipt.external_id);
            assert_eq!(Receipt::from_json(&receipt.to_json()), Ok(receipt));
            seen += 1;
        }
    }
    assert!(seen > 0, "somebody has a receipt");
    let episode = proved.episode();
    good(&episode.verify(Some(&policy())), "the episode");
    assert_eq!(EpisodeFile::from_json(&episode.to_json()), Ok(episode));
    proved
}

#[test]
fn a_crash_through_a_venue() {
    let proved = check(crash());
    let receipt = proved.receipt("L1", "bob");
    let state = proved.world.engine.state();
    let paid = state.losses.loss(proved.world.loss_id("L1")).unwrap();
    let layer = proved.world.layer_id("gains");
    let shares: u128 = ["bob", "carol", "dan"]
        .iter()
        .flat_map(|name| proved.receipts("L1", name))
        .map(|receipt| receipt.share.share.atoms())
        .sum();
    assert_eq!(shares, paid.received_from(layer).atoms(), "receipts sum to the draw");
    let report = verify::receipt(&receipt, &policy());
    assert_eq!(report.verdict("weight"), Some(Verdict::Passed), "by his session gain");
    assert_eq!(receipt.account.gain.atoms(), 13_900, "139 a lot on 100 lots");
    assert!(receipt.account.affiliate, "Bob is the operator's");
    let names: Vec<&str> = receipt.accounts.terms.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["fees", "close-out-books"]);
    assert!(proved.receipts("L1", "alice").is_empty(), "she failed: she is no member");
    assert_eq!(proved.prover.checkpoints().len(), 1, "the boundary was committed");
    let (gains, losses) = proved.prover.checkpoints()[0].of.balance().unwrap();
    assert_eq!(gains, losses);
}

/// Everybody can check that he was counted, liable or not, at a checkpoint and at a liable set.
#[test]
fn everybody_stands() {
    let proved = Proved::of(crash());
    let (state, prover) = (proved.world.engine.state(), &proved.prover);
    let set = prover.divisions().next().unwrap().0.0;
    for name in ["alice", "bob", "carol", "dan"] {
        let account = proved.world.id(name);
        let period = prover.standing(state, DOMAIN, account, &proved.head).unwrap();
        let at_loss = prover.standing_at(state, set, account, &proved.head).unwrap();
        assert_ne!(period.salt, at_loss.salt, "each commitment has salts of its own");
        for standing in [period, at_loss] {
            good(&verify::standing(&standing, &policy()), name);
            assert_eq!(Standing::from_json(&standing.to_json()), Ok(standing.clone()));
            let refused = |change: &dyn Fn(&mut Standing)| {
                let mut standing = standing.clone();
                change(&mut standing);
                let report = verify::standing(&standing, &policy());
                report.failed().map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(refused(&|of| of.external_id = "eve".into()), ["identity"]);
            assert_eq!(refused(&|of| of.account.gain = amount(5)), ["account-in-tree"]);
            assert_eq!(refused(&|of| of.account_path.path.truncate(1)), ["account-in-tree"]);
            assert_eq!(refused(&|of| of.trusted.truncate(1)), ["form"]);
            assert_eq!(refused(&|of| of.accounts.prices.clear()), ["accounts-in-log"]);
            assert_eq!(refused(&|of| of.head = of.head.head.clone().sign(&key(2))), ["signature"]);
        }
    }
}

#[test]
fn three_waves_of_one_set() {
    let proved = check(three_waves());
    let ways: Vec<Way> = proved.prover.divisions().map(|(_, d)| d.of.header.rounding.way).collect();
    assert_eq!(ways.len(), 3);
    let receipt = proved.receipt("L2", "a3");
    assert_eq!(receipt.division.wave, 3);
    assert_eq!(receipt.division.before.atoms(), 40, "17 and 23 before");
}

#[test]
fn shares_taken_on_touch() {
    let proved = check(touched());
    let all_up = |(_, division): (_, &rhodian_proof::prover::Logged<_>)| {
        let of: &rhodian_proof::division::DivisionCommitment = &division.of;
        of.header.rounding.way == Way::Up
    };
    assert!(proved.prover.divisions().all(all_up));
    assert_eq!(proved.prover.divisions().count(), 2);
}

#[test]
fn priority_classes_have_a_level_each() {
    let rule = MemberRule { classes: true, ..members(Rule::EqualLosses) };
    let proved = check(waves(rule, &[(1, 9, 50), (1, 9, 50), (1, 9, 50)], &[13, 2]));
    let receipt = proved.receipt("L1", "a1");
    assert_eq!(receipt.division.levels.len(), 3, "each account is a class of its own");
    assert_eq!(receipt.share.share.atoms(), 2);
}

#[test]
fn a_rule_without_a_level_is_left_to_the_episode() {
    let proved = check(waves(members(Rule::Talmud), &[(1, 9, 50), (1, 30, 50)], &[13]));
    let report = verify::receipt(&proved.receipt("L0", "a0"), &policy());
    assert_eq!(report.verdict("level"), Some(Verdict::Trusted));
    let report = proved.episode().verify(Some(&policy()));
    let name = "set-0/loss-1/layer-0/wave-1/shares";
    assert_eq!(report.verdict(name), Some(Verdict::Passed), "{:#?}", report.checks);
}

const RULES: [Rule; 6] = [
    Rule::Proportional,
    Rule::EqualLosses,
    Rule::EqualAwards,
    Rule::Queue,
    Rule::Talmud,
    Rule::RiskWeighted,
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Whatever the rule, and whoever can no longer pay what he owed: every member's receipt
    /// passes.
    #[test]
    fn whatever_the_waves(
        rule in prop::sample::select(RULES.to_vec()),
        classes in any::<bool>(),
        on_touch in any::<bool>(),
        accounts in prop::collection::vec((0u128..50, 1u128..40), 1..7),
        losses in prop::collection::vec(1u128..50, 1..5),
        loser in 0usize..7,
        lost in 0u128..60,
    ) {
        let mut rule = MemberRule { classes, ..members(rule) };
        rule.on_touch = on_touch && rule.can_be_on_touch();
        let accounts: Vec<_> = accounts.iter().map(|(weight, cap)| (*weight, *cap, 60)).collect();
        let mut world = waves(rule, &accounts, &losses[..1]);
        // A cap that shrinks after the first wave: units too many may have been paid.
        let loser = format!("a{}", loser % accounts.len());
        let cash = u128::try_from(world.cash(&loser)).unwrap();
        if lost.min(cash) > 0 {
            world.result(&loser, "rich", lost.min(cash));
        }
        for (number, loss) in losses.iter().enumerate().skip(1) {
            world.report(&format!("L{number}"), *loss);
        }
        if Proved::of(world.clone()).prover.divisions().next().is_some() {
            check(world);
        }
    }
}
