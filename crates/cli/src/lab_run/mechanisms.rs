//! Figures of mechanisms over the same crises: how much each takes too much and too little, of
//! whom, and what waiting for a measured loss costs.

use std::fmt::Write as _;

use rhodian_lab::compare::mechanism::{MECHANISMS, Mechanism, Score, scores};
use rhodian_lab::compare::settlement::waiting;
use rhodian_lab::crisis::rounds::Episode;
use rhodian_lab::experiment::Estimate;
use rhodian_lab::mean::mean;
use rhodian_report::html::PageTable;
use rhodian_report::money;

use super::answer::{Answer, Figure, Refused, Unit, field};
use super::crises::notes;
use super::pictures;
use super::work::Work;

/// The fields of a row before those of mechanisms.
const BEFORE: [&str; 12] = [
    "run",
    "crisis",
    "fall",
    "loss",
    "won",
    "winners",
    "waves",
    "delay",
    "longest",
    "held_most",
    "held",
    "carried",
];
/// The fields of each mechanism.
const OF_EACH: [&str; 16] = [
    "over",
    "under",
    "regret",
    "largest",
    "unequal",
    "inverted",
    "stable",
    "pay",
    "emptied",
    "top_tenth",
    "lower_half",
    "next_move",
    "leave",
    "ptsr",
    "pmr",
    "rd_nse",
];
/// The least crises with something to divide that a mean has an interval of.
const LEAST: usize = 30;

/// The names of a row's fields.
pub fn header() -> String {
    let mut header = BEFORE.join(",");
    for of in &MECHANISMS {
        for field in OF_EACH {
            let _ = write!(header, ",{}_{field}", of.name.replace('-', "_"));
        }
    }
    header
}

/// The row of a crisis. Where nothing is left to divide, mechanisms have nothing.
pub fn row(run: usize, of: &Episode, fund: u128, leave: f64) -> String {
    let found = scores(of, fund);
    let lacked: u128 = of.rounds.iter().map(|round| round.wave.lacked).sum();
    let loss = if found.is_some() { lacked.saturating_sub(fund) } else { 0 };
    // Whoever had won at the end, and what.
    let won = || of.holders.iter().filter(|of| of.gain > 0);
    let sum: u128 = won().map(|of| of.gain).sum();
    let (winners, waves, wait) = (won().count(), of.rounds.len(), waiting(of, fund, leave));
    let mut row = format!("{run},{run},{},{loss},{sum},{winners},{waves}", of.crisis.fall);
    let _ = write!(
        row,
        ",{:?},{:?},{},{:?},{:?}",
        wait.delay, wait.longest, wait.most, wait.held, wait.carried
    );
    match found {
        None => row.push_str(&",".repeat(OF_EACH.len() * MECHANISMS.len())),
        Some(all) => all.iter().for_each(|score| fields(score, &mut row)),
    }
    row
}

/// The fields of one mechanism: the shortest digits that are read as the same numbers again.
fn fields(of: &Score, row: &mut String) {
    let burden = &of.burden;
    let _ = write!(row, ",{},{},{:?},{:?}", of.over, of.under, of.regret, burden.largest);
    let _ = write!(row, ",{:?},{:?},", burden.inequality, burden.inversions);
    if let Some(stable) = of.stability {
        let _ = write!(row, "{stable:?}");
    }
    let _ = write!(row, ",{:?},{}", burden.touched, burden.emptied);
    let _ = write!(row, ",{:?},{:?}", burden.of_most, burden.of_least);
    let _ = write!(row, ",{:?},{:?}", of.next, of.leavers);
    for ratio in [of.left.of_taken, of.left.of_largest, of.left.of_unpaid] {
        row.push(',');
        if let Some(ratio) = ratio {
            let _ = write!(row, "{ratio:?}");
        }
    }
}

/// A figure of a mechanism: its name for programs and for people, its unit, the least and the most
/// that it can be, and what it is of a crisis; nothing where it has none there.
struct Asked {
    names: (&'static str, &'static str),
    unit: Unit,
    bounds: [f64; 2],
    of: fn(&Crisis, usize) -> Option<f64>,
}

