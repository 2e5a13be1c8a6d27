//! How things are shown: what core holds, under its id, with what core computes of it. Whole
//! numbers beyond 2^53 are strings of digits.

use std::collections::BTreeMap;

use rhodian_core::account::AccountKind;
use rhodian_core::closeout::Routes;
use rhodian_core::control::Status;
use rhodian_core::domain::{ExitQueue, Layer, MemberRule};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, LossId, MarketId, Name, Time};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Wave;
use rhodian_core::oracle::{Answer, FeedSpec, Good, PriceError, Report};
use rhodian_core::units::{Amount, Price, Quantity, SignedAmount};
use schemars::JsonSchema;
use serde::Serialize;

/// A whole number as digits.
pub type Digits = String;

/// Something under its id.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row<T> {
    /// The id.
    pub id: u32,
    /// What it is.
    #[serde(flatten)]
    pub of: T,
}

/// How the venue stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VenueView {
    /// Its name.
    pub venue: String,
    /// Its status.
    pub status: Status,
    /// Until when the last halt lasts, or would have lasted.
    pub halted_until: Option<Time>,
    /// Every domain's status.
    pub domains: Vec<DomainStatus>,
    /// How many there are of everything.
    pub counts: BTreeMap<&'static str, u64>,
    /// blake3 of the canonical bytes of the state, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A domain's status.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DomainStatus {
    /// The domain.
    pub domain: DomainId,
    /// Its name.
    pub name: Name,
    /// The status that counts: its own, or the venue's where that is further down.
    pub status: Status,
    /// Its own.
    pub own: Status,
    /// Until when its last halt lasts, or would have lasted.
    pub halted_until: Option<Time>,
    /// What no step absorbed and nobody paid since, in atoms.
    pub uncovered: Amount,
    /// What its close-out books gained and has not paid for anything yet.
    pub results: Amount,
    /// Whether an episode of it is open.
    pub episode_open: bool,
    /// The exit queue above the domain's limit: while there is one, no fill that widens a position
    /// and no new loan is accepted.
    pub exits_above_limit: Option<ExitQueue>,
}

/// A balance of one ledger account.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LedgerRow {
    /// Who holds it.
    pub holder: Holder,
    /// Atoms.
    pub balance: SignedAmount,
}

/// The ledger of an asset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LedgerView {
    /// The asset.
    pub asset: AssetId,
    /// The sum of all its balances: zero.
    pub trial: Digits,
    /// The balances that are not participants'.
    pub holders: Vec<LedgerRow>,
}

/// A layer and what it holds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LayerView {
    /// The layer.
    #[serde(flatten)]
    pub layer: Layer,
    /// What its pot holds, in atoms.
    pub balance: SignedAmount,
    /// Of a layer of members: the sum of their caps now, in each domain whose waterfalls name it.
    pub caps: Vec<LayerCaps>,
    /// Of a staked layer: how long who asks for his stake waits, in milliseconds.
    pub cooldown: Option<u64>,
    /// What of its stakes is on its way out, in atoms.
    pub leaving: Amount,
    /// The stakes in it.
    pub stakes: Vec<StakeRow>,
}

/// What members of a layer could pay now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LayerCaps {
    /// The domain.
    pub domain: DomainId,
    /// How many members have a cap above zero.
    pub members: usize,
    /// The sum of their caps, in atoms.
    pub sum: Digits,
}

/// A stake.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StakeRow {
    /// Whose.
    pub account: AccountId,
    /// How much, in atoms.
    pub amount: Amount,
    /// What it earned and has not taken, in atoms.
    pub earned: Amount,
    /// What of it was asked for, soonest first: drawn on until it leaves.
    pub leaving: Vec<LeavingRow>,
}

/// A part of a stake that was asked for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LeavingRow {
    /// When its cooldown is over: it leaves then, or once no known loss may draw on the layer.
    pub until: Time,
    /// How much, in atoms.
    pub amount: Amount,
}

/// An owner.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OwnerView {
    /// His external id.
    pub name: Name,
    /// His accounts.
    pub accounts: Vec<AccountId>,
}

/// A balance of an account.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BalanceView {
    /// The asset.
    pub asset: AssetId,
    /// Atoms; below zero it is owed.
    pub balance: SignedAmount,
    /// What it is held for, for open losses and shares not taken.
    pub lien: Amount,
    /// What may be taken out.
    pub free: Amount,
}

