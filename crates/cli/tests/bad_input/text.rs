//! Text that is no CSV, and CSV that is no table of claims.

use super::{LOSS, check};

#[test]
fn faulty_text_is_refused() {
    check(
        "empty file",
        LOSS,
        b"",
        r#"
error[csv-empty]: the file is empty
 --> claims.csv
help: give a header line and one line for each claim. Nothing was written.
"#,
    );
    check(
        "only blank lines",
        LOSS,
        b"\n\r\n \n",
        r#"
error[csv-empty]: the file is empty
 --> claims.csv
help: give a header line and one line for each claim. Nothing was written.
"#,
    );
    check(
        "only a byte-order mark",
        LOSS,
        b"\xef\xbb\xbf",
        r#"
error[csv-empty]: the file is empty
 --> claims.csv
help: give a header line and one line for each claim. Nothing was written.
"#,
    );
    check(
        "a header alone",
        LOSS,
        b"id,cap\n",
        r#"
error[claims-none]: there are no claims
 --> claims.csv
help: give one row for each claim under the header. Nothing was written.
"#,
    );
    check(
        "missing id column",
        LOSS,
        b"user,cap\na,1\n",
        r#"
error[claims-missing-column-id]: there is no column id
 --> claims.csv:1
  | user,cap
  | ^^^^^^^^ allowed: a header with id in it
help: name the column that holds the id with --id. Nothing was written.
"#,
    );
    check(
        "missing cap column, another case",
        LOSS,
        b"id,Cap\na,1\n",
        r#"
error[claims-missing-column-cap]: there is no column cap
 --> claims.csv:1
  | id,Cap
  | ^^^^^^ allowed: a header with cap in it
help: name it with --cap "Cap". Nothing was written.
"#,
    );
    check(
        "semicolons",
        LOSS,
        b"id;cap\na;1\n",
        r#"
error[claims-missing-column-id]: there is no column id
 --> claims.csv:1
  | id;cap
  | ^^^^^^ allowed: a header with id in it
help: the columns are separated by semicolons: save them with commas. Nothing was written.
"#,
    );
    check(
        "doubled column",
        LOSS,
        b"id,cap,cap\na,1,2\n",
        r#"
error[claims-doubled-column-cap]: column cap stands twice in the header
 --> claims.csv:1, column 3
  | id,cap,cap
  |        ^^^ allowed: cap once, it is column 2
help: rename one of them, or name another column with --cap. Nothing was written.
"#,
    );
    check(
        "doubled id, quoted once",
        LOSS,
        b"id,cap\nb,1\n\"b\",3\n",
        r#"
error[claims-doubled-id]: id stands twice
 --> claims.csv:3, column 1 (id), id b
  | "b",3
  |  ^ allowed: every id once, it is on line 2 already
help: merge the rows of one claimant, or give them ids of their own. Nothing was written.
"#,
    );
    check(
        "UTF-16, little end first",
        LOSS,
        b"\xff\xfei\x00d\x00,\x00c\x00a\x00p\x00\n\x00a\x00,\x001\x00\n\x00",
        r#"
error[csv-utf-16]: the text is UTF-16, not UTF-8
 --> claims.csv
help: save the file as UTF-8. Nothing was written.
"#,
    );
    check(
        "UTF-16, big end first",
        LOSS,
        b"\xfe\xff\x00i\x00d\x00,\x00c\x00a\x00p\x00\n\x00a\x00,\x001\x00\n",
        r#"
error[csv-utf-16]: the text is UTF-16, not UTF-8
 --> claims.csv
help: save the file as UTF-8. Nothing was written.
"#,
    );
    check(
        "UTF-16 without a mark",
        LOSS,
        b"i\x00d\x00,\x00c\x00a\x00p\x00\n\x00a\x00,\x001\x00\n\x00",
        r#"
error[csv-utf-16]: the text is UTF-16, not UTF-8
 --> claims.csv
help: save the file as UTF-8. Nothing was written.
"#,
    );
    check(
        "Latin-1",
        LOSS,
        b"id,cap\nJos\xe9,1\n",
        r#"
error[csv-not-utf-8]: a byte that is not UTF-8
 --> claims.csv:2
  | Jos�,1
  |    ^ allowed: UTF-8
help: save the file as UTF-8. Nothing was written.
"#,
    );
    check(
        "a zero byte",
        LOSS,
        b"id,cap\na,1\nb\x00,2\n",
        r#"
error[csv-binary]: a zero byte: this is not text
 --> claims.csv:3
  | b·,2
  |  ^ allowed: text
help: save the file as CSV. Nothing was written.
"#,
    );
    check(
        "a binary file",
        LOSS,
        b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00",
        r#"
error[csv-binary]: a zero byte: this is not text
 --> claims.csv:1
  | ·ELF········
  |        ^ allowed: text
help: save the file as CSV. Nothing was written.
"#,
    );
    check(
        "a spreadsheet",
        LOSS,
        b"PK\x03\x04\x14\x00\x06\x00",
        r#"
error[csv-not-text]: this is a spreadsheet or zip file, not CSV
 --> claims.csv
help: export the sheet as CSV (UTF-8). Nothing was written.
"#,
    );
    check(
        "a gzip file",
        LOSS,
        b"\x1f\x8b\x08\x00",
        r#"
error[csv-not-text]: this is a gzip file, not CSV
 --> claims.csv
help: unpack it first. Nothing was written.
"#,
    );
    check(
        "a quote left open",
        LOSS,
        b"id,cap\na,1\n\"b,2\nc,3\n",
        r#"
error[csv-open-quote]: a quote is opened here and never closed
 --> claims.csv:3
  | "b,2
  | ^ allowed: a closing quote before the end
help: close the quote; a quote that belongs to the text is doubled, inside quotes. Nothing was written.
"#,
    );
    check(
        "a quote inside",
        LOSS,
        b"id,cap\na\"b,1\n",
        r#"
error[csv-stray-quote]: a quote inside a field that has none around it
 --> claims.csv:2
  | a"b,1
  |  ^ allowed: no quotes inside a plain field
help: put the whole field in quotes and double the quotes inside it. Nothing was written.
"#,
    );
    check(
        "text after a quote",
        LOSS,
        b"id,cap\n\"a\"b,1\n",
        r#"
error[csv-after-quote]: text after a closing quote
 --> claims.csv:2
  | "a"b,1
  |    ^ allowed: a comma or the end of the line
help: put the whole field in quotes and double the quotes inside it. Nothing was written.
"#,
    );
    check(
        "short row",
        LOSS,
        b"id,cap,weight\na,1,1\nb,2\n",
        r#"
error[csv-short-row]: the row has too few fields: 2
 --> claims.csv:3
  | b,2
  | ^^^ allowed: 3 fields, as the header
help: give every row the fields of the header; text with a comma in it is quoted, numbers have no separators. Nothing was written.
"#,
    );
    check(
        "long row",
        LOSS,
        b"id,cap\na,1\nb,2,3,4\n",
        r#"
error[csv-long-row]: the row has too many fields: 4
 --> claims.csv:3
  | b,2,3,4
  |     ^^^ allowed: 2 fields, as the header
help: give every row the fields of the header; text with a comma in it is quoted, numbers have no separators. Nothing was written.
"#,
    );
    check(
        "a thousands separator without quotes",
        LOSS,
        b"id,cap\na,1,000\n",
        r#"
error[csv-long-row]: the row has too many fields: 3
 --> claims.csv:2
  | a,1,000
  |     ^^^ allowed: 2 fields, as the header
help: give every row the fields of the header; text with a comma in it is quoted, numbers have no separators. Nothing was written.
"#,
    );
}
