//! What a venue says about its collector, and what of it cannot be right.

use std::path::PathBuf;

use serde::Deserialize;

use crate::outgoing::Target;

/// Where traces go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// The collector's address for traces, as `http://127.0.0.1:4318/v1/traces`.
    pub url: String,
    /// Of how many calls one is traced, beside those whose caller traces them.
    #[serde(default = "one_in")]
    pub one_in: u64,
    /// The file of what the header `authorization` says.
    #[serde(default)]
    pub authorization_file: Option<PathBuf>,
    /// The authorities that may vouch for the collector, as PEM; the machine's where none is named.
    #[serde(default)]
    pub authority: Option<PathBuf>,
    /// How long an attempt may take, in milliseconds.
    #[serde(default = "timeout")]
    pub timeout: u64,
}

const fn one_in() -> u64 {
    100
}

const fn timeout() -> u64 {
    10_000
}

impl Settings {
    /// Checks what the types do not.
    ///
    /// # Errors
    ///
    /// The first thing that cannot be right.
    pub fn check(&self) -> Result<(), String> {
        for (name, value, min, max) in
            [("one-in", self.one_in, 1, 1_000_000_000), ("timeout", self.timeout, 10, 60_000)]
        {
            if value < min || value > max {
                return Err(format!("traces: {name} is {value}, allowed: {min} to {max}"));
            }
        }
        self.target().map(drop)
    }

    /// Where they go. Spans tell of no account, so that a collector on the venue's own network may
    /// be called in the clear; a secret may not go there so.
    ///
    /// # Errors
    ///
    /// The address is none, or would carry what it must not.
    pub fn target(&self) -> Result<Target, String> {
        let target = Target::read(&self.url).map_err(|what| format!("traces: {what}"))?;
        if self.authorization_file.is_some() && target.is_in_the_clear() {
            let why = "traces: url is http:// to another machine, and authorization-file would \
                       cross the network in the clear: use https://";
            return Err(why.to_owned());
        }
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn what_cannot_be_right_of_traces_is_refused() {
        for (lines, word) in [
            ("url = \"ftp://x/\"", "begins with https://"),
            ("url = \"/v1/traces\"", "names no host"),
            ("url = \"https://ann:pw@x/\"", "password"),
            ("url = \"http://x/\"\nauthorization-file = \"s\"", "in the clear"),
            ("url = \"http://x/\"\none-in = 0", "one-in is 0, allowed: 1 to 1000000000"),
            ("url = \"http://x/\"\ntimeout = 5", "timeout is 5, allowed: 10 to 60000"),
            ("url = \"http://x/\"\nsample = 1", "line 3: unknown field `sample`"),
            ("one-in = 5", "missing field `url`"),
        ] {
            let error = Config::read(&format!("[traces]\n{lines}")).unwrap_err();
            assert!(error.contains(word), "{lines}: {error}");
        }
        for lines in [
            "url = \"http://collector:4318/v1/traces\"",
            "url = \"http://127.0.0.1:4318/\"\nauthorization-file = \"s\"",
            "url = \"https://x/v1/traces\"\nauthorization-file = \"s\"\none-in = 1",
        ] {
            assert!(Config::read(&format!("[traces]\n{lines}")).is_ok(), "{lines}");
        }
    }
}
