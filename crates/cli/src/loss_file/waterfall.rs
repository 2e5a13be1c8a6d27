//! What the engine says of a file's waterfall before anything runs: what can never be right is
//! an error with the lines at fault, what is merely odd is a remark.

use std::collections::BTreeSet;

use rhodian_core::domain::{Command, Rejection};
use rhodian_core::engine::{self, Action, Actor, Engine, Envelope, Outcome, Role};
use rhodian_core::ids::{AssetId, DomainId, LayerId, Time};
use rhodian_core::waterfall::{self, Flaw, Side, Warning};

use super::model::{Layer, LossFile, Place};
use crate::diagnostic::Diagnostic;
use crate::terminal::visible;

impl LossFile {
    /// The waterfall as the engine takes it, where its layers were added in the order of
    /// [`LossFile::layers`].
    #[must_use]
    pub fn waterfall(&self) -> Vec<waterfall::Step> {
        let mut next = 0;
        let steps = self.steps.iter().map(|step| {
            let side = |layer: &Layer| {
                let id = LayerId(next);
                next += 1;
                Side { layer: id, weight: layer.share }
            };
            waterfall::Step { layers: step.layers.iter().map(side).collect() }
        });
        steps.collect()
    }

    /// The step (from 1) and the layer of an id given in the order of [`LossFile::layers`].
    #[must_use]
    pub fn layer_of(&self, id: LayerId) -> Option<(usize, &Layer)> {
        let layers = (1..).zip(&self.steps);
        let layers = layers.flat_map(|(step, found)| found.layers.iter().map(move |l| (step, l)));
        layers.into_iter().nth(id.index())
    }

    /// What the engine refused about a layer or the waterfall, in the words of the file. Layers
    /// must have been added in the order of [`LossFile::layers`].
    #[must_use]
    pub fn refused(&self, rejection: &Rejection) -> Diagnostic {
        let error = |help: &str| {
            Diagnostic::bad_input(rejection.code(), visible(&rejection.to_string()), help)
        };
        match rejection {
            Rejection::Waterfall { flaw } => self.flawed(flaw),
            Rejection::ZeroCap { layer }
            | Rejection::Unbounded { layer }
            | Rejection::OnTouch { layer } => {
                let found = self.layers().find(|found| found.name == *layer);
                let place = found.map_or(Place::default(), |found| found.place.clone());
                self.text.mark(error("change the layer."), &place, "a layer the engine takes")
            }
            Rejection::ComparisonRule { layer } => {
                let found = self.layers().find(|found| found.name == *layer);
                let place = found.map_or(Place::default(), |found| found.place.clone());
                let help = "name another rule; `rhodian allocate` and `rhodian explain` compare.";
                self.text.mark(error(help), &place, "a rule for any number of claims")
            }
            _ => error("change the file.").at(self.text.name.clone()),
        }
    }

