//! Commands out of bytes: valid, nearly valid and senseless ones, over few ids so that they meet.

pub mod incentive;
pub mod issuance;
mod venue;

use rhodian_core::account::{self, AccountKind};
use rhodian_core::allocation::Rule;
use rhodian_core::control::{self, PARAMETERS, Status};
use rhodian_core::domain::{
    self, Attachment, Basis, Caps, CauseClass, Kind, LayerSpec, MemberRule, PeriodCap, RewardFrom,
    Source,
};
use rhodian_core::engine::{Action, Actor, Role};
use rhodian_core::ids::{
    AccountId, AssetId, DomainId, EpisodeId, FeedId, LayerId, LiableSetId, LossId, Name, OwnerId,
    SourceId, Time,
};
use rhodian_core::loss::{self, BountyTerms, Duty, Rank, RankedClaim, ReportedClaim, SetOff};
use rhodian_core::oracle::{self, FeedSpec, SourceWeight, Value};
use rhodian_core::units::Amount;
use rhodian_core::waterfall::{Side, Step};

/// So many bytes by chance, from `seed` on.
#[allow(dead_code, reason = "the fuzz target has bytes of its own")]
pub fn drawn(seed: &mut u64, count: usize) -> Vec<u8> {
    let mut next = || {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        seed.to_be_bytes()[1]
    };
    (0..count).map(|_| next()).collect()
}

/// Bytes that run out into zeros.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, &[][..]), |(b, rest)| (*b, rest));
        self.0 = rest;
        first
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn below(&mut self, bound: u8) -> u32 {
        u32::from(self.byte() % bound)
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()].clone()
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.byte().is_multiple_of(3).then(|| make(self))
    }

    fn some<T>(&mut self, most: u8, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }

    /// Mostly small, sometimes zero, sometimes at the bound.
    fn amount(&mut self) -> Amount {
        let byte = self.byte();
        match byte {
            0 => Amount::ZERO,
            1..=240 => Amount::from(u32::from(byte)),
            241..=247 => Amount::from(u32::from(byte) * 1_000),
            248..=252 => Amount::new(10u128.pow(30) - u128::from(self.byte())).unwrap(),
            _ => Amount::MAX,
        }
    }

    fn number(&mut self) -> u64 {
        self.one(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 50, 1 << 63, u64::MAX])
    }

    fn millis(&mut self) -> u64 {
        self.one(&[0, 1, 10, 1_000, 3_600_000, u64::MAX])
    }

    fn account(&mut self) -> AccountId {
        AccountId(self.below(6))
    }

    fn layer(&mut self) -> LayerId {
        LayerId(self.below(9))
    }

    fn loss(&mut self) -> LossId {
        LossId(self.below(8))
    }

    fn domain(&mut self) -> DomainId {
        DomainId(u32::from(self.byte() > 200))
    }

    fn asset(&mut self) -> AssetId {
        AssetId(u32::from(self.byte() > 220))
    }

    fn name(&mut self) -> Name {
        Name::new(self.one(&["x", "y", "ann", "ben", "cat"])).unwrap()
    }

    fn class(&mut self) -> CauseClass {
        use CauseClass::{Custody, Default, PriceError};
        self.one(&[Default, Default, Default, PriceError, Custody])
    }
}

/// Who acts, how long after the last, and what.
pub fn command(bytes: &mut Bytes<'_>) -> (Actor, u64, Action) {
    let role = match bytes.byte() {
        0..=219 => Role::Venue,
        220..=227 => Role::Engine,
        228..=240 => Role::Owner,
        241..=249 => Role::Governance,
        _ => Role::Guardian,
    };
    let actor = Actor { role, id: bytes.below(3) };
    let wait = if bytes.byte() < 200 { 0 } else { u64::from(bytes.byte()) * 20_000 };
    let action = match bytes.byte() {
        0..=64 => Action::Account(of_account(bytes)),
        65..=99 => Action::Domain(of_domain(bytes)),
        100..=164 => Action::Loss(of_loss(bytes)),
        165..=170 => Action::Issuance(issuance::of_issuance(bytes)),
        171..=176 => Action::Incentive(incentive::of_incentive(bytes)),
        177..=228 => Action::Market(venue::of_market(bytes)),
        229..=238 => Action::CloseOut(venue::of_close_out(bytes)),
        239..=245 => Action::Control(of_control(bytes)),
        246 => Action::IncentiveDuty(incentive::duty(bytes)),
        247 => Action::Duty(duty(bytes)),
        248..=249 => venue::duty(bytes),
        250 => {
            let (feed, domain) = (FeedId(bytes.below(3)), bytes.domain());
            Action::OracleDuty(oracle::Duty::Tighten { feed, domain })
        }
        251..=254 => Action::Oracle(of_oracle(bytes)),
        _ => Action::Tick,
    };
    let actor = match action {
        // Most reports come from whom they say.
        Action::Oracle(oracle::Command::Report { source, .. }) if role == Role::Venue => {
            Actor { role: Role::Source, id: source.0 }
        }
        _ => actor,
    };
    (actor, wait, action)
}

