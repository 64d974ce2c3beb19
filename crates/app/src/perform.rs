//! Carries calls out on the device core.

use holdfast_contract::{ClientId, NewPlace, PlaceFields, PositionSource, Source, Timestamp};
use holdfast_device as device;
use holdfast_device::{Device, Error, LocalId, PlaceView, WaitingCapture};

use crate::answers::{
    Captured, Changed, DeleteOutcome, Deleted, Discarded, Fixed, InUse, Outbox, Page, PlacePage, Resolved, Retried,
};
use crate::args::{Capture, Edit, Fix, List, Move, OutboxPage, Resolution, Resolve, UndoCapture, Winner};
use crate::calls::{Answer, DeviceCall};
use crate::export;
use crate::failure::{Failure, FailureCode};
use crate::key::{PlaceKey, StoreKey};
use crate::lost;
use crate::place::{OutboxEntry, Place};
use crate::question::Question;
use crate::read;

/// Whether a call may have been carried out before without its answer having been heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attempt {
    /// It is asked for the first time.
    First,
    /// It may have been carried out before.
    Again,
}

/// What a call is carried out with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Performing {
    /// The present moment, by the same clock that the device has.
    pub now: Timestamp,
    /// What captures on this device.
    pub source: Source,
    /// Whether it may have been carried out before.
    pub attempt: Attempt,
}

/// Operations of the outbox in an answer unless the screen says how many.
const OUTBOX_PAGE: u32 = 100;

/// Carries out `call`. Every command is durable when this returns, or nothing has happened.
pub fn perform(device: &mut Device, call: DeviceCall, with: Performing) -> Result<Answer, Failure> {
    let store = StoreKey::of(device.binding()?.as_ref());
    let mut on = On { device, store, with };
    Ok(match call {
        DeviceCall::List(list) => Answer::List(on.list(&list)?),
        DeviceCall::InUse => Answer::InUse(InUse { categories: on.device.categories()?, tags: on.device.tags()? }),
        DeviceCall::Place(one) => Answer::Place(on.page(&one.key)?),
        DeviceCall::Capture(capture) => Answer::Capture(on.capture(&capture)?),
        DeviceCall::Fix(fix) => Answer::Fix(on.fix(&fix)?),
        DeviceCall::UndoCapture(one) => Answer::UndoCapture(on.undo(&one)?),
        DeviceCall::Edit(edit) => Answer::Edit(on.edit(&edit)?),
        DeviceCall::Delete(one) => Answer::Delete(on.delete(&one)?),
        DeviceCall::Restore(one) => Answer::Restore(on.restore(&one)?),
        DeviceCall::Outbox(page) => Answer::Outbox(on.outbox(&page)?),
        DeviceCall::Retry(one) => {
            let gone_is_done = on.device.retry(one.op_id).map(|()| 1);
            Answer::Retry(Retried { operations: on.forgive(gone_is_done, &Error::NoSuchEntry, 0)? })
        }
        DeviceCall::RetryAll => Answer::RetryAll(Retried { operations: on.device.retry_all()? }),
        DeviceCall::Discard(one) => {
            let discarded = on.device.discard(one.op_id, read::seen(one.seen.as_ref())?).map(|()| true);
            Answer::Discard(Discarded { discarded: on.forgive(discarded, &Error::NoSuchEntry, false)? })
        }
        DeviceCall::ExportOutbox(entries) => Answer::ExportOutbox(export::outbox(on.device, entries.op_id, with.now)?),
        DeviceCall::Resolve(resolve) => Answer::Resolve(on.resolve(&resolve)?),
        DeviceCall::Export(args) => Answer::Export(export::places(on.device, &args, with.now)?),
    })
}

/// A device, its store's name, and the circumstances.
struct On<'d> {
    device: &'d mut Device,
    store: StoreKey,
    with: Performing,
}

