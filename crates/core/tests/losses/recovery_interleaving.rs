//! Losses, recoveries, income, deposits, withdrawals, stakes and results in any order. The world
//! reads every law after every event, runs without the watch beside it, and rebuilds the state
//! from the events alone; here is what the laws do not say.

use crate::world::{DOMAIN, World};
use proptest::prelude::*;
use rhodian_core::control::Parameter;
use rhodian_core::engine::Engine;
use rhodian_core::loss;
use rhodian_core::recovery::{Bearer, ClaimPool};

const MEMBERS: usize = 4;

/// A fund, a staked tranche and two layers of members, one of them taken on touch.
fn world(on_touch: bool, to_claims: u128) -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 30, Some(25));
    world.tranche("tranche");
    world.gains("gains", Some(60));
    world.touched("deposits", on_touch);
    world.waterfall(&["fund", "tranche", "gains", "deposits"]);
    world.set(Parameter::IncomeToClaims, to_claims);
    world.set(Parameter::StakeCooldown, 1_000_000);
    for place in 0..MEMBERS {
        let text = format!("a{place}");
        world.account_of(&text, &format!("o{}", place % 3), 100);
        world.claims("gains", &[(&text, 7 * place as u128 + 1, 30)]);
        world.claims("deposits", &[(&text, 40, 40)]);
    }
    world.account("rich", 1_000_000);
    world.stake("a0", "tranche", 11);
    world.stake("rich", "tranche", 20);
    world
}

#[derive(Clone, Debug)]
enum Step {
    Loss(u128),
    Fail(usize, u128),
    Declare(usize),
    Lose(usize, u128),
    Recover(usize, u128),
    Income(u128),
    PayIn(u128),
    Deposit(usize, u128),
    Withdraw(usize, u128),
    Transfer(usize, usize, u128),
    Stake(usize, u128),
    Unstake(usize, u128),
    Hold,
    Tick(u64),
    Take(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..MEMBERS;
    prop_oneof![
        4 => (1u128..120).prop_map(Step::Loss),
        1 => (who.clone(), 1u128..60).prop_map(|(a, n)| Step::Fail(a, n)),
        1 => who.clone().prop_map(Step::Declare),
        2 => (who.clone(), 1u128..160).prop_map(|(a, n)| Step::Lose(a, n)),
        4 => (0usize..12, 1u128..90).prop_map(|(loss, n)| Step::Recover(loss, n)),
        2 => (1u128..50).prop_map(Step::Income),
        1 => (1u128..50).prop_map(Step::PayIn),
        2 => (who.clone(), 1u128..60).prop_map(|(a, n)| Step::Deposit(a, n)),
        2 => (who.clone(), 1u128..60).prop_map(|(a, n)| Step::Withdraw(a, n)),
        1 => (who.clone(), who.clone(), 1u128..60).prop_map(|(a, b, n)| Step::Transfer(a, b, n)),
        1 => (who.clone(), 1u128..20).prop_map(|(a, n)| Step::Stake(a, n)),
        1 => (who, 1u128..20).prop_map(|(a, n)| Step::Unstake(a, n)),
        1 => Just(Step::Hold),
        1 => (1u64..4_000_000).prop_map(Step::Tick),
        1 => (0usize..12).prop_map(Step::Take),
    ]
}

struct Run {
    world: World,
    losses: usize,
    held: bool,
}

impl Run {
    fn known(&self) -> usize {
        self.world.engine.state().losses.losses().count()
    }

    fn name(&mut self) -> String {
        self.losses += 1;
        format!("L{}", self.losses)
    }

