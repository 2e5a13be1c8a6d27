//! What is not true is refused by name: receipts that somebody changed on the way, and receipts
//! that a venue made up and signed with its own key.

use rhodian_core::ids::Time;
use rhodian_core::units::{Amount, Fraction};
use rhodian_proof::hash::sha256;
use rhodian_proof::header::{AccountsHeader, DivisionHeader};
use rhodian_proof::leaf::{AccountLeaf, ShareLeaf};
use rhodian_proof::log::Log;
use rhodian_proof::receipt::{Receipt, Unreadable};
use rhodian_proof::sum::{MAX_SUM, Sum, SumTree};
use rhodian_proof::verify::{self, Policy};

use crate::stories::{ORIGIN, Proved, crash, key, policy, public, three_waves};
use crate::world::amount;

pub fn failed(receipt: &Receipt, policy: &Policy) -> Vec<String> {
    verify::receipt(receipt, policy).failed().map(str::to_owned).collect()
}

/// Two losses of two episodes in one venue.
fn two_losses() -> Proved {
    let mut world = crash();
    world.tick(20 * 3_600_000);
    world.account("erin", 9_000);
    world.fill("BTC", "erin", "bob", 60, 860);
    world.boundary();
    world.tick(9 * 3_600_000);
    world.mark("BTC", 700);
    world.loss_of("L2", "erin");
    world.fill("BTC", "dan", "book/L2", 60, 700);
    Proved::of(world)
}

type Change = fn(&mut Receipt, &Receipt);

#[test]
fn a_receipt_that_was_changed_is_refused() {
    let proved = Proved::of(crash());
    let carol = proved.receipt("L1", "carol");
    let cases: [(&str, Change, &str); 16] = [
        ("another's name", |r, other| r.external_id.clone_from(&other.external_id), "identity"),
        ("another's salt", |r, other| r.salt = other.salt, "identity"),
        ("another's account", |r, other| r.account = other.account.clone(), "identity"),
        ("another's share", |r, other| r.share = other.share, "identity"),
        ("a path swapped", |r, o| r.account_path = o.account_path.clone(), "account-in-tree"),
        ("a share's path swapped", |r, o| r.share_path = o.share_path.clone(), "share-in-tree"),
        ("a path truncated", |r, _| r.account_path.path.truncate(1), "account-in-tree"),
        ("a share's path truncated", |r, _| r.share_path.path.truncate(0), "share-in-tree"),
        ("a smaller weight", |r, _| r.account.claims[0].weight = amount(1), "account-in-tree"),
        ("a smaller gain", |r, _| r.account.gain = amount(1), "account-in-tree"),
        ("a smaller share", |r, _| r.share.share = Amount::ZERO, "share-in-tree"),
        ("an overflowing path", |r, _| overflow(r), "account-in-tree"),
        ("another rule", |r, _| r.accounts.layers[0].classes = true, "accounts-in-log"),
        ("another amount", |r, _| r.division.amount = amount(1), "division-in-log"),
        ("a word of trust left out", |r, _| drop(r.trusted.pop()), "form"),
        ("a later version", |r, _| r.accounts.version = 2, "form"),
    ];
    for (name, change, check) in cases {
        let mut receipt = proved.receipt("L1", "bob");
        change(&mut receipt, &carol);
        let failed = failed(&receipt, &policy());
        assert!(failed.iter().any(|of| of == check), "{name}: {check} is not in {failed:?}");
    }
}

fn overflow(receipt: &mut Receipt) {
    receipt.account_path.path[0].sums[0] = Sum::new(MAX_SUM - 1).unwrap();
}

