//! A page of a list, in one statement.

use holdfast_contract::{AccountId, PlaceId, PlaceOrder, SharedFilter, Target, Timestamp};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::filter::{Filter, Sql};
use crate::row::{PlaceRow, share};
use crate::{Actor, Error, Reading, Tx};

/// Where a place stands in the order of a list. No two places stand at the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// By capture, either way.
    Captured(Timestamp, PlaceId),
    /// By its number in the reader's feed.
    Updated(i64),
    /// By its name in lower case.
    Name(Option<String>, PlaceId),
}

/// From where a page goes on, and which way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum From {
    /// The places behind this one.
    After(Key),
    /// Those in front of it: of them the nearest.
    Before(Key),
}

/// Which places, in which order and from where on. The key must be one of the order.
#[derive(Clone, Debug)]
pub struct ListQuery<'a> {
    /// Which places.
    pub filter: Filter<'a>,
    /// In which order.
    pub order: PlaceOrder,
    /// From where on; the beginning.
    pub from: Option<From>,
    /// Most rows.
    pub limit: i64,
}

/// A place of a list, and where it stands.
#[derive(Clone, Debug)]
pub struct ListedRow {
    /// The place as the reader knows it. Its number in the feed is there only in the order by it.
    pub reading: Reading,
    /// Where it stands.
    pub key: Key,
    /// Who else sees it, where that was asked for.
    pub audience: Audience,
}

/// Who else sees a place, as far as the reader may know.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Audience {
    /// The owner's e-mail address, where they share it with the reader.
    pub owner: Option<String>,
    /// The e-mail addresses of those whom the reader shows it to, at most 20.
    pub shown_to: Vec<String>,
    /// How many people the reader shows it to.
    pub shown_to_count: u32,
    /// How many shares wait for a word of the reader's, after a restore.
    pub suspended: u32,
}

/// A page with what stands around it, of one moment.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The places, in the order of the list.
    pub rows: Vec<ListedRow>,
    /// The newest number of the actor's feed.
    pub seq: i64,
    /// How many live places are the actor's own.
    pub live_places: i64,
}

/// A page of the places that the actor sees: their own and those shared with them, or their own trash.
pub async fn list(tx: &mut Tx, actor: Actor, query: &ListQuery<'_>) -> Result<Vec<ListedRow>, Error> {
    let mut sql = Sql::new("");
    query.page(&mut sql, actor);
    let rows = sql.build().fetch_all(&mut **tx).await?;
    let mut rows =
        rows.iter().map(|row| listed(row, query.order, Audience::default())).collect::<Result<Vec<_>, _>>()?;
    query.put_in_order(&mut rows);
    Ok(rows)
}

/// The same, with who else sees each place, and with the head of the actor's feed.
pub async fn rows(tx: &mut Tx, actor: Actor, query: &ListQuery<'_>) -> Result<Rows, Error> {
    let mut sql = Sql::new("WITH page AS MATERIALIZED (");
    query.page(&mut sql, actor);
    sql.push(
        "), audience AS MATERIALIZED (SELECT a.* FROM places_audience((SELECT array_agg(page.owner_id) FROM page),
              (SELECT array_agg(page.id) FROM page)) a)
              SELECT h.seq AS head, h.live_places, page.*, a.owner_email, a.shown_to, a.shown_to_count, a.suspended
              FROM feed_heads h LEFT JOIN page ON true LEFT JOIN audience a ON a.place_id = page.id WHERE h.user_id = ",
    );
    sql.push_bind(actor.user.0);
    query.order_by(&mut sql, "page");
    let found = sql.build().fetch_all(&mut **tx).await?;
    let head = found.first().ok_or(Error::Corrupt("feed head"))?;
    let (seq, live_places) = (head.try_get("head")?, head.try_get("live_places")?);
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        // An empty page is one row without a place.
        if row.try_get::<Option<Uuid>, _>("id")?.is_some() {
            rows.push(listed(row, query.order, audience(row)?)?);
        }
    }
    query.put_in_order(&mut rows);
    Ok(Rows { rows, seq, live_places })
}

