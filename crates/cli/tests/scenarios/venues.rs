//! What the venue files among the scenarios are there for, to the cent.

use std::fs;

use serde_json::Value;

use super::binary::{done, folder, json, rows, scenarios};

/// The crisis does what it is there for.
#[test]
fn the_crisis_reaches_every_route_and_kind() {
    let golden = json(&scenarios().join("golden/crisis.json"));
    let kinds = golden["run"]["layer_kinds"].as_object().unwrap();
    let reached: Vec<&str> = kinds.keys().map(String::as_str).collect();
    let expected = [
        "assessment",
        "default-fund",
        "deposits",
        "gains-haircut",
        "insurance-fund",
        "issuance",
        "lender-supply",
        "operator-capital",
        "provider-principal",
        "provider-profit",
        "tranche",
        "treasury",
    ];
    assert_eq!(reached, expected);
    let counts = &golden["run"]["counts"];
    for what in [
        "liquidations",
        "changes of route",
        "fills of close-out books",
        "sales by auction",
        "sales to a backstop",
        "auto-deleveragings",
        "auto-deleveragings of accounts",
        "penalties",
        "takeovers",
        "uncovered losses",
        "recoveries",
    ] {
        assert!(counts[what].as_u64().unwrap_or(0) > 0, "{what}: {counts}");
    }
    let losses = golden["losses"].as_array().unwrap();
    assert_eq!(losses.len(), 2);
    assert!(losses.iter().all(|loss| loss["episode"] == 1), "one episode");
    assert!(losses[0]["own_means"] != "0", "the hedge of the failed owner pays first");
}

/// A token below its peg is the cause; what of it was sold late repays the last step first.
#[test]
fn a_depeg_is_borne_and_repaid_to_the_cent() {
    let golden = json(&scenarios().join("golden/depeg.json"));
    let loss = &golden["losses"][0];
    // Ann lost 2,000 on her leg and 580 on its closing, less the 500 she had; half of her tokens
    // bring 460, the fund has 1,000, Bob's gain bears 620. The other half bring 1,500.
    for (key, value) in [
        ("cause", "USDX below its peg"),
        ("amount", "208000"),
        ("own_means", "46000"),
        ("deficit", "162000"),
        ("uncovered", "0"),
        ("recovered", "150000"),
    ] {
        assert_eq!(loss[key], value, "{key}");
    }
    assert_eq!(loss["layers"][0]["received"], "100000");
    assert_eq!(loss["layers"][1]["received"], "62000");
}

/// Said by three sources it is the same loss to the cent, and the wrong print before it is none.
#[test]
fn a_depeg_that_a_feed_sees_is_the_same_loss() {
    let [by_hand, by_feed] =
        ["depeg", "depeg-feed"].map(|name| json(&scenarios().join(format!("golden/{name}.json"))));
    for key in ["cause", "amount", "own_means", "deficit", "uncovered", "recovered"] {
        assert_eq!(by_hand["losses"][0][key], by_feed["losses"][0][key], "{key}");
    }
    let feed = &by_feed["run"]["feeds"][0];
    assert_eq!((&feed["feed"], &feed["collateral"]), (&"USDX index".into(), &"USDX".into()));
    assert!(feed["sources"][2]["left_out"]["outlier"].as_u64() > Some(0), "west printed: {feed}");
    assert!(feed["qualities"]["mark"].as_u64().unwrap() > 0, "they lay apart: {feed}");
    assert!(feed["marks_withheld"].as_u64().unwrap() > 0, "{feed}");
    assert_eq!(by_feed["run"]["collaterals"][0]["lowest"], "0.100");
}

