//! What every call passes: who calls, how often, and the note of what was refused.

use std::collections::HashMap;
use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::future::Either;

use super::Door;
use crate::access::Caller;
use crate::problem::Problem;
use crate::signature::to_hex;
use crate::traces::Call;
use crate::traces::call::Began;

/// How long someone reads in a browser before the key is asked for again.
const SESSION: Duration = Duration::from_secs(12 * 3_600);
/// The most sessions; the oldest ends for one more.
const MOST_SESSIONS: usize = 10_000;
/// The most of one key, whose own oldest ends for one more: nobody ends those of others alone.
const MOST_OF_KEY: usize = 64;
/// The cookie.
pub const COOKIE: &str = "rhodian_session";

/// Sessions by the hash of their cookie: who reads, and since when.
type Open = HashMap<[u8; 32], (Caller, Instant)>;

/// Who reads in a browser, by the hash of the cookie.
#[derive(Debug, Default)]
pub struct Sessions {
    open: Mutex<Open>,
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
        let own = |(other, _): &(Caller, Instant)| other.key == caller.key;
        if open.values().filter(|one| own(one)).count() >= MOST_OF_KEY {
            end_oldest(&mut open, own);
        } else if open.len() >= MOST_SESSIONS {
            end_oldest(&mut open, |_| true);
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

fn end_oldest(open: &mut Open, of: impl Fn(&(Caller, Instant)) -> bool) {
    let found = open.iter().filter(|(_, one)| of(one));
    let oldest = found.min_by_key(|(_, (_, since))| *since).map(|(hash, _)| *hash);
    oldest.and_then(|hash| open.remove(&hash));
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

/// Whether `host`, with a port or without, names this machine and nothing that a name server
/// could.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

/// An open door asks nobody for a key: it must not answer the page of another site whose name was
/// made to mean this machine. Such a page's calls carry that name.
fn called_by_name(door: &Door, request: &Request) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(header::HOST).iter().peekable();
    let named = hosts.peek().is_some();
    let local = hosts.all(|host| host.to_str().is_ok_and(is_local));
    let asked = request.uri().authority().is_none_or(|authority| is_local(authority.as_str()));
    if !door.config.open || (named && local && asked) {
        return Ok(());
    }
    let detail = "an open door is called localhost, 127.0.0.1 or [::1]";
    Err(Problem::new("not-this-host", detail))
}

/// The call of someone who is known, where it is traced, with its route; a command finds in it where
/// to note its stages.
fn watched(door: &Door, began: Began, request: &mut Request) -> Option<(Call, Option<String>)> {
    let call = door.traces.as_ref()?.watch(began, request.headers())?;
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    request.extensions_mut().insert(Arc::clone(&call.stages));
    Some((call, route))
}

/// Every call passes here. Who may not pass is answered without the rest of the door; of the others
/// what is waited for holds the call once.
pub fn gate(
    State(door): State<Arc<Door>>,
    mut request: Request,
    next: Next,
) -> impl Future<Output = Response> + Send {
    let began = door.traces.as_ref().map(|_| Began::now());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (mut id, mut traced) = (None, None);
    let known = called_by_name(&door, &request).and_then(|()| who(&door, &request));
    let passed = known.and_then(|(caller, source)| {
        id = caller.and_then(|caller| caller.key);
        door.charge(id)?;
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
            traced = began.and_then(|began| watched(&door, began, &mut request));
        }
        if let Some(key) = source {
            request.extensions_mut().insert(SourceKey(key));
        }
        Ok(())
    });
    let answered = match passed {
        Ok(()) => Either::Left(next.run(request)),
        Err(problem) => Either::Right(ready(problem.into_response())),
    };
    async move {
        let mut response = answered.await;
        let status = response.status();
        let refused = status.is_client_error() || status.is_server_error();
        door.metrics.called(refused);
        let code = response.extensions().get::<Code>().filter(|_| refused);
        let code = code.map(|code| code.0.clone());
        if refused {
            let code = code.clone().unwrap_or_else(|| status.as_u16().to_string());
            door.audit.note(id, method.as_str(), &path, (status.as_u16(), &code));
        }
        if let (Some((call, route)), Some(traces)) = (traced, &door.traces) {
            let code = code.unwrap_or_default();
            traces.tell(call.told(method.to_string(), route, status.as_u16(), code));
        }
        harden(response.headers_mut());
        response
    }
}

/// What every answer says to a browser: nothing from elsewhere, no frames, no guessing. Values are
/// checked when this is compiled, and not for each answer.
const HARD: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

fn harden(headers: &mut HeaderMap) {
    for (name, value) in HARD {
        headers.entry(name).or_insert(value);
    }
}