/// One place with what stands around it, of one moment.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The place as the reader knows it; `None`: there is none that they could ever see.
    pub found: Option<(Reading, Audience)>,
    /// The newest number of the actor's feed.
    pub seq: i64,
}

/// A place that the actor names, as [`super::find`] finds it, with who else sees it, and the head of the actor's feed.
pub async fn detail(tx: &mut Tx, actor: Actor, target: Target) -> Result<Detail, Error> {
    let (client, id) = match target {
        Target::Own(client) => (Some(client.0), None),
        Target::Id(id) => (None, Some(id.0)),
    };
    let mut sql = Sql::new("WITH found AS MATERIALIZED (SELECT p.owner_id, p.id FROM places p WHERE p.owner_id = ");
    sql.push_bind(actor.user.0).push(" AND p.client_id = ").push_bind(client);
    sql.push(" UNION ALL SELECT p.owner_id, p.id FROM places p WHERE p.owner_id = ").push_bind(actor.user.0);
    sql.push(" AND p.id = ").push_bind(id);
    sql.push(" UNION ALL SELECT f.owner_id, f.place_id FROM feed f WHERE f.user_id = ").push_bind(actor.user.0);
    sql.push(" AND f.place_id = ").push_bind(id).push(" LIMIT 1) SELECT h.seq AS head, found.owner_id, found.id, ");
    sql.push(COLUMNS);
    sql.push(
        ", s.role, s.created_at AS shared_at, coalesce(f.seq, 0) AS seq, a.owner_email, a.shown_to, a.shown_to_count, a.suspended
              FROM feed_heads h LEFT JOIN found ON true
              LEFT JOIN places p ON p.owner_id = found.owner_id AND p.id = found.id
              LEFT JOIN feed f ON f.user_id = ",
    )
    .push_bind(actor.user.0);
    sql.push(
        " AND f.place_id = found.id LEFT JOIN place_shares s ON s.owner_id = found.owner_id
              AND s.place_id = found.id AND s.suspended_at IS NULL AND s.recipient_id = ",
    )
    .push_bind(actor.user.0);
    sql.push(" LEFT JOIN LATERAL places_audience(ARRAY[found.owner_id], ARRAY[found.id]) a ON true WHERE h.user_id = ");
    sql.push_bind(actor.user.0);
    let row = sql.build().fetch_one(&mut **tx).await?;
    let found = match row.try_get::<Option<Uuid>, _>("id")? {
        Some(_) => Some((reading(&row)?, audience(&row)?)),
        None => None,
    };
    Ok(Detail { found, seq: row.try_get("head")? })
}

