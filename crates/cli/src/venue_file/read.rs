//! From a text to a venue file: its shape, then its words, then its names.

use std::collections::BTreeSet;
use std::path::Path;

use rhodian_core::control::Parameter;
use rhodian_core::domain::CauseClass;
use rhodian_core::ids::Name;

use super::bounty::Watched;
use super::clearing::Clear;
use super::cover::Insure;
use super::events::{self, Known, account_kind};
use super::issuance::Issue;
use super::model::{Account, Collateral, Domain, Event, Market, ORDERS, Origin, VenueFile, What};
use super::pools::{Asked, Lend};
use super::protections::Provide;
use super::shape::{AccountShape, DomainShape, FileShape, TermsShape};
use super::vaults::Hold;
use super::{
    bounty, clearing, collateral, cover, crowd, feeds, incentive, issuance, liquidation, markets,
    pools, prices, protections, stream, vaults,
};
use crate::amount_text::AmountFormat;
use crate::diagnostic::Diagnostic;
use crate::loss_file::layers::{self, MAX_SPAN, Setting};
use crate::loss_file::model::{Layer, Term};
use crate::loss_file::near::nearest;
use crate::loss_file::read::{asset, shape, unknown};
use crate::loss_file::shape::{At, DurationText};
use crate::loss_file::toml_text::TomlText;
use crate::loss_file::words::{CLASSES, Words, written_duration};
use crate::terminal::{fit, visible};

/// The most ends of periods in one file.
const MOST_PERIODS: u64 = 100_000;

/// Reads a venue file with everything it names, or standard input where the path is `-`.
pub fn read(path: &Path) -> Result<VenueFile, Diagnostic> {
    from_text(TomlText::read(path)?)
}

/// Reads a venue file from its text.
pub fn from_text(text: TomlText) -> Result<VenueFile, Diagnostic> {
    let shape: FileShape = shape(&text, "venue")?;
    let asset = asset(&text, &shape.asset.value)?;
    let words = Words { text: &text, format: asset.format() };
    let period = shape.period.as_ref();
    let period = period.map(|at| words.duration(at, "period", (1, MAX_SPAN))).transpose()?;
    let domains = domains(&words, &shape)?;
    let names: Vec<String> = domains.iter().map(|d| d.name.as_str().to_owned()).collect();
    let crowd = shape.population.as_ref().map(|at| crowd::read(&words, at, domains.len()));
    let mut crowd = crowd.transpose()?.unwrap_or_default();
    let mut markets = listed(&words, &shape, &names, std::mem::take(&mut crowd.markets))?;
    let liquidation = shape.liquidation.as_ref();
    let liquidation = liquidation.map(|at| liquidation::read(&words, at, &domains)).transpose()?;
    let collaterals = collateral::read(&words, &shape.collateral, &markets, &asset)?;
    let pools = pools::read(&words, &shape.pool, &domains, &collaterals)?;
    let vaults = vaults::read(&words, &shape.vault, &domains)?;
    let (feeds, sources) = feeds::read(&words, &shape.feed, (&markets, &collaterals), &names)?;
    feeds::named(&words, &shape.market, &mut markets, &feeds)?;
    let of = cover::Known {
        domains: &domains,
        markets: &markets,
        collaterals: &collaterals,
        feeds: &feeds,
    };
    let (covers, risks) = cover::read(&words, &shape.cover, of)?;
    let clearing = clearing::read(&words, &shape.clearing, &domains, &markets)?;
    let protections = protections::read(&words, &shape.protection, &domains, &feeds)?;
    let (issuances, depletions) =
        issuance::read(&words, (&shape.issuance, &shape.depletion), &domains, collaterals.len())?;
    let incentives = incentive::read(&words, &shape, (&domains, &markets))?;
    let shapes = shape.domain.value.iter().map(|at| at.value.bounty.as_ref());
    let bounties = bounty::read(&words, shapes, &domains)?;
    let mut accounts = accounts(&words, &shape.account, &names, &collaterals)?;
    accounts.extend(crowd.accounts);
    let (marks, mut remarks) = match &shape.prices {
        Some(at) => prices::read(&words, at, &markets)?,
        None => Default::default(),
    };
    let marks = prices::joined(marks, crowd.marks);
    let layers = liquidation::layers_of(&domains);
    let layers: Vec<&str> = layers.map(|layer| layer.name.as_str()).collect();
    let funds: Vec<&str> = clearing.iter().map(|fund| fund.spec.name.as_str()).collect();
    let known = Known {
        markets: &markets,
        domains: &names,
        layers: &layers,
        collaterals: &collaterals,
        pools: &pools,
        vaults: &vaults,
        risks: &risks,
        clearing: &funds,
        protections: &protections,
        issuances: &issuances,
        feeds: &feeds,
        sources: &sources,
    };
    let inline = inline_events(&words, &shape, known)?;
    let title = shape.title.as_ref().map(|at| visible(&at.value).into_owned());
    let beside = shape.events.as_ref().map(|at| stream::open(&text, at)).transpose()?;
    let streamed = beside.as_ref().map(|beside| streamed_events(beside, asset.format(), known));
    let streamed = streamed.transpose()?.unwrap_or_default();
    // Stable: of one time, those of the file beside come after those of the venue file.
    let mut events: Vec<Event> = crowd.events.into_iter().chain(inline).chain(streamed).collect();
    events.sort_by_key(|event| event.at);
    if marks.is_empty() && events.is_empty() {
        remarks.push("nothing happens: there are neither prices nor events".to_owned());
    }
    let texts = std::iter::once(text).chain(beside).collect();
    let file = VenueFile {
        texts,
        title,
        asset,
        period,
        domains,
        markets,
        collaterals,
        pools,
        vaults,
        covers,
        risks,
        clearing,
        protections,
        issuances,
        depletions,
        incentives,
        bounties,
        feeds,
        sources,
        liquidation,
        accounts,
        marks,
        events,
        remarks,
    };
    check_names(&file)?;
    check_period(&file, shape.period.as_ref())?;
    Ok(file)
}

