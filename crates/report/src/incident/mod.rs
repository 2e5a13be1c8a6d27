//! The report of one episode for those it concerned: what happened when, under which rules, what
//! each layer paid and who stood behind it, what was not covered, what may still come back, and
//! how anyone checks it. A pure function of the events and the state after them.
//!
//! Forms: JSON through serde, [`tables`] for spreadsheets, `html::incident_page` for people. The
//! disclosure fields follow the quantitative disclosures of clearing houses (CPMI-IOSCO, 2015), as
//! far as one episode can say them.

mod disclosure;
mod follow;
pub mod tables;
pub mod text;

use rhodian_core::control::PARAMETERS;
use rhodian_core::domain::CauseClass;
use rhodian_core::engine::{Event, State};
use rhodian_core::ids::{DomainId, EpisodeId, LossId, Time};
use rhodian_core::loss::{Draw, Episode, Loss, Stage};
use rhodian_core::recovery::{Bearer, ClaimPool};
use rhodian_core::units::Amount;
use serde::Serialize;

use crate::model::Asset;
use crate::names::{Names, StateNames};
use crate::words;
pub use disclosure::Disclosure;
use follow::Follower;

/// The version of the JSON form.
pub const FORMAT: &str = "rhodian-incident/1";

/// What the venue's milliseconds count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The Unix epoch: moments are written in UTC.
    Unix,
    /// The beginning of a run: moments are written as a clock from there.
    Run,
}

/// A moment: the number, and as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Milliseconds since the venue's origin.
    pub millis: u64,
    /// In UTC, or on the clock of a run.
    pub text: String,
}

impl Moment {
    fn new(at: Time, origin: Origin) -> Self {
        let utc = || {
            let millis = i64::try_from(at.0).ok()?;
            jiff::Timestamp::from_millisecond(millis).ok().map(|moment| format!("{moment:.3}"))
        };
        let text = match origin {
            Origin::Unix => utc(),
            Origin::Run => None,
        };
        Self { millis: at.0, text: text.unwrap_or_else(|| crate::run::clock(at.0)) }
    }
}

/// One line of what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its event's sequence number.
    pub sequence: u64,
    /// When.
    pub at: Moment,
    /// The loss it is about, where it is about one.
    pub loss: Option<String>,
    /// What happened, in words.
    pub what: String,
}

/// One layer of a step of the rules in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleLayer {
    /// The cause class whose waterfall it stands in.
    pub class: String,
    /// The step, from 1.
    pub step: usize,
    /// Its name.
    pub layer: String,
    /// Its kind.
    pub kind: String,
    /// How it is divided, where participants bear it.
    pub rule: Option<String>,
    /// The most it pays for one loss.
    pub per_event: Option<Amount>,
    /// The most it pays in an episode.
    pub per_episode: Option<Amount>,
    /// What its pot held when the episode opened; nothing where it has no pot.
    pub held_at_opening: Option<Amount>,
}

/// What a parameter was when the report was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParameterRow {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Its unit.
    pub unit: String,
}

/// The mark of a market when the legs of a failed account were taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriceRow {
    /// The loss.
    pub loss: String,
    /// The market.
    pub market: String,
    /// The mark, in ticks.
    pub ticks: u64,
    /// What a lot was worth at it, funding included, in atoms.
    pub lot_value: String,
    /// Lots the failed account held, with their side.
    pub lots: i64,
    /// Where the mark came from.
    pub from: String,
}

/// What one layer paid for one loss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DrawRow {
    /// The step, from 1.
    pub step: u16,
    /// The layer.
    pub layer: String,
    /// What was asked of it.
    pub planned: Amount,
    /// What it paid.
    pub received: Amount,
    /// Until when it may still pay, while it is open.
    pub open_until: Option<Moment>,
}

/// One loss of the episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LossRow {
    /// Its label: its place among the venue's losses, from L1.
    pub loss: String,
    /// Its id, from 0: what the service's paths name it by.
    pub id: u32,
    /// The number its domain knows it by.
    pub number: String,
    /// The class of its cause.
    pub class: String,
    /// Its cause in words.
    pub cause: String,
    /// The account that failed.
    pub failed: Option<String>,
    /// Where it stands.
    pub stage: String,
    /// When it was detected.
    pub detected: Moment,
    /// When it was settled.
    pub settled: Option<Moment>,
    /// Close-out loss = own means + gains of other books + draws + uncovered.
    pub close_out: Amount,
    /// The first of own means.
    pub margin: Amount,
    /// Own means, margin included.
    pub own_means: Amount,
    /// The close-out loss less own means.
    pub deficit: Amount,
    /// What other books of the domain gained and paid for it, before any layer.
    pub netted: Amount,
    /// The draws, in paying order.
    pub draws: Vec<DrawRow>,
    /// What no step absorbed.
    pub uncovered: Amount,
    /// Whether that sum holds; until it is settled there is nothing to hold.
    pub adds_up: bool,
}

