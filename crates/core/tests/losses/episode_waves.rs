//! Many losses in one episode: what is frozen stays frozen, what is spent stays spent, and waves
//! of one liable set come to the same as one loss of their sum.

use crate::world::{World, amount, layer, members};
use proptest::prelude::*;
use rhodian_core::allocation::Rule;
use rhodian_core::control::Parameter;
use rhodian_core::domain::{CauseClass, Kind, PeriodCap, Source};
use rhodian_core::ids::Time;
use rhodian_core::loss::Stage;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The same, in an episode held open.
fn world(rule: Rule, accounts: &[(u128, u128, u128)]) -> World {
    let mut world = unopened(rule, accounts);
    world.hold_episode_open();
    world
}

/// Members `(weight, cap, cash)` of one layer under `rule`.
fn unopened(rule: Rule, accounts: &[(u128, u128, u128)]) -> World {
    let mut world = World::new("USD", 2);
    let source = Source::Members(members(rule));
    world.add(layer("gains", Kind::GainsHaircut, source));
    world.waterfall(&["gains"]);
    for (place, (weight, cap, cash)) in accounts.iter().enumerate() {
        let text = format!("a{place}");
        world.account(&text, *cash);
        world.claims("gains", &[(&text, *weight, *cap)]);
    }
    world.account("rich", 1_000_000);
    world
}

fn cash(world: &World, place: usize) -> i128 {
    world.cash(&format!("a{place}"))
}

const WAVE_RULES: [Rule; 5] =
    [Rule::Proportional, Rule::EqualLosses, Rule::EqualAwards, Rule::Queue, Rule::Talmud];

