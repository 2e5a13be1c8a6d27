//! Who may do what: each threat of docs/threat-model.md, tried.

use ed25519_dalek::{Signer, SigningKey};
use rhodian_server::signature::{message, to_hex};
use serde_json::{Value, json};

use super::client::{Reply, call};
use super::venue::{Venue, deposit};

#[test]
fn without_a_key_nothing_is_read_or_done() {
    let venue = Venue::start();
    venue.world();
    for path in ["/v1/status", "/v1/accounts", "/v1/events", "/v1/pulse", "/v1/keys", "/v1/audit"] {
        let reply = call(venue.address, "GET", path, &[], b"");
        assert_eq!((reply.status, reply.code().as_str()), (401, "no-key"), "{path}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    }
    let reply = call(venue.address, "POST", "/v1/commands", &[], b"{}");
    assert_eq!((reply.status, reply.code().as_str()), (401, "no-key"));
    for wrong in ["x", "rhodian_1_00", &format!("rhodian_2_{}", "0".repeat(64))] {
        let reply = venue.get_as("/v1/status", wrong);
        assert_eq!((reply.status, reply.code().as_str()), (401, "unknown-key"), "{wrong}");
    }
}

#[test]
fn secrets_are_kept_as_hashes_and_a_key_that_was_taken_is_worth_nothing() {
    let venue = Venue::start();
    let auditor = venue.key("auditor", None);
    assert_eq!(venue.get_as("/v1/status", &auditor).status, 200);
    let kept = std::fs::read_to_string(venue.folder.path().join("keys.json")).unwrap();
    for secret in [&auditor, &venue.admin, &venue.venue] {
        assert!(!kept.contains(secret.rsplit('_').next().unwrap()), "a secret is on disk");
    }
    let bearer = format!("Bearer {}", venue.admin);
    let take = |id: &str| {
        call(venue.address, "DELETE", &format!("/v1/keys/{id}"), &[("authorization", &bearer)], b"")
    };
    assert_eq!(take("3").status, 200);
    assert_eq!(venue.get_as("/v1/status", &auditor).code(), "unknown-key");
    assert_eq!(take("1").code(), "last-administrator");
    assert_eq!(take("99").status, 404);
    for (role, subject) in [("participant", None), ("auditor", Some(1)), ("source", Some(1))] {
        let asked = json!({ "name": "x", "role": role, "subject": subject });
        let reply = venue.post("/v1/keys", &venue.admin, &asked);
        assert_eq!((reply.status, reply.code().as_str()), (400, "key-not-read"), "{role}");
    }
}

/// Who may read what: by role, 200 or 403.
#[test]
fn each_role_reads_what_it_may() {
    let venue = Venue::start();
    venue.world();
    let cases = [
        ("governance", None, [200, 200, 200, 200, 403, 403]),
        ("guardian", None, [200, 200, 200, 200, 403, 403]),
        ("keeper", Some(0), [200, 403, 200, 403, 403, 403]),
        ("participant", Some(0), [200, 403, 403, 403, 403, 403]),
        ("auditor", None, [200, 200, 200, 200, 200, 403]),
    ];
    let paths =
        ["/v1/status", "/v1/accounts/1", "/v1/liquidations", "/v1/events", "/v1/audit", "/v1/keys"];
    for (role, subject, statuses) in cases {
        let key = venue.key(role, subject);
        let found = paths.map(|path| venue.get_as(path, &key).status);
        assert_eq!(found, statuses, "{role}");
    }
}

#[test]
fn a_participant_sees_and_moves_only_his_own() {
    let venue = Venue::start();
    venue.world();
    let bob = venue.key("participant", Some(1));
    assert_eq!(venue.get_as("/v1/accounts/1", &bob).status, 200);
    for path in ["/v1/accounts/0", "/v1/accounts/0/positions", "/v1/accounts/99", "/v1/owners/2"] {
        let reply = venue.get_as(path, &bob);
        assert_eq!((reply.status, reply.code().as_str()), (403, "not-own"), "{path}");
    }
    let all = venue.get_as("/v1/accounts", &bob).json();
    let names: Vec<&Value> =
        all["data"]["items"].as_array().unwrap().iter().map(|a| &a["name"]).collect();
    assert_eq!(names, ["bob"]);
    assert_eq!(venue.get_as("/v1/lookup/account/ann", &bob).status, 404);
    assert_eq!(venue.get_as("/v1/lookup/account/bob", &bob).json()["data"]["id"], 1);
    let withdraw = |account: u32, key: &str| {
        venue.post(
            "/v1/commands",
            key,
            &json!({ "area": "account", "command": {
            "do": "withdraw", "account": account, "number": 2, "asset": 0, "amount": "10",
        } }),
        )
    };
    assert_eq!(withdraw(0, &bob).code(), "not-owner");
    assert_eq!(withdraw(1, &bob).status, 200);
    let deposit = json!({ "area": "account", "command": deposit(1, 3, 5) });
    assert_eq!(venue.post("/v1/commands", &bob, &deposit).code(), "not-for-actor");
}

#[test]
fn roles_that_give_no_commands_give_none() {
    let venue = Venue::start();
    venue.world();
    let action = json!({ "area": "account", "command": deposit(0, 2, 5) });
    for (role, subject) in [("auditor", None), ("keeper", Some(0))] {
        let key = venue.key(role, subject);
        assert_eq!(venue.post("/v1/commands", &key, &action).code(), "not-for-role", "{role}");
    }
    assert_eq!(venue.post("/v1/commands", &venue.admin, &action).code(), "not-for-role");
    // The engine's own commands are nobody's.
    for action in [
        json!({ "area": "tick" }),
        json!({ "area": "duty", "command": { "duty": "absorb", "loss": 0 } }),
        json!({ "area": "market-duty", "command": { "duty": "pay-out", "market": 0 } }),
    ] {
        let reply = venue.post("/v1/commands", &venue.venue, &action);
        assert!([400, 403].contains(&reply.status), "{action}: {reply:?}");
    }
}

fn signed(venue: &Venue, key: &str, body: &str, signature: Option<&str>) -> Reply {
    let bearer = format!("Bearer {key}");
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(signature.map(|signature| ("rhodian-signature", signature)));
    call(venue.address, "POST", "/v1/commands", &headers, body.as_bytes())
}

#[test]
fn a_report_is_its_sources_alone() {
    let venue = Venue::start();
    venue.world();
    let signing = SigningKey::from_bytes(&[7; 32]);
    let public = to_hex(signing.verifying_key().as_bytes());
    let asked = json!({ "name": "s", "role": "source", "subject": 5, "public_key": public });
    let given = venue.post("/v1/keys", &venue.admin, &asked).json();
    let key = given["secret"].as_str().unwrap();
    let body = json!({ "area": "oracle", "command": {
        "do": "report", "feed": 0, "source": 5, "number": 1, "value": "5", "confidence": "0",
        "time": 1,
    } })
    .to_string();
    let sign = |venue: &str, body: &str| {
        to_hex(&signing.sign(&message(venue, body.as_bytes())).to_bytes())
    };
    assert_eq!(signed(&venue, key, &body, None).code(), "signature-required");
    for (what, signature) in [
        ("of another body", sign("Test", "{}")),
        ("for another venue", sign("Other", &body)),
        ("no signature", "00".repeat(64)),
        ("no digits", "zz".to_owned()),
    ] {
        assert_eq!(
            signed(&venue, key, &body, Some(&signature)).code(),
            "signature-wrong",
            "{what}"
        );
    }
    // The door lets it in; the engine has no such feed.
    let reply = signed(&venue, key, &body, Some(&sign("Test", &body)));
    assert_eq!((reply.status, reply.code().as_str()), (422, "unknown-feed"));
    let weak =
        json!({ "name": "s", "role": "source", "subject": 5, "public_key": "00".repeat(32) });
    assert_eq!(venue.post("/v1/keys", &venue.admin, &weak).code(), "key-not-read");
}

#[test]
fn one_key_cannot_take_the_door_from_others() {
    let venue = Venue::start_with(|config| {
        (config.calls_per_second, config.calls_at_once) = (1, 5);
    });
    let (loud, quiet) = (venue.key("auditor", None), venue.key("auditor", None));
    let replies: Vec<Reply> = (0..8).map(|_| venue.get_as("/v1/status", &loud)).collect();
    let last = replies.last().unwrap();
    assert_eq!((last.status, last.code().as_str()), (429, "too-many-requests"));
    assert!(last.header("retry-after").is_some());
    assert_eq!(venue.get_as("/v1/status", &quiet).status, 200);
}

#[test]
fn one_key_cannot_take_all_streams() {
    let venue = Venue::start_with(|config| config.streams = 40);
    let listen = |key: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str())];
        let mut from = super::client::open(venue.address, "GET", "/v1/pulse", &headers, b"");
        (super::client::head(&mut from).0, from)
    };
    let (loud, quiet) = (venue.key("participant", Some(0)), venue.key("participant", Some(1)));
    let open: Vec<_> = (0..5).map(|_| listen(&loud)).collect();
    assert!(open.iter().all(|(status, _)| *status == 200), "an eighth is its own");
    assert_eq!(listen(&loud).0, 429);
    assert_eq!(listen(&quiet).0, 200);
}

