//! The dashboard in a browser: clicked, typed into, and looked at on a phone. Skipped, with a line
//! that says so, where there is no Chromium.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::browser::Browser;
use super::clearing::auctioned;
use super::cover::claimed;
use super::venue::Venue;

/// The crash of 2 accounts, and Bob's receipt of it.
fn crashed() -> (Venue, String) {
    let venue = Venue::start();
    venue.world();
    venue.trade();
    venue.mark(820);
    let receipt = venue.get_as("/v1/losses/0/receipts/1", &venue.venue);
    assert_eq!(receipt.status, 200, "{receipt:?}");
    (venue, receipt.body)
}

/// Shows a key, as people do.
fn log_in(browser: &mut Browser, address: SocketAddr, key: &str) {
    browser.open(&format!("http://{address}/login"));
    browser.click("#key");
    browser.insert(key);
    browser.click("main button[type=submit]");
    browser.wait("location.pathname == '/' && document.querySelector('h1')");
}

/// The verdict in words, and the names of the checks that failed.
fn verdict(browser: &mut Browser) -> (String, Vec<String>) {
    browser.wait("document.querySelector('#found h2')");
    let title = browser.read("document.querySelector('#found h2').textContent");
    let failed = "[...document.querySelectorAll('#found tbody tr')].filter(row => \
                  row.cells[1].textContent == 'FAILED').map(row => row.cells[0].textContent)";
    let failed = serde_json::from_value(browser.read(failed)).unwrap();
    (title.as_str().unwrap().to_owned(), failed)
}

/// Pastes a text into a field in place of what is there.
fn paste(browser: &mut Browser, field: &str, text: &str) {
    browser.click(field);
    browser.read(&format!("document.querySelector('{field}').select()"));
    browser.insert(text);
}

#[test]
fn a_participant_checks_his_share_from_his_page() {
    let Some(mut browser) = Browser::start() else { return };
    let (venue, _) = crashed();
    log_in(&mut browser, venue.address, &venue.key("participant", Some(1)));
    browser.click("nav a[href='/accounts']");
    browser.click("main a[href='/accounts/1']");
    browser.click("main a[href='/verify?loss=0&account=1']");
    let found = verdict(&mut browser);
    assert_eq!(found, ("Accepted: proven".to_owned(), Vec::new()));
    let shown = browser.read("document.getElementById('found').innerText");
    let share = venue.get("/v1/accounts/1/exposure")["data"]["shares"][0]["paid"].clone();
    let words = format!("bob: {} atoms of loss 0", share.as_str().unwrap());
    assert!(shown.as_str().unwrap().contains(&words), "{shown}");
    assert_eq!(browser.complaints, Vec::<String>::new());
    // What is the same under every rule is a click away, and the way back too.
    browser.open(&format!("http://{}/accounts/1", venue.address));
    browser.click("main a[href='/accounts/1?rules=0#each-rule']");
    browser.wait("document.querySelectorAll('#each-rule tbody tr').length == 11");
    browser.click("main a[href='/accounts/1']");
    browser.wait("document.getElementById('live')");
}

/// What happens while the mouse is down is shown when it is up: a click is not lost to it.
#[test]
fn a_click_is_kept_while_the_page_is_live() {
    let Some(mut browser) = Browser::start() else { return };
    let (venue, _) = crashed();
    log_in(&mut browser, venue.address, &venue.key("participant", Some(1)));
    browser.open(&format!("http://{}/accounts", venue.address));
    browser.wait("document.getElementById('connection').textContent == 'Live'");
    for (number, pressed) in [(50, "main h1"), (51, "main a[href='/accounts/1']")] {
        let place = browser.mouse_down(pressed);
        venue.deposit(2, number, 5);
        let last = venue.get("/v1/status")["sequence"].as_u64().unwrap();
        thread::sleep(Duration::from_millis(1_500));
        browser.mouse("mouseReleased", &place);
        browser.wait(&format!("+document.getElementById('live').dataset.sequence >= {last}"));
    }
    browser.wait("location.pathname == '/accounts/1'");
}

