//! The pages: read as people and machines read them, and driven in a browser where there is one.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::browser::{QUIET, chromium};
use super::client::{call, head, open};
use super::venue::Venue;

const PAGES: &[&str] = &[
    "/",
    "/losses",
    "/losses/0",
    "/layers",
    "/pools",
    "/cover",
    "/clearing",
    "/accounts",
    "/accounts/0",
    "/accounts/1",
    "/markets",
    "/parameters",
    "/kinds",
    "/verify",
    "/docs",
];

fn crashed() -> Venue {
    let venue = Venue::start_with(|config| config.open = true);
    venue.world();
    venue.trade();
    venue.mark(1_150);
    venue
}

fn page(venue: &Venue, path: &str) -> String {
    let reply = call(venue.address, "GET", path, &[], b"");
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    reply.body
}

#[test]
fn every_page_can_be_read_by_a_screen_reader_and_asks_nobody_else() {
    let venue = crashed();
    for path in PAGES {
        let text = page(&venue, path);
        for part in ["<html lang=\"en\">", "<main", "<nav aria-label=", "<h1>", "name=\"viewport\""]
        {
            assert!(text.contains(part), "{path} lacks {part}");
        }
        let (tables, captions) = (text.matches("<table").count(), text.matches("<caption").count());
        assert_eq!(tables, captions, "{path}: a table without a caption");
        assert!(!text.contains("<th>"), "{path}: a heading without its scope");
        assert_eq!(text.matches("<h1").count(), if *path == "/docs" { 2 } else { 1 }, "{path}");
        for elsewhere in ["src=\"http", "href=\"http", "@import", "url("] {
            assert!(!text.contains(elsewhere), "{path} asks someone else: {elsewhere}");
        }
        assert!(!text.contains("style=\""), "{path}: the policy refuses styles in elements");
    }
}

#[test]
fn a_loss_is_followed_from_its_price_to_its_share() {
    let venue = crashed();
    let text = page(&venue, "/losses/0");
    for part in ["Who bore loss 0", "<svg", "The waterfall of this loss", "What happened", "Fund"] {
        assert!(text.contains(part), "the page of the loss lacks {part}: {text}");
    }
    let loss = venue.get("/v1/losses/0")["data"].clone();
    let number = |name: &str| loss[name].as_str().unwrap().parse::<u128>().unwrap();
    let sum = number("own_means") + number("received") + number("uncovered") + number("remaining");
    assert_eq!(sum, number("close_out"), "{loss}");
    assert!(number("close_out") > 0);
    let text = page(&venue, "/accounts/0");
    for part in ["What could I lose now?", "What did I bear, and why me?"] {
        assert!(text.contains(part), "the page of the account lacks {part}");
    }
}

