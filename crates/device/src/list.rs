//! Lists, pages and search: bounded memory, whatever the number of places.

use holdfast_contract::{Place, Timestamp};
use rusqlite::Row;
use rusqlite::types::Value;

use crate::columns::Micros;
use crate::confirmed;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::places::{self, PlaceRow};
use crate::search;
use crate::state::{self, Now, STATE, UNSETTLED};
use crate::tx::Tx;
use crate::views::{ConflictView, ListQuery, LocalId, Page, PageKey, PlaceState, PlaceView, StateFilter};
use crate::words::{Mark, OpState};

const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 1000;
const FOUND_MAX: usize = 10;

impl Device {
    /// One page of places, newest capture first. A place that needs attention is found by that state whether it is in
    /// the trash or not.
    pub fn list(&self, query: &ListQuery) -> Result<Page> {
        self.read(|tx| list(tx, query))
    }

    /// A place as the person sees it.
    pub fn get(&self, id: LocalId) -> Result<Option<PlaceView>> {
        self.read(|tx| view(tx, id))
    }

    /// Places whose client id or server id is `reference` or begins with it: at least four hexadecimal digits, dashes
    /// don't matter. At most ten.
    pub fn find(&self, reference: &str) -> Result<Vec<LocalId>> {
        let digits: String = reference.trim().to_ascii_lowercase().chars().filter(|c| *c != '-').collect();
        if digits.len() < 4 || digits.len() > 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(Vec::new());
        }
        let bound = |fill: char| -> Option<Vec<u8>> {
            let padded: String = digits.chars().chain(std::iter::repeat(fill)).take(32).collect();
            (0..16).map(|i| u8::from_str_radix(padded.get(2 * i..2 * i + 2)?, 16).ok()).collect()
        };
        let (Some(from), Some(to)) = (bound('0'), bound('f')) else { return Ok(Vec::new()) };
        self.read(|tx| {
            let mut found = Vec::new();
            for column in ["client_id", "place_id"] {
                let sql =
                    format!("SELECT local_id FROM places WHERE {column} BETWEEN ?1 AND ?2 ORDER BY {column} LIMIT 10");
                for id in tx.all(&sql, (&from, &to), |row| row.get(0).map(LocalId))? {
                    if !found.contains(&id) {
                        found.push(id);
                    }
                }
            }
            found.truncate(FOUND_MAX);
            Ok(found)
        })
    }

    /// The confirmed copy: the place exactly as the server last said. `None` where the server has none.
    pub fn confirmed(&self, id: LocalId) -> Result<Option<Place>> {
        self.read(|tx| {
            let Some(row) = load_if_there(tx, id)? else { return Ok(None) };
            if matches!(row.mark, Some(Mark::DeletedForGood | Mark::NoLongerVisible)) {
                return Ok(None);
            }
            Ok(confirmed::load(tx, id)?.map(|base| base.place))
        })
    }

    /// After a restore of the server: the state of a place that the server has lost and this device has kept. For
    /// [`crate::Attention::OlderOnServer`].
    pub fn kept(&self, id: LocalId) -> Result<Option<Place>> {
        self.read(|tx| Ok(confirmed::load(tx, id)?.and_then(|base| base.kept)))
    }

    /// Both sides of a conflict, where the place has one.
    pub fn conflict(&self, id: LocalId) -> Result<Option<ConflictView>> {
        self.read(|tx| {
            let head = crate::outbox::chain(tx, id)?.into_iter().next();
            let Some(head) = head.filter(|head| head.state == OpState::Conflict) else { return Ok(None) };
            let (Some(conflict), Some(base), Some(mine)) = (head.conflict, confirmed::load(tx, id)?, view(tx, id)?)
            else {
                return Ok(None);
            };
            Ok(Some(ConflictView {
                op_id: head.op_id,
                reason: conflict.reason,
                fields: conflict.fields,
                mine,
                theirs: base.place,
                mine_since: head.queued_at,
            }))
        })
    }

    /// Every category in use, in order.
    pub fn categories(&self) -> Result<Vec<String>> {
        self.read(|tx| {
            tx.all(
                "SELECT DISTINCT category FROM places WHERE category IS NOT NULL AND deleted_at IS NULL ORDER BY category",
                [],
                |row| row.get(0),
            )
        })
    }

    /// Every tag in use, in order.
    pub fn tags(&self) -> Result<Vec<String>> {
        self.read(|tx| {
            tx.all(
                "SELECT DISTINCT t.value FROM places p, json_each(p.tags) t WHERE p.tags <> '[]' AND p.deleted_at IS NULL \
                 ORDER BY t.value",
                [],
                |row| row.get(0),
            )
        })
    }
}

