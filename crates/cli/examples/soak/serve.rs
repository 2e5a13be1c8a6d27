//! The real program on a folder: started, looked at from outside, killed.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `rhodian serve`, running.
pub struct Serve {
    child: Child,
    pub address: SocketAddr,
    /// The administrator's, at the first start.
    pub key: Option<String>,
}

impl Serve {
    /// Starts `program` in `home`, the `first` time or not: on the folder `venue` in it, with the
    /// file `config`; what it logs goes to `log`.
    pub fn start(program: &Path, home: &Path, first: bool) -> io::Result<Self> {
        let (data, log, config) = (home.join("venue"), home.join("log"), home.join("config"));
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--venue", super::VENUE, "--data"]);
        command
            .arg(data)
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command.spawn()?;
        let out = child.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        let (mut address, mut key) = (None, None);
        for line in BufReader::new(out).lines() {
            let line = line?;
            if let Some(text) = line.strip_prefix("listening on http://") {
                address = text.parse().ok();
            } else if line.starts_with("rhodian_") {
                key = Some(line);
            }
            if address.is_some() && (key.is_some() || !first) {
                break;
            }
        }
        let address = address.ok_or_else(|| io::Error::other("it did not start: see its log"))?;
        Ok(Self { child, address, key })
    }

    /// The memory it holds, in bytes.
    pub fn resident(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kilobytes.map(|n| n * 1024).ok_or_else(|| io::Error::other("the service is gone"))
    }

    /// Kills it as a power failure would: nothing is finished.
    pub fn kill(mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }

    /// Stops it in order; whether it said that all is well.
    pub fn stop(mut self) -> io::Result<bool> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        Ok(self.child.wait()?.success())
    }
}
