//! How places come to be: captures of every kind, adoption and import.

use holdfast_contract::{ClientId, Name, NewPlace, PlaceFields, Position, PositionSource, Source, Tags, Timestamp};
use holdfast_device::{Capture, Captured, ImportRow, ImportRows, UnplacedRow, WaitingCapture};
use rand::RngExt;
use rand::rngs::StdRng;

use super::model::{Model, Value, place_of};
use super::world::{Verdict, World, pick};

/// A file that several people import.
#[derive(Clone)]
pub(super) struct File {
    /// Names and positions.
    placed: Vec<(String, Position)>,
    /// Of an export: captures that have no position in it, and the one that a later export has.
    unplaced: Vec<(String, ClientId, Position)>,
}

impl File {
    pub(super) fn new(model: &mut Model) -> Self {
        let placed = (0..3).map(|_| (model.word(), model.position(None))).collect();
        let unplaced = (0..2).map(|_| {
            let (word, position) = (model.word(), model.position(None));
            // Of the word, so that another run of the same seed has the same.
            let mut random = [0; 10];
            random.iter_mut().zip(word.bytes()).for_each(|(to, byte)| *to = byte);
            (word, ClientId::v7(Timestamp::EPOCH, random), position)
        });
        let unplaced = unplaced.collect();
        Self { placed, unplaced }
    }

    /// Every word, with its position.
    fn words(&self) -> impl Iterator<Item = (&String, &Position)> {
        let unplaced = self.unplaced.iter().map(|(word, _, position)| (word, position));
        self.placed.iter().map(|(word, position)| (word, position)).chain(unplaced)
    }

    fn unplaced_rows(&self) -> Vec<UnplacedRow> {
        let row = |(word, client_id, _): &(String, ClientId, Position)| UnplacedRow {
            line: 1,
            client_id: *client_id,
            name: Name::parse(word).expect("a name"),
            note: None,
            category: None,
            tags: Tags::default(),
            captured_at: Some(Timestamp::from_micros(1_700_000_000_000_000)),
        };
        self.unplaced.iter().map(row).collect()
    }
}

impl World {
    pub(super) fn captured(&mut self, device: usize, captured: &Captured, words: &[(&str, Value)]) {
        let key = (self.account_of(device), captured.client_id);
        self.model.captures.entry(key).or_default();
        for (word, saw) in words {
            self.model.typed(word, key, device, saw.clone());
        }
        self.tally.did("captured");
    }

    pub(super) fn capture(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
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
    pub(super) fn capture_by_watch(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
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

    pub(super) fn capture_waiting(&mut self, device: usize) -> Verdict {
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

    pub(super) fn capture_anonymously(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        if rng.random_bool(0.4) {
            return self.import_anonymously(device, rng);
        }
        let (name, position) = (self.model.word(), self.model.position(Some(40.0)));
        let place = new_place(Some(&name), position, self.devices[device].clock.wall());
        let result = self.devices[device].open_anonymous().capture(place);
        let Some(captured) = self.came(device, result)? else { return Ok(()) };
        self.devices[device].anonymous.push((captured.client_id, name));
        self.say(format!("device {device} captures without an account"));
        Ok(())
    }

    /// What has no position yet in a file; the account may have it, too.
    fn import_anonymously(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let file = rng.random_range(0..self.files.len());
        let unplaced = self.files[file].unplaced_rows();
        let mut anonymous = self.devices[device].open_anonymous();
        let rows = ImportRows { placed: &[], unplaced: &unplaced };
        let result =
            anonymous.begin_import(&format!("{file}.gpx"), rows).and_then(|(id, _)| anonymous.run_import(id, 10));
        if self.came(device, result)?.is_none() {
            return Ok(());
        }
        // Some of them get their position there.
        let fixed = rng.random_bool(0.5).then(|| self.model.position(Some(40.0)));
        for (word, client_id, _) in self.files[file].unplaced.clone() {
            if let (Some(position), Some(id)) = (fixed, anonymous.captured(client_id).map_err(|e| e.to_string())?) {
                let result = anonymous.fix(id, position, PositionSource::Fix);
                self.came(device, result)?;
            }
            self.devices[device].anonymous.push((client_id, word));
        }
        self.tally.did("imported without an account");
        self.say(format!("device {device} imports file {file} without an account"));
        Ok(())
    }

    pub(super) fn adopt(&mut self, device: usize) -> Verdict {
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

    pub(super) fn import(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let file = rng.random_range(0..self.files.len());
        let words = self.files[file].clone();
        let mut rows: Vec<ImportRow> = words
            .placed
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
        let mut unplaced = words.unplaced_rows();
        if rng.random_bool(0.3) {
            // A later export of the same.
            rows.extend(words.unplaced.iter().map(|(name, client_id, position)| ImportRow {
                line: 10,
                client_id: Some(*client_id),
                name: Some(name.clone()),
                latitude: position.latitude.get(),
                longitude: position.longitude.get(),
                ..ImportRow::default()
            }));
            unplaced.clear();
        }
        let rows = ImportRows { placed: &rows, unplaced: &unplaced };
        let begun = self.devices[device].device().begin_import(&format!("{file}.gpx"), rows);
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
                words.words().find(|(word, _)| view.name.as_ref().is_some_and(|name| name.as_str() == word.as_str()))
            else {
                continue;
            };
            if let Some(client_id) = view.client_id {
                let key = (account, client_id);
                self.model.captures.entry(key).or_default();
                self.model.typed(word, key, device, None);
                if view.position.is_some() {
                    self.model.typed(&place_of(position), key, device, None);
                }
            }
        }
        self.tally.did("imported");
        self.say(format!("device {device} imports file {file}"));
        Ok(())
    }

    pub(super) fn undo(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let imports = self.devices[device].device().imports().map_err(|e| e.to_string())?;
        if imports.is_empty() {
            return Ok(());
        }
        let import = pick(rng, &imports).clone();
        let file: usize = import.label.trim_end_matches(".gpx").parse().map_err(|_| "a label".to_owned())?;
        let result = self.devices[device].device().undo_import(import.id, 1000);
        // Whatever came of it, the person wanted these gone.
        let account = self.account_of(device);
        let file = self.files[file].clone();
        for (word, _) in file.words() {
            let keys = self.model.typed.get(word).map(|typed| typed.keys.clone()).unwrap_or_default();
            for key in keys.into_iter().filter(|key| key.0 == account) {
                self.model.give_up(key);
            }
        }
        if self.came(device, result)?.is_some() {
            self.tally.did("import undone");
            self.say(format!("device {device} takes the import of {} back", import.label));
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
