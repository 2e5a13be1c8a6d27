//! Worlds with losses, followed by a prover from their records alone.

use ed25519_dalek::SigningKey;
use rhodian_core::allocation::Rule;
use rhodian_core::control::{self, Status};
use rhodian_core::domain::{Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Engine};
use rhodian_core::ids::{EpisodeId, OwnerId, Time};
use rhodian_core::loss::{self, Rank, RankedClaim, ReportedClaim};
use rhodian_proof::commit::Venue;
use rhodian_proof::episode::EpisodeFile;
use rhodian_proof::hash::Digest;
use rhodian_proof::head::SignedHead;
use rhodian_proof::prover::Prover;
use rhodian_proof::receipt::Receipt;
use rhodian_proof::verify::Policy;

use crate::world::{DOMAIN, World, amount, layer, lending, members, name};

pub const ORIGIN: &str = "Rhodian test venue";

/// Keys of the venue and of witnesses.
pub fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

pub fn public(number: u8) -> Digest {
    Digest(key(number).verifying_key().to_bytes())
}

/// Whoever knows the venue's key and nothing else.
pub fn policy() -> Policy {
    Policy { key: public(1), ..Policy::default() }
}

pub fn venue() -> Venue {
    Venue { origin: ORIGIN.into(), secret: [42; 32], affiliates: vec![OwnerId(1)] }
}

/// A world and what a prover made of its records.
pub struct Proved {
    pub world: World,
    pub prover: Prover,
    pub head: SignedHead,
}

impl Proved {
    pub fn of(world: World) -> Self {
        let mut prover = Prover::new(venue(), true);
        let mut follower = Engine::new();
        for record in &world.records {
            prover.observe(follower.state(), record).unwrap_or_else(|flaw| panic!("{flaw}"));
            follower.replay(record);
        }
        assert_eq!(follower.state().digest(), world.engine.state().digest());
        let head = prover.head(world.at).sign(&key(1));
        Self { world, prover, head }
    }

    pub fn receipts(&self, loss: &str, account: &str) -> Vec<Receipt> {
        let (loss, account) = (self.world.loss_id(loss), self.world.id(account));
        self.prover.receipts(self.world.engine.state(), loss, account, &self.head)
    }

    pub fn receipt(&self, loss: &str, account: &str) -> Receipt {
        let mut receipts = self.receipts(loss, account);
        assert_eq!(receipts.len(), 1, "{account} has one receipt for {loss}");
        receipts.remove(0)
    }

    pub fn episode(&self) -> EpisodeFile {
        self.prover.episode(EpisodeId(0), &self.head).expect("an episode")
    }
}

/// Alice is long 200 lots against Bob and Carol; the price falls through her margin; the fund pays
/// a part, session gains the rest. Fees were paid, and the book traded.
pub fn crash() -> World {
    let mut world = World::venue(1_000, 1_000);
    for (name, cash) in [("alice", 20_100), ("bob", 50_000), ("carol", 50_000), ("dan", 90_000)] {
        world.account(name, cash);
    }
    world.try_fill_with_fees("BTC", ("alice", 30), ("bob", 11), 100, 1_000).unwrap();
    world.fill("BTC", "alice", "carol", 60, 1_000);
    world.tick(1_000);
    world.boundary();
    world.tick(9 * 3_600_000);
    world.try_fill_with_fees("BTC", ("alice", 12), ("carol", 7), 40, 1_001).unwrap();
    world.mark("BTC", 861);
    world.loss_of("L1", "alice");
    world.try_fill_with_fees("BTC", ("dan", 5), ("book/L1", 3), 200, 857).unwrap();
    world
}

/// Losses of one liable set under `rule`, in an episode held open: shares are cumulative. Each
/// account is a priority class of its own, where those are read.
pub fn waves(rule: MemberRule, accounts: &[(u128, u128, u128)], losses: &[u128]) -> World {
    let mut world = World::new("USD", 2);
    world.add(layer("gains", Kind::GainsHaircut, Source::Members(rule)));
    world.waterfall(&["gains"]);
    for (place, (weight, cap, cash)) in accounts.iter().enumerate() {
        let text = format!("a{place}");
        world.account(&text, *cash);
        let number = u32::try_from(place).unwrap();
        let claim = ReportedClaim {
            account: world.id(&text),
            weight: amount(*weight),
            cap: amount(*cap),
            score: i64::from(number * 7 % 5),
            risk: 1_000_000 + 250_000 * u64::from(number),
            class: number,
        };
        world.basis("gains", vec![claim]);
    }
    world.account("rich", 1_000_000);
    world.hold_episode_open();
    for (number, loss) in losses.iter().enumerate() {
        world.report(&format!("L{number}"), *loss);
    }
    world
}

