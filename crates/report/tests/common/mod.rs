//! Losses with known answers, for the tests of every form.
#![allow(dead_code, missing_docs)]

use std::sync::Arc;

use rhodian_core::units::Amount;
use rhodian_report::{Asset, LayerDraw, LayerState, LossSummary, Report, ShareRow, Summary};

pub fn atoms(amount: u128) -> Amount {
    Amount::new(amount).expect("within bounds")
}

pub fn layer(step: u32, name: &str, paid: u128, state: LayerState, note: &str) -> LayerDraw {
    LayerDraw {
        step,
        name: name.to_owned(),
        kind: "tranche".to_owned(),
        planned: atoms(paid),
        received: atoms(paid),
        state,
        note: note.to_owned(),
        repaid: Amount::ZERO,
    }
}

pub fn share(loss: &str, layer: (u32, &str), account: &str, weight: u128, paid: u128) -> ShareRow {
    ShareRow {
        loss_id: Arc::from(loss),
        episode: 1,
        step: layer.0,
        layer: Arc::from(layer.1),
        account: account.to_owned(),
        rule: Arc::from("proportional"),
        weight: atoms(weight),
        cap: atoms(weight),
        share: atoms(paid),
        exact_num: paid.to_string(),
        exact_den: "1".to_owned(),
        class: None,
        repaid: Amount::ZERO,
    }
}

/// A loss whose deficit is what the layers and `uncovered` sum to.
pub fn loss(id: &str, layers: Vec<LayerDraw>, uncovered: u128) -> LossSummary {
    let drawn: u128 = layers.iter().map(|layer| layer.received.atoms()).sum();
    LossSummary {
        id: id.to_owned(),
        episode: 1,
        class: "default".to_owned(),
        cause: "market move".to_owned(),
        amount: atoms(drawn + uncovered),
        own_means: Amount::ZERO,
        deficit: atoms(drawn + uncovered),
        netted: Amount::ZERO,
        layers,
        uncovered: atoms(uncovered),
        recovered: Amount::ZERO,
        repaid_uncovered: Amount::ZERO,
        repaid_results: Amount::ZERO,
        settled_by_rank: Amount::ZERO,
        repaid_by_rank: Amount::ZERO,
    }
}

pub fn usd(losses: Vec<LossSummary>) -> Summary {
    let asset = Asset { name: "USD".to_owned(), decimals: 2 };
    Summary::new("Who bears it?".to_owned(), asset, losses)
}

/// Alice's loss of 12,000 USD: three winners with gains of 42,000 pay 4,000 of it.
pub fn alice() -> Report {
    let layers = vec![
        layer(1, "Insurance fund", 500_000, LayerState::Exhausted, ""),
        layer(2, "Junior stakers", 300_000, LayerState::Exhausted, ""),
        layer(3, "Winners", 400_000, LayerState::PartlyUsed, "9.52 % of each gain, 3 accounts"),
    ];
    let winners = (3, "Winners");
    let shares = vec![
        share("alice-1", winners, "bob", 3_000_000, 285_714),
        share("alice-1", winners, "carol", 1_000_000, 95_238),
        share("alice-1", winners, "dave", 200_000, 19_048),
    ];
    Report::new(usd(vec![loss("alice-1", layers, 0)]), shares)
}

/// Opening and closing tags match, quotes close, and text has no bare `<` or `&`.
pub fn assert_well_formed(page: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut rest = page.strip_prefix("<!doctype html>").unwrap_or(page);
    while let Some(at) = rest.find('<') {
        assert_text(&rest[..at]);
        let end = rest[at..].find('>').expect("every tag is closed") + at;
        let tag = &rest[at + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "a quote left open in <{tag}>");
        rest = &rest[end + 1..];
        let name: String = tag.chars().take_while(|c| !c.is_whitespace() && *c != '/').collect();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed), "closes what was opened last");
        } else if !tag.ends_with('/') && !["meta", "br", "hr"].contains(&name.as_str()) {
            open.push(name.clone());
        }
        if name == "style" {
            rest = &rest[rest.find("</style>").expect("the style is closed")..];
        }
    }
    assert_text(rest);
    assert!(open.is_empty(), "left open: {open:?}");
}

fn assert_text(text: &str) {
    for (at, _) in text.match_indices('&') {
        let entity: String = text[at..].chars().take_while(|c| *c != ';').collect();
        let known = ["&amp", "&lt", "&gt", "&quot", "&#39"];
        assert!(known.contains(&entity.as_str()), "a bare ampersand: {entity}");
    }
    assert!(!text.contains('>'), "a bare > in {text}");
}
