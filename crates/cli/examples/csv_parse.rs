//! The yardstick of `bench/cli_vs_csv_parse.sh`: a bare parse of a file by the `csv` crate, every
//! record into one reused byte record, and nothing else. Prints rows and fields.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: csv_parse FILE")?;
    let mut reader = csv::Reader::from_path(path)?;
    let mut record = csv::ByteRecord::new();
    let (mut rows, mut fields) = (0u64, 0u64);
    while reader.read_byte_record(&mut record)? {
        rows += 1;
        fields += record.iter().filter(|field| !field.is_empty()).count() as u64;
    }
    println!("{rows} rows, {fields} fields");
    Ok(())
}
