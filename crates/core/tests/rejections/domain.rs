//! Domains: what a layer can never be, who pays into which, and who may take his stake out.

use rhodian_core::account;
use rhodian_core::allocation::Rule;
use rhodian_core::control::Parameter;
use rhodian_core::domain::{
    Attachment, Basis, CauseClass, Command, Duty, Kind, LayerSpec, MemberRule, PeriodCap,
    Rejection, RewardFrom, Source,
};
use rhodian_core::engine::{Action, Actor, Rejection as Refusal};
use rhodian_core::ids::{AssetId, DomainId, LayerId, Name, OwnerId, Time};
use rhodian_core::loss;
use rhodian_core::units::Amount;
use rhodian_core::waterfall::Flaw;

use crate::codes::arms;
use crate::table::{Case, Refused, Table};
use crate::world::{DOMAIN, World, amount, clearing, incentive, issuance, layer, members, name};
use crate::{ALICE, BOB, FULL, NEXT, SECOND, cover_incident, owner};

const FUND: LayerId = LayerId(0);
const TRANCHE: LayerId = LayerId(1);

/// A fund of 100, then a tranche in which Alice staked 10 of her 1,000. Stakes leave at once.
fn floor() -> World {
    let mut world = World::new("USD", 2);
    world.fund("fund", 100, None);
    world.tranche("tranche");
    world.waterfall(&["fund", "tranche"]);
    world.set(Parameter::StakeCooldown, 0);
    for (text, cash) in [("alice", 1_000), ("bob", 1_000), ("carol", 0)] {
        world.account(text, cash);
    }
    world.stake("alice", "tranche", 10);
    world
}

fn refused(command: Command, why: Rejection) -> Refused {
    Refused::new(Actor::VENUE, Action::Domain(command), Refusal::Domain(why))
}

fn no_layer(spec: LayerSpec, why: Rejection) -> Refused {
    refused(Command::AddLayer { spec: Box::new(spec) }, why)
}

/// A layer of deposits, divided by `rule`, that can never be right.
fn no_members(rule: MemberRule, why: fn(Name) -> Rejection) -> Refused {
    no_layer(layer("deposits", Kind::Deposits, Source::Members(rule)), why(name("deposits")))
}

fn pay_in(layer: LayerId, amount: Amount) -> Command {
    Command::PayIntoLayer { layer, number: NEXT, amount }
}

fn stake(layer: LayerId, atoms: u128) -> Command {
    Command::Stake { layer, account: ALICE, number: NEXT, amount: amount(atoms) }
}

fn reward(from: RewardFrom, amount: Option<Amount>) -> Command {
    Command::Reward { layer: TRANCHE, number: NEXT, from, amount }
}

fn unstake(atoms: u128) -> Command {
    Command::Unstake { layer: TRANCHE, account: ALICE, number: NEXT, amount: amount(atoms) }
}

