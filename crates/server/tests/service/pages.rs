//! The pages: read as people and machines read them, and driven in a browser where there is one.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::client::call;
use super::venue::Venue;

const PAGES: &[&str] = &[
    "/",
    "/losses",
    "/losses/0",
    "/layers",
    "/accounts",
    "/accounts/0",
    "/accounts/1",
    "/markets",
    "/parameters",
    "/kinds",
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

#[test]
fn a_participants_pages_show_his_own_only() {
    let venue = Venue::start();
    venue.world();
    venue.trade();
    let form = format!("key={}", venue.key("participant", Some(2)));
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let reply = call(venue.address, "POST", "/login", &kind, form.as_bytes());
    let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let with = [("cookie", cookie.as_str())];
    let get = |path: &str| call(venue.address, "GET", path, &with, b"");
    assert!(get("/accounts/2").body.contains("carol"));
    assert_eq!(get("/accounts/0").status, 403);
    for path in ["/", "/accounts", "/losses", "/layers", "/markets"] {
        let reply = get(path);
        assert_eq!(reply.status, 200, "{path}");
        assert!(!reply.body.contains("bob"), "{path} tells of Bob");
    }
    assert_eq!(call(venue.address, "GET", "/accounts", &[], b"").status, 303);
}

/// The first Chromium there is.
fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders = std::env::var_os("PATH")?;
    let places = std::env::split_paths(&folders);
    places.flat_map(|folder| names.map(|name| folder.join(name))).find(|path| path.is_file())
}

#[test]
fn a_page_is_live_in_a_browser() {
    let Some(browser) = browser() else {
        println!("skipped: there is no Chromium on this machine");
        return;
    };
    let venue = crashed();
    let profile = tempfile::tempdir().expect("a folder");
    let shown = |path: &str| {
        let mut child = Command::new(&browser);
        child.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
        child.arg(format!("--user-data-dir={}", profile.path().display()));
        child.args(["--timeout=4000", "--dump-dom"]);
        child.arg(format!("http://{}{path}", venue.address));
        child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        child.spawn().expect("the browser starts")
    };
    let child = shown("/");
    // The page is open, and something happens: it shows it without being asked again.
    for number in 2..40 {
        std::thread::sleep(Duration::from_millis(150));
        venue.deposit(2, number, 1);
    }
    let output = child.wait_with_output().expect("the browser ends");
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(dom.contains("How Test stands"), "the page was not shown: {dom}");
    assert!(dom.contains(">Live</p>"), "the page is not live: {dom}");
    let first = dom.split("data-sequence=\"").nth(1).and_then(|rest| rest.split('"').next());
    let first: u64 = first.and_then(|text| text.parse().ok()).expect("the page says its event");
    assert!(dom.contains(&first.to_string()));
    assert!(dom.contains("Money came in."), "what happened is not on the page: {dom}");
}
