//! What happened to one account: its own part of each event, for its owner. Nothing of the others
//! in the same event is told, so whatever is here may be shown to him.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use rhodian_core::closeout::Event as CloseOut;
use rhodian_core::domain::Event as Domain;
use rhodian_core::engine::Event;
use rhodian_core::ids::{AccountId, AssetId, CoverId, LayerId, LossId, MarketId, Time};
use rhodian_core::incentive::Event as Charged;
use rhodian_core::issuance::Event as Issued;
use rhodian_core::loss::{Event as Loss, OwnMeans};
use rhodian_core::market::Party;
use rhodian_core::pools::clearing::Event as Cleared;
use rhodian_core::pools::cover::Event as Insured;
use rhodian_core::pools::liquidity::Event as Held;
use rhodian_core::pools::protection::Event as Protects;
use rhodian_core::units::{Amount, Price, Quantity};
use rhodian_journal::{History, Reader};
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::{self, Ask, Page};
use super::queries::own_account;
use super::{Door, args};
use crate::answer::numbered;
use crate::follower::View;
use crate::notable::Notable;
use crate::problem::Problem;

/// The most events that one page looks back over: a long journal is read in parts.
const LOOK: u64 = 200_000;

/// An account's part of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Part {
    /// What happened to it.
    pub what: &'static str,
    /// Of which loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<LossId>,
    /// Through which layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerId>,
    /// Of which cover, where it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cover: Option<CoverId>,
    /// In which market.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market: Option<MarketId>,
    /// How many lots came to it; below zero, left it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lots: Option<Quantity>,
    /// At which price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// In which asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<AssetId>,
    /// How much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
}

/// The same with the event's number and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnEvent {
    /// The sequence number of the event.
    pub sequence: u64,
    /// The clock of the command that made it, in milliseconds.
    pub at: Time,
    /// The account's part of it.
    #[serde(flatten)]
    pub part: Part,
}

/// Where an account stands in the liable sets: by set and layer.
type Places = BTreeMap<(u32, LayerId), usize>;

/// What is known of an account beside its number.
struct Own {
    places: Places,
    covers: BTreeSet<CoverId>,
}

impl Own {
    fn new(view: &View, account: AccountId) -> Self {
        let covers = view.state.covers.covers();
        let covers = covers.filter(|(_, cover)| cover.account == account).map(|(id, _)| id);
        Self { places: places(view, account), covers: covers.collect() }
    }
}

fn places(view: &View, account: AccountId) -> Places {
    let losses = &view.state.losses;
    let sets = losses.episodes().flat_map(|(_, episode)| episode.sets.iter().copied());
    let all = sets.filter_map(|id| Some((id, losses.set(id)?)));
    let own = all.flat_map(|(id, set)| {
        let layers = set.layers.iter();
        layers.filter_map(move |(layer, of)| Some(((id.0, *layer), of.place(account)?)))
    });
    own.collect()
}

/// The part of `account` in `event`, if it has one.
fn part(event: &Event, account: AccountId, own: &Own) -> Option<Part> {
    match event {
        Event::CloseOut(event) => closed_out(event, account),
        Event::Domain(event) => staked(event, account),
        Event::Cover(event) => insured(event, account, &own.covers),
        Event::Liquidity(event) => held(event, account),
        Event::Clearing(event) => cleared(event, account),
        Event::Protection(event) => provided(event, account),
        Event::Issuance(event) => issued(event, account),
        Event::Incentive(event) => charged(event, account),
        Event::Loss(event) => {
            let of_loss = failed(event, account).or_else(|| watched(event, account));
            of_loss.or_else(|| shared(event, account, &own.places))
        }
        _ => None,
    }
}

/// Rows are in the order of accounts.
fn charged(event: &Charged, account: AccountId) -> Option<Part> {
    let Charged::PremiumPaid { market, asset, rows, .. } = event else { return None };
    let place = rows.binary_search_by_key(&account, |row| row.account).ok()?;
    Some(Part {
        what: "paid a premium for the lots it holds",
        market: Some(*market),
        asset: Some(*asset),
        amount: Some(rows[place].amount),
        ..Part::default()
    })
}