const PARTS: [f64; 2] = [0.0, 1.0];
const ANY: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];
const NOT_BELOW: [f64; 2] = [0.0, f64::INFINITY];

const fn asked(
    names: (&'static str, &'static str),
    unit: Unit,
    bounds: [f64; 2],
    of: fn(&Crisis, usize) -> Option<f64>,
) -> Asked {
    Asked { names, unit, bounds, of }
}

const FIGURES: [Asked; 19] = [
    asked(("over", "taken too much, of the loss"), Unit::Part, NOT_BELOW, |c, m| c.part(m, 0)),
    asked(("under", "taken too little, of the loss"), Unit::Part, PARTS, |c, m| c.part(m, 1)),
    asked(("tracking", "too much or too little"), Unit::Part, NOT_BELOW, Crisis::tracking),
    asked(
        ("regret", "missed more than the best part of the marks' hole"),
        Unit::Part,
        ANY,
        |c, m| c.part(m, 2),
    ),
    asked(("largest-burden", "largest burden"), Unit::Part, PARTS, |c, m| c.field(m, 3)),
    asked(("inequality", "Gini's coefficient of burdens"), Unit::Count, PARTS, |c, m| {
        c.field(m, 4)
    }),
    asked(("inversions", "neighbours by gain, inverted"), Unit::Part, PARTS, |c, m| c.field(m, 5)),
    asked(("stability", "ranks kept from wave to wave"), Unit::Count, [-1.0, 1.0], |c, m| {
        c.field(m, 6)
    }),
    asked(("touched", "of those who won, pay"), Unit::Part, PARTS, |c, m| c.field(m, 7)),
    asked(("emptied", "lose all they won"), Unit::Count, NOT_BELOW, |c, m| c.field(m, 8)),
    asked(("of-most", "the tenth that won most pays"), Unit::Part, PARTS, |c, m| c.field(m, 9)),
    asked(("of-least", "the half that won least pays"), Unit::Part, PARTS, |c, m| c.field(m, 10)),
    asked(("next-move", "adds to the next hole, of the loss"), Unit::Part, NOT_BELOW, |c, m| {
        c.part(m, 11)
    }),
    asked(("leavers", "of what was won, leaves"), Unit::Part, PARTS, |c, m| c.field(m, 12)),
    asked(("ptsr", "the largest gain left, of what is taken"), Unit::Count, NOT_BELOW, |c, m| {
        c.field(m, 13)
    }),
    asked(("pmr", "the same, of the largest loss's part"), Unit::Count, NOT_BELOW, |c, m| {
        c.field(m, 14)
    }),
    asked(("rd-nse", "the same, of it and what stays unpaid"), Unit::Count, PARTS, |c, m| {
        c.field(m, 15)
    }),
    asked(("tracking-more", "missed more than when measured"), Unit::Part, ANY, |c, m| {
        Some(c.tracking(m)? - c.tracking(MEASURED)?)
    }),
    asked(("burden-more", "largest burden more than when measured"), Unit::Part, ANY, |c, m| {
        Some(c.field(m, 3)? - c.field(MEASURED, 3)?)
    }),
];

/// The place of the mechanism that waits: the last.
const MEASURED: usize = MECHANISMS.len() - 1;

/// A crisis with something to divide.
struct Crisis {
    loss: f64,
    won: f64,
    waits: [f64; 5],
    /// The fields of mechanisms.
    fields: Vec<Option<f64>>,
}

impl Crisis {
    fn of(row: &str) -> Option<Self> {
        let loss = field::<f64>(row, 3);
        let fields = row.split(',').skip(BEFORE.len()).map(|text| text.parse().ok());
        (loss > 0.0).then(|| Self {
            loss,
            won: field(row, 4),
            waits: [7, 8, 9, 10, 11].map(|place| field(row, place)),
            fields: fields.collect(),
        })
    }

    fn field(&self, mechanism: usize, place: usize) -> Option<f64> {
        self.fields.get(mechanism * OF_EACH.len() + place).copied().flatten()
    }

