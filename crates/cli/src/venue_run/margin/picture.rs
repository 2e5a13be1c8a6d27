//! An account's margin for the eye.

use rhodian_report::money::{Money, percent_of_millionths};
use rhodian_report::run::clock;
use rhodian_report::safe::{columns, left, printable, right};

use super::table::{greeks, name_of};
use super::{Ahead, LegMargin, Margin, Place, Scenario};

/// Signed atoms with every decimal, no separators.
#[must_use]
pub fn signed_plain(money: Money, atoms: i128) -> String {
    let sign = if atoms < 0 { "-" } else { "" };
    format!("{sign}{}", money.plain(atoms.unsigned_abs()))
}

/// Signed atoms with separators.
fn signed(money: Money, atoms: i128) -> String {
    let sign = if atoms < 0 { "-" } else { "" };
    format!("{sign}{}", money.full(atoms.unsigned_abs()))
}

/// The margin for the eye.
#[must_use]
pub fn picture(margin: &Margin) -> String {
    let money = Money::new(margin.decimals);
    let (asset, account) = (printable(&margin.asset), printable(&margin.account));
    let mut out = format!(
        "{account} at {}   {}, owner {}   equity {} {asset}\n",
        clock(margin.at),
        margin.kind,
        printable(&margin.owner),
        signed(money, margin.equity),
    );
    if margin.in_liquidation {
        out.push_str("It is being liquidated.\n");
    }
    out.push('\n');
    if margin.legs.is_empty() {
        out.push_str("It holds no legs.\n\n");
    } else {
        out.push_str(&legs(margin, money));
        out.push('\n');
    }
    let rows = [
        ("balance", signed(money, margin.balance), "what is left of what was paid in and traded"),
        ("collateral", money.full(margin.collateral), "what other assets count for, to keep"),
        ("equity", signed(money, margin.equity), "balance, legs at the marks, and collateral"),
        ("lien", money.full(margin.lien), "held for its share of open losses"),
        ("maintenance", money.full(margin.maintenance), "to keep the legs"),
        ("above it", signed(money, margin.above_maintenance), "equity less lien, less maintenance"),
        ("initial", money.full(margin.initial), "to open the legs"),
        ("unrealised", money.full(margin.unrealised), "profit of open legs: not free"),
        ("unmatured", money.full(margin.unmatured), "profit of the session: not free yet"),
        (
            "free",
            money.full(margin.free),
            "equity less initial, unrealised, unmatured and lien, at least zero",
        ),
    ];
    let shown = |what: &str| what != "collateral" || !margin.holdings.is_empty();
    let rows: Vec<(&str, String, &str)> =
        rows.into_iter().filter(|(what, _, _)| shown(what)).collect();
    let name = rows.iter().map(|row| columns(row.0)).max().unwrap_or(0);
    let figure = rows.iter().map(|row| columns(&row.1)).max().unwrap_or(0);
    for (what, amount, why) in &rows {
        out.push_str(&format!("{}  {}  {why}\n", left(what, name), right(amount, figure)));
    }
    let at = |leg: &LegMargin| {
        Some(format!("{} at {}", printable(&leg.market), leg.volatility.as_ref()?))
    };
    let valued: Vec<String> = margin.legs.iter().filter_map(at).collect();
    if !valued.is_empty() {
        out.push_str(&format!("Volatility: {}.\n", valued.join(", ")));
    }
    for of in &margin.charges {
        let money = |atoms| money.full(atoms);
        let (name, least) = (printable(&of.underlying), of.grid_loss.max(of.short_minimum));
        out.push_str(&format!(
            "Initial on {name}: {} for the worst move or short options, {} for hedges between \
             dates, {} for size (not to keep).\n",
            money(least),
            money(of.basis),
            money(of.concentration)
        ));
    }
    for of in &margin.holdings {
        let mark =
            of.mark.as_ref().map_or_else(|| "no mark".to_owned(), |mark| format!("at {mark}"));
        let counts = if of.accepted { "collateral" } else { "not collateral" };
        let (asset, amount) = (printable(&of.asset), &of.amount);
        out.push_str(&format!("It holds {amount} {asset} {mark}: {counts}.\n"));
    }
    out.push_str(&ahead(margin, money));
    out
}