fn of_oracle(bytes: &mut Bytes<'_>) -> oracle::Command {
    use oracle::Command as C;
    let feed = FeedId(bytes.below(3));
    let time = |bytes: &mut Bytes<'_>| Time(1_000 + u64::from(bytes.byte()) * 20_000);
    match bytes.byte() {
        0..=19 => C::OpenFeed { spec: Box::new(feed_spec(bytes)) },
        20..=39 => C::SetFeed { feed, spec: Box::new(feed_spec(bytes)) },
        40..=54 => {
            let (from, to) = (time(bytes), time(bytes));
            C::DeclarePriceError { feed, from, to, evidence: [bytes.byte(); 32] }
        }
        _ => C::Report {
            feed,
            source: SourceId(bytes.below(4)),
            number: bytes.number(),
            value: Value::new(bytes.one(&[0, 1, 99, 100, 100, 101, 150, 10u64.pow(15)])).unwrap(),
            confidence: Value::new(bytes.one(&[0, 0, 1, 50])).unwrap(),
            time: time(bytes),
        },
    }
}

/// A feed as they may be, most of them lawful.
fn feed_spec(bytes: &mut Bytes<'_>) -> FeedSpec {
    use oracle::Kind::{Depth, Price, Volatility};
    let kind = bytes.one(&[Price, Price, Depth, Volatility]);
    let weights: Vec<u32> = bytes.some(4, |bytes| bytes.one(&[1, 1, 2, 3, u32::MAX, 0]));
    let sources = weights.into_iter().zip(0..);
    let mut params = oracle::Params::of(kind);
    let place = bytes.byte();
    let odd = bytes.one(&[0, 1, 1_000, 3_000_000, 10_000_000, u64::MAX]);
    match place {
        0..=40 => params.step = odd,
        41..=80 => params.step_cap = odd,
        81..=110 => params.delay_interval = odd,
        111..=140 => params.window_cell = odd,
        141..=170 => params.max_age = odd,
        171..=190 => params.stuck_after = Some(odd),
        _ => {}
    }
    params.reference = bytes.maybe(|bytes| {
        let feed = FeedId(bytes.below(3));
        oracle::Reference { feed, bound: 10_000 }
    });
    FeedSpec {
        name: bytes.name(),
        kind,
        domains: if bytes.byte() < 150 { vec![bytes.domain()] } else { vec![] },
        sources: sources
            .map(|(weight, id)| SourceWeight { source: SourceId(id), weight })
            .collect(),
        min_sources: bytes.below(4),
        params,
    }
}

fn of_account(bytes: &mut Bytes<'_>) -> account::Command {
    use account::Command as C;
    let (account, number, asset, amount) =
        (bytes.account(), bytes.number(), bytes.asset(), bytes.amount());
    match bytes.byte() % 10 {
        0 => C::OpenOwner { name: bytes.name() },
        1 => {
            let kind = bytes.one(&[AccountKind::Cross, AccountKind::Isolated]);
            C::OpenAccount { name: bytes.name(), owner: OwnerId(bytes.below(4)), kind }
        }
        2..=3 => C::Deposit { account, number, asset, amount },
        4..=5 => C::Withdraw { account, number, asset, amount },
        6 => C::Transfer { from: account, to: bytes.account(), number, asset, amount },
        _ => {
            let (domain, winner) = (bytes.domain(), bytes.account());
            C::SettleResult { domain, number, loser: account, winner, amount }
        }
    }
}

const RULES: [Rule; 8] = [
    Rule::Proportional,
    Rule::EqualLosses,
    Rule::EqualAwards,
    Rule::Talmud,
    Rule::Queue,
    Rule::RiskWeighted,
    Rule::RandomArrival,
    Rule::Piniles,
];

