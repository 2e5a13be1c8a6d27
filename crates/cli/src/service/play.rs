//! What `demo` plays for a running service: the commands of a venue file, given through the door,
//! one after the other, at a pace one can watch.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::client::Client;
use crate::diagnostic::{Diagnostic, Exit};
use crate::loss_file::toml_text::TomlText;
use crate::venue_file;
use crate::venue_run::progress::Bar;
use crate::venue_run::{Driver, Options};

/// A crash, a loan that fails, and a bridge that is drained.
const DEMO: &str = include_str!("../../../../scenarios/demo.toml");

/// How long the eye gets for each moment of the file.
const MOMENT: Duration = Duration::from_millis(1_200);

/// A command from outside: when in the file, by whom, what.
#[derive(Clone, Debug)]
pub struct Given {
    at: u64,
    role: String,
    subject: Option<u32>,
    action: Value,
}

impl Given {
    /// The action, of now: what happened at a moment of the file happens when it is played.
    fn now(&self) -> Value {
        let mut action = self.action.clone();
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        if let Some(happened) = action["command"].get_mut("happened") {
            *happened = millis.into();
        }
        action
    }
}

/// The commands that the file comes to, as the engine took them.
///
/// # Errors
///
/// The file is part of the program: none that a user could cause.
pub fn commands() -> Result<Vec<Given>, Diagnostic> {
    let text = TomlText::new("demo.toml", Path::new(""), DEMO.as_bytes().to_vec())?;
    let file = venue_file::from_text(text)?;
    let options = Options { keep: true, bar: Bar::new(true), ..Options::default() };
    let mut run = Driver::open(&file, options)?.run()?;
    let mut kept = Vec::new();
    if let Some(log) = &mut run.commands {
        log.copy_to(&mut kept).map_err(|error| Diagnostic::input_output("read", "it", &error))?;
    }
    let lines = kept.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let given = lines.filter_map(|line| {
        let line: Value = serde_json::from_slice(line).ok()?;
        let role = line["actor"]["role"].as_str()?.to_owned();
        let subject = line["actor"]["id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let at = line["at"].as_u64()?;
        let outside = role != "engine" && line["action"]["area"] != "tick";
        outside.then(|| Given { at, role, subject, action: line["action"].clone() })
    });
    Ok(given.collect())
}

/// Gives the commands through the door; how many it took and refused. Ends early once `stopped`.
///
/// # Errors
///
/// The connection.
pub fn drive(
    admin: &Client,
    commands: &[Given],
    stopped: &AtomicBool,
) -> Result<(usize, usize), Diagnostic> {
    let failed = |error: io::Error| {
        let help = format!("the system says: {error}.");
        Diagnostic::new(Exit::InputOutput, "demo-not-driven", "the door does not answer", help)
    };
    let mut keys: BTreeMap<(String, Option<u32>), Client> = BTreeMap::new();
    let (mut taken, mut refused, mut now) = (0, 0, 0);
    for given in commands {
        if given.at > now {
            now = given.at;
            thread::sleep(MOMENT);
        }
        if stopped.load(Ordering::Relaxed) {
            break;
        }
        let (role, subject) = match given.role.as_str() {
            "owner" => ("participant", given.subject),
            other => (other, None),
        };
        let whose = (role.to_owned(), subject);
        let client = match keys.get(&whose) {
            Some(client) => client.clone(),
            None => {
                let client = admin.with_role(role, subject).map_err(failed)?;
                keys.insert(whose, client.clone());
                client
            }
        };
        let (status, _) = client.post("/v1/commands", &given.now()).map_err(failed)?;
        if status == 200 { taken += 1 } else { refused += 1 }
    }
    Ok((taken, refused))
}
