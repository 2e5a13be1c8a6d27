//! The waves of one layer under one liable set, held against each other: what a wave says was paid
//! before it is what the waves before it took. Draws on a pot, each over who was staked then.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rhodian_core::ids::{AccountId, LayerId, LiableSetId, LossId, Time};
use rhodian_core::units::Amount;

use crate::episode::{CommittedDivision, CommittedSet};
use crate::header::DivisionHeader;
use crate::leaf::{AccountLeaf, ShareLeaf};
use crate::ranked::{name_of, rank_of};
use crate::report::Report;
use crate::sum::Sum;

/// How the names of a division's checks begin.
pub(crate) fn prefix(of: &str, header: &DivisionHeader) -> String {
    let (loss, layer, wave) = (header.loss, header.layer, header.wave);
    match rank_of(layer) {
        Some(rank) => format!("{of}loss-{loss}/rank-{}/wave-{wave}/", name_of(rank)),
        None => format!("{of}loss-{loss}/layer-{layer}/wave-{wave}/"),
    }
}

/// Checks the waves of every layer of `set`: each once and in turn, and each after what came before.
pub(crate) fn waves(report: &mut Report, of: &str, set: &CommittedSet) {
    let accounts: BTreeMap<AccountId, &AccountLeaf> =
        set.leaves.iter().map(|leaf| (leaf.account, leaf)).collect();
    let mut layers: BTreeMap<LayerId, Vec<&CommittedDivision>> = BTreeMap::new();
    for division in &set.divisions {
        layers.entry(division.header.layer).or_default().push(division);
    }
    for (layer, mut divisions) in layers {
        divisions.sort_by_key(|division| division.header.wave);
        let why = format!("waves 1 to {}, each once, one after the other", divisions.len());
        report.check(format!("{of}layer-{layer}/waves"), in_turn(&divisions), why);
        let called = set.header.layer(layer).is_some_and(|layer| layer.basis.is_called());
        let mut before = Before::default();
        for division in divisions {
            let of = prefix(of, &division.header);
            if called {
                before.at_most(report, &of, division);
            } else {
                before.check(report, &of, division);
            }
            lower_caps(report, &of, division, &accounts);
            before.take(division);
        }
    }
}

/// Whether `divisions` are waves from the first on, each once, one after the other.
pub(crate) fn in_turn(divisions: &[&CommittedDivision]) -> bool {
    let later = |one: &&CommittedDivision, two: &&CommittedDivision| {
        one.log.index < two.log.index && one.header.at <= two.header.at
    };
    let once = (1..).zip(divisions).all(|(wave, division)| division.header.wave == wave);
    once && divisions.is_sorted_by(later)
}

/// Checks that every draw on a pot is there once, each with the stakers of it alone, and that the
/// parts of one draw are together what the pot held.
pub(crate) fn drawn(report: &mut Report, pots: &[CommittedSet]) {
    let mut waves: BTreeMap<(LiableSetId, LayerId), Vec<&CommittedDivision>> = BTreeMap::new();
    let mut draws: BTreeMap<(LayerId, LossId, Time), Vec<&CommittedSet>> = BTreeMap::new();
    let mut alone = true;
    for pot in pots {
        alone &= pot.header.is_of_stakes() && pot.divisions.len() == 1;
        for CommittedDivision { header, .. } in &pot.divisions {
            let of = waves.entry((header.set, header.layer)).or_default();
            of.extend(&pot.divisions);
            draws.entry((header.layer, header.loss, header.at)).or_default().push(pot);
        }
    }
    if pots.is_empty() {
        return;
    }
    let once = waves.values().all(|waves| in_turn(waves));
    let whole = draws.values().all(|parts| parts_of_one(parts));
    let why = format!("{} draws on pots, each once, over who was staked then", pots.len());
    report.check("pots", alone && once && whole, why);
}

