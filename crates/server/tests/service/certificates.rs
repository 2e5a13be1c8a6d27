//! Certificates made for one test.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rhodian_server::tls::Tls;
use tempfile::TempDir;
use tokio_rustls::rustls::ServerConfig;

/// A certificate for `localhost` and 127.0.0.1 that vouches for itself, and its key.
pub struct Certificate {
    folder: TempDir,
}

impl Certificate {
    pub fn new() -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, text: String| {
            fs::write(folder.path().join(name), text).expect("written");
        };
        put("certificate.pem", made.cert.pem());
        put("key.pem", made.signing_key.serialize_pem());
        Self { folder }
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    pub fn files(&self) -> Tls {
        Tls { certificate: self.certificate(), key: self.key() }
    }

    pub fn server(&self) -> Arc<ServerConfig> {
        self.files().open().expect("they go together")
    }
}
