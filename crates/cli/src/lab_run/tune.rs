//! Which control law costs least: laws and fixed margins through the same seasons, made of crises
//! that were played at each level.
//!
//! Every crisis stands in one season, so that seasons are as many experiments of their own. The
//! first half of them chooses; the other half says what the chosen one comes to.

use rhodian_lab::book::standing::Standing;
use rhodian_lab::crisis::Stopped;
use rhodian_lab::error::LabError;
use rhodian_lab::experiment::Estimate;
use rhodian_lab::experiment::plot::Scale;
use rhodian_lab::mean::mean;
use rhodian_lab::seed::Seed;
use rhodian_lab::steward::Law;
use rhodian_lab::steward::season::{self, Came, Fund, Season, Usual, WEEKS, Week};
use rhodian_report::html::PageTable;
use rhodian_report::money;
use rhodian_report::svg::{Chart, Curve, Plot};

use super::answer::{Answer, Figure, Unit, field};
use super::crises::{FULL, add_mean, estimate, notes};
use super::pictures::{self, axis, usd};
use super::work::Work;
use crate::experiment_file::model::{Experiment, Question, part};
use crate::experiment_file::tune::Tune;

/// A season: its weeks, and the number of its first crisis.
pub type Weeks = (Vec<Week>, usize);

/// What is tried: a law, or a margin that stays.
struct Candidate {
    name: String,
    /// Its name in a picture.
    short: String,
    law: Option<Law>,
    /// What each season came to.
    seasons: Vec<Season>,
    /// What each costs a year, in dollars.
    costs: Vec<f64>,
    /// And what of that is margin that is tied up.
    tied: Vec<f64>,
}

/// The crises that were played, and the seasons they stand in.
struct Played<'a> {
    of: &'a Tune,
    fund: Fund,
    /// By level, then by crisis.
    table: Vec<Vec<Came>>,
    seasons: Vec<Weeks>,
    usual: Usual,
    /// Maintenance margin of all accounts by the schedule, in dollars.
    margin: f64,
}

/// The answer of rows.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Result<Answer, Stopped> {
    let mut answer = Answer { notes: notes(), ..Answer::default() };
    answer.notes.retain(|note| note != FULL);
    let Question::Tune { of } = &work.of.question else { return Ok(answer) };
    let played = Played::of(of, work, rows)?;
    let all = played.candidates();
    let half = played.seasons.len() / 2;
    answer.notes.extend(assumed(of, played.seasons.len()));
    let Some(least) = least_of(&all, half, false) else { return Ok(answer) };
    for one in &all {
        tell(one, half, &mut answer);
    }
    answer.tables.push(table(&all, least, half));
    answer.lead = lead(&all, least, half);
    answer.pictures.push(("tune.svg", costs(&all, half)));
    let shown = if all[least].law.is_some() { Some(least) } else { least_of(&all, half, true) };
    if let Some(shown) = shown {
        answer.pictures.push(("season.svg", played.season(&all[shown], half)));
    }
    Ok(answer)
}

impl<'a> Played<'a> {
    fn of(of: &'a Tune, work: &Work<'_>, rows: &[String]) -> Result<Self, Stopped> {
        let came = |row: &String| Came { deficit: usd(field(row, 4)), closed: usd(field(row, 7)) };
        // Levels are worlds, in their order.
        let table: Vec<Vec<Came>> = rows
            .chunks(work.of.crises.max(1))
            .map(|rows| rows.iter().map(came).collect())
            .collect();
        let seed = Seed(u64::from(work.of.seed));
        let world = of.sides.first().map(|side| side.world).unwrap_or_default();
        let (_, margin) = Standing::drawn(&world.model(), seed).map_err(Stopped::Model)?;
        let seasons = seasons(of, work.of).map_err(Stopped::Model)?;
        let all = || seasons.iter().flat_map(|(weeks, _): &Weeks| weeks.iter());
        let seen = all().map(|week| week.seen).sum::<f64>() / all().count().max(1) as f64;
        let base = table.get(of.levels().nearest(part(of.base)));
        let closed = base.map_or(0.0, |of| mean(of.iter().map(|came| came.closed)).0);
        let came = all().filter(|week| week.crisis).count();
        let crises = came as f64 / all().count().max(1) as f64;
        let usual = Usual { seen, closed: closed * crises };
        let fund = Fund { size: usd(world.fund.unwrap_or(0)), refill: part(of.refill) };
        Ok(Self { of, fund, table, seasons, usual, margin: usd(margin) })
    }

