//! Keys and refused calls, for the administrator and for auditors.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Door, args, endpoint};
use crate::access::Level;
use crate::keys::NewKey;
use crate::problem::Problem;

fn written(value: &impl Serialize, status: StatusCode) -> Response {
    let mut response = endpoint::json(serde_json::to_vec(value).unwrap_or_default());
    *response.status_mut() = status;
    response
}

/// `GET /v1/keys`.
pub async fn list(State(door): State<Arc<Door>>, request: Request) -> Result<Response, Problem> {
    let (caller, args, _) = endpoint::read(request).await?;
    endpoint::must_call(caller)?.may_read(Level::Keys)?;
    args::known(&args, [].into_iter())?;
    Ok(written(&door.keys.list(), StatusCode::OK))
}

/// `POST /v1/keys`.
pub async fn give(State(door): State<Arc<Door>>, request: Request) -> Result<Response, Problem> {
    let (caller, _, request) = endpoint::read(request).await?;
    endpoint::must_call(caller)?.may_read(Level::Keys)?;
    let limit = door.config.body_limit;
    let body = to_bytes(request.into_body(), limit).await.map_err(|_| {
        Problem::new("body-too-large", format!("a body has at most {limit} bytes, and ends"))
    })?;
    let asked: NewKey = serde_json::from_slice(&body)
        .map_err(|error| Problem::new("body-not-read", format!("no key: {error}")))?;
    Ok(written(&door.keys.give(asked)?, StatusCode::CREATED))
}

/// `DELETE /v1/keys/{key}`.
pub async fn revoke(State(door): State<Arc<Door>>, request: Request) -> Result<Response, Problem> {
    let (caller, args, _) = endpoint::read(request).await?;
    endpoint::must_call(caller)?.may_read(Level::Keys)?;
    Ok(written(&door.keys.revoke(args.must("key")?)?, StatusCode::OK))
}

/// `GET /v1/audit`.
pub async fn audit(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, _) = endpoint::read(request).await?;
        endpoint::must_call(caller)?.may_read(Level::Audit)?;
        args::known(&args, ["after", "limit"].into_iter())?;
        let (after, limit) = (args.maybe("after")?.unwrap_or(0), args.limit()?);
        let items = door.audit.after(after, limit);
        let next = (items.len() == limit).then(|| items.last().map(|one| one.number)).flatten();
        Ok::<_, Problem>(written(&endpoint::Page { items, next }, StatusCode::OK))
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}
