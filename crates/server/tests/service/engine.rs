//! The engine's thread alone: what it hands to the journal, and when it stops.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rhodian_core::account::Command;
use rhodian_core::engine::{Action, Actor, Engine, Role, State};
use rhodian_core::ids::{Name, Time};
use rhodian_journal::{Store, input};
use rhodian_server::answer::Answer;
use rhodian_server::clock::Clock;
use rhodian_server::engine_thread::{Request, Work, run};
use rhodian_server::gather::{Emptying, Most, gathering};
use rhodian_server::journal_thread::Group;
use rhodian_server::service::Vital;
use tempfile::TempDir;
use tokio::sync::{Semaphore, oneshot};

/// The clock on the wall of these tests.
static WALL: AtomicU64 = AtomicU64::new(0);
/// It is set by one test at a time.
static SET: RwLock<()> = RwLock::new(());

fn wall() -> Time {
    Time(WALL.load(Ordering::SeqCst))
}

/// A thread with a queue to fill before it starts.
struct Alone {
    _folder: TempDir,
    requests: SyncSender<Request>,
    groups: Emptying,
    vital: Arc<Vital>,
    work: Option<Work>,
}

fn alone(most_bytes: usize) -> Alone {
    let folder = tempfile::tempdir().expect("a folder");
    let reader = Store::open(folder.path()).expect("a journal").reader();
    let (requests, inbox) = sync_channel(100);
    let (journal, groups) = gathering(Most { commands: 1_000, bytes: most_bytes });
    let vital = Arc::new(Vital::default());
    let work = Work {
        engine: Engine::resume(State::new(true)),
        inbox,
        journal,
        reader,
        durable: Arc::new(AtomicU64::new(0)),
        tick: Duration::ZERO,
        clock: Clock::new(wall, 3_600_000),
        vital: Arc::clone(&vital),
    };
    Alone { _folder: folder, requests, groups, vital, work: Some(work) }
}

impl Alone {
    fn begin(&mut self) -> JoinHandle<()> {
        let work = self.work.take().expect("it begins once");
        thread::spawn(move || run(work))
    }

    /// The groups until the engine's thread has ended.
    fn taken(&self) -> impl Iterator<Item = Group> + '_ {
        std::iter::from_fn(|| self.groups.take())
    }

    /// Sends a command of `bytes` that opens an owner.
    fn send(&self, name: &str, bytes: u32) -> oneshot::Receiver<Answer> {
        let name = Name::new(name).expect("a name");
        let action = Action::Account(Command::OpenOwner { name });
        let actor = Actor { role: Role::Venue, id: 1 };
        let room = Arc::new(Semaphore::new(1 << 20)).try_acquire_many_owned(bytes).expect("room");
        let (reply, answer) = oneshot::channel();
        let input = input(&actor, &action);
        self.requests
            .send(Request { actor, action, key: None, input, room, reply, stages: None })
            .expect("sent");
        answer
    }
}

#[test]
fn a_group_ends_when_its_bytes_are_many() {
    let _set = SET.read().unwrap_or_else(PoisonError::into_inner);
    let mut alone = alone(1_000);
    for who in 0..10 {
        drop(alone.send(&format!("owner {who}"), 400));
    }
    let thread = alone.begin();
    drop(std::mem::replace(&mut alone.requests, sync_channel(1).0));
    // Nobody takes a group before it is whole: what does not fit waits for the next.
    let sizes: Vec<usize> = alone.taken().map(|group| group.entries.len()).collect();
    thread.join().expect("it ends with its queue");
    assert_eq!(sizes, [3, 3, 3, 1], "three of 400 are more than 1000");
}

#[test]
fn a_clock_that_jumps_moves_nothing_and_ends_the_service() {
    let _set = SET.write().unwrap_or_else(PoisonError::into_inner);
    WALL.store(1_000_000, Ordering::SeqCst);
    let mut alone = alone(1 << 20);
    let thread = alone.begin();
    let _ann = alone.send("ann", 100);
    let group = alone.groups.take().expect("it was done");
    assert_eq!((group.at, group.entries.len()), (Time(1_000_000), 1));
    WALL.store(1_000_000 + 50_000_000, Ordering::SeqCst);
    let answer = alone.send("bob", 100).blocking_recv().expect("an answer");
    assert!(matches!(answer, Answer::Stopping), "{answer:?}");
    let reason = alone.vital.reason().expect("it cannot go on");
    assert!(reason.contains("clock jumped") && reason.contains("clock-jump"), "{reason}");
    drop(std::mem::replace(&mut alone.requests, sync_channel(1).0));
    thread.join().expect("it ends with its queue");
    let later: usize = alone.taken().map(|group| group.entries.len()).sum();
    assert_eq!(later, 0, "something was done at a wrong time");
    WALL.store(0, Ordering::SeqCst);
}
