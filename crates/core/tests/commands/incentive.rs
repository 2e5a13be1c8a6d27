//! Commands about risk figures, pay and fees, out of bytes.

use rhodian_core::ids::{DomainId, LayerId, MarketId, Name, Time};
use rhodian_core::incentive::{
    Command, Duty, FeeTable, Figure, FirstLoss, FundFees, HouseFees, Measured, PayTerms,
    PremiumTerms, TrancheFees,
};
use rhodian_core::units::Amount;

use super::Bytes;

/// Most at stakes of thirty, a thousand times the stakes in a year: pay is seen within minutes.
pub fn terms() -> PayTerms {
    PayTerms { target: Amount::from(30u32), most: Amount::from(30_000_000u32), load: 100_000 }
}

/// Every hour, with twice the expected loss of the operator's first.
pub fn table(operator: LayerId, fund: LayerId, tranche: LayerId, house: LayerId) -> FeeTable {
    let floor = Amount::from(3u32);
    FeeTable {
        period: 600_000,
        ahead: 100_000,
        first_loss: Some(FirstLoss { layer: operator, factor: 2_000_000, floor, gates: false }),
        funds: vec![FundFees { layer: fund, target: Amount::from(60u32), part: 300_000 }],
        tranches: vec![TrancheFees { layer: tranche, part: 300_000 }],
        house: Some(HouseFees { layer: house, part: 400_000 }),
    }
}

/// Every minute, three times the expected loss, and at most a hundredth of a lot.
pub fn premium() -> PremiumTerms {
    PremiumTerms { period: 60_000, load: 2_000_000, most: 10_000 }
}

pub fn measured(figure: Figure, at: Time, until: Time) -> Measured {
    Measured { figure, source: Name::new("lab").unwrap(), at, until }
}

pub fn of_incentive(bytes: &mut Bytes<'_>) -> Command {
    let (layer, number, amount) = (bytes.layer(), bytes.number(), bytes.amount());
    match bytes.byte() % 18 {
        0..=4 => Command::FundPay { layer: LayerId(1), number, amount },
        5..=6 => Command::TakeOut { layer: bytes.one(&[LayerId(7), LayerId(8)]), number, amount },
        7 if number % 2 == 0 => Command::TakeOut { layer, number, amount },
        7 => Command::ReturnPay { layer: LayerId(1), number },
        8..=10 => {
            let figure = match bytes.byte() % 3 {
                0 => Figure::LayerLoss { layer, rate: bytes.one(&[0, 1, 100_000, u32::MAX]) },
                1 => Figure::DomainLoss { domain: bytes.domain(), amount },
                _ => {
                    let (market, share) = (bytes.below(3), bytes.one(&[0, 400_000, 1_000_000]));
                    Figure::MarketShare { market: MarketId(market), share }
                }
            };
            let (at, until) = (Time(bytes.millis()), Time(bytes.one(&[0, 9_000_000, u64::MAX])));
            Command::Measure { measured: measured(figure, at, until) }
        }
        11..=12 => {
            let most = bytes.one(&[Amount::ZERO, terms().most, Amount::MAX]);
            let pay =
                bytes.maybe(|bytes| PayTerms { most, load: bytes.one(&[0, 9_000_000]), ..terms() });
            Command::SetPay { layer: bytes.one(&[LayerId(1), layer]), pay }
        }
        13 => Command::SetFees { domain: DomainId(0), table: None },
        16..=17 => {
            let terms = bytes.maybe(|bytes| PremiumTerms {
                period: bytes.one(&[premium().period, 0]),
                load: bytes.one(&[0, premium().load, u32::MAX]),
                most: bytes.one(&[1, premium().most, 0]),
            });
            Command::SetPremium { market: MarketId(bytes.below(3)), terms }
        }
        _ => {
            let mut of = table(LayerId(7), LayerId(0), LayerId(1), bytes.one(&[LayerId(8), layer]));
            of.period = bytes.one(&[1, 20_000, 600_000, u64::MAX]);
            if let Some(first) = of.first_loss.as_mut() {
                first.gates = bytes.byte() < 30;
                first.factor = bytes.one(&[0, 2_000_000, 100_000_000, u32::MAX]);
            }
            Command::SetFees { domain: bytes.domain(), table: Some(Box::new(of)) }
        }
    }
}

pub fn duty(bytes: &mut Bytes<'_>) -> Duty {
    match bytes.maybe(|bytes| MarketId(bytes.below(3))) {
        Some(market) => Duty::ChargePremium { market },
        None => Duty::DivideFees { domain: bytes.domain() },
    }
}