proptest! {
    #![proptest_config(config(160))]

    /// Whatever is reported between the waves, and whoever comes, changes nothing: the waves give
    /// every account what one loss of their sum gives, within an atom.
    #[test]
    fn waves_of_one_set_are_one_loss(
        rule in prop::sample::select(WAVE_RULES.to_vec()),
        accounts in prop::collection::vec((0u128..50, 0u128..40), 1..7),
        losses in prop::collection::vec(1u128..50, 2..7),
        reported in prop::collection::vec((0u128..99, 0u128..99), 7),
    ) {
        let accounts: Vec<_> = accounts.iter().map(|(weight, cap)| (*weight, *cap, 100)).collect();
        let mut waves = world(rule, &accounts);
        let mut once = waves.clone();
        for (wave, loss) in losses.iter().enumerate() {
            waves.report(&format!("L{wave}"), *loss);
            for (place, (weight, cap)) in reported.iter().enumerate().take(accounts.len()) {
                waves.claims("gains", &[(&format!("a{place}"), *weight, *cap)]);
            }
            let newcomer = format!("new{wave}");
            waves.account(&newcomer, 100);
            waves.claims("gains", &[(&newcomer, 50, 50)]);
        }
        once.report("L", losses.iter().sum());
        prop_assert_eq!(waves.uncovered(), once.uncovered());
        for place in 0..accounts.len() {
            let (many, one) = (cash(&waves, place), cash(&once, place));
            prop_assert!((many - one).abs() <= 1, "{:?}: a{} {} and {}", rule, place, many, one);
        }
        for wave in 0..losses.len() {
            prop_assert_eq!(waves.cash(&format!("new{wave}")), 100, "newcomers are not liable");
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Loss(i64),
    /// A member loses to someone outside the set.
    Lose(usize, i64),
    Deposit(usize, i64),
    Withdraw(usize, i64),
    /// Time passes and another basis is reported.
    Report(usize, i64, i64),
    /// The member fails with this hole.
    Fail(usize, i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1i64..30).prop_map(Step::Loss),
        2 => (0usize..5, 1i64..25).prop_map(|(who, n)| Step::Lose(who, n)),
        1 => (0usize..5, 1i64..25).prop_map(|(who, n)| Step::Deposit(who, n)),
        1 => (0usize..5, 1i64..25).prop_map(|(who, n)| Step::Withdraw(who, n)),
        2 => (0usize..5, 0i64..40, 0i64..40).prop_map(|(who, w, c)| Step::Report(who, w, c)),
        1 => (0usize..5, 1i64..20).prop_map(|(who, n)| Step::Fail(who, n)),
    ]
}

/// The slow model of an episode under the proportional rule.
#[derive(Clone, Debug, Default)]
struct Episode {
    cash: Vec<i64>,
    reported: Vec<(i64, i64)>,
    spent: Vec<i64>,
    failed: Vec<bool>,
    /// Members of the set: place, weight, cap, paid.
    set: Vec<(usize, i64, i64, i64)>,
    uncovered: i64,
}

impl Episode {
    fn fix(&mut self) {
        self.set.clear();
        for (place, (weight, cap)) in self.reported.iter().enumerate() {
            let (weight, cap) = (weight - self.spent[place], cap - self.spent[place]);
            if !self.failed[place] && cap > 0 {
                self.set.push((place, weight.max(0), cap, 0));
            }
        }
    }

    fn loss(&mut self, loss: i64) {
        let frozen = self.set.clone();
        for member in &mut self.set {
            member.2 = match self.failed[member.0] {
                true => member.3,
                false => member.2.min(member.3 + self.cash[member.0]),
            };
        }
        let column = |of: fn(&(usize, i64, i64, i64)) -> i64| -> Vec<i64> {
            self.set.iter().map(of).collect()
        };
        let (weights, caps, paid) = (column(|m| m.1), column(|m| m.2), column(|m| m.3));
        let before: i64 = paid.iter().sum();
        let shares = crate::slow::wave(before + loss, &weights, &caps, &paid);
        for (member, share) in self.set.iter_mut().zip(&shares) {
            member.3 += share;
            self.cash[member.0] -= share;
            self.spent[member.0] += share;
        }
        if shares.iter().all(|share| *share == 0) {
            // Nothing was divided, so nothing was found about anyone's cap.
            self.set = frozen;
        }
        self.uncovered += loss - shares.iter().sum::<i64>();
    }
}

/// The engine and the slow model, side by side.
struct Both {
    world: World,
    slow: Episode,
    one_set: bool,
    fixed: Time,
    losses: u32,
}

impl Both {
    fn new(accounts: &[(i64, i64, i64)], one_set: bool) -> Self {
        let atoms = |n: i64| u128::from(n.unsigned_abs());
        let claims: Vec<_> =
            accounts.iter().map(|(w, c, cash)| (atoms(*w), atoms(*c), atoms(*cash))).collect();
        let mut world = unopened(Rule::Proportional, &claims);
        if !one_set {
            world.set(Parameter::LiableWindow, 0);
        }
        world.hold_episode_open();
        let mut slow = Episode {
            cash: accounts.iter().map(|a| a.2).collect(),
            reported: accounts.iter().map(|a| (a.0, a.1)).collect(),
            spent: vec![0; accounts.len()],
            failed: vec![false; accounts.len()],
            ..Episode::default()
        };
        slow.fix();
        let fixed = world.at;
        Self { world, slow, one_set, fixed, losses: 0 }
    }

    /// A detection outside the window of the last set fixes another.
    fn detect(&mut self) -> String {
        if !self.one_set && self.world.at > self.fixed {
            self.slow.fix();
            self.fixed = self.world.at;
        }
        self.losses += 1;
        format!("L{}", self.losses)
    }

    fn step(&mut self, step: &Step) {
        let atoms = |n: i64| u128::from(n.unsigned_abs());
        let count = self.slow.cash.len();
        let at = |place: usize| (place % count, format!("a{}", place % count));
        match *step {
            Step::Loss(n) => {
                let text = self.detect();
                self.world.report(&text, atoms(n));
                self.slow.loss(n);
            }
            Step::Fail(place, n) => {
                let (place, who) = at(place);
                self.slow.failed[place] = true;
                let text = self.detect();
                self.world.report_failed(&text, atoms(n), &who, 0, &[]);
                self.slow.loss(n);
            }
            Step::Lose(place, n) => {
                let (place, who) = at(place);
                let n = n.min(self.slow.cash[place]);
                if n > 0 {
                    self.world.result(&who, "rich", atoms(n));
                    self.slow.cash[place] -= n;
                }
            }
            Step::Deposit(place, n) => {
                let (place, who) = at(place);
                self.world.deposit(&who, atoms(n));
                self.slow.cash[place] += n;
            }
            Step::Withdraw(place, n) => {
                let (place, who) = at(place);
                if self.world.withdraw(&who, atoms(n)).is_ok() {
                    self.slow.cash[place] -= n;
                }
            }
            Step::Report(place, weight, cap) => {
                let (place, who) = at(place);
                self.world.tick(1);
                self.world.claims("gains", &[(&who, atoms(weight), atoms(cap))]);
                self.slow.reported[place] = (weight, cap);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(400))]

    /// Caps that shrink with the balance, members that fail, and, with a window of zero, a new set
    /// for every moment: to the atom as the slow model has it.
    #[test]
    fn an_episode_to_the_atom(
        accounts in prop::collection::vec((0i64..40, 0i64..40, 0i64..40), 1..6),
        steps in prop::collection::vec(step(), 1..16),
        one_set in any::<bool>(),
    ) {
        let mut both = Both::new(&accounts, one_set);
        for step in steps {
            both.step(&step);
            for (place, slow) in both.slow.cash.iter().enumerate() {
                prop_assert_eq!(cash(&both.world, place), i128::from(*slow), "a{}", place);
            }
            prop_assert_eq!(both.world.uncovered(), -i128::from(both.slow.uncovered));
        }
    }
}

/// Splitting a loss does not get more out of a layer than its cap for the episode.
#[test]
fn caps_per_episode_are_cumulative() {
    let mut world = World::new("USD", 2);
    world.fund("fund", 1_000, Some(250));
    world.gains("gains", Some(100));
    world.waterfall(&["fund", "gains"]);
    world.account("ann", 1_000);
    world.claim("gains", "ann", 1, 1_000);
    world.hold_episode_open();
    for wave in 0..5 {
        world.report(&format!("L{wave}"), 90);
    }
    assert_eq!((world.pot("fund"), world.cash("ann"), world.uncovered()), (750, 900, -100));
    assert_eq!(world.received("L2", "fund"), 70);
    assert_eq!(world.received("L2", "gains"), 20);
    assert_eq!(world.received("L3", "gains"), 80);
    assert_eq!(world.loss("L3").uncovered, amount(10));
}

/// Without anything that keeps it open an episode closes with its loss: the next starts afresh.
#[test]
fn a_settled_episode_does_not_join() {
    let mut world = World::new("USD", 2);
    world.fund("fund", 1_000, Some(250));
    world.waterfall(&["fund"]);
    for wave in 0..3 {
        world.report(&format!("L{wave}"), 300);
    }
    assert_eq!((world.pot("fund"), world.uncovered()), (250, -150));
}

/// A period is any span of its length, over episodes.
#[test]
fn caps_per_period_roll() {
    let mut world = World::new("USD", 2);
    let mut spec = layer("fund", Kind::InsuranceFund, Source::Pot);
    spec.caps.per_period = Some(PeriodCap { amount: amount(100), millis: 1_000 });
    world.add(spec);
    world.pay_into("fund", 10_000);
    world.waterfall(&["fund"]);
    let mut paid = Vec::new();
    let mut at = 0;
    for (wave, (wait, loss)) in
        [(0, 60), (400, 60), (500, 10), (99, 10), (1, 90), (399, 5), (1, 90)].iter().enumerate()
    {
        world.tick((*wait).max(u64::from(wave == 0)));
        at += wait;
        let text = format!("L{wave}");
        world.report(&text, *loss);
        paid.push((at, world.received(&text, "fund")));
    }
    // 60 + 40 within the first second; at 1,000 the first 60 are a period ago; at 1,400 the 40.
    let expected = [(0, 60), (400, 40), (900, 0), (999, 0), (1_000, 60), (1_399, 0), (1_400, 40)];
    assert_eq!(paid, expected);
    for (from, _) in expected {
        let inside = paid.iter().filter(|(at, _)| (from..from + 1_000).contains(at));
        assert!(inside.map(|(_, paid)| paid).sum::<u128>() <= 100, "from {from}");
    }
}

/// An episode takes no new losses after its length; the next starts afresh, beside it if need be.
#[test]
fn a_loss_after_the_length_opens_another_episode() {
    let mut world = World::new("USD", 2);
    world.set(Parameter::EpisodeLength, 1_000);
    world.fund("fund", 1_000, Some(250));
    world.waterfall(&["fund"]);
    world.hold_episode_open();
    world.report("L", 300);
    world.tick(999);
    world.report("M", 300);
    assert_eq!(world.loss("M").episode, world.loss("L").episode);
    world.tick(1);
    world.report("N", 300);
    assert_ne!(world.loss("N").episode, world.loss("L").episode);
    let received = ["L", "M", "N"].map(|text| world.received(text, "fund"));
    assert_eq!(received, [250, 0, 250]);
    assert_eq!(world.loss("held").stage, Stage::Absorbing, "the first episode is still open");
}

/// T27: rules changed between detection and settlement do not touch what was detected.
#[test]
fn t27_rules_are_frozen_at_detection() {
    let build = || {
        let mut world = World::new("USD", 2);
        let mut sale = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1_000 });
        sale.caps.per_event = Some(amount(10));
        world.add(sale);
        world.gains("gains", None);
        world.waterfall(&["sale", "gains"]);
        for text in ["ann", "ben"] {
            world.account(text, 100);
            world.claim("gains", text, 1, 100);
        }
        world.fund("late", 1_000, None);
        world.report("L", 50);
        world
    };
    let mut frozen = build();
    frozen.tick(1_000);
    let mut changed = build();
    let steps = vec![changed.step(&[("late", 1)])];
    changed.waterfall_of(CauseClass::Default, steps);
    changed.set(Parameter::EpisodeLength, 1);
    changed.set(Parameter::LiableWindow, 0);
    changed.claim("gains", "ann", 9, 100);
    changed.claim("gains", "ben", 0, 0);
    changed.tick(1_000);
    for text in ["ann", "ben"] {
        assert_eq!((frozen.cash(text), changed.cash(text)), (75, 75), "{text}");
    }
    assert_eq!(changed.loss("L").stage, Stage::Settled);
    changed.report("M", 50);
    assert_eq!(changed.received("M", "late"), 50, "the next episode has the new rules");
}
