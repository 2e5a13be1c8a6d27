//! One attempt: a POST to one receiver over one connection, which is kept for the next. Nothing is
//! followed anywhere else, and of the answer only its status counts.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::target::Target;

/// The most that is read of an answer, so that its connection can be kept.
const MOST_ANSWER: usize = 64 << 10;

/// A message for one attempt.
#[derive(Clone, Debug)]
pub struct Message {
    /// What stands above the body beside host, type and agent.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Bytes,
}

/// A connection that is open. What drives it ends with it.
#[derive(Debug)]
struct Link {
    sender: SendRequest<Full<Bytes>>,
    _driver: JoinSet<()>,
}

/// Who posts to one receiver.
#[derive(Debug)]
pub struct Post {
    target: Target,
    tls: Option<Arc<ClientConfig>>,
    within: Duration,
    link: Option<Link>,
}

impl Post {
    /// To `target`, each attempt within a time.
    #[must_use]
    pub const fn new(target: Target, tls: Option<Arc<ClientConfig>>, within: Duration) -> Self {
        Self { target, tls, within, link: None }
    }

    /// Whether the receiver took the message: it answered 200 to 299 in time.
    ///
    /// # Errors
    ///
    /// Why not, in words that hold nothing of the message.
    pub async fn send(&mut self, message: Message) -> Result<(), String> {
        let open = self.link.take().filter(|link| !link.sender.is_closed());
        let within = self.within;
        let attempt = timeout(within, self.attempt(open, message)).await;
        let late = || format!("no answer within {} ms", within.as_millis());
        let (status, link) = attempt.map_err(|_| late())??;
        self.link = link;
        if (200..300).contains(&status) { Ok(()) } else { Err(format!("status {status}")) }
    }

    async fn attempt(
        &self,
        open: Option<Link>,
        message: Message,
    ) -> Result<(u16, Option<Link>), String> {
        let mut link = match open {
            Some(link) => link,
            None => self.connect().await?,
        };
        let request = self.request(message)?;
        let lost = |error: hyper::Error| format!("the connection was lost: {error}");
        link.sender.ready().await.map_err(lost)?;
        let answer = link.sender.send_request(request).await.map_err(lost)?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), MOST_ANSWER).collect().await;
        Ok((status, body.is_ok().then_some(link)))
    }

    fn request(&self, message: Message) -> Result<Request<Full<Bytes>>, String> {
        let agent = concat!("rhodian/", env!("CARGO_PKG_VERSION"));
        let mut request = Request::post(&self.target.path)
            .header(header::HOST, &self.target.authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, agent);
        for (name, value) in message.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(message.body)).map_err(|error| format!("no request: {error}"))
    }

    async fn connect(&self) -> Result<Link, String> {
        let Target { host, port, .. } = &self.target;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((bare, *port)).await;
        let stream = stream.map_err(|error| format!("cannot connect: {error}"))?;
        // A lost small segment would cost more than it saves.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return link(TokioIo::new(stream)).await };
        let name = ServerName::try_from(bare.to_owned());
        let name = name.map_err(|error| format!("no name for a certificate: {error}"))?;
        let secure = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await;
        let secure = secure.map_err(|error| format!("no encrypted connection: {error}"))?;
        link(TokioIo::new(secure)).await
    }
}

async fn link<T: Read + Write + Unpin + Send + 'static>(io: T) -> Result<Link, String> {
    let (sender, connection) =
        http1::handshake(io).await.map_err(|error| format!("no connection: {error}"))?;
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        // Whoever waits for the answer is told the error.
        let _ = connection.await;
    });
    Ok(Link { sender, _driver: driver })
}
