//! What an account holds in markets: its legs, what it gained and paid since it began, and how it
//! stood at the checkpoints that may still matter.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::ids::{AssetId, CheckpointId, DomainId, MarketId};
use crate::units::Quantity;

/// An open position in one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Leg {
    /// The market.
    pub market: MarketId,
    /// The lots, never zero.
    pub lots: Quantity,
    /// What was paid for them, in atoms: the sum of lots x (price - funding) at entry; negative
    /// when short.
    pub entry: i128,
}

/// The sum of cash an account got from fills of one domain, less what it paid and less fees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Flow {
    /// The domain.
    pub domain: DomainId,
    /// In atoms.
    pub cash: i128,
}

/// What an account has accumulated since it began; differences between two moments count.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Totals {
    /// By domain, in order.
    pub flows: Vec<Flow>,
    /// Profit realised by fills, less losses realised and fees, in atoms.
    pub realised: i128,
    /// Deposits, transfers and stakes that came back in, less the same out, in atoms.
    pub transfers: i128,
}

impl Totals {
    /// The flow of `domain`.
    #[must_use]
    pub fn flow(&self, domain: DomainId) -> i128 {
        self.flows.iter().find(|flow| flow.domain == domain).map_or(0, |flow| flow.cash)
    }

    /// A cost that no trade made, in atoms.
    pub(super) fn pay_fee(&mut self, domain: DomainId, paid: i128) {
        self.add_flow(domain, -paid);
        self.realised -= paid;
    }

    fn add_flow(&mut self, domain: DomainId, cash: i128) {
        match self.flows.binary_search_by_key(&domain, |flow| flow.domain) {
            Ok(place) => self.flows[place].cash += cash,
            Err(place) => {
                // Most accounts trade in one domain.
                self.flows.reserve_exact(1);
                self.flows.insert(place, Flow { domain, cash });
            }
        }
    }
}

/// How an account stood at a checkpoint, and at those before it back to the snapshot before.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Snapshot {
    /// The last checkpoint it holds for.
    pub at: CheckpointId,
    /// The balance then, in atoms.
    pub cash: i128,
    /// The legs then.
    pub legs: Vec<(MarketId, Quantity)>,
    /// What had accumulated by then.
    pub totals: Totals,
}

/// What an account holds in markets. Two cache lines, and not three.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[repr(align(64))]
pub struct Position {
    /// The asset all its markets are settled in, from its first fill on.
    pub asset: Option<AssetId>,
    /// The legs, by market.
    pub legs: Vec<Leg>,
    /// What has accumulated.
    pub totals: Totals,
    /// How it stood at checkpoints, the latest last.
    pub history: Vec<Snapshot>,
}

/// A change of one leg by a trade: lots and what they cost, funding included.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trade {
    pub(crate) market: MarketId,
    pub(crate) domain: DomainId,
    /// Above zero: bought.
    pub(crate) lots: i64,
    /// What the bought lots cost, in atoms: lots x (price - funding); its sign is that of lots
    /// wherever the value of a lot is positive.
    pub(crate) cost: i128,
    /// The fee paid, in atoms.
    pub(crate) fee: i128,
}

const _: () = assert!(size_of::<Position>() == 128);

impl Trade {
    /// By how many lots the long side of who held so many grows.
    pub(crate) fn opens(&self, held: i64) -> i64 {
        // Lots are at most 10^15 either way.
        (held + self.lots).max(0) - held.max(0)
    }
}

impl Position {
    /// Reads a word of each place of memory it takes: see [`crate::engine::State::read_ahead`].
    #[inline]
    pub(crate) fn touch_memory(&self) -> u32 {
        let legs = &self.legs;
        // Four legs take up to three lines.
        let legs = [legs.first(), legs.get(legs.len() / 2), legs.last()];
        let legs = legs.map(|leg| leg.map_or(0, |leg| leg.market.0));
        let flow = self.totals.flows.first().map_or(0, |flow| flow.domain.0);
        let then = self.history.last().map_or(0, |snapshot| snapshot.at.0);
        legs[0] ^ legs[1] ^ legs[2] ^ flow ^ then
    }

    /// The leg in `market`.
    #[must_use]
    pub fn leg(&self, market: MarketId) -> Option<&Leg> {
        let place = self.legs.binary_search_by_key(&market, |leg| leg.market).ok()?;
        self.legs.get(place)
    }