/// Every end of a period is kept until nothing can need it: so many are too many.
fn check_period(file: &VenueFile, at: Option<&At<DurationText>>) -> Result<(), Diagnostic> {
    let (Some(period), Some(at)) = (file.period, at) else { return Ok(()) };
    let (end, most) = (file.end(), MOST_PERIODS);
    if end / period <= most {
        return Ok(());
    }
    let message = format!("period ends {} times in this file", end / period);
    let least = written_duration((end / most + 1).max(1));
    let help = format!("prices are kept at each end: write {least} or longer.");
    let words = Words { text: file.text(), format: file.format() };
    let allowed = format!("a period that ends at most {most} times until the last event");
    Err(words.refuse("period-too-short", message, help, &at.place, allowed))
}

/// The markets: those of a crowd, then those that are written out.
fn listed(
    words: &Words<'_>,
    shape: &FileShape,
    domains: &[String],
    mut markets: Vec<Market>,
) -> Result<Vec<Market>, Diagnostic> {
    let penalty = liquidation::penalty(words, shape.liquidation.as_ref())?;
    for at in &shape.market {
        let market = markets::read(words, at, domains, &markets, penalty)?;
        markets.push(market);
    }
    let pools = !shape.pool.is_empty() || !shape.cover.is_empty() || !shape.issuance.is_empty();
    if markets.is_empty() && !pools {
        let help = "add [[market]] with name, tick and lot, or [[pool]] or [[cover]].";
        let (message, place) = ("there is neither a market nor a pool", &shape.domain.place);
        return Err(words.refuse("market-none", message, help, place, "a market or a pool"));
    }
    Ok(markets)
}

/// The events of a file beside the venue file.
fn streamed_events(
    beside: &TomlText,
    format: AmountFormat,
    known: Known<'_>,
) -> Result<Vec<Event>, Diagnostic> {
    let words = Words { text: beside, format };
    let mut found: Vec<Event> = Vec::new();
    stream::each(&words, &mut |at| {
        let before = found.last().map_or(0, |event| event.at);
        found.push(events::read(&words, at, known, before, 1)?);
        Ok(())
    })?;
    Ok(found)
}