/// What one account bore of one loss in one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PayerRow {
    /// The loss.
    pub loss: String,
    /// The layer.
    pub layer: String,
    /// The account.
    pub account: String,
    /// Its frozen weight; of a stake, nothing.
    pub weight: Option<Amount>,
    /// Its frozen cap.
    pub cap: Option<Amount>,
    /// What it bore.
    pub paid: Amount,
    /// What came back to it.
    pub repaid: Amount,
}

/// What may still come back, and to whom first: the last step is repaid first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DueRow {
    /// The loss.
    pub loss: String,
    /// Who bore it.
    pub bearer: String,
    /// What was borne.
    pub borne: Amount,
    /// What came back.
    pub repaid: Amount,
    /// What is open.
    pub open: Amount,
}

/// An episode, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// The version of this form.
    pub format: &'static str,
    /// The domain.
    pub domain: String,
    /// The asset of every amount.
    pub asset: Asset,
    /// The episode's number over the whole venue, from 1.
    pub episode: u64,
    /// When it opened.
    pub opened: Moment,
    /// Whether all of it is settled.
    pub closed: bool,
    /// The losses, in order of detection.
    pub losses: Vec<LossRow>,
    /// The sum of what no step absorbed.
    pub not_covered: Amount,
    /// The rules that were frozen for it.
    pub rules: Vec<RuleLayer>,
    /// The parameters of the domain.
    pub parameters: Vec<ParameterRow>,
    /// Prices at takeover.
    pub prices: Vec<PriceRow>,
    /// What happened, in order.
    pub timeline: Vec<Line>,
    /// Who paid.
    pub payers: Vec<PayerRow>,
    /// What may still come back.
    pub recoveries_due: Vec<DueRow>,
    /// The figures clearing houses disclose.
    pub disclosure: Disclosure,
    /// How to check it.
    pub verify: Vec<String>,
}

/// Tells an episode: follows every event of the stream, from the first, then gives the report.
#[derive(Debug)]
pub struct Teller<'a> {
    state: &'a State,
    episode: &'a Episode,
    follower: Follower<'a>,
}

impl<'a> Teller<'a> {
    /// A teller of `episode` as it stands in `state`, the state after all the events that will be
    /// followed; nothing where there is no such episode.
    #[must_use]
    pub fn new(state: &'a State, episode: EpisodeId, origin: Origin) -> Option<Self> {
        let found = state.losses.episode(episode)?;
        let follower = Follower::new(state, episode, found, origin);
        Some(Self { state, episode: found, follower })
    }

    /// Takes the next event: `sequence` is its number in the stream, which the timeline cites.
    pub fn follow(&mut self, sequence: u64, event: &Event) {
        self.follower.follow(sequence, event);
    }

    /// The report.
    #[must_use]
    pub fn finish(self) -> Incident {
        let Self { state, episode, follower } = self;
        let (names, origin) = (StateNames(state), follower.origin);
        let asset = state.domains.domain(episode.domain).map(|domain| domain.asset);
        let asset = asset.and_then(|asset| state.domains.asset(asset));
        let losses: Vec<LossRow> = losses_of(state, episode)
            .map(|(id, loss)| loss_row(&names, id, loss, origin))
            .collect();
        let payers = follower.payers();
        let rules = rules(&names, episode, &follower);
        Incident {
            format: FORMAT,
            domain: names.domain(episode.domain),
            asset: Asset {
                name: asset.map_or_else(String::new, |asset| asset.name.as_str().to_owned()),
                decimals: asset.map_or(0, |asset| u32::from(asset.decimals)),
            },
            episode: u64::from(follower.id.0) + 1,
            opened: Moment::new(episode.opened, origin),
            closed: episode.closed,
            disclosure: Disclosure::of(state, episode, &rules, &payers),
            not_covered: sum(losses.iter().map(|loss| loss.uncovered)),
            rules,
            parameters: parameters(state, episode.domain),
            prices: follower.prices(),
            payers,
            recoveries_due: losses_of(state, episode)
                .flat_map(|(id, loss)| loss.pools.iter().rev().map(move |pool| (id, pool)))
                .filter_map(|(id, pool)| due_row(&names, id, pool))
                .collect(),
            timeline: follower.timeline,
            losses,
            verify: how_to_verify(origin),
        }
    }
}

fn losses_of<'a>(
    state: &'a State,
    episode: &'a Episode,
) -> impl Iterator<Item = (LossId, &'a Loss)> {
    episode.losses.iter().filter_map(|id| Some((*id, state.losses.loss(*id)?)))
}

fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    // Totals of participants' amounts stay below 2^127; what one field can show ends at 10^30.
    let atoms: u128 = amounts.map(Amount::atoms).sum();
    Amount::new(atoms).unwrap_or(Amount::MAX)
}