fn closed_out(event: &CloseOut, account: AccountId) -> Option<Part> {
    let own = Party::Account(account);
    match event {
        CloseOut::Deleveraged { from, market, asset, price, taken, .. } => {
            let (_, lots) = taken.iter().find(|(party, _)| *party == own)?;
            let loss = match from {
                Party::Book(loss) => Some(*loss),
                Party::Account(_) => None,
            };
            Some(Part {
                what: "deleveraged: lots were taken off, at the mark",
                loss,
                market: Some(*market),
                lots: Some(*lots),
                price: Some(*price),
                asset: Some(*asset),
                ..Part::default()
            })
        }
        CloseOut::LiquidationBegun { account: of, .. } if *of == account => {
            Some(Part { what: "liquidation begins", ..Part::default() })
        }
        CloseOut::LiquidationEnded { account: of } if *of == account => {
            Some(Part { what: "liquidation is over", ..Part::default() })
        }
        CloseOut::PenaltyCharged { account: of, asset, charged, .. } if *of == account => {
            let what = "a penalty of liquidation was charged";
            Some(Part { what, asset: Some(*asset), amount: Some(*charged), ..Part::default() })
        }
        _ => None,
    }
}

/// Of an account that asked for its stake.
fn staked(event: &Domain, account: AccountId) -> Option<Part> {
    match event {
        Domain::ExitAsked { account: of, layer, amount, .. } if *of == account => {
            let what = "stake was asked for: it is drawn on until it leaves";
            let (layer, amount) = (Some(*layer), Some(*amount));
            Some(Part { what, layer, amount, ..Part::default() })
        }
        Domain::ExitPaid { account: of, layer, asset, amount, .. } if *of == account => {
            let (layer, asset, amount) = (Some(*layer), Some(*asset), Some(*amount));
            Some(Part { what: "stake came back", layer, asset, amount, ..Part::default() })
        }
        Domain::RewardTaken { account: of, layer, asset, amount, .. } if *of == account => {
            let what = "what the stake earned was taken";
            let (layer, asset, amount) = (Some(*layer), Some(*asset), Some(*amount));
            Some(Part { what, layer, asset, amount, ..Part::default() })
        }
        _ => None,
    }
}

/// Of who took new tokens, or gave some back.
fn issued(event: &Issued, account: AccountId) -> Option<Part> {
    let of = |what, asset: &AssetId, amount: &Amount| Part {
        what,
        asset: Some(*asset),
        amount: Some(*amount),
        ..Part::default()
    };
    match event {
        Issued::Sold { loss, account: who, token, tokens, .. } if *who == account => {
            Some(Part { loss: Some(*loss), ..of("took new tokens", token, tokens) })
        }
        Issued::BoughtBack { account: who, asset, paid, .. } if *who == account => {
            Some(of("was paid for tokens, which were burned", asset, paid))
        }
        _ => None,
    }
}

