//! What a loss file says, read whole and found in order: every amount in atoms, every name
//! resolved, every claim loaded, every part with its place in the file.
//!
//! Ids of accounts are texts here; whoever opens the accounts gives them dense ids. The same text
//! is the same account wherever it stands in the file.

use std::ops::Range;

use rhodian_core::control::Parameter;
use rhodian_core::domain::{Attachment, Caps, CauseClass, Kind, LayerSpec, Source};
use rhodian_core::ids::{AssetId, Name};
use rhodian_core::loss::Rank;
use rhodian_core::units::Amount;

use super::toml_text::TomlText;
use crate::amount_text::AmountFormat;

/// Where a part stands in the loss file, in bytes; [`LossFile::line`] and
/// [`TomlText::mark`] make lines and excerpts of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The bytes of the part: a value, or the header of a table.
    pub span: Range<usize>,
}

/// A loss file that can be right: everything but what only the engine finds was looked at.
#[derive(Debug)]
pub struct LossFile {
    /// The text, for places.
    pub text: TomlText,
    /// What the file is about, in words.
    pub title: Option<String>,
    /// The asset of every amount.
    pub asset: Asset,
    /// The losses in the order of their reports, repeated reports included; at least one.
    pub losses: Vec<Loss>,
    /// The steps in paying order; at least one.
    pub steps: Vec<Step>,
    /// What came back, in file order; after every loss is settled.
    pub recoveries: Vec<Recovery>,
    /// What funds earned, in file order; after every loss is settled.
    pub incomes: Vec<Income>,
    /// What accounts hold when the domain is settled, where the file says so.
    pub settlement: Option<Settlement>,
    /// Parameters that are set before the first loss; each at most once, in bounds.
    pub terms: Vec<Term>,
    /// What is odd and may be meant, in file order: whole sentences without a full stop.
    pub remarks: Vec<String>,
}

/// The asset of a loss file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its name: `USD`.
    pub name: Name,
    /// One unit is `10^decimals` atoms; at most 30.
    pub decimals: u8,
}

impl Asset {
    /// How its amounts are written.
    #[must_use]
    pub const fn format(&self) -> AmountFormat {
        AmountFormat { decimals: self.decimals, excess: crate::amount_text::ExcessDigits::Refuse }
    }
}

/// A report of a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Its id in the file.
    pub id: String,
    /// Its number in the domain, from 1 in order of first reports. A repeated report has the
    /// number of the first one, and says the same.
    pub number: u64,
    /// The class of its cause.
    pub class: CauseClass,
    /// The cause in words.
    pub cause: Name,
    /// A hash of the evidence, where the file gives one.
    pub evidence: Option<[u8; 32]>,
    /// The close-out loss, gross, above zero.
    pub amount: Amount,
    /// The account that failed, if one did.
    pub failed: Option<String>,
    /// What of the failed account's balance is margin for it: at most `amount`, zero where no
    /// account failed.
    pub margin: Amount,
    /// The failed owner's other accounts and what each is held for, above zero; no account twice,
    /// none where no account failed.
    pub set_off: Vec<AccountAmount>,
    /// When it was reported, in milliseconds after the first; never below the one before it.
    pub at: u64,
    /// Where it stands.
    pub place: Place,
}

/// An amount of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAmount {
    /// The account.
    pub account: String,
    /// The amount, above zero.
    pub amount: Amount,
    /// Where it stands; for rows of a CSV file, where the file is named.
    pub place: Place,
}

/// One position in the paying order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The layers that share it; at least one.
    pub layers: Vec<Layer>,
    /// Where it stands.
    pub place: Place,
}

/// A layer of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its name, once in the file.
    pub name: Name,
    /// What it is.
    pub kind: Kind,
    /// Its part of its step's draw against the other layers': above zero.
    pub share: u32,
    /// Where its money comes from; always one that its kind admits.
    pub source: Source,
    /// The most it pays; none of them zero.
    pub caps: Caps,
    /// The part of the loss it bears, where that is limited; never empty.
    pub attachment: Option<Attachment>,
    /// What its pot holds before the first loss, zero where it has no pot. Of a staked layer with
    /// `stakes` it is their sum.
    pub capacity: Amount,
    /// Who holds stakes in a staked layer's pot. None given: one staker, named as the layer.
    pub stakes: Vec<AccountAmount>,
    /// The claims on its members, where it has members; may be none at all.
    pub claims: Option<Claims>,
    /// What came in before the deadline, where its money may come later.
    pub paid: Paid,
    /// Where it stands: the header of its table.
    pub place: Place,
}