impl On<'_> {
    fn list(&self, list: &List) -> Result<Page, Failure> {
        let page = self.device.list(&read::query(list)?)?;
        Ok(Page {
            places: page.places.into_iter().map(|view| Place::of(&self.store, view)).collect(),
            next: page.next.map(read::page_word),
        })
    }

    fn page(&self, key: &PlaceKey) -> Result<PlacePage, Failure> {
        let id = self.store.local_id(key)?;
        let view = self.view(id)?;
        let entries = self.device.outbox_of(id)?;
        Ok(PlacePage {
            journal: lost::journal(self.device.journal(id)?, &view),
            entries: entries.into_iter().map(|entry| OutboxEntry::of(&self.store, entry)).collect(),
            question: Question::of(self.device, &view)?,
            place: Place::of(&self.store, view),
        })
    }

    fn capture(&mut self, capture: &Capture) -> Result<Captured, Failure> {
        let read = read::capture(capture, self.with.now)?;
        let (captured_at, source) = (read.captured_at, self.with.source);
        let captured = if let Some((position, position_source)) = read.position {
            let fields = PlaceFields {
                name: read.name,
                note: read.note,
                category: read.category,
                tags: read.tags,
                position,
                position_source,
            };
            self.device.capture_once(capture.client_id, NewPlace { fields, captured_at, source })?
        } else {
            let waiting = WaitingCapture {
                name: read.name,
                note: read.note,
                category: read.category,
                tags: read.tags,
                captured_at,
                source,
                fix_expected_until: read.wait_until,
            };
            self.device.capture_waiting_once(capture.client_id, waiting)?
        };
        Ok(Captured { place: self.place(captured.local_id)?, new: captured.new })
    }

    fn fix(&mut self, fix: &Fix) -> Result<Fixed, Failure> {
        let position = read::position(&fix.position)?;
        let id = self.captured(fix.client_id)?;
        let source = fix.position_source.unwrap_or(PositionSource::Fix);
        let outcome = self.device.fix(id, position, source)?;
        Ok(Fixed { outcome: outcome.into(), place: self.place(id)? })
    }

    fn undo(&mut self, undo: &UndoCapture) -> Result<Deleted, Failure> {
        let seen = read::seen(undo.seen.as_ref())?;
        match self.captured(undo.client_id) {
            Ok(id) => {
                let undone = self.device.undo_capture(id, seen);
                self.deleted(id, undone)
            }
            // It was undone by the first try.
            Err(failure) if failure.code == FailureCode::NoSuchPlace && self.with.attempt == Attempt::Again => {
                Ok(vanished())
            }
            Err(failure) => Err(failure),
        }
    }

    fn edit(&mut self, edit: &Edit) -> Result<Changed, Failure> {
        let id = self.store.local_id(&edit.key)?;
        let seen = read::seen(edit.seen.as_ref())?;
        let view = self.view(id)?;
        let changes = read::changes(&edit.changes, &read::seen_or_now(seen.as_ref(), &view))?;
        let changed = self.device.edit(id, changes, seen)?;
        Ok(Changed { place: self.place(id)?, changed })
    }

    fn delete(&mut self, one: &Move) -> Result<Deleted, Failure> {
        let id = self.store.local_id(&one.key)?;
        let outcome = self.device.delete(id, read::seen(one.seen.as_ref())?);
        self.deleted(id, outcome)
    }

    fn deleted(&self, id: LocalId, outcome: Result<device::DeleteOutcome, Error>) -> Result<Deleted, Failure> {
        match outcome {
            Ok(device::DeleteOutcome::Vanished) => Ok(vanished()),
            Ok(device::DeleteOutcome::InTrash) => self.in_trash(id),
            Err(Error::NoSuchPlace) if self.with.attempt == Attempt::Again => Ok(vanished()),
            Err(Error::InTrash) if self.with.attempt == Attempt::Again => self.in_trash(id),
            Err(error) => Err(error.into()),
        }
    }

    fn in_trash(&self, id: LocalId) -> Result<Deleted, Failure> {
        Ok(Deleted { outcome: DeleteOutcome::InTrash, place: Some(self.place(id)?) })
    }

    fn restore(&mut self, one: &Move) -> Result<Changed, Failure> {
        let id = self.store.local_id(&one.key)?;
        let restored = self.device.restore(id, read::seen(one.seen.as_ref())?).map(|()| true);
        let changed = self.forgive(restored, &Error::NotInTrash, false)?;
        Ok(Changed { place: self.place(id)?, changed })
    }

    fn outbox(&self, page: &OutboxPage) -> Result<Outbox, Failure> {
        let limit = page.limit.unwrap_or(OUTBOX_PAGE).clamp(1, 1000);
        let entries = self.device.outbox(page.after, limit)?;
        let full = entries.len() == usize::try_from(limit).unwrap_or(usize::MAX);
        let next = entries.last().filter(|_| full).map(|last| last.number);
        Ok(Outbox { entries: entries.into_iter().map(|entry| OutboxEntry::of(&self.store, entry)).collect(), next })
    }

    fn resolve(&mut self, resolve: &Resolve) -> Result<Resolved, Failure> {
        let id = self.store.local_id(&resolve.key)?;
        let again = self.with.attempt == Attempt::Again;
        let view = match self.device.get(id)? {
            Some(view) => view,
            None if again => return Ok(Resolved { place: None }),
            None => return Err(Error::NoSuchPlace.into()),
        };
        let Some(question) = Question::of(self.device, &view)? else {
            // The first try has answered it.
            return if again { self.resolved(id) } else { Err(Error::NothingToResolve.into()) };
        };
        if question.seen != resolve.seen {
            return Err(Failure::new(FailureCode::LookAgain));
        }
        let resolution = match &resolve.answer {
            Resolution::KeepMine => device::Resolution::KeepMine,
            Resolution::KeepTheirs => device::Resolution::KeepTheirs,
            Resolution::PerField { fields } => {
                device::Resolution::PerField(fields.iter().map(|(field, winner)| (*field, side(*winner))).collect())
            }
            Resolution::KeepAsNew => device::Resolution::KeepAsNew(self.with.source),
            Resolution::LetGo => device::Resolution::LetGo,
        };
        let id = self.device.resolve(id, resolution, Some(question.version))?;
        self.resolved(id)
    }

    fn resolved(&self, id: LocalId) -> Result<Resolved, Failure> {
        Ok(Resolved { place: self.device.get(id)?.map(|view| Place::of(&self.store, view)) })
    }

    fn captured(&self, client_id: ClientId) -> Result<LocalId, Failure> {
        Ok(self.device.captured(client_id)?.ok_or(Error::NoSuchPlace)?)
    }

    fn view(&self, id: LocalId) -> Result<PlaceView, Failure> {
        Ok(self.device.get(id)?.ok_or(Error::NoSuchPlace)?)
    }

    fn place(&self, id: LocalId) -> Result<Place, Failure> {
        Ok(Place::of(&self.store, self.view(id)?))
    }

    /// Where a call is asked again, an error that says that nothing is left to do is `done`.
    fn forgive<T>(&self, result: device::Result<T>, nothing_left: &Error, done: T) -> Result<T, Failure> {
        match result {
            Err(error)
                if self.with.attempt == Attempt::Again
                    && std::mem::discriminant(&error) == std::mem::discriminant(nothing_left) =>
            {
                Ok(done)
            }
            other => Ok(other?),
        }
    }
}

fn vanished() -> Deleted {
    Deleted { outcome: DeleteOutcome::Vanished, place: None }
}

fn side(winner: Winner) -> device::Side {
    match winner {
        Winner::Mine => device::Side::Mine,
        Winner::Theirs => device::Side::Theirs,
    }
}
