//! Everything that somebody has, of one moment.

use holdfast_contract::history::PlaceVersion;
use holdfast_contract::{Place, PlaceId, PlaceOrder, SharedFilter};
use holdfast_store::places::{self, Filter, From, Key, ListQuery};
use holdfast_store::{Tx, history};
use serde::Serialize;
use uuid::Uuid;

use crate::{Actor, Error, Service, visibility};

/// Most places, and most versions, that are read at once.
const PAGE: i64 = 200;

/// Everything that somebody has, of one moment, to be read in the order of this type's functions, each until it gives nothing
/// more. It holds a connection to the database: whoever has it reads on and waits for nobody.
pub struct Snapshot {
    tx: Tx,
    actor: Actor,
}

/// From where a list goes on.
#[derive(Clone, Debug)]
pub struct PlacesAfter(Key);

/// From where the history goes on.
#[derive(Clone, Copy, Debug)]
pub struct VersionsAfter(PlaceId, i64);

/// A version of a place that was replaced, and of which place.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PastVersion {
    /// The place.
    pub place_id: PlaceId,
    /// What it was.
    #[serde(flatten)]
    pub version: PlaceVersion,
}

impl Service {
    /// Everything that the actor has, as it is now.
    pub async fn snapshot(&self, actor: Actor) -> Result<Snapshot, Error> {
        let tx = self.pool().begin_snapshot_as(actor).await?;
        Ok(Snapshot { tx, actor })
    }
}

impl Snapshot {
    /// The actor's own live places or, with `trash`, those in their trash, the earliest captured first; and from where on the
    /// list goes on, unless it has ended.
    pub async fn places(
        &mut self,
        trash: bool,
        after: Option<PlacesAfter>,
    ) -> Result<(Vec<Place>, Option<PlacesAfter>), Error> {
        let filter = Filter { shared: Some(SharedFilter::Mine), trash, ..Filter::default() };
        let from = after.map(|after| From::After(after.0));
        let query = ListQuery { filter, order: PlaceOrder::CapturedAsc, from, limit: PAGE };
        let rows = places::list(&mut self.tx, self.actor, &query).await?;
        let next = rows.last().filter(|_| is_full(rows.len())).map(|row| PlacesAfter(row.key.clone()));
        Ok((rows.iter().filter_map(|row| visibility::show(self.actor, &row.reading)).collect(), next))
    }

    /// What the actor's own places were before they were changed, place by place, the oldest version first; and from where on
    /// it goes on, unless that was all.
    pub async fn history(
        &mut self,
        after: Option<VersionsAfter>,
    ) -> Result<(Vec<PastVersion>, Option<VersionsAfter>), Error> {
        let after = after.map_or((PlaceId(Uuid::nil()), 0), |after| (after.0, after.1));
        let rows = history::all(&mut self.tx, self.actor, after, PAGE).await?;
        let next = rows.last().filter(|_| is_full(rows.len())).map(|(place, row)| VersionsAfter(*place, row.version));
        Ok((rows.into_iter().map(|(place_id, version)| PastVersion { place_id, version }).collect(), next))
    }

    /// Gives the connection back. (Dropped without it, it is closed.)
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.tx.rollback().await?)
    }
}

fn is_full(rows: usize) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows >= PAGE)
}
