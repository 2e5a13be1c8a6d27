//! Lenders, borrowers and liquidators of a pool: Alice lends 100,000, Bob borrowed 7,000 against
//! ten ETH at 1,000, Carol has 10,000.

use rhodian_core::account;
use rhodian_core::collateral::{self, CollateralSpec};
use rhodian_core::domain::Command::AddAsset;
use rhodian_core::domain::{ExitQueue, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AccountId, AssetId, OwnerId, PoolId};
use rhodian_core::incentive::FirstLossGap;
use rhodian_core::pools::lending::{Command, Duty, PoolSpec, Rejection};
use rhodian_core::units::Amount;

use crate::collateral::on_a_silent_feed;
use crate::lending::{refused, refused_to, stranger, with_pool};
use crate::table::{Case, Refused};
use crate::world::collateral::{price, tier};
use crate::world::lending::{
    Ask, ETH, POOL, YEAR, by_supply, collateral, deposit_eth, domain, eth, flat, give, mark, spec,
};
use crate::world::{ASSET, DOMAIN, World, amount, incentive, layer, name};
use crate::{ALICE, BOB, CAROL, NEXT, owner};

/// Of which pool, and under which number of the account.
const POOL_AND_NUMBER: (PoolId, u64) = (POOL, NEXT);

fn supply(account: AccountId, atoms: u128) -> Command {
    let (pool, number) = POOL_AND_NUMBER;
    Command::Supply { pool, account, number, amount: amount(atoms) }
}

fn redeem(atoms: u128) -> Command {
    let (pool, number) = POOL_AND_NUMBER;
    Command::Redeem { pool, account: ALICE, number, amount: Some(amount(atoms)) }
}

fn pledge(asset: AssetId, atoms: u128) -> Command {
    let (pool, number) = POOL_AND_NUMBER;
    Command::Pledge { pool, account: CAROL, number, asset, amount: amount(atoms) }
}

fn release(atoms: u128) -> Command {
    let (pool, number) = POOL_AND_NUMBER;
    Command::Release { pool, account: BOB, number, asset: ETH, amount: amount(atoms) }
}

fn borrow(account: AccountId, atoms: u128) -> Command {
    let (pool, number) = POOL_AND_NUMBER;
    Command::Borrow { pool, account, number, amount: amount(atoms) }
}

fn repay(atoms: u128) -> Command {
    let (pool, number) = POOL_AND_NUMBER;
    Command::Repay { pool, account: BOB, number, amount: Some(amount(atoms)) }
}

/// Bob's loan is repaid in part.
fn liquidate(liquidator: AccountId, asset: AssetId, atoms: u128) -> Command {
    let (pool, number) = POOL_AND_NUMBER;
    Command::Liquidate { pool, borrower: BOB, liquidator, number, asset, amount: amount(atoms) }
}

pub const OF_LENDERS: &[Case] = &[
    ("terms-not-accepted", |w| {
        let (account, domain) = (stranger(w), DOMAIN);
        refused(supply(account, 1), Rejection::TermsNotAccepted { account, domain })
    }),
    ("zero-amount", |_| refused(supply(CAROL, 0), Rejection::ZeroAmount)),
    ("domain-owes", |w| {
        // Lenders bear 1 % of what they lent at most: 6,000 of the 7,000 nobody bears.
        *w = domain(0);
        let capped = MemberRule { cap_of_weight: Some(10_000), ..by_supply() };
        w.add(layer("capped", Kind::LenderSupply, Source::Members(capped)));
        w.waterfall(&["Fund", "capped"]);
        *w = with_pool(w.clone(), spec());
        mark(w, 0);
        refused(supply(CAROL, 5_000), Rejection::DomainOwes { owed: amount(6_000) })
    }),
    ("below-a-share", |w| {
        dear_shares(w);
        refused(supply(CAROL, 1), Rejection::BelowAShare { amount: amount(1) })
    }),
    ("supply-above-most", |_| {
        let (asked, room) = (amount(1_000_000_000), amount(999_900_000));
        let why = Rejection::SupplyAboveMost { asked, room };
        refused(supply(CAROL, 1_000_000_000), why)
    }),
    ("above-free", |w| {
        // The hole is 7,000 less 80 % of 5,000.
        mark(w, 500);
        let (asked, supply, lien) = (amount(97_001), amount(100_000), amount(3_000));
        refused(redeem(97_001), Rejection::AboveFree { asked, supply, lien })
    }),
    ("not-liquid", |_| {
        let why = Rejection::NotLiquid { asked: amount(93_001), cash: amount(93_000) };
        refused(redeem(93_001), why)
    }),
    ("not-owner", |_| {
        let why = account::Rejection::NotOwner { account: ALICE, owner: OwnerId(1) };
        refused_to(owner(1), redeem(1), Rejection::Account(why))
    }),
    ("withdrawal-above-free", |_| {
        let why = account::Rejection::WithdrawalAboveFree {
            asked: amount(10_001),
            free: amount(10_000),
            held: amount(10_000),
            withheld: Amount::ZERO,
            lien: Amount::ZERO,
        };
        refused(supply(CAROL, 10_001), Rejection::Account(why))
    }),
    ("not-due", |_| {
        let duty = Action::LendingDuty(Duty::Fail { pool: POOL, account: BOB });
        Refused::new(Actor::ENGINE, duty, Refusal::Lending(Rejection::NotDue))
    }),
];

