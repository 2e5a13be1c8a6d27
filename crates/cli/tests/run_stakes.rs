//! Stakes that are asked for, and losses that are none, in a venue file: what a run tells, refuses
//! and keeps.

mod binary;

use binary::{Ran, done, folder, json, rhodian_in, rows};
use tempfile::TempDir;

/// Sam and Tina stand behind a venue with 300 and 100; an hour after one asks one may leave.
const VENUE: &str = r#"
asset = { name = "USD", decimals = 2 }
[[domain]]
name = "majors"
classes = ["default", "custody"]
[domain.terms]
stake_cooldown = "1 h"
exit_queue_limit = "20 %"
challenge_time = "2 h"
[[domain.step]]
layer = "Operator"
kind = "operator-capital"
capacity = "1.00"
[[domain.step]]
layer = "Stakers"
kind = "tranche"
stakes = [{ account = "sam", amount = "300.00" }, { account = "tina", amount = "100.00" }]
[[market]]
name = "BTC"
tick = "0.01"
lot = "1"
mark = "100.00"
max_position = "100"
max_open = "100"
tiers = [{ above = "0", initial = "10 %", maintenance = "5 %" }]
[[account]]
id = "sam"
deposit = "300.00"
[[account]]
id = "tina"
deposit = "100.00"
[[account]]
id = "bob"
deposit = "1000.00"
[[account]]
id = "carol"
deposit = "1000.00"
"#;

/// An event of so many minutes.
fn event(minutes: u32, keys: &str) -> String {
    format!("[[event]]\nat = \"{minutes} min\"\n{keys}\n")
}

fn unstake(minutes: u32, amount: &str) -> String {
    let keys = "do = \"unstake\"\naccount = \"sam\"\nlayer = \"Stakers\"";
    event(minutes, &format!("{keys}\namount = \"{amount}\""))
}

fn fill(minutes: u32) -> String {
    let keys = "do = \"fill\"\nmarket = \"BTC\"\nbuyer = \"bob\"\nseller = \"carol\"";
    event(minutes, &format!("{keys}\nsize = \"1\"\nprice = \"100.00\""))
}

fn theft(minutes: u32) -> String {
    let keys = "do = \"report-loss\"\nloss = \"theft\"\ndomain = \"majors\"\nclass = \"custody\"";
    event(minutes, &format!("{keys}\ncause = \"hot wallet drained\"\namount = \"201.00\""))
        + &event(minutes, "do = \"approve-loss\"\nloss = \"theft\"")
}

/// A folder with the venue and these events.
fn venue(events: &[String]) -> TempDir {
    with(&(VENUE.to_owned() + &events.concat()))
}

fn with(text: &str) -> TempDir {
    let at = folder();
    std::fs::write(at.path().join("v.toml"), text).unwrap();
    at
}

fn run(events: &[String]) -> Ran {
    rhodian_in(venue(events).path(), &["run", "v.toml"])
}

#[test]
fn a_stake_is_asked_for_and_leaves() {
    let ran = run(&[unstake(10, "60.00"), event(80, "do = \"wait\"")]).stdout;
    assert!(
        ran.contains("sam asks for 60.00 staked in Stakers: drawn on until it leaves"),
        "{ran}"
    );
    assert!(ran.contains("60.00 staked in Stakers go back to sam"), "{ran}");
}

#[test]
fn what_has_not_left_is_told() {
    let told = run(&[unstake(10, "60.00")]).stderr;
    assert!(told.contains("60.00 of \"Stakers\" is asked for and has not left"), "{told}");
}

