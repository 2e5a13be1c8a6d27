//! A disk in memory that forgets: what was written since the last sync may be gone, torn or there
//! in any part, whenever the power fails.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::io;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

/// What is written whole or not at all.
const SECTOR: usize = 512;

#[derive(Clone, Debug)]
enum Unsynced {
    Length(usize),
    Write(usize, Vec<u8>),
}

/// The disk of a process that may die at any moment.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    durable: Vec<u8>,
    /// As the process sees it: with everything it wrote.
    seen: Vec<u8>,
    unsynced: Vec<Unsynced>,
    /// No byte beyond fits.
    room: Option<usize>,
    /// How many crash images to keep at each sync; their generator.
    images: usize,
    random: u64,
    crashes: Vec<Vec<u8>>,
    syncs: usize,
}

impl Inner {
    fn next(&mut self) -> u64 {
        // xorshift64*: only spreads the cases.
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// What the disk may hold if the power fails now: each sector that was written since the last
    /// sync with a chance of `kept` in 8.
    fn crash(&mut self, kept: u64) -> Vec<u8> {
        let mut image = self.durable.clone();
        for unsynced in self.unsynced.clone() {
            match unsynced {
                Unsynced::Length(length) => {
                    if self.next() % 8 < kept {
                        image.resize(length, 0);
                    }
                }
                Unsynced::Write(offset, data) => {
                    let mut at = 0;
                    while at < data.len() {
                        let sector = (offset + at) / SECTOR * SECTOR;
                        let end = data.len().min(sector + SECTOR - offset);
                        if self.next() % 8 < kept {
                            let needed = offset + end;
                            if image.len() < needed {
                                image.resize(needed, 0);
                            }
                            image[offset + at..needed].copy_from_slice(&data[at..end]);
                        }
                        at = end;
                    }
                }
            }
        }
        image
    }
}

impl Disk {
    /// A disk that holds `image`.
    pub fn of(image: Vec<u8>) -> Self {
        let disk = Self::default();
        {
            let mut inner = disk.0.lock().unwrap();
            inner.durable.clone_from(&image);
            inner.seen = image;
        }
        disk
    }

    /// Keeps `images` crash images at every sync from now on, drawn from `seed`.
    pub fn crash_at_every_sync(&self, images: usize, seed: u64) {
        let mut inner = self.0.lock().unwrap();
        inner.images = images;
        inner.random = seed | 1;
    }

    /// The crash images since the last call.
    pub fn take_crashes(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.0.lock().unwrap().crashes)
    }

    pub fn syncs(&self) -> usize {
        self.0.lock().unwrap().syncs
    }

    /// Takes no byte beyond `room`; all there is again with `None`.
    pub fn limit(&self, room: Option<usize>) {
        self.0.lock().unwrap().room = room;
    }

    pub fn length(&self) -> usize {
        self.0.lock().unwrap().seen.len()
    }

    /// What is on it when the process is killed and the power stays: everything written.
    pub fn image(&self) -> Vec<u8> {
        self.0.lock().unwrap().seen.clone()
    }

    /// What is on it when the power fails and nothing unsynced was kept.
    pub fn durable(&self) -> Vec<u8> {
        self.0.lock().unwrap().durable.clone()
    }
}

fn full() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let inner = self.0.lock().unwrap();
        let offset = offset as usize;
        let found = inner.seen.get(offset..offset + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap();
        let length = length as usize;
        if inner.room.is_some_and(|room| length > room) {
            return Err(full());
        }
        inner.seen.resize(length, 0);
        inner.unsynced.push(Unsynced::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap();
        inner.syncs += 1;
        for image in 0..inner.images {
            // Nothing of it, all of it, then every share between.
            let kept = [0, 8, 4, 7, 1, 6, 2][image % 7];
            let crash = inner.crash(kept);
            inner.crashes.push(crash);
        }
        inner.durable = inner.seen.clone();
        inner.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap();
        let offset = offset as usize;
        let target = inner.seen.get_mut(offset..offset + data.len());
        target.ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        inner.unsynced.push(Unsynced::Write(offset, data.to_vec()));
        Ok(())
    }
}