/// After forty years at the highest rate what Alice lent is worth a million times as much.
fn dear_shares(world: &mut World) {
    let spec = PoolSpec { max_supply: amount(10u128.pow(24)), fee: 0, ..flat(10_000_000) };
    *world = with_pool(domain(0), spec);
    mark(world, 10u64.pow(15));
    for _ in 0..4 {
        world.tick(10 * YEAR);
    }
}

pub const OF_BORROWERS: &[Case] = &[
    ("not-pledgeable", |_| refused(pledge(ASSET, 1), Rejection::NotPledgeable { asset: ASSET })),
    ("exit-queue-above-limit", |w| {
        // Nine tenths of the tranche behind the pool are asked for.
        w.tranche("tranche");
        w.waterfall(&["Fund", "tranche", "Lenders"]);
        w.stake("carol", "tranche", 1_000);
        w.try_unstake("carol", "tranche", 900).unwrap();
        let queue = ExitQueue { asked: amount(900), pots: amount(1_000), limit: 500_000 };
        refused(borrow(BOB, 1), Rejection::ExitQueueAboveLimit { queue })
    }),
    ("first-loss-short", |w| {
        let layer = w.add(layer("operator", Kind::OperatorCapital, Source::Pot));
        w.waterfall(&["operator", "Fund", "Lenders"]);
        let fund = w.layer_id("Fund");
        incentive::gated(w, fund, layer, 7);
        let gap = FirstLossGap { layer, held: Amount::ZERO, required: amount(7) };
        refused(borrow(BOB, 1), Rejection::FirstLossShort { gap })
    }),
    ("debt-above-most", |_| {
        let (asked, room) = (amount(1_000_000_000), amount(999_993_000));
        refused(borrow(BOB, 1_000_000_000), Rejection::DebtAboveMost { asked, room })
    }),
    ("below-least-debt", |_| {
        let why = Rejection::BelowLeastDebt { debt: amount(999), least: amount(1_000) };
        refused(borrow(CAROL, 999), why)
    }),
    ("above-borrowable", |_| {
        // Three quarters of 10,000.
        let why = Rejection::AboveBorrowable { debt: amount(7_501), counted: amount(7_500) };
        refused(borrow(BOB, 501), why)
    }),
    ("above-borrowable", |_| {
        let why = Rejection::AboveBorrowable { debt: amount(7_000), counted: amount(6_750) };
        refused(release(1), why)
    }),
    ("failing", |w| {
        // What counts to borrow may be accepted anew as more than a forced sale brings.
        deposit_eth(w, "bob", 90);
        Ask(w, "bob").pledge(90).unwrap();
        deposit_eth(w, "carol", 10);
        Ask(w, "carol").pledge(10).unwrap();
        let spec = CollateralSpec { sale_discount: 500_000, ..eth() };
        collateral(w, collateral::Command::Accept { spec: Box::new(spec) }).unwrap();
        let why = Rejection::Failing { debt: amount(5_001), cover: amount(5_000) };
        refused(borrow(CAROL, 5_001), why)
    }),
    ("not-liquid", |w| {
        Ask(w, "alice").redeem(Some(92_900)).unwrap();
        let why = Rejection::NotLiquid { asked: amount(101), cash: amount(100) };
        refused(borrow(BOB, 101), why)
    }),
    ("above-pledged", |_| {
        let why = Rejection::AbovePledged { asked: amount(11), pledged: amount(10) };
        refused(release(11), why)
    }),
    ("above-debt", |_| {
        let why = Rejection::AboveDebt { asked: amount(7_001), debt: amount(7_000) };
        refused(repay(7_001), why)
    }),
];

