//! What a liquidation waits for stands in the text of a run, once.

mod binary;

use binary::{done, folder};

/// Ann is long three at 60,000 against Bob; at 55,500 her 7,500 are below maintenance.
const VENUE: &str = r#"
asset = { name = "USD", decimals = 2 }
[[domain]]
name = "majors"
[[domain.step]]
layer = "Fund"
kind = "insurance-fund"
capacity = "3000.00"
[[market]]
name = "BTC"
tick = "0.01"
lot = "1"
mark = "60000.00"
max_position = "100"
max_open = "100"
tiers = [{ above = "0", initial = "10 %", maintenance = "5 %" }]
[liquidation]
fund = "Fund"
ROUTES
[[account]]
id = "ann"
deposit = "21000.00"
[[account]]
id = "bob"
deposit = "40000.00"
[[account]]
id = "pool"
deposit = "CASH"
[[event]]
at = "1 min"
do = "fill"
market = "BTC"
buyer = "ann"
seller = "bob"
size = "3"
price = "60000.00"
[[event]]
at = "2 min"
do = "mark"
market = "BTC"
price = "55500.00"
[[event]]
at = "3 min"
do = "mark"
market = "BTC"
price = "55500.00"
"#;

/// Each row: the routes and the breaker, the cash of the backstop, and what is told; nothing where
/// nothing waits.
#[test]
fn what_a_liquidation_waits_for_is_told_once() {
    let backstop = |more: &str| {
        format!("route = [{{ route = \"backstop\", account = \"pool\", base = \"1 %\"{more} }}]")
    };
    let deleverage = "route = [{ route = \"deleverage\" }]";
    let limit = "limit = [{ value = \"50000.00\", window = \"1 h\" }]";
    let room = "the breaker: of 100 % of its limits 50,000.00 is left now, less than a lot";
    let cases = [
        (format!("{limit}\n{deleverage}"), "1.00", Some(room)),
        (format!("{limit}\n{}", backstop("")), "90000.00", Some(room)),
        (
            backstop(", most = \"100.00\""),
            "90000.00",
            Some("the backstop: it may take 100.00 more, less than a lot"),
        ),
        (backstop(""), "1.00", Some("the backstop: it has no margin for a lot, or the")),
        (backstop(""), "90000.00", None),
        (deleverage.to_owned(), "1.00", None),
        ("route = [{ route = \"market\" }]".to_owned(), "1.00", None),
    ];
    for (routes, cash, told) in cases {
        let at = folder();
        let text = VENUE.replace("ROUTES", &routes).replace("CASH", cash);
        std::fs::write(at.path().join("v.toml"), text).unwrap();
        let ran = done(at.path(), &["run", "v.toml"]).stdout;
        assert!(ran.contains("ann is liquidated"), "{routes}: {ran}");
        let lines = ran.matches("ann waits for ").count();
        assert_eq!(lines, usize::from(told.is_some()), "{routes}: {ran}");
        if let Some(told) = told {
            assert!(ran.contains(&format!("ann waits for {told}")), "{told}: {ran}");
        }
    }
}