const OF_LAYERS: &[Case] = &[
    ("unknown-asset", |_| {
        let asset = AssetId(9);
        refused(
            Command::OpenDomain { name: name("Alts"), asset },
            Rejection::UnknownAsset { asset },
        )
    }),
    ("unknown-asset", |_| {
        let asset = AssetId(9);
        let spec = LayerSpec { asset, ..layer("euros", Kind::Tranche, Source::Pot) };
        no_layer(spec, Rejection::UnknownAsset { asset })
    }),
    ("unknown-domain", |_| {
        let (domain, class) = (DomainId(9), CauseClass::Default);
        let command = Command::SetWaterfall { domain, class, steps: vec![] };
        refused(command, Rejection::UnknownDomain { domain })
    }),
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        let command = Command::AcceptTerms { domain, account: ALICE };
        refused(command, Rejection::UnknownDomain { domain })
    }),
    ("unknown-layer", |_| {
        let layer = LayerId(9);
        refused(pay_in(layer, amount(1)), Rejection::UnknownLayer { layer })
    }),
    ("decimals-above-bound", |_| {
        let (name, decimals) = (name("EUR"), 31);
        refused(Command::AddAsset { name, decimals }, Rejection::Decimals { found: 31, max: 30 })
    }),
    ("kind-source", |_| {
        let kind = Kind::Tranche;
        let spec = layer("sale", kind, Source::Proceeds { deadline: 1 });
        no_layer(spec, Rejection::KindSource { kind })
    }),
    ("zero-cap", |_| {
        let mut spec = layer("pot", Kind::Treasury, Source::Pot);
        spec.caps.per_episode = Some(Amount::ZERO);
        no_layer(spec, Rejection::ZeroCap { layer: name("pot") })
    }),
    ("empty-attachment", |_| {
        let (attach, detach) = (amount(10), amount(10));
        let mut spec = layer("pot", Kind::Treasury, Source::Pot);
        spec.attachment = Some(Attachment { attach, detach });
        no_layer(spec, Rejection::EmptyAttachment { attach, detach })
    }),
    ("layer-unbounded", |_| {
        // Money from outside without a cap: nobody knows how much is asked for.
        let spec = layer("sale", Kind::Issuance, Source::Proceeds { deadline: 1 });
        no_layer(spec, Rejection::Unbounded { layer: name("sale") })
    }),
    ("layer-unbounded", |_| {
        let mut spec = layer("pot", Kind::Treasury, Source::Pot);
        spec.caps.per_period = Some(PeriodCap { amount: amount(1), millis: 2_592_000_001 });
        no_layer(spec, Rejection::Unbounded { layer: name("pot") })
    }),
    ("comparison-rule", |_| {
        no_members(members(Rule::RandomArrival), |layer| Rejection::ComparisonRule { layer })
    }),
    ("on-touch-rule", |_| {
        let rule = MemberRule { on_touch: true, ..members(Rule::Queue) };
        no_members(rule, |layer| Rejection::OnTouch { layer })
    }),
    ("supply-basis", |_| {
        let rule = MemberRule { basis: Basis::Supply, ..members(Rule::Proportional) };
        no_members(rule, |layer| Rejection::SupplyBasis { layer })
    }),
    ("shares-basis", |_| {
        let rule = MemberRule { basis: Basis::PoolShares, ..members(Rule::Proportional) };
        no_members(rule, |layer| Rejection::SharesBasis { layer, kind: Kind::ProviderPrincipal })
    }),
    // 120 gains of 10^30 atoms at a factor of 10^6 were beyond any division, and blocked the
    // engine.
    ("risk-basis", |_| {
        let rule = MemberRule { basis: Basis::SessionGains, ..members(Rule::RiskWeighted) };
        no_members(rule, |layer| Rejection::RiskBasis { layer })
    }),
    ("waterfall-no-steps", |_| {
        let (domain, class) = (DOMAIN, CauseClass::Default);
        let command = Command::SetWaterfall { domain, class, steps: vec![] };
        refused(command, Rejection::Waterfall { flaw: Flaw::NoSteps })
    }),
];

