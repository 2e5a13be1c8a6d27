//! Events of vaults.

use rhodian_core::market::RATE_UNIT;

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::loss_file::read::unknown;
use crate::venue_file::asked::Do;
use crate::venue_file::model::What;
use crate::venue_file::vaults::{Asked, Hold};

impl Reader<'_> {
    /// The vault; the only one where nothing is said.
    fn vault(&self) -> Result<usize, Diagnostic> {
        let vaults = self.known.vaults.iter();
        let names: Vec<&str> = vaults.map(|vault| vault.spec.name.as_str()).collect();
        let Some(at) = &self.shape.vault else {
            return match names.len() {
                1 => Ok(0),
                0 => {
                    let (message, help) =
                        ("there is no vault", "add [[vault]] with name and fund.");
                    Err(self.words.refuse("vault-none", message, help, self.place, "a vault"))
                }
                _ => {
                    let (message, help) = ("which vault?", "add vault = ... to the event.");
                    let code = "event-missing-vault";
                    Err(self.words.refuse(code, message, help, self.place, names.join(", ")))
                }
            };
        };
        let place = names.iter().position(|name| *name == at.value);
        place.ok_or_else(|| unknown(self.words, at, "vault", &names))
    }

    pub(super) fn hold(&self, word: Do) -> Result<What, Diagnostic> {
        let (vault, account) = (self.vault()?, self.text("account", &self.shape.account)?);
        let part = || {
            let at = self.shape.part.as_ref();
            at.map_or(Ok(RATE_UNIT), |at| self.words.percent(at, "part", "", RATE_UNIT))
        };
        let asked = match word {
            Do::Enter => Asked::Enter(self.amount()?),
            _ => Asked::Leave(part()?),
        };
        Ok(What::Hold(Hold { vault, account, asked }))
    }
}