fn loss_row(names: &StateNames<'_>, id: LossId, loss: &Loss, origin: Origin) -> LossRow {
    let draw = |draw: &Draw| DrawRow {
        step: draw.step,
        layer: names.layer(draw.layer),
        planned: draw.planned,
        received: draw.received,
        open_until: draw
            .deadline
            .filter(|_| !draw.closed)
            .map(|deadline| Moment::new(deadline, origin)),
    };
    let by_books = loss.own_means.atoms() + loss.netted.atoms();
    let absorbed = by_books + loss.received().atoms() + loss.uncovered.atoms();
    LossRow {
        loss: names.loss(id),
        id: id.0,
        number: loss.number.to_string(),
        class: class_words(loss.class).to_owned(),
        cause: loss.cause.as_str().to_owned(),
        failed: loss.failed.map(|account| names.account(account)),
        stage: stage_words(loss.stage).to_owned(),
        detected: Moment::new(loss.detected, origin),
        settled: loss.settled.map(|at| Moment::new(at, origin)),
        close_out: loss.close_out,
        margin: loss.margin,
        own_means: loss.own_means,
        deficit: loss.deficit,
        netted: loss.netted,
        draws: loss.draws.iter().map(draw).collect(),
        uncovered: loss.uncovered,
        adds_up: loss.stage != Stage::Settled || absorbed == loss.close_out.atoms(),
    }
}

const fn class_words(class: CauseClass) -> &'static str {
    match class {
        CauseClass::Default => "default",
        CauseClass::PriceError => "price error",
        CauseClass::Custody => "custody and operational",
    }
}

const fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Reported => "reported, waits for a second approver",
        Stage::Challengeable { .. } => "approved, open to challenge",
        Stage::Dismissed => "dismissed",
        Stage::Detected => "detected, being closed out",
        Stage::Measured => "measured",
        Stage::Absorbing => "being absorbed",
        Stage::Settled => "settled",
    }
}

fn rules(names: &StateNames<'_>, episode: &Episode, follower: &Follower<'_>) -> Vec<RuleLayer> {
    let mut rows = Vec::new();
    let domains = &names.0.domains;
    for (class, waterfall) in &episode.rules.waterfalls {
        let Some(waterfall) = domains.waterfall(*waterfall) else { continue };
        for (place, step) in waterfall.steps.iter().enumerate() {
            for side in &step.layers {
                let Some(layer) = domains.layer(side.layer) else { continue };
                let spec = &layer.spec;
                rows.push(RuleLayer {
                    class: class_words(*class).to_owned(),
                    step: place + 1,
                    layer: names.layer(side.layer),
                    kind: words::kebab(&spec.kind),
                    rule: spec.source.members().map(|members| words::kebab(&members.rule)),
                    per_event: spec.caps.per_event,
                    per_episode: spec.caps.per_episode,
                    held_at_opening: follower.held_at_opening(side.layer, &spec.source),
                });
            }
        }
    }
    rows
}

fn parameters(state: &State, domain: DomainId) -> Vec<ParameterRow> {
    let row = |declared: &rhodian_core::control::Declared| ParameterRow {
        name: declared.name.to_owned(),
        value: state.control.value(domain, declared.parameter).to_string(),
        unit: declared.unit.to_owned(),
    };
    PARAMETERS.iter().map(row).collect()
}

fn due_row(names: &StateNames<'_>, loss: LossId, pool: &ClaimPool) -> Option<DueRow> {
    let bearer = match &pool.bearer {
        Bearer::Layer(layer) => names.layer(*layer),
        Bearer::Members { layer, .. } => format!("those who paid through {}", names.layer(*layer)),
        Bearer::Uncovered(domain) => format!("the uncovered debt of {}", names.domain(*domain)),
        Bearer::Ranked { .. } => "those who paid by rank in settlement".to_owned(),
        Bearer::Results(domain) => {
            format!("what other books of {} gained", names.domain(*domain))
        }
        // Proceeds of a sale are not owed back.
        Bearer::Outside(_) => return None,
    };
    let (borne, repaid, open) = (pool.borne, pool.repaid, pool.open());
    Some(DueRow { loss: names.loss(loss), bearer, borne, repaid, open })
}

/// What a reader can do with what he has.
fn how_to_verify(origin: Origin) -> Vec<String> {
    let stream = match origin {
        Origin::Unix => {
            "rhodian verify journal DIR replays the events and checks the chain over all batches."
        }
        Origin::Run => {
            "rhodian check DIR replays the events of the folder and holds its files against them."
        }
    };
    [
        "Every line of the timeline names the event it comes from; the stream of events rebuilds \
         every balance.",
        stream,
        "rhodian verify receipt FILE --key PUB recomputes one participant's share from the receipt \
         that the service gave him.",
        "The sums here: for each loss that is settled, close-out loss = own means + what other books \
         gained + layers + uncovered; what accounts paid through a layer is its draw, where accounts bear it and no \
         share waits to be taken.",
    ]
    .map(str::to_owned)
    .into()
}
