//! Whole mechanisms over the same crises, wave by wave: how much is taken
//! ([`super::controller`]), and of whom ([`super::way`], the integer program, mirror descent).
//!
//! A mechanism that is *told* what a wave will come to is not one that a venue can run: it is here
//! because studies give it to their policies. *Honest* ones decide by what is known when they
//! decide; the last of them waits, and what that costs is [`super::settlement`].
//!
//! Each wave is divided over those who have won by then, less what they have paid: nobody pays more
//! than he has left of it, nor more than he has. A fund pays first.
//!
//! **When it is false**: what is taken changes nothing in the rest of the crisis, so whoever pays
//! and then loses does not fail of it here; positions are not closed with the money, as venues do
//! that deleverage; and nobody behaves otherwise because of the mechanism.

use super::burden::Burden;
use super::controller::{Amount, Controller, best_miss};
use super::left::Left;
use super::rank::stability;
use super::way::WAYS;
use super::{mirror, whole};
use crate::crisis::aftermath::{Wave, Winner};
use crate::crisis::rounds::Episode;
use rhodian_core::ids::Time;

/// How much is taken, and of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mechanism {
    /// The name: lower-case words with hyphens.
    pub name: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    amount: Amount,
    share: Share,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    /// The way of this name.
    Way(&'static str),
    /// The least largest burden in whole lots.
    Whole,
    /// The nearest parts to those of the last wave.
    Mirror,
}

impl Mechanism {
    /// Whether it decides by what is known when it decides.
    #[must_use]
    pub fn honest(&self) -> bool {
        self.amount != Amount::Told
    }
}

const fn told(name: &'static str, about: &'static str) -> Mechanism {
    Mechanism { name, about, amount: Amount::Told, share: Share::Way(name) }
}

const fn honest(name: &'static str, about: &'static str, amount: Amount) -> Mechanism {
    Mechanism { name, about, amount, share: Share::Way("proportional") }
}

/// Every mechanism that is compared: those that are told first, then the honest ones, and last the
/// one that waits.
pub const MECHANISMS: [Mechanism; 21] = [
    told("queue-binance", "leverage times profit first"),
    told("queue-hyperliquid", "profit part times leverage first"),
    told("queue-bitmex", "profit part times effective leverage first"),
    told("proportional", "by what was won"),
    told("by-equity", "by what accounts are worth"),
    told("by-contracts", "by open value"),
    told("leverage-weighted", "by what was won times leverage"),
    told("risk-aware", "by what was won times squared leverage"),
    told("equal-losses", "the same from everyone"),
    told("equal-awards", "everyone keeps the same"),
    told("talmud", "halves"),
    Mechanism {
        name: "whole-contracts",
        about: "least largest burden, whole lots",
        amount: Amount::Told,
        share: Share::Whole,
    },
    Mechanism {
        name: "mirror-descent",
        about: "nearest to the parts of the last wave",
        amount: Amount::Told,
        share: Share::Mirror,
    },
    Mechanism {
        name: "seen-queue",
        about: "the hole at the marks, by the queue of Hyperliquid",
        amount: Amount::Seen,
        share: Share::Way("queue-hyperliquid"),
    },
    honest("seen", "the hole at the marks", Amount::Seen),
    honest("backoff", "a part of it, nine tenths of the last", Amount::Backoff),
    honest("gradient", "a part of it, moved against the last miss", Amount::Gradient),
    honest("primal-dual", "parts of it weighed by what they missed", Amount::PrimalDual),
    honest("last-wave", "what the last known wave came to", Amount::Last),
    honest("median-wave", "the middle of the known waves", Amount::Median),
    honest("measured", "waits until it is known, as here", Amount::Measured),
];

/// How a mechanism did in a crisis. Amounts are atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Taken too much, over waves.
    pub over: u128,
    /// Taken too little.
    pub under: u128,
    /// What it missed more than the best fixed part of the holes at the marks, which nobody knows
    /// before.
    pub regret: f64,
    /// How what it took falls.
    pub burden: Burden,
    /// Whether those who bear most of a wave bear most of the next: Spearman's coefficient, mean
    /// over waves; nothing where no two waves took of the same three.
    pub stability: Option<f64>,
    /// What it adds to the hole of the next move, expected: see [`NEXT_MOVE`].
    pub next: f64,
    /// What those won that leave because of it: a part 1 - exp(-burden) of each (the churn of arXiv
    /// 2512.01112, whose rate nobody has measured).
    pub leavers: f64,
    /// How large the largest gain that is left is beside what was taken.
    pub left: Left,
}