/// Bob's share, by every rule: he alone gained, so he alone pays, whatever the rule.
#[test]
fn a_share_is_shown_under_each_other_rule() {
    let venue = Venue::start();
    venue.world();
    venue.trade();
    venue.mark(820);
    let (bob, carol) = (venue.key("participant", Some(1)), venue.key("participant", Some(2)));
    let path = "/v1/losses/0/rules/1";
    let reply = venue.get_as(path, &bob);
    assert_eq!(reply.status, 200, "{reply:?}");
    let layers = reply.json()["data"].clone();
    let layer = &layers[0];
    assert_eq!((layers.as_array().unwrap().len(), &layer["name"]), (1, &json!("Winners")));
    assert_eq!((&layer["rule"], &layer["members"]), (&json!("proportional"), &json!(1)));
    let rules = layer["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 11, "{layer}");
    let share = venue.get("/v1/accounts/1/exposure")["data"]["shares"][0].clone();
    assert!(share["paid"] != json!("0"), "{share}");
    for rule in rules {
        assert_eq!(rule["share"], share["paid"], "{rule}");
    }
    // Another's is another's, whether there is such a loss or not; Carol bore nothing.
    for path in [path, "/v1/losses/9/rules/1"] {
        assert_eq!(venue.get_as(path, &carol).code(), "not-own", "{path}");
    }
    assert_eq!(venue.get_as("/v1/losses/0/rules/2", &carol).json()["data"], json!([]));
    assert_eq!(venue.get_as("/v1/losses/9/rules/1", &bob).status, 404);
    assert_eq!(venue.get_as("/v1/losses/0/rules/1?layer=1", &bob).code(), "parameter-not-read");
    // The same on his page, where it was asked for.
    let cookie = cookie_of(&venue, &bob);
    let with = [("cookie", cookie.as_str())];
    let get = |path: &str| call(venue.address, "GET", path, &with, b"");
    let live = get("/accounts/1").body;
    assert!(live.contains("id=\"live\"") && !live.contains("the rule in force"), "{live}");
    assert!(live.contains("/accounts/1?rules=0#each-rule"), "no way leads there: {live}");
    let still = get("/accounts/1?rules=0").body;
    for part in ["the rule in force", "equal losses", "random arrival", "id=\"each-rule\""] {
        assert!(still.contains(part), "{part} is missing: {still}");
    }
    assert!(!still.contains("id=\"live\""), "it would be divided anew with every event");
    assert_eq!(get("/accounts/0?rules=0").status, 403);
}

/// Where two share, rules differ: Carol gained half of what Bob did, and every rule divides all.
#[test]
fn rules_divide_what_two_bear_in_their_own_ways() {
    let venue = Venue::start();
    venue.world();
    venue.trade();
    let fill = json!({ "do": "fill", "market": 0, "number": 2, "buyer": { "account": 1 },
        "seller": { "account": 2 }, "lots": "3", "price": "1000", "buyer_fee": "0",
        "seller_fee": "0" });
    venue.must("market", fill);
    venue.mark(820);
    let [bob, carol] = [1, 2].map(|account| {
        let key = venue.key("participant", Some(account));
        venue.get_as(&format!("/v1/losses/0/rules/{account}"), &key).json()["data"][0].clone()
    });
    let atoms = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!((&bob["members"], &bob["borne"]), (&json!(2), &carol["borne"]));
    let all = atoms(&bob["borne"]);
    let share = |of: &Value, rule: &str| {
        let rules = of["rules"].as_array().unwrap();
        atoms(&rules.iter().find(|one| one["rule"] == rule).unwrap()["share"])
    };
    for rule in bob["rules"].as_array().unwrap() {
        let rule = rule["rule"].as_str().unwrap();
        assert_eq!(share(&bob, rule) + share(&carol, rule), all, "{rule}");
    }
    assert_eq!(share(&bob, "proportional"), atoms(&bob["paid"]));
    assert_eq!(share(&carol, "proportional"), (all + 1) / 3, "a third, to the nearest atom");
    assert_eq!(share(&carol, "equal-losses"), all / 2);
}

/// The verifier is WebAssembly, which a page may compile by its policy only.
#[test]
fn only_the_page_of_the_check_may_compile() {
    let venue = crashed();
    let get = |path: &str| call(venue.address, "GET", path, &[], b"");
    for path in PAGES {
        let reply = get(path);
        let policy = reply.header("content-security-policy").unwrap();
        assert_eq!(policy.contains("'wasm-unsafe-eval'"), *path == "/verify", "{path}: {policy}");
        let rest = policy.replace(" 'wasm-unsafe-eval'", "");
        assert_eq!(rest, get("/v1/status").header("content-security-policy").unwrap(), "{path}");
    }
    let mut verifier = open(venue.address, "GET", "/assets/verifier.wasm", &[], b"");
    let (status, headers) = head(&mut verifier);
    assert_eq!(status, 200);
    let kind = headers.iter().find(|(name, _)| name == "content-type");
    assert_eq!(kind.map(|(_, value)| value.as_str()), Some("application/wasm"));
    let mut bytes = Vec::new();
    verifier.read_to_end(&mut bytes).unwrap();
    assert!(bytes.starts_with(b"\0asm"), "{} bytes", bytes.len());
}

/// The cookie of someone who showed his key in a browser.
fn cookie_of(venue: &Venue, key: &str) -> String {
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let reply = call(venue.address, "POST", "/login", &kind, format!("key={key}").as_bytes());
    reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn a_participants_pages_show_his_own_only() {
    let venue = Venue::start();
    venue.world();
    venue.trade();
    let cookie = cookie_of(&venue, &venue.key("participant", Some(2)));
    let with = [("cookie", cookie.as_str())];
    let get = |path: &str| call(venue.address, "GET", path, &with, b"");
    assert!(get("/accounts/2").body.contains("carol"));
    assert_eq!(get("/accounts/0").status, 403);
    for path in ["/", "/accounts", "/losses", "/layers", "/markets", "/cover", "/clearing"] {
        let reply = get(path);
        assert_eq!(reply.status, 200, "{path}");
        assert!(!reply.body.contains("bob"), "{path} tells of Bob");
    }
    assert_eq!(call(venue.address, "GET", "/accounts", &[], b"").status, 303);
}

/// A door before the door, for one page: the page gets a picture that takes four seconds, so that
/// a browser does not call it loaded before something happened. All else passes as it is.
fn slowly(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A browser that goes away ends its own calls.
            thread::spawn(move || drop(pass(client, to)));
        }
    });
    address
}

