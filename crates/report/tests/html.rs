//! The page: well-formed, escaped, bounded, deterministic, self-contained.
mod common;

use std::sync::Arc;

use common::{alice, assert_well_formed, atoms, layer, loss, share, usd};
use rhodian_report::picture::Picture;
use rhodian_report::svg::{Burden, Chart, Classes, Waterfall};
use rhodian_report::{Asset, LayerState, Report, Summary, html};

#[test]
fn the_page_of_alice_says_who_bore_it_and_how_to_check() {
    let page = html::page(&alice());
    assert_well_formed(&page);
    for words in [
        "Of 12,000 USD lost, Insurance fund bore 42\u{a0}%, Junior stakers 25\u{a0}%, \
         Winners 33\u{a0}%; nothing stayed uncovered.",
        "It adds up: 5,000 + 3,000 + 4,000 + 0 = 12,000.",
        "9.52 % of each gain, 3 accounts",
        "rhodian explain . --account ID",
        "<code>bob</code>",
        "Insurance fund 5,000.00 + Junior stakers 3,000.00 + Winners 4,000.00 + Uncovered 0.00 = \
         12,000.00",
    ] {
        assert!(page.contains(words), "{words} is not on the page");
    }
    assert!(!page.contains("Before you rely on this"), "there is nothing to warn of");
}

