//! Imports on the server: a file that a person brought in through the web, whose places are created by operations like any others.
//!
//! The id of every operation follows from the import and the number of its row. So a run that was interrupted anywhere can be run
//! again, by whichever process: what it has done is found by its receipts, nothing is made twice, and it still is known which
//! places this import made. Taking it back is the same with deletions.

use holdfast_contract::limits::{IMPORT_BYTES_MAX, IMPORT_LABEL_MAX, IMPORTS_OPEN_MAX, PUSH_OPERATIONS_MAX};
use holdfast_contract::text::Text;
use holdfast_contract::{
    Action, ClientId, Code, FieldCode, FieldError, ImportId, NewPlace, OpId, Operation, OperationOutcome, Outcome,
    Problem, Target,
};
use holdfast_store::imports::{self as store, ImportCounts, ImportToBegin, ImportedRow, UndoCounts};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub use holdfast_store::imports::{ImportState, ImportSummary, KnownPlace, StoredImport};

use crate::push::Ready;
use crate::service::finish;
use crate::{Actor, Error, Service};

/// So many rows are run in one transaction.
const PART: usize = PUSH_OPERATIONS_MAX;
/// Most imports in the list.
const LIST_MAX: i64 = 200;
/// Captures that are looked up in one statement.
const CHECK_PART: usize = 10_000;
/// Longest word for a format.
const FORMAT_MAX: usize = 40;
/// Largest options, in bytes of JSON. PostgreSQL writes JSON with some more blanks.
const OPTIONS_BYTES_MAX: usize = 32 * 1024;

/// A file that is brought in.
#[derive(Clone, Debug)]
pub struct NewImport<'a> {
    /// What it is called, mostly the file's name; at most 200 characters.
    pub label: &'a str,
    /// Its format, a short word.
    pub format: &'a str,
    /// Its bytes, at most 32 MiB.
    pub file: &'a [u8],
    /// How it is read, as its reader needs it; at most 32 KiB of JSON.
    pub options: Value,
}

/// A place that was read from the file.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportPlace {
    /// Where in the file it stands.
    pub line: u64,
    /// The capture. The same place of the same file has the same one every time, so that it is known again.
    pub client_id: ClientId,
    /// The place.
    pub place: NewPlace,
}

/// What a run came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ImportResult {
    /// Places that this import made, in this run or in one before that was interrupted.
    pub created: u64,
    /// Captures that were known already and are live.
    pub known: u64,
    /// Captures that were known already and are in the trash.
    pub in_trash: u64,
    /// Places that can't be stored: where they stand, and why.
    pub rejected: Vec<(u64, Problem)>,
    /// Why the run stopped before its end. It can be run again, and goes on from there.
    pub deferred: Option<Problem>,
}

/// What taking an import back came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UndoResult {
    /// Places of this import that are not live any more.
    pub removed: u64,
    /// Places of this import that were changed since, and stay.
    pub kept: u64,
}