impl ListQuery<'_> {
    fn forward(&self) -> bool {
        !matches!(self.from, Some(From::Before(_)))
    }

    /// Pages that go back are read backwards.
    fn put_in_order(&self, rows: &mut [ListedRow]) {
        if !self.forward() {
            rows.reverse();
        }
    }

    fn page(&self, sql: &mut Sql, actor: Actor) {
        if self.order == PlaceOrder::Updated {
            // Few among many are looked up and not looked for.
            if self.filter.trash || matches!(self.filter.shared, Some(SharedFilter::ByMe | SharedFilter::WithMe)) {
                self.few_by_feed(sql, actor);
            } else {
                self.page_by_feed(sql, actor);
            }
            return;
        }
        let (own, shared) = (self.filter.finds_own(), self.filter.finds_shared());
        if own && shared {
            sql.push("SELECT * FROM (");
        }
        if own || !shared {
            sql.push("(SELECT p.owner_id, p.id, ").push(COLUMNS).push(NO_SHARE).push(", 0::bigint AS seq, ");
            sql.push(self.name_key());
            self.filter.own(sql, actor);
            sql.push(if own { "" } else { " AND false" });
            self.part(sql);
        }
        if own && shared {
            sql.push(" UNION ALL ");
        }
        if shared {
            sql.push("(SELECT p.owner_id, p.id, ").push(COLUMNS).push(SHARE).push(", 0::bigint AS seq, ");
            sql.push(self.name_key());
            self.filter.shared_with(sql, actor);
            self.part(sql);
        }
        if own && shared {
            sql.push(") page");
            self.order_by(sql, "page");
            sql.push(" LIMIT ").push_bind(self.limit);
        }
    }

    /// The trash, what one shows to others, and what others show to one, in the order of the feed.
    fn few_by_feed(&self, sql: &mut Sql, actor: Actor) {
        let shared = self.filter.finds_shared();
        sql.push("SELECT f.* FROM (SELECT p.owner_id, p.id, ").push(COLUMNS).push(if shared {
            SHARE
        } else {
            NO_SHARE
        });
        sql.push(", (SELECT f.seq FROM feed f WHERE f.place_id = p.id AND f.user_id = ").push_bind(actor.user.0);
        sql.push(") AS seq, ").push(self.name_key());
        if shared {
            self.filter.shared_with(sql, actor);
        } else {
            self.filter.own(sql, actor);
            sql.push(if self.filter.finds_own() { "" } else { " AND false" });
        }
        sql.push(" OFFSET 0) f WHERE f.seq IS NOT NULL");
        self.behind(sql);
        self.order_by(sql, "f");
        sql.push(" LIMIT ").push_bind(self.limit);
    }

    /// The order by the last change is the feed's: it has a row for every place the actor sees, with an index.
    fn page_by_feed(&self, sql: &mut Sql, actor: Actor) {
        sql.push("SELECT p.owner_id, p.id, ").push(COLUMNS).push(SHARE).push(", f.seq, ").push(self.name_key());
        sql.push(
            " FROM feed f
              CROSS JOIN LATERAL (SELECT p.* FROM places p WHERE p.owner_id = f.owner_id AND p.id = f.place_id OFFSET 0) p
              LEFT JOIN LATERAL (SELECT s.role, s.created_at FROM place_shares s WHERE s.owner_id = f.owner_id
                  AND s.place_id = f.place_id AND s.suspended_at IS NULL AND s.recipient_id = ",
        );
        sql.push_bind(actor.user.0).push(" AND f.owner_id <> ").push_bind(actor.user.0);
        sql.push(" OFFSET 0) s ON true WHERE NOT f.gone AND f.user_id = ").push_bind(actor.user.0);
        sql.push(" AND (f.owner_id = ").push_bind(actor.user.0);
        sql.push(if self.filter.finds_shared() { " OR s.role IS NOT NULL) AND " } else { ") AND " });
        self.filter.state(sql);
        self.filter.conditions(sql);
        self.behind(sql);
        self.order_by(sql, "f");
        sql.push(" LIMIT ").push_bind(self.limit);
    }

    /// The end of one part: from where on, in which order, how many.
    fn part(&self, sql: &mut Sql) {
        self.behind(sql);
        self.order_by(sql, "p");
        sql.push(" LIMIT ").push_bind(self.limit).push(")");
    }

    fn name_key(&self) -> &'static str {
        if self.order == PlaceOrder::Name { "lower(p.name) AS name_key" } else { "NULL::text AS name_key" }
    }

    /// The order, or its reverse where the page goes back.
    fn order_by(&self, sql: &mut Sql, of: &str) {
        // Read the other way round, last is first.
        let descending = matches!(self.order, PlaceOrder::Captured | PlaceOrder::Updated) == self.forward();
        let way = if descending { "DESC" } else { "ASC" };
        let by = match self.order {
            PlaceOrder::Captured | PlaceOrder::CapturedAsc => {
                format!(" ORDER BY {of}.captured_at {way}, {of}.id {way}")
            }
            PlaceOrder::Updated => format!(" ORDER BY {of}.seq {way}"),
            PlaceOrder::Name => {
                format!(" ORDER BY ({of}.name IS NULL) {way}, lower({of}.name) {way}, {of}.id {way}")
            }
        };
        sql.push(by);
    }

    /// Only what stands behind the key, in the direction of the page.
    fn behind(&self, sql: &mut Sql) {
        let (key, forward) = match &self.from {
            None => return,
            Some(From::After(key)) => (key, true),
            Some(From::Before(key)) => (key, false),
        };
        let descending = matches!(self.order, PlaceOrder::Captured | PlaceOrder::Updated) == forward;
        let sign = if descending { " < " } else { " > " };
        match key {
            Key::Captured(at, id) => {
                sql.push(" AND (p.captured_at, p.id)").push(sign).push("(").push_bind(at.to_chrono());
                sql.push(", ").push_bind(id.0).push(")");
            }
            Key::Updated(seq) => {
                sql.push(" AND f.seq").push(sign).push_bind(*seq);
            }
            Key::Name(Some(name), id) => {
                sql.push(" AND (lower(p.name)").push(sign).push_bind(name.clone());
                sql.push(" OR (lower(p.name) = ").push_bind(name.clone()).push(" AND p.id").push(sign).push_bind(id.0);
                sql.push(if forward { ") OR p.name IS NULL)" } else { "))" });
            }
            Key::Name(None, id) => {
                sql.push(if forward { " AND p.name IS NULL AND p.id" } else { " AND (p.name IS NOT NULL OR p.id" });
                sql.push(sign).push_bind(id.0).push(if forward { "" } else { ")" });
            }
        }
    }
}