/// One venue at 6.02, one at 17.00, one at 20.88: no two agree, and nobody is liquidated.
#[test]
fn a_wrong_print_liquidates_nobody() {
    let golden = json(&scenarios().join("golden/wrong-print.json"));
    let run = &golden["run"];
    assert_eq!(golden["losses"].as_array().unwrap().len(), 0);
    let feed = &run["feeds"][0];
    assert!(feed["marks_withheld"].as_u64().unwrap() > 0, "{feed}");
    assert!(feed["qualities"]["indicative"].as_u64().unwrap() > 0, "{feed}");
    assert!(feed["sources"][0]["left_out"]["outlier"].as_u64().unwrap() > 0, "{feed}");
    // The lowest mark is that of the true fall at the end, not that of any print.
    assert_eq!(run["markets"][0]["lowest"], "19.27");
    assert_eq!(run["counts"]["liquidations"], 1, "the true fall does liquidate");
}

/// The layers of the first loss of a golden summary: what each paid.
fn paid(golden: &Value) -> Vec<&str> {
    let layers = golden["losses"][0]["layers"].as_array().unwrap();
    layers.iter().map(|of| of["received"].as_str().unwrap()).collect()
}

/// Nasdaq 2018 with its members: 116 are lost, of which the member's own are 2, junior capital pays
/// 7 and the others 107; what comes back repays the others.
#[test]
fn a_clearing_fund_of_166_pays_107() {
    let golden = json(&scenarios().join("golden/nasdaq-clearing.json"));
    let loss = &golden["losses"][0];
    for (key, value) in [
        ("amount", "116000000"),
        ("own_means", "2000000"),
        ("deficit", "114000000"),
        ("uncovered", "0"),
        ("recovered", "30000000"),
    ] {
        assert_eq!(loss[key], value, "{key}");
    }
    assert_eq!(paid(&golden), ["7000000", "107000000", "0"]);
    assert_eq!(loss["layers"][1]["repaid"], "30000000");
    let counts = &golden["run"]["counts"];
    assert_eq!(counts["auctions among members"], 1);
    assert_eq!(golden["run"]["refusals"]["contribution-due"]["expected"], 1);
}

