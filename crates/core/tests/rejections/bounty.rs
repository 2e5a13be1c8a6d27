//! Watching: what it may pay, of which event notice may be given, and who may challenge.

use rhodian_core::account;
use rhodian_core::domain::Kind;
use rhodian_core::ids::{DomainId, LayerId, LossId, OwnerId};
use rhodian_core::loss::{BountyFlaw, BountyTerms, Command, Rejection};

use crate::loss::{refused, refused_to};
use crate::table::Case;
use crate::world::bounty::{approve, challenge, notice, report, set, terms, venue};
use crate::world::cover::DAY;
use crate::world::{DOMAIN, World, amount};
use crate::{ALICE, BOB, NEXT, owner};

fn flaw(world: &World, change: fn(&mut BountyTerms), flaw: BountyFlaw) -> crate::table::Refused {
    let mut terms = terms(world, "Pot");
    change(&mut terms);
    let command = Command::SetBounty { domain: DOMAIN, terms: Some(terms) };
    refused(command, Rejection::BountyFlaw { flaw })
}

fn paid_by(world: &World, pot: LayerId) -> Command {
    let terms = BountyTerms { pot, ..terms(world, "Pot") };
    Command::SetBounty { domain: DOMAIN, terms: Some(terms) }
}

pub const OF_TERMS: &[Case] = &[
    ("unknown-domain", |_| {
        let domain = DomainId(9);
        refused(Command::SetBounty { domain, terms: None }, Rejection::UnknownDomain { domain })
    }),
    ("bounty-flaw", |w| flaw(w, |of| of.part = 0, BountyFlaw::Part { part: 0 })),
    ("bounty-flaw", |w| {
        flaw(w, |of| of.pot_part = 1_000_001, BountyFlaw::Part { part: 1_000_001 })
    }),
    ("bounty-flaw", |w| flaw(w, |of| of.most = amount(0), BountyFlaw::Most)),
    ("bounty-flaw", |w| flaw(w, |of| of.window = 0, BountyFlaw::Window { millis: 0 })),
    ("bounty-flaw", |w| flaw(w, |of| of.bond = amount(0), BountyFlaw::Bond)),
    ("bounty-flaw", |w| flaw(w, |of| of.wait = u64::MAX, BountyFlaw::Wait { millis: u64::MAX })),
    ("unknown-layer", |w| {
        let layer = LayerId(9);
        refused(paid_by(w, layer), Rejection::UnknownLayer { layer })
    }),
    ("not-a-pot", |w| {
        // Stakers pay for losses, and not for who finds them.
        w.tranche("Stakers");
        let layer = w.layer_id("Stakers");
        assert!(!Kind::Tranche.is_house());
        refused(paid_by(w, layer), Rejection::NotAPot { layer })
    }),
];

fn gives(event: u8) -> Command {
    Command::GiveNotice { domain: DOMAIN, account: ALICE, number: NEXT, evidence: [event; 32] }
}

pub const OF_NOTICES: &[Case] = &[
    ("no-bounty", |w| {
        set(w, None).unwrap();
        refused(gives(1), Rejection::NoBounty { domain: DOMAIN })
    }),
    ("no-evidence", |_| refused(gives(0), Rejection::NoEvidence)),
    ("already-noticed", |w| {
        notice(w, "bob", 1).unwrap();
        refused(gives(1), Rejection::AlreadyNoticed { by: BOB })
    }),
    ("event-reported", |w| {
        report(w, 1, 5, None).unwrap();
        refused(gives(1), Rejection::EventReported { loss: LossId(0) })
    }),
    ("not-owner", |_| {
        let why = account::Rejection::NotOwner { account: ALICE, owner: OwnerId(1) };
        refused_to(owner(1), gives(1), Rejection::Account(why))
    }),
    ("withdrawal-above-free", |w| {
        w.withdraw("alice", 901).unwrap();
        let (asked, held, none) = (amount(100), amount(99), amount(0));
        let (lien, withheld, free) = (none, none, held);
        let why = account::Rejection::WithdrawalAboveFree { asked, held, lien, withheld, free };
        refused(gives(1), Rejection::Account(why))
    }),
];

fn challenges(loss: u32, event: u8) -> Command {
    let (loss, evidence) = (LossId(loss), [event; 32]);
    Command::Challenge { loss, account: ALICE, number: NEXT, evidence }
}

pub const OF_CHALLENGES: &[Case] = &[
    ("unknown-loss", |_| refused(challenges(9, 1), Rejection::UnknownLoss { loss: LossId(9) })),
    ("no-bounty", |w| {
        report(w, 1, 5, None).unwrap();
        set(w, None).unwrap();
        refused(challenges(0, 1), Rejection::NoBounty { domain: DOMAIN })
    }),
    ("loss-stage", |w| {
        report(w, 1, 5, None).unwrap();
        approve(w, 0).unwrap();
        w.tick(DAY);
        let why = Rejection::Stage { loss: LossId(0), needs: "open to challenge" };
        refused(challenges(0, 1), why)
    }),
    ("no-evidence", |w| {
        report(w, 1, 5, None).unwrap();
        refused(challenges(0, 0), Rejection::NoEvidence)
    }),
    ("already-challenged", |w| {
        report(w, 1, 5, None).unwrap();
        challenge(w, "bob", 0).unwrap();
        let why = Rejection::AlreadyChallenged { loss: LossId(0), by: BOB };
        refused(challenges(0, 1), why)
    }),
    ("own-report", |w| {
        notice(w, "alice", 1).unwrap();
        report(w, 1, 5, None).unwrap();
        let why = Rejection::OwnReport { account: ALICE, loss: LossId(0) };
        refused(challenges(0, 1), why)
    }),
];

pub fn floor() -> World {
    venue()
}
