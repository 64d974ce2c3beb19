//! Reading one place: itself, its history. Lists are `lists.rs`'s, changing places is `push.rs`'s.

use holdfast_contract::history::PlaceVersion;
use holdfast_contract::limits::HISTORY_MAX;
use holdfast_contract::{Place, Target};
use holdfast_store::{Reading, history, places};

use crate::lists::Audience;
use crate::service::finish;
use crate::visibility::{self, Access};
use crate::{Actor, Error, Service};

/// One place with what stands around it, of one moment.
#[derive(Clone, Debug)]
pub struct PlaceDetail {
    /// The place as the actor sees it.
    pub place: Place,
    /// Who else sees it, as far as the actor may know.
    pub audience: Audience,
    /// The newest number of the actor's feed.
    pub seq: i64,
}

impl Service {
    /// One place as the actor sees it. [`Error::Gone`] where they could see it once, [`Error::NotFound`] where they never
    /// could or it never was.
    pub async fn get_place(&self, actor: Actor, target: Target) -> Result<Place, Error> {
        let reading = self.find(actor, target).await?;
        visibility::show(actor, &reading).ok_or(Error::Gone)
    }

    /// The same with who else sees it, and with the head of the actor's feed, all of one moment.
    pub async fn place_page(&self, actor: Actor, target: Target) -> Result<PlaceDetail, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let detail = places::detail(&mut tx, actor, target).await;
        let detail = finish(tx, detail).await?;
        let (reading, audience) = detail.found.ok_or(Error::NotFound)?;
        let place = visibility::show(actor, &reading).ok_or(Error::Gone)?;
        Ok(PlaceDetail { place, audience, seq: detail.seq })
    }

    /// A page of the replaced versions of one of the actor's own places, newest first, and before which version the next
    /// page begins, if there is one. `limit` is brought within what is allowed.
    pub async fn place_history(
        &self,
        actor: Actor,
        target: Target,
        before: Option<i64>,
        limit: Option<u32>,
    ) -> Result<(Vec<PlaceVersion>, Option<i64>), Error> {
        let reading = self.find(actor, target).await?;
        match Access::of(actor, &reading) {
            None => return Err(Error::Gone),
            Some(access) if !access.is_owner() => {
                return Err(Error::Forbidden("Only its owner sees a place's history."));
            }
            Some(_) => {}
        }
        let mut tx = self.pool().begin_as(actor).await?;
        let limit = limit.unwrap_or(HISTORY_MAX).clamp(1, HISTORY_MAX);
        let before = before.unwrap_or(i64::MAX);
        let versions = history::list(&mut tx, actor, reading.id, before, i64::from(limit) + 1).await;
        let mut versions = finish(tx, versions).await?;
        let more = versions.len() > limit as usize;
        versions.truncate(limit as usize);
        let next = versions.last().filter(|_| more).map(|v| v.version);
        Ok((versions, next))
    }

    async fn find(&self, actor: Actor, target: Target) -> Result<Reading, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let reading = places::find(&mut tx, actor, target).await;
        finish(tx, reading).await?.ok_or(Error::NotFound)
    }
}
