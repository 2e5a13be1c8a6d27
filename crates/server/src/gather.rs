//! The group that gathers while another is written. The engine's thread adds to it; the journal's
//! takes it whole as soon as it is free: nobody looks again and again whether the other has time,
//! and no command waits for more than one group before its own.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::journal_thread::Group;

/// How much a group may hold.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Commands.
    pub commands: usize,
    /// Bytes that came for it: what comes of them must fit into a batch.
    pub bytes: usize,
}

impl Most {
    /// Whether `group` takes no more.
    #[must_use]
    pub const fn is_full(self, group: &Group) -> bool {
        group.waiters.len() >= self.commands || group.bytes >= self.bytes
    }

    /// Whether `group` may take all of `more`.
    fn fits(self, group: &Group, more: &Group) -> bool {
        group.waiters.len() + more.waiters.len() <= self.commands
            && group.bytes + more.bytes <= self.bytes
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Engine,
    Journal,
}

#[derive(Debug, Default)]
struct Slot {
    group: Option<Group>,
    /// One of the two ends is gone.
    ended: bool,
    /// Which of them sleeps until this changes; never both.
    sleeps: Option<End>,
    /// The journal's thread writes the group it took.
    writes: bool,
}

#[derive(Debug, Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

impl Shared {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        // A panic of either thread is fatal elsewhere.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until the slot was filled, emptied, or lost an end.
    fn sleep<'a>(&self, mut slot: MutexGuard<'a, Slot>, end: End) -> MutexGuard<'a, Slot> {
        slot.sleeps = Some(end);
        self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the other end where it sleeps: a call into the system that is mostly not needed.
    fn wake(&self, mut slot: MutexGuard<'_, Slot>) {
        if slot.sleeps.take().is_some() {
            drop(slot);
            self.changed.notify_one();
        }
    }

    fn end(&self) {
        let mut slot = self.slot();
        slot.ended = true;
        self.wake(slot);
    }
}

/// The engine's end.
#[derive(Debug)]
pub struct Filling {
    shared: Arc<Shared>,
    most: Most,
}

/// The journal's end.
#[derive(Debug)]
pub struct Emptying(Arc<Shared>);

/// Both ends.
#[must_use]
pub fn gathering(most: Most) -> (Filling, Emptying) {
    let shared = Arc::new(Shared::default());
    (Filling { shared: Arc::clone(&shared), most }, Emptying(shared))
}

impl Filling {
    /// Whether `group` takes no more before it is added.
    #[must_use]
    pub const fn is_full(&self, group: &Group) -> bool {
        self.most.is_full(group)
    }

    /// Adds `more` to what gathers; waits only where that holds as much as it may. Says whether
    /// the journal's end is there.
    #[must_use]
    pub fn add(&self, more: Group) -> bool {
        let mut slot = self.shared.slot();
        loop {
            if slot.ended {
                return false;
            }
            if more.is_empty() {
                return true;
            }
            match slot.group.as_mut() {
                None => slot.group = Some(more),
                Some(group) if self.most.fits(group, &more) => group.join(more),
                Some(_) => {
                    slot = self.shared.sleep(slot, End::Engine);
                    continue;
                }
            }
            self.shared.wake(slot);
            return true;
        }
    }

    /// While a group is written nothing that is done now can be written: sleeps until it is, or for
    /// `most`, so that commands come in numbers and do not wake the engine one by one.
    pub fn pause(&self, most: Duration) {
        let mut slot = self.shared.slot();
        if slot.writes && !slot.ended {
            slot.sleeps = Some(End::Engine);
            let woken = self.shared.changed.wait_timeout(slot, most);
            let (mut slot, _) = woken.unwrap_or_else(PoisonError::into_inner);
            // It woke by itself: nobody need wake it any more.
            slot.sleeps.take_if(|end| *end == End::Engine);
        }
    }
}

