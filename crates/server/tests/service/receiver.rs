//! A receiver of webhooks in the test's own process, as good or as bad as it is told to be.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub taken: bool,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body is JSON")
    }

    pub fn sequence(&self) -> u64 {
        self.json()["data"]["sequence"].as_u64().expect("a sequence number")
    }
}

/// What a receiver does with a request.
#[derive(Clone, Debug)]
pub enum Do {
    /// Answers with a status, and a place to go where it is a redirect.
    Say(u16, Option<String>),
    /// Closes the connection without a word.
    Close,
    /// Answers late that it took it.
    Late(Duration),
}

pub const TAKE: Do = Do::Say(204, None);

type Behaviour = Box<dyn Fn(usize) -> Do + Send + Sync>;

struct Inner {
    heard: Mutex<Vec<Heard>>,
    open: Mutex<Option<Vec<TcpStream>>>,
    behave: Mutex<Behaviour>,
    tls: Option<Arc<ServerConfig>>,
}

pub struct Receiver {
    pub address: SocketAddr,
    inner: Arc<Inner>,
}

impl Receiver {
    /// One that does as `behave` says with the request of each number, from 0.
    pub fn start(behave: impl Fn(usize) -> Do + Send + Sync + 'static) -> Self {
        Self::on(SocketAddr::from(([127, 0, 0, 1], 0)), None, behave)
    }

    pub fn on(
        address: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        behave: impl Fn(usize) -> Do + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("a port");
        let address = listener.local_addr().expect("its address");
        let inner = Arc::new(Inner {
            heard: Mutex::default(),
            open: Mutex::new(Some(Vec::new())),
            behave: Mutex::new(Box::new(behave)),
            tls,
        });
        let ours = Arc::clone(&inner);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.expect("a connection");
                match ours.open.lock().expect("no panic").as_mut() {
                    Some(open) => open.push(stream.try_clone().expect("a handle")),
                    None => return,
                }
                let ours = Arc::clone(&ours);
                thread::spawn(move || ours.serve(stream));
            }
        });
        Self { address, inner }
    }

    pub fn behave(&self, behave: impl Fn(usize) -> Do + Send + Sync + 'static) {
        *self.inner.behave.lock().expect("no panic") = Box::new(behave);
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.inner.heard.lock().expect("no panic").clone()
    }

    /// What it took, in order.
    pub fn taken(&self) -> Vec<Heard> {
        self.heard().into_iter().filter(|heard| heard.taken).collect()
    }

    /// Waits until it took the event `sequence`.
    pub fn until(&self, sequence: u64) {
        let end = Instant::now() + Duration::from_secs(30);
        while self.taken().last().is_none_or(|heard| heard.sequence() < sequence) {
            assert!(Instant::now() < end, "event {sequence} never came");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Dies: every connection ends, and nobody listens any more.
    pub fn die(self) -> Vec<Heard> {
        let open = self.inner.open.lock().expect("no panic").take();
        for stream in open.into_iter().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // The listener ends with the next connection.
        let _ = TcpStream::connect(self.address);
        self.taken()
    }
}

impl Inner {
    fn serve(&self, stream: TcpStream) {
        let socket = stream.try_clone().expect("a handle");
        match &self.tls {
            None => self.answer(stream),
            Some(tls) => {
                let connection = ServerConnection::new(Arc::clone(tls)).expect("a connection");
                self.answer(StreamOwned::new(connection, stream));
            }
        }
        let _ = socket.shutdown(Shutdown::Both);
    }

    fn answer(&self, stream: impl Read + Write) {
        let mut from = BufReader::new(stream);
        while let Some(mut heard) = request(&mut from) {
            let mut all = self.heard.lock().expect("no panic");
            let what = self.behave.lock().expect("no panic")(all.len());
            heard.taken = matches!(&what, Do::Say(200..300, _));
            all.push(heard);
            drop(all);
            let reply = match what {
                Do::Close => return,
                Do::Late(time) => {
                    thread::sleep(time);
                    "HTTP/1.1 204 Late\r\n\r\n".to_owned()
                }
                Do::Say(status, place) => {
                    let place = place.map(|place| format!("location: {place}\r\n"));
                    let place = place.unwrap_or_default();
                    format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n{place}\r\n")
                }
            };
            if from.get_mut().write_all(reply.as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// The next request of a connection, if one comes whole.
fn request(from: &mut impl BufRead) -> Option<Heard> {
    let mut line = String::new();
    if from.read_line(&mut line).ok()? == 0 {
        return None;
    }
    assert!(line.starts_with("POST "), "{line}");
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    Some(Heard { headers, body: String::from_utf8(body).ok()?, taken: false })
}
