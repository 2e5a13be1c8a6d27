//! The checks of a receipt and of a standing: everything in them that can be computed is computed
//! again, with core's own exact arithmetic, and reported by name.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rhodian_core::allocation::share_at;
use rhodian_core::ids::Time;
use rhodian_core::units::Amount;

use crate::hash::Digest;
use crate::head::{Equivocation, SignedHead};
use crate::header::{AccountsHeader, Basis, DivisionHeader, LayerRule, VERSION};
use crate::leaf::{AccountLeaf, LayerClaim, ShareLeaf, identity};
use crate::log::HeadFile;
use crate::ranked::rules;
use crate::receipt::{Receipt, TRUSTED};
use crate::report::Report;
use crate::rounding::Way;
use crate::standing::{Standing, TRUSTED_OF_STANDING};
use crate::sum::{Sum, SumPath};

/// What whoever checks knows from elsewhere, and wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The venue's public key.
    pub key: Digest,
    /// The witnesses he knows.
    pub witnesses: Vec<Digest>,
    /// How many of them must have signed.
    pub needed: usize,
    /// A second head, from elsewhere.
    pub head: Option<HeadFile>,
    /// A head older than this is stale.
    pub since: Option<Time>,
}

/// Checks a receipt.
#[must_use]
pub fn receipt(receipt: &Receipt, policy: &Policy) -> Report {
    let mut report = Report::default();
    let (accounts, division) = (&receipt.accounts, &receipt.division);
    let versions = accounts.version == VERSION && division.version == VERSION;
    let words = receipt.trusted.iter().map(String::as_str).eq(TRUSTED);
    report.check("form", versions && words, "versions and the list of what is trusted are known");
    let who = identity(&receipt.salt, &receipt.external_id);
    let same = receipt.account.account == receipt.share.account;
    let known = who == receipt.account.identity && who == receipt.share.identity;
    let why = format!("both leaves are of account {:?}", receipt.external_id);
    report.check("identity", same && known, why);
    in_tree(&mut report, &receipt.account, &receipt.account_path, accounts);
    let root = receipt.share_path.root(&receipt.share, division.count);
    let why = "the share leads to the root of shares";
    report.check("share-in-tree", root == Some(division.root), why);
    belongs(&mut report, "same-loss", accounts, division);
    log(&mut report, receipt);
    head(&mut report, &receipt.head, &accounts.origin, policy);
    let stale = receipt.head.head.at < division.at;
    let why = "the head was signed after the division";
    report.check("head-after-division", !stale, why);
    share(&mut report, "", (accounts, &receipt.account), (division, &receipt.share));
    sums(&mut report, "sums", division);
    trusted(&mut report, &TRUSTED);
    report
}

/// Checks a standing.
#[must_use]
pub fn standing(standing: &Standing, policy: &Policy) -> Report {
    let mut report = Report::default();
    let accounts = &standing.accounts;
    let words = standing.trusted.iter().map(String::as_str).eq(TRUSTED_OF_STANDING);
    let known = accounts.version == VERSION && words;
    report.check("form", known, "the version and the list of what is trusted are known");
    let who = identity(&standing.salt, &standing.external_id);
    let why = format!("the leaf is of account {:?}", standing.external_id);
    report.check("identity", who == standing.account.identity, why);
    in_tree(&mut report, &standing.account, &standing.account_path, accounts);
    let held = standing.accounts_log.holds(&accounts.hash(), &standing.head.head);
    report.check("accounts-in-log", held, "the accounts stand in the log");
    head(&mut report, &standing.head, &accounts.origin, policy);
    let stale = standing.head.head.at < accounts.at;
    report.check("head-after-accounts", !stale, "the head was signed after the accounts stood so");
    trusted(&mut report, &TRUSTED_OF_STANDING);
    report
}

/// The account leads to the root, and the root balances.
fn in_tree(
    report: &mut Report,
    account: &AccountLeaf,
    path: &SumPath<2>,
    accounts: &AccountsHeader,
) {
    let root = path.root(account, accounts.count);
    let why = "the account leads to the root of gains and losses";
    report.check("account-in-tree", root == Some(accounts.root), why);
    balance(report, "balance", accounts);
    pot(report, "pot", accounts);
    rank(report, "rank", accounts);
}

/// Of a pot: no file shows what it held, nor what else was staked in it.
pub(crate) fn pot(report: &mut Report, name: &str, accounts: &AccountsHeader) {
    if !accounts.is_of_stakes() {
        return;
    }
    let divides =
        |of: &LayerRule| *of == LayerRule::by_size(of.layer, of.name.clone(), Basis::Stake);
    if accounts.layers.len() != 1 || !accounts.layers.iter().all(divides) {
        let why = "a draw on a pot is of one layer, and divides by stake alone";
        return report.check(name, false, why);
    }
    let why = "that the pot held so much, and that the stakes beside are divided apart";
    report.trust(name, why);
}

