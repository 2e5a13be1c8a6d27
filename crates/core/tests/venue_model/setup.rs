//! A random venue, set up in the engine and in the model alike: one asset, two domains, three
//! markets, a shared fund, the operator's money beside it, a tranche, and each domain's gains.

use rhodian_core::account::{self, AccountKind};
use rhodian_core::allocation::Rule;
use rhodian_core::control::{self, Parameter};
use rhodian_core::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome, Rejection};
use rhodian_core::ids::{AssetId, DomainId, LayerId, MarketId, Name, OwnerId, Time};
use rhodian_core::market::{self, Instrument, MarketSpec, Right, Tier};
use rhodian_core::units::{Amount, Price};
use rhodian_core::waterfall::{Side, Step};

use crate::laws::Laws;
use crate::model::{Domain, Layer, Market, Model, Parameters, Pays};
use crate::random::Random;
use crate::venue::Account;

pub const ASSET: AssetId = AssetId(0);
pub const HOUR: u64 = 3_600_000;
/// The layers: the shared fund, the operator's money, the tranche, then each domain's gains.
pub const FUND: usize = 0;
pub const TRANCHE: usize = 2;
const GAINS: usize = 3;

/// The engine and the model of the same venue.
pub struct Case {
    pub engine: Engine,
    /// The same without the watch: it must say the same.
    pub blind: Engine,
    /// The laws after every command, in one venue of ten.
    laws: Option<Laws>,
    pub model: Model,
    pub random: Random,
    /// The sum of funding of each market, to compare balances with.
    pub funding: Vec<i64>,
    pub number: u64,
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub fn atoms(amount: u64) -> Amount {
    Amount::new(u128::from(amount)).unwrap()
}

pub fn id(place: usize) -> u32 {
    u32::try_from(place).unwrap()
}

impl Case {
    pub fn new(seed: u64) -> Self {
        let mut case = Self {
            engine: Engine::new(),
            blind: Engine::without_watch(),
            laws: seed.is_multiple_of(10).then(|| Laws::new(seed)),
            model: Model::default(),
            random: Random::new(seed),
            funding: vec![0; 3],
            number: 0,
        };
        let add = domain::Command::AddAsset { name: name("USD"), decimals: 2 };
        case.must(Action::Domain(add));
        for text in ["Majors", "Alts"] {
            let open = domain::Command::OpenDomain { name: name(text), asset: ASSET };
            case.must(Action::Domain(open));
        }
        case.layers();
        let majors = vec![vec![(FUND, 1), (1, 2)], vec![(TRANCHE, 1)], vec![(GAINS, 1)]];
        let alts = vec![vec![(FUND, 1)], vec![(GAINS + 1, 1)]];
        for (place, steps) in [majors, alts].into_iter().enumerate() {
            case.domain(place, steps);
        }
        for (place, domain) in [0, 0, 1].into_iter().enumerate() {
            case.market(place, domain);
        }
        case.open_volatility();
        case.accounts();
        case
    }

    pub fn must(&mut self, action: Action) {
        if let Err(rejection) = self.execute(self.now(), action) {
            panic!("refused in set-up: {rejection}");
        }
    }

    /// Gives `action` to both engines.
    pub fn execute(&mut self, at: Time, action: Action) -> Result<(), Rejection> {
        let envelope = Envelope { at, actor: Actor::VENUE, action };
        let outcome = self.engine.execute(envelope.clone());
        assert_eq!(outcome, self.blind.execute(envelope), "the watch changes nothing");
        let (records, result) = match outcome {
            Outcome::Accepted(records) => (records, Ok(())),
            Outcome::Rejected(records, rejection) => (records, Err(rejection)),
        };
        if let Some(laws) = &mut self.laws {
            laws.after(&records, self.engine.state());
        }
        result
    }

