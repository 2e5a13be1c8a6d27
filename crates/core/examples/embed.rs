//! The engine inside a program of one's own: a venue in a few commands, a fall, who bears the loss.
//!
//! `cargo run -p rhodian-core --example embed`

use rhodian_core::account::{AccountKind, Command as Account};
use rhodian_core::allocation::Rule;
use rhodian_core::domain::{
    Basis, Caps, CauseClass, Command as Domain, Kind, LayerSpec, MemberRule, Source,
};
use rhodian_core::engine::{Action, Actor, Engine, Envelope, Outcome};
use rhodian_core::ids::OwnerId;
use rhodian_core::ids::{AccountId, AssetId, DomainId, LayerId, LossId, MarketId, Name, Time};
use rhodian_core::market::{Command as Market, Instrument, MarketSpec, Party, Tier};
use rhodian_core::units::{Amount, Price, Quantity};
use rhodian_core::waterfall::{Side, Step};

const USD: AssetId = AssetId(0);
const MAJORS: DomainId = DomainId(0);
const BTC: MarketId = MarketId(0);

fn main() {
    for line in told() {
        println!("{line}");
    }
}

/// What the program says: a test holds the book's page against it.
pub fn told() -> Vec<String> {
    let mut engine = Engine::new();
    let mut give = |seconds: u64, action: Action| {
        let envelope = Envelope { at: Time(seconds * 1_000), actor: Actor::VENUE, action };
        match engine.execute(envelope) {
            // Records go to your journal before anybody is told that the command was accepted.
            Outcome::Accepted(records) => records.len(),
            Outcome::Rejected(_, rejection) => panic!("{}: {rejection}", rejection.code()),
        }
    };

    // An asset, a domain, its layers, and the order in which they pay. Ids are dense, in order.
    give(0, Action::Domain(Domain::AddAsset { name: name("USD"), decimals: 0 }));
    give(0, Action::Domain(Domain::OpenDomain { name: name("majors"), asset: USD }));
    let gains = MemberRule {
        rule: Rule::Proportional,
        basis: Basis::SessionGains,
        classes: false,
        cap_of_weight: None,
        on_touch: false,
    };
    give(0, layer("Insurance fund", Kind::InsuranceFund, Source::Pot));
    give(0, layer("Winners", Kind::GainsHaircut, Source::Members(gains)));
    let step = |layer| Step { layers: vec![Side { layer: LayerId(layer), weight: 1 }] };
    let (class, steps) = (CauseClass::Default, vec![step(0), step(1)]);
    give(0, Action::Domain(Domain::SetWaterfall { domain: MAJORS, class, steps }));
    let (layer, number, amount) = (LayerId(0), 1, atoms(500));
    give(0, Action::Domain(Domain::PayIntoLayer { layer, number, amount }));

    // A perpetual: 10 % to open, 5 % to keep. One tick times one lot is one atom.
    let spec = MarketSpec {
        name: name("BTC"),
        domain: MAJORS,
        instrument: Instrument::Perpetual,
        unit: 1,
        max_price: price(1_000_000),
        max_position: 1_000,
        max_open: 10_000,
        band: 500_000,
        tiers: vec![Tier { above: atoms(0), initial: 100_000, maintenance: 50_000 }],
        steps: None,
    };
    give(0, Action::Market(Market::List { spec: Box::new(spec) }));
    give(0, Action::Market(Market::Mark { marks: vec![(BTC, price(1_000))] }));

    // Three owners with an account each; all accept that losses are shared.
    for (id, (who, cash)) in (0..).zip([("alice", 1_200), ("bob", 3_000), ("carol", 5_000)]) {
        let (account, owner, kind) = (AccountId(id), OwnerId(id), AccountKind::Cross);
        give(1, Action::Account(Account::OpenOwner { name: name(who) }));
        give(1, Action::Account(Account::OpenAccount { name: name(who), owner, kind }));
        give(1, Action::Domain(Domain::AcceptTerms { domain: MAJORS, account }));
        let (number, asset, amount) = (1, USD, atoms(cash));
        give(1, Action::Account(Account::Deposit { account, number, asset, amount }));
    }
    let (alice, bob, carol) = (Party::Account(AccountId(0)), AccountId(1), AccountId(2));

    // Alice buys ten of Bob; the mark falls by a fifth; what follows is the engine's duty: her
    // account fails, liens are held, her book is taken over.
    give(2, fill(1, alice, Party::Account(bob), 1_000));
    give(3, Action::Market(Market::Mark { marks: vec![(BTC, price(800))] }));
    // The matching engine sells her book to Carol; the loss is measured, and then divided.
    give(4, fill(2, Party::Account(carol), Party::Book(LossId(0)), 800));

    let state = engine.state();
    let loss = state.losses.loss(LossId(0)).expect("Alice's");
    let mut told = vec![format!("close-out loss {}, uncovered {}", loss.close_out, loss.uncovered)];
    for draw in &loss.draws {
        let layer = state.domains.layer(draw.layer).expect("a layer");
        told.push(format!("step {}: {} paid {}", draw.step, layer.spec.name, draw.received));
    }
    told.push(format!("bob has {}", state.equity(bob, USD)));
    told
}

fn fill(number: u64, buyer: Party, seller: Party, ticks: u64) -> Action {
    Action::Market(Market::Fill {
        market: BTC,
        number,
        buyer,
        seller,
        lots: Quantity::new(10).expect("within bounds"),
        price: price(ticks),
        buyer_fee: Amount::ZERO,
        seller_fee: Amount::ZERO,
    })
}

fn layer(text: &str, kind: Kind, source: Source) -> Action {
    let (name, caps) = (name(text), Caps::default());
    let spec = LayerSpec { name, kind, asset: USD, source, caps, attachment: None };
    Action::Domain(Domain::AddLayer { spec: Box::new(spec) })
}

fn name(text: &str) -> Name {
    Name::new(text).expect("1 to 64 bytes")
}

fn atoms(atoms: u128) -> Amount {
    Amount::new(atoms).expect("at most 10^30")
}

fn price(ticks: u64) -> Price {
    Price::new(ticks).expect("at most 10^15")
}
