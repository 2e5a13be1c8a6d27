//! One account's share, explained: what it bore in each layer for each loss, why, what came
//! back, and what it would bear under every other rule over the same claims.

use rhodian_core::allocation::{self, AllocationError};
use rhodian_core::engine::State;
use rhodian_core::ids::{AccountId, LossId};
use rhodian_core::recovery::{Bearer, Claim, ClaimPool};
use rhodian_core::units::{Amount, Fraction};
use serde::Serialize;

use super::covers::{self, CoverRow};
use super::notes::{level_of, weight_word};
use super::replay::Replay;
use super::rows::{Columns, class_of, exact_shares, repaid, rule_of};
use super::stakes::StakeRow;
use super::summary::kebab;
use super::trail::{Division, Way, layers_of};
use crate::diagnostic::Diagnostic;
use crate::rules::rule_info;

/// One account's share. Amounts are in atoms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The account.
    pub account: String,
    /// The asset.
    pub asset: String,
    /// Its decimals.
    pub decimals: u32,
    /// What it bore, layer by layer.
    pub layers: Vec<LayerShare>,
    /// What it paid as the failed party's own means.
    pub own_means: Vec<OwnMeansPaid>,
    /// What was taken from it by the rank of its claims, in settlement.
    pub by_rank: Vec<TakenByRank>,
    /// Its stakes: what stands, what is leaving, what losses drew, what they earned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stakes: Vec<StakeRow>,
    /// Its covers: what each cost, and what was lost, due and paid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<CoverRow>,
    /// Why it bears no share; nothing where it bears one.
    pub not_liable: Option<String>,
    /// What it paid in shares.
    pub paid: Amount,
    /// What came back.
    pub repaid: Amount,
    /// What it paid less what came back.
    pub net: Amount,
}

/// What an account bore in one layer over the losses of one episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerShare {
    /// The layer.
    pub layer: String,
    /// Its kind.
    pub kind: String,
    /// What a weight is in it: `gain`.
    pub weight_is: &'static str,
    /// The step, from 1.
    pub step: u16,
    /// The episode, from 1.
    pub episode: u32,
    /// The rule.
    pub rule: &'static str,
    /// How many accounts share the layer.
    pub members: usize,
    /// The account's weight.
    pub weight: Amount,
    /// Its cap for the episode.
    pub cap: Amount,
    /// Its risk factor in millionths, where the rule reads one.
    pub risk: Option<u64>,
    /// Its part of each loss.
    pub losses: Vec<LossShare>,
    /// What it paid.
    pub paid: Amount,
    /// What came back.
    pub repaid: Amount,
    /// What it paid less what came back.
    pub net: Amount,
    /// What it would have paid under each rule, over the same claims and the same total.
    pub rules: Vec<UnderRule>,
}

/// An account's part of one loss in one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LossShare {
    /// The loss.
    pub loss: String,
    /// The close-out loss.
    pub amount: Amount,
    /// What own means paid of it.
    pub own_means: Amount,
    /// What other books of the domain gained and paid for the loss. Not written where it is nothing.
    #[serde(skip_serializing_if = "nothing")]
    pub netted: Amount,
    /// What earlier steps paid.
    pub earlier_steps: Amount,
    /// What this layer paid, or was called for.
    pub reached: Amount,
    /// What this layer was to pay in the episode with this loss, in all.
    pub cumulative: Amount,
    /// The level, where the rule has one; with priority classes, of the account's class.
    pub level: Option<Fraction>,
    /// The account's priority class, where the layer has classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<u32>,
    /// What members of lower classes paid of it, where the layer has classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower_classes: Option<Amount>,
    /// The most the account could pay in the episode then: the cap, or less.
    pub cap_then: Amount,
    /// The whole part of its exact cumulative share, and the fraction left.
    pub exact_whole: Amount,
    /// The fraction of an atom beyond the whole part.
    pub exact_fraction: Fraction,
    /// The exact cumulative share as one fraction, in digits: numerator, denominator.
    pub exact: (String, String),
    /// What it had paid before in the episode.
    pub before: Amount,
    /// What it paid for this loss.
    pub share: Amount,
    /// Whether it was called and pays from outside the division.
    pub called: bool,
    /// What came back of it.
    pub repaid: Amount,
}

/// What an account would have paid under a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnderRule {
    /// The rule.
    pub rule: &'static str,
    /// Its total for the episode; nothing where the rule does not divide these claims.
    pub share: Option<Amount>,
    /// What is to be known beside it; may be empty.
    pub remark: String,
}

/// What an account paid as own means of a loss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnMeansPaid {
    /// The loss.
    pub loss: String,
    /// How much.
    pub amount: Amount,
}

/// What settlement by rank took from an account for a loss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TakenByRank {
    /// The loss.
    pub loss: String,
    /// How much.
    pub amount: Amount,
    /// What came back of it.
    pub repaid: Amount,
}

