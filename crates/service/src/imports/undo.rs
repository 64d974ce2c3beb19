//! Taking an import back.

use holdfast_contract::{Code, ImportId, OpId, Outcome, Problem};
use holdfast_store::imports::{self as store, ImportState, UndoCounts};

use super::operation::{creation, delete};
use super::{PART, UndoResult, number};
use crate::push::{Ready, Within};
use crate::service::finish;
use crate::{Actor, Error, Service};

impl Service {
    /// Puts into the trash what this import made and nobody has changed since. Interrupted, it goes on where it stopped; done
    /// again, it changes nothing more and says the same. A place that can't be taken back keeps no other: it is counted as kept,
    /// or, where that may change, as left; then it is to be done again.
    ///
    /// [`Error::NotFound`] where there is no such import; a problem with [`Code::Conflict`] where nothing was imported yet.
    pub async fn undo_import(&self, actor: Actor, id: ImportId) -> Result<UndoResult, Error> {
        let from = [ImportState::Running, ImportState::Finished, ImportState::Undoing];
        match self.change_import(actor, id, &from, ImportState::Undoing).await? {
            ImportState::Previewed => {
                let detail = "Nothing was imported yet; there is nothing to take back.";
                Err(Error::Problem(Box::new(Problem::new(Code::Conflict, detail))))
            }
            ImportState::Undone => {
                let mut tx = self.pool().begin_as(actor).await?;
                let counts = store::undo_counts(&mut tx, actor, id).await;
                Ok(finish(tx, counts).await?.into())
            }
            _ => self.take_back(actor, id).await,
        }
    }

    async fn take_back(&self, actor: Actor, id: ImportId) -> Result<UndoResult, Error> {
        self.resolve_noted(actor, id).await?;
        let mut result = UndoResult::default();
        let mut after = -1;
        loop {
            let mut tx = self.pool().begin_as(actor).await?;
            let part = store::created_places(&mut tx, actor, id, after, number(PART)).await;
            let part = finish(tx, part).await?;
            let Some(last) = part.last() else { break };
            after = last.number;
            let deletes: Vec<Ready> = part.iter().map(|row| delete(id, row)).collect();
            for outcome in self.settle(actor, Within::Anything, &deletes).await? {
                match outcome.outcome {
                    Outcome::Applied { .. } | Outcome::Duplicate { .. } | Outcome::Gone { .. } => result.removed += 1,
                    Outcome::Conflict { .. } | Outcome::Rejected { .. } => result.kept += 1,
                    Outcome::Deferred { problem } => {
                        result.left += 1;
                        result.deferred.get_or_insert(problem);
                    }
                }
            }
            let mut tx = self.pool().begin_as(actor).await?;
            let touched = if result.left > 0 { self.long_ago() } else { self.now() };
            let recorded = store::record_undo(&mut tx, actor, id, result.counts(), touched).await;
            finish(tx, recorded).await?;
        }
        if result.left == 0 {
            self.change_import(actor, id, &[ImportState::Undoing], ImportState::Undone).await?;
        }
        Ok(result)
    }

    /// Finds what a run made that died before it could say so. No run makes anything any more: each holds the import while it
    /// does, and the import is being taken back.
    async fn resolve_noted(&self, actor: Actor, id: ImportId) -> Result<(), Error> {
        loop {
            let mut tx = self.pool().begin_as(actor).await?;
            let resolved = async {
                let numbers = store::noted(&mut tx, actor, id, number(PART)).await?;
                let rows: Vec<(i64, OpId)> = numbers.iter().map(|number| (*number, creation(id, *number))).collect();
                store::resolve(&mut tx, actor, id, &rows).await?;
                Ok(rows.len())
            };
            let resolved = resolved.await;
            if finish(tx, resolved).await? < PART {
                return Ok(());
            }
        }
    }
}

impl UndoResult {
    fn counts(&self) -> UndoCounts {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        UndoCounts { removed: count(self.removed), kept: count(self.kept) }
    }
}

impl From<UndoCounts> for UndoResult {
    fn from(counts: UndoCounts) -> Self {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Self { removed: count(counts.removed), kept: count(counts.kept), ..Self::default() }
    }
}
