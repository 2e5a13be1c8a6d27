//! `shares.csv` and `summary.json`, to the letter.
mod common;

use common::{alice, share};
use rhodian_report::{Report, csv};

#[test]
fn shares_have_all_columns_in_order() {
    assert_eq!(
        csv::shares(&alice()),
        "loss_id,episode,step,layer,account,rule,weight,cap,share,exact_num,exact_den,class\n\
         alice-1,1,3,Winners,bob,proportional,30000.00,30000.00,2857.14,285714,1,\n\
         alice-1,1,3,Winners,carol,proportional,10000.00,10000.00,952.38,95238,1,\n\
         alice-1,1,3,Winners,dave,proportional,2000.00,2000.00,190.48,19048,1,\n"
    );
}

#[test]
fn a_class_stands_last_where_there_is_one() {
    let mut rows = vec![share("l", (1, "W"), "bob", 10, 1), share("l", (1, "W"), "dan", 10, 1)];
    rows[1].class = Some(2);
    let text = csv::shares(&Report::new(common::usd(vec![]), rows));
    let classes: Vec<_> = text.lines().map(|line| fields(line)[11].clone()).collect();
    assert_eq!(classes, ["class", "", "2"]);
}

#[test]
fn a_report_without_shares_is_a_heading() {
    let report = Report::new(common::usd(vec![]), vec![]);
    assert_eq!(csv::shares(&report), format!("{}\n", csv::SHARES_HEADER));
}

#[test]
fn ids_come_back_as_they_were() {
    let ids = ["=cmd()", "a,b", "\"q\"", "-1", "@x", "plain"];
    let rows: Vec<_> = ids.iter().map(|id| share("l", (1, "W"), id, 10, 1)).collect();
    assert_eq!(csv::formula_like(&rows), 3);
    let text = csv::shares(&Report::new(common::usd(vec![]), rows));
    let found: Vec<String> = text.lines().skip(1).map(|line| fields(line)[4].clone()).collect();
    assert_eq!(found, ids);
}

/// A reader of one record that shares no code with the writer.
fn fields(line: &str) -> Vec<String> {
    let (mut out, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quoted) {
            ('"', true) if chars.peek() == Some(&'"') => field.push(chars.next().expect("peeked")),
            ('"', _) => quoted = !quoted,
            (',', false) => out.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    out.push(field);
    out
}

#[test]
fn the_summary_is_json_with_amounts_as_strings() {
    let json = serde_json::to_value(&alice().summary).expect("a summary is JSON");
    assert_eq!(json["losses"][0]["amount"], "1200000");
    assert_eq!(json["losses"][0]["layers"][2]["state"], "partly-used");
    assert_eq!(json["size_tables"][0]["classes"][1]["paid"], "380952");
    assert_eq!(json["size_tables"][0]["by"], "weight");
    assert_eq!(json["largest"][0]["account"], "bob");
    assert_eq!(json["sums"].as_array().map(Vec::len), Some(3));
    assert!(alice().summary.adds_up());
}

#[test]
fn a_sum_that_is_off_by_one_atom_is_seen() {
    let mut report = alice();
    report.shares.pop();
    let report = Report::new(report.summary, report.shares);
    let wrong: Vec<&str> = report
        .summary
        .sums
        .iter()
        .filter(|sum| !sum.holds())
        .map(|sum| sum.what.as_str())
        .collect();
    assert_eq!(wrong, ["alice-1: the shares of Winners are its draw"]);
    assert!(!report.summary.adds_up());
}
