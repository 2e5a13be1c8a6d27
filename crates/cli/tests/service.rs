//! `rhodian serve` and `rhodian demo`, as they are run.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn rhodian(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rhodian"));
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs")
}

/// Sends a signal to a child of this test.
fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("a line comes");
    line.trim_end().to_owned()
}

#[test]
fn a_first_start_prints_a_key_once_and_an_interrupt_stops_it_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("venue").display().to_string();
    for (start, signalled) in [(1, "-TERM"), (2, "-INT")] {
        let mut child = rhodian(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]);
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let listening = line(&mut out);
        assert!(listening.starts_with("listening on http://127.0.0.1:"), "{listening}");
        if start == 1 {
            assert_eq!(line(&mut out), "the administrator's key, shown once:");
            assert!(line(&mut out).starts_with("rhodian_1_"));
        }
        signal(&child, signalled);
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("its output ends");
        assert_eq!(rest, "", "start {start}");
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "start {start}");
    }
}

#[test]
fn what_cannot_be_served_is_refused_with_a_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rhodian.toml");
    std::fs::write(&file, "queue = 0").expect("the file is written");
    let file = file.display().to_string();
    for (arguments, status, code) in [
        (vec!["serve", "--config", &file], 2, "error[service-config]"),
        (vec!["serve", "--config", "no such file"], 3, "error[io-not-found]"),
        (vec!["serve"], 2, "error["),
        (vec!["demo", "--for", "soon"], 2, "error["),
    ] {
        let output = rhodian(&arguments).wait_with_output().expect("it ends");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {error}");
        assert!(error.contains(code), "{arguments:?}: {error}");
    }
}

#[test]
fn a_demo_shows_a_crash_and_ends_by_itself() {
    let began = Instant::now();
    let output = rhodian(&["demo", "--for", "18s", "--port", "0"]).wait_with_output();
    let output = output.expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.starts_with("open http://127.0.0.1:"), "{text}");
    assert!(text.contains("it is over: 143 commands taken, 1 refused"), "{text}");
    assert!(began.elapsed() < Duration::from_secs(60), "it did not end at its time");
}

#[test]
fn an_interrupt_ends_a_demo() {
    let mut child = rhodian(&["demo", "--port", "0"]);
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    assert!(line(&mut out).starts_with("open http://127.0.0.1:"));
    signal(&child, "-INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

/// Starts `serve`, stops it `after` it listens; what it printed after its address.
fn started(arguments: &[&str], after: Duration) -> String {
    let mut child = rhodian(arguments);
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let listening = line(&mut out);
    assert!(listening.starts_with("listening on http://127.0.0.1:"), "{listening}");
    std::thread::sleep(after);
    signal(&child, "-INT");
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("its output ends");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    rest
}

/// Runs what must be refused: a start that serves instead is stopped, and seen by its status.
fn refusal(arguments: &[&str]) -> (Option<i32>, String) {
    let child = rhodian(arguments);
    let process = child.id().to_string();
    let (ended, stop) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if stop.recv_timeout(Duration::from_secs(20)).is_err() {
            Command::new("kill").args(["-KILL", &process]).status().expect("kill runs");
        }
    });
    let output = child.wait_with_output().expect("it ends");
    ended.send(()).ok();
    watch.join().expect("the watch ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_start_that_fails_takes_no_key_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("venue").display().to_string();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let busy = taken.local_addr().expect("its address").to_string();
    let (status, error) = refusal(&["serve", "--data", &data, "--listen", &busy]);
    assert_eq!(status, Some(3), "{error}");
    assert!(error.contains(&format!("cannot listen on {busy}")), "{error}");
    let again = ["serve", "--data", &data, "--listen", "127.0.0.1:0"];
    let printed = started(&again, Duration::ZERO);
    assert!(printed.contains("rhodian_1_"), "the first key is still to be had: {printed}");
}

/// Files that a start needs are read before it makes anything: what it says of that is so.
#[test]
fn a_start_that_lacks_a_file_leaves_no_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, data) = (folder.path().join("rhodian.toml"), folder.path().join("venue"));
    let (config, place) = (file.display().to_string(), data.display().to_string());
    let hook = "[[webhook]]\nname = \"desk\"\nurl = \"http://127.0.0.1:9/\"\n\
                events = [\"episodes\"]\nsecret-file = \"no such file\"\n";
    let tls = "[tls]\ncertificate = \"no such file\"\nkey = \"no such file\"\n";
    for (text, names) in [(hook, "webhook \"desk\": secret-file"), (tls, "tls.certificate")] {
        std::fs::write(&file, text).expect("the file is written");
        let (status, error) =
            refusal(&["serve", "--config", &config, "--data", &place, "--listen", "127.0.0.1:0"]);
        assert_eq!(status, Some(2), "{error}");
        assert!(error.contains(names) && error.contains("Nothing was written"), "{error}");
        assert!(!data.exists(), "{names}: a folder was made");
    }
}

#[test]
fn a_folder_that_lacks_what_it_had_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("venue");
    let serve = |more: &[&'static str]| {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--data"];
        let data: &'static str = data.display().to_string().leak();
        all.push(data);
        all.extend_from_slice(more);
        all
    };
    // Two beats of the clock: a folder without history may begin anew, this one may not.
    started(&serve(&["--venue", "Mine"]), Duration::from_millis(2_500));
    assert_eq!(started(&serve(&[]), Duration::ZERO), "", "the name is kept");
    let refused = |more: &[&'static str], code: &str| {
        let (status, error) = refusal(&serve(more));
        assert_eq!(status, Some(3), "{code}: {error}");
        assert!(error.contains(&format!("error[{code}]")), "{code}: {error}");
    };
    refused(&["--venue", "Another"], "venue-named-otherwise");
    for (file, code) in [("proof.key", "signing-key-missing"), ("keys.json", "keys-missing")] {
        let (path, aside) = (data.join(file), data.join("aside"));
        std::fs::rename(&path, &aside).expect("it was there");
        refused(&[], code);
        std::fs::rename(&aside, &path).expect("it is put back");
    }
    std::fs::write(data.join("keys.json"), "no keys").expect("it is written");
    refused(&[], "keys-not-read");
    std::fs::remove_file(data.join("keys.json")).expect("it was there");
    let printed = started(&serve(&["--new-administrator"]), Duration::ZERO);
    assert!(printed.contains("the administrator's key, shown once:"), "{printed}");
}
