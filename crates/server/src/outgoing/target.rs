//! An address that the configuration names, taken apart.

use axum::http::Uri;

/// Where something is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The name or address of the machine.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Both as the address has them.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// Whether the connection is encrypted.
    pub secure: bool,
}

impl Target {
    /// Takes an address apart.
    ///
    /// # Errors
    ///
    /// It is none, or would carry what it must not.
    pub fn read(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("url is no address: {error}"))?;
        let authority = uri.authority().ok_or("url names no host: https://host/path")?;
        if authority.as_str().contains('@') {
            return Err("url holds a user or a password, which logs would show".to_owned());
        }
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("url begins with https://, or http:// on this machine".to_owned()),
        };
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let host = authority.host().to_owned();
        Ok(Self { host, port, authority: authority.to_string(), path, secure })
    }

    /// Whether what is sent crosses a network as it is.
    #[must_use]
    pub fn is_in_the_clear(&self) -> bool {
        !self.secure && !matches!(self.host.as_str(), "127.0.0.1" | "[::1]" | "localhost")
    }

    /// The address without its query, which may hold a token of the receiver's.
    #[must_use]
    pub fn shown(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{scheme}://{}{path}", self.authority)
    }
}
