//! Webhooks: committed events, told to receivers elsewhere. Signed, in order, each again until it
//! is taken; a receiver that is slow or gone holds up nobody but itself.
//!
//! A sender reads what the follower applied, as streams do, and keeps no queue: how far it is, is a
//! number in the data folder. An event is told at least once; its id is the same every time.

pub mod choice;
pub mod cursor;
pub mod post;
pub mod secret;
pub mod sender;
pub mod settings;
pub mod standing;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use sender::Sender;
pub use settings::Settings;
pub use standing::{Standing, WebhookView};

use crate::service::Error;
use crate::tls;
use cursor::Cursor;
use post::Post;
use secret::Secret;

/// What delivers the webhooks of a configuration; a new one begins after `head`, the last event.
///
/// # Errors
///
/// A secret, an authority or a cursor cannot be read.
pub fn open(all: &[Settings], data: &Path, head: u64) -> Result<Vec<Sender>, Error> {
    all.iter().map(|one| open_one(one, data, head)).collect()
}

fn open_one(settings: &Settings, data: &Path, head: u64) -> Result<Sender, Error> {
    let wrong = |what: String| Error::Config(format!("webhook {:?}: {what}", settings.name));
    let target = settings.target().map_err(wrong)?;
    let events = choice::read(&settings.events).map_err(wrong)?;
    let secret = Secret::open(settings).map_err(wrong)?;
    let tls = match target.secure {
        true => Some(tls::client(settings.authority.as_deref()).map_err(wrong)?),
        false => None,
    };
    let cursor = Cursor::open(data, &settings.name, head)?;
    let standing = Standing::new(settings.name.clone(), target.shown(), events, cursor.at());
    let post = Post::new(target, tls, Duration::from_millis(settings.timeout));
    let waits = [settings.retry_after, settings.retry_at_most].map(Duration::from_millis);
    let waits = waits.into();
    Ok(Sender { standing: Arc::new(standing), secret, post, cursor, waits })
}

impl Sender {
    /// How it stands, for others to read.
    #[must_use]
    pub fn standing(&self) -> Arc<Standing> {
        Arc::clone(&self.standing)
    }
}