/// Sums of parts of amounts that are below 10^30 together.
fn sum(parts: impl Iterator<Item = Amount>) -> Amount {
    Amount::new(parts.map(Amount::atoms).sum()).unwrap_or(Amount::MAX)
}

impl Explanation {
    /// Explains `account` of a replayed run.
    ///
    /// Refused: an account that is not in the run, with those whose ids are nearest.
    pub fn of(replay: &Replay, account: &str) -> Result<Self, Diagnostic> {
        let name = rhodian_core::ids::Name::new(account);
        let found = name.and_then(|name| replay.state.account_named(&name));
        let id = found.ok_or_else(|| unknown(replay, account))?;
        let mut layers = Vec::new();
        let mut done: Vec<&Division> = Vec::new();
        for division in &replay.trail.divisions {
            let same = |other: &&Division| {
                (other.episode, other.layer, other.set)
                    == (division.episode, division.layer, division.set)
            };
            if division.part(id).is_some() && !done.iter().any(same) {
                let all: Vec<&Division> = replay.trail.divisions.iter().filter(same).collect();
                layers.push(layer_share(replay, id, &all).map_err(refused)?);
                done.push(division);
            }
        }
        let own = replay.trail.own_means.iter().filter(|(_, payer, _)| *payer == id);
        let own_means: Vec<OwnMeansPaid> = own
            .map(|(loss, _, amount)| OwnMeansPaid { loss: replay.name(*loss), amount: *amount })
            .collect();
        let by_rank = by_rank(replay, id);
        let not_liable = (layers.is_empty() && by_rank.is_empty())
            .then(|| why_not(replay, id, account, &own_means));
        let paid = sum(layers.iter().map(|layer| layer.paid));
        let repaid = sum(layers.iter().map(|layer| layer.repaid));
        Ok(Self {
            account: account.to_owned(),
            asset: replay.asset.clone(),
            decimals: replay.decimals,
            layers,
            own_means,
            by_rank,
            stakes: replay.trail.stakes.of(&replay.state, id),
            covers: covers::of(&replay.state, id),
            not_liable,
            paid,
            repaid,
            net: paid.less_or_zero(repaid),
        })
    }
}

impl Replay {
    /// The external id of a loss.
    #[must_use]
    pub fn name(&self, loss: LossId) -> String {
        self.losses.get(loss.index()).cloned().unwrap_or_default()
    }
}

/// What settlement took from the account, loss by loss.
fn by_rank(replay: &Replay, id: AccountId) -> Vec<TakenByRank> {
    let of_pool = |loss: LossId, pool: &ClaimPool| {
        let Bearer::Ranked { rows } = &pool.bearer else { return None };
        let place = rows.binary_search_by_key(&id, |row| row.account).ok()?;
        let Claim { borne: amount, repaid, .. } = rows[place];
        Some(TakenByRank { loss: replay.name(loss), amount, repaid })
    };
    let losses = replay.state.losses.losses();
    losses
        .flat_map(|(loss, found)| found.pools.iter().filter_map(move |pool| of_pool(loss, pool)))
        .collect()
}

fn refused(error: AllocationError) -> Diagnostic {
    let help = "this is a fault of the program: please report it with the folder.";
    Diagnostic::bad_input("shares-refused", error.to_string(), help)
}

/// The account's part of the divisions of one layer under one liable set.
fn layer_share(
    replay: &Replay,
    account: AccountId,
    divisions: &[&Division],
) -> Result<LayerShare, AllocationError> {
    let state = &replay.state;
    let mut losses = Vec::with_capacity(divisions.len());
    for division in divisions {
        losses.extend(loss_share(replay, account, division)?);
    }
    let last = divisions[divisions.len() - 1];
    let spec = state.domains.layer(last.layer).map(|layer| &layer.spec);
    let info = rule_info(rule_of(state, last));
    let part = last.part(account);
    let paid = sum(losses.iter().map(|loss| loss.share));
    let repaid = sum(losses.iter().map(|loss| loss.repaid));
    Ok(LayerShare {
        layer: spec.map_or_else(String::new, |spec| spec.name.as_str().to_owned()),
        kind: spec.map_or_else(String::new, |spec| kebab(&spec.kind)),
        weight_is: spec.map_or("weight", |spec| weight_word(spec.kind)),
        step: last.step,
        episode: last.episode.0 + 1,
        rule: info.name,
        members: last.parts.len(),
        weight: part.map_or(Amount::ZERO, |part| part.weight),
        cap: part.map_or(Amount::ZERO, |part| part.cap),
        risk: part.filter(|_| info.reads.2).map(|part| part.risk),
        losses,
        paid,
        repaid,
        net: paid.less_or_zero(repaid),
        rules: under_each_rule(state, account, last),
    })
}

