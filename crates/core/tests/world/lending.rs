//! What a world with a lending pool can do and show: USD is lent against ETH, of which an atom at
//! one tick is worth an atom; three quarters may be borrowed, four fifths keep a loan, a tenth is
//! what a forced sale may lose. A fund pays first, then lenders by their supply.

use rhodian_core::account;
use rhodian_core::allocation::Rule;
use rhodian_core::collateral::{self, CollateralSpec};
use rhodian_core::domain::{self, Basis, CauseClass, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, LossId, PoolId};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Loss;
use rhodian_core::pools::lending::{Command, Pool, PoolSpec, Rates};
use rhodian_core::units::Amount;

use super::acts::Given;
use super::collateral::{price, tier};
use super::{ASSET, DOMAIN, World, amount, layer, members, name};

pub const ETH: AssetId = AssetId(1);
pub const POOL: PoolId = PoolId(0);
pub const YEAR: u64 = 31_536_000_000;

pub fn eth() -> CollateralSpec {
    CollateralSpec {
        asset: ETH,
        settled: ASSET,
        num: 1,
        den: 1,
        tiers: vec![tier(0, 750_000, 800_000)],
        max_counted: Amount::MAX,
        max_held: Amount::MAX,
        wrong_way: None,
        own_token: false,
        peg: None,
        sale_discount: 100_000,
    }
}

/// A pool without interest.
pub fn spec() -> PoolSpec {
    PoolSpec {
        name: name("USD against ETH"),
        domain: DOMAIN,
        collateral: vec![ETH],
        rates: Rates { at_zero: 0, kink: 800_000, at_kink: 0, at_full: 0 },
        fee: 100_000,
        fund: LayerId(0),
        max_supply: amount(1_000_000_000),
        max_debt: amount(1_000_000_000),
        min_debt: amount(1_000),
        bonus: 50_000,
        target: 1_250_000,
    }
}

/// A pool that lends at one rate, whatever is lent; the house gets a tenth of the interest.
pub fn flat(rate: u32) -> PoolSpec {
    let rates = Rates { at_zero: rate, kink: 800_000, at_kink: rate, at_full: rate };
    PoolSpec { rates, ..spec() }
}

pub fn by_supply() -> MemberRule {
    MemberRule { basis: Basis::Supply, ..members(Rule::Proportional) }
}

/// A world with the pool's domain and no pool.
pub fn domain(fund: u128) -> World {
    let mut world = World::new("USD", 0);
    world.domain_do(domain::Command::AddAsset { name: name("ETH"), decimals: 0 });
    collateral(&mut world, collateral::Command::Accept { spec: Box::new(eth()) }).unwrap();
    mark(&mut world, 1_000);
    world.fund("Fund", fund, None);
    world.add(layer("Lenders", Kind::LenderSupply, Source::Members(by_supply())));
    world.waterfall(&["Fund", "Lenders"]);
    world
}

/// A pool in a domain of its own, opened in a world that has markets.
pub fn pool_beside(world: &mut World) -> DomainId {
    let domains = &world.engine.state().domains;
    let domain = DomainId(u32::try_from(domains.domains().count()).unwrap());
    let assets = (0..).map(AssetId).take_while(|id| domains.asset(*id).is_some()).count();
    let asset = AssetId(u32::try_from(assets).unwrap());
    world.domain_do(domain::Command::AddAsset { name: name("ETH"), decimals: 0 });
    let of = CollateralSpec { asset, ..eth() };
    collateral(world, collateral::Command::Accept { spec: Box::new(of) }).unwrap();
    world.domain_do(domain::Command::OpenDomain { name: name("Loans"), asset: ASSET });
    let fund = world.add(layer("Loan fund", Kind::InsuranceFund, Source::Pot));
    world.add(layer("Lenders", Kind::LenderSupply, Source::Members(by_supply())));
    let steps = vec![world.step(&[("Loan fund", 1)]), world.step(&[("Lenders", 1)])];
    let class = CauseClass::Default;
    world.domain_do(domain::Command::SetWaterfall { domain, class, steps });
    let of = PoolSpec { domain, fund, collateral: vec![asset], ..spec() };
    give(world, Command::Open { spec: Box::new(of) }).unwrap();
    domain
}

/// A world with `spec`'s pool.
pub fn pool_of(spec: PoolSpec, fund: u128) -> World {
    let mut world = domain(fund);
    give(&mut world, Command::Open { spec: Box::new(spec) }).unwrap();
    world
}