/// What is asked before anything happens.
fn ahead(margin: &Margin, money: Money) -> String {
    let of = &margin.ahead;
    let mut out = String::new();
    // Of several linear legs, moved alike they say enough; each alone stands in the other formats.
    let several = of.scenarios.len() > 1;
    let shown = |one: &&Scenario| !several || one.underlying.is_none() || by_volatility(one);
    for scenario in of.scenarios.iter().filter(shown) {
        out.push('\n');
        out.push_str(&moves(scenario, money));
    }
    for market in &of.unknown {
        let market = printable(market);
        out.push_str(&format!(
            "\nOptions on {market} cannot be valued now: their whole value is required.\n"
        ));
    }
    out.push_str(&distance(of, margin.legs.len()));
    out.push_str(&could_lose(of, money));
    for (place, found) in of.deleveraging.iter().enumerate() {
        if place == 0 {
            out.push_str("\nIf accounts on its side are deleveraged\n");
        }
        out.push_str(&queue(found));
    }
    out
}

/// Whether profit moves with volatility: options are held.
fn by_volatility(of: &Scenario) -> bool {
    of.cells.iter().any(|cell| {
        of.cells.iter().any(|other| other.spot == cell.spot && other.profit != cell.profit)
    })
}

/// The table of one scenario, the worst cell marked, with its sensitivities.
fn moves(of: &Scenario, money: Money) -> String {
    let what = match &of.underlying {
        Some(market) => format!("If {} moves", printable(market)),
        None => "If all prices move alike".to_owned(),
    };
    let mut out = format!("{what}: profit or loss, and the worst (*)\n");
    let ways = ["down", "same", "up"];
    // Without options nothing moves with volatility: one column says it all.
    let apart = by_volatility(of);
    let shown = if apart { &ways[..] } else { &ways[1..2] };
    let head = shown.iter().map(|way| match (apart, *way) {
        (false, _) => "profit".to_owned(),
        (true, way) => format!("volatility {way}"),
    });
    let head: Vec<String> = std::iter::once("price".to_owned())
        .chain(head)
        .chain(["equity after".to_owned()])
        .collect();
    let worst = of.cells.get(of.worst);
    let mut rows = vec![head];
    for cell in of.cells.iter().filter(|cell| cell.volatility == "same") {
        let at = |way: &&&str| {
            of.cells.iter().find(|other| other.spot == cell.spot && other.volatility == **way)
        };
        let figure = |found: &super::ahead::Cell| {
            let same = worst.is_some_and(|worst| {
                let moved = worst.volatility == found.volatility || !apart;
                worst.spot == found.spot && moved && worst.profit < 0
            });
            format!("{}{}", signed(money, found.profit), if same { " *" } else { "  " })
        };
        let figures = shown.iter().filter_map(|way| at(&way)).map(figure);
        let least = shown.iter().filter_map(|way| at(&way)).map(|found| found.equity).min();
        let after = signed(money, least.unwrap_or(cell.equity));
        let spot = percent_of_millionths(cell.spot.into());
        rows.push(std::iter::once(spot).chain(figures).chain([after]).collect());
    }
    out.push_str(&grid(&rows));
    out.push_str(&sensitivities(of, money, apart));
    out
}

/// Delta alone for a linear portfolio; all of them, and the acceleration, where options are held.
fn sensitivities(of: &Scenario, money: Money, options: bool) -> String {
    let scaled = |what: &str, atoms: i128| match what {
        "delta" => ("for 1 % of the price", atoms.div_euclid(100)),
        "gamma" => ("of delta for 1 %, for 1 % more", atoms.div_euclid(10_000)),
        "vega" => ("for a point of volatility", atoms.div_euclid(100)),
        "vanna" => ("of delta for 1 %, for a point of volatility", atoms.div_euclid(10_000)),
        _ => ("for a day", atoms.div_euclid(365)),
    };
    let all = greeks(of);
    let shown = if options { &all[..] } else { &all[..1] };
    let rows = shown.iter().map(|(what, atoms)| {
        let (of, scaled) = scaled(what, *atoms);
        (*what, signed(money, scaled), of)
    });
    let rows: Vec<(&str, String, &str)> = rows.collect();
    let width = rows.iter().map(|row| columns(&row.1)).max().unwrap_or(0);
    let mut out = String::new();
    for (what, figure, of) in rows {
        out.push_str(&format!("{}  {}  {of}\n", left(what, 5), right(&figure, width)));
    }
    if options {
        let loss = money.full(of.loss);
        let alone = match of.delta_loss {
            ..0 => format!("it would gain {}", money.full(of.delta_loss.unsigned_abs())),
            lost => format!("it would lose {}", signed(money, lost)),
        };
        let times = match of.acceleration {
            Some(times) => {
                let (whole, part) = (times / 1_000_000, times % 1_000_000 / 10_000);
                format!("; that is {whole}.{part:02} times as much")
            }
            None => String::new(),
        };
        let name = printable(name_of(of));
        out.push_str(&format!(
            "Loss acceleration on {name}: at the worst move it loses {loss}; by delta alone \
             {alone}{times}.\n"
        ));
    }
    out
}

