//! Runs the program in a folder of its own and says what came out.
// Each test file uses its part of this.
#![allow(dead_code, missing_docs)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What a run gave.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A folder with a file `claims.csv`, in which commands run.
pub struct World {
    folder: TempDir,
}

impl World {
    pub fn with_claims(claims: impl AsRef<[u8]>) -> Self {
        let world = Self { folder: TempDir::new().unwrap() };
        fs::write(world.path("claims.csv"), claims).unwrap();
        world
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// The names in the folder, sorted, hidden ones included.
    pub fn names(&self) -> Vec<String> {
        names_in(self.folder.path())
    }

    /// Runs `rhodian` with words separated by spaces.
    pub fn run(&self, words: &str) -> Ran {
        self.run_with(words, b"")
    }

    /// Runs `rhodian` with words separated by spaces and a standard input.
    pub fn run_with(&self, words: &str, stdin: &[u8]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rhodian"))
            .args(words.split(' ').filter(|word| !word.is_empty()))
            .current_dir(self.folder.path())
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read its input closes it, which is no fault here.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        let output = child.wait_with_output().unwrap();
        Ran {
            status: output.status.code().expect("ended by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
