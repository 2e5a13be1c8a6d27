//! `rhodian demo`: a crash, a loan that fails and a bridge that is drained in a running service, to
//! look at.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use rhodian_server::{Config, Running};

use crate::diagnostic::{Diagnostic, Exit};
use crate::loss_file::words::read_duration;
use crate::output::to_stdout;
use crate::service::client::Client;
use crate::service::{diagnostic, interrupts, play};

const EXAMPLES: &str = "\
Examples:
  rhodian demo
  rhodian demo --port 9000
  rhodian demo --for 20s

It starts the service on a temporary folder, opens a venue through its API and lets Bitcoin fall by
a tenth: Ann fails, her positions are closed, the hole goes down the waterfall, the winners share
the rest. Beside it a loan fails as ether falls, and those who lent bear it; and a bridge that was
covered is drained: its underwriters vote, and pay. Open the address in a browser and watch.
Everyone who reaches it may read it; it listens on this machine only. An interrupt ends it, and
nothing stays.";

/// Watch a crash, a bad loan and an exploit in a running service
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DemoArgs {
    /// End after a time such as "20s" or "5 min"; at an interrupt where nothing is said
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub length: Option<Duration>,
    /// The port; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8420)]
    pub port: u16,
}

/// A length of time, with or without a space before its unit.
fn time(text: &str) -> Result<Duration, String> {
    let unit = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let spaced = format!("{} {}", &text[..unit], text[unit..].trim());
    let millis = read_duration(text).or_else(|| read_duration(&spaced));
    millis.map(Duration::from_millis).ok_or_else(|| "a time with its unit, as 20s".to_owned())
}

/// Starts the service, plays, waits.
pub fn run(args: &DemoArgs) -> Result<Exit, Diagnostic> {
    let folder = tempfile::tempdir()
        .map_err(|error| Diagnostic::input_output("make", "a temporary folder", &error))?;
    let config = Config {
        data: folder.path().to_path_buf(),
        listen: SocketAddr::from(([127, 0, 0, 1], args.port)),
        venue: Some("the demonstration".to_owned()),
        open: true,
        tick: 500,
        ..Config::default()
    };
    let until = args.length.map(|length| Instant::now() + length);
    let commands = play::commands()?;
    let running = rhodian_server::start(config).map_err(|error| {
        let refused = diagnostic(&error);
        Diagnostic { help: format!("{} --port 0 takes a free port.", refused.help), ..refused }
    })?;
    let stop = interrupts()?;
    to_stdout(|out| {
        writeln!(out, "open http://{}/ and watch; an interrupt ends it", running.address)
    })?;
    show(running, commands, &stop, until)
}

fn show(
    running: Running,
    commands: Vec<play::Given>,
    stop: &std::sync::mpsc::Receiver<()>,
    until: Option<Instant>,
) -> Result<Exit, Diagnostic> {
    let key = running.first_key.clone().unwrap_or_default();
    let admin = Client { address: running.address, key };
    let stopped = Arc::new(AtomicBool::new(false));
    let (address, driven) = (running.address, Arc::clone(&stopped));
    let driver = thread::spawn(move || {
        let done = play::drive(&admin, &commands, &driven);
        if let Ok((taken, refused)) = &done
            && !driven.load(Ordering::Relaxed)
        {
            // Whoever closed the output does not care.
            let _ = to_stdout(|out| {
                writeln!(out, "it is over: {taken} commands taken, {refused} refused")?;
                writeln!(out, "who failed in the crash: http://{address}/losses/0")?;
                writeln!(out, "the loan: http://{address}/losses/1")?;
                writeln!(out, "the bridge: http://{address}/losses/2")
            });
        }
        done
    });
    let ended = running.wait(stop, until).map_err(|error| diagnostic(&error));
    stopped.store(true, Ordering::Relaxed);
    // A door that closed under the driver is no failure: it was told to.
    let _ = driver.join();
    ended.map(|()| Exit::Done)
}