#[test]
fn it_loads_and_runs_nothing() {
    let page = html::page(&alice());
    for word in ["<script", "src=", "href=", "@import", "<link", "<iframe", "onload"] {
        assert!(!page.contains(word), "{word} is on the page");
    }
    let elsewhere = page.matches("://").count();
    assert_eq!(elsewhere, page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
    assert_eq!(page.matches("url(").count(), page.matches("url(#").count());
}

#[test]
fn names_cannot_break_out_of_the_page() {
    let evil = "</td></svg><script>alert(\"1\")</script>&'\u{202e}\n";
    let mut fund = layer(1, evil, 100, LayerState::Exhausted, evil);
    fund.kind = evil.to_owned();
    let winners = layer(2, "W<", 500, LayerState::PartlyUsed, evil);
    let mut bad = loss(evil, vec![fund, winners], 7);
    bad.cause = evil.to_owned();
    bad.class = evil.to_owned();
    let asset = Asset { name: evil.to_owned(), decimals: 2 };
    let mut summary = Summary::new(evil.to_owned(), asset, vec![bad.clone(), bad]);
    summary.warnings = vec![evil.to_owned()];
    summary.laws = vec![evil.to_owned()];
    summary.digest = evil.to_owned();
    let accounts = ["<b>", evil, "a\"b"];
    let rows = accounts.map(|id| share(evil, (2, "W<"), id, 1_000, 100)).to_vec();
    let page = html::page(&Report::new(summary, rows));
    assert_well_formed(&page);
    assert!(!page.contains("<script"));
    assert!(!page.contains('\u{202e}'));
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn the_same_report_gives_the_same_bytes_and_row_order_does_not_matter() {
    let report = alice();
    let page = html::page(&report);
    assert_eq!(page, html::page(&alice()));
    let mut shuffled = report.shares.clone();
    shuffled.reverse();
    assert_eq!(page, html::page(&Report::new(report.summary, shuffled)));
}

#[test]
fn a_hundred_thousand_rows_and_a_thousand_losses_stay_one_readable_page() {
    let layers = || vec![layer(1, "Winners", 100_000, LayerState::PartlyUsed, "")];
    let losses: Vec<_> = (0..1_000).map(|n| loss(&format!("wave-{n}"), layers(), 0)).collect();
    let loss_id: Arc<str> = Arc::from("wave-0");
    let rows: Vec<_> = (0..100_000u128)
        .map(|n| {
            let mut row = share("", (1, "Winners"), &format!("acct-{n:06}"), n * n + 1, 1);
            row.loss_id = Arc::clone(&loss_id);
            row
        })
        .collect();
    let report = Report::new(usd(losses), rows);
    let table = &report.summary.size_tables[0];
    assert_eq!((table.accounts, table.payers, table.paid), (100_000, 100_000, 100_000));
    assert_eq!(table.half, 50_000);
    assert!(table.curve.len() <= 66);
    assert_eq!(report.summary.largest.len(), 25);
    let page = html::page(&report);
    assert_well_formed(&page);
    assert_eq!(page.matches("acct-").count(), 25);
    assert!(page.contains("900 more losses are in summary.json"));
    assert!(page.len() < 300_000, "{} bytes", page.len());
}

#[test]
fn nothing_lost_and_nobody_liable_is_still_a_page() {
    let none = html::page(&Report::new(usd(vec![]), vec![]));
    assert_well_formed(&none);
    assert!(none.contains("There was no loss to share."));
    let fund = layer(1, "Fund", 0, LayerState::Untouched, "");
    let zero = usd(vec![loss("zero", vec![fund], 0)]);
    let page = html::page(&Report::new(zero, vec![share("zero", (1, "Fund"), "a", 0, 0)]));
    assert_well_formed(&page);
    assert!(page.contains("0 + 0 = 0"));
}

#[test]
fn huge_amounts_at_18_decimals_keep_every_atom() {
    let most = 10u128.pow(30) - 1;
    let asset = Asset { name: "ETH".to_owned(), decimals: 18 };
    let fund = || vec![layer(1, "Fund", most, LayerState::Capped, "")];
    let losses = (0..100).map(|n| loss(&n.to_string(), fund(), 1)).collect();
    let rows = (0..100).map(|n| share(&n.to_string(), (1, "Fund"), "whale", most, most)).collect();
    let report = Report::new(Summary::new("Huge".to_owned(), asset, losses), rows);
    assert!(report.summary.adds_up());
    let page = html::page(&report);
    assert_well_formed(&page);
    assert!(page.contains("999,999,999,999.999999999999999999"));
    // A hundred losses: 10^32 atoms, of which the fund bore all but 100.
    assert!(page.contains(">99,999,999,999,999.9999999999999999<"));
    assert!(page.contains(">100,000,000,000,000.0000000000000000<"));
}

#[test]
fn what_does_not_add_up_is_said_first() {
    let mut report = alice();
    report.summary.losses[0].uncovered = atoms(1);
    let page = html::page(&Report::new(report.summary, report.shares));
    assert_well_formed(&page);
    assert!(page.contains("1 sums do not add up; see below."));
    assert!(page.contains("is not 12,000.00"));
    assert!(page.contains("✗ no"));
}

#[test]
fn charts_have_titles_words_and_stay_inside_their_frame() {
    let report = alice();
    let asset = &report.summary.asset;
    let table = &report.summary.size_tables[0];
    let layers: Vec<_> = (1..60)
        .map(|n| layer(n, &format!("Layer {n}"), u128::from(n), LayerState::Exhausted, ""))
        .collect();
    let many = loss("many", layers, 10u128.pow(9));
    let many = Waterfall::of(&Picture::of(&many), asset);
    assert_eq!(many.bars.len(), 12);
    assert!(many.bars.iter().any(|bar| bar.name == "49 smaller layers"), "{:?}", many.bars);
    assert_eq!(many.bars.iter().map(|bar| bar.amount).sum::<u128>(), many.total);
    let charts = [
        Chart::Waterfall(Waterfall::of(&Picture::of(&report.summary.losses[0]), asset)),
        Chart::Waterfall(many),
        Chart::Classes(Classes::of(table, asset)),
        Chart::Burden(Burden::of(table).expect("three accounts paid")),
    ];
    for chart in charts {
        let svg = chart.svg("one");
        assert_well_formed(&svg);
        assert!(svg.contains("<title id=\"one-title\">"));
        assert!(svg.contains("<desc id=\"one-about\">"));
        assert_inside(&svg);
    }
}

/// Every bar ends at or before the right edge.
fn assert_inside(svg: &str) {
    let number = |tag: &str, name: &str| -> u32 {
        let Some(at) = tag.find(&format!(" {name}=\"")) else {
            return 0;
        };
        let text = &tag[at + name.len() + 3..];
        let text = &text[..text.find('"').expect("the value ends")];
        let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
        let read = |digits: &str| digits.parse::<u32>().expect("a number");
        read(whole) * 10 + read(tenth)
    };
    let bars: Vec<&str> = svg.split("<rect").skip(1).filter(|tag| tag.contains(" x=")).collect();
    for bar in bars {
        let bar = &bar[..bar.find('>').expect("the tag ends")];
        assert!(number(bar, "x") + number(bar, "width") <= 4_600, "{bar}");
    }
}

#[test]
fn a_single_payer_has_no_curve() {
    let layers = vec![layer(1, "Winners", 100, LayerState::PartlyUsed, "")];
    let rows =
        vec![share("l", (1, "Winners"), "a", 10, 100), share("l", (1, "Winners"), "b", 5, 0)];
    let report = Report::new(usd(vec![loss("l", layers, 0)]), rows);
    assert_eq!(Burden::of(&report.summary.size_tables[0]), None);
    assert!(!html::page(&report).contains("How concentrated it is"));
}

#[test]
fn sizes_fall_into_powers_of_ten_of_whole_units() {
    // With two decimals: 0.99, 1.00, 9.99, 10.00 and the largest amount there is.
    let weights = [99, 100, 999, 1_000, 10u128.pow(30)];
    let winners = (1, "Winners");
    let rows =
        weights.iter().map(|weight| share("l", winners, &weight.to_string(), *weight, 1)).collect();
    let report = Report::new(usd(vec![]), rows);
    let classes: Vec<(u128, u128, usize)> = report.summary.size_tables[0]
        .classes
        .iter()
        .map(|class| (class.from, class.below, class.accounts))
        .collect();
    let top = (10u128.pow(30), 10u128.pow(31), 1);
    assert_eq!(classes, [(0, 100, 1), (100, 1_000, 2), (1_000, 10_000, 1), top]);
}

#[test]
fn waves_of_one_episode_add_up_by_account() {
    let winners = (1, "Winners");
    let mut rows = vec![
        share("one", winners, "b", 100, 10),
        share("one", winners, "a", 100, 5),
        share("two", winners, "b", 100, 7),
    ];
    rows.push(share("other", winners, "b", 100, 1));
    rows[3].episode = 2;
    let report = Report::new(usd(vec![]), rows);
    let tables = &report.summary.size_tables;
    assert_eq!(tables.len(), 2);
    assert_eq!((tables[0].accounts, tables[0].size, tables[0].paid), (2, 200, 22));
    let largest: Vec<(u64, &str, u128)> = report
        .summary
        .largest
        .iter()
        .map(|one| (one.episode, one.account.as_str(), one.paid))
        .collect();
    assert_eq!(largest, [(1, "b", 17), (1, "a", 5), (2, "b", 1)]);
}

#[test]
fn the_headline_names_up_to_five_and_counts_the_rest() {
    for (layers, words) in [
        (5u32, "L0 bore 20 %, L1 20 %, L2 20 %, L3 20 %, L4 20 %; nothing stayed uncovered"),
        (10, "L0 bore 10 %, L1 10 %, L2 10 %, L3 10 %, 6 others 60 %; nothing stayed uncovered"),
    ] {
        let draw = |n| layer(n + 1, &format!("L{n}"), 100, LayerState::Capped, "");
        let report = Report::new(usd(vec![loss("a", (0..layers).map(draw).collect(), 0)]), vec![]);
        let page = html::page(&report).replace('\u{a0}', " ");
        assert!(page.contains(words), "{words} is not on the page of {layers} layers");
    }
}

/// A run's page shows who could have lost what with options, and which source was left out.
#[test]
fn a_page_of_a_run_shows_options_and_feeds() {
    use rhodian_report::run::{FeedRow, MapRow, OptionsRow, RunFigures, SourceRow};
    let row = OptionsRow {
        account: "dora".to_owned(),
        underlying: "BTC".to_owned(),
        gamma: -50_000_000,
        loss: 1_283_793,
        delta_loss: 641_896,
        times: Some(2_000_001),
        ..OptionsRow::default()
    };
    let left = vec![("outlier".to_owned(), 3)];
    let source = |name: &str, left_out| SourceRow {
        source: name.to_owned(),
        cells: vec![0, 3, 0],
        left_out,
    };
    let feed = FeedRow {
        feed: "ATOM index".to_owned(),
        about: "The price of ATOM".to_owned(),
        reports: 27,
        qualities: vec![("indicative".to_owned(), 2)],
        withheld: 1,
        sources: vec![source("venue-a", left), source("<b>", Vec::new())],
    };
    let map = MapRow { market: "ATOM".to_owned(), cells: vec![0, 5], legs: 1 };
    let figures = RunFigures {
        options: vec![row],
        feeds: vec![feed],
        liquidated: vec![map],
        end: 60_000,
        ..RunFigures::default()
    };
    let report = Report::new(usd(vec![]), Vec::new());
    let page = html::run_page(&report, &figures);
    assert_well_formed(&page);
    for words in [
        "Greeks and loss acceleration",
        "2.00 times",
        "12,837.93",
        "How good the prices were",
        "outlier 3",
        "A mark stayed once",
        "Where accounts were liquidated",
        "&lt;b&gt;",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let bare = html::run_page(&report, &RunFigures::default());
    for heading in ["Greeks and loss", "How good the prices", "Where accounts were liquidated"] {
        assert!(!bare.contains(heading), "{heading}");
    }
}

#[test]
fn the_headline_names_the_largest_though_smaller_ones_tie_before_it() {
    let draw = |(n, paid)| layer(n, &format!("L{n}"), paid, LayerState::Capped, "");
    let layers = [(1, 20), (2, 10), (3, 10), (4, 10), (5, 5), (6, 45)].map(draw);
    let report = Report::new(usd(vec![loss("a", layers.to_vec(), 0)]), vec![]);
    let page = html::page(&report).replace('\u{a0}', " ");
    let words = "L1 bore 20 %, L2 10 %, L3 10 %, L6 45 %, 2 others 15 %; nothing stayed uncovered";
    assert!(page.contains(words), "{words} is not on the page");
}
