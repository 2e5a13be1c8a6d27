//! Figures of several worlds over the same crises: a sweep, two worlds, a map.
//!
//! Who is there is drawn once for a number of accounts and of markets. Worlds that differ in one of
//! them have different books, and the common factor of other markets is drawn otherwise, too: what
//! one takes more than the other may come of the draw, and no number of crises tells. So they are
//! told side by side and not compared.

use rhodian_lab::experiment::Estimate;
use rhodian_report::svg::Axis;

use super::answer::{Answer, Refused, Unit};
use super::crises::{Asked, ONE_IN_OF_MANY, add_mean, estimate, shown};
use super::pictures;

/// Worlds, and what of their crises is compared.
pub(super) struct Several<'a> {
    asked: Vec<Asked<'a>>,
    /// Whether their funds differ: a fund changes nothing in a crisis, so what is compared is what
    /// is beyond it.
    funds: bool,
    /// Whether all have the same book.
    one_book: bool,
}

/// Why worlds with different books are not compared.
const ANOTHER_BOOK: &str = "worlds with another number of accounts or markets are another draw of \
                            who is there, and these crises do not tell the one from the other";

impl<'a> Several<'a> {
    pub(super) fn of(asked: Vec<Asked<'a>>) -> Self {
        let alike = |same: fn(&Asked<'_>, &Asked<'_>) -> bool| {
            asked.windows(2).all(|pair| same(&pair[0], &pair[1]))
        };
        let funds = !alike(|a, b| a.world.fund == b.world.fund);
        let one_book = alike(|a, b| {
            (a.world.accounts, a.world.markets) == (b.world.accounts, b.world.markets)
        });
        Self { asked, funds, one_book }
    }

    /// What is compared of each crisis of a world.
    fn taken(&self, of: &Asked<'_>) -> Vec<f64> {
        if self.funds {
            of.beyond().collect()
        } else {
            of.crises.iter().map(|of| pictures::usd(of.deficit)).collect()
        }
    }

    fn mean(&self, of: &Asked<'_>) -> Result<Estimate, usize> {
        estimate(self.taken(of).into_iter())
    }

    /// What is compared, in a sentence.
    fn words(&self) -> &'static str {
        if self.funds { "beyond the fund losses lack" } else { "losses lack" }
    }

    /// The mean of what `then` takes more than `now`, crisis by crisis; else how many differ.
    fn more(&self, now: &Asked<'_>, then: &Asked<'_>) -> Result<Estimate, usize> {
        let (now, then) = (self.taken(now), self.taken(then));
        let pairs = now.iter().zip(&then);
        estimate(pairs.map(|(now, then)| then - now))
    }

    /// Each world, and against the first.
    pub(super) fn tell(&self, answer: &mut Answer) {
        let Some(first) = self.asked.first() else { return };
        let names = if self.funds {
            ("beyond-fund-more-than-first", "beyond the fund, more than in the first")
        } else {
            ("deficit-more-than-first", "losses lack, more than in the first")
        };
        for of in &self.asked {
            of.tell(&ONE_IN_OF_MANY, answer);
            if std::ptr::eq(of, first) {
                continue;
            }
            if self.one_book {
                let of_what = (of.name, "crises differ");
                add_mean(of_what, names, Unit::Dollars, self.more(first, of), answer);
            } else {
                let why = format!("{}: {ANOTHER_BOOK}", names.1);
                let (of, figure) = (of.name.to_owned(), names.0.to_owned());
                answer.refused.push(Refused { of, figure, why });
            }
        }
        let asked = &self.asked;
        let named: Vec<(&str, Vec<u128>)> =
            asked.iter().map(|of| (of.name, of.deficits())).collect();
        answer.pictures.push(("survival.svg", pictures::survival(&named, None)));
        let names: Vec<&str> = asked.iter().map(|of| of.name).collect();
        let marks = pictures::places(&names);
        let groups: Vec<(u32, Vec<u128>)> =
            marks.iter().zip(asked).map(|((at, _), of)| (*at, of.deficits())).collect();
        let across = Axis { name: String::new(), marks };
        let about = if self.one_book {
            "What crises take in each world: the same crises in all."
        } else {
            "What crises take in each world, each with a book of its own."
        };
        answer.pictures.push(("fan.svg", pictures::fan(across, &groups, about)));
    }

    /// What two worlds come to.
    pub(super) fn ab_lead(&self) -> String {
        let [a, b] = self.asked.as_slice() else { return String::new() };
        if !self.one_book {
            let [a, b] = [a, b].map(|of| shown(self.mean(of)));
            let what = self.words();
            return format!(
                "No verdict: {what} {a} in a and {b} in b on average, but {ANOTHER_BOOK}."
            );
        }
        let Estimate { value, between: [low, high] } = match self.more(a, b) {
            Ok(more) => more,
            Err(count) => {
                let all = rhodian_report::money::count(a.crises.len());
                return format!(
                    "These crises do not tell b from a: {count} of {all} differ, too few for a mean."
                );
            }
        };
        let amount = |value| Unit::Dollars.shown(value);
        let verdict = if low > 0.0 {
            "b takes more than a"
        } else if high < 0.0 {
            "b takes less than a"
        } else {
            "these crises do not tell b from a"
        };
        format!(
            "Over the same crises {verdict}: {} {} USD more on average ({} to {}).",
            self.words(),
            amount(value),
            amount(low),
            amount(high)
        )
    }
}