#[test]
fn a_proof_of_another_loss_is_refused() {
    let proved = two_losses();
    let (mine, other) = (proved.receipt("L1", "bob"), proved.receipt("L2", "bob"));
    assert!(failed(&mine, &policy()).is_empty() && failed(&other, &policy()).is_empty());
    assert_ne!(mine.division.episode, other.division.episode);
    let cases: [(&str, Change, &str); 4] = [
        (
            "the accounts of another episode",
            |r, other| {
                r.accounts = other.accounts.clone();
                r.accounts_log = other.accounts_log.clone();
                r.account = other.account.clone();
                r.account_path = other.account_path.clone();
                r.salt = other.salt;
            },
            "same-loss",
        ),
        (
            "the division of another loss",
            |r, other| {
                r.division = other.division.clone();
                r.division_log = other.division_log.clone();
                r.share = other.share;
                r.share_path = other.share_path.clone();
            },
            "same-loss",
        ),
        (
            "the place of another entry",
            |r, other| r.division_log = other.division_log.clone(),
            "division-in-log",
        ),
        ("the accounts after the division", |r, _| r.division_log.index = 0, "division-in-log"),
    ];
    for (name, change, check) in cases {
        let mut receipt = mine.clone();
        change(&mut receipt, &other);
        let failed = failed(&receipt, &policy());
        assert!(failed.iter().any(|of| of == check), "{name}: {check} is not in {failed:?}");
    }
}

#[test]
fn a_head_that_is_not_the_venues_or_is_stale_is_refused() {
    let proved = Proved::of(crash());
    let receipt = proved.receipt("L1", "bob");
    let at = receipt.head.head.at;
    let check = |name: &str, receipt: &Receipt, policy: &Policy, expected: &[&str]| {
        assert_eq!(failed(receipt, policy), expected, "{name}");
    };
    check("the venue's", &receipt, &policy(), &[]);
    check("wrong key", &receipt, &Policy { key: public(2), ..policy() }, &["signature"]);
    let mut forged = receipt.clone();
    forged.head = forged.head.head.sign(&key(2));
    check("signed by another", &forged, &policy(), &["signature"]);
    forged.head.by.key = public(1);
    check("another's signature under the venue's key", &forged, &policy(), &["signature"]);
    let since = Some(Time(at.0 + 1));
    check("older than wanted", &receipt, &Policy { since, ..policy() }, &["fresh"]);
    let mut stale = receipt.clone();
    stale.head.head.at = Time(receipt.division.at.0 - 1);
    stale.head = stale.head.head.sign(&key(1));
    check("older than the division", &stale, &policy(), &["head-after-division"]);
    let mut elsewhere = receipt.clone();
    elsewhere.head.head.origin = "another venue".into();
    elsewhere.head = elsewhere.head.head.sign(&key(1));
    check("another venue's log", &elsewhere, &policy(), &["signature"]);
}

/// What a venue commits to.
pub struct Lie {
    pub accounts: AccountsHeader,
    pub account_leaves: Vec<AccountLeaf>,
    pub division: DivisionHeader,
    pub share_leaves: Vec<ShareLeaf>,
}

/// A receipt of `account` in a story that the venue made up: every tree, header, log and signature
/// is made anew over what `lie` changes.
pub fn made_up(proved: &Proved, account: &str, lie: impl FnOnce(&mut Lie)) -> Receipt {
    let (id, divided) = proved.prover.divisions().last().unwrap();
    let stood = proved.prover.stood(&id).unwrap();
    let account = proved.world.id(account);
    let mut of = Lie {
        accounts: stood.of.header.clone(),
        account_leaves: stood.of.leaves.clone(),
        division: divided.of.header.clone(),
        share_leaves: divided.of.leaves.clone(),
    };
    lie(&mut of);
    let accounts = SumTree::new(&of.account_leaves).unwrap();
    let shares = SumTree::new(&of.share_leaves).unwrap();
    of.accounts.root = accounts.root();
    of.accounts.count = of.account_leaves.len() as u32;
    of.division.accounts = of.accounts.hash();
    of.division.root = shares.root();
    of.division.count = of.share_leaves.len() as u32;
    let mut log = Log::default();
    log.append(&of.accounts.hash()).unwrap();
    log.append(&of.division.hash()).unwrap();
    let at = of.account_leaves.iter().position(|leaf| leaf.account == account).unwrap();
    let share = of.share_leaves.iter().position(|leaf| leaf.account == account).unwrap();
    let state = proved.world.engine.state();
    let truth = proved.prover.receipt(state, id, account, &proved.head).unwrap();
    Receipt {
        account: of.account_leaves[at].clone(),
        account_path: accounts.path(at).unwrap(),
        accounts: of.accounts,
        accounts_log: log.path(0, 2).unwrap(),
        share: of.share_leaves[share],
        share_path: shares.path(share).unwrap(),
        division: of.division,
        division_log: log.path(1, 2).unwrap(),
        head: log.head(ORIGIN.into(), proved.head.head.at).sign(&key(1)),
        ..truth
    }
}

