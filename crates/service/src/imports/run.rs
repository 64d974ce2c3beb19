//! Running an import.

use holdfast_contract::{ClientId, Code, ImportId, OperationOutcome, Outcome, Problem};
use holdfast_store::imports::{self as store, ImportCounts, ImportState, ImportedRow, StoredImport};

use super::operation::create;
use super::{ImportPlace, ImportResult, PART, number, taken_back};
use crate::push::{Ready, Within};
use crate::service::finish;
use crate::{Actor, Error, Service};

impl Service {
    /// Begins to run an import, or goes on with one that was interrupted: gives what is to be read, and from now on neither the
    /// file nor how it is read can be changed. So whoever goes on reads the same. The file is gone where the import has come to
    /// its end.
    ///
    /// [`Error::NotFound`] where there is no such import; a problem with [`Code::Conflict`] where it was taken back.
    pub async fn begin_run(&self, actor: Actor, id: ImportId) -> Result<StoredImport, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let import = store::begin_run(&mut tx, actor, id, self.now()).await;
        let import = finish(tx, import).await?.ok_or(Error::NotFound)?;
        match import.state {
            ImportState::Undoing | ImportState::Undone => Err(taken_back()),
            _ => Ok(import),
        }
    }

    /// Creates the places of an import that was [begun](Self::begin_run), all of its rows in the order of the file, by the same
    /// operations as a push. Interrupted anywhere, it is run again with the same rows; then nothing is made twice. Where the plan
    /// is full it stops and says so in `deferred`, and can be run again. Its file is dropped at the end.
    ///
    /// [`Error::NotFound`] where there is no such import; a problem with [`Code::Conflict`] where it was not begun, or taken back,
    /// also in the middle of it: then nothing more is made. One that has come to its end says the same again.
    pub async fn run_import(&self, actor: Actor, id: ImportId, rows: &[ImportPlace]) -> Result<ImportResult, Error> {
        let mut result = ImportResult::default();
        // One round where there are no rows, too: whether it was begun is asked there.
        for first in (0..rows.len().max(1)).step_by(PART) {
            let part = &rows[first..rows.len().min(first + PART)];
            let numbered = || part.iter().enumerate().map(|(at, row)| (number(first + at), row));
            let noted: Vec<(i64, ClientId)> = numbered().map(|(number, row)| (number, row.client_id)).collect();
            // Before anything is made: who dies behind this leaves nothing that taking it back would not find.
            let mut tx = self.pool().begin_as(actor).await?;
            let state = store::note(&mut tx, actor, id, &noted, self.now()).await;
            go_on(finish(tx, state).await?)?;
            let creates: Vec<Ready> = numbered().map(|(number, row)| create(id, number, row)).collect();
            let outcomes = self.settle(actor, Within::Import(id), &creates).await?;
            let mut done = Vec::with_capacity(part.len());
            for ((number, row), outcome) in numbered().zip(outcomes) {
                done.extend(result.take(number, row, outcome));
            }
            let counts = result.counts(rows.len());
            let stops = result.deferred.is_some();
            let mut tx = self.pool().begin_as(actor).await?;
            let touched = if stops { self.long_ago() } else { self.now() };
            let state = store::record(&mut tx, actor, id, &done, counts, touched).await;
            // Where it was taken back meanwhile, what this part made was taken back with it.
            go_on(finish(tx, state).await?)?;
            if stops {
                return Ok(result);
            }
        }
        self.change_import(actor, id, &[ImportState::Running], ImportState::Finished).await?;
        Ok(result)
    }
}

/// Whether an import in this state may be run on. The answer to a run that came to its end may have been lost: done again, it
/// finds all of it done.
fn go_on(state: Option<ImportState>) -> Result<(), Error> {
    match state {
        None => Err(Error::NotFound),
        Some(ImportState::Undoing | ImportState::Undone) => Err(taken_back()),
        Some(ImportState::Previewed) => {
            let detail = "This import was not begun.";
            Err(Error::Problem(Box::new(Problem::new(Code::Conflict, detail))))
        }
        Some(ImportState::Running | ImportState::Finished) => Ok(()),
    }
}

impl ImportResult {
    /// Counts an outcome. Returns what is to be noted of the row, if it has come to anything.
    fn take(&mut self, number: i64, row: &ImportPlace, outcome: OperationOutcome) -> Option<ImportedRow> {
        let (place, created) = match outcome.outcome {
            Outcome::Applied { place, .. } => (Some(place), true),
            Outcome::Duplicate { first, place, .. } => (Some(place), first),
            Outcome::Conflict { place, .. } => (Some(place), false),
            Outcome::Gone { .. } => {
                let detail = "This place was deleted for good before and does not come back.";
                self.rejected.push((row.line, Problem::new(Code::Gone, detail)));
                return None;
            }
            Outcome::Rejected { problem } => {
                self.rejected.push((row.line, problem));
                return None;
            }
            Outcome::Deferred { problem } => {
                self.deferred.get_or_insert(problem);
                return None;
            }
        };
        match place.as_ref() {
            _ if created => self.created += 1,
            Some(place) if place.deleted_at.is_some() => self.in_trash += 1,
            _ => self.known += 1,
        }
        Some(ImportedRow { number, client_id: row.client_id, place: place.map(|place| place.id), created })
    }

    fn counts(&self, total: usize) -> ImportCounts {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        ImportCounts {
            total: number(total),
            created: count(self.created),
            known: count(self.known),
            in_trash: count(self.in_trash),
            rejected: number(self.rejected.len()),
        }
    }
}