/// What is read of a place besides what names it.
const COLUMNS: &str = "p.client_id, p.version, p.name, p.note, p.latitude, p.longitude, p.accuracy, p.altitude, p.category, p.tags, \
     p.captured_at, p.source, p.position_source, p.created_at, p.updated_at, p.deleted_at, p.purged_at";

/// The share through which it is seen.
const SHARE: &str = ", s.role, s.created_at AS shared_at";
const NO_SHARE: &str = ", NULL::text AS role, NULL::timestamptz AS shared_at";

fn listed(row: &PgRow, order: PlaceOrder, audience: Audience) -> Result<ListedRow, Error> {
    let reading = reading(row)?;
    let key = match order {
        PlaceOrder::Captured | PlaceOrder::CapturedAsc => {
            let body = reading.place.as_ref().and_then(|place| place.body.as_ref());
            Key::Captured(body.ok_or(Error::Corrupt("list row"))?.captured_at, reading.id)
        }
        PlaceOrder::Updated => Key::Updated(reading.seq),
        PlaceOrder::Name => Key::Name(row.try_get("name_key")?, reading.id),
    };
    Ok(ListedRow { reading, key, audience })
}

fn reading(row: &PgRow) -> Result<Reading, Error> {
    Ok(Reading {
        owner: AccountId(row.try_get("owner_id")?),
        id: PlaceId(row.try_get("id")?),
        seq: row.try_get("seq")?,
        share: share(row.try_get("role")?, row.try_get("shared_at")?)?,
        place: PlaceRow::of(row)?.place()?,
    })
}

fn audience(row: &PgRow) -> Result<Audience, Error> {
    let count = |column: &str| {
        let count = row.try_get::<Option<i64>, _>(column)?.unwrap_or(0);
        Ok::<_, Error>(u32::try_from(count).unwrap_or(u32::MAX))
    };
    Ok(Audience {
        owner: row.try_get("owner_email")?,
        shown_to: row.try_get::<Option<Vec<String>>, _>("shown_to")?.unwrap_or_default(),
        shown_to_count: count("shown_to_count")?,
        suspended: count("suspended")?,
    })
}