/// Of a settlement: ranks stand in it whole, by their own rules, and no layer in place of one. No
/// file shows of which rank money is, what is elsewhere, nor what was free.
pub(crate) fn rank(report: &mut Report, name: &str, accounts: &AccountsHeader) {
    if !accounts.is_of_ranks() {
        return;
    }
    if accounts.layers != rules() {
        let why = "ranks pay in their order, each by size, and no layer stands in place of one";
        return report.check(name, false, why);
    }
    let why = "that money is of the rank the venue says, that as much is elsewhere, and that \
               what nobody claims was not free; that the ranks before were used up the episode \
               alone shows";
    report.trust(name, why);
}

/// What is trusted, by its name and in words.
pub(crate) fn trusted(report: &mut Report, list: &[&str]) {
    for words in list {
        let (name, why) = words.split_once(": ").unwrap_or((words, words));
        report.trust(name, why);
    }
}

/// Gains and losses balance.
pub(crate) fn balance(report: &mut Report, name: &str, accounts: &AccountsHeader) {
    let balance = accounts.balance();
    let why = match balance {
        Some((stakes, pot)) if accounts.is_of_stakes() => {
            format!("stakes of {stakes} in a pot of {pot}")
        }
        Some((held, owed)) if accounts.is_of_ranks() => {
            format!("{held} held and {owed} owed, elsewhere than in accounts too")
        }
        Some((gains, losses)) => format!("gains {gains} and losses {losses}, with named terms"),
        None => "sums stay below 2^127".into(),
    };
    report.check(name, balance.is_some_and(|(gains, losses)| gains == losses), why);
}

/// The division is of the accounts that were committed before.
pub(crate) fn belongs(
    report: &mut Report,
    name: &str,
    accounts: &AccountsHeader,
    division: &DivisionHeader,
) {
    let of = (Some(division.episode), Some(division.set), division.domain);
    let (stood, at) = (accounts.at, division.at);
    let timely = stood == at || (stood < at && !accounts.is_of_the_moment());
    let same = of == (accounts.episode, accounts.set, accounts.domain)
        && division.accounts == accounts.hash()
        && division.origin == accounts.origin
        && timely;
    let why = format!(
        "loss {} is divided over liable set {} of episode {}",
        division.loss, division.set, division.episode
    );
    report.check(name, same, why);
}

fn log(report: &mut Report, receipt: &Receipt) {
    let head = &receipt.head.head;
    let accounts = receipt.accounts_log.holds(&receipt.accounts.hash(), head);
    report.check("accounts-in-log", accounts, "the accounts stand in the log");
    let before = receipt.accounts_log.index < receipt.division_log.index;
    let division = receipt.division_log.holds(&receipt.division.hash(), head);
    let why = "the division stands in the log, after its accounts";
    report.check("division-in-log", division && before, why);
}

/// The head is the venue's, fresh, witnessed, and one with a second one.
pub(crate) fn head(report: &mut Report, head: &SignedHead, origin: &str, policy: &Policy) {
    let signed = head.is_signed_by(&policy.key) && head.head.origin == origin;
    report.check("signature", signed, format!("the head is signed by {}", policy.key));
    if let Some(since) = policy.since {
        let why = format!("the head is not older than {since}");
        report.check("fresh", head.head.at >= since, why);
    }
    if policy.needed > 0 {
        let found = head.witnessed_by(&policy.witnesses);
        let why = format!("{found} of {} witnesses signed the head", policy.needed);
        report.check("witnesses", found >= policy.needed, why);
    }
    let Some(second) = &policy.head else { return };
    let other = &second.head;
    let signed = other.is_signed_by(&policy.key) && other.head.origin == origin;
    report.check("second-head-signature", signed, "the second head is signed by the same key");
    let why = if Equivocation::of(head, other).is_some() {
        "two heads of one size differ: keep both, they are evidence of equivocation".into()
    } else {
        format!("the logs of {} and {} entries are one", head.head.size, other.head.size)
    };
    report.check("second-head", second.continues(&head.head), why);
}

/// One share by the published level and the published last atom. `of` stands before the names.
pub(crate) fn share(
    report: &mut Report,
    of: &str,
    (accounts, account): (&AccountsHeader, &AccountLeaf),
    (division, share): (&DivisionHeader, &ShareLeaf),
) {
    let layer = accounts.layer(division.layer);
    let (Some(layer), Some(claim)) = (layer, account.claim(division.layer)) else {
        let why = "the account has a claim on the layer";
        return report.check(format!("{of}liable"), false, why);
    };
    report.check(format!("{of}liable"), true, format!("a claim on {:?}", layer.name));
    weight(report, of, layer, account, claim);
    let paid = share.paid.checked_add(share.share);
    // Each draw on a pot is over the stakes that are left: nobody paid of them before.
    let anew = layer.basis != Basis::Stake || [division.before, share.paid] == [Amount::ZERO; 2];
    // Nor was less of a stake or of a claim by rank there: a friend's lower cap would spare him.
    let whole = !layer.basis.is_of_size() || share.cap == claim.cap;
    let capped = anew && whole && share.cap <= claim.cap && paid.is_ok_and(|p| p <= share.cap);
    let why = format!(
        "paid {} before and {} now, at most {}, frozen at {}",
        share.paid, share.share, share.cap, claim.cap
    );
    report.check(format!("{of}cap"), capped && part_of_weight(layer, claim), why);
    exact(report, of, layer, claim, (division, share));
    let rounding = &division.rounding;
    let up = rounding.way == Way::Up;
    let atom = Amount::from(u32::from(up && share.rest.num > 0));
    let due = share.whole.checked_add(atom);
    let floor = due.is_ok_and(|due| due.less_or_zero(share.paid) == share.floor);
    let rounded = up == layer.on_touch && floor && rounding.share(share) == Some(share.share);
    report.check(format!("{of}rounding"), rounded, format!("the share is {} now", share.share));
}

