//! What people do with the places on their screens, and what the model remembers of it.

use holdfast_contract::rules::TagChange;
use holdfast_contract::{Category, Name, Note, PositionSource, Tags};
use holdfast_device::{Edit, Error, FixOutcome, PlaceView, Seen};
use rand::RngExt;
use rand::rngs::StdRng;

use super::model::{Key, Value, place_of};
use super::step::What;
use super::world::{Verdict, World, pick};

impl World {
    /// Somebody does something on one of the devices.
    pub(super) async fn somebody(&mut self, what: What, rng: &mut StdRng) -> Verdict {
        let device = rng.random_range(0..self.devices.len());
        match what {
            What::Capture => self.capture(device, rng),
            What::CaptureByWatch => self.capture_by_watch(device, rng),
            What::CaptureWaiting => self.capture_waiting(device),
            What::CaptureAnonymously => self.capture_anonymously(device, rng),
            What::Adopt => self.adopt(device),
            What::Fix => self.fix(device, rng),
            What::Look => {
                self.look(device, rng);
                Ok(())
            }
            What::Edit => self.edit(device, rng),
            What::Refine => self.refine(device, rng),
            What::Delete => self.delete(device, rng),
            What::Restore => self.restore(device, rng),
            What::Resolve => self.resolve(device, rng),
            What::Retry => self.retry(device, rng),
            What::Discard => self.discard(device, rng),
            What::Import => self.import(device, rng),
            What::Undo => self.undo(device, rng),
            What::Share => self.share(device, rng).await,
            What::Unshare => self.unshare(rng).await,
            What::Confirm => self.confirm_shares(device).await,
            other => Err(format!("{other} is nothing that somebody does")),
        }
    }

    /// What came of a command. A person may be told no; anything else that goes wrong is a death that was planned, or a
    /// defect.
    pub(super) fn came<T>(&mut self, device: usize, result: Result<T, Error>) -> Result<Option<T>, String> {
        match result {
            Ok(done) => Ok(Some(done)),
            Err(
                Error::NotAllowed
                | Error::InTrash
                | Error::NotInTrash
                | Error::NothingToResolve
                | Error::LookAgain
                | Error::ChangedSince(_)
                | Error::Undecided(_)
                | Error::DecideFirst
                | Error::OnItsWay
                | Error::NoSuchPlace
                | Error::NoSuchEntry,
            ) => {
                self.tally.refused();
                Ok(None)
            }
            Err(error) => self.survive(device, &error).map(|()| None),
        }
    }

    /// One of the places on the screen.
    pub(super) fn some_place(&mut self, device: usize, trash: bool, rng: &mut StdRng) -> Option<PlaceView> {
        let views = self.devices[device].views(trash);
        (!views.is_empty()).then(|| pick(rng, &views).clone())
    }

    pub(super) fn key(&self, device: usize, view: &PlaceView) -> Option<Key> {
        // Of other people's places, as far as they were shared.
        match (view.client_id, view.id) {
            (Some(client_id), _) => Some((self.account_of(device), client_id)),
            (None, Some(id)) => self.model.rows.get(&id).copied(),
            _ => None,
        }
    }

    fn fix(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let waiting: Vec<_> = self.devices[device].views(false).into_iter().filter(|v| v.position.is_none()).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let view = pick(rng, &waiting).clone();
        let position = self.model.position(Some(12.0));
        let source = *pick(rng, &[PositionSource::Fix, PositionSource::Manual]);
        let result = self.devices[device].device().fix(view.local_id, position, source);
        if let Some(FixOutcome::Placed | FixOutcome::Improved) = self.came(device, result)?
            && let Some(key) = self.key(device, &view)
        {
            self.model.typed(&place_of(&position), key, device, None);
            self.tally.did("placed");
        }
        Ok(())
    }

    fn look(&mut self, device: usize, rng: &mut StdRng) {
        if let Some(view) = self.some_place(device, false, rng) {
            self.devices[device].screens.insert(view.local_id, view);
        }
    }

