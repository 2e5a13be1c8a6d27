//! Who is staked in a pot has a receipt for each draw on it, and so has who is called.

use rhodian_core::closeout::DeleveragingOrder;
use rhodian_core::control::Parameter;
use rhodian_proof::episode::EpisodeFile;
use rhodian_proof::header::Basis;
use rhodian_proof::log::Log;
use rhodian_proof::report::{Report, Verdict};
use rhodian_proof::sum::{Sum, SumTree};
use rhodian_proof::verify;

use crate::receipts::check;
use crate::stories::{ORIGIN, Proved, called, drawn, key, lent, policy};
use crate::world::clearing::{HOUR, auction, bid, funded_by, spec};
use crate::world::{World, amount};

fn shares(proved: &Proved, loss: &str, names: &[&str]) -> Vec<Vec<u128>> {
    let of = |name: &&str| proved.receipts(loss, name);
    let all = names.iter().map(of);
    all.map(|of| of.iter().map(|receipt| receipt.share.share.atoms()).collect()).collect()
}

#[test]
fn each_staker_checks_his_part_of_a_draw() {
    let proved = check(drawn());
    let names = ["ann", "ben", "cay"];
    // 20 over 157, then 30 over what is left of it: 87, 44 and 6.
    assert_eq!(shares(&proved, "L", &names), [[13], [6], [1]]);
    assert_eq!(shares(&proved, "M", &names), [[19], [10], [1]]);
    let receipt = proved.receipt("M", "ann");
    let report = verify::receipt(&receipt, &policy());
    assert_eq!(report.verdict("weight"), Some(Verdict::Passed), "it is his stake");
    let (of, terms) = (&receipt.accounts, &receipt.accounts.terms);
    assert_eq!((of.layers[0].basis, receipt.account.gain), (Basis::Stake, amount(87)));
    let said = terms.iter().map(|term| (term.name.as_str(), term.gain.atoms(), term.loss.atoms()));
    assert_eq!(said.collect::<Vec<_>>(), [("stakes-beside", 0, 0), ("pot", 0, 137)]);
    assert_eq!((receipt.division.wave, receipt.division.before), (2, amount(0)));
    let first = proved.receipt("L", "ann");
    assert_ne!(first.account.identity, receipt.account.identity, "each draw has its own salts");
}

#[test]
fn who_is_called_checks_what_for() {
    let proved = check(called());
    // 10 over 60 and 31; Ben did not pay: 30 over 53 and 31, of which Ann paid her part before.
    assert_eq!(shares(&proved, "L", &["ann", "ben"]), [[7], [3]]);
    assert_eq!(shares(&proved, "M", &["ann", "ben"]), [[17], [13]]);
    let receipt = proved.receipt("M", "ben");
    assert_eq!((receipt.share.paid, receipt.division.before), (amount(0), amount(7)));
    let report = verify::receipt(&receipt, &policy());
    assert_eq!(report.verdict("weight"), Some(Verdict::Trusted), "it was reported");
}

#[test]
fn a_lender_has_a_receipt() {
    let proved = check(lent());
    let loss = proved.world.engine.state().losses.losses().next().unwrap().0;
    let receipts = |name: &str| {
        let (state, account) = (proved.world.engine.state(), proved.world.id(name));
        proved.prover.receipts(state, loss, account, &proved.head)
    };
    let of: Vec<_> = ["alice", "bob"].iter().flat_map(|name| receipts(name)).collect();
    assert_eq!(of.len(), 2);
    assert!(of.iter().all(|of| of.accounts.layers[0].basis == Basis::Supply));
}

/// Alice, a clearing member, failed; Bob took her book, and what of the others is junior pays first.
fn juniors() -> World {
    let mut world = funded_by(spec(2));
    world.set(Parameter::DeleveragingOrder, DeleveragingOrder::Contracts.number());
    world.set(Parameter::CloseOutBudget, 1_000_000);
    world.set(Parameter::CloseOutTime, 86_400_000);
    world.mark("BTC", 600);
    let loss = world.loss_of("gone", "alice");
    auction(&mut world, loss, 10_000).unwrap();
    bid(&mut world, loss, "bob", 6_000).unwrap();
    world.tick(HOUR);
    world
}

#[test]
fn what_is_junior_has_a_receipt_of_its_own() {
    let proved = check(juniors());
    let names = ["bob", "carol", "dan"];
    assert_eq!(shares(&proved, "gone", &names), [vec![391], vec![2_214, 91], vec![2_214, 90]]);
    let pots = proved.episode().pots;
    let beside = |place: usize| pots[place].header.terms[0].gain.atoms();
    let staked = |place: usize| pots[place].header.root.sums[0].atoms();
    assert_eq!((beside(0), staked(0)), (staked(1), beside(1)), "both are the whole pot");
}