    /// Every margin that stays, then every law.
    fn candidates(&self) -> Vec<Candidate> {
        let levels = self.of.levels();
        let fixed = self.of.sides.iter().enumerate().map(|(level, side)| {
            let short = side.name.trim_end_matches(" %").to_owned();
            self.candidate([side.name.clone(), short], None, levels.value(level))
        });
        // Where it stands in usual times is where it begins.
        let base = levels.value(levels.nearest(part(self.of.base)));
        let bands = |gain: u32| self.of.bands.iter().map(move |band| (gain, *band));
        let laws = self.of.gains.iter().flat_map(|gain| bands(*gain)).map(|(gain, band)| {
            let shown = |of: u32| pictures::percent_mark(part(of)).replace(" %", "");
            let (gained, banded) = (shown(gain), shown(band));
            let names = [format!("gain {gained} %, band {banded} %"), format!("{gained}/{banded}")];
            self.candidate(names, Some(self.of.law(gain, band)), base)
        });
        fixed.chain(laws).collect()
    }

    fn candidate(&self, names: [String; 2], law: Option<Law>, base: f64) -> Candidate {
        let [name, short] = names;
        let levels = self.of.levels();
        let one = |(weeks, first): &Weeks| {
            let came = |level: usize, crisis: usize| self.table[level][first + crisis];
            season::play((law.as_ref(), base), &levels, (&self.fund, &self.usual), weeks, &came)
        };
        let seasons: Vec<Season> = self.seasons.iter().map(one).collect();
        let costs = seasons.iter().map(|season| self.cost(season)).collect();
        let tied = seasons.iter().map(|season| self.tied(season)).collect();
        Candidate { name, short, law, seasons, costs, tied }
    }

    /// What a season costs a year, in dollars.
    fn cost(&self, of: &Season) -> f64 {
        let (tune, weeks) = (self.of, of.levels.len().max(1) as f64);
        let lost = of.paid
            + f64::from(tune.shortfall) * of.lacked
            + part(tune.closing) * of.closed
            + usd(tune.moving) * of.moves as f64;
        lost * WEEKS as f64 / weeks + self.tied(of)
    }

    /// What its margin costs a year that is tied up, in dollars.
    fn tied(&self, of: &Season) -> f64 {
        let levels = self.of.levels();
        let sum: f64 = of.levels.iter().map(|level| levels.value(*level)).sum();
        part(self.of.capital) * self.margin * sum / of.levels.len().max(1) as f64
    }

    /// One season of the other half under a law: that in which it moves most, of two alike the first.
    fn season(&self, of: &Candidate, half: usize) -> Chart {
        let moves = |at: &usize| (of.seasons[*at].moves, std::cmp::Reverse(*at));
        let at = (half..of.seasons.len()).max_by_key(moves).unwrap_or(0);
        let (weeks, season) = (&self.seasons[at].0, &of.seasons[at]);
        let levels = self.of.levels();
        let seen: Vec<f64> = weeks.iter().map(|week| week.seen / self.usual.seen).collect();
        let margin: Vec<f64> = season.levels.iter().map(|level| levels.value(*level)).collect();
        let most = seen.iter().chain(&margin).copied().fold(0.0, f64::max);
        let across = Scale::linear(1.0, weeks.len() as f64);
        let up = Scale::linear(0.0, most);
        let points = |all: &[f64]| {
            let at =
                |(week, value): (usize, &f64)| (across.place((week + 1) as f64), up.place(*value));
            all.iter().enumerate().map(at).collect()
        };
        let curve = |name: &str, all: &[f64]| Curve {
            name: name.to_owned(),
            points: points(all),
            bands: Vec::new(),
            dots: false,
        };
        let crises = weeks.iter().enumerate().filter(|(_, week)| week.crisis);
        let lines = crises.map(|(week, _)| (across.place((week + 1) as f64), String::new()));
        Chart::Plot(Plot {
            title: "One season".to_owned(),
            about: format!(
                "Volatility that was seen, of what it usually is, and the margin, of the \
                 schedule's, week by week under {}; lines are crises. Of the seasons that did not \
                 choose, the one with most moves.",
                of.name
            ),
            across: axis("week", &across, &|week| format!("{week:.0}")),
            up: axis("of the usual", &up, &|part| format!("{:.0} %", 100.0 * part)),
            curves: vec![curve("volatility seen", &seen), curve("margin", &margin)],
            lines: lines.collect(),
        })
    }
}

