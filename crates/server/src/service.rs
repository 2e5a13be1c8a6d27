//! The service as a whole: opens the journal, replays it, starts the threads and the door, and
//! stops them in order: first the door, then the engine when its queue is empty, then the journal.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rhodian_core::engine::{Engine, State, evolve};
use rhodian_journal::{Head, History, Journal, Reader, Store, replay};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::rustls::ServerConfig;

use crate::api::{self, Door};
use crate::audit::Audit;
use crate::clock::{Clock, wall};
use crate::config::{Config, GROUP_BYTES};
use crate::engine_thread::{self, Request};
use crate::folder::Identity;
use crate::follower::Follower;
use crate::gather::{Most, gathering};
use crate::journal_thread::{self, Reply};
use crate::keys::{Keys, NewKey};
use crate::metrics::Metrics;
use crate::notable::Notable;
use crate::proofs::Proofs;
use crate::rate::{Buckets, Slots};
use crate::secure::SecureListener;
use crate::tls::Tls;
use crate::traces::{self, Exporter, Traces};
use crate::webhooks::{self, Sender, Webhook};

/// Why a service does not start, or ends.
#[derive(Debug)]
pub enum Error {
    /// The configuration cannot be right.
    Config(String),
    /// What the data folder keeps cannot be right, or is not there.
    Folder {
        /// Which of these it is.
        code: &'static str,
        /// What was found.
        what: String,
        /// What an operator does.
        help: String,
    },
    /// The journal.
    Journal(rhodian_journal::Error),
    /// A file, a port, a thread.
    Io(io::Error),
    /// The service could not go on: what was not acknowledged may be lost, nothing else.
    Died(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(what) | Self::Died(what) | Self::Folder { what, .. } => f.write_str(what),
            Self::Journal(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rhodian_journal::Error> for Error {
    fn from(error: rhodian_journal::Error) -> Self {
        Self::Journal(error)
    }
}

/// Whether the service can go on, and the first reason why it cannot.
#[derive(Debug)]
pub struct Vital {
    reason: watch::Sender<Option<String>>,
}

impl Default for Vital {
    fn default() -> Self {
        Self { reason: watch::Sender::new(None) }
    }
}

impl Vital {
    /// The service cannot go on.
    pub fn fail(&self, reason: String) {
        tracing::error!(reason, "the service stops");
        self.reason.send_if_modified(|first| {
            let new = first.is_none();
            first.get_or_insert(reason);
            new
        });
    }

    /// Whether it can go on.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.reason.borrow().is_none()
    }

    /// Why it cannot go on, if it cannot.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        self.reason.borrow().clone()
    }
}

/// Says that the service cannot go on if its thread ends by a panic.
struct Guard(Arc<Vital>, &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail(format!("the {} thread failed", self.1));
        }
    }
}

/// A service that runs.
#[allow(missing_debug_implementations, reason = "it holds secrets")]
pub struct Running {
    /// Where the door listens.
    pub address: SocketAddr,
    /// The secret of a new administrator's key: at the first start, or where one was asked for.
    pub first_key: Option<String>,
    /// What was put right when the journal was opened, and what an operator should know.
    pub remarks: Vec<String>,
    door: Arc<Door>,
    runtime: Runtime,
    serving: tokio::task::JoinHandle<io::Result<()>>,
    stop: watch::Sender<bool>,
    /// Calls under way are answered: whoever tells of calls may end.
    answered: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
    telling: JoinSet<()>,
    within: Duration,
}

/// Opens the journal of `config` and starts the service.
///
/// # Errors
///
/// The configuration, the journal or the port.
pub fn start(config: Config) -> Result<Running, Error> {
    let listener = bound(&config)?;
    let store = Store::open_with(&config.data, config.journal_cache)?;
    let remarks: Vec<String> = store.remarks().iter().map(ToString::to_string).collect();
    let reader = store.reader();
    let mut running = launch(config, listener, Box::new(store), reader)?;
    running.remarks.extend(remarks);
    Ok(running)
}

