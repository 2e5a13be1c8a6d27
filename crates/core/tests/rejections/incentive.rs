//! Risk figures, pay by time, tables of fees, and what the house takes out.

use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{DomainId, LayerId, MarketId, Time};
use rhodian_core::incentive::{
    Command, Duty, FeeTable, Figure, Flaw, MAX_EXPECTED, Measured, PayTerms, PremiumTerms,
    Rejection, Subject,
};
use rhodian_core::market::{Instrument, MarketSpec, StepLimits};
use rhodian_core::units::{Amount, Price};

use crate::codes::{arms, variants};
use crate::table::{Case, Refused, Table};
use crate::world::incentive::{
    BTC, DAY, FUND, OPERATOR, TRANCHE, TREASURY, YEAR, fund_pay, give, house, measure, measured,
    of_domain, of_layer, of_market, premium, set_fees, table, terms, venue,
};
use crate::world::venue::perpetual;
use crate::world::{DOMAIN, World, amount, layer};
use rhodian_core::domain::{Kind, Source};

fn refused(command: Command, why: Rejection) -> Refused {
    Refused::new(Actor::VENUE, Action::Incentive(command), Refusal::Incentive(why))
}

fn not_measured(world: &World, figure: Figure, why: Rejection) -> Refused {
    refused(Command::Measure { measured: measured(world, figure) }, why)
}

fn flawed(table: FeeTable, flaw: Flaw) -> Refused {
    refused(set_fees(table), Rejection::Flaw { flaw })
}

fn paid(pay: PayTerms, why: Rejection) -> Refused {
    refused(Command::SetPay { layer: TRANCHE, pay: Some(pay) }, why)
}

fn funded(layer: LayerId, number: u64, atoms: u128) -> Command {
    Command::FundPay { layer, number, amount: amount(atoms) }
}

fn taken(layer: LayerId, number: u64, atoms: u128) -> Command {
    Command::TakeOut { layer, number, amount: amount(atoms) }
}

fn returned(layer: LayerId, number: u64) -> Command {
    Command::ReturnPay { layer, number }
}

/// Pay of the tranche begins and ends; the last number of the tranche.
fn end_pay(world: &mut World) -> u64 {
    for pay in [Some(terms()), None] {
        give(world, Command::SetPay { layer: TRANCHE, pay }).unwrap();
    }
    world.engine.state().domains.layer(TRANCHE).unwrap().last_number
}

const OF_FLAWS: &[Case] = &[
    ("the target is", |_| {
        let pay = PayTerms { target: Amount::ZERO, ..terms() };
        paid(pay, Rejection::Flaw { flaw: Flaw::NoTarget })
    }),
    ("the load is", |_| {
        let (load, max) = (9_000_001, 9_000_000);
        paid(PayTerms { load, ..terms() }, Rejection::Flaw { flaw: Flaw::Load { load, max } })
    }),
    ("fees are divided", |_| {
        let (period, ahead) = (0, table().ahead);
        flawed(FeeTable { period, ..table() }, Flaw::Times { period, ahead })
    }),
    ("fees are divided", |_| {
        let (period, ahead) = (table().period, YEAR + 1);
        flawed(FeeTable { ahead, ..table() }, Flaw::Times { period, ahead })
    }),
    ("the factor", |_| {
        let mut of = table();
        of.first_loss.as_mut().unwrap().factor = 100_000_001;
        flawed(of, Flaw::Factor { max: 100_000_000 })
    }),
    ("parts sum to", |_| {
        let of = FeeTable { house: None, ..table() };
        flawed(of, Flaw::Parts { parts: 750_000, funds: 500_000 })
    }),
    ("parts sum to", |_| {
        let mut of = table();
        (of.funds[0].part, of.tranches[0].part) = (0, 750_000);
        flawed(of, Flaw::Parts { parts: 1_000_000, funds: 0 })
    }),
    ("layer 2 stands", |_| {
        let mut of = table();
        of.house.as_mut().unwrap().layer = OPERATOR;
        flawed(of, Flaw::Twice { layer: OPERATOR })
    }),
    ("the premium is charged", |_| {
        let (period, min, max) = (59_999, 60_000, DAY);
        flawed_premium(PremiumTerms { period, ..premium() }, Flaw::Period { period, min, max })
    }),
    ("the premium is charged", |_| {
        let (period, min, max) = (DAY + 1, 60_000, DAY);
        flawed_premium(PremiumTerms { period, ..premium() }, Flaw::Period { period, min, max })
    }),
    ("the load is", |_| {
        let (load, max) = (9_000_001, 9_000_000);
        flawed_premium(PremiumTerms { load, ..premium() }, Flaw::Load { load, max })
    }),
    ("a charge takes", |_| {
        let (most, max) = (0, 50_000);
        flawed_premium(PremiumTerms { most, ..premium() }, Flaw::Most { most, max })
    }),
    ("a charge takes", |_| {
        // The lowest maintenance rate.
        let (most, max) = (50_001, 50_000);
        flawed_premium(PremiumTerms { most, ..premium() }, Flaw::Most { most, max })
    }),
    ("999 millionths of a lot", |w| {
        measure(w, of_market(1)).unwrap();
        let (most, value) = (999, 1_000);
        flawed_premium(PremiumTerms { most, ..premium() }, Flaw::Nothing { most, value })
    }),
    ("with the premium,", |w| {
        // 3 + 0.5 + 0.47 % and the penalty of 1 % of 103 %: 5 % at all; with 0.48 % more.
        let market = stepped(w);
        let command = |most| {
            let terms = Some(PremiumTerms { most, ..premium() });
            Command::SetPremium { market, terms }
        };
        let share = Figure::MarketShare { market, share: 1 };
        measure(w, share).unwrap();
        give(w, command(4_700)).unwrap();
        let flaw = Flaw::Envelope { size: 1, loss: 1, requirement: 0 };
        refused(command(4_701), Rejection::Flaw { flaw })
    }),
];