/// Session gains: nobody weighs more than he gained. Where his other accounts gained, too, the file
/// of one account cannot show it. A stake weighs what it is, and claims by rank no more than is
/// held.
fn weight(
    report: &mut Report,
    of: &str,
    layer: &LayerRule,
    account: &AccountLeaf,
    claim: &LayerClaim,
) {
    let name = format!("{of}weight");
    match layer.basis {
        Basis::Reported | Basis::Called => {
            report.trust(name, "the weight is what was reported to the venue");
        }
        Basis::Stake => {
            let whole = claim.weight == account.gain && claim.cap == account.gain;
            report.check(name, whole, format!("the weight is the stake, {}", account.gain));
        }
        Basis::Rank => {
            let all = claims_of(account);
            let whole = claim.weight == claim.cap && all == Some(account.netted);
            let (all, held) = (account.netted, account.gain);
            let why = format!("the claims of all ranks, {all}, are not above the {held} held");
            report.check(name, whole && all <= held, why);
        }
        Basis::Supply => report.trust(name, "the weight is what could be claimed of the pool"),
        Basis::HolderProfit => {
            report.trust(name, "the weight is what shares would fetch above their entry cost");
        }
        Basis::PoolShares => {
            report.trust(name, "the weight is what shares of the vault would fetch");
        }
        Basis::Contribution => {
            report.trust(name, "the weight is what the member was to contribute");
        }
        Basis::SessionGains => {
            let most = claim.weight.max(claim.cap);
            let netted = account.netted;
            let why = format!("weight {} of a gain of {netted} over all accounts", claim.weight);
            if account.gain < most && most <= netted {
                return report.trust(name, why);
            }
            report.check(name, most <= netted, why);
        }
    }
}

/// What an account's claims weigh together; nothing where that is no amount.
pub(crate) fn claims_of(account: &AccountLeaf) -> Option<Amount> {
    let mut claims = account.claims.iter();
    claims.try_fold(Amount::ZERO, |sum, claim| sum.checked_add(claim.weight).ok())
}

fn part_of_weight(layer: &LayerRule, claim: &LayerClaim) -> bool {
    let Some(part) = layer.cap_of_weight else { return true };
    let most = rhodian_core::basis::part_of_weight_floor(claim.weight, Some(part));
    claim.cap <= most
}

/// The exact share at the published level.
fn exact(
    report: &mut Report,
    of: &str,
    layer: &LayerRule,
    claim: &LayerClaim,
    (division, share): (&DivisionHeader, &ShareLeaf),
) {
    let name = format!("{of}level");
    let class = if layer.classes { claim.class } else { 0 };
    let Some(level) = division.level(class) else {
        return report.check(name, false, "a level is published for the class");
    };
    match share_at(layer.rule, level.level, claim.weight, share.cap, claim.risk) {
        Some(found) => {
            let rest = share.rest;
            let why = format!("{} and {}/{} in all, exactly", share.whole, rest.num, rest.den);
            report.check(name, found == (share.whole, rest), why);
        }
        None => report.trust(name, "the rule publishes no level: the episode file recomputes it"),
    }
}

/// The shares sum to the amount, and the atoms given or taken to what rounding left.
pub(crate) fn sums(report: &mut Report, name: &str, division: &DivisionHeader) {
    let [shares, floors, paid] = division.root.sums;
    let (amount, before) = (Sum::from(division.amount), Sum::from(division.before));
    let units = Sum::from(division.rounding.units);
    let holds = match division.rounding.way {
        Way::Given => shares == amount && paid == before && floors.plus(units) == Some(shares),
        Way::Taken => shares == amount && paid == before && shares.plus(units) == Some(floors),
        Way::Up => {
            let (all, due) = (shares.plus(paid), before.plus(amount));
            let extra = all.zip(due).and_then(|(all, due)| all.atoms().checked_sub(due.atoms()));
            shares == floors && extra.is_some_and(|extra| extra <= division.count.into())
        }
    };
    report.check(name, holds, format!("shares of {shares} for {amount} divided"));
}
