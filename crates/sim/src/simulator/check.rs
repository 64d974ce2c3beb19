//! The six properties, checked against the model and the database, past the product's own code.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_contract::sync::{Change, ChangeKind};
use holdfast_contract::{AccountId, ClientId, Code, Place, PlaceId, Role};
use holdfast_device::{EntryState, PlaceState, PlaceView};
use holdfast_service::{Actor, Error};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::{PgConnection, Row};

use super::deciding::waits_for_a_person;
use super::model::{Value, words_in};
use super::server::SimServer;
use super::world::{Verdict, World};

/// Rounds of healing after which everything must be quiet.
const ROUNDS: usize = 60;

/// Somebody who follows a feed and keeps nothing else.
pub(super) struct Reader {
    pub(super) actor: Actor,
    cursor: Option<String>,
    seen: BTreeMap<PlaceId, Place>,
    /// Places named since the pull from the start began, while it goes on.
    named: Option<BTreeSet<PlaceId>>,
}

impl Reader {
    pub(super) fn new(actor: Actor) -> Self {
        Self { actor, cursor: None, seen: BTreeMap::new(), named: Some(BTreeSet::new()) }
    }

    /// Reads a page. Returns whether there is more.
    pub(super) async fn read(&mut self, server: &SimServer, limit: u32) -> Result<bool, String> {
        let page = match server.service().pull(self.actor, self.cursor.as_deref(), Some(limit)).await {
            Ok(page) => page,
            Err(Error::ResyncRequired(_) | Error::InvalidCursor) if self.cursor.is_some() => {
                self.cursor = None;
                self.named = Some(BTreeSet::new());
                return Ok(true);
            }
            Err(Error::Unavailable(_)) => return Ok(true),
            Err(error) => return Err(format!("a reader can't follow its feed: {error}")),
        };
        for Change { kind, .. } in page.changes {
            let id = match &kind {
                ChangeKind::Upsert(place) => place.id,
                ChangeKind::Gone(gone) => gone.id,
            };
            if let Some(named) = &mut self.named {
                named.insert(id);
            }
            match kind {
                ChangeKind::Upsert(place) => self.seen.insert(id, *place),
                ChangeKind::Gone(_) => self.seen.remove(&id),
            };
        }
        self.cursor = Some(page.cursor);
        if !page.has_more
            && let Some(named) = self.named.take()
        {
            self.seen.retain(|id, _| named.contains(id));
        }
        Ok(page.has_more)
    }
}

/// A place as somebody may see it, read from the tables.
type Visible = BTreeMap<PlaceId, (i64, Role, bool)>;

async fn visible(sql: &mut PgConnection, account: AccountId) -> Visible {
    let rows = sqlx::query(
        "SELECT p.id, p.version, 'owner' AS role, p.deleted_at IS NOT NULL AS deleted
         FROM places p WHERE p.owner_id = $1 AND p.purged_at IS NULL
         UNION ALL
         SELECT p.id, p.version, s.role, false
         FROM place_shares s JOIN places p ON p.owner_id = s.owner_id AND p.id = s.place_id
         WHERE s.recipient_id = $1 AND s.suspended_at IS NULL AND p.deleted_at IS NULL",
    )
    .bind(account.0)
    .fetch_all(sql)
    .await
    .expect("the places");
    rows.iter()
        .map(|row| {
            let role = match row.get::<&str, _>("role") {
                "owner" => Role::Owner,
                "editor" => Role::Editor,
                _ => Role::Viewer,
            };
            (PlaceId(row.get("id")), (row.get("version"), role, row.get("deleted")))
        })
        .collect()
}

/// Everything in the database that a request may change, as a digest.
pub(super) async fn digest(server: &SimServer) -> String {
    let mut sql = server.database.connect().await;
    sqlx::query_scalar(
        "SELECT md5(concat(
            (SELECT string_agg(t::text, '|' ORDER BY t.owner_id, t.id) FROM places t),
            (SELECT string_agg(t::text, '|' ORDER BY t.owner_id, t.place_id, t.version) FROM place_history t),
            (SELECT string_agg(t::text, '|' ORDER BY t.user_id, t.place_id) FROM feed t),
            (SELECT string_agg(t::text, '|' ORDER BY t.user_id) FROM feed_heads t),
            (SELECT string_agg(t::text, '|' ORDER BY t.actor_id, t.op_id) FROM op_receipts t)))",
    )
    .fetch_one(&mut sql)
    .await
    .expect("the digest")
}