/// Bob pledged 9,000 of a second collateral too, of which a forced sale may lose half; then it fell
/// to 6,100, and his ETH to 4,000.
fn two_collaterals(world: &mut World) {
    let second = AssetId(2);
    *world = domain(0);
    world.domain_do(AddAsset { name: name("SOL"), decimals: 0 });
    let sol = |num, den| CollateralSpec {
        asset: second,
        num,
        den,
        tiers: vec![tier(0, 440_000, 450_000)],
        sale_discount: 500_000,
        ..eth()
    };
    let good = CollateralSpec { tiers: vec![tier(0, 890_000, 900_000)], sale_discount: 0, ..eth() };
    for spec in [good, sol(1, 1)] {
        collateral(world, collateral::Command::Accept { spec: Box::new(spec) }).unwrap();
    }
    let one = collateral::Command::Mark { asset: second, settled: ASSET, price: price(1) };
    collateral(world, one).unwrap();
    *world = with_pool(world.clone(), PoolSpec { collateral: vec![ETH, second], ..spec() });
    let (account, asset, amount) = (BOB, second, amount(9_000));
    let number = world.next_number();
    world.account_do(account::Command::Deposit { account, number, asset, amount });
    let number = world.next_number();
    give(world, Command::Pledge { pool: POOL, account, number, asset, amount }).unwrap();
    mark(world, 400);
    collateral(world, collateral::Command::Accept { spec: Box::new(sol(61, 90)) }).unwrap();
}

pub const OF_LIQUIDATORS: &[Case] = &[
    ("healthy", |_| {
        let why = Rejection::Healthy { debt: amount(7_000), counted: amount(8_000) };
        refused(liquidate(CAROL, ETH, 1_000), why)
    }),
    ("unknown-account", |_| {
        let (pool, number) = POOL_AND_NUMBER;
        let (borrower, liquidator, asset) = (AccountId(9), CAROL, ETH);
        let amount = amount(1);
        let command = Command::Liquidate { pool, borrower, liquidator, number, asset, amount };
        let why = account::Rejection::UnknownAccount { account: borrower };
        refused(command, Rejection::Account(why))
    }),
    ("own-loan", |w| {
        let account = w.account_of("bob-2", "bob", 1_000);
        refused(liquidate(account, ETH, 1_000), Rejection::OwnLoan { account })
    }),
    ("not-pledgeable", |w| {
        mark(w, 800);
        refused(liquidate(CAROL, ASSET, 1_000), Rejection::NotPledgeable { asset: ASSET })
    }),
    ("no-mark", |w| {
        let asset = AssetId(2);
        w.domain_do(AddAsset { name: name("SOL"), decimals: 0 });
        let spec = CollateralSpec { asset, ..eth() };
        collateral(w, collateral::Command::Accept { spec: Box::new(spec) }).unwrap();
        mark(w, 800);
        refused(liquidate(CAROL, asset, 1_000), Rejection::NoMark { asset })
    }),
    ("price-unfit", |w| {
        // ETH is the asset that the other table calls USDC.
        mark(w, 800);
        let unfit = on_a_silent_feed(w);
        refused(liquidate(CAROL, ETH, 1_000), Rejection::Unfit { asset: ETH, unfit })
    }),
    ("above-target", |w| {
        mark(w, 800);
        let why = Rejection::AboveTarget { asked: amount(4_953), most: amount(4_952) };
        refused(liquidate(CAROL, ETH, 4_953), why)
    }),
    ("leaves-failing", |w| {
        // 3,810 and the bonus buy all of his ETH; half of 6,100 is left for the rest.
        two_collaterals(w);
        let why = Rejection::LeavesFailing { debt: amount(3_190), cover: amount(3_050) };
        refused(liquidate(CAROL, ETH, 3_810), why)
    }),
];