/// Starts the service on a journal that is open.
///
/// # Errors
///
/// As [`start`].
pub fn start_on(
    config: Config,
    journal: Box<dyn Journal>,
    reader: Reader,
) -> Result<Running, Error> {
    let listener = bound(&config)?;
    launch(config, listener, journal, reader)
}

/// What is ready before anything is written: where the port is busy or a file cannot be read, nothing
/// was begun.
struct Bound {
    listener: TcpListener,
    /// What the door shows, where it is to be secure.
    tls: Option<Arc<ServerConfig>>,
    webhooks: Vec<Webhook>,
    /// What traces calls and what tells of them, where the configuration names a collector.
    traces: Option<(Traces, Exporter)>,
}

fn bound(config: &Config) -> Result<Bound, Error> {
    config.check().map_err(Error::Config)?;
    let tls = config.tls.as_ref().map(Tls::open).transpose().map_err(Error::Config)?;
    let webhooks = webhooks::read(&config.webhook)?;
    let traces = config.traces.as_ref().map(traces::open).transpose().map_err(Error::Config)?;
    let listener = TcpListener::bind(config.listen).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {}: {error}", config.listen))
    })?;
    listener.set_nonblocking(true)?;
    Ok(Bound { listener, tls, webhooks, traces })
}

/// What an operator is told of a door that sends secrets over a network as they are.
fn in_the_clear(config: &Config) -> Vec<String> {
    if config.tls.is_some() || config.listen.ip().is_loopback() {
        return Vec::new();
    }
    let remark = format!(
        "the door listens on {} without TLS: keys and accounts cross the network in the clear. \
         Say [tls], or let a proxy on this machine end TLS and listen on 127.0.0.1.",
        config.listen
    );
    tracing::warn!("{remark}");
    vec![remark]
}

fn launch(
    config: Config,
    Bound { listener, tls, webhooks, traces }: Bound,
    journal: Box<dyn Journal>,
    reader: Reader,
) -> Result<Running, Error> {
    let used = reader.head()?.batches > 0;
    let keys = Keys::open(&config.data)?;
    let needs_first = keys.needs_first(used, config.new_administrator)?;
    let identity = Identity::open(&config.data, config.venue.as_deref(), used)?;
    let proofs = known(&config, &identity)?;
    let (state, head, proofs, notable) = rebuilt(proofs, &reader)?;
    tracing::info!(sequence = head.events, batches = head.batches, "journal replayed");
    let open = |webhook: Webhook| webhook.open(&config.data, head.events);
    let senders = webhooks.into_iter().map(open).collect::<Result<Vec<Sender>, Error>>()?;
    let follower = Arc::new(Follower::new(state.clone(), head, proofs, notable));
    let (vital, metrics) = (Arc::new(Vital::default()), Arc::new(Metrics::default()));
    let durable = Arc::new(AtomicU64::new(0));
    let (requests, inbox) = mpsc::sync_channel(config.queue);
    let most = Most { commands: config.group, bytes: GROUP_BYTES };
    let (to_journal, groups) = gathering(most);
    let (replies, answered) = unbounded_channel();
    let engine = engine_thread::Work {
        engine: Engine::resume(state),
        inbox,
        journal: to_journal,
        reader: reader.clone(),
        durable: Arc::clone(&durable),
        tick: config.tick(),
        clock: Clock::new(wall, config.clock_jump),
        vital: Arc::clone(&vital),
    };
    let writer = journal_thread::Work {
        journal,
        head,
        groups,
        replies,
        follower: Arc::clone(&follower),
        durable,
        snapshot_every: config.snapshot_every,
        metrics: Arc::clone(&metrics),
        vital: Arc::clone(&vital),
    };
    let (stop, stopping) = watch::channel(false);
    let within = Duration::from_millis(config.stop_within);
    let buckets = Buckets::new(config.limit());
    let passes = Arc::new(Semaphore::new(api::PASSES));
    let turns = Arc::new(Semaphore::new(api::TURNS));
    let slots = Arc::new(Slots::of(config.streams));
    let room = Arc::new(Semaphore::new(config.queue_bytes));
    let (audit, requests) = (Audit::default(), RwLock::new(Some(requests)));
    let sessions = api::Sessions::default();
    let (traces, exporter) = traces.unzip();
    let door = Door {
        config,
        venue: identity.name,
        follower,
        reader,
        keys,
        metrics,
        vital,
        requests,
        room,
        stopping,
        buckets,
        passes,
        turns,
        slots,
        audit,
        sessions,
        webhooks: senders.iter().map(Sender::standing).collect(),
        traces,
    };
    let first_key = needs_first.then_some(used);
    let work = (engine, writer, answered, Tellers { senders, exporter });
    serve(Arc::new(door), (listener, tls, within), stop, work, first_key)
}

