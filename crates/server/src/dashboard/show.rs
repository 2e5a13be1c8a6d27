//! How things are written on pages: money with its decimals, times in UTC, ids as names.

use maud::{Markup, html};
use rhodian_core::engine::Event;
use rhodian_core::ids::{
    AccountId, AssetId, DomainId, FeedId, LayerId, LossId, MarketId, RiskId, Time,
};
use rhodian_core::market;
use rhodian_core::units::{Amount, Price};
use rhodian_proof::ranked::{name_of, rank_of};
use rhodian_report::money::Money;
use rhodian_report::names::{MoneyOf, Names, StateNames};
use rhodian_report::words;
use serde_json::Value;

use crate::answer::Numbered;
use crate::api::endpoint::Ask;
use crate::api::own_events::{OwnEvent, Part};
use crate::kinds;

/// Atoms of an asset, with its decimals and its name.
pub(super) fn money(ask: &Ask<'_>, asset: AssetId, atoms: i128) -> String {
    let found = ask.state.domains.asset(asset);
    let decimals = found.map_or(0, |found| u32::from(found.decimals));
    let name = found.map_or("", |found| found.name.as_str());
    let sign = if atoms < 0 { "−" } else { "" };
    format!("{sign}{} {name}", Money::new(decimals).full(atoms.unsigned_abs()))
}

/// The same of digits.
pub(super) fn digits(ask: &Ask<'_>, asset: AssetId, text: &str) -> String {
    money(ask, asset, text.parse().unwrap_or_default())
}

/// A moment in UTC, its milliseconds counted from 1970.
pub(super) fn time(at: Time) -> String {
    let (days, millis) = (at.0 / 86_400_000, at.0 % 86_400_000);
    let (hour, minute, second) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1_000 % 60);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The civil date of a day since 1970: eras of 400 years from the first of March.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

pub(super) fn domain(ask: &Ask<'_>, id: DomainId) -> String {
    let found = ask.state.domains.domain(id);
    found.map_or_else(|| format!("domain {id}"), |found| found.name.as_str().to_owned())
}

pub(super) fn layer(ask: &Ask<'_>, id: LayerId) -> String {
    let found = ask.state.domains.layer(id);
    found.map_or_else(|| format!("layer {id}"), |found| found.spec.name.as_str().to_owned())
}

pub(super) fn market(ask: &Ask<'_>, id: MarketId) -> String {
    let found = ask.state.markets.market(id);
    found.map_or_else(|| format!("market {id}"), |found| found.spec.name.as_str().to_owned())
}

/// An account's name; of another's account only that it is one.
pub(super) fn account(ask: &Ask<'_>, id: AccountId) -> String {
    let found = ask.state.accounts.account(id);
    let own = found.filter(|found| ask.caller.may_read_of(found.owner).is_ok());
    own.map_or_else(|| "another account".to_owned(), |found| found.name.as_str().to_owned())
}

/// An account with a link to its page.
pub(super) fn account_link(ask: &Ask<'_>, id: AccountId) -> Markup {
    html! { a href=(format!("/accounts/{id}")) { (account(ask, id)) } }
}

/// The receipts of an account for a loss, of a layer or of all ranks, and their check in the
/// browser.
pub(super) fn receipts(
    ask: &Ask<'_>,
    (loss, account): (LossId, AccountId),
    layer: Option<LayerId>,
) -> Markup {
    let Some(proofs) = &ask.view.proofs else { return html! {} };
    let own = proofs.prover().divisions().filter(|(_, division)| {
        division.of.header.loss == loss && division.of.place(account).is_some()
    });
    let of_layer = own.map(|((_, of, _), _)| of).zip(1u32..).filter(|(of, _)| match layer {
        Some(layer) => *of == layer,
        None => rank_of(*of).is_some(),
    });
    let of_layer: Vec<(LayerId, u32)> = of_layer.collect();
    html! {
        @for (of, place) in &of_layer { (receipt_link((loss, account), *of, *place)) " " }
        @if !of_layer.is_empty() {
            a class="button" href=(format!("/verify?loss={loss}&account={account}")) {
                "check in this browser"
            }
        }
    }
}

/// A receipt, by its place among those of the account for the loss.
fn receipt_link((loss, account): (LossId, AccountId), of: LayerId, place: u32) -> Markup {
    let path = format!("/v1/losses/{loss}/receipts/{account}");
    let path = if place == 1 { path } else { format!("{path}?division={place}") };
    html! {
        a href=(path) {
            "receipt for loss " (loss)
            @if let Some(rank) = rank_of(of) { " (" (name_of(rank).replace('-', " ")) ")" }
        }
    }
}

