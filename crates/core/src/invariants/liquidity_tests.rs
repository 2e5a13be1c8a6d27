//! What breaks the law of vaults, and the law of profit before principal with holders of one.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::tests::{FUND, amount, given, name, run, set_up, state_of};
use super::{Broken, LIQUIDITY, PROFIT_FIRST, check};
use crate::allocation::Rule;
use crate::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use crate::engine::{Action, Actor, Engine, Envelope, Event, Outcome, State};
use crate::ids::{AccountId, AssetId, DomainId, LayerId, Time, VaultId};
use crate::loss;
use crate::pools::liquidity::{self, Command, MIN_FEE_PERIOD, Shares, VaultSpec};
use crate::waterfall::{Side, Step};

const DOMAIN: DomainId = DomainId(1);
const VAULT: VaultId = VaultId(0);
const ACCOUNT: AccountId = AccountId(3);
const PROFIT: LayerId = LayerId(5);
const PRINCIPAL: LayerId = LayerId(6);

fn layer(text: &str, kind: Kind, basis: Basis) -> Action {
    let rule = MemberRule {
        rule: Rule::Proportional,
        classes: false,
        cap_of_weight: None,
        on_touch: false,
        basis,
    };
    let spec = LayerSpec {
        name: name(text),
        kind,
        asset: AssetId(0),
        source: Source::Members(rule),
        caps: Caps::default(),
        attachment: None,
    };
    Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) })
}

fn spec(domain: DomainId) -> VaultSpec {
    VaultSpec {
        name: name("vault"),
        domain,
        fund: FUND,
        max: amount(1_000_000),
        min_entry: amount(1_000),
        cooldown: 0,
        fee: 0,
        fee_period: 0,
    }
}

/// Alice and Bob put in 2,000 and 1,000 and gain 300.
fn gained(spec: VaultSpec) -> Vec<Action> {
    let class = CauseClass::Default;
    let side = |layer: LayerId| Step { layers: vec![Side { layer, weight: 1 }] };
    let steps = vec![side(PROFIT), side(PRINCIPAL)];
    let asset = AssetId(0);
    let deposit = |account, number, atoms| {
        let amount = amount(atoms);
        let command = crate::account::Command::Deposit { account, number, asset, amount };
        Action::Account(command)
    };
    let enter = |account, number, atoms| {
        let amount = amount(atoms);
        Action::Liquidity(Command::Enter { vault: VAULT, account, number, amount })
    };
    let terms = |account| Action::Domain(domain::Command::AcceptTerms { domain: DOMAIN, account });
    let mut actions = set_up();
    actions.extend([
        layer("held profit", Kind::ProviderProfit, Basis::HolderProfit),
        layer("held principal", Kind::ProviderPrincipal, Basis::PoolShares),
        Action::Domain(domain::Command::OpenDomain { name: name("vault"), asset }),
        Action::Domain(domain::Command::SetWaterfall { domain: DOMAIN, class, steps }),
        Action::Liquidity(Command::Open { spec: Box::new(spec) }),
        terms(AccountId(0)),
        terms(AccountId(1)),
        deposit(AccountId(0), 10, 2_000),
        deposit(AccountId(1), 10, 1_000),
        deposit(AccountId(2), 10, 1_000),
        enter(AccountId(0), 11, 2_000),
        enter(AccountId(1), 11, 1_000),
        Action::Account(crate::account::Command::SettleResult {
            domain: DOMAIN,
            number: 1,
            loser: AccountId(2),
            winner: ACCOUNT,
            amount: amount(300),
        }),
    ]);
    actions
}

fn leave() -> Action {
    let shares = Shares::new(700_000_000);
    let leave = Command::Leave { vault: VAULT, account: AccountId(0), number: 12, shares };
    Action::Liquidity(leave)
}

/// A loss of 900 takes the 300 and 600 of what they put in. Alice asks for half of what she has
/// left.
fn held() -> Vec<Event> {
    let report = loss::Command::ReportLoss(Box::new(loss::LossReport {
        domain: DOMAIN,
        number: 1,
        class: CauseClass::Default,
        cause: name("market move"),
        evidence: [0; 32],
        amount: amount(900),
        failed: None,
        margin: amount(0),
        set_off: Vec::new(),
    }));
    let mut actions = gained(spec(DOMAIN));
    actions.extend([Action::Loss(report), leave()]);
    given(actions)
}

/// They stay for an hour, and pay a tenth of what each gained: 20 and 10. Then Alice asks for some.
fn charged() -> Vec<Event> {
    let spec = VaultSpec { fee: 100_000, fee_period: MIN_FEE_PERIOD, ..spec(DOMAIN) };
    let (mut engine, mut events) = (Engine::new(), Vec::new());
    let mut at = Time(5);
    let venue = gained(spec).into_iter().map(|action| (Actor::VENUE, action));
    for (actor, action) in venue.chain([(Actor::ENGINE, Action::Tick), (Actor::VENUE, leave())]) {
        if action == Action::Tick {
            at = at.after(MIN_FEE_PERIOD);
        }
        match engine.execute(Envelope { at, actor, action }) {
            Outcome::Accepted(records) => {
                events.extend(records.into_iter().flat_map(|record| record.events));
            }
            Outcome::Rejected(_, rejection) => panic!("{rejection}"),
        }
    }
    events
}

