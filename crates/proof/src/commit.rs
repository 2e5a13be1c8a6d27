//! Commitments, made of core's public state. Leaves stand in the order of their salted identities:
//! the sums beside one's path then tell nobody whose they are.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use rhodian_core::allocation::{self, Claims, Rule};
use rhodian_core::control::PARAMETERS;
use rhodian_core::domain::MemberRule;
use rhodian_core::engine::State;
use rhodian_core::ids::{
    AccountId, CheckpointId, DomainId, EpisodeId, LayerId, LiableSetId, LossId, OwnerId,
};
use rhodian_core::loss::{self, DivisionTerms, FrozenRules, Member, ReportedClaim};
use rhodian_core::units::{Amount, Fraction, SignedAmount};

use crate::hash::{Digest, sha256, tag, tagged};
use crate::header::{
    AccountsHeader, ClassLevel, DivisionHeader, LayerRule, MarketPrice, ParameterValue, Term,
    VERSION, WaterfallInForce,
};
use crate::leaf::{AccountLeaf, LayerClaim, ShareLeaf, identity};
use crate::rounding::Rounding;
use crate::sum::{Sum, SumTree};

/// The venue, as its proofs name it.
#[derive(Clone, PartialEq, Eq)]
pub struct Venue {
    /// Its name: heads and headers carry it.
    pub origin: String,
    /// What salts come from. It stays with the venue: who knows it can tell whose a leaf is.
    pub secret: [u8; 32],
    /// The owners that are affiliates of the operator.
    pub affiliates: Vec<OwnerId>,
}

impl fmt::Debug for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Venue").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Why something is not committed: none of it can happen while core's laws hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A domain without accounts has no tree.
    NobodyThere,
    /// Something the event names is not in the state.
    Unknown {
        /// What.
        what: &'static str,
    },
    /// A number is outside its bound.
    OutOfBounds {
        /// What.
        what: &'static str,
    },
    /// Gains and losses do not balance.
    Unbalanced {
        /// The gains with their terms.
        gains: Sum,
        /// The losses with theirs.
        losses: Sum,
    },
    /// The shares of the event are not what the rule gives.
    OtherShares,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodyThere => f.write_str("the domain has no accounts"),
            Self::Unknown { what } => write!(f, "the state has no such {what}"),
            Self::OutOfBounds { what } => write!(f, "{what} is outside its bound"),
            Self::Unbalanced { gains, losses } => {
                write!(f, "gains of {gains} and losses of {losses} do not balance")
            }
            Self::OtherShares => f.write_str("the shares are not what the rule gives"),
        }
    }
}

impl core::error::Error for Flaw {}

/// Which moment a commitment is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment<'a> {
    /// A checkpoint.
    Checkpoint,
    /// A liable set that was fixed: its claims, by layer.
    Fixed {
        /// The set.
        set: LiableSetId,
        /// Its episode.
        episode: EpisodeId,
        /// The rules frozen for the episode.
        rules: &'a FrozenRules,
        /// The members.
        layers: &'a [(LayerId, Vec<ReportedClaim>)],
    },
}

/// All accounts of a domain, committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountsCommitment {
    /// What is signed for.
    pub header: AccountsHeader,
    /// The leaves, in tree order.
    pub leaves: Vec<AccountLeaf>,
    /// The tree.
    pub tree: SumTree<2>,
    /// The salt of each account, in tree order.
    pub salts: Vec<Digest>,
    /// Where each account stands in the tree, by account.
    places: Vec<(AccountId, usize)>,
}

