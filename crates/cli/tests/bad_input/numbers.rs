//! Cells that are no amounts.

use super::{LOSS, check};

#[test]
fn faulty_numbers_are_refused() {
    check(
        "negative cap",
        LOSS,
        b"id,cap\n0x9f20,250\n0x9f21,-250\n",
        r#"
error[claims-negative-cap]: cap is below zero
 --> claims.csv:3, column 2 (cap), id 0x9f21
  | 0x9f21,-250
  |        ^^^^ allowed: 0 to 10^30 atoms
help: drop accounts without a claim. Nothing was written.
"#,
    );
    check(
        "negative caps",
        LOSS,
        b"id,cap\na,-1\nb,-2\nc,5\nd,-3\n",
        r#"
error[claims-negative-cap]: cap is below zero
 --> claims.csv:2, column 2 (cap), id a
  | a,-1
  |   ^^ allowed: 0 to 10^30 atoms
  = and 2 more like it
help: drop accounts without a claim. Nothing was written.
"#,
    );
    check(
        "empty cap",
        LOSS,
        b"id,cap\na,\n",
        r#"
error[claims-empty-cap]: cap is empty
 --> claims.csv:2, column 2 (cap), id a
  | a,
  |   ^ allowed: 0 to 10^30 atoms
help: write 0 where nothing is meant. Nothing was written.
"#,
    );
    check(
        "NaN",
        LOSS,
        b"id,cap\na,NaN\n",
        r#"
error[claims-not-a-number-cap]: cap is not a number
 --> claims.csv:2, column 2 (cap), id a
  | a,NaN
  |   ^^^ allowed: 0 to 10^30 atoms
help: write decimal digits. Nothing was written.
"#,
    );
    check(
        "infinite",
        LOSS,
        b"id,cap\na,inf\n",
        r#"
error[claims-not-a-number-cap]: cap is not a number
 --> claims.csv:2, column 2 (cap), id a
  | a,inf
  |   ^^^ allowed: 0 to 10^30 atoms
help: write decimal digits. Nothing was written.
"#,
    );
    check(
        "exponent",
        LOSS,
        b"id,cap\na,1e5\n",
        r#"
error[claims-exponent-cap]: cap is written with an exponent
 --> claims.csv:2, column 2 (cap), id a
  | a,1e5
  |   ^^^ allowed: 0 to 10^30 atoms
help: write the number out in digits. Nothing was written.
"#,
    );
    check(
        "negative exponent",
        LOSS,
        b"id,cap\na,-1.5E-05\n",
        r#"
error[claims-exponent-cap]: cap is written with an exponent
 --> claims.csv:2, column 2 (cap), id a
  | a,-1.5E-05
  |   ^^^^^^^^ allowed: 0 to 10^30 atoms
help: write the number out in digits. Nothing was written.
"#,
    );
    check(
        "hexadecimal",
        LOSS,
        b"id,cap\na,0x1F\n",
        r#"
error[claims-hexadecimal-cap]: cap is written in hexadecimal
 --> claims.csv:2, column 2 (cap), id a
  | a,0x1F
  |   ^^^^ allowed: 0 to 10^30 atoms
help: write the number in decimal digits. Nothing was written.
"#,
    );
    check(
        "thousands separator",
        LOSS,
        b"id,cap\na,\"1,000\"\n",
        r#"
error[claims-thousands-cap]: cap is written with a thousands separator
 --> claims.csv:2, column 2 (cap), id a
  | a,"1,000"
  |    ^^^^^ allowed: 0 to 10^30 atoms
help: write the digits without separators, the decimals after a point. Nothing was written.
"#,
    );
    check(
        "thousands separated by spaces",
        LOSS,
        b"id,cap\na,1 000\n",
        r#"
error[claims-thousands-cap]: cap is written with a thousands separator
 --> claims.csv:2, column 2 (cap), id a
  | a,1 000
  |   ^^^^^ allowed: 0 to 10^30 atoms
help: write the digits without separators, the decimals after a point. Nothing was written.
"#,
    );
    check(
        "space before",
        LOSS,
        b"id,cap\na, 1\n",
        r#"
error[claims-spaces-cap]: cap has spaces around it
 --> claims.csv:2, column 2 (cap), id a
  | a, 1
  |   ^^ allowed: 0 to 10^30 atoms
help: remove the spaces. Nothing was written.
"#,
    );
    check(
        "plus sign",
        LOSS,
        b"id,cap\na,+1\n",
        r#"
error[claims-not-a-number-cap]: cap is not a number
 --> claims.csv:2, column 2 (cap), id a
  | a,+1
  |   ^^ allowed: 0 to 10^30 atoms
help: write decimal digits. Nothing was written.
"#,
    );
    check(
        "a point first",
        LOSS,
        b"id,cap\na,.5\n",
        r#"
error[claims-not-a-number-cap]: cap is not a number
 --> claims.csv:2, column 2 (cap), id a
  | a,.5
  |   ^^ allowed: 0 to 10^30 atoms
help: write decimal digits. Nothing was written.
"#,
    );
    check(
        "a point last",
        LOSS,
        b"id,cap\na,5.\n",
        r#"
error[claims-not-a-number-cap]: cap is not a number
 --> claims.csv:2, column 2 (cap), id a
  | a,5.
  |   ^^ allowed: 0 to 10^30 atoms
help: write decimal digits. Nothing was written.
"#,
    );
    check(
        "words",
        LOSS,
        b"id,cap\na,lots\n",
        r#"
error[claims-not-a-number-cap]: cap is not a number
 --> claims.csv:2, column 2 (cap), id a
  | a,lots
  |   ^^^^ allowed: 0 to 10^30 atoms
help: write decimal digits. Nothing was written.
"#,
    );
    check(
        "other digits",
        LOSS,
        b"id,cap\na,\xd9\xa1\xd9\xa2\n",
        r#"
error[claims-not-a-number-cap]: cap is not a number
 --> claims.csv:2, column 2 (cap), id a
  | a,١٢
  |   ^^ allowed: 0 to 10^30 atoms
help: write decimal digits. Nothing was written.
"#,
    );
    check(
        "40 digits",
        LOSS,
        b"id,cap\na,1234567890123456789012345678901234567890\n",
        r#"
error[claims-too-large-cap]: cap is too large
 --> claims.csv:2, column 2 (cap), id a
  | a,1234567890123456789012345678901234567890
  |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ allowed: 0 to 10^30 atoms
help: check the unit: amounts are in atoms, or decimals with --decimals. Nothing was written.
"#,
    );
    check(
        "above the bound by one",
        LOSS,
        b"id,cap\na,1000000000000000000000000000001\n",
        r#"
error[claims-too-large-cap]: cap is too large
 --> claims.csv:2, column 2 (cap), id a
  | a,1000000000000000000000000000001
  |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ allowed: 0 to 10^30 atoms
help: check the unit: amounts are in atoms, or decimals with --decimals. Nothing was written.
"#,
    );
    check(
        "decimals without --decimals",
        LOSS,
        b"id,cap\na,1.5\n",
        r#"
error[claims-fraction-cap]: cap is not a whole number
 --> claims.csv:2, column 2 (cap), id a
  | a,1.5
  |    ^^ allowed: 0 to 10^30 atoms
help: say how many decimals there are with --decimals, or round with --excess-digits half-even. Nothing was written.
"#,
    );
    check(
        "a tab in an amount",
        LOSS,
        b"id,cap\na\tb,1\t\n",
        r#"
error[claims-unprintable-id]: id has a character that does not print
 --> claims.csv:2, column 1 (id)
  | a·b,1·
  |  ^ allowed: characters that print
help: remove it. Nothing was written.
"#,
    );
    check(
        "wide letters before the fault",
        LOSS,
        b"id,cap\n\xe6\x97\xa5\xe6\x9c\xac,-1\n",
        r#"
error[claims-negative-cap]: cap is below zero
 --> claims.csv:2, column 2 (cap), id 日本
  | 日本,-1
  |      ^^ allowed: 0 to 10^30 atoms
help: drop accounts without a claim. Nothing was written.
"#,
    );
}
