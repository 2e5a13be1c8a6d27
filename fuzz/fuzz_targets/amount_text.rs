//! Decimal texts: read as whole numbers of any size would have it, written and read back. And the
//! other small readers of text: signed decimals with exponents, filters of rows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use num_bigint::BigUint;
use num_traits::ToPrimitive;
use rhodian_cli::amount_text::{AmountFormat, ExcessDigits, MAX_DECIMALS};
use rhodian_cli::loss_file::decimal::Decimal;
use rhodian_cli::loss_file::keep::Keep;
use rhodian_core::bounds::MAX_AMOUNT;

/// The atoms of a text; nothing where it is no amount of the format up to `max`.
fn model(text: &[u8], format: AmountFormat, max: u128) -> Option<u128> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let written = if text.contains('.') { fraction.len() } else { 0 };
    let decimals = usize::from(format.decimals);
    let beyond = written.saturating_sub(decimals);
    if !digits(whole) || !digits(fraction) || beyond > 0 && format.excess == ExcessDigits::Refuse {
        return None;
    }
    let ten = |power: usize| BigUint::from(10u32).pow(u32::try_from(power).unwrap());
    let number: BigUint = format!("{whole}{}", &fraction[..written]).parse().unwrap();
    let number = number * ten(decimals.saturating_sub(written));
    let (atoms, twice) = (&number / ten(beyond), (&number % ten(beyond)) * 2u32);
    let up = twice > ten(beyond) || twice == ten(beyond) && atoms.bit(0);
    (atoms + u32::from(up)).to_u128().filter(|atoms| *atoms <= max)
}

fuzz_target!(|data: &[u8]| {
    let Some((&[decimals, round, power], text)) = data.split_first_chunk() else { return };
    let excess = if round % 2 == 0 { ExcessDigits::Refuse } else { ExcessDigits::HalfEven };
    let format = AmountFormat { decimals: decimals % (MAX_DECIMALS + 1), excess };
    let max = MAX_AMOUNT / 10u128.pow(u32::from(power % 31));
    let read = format.read_atoms(text, max);
    assert_eq!(read.as_ref().ok().copied(), model(text, format, max));
    if let Err(fault) = read {
        assert!(fault.span.start <= fault.span.end && fault.span.end <= text.len());
    }
    if let Ok(amount) = format.read(text) {
        let written = format.write(amount);
        assert_eq!(format.read(written.as_bytes()), Ok(amount));
        assert_eq!(format.write_grouped(amount).replace(',', ""), written);
    }
    for exponents in [false, true] {
        if let Ok(number) = Decimal::read(text, exponents) {
            let again = Decimal::read(&number.magnitude(), false).unwrap();
            assert_eq!(again.magnitude(), number.magnitude());
        }
    }
    let _ = Keep::read(&String::from_utf8_lossy(text));
});