/// The mean of the next move against everyone's net position, by an exponential law: five per cent.
/// The expected hole of an account is then net x mean x exp(-equity / (net x mean)).
pub const NEXT_MOVE: f64 = 0.05;

/// Who would bear fewer atoms of a wave, if all bore alike, is not ranked: what rounding gives him
/// is no order.
const LEAST_RANKED: f64 = 100.0;

/// A wave as mechanisms meet it, behind the fund.
struct Need<'a> {
    at: Time,
    settled: Time,
    seen: u128,
    lacked: u128,
    /// The largest of its losses, before the fund.
    largest: u128,
    winners: &'a [Winner],
}

/// What is left of each wave behind a fund. What a wave is seen as is behind what is known of those
/// before it: what they came to where their books are flat, and what they were seen as where not.
fn needs(of: &Episode, fund: u128) -> Vec<Need<'_>> {
    let amounts = of.rounds.iter().enumerate().map(|(place, round)| {
        let (now, earlier) = (round.wave, of.rounds[..place].iter().map(|round| round.wave));
        let all = earlier.clone().map(|wave| wave.lacked).sum::<u128>();
        let known = |wave: Wave| if wave.settled <= now.at { wave.lacked } else { wave.seen };
        let known = earlier.map(known).sum::<u128>();
        let behind =
            |lacked: u128, before: u128| lacked.saturating_sub(fund.saturating_sub(before));
        (behind(now.seen, known), behind(now.lacked, all))
    });
    let amounts: Vec<(u128, u128)> = amounts.collect();
    let needs = of.rounds.iter().zip(amounts).map(|(round, (seen, lacked))| Need {
        at: round.wave.at,
        settled: round.wave.settled,
        seen,
        lacked,
        largest: round.wave.largest,
        winners: &round.winners,
    });
    needs.filter(|need| need.seen > 0 || need.lacked > 0).collect()
}

/// How every mechanism does in `of` behind `fund`, in the order of [`MECHANISMS`]; nothing where
/// nothing is left to divide, or nobody won.
#[must_use]
pub fn scores(of: &Episode, fund: u128) -> Option<Vec<Score>> {
    let needs = needs(of, fund);
    let lacked: u128 = needs.iter().map(|need| need.lacked).sum();
    if lacked == 0 || needs.iter().all(|need| need.winners.is_empty()) {
        return None;
    }
    Some(MECHANISMS.iter().map(|one| score(one, &needs, &of.holders)).collect())
}

/// What everybody paid and had.
struct Ledger {
    paid: Vec<u128>,
    /// The most that each had won at a wave.
    won: Vec<u128>,
    /// Parts of the last wave, for mirror descent.
    parts: Vec<f64>,
    /// What each bore of the last wave, in tenths of what all bore on average.
    last: Vec<Option<u32>>,
    stable: Vec<f64>,
}

