//! Bringing back what taking an import back had put into the trash.

use std::collections::BTreeMap;

use holdfast_contract::{Code, ImportId, OpId, Outcome, Problem};
use holdfast_store::imports::{self as store, ImportState};

use super::operation::{deletion, restore};
use super::{PART, number};
use crate::push::{Ready, Within};
use crate::service::finish;
use crate::{Actor, Error, Service};

/// What bringing the places of an import back came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct BroughtBack {
    /// Places that are live again.
    pub restored: u64,
    /// Places that somebody changed in that very moment, and that stay as they are.
    pub kept: u64,
    /// Places that are still to be brought back. It can be done again, and goes on with these.
    pub left: u64,
    /// Why, where some are left.
    pub deferred: Option<Problem>,
}

impl Service {
    /// Takes out of the trash what taking this import back had put there and nobody has touched since. What its owner had put
    /// there before stays. Interrupted, it is done again and goes on where it stopped; done twice, it changes nothing more.
    ///
    /// [`Error::NotFound`] where there is no such import; a problem with [`Code::Conflict`] where it was not taken back.
    pub async fn bring_back_import(&self, actor: Actor, id: ImportId) -> Result<BroughtBack, Error> {
        let import = self.import_summary(actor, id).await?.ok_or(Error::NotFound)?;
        if import.state != ImportState::Undone {
            let detail = "This import was not taken back; there is nothing to bring back.";
            return Err(Error::Problem(Box::new(Problem::new(Code::Conflict, detail))));
        }
        let mut result = BroughtBack::default();
        let mut after = -1;
        loop {
            let mut tx = self.pool().begin_as(actor).await?;
            let found = async {
                let part = store::created_places(&mut tx, actor, id, after, number(PART)).await?;
                let rows: Vec<(i64, OpId)> = part.iter().map(|row| (row.number, deletion(id, row.number))).collect();
                Ok((store::in_trash_since(&mut tx, actor, &rows).await?, part))
            };
            let found = found.await;
            let (in_trash, part) = finish(tx, found).await?;
            let Some(last) = part.last() else { break };
            after = last.number;
            let versions: BTreeMap<i64, i64> = in_trash.into_iter().collect();
            let restores: Vec<Ready> =
                part.iter().filter_map(|row| Some(restore(id, row, *versions.get(&row.number)?))).collect();
            for outcome in self.settle(actor, Within::Anything, &restores).await? {
                match outcome.outcome {
                    Outcome::Applied { .. } | Outcome::Duplicate { .. } => result.restored += 1,
                    Outcome::Conflict { .. } | Outcome::Gone { .. } | Outcome::Rejected { .. } => result.kept += 1,
                    Outcome::Deferred { problem } => {
                        result.left += 1;
                        result.deferred.get_or_insert(problem);
                    }
                }
            }
        }
        Ok(result)
    }

    /// About how many places bringing this import back would bring: those that it made, that are in the trash and that nobody
    /// has changed.
    pub async fn count_to_bring_back(&self, actor: Actor, id: ImportId) -> Result<u64, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let count = store::unchanged_in_trash(&mut tx, actor, id).await;
        Ok(u64::try_from(finish(tx, count).await?).unwrap_or(0))
    }
}