/// What signs, where receipts are made; what the folder does not keep yet of the venue is put down.
fn known(config: &Config, identity: &Identity) -> Result<Option<Proofs>, Error> {
    let proofs = match config.receipts {
        true => Some(Proofs::open(&config.data, identity, config.checkpoints)?),
        false => None,
    };
    let signer = proofs.as_ref().map(|proofs| proofs.signer().clone());
    let signer = signer.or_else(|| identity.signer.clone());
    let kept = Identity { name: identity.name.clone(), signer, lost: false };
    kept.keep(&config.data)?;
    Ok(proofs)
}

/// The state at the journal's head. With receipts, from the first batch on: the log of commitments
/// is made of all of them, and nothing of it is stored.
fn rebuilt(
    proofs: Option<Proofs>,
    reader: &Reader,
) -> Result<(State, Head, Option<Proofs>, Notable), Error> {
    let Some(mut proofs) = proofs else {
        let replayed = replay(reader)?;
        let notable = Notable::after(replayed.head.batches);
        return Ok((replayed.state, replayed.head, None, notable));
    };
    let (mut state, mut head) = (State::new(true), Head::default());
    let mut notable = Notable::default();
    for batch in reader.read_after(0)? {
        let batch = batch?;
        for record in batch.records() {
            proofs.observe(&state, record);
            for event in &record.events {
                evolve(&mut state, event);
            }
        }
        notable.note(&batch);
        head = batch.head();
    }
    Ok((state, head, Some(proofs), notable))
}