impl Emptying {
    /// Waits for a group and takes it whole; nothing when there is none and none will come.
    #[must_use]
    pub fn take(&self) -> Option<Group> {
        let mut slot = self.0.slot();
        slot.writes = false;
        loop {
            if let Some(group) = slot.group.take() {
                slot.writes = true;
                self.0.wake(slot);
                return Some(group);
            }
            if slot.ended {
                return None;
            }
            if slot.sleeps.take().is_some() {
                self.0.changed.notify_one();
            }
            slot = self.0.sleep(slot, End::Journal);
        }
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Drop for Emptying {
    fn drop(&mut self) {
        // Nobody will write it: who waits for it learns so at once.
        drop(self.0.slot().group.take());
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use rhodian_journal::{Entry, Outcome};
    use tokio::sync::{Semaphore, oneshot};

    use super::*;
    use crate::answer::Answer;
    use crate::journal_thread::{Waiter, What};

    /// A group of one command of `bytes`.
    fn one(number: u64, bytes: u32) -> Group {
        let mut group = Group::new(number);
        let room = Arc::new(Semaphore::new(1 << 20)).try_acquire_many_owned(bytes).unwrap();
        let what = What::Entry(0);
        group.wait(Waiter { what, room, reply: oneshot::channel().0, stages: None });
        let (input, outcome) = ([0; 32], Outcome::Accepted);
        group.entries.push(Entry { key: None, input, records: Vec::new(), outcome });
        group
    }

    fn places(group: &Group) -> Vec<usize> {
        let place = |waiter: &Waiter| match waiter.what {
            What::Entry(place) => place,
            _ => usize::MAX,
        };
        group.waiters.iter().map(place).collect()
    }

    #[test]
    fn what_is_added_meanwhile_is_taken_together_and_each_keeps_its_place() {
        let (filling, emptying) = gathering(Most { commands: 3, bytes: 1_000 });
        for number in 1..=3 {
            assert!(filling.add(one(number, 100)));
        }
        assert!(filling.add(Group::new(4)), "of nothing there is nothing to add");
        let group = emptying.take().unwrap();
        assert_eq!((group.number, group.bytes, group.entries.len()), (3, 300, 3));
        assert_eq!(places(&group), [0, 1, 2]);
    }

    /// By commands and by bytes: what does not fit waits until the journal took the rest.
    #[test]
    fn a_full_group_makes_the_engine_wait() {
        for (commands, bytes) in [(2, 1_000), (100, 250)] {
            let (filling, emptying) = gathering(Most { commands, bytes });
            let engine = thread::spawn(move || (1..=5).all(|number| filling.add(one(number, 100))));
            let taken = std::iter::from_fn(|| emptying.take()).map(|group| group.entries.len());
            let sizes: Vec<usize> = taken.collect();
            assert!(sizes.iter().all(|size| *size <= 2), "{sizes:?}");
            assert_eq!(sizes.iter().sum::<usize>(), 5, "nothing is lost at the end");
            assert!(engine.join().unwrap());
        }
    }

    /// Nothing is written: there is no pause. While a group is, it lasts until the journal asks for
    /// the next.
    #[test]
    fn a_pause_lasts_no_longer_than_what_is_written() {
        let (filling, emptying) = gathering(Most { commands: 3, bytes: 1_000 });
        let long = Duration::from_secs(3_600);
        filling.pause(long);
        assert!(filling.add(one(1, 100)));
        filling.pause(long);
        assert_eq!(emptying.take().map(|group| group.number), Some(1));
        let journal = thread::spawn(move || emptying.take().map(|group| group.number));
        filling.pause(long);
        assert!(filling.add(one(2, 100)));
        assert_eq!(journal.join().unwrap(), Some(2));
    }

    /// Who waits for a group that nobody will write learns it at once, and the engine too.
    #[test]
    fn without_a_journal_nobody_is_left_waiting() {
        let (filling, emptying) = gathering(Most { commands: 3, bytes: 1_000 });
        let mut group = one(1, 100);
        let (reply, answer) = oneshot::channel::<Answer>();
        group.waiters[0].reply = reply;
        assert!(filling.add(group));
        drop(emptying);
        assert!(answer.blocking_recv().is_err());
        assert!(!filling.add(one(2, 100)));
    }
}
