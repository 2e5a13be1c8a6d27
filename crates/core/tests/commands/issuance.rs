//! Commands about new tokens, out of bytes.

use rhodian_core::ids::{AssetId, IssuanceId, LayerId, Name, Time};
use rhodian_core::issuance::{
    Buyback, Command, Depletion, Dilution, IssuanceSpec, Ladder, Outstanding, PeriodPart,
};
use rhodian_core::units::Amount;

use super::Bytes;

/// Lots of three from 9 down to 1, at most 100 tokens; a surplus above 30 buys back.
pub fn spec_of(layer: LayerId, fund: Option<LayerId>) -> IssuanceSpec {
    let amount = |atoms: u32| Amount::from(atoms);
    let ladder = |every| Ladder { start: amount(9), step: amount(4), every, floor: amount(1) };
    let buyback = fund.map(|fund| Buyback {
        fund,
        target: amount(30),
        lot: amount(2),
        ladder: ladder(40_000),
    });
    IssuanceSpec {
        name: Name::new("tokens").unwrap(),
        layer,
        token: AssetId(1),
        lot: amount(3),
        ladder: ladder(20_000),
        restarts: 1,
        stressed: amount(4),
        dilution: Dilution { part: 100_000, window: 500_000 },
        outstanding: outstanding(1_000, Time(0)),
        buyback,
    }
}

fn outstanding(atoms: u32, at: Time) -> Outstanding {
    let source = Name::new("chain").unwrap();
    Outstanding { amount: Amount::from(atoms), source, at }
}

pub fn of_issuance(bytes: &mut Bytes<'_>) -> Command {
    let issuance = IssuanceId(u32::from(bytes.byte() > 240));
    let (account, number) = (bytes.account(), bytes.number());
    let (lots, most) = (bytes.amount(), bytes.amount());
    match bytes.byte() % 16 {
        0..=7 => Command::Take { issuance, loss: bytes.loss(), account, number, lots, most },
        8..=11 => Command::SellBack { issuance, account, number, lots, most },
        12 => {
            let fund = bytes.maybe(Bytes::layer);
            let mut spec = spec_of(bytes.layer(), fund);
            spec.restarts = bytes.one(&[0, 1, 3, u32::MAX]);
            spec.token = bytes.asset();
            Command::Specify { spec: Box::new(spec) }
        }
        13 => {
            let of = outstanding(bytes.one(&[0, 30, 100, 2_000]), Time(bytes.millis()));
            Command::Count { issuance, outstanding: of }
        }
        _ => {
            let part = bytes.one(&[0, 1, 400_000, 1_000_000, u32::MAX]);
            let per_period = bytes.maybe(|bytes| PeriodPart { part, millis: bytes.millis() });
            let depletion = bytes.maybe(|_| Depletion { per_episode: Some(part), per_period });
            Command::Limit { layer: bytes.layer(), depletion }
        }
    }
}
