//! Commitments, made of core's public state. Leaves stand in the order of their salted identities:
//! the sums beside one's path then tell nobody whose they are.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use rhodian_core::control::PARAMETERS;
use rhodian_core::domain::{CauseClass, Source};
use rhodian_core::engine::State;
use rhodian_core::ids::{
    AccountId, CheckpointId, DomainId, EpisodeId, LayerId, LiableSetId, OwnerId, WaterfallId,
};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{FrozenRules, RankedClaim, ReportedClaim};
use rhodian_core::units::{Amount, SignedAmount};

use crate::hash::{Digest, sha256, tag, tagged};
use crate::header::{
    AccountsHeader, Basis, LayerRule, MarketPrice, ParameterValue, Term, VERSION, WaterfallInForce,
};
use crate::leaf::{AccountLeaf, LayerClaim, identity};
use crate::ranked;
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
        /// The set and its episode.
        of: Under<'a>,
        /// The members.
        layers: &'a [(LayerId, Vec<ReportedClaim>)],
    },
    /// A staked pot that is drawn on.
    Drawn {
        /// The set and the episode of the loss that is drawn for.
        of: Under<'a>,
        /// The pot.
        layer: LayerId,
        /// Which draw on a pot it is, of all: each has salts of its own.
        draw: u32,
        /// What of each stake is taken from, in account order; others may be taken from apart.
        stakes: &'a [(AccountId, Amount)],
    },
    /// A settlement by rank.
    Ranked {
        /// The set and the episode of the losses that are settled.
        of: Under<'a>,
        /// Which commitment of a settlement it is, of all: each has salts of its own.
        number: u32,
        /// The claims, by account and rank.
        claims: &'a [RankedClaim],
    },
}

/// A liable set, its episode, and the rules frozen for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Under<'a> {
    /// The set.
    pub set: LiableSetId,
    /// Its episode.
    pub episode: EpisodeId,
    /// The rules.
    pub rules: &'a FrozenRules,
}

impl<'a> Moment<'a> {
    const fn under(self) -> Option<Under<'a>> {
        match self {
            Self::Checkpoint => None,
            Self::Fixed { of, .. } | Self::Drawn { of, .. } | Self::Ranked { of, .. } => Some(of),
        }
    }
}