fn premium_of(terms: PremiumTerms, why: Rejection) -> Refused {
    refused(Command::SetPremium { market: BTC, terms: Some(terms) }, why)
}

fn flawed_premium(terms: PremiumTerms, flaw: Flaw) -> Refused {
    premium_of(terms, Rejection::Flaw { flaw })
}

/// Steps and the penalty take up to 4.53 % of the 5 % that a leg holds.
fn stepped(world: &mut World) -> MarketId {
    let steps = StepLimits { price: 30_000, funding: 5_000, penalty: 10_000 };
    world.list(MarketSpec { steps: Some(steps), ..perpetual("ETH") });
    world.market_id("ETH")
}

const OF_FIGURES: &[Case] = &[
    ("unknown-domain", |w| {
        let domain = DomainId(9);
        let figure = Figure::DomainLoss { domain, amount: amount(1) };
        not_measured(w, figure, Rejection::UnknownDomain { domain })
    }),
    ("unknown-layer", |w| {
        let layer = LayerId(9);
        let why = Rejection::UnknownLayer { layer };
        not_measured(w, Figure::LayerLoss { layer, rate: 1 }, why)
    }),
    ("unknown-market", |w| {
        let market = MarketId(9);
        let why = Rejection::UnknownMarket { market };
        not_measured(w, Figure::MarketShare { market, share: 1 }, why)
    }),
    ("figure-above-bound", |w| {
        let (value, max) = (1_000_001, 1_000_000);
        let subject = Subject::Layer(TRANCHE);
        not_measured(w, of_layer(1_000_001), Rejection::FigureAboveBound { subject, value, max })
    }),
    ("figure-above-bound", |w| {
        let (value, max) = (MAX_EXPECTED + 1, MAX_EXPECTED);
        let subject = Subject::Domain(DOMAIN);
        not_measured(w, of_domain(value), Rejection::FigureAboveBound { subject, value, max })
    }),
    ("figure-not-new", |w| {
        measure(w, of_layer(1)).unwrap();
        let (subject, last, now) = (Subject::Layer(TRANCHE), w.at, w.at);
        let at = Time(now.0 - 1);
        let measured = Measured { at, ..measured(w, of_layer(2)) };
        refused(Command::Measure { measured }, Rejection::FigureNotNew { subject, at, last, now })
    }),
    ("figure-not-new", |w| {
        let (subject, last, now) = (Subject::Layer(TRANCHE), Time(0), w.at);
        let at = now.after(1);
        let measured = Measured { at, ..measured(w, of_layer(2)) };
        refused(Command::Measure { measured }, Rejection::FigureNotNew { subject, at, last, now })
    }),
    ("figure-serves", |w| {
        let (subject, at, until, now) = (Subject::Layer(TRANCHE), w.at, w.at, w.at);
        let measured = Measured { until, ..measured(w, of_layer(2)) };
        let why = Rejection::FigureServes { subject, at, until, now };
        refused(Command::Measure { measured }, why)
    }),
    ("figure-serves", |w| {
        let (subject, at, now) = (Subject::Layer(TRANCHE), w.at, w.at);
        let until = at.after(YEAR + 1);
        let measured = Measured { until, ..measured(w, of_layer(2)) };
        let why = Rejection::FigureServes { subject, at, until, now };
        refused(Command::Measure { measured }, why)
    }),
];