/// One parameter's values.
pub(super) fn sweep(of: &Several<'_>, parameter: &str, answer: &mut Answer) {
    of.tell(answer);
    let side = |asked: &Asked<'_>| format!("{} at {}", shown(of.mean(asked)), asked.name);
    if let [first, .., last] = of.asked.as_slice() {
        let (what, first, last) = (of.words(), side(first), side(last));
        let but = if of.one_book { String::new() } else { format!("; {ANOTHER_BOOK}") };
        answer.lead = format!("By {parameter}, {what} {first} and {last} on average{but}.");
    }
    let row = |asked: &Asked<'_>| {
        let mean = of.mean(asked).ok()?;
        Some((asked.name.to_owned(), mean.value, mean.between))
    };
    let rows: Vec<(String, f64, [f64; 2])> = of.asked.iter().filter_map(row).collect();
    if rows.is_empty() {
        return;
    }
    let rows: Vec<(&str, f64, [f64; 2])> =
        rows.iter().map(|(name, value, between)| (name.as_str(), *value, *between)).collect();
    let title = if of.funds {
        "What losses lack beyond the fund, on average"
    } else {
        "What losses lack on average"
    };
    answer.pictures.insert(0, ("sweep.svg", pictures::against(title, parameter, &rows)));
}

/// A map: the mean of each cell.
pub(super) fn mapped(
    several: &Several<'_>,
    across: &(&'static str, Vec<String>),
    down: &(&'static str, Vec<String>),
    answer: &mut Answer,
) {
    let names = if several.funds {
        ("beyond-fund-mean", "beyond the fund, mean")
    } else {
        ("deficit-mean", "losses lack, mean")
    };
    let what = if several.funds { "crises pass it" } else { "crises take anything" };
    for of in &several.asked {
        add_mean((of.name, what), names, Unit::Dollars, several.mean(of), answer);
    }
    let cell = |of: &Asked<'_>| match several.mean(of) {
        Ok(mean) => (mean.value, Unit::Dollars.shown(mean.value)),
        Err(_) => (0.0, "too few".to_owned()),
    };
    let cells: Vec<Vec<(f64, String)>> = several
        .asked
        .chunks(across.1.len().max(1))
        .map(|row| row.iter().map(cell).collect())
        .collect();
    let title = if several.funds {
        "What losses lack beyond the fund on average, USD"
    } else {
        "What losses lack on average, USD"
    };
    let chart = pictures::map(title, (across.0, &across.1), (down.0, &down.1), &cells);
    answer.pictures.push(("map.svg", chart));
    answer.lead = several.map_lead();
}

impl Several<'_> {
    /// Where it is least and most.
    fn map_lead(&self) -> String {
        if !self.one_book {
            return format!("No cell is told to be the least or the most: {ANOTHER_BOOK}.");
        }
        let means =
            || self.asked.iter().filter_map(|of| Some((self.mean(of).ok()?.value, of.name)));
        let least = means().min_by(|a, b| a.0.total_cmp(&b.0));
        let most = means().max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((least, most)) = least.zip(most) else {
            return "Too few crises of each cell take anything for a mean.".to_owned();
        };
        let of = match self.asked.len() - means().count() {
            0 => String::new(),
            left => format!(
                "Of the cells with a mean ({left} have too few crises that take anything): "
            ),
        };
        let what = match (self.funds, of.is_empty()) {
            (true, true) => "Beyond the fund losses lack",
            (true, false) => "beyond the fund losses lack",
            (false, true) => "Losses lack",
            (false, false) => "losses lack",
        };
        format!(
            "{of}{what} least at {} ({} USD on average) and most at {} ({} USD).",
            least.1,
            Unit::Dollars.shown(least.0),
            most.1,
            Unit::Dollars.shown(most.0)
        )
    }
}