impl Service {
    /// Keeps a file that is to be looked at before it is run. Of what an account has not run to the end at most five are kept:
    /// the oldest that was never begun makes room. What is not begun within a day is dropped.
    pub async fn begin_import(&self, actor: Actor, import: NewImport<'_>) -> Result<ImportId, Error> {
        if import.file.len() > IMPORT_BYTES_MAX {
            return Err(Error::TooLarge("A file of at most 32 MiB can be imported. Split it.".to_owned()));
        }
        check_options(&import.options)?;
        let label: Text<IMPORT_LABEL_MAX> = text("label", import.label)?;
        let format: Text<FORMAT_MAX> = text("format", import.format)?;
        let id = ImportId::v7(self.now(), rand::random());
        let new = ImportToBegin {
            id,
            label: label.as_str(),
            format: format.as_str(),
            file: import.file,
            options: &import.options,
        };
        let mut tx = self.pool().begin_as(actor).await?;
        let begun = store::begin(&mut tx, actor, new, i64::from(IMPORTS_OPEN_MAX), self.now()).await;
        match finish(tx, begun).await {
            Ok(()) => Ok(id),
            Err(holdfast_store::Error::ImportLimit) => {
                let detail =
                    "Five imports have begun and not come to their end. Run one of them to its end, or take it back.";
                Err(Error::Problem(Box::new(Problem::new(Code::Conflict, detail))))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// One of the actor's imports with its file, which is gone when it has come to its end. `None` where there is none.
    pub async fn import_file(&self, actor: Actor, id: ImportId) -> Result<Option<StoredImport>, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let import = store::get(&mut tx, actor, id).await;
        Ok(finish(tx, import).await?)
    }

    /// Changes how an import is read, as long as it has not begun. [`Error::NotFound`] otherwise.
    pub async fn set_import_options(&self, actor: Actor, id: ImportId, options: &Value) -> Result<(), Error> {
        check_options(options)?;
        let mut tx = self.pool().begin_as(actor).await?;
        let done = store::set_options(&mut tx, actor, id, options).await;
        if finish(tx, done).await? { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Drops an import that has not begun, with its file. [`Error::NotFound`] where there is none.
    pub async fn discard_import(&self, actor: Actor, id: ImportId) -> Result<(), Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let done = store::discard(&mut tx, actor, id).await;
        if finish(tx, done).await? { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Which of these captures the actor has.
    pub async fn check_import(&self, actor: Actor, captures: &[ClientId]) -> Result<Vec<KnownPlace>, Error> {
        let mut known = Vec::new();
        for part in captures.chunks(CHECK_PART) {
            let mut tx = self.pool().begin_as(actor).await?;
            let found = store::known(&mut tx, actor, part).await;
            known.extend(finish(tx, found).await?);
        }
        Ok(known)
    }

    /// The actor's imports, newest first, at most 200.
    pub async fn list_imports(&self, actor: Actor) -> Result<Vec<ImportSummary>, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let imports = store::list(&mut tx, actor, LIST_MAX).await;
        Ok(finish(tx, imports).await?)
    }

    /// Creates the places of an import, all of its rows in the order of the file, by the same operations as a push. Interrupted
    /// anywhere, it is run again with the same rows; then nothing is made twice. Where the plan is full it stops and says so in
    /// `deferred`, and can be run again. Its file is dropped at the end.
    ///
    /// [`Error::NotFound`] where there is no such import; a problem with [`Code::Conflict`] where it was taken back. One that has come
    /// to its end says the same again.
    pub async fn run_import(&self, actor: Actor, id: ImportId, rows: &[ImportPlace]) -> Result<ImportResult, Error> {
        let open = [ImportState::Previewed, ImportState::Running];
        let was = self.change_import(actor, id, &open, ImportState::Running).await?;
        // The answer to a run that came to its end may have been lost: done again, it finds all of it done.
        if matches!(was, ImportState::Undoing | ImportState::Undone) {
            return Err(taken_back());
        }
        let mut result = ImportResult::default();
        for (index, part) in rows.chunks(PART).enumerate() {
            let first = index * PART;
            let creates: Vec<Ready> =
                part.iter().enumerate().map(|(at, row)| create(id, number(first + at), row)).collect();
            let outcomes = self.settle(actor, None, &creates).await?;
            let mut done = Vec::with_capacity(part.len());
            for (at, (row, outcome)) in part.iter().zip(outcomes).enumerate() {
                done.extend(result.take(number(first + at), row, outcome));
            }
            let counts = result.counts(rows.len());
            let mut tx = self.pool().begin_as(actor).await?;
            let state = store::record(&mut tx, actor, id, &done, counts).await;
            match finish(tx, state).await? {
                None => return Err(Error::NotFound),
                Some(ImportState::Undoing | ImportState::Undone) => {
                    // It was taken back while this part was under way: what the part made goes the same way.
                    self.take_back(actor, id).await?;
                    return Err(taken_back());
                }
                Some(_) => {}
            }
            if result.deferred.is_some() {
                return Ok(result);
            }
        }
        let counts = result.counts(rows.len());
        let mut tx = self.pool().begin_as(actor).await?;
        let ended = async {
            store::record(&mut tx, actor, id, &[], counts).await?;
            let (from, to) = ([ImportState::Running], ImportState::Finished);
            store::change_state(&mut tx, actor, id, &from, to, self.now()).await
        };
        let ended = ended.await;
        finish(tx, ended).await?;
        Ok(result)
    }

    /// Puts into the trash what this import made and nobody has changed since. Interrupted, it goes on where it stopped; done
    /// again, it changes nothing more and says the same. [`Error::NotFound`] where there is no such import.
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
        let mut counts = UndoCounts::default();
        let mut after = -1;
        loop {
            let mut tx = self.pool().begin_as(actor).await?;
            let part = store::created_places(&mut tx, actor, id, after, number(PART)).await;
            let part = finish(tx, part).await?;
            let Some(last) = part.last() else { break };
            after = last.number;
            let deletes: Vec<Ready> = part.iter().map(|row| delete(id, row)).collect();
            for outcome in self.settle(actor, None, &deletes).await? {
                match outcome.outcome {
                    Outcome::Applied { .. } | Outcome::Duplicate { .. } | Outcome::Gone { .. } => counts.removed += 1,
                    Outcome::Conflict { .. } => counts.kept += 1,
                    Outcome::Rejected { problem } | Outcome::Deferred { problem } => {
                        return Err(Error::Problem(Box::new(problem)));
                    }
                }
            }
        }
        let mut tx = self.pool().begin_as(actor).await?;
        let ended = async {
            store::record_undo(&mut tx, actor, id, counts).await?;
            let (from, to) = ([ImportState::Undoing], ImportState::Undone);
            store::change_state(&mut tx, actor, id, &from, to, self.now()).await
        };
        let ended = ended.await;
        finish(tx, ended).await?;
        Ok(counts.into())
    }

    /// Returns the state it was in.
    async fn change_import(
        &self,
        actor: Actor,
        id: ImportId,
        from: &[ImportState],
        to: ImportState,
    ) -> Result<ImportState, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let was = store::change_state(&mut tx, actor, id, from, to, self.now()).await;
        finish(tx, was).await?.ok_or(Error::NotFound)
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

impl From<UndoCounts> for UndoResult {
    fn from(counts: UndoCounts) -> Self {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Self { removed: count(counts.removed), kept: count(counts.kept) }
    }
}

fn create(id: ImportId, number: i64, row: &ImportPlace) -> Ready {
    let place = Box::new(row.place.clone());
    ready(id, "create", number, row.client_id, Action::Create { client_id: row.client_id, place })
}

fn delete(id: ImportId, row: &ImportedRow) -> Ready {
    let action = Action::Delete { target: Target::Own(row.client_id), base_version: 1 };
    ready(id, "delete", row.number, row.client_id, action)
}

/// The operation of a row. Its id is the same every time. So is its hash, which says which row of which import it is, and not
/// what was read: where a place has no time of its own, that is the moment at which it was read.
fn ready(id: ImportId, kind: &str, number: i64, client_id: ClientId, action: Action) -> Ready {
    let hash = |what: &str| {
        let hash = Sha256::new().chain_update("holdfast import ").chain_update(what).chain_update([0]);
        hash.chain_update(kind).chain_update([0]).chain_update(id.0).chain_update(number.to_be_bytes())
    };
    let named: [u8; 32] = hash("operation").finalize().into();
    let mut op_id = [0; 16];
    op_id.copy_from_slice(&named[..16]);
    let op_id = OpId(uuid::Builder::from_custom_bytes(op_id).into_uuid());
    let hash = hash("row").chain_update(client_id.0).finalize().into();
    Ready { operation: Operation { op_id, action }, hash }
}

fn number(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn taken_back() -> Error {
    let detail = "This import was taken back. Bring the file in again to import it once more.";
    Error::Problem(Box::new(Problem::new(Code::Conflict, detail)))
}

fn check_options(options: &Value) -> Result<(), Error> {
    if options.to_string().len() > OPTIONS_BYTES_MAX {
        return Err(Error::TooLarge("These options are too long.".to_owned()));
    }
    Ok(())
}

fn text<const MAX: usize>(field: &str, raw: &str) -> Result<Text<MAX>, Error> {
    let error = match Text::parse(raw) {
        Ok(Some(text)) => return Ok(text),
        Ok(None) => FieldError::new(field, FieldCode::Required, "is missing"),
        Err(error) => error.at(field),
    };
    Err(Error::Problem(Box::new(Problem::invalid(vec![error]))))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_row_has_an_operation_of_its_own_and_the_same_every_time() {
        let ids = [1, 2].map(|n| ImportId(Uuid::from_u128(n)));
        let client_id = ClientId(Uuid::from_u128(7));
        let operation = |id, kind, number| {
            let action = Action::Delete { target: Target::Own(client_id), base_version: 1 };
            ready(id, kind, number, client_id, action).operation.op_id
        };
        let one = operation(ids[0], "create", 3);
        assert_eq!(operation(ids[0], "create", 3), one);
        let others = [operation(ids[1], "create", 3), operation(ids[0], "delete", 3), operation(ids[0], "create", 4)];
        assert!(others.iter().all(|other| *other != one));
        assert_eq!(one.0.get_version_num(), 8);
    }
}
