//! Events of clearing funds.

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::loss_file::read::unknown;
use crate::venue_file::asked::Do;
use crate::venue_file::clearing::Clear;
use crate::venue_file::model::What;

impl Reader<'_> {
    /// The fund; the only one where nothing is said.
    fn clearing_fund(&self) -> Result<usize, Diagnostic> {
        let names = self.known.clearing;
        let Some(at) = &self.shape.fund else {
            return match names.len() {
                1 => Ok(0),
                0 => {
                    let help = "add [[clearing]] with name, layer and scenario.";
                    let message = "there is no clearing fund";
                    let allowed = "a clearing fund";
                    Err(self.words.refuse("clearing-none", message, help, self.place, allowed))
                }
                _ => {
                    let (message, help) = ("which fund?", "add fund = ... to the event.");
                    let code = "event-missing-fund";
                    Err(self.words.refuse(code, message, help, self.place, names.join(", ")))
                }
            };
        };
        names
            .iter()
            .position(|name| *name == at.value)
            .ok_or_else(|| unknown(self.words, at, "fund", names))
    }

    pub(super) fn clear(&self, word: Do) -> Result<What, Diagnostic> {
        let (shape, fund) = (self.shape, self.clearing_fund()?);
        let account = || self.text("account", &shape.account);
        let to = || self.text("to", &shape.to);
        let loss = || self.text("loss", &shape.loss);
        Ok(What::Clear(match word {
            Do::JoinFund => Clear::Join { fund, account: account()? },
            Do::LeaveFund => Clear::Leave { fund, account: account()? },
            Do::SizeFund => Clear::Size { fund },
            Do::ClearClient => Clear::Client { fund, account: account()?, to: to()? },
            Do::ReleaseClient => Clear::Release { fund, account: account()? },
            Do::PortClient => Clear::Port { fund, account: account()?, to: to()? },
            Do::OpenAuction => {
                let most = self.words.amount(self.need("most", &shape.most)?, "most", 0)?;
                Clear::Auction { fund, loss: loss()?, most }
            }
            _ => {
                let asks = self.words.amount(self.need("asks", &shape.asks)?, "asks", 0)?;
                Clear::Bid { fund, loss: loss()?, account: account()?, asks }
            }
        }))
    }
}
