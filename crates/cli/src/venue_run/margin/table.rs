//! An account's margin as rows, for spreadsheets and programs.

use rhodian_report::csv as written;
use rhodian_report::money::Money;
use serde_json::{Value, json};

use super::picture::signed_plain;
use super::{Margin, Scenario};

/// The columns, in order: what a row is about, of what, at which move, and its figure.
pub const HEADER: [&str; 7] = ["account", "part", "of", "spot", "volatility", "what", "value"];

/// As CSV: a row for each figure. Amounts are in units of the asset, moves in millionths.
#[must_use]
pub fn csv(margin: &Margin) -> String {
    let money = Money::new(margin.decimals);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |part: &str, of: &str, at: (&str, &str), what: &str, value: String| {
        let cells = [&margin.account, part, of, at.0, at.1, what, &value];
        rows.push(cells.map(str::to_owned).to_vec());
    };
    let plain = |atoms: u128| money.plain(atoms);
    let signed = |atoms: i128| signed_plain(money, atoms);
    let here = ("", "");
    for (what, value) in [
        ("balance", signed(margin.balance)),
        ("collateral", plain(margin.collateral)),
        ("equity", signed(margin.equity)),
        ("loan", plain(margin.loan)),
        ("lien", plain(margin.lien)),
        ("maintenance", plain(margin.maintenance)),
        ("above_maintenance", signed(margin.above_maintenance)),
        ("initial", plain(margin.initial)),
        ("unrealised", plain(margin.unrealised)),
        ("unmatured", plain(margin.unmatured)),
        ("free", plain(margin.free)),
    ] {
        row("account", "", here, what, value);
    }
    for leg in &margin.legs {
        let last = [
            ("liquidation_price", leg.liquidation_price.clone()),
            ("bankruptcy_price", leg.bankruptcy_price.clone()),
            ("entry", leg.entry.clone()),
            ("volatility", leg.volatility.clone()),
        ];
        let figures = [
            ("side", leg.side.to_owned()),
            ("size", leg.size.replace(',', "")),
            ("mark", leg.mark.replace(',', "")),
            ("value", plain(leg.value)),
            ("profit", signed(leg.profit)),
        ];
        let required = [("maintenance", leg.maintenance), ("initial", leg.initial)];
        let required = required.into_iter().filter_map(|(what, atoms)| Some((what, plain(atoms?))));
        let last =
            last.into_iter().filter_map(|(what, price)| Some((what, price?.replace(',', ""))));
        for (what, value) in figures.into_iter().chain(required).chain(last) {
            row("leg", &leg.market, here, what, value);
        }
    }
    for of in &margin.ahead.scenarios {
        let name = name_of(of);
        for cell in &of.cells {
            let at = (&*cell.spot.to_string(), cell.volatility);
            row("scenario", name, at, "profit", signed(cell.profit));
        }
        for (what, atoms) in greeks(of) {
            row("greek", name, here, what, signed(atoms));
        }
        row("acceleration", name, here, "loss", plain(of.loss));
        row("acceleration", name, here, "delta_loss", signed(of.delta_loss));
    }
    for of in &margin.ahead.could_lose {
        row("layer", &of.layer, here, "most", plain(of.most));
        row("layer", &of.layer, here, "paid", plain(of.paid));
    }
    row("settlement", "", here, "most", plain(margin.ahead.in_settlement));
    for of in &margin.ahead.deleveraging {
        let lights = of.lights.map_or_else(String::new, |lights| lights.to_string());
        row("place", &of.market, here, "lights", lights);
    }
    written::table(&HEADER, &rows)
}

/// The market that moves, or `all`.
pub(super) fn name_of(of: &Scenario) -> &str {
    of.underlying.as_deref().unwrap_or("all")
}

/// The sensitivities by name.
pub(super) fn greeks(of: &Scenario) -> [(&'static str, i128); 5] {
    let greeks = &of.greeks;
    [
        ("delta", greeks.delta),
        ("gamma", greeks.gamma),
        ("vega", greeks.vega),
        ("vanna", greeks.vanna),
        ("theta", greeks.theta),
    ]
}

/// As lines of JSON: each part with the name of what it is in `is`, the account last. Amounts are
/// in atoms, as strings.
#[must_use]
pub fn ndjson(margin: &Margin) -> String {
    // A margin is plain data with text keys, so it always has a JSON form.
    let Ok(Value::Object(mut whole)) = serde_json::to_value(margin) else { return String::new() };
    let mut lines = Vec::new();
    for (key, is) in [
        ("legs", "leg"),
        ("holdings", "holding"),
        ("scenarios", "scenario"),
        ("could_lose", "layer"),
        ("deleveraging", "place"),
    ] {
        let Some(Value::Array(parts)) = whole.remove(key) else { continue };
        for part in parts {
            let mut line = serde_json::Map::from_iter([("is".to_owned(), json!(is))]);
            line.extend(part.as_object().cloned().unwrap_or_default());
            lines.push(Value::Object(line));
        }
    }
    let mut line = serde_json::Map::from_iter([("is".to_owned(), json!("account"))]);
    line.extend(whole);
    lines.push(Value::Object(line));
    lines.iter().map(|line| format!("{line}\n")).collect()
}
