//! Cover pools of a venue file, and what is asked of them.

use rhodian_core::domain::CauseClass;
use rhodian_core::ids::{CoverPoolId, DomainId, FeedId, LayerId, Name, Time};
use rhodian_core::market::RATE_UNIT;
use rhodian_core::pools::YEAR;
use rhodian_core::pools::cover::{
    Experience, Flaw, MAX_COVERED, MIN_COVER, PoolSpec, RiskSpec, Trigger, VoteTerms,
};
use rhodian_core::units::Amount;

use super::model::{Collateral, Domain, Feed, Market, Subject};
use super::shape::{CoverShape, ExperienceShape, RiskShape, TriggerShape};
use super::{collateral, liquidation, markets};
use crate::diagnostic::Diagnostic;
use crate::loss_file::model::Place;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::At;
use crate::loss_file::words::{CLASSES, Words};

const DAY: u64 = 86_400_000;
/// The most a percentage of a cover pool may be: a hundred times.
const MOST_LEVERAGE: u32 = 100 * RATE_UNIT;

/// A cover pool; its domain, layers and feeds by their places in the file.
#[derive(Clone, Debug)]
pub struct Cover {
    /// What it is.
    pub spec: PoolSpec,
    /// Where it stands.
    pub place: Place,
}

/// A risk of a cover pool.
#[derive(Clone, Debug)]
pub struct Risk {
    /// What it is.
    pub spec: RiskSpec,
    /// Where it stands.
    pub place: Place,
}

/// What an event asks of a cover pool. Risks by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant says what its fields are")]
pub enum Insure {
    /// An account buys cover for so many milliseconds, for so much at most.
    Buy { risk: usize, account: String, amount: Amount, period: u64, most: Option<Amount> },
    /// Accounts lost by a risk, at a time.
    Report {
        risk: usize,
        loss: Name,
        cause: Name,
        since: Option<u64>,
        lost: Vec<(String, Amount)>,
        evidence: [u8; 32],
    },
    /// A staker accepts the claims of a loss, or not.
    Vote { loss: String, account: String, accept: bool },
    /// An account shows that a trigger has come about.
    Trigger { risk: usize, loss: Option<Name>, account: String },
}

/// Pools and their risks, each in file order: their dense ids.
pub type Read = (Vec<Cover>, Vec<Risk>);

/// What a cover pool may name.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The domains.
    pub domains: &'a [Domain],
    /// The markets and the collaterals that feeds speak of, on whose grids their prices are.
    pub markets: &'a [Market],
    /// See above.
    pub collaterals: &'a [Collateral],
    /// The feeds.
    pub feeds: &'a [Feed],
}

/// Reads every cover pool.
pub fn read(
    words: &Words<'_>,
    shapes: &[At<CoverShape>],
    known: Known<'_>,
) -> Result<Read, Diagnostic> {
    let mut reader = Reader { words, known, pools: Vec::new(), risks: Vec::new() };
    for at in shapes {
        let pool = reader.pool(at)?;
        let twice = reader.pools.iter().any(|other| other.spec.name == pool.spec.name);
        if twice {
            let (message, help) =
                ("a cover pool has this name already", "give every pool its own.");
            let place = &at.value.name.place;
            return Err(words.refuse("cover-twice", message, help, place, "a new name"));
        }
        reader.pools.push(pool);
        for risk in &at.value.risk.value {
            let risk = reader.risk(risk)?;
            reader.risks.push(risk);
        }
    }
    Ok((reader.pools, reader.risks))
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    words: &'a Words<'a>,
    known: Known<'a>,
    pools: Vec<Cover>,
    risks: Vec<Risk>,
}

