//! The engine accepts what the lab draws: every account is opened and funded, every fill passes
//! its margin check, and equity at the start of the path is the lab's, to the atom.

use rhodian_core::account;
use rhodian_core::domain::{self, Caps, CauseClass, Kind, LayerSpec, Source};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, MarketId, Name, OwnerId, Time};
use rhodian_core::market::{self, Party};
use rhodian_core::units::{Amount, Price};
use rhodian_core::waterfall::{Side, Step};
use rhodian_lab::options::OptionsModel;
use rhodian_lab::population::Fill;
use rhodian_lab::seed::Seed;
use rhodian_lab::world::{Schedules, Simulated, World};

const ASSET: AssetId = AssetId(0);
const DOMAIN: DomainId = DomainId(0);

/// A venue that is given a world.
struct Venue {
    engine: Engine,
    at: Time,
    numbers: u64,
}

impl Venue {
    fn of(world: &World) -> Self {
        let mut venue = Self { engine: Engine::new(), at: Time(0), numbers: 0 };
        let name = |text: &str| Name::new(text).unwrap();
        let fund = LayerSpec {
            name: name("fund"),
            kind: Kind::InsuranceFund,
            asset: ASSET,
            source: Source::Pot,
            caps: Caps::default(),
            attachment: None,
        };
        let steps = vec![Step { layers: vec![Side { layer: LayerId(0), weight: 1 }] }];
        for command in [
            domain::Command::AddAsset { name: name("USD"), decimals: 6 },
            domain::Command::OpenDomain { name: name("all"), asset: ASSET },
            domain::Command::AddLayer { spec: Box::new(fund) },
            domain::Command::SetWaterfall { domain: DOMAIN, class: CauseClass::Default, steps },
        ] {
            venue.must(Action::Domain(command));
        }
        for listed in &world.markets {
            let spec = listed.spec(DOMAIN, 1).expect("a name of the engine");
            venue.must(Action::Market(market::Command::List { spec: Box::new(spec) }));
        }
        for owner in 0..world.population.owners {
            let name = name(&format!("owner-{owner}"));
            venue.must(Action::Account(account::Command::OpenOwner { name }));
        }
        venue
    }

    fn must(&mut self, action: Action) {
        let envelope = Envelope { at: self.at, actor: Actor::VENUE, action };
        if let Outcome::Rejected(_, rejection) = self.engine.execute(envelope.clone()) {
            panic!("{rejection}: {envelope:?}");
        }
    }

    fn mark(&mut self, at: Time, marks: &[Price]) {
        self.at = at;
        self.must(Action::Tick);
        let marks = (0..).map(MarketId).zip(marks.iter().copied()).collect();
        self.must(Action::Market(market::Command::Mark { marks }));
    }

    fn open(&mut self, place: u32, owner: u32, kind: account::AccountKind, paid: (Amount, u128)) {
        let (name, owner) = (Name::new(&format!("account-{place}")).unwrap(), OwnerId(owner));
        self.must(Action::Account(account::Command::OpenAccount { name, owner, kind }));
        let account = AccountId(place);
        let amount = paid.0.checked_add(Amount::new(paid.1).unwrap()).unwrap();
        let deposit = account::Command::Deposit { account, number: 1, asset: ASSET, amount };
        self.must(Action::Account(deposit));
    }

    fn fill(&mut self, fill: &Fill) {
        self.numbers += 1;
        self.must(Action::Market(market::Command::Fill {
            market: MarketId(fill.market),
            number: self.numbers,
            buyer: Party::Account(AccountId(fill.buyer)),
            seller: Party::Account(AccountId(fill.seller)),
            lots: fill.lots,
            price: fill.price,
            buyer_fee: Amount::ZERO,
            seller_fee: Amount::ZERO,
        }));
    }
}

/// Paid in on top of every deposit in a world with options: nobody says a volatility here, so the
/// engine requires the whole value of the underlying, where the lab reckons with scenarios.
const ON_TOP: u128 = 1_000_000_000_000_000;

#[test]
fn the_engine_accepts_every_round_and_agrees_on_equity() {
    for (seed, schedules, on_top) in [
        (1, Schedules::Book, ON_TOP),
        (2, Schedules::ByDepth, ON_TOP),
        (3, Schedules::Book, 0),
        (4, Schedules::ByDepth, 0),
    ] {
        let mut model = Simulated::book(600);
        model.perpetuals = 10;
        model.schedules = schedules;
        if on_top > 0 {
            model.options = Some(OptionsModel::default());
            model.population.shares.options = 50_000;
        }
        let world = model.draw(Seed(seed)).unwrap();
        let population = &world.population;
        let mut venue = Venue::of(&world);
        for round in &population.rounds {
            venue.mark(round.at, &round.marks);
            for place in round.accounts.clone() {
                let account = population.accounts[place as usize];
                let paid = (account.deposit, on_top);
                venue.open(place, account.owner, account.kind, paid);
            }
            population.fills[round.fills.clone()].iter().for_each(|fill| venue.fill(fill));
        }
        let start = world.start();
        venue.mark(start.at(), start.marks());
        let state = venue.engine.state();
        for place in 0..600 {
            let equity = state.equity(AccountId(place), ASSET);
            let standing = population.standing(place, &world.markets, &start).unwrap();
            let on_top = i128::try_from(on_top).unwrap();
            assert_eq!(equity - on_top, standing.equity, "account {place}");
        }
    }
}
