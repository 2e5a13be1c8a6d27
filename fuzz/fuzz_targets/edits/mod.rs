//! Texts out of bytes: a good text with a few edits, or the bytes as they are. A text that is
//! nearly right gets further into a reader than noise does.

/// One of `texts` with edits, or what follows the first byte.
///
/// An edit is a place (two bytes), how many bytes are cut there, and what is put there instead:
/// below 128 that many of the next bytes, above it a piece of the text from another place.
pub fn edited(texts: &[&[u8]], bytes: &[u8]) -> Vec<u8> {
    let Some((choice, mut edits)) = bytes.split_first() else { return Vec::new() };
    let Some(good) = texts.get(usize::from(*choice) % (texts.len() + 1)) else {
        return edits.to_vec();
    };
    let mut text = good.to_vec();
    while let Some((&[high, low, cut, put], rest)) = edits.split_first_chunk() {
        let start = place(&text, high, low);
        let end = text.len().min(start + usize::from(cut));
        let length = usize::from(put);
        let (piece, rest) = if length < 128 {
            let (piece, rest) = rest.split_at(length.min(rest.len()));
            (piece.to_vec(), rest)
        } else {
            let (from, rest) = rest.split_at(2.min(rest.len()));
            let from = place(&text, *from.first().unwrap_or(&0), *from.last().unwrap_or(&0));
            (text[from..text.len().min(from + length - 127)].to_vec(), rest)
        };
        text.splice(start..end, piece);
        edits = rest;
    }
    text
}

fn place(text: &[u8], high: u8, low: u8) -> usize {
    usize::from(u16::from_be_bytes([high, low])) % (text.len() + 1)
}
