//! The trace that a caller is in: the header `traceparent` of W3C Trace Context.

use axum::http::HeaderMap;

use crate::signature::from_hex;

/// The header.
const HEADER: &str = "traceparent";

/// Where a call stands in its caller's trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The trace.
    pub trace: [u8; 16],
    /// The caller's span.
    pub span: [u8; 8],
    /// Whether the caller keeps this trace.
    pub traced: bool,
}

impl Parent {
    /// What the headers say; nothing where they say nothing that can be read.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all(HEADER).iter();
        let text = all.next()?.to_str().ok()?;
        if all.next().is_some() { None } else { Self::read(text) }
    }

    /// Version, trace, span and flags, in lower hexadecimal digits; a later version may go on.
    fn read(text: &str) -> Option<Self> {
        let lower = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f' | b'-');
        let (known, rest) = text.split_at_checked(55)?;
        let mut parts = known.split('-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let goes_on = version != "00" && rest.starts_with('-');
        let form = (version.len(), trace.len(), span.len(), flags.len()) == (2, 32, 16, 2);
        if !known.bytes().all(lower) || !form || version == "ff" || !(rest.is_empty() || goes_on) {
            return None;
        }
        let trace: [u8; 16] = from_hex(trace)?.try_into().ok()?;
        let span: [u8; 8] = from_hex(span)?.try_into().ok()?;
        let flags = *from_hex(flags)?.first()?;
        let named = trace != [0; 16] && span != [0; 8];
        named.then_some(Self { trace, span, traced: flags & 1 == 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    /// The example of the recommendation, and what it says of versions and zeros.
    #[test]
    fn the_header_is_read_as_the_recommendation_says() {
        for (text, traced) in [
            (format!("00-{TRACE}-{SPAN}-01"), Some(true)),
            (format!("00-{TRACE}-{SPAN}-00"), Some(false)),
            (format!("00-{TRACE}-{SPAN}-03"), Some(true)),
            (format!("cc-{TRACE}-{SPAN}-01"), Some(true)),
            (format!("cc-{TRACE}-{SPAN}-01-more"), Some(true)),
            (format!("cc-{TRACE}-{SPAN}-01more"), None),
            (format!("00-{TRACE}-{SPAN}-01-more"), None),
            (format!("ff-{TRACE}-{SPAN}-01"), None),
            (format!("00-{}-{SPAN}-01", TRACE.to_uppercase()), None),
            (format!("00-{}-{SPAN}-01", "0".repeat(32)), None),
            (format!("00-{TRACE}-{}-01", "0".repeat(16)), None),
            (format!("00-{TRACE}-{SPAN}-0"), None),
            (format!("00-{TRACE}{SPAN}--01"), None),
            (format!("{}é{}", "0".repeat(54), "0".repeat(9)), None),
            (String::new(), None),
        ] {
            let read = Parent::read(&text);
            assert_eq!(read.map(|parent| parent.traced), traced, "{text}");
        }
    }
}
