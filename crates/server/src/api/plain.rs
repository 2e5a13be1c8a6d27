//! What needs no key: whether it lives, what is measured, what the door understands.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Door, endpoint, openapi as text};
use crate::webhooks::standing as webhooks;

/// `GET /health/live`.
pub async fn live(State(door): State<Arc<Door>>) -> Response {
    health(door.vital.reason().is_none(), "live", "")
}

/// `GET /health/ready`.
pub async fn ready(State(door): State<Arc<Door>>) -> Response {
    // A receiver that is gone stops no commands: it is named, and the status is the door's.
    let failing = door.webhooks.iter().filter(|one| one.is_failing()).count();
    health(door.is_ready(), "ready", &format!(",\"failing_webhooks\":{failing}"))
}

fn health(well: bool, word: &str, more: &str) -> Response {
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = endpoint::json(format!("{{\"{word}\":{well}{more}}}"));
    *response.status_mut() = status;
    response
}

/// `GET /metrics`.
pub async fn metrics(State(door): State<Arc<Door>>) -> Response {
    let (mut text, sequence) = {
        let view = door.follower.read();
        (door.metrics.text(&view, door.is_ready()), view.sequence)
    };
    webhooks::measured(&mut text, &door.webhooks, sequence);
    if let Some(traces) = &door.traces {
        traces.measured(&mut text);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// `GET /openapi.json`.
pub async fn openapi() -> Response {
    endpoint::json(text::text())
}

/// `GET /docs`: the same for people.
pub async fn docs() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text::page()).into_response()
}
