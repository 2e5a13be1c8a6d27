//! Claims and stakes: rows of a CSV file or of the loss file itself.

use std::borrow::Cow;
use std::collections::HashMap;

use rhodian_core::allocation::Rule;
use rhodian_core::bounds::MAX_RISK;
use rhodian_core::units::Amount;

use super::columns::{CsvRows, Opening};
use super::model::{AccountAmount, Claim, Claims, Place};
use super::shape::{At, ClaimShape, ClaimsFileShape, ClaimsShape, ColumnsShape, StakesShape};
use super::words::Words;
use crate::amount_text::{AmountFormat, ExcessDigits};
use crate::diagnostic::Diagnostic;
use crate::rules::rule_info;
use crate::table::{Role, Row};
use crate::terminal::visible;

/// What of a claim the layer reads.
#[derive(Clone, Copy, Debug)]
pub struct Reads {
    /// The rule.
    pub rule: Rule,
    /// Whether classes are read.
    pub classes: bool,
    /// Whether the file says so in as many words, and a class that is not read is meant.
    pub classes_said: bool,
    /// The part of the weight that caps a member, in millionths.
    pub cap_of_weight: Option<u32>,
}

impl Reads {
    /// The cap of a member of whom none was given: his weight, or the part of it that caps him
    /// where that is more.
    fn cap_for(self, weight: Amount) -> Amount {
        match self.cap_of_weight {
            // A part is at most 10^8 millionths, so the product is at most 10^38.
            Some(part) if part > 1_000_000 => {
                let cap = weight.atoms() * u128::from(part) / 1_000_000;
                Amount::new(cap).unwrap_or(Amount::MAX)
            }
            _ => weight,
        }
    }

    /// Weight and cap, where at least one of them is given.
    fn weight_and_cap(self, weight: Option<Amount>, cap: Option<Amount>) -> (Amount, Amount) {
        let weight = weight.or(cap).unwrap_or(Amount::ZERO);
        (weight, cap.unwrap_or_else(|| self.cap_for(weight)))
    }
}

/// Reads the claims of a layer.
pub fn read(words: &Words<'_>, at: &At<ClaimsShape>, reads: Reads) -> Result<Claims, Diagnostic> {
    match &at.value {
        ClaimsShape::Rows(rows) => from_rows(words, rows, reads, &at.place),
        ClaimsShape::File(file) => from_file(words, file, reads, &at.place),
    }
}

fn from_rows(
    words: &Words<'_>,
    rows: &[At<ClaimShape>],
    reads: Reads,
    place: &Place,
) -> Result<Claims, Diagnostic> {
    let mut kept = Vec::with_capacity(rows.len());
    let mut seen = HashMap::new();
    for row in rows {
        let claim = from_row(words, row, reads)?;
        if let Some(first) = seen.insert(claim.id.clone(), &row.value.id.place) {
            return Err(doubled(words, &row.value.id, first));
        }
        kept.push(claim);
    }
    Ok(Claims { file: None, rows: rows.len(), kept, place: place.clone() })
}

/// An id that stands twice in a list.
pub(super) fn doubled(words: &Words<'_>, id: &At<String>, first: &Place) -> Diagnostic {
    let line = words.text.line(first.span.start);
    let help = "merge the rows of one account.";
    let allowed = format!("every account once, it is on line {line} already");
    words.refuse("claims-doubled-id", "id stands twice", help, &id.place, allowed)
}

fn from_row(words: &Words<'_>, at: &At<ClaimShape>, reads: Reads) -> Result<Claim, Diagnostic> {
    let row = &at.value;
    let id = words.name(&row.id, "id")?.as_str().to_owned();
    let amount = |given: &Option<At<_>>, key| -> Result<Option<Amount>, Diagnostic> {
        given.as_ref().map(|at| words.amount(at, key, 0)).transpose()
    };
    let (weight, cap) = (amount(&row.weight, "weight")?, amount(&row.cap, "cap")?);
    let missing = |key: &'static str, why: String| {
        let help = format!("give it: {key} = \"1\".");
        words.refuse(format!("claims-missing-{key}"), why, help, &at.place, format!("a {key}"))
    };
    if weight.is_none() && cap.is_none() {
        return Err(missing("weight", "the claim has neither weight nor cap".to_owned()));
    }
    let (weight, cap) = reads.weight_and_cap(weight, cap);
    let (_, queues, risks) = rule_info(reads.rule).reads;
    let name = rule_info(reads.rule).name;
    let score = match &row.score {
        Some(score) => score.value,
        None if queues => return Err(missing("score", format!("{name} needs a score"))),
        None => 0,
    };
    let risk = match &row.risk {
        Some(risk) => words.risk(risk)?,
        None if risks => return Err(missing("risk", format!("{name} needs a risk"))),
        None => 1_000_000,
    };
    let class = match &row.class {
        Some(class) if !reads.classes && !reads.classes_said => {
            let why = "the layer has no classes: class would not be read";
            return Err(words.refuse(CLASS_UNREAD, why, CLASS_HELP, &class.place, "no class"));
        }
        Some(class) => words.whole(class, "class", (0, u32::MAX))?,
        None if reads.classes => return Err(missing("class", "the claim has no class".to_owned())),
        None => 0,
    };
    Ok(Claim { id, weight, cap, score, risk, class })
}

