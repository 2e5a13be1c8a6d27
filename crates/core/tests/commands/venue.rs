//! Commands of markets and close-outs out of bytes.

use rhodian_core::closeout::{self, AuctionCourse, Route, RouteSpec, Routes};
use rhodian_core::ids::{MarketId, Time};
use rhodian_core::liquidation::breaker::{Breaker, Limit, Stage};
use rhodian_core::market::{self, Instrument, MarketSpec, Party, Right, StepLimits, Tier};
use rhodian_core::units::{Amount, Price, Quantity};

use super::Bytes;

const HIGHEST: u64 = 10u64.pow(15);

impl Bytes<'_> {
    fn market(&mut self) -> MarketId {
        MarketId(self.below(4))
    }

    /// Mostly near 100.
    fn price(&mut self) -> Price {
        let near = [60, 90, 95, 98, 99, 100, 100, 100, 101, 102, 105, 110, 160];
        let ticks =
            if self.byte() < 240 { self.one(&near) } else { self.one(&[0, 1, 1_000, HIGHEST]) };
        Price::new(ticks).unwrap()
    }

    fn lots(&mut self) -> Quantity {
        let lots = if self.byte() < 240 {
            i64::from(self.byte() % 24)
        } else {
            self.one(&[-1, 1_000, HIGHEST.cast_signed()])
        };
        Quantity::new(lots).unwrap()
    }

    fn party(&mut self) -> Party {
        if self.byte() < 210 { Party::Account(self.account()) } else { Party::Book(self.loss()) }
    }

    /// Mostly higher than any before: fewer bytes are left.
    fn fresh(&mut self) -> u64 {
        if self.byte() < 240 { 100_000 - self.0.len() as u64 } else { self.number() }
    }

    fn rate(&mut self) -> u32 {
        self.one(&[0, 1, 1_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 1_000_001])
    }
}

pub fn of_market(bytes: &mut Bytes<'_>) -> market::Command {
    use market::Command as C;
    let market = bytes.market();
    match bytes.byte() {
        0..=14 => C::List { spec: Box::new(spec(bytes)) },
        15..=89 => C::Mark { marks: bytes.some(2, |bytes| (bytes.market(), bytes.price())) },
        90..=209 => C::Fill {
            market,
            number: bytes.fresh(),
            buyer: bytes.party(),
            seller: bytes.party(),
            lots: bytes.lots(),
            price: bytes.price(),
            buyer_fee: fee(bytes),
            seller_fee: fee(bytes),
        },
        210..=225 => {
            let atoms_per_lot = bytes.one(&[-20, -3, -1, 0, 1, 2, 9, i64::MIN, i64::MAX]);
            C::Fund { market, atoms_per_lot }
        }
        226..=245 => C::EndPeriod,
        _ => C::Settle { market, price: bytes.price() },
    }
}

fn fee(bytes: &mut Bytes<'_>) -> Amount {
    if bytes.byte() < 180 { Amount::ZERO } else { bytes.amount() }
}

/// A market as they may be, most of them lawful.
fn spec(bytes: &mut Bytes<'_>) -> MarketSpec {
    let expiry = Time(bytes.one(&[0, 1_000, 1_000_000, 20_000_000]));
    let instrument = match bytes.byte() % 4 {
        0 | 1 => Instrument::Perpetual,
        2 => Instrument::Future { expiry, underlying: bytes.maybe(|bytes| bytes.market()) },
        _ => Instrument::Option {
            underlying: bytes.market(),
            strike: bytes.price(),
            expiry,
            right: bytes.one(&[Right::Call, Right::Put]),
        },
    };
    let tier = |bytes: &mut Bytes<'_>| Tier {
        above: bytes.amount(),
        initial: bytes.rate(),
        maintenance: bytes.rate(),
    };
    let first = Tier { above: Amount::ZERO, initial: 100_000, maintenance: 50_000 };
    let tiers = std::iter::once(first).chain(bytes.maybe(tier)).collect();
    MarketSpec {
        name: bytes.name(),
        domain: bytes.domain(),
        instrument,
        unit: bytes.one(&[1, 1, 1, 3, 0, u64::MAX]),
        max_price: Price::new(bytes.one(&[1_000, 100_000, 0, HIGHEST])).unwrap(),
        max_position: bytes.one(&[1_000_000, 1_000_000, 10, HIGHEST, 0]),
        max_open: bytes.one(&[1_000_000, 1_000_000, 10, HIGHEST, u64::MAX]),
        band: bytes.one(&[500_000, 100_000, 1_000_000, 0]),
        tiers,
        steps: bytes.maybe(|bytes| StepLimits {
            price: bytes.rate(),
            funding: bytes.rate(),
            penalty: bytes.rate(),
        }),
    }
}

