//! What stands in a path and its query, read strictly.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::problem::Problem;

/// The most items of a page.
pub const MOST: usize = 1_000;
/// The items of a page where nothing is said.
pub const USUAL: usize = 100;

/// Parameters by name.
#[derive(Clone, Debug, Default)]
pub struct Args(pub BTreeMap<String, String>);

impl Args {
    /// A parameter, if it was given.
    ///
    /// # Errors
    ///
    /// It is not of the kind.
    pub fn maybe<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        let wrong = || {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
            Problem::new("parameter-not-read", format!("{name} is not readable: {shown}"))
        };
        text.parse().map(Some).map_err(|_| wrong())
    }

    /// A parameter that must be given.
    ///
    /// # Errors
    ///
    /// It is missing, or not of the kind.
    pub fn must<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        let missing = || Problem::new("parameter-not-read", format!("{name} is missing"));
        self.maybe(name)?.ok_or_else(missing)
    }

    /// How many items a page has.
    ///
    /// # Errors
    ///
    /// Out of bounds, or no number.
    pub fn limit(&self) -> Result<usize, Problem> {
        let limit = self.maybe("limit")?.unwrap_or(USUAL);
        if limit == 0 || limit > MOST {
            let detail = format!("limit is {limit}, allowed: 1 to {MOST}");
            return Err(Problem::new("parameter-not-read", detail));
        }
        Ok(limit)
    }
}

/// Refuses parameters that nobody reads: a misspelt filter would give everything.
///
/// # Errors
///
/// The first that is not known.
pub fn known<'a>(args: &Args, names: impl Iterator<Item = &'a str> + Clone) -> Result<(), Problem> {
    let mut given = args.0.keys();
    match given.find(|name| !names.clone().any(|known| known == name.as_str())) {
        Some(name) => {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
            let allowed: Vec<&str> = names.collect();
            let detail = format!("{shown} is no parameter here, allowed: {}", allowed.join(", "));
            Err(Problem::new("parameter-not-read", detail))
        }
        None => Ok(()),
    }
}
