//! Cover pools in a run: what is counted, and refusals in money.

use rhodian_core::pools::cover::{Event, Rejection};
use rhodian_core::units::Amount;

use super::figures::Figures;
use super::refusal::In;

impl Figures {
    pub(super) fn of_cover(&mut self, event: &Event) {
        match event {
            Event::Bought { .. } => self.counted("covers bought"),
            Event::Ended { .. } => self.counted("covers that ended"),
            Event::Reported { .. } => self.counted("incidents"),
            Event::Voted { .. } => self.counted("votes"),
            Event::Paid { rows, .. } => rows.iter().for_each(|_| self.counted("claims paid")),
            Event::Opened { .. }
            | Event::RiskAdded { .. }
            | Event::RiskSet { .. }
            | Event::Earned { .. }
            | Event::Lapsed { .. }
            | Event::Triggered { .. }
            | Event::Tallied { .. }
            | Event::Owed { .. } => {}
        }
    }
}

impl In<'_> {
    /// Of a cover pool, whose amounts are of the settled asset.
    pub(super) fn cover(&self, rejection: &Rejection) -> Option<String> {
        use Rejection as C;
        let money = |amount: &Amount| self.money(amount);
        Some(match rejection {
            C::BelowLeastCover { amount, least } => {
                format!("a cover of {}, allowed: {} and more", money(amount), money(least))
            }
            C::DomainOwes { owed } => {
                format!("the pool's domain owes {}: it covers again when that is paid", money(owed))
            }
            C::ExitQueueAboveLimit { queue } => self.exits(queue),
            C::AboveCapacity { asked, room } => format!(
                "a cover of {}, what stands behind the pool covers {} more",
                money(asked),
                money(room)
            ),
            C::AboveConcentration { asked, room } => format!(
                "a cover of {}, the pool covers {} more of the risk",
                money(asked),
                money(room)
            ),
            C::PremiumAboveMost { premium, max } => {
                format!("the cover costs {}, the most is {}", money(premium), money(max))
            }
            C::Account(of) => return self.account(of),
            _ => return None,
        })
    }
}
