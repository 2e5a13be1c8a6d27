//! The plan of a waterfall before it runs, for people and for programs.

use rhodian_core::engine::State;
use rhodian_core::ids::{LayerId, LossId};
use rhodian_core::waterfall::Plan;
use rhodian_report::money::Money;
use rhodian_report::safe::{columns, left, printable, right};
use serde_json::{Value, json};

/// The plans of a file's losses, in order: each as it stood when the deficit was recognised.
#[derive(Clone, Copy, Debug)]
pub struct Plans<'a> {
    /// Each loss and its plan; none where the waterfall does not answer its class.
    pub plans: &'a [(LossId, Option<Plan>)],
    /// The external ids of the losses, in the engine's order.
    pub losses: &'a [String],
    /// The state, for the names of the layers.
    pub state: &'a State,
    /// How amounts are written.
    pub money: Money,
    /// The name of the asset.
    pub asset: &'a str,
}

impl Plans<'_> {
    fn loss(&self, id: LossId) -> &str {
        self.losses.get(id.index()).map_or("", String::as_str)
    }

    fn name(&self, layer: LayerId) -> String {
        let found = self.state.domains.layer(layer);
        found.map_or_else(String::new, |layer| layer.spec.name.as_str().to_owned())
    }

    /// As a table for each loss.
    #[must_use]
    pub fn text(&self) -> String {
        let tables: Vec<String> = self
            .plans
            .iter()
            .map(|(id, plan)| {
                let id = self.loss(*id);
                let Some(plan) = plan else {
                    return format!("{}   no waterfall\n", printable(id));
                };
                self.table(id, plan)
            })
            .collect();
        tables.join("\n")
    }

    fn table(&self, id: &str, plan: &Plan) -> String {
        let amount = |atoms| self.money.with_places(atoms, self.money.places([atoms]));
        let mut rows = vec![["step", "layer", "can pay", "is asked for", ""].map(str::to_owned)];
        for round in &plan.rounds {
            for draw in &round.draws {
                let can = match draw.capacity.amount.atoms() {
                    rhodian_core::bounds::MAX_AMOUNT => "any amount".to_owned(),
                    atoms => amount(atoms),
                };
                let words = match (draw.pending, draw.capacity.capped) {
                    (true, _) => "until a deadline",
                    (false, true) => "capped",
                    (false, false) => "",
                };
                rows.push([
                    round.step.to_string(),
                    printable(&self.name(draw.layer)),
                    can,
                    amount(draw.planned.atoms()),
                    words.to_owned(),
                ]);
            }
        }
        let uncovered = amount(plan.uncovered.atoms());
        rows.push([String::new(), "uncovered".to_owned(), String::new(), uncovered, String::new()]);
        let asset = printable(self.asset);
        let heading =
            format!("{}   {} {asset} to absorb\n", printable(id), amount(plan.amount.atoms()));
        heading + &grid(&rows)
    }

    /// As one JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let plans = self.plans.iter().map(|(id, plan)| {
            let id = self.loss(*id);
            let steps = plan.iter().flat_map(|plan| &plan.rounds).flat_map(|round| {
                round.draws.iter().map(|draw| {
                    json!({
                        "step": round.step,
                        "layer": self.name(draw.layer),
                        "capacity": draw.capacity.amount,
                        "available": draw.capacity.available,
                        "capped": draw.capacity.capped,
                        "planned": draw.planned,
                        "pending": draw.pending,
                    })
                })
            });
            json!({
                "loss": id,
                "amount": plan.as_ref().map(|plan| plan.amount),
                "draws": steps.collect::<Vec<_>>(),
                "uncovered": plan.as_ref().map(|plan| plan.uncovered),
            })
        });
        json!({ "asset": self.asset, "plans": plans.collect::<Vec<_>>() })
    }
}

/// Rows under a heading; amounts are set right.
fn grid(rows: &[[String; 5]]) -> String {
    let widths: Vec<usize> =
        (0..5).map(|at| rows.iter().map(|row| columns(&row[at])).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = (0..5)
            .map(|at| {
                let set = if (2..4).contains(&at) { right } else { left };
                set(&row[at], widths[at])
            })
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}