#[test]
fn refusals_speak_of_money_and_names() {
    let told = run(&[unstake(10, "250.00"), unstake(11, "50.01"), fill(12)]).stderr;
    for words in [
        "50.01 asked, 50.00 is staked and not asked for yet",
        "stakers ask for 250.00 of the 401.00 behind the domain, above its exit_queue_limit of 20",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// A theft is agreed on before the cooldown is over: Sam bears his part, and then leaves.
#[test]
fn a_known_theft_holds_who_asked() {
    let events = [unstake(10, "60.00"), theft(60), event(300, "do = \"wait\"")];
    let at = venue(&events);
    done(at.path(), &["run", "v.toml", "--out", "out"]);
    let rows = std::fs::read_to_string(at.path().join("out/shares.csv")).unwrap();
    assert!(rows.contains("sam") && rows.contains("150.00"), "{rows}");
    let events = std::fs::read_to_string(at.path().join("out/events.ndjson")).unwrap();
    let paid = events.lines().find(|line| line.contains("\"exit-paid\"")).unwrap();
    assert!(paid.contains("\"amount\":\"3000\""), "half of 60.00: {paid}");
}

/// What was dismissed is no loss: the folder adds up, and says so.
#[test]
fn a_dismissed_loss_is_none() {
    let events = [theft(60), event(70, "do = \"dismiss-loss\"\nloss = \"theft\"")];
    let at = venue(&events);
    let ran = done(at.path(), &["run", "v.toml", "--out", "out"]).stdout;
    assert!(ran.contains("hot wallet drained (dismissed: no loss)"), "{ran}");
    done(at.path(), &["check", "out"]);
    let summary = json(&at.path().join("out/summary.json"));
    assert_eq!(summary["losses"][0]["amount"], "0");
    assert!(summary["sums"].as_array().unwrap().iter().all(|sum| sum["holds"] != false));
}

/// Two layers that are measured as session gains would take the same gain.
#[test]
fn two_layers_of_session_gains_are_named() {
    let gains =
        |name: &str| format!("[[domain.step]]\nlayer = \"{name}\"\nkind = \"gains-haircut\"\n");
    let at = VENUE.find("[[market]]").unwrap();
    let text = format!("{}{}{}{}", &VENUE[..at], gains("Winners"), gains("More"), &VENUE[at..]);
    let text = text.replace("classes = [\"default\", \"custody\"]\n", "");
    let ran = rhodian_in(with(&text).path(), &["run", "v.toml"]);
    let told = ran.stderr;
    assert_eq!(ran.status, 2, "{told}");
    assert!(told.contains("\"Winners\" and \"More\" both take session gains"), "{told}");
}

fn reward(minutes: u32, keys: &str) -> String {
    event(minutes, &format!("do = \"reward\"\nlayer = \"Stakers\"\n{keys}"))
}

/// Of 40 Sam earned 30 and Tina 10; Sam takes his, and the table says so.
#[test]
fn stakers_earn_and_take() {
    let take = event(11, "do = \"take-reward\"\naccount = \"sam\"\nlayer = \"Stakers\"");
    let at = venue(&[reward(10, "amount = \"40.00\""), take]);
    let ran = done(at.path(), &["run", "v.toml", "--out", "out"]);
    for words in ["stakers of Stakers earn 40.00", "sam takes 30.00 earned in Stakers"] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    let rows = rows(&at.path().join("out/accounts.csv"));
    let stands = |id: &str| {
        let row = rows.iter().find(|row| row["account"] == id).unwrap();
        ["staked", "leaving", "rewards_taken", "rewards_not_taken"].map(|key| row[key].clone())
    };
    assert_eq!(stands("sam"), ["300.00", "0.00", "30.00", "0.00"]);
    assert_eq!(stands("tina"), ["100.00", "0.00", "0.00", "10.00"]);
    assert_eq!(stands("bob"), ["0.00"; 4]);
    done(at.path(), &["check", "out"]);
}

/// Sam asks for 60 of his 300 before a theft draws half of all stakes, and both earned: every table
/// says what stands, what is leaving, what was drawn and what was not taken, and they add up.
#[test]
fn what_became_of_stakes_stands_in_every_table() {
    let take = event(11, "do = \"take-reward\"\naccount = \"tina\"\nlayer = \"Stakers\"");
    let earned = [reward(10, "amount = \"40.00\""), take, theft(20), unstake(100, "60.00")];
    let at = venue(&[&earned[..], &[event(141, "do = \"wait\"")]].concat());
    let ran = done(at.path(), &["run", "v.toml", "--out", "out"]);
    let stakes = std::fs::read_to_string(at.path().join("out/stakes.csv")).unwrap();
    let expected = "\
layer,account,put_in,came_back,drawn,staked,leaving,rewards_taken,rewards_not_taken
Stakers,sam,300.00,0.00,150.00,150.00,30.00,0.00,30.00
Stakers,tina,100.00,0.00,50.00,50.00,0.00,10.00,0.00
";
    assert_eq!(stakes, expected);
    let told = "\
Stakes and what they earned (USD)
stake       in  put in   drawn  staked now  leaving  taken  not taken
sam    Stakers  300.00  150.00      150.00    30.00      -      30.00
tina   Stakers  100.00   50.00       50.00        -  10.00          -
";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let page = std::fs::read_to_string(at.path().join("out/report.html")).unwrap();
    assert!(page.contains("Stakes and what they earned"));
    done(at.path(), &["check", "out"]);
    let explain = |args: &[&str]| {
        let base = ["explain", "out", "--account", "sam"];
        done(at.path(), &[&base[..], args].concat()).stdout
    };
    let text = explain(&[]);
    for words in [
        "Staked in Stakers: 300.00 put in - 150.00 drawn by losses - 0.00 came back = 150.00 \
         staked now, 30.00 of it asked for and drawn on until it leaves.",
        "It earned rewards: 0.00 taken, 30.00 not taken yet.",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let value: serde_json::Value = serde_json::from_str(&explain(&["--format", "json"])).unwrap();
    let of = |key: &str| value["stakes"][0][key].as_str().unwrap().to_owned();
    assert_eq!(
        ["drawn", "staked", "leaving", "earned"].map(of),
        ["15000", "15000", "3000", "3000"]
    );
    assert!(explain(&["--format", "ndjson"]).contains("\"is\":\"stake\""));
    let bob = done(at.path(), &["explain", "out", "--account", "bob"]).stdout;
    assert!(!bob.contains("Staked in"), "{bob}");
    let changed = stakes.replace("tina,100.00", "tina,100.01");
    std::fs::write(at.path().join("out/stakes.csv"), changed).unwrap();
    let told = rhodian_in(at.path(), &["check", "out"]).stderr;
    assert!(told.contains("stakes.csv:3"), "{told}");
}

/// Who earned nothing is told so, and not of a zero that he never wrote.
#[test]
fn nothing_earned_is_said_so() {
    let take = event(11, "do = \"take-reward\"\naccount = \"bob\"\nlayer = \"Stakers\"");
    let told = run(&[reward(10, "amount = \"40.00\""), take]).stderr;
    let words = "take-reward refused, nothing-earned: bob earned nothing in \"Stakers\" that it";
    assert!(told.contains(words), "{told}");
}

#[test]
fn refused_rewards_speak_of_money_and_names() {
    let told = run(&[
        reward(10, "domain = \"majors\"\namount = \"5.00\""),
        theft(11),
        event(140, "do = \"wait\""),
        theft(141).replace("theft", "second"),
        event(280, "do = \"wait\""),
        reward(281, "amount = \"1.00\""),
    ])
    .stderr;
    for words in [
        "5.00 asked, fees of 0.00 were booked",
        "\"majors\" owes 1.00: its debts are paid before stakers earn",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}
