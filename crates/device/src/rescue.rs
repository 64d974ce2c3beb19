//! Rescuing a damaged store where files can't be renamed (a browser): into another file, to which the host then points.

use std::path::Path;

use crate::environment::Environment;
use crate::error::Result;
use crate::recover;
use crate::views::RecoveryReport;

/// Reads what can be read of the damaged store at `damaged` into a fresh one at `making`, which must not be there. Nothing of
/// the damaged one is changed or deleted; every handle on it must be closed. The fresh store is complete when this returns,
/// and says in its status what was rescued ([`crate::Status::recovery`]). Where the file system has names to change,
/// [`file`](crate::file) does all of it.
pub fn rescue_into(damaged: &Path, making: &Path, env: &dyn Environment) -> Result<RecoveryReport> {
    let held = recover::hold(damaged)?;
    recover::rescue(&held, making, damaged, env)
}