/// The sizes that were published, one for each quarter, and what each member was called for then.
#[test]
fn the_fund_grows_as_it_was_published() {
    let out = folder();
    let file = scenarios().join("nasdaq-clearing.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let events = fs::read_to_string(out.path().join("result/events.ndjson")).unwrap();
    let sized = events.lines().filter(|line| line.contains("\"event\":\"sized\""));
    let size = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        let text = event.to_string();
        let (_, rest) = text.split_once("\"size\":\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let sizes: Vec<String> = sized.map(size).take(3).collect();
    assert_eq!(sizes, ["74000000", "133000000", "166000000"]);
}

/// 5.2 million less the 400,000 that the surplus may pay: tokens fill it, at 30,000 and at 20,000 a
/// lot, and of what comes back fifty lots buy 2,000 tokens.
#[test]
fn tokens_fill_a_hole_and_are_bought_back() {
    let golden = json(&scenarios().join("golden/debt-auction.json"));
    assert_eq!(paid(&golden), ["40000000", "480000000"]);
    assert_eq!(golden["losses"][0]["uncovered"], "0");
    for code in ["price-above-most", "no-auction"] {
        assert_eq!(golden["run"]["refusals"][code]["expected"], 1, "{code}");
    }
    let out = folder();
    let file = scenarios().join("debt-auction.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let events = fs::read_to_string(out.path().join("result/events.ndjson")).unwrap();
    let of = |kind: &str| {
        let kind = format!("\"event\":\"{kind}\"");
        let lines = events.lines().filter(|line| line.contains(&kind));
        let part = |line: &str, key: &str| {
            let (_, rest) = line.split_once(&format!("\"{key}\":\"")).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        lines.map(|line| (part(line, "paid"), part(line, "tokens"))).collect::<Vec<_>>()
    };
    let pairs = |rows: &[(&str, &str)]| {
        rows.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(of("sold"), pairs(&[("120000000", "4000"), ("360000000", "18000")]));
    assert_eq!(of("bought-back"), pairs(&[("50000000", "2000")]));
}

/// A first loss of 60,000 is full, and pay for 73 days ahead is 22,500: the fund gets what is left of
/// the first 30,000. Three days later the house has its fifth, and Sam two thirds of 72 days, since the
/// pot was empty for one.
#[test]
fn fees_reach_the_house_last() {
    let golden = json(&scenarios().join("golden/fee-switch.json"));
    for code in ["first-loss-short", "above-surplus"] {
        assert_eq!(golden["run"]["refusals"][code]["expected"], 1, "{code}");
    }
    let out = folder();
    let file = scenarios().join("fee-switch.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let events = fs::read_to_string(out.path().join("result/events.ndjson")).unwrap();
    let of = |kind: &str| {
        let kind = format!("\"event\":\"{kind}\"");
        let lines = events.lines().filter(move |line| line.contains(&kind));
        lines.map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let divided = of("fees-divided");
    let rows = |place: usize| {
        let fact = divided[place].to_string();
        let (_, rows) = fact.split_once("\"rows\":[").unwrap();
        rows.split(']').next().unwrap().to_owned()
    };
    let row = |amount: &str, to: &str, layer: u32| {
        format!("{{\"amount\":\"{amount}\",\"to\":{{\"{to}\":{layer}}}}}")
    };
    assert_eq!(rows(0), [row("2250000", "pay", 2), row("750000", "fund", 1)].join(","));
    assert!(rows(1).contains("\"house\":3"), "{}", rows(1));
    let last = rows(divided.len() - 1);
    assert_eq!(last, row("400000", "first-loss", 0), "after the loss");
    let taken = of("reward-taken")[0].to_string();
    assert!(taken.contains("\"amount\":\"1479452\""), "two thirds of 22,191.78: {taken}");
}

/// BTC: 25.00 each eight hours over 400 lots, by whole cents, and in four charges all of it. MEME: 60.00,
/// of which 40.00 are charged while lots are few, and again when they are worth less.
#[test]
fn who_holds_lots_pays_for_what_they_may_lose() {
    let out = folder();
    let file = scenarios().join("market-premium.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let events = fs::read_to_string(out.path().join("result/events.ndjson")).unwrap();
    let of = |kind: &str| {
        let kind = format!("\"event\":\"{kind}\"");
        let lines = events.lines().filter(move |line| line.contains(&kind));
        lines.map(|line| line.replace(' ', "")).collect::<Vec<_>>()
    };
    let number = |line: &str, key: &str| {
        let (_, rest) = line.split_once(&format!("\"{key}\":")).unwrap();
        let digits = rest.trim_start_matches('"').split(|c: char| !c.is_ascii_digit());
        digits.into_iter().next().unwrap().parse::<u64>().unwrap()
    };
    let charged = of("premium-charged");
    let sums = |market: u64| {
        let of_market = charged.iter().filter(|line| number(line, "market") == market);
        let rows: Vec<[u64; 3]> = of_market
            .map(|line| ["per_lot", "charged", "forgone"].map(|key| number(line, key)))
            .collect();
        let lots: Vec<u64> = rows.iter().map(|[lot, ..]| *lot).collect();
        (lots, rows.iter().map(|row| row[1]).sum::<u64>(), rows.iter().map(|row| row[2]).sum())
    };
    assert_eq!(sums(0), (vec![6, 6, 6, 7, 6, 6, 6, 7, 6, 6, 6, 7], 30_000, 0u64));
    assert_eq!(sums(1), (vec![4, 4, 4, 3, 3, 3, 2, 2, 2, 2, 2, 2], 54_000, 18_000u64));
    // A tenth of two days; then the expected loss is out of date.
    let house: Vec<bool> = of("fees-divided").iter().map(|line| line.contains("house")).collect();
    assert_eq!(house, [true, true, false, false]);
}

/// KRX 2013: 58.4 less the member's own 1.4 are borne by the survivors, who pay before the house,
/// and by him among them who had given notice.
#[test]
fn who_gave_notice_bears_hanmag_too() {
    let golden = json(&scenarios().join("golden/krx-clearing.json"));
    let loss = &golden["losses"][0];
    for (key, value) in
        [("amount", "58400000000"), ("own_means", "1400000000"), ("deficit", "57000000000")]
    {
        assert_eq!(loss[key], value, "{key}");
    }
    assert_eq!(paid(&golden), ["57000000000", "0", "0"]);
    for code in ["backs-clearing", "below-initial-margin"] {
        assert_eq!(golden["run"]["refusals"][code]["expected"], 1, "{code}");
    }
}

/// A bridge is drained: who voted, who paid, who was paid, and what came back.
#[test]
fn a_drained_bridge_is_paid_to_the_cent() {
    let golden = json(&scenarios().join("golden/bridge.json"));
    let losses = golden["losses"].as_array().unwrap();
    let drained = &losses[0];
    // Carol's whole cover, and nine tenths of what Dan lost.
    for (key, value) in [
        ("amount", "10800000"),
        ("deficit", "10800000"),
        ("own_means", "0"),
        ("uncovered", "0"),
        ("recovered", "7000000"),
    ] {
        assert_eq!(drained[key], value, "{key}");
    }
    let layers = drained["layers"].as_array().unwrap();
    let received: Vec<&str> = layers.iter().map(|of| of["received"].as_str().unwrap()).collect();
    // Two fifths of the premia of 60 days stood in the fund by then.
    assert_eq!(received, ["500000", "1108638", "9191362"]);
    assert_eq!(layers[2]["repaid"], "7000000", "the last step is repaid first");
    let cause = losses[1]["cause"].as_str().unwrap();
    assert!(cause.ends_with("(dismissed: no loss)"), "the other was voted down: {cause}");
    let counts = &golden["run"]["counts"];
    assert_eq!((&counts["claims paid"], &counts["votes"]), (&2.into(), &3.into()));
}

/// Who gave notice first is paid when the theft is settled, who challenged a false one with the bond
/// of who gave notice of it.
#[test]
fn who_watches_is_paid_to_the_cent() {
    let golden = json(&scenarios().join("golden/watch.json"));
    let losses = golden["losses"].as_array().unwrap();
    assert_eq!((&losses[0]["deficit"], &losses[0]["uncovered"]), (&"5000000".into(), &"0".into()));
    for (loss, why) in [(1, "dismissed"), (2, "dismissed")] {
        let cause = losses[loss]["cause"].as_str().unwrap();
        assert!(cause.contains(why), "{cause}");
    }
    let counts = &golden["run"]["counts"];
    let of = ["notices", "challenges", "bounties paid"].map(|what| counts[what].clone());
    assert_eq!(of, [2u64, 1, 2].map(Value::from));
    let out = folder();
    let file = scenarios().join("watch.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let found = rows(&out.path().join("result/accounts.csv"));
    let cash: Vec<(&str, &str)> =
        found.iter().map(|row| (row["account"].as_str(), row["equity"].as_str())).collect();
    // A tenth is 5,000: the most is 4,000. Half of Mallory's bond is Walter's.
    assert_eq!(cash, [("wendy", "5000.00"), ("walter", "1050.00"), ("mallory", "900.00")]);
}

/// A vault's holders bear what the fund leaves of a loss: what each gained, then by their shares.
#[test]
fn holders_of_a_vault_pay_to_the_cent() {
    let golden = json(&scenarios().join("golden/vault.json"));
    let failed = &golden["losses"][0];
    for (key, value) in [("deficit", "1500000"), ("uncovered", "0"), ("recovered", "300000")] {
        assert_eq!(failed[key], value, "{key}");
    }
    let layers = failed["layers"].as_array().unwrap();
    let received: Vec<&str> = layers.iter().map(|of| of["received"].as_str().unwrap()).collect();
    assert_eq!(received, ["200000", "1000000", "300000"]);
    assert_eq!(layers[2]["repaid"], "300000", "the last step is repaid first");
    let out = folder();
    let file = scenarios().join("vault.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let found = rows(&out.path().join("result/vaults.csv"));
    let of =
        |column: &str| -> Vec<String> { found.iter().map(|row| row[column].clone()).collect() };
    assert_eq!(of("account"), ["ann", "bob", "cid"]);
    // 6,000 of profit and 66 of 121 parts of 3,000; Cid gained nothing, and pays by his shares.
    assert_eq!(of("paid_for_losses"), ["7636.36", "5090.91", "272.73"]);
    assert_eq!(of("came_back"), ["61581.19", "22000.00", "0.00"]);
    assert_eq!(of("fees"), ["175.68", "0.00", "0.00"], "a tenth of 1,756.87 that Ann gained");
    assert_eq!(of("would_fetch"), ["0.00", "17892.17", "11350.95"]);
    // Whoever changes a row is told where.
    let path = out.path().join("result/vaults.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(",272.73,", ",272.74,")).unwrap();
    let told = super::binary::rhodian_in(out.path(), &["check", "result"]);
    assert!(told.status == 2 && told.stderr.contains("vaults.csv:4"), "{}", told.stderr);
}

/// Who stays in a vault pays of what is new, once, and Ann nothing more where she leaves.
#[test]
fn a_fee_each_week_is_of_what_is_new() {
    let golden = json(&scenarios().join("golden/vault-fees.json"));
    let counts = &golden["run"]["counts"];
    let of = |what: &str| counts[what].as_u64().unwrap();
    assert_eq!((of("fees of holders who stay"), of("fees of vaults put off")), (2, 3));
    let out = folder();
    let file = scenarios().join("vault-fees.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let found = rows(&out.path().join("result/vaults.csv"));
    let of =
        |column: &str| -> Vec<String> { found.iter().map(|row| row[column].clone()).collect() };
    assert_eq!(of("account"), ["ann", "bob", "cid"]);
    // A fifth of 6,000 and 3,000; of 4,000 and 1,999.99, of which 4 cents stay above his mark.
    assert_eq!(of("fees"), ["1800.00", "1199.99", "0.00"]);
    assert_eq!(of("came_back"), ["67200.00", "0.00", "0.00"]);
    assert_eq!(of("high_water"), ["0.00", "44799.96", "11300.00"]);
    assert_eq!(of("entry_cost"), ["0.00", "40000.00", "11300.00"]);
}

/// A fund pays what a pool lost against holding: to the cent, and what it holds by caps.
#[test]
fn impermanent_losses_are_paid_to_the_cent() {
    let golden = json(&scenarios().join("golden/impermanent-loss.json"));
    let counts = &golden["run"]["counts"];
    let of = |what: &str| counts[what].as_u64().unwrap();
    assert_eq!((of("positions protected"), of("impermanent losses paid")), (5, 4));
    let out = folder();
    let file = scenarios().join("impermanent-loss.toml");
    done(out.path(), &["run", file.to_str().unwrap(), "--out", "result", "--quiet"]);
    let found = rows(&out.path().join("result/accounts.csv"));
    let left = |account: &str| {
        let row = found.iter().find(|row| row["account"] == account).unwrap();
        row["equity"].clone()
    };
    // 1,000.00 each, less a premium. Ann: 40,000.00 x (3 - 2 sqrt(2)) / 2 = 3,431.457...; Bob
    // within the cliff; Mallory by the slow price; Fay and Cid a third and two of what is left.
    let accounts = ["ann", "bob", "mallory", "fay", "cid"].map(left);
    assert_eq!(accounts, ["4031.45", "900.00", "822.76", "2415.26", "3830.53"]);
    let fund = &golden["losses"][0]["layers"][0];
    assert_eq!(fund["received"], "1300000", "the loss is paid first");
}
