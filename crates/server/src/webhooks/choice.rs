//! Which events a webhook is told: groups of kinds, whole areas, or single kinds.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::kinds;

/// Groups by what a receiver wants to know, and the kinds in each.
pub const GROUPS: &[(&str, &[&str])] = &[
    (
        "episodes",
        &[
            "loss.loss-reported",
            "loss.loss-approved",
            "loss.loss-dismissed",
            "loss.loss-expired",
            "loss.notice-given",
            "loss.challenged",
            "loss.notice-settled",
            "loss.challenge-settled",
            "loss.default-found",
            "loss.episode-opened",
            "loss.loss-detected",
            "loss.loss-measured",
            "loss.debt-returned",
            "loss.deficit-recognised",
            "loss.uncovered-booked",
            "loss.loss-settled",
            "loss.episode-closed",
            "cover.reported",
            "cover.triggered",
            "cover.tallied",
            "cover.owed",
            "clearing.closed-out",
            "clearing.ported",
            "clearing.auction-opened",
            "clearing.auction-ended",
            "issuance.opened",
            "issuance.sold",
            "issuance.bought-back",
        ],
    ),
    // A lien begins with its set, follows the hole, and is released when its loss is settled.
    ("liens", &["loss.liable-set-fixed", "loss.loss-measured", "loss.loss-settled"]),
    (
        "shares",
        &[
            "loss.loss-divided",
            "loss.shares-taken",
            "loss.share-touched",
            "loss.calls-made",
            "clearing.sized",
            "loss.touches-done",
            "loss.ranks-settled",
        ],
    ),
    (
        "recoveries",
        &[
            "loss.recovery-received",
            "loss.pool-repaid",
            "loss.debt-paid",
            "loss.income-to-claims",
            "loss.result-kept",
            "loss.result-netted",
            "loss.result-to-claims",
            "loss.result-to-fund",
            "loss.claim-ceded",
            "loss.means-ceded",
            "loss.ceded-moved",
            "loss.ceded-paid",
            "loss.fees-received",
            "loss.ceded-returned",
            "loss.remainder-moved",
            "cover.paid",
            "protection.paid",
            "incentive.fees-divided",
        ],
    ),
    (
        "statuses",
        &[
            "control.status-set",
            "control.halt-begun",
            "control.halt-ended",
            "loss.settlement-entered",
            "oracle.domain-tightened",
        ],
    ),
];

/// The kinds that `words` name: groups, areas, kinds.
///
/// # Errors
///
/// None is named, or a word names nothing.
pub fn read(words: &[String]) -> Result<BTreeSet<String>, String> {
    if words.is_empty() {
        return Err("events names no kind of event".to_owned());
    }
    let mut chosen = BTreeSet::new();
    for word in words {
        if let Some((_, kinds)) = GROUPS.iter().find(|(name, _)| name == word) {
            chosen.extend(kinds.iter().map(|kind| (*kind).to_owned()));
            continue;
        }
        let all = kinds::events().iter().map(|kind| (&kind.area, named(&kind.area, &kind.name)));
        let found: Vec<String> = all
            .filter(|(area, kind)| *area == word || kind == word)
            .map(|(_, kind)| kind)
            .collect();
        if found.is_empty() {
            let groups: Vec<&str> = GROUPS.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "events has {word:?}, which is no group ({}), no area of events and no kind, as \
                 loss.loss-settled",
                groups.join(", ")
            ));
        }
        chosen.extend(found);
    }
    Ok(chosen)
}

fn named(area: &str, name: &str) -> String {
    if name.is_empty() { area.to_owned() } else { format!("{area}.{name}") }
}

/// The kind of an event, from its JSON as on the stream.
#[must_use]
pub fn kind_of(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Event<'a> {
        area: &'a str,
        #[serde(borrow)]
        fact: Option<Fact<'a>>,
    }
    #[derive(Deserialize)]
    struct Fact<'a> {
        event: Option<&'a str>,
    }
    let event: Event<'_> = serde_json::from_str(json).ok()?;
    let name = event.fact.and_then(|fact| fact.event);
    Some(named(event.area, name.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_a_group_is_one_of_core() {
        for (group, kinds) in GROUPS {
            for kind in *kinds {
                read(&[(*kind).to_owned()]).unwrap_or_else(|error| panic!("{group}: {error}"));
            }
        }
    }

    #[test]
    fn an_area_is_all_of_its_kinds() {
        let control = read(&["control".to_owned()]).expect("an area");
        let kinds = kinds::events().iter().filter(|kind| kind.area == "control").count();
        assert!(control.len() == kinds && kinds > 2, "{control:?}");
        assert_eq!(read(&["time-passed".to_owned()]).expect("an area of one kind").len(), 1);
    }

    #[test]
    fn a_kind_is_read_from_the_json() {
        let json =
            r#"{"sequence":1,"at":2,"area":"loss","fact":{"event":"loss-settled","loss":0}}"#;
        assert_eq!(kind_of(json).as_deref(), Some("loss.loss-settled"));
        let passed = r#"{"sequence":1,"at":2,"area":"time-passed","fact":{"at":3}}"#;
        assert_eq!(kind_of(passed).as_deref(), Some("time-passed"));
    }
}
