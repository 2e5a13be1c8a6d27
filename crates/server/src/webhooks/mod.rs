//! Webhooks: committed events, told to receivers elsewhere. Signed, in order, each again until it
//! is taken; a receiver that is slow or gone holds up nobody but itself.
//!
//! A sender reads what the follower applied, as streams do, and keeps no queue: how far it is, is a
//! number in the data folder. An event is told at least once; its id is the same every time.

pub mod choice;
pub mod cursor;
pub mod secret;
pub mod sender;
pub mod settings;
pub mod standing;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use sender::Sender;
pub use settings::Settings;
pub use standing::{Standing, WebhookView};

use crate::outgoing::Post;
use crate::service::Error;
use crate::tls;
use cursor::Cursor;
use secret::Secret;

/// A webhook with all that it needs but its place: read before anything is written.
#[derive(Debug)]
pub struct Webhook {
    name: String,
    url: String,
    events: BTreeSet<String>,
    secret: Secret,
    post: Post,
    waits: (Duration, Duration),
}

/// The webhooks of a configuration.
///
/// # Errors
///
/// A secret or an authority cannot be read.
pub fn read(all: &[Settings]) -> Result<Vec<Webhook>, Error> {
    let named = |one: &Settings, what| Error::Config(format!("webhook {:?}: {what}", one.name));
    all.iter().map(|one| Webhook::read(one).map_err(|what| named(one, what))).collect()
}

impl Webhook {
    fn read(settings: &Settings) -> Result<Self, String> {
        let target = settings.target()?;
        let tls = match target.secure {
            true => Some(tls::client(settings.authority.as_deref())?),
            false => None,
        };
        Ok(Self {
            name: settings.name.clone(),
            url: target.shown(),
            events: choice::read(&settings.events)?,
            secret: Secret::open(settings)?,
            post: Post::new(target, tls, Duration::from_millis(settings.timeout)),
            waits: (
                Duration::from_millis(settings.retry_after),
                Duration::from_millis(settings.retry_at_most),
            ),
        })
    }

    /// What delivers it, from the place that the folder `data` keeps; a new one begins after
    /// `head`, the last event.
    ///
    /// # Errors
    ///
    /// The place cannot be read.
    pub fn open(self, data: &Path, head: u64) -> Result<Sender, Error> {
        let Self { name, url, events, secret, post, waits } = self;
        let cursor = Cursor::open(data, &name, head)?;
        let standing = Arc::new(Standing::new(name, url, events, cursor.at()));
        Ok(Sender { standing, secret, post, cursor, waits })
    }
}

impl Sender {
    /// How it stands, for others to read.
    #[must_use]
    pub fn standing(&self) -> Arc<Standing> {
        Arc::clone(&self.standing)
    }
}
