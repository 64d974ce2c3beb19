//! Outcomes of single operations as replies.

use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::{Code, Field, OperationOutcome, Outcome, Problem};

use crate::problem::Refusal;

/// Why the place is not as it was wanted; `None` where it is.
pub(crate) fn refusal_of(outcome: &OperationOutcome) -> Option<Refusal> {
    let problem = match &outcome.outcome {
        Outcome::Applied { .. } | Outcome::Duplicate { .. } => return None,
        Outcome::Conflict { reason, fields, .. } => Problem::new(Code::Conflict, conflict_words(*reason, fields)),
        Outcome::Gone { .. } => Problem::new(
            Code::Gone,
            "The place was deleted for good, or you can no longer see it. Nothing was changed.",
        ),
        Outcome::Rejected { problem } | Outcome::Deferred { problem } => return Some(problem.clone().into()),
    };
    Some(Refusal::of_outcome(problem, outcome.clone()))
}

fn conflict_words(reason: ConflictReason, fields: &[Field]) -> String {
    match reason {
        ConflictReason::FieldsChanged => {
            let names: Vec<_> = fields.iter().map(|f| f.as_str()).collect();
            format!(
                "Changed by somebody else meanwhile: {}. Nothing was applied. `outcome.place` is the place as it is now; \
                 look at it and send the change again with that as `was`.",
                names.join(", ")
            )
        }
        ConflictReason::ChangedSince => "The place has changed since the version you name. Nothing was applied. \
             `outcome.place` is the place as it is now; look at it and send its `version` as `baseVersion`."
            .to_owned(),
        ConflictReason::InTrash => {
            "The place is in the trash. Nothing was applied. Restore it first, then change it.".to_owned()
        }
    }
}
