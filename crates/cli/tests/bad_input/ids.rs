//! Ids that name no one, or someone twice.

use super::support::World;
use super::{LOSS, check};

#[test]
fn faulty_ids_are_refused() {
    check(
        "empty id",
        LOSS,
        b"id,cap\na,1\n,2\n",
        r#"
error[claims-empty-id]: id is empty
 --> claims.csv:3, column 1 (id)
  | ,2
  | ^ allowed: 1 to 64 bytes
help: give every claim an id, or drop rows that are no claims. Nothing was written.
"#,
    );
    check(
        "id of spaces",
        LOSS,
        b"id,cap\n  ,2\n",
        r#"
error[claims-empty-id]: id is empty
 --> claims.csv:2, column 1 (id)
  |   ,2
  | ^^ allowed: 1 to 64 bytes
help: give every claim an id, or drop rows that are no claims. Nothing was written.
"#,
    );
    check(
        "rows of commas only",
        LOSS,
        b"id,cap,x\na,1,\n,,\n,,\n,,\n",
        r#"
error[claims-empty-id]: id is empty
 --> claims.csv:3, column 1 (id)
  | ,,
  | ^ allowed: 1 to 64 bytes
  = and 2 more like it
help: give every claim an id, or drop rows that are no claims. Nothing was written.
"#,
    );
    check(
        "doubled id",
        LOSS,
        b"id,cap\nb,1\na,2\nb,3\na,4\n",
        r#"
error[claims-doubled-id]: id stands twice
 --> claims.csv:4, column 1 (id), id b
  | b,3
  | ^ allowed: every id once, it is on line 2 already
  = and 1 more like it
help: merge the rows of one claimant, or give them ids of their own. Nothing was written.
"#,
    );
    check(
        "doubled id after a quoted line end",
        LOSS,
        b"id,cap,note\nb,1,\"x\ny\"\nb,3,\n",
        r#"
error[claims-doubled-id]: id stands twice
 --> claims.csv:4, column 1 (id), id b
  | b,3,
  | ^ allowed: every id once, it is on line 2 already
help: merge the rows of one claimant, or give them ids of their own. Nothing was written.
"#,
    );
    check(
        "long id",
        LOSS,
        b"id,cap\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,1\n",
        r#"
error[claims-long-id]: id is too long
 --> claims.csv:2, column 1 (id)
  | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…,1
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ allowed: 1 to 64 bytes
help: shorten it, or hash it. Nothing was written.
"#,
    );
    check(
        "id with an escape sequence",
        LOSS,
        b"id,cap\nev\x1b[31mil,1\n",
        r#"
error[claims-unprintable-id]: id has a character that does not print
 --> claims.csv:2, column 1 (id)
  | ev·[31mil,1
  |   ^ allowed: characters that print
help: remove it. Nothing was written.
"#,
    );
    check(
        "id with a mark that turns the text",
        LOSS,
        b"id,cap\nab\xe2\x80\xaedc,1\n",
        r#"
error[claims-unprintable-id]: id has a character that does not print
 --> claims.csv:2, column 1 (id)
  | ab·dc,1
  |   ^ allowed: characters that print
help: remove it. Nothing was written.
"#,
    );
    check(
        "id over two lines",
        LOSS,
        b"id,cap\n\"a\nb\",1\n",
        r#"
error[claims-unprintable-id]: id has a character that does not print
 --> claims.csv:2, column 1 (id)
  | "a
  |   ^ allowed: characters that print
help: remove it. Nothing was written.
"#,
    );
    check(
        "carriage returns alone",
        LOSS,
        b"id,cap\ra,1\r",
        r#"
error[csv-lone-return]: a carriage return without a line feed
 --> claims.csv:1
  | id,cap·a,1
  |       ^ allowed: LF or CRLF
help: save the file with LF or CRLF line ends. Nothing was written.
"#,
    );
}

#[test]
fn what_nobody_sees_is_refused() {
    check(
        "two byte-order marks",
        LOSS,
        b"\xEF\xBB\xBF\xEF\xBB\xBFid,cap\na,1\n",
        r#"
error[csv-doubled-mark]: two byte-order marks begin the text
 --> claims.csv:1
help: save the file once more as UTF-8, with one mark or none. Nothing was written.
"#,
    );
    check(
        "a column that looks like weight",
        LOSS,
        "id,cap,wei\u{200B}ght\na,1,1\n".as_bytes(),
        r#"
error[csv-hidden-character]: column weight has a character that nobody sees
 --> claims.csv:1, column 3
  | id,cap,wei·ght
  |           ^ allowed: characters that show
help: write the name again in the header. Nothing was written.
"#,
    );
    check(
        "an id that looks like another",
        LOSS,
        "id,cap\nbob,1\nbob\u{2060},1\n".as_bytes(),
        r#"
error[claims-unprintable-id]: id has a character that does not print
 --> claims.csv:3, column 1 (id)
  | bob·,1
  |    ^ allowed: characters that print
help: remove it. Nothing was written.
"#,
    );
    // The joiner of a script between its letters is part of the name.
    let world = World::with_claims("id,cap\nمی\u{200C}خواهم,1\n");
    let ran = world.run(&format!("allocate {LOSS} --claims claims.csv --format csv"));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}
