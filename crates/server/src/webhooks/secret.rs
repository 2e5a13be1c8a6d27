//! The secret of a webhook, and what is signed with it: the scheme of Standard Webhooks 1.0.0, so
//! that receivers find a library that checks it.

use std::env;
use std::fmt;
use std::fs;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::settings::Settings;

/// What every secret begins with.
const PREFIX: &str = "whsec_";

/// A secret. It is never shown.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// The secret of a webhook, from its file or its environment variable.
    ///
    /// # Errors
    ///
    /// It is not there, or no secret. The message does not say what is there.
    pub fn open(settings: &Settings) -> Result<Self, String> {
        let (place, text) = match (&settings.secret_file, &settings.secret_variable) {
            (Some(path), _) => {
                let place = format!("secret-file {}", path.display());
                let text = fs::read_to_string(path)
                    .map_err(|error| format!("{place} cannot be read: {}", error.kind()))?;
                (place, text)
            }
            (None, Some(name)) => {
                let place = format!("secret-variable {name}");
                let text = env::var(name).map_err(|_| format!("{place} is not set, or no text"))?;
                (place, text)
            }
            (None, None) => return Err("name one of secret-file and secret-variable".to_owned()),
        };
        Self::read(text.trim()).ok_or_else(|| {
            format!(
                "{place} holds no secret: {PREFIX} and 24 to 64 random bytes in base64, as \
                 printf 'whsec_%s' \"$(openssl rand -base64 32)\" prints"
            )
        })
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = Base64::decode_vec(text.strip_prefix(PREFIX)?).ok()?;
        let fits = (24..=64).contains(&bytes.len());
        Hmac::new_from_slice(&bytes).ok().filter(|_| fits).map(Self)
    }

    /// The signature of a message: its id, the seconds of the attempt, its body.
    #[must_use]
    pub fn sign(&self, id: &str, seconds: u64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", Base64::encode_string(&mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_standards() {
        // Computed apart, with the hmac module of Python.
        let secret = Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signed =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b"{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_secret_is_none() {
        let of = |bytes: usize| format!("{PREFIX}{}", Base64::encode_string(&vec![7; bytes]));
        for (text, good) in [
            (of(24), true),
            (of(64), true),
            (of(23), false),
            (of(65), false),
            (Base64::encode_string(&[7; 32]), false),
            (format!("{PREFIX}not base64"), false),
            (String::new(), false),
        ] {
            assert_eq!(Secret::read(&text).is_some(), good, "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
