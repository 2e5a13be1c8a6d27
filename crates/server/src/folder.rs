//! What a data folder keeps beside its journal from its first start on: the venue's name and which
//! key signs. A loss that is settled under one name and key is checked under the same ever after.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::service::Error;

/// The file of it.
const FILE: &str = "venue.json";
/// The name of a venue that was given none.
pub const UNNAMED: &str = "Rhodian";

/// What is kept of the venue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The venue's name: in what sources sign, and in the headers of settled losses.
    pub name: String,
    /// The key that signs heads; nothing where receipts were never made.
    #[serde(default)]
    pub signer: Option<Signer>,
    /// Whether this file was missing beside a journal that is used: then nobody knows whether there
    /// was a signer.
    #[serde(skip)]
    pub lost: bool,
}

/// The key that signs heads, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The public key, in hexadecimal.
    pub public_key: String,
    /// A hash of the whole secret file: salts come from it too, and no public key shows them.
    pub fingerprint: String,
}

impl Identity {
    /// What `folder` keeps, with the name `asked` where it keeps none yet. `used` says whether its
    /// journal has anything: then a name is fixed already, and must be said if the file is gone.
    ///
    /// # Errors
    ///
    /// Another name is asked for, the file cannot be read, or it is missing.
    pub fn open(folder: &Path, asked: Option<&str>, used: bool) -> Result<Self, Error> {
        let path = folder.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if used && asked.is_none() {
                    return Err(Error::Folder {
                        code: "venue-not-kept",
                        what: format!(
                            "{} is missing, and the journal is not empty",
                            path.display()
                        ),
                        help: "put it back from a backup, or name the venue once more, exactly as \
                               before, with --venue."
                            .to_owned(),
                    });
                }
                return Ok(Self {
                    name: asked.unwrap_or(UNNAMED).to_owned(),
                    signer: None,
                    lost: used,
                });
            }
            Err(error) => return Err(error.into()),
        };
        let kept: Self = serde_json::from_slice(&bytes).map_err(|error| Error::Folder {
            code: "venue-not-read",
            what: format!("{} cannot be read: {error}", path.display()),
            help: "put it back from a backup.".to_owned(),
        })?;
        match asked {
            Some(asked) if asked != kept.name => Err(Error::Folder {
                code: "venue-named-otherwise",
                what: format!("the venue of this folder is {:?}, not {asked:?}", kept.name),
                help: "leave the name out: settled losses and the sources' signatures carry it."
                    .to_owned(),
            }),
            _ => Ok(kept),
        }
    }

    /// Puts it down in `folder`.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn keep(&self, folder: &Path) -> io::Result<()> {
        put(&folder.join(FILE), &serde_json::to_vec_pretty(self).map_err(io::Error::other)?)
    }
}

/// Writes a file that only its owner reads: beside it first, then in its place, each synced.
///
/// # Errors
///
/// It cannot be written.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
