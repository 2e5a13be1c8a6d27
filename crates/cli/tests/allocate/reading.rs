//! Claims as spreadsheets and people write them.

use super::{check_shares, summary};
use crate::support::World;

#[test]
fn files_as_spreadsheets_write_them() {
    let cases = [
        ("plain", "id,cap\na,1\nb,3\n"),
        ("a byte-order mark", "\u{feff}id,cap\na,1\nb,3\n"),
        ("CRLF", "id,cap\r\na,1\r\nb,3\r\n"),
        ("all of it", "\u{feff}\"id\",\"cap\"\r\n\"a\",\"1\"\r\n\"b\",\"3\"\r\n"),
        ("no end of the last line", "id,cap\na,1\nb,3"),
        ("a return at the very end", "id,cap\na,1\nb,3\r"),
        ("blank lines", "\nid,cap\n\na,1\r\n\r\nb,3\n\n\n"),
        ("leading zeros", "id,cap\na,0001\nb,00000000000000000000000000000000000000000003\n"),
        ("line ends inside quotes", "id,note,cap\na,\"one\ntwo\",1\nb,\"\r\n,\"\"\",3\n"),
        ("columns in another order", "cap,id\n1,a\n3,b\n"),
        ("doubled columns that are not read", "x,id,,cap,,x\n,a,,1,,\n,b,,3,,\n"),
    ];
    for (name, claims) in cases {
        check_shares(name, "--rule proportional --loss 2", claims, "a,1\nb,1\n");
    }
}

#[test]
fn ids_are_taken_byte_for_byte() {
    check_shares(
        "case, spaces and accents tell ids apart",
        "--rule equal-losses --loss 6",
        "id,cap\na,1\nA,1\n a,1\na ,1\né,1\ne\u{301},1\n",
        "a,1\nA,1\n a,1\na ,1\né,1\ne\u{301},1\n",
    );
    check_shares(
        "odd atoms go by bytes: capitals before letters before accents",
        "--rule equal-losses --loss 5",
        "id,cap\né,2\nz,2\nZ,2\n",
        "é,1\nz,2\nZ,2\n",
    );
    let longest = "x".repeat(64);
    let claims = format!("id,cap\n{longest},1\n");
    check_shares("64 bytes", "--rule talmud --loss 1", &claims, &format!("{longest},1\n"));
}

#[test]
fn columns_by_name() {
    let claims = "user,limit,stake,rank,beta,tier\na,10,1,5,2,1\nb,10,1,9,1,1\nc,10,4,7,1,2\n";
    let columns = "--id user --cap limit --weight stake --score rank --risk beta";
    let check = |rule: &str, shares: &str| {
        check_shares(rule, &format!("--rule {rule} --loss 12 {columns}"), claims, shares);
    };
    check("proportional", "a,2\nb,2\nc,8\n");
    check("queue", "a,0\nb,10\nc,2\n");
    check("risk-weighted", "a,3\nb,2\nc,7\n");
    check("queue --class tier", "a,2\nb,10\nc,0\n");
    let found = summary("--rule proportional --loss 6 --id user --cap limit", claims);
    assert_eq!(found["shares"][2]["share"], "2", "weights are the caps where none is named");
}

#[test]
fn standard_input_is_read() {
    let world = World::with_claims("");
    let words = "allocate --rule proportional --loss 2 --claims - --format csv";
    let ran = world.run_with(words, b"id,cap\na,1\nb,3\n");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "id,share\na,1\nb,1\n"));
}

/// A file large enough to be read in parts gives the shares of the same rows read in one.
#[test]
fn parts_read_side_by_side_join_in_order() {
    let mut rows = String::from("id,cap,weight\n");
    for i in 0..200_000u64 {
        // A number of its own for each row, in no order: 65,537 and 1,000,003 share no factor.
        rows.push_str(&format!("acct{:07},{},{}\n", i * 65_537 % 1_000_003, i % 991, i % 13 + 1));
    }
    assert!(rows.len() > 3 << 20, "long enough for parts");
    let words = "allocate --rule proportional --loss 54321 --claims claims.csv --format csv -q";
    let parts = World::with_claims(&rows).run(words);
    // A quote in the header, and the file is read in one.
    let whole = World::with_claims(rows.replacen("id", "\"id\"", 1)).run(words);
    assert_eq!(parts.status, 0);
    assert!(parts == whole, "the two readings differ");
    let total: u64 = parts.stdout.lines().skip(1).map(share_of).sum();
    assert_eq!(total, 54_321);
    let ids = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(',').next().unwrap().to_owned()).collect()
    };
    assert!(ids(&parts.stdout) == ids(&rows), "ids in the order of the rows");
    // A fault in a late part is told with its line, as is a second of its kind.
    let mut lines: Vec<&str> = rows.lines().collect();
    (lines[150_000], lines[190_000]) = ("x,-1,1", "y,-2,1");
    let ran = World::with_claims(lines.join("\n")).run(words);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("claims.csv:150001, column 2 (cap), id x"), "{}", ran.stderr);
    assert!(ran.stderr.contains("= and 1 more like it"), "{}", ran.stderr);
}

fn share_of(line: &str) -> u64 {
    line.rsplit(',').next().unwrap().parse().unwrap()
}
