//! `rhodian incident`: what it tells of an episode, writes and refuses.

mod binary;

use binary::{done, folder, rhodian_in, scenarios};
use serde_json::Value;

fn atoms(value: &Value) -> u128 {
    value.as_str().expect("amounts are strings").parse().expect("digits")
}

fn listed<'a>(incident: &'a Value, name: &str) -> &'a [Value] {
    incident[name].as_array().expect("a list")
}

/// Runs a scenario of the project and tells its first episode.
fn incident_of(scenario: &str) -> (tempfile::TempDir, Value) {
    let place = folder();
    let file = scenarios().join(scenario).display().to_string();
    let command = if scenario == "alice.toml" { "share" } else { "run" };
    done(place.path(), &[command, &file, "--out", "run", "--quiet"]);
    let told = done(place.path(), &["incident", "run", "--episode", "1", "--format", "json"]);
    let incident = serde_json::from_str(&told.stdout).expect("it is JSON");
    (place, incident)
}

/// What the payers of each layer paid is what the layer's draws received, where accounts bear it.
fn payers_sum_to_draws(incident: &Value, layer: &str) {
    let paid = listed(incident, "payers").iter().filter(|row| row["layer"] == layer);
    let paid: u128 = paid.map(|row| atoms(&row["paid"])).sum();
    let losses = listed(incident, "losses").iter();
    let draws = losses.flat_map(|loss| loss["draws"].as_array().expect("a list"));
    let drawn: u128 =
        draws.filter(|draw| draw["layer"] == layer).map(|draw| atoms(&draw["received"])).sum();
    assert_eq!(paid, drawn, "{layer}");
    assert!(paid > 0, "{layer} paid nothing: the case says nothing");
}

#[test]
fn a_crash_is_told_from_the_failure_to_the_recovery() {
    let (_place, incident) = incident_of("crash.toml");
    let lines: Vec<&str> =
        listed(&incident, "timeline").iter().filter_map(|line| line["what"].as_str()).collect();
    assert_eq!(lines.first(), Some(&"ann fails: balance below zero"));
    let order = [
        "the liable set is fixed: 2 weights and caps are frozen",
        "auto-deleveraging of L1 begins: closing would pass its budget of 5,000.00",
        "the deficit of L1 is 6,530.00 USD",
        "Insurance fund pays 3,000.00 for L1",
        "1,530.00 for L1 is divided over 2 of Winners",
        "the episode is over",
        "1,000.00 of L1 comes back",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|wanted| lines.iter().position(|line| line == wanted).expect(wanted))
        .collect();
    assert!(places.is_sorted(), "{lines:#?}");
    let price = &listed(&incident, "prices")[0];
    assert_eq!((price["market"].as_str(), price["lots"].as_i64()), (Some("BTC"), Some(3)));
    assert_eq!(price["ticks"], 5_150_000);
    // 13.1: what was lost, and what Ann's own means paid of it.
    let losses = &incident["disclosure"]["13.1.1_losses_and_own_means"];
    assert_eq!((atoms(&losses[0]), atoms(&losses[1])), (653_000, 0));
    assert_eq!(incident["disclosure"]["6.5.1_margin_breaches"], 1);
    for layer in ["Winners", "Junior stakers"] {
        payers_sum_to_draws(&incident, layer);
    }
    let open: u128 =
        listed(&incident, "recoveries_due").iter().map(|due| atoms(&due["open"])).sum();
    assert_eq!(open, 653_000 - 100_000, "what is open is what was borne less what came back");
}

#[test]
fn every_loss_of_the_long_crisis_adds_up() {
    let (_place, incident) = incident_of("crisis.toml");
    let losses = listed(&incident, "losses");
    assert_eq!(losses.len(), 2);
    for loss in losses {
        let draws = loss["draws"].as_array().expect("a list");
        let drawn: u128 = draws.iter().map(|draw| atoms(&draw["received"])).sum();
        let sum = atoms(&loss["own_means"]) + drawn + atoms(&loss["uncovered"]);
        assert_eq!(sum, atoms(&loss["close_out"]), "{}", loss["loss"]);
        assert_eq!(loss["adds_up"], true);
    }
    for layer in ["Winners", "Members' calls", "Default fund", "Depositors"] {
        payers_sum_to_draws(&incident, layer);
    }
    let uncovered: u128 = losses.iter().map(|loss| atoms(&loss["uncovered"])).sum();
    assert_eq!(atoms(&incident["not_covered"]), uncovered);
}

#[test]
fn a_loss_measured_outside_is_told_too() {
    let (_place, incident) = incident_of("alice.toml");
    assert_eq!(listed(&incident, "losses")[0]["close_out"], "1200000");
    payers_sum_to_draws(&incident, "Winners");
}

#[test]
fn the_folder_holds_the_page_and_the_tables() {
    let (place, _) = incident_of("crash.toml");
    done(place.path(), &["incident", "run", "--out", "told"]);
    let read = |name: &str| std::fs::read_to_string(place.path().join("told").join(name)).unwrap();
    let page = read("incident.html");
    for part in ["<title>majors: incident report of episode 1</title>", "4.1 Prefunded", "01:14:00"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<script"), "the page runs nothing");
    assert!(read("payers.csv").starts_with("loss,layer,account,weight,cap,paid,repaid\n"));
    assert!(read("payers.csv").contains("L1,Winners,bob,17000.00,17000.00,1020.00,666.67\n"));
    assert!(read("timeline.csv").starts_with("sequence,millis,at,loss,what\n"));
    assert!(read("incident.json").contains("\"format\": \"rhodian-incident/1\""));
    // Again without --force: refused, and the folder stands.
    let again = rhodian_in(place.path(), &["incident", "run", "--out", "told"]);
    assert_eq!(again.status, 2);
    assert_eq!(read("incident.html"), page);
}

#[test]
fn an_episode_that_is_not_there_is_refused() {
    let (place, _) = incident_of("crash.toml");
    let refused = rhodian_in(place.path(), &["incident", "run", "--episode", "2"]);
    let error = refused.stderr;
    assert_eq!(refused.status, 2, "{error}");
    assert!(error.contains("error[unknown-episode]: there is no episode 2"), "{error}");
    assert!(error.contains("there is one: leave --episode out."), "{error}");
    assert!(refused.stdout.is_empty());
}
