//! What a data folder keeps from its first start on, and what is refused when it is not there.

use std::fs;
use std::net::TcpListener;

use rhodian_server::{Config, Error};

use super::venue::{Venue, config};

/// The code with which a start is refused.
fn refused(config: Config) -> String {
    match rhodian_server::start(config).err() {
        Some(Error::Folder { code, help, .. }) => {
            assert!(!help.is_empty(), "{code} helps nobody");
            code.to_owned()
        }
        Some(other) => other.to_string(),
        None => "it started".to_owned(),
    }
}

/// A folder with a history, nothing running on it.
fn used() -> (Venue, String) {
    let mut venue = Venue::start();
    venue.world();
    let public_key = venue.get_as("/v1/public-key", &venue.venue).body;
    venue.running.take().expect("it runs").stop().expect("it stops well");
    (venue, public_key)
}

#[test]
fn a_busy_port_costs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut config = config(folder.path());
    config.listen = taken.local_addr().expect("its address");
    let error = rhodian_server::start(config.clone()).err().expect("the port is taken");
    assert!(error.to_string().contains(&config.listen.to_string()), "{error}");
    let written = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(written, 0, "something was begun");
    drop(taken);
    let running = rhodian_server::start(config).expect("the port is free");
    assert!(running.first_key.is_some(), "the administrator's key was lost");
    running.stop().expect("it stops well");
}

#[test]
fn a_folder_keeps_its_venues_name() {
    let (mut venue, _) = used();
    let path = venue.folder.path().to_path_buf();
    let named = |name: Option<&str>| Config { venue: name.map(str::to_owned), ..config(&path) };
    assert_eq!(refused(named(Some("Other"))), "venue-named-otherwise");
    let running = rhodian_server::start(named(None)).expect("it knows its name");
    (venue.address, venue.running) = (running.address, Some(running));
    assert_eq!(venue.get("/v1/status")["data"]["venue"], "Test");
    venue.running.take().expect("it runs").stop().expect("it stops well");
    fs::remove_file(path.join("venue.json")).expect("it is there");
    assert_eq!(refused(named(None)), "venue-not-kept");
    let running = rhodian_server::start(named(Some("Test"))).expect("it is said again");
    running.stop().expect("it stops well");
    assert_eq!(refused(named(Some("Other"))), "venue-named-otherwise");
    fs::write(path.join("venue.json"), "{").expect("written");
    assert_eq!(refused(named(Some("Test"))), "venue-not-read");
}

#[test]
fn another_signing_key_is_refused() {
    let (venue, public_key) = used();
    let path = venue.folder.path().join("proof.key");
    let good = fs::read_to_string(&path).expect("it is there");
    let start = || refused(config(venue.folder.path()));
    fs::remove_file(&path).expect("it is there");
    assert_eq!(start(), "signing-key-missing");
    assert!(!path.exists(), "a new key was made");
    // Of the two halves one signs; salts come from the other.
    let flipped = |place: usize| {
        let mut other = good.clone().into_bytes();
        other[place] = if other[place] == b'0' { b'1' } else { b'0' };
        String::from_utf8(other).expect("hexadecimal")
    };
    for (name, text, code) in [
        ("cut short", good[..100].to_owned(), "signing-key-not-read"),
        ("no digits", "x".repeat(128), "signing-key-not-read"),
        ("another seed", flipped(3), "signing-key-changed"),
        ("another secret", flipped(100), "signing-key-changed"),
    ] {
        fs::write(&path, text).expect("written");
        assert_eq!(start(), code, "{name}");
    }
    // Without the file that knows the key, a missing one is refused all the same.
    fs::remove_file(&path).expect("it is there");
    fs::remove_file(venue.folder.path().join("venue.json")).expect("it is there");
    assert_eq!(start(), "signing-key-missing");
    fs::write(&path, good).expect("written");
    let running = rhodian_server::start(config(venue.folder.path())).expect("all is back");
    let key = super::client::call(running.address, "GET", "/v1/public-key", &[], b"").body;
    assert_eq!(key, public_key);
    running.stop().expect("it stops well");
}

#[test]
fn lost_keys_are_not_replaced_silently() {
    let (mut venue, _) = used();
    let path = venue.folder.path().join("keys.json");
    let good = fs::read(&path).expect("it is there");
    fs::write(&path, "[{]").expect("written");
    assert_eq!(refused(config(venue.folder.path())), "keys-not-read");
    for lost in [true, false] {
        if lost {
            fs::remove_file(&path).expect("it is there");
            assert_eq!(refused(config(venue.folder.path())), "keys-missing");
            assert!(!path.exists(), "a key was made");
        } else {
            fs::write(&path, &good).expect("written");
        }
        let asked = Config { new_administrator: true, ..config(venue.folder.path()) };
        let running = rhodian_server::start(asked).expect("one is asked for");
        let key = running.first_key.clone().expect("a new key");
        let id: u32 = key.split('_').nth(1).expect("its id").parse().expect("a number");
        // Ids are part of idempotency keys in the journal: none comes back.
        assert!(if lost { id > 1_000_000_000 } else { id == 3 }, "{id}");
        (venue.address, venue.running) = (running.address, Some(running));
        assert_eq!(venue.get_as("/v1/keys", &key).status, 200);
        let old = venue.get_as("/v1/keys", &venue.admin).status;
        assert_eq!(old, if lost { 401 } else { 200 });
        venue.running.take().expect("it runs").stop().expect("it stops well");
    }
}