impl World {
    /// The faults stop; everybody comes online and syncs until nothing moves any more.
    pub(super) async fn heal(&mut self, seed: u64) -> Verdict {
        self.say("the faults stop".to_owned());
        self.calm();
        self.server.kill().await;
        let mut rng = StdRng::seed_from_u64(seed);
        for account in 0..self.accounts.len() {
            self.set_plan(account, None).await;
        }
        for device in 0..self.devices.len() {
            self.devices[device].clock.set_skew(0);
            self.devices[device].late.clear();
            self.devices[device].restart(true);
            self.sign_in_device(device).await?;
        }
        let mut quiet = 0;
        for _ in 0..ROUNDS {
            self.clock.advance_seconds(1_000);
            let before = digest(&self.server).await;
            let mut moved = false;
            for device in 0..self.devices.len() {
                self.devices[device].device().pull_now();
                // Who has been told in passing that the token is dead signs in again.
                if self.devices[device].device().status().map_err(|e| e.to_string())?.paused.is_some() {
                    self.sign_in_device(device).await?;
                    moved = true;
                }
                self.sync(device, &mut rng).await?;
                moved |= !self.devices[device].device().push_idle().map_err(|e| e.to_string())?;
            }
            quiet = if moved || before != digest(&self.server).await { 0 } else { quiet + 1 };
            if quiet == 3 {
                return Ok(());
            }
        }
        let states: Vec<String> = (0..self.devices.len())
            .map(|d| {
                let status = self.devices[d].device().status();
                format!("device {d}: {status:?}")
            })
            .collect();
        Err(format!(
            "6. convergence: after {ROUNDS} rounds without faults something still moves\n{}",
            states.join("\n")
        ))
    }

    /// All six properties. To be called after [`World::heal`].
    pub(super) async fn check(&mut self) -> Verdict {
        let mut sql = self.server.database.connect().await;
        self.captures_are_places(&mut sql).await?;
        self.nothing_was_overwritten_unseen(&mut sql).await?;
        self.nothing_typed_is_lost(&mut sql).await?;
        self.readers_have_what_is_visible(&mut sql).await?;
        self.devices_agree_with_the_server(&mut sql).await?;
        self.database_agrees_with_itself(&mut sql).await
    }

    /// 1. Each capture is one row of its owner, or parked where its person sees it, or was given up by a person.
    async fn captures_are_places(&mut self, sql: &mut PgConnection) -> Verdict {
        let rows = sqlx::query("SELECT owner_id, client_id, count(*) AS n FROM places GROUP BY 1, 2")
            .fetch_all(sql)
            .await
            .expect("the places");
        let counts: BTreeMap<_, i64> = rows
            .iter()
            .map(|row| ((AccountId(row.get("owner_id")), ClientId(row.get("client_id"))), row.get("n")))
            .collect();
        if let Some((key, n)) = counts.iter().find(|(_, n)| **n != 1) {
            return Err(format!("1. capture: {key:?} is {n} rows"));
        }
        let mut parked = BTreeSet::new();
        for device in 0..self.devices.len() {
            let account = self.account_of(device);
            for trash in [false, true] {
                for view in self.devices[device].views(trash) {
                    let waits = matches!(
                        view.state,
                        PlaceState::NeedsAttention(_) | PlaceState::NeedsPosition | PlaceState::WaitingForPosition
                    );
                    if let (true, Some(client_id)) = (waits, view.client_id) {
                        parked.insert((account, client_id));
                    }
                }
            }
            for (client_id, _) in self.devices[device].anonymous.clone() {
                parked.insert((account, client_id));
            }
        }
        for (key, capture) in &self.model.captures {
            if !capture.given_up && !counts.contains_key(key) && !parked.contains(key) {
                return Err(format!("1. capture: {key:?} was captured, and is nowhere"));
            }
        }
        Ok(())
    }