    /// The same of the loss.
    fn part(&self, mechanism: usize, place: usize) -> Option<f64> {
        Some(self.field(mechanism, place)? / self.loss)
    }

    fn tracking(&self, mechanism: usize) -> Option<f64> {
        Some(self.part(mechanism, 0)? + self.part(mechanism, 1)?)
    }
}

/// What a mean over crises is.
enum Mean {
    /// The same in every one of them.
    Always(f64),
    Known(Estimate),
    /// Too few crises have it, or have it otherwise than nothing: how many.
    Few(usize),
    /// A few crises make most of it: an interval by the normal law would reach below nothing.
    Skewed,
}

fn mean_of(values: &[f64], bounds: [f64; 2]) -> Mean {
    let count = values.iter().filter(|of| **of != 0.0).count();
    if values.len() >= LEAST && count == 0 {
        return Mean::Always(0.0);
    }
    // A coefficient of nothing is a coefficient; an amount of nothing says nothing of how it is
    // spread.
    let enough = if bounds[0] < 0.0 { values.len() } else { count };
    if enough < LEAST {
        return Mean::Few(enough);
    }
    let (value, between) = mean(values.iter().copied());
    if bounds[0] >= 0.0 && between[0] < 0.0 {
        return Mean::Skewed;
    }
    Mean::Known(Estimate { value, between: between.map(|of| of.clamp(bounds[0], bounds[1])) })
}

/// The answer of rows.
pub fn answer(work: &Work<'_>, rows: &[String]) -> Answer {
    let mut answer = Answer { notes: notes(), ..Answer::default() };
    answer.notes.extend(assumed());
    let crises: Vec<Crisis> = rows.iter().filter_map(|row| Crisis::of(row)).collect();
    let (all, divided) = (money::count(rows.len()), money::count(crises.len()));
    if crises.len() < LEAST {
        answer.lead =
            format!("{divided} of {all} crises leave a loss to divide: too few for a mean.");
        let why =
            format!("mechanisms: {divided} crises leave a loss to divide, {LEAST} are needed");
        let (of, figure) = (String::new(), "mechanisms".to_owned());
        answer.refused.push(Refused { of, figure, why });
        return answer;
    }
    wait(&crises, &mut answer);
    for (place, of) in MECHANISMS.iter().enumerate() {
        for asked in &FIGURES {
            let values: Vec<f64> =
                crises.iter().filter_map(|crisis| (asked.of)(crisis, place)).collect();
            tell(of.name, asked, &values, &mut answer);
        }
    }
    answer.tables = vec![amounts(&answer), burdens(&answer), left(&answer), waits(&answer)];
    answer.lead = format!("{divided} of {all} crises leave a loss to divide. {}", lead(&answer));
    answer.pictures.push(("mechanisms.svg", picture(&answer)));
    let close = work.worlds.first().map_or(1, |world| world.close);
    answer.notes.push(format!(
        "Books of failed accounts are sold within {} seconds of their detection.",
        5 * close.saturating_sub(1)
    ));
    answer
}

/// What mechanisms assume beside what crises do.
fn assumed() -> [String; 6] {
    [
        "What a mechanism takes changes nothing in the rest of the crisis; positions are not \
         closed with the money.",
        "Those marked * are told what a wave will come to, which nobody knows when it decides.",
        "Nobody behaves otherwise because of a mechanism, but for those who leave: of each, a part \
         1 - exp(-burden), a rate that nobody has measured.",
        "The next move is one of all positions against their holders, exponential with a mean of \
         5 %.",
        "PTSR and PMR are means over the crises in which a mechanism took anything, which are others \
         for others.",
        "Held is what open books lack at the marks and what selling them costs.",
    ]
    .map(str::to_owned)
}