    fn step(&mut self, step: &Step) {
        let who = |place: usize| format!("a{place}");
        match *step {
            Step::Loss(n) => {
                let text = self.name();
                self.world.report(&text, n);
            }
            Step::Fail(a, n) => {
                let text = self.name();
                let margin = u128::try_from(self.world.cash(&who(a))).unwrap().min(n) / 2;
                self.world.report_failed(&text, n, &who(a), margin, &[]);
            }
            Step::Declare(a) => {
                let text = self.name();
                let other = who((a + 3) % MEMBERS);
                let same = a % 3 == (a + 3) % MEMBERS % 3 && a != (a + 3) % MEMBERS;
                let set_off = [(other.as_str(), 20)];
                let set_off = if same { &set_off[..] } else { &[] };
                self.world.declare(&text, &who(a), set_off);
            }
            Step::Lose(a, n) => self.lose(a, n),
            Step::Recover(loss, n) => self.recover(loss, n),
            Step::Income(n) => self.income(n),
            Step::PayIn(n) => self.world.pay_into("fund", n),
            Step::Deposit(a, n) => self.world.deposit(&who(a), n),
            Step::Withdraw(a, n) => {
                let free = self.world.free(&who(a));
                assert_eq!(self.world.withdraw(&who(a), n).is_ok(), n <= free);
            }
            Step::Transfer(a, b, n) => {
                let free = self.world.free(&who(a));
                let given = self.world.transfer(&who(a), &who(b), n);
                assert_eq!(given.is_ok(), n <= free && a != b);
            }
            Step::Stake(a, n) => drop(self.world.try_stake(&who(a), "tranche", n)),
            Step::Unstake(a, n) => drop(self.world.try_unstake(&who(a), "tranche", n)),
            Step::Hold if !self.held => {
                self.held = true;
                self.world.hold_episode_open();
            }
            Step::Hold => {}
            Step::Tick(millis) => self.world.tick(millis),
            Step::Take(loss) if loss < self.known() => {
                let loss = rhodian_core::ids::LossId::at(loss).unwrap();
                self.world.loss_do(loss::Command::TakeShares { loss });
            }
            Step::Take(_) => {}
        }
    }

    /// A result is settled whatever the account holds; below zero it is a loss at once.
    fn lose(&mut self, a: usize, n: u128) {
        let before = self.known();
        self.world.result(&format!("a{a}"), "rich", n);
        if self.known() > before {
            let text = self.name();
            self.world.find_loss(&text);
            let loss = self.world.loss(&text);
            assert!(loss.own_means <= loss.close_out && loss.close_out.atoms() < n + 1);
        }
    }

    /// Last step first: no pool gets anything while a later one is open.
    fn recover(&mut self, place: usize, n: u128) {
        let Some((id, _)) = self.world.engine.state().losses.losses().nth(place) else { return };
        self.world.alias("it", id);
        let open: u128 = self.pools().iter().map(|pool| pool.open().atoms()).sum();
        let before = self.pools();
        if self.world.try_recover("it", n).is_err() {
            assert_eq!(self.pools(), before);
            return;
        }
        assert!(n <= open);
        let after = self.pools();
        let back: u128 =
            after.iter().zip(&before).map(|(a, b)| a.repaid.atoms() - b.repaid.atoms()).sum();
        assert_eq!(back, n, "all of it is repaid");
        for (pool, old) in after.iter().zip(&before) {
            let later_open = after.iter().any(|p| p.step > pool.step && !p.open().is_zero());
            assert!(!later_open || pool.repaid == old.repaid, "{pool:?} before a later step");
        }
    }

    fn pools(&self) -> Vec<ClaimPool> {
        self.world.loss("it").pools.clone()
    }

