//! The committed episode: every leaf of every liable set and of every division. With it an auditor
//! recomputes every root, the balance, and everybody's share.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rhodian_core::allocation;
use rhodian_core::ids::{AccountId, OwnerId};
use rhodian_core::loss::Member;
use rhodian_core::units::Amount;
use serde::{Deserialize, Serialize};

use crate::division::{Columns, recompute};
use crate::head::SignedHead;
use crate::header::{AccountsHeader, Basis, ClassLevel, DivisionHeader, LayerRule, VERSION};
use crate::leaf::{AccountLeaf, LayerClaim, ShareLeaf};
use crate::log::LogPath;
use crate::receipt::{TRUSTED, Unreadable, read, write};
use crate::report::Report;
use crate::settled::settled;
use crate::sum::SumTree;
use crate::verify::{Policy, balance, belongs, head, pot, rank, share, sums, trusted};
use crate::waves::{drawn, prefix, waves};

/// The form of the file, in its first field.
pub const FORM: &str = "rhodian-episode-1";

/// What a committed episode does not show, in words: of what a receipt trusts, all that leaves
/// alone cannot tell, and that the file is whole.
pub const TRUSTED_OF_EPISODE: [&str; 6] = [
    TRUSTED[0],
    TRUSTED[1],
    TRUSTED[2],
    TRUSTED[3],
    TRUSTED[4],
    "later: that no wave after the last of a layer, and no liable set nor settlement, is left out \
     of the file",
];

/// One division with its leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommittedDivision {
    /// The header.
    pub header: DivisionHeader,
    /// The leaves, in tree order.
    pub leaves: Vec<ShareLeaf>,
    /// Where the header stands in the log.
    pub log: LogPath,
}

/// One liable set with its leaves, or the stakers of a pot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommittedSet {
    /// The header.
    pub header: AccountsHeader,
    /// The leaves, in tree order.
    pub leaves: Vec<AccountLeaf>,
    /// Where the header stands in the log.
    pub log: LogPath,
    /// The divisions under it: of a pot one.
    pub divisions: Vec<CommittedDivision>,
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpisodeFile {
    /// [`FORM`].
    pub form: String,
    /// The liable sets, in order; none where a domain that pots alone stand behind has nobody in it.
    pub sets: Vec<CommittedSet>,
    /// The stakers of each pot at each draw on it, with what the draw took of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pots: Vec<CommittedSet>,
    /// The settlement by rank that paid for losses of the episode: who held what, once for each
    /// liable set whose losses it paid for, of other episodes too, with what of whom each rank
    /// took.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranked: Vec<CommittedSet>,
    /// The head of the log.
    pub head: SignedHead,
}

impl EpisodeFile {
    /// The file: canonical JSON and a line feed.
    #[must_use]
    pub fn to_json(&self) -> String {
        write(self) + "\n"
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Where it is not an episode in canonical form.
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        read(text, FORM, |file: &Self| &file.form)
    }

    fn all(&self) -> impl Iterator<Item = &CommittedSet> {
        self.sets.iter().chain(&self.pots).chain(&self.ranked)
    }

    /// Checks all of it. Without a policy the head's signature is trusted.
    #[must_use]
    pub fn verify(&self, policy: Option<&Policy>) -> Report {
        let mut report = Report::default();
        let origin = self.all().next().map_or("", |set| set.header.origin.as_str());
        match policy {
            Some(policy) => head(&mut report, &self.head, origin, policy),
            None => report.trust("signature", "no key was given to check the head with"),
        }
        let once = self.sets.is_sorted_by(|one, two| one.header.set < two.header.set);
        let why = "all liable sets are of one episode, each once, and a settlement of its domain";
        report.check("one-episode", self.is_of_one_episode() && once, why);
        for (place, set) in self.sets.iter().enumerate() {
            let of = format!("set-{place}/");
            self.set(&mut report, &of, place == 0, set);
            waves(&mut report, &of, set);
        }
        for (place, pot) in self.pots.iter().enumerate() {
            self.set(&mut report, &format!("pot-{place}/"), true, pot);
        }
        drawn(&mut report, &self.pots);
        for (place, of) in self.ranked.iter().enumerate() {
            self.set(&mut report, &format!("ranked-{place}/"), true, of);
        }
        settled(&mut report, &self.ranked);
        // Shares are computed again, from caps and waves that the venue names: waves are held
        // against each other, but that a cap was so low or a wave divided once no leaf shows.
        trusted(&mut report, &TRUSTED_OF_EPISODE);
        report
    }

