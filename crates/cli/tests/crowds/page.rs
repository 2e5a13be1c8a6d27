//! What `report.html` of a crisis must hold to be worth reading.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::binary::atoms;

/// The decimals of the crowd's asset.
const DECIMALS: usize = 6;

/// A chart of a page by its id, from its opening tag to its end.
fn chart<'p>(page: &'p str, id: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("aria-labelledby=\"{id}-title {id}-about\""))?;
    rest.split_once("</svg>").map(|(chart, _)| chart)
}

/// A number as a page writes it.
fn grouped(number: u64) -> String {
    match number / 1_000 {
        0 => number.to_string(),
        thousands => format!("{},{:03}", grouped(thousands), number % 1_000),
    }
}

/// What is missing on the page of a run: its title; the charts with what they must show; who paid,
/// and the account that paid most; that the laws were checked, how often, and that all adds up.
pub fn missing(
    page: &str,
    title: &str,
    summary: &Value,
    accounts: &[BTreeMap<String, String>],
) -> Vec<String> {
    let mut missing = Vec::new();
    let mut need = |holds: bool, what: String| {
        if !holds {
            missing.push(what);
        }
    };
    need(page.contains(&format!("<h1>{title}</h1>")), format!("the title {title}"));
    let run = &summary["run"];
    let markets = run["markets"].as_array().map_or(&[][..], Vec::as_slice);
    let named = |chart: &str| {
        let mut names = markets.iter().filter_map(|market| market["market"].as_str());
        names.any(|name| chart.contains(&format!(">{name}<")))
    };
    for id in ["prices", "liquidations", "map"] {
        need(chart(page, id).is_some_and(named), format!("the chart {id} with its markets"));
    }
    let equities = chart(page, "equities").is_some_and(|chart| chart.contains("<path"));
    need(equities, "the chart equities with its lines".to_owned());
    let paid = paid(summary);
    let waterfall = chart(page, "waterfall").unwrap_or_default();
    let most = paid.iter().max_by_key(|(_, paid)| **paid).map_or("nobody", |((_, name), _)| name);
    need(waterfall.contains(most), format!("{most}, which paid most, in the waterfall"));
    for (step, layer) in paid.keys() {
        need(page.contains(&format!("{step}. {layer}")), format!("{layer} beside the waterfall"));
    }
    need(page.contains("Largest shares</h2>"), "the largest shares".to_owned());
    let most = accounts.iter().max_by_key(|row| atoms(&row["shares_paid"], DECIMALS));
    let most = most.map_or("nobody", |row| row["account"].as_str());
    need(page.contains(&format!(">{most}<")), format!("{most}, who paid most"));
    let laws = summary["laws"].as_array().map_or(0, Vec::len);
    let events = grouped(summary["events"].as_u64().unwrap_or(0));
    let checked = format!("{laws} laws held after each of {events} events");
    need(page.contains(&checked), checked);
    need(!page.contains("do not add up"), "sums that add up".to_owned());
    missing
}

/// The layers that paid something, by step and name, and how much.
fn paid(summary: &Value) -> BTreeMap<(u64, &str), u128> {
    let losses = summary["losses"].as_array().map_or(&[][..], Vec::as_slice);
    let layers = losses.iter().filter_map(|loss| loss["layers"].as_array()).flatten();
    let mut paid = BTreeMap::new();
    for layer in layers {
        let received = layer["received"].as_str().unwrap_or_default().parse().unwrap_or(0);
        let step = layer["step"].as_u64().unwrap_or(0);
        *paid.entry((step, layer["name"].as_str().unwrap_or_default())).or_default() += received;
    }
    paid.retain(|_, received| *received > 0);
    paid
}

/// A page that holds everything is right, and each thing that it lacks is found.
#[test]
fn whatever_a_page_lacks_is_found() {
    let svg = |id: &str, inside: &str| {
        format!("<svg aria-labelledby=\"{id}-title {id}-about\">{inside}</svg>")
    };
    let parts = [
        "<h1>A crash</h1>".to_owned(),
        svg("waterfall", "Fund"),
        "1. Fund".to_owned(),
        svg("prices", "<text>BTC</text>"),
        svg("equities", "<path/>"),
        svg("liquidations", "<text>BTC</text>"),
        svg("map", "<text>BTC</text>"),
        "<h2>Largest shares</h2>".to_owned(),
        "<td>bob</td>".to_owned(),
        "2 laws held after each of 1,234 events".to_owned(),
    ];
    let summary = serde_json::json!({
        "laws": ["INV-01", "INV-02"],
        "events": 1_234,
        "losses": [{ "layers": [{ "step": 1, "name": "Fund", "received": "5" }] }],
        "run": { "markets": [{ "market": "BTC" }] },
    });
    let account = |id: &str, paid: &str| {
        let row = [("account", id), ("shares_paid", paid)];
        row.map(|(column, cell)| (column.to_owned(), cell.to_owned())).into_iter().collect()
    };
    let accounts = [account("ann", "1.00"), account("bob", "10.00")];
    let lacks = |page: &str| missing(page, "A crash", &summary, &accounts);
    assert_eq!(lacks(&parts.concat()), Vec::<String>::new());
    for left_out in 0..parts.len() {
        let mut parts = parts.clone();
        let part = parts[left_out].split_off(0);
        assert_eq!(lacks(&parts.concat()).len(), 1, "without {part}");
    }
    assert_eq!(lacks(&(parts.concat() + "2 sums do not add up")).len(), 1);
}
