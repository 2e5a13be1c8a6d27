//! The dashboard: pages made on the server from the same queries as the API, kept live by a small
//! script that asks for the page again when something happened. Nothing is loaded from elsewhere,
//! and every page reads without the script.

mod accounts;
mod bounties;
mod clearing;
mod cover;
mod incentives;
mod issuances;
mod losses;
mod overview;
mod pools;
mod protections;
mod rules;
mod show;
mod vaults;
mod verify;

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::{DOCTYPE, Markup, html};
use rhodian_core::ids::LossId;

use crate::api::endpoint::{self, Ask};
use crate::api::gate::COOKIE;
use crate::api::{Door, each_rule, events, own_events, queries};
use crate::problem::Problem;

/// What the pages are styled by.
const STYLE: &str = include_str!("style.css");
/// What keeps them live.
const SCRIPT: &str = include_str!("live.js");

/// The pages in the order of the menu: path, name.
const MENU: &[(&str, &str)] = &[
    ("/", "Overview"),
    ("/losses", "Losses"),
    ("/layers", "Layers"),
    ("/pools", "Pools"),
    ("/cover", "Cover"),
    ("/vaults", "Vaults"),
    ("/clearing", "Clearing"),
    ("/protections", "Protections"),
    ("/new-tokens", "New tokens"),
    ("/incentives", "Pay and fees"),
    ("/accounts", "Accounts"),
    ("/markets", "Markets and prices"),
    ("/parameters", "Parameters"),
    ("/kinds", "Events"),
    ("/verify", "Verify a receipt"),
    ("/docs", "API"),
];

/// The pages that cost the size of the state.
const HEAVY: &[&str] = &[
    "/layers",
    "/pools",
    "/cover",
    "/vaults",
    "/clearing",
    "/protections",
    "/new-tokens",
    "/incentives",
];

/// The routes of the dashboard.
pub(crate) fn router() -> Router<Arc<Door>> {
    Router::new()
        .route("/", get(|s, r| page(s, r, "/", overview::page)))
        .route("/layers", get(|s, r| page(s, r, "/layers", rules::layers)))
        .route("/pools", get(|s, r| page(s, r, "/pools", pools::page)))
        .route("/cover", get(|s, r| page(s, r, "/cover", cover::page)))
        .route("/vaults", get(|s, r| page(s, r, "/vaults", vaults::page)))
        .route("/clearing", get(|s, r| page(s, r, "/clearing", clearing::page)))
        .route("/protections", get(|s, r| page(s, r, "/protections", protections::page)))
        .route("/new-tokens", get(|s, r| page(s, r, "/new-tokens", issuances::page)))
        .route("/incentives", get(|s, r| page(s, r, "/incentives", incentives::page)))
        .route("/accounts", get(|s, r| page(s, r, "/accounts", accounts::list)))
        .route("/accounts/{account}", get(account))
        .route("/markets", get(|s, r| page(s, r, "/markets", rules::markets)))
        .route("/parameters", get(|s, r| page(s, r, "/parameters", rules::parameters)))
        .route("/kinds", get(|s, r| page(s, r, "/kinds", rules::kinds)))
        .route("/losses", get(|s, r| page(s, r, "/losses", losses::list)))
        .route("/losses/{loss}", get(loss))
        .route("/verify", get(verify::page))
        .route("/assets/verify.js", get(verify::script))
        .route("/assets/verifier.wasm", get(verify::verifier))
        .route("/login", get(login).post(begin))
        .route("/logout", post(end))
        .route("/assets/style.css", get(|| asset("text/css; charset=utf-8", STYLE)))
        .route("/assets/live.js", get(|| asset("text/javascript; charset=utf-8", SCRIPT)))
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")];
    (headers, text).into_response()
}

/// A page's title and what it shows.
pub(crate) struct Shown {
    pub(crate) title: String,
    pub(crate) body: Markup,
}

