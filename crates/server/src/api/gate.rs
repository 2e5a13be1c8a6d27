//! What every call passes: who calls, how often, and the note of what was refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Door;
use crate::access::Caller;
use crate::problem::Problem;
use crate::signature::to_hex;

/// How long someone reads in a browser before the key is asked for again.
const SESSION: Duration = Duration::from_secs(12 * 3_600);
/// The most sessions; the oldest ends for one more.
const MOST_SESSIONS: usize = 10_000;
/// The cookie.
pub const COOKIE: &str = "rhodian_session";

/// Who reads in a browser, by the hash of the cookie.
#[derive(Debug, Default)]
pub struct Sessions {
    open: Mutex<HashMap<[u8; 32], (Caller, Instant)>>,
}

impl Sessions {
    /// Begins one: the value of its cookie.
    ///
    /// # Errors
    ///
    /// There is no randomness.
    pub fn begin(&self, caller: Caller) -> Result<String, Problem> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| Problem::new("not-stored", format!("no randomness: {error}")))?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, (_, since)| since.elapsed() < SESSION);
        if open.len() >= MOST_SESSIONS {
            let oldest = open.iter().min_by_key(|(_, (_, since))| *since).map(|(hash, _)| *hash);
            oldest.and_then(|hash| open.remove(&hash));
        }
        open.insert(*blake3::hash(&bytes).as_bytes(), (caller, Instant::now()));
        Ok(to_hex(&bytes))
    }

    /// Ends the one of the cookie.
    pub fn end(&self, headers: &HeaderMap) {
        if let Some(hash) = cookie(headers) {
            self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash);
        }
    }

    fn who(&self, headers: &HeaderMap) -> Option<Caller> {
        let hash = cookie(headers)?;
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&hash).filter(|(_, since)| since.elapsed() < SESSION).map(|(caller, _)| *caller)
    }
}

/// The hash of the session's cookie.
fn cookie(headers: &HeaderMap) -> Option<[u8; 32]> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == COOKIE)?;
    Some(*blake3::hash(&crate::signature::from_hex(value.trim())?).as_bytes())
}

/// The code of a refused call, for the audit.
#[derive(Clone, Debug)]
pub struct Code(pub String);

/// The public key of a source that calls.
#[derive(Clone, Debug)]
pub struct SourceKey(pub String);

/// Who calls; an error where a key was shown and is none.
fn who(door: &Door, request: &Request) -> Result<(Option<Caller>, Option<String>), Problem> {
    if let Some(shown) = request.headers().get(header::AUTHORIZATION) {
        let secret = shown.to_str().ok().and_then(|text| text.split_once(' '));
        let secret = secret.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let secret = secret.map(|(_, secret)| secret);
        let known = secret.and_then(|secret| door.keys.who(secret.trim()));
        let unknown = || Problem::new("unknown-key", "the key is not known, or was taken");
        return known.map(|(caller, key)| (Some(caller), key)).ok_or_else(unknown);
    }
    // A browser sends cookies by itself, whoever asked it to: they only read.
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let session = door.sessions.who(request.headers()).filter(|_| reads);
    let session = session.filter(|caller| door.keys.stands(caller));
    let open = (door.config.open && reads).then_some(Caller::ANYONE);
    Ok((session.or(open), None))
}

/// Every call passes here.
pub async fn gate(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut id = None;
    let mut response = match who(&door, &request) {
        Err(problem) => problem.into_response(),
        Ok((caller, source)) => {
            id = caller.and_then(|caller| caller.key);
            let allowed = id.map_or(Ok(()), |key| door.buckets.take(key, Instant::now()));
            match allowed {
                Err(wait) => {
                    let detail = "this key calls more often than it may";
                    let seconds = wait.as_millis().div_ceil(1_000);
                    let seconds = u32::try_from(seconds).unwrap_or(1);
                    Problem::new("too-many-requests", detail).after(seconds).into_response()
                }
                Ok(()) => {
                    if let Some(caller) = caller {
                        request.extensions_mut().insert(caller);
                    }
                    if let Some(key) = source {
                        request.extensions_mut().insert(SourceKey(key));
                    }
                    next.run(request).await
                }
            }
        }
    };
    let status = response.status();
    let refused = status.is_client_error() || status.is_server_error();
    door.metrics.called(refused);
    if refused {
        let code = response.extensions().get::<Code>().map(|code| code.0.clone());
        let code = code.unwrap_or_else(|| status.as_u16().to_string());
        door.audit.note(id, method.as_str(), &path, (status.as_u16(), &code));
    }
    harden(response.headers_mut());
    response
}

/// What every answer says to a browser: nothing from elsewhere, no frames, no guessing.
fn harden(headers: &mut HeaderMap) {
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
