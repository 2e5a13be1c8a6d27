//! A blocking client that keeps its connection, as a venue's matching engine does.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take: longer is a fault.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Whether it says when to come again.
    pub retry_after: bool,
    /// The number of the last event of an accepted command.
    pub sequence: Option<u64>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The stable code of a refusal.
    pub fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["code"].as_str().unwrap_or("no code").to_owned()
    }

    /// The sequence numbers of an accepted command: its body begins with the first.
    pub fn range(&self) -> Option<(u64, u64)> {
        let digits = self.body.strip_prefix(br#"{"first":"#)?;
        let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
        let first = std::str::from_utf8(&digits[..end]).ok()?.parse().ok()?;
        Some((first, self.sequence?))
    }
}

/// A connection under one key.
pub struct Client {
    address: SocketAddr,
    key: String,
    open: Option<BufReader<TcpStream>>,
}

impl Client {
    pub fn new(address: SocketAddr, key: &str) -> Self {
        Self { address, key: key.to_owned(), open: None }
    }

    /// Asks, and reads the whole answer; `more` are lines of the head.
    pub fn call(&mut self, verb: &str, path: &str, more: &str, body: &str) -> io::Result<Answer> {
        let mut from = match self.open.take() {
            Some(open) => open,
            None => BufReader::new(connect(self.address)?),
        };
        let head = head(verb, path, &self.key, more, body.len());
        from.get_mut().write_all([head.as_bytes(), body.as_bytes()].concat().as_slice())?;
        let (mut answer, length) = read_head(&mut from)?;
        let length = length.ok_or_else(|| io::Error::other("an answer without a length"))?;
        answer.body.resize(length, 0);
        from.read_exact(&mut answer.body)?;
        self.open = Some(from);
        Ok(answer)
    }

    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.call("GET", path, "", "")
    }

    /// Opens a stream: what it sends, without the frames of the transfer.
    pub fn stream(&self, path: &str) -> io::Result<impl BufRead + use<>> {
        let mut from = BufReader::new(connect(self.address)?);
        let head = head("GET", path, &self.key, "accept: text/event-stream\r\n", 0);
        from.get_mut().write_all(head.as_bytes())?;
        let (answer, length) = read_head(&mut from)?;
        if answer.status != 200 || length.is_some() {
            return Err(io::Error::other(format!("{path} is no stream: {}", answer.status)));
        }
        Ok(BufReader::new(Chunks { from, left: 0 }))
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn head(verb: &str, path: &str, key: &str, more: &str, length: usize) -> String {
    format!(
        "{verb} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         content-length: {length}\r\n{more}\r\n"
    )
}

fn read_head(from: &mut impl BufRead) -> io::Result<(Answer, Option<usize>)> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no answer: {line:?}")))?;
    let mut answer = Answer { status, retry_after: false, sequence: None, body: Vec::new() };
    let mut length = None;
    loop {
        line.clear();
        from.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name {
            "content-length" => length = value.trim().parse().ok(),
            "retry-after" => answer.retry_after = true,
            "rhodian-sequence" => answer.sequence = value.trim().parse().ok(),
            _ => {}
        }
    }
    Ok((answer, length))
}

/// The body of an answer that comes in chunks.
struct Chunks {
    from: BufReader<TcpStream>,
    left: usize,
}

impl Read for Chunks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            let mut line = String::new();
            if self.from.read_line(&mut line)? == 0 {
                return Ok(0);
            }
            // The line between two chunks is empty.
            if line.trim().is_empty() {
                continue;
            }
            let length = usize::from_str_radix(line.trim(), 16);
            self.left = length.map_err(|error| io::Error::other(format!("{line:?}: {error}")))?;
            if self.left == 0 {
                return Ok(0);
            }
        }
        let most = into.len().min(self.left);
        let read = self.from.read(&mut into[..most])?;
        self.left -= read;
        Ok(read)
    }
}