/// What to do with a receipt, and where the rest comes from.
pub(super) fn how_to_verify() -> Markup {
    html! {
        p {
            "A receipt is checked " a href="/verify" { "in this browser" } ", or elsewhere, with " code { "rhodian verify receipt FILE --key KEY" }
            ": the key is at " a href="/v1/public-key" { "/v1/public-key" } ", a head of the log at "
            a href="/v1/head" { "/v1/head" } "; compare both with somebody else's."
        }
    }
}

/// A word of core as people write it.
pub(super) fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    match &value {
        Value::String(text) => text.replace('-', " "),
        Value::Object(of) => of.keys().next().map(|key| key.replace('-', " ")).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// The names of a page: another's account is only one, a loss goes by its id.
struct Seen<'a, 'b>(&'a Ask<'b>);

impl Names for Seen<'_, '_> {
    fn account(&self, id: AccountId) -> String {
        account(self.0, id)
    }

    fn loss(&self, id: LossId) -> String {
        format!("loss {id}")
    }

    fn layer(&self, id: LayerId) -> String {
        layer(self.0, id)
    }

    fn domain(&self, id: DomainId) -> String {
        domain(self.0, id)
    }

    fn feed(&self, id: FeedId) -> String {
        StateNames(self.0.state).feed(id)
    }

    fn risk(&self, id: RiskId) -> String {
        StateNames(self.0.state).risk(id)
    }

    fn market(&self, id: MarketId) -> String {
        StateNames(self.0.state).market(id)
    }

    fn size(&self, market: MarketId, lots: u64) -> String {
        StateNames(self.0.state).size(market, lots)
    }

    fn price(&self, market: MarketId, price: Price) -> String {
        StateNames(self.0.state).price(market, price)
    }

    fn money(&self, of: MoneyOf, amount: Amount) -> String {
        StateNames(self.0.state).money(of, amount)
    }

    fn unit(&self, of: MoneyOf) -> String {
        StateNames(self.0.state).unit(of)
    }
}

/// An event in words: its sentence, as reports have it; where it has none, what core's own
/// description says, with the fields a reader may look for.
pub(super) fn event(ask: &Ask<'_>, of: &Numbered) -> String {
    if let Event::Market(market::Event::Marked { marks }) = &of.event {
        let names = Seen(ask);
        let mark = |(id, price): &(MarketId, Price)| {
            format!("{} {}", market(ask, *id), names.price(*id, *price))
        };
        let marks: Vec<String> = marks.iter().map(mark).collect();
        return format!("The marks moved: {}", marks.join(", "));
    }
    if let Some(sentence) = words::of_event(&Seen(ask), &of.event) {
        return sentence;
    }
    let value = serde_json::to_value(&of.event).unwrap_or_default();
    let about = kinds::of(&value).map(|kind| kind.about.clone()).unwrap_or_default();
    let about = match about.as_str() {
        "time passed" => "Time passed.".to_owned(),
        _ => about,
    };
    let fact = &value["fact"];
    let number = |key: &str| fact[key].as_u64().and_then(|id| u32::try_from(id).ok());
    // What is said of a loss is in the asset of its domain.
    let of_loss = number("loss").and_then(|id| ask.state.losses.loss(LossId(id)));
    let domain = of_loss.and_then(|loss| ask.state.domains.domain(loss.domain));
    let asset = number("asset").map(AssetId).or(domain.map(|domain| domain.asset));
    let fields = fact.as_object().into_iter().flatten();
    let parts: Vec<String> =
        fields.filter_map(|(key, value)| part(ask, asset, key, value)).collect();
    format!("{about} {}", parts.join(", ")).trim_end().to_owned()
}

fn part(ask: &Ask<'_>, asset: Option<AssetId>, key: &str, value: &Value) -> Option<String> {
    let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
    Some(match (key, id, value) {
        ("account" | "bidder" | "loser" | "winner", Some(id), _) => {
            format!("{key} {}", account(ask, AccountId(id)))
        }
        ("layer", Some(id), _) => layer(ask, LayerId(id)),
        ("market", Some(id), _) => market(ask, MarketId(id)),
        ("domain", Some(id), _) => domain(ask, DomainId(id)),
        ("loss" | "episode" | "set" | "step" | "wave" | "feed" | "source", Some(id), _) => {
            format!("{key} {id}")
        }
        ("amount" | "deficit" | "close_out" | "own_means" | "planned" | "received", _, _) => {
            let atoms = value.as_str()?;
            let shown = asset.map(|asset| digits(ask, asset, atoms));
            format!("{} {}", key.replace('_', " "), shown.unwrap_or_else(|| atoms.to_owned()))
        }
        ("name" | "cause" | "status" | "lots" | "price", _, Value::String(text)) => {
            format!("{key} {text}")
        }
        ("buyer" | "seller" | "from" | "to", _, Value::Object(of)) => {
            let (kind, id) = of.iter().next()?;
            let id = u32::try_from(id.as_u64()?).ok()?;
            match kind.as_str() {
                "account" => format!("{key} {}", account(ask, AccountId(id))),
                _ => format!("{key} {kind} {id}"),
            }
        }
        _ => return None,
    })
}

/// Millionths as a percentage with two places.
pub(super) fn percent(millionths: u32) -> String {
    format!("{}.{:02} %", millionths / 10_000, millionths / 100 % 100)
}

/// A table that scrolls by itself: its first column and the `words` are text, the rest numbers.
pub(super) fn table(caption: &str, head: &[&str], words: &[&str], rows: &Markup) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr {
                    @for (place, name) in head.iter().enumerate() {
                        @let text = place == 0 || words.contains(name);
                        th scope="col" class=[(!text).then_some("number")] { (name) }
                    }
                } }
                tbody { (rows) }
            }
        }
    }
}

