//! The device core as commands use it: a database that turns out damaged in the middle of a command is rescued, the person
//! is told, and the call goes on with what could be read.
//!
//! One method per call of the core. Each is one transaction, so that a call that met damage can be made again.

use std::cell::RefCell;

use holdfast_contract::{OpId, Place, Position, PositionSource};
use holdfast_device::{
    Captured, ConflictView, DeleteOutcome, Device, Edit, FixOutcome, ImportId, ImportPreview, ImportProgress,
    ImportRows, ImportSummary, JournalEntry, ListQuery, LocalId, OutboxEntry, Page, PlaceView, Resolution, Result,
    Seen, Status, UndoProgress, WaitingCapture,
};
use holdfast_host::Store as HostStore;
use serde_json::Value;

use crate::exit::Failure;

type Outcome<T> = std::result::Result<T, Failure>;

/// An open database.
pub(crate) struct Store(RefCell<HostStore>);

impl Store {
    pub(crate) fn new(store: HostStore) -> Self {
        Self(RefCell::new(store))
    }

    fn run<T>(&self, work: impl FnMut(&mut Device) -> Result<T>) -> Outcome<T> {
        Ok(self.0.borrow_mut().run(work)?)
    }

    pub(crate) fn capture(&self, place: &holdfast_contract::NewPlace) -> Outcome<Captured> {
        self.run(|device| device.capture(place.clone()))
    }

    pub(crate) fn capture_waiting(&self, capture: &WaitingCapture) -> Outcome<Captured> {
        self.run(|device| device.capture_waiting(capture.clone()))
    }

    pub(crate) fn fix(&self, id: LocalId, position: Position, source: PositionSource) -> Outcome<FixOutcome> {
        self.run(|device| device.fix(id, position, source))
    }

    pub(crate) fn edit(&self, id: LocalId, edit: &Edit, seen: &Seen) -> Outcome<bool> {
        self.run(|device| device.edit(id, edit.clone(), Some(seen.clone())))
    }

    pub(crate) fn delete(&self, id: LocalId, seen: &Seen) -> Outcome<DeleteOutcome> {
        self.run(|device| device.delete(id, Some(seen.clone())))
    }

    pub(crate) fn is_only_here(&self, id: LocalId) -> Outcome<bool> {
        self.run(|device| device.is_only_here(id))
    }

    pub(crate) fn restore(&self, id: LocalId, seen: &Seen) -> Outcome<()> {
        self.run(|device| device.restore(id, Some(seen.clone())))
    }

    pub(crate) fn resolve(&self, id: LocalId, resolution: &Resolution, seen: Option<i64>) -> Outcome<LocalId> {
        self.run(|device| device.resolve(id, resolution.clone(), seen))
    }

    pub(crate) fn list(&self, query: &ListQuery) -> Outcome<Page> {
        self.run(|device| device.list(query))
    }

    pub(crate) fn get(&self, id: LocalId) -> Outcome<Option<PlaceView>> {
        self.run(|device| device.get(id))
    }

    /// A place that is there, as the caller knows.
    pub(crate) fn place(&self, id: LocalId) -> Outcome<PlaceView> {
        self.get(id)?.ok_or_else(|| holdfast_device::Error::NoSuchPlace.into())
    }

    pub(crate) fn find(&self, reference: &str) -> Outcome<Vec<LocalId>> {
        self.run(|device| device.find(reference))
    }

    pub(crate) fn kept(&self, id: LocalId) -> Outcome<Option<Place>> {
        self.run(|device| device.kept(id))
    }

    pub(crate) fn conflict(&self, id: LocalId) -> Outcome<Option<ConflictView>> {
        self.run(|device| device.conflict(id))
    }

    pub(crate) fn categories(&self) -> Outcome<Vec<String>> {
        self.run(|device| device.categories())
    }

    pub(crate) fn tags(&self) -> Outcome<Vec<String>> {
        self.run(|device| device.tags())
    }

    pub(crate) fn journal(&self, id: LocalId) -> Outcome<Vec<JournalEntry>> {
        self.run(|device| device.journal(id))
    }

    pub(crate) fn status(&self) -> Outcome<Status> {
        self.run(|device| device.status())
    }

    pub(crate) fn outbox(&self, after: Option<i64>, limit: u32) -> Outcome<Vec<OutboxEntry>> {
        self.run(|device| device.outbox(after, limit))
    }

    pub(crate) fn outbox_entry(&self, op: OpId) -> Outcome<Option<OutboxEntry>> {
        self.run(|device| device.outbox_entry(op))
    }

    pub(crate) fn export_outbox(&self, op: Option<OpId>) -> Outcome<Value> {
        self.run(|device| device.export_outbox(op))
    }

    pub(crate) fn retry(&self, op: OpId) -> Outcome<()> {
        self.run(|device| device.retry(op))
    }

    pub(crate) fn retry_all(&self) -> Outcome<u64> {
        self.run(Device::retry_all)
    }

    pub(crate) fn discard(&self, op: OpId, seen: &Seen) -> Outcome<()> {
        self.run(|device| device.discard(op, Some(seen.clone())))
    }

    pub(crate) fn preview_import(&self, rows: ImportRows<'_>) -> Outcome<ImportPreview> {
        self.run(|device| device.preview_import(rows))
    }

    pub(crate) fn begin_import(&self, label: &str, rows: ImportRows<'_>) -> Outcome<(ImportId, ImportPreview)> {
        self.run(|device| device.begin_import(label, rows))
    }

    pub(crate) fn run_import(&self, id: ImportId, max: u32) -> Outcome<ImportProgress> {
        self.run(|device| device.run_import(id, max))
    }

    pub(crate) fn cancel_import(&self, id: ImportId) -> Outcome<()> {
        self.run(|device| device.cancel_import(id))
    }

    pub(crate) fn undo_import(&self, id: ImportId, max: u32) -> Outcome<UndoProgress> {
        self.run(|device| device.undo_import(id, max))
    }

    pub(crate) fn imports(&self) -> Outcome<Vec<ImportSummary>> {
        self.run(|device| device.imports())
    }
}
