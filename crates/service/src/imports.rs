//! Imports on the server: a file that a person brought in through the web, whose places are created by operations like any others.
//!
//! The id of every operation follows from the import and the number of its row. So a run that was interrupted anywhere can be run
//! again, by whichever process: what it has done is found by its receipts, nothing is made twice, and it still is known which
//! places this import made. Taking it back is the same with deletions, bringing it back with restores.

mod bring_back;
mod operation;
mod run;
mod undo;

use holdfast_contract::limits::{IMPORT_BYTES_MAX, IMPORT_LABEL_MAX, IMPORTS_OPEN_MAX, PUSH_OPERATIONS_MAX};
use holdfast_contract::text::Text;
use holdfast_contract::{ClientId, Code, FieldCode, FieldError, ImportId, NewPlace, Problem, Timestamp};
use holdfast_store::imports::{self as store, ImportToBegin, UNDER_WAY_SECONDS};
use serde_json::Value;

pub use bring_back::BroughtBack;
pub use holdfast_store::imports::{ImportState, ImportSummary, KnownPlace, StoredImport};

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
#[derive(Clone, PartialEq, Debug, Default)]
pub struct UndoResult {
    /// Places of this import that are not live any more.
    pub removed: u64,
    /// Places of this import that were changed since, and stay.
    pub kept: u64,
    /// Places of this import that are still to be taken back. It can be done again, and goes on with these.
    pub left: u64,
    /// Why, where some are left.
    pub deferred: Option<Problem>,
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

    /// Forgets an import that has come to its end or was taken back. Its places stay. [`Error::NotFound`] where there is none.
    pub async fn delete_import(&self, actor: Actor, id: ImportId) -> Result<(), Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let done = store::delete(&mut tx, actor, id).await;
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

    /// One of them. `None` where there is none.
    pub async fn import_summary(&self, actor: Actor, id: ImportId) -> Result<Option<ImportSummary>, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let import = store::summary(&mut tx, actor, id).await;
        Ok(finish(tx, import).await?)
    }

    /// The moment that is noted when work at an import stops before its end: nobody is to think that it is under way.
    fn long_ago(&self) -> Timestamp {
        self.now().plus_seconds(-UNDER_WAY_SECONDS)
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

fn number(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

pub(crate) fn taken_back() -> Error {
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
