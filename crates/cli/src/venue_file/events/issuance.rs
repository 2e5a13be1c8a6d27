//! Events of issuances.

use rhodian_core::units::Amount;

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::loss_file::words::Words;
use crate::venue_file::asked::Do;
use crate::venue_file::issuance::{Issuance, Issue};
use crate::venue_file::model::What;

impl Reader<'_> {
    pub(super) fn issue(&self, word: Do) -> Result<What, Diagnostic> {
        let layer = self.shape.layer.as_ref().map(|_| self.layer()).transpose()?;
        let (account, lots) = (self.text("account", &self.shape.account)?, self.lots()?);
        // What a lot of tokens costs is money, and what a lot of money costs is tokens.
        let place = |of: &Issuance| self.known.layers.get(of.spec.layer.index()).copied();
        let of_layer =
            |of: &&Issuance| layer.as_ref().is_none_or(|name| place(of) == Some(name.as_str()));
        let issuance = self.known.issuances.iter().find(of_layer);
        let format = match (word, issuance) {
            (Do::SellTokens, Some(of)) => of.token.format(),
            _ => self.words.format,
        };
        let words = Words { text: self.words.text, format };
        let most = self.shape.most.as_ref();
        let most = most.map(|at| words.amount(at, "most", 0)).transpose()?;
        Ok(What::Issue(match word {
            Do::TakeTokens => Issue::Take {
                layer,
                loss: self.text("loss", &self.shape.loss)?,
                account,
                lots,
                most,
            },
            _ => Issue::Sell { layer, account, lots, most },
        }))
    }

    /// A whole number above zero.
    fn lots(&self) -> Result<Amount, Diagnostic> {
        let at = self.need("lots", &self.shape.lots)?;
        let text = self.words.text(at, "lots", "7")?;
        let lots = text.parse::<u64>().ok().filter(|lots| *lots > 0);
        let lots = lots.and_then(|lots| Amount::new(u128::from(lots)).ok());
        lots.ok_or_else(|| {
            let (message, help) =
                ("lots is no whole number above zero", "write how many, at most.");
            self.words.refuse("lots-not-whole", message, help, &at.place, "1 or more")
        })
    }
}
