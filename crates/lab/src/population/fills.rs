//! Makers take what is left over, and fills match longs with shorts: so lots sum to zero.

use std::ops::Range;

use rhodian_core::units::{Price, Quantity};

use super::{Account, Fill, Leg};
use crate::error::LabError;
use crate::seed::Stream;

/// The legs of the makers of one round, by maker and then by market: with them, the lots of every
/// market sum to zero over the round.
///
/// Makers are in groups; a market belongs to one group, so that no maker holds more than its
/// share of the markets. Inside a group the lots are cut at uniformly random places.
pub(super) fn makers_legs(
    net: &[i128],
    makers: u32,
    most: u32,
    stream: &mut Stream,
) -> Result<Vec<Vec<Leg>>, LabError> {
    let groups = net.len().div_ceil(most as usize);
    let mut legs: Vec<Vec<Leg>> = (0..makers).map(|_| Vec::new()).collect();
    for (market, net) in net.iter().enumerate() {
        let members: Vec<usize> = (market % groups..makers as usize).step_by(groups).collect();
        let size = u64::try_from(net.unsigned_abs()).unwrap_or(u64::MAX);
        // One market's lots over a round are refused beyond the engine's bound of a quantity.
        let size = Quantity::new(i64::try_from(size).unwrap_or(i64::MAX))?.size();
        let mut cuts: Vec<u64> = (1..members.len()).map(|_| stream.below(size + 1)).collect();
        cuts.sort_unstable();
        cuts.push(size);
        let mut before = 0;
        for (maker, cut) in members.into_iter().zip(cuts) {
            let lots = Quantity::new((cut - before).cast_signed())?;
            before = cut;
            if !lots.is_flat() {
                let lots = if *net > 0 { lots.opposite() } else { lots };
                legs[maker].push(Leg { market: market as u32, lots });
            }
        }
    }
    Ok(legs)
}

/// One side of a market: accounts with lots still to be matched.
type Side = Vec<(u32, u64)>;

/// The fills that open the legs of the accounts in `range`, market by market at `marks`. Who
/// meets whom is random: an owner's isolated account may meet his cross one.
pub(super) fn matched(
    range: Range<u32>,
    accounts: &[Account],
    legs: &[Leg],
    marks: &[Price],
    stream: &mut Stream,
    fills: &mut Vec<Fill>,
) -> Result<(), LabError> {
    let mut sides: Vec<(Side, Side)> = marks.iter().map(|_| (Side::new(), Side::new())).collect();
    for account in range {
        let place = account as usize;
        let begin = if place == 0 { 0 } else { accounts[place - 1].legs_end };
        for leg in &legs[begin..accounts[place].legs_end] {
            let (longs, shorts) = &mut sides[leg.market as usize];
            let side = if leg.lots.lots() > 0 { longs } else { shorts };
            side.push((account, leg.lots.size()));
        }
    }
    for ((market, (mut longs, mut shorts)), price) in (0..).zip(sides).zip(marks) {
        stream.shuffle(&mut longs);
        stream.shuffle(&mut shorts);
        while let (Some((buyer, wanted)), Some((seller, offered))) =
            (longs.last_mut(), shorts.last_mut())
        {
            let size = (*wanted).min(*offered);
            let lots = Quantity::new(size.cast_signed())?;
            fills.push(Fill { market, buyer: *buyer, seller: *seller, lots, price: *price });
            *wanted -= size;
            *offered -= size;
            let (bought, sold) = (*wanted == 0, *offered == 0);
            if bought {
                longs.pop();
            }
            if sold {
                shorts.pop();
            }
        }
    }
    Ok(())
}