#[test]
fn a_venue_that_lies_is_refused_under_its_own_signature() {
    type Make = fn(&mut Lie);
    let cases: [(&str, Make, &[&str]); 8] = [
        ("the truth", |_| {}, &[]),
        ("an omitted winner", omit_winner, &["balance"]),
        ("a gain made smaller", |lie| lie.account_leaves[0].gain = amount(1), &["balance"]),
        ("a level made up", |lie| double_level(&mut lie.division), &["level"]),
        ("a weight above the gain", heavier, &["weight", "level"]),
        ("a cap above the frozen one", wider, &["cap"]),
        ("more taken than divided", |lie| lie.division.amount = amount(1), &["sums"]),
        ("an atom more from Bob", atom_more, &["rounding", "sums"]),
    ];
    let proved = Proved::of(crash());
    for (name, lie, expected) in cases {
        let receipt = made_up(&proved, "bob", lie);
        assert_eq!(failed(&receipt, &policy()), expected, "{name}");
    }
}

/// Carol won: without her the gains are too small. Nobody can be made to lose less without breaking
/// another's leaf.
fn omit_winner(lie: &mut Lie) {
    let carol = lie.account_leaves.iter().find(|leaf| leaf.account.0 == 2).unwrap();
    assert!(!carol.gain.is_zero());
    lie.account_leaves.retain(|leaf| leaf.account.0 != 2);
}

fn double_level(division: &mut DivisionHeader) {
    let level = division.levels[0].level.unwrap();
    division.levels[0].level = Some(Fraction { num: level.num * 2, den: level.den });
}

fn bob(lie: &mut Lie) -> (&mut AccountLeaf, &mut ShareLeaf) {
    let account = lie.account_leaves.iter_mut().find(|leaf| leaf.account.0 == 1).unwrap();
    let share = lie.share_leaves.iter_mut().find(|leaf| leaf.account.0 == 1).unwrap();
    (account, share)
}

fn heavier(lie: &mut Lie) {
    let (account, _) = bob(lie);
    account.claims[0].weight = amount(account.netted.atoms() * 3);
}

fn wider(lie: &mut Lie) {
    let (account, share) = bob(lie);
    share.cap = amount(account.claims[0].cap.atoms() + 1);
}

fn atom_more(lie: &mut Lie) {
    let (_, share) = bob(lie);
    share.share = amount(share.share.atoms() + 1);
}

/// Who was the last to get an atom is published: another's fraction in his stead is refused by
/// somebody, because the sums say how many atoms there were.
#[test]
fn the_last_atom_cannot_be_moved() {
    let proved = Proved::of(three_waves());
    let (_, divided) = proved.prover.divisions().last().unwrap();
    let last = divided.of.header.rounding.last.expect("an atom was left over");
    let names: Vec<String> = (0..7).map(|n| format!("a{n}")).collect();
    let refused = |lie: &dyn Fn(&mut Lie)| -> usize {
        let receipts = names.iter().map(|name| made_up(&proved, name, lie));
        receipts.filter(|receipt| !failed(receipt, &policy()).is_empty()).count()
    };
    assert_eq!(refused(&|_| {}), 0);
    let next = |lie: &mut Lie| {
        let keys = lie.share_leaves.iter().map(rhodian_proof::rounding::Key::of);
        let behind = keys.filter(|key| key.order(&last).is_gt());
        lie.division.rounding.last = behind.min_by(|a, b| a.order(b));
    };
    assert!(refused(&next) > 0, "one more should have got an atom");
    let units = |lie: &mut Lie| {
        let units = lie.division.rounding.units.atoms();
        lie.division.rounding.units = amount(units + 1);
    };
    assert_eq!(refused(&units), names.len(), "everybody sees that the sums do not fit");
}

