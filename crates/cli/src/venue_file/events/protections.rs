//! Events of protections.

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::loss_file::read::unknown;
use crate::venue_file::asked::Do;
use crate::venue_file::model::What;
use crate::venue_file::protections::Provide;

impl Reader<'_> {
    /// The protection; the only one where nothing is said.
    fn protection(&self) -> Result<usize, Diagnostic> {
        let protections = self.known.protections.iter();
        let names: Vec<&str> = protections.map(|of| of.spec.name.as_str()).collect();
        let Some(at) = &self.shape.protection else {
            return match names.len() {
                1 => Ok(0),
                0 => {
                    let message = "there is no protection";
                    let help = "add [[protection]] with name, fund and feed.";
                    let (code, allowed) = ("protection-none", "a protection");
                    Err(self.words.refuse(code, message, help, self.place, allowed))
                }
                _ => {
                    let message = "which protection?";
                    let help = "add protection = ... to the event.";
                    let code = "event-missing-protection";
                    Err(self.words.refuse(code, message, help, self.place, names.join(", ")))
                }
            };
        };
        let place = names.iter().position(|name| *name == at.value);
        place.ok_or_else(|| unknown(self.words, at, "protection", &names))
    }

    pub(super) fn provide(&self, word: Do) -> Result<What, Diagnostic> {
        let protection = self.protection()?;
        let account = self.text("account", &self.shape.account)?;
        let provide = match word {
            Do::Protect => {
                let deposit = self.amount()?;
                Provide::Protect { protection, account, deposit }
            }
            _ => Provide::End { protection, account },
        };
        Ok(What::Provide(provide))
    }
}
