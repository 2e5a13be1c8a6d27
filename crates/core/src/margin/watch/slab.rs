//! Accounts as slabs of 32, 64, 128 or 256 bytes: cash and packed legs, in dense arrays.
//!
//! A leg is one word: lots in the upper 51 bits, the row of its coefficient in the lower 13. A slab
//! of each size is read with a constant number of steps, so a pass over a book mispredicts nothing
//! but its exceptions. An empty place is a word of zero: no lots, and row 0 has the coefficient 0.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use super::market::POINT;
use crate::bounds::MAX_LOTS;
use crate::ids::AccountId;

/// Bits of a row.
const ROW_BITS: u32 = 13;

/// Rows of the coefficient table.
pub(super) const ROWS: usize = 1 << ROW_BITS;

const ROW_MASK: i64 = (1 << ROW_BITS) - 1;

const _: () = assert!(MAX_LOTS < 1 << (63 - ROW_BITS), "lots and their sign fit beside a row");

/// Coefficients by row, in 2^-11 atoms a lot.
pub(super) type Coefficients = Box<[i64; ROWS]>;

pub(super) const fn lots(word: i64) -> i64 {
    word >> ROW_BITS
}

pub(super) fn row(word: i64) -> usize {
    // The mask leaves 13 bits.
    usize::try_from(word & ROW_MASK).unwrap_or(0)
}

/// A leg as a word: `row` below 2^13, `lots` at most 10^15 either way.
pub(super) fn pack(lots: i64, row: usize) -> i64 {
    (lots << ROW_BITS) | (i64::try_from(row).unwrap_or(0) & ROW_MASK)
}

/// Half a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct HalfLine;

/// A cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line;

/// Cash, then legs; aligned like `A`.
#[derive(Clone, Copy, Debug)]
struct Slab<const WORDS: usize, A>([i64; WORDS], [A; 0]);

/// All slabs of one size.
#[derive(Clone, Debug)]
struct Shelf<const WORDS: usize, A = Line> {
    slabs: Vec<Slab<WORDS, A>>,
    owners: Vec<AccountId>,
    free: Vec<usize>,
}

impl<const WORDS: usize, A> Default for Shelf<WORDS, A> {
    fn default() -> Self {
        Self { slabs: Vec::new(), owners: Vec::new(), free: Vec::new() }
    }
}

impl<const WORDS: usize, A> Shelf<WORDS, A> {
    fn take(&mut self, owner: AccountId) -> usize {
        if let Some(place) = self.free.pop() {
            self.owners[place] = owner;
            return place;
        }
        self.slabs.push(Slab([0; WORDS], []));
        self.owners.push(owner);
        self.slabs.len() - 1
    }

    fn free(&mut self, place: usize) {
        self.slabs[place].0 = [0; WORDS];
        self.free.push(place);
    }

    /// Whose slab has a leg of a row in `rows` on a side; in no order.
    fn holders(&self, rows: Range<usize>, long: bool) -> impl Iterator<Item = AccountId> + '_ {
        let slabs = self.slabs.iter().zip(&self.owners);
        slabs.filter(move |(slab, _)| hold(&slab.0[1..], &rows, long)).map(|(_, owner)| *owner)
    }

    /// Adds who may be below maintenance: those whose bound of health is negative.
    fn screen(&self, coefficients: &[i64; ROWS], suspects: &mut Vec<AccountId>) {
        for (place, slab) in self.slabs.iter().enumerate() {
            if slab.bound(coefficients) < 0 {
                suspects.push(self.owners[place]);
            }
        }
    }
}

impl<const WORDS: usize, A> Slab<WORDS, A> {
    /// At most the account's health, in 2^-11 atoms.
    #[inline(always)]
    fn bound(&self, coefficients: &[i64; ROWS]) -> i128 {
        let mut sum = i128::from(self.0[0]) << POINT;
        for word in &self.0[1..] {
            let term = i128::from(lots(*word)) * i128::from(coefficients[row(*word)]);
            // 31 terms below 2^50 x 2^63, and cash below 2^74: far inside 2^127.
            sum = sum.wrapping_add(term); // style-ok: exact by the bound above, saves a branch
        }
        sum
    }
}

/// Whether one of `legs` is of a row in `rows` on a side.
#[inline(always)]
fn hold(legs: &[i64], rows: &Range<usize>, long: bool) -> bool {
    legs.iter().any(|word| rows.contains(&row(*word)) && (lots(*word) > 0) == long)
}

/// Where an account's slab is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// It has none and is not known.
    #[default]
    Absent,
    /// Up to 3 legs.
    Tiny(u32),
    /// Up to 7 legs.
    Small(u32),
    /// Up to 15 legs.
    Medium(u32),
    /// Up to 31 legs.
    Large(u32),
    /// It does not fit, or its value is not linear: the caller evaluates it.
    Side,
}

/// All slabs.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelves {
    tiny: Shelf<4, HalfLine>,
    small: Shelf<8>,
    medium: Shelf<16>,
    large: Shelf<32>,
}

const fn index(place: u32) -> usize {
    AccountId(place).index()
}

