//! What a venue says about a webhook, and what of it cannot be right.

use std::path::PathBuf;

use serde::Deserialize;

use super::choice;
use crate::outgoing::Target;

/// The most webhooks of a service.
pub const MOST: usize = 16;

/// A webhook as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Its name: 1 to 32 of `a` to `z`, digits and hyphens. Its place is kept under the name.
    pub name: String,
    /// Where it is sent: `https://`, or `http://` on this machine.
    pub url: String,
    /// Which events: groups, areas, or kinds as `loss.loss-settled`.
    pub events: Vec<String>,
    /// The file of the secret.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// The environment variable of the secret, where no file is named.
    #[serde(default)]
    pub secret_variable: Option<String>,
    /// The authorities that may vouch for the receiver, as PEM; the machine's where none is named.
    #[serde(default)]
    pub authority: Option<PathBuf>,
    /// How long an attempt may take, in milliseconds.
    #[serde(default = "timeout")]
    pub timeout: u64,
    /// How long to wait after a first failure, in milliseconds; then twice as long each time.
    #[serde(default = "retry_after")]
    pub retry_after: u64,
    /// The longest such wait, in milliseconds.
    #[serde(default = "retry_at_most")]
    pub retry_at_most: u64,
}

const fn timeout() -> u64 {
    10_000
}

const fn retry_after() -> u64 {
    1_000
}

const fn retry_at_most() -> u64 {
    300_000
}

/// Checks all webhooks of a configuration.
///
/// # Errors
///
/// The first thing that cannot be right, with the webhook's name.
pub fn check(all: &[Settings]) -> Result<(), String> {
    if all.len() > MOST {
        return Err(format!("there are {} webhooks, allowed: {MOST} at most", all.len()));
    }
    for (place, one) in all.iter().enumerate() {
        one.check().map_err(|what| format!("webhook {:?}: {what}", one.name))?;
        if all[..place].iter().any(|other| other.name == one.name) {
            return Err(format!("webhook {:?}: the name is another's already", one.name));
        }
    }
    Ok(())
}

impl Settings {
    fn check(&self) -> Result<(), String> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if !(1..=32).contains(&self.name.len()) || !self.name.bytes().all(fits) {
            return Err("name is 1 to 32 of a to z, 0 to 9 and hyphens".to_owned());
        }
        if self.secret_file.is_some() == self.secret_variable.is_some() {
            return Err("name one of secret-file and secret-variable".to_owned());
        }
        for (name, value, min, max) in [
            ("timeout", self.timeout, 10, 60_000),
            ("retry-after", self.retry_after, 10, 3_600_000),
            ("retry-at-most", self.retry_at_most, self.retry_after, 86_400_000),
        ] {
            if value < min || value > max {
                return Err(format!("{name} is {value}, allowed: {min} to {max}"));
            }
        }
        choice::read(&self.events)?;
        self.target().map(drop)
    }

    /// Where it is sent.
    ///
    /// # Errors
    ///
    /// The address is none, or would carry what it must not.
    pub fn target(&self) -> Result<Target, String> {
        let target = Target::read(&self.url)?;
        if target.is_in_the_clear() {
            let why = "url is http:// to another machine: what is sent tells of accounts, use \
                       https://";
            return Err(why.to_owned());
        }
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn read(change: &str) -> Result<Config, String> {
        let mut lines = vec![
            ("name", "name = \"desk\""),
            ("url", "url = \"https://example.com/in?token=t\""),
            ("events", "events = [\"episodes\", \"control.status-set\", \"close-out\"]"),
            ("secret-file", "secret-file = \"s\""),
        ];
        let key = change.split(' ').next().unwrap_or_default();
        lines.retain(|(name, _)| *name != key);
        let lines: Vec<&str> = lines.into_iter().map(|(_, line)| line).collect();
        Config::read(&format!("[[webhook]]\n{}\n{change}", lines.join("\n")))
    }

    #[test]
    fn a_webhook_is_read_and_its_query_is_not_shown() {
        let config = read("").expect("it is right");
        let target = config.webhook[0].target().expect("it has a target");
        assert_eq!((target.port, target.path.as_str()), (443, "/in?token=t"));
        assert_eq!(target.shown(), "https://example.com/in");
        assert!(read("url = \"http://127.0.0.1:9/x\"").is_ok());
        assert!(read("url = \"http://[::1]:9\"").is_ok());
    }

    #[test]
    fn what_cannot_be_right_of_a_webhook_is_refused() {
        for (change, word) in [
            ("name = \"Desk\"", "a to z"),
            ("name = \"\"", "1 to 32"),
            ("name = \"../keys\"", "a to z"),
            ("url = \"http://example.com\"", "https://"),
            ("url = \"http://127.0.0.1.example.com\"", "https://"),
            ("url = \"ftp://example.com\"", "https://"),
            ("url = \"/path\"", "no host"),
            ("url = \"https://ann:pw@example.com\"", "password"),
            ("events = []", "events"),
            ("events = [\"losses\"]", "\"losses\""),
            ("events = [\"loss.settled\"]", "\"loss.settled\""),
            ("secret-variable = \"S\"", "one of secret-file and secret-variable"),
            ("timeout = 0", "timeout is 0, allowed: 10 to 60000"),
            ("retry-at-most = 5", "retry-at-most is 5, allowed: 1000 to"),
            ("secret = \"whsec_x\"", "unknown field"),
        ] {
            let error = read(change).unwrap_err();
            assert!(error.contains(word), "{change}: {error}");
        }
        let one = "[[webhook]]\nname = \"a\"\nurl = \"https://x/\"\nevents = [\"episodes\"]\n\
                   secret-file = \"s\"\n";
        let error = Config::read(&one.repeat(2)).unwrap_err();
        assert!(error.contains("another's"), "{error}");
        let many: String = (0..17).map(|n| one.replace("\"a\"", &format!("\"a{n}\""))).collect();
        assert!(Config::read(&many).unwrap_err().contains("17 webhooks"));
    }
}
