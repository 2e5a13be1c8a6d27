//! A soak of the real program: `rhodian serve` on a folder of its own, under traders, marks, a
//! signed source, losses, queries and streams, at half of what it was found to take. It is killed
//! under load at the end: whatever it acknowledged must be in the journal, and a new start must
//! give the same answers.
//!
//! Fails on any answer that is neither as asked, nor a refusal by core, nor 503 with Retry-After;
//! on a gap in a stream; on an acknowledged command that is missing; and on memory that grows.
//! `bench/soak.sh` builds and runs it.

mod clients;
mod found;
mod http;
mod kept;
mod serve;
mod world;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use ed25519_dalek::SigningKey;
use rhodian_lab::seed::Seed;
use rhodian_server::signature::to_hex;
use serde_json::json;

use clients::{Hand, fail, listen, mark, report, trade};
use found::{Acknowledged, Found};
use http::Client;
use serve::Serve;
use world::{SOURCE, World};

/// The venue's name: a source signs it.
pub const VENUE: &str = "Soak";

/// How long the most that it takes is looked for.
const PEAK: Duration = Duration::from_secs(5);

/// The last that one hand gave: its key, its command, its answer.
type Last = Option<(String, String, Vec<u8>)>;

#[derive(Parser)]
struct Arguments {
    /// The program.
    #[arg(long)]
    program: PathBuf,
    /// How long it is soaked after the search for its peak.
    #[arg(long, default_value_t = 90)]
    seconds: u64,
    /// Calls a second of all traders; half of the peak where nothing is said.
    #[arg(long)]
    rate: Option<u64>,
    /// How many trade at once.
    #[arg(long, default_value_t = 32)]
    traders: u32,
    /// Seconds from one loss to the next. What a loss keeps for its receipts grows by design:
    /// whoever soaks for long says how many it may be.
    #[arg(long, default_value_t = 10)]
    loss_every: u64,
    /// The most that memory may grow from the end of the warm-up, a third of the time, to the end:
    /// by the line of least squares, in MiB, what losses keep by design included.
    #[arg(long, default_value_t = 8.0)]
    growth: f64,
    /// The journal's cache, in MiB: it must be full before the warm-up ends, or it is what grows.
    #[arg(long, default_value_t = 4)]
    cache: usize,
    #[arg(long, default_value_t = 20_261_129)]
    seed: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let asked = Arguments::parse();
    let folder = tempfile::tempdir()?;
    let config = format!("journal-cache = {}", asked.cache << 20);
    std::fs::write(folder.path().join("config"), config)?;
    let serve = Serve::start(&asked.program, folder.path(), true)?;
    let admin = serve.key.clone().ok_or("the first start gave no key")?;
    let mut admin = Client::new(serve.address, &admin);
    let venue = key(&mut admin, json!({ "name": "venue", "role": "venue" }))?;
    let signing = SigningKey::from_bytes(&[7; 32]);
    let public = to_hex(signing.verifying_key().as_bytes());
    let source = key(
        &mut admin,
        json!({ "name": "source", "role": "source", "subject": SOURCE, "public_key": public }),
    )?;
    let world = World { traders: asked.traders };
    world.open(&mut Client::new(serve.address, &venue))?;
    let found = Found::default();
    let keys = (venue.as_str(), source.as_str(), &signing);
    let (hands, samples, seconds) = soak(&asked, serve, world, keys, &found)?;
    let mut wrong = Vec::new();
    told(&asked, &found, seconds);
    let grown = growth(&samples);
    println!("memory in MiB from the end of the warm-up on: {}", profile(&samples));
    println!("it grew by {grown:.1} MiB, {:.1} may", asked.growth);
    // Too few samples give no slope, which is no proof that there is none.
    if !grown.is_finite() || grown > asked.growth {
        wrong.push(format!("memory grew by {grown:.1} MiB in {} samples", samples.len()));
    }
    let (count, faults) = found.faults();
    wrong.extend((count > 0).then(|| format!("{count} faults, the first of them:")));
    wrong.extend(faults);
    wrong.extend(after(&asked.program, folder.path(), hands, &venue)?);
    if wrong.is_empty() {
        println!("nothing wrong");
        return Ok(());
    }
    let log = std::fs::read_to_string(folder.path().join("log"))?;
    let errors = log.lines().filter(|line| line.contains("\"ERROR\"")).take(5);
    wrong.extend(errors.map(str::to_owned));
    Err(wrong.join("\n").into())
}