fn loss_share(
    replay: &Replay,
    account: AccountId,
    division: &Division,
) -> Result<Option<LossShare>, AllocationError> {
    let state = &replay.state;
    let place = division.parts.binary_search_by_key(&account, |part| part.account);
    let (Ok(place), Some(loss)) = (place, state.losses.loss(division.loss)) else {
        return Ok(None);
    };
    let exact = exact_shares(state, division)?;
    let (whole, num, den) = exact.share(place);
    let part = &division.parts[place];
    let before: Vec<_> = layers_of(state, division.loss)
        .into_iter()
        .filter(|(step, _)| *step < division.step)
        .map(|(_, layer)| loss.received_from(layer))
        .collect();
    let planned = loss.draws.iter().filter(|draw| draw.layer == division.layer);
    Ok(Some(LossShare {
        loss: replay.name(division.loss),
        amount: loss.close_out,
        own_means: loss.own_means,
        netted: loss.netted,
        earlier_steps: sum(before.into_iter()),
        reached: sum(planned.map(|draw| draw.planned)),
        cumulative: division.cumulative,
        level: level_of(division, part.class),
        class: class_of(state, division, part),
        lower_classes: class_of(state, division, part).map(|class| {
            let lower = division.parts.iter().filter(|other| other.class < class);
            sum(lower.map(|other| other.share))
        }),
        cap_then: part.cap_then,
        exact_whole: Amount::new(whole).unwrap_or(Amount::MAX),
        exact_fraction: Fraction { num, den },
        exact: exact.fraction_text(place),
        before: part.before,
        share: part.share,
        called: division.way == Way::Call,
        repaid: repaid(state, division)[place],
    }))
}

/// What the account would have paid for the whole episode under each rule.
fn under_each_rule(state: &State, account: AccountId, last: &Division) -> Vec<UnderRule> {
    let columns = Columns::of(state, last);
    let Ok(place) = last.parts.binary_search_by_key(&account, |part| part.account) else {
        return Vec::new();
    };
    let each = allocation::under_each_rule(last.cumulative, &columns.claims(), place);
    let one = |under: allocation::UnderRule| UnderRule {
        rule: rule_info(under.rule).name,
        share: under.share.ok(),
        remark: rhodian_report::rules::remark(&under),
    };
    each.into_iter().map(one).collect()
}

/// Why an account that the run knows bears no share.
fn why_not(replay: &Replay, id: AccountId, account: &str, own_means: &[OwnMeansPaid]) -> String {
    let state = &replay.state;
    let owner = state.accounts.account(id).map(|found| found.owner);
    let failed = state
        .losses
        .episodes()
        .any(|(_, episode)| owner.is_some_and(|owner| episode.failed.contains(&owner)));
    if !failed && !own_means.is_empty() {
        return format!(
            "{account} bears no share of others: its loan failed, and its own means paid for that."
        );
    }
    if failed || !own_means.is_empty() {
        return format!(
            "{account} is not liable: its owner is the failed party, whose own means pay before \
             any layer and who shares no loss of the episode."
        );
    }
    let losses = state.losses.losses();
    let sets = losses.filter_map(|(_, loss)| state.losses.set(loss.set?));
    let layers = sets.flat_map(|set| &set.layers);
    let stands = layers.filter_map(|(layer, of)| Some((layer, of.members[of.place(id)?])));
    let names = |layer| state.domains.layer(layer).map_or("", |l| l.spec.name.as_str());
    match stands.map(|(layer, member)| (*layer, member)).next() {
        Some((layer, _)) => format!(
            "{account} pays nothing: it is liable through {}, and no loss reached that step.",
            names(layer)
        ),
        None => format!(
            "{account} is not liable: it has no claim with a cap above zero on any layer that \
             shares losses."
        ),
    }
}

/// An account that no event names, with up to three ids that are nearest.
fn unknown(replay: &Replay, account: &str) -> Diagnostic {
    let mut near: Vec<(usize, &str)> = Vec::new();
    for (_, found) in replay.state.accounts.accounts() {
        let name = found.name.as_str();
        let most = near.get(2).map_or(usize::MAX, |worst| worst.0);
        if name.len().abs_diff(account.len()) >= most {
            continue;
        }
        near.push((distance(account.as_bytes(), name.as_bytes()), name));
        near.sort_unstable();
        near.truncate(3);
    }
    let names: Vec<String> =
        near.iter().map(|(_, name)| crate::terminal::visible(name).into_owned()).collect();
    let shown = crate::terminal::visible(account);
    let message = format!("no account {shown} took part in the run");
    let help = if names.is_empty() {
        "accounts without a claim are not in the folder.".to_owned()
    } else {
        format!(
            "the nearest ids are {}; accounts that the loss file's filters drop are not liable \
             and not in the folder.",
            names.join(", ")
        )
    };
    Diagnostic::bad_input("account-unknown", message, help).at("--account")
}

/// How many bytes must be changed, added or dropped to make one id of the other.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn nothing(amount: &Amount) -> bool {
    amount.is_zero()
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_are_counted_in_bytes() {
        let cases = [("", "", 0), ("bob", "bob", 0), ("bob", "rob", 1), ("bob", "bobby", 2)];
        for (a, b, expected) in cases {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes()), expected, "{b} {a}");
        }
    }
}
