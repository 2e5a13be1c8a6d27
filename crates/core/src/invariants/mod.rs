//! The laws: sentences that hold after every event, whatever is asked of the engine.
//!
//! Each has two forms. The full form reads the raw state and nothing else. The running form
//! follows the events, keeps its own totals, and looks only at what an event touched. They share
//! no code, so that a law broken in one place is seen in two.

mod bounty;
#[cfg(test)]
mod bounty_tests;
mod clearing;
#[cfg(test)]
mod clearing_tests;
mod cover;
#[cfg(test)]
mod cover_tests;
mod full;
mod incentive;
#[cfg(test)]
mod incentive_tests;
mod issuance;
#[cfg(test)]
mod issuance_tests;
mod kept;
mod leave;
mod lending;
mod liquidity;
#[cfg(test)]
mod liquidity_tests;
mod lots;
#[cfg(test)]
mod lots_tests;
mod passes;
mod premium;
#[cfg(test)]
mod premium_tests;
mod protection;
#[cfg(test)]
mod protection_tests;
mod running;
#[cfg(test)]
mod tests;

use alloc::string::String;
use core::fmt::{self, Write as _};

pub use full::check;
pub use running::Running;

/// A law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Law {
    /// Its number, never reused.
    pub id: &'static str,
    /// The sentence.
    pub sentence: &'static str,
    /// What the full form reads.
    pub full: &'static str,
    /// What the running form follows.
    pub running: &'static str,
}

/// The law of ledgers.
pub const LEDGER: &str = "INV-01";
/// The law of markets.
pub const MARKETS: &str = "INV-02";
/// The law of the settled loss.
pub const SETTLED: &str = "INV-03";
/// The law of caps.
pub const CAPS: &str = "INV-04";
/// The law of order.
pub const ORDER: &str = "INV-05";
/// The law of once.
pub const ONCE: &str = "INV-06";
/// The law of profit before principal.
pub const PROFIT_FIRST: &str = "INV-07";
/// The law of divisions.
pub const DIVIDED: &str = "INV-08";
/// The law of restitution.
pub const REPAID: &str = "INV-09";
/// The law of liveness.
pub const LIVE: &str = "INV-10";
/// The law of the book.
pub const BOOK: &str = "INV-11";
/// The law of stakes.
pub const STAKES: &str = "INV-12";
/// The law of lending pools.
pub const LENDING: &str = "INV-13";
/// The law of cover pools.
pub const COVER: &str = "INV-14";
/// The law of vaults.
pub const LIQUIDITY: &str = "INV-15";
/// The law of clearing funds.
pub const CLEARING: &str = "INV-16";
/// The law of protections.
pub const PROTECTION: &str = "INV-17";
/// The law of issuance.
pub const ISSUANCE: &str = "INV-18";
/// The law of incentives.
pub const INCENTIVE: &str = "INV-19";
/// The law of watching.
pub const BOUNTY: &str = "INV-20";
/// The law of premia.
pub const PREMIUM: &str = "INV-21";