/// How an account stands in the asset it trades in, in atoms.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MarginView {
    /// The asset.
    pub asset: AssetId,
    /// Balance and legs at the marks.
    pub settled_equity: Digits,
    /// Maintenance equity: all profit and collateral counted, less the lien.
    pub maintenance_equity: Digits,
    /// Opening equity: positive unrealised profit counted in part, less the lien.
    pub opening_equity: Digits,
    /// Withdrawable equity: no unrealised profit, realised profit once matured, less the lien and
    /// what must stay.
    pub withdrawable_equity: Digits,
    /// What it must hold to open its legs.
    pub initial_margin: Digits,
    /// What it must hold to keep them.
    pub maintenance_margin: Digits,
    /// What it is held for.
    pub lien: Amount,
    /// Positive unrealised profit: not withdrawable.
    pub unrealised_profit: Digits,
    /// Profit realised since the reference checkpoint: not yet matured.
    pub unmatured_profit: Digits,
    /// What its collateral counts for to open.
    pub collateral_initial: Digits,
    /// What its collateral counts for to keep.
    pub collateral_maintenance: Digits,
    /// What it lost beyond its cash, covered by collateral.
    pub loan: Digits,
    /// The most it may owe so before its collateral may be sold.
    pub loan_limit: Digits,
    /// Whether it is below maintenance and not below zero.
    pub below_maintenance: bool,
}

/// An account.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AccountView {
    /// Its id.
    pub id: AccountId,
    /// Its external id.
    pub name: Name,
    /// Whose it is.
    pub owner: u32,
    /// Cross or isolated.
    pub kind: AccountKind,
    /// The number of the last command that moved its money.
    pub last_number: u64,
    /// What it holds.
    pub balances: Vec<BalanceView>,
    /// How it stands in the asset it trades in; nothing where it never traded.
    pub margin: Option<MarginView>,
    /// The domains whose terms it accepted.
    pub accepted: Vec<DomainId>,
    /// Its liquidation, if one is open.
    pub liquidation: Option<LiquidationView>,
}

/// A position in one market.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PositionView {
    /// The market.
    pub market: MarketId,
    /// Its name.
    pub name: Name,
    /// The lots; the sign is the side.
    pub lots: Quantity,
    /// The mark.
    pub mark: Option<Price>,
    /// What was paid for them, funding included, in atoms.
    pub entry: Digits,
    /// What they are worth at the mark, funding included, in atoms.
    pub value: Digits,
    /// The gross value at the mark, in atoms.
    pub gross: Digits,
    /// Whether its margin comes from scenarios, as of a portfolio with options.
    pub in_portfolio: bool,
    /// Its place in auto-deleveraging, were the other side assigned now.
    pub place: Option<PlaceView>,
}

/// A place in the order of auto-deleveraging.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlaceView {
    /// The accounts that give something before it.
    pub ahead: usize,
    /// Lots that can be taken before it gives its first.
    pub lots_before: Digits,
    /// Lots that can be taken in all.
    pub lots_in_all: Digits,
    /// In fifths: five where it is next.
    pub lights: u8,
}

/// A liquidation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LiquidationView {
    /// The account.
    pub account: AccountId,
    /// The place of its route in the venue's order, from 0.
    pub route: usize,
    /// Since when that route is tried.
    pub since: Time,
    /// Its equity then, in atoms.
    pub equity: Digits,
    /// What should be closed of each leg now, with its side.
    pub planned: Vec<(MarketId, Quantity)>,
}

/// The routes of accounts that trade in an asset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RoutesView {
    /// The asset.
    pub asset: AssetId,
    /// The routes.
    pub routes: Routes,
    /// What backstops took since they were set, in atoms.
    pub taken: Digits,
}

/// A feed and what it says now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FeedView {
    /// What it is.
    pub spec: FeedSpec,
    /// When it was opened.
    pub opened: Time,
    /// What it says, how good that is, and why.
    pub answer: Option<Answer>,
    /// The last report of each source.
    pub reports: Vec<Report>,
    /// The last value of settlement quality.
    pub last_good: Option<Good>,
    /// The declared error that covers this moment, if one does.
    pub wrong_now: Option<PriceError>,
}

/// A close-out book.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BookView {
    /// The loss.
    pub loss: LossId,
    /// Its equity at the marks, in atoms.
    pub equity: Digits,
    /// Its legs.
    pub legs: Vec<(MarketId, Quantity)>,
    /// Whether nothing is left to close out.
    pub flat: bool,
    /// Why the rest goes to auto-deleveraging, if it does.
    pub deleveraging: Option<rhodian_core::closeout::Why>,
    /// The collateral that was taken.
    pub collateral: BTreeMap<AssetId, Amount>,
}

