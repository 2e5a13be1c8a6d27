//! Every scenario of the repository runs with the engine's watch and without it, and the events are
//! the same to the last byte.

use std::path::{Path, PathBuf};

use rhodian_cli::loss_file;
use rhodian_cli::run::{self, events::EventLog};
use rhodian_cli::venue_file;
use rhodian_cli::venue_run::{Driver, Options};

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|of| of == "toml")).collect();
    files.sort();
    files
}

fn bytes(log: Option<EventLog>) -> Vec<u8> {
    let mut out = Vec::new();
    log.unwrap().copy_to(&mut out).unwrap();
    out
}

fn of_losses(path: &Path, watch: bool) -> Option<Vec<u8>> {
    let file = loss_file::read(path).ok()?;
    let log = EventLog::new().unwrap();
    let driver = match watch {
        true => run::Driver::open(&file, Some(log), false),
        false => run::Driver::without_watch(&file, log),
    };
    Some(bytes(driver.unwrap().run().unwrap().log))
}

fn of_venue(path: &Path, watch: bool) -> Vec<u8> {
    let file = venue_file::read(path).unwrap();
    let options = Options { keep: true, without_watch: !watch, ..Options::default() };
    bytes(Driver::open(&file, options).unwrap().run().unwrap().log)
}

#[test]
fn scenarios_are_the_same_without_the_watch() {
    let (mut losses, mut venues) = (0, 0);
    for path in scenarios() {
        let (with, without) = match of_losses(&path, true) {
            Some(events) => {
                losses += 1;
                (events, of_losses(&path, false).unwrap())
            }
            None => {
                venues += 1;
                (of_venue(&path, true), of_venue(&path, false))
            }
        };
        assert!(!with.is_empty() && with == without, "{}", path.display());
    }
    assert!(losses >= 6 && venues >= 5, "{losses} loss files, {venues} venue files");
}