    fn flawed(&self, flaw: &Flaw) -> Diagnostic {
        let words = |id: LayerId| match self.layer_of(id) {
            Some((step, layer)) => {
                (format!("\"{}\"", layer.name), step, self.line(&layer.place), layer.place.clone())
            }
            None => (format!("{id}"), 0, 0, Place::default()),
        };
        let refuse =
            |message: String, help: &str| Diagnostic::bad_input(flaw.code(), message, help);
        let cited = |place: &Place, why: String| format!("{}   {why}", self.text.cite(place));
        match flaw {
            Flaw::NeverReached { layer, behind, .. } => {
                let ((name, _, _, place), (before, step, line, _)) =
                    (words(*layer), words(*behind));
                let why = format!("step {step} {before} (line {line}) has no cap");
                refuse(
                    format!("layer {name} can never pay"),
                    "move it last, or give it per_event or per_episode.",
                )
                .at(cited(&place, why))
            }
            Flaw::PrincipalBeforeProfit { step, layer } => {
                let (name, principal, line, _) = words(*layer);
                let profit = self.steps.get(step - 1).map_or(Place::default(), |s| s.place.clone());
                let why =
                    format!("step {principal} {name} (line {line}) takes principal before it");
                refuse("principal stands before providers' profit".to_owned(), "swap the steps.")
                    .at(cited(&profit, why))
            }
            Flaw::CustodyNotOwnMoney { layer } => {
                let (name, _, _, place) = words(*layer);
                let why = format!("the first step is {name}");
                refuse(
                    "a custody loss does not begin with the operator's own money".to_owned(),
                    "begin with a layer of kind \"operator-capital\" or \"treasury\".",
                )
                .at(cited(&place, why))
            }
            Flaw::NoSteps
            | Flaw::TooMany { .. }
            | Flaw::EmptyStep { .. }
            | Flaw::UnknownLayer { .. }
            | Flaw::ZeroWeight { .. }
            | Flaw::LayerTwice { .. }
            | Flaw::SupplyTwice { .. }
            | Flaw::SharesTwice { .. }
            | Flaw::NoProfitBefore { .. }
            | Flaw::GainsTwice { .. }
            | Flaw::GainsBehindProfit { .. }
            | Flaw::OtherAsset { .. } => {
                refuse(visible(&flaw.to_string()).into_owned(), "change the steps.")
                    .at(self.text.name.clone())
            }
        }
    }

    fn odd(&self, warning: &Warning) -> String {
        let name = |id: LayerId| match self.layer_of(id) {
            Some((_, layer)) => format!("\"{}\" (line {})", layer.name, self.line(&layer.place)),
            None => format!("{id}"),
        };
        match warning {
            Warning::MembersBeforeHouse { layer, house, .. } => {
                format!("layer {} pays before the house's layer {}", name(*layer), name(*house))
            }
            Warning::CapAboveCapacity { layer, cap, capacity, .. } => format!(
                "layer {} may pay {} but holds {}: the cap cannot bind",
                name(*layer),
                self.format().write_grouped(*cap),
                self.format().write_grouped(*capacity)
            ),
        }
    }
}

/// Puts the file's layers and waterfall before an engine of its own; what is odd about them.
pub(super) fn check(file: &LossFile) -> Result<Vec<String>, Diagnostic> {
    let mut engine = Engine::new();
    let (asset, domain) = (AssetId(0), DomainId(0));
    let name = file.asset.name.clone();
    let decimals = file.asset.decimals;
    let mut commands = vec![
        Command::AddAsset { name: name.clone(), decimals },
        Command::OpenDomain { name, asset },
    ];
    commands
        .extend(file.layers().map(|layer| Command::AddLayer { spec: Box::new(layer.spec(asset)) }));
    let classes: BTreeSet<_> = file.losses.iter().map(|loss| loss.class).collect();
    for class in &classes {
        let steps = file.waterfall();
        commands.push(Command::SetWaterfall { domain, class: *class, steps });
    }
    for command in commands {
        ask(&mut engine, command).map_err(|rejection| match rejection {
            engine::Rejection::Domain(rejection) => file.refused(&rejection),
            other => Diagnostic::bad_input("engine-refused", other.to_string(), "change the file.")
                .at(file.text.name.clone()),
        })?;
    }
    let holds = |id: LayerId| {
        let (_, layer) = file.layer_of(id)?;
        matches!(layer.source, rhodian_core::domain::Source::Pot).then_some(layer.capacity)
    };
    let warnings = waterfall::warnings(&engine.state().domains, &file.waterfall(), &holds);
    let mut remarks: Vec<String> = warnings.iter().map(|warning| file.odd(warning)).collect();
    remarks.dedup();
    Ok(remarks)
}

fn ask(engine: &mut Engine, command: Command) -> Result<(), engine::Rejection> {
    let actor = Actor { role: Role::Governance, id: 0 };
    let envelope = Envelope { at: Time::default(), actor, action: Action::Domain(command) };
    match engine.execute(envelope) {
        Outcome::Accepted(_) => Ok(()),
        Outcome::Rejected(_, rejection) => Err(rejection),
    }
}