fn route(bytes: &mut Bytes<'_>) -> Route {
    let millis = |bytes: &mut Bytes<'_>| bytes.one(&[0, 1, 20_000, 3_600_000, u64::MAX]);
    match bytes.byte() % 6 {
        0 => Route::Market,
        1 | 2 => Route::Auction {
            course: AuctionCourse {
                first: bytes.one(&[980_000, 1_000_000, 0]),
                knee: bytes.rate(),
                fast: millis(bytes),
                slow: millis(bytes),
                insolvent: millis(bytes),
            },
        },
        3 | 4 => Route::Backstop {
            account: bytes.account(),
            base: bytes.rate(),
            impact: bytes.rate(),
            volatility: bytes.rate(),
            depth: bytes.one(&[0, 1, 1_000, u64::MAX]),
            band: bytes.rate(),
            budget: bytes.amount(),
        },
        _ => Route::Deleverage,
    }
}

pub fn of_close_out(bytes: &mut Bytes<'_>) -> closeout::Command {
    if bytes.byte() < 130 {
        let (from, bidder) = (bytes.party(), bytes.account());
        let part = bytes.one(&[0, 1, 100_000, 250_000, 1_000_000, u32::MAX]);
        return closeout::Command::Bid { from, bidder, part };
    }
    let routes = Routes {
        buffer: bytes.rate(),
        penalty: bytes.rate(),
        slippage: bytes.rate(),
        fund: bytes.layer(),
        breaker: Breaker {
            limits: bytes.some(3, |bytes| Limit {
                value: bytes.amount(),
                window: bytes.one(&[1, 20_000, 3_600_000, 0]),
            }),
            stages: bytes.some(3, |bytes| Stage {
                beyond: bytes.one(&[1, 50_000, 200_000, 0]),
                allowed: bytes.one(&[0, 100_000, 500_000, 1_000_000]),
            }),
        },
        list: bytes.some(4, |bytes| RouteSpec {
            route: route(bytes),
            time: bytes.one(&[1, 20_000, 3_600_000, 0]),
            budget: bytes.amount(),
        }),
    };
    closeout::Command::SetRoutes { asset: bytes.asset(), routes }
}

/// A duty that may or may not be due.
pub fn duty(bytes: &mut Bytes<'_>) -> rhodian_core::engine::Action {
    use closeout::Duty as D;
    use rhodian_core::engine::Action;
    let (account, loss, market) = (bytes.account(), bytes.loss(), bytes.market());
    Action::CloseOutDuty(match bytes.byte() % 9 {
        0 => D::BeginDeleveraging { loss },
        1 => D::Deleverage { loss, market },
        2 => D::BeginLiquidation { account },
        3 => D::EndLiquidation { account },
        4 => D::NextRoute { account },
        5 => D::SellToBackstop { account },
        6 => D::DeleverageAccount { account, market },
        7 => D::SellBookToBackstop { loss },
        _ => return Action::MarketDuty(market::Duty::PayOut { market }),
    })
}
