//! One loss through a waterfall, slowly: small whole numbers, no code of the engine.
#![allow(dead_code, reason = "each test uses a part of it")]

/// Where a layer's money comes from.
#[derive(Clone, Debug)]
pub enum Money {
    /// A pot.
    Pot(i64),
    /// A pot of stakes, by account.
    Stakes(Vec<(usize, i64)>),
    /// Accounts: account, weight, cap, paid.
    Members(Vec<(usize, i64, i64, i64)>),
    /// Money from outside that has not answered yet.
    Outside,
    /// Money from outside that has answered.
    Answered,
}

#[derive(Clone, Debug)]
pub struct Layer {
    pub money: Money,
    pub per_event: Option<i64>,
    pub per_episode: Option<i64>,
    pub band: Option<(i64, i64)>,
    pub paid: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    pub step: usize,
    pub layer: usize,
    pub planned: i64,
    pub received: i64,
}

#[derive(Clone, Debug)]
pub struct Model {
    pub cash: Vec<i64>,
    pub layers: Vec<Layer>,
    pub draws: Vec<Draw>,
    /// What each account bore, by layer.
    pub bore: Vec<(usize, usize, i64)>,
}

/// `min(cap, level x weight)` for the level at which they sum to `amount`: numerators and the
/// common denominator.
fn exact(amount: i64, weights: &[i64], caps: &[i64]) -> (Vec<i64>, i64) {
    let mut full: Vec<bool> = weights.iter().map(|weight| *weight == 0).collect();
    let cap = |i: usize| if weights[i] == 0 { 0 } else { caps[i] };
    loop {
        let left = amount - (0..caps.len()).filter(|i| full[*i]).map(cap).sum::<i64>();
        let weight: i64 = (0..caps.len()).filter(|i| !full[*i]).map(|i| weights[i]).sum();
        if weight == 0 {
            return ((0..caps.len()).map(cap).collect(), 1);
        }
        let reached =
            (0..caps.len()).find(|i| !full[*i] && caps[*i] * weight <= left * weights[*i]);
        match reached {
            Some(place) => full[place] = true,
            None => {
                let share = |i| if full[i] { cap(i) * weight } else { left * weights[i] };
                return ((0..caps.len()).map(share).collect(), weight);
            }
        }
    }
}

/// What each pays now of `amount` in all, having paid `paid`: whole atoms, as design section 6
/// rounds a wave.
pub fn wave(amount: i64, weights: &[i64], caps: &[i64], paid: &[i64]) -> Vec<i64> {
    let (shares, den) = exact(amount, weights, caps);
    let total: i64 = shares.iter().sum::<i64>() / den;
    let now = total - paid.iter().sum::<i64>();
    let owed: Vec<i64> = shares.iter().zip(paid).map(|(share, paid)| share - paid * den).collect();
    let mut pays: Vec<i64> = owed.iter().map(|t| t.div_euclid(den).max(0)).collect();
    while pays.iter().sum::<i64>() < now {
        let rest = |i: &usize| (owed[*i] - pays[*i] * den, std::cmp::Reverse(*i));
        let next = (0..pays.len()).max_by_key(rest).unwrap();
        pays[next] += 1;
    }
    while pays.iter().sum::<i64>() > now {
        let rest = |i: &usize| (owed[*i] - pays[*i] * den, std::cmp::Reverse(*i));
        let next = (0..pays.len()).filter(|i| pays[*i] > 0).min_by_key(rest).unwrap();
        pays[next] -= 1;
    }
    pays
}

impl Model {
    fn capacity(&self, layer: usize, loss: i64) -> i64 {
        let of = &self.layers[layer];
        let has = match &of.money {
            Money::Pot(balance) => *balance,
            Money::Stakes(stakes) => stakes.iter().map(|(_, stake)| stake).sum(),
            Money::Members(members) => members
                .iter()
                .filter(|(_, weight, ..)| *weight > 0)
                .map(|(account, _, cap, paid)| (cap - paid).min(self.cash[*account]))
                .sum(),
            Money::Outside => i64::MAX,
            Money::Answered => 0,
        };
        let band = of.band.map(|(from, to)| (loss.min(to) - from).max(0));
        let limits = [of.per_event, of.per_episode, band];
        limits.into_iter().flatten().map(|limit| limit - of.paid).fold(has, i64::min)
    }

    /// Runs `steps` of `(layer, weight)`; money from outside brings at most `comes`. What is left
    /// is uncovered.
    pub fn run(&mut self, steps: &[Vec<(usize, i64)>], loss: i64, comes: i64) -> i64 {
        let mut left = loss;
        for (number, step) in (1..).zip(steps) {
            loop {
                let caps: Vec<i64> = step.iter().map(|(l, _)| self.capacity(*l, loss)).collect();
                let weights: Vec<i64> = step.iter().map(|(_, weight)| *weight).collect();
                let caps: Vec<i64> = caps.into_iter().map(|cap| cap.min(1_000)).collect();
                let planned = wave(left, &weights, &caps, &vec![0; caps.len()]);
                if planned.iter().all(|planned| *planned == 0) {
                    break;
                }
                for ((layer, _), planned) in step.iter().zip(planned) {
                    if planned > 0 {
                        let received = self.draw(*layer, planned, comes);
                        self.layers[*layer].paid += received;
                        left -= received;
                        self.draws.push(Draw { step: number, layer: *layer, planned, received });
                    }
                }
            }
        }
        left
    }

    fn draw(&mut self, layer: usize, planned: i64, comes: i64) -> i64 {
        match &mut self.layers[layer].money {
            Money::Pot(balance) => {
                *balance -= planned;
                planned
            }
            Money::Stakes(stakes) => {
                let of: Vec<i64> = stakes.iter().map(|(_, stake)| *stake).collect();
                let shares = wave(planned, &of, &of, &vec![0; of.len()]);
                for ((account, stake), share) in stakes.iter_mut().zip(shares) {
                    *stake -= share;
                    self.bore.push((layer, *account, share));
                }
                planned
            }
            Money::Members(members) => {
                let weights: Vec<i64> = members.iter().map(|m| m.1).collect();
                let paid: Vec<i64> = members.iter().map(|m| m.3).collect();
                let caps: Vec<i64> =
                    members.iter().map(|m| m.2.min(m.3 + self.cash[m.0])).collect();
                let before: i64 = paid.iter().sum();
                let shares = wave(before + planned, &weights, &caps, &paid);
                for (member, share) in members.iter_mut().zip(&shares) {
                    member.3 += share;
                    self.cash[member.0] -= share;
                    self.bore.push((layer, member.0, *share));
                }
                shares.iter().sum()
            }
            Money::Outside => {
                self.layers[layer].money = Money::Answered;
                planned.min(comes)
            }
            Money::Answered => unreachable!("it has no capacity"),
        }
    }
}
