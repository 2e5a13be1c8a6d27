//! Leverage draining against a slow model that shares no code and no idea with it: the model
//! lowers the most leveraged accounts together, event by event, in unbounded fractions, where the
//! engine solves for the level.

use num_bigint::BigInt;
use num_rational::Ratio;
use num_traits::{Signed, Zero};
use rhodian_core::liquidation::adl::draining::{Candidate, Draining, drain};

type Exact = Ratio<BigInt>;

fn exact(number: impl Into<BigInt>) -> Exact {
    Ratio::from_integer(number.into())
}

/// An account of the model while it is drained.
struct Drained {
    net: Exact,
    equity: Exact,
    given: Exact,
    may_give: Exact,
}

impl Drained {
    fn leverage(&self) -> Exact {
        &self.net / &self.equity
    }

    fn lower_to(&mut self, level: &Exact, value: &Exact) {
        let gives = (&self.net - level * &self.equity) / value;
        self.net = level * &self.equity;
        self.given += &gives;
        self.may_give -= gives;
    }
}

/// Lowers all accounts that may give, the most leveraged first and together, until `need` lots
/// are given or none are left; the last level, and what is still needed.
fn lower(accounts: &mut [Drained], value: &Exact, mut need: Exact) -> (Option<Exact>, Exact) {
    let mut last = None;
    while need.is_positive() {
        let open = || accounts.iter().filter(|a| a.may_give.is_positive());
        let Some(top) = open().map(Drained::leverage).max() else { break };
        let equity: Exact = open().filter(|a| a.leverage() == top).map(|a| &a.equity).sum();
        // The next event: another account's level, or one of these has given all.
        let events = open().map(|a| {
            let own = a.leverage();
            if own < top { own } else { (&a.net - &a.may_give * value) / &a.equity }
        });
        let next = events.max().expect("someone is open");
        let enough = &top - &need * value / &equity;
        let level = next.max(enough);
        for account in accounts.iter_mut() {
            if account.may_give.is_positive() && account.leverage() == top {
                account.lower_to(&level, value);
            }
        }
        need -= (top - &level) * equity / value;
        last = Some(level);
    }
    (last, need)
}

/// The model's exact gifts, and the level where there is one to publish.
fn model(book: &[Candidate], value: u64, needed: u64) -> (Vec<Exact>, Option<Exact>) {
    let most: u64 = book.iter().map(|c| c.room.map_or(c.lots, |room| c.lots.min(room))).sum();
    let value = exact(value);
    let mut accounts: Vec<Drained> = Vec::new();
    let mut eased = 0;
    for candidate in book {
        let all = candidate.room.map_or(candidate.lots, |room| candidate.lots.min(room));
        eased += all.min(candidate.easing);
        accounts.push(Drained {
            net: exact(candidate.net),
            equity: exact(candidate.equity),
            given: Exact::zero(),
            may_give: exact(all.min(candidate.easing)),
        });
    }
    let (mut level, left) = lower(&mut accounts, &value, exact(needed));
    if left.is_positive() {
        for (account, candidate) in accounts.iter_mut().zip(book) {
            let all = candidate.room.map_or(candidate.lots, |room| candidate.lots.min(room));
            account.may_give = exact(all) - &account.given;
        }
        level = lower(&mut accounts, &value, left).0;
    }
    let part = needed > 0 && needed < most && needed != eased;
    (accounts.into_iter().map(|account| account.given).collect(), level.filter(|_| part))
}

fn level_of(drained: &Draining) -> Option<Exact> {
    let level = drained.level?;
    let size = Ratio::new(level.leverage.num.into(), level.leverage.den.into());
    Some(if level.turned { -size } else { size })
}

/// Level, exact values and whole lots are the model's, and the lots are its largest remainders.
fn check(book: &[Candidate], value: u64, needed: u64) {
    let drained = drain(book, value, needed).unwrap();
    let (gifts, level) = model(book, value, needed);
    assert_eq!(level_of(&drained), level, "{book:?} {value} {needed}");
    let mut lots: Vec<BigInt> = gifts.iter().map(|gift| gift.to_integer()).collect();
    let mut order: Vec<usize> = (0..book.len()).collect();
    order.sort_by_key(|i| (-gifts[*i].fract(), *i));
    let sum: Exact = gifts.iter().sum();
    let left = sum.to_integer() - lots.iter().sum::<BigInt>();
    assert_eq!(left, drained.rounded_up.into(), "{book:?} {value} {needed}");
    for place in order.into_iter().take(usize::try_from(left).unwrap()) {
        lots[place] += 1;
    }
    let given: Vec<BigInt> = drained.lots.iter().map(|lots| (*lots).into()).collect();
    assert_eq!(given, lots, "{book:?} {value} {needed}");
    assert_eq!(sum + exact(drained.unassigned), exact(needed));
    for (index, (candidate, gift)) in book.iter().zip(&gifts).enumerate() {
        let (whole, rest) = drained.exact_value(index, candidate, value);
        let said = exact(whole) + Ratio::new(rest.num.into(), rest.den.into());
        assert_eq!(said, gift * exact(value), "{book:?} {value} {needed}: {index}");
    }
}