impl Shelves {
    /// Most legs of a slab.
    pub(super) const MOST_LEGS: usize = 31;

    /// Whether `place` is of the size for so many legs.
    pub(super) const fn suits(place: Place, legs: usize) -> bool {
        match place {
            Place::Tiny(_) => legs <= 3,
            Place::Small(_) => legs > 3 && legs <= 7,
            Place::Medium(_) => legs > 7 && legs <= 15,
            Place::Large(_) => legs > 15 && legs <= 31,
            Place::Absent | Place::Side => false,
        }
    }

    /// An empty slab for `legs` legs, at most 31. There are at most 10^8 accounts.
    pub(super) fn take(&mut self, owner: AccountId, legs: usize) -> Place {
        let short = |place| u32::try_from(place).unwrap_or(u32::MAX);
        match legs {
            0..=3 => Place::Tiny(short(self.tiny.take(owner))),
            4..=7 => Place::Small(short(self.small.take(owner))),
            8..=15 => Place::Medium(short(self.medium.take(owner))),
            _ => Place::Large(short(self.large.take(owner))),
        }
    }

    pub(super) fn free(&mut self, place: Place) {
        match place {
            Place::Tiny(at) => self.tiny.free(index(at)),
            Place::Small(at) => self.small.free(index(at)),
            Place::Medium(at) => self.medium.free(index(at)),
            Place::Large(at) => self.large.free(index(at)),
            Place::Absent | Place::Side => {}
        }
    }

    /// The words of a slab: cash first; nothing where there is no slab.
    pub(super) fn words(&self, place: Place) -> &[i64] {
        match place {
            Place::Tiny(at) => &self.tiny.slabs[index(at)].0,
            Place::Small(at) => &self.small.slabs[index(at)].0,
            Place::Medium(at) => &self.medium.slabs[index(at)].0,
            Place::Large(at) => &self.large.slabs[index(at)].0,
            Place::Absent | Place::Side => &[],
        }
    }

    pub(super) fn words_mut(&mut self, place: Place) -> &mut [i64] {
        match place {
            Place::Tiny(at) => &mut self.tiny.slabs[index(at)].0,
            Place::Small(at) => &mut self.small.slabs[index(at)].0,
            Place::Medium(at) => &mut self.medium.slabs[index(at)].0,
            Place::Large(at) => &mut self.large.slabs[index(at)].0,
            Place::Absent | Place::Side => &mut [],
        }
    }

    /// At most the health of who has a slab, in 2^-11 atoms; zero where there is none.
    pub(super) fn bound(&self, place: Place, coefficients: &[i64; ROWS]) -> i128 {
        match place {
            Place::Tiny(at) => self.tiny.slabs[index(at)].bound(coefficients),
            Place::Small(at) => self.small.slabs[index(at)].bound(coefficients),
            Place::Medium(at) => self.medium.slabs[index(at)].bound(coefficients),
            Place::Large(at) => self.large.slabs[index(at)].bound(coefficients),
            Place::Absent | Place::Side => 0,
        }
    }

    /// Calls `visit` with the legs of every slab.
    pub(super) fn each_legs_mut(&mut self, mut visit: impl FnMut(&mut [i64])) {
        self.tiny.slabs.iter_mut().for_each(|slab| visit(&mut slab.0[1..]));
        self.small.slabs.iter_mut().for_each(|slab| visit(&mut slab.0[1..]));
        self.medium.slabs.iter_mut().for_each(|slab| visit(&mut slab.0[1..]));
        self.large.slabs.iter_mut().for_each(|slab| visit(&mut slab.0[1..]));
    }

    /// Whether the slab has a leg of a row in `rows` on a side.
    pub(super) fn holds(&self, place: Place, rows: &Range<usize>, long: bool) -> bool {
        self.words(place).split_first().is_some_and(|(_, legs)| hold(legs, rows, long))
    }

    /// Who has a leg of a row in `rows` on a side, in no order.
    pub(super) fn holders(
        &self,
        rows: Range<usize>,
        long: bool,
    ) -> impl Iterator<Item = AccountId> + '_ {
        let tiny = self.tiny.holders(rows.clone(), long);
        let small = self.small.holders(rows.clone(), long);
        let medium = self.medium.holders(rows.clone(), long);
        tiny.chain(small).chain(medium).chain(self.large.holders(rows, long))
    }

    /// Adds who may be below maintenance; nobody else is.
    pub(super) fn screen(&self, coefficients: &[i64; ROWS], suspects: &mut Vec<AccountId>) {
        self.tiny.screen(coefficients, suspects);
        self.small.screen(coefficients, suspects);
        self.medium.screen(coefficients, suspects);
        self.large.screen(coefficients, suspects);
    }

    /// Bytes that a pass reads.
    pub(super) fn bytes(&self) -> usize {
        let lengths = [
            self.tiny.slabs.len(),
            self.small.slabs.len(),
            self.medium.slabs.len(),
            self.large.slabs.len(),
        ];
        lengths.into_iter().zip([32, 64, 128, 256]).map(|(slabs, bytes)| slabs * bytes).sum()
    }
}