/// Gives a key of the door.
fn key(admin: &mut Client, asked: serde_json::Value) -> Result<String, Box<dyn Error>> {
    let answer = admin.call("POST", "/v1/keys", "", &asked.to_string())?;
    let given: serde_json::Value = serde_json::from_slice(&answer.body)?;
    Ok(given["secret"].as_str().ok_or_else(|| format!("no key: {given}"))?.to_owned())
}

/// What the hands held at the end, by name.
type Hands = Vec<(Acknowledged, Last)>;

/// Memory after the warm-up: seconds and MiB.
type Samples = Vec<(f64, f64)>;

/// Runs everyone until the time is over, then kills the program under their hands.
fn soak(
    asked: &Arguments,
    serve: Serve,
    world: World,
    (venue, source, signing): (&str, &str, &SigningKey),
    found: &Found,
) -> Result<(Hands, Samples, f64), Box<dyn Error>> {
    let address = serve.address;
    let hand = |key: &str, name: String| Hand::new(Client::new(address, key), name, found);
    let ended = |what: &str, result: std::io::Result<()>| {
        if let Err(error) = result {
            found.fault(format!("{what}: {error}"));
        }
    };
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for market in 0..world.traders {
            let mut hand = hand(venue, format!("trader-{market:03}"));
            threads.push(scope.spawn(move || {
                ended("a trader", trade(&mut hand, world, market, Seed(asked.seed)));
                (hand.acknowledged, hand.last)
            }));
        }
        let mut marker = hand(venue, "marks".to_owned());
        threads.push(scope.spawn(move || {
            ended("the marks", mark(&mut marker, world, Seed(asked.seed)));
            (marker.acknowledged, None)
        }));
        let (mut reporter, mut by) = (hand(source, "reports".to_owned()), hand(venue, "by".into()));
        threads.push(scope.spawn(move || {
            ended("the source", report(&mut reporter, &mut by, (world, signing)));
            by.acknowledged.append(&mut reporter.acknowledged);
            (by.acknowledged, None)
        }));
        let mut failing = hand(venue, "fails".to_owned());
        let every = Duration::from_secs(asked.loss_every);
        threads.push(scope.spawn(move || {
            ended("who fails", fail(&mut failing, world, every));
            (failing.acknowledged, None)
        }));
        let streams = [("/v1/events", false), ("/v1/events", true), ("/v1/pulse", false)];
        for (path, slowly) in streams {
            let client = Client::new(address, venue);
            scope.spawn(move || ended(path, listen(&client, path, slowly, found)));
        }
        let watched = watch(asked, &serve, found);
        found.stop.store(true, Ordering::Relaxed);
        serve.kill()?;
        let (samples, seconds) = watched?;
        let held = threads.into_iter().map(|thread| thread.join().map_err(|_| "a client panicked"));
        Ok((held.collect::<Result<Hands, _>>()?, samples, seconds))
    })
}