fn tell(of: &str, asked: &Asked, values: &[f64], answer: &mut Answer) {
    match mean_of(values, asked.bounds) {
        Mean::Always(value) => {
            answer.figures.push(Figure::plain(of, asked.names, asked.unit, value));
        }
        Mean::Known(estimate) => {
            answer.figures.push(Figure::of(of, asked.names, asked.unit, estimate));
        }
        Mean::Skewed => {
            let (figure, words) = asked.names;
            let why = format!("{words}: a few crises make most of it, which has no interval");
            let (of, figure) = (of.to_owned(), figure.to_owned());
            answer.refused.push(Refused { of, figure, why });
        }
        Mean::Few(count) => {
            let (figure, words) = asked.names;
            let count = money::count(count);
            let why = format!(
                "{words}: {count} crises have any, and a mean of fewer than {LEAST} \
                               has no interval"
            );
            let (of, figure) = (of.to_owned(), figure.to_owned());
            answer.refused.push(Refused { of, figure, why });
        }
    }
}

/// What waiting costs.
fn wait(crises: &[Crisis], answer: &mut Answer) {
    let mut add = |names, unit, of: &dyn Fn(&Crisis) -> f64| {
        let values: Vec<f64> = crises.iter().map(of).collect();
        let asked = Asked { names, unit, bounds: NOT_BELOW, of: |_, _| None };
        tell("", &asked, &values, answer);
    };
    let usd = |atoms: f64| atoms / 1e6;
    add(("loss", "a loss to divide, mean"), Unit::Dollars, &|of| usd(of.loss));
    add(("won", "won by others, mean"), Unit::Dollars, &|of| usd(of.won));
    add(("delay", "a dollar of it is known after, mean"), Unit::Seconds, &|of| of.waits[0]);
    add(("longest-delay", "the last of it after, mean"), Unit::Seconds, &|of| of.waits[1]);
    add(("held-most", "held meanwhile, the most, mean"), Unit::Dollars, &|of| usd(of.waits[2]));
    add(("held-part", "of what others won, mean"), Unit::Part, &|of| of.waits[2] / of.won.max(1.0));
    add(("held", "so much held for, mean"), Unit::Seconds, &|of| of.waits[3]);
    add(("carried", "leavers would carry away of it, unheld"), Unit::Part, &|of| of.waits[4]);
}

/// A figure that was told.
fn found<'a>(answer: &'a Answer, of: &str, figure: &str) -> Option<&'a Figure> {
    answer.figures.iter().find(|known| known.of == of && known.figure == figure)
}

fn cell(answer: &Answer, of: &str, figure: &str) -> String {
    found(answer, of, figure)
        .map_or_else(|| "not said".to_owned(), |known| known.shown()[0].clone())
}

/// The interval of a figure; one that has none is the same in every crisis.
fn between(answer: &Answer, of: &str, figure: &str) -> String {
    let shown = |known: &Figure| match known.between {
        Some(_) => known.shown()[1].clone(),
        None => "in each".to_owned(),
    };
    found(answer, of, figure).map_or_else(String::new, shown)
}

fn starred(of: &Mechanism) -> String {
    format!("{}{}", of.name, if of.honest() { "" } else { "*" })
}

/// A table of mechanisms with such columns: what stands over it, the figure, and whether its
/// interval is beside it.
fn table(answer: &Answer, caption: &str, columns: &[(&str, &str, bool)]) -> PageTable {
    let mut names = vec!["mechanism".to_owned()];
    for (name, _, interval) in columns {
        names.push((*name).to_owned());
        names.extend(interval.then(|| "95 times of 100".to_owned()));
    }
    let row = |of: &Mechanism| {
        let mut row = vec![starred(of)];
        for (_, figure, interval) in columns {
            row.push(cell(answer, of.name, figure));
            row.extend(interval.then(|| between(answer, of.name, figure)));
        }
        row
    };
    let rows = MECHANISMS.iter().map(row).collect();
    PageTable { caption: caption.to_owned(), columns: names, rows }
}

fn amounts(answer: &Answer) -> PageTable {
    let columns = [
        ("too much", "over", false),
        ("too little", "under", false),
        ("both", "tracking", true),
        ("regret", "regret", false),
    ];
    table(answer, "How much is taken, of what is lost (* knows it beforehand)", &columns)
}

