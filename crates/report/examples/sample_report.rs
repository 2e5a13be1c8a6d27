//! Writes a sample page to standard output: a made-up crash with a heavy-tailed book.
//!
//! `cargo run -p rhodian-report --example sample_report > report.html`, or with `text` for the
//! terminal picture, and `small` for the loss of Alice alone.
#![allow(clippy::inconsistent_digit_grouping, reason = "the last two digits are cents")]

use std::sync::Arc;

use rhodian_core::units::Amount;
use rhodian_report::money::count;
use rhodian_report::text::Style;
use rhodian_report::{
    Asset, LayerDraw, LayerState, LossSummary, Report, ShareRow, Summary, csv, html, text,
};

/// 3,000 winners whose gains span seven powers of ten, from a fixed sequence.
const WINNERS: u64 = 3_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| wanted.iter().any(|arg| arg == word);
    let report = if has("small") { alice()? } else { crash()? };
    if has("text") {
        print!("{}", text::report(&report, Style::default()));
    } else if has("csv") {
        print!("{}", csv::shares(&report));
    } else {
        print!("{}", html::page(&report));
    }
    Ok(())
}

/// Money of the sample: US dollars with cents.
fn cents(amount: u128) -> Result<Amount, Box<dyn std::error::Error>> {
    Ok(Amount::new(amount).map_err(|error| error.to_string())?)
}

/// A layer that paid what was called from it.
fn draw(
    (step, name, kind): (u32, &str, &str),
    paid: u128,
    state: LayerState,
    note: &str,
) -> Result<LayerDraw, Box<dyn std::error::Error>> {
    Ok(LayerDraw {
        step,
        name: name.to_owned(),
        kind: kind.to_owned(),
        planned: cents(paid)?,
        received: cents(paid)?,
        state,
        note: note.to_owned(),
        repaid: Amount::ZERO,
    })
}

/// The loss of 12,000 USD that Alice could not pay.
fn alice() -> Result<Report, Box<dyn std::error::Error>> {
    let gains = [("bob", 3_000_000), ("carol", 1_000_000), ("dave", 200_000)]
        .map(|(id, gain)| (id.to_owned(), gain));
    let (rows, note) = divided("alice-1", 3, "Winners", &gains, 400_000)?;
    let layers = vec![
        draw((1, "Insurance fund", "insurance-fund"), 5_000_00, LayerState::Exhausted, "")?,
        draw((2, "Junior stakers", "tranche"), 3_000_00, LayerState::Exhausted, "")?,
        draw((3, "Winners", "gains-haircut"), 4_000_00, LayerState::PartlyUsed, &note)?,
    ];
    let mut loss = loss("alice-1", "market move", 0, layers, 0)?;
    loss.recovered = cents(100_000)?;
    loss.layers[2].repaid = cents(100_000)?;
    let asset = Asset { name: "USD".to_owned(), decimals: 2 };
    let title = "Who bears the 12,000 USD that Alice could not pay?".to_owned();
    Ok(Report::new(Summary::new(title, asset, vec![loss]), rows))
}

/// One wave: its number, id, cause, what winners pay and what stays uncovered.
type Wave = (usize, &'static str, &'static str, u128, u128);

/// Three waves of one episode, deep enough to reach the winners and leave something uncovered.
fn crash() -> Result<Report, Box<dyn std::error::Error>> {
    let gains = book();
    let waves: [Wave; 3] = [
        (1, "wave-1", "gap through 14 markets, 10 October, 21:16 UTC", 2_950_000_00, 0),
        (2, "wave-2", "second leg of the same fall", 6_120_000_00, 0),
        (3, "wave-3", "thin market at its last good price", 4_400_000_00, 182_000_00),
    ];
    let (mut losses, mut shares) = (Vec::new(), Vec::new());
    for wave in waves {
        let (_, id, cause, from_winners, uncovered) = wave;
        let (rows, note) = divided(id, 5, "Winners of the session", &gains, from_winners)?;
        shares.extend(rows);
        losses.push(loss(id, cause, 315_250_75, waterfall(wave, &note)?, uncovered)?);
    }
    losses[1].recovered = cents(1_250_000_00)?;
    losses[1].layers[4].repaid = cents(1_250_000_00)?;
    let asset = Asset { name: "USDC".to_owned(), decimals: 2 };
    let title = "October-like crash: a made-up book of 3,000 winners".to_owned();
    let mut summary = Summary::new(title, asset, losses);
    summary.warnings = vec![
        "Step 4 \"Members' assessments\" still has 36 hours to pay for wave-3.".to_owned(),
        "182,000.00 USDC are uncovered: a debt of the domain, first charge on its fund's income."
            .to_owned(),
    ];
    Ok(Report::new(summary, shares))
}

