//! Pulling: a page of what changed, and what a cursor that can't be followed means.

use holdfast_contract::Timestamp;
use holdfast_contract::defect::{self, Defect};
use holdfast_contract::limits::{PULL_CHANGES_DEFAULT, PULL_CHANGES_MAX};
use holdfast_contract::sync::{Change, PullReply, PullRequest};
use holdfast_store::feed::{self, Expected, ExpectedEntry, Page};
use holdfast_store::generations;
use holdfast_store::telemetry::Outbox;
use uuid::Uuid;

use crate::cursor::{Cursor, Landmark, OwnWord};
use crate::error::ResyncReason;
use crate::service::finish;
use crate::witness::Witness;
use crate::{Actor, Error, Service, measure, visibility};

impl Service {
    /// A page of the actor's feed behind `cursor`, or from the start. `limit` is brought within what is allowed.
    ///
    /// Page and cursor come from one snapshot, and numbers are given out in the order of commits: following the cursor
    /// misses nothing.
    pub async fn pull(&self, actor: Actor, cursor: Option<&str>, limit: Option<u32>) -> Result<PullReply, Error> {
        self.pull_page(actor, PullRequest { cursor, limit, ..PullRequest::default() }).await
    }

    /// The same for a device that has been told about changes of its own since: `witness` is from the newest reply to a push.
    pub async fn pull_with_witness(
        &self,
        actor: Actor,
        cursor: Option<&str>,
        witness: Option<&str>,
        limit: Option<u32>,
    ) -> Result<PullReply, Error> {
        self.pull_page(actor, PullRequest { cursor, witness, limit, pending: None }).await
    }

    /// The same with everything that a device says with it: what waits in its outbox is noted as a push's report is.
    pub async fn pull_page(&self, actor: Actor, request: PullRequest<'_>) -> Result<PullReply, Error> {
        let PullRequest { cursor, witness, limit, pending } = request;
        let limit = limit.unwrap_or(PULL_CHANGES_DEFAULT).clamp(1, PULL_CHANGES_MAX);
        let from = match cursor.filter(|c| !c.is_empty()) {
            Some(text) => Some(Cursor::open(text, actor.user, self.secret()).ok_or(Error::InvalidCursor)?),
            None => None,
        };
        let witness = match witness.filter(|w| !w.is_empty()) {
            Some(text) => Some(Witness::open(text, actor.user, self.secret()).ok_or(Error::InvalidCursor)?),
            None => None,
        };
        let after = from.map_or(0, |c| c.seq);
        let known = witness.as_ref();
        let counts_since = self.receipts_count_since();
        let own = from.and_then(|c| c.own).filter(|own| own.at > counts_since);
        let expected = Expected {
            generation: from.map_or(Uuid::nil(), |c| c.generation),
            entry: from.and_then(|c| c.landmark).map(|l| ExpectedEntry {
                place: l.place,
                seq: l.seq,
                version: l.version,
                updated_at: l.updated_at,
            }),
            receipt: own.map(|own| own.op_id),
            generations: known.map_or(&[], |w| &w.generations),
            receipts: known.filter(|w| w.at > counts_since).map_or(&[], |w| &w.op_ids),
        };
        let mut tx = self.pool().begin_as(actor).await?;
        // One more than asked for: says whether there is more.
        let page = feed::read_page(&mut tx, actor, after, &expected, i64::from(limit) + 1).await;
        let mut page = finish(tx, page).await?;
        if defect::is_on(Defect::CursorAfterPage) {
            let mut tx = self.pool().begin_as(actor).await?;
            let later = feed::read_page(&mut tx, actor, i64::MAX, &Expected::default(), 1).await;
            page.head = finish(tx, later).await?.head;
        }
        let counts = |w: &&Witness| w.epoch == page.epoch && w.at > counts_since;
        let newest = known.filter(counts).and_then(|w| Some(OwnWord { op_id: *w.op_ids.last()?, at: w.at }));
        if let Some(witness) = witness {
            self.check_witness(witness, &page).await?;
        }
        if let Some(cursor) = from {
            self.check(cursor, &page).await?;
            measure::feed_lag(page.head - cursor.seq);
        }

        let has_more = page.readings.len() > limit as usize;
        page.readings.truncate(limit as usize);
        // The last page reaches up to the head, also where the newest entries are none any more: a cursor that stopped
        // at the last entry would seem to be from before they were dropped.
        let last = if has_more { page.readings.last().map_or(after, |r| r.seq) } else { page.head };
        let floor = from.map_or(page.head, |c| c.floor);
        let landmark = page.readings.last().map(|r| {
            let place = r.place.as_ref().filter(|place| place.body.is_some());
            let (version, updated_at) = place.map_or((0, Timestamp::EPOCH), |place| (place.version, place.updated_at));
            Landmark { place: r.id, seq: r.seq, version, updated_at }
        });
        let next = Cursor {
            epoch: page.epoch,
            generation: page.generation,
            seq: last,
            floor,
            landmark: landmark.or(from.and_then(|c| c.landmark)),
            own: newest.or(own),
        };
        let changes = page.readings.iter().map(|r| Change { seq: r.seq, kind: visibility::change(actor, r) }).collect();
        let outbox = pending
            .map(|pending| Outbox { pending: pending.into(), oldest_pending_seconds: (pending == 0).then_some(0) });
        self.touch(actor, outbox).await;
        Ok(PullReply {
            epoch: page.epoch.to_string(),
            changes,
            cursor: next.seal(actor.user, self.secret()),
            has_more,
            head: page.head,
            limits: page.limits,
        })
    }

