//! Losses, and the columns that rules and flags ask for.

use super::check;

#[test]
fn faulty_arguments_are_refused() {
    check(
        "loss of zero",
        "--rule proportional --loss 0",
        b"id,cap\na,1\n",
        r#"
error[loss-zero]: loss is zero
 --> --loss
  | 0
  | ^ allowed: 1 to 10^30 atoms
help: a loss of nothing needs no division. Nothing was written.
"#,
    );
    check(
        "loss rounded to zero",
        "--rule proportional --loss 0.5 --excess-digits half-even",
        b"id,cap\na,1\n",
        r#"
error[loss-zero]: loss is zero
 --> --loss
  | 0.5
  | ^^^ allowed: 1 to 10^30 atoms
help: a loss of nothing needs no division. Nothing was written.
"#,
    );
    check(
        "negative loss",
        "--rule proportional --loss -5",
        b"id,cap\na,1\n",
        r#"
error[loss-negative]: loss is below zero
 --> --loss
  | -5
  | ^^ allowed: 1 to 10^30 atoms
help: give the size of the loss, without a sign. Nothing was written.
"#,
    );
    check(
        "loss with an exponent",
        "--rule proportional --loss 1e6",
        b"id,cap\na,1\n",
        r#"
error[loss-exponent]: loss is written with an exponent
 --> --loss
  | 1e6
  | ^^^ allowed: 1 to 10^30 atoms
help: write the number out in digits. Nothing was written.
"#,
    );
    check(
        "loss with too many decimals",
        "--rule proportional --loss 1.005 --decimals 2",
        b"id,cap\na,1\n",
        r#"
error[loss-excess-digits]: loss has more decimals than there are
 --> --loss
  | 1.005
  |     ^ allowed: 0.01 to 10^28 with at most 2 decimals
help: say how many decimals there are with --decimals, or round with --excess-digits half-even. Nothing was written.
"#,
    );
    check(
        "loss above the bound",
        "--rule proportional --loss 10000000000000000000000000000.01 --decimals 2",
        b"id,cap\na,1\n",
        r#"
error[loss-too-large]: loss is too large
 --> --loss
  | 10000000000000000000000000000.01
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ allowed: 0.01 to 10^28 with at most 2 decimals
help: check the unit: amounts are in atoms, or decimals with --decimals. Nothing was written.
"#,
    );
    check(
        "loss above one of 30 decimals",
        "--rule proportional --loss 2 --decimals 30",
        b"id,cap\na,1\n",
        r#"
error[loss-too-large]: loss is too large
 --> --loss
  | 2
  | ^ allowed: 0.000000000000000000000000000001 to 1 with at most 30 decimals
help: check the unit: amounts are in atoms, or decimals with --decimals. Nothing was written.
"#,
    );
    check(
        "cap with too many decimals",
        "--rule proportional --loss 1 --decimals 2",
        b"id,cap\na,1.25\nb,1.255\n",
        r#"
error[claims-excess-digits-cap]: cap has more decimals than there are
 --> claims.csv:3, column 2 (cap), id b
  | b,1.255
  |       ^ allowed: 0 to 10^28 with at most 2 decimals
help: say how many decimals there are with --decimals, or round with --excess-digits half-even. Nothing was written.
"#,
    );
    check(
        "negative weight",
        "--rule proportional --loss 1",
        b"id,cap,weight\na,1,-1\n",
        r#"
error[claims-negative-weight]: weight is below zero
 --> claims.csv:2, column 3 (weight), id a
  | a,1,-1
  |     ^^ allowed: 0 to 10^30 atoms
help: give weights of 0 or more. Nothing was written.
"#,
    );
    check(
        "queue without scores",
        "--rule queue --loss 1",
        b"id,cap\na,1\n",
        r#"
error[claims-missing-column-score]: there is no column score
 --> claims.csv:1
  | id,cap
  | ^^^^^^ allowed: a header with score in it
help: name the column that holds the score with --score. Nothing was written.
"#,
    );
    check(
        "score with a fraction",
        "--rule queue --loss 1",
        b"id,cap,score\na,1,-1.5\n",
        r#"
error[claims-fraction-score]: score is not a whole number
 --> claims.csv:2, column 3 (score), id a
  | a,1,-1.5
  |     ^^^^ allowed: a whole number from -2^63 to 2^63 - 1
help: give scores as whole numbers, the highest pays first. Nothing was written.
"#,
    );
    check(
        "score too large",
        "--rule queue --loss 1",
        b"id,cap,score\na,1,9223372036854775808\n",
        r#"
error[claims-too-large-score]: score is too large
 --> claims.csv:2, column 3 (score), id a
  | a,1,9223372036854775808
  |     ^^^^^^^^^^^^^^^^^^^ allowed: a whole number from -2^63 to 2^63 - 1
help: scale the scores: only their order counts. Nothing was written.
"#,
    );
    check(
        "score of a sign",
        "--rule queue --loss 1",
        b"id,cap,score\na,1,-\n",
        r#"
error[claims-not-a-number-score]: score is not a number
 --> claims.csv:2, column 3 (score), id a
  | a,1,-
  |     ^ allowed: a whole number from -2^63 to 2^63 - 1
help: give scores as whole numbers, the highest pays first. Nothing was written.
"#,
    );
    check(
        "risk-weighted without risks",
        "--rule risk-weighted --loss 1",
        b"id,cap\na,1\n",
        r#"
error[claims-missing-column-risk]: there is no column risk
 --> claims.csv:1
  | id,cap
  | ^^^^^^ allowed: a header with risk in it
help: name the column that holds the risk with --risk. Nothing was written.
"#,
    );
    check(
        "negative risk",
        "--rule risk-weighted --loss 1",
        b"id,cap,risk\na,1,-0.5\n",
        r#"
error[claims-negative-risk]: risk is below zero
 --> claims.csv:2, column 3 (risk), id a
  | a,1,-0.5
  |     ^^^^ allowed: 0 to 10^6 with at most 6 decimals
help: give factors of 0 or more. Nothing was written.
"#,
    );
    check(
        "risk too large",
        "--rule risk-weighted --loss 1",
        b"id,cap,risk\na,1,1000000.000001\n",
        r#"
error[claims-too-large-risk]: risk is too large
 --> claims.csv:2, column 3 (risk), id a
  | a,1,1000000.000001
  |     ^^^^^^^^^^^^^^ allowed: 0 to 10^6 with at most 6 decimals
help: scale the factors: only their ratios count. Nothing was written.
"#,
    );
    check(
        "risk with 7 decimals",
        "--rule risk-weighted --loss 1",
        b"id,cap,risk\na,1,0.1234567\n",
        r#"
error[claims-excess-digits-risk]: risk has more decimals than there are
 --> claims.csv:2, column 3 (risk), id a
  | a,1,0.1234567
  |             ^ allowed: 0 to 10^6 with at most 6 decimals
help: give 6 decimals at most, or round with --excess-digits half-even. Nothing was written.
"#,
    );
    check(
        "class of words",
        "--rule proportional --loss 1",
        b"id,cap,class\na,1,senior\n",
        r#"
error[claims-not-a-number-class]: class is not a number
 --> claims.csv:2, column 3 (class), id a
  | a,1,senior
  |     ^^^^^^ allowed: a whole number from 0 to 4294967295
help: number the classes from 0, the lowest pays first. Nothing was written.
"#,
    );
    check(
        "class above the bound",
        "--rule proportional --loss 1",
        b"id,cap,class\na,1,4294967296\n",
        r#"
error[claims-too-large-class]: class is too large
 --> claims.csv:2, column 3 (class), id a
  | a,1,4294967296
  |     ^^^^^^^^^^ allowed: a whole number from 0 to 4294967295
help: number the classes from 0, the lowest pays first. Nothing was written.
"#,
    );
    check(
        "class asked for and not there",
        "--rule proportional --loss 1 --class tier",
        b"id,cap\na,1\n",
        r#"
error[claims-missing-column-class]: there is no column tier
 --> claims.csv:1
  | id,cap
  | ^^^^^^ allowed: a header with tier in it
help: name the column that holds the class with --class. Nothing was written.
"#,
    );
}
