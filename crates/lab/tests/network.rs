//! Those who owe each other: the published vectors, cases by hand, and an independent model that
//! tries every set of those who may fail, in exact fractions.

use num_rational::Ratio;
use rhodian_lab::network::clearing::Cleared;
use rhodian_lab::network::{Institution, Network, Recovered};
use rhodian_lab::seed::{Seed, Stream};

/// Institutions as they are drawn here: outside assets, outside debts.
fn institutions(all: &[(u128, u128)]) -> Vec<Institution> {
    all.iter().map(|(assets, debts)| Institution { assets: *assets, debts: *debts }).collect()
}

fn clear(network: &Network) -> Cleared {
    network.clear(network.assets()).unwrap()
}

/// The example of the R package systemicrisis, in millionths.
fn published(recovered: Recovered) -> Cleared {
    let all = institutions(&[(500_000, 1_500_000), (625_000, 500_000), (750_000, 500_000)]);
    let pairs = (0..3).flat_map(|from| (0..3).map(move |to| (from, to)));
    let owed: Vec<(usize, usize, u128)> =
        pairs.filter(|(from, to)| from != to).map(|(from, to)| (from, to, 500_000)).collect();
    clear(&Network::new(&all, &owed, recovered).unwrap())
}

#[test]
fn the_published_vectors_to_the_digits_they_are_given_in() {
    for (case, recovered, paid, failed) in [
        ("Eisenberg and Noe", Recovered::default(), [1.473214, 1.419643, 1.5], [true, true, false]),
        (
            "Rogers and Veraart",
            Recovered { assets: 0.5, claims: 0.7 },
            [0.5020200, 0.5147049, 0.5653806],
            [true, true, true],
        ),
    ] {
        let cleared = published(recovered);
        for (found, expected) in cleared.paid.iter().zip(paid) {
            let found = found / 1e6;
            let digits = if case.starts_with('E') { 5e-7 } else { 5e-8 };
            assert!((found - expected).abs() < digits, "{case}: {found} is not {expected}");
        }
        assert_eq!(cleared.failed, failed, "{case}");
        assert_eq!(cleared.first, [true, false, false], "{case}");
        assert!(cleared.error < 1e-15, "{case}: {}", cleared.error);
    }
}

#[test]
fn who_falls_by_hand() {
    let all = Recovered::default();
    let half = Recovered { assets: 0.5, claims: 0.5 };
    // Alice owes Bob, Bob owes Carol, Carol owes the outside.
    let chain = [(0, 1, 100), (1, 2, 100)];
    for (case, holds, owed, recovered, paid, falls) in [
        ("nobody", [(100, 0), (0, 0), (0, 100)], &chain[..], all, [100.0, 100.0, 100.0], [0, 0, 0]),
        ("one by one", [(40, 0), (0, 0), (0, 100)], &chain, all, [40.0, 40.0, 40.0], [1, 2, 2]),
        ("Bob stands", [(40, 0), (60, 0), (0, 100)], &chain, all, [40.0, 100.0, 100.0], [1, 0, 0]),
        ("costs", [(80, 0), (0, 0), (0, 100)], &chain, half, [40.0, 20.0, 10.0], [1, 2, 2]),
        (
            "to the atom",
            [(99, 0), (1, 0), (0, 100)],
            &chain,
            half,
            [49.5, 25.25, 12.625],
            [1, 2, 2],
        ),
        (
            "two who net",
            [(0, 0), (0, 0), (0, 0)],
            &[(0, 1, 100), (1, 0, 100)],
            half,
            [100.0, 100.0, 0.0],
            [0, 0, 0],
        ),
        ("nothing owed", [(0, 0), (5, 0), (0, 0)], &[], all, [0.0, 0.0, 0.0], [0, 0, 0]),
        ("all gone", [(0, 10), (0, 10), (0, 10)], &chain, all, [0.0, 0.0, 0.0], [1, 1, 2]),
    ] {
        let cleared = clear(&Network::new(&institutions(&holds), owed, recovered).unwrap());
        assert_eq!(cleared.paid, paid, "{case}");
        let told = |of: usize| match (cleared.first[of], cleared.failed[of]) {
            (true, true) => 1,
            (false, true) => 2,
            (false, false) => 0,
            (true, false) => panic!("{case}: {of} fails at first and not in the end"),
        };
        assert_eq!([0, 1, 2].map(told), falls, "{case}");
    }
}