pub fn give(world: &mut World, command: Command) -> Given {
    world.give(Actor::VENUE, Action::Lending(command))
}

pub fn collateral(world: &mut World, command: collateral::Command) -> Given {
    world.give(Actor::VENUE, Action::Collateral(command))
}

pub fn mark(world: &mut World, ticks: u64) {
    let command = collateral::Command::Mark { asset: ETH, settled: ASSET, price: price(ticks) };
    collateral(world, command).unwrap();
}

pub fn sell(world: &mut World, loss: LossId, atoms: u128, proceeds: u128) -> Given {
    let (number, buyer) = (world.next_number(), None);
    let (amount, proceeds) = (amount(atoms), amount(proceeds));
    let command = collateral::Command::Sell { loss, number, asset: ETH, amount, buyer, proceeds };
    collateral(world, command)
}

/// What one account asks of the pool.
pub struct Ask<'a>(pub &'a mut World, pub &'a str);

impl Ask<'_> {
    fn give(self, command: impl FnOnce(AccountId, u64) -> Command) -> Given {
        let (account, number) = (self.0.id(self.1), self.0.next_number());
        give(self.0, command(account, number))
    }

    pub fn supply(self, atoms: u128) -> Given {
        let amount = amount(atoms);
        self.give(|account, number| Command::Supply { pool: POOL, account, number, amount })
    }

    pub fn redeem(self, atoms: Option<u128>) -> Given {
        let amount = atoms.map(amount);
        self.give(|account, number| Command::Redeem { pool: POOL, account, number, amount })
    }

    pub fn pledge(self, atoms: u128) -> Given {
        let (asset, amount) = (ETH, amount(atoms));
        self.give(|account, number| Command::Pledge { pool: POOL, account, number, asset, amount })
    }

    pub fn release(self, atoms: u128) -> Given {
        let (asset, amount) = (ETH, amount(atoms));
        self.give(|account, number| Command::Release { pool: POOL, account, number, asset, amount })
    }

    pub fn borrow(self, atoms: u128) -> Given {
        let amount = amount(atoms);
        self.give(|account, number| Command::Borrow { pool: POOL, account, number, amount })
    }

    pub fn repay(self, atoms: Option<u128>) -> Given {
        let amount = atoms.map(amount);
        self.give(|account, number| Command::Repay { pool: POOL, account, number, amount })
    }

    pub fn liquidate(self, borrower: &str, atoms: u128) -> Given {
        let (borrower, asset, amount) = (self.0.id(borrower), ETH, amount(atoms));
        self.give(|liquidator, number| Command::Liquidate {
            pool: POOL,
            borrower,
            liquidator,
            number,
            asset,
            amount,
        })
    }
}

/// A lender with all of what he has in the pool.
pub fn lender(world: &mut World, text: &str, atoms: u128) {
    world.account(text, atoms);
    Ask(world, text).supply(atoms).unwrap();
}

/// A borrower who took all of what he borrowed out.
pub fn borrower(world: &mut World, text: &str, pledged: u128, borrowed: u128) {
    if !world.knows(text) {
        world.account(text, 0);
    }
    deposit_eth(world, text, pledged);
    Ask(world, text).pledge(pledged).unwrap();
    Ask(world, text).borrow(borrowed).unwrap();
    world.withdraw(text, borrowed).unwrap();
}

pub fn deposit_eth(world: &mut World, text: &str, atoms: u128) {
    let (account, number) = (world.id(text), world.next_number());
    let amount = amount(atoms);
    world.account_do(account::Command::Deposit { account, number, asset: ETH, amount });
}

pub fn pool(world: &World) -> &Pool {
    world.engine.state().lending.pool(POOL).unwrap()
}

pub fn supply(world: &World, text: &str) -> u128 {
    pool(world).supply_floor(world.id(text)).atoms()
}

pub fn owes(world: &World, text: &str) -> u128 {
    pool(world).debt_ceil(world.id(text)).atoms()
}

pub fn eth_of(world: &World, holder: Holder) -> i128 {
    world.engine.state().ledger.balance(ETH, holder).atoms()
}

/// The loss that is there, alone.
pub fn only_loss(world: &World) -> (LossId, &Loss) {
    let mut losses = world.engine.state().losses.losses();
    let found = losses.next().expect("there is a loss");
    assert!(losses.next().is_none(), "there is one loss");
    found
}

/// Nobody buys what was taken over: after the time of a close-out it stands aside.
pub fn no_buyer(world: &mut World) {
    world.tick(super::collateral::HOUR * 24);
}
