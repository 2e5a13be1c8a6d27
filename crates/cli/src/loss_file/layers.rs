//! Steps and their layers: which keys a kind has, where its money comes from, what binds it.

use std::collections::{BTreeMap, BTreeSet};

use rhodian_core::allocation::Rule;
use rhodian_core::bounds::MAX_AMOUNT;
use rhodian_core::domain::{Attachment, Basis, Caps, Kind, MemberRule, PeriodCap, Source};
use rhodian_core::units::Amount;

use super::claims::{self, Reads};
use super::model::{AccountAmount, Claims, Layer, Paid, Payment, Place, Step};
use super::shape::{At, ClaimsShape, LayerShape, PaidShape};
use super::words::{KINDS, Words, kind_name};
use crate::diagnostic::Diagnostic;
use crate::terminal::fit;

/// The most steps, and layers of one step: far more than any waterfall has.
const MAX_STEPS: usize = 1_000;
/// The longest span of a cap or a deadline, in milliseconds: ten years.
pub const MAX_SPAN: u64 = 10 * 365 * 86_400_000;
/// The most of his weight that a member pays: a hundred times it, in millionths.
const MAX_PART: u32 = 100_000_000;

/// Where a layer's money comes from, before its rule is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Money {
    /// A pot of its own.
    Pot,
    /// A pot of stakes.
    Stakes,
    /// The accounts of members.
    Members,
    /// Calls on members.
    Call,
    /// A sale or an auction.
    Proceeds,
}

impl Money {
    fn of(kind: Kind, has_deadline: bool) -> Self {
        match kind {
            Kind::Tranche | Kind::DefaultFund => Self::Stakes,
            Kind::InsuranceFund | Kind::OperatorCapital => Self::Pot,
            Kind::Treasury if has_deadline => Self::Proceeds,
            Kind::Treasury => Self::Pot,
            Kind::Issuance => Self::Proceeds,
            Kind::Assessment => Self::Call,
            Kind::GainsHaircut
            | Kind::ProviderProfit
            | Kind::ProviderPrincipal
            | Kind::LenderSupply
            | Kind::Deposits => Self::Members,
        }
    }

    /// What its layers are, and so what to write.
    const fn help(self) -> &'static str {
        match self {
            Self::Pot => "its money is in a pot: give capacity.",
            Self::Stakes => "its money is in a pot: give capacity, or stakes.",
            Self::Members => "its members pay: give claims, rule, classes, cap, settle.",
            Self::Call => {
                "its members are called: give claims, rule, classes, cap, deadline, paid."
            }
            Self::Proceeds => "its money comes from a sale: give per_event, deadline, paid.",
        }
    }
}

/// Where steps stand, and so what they may leave to others.
#[derive(Clone, Copy, Debug)]
pub enum Setting<'a> {
    /// In a loss file: claims and payments stand with the layer. The numbers of the losses by id.
    Losses(&'a BTreeMap<String, u64>),
    /// In a venue file: the engine measures session gains itself, events pay and stake.
    Venue,
}

/// Reads the steps.
pub fn read(
    words: &Words<'_>,
    steps: &At<Vec<At<LayerShape>>>,
    setting: &Setting<'_>,
) -> Result<Vec<Step>, Diagnostic> {
    if steps.value.is_empty() {
        let help = "add [[step]] with layer and kind.";
        let message = "a waterfall has at least one step";
        return Err(words.refuse("waterfall-no-steps", message, help, &steps.place, "a step"));
    }
    let mut names = BTreeMap::new();
    let mut found = Vec::with_capacity(steps.value.len());
    for step in &steps.value {
        if found.len() >= MAX_STEPS || step.value.beside.len() >= MAX_STEPS {
            let message = format!("there are more than {MAX_STEPS} steps");
            let help = "join steps.";
            return Err(words.refuse("step-too-many", message, help, &step.place, "fewer"));
        }
        let mut layers = Vec::with_capacity(1 + step.value.beside.len());
        for shape in std::iter::once(step).chain(&step.value.beside) {
            let layer = Reader { words, shape, setting: *setting }.layer()?;
            if let Some(first) = names.insert(layer.name.clone(), shape) {
                let line = words.text.line(first.place.span.start);
                let message = format!("layer \"{}\" stands twice", layer.name);
                let help = "give every layer a name of its own.";
                let allowed = format!("a new name, this one is on line {line} already");
                let place = &shape.value.layer.place;
                return Err(words.refuse("layer-twice", message, help, place, allowed));
            }
            layers.push(layer);
        }
        if let Some(deep) = step.value.beside.iter().find_map(|side| side.value.beside.first()) {
            let message = "beside stands inside beside";
            let help = "list all layers of a step in one [[step.beside]] after another.";
            return Err(words.refuse("step-beside-twice", message, help, &deep.place, "one level"));
        }
        found.push(Step { layers, place: step.place.clone() });
    }
    Ok(found)
}