    /// 2. Each value was replaced by somebody who saw it.
    async fn nothing_was_overwritten_unseen(&self, sql: &mut PgConnection) -> Verdict {
        let rows = sqlx::query(
            "SELECT h.place_id, h.version, h.kind, h.changed,
                    h.name, h.note, h.category, h.latitude,
                    lead(h.name) OVER w AS next_name, lead(h.note) OVER w AS next_note,
                    lead(h.category) OVER w AS next_category, lead(h.latitude) OVER w AS next_latitude
             FROM (
                SELECT owner_id, place_id, version, kind, changed, name, note, category, latitude FROM place_history
                UNION ALL
                SELECT owner_id, id, version, '', '{}', name, note, category, latitude FROM places WHERE purged_at IS NULL
             ) h WINDOW w AS (PARTITION BY h.owner_id, h.place_id ORDER BY h.version)",
        )
        .fetch_all(sql)
        .await
        .expect("the history");
        let at = |latitude: Option<f64>| latitude.map(|latitude| format!("at {latitude:.6}"));
        for row in rows {
            let kind: &str = row.get("kind");
            let at_old = at(row.get("latitude"));
            let by_hand = at_old.as_ref().and_then(|v| self.model.typed.get(v)).is_some_and(|t| !t.saw.contains(&None));
            if kind == "refine" && by_hand {
                return Err(format!("2. overwrite: {at_old:?} was chosen by a person, and a fix replaced it"));
            }
            if !matches!(kind, "update" | "offer") {
                continue;
            }
            let changed: Vec<String> = row.get("changed");
            for (field, old, new) in [
                ("name", row.get::<Value, _>("name"), row.get::<Value, _>("next_name")),
                ("note", row.get("note"), row.get("next_note")),
                ("category", row.get("category"), row.get("next_category")),
                ("position", at(row.get("latitude")), at(row.get("next_latitude"))),
            ] {
                if old != new && !changed.iter().any(|c| c == field) {
                    return Err(format!(
                        "2. overwrite: {field} went from {old:?} to {new:?}, and the history does not say so"
                    ));
                }
                // A fix is nobody's word: it may have been refined in between, before what was lost too.
                let is_fix = |v: &Value| v.as_ref().is_some_and(|v| !self.model.typed.contains_key(v));
                let fix = field == "position" && (is_fix(&old) || kind == "offer" && is_fix(&new));
                let may = if kind == "offer" {
                    self.model.may_be_given_back(&old, &new)
                } else {
                    self.model.may_replace(&old, &new)
                };
                let other_fix = field == "position" && self.model.moved_off_another_fix(&old, &new);
                if !fix && !other_fix && !may {
                    return Err(format!(
                        "2. overwrite: {field} went from {old:?} to {new:?} by {kind}, whose author had {:?} in sight",
                        new.as_ref().and_then(|v| self.model.typed.get(v)).map(|t| &t.saw)
                    ));
                }
            }
        }
        Ok(())
    }

    /// 2, second half. What somebody typed and nobody has knowingly replaced can be found: on the server, in its history,
    /// or on the device on which it was typed.
    async fn nothing_typed_is_lost(&mut self, sql: &mut PgConnection) -> Verdict {
        let rows = sqlx::query_scalar::<_, String>(
            "SELECT concat_ws(' ', name, note, category) FROM places
             UNION ALL SELECT concat_ws(' ', name, note, category) FROM place_history",
        )
        .fetch_all(sql)
        .await
        .expect("the texts");
        let mut found = words_in(&rows.join(" "));
        for device in &mut self.devices {
            found.extend(words_in(&device.everything()));
            found.extend(device.anonymous.iter().map(|(_, word)| word.clone()));
        }
        for (word, typed) in &self.model.typed {
            let given_up = typed.keys.iter().any(|key| self.model.captures.get(key).is_none_or(|c| c.given_up));
            // What a guest wrote and the database forgot is its owner's to bring back; the guest's copy goes with the share.
            let guests = self.model.went_back
                && typed.devices.iter().all(|d| typed.keys.iter().all(|key| key.0 != self.account_of(*d)));
            if word.starts_with("zq") && !guests && !given_up && !found.contains(word) && !self.model.was_replaced(word)
            {
                return Err(format!("2. overwrite: {word} was typed, and is nowhere any more ({typed:?})"));
            }
        }
        Ok(())
    }

