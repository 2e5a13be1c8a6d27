//! An independent, slow model of auctions of new tokens: every amount without a bound, every
//! price walked down step by step, every window summed anew. What the engine accepts, moves and
//! leaves over is the model's, to the atom, over random worlds.

use crate::world::acts::word;
use crate::world::issuance::{
    DEADLINE, ladder, of, outstanding, put_in, sale, sell_back, spec, spec_back, take_at, tokens,
    venue_of,
};
use crate::world::{World, amount};
use num_bigint::BigUint;
use proptest::collection::vec;
use proptest::prelude::*;
use rhodian_core::issuance::{Dilution, IssuanceSpec, Ladder};
use rhodian_core::loss::Stage;

fn big(atoms: u128) -> BigUint {
    BigUint::from(atoms)
}

/// What is asked of a world.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Wait(u64),
    Lose(u128),
    /// So many lots; at the price that stands and no more, or at any.
    Take(bool, u128, bool),
    Give(bool, u128),
    PayIn(u128),
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        3 => (0..400u64).prop_map(Ask::Wait),
        1 => (1..900u128).prop_map(Ask::Lose),
        4 => (any::<bool>(), 0..6u128, any::<bool>())
            .prop_map(|(who, lots, bound)| Ask::Take(who, lots, bound)),
        2 => (any::<bool>(), 0..4u128).prop_map(|(who, lots)| Ask::Give(who, lots)),
        1 => (1..200u128).prop_map(Ask::PayIn),
    ]
}

/// A ladder as it is: prices and how long each stands.
#[derive(Clone, Debug)]
struct Prices(Vec<u128>, u64);

impl Prices {
    fn of(ladder: &Ladder) -> Self {
        let (mut prices, floor) = (vec![ladder.start.atoms()], ladder.floor.atoms());
        while prices[prices.len() - 1] > floor {
            let last = prices[prices.len() - 1];
            let next =
                if last > floor + ladder.step.atoms() { last - ladder.step.atoms() } else { floor };
            prices.push(next);
        }
        Self(prices, ladder.every)
    }

    fn at(&self, elapsed: u64) -> Option<u128> {
        self.0.get(usize::try_from(elapsed / self.1).unwrap()).copied()
    }
}

/// The model: one loss at a time, as the world reports them.
struct Model {
    now: u64,
    spec: IssuanceSpec,
    prices: Prices,
    back: Prices,
    fund: BigUint,
    hole: BigUint,
    opened: u64,
    since: u64,
    rounds: u32,
    buying: Option<u64>,
    sold: Vec<(u64, BigUint)>,
    burned: BigUint,
    cash: [BigUint; 2],
    tokens: [BigUint; 2],
    debt: BigUint,
}

impl Model {
    fn issuable(&self) -> BigUint {
        let cap =
            big(self.spec.outstanding.amount.atoms()) * self.spec.dilution.part / 1_000_000u32;
        let since = i128::from(self.now) - i128::from(self.spec.dilution.window);
        let inside = self.sold.iter().filter(|(at, _)| since <= 0 || i128::from(*at) > since);
        let sum = inside.map(|(_, tokens)| tokens.clone()).sum::<BigUint>();
        if sum > cap { big(0) } else { cap - sum }
    }

    fn lots(&self) -> BigUint {
        self.issuable() / self.spec.lot.atoms()
    }

    fn is_open(&self) -> bool {
        self.hole > big(0)
    }

    /// The rest of the hole is nobody's any more.
    fn give_up(&mut self) {
        self.debt += std::mem::take(&mut self.hole);
    }

