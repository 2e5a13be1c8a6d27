//! What a share would be under every other rule, as the doors show it.

use rhodian_core::allocation::{AllocationError, Rule, UnderRule};

/// What is to be known beside a share under a rule; may be empty.
#[must_use]
pub fn remark(of: &UnderRule) -> String {
    match (&of.share, of.rule) {
        (Err(AllocationError::TooManyClaims { max, .. }), _) => {
            format!("is exact for {max} accounts at most")
        }
        (Err(AllocationError::TooManyCoalitions { .. }), _) => {
            "has too many orders of arrival to go through".to_owned()
        }
        (Err(AllocationError::NoWeight), _) => "needs weights".to_owned(),
        (Err(error), _) => error.to_string(),
        (Ok(_), Rule::Queue) if of.alike => "no scores given: by the order of ids".to_owned(),
        (Ok(_), Rule::RiskWeighted) if of.alike => {
            "no risk factors given: as proportional".to_owned()
        }
        (Ok(_), _) => String::new(),
    }
}