/// A table of events.
pub(super) fn events<'a>(
    ask: &Ask<'_>,
    caption: &str,
    events: impl Iterator<Item = &'a Numbered>,
) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(caption) {
            table class="events" {
                caption { (caption) }
                thead { tr {
                    th scope="col" { "Event" } th scope="col" { "Time" }
                    th scope="col" { "What" }
                } }
                tbody {
                    @for of in events {
                        tr {
                            th scope="row" class="number" { (of.sequence) }
                            td class="when" { (time(of.at)) } td { (event(ask, of)) }
                        }
                    }
                }
            }
        }
    }
}

/// The events of one account on its page.
const OWN: usize = 100;

/// What happened to one account, the latest first.
pub(super) fn own_events(ask: &Ask<'_>, account: AccountId, events: &[OwnEvent]) -> Markup {
    html! {
        h2 { "What happened to me" }
        p {
            "Deleveraging, liquidation, liens, shares, repayments, stakes and covers; everything since the start is at "
            a href=(format!("/v1/accounts/{account}/events")) { "/v1/accounts/" (account) "/events" }
            "."
        }
        @if events.is_empty() { p { "Nothing lately." } } @else {
            table class="events" {
                caption { "What happened to this account, the latest first" }
                thead { tr {
                    th scope="col" { "Event" } th scope="col" { "Time" }
                    th scope="col" { "What" }
                } }
                tbody {
                    @for of in events.iter().rev().take(OWN) {
                        tr {
                            th scope="row" class="number" { (of.sequence) }
                            td class="when" { (time(of.at)) } td { (own_part(ask, &of.part)) }
                        }
                    }
                }
            }
        }
    }
}

fn own_part(ask: &Ask<'_>, of: &Part) -> Markup {
    let names = Seen(ask);
    let asset = of.asset.unwrap_or_default();
    html! {
        (of.what)
        @if let (Some(market), Some(lots)) = (of.market, of.lots) {
            ": " (if lots.lots() < 0 { "sold " } else { "bought " })
            (names.size(market, lots.size()))
            @if let Some(price) = of.price { " at " (names.price(market, price)) }
        }
        @if let Some(amount) = of.amount {
            ": " (match of.asset {
                Some(_) => money(ask, asset, amount.atoms().cast_signed()),
                None => format!("{} atoms", amount.atoms()),
            })
        }
        @if let Some(cover) = of.cover { ", of cover " (cover) }
        @if let Some(id) = of.layer { ", through " (layer(ask, id)) }
        @if let Some(loss) = of.loss {
            ", of " a href=(format!("/losses/{loss}")) { "loss " (loss) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_civil() {
        for (millis, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400_000, "2000-02-29 00:00:00 UTC"),
            (1_760_126_399_999, "2025-10-10 19:59:59 UTC"),
            (4_107_542_400_000, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(time(Time(millis)), text);
        }
    }
}