/// Accounts of a domain, committed: all of them, or the stakers of a pot, or all who hold its
/// asset.
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
    /// Commits all accounts of `domain`, or the stakers of its pot, or all who hold its asset, as
    /// they stand in `state`: the moment before the event that `moment` describes.
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
        let found = state.domains.domain(domain).ok_or(Flaw::Unknown { what: "domain" })?;
        let reference = state.reference(domain, state.now());
        let (mut rows, terms, prices) = match moment {
            Moment::Drawn { layer, draw, stakes, .. } => {
                let rows = stakers(venue, state, (domain, layer, draw), stakes)?;
                (rows, stakes_beside(state, layer, stakes), Vec::new())
            }
            Moment::Ranked { number, claims, .. } => {
                let of = (domain, found.asset, number);
                let rows = ranked::holders(venue, state, of, claims)?;
                (rows, ranked::terms(state, found.asset)?, Vec::new())
            }
            Moment::Checkpoint | Moment::Fixed { .. } => (
                traders(venue, state, (domain, reference), moment)?,
                terms(state, domain, reference),
                prices(state, domain, reference),
            ),
        };
        if rows.is_empty() {
            return Err(Flaw::NobodyThere);
        }
        rows.sort_unstable_by_key(|(leaf, _)| leaf.identity);
        let (leaves, salts): (Vec<AccountLeaf>, Vec<Digest>) = rows.into_iter().unzip();
        let tree = SumTree::new(&leaves).ok_or(Flaw::OutOfBounds { what: "a sum" })?;
        let under = moment.under();
        let waterfalls = under.map_or(&found.waterfalls, |of| &of.rules.waterfalls);
        let in_force = waterfalls.iter().map(|of| in_force(state, of));
        let rule = |layer| rule_of(state, layer, moment);
        let layers = match moment {
            Moment::Drawn { layer, .. } => rule(layer).into_iter().collect(),
            Moment::Ranked { .. } => ranked::rules(),
            _ => state.domains.layers_of(waterfalls).into_iter().filter_map(rule).collect(),
        };
        let parameters = PARAMETERS.iter().map(|declared| {
            let value = Sum::new(state.control.value(domain, declared.parameter));
            ParameterValue { name: declared.name.into(), value: value.unwrap_or_default() }
        });
        let header = AccountsHeader {
            version: VERSION,
            origin: venue.origin.clone(),
            domain,
            asset: found.asset,
            episode: under.map(|of| of.episode),
            set: under.map(|of| of.set),
            at: state.now(),
            reference,
            reference_at: state.markets.checkpoint(reference).map(|c| c.at).unwrap_or_default(),
            layers,
            waterfalls: in_force.collect(),
            parameters: parameters.collect(),
            prices,
            terms,
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

fn in_force(state: &State, (class, id): (&CauseClass, &WaterfallId)) -> WaterfallInForce {
    let steps = state.domains.waterfall(*id).map(|found| tagged(tag::WATERFALL, &found.steps));
    WaterfallInForce { class: *class, waterfall: *id, steps: steps.unwrap_or_default() }
}

/// The accounts of a tree with their places in it, by account.
pub(crate) fn places(accounts: impl Iterator<Item = AccountId>) -> Vec<(AccountId, usize)> {
    let mut places: Vec<(AccountId, usize)> = accounts.zip(0..).collect();
    places.sort_unstable();
    places
}

pub(crate) fn place_in(places: &[(AccountId, usize)], account: AccountId) -> Option<usize> {
    let found = places.binary_search_by_key(&account, |(of, _)| *of).ok()?;
    Some(places[found].1)
}

/// How `layer` divides over its members, or the draw on a pot over its stakers.
fn rule_of(state: &State, layer: LayerId, moment: Moment<'_>) -> Option<LayerRule> {
    let spec = &state.domains.layer(layer)?.spec;
    let name = spec.name.as_str().to_string();
    if let Moment::Drawn { .. } = moment {
        return Some(LayerRule::by_size(layer, name, Basis::Stake));
    }
    let rule = spec.source.members()?;
    let called = matches!(spec.source, Source::Call { .. });
    Some(LayerRule {
        layer,
        name,
        rule: rule.rule,
        classes: rule.classes,
        cap_of_weight: rule.cap_of_weight,
        on_touch: rule.on_touch,
        basis: Basis::of(rule.basis, called),
    })
}

/// A leaf and its salt.
pub(crate) type Row = (AccountLeaf, Digest);

/// The stakers of a pot. Their stakes stand where gains do, so that they balance with the pot.
fn stakers(
    venue: &Venue,
    state: &State,
    (domain, layer, draw): (DomainId, LayerId, u32),
    stakes: &[(AccountId, Amount)],
) -> Result<Vec<Row>, Flaw> {
    let staked = stakes.iter().filter(|(_, stake)| !stake.is_zero());
    let row = |(account, stake): &(AccountId, Amount)| {
        let found = state.accounts.account(*account).ok_or(Flaw::Unknown { what: "account" })?;
        let salt = salt(venue, (state, domain), *account, &draw.to_le_bytes());
        let (weight, cap) = (*stake, *stake);
        let claim = LayerClaim { layer, weight, cap, score: 0, risk: 1_000_000, class: 0 };
        let leaf = AccountLeaf {
            account: *account,
            owner: found.owner,
            identity: identity(&salt, found.name.as_str()),
            gain: *stake,
            loss: Amount::ZERO,
            netted: *stake,
            affiliate: venue.affiliates.contains(&found.owner),
            claims: Vec::from([claim]),
        };
        Ok((leaf, salt))
    };
    staked.map(row).collect()
}

/// The pot, and what else is staked in it than `stakes`.
fn stakes_beside(state: &State, layer: LayerId, stakes: &[(AccountId, Amount)]) -> Vec<Term> {
    let asset = state.domains.layer(layer).map(|found| found.spec.asset).unwrap_or_default();
    let pot = state.ledger.balance(asset, Holder::Layer(layer)).atoms().max(0).unsigned_abs();
    let named: u128 = stakes.iter().map(|(_, stake)| stake.atoms()).sum();
    let sum = |atoms: u128| Sum::new(atoms).unwrap_or_default();
    // By the law of stakes a pot holds at least what of them is taken from.
    let beside = sum(pot.abs_diff(named));
    Vec::from([
        Term { name: "stakes-beside".into(), gain: beside, loss: Sum::ZERO },
        Term { name: "pot".into(), gain: Sum::ZERO, loss: sum(pot) },
    ])
}

/// All accounts of a domain, with what they gained.
fn traders(
    venue: &Venue,
    state: &State,
    (domain, reference): (DomainId, CheckpointId),
    moment: Moment<'_>,
) -> Result<Vec<Row>, Flaw> {
    let layers = match moment {
        Moment::Fixed { layers, .. } => layers,
        Moment::Checkpoint | Moment::Drawn { .. } | Moment::Ranked { .. } => &[],
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
    let mut rows: Vec<Row> = Vec::new();
    for ((account, found), gain) in state.accounts.accounts().zip(gains) {
        let claims: Vec<LayerClaim> =
            layers.iter().filter_map(|(layer, of)| claim_of(*layer, of, account)).collect();
        if gain == 0 && claims.is_empty() && !state.domains.accepted(domain, account) {
            continue;
        }
        let salt = salt(venue, (state, domain), account, &[]);
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
    Ok(rows)
}

fn claim_of(layer: LayerId, of: &[ReportedClaim], account: AccountId) -> Option<LayerClaim> {
    let place = of.binary_search_by_key(&account, |claim| claim.account).ok()?;
    let ReportedClaim { weight, cap, score, risk, class, .. } = of[place];
    Some(LayerClaim { layer, weight, cap, score, risk, class })
}

/// The salt of one account in one commitment: nobody without the secret can make it, and the next
/// commitment has another, as has each `draw` on a pot at the same moment.
pub(crate) fn salt(
    venue: &Venue,
    (state, domain): (&State, DomainId),
    account: AccountId,
    draw: &[u8],
) -> Digest {
    let moment = state.now().0.to_le_bytes();
    let (domain, account) = (domain.0.to_le_bytes(), account.0.to_le_bytes());
    sha256(&[tag::SALT, &venue.secret, &moment, &domain, &account, draw])
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
