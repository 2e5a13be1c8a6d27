//! The door behind TLS.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rhodian_server::tls::{self, Tls};
use tokio_rustls::rustls::{ClientConnection, StreamOwned};

use super::certificates::Certificate;
use super::client::head;
use super::venue::config;

/// Asks `path` over TLS of whom `vouched` vouches for: the status, and the body.
fn ask(address: SocketAddr, vouched: &Certificate, request: &str) -> Result<(u16, String), String> {
    let client = tls::client(Some(&vouched.certificate())).expect("it vouches");
    let name = "localhost".try_into().expect("a name");
    let connection = ClientConnection::new(client, name).expect("a connection");
    let stream = TcpStream::connect(address).expect("the door is open");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let mut stream = StreamOwned::new(connection, stream);
    stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
    let mut from = BufReader::new(stream);
    from.fill_buf().map_err(|error| error.to_string())?;
    let (status, headers) = head(&mut from);
    let mut body = String::new();
    let _ = from.read_to_string(&mut body);
    let cookie = headers.into_iter().find(|(name, _)| name == "set-cookie");
    Ok((status, cookie.map_or(body, |(_, cookie)| cookie)))
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

#[test]
fn a_door_behind_tls_answers_https_and_refuses_plain_http() {
    let (certificate, folder) = (Certificate::new(), tempfile::tempdir().expect("a folder"));
    let mut config = config(folder.path());
    config.tls = Some(certificate.files());
    let running = rhodian_server::start(config).expect("it starts");
    let address = running.address;
    // Some who say nothing hold up nobody.
    let silent: Vec<TcpStream> =
        (0..20).map(|_| TcpStream::connect(address).expect("the door is open")).collect();
    let (status, body) = ask(address, &certificate, &get("/health/live")).expect("an answer");
    assert_eq!((status, body.as_str()), (200, "{\"live\":true}"));
    let mut plain = TcpStream::connect(address).expect("the door is open");
    plain.write_all(get("/health/live").as_bytes()).expect("it goes out");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/1"), "plain HTTP was answered");
    let stranger = Certificate::new();
    let error = ask(address, &stranger, &get("/health/live")).unwrap_err();
    assert!(error.contains("certificate"), "{error}");
    let key = format!("key={}", running.first_key.as_ref().expect("a key"));
    let login = format!(
        "POST /login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{key}",
        key.len()
    );
    let (status, cookie) = ask(address, &certificate, &login).expect("an answer");
    assert!(status == 303 && cookie.ends_with("; Secure"), "{status} {cookie}");
    drop(silent);
    let began = Instant::now();
    running.stop().expect("it stops well");
    assert!(began.elapsed() < Duration::from_secs(5), "a stop waited for those who say nothing");
}

#[test]
fn files_that_are_no_certificate_and_key_are_refused_before_anything_is_begun() {
    let (good, other) = (Certificate::new(), Certificate::new());
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("text");
    fs::write(&text, "no certificate").expect("written");
    let missing = folder.path().join("missing.pem");
    let of = |certificate: &std::path::Path, key: &std::path::Path| Tls {
        certificate: certificate.to_path_buf(),
        key: key.to_path_buf(),
    };
    for (name, files, word) in [
        ("no certificate", of(&missing, &good.key()), "tls.certificate: "),
        ("no key", of(&good.certificate(), &missing), "tls.key: "),
        ("a text", of(&text, &good.key()), "holds no certificate in PEM"),
        ("a key that is none", of(&good.certificate(), &text), "tls.key: "),
        ("a certificate as key", of(&good.certificate(), &good.certificate()), "tls.key: "),
        ("another's key", of(&good.certificate(), &other.key()), "does not go with the key"),
    ] {
        let data = tempfile::tempdir().expect("a folder");
        let mut config = config(data.path());
        config.tls = Some(files);
        let error = rhodian_server::start(config).err().expect("it is refused").to_string();
        assert!(error.contains(word), "{name}: {error}");
        assert_eq!(fs::read_dir(data.path()).expect("it is there").count(), 0, "{name}");
    }
}

#[test]
fn a_door_in_the_clear_says_so_beyond_this_machine() {
    let certificate = Certificate::new();
    for (listen, tls, warned) in [
        ("0.0.0.0:0", None, true),
        ("0.0.0.0:0", Some(certificate.files()), false),
        ("127.0.0.1:0", None, false),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = config(folder.path());
        config.listen = listen.parse().expect("an address");
        config.tls.clone_from(&tls);
        let running = rhodian_server::start(config).expect("it starts");
        let said = running.remarks.iter().any(|remark| remark.contains("without TLS"));
        assert_eq!(said, warned, "{listen} {tls:?}: {:?}", running.remarks);
        running.stop().expect("it stops well");
    }
}
