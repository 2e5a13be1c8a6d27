//! The door under random input: it never panics, ends with a status of its own, and what it
//! accepts it divides to the last atom. The `csv` crate and plain strings are the models.

#[path = "door/mod.rs"]
mod door;
#[path = "support/mod.rs"]
mod support;

use door::{allocate, check_refusal, same_fields};
use proptest::prelude::*;
use rhodian_cli::amount_text::{AmountFormat, ExcessDigits, MAX_DECIMALS};
use rhodian_cli::rules::RULES;
use rhodian_cli::source::Source;
use rhodian_core::bounds::MAX_AMOUNT;
use rhodian_core::units::Amount;
use support::World;

/// Pieces a file of claims is made of, the faulty ones among them.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&[u8]> = vec![
        b"id",
        b"cap",
        b"weight",
        b"score",
        b"risk",
        b"class",
        b",",
        b",",
        b",",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\"",
        b"\"\"",
        b"a",
        b"b",
        b"c",
        b"0",
        b"1",
        b"25",
        b"-3",
        b"1.5",
        b".",
        b"1e5",
        b"0x9",
        b"NaN",
        b" ",
        b"\t",
        b"\0",
        b"\xFF",
        b"\xEF\xBB\xBF",
        b"\xC3\xA9",
        b"1000000000000000000000000000000",
        b"18446744073709551616",
        b"\xE2\x80\xAE",
        b"\x1B[2J",
    ];
    prop::sample::select(pieces).prop_map(<[u8]>::to_vec)
}

/// A good file, half of the time with one cell replaced by a piece.
fn likely_file() -> impl Strategy<Value = Vec<u8>> {
    let rows = prop::collection::vec(prop::collection::vec(0u32..50, 5), 1..18);
    let fault = prop::option::of((any::<prop::sample::Index>(), 0usize..6, piece()));
    (rows, fault).prop_map(|(rows, fault)| {
        let mut cells: Vec<Vec<Vec<u8>>> = Vec::new();
        for (row, numbers) in rows.iter().enumerate() {
            // Ids in no order: 7 has no factor in common with 101.
            let id = format!("u{}", row * 7 % 101).into_bytes();
            let numbers = numbers.iter().map(|number| number.to_string().into_bytes());
            cells.push(std::iter::once(id).chain(numbers).collect());
        }
        if let Some((row, column, piece)) = fault {
            let row = row.index(cells.len());
            cells[row][column] = piece;
        }
        let lines: Vec<_> = cells.iter().map(|row| row.join(&b","[..])).collect();
        [b"id,cap,weight,score,risk,class\n".to_vec(), lines.join(&b"\n"[..])].concat()
    })
}

fn any_format() -> impl Strategy<Value = AmountFormat> {
    (0u8..=MAX_DECIMALS, any::<bool>()).prop_map(|(decimals, round)| AmountFormat {
        decimals: if decimals > 8 { 0 } else { decimals },
        excess: if round { ExcessDigits::HalfEven } else { ExcessDigits::Refuse },
    })
}