/// Why a class is refused where none is read: its holder would pay as if he had none.
const CLASS_UNREAD: &str = "claims-class-unread";
const CLASS_HELP: &str = "add classes = true to the layer, or classes = false where class means \
                          something else.";

impl CsvRows<'_> {
    /// Refuses a column of classes that nobody reads.
    fn refuse_unread(&self, shape: &ClaimsFileShape, reads: Reads) -> Result<(), Diagnostic> {
        let refuse = |why: String, place: &Place| {
            Err(self.words.refuse(CLASS_UNREAD, why, CLASS_HELP, place, "no column of classes"))
        };
        match &shape.class {
            Some(at) => {
                let why = format!("class names column {}, classes = false", visible(&at.value));
                refuse(why, &at.place)
            }
            None if reads.classes_said || self.find(&None, Role::Class)?.is_none() => Ok(()),
            None => {
                let file = visible(&shape.file.value);
                let why = format!("{file}:1 has a column class, and the layer has no classes");
                refuse(why, &shape.file.place)
            }
        }
    }
}

/// Which column holds what.
struct Columns {
    id: usize,
    weight: Option<usize>,
    caps: Vec<usize>,
    /// Whether the cap is the smallest of its columns, at least zero.
    smallest: bool,
    score: Option<usize>,
    risk: Option<usize>,
    class: Option<usize>,
}

impl Columns {
    fn find(rows: &CsvRows<'_>, shape: &ClaimsFileShape, reads: Reads) -> Result<Self, Diagnostic> {
        let (_, queues, risks) = rule_info(reads.rule).reads;
        let weight = rows.find(&shape.weight, Role::Weight)?;
        let (caps, smallest) = match &shape.cap {
            None => (rows.find(&None, Role::Cap)?.into_iter().collect(), false),
            Some(At { value: ColumnsShape::One(name), place }) => {
                (vec![rows.named(name, Role::Cap, place)?], false)
            }
            Some(At { value: ColumnsShape::SmallestOf(names), place }) => {
                let find = |name: &String| rows.named(name, Role::Cap, place);
                (names.iter().map(find).collect::<Result<_, _>>()?, true)
            }
        };
        if weight.is_none() && caps.is_empty() {
            return Err(rows.no_weight());
        }
        Ok(Self {
            id: rows.require(&shape.id, Role::Id)?,
            weight,
            caps,
            smallest,
            score: if queues { Some(rows.require(&shape.score, Role::Score)?) } else { None },
            risk: if risks { Some(rows.require(&shape.risk, Role::Risk)?) } else { None },
            class: if reads.classes {
                Some(rows.require(&shape.class, Role::Class)?)
            } else {
                rows.refuse_unread(shape, reads)?;
                None
            },
        })
    }
}

fn from_file(
    words: &Words<'_>,
    shape: &ClaimsFileShape,
    reads: Reads,
    place: &Place,
) -> Result<Claims, Diagnostic> {
    let opening = Opening {
        file: &shape.file,
        keep: shape.keep.as_ref(),
        excess: excess(words, shape.excess_digits.as_ref())?,
        exponents: shape.exponents.as_ref().is_some_and(|at| at.value),
    };
    let rows = CsvRows::open(words, opening)?;
    let columns = Columns::find(&rows, shape, reads)?;
    let mut kept: Vec<Claim> = Vec::new();
    let mut lines = Vec::new();
    let count = rows.each(columns.id, &mut |row, line| {
        lines.push(line);
        kept.push(claim(&rows, row, &columns, reads)?);
        Ok(())
    })?;
    rows.refuse_doubled(columns.id, kept.iter().map(|claim| claim.id.as_str()), &lines)?;
    let file = Some(shape.file.value.clone());
    Ok(Claims { file, rows: count, kept, place: place.clone() })
}

