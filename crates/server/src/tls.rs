//! Certificates: what the door shows, and whom webhooks believe.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, ServerConfig};

/// Where the door's certificate and its key lie.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those that lead from it to an authority, in this order, as PEM.
    pub certificate: PathBuf,
    /// The certificate's private key, as PEM.
    pub key: PathBuf,
}

impl Tls {
    /// What the door shows, read from the files. It is read at a start only.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or holds something else, or a key of another certificate.
    pub fn open(&self) -> Result<Arc<ServerConfig>, String> {
        let certificates = certificates("tls.certificate", &self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| unread("tls.key", &self.key, error))?;
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
            .map_err(|error| {
                let (certificate, key) = (self.certificate.display(), self.key.display());
                format!(
                    "tls: the certificate {certificate} does not go with the key {key}: {error}"
                )
            })?;
        Ok(Arc::new(config))
    }
}

/// The cryptography, one for both sides.
fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn unread(what: &str, path: &Path, error: impl Display) -> String {
    format!("{what}: {} cannot be read: {error}", path.display())
}

fn certificates(what: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|error| unread(what, path, error))?;
    if found.is_empty() {
        return Err(format!("{what}: {} holds no certificate in PEM", path.display()));
    }
    Ok(found)
}

/// Whom a caller believes: the authorities in the file, or the machine's where none is named.
///
/// # Errors
///
/// The file cannot be read, or nobody is believed.
pub fn client(authority: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let found = match authority {
        Some(path) => certificates("authority", path)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    let (taken, _) = roots.add_parsable_certificates(found);
    if taken == 0 {
        return Err("no authority is known that could vouch for a certificate: install the \
                    machine's, or name a file in authority"
            .to_owned());
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