    /// 4. Who follows a feed from any of its cursors has exactly what is visible.
    async fn readers_have_what_is_visible(&mut self, sql: &mut PgConnection) -> Verdict {
        for index in 0..self.readers.len() {
            while self.readers[index].read(&self.server, 500).await? {}
            let reader = &self.readers[index];
            let has: Visible =
                reader.seen.values().map(|p| (p.id, (p.version, p.role, p.deleted_at.is_some()))).collect();
            let expected = visible(sql, reader.actor.user).await;
            if has != expected {
                return Err(format!("4. feed: reader {index} has {has:?}, visible is {expected:?}"));
            }
        }
        Ok(())
    }

    /// Property 6: every device's confirmed copies are the server's places, what it shows as synced is what the server has,
    /// and every outbox is empty or waits for a person.
    async fn devices_agree_with_the_server(&mut self, sql: &mut PgConnection) -> Verdict {
        for index in 0..self.devices.len() {
            let account = self.account_of(index);
            let expected = visible(sql, account).await;
            let entries = self.devices[index].device().outbox(None, 1000).map_err(|e| e.to_string())?;
            if let Some(entry) = entries.iter().find(|entry| !waits_for_a_person(&entry.state)) {
                return Err(format!("6. convergence: an operation of device {index} still waits: {entry:?}"));
            }
            // A place that is gone takes what was on its way with it; everything else was refused by the server.
            let unjust = entries.iter().find(|entry| match &entry.state {
                EntryState::Rejected { problem } => {
                    problem.code != Code::Gone && !self.model.refused.contains(&entry.op_id)
                }
                _ => false,
            });
            if let Some(entry) = unjust {
                return Err(format!("5. honesty: device {index} says refused, and nobody has refused it: {entry:?}"));
            }
            let mut views = self.devices[index].views(false);
            views.extend(self.devices[index].views(true));
            let mut has = Visible::new();
            for view in &views {
                let marked = matches!(view.state, PlaceState::NeedsAttention(a) if !matches!(a,
                    holdfast_device::Attention::Conflict | holdfast_device::Attention::Rejected
                    | holdfast_device::Attention::PlanFull | holdfast_device::Attention::OlderOnServer));
                let base = self.devices[index].device().confirmed(view.local_id).map_err(|e| e.to_string())?;
                if let Some(base) = base.filter(|_| !marked) {
                    if view.state == PlaceState::Synced {
                        shows_what_is_confirmed(index, view, &base)?;
                    }
                    has.insert(base.id, (base.version, base.role, base.deleted_at.is_some()));
                }
            }
            if has != expected {
                let missing: Vec<_> = expected.iter().filter(|(id, v)| has.get(id) != Some(v)).collect();
                let more: Vec<_> = has.iter().filter(|(id, v)| expected.get(id) != Some(v)).collect();
                return Err(format!(
                    "6. convergence: device {index} lacks {missing:?} and has {more:?} instead, of {} places",
                    expected.len()
                ));
            }
        }
        Ok(())
    }

    /// Counts, numbers and versions of the database fit together.
    async fn database_agrees_with_itself(&self, _: &mut PgConnection) -> Verdict {
        let facts = crate::facts::Facts::new(self.server.database.url());
        let wrong = facts.contradictions().await;
        if wrong.is_empty() { Ok(()) } else { Err(format!("the database contradicts itself: {wrong:?}")) }
    }
}

fn shows_what_is_confirmed(device: usize, view: &PlaceView, base: &Place) -> Verdict {
    let same = view.name == base.name
        && view.note == base.note
        && view.category == base.category
        && view.tags == base.tags
        && view.position.is_some_and(|p| p.latitude == base.latitude && p.longitude == base.longitude)
        && view.deleted_at.is_some() == base.deleted_at.is_some();
    if same {
        return Ok(());
    }
    Err(format!("5. honesty: device {device} shows {view:?} as synced, and the server has {base:?}"))
}

/// Chance for whoever heals.
pub(super) fn healing_seed(seed: u64) -> u64 {
    StdRng::seed_from_u64(seed ^ 0x5eed).random()
}