    /// Uncovered debt is the first charge; what claims get is at most the parameter's part.
    fn income(&mut self, n: u128) {
        let debt = u128::try_from(-self.world.uncovered()).unwrap();
        let pot = self.world.pot("fund");
        let part = self.world.engine.state().control.value(DOMAIN, Parameter::IncomeToClaims);
        self.world.income("fund", n);
        let paid = n.min(debt);
        let claims = (n - paid) * part / 1_000_000;
        assert_eq!(self.world.uncovered(), -i128::try_from(debt - paid).unwrap());
        let kept = self.world.pot("fund") - pot;
        let (least, most) = (n - paid - claims, n - paid);
        assert!((least..=most).contains(&u128::try_from(kept).unwrap()), "{kept} kept of {n}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_order(
        on_touch in any::<bool>(),
        to_claims in prop::sample::select(vec![0, 300_000, 1_000_000]),
        steps in prop::collection::vec(step(), 1..24),
    ) {
        let mut run = Run { world: world(on_touch, to_claims), losses: 0, held: false };
        for step in &steps {
            run.step(step);
        }
        // A state rebuilt by replay goes on like the one that decided.
        let mut replayed = Engine::new();
        for record in &run.world.records {
            replayed.replay(record);
        }
        prop_assert_eq!(replayed.state().digest(), run.world.engine.state().digest());
        let tick = rhodian_core::engine::Envelope {
            at: run.world.at.after(9_000_000),
            actor: rhodian_core::engine::Actor::VENUE,
            action: rhodian_core::engine::Action::Tick,
        };
        prop_assert_eq!(replayed.execute(tick.clone()), run.world.engine.execute(tick));
    }
}

/// What was borne side by side is repaid side by side, and the uncovered rest before either.
#[test]
fn repaid_in_reverse_order() {
    let mut world = World::new("USD", 2);
    world.fund("first", 100, None);
    world.fund("left", 30, None);
    world.fund("right", 60, None);
    let steps = vec![world.step(&[("first", 1)]), world.step(&[("left", 1), ("right", 2)])];
    world.waterfall_of(rhodian_core::domain::CauseClass::Default, steps);
    world.report("L", 200);
    assert_eq!(world.uncovered(), -10);
    let pots = |world: &World| ["first", "left", "right"].map(|text| world.pot(text));
    world.recover("L", 4);
    assert_eq!((world.uncovered(), pots(&world)), (-6, [0, 0, 0]));
    world.recover("L", 15);
    assert_eq!((world.uncovered(), pots(&world)), (0, [0, 3, 6]));
    world.recover("L", 91);
    assert_eq!(pots(&world), [10, 30, 60]);
    assert_eq!(world.try_recover("L", 91).unwrap_err().code(), "recovery-above-claims");
    world.recover("L", 90);
    assert_eq!(pots(&world), [100, 30, 60]);
    let open =
        |pool: &ClaimPool| !matches!(pool.bearer, Bearer::Outside(_)) && !pool.open().is_zero();
    assert!(!world.loss("L").pools.iter().any(open));
}

/// Who came later gets nothing back: a fund that paid the debt since has the claim.
#[test]
fn recoveries_go_to_who_bore_it() {
    let mut world = World::new("USD", 2);
    world.fund("fund", 10, None);
    world.gains("gains", None);
    world.waterfall(&["fund", "gains"]);
    world.account("ann", 20);
    world.claim("gains", "ann", 1, 20);
    world.report("L", 40);
    world.account("late", 50);
    world.claim("gains", "late", 1, 50);
    assert_eq!((world.cash("ann"), world.uncovered()), (0, -10));
    world.income("fund", 15);
    assert_eq!((world.uncovered(), world.pot("fund")), (0, 5));
    world.recover("L", 10);
    assert_eq!((world.pot("fund"), world.cash("ann")), (15, 0), "the debt the fund paid is last");
    world.recover("L", 20);
    assert_eq!((world.cash("ann"), world.cash("late")), (20, 50));
    world.recover("L", 10);
    assert_eq!(world.pot("fund"), 25);
}

/// A settlement by rank gives claims like any draw: recoveries repay the debt that still stands
/// and those who paid, in one step.
#[test]
fn those_who_paid_by_rank_are_repaid() {
    use rhodian_core::control::{Command, Status};
    use rhodian_core::engine::Action;
    use rhodian_core::loss::{self, Rank, RankedClaim};
    let mut world = World::new("USD", 2);
    world.fund("fund", 1, None);
    world.waterfall(&["fund"]);
    world.account("ann", 100);
    world.report("L", 51);
    let (domain, cause) = (Some(DOMAIN), crate::world::name("uncovered"));
    world.must(Action::Control(Command::SetStatus { domain, status: Status::Settling, cause }));
    let account = world.id("ann");
    let claim = RankedClaim { account, rank: Rank::Principal, amount: crate::world::amount(20) };
    world.loss_do(loss::Command::SettleRanks { domain: DOMAIN, claims: vec![claim] });
    assert_eq!((world.cash("ann"), world.uncovered()), (80, -30));
    world.recover("L", 50);
    assert_eq!((world.cash("ann"), world.uncovered()), (100, 0));
}

/// What came back to an owner who failed pays what the bearers of his loss lack, and no atom that
/// rounding lacks of their shares: the residue pays that, and nothing stays on its way.
#[test]
fn what_rounding_lacks_of_shares_is_nobodys_claim() {
    let mut run = Run { world: world(true, 0), losses: 0, held: false };
    for step in [
        Step::Withdraw(0, 26),
        Step::Declare(0),
        Step::Loss(79),
        Step::Stake(0, 12),
        Step::Lose(3, 107),
        Step::Hold,
        Step::Lose(0, 122),
        Step::Fail(1, 1),
        Step::Recover(1, 3),
    ] {
        run.step(&step);
    }
}