/// A member of a liable set, and the divisions it shared.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SetLayerView {
    /// The layer.
    pub layer: LayerId,
    /// How many members it has.
    pub members: usize,
    /// How many have yet to be touched.
    pub untouched: u32,
    /// What the divisions so far amount to.
    pub cumulative: Amount,
    /// The divisions.
    pub waves: Vec<Wave>,
}

/// A liable set without its members: those are a list of their own.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SetView {
    /// Its episode.
    pub episode: u32,
    /// When it was fixed.
    pub fixed: Time,
    /// Until when a detection joins it.
    pub until: Time,
    /// Its layers.
    pub layers: Vec<SetLayerView>,
}

/// A claim to later recoveries.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ClaimView {
    /// The loss.
    pub loss: LossId,
    /// The step that paid, from 1.
    pub step: u16,
    /// The layer, where it was one.
    pub layer: Option<LayerId>,
    /// Whose claim.
    pub account: AccountId,
    /// What was paid, in atoms.
    pub borne: Amount,
    /// What came back.
    pub repaid: Amount,
}

/// What an account could lose to others' failures, now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExposureView {
    /// The account.
    pub account: AccountId,
    /// By layer of members: the most it would pay in an episode that begins now.
    pub caps: Vec<CapView>,
    /// Stakes: all of each may be drawn.
    pub stakes: Vec<StakeIn>,
    /// What it is held for already.
    pub liens: Vec<BalanceView>,
    /// Its part in what was divided, loss by loss.
    pub shares: Vec<ShareView>,
    /// Its claims to recoveries.
    pub claims: Vec<ClaimView>,
}

/// The most an account would pay through one layer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CapView {
    /// The domain.
    pub domain: DomainId,
    /// The layer.
    pub layer: LayerId,
    /// Its name.
    pub name: Name,
    /// How it divides.
    pub rule: MemberRule,
    /// The account's weight now.
    pub weight: Amount,
    /// The account's cap now.
    pub cap: Amount,
}

/// A stake in a layer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StakeIn {
    /// The layer.
    pub layer: LayerId,
    /// Its name.
    pub name: Name,
    /// How much, in atoms.
    pub amount: Amount,
    /// What it earned and has not taken, in atoms.
    pub earned: Amount,
    /// What of it was asked for, soonest first: drawn on until it leaves.
    pub leaving: Vec<LeavingRow>,
}

/// An account's part in one layer of one liable set.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ShareView {
    /// The liable set.
    pub set: u32,
    /// The losses it served.
    pub losses: Vec<LossId>,
    /// The layer.
    pub layer: LayerId,
    /// Its place among the members, from 1.
    pub place: usize,
    /// How many members there are.
    pub members: usize,
    /// Its frozen weight.
    pub weight: Amount,
    /// The weight of all.
    pub all_weights: Digits,
    /// What the divisions so far amount to, over all members.
    pub divided: Amount,
    /// Its frozen cap.
    pub cap: Amount,
    /// What it paid.
    pub paid: Amount,
    /// What it is called for and has not paid.
    pub called: Amount,
}

/// A parameter of a domain.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ParameterView {
    /// Which.
    pub name: &'static str,
    /// Its value.
    pub value: Digits,
    /// Its unit.
    pub unit: &'static str,
    /// The smallest value.
    pub min: Digits,
    /// The largest value.
    pub max: Digits,
    /// The value until one is set.
    pub default: Digits,
    /// Why that is the default.
    pub reason: &'static str,
}

/// What a feed's parameter may be.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FeedParameterView {
    /// Which.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The smallest value.
    pub min: u64,
    /// The largest value.
    pub max: u64,
    /// The default for a price, for depth, for volatility.
    pub defaults: [u64; 3],
    /// Why those are the defaults.
    pub reason: &'static str,
}

/// What an external name stands for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Found {
    /// The kind of thing.
    pub kind: String,
    /// Its dense id.
    pub id: u32,
}

/// A loss with what is computed of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LossView {
    /// Its id.
    pub id: LossId,
    /// The loss.
    #[serde(flatten)]
    pub loss: rhodian_core::loss::Loss,
    /// What liens are held for.
    pub hole: Amount,
    /// What is still to absorb of the deficit.
    pub remaining: Amount,
    /// What all layers paid so far.
    pub received: Amount,
    /// What is still owed of its uncovered part.
    pub debt: Amount,
}
