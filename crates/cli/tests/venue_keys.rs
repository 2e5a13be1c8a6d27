//! The keys of venue files for feeds, collateral, steps and orders: each wrong one is refused with
//! its code and place, and nothing is written.

mod binary;

use std::fs;

use binary::{done, folder, rhodian_in};

const VENUE: &str = r#"
asset = { name = "USD", decimals = 2 }
period = "1 h"
[[domain]]
name = "majors"
[domain.terms]
deleveraging_order = "contracts"
reduce_only_after = "10 min"
settle_after = "24 h"
expiry_window = "30 min"
loan_limit = "50 %"
stake_cooldown = "10 d"
exit_queue_limit = "25 %"
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
steps = { price = "3 %", funding = "0.5 %", penalty = "1 %" }
tiers = [{ above = "0", initial = "10 %", maintenance = "5 %" }]
[[collateral]]
asset = { name = "USDX", decimals = 6 }
tick = "0.001"
mark = "1"
peg = "1.000"
weights = [{ above = "0", initial = "90 %", maintenance = "95 %" }]
wrong_way = { market = "BTC", discount = "50 %" }
own_token = false
max_counted = "5000.00"
max_held = "900000"
sale_discount = "5 %"
[[feed]]
name = "index"
market = "BTC"
attach = false
source = [{ name = "a" }, { name = "b" }]
[[feed]]
name = "price"
kind = "price"
market = "BTC"
source = [{ name = "a", weight = 2 }, { name = "b" }, { name = "c" }]
min_sources = 2
domains = ["majors"]
max_age = "30 s"
stuck_after = "never"
outlier = "5 %"
max_confidence = "2 %"
max_spread = "3 %"
step = "1 s"
step_cap = "1 %"
jump = "5 %"
stable_cap = "0.03 %"
stable_band = "25 %"
window_cell = "1 min"
window_cells = 120
reference = { feed = "index", bound = "4 %" }
needs = { mark = "mark", liquidate = "liquidation", withdraw = "settlement", open = "settlement" }
[[account]]
id = "ann"
deposit = "21000.00"
collateral = [{ asset = "USDX", amount = "50.5" }]
[[event]]
at = "1 s"
do = "report"
feed = "price"
source = "a"
value = "60000.00"
confidence = "1.00"
[[event]]
at = "2 s"
do = "mark-collateral"
asset = "USDX"
price = "0.999"
[[event]]
at = "3 s"
do = "declare-price-error"
feed = "price"
since = "1 s"
until = "2 s"
"#;

#[test]
fn the_whole_of_it_is_right() {
    let here = folder();
    fs::write(here.path().join("V.toml"), VENUE).unwrap();
    let ran = done(here.path(), &["run", "V.toml", "--strict", "--out", "r", "--quiet"]);
    assert_eq!(ran.stderr, "");
    done(here.path(), &["check", "r"]);
}

