//! Errors at the door: problem details (RFC 9457) with a stable code.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the door says when it refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// `urn:rhodian:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status of the answer.
    pub status: u16,
    /// The code in words.
    pub title: String,
    /// One sentence with the numbers that explain it.
    pub detail: String,
    /// The stable code: of the engine, or of the door.
    pub code: String,
    /// The engine's refusal with its numbers, where the engine refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rejection: Option<Box<Value>>,
    /// After how many seconds to try again, where that helps.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after: Option<u32>,
}

/// The codes of the door itself, each with its status.
pub const CODES: &[(&str, StatusCode)] = &[
    ("body-not-read", StatusCode::BAD_REQUEST),
    ("parameter-not-read", StatusCode::BAD_REQUEST),
    ("key-not-read", StatusCode::BAD_REQUEST),
    ("no-key", StatusCode::UNAUTHORIZED),
    ("unknown-key", StatusCode::UNAUTHORIZED),
    ("not-for-role", StatusCode::FORBIDDEN),
    ("not-own", StatusCode::FORBIDDEN),
    ("not-this-host", StatusCode::MISDIRECTED_REQUEST),
    ("signature-required", StatusCode::FORBIDDEN),
    ("signature-wrong", StatusCode::FORBIDDEN),
    ("not-found", StatusCode::NOT_FOUND),
    ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED),
    ("key-reused", StatusCode::CONFLICT),
    ("last-administrator", StatusCode::CONFLICT),
    ("body-too-large", StatusCode::PAYLOAD_TOO_LARGE),
    ("too-many-requests", StatusCode::TOO_MANY_REQUESTS),
    ("not-stored", StatusCode::INTERNAL_SERVER_ERROR),
    ("busy", StatusCode::SERVICE_UNAVAILABLE),
    ("stopping", StatusCode::SERVICE_UNAVAILABLE),
    ("outcome-unknown", StatusCode::SERVICE_UNAVAILABLE),
    ("no-receipts", StatusCode::NOT_IMPLEMENTED),
];

/// The engine's codes that say who may not, or what is in the way, rather than what is wrong.
const ENGINE_CODES: &[(&str, StatusCode)] = &[
    ("not-for-actor", StatusCode::FORBIDDEN),
    ("not-owner", StatusCode::FORBIDDEN),
    ("not-source", StatusCode::FORBIDDEN),
    ("status", StatusCode::CONFLICT),
    ("duties-due", StatusCode::CONFLICT),
    ("number-not-new", StatusCode::CONFLICT),
    ("fill-number-not-new", StatusCode::CONFLICT),
    ("name-in-use", StatusCode::CONFLICT),
];

fn status_of(codes: &[(&str, StatusCode)], code: &str) -> Option<StatusCode> {
    codes.iter().find(|(known, _)| *known == code).map(|(_, status)| *status)
}

impl Problem {
    /// A refusal of the door itself.
    #[must_use]
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        let status = status_of(CODES, code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::with_status(status, code, detail.into())
    }

    fn with_status(status: StatusCode, code: &str, detail: String) -> Self {
        Self {
            kind: format!("urn:rhodian:problem:{code}"),
            status: status.as_u16(),
            title: code.replace('-', " "),
            detail,
            code: code.to_owned(),
            rejection: None,
            retry_after: None,
        }
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new("not-found", format!("there is no {what} {id}"))
    }

    /// The same, worth trying again after `seconds`.
    #[must_use]
    pub fn after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// A refusal of the engine, as the journal kept it.
    #[must_use]
    pub fn rejected(code: &str, kept: &str) -> Self {
        let kept: Value = serde_json::from_str(kept).unwrap_or(Value::Null);
        let status = status_of(ENGINE_CODES, code).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        let detail = kept["detail"].as_str().unwrap_or_default().to_owned();
        let mut problem = Self::with_status(status, code, detail);
        problem.rejection = Some(&kept["rejection"])
            .filter(|found| !found.is_null())
            .map(|found| Box::new(found.clone()));
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(crate::api::gate::Code(self.code.clone()));
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