impl Reader<'_> {
    fn pool(&self, at: &At<CoverShape>) -> Result<Cover, Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let domains = self.known.domains;
        let names: Vec<String> = domains.iter().map(|of| of.name.as_str().to_owned()).collect();
        let domain = markets::domain(words, shape.domain.as_ref(), &names, &at.place)?;
        let fund = liquidation::fund(words, &shape.fund, domains)?;
        let most = Amount::new(MAX_COVERED).unwrap_or(Amount::MAX);
        let least = Amount::new(MIN_COVER).unwrap_or(Amount::ZERO);
        let vote = shape.vote.as_ref().map(|at| {
            let (length, quorum) = (&at.value.length, &at.value.quorum);
            Ok::<_, Diagnostic>(VoteTerms {
                length: words.span_or(length, "length", 3 * DAY)?,
                quorum: words.part_or(quorum, "quorum", RATE_UNIT / 5, RATE_UNIT)?,
            })
        });
        let cap = shape.incident_cap.as_ref().map(|at| words.amount(at, "incident_cap", 1));
        let tail_index = words.factor(&shape.tail_index, "tail_index")?;
        let spec = PoolSpec {
            name: words.name(&shape.name, "name")?,
            domain: DomainId(index(domain)),
            fund: LayerId(index(fund)),
            premia: self.premia(shape, domain)?,
            leverage: words.part_or(&shape.leverage, "leverage", RATE_UNIT, MOST_LEVERAGE)?,
            max_covered: words.amount_or(&shape.max_covered, "max_covered", most)?,
            min_cover: words.amount_or(&shape.min_cover, "min_cover", least)?,
            max_period: words.span_or(&shape.max_period, "max_period", 365 * DAY)?,
            waiting: words.span_or(&shape.waiting, "waiting", DAY)?,
            claim_time: words.span_or(&shape.claim_time, "claim_time", 30 * DAY)?,
            incident_cap: cap.transpose()?,
            tail_index: u32::try_from(tail_index).unwrap_or(u32::MAX),
            source: self.source(&shape.source)?,
            estimated: Time(0),
            vote: vote.transpose()?,
        };
        spec.check().map_err(|flaw| self.flawed(at, &flaw))?;
        if shape.risk.value.is_empty() {
            let (message, help) = ("the pool covers nothing", "add [[cover.risk]] with name.");
            return Err(words.refuse("risk-none", message, help, &at.place, "a risk"));
        }
        Ok(Cover { spec, place: at.place.clone() })
    }

    /// The layers that earn, of those of the pool's domain.
    fn premia(&self, shape: &CoverShape, domain: usize) -> Result<Vec<(LayerId, u32)>, Diagnostic> {
        let of = |(place, of): (usize, &'_ Domain)| {
            of.steps.iter().flat_map(|step| &step.layers).map(|_| place).collect::<Vec<_>>()
        };
        let owners = self.known.domains.iter().enumerate().flat_map(of);
        let layers = self.known.domains.iter().flat_map(|of| &of.steps);
        let layers = owners.zip(layers.flat_map(|step| &step.layers)).enumerate();
        let staked = layers.filter(|(_, (of, layer))| *of == domain && layer.kind.is_staked());
        let staked: Vec<(usize, &str)> =
            staked.map(|(place, (_, layer))| (place, layer.name.as_str())).collect();
        let Some(list) = &shape.premia else {
            return Ok(match staked.as_slice() {
                [(only, _)] => vec![(LayerId(index(*only)), RATE_UNIT / 2)],
                _ => Vec::new(),
            });
        };
        let one = |at: &At<super::shape::PremiaShape>| {
            let of = &at.value;
            let found = staked.iter().find(|(_, name)| *name == of.layer.value);
            let known: Vec<&str> = staked.iter().map(|(_, name)| *name).collect();
            let (place, _) =
                found.ok_or_else(|| unknown(self.words, &of.layer, "layer", &known))?;
            let part = self.words.percent(&of.part, "part", "", RATE_UNIT)?;
            Ok((LayerId(index(*place)), part))
        };
        list.value.iter().map(one).collect()
    }

    fn risk(&self, at: &At<RiskShape>) -> Result<Risk, Diagnostic> {
        let (words, shape) = (self.words, &at.value);
        let name = words.name(&shape.name, "name")?;
        if self.risks.iter().any(|other| other.spec.name == name) {
            let (message, help) = ("a risk has this name already", "give every risk its own.");
            let place = &shape.name.place;
            return Err(words.refuse("risk-twice", message, help, place, "a new name"));
        }
        let class = shape.class.as_ref().map(|at| words.one_of(at, "class", &CLASSES));
        let trigger = shape.trigger.as_ref().map(|at| self.trigger(&at.value));
        let experience = shape.experience.as_ref().map(|at| self.experience(&at.value));
        let spec = RiskSpec {
            name,
            pool: CoverPoolId(index(self.pools.len().saturating_sub(1))),
            class: class.transpose()?.unwrap_or(CauseClass::Custody),
            rates: words.rates(&shape.rates.value, RATE_UNIT)?,
            expected_loss: words.percent(&shape.expected_loss, "expected_loss", "", RATE_UNIT)?,
            load: words.part_or(&shape.load, "load", 0, MOST_LEVERAGE)?,
            source: self.source(&shape.source)?,
            estimated: Time(0),
            concentration: words.part_or(
                &shape.concentration,
                "concentration",
                RATE_UNIT,
                RATE_UNIT,
            )?,
            retention: words.part_or(&shape.retention, "retention", 0, RATE_UNIT)?,
            experience: experience.transpose()?,
            trigger: trigger.transpose()?,
        };
        spec.check().map_err(|flaw| self.risk_flawed(at, &flaw))?;
        Ok(Risk { spec, place: at.place.clone() })
    }

    fn experience(&self, shape: &ExperienceShape) -> Result<Experience, Diagnostic> {
        Ok(Experience {
            step: self.words.percent(&shape.step, "step", "", RATE_UNIT)?,
            most: self.words.percent(&shape.most, "most", "", RATE_UNIT)?,
            window: self.words.span_or(&shape.window, "window", YEAR)?,
        })
    }

    fn trigger(&self, shape: &TriggerShape) -> Result<Trigger, Diagnostic> {
        let feeds = self.known.feeds;
        let name = |feed: &Feed| feed.spec.name.as_str() == shape.feed.value;
        let Some(place) = feeds.iter().position(name) else {
            let known: Vec<&str> = feeds.iter().map(|feed| feed.spec.name.as_str()).collect();
            return Err(unknown(self.words, &shape.feed, "feed", &known));
        };
        let below = match feeds[place].of {
            Subject::Market(market) => {
                let grid = &self.known.markets[market].grid;
                markets::price(self.words, grid, &shape.below, "below")?
            }
            Subject::Collateral(of) => {
                let tick = self.known.collaterals[of].tick;
                collateral::price(self.words, tick, &shape.below, "below")?
            }
        };
        Ok(Trigger {
            feed: FeedId(index(place)),
            below,
            window: self.words.span_or(&shape.window, "window", 600_000)?,
        })
    }

    fn source(&self, at: &Option<At<String>>) -> Result<Name, Diagnostic> {
        match at {
            Some(at) => self.words.name(at, "source"),
            None => {
                let value = "the venue file".to_owned();
                self.words.name(&At { value, place: Place::default() }, "source")
            }
        }
    }

    /// What can never be right about a pool, at its key, with what would be allowed.
    fn flawed(&self, at: &At<CoverShape>, flaw: &Flaw) -> Diagnostic {
        let shape = &at.value;
        let atoms = |atoms: u128| {
            self.words.format.write_grouped(Amount::new(atoms).unwrap_or(Amount::MAX))
        };
        let place = |at: Option<&Place>| at.cloned().unwrap_or_else(|| shape.name.place.clone());
        let (place, message, allowed) = match flaw {
            Flaw::Premia { .. } => (
                place(shape.premia.as_ref().map(|at| &at.place)),
                "more than all of the premia is given, or a layer stands twice",
                "up to 100 % in all, each layer once".to_owned(),
            ),
            Flaw::Leverage { .. } => (
                place(shape.leverage.as_ref().map(|at| &at.place)),
                "nothing could be covered",
                "above 0 %, up to 10,000 %".to_owned(),
            ),
            Flaw::MostCovered { .. } => (
                place(shape.max_covered.as_ref().map(|at| &at.place)),
                "the most that may be covered is too large",
                format!("up to {}", atoms(MAX_COVERED)),
            ),
            Flaw::LeastCover { .. } => (
                place(shape.min_cover.as_ref().map(|at| &at.place)),
                "the least cover is too small, or above max_covered",
                format!("{} to max_covered", atoms(MIN_COVER)),
            ),
            Flaw::Period { .. } => (
                place(shape.max_period.as_ref().or(shape.waiting.as_ref()).map(|at| &at.place)),
                "covers run no longer than they wait, or too long",
                "max_period above waiting, up to 730 d".to_owned(),
            ),
            Flaw::ClaimTime { .. } => (
                place(shape.claim_time.as_ref().map(|at| &at.place)),
                "the time to claim is nothing, or too long",
                "1 ms to 730 d".to_owned(),
            ),
            Flaw::IncidentCap | Flaw::Uncapped { .. } => (
                shape.tail_index.place.clone(),
                "losses of this tail have no finite mean: no pool can bear them without a cap",
                "a tail index above 1, or incident_cap = \"...\"".to_owned(),
            ),
            _ => (
                place(shape.vote.as_ref().map(|at| &at.place)),
                "the vote takes no time, or too long",
                "a length of 1 ms to 30 d, a quorum up to 100 %".to_owned(),
            ),
        };
        self.words.refuse("cover-flaw", message, "change the key.", &place, allowed)
    }

    /// The same of a risk.
    fn risk_flawed(&self, at: &At<RiskShape>, flaw: &Flaw) -> Diagnostic {
        let shape = &at.value;
        let percent = |part: u64| format!("{}.{:04} %", part / 10_000, part % 10_000);
        let (place, message, allowed) = match flaw {
            Flaw::Rates { .. } => (
                &shape.rates.place,
                "the price falls as more is covered",
                "at_zero <= at_kink <= at_full <= 100 %".to_owned(),
            ),
            Flaw::Kink { .. } => (
                &shape.rates.value.kink.place,
                "the kink is at nothing or at all",
                "more than 0 %, less than 100 %".to_owned(),
            ),
            Flaw::BelowExpectedLoss { least, .. } => (
                &shape.rates.value.at_zero.place,
                "the price begins below the expected loss with its load",
                format!("{} and more", percent(*least)),
            ),
            Flaw::Concentration { .. } => (
                shape.concentration.as_ref().map_or(&at.place, |at| &at.place),
                "nothing of the risk may be covered",
                "above 0 %, up to 100 %".to_owned(),
            ),
            Flaw::Experience { .. } => (
                shape.experience.as_ref().map_or(&at.place, |at| &at.place),
                "the retention does not rise, or rises to all of each loss",
                "a step above 0 %, more than the retention and less than 100 % at most, and 2 \
                 years at the longest"
                    .to_owned(),
            ),
            _ => (
                shape.retention.as_ref().map_or(&at.place, |at| &at.place),
                "the insured would bear all of each loss",
                "0 % or more, less than 100 %".to_owned(),
            ),
        };
        self.words.refuse("risk-flaw", message, "change the key.", place, allowed)
    }
}
