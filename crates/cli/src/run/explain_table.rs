//! An explanation as rows, for spreadsheets and programs: one for each loss that an account bore a
//! part of in a layer, then one for each loss of which it paid as own means, or by rank in settlement.

use rhodian_core::units::Amount;
use rhodian_report::csv;
use rhodian_report::money::Money;
use serde_json::{Map, Value, json};

use super::explain::{Explanation, LayerShare, LossShare, OwnMeansPaid, TakenByRank};

/// The columns of an explanation, in order.
pub const HEADER: [&str; 14] = [
    "account",
    "loss_id",
    "episode",
    "step",
    "layer",
    "kind",
    "rule",
    "weight",
    "cap",
    "paid_before",
    "share",
    "exact_num",
    "exact_den",
    "repaid",
];

/// As CSV. Amounts are in units of the asset, the exact share is in atoms, as in `shares.csv`;
/// what was paid as own means, or by rank in settlement, has step 0 and no layer.
#[must_use]
pub fn csv(explanation: &Explanation) -> String {
    let money = Money::new(explanation.decimals);
    let plain = |amount: Amount| money.plain(amount.atoms());
    let shares = explanation.layers.iter().flat_map(|layer| {
        layer.losses.iter().map(move |loss| {
            vec![
                explanation.account.clone(),
                loss.loss.clone(),
                layer.episode.to_string(),
                layer.step.to_string(),
                layer.layer.clone(),
                layer.kind.clone(),
                layer.rule.to_owned(),
                plain(layer.weight),
                plain(layer.cap),
                plain(loss.before),
                plain(loss.share),
                loss.exact.0.clone(),
                loss.exact.1.clone(),
                plain(loss.repaid),
            ]
        })
    });
    let beside = |loss: &str, kind: &str, paid: Amount, repaid: Amount| {
        let mut row = vec![String::new(); HEADER.len()];
        for (place, text) in [(0, &*explanation.account), (1, loss), (3, "0"), (5, kind)] {
            text.clone_into(&mut row[place]);
        }
        (row[10], row[13]) = (plain(paid), plain(repaid));
        row
    };
    let own_means = explanation
        .own_means
        .iter()
        .map(|paid| beside(&paid.loss, "own-means", paid.amount, Amount::ZERO));
    let by_rank = explanation
        .by_rank
        .iter()
        .map(|taken| beside(&taken.loss, "settlement", taken.amount, taken.repaid));
    csv::table(&HEADER, &shares.chain(own_means).chain(by_rank).collect::<Vec<_>>())
}

/// As lines of JSON: each part with the name of what it is in `is`, then the `total`. Amounts are
/// in atoms, as strings.
#[must_use]
pub fn ndjson(explanation: &Explanation) -> String {
    let mut lines = Vec::new();
    for layer in &explanation.layers {
        lines.extend(layer.losses.iter().map(|loss| share(layer, loss)));
        lines.extend(layer.rules.iter().map(|under| {
            json!({
                "is": "under-rule", "layer": layer.layer, "episode": layer.episode,
                "rule": under.rule, "share": under.share, "remark": under.remark,
            })
        }));
    }
    for OwnMeansPaid { loss, amount } in &explanation.own_means {
        lines.push(json!({ "is": "own-means", "loss": loss, "amount": amount }));
    }
    for TakenByRank { loss, amount, repaid } in &explanation.by_rank {
        lines.push(json!({
            "is": "settlement", "loss": loss, "amount": amount, "repaid": repaid,
        }));
    }
    lines.extend(explanation.stakes.iter().map(|stake| tagged("stake", stake)));
    lines.extend(explanation.covers.iter().map(|cover| tagged("cover", cover)));
    lines.push(json!({
        "is": "total", "account": explanation.account, "asset": explanation.asset,
        "decimals": explanation.decimals, "not_liable": explanation.not_liable,
        "paid": explanation.paid, "repaid": explanation.repaid, "net": explanation.net,
    }));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A share with what is true of its layer beside it.
fn share(layer: &LayerShare, loss: &LossShare) -> Value {
    let mut line = Map::new();
    line.insert("is".to_owned(), json!("share"));
    for part in [serde_json::to_value(layer), serde_json::to_value(loss)] {
        // Both are plain data with text keys, so they always have a JSON form. What the layer
        // sums over its losses gives way to what the loss says.
        if let Ok(Value::Object(part)) = part {
            line.extend(part);
        }
    }
    for whole in ["losses", "rules", "paid", "net"] {
        line.remove(whole);
    }
    Value::Object(line)
}

/// A row with what it is: plain data with text keys, which always has a JSON form.
fn tagged(is: &str, row: &impl serde::Serialize) -> Value {
    let mut line = json!({ "is": is });
    if let (Value::Object(line), Ok(Value::Object(of))) = (&mut line, serde_json::to_value(row)) {
        line.extend(of);
    }
    line
}