impl Layer {
    /// The layer as the engine takes it.
    #[must_use]
    pub fn spec(&self, asset: AssetId) -> LayerSpec {
        LayerSpec {
            name: self.name.clone(),
            kind: self.kind,
            asset,
            source: self.source,
            caps: self.caps,
            attachment: self.attachment,
        }
    }
}

/// The claims on a layer's members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Where they were read: the CSV file as the loss file names it; nothing where they stand in
    /// the loss file.
    pub file: Option<String>,
    /// How many rows the file had before the filter.
    pub rows: usize,
    /// The claims that were kept, in file order; no id twice.
    pub kept: Vec<Claim>,
    /// Where they stand in the loss file.
    pub place: Place,
}

/// One member's claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The account.
    pub id: String,
    /// Its weight; where none was given, its cap.
    pub weight: Amount,
    /// The most it may pay; where none was given, its weight, or the layer's part of the weight
    /// where that is more.
    pub cap: Amount,
    /// Its place in a queue: highest pays first. Zero unless the rule reads it.
    pub score: i64,
    /// Its risk factor in millionths. One unless the rule reads it.
    pub risk: u64,
    /// Its priority class: lowest pays first. Zero unless classes are read.
    pub class: u32,
}

/// What came in for a draw before its deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paid {
    /// All that is asked for; also of layers that pay at once.
    InFull,
    /// These payments, and nothing else.
    Listed(Vec<Payment>),
}

/// A payment for a pending draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The number of the loss it is for; the first one where the file names none.
    pub loss: u64,
    /// The member who pays: always one of the layer's claims. Nothing for money from outside.
    pub account: Option<String>,
    /// How much, above zero. More than is asked for is for the engine to refuse.
    pub amount: Amount,
    /// Where it stands.
    pub place: Place,
}

/// Money that came back for a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The number of the loss.
    pub loss: u64,
    /// How much, above zero.
    pub amount: Amount,
    /// Where it stands.
    pub place: Place,
}

/// Income of a fund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Income {
    /// The layer, as an index into [`LossFile::layers`]; always one with a pot.
    pub layer: usize,
    /// How much, above zero.
    pub amount: Amount,
    /// Where it stands.
    pub place: Place,
}

/// What accounts hold, by rank, when the domain is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The parts, each above zero; no account twice under one rank. May be none.
    pub parts: Vec<RankedPart>,
    /// Where it stands.
    pub place: Place,
}

/// A part of what an account holds, under its rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedPart {
    /// The account.
    pub account: String,
    /// The rank.
    pub rank: Rank,
    /// How much.
    pub amount: Amount,
}

/// A parameter that the file sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Which.
    pub parameter: Parameter,
    /// Its value in the unit of the registry, inside its bounds.
    pub value: u128,
    /// Where it stands.
    pub place: Place,
}

/// Something that happens after every loss is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later<'a> {
    /// Money came back.
    Recovery(&'a Recovery),
    /// A fund earned.
    Income(&'a Income),
}

impl LossFile {
    /// Every layer, step by step, in the order of the file: the engine's layer ids, where it is
    /// given them in this order.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.steps.iter().flat_map(|step| &step.layers)
    }

    /// The first report of each loss, in order of their numbers.
    pub fn distinct_losses(&self) -> impl Iterator<Item = &Loss> {
        let mut next = 1;
        self.losses.iter().filter(move |loss| {
            let first = loss.number == next;
            next += u64::from(first);
            first
        })
    }

    /// Recoveries and incomes together, in the order of their places.
    #[must_use]
    pub fn later(&self) -> Vec<Later<'_>> {
        let recoveries = self.recoveries.iter().map(Later::Recovery);
        let mut all: Vec<Later<'_>> =
            recoveries.chain(self.incomes.iter().map(Later::Income)).collect();
        all.sort_by_key(|later| match later {
            Later::Recovery(recovery) => recovery.place.span.start,
            Later::Income(income) => income.place.span.start,
        });
        all
    }

    /// The line of a place, from 1.
    #[must_use]
    pub fn line(&self, place: &Place) -> usize {
        self.text.line(place.span.start)
    }

    /// How amounts of the file are written.
    #[must_use]
    pub const fn format(&self) -> AmountFormat {
        self.asset.format()
    }
}