/// The slow reading of a decimal number: pad or cut its digits, then round by comparing strings.
fn model_read(whole: &str, fraction: &str, format: AmountFormat) -> Option<u128> {
    let decimals = usize::from(format.decimals);
    if fraction.len() > decimals && format.excess == ExcessDigits::Refuse {
        return None;
    }
    let padded = format!("{fraction:0<decimals$}");
    let (kept, dropped) = padded.split_at(decimals);
    let floor: u128 = format!("{whole}{kept}")
        .trim_start_matches('0')
        .parse()
        .or_else(|error| {
            if format!("{whole}{kept}").bytes().all(|b| b == b'0') { Ok(0) } else { Err(error) }
        })
        .ok()?;
    let half = format!("5{}", "0".repeat(dropped.len().saturating_sub(1)));
    let up = match dropped {
        "" => false,
        _ if dropped == half => floor % 2 == 1,
        _ => *dropped > *half,
    };
    Some(floor + u128::from(up)).filter(|atoms| *atoms <= MAX_AMOUNT)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), rule in 0usize..11) {
        same_fields(&bytes);
        check_refusal(allocate(&bytes, rule, 7, AmountFormat::ATOMS));
    }

    #[test]
    fn random_pieces(
        pieces in prop::collection::vec(piece(), 0..40),
        headed in any::<bool>(),
        rule in 0usize..11,
        format in any_format(),
    ) {
        let mut bytes = if headed { b"id,cap\n".to_vec() } else { Vec::new() };
        bytes.extend(pieces.concat());
        same_fields(&bytes);
        check_refusal(allocate(&bytes, rule, 7, format));
    }

    #[test]
    fn likely_files(
        file in likely_file(),
        rule in 0usize..11,
        loss in 1u128..5_000,
        format in any_format(),
    ) {
        check_refusal(allocate(&file, rule, loss, format));
    }

    /// What both readers take, both take alike.
    #[test]
    fn fields_are_those_of_the_csv_crate(
        rows in prop::collection::vec(prop::collection::vec("[a\",\n\r é]{0,6}", 1..4), 1..6),
        crlf in any::<bool>(),
    ) {
        let terminator =
            if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new()
            .terminator(terminator).flexible(true).from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        // The crate quotes an only field that is empty, so no row is blank; a source of line ends
        // and spaces alone is refused as empty.
        prop_assume!(!bytes.trim_ascii().is_empty());
        let source = Source::new("fuzz.csv", bytes).unwrap();
        let mut records = source.records();
        let mut fields = Vec::new();
        for row in &rows {
            prop_assert!(records.next_into(&mut fields).unwrap());
            let read: Vec<_> = fields
                .iter()
                .map(|field| String::from_utf8(field.text(&source).into_owned()).unwrap())
                .collect();
            prop_assert_eq!(&read, row);
        }
        prop_assert!(!records.next_into(&mut fields).unwrap());
    }

    #[test]
    fn amounts_are_those_of_the_model(
        whole in "[0-9]{1,32}",
        fraction in prop_oneof!["[0-9]{1,34}", "[0-9]{0,3}[05]0{0,6}"],
        decimals in 0u8..=MAX_DECIMALS,
        round in any::<bool>(),
    ) {
        let excess = if round { ExcessDigits::HalfEven } else { ExcessDigits::Refuse };
        let format = AmountFormat { decimals, excess };
        for (whole, fraction) in [(whole.as_str(), fraction.as_str()), (&whole[..1], ""), ("0", &fraction)] {
            let text = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
            let read = format.read(text.as_bytes()).ok().map(Amount::atoms);
            prop_assert_eq!(read, model_read(whole, fraction, format), "{}", text);
        }
    }

    #[test]
    fn amounts_come_back(atoms in 0..=MAX_AMOUNT, shift in 0u32..100, decimals in 0u8..=MAX_DECIMALS) {
        let amount = Amount::new(atoms >> shift).unwrap();
        let format = AmountFormat { decimals, excess: ExcessDigits::Refuse };
        let text = format.write(amount);
        prop_assert_eq!(format.read(text.as_bytes()).unwrap(), amount);
        prop_assert_eq!(text.split('.').nth(1).map_or(0, str::len), usize::from(decimals));
        prop_assert_eq!(format.write_grouped(amount).replace(',', ""), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// The program itself: a status of its own, and with 2 or 3 nothing on standard output.
    #[test]
    fn the_program_ends_with_a_status_of_its_own(
        file in prop_oneof![
            likely_file(),
            prop::collection::vec(any::<u8>(), 0..300),
            prop::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat()),
        ],
        rule in 0usize..11,
        loss in "[0-9.,exE-]{1,5}",
    ) {
        let words = format!("allocate --rule {} --claims - --loss={loss}", RULES[rule].name);
        let ran = World::with_claims("").run_with(&words, &file);
        prop_assert!(matches!(ran.status, 0 | 2 | 3), "{:?}", ran);
        prop_assert!(ran.status == 0 || ran.stdout.is_empty(), "{:?}", ran);
    }
}