    /// Whatever ends an auction, or begins it anew.
    fn settle(&mut self) {
        if self.is_open() {
            let least = &self.hole * self.spec.lot.atoms() / self.spec.ladder.floor.atoms();
            let over = self.prices.at(self.now - self.since).is_none();
            let last = over && self.rounds == self.spec.restarts;
            let late = self.now >= self.opened + DEADLINE;
            if late || last || least == big(0) || self.lots() == big(0) {
                self.give_up();
            } else if over {
                (self.since, self.rounds) = (self.now, self.rounds + 1);
            }
        }
        match (self.buying, self.surplus() > big(0)) {
            (None, true) => self.buying = Some(self.now),
            (Some(_), false) => self.buying = None,
            (Some(since), true) if self.back.at(self.now - since).is_none() => {
                self.buying = Some(self.now);
            }
            _ => {}
        }
    }

    /// The lots of money above the target, at rest.
    fn surplus(&self) -> BigUint {
        let back = self.spec.buyback.unwrap();
        let target = big(back.target.atoms());
        if self.is_open() || self.debt > big(0) || self.fund < target {
            return big(0);
        }
        (&self.fund - target) / back.lot.atoms()
    }

    fn lose(&mut self, atoms: u128) {
        let paid = self.fund.clone().min(big(atoms));
        self.fund -= &paid;
        self.hole = big(atoms) - paid;
        // The draw asks for no more than the tokens could bring at the first price.
        let most = self.lots() * self.spec.ladder.start.atoms();
        if self.hole > most {
            self.debt += &self.hole - &most;
            self.hole = most;
        }
        (self.opened, self.since, self.rounds) = (self.now, self.now, 0);
        self.settle();
    }

    fn take(&mut self, who: usize, lots: u128, bound: bool) -> &'static str {
        if !self.is_open() {
            return "no-auction";
        }
        if lots == 0 {
            return "zero-lots";
        }
        let price = self.prices.at(self.now - self.since).unwrap();
        let lots = big(lots).min(self.lots());
        let full = &lots * price >= self.hole;
        let lot = self.spec.lot.atoms();
        let mut paid = if full { self.hole.clone() } else { &lots * price };
        let tokens = if full { &paid * lot / price } else { lots * lot };
        if bound && tokens > big(0) && &paid * lot > &tokens * price {
            // He gets no token for the rest, and pays none of it.
            paid = (&tokens * price + lot - 1u32) / lot;
        }
        if tokens == big(0) {
            return "below-atom";
        }
        if paid > self.cash[who] {
            return "withdrawal-above-free";
        }
        self.cash[who] -= &paid;
        self.hole -= paid;
        self.tokens[who] += &tokens;
        self.sold.push((self.now, tokens));
        self.settle();
        "accepted"
    }

    fn give(&mut self, who: usize, lots: u128) -> &'static str {
        let Some(since) = self.buying else { return "no-buyback" };
        if lots == 0 {
            return "zero-lots";
        }
        let lots = big(lots).min(self.surplus());
        let tokens = &lots * self.back.at(self.now - since).unwrap();
        if tokens > self.tokens[who] {
            return "withdrawal-above-free";
        }
        let paid = lots * self.spec.buyback.unwrap().lot.atoms();
        self.tokens[who] -= &tokens;
        self.burned += tokens;
        self.cash[who] += &paid;
        self.fund -= paid;
        self.settle();
        "accepted"
    }
}

const NAMES: [&str; 2] = ["alice", "bob"];

fn same(world: &World, model: &Model, asked: &[Ask]) {
    for (who, text) in NAMES.iter().enumerate() {
        let has = |atoms: i128| big(atoms.unsigned_abs());
        assert_eq!(has(world.cash(text)), model.cash[who], "cash of {text} after {asked:?}");
        assert_eq!(has(tokens(world, text)), model.tokens[who], "tokens of {text} after {asked:?}");
    }
    assert_eq!(big(world.pot("fund").unsigned_abs()), model.fund, "after {asked:?}");
    let of = of(world);
    let sold = model.sold.iter().map(|(_, tokens)| tokens.clone()).sum::<BigUint>();
    assert_eq!((big(of.issued), big(of.burned)), (sold, model.burned.clone()));
    assert_eq!(of.buying.map(|at| at.0), model.buying, "after {asked:?}");
    let price = model.is_open().then(|| model.prices.at(model.now - model.since).unwrap());
    let name = format!("{}", world.engine.state().losses.losses().count());
    let now = world.knows_loss(&name).then(|| sale(world, &name)).flatten();
    assert_eq!(now.map(|now| now.price.atoms()), price, "after {asked:?}");
    if now.is_none() {
        assert_eq!(big(world.uncovered().unsigned_abs()), model.debt, "after {asked:?}");
        let open = |stage| stage != Stage::Settled;
        assert!(!world.engine.state().losses.losses().any(|(_, loss)| open(loss.stage)));
    }
}

