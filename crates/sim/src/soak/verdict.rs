//! The end: everybody syncs, and what the database and the devices hold is compared with what people were told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use serde_json::Value;

use super::device::{Device, client_ids};
use super::ledger::Entries;
use crate::facts::Facts;

/// How long one device may take to get through with everything.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a soak came to.
#[derive(Default, Debug)]
pub struct Tally {
    /// Captures that a command acknowledged.
    pub acknowledged: usize,
    /// Of these: a row of the server.
    pub confirmed: usize,
    /// Of these: deleted by a person before they were sent, or for good.
    pub deleted: usize,
    /// Of these: not recovered from a damaged database, and still in the file that was set aside.
    pub set_aside: usize,
    /// Changes that wait for a person, by reason.
    pub parked: BTreeMap<String, u64>,
    /// Captures whose command was killed before it said anything; and how many of them are there.
    pub unknown: (usize, usize),
    /// Captures whose command said that nothing was saved, by its reason.
    pub refused: BTreeMap<String, u64>,
    /// Captures that are there twice. Must be none.
    pub duplicates: Vec<String>,
    /// Captures that were acknowledged and are nowhere. Must be none.
    pub lost: Vec<String>,
    /// What else must not be.
    pub broken: Vec<String>,
    /// Kills, by what was killed.
    pub kills: BTreeMap<&'static str, u64>,
    /// Faults, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Commands, by name and exit code.
    pub commands: BTreeMap<(String, i32), u64>,
    /// Pushes that devices made.
    pub pushes: u64,
    /// Databases that were found damaged, set aside and recovered.
    pub recovered: usize,
    /// Seconds from the acknowledgement of a capture to its confirmation on its device, in order.
    pub seconds: Vec<f64>,
}

impl Tally {
    /// Whether everything held.
    pub fn holds(&self) -> bool {
        self.duplicates.is_empty() && self.lost.is_empty() && self.broken.is_empty()
    }

    /// The seconds that so many of a hundred captures took at most.
    fn percentile(&self, percent: usize) -> f64 {
        let last = self.seconds.len().saturating_sub(1);
        self.seconds.get(last * percent / 100).copied().unwrap_or_default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |map: &BTreeMap<&'static str, u64>| {
            let parts: Vec<String> = map.iter().map(|(name, count)| format!("{name} {count}")).collect();
            format!("{} ({})", map.values().sum::<u64>(), parts.join(", "))
        };
        let reasons = |map: &BTreeMap<String, u64>| {
            let parts: Vec<String> = map.iter().map(|(name, count)| format!("{name} {count}")).collect();
            format!("{} {}", map.values().sum::<u64>(), parts.join(", "))
        };
        writeln!(f, "captures acknowledged   {}", self.acknowledged)?;
        writeln!(f, "  confirmed             {}", self.confirmed)?;
        writeln!(f, "  deleted by a person   {}", self.deleted)?;
        writeln!(f, "  in a file set aside   {}", self.set_aside)?;
        writeln!(f, "  duplicates            {}", self.duplicates.len())?;
        writeln!(f, "  lost                  {}", self.lost.len())?;
        writeln!(f, "killed before a word    {}, of which {} are saved", self.unknown.0, self.unknown.1)?;
        writeln!(f, "refused, and said so    {}", reasons(&self.refused))?;
        writeln!(f, "parked changes          {}", reasons(&self.parked))?;
        writeln!(f, "kills                   {}", list(&self.kills))?;
        writeln!(f, "faults                  {}", list(&self.faults))?;
        writeln!(f, "databases recovered     {}", self.recovered)?;
        let commands = self.commands.iter().map(|((name, code), count)| format!("{name}={code}: {count}"));
        writeln!(f, "commands                {}", commands.collect::<Vec<_>>().join(", "))?;
        writeln!(f, "pushes                  {}", self.pushes)?;
        writeln!(
            f,
            "capture to confirmation {:.1} s p50, {:.1} s p95, {:.1} s max, of {} captures",
            self.percentile(50),
            self.percentile(95),
            self.percentile(100),
            self.seconds.len()
        )?;
        for (what, list) in [("duplicate", &self.duplicates), ("lost", &self.lost), ("broken", &self.broken)] {
            for one in list.iter().take(20) {
                writeln!(f, "{what}: {one}")?;
            }
        }
        Ok(())
    }
}