fn score(of: &Mechanism, needs: &[Need<'_>], holders: &[Winner]) -> Score {
    let all = needs.iter().flat_map(|need| need.winners).chain(holders);
    let places = all.map(|of| of.account as usize + 1).max().unwrap_or(0);
    let mut ledger = Ledger {
        paid: vec![0; places],
        won: vec![0; places],
        parts: vec![0.0; places],
        last: vec![None; places],
        stable: Vec::new(),
    };
    let mut controller = Controller::new(of.amount);
    let mut heard = vec![false; needs.len()];
    let mut score = Score::default();
    for need in needs {
        for (earlier, heard) in needs.iter().zip(&mut heard) {
            if !*heard && earlier.at < need.at && earlier.settled <= need.at {
                controller.hears(earlier.seen, earlier.lacked);
                *heard = true;
            }
        }
        let amount = controller.takes(need.seen, need.lacked);
        let taken = ledger.take(of.share, amount, need.winners);
        score.over += taken.saturating_sub(need.lacked);
        score.under += need.lacked.saturating_sub(taken);
    }
    let waves: Vec<(u128, u128)> = needs.iter().map(|need| (need.seen, need.lacked)).collect();
    score.regret = (score.over + score.under) as f64 - best_miss(&waves);
    let loss = waves.iter().map(|(_, lacked)| lacked).sum();
    ledger.tell(loss, holders, &mut score);
    let largest = needs.iter().map(|need| need.largest).max().unwrap_or(0);
    score.left = Left::of(&ledger.won, &ledger.paid, (loss, largest), score.under);
    score
}

impl Ledger {
    /// Takes `amount` of `winners` as far as they have it; what was taken.
    fn take(&mut self, share: Share, amount: u128, winners: &[Winner]) -> u128 {
        let left = |of: &Winner| {
            let paid = self.paid[of.account as usize];
            let gain = of.gain.checked_sub(paid).filter(|gain| *gain > 0)?;
            let equity = of.equity.checked_sub(paid)?;
            Some(Winner { gain, equity, ..*of })
        };
        let standing: Vec<Winner> = winners.iter().filter_map(left).collect();
        for of in winners {
            let won = &mut self.won[of.account as usize];
            *won = of.gain.max(*won);
        }
        let shares = match share {
            Share::Way(name) => {
                let way = WAYS.iter().find(|way| way.name == name);
                let loss = rhodian_core::units::Amount::new(amount)
                    .unwrap_or(rhodian_core::units::Amount::MAX);
                way.map_or_else(Vec::new, |way| way.divide(loss, &standing))
            }
            Share::Whole => whole::divide(amount, &standing),
            Share::Mirror => {
                let of = |of: &Winner| self.parts[of.account as usize];
                let mut parts: Vec<f64> = standing.iter().map(of).collect();
                let shares = mirror::divide(amount, &standing, &mut parts);
                for (of, part) in standing.iter().zip(parts) {
                    self.parts[of.account as usize] = part;
                }
                shares
            }
        };
        self.book(&standing, &shares);
        shares.iter().sum()
    }

    /// Writes down who paid, and how that compares with the last wave that took anything.
    fn book(&mut self, standing: &[Winner], shares: &[u128]) {
        if shares.iter().all(|share| *share == 0) {
            return;
        }
        let sum = |all: &mut dyn Iterator<Item = u128>| all.sum::<u128>() as f64;
        let gains = sum(&mut standing.iter().map(|of| of.gain));
        let mean = sum(&mut shares.iter().copied()) / gains.max(1.0);
        let mut now = vec![None; self.last.len()];
        for (of, share) in standing.iter().zip(shares) {
            let place = of.account as usize;
            self.paid[place] += share;
            let due = of.gain as f64 * mean;
            let tenths = libm::round(10.0 * *share as f64 / due) as u32;
            now[place] = (due >= LEAST_RANKED).then_some(tenths);
        }
        let both = self.last.iter().zip(&now);
        let pairs: Vec<(u32, u32)> =
            both.filter_map(|(last, now)| Some(((*last)?, (*now)?))).collect();
        self.stable.extend(stability(&pairs));
        self.last = now;
    }

    fn tell(&self, loss: u128, holders: &[Winner], score: &mut Score) {
        let bearers: Vec<(Winner, u128)> = (0..)
            .zip(&self.won)
            .zip(&self.paid)
            .filter(|((_, won), _)| **won > 0)
            .map(|((account, won), paid)| (bearer(account, *won), *paid))
            .collect();
        let (winners, paid): (Vec<Winner>, Vec<u128>) = bearers.into_iter().unzip();
        score.burden = Burden::of(&winners, &paid, loss);
        let waves = self.stable.len() as f64;
        score.stability = (waves > 0.0).then(|| self.stable.iter().sum::<f64>() / waves);
        let next = |of: &Winner, paid: u128| hole(of.net as f64, of.equity as f64 - paid as f64);
        score.next =
            holders.iter().map(|of| next(of, self.paid[of.account as usize]) - next(of, 0)).sum();
        let won: f64 = winners.iter().map(|of| of.gain as f64).sum();
        let leaves = |(of, paid): (&Winner, &u128)| {
            let burden = *paid as f64 / of.gain as f64;
            of.gain as f64 * -libm::expm1(-burden)
        };
        score.leavers = winners.iter().zip(&paid).map(leaves).sum::<f64>() / won.max(1.0);
    }
}

/// Whoever had won so much at a wave.
const fn bearer(account: u32, gain: u128) -> Winner {
    Winner { account, gain, equity: gain, open: 0, net: 0, lots: 0, scores: [0; 3] }
}

/// What the next move is expected to leave lacking of an account.
fn hole(net: f64, equity: f64) -> f64 {
    let mean = net * NEXT_MOVE;
    if mean <= 0.0 {
        return (-equity).max(0.0);
    }
    if equity <= 0.0 { mean - equity } else { mean * libm::exp(-equity / mean) }
}