fn play(spec: IssuanceSpec, asked: &[Ask]) {
    let mut world = venue_of(spec.clone(), 450);
    for (text, atoms) in NAMES.iter().zip([90, 20]) {
        put_in(&mut world, text, atoms).unwrap();
    }
    let mut model = Model {
        now: world.at.0,
        prices: Prices::of(&spec.ladder),
        back: Prices::of(&spec.buyback.unwrap().ladder),
        spec,
        fund: big(450),
        hole: big(0),
        opened: 0,
        since: 0,
        rounds: 0,
        buying: None,
        sold: Vec::new(),
        burned: big(0),
        cash: [big(10_000), big(10_000)],
        tokens: [big(90), big(20)],
        debt: big(0),
    };
    for (count, step) in asked.iter().enumerate() {
        let given = match *step {
            Ask::Wait(millis) => {
                world.tick(millis);
                model.now += millis;
                model.settle();
                ("accepted".to_owned(), "accepted")
            }
            // One loss at a time: the model knows no other.
            Ask::Lose(_) if model.is_open() => continue,
            Ask::Lose(atoms) => {
                let name = format!("{}", world.engine.state().losses.losses().count() + 1);
                world.report(&name, atoms);
                model.lose(atoms);
                ("accepted".to_owned(), "accepted")
            }
            Ask::Take(who, lots, bound) => {
                let name = format!("{}", world.engine.state().losses.losses().count());
                if !world.knows_loss(&name) {
                    continue;
                }
                let who = usize::from(who);
                let price = sale(&world, &name).map_or(1, |now| now.price.atoms());
                let most = if bound { price } else { 10u128.pow(30) };
                let given = take_at(&mut world, NAMES[who], &name, lots, most);
                (word(given), model.take(who, lots, bound))
            }
            Ask::Give(who, lots) => {
                let who = usize::from(who);
                (word(sell_back(&mut world, NAMES[who], lots)), model.give(who, lots))
            }
            Ask::PayIn(atoms) => {
                world.pay_into("fund", atoms);
                model.fund += atoms;
                model.settle();
                ("accepted".to_owned(), "accepted")
            }
        };
        assert_eq!(given.0, given.1, "step {count} of {asked:?}");
        same(&world, &model, &asked[..=count]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_model_does(
        lot in 1..30u128,
        (floor, fall, step, every) in (1..60u128, 0..90u128, 1..40u128, 1..150u64),
        part in 1..300_000u32,
        window in 200..3_000u64,
        restarts in 0..4u32,
        asked in vec(ask(), 1..40),
    ) {
        let mut of = spec_back();
        of.lot = amount(lot);
        of.ladder = ladder(floor + fall, step, every, floor);
        of.stressed = of.ladder.floor;
        of.restarts = restarts;
        of.dilution = Dilution { part, window };
        of.outstanding = outstanding(2_000, 0);
        play(of, &asked);
    }
}

/// One world by hand, so that the model itself is seen to do something.
#[test]
fn a_world_by_hand() {
    let asked = [
        Ask::Lose(700),
        Ask::Take(false, 1, false),
        Ask::Wait(120),
        Ask::Take(true, 2, true),
        Ask::Wait(1_500),
        Ask::PayIn(90),
        Ask::Give(true, 1),
    ];
    let of = IssuanceSpec { buyback: spec_back().buyback, ..spec() };
    play(of, &asked);
}