impl AccountsCommitment {
    /// Commits all accounts of `domain` as they stand in `state`: the moment before the event that
    /// `moment` describes.
    ///
    /// # Errors
    ///
    /// See [`Flaw`].
    pub fn new(
        venue: &Venue,
        state: &State,
        domain: DomainId,
        moment: Moment<'_>,
    ) -> Result<Self, Flaw> {
        let reference = state.reference(domain, state.now());
        let (leaves, salts) = leaves(venue, state, (domain, reference), moment)?;
        let tree = SumTree::new(&leaves).ok_or(Flaw::OutOfBounds { what: "a sum" })?;
        let found = state.domains.domain(domain).ok_or(Flaw::Unknown { what: "domain" })?;
        let (episode, set, rules) = match moment {
            Moment::Checkpoint => (None, None, None),
            Moment::Fixed { set, episode, rules, .. } => (Some(episode), Some(set), Some(rules)),
        };
        let waterfalls = rules.map_or(&found.waterfalls, |rules| &rules.waterfalls);
        let in_force = waterfalls.iter().map(|(class, id)| WaterfallInForce {
            class: *class,
            waterfall: *id,
            steps: state
                .domains
                .waterfall(*id)
                .map_or(Digest::default(), |waterfall| tagged(tag::WATERFALL, &waterfall.steps)),
        });
        let rule = |layer: LayerId| {
            let spec = &state.domains.layer(layer)?.spec;
            let MemberRule { rule, classes, cap_of_weight, on_touch, basis } =
                *spec.source.members()?;
            let name = spec.name.as_str().to_string();
            Some(LayerRule { layer, name, rule, classes, cap_of_weight, on_touch, basis })
        };
        let layers = state.domains.layers_of(waterfalls).into_iter().filter_map(rule);
        let parameters = PARAMETERS.iter().map(|declared| {
            let value = Sum::new(state.control.value(domain, declared.parameter));
            ParameterValue { name: declared.name.into(), value: value.unwrap_or_default() }
        });
        let header = AccountsHeader {
            version: VERSION,
            origin: venue.origin.clone(),
            domain,
            asset: found.asset,
            episode,
            set,
            at: state.now(),
            reference,
            reference_at: state.markets.checkpoint(reference).map(|c| c.at).unwrap_or_default(),
            layers: layers.collect(),
            waterfalls: in_force.collect(),
            parameters: parameters.collect(),
            prices: prices(state, domain, reference),
            terms: terms(state, domain, reference),
            count: u32::try_from(leaves.len()).unwrap_or(u32::MAX),
            root: tree.root(),
        };
        match header.balance() {
            Some((gains, losses)) if gains == losses => {
                let places = places(leaves.iter().map(|leaf| leaf.account));
                Ok(Self { header, leaves, tree, salts, places })
            }
            Some((gains, losses)) => Err(Flaw::Unbalanced { gains, losses }),
            None => Err(Flaw::OutOfBounds { what: "a sum" }),
        }
    }

    /// The place of `account` in the tree.
    #[must_use]
    pub fn place(&self, account: AccountId) -> Option<usize> {
        place_in(&self.places, account)
    }
}

/// The accounts of a tree with their places in it, by account.
fn places(accounts: impl Iterator<Item = AccountId>) -> Vec<(AccountId, usize)> {
    let mut places: Vec<(AccountId, usize)> = accounts.zip(0..).collect();
    places.sort_unstable();
    places
}

fn place_in(places: &[(AccountId, usize)], account: AccountId) -> Option<usize> {
    let found = places.binary_search_by_key(&account, |(of, _)| *of).ok()?;
    Some(places[found].1)
}

/// The leaves and their salts, in the order of identities.
fn leaves(
    venue: &Venue,
    state: &State,
    (domain, reference): (DomainId, CheckpointId),
    moment: Moment<'_>,
) -> Result<(Vec<AccountLeaf>, Vec<Digest>), Flaw> {
    let layers = match moment {
        Moment::Checkpoint => &[],
        Moment::Fixed { layers, .. } => layers,
    };
    let asset = state.domains.domain(domain).map(|found| found.asset);
    let gains: Vec<i128> = state
        .accounts
        .accounts()
        .map(|(account, _)| {
            let trades = state.markets.position(account).asset == asset;
            if trades { state.markets.gain_in(account, domain, reference) } else { 0 }
        })
        .collect();
    let mut netted: BTreeMap<OwnerId, i128> = BTreeMap::new();
    for ((_, found), gain) in state.accounts.accounts().zip(&gains) {
        *netted.entry(found.owner).or_default() += gain;
    }
    let bounded = |atoms: i128| {
        Amount::new(atoms.unsigned_abs()).map_err(|_| Flaw::OutOfBounds { what: "a gain" })
    };
    let mut rows: Vec<(AccountLeaf, Digest)> = Vec::new();
    for ((account, found), gain) in state.accounts.accounts().zip(gains) {
        let claims: Vec<LayerClaim> =
            layers.iter().filter_map(|(layer, of)| claim_of(*layer, of, account)).collect();
        if gain == 0 && claims.is_empty() && !state.domains.accepted(domain, account) {
            continue;
        }
        let salt = salt(venue, (state, domain), account);
        let size = bounded(gain)?;
        let leaf = AccountLeaf {
            account,
            owner: found.owner,
            identity: identity(&salt, found.name.as_str()),
            gain: if gain > 0 { size } else { Amount::ZERO },
            loss: if gain < 0 { size } else { Amount::ZERO },
            netted: bounded(netted.get(&found.owner).map_or(0, |gain| *gain.max(&0)))?,
            affiliate: venue.affiliates.contains(&found.owner),
            claims,
        };
        rows.push((leaf, salt));
    }
    if rows.is_empty() {
        return Err(Flaw::NobodyThere);
    }
    rows.sort_unstable_by_key(|(leaf, _)| leaf.identity);
    Ok(rows.into_iter().unzip())
}