/// Alice and Bob owe each other far more than the outside: what they lack beside it is nothing, or
/// enough that it can be solved for.
#[test]
fn a_circle_that_is_nearly_closed_stands_or_is_solved() {
    let circle = 1_000_000_000_000_000_u128;
    for (outside, stands) in
        [(1, true), (10_000, true), (100_000, true), (1_000_000, true), (10_000_000, false)]
    {
        for count in [2, 3, 9] {
            let all = institutions(&vec![(0, outside); count]);
            let owed: Vec<(usize, usize, u128)> =
                (0..count).map(|of| (of, (of + 1) % count, circle)).collect();
            let cleared = clear(&Network::new(&all, &owed, Recovered::default()).unwrap());
            let expected = if stands { 0 } else { count };
            assert_eq!(cleared.count(), expected, "{outside} of {count}");
            assert!(cleared.error < 2e-9, "{outside} of {count}: {:e}", cleared.error);
        }
    }
}

#[test]
fn what_no_network_has_is_refused() {
    let two = institutions(&[(1, 1), (1, 1)]);
    let all = Recovered::default();
    for (case, institutions, owed, recovered, word) in [
        ("nobody", &[][..], &[][..], all, "institutions"),
        ("itself", &two, &[(0, 0, 1)], all, "what is owed"),
        ("no place", &two, &[(0, 2, 1)], all, "what is owed"),
        ("more than all", &two, &[], Recovered { assets: 1.1, claims: 1.0 }, "what is recovered"),
        ("no number", &two, &[], Recovered { assets: f64::NAN, claims: 1.0 }, "recovered"),
    ] {
        let refused = Network::new(institutions, owed, recovered).unwrap_err().to_string();
        assert!(refused.contains(word), "{case}: {refused}");
    }
    let network = Network::new(&two, &[], all).unwrap();
    for assets in [&[1.0][..], &[1.0, -1.0], &[1.0, f64::NAN], &[1.0, 1.0, 1.0]] {
        assert!(network.clear(assets).is_err(), "{assets:?}");
    }
    assert!(network.alone(2).is_err());
}

type Fraction = Ratio<i128>;

/// A network of small whole numbers.
struct Small {
    holds: Vec<(u128, u128)>,
    owed: Vec<(usize, usize, u128)>,
    /// In tenths.
    recovered: (i128, i128),
}

impl Small {
    fn draw(stream: &mut Stream) -> Self {
        let count = 2 + stream.below(3) as usize;
        let small = |stream: &mut Stream, bound| u128::from(stream.below(bound));
        let holds = (0..count).map(|_| (small(stream, 8), small(stream, 6))).collect();
        let mut owed = Vec::new();
        for from in 0..count {
            for to in 0..count {
                if from != to && stream.below(3) > 0 {
                    owed.push((from, to, small(stream, 10)));
                }
            }
        }
        let tenths = |stream: &mut Stream| 10 - i128::from(stream.below(11));
        Self { holds, owed, recovered: (tenths(stream), tenths(stream)) }
    }

    fn network(&self) -> Network {
        let (assets, claims) = (self.recovered.0 as f64 / 10.0, self.recovered.1 as f64 / 10.0);
        let recovered = Recovered { assets, claims };
        Network::new(&institutions(&self.holds), &self.owed, recovered).unwrap()
    }

    fn owed(&self, from: usize, to: usize) -> Fraction {
        let of = self.owed.iter().filter(|of| (of.0, of.1) == (from, to));
        Fraction::from(of.map(|of| of.2 as i128).sum::<i128>())
    }

    fn total(&self, of: usize) -> Fraction {
        let others = (0..self.holds.len()).map(|to| self.owed(of, to));
        others.sum::<Fraction>() + Fraction::from(self.holds[of].1 as i128)
    }

    fn received(&self, to: usize, paid: &[Fraction]) -> Fraction {
        let part = |from: usize| {
            let total = self.total(from);
            if total == Fraction::from(0) {
                total
            } else {
                paid[from] * self.owed(from, to) / total
            }
        };
        (0..paid.len()).map(part).sum()
    }