#[test]
fn both_forms_see_a_vault_that_does_not_add_up() {
    let events = held();
    assert_eq!(check(&state_of(&events)), Ok(()), "as it was");
    assert_eq!(run(&events), Ok(()), "as it was");
    type Spoil = (&'static str, fn(&mut State));
    let spoils: [Spoil; 6] = [
        ("shares", |state| state.vaults.vaults[0].shares = Shares::ZERO),
        ("costs", |state| state.vaults.vaults[0].cost = amount(1)),
        ("high-water mark", |state| {
            let holding = state.vaults.vaults[0].holders.get_mut(&AccountId(1));
            holding.unwrap().high_water = amount(999);
        }),
        ("queue", |state| {
            state.vaults.vaults[0].queue.insert((Time(1), AccountId(1)));
        }),
        ("account", |state| {
            state.vaults.of_account.clear();
        }),
        ("exit", |state| {
            let holding = state.vaults.vaults[0].holders.get_mut(&AccountId(1));
            let shares = Shares::new(u128::from(u64::MAX)).unwrap();
            let exit = liquidity::Exit { shares, until: Time(1) };
            holding.unwrap().exit = Some(exit);
        }),
    ];
    for (what, spoil) in spoils {
        let mut state = state_of(&events);
        spoil(&mut state);
        assert_eq!(check(&state).map_err(|broken| broken.law), Err(LIQUIDITY), "{what}");
    }
    type Forge = (&'static str, fn(&mut liquidity::Event));
    let forges: [Forge; 4] = [
        ("shares that cost the others", |event| {
            if let liquidity::Event::Left { shares, .. } = event {
                *shares = Shares::new(1).unwrap();
            }
        }),
        ("more shares than were paid for", |event| {
            if let liquidity::Event::Entered { account: AccountId(1), shares, .. } = event {
                *shares = shares_twice(*shares);
            }
        }),
        ("another's share", |event| {
            if let liquidity::Event::ValueTaken { rows, .. } = event {
                rows.swap(0, 1);
            }
        }),
        ("money from elsewhere", |event| {
            if let liquidity::Event::Left { from, .. } = event {
                *from = AccountId(1);
            }
        }),
    ];
    for (what, forge) in forges {
        let mut events = held();
        for event in &mut events {
            if let Event::Liquidity(event) = event {
                forge(event);
            }
        }
        let found: Result<(), Broken> = run(&events);
        assert_eq!(found.map_err(|broken| broken.law), Err(LIQUIDITY), "{what}");
    }
}

/// What each pays of what he gained, once.
#[test]
fn the_running_form_sees_a_fee_of_what_was_not_gained() {
    let events = charged();
    assert_eq!(check(&state_of(&events)), Ok(()), "as it was");
    assert_eq!(run(&events), Ok(()), "as it was");
    let fee_of = |event: &Event| match event {
        Event::Liquidity(liquidity::Event::FeesTaken { rows, .. }) => Some(rows.clone()),
        _ => None,
    };
    let rows = events.iter().find_map(fee_of).expect("an hour is over");
    let fees: Vec<u128> = rows.iter().map(|row| row.fee.atoms()).collect();
    assert_eq!(fees, [20, 10]);
    type Forge = (&'static str, fn(&mut liquidity::Event));
    let forges: [Forge; 7] = [
        ("rows out of order", |event| {
            if let liquidity::Event::FeesTaken { rows, .. } = event {
                rows.swap(0, 1);
            }
        }),
        ("a mark that stays behind where she leaves", |event| {
            if let liquidity::Event::Left { high_water, .. } = event {
                *high_water = amount(high_water.atoms() - 2);
            }
        }),
        ("a fee of more than the part", |event| {
            if let liquidity::Event::FeesTaken { rows, .. } = event {
                rows[0].fee = amount(21);
            }
        }),
        ("a mark that stays below what paid", |event| {
            if let liquidity::Event::FeesTaken { rows, .. } = event {
                rows[0].high_water = amount(2_179);
            }
        }),
        ("a mark above what there is", |event| {
            if let liquidity::Event::FeesTaken { rows, .. } = event {
                rows[1].high_water = amount(1_091);
            }
        }),
        ("shares that cost the others", |event| {
            if let liquidity::Event::FeesTaken { rows, .. } = event {
                rows[1].shares = Shares::new(9_000_000).unwrap();
            }
        }),
        ("a fee once more where she leaves", |event| {
            if let liquidity::Event::Left { fee, .. } = event {
                *fee = amount(1);
            }
        }),
    ];
    for (what, forge) in forges {
        let mut events = charged();
        for event in &mut events {
            if let Event::Liquidity(event) = event {
                forge(event);
            }
        }
        assert_eq!(run(&events).map_err(|broken| broken.law), Err(LIQUIDITY), "{what}");
    }
}

fn shares_twice(shares: Shares) -> Shares {
    Shares::new(shares.count() * 2).unwrap()
}

/// Principal of holders is divided while their profit could still pay.
#[test]
fn both_forms_see_holders_pay_principal_before_profit() {
    let events = held();
    let mut state = state_of(&events);
    state.losses.losses[0].draws.swap(0, 1);
    let step = state.losses.losses[0].draws[0].step;
    state.losses.losses[0].draws[1].step = step;
    assert_eq!(check(&state).map_err(|broken| broken.law), Err(PROFIT_FIRST), "full");
    let mut events = held();
    let divided = events.iter_mut().find_map(|event| match event {
        Event::Loss(loss::Event::LossDivided { layer, .. }) => Some(layer),
        _ => None,
    });
    *divided.unwrap() = PRINCIPAL;
    assert_eq!(run(&events).map_err(|broken| broken.law), Err(PROFIT_FIRST), "running");
}
