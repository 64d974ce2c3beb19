//! Bringing back what taking an import back had put into the trash.

use std::collections::BTreeMap;

use holdfast_contract::{Code, ImportId, OpId, Outcome, Problem};
use holdfast_store::Tx;
use holdfast_store::imports::{self as store, ImportState, ImportedRow};

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
            let part = to_bring_back(&mut tx, actor, id, after).await;
            let part = finish(tx, part).await?;
            let Some(last) = part.last else { break };
            after = last;
            let restores: Vec<Ready> = part.rows.iter().map(|(row, version)| restore(id, row, *version)).collect();
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

    /// How many places bringing this import back would bring: those that [`Service::bring_back_import`] would take out of the
    /// trash now.
    pub async fn count_to_bring_back(&self, actor: Actor, id: ImportId) -> Result<u64, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let count = async {
            let (mut count, mut after) = (0, -1);
            loop {
                let part = to_bring_back(&mut tx, actor, id, after).await?;
                count += part.rows.len() as u64;
                let Some(last) = part.last else { return Ok(count) };
                after = last;
            }
        };
        let count = count.await;
        Ok(finish(tx, count).await?)
    }
}

/// What of some rows of an import is to be brought back.
struct Part {
    /// The rows whose places are, with the version that each has in the trash.
    rows: Vec<(ImportedRow, i64)>,
    /// The last of the rows that were looked at; `None` where there are no more.
    last: Option<i64>,
}

/// Looks at the next rows behind row `after`.
async fn to_bring_back(tx: &mut Tx, actor: Actor, id: ImportId, after: i64) -> Result<Part, holdfast_store::Error> {
    let created = store::created_places(tx, actor, id, after, number(PART)).await?;
    let deletions: Vec<(i64, OpId)> = created.iter().map(|row| (row.number, deletion(id, row.number))).collect();
    let in_trash: BTreeMap<i64, i64> = store::in_trash_since(tx, actor, &deletions).await?.into_iter().collect();
    let last = created.last().map(|row| row.number);
    let rows = created.into_iter().filter_map(|row| in_trash.get(&row.number).map(|version| (row, *version)));
    Ok(Part { rows: rows.collect(), last })
}