fn burdens(answer: &Answer) -> PageTable {
    let columns = [
        ("largest", "largest-burden", true),
        ("unequal", "inequality", false),
        ("inverted", "inversions", false),
        ("stable", "stability", false),
        ("pay", "touched", false),
        ("lose all", "emptied", false),
        ("next move", "next-move", false),
        ("leave", "leavers", false),
    ];
    table(answer, "Of whom it is taken (* knows the hole beforehand)", &columns)
}

fn left(answer: &Answer) -> PageTable {
    let columns = [("PTSR", "ptsr", true), ("PMR", "pmr", true), ("RD-NSE", "rd-nse", true)];
    table(answer, "The largest gain that is left (* knows the hole beforehand)", &columns)
}

/// What waiting costs.
fn waits(answer: &Answer) -> PageTable {
    let of = answer.figures.iter().filter(|figure| figure.of.is_empty());
    let row = |figure: &Figure| {
        let between = between(answer, "", &figure.figure);
        vec![figure.words.clone(), figure.shown()[0].clone(), between]
    };
    PageTable {
        caption: "What measuring first costs".to_owned(),
        columns: ["", "mean", "95 times of 100"].map(str::to_owned).to_vec(),
        rows: of.map(row).collect(),
    }
}

fn lead(answer: &Answer) -> String {
    let value = |of: &Mechanism, figure: &str| Some(found(answer, of.name, figure)?.value);
    let early = MECHANISMS.iter().take(MEASURED).filter(|of| of.honest());
    let missed = early.filter_map(|of| Some((value(of, "tracking")?, of.name)));
    let least = missed.min_by(|a, b| a.0.total_cmp(&b.0));
    let of_all = |figure| cell(answer, "", figure);
    let measured = &MECHANISMS[MEASURED];
    let first = least.map_or_else(
        || "No honest mechanism that takes before it knows has a mean of what it misses".to_owned(),
        |(part, name)| {
            format!(
                "Of those that take before a loss is known and are not told it, {name} misses \
                 least, {} of it",
                Unit::Part.shown(part)
            )
        },
    );
    format!(
        "{first}; measuring first misses {} and waits {} for it, with {} USD held at the most. The \
         largest burden is then {}.",
        cell(answer, measured.name, "tracking"),
        of_all("delay"),
        of_all("held-most"),
        cell(answer, measured.name, "largest-burden"),
    )
}

/// A figure in as few digits as a picture has room for.
fn rough(answer: &Answer, of: &str, figure: &str) -> String {
    match found(answer, of, figure) {
        None => "not said".to_owned(),
        Some(known) if known.unit != Unit::Part => known.shown()[0].clone(),
        Some(known) if known.value > 0.0 && known.value < 0.001 => "< 0.1 %".to_owned(),
        Some(known) if known.value >= 0.1 => format!("{:.0} %", 100.0 * known.value),
        Some(known) => format!("{:.1} %", 100.0 * known.value),
    }
}

/// Every mechanism by what it does, the darker the more.
fn picture(answer: &Answer) -> rhodian_report::svg::Chart {
    let columns = [
        ("over", "over"),
        ("under", "under"),
        ("largest", "largest-burden"),
        ("unequal", "inequality"),
        ("inverted", "inversions"),
    ];
    let value = |of: &Mechanism, figure| found(answer, of.name, figure).map_or(0.0, |of| of.value);
    let row = |of: &Mechanism| {
        columns.map(|(_, figure)| (value(of, figure), rough(answer, of.name, figure))).to_vec()
    };
    let rows: Vec<Vec<(f64, String)>> = MECHANISMS.iter().map(row).collect();
    let names: Vec<String> = MECHANISMS.iter().map(starred).collect();
    let above = columns.map(|(name, _)| name.to_owned());
    pictures::by_column(
        "What each mechanism misses, and on whom it falls",
        "Taken too much and too little, the largest burden, how unequal burdens are, and \
         neighbours by \
         gain that are inverted: means over the same crises, the darker, the more. Those with a \
         star are told the loss beforehand.",
        &above,
        &names,
        &rows,
    )
}