/// Lets every device sync until nothing waits but what waits for a person; twice, so that everybody has everything.
pub(super) fn heal(devices: &[Device], stop: &AtomicBool, tally: &mut Tally) {
    for _ in 0..2 {
        for device in devices {
            let until = Instant::now() + PATIENCE;
            while !stop.load(Ordering::SeqCst) {
                let output = device.cli.run(&["--json", "sync"]);
                let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
                if matches!(output.status.code(), Some(0 | 3)) && waiting(device).is_empty() {
                    break;
                }
                if Instant::now() > until {
                    let waits = waiting(device);
                    tally.broken.push(format!(
                        "device {} does not get through: {:?}, {json}, {waits:?}",
                        device.number, output.status
                    ));
                    break;
                }
                // It waits for what it has been told to wait for.
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    }
}

fn outbox(device: &Device) -> Vec<Value> {
    let output = device.cli.run(&["--json", "outbox", "list", "--limit", "100000"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    json["entries"].as_array().cloned().unwrap_or_default()
}

/// Entries of the outbox that don't wait for a person, nor behind one that does.
fn waiting(device: &Device) -> Vec<Value> {
    let entries = outbox(device);
    let is = |entry: &Value| entry["state"]["is"].as_str().unwrap_or_default().to_owned();
    let parked: BTreeSet<i64> = entries
        .iter()
        .filter(|e| matches!(is(e).as_str(), "conflict" | "rejected"))
        .filter_map(|e| e["localId"].as_i64())
        .collect();
    entries.into_iter().filter(|e| !e["localId"].as_i64().is_some_and(|id| parked.contains(&id))).collect()
}

/// Compares.
pub(super) async fn judge(facts: &Facts, email: &str, devices: &[Device], entries: &Entries, tally: &mut Tally) {
    let rows: Vec<(uuid::Uuid, Option<String>, i64, bool)> = sqlx::query_as(
        "SELECT p.client_id, p.name, p.version, p.purged_at IS NOT NULL
         FROM places p JOIN users u ON u.id = p.owner_id WHERE u.email_key = lower($1)",
    )
    .bind(email)
    .fetch_all(facts.pool())
    .await
    .unwrap();
    let mut names = BTreeMap::<&str, u32>::new();
    let mut versions = BTreeMap::<String, i64>::new();
    let mut ids = BTreeSet::new();
    for (client_id, name, version, purged) in &rows {
        if !ids.insert(client_id.to_string()) {
            tally.duplicates.push(format!("{client_id} has two rows"));
        }
        if let Some(name) = name {
            *names.entry(name).or_default() += 1;
        }
        if !purged {
            versions.insert(client_id.to_string(), *version);
        }
    }
    tally.duplicates.extend(names.iter().filter(|(_, n)| **n > 1).map(|(name, n)| format!("{name}: {n} rows")));
    tally.broken.extend(facts.contradictions().await);

    // What each device shows, and what it has parked.
    let mut parked = BTreeSet::new();
    for device in devices {
        let entries = outbox(device);
        for entry in &entries {
            let state = &entry["state"];
            let reason = state["reason"].as_str().or_else(|| state["problem"]["code"].as_str()).unwrap_or_default();
            let reason = format!("{} {} {reason}", entry["kind"].as_str().unwrap_or_default(), state["is"]);
            *tally.parked.entry(reason.replace('"', "")).or_default() += 1;
        }
        let waits: BTreeSet<i64> = entries.iter().filter_map(|e| e["localId"].as_i64()).collect();
        let mut shown = BTreeMap::new();
        for args in [&["list", "--all"][..], &["list", "--all", "--trash"]] {
            let list = device.cli.json(args);
            for place in list["places"].as_array().unwrap() {
                if let Some(id) = place["clientId"].as_str() {
                    shown.insert(id.to_owned(), place["version"].as_i64());
                    if place["number"].as_i64().is_some_and(|n| waits.contains(&n)) {
                        parked.insert(id.to_owned());
                    }
                }
            }
            tally.duplicates.extend(twice(device.number, &list));
        }
        for (id, version) in &versions {
            if shown.get(id) != Some(&Some(*version)) {
                let has = shown.get(id);
                tally.broken.push(format!("device {} has {has:?} of {id}, the server {version}", device.number));
            }
        }
        let surplus: Vec<_> = shown.keys().filter(|id| !ids.contains(*id) && !parked.contains(*id)).collect();
        if !surplus.is_empty() {
            tally.broken.push(format!("device {} shows what the server does not have: {surplus:?}", device.number));
        }
        tally.recovered += device.set_aside().len();
    }

    tally.acknowledged = entries.acknowledged.len();
    for capture in &entries.acknowledged {
        if ids.contains(&capture.client_id) {
            tally.confirmed += 1;
        } else if entries.deleted.contains(&capture.client_id) {
            tally.deleted += 1;
        } else if parked.contains(&capture.client_id) {
            // It waits for its person, who sees it.
        } else if devices.iter().any(|d| d.number == capture.device && d.is_set_aside(&capture.client_id)) {
            tally.set_aside += 1;
        } else {
            tally.lost.push(format!("{} ({}) of device {}", capture.name, capture.client_id, capture.device));
        }
    }
    let there = entries.unknown.iter().filter(|name| names.contains_key(name.as_str())).count();
    tally.unknown = (entries.unknown.len(), there);
    for (name, why) in &entries.refused {
        *tally.refused.entry(why.clone()).or_default() += 1;
        if names.contains_key(name.as_str()) {
            tally.broken.push(format!("{name} was refused ({why}) and is saved"));
        }
    }
    tally.broken.extend(entries.broken.iter().cloned());
    tally.kills.clone_from(&entries.kills);
    tally.faults.extend(entries.faults.iter().map(|(name, count)| (*name, *count)));
    tally.commands.clone_from(&entries.commands);
    tally.seconds = seconds(devices, entries);
}

fn twice(device: usize, list: &Value) -> Option<String> {
    let (ids, count) = (client_ids(&list["places"]), list["places"].as_array().map_or(0, Vec::len));
    (ids.len() != count).then(|| format!("device {device} shows {count} places of {} captures", ids.len()))
}

/// From the acknowledgement, as the soak saw it, to the confirmation, as the device's journal has it; of devices whose
/// clock was right.
fn seconds(devices: &[Device], entries: &Entries) -> Vec<f64> {
    let mut seconds = Vec::new();
    for device in devices.iter().filter(|d| d.has_right_clock()) {
        let Some(confirmed) = device.database().and_then(|path| confirmations(&path).ok()) else { continue };
        for capture in entries.acknowledged.iter().filter(|a| a.device == device.number) {
            let Some(at) = confirmed.get(&capture.client_id) else { continue };
            let saved = capture.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
            seconds.push((at - saved).max(0.0));
        }
    }
    seconds.sort_by(f64::total_cmp);
    seconds
}

fn confirmations(database: &Path) -> rusqlite::Result<BTreeMap<String, f64>> {
    let sqlite = rusqlite::Connection::open(database)?;
    let mut statement = sqlite.prepare(
        "SELECT p.client_id, min(j.at) / 1e6 FROM journal j JOIN places p ON p.local_id = j.place
         WHERE j.kind = 'create' AND j.event IN ('confirmed', 'confirmed_again') AND p.client_id IS NOT NULL
         GROUP BY p.client_id",
    )?;
    let rows = statement.query_map([], |row| {
        let id: Vec<u8> = row.get(0)?;
        Ok((uuid::Uuid::from_slice(&id).unwrap_or_default().to_string(), row.get(1)?))
    })?;
    rows.collect()
}
