//! The full form of each law: from the raw state.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::{
    BOOK, Broken, CAPS, DIVIDED, LEDGER, LIVE, MARKETS, ONCE, ORDER, PROFIT_FIRST, REPAID, SETTLED,
    STAKES,
};
use super::{bounty, clearing, cover, incentive, issuance, leave, lending, liquidity};
use super::{premium, protection};
use crate::domain::{Kind, Source};
use crate::engine::{Events, State, decide, duty};
use crate::ids::{AssetId, DomainId, LayerId, LossId};
use crate::ledger::Holder;
use crate::loss::{Loss, Origin, Stage};
use crate::market::Party;
use crate::recovery::{Bearer, ClaimPool};
use crate::units::Amount;

/// Checks every law in its full form. The cost is the size of the state.
///
/// # Errors
///
/// The first law that does not hold, with where.
pub fn check(state: &State) -> Result<(), Broken> {
    ledger(state)?;
    markets(state)?;
    stakes(state)?;
    once(state)?;
    for (id, loss) in state.losses.losses() {
        settled(state, id, loss)?;
        order(id, loss)?;
        profit_first(state, id, loss)?;
        repaid(state, id, loss)?;
        book(state, id, loss)?;
        outside_set(state, id, loss)?;
    }
    collateral(state)?;
    lending::check(state)?;
    cover::check(state)?;
    liquidity::check(state)?;
    clearing::check(state)?;
    protection::check(state)?;
    issuance::check(state)?;
    incentive::check(state)?;
    premium::check(state)?;
    bounty::check(state)?;
    caps(state)?;
    for (domain, found) in state.domains.domains() {
        divided(state, domain)?;
        let of_domain = state.losses.losses().filter(|(_, loss)| loss.domain == domain);
        let debts = Amount::sum(of_domain.map(|(_, loss)| loss.debt()));
        let owed = state.ledger.balance(found.asset, Holder::Uncovered(domain)).atoms();
        if owed != -debts.atoms().cast_signed() {
            return broken(
                REPAID,
                format!("domain {domain}: debts of {debts}, the ledger has {owed}"),
            );
        }
        let results = state.ledger.balance(found.asset, Holder::Results(domain)).atoms();
        if results < 0 {
            return broken(SETTLED, format!("domain {domain}: results are {results}"));
        }
    }
    live(state)
}

fn broken(law: &'static str, detail: String) -> Result<(), Broken> {
    Err(Broken { law, detail })
}

fn ledger(state: &State) -> Result<(), Broken> {
    for asset in (0..state.ledger.assets()).filter_map(AssetId::at) {
        let sum = state.ledger.trial(asset);
        if sum != 0 {
            return broken(LEDGER, format!("asset {asset} sums to {sum}"));
        }
    }
    Ok(())
}

/// Lots sum to zero; so value at any mark does. The long side is what is counted as open.
fn markets(state: &State) -> Result<(), Broken> {
    for (id, market) in state.markets.markets() {
        let of_accounts = state.markets.positions.iter().map(|position| position.lots(id).lots());
        let books = state.markets.books.keys().map(|loss| Party::Book(*loss));
        let of_books = books.map(|book| state.markets.lots_of(book, id).lots());
        let (mut sum, mut long) = (0, 0);
        for lots in of_accounts.chain(of_books) {
            sum += i128::from(lots);
            long += i128::from(lots.max(0));
        }
        // Lots paid out at the last price are nobody's any more.
        sum += market.settlement.map_or(0, |of| i128::from(of.net));
        if sum != 0 || long != i128::from(market.open) {
            let detail =
                format!("market {id} sums to {sum} lots, {long} long, {} open", market.open);
            return broken(MARKETS, detail);
        }
    }
    Ok(())
}

fn asset_of(state: &State, loss: &Loss) -> AssetId {
    state.domains.asset_of(loss.domain).unwrap_or_default()
}

