//! Work on long columns in parts, one thread for each. What comes out never depends on how many.

use std::thread;

/// How many threads work at once.
#[must_use]
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(8)
}

/// The least entries that are worth a thread of their own.
const PART: usize = 1 << 16;

/// The length of each part of a column but the last, which may be shorter; at least 1.
fn part_length(length: usize) -> usize {
    length.div_ceil(threads().min(length / PART).max(1)).max(1)
}

/// Calls `work` with parts of a column and the index at which each begins.
pub fn each_part<T: Send>(column: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    let part = part_length(column.len());
    if part >= column.len() {
        return work(0, column);
    }
    thread::scope(|scope| {
        let work = &work;
        for (index, values) in column.chunks_mut(part).enumerate() {
            scope.spawn(move || work(index * part, values));
        }
    });
}

/// Does two things about columns of a length, side by side where they are long.
pub fn both<A: Send, B>(
    length: usize,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B,
) -> (A, B) {
    if length < PART || threads() == 1 {
        return (one(), other());
    }
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_once_and_in_order() {
        for length in [0, 1, PART, 2 * PART + 1, 10 * PART - 1] {
            let mut column = vec![0; length];
            each_part(&mut column, |start, part| {
                part.iter_mut().enumerate().for_each(|(index, value)| *value += start + index);
            });
            assert!(column.into_iter().eq(0..length), "{length}");
        }
    }
}
