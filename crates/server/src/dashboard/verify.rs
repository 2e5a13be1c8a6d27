//! The check of a receipt in the browser: a page of its own, with the verifier as WebAssembly built
//! from the same code. Nothing of a receipt is sent anywhere, and nobody need show a key.

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

/// The verifier: `crates/wasm/verifier` builds it, and says whether this is what is built.
const VERIFIER: &[u8] = include_bytes!("verifier.wasm");
/// What hands it a receipt and shows what it found.
const SCRIPT: &str = include_str!("verify.js");

/// The policy of this page alone: as of every page, and WebAssembly may be compiled. Nothing else
/// is let in, the verifier comes from here as the script does.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
                      img-src 'self' data:; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

pub(super) async fn verifier() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/wasm"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Bytes::from_static(VERIFIER)).into_response()
}

pub(super) async fn script() -> Response {
    super::asset("text/javascript; charset=utf-8", SCRIPT).await
}

/// `GET /verify`.
pub(super) async fn page() -> Response {
    let body = html! {
        h1 { "Verify a receipt" }
        p {
            "A receipt is checked here, in this browser, by the code of "
            code { "rhodian verify receipt" } ". It is sent nowhere. A page can lie about what it "
            "computes, as whoever serves it: where that is the question, check with the program or "
            "with " code { "verify.py" } ", from elsewhere."
        }
        noscript { p class="bad" { "This page needs its script to check anything." } }
        (form())
        section id="found" tabindex="-1" aria-label="What was found" {}
        p id="checking" class="heard" role="status" {}
        script src="/assets/verify.js" defer {}
    };
    let mut response = super::frame("Verify a receipt · Rhodian", "/verify", &body);
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Its fields have ids and no names: were the form ever sent, nothing would be in it.
fn form() -> Markup {
    html! {
        form id="verify" {
            div id="drop" class="drop" {
                label for="receipt" { "Receipt: paste it, drop its file here, or choose it" }
                textarea id="receipt" rows="6" spellcheck="false" autocomplete="off" required {}
                input id="file" type="file" accept=".json,application/json"
                    aria-label="A file with the receipt";
            }
            label for="key" { "The venue's public key, as you know it: 64 hexadecimal digits" }
            input id="key" type="text" spellcheck="false" autocomplete="off" required
                aria-describedby="key-note";
            p id="key-note" class="note" {}
            button id="key-here" type="button" class="plain" { "Take the key this service shows" }
            details {
                summary { "A second head, witnesses" }
                label for="head" { "A head of the log from somebody else" }
                textarea id="head" rows="3" spellcheck="false" autocomplete="off" {}
                label for="witnesses" { "Public keys of witnesses you know, one a line" }
                textarea id="witnesses" rows="2" spellcheck="false" autocomplete="off" {}
                label for="needed" { "How many of them must have signed" }
                input id="needed" type="number" min="0" value="0";
            }
            button type="submit" { "Check" }
        }
    }
}