/// Of a clearing member, or of a client.
fn cleared(event: &Cleared, account: AccountId) -> Option<Part> {
    let of = |what, amount: &Amount| Part { what, amount: Some(*amount), ..Part::default() };
    let due = |what, asset: &AssetId, amount| Part { asset: Some(*asset), ..of(what, amount) };
    let says = |what| Part { what, ..Part::default() };
    Some(match event {
        Cleared::Joined { account: who, asset, required, .. } if *who == account => {
            due("became a clearing member: a contribution is due", asset, required)
        }
        Cleared::NoticeGiven { account: who, .. } if *who == account => {
            says("gave notice as a clearing member")
        }
        Cleared::Sized { asset, members, .. } => {
            let place = members.binary_search_by_key(&account, |row| row.account).ok()?;
            let row = members.get(place)?;
            if row.called.is_zero() {
                return None;
            }
            due("the clearing fund was sized: a contribution is due", asset, &row.called)
        }
        Cleared::Cleared { account: who, .. } if *who == account => {
            says("a clearing member answers for the account")
        }
        Cleared::Released { account: who, .. } if *who == account => {
            says("no clearing member answers for the account any more")
        }
        Cleared::Ported { account: who, .. } if *who == account => {
            says("went to another clearing member")
        }
        Cleared::ClosedOut { account: who, .. } if *who == account => {
            says("the clearing member failed and nobody took the account: it is closed out")
        }
        Cleared::Bid { loss, account: who, asks, .. } if *who == account => {
            Part { loss: Some(*loss), ..of("bid for a book", asks) }
        }
        Cleared::AuctionEnded { loss, winner, junior, .. } => {
            let junior = junior.iter().any(|(who, _)| *who == account);
            let loss = Some(*loss);
            match winner {
                Some((who, asks)) if *who == account => {
                    Part { loss, ..of("took the book in the auction", asks) }
                }
                _ if junior => {
                    Part { loss, ..says("a part of the contribution pays first for the loss") }
                }
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// Of an account that is covered, or votes on what others claim.
fn insured(event: &Insured, account: AccountId, own: &BTreeSet<CoverId>) -> Option<Part> {
    let of = |what, cover: &CoverId| Part { what, cover: Some(*cover), ..Part::default() };
    Some(match event {
        Insured::Bought { cover, account: to, asset, premium, .. } if *to == account => {
            let (asset, amount) = (Some(*asset), Some(*premium));
            Part { asset, amount, ..of("cover was bought, for a premium", cover) }
        }
        Insured::Ended { cover, .. } if own.contains(cover) => {
            of("cover ended: what happened before may be claimed for a while", cover)
        }
        Insured::Lapsed { cover, .. } if own.contains(cover) => {
            of("cover lapsed: nothing more can be claimed of it", cover)
        }
        Insured::Reported { loss, claims, .. } => {
            let his = claims.iter().filter(|of| own.contains(&of.cover));
            let (cover, amount) = of_covers(&mut his.map(|of| (of.cover, of.due)))?;
            let (loss, amount) = (Some(*loss), Some(amount));
            Part { what: "a loss was claimed", loss, cover, amount, ..Part::default() }
        }
        Insured::Voted { loss, account: by, accept, .. } if *by == account => {
            let what = if *accept { "voted for the claims" } else { "voted against the claims" };
            Part { what, loss: Some(*loss), ..Part::default() }
        }
        Insured::Paid { loss, asset, rows, .. } => {
            let his = rows.iter().filter(|(_, to, _)| *to == account);
            let (cover, amount) = of_covers(&mut his.map(|(cover, _, amount)| (*cover, *amount)))?;
            let (loss, asset, amount) = (Some(*loss), Some(*asset), Some(amount));
            Part { what: "claims were paid", loss, cover, asset, amount, ..Part::default() }
        }
        _ => return None,
    })
}

/// Of a holder of a vault.
fn held(event: &Held, account: AccountId) -> Option<Part> {
    let paid = |what, asset: &AssetId, amount: Amount| {
        let (asset, amount) = (Some(*asset), Some(amount));
        Some(Part { what, asset, amount, ..Part::default() })
    };
    match event {
        Held::Entered { account: from, asset, amount, .. } if *from == account => {
            paid("money was put into a vault, for shares", asset, *amount)
        }
        Held::LeaveAsked { account: by, .. } if *by == account => {
            let what = "shares of a vault were asked out: liable until they are paid";
            Some(Part { what, ..Part::default() })
        }
        Held::Left { account: to, asset, amount, fee, .. } if *to == account => {
            paid("shares of a vault were paid out", asset, amount.less_or_zero(*fee))
        }
        Held::FeesTaken { asset, rows, .. } => {
            let place = rows.binary_search_by_key(&account, |row| row.account).ok()?;
            let row = rows.get(place)?;
            paid("shares of a vault were given for a fee on what was gained", asset, row.fee)
        }
        Held::ValueTaken { loss, asset, rows, .. } => {
            let (_, amount, _) = rows.iter().find(|(of, ..)| *of == account)?;
            let what = "shares of a vault were given for a loss";
            let (loss, asset, amount) = (Some(*loss), Some(*asset), Some(*amount));
            Some(Part { what, loss, asset, amount, ..Part::default() })
        }
        _ => None,
    }
}

/// Of a provider whose position is protected.
fn provided(event: &Protects, account: AccountId) -> Option<Part> {
    let of = |what, layer, amount| {
        let (layer, amount) = (Some(layer), Some(amount));
        Some(Part { what, layer, amount, ..Part::default() })
    };
    match *event {
        Protects::Protected { account: who, fund, premium, .. } if who == account => {
            of("liquidity was protected, for a premium", fund, premium)
        }
        Protects::Ended { account: who, fund, measured, .. } if who == account => {
            of("liquidity was taken out, and its loss claimed", fund, measured.claim)
        }
        Protects::Paid { account: who, fund, amount, .. } if who == account => {
            of("the loss of protected liquidity was paid", fund, amount)
        }
        _ => None,
    }
}

/// What an account's covers have of an event in sum, and the cover where it is one.
fn of_covers(
    rows: &mut dyn Iterator<Item = (CoverId, Amount)>,
) -> Option<(Option<CoverId>, Amount)> {
    let (first, amount) = rows.next()?;
    let add = |(_, sum): (Option<CoverId>, Amount), (_, more)| {
        (None, sum.checked_add(more).unwrap_or(Amount::MAX))
    };
    Some(rows.fold((Some(first), amount), add))
}

/// Of an account that failed, or whose owner's account did.
fn failed(event: &Loss, account: AccountId) -> Option<Part> {
    let of = |what, loss: &LossId, asset: &AssetId, amount: &Amount| {
        let (loss, asset, amount) = (Some(*loss), Some(*asset), Some(*amount));
        Some(Part { what, loss, asset, amount, ..Part::default() })
    };
    match event {
        Loss::DefaultFound { loss, account: of, .. } if *of == account => {
            Some(Part { what: "the account failed", loss: Some(*loss), ..Part::default() })
        }
        Loss::TakenOver { loss, account: failed, asset, held, .. } if *failed == account => {
            of("the balance went to the close-out book", loss, asset, held)
        }
        Loss::RemainderReturned { loss, account: to, asset, amount, .. } if *to == account => {
            of("what was left of the book came back", loss, asset, amount)
        }
        Loss::DebtReturned { loss, account: to, asset, amount } if *to == account => {
            of("what the book owes beyond the bound of a loss came back", loss, asset, amount)
        }
        Loss::RemainderMoved { loss, account: failed, asset, amount, .. } if *failed == account => {
            let what = "what was left of the book paid for the loss in another domain";
            of(what, loss, asset, amount)
        }
        Loss::ClaimCeded { loss, account: failed, asset, amount, .. } if *failed == account => {
            of("what was repaid is for those who bear the own loss", loss, asset, amount)
        }
        Loss::MeansCeded { loss, account: failed, asset, amount } if *failed == account => {
            of("what came is for those who bear the own loss", loss, asset, amount)
        }
        Loss::CededReturned { loss, account: to, asset, amount } if *to == account => {
            of("the own loss lacks nothing more: what was held for it", loss, asset, amount)
        }
        Loss::MarginTaken { loss, asset, from, amount }
        | Loss::OwnMeansTaken { loss, asset, from, amount } => match from {
            OwnMeans::Account(own)
            | OwnMeans::Stake { account: own, .. }
            | OwnMeans::Reward { account: own, .. }
                if *own == account =>
            {
                of("own means paid for the own loss", loss, asset, amount)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Of an account that gave notice of an event, or challenged a report.
fn watched(event: &Loss, account: AccountId) -> Option<Part> {
    let (what, of, loss, asset, amount) = match event {
        Loss::NoticeGiven { account, asset, bond, .. } => {
            ("a bond for the notice of an event", account, None, asset, *bond)
        }
        Loss::Challenged { loss, account, asset, bond, .. } => {
            ("a bond for the challenge of a report", account, Some(*loss), asset, *bond)
        }
        Loss::NoticeSettled { loss, account, asset, returned, bounty, .. } => {
            let came = returned.checked_add(*bounty).unwrap_or(Amount::MAX);
            ("the notice is over: of bond and bounty", account, *loss, asset, came)
        }
        Loss::ChallengeSettled { loss, account, asset, returned, bounty, .. } => {
            let came = returned.checked_add(*bounty).unwrap_or(Amount::MAX);
            ("the challenge is over: of bond and bounty", account, Some(*loss), asset, came)
        }
        _ => return None,
    };
    let (asset, amount) = (Some(*asset), Some(amount));
    (*of == account).then_some(Part { what, loss, asset, amount, ..Part::default() })
}

/// Of an account that bears a part of another's loss, or is repaid.
fn shared(event: &Loss, account: AccountId, places: &Places) -> Option<Part> {
    let sum = |rows: &mut dyn Iterator<Item = Amount>| {
        rows.next().map(|first| rows.fold(first, |a, b| a.checked_add(b).unwrap_or(Amount::MAX)))
    };
    let (what, loss, layer, asset, amount) = match event {
        Loss::LossDivided { loss, layer, set, asset, on_touch: true, .. } => {
            places.get(&(set.0, *layer))?;
            let what = "a share is held by a lien until it is taken";
            let (layer, asset) = (Some(*layer), Some(*asset));
            return Some(Part { what, loss: Some(*loss), layer, asset, ..Part::default() });
        }
        Loss::CallsMade { loss, layer, set, calls } => {
            let place = places.get(&(set.0, *layer))?;
            ("called to pay: a lien holds it", *loss, Some(*layer), None, *calls.get(*place)?)
        }
        Loss::SharesTaken { loss, layer, asset, shares, .. } => {
            let mut own = shares.iter().filter(|(of, _)| *of == account).map(|(_, a)| *a);
            ("a share was taken", *loss, Some(*layer), Some(*asset), sum(&mut own)?)
        }
        Loss::ShareTouched { loss, layer, asset, account: of, amount, .. } if *of == account => {
            ("a share was taken", *loss, Some(*layer), Some(*asset), *amount)
        }
        Loss::DrawPaid { loss, layer, asset, account: Some(of), amount, .. } if *of == account => {
            ("a call was paid", *loss, Some(*layer), Some(*asset), *amount)
        }
        Loss::ProceedsPaid { loss, layer, asset, account: of, amount, .. } if *of == account => {
            ("new tokens were paid for", *loss, Some(*layer), Some(*asset), *amount)
        }
        Loss::PotDrawn { loss, layer, asset, stakes, .. } => {
            let mut own = stakes.iter().filter(|(of, ..)| *of == account).map(|(_, a, _)| *a);
            ("a stake paid", *loss, Some(*layer), Some(*asset), sum(&mut own)?)
        }
        Loss::RanksSettled { loss, asset, rows, .. } => {
            let mut own = rows.iter().filter(|(of, _)| *of == account).map(|(_, a)| *a);
            ("paid by rank, in settlement", *loss, None, Some(*asset), sum(&mut own)?)
        }
        Loss::PoolRepaid { loss, asset, rows, .. } => {
            let mut own = rows.iter().filter(|(_, of, _)| *of == account).map(|(.., a)| *a);
            ("repaid", *loss, None, Some(*asset), sum(&mut own)?)
        }
        _ => return None,
    };
    let amount = Some(amount);
    Some(Part { what, loss: Some(loss), layer, asset, amount, ..Part::default() })
}

/// What is looked through.
struct Look {
    account: AccountId,
    own: Own,
    after: u64,
    upto: u64,
    limit: usize,
    notable: Notable,
}

fn read(reader: &Reader, of: &Look) -> Result<Page<OwnEvent>, rhodian_journal::Error> {
    let end = of.upto.min(of.after.saturating_add(LOOK));
    let mut page = Page { items: Vec::new(), next: (end < of.upto).then_some(end) };
    let Some(begins) = reader.read_from(of.after.saturating_add(1))?.next() else {
        return Ok(page);
    };
    for number in of.notable.from(begins?.number) {
        let Some(batch) = reader.batch(number)? else { break };
        let mut first = batch.first;
        for entry in &batch.entries {
            for event in numbered(entry, first) {
                first = event.sequence + 1;
                if event.sequence <= of.after {
                    continue;
                }
                if event.sequence > end {
                    return Ok(page);
                }
                if let Some(part) = part(&event.event, of.account, &of.own) {
                    page.items.push(OwnEvent { sequence: event.sequence, at: event.at, part });
                }
                if event.sequence < of.upto && page.items.len() == of.limit {
                    page.next = Some(event.sequence);
                    return Ok(page);
                }
            }
        }
    }
    Ok(page)
}

/// What happened to `account` after an event; nothing said: among the last ones.
pub(crate) async fn of(
    door: &Arc<Door>,
    account: AccountId,
    after: Option<u64>,
    limit: usize,
) -> Result<Page<OwnEvent>, Problem> {
    let turn = door.turn().await?;
    let look = {
        let view = door.follower.read();
        let upto = view.sequence;
        let after = after.unwrap_or_else(|| upto.saturating_sub(LOOK));
        let (own, notable) = (Own::new(&view, account), view.notable.clone());
        Look { account, own, after, upto, limit, notable }
    };
    let reader = door.reader.clone();
    // It is held until the journal was read, even if the caller leaves.
    let reading = move || {
        let _turn = turn;
        read(&reader, &look)
    };
    let read = tokio::task::spawn_blocking(reading).await;
    let read = read.map_err(|error| Problem::new("not-stored", error.to_string()))?;
    read.map_err(|error| {
        Problem::new("not-stored", format!("the journal could not be read: {error}"))
    })
}

/// `GET /v1/accounts/{account}/events`.
pub async fn events(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, _) = endpoint::read(request).await?;
        let caller = endpoint::must_call(caller)?;
        args::known(&args, ["account", "after", "limit"].into_iter())?;
        let account = {
            let (view, venue) = (door.follower.read(), door.venue.as_str());
            own_account(&Ask {
                view: &view,
                state: &view.state,
                args: &args,
                caller: &caller,
                venue,
            })?
        };
        let (after, limit) = (args.maybe("after")?.unwrap_or(0), args.limit()?);
        let page = of(&door, account, Some(after), limit).await?;
        Ok::<_, Problem>(endpoint::json(serde_json::to_vec(&page).unwrap_or_default()))
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}
