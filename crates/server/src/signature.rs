//! Signed reports: a source of the oracle signs the body of its call with Ed25519, so that a stolen
//! key of the door alone moves no price.
//!
//! What is signed: the words below, the venue's name, a zero byte, and the bytes of the body. A
//! report for one venue is none for another; a repeated one is refused by its number.

use ed25519_dalek::{Signature, VerifyingKey};

use crate::problem::Problem;

/// The header that carries the signature, in hexadecimal.
pub const HEADER: &str = "rhodian-signature";

const CONTEXT: &[u8] = b"rhodian report v1\0";

/// The bytes a source signs.
#[must_use]
pub fn message(venue: &str, body: &[u8]) -> Vec<u8> {
    [CONTEXT, venue.as_bytes(), b"\0", body].concat()
}

/// Reads a public key: 64 hexadecimal digits.
#[must_use]
pub fn public_key(text: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = from_hex(text)?.try_into().ok()?;
    let key = VerifyingKey::from_bytes(&bytes).ok()?;
    // A key of small order would accept what nobody signed.
    (!key.is_weak()).then_some(key)
}

/// Checks the signature of a body.
///
/// # Errors
///
/// There is none, or it is not the source's of this body for this venue.
pub fn check(key: &str, venue: &str, body: &[u8], signature: Option<&str>) -> Result<(), Problem> {
    let Some(signature) = signature else {
        let detail = format!("a source signs the body of its call: header {HEADER}");
        return Err(Problem::new("signature-required", detail));
    };
    let wrong =
        || Problem::new("signature-wrong", "the signature is not the source's of this body");
    let bytes: [u8; 64] = from_hex(signature).and_then(|b| b.try_into().ok()).ok_or_else(wrong)?;
    let key = public_key(key).ok_or_else(wrong)?;
    key.verify_strict(&message(venue, body), &Signature::from_bytes(&bytes)).map_err(|_| wrong())
}

/// Reads hexadecimal digits.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks() else { return None };
    let mut bytes = Vec::with_capacity(pairs.len());
    for [high, low] in pairs {
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        bytes.push(u8::try_from(digit(high)? << 4 | digit(low)?).ok()?);
    }
    Some(bytes)
}

/// Writes hexadecimal digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
