//! The engine under the trace: names instead of ids, and duties run one at a time, because the
//! trace looks at the state between them.

use std::collections::BTreeMap;

use rhodian_core::account::{self, AccountKind};
use rhodian_core::allocation::Rule;
use rhodian_core::closeout;
use rhodian_core::control::{self, Parameter};
use rhodian_core::domain::{self, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, Source};
use rhodian_core::engine::{
    Action, Actor, Envelope, Event, Events, Record, Rejection, Role, State, decide, duty, evolve,
};
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, LossId, MarketId, OwnerId, Time};
use rhodian_core::invariants::{self, Running};
use rhodian_core::loss;
use rhodian_core::market::{self, Instrument, MarketSpec, Party, Tier};
use rhodian_core::units::{Amount, Price};
use rhodian_core::waterfall::{Side, Step};
use serde_json::Value;

use crate::read::{amount, lots, millionths, name, price, text, whole};

pub const ASSET: AssetId = AssetId(0);

pub struct Replay {
    pub state: State,
    pub asset: String,
    running: Running,
    pub records: Vec<Record>,
    /// How many there were before the line that is at work.
    before: usize,
    pub domains: BTreeMap<String, DomainId>,
    pub markets: BTreeMap<String, MarketId>,
    pub accounts: BTreeMap<String, AccountId>,
    owners: BTreeMap<String, OwnerId>,
    pub layers: BTreeMap<String, LayerId>,
    pub losses: BTreeMap<String, LossId>,
    /// The number of the last command that needed one.
    number: u64,
}

impl Replay {
    pub fn new(parameters: &Value) -> Self {
        let mut replay = Self {
            state: State::new(true),
            asset: text(&parameters["asset"]["id"]).into(),
            running: Running::default(),
            records: Vec::new(),
            before: 0,
            domains: BTreeMap::new(),
            markets: BTreeMap::new(),
            accounts: BTreeMap::new(),
            owners: BTreeMap::new(),
            layers: BTreeMap::new(),
            losses: BTreeMap::new(),
            number: 0,
        };
        replay.set_up(parameters);
        replay
    }

    fn set_up(&mut self, parameters: &Value) {
        let asset = &parameters["asset"];
        let (asset_name, decimals) = (name(text(&asset["id"])), whole(&asset["decimals"]));
        self.must(Action::Domain(domain::Command::AddAsset { name: asset_name, decimals }));
        let markets = parameters["markets"].as_object().expect("markets");
        // The waterfall of the file is that of the first market's domain; another domain, whose
        // losses the file does not show, gets one of its own.
        let ordered = in_order(parameters, markets.keys());
        for market in &ordered {
            let domain = text(&markets[market]["domain"]);
            if !self.domains.contains_key(domain) {
                self.open_domain(domain, parameters);
            }
        }
        for market in &ordered {
            self.list(market, &markets[market], parameters);
        }
    }

    fn open_domain(&mut self, text: &str, parameters: &Value) {
        let domain = DomainId::at(self.domains.len()).expect("few domains");
        self.must(Action::Domain(domain::Command::OpenDomain { name: name(text), asset: ASSET }));
        let first = self.domains.is_empty();
        self.domains.insert(text.into(), domain);
        let millis = |key: &str| u128::from(parameters[key].as_u64().expect("milliseconds"));
        for (parameter, value) in [
            (Parameter::EpisodeLength, millis("episode_length_ms")),
            (Parameter::LiableWindow, millis("liable_set_window_ms")),
            (Parameter::ReferenceAge, millis("reference_age_ms")),
            (Parameter::StressRate, u128::from(millionths(&parameters["stress"]))),
            (Parameter::CloseOutBudget, whole(&parameters["close_out_budget"])),
            (Parameter::OpeningProfit, 1_000_000),
        ] {
            let command = control::Command::SetParameter { domain, parameter, value };
            self.must_as(Actor { role: Role::Governance, id: 0 }, Action::Control(command));
        }
        let steps = match parameters["waterfall"].as_array().filter(|_| first) {
            Some(steps) => steps.iter().filter_map(|step| self.step(step)).collect(),
            None => vec![self.gains_of(text)],
        };
        let class = CauseClass::Default;
        self.must(Action::Domain(domain::Command::SetWaterfall { domain, class, steps }));
    }