    /// Whether all is of one episode. A settlement pays for losses of other episodes of the domain,
    /// too, but is here because it paid for one of this.
    fn is_of_one_episode(&self) -> bool {
        let Some(first) = self.all().next().map(|set| &set.header) else { return false };
        let of = |header: &AccountsHeader| (header.origin.clone(), header.domain, header.asset);
        let of_domain = |set: &CommittedSet| of(&set.header) == of(first);
        let of_episode = |set: &CommittedSet| set.header.episode == first.episode;
        let paid = |set: &CommittedSet| of_episode(set) && !set.divisions.is_empty();
        let mut fixed = self.sets.iter().chain(&self.pots);
        first.episode.is_some()
            && self.all().all(of_domain)
            && fixed.all(|set| of_episode(set) && !set.header.is_of_ranks())
            && (self.ranked.is_empty() || self.ranked.iter().any(paid))
    }

    fn set(&self, report: &mut Report, of: &str, first: bool, set: &CommittedSet) {
        let header = &set.header;
        let root = SumTree::new(&set.leaves).map(|tree| tree.root());
        let counted = usize::try_from(header.count) == Ok(set.leaves.len());
        let ordered = set.leaves.is_sorted_by(|one, two| one.identity < two.identity);
        let mut accounts: Vec<AccountId> = set.leaves.iter().map(|leaf| leaf.account).collect();
        accounts.sort_unstable();
        let once = accounts.is_sorted_by(|one, two| one < two);
        let known = header.version == VERSION && root == Some(header.root);
        let why = format!("{} accounts, each once, lead to the root", set.leaves.len());
        report.check(format!("{of}accounts"), known && counted && ordered && once, why);
        balance(report, &format!("{of}balance"), header);
        pot(report, &format!("{of}pot"), header);
        rank(report, &format!("{of}rank"), header);
        let held = set.log.holds(&header.hash(), &self.head.head);
        report.check(format!("{of}in-log"), held, "the accounts stand in the log");
        for layer in &header.layers {
            weights(report, of, first, layer, &set.leaves);
        }
        let by_account: BTreeMap<AccountId, &AccountLeaf> =
            set.leaves.iter().map(|leaf| (leaf.account, leaf)).collect();
        for division in &set.divisions {
            self.division(report, of, (set, &by_account), division);
        }
    }

    fn division(
        &self,
        report: &mut Report,
        of: &str,
        (set, accounts): (&CommittedSet, &BTreeMap<AccountId, &AccountLeaf>),
        division: &CommittedDivision,
    ) {
        let header = &division.header;
        let of = prefix(of, header);
        belongs(report, &format!("{of}same-loss"), &set.header, header);
        let root = SumTree::new(&division.leaves).map(|tree| tree.root());
        let counted = usize::try_from(header.count) == Ok(division.leaves.len());
        let known = header.version == VERSION && root == Some(header.root);
        let why = format!("{} shares lead to the root", division.leaves.len());
        report.check(format!("{of}leaves"), known && counted, why);
        let held = division.log.holds(&header.hash(), &self.head.head);
        let after = set.log.index < division.log.index;
        report.check(format!("{of}in-log"), held && after, "the division stands in the log");
        sums(report, &format!("{of}sums"), header);
        let members = members(accounts, division);
        let why = "every account with a claim on the layer has a share, and no other";
        report.check(format!("{of}members"), members.is_some(), why);
        let shares = members.and_then(|members| shares(&set.header, division, &members));
        let why = "everybody's share is what the rule gives";
        report.check(format!("{of}shares"), shares == Some(true), why);
        let mut each = Report::default();
        for leaf in &division.leaves {
            if let Some(account) = accounts.get(&leaf.account) {
                share(&mut each, "", (&set.header, *account), (header, leaf));
            }
        }
        let failed = each.failed().next().map(ToString::to_string);
        let why = match &failed {
            Some(name) => format!("a participant's own check fails: {name}"),
            None => "everybody's own checks pass".into(),
        };
        report.check(format!("{of}each"), failed.is_none(), why);
    }
}

/// An owner in one layer.
#[derive(Default)]
struct Owned {
    /// What he gained over all his accounts, netted.
    gain: i128,
    /// What his claims weigh.
    weight: u128,
    /// Whether an account of his has no claim: failed, flat, or with a cap of nothing.
    bare: bool,
}

