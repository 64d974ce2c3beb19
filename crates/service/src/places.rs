//! Reading places: one, a page of a list, the history of one. Changing them is `push.rs`'s.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast_contract::history::PlaceVersion;
use holdfast_contract::limits::{HISTORY_MAX, LIST_PLACES_DEFAULT, LIST_PLACES_MAX};
use holdfast_contract::text::Text;
use holdfast_contract::{Category, FieldCode, Name, Place, PlaceId, Source, Tag, Target, Timestamp};
use holdfast_store::places::{self, ListQuery};
use holdfast_store::{Reading, history};
use serde::Serialize;
use uuid::Uuid;

use crate::service::finish;
use crate::visibility::{self, Access};
use crate::{Actor, Error, Service};

/// Which places of a list.
#[derive(Clone, Debug, Default)]
pub struct PlaceFilter {
    /// Contained in name, note, category or a tag, whatever the case.
    pub q: Option<String>,
    /// Of this category.
    pub category: Option<String>,
    /// With this tag.
    pub tag: Option<String>,
    /// Captured by this. Finds one's own places only: what captured them is the owner's alone.
    pub source: Option<Source>,
    /// One's own trash instead of the live places.
    pub trash: bool,
    /// Captured at or after.
    pub since: Option<Timestamp>,
    /// Captured before.
    pub until: Option<Timestamp>,
    /// Most places on the page; brought within what is allowed.
    pub limit: Option<u32>,
    /// Where the page begins: `next` of the page before.
    pub after: Option<String>,
}

/// A page of a list, newest capture first.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacePage {
    /// The places.
    pub places: Vec<Place>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Service {
    /// One place as the actor sees it. [`Error::Gone`] where they could see it once, [`Error::NotFound`] where they never
    /// could or it never was.
    pub async fn get_place(&self, actor: Actor, target: Target) -> Result<Place, Error> {
        let reading = self.find(actor, target).await?;
        visibility::show(actor, &reading).ok_or(Error::Gone)
    }

    /// A page of the places that the actor sees: their own and those shared with them, newest capture first.
    pub async fn list_places(&self, actor: Actor, filter: &PlaceFilter) -> Result<PlacePage, Error> {
        let limit = filter.limit.unwrap_or(LIST_PLACES_DEFAULT).clamp(1, LIST_PLACES_MAX);
        let text: Option<Name> = parse("q", filter.q.as_deref())?;
        let category: Option<Category> = parse("category", filter.category.as_deref())?;
        let tag: Option<Tag> = parse("tag", filter.tag.as_deref())?;
        let query = ListQuery {
            text: text.as_ref().map(Text::as_str),
            category: category.as_ref().map(Text::as_str),
            tag: tag.as_ref().map(Text::as_str),
            source: filter.source,
            since: filter.since,
            until: filter.until,
            after: filter.after.as_deref().filter(|a| !a.is_empty()).map(open).transpose()?,
            limit: i64::from(limit) + 1,
        };
        let mut tx = self.pool().begin_as(actor).await?;
        let readings = if filter.trash {
            places::list_trash(&mut tx, actor, &query).await
        } else {
            places::list(&mut tx, actor, &query).await
        };
        let mut readings = finish(tx, readings).await?;
        let more = readings.len() > limit as usize;
        readings.truncate(limit as usize);
        let next = readings.last().filter(|_| more).and_then(seal);
        Ok(PlacePage { places: readings.iter().filter_map(|r| visibility::show(actor, r)).collect(), next })
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

/// Normalises a text filter as the field itself is normalised.
fn parse<const MAX: usize>(name: &str, raw: Option<&str>) -> Result<Option<Text<MAX>>, Error> {
    let Some(raw) = raw else { return Ok(None) };
    Text::parse(raw).map_err(|error| {
        let error = error.at(name);
        Error::invalid_parameter(name, error.code, &error.detail)
    })
}

/// Where a list goes on behind this place. Not a secret and not a right: only an order.
fn seal(reading: &Reading) -> Option<String> {
    let captured_at = reading.place.as_ref()?.body.as_ref()?.captured_at;
    let mut bytes = captured_at.as_micros().to_be_bytes().to_vec();
    bytes.extend_from_slice(reading.id.0.as_bytes());
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn open(text: &str) -> Result<(Timestamp, PlaceId), Error> {
    let read = || {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let micros = i64::from_be_bytes(bytes[..8].try_into().ok()?);
        Some((Timestamp::from_micros(micros), PlaceId(Uuid::from_slice(&bytes[8..]).ok()?)))
    };
    read().ok_or_else(|| Error::invalid_parameter("after", FieldCode::InvalidFormat, "is not from this list"))
}
