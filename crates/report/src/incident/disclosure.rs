//! The quantitative disclosures of clearing houses, as far as one episode can say them. Numbers are
//! those of the CPMI-IOSCO public disclosure framework of 2015.

use std::collections::BTreeMap;

use rhodian_core::engine::State;
use rhodian_core::loss::{Episode, Loss};
use rhodian_core::units::Amount;
use serde::Serialize;

use super::{PayerRow, RuleLayer, sum};

/// The fields. Amounts are in atoms of the episode's asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disclosure {
    /// 4.1: prefunded resources when the episode opened, in the order of the default waterfall.
    #[serde(rename = "4.1_prefunded_resources")]
    pub prefunded: Vec<(String, Amount)>,
    /// 4.4.6: the largest deficit of one owner, beyond his own means.
    #[serde(rename = "4.4.6_largest_single_deficit")]
    pub largest: Amount,
    /// 4.4.7: the largest deficits of two owners together.
    #[serde(rename = "4.4.7_largest_two_deficits")]
    pub largest_two: Amount,
    /// 6.5.1: how many losses passed the margin that stood for them.
    #[serde(rename = "6.5.1_margin_breaches")]
    pub breaches: usize,
    /// 6.5.4: the largest of those breaches, close-out loss less margin.
    #[serde(rename = "6.5.4_peak_breach")]
    pub peak_breach: Amount,
    /// 6.5.5: their mean, rounded down.
    #[serde(rename = "6.5.5_average_breach")]
    pub average_breach: Amount,
    /// 13.1.1: close-out losses against own means.
    #[serde(rename = "13.1.1_losses_and_own_means")]
    pub losses_and_own_means: (Amount, Amount),
    /// 13.1.2: resources of others used, by layer.
    #[serde(rename = "13.1.2_other_resources_used")]
    pub used: Vec<(String, Amount)>,
    /// 18.2: what the five accounts that paid most paid together, and what all paid.
    #[serde(rename = "18.2_largest_five_payers")]
    pub largest_five: (Amount, Amount),
}

impl Disclosure {
    pub(super) fn of(
        state: &State,
        episode: &Episode,
        rules: &[RuleLayer],
        payers: &[PayerRow],
    ) -> Self {
        let losses: Vec<&Loss> =
            episode.losses.iter().filter_map(|id| state.losses.loss(*id)).collect();
        let deficits = by_owner(state, &losses);
        let breaches: Vec<Amount> = losses
            .iter()
            .map(|loss| loss.close_out.less_or_zero(loss.margin))
            .filter(|breach| !breach.is_zero())
            .collect();
        let total = sum(breaches.iter().copied());
        let count = u128::try_from(breaches.len()).unwrap_or(u128::MAX).max(1);
        let held = |layer: &RuleLayer| Some((layer.layer.clone(), layer.held_at_opening?));
        let mut prefunded: Vec<(String, Amount)> = rules.iter().filter_map(held).collect();
        // A pot stands once, though it may stand in the waterfalls of several causes.
        let mut seen = std::collections::BTreeSet::new();
        prefunded.retain(|(layer, _)| seen.insert(layer.clone()));
        Self {
            prefunded,
            largest: deficits.first().copied().unwrap_or_default(),
            largest_two: sum(deficits.iter().take(2).copied()),
            breaches: breaches.len(),
            peak_breach: breaches.iter().max().copied().unwrap_or_default(),
            average_breach: Amount::new(total.atoms() / count).unwrap_or(Amount::MAX),
            losses_and_own_means: (
                sum(losses.iter().map(|loss| loss.close_out)),
                sum(losses.iter().map(|loss| loss.own_means)),
            ),
            used: used(state, &losses),
            largest_five: largest_five(payers),
        }
    }
}

/// Deficits by owner, largest first; a loss without a failed account is its own.
fn by_owner(state: &State, losses: &[&Loss]) -> Vec<Amount> {
    let mut owners: BTreeMap<_, u128> = BTreeMap::new();
    for loss in losses {
        let owner = loss.failed.and_then(|account| state.accounts.account(account));
        let key = owner.map_or(Err((loss.domain, loss.number)), |account| Ok(account.owner));
        *owners.entry(key).or_default() += loss.deficit.atoms();
    }
    let mut found: Vec<Amount> =
        owners.into_values().filter_map(|atoms| Amount::new(atoms).ok()).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

/// What each layer paid, in the order in which layers were first drawn on.
fn used(state: &State, losses: &[&Loss]) -> Vec<(String, Amount)> {
    let mut rows: Vec<(String, u128)> = Vec::new();
    for draw in losses.iter().flat_map(|loss| &loss.draws) {
        let name = state.domains.layer(draw.layer).map(|layer| layer.spec.name.as_str());
        let name = name.unwrap_or_default();
        let paid = draw.received.atoms();
        match rows.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += paid,
            None => rows.push((name.to_owned(), paid)),
        }
    }
    rows.into_iter().map(|(name, paid)| (name, Amount::new(paid).unwrap_or(Amount::MAX))).collect()
}

fn largest_five(payers: &[PayerRow]) -> (Amount, Amount) {
    let mut accounts: BTreeMap<&str, u128> = BTreeMap::new();
    for row in payers {
        *accounts.entry(&row.account).or_default() += row.paid.atoms();
    }
    let mut paid: Vec<u128> = accounts.into_values().collect();
    paid.sort_unstable_by(|a, b| b.cmp(a));
    let amount = |atoms: u128| Amount::new(atoms).unwrap_or(Amount::MAX);
    (amount(paid.iter().take(5).sum()), amount(paid.iter().sum()))
}
