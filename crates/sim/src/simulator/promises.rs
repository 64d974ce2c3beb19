//! What the server has told devices: what it once said about an operation stays said.

use holdfast_contract::Outcome;
use holdfast_contract::sync::PushReply;
use holdfast_device::Answer;

use super::world::{Verdict, World};

/// How long it is kept in mind: safely less than the server keeps receipts.
const MICROSECONDS: i64 = 100 * 86_400 * 1_000_000;

impl World {
    /// 5. An operation that was said to be applied is never applied, refused or doubted again.
    pub(super) fn hear(&mut self, answer: &Answer) -> Verdict {
        let Answer::Http { status: 200, protocol_header: true, body, .. } = answer else { return Ok(()) };
        let Ok(reply) = serde_json::from_slice::<PushReply>(body) else { return Ok(()) };
        let now = self.clock.tick();
        self.model.applied.retain(|_, at| *at > now - MICROSECONDS);
        for outcome in reply.outcomes {
            let Some(op_id) = outcome.op_id else { continue };
            let known = self.model.applied.contains_key(&op_id);
            match &outcome.outcome {
                Outcome::Applied { .. } if !known => {
                    self.model.applied.insert(op_id, now);
                }
                Outcome::Applied { .. } | Outcome::Conflict { .. } | Outcome::Duplicate { first: false, .. }
                    if known =>
                {
                    return Err(format!(
                        "5. retry: {op_id:?} was said to be applied, and when it came again: {}",
                        outcome.outcome.name()
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
