//! The pay of those who are staked in a layer, by time.
//!
//! With the stakes `S`, their target `T` and the most `M` that is paid in a year, the curve is
//!
//! ```text
//! S up to T            M x S x (2T - S) / T^2      its peak, M, where S is T
//! T to 1.2 T           M less M (S - T) / T        in a line, down to 0.8 M
//! above                0.8 M
//! ```
//!
//! as in Aave's Umbrella (`EmissionMath`). For an atom of stake it falls all the way, so that more
//! come where few are; in all it rises up to the target and not beyond. Where the loss
//! expected of the layer is known, the pay is at least `S x expected loss x (1 + load)`.
//!
//! Pay accrues by the millisecond, for stakes as they stand: it is booked before they change, so
//! that who comes in for the last moment of a period gets that moment. It is linear in a stake:
//! nobody gains by splitting his. It is taken out of a pot of the layer's own; a time for which
//! the pot had nothing is not paid later. What is left in it when the terms end is earned by
//! nobody: it goes to fees when it is asked for, and they are divided as any.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Event, Flaw, WHOLE};
use crate::bounds::MAX_TOTAL;
use crate::domain;
use crate::engine::{self, Events, State};
use crate::ids::{LayerId, OwnerId, Time};
use crate::ledger::Holder;
use crate::pools::YEAR;
use crate::units::{Amount, text};
use crate::wide::{mul_div_ceil, mul_div_floor, mul_div_rem};

/// The largest load: nine times the expected loss.
pub(super) const MAX_LOAD: u32 = 9 * WHOLE;

/// How a layer's stakers are paid.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PayTerms {
    /// The stakes at which most is paid, in atoms: above zero.
    pub target: Amount,
    /// What is paid in a year at the target, in atoms. Nothing where only the premium is paid.
    pub most: Amount,
    /// What the pay is above the expected loss at least, in millionths of it: at most nine times.
    pub load: u32,
}

impl PayTerms {
    pub(super) fn check(&self) -> Result<(), Flaw> {
        if self.target.is_zero() {
            return Err(Flaw::NoTarget);
        }
        if self.load > MAX_LOAD {
            return Err(Flaw::Load { load: self.load, max: MAX_LOAD });
        }
        Ok(())
    }

    /// What the curve pays in a year for stakes of `staked`, rounded down (for the pot): at most
    /// `most`, and less than three atoms below the exact curve.
    ///
    /// ```
    /// use rhodian_core::incentive::PayTerms;
    /// use rhodian_core::units::Amount;
    /// let amount = |atoms| Amount::new(atoms).unwrap();
    /// let terms = PayTerms { target: amount(1_000), most: amount(100), load: 0 };
    /// let paid = [0, 500, 1_000, 1_100, 1_200, 9_000].map(|s| terms.curve_floor(amount(s)));
    /// assert_eq!(paid.map(Amount::atoms), [0, 75, 100, 90, 80, 80]);
    /// ```
    #[must_use]
    pub fn curve_floor(&self, staked: Amount) -> Amount {
        let (target, most, at) = (self.target.atoms(), self.most.atoms(), staked.atoms());
        let paid = if at <= target {
            // Below 2 x 10^60 each: both quotients exist where the target is not zero.
            let linear = mul_div_floor(most, at, target);
            linear.and_then(|linear| mul_div_floor(linear, 2 * target - at, target))
        } else {
            // At least a fifth of the way from the target the line is at its end.
            let over = (at - target).min(target.div_ceil(5));
            let less = mul_div_ceil(most, over, target).map(|less| less.min(most.div_ceil(5)));
            less.map(|less| most - less)
        };
        paid.and_then(|atoms| Amount::new(atoms).ok()).unwrap_or_default()
    }

    /// The expected loss of stakes of `staked` in a year with its load, rounded up (for those who
    /// are staked), in atoms: at most ten times `staked`. `expected` is in millionths.
    #[must_use]
    pub fn premium_ceil(&self, staked: Amount, expected: u32) -> u128 {
        let unit = u128::from(WHOLE);
        let rate = u128::from(expected) * (unit + u128::from(self.load));
        // At most 10^30 x 10^13, over 10^12: it exists.
        mul_div_ceil(staked.atoms(), rate, unit * unit).unwrap_or(0)
    }
}

/// What is said of a layer's pay, and what it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LayerPay"))]
pub struct Pay {
    /// How it is paid; nothing while it is not.
    pub terms: Option<PayTerms>,
    /// Until when it is booked.
    pub since: Time,
    /// What of an atom is earned beyond what is booked, in parts of a year's milliseconds.
    pub rest: u64,
    /// What was ever put into the pot, in atoms.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub put: u128,
    /// What was ever paid out of it, to stakers or back to fees, in atoms.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub paid: u128,
}

