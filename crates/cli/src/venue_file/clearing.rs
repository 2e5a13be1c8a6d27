//! Clearing funds of a venue file, and what is asked of them.

use rhodian_core::domain::Kind;
use rhodian_core::ids::{DomainId, LayerId, MarketId};
use rhodian_core::margin::scenario::VolMove;
use rhodian_core::market::RATE_UNIT;
use rhodian_core::pools::clearing::{Assessment, Flaw, FundSpec, MAX_MEMBERS, Scenario};
use rhodian_core::units::Amount;

use super::model::{Domain, Market};
use super::shape::{AssessmentShape, ClearingShape, ScenarioShape};
use super::{liquidation, markets};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::{At, PercentText};
use crate::loss_file::words::{Words, read_percent};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// A price may rise a hundredfold under stress, and an assessment be as much of a contribution.
const MOST: u32 = 100 * RATE_UNIT;

/// A clearing fund; its domain, layers and markets by their places in the file.
#[derive(Clone, Debug)]
pub struct Clearing {
    /// What it is.
    pub spec: FundSpec,
    /// The members at the beginning, with what each contributes.
    pub members: Vec<(String, Amount)>,
    /// Clients at the beginning, each with its member.
    pub clients: Vec<(String, String)>,
    /// Where it stands.
    pub place: Place,
}

/// What an event asks of a clearing fund. Funds by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Clear {
    /// An account's owner becomes a member.
    Join { fund: usize, account: String },
    /// A member gives notice.
    Leave { fund: usize, account: String },
    /// The fund is sized now.
    Size { fund: usize },
    /// A member answers for a client.
    Client { fund: usize, account: String, to: String },
    /// A client is one no longer.
    Release { fund: usize, account: String },
    /// A client goes to another member.
    Port { fund: usize, account: String, to: String },
    /// Members may bid for the book of a loss.
    Auction { fund: usize, loss: String, most: Amount },
    /// A member says what he asks for taking the book.
    Bid { fund: usize, loss: String, account: String, asks: Amount },
}

/// Reads every clearing fund.
pub fn read(
    words: &Words<'_>,
    shapes: &[At<ClearingShape>],
    domains: &[Domain],
    markets: &[Market],
) -> Result<Vec<Clearing>, Diagnostic> {
    let reader = Reader { words, domains, markets };
    let mut funds: Vec<Clearing> = Vec::new();
    for at in shapes {
        let fund = reader.fund(at)?;
        if funds.iter().any(|other| other.spec.name == fund.spec.name) {
            let (message, help) =
                ("a clearing fund has this name already", "give every fund its own.");
            let place = &at.value.name.place;
            return Err(words.refuse("clearing-twice", message, help, place, "a new name"));
        }
        funds.push(fund);
    }
    assessed(words, domains, &funds)?;
    Ok(funds)
}

/// Whom an assessment calls is said by its claims, or by a clearing fund.
fn assessed(words: &Words<'_>, domains: &[Domain], funds: &[Clearing]) -> Result<(), Diagnostic> {
    let by_fund = |place: usize| {
        let layer = Some(LayerId(index(place)));
        funds.iter().any(|fund| fund.spec.assessment.map(|of| of.layer) == layer)
    };
    let layers = liquidation::layers_of(domains).enumerate();
    let mut calls = layers.filter(|(_, of)| of.kind == Kind::Assessment && of.claims.is_none());
    match calls.find(|(place, _)| !by_fund(*place)) {
        Some((_, of)) => {
            let message = "nobody says whom this layer calls";
            let help = "add claims to it, or name it in assessment of [[clearing]].";
            let allowed = "claims = { ... }, or a clearing fund's assessment";
            Err(words.refuse("assessment-of-nobody", message, help, &of.place, allowed))
        }
        None => Ok(()),
    }
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    words: &'a Words<'a>,
    domains: &'a [Domain],
    markets: &'a [Market],
}

