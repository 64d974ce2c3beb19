//! Help for fuzzing: bodies as the API reads them.

use holdfast_contract::Problem;
use holdfast_contract::sync::PushRequest;

/// Reads the body of a push, with the words that a wrong one is refused with.
pub fn read_push(body: &[u8]) -> Result<PushRequest<'_>, Problem> {
    crate::json::parse(body).map_err(|refusal| refusal.problem().clone())
}
