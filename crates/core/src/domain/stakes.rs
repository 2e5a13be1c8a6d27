//! Who is staked in which layer, and how much: by layer, in pages of 32 accounts.
//!
//! What stakers earn is read account by account. The leaves of a tree lie where memory was free
//! when each was made, a million accounts apart, and the next is known only when this one was
//! read. A page is found by its place, so that a processor asks for the next before it needs it.
//! One who is staked alone among 32 takes 512 bytes.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::iter;

use borsh::io::{Error, ErrorKind, Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::bounds::MAX_CLAIMS;
use crate::ids::{AccountId, LayerId};
use crate::units::Amount;

/// Accounts of a page.
const PAGE: usize = 32;

/// The stakes of 32 accounts, zero where there is none.
type Page = [Amount; PAGE];

/// What each account staked in, or contributed to, a layer. Equal stakes are equal here: no page
/// without a stake, none missing at the end, and no layer without one. Its bytes are those of an
/// ordered map from layer and account to the stake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stakes(BTreeMap<LayerId, Vec<Option<Box<Page>>>>);

impl Stakes {
    /// The stake of `account` in `layer`; zero where there is none.
    pub(super) fn get(&self, layer: LayerId, account: AccountId) -> Amount {
        let pages = self.0.get(&layer).and_then(|pages| pages.get(account.index() / PAGE));
        let page = pages.and_then(Option::as_deref);
        page.map_or(Amount::ZERO, |page| page[account.index() % PAGE])
    }

    /// The stake of `account` in `layer` is `stake` from now on.
    pub(super) fn set(&mut self, layer: LayerId, account: AccountId, stake: Amount) {
        let (place, at) = (account.index() / PAGE, account.index() % PAGE);
        if !stake.is_zero() {
            let pages = self.0.entry(layer).or_default();
            if pages.len() <= place {
                pages.resize(place + 1, None);
            }
            pages[place].get_or_insert_with(|| Box::new([Amount::ZERO; PAGE]))[at] = stake;
            return;
        }
        let Some(pages) = self.0.get_mut(&layer) else { return };
        let Some(Some(page)) = pages.get_mut(place) else { return };
        page[at] = Amount::ZERO;
        if page.iter().all(|stake| stake.is_zero()) {
            pages[place] = None;
            let used = pages.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
            pages.truncate(used);
            if used == 0 {
                self.0.remove(&layer);
            }
        }
    }

    /// The stakes in `layer`, in account order.
    pub(super) fn of(&self, layer: LayerId) -> impl Iterator<Item = (AccountId, Amount)> + '_ {
        staked(self.0.get(&layer).map_or(&[], Vec::as_slice))
    }

    /// Every stake, by layer and account.
    fn all(&self) -> impl Iterator<Item = ((LayerId, AccountId), Amount)> + '_ {
        self.0.iter().flat_map(|(layer, pages)| {
            staked(pages).map(|(account, stake)| ((*layer, account), stake))
        })
    }
}

/// The stakes of a layer's pages. One loop: adapters of iterators, each within the next, take twice
/// the time of all the rest of settling.
fn staked(pages: &[Option<Box<Page>>]) -> impl Iterator<Item = (AccountId, Amount)> + '_ {
    let mut next = 0;
    iter::from_fn(move || {
        loop {
            let Some(page) = pages.get(next / PAGE)? else {
                next += PAGE;
                continue;
            };
            let (account, stake) = (next, page[next % PAGE]);
            next += 1;
            if !stake.is_zero() {
                return Some((AccountId::at(account)?, stake));
            }
        }
    })
}

impl BorshSerialize for Stakes {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        // At most 10^8 accounts in each layer: who has more stakes than 2^32 is told so.
        let count = u32::try_from(self.all().count());
        count.map_err(|_| Error::from(ErrorKind::InvalidData))?.serialize(writer)?;
        self.all().try_for_each(|stake| stake.serialize(writer))
    }
}

impl BorshDeserialize for Stakes {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let read: BTreeMap<(LayerId, AccountId), Amount> =
            BorshDeserialize::deserialize_reader(reader)?;
        let mut stakes = Self::default();
        for ((layer, account), stake) in read {
            // No account beyond the bound, or a line of bytes would take memory for all before it.
            if stake.is_zero() || account.0 >= MAX_CLAIMS {
                return Err(Error::new(ErrorKind::InvalidData, "a stake of nothing or nobody"));
            }
            stakes.set(layer, account, stake);
        }
        Ok(stakes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: [LayerId; 2] = [LayerId(3), LayerId(7)];
    const ACCOUNTS: [u32; 7] = [0, 1, 31, 32, 33, 300, 1_000];

    fn amount(atoms: u128) -> Amount {
        Amount::new(atoms).unwrap()
    }

    /// Against an ordered map, after each of a thousand changes: what each account has, the order,
    /// the bytes there and back, and that equal stakes are equal whatever was staked between.
    #[test]
    fn pages_are_an_ordered_map() {
        let mut map: BTreeMap<(LayerId, AccountId), Amount> = BTreeMap::new();
        let mut stakes = Stakes::default();
        let mut draw = 7_u64;
        for _ in 0..1_000 {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let pick = |bits: u32, of: u64| usize::try_from((draw >> bits) % of).unwrap();
            let layer = LAYERS[pick(20, 2)];
            let account = AccountId(ACCOUNTS[pick(30, 7)]);
            let stake = amount([0, 0, 5, u128::from(u64::MAX)][pick(40, 4)]);
            stakes.set(layer, account, stake);
            if stake.is_zero() {
                map.remove(&(layer, account));
            } else {
                map.insert((layer, account), stake);
            }
            assert!(stakes.all().eq(map.iter().map(|(key, stake)| (*key, *stake))));
            for layer in LAYERS {
                let of = map.iter().filter(|((of, _), _)| *of == layer);
                assert!(stakes.of(layer).eq(of.map(|((_, account), stake)| (*account, *stake))));
                for account in ACCOUNTS.map(AccountId) {
                    let held = map.get(&(layer, account)).copied().unwrap_or_default();
                    assert_eq!(stakes.get(layer, account), held);
                }
            }
            let bytes = borsh::to_vec(&stakes).unwrap();
            assert_eq!(bytes, borsh::to_vec(&map).unwrap());
            assert_eq!(borsh::from_slice::<Stakes>(&bytes).unwrap(), stakes);
        }
        for ((layer, account), _) in map {
            stakes.set(layer, account, Amount::ZERO);
        }
        assert_eq!(stakes, Stakes::default());
    }

    #[test]
    fn bytes_of_no_stake_are_refused() {
        for (account, stake) in [(1, 0), (MAX_CLAIMS, 5), (u32::MAX, 5)] {
            let map = BTreeMap::from([((LAYERS[0], AccountId(account)), amount(stake))]);
            let bytes = borsh::to_vec(&map).unwrap();
            assert!(borsh::from_slice::<Stakes>(&bytes).is_err(), "{account} {stake}");
        }
    }
}
