//! The door behind TLS: connections are made secure one beside the other, so that a caller who says
//! nothing holds up nobody, and one who does not speak TLS is never heard.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use futures_util::future::{Either, select};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// How long a caller may take to make his connection secure.
const WITHIN: Duration = Duration::from_secs(10);
/// The most connections that are being made secure; one more waits to be taken.
const MOST: usize = 1_024;

type Secure = (TlsStream<TcpStream>, SocketAddr);

/// A listener whose connections are secure.
#[allow(missing_debug_implementations, reason = "it holds a key")]
pub struct SecureListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    begun: JoinSet<Option<Secure>>,
}

impl SecureListener {
    /// One that shows the certificate of `config`.
    #[must_use]
    pub fn new(listener: TcpListener, config: Arc<ServerConfig>) -> Self {
        Self { listener, acceptor: TlsAcceptor::from(config), begun: JoinSet::new() }
    }

    /// A new connection, or the end of one that was being made secure.
    async fn next(&mut self) -> Either<Option<Secure>, (TcpStream, SocketAddr)> {
        let Self { listener, begun, .. } = self;
        let has_room = begun.len() < MOST;
        let made = pin!(async {
            match begun.join_next().await {
                Some(made) => made.ok().flatten(),
                None => pending().await,
            }
        });
        let new = pin!(async {
            if has_room { Listener::accept(listener).await } else { pending().await }
        });
        match select(made, new).await {
            Either::Left((made, _)) => Either::Left(made),
            Either::Right((new, _)) => Either::Right(new),
        }
    }
}

impl Listener for SecureListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.next().await {
                Either::Left(Some(secure)) => return secure,
                Either::Left(None) => {}
                Either::Right((stream, address)) => {
                    let secure = self.acceptor.accept(stream);
                    self.begun.spawn(async move {
                        // Who does not speak TLS, or is too slow, is not answered.
                        let secure = timeout(WITHIN, secure).await.ok()?.ok()?;
                        Some((secure, address))
                    });
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