/// Whether the parts of one draw are the whole pot: one alone has nothing beside it, or takes less
/// than it is, so that what is behind it pays nothing; of two each is what is beside the other, and
/// the first is taken whole.
fn parts_of_one(parts: &[&CommittedSet]) -> bool {
    let stakes = |of: &CommittedSet| of.header.root.sums[0];
    let beside = |of: &CommittedSet| of.header.terms.first().map(|term| term.gain);
    let taken = |of: &CommittedSet| of.divisions.first().map(|of| Sum::from(of.header.amount));
    match parts {
        [one] => beside(one) == Some(Sum::ZERO) || taken(one) <= Some(stakes(one)),
        [first, then] => {
            let apart = [beside(first), beside(then)] == [stakes(then), stakes(first)].map(Some);
            apart && taken(first) == Some(stakes(first))
        }
        _ => false,
    }
}

/// What the waves so far came to.
struct Before {
    /// In all; nothing once it passes its bound.
    amount: Option<Amount>,
    /// By account: what it paid, and its cap at the last wave.
    members: BTreeMap<AccountId, (Option<Amount>, Amount)>,
}

impl Default for Before {
    fn default() -> Self {
        Self { amount: Some(Amount::ZERO), members: BTreeMap::new() }
    }
}

impl Before {
    fn paid(&self, account: AccountId) -> Option<Amount> {
        self.members.get(&account).map_or(Some(Amount::ZERO), |(paid, _)| *paid)
    }

    fn check(&self, report: &mut Report, of: &str, division: &CommittedDivision) {
        let header = &division.header;
        let each = division.leaves.iter().all(|leaf| Some(leaf.paid) == self.paid(leaf.account));
        let why = format!("{} and everybody's part of it are of the waves before", header.before);
        report.check(format!("{of}before"), Some(header.before) == self.amount && each, why);
        // A division shrinks a cap to what it counted on; money that comes later does not raise it.
        let risen = |leaf: &ShareLeaf| {
            self.members.get(&leaf.account).is_some_and(|(_, cap)| leaf.cap > *cap)
        };
        let holds = !division.leaves.iter().any(risen);
        report.check(format!("{of}caps"), holds, "no cap is higher than at the wave before");
    }

    /// Who is called may not have paid: nobody paid more than he was called for.
    fn at_most(&self, report: &mut Report, of: &str, division: &CommittedDivision) {
        let header = &division.header;
        let within = |paid: Amount, most: Option<Amount>| most.is_some_and(|most| paid <= most);
        let each = |leaf: &ShareLeaf| within(leaf.paid, self.paid(leaf.account));
        let holds = within(header.before, self.amount) && division.leaves.iter().all(each);
        let why = format!("{} and everybody's part of it were called for before", header.before);
        report.check(format!("{of}before"), holds, why);
        if !header.before.is_zero() {
            let why = "that of what they were called for before they paid so much, or still may";
            report.trust(format!("{of}paid"), why);
        }
    }

    fn take(&mut self, division: &CommittedDivision) {
        let amount = division.header.amount;
        self.amount = self.amount.and_then(|before| before.checked_add(amount).ok());
        for leaf in &division.leaves {
            let paid = self.paid(leaf.account);
            let paid = paid.and_then(|paid| paid.checked_add(leaf.share).ok());
            self.members.insert(leaf.account, (paid, leaf.cap));
        }
    }
}

/// How many had a lower cap than the frozen one: that they held no more no file shows.
fn lower_caps(
    report: &mut Report,
    of: &str,
    division: &CommittedDivision,
    accounts: &BTreeMap<AccountId, &AccountLeaf>,
) {
    let frozen = |leaf: &ShareLeaf| accounts.get(&leaf.account)?.claim(division.header.layer);
    let lower = |leaf: &&ShareLeaf| frozen(leaf).is_some_and(|claim| leaf.cap < claim.cap);
    let count = division.leaves.iter().filter(lower).count();
    if count > 0 {
        let why = format!("{count} caps are below the frozen ones: that they held no more");
        report.trust(format!("{of}lower-caps"), why);
    }
}
