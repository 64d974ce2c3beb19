//! The pull lane: pages of the feed become confirmed copies. The outbox is never touched but where the server says that
//! a place is gone.

use std::collections::HashMap;

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::limits::PULL_CHANGES_MAX;
use holdfast_contract::sync::{Change, ChangeKind, GonePlace, PlanLimits, PullReply};
use holdfast_contract::{Code, Place, Role};
use rusqlite::params;

use crate::columns::Json;
use crate::engine::{Answer, Handled, Lane, Lease, Request};
use crate::error::Result;
use crate::judge::{Verdict, judge};
use crate::push_reply::{account_pause, pause};
use crate::shown::Shown;
use crate::tx::Tx;
use crate::views::LocalId;
use crate::words::Mark;
use crate::{confirmed, gone, lanes, offer, places, push, reconcile, resync, waiting};

/// Fewest changes asked for, on a network where larger pages don't come through.
const PAGE_MIN: u32 = 50;

/// Leases the next page.
pub(crate) fn lease(tx: &Tx<'_>) -> Result<Request> {
    let (cursor, witness): (Option<String>, Option<String>) =
        tx.one("SELECT cursor, witness FROM store", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let attempts = lanes::load(tx, Lane::Pull)?.attempts;
    let lease = lanes::lease(tx, Lane::Pull, cursor.as_deref())?;
    let limit = (PULL_CHANGES_MAX >> attempts.min(16)).max(PAGE_MIN);
    // A push that is under way says it, too, and knows better what it leaves behind: the two may arrive in any order.
    let pushes = lanes::load(tx, Lane::Push)?.busy_until(tx.wall()).is_some();
    let pending = if pushes { None } else { Some(push::waiting(tx)?) };
    Ok(Request::Pull { lease, cursor, witness, limit, pending })
}

/// See [`crate::Device::handle`]. A page is taken only under its lease and with the cursor it was asked for.
pub(crate) fn reply(tx: &Tx<'_>, lease: Lease, answer: &Answer) -> Result<Handled> {
    let lane = lanes::load(tx, Lane::Pull)?;
    let (cursor, witnessed): (Option<String>, bool) =
        tx.one("SELECT cursor, witness IS NOT NULL FROM store", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if !lane.holds(lease) {
        return Ok(Handled::default());
    }
    lanes::release(tx, Lane::Pull)?;
    if lane.leased_cursor != cursor {
        return Ok(Handled::default());
    }
    let mut handled = Handled { taken: true, ..Handled::default() };
    match judge::<PullReply>(answer) {
        Verdict::Answered(page) => {
            handled.answered = true;
            lanes::answered(tx, Lane::Pull)?;
            handled.has_more = page.has_more;
            apply(tx, page, cursor.is_none(), &mut handled)?;
        }
        Verdict::Refused { status, problem, .. } if account_pause(status, problem.code).is_some() => {
            if let Some(reason) = account_pause(status, problem.code) {
                pause(tx, reason)?;
            }
        }
        Verdict::Refused { problem, .. }
            if (cursor.is_some() || witnessed)
                && matches!(problem.code, Code::ResyncRequired | Code::InvalidCursor) =>
        {
            resync::begin(tx)?;
            handled.has_more = true;
        }
        Verdict::Refused { status: 429, problem, retry_after } => {
            lanes::slowed(tx, Lane::Pull, Some(&problem), retry_after)?;
        }
        Verdict::Refused { problem, retry_after, .. } => {
            lanes::failed(tx, Lane::Pull, Some(&problem), retry_after)?;
        }
        Verdict::NoReply => {
            lanes::failed(tx, Lane::Pull, None, None)?;
        }
    }
    Ok(handled)
}

/// Takes one page: every change, and the cursor behind it, in this transaction.
fn apply(tx: &Tx<'_>, page: PullReply, from_start: bool, handled: &mut Handled) -> Result<()> {
    let known_epoch: Option<String> = tx.one("SELECT epoch FROM store", [], |row| row.get(0))?;
    let other_database = known_epoch.as_ref().is_some_and(|known| *known != page.epoch);
    if other_database {
        // Whatever was on its way was for the other database: it is sent again, and a late reply no longer counts.
        resync::forget_leases(tx)?;
        lanes::stop_waiting(tx, Lane::Push)?;
        if !from_start {
            resync::begin(tx)?;
            handled.has_more = true;
            tx.run("UPDATE store SET epoch = ?1, epoch_stale = 0", [&page.epoch])?;
            return Ok(());
        }
    }
    let pass = confirmed::pass(tx)?;
    if from_start {
        tx.run("INSERT OR REPLACE INTO passes (pass, epoch) VALUES (?1, ?2)", params![pass, page.epoch])?;
    }
    let mut applier = Applier { tx, pass, epoch: &page.epoch, epochs: HashMap::new() };
    for Change { seq, kind } in &page.changes {
        match kind {
            ChangeKind::Upsert(place) => applier.upsert(place, *seq)?,
            ChangeKind::Gone(place) => applier.gone(*place, *seq)?,
        }
        handled.pulled += 1;
    }
    tx.run(
        "UPDATE store SET cursor = ?1, head = ?2, caught_up = ?3, limits = ?4, epoch = ?5, epoch_stale = 0",
        params![page.cursor, page.head, !page.has_more, Json(&page.limits), page.epoch],
    )?;
    if !page.has_more && !resync::sweep(tx)? {
        // The rest of it comes with the next page.
        tx.run("UPDATE store SET caught_up = 0", [])?;
        handled.has_more = true;
    }
    resume_plan(tx, &page.limits)
}

/// Lets as many operations go on as the plan has room for, oldest first.
fn resume_plan(tx: &Tx<'_>, limits: &PlanLimits) -> Result<()> {
    let room = limits.places_max.map_or(i64::MAX, |max| max.saturating_sub(limits.places_used).max(0));
    tx.run(
        "UPDATE outbox SET state = 'queued', problem = NULL WHERE number IN \
         (SELECT number FROM outbox WHERE state = 'plan' ORDER BY number LIMIT ?1)",
        [room],
    )?;
    Ok(())
}

struct Applier<'a, 'c> {
    tx: &'a Tx<'c>,
    pass: i64,
    epoch: &'a str,
    /// Epochs of earlier passes.
    epochs: HashMap<i64, Option<String>>,
}

/// What an upsert needs to know of the row it meets.
struct Known {
    id: LocalId,
    pass: Option<i64>,
    seq: i64,
    pending: bool,
    mark: Option<Mark>,
    lacks_position: bool,
}

impl Applier<'_, '_> {
    fn find(&self, place: &Place) -> Result<Option<Known>> {
        const COLUMNS: &str = "p.local_id, c.pass, coalesce(c.seq, 0), \
             EXISTS (SELECT 1 FROM outbox o WHERE o.place = p.local_id), p.attention, p.latitude IS NULL \
             FROM places p LEFT JOIN confirmed c USING (local_id)";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Known {
                id: LocalId(row.get(0)?),
                pass: row.get(1)?,
                seq: row.get(2)?,
                pending: row.get(3)?,
                mark: row.get(4)?,
                lacks_position: row.get(5)?,
            })
        };
        if let Some(client_id) = place.client_id {
            let own = self.tx.first(&format!("SELECT {COLUMNS} WHERE p.client_id = ?1"), [client_id.0], read)?;
            if own.is_some() {
                return Ok(own);
            }
        }
        let other = place.client_id.is_none();
        let sql = format!("SELECT {COLUMNS} WHERE p.place_id = ?1 AND (?2 OR p.client_id IS NULL)");
        self.tx.first(&sql, (place.id.0, other), read)
    }

    fn upsert(&mut self, place: &Place, seq: i64) -> Result<()> {
        let tx = self.tx;
        let Some(known) = self.find(place)? else {
            let id = places::write_known(tx, None, place, &Shown::from(place))?;
            confirmed::put(tx, id, place, self.pass, seq)?;
            return Ok(());
        };
        let is_older = known.pass.is_some_and(|pass| (pass, known.seq) >= (self.pass, seq));
        if is_older && !defect::is_on(Defect::OlderWordWins) {
            return Ok(());
        }
        let lost = self.other_before_restore(&known, place)?;
        let Known { id, pending, mark, lacks_position, .. } = known;
        if lacks_position && !pending && mark.is_none() {
            confirmed::put(tx, id, place, self.pass, seq)?;
            return waiting::meet_server(tx, id, place);
        }
        if let Some((mine, pass)) = &lost {
            offer::queue(tx, id, mine, *pass)?;
            confirmed::keep(tx, id, None)?;
        }
        if pending || mark.is_some() || lost.is_some() {
            reconcile::confirm(tx, id, place, self.pass, seq)?;
            places::refresh(tx, id)?;
        } else {
            confirmed::put(tx, id, place, self.pass, seq)?;
            places::write_known(tx, Some(id), place, &Shown::from(place))?;
        }
        Ok(())
    }

    /// After a restore: the own state that this device had confirmed, where the server has another. What a person deleted
    /// for good stays so.
    fn other_before_restore(&mut self, known: &Known, place: &Place) -> Result<Option<(Place, i64)>> {
        let Some(pass) = known.pass.filter(|pass| *pass < self.pass) else { return Ok(None) };
        if place.role != Role::Owner || known.mark == Some(Mark::DeletedForGood) {
            return Ok(None);
        }
        if !self.epochs.contains_key(&pass) {
            let epoch = self.tx.first("SELECT epoch FROM passes WHERE pass = ?1", [pass], |row| row.get(0))?;
            self.epochs.insert(pass, epoch);
        }
        if self.epochs.get(&pass).and_then(Option::as_deref) == Some(self.epoch) {
            return Ok(None);
        }
        let Some(base) = confirmed::load(self.tx, known.id)? else { return Ok(None) };
        let (mine, pass) = base.newest();
        let other = mine.fields() != place.fields() || mine.deleted_at.is_some() != place.deleted_at.is_some();
        Ok(other.then_some((mine, pass)))
    }

    /// The number counts as an upsert's does: a newer word of the server may have come by the other road before the page.
    fn gone(&self, place: GonePlace, seq: i64) -> Result<()> {
        let own = place.client_id.map(|id| places::by_client_id(self.tx, id)).transpose()?.flatten();
        let id = match own {
            Some(id) => Some(id),
            None => places::by_place_id(self.tx, place.id)?,
        };
        let Some(id) = id else { return Ok(()) };
        if confirmed::load(self.tx, id)?.is_some_and(|base| (base.pass, base.seq) > (self.pass, seq)) {
            return Ok(());
        }
        // A capture that still waits for its position here was typed by this person: it stays.
        let row = places::load(self.tx, id)?;
        if crate::capture::is_waiting(self.tx, &row)? {
            return Ok(());
        }
        gone::settle(self.tx, id)
    }
}