    fn edit(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let Some(view) = self.some_place(device, false, rng) else { return Ok(()) };
        self.edit_place(device, &view, rng)
    }

    pub(super) fn edit_place(&mut self, device: usize, view: &PlaceView, rng: &mut StdRng) -> Verdict {
        let Some(key) = self.key(device, view) else { return Ok(()) };
        // What was on the screen, perhaps for a long time.
        let old = self.devices[device].screens.remove(&view.local_id).filter(|_| rng.random_bool(0.5));
        let screen = old.unwrap_or_else(|| view.clone());
        let word = (!rng.random_bool(0.15)).then(|| self.model.word());
        let mut edit = Edit::default();
        let (new, saw): (Value, Value) = match rng.random_range(0..5) {
            0 => {
                edit.note = Some(word.as_deref().and_then(|w| Note::parse(w).expect("a note")));
                (word, screen.note.as_ref().map(|n| n.as_str().to_owned()))
            }
            1 => {
                edit.category = Some(word.as_deref().and_then(|w| Category::parse(w).expect("a category")));
                (word, screen.category.as_ref().map(|c| c.as_str().to_owned()))
            }
            2 => {
                let Some(was) = screen.position else { return Ok(()) };
                let position = self.model.position(None);
                edit.position = Some(position);
                (Some(place_of(&position)), Some(place_of(&was)))
            }
            3 => {
                let tag = format!("tag{}", rng.random_range(0..4));
                let set = Tags::parse([tag], "tags").expect("a tag").as_set().clone();
                edit.tags = if rng.random_bool(0.5) {
                    TagChange { add: set, ..TagChange::default() }
                } else {
                    TagChange { remove: set, ..TagChange::default() }
                };
                let result = self.devices[device].device().edit(view.local_id, edit, None);
                return self.came(device, result).map(|_| ());
            }
            _ => {
                edit.name = Some(word.as_deref().and_then(|w| Name::parse(w).expect("a name")));
                (word, screen.name.as_ref().map(|n| n.as_str().to_owned()))
            }
        };
        let result = self.devices[device].device().edit(view.local_id, edit, Some(Seen::from(&screen)));
        if self.came(device, result)? == Some(true) {
            self.say(format!(
                "device {device} changes {} from {} to {}",
                view.local_id,
                saw.as_deref().unwrap_or("-"),
                new.as_deref().unwrap_or("-")
            ));
            match &new {
                Some(word) => self.model.typed(word, key, device, saw),
                None => self.model.decided(&None, device, saw),
            }
            self.tally.did("edited");
        }
        Ok(())
    }

    fn refine(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let Some(view) = self.some_place(device, false, rng) else { return Ok(()) };
        let position = self.model.position(Some(f64::from(rng.random_range(3..30))));
        let result = self.devices[device].device().refine(view.local_id, position);
        self.came(device, result).map(|_| ())
    }

    fn delete(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let Some(view) = self.some_place(device, false, rng) else { return Ok(()) };
        self.delete_place(device, &view)
    }

    pub(super) fn delete_place(&mut self, device: usize, view: &PlaceView) -> Verdict {
        let key = self.key(device, view);
        let result = self.devices[device].device().delete(view.local_id, None);
        if let Some(outcome) = self.came(device, result)? {
            if let Some(key) = key {
                self.model.give_up(key);
            }
            self.tally.did("deleted");
            self.say(format!("device {device} deletes {}: {outcome:?}", view.local_id));
        }
        Ok(())
    }

    fn restore(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let Some(view) = self.some_place(device, true, rng) else { return Ok(()) };
        let result = self.devices[device].device().restore(view.local_id, None);
        if self.came(device, result)?.is_some() {
            self.tally.did("restored");
            self.say(format!("device {device} takes {} out of the trash", view.local_id));
        }
        Ok(())
    }
}
