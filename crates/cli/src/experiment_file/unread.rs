//! Keys of models that nobody would read: words about a book of orders where there is none, or
//! about an oracle that does not fail. Each is refused where it stands.

use rhodian_lab::crisis::oracle::Mode;

use super::model::World;
use super::models::{Models, failing};
use super::shape::{FileShape, WorldShape};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::shape::{At, ValueText, Written};
use crate::loss_file::words::Words;

/// What a key is of, where else nobody reads it.
#[derive(Clone, Copy)]
enum Reader {
    Depth,
    Thinning,
    Withdrawals,
    /// An oracle that is off by an error.
    Error,
    /// An oracle that fails for longer than a step.
    Steps,
}

type Stands = fn(&WorldShape) -> &Option<At<ValueText>>;

/// Every key that has a reader, and where it stands in a world.
const KEYS: [(&str, Reader, Stands); 10] = [
    ("impact", Reader::Depth, |of| &of.impact),
    ("recovery", Reader::Depth, |of| &of.recovery),
    ("thinning", Reader::Depth, |of| &of.thinning),
    ("stops", Reader::Depth, |of| &of.stops),
    ("gamma", Reader::Depth, |of| &of.gamma),
    ("refill", Reader::Thinning, |of| &of.refill),
    ("aversion", Reader::Withdrawals, |of| &of.aversion),
    ("oracle_error", Reader::Error, |of| &of.oracle_error),
    ("oracle_side", Reader::Error, |of| &of.oracle_side),
    ("oracle_steps", Reader::Steps, |of| &of.oracle_steps),
];

impl Reader {
    fn is_in(self, of: &Models) -> bool {
        let mode = failing(of.oracle);
        match self {
            Self::Depth => of.depth.is_some(),
            Self::Thinning => of.depth.is_some() && of.thinning > 0,
            Self::Withdrawals => of.withdrawals > 0,
            Self::Error => !matches!(mode, None | Some(Mode::Stale | Mode::Stuck)),
            Self::Steps => !matches!(mode, None | Some(Mode::Spike)),
        }
    }

    /// The code of a refusal, what a key is of, how to write that, and what is allowed beside it.
    const fn words(self) -> [&'static str; 4] {
        match self {
            Self::Depth => [
                "world-no-depth",
                "a book of orders, and a world has no depth",
                "depth = \"5 %\" into [world]",
                "depth",
            ],
            Self::Thinning => [
                "world-no-thinning",
                "a depth that withdraws, and none does",
                "thinning = \"60 %\" beside it",
                "thinning",
            ],
            Self::Withdrawals => [
                "world-no-withdrawals",
                "what is taken out after a loss, and nobody takes anything",
                "withdrawals = \"30 %\" beside it",
                "withdrawals",
            ],
            Self::Error => [
                "world-no-oracle",
                "an oracle that is off by an error, and none is",
                "oracle = \"drift\" beside it",
                "oracle = \"spike\", \"drift\" or \"divergence\"",
            ],
            Self::Steps => [
                "world-no-oracle",
                "an oracle that fails for some steps, and none does",
                "oracle = \"drift\" beside it",
                "oracle = \"stale\", \"stuck\", \"drift\" or \"divergence\"",
            ],
        }
    }
}

/// Refuses keys that none of the worlds they are written for would read. Of a depth that is every
/// one of them: the lab has no stop orders without a book.
pub(super) fn check<'a>(
    words: &Words<'_>,
    file: &FileShape,
    worlds: impl Iterator<Item = &'a World>,
) -> Result<(), Diagnostic> {
    let worlds: Vec<&World> = worlds.collect();
    for (key, reader, stands) in KEYS {
        for (place, of) in places(file, key, stands, &worlds) {
            let mut read = of.iter().map(|world| reader.is_in(&world.models));
            let all = matches!(reader, Reader::Depth);
            if if all { read.all(|read| read) } else { read.any(|read| read) } {
                continue;
            }
            let [code, what, write, beside] = reader.words();
            let message = format!("{key} is of {what}");
            let help = format!("write {write}, or drop it.");
            return Err(words.refuse(code, message, help, place, format!("{key} beside {beside}")));
        }
    }
    Ok(())
}

/// Where a key is written, and for which of the worlds: one table's, or each that is compared.
fn places<'a>(
    file: &'a FileShape,
    key: &str,
    stands: Stands,
    worlds: &'a [&'a World],
) -> Vec<(&'a Place, &'a [&'a World])> {
    // The worlds of a and b are the first and the second.
    let tables = [
        (&file.world, worlds),
        (&file.a, worlds.get(..1).unwrap_or_default()),
        (&file.b, worlds.get(1..).unwrap_or_default()),
    ];
    let written = tables.into_iter().filter_map(|(table, of)| {
        let at = stands(&table.as_ref()?.value).as_ref()?;
        Some((&at.place, of))
    });
    let map = file.map.as_ref().map(|at| &at.value);
    let swept = [
        file.sweep.as_ref().map(|at| &at.value),
        map.map(|map| &map.across.value),
        map.map(|map| &map.down.value),
    ];
    let swept = swept
        .into_iter()
        .flatten()
        .map(|of| &of.parameter)
        .filter(|at| matches!(at.value.as_ref(), Written::Text(text) if text == key));
    written.chain(swept.map(|at| (&at.place, worlds))).collect()
}