fn distance(of: &Ahead, legs: usize) -> String {
    let part = |millionths: Option<u128>| {
        let found = millionths.and_then(|part| i64::try_from(part).ok());
        let found = found.map(|part| percent_of_millionths(part).replace('+', ""));
        found.map_or_else(|| "by no move".to_owned(), |part| format!("by {part}"))
    };
    let Some(way) = of.zero_way else { return String::new() };
    let together = part(of.zero_if_together);
    if legs == 1 {
        return format!("\nEquity is zero if the price moves {way} {together}.\n");
    }
    let each = part(of.zero_if_each_against);
    format!(
        "\nEquity is zero if every price moves against it {each}, or all of them {way} {together}.\n"
    )
}

fn could_lose(of: &Ahead, money: Money) -> String {
    let liable = of.could_lose.iter().filter(|risk| risk.most > 0 || risk.paid > 0);
    let mut rows = vec![["step", "layer", "by", "at most", "paid"].map(str::to_owned).to_vec()];
    for risk in liable {
        let by = if risk.fixed { format!("{}, fixed", risk.by) } else { risk.by.to_owned() };
        rows.push(vec![
            risk.step.to_string(),
            printable(&risk.layer),
            by,
            money.full(risk.most),
            money.full(risk.paid),
        ]);
    }
    if rows.len() == 1 {
        let all = money.full(of.in_settlement);
        return format!(
            "\nNo layer could take anything of it now; a settlement by rank up to {all}.\n"
        );
    }
    let mut out = "\nWhat losses of others could still take, layer by layer\n".to_owned();
    out.push_str(&grid(&rows));
    let all = money.full(of.in_settlement);
    out.push_str(&format!("Beyond every layer, a settlement by rank could take up to {all}.\n"));
    out
}

fn queue(of: &Place) -> String {
    let market = printable(&of.market);
    let (Some(lights), Some(ahead)) = (of.lights, of.ahead) else {
        return format!("{market}: by {}, which has no places\n", of.order);
    };
    let lit = usize::from(lights).min(5);
    let lamps = format!("{}{}", "●".repeat(lit), "○".repeat(5 - lit));
    let (before, all) = (of.before.as_deref().unwrap_or("0"), of.in_all.as_deref().unwrap_or("0"));
    let who = if ahead == 1 { "1 account".to_owned() } else { format!("{ahead} accounts") };
    format!("{market}: {lamps}  {who} and {before} of {all} before it, by {}\n", of.order)
}

/// Rows under a heading: the second column of words left where it is one, figures right.
fn grid(rows: &[Vec<String>]) -> String {
    let width = |at: usize| {
        rows.iter().filter_map(|row| row.get(at)).map(|cell| columns(cell)).max().unwrap_or(0)
    };
    let words = |at: usize| {
        rows.iter()
            .skip(1)
            .filter_map(|row| row.get(at))
            .any(|cell| cell.starts_with(|c: char| c.is_alphabetic()))
    };
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(at, cell)| {
            if words(at) { left(cell, width(at)) } else { right(cell, width(at)) }
        });
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}

fn legs(margin: &Margin, money: Money) -> String {
    let head = ["leg", "size", "mark", "entry", "value", "profit", "maintenance", "initial"];
    let mut rows: Vec<Vec<String>> = vec![head.map(str::to_owned).to_vec()];
    for leg in &margin.legs {
        let amount = |atoms| money.full(atoms);
        rows.push(vec![
            format!("{} {}", leg.side, printable(&leg.market)),
            leg.size.clone(),
            leg.mark.clone(),
            leg.entry.clone().unwrap_or_default(),
            amount(leg.value),
            signed(money, leg.profit),
            leg.maintenance.map_or_else(|| "scenario".to_owned(), amount),
            leg.initial.map_or_else(|| "scenario".to_owned(), amount),
        ]);
    }
    let widths: Vec<usize> = (0..head.len())
        .map(|at| rows.iter().map(|row| columns(&row[at])).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(
            |(at, (cell, width))| {
                if at == 0 { left(cell, *width) } else { right(cell, *width) }
            },
        );
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    if let [leg] = margin.legs.as_slice() {
        let price = |price: &Option<String>, what: &str| match price {
            Some(price) => format!("{what} at {price}"),
            None => format!("no price brings {what}"),
        };
        let liquidation = price(&leg.liquidation_price, "liquidation beyond maintenance");
        let bankruptcy = price(&leg.bankruptcy_price, "bankruptcy");
        out.push_str(&format!("The last prices before it: {liquidation}, {bankruptcy}.\n"));
    }
    out
}