const OF_PAY: &[Case] = &[
    ("layer-not-staked", |_| {
        let command = Command::SetPay { layer: FUND, pay: Some(terms()) };
        refused(command, Rejection::NotStaked { layer: FUND })
    }),
    ("incentive-flaw", |_| {
        let pay = PayTerms { target: Amount::ZERO, ..terms() };
        paid(pay, Rejection::Flaw { flaw: Flaw::NoTarget })
    }),
    ("unknown-layer", |_| {
        let layer = LayerId(9);
        let command = Command::SetPay { layer, pay: None };
        refused(command, Rejection::UnknownLayer { layer })
    }),
    ("pay-unset", |_| refused(funded(TRANCHE, 1, 1), Rejection::PayUnset { layer: TRANCHE })),
    ("pay-unset", |w| {
        measure(w, of_domain(1)).unwrap();
        refused(set_fees(table()), Rejection::PayUnset { layer: TRANCHE })
    }),
    ("unknown-layer", |_| {
        let layer = LayerId(9);
        refused(funded(layer, 1, 1), Rejection::UnknownLayer { layer })
    }),
    ("figure-old", |_| {
        let subject = Subject::Domain(DOMAIN);
        refused(set_fees(table()), Rejection::FigureOld { subject })
    }),
    ("pay-unset", |_| refused(returned(TRANCHE, 9), Rejection::PayUnset { layer: TRANCHE })),
    ("layer-behind-none", |w| {
        let beside = w.add(layer("beside", Kind::Tranche, Source::Pot));
        refused(returned(beside, 9), Rejection::BehindNone { layer: beside })
    }),
    ("number-not-new", |w| {
        let last = end_pay(w);
        refused(returned(TRANCHE, last), Rejection::NumberNotNew { number: last, last })
    }),
    ("zero-amount", |w| {
        let last = end_pay(w);
        refused(returned(TRANCHE, last + 1), Rejection::ZeroAmount)
    }),
];

const OF_FEES: &[Case] = &[
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        let command = Command::SetFees { domain, table: None };
        refused(command, Rejection::UnknownDomain { domain })
    }),
    ("pay-filled", |_| {
        let command = Command::SetPay { layer: TRANCHE, pay: None };
        refused(command, Rejection::PayFilled { layer: TRANCHE, domain: DOMAIN })
    }),
    ("wrong-place", |_| {
        let mut of = table();
        of.house.as_mut().unwrap().layer = LayerId(1);
        refused(set_fees(of), Rejection::WrongPlace { layer: LayerId(1) })
    }),
    ("wrong-place", |_| {
        let mut of = table();
        of.funds[0].layer = TREASURY;
        of.house.as_mut().unwrap().layer = FUND;
        refused(set_fees(of), Rejection::WrongPlace { layer: TREASURY })
    }),
    ("unknown-layer", |_| {
        let mut of = table();
        of.funds[0].layer = LayerId(9);
        refused(set_fees(of), Rejection::UnknownLayer { layer: LayerId(9) })
    }),
    ("layer-not-behind", |w| {
        let beside = w.add(layer("beside", Kind::InsuranceFund, Source::Pot));
        let mut of = table();
        of.funds[0].layer = beside;
        refused(set_fees(of), Rejection::NotBehind { layer: beside, domain: DOMAIN })
    }),
    ("loss-known", |w| {
        w.hold_episode_open();
        let why = Rejection::LossKnown { layer: OPERATOR };
        refused(Command::SetFees { domain: DOMAIN, table: None }, why)
    }),
    ("number-not-new", |w| {
        fund_pay(w, 5).unwrap();
        refused(funded(TRANCHE, 1, 1), Rejection::NumberNotNew { number: 1, last: 1 })
    }),
    ("zero-amount", |_| refused(funded(TRANCHE, 1, 0), Rejection::ZeroAmount)),
    ("pay-runs", |_| refused(returned(TRANCHE, 9), Rejection::PayRuns { layer: TRANCHE })),
    ("unknown-layer", |_| {
        let layer = LayerId(9);
        refused(returned(layer, 1), Rejection::UnknownLayer { layer })
    }),
    ("pot-above-bound", |w| {
        fund_pay(w, 10u128.pow(30)).unwrap();
        refused(funded(TRANCHE, 2, 1), Rejection::PotAboveBound { layer: TRANCHE })
    }),
];