fn settled(state: &State, id: LossId, loss: &Loss) -> Result<(), Broken> {
    if matches!(loss.stage, Stage::Measured | Stage::Absorbing) {
        let suspense = state.ledger.balance(asset_of(state, loss), Holder::Suspense(id)).atoms();
        if suspense != -loss.remaining().atoms().cast_signed() {
            let detail = format!("loss {id}: {} left, suspense {suspense}", loss.remaining());
            return broken(SETTLED, detail);
        }
    }
    if loss.stage != Stage::Settled {
        return Ok(());
    }
    let (own, draws) = (loss.own_means.atoms(), loss.received().atoms());
    let netted = loss.netted.atoms();
    let sum = own + netted + draws + loss.uncovered.atoms();
    let suspense = state.ledger.balance(asset_of(state, loss), Holder::Suspense(id)).atoms();
    if loss.close_out.atoms() != sum || suspense != 0 {
        let detail = format!(
            "loss {id}: {} against {own} + {netted} + {draws} + {}, suspense {suspense}",
            loss.close_out, loss.uncovered
        );
        return broken(SETTLED, detail);
    }
    Ok(())
}

fn order(id: LossId, loss: &Loss) -> Result<(), Broken> {
    for pair in loss.draws.windows(2) {
        if pair[1].step < pair[0].step || (pair[1].step > pair[0].step && !pair[0].closed) {
            return broken(
                ORDER,
                format!("loss {id}: step {} after {}", pair[1].step, pair[0].step),
            );
        }
    }
    Ok(())
}

fn once(state: &State) -> Result<(), Broken> {
    let mut seen = BTreeSet::new();
    for (id, loss) in state.losses.losses() {
        let known = state.losses.numbered(loss.domain, loss.number);
        if known != Some(id) || !seen.insert((loss.domain, loss.number)) {
            return broken(ONCE, format!("loss {id}: number {} is {known:?}", loss.number));
        }
    }
    Ok(())
}