/// The pay of a layer as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PayNow {
    /// What is staked.
    pub staked: Amount,
    /// What is paid in a year while that much is, in atoms.
    #[serde(with = "text")]
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub per_year: u128,
    /// What of the pot is earned by now and not booked yet.
    pub earned: Amount,
    /// What is left in the pot after that.
    pub left: Amount,
    /// What of an atom is earned beyond, in parts of a year's milliseconds.
    pub rest: u64,
}

impl Pay {
    pub(super) const fn new(now: Time) -> Self {
        Self { terms: None, since: now, rest: 0, put: 0, paid: 0 }
    }

    /// What may still be put into a pot that holds `held`: it is an amount, and all that ever was
    /// put in stays below 10^38.
    pub(super) fn room(&self, held: Amount) -> Amount {
        let ever = Amount::new(MAX_TOTAL - self.put.min(MAX_TOTAL)).unwrap_or(Amount::MAX);
        Amount::MAX.less_or_zero(held).min(ever)
    }

    /// What was said while nothing was paid pays for no time before.
    pub(super) const fn set(&mut self, terms: Option<PayTerms>, now: Time) {
        if self.terms.is_none() {
            self.accrued(now, 0);
        }
        self.terms = terms;
    }

    pub(super) const fn put(&mut self, amount: Amount) {
        self.put += amount.atoms();
    }

    pub(super) const fn accrued(&mut self, now: Time, rest: u64) {
        self.since = now;
        self.rest = rest;
    }

    /// At most what was put in.
    pub(super) const fn paid(&mut self, amount: Amount) {
        self.paid += amount.atoms();
    }

    /// What of a pot of `pot` is earned at `per_year` from when it was last booked to `now`: whole
    /// atoms, and the rest in parts. Where the pot is short all of it is, and no rest stays.
    fn earned(&self, per_year: u128, now: Time, pot: Amount) -> (Amount, u64) {
        let year = u128::from(YEAR);
        // Time never goes back.
        let millis = u128::from(now.0 - self.since.0);
        let whole = mul_div_rem(per_year, millis, year).and_then(|(whole, rest)| {
            let rest = rest + u128::from(self.rest);
            let atoms = whole.checked_add(rest / year)?;
            Some((Amount::new(atoms).ok()?, u64::try_from(rest % year).ok()?))
        });
        match whole {
            Some((earned, rest)) if earned <= pot => (earned, rest),
            _ => (pot, 0),
        }
    }
}

impl State {
    /// The pay of `layer` as it stands; nothing where it has no terms.
    #[must_use]
    pub fn pay_now(&self, layer: LayerId) -> Option<PayNow> {
        let pay = self.incentives.pay(layer)?;
        let terms = pay.terms?;
        let asset = self.domains.asset_of_layer(layer)?;
        let staked = self.ledger.held(asset, Holder::Layer(layer));
        let curve = terms.curve_floor(staked).atoms();
        let expected = self.incentives.layer_loss(layer).unwrap_or(0);
        let per_year = curve.max(terms.premium_ceil(staked, expected));
        let pot = self.ledger.held(asset, Holder::Pay(layer));
        let (earned, rest) = pay.earned(per_year, self.now(), pot);
        Some(PayNow { staked, per_year, earned, left: pot.less_or_zero(earned), rest })
    }

    /// What stakers of `layer` are paid, or what pays them, is about to change: what they earned
    /// until now is booked, once in a command.
    pub(crate) fn book_pay(&self, layer: LayerId, events: &mut Events) {
        let of_layer = |event: &engine::Event| match event {
            engine::Event::Incentive(Event::Accrued { layer: of, .. }) => *of == layer,
            _ => false,
        };
        if events.as_slice().iter().any(of_layer) {
            return;
        }
        let Some(pay) = self.incentives.pay(layer).filter(|pay| pay.since < self.now()) else {
            return;
        };
        // Where nothing is paid only the time goes on.
        let Some(now) = self.pay_now(layer) else { return };
        let given = domain::of_pay(self, layer, now.earned, events);
        let (amount, rest) = match given {
            Some(_) => (now.earned, now.rest),
            // Less than an atom waits for the next; with nobody staked nothing does.
            None if now.earned.is_zero() && !now.staked.is_zero() => (Amount::ZERO, now.rest),
            None => (Amount::ZERO, 0),
        };
        let (since, per_year) = (pay.since, now.per_year);
        events.push(Event::Accrued { layer, since, per_year, amount, rest });
        if let Some(event) = given {
            events.push(event);
        }
    }

    /// The stakes of `owner` may come to be taken: what they earned until now is booked first.
    pub(crate) fn book_pay_of(&self, owner: OwnerId, events: &mut Events) {
        for (layer, _) in self.incentives.pays() {
            if self.accounts_of(owner).any(|of| !self.domains.stake(layer, of).is_zero()) {
                self.book_pay(layer, events);
            }
        }
    }
}