impl Reader<'_> {
    fn fund(&self, at: &At<ClearingShape>) -> Result<Clearing, Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let names: Vec<String> =
            self.domains.iter().map(|of| of.name.as_str().to_owned()).collect();
        let domain = markets::domain(words, shape.domain.as_ref(), &names, &at.place)?;
        let layer = self.layer(&shape.layer, Kind::DefaultFund)?;
        let scenarios = shape.scenario.value.iter().map(|at| self.scenario(&at.value));
        let assessment = shape.assessment.as_ref().map(|at| self.assessment(&at.value));
        let atom = Amount::from(1);
        let spec = FundSpec {
            name: words.name(&shape.name, "name")?,
            domain: DomainId(index(domain)),
            layer,
            cover: self.cover(shape)?,
            scenarios: scenarios.collect::<Result<_, _>>()?,
            least: words.amount_or(&shape.least, "least", atom)?,
            least_contribution: words.amount_or(
                &shape.least_contribution,
                "least_contribution",
                atom,
            )?,
            period: words.span_or(&shape.period, "period", 30 * DAY)?,
            deadline: words.span_or(&shape.deadline, "deadline", 2 * DAY)?,
            notice: words.span_or(&shape.notice, "notice", 30 * DAY)?,
            porting: words.span_or(&shape.porting, "porting", 2 * DAY)?,
            bidding: words.span_or(&shape.bidding, "bidding", 4 * HOUR)?,
            juniority: words.part_or(&shape.juniority, "juniority", 0, RATE_UNIT)?,
            assessment: assessment.transpose()?,
        };
        spec.check().map_err(|flaw| self.flawed(at, &flaw))?;
        let mut listed: Vec<String> = Vec::new();
        let members = shape.member.iter().map(|at| {
            let account = self.once(&mut listed, &at.value.account)?;
            let amount = at.value.amount.as_ref().map(|at| words.amount(at, "amount", 1));
            Ok::<_, Diagnostic>((account, amount.transpose()?.unwrap_or(Amount::ZERO)))
        });
        let members = members.collect::<Result<_, _>>()?;
        let clients = shape.client.iter().map(|at| {
            let account = self.once(&mut listed, &at.value.account)?;
            let member = words.name(&at.value.member, "member")?.as_str().to_owned();
            Ok::<_, Diagnostic>((account, member))
        });
        let clients = clients.collect::<Result<_, _>>()?;
        Ok(Clearing { spec, members, clients, place: at.place.clone() })
    }

    /// An account that is listed once, as a member or as a client.
    fn once(&self, listed: &mut Vec<String>, at: &At<String>) -> Result<String, Diagnostic> {
        let account = self.words.name(at, "account")?.as_str().to_owned();
        if listed.contains(&account) {
            let message = format!("{account} stands in this fund already");
            let help = "list each account once, as a member or as a client.";
            let allowed = "an account that is not listed yet";
            return Err(self.words.refuse("member-twice", message, help, &at.place, allowed));
        }
        listed.push(account.clone());
        Ok(account)
    }

    fn cover(&self, shape: &ClearingShape) -> Result<u16, Diagnostic> {
        let Some(at) = &shape.cover else { return Ok(2) };
        let cover = u16::try_from(at.value).ok().filter(|cover| *cover > 0);
        cover.filter(|cover| usize::from(*cover) <= MAX_MEMBERS).ok_or_else(|| {
            let (message, help) = ("cover is no number of members", "write 2.");
            let allowed = format!("1 to {MAX_MEMBERS}");
            self.words.refuse("cover-not-members", message, help, &at.place, allowed)
        })
    }

    /// A layer of a kind, by its place in the file.
    fn layer(&self, at: &At<String>, kind: Kind) -> Result<LayerId, Diagnostic> {
        let layers = liquidation::layers_of(self.domains).enumerate();
        let of_kind: Vec<(usize, &str)> = layers
            .filter(|(_, of)| of.kind == kind)
            .map(|(place, of)| (place, of.name.as_str()))
            .collect();
        let found = of_kind.iter().find(|(_, name)| *name == at.value);
        let known: Vec<&str> = of_kind.iter().map(|(_, name)| *name).collect();
        let (place, _) = found.ok_or_else(|| unknown(self.words, at, "layer", &known))?;
        Ok(LayerId(index(*place)))
    }

    fn assessment(&self, shape: &AssessmentShape) -> Result<Assessment, Diagnostic> {
        let words = self.words;
        Ok(Assessment {
            layer: self.layer(&shape.layer, Kind::Assessment)?,
            per_event: words.part_or(&shape.per_event, "per_event", RATE_UNIT, MOST)?,
            per_window: words.part_or(&shape.per_window, "per_window", 2 * RATE_UNIT, MOST)?,
            window: words.span_or(&shape.window, "window", 30 * DAY)?,
        })
    }

    fn scenario(&self, shape: &ScenarioShape) -> Result<Scenario, Diagnostic> {
        let words = self.words;
        let moves = shape.moves.iter().map(|at| {
            let of = &at.value;
            let market = super::events::market_of(words, self.markets, &of.market)?;
            Ok((MarketId(index(market)), self.signed(&of.price, "price")?))
        });
        let vols = [(VolMove::Down, "down"), (VolMove::None, "same"), (VolMove::Up, "up")];
        let vol = shape.volatility.as_ref().map(|at| {
            let found = vols.iter().find(|(_, name)| *name == at.value);
            found
                .map(|(vol, _)| *vol)
                .ok_or_else(|| unknown(words, at, "volatility", &vols.map(|(_, name)| name)))
        });
        let others = shape.prices.as_ref().map(|at| self.signed(at, "prices"));
        Ok(Scenario {
            name: words.name(&shape.name, "name")?,
            moves: moves.collect::<Result<_, Diagnostic>>()?,
            others: others.transpose()?.unwrap_or(0),
            vol: vol.transpose()?.unwrap_or_default(),
        })
    }

    /// A part of a price either way, in millionths: "-30 %".
    fn signed(&self, at: &At<PercentText>, key: &str) -> Result<i32, Diagnostic> {
        let text = self.words.text(at, key, "-30 %")?;
        let (falls, size) = match text.strip_prefix('-') {
            Some(size) => (true, size),
            None => (false, text),
        };
        // A fall of all of it leaves no price.
        let most = if falls { RATE_UNIT - 1 } else { MOST };
        let part = read_percent(size, "").filter(|part| *part <= most);
        let part = part.and_then(|part| i32::try_from(part).ok()).ok_or_else(|| {
            let (code, message) = (format!("{key}-not-a-move"), format!("{key} is no move"));
            let help = "write a fall as \"-30 %\", a rise as \"30 %\".";
            let allowed = format!(
                "less of a fall than \"-100 %\", up to \"{} %\", at most 4 decimals",
                MOST / 10_000
            );
            self.words.refuse(code, message, help, &at.place, allowed)
        })?;
        Ok(if falls { -part } else { part })
    }

    /// What can never be right about a fund, at its key, with what would be allowed.
    fn flawed(&self, at: &At<ClearingShape>, flaw: &Flaw) -> Diagnostic {
        let shape = &at.value;
        let place = |at: Option<&Place>| at.cloned().unwrap_or_else(|| shape.name.place.clone());
        let (place, message, allowed) = match flaw {
            Flaw::Scenarios { .. } => (
                shape.scenario.place.clone(),
                "a fund is sized by what may happen",
                "1 to 64 scenarios".to_owned(),
            ),
            Flaw::Scenario { .. } => (
                shape.scenario.place.clone(),
                "a scenario moves a market twice, or by what no price can",
                "each market once, by more than -100 %".to_owned(),
            ),
            Flaw::Least { .. } => (
                place(shape.least_contribution.as_ref().map(|at| &at.place)),
                "the least contribution is too large",
                "up to 10^26 atoms".to_owned(),
            ),
            Flaw::Span { what, max, .. } => {
                let spans = [
                    ("period", &shape.period),
                    ("deadline", &shape.deadline),
                    ("notice", &shape.notice),
                    ("time to port", &shape.porting),
                    ("time to bid", &shape.bidding),
                ];
                let of = spans.iter().find(|(name, _)| name == what);
                let at = of.and_then(|(_, at)| at.as_ref()).map(|at| &at.place);
                let window = shape.assessment.as_ref().map(|at| &at.place);
                let allowed = format!("1 ms to {} d", max / DAY);
                (place(at.or(window)), "a length of nothing, or too long", allowed)
            }
            Flaw::AssessmentCaps { .. } => (
                place(shape.assessment.as_ref().map(|at| &at.place)),
                "what is asked for a loss is nothing, or above what is asked in a window",
                "0 % < per_event <= per_window <= 10,000 %".to_owned(),
            ),
            Flaw::Cover { .. } | Flaw::Juniority { .. } => {
                (shape.name.place.clone(), "the fund can never be right", String::new())
            }
        };
        self.words.refuse("clearing-flaw", message, "change the key.", &place, allowed)
    }
}
