//! A Chromium without a window, driven by its own protocol over a pipe: what is clicked and typed
//! goes the way of a mouse and a keyboard.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How often a link is clicked that leads nowhere, and how soon it must.
const CLICKS: usize = 5;
const SOON: Duration = Duration::from_secs(3);

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The first Chromium there is; says so where there is none.
pub fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&folders);
    let found = places.find_map(|folder| {
        names.map(|name| folder.join(name)).into_iter().find(|path| path.is_file())
    });
    if found.is_none() {
        println!("skipped: there is no Chromium on this machine");
    }
    found
}

/// The arguments of every Chromium here.
pub const QUIET: [&str; 4] =
    ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];

/// A browser with one tab.
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    sent: u64,
    /// What the tab asked the network for, since it was last cleared.
    pub asked: Vec<String>,
    /// What the page complained of: errors of scripts, refusals by the policy.
    pub complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Nothing where there is no Chromium.
    pub fn start() -> Option<Self> {
        let chromium = chromium()?;
        let profile = tempfile::tempdir().expect("a folder");
        // It speaks at the third and fourth file: those are our pipes.
        let mut child = Command::new("sh");
        child.args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"]).arg(chromium);
        child.args(QUIET).args(["--remote-debugging-pipe", "about:blank"]);
        child.arg(format!("--user-data-dir={}", profile.path().display()));
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = child.spawn().expect("the browser starts");
        let to = child.stdin.take().expect("a pipe to it");
        let from = BufReader::new(child.stdout.take().expect("a pipe from it"));
        let mut browser = Self {
            child,
            to,
            from,
            session: None,
            sent: 0,
            asked: Vec::new(),
            complaints: Vec::new(),
            _profile: profile,
        };
        let tab = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let tab = json!({ "targetId": tab["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", tab)["sessionId"].clone();
        browser.session = session.as_str().map(str::to_owned);
        for domain in ["Page", "Network", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Asks the browser.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.ask(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// What the browser answers, or why it does not; keeps what the tab tells meanwhile.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.sent += 1;
        let mut call = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            call["sessionId"] = json!(session);
        }
        write!(self.to, "{call}\0").expect("the browser listens");
        self.to.flush().expect("the browser listens");
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).expect("the browser speaks");
            assert_eq!(bytes.pop(), Some(0), "the browser went away at {method}");
            let told: Value = serde_json::from_slice(&bytes).expect("it speaks JSON");
            if told["id"] == self.sent {
                return told
                    .get("error")
                    .map_or_else(|| Ok(told["result"].clone()), |error| Err(error.clone()));
            }
            self.note(&told["method"], &told["params"]);
        }
    }

    fn note(&mut self, method: &Value, of: &Value) {
        match method.as_str() {
            Some("Network.requestWillBeSent") => {
                self.asked.extend(of["request"]["url"].as_str().map(str::to_owned));
            }
            Some("Runtime.exceptionThrown") => self.complaints.push(of.to_string()),
            Some("Log.entryAdded") if of["entry"]["level"] == "error" => {
                self.complaints.push(of["entry"].to_string());
            }
            _ => {}
        }
    }

    /// What an expression of the page is.
    pub fn read(&mut self, expression: &str) -> Value {
        let of = json!({ "expression": expression, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", of);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression of the page is true.
    pub fn wait(&mut self, expression: &str) {
        self.until(&format!("!!({expression})"));
    }

    /// What an expression of the page is once it is something. A page that is just left, or not yet
    /// there, has nothing yet.
    fn until(&mut self, expression: &str) -> Value {
        let began = Instant::now();
        let guarded = format!("(() => {{ try {{ return {expression}; }} catch {{}} }})()");
        let of = json!({ "expression": guarded, "returnByValue": true });
        loop {
            let answer = self.ask("Runtime.evaluate", of.clone()).unwrap_or_default();
            let value = &answer["result"]["value"];
            if !value.is_null() && *value != json!(false) {
                return value.clone();
            }
            if began.elapsed() > PATIENCE {
                let page = self.read("location.href + ': ' + document.body?.innerText");
                panic!("{expression} did not come about: {page}; {:?}", self.complaints);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Opens a page.
    pub fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
        self.wait(&format!("location.href == {} && document.readyState == 'complete'", json!(url)));
    }

    /// Looks at pages on a screen of `width` pixels, a phone's below 500.
    pub fn screen(&mut self, width: u32, dark: bool) {
        let (height, mobile) = if width < 500 { (844, true) } else { (900, false) };
        let screen = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile,
        });
        self.call("Emulation.setDeviceMetricsOverride", screen);
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Clicks where the element that `selector` finds is shown; of a link that is broken over lines,
    /// on its first. A live page may move what was measured away before the mouse is down: where a
    /// link leads nowhere, it is clicked again, as a person would.
    pub fn click(&mut self, selector: &str) {
        let before = self.read("location.href");
        for _ in 0..CLICKS {
            let place = self.mouse_down(selector);
            self.mouse("mouseReleased", &place);
            if !selector.contains("a[href") || self.leaves(&before) {
                return;
            }
        }
    }

    /// Whether the page is left before long.
    fn leaves(&mut self, before: &Value) -> bool {
        let began = Instant::now();
        let of = json!({ "expression": "location.href", "returnByValue": true });
        while began.elapsed() < SOON {
            let now = self.ask("Runtime.evaluate", of.clone()).unwrap_or_default();
            let now = &now["result"]["value"];
            if now.is_string() && now != before {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    /// Presses the mouse there, and says where.
    pub fn mouse_down(&mut self, selector: &str) -> Value {
        // Until all is loaded the page may still move under the mouse.
        let place = self.until(&format!(
            "(() => {{ if (document.readyState != 'complete') return null; const it = \
             document.querySelector({}); it.scrollIntoView({{ block: 'center', behavior: \
             'instant' }}); const box = it.getClientRects()[0]; return [box.x + box.width / 2, \
             box.y + box.height / 2]; }})()",
            json!(selector)
        ));
        self.mouse("mousePressed", &place);
        place
    }

    /// Moves the button of the mouse at a place.
    pub fn mouse(&mut self, kind: &str, place: &Value) {
        let click = json!({
            "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1,
        });
        self.call("Input.dispatchMouseEvent", click);
    }

    /// Types, or pastes, into what has the focus.
    pub fn insert(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Presses a key: `Tab`, `Enter`.
    pub fn press(&mut self, key: &str, code: u32, text: &str) {
        for kind in ["keyDown", "keyUp"] {
            let mut press = json!({
                "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code,
            });
            if kind == "keyDown" && !text.is_empty() {
                press["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", press);
        }
    }

    /// Presses Tab until the element with `id` has the focus.
    pub fn tab_to(&mut self, id: &str) {
        for _ in 0..80 {
            if self.read("document.activeElement.id") == json!(id) {
                return;
            }
            self.press("Tab", 9, "");
        }
        panic!("the keyboard does not lead to {id}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