fn inline_events(
    words: &Words<'_>,
    shape: &FileShape,
    known: Known<'_>,
) -> Result<Vec<Event>, Diagnostic> {
    let mut found: Vec<Event> = Vec::with_capacity(shape.event.len());
    for at in &shape.event {
        let before = found.last().map_or(0, |event| event.at);
        found.push(events::read(words, at, known, before, 0)?);
    }
    Ok(found)
}

fn domains(words: &Words<'_>, shape: &FileShape) -> Result<Vec<Domain>, Diagnostic> {
    let mut found: Vec<Domain> = Vec::with_capacity(shape.domain.value.len());
    let mut layers: BTreeSet<Name> = BTreeSet::new();
    for at in &shape.domain.value {
        let domain = domain(words, at)?;
        if found.iter().any(|before| before.name == domain.name) {
            let message = format!("domain \"{}\" stands twice", domain.name);
            let help = "give every domain a name of its own.";
            let place = &at.value.name.place;
            return Err(words.refuse("domain-twice", message, help, place, "a new name"));
        }
        for layer in domain.steps.iter().flat_map(|step| &step.layers) {
            if !layers.insert(layer.name.clone()) {
                let message = format!("layer \"{}\" stands twice", layer.name);
                let help = "give every layer of the file a name of its own.";
                return Err(words.refuse("layer-twice", message, help, &layer.place, "a new name"));
            }
        }
        found.push(domain);
    }
    if found.is_empty() {
        let (help, place) = ("add [[domain]] with name and [[domain.step]].", &shape.domain.place);
        return Err(words.refuse("domain-none", "there is no domain", help, place, "a domain"));
    }
    Ok(found)
}

fn domain(words: &Words<'_>, at: &At<DomainShape>) -> Result<Domain, Diagnostic> {
    let shape = &at.value;
    let mut classes = vec![CauseClass::Default];
    for class in &shape.classes {
        classes.push(words.one_of(class, "class", &CLASSES)?);
    }
    classes.sort_unstable();
    classes.dedup();
    Ok(Domain {
        name: words.name(&shape.name, "name")?,
        classes,
        steps: layers::read(words, &shape.step, &Setting::Venue)?,
        terms: shape.terms.as_ref().map_or(Ok(Vec::new()), |at| terms(words, &at.value))?,
        place: at.place.clone(),
    })
}

fn terms(words: &Words<'_>, shape: &TermsShape) -> Result<Vec<Term>, Diagnostic> {
    let mut found = Vec::new();
    let lengths = [
        (Parameter::EpisodeLength, "episode_length", &shape.episode_length),
        (Parameter::LiableWindow, "liable_window", &shape.liable_window),
        (Parameter::ChallengeTime, "challenge_time", &shape.challenge_time),
        (Parameter::ApprovalTime, "approval_time", &shape.approval_time),
        (Parameter::UncoveredDeadline, "uncovered_deadline", &shape.uncovered_deadline),
        (Parameter::ReferenceAge, "reference_age", &shape.reference_age),
        (Parameter::CloseOutTime, "close_out_time", &shape.close_out_time),
        (Parameter::HaltLength, "halt_length", &shape.halt_length),
        (Parameter::ReduceOnlyAfter, "reduce_only_after", &shape.reduce_only_after),
        (Parameter::SettleAfter, "settle_after", &shape.settle_after),
        (Parameter::ExpiryWindow, "expiry_window", &shape.expiry_window),
        (Parameter::StakeCooldown, "stake_cooldown", &shape.stake_cooldown),
    ];
    for (parameter, key, at) in lengths {
        let Some(at) = at else { continue };
        let declared = parameter.declared();
        let bound = |bound: u128| u64::try_from(bound).unwrap_or(u64::MAX);
        let bounds = (bound(declared.min), bound(declared.max));
        let value = u128::from(words.duration(at, key, bounds)?);
        found.push(Term { parameter, value, place: at.place.clone() });
    }
    for (parameter, key, at) in [
        (Parameter::UncoveredThreshold, "uncovered_threshold", &shape.uncovered_threshold),
        (Parameter::CloseOutBudget, "close_out_budget", &shape.close_out_budget),
    ] {
        let Some(at) = at else { continue };
        let value = words.amount(at, key, 0)?.atoms();
        found.push(Term { parameter, value, place: at.place.clone() });
    }
    for (parameter, key, at) in [
        (Parameter::IncomeToClaims, "income_to_claims", &shape.income_to_claims),
        (Parameter::StressRate, "stress_rate", &shape.stress_rate),
        (Parameter::OpeningProfit, "opening_profit", &shape.opening_profit),
        (Parameter::FundDrawdown, "fund_drawdown", &shape.fund_drawdown),
        (Parameter::LoanLimit, "loan_limit", &shape.loan_limit),
        (Parameter::ExitQueueLimit, "exit_queue_limit", &shape.exit_queue_limit),
        (Parameter::BasisCharge, "basis_charge", &shape.basis_charge),
        (Parameter::ConcentrationCharge, "concentration_charge", &shape.concentration_charge),
    ] {
        let Some(at) = at else { continue };
        let value = u128::from(words.percent(at, key, "", 1_000_000)?);
        found.push(Term { parameter, value, place: at.place.clone() });
    }
    if let Some(at) = &shape.deleveraging_order {
        let order = ORDERS.iter().find(|(_, name)| *name == at.value);
        let names = ORDERS.map(|(_, name)| name);
        let (order, _) = order.ok_or_else(|| unknown(words, at, "order", &names))?;
        let (parameter, value) = (Parameter::DeleveragingOrder, order.number());
        found.push(Term { parameter, value, place: at.place.clone() });
    }
    Ok(found)
}

