//! What the door must keep whatever bytes it reads; for tests and for fuzzing.
// Each user needs its part of this.
#![allow(dead_code, missing_docs)]

use rhodian_cli::allocation_picture;
use rhodian_cli::allocation_report::AllocationReport;
use rhodian_cli::amount_text::AmountFormat;
use rhodian_cli::claims_file::{ClaimsFile, ColumnNames};
use rhodian_cli::diagnostic::{Diagnostic, Exit};
use rhodian_cli::rules::RULES;
use rhodian_cli::source::Source;
use rhodian_cli::table::Table;
use rhodian_cli::terminal::Progress;
use rhodian_core::allocation::{AllocationError, divide};
use rhodian_core::units::Amount;

/// Reads, divides and writes in every form, as the command does, and checks the sums.
pub fn allocate(
    bytes: &[u8],
    rule: usize,
    loss: u128,
    format: AmountFormat,
) -> Result<(), Diagnostic> {
    let rule = RULES[rule % RULES.len()].rule;
    let table = Table::new(Source::new("fuzz.csv", bytes.to_vec())?)?;
    let progress = &mut Progress::new(true);
    let file = ClaimsFile::read(table, &ColumnNames::default(), rule, format, progress)?;
    let loss = Amount::new(loss).unwrap();
    let division = match divide(rule, loss, &file.claims()) {
        Ok(division) => division,
        Err(AllocationError::WeightsAboveBound) => return Err(file.weights_above_bound()),
        Err(
            AllocationError::NoWeight
            | AllocationError::TooManyClaims { .. }
            | AllocationError::TooManyCoalitions { .. },
        ) => return Ok(()),
        Err(error) => panic!("a file that was read is refused: {error}"),
    };
    let report = AllocationReport::new(rule, format, loss, &file, division);
    let paid: u128 = report.shares.iter().map(|share| share.atoms()).sum();
    assert_eq!(paid, report.allocated.atoms());
    assert_eq!(paid + report.residual.atoms(), loss.atoms());
    let within = |(share, cap): (&Amount, &Amount)| share <= cap;
    assert!(report.shares.iter().zip(&file.caps_in_row_order()).all(within));

    let mut out = Vec::new();
    report.write_csv(&mut out).unwrap();
    let mut written = csv::Reader::from_reader(out.as_slice());
    for (row, record) in written.records().enumerate() {
        let record = record.unwrap();
        assert_eq!(record[0].as_bytes(), file.id_of_row(row));
        assert_eq!(format.read(record[1].as_bytes()).unwrap(), report.shares[row]);
    }
    out.clear();
    report.write_json(&mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["shares"].as_array().unwrap().len(), file.len());
    out.clear();
    report.write_ndjson(&mut out).unwrap();
    let lines = out.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    assert!(lines.clone().all(|l| serde_json::from_slice::<serde_json::Value>(l).is_ok()));
    assert_eq!(lines.count(), file.len() + 1);
    out.clear();
    allocation_picture::write(&report, 80, &mut out).unwrap();
    Ok(())
}

/// A refusal of what was given: nothing else can go wrong with bytes in memory.
pub fn check_refusal(outcome: Result<(), Diagnostic>) {
    if let Err(error) = outcome {
        assert_eq!(error.exit, Exit::BadInput, "{error}");
        check_words(&error);
    }
}

/// An error has a code, ends as all do, and leaves the terminal alone.
pub fn check_words(error: &Diagnostic) {
    let code = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    assert!(!error.code.is_empty() && error.code.bytes().all(code), "{error}");
    let text = error.plain();
    assert!(text.starts_with("error[") && text.ends_with('\n'), "{text}");
    let refused = error.exit == Exit::BadInput;
    assert_eq!(text.ends_with("Nothing was written.\n"), refused, "{text}");
    let printable = |c: char| c == '\n' || !c.is_control();
    assert!(text.chars().all(printable), "{text:?}");
}

/// Where the strict reader takes all of a text, the `csv` crate takes it and splits it alike.
pub fn same_fields(bytes: &[u8]) {
    let Ok(source) = Source::new("fuzz.csv", bytes.to_vec()) else { return };
    let (mut rows, mut fields) = (Vec::<Vec<Vec<u8>>>::new(), Vec::new());
    let mut records = source.records();
    loop {
        match records.next_into(&mut fields) {
            Ok(true) => rows.push(fields.iter().map(|f| f.text(&source).into_owned()).collect()),
            Ok(false) => break,
            Err(_) => return,
        }
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source.text());
    let theirs: Vec<Vec<Vec<u8>>> = reader
        .byte_records()
        .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
        .collect();
    assert_eq!(rows, theirs);
}
