//! Whether engine and model say the same of everything.

use std::collections::BTreeMap;

use num_traits::Zero;
use rhodian_core::ids::{AccountId, LayerId, LiableSetId, LossId, MarketId};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::Stage;
use rhodian_core::margin::Level;
use rhodian_core::market::Party;
use rhodian_core::recovery::Bearer as CoreBearer;
use rhodian_core::units::Amount;

use crate::model::Bearer;
use crate::numbers::{Int, int};
use crate::setup::{ASSET, Case, id};
use crate::venue::Who;

type Same = Result<(), String>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, engine: T, model: T) -> Same {
    if engine == model {
        return Ok(());
    }
    Err(format!("{what}: the engine says {engine:?}, the model {model:?}"))
}

fn whole(amount: Amount) -> Int {
    int(amount.atoms())
}

fn holder(of: Holder) -> String {
    match of {
        Holder::World => "world".into(),
        Holder::Account(account) => Who::Account(account.index()).name(),
        Holder::Book(loss) => Who::Book(loss.index()).name(),
        Holder::Layer(layer) => format!("layer/{layer}"),
        Holder::Suspense(loss) => format!("suspense/{loss}"),
        Holder::Recovery(loss) => format!("recovery/{loss}"),
        Holder::Uncovered(domain) => format!("uncovered/{domain}"),
        Holder::Fees(domain) => format!("fees/{domain}"),
        Holder::Results(domain) => format!("results/{domain}"),
        Holder::Ceded(loss) => format!("ceded/{loss}"),
        other => format!("{other:?}"),
    }
}

impl Case {
    pub fn compare(&self) -> Same {
        self.ledger()?;
        for account in 0..self.model.venue.accounts.len() {
            self.account(account).map_err(|why| format!("account {account}: {why}"))?;
        }
        for loss in 0..self.model.losses.len() {
            self.loss(loss).map_err(|why| format!("loss {loss}: {why}"))?;
        }
        self.sets()?;
        for layer in 0..self.model.layers.len() {
            let engine = self.engine.state().domains.exits(LayerId(id(layer)));
            let engine = engine.map(|exits| whole(exits.total())).unwrap_or_default();
            same("on the way out", engine, self.model.leaving(layer, None))?;
        }
        let open = self.engine.state().losses.episodes().map(|(_, episode)| episode.closed);
        let closed = self.model.episodes.iter().map(|episode| episode.closed);
        same("episodes closed", open.collect::<Vec<_>>(), closed.collect())
    }

    /// Balances of the ledger. The engine keeps funding in prices: an account's balance there is
    /// what the model holds as cash and owes as funding, and the sum of funding on its lots.
    fn ledger(&self) -> Same {
        let venue = &self.model.venue;
        let mut model: BTreeMap<String, Int> = venue.ledger.clone();
        for ((who, market), leg) in &venue.legs {
            let funding = &leg.lots * int(self.funding[*market]);
            *model.entry(who.name()).or_default() += &leg.accrued + funding;
        }
        model.retain(|name, amount| !name.starts_with("funding/") && !amount.is_zero());
        let held = self.engine.state().ledger.holders(ASSET);
        let held = held.map(|(of, balance)| (holder(of), int(balance.atoms())));
        let engine: BTreeMap<String, Int> = held.filter(|(_, amount)| !amount.is_zero()).collect();
        for name in engine.keys().chain(model.keys()) {
            same(&format!("balance of {name}"), engine.get(name), model.get(name))?;
        }
        Ok(())
    }

    fn account(&self, place: usize) -> Same {
        let (state, model) = (self.engine.state(), &self.model);
        let (account, who) = (AccountId(id(place)), Who::Account(place));
        same("equity", int(state.equity(account, ASSET)), model.venue.equity(who))?;
        self.lots(Party::Account(account), who)?;
        let margin = |level| int(state.requirement(account, level));
        same("initial margin", margin(Level::Initial), model.margin(place, true))?;
        same("maintenance margin", margin(Level::Maintenance), model.margin(place, false))?;
        let free = state.withdrawable(account, ASSET);
        same("unrealised", int(free.unrealised), model.venue.unrealised(place))?;
        same("unmatured", int(free.unmatured), model.unmatured(place))?;
        same("lien", whole(state.lien(account, ASSET)), model.lien(place))?;
        same("free", whole(state.free(account, ASSET)), model.free(place))
    }