fn spec(bytes: &mut Bytes<'_>) -> LayerSpec {
    use Kind as K;
    let rule = MemberRule {
        rule: bytes.one(&RULES),
        classes: bytes.byte() > 200,
        cap_of_weight: bytes.maybe(|bytes| bytes.one(&[0, 1, 300_000, u32::MAX])),
        on_touch: bytes.byte() > 150,
        basis: Basis::Reported,
    };
    let deadline = bytes.millis();
    let (kind, source) = match bytes.byte() % 6 {
        0 => (bytes.one(&[K::InsuranceFund, K::OperatorCapital, K::Treasury]), Source::Pot),
        1 => (bytes.one(&[K::Tranche, K::DefaultFund, K::Assessment]), Source::Pot),
        2 | 3 => {
            let kinds = [K::GainsHaircut, K::ProviderProfit, K::ProviderPrincipal, K::Deposits];
            (bytes.one(&kinds), Source::Members(rule))
        }
        4 => (K::Assessment, Source::Call { members: rule, deadline }),
        _ => (bytes.one(&[K::Issuance, K::Treasury]), Source::Proceeds { deadline }),
    };
    let caps = Caps {
        per_event: bytes.maybe(Bytes::amount),
        per_episode: bytes.maybe(Bytes::amount),
        per_period: bytes
            .maybe(|bytes| PeriodCap { amount: bytes.amount(), millis: bytes.millis() }),
    };
    let attachment =
        bytes.maybe(|bytes| Attachment { attach: bytes.amount(), detach: bytes.amount() });
    LayerSpec { name: bytes.name(), kind, asset: bytes.asset(), source, caps, attachment }
}

fn of_domain(bytes: &mut Bytes<'_>) -> domain::Command {
    use domain::Command as C;
    let (layer, account, amount) = (bytes.layer(), bytes.account(), bytes.amount());
    match bytes.byte() % 14 {
        0 => C::AddAsset { name: bytes.name(), decimals: bytes.byte() },
        1 => C::OpenDomain { name: bytes.name(), asset: bytes.asset() },
        2 | 3 => C::AddLayer { spec: Box::new(spec(bytes)) },
        4 | 5 => {
            let side =
                |bytes: &mut Bytes<'_>| Side { layer: bytes.layer(), weight: bytes.below(4) };
            let steps = bytes.some(4, |bytes| Step { layers: bytes.some(2, side) });
            C::SetWaterfall { domain: bytes.domain(), class: bytes.class(), steps }
        }
        6 => C::AcceptTerms { domain: bytes.domain(), account },
        7 | 8 => C::PayIntoLayer { layer, number: bytes.number(), amount },
        9 | 10 => C::Stake { layer, account, number: bytes.number(), amount },
        11 => C::TakeReward { layer, account, number: bytes.number() },
        12 => {
            let from = bytes.maybe(|bytes| RewardFrom::Fees(bytes.domain()));
            let from = from.unwrap_or(RewardFrom::Outside);
            C::Reward { layer, number: bytes.number(), from, amount: Some(amount) }
        }
        _ => C::Unstake { layer, account, number: bytes.number(), amount },
    }
}

fn claim(bytes: &mut Bytes<'_>) -> ReportedClaim {
    ReportedClaim {
        account: bytes.account(),
        weight: bytes.amount(),
        cap: bytes.amount(),
        score: i64::from(bytes.byte()) - 128,
        risk: bytes.one(&[0, 1, 1_000_000, 2_500_000, 1_000_000_000_000, u64::MAX]),
        class: bytes.below(3),
    }
}

fn of_loss(bytes: &mut Bytes<'_>) -> loss::Command {
    use loss::Command as C;
    let (domain, number, loss, layer) =
        (bytes.domain(), bytes.number(), bytes.loss(), bytes.layer());
    let amount = bytes.amount();
    let set_off =
        |bytes: &mut Bytes<'_>| SetOff { account: bytes.account(), up_to: bytes.amount() };
    match bytes.byte() % 20 {
        16..=19 => watching(bytes),
        0..=3 => C::ReportBasis { layer, number, claims: bytes.some(5, claim) },
        4..=7 => C::ReportLoss(Box::new(loss::LossReport {
            domain,
            number,
            class: bytes.class(),
            cause: bytes.name(),
            evidence: evidence(bytes),
            amount,
            failed: bytes.maybe(Bytes::account),
            margin: if bytes.byte() < 200 { Amount::ZERO } else { bytes.amount() },
            set_off: if bytes.byte() < 200 { vec![] } else { bytes.some(2, set_off) },
        })),
        8 => C::ApproveLoss { loss },
        9 => C::DismissLoss { loss },
        10 => C::DeclareDefault {
            domain,
            number,
            account: bytes.account(),
            cause: bytes.name(),
            set_off: bytes.some(1, set_off),
        },
        11 => {
            let account = bytes.maybe(Bytes::account);
            C::PayDraw { loss, layer, account, number, amount }
        }
        12 => C::Recover { loss, number, amount },
        13 => C::FundIncome { layer, number, amount },
        14 => C::TakeShares { loss },
        _ => {
            let rank = [Rank::Segregated, Rank::Principal, Rank::MaturedGains, Rank::SessionGains];
            let claims = bytes.some(3, |bytes| RankedClaim {
                account: bytes.account(),
                rank: bytes.one(&rank),
                amount: bytes.amount(),
            });
            C::SettleRanks { domain, claims }
        }
    }
}