fn profit_first(state: &State, id: LossId, loss: &Loss) -> Result<(), Broken> {
    let kind = |layer: LayerId| state.domains.layer(layer).map(|found| found.spec.kind);
    let paid = loss.draws.iter().filter(|draw| !draw.received.is_zero());
    let mut principal = false;
    for draw in paid {
        match kind(draw.layer) {
            Some(Kind::ProviderPrincipal) => principal = true,
            Some(Kind::ProviderProfit) if principal => {
                return broken(PROFIT_FIRST, format!("loss {id}: profit paid after principal"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn repaid(state: &State, id: LossId, loss: &Loss) -> Result<(), Broken> {
    for pool in &loss.pools {
        if pool.repaid > pool.borne {
            let detail = format!("loss {id}: {} repaid of {}", pool.repaid, pool.borne);
            return broken(REPAID, detail);
        }
        let Some(rows) = pool.bearer.rows() else { continue };
        let borne = Amount::sum(rows.iter().map(|row| row.borne));
        let back = Amount::sum(rows.iter().map(|row| row.repaid));
        let above = rows.iter().any(|row| row.repaid > row.borne);
        if above || borne != pool.borne || back != pool.repaid {
            let detail = format!("loss {id}: claims {borne} and {back} of {pool:?}");
            return broken(REPAID, detail);
        }
    }
    let ceded = state.ledger.balance(asset_of(state, loss), Holder::Ceded(id)).atoms();
    let known = state.losses.ceded.get(&id).copied().unwrap_or_default();
    if ceded != known.atoms().cast_signed() {
        return broken(REPAID, format!("loss {id}: {ceded} were ceded to it, {known} are known"));
    }
    // Positive between the event that received it and those that pay it on.
    let way = state.ledger.balance(asset_of(state, loss), Holder::Recovery(id)).atoms();
    if way < 0 { broken(REPAID, format!("loss {id}: {way} more than came back")) } else { Ok(()) }
}

/// Whether a book may hold anything for `loss`: from its detection to its measurement, and before
/// where a pool took over what it found, which is detected next.
const fn has_book(loss: &Loss) -> bool {
    matches!(loss.stage, Stage::Detected)
        || matches!(loss.stage, Stage::Challengeable { .. })
            && matches!(loss.origin, Origin::Derived)
            && loss.taken_over
}

fn book(state: &State, id: LossId, loss: &Loss) -> Result<(), Broken> {
    let balance = state.ledger.balance(asset_of(state, loss), Holder::Book(id)).atoms();
    if has_book(loss) || balance == 0 {
        return Ok(());
    }
    broken(BOOK, format!("loss {id}: the book holds {balance}"))
}

fn caps(state: &State) -> Result<(), Broken> {
    for (layer, member) in state
        .losses
        .sets
        .iter()
        .flat_map(|set| set.layers.iter())
        .flat_map(|(layer, of)| of.members.iter().map(move |member| (layer, member)))
    {
        if member.paid > member.cap {
            let detail = format!(
                "account {} paid {} of {} to layer {layer}",
                member.account, member.paid, member.cap
            );
            return broken(CAPS, detail);
        }
    }
    Ok(())
}

/// Whoever bore a part of a members' layer stands in the loss's set.
fn outside_set(state: &State, id: LossId, loss: &Loss) -> Result<(), Broken> {
    let set = loss.set.and_then(|set| state.losses.set(set));
    for pool in &loss.pools {
        let Bearer::Members { layer, rows } = &pool.bearer else { continue };
        let of_members =
            state.domains.layer(*layer).is_some_and(|found| found.spec.source.members().is_some());
        if !of_members {
            continue;
        }
        let members = set.and_then(|set| set.layers.get(layer));
        let stands = |account| members.is_some_and(|of| of.place(account).is_some());
        if let Some(row) = rows.iter().find(|row| !stands(row.account)) {
            return broken(CAPS, format!("loss {id}: account {} is not liable", row.account));
        }
    }
    Ok(())
}

fn divided(state: &State, domain: DomainId) -> Result<(), Broken> {
    let Some(asset) = state.domains.domain(domain).map(|found| found.asset) else {
        return Ok(());
    };
    // What is not yet taken is owed by Unsettled. Shares taken on touch are rounded up: what they
    // gave more than was divided is the residue.
    let mut left = -state.ledger.balance(asset, Holder::Residue(domain)).atoms();
    let mut members = 0;
    for (id, loss) in state.losses.losses().filter(|(_, loss)| loss.domain == domain) {
        left -= state.ledger.balance(asset, Holder::Unsettled(id)).atoms();
        for pool in &loss.pools {
            if let Some((borne, received, rows)) = shared(state, loss, pool) {
                left += borne.atoms().cast_signed();
                left -= received.atoms().cast_signed();
                members += rows;
            }
        }
        left -= unborne(state, loss);
    }
    let residue = state.ledger.held(asset, Holder::Residue(domain)).atoms();
    if left != 0 || usize::try_from(residue).is_ok_and(|residue| residue > members) {
        let detail = format!("domain {domain}: off by {left}, residue {residue} of {members}");
        return broken(DIVIDED, detail);
    }
    Ok(())
}

/// What was borne and received through a layer that takes from members' accounts.
fn shared(state: &State, loss: &Loss, pool: &ClaimPool) -> Option<(Amount, Amount, usize)> {
    let Bearer::Members { layer, rows } = &pool.bearer else { return None };
    let from_members = matches!(state.domains.layer(*layer)?.spec.source, Source::Members(_));
    from_members.then(|| (pool.borne, loss.received_from(*layer), rows.len()))
}

/// What was received through members' layers that nobody has borne yet, in atoms.
fn unborne(state: &State, loss: &Loss) -> i128 {
    let mut layers: BTreeSet<LayerId> = loss.draws.iter().map(|draw| draw.layer).collect();
    layers.retain(|layer| {
        let found = state.domains.layer(*layer);
        let members = found.is_some_and(|l| matches!(l.spec.source, Source::Members(_)));
        let of = |pool: &ClaimPool| {
            matches!(&pool.bearer, Bearer::Members { layer: of, .. } if of == layer)
        };
        members && !loss.pools.iter().any(of)
    });
    layers.iter().map(|layer| loss.received_from(*layer).atoms().cast_signed()).sum()
}

/// What was taken and is not sold is where it should be; a measured loss's book holds no asset.
fn collateral(state: &State) -> Result<(), Broken> {
    for (loss, taken) in &state.collaterals.taken {
        for (asset, held) in &taken.held {
            let stands = state.ledger.balance(*asset, taken.holder(*loss)).atoms();
            if stands != held.atoms().cast_signed() {
                let detail = format!("loss {loss}: {stands} of asset {asset} is held, not {held}");
                return broken(BOOK, detail);
            }
        }
    }
    for asset in (0..state.ledger.assets()).filter_map(AssetId::at) {
        for (holder, balance) in state.ledger.holders(asset) {
            let Holder::Book(loss) = holder else { continue };
            if !state.losses.loss(loss).is_some_and(has_book) {
                let detail = format!("loss {loss}: the book still holds {balance} of {asset}");
                return broken(BOOK, detail);
            }
        }
    }
    Ok(())
}

fn stakes(state: &State) -> Result<(), Broken> {
    for (id, layer) in state.domains.layers().filter(|(_, layer)| layer.spec.kind.is_staked()) {
        let staked = Amount::sum(state.domains.stakes(id).map(|(_, amount)| amount));
        let pot = state.ledger.balance(layer.spec.asset, Holder::Layer(id)).atoms();
        if staked.atoms().cast_signed() != pot {
            return broken(STAKES, format!("layer {id} holds {pot}, {staked} is staked"));
        }
        if let Some(rewards) = state.domains.rewards(id) {
            let (earned, parts) = rewards.total(state.domains.stakes(id));
            let held = state.ledger.balance(layer.spec.asset, Holder::Rewards(id)).atoms();
            if (earned.cast_signed(), parts) != (held, 0) {
                let detail = format!("layer {id}: {earned} and {parts} parts earned, {held} held");
                return broken(STAKES, detail);
            }
        }
        let Some(exits) = state.domains.exits(id) else { continue };
        let above = |account| exits.asked(account) > state.domains.stake(id, account);
        if !exits.agrees() {
            return broken(STAKES, format!("layer {id}: its exits are not what is queued"));
        }
        if let Some(account) = exits.accounts().find(|account| above(*account)) {
            let detail = format!("layer {id}: account {account} asked for more than it staked");
            return broken(STAKES, detail);
        }
    }
    Ok(())
}

fn live(state: &State) -> Result<(), Broken> {
    if let Some(due) = duty(state) {
        let mut events = Events::new();
        if let Err(rejection) = decide(state, &due, &mut events) {
            return broken(LIVE, format!("{due:?} is refused: {rejection}"));
        }
        return Ok(());
    }
    for (id, loss) in state.losses.losses() {
        let waits = match loss.stage {
            Stage::Reported | Stage::Dismissed | Stage::Settled => true,
            Stage::Challengeable { until } => until > state.now(),
            Stage::Absorbing => loss.draws.iter().any(|draw| {
                !draw.closed && draw.deadline.is_some_and(|deadline| deadline > state.now())
            }),
            // An open book waits for fills, until its time is out.
            Stage::Detected => !state.book_is_flat(id),
            Stage::Measured => false,
        };
        if !waits {
            return broken(LIVE, format!("loss {id} is {:?} and nothing is due", loss.stage));
        }
    }
    leave::check(state)
}
