//! `rhodian serve`: the engine beside a venue.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use rhodian_server::Config;

use crate::diagnostic::{Diagnostic, Exit};
use crate::output::to_stdout;
use crate::service::{diagnostic, interrupts};
use crate::terminal::visible;

const EXAMPLES: &str = "\
Examples:
  rhodian serve --data venue
  rhodian serve --data venue --listen 0.0.0.0:8420
  rhodian serve --config rhodian.toml

At the first start a key is printed, once: the administrator's, who gives all others.
  curl -H \"Authorization: Bearer $KEY\" -d '{\"name\":\"engine\",\"role\":\"venue\"}' \\
    http://127.0.0.1:8420/v1/keys
A command is answered when it is durable; its Idempotency-Key makes a retry safe:
  curl -H \"Authorization: Bearer $VENUE\" -H 'Idempotency-Key: usd' \\
    -d '{\"area\":\"domain\",\"command\":{\"do\":\"add-asset\",\"name\":\"USD\",\"decimals\":2}}' \\
    http://127.0.0.1:8420/v1/commands

Pages are at /, the API at /docs and /openapi.json, events at /v1/events, figures at /metrics.
The file of --config is TOML; what it does not say has a default:
  data = \"venue\"             listen = \"127.0.0.1:8420\"   venue = \"Rhodian\"
  queue = 65536               group = 1024                tick = 1000
  queue-bytes = 268435456     clock-jump = 3600000        journal-cache = 134217728
  snapshot-every = 1000000    body-limit = 1048576        streams = 256
  calls-per-second = 20000    calls-at-once = 40000       stop-within = 5000
  open = false                receipts = true             checkpoints = true
  [tls]                       certificate = \"cert.pem\"   key = \"key.pem\"
Receivers of events are tables [[webhook]]: docs/webhooks.md. A collector of traces is [traces]: docs/operate.md.

Logs are JSON lines on standard error. An interrupt stops it in order: nothing taken is lost.
Exit: 0 stopped, 2 bad input, 3 the journal, the port, or the disk.";

/// Run the engine beside a venue: durable, with an API, streams and pages
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// The folder of the journal and the keys
    #[arg(long, value_name = "DIR", required_unless_present = "config")]
    pub data: Option<PathBuf>,
    /// Where to listen; 127.0.0.1:8420 where nothing is said
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// The venue's name, on its pages and in what sources sign; kept from the first start on
    #[arg(long, value_name = "NAME")]
    pub venue: Option<String>,
    /// Print a new administrator's key at this start: where the last one is lost
    #[arg(long)]
    pub new_administrator: bool,
    /// A file that says the rest
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Starts the service and waits for an interrupt.
pub fn run(args: &ServeArgs) -> Result<Exit, Diagnostic> {
    let mut config = match &args.config {
        Some(path) => read(path)?,
        None => Config::default(),
    };
    if let Some(data) = &args.data {
        config.data.clone_from(data);
    }
    config.listen = args.listen.unwrap_or(config.listen);
    if let Some(venue) = &args.venue {
        config.venue = Some(venue.clone());
    }
    config.new_administrator = args.new_administrator;
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    rhodian_server::logs::start(rhodian_server::logs::INFO);
    let running = rhodian_server::start(config).map_err(|error| diagnostic(&error))?;
    let stop = interrupts()?;
    to_stdout(|out| {
        for remark in &running.remarks {
            writeln!(out, "remark: {remark}")?;
        }
        writeln!(out, "listening on {scheme}://{}", running.address)?;
        if let Some(key) = &running.first_key {
            writeln!(out, "the administrator's key, shown once:\n{key}")?;
        }
        Ok(())
    })?;
    running.wait(&stop, None).map_err(|error| diagnostic(&error))?;
    Ok(Exit::Done)
}

fn read(path: &PathBuf) -> Result<Config, Diagnostic> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Diagnostic::input_output("read", &name, &error))?;
    Config::read(&text).map_err(|what| {
        let what = visible(what.trim()).into_owned();
        let help = "`rhodian serve --help` names every line it may have.";
        Diagnostic::bad_input("service-config", what, help).at(name.clone())
    })
}