/// Finds the peak, sets the pace, and samples memory; for how many seconds.
fn watch(asked: &Arguments, serve: &Serve, found: &Found) -> std::io::Result<(Samples, f64)> {
    let calls = || {
        let all = [&found.commands, &found.queries, &found.retries];
        all.into_iter().map(|count| count.load(Ordering::Relaxed)).sum::<u64>()
    };
    let rate = match asked.rate {
        Some(rate) => rate,
        None => {
            let (began, before) = (Instant::now(), calls());
            thread::sleep(PEAK);
            let peak = (calls() - before) as f64 / began.elapsed().as_secs_f64();
            println!("the peak is {peak:.0} calls a second of {} traders", asked.traders);
            (peak / 2.0) as u64
        }
    };
    let pace = 1_000_000_000 * u64::from(asked.traders) / rate.max(1);
    found.pace.store(pace, Ordering::Relaxed);
    found.forget();
    println!("seed {}, {rate} calls a second for {} s", asked.seed, asked.seconds);
    let (began, before) = (Instant::now(), calls());
    let (mut samples, mut apart) = (Vec::new(), Seed(asked.seed).stream("samples"));
    while began.elapsed().as_secs() < asked.seconds && found.faults().0 == 0 {
        // Not in step with anything that the service does by the clock.
        thread::sleep(Duration::from_millis(200 + apart.below(100)));
        samples.push((began.elapsed().as_secs_f64(), serve.resident()? as f64 / (1 << 20) as f64));
    }
    let seconds = began.elapsed().as_secs_f64();
    let reached = (calls() - before) as f64 / seconds;
    println!("{reached:.0} calls a second were made");
    if reached < rate as f64 * 0.8 {
        found.fault(format!("only {reached:.0} of {rate} calls a second were answered"));
    }
    let warm = seconds / 3.0;
    samples.retain(|(at, _)| *at >= warm);
    Ok((samples, seconds))
}

fn told(asked: &Arguments, found: &Found, seconds: f64) {
    let count = |of: &std::sync::atomic::AtomicU64| of.load(Ordering::Relaxed);
    println!(
        "{} commands, {} queries, {} retries, {} events in streams, {} losses, {} times busy in \
         {seconds:.0} s after the peak",
        count(&found.commands),
        count(&found.queries),
        count(&found.retries),
        count(&found.streamed),
        count(&found.losses),
        count(&found.busy)
    );
    println!("refused by core: {:?}", found.refusals());
    let [half, most, few, all] = found.percentiles();
    println!(
        "a command of {} traders took {half:.1} ms at the median, {most:.1} p99, {few:.1} p99.9, \
         {all:.1} at most",
        asked.traders
    );
}

/// By how many MiB the line of least squares through the samples rises from the first to the last.
fn growth(samples: &[(f64, f64)]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (at, memory) = (mean(|one| one.0), mean(|one| one.1));
    let over: f64 = samples.iter().map(|one| (one.0 - at) * (one.1 - memory)).sum();
    let under: f64 = samples.iter().map(|one| (one.0 - at) * (one.0 - at)).sum();
    let last = samples.last().map_or(0.0, |one| one.0);
    let first = samples.first().map_or(0.0, |one| one.0);
    if under > 0.0 { over / under * (last - first) } else { f64::NAN }
}

/// Ten of the samples.
fn profile(samples: &[(f64, f64)]) -> String {
    let step = (samples.len() / 10).max(1);
    let some = samples.iter().step_by(step).map(|(_, memory)| format!("{memory:.0}"));
    some.collect::<Vec<String>>().join(" ")
}

/// What is wrong with what the kill left: in the journal, and after a new start.
fn after(
    program: &Path,
    home: &Path,
    hands: Hands,
    venue: &str,
) -> Result<Vec<String>, Box<dyn Error>> {
    let mut all = Acknowledged::new();
    let mut lasts = Vec::new();
    for (mut acknowledged, last) in hands {
        all.append(&mut acknowledged);
        lasts.extend(last);
    }
    let (batches, events, mut wrong) = kept::check(&home.join("venue"), &all)?;
    println!(
        "killed: {} acknowledged commands in {batches} batches of {events} events, {} of them \
         missing or elsewhere",
        all.len(),
        wrong.len()
    );
    let began = Instant::now();
    let serve = Serve::start(program, home, false)?;
    println!("a start after it took {:.1} s", began.elapsed().as_secs_f64());
    let mut client = Client::new(serve.address, venue);
    for (key, body, before) in lasts {
        let head = format!("idempotency-key: {key}\r\n");
        let answer = client.call("POST", "/v1/commands", &head, &body)?;
        if answer.body != before {
            wrong.push(format!("after a start {key} is answered otherwise: {answer:?}"));
        }
    }
    if !serve.stop()? {
        wrong.push("it did not stop in order".to_owned());
    }
    Ok(wrong)
}