/// Makes a page from the view.
async fn page(
    State(door): State<Arc<Door>>,
    request: Request,
    at: &'static str,
    show: fn(&Ask<'_>) -> Result<Shown, Problem>,
) -> Response {
    let made = async {
        let (caller, args, _) = endpoint::read(request).await?;
        let caller = endpoint::must_call(caller)?;
        let _pass = HEAVY.contains(&at).then(|| door.pass()).transpose()?;
        let view = door.follower.read();
        let venue = door.venue.as_str();
        let ask = Ask { view: &view, state: &view.state, args: &args, caller: &caller, venue };
        Ok(shell(&ask, at, show(&ask)?).into_response())
    };
    made.await.unwrap_or_else(|problem| refused(&problem))
}

/// A loss has its story beside its numbers: that is read from the journal.
async fn loss(State(door): State<Arc<Door>>, request: Request) -> Response {
    let made = async {
        let (caller, args, _) = endpoint::read(request).await?;
        let caller = endpoint::must_call(caller)?;
        let id = LossId(args.must("loss")?);
        let story = match caller.sees_everyone() {
            true => events::story(&door, id, losses::STORY).await?,
            false => Vec::new(),
        };
        let view = door.follower.read();
        let venue = door.venue.as_str();
        let ask = Ask { view: &view, state: &view.state, args: &args, caller: &caller, venue };
        let shown = losses::one(&ask, id, &story)?;
        Ok(shell(&ask, "/losses", shown).into_response())
    };
    made.await.unwrap_or_else(|problem| refused(&problem))
}

/// An account has what happened to it beside its numbers: that is read from the journal.
async fn account(State(door): State<Arc<Door>>, request: Request) -> Response {
    let made = async {
        let (caller, args, _) = endpoint::read(request).await?;
        let caller = endpoint::must_call(caller)?;
        let venue = door.venue.as_str();
        let id = {
            let view = door.follower.read();
            let ask = Ask { view: &view, state: &view.state, args: &args, caller: &caller, venue };
            queries::own_account(&ask)?
        };
        let compared = args.maybe("rules")?.map(LossId);
        let each_rule = match compared {
            Some(loss) => each_rule::of(&door, loss, id).await?.data,
            None => Vec::new(),
        };
        let happened = own_events::of(&door, id, None, accounts::HAPPENED).await?;
        let view = door.follower.read();
        let ask = Ask { view: &view, state: &view.state, args: &args, caller: &caller, venue };
        let shown = accounts::one(&ask, &happened.items, &each_rule)?;
        // What costs a division by each rule is not made anew with every event.
        let of = if compared.is_some() { still } else { shell };
        Ok(of(&ask, "/accounts", shown).into_response())
    };
    made.await.unwrap_or_else(|problem| refused(&problem))
}

fn refused(problem: &Problem) -> Response {
    if problem.status == 401 {
        return (StatusCode::SEE_OTHER, [(header::LOCATION, "/login")]).into_response();
    }
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = html! {
        h1 { (problem.title) }
        p { (problem.detail) }
        p { a href="/" { "To the overview" } }
    };
    let mut response = frame("Rhodian", "", &body).into_response();
    *response.status_mut() = status;
    response
}

/// A page with its menu, kept live.
fn shell(ask: &Ask<'_>, at: &str, shown: Shown) -> Response {
    let body = html! {
        div id="live" data-sequence=(ask.view.sequence) { (shown.body) }
        (as_of(ask))
    };
    frame(&format!("{} · {}", shown.title, ask.venue), at, &body)
}

/// The same, as it was when it was asked for.
fn still(ask: &Ask<'_>, at: &str, shown: Shown) -> Response {
    let body = html! { div class="still" { (shown.body) } (as_of(ask)) };
    frame(&format!("{} · {}", shown.title, ask.venue), at, &body)
}

fn as_of(ask: &Ask<'_>) -> Markup {
    html! {
        footer {
            p {
                "As of event " (ask.view.sequence) ", " (show::time(ask.state.now())) ". "
                "Only what is durable is shown."
            }
        }
    }
}

fn frame(title: &str, at: &str, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                // There is no picture to ask for, which a browser would otherwise.
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/assets/style.css";
                script src="/assets/live.js" defer {}
            }
            body {
                a class="skip" href="#main" { "To the content" }
                header {
                    p class="brand" { a href="/" { "Rhodian" } }
                    nav aria-label="Pages" {
                        ul {
                            @for (path, name) in MENU {
                                li {
                                    @if *path == at { a href=(path) aria-current="page" { (name) } }
                                    @else { a href=(path) { (name) } }
                                }
                            }
                        }
                    }
                    p id="connection" role="status" {}
                }
                main id="main" { (body) }
            }
        }
    };
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let mut response = (kind, page.into_string()).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn form(note: &str) -> Response {
    let body = html! {
        h1 { "Show your key" }
        p { "The pages show what your key may read. It is not kept in the browser: a session of "
            "twelve hours is." }
        @if !note.is_empty() { p class="bad" role="alert" { (note) } }
        form method="post" action="/login" {
            label for="key" { "Key" }
            input id="key" name="key" type="password" autocomplete="off" required;
            button type="submit" { "Read" }
        }
    };
    frame("Rhodian", "", &body)
}

/// `GET /login`.
async fn login() -> Response {
    form("")
}

/// `POST /login`: a key for a session that only reads.
async fn begin(State(door): State<Arc<Door>>, request: Request) -> Response {
    let body = to_bytes(request.into_body(), 4_096).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    let key = text.split('&').find_map(|pair| pair.strip_prefix("key=")).unwrap_or_default();
    // Nobody called yet as far as the gate knows: the key is charged for it here.
    let begun = door
        .keys
        .who(key.trim())
        .map(|(caller, _)| door.charge(caller.key).and_then(|()| door.sessions.begin(caller)));
    match begun {
        Some(Ok(value)) => {
            // Behind TLS a browser keeps it from every plain connection.
            let secure = if door.config.tls.is_some() { "; Secure" } else { "" };
            let cookie = format!(
                "{COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200{secure}"
            );
            let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, "/".to_owned())];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Some(Err(problem)) => problem.into_response(),
        None => {
            let mut response = form("The key is not known, or was taken.");
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            response
        }
    }
}

/// `POST /logout`.
async fn end(State(door): State<Arc<Door>>, request: Request) -> Response {
    door.sessions.end(request.headers());
    let cookie = format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, "/login".to_owned())];
    (StatusCode::SEE_OTHER, headers).into_response()
}