fn pass(mut client: TcpStream, to: SocketAddr) -> io::Result<()> {
    let mut head = Vec::new();
    let mut from = BufReader::new(client.try_clone()?);
    while !head.ends_with(b"\r\n\r\n") {
        let mut line = Vec::new();
        if from.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if !line.to_ascii_lowercase().starts_with(b"connection:") {
            head.extend(line);
        }
    }
    head.splice(head.len() - 2.., *b"connection: close\r\n\r\n");
    if head.starts_with(b"GET /slow ") {
        thread::sleep(Duration::from_secs(4));
        return client.write_all(b"HTTP/1.1 404 none\r\nconnection: close\r\n\r\n");
    }
    let mut door = TcpStream::connect(to)?;
    door.write_all(&head)?;
    if !head.starts_with(b"GET / ") {
        return io::copy(&mut door, &mut client).map(drop);
    }
    let mut page = String::new();
    door.read_to_string(&mut page)?;
    let kept = page.split_inclusive("\r\n").filter(|line| !line.starts_with("content-length:"));
    let page: String = kept.collect();
    client.write_all(page.replace("</main>", "<img src=\"/slow\" alt=\"\"></main>").as_bytes())
}

#[test]
fn a_page_is_live_in_a_browser() {
    let Some(browser) = chromium() else { return };
    let venue = crashed();
    let profile = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(&browser);
    child.args(QUIET);
    child.arg(format!("--user-data-dir={}", profile.path().display()));
    child.args(["--dump-dom"]).arg(format!("http://{}/", slowly(venue.address)));
    child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = child.spawn().expect("the browser starts");
    // The page is open, and something happens: it shows it without being asked again.
    for number in 2..200 {
        thread::sleep(Duration::from_millis(300));
        if child.try_wait().expect("the browser can be asked").is_some() {
            break;
        }
        venue.deposit(2, number, 1);
    }
    let output = child.wait_with_output().expect("the browser ends");
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(dom.contains("How Test stands"), "the page was not shown: {dom}");
    assert!(dom.contains(">Live</p>"), "the page is not live: {dom}");
    // Alone, the first page would show one deposit at most: it was made when the browser came.
    let deposits = dom.matches("Money came in.").count();
    assert!(deposits > 5, "what happened since is not on the page ({deposits}): {dom}");
}
