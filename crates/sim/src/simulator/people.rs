//! What people do with their devices, and what the model remembers of it.

use std::collections::BTreeMap;

use holdfast_contract::rules::TagChange;
use holdfast_contract::{
    Category, ClientId, Field, Name, NewPlace, Note, PlaceFields, Position, PositionSource, Role, Source, Tags,
    Timestamp,
};
use holdfast_device::{
    Attention, Capture, Captured, Edit, EntryState, Error, FixOutcome, ImportRow, PlaceState, PlaceView, Resolution,
    Seen, Side, WaitingCapture,
};
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
            What::CaptureAnonymously => self.capture_anonymously(device),
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
            other => Err(format!("{other} is nothing that somebody does")),
        }
    }

    /// What came of a command. A person may be told no; anything else that goes wrong is a death that was planned, or a
    /// defect.
    fn came<T>(&mut self, device: usize, result: Result<T, Error>) -> Result<Option<T>, String> {
        match result {
            Ok(done) => Ok(Some(done)),
            Err(
                Error::NotAllowed
                | Error::InTrash
                | Error::NotInTrash
                | Error::NothingToResolve
                | Error::LookAgain
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

    fn captured(&mut self, device: usize, captured: &Captured, words: &[(&str, Value)]) {
        let key = (self.account_of(device), captured.client_id);
        self.model.captures.entry(key).or_default();
        for (word, saw) in words {
            self.model.typed(word, key, device, saw.clone());
        }
        self.tally.did("captured");
    }

    fn capture(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let (name, position) = (self.model.word(), self.model.position(Some(25.0)));
        let name = rng.random_bool(0.7).then_some(name);
        let place = new_place(name.as_deref(), position, self.devices[device].clock.wall());
        let result = self.devices[device].device().capture(place);
        let Some(captured) = self.came(device, result)? else { return Ok(()) };
        let at = place_of(&position);
        let mut words = vec![(at.as_str(), None)];
        words.extend(name.as_deref().map(|name| (name, None)));
        self.captured(device, &captured, &words);
        self.say(format!("device {device} captures {} as {}", captured.local_id, name.as_deref().unwrap_or("-")));
        Ok(())
    }

    /// The watch sends the minimum; the phone, told by the watch, the same capture with a name.
    fn capture_by_watch(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let account = self.devices[device].account;
        let known = self.watches.iter().position(|(of, ..)| *of == account).filter(|_| rng.random_bool(0.7));
        let (client_id, position, name) = if let Some(known) = known {
            let (_, client_id, position, name) = self.watches.remove(known).expect("it was found");
            (client_id, position, Some(name))
        } else {
            let wall = self.devices[device].clock.wall();
            let client_id = ClientId::v7(wall, rng.random());
            let (position, name) = (self.model.position(Some(30.0)), self.model.word());
            self.watches.push_back((account, client_id, position, name));
            (client_id, position, None)
        };
        let place = new_place(name.as_deref(), position, self.devices[device].clock.wall());
        let result = self.devices[device].device().capture(Capture { place, client_id: Some(client_id) });
        let Some(captured) = self.came(device, result)? else { return Ok(()) };
        let at = place_of(&position);
        let mut words = vec![(at.as_str(), None)];
        words.extend(name.as_deref().map(|name| (name, None)));
        self.captured(device, &captured, &words);
        self.say(format!(
            "device {device} hands in capture {} {}",
            captured.local_id,
            name.as_deref().unwrap_or("bare")
        ));
        Ok(())
    }

    fn capture_waiting(&mut self, device: usize) -> Verdict {
        let name = self.model.word();
        let wall = self.devices[device].clock.wall();
        let waiting = WaitingCapture {
            name: Name::parse(&name).expect("a name"),
            note: None,
            category: None,
            tags: Tags::default(),
            captured_at: wall,
            source: Source::Cli,
            fix_expected_until: wall.plus_seconds(15),
        };
        let result = self.devices[device].device().capture_waiting(waiting);
        let Some(captured) = self.came(device, result)? else { return Ok(()) };
        self.captured(device, &captured, &[(&name, None)]);
        self.say(format!("device {device} captures {} without a position", captured.local_id));
        Ok(())
    }

    fn capture_anonymously(&mut self, device: usize) -> Verdict {
        let (name, position) = (self.model.word(), self.model.position(Some(40.0)));
        let place = new_place(Some(&name), position, self.devices[device].clock.wall());
        let result = self.devices[device].open_anonymous().capture(place);
        let Some(captured) = self.came(device, result)? else { return Ok(()) };
        self.devices[device].anonymous.push((captured.client_id, name));
        self.say(format!("device {device} captures without an account"));
        Ok(())
    }

    fn adopt(&mut self, device: usize) -> Verdict {
        if self.devices[device].anonymous.is_empty() {
            return Ok(());
        }
        let mut anonymous = self.devices[device].open_anonymous();
        let result = self.devices[device].device().adopt(&mut anonymous);
        // Killed in the middle, it is taken over in the end: the person has decided.
        let adopted = std::mem::take(&mut self.devices[device].anonymous);
        if self.came(device, result)?.is_none() {
            drop(anonymous);
            let mut anonymous = self.devices[device].open_anonymous();
            let again = self.devices[device].device().adopt(&mut anonymous);
            again.map_err(|e| format!("an adoption that was interrupted does not go on: {e}"))?;
        }
        let account = self.account_of(device);
        for (client_id, name) in adopted {
            self.model.captures.entry((account, client_id)).or_default();
            self.model.typed(&name, (account, client_id), device, None);
        }
        self.tally.did("adopted");
        self.say(format!("device {device} takes over what was captured without an account"));
        Ok(())
    }

    /// One of the places on the screen.
    fn some_place(&mut self, device: usize, trash: bool, rng: &mut StdRng) -> Option<PlaceView> {
        let views = self.devices[device].views(trash);
        (!views.is_empty()).then(|| pick(rng, &views).clone())
    }

    fn key(&self, device: usize, view: &PlaceView) -> Option<Key> {
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
        let Some(key) = self.key(device, &view) else { return Ok(()) };
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
        let key = self.key(device, &view);
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

    fn resolve(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let mut views = self.devices[device].views(false);
        views.extend(self.devices[device].views(true));
        views.retain(|view| matches!(view.state, PlaceState::NeedsAttention(_)));
        if views.is_empty() {
            return Ok(());
        }
        let view = pick(rng, &views).clone();
        self.answer(device, &view, rng)
    }

    /// Somebody decides about a place that needs attention.
    pub(super) fn answer(&mut self, device: usize, view: &PlaceView, rng: &mut StdRng) -> Verdict {
        match view.state {
            PlaceState::NeedsAttention(Attention::Conflict) => self.answer_conflict(device, view, rng),
            PlaceState::NeedsAttention(Attention::OlderOnServer) => {
                let keep = rng.random_bool(0.6);
                let theirs = self.devices[device].device().confirmed(view.local_id).map_err(|e| e.to_string())?;
                let resolution = if keep { Resolution::KeepMine } else { Resolution::LetGo };
                let result = self.devices[device].device().resolve(view.local_id, resolution, None);
                if self.came(device, result)?.is_some() {
                    self.tally.did("resolved");
                    match (theirs, keep) {
                        (Some(theirs), true) => self.decide_fields(device, view, &theirs, None),
                        _ => self.give_up(device, view),
                    }
                }
                Ok(())
            }
            PlaceState::NeedsAttention(Attention::DeletedForGood | Attention::NoLongerVisible) => {
                if rng.random_bool(0.6) {
                    return self.keep_as_new(device, view);
                }
                let result = self.devices[device].device().resolve(view.local_id, Resolution::LetGo, None);
                if self.came(device, result)?.is_some() {
                    self.give_up(device, view);
                    self.tally.did("let go");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn answer_conflict(&mut self, device: usize, view: &PlaceView, rng: &mut StdRng) -> Verdict {
        let conflict = self.devices[device].device().conflict(view.local_id).map_err(|e| e.to_string())?;
        let Some(conflict) = conflict else { return Ok(()) };
        let sides: BTreeMap<Field, Side> = conflict
            .fields
            .iter()
            .map(|f| (*f, if rng.random_bool(0.5) { Side::Mine } else { Side::Theirs }))
            .collect();
        let (resolution, kept) = match rng.random_range(0..3) {
            0 => (Resolution::KeepTheirs, Some(BTreeMap::new())),
            1 if !sides.is_empty() => (Resolution::PerField(sides.clone()), Some(sides)),
            _ => (Resolution::KeepMine, None),
        };
        let name = format!("{resolution:?}");
        let result = self.devices[device].device().resolve(view.local_id, resolution, Some(conflict.theirs.version));
        if self.came(device, result)?.is_none() {
            return Ok(());
        }
        self.decide_fields(device, &conflict.mine, &conflict.theirs, kept.as_ref());
        // Whichever side has it in the trash, somebody has decided that.
        if conflict.mine.deleted_at.is_some() || conflict.theirs.deleted_at.is_some() {
            self.give_up(device, view);
        }
        self.tally.did("resolved");
        self.say(format!("device {device} decides about {}: {name}", view.local_id));
        Ok(())
    }

    /// Somebody has decided with both sides in sight; `kept` says for which fields theirs lost (none: for all).
    fn decide_fields(
        &mut self,
        device: usize,
        mine: &PlaceView,
        theirs: &holdfast_contract::Place,
        kept: Option<&BTreeMap<Field, Side>>,
    ) {
        let text = |v: Option<&str>| v.map(str::to_owned);
        let pairs = [
            (Field::Name, text(mine.name.as_ref().map(Name::as_str)), text(theirs.name.as_ref().map(Name::as_str))),
            (Field::Note, text(mine.note.as_ref().map(Note::as_str)), text(theirs.note.as_ref().map(Note::as_str))),
            (
                Field::Category,
                text(mine.category.as_ref().map(Category::as_str)),
                text(theirs.category.as_ref().map(Category::as_str)),
            ),
            (Field::Position, mine.position.as_ref().map(place_of), Some(format!("at {:.6}", theirs.latitude.get()))),
        ];
        for (field, mine, theirs) in pairs {
            let keeps_mine = kept.is_none_or(|kept| kept.get(&field).is_none_or(|side| *side == Side::Mine));
            if mine != theirs && keeps_mine {
                self.model.decided(&mine, device, theirs);
            }
        }
    }

    fn give_up(&mut self, device: usize, view: &PlaceView) {
        if let Some(key) = self.key(device, view) {
            self.model.give_up(key);
        }
    }

    fn keep_as_new(&mut self, device: usize, view: &PlaceView) -> Verdict {
        let result = self.devices[device].device().resolve(view.local_id, Resolution::KeepAsNew(Source::Cli), None);
        let Some(new) = self.came(device, result)? else { return Ok(()) };
        let new = self.devices[device].device().get(new).map_err(|e| e.to_string())?;
        let Some(new) = new else { return Err(format!("device {device} kept a place as new, and it is not there")) };
        let Some(key) = self.key(device, &new) else { return Err("a kept place has no capture".to_owned()) };
        self.give_up(device, view);
        self.model.captures.entry(key).or_default().given_up = false;
        let account = self.account_of(device);
        let texts = [
            new.name.as_ref().map(Name::as_str),
            new.note.as_ref().map(Note::as_str),
            new.category.as_ref().map(Category::as_str),
        ];
        for word in texts.into_iter().flatten() {
            let accounts: Vec<_> = self.devices.iter().map(|d| self.accounts[d.account]).collect();
            if let Some(typed) = self.model.typed.get_mut(word) {
                if !typed.devices.iter().any(|d| accounts[*d] == account) {
                    return Err(format!("device {device} kept {word}, which its person has not typed"));
                }
                typed.keys.insert(key);
            }
            self.model.typed(word, key, device, None);
        }
        if let Some(position) = new.position {
            self.model.typed(&place_of(&position), key, device, None);
        }
        self.tally.did("kept as new");
        self.say(format!("device {device} keeps {} as a new place", view.local_id));
        Ok(())
    }

    fn retry(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let result = if rng.random_bool(0.3) {
            self.devices[device].device().retry_all().map(|_| ())
        } else {
            let Some(op) = self.some_entry(device, rng)? else { return Ok(()) };
            self.devices[device].device().retry(op)
        };
        self.came(device, result).map(|_| ())
    }

    fn some_entry(&mut self, device: usize, rng: &mut StdRng) -> Result<Option<holdfast_contract::OpId>, String> {
        let entries = self.devices[device].device().outbox(None, 1000).map_err(|e| e.to_string())?;
        Ok((!entries.is_empty()).then(|| pick(rng, &entries).op_id))
    }

    fn discard(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let entries = self.devices[device].device().outbox(None, 1000).map_err(|e| e.to_string())?;
        if entries.is_empty() {
            return Ok(());
        }
        let entry = pick(rng, &entries).clone();
        let view = self.devices[device].device().get(entry.local_id).map_err(|e| e.to_string())?;
        let result = self.devices[device].device().discard(entry.op_id);
        if self.came(device, result)?.is_some() {
            if let Some(view) = view.filter(|_| entry.kind != "refine") {
                self.give_up(device, &view);
            }
            self.tally.did("discarded");
            self.say(format!("device {device} drops a {} of {}", entry.kind, entry.local_id));
        }
        Ok(())
    }

    fn import(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let file = rng.random_range(0..self.files.len());
        let words = self.files[file].clone();
        let rows: Vec<ImportRow> = words
            .iter()
            .enumerate()
            .map(|(line, (name, position))| ImportRow {
                line: line as u64 + 1,
                name: Some(name.clone()),
                latitude: position.latitude.get(),
                longitude: position.longitude.get(),
                captured_at: Some(Timestamp::from_micros(1_700_000_000_000_000)),
                ..ImportRow::default()
            })
            .collect();
        let begun = self.devices[device].device().begin_import(&format!("{file}.gpx"), &rows);
        let Some((id, _)) = self.came(device, begun)? else { return Ok(()) };
        loop {
            let run = self.devices[device].device().run_import(id, 2);
            match self.came(device, run)? {
                Some(progress) if !progress.finished => {}
                // Done; or killed in the middle: what was made is there, the rest is made by the same file again.
                _ => break,
            }
        }
        let account = self.account_of(device);
        for view in self.devices[device].views(false) {
            let Some((word, position)) =
                words.iter().find(|(word, _)| view.name.as_ref().is_some_and(|name| name.as_str() == word))
            else {
                continue;
            };
            if let Some(client_id) = view.client_id {
                let key = (account, client_id);
                self.model.captures.entry(key).or_default();
                self.model.typed(word, key, device, None);
                self.model.typed(&place_of(position), key, device, None);
            }
        }
        self.tally.did("imported");
        self.say(format!("device {device} imports file {file}"));
        Ok(())
    }

    fn undo(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let imports = self.devices[device].device().imports().map_err(|e| e.to_string())?;
        if imports.is_empty() {
            return Ok(());
        }
        let import = pick(rng, &imports).clone();
        let file: usize = import.label.trim_end_matches(".gpx").parse().map_err(|_| "a label".to_owned())?;
        let result = self.devices[device].device().undo_import(import.id, 1000);
        // Whatever came of it, the person wanted these gone.
        let account = self.account_of(device);
        for (word, _) in self.files[file].clone() {
            let keys = self.model.typed.get(&word).map(|typed| typed.keys.clone()).unwrap_or_default();
            for key in keys.into_iter().filter(|key| key.0 == account) {
                self.model.give_up(key);
            }
        }
        if self.came(device, result)?.is_some() {
            self.tally.did("import undone");
            self.say(format!("device {device} takes the import of file {file} back"));
        }
        Ok(())
    }

    async fn share(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let Some(session) = self.devices[device].session.clone() else { return Ok(()) };
        let own: Vec<PlaceView> = self.devices[device]
            .views(false)
            .into_iter()
            .filter(|v| v.role == Role::Owner && v.id.is_some() && v.client_id.is_some())
            .collect();
        if own.is_empty() {
            return Ok(());
        }
        let view = pick(rng, &own).clone();
        let recipient = rng.random_range(0..self.accounts.len());
        let role = *pick(rng, &[Role::Viewer, Role::Editor, Role::Editor]);
        let (Some(id), Some(key)) = (view.id, self.key(device, &view)) else { return Ok(()) };
        let to = self.accounts[recipient];
        if self.server.service().share_place(session.actor, id, to, role).await.is_ok() {
            self.model.rows.insert(id, key);
            self.model.shares.insert((key, to));
            self.tally.did("shared");
            self.say(format!("device {device} shares {} with account {recipient} as {role:?}", view.local_id));
        }
        Ok(())
    }

    async fn unshare(&mut self, rng: &mut StdRng) -> Verdict {
        let shares: Vec<_> = self.model.shares.iter().copied().collect();
        if shares.is_empty() {
            return Ok(());
        }
        let (key, recipient) = *pick(rng, &shares);
        let owner = self.devices.iter().find(|d| self.accounts[d.account] == key.0 && d.session.is_some());
        let Some(session) = owner.and_then(|d| d.session.clone()) else { return Ok(()) };
        let Some((id, _)) = self.model.rows.iter().find(|(_, k)| **k == key) else { return Ok(()) };
        if self.server.service().unshare_place(session.actor, *id, recipient).await.is_ok() {
            self.model.shares.remove(&(key, recipient));
            self.tally.did("revoked a share");
            self.say("somebody takes a share back".to_owned());
        }
        Ok(())
    }
}

/// A place as a test captures one.
fn new_place(name: Option<&str>, position: Position, captured_at: Timestamp) -> NewPlace {
    NewPlace {
        fields: PlaceFields {
            name: name.and_then(|name| Name::parse(name).expect("a name")),
            note: None,
            category: None,
            tags: Tags::default(),
            position,
            position_source: PositionSource::Fix,
        },
        captured_at,
        source: Source::Cli,
    }
}

/// Whether nothing but a person can move this entry.
pub(super) fn waits_for_a_person(state: &EntryState) -> bool {
    matches!(state, EntryState::Conflict { .. } | EntryState::Rejected { .. } | EntryState::Behind)
}