fn claim_of(layer: LayerId, of: &[ReportedClaim], account: AccountId) -> Option<LayerClaim> {
    let place = of.binary_search_by_key(&account, |claim| claim.account).ok()?;
    let ReportedClaim { weight, cap, score, risk, class, .. } = of[place];
    Some(LayerClaim { layer, weight, cap, score, risk, class })
}

/// The salt of one account in one commitment: nobody without the secret can make it, and the next
/// commitment has another.
fn salt(venue: &Venue, (state, domain): (&State, DomainId), account: AccountId) -> Digest {
    let moment = state.now().0.to_le_bytes();
    let (domain, account) = (domain.0.to_le_bytes(), account.0.to_le_bytes());
    sha256(&[tag::SALT, &venue.secret, &moment, &domain, &account])
}

fn prices(state: &State, domain: DomainId, reference: CheckpointId) -> Vec<MarketPrice> {
    let then = state.markets.checkpoint(reference);
    let of_domain = state.markets.markets().filter(|(_, market)| market.spec.domain == domain);
    let price = of_domain.map(|(id, market)| {
        let kept = then.and_then(|then| then.lot_values.get(id.index()).copied().flatten());
        let atoms = |value: i128| SignedAmount::new(value).ok();
        MarketPrice {
            market: id,
            mark: market.mark,
            lot_value: market.lot_value().and_then(atoms),
            reference: kept.and_then(|value| atoms(value.into())),
        }
    });
    price.collect()
}

/// What gained or lost beside accounts.
fn terms(state: &State, domain: DomainId, reference: CheckpointId) -> Vec<Term> {
    let outside = state.markets.outside(domain, reference);
    let term = |(name, gained): (&str, i128)| {
        let size = Sum::new(gained.unsigned_abs()).unwrap_or_default();
        let (gain, loss) = if gained > 0 { (size, Sum::ZERO) } else { (Sum::ZERO, size) };
        Term { name: name.into(), gain, loss }
    };
    [("fees", outside.fees), ("close-out-books", outside.books)].map(term).into()
}

/// One division, committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DivisionCommitment {
    /// What is signed for.
    pub header: DivisionHeader,
    /// The leaves, in tree order.
    pub leaves: Vec<ShareLeaf>,
    /// The tree.
    pub tree: SumTree<3>,
    /// Where each account stands in the tree, by account.
    places: Vec<(AccountId, usize)>,
}

impl DivisionCommitment {
    /// Commits the division of `loss` over `layer` that is due in `state`, whose accounts were
    /// committed before. `amount` is what the event says was divided.
    ///
    /// # Errors
    ///
    /// See [`Flaw`].
    pub fn new(
        state: &State,
        accounts: &AccountsCommitment,
        (loss, layer): (LossId, LayerId),
        amount: Amount,
    ) -> Result<Self, Flaw> {
        let terms = loss::division_terms(state, loss, layer);
        let terms = terms.ok_or(Flaw::Unknown { what: "division that is due" })?;
        let found = state.losses.loss(loss).ok_or(Flaw::Unknown { what: "loss" })?;
        let (levels, mut leaves) = shares(&terms, amount)?;
        for leaf in &mut leaves {
            let place = accounts.place(leaf.account).ok_or(Flaw::Unknown { what: "member" })?;
            leaf.identity = accounts.leaves[place].identity;
        }
        let rounding = Rounding::of(&leaves, terms.rule.on_touch);
        let rounding = rounding.ok_or(Flaw::OutOfBounds { what: "a sum" })?;
        if leaves.iter().any(|leaf| rounding.share(leaf) != Some(leaf.share)) {
            return Err(Flaw::OtherShares);
        }
        leaves.sort_unstable_by_key(|leaf| leaf.identity);
        let tree = SumTree::new(&leaves).ok_or(Flaw::NobodyThere)?;
        let header = DivisionHeader {
            version: VERSION,
            origin: accounts.header.origin.clone(),
            domain: found.domain,
            episode: found.episode.ok_or(Flaw::Unknown { what: "episode" })?,
            set: terms.set,
            accounts: accounts.header.hash(),
            loss,
            number: Sum::new(found.number.into()).unwrap_or_default(),
            layer,
            wave: terms.wave,
            at: state.now(),
            amount,
            before: terms.before,
            levels,
            rounding,
            count: u32::try_from(leaves.len()).unwrap_or(u32::MAX),
            root: tree.root(),
        };
        let places = places(leaves.iter().map(|leaf| leaf.account));
        Ok(Self { header, leaves, tree, places })
    }

