//! The service from the command line: stopped by an interrupt, asked by a small client.

pub mod client;
pub mod play;

use std::sync::mpsc::{Receiver, channel};

use rhodian_server::Error;

use crate::diagnostic::{Diagnostic, Exit};

/// What an interrupt sends to: the service then stops in order.
pub fn interrupts() -> Result<Receiver<()>, Diagnostic> {
    let (stop, stopped) = channel();
    let set = ctrlc::set_handler(move || {
        // Nobody waits any more: it stops already.
        let _ = stop.send(());
    });
    set.map_err(|error| {
        let help = format!("the system says: {error}.");
        Diagnostic::new(Exit::InputOutput, "interrupt-not-heard", "cannot hear interrupts", help)
    })?;
    Ok(stopped)
}

/// Why a service did not start, or ended.
#[must_use]
pub fn diagnostic(error: &Error) -> Diagnostic {
    match error {
        Error::Config(what) => {
            let help = "see `rhodian serve --help`.";
            Diagnostic::bad_input("service-config", what.clone(), help)
        }
        Error::Folder { code, what, help } => {
            Diagnostic::new(Exit::InputOutput, *code, what.clone(), help.clone())
        }
        Error::Journal(found) => {
            let message = found.to_string();
            let help = "nothing was changed; docs/operate.md says what to do.";
            Diagnostic::new(Exit::InputOutput, found.code(), message, help)
        }
        Error::Io(found) => {
            let help = format!("the system says: {found}.");
            Diagnostic::new(Exit::InputOutput, "service-io", "the service cannot start", help)
        }
        Error::Died(why) => {
            let help = "what was answered is durable; start it again, and retry what was not.";
            Diagnostic::new(Exit::InputOutput, "service-died", why.clone(), help)
        }
    }
}
