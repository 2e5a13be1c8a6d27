//! What a world with a vault can do and show: a market at 1,000 with margins of 10 % and 5 %; a
//! fund pays first, then what holders gained, then what they put in.

use rhodian_core::allocation::Rule;
use rhodian_core::control::Parameter;
use rhodian_core::domain::{Basis, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{AccountId, LayerId, OwnerId, VaultId};
use rhodian_core::ledger::Holder;
use rhodian_core::pools::liquidity::{Command, Holding, Shares, Vault, VaultSpec, Worth};

use super::acts::Given;
use super::venue::perpetual;
use super::{ASSET, DOMAIN, World, amount, layer, members, name};

pub const VAULT: VaultId = VaultId(0);
pub const DAY: u64 = 86_400_000;
pub const HOUR: u64 = 3_600_000;

/// No cooldown and no fee.
pub fn spec() -> VaultSpec {
    VaultSpec {
        name: name("vault"),
        domain: DOMAIN,
        fund: LayerId(0),
        max: amount(1_000_000_000),
        min_entry: amount(1_000),
        cooldown: 0,
        fee: 0,
        fee_period: 0,
    }
}

/// The fund's part of gains is a fifth, and who stays pays it once a day.
pub fn daily() -> VaultSpec {
    VaultSpec { fee: 200_000, fee_period: DAY, ..spec() }
}

/// A layer that holders of a vault pay.
pub fn by_shares(basis: Basis) -> Source {
    Source::Members(MemberRule { basis, ..members(Rule::Proportional) })
}

/// A market `BTC` at 1,000 in a domain of providers, whose legs cost nothing to close.
pub fn market_of_providers(fund: u128) -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", fund, None);
    world.add(layer("profit", Kind::ProviderProfit, by_shares(Basis::HolderProfit)));
    world.add(layer("principal", Kind::ProviderPrincipal, by_shares(Basis::PoolShares)));
    world.waterfall(&["fund", "profit", "principal"]);
    world.set(Parameter::OpeningProfit, 1_000_000);
    world.set(Parameter::StressRate, 0);
    world.list(perpetual("BTC"));
    world.mark("BTC", 1_000);
    world
}

/// The same with a vault.
pub fn vault_of(spec: VaultSpec, fund: u128) -> World {
    let mut world = market_of_providers(fund);
    open(&mut world, spec).unwrap();
    world
}

/// Opens a vault; its owner and its account are known by its name.
pub fn open(world: &mut World, spec: VaultSpec) -> Given {
    let text = spec.name.as_str().to_owned();
    let given =
        world.give(Actor::VENUE, Action::Liquidity(Command::Open { spec: Box::new(spec) }))?;
    let owner = OwnerId(u32::try_from(world.owners.len()).unwrap());
    let account = AccountId(u32::try_from(world.accounts.len()).unwrap());
    world.owners.insert(text.clone(), owner);
    world.accounts.insert(text, account);
    Ok(given)
}

/// The owner of an account asks.
fn own(world: &mut World, text: &str, command: Command) -> Given {
    let owner = world.engine.state().accounts.account(world.id(text)).unwrap().owner;
    world.give(Actor { role: Role::Owner, id: owner.0 }, Action::Liquidity(command))
}

pub fn try_enter(world: &mut World, text: &str, atoms: u128) -> Given {
    let (account, number, amount) = (world.id(text), world.next_number(), amount(atoms));
    own(world, text, Command::Enter { vault: VAULT, account, number, amount })
}

/// An account with `atoms`, all of them in the vault.
pub fn holder(world: &mut World, text: &str, atoms: u128) {
    match world.knows(text) {
        true => world.deposit(text, atoms),
        false => {
            world.account(text, atoms);
        }
    }
    try_enter(world, text, atoms).unwrap();
}

/// Asks to leave with so many shares, or with all.
pub fn try_leave(world: &mut World, text: &str, shares: Option<u128>) -> Given {
    let (account, number) = (world.id(text), world.next_number());
    let shares = shares.map(|count| Shares::new(count).unwrap());
    own(world, text, Command::Leave { vault: VAULT, account, number, shares })
}

pub fn vault(world: &World) -> &Vault {
    world.engine.state().vaults.vault(VAULT).unwrap()
}

pub fn worth(world: &World) -> Worth {
    world.engine.state().vault_worth(vault(world))
}

pub fn holding(world: &World, text: &str) -> Holding {
    vault(world).holding(world.id(text))
}

pub fn shares(world: &World, text: &str) -> u128 {
    holding(world, text).shares.count()
}

/// What shares would fetch, in atoms.
pub fn fetches(world: &World, text: &str) -> u128 {
    let means = Basis::PoolShares;
    let claims = world.engine.state();
    let layer = world.layer_id("principal");
    let rule = MemberRule { basis: means, ..members(Rule::Proportional) };
    let claims = rhodian_core::basis::claims(claims, DOMAIN, layer, &rule);
    let found = claims.iter().find(|claim| claim.account == world.id(text));
    found.map_or(0, |claim| claim.weight.atoms())
}

pub fn vault_cash(world: &World) -> i128 {
    let state = world.engine.state();
    state.ledger.balance(ASSET, Holder::Account(world.id("vault"))).atoms()
}