    fn lots(&self, party: Party, who: Who) -> Same {
        for market in 0..self.model.markets.len() {
            let lots = self.engine.state().markets.lots_of(party, MarketId(id(market))).lots();
            let text = format!("lots of {} in market {market}", who.name());
            same(&text, int(lots), self.model.venue.lots(who, market))?;
        }
        Ok(())
    }

    fn loss(&self, place: usize) -> Same {
        let loss = LossId(id(place));
        let found = self.engine.state().losses.loss(loss);
        let (found, of) = (found.ok_or("the engine has none")?, &self.model.losses[place]);
        same("domain", found.domain.index(), of.domain)?;
        same("account", found.failed.map(AccountId::index), Some(of.account))?;
        same("settled", found.stage == Stage::Settled, of.settled)?;
        self.lots(Party::Book(loss), Who::Book(place))?;
        if !of.settled {
            return Ok(());
        }
        same("close-out loss", whole(found.close_out), of.close_out.clone())?;
        same("margin", whole(found.margin), of.margin.clone().min(of.close_out.clone()))?;
        same("own means", whole(found.own_means), of.own_means.clone())?;
        same("deficit", whole(found.deficit), of.deficit.clone())?;
        same("netted", whole(found.netted), of.netted.clone())?;
        same("uncovered", whole(found.uncovered), of.uncovered.clone())?;
        for layer in 0..self.model.layers.len() {
            let received = of.received.get(&layer).cloned().unwrap_or_default();
            let text = format!("received of layer {layer}");
            same(&text, whole(found.received_from(LayerId(id(layer)))), received)?;
        }
        self.pools(place)
    }

    /// Who bore it and was repaid: sums by step and bearer, rows by account.
    fn pools(&self, place: usize) -> Same {
        type Rows = BTreeMap<(usize, String, Option<usize>), (Int, Int)>;
        let found = self.engine.state().losses.loss(LossId(id(place))).expect("it is there");
        let mut engine = Rows::new();
        for pool in &found.pools {
            let text = match &pool.bearer {
                CoreBearer::Layer(layer) => format!("layer {layer}"),
                CoreBearer::Members { layer, .. } => format!("members {layer}"),
                CoreBearer::Uncovered(_) => "uncovered".into(),
                CoreBearer::Results(_) => "results".into(),
                other => format!("{other:?}"),
            };
            let step = usize::from(pool.step);
            let amounts = (whole(pool.borne), whole(pool.repaid));
            engine.insert((step, text.clone(), None), amounts);
            for row in pool.bearer.rows().unwrap_or_default() {
                let key = (step, text.clone(), Some(row.account.index()));
                engine.insert(key, (whole(row.borne), whole(row.repaid)));
            }
        }
        let mut model = Rows::new();
        for pool in &self.model.losses[place].pools {
            let text = match pool.bearer {
                Bearer::Layer(layer) => format!("layer {layer}"),
                Bearer::Members(layer) => format!("members {layer}"),
                Bearer::Uncovered => "uncovered".into(),
                Bearer::Results => "results".into(),
            };
            let amounts = (pool.borne.clone(), pool.repaid.clone());
            model.insert((pool.step, text.clone(), None), amounts);
            for (account, row) in &pool.rows {
                model.insert((pool.step, text.clone(), Some(*account)), row.clone());
            }
        }
        for rows in [&mut engine, &mut model] {
            rows.retain(|(_, _, account), (borne, _)| account.is_none() || !borne.is_zero());
        }
        same("claims", engine, model)
    }

    /// Weight, cap and what was paid, of each member of each liable set whose episode is open.
    fn sets(&self) -> Same {
        for (place, set) in self.model.sets.iter().enumerate() {
            let found = self.engine.state().losses.set(LiableSetId(id(place)));
            let found = found.ok_or_else(|| format!("the engine has no set {place}"))?;
            let mut engine = BTreeMap::new();
            for (layer, of) in &found.layers {
                for one in &of.members {
                    let amounts = (whole(one.weight), whole(one.cap), whole(one.paid));
                    engine.insert((layer.index(), one.account.index()), amounts);
                }
            }
            let mut model = BTreeMap::new();
            for (layer, members) in &set.layers {
                for (account, one) in members {
                    let amounts = (one.weight.clone(), one.cap.clone(), one.paid.clone());
                    model.insert((*layer, *account), amounts);
                }
            }
            same(&format!("liable set {place}: (weight, cap, paid)"), engine, model)?;
        }
        Ok(())
    }
}
