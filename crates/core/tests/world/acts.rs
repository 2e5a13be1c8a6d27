//! More of what a world can do and show.

use std::collections::BTreeMap;

use rhodian_core::account;
use rhodian_core::allocation::Rule;
use rhodian_core::domain::{self, Kind, MemberRule, Source};
use rhodian_core::engine::{Action, Actor, Record, Rejection};
use rhodian_core::ids::{AccountId, LossId};
use rhodian_core::ledger::Holder;
use rhodian_core::loss::{self, ReportedClaim, SetOff};
use rhodian_core::recovery::Bearer;

use super::{ASSET, DOMAIN, World, amount, layer, members, name};

pub type Given = Result<Vec<Record>, Rejection>;

/// What came of a command, in a word: the code of its refusal, which has words, too.
pub fn word(given: Given) -> String {
    match given {
        Ok(_) => "accepted".to_owned(),
        Err(refused) => {
            assert!(!refused.to_string().is_empty());
            refused.code().to_owned()
        }
    }
}

impl World {
    /// A layer of everyone's deposits, divided by `rule`.
    pub fn deposits(&mut self, text: &str, rule: MemberRule, per_episode: Option<u128>) {
        let mut spec = layer(text, Kind::Deposits, Source::Members(rule));
        // A cap, so that other layers may stand behind it.
        spec.caps.per_episode = Some(amount(per_episode.unwrap_or(10u128.pow(30))));
        self.add(spec);
    }

    /// The same, its shares taken on touch or at once.
    pub fn touched(&mut self, text: &str, on_touch: bool) {
        let rule = MemberRule { on_touch, ..members(Rule::Proportional) };
        self.deposits(text, rule, None);
    }

    /// Claims `(account, weight, cap)`, with the account's place as score, risk and class.
    pub fn claims(&mut self, layer: &str, claims: &[(&str, u128, u128)]) {
        let claims = claims.iter().map(|(text, weight, cap)| ReportedClaim {
            account: self.id(text),
            weight: amount(*weight),
            cap: amount(*cap),
            score: i64::from(self.id(text).0),
            risk: 1_000_000,
            class: 0,
        });
        let claims = claims.collect();
        self.basis(layer, claims);
    }

    pub fn take_shares(&mut self, text: &str) {
        let loss = self.loss_id(text);
        self.loss_do(loss::Command::TakeShares { loss });
    }

    pub fn pay_draw(&mut self, loss: &str, layer: &str, payer: Option<&str>, atoms: u128) -> Given {
        let (loss, layer) = (self.loss_id(loss), self.layer_id(layer));
        let (account, amount) = (payer.map(|text| self.id(text)), amount(atoms));
        let number = self.next();
        let command = loss::Command::PayDraw { loss, layer, account, number, amount };
        self.give(Actor::VENUE, Action::Loss(command))
    }

    pub fn try_deposit(&mut self, account: &str, atoms: u128) -> Given {
        let (account, number, amount) = (self.id(account), self.next(), amount(atoms));
        let command = account::Command::Deposit { account, number, asset: ASSET, amount };
        self.give(Actor::VENUE, Action::Account(command))
    }

    pub fn try_pay_into(&mut self, layer: &str, atoms: u128) -> Given {
        let (layer, number, amount) = (self.layer_id(layer), self.next(), amount(atoms));
        let command = domain::Command::PayIntoLayer { layer, number, amount };
        self.give(Actor::VENUE, Action::Domain(command))
    }

    pub fn try_recover(&mut self, loss: &str, atoms: u128) -> Given {
        let (loss, number, amount) = (self.loss_id(loss), self.next(), amount(atoms));
        self.give(Actor::VENUE, Action::Loss(loss::Command::Recover { loss, number, amount }))
    }

    pub fn transfer(&mut self, from: &str, to: &str, atoms: u128) -> Given {
        let (from, to, number) = (self.id(from), self.id(to), self.next());
        let (asset, amount) = (ASSET, amount(atoms));
        let command = account::Command::Transfer { from, to, number, asset, amount };
        self.give(Actor::VENUE, Action::Account(command))
    }

    pub fn try_stake(&mut self, account: &str, layer: &str, atoms: u128) -> Given {
        let (account, layer, amount) = (self.id(account), self.layer_id(layer), amount(atoms));
        let number = self.next();
        let command = domain::Command::Stake { layer, account, number, amount };
        self.give(Actor::VENUE, Action::Domain(command))
    }

    pub fn try_unstake(&mut self, account: &str, layer: &str, atoms: u128) -> Given {
        let (account, layer, amount) = (self.id(account), self.layer_id(layer), amount(atoms));
        let number = self.next();
        let command = domain::Command::Unstake { layer, account, number, amount };
        self.give(Actor::VENUE, Action::Domain(command))
    }

    pub fn take_reward(&mut self, account: &str, layer: &str) -> Given {
        let (account, layer, number) = (self.id(account), self.layer_id(layer), self.next());
        let command = domain::Command::TakeReward { layer, account, number };
        self.give(Actor::VENUE, Action::Domain(command))
    }

    /// Declares a default; the loss gets the name `text`.
    pub fn declare(&mut self, text: &str, account: &str, set_off: &[(&str, u128)]) {
        let set_off = set_off
            .iter()
            .map(|(account, up_to)| SetOff { account: self.id(account), up_to: amount(*up_to) });
        let command = loss::Command::DeclareDefault {
            domain: DOMAIN,
            number: 1_000_000 + self.losses.len() as u64,
            account: self.id(account),
            cause: name("declared"),
            set_off: set_off.collect(),
        };
        self.loss_do(command);
        self.find_loss(text);
    }

    pub fn name_loss(&mut self, text: &str, id: LossId) {
        self.losses.insert(text.into(), id);
    }

    /// Names the last loss of the engine, which it found itself.
    pub fn find_loss(&mut self, text: &str) {
        let (id, _) = self.engine.state().losses.losses().last().unwrap();
        self.losses.insert(text.into(), id);
    }

    pub fn knows_loss(&self, text: &str) -> bool {
        self.losses.contains_key(text)
    }

    /// Another name for a loss.
    pub fn alias(&mut self, text: &str, id: LossId) {
        self.losses.insert(text.into(), id);
    }

    pub fn stake_of(&self, account: &str, layer: &str) -> u128 {
        let id = self.id(account);
        let mut stakes = self.engine.state().domains.stakes(self.layer_id(layer));
        stakes.find(|(staker, _)| *staker == id).map_or(0, |(_, stake)| stake.atoms())
    }

    /// What each member bore of a loss through a layer; who bore nothing is left out.
    pub fn bore(&self, text: &str, layer: &str) -> BTreeMap<AccountId, u128> {
        let id = self.layer_id(layer);
        let of = |bearer: &Bearer| match bearer {
            Bearer::Members { layer, rows } if *layer == id => rows.clone(),
            _ => Vec::new(),
        };
        let rows = self.loss(text).pools.iter().flat_map(|pool| of(&pool.bearer));
        rows.filter(|row| !row.borne.is_zero()).map(|r| (r.account, r.borne.atoms())).collect()
    }

    pub fn unsettled(&self, text: &str) -> i128 {
        self.balance(Holder::Unsettled(self.loss_id(text)))
    }

    pub fn residue(&self) -> i128 {
        self.balance(Holder::Residue(DOMAIN))
    }
}
