//! The terminal picture, to the letter.
mod common;

use common::{alice, atoms, layer, loss, share, usd};
use rhodian_report::picture::Picture;
use rhodian_report::safe::columns;
use rhodian_report::text::{self, Style};
use rhodian_report::{Asset, LayerState, Report, Summary};

const ALICE: &str = "\
alice-1   12,000.00 USD   market move
Insurance fund  5,000.00 ████████  42 %  exhausted
Junior stakers  3,000.00 █████     25 %  exhausted
Winners         4,000.00 ██████▌   33 %  9.52 % of each gain, 3 accounts
Uncovered           0.00          5,000 + 3,000 + 4,000 + 0 = 12,000
";

const ALICE_TABLES: &str = "
Who pays by size class: Winners (weight, USD)
                   accounts     weight      paid  mean rate
1,000 to 10,000           1   2,000.00    190.48     9.52 %
10,000 to 100,000         2  40,000.00  3,809.52     9.52 %
all                       3  42,000.00  4,000.00     9.52 %

Largest shares: Winners (USD)
account     weight      paid  of weight
bob      30,000.00  2,857.14     9.52 %
carol    10,000.00    952.38     9.52 %
dave      2,000.00    190.48     9.52 %
";

fn one(summary: &Summary, style: Style) -> String {
    text::picture(&Picture::of(&summary.losses[0]), summary, style)
}

#[test]
fn the_picture_of_alice_is_this_to_the_letter() {
    let report = alice();
    assert_eq!(one(&report.summary, Style::default()), ALICE);
    let whole = text::report(&report, Style::default());
    assert_eq!(whole, format!("{ALICE}{ALICE_TABLES}"));
}

#[test]
fn ascii_has_no_other_characters_and_escapes_names() {
    let mut report = alice();
    report.summary.losses[0].layers[0].name = "Zoë".to_owned();
    let text = text::report(&report, Style { ascii: true, ..Style::default() });
    assert!(text.is_ascii(), "{text}");
    assert!(text.contains("Zo\\u{eb}"));
    assert!(text.contains("5,000.00 ########  42 %  exhausted"));
}

#[test]
fn colour_only_adds_codes() {
    let report = alice();
    let plain = text::report(&report, Style::default());
    let mut coloured = text::report(&report, Style { color: true, ..Style::default() });
    assert!(coloured.contains("\u{1b}[36m"));
    assert!(!plain.contains('\u{1b}'));
    for code in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[36m"] {
        coloured = coloured.replace(code, "");
    }
    assert_eq!(coloured, plain);
}

#[test]
fn every_width_from_40_is_kept() {
    let report = alice();
    for width in 40..200 {
        let text = text::report(&report, Style { width, ..Style::default() });
        for line in text.lines() {
            let wide = columns(line);
            // A table that is too wide even with short amounts is left whole.
            assert!(wide <= width.max(60), "{wide} > {width}: {line}");
        }
        let picture = one(&report.summary, Style { width, ..Style::default() });
        assert!(picture.lines().all(|line| columns(line) <= width), "{width}:\n{picture}");
        assert!(picture.contains("5,000 + 3,000 + 4,000 + 0 ="));
    }
}

#[test]
fn uncovered_has_a_bar_and_the_sum_beside_it() {
    let layers = vec![layer(1, "Fund", 100_000, LayerState::Exhausted, "")];
    let text = one(&usd(vec![loss("bob-1", layers, 50_050)]), Style::default());
    assert_eq!(
        text,
        "bob-1   1,500.50 USD   market move\n\
         Fund       1,000.00 ████████  67 %  exhausted\n\
         Uncovered    500.50 ████      33 %  1,000.00 + 500.50 = 1,500.50\n"
    );
}

#[test]
fn own_means_come_first_and_recoveries_last() {
    let mut report = alice();
    let loss = &mut report.summary.losses[0];
    loss.own_means = atoms(300_000);
    loss.amount = atoms(1_500_000);
    loss.recovered = atoms(100_000);
    loss.layers[2].repaid = atoms(100_000);
    let text = one(&report.summary, Style::default());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[1], "Own means       3,000.00 █████     20 %");
    assert_eq!(
        lines[5],
        "Uncovered           0.00          3,000 + 5,000 + 3,000 + 4,000 + 0 = 15,000"
    );
    assert_eq!(lines[6], "Recovered       1,000.00          repaid Winners 1,000.00");
}

#[test]
fn planned_and_received_are_two_numbers() {
    let mut call = layer(1, "Assessments", 100_000, LayerState::Pending, "due in 2 days");
    call.planned = atoms(400_000);
    let text = one(&usd(vec![loss("cm-3", vec![call], 0)]), Style::default());
    assert!(text.contains("pending, due in 2 days, 4,000.00 called"), "{text}");
}

#[test]
fn a_loss_of_zero_divides_nothing_by_zero() {
    let layers = vec![layer(1, "Fund", 0, LayerState::Untouched, "")];
    let text = one(&usd(vec![loss("none", layers, 0)]), Style::default());
    assert_eq!(
        text,
        "none   0.00 USD   market move\n\
         Fund       0.00                 untouched\n\
         Uncovered  0.00          0 + 0 = 0\n"
    );
    assert_eq!(text::report(&Report::new(usd(vec![]), vec![]), Style::default()), "");
}

#[test]
fn huge_amounts_at_18_decimals_keep_every_atom() {
    let most = 10u128.pow(30) - 1;
    let summary = Summary::new(
        "Huge".to_owned(),
        Asset { name: "ETH".to_owned(), decimals: 18 },
        vec![loss("huge", vec![layer(1, "Fund", most, LayerState::Capped, "")], 1)],
    );
    let report =
        Report::new(summary, vec![share("huge", (1, "Fund"), "whale", 10u128.pow(30), most)]);
    let text = text::report(&report, Style::default());
    assert!(text.contains("999,999,999,999.999999999999999999"), "{text}");
    assert!(text.contains("0.000000000000000001"), "{text}");
    let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(unwrapped.contains("= 1,000,000,000,000.000000000000000000"), "{text}");
    assert!(text.contains("> 99.99 %"), "{text}");
}

#[test]
fn wide_names_align_and_escapes_never_reach_the_terminal() {
    let layers = vec![
        layer(1, "保険基金", 100, LayerState::Exhausted, ""),
        layer(2, "x\u{1b}[2J\n", 100, LayerState::Exhausted, "\u{7}"),
    ];
    let text = one(&usd(vec![loss("a\u{202e}b", layers, 0)]), Style::default());
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    assert_eq!(text.lines().count(), 4);
    let bar = |line: &str| columns(&line[..line.find('█').expect("a bar")]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(bar(lines[1]), bar(lines[2]));
}

#[test]
fn many_losses_end_with_their_total() {
    let losses = (0..12)
        .map(|n| {
            let fund = layer(1, "Fund", 100_000, LayerState::PartlyUsed, "");
            loss(&format!("wave-{n}"), vec![fund], 0)
        })
        .collect();
    let text = text::report(&Report::new(usd(losses), vec![]), Style::default());
    assert!(text.contains("and 4 more losses"));
    assert!(text.contains("All 12 losses   12,000.00 USD\nFund       12,000.00 ████████ 100 %\n"));
}