    /// The place of `account` in the tree.
    #[must_use]
    pub fn place(&self, account: AccountId) -> Option<usize> {
        place_in(&self.places, account)
    }
}

/// The columns of a division, as the rules read them.
pub(crate) struct Columns {
    caps: Vec<Amount>,
    weights: Vec<Amount>,
    scores: Vec<i64>,
    risks: Vec<u64>,
    classes: Vec<u32>,
    pub(crate) paid: Vec<Amount>,
}

impl Columns {
    pub(crate) fn of(members: &[Member], with_classes: bool) -> Self {
        let classes = members.iter().map(|m| m.class).filter(|_| with_classes);
        Self {
            caps: members.iter().map(|m| m.cap).collect(),
            weights: members.iter().map(|m| m.weight).collect(),
            scores: members.iter().map(|m| m.score).collect(),
            risks: members.iter().map(|m| m.risk).collect(),
            classes: classes.collect(),
            paid: members.iter().map(|m| m.paid).collect(),
        }
    }

    pub(crate) fn claims(&self) -> Claims<'_> {
        Claims {
            caps: &self.caps,
            weights: &self.weights,
            scores: &self.scores,
            risks: &self.risks,
            classes: &self.classes,
        }
    }

    /// The classes that are read, in order.
    pub(crate) fn classes(&self) -> Vec<u32> {
        let mut classes = self.classes.clone();
        classes.sort_unstable();
        classes.dedup();
        if classes.is_empty() { Vec::from([0]) } else { classes }
    }
}

/// The levels and shares of a division, in claim order, by core's own rules.
fn shares(
    terms: &DivisionTerms,
    amount: Amount,
) -> Result<(Vec<ClassLevel>, Vec<ShareLeaf>), Flaw> {
    let out = |_| Flaw::OutOfBounds { what: "an amount" };
    let columns = Columns::of(&terms.members, terms.rule.classes);
    let cumulative = terms.before.checked_add(amount).map_err(out)?;
    let shares = recompute(terms.rule.rule, terms.rule.on_touch, cumulative, &columns);
    let shares = shares.ok_or(Flaw::OtherShares)?;
    let exact = allocation::exact(terms.rule.rule, cumulative, &columns.claims());
    let exact = exact.map_err(|_| Flaw::OtherShares)?;
    let levels = columns.classes().into_iter().zip(exact.levels());
    let levels = levels.map(|(class, level)| ClassLevel { class, level: *level });
    let mut leaves = Vec::with_capacity(terms.members.len());
    for ((place, member), share) in (0u32..).zip(&terms.members).zip(shares) {
        let index = usize::try_from(place).unwrap_or(usize::MAX);
        let (whole, num, den) = exact.share(index);
        let whole = Amount::new(whole).map_err(out)?;
        let paid = member.paid;
        let floor = if terms.rule.on_touch { share } else { whole.less_or_zero(paid) };
        leaves.push(ShareLeaf {
            account: member.account,
            identity: Digest::default(),
            place,
            cap: member.cap,
            paid,
            whole,
            rest: Fraction { num, den },
            floor,
            share,
        });
    }
    Ok((levels.collect(), leaves))
}

/// What each member pays now, in claim order, by core's own rules; nothing where they refuse.
pub(crate) fn recompute(
    rule: Rule,
    on_touch: bool,
    cumulative: Amount,
    columns: &Columns,
) -> Option<Vec<Amount>> {
    let claims = columns.claims();
    if !on_touch {
        return Some(allocation::next_wave(rule, cumulative, &claims, &columns.paid).ok()?.shares);
    }
    let level = allocation::level_for(cumulative, &claims).ok()?;
    let columns = columns.weights.iter().zip(&columns.caps).zip(&columns.paid);
    let shares = columns.map(|((weight, cap), paid)| {
        allocation::capped_share_ceil(*weight, *cap, level).less_or_zero(*paid)
    });
    Some(shares.collect())
}