/// The first wave takes the operator's capital and the fund; assessments pay late or in part.
fn waterfall(wave: Wave, note: &str) -> Result<Vec<LayerDraw>, Box<dyn std::error::Error>> {
    use LayerState::{Capped, ClosedAtDeadline, Exhausted, PartlyUsed, Pending};
    let (number, _, _, from_winners, _) = wave;
    let spent = |amount: u128| if number == 1 { amount } else { 0 };
    let (state, due) =
        if number == 3 { (Pending, "due in 36 hours") } else { (ClosedAtDeadline, "") };
    let mut assessment = draw((4, "Members' assessments", "assessment"), 410_500_25, state, due)?;
    assessment.planned = cents(600_000_00)?;
    let tranche = (3, "Junior stakers, tranche A & B", "tranche");
    Ok(vec![
        draw((1, "Operator's first loss", "operator-capital"), spent(750_000_00), Exhausted, "")?,
        draw((2, "Insurance fund", "insurance-fund"), spent(4_200_000_00), Exhausted, "")?,
        draw(tranche, 900_000_00, Capped, "per-event cap")?,
        assessment,
        draw((5, "Winners of the session", "gains-haircut"), from_winners, PartlyUsed, note)?,
    ])
}

/// Ids and gains in cents; each power of ten holds about half as many as the one below.
fn book() -> Vec<(String, u128)> {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    (0..WINNERS)
        .map(|_| {
            let size = (next() % 64).leading_zeros() - 58;
            let scale = 10u128.pow(2 + (size + u32::from(next() % 3 == 0)).min(7));
            let gain = scale + u128::from(next()) % (scale * 9);
            (format!("0x{:016x}{:016x}{:08x}", next(), next(), next() as u32), gain)
        })
        .collect()
}

fn loss(
    id: &str,
    cause: &str,
    own_means: u128,
    layers: Vec<LayerDraw>,
    uncovered: u128,
) -> Result<LossSummary, Box<dyn std::error::Error>> {
    let drawn: u128 = layers.iter().map(|layer| layer.received.atoms()).sum();
    Ok(LossSummary {
        id: id.to_owned(),
        episode: 1,
        class: "default".to_owned(),
        cause: cause.to_owned(),
        amount: cents(own_means + drawn + uncovered)?,
        own_means: cents(own_means)?,
        deficit: cents(drawn + uncovered)?,
        netted: Amount::ZERO,
        layers,
        uncovered: cents(uncovered)?,
        recovered: Amount::ZERO,
        repaid_uncovered: Amount::ZERO,
        repaid_results: Amount::ZERO,
        settled_by_rank: Amount::ZERO,
        repaid_by_rank: Amount::ZERO,
    })
}

/// Divides `amount` over `gains` in proportion, largest remainders first.
fn divided(
    loss: &str,
    step: u32,
    layer: &str,
    gains: &[(String, u128)],
    amount: u128,
) -> Result<(Vec<ShareRow>, String), Box<dyn std::error::Error>> {
    let all: u128 = gains.iter().map(|gain| gain.1).sum();
    let mut order: Vec<usize> = (0..gains.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(amount * gains[*index].1 % all));
    let floors: u128 = gains.iter().map(|gain| amount * gain.1 / all).sum();
    let units = usize::try_from(amount - floors)?;
    let (loss, layer, rule) = (Arc::from(loss), Arc::from(layer), Arc::from("proportional"));
    let mut rows = Vec::with_capacity(gains.len());
    for (id, gain) in gains {
        rows.push(ShareRow {
            loss_id: Arc::clone(&loss),
            episode: 1,
            step,
            layer: Arc::clone(&layer),
            account: id.clone(),
            rule: Arc::clone(&rule),
            weight: cents(*gain)?,
            cap: cents(gain * 3 / 10)?,
            share: cents(amount * gain / all)?,
            exact_num: (amount * gain).to_string(),
            exact_den: all.to_string(),
            class: None,
            repaid: Amount::ZERO,
        });
    }
    for index in &order[..units] {
        rows[*index].share = cents(rows[*index].share.atoms() + 1)?;
    }
    let part = rhodian_report::money::percent(amount, all);
    Ok((rows, format!("{part} of each gain, {} accounts", count(gains.len()))))
}