fn load_if_there(tx: &Tx<'_>, id: LocalId) -> Result<Option<PlaceRow>> {
    match places::load(tx, id) {
        Ok(row) => Ok(Some(row)),
        Err(Error::NoSuchPlace) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The columns that [`read_view`] takes.
fn view_columns() -> String {
    format!("{}, (SELECT version FROM confirmed c WHERE c.local_id = p.local_id), {STATE}", places::COLUMNS)
}

fn read_view(row: &Row<'_>) -> rusqlite::Result<PlaceView> {
    let place = places::read(row)?;
    let version = row.get(places::COLUMN_COUNT)?;
    let state: PlaceState = state::read(row, places::COLUMN_COUNT + 1)?;
    let (position, position_source) = place.shown.position.unzip();
    Ok(PlaceView {
        local_id: place.id,
        client_id: place.client_id,
        id: place.place_id,
        version,
        name: place.shown.name,
        note: place.shown.note,
        category: place.shown.category,
        tags: place.shown.tags,
        position,
        position_source,
        captured_at: place.captured_at,
        source: place.source,
        role: place.role,
        deleted_at: place.shown.deleted_at,
        state,
    })
}

/// A place as the person sees it.
pub(crate) fn view(tx: &Tx<'_>, id: LocalId) -> Result<Option<PlaceView>> {
    let now = Now::of(tx)?;
    let sql = format!("SELECT {} FROM places p WHERE p.local_id = :id", view_columns());
    tx.first(&sql, rusqlite::named_params! { ":id": id.0, ":now": Micros(now.wall), ":lease": now.lease }, read_view)
}

fn list(tx: &Tx<'_>, query: &ListQuery) -> Result<Page> {
    let now = Now::of(tx)?;
    let mut sql = format!("SELECT {} FROM places p WHERE 1", view_columns());
    let mut params: Vec<(String, Value)> = vec![
        (":now".to_owned(), now.wall.as_micros().into()),
        (":lease".to_owned(), now.lease.map_or(Value::Null, |lease| Value::Blob(lease.to_vec()))),
    ];
    if query.trash {
        sql += " AND (p.deleted_at IS NOT NULL) = 1";
    } else if query.client_id.is_none() && query.state != Some(StateFilter::NeedsAttention) {
        sql += " AND (p.deleted_at IS NOT NULL) = 0";
    }
    if query.state.is_some_and(|state| state != StateFilter::Synced) {
        sql += &format!(" AND p.local_id IN ({UNSETTLED})");
    }
    if let Some(client_id) = query.client_id {
        sql += " AND p.client_id = :client_id";
        params.push((":client_id".to_owned(), Value::Blob(client_id.0.as_bytes().to_vec())));
    }
    if let Some(state) = query.state {
        sql += &format!(" AND {}", state::condition(state));
    }
    if let Some(category) = &query.category {
        sql += " AND p.category = :category";
        params.push((":category".to_owned(), category.clone().into()));
    }
    if let Some(tag) = &query.tag {
        sql += " AND EXISTS (SELECT 1 FROM json_each(p.tags) t WHERE t.value = :tag)";
        params.push((":tag".to_owned(), tag.clone().into()));
    }
    for (index, word) in search::words(query.text.as_deref().unwrap_or_default()).into_iter().enumerate() {
        sql += &format!(" AND instr(p.search, :word{index}) > 0");
        params.push((format!(":word{index}"), word.into()));
    }
    if let Some(after) = query.after {
        sql += " AND (p.captured_at, p.local_id) < (:captured_at, :after)";
        params.push((":captured_at".to_owned(), after.captured_at.as_micros().into()));
        params.push((":after".to_owned(), after.local_id.0.into()));
    }
    let limit = if query.limit == 0 { LIMIT_DEFAULT } else { query.limit.min(LIMIT_MAX) };
    sql += &format!(" ORDER BY p.captured_at DESC, p.local_id DESC LIMIT {}", limit + 1);
    let params: Vec<(&str, &dyn rusqlite::ToSql)> =
        params.iter().map(|(name, value)| (name.as_str(), value as &dyn rusqlite::ToSql)).collect();
    let mut places = tx.all(&sql, params.as_slice(), read_view)?;
    let more = places.len() > limit as usize;
    places.truncate(limit as usize);
    let next = places.last().filter(|_| more).map(key);
    Ok(Page { places, next })
}

fn key(place: &PlaceView) -> PageKey {
    let captured_at: Timestamp = place.captured_at;
    PageKey { captured_at, local_id: place.local_id }
}
