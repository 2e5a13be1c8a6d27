//! A table of refusals: a command that is refused for each reason, and what says that a reason has
//! none.

use std::collections::BTreeSet;

use rhodian_core::engine::{Action, Actor, Envelope, Events, Rejection, State, decide};

use crate::codes::{Arms, word};
use crate::world::World;

/// A command that is refused, and why, to the last number.
pub struct Refused {
    by: Actor,
    action: Action,
    why: Rejection,
    between: Option<State>,
}

impl Refused {
    pub fn new(by: Actor, action: Action, why: Rejection) -> Self {
        Self { by, action, why, between: None }
    }

    /// The command meets `state`, which stands between two duties: the machine never shows one, but
    /// whoever runs `decide` and `evolve` himself sees it.
    pub fn between(self, state: State) -> Self {
        Self { between: Some(state), ..self }
    }

    /// Gives the command; it is refused as it should be, and nothing changes.
    fn check(self, case: &str, world: &mut World) -> Rejection {
        let Self { by, action, why, between } = self;
        let digest = |world: &World| world.engine.state().digest();
        let before = digest(world);
        let given = match between {
            Some(state) => {
                let envelope = Envelope { at: world.at, actor: by, action };
                decide(&state, &envelope, &mut Events::new())
            }
            None => world.give(by, action).map(|_| ()),
        };
        assert_eq!(given, Err(why.clone()), "{case}");
        assert_eq!(before, digest(world), "{case}: a refusal changes nothing");
        assert!(why.to_string().len() > 10, "{case}: {why}");
        why
    }
}

/// The code, or the words that the message begins with, and what leads to the refusal.
pub type Case = (&'static str, fn(&mut World) -> Refused);

/// Cases, and the world that each of them begins in.
pub type Part = (fn() -> World, &'static [Case]);

/// Every reason of one enum.
pub struct Table {
    /// What stands before its variants where a rejection is shown for debugging.
    pub within: &'static str,
    /// Its variants, from the source.
    pub arms: Arms,
    /// What is refused for them.
    pub cases: &'static [Part],
    /// Variants that no command meets, and why.
    pub unreachable: &'static [(&'static str, &'static str)],
}

impl Table {
    #[track_caller]
    pub fn check(&self) {
        let mut met = BTreeSet::new();
        for (floor, cases) in self.cases {
            for (name, case) in *cases {
                let mut world = floor();
                let why = case(&mut world).check(name, &mut world);
                let named = why.code() == *name || why.to_string().starts_with(name);
                assert!(named, "{name}: {}: {why}", why.code());
                let shown = format!("{why:?}");
                let inner = shown.strip_prefix(self.within);
                let inner = inner.unwrap_or_else(|| panic!("{name}: not of the table: {shown}"));
                met.insert(word(inner).to_owned());
            }
        }
        let complaints = complaints(&self.arms, &met, self.unreachable);
        assert!(complaints.is_empty(), "{}: {complaints:?}", self.within);
    }
}

/// What is wrong about a table whose cases met these variants.
fn complaints(
    arms: &Arms,
    met: &BTreeSet<String>,
    unreachable: &[(&'static str, &'static str)],
) -> Vec<String> {
    let mut found = Vec::new();
    let excused = |variant: &str| unreachable.iter().any(|(excused, _)| *excused == variant);
    for variant in arms.keys().filter(|variant| !met.contains(**variant) && !excused(variant)) {
        found.push(format!("no case for {variant}"));
    }
    // Else the reading of the source would have gone wrong unseen.
    for variant in met.iter().filter(|variant| !arms.contains_key(variant.as_str())) {
        found.push(format!("{variant} is met and not in the source"));
    }
    for (variant, reason) in unreachable {
        if met.contains(*variant) {
            found.push(format!("{variant} is met: it is not unreachable"));
        }
        if !arms.contains_key(variant) {
            found.push(format!("{variant} is unreachable and not there any more"));
        }
        if reason.len() < 20 {
            found.push(format!("{variant} is unreachable without a reason"));
        }
    }
    found
}

#[test]
fn a_table_that_lacks_something_says_so() {
    const WHY: &str = "a reason that says something";
    let arms: Arms = [("A", Some("a")), ("B", None)].into();
    type Row = (&'static [&'static str], &'static [(&'static str, &'static str)], &'static str);
    let rows: [Row; 6] = [
        (&["A", "B"], &[], ""),
        (&["A"], &[("B", WHY)], ""),
        (&["A"], &[], "no case for B"),
        (&["A", "B"], &[("B", WHY)], "B is met: it is not unreachable"),
        (&["A", "B"], &[("C", WHY)], "C is unreachable and not there any more"),
        (&["A", "B", "C"], &[], "C is met and not in the source"),
    ];
    for (met, unreachable, expected) in rows {
        let met = met.iter().map(|variant| (*variant).to_owned()).collect();
        assert_eq!(complaints(&arms, &met, unreachable).join(", "), expected);
    }
}