/// Every account of at most two lots.
fn profiles(nets: &[i128], equities: &[u128]) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (lots, easing) in [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)] {
        for net in nets {
            for equity in equities {
                found.push(Candidate { lots, easing, room: None, net: *net, equity: *equity });
            }
        }
    }
    found
}

#[test]
fn every_world_of_two_small_accounts() {
    let profiles = profiles(&[-1, 0, 1, 3], &[1, 2]);
    for first in &profiles {
        for second in &profiles {
            for value in [1, 2] {
                for needed in 0..=5 {
                    check(&[*first, *second], value, needed);
                }
            }
        }
    }
}

#[test]
fn every_world_of_three_accounts_of_two_lots() {
    let mut profiles = profiles(&[-1, 2], &[1, 3]);
    profiles.retain(|candidate| candidate.lots == 2 && candidate.easing != 1);
    for first in &profiles {
        for second in &profiles {
            for third in &profiles {
                for needed in 0..=7 {
                    check(&[*first, *second, *third], 1, needed);
                }
            }
        }
    }
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    /// A book whose sizes spread over many orders of magnitude, with hedges and limits.
    fn book(&mut self, accounts: u64, value: u64) -> Vec<Candidate> {
        let account = |random: &mut Self| {
            let digits = u32::try_from(random.below(12)).unwrap();
            let lots = random.below(10u64.pow(digits) + 1);
            let worth = i128::from(lots) * i128::from(value);
            let others = i128::from(random.below(1 + 2 * lots)) * i128::from(value);
            let net = match random.below(5) {
                0 => worth - others,
                1 => worth + others,
                2 => -others,
                _ => worth,
            };
            let equity = worth.unsigned_abs() / u128::from(1 + random.below(60));
            Candidate {
                lots,
                easing: [lots, lots, lots / 2, 0][usize::try_from(random.below(4)).unwrap()],
                room: (random.below(6) == 0).then(|| random.below(lots + 1)),
                net,
                equity: equity + 1 + u128::from(random.below(9)),
            }
        };
        (0..accounts).map(|_| account(self)).collect()
    }
}

#[test]
fn random_books_of_up_to_thirty_accounts() {
    for seed in 0..120 {
        let mut random = Random(seed);
        let value = 1 + random.below(100_000);
        let accounts = 1 + random.below(30);
        let book = random.book(accounts, value);
        let all: u64 = book.iter().map(Candidate::gives_at_most).sum();
        for needed in [1, all / 100, all / 3, all - all / 50, random.below(all + 2), all + 1] {
            check(&book, value, needed);
        }
    }
}

#[test]
fn splitting_and_shuffling_change_no_level_and_two_steps_are_one() {
    for seed in 0..200 {
        let mut random = Random(1_000 + seed);
        let mut book = random.book(12, 7);
        book.retain(|c| c.gives_at_most() > 0 && c.room.is_none() && c.easing == c.lots);
        let all: u64 = book.iter().map(|candidate| candidate.lots).sum();
        let needed = random.below(all + 1);
        let whole = drain(&book, 7, needed).unwrap();
        // Every account in two halves, in the reverse order: twice of everything makes it even.
        let twice = |c: &Candidate| Candidate {
            lots: 2 * c.lots,
            easing: 2 * c.easing,
            net: 2 * c.net,
            equity: 2 * c.equity,
            ..*c
        };
        let doubled: Vec<Candidate> = book.iter().map(twice).collect();
        let halves: Vec<Candidate> = book.iter().rev().flat_map(|c| [*c, *c]).collect();
        let (one, two) = (drain(&doubled, 7, 2 * needed), drain(&halves, 7, 2 * needed));
        assert_eq!(one.as_ref().unwrap().level, two.unwrap().level);
        assert_eq!(one.unwrap().level, whole.level);
        // Two steps: each account ends within two lots of what one step gives it.
        let first = drain(&book, 7, needed / 3).unwrap();
        let given = book.iter().zip(&first.lots);
        let left: Vec<Candidate> = given
            .map(|(c, lots)| Candidate {
                lots: c.lots - lots,
                easing: c.easing - lots,
                net: c.net - 7 * i128::from(*lots),
                ..*c
            })
            .collect();
        let second = drain(&left, 7, needed - needed / 3).unwrap();
        for (index, once) in whole.lots.iter().enumerate() {
            let twice = first.lots[index] + second.lots[index];
            assert!(twice.abs_diff(*once) <= 2, "seed {seed}, {index}: {twice}, {once}");
        }
    }
}
