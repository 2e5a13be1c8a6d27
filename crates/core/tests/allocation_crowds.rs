//! Crowds: enough claimants that the engine selects instead of sorting and looks at samples
//! first, in shapes that mislead a sample or make capping go on for long. Each result is the
//! model's exact one, and its rounding is the largest remainders'.

mod against;
mod model;

use against::{Columns, amount, atoms, engine_exact, rule};
use model::{Claim, Exact, Method, World, integer};
use num_traits::Zero;
use rhodian_core::allocation;

/// Wide enough for thousands of claims of up to 10^9 atoms.
type Whole = i128;

/// The engine's places in a sample lie this far apart.
const STRIDE: usize = 256;

/// A fixed sequence of numbers below `end`.
fn numbers(end: u128) -> impl FnMut() -> u128 {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u128::from(state) % end
    }
}

/// One division: the model's exact shares; the sum; each share the exact one rounded down or up,
/// and whoever is rounded up has the larger fraction, or an equal one and comes first.
fn check(name: &str, world: &World, loss: u128) {
    let columns = Columns::of(&world.claims);
    let division = allocation::divide(rule(world.method), amount(loss), &columns.claims())
        .unwrap_or_else(|error| panic!("{name}, loss {loss}: {error}"));
    let exact = world.exact(loss);
    let said = engine_exact(world, &columns, loss);
    let differs = said.iter().zip(&exact).position(|(said, exact)| said != exact);
    assert_eq!(differs, None, "{name}, loss {loss}: the first claim with another exact share");
    let shares = atoms(&division.shares);
    assert_eq!(shares.iter().sum::<u128>(), loss.min(world.capacity()), "{name}, loss {loss}");
    let mut rest: Vec<(Exact, usize, bool)> = Vec::new();
    for (i, (&share, exact)) in shares.iter().zip(&exact).enumerate() {
        let up = integer(share) - exact.floor();
        assert!(up.is_zero() || up == integer(1), "{name}, loss {loss}, claim {i}");
        rest.push((exact - exact.floor(), i, !up.is_zero()));
    }
    rest.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    let in_order = rest.windows(2).all(|pair| pair[0].2 >= pair[1].2);
    assert!(in_order, "{name}, loss {loss}: not the largest remainders");
}

/// Losses from one atom to one below capacity.
fn check_losses(name: &str, world: &World) {
    let all = world.capacity();
    for loss in [1, all / 1_000, all / 10, all / 2, all - all / 7, all - 1] {
        check(name, world, loss);
    }
}

/// Claims where those a sample sees are unlike all others.
fn misleading(size: usize, seen: Claim, unseen: impl Fn(usize) -> Claim) -> Vec<Claim> {
    (0..size).map(|i| if i.is_multiple_of(STRIDE) { seen } else { unseen(i) }).collect()
}

#[test]
fn proportional() {
    let mut number = numbers(1_000_000_000);
    let size = 3_000;
    let random = (0..size).map(|_| Claim::of(number()).weighing(number())).collect();
    let ladder = (0..size).map(|i| Claim::of(i * i).weighing(2 * size - i)).collect();
    let geometric = (0..size).map(|i| Claim::of(1 << (i % 30)).weighing(1 + i / 30)).collect();
    let equal = vec![Claim::of(1_000).weighing(7); 3_000];
    for (name, claims) in
        [("random", random), ("ladder", ladder), ("geometric", geometric), ("equal", equal)]
    {
        check_losses(name, &World::new(Method::Proportional, claims));
    }
}

#[test]
fn rounding_whose_sample_misleads() {
    let size = 20_000;
    let cases = [
        ("the sample's fractions are the largest", 1_000_000, 3),
        ("the sample's fractions are the smallest", 1, 1_000_000),
        ("all fractions are equal", 5, 5),
    ];
    for (name, seen, unseen) in cases {
        let cap = Claim::of(1_000_000_000);
        let claims =
            misleading(size, cap.weighing(seen), |i| cap.weighing(unseen + (i as u128 % 2)));
        let world = World::new(Method::Proportional, claims);
        for loss in [1, 40, 79, 5_000, 19_999, 1_000_003] {
            check(name, &world, loss);
        }
    }
}

#[test]
fn equal_losses_and_equal_awards() {
    let mut number = numbers(1_000_000);
    let random = (0..1_200).map(|_| Claim::of(number())).collect();
    let ladder = (0..1_200).map(|i| Claim::of(i * i)).collect();
    let geometric = (0..1_200).map(|i| Claim::of(1 << (i % 40))).collect();
    let few = misleading(1_200, Claim::of(1_000_000), |_| Claim::of(3));
    let many = misleading(1_200, Claim::of(3), |_| Claim::of(1_000_000));
    let worlds: [(&str, Vec<Claim>); 5] = [
        ("random", random),
        ("ladder", ladder),
        ("geometric", geometric),
        ("few are large", few),
        ("few are small", many),
    ];
    for (name, claims) in worlds {
        for method in [Method::EqualLosses, Method::EqualAwards, Method::Talmud] {
            let world = World::new(method, claims.clone());
            for loss in [1, world.capacity() / 3, world.capacity() - 1] {
                check(name, &world, loss);
            }
        }
    }
}

#[test]
fn queues() {
    let size = 6_000;
    let mut number = numbers(1_000);
    let of = |cap: u128, score: i64| Claim { score, ..Claim::of(cap) };
    let score = |number: u128| i64::try_from(number).expect("a score is small");
    let random = (0..size).map(|_| of(number(), score(number()))).collect();
    let rising = (0..size).map(|i| of(5, i64::try_from(i).expect("a score is small"))).collect();
    let equal = vec![of(5, 3); size];
    let rich_sample = misleading(size, of(1_000_000, 9), |i| of(5, score(i as u128 % 7)));
    let rich_last = misleading(size, of(1_000_000, 0), |i| of(5, score(i as u128 % 7)));
    let empty_sample = misleading(size, of(0, 9), |i| of(5, score(i as u128 % 7)));
    let worlds: [(&str, Vec<Claim>); 6] = [
        ("random", random),
        ("rising", rising),
        ("equal", equal),
        ("the sample is rich and first", rich_sample),
        ("the sample is rich and last", rich_last),
        ("the sample is empty", empty_sample),
    ];
    for (name, claims) in worlds {
        check_losses(name, &World::new(Method::Queue, claims));
    }
}

#[test]
fn classes() {
    let mut number = numbers(1_000);
    for method in [Method::Proportional, Method::EqualAwards, Method::Queue] {
        let claims = (0..1_500_u32)
            .map(|i| Claim { class: i * 7 % 400, ..Claim::of(number()).weighing(number()) })
            .collect();
        check_losses("four hundred classes", &World::new(method, claims));
    }
}
