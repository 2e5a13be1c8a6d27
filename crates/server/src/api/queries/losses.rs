//! Losses, episodes, liable sets, claims.

use rhodian_core::ids::{AccountId, EpisodeId, LayerId, LiableSetId, LossId};
use rhodian_core::loss::{Episode, Member};

use super::super::endpoint::{Ask, Endpoint, Page, Param, list, one, page};
use super::super::views::{BookView, ClaimView, LossView, Row, SetLayerView, SetView};
use super::accounts::claims_of;
use super::{IN_DOMAIN, id, in_domain};
use crate::access::Level;
use crate::problem::Problem;

pub(super) fn table() -> Vec<Endpoint> {
    let layer = Param { name: "layer", about: "The layer.", required: true };
    vec![
        list("/v1/losses", "Every loss, step by step.", Level::Public, &[IN_DOMAIN], losses),
        one("/v1/losses/{loss}", "A loss: draws, hole, what is left.", Level::Public, &[], loss),
        one("/v1/losses/{loss}/book", "The close-out book of a loss.", Level::Public, &[], book),
        list(
            "/v1/losses/{loss}/claims",
            "Who may be repaid of a loss; an owner sees his own.",
            Level::Public,
            &[],
            claims,
        ),
        list("/v1/episodes", "Every episode.", Level::Public, &[IN_DOMAIN], episodes),
        one("/v1/episodes/{episode}", "An episode.", Level::Public, &[], episode),
        one("/v1/liable-sets/{set}", "A liable set: its divisions.", Level::Public, &[], set),
        list(
            "/v1/liable-sets/{set}/members",
            "Who stood in a layer of a liable set, with frozen weight and cap; an owner sees \
             himself.",
            Level::Public,
            &[layer],
            members,
        ),
    ]
}

pub(crate) fn loss_view(ask: &Ask<'_>, id: LossId) -> Option<LossView> {
    let loss = ask.state.losses.loss(id)?.clone();
    let (hole, remaining) = (loss.hole(), loss.remaining());
    let (received, debt) = (loss.received(), loss.debt());
    let mut view = LossView { id, loss, hole, remaining, received, debt };
    if !ask.caller.sees_everyone() {
        hide_others(ask, &mut view);
    }
    Some(view)
}

/// Whether the caller may read of `account`.
fn may(ask: &Ask<'_>, account: AccountId) -> bool {
    let owner = ask.state.accounts.account(account).map(|found| found.owner);
    owner.is_some_and(|owner| ask.caller.may_read_of(owner).is_ok())
}

/// What each other participant paid is his: sums stay, rows go.
fn hide_others(ask: &Ask<'_>, view: &mut LossView) {
    let loss = &mut view.loss;
    loss.failed = loss.failed.filter(|account| may(ask, *account));
    loss.set_off.retain(|row| may(ask, row.account));
    for draw in &mut loss.draws {
        draw.called.clear();
    }
    for pool in &mut loss.pools {
        use rhodian_core::recovery::Bearer;
        if let Bearer::Members { rows, .. } | Bearer::Ranked { rows } = &mut pool.bearer {
            rows.retain(|row| may(ask, row.account));
        }
    }
}

fn losses(ask: &Ask<'_>) -> Result<Page<LossView>, Problem> {
    let domain = in_domain(ask)?;
    let all = ask.state.losses.losses();
    let ids = all.filter(|(_, of)| domain.is_none_or(|domain| of.domain == domain));
    let ids = page(ask, ids.map(|(id, _)| (u64::from(id.0), id)))?;
    let items = ids.items.into_iter().filter_map(|id| loss_view(ask, id)).collect();
    Ok(Page { items, next: ids.next })
}

fn the_loss(ask: &Ask<'_>) -> Result<LossId, Problem> {
    let loss = id(ask.args, "loss", LossId)?;
    let found = ask.state.losses.loss(loss);
    found.map(|_| loss).ok_or_else(|| Problem::not_found("loss", loss))
}

fn loss(ask: &Ask<'_>) -> Result<LossView, Problem> {
    let loss = the_loss(ask)?;
    loss_view(ask, loss).ok_or_else(|| Problem::not_found("loss", loss))
}

fn book(ask: &Ask<'_>) -> Result<BookView, Problem> {
    let loss = the_loss(ask)?;
    let state = ask.state;
    let domain = state.losses.loss(loss).and_then(|found| state.domains.domain(found.domain));
    let asset = domain.map(|found| found.asset);
    let asset = asset.ok_or_else(|| Problem::not_found("loss", loss))?;
    let taken = state.collaterals.taken(loss).filter(|_| state.collaterals.in_book(loss));
    Ok(BookView {
        loss,
        equity: state.book_equity(loss, asset).to_string(),
        legs: state.markets.book(loss).iter().map(|leg| (leg.market, leg.lots)).collect(),
        flat: state.book_is_flat(loss),
        deleveraging: state.closeouts.deleveraging(loss),
        collateral: taken.map(|taken| taken.held.clone()).unwrap_or_default(),
    })
}

fn claims(ask: &Ask<'_>) -> Result<Page<ClaimView>, Problem> {
    let loss = the_loss(ask)?;
    let rows = claims_of(ask, None, Some(loss)).into_iter();
    let own = rows.filter(|row| may(ask, row.account));
    page(ask, (1..).zip(own))
}

fn shown(ask: &Ask<'_>, id: EpisodeId, of: &Episode) -> Row<Episode> {
    let mut of = of.clone();
    of.failed.retain(|owner| ask.caller.may_read_of(*owner).is_ok());
    Row { id: id.0, of }
}

fn episodes(ask: &Ask<'_>) -> Result<Page<Row<Episode>>, Problem> {
    let domain = in_domain(ask)?;
    let all = ask.state.losses.episodes();
    let rows = all.filter(|(_, of)| domain.is_none_or(|domain| of.domain == domain));
    page(ask, rows.map(|(id, of)| (u64::from(id.0), shown(ask, id, of))))
}

fn episode(ask: &Ask<'_>) -> Result<Row<Episode>, Problem> {
    let episode = id(ask.args, "episode", EpisodeId)?;
    let found = ask.state.losses.episode(episode);
    Ok(shown(ask, episode, found.ok_or_else(|| Problem::not_found("episode", episode))?))
}

fn set(ask: &Ask<'_>) -> Result<Row<SetView>, Problem> {
    let set = id(ask.args, "set", LiableSetId)?;
    let found = ask.state.losses.set(set);
    let found = found.ok_or_else(|| Problem::not_found("liable set", set))?;
    let layers = found.layers.iter().map(|(layer, of)| SetLayerView {
        layer: *layer,
        members: of.members.len(),
        untouched: of.untouched,
        cumulative: of.cumulative(),
        waves: of.waves.clone(),
    });
    let (episode, fixed, until) = (found.episode.0, found.fixed, found.until);
    Ok(Row { id: set.0, of: SetView { episode, fixed, until, layers: layers.collect() } })
}

fn members(ask: &Ask<'_>) -> Result<Page<Member>, Problem> {
    let set = id(ask.args, "set", LiableSetId)?;
    let layer = LayerId(ask.args.must("layer")?);
    let found = ask.state.losses.set(set).and_then(|set| set.layers.get(&layer));
    let found = found.ok_or_else(|| Problem::not_found("such layer in liable set", set))?;
    let rows = (1..).zip(found.members.iter().copied());
    page(ask, rows.filter(|(_, member)| may(ask, member.account)))
}