/// The seasons, which no row has a part in: they are drawn before anything is played, too, to see
/// whether the crises are enough for them.
pub fn seasons(of: &Tune, experiment: &Experiment) -> Result<Vec<Weeks>, LabError> {
    let (weather, count) = (of.weather(), usize::try_from(of.weeks).unwrap_or(WEEKS));
    weather.check()?;
    let seed = Seed(u64::from(experiment.seed));
    let (mut seasons, mut first) = (Vec::new(), 0);
    // So many whatever comes in them: to stop before one that has many would leave those out.
    for number in 0..of.seasons(experiment.crises) {
        let weeks = weather.weeks(count, &mut seed.stream_at("season", number));
        let crises = weeks.iter().filter(|week| week.crisis).count();
        seasons.push((weeks, first));
        first += crises;
    }
    if first > experiment.crises {
        let (count, first) = (money::count(seasons.len()), money::count(first));
        let allowed = format!("{first} or more, which came in {count} seasons; or another seed");
        return Err(LabError::Model { parameter: "crises", allowed });
    }
    Ok(seasons)
}

/// The mean over some seasons, with its interval.
fn over(all: impl Iterator<Item = f64> + Clone) -> Estimate {
    let (value, between) = mean(all);
    Estimate { value, between }
}

/// The least by the seasons that choose; among laws alone, or among all.
fn least_of(all: &[Candidate], half: usize, laws: bool) -> Option<usize> {
    let asked = all.iter().enumerate().filter(|(_, of)| !laws || of.law.is_some());
    let cost = |of: &Candidate| over(of.costs[..half].iter().copied()).value;
    asked.min_by(|a, b| cost(a.1).total_cmp(&cost(b.1))).map(|(at, _)| at)
}

/// What one costs more than another, in each of some seasons.
fn more(then: &[f64], now: &[f64]) -> Estimate {
    over(then.iter().zip(now).map(|(then, now)| then - now))
}

fn tell(of: &Candidate, half: usize, answer: &mut Answer) {
    let seasons = &of.seasons[half..];
    let weeks = of.seasons.first().map_or(1, |season| season.levels.len().max(1)) as f64;
    let name = of.name.as_str();
    let cost = over(of.costs[half..].iter().copied());
    answer.figures.push(Figure::of(name, ("cost", "it costs a year"), Unit::Dollars, cost));
    let tied = of.tied[half..].iter().copied();
    let names = ("tied-up", "margin that is tied up costs, a year");
    answer.figures.push(Figure::of(name, names, Unit::Dollars, over(tied)));
    let mut yearly = |names: (&str, &str), unit: Unit, each: &dyn Fn(&Season) -> f64| {
        let all: Vec<f64> = seasons.iter().map(|of| each(of) * WEEKS as f64 / weeks).collect();
        add_mean((name, "seasons have any"), names, unit, estimate(all.into_iter()), answer);
    };
    let (dollars, count) = (Unit::Dollars, Unit::Count);
    yearly(("lacked", "losses lack beyond the fund, a year"), dollars, &|of| of.lacked);
    yearly(("paid", "the fund pays, a year"), dollars, &|of| of.paid);
    yearly(("closed", "closed of accounts, a year"), dollars, &|of| of.closed);
    if of.law.is_some() {
        yearly(("moves", "moves a year"), count, &|of| of.moves as f64);
    }
}

/// Every candidate in a row: by the seasons that chose, and by the others.
fn table(all: &[Candidate], least: usize, half: usize) -> PageTable {
    let row = |(place, one): (usize, &Candidate)| {
        let (chose, others) = one.costs.split_at(half);
        let more = more(others, &all[least].costs[half..]);
        let verdict = match place == least {
            true => "least",
            false if more.is_above_nothing(all.len() - 1) => "more",
            false => "not told from it",
        };
        let cost = over(others.iter().copied());
        let [low, high] = cost.between.map(|of| Unit::Dollars.shown(of));
        let yearly =
            WEEKS as f64 / one.seasons.first().map_or(1, |of| of.levels.len().max(1)) as f64;
        let moves = one.seasons[half..].iter().map(|of| of.moves as f64 * yearly);
        vec![
            one.name.clone(),
            Unit::Dollars.shown(over(chose.iter().copied()).value),
            Unit::Dollars.shown(cost.value),
            format!("{low} to {high}"),
            verdict.to_owned(),
            Unit::Count.shown(over(moves).value),
        ]
    };
    let columns = [
        "margin",
        "it costs a year",
        "over other seasons",
        "95 times of 100",
        "there",
        "moves a year",
    ];
    PageTable {
        caption: "Margins that stay, and laws that move them, through the same seasons".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: all.iter().enumerate().map(row).collect(),
    }
}