fn serve(
    door: Arc<Door>,
    (listener, tls, within): (TcpListener, Option<Arc<ServerConfig>>, Duration),
    stop: watch::Sender<bool>,
    (engine, writer, answered, tellers): (
        engine_thread::Work,
        journal_thread::Work,
        Answered,
        Tellers,
    ),
    first_key: Option<bool>,
) -> Result<Running, Error> {
    let runtime = Builder::new_multi_thread().enable_all().thread_name("rhodian-door").build()?;
    let address = listener.local_addr()?;
    let listener = runtime.block_on(async { tokio::net::TcpListener::from_std(listener) })?;
    runtime.spawn(journal_thread::give(answered));
    let guard = |name| Guard(Arc::clone(&door.vital), name);
    let (of_engine, of_journal) = (guard("engine"), guard("journal"));
    let threads = vec![
        thread::Builder::new().name("rhodian-engine".into()).spawn(move || {
            let _guard = of_engine;
            engine_thread::run(engine);
        })?,
        thread::Builder::new().name("rhodian-journal".into()).spawn(move || {
            let _guard = of_journal;
            journal_thread::run(writer);
        })?,
    ];
    // Everything stands: only now is there a key, and the caller prints it.
    let first_key = first_key.map(|used| administrator(&door.keys, used)).transpose()?;
    // Made once: a router that is served as it is copies every route for every connection.
    let router = api::router(Arc::clone(&door)).into_make_service();
    let mut stopping = door.stopping.clone();
    let serving = runtime.spawn(async move {
        let stopped = async move {
            // An error says that nobody can stop it any more: then it stops.
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        match tls {
            Some(tls) => {
                let listener = SecureListener::new(listener, tls);
                axum::serve(listener, router).with_graceful_shutdown(stopped).await
            }
            None => axum::serve(listener, router).with_graceful_shutdown(stopped).await,
        }
    });
    let (answered, all_answered) = watch::channel(false);
    let telling = tell(&runtime, &door, tellers, all_answered);
    tracing::info!(%address, "the door is open");
    Ok(Running {
        address,
        first_key,
        remarks: in_the_clear(&door.config),
        door,
        runtime,
        serving,
        stop,
        answered,
        threads,
        telling,
        within,
    })
}

/// What tells others of what happens here.
struct Tellers {
    senders: Vec<Sender>,
    exporter: Option<Exporter>,
}

/// Starts what delivers webhooks and traces.
fn tell(
    runtime: &Runtime,
    door: &Door,
    tellers: Tellers,
    answered: watch::Receiver<bool>,
) -> JoinSet<()> {
    let mut telling = JoinSet::new();
    if let Some(exporter) = tellers.exporter {
        let run = exporter.run(door.venue.clone(), answered);
        telling.spawn_on(run, runtime.handle());
    }
    for sender in tellers.senders {
        let (follower, reader) = (Arc::clone(&door.follower), door.reader.clone());
        let run = sender.run(follower, reader, door.stopping.clone());
        telling.spawn_on(run, runtime.handle());
    }
    telling
}

/// A key for an administrator, or nobody could ever give one. Where keys were lost, ids begin at
/// the time, above all that were given before: an id is part of the journal's idempotency keys.
fn administrator(keys: &Keys, used: bool) -> Result<String, Error> {
    let first = if used { u32::try_from(wall().0 / 1_000).unwrap_or(u32::MAX) } else { 1 };
    let asked = NewKey {
        name: if used { "new administrator" } else { "first administrator" }.to_owned(),
        role: crate::access::Role::Administrator,
        subject: None,
        public_key: None,
    };
    let given = keys.give_from(first, asked).map_err(|problem| Error::Died(problem.detail))?;
    Ok(given.secret)
}

impl Running {
    /// Waits until `stop` says so, the time is `until`, or the service cannot go on; then stops it.
    ///
    /// # Errors
    ///
    /// Why it could not go on.
    pub fn wait(self, stop: &Receiver<()>, until: Option<Instant>) -> Result<(), Error> {
        while self.door.vital.reason().is_none() && until.is_none_or(|until| Instant::now() < until)
        {
            match stop.recv_timeout(Duration::from_millis(50)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.stop()
    }

    /// Stops: no new calls, those under way are answered, everything taken is made durable.
    ///
    /// # Errors
    ///
    /// Why the service could not go on, if it could not.
    pub fn stop(self) -> Result<(), Error> {
        let Self { door, runtime, serving, stop, answered, threads, telling, within, .. } = self;
        stop.send_replace(true);
        let end = tokio::time::Instant::now() + within;
        let served = runtime.block_on(async { tokio::time::timeout_at(end, serving).await });
        answered.send_replace(true);
        if served.is_err() {
            tracing::warn!("calls under way were cut off");
        }
        // Whose cursor is not kept in time tells its last events again.
        let told = telling.join_all();
        let _ = runtime.block_on(async { tokio::time::timeout_at(end, told).await });
        // Without a sender the engine's thread empties its queue and ends; then the journal's.
        drop(door.requests.write().unwrap_or_else(PoisonError::into_inner).take());
        for thread in threads {
            if thread.join().is_err() {
                door.vital.fail("a thread failed".to_owned());
            }
        }
        runtime.shutdown_timeout(Duration::from_millis(200));
        tracing::info!("stopped");
        match door.vital.reason() {
            Some(reason) => Err(Error::Died(reason)),
            None => Ok(()),
        }
    }
}

/// The way answers go out, group by group.
type Answered = UnboundedReceiver<Vec<Reply>>;

/// The way commands go in.
pub type Requests = RwLock<Option<SyncSender<Request>>>;