/// Seven members under the proportional rule, three waves.
pub fn three_waves() -> World {
    let accounts: Vec<(u128, u128, u128)> = (1..8).map(|n| (n * n + 3, 5 * n + 2, 1_000)).collect();
    waves(members(Rule::Proportional), &accounts, &[17, 23, 31])
}

/// Shares that are rounded up, and taken when an account is next touched.
pub fn touched() -> World {
    let rule = MemberRule { on_touch: true, ..members(Rule::Proportional) };
    waves(rule, &[(10, 30, 100), (7, 30, 100), (5, 2, 100)], &[11, 8])
}

/// Three are staked in a tranche, which two losses of an episode draw on.
pub fn drawn() -> World {
    let mut world = World::new("USD", 2);
    world.tranche("pool");
    world.waterfall(&["pool"]);
    for (name, stake) in [("ann", 100), ("ben", 50), ("cay", 7)] {
        world.account(name, 1_000);
        world.stake(name, "pool", stake);
    }
    world.hold_episode_open();
    world.report("L", 20);
    world.report("M", 30);
    world
}

/// Ann and Ben are called for two losses of an episode. What Ben is called for first comes after
/// the second call, and not all of it.
pub fn called() -> World {
    let mut world = World::new("USD", 2);
    let source = Source::Call { members: members(Rule::Proportional), deadline: 1_000 };
    world.add(layer("call", Kind::Assessment, source));
    world.waterfall(&["call"]);
    for (name, cap) in [("ann", 60), ("ben", 31)] {
        world.account(name, 1_000);
        world.claim("call", name, cap, cap);
    }
    world.hold_episode_open();
    world.report("L", 10);
    world.pay_draw("L", "call", Some("ann"), 7).unwrap();
    world.tick(1_000);
    world.report("M", 30);
    world.pay_draw("M", "call", Some("ben"), 4).unwrap();
    world.tick(1_000);
    world
}

/// The domain goes into settlement, and ranks pay of these parts of accounts.
pub fn settle(world: &mut World, parts: &[(&str, Rank, u128)]) {
    let (status, domain, cause) = (Status::Settling, Some(DOMAIN), name("the end"));
    world.must(Action::Control(control::Command::SetStatus { domain, status, cause }));
    let claim = |(text, rank, atoms): &(&str, Rank, u128)| RankedClaim {
        account: world.id(text),
        rank: *rank,
        amount: amount(*atoms),
    };
    let claims = parts.iter().map(claim).collect();
    world.loss_do(loss::Command::SettleRanks { domain: DOMAIN, claims });
}

/// Three losses, each in an episode of its own, of which a fund of 10 leaves what is said.
pub fn uncovered(left: [u128; 3]) -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.waterfall(&["fund"]);
    for (text, cash) in [("alice", 100), ("bob", 100), ("carol", 70)] {
        world.account(text, cash);
    }
    world.stranger("dan", 40);
    for (text, loss) in ["L1", "L2", "L3"].iter().zip([left[0] + 10, left[1], left[2]]) {
        world.report(text, loss);
    }
    world
}

/// What Alice, Bob and Carol hold by rank. Carol has 10 more, and Dan accepted no terms.
pub const PARTS: [(&str, Rank, u128); 7] = [
    ("alice", Rank::SessionGains, 20),
    ("alice", Rank::Principal, 80),
    ("bob", Rank::SessionGains, 13),
    ("bob", Rank::MaturedGains, 10),
    ("bob", Rank::Principal, 77),
    ("carol", Rank::Principal, 30),
    ("carol", Rank::Segregated, 30),
];

/// Ranks pay for three losses: session gains the first, three ranks the second, principal the
/// third.
pub fn settled() -> World {
    let mut world = uncovered([25, 40, 30]);
    settle(&mut world, &PARTS);
    world
}

/// Two ranks pay for one loss.
pub fn settled_once() -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.waterfall(&["fund"]);
    for text in ["alice", "bob"] {
        world.account(text, 100);
    }
    world.report("L", 50);
    settle(&mut world, &[("alice", Rank::MaturedGains, 20), ("bob", Rank::Principal, 90)]);
    world
}

/// A borrower fails whose collateral nobody buys: who lent bears it.
pub fn lent() -> World {
    let mut world = lending::pool_of(lending::flat(0), 0);
    lending::lender(&mut world, "alice", 600_000);
    lending::lender(&mut world, "bob", 400_000);
    lending::borrower(&mut world, "carol", 1_000, 600_000);
    lending::mark(&mut world, 500);
    lending::no_buyer(&mut world);
    world
}

/// A head that was signed later.
pub fn later(head: &SignedHead) -> SignedHead {
    let mut head = head.head.clone();
    head.at = Time(head.at.0 + 1);
    head.sign(&key(1))
}