fn claim(
    rows: &CsvRows<'_>,
    row: &Row<'_>,
    columns: &Columns,
    reads: Reads,
) -> Result<Claim, Diagnostic> {
    let format = rows.format;
    let weight = columns.weight.map(|at| rows.amount(row, Role::Weight, at, columns.id));
    let weight = weight.transpose()?;
    let mut cap: Option<Amount> = None;
    for column in &columns.caps {
        let found = if columns.smallest {
            rows.amount_or_zero(row, Role::Cap, *column, columns.id)?
        } else {
            rows.amount(row, Role::Cap, *column, columns.id)?
        };
        cap = Some(cap.map_or(found, |before| before.min(found)));
    }
    let (weight, cap) = reads.weight_and_cap(weight, cap);
    let told = |fault| rows.told(row, fault, columns.id);
    let millionths = AmountFormat { decimals: 6, excess: format.excess };
    Ok(Claim {
        id: String::from_utf8_lossy(&row.id(columns.id).map_err(told)?).into_owned(),
        weight,
        cap,
        score: columns.score.map_or(Ok(0), |at| row.score(at)).map_err(told)?,
        risk: match columns.risk {
            None => 1_000_000,
            Some(at) => {
                let max = u128::from(MAX_RISK);
                let risk = rows.number(row, Role::Risk, at, columns.id, millionths, max)?;
                u64::try_from(risk).unwrap_or(MAX_RISK)
            }
        },
        class: columns.class.map_or(Ok(0), |at| row.class(at)).map_err(told)?,
    })
}

/// Reads `excess_digits`.
pub(super) fn excess<T: AsRef<super::shape::Written>>(
    words: &Words<'_>,
    at: Option<&At<T>>,
) -> Result<ExcessDigits, Diagnostic> {
    let names = [(ExcessDigits::Refuse, "refuse"), (ExcessDigits::HalfEven, "half-even")];
    at.map_or(Ok(ExcessDigits::Refuse), |at| words.one_of(at, "excess_digits", &names))
}

/// Reads the stakes of a layer; their sum is at most 10^30.
pub fn read_stakes(
    words: &Words<'_>,
    at: &At<StakesShape>,
) -> Result<Vec<AccountAmount>, Diagnostic> {
    let mut stakes: Vec<AccountAmount> = Vec::new();
    match &at.value {
        StakesShape::Rows(rows) => {
            let mut seen = HashMap::new();
            for row in rows {
                let account = words.name(&row.value.account, "account")?.as_str().to_owned();
                if let Some(first) = seen.insert(account.clone(), &row.value.account.place) {
                    return Err(doubled(words, &row.value.account, first));
                }
                let amount = words.amount(&row.value.amount, "amount", 1)?;
                stakes.push(AccountAmount { account, amount, place: row.place.clone() });
            }
        }
        StakesShape::File(file) => {
            let opening = Opening {
                file: &file.file,
                keep: file.keep.as_ref(),
                excess: excess(words, file.excess_digits.as_ref())?,
                exponents: file.exponents.as_ref().is_some_and(|at| at.value),
            };
            let rows = CsvRows::open(words, opening)?;
            let name = |asked: &Option<At<String>>, default: &str| match asked {
                Some(at) => (at.value.clone(), at.place.clone()),
                None => (default.to_owned(), at.place.clone()),
            };
            let (id, id_place) = name(&file.account, "account");
            let (amount, amount_place) = name(&file.amount, "amount");
            let id = rows.named(&id, Role::Id, &id_place)?;
            let amount = rows.named(&amount, Role::Weight, &amount_place)?;
            let mut lines = Vec::new();
            rows.each(id, &mut |row, line| {
                lines.push(line);
                let account = row.id(id).map_err(|fault| rows.told(row, fault, id))?;
                let account = Cow::into_owned(String::from_utf8_lossy(&account));
                let amount = rows.amount(row, Role::Weight, amount, id)?;
                stakes.push(AccountAmount { account, amount, place: at.place.clone() });
                Ok(())
            })?;
            rows.refuse_doubled(id, stakes.iter().map(|stake| stake.account.as_str()), &lines)?;
            stakes.retain(|stake| !stake.amount.is_zero());
        }
    }
    Ok(stakes)
}