#[test]
fn a_file_has_one_form() {
    let proved = Proved::of(crash());
    let text = proved.receipt("L1", "bob").to_json();
    assert!(Receipt::from_json(&text).is_ok());
    let gain = "\"gain\":\"13900\"";
    assert!(text.contains(gain), "{text}");
    for (name, bad) in [
        ("spaces", text.replace("\":\"", "\": \"")),
        ("cut off", text[..text.len() / 2].to_owned()),
        ("a negative gain", text.replace(gain, "\"gain\":\"-13900\"")),
        ("an amount as a number", text.replace(gain, "\"gain\":13900")),
        (
            "an amount above its bound",
            text.replace(gain, &format!("\"gain\":\"1{}\"", "0".repeat(31))),
        ),
        ("a field twice", text.replace(gain, &format!("{gain},{gain}"))),
        ("a field more", text.replace(gain, &format!("{gain},\"tip\":\"1\""))),
        ("capital digits", text.replace("\"salt\":\"", "\"salt\":\"A")),
        ("an infinite fraction", text.replace("\"den\":\"", "\"den\":\"0")),
        ("nothing", String::new()),
    ] {
        assert_ne!(bad, text, "{name}");
        assert!(Receipt::from_json(&bad).is_err(), "{name}");
    }
    let other = text.replace("rhodian-receipt-1", "rhodian-receipt-2");
    assert!(matches!(Receipt::from_json(&other), Err(Unreadable::Form { .. })));
}

#[test]
fn an_episode_is_checked_to_the_last_leaf() {
    let proved = Proved::of(three_waves());
    let truth = proved.episode();
    type Spoil = fn(&mut rhodian_proof::episode::EpisodeFile);
    let cases: [(&str, Spoil, &str); 8] = [
        (
            "a share",
            |file| {
                let leaf = &mut file.sets[0].divisions[1].leaves[0];
                leaf.share = amount(leaf.share.atoms() + 1);
            },
            "set-0/loss-2/layer-0/wave-2/shares",
        ),
        (
            "a weight",
            |file| {
                let with = file.sets[0].leaves.iter_mut().find(|leaf| !leaf.claims.is_empty());
                with.unwrap().claims[0].weight = amount(1);
            },
            "set-0/accounts",
        ),
        (
            "a member left out",
            |file| {
                file.sets[0].divisions[0].leaves.truncate(6);
            },
            "set-0/loss-1/layer-0/wave-1/members",
        ),
        ("an account left out", |file| drop(file.sets[0].leaves.pop()), "set-0/accounts"),
        (
            "an account twice",
            |file| {
                let leaf = file.sets[0].leaves[0].clone();
                file.sets[0].leaves.insert(0, leaf);
            },
            "set-0/accounts",
        ),
        (
            "a level",
            |file| {
                double_level(&mut file.sets[0].divisions[0].header);
            },
            "set-0/loss-1/layer-0/wave-1/in-log",
        ),
        (
            "an account's gain",
            |file| {
                file.sets[0].leaves[0].gain = amount(5);
            },
            "set-0/accounts",
        ),
        ("the head", |file| file.head.head.root = sha256(&[b"other"]), "signature"),
    ];
    for (name, spoil, check) in cases {
        let mut file = truth.clone();
        spoil(&mut file);
        let report = file.verify(Some(&policy()));
        let failed: Vec<&str> = report.failed().collect();
        assert!(failed.contains(&check), "{name}: {check} is not in {failed:?}");
    }
}
