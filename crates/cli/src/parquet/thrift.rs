//! Thrift's compact protocol, read: fields by number, each with the kind of its value. What is not
//! asked for is passed over.

use super::{Fault, Read};

/// The kinds of values.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const SHORT: u8 = 4;
const INT: u8 = 5;
const LONG: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// How deep what is passed over may be nested; the format has six levels.
const DEPTH: u8 = 16;

const ENDS: Fault = Fault::Damaged("it ends within a value");
const WRONG: Fault = Fault::Damaged("a value is of another kind than the format says");

/// Bytes that are read from the front.
#[derive(Debug)]
pub struct Thrift<'a>(pub &'a [u8]);

impl<'a> Thrift<'a> {
    fn byte(&mut self) -> Read<u8> {
        let (first, rest) = self.0.split_first().ok_or(ENDS)?;
        self.0 = rest;
        Ok(*first)
    }

    /// The next so many bytes.
    pub fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ENDS)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Seven bits of each byte, the lowest first.
    pub fn varint(&mut self) -> Read<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 127);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte < 128 {
                return Ok(value);
            }
        }
        Err(Fault::Damaged("a number has more than 64 bits"))
    }

    /// A signed number: its sign is the lowest bit.
    pub fn signed(&mut self) -> Read<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// How many there are.
    pub fn count(&mut self) -> Read<usize> {
        usize::try_from(self.varint()?).map_err(|_| ENDS)
    }

    /// A whole number of any width.
    pub fn number(&mut self, kind: u8) -> Read<i64> {
        match kind {
            BYTE => Ok(i64::from(self.byte()?.cast_signed())),
            SHORT | INT | LONG => self.signed(),
            _ => Err(WRONG),
        }
    }

    /// A number that cannot be negative: a place, a length, a count.
    pub fn size(&mut self, kind: u8) -> Read<usize> {
        usize::try_from(self.number(kind)?).map_err(|_| Fault::Damaged("a length is below zero"))
    }

    /// Yes or no, which its kind says.
    pub fn truth(&mut self, kind: u8) -> Read<bool> {
        match kind {
            TRUE => Ok(true),
            FALSE => Ok(false),
            _ => Err(WRONG),
        }
    }

    /// A text.
    pub fn text(&mut self, kind: u8) -> Read<&'a [u8]> {
        if kind != BINARY {
            return Err(WRONG);
        }
        let length = self.count()?;
        self.take(length)
    }

    /// The fields of a struct that is a field or an item.
    pub fn nested(
        &mut self,
        kind: u8,
        field: impl FnMut(&mut Self, i64, u8) -> Read<()>,
    ) -> Read<()> {
        if kind == STRUCT { self.fields(field) } else { Err(WRONG) }
    }

    /// The fields of a struct, up to its end. `field` takes the value of each or skips it.
    pub fn fields(&mut self, mut field: impl FnMut(&mut Self, i64, u8) -> Read<()>) -> Read<()> {
        let mut last = 0i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            last = match i64::from(head >> 4) {
                // Numbers of fields have 16 bits.
                0 => i64::from(i16::try_from(self.signed()?).map_err(|_| WRONG)?),
                step => last + step,
            };
            field(self, last, head & 15)?;
        }
    }

    /// The items of a list, each of which `item` takes or skips.
    pub fn list(&mut self, kind: u8, mut item: impl FnMut(&mut Self, u8) -> Read<()>) -> Read<()> {
        if kind != LIST && kind != SET {
            return Err(WRONG);
        }
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.count()? } else { usize::from(head >> 4) };
        // Every item takes a byte at least, so a count of too many ends with the bytes.
        (0..count).try_for_each(|_| item(self, head & 15))
    }

    /// Passes over the value of a field.
    pub fn skip(&mut self, kind: u8) -> Read<()> {
        match kind {
            TRUE | FALSE => Ok(()),
            kind => self.skip_item(kind, DEPTH),
        }
    }

    fn skip_item(&mut self, kind: u8, depth: u8) -> Read<()> {
        let depth = depth.checked_sub(1).ok_or(Fault::Damaged("values are nested too deep"))?;
        match kind {
            TRUE | FALSE | BYTE => self.byte().map(drop),
            SHORT | INT | LONG => self.varint().map(drop),
            DOUBLE => self.take(8).map(drop),
            UUID => self.take(16).map(drop),
            BINARY => self.text(kind).map(drop),
            LIST | SET => self.list(kind, |thrift, kind| thrift.skip_item(kind, depth)),
            MAP => {
                let count = self.count()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                (0..count).try_for_each(|_| {
                    self.skip_item(kinds >> 4, depth)?;
                    self.skip_item(kinds & 15, depth)
                })
            }
            STRUCT => self.fields(|thrift, _, kind| match kind {
                TRUE | FALSE => Ok(()),
                kind => thrift.skip_item(kind, depth),
            }),
            _ => Err(WRONG),
        }
    }
}
