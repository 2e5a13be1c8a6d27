//! The page that connects a matching engine: every command on it is sent, in its order.

use super::venue::Venue;

const PAGE: &str = include_str!("../../../../docs/connect-a-matching-engine.md");

/// The `json` blocks of the page.
fn commands() -> Vec<String> {
    let mut lines = PAGE.lines();
    let mut found = Vec::new();
    while lines.by_ref().any(|line| line == "```json") {
        let block = lines.by_ref().take_while(|line| *line != "```");
        found.push(block.collect::<Vec<&str>>().join("\n"));
    }
    found
}

#[test]
fn every_command_of_the_page_is_taken_and_ends_in_a_loss_that_adds_up() {
    let venue = Venue::start();
    let commands = commands();
    assert!(commands.len() > 20, "the page has {} commands", commands.len());
    for command in commands {
        let body =
            serde_json::from_str(&command).unwrap_or_else(|error| panic!("{error}: {command}"));
        let reply = venue.post("/v1/commands", &venue.venue, &body);
        assert_eq!(reply.status, 200, "{command}: {}", reply.body);
    }
    let loss = venue.get("/v1/losses/0")["data"].clone();
    let number = |name: &str| loss[name].as_str().unwrap().parse::<u128>().unwrap();
    assert!(number("close_out") > 0, "{loss}");
    let sum = number("own_means") + number("received") + number("uncovered") + number("remaining");
    assert_eq!(sum, number("close_out"), "{loss}");
    let incident = venue.get("/v1/episodes/0/incident");
    assert_eq!(incident["losses"][0]["stage"], "settled");
    assert!(incident["timeline"].to_string().contains("comes back"), "the recovery is told");
}

#[test]
fn the_board_and_the_alerts_ask_for_metrics_that_are_there() {
    let venue = Venue::start();
    let reply = venue.get_as("/metrics", &venue.venue);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let known: Vec<&str> = reply
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let asked =
        [include_str!("../../../../ops/grafana.json"), include_str!("../../../../ops/alerts.yml")];
    let mut count = 0;
    for text in asked {
        for part in text.split("rhodian_").skip(1) {
            let end = part.find(|c: char| !(c.is_ascii_lowercase() || c == '_'));
            let name = format!("rhodian_{}", &part[..end.unwrap_or(part.len())]);
            let of = |suffix: &str| name.strip_suffix(suffix).is_some_and(|n| known.contains(&n));
            let is_known = known.contains(&name.as_str()) || of("_bucket") || of("_count");
            assert!(is_known, "{name} is no metric of the service: {known:?}");
            count += 1;
        }
    }
    assert!(count > 20, "{count} metrics are asked for");
}
