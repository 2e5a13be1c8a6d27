//! Events of watching, and the evidence that names what they are of.

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::venue_file::asked::Do;
use crate::venue_file::bounty::Watched;
use crate::venue_file::model::What;

impl Reader<'_> {
    /// The hash of the evidence of a report: thirty-two zeros, which name no event, where nothing
    /// is said.
    pub(super) fn evidence(&self) -> Result<[u8; 32], Diagnostic> {
        self.shape.evidence.as_ref().map_or(Ok([0; 32]), |at| self.words.hash(at))
    }

    pub(super) fn watch(&self, word: Do) -> Result<What, Diagnostic> {
        let account = self.text("account", &self.shape.account)?;
        let evidence = self.words.hash(self.need("evidence", &self.shape.evidence)?)?;
        Ok(What::Watch(match word {
            Do::Notice => Watched::Notice { domain: self.domain()?, account, evidence },
            _ => {
                let loss = self.text("loss", &self.shape.loss)?;
                Watched::Challenge { loss, account, evidence }
            }
        }))
    }
}
