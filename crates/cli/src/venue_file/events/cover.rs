//! Events of cover pools.

use rhodian_core::units::Amount;

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::loss_file::layers::MAX_SPAN;
use crate::loss_file::read::unknown;
use crate::loss_file::shape::At;
use crate::venue_file::asked::Do;
use crate::venue_file::cover::{Insure, Risk};
use crate::venue_file::model::What;
use crate::venue_file::shape::LostShape;

impl Reader<'_> {
    /// The risk; the only one where nothing is said.
    fn risk(&self) -> Result<usize, Diagnostic> {
        let risks = self.known.risks;
        let names: Vec<&str> = risks.iter().map(|risk| risk.spec.name.as_str()).collect();
        let Some(at) = &self.shape.risk else {
            return match risks.len() {
                1 => Ok(0),
                0 => {
                    let help = "add [[cover]] with name, fund, tail_index and [[cover.risk]].";
                    let message = "there is no cover pool";
                    Err(self.words.refuse("cover-none", message, help, self.place, "a cover pool"))
                }
                _ => {
                    let (message, help) = ("which risk?", "add risk = ... to the event.");
                    let code = "event-missing-risk";
                    Err(self.words.refuse(code, message, help, self.place, names.join(", ")))
                }
            };
        };
        let named = |risk: &Risk| risk.spec.name.as_str() == at.value;
        risks.iter().position(named).ok_or_else(|| unknown(self.words, at, "risk", &names))
    }

    /// What was lost: by each account of a list, or by the one that the event names.
    fn lost(&self) -> Result<Vec<(String, Amount)>, Diagnostic> {
        let Some(list) = &self.shape.lost else {
            return Ok(vec![(self.text("account", &self.shape.account)?, self.amount()?)]);
        };
        let beside = self.shape.account.as_ref().map(|at| &at.place);
        if let Some(place) = beside.or(self.shape.amount.as_ref().map(|at| &at.place)) {
            let message = "lost says who lost what, and so does this key";
            let help = "drop one of them.";
            let allowed = "lost, or account and amount";
            return Err(self.words.refuse("lost-said-twice", message, help, place, allowed));
        }
        if list.value.is_empty() {
            let (message, help) = ("lost names nobody", "say who lost what.");
            let allowed = "at least one account and its amount";
            return Err(self.words.refuse("lost-empty", message, help, &list.place, allowed));
        }
        let one = |at: &At<LostShape>| {
            let account = self.words.name(&at.value.account, "account")?.as_str().to_owned();
            Ok((account, self.words.amount(&at.value.amount, "amount", 1)?))
        };
        list.value.iter().map(one).collect()
    }

    pub(super) fn insure(&self, word: Do) -> Result<What, Diagnostic> {
        let shape = self.shape;
        let account = || self.text("account", &shape.account);
        Ok(What::Insure(match word {
            Do::BuyCover => {
                let period = self.need("period", &shape.period)?;
                let most = shape.most.as_ref().map(|at| self.words.amount(at, "most", 0));
                Insure::Buy {
                    risk: self.risk()?,
                    account: account()?,
                    amount: self.amount()?,
                    period: self.words.duration(period, "period", (1, MAX_SPAN))?,
                    most: most.transpose()?,
                }
            }
            Do::ReportIncident => {
                let since = shape.since.as_ref().map(|at| self.when(at, "since"));
                Insure::Report {
                    risk: self.risk()?,
                    loss: self.name("loss", &shape.loss)?,
                    cause: self.cause("an incident")?,
                    since: since.transpose()?,
                    lost: self.lost()?,
                    evidence: self.evidence()?,
                }
            }
            Do::Vote => {
                let at = self.need("vote", &shape.vote)?;
                let accept = match at.value.as_str() {
                    "for" => true,
                    "against" => false,
                    _ => return Err(unknown(self.words, at, "vote", &["for", "against"])),
                };
                Insure::Vote { loss: self.text("loss", &shape.loss)?, account: account()?, accept }
            }
            _ => {
                let loss = shape.loss.as_ref().map(|at| self.words.name(at, "loss"));
                Insure::Trigger { risk: self.risk()?, loss: loss.transpose()?, account: account()? }
            }
        }))
    }
}
