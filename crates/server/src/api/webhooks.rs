//! How the webhooks stand, for the administrator: their secrets are nowhere in it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use super::{Door, args, endpoint};
use crate::access::Level;
use crate::problem::Problem;
use crate::webhooks::WebhookView;

/// `GET /v1/webhooks`.
pub async fn list(State(door): State<Arc<Door>>, request: Request) -> Result<Response, Problem> {
    let (caller, args, _) = endpoint::read(request).await?;
    endpoint::must_call(caller)?.may_read(Level::Keys)?;
    args::known(&args, [].into_iter())?;
    let sequence = door.follower.read().sequence;
    let views: Vec<WebhookView> = door.webhooks.iter().map(|one| one.view(sequence)).collect();
    Ok(endpoint::json(serde_json::to_vec(&views).unwrap_or_default()))
}