    /// What is paid where exactly those of `set` fail, if that is so.
    fn paid(&self, set: usize) -> Option<Vec<Fraction>> {
        let count = self.holds.len();
        let fails = |of: usize| set & (1 << of) != 0;
        let (a, b) = (Fraction::new(self.recovered.0, 10), Fraction::new(self.recovered.1, 10));
        let assets = |of: usize| Fraction::from(self.holds[of].0 as i128);
        let unit = |one: usize| -> Vec<Fraction> {
            (0..count).map(|of| Fraction::from(i128::from(of == one))).collect()
        };
        // Every institution has a row, whoever stands as well: coefficients, and the right side.
        let mut rows: Vec<Vec<Fraction>> = (0..count)
            .map(|to| {
                let one = |from: usize| unit(to)[from];
                let of = |from: usize| match fails(to) {
                    true => one(from) - b * self.received(to, &unit(from)),
                    false => one(from),
                };
                let right = if fails(to) { a * assets(to) } else { self.total(to) };
                (0..count).map(of).chain([right]).collect()
            })
            .collect();
        for column in 0..count {
            let pivot = (column..count).find(|row| rows[*row][column] != Fraction::from(0))?;
            rows.swap(column, pivot);
            for row in (0..count).filter(|row| *row != column) {
                let times = rows[row][column] / rows[column][column];
                let first = rows[column].clone();
                rows[row].iter_mut().zip(first).for_each(|(of, first)| *of -= times * first);
            }
        }
        let paid: Vec<Fraction> = (0..count).map(|of| rows[of][count] / rows[of][of]).collect();
        let so = |of: usize| fails(of) == (assets(of) + self.received(of, &paid) < self.total(of));
        (0..count).all(so).then_some(paid)
    }

    /// The greatest payments of all sets that are so.
    fn greatest(&self) -> (usize, Vec<Fraction>) {
        let all = (0..1 << self.holds.len()).filter_map(|set| Some((set, self.paid(set)?)));
        all.max_by_key(|(_, paid)| paid.iter().sum::<Fraction>()).expect("one set is so")
    }
}

#[test]
fn the_greatest_payments_are_those_of_every_set_tried_in_exact_fractions() {
    let mut stream = Seed(7).stream("small networks");
    let (mut worst, mut contagious, mut several) = (0.0_f64, 0, 0);
    for case in 0..4_000 {
        let small = Small::draw(&mut stream);
        let cleared = clear(&small.network());
        let (set, paid) = small.greatest();
        let sets = (0..1 << small.holds.len()).filter(|set| small.paid(*set).is_some()).count();
        several += usize::from(sets > 1);
        contagious += usize::from(cleared.count() > cleared.count_first());
        let largest = small.network().totals().iter().copied().fold(1.0, f64::max);
        for (of, (found, exact)) in cleared.paid.iter().zip(&paid).enumerate() {
            assert_eq!(cleared.failed[of], set & (1 << of) != 0, "{case}: {of}");
            let exact = *exact.numer() as f64 / *exact.denom() as f64;
            worst = worst.max((found - exact).abs() / largest);
        }
    }
    assert!(worst < 1e-14, "{worst:e}");
    // What is hard is among them: falls by others, and more than one answer.
    assert!(contagious > 400 && several > 40, "{contagious} and {several}");
}

/// What was outside is afterwards with owners, with whom is owed outside, or destroyed.
#[test]
fn nothing_is_lost_but_what_failing_costs() {
    let mut stream = Seed(8).stream("sums");
    for case in 0..500 {
        let small = Small::draw(&mut stream);
        let (network, cleared) = (small.network(), clear(&small.network()));
        let sum = |of: &[f64]| of.iter().sum::<f64>();
        let debts: u128 = small.holds.iter().map(|of| of.1).sum();
        let outside = debts as f64 - sum(&cleared.outside);
        let after = sum(&cleared.worth) + outside + cleared.destroyed;
        let before = sum(network.assets());
        assert!((after - before).abs() < 1e-9, "{case}: {after} of {before}");
        for (first, unpaid) in cleared.unpaid_first.iter().zip(&cleared.unpaid) {
            assert!(*first <= unpaid + 1e-9, "{case}: others never help");
        }
    }
}

/// More outside, or less that failing costs, and nobody pays less.
#[test]
fn whoever_has_more_pays_no_less() {
    let mut stream = Seed(9).stream("more");
    for case in 0..500 {
        let small = Small::draw(&mut stream);
        let network = small.network();
        let more: Vec<f64> = network.assets().iter().map(|of| of + 1.0).collect();
        let free =
            Small { recovered: (10, 10), holds: small.holds.clone(), owed: small.owed.clone() };
        let now = clear(&network);
        for other in [network.clear(&more).unwrap(), clear(&free.network())] {
            let grows = now.paid.iter().zip(&other.paid).all(|(now, then)| *now <= then + 1e-9);
            assert!(grows, "{case}: {now:?} and {other:?}");
        }
    }
}