const OF_MONEY: &[Case] = &[
    ("number-not-new", |w| {
        w.domain_do(pay_in(FUND, amount(1)));
        let why = Rejection::NumberNotNew { number: NEXT, last: NEXT };
        refused(pay_in(FUND, amount(1)), why)
    }),
    ("zero-amount", |_| refused(pay_in(FUND, Amount::ZERO), Rejection::ZeroAmount)),
    ("zero-amount", |_| refused(unstake(0), Rejection::ZeroAmount)),
    ("layer-not-paid-into", |_| {
        refused(pay_in(TRANCHE, amount(1)), Rejection::NotPaidInto { layer: TRANCHE })
    }),
    ("layer-not-staked", |_| refused(stake(FUND, 1), Rejection::NotStaked { layer: FUND })),
    ("episode-open", |w| {
        w.hold_episode_open();
        refused(stake(TRANCHE, 1), Rejection::EpisodeOpen { layer: TRANCHE })
    }),
    ("loss-known", |w| {
        // Approved, with a day to object.
        let steps = vec![w.step(&[("tranche", 1)])];
        w.waterfall_of(CauseClass::PriceError, steps);
        w.try_report("L", CauseClass::PriceError, 5, None, 0, &[]).unwrap();
        let approve = loss::Command::ApproveLoss { loss: w.loss_id("L") };
        w.give(SECOND, Action::Loss(approve)).unwrap();
        refused(unstake(1), Rejection::LossKnown { layer: TRANCHE })
    }),
    ("loss-known", |w| {
        // Stakers vote on a claim: who stakes now would only come to vote.
        *w = cover_incident::voting();
        w.deposit("alice", 1);
        let (layer, account) = (w.layer_id("Stakers"), ALICE);
        let command = Command::Stake { layer, account, number: NEXT, amount: amount(1) };
        refused(command, Rejection::LossKnown { layer })
    }),
    ("contribution-basis", |w| {
        let rule = MemberRule { basis: Basis::Contribution, ..members(Rule::Proportional) };
        let spec = layer("taken", Kind::Deposits, Source::Members(rule));
        let layer = spec.name.clone();
        let _ = w;
        refused(Command::AddLayer { spec: Box::new(spec) }, Rejection::ContributionBasis { layer })
    }),
    ("clearing-stands", |w| {
        *w = clearing::fund_of(clearing::spec(1), &[], 0);
        let (domain, class) = (DOMAIN, CauseClass::Default);
        let steps = vec![w.step(&[("House", 1)]), w.step(&[("Fund", 1)])];
        let layer = w.layer_id("Calls");
        let command = Command::SetWaterfall { domain, class, steps };
        refused(command, Rejection::ClearingStands { layer })
    }),
    ("not-a-member", |w| {
        *w = clearing::fund_of(clearing::spec(1), &["alice"], 2_000);
        let (layer, account) = (w.layer_id("Fund"), w.account("bob", 10));
        let command = Command::Stake { layer, account, number: NEXT, amount: amount(1) };
        refused(command, Rejection::NotMember { layer, account })
    }),
    ("backs-clearing", |w| {
        // A thousand are required, five more are hers.
        *w = clearing::fund_of(clearing::spec(1), &["alice"], 2_000);
        w.stake("alice", "Fund", 5);
        let (layer, account) = (w.layer_id("Fund"), ALICE);
        let command = Command::Unstake { layer, account, number: NEXT, amount: amount(6) };
        refused(command, Rejection::BacksClearing { asked: amount(6), room: amount(5) })
    }),
    ("asset-issued", |w| {
        *w = issuance::venue();
        let (name, asset) = (name("Governance"), issuance::TOKEN);
        refused(Command::OpenDomain { name, asset }, Rejection::AssetIssued { asset })
    }),
    ("issuance-stands", |w| {
        *w = issuance::venue_of(issuance::spec_back(), 0);
        let (domain, class) = (DOMAIN, CauseClass::PriceError);
        let steps = vec![w.step(&[("sale", 1)])];
        let command = Command::SetWaterfall { domain, class, steps };
        refused(command, Rejection::IssuanceStands { layer: issuance::SALE })
    }),
    ("cover-stands", |w| {
        // 50,000 are covered by who is staked: a waterfall without them would leave that to no one.
        *w = cover_incident::insured();
        let (domain, class) = (DOMAIN, CauseClass::Custody);
        let steps = vec![w.step(&[("Operator", 1)]), w.step(&[("Fund", 1)])];
        let layer = w.layer_id("Stakers");
        let command = Command::SetWaterfall { domain, class, steps };
        refused(command, Rejection::CoverStands { layer })
    }),
    ("backs-cover", |w| {
        // 50,000 that are covered twice over need 25,000 of 100,000.
        *w = cover_incident::insured();
        w.try_unstake("alice", "Stakers", 60_000).unwrap();
        let (layer, account) = (w.layer_id("Stakers"), BOB);
        let command = Command::Unstake { layer, account, number: NEXT, amount: amount(15_001) };
        refused(command, Rejection::BacksCover { asked: amount(15_001), room: amount(15_000) })
    }),
    ("above-stake", |w| {
        // Four of her ten are asked for already, and wait.
        w.set(Parameter::StakeCooldown, 1);
        w.try_unstake("alice", "tranche", 4).unwrap();
        refused(unstake(7), Rejection::AboveStake { asked: amount(7), stays: amount(6) })
    }),
    ("pot-above-bound", |_| {
        refused(pay_in(FUND, Amount::MAX), Rejection::PotAboveBound { layer: FUND })
    }),
    ("domain-owes", |w| {
        w.report("L", 200);
        let why = Rejection::DomainOwes { domain: DOMAIN, owed: amount(90) };
        refused(reward(RewardFrom::Outside, Some(amount(1))), why)
    }),
    ("layer-not-behind", |w| {
        w.tranche("other");
        let (layer, from) = (w.layer_id("other"), RewardFrom::Fees(DOMAIN));
        let command = Command::Reward { layer, number: NEXT, from, amount: None };
        refused(command, Rejection::NotBehind { layer, domain: DOMAIN })
    }),
    ("fees-divided", |w| {
        incentive::by_table(w, FUND);
        refused(reward(RewardFrom::Fees(DOMAIN), None), Rejection::FeesDivided { domain: DOMAIN })
    }),
    ("above-fees", |_| {
        let why = Rejection::AboveFees { asked: amount(1), booked: Amount::ZERO };
        refused(reward(RewardFrom::Fees(DOMAIN), Some(amount(1))), why)
    }),
    ("zero-amount", |_| refused(reward(RewardFrom::Fees(DOMAIN), None), Rejection::ZeroAmount)),
    ("nobody-staked", |w| {
        w.try_unstake("alice", "tranche", 10).unwrap();
        let why = Rejection::NobodyStaked { layer: TRANCHE };
        refused(reward(RewardFrom::Outside, Some(amount(1))), why)
    }),
    ("nothing-earned", |_| {
        let (layer, account) = (TRANCHE, ALICE);
        let command = Command::TakeReward { layer, account, number: NEXT };
        refused(command, Rejection::NothingEarned { layer, account })
    }),
    ("rewards-above-bound", |_| {
        // An atom of stake would earn 10^29 atoms: beyond the index.
        let why = Rejection::RewardsAboveBound { layer: TRANCHE };
        refused(reward(RewardFrom::Outside, Some(Amount::MAX)), why)
    }),
    ("not-due", |_| {
        let duty = Duty::PayExit { layer: TRANCHE, until: Time(0), account: ALICE };
        Refused::new(Actor::ENGINE, Action::DomainDuty(duty), Refusal::Domain(Rejection::NotDue))
    }),
    ("not-owner", |_| {
        let why = account::Rejection::NotOwner { account: ALICE, owner: OwnerId(1) };
        let why = Refusal::Domain(Rejection::Account(why));
        Refused::new(owner(1), Action::Domain(stake(TRANCHE, 1)), why)
    }),
    ("withdrawal-above-free", |_| {
        let why = account::Rejection::WithdrawalAboveFree {
            asked: amount(991),
            free: amount(990),
            held: amount(990),
            withheld: Amount::ZERO,
            lien: Amount::ZERO,
        };
        refused(stake(TRANCHE, 991), Rejection::Account(why))
    }),
];

#[test]
fn every_refusal_has_a_case() {
    let table = Table {
        within: "Domain(",
        arms: arms(include_str!("../../src/domain/rejection.rs")),
        cases: &[(floor, OF_LAYERS), (floor, OF_MONEY)],
        unreachable: &[("TooMany", FULL)],
    };
    table.check();
}
