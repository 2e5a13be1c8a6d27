//! The venue that meets each crisis: two domains whose waterfalls hold every kind of layer, every
//! route of a liquidation, and a corner in which commands are refused.

/// A crash file, and what is asked beside the crowd in its run.
pub struct Crisis {
    pub candles: &'static str,
    pub title: &'static str,
    /// A domain of its own with markets, accounts and events.
    pub corner: &'static str,
}

pub const CRISES: [Crisis; 6] = [
    Crisis {
        candles: "covid_2020_03_2h",
        title: "The pandemic, March 2020",
        corner: include_str!("trades.toml"),
    },
    Crisis {
        candles: "may_2021_2h",
        title: "The sell-off of 19 May 2021",
        corner: include_str!("prices.toml"),
    },
    Crisis {
        candles: "luna_2022_05_1h",
        title: "The end of Luna, May 2022",
        corner: include_str!("collateral.toml"),
    },
    Crisis {
        candles: "ftx_2022_11_1h",
        title: "The end of FTX, November 2022",
        corner: include_str!("stakes.toml"),
    },
    Crisis {
        candles: "aug_2024_30m",
        title: "The unwinding of 5 August 2024",
        corner: include_str!("statuses.toml"),
    },
    Crisis {
        candles: "oct_2025_15m",
        title: "The cascade of 10 October 2025",
        corner: include_str!("giants.toml"),
    },
];

/// The domains of the crowd; the corner is none of them.
pub const DOMAINS: [&str; 2] = ["majors", "others"];

/// The routes, in order.
pub const ROUTES: [&str; 4] = ["market", "auction", "backstop", "deleverage"];

/// The house, then those who clear, then whoever bought the new tokens, then who won. What is
/// called is paid; every amount is small beside a crisis, so that it reaches the end.
const MAJORS: &str = r#"
[[domain]]
name = "majors"
[domain.terms]
close_out_budget = "20000"
close_out_time = "1 h"
[[domain.step]]
layer = "Fund of majors"
kind = "insurance-fund"
capacity = "20000"
per_episode = "4000"
[[domain.step]]
layer = "Operator of majors"
kind = "operator-capital"
capacity = "2000"
[[domain.step]]
layer = "Stakers of majors"
kind = "tranche"
stakes = [{ account = "sam", amount = "3000" }, { account = "tia", amount = "1000" }]
[[domain.step]]
layer = "Members of majors"
kind = "default-fund"
stakes = [{ account = "mia", amount = "2000" }, { account = "max", amount = "3000" }]
[[domain.step]]
layer = "Calls of majors"
kind = "assessment"
claims = [{ id = "mia", weight = "2000" }, { id = "max", weight = "3000" }]
cap = "100 % of weight"
deadline = "1 h"
paid = "in-full"
[[domain.step]]
layer = "Treasury of majors"
kind = "treasury"
capacity = "3000"
[[domain.step]]
layer = "New tokens of majors"
kind = "issuance"
per_event = "1000"
per_episode = "4000"
deadline = "2 h"
paid = "in-full"
[[domain.step]]
layer = "Winners of majors"
kind = "gains-haircut"
cap = "30 % of weight"
"#;

/// The house, then providers, lenders and depositors whose claims are reported, then who won.
const OTHERS: &str = r#"
[[domain]]
name = "others"
[domain.terms]
close_out_budget = "20000"
close_out_time = "1 h"
[[domain.step]]
layer = "Fund of others"
kind = "insurance-fund"
capacity = "5000"
[[domain.step]]
layer = "Operator of others"
kind = "operator-capital"
capacity = "1000"
[[domain.step]]
layer = "Profit of others"
kind = "provider-profit"
claims = [{ id = "pia", weight = "1000" }, { id = "pol", weight = "2000" }]
[[domain.step]]
layer = "Principal of others"
kind = "provider-principal"
claims = [{ id = "pia", weight = "2000" }, { id = "pol", weight = "4000" }]
[[domain.step]]
layer = "Lenders of others"
kind = "lender-supply"
claims = [{ id = "lea", weight = "3000" }]
[[domain.step]]
layer = "Depositors of others"
kind = "deposits"
claims = [{ id = "dora", weight = "4000" }, { id = "emil", weight = "2000" }]
cap = "50 % of weight"
[[domain.step]]
layer = "Winners of others"
kind = "gains-haircut"
cap = "30 % of weight"
"#;

const LIQUIDATION: &str = r#"
[liquidation]
fund = "Fund of majors"
route = [
    { route = "market", time = "10 min" },
    { route = "auction", time = "20 min" },
    { route = "backstop", account = "backstop", most = "1000000" },
    { route = "deleverage" },
]
"#;

/// Whom the layers and the routes name, and who bids, with what each pays in.
const NAMED: [(&str, &str); 9] = [
    ("backstop", "2000000"),
    ("bidder", "5000000"),
    ("mia", "200000"),
    ("max", "200000"),
    ("pia", "100000"),
    ("pol", "100000"),
    ("lea", "100000"),
    ("dora", "100000"),
    ("emil", "100000"),
];

/// The venue file of a crisis; what bidders do is in a file beside it, where there is one.
pub fn text(crisis: &Crisis, accounts: &str, bids: Option<&str>) -> String {
    let Crisis { candles, title, corner } = crisis;
    let events = bids.map_or_else(String::new, |name| format!("events = \"{name}\"\n"));
    let account = |(id, deposit): &(&str, &str)| {
        format!("[[account]]\nid = \"{id}\"\ndeposit = \"{deposit}\"\n")
    };
    let named: String = NAMED.iter().map(account).collect();
    // The most popular markets live in the first domain and all others in the last, so that the
    // corner stands between them.
    format!(
        "title = \"{title}\"\nasset = {{ name = \"USD\", decimals = 6 }}\nperiod = \"1 h\"\n\
         population = {{ accounts = {accounts}, seed = 7, candles = \"{candles}.csv\", \
         depth = \"20000\" }}\n{events}{MAJORS}{corner}{OTHERS}{LIQUIDATION}{named}"
    )
}