fn lead(all: &[Candidate], least: usize, half: usize) -> String {
    let best = &all[least];
    let others: Vec<&str> = all
        .iter()
        .filter(|one| !std::ptr::eq(*one, best))
        .filter(|one| {
            let more = more(&one.costs[half..], &best.costs[half..]);
            !more.is_above_nothing(all.len() - 1)
        })
        .map(|one| one.name.as_str())
        .collect();
    let near = match others.as_slice() {
        [] => "These seasons tell it from every other.".to_owned(),
        few if few.len() <= 3 => format!("These seasons do not tell it from {}.", few.join("; ")),
        many => format!("These seasons do not tell it from {} others.", money::count(many.len())),
    };
    let cost = Unit::Dollars.shown(over(best.costs[half..].iter().copied()).value);
    let name = |of: &Candidate| match of.law {
        Some(_) => format!("a steward with {}", of.name),
        None => format!("a margin that stays at {}", of.name),
    };
    let lead = format!(
        "Least with {}: {cost} USD a year over seasons that did not choose it. {near}",
        name(best)
    );
    // A law against the best that stays, or the other way round, by the seasons that did not choose.
    let law = best.law.is_some();
    let rival = all.iter().filter(|one| one.law.is_some() != law).min_by(|a, b| {
        over(a.costs[..half].iter().copied())
            .value
            .total_cmp(&over(b.costs[..half].iter().copied()).value)
    });
    let Some(rival) = rival else { return lead };
    let more = more(&rival.costs[half..], &best.costs[half..]);
    let [low, high] = more.between.map(|of| Unit::Dollars.shown(of));
    let verdict = if more.is_above_nothing(1) { "is told from it" } else { "is not told from it" };
    format!(
        "{lead} {} {verdict} there: it costs {} more ({low} to {high}).",
        name(rival).replacen("a ", "A ", 1),
        Unit::Dollars.shown(more.value)
    )
}

/// So many candidates a picture has room for.
const SHOWN: usize = 6;

/// What the best cost, by the seasons that did not choose.
fn costs(all: &[Candidate], half: usize) -> Chart {
    let chose = |at: usize| over(all[at].costs[..half].iter().copied()).value;
    let mut shown: Vec<usize> = (0..all.len()).collect();
    shown.sort_by(|a, b| chose(*a).total_cmp(&chose(*b)));
    shown.truncate(SHOWN);
    shown.sort_unstable();
    let rows: Vec<(&str, f64, [f64; 2])> = shown
        .into_iter()
        .map(|at| {
            let cost = over(all[at].costs[half..].iter().copied());
            (all[at].short.as_str(), cost.value, cost.between)
        })
        .collect();
    let about = "What a margin that stays costs a year, and what one costs that is moved, by gain and \
                 band, over the seasons that did not choose: of those that cost least. Each has its \
                 own interval; differences over the same seasons are known better.";
    let across = "margin, or gain/band, in per cent";
    pictures::apart(("What a margin costs", about), across, &rows, ("USD a year", &pictures::short))
}

/// What it assumes beside what crises do.
fn assumed(of: &Tune, seasons: usize) -> Vec<String> {
    vec![
        format!(
            "A crisis comes in a week with a chance in proportion to the variance of prices then, but \
             for {} of crises, which come whatever it is; how bad it is has nothing to do with it.",
            Unit::Part.shown(part(of.unforeseen))
        ),
        format!(
            "{} seasons of {} weeks, no crisis in two of them; the fund, full at first, goes from week \
             to week as it was left and is refilled; half of the seasons chose, the others say what \
             it comes to.",
            money::count(seasons),
            of.weeks
        ),
        format!(
            "A year costs what the fund pays, {} for a dollar that it lacks, {} of what is closed, {} \
             for a move, and {} of the margin that is tied up. The fund itself costs all alike.",
            of.shortfall,
            Unit::Part.shown(part(of.closing)),
            Unit::Dollars.shown(usd(of.moving)),
            Unit::Part.shown(part(of.capital))
        ),
        "The book is the same whenever a crisis comes: nobody trades less as margin rises, nobody \
         who lost is gone, and who is liquidated because margin rises is not counted."
            .to_owned(),
        "More and not told are said by the seasons that did not choose, at a level for all candidates \
         at once.".to_owned(),
    ]
}