    /// The layer of a step; the last one, uncovered, is no layer of ours.
    fn step(&mut self, step: &Value) -> Option<Step> {
        let kind = match text(step.get("kind")?) {
            "insurance-fund" => Kind::InsuranceFund,
            "tranche" => Kind::Tranche,
            "gains-haircut" => Kind::GainsHaircut,
            other => panic!("the kind {other} is not in this trace's language"),
        };
        let per_episode = step.get("per_episode").map(amount);
        Some(self.layer(text(&step["layer"]), kind, per_episode))
    }

    fn gains_of(&mut self, domain: &str) -> Step {
        self.layer(&format!("gains of {domain}"), Kind::GainsHaircut, None)
    }

    fn layer(&mut self, layer: &str, kind: Kind, per_episode: Option<Amount>) -> Step {
        let gains = MemberRule {
            rule: Rule::Proportional,
            classes: false,
            cap_of_weight: None,
            on_touch: false,
            basis: Basis::SessionGains,
        };
        let id = LayerId::at(self.layers.len()).expect("few layers");
        let spec = LayerSpec {
            name: name(layer),
            kind,
            asset: ASSET,
            source: match kind {
                Kind::GainsHaircut => Source::Members(gains),
                _ => Source::Pot,
            },
            caps: Caps { per_episode, ..Caps::default() },
            attachment: None,
        };
        self.must(Action::Domain(domain::Command::AddLayer { spec: Box::new(spec) }));
        self.layers.insert(layer.into(), id);
        Step { layers: vec![Side { layer: id, weight: 1 }] }
    }

    fn list(&mut self, market: &str, of: &Value, parameters: &Value) {
        let spec = MarketSpec {
            name: name(market),
            domain: self.domains[text(&of["domain"])],
            instrument: Instrument::Perpetual,
            unit: whole(&of["atoms_per_tick_lot"]),
            max_price: Price::new(100_000_000).expect("a price"),
            max_position: 1_000_000_000,
            max_open: 1_000_000_000,
            band: 500_000,
            tiers: vec![Tier {
                above: Amount::ZERO,
                initial: millionths(&parameters["initial_margin"]),
                maintenance: millionths(&parameters["maintenance_margin"]),
            }],
            // The trace's gap passes maintenance in one mark.
            steps: None,
        };
        let id = MarketId::at(self.markets.len()).expect("few markets");
        self.must(Action::Market(market::Command::List { spec: Box::new(spec) }));
        self.markets.insert(market.into(), id);
    }

    /// Gives the commands of a line.
    pub fn line(&mut self, line: &Value) {
        self.before = self.records.len();
        let at = Time(line["at"].as_u64().expect("a time"));
        if at > self.state.now() {
            self.give(Envelope { at, actor: Actor::ENGINE, action: Action::Tick }).expect("a tick");
        }
        let commands = line["commands"].as_array().expect("commands");
        if line["by"] == "duty" {
            for command in commands {
                self.duty(command, &line["facts"]);
            }
            return;
        }
        let result = commands.iter().try_for_each(|command| self.command(command));
        match (result, line["result"].get("rejected")) {
            (Ok(()), None) => {}
            (Err(rejection), Some(reason)) => check_refusal(&rejection, text(reason), line),
            (result, expected) => {
                panic!("line {}: {result:?}, the trace says {expected:?}", line["n"])
            }
        }
    }