/// Each row: what is changed in the file, into what, and the code it is refused with.
#[test]
fn every_key_that_cannot_be_right_is_refused_with_its_place() {
    let cases = [
        ("\"contracts\"", "\"contract\"", "unknown-order"),
        (
            "reduce_only_after = \"10 min\"",
            "reduce_only_after = \"10\"",
            "reduce-only-after-not-a-duration",
        ),
        ("settle_after = \"24 h\"", "settle_after = \"900 d\"", "settle-after-above-bound"),
        ("expiry_window = \"30 min\"", "expiry_window = \"1 s\"", "expiry-window-below-bound"),
        ("loan_limit = \"50 %\"", "loan_limit = \"150 %\"", "loan-limit-not-a-part"),
        ("stake_cooldown = \"10 d\"", "stake_cooldown = \"91 d\"", "stake-cooldown-above-bound"),
        ("_limit = \"25 %\"", "_limit = \"101 %\"", "exit-queue-limit-not-a-part"),
        ("steps = { price = \"3 %\"", "steps = { price = \"5 %\"", "flaw"),
        ("steps = { price = \"3 %\"", "steps = { prize = \"3 %\"", "toml-unknown-key"),
        ("steps = { price = \"3 %\"", "steps = { price = \"101 %\"", "price-not-a-part"),
        ("name = \"USDX\"", "name = \"USD\"", "asset-twice"),
        ("tick = \"0.001\"", "tick = \"0\"", "tick-zero"),
        ("tick = \"0.001\"", "tick = \"0.000000000001\"", "tick-scale"),
        ("mark = \"1\"", "mark = \"1.0005\"", "mark-off-tick"),
        ("peg = \"1.000\"", "peg = \"0\"", "flaw"),
        ("weights = [{ above = \"0\"", "weights = [{ above = \"1\"", "flaw"),
        ("maintenance = \"95 %\"", "maintenance = \"100 %\"", "flaw"),
        ("own_token = false", "own_token = true", "flaw"),
        ("wrong_way = { market = \"BTC\"", "wrong_way = { market = \"BTK\"", "unknown-market"),
        ("max_held = \"900000\"", "max_held = \"0\"", "max-held-zero"),
        ("amount = \"50.5\"", "amount = \"50.5000001\"", "amount-excess-digits"),
        ("collateral = [{ asset = \"USDX\"", "collateral = [{ asset = \"USDT\"", "unknown-asset"),
        ("kind = \"price\"", "kind = \"prize\"", "unknown-kind"),
        ("attach = false", "attach = true", "feed-not-the-only"),
        ("name = \"price\"", "name = \"index\"", "feed-twice"),
        ("{ name = \"b\" }, { name = \"c\" }", "{ name = \"a\" }", "source-twice"),
        ("source = [{ name = \"a\" }, { name = \"b\" }]", "source = []", "feed-sources"),
        ("weight = 2", "weight = 0", "weight-out-of-bounds"),
        ("min_sources = 2", "min_sources = 4", "min-sources-out-of-bounds"),
        ("domains = [\"majors\"]", "domains = [\"minors\"]", "unknown-domain"),
        ("max_age = \"30 s\"", "max_age = \"8 d\"", "parameter-out-of-bounds"),
        ("reference = { feed = \"index\"", "reference = { feed = \"indices\"", "unknown-feed"),
        ("market = \"BTC\"\nattach = false", "attach = false", "feed-of"),
        ("market = \"BTC\"\nattach", "market = \"BTC\"\ncollateral = \"USDX\"\nattach", "feed-of"),
        ("market = \"BTC\"\nattach", "collateral = \"USDY\"\nattach", "unknown-asset"),
        (
            "market = \"BTC\"\nattach",
            "kind = \"depth\"\ncollateral = \"USDX\"\nattach",
            "feed-kind",
        ),
        (
            "do = \"mark-collateral\"\nasset = \"USDX\"\nprice = \"0.999\"",
            "do = \"mark-from-feeds\"\nasset = \"USDX\"",
            "asset-no-feed",
        ),
        ("mark = \"mark\"", "mark = \"indicative\"", "unknown-quality"),
        ("source = \"a\"", "source = \"d\"", "unknown-source"),
        ("feed = \"price\"\nsource", "feed = \"prices\"\nsource", "unknown-feed"),
        ("value = \"60000.00\"", "value = \"60000.001\"", "value-off-tick"),
        ("value = \"60000.00\"", "value = 60000.0", "value-float"),
        ("value = \"60000.00\"", "", "event-missing-value"),
        ("confidence = \"1.00\"", "confidence = \"1,00\"", "confidence-thousands"),
        ("confidence = \"1.00\"", "proceeds = \"1.00\"", "proceeds-not-for-event"),
        ("price = \"0.999\"", "price = \"0.9995\"", "price-off-tick"),
        ("since = \"1 s\"", "since = \"soon\"", "since-not-a-duration"),
        ("do = \"mark-collateral\"", "do = \"mark-colateral\"", "unknown-do"),
        (
            "period = \"1 h\"",
            "period = \"1 ms\"\n[[event]]\nat = \"1 d\"\ndo = \"wait\"",
            "period-too-short",
        ),
    ];
    let here = folder();
    for (from, to, code) in cases {
        assert!(VENUE.contains(from), "{from}");
        let mut text = VENUE.replacen(from, to, 1);
        if code == "period-too-short" {
            // Its event is the last one of the file.
            let (head, tail) = to.split_once('\n').unwrap();
            text = VENUE.replacen(from, head, 1) + tail + "\n";
        }
        fs::write(here.path().join("V.toml"), text).unwrap();
        let ran = rhodian_in(here.path(), &["run", "V.toml", "--out", "r", "--quiet"]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{to}: {}", ran.stderr);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(lines[0].starts_with(&format!("error[{code}]: ")), "{to}: {}", ran.stderr);
        assert!(lines[1].starts_with(" --> V.toml:"), "{to}: {}", ran.stderr);
        assert!(ran.stderr.contains("help: "), "{to}: {}", ran.stderr);
        assert!(!here.path().join("r").exists(), "{to}: nothing is written");
    }
}

/// A change of a scenario, the code it is refused with, and what the told line shows.
type Wrong = (&'static str, &'static str, &'static str, &'static str);

/// Each change of `text` is refused with its code and place, and nothing is written.
fn refused_at_its_place(text: &str, cases: &[Wrong]) {
    let here = folder();
    for (from, to, code, line) in cases {
        assert!(text.contains(from), "{from}");
        fs::write(here.path().join("F.toml"), text.replacen(from, to, 1)).unwrap();
        let ran = rhodian_in(here.path(), &["run", "F.toml", "--out", "r"]);
        assert_eq!(ran.status, 2, "{to}: {}", ran.stderr);
        let told = format!("error[{code}]");
        let (place, at) = (ran.stderr.contains("--> F.toml:"), ran.stderr.contains(line));
        assert!(ran.stderr.contains(&told) && place && at, "{to}: {}", ran.stderr);
        assert!(!here.path().join("r").exists(), "{to}: nothing is written");
    }
}

/// The same of a pool and of what is asked of it: each row with the line that it is told at.
#[test]
fn every_key_of_a_pool_that_cannot_be_right_is_refused_with_its_place() {
    let loan = fs::read_to_string(binary::scenarios().join("loan.toml")).unwrap();
    let cases = [
        ("fund     = \"Insurance fund\"", "fund = \"Lenders\"", "fund-no-pot", "fund"),
        ("kink = \"80 %\"", "kink = \"0 %\"", "pool-flaw", "rates"),
        ("at_full = \"100 %\"", "at_full = \"1 %\"", "pool-flaw", "rates"),
        ("at_full = \"100 %\"", "at_full = \"1001 %\"", "at-full-not-a-part", "at_full"),
        ("min_debt = \"100.00\"", "min_debt = \"9.99\"", "pool-flaw", "min_debt"),
        ("min_debt = \"100.00\"", "fee = \"100 %\"", "pool-flaw", "fee"),
        ("min_debt = \"100.00\"", "bonus = \"100 %\"", "pool-flaw", "bonus"),
        ("min_debt = \"100.00\"", "target = \"99 %\"", "pool-flaw", "target"),
        ("min_debt = \"100.00\"", "max_debt = \"1e30\"", "max-debt-exponent", "max_debt"),
        ("min_debt = \"100.00\"", "collateral = []", "pool-flaw", "collateral"),
        ("min_debt = \"100.00\"", "collateral = [\"BTC\"]", "unknown-asset", "collateral"),
        ("maintenance = \"80 %\"", "maintenance = \"91 %\"", "envelope", "up to 90 %"),
        (
            "kind  = \"lender-supply\"",
            "kind = \"gains-haircut\"",
            "no-supply-layer",
            "takes supply",
        ),
        (
            "account = \"ann\"\namount  = \"50000.00\"",
            "amount = \"1\"",
            "event-missing-account",
            "[[event]]",
        ),
        ("from    = \"dan\"\n", "", "event-missing-from", "[[event]]"),
        ("from    = \"dan\"\n", "from = \"don\"\n", "unknown-account", "[[event]]"),
        ("do      = \"borrow\"", "do = \"borrow\"\npool = \"x\"", "unknown-pool", "pool"),
        (
            "do      = \"borrow\"",
            "do = \"borrow\"\nasset = \"ETH\"",
            "asset-not-for-event",
            "asset",
        ),
    ];
    refused_at_its_place(&loan, &cases);
}

/// The same of a cover pool and of what is asked of it.
#[test]
fn every_key_of_cover_that_cannot_be_right_is_refused_with_its_place() {
    let bridge = fs::read_to_string(binary::scenarios().join("bridge.toml")).unwrap();
    let cases = [
        ("fund         = \"Cover fund\"", "fund = \"Stakers\"", "fund-no-pot", "fund"),
        ("layer = \"Stakers\", part", "layer = \"Operator\", part", "unknown-layer", "premia"),
        ("part = \"60 %\"", "part = \"101 %\"", "part-not-a-part", "premia"),
        ("leverage     = \"100 %\"", "leverage = \"0 %\"", "cover-flaw", "leverage"),
        ("min_cover    = \"1000.00\"", "min_cover = \"9.99\"", "cover-flaw", "min_cover"),
        ("waiting      = \"3 d\"", "max_period = \"1 d\"", "cover-flaw", "max_period"),
        ("claim_time   = \"30 d\"", "claim_time = \"0 ms\"", "cover-flaw", "claim_time"),
        ("incident_cap = \"150000.00\"", "", "cover-flaw", "tail_index"),
        ("tail_index   = \"0.92\"", "", "toml-missing-key", "tail_index"),
        ("tail_index   = \"0.92\"", "tail_index = \"x\"", "tail-index-not-a-number", "tail"),
        ("length = \"3 d\"", "length = \"31 d\"", "cover-flaw", "vote"),
        ("at_full = \"30 %\"", "at_full = \"5 %\"", "risk-flaw", "rates"),
        ("kink = \"60 %\"", "kink = \"100 %\"", "risk-flaw", "rates"),
        ("expected_loss = \"2 %\"", "expected_loss = \"2.1 %\"", "risk-flaw", "3.1500 %"),
        ("concentration = \"50 %\"", "concentration = \"0 %\"", "risk-flaw", "concentration"),
        ("retention     = \"10 %\"", "retention = \"100 %\"", "risk-flaw", "retention"),
        (
            "retention     = \"10 %\"",
            "retention = \"10 %\"\nexperience = { step = \"15 %\", most = \"10 %\" }",
            "risk-flaw",
            "experience",
        ),
        ("name          = \"Stablecoin\"", "name = \"Bridge\"", "risk-twice", "Bridge"),
        (
            "retention     = \"10 %\"",
            "trigger = { feed = \"DAI\", below = \"0.9\" }",
            "unknown-feed",
            "DAI",
        ),
        ("risk    = \"Bridge\"", "risk = \"Brigde\"", "unknown-risk", "Bridge"),
        ("risk    = \"Bridge\"", "", "event-missing-risk", "[[event]]"),
        ("period  = \"365 d\"", "", "event-missing-period", "[[event]]"),
        ("vote    = \"for\"", "vote = \"yes\"", "unknown-vote", "vote"),
        ("{ account = \"dan\", amount", "{ account = \"don\", amount", "unknown-account", "dan"),
        ("{ account = \"dan\", amount", "{ account = \"fay\", amount", "unknown-cover", "fay"),
        ("vote    = \"for\"", "vote = \"for\"\nrisk = \"Bridge\"", "risk-not-for-event", "risk"),
        (
            "lost  = [{ account = \"eve\", amount = \"50000.00\" }]",
            "lost = []",
            "lost-empty",
            "lost",
        ),
        ("cause = \"bridge drained\"", "amount = \"5.00\"", "lost-said-twice", "amount"),
    ];
    refused_at_its_place(&bridge, &cases);
}

/// The refusal of a market whose step can cost more than maintenance names the size, in money.
/// The same of a vault and of what is asked of it.
#[test]
fn every_key_of_a_vault_that_cannot_be_right_is_refused_with_its_place() {
    let vault = fs::read_to_string(binary::scenarios().join("vault.toml")).unwrap();
    let cases = [
        ("cooldown  = \"1 d\"", "cooldown = \"-1 d\"", "cooldown-not-a-duration", "cooldown"),
        ("cooldown  = \"1 d\"", "coldown = \"1 d\"", "toml-unknown-key", "did you mean"),
        ("fee       = \"10 %\"", "fee = \"100 %\"", "vault-flaw", "less than 100 %"),
        ("fee       = \"10 %\"", "fee = \"101 %\"", "fee-not-a-part", "fee"),
        (
            "fee       = \"10 %\"",
            "fee = \"10 %\"\nfee_period = \"30 min\"",
            "vault-flaw",
            "1 h to 365 d",
        ),
        ("fee       = \"10 %\"", "fee_period = \"7 d\"", "vault-flaw", "beside a fee"),
        (
            "fee       = \"10 %\"",
            "fee_period = \"-1 d\"",
            "fee-period-not-a-duration",
            "fee_period",
        ),
        ("min_entry = \"1000.00\"", "min_entry = \"9.99\"", "vault-flaw", "10.00 to max"),
        ("min_entry = \"1000.00\"", "min_entry = \"-1\"", "min-entry-negative", "min_entry"),
        ("max       = \"1000000.00\"", "max = \"999.99\"", "vault-flaw", "min_entry"),
        ("max       = \"1000000.00\"", "max = \"1e40\"", "max-exponent", "max"),
        (
            "fund      = \"Insurance fund\"",
            "fund = \"Holders' profit\"",
            "fund-no-pot",
            "Holders' profit",
        ),
        (
            "account = \"ann\"\namount  = \"60000.00\"",
            "account = \"ann\"",
            "event-missing-amount",
            "[[event]]",
        ),
        (
            "account = \"bob\"\namount  = \"40000.00\"",
            "account = \"bib\"\namount = \"1\"",
            "unknown-account",
            "[[event]]",
        ),
        ("do      = \"enter\"", "do = \"enter\"\nvault = \"x\"", "unknown-vault", "vault"),
        ("do      = \"enter\"", "do = \"enter\"\npart = \"50 %\"", "part-not-for-event", "part"),
    ];
    refused_at_its_place(&vault, &cases);
}

/// The same of a protection and of what is said of it.
#[test]
fn every_key_of_a_protection_that_cannot_be_right_is_refused_with_its_place() {
    let file = fs::read_to_string(binary::scenarios().join("impermanent-loss.toml")).unwrap();
    let cases = [
        ("cliff   = \"1 d\"", "cliff = \"59 min\"", "protection-flaw", "1 h <= cliff"),
        ("vesting = \"10 d\"", "vesting = \"61 d\"", "protection-flaw", "vesting <= term"),
        ("term    = \"60 d\"", "term = \"366 d\"", "protection-flaw", "365 d"),
        ("cap     = \"25 %\"", "cap = \"0.09 %\"", "protection-flaw", "0.1 % to 100 %"),
        ("cap     = \"25 %\"", "cap = \"101 %\"", "cap-not-a-part", "cap"),
        ("fee     = \"4 %\"", "fee = \"-4 %\"", "fee-not-a-part", "fee"),
        ("fee     = \"4 %\"", "leverage = \"0 %\"", "protection-flaw", "above 0 %"),
        ("least   = \"1000.00\"", "least = \"9.99\"", "protection-flaw", "10.00 or more"),
        ("feed    = \"BTC index\"", "feed = \"BTC\"", "unknown-feed", "BTC index"),
        ("fund    = \"Insurance fund\"", "fund = \"fund\"", "unknown-layer", "Insurance fund"),
        (
            "account = \"ann\"\namount  = \"40000.00\"",
            "account = \"ann\"",
            "event-missing-amount",
            "[[event]]",
        ),
        (
            "do      = \"end-protection\"\naccount = \"bob\"",
            "do = \"end-protection\"\naccount = \"bib\"",
            "unknown-account",
            "[[event]]",
        ),
        (
            "do      = \"protect\"",
            "do = \"protect\"\nprotection = \"x\"",
            "unknown-protection",
            "BTC-USD pool",
        ),
        ("do      = \"protect\"", "do = \"protect\"\npart = \"1 %\"", "part-not-for-event", "part"),
    ];
    refused_at_its_place(&file, &cases);
}

/// The same of a clearing fund.
#[test]
fn every_key_of_a_clearing_fund_that_cannot_be_right_is_refused_with_its_place() {
    let clearing = fs::read_to_string(binary::scenarios().join("nasdaq-clearing.toml")).unwrap();
    let second = "    { account = \"member-02\", amount = \"2\" },";
    let cases = [
        ("cover              = 2", "cover = 0", "cover-not-members", "1 to 1024"),
        (
            "least_contribution = \"2\"",
            "least_contribution = \"-2\"",
            "least-contribution-negative",
            "least_contribution",
        ),
        ("period             = \"92 d\"", "period = \"0 ms\"", "clearing-flaw", "period"),
        ("price = \"-26 %\"", "price = \"-100 %\"", "price-not-a-move", "-100 %"),
        ("price = \"26 %\"", "price = \"10001 %\"", "price-not-a-move", "10000 %"),
        ("prices = \"-50 %\"", "prices = \"half\"", "prices-not-a-move", "prices"),
        (
            "moves = [{ market = \"Spread\"",
            "moves = [{ market = \"Sprat\"",
            "unknown-market",
            "Sprat",
        ),
        (
            "layer = \"Assessments\", per_event",
            "layer = \"Members' default fund\", per_event",
            "unknown-layer",
            "Assessments",
        ),
        ("per_event = \"100 %\"", "per_event = \"201 %\"", "clearing-flaw", "assessment"),
        (second, "    { account = \"member-01\", amount = \"2\" },", "member-twice", "member-01"),
        (second, "    { account = \"nobody\", amount = \"2\" },", "unknown-account", "nobody"),
        (second, "    { account = \"member-02\", amount = \"1e3\" },", "amount-exponent", "amount"),
        ("asks    = \"31\"", "", "event-missing-asks", "[[event]]"),
        (
            "asks    = \"31\"",
            "asks = \"31\"\nlayer = \"Assessments\"",
            "layer-not-for-event",
            "layer",
        ),
    ];
    refused_at_its_place(&clearing, &cases);
}

/// The same of new tokens, and of a pot that is limited.
#[test]
fn every_key_of_an_issuance_that_cannot_be_right_is_refused_with_its_place() {
    let auction = fs::read_to_string(binary::scenarios().join("debt-auction.toml")).unwrap();
    let cases = [
        ("floor       = \"10000\"", "floor = \"30001\"", "issuance-flaw", "| floor"),
        ("stressed    = \"15000\"", "stressed = \"30001\"", "issuance-flaw", "| stressed"),
        ("dilution    = \"2.5 %\"", "dilution = \"0 %\"", "issuance-flaw", "| dilution"),
        ("restarts    = 1", "restarts = 1001", "restarts-out-of-bounds", "0 to 1000"),
        ("lot         = \"100\"", "lot = \"0\"", "lot-zero", "lot"),
        ("dilution    = \"2.5 %\"", "dilution = \"101 %\"", "dilution-not-a-part", "100 %"),
        ("layer       = \"New tokens\"", "layer = \"Surplus\"", "not-an-issuance", "issuance"),
        ("fund = \"Surplus\"", "fund = \"Surplice\"", "unknown-layer", "Surplice"),
        ("per_episode = \"80 %\"", "per_episode = \"0 %\"", "issuance-flaw", "| per_episode"),
        ("lots    = \"40\"", "lots = \"0\"", "lots-not-whole", "1 or more"),
        ("most    = \"40\"", "most = \"0.5\"", "most-fraction", "no decimals"),
        ("lots    = \"40\"", "", "event-missing-lots", "[[event]]"),
        ("lots    = \"40\"", "lots = \"40\"\nasks = \"1\"", "asks-not-for-event", "asks"),
        ("account = \"dan\", amount", "account = \"nobody\", amount", "unknown-account", "nobody"),
    ];
    refused_at_its_place(&auction, &cases);
}

/// The same of what is paid to who watches, and of what he says.
#[test]
fn every_key_of_watching_that_cannot_be_right_is_refused_with_its_place() {
    let watch = fs::read_to_string(binary::scenarios().join("watch.toml")).unwrap();
    let hash = "evidence = \"9c27e4b1805fd36a2e8c4790b1d5f3a86e0427cd9b3f185ae6c7d2048f9b13e5\"";
    let notice = "do       = \"notice\"\naccount  = \"mallory\"\n";
    let cases = [
        ("pot      = \"Bounties\"", "pot = \"Bounty\"", "unknown-layer", "Bounty"),
        ("part     = \"10 %\"", "part = \"0 %\"", "bounty-flaw", "bounty"),
        ("bond     = \"100.00\"", "bond = \"0\"", "bond-zero", "bond"),
        ("most     = \"4000.00\"\n", "", "toml-missing-key", "most"),
        ("wait     = \"5 d\"", "wait = \"31 d\"", "wait-above-bound", "720 h"),
        (hash, "evidence = \"9c27\"", "evidence-not-a-hash", "64 hexadecimal digits"),
        (hash, "", "event-missing-evidence", "[[event]]"),
        (notice, "do = \"notice\"\naccount = \"nobody\"\n", "unknown-account", "nobody"),
        (
            notice,
            "do = \"notice\"\naccount = \"mallory\"\namount = \"1\"\n",
            "amount-not-for-event",
            "amount",
        ),
    ];
    refused_at_its_place(&watch, &cases);
}

/// The same of risk figures, pay and where fees go.
#[test]
fn every_key_of_pay_and_fees_that_cannot_be_right_is_refused_with_its_place() {
    let fees = fs::read_to_string(binary::scenarios().join("fee-switch.toml")).unwrap();
    let cases = [
        ("part   = \"4 %\"", "part = \"101 %\"", "part-not-a-part", "100 %"),
        ("amount = \"40000\"", "", "figure-missing-amount", "[[figure]]"),
        ("part   = \"4 %\"", "", "figure-missing-part", "[[figure]]"),
        ("domain = \"majors\"\namount", "amount", "figure-of-what", "[[figure]]"),
        ("domain = \"majors\"\namount", "domain = \"minors\"\namount", "unknown-domain", "minors"),
        ("factor = \"1.5\"", "factor = \"101\"", "factor-above-bound", "0 to 100"),
        ("target = \"2000000\"", "target = \"0\"", "target-zero", "target"),
        ("load   = \"50 %\"", "load = \"901 %\"", "load-not-a-part", "900 %"),
        ("period     = \"1 d\"", "period = \"0 ms\"", "period-below-bound", "1 ms"),
        ("period     = \"1 d\"", "period = \"31 d\"", "period-above-bound", "720 h"),
        ("ahead      = \"73 d\"", "ahead = \"366 d\"", "ahead-above-bound", "8760 h"),
        ("[{ layer = \"Insurance fund\"", "[{ layer = \"Insurance\"", "unknown-layer", "Insurance"),
        ("layer  = \"Treasury\"\namount", "amount", "event-missing-layer", "[[event]]"),
        ("do     = \"measure\"", "do = \"measure\"\nasks = \"1\"", "asks-not-for-event", "asks"),
    ];
    refused_at_its_place(&fees, &cases);
}

/// The same of premia of markets.
#[test]
fn every_key_of_a_premium_that_cannot_be_right_is_refused_with_its_place() {
    let premia = fs::read_to_string(binary::scenarios().join("market-premium.toml")).unwrap();
    let cases = [
        ("market = \"MEME\"\nperiod", "market = \"DOGE\"\nperiod", "unknown-market", "DOGE"),
        ("period = \"8 h\"", "period = \"59 s\"", "period-below-bound", "1 min"),
        ("period = \"8 h\"", "period = \"25 h\"", "period-above-bound", "24 h"),
        ("load   = \"50 %\"", "load = \"901 %\"", "load-not-a-part", "900 %"),
        ("most   = \"0.1 %\"", "most = \"11 %\"", "most-not-a-part", "10 %"),
        ("most   = \"0.1 %\"\n", "", "toml-missing-key", "most"),
        ("most   = \"0.1 %\"", "most = \"0 %\"", "incentive-flaw", "1 to 50000"),
        ("most   = \"0.1 %\"", "most = \"2 %\"", "incentive-flaw", "with the premium"),
        ("most   = \"0.1 %\"", "asks = \"1\"\nmost = \"1 %\"", "toml-unknown-key", "asks"),
    ];
    refused_at_its_place(&premia, &cases);
}

#[test]
fn the_refusal_of_a_step_names_the_size() {
    let here = folder();
    let text = VENUE.replacen("price = \"3 %\"", "price = \"5 %\"", 1);
    fs::write(here.path().join("V.toml"), text).unwrap();
    let ran = rhodian_in(here.path(), &["check", "V.toml"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("a leg of ") && ran.stderr.contains(" USD can lose "),
        "{}",
        ran.stderr
    );
}

/// A recovery above what is open is refused in money, not in atoms.
#[test]
fn a_refused_recovery_speaks_of_money() {
    let here = folder();
    let file = binary::scenarios().join("crash.toml");
    let text = fs::read_to_string(file).unwrap().replace("\"1000.00\"", "\"900000.00\"");
    fs::write(here.path().join("V.toml"), text).unwrap();
    let ran = done(here.path(), &["run", "V.toml"]);
    assert!(ran.stderr.contains("900,000.00 came back, "), "{}", ran.stderr);
}

/// Depth that is not known counts for nothing, and a report of a stranger is refused.
/// A collateral that has a feed is not marked by hand, nor has it two.
#[test]
fn a_collateral_is_marked_from_its_feed() {
    let here = folder();
    let of_collateral = "market = \"BTC\"\nattach = false";
    let text = VENUE.replacen(of_collateral, "collateral = \"USDX\"", 1);
    let text = text.replacen("reference = { feed = \"index\", bound = \"4 %\" }\n", "", 1);
    let refused = |text: &str, code: &str| {
        fs::write(here.path().join("V.toml"), text).unwrap();
        let ran = rhodian_in(here.path(), &["run", "V.toml", "--strict", "--quiet"]);
        assert!(ran.stderr.contains(&format!("error[{code}]")), "{}", ran.stderr);
    };
    refused(&text, "has-feed");
    let by_feed = text.replacen("mark-collateral", "mark-from-feeds", 1);
    let by_feed = by_feed.replacen("\nprice = \"0.999\"", "", 1);
    fs::write(here.path().join("V.toml"), &by_feed).unwrap();
    done(here.path(), &["run", "V.toml", "--strict", "--quiet"]);
    let twice = "[[feed]]\nname = \"other\"\ncollateral = \"USDX\"\nsource = [{ name = \"a\" }]\n";
    refused(
        &by_feed.replacen("[[account]]", &format!("{twice}[[account]]"), 1),
        "feed-not-the-only",
    );
}

#[test]
fn streams_carry_reports() {
    let here = folder();
    let (head, _) = VENUE.split_once("[[event]]").unwrap();
    let text = format!("events = \"reports.csv\"\n{head}");
    fs::write(here.path().join("V.toml"), text).unwrap();
    let csv = "at,do,feed,source,value,confidence\n\
               1 s,report,price,a,60000.00,1.00\n\
               1 s,report,price,b,60010.00,\n\
               1 s,report,price,c,59990.00,\n\
               1 s,report,index,a,60000.00,\n\
               1 s,report,index,b,60000.00,\n\
               3 s,mark-from-feeds,,,,\n";
    fs::write(here.path().join("reports.csv"), csv).unwrap();
    let ran = done(here.path(), &["run", "V.toml", "--format", "json", "--quiet"]);
    let summary: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let feed = &summary["run"]["feeds"][1];
    assert_eq!((&feed["feed"], &feed["reports"]), (&"price".into(), &3.into()));
    assert_eq!(summary["run"]["markets"][0]["last"], "60,000.00");
    assert!(summary["run"]["counts"]["marks"].as_u64().unwrap() >= 1);
}

/// An option names one feed of volatility, that speaks of its underlying or of itself.
#[test]
fn an_option_names_a_volatility() {
    let here = folder();
    let smile = fs::read_to_string(binary::scenarios().join("smile.toml")).unwrap();
    let own = "market  = \"BTC\"\nattach  = false\n";
    let of_strike = |strike: u64, to: &str| {
        let feed = format!("name    = \"{strike} in a month\"\nkind    = \"volatility\"\n");
        (format!("{feed}{own}"), format!("{feed}{to}"))
    };
    let (own_of_55000, by_itself) = of_strike(55_000, "market  = \"CALL-55000\"\n");
    let (own_of_65000, of_another) = of_strike(65_000, "market  = \"CALL-55000\"\n");
    let depth = own_of_55000.replace("volatility", "depth");
    let named = "volatility   = \"55000 in a month\"";
    for (from, to, code) in [
        (named, "volatility   = \"55000 in a year\"", "unknown-feed"),
        (
            "mark         = \"60000\"",
            "volatility = \"BTC volatility\"",
            "volatility-not-for-instrument",
        ),
        (&own_of_55000, &depth, "volatility-of-another"),
        (&own_of_65000, &of_another, "volatility-twice"),
    ] {
        assert!(smile.contains(from), "{from}");
        fs::write(here.path().join("V.toml"), smile.replacen(from, to, 1)).unwrap();
        let ran = rhodian_in(here.path(), &["run", "V.toml", "--strict", "--quiet"]);
        assert!(ran.stderr.contains(&format!("error[{code}]")), "{}", ran.stderr);
    }
    // A feed that speaks of the option is its own, named or not.
    for text in [smile.replacen(&own_of_55000, &by_itself, 1), smile.clone()] {
        for text in [text.replacen(&format!("{named}\n"), "", 1), text] {
            fs::write(here.path().join("V.toml"), text).unwrap();
            done(here.path(), &["run", "V.toml", "--strict", "--quiet", "--out", "r", "--force"]);
        }
    }
}

/// A refusal says which options leave a sure profit, in names, prices and dates.
#[test]
fn a_broken_surface_is_said_with_its_strikes() {
    let here = folder();
    let smile = fs::read_to_string(binary::scenarios().join("smile.toml")).unwrap();
    let expected = "expect = \"price-unfit\"";
    fs::write(here.path().join("V.toml"), smile.replacen(expected, "expect = \"no-mark\"", 1))
        .unwrap();
    let ran = rhodian_in(here.path(), &["run", "V.toml", "--quiet"]);
    let said = "options on \"BTC\" leave a sure profit: the option at 60,000 of ";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(ran.stderr.contains("a mix of those at 55,000 and 65,000"), "{}", ran.stderr);
}
