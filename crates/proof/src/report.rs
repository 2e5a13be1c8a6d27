//! What a check found, by name: passed, failed, or trusted. A name stays what it is: scripts read
//! it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Computed again, and it is so.
    Passed,
    /// Computed again, and it is not so.
    Failed,
    /// Not to be computed from the file.
    Trusted,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// What it found.
    pub verdict: Verdict,
    /// In words.
    pub why: String,
}

/// All checks of one file, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether no check failed and some passed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let has = |verdict| self.checks.iter().any(|check| check.verdict == verdict);
        has(Verdict::Passed) && !has(Verdict::Failed)
    }

    /// What the check `name` found.
    #[must_use]
    pub fn verdict(&self, name: &str) -> Option<Verdict> {
        self.checks.iter().find(|check| check.name == name).map(|check| check.verdict)
    }

    /// The names of the checks that failed.
    pub fn failed(&self) -> impl Iterator<Item = &str> {
        let failed = self.checks.iter().filter(|check| check.verdict == Verdict::Failed);
        failed.map(|check| check.name.as_str())
    }

    /// Notes a check: `why` in words, of what was found or of what was to be found.
    pub(crate) fn check(&mut self, name: impl Into<String>, holds: bool, why: impl Into<String>) {
        let verdict = if holds { Verdict::Passed } else { Verdict::Failed };
        self.checks.push(Check { name: name.into(), verdict, why: why.into() });
    }

    /// Notes what is not checked.
    pub(crate) fn trust(&mut self, name: impl Into<String>, why: impl Into<String>) {
        self.checks.push(Check { name: name.into(), verdict: Verdict::Trusted, why: why.into() });
    }
}
