//! Receipts, standings and heads, as the files that `rhodian verify` reads: their one canonical form, with
//! nothing around it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rhodian_core::ids::{DomainId, EpisodeId, LiableSetId, LossId};

use super::endpoint::{self, Ask};
use super::queries::own_account;
use super::{Door, args};
use crate::access::Level;
use crate::follower::View;
use crate::problem::Problem;
use crate::proofs::Proofs;

fn proofs(view: &View) -> Result<&Proofs, Problem> {
    let off = || Problem::new("no-receipts", "this service makes no receipts: receipts = false");
    view.proofs.as_ref().ok_or_else(off)
}

/// `GET /v1/losses/{loss}/receipts/{account}`: one file for each division of the loss that the
/// account was a member of; the header says how many there are.
pub async fn receipt(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, _) = endpoint::read(request).await?;
        let caller = endpoint::must_call(caller)?;
        args::known(&args, ["loss", "account", "division"].into_iter())?;
        let view = door.follower.read();
        let venue = door.venue.as_str();
        let ask = Ask { view: &view, state: &view.state, args: &args, caller: &caller, venue };
        let (loss, account) = (LossId(args.must("loss")?), own_account(&ask)?);
        let proofs = proofs(&view)?;
        let head = proofs.head(view.state.now());
        let all = proofs.prover().receipts(&view.state, loss, account, &head);
        let division: usize = args.maybe("division")?.unwrap_or(1);
        let one = division.checked_sub(1).and_then(|place| all.get(place));
        let none = || Problem::not_found("receipt of this account for loss", loss);
        let mut response = endpoint::json(one.ok_or_else(none)?.to_json());
        response.headers_mut().insert("rhodian-receipts", HeaderValue::from(all.len()));
        Ok::<_, Problem>(response)
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

/// `GET /v1/domains/{domain}/standing/{account}`: that the account was counted with its gain, at
/// the last checkpoint of the domain or when a liable set was fixed.
pub async fn standing(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, _) = endpoint::read(request).await?;
        let caller = endpoint::must_call(caller)?;
        args::known(&args, ["domain", "account", "set"].into_iter())?;
        let view = door.follower.read();
        let (state, venue) = (&view.state, door.venue.as_str());
        let ask = Ask { view: &view, state, args: &args, caller: &caller, venue };
        let (domain, account) = (DomainId(args.must("domain")?), own_account(&ask)?);
        let proofs = proofs(&view)?;
        let (prover, head) = (proofs.prover(), proofs.head(state.now()));
        let found = match args.maybe("set")?.map(LiableSetId) {
            Some(set) => prover.standing_at(state, set, account, &head),
            None => prover.standing(state, domain, account, &head),
        };
        let found = found.filter(|found| found.accounts.domain == domain);
        let none = || Problem::not_found("standing of this account in domain", domain);
        Ok::<_, Problem>(endpoint::json(found.ok_or_else(none)?.to_json()))
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

/// `GET /v1/head`: the signed head of the log, with the proof that it continues an earlier one.
pub async fn head(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, _) = endpoint::read(request).await?;
        endpoint::must_call(caller)?.may_read(Level::Public)?;
        args::known(&args, ["from"].into_iter())?;
        let view = door.follower.read();
        let (proofs, from): (_, Option<u32>) = (proofs(&view)?, args.maybe("from")?);
        let file = proofs.head_file(view.state.now(), from);
        let size = file.head.head.size;
        if from.is_some_and(|from| from > size) {
            let detail = format!("from is beyond the log, which has {size} entries");
            return Err(Problem::new("parameter-not-read", detail));
        }
        Ok::<_, Problem>(endpoint::json(serde_json::to_vec(&file).unwrap_or_default()))
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

/// `GET /v1/public-key`: what heads are signed with, in hexadecimal.
pub async fn public_key(State(door): State<Arc<Door>>) -> Response {
    let view = door.follower.read();
    match proofs(&view) {
        Ok(proofs) => {
            let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            (kind, proofs.public_key() + "\n").into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// `GET /v1/episodes/{episode}/proof`: everything that was committed in an episode.
pub async fn episode(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, _) = endpoint::read(request).await?;
        // It names nobody, but tells every gain and every share.
        endpoint::must_call(caller)?.may_read(Level::Everyone)?;
        args::known(&args, ["episode"].into_iter())?;
        let episode = EpisodeId(args.must("episode")?);
        let view = door.follower.read();
        let proofs = proofs(&view)?;
        let file = proofs.prover().episode(episode, &proofs.head(view.state.now()));
        let file = file.ok_or_else(|| Problem::not_found("episode", episode))?;
        Ok::<_, Problem>(endpoint::json(file.to_json()))
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}
