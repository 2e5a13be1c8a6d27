//! Surfaces that leave a sure profit are refused, each fault by its name; others are not.

use rhodian_core::pricing::{
    Arbitrage, Level, OutsideDomain, Quoted, Smile, TimeToExpiry, Volatility, check_surface,
};

const DAY: u64 = 86_400_000;

/// One expiry: days, forward in thousandths of 10^12 units, and (strike, volatility in millionths).
type Row<'a> = (u64, u64, &'a [(u64, u32)]);

#[track_caller]
fn check(name: &str, rows: &[Row<'_>], expected: Result<(), Arbitrage>) {
    let level = |thousandths: u64| Level::new(thousandths * 1_000_000_000).unwrap();
    let quotes: Vec<Vec<Quoted>> = rows
        .iter()
        .map(|(_, _, quotes)| {
            let quoted = |&(strike, volatility): &(u64, u32)| Quoted {
                strike: level(strike),
                volatility: Volatility::new(volatility).unwrap(),
            };
            quotes.iter().map(quoted).collect()
        })
        .collect();
    let smiles: Vec<Smile<'_>> = rows
        .iter()
        .zip(&quotes)
        .map(|((days, forward, _), quotes)| Smile {
            forward: level(*forward),
            time: TimeToExpiry::from_millis(days * DAY).unwrap(),
            quotes,
        })
        .collect();
    assert_eq!(check_surface(&smiles), expected, "case: {name}");
}

#[test]
fn surfaces_without_arbitrage_pass() {
    check("nothing quoted", &[], Ok(()));
    check("an expiry without quotes", &[(7, 1_000, &[])], Ok(()));
    check("one quote", &[(7, 1_000, &[(1_000, 600_000)])], Ok(()));
    let flat: &[(u64, u32)] =
        &[(100, 600_000), (800, 600_000), (1_000, 600_000), (1_200, 600_000), (5_000, 600_000)];
    check("flat", &[(1, 1_000, flat), (30, 1_010, flat), (365, 1_100, flat)], Ok(()));
    let smile: &[(u64, u32)] =
        &[(800, 700_000), (900, 640_000), (1_000, 600_000), (1_100, 590_000), (1_200, 600_000)];
    check("a smile", &[(30, 1_000, smile), (60, 1_000, smile)], Ok(()));
    check(
        "volatility that falls more slowly than time grows",
        &[(30, 1_000, &[(1_000, 800_000)]), (120, 1_000, &[(1_000, 400_000)])],
        Ok(()),
    );
    check(
        "moneyness beyond the other expiry's strikes",
        &[(30, 1_000, &[(2_000, 900_000)]), (31, 1_000, &[(1_000, 300_000)])],
        Ok(()),
    );
}

#[test]
fn each_fault_is_named() {
    let at_the_money: &[(u64, u32)] = &[(1_000, 600_000)];
    check(
        "expiries out of order",
        &[(30, 1_000, at_the_money), (30, 1_000, at_the_money)],
        Err(Arbitrage::ExpiryOrder { expiry: 1 }),
    );
    check(
        "strikes out of order",
        &[(30, 1_000, &[(1_000, 600_000), (1_000, 600_000)])],
        Err(Arbitrage::StrikeOrder { expiry: 0, quote: 1 }),
    );
    let why = OutsideDomain::Moneyness { forward: 10_000_000_000, strike: 1_000_000_000_000 };
    check(
        "a strike without a price",
        &[(30, 10, &[(1_000, 600_000)])],
        Err(Arbitrage::OutsideDomain { expiry: 0, quote: 0, why }),
    );
    // Volatility so much higher that the dearer strike's call costs more.
    check(
        "a call that rises",
        &[(30, 1_000, &[(1_000, 200_000), (1_050, 600_000)])],
        Err(Arbitrage::CallRises { expiry: 0, quote: 1 }),
    );
    check(
        "a put that falls",
        &[(30, 1_000, &[(950, 600_000), (1_000, 200_000)])],
        Err(Arbitrage::PutFalls { expiry: 0, quote: 1 }),
    );
    check(
        "a bulge in the middle",
        &[(30, 1_000, &[(900, 600_000), (1_000, 700_000), (1_100, 600_000)])],
        Err(Arbitrage::Butterfly { expiry: 0, quote: 1 }),
    );
    check(
        "total variance that falls at one strike",
        &[(30, 1_000, &[(1_000, 800_000)]), (60, 1_000, &[(1_000, 500_000)])],
        Err(Arbitrage::Calendar { earlier: 0, later: 1, expiry: 0, quote: 0 }),
    );
    check(
        "between two strikes of the later expiry",
        &[(30, 1_000, &[(1_000, 800_000)]), (60, 1_000, &[(950, 500_000), (1_050, 500_000)])],
        Err(Arbitrage::Calendar { earlier: 0, later: 1, expiry: 0, quote: 0 }),
    );
    check(
        "between two strikes of the earlier expiry",
        &[(30, 1_000, &[(950, 800_000), (1_050, 800_000)]), (60, 1_100, &[(1_100, 500_000)])],
        Err(Arbitrage::Calendar { earlier: 0, later: 1, expiry: 1, quote: 0 }),
    );
    check(
        "two expiries apart, where the one between is silent",
        &[
            (30, 1_000, &[(1_000, 800_000)]),
            (45, 1_000, &[(2_000, 700_000)]),
            (60, 1_000, &[(1_000, 500_000)]),
        ],
        Err(Arbitrage::Calendar { earlier: 0, later: 2, expiry: 0, quote: 0 }),
    );
}

/// A bulge of the least size that no rounding explains, and the largest that rounding may make.
#[test]
fn rounding_alone_is_no_butterfly() {
    // Strikes a unit apart and a day to go: curvature is far below a unit, and all must pass.
    let strikes: Vec<Quoted> = (0..200)
        .map(|i| Quoted {
            strike: Level::new(1_000_000_000 + i).unwrap(),
            volatility: Volatility::new(600_000).unwrap(),
        })
        .collect();
    let smile = Smile {
        forward: Level::new(1_000_000_100).unwrap(),
        time: TimeToExpiry::from_millis(DAY).unwrap(),
        quotes: &strikes,
    };
    assert_eq!(check_surface(&[smile]), Ok(()));
}