    fn layers(&mut self) {
        let rule = MemberRule {
            rule: Rule::Proportional,
            classes: false,
            cap_of_weight: None,
            on_touch: false,
            basis: Basis::SessionGains,
        };
        let gains = Source::Members(rule);
        for (text, kind, source, pays) in [
            ("fund", Kind::InsuranceFund, Source::Pot, Pays::Fund),
            ("operator", Kind::OperatorCapital, Source::Pot, Pays::Fund),
            ("tranche", Kind::Tranche, Source::Pot, Pays::Stakes),
            ("gains", Kind::GainsHaircut, gains, Pays::Gains),
            ("gains of Alts", Kind::GainsHaircut, gains, Pays::Gains),
        ] {
            let per_event = self.random.of(&[None, None, None, Some(2_000)]);
            let per_episode = self.random.of(&[None, None, Some(3_000), Some(20_000)]);
            let caps = Caps {
                per_event: per_event.map(atoms),
                per_episode: per_episode.map(atoms),
                ..Caps::default()
            };
            let spec =
                LayerSpec { name: name(text), kind, asset: ASSET, source, caps, attachment: None };
            self.must(Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) }));
            self.model.layers.push(Layer { pays, per_event, per_episode, last_number: 0 });
        }
    }

    fn domain(&mut self, place: usize, steps: Vec<Vec<(usize, u64)>>) {
        let random = &mut self.random;
        let parameters = Parameters {
            reference_age: random.of(&[0, HOUR, 2 * HOUR, 8 * HOUR]),
            stress: random.of(&[0, 30_000, 100_000]),
            budget: random.of(&[0, 2_000, 20_000, 1_000_000_000, 1_000_000_000]),
            opening_profit: random.of(&[0, 500_000, 1_000_000, 1_000_000]),
            closeout_time: random.of(&[0, HOUR / 2, HOUR, HOUR, 6 * HOUR]),
            episode_length: random.of(&[HOUR, 4 * HOUR]),
            window: random.of(&[0, HOUR / 4, 4 * HOUR]),
            income_to_claims: random.of(&[0, 250_000]),
            drawdown: random.of(&[1_000_000, 1_000_000, 300_000]),
            cooldown: random.of(&[0, 0, HOUR, 6 * HOUR]),
            exit_limit: random.of(&[0, 500_000, 1_000_000]),
        };
        let side = |(layer, weight): &(usize, u64)| Side {
            layer: LayerId(id(*layer)),
            weight: u32::try_from(*weight).unwrap(),
        };
        let step = |step: &Vec<(usize, u64)>| Step { layers: step.iter().map(side).collect() };
        let domain = DomainId(id(place));
        self.must(Action::Domain(domain::Command::SetWaterfall {
            domain,
            class: CauseClass::Default,
            steps: steps.iter().map(step).collect(),
        }));
        let of = &parameters;
        for (parameter, value) in [
            (Parameter::ReferenceAge, of.reference_age),
            (Parameter::StressRate, of.stress),
            (Parameter::CloseOutBudget, of.budget),
            (Parameter::OpeningProfit, of.opening_profit),
            (Parameter::CloseOutTime, of.closeout_time),
            (Parameter::EpisodeLength, of.episode_length),
            (Parameter::LiableWindow, of.window),
            (Parameter::IncomeToClaims, of.income_to_claims),
            (Parameter::FundDrawdown, of.drawdown),
            (Parameter::StakeCooldown, of.cooldown),
            (Parameter::ExitQueueLimit, of.exit_limit),
        ] {
            let value = u128::from(value);
            let set = control::Command::SetParameter { domain, parameter, value };
            self.must(Action::Control(set));
        }
        self.model.domains.push(Domain { parameters, steps, reduce_only: false });
    }

    fn market(&mut self, place: usize, domain: usize) {
        let random = &mut self.random;
        let tiers = random.of(&[
            vec![(0, 100_000, 50_000)],
            vec![(0, 50_000, 20_000), (7_777, 100_000, 50_001), (40_000, 500_000, 250_000)],
        ]);
        let mut market = Market {
            domain,
            unit: random.of(&[1, 1, 7]),
            max_price: 20_000,
            max_position: random.of(&[150, 100_000, 100_000]),
            max_open: random.of(&[300, 100_000, 100_000]),
            band: random.of(&[30_000, 400_000]),
            tiers,
            last_fill: 0,
            mark: None,
            expiry: random.chance([0, 60, 40][place]).then(|| random.between(HOUR, 20 * HOUR)),
            option: None,
            unsaid: false,
            settled: false,
        };
        if place == 1 && market.expiry.is_some() && random.chance(70) {
            market.option = Some((random.between(100, 1_500), random.chance(50)));
        }
        let instrument = match (market.expiry.map(Time), market.option) {
            (Some(expiry), Some((strike, call))) => Instrument::Option {
                underlying: MarketId(0),
                strike: Price::new(strike).unwrap(),
                expiry,
                right: if call { Right::Call } else { Right::Put },
            },
            (Some(expiry), None) => Instrument::Future { expiry, underlying: None },
            (None, _) => Instrument::Perpetual,
        };
        let tier = |(above, initial, maintenance): &(u64, u64, u64)| Tier {
            above: atoms(*above),
            initial: u32::try_from(*initial).unwrap(),
            maintenance: u32::try_from(*maintenance).unwrap(),
        };
        let spec = MarketSpec {
            steps: None,
            name: name(["BTC", "ETH", "SOL"][place]),
            domain: DomainId(id(domain)),
            instrument,
            unit: market.unit,
            max_price: Price::new(market.max_price).unwrap(),
            max_position: market.max_position,
            max_open: market.max_open,
            band: u32::try_from(market.band).unwrap(),
            tiers: market.tiers.iter().map(tier).collect(),
        };
        self.must(Action::Market(market::Command::List { spec: Box::new(spec) }));
        self.model.markets.push(market);
        self.model.venue.domains.push(domain);
    }

    fn accounts(&mut self) {
        let accounts: u64 = self.random.of(&[3, 4, 5, 6, 6, 6]);
        let owners = self.random.between(accounts.div_ceil(2), accounts);
        for owner in 0..owners {
            let open = account::Command::OpenOwner { name: name(&format!("owner {owner}")) };
            self.must(Action::Account(open));
        }
        for place in 0..accounts {
            let owner = place % owners;
            let kind = self.random.of(&[AccountKind::Cross, AccountKind::Isolated]);
            self.must(Action::Account(account::Command::OpenAccount {
                name: name(&format!("account {place}")),
                owner: OwnerId(id(usize::try_from(owner).unwrap())),
                kind,
            }));
            let owner = usize::try_from(owner).unwrap();
            self.model.venue.accounts.push(Account { owner, ..Account::default() });
        }
    }

    pub fn now(&self) -> Time {
        self.engine.state().now()
    }
}