    /// The lots in `market`: flat without a leg.
    #[must_use]
    pub fn lots(&self, market: MarketId) -> Quantity {
        self.leg(market).map_or(Quantity::ZERO, |leg| leg.lots)
    }

    /// How it stood at `checkpoint`: the earliest snapshot that holds for it; nothing where it
    /// stands as it stood then.
    #[must_use]
    pub fn at(&self, checkpoint: CheckpointId) -> Option<&Snapshot> {
        let place = self.history.partition_point(|snapshot| snapshot.at < checkpoint);
        self.history.get(place)
    }

    /// Keeps how it stands as how it stood at `latest`, if nothing is kept for that yet, and
    /// forgets what no reference from `oldest` on can need.
    pub(crate) fn keep(&mut self, latest: CheckpointId, oldest: CheckpointId, cash: i128) {
        if self.history.last().is_some_and(|last| last.at >= latest) {
            return;
        }
        self.history.retain(|snapshot| snapshot.at >= oldest);
        // Room for four would be most of what an account takes.
        self.history.reserve_exact(1);
        self.history.push(Snapshot {
            at: latest,
            cash,
            legs: self.legs.iter().map(|leg| (leg.market, leg.lots)).collect(),
            totals: self.totals.clone(),
        });
    }

    /// Books a trade. Profit is realised on the lots that close: what they bring less their part
    /// of the entry cost, the part rounded so that the profit is rounded up (against the trader:
    /// it is withheld until it matures). The lots held before.
    pub(crate) fn book(&mut self, trade: &Trade) -> i64 {
        self.totals.add_flow(trade.domain, -trade.cost - trade.fee);
        self.totals.realised -= trade.fee;
        let place = self.legs.binary_search_by_key(&trade.market, |leg| leg.market);
        let place = match place {
            Ok(place) => place,
            Err(place) => {
                let leg = Leg { market: trade.market, lots: Quantity::ZERO, entry: 0 };
                self.legs.insert(place, leg);
                place
            }
        };
        let held = &mut self.legs[place];
        let before = held.lots.lots();
        let (leg, realised) = held.after(trade);
        *held = leg;
        self.totals.realised += realised;
        if leg.lots.is_flat() {
            self.legs.remove(place);
        }
        before
    }
}

impl Leg {
    /// The leg after `trade`, and the profit it realises.
    #[inline(never)]
    pub(crate) fn after(&self, trade: &Trade) -> (Self, i128) {
        let (held, traded) = (self.lots.lots(), trade.lots);
        let lots = Quantity::new(held + traded).unwrap_or(self.lots);
        let leg = Self { market: self.market, lots, entry: self.entry + trade.cost };
        if held.signum() * traded.signum() >= 0 {
            return (leg, 0);
        }
        // All of the trade closes, or all of the leg: that one's part is exact.
        let (held, traded) = (held.unsigned_abs(), traded.unsigned_abs());
        if traded <= held {
            let entry = part_floor(self.entry, traded, held);
            (Self { entry: self.entry - entry, ..leg }, -entry - trade.cost)
        } else {
            let cost = part_floor(trade.cost, held, traded);
            (Self { entry: trade.cost - cost, ..leg }, -self.entry - cost)
        }
    }
}

/// `value x part / whole`, rounded down. `part <= whole`, so it is no larger than `value`; the
/// product stays below 2^127: values are at most 10^30 by 10^8 fills, parts at most 10^15.
fn part_floor(value: i128, part: u64, whole: u64) -> i128 {
    if part == whole {
        return value;
    }
    // Mostly the product fits one word, whose division takes a tenth of the time.
    if let (Ok(value), Ok(part), Ok(whole)) =
        (i64::try_from(value), i64::try_from(part), i64::try_from(whole))
        && let Some(product) = value.checked_mul(part)
    {
        return i128::from(product.div_euclid(whole));
    }
    let magnitude = value.unsigned_abs();
    let (num, den) = (u128::from(part), u128::from(whole));
    let negative = value < 0;
    let divided = if negative {
        crate::wide::mul_div_ceil(magnitude, num, den)
    } else {
        crate::wide::mul_div_floor(magnitude, num, den)
    };
    let size = divided.unwrap_or(magnitude).cast_signed();
    if negative { -size } else { size }
}