    /// What happened in the line.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.records[self.before..].iter().flat_map(|record| &record.events)
    }

    fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    fn command(&mut self, of: &Value) -> Result<(), Rejection> {
        let action = match text(&of["do"]) {
            "open_account" => return self.open_account(text(&of["account"]), text(&of["owner"])),
            "pay_into_layer" => Action::Domain(domain::Command::PayIntoLayer {
                layer: self.layers[text(&of["layer"])],
                number: self.next(),
                amount: amount(&of["amount"]),
            }),
            "deposit" | "withdraw" | "stake" => self.money(of),
            "mark" => {
                let marks = vec![(self.market(of), price(&of["price"]))];
                Action::Market(market::Command::Mark { marks })
            }
            "fill" => Action::Market(market::Command::Fill {
                market: self.market(of),
                number: whole(&of["number"]),
                buyer: self.party(text(&of["buyer"])),
                seller: self.party(text(&of["seller"])),
                lots: lots(&of["lots"]),
                price: price(&of["price"]),
                buyer_fee: amount(&of["fee_each"]),
                seller_fee: amount(&of["fee_each"]),
            }),
            "funding" => Action::Market(market::Command::Fund {
                market: self.market(of),
                atoms_per_lot: whole(&of["atoms_per_lot"]),
            }),
            "period_boundary" => Action::Market(market::Command::EndPeriod),
            _ => self.of_loss(of),
        };
        self.act(Actor::VENUE, action)
    }

    fn money(&mut self, of: &Value) -> Action {
        let (account, number) = (self.accounts[text(&of["account"])], self.next());
        let (asset, amount) = (ASSET, amount(&of["amount"]));
        match text(&of["do"]) {
            "deposit" => {
                Action::Account(account::Command::Deposit { account, number, asset, amount })
            }
            "withdraw" => {
                Action::Account(account::Command::Withdraw { account, number, asset, amount })
            }
            _ => {
                let layer = self.layers[text(&of["layer"])];
                Action::Domain(domain::Command::Stake { layer, account, number, amount })
            }
        }
    }

    fn of_loss(&mut self, of: &Value) -> Action {
        let number = self.next();
        Action::Loss(match text(&of["do"]) {
            "declare_default" => {
                let loss = LossId::at(self.losses.len()).expect("few losses");
                self.losses.insert(text(&of["loss"]).into(), loss);
                loss::Command::DeclareDefault {
                    domain: self.domains[text(&of["domain"])],
                    number,
                    account: self.accounts[text(&of["account"])],
                    cause: name("declared"),
                    set_off: Vec::new(),
                }
            }
            "recover" => loss::Command::Recover {
                loss: self.losses[text(&of["loss"])],
                number,
                amount: amount(&of["amount"]),
            },
            "fund_income" => loss::Command::FundIncome {
                layer: self.layers[text(&of["layer"])],
                number,
                amount: amount(&of["amount"]),
            },
            other => panic!("the command {other} is not in this trace's language"),
        })
    }

    fn market(&self, of: &Value) -> MarketId {
        self.markets[text(&of["market"])]
    }

    fn party(&self, text: &str) -> Party {
        match text.strip_prefix("book/") {
            Some(loss) => Party::Book(self.losses[loss]),
            None => Party::Account(self.accounts[text]),
        }
    }

    fn open_account(&mut self, text: &str, owner: &str) -> Result<(), Rejection> {
        if !self.owners.contains_key(owner) {
            let id = OwnerId::at(self.owners.len()).expect("few owners");
            let command = account::Command::OpenOwner { name: name(owner) };
            self.act(Actor::VENUE, Action::Account(command))?;
            self.owners.insert(owner.into(), id);
        }
        let kind = if text == owner { AccountKind::Cross } else { AccountKind::Isolated };
        let id = AccountId::at(self.accounts.len()).expect("few accounts");
        let owner = self.owners[owner];
        let command = account::Command::OpenAccount { name: name(text), owner, kind };
        self.act(Actor::VENUE, Action::Account(command))?;
        self.accounts.insert(text.into(), id);
        Ok(())
    }

    /// Runs what is due up to and with the duty that `of` names. A draw of nothing is none.
    fn duty(&mut self, of: &Value, facts: &Value) {
        let draws = |layer: &str| facts["draws"][layer] == "0";
        let wanted = text(&of["do"]);
        if wanted == "draw" && draws(text(&of["layer"])) {
            return;
        }
        if wanted == "detect" {
            let loss = LossId::at(self.losses.len()).expect("few losses");
            self.losses.insert(text(&of["loss"]).into(), loss);
        }
        // Booking what is uncovered and settling are one duty of the engine.
        let last = self.records.last().map_or(&[][..], |record| &record.events);
        if wanted == "settle" && last.iter().any(|event| self.is(event, of)) {
            return;
        }
        loop {
            let next = duty(&self.state).unwrap_or_else(|| panic!("{wanted} is not due"));
            let events = self.give(next).expect("a duty is never refused");
            if events.iter().any(|event| self.is(event, of)) {
                break;
            }
        }
    }

    /// Whether `event` is what the duty `of` is about.
    fn is(&self, event: &Event, of: &Value) -> bool {
        let wanted = text(&of["do"]);
        let one = of.get("loss").map(|loss| self.losses[text(loss)]);
        match event {
            Event::CloseOut(closeout::Event::Deleveraged { market, from, .. }) => {
                wanted == "adl" && Some(*from) == one.map(Party::Book) && *market == self.market(of)
            }
            Event::Loss(loss::Event::EpisodeClosed { .. }) => wanted == "close_episode",
            Event::Loss(event) if event.loss() == one => match event {
                loss::Event::LossDetected { .. } => wanted == "detect",
                loss::Event::TakenOver { .. } => wanted == "takeover",
                loss::Event::OwnMeansClosed { .. } => wanted == "own_means",
                loss::Event::DeficitRecognised { .. } => wanted == "recognise",
                loss::Event::PotDrawn { layer, .. } => {
                    wanted == "draw" && self.layers.get(text(&of["layer"])) == Some(layer)
                }
                loss::Event::LossDivided { .. } => wanted == "divide",
                loss::Event::UncoveredBooked { .. } => wanted == "draw",
                loss::Event::LossSettled { .. } => wanted == "settle",
                _ => false,
            },
            _ => false,
        }
    }

    fn must(&mut self, action: Action) {
        self.must_as(Actor::VENUE, action);
    }

    fn must_as(&mut self, actor: Actor, action: Action) {
        self.act(actor, action).unwrap_or_else(|rejection| panic!("refused: {rejection}"));
    }

    fn act(&mut self, actor: Actor, action: Action) -> Result<(), Rejection> {
        let at = self.state.now();
        self.give(Envelope { at, actor, action }).map(|_| ())
    }

    /// One command, the laws after each of its events.
    fn give(&mut self, envelope: Envelope) -> Result<Vec<Event>, Rejection> {
        let mut events = Events::new();
        decide(&self.state, &envelope, &mut events)?;
        let events = events.as_slice().to_vec();
        for event in &events {
            evolve(&mut self.state, event);
            self.running.after(event, &self.state).unwrap_or_else(|broken| panic!("{broken}"));
        }
        invariants::check(&self.state).unwrap_or_else(|broken| panic!("{broken}"));
        self.records.push(Record { envelope, events: events.clone() });
        Ok(events)
    }
}

/// The markets as the file orders them by first use: dense ids follow the order of listing.
fn in_order<'a>(parameters: &Value, keys: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut keys: Vec<String> = keys.cloned().collect();
    let domain = |key: &String| text(&parameters["markets"][key]["domain"]).to_owned();
    let first = keys.iter().min().map(domain).unwrap_or_default();
    keys.sort_by_key(|key| (domain(key) != first, key.clone()));
    keys
}

fn check_refusal(rejection: &Rejection, reason: &str, line: &Value) {
    let (code, numbers) = (rejection.code(), rejection.to_string());
    let said = match reason {
        "withdrawal-above-free" => "withdrawal-above-free",
        "fill-repeated" => "fill-number-not-new",
        other => other,
    };
    assert_eq!(code, said, "line {}: {numbers}", line["n"]);
    for key in ["asked", "free", "number"] {
        if let Some(value) = line["result"].get(key) {
            assert!(numbers.contains(text(value)), "line {}: {numbers}", line["n"]);
        }
    }
}
