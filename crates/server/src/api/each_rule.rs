//! What a share would have been under each other rule. It costs a division of all members by each
//! rule, so it is made on request, a few at once, and holds nobody up: the members are copied from
//! the view, and the dividing is done beside it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use rhodian_core::allocation::Rule;
use rhodian_core::engine::State as Core;
use rhodian_core::ids::{AccountId, LayerId, LiableSetId, LossId, Name};
use rhodian_core::loss::LayerSet;
use rhodian_core::units::Amount;
use rhodian_report::rules::remark;
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::{self, Ask, Standing};
use super::queries::own_account;
use super::{Door, args};
use crate::problem::Problem;

/// An account's share of one layer under a liable set, by every rule.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EachRuleView {
    /// The liable set.
    pub set: LiableSetId,
    /// The layer.
    pub layer: LayerId,
    /// Its name.
    pub name: Name,
    /// The rule it divides by.
    pub rule: Rule,
    /// How many members share it.
    pub members: usize,
    /// What they bear in all, in atoms.
    pub borne: Amount,
    /// What of it the account paid.
    pub paid: Amount,
    /// Its share of the same total over the same members, rule by rule.
    pub rules: Vec<UnderRuleView>,
}

/// A share under a rule.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnderRuleView {
    /// The rule.
    pub rule: Rule,
    /// The share, in atoms; nothing where the rule does not divide these members.
    pub share: Option<Amount>,
    /// What is to be known beside it; may be empty.
    pub remark: String,
}

/// A layer that bears something of the account's, as it stood in the view.
struct Borne {
    of: LayerSet,
    place: usize,
    with_classes: bool,
    view: EachRuleView,
}

/// The layers of the liable set of `loss` under which `account` bears a share.
fn borne(state: &Core, loss: LossId, account: AccountId) -> Result<Vec<Borne>, Problem> {
    let found = state.losses.loss(loss).ok_or_else(|| Problem::not_found("loss", loss))?;
    let layers = found.set.and_then(|id| Some((id, &state.losses.set(id)?.layers)));
    let layers = layers.into_iter().flat_map(|(set, layers)| layers.iter().map(move |l| (set, l)));
    let all = layers.filter_map(|(set, (layer, of))| {
        let place = of.place(account)?;
        let (member, borne) = (of.members.get(place)?, of.borne());
        let spec = &state.domains.layer(*layer)?.spec;
        let rule = spec.source.members()?;
        let view = EachRuleView {
            set,
            layer: *layer,
            name: spec.name.clone(),
            rule: rule.rule,
            members: of.members.len(),
            borne,
            paid: member.paid,
            rules: Vec::new(),
        };
        let with_classes = rule.classes;
        (!borne.is_zero()).then(|| Borne { of: of.clone(), place, with_classes, view })
    });
    Ok(all.collect())
}

fn divided(borne: Borne) -> EachRuleView {
    let each = borne.of.under_each_rule(borne.place, borne.with_classes);
    let rules = each.into_iter().map(|under| UnderRuleView {
        rule: under.rule,
        share: under.share.ok(),
        remark: remark(&under),
    });
    EachRuleView { rules: rules.collect(), ..borne.view }
}

/// The shares of `account` in the layers of `loss`, by every rule. Whose account it is was asked
/// before.
pub(crate) async fn of(
    door: &Arc<Door>,
    loss: LossId,
    account: AccountId,
) -> Result<Standing<Vec<EachRuleView>>, Problem> {
    let turn = door.turn().await?;
    let (sequence, now, borne) = {
        let view = door.follower.read();
        let found = borne(&view.state, loss, account)?;
        (view.sequence, view.state.now(), found)
    };
    let dividing = move || {
        let _turn = turn;
        borne.into_iter().map(divided).collect()
    };
    let data = tokio::task::spawn_blocking(dividing).await;
    let data = data.map_err(|error| Problem::new("not-stored", error.to_string()))?;
    Ok(Standing { sequence, now, data })
}

/// `GET /v1/losses/{loss}/rules/{account}`.
pub async fn each_rule(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, _) = endpoint::read(request).await?;
        let caller = endpoint::must_call(caller)?;
        args::known(&args, ["loss", "account"].into_iter())?;
        let loss = LossId(args.must("loss")?);
        let account = {
            let (view, venue) = (door.follower.read(), door.venue.as_str());
            let (state, args, caller) = (&view.state, &args, &caller);
            own_account(&Ask { view: &view, state, args, caller, venue })?
        };
        let found = of(&door, loss, account).await?;
        Ok::<_, Problem>(endpoint::json(serde_json::to_vec(&found).unwrap_or_default()))
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}