fn accounts(
    words: &Words<'_>,
    shapes: &[At<AccountShape>],
    domains: &[String],
    collaterals: &[Collateral],
) -> Result<Vec<Account>, Diagnostic> {
    let mut seen: BTreeSet<Name> = BTreeSet::new();
    let mut found = Vec::with_capacity(shapes.len());
    for at in shapes {
        let shape = &at.value;
        let id = words.name(&shape.id, "id")?;
        if !seen.insert(id.clone()) {
            let message = format!("account \"{id}\" stands twice");
            let help = "give every account an id of its own.";
            return Err(words.refuse("account-twice", message, help, &shape.id.place, "a new id"));
        }
        let owner = shape.owner.as_ref().map(|at| words.name(at, "owner")).transpose()?;
        let deposit =
            shape.deposit.as_ref().map(|at| words.amount(at, "deposit", 0)).transpose()?;
        let accepts = match &shape.accepts {
            None => (0..domains.len()).collect(),
            Some(at) => {
                let one = |at: &At<String>| markets::domain(words, Some(at), domains, &at.place);
                at.value.iter().map(one).collect::<Result<Vec<usize>, Diagnostic>>()?
            }
        };
        found.push(Account {
            owner: owner.unwrap_or_else(|| id.clone()),
            kind: account_kind(words, shape.kind.as_ref())?,
            deposit: deposit.unwrap_or_default(),
            collateral: match &shape.collateral {
                Some(at) => collateral::deposits(words, &at.value, collaterals)?,
                None => Vec::new(),
            },
            accepts,
            id,
            place: at.place.clone(),
        });
    }
    Ok(found)
}

/// Every account and layer an event names is there by then. Losses are known only as they happen.
fn check_names(file: &VenueFile) -> Result<(), Diagnostic> {
    let mut accounts: BTreeSet<&str> = file.accounts.iter().map(|a| a.id.as_str()).collect();
    accounts.extend(file.vaults.iter().map(|vault| vault.spec.name.as_str()));
    let layers: Vec<&Layer> = file.layers().map(|(_, layer)| layer).collect();
    for layer in &layers {
        accounts.extend(layer.stakes.iter().map(|stake| stake.account.as_str()));
        let claims = layer.claims.iter().flat_map(|claims| &claims.kept);
        accounts.extend(claims.map(|claim| claim.id.as_str()));
    }
    let layers: BTreeSet<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    for market in &file.markets {
        let Some(depth) = &market.depth else { continue };
        if !accounts.contains(depth.account.as_str()) {
            let origin = Origin { text: 0, place: depth.place.clone() };
            return Err(no_such(file, &origin, "account", &depth.account, &accounts));
        }
    }
    let routes = file.liquidation.iter().flat_map(|found| &found.routes);
    for (account, place) in routes.filter_map(|route| Some((route.account.as_ref()?, &route.place)))
    {
        if !accounts.contains(account.as_str()) {
            let origin = Origin { text: 0, place: place.clone() };
            return Err(no_such(file, &origin, "account", account, &accounts));
        }
    }
    for event in &file.events {
        let (named, layer) = names_of(&event.what);
        let lost = match &event.what {
            What::Insure(Insure::Report { lost, .. }) => lost.as_slice(),
            _ => &[],
        };
        let lost = lost.iter().map(|(account, _)| account.as_str());
        for name in named.into_iter().flatten().chain(lost) {
            if !name.starts_with("book/") && !accounts.contains(name) {
                return Err(no_such(file, &event.origin, "account", name, &accounts));
            }
        }
        if let Some(name) = layer.filter(|name| !layers.contains(name)) {
            return Err(no_such(file, &event.origin, "layer", name, &layers));
        }
        if let What::OpenAccount { account, .. } = &event.what {
            accounts.insert(account.as_str());
        }
    }
    Ok(())
}