const OF_THE_HOUSE: &[Case] = &[
    ("not-the-houses", |_| refused(taken(FUND, 1, 1), Rejection::NotTheHouses { layer: FUND })),
    ("not-the-houses", |w| {
        give(w, Command::SetFees { domain: DOMAIN, table: None }).unwrap();
        refused(taken(OPERATOR, 9, 1), Rejection::NotTheHouses { layer: OPERATOR })
    }),
    ("unknown-layer", |_| {
        let layer = LayerId(9);
        refused(taken(layer, 1, 1), Rejection::UnknownLayer { layer })
    }),
    ("number-not-new", |_| {
        refused(taken(TREASURY, 0, 1), Rejection::NumberNotNew { number: 0, last: 0 })
    }),
    ("zero-amount", |_| refused(taken(TREASURY, 1, 0), Rejection::ZeroAmount)),
    ("above-surplus", |w| {
        w.pay_into("operator", 310);
        let (layer, asked, room) = (OPERATOR, amount(11), amount(10));
        refused(taken(OPERATOR, 99, 11), Rejection::AboveSurplus { layer, asked, room })
    }),
    ("figure-old", |w| {
        w.pay_into("operator", 310);
        w.tick(YEAR);
        let subject = Subject::Domain(DOMAIN);
        refused(taken(OPERATOR, 99, 1), Rejection::FigureOld { subject })
    }),
    ("loss-known", |w| {
        w.hold_episode_open();
        refused(taken(OPERATOR, 99, 1), Rejection::LossKnown { layer: OPERATOR })
    }),
    ("domain-owes", |w| {
        w.report("L", 11_000);
        w.tick(40 * DAY);
        let (domain, owed) = (DOMAIN, amount(1_000));
        refused(taken(OPERATOR, 99, 1), Rejection::DomainOwes { domain, owed })
    }),
    ("unknown-market", |_| {
        let market = MarketId(9);
        let command = Command::SetPremium { market, terms: None };
        refused(command, Rejection::UnknownMarket { market })
    }),
    ("figure-old", |_| {
        premium_of(premium(), Rejection::FigureOld { subject: Subject::Market(BTC) })
    }),
    ("figure-old", |w| {
        measure(w, of_market(1)).unwrap();
        w.tick(YEAR);
        premium_of(premium(), Rejection::FigureOld { subject: Subject::Domain(DOMAIN) })
    }),
    ("already-settled", |w| {
        let expiry = w.at.after(DAY);
        let instrument = Instrument::Future { expiry, underlying: None };
        w.list(MarketSpec { instrument, ..perpetual("dated") });
        w.mark("dated", 10);
        let market = w.market_id("dated");
        measure(w, Figure::MarketShare { market, share: 1 }).unwrap();
        w.tick(DAY);
        let price = Price::new(10).unwrap();
        w.market_do(rhodian_core::market::Command::Settle { market, price }).unwrap();
        let command = Command::SetPremium { market, terms: Some(premium()) };
        refused(command, Rejection::MarketSettled { market })
    }),
    ("not-due", |_| {
        let duty = Action::IncentiveDuty(Duty::ChargePremium { market: BTC });
        Refused::new(Actor::ENGINE, duty, Refusal::Incentive(Rejection::NotDue))
    }),
    ("not-due", |_| {
        let duty = Action::IncentiveDuty(Duty::DivideFees { domain: DOMAIN });
        Refused::new(Actor::ENGINE, duty, Refusal::Incentive(Rejection::NotDue))
    }),
];

#[test]
fn every_reason_has_a_case() {
    let table = Table {
        within: "Incentive(",
        arms: arms(include_str!("../../src/incentive/rejection.rs")),
        cases: &[(house, OF_FIGURES), (staked, OF_PAY), (venue, OF_FEES), (venue, OF_THE_HOUSE)],
        unreachable: &[],
    };
    table.check();
}

/// Stakes, and nothing said of them.
fn staked() -> World {
    let mut world = house();
    world.stake("alice", "tranche", 10_000);
    world
}

#[test]
fn every_flaw_has_a_case() {
    let table = Table {
        within: "Incentive(Flaw { flaw: ",
        arms: variants(include_str!("../../src/incentive/rejection.rs"), "Flaw"),
        cases: &[(venue, OF_FLAWS)],
        unreachable: &[],
    };
    table.check();
}
