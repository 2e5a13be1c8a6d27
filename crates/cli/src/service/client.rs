//! A blocking client of the door: one call, one connection.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// Asks the door under one key.
#[derive(Clone, Debug)]
pub struct Client {
    /// Where the door is.
    pub address: SocketAddr,
    /// The secret of the key.
    pub key: String,
}

impl Client {
    /// Posts `body` and gives the status and the answer.
    ///
    /// # Errors
    ///
    /// The connection.
    pub fn post(&self, path: &str, body: &Value) -> io::Result<(u16, Value)> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let body = body.to_string();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            self.key,
            body.len(),
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }

    /// The same door under a new key of `role`.
    ///
    /// # Errors
    ///
    /// The connection, or the door refuses.
    pub fn with_role(&self, role: &str, subject: Option<u32>) -> io::Result<Self> {
        let asked = json!({ "name": format!("demo {role}"), "role": role, "subject": subject });
        let (_, given) = self.post("/v1/keys", &asked)?;
        let key = given["secret"].as_str().map(str::to_owned);
        let key = key.ok_or_else(|| io::Error::other(format!("no key was given: {given}")))?;
        Ok(Self { address: self.address, key })
    }
}
