//! Events of pay and its end, of what the house takes out, and of risk figures.

use rhodian_core::market::RATE_UNIT;

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::venue_file::asked::Do;
use crate::venue_file::incentive::{Of, Pay, SERVES};
use crate::venue_file::model::What;

impl Reader<'_> {
    pub(super) fn pay(&self, word: Do) -> Result<What, Diagnostic> {
        Ok(What::Pay(match word {
            Do::FundPay => Pay::Fund { layer: self.layer()?, amount: self.amount()? },
            Do::TakeOut => Pay::TakeOut { layer: self.layer()?, amount: self.amount()? },
            Do::EndPay => Pay::End { layer: self.layer()? },
            _ => self.measure()?,
        }))
    }

    fn measure(&self) -> Result<Pay, Diagnostic> {
        let shape = self.shape;
        let part = || {
            let part = self.need("part", &shape.part)?;
            self.words.percent(part, "part", "", RATE_UNIT)
        };
        let of = match (&shape.layer, &shape.market) {
            (Some(_), _) => Of::Layer(self.layer()?, part()?),
            (None, Some(_)) => Of::Market(self.market()?, part()?),
            (None, None) => {
                let amount = self.need("amount", &shape.amount)?;
                Of::Domain(self.domain()?, self.words.amount(amount, "amount", 0)?)
            }
        };
        let period = shape.period.as_ref();
        let serves = period.map(|at| self.words.duration(at, "period", (1, SERVES))).transpose()?;
        let source = self.name("source", &shape.source)?;
        Ok(Pay::Measure { of, source, serves: serves.unwrap_or(SERVES) })
    }
}