/// Every law, in order.
pub const LAWS: &[Law] = &[
    Law {
        id: LEDGER,
        sentence: "The ledger of every asset sums to zero.",
        full: "the sum over all holders of an asset",
        running: "each touched holder's balance against the transfers of all events",
    },
    Law {
        id: MARKETS,
        sentence: "A market's open lots sum to zero, the book included, and so profit over it \
                   sums to zero at every mark.",
        full: "the sum of a market's lots over accounts and books, and its open lots",
        running: "what each trade moved between its two parties, by market",
    },
    Law {
        id: SETTLED,
        sentence: "For every settled loss, close-out loss = own means + results of other books + \
                   draws + uncovered, exactly, and nothing is left in suspense; no result of a \
                   book pays twice.",
        full: "the loss and its suspense; what is left of each domain's results",
        running: "the amounts of the loss's events, at its settlement; what was kept of results, \
                  at each use",
    },
    Law {
        id: CAPS,
        sentence: "Nobody pays more than his cap, over the episode; nobody outside the liable set \
                   pays at all.",
        full: "paid and cap of every member; every claim against the set",
        running: "each share against the most that the events fixed for the episode",
    },
    Law {
        id: ORDER,
        sentence: "A step pays only when every earlier step is exhausted, capped or closed at its \
                   deadline.",
        full: "the steps of a loss's draws never fall; those of earlier steps are closed",
        running: "what the step before could still pay, when the next is reached",
    },
    Law {
        id: ONCE,
        sentence: "A deficit is recognised once; a command repeated with its number changes \
                   nothing.",
        full: "numbers and losses are one to one",
        running: "each loss's number and recognition, once; each market's fills in the order of \
                  their numbers",
    },
    Law {
        id: PROFIT_FIRST,
        sentence: "Where profit pays before principal, no principal is taken while a liable \
                   holder's profit remains under its cap.",
        full: "no draw on profit after one on principal",
        running: "what profit could still pay, when principal is divided",
    },
    Law {
        id: DIVIDED,
        sentence: "Shares settled + shares unsettled + residue = the amount divided; the residue \
                   is at most one atom per account.",
        full: "members' claims, unsettled and residue against draws, by domain",
        running: "a loss's shares against its divisions",
    },
    Law {
        id: REPAID,
        sentence: "Claims repaid never exceed losses borne; what is ceded to a loss, because it \
                   came back to the owner who failed with it, pays once.",
        full: "every pool and every claim in it; what was ceded and is held",
        running: "a loss's repayments against its draws; what was ceded, at each use",
    },
    Law {
        id: LIVE,
        sentence: "Whatever is due is accepted. Free equity can leave within W in every status \
                   but Halted, and a halt lasts W at most, with as long a rest after it; W is the \
                   parameter halt-length as the halt begins, the shortest of all domains for the \
                   venue. An open loss \
                   waits for nothing but a deadline ahead, so that every episode settles or is \
                   uncovered by the sum of its deadlines.",
        full: "the next duty, decided; every open loss's reason to wait; every halt's end; every \
               owner's withdrawal of all that is free, decided. Tests take states on the way of \
               traces and, in each status, let everyone leave and every episode run out",
        running: "an episode closes only after its losses; the clock never moves on from a halt \
                  that is over",
    },
    Law {
        id: BOOK,
        sentence: "No participant's account is exempt; the close-out book only reduces, and is \
                   empty once its loss is measured.",
        full: "the book of every measured loss, in every asset; collateral taken and not sold",
        running: "what each trade leaves of a book's lots; what the events left in a book, when \
                  own means are done",
    },
    Law {
        id: STAKES,
        sentence: "A staked pot holds exactly its stakes; what is on its way out is staked; what \
                   stakers earned and have not taken is there, to the last part of an atom.",
        full: "the pot and its stakes; every request and its stake; what each earned, with what \
               is carried, and what the layer holds for them",
        running: "a pot's stakes by its events; rewards given less those taken",
    },
    Law {
        id: LENDING,
        sentence: "A lending pool's cash and what its borrowers owe are what its lenders may claim \
                   and the fees that are due, exactly. Its shares are those of its positions, its \
                   collateral is what they pledged, and nobody shares in nothing.",
        full: "each pool's books, its positions and its balances",
        running: "what the events of a pool moved on each side, and the shares of each account",
    },
    Law {
        id: COVER,
        sentence: "What a cover pool holds is what it has not earned of premia and what it is owed \
                   or has for claims, to the part of an atom; no cover pays more than it covers, \
                   nor twice for one event, and nothing is paid before there is money for it.",
        full: "each pool's balance against its covers and incidents; its sums against its covers; \
               what stands of each event, against its cap and by cover",
        running: "premia, what was earned, what came to be owed and what was paid, by pool and by \
                  claim; which covers came to owe for which event",
    },
    Law {
        id: LIQUIDITY,
        sentence: "A vault's shares and entry costs are its holders', exactly, and nobody asks out \
                   more than he has. What leaves by shares is never above what came by them and \
                   the vault's result, and neither who comes nor who goes nor who pays for a loss \
                   lowers what a share of the others is worth by the book. Nobody pays a fee of \
                   what is not above his high-water mark, which rises by all that a fee is of, \
                   and is never below his entry cost.",
        full: "each vault's sums, marks, exits and queue against its holders; its account and its \
               owner",
        running: "what came and left by shares and otherwise, against the vault's account; what a \
                  share is worth before and after each event; fees against the marks that the \
                  events say, by account, and the part of a mark that goes with shares; what \
                  was taken for a loss, against the event that pays with it",
    },
    Law {
        id: CLEARING,
        sentence: "What the members of a clearing fund are to contribute is its size, exactly, and \
                   nobody is called for what he contributed. No member is assessed above his cap \
                   for a loss nor within any window. What a client deposited stands behind \
                   nobody else's loss.",
        full: "each fund's members against its size and their stakes; its clients; what each paid \
               within a window",
        running: "what each sizing asks of each; the weights of every set against each payment; \
                  clients against the members of sets",
    },
    Law {
        id: PROTECTION,
        sentence: "A protection pays for a position once, and no more than what was lost exactly, \
                   its cap, what of that is vested, and its part of what the fund holds: what \
                   there is for each atom of the others' caps never falls by it. What a fund may \
                   owe is the caps of the positions that stand or claim, to the atom.",
        full: "each fund's sum against its positions; what each claims and was paid against its \
               cap; the queues against what stands",
        running: "each claim against the prices and the time of its events; each payment against \
                  its claim and the fund before it; caps by fund",
    },
    Law {
        id: ISSUANCE,
        sentence: "New tokens are sold only into a hole: what an auction brings is what its draw \
                   received, no token goes below the price that stands, and within any window no \
                   more are issued than the cap on dilution admits. What was issued less what was \
                   burned is what the ledger has of it. A fund that buys back keeps its target, \
                   and buys nothing while a loss or a debt is known.",
        full: "each auction against its draw; what was issued and burned against the ledger",
        running: "each payment against the tokens it is for; what was issued within a window; a \
                  fund after it bought",
    },
    Law {
        id: INCENTIVE,
        sentence: "Stakers are paid by time what the terms of their layer say, to the part of an \
                   atom, and no more than its pot of pay holds. All fees of a domain that are \
                   divided are given, to the atom, and the house gets some only while nothing is \
                   owed and no loss known, all layers of the table stand behind the domain, its \
                   first loss and the funds are full, and stakers are paid for their expected \
                   loss. What it takes out leaves its first loss what that must hold.",
        full: "each pot of pay against what was put in and paid; each table's parts",
        running: "what was booked against the terms and the time, and against the reward; parts \
                  of fees against what was booked; layers after the house was paid or took",
    },
    Law {
        id: BOUNTY,
        sentence: "Bonds are those of notices and challenges that stand, exactly. A bounty is \
                   paid once for a loss, when it is settled or dismissed, to nobody who failed \
                   with it, and is at most its part of what was found; no pot pays one while a \
                   loss or a debt is known that it stands behind, and within any window a domain \
                   pays no more than it stated.",
        full: "what is held for bonds against notices and challenges; their queues",
        running: "bonds by their events; each bounty against the loss, the terms as its bond was \
                  put down, and the pot",
    },
    Law {
        id: PREMIUM,
        sentence: "A market's premium is its marginal share of what its domain is expected to \
                   lose, with the load, by time. All that is counted is charged, due, or named as \
                   forgone, to the atom. A charge takes the same of every lot that an account \
                   holds, on both sides, at most its part of what the lot is worth and what the \
                   account has beyond its lien, and none is made while lots cannot be closed, in a \
                   halt or where money may only leave, or while a loss of the domain is known.",
        full: "what was counted of each premium against what became of it; terms against \
               maintenance; what was charged against the fees of the domain",
        running: "what was counted against figures, terms and time; each charge against lots and \
                  mark; each payment against the lots and what is left",
    },
];

/// A law that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub law: &'static str,
    /// Where, with the numbers.
    pub detail: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = LAWS.iter().find(|law| law.id == self.law).map_or("", |law| law.sentence);
        write!(f, "{}: {sentence} Here: {}", self.law, self.detail)
    }
}

impl core::error::Error for Broken {}

/// The laws as a document.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "# Invariants\n\n\
         Laws of the engine: they hold after every event. Rendered from \
         `crates/core/src/invariants`; a test keeps\n\
         this page equal to it. Each law is checked in two forms that share no code: from the raw \
         state, and by running\n\
         totals over the events.\n",
    );
    for law in LAWS {
        let Law { id, sentence, full, running } = law;
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "\n## {id}\n\n{sentence}\n\n- full form: {full}\n- running form: {running}\n"
        );
    }
    text
}