/// Where a domain has nobody in it, and a pot stands behind it, its draws are committed all the same.
#[test]
fn a_pot_behind_a_domain_without_accounts() {
    let mut world = World::new("USD", 2);
    world.tranche("pool");
    world.waterfall(&["pool"]);
    world.stranger("ann", 1_000);
    world.stake("ann", "pool", 100);
    world.report("L", 20);
    let proved = check(world);
    assert_eq!(shares(&proved, "L", &["ann"]), [[20]]);
    let file = proved.episode();
    assert_eq!((file.sets.len(), file.pots.len()), (0, 1));
}

/// The file signed anew, after the venue changed it.
pub fn signed(mut file: EpisodeFile) -> EpisodeFile {
    let at = file.head.head.at;
    let mut log = Log::default();
    for set in file.sets.iter_mut().chain(&mut file.pots).chain(&mut file.ranked) {
        set.header.root = SumTree::new(&set.leaves).unwrap().root();
        set.header.count = u32::try_from(set.leaves.len()).unwrap();
        set.log.index = log.append(&set.header.hash()).unwrap();
        for division in &mut set.divisions {
            division.header.accounts = set.header.hash();
            division.header.root = SumTree::new(&division.leaves).unwrap().root();
            division.header.count = u32::try_from(division.leaves.len()).unwrap();
            division.log.index = log.append(&division.header.hash()).unwrap();
        }
    }
    let head = log.head(ORIGIN.into(), at);
    for set in file.sets.iter_mut().chain(&mut file.pots).chain(&mut file.ranked) {
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

#[test]
fn a_venue_that_lies_about_a_pot_is_refused() {
    type Lie = fn(&mut EpisodeFile);
    let shares = "pot-0/loss-1/layer-0/wave-1/shares";
    let cases: [(&str, Lie, &[&str]); 9] = [
        ("the truth", |_| {}, &[]),
        (
            "a staker is left out",
            |file| {
                let account = file.pots[0].leaves.remove(0).account;
                file.pots[0].divisions[0].leaves.retain(|leaf| leaf.account != account);
            },
            &["pot-0/balance"],
        ),
        (
            "a friend's stake weighs less",
            |file| file.pots[0].leaves[0].claims[0].weight = amount(1),
            &["pot-0/layer-0/weights"],
        ),
        (
            "a friend's stake is less",
            |file| {
                let leaf = &mut file.pots[0].leaves[0];
                leaf.gain = amount(1);
                (leaf.claims[0].weight, leaf.claims[0].cap) = (amount(1), amount(1));
            },
            &["pot-0/balance"],
        ),
        ("a draw is left out", |file| drop(file.pots.remove(0)), &["pots"]),
        ("a draw is there twice", |file| file.pots.push(file.pots[1].clone()), &["pots"]),
        (
            "a staker is left out, and said to be beside",
            |file| {
                let account = file.pots[0].leaves.remove(0).account;
                let division = &mut file.pots[0].divisions[0];
                division.leaves.retain(|leaf| leaf.account != account);
                let left: u128 = file.pots[0].leaves.iter().map(|leaf| leaf.gain.atoms()).sum();
                file.pots[0].header.terms[0].gain = Sum::new(157 - left).unwrap();
                file.pots[0].divisions[0].header.amount = amount(left + 1);
            },
            &["pots"],
        ),
        (
            "a friend has paid before",
            |file| {
                file.pots[0].divisions[0].header.before = amount(1);
                file.pots[0].divisions[0].leaves[0].paid = amount(1);
            },
            &["pot-0/loss-1/layer-0/wave-1/each"],
        ),
        (
            "another amount",
            |file| file.pots[0].divisions[0].header.amount = amount(21),
            &["pot-0/loss-1/layer-0/wave-1/sums", shares],
        ),
    ];
    for (name, lie, expected) in cases {
        let mut file = Proved::of(drawn()).episode();
        lie(&mut file);
        let report = signed(file).verify(Some(&policy()));
        let found = failed(&report);
        for check in expected {
            assert!(found.contains(check), "{name}: {check} is not among {found:?}");
        }
        assert_eq!(found.is_empty(), expected.is_empty(), "{name}: {found:?}");
    }
}

/// Who says that somebody paid what he was never called for is found out.
#[test]
fn nobody_paid_more_than_he_was_called_for() {
    let mut file = Proved::of(called()).episode();
    file.sets[0].divisions.remove(0);
    file.sets[0].divisions[0].header.wave = 1;
    let report = signed(file).verify(Some(&policy()));
    assert_eq!(failed(&report), ["set-0/loss-2/layer-0/wave-1/before"]);
}