/// Reads one layer.
struct Reader<'a> {
    words: &'a Words<'a>,
    shape: &'a At<LayerShape>,
    setting: Setting<'a>,
}

impl Reader<'_> {
    fn layer(&self) -> Result<Layer, Diagnostic> {
        let (words, shape) = (self.words, &self.shape.value);
        let name = words.name(&shape.layer, "layer")?;
        let kind = words.one_of(&shape.kind, "kind", &KINDS)?;
        let money = Money::of(kind, shape.deadline.is_some());
        self.keys_fit(kind, money)?;
        let share = shape.share.as_ref().map(|at| words.whole(at, "share", (1, 1_000_000)));
        let (caps, attachment) = (self.caps()?, self.attachment()?);
        if money == Money::Proceeds && caps.per_event.is_none() {
            let why = "money from outside has no end: without per_event nothing would pass it";
            return Err(self.missing("per_event", why, "12000"));
        }
        let (source, claims) = self.source(kind, money)?;
        let (capacity, stakes) = self.pot(money)?;
        let paid = self.paid(money, claims.as_ref())?;
        Ok(Layer {
            name,
            kind,
            share: share.transpose()?.unwrap_or(1),
            source,
            caps,
            attachment,
            capacity,
            stakes,
            claims,
            paid,
            place: self.shape.place.clone(),
        })
    }

    /// Refuses keys that mean nothing for the kind.
    fn keys_fit(&self, kind: Kind, money: Money) -> Result<(), Diagnostic> {
        let shape = &self.shape.value;
        let place = |at: Option<&Place>| at.cloned();
        let (pot, stakes) = (matches!(money, Money::Pot | Money::Stakes), money == Money::Stakes);
        let members = matches!(money, Money::Members | Money::Call);
        let later = matches!(money, Money::Call | Money::Proceeds);
        let keys = [
            ("capacity", place(shape.capacity.as_ref().map(|at| &at.place)), pot),
            ("stakes", place(shape.stakes.as_ref().map(|at| &at.place)), stakes),
            ("rule", place(shape.rule.as_ref().map(|at| &at.place)), members),
            ("classes", place(shape.classes.as_ref().map(|at| &at.place)), members),
            ("claims", place(shape.claims.as_ref().map(|at| &at.place)), members),
            ("cap", place(shape.cap.as_ref().map(|at| &at.place)), members),
            ("settle", place(shape.settle.as_ref().map(|at| &at.place)), money == Money::Members),
            ("deadline", place(shape.deadline.as_ref().map(|at| &at.place)), later),
            ("paid", place(shape.paid.as_ref().map(|at| &at.place)), later),
        ];
        for (key, place, fits) in keys {
            if let (Some(place), false) = (place, fits) {
                let message = format!("{key} means nothing for kind \"{}\"", kind_name(kind));
                let code = format!("{key}-not-for-kind");
                let allowed = "no such key here";
                return Err(self.words.refuse(code, message, money.help(), &place, allowed));
            }
        }
        Ok(())
    }

    /// The error of a key that the layer needs.
    fn missing(&self, key: &str, why: &str, example: &str) -> Diagnostic {
        let name = fit(&self.shape.value.layer.value, 48);
        let message = format!("layer \"{name}\" needs {key}: {why}");
        let example = if example.starts_with('[') || example.starts_with('{') {
            example.to_owned()
        } else {
            format!("\"{example}\"")
        };
        let help = format!("add {key} = {example}.");
        let code = format!("layer-missing-{}", key.replace('_', "-"));
        self.words.refuse(code, message, help, &self.shape.place, format!("a step with {key}"))
    }

    fn caps(&self) -> Result<Caps, Diagnostic> {
        let (words, shape) = (self.words, &self.shape.value);
        let amount = |at: &Option<At<_>>, key| -> Result<Option<Amount>, Diagnostic> {
            at.as_ref().map(|at| words.amount(at, key, 1)).transpose()
        };
        let period = shape.per_period.as_ref().map(|at| -> Result<PeriodCap, Diagnostic> {
            let amount = words.amount(&at.value.amount, "amount", 1)?;
            let millis = words.duration(&at.value.length, "length", (1, MAX_SPAN))?;
            Ok(PeriodCap { amount, millis })
        });
        Ok(Caps {
            per_event: amount(&shape.per_event, "per_event")?,
            per_episode: amount(&shape.per_episode, "per_episode")?,
            per_period: period.transpose()?,
        })
    }

    fn attachment(&self) -> Result<Option<Attachment>, Diagnostic> {
        let (words, shape) = (self.words, &self.shape.value);
        let attach = shape.attach.as_ref().map(|at| words.amount(at, "attach", 0)).transpose()?;
        let detach = shape.detach.as_ref().map(|at| words.amount(at, "detach", 1)).transpose()?;
        if attach.is_none() && detach.is_none() {
            return Ok(None);
        }
        let (attach, detach) = (attach.unwrap_or(Amount::ZERO), detach.unwrap_or(Amount::MAX));
        if attach < detach {
            return Ok(Some(Attachment { attach, detach }));
        }
        let place = shape.attach.as_ref().map_or(&self.shape.place, |at| &at.place);
        let message = "attach is not below detach: the layer could never pay";
        let help = "the layer pays for losses from attach to detach.";
        let allowed = format!("below {}", words.format.write_grouped(detach));
        Err(words.refuse("empty-attachment", message, help, place, allowed))
    }

    fn source(&self, kind: Kind, money: Money) -> Result<(Source, Option<Claims>), Diagnostic> {
        let (words, shape) = (self.words, &self.shape.value);
        let deadline = || match &shape.deadline {
            Some(at) => words.duration(at, "deadline", (1, MAX_SPAN)),
            None => Err(self.missing("deadline", "its money comes later", "48 h")),
        };
        match money {
            Money::Pot | Money::Stakes => Ok((Source::Pot, None)),
            Money::Proceeds => Ok((Source::Proceeds { deadline: deadline()? }, None)),
            Money::Members => {
                let (members, claims) = self.members(kind)?;
                Ok((Source::Members(members), claims))
            }
            Money::Call => {
                let deadline = deadline()?;
                let (members, claims) = self.members(kind)?;
                Ok((Source::Call { members, deadline }, claims))
            }
        }
    }

    fn members(&self, kind: Kind) -> Result<(MemberRule, Option<Claims>), Diagnostic> {
        let (words, shape) = (self.words, &self.shape.value);
        let of_venue = matches!(self.setting, Setting::Venue);
        let measured = of_venue
            && matches!(
                kind,
                Kind::GainsHaircut
                    | Kind::LenderSupply
                    | Kind::ProviderProfit
                    | Kind::ProviderPrincipal
                    | Kind::Assessment
            );
        if shape.claims.is_none() && !measured {
            let why = format!("members pay in kind \"{}\"", kind_name(kind));
            return Err(self.missing("claims", &why, "{ file = \"claims.csv\" }"));
        }
        let rule = shape.rule.as_ref().map_or(Ok(Rule::Proportional), |at| words.rule(at))?;
        let file = shape.claims.as_ref().map(|claims| &claims.value);
        let named = matches!(file, Some(ClaimsShape::File(file)) if file.class.is_some());
        let classes = shape.classes.as_ref().map_or(named, |at| at.value);
        let part = shape.cap.as_ref().map(|at| self.part(at)).transpose()?;
        let settle = [(false, "at-once"), (true, "on-touch")];
        let on_touch = match &shape.settle {
            None => false,
            Some(at) => words.one_of(at, "settle", &settle)?,
        };
        if let (true, Some(at)) =
            (on_touch && (rule != Rule::Proportional || classes), &shape.settle)
        {
            let message = "on-touch needs the rule proportional, without classes";
            let help = "only there each account's share can be told from the level alone.";
            return Err(words.refuse("on-touch-rule", message, help, &at.place, "\"at-once\""));
        }
        let classes_said = shape.classes.is_some();
        let reads = Reads { rule, classes, classes_said, cap_of_weight: part };
        let claims = shape.claims.as_ref().map(|claims| claims::read(words, claims, reads));
        let basis = match (&claims, kind) {
            (Some(_), _) => Basis::Reported,
            (None, Kind::LenderSupply) => Basis::Supply,
            (None, Kind::ProviderProfit) => Basis::HolderProfit,
            (None, Kind::ProviderPrincipal) => Basis::PoolShares,
            (None, Kind::Assessment) => Basis::Contribution,
            (None, _) => Basis::SessionGains,
        };
        let members = MemberRule { rule, classes, cap_of_weight: part, on_touch, basis };
        Ok((members, claims.transpose()?))
    }

    fn part<T: AsRef<super::shape::Written>>(&self, at: &At<T>) -> Result<u32, Diagnostic> {
        let part = self.words.percent(at, "cap", " of weight", MAX_PART)?;
        if part > 0 {
            return Ok(part);
        }
        let message = "cap is zero: the layer could never pay";
        let help = "give a part above zero, or drop the step.";
        Err(self.words.refuse("cap-zero", message, help, &at.place, "above 0 % of weight"))
    }

    fn pot(&self, money: Money) -> Result<(Amount, Vec<AccountAmount>), Diagnostic> {
        let (words, shape) = (self.words, &self.shape.value);
        let capacity =
            shape.capacity.as_ref().map(|at| words.amount(at, "capacity", 0)).transpose()?;
        match (money, capacity, &shape.stakes) {
            (Money::Members | Money::Call | Money::Proceeds, ..) => Ok((Amount::ZERO, Vec::new())),
            (_, Some(_), Some(stakes)) => {
                let message = "capacity and stakes both say what the pot holds";
                let help = "keep one of them: the stakes sum to the capacity.";
                let (code, place) = ("stakes-and-capacity", &stakes.place);
                Err(words.refuse(code, message, help, place, "stakes or capacity"))
            }
            (_, Some(capacity), None) => Ok((capacity, Vec::new())),
            (_, None, Some(at)) => {
                let stakes = claims::read_stakes(words, at)?;
                let sum = stakes
                    .iter()
                    .try_fold(Amount::ZERO, |sum, stake| sum.checked_add(stake.amount).ok());
                let Some(sum) = sum else {
                    let message = format!("the stakes sum above {MAX_AMOUNT} atoms");
                    let help = "amounts are in units: check the asset's decimals.";
                    let allowed = words.format.allowed(0);
                    return Err(words.refuse(
                        "stakes-above-bound",
                        message,
                        help,
                        &at.place,
                        allowed,
                    ));
                };
                Ok((sum, stakes))
            }
            (_, None, None) if matches!(self.setting, Setting::Venue) => {
                Ok((Amount::ZERO, Vec::new()))
            }
            (_, None, None) => Err(self.missing("capacity", "its money is in a pot", "5000")),
        }
    }

    fn paid(&self, money: Money, claims: Option<&Claims>) -> Result<Paid, Diagnostic> {
        if !matches!(money, Money::Call | Money::Proceeds) {
            return Ok(Paid::InFull);
        }
        let Some(at) = &self.shape.value.paid else {
            if matches!(self.setting, Setting::Venue) {
                return Ok(Paid::Listed(Vec::new()));
            }
            return Err(self.missing("paid", "say what came in before the deadline", "in-full"));
        };
        let rows = match &at.value {
            PaidShape::Word(word) if word == "in-full" => return Ok(Paid::InFull),
            PaidShape::Word(word) => {
                let message = format!("paid is no \"{}\"", fit(word, 48));
                let help = "write paid = \"in-full\", or list the payments.";
                let allowed = "\"in-full\" or a list";
                return Err(self.words.refuse("paid-unknown", message, help, &at.place, allowed));
            }
            PaidShape::Rows(rows) => rows,
        };
        let Setting::Losses(losses) = self.setting else {
            let message = "payments are listed, and losses are known only as they happen";
            let help = "write paid = \"in-full\", or pay by events that do \"pay-draw\".";
            let allowed = "\"in-full\"";
            return Err(self.words.refuse("paid-unknown", message, help, &at.place, allowed));
        };
        let known: Option<BTreeSet<&str>> =
            claims.map(|claims| claims.kept.iter().map(|claim| claim.id.as_str()).collect());
        let mut payments = Vec::with_capacity(rows.len());
        for row in rows {
            payments.push(self.payment(row, known.as_ref(), losses)?);
        }
        Ok(Paid::Listed(payments))
    }

    fn payment(
        &self,
        row: &At<super::shape::PaymentShape>,
        members: Option<&BTreeSet<&str>>,
        losses: &BTreeMap<String, u64>,
    ) -> Result<Payment, Diagnostic> {
        let (words, shape) = (self.words, &row.value);
        let loss = match &shape.loss {
            None => 1,
            Some(at) => super::read::loss_number(words, at, losses)?,
        };
        let account = match (&shape.account, members) {
            (Some(at), Some(members)) if members.contains(at.value.as_str()) => {
                Some(at.value.clone())
            }
            (None, None) => None,
            (Some(at), Some(_)) => {
                let message = format!("\"{}\" is no member of the layer", fit(&at.value, 48));
                let help = "name an account of its claims.";
                let allowed = "an account that is called";
                return Err(words.refuse("not-member", message, help, &at.place, allowed));
            }
            (found, _) => {
                let (message, help) = match found {
                    Some(_) => ("money from a sale comes from no account", "drop account."),
                    None => ("the payment names no account", "add account: who paid the call."),
                };
                let place = found.as_ref().map_or(&row.place, |at| &at.place);
                let allowed = "account where members are called";
                return Err(words.refuse("wrong-payer", message, help, place, allowed));
            }
        };
        let amount = words.amount(&shape.amount, "amount", 1)?;
        Ok(Payment { loss, account, amount, place: row.place.clone() })
    }
}