/// The accounts and the layer that an event names.
fn names_of(what: &What) -> ([Option<&str>; 2], Option<&str>) {
    match what {
        What::Deposit { account, .. }
        | What::Withdraw { account, .. }
        | What::DeclareDefault { account, .. } => ([Some(account), None], None),
        What::Transfer { account, to, .. } => ([Some(account), Some(to)], None),
        What::Stake { account, layer, .. }
        | What::Unstake { account, layer, .. }
        | What::TakeReward { account, layer } => ([Some(account), None], Some(layer)),
        What::PayIn { layer, .. }
        | What::Reward { layer, .. }
        | What::FundIncome { layer, .. }
        | What::FundFees { layer, .. } => ([None, None], Some(layer)),
        What::Bid { from, account, .. } => ([Some(from), Some(account)], None),
        What::ConvertCollateral { from, account, .. } => ([Some(account), Some(from)], None),
        What::SellCollateral(sale) => ([sale.buyer.as_deref(), None], None),
        What::Lend(Lend { account, asked: Asked::Liquidate(borrower, ..), .. }) => {
            ([Some(account), Some(borrower)], None)
        }
        What::Lend(Lend { account, .. }) => ([Some(account), None], None),
        What::Hold(Hold { account, .. }) => ([Some(account), None], None),
        What::Insure(
            Insure::Buy { account, .. }
            | Insure::Vote { account, .. }
            | Insure::Trigger { account, .. },
        ) => ([Some(account), None], None),
        What::ReportLoss(report) => ([report.failed.as_deref(), None], None),
        What::Clear(
            Clear::Join { account, .. }
            | Clear::Leave { account, .. }
            | Clear::Release { account, .. }
            | Clear::Bid { account, .. },
        ) => ([Some(account), None], None),
        What::Clear(Clear::Client { account, to, .. } | Clear::Port { account, to, .. }) => {
            ([Some(account), Some(to)], None)
        }
        What::Provide(Provide::Protect { account, .. } | Provide::End { account, .. })
        | What::Watch(Watched::Notice { account, .. } | Watched::Challenge { account, .. })
        | What::Issue(Issue::Take { account, .. } | Issue::Sell { account, .. }) => {
            ([Some(account), None], None)
        }
        What::Fill(fill) => ([Some(&fill.buyer), Some(&fill.seller)], None),
        What::PayDraw { layer, account, .. } => ([account.as_deref(), None], Some(layer)),
        _ => ([None, None], None),
    }
}

/// The error of a name that stands for nothing.
pub(crate) fn no_such(
    file: &VenueFile,
    origin: &Origin,
    what: &str,
    name: &str,
    known: &BTreeSet<&str>,
) -> Diagnostic {
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if what == "cover" => "it never bought cover of this risk.".to_owned(),
        None => format!("name a {what} that is there by then."),
    };
    let message = format!("there is no {what} \"{}\"", fit(name, 48));
    let allowed: Vec<&str> = known.iter().copied().take(8).collect();
    let text = file.texts.get(origin.text).unwrap_or(&file.texts[0]);
    let told = Diagnostic::bad_input(format!("unknown-{what}"), message, help);
    text.mark(told, &origin.place, allowed.join(", "))
}