    /// Whether the database still is, or has passed, the state that a push was answered from. One of another epoch says
    /// nothing: the page says that there is another.
    async fn check_witness(&self, witness: Witness, page: &Page) -> Result<(), Error> {
        let known = page.unknown.iter().all(|generation| made_before(*generation, page.oldest_generation))
            && page.receipts_known;
        let is_fine = known && witness.seq <= page.head || defect::is_on(Defect::WitnessIgnored);
        if witness.epoch != page.epoch || is_fine {
            return Ok(());
        }
        self.rotate_epoch(page.epoch).await?;
        measure::resync(ResyncReason::WentBack);
        Err(Error::ResyncRequired(ResyncReason::WentBack))
    }

    /// Whether the cursor can be followed in the state of the database that `page` was read from.
    async fn check(&self, cursor: Cursor, page: &Page) -> Result<(), Error> {
        let reason = if defect::is_on(Defect::CursorNotChecked) {
            return Ok(());
        } else if cursor.epoch != page.epoch {
            ResyncReason::EpochChanged
        } else if !page.generation_known && made_before(cursor.generation, page.oldest_generation) {
            // May have been dropped for its age, so that not knowing it says nothing.
            ResyncReason::TooOld
        } else if !page.generation_known
            || !page.entry_known
            || !page.receipt_known
            || cursor.seq.max(cursor.floor) > page.head
        {
            self.rotate_epoch(page.epoch).await?;
            ResyncReason::WentBack
        } else if cursor.seq.max(cursor.floor) < page.horizon {
            ResyncReason::TooOld
        } else {
            return Ok(());
        };
        measure::resync(reason);
        Err(Error::ResyncRequired(reason))
    }

    /// The database went back in time: everybody who knew more must start over, and nothing that was made for the state
    /// that is lost may be executed. Done once, however many find out.
    async fn rotate_epoch(&self, old: Uuid) -> Result<(), Error> {
        let (epoch, generation) = (Uuid::from_bytes(rand::random()), self.new_generation());
        let mut tx = self.pool().begin().await?;
        let work = async {
            let rotated = generations::rotate_epoch(&mut tx, old, epoch).await?;
            if rotated {
                generations::insert(&mut tx, generation, self.now()).await?;
            }
            Ok(rotated)
        };
        let result = work.await;
        if finish(tx, result).await? {
            self.begun(epoch, generation);
            tracing::warn!("the database went back in time: the epoch was rotated, every device starts over");
            measure::epoch_rotated();
        }
        Ok(())
    }
}

/// Whether a generation is older than another. Both are UUIDs v7, which carry their time.
fn made_before(generation: Uuid, other: Uuid) -> bool {
    let made = |generation: Uuid| generation.get_timestamp().map(|t| t.to_unix());
    made(generation).zip(made(other)).is_some_and(|(generation, other)| generation < other)
}