fn evidence(bytes: &mut Bytes<'_>) -> [u8; 32] {
    [bytes.one(&[1, 2, 3, 3, 0]); 32]
}

/// What watching asks: terms, notices, challenges.
fn watching(bytes: &mut Bytes<'_>) -> loss::Command {
    use loss::Command as C;
    let (account, number) = (bytes.account(), bytes.number());
    match bytes.byte() % 6 {
        0 => {
            let part = |bytes: &mut Bytes<'_>| bytes.one(&[1, 100_000, 1_000_000, 1_000_000, 0]);
            let terms = |bytes: &mut Bytes<'_>| BountyTerms {
                pot: bytes.layer(),
                part: part(bytes),
                most: bytes.amount(),
                window: bytes.one(&[1, 1_000_000, 1_000_000, 0]),
                pot_part: part(bytes),
                bond: bytes.amount(),
                wait: bytes.one(&[1, 20_000, 1_000_000, 0]),
            };
            C::SetBounty { domain: bytes.domain(), terms: Some(terms(bytes)) }
        }
        1 if bytes.byte() > 200 => C::SetBounty { domain: bytes.domain(), terms: None },
        1..=3 => {
            let (domain, evidence) = (bytes.domain(), evidence(bytes));
            C::GiveNotice { domain, account, number, evidence }
        }
        _ => C::Challenge { loss: bytes.loss(), account, number, evidence: evidence(bytes) },
    }
}

fn of_control(bytes: &mut Bytes<'_>) -> control::Command {
    use Status::{Closed, Halted, Open, ReduceOnly, Settling, WithdrawOnly};
    if bytes.byte() < 128 {
        let declared = bytes.one(PARAMETERS);
        let value = bytes.one(&[declared.min, declared.default, declared.max, 10, u128::MAX]);
        let (domain, parameter) = (bytes.domain(), declared.parameter);
        return control::Command::SetParameter { domain, parameter, value };
    }
    let ladder = [Open, Open, Open, ReduceOnly, WithdrawOnly, Halted, Settling, Closed];
    let (domain, status) = (bytes.maybe(Bytes::domain), bytes.one(&ladder));
    control::Command::SetStatus { domain, status, cause: bytes.name() }
}

fn duty(bytes: &mut Bytes<'_>) -> Duty {
    let (loss, layer) = (bytes.loss(), bytes.layer());
    let set = LiableSetId(bytes.below(4));
    match bytes.byte() % 18 {
        15 => Duty::Expire { loss },
        16 => Duty::SettleNotice { domain: bytes.domain(), evidence: evidence(bytes) },
        17 => Duty::SettleChallenge { loss },
        14 => Duty::EndHalt { domain: bytes.maybe(Bytes::domain) },
        0 => Duty::DetectNegative { account: bytes.account(), domain: bytes.domain() },
        1 => Duty::Detect { loss },
        2 => Duty::TakeOver { loss },
        3 => Duty::TakeOwnMeans { loss },
        4 => Duty::Recognise { loss },
        5 => Duty::PlanRound { loss },
        6 => Duty::DrawPot { loss, layer },
        7 => Duty::Divide { loss, layer },
        8 => Duty::CloseDraw { loss, layer },
        9 => Duty::Settle { loss },
        10 => Duty::CloseEpisode { episode: EpisodeId(bytes.below(4)) },
        11 => Duty::EnterSettlement { domain: bytes.domain() },
        12 => Duty::BookResidue { set, layer },
        _ => Duty::TakeWaiting { set, layer },
    }
}
