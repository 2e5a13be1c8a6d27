//! The HTTP door: one table of endpoints, from which come the router, the OpenAPI text and the
//! test that nothing of core is missing.

pub mod args;
pub mod commands;
pub mod each_rule;
pub mod endpoint;
pub mod events;
pub mod gate;
pub mod incidents;
pub mod keys;
pub mod openapi;
pub mod own_events;
pub mod plain;
pub mod queries;
pub mod receipts;
pub mod views;
pub mod webhooks;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::Method;
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use rhodian_journal::Reader;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

pub use gate::Sessions;

use crate::audit::Audit;
use crate::config::Config;
use crate::dashboard;
use crate::follower::Follower;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::rate::{Buckets, Slots};
use crate::service::{Requests, Vital};
use crate::traces::Traces;
use crate::webhooks::Standing;

/// How many reads that cost the size of the state or of the journal run at once.
pub const PASSES: usize = 2;
/// How many of the reads that participants and pages may ask for run at once: apart from the
/// others, so that neither keeps the others waiting.
pub const TURNS: usize = 2;
/// How long such a read waits for its turn.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What every call works with.
#[allow(missing_debug_implementations, reason = "it holds secrets")]
pub struct Door {
    /// What the venue said.
    pub config: Config,
    /// The venue's name, as its folder keeps it.
    pub venue: String,
    /// What is committed.
    pub follower: Arc<Follower>,
    /// The journal's reading side.
    pub reader: Reader,
    /// The keys.
    pub keys: Keys,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// Whether the service can go on.
    pub vital: Arc<Vital>,
    /// The way commands go in; nothing once the service stops.
    pub requests: Requests,
    /// How many bytes of commands may wait or be written.
    pub room: Arc<Semaphore>,
    /// Whether the service stops.
    pub stopping: watch::Receiver<bool>,
    /// How often each key may call.
    pub buckets: Buckets,
    /// For reads that cost the size of the state or of the journal: so many at once.
    pub passes: Arc<Semaphore>,
    /// For reads of that size that participants and pages may ask for.
    pub turns: Arc<Semaphore>,
    /// How many streams each key has open.
    pub slots: Arc<Slots>,
    /// The refused calls.
    pub audit: Audit,
    /// Who reads in a browser.
    pub sessions: Sessions,
    /// How the webhooks stand.
    pub webhooks: Vec<Arc<Standing>>,
    /// Which calls are traced, where the configuration names a collector.
    pub traces: Option<Traces>,
}

impl Door {
    /// Whether commands are taken.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.vital.is_well() && !*self.stopping.borrow()
    }

    /// Lets a read in that costs the size of the state or of the journal.
    ///
    /// # Errors
    ///
    /// As many as may are under way.
    pub fn pass(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let busy = |_| Problem::new("busy", "reads of this size are under way: ask again").after(1);
        Arc::clone(&self.passes).try_acquire_owned().map_err(busy)
    }

    /// The same for what participants and pages read, which come often: it waits its turn before
    /// it is refused.
    ///
    /// # Errors
    ///
    /// No turn came within [`PATIENCE`].
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        wait_for(&self.turns, PATIENCE).await
    }

    /// Charges `key` for a call.
    ///
    /// # Errors
    ///
    /// It calls more often than it may.
    pub fn charge(&self, key: Option<u32>) -> Result<(), Problem> {
        let Some(key) = key else { return Ok(()) };
        self.buckets.take(key, Instant::now()).map_err(|wait| {
            let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(1);
            let detail = "this key calls more often than it may";
            Problem::new("too-many-requests", detail).after(seconds)
        })
    }
}

/// Waits for one of `turns`, no longer than `patience`.
async fn wait_for(
    turns: &Arc<Semaphore>,
    patience: Duration,
) -> Result<OwnedSemaphorePermit, Problem> {
    let turn = tokio::time::timeout(patience, Arc::clone(turns).acquire_owned()).await;
    let busy = || Problem::new("busy", "others read as much: ask again").after(5);
    turn.map_err(|_| busy())?.map_err(|_| busy())
}

/// The router of everything.
pub fn router(door: Arc<Door>) -> Router {
    let mut router = Router::new();
    for endpoint in endpoint::table() {
        let path = endpoint.path;
        let endpoint = Arc::new(endpoint);
        router = router.route(
            path,
            get(move |state, request| endpoint::answer(state, Arc::clone(&endpoint), request)),
        );
    }
    router
        .route("/v1/commands", post(commands::command))
        .route("/v1/events", get(events::events))
        .route("/v1/pulse", get(events::pulse))
        .route("/v1/accounts/{account}/events", get(own_events::events))
        .route("/v1/losses/{loss}/events", get(events::of_loss))
        .route("/v1/losses/{loss}/rules/{account}", get(each_rule::each_rule))
        .route("/v1/losses/{loss}/receipts/{account}", get(receipts::receipt))
        .route("/v1/domains/{domain}/standing/{account}", get(receipts::standing))
        .route("/v1/episodes/{episode}/proof", get(receipts::episode))
        .route("/v1/episodes/{episode}/incident", get(incidents::incident))
        .route("/v1/head", get(receipts::head))
        .route("/v1/public-key", get(receipts::public_key))
        .route("/v1/keys", get(keys::list).post(keys::give))
        .route("/v1/keys/{key}", delete(keys::revoke))
        .route("/v1/audit", get(keys::audit))
        .route("/v1/webhooks", get(webhooks::list))
        .route("/health/live", get(plain::live))
        .route("/health/ready", get(plain::ready))
        .route("/metrics", get(plain::metrics))
        .route("/openapi.json", get(plain::openapi))
        .route("/docs", get(plain::docs))
        .merge(dashboard::router())
        .fallback(|| async { Problem::new("not-found", "there is nothing at this path") })
        .method_not_allowed_fallback(|method: Method| async move {
            let detail = format!("{method} is not for this path");
            Problem::new("method-not-allowed", detail).into_response()
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&door), gate::gate))
        .with_state(door)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_waited_for_and_refused_after_a_while() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let turns = Arc::new(Semaphore::new(1));
            let held = wait_for(&turns, PATIENCE).await.unwrap();
            let refused = wait_for(&turns, Duration::from_millis(20)).await.unwrap_err();
            assert_eq!((refused.status, refused.code.as_ref()), (503, "busy"));
            let leaves = async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                drop(held);
            };
            let (turn, ()) = futures_util::future::join(wait_for(&turns, PATIENCE), leaves).await;
            assert!(turn.is_ok());
        });
    }
}