fn log_in(venue: &Venue, key: &str) -> Reply {
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    call(venue.address, "POST", "/login", &kind, format!("key={key}").as_bytes())
}

/// The cookie of a new session.
fn session(venue: &Venue, key: &str) -> String {
    let reply = log_in(venue, key);
    assert_eq!(reply.status, 303, "{reply:?}");
    reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn one_key_cannot_end_the_sessions_of_others() {
    let venue = Venue::start();
    let (loud, quiet) = (venue.key("participant", Some(0)), venue.key("participant", Some(1)));
    let others = session(&venue, &quiet);
    let own: Vec<String> = (0..66).map(|_| session(&venue, &loud)).collect();
    let status =
        |cookie: &str| call(venue.address, "GET", "/v1/status", &[("cookie", cookie)], b"").status;
    assert_eq!(status(&others), 200);
    let ended = own.iter().take_while(|cookie| status(cookie) == 401).count();
    assert_eq!((ended, status(&own[65])), (2, 200), "of its own the oldest end");
}

#[test]
fn a_login_is_a_call_of_its_key() {
    let venue = Venue::start_with(|config| {
        (config.calls_per_second, config.calls_at_once) = (1, 5);
    });
    let (loud, quiet) = (venue.key("auditor", None), venue.key("auditor", None));
    let replies: Vec<u16> = (0..8).map(|_| log_in(&venue, &loud).status).collect();
    assert_eq!((replies[0], replies[7]), (303, 429), "{replies:?}");
    assert_eq!(log_in(&venue, &quiet).status, 303);
}

#[test]
fn bodies_and_streams_have_limits() {
    let venue = Venue::start_with(|config| (config.body_limit, config.streams) = (2_048, 1));
    let reply = venue.post("/v1/commands", &venue.venue, &json!("x".repeat(4_000)));
    assert_eq!((reply.status, reply.code().as_str()), (413, "body-too-large"));
    for body in ["", "{", "[]", "{\"area\":\"account\"}", "{\"area\":\"nothing\",\"command\":{}}"] {
        let reply = signed(&venue, &venue.venue, body, None);
        assert_eq!((reply.status, reply.code().as_str()), (400, "body-not-read"), "{body}");
    }
    let bearer = format!("Bearer {}", venue.venue);
    let headers = [("authorization", bearer.as_str())];
    let mut first = super::client::open(venue.address, "GET", "/v1/pulse", &headers, b"");
    assert_eq!(super::client::head(&mut first).0, 200);
    let reply = venue.get_as("/v1/pulse", &venue.venue);
    assert_eq!((reply.status, reply.code().as_str()), (503, "busy"));
}

/// Whatever is asked, in whatever form: refused with a code, never a fault of the service.
#[test]
fn nonsense_is_refused_and_breaks_nothing() {
    let venue = Venue::start();
    venue.world();
    let nonsense = [
        "0",
        "1",
        "-1",
        "4294967295",
        "4294967296",
        "99999999999999999999999",
        "x",
        "%00",
        "..",
        "name",
        "%F0%9F%A6%80",
        "1e9",
        "0x1",
        " ",
        "null",
    ];
    for endpoint in rhodian_server::api::endpoint::table() {
        for word in nonsense {
            let word = word.replace(' ', "%20");
            let mut path = endpoint.path.to_owned();
            for name in endpoint.in_path() {
                path = path.replace(&format!("{{{name}}}"), &word);
            }
            let query: Vec<String> =
                endpoint.params.iter().map(|param| format!("{}={word}", param.name)).collect();
            for asked in [path.clone(), format!("{path}?{}", query.join("&"))] {
                let reply = venue.get_as(&asked, &venue.admin);
                assert!(reply.status < 500, "{asked}: {reply:?}");
                let refused = reply.status != 200;
                assert!(!refused || !reply.code().is_empty(), "{asked}: {reply:?}");
            }
        }
    }
    assert_eq!(venue.get_as("/v1/status?x=1", &venue.venue).code(), "parameter-not-read");
    assert_eq!(venue.get("/v1/status")["data"]["status"], "open");
}

#[test]
fn refused_calls_are_noted_without_secrets() {
    let venue = Venue::start();
    let secret = format!("rhodian_9_{}", "ab".repeat(32));
    venue.get_as("/v1/status", &secret);
    venue.post("/v1/commands", &venue.admin, &json!({ "area": "tick" }));
    let noted = venue.get_as("/v1/audit", &venue.admin);
    let items = noted.json()["items"].clone();
    assert_eq!((&items[0]["code"], &items[0]["key"]), (&json!("unknown-key"), &Value::Null));
    assert_eq!((&items[1]["code"], &items[1]["key"]), (&json!("not-for-role"), &json!(1)));
    assert!(!noted.body.contains("abab"), "a secret was noted");
}

#[test]
fn a_browser_session_reads_and_never_commands() {
    let venue = Venue::start();
    venue.world();
    let form = format!("key={}", venue.venue);
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let reply = call(venue.address, "POST", "/login", &kind, form.as_bytes());
    assert_eq!(reply.status, 303, "{reply:?}");
    let cookie = reply.header("set-cookie").expect("a cookie").to_owned();
    for word in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    let pair = cookie.split(';').next().unwrap();
    let with = [("cookie", pair)];
    assert_eq!(call(venue.address, "GET", "/v1/status", &with, b"").status, 200);
    let action = json!({ "area": "account", "command": deposit(0, 2, 5) }).to_string();
    let reply = call(venue.address, "POST", "/v1/commands", &with, action.as_bytes());
    assert_eq!((reply.status, reply.code().as_str()), (401, "no-key"));
    let reply = call(venue.address, "POST", "/login", &kind, b"key=wrong");
    assert_eq!(reply.status, 401);
    let policy = reply.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
}

/// A page of another site whose name is made to mean 127.0.0.1 calls by that name.
#[test]
fn an_open_door_answers_to_its_own_names_only() {
    let venue = Venue::start_with(|config| config.open = true);
    let cases = [
        ("localhost", 200),
        ("LOCALHOST:8420", 200),
        ("127.0.0.1:8420", 200),
        ("[::1]:8420", 200),
        ("[::1]", 200),
        ("evil.example", 421),
        ("evil.example:8420", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:80", 421),
        ("localhost:80.evil.example", 421),
        ("", 421),
    ];
    for (host, status) in cases {
        for path in ["/v1/status", "/", "/metrics", "/v1/pulse?x=1"] {
            let found = call(venue.address, "GET", path, &[("host", host)], b"").status;
            let expected = if status == 200 && path.contains('?') { 400 } else { status };
            assert_eq!(found, expected, "{host} {path}");
        }
    }
    // In the line of the call it counts as well.
    let reply = call(venue.address, "GET", "http://evil.example/v1/status", &[], b"");
    assert_eq!((reply.status, reply.code().as_str()), (421, "not-this-host"));
    // Where a key is needed, a name opens nothing: a proxy may call by the venue's.
    let closed = Venue::start();
    let bearer = format!("Bearer {}", closed.venue);
    let headers = [("host", "venue.example"), ("authorization", bearer.as_str())];
    assert_eq!(call(closed.address, "GET", "/v1/status", &headers, b"").status, 200);
}

#[test]
fn an_open_door_is_for_reading_on_this_machine_only() {
    let venue = Venue::start_with(|config| config.open = true);
    venue.world();
    assert_eq!(call(venue.address, "GET", "/v1/accounts", &[], b"").status, 200);
    assert_eq!(call(venue.address, "GET", "/v1/keys", &[], b"").status, 403);
    let action = json!({ "area": "account", "command": deposit(0, 2, 5) }).to_string();
    assert_eq!(call(venue.address, "POST", "/v1/commands", &[], action.as_bytes()).status, 401);
    let mut config = super::venue::config(venue.folder.path());
    (config.open, config.listen) = (true, "0.0.0.0:0".parse().unwrap());
    assert!(rhodian_server::start(config).is_err());
}