/// Weights by session gains: an owner's claims weigh what he gained over all his accounts, or less
/// where one of them has a cap of nothing and so no claim. Under a later set of an episode, less
/// what he paid: then they weigh no more.
fn weights(report: &mut Report, of: &str, first: bool, layer: &LayerRule, leaves: &[AccountLeaf]) {
    if layer.basis == Basis::Stake {
        let whole = |leaf: &AccountLeaf| {
            let claim = leaf.claim(layer.layer);
            claim.is_some_and(|claim| [claim.weight, claim.cap] == [leaf.gain; 2])
        };
        let name = format!("{of}layer-{}/weights", layer.layer);
        report.check(name, leaves.iter().all(whole), "everybody's weight is his stake");
    }
    if layer.basis != Basis::SessionGains {
        return;
    }
    let mut owners: BTreeMap<OwnerId, Owned> = BTreeMap::new();
    for leaf in leaves {
        let owner = owners.entry(leaf.owner).or_default();
        owner.gain += leaf.gain.atoms().cast_signed() - leaf.loss.atoms().cast_signed();
        match leaf.claim(layer.layer) {
            Some(claim) => owner.weight += claim.weight.atoms(),
            None => owner.bare = true,
        }
    }
    let positive = |owner: &Owned| owner.gain.max(0).unsigned_abs();
    let fits = |owner: &Owned| {
        let less = owner.weight < positive(owner) && (owner.bare || !first);
        owner.weight == positive(owner) || less
    };
    let said = |leaf: &AccountLeaf| {
        owners.get(&leaf.owner).is_some_and(|owner| leaf.netted.atoms() == positive(owner))
    };
    let holds = owners.values().all(fits) && leaves.iter().all(said);
    let free = owners.values().filter(|owner| owner.gain > 0 && owner.weight == 0).count();
    let less = |owner: &&Owned| owner.weight > 0 && owner.weight < positive(owner);
    let less = owners.values().filter(less).count();
    let name = format!("{of}layer-{}/weights", layer.layer);
    report.check(name, holds, "owners weigh what they gained, netted over their accounts");
    if free > 0 {
        let name = format!("{of}layer-{}/not-liable", layer.layer);
        let why = format!(
            "{free} owners gained and are not liable: failed, or not above their principal"
        );
        report.trust(name, why);
    }
    if less > 0 {
        let name = format!("{of}layer-{}/lighter", layer.layer);
        let why = format!(
            "{less} owners weigh less than they gained: for what they paid before in the episode, \
             or for an account without a claim"
        );
        report.trust(name, why);
    }
}

/// The members of a division in claim order, from both leaves; nothing where somebody is missing or
/// does not belong.
fn members(
    accounts: &BTreeMap<AccountId, &AccountLeaf>,
    division: &CommittedDivision,
) -> Option<Vec<Member>> {
    let layer = division.header.layer;
    let mut leaves: Vec<&ShareLeaf> = division.leaves.iter().collect();
    leaves.sort_unstable_by_key(|leaf| leaf.account);
    let claims = accounts.values().filter_map(|leaf| Some((*leaf, leaf.claim(layer)?)));
    let claims: Vec<(&AccountLeaf, &LayerClaim)> = claims.collect();
    if claims.len() != leaves.len() {
        return None;
    }
    let rows = (0u32..).zip(leaves).zip(claims);
    let member = |((place, leaf), (account, claim)): ((u32, &ShareLeaf), (&AccountLeaf, _))| {
        let claim: &LayerClaim = claim;
        let same = leaf.account == account.account && leaf.identity == account.identity;
        (same && leaf.place == place).then_some(Member {
            account: leaf.account,
            weight: claim.weight,
            cap: leaf.cap,
            score: claim.score,
            risk: claim.risk,
            class: claim.class,
            paid: leaf.paid,
            called: Amount::ZERO,
            waves: 0,
        })
    };
    rows.map(member).collect()
}

/// Whether core gives every member the share and the exact share that were committed, and every
/// class its level.
fn shares(
    accounts: &AccountsHeader,
    division: &CommittedDivision,
    members: &[Member],
) -> Option<bool> {
    let header = &division.header;
    let layer = accounts.layer(header.layer)?;
    let cumulative = header.before.checked_add(header.amount).ok()?;
    let columns = Columns::of(members, layer.classes);
    let shares = recompute(layer.rule, layer.on_touch, cumulative, &columns)?;
    let exact = allocation::exact(layer.rule, cumulative, &columns.claims()).ok()?;
    let levels = columns.classes().into_iter().zip(exact.levels());
    let levels = levels.map(|(class, level)| ClassLevel { class, level: *level });
    let levels = levels.eq(header.levels.iter().copied());
    let each = division.leaves.iter().all(|leaf| {
        let place = usize::try_from(leaf.place).unwrap_or(usize::MAX);
        let found = (leaf.whole.atoms(), leaf.rest.num, leaf.rest.den);
        shares.get(place) == Some(&leaf.share) && exact.share(place) == found
    });
    Some(levels && each)
}