#[test]
fn a_receipt_is_checked_by_someone_without_a_key_and_goes_nowhere() {
    let Some(mut browser) = Browser::start() else { return };
    let (venue, receipt) = crashed();
    let key = venue.get_as("/v1/public-key", &venue.venue).body;
    let head = venue.get_as("/v1/head", &venue.venue).body;
    browser.open(&format!("http://{}/verify", venue.address));
    browser.asked.clear();
    let strange = head.replacen("\"root\":\"", "\"root\":\"00", 1);
    type Case<'a> = (&'a str, String, String, String, &'a str, &'a [&'a str]);
    let cases: Vec<Case> = vec![
        ("whole", receipt.clone(), key.clone(), String::new(), "Accepted: proven", &[]),
        ("with a head", receipt.clone(), key.clone(), head.clone(), "Accepted: proven", &[]),
        (
            "another's key",
            receipt.clone(),
            "00".repeat(32),
            String::new(),
            "Refused: not proven",
            &["signature"],
        ),
        (
            "another's name",
            receipt.replace("\"bob\"", "\"eve\""),
            key.clone(),
            String::new(),
            "Refused: not proven",
            &["identity"],
        ),
        ("a space", receipt.replacen(':', ": ", 1), key.clone(), String::new(), CUT, &[]),
        ("cut off", receipt[..100].to_owned(), key.clone(), String::new(), CUT, &[]),
        ("no key", receipt.clone(), "x".to_owned(), String::new(), CUT, &[]),
        ("no head", receipt.clone(), key.clone(), strange, CUT, &[]),
    ];
    browser.click("summary");
    for (name, receipt, key, head, title, failed) in cases {
        browser.read("document.getElementById('found').replaceChildren()");
        paste(&mut browser, "#receipt", &receipt);
        paste(&mut browser, "#key", key.trim());
        browser.read("document.getElementById('head').value = ''");
        if !head.is_empty() {
            paste(&mut browser, "#head", head.trim());
        }
        browser.click("main button[type=submit]");
        let found = verdict(&mut browser);
        assert_eq!(
            (found.0.as_str(), &found.1[..]),
            (title, failed_names(failed).as_slice()),
            "{name}"
        );
    }
    let own = format!("http://{}/assets/verifier.wasm", venue.address);
    assert_eq!(browser.asked, [own], "a check sent something");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

const CUT: &str = "Refused: it cannot be read";

fn failed_names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_receipt_is_checked_by_the_keyboard_alone() {
    let Some(mut browser) = Browser::start() else { return };
    let (venue, receipt) = crashed();
    log_in(&mut browser, venue.address, &venue.venue);
    browser.open(&format!("http://{}/verify", venue.address));
    browser.tab_to("receipt");
    browser.insert(&receipt);
    browser.tab_to("key-here");
    browser.press("Enter", 13, "\r");
    browser.wait("document.getElementById('key').value.length == 64");
    browser.press("Tab", 9, "");
    browser.press("Tab", 9, "");
    browser.press("Enter", 13, "\r");
    assert_eq!(verdict(&mut browser).0, "Accepted: proven");
    assert_eq!(browser.read("document.activeElement.id"), json!("found"), "the focus is lost");
    let said = browser.read("document.getElementById('checking').textContent");
    assert_eq!(said, json!("Accepted: proven"), "nobody who listens is told");
}

/// How light a colour is beside another, as WCAG reckons: of every text on the page, the least.
const CONTRAST: &str = r"(() => {
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const light = (of) => of.slice(0, 3).map((c) => c / 255).map((c) =>
    c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (of) => {
    for (let at = of; at; at = at.parentElement) {
      const found = rgb(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  let least = [99, ''];
  for (const of of document.querySelectorAll('body *')) {
    const own = [...of.childNodes].some((c) => c.nodeType == 3 && c.textContent.trim());
    if (!own || of.closest('svg, noscript, script') || !of.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(of).color)), light(behind(of))];
    const found = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (found < least[0]) least = [found, of.outerHTML.slice(0, 120)];
  }
  return least;
})()";

/// Looks at `path` on every screen, light and dark: nothing hangs over a phone's edge, nothing is
/// too faint to read, and every field has a label. With `RHODIAN_SHOTS` set, a picture of each is
/// written there.
fn look(browser: &mut Browser, address: SocketAddr, path: &str, name: &str) {
    for (width, dark) in [(1_280, false), (1_280, true), (390, false), (390, true)] {
        let of = format!("{path}, {width} wide, dark {dark}");
        browser.screen(width, dark);
        browser.open(&format!("http://{address}{path}"));
        if path.starts_with("/verify?") {
            assert_eq!(verdict(browser).0, "Accepted: proven");
        }
        let wide = browser.read("document.documentElement.scrollWidth");
        assert!(wide.as_u64().unwrap() <= u64::from(width), "{of}: the page is {wide} wide");
        let least = browser.read(CONTRAST);
        assert!(least[0].as_f64().unwrap() >= 4.5, "{of}: too faint: {least}");
        let mute = "[...document.querySelectorAll('input, textarea')].filter(it => \
                    !it.labels?.length && !it.ariaLabel).length";
        assert_eq!(browser.read(mute), json!(0), "{of}: a field without a label");
        picture(browser, &format!("{name}-{width}-{}", if dark { "dark" } else { "light" }));
    }
}

/// The whole page as a picture, where someone wants to look at it.
fn picture(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("RHODIAN_SHOTS") else { return };
    let shot = browser
        .call("Page.captureScreenshot", json!({ "format": "png", "captureBeyondViewport": true }));
    let file = std::path::Path::new(&folder).join(format!("{name}.png.base64"));
    std::fs::write(file, shot["data"].as_str().unwrap()).unwrap();
}

#[test]
fn pages_fit_a_phone_and_can_be_read_in_the_dark() {
    let Some(mut browser) = Browser::start() else { return };
    let (venue, _) = crashed();
    log_in(&mut browser, venue.address, &venue.venue);
    for (path, name) in [
        ("/", "overview"),
        ("/losses", "losses"),
        ("/losses/0", "loss"),
        ("/accounts", "accounts"),
        ("/accounts/1", "account"),
        ("/accounts/1?rules=0", "each-rule"),
        ("/layers", "layers"),
        ("/pools", "pools"),
        ("/cover", "no-cover"),
        ("/clearing", "no-clearing"),
        ("/markets", "markets"),
        ("/parameters", "parameters"),
        ("/verify", "verify"),
        ("/verify?loss=0&account=1", "verified"),
    ] {
        look(&mut browser, venue.address, path, name);
    }
}

/// With a fund, its scenarios, members and an auction on it.
#[test]
fn the_page_of_clearing_fits_a_phone_and_can_be_read_in_the_dark() {
    let Some(mut browser) = Browser::start() else { return };
    let venue = auctioned();
    log_in(&mut browser, venue.address, &venue.venue);
    browser.click("nav a[href='/clearing']");
    browser.click("main a[href='/losses/0']");
    look(&mut browser, venue.address, "/clearing", "clearing");
}

/// With pools, risks, an incident and covers on it.
#[test]
fn the_page_of_cover_fits_a_phone_and_can_be_read_in_the_dark() {
    let Some(mut browser) = Browser::start() else { return };
    let venue = claimed();
    log_in(&mut browser, venue.address, &venue.venue);
    browser.click("nav a[href='/cover']");
    browser.click("main a[href='/losses/0']");
    look(&mut browser, venue.address, "/cover", "cover");
}
