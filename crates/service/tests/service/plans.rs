//! A page of a list reads about as many rows as it shows, however many there are: PostgreSQL is asked what the very
//! statements of the service read, planned as they are in service.

use holdfast_contract::{PlaceOrder, SharedFilter};
use holdfast_service::Actor;
use holdfast_store::places::{self, Filter, From, Key, ListQuery};
use holdfast_store::{Options, Pool};

use crate::support::*;

/// Places of a page.
const ROWS: i64 = 51;
/// Each is looked up by its key, and in the feed those in the trash are passed over.
const MOST: i64 = 5 * ROWS;

/// What a statement has read.
#[derive(Debug)]
struct Read {
    /// Rows of tables: places, their feed, shares.
    rows: i64,
    /// How often the index was used.
    uses: i64,
}

/// Reads a page as the service does.
async fn read(world: &World, actor: Actor, query: &ListQuery<'_>, index: &str) -> Read {
    let pool = Pool::connect(world.database.url(), &Options::default()).await.unwrap();
    let mut tx = pool.begin_list_as(actor).await.unwrap();
    let found = places::list(&mut tx, actor, query).await.unwrap();
    assert_eq!(found.len(), usize::try_from(ROWS).unwrap(), "the page is full");
    let (rows, uses) = sqlx::query_as(
        "SELECT (SELECT sum(t.seq_tup_read + coalesce(t.idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables t
                 WHERE t.relname IN ('places', 'feed', 'place_shares')),
                coalesce((SELECT pg_stat_get_xact_numscans(c.oid) FROM pg_class c WHERE c.relname = $1), 0)",
    )
    .bind(index)
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    tx.rollback().await.unwrap();
    Read { rows, uses }
}

/// Thousands of places of Ada's, thousands in her trash, and as many of somebody else's.
async fn crowded() -> World {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    for actor in [world.ada, bob] {
        let creates: Vec<_> = (0..100).map(|n| create(&format!("place {n}")).1).collect();
        world.push(actor, &creates).await;
    }
    // Past the rules, which have nothing to do with it: copies of what they made.
    world
        .execute(
            "INSERT INTO places (owner_id, id, client_id, version, name, latitude, longitude, tags, captured_at, source,
                                 position_source, created_at, updated_at, deleted_at)
             SELECT p.owner_id, gen_random_uuid(), gen_random_uuid(), 1, p.name, p.latitude, p.longitude, p.tags,
                    p.captured_at - n * interval '1 minute', p.source, p.position_source, p.created_at, p.updated_at,
                    CASE WHEN n % 2 = 0 THEN p.updated_at END
             FROM places p CROSS JOIN generate_series(1, 60) n;
             INSERT INTO feed (user_id, place_id, owner_id, seq, role, gone, changed_at)
             SELECT p.owner_id, p.id, p.owner_id, 1000 + row_number() OVER (ORDER BY p.id), 'owner', false, p.updated_at
             FROM places p WHERE NOT EXISTS (SELECT FROM feed f WHERE f.place_id = p.id AND f.user_id = p.owner_id);
             ANALYZE;",
        )
        .await;
    world
}

fn query(order: PlaceOrder, filter: Filter<'static>) -> ListQuery<'static> {
    ListQuery { filter, order, from: None, limit: ROWS }
}

fn mine() -> Filter<'static> {
    Filter { shared: Some(SharedFilter::Mine), ..Filter::default() }
}

/// An index, and how to take it away and bring it back.
const LIST: [&str; 3] = [
    "places_list_idx",
    "DROP INDEX places_list_idx",
    "CREATE INDEX places_list_idx ON places (owner_id, captured_at DESC, id DESC) WHERE deleted_at IS NULL",
];
const TRASH: [&str; 3] = [
    "places_trash_idx",
    "DROP INDEX places_trash_idx",
    "CREATE INDEX places_trash_idx ON places (owner_id, captured_at DESC, id DESC)
     WHERE deleted_at IS NOT NULL AND purged_at IS NULL",
];
const FEED: [&str; 3] = [
    "feed_user_seq_key",
    "ALTER TABLE feed DROP CONSTRAINT feed_user_seq_key",
    "ALTER TABLE feed ADD CONSTRAINT feed_user_seq_key UNIQUE (user_id, seq)",
];

#[tokio::test]
async fn a_page_of_a_long_list_is_read_by_its_index_and_is_not_without_it() {
    let world = crowded().await;
    let (_, newest) = world.place("newest").await;
    let at = |minutes: i64| newest.captured_at.plus_seconds(-60 * minutes);
    let trash = Filter { trash: true, ..Filter::default() };
    let from = |from, query| ListQuery { from: Some(from), ..query };
    let key = Key::Captured(at(20), newest.id);
    for (what, query, [index, drop, create]) in [
        ("the newest", query(PlaceOrder::Captured, mine()), LIST),
        ("the earliest", query(PlaceOrder::CapturedAsc, mine()), LIST),
        ("a later page", from(From::After(key.clone()), query(PlaceOrder::Captured, mine())), LIST),
        ("a page back", from(From::Before(key), query(PlaceOrder::CapturedAsc, mine())), LIST),
        ("before a day", query(PlaceOrder::Captured, Filter { until: Some(at(30)), ..mine() }), LIST),
        ("with those of others", query(PlaceOrder::Captured, Filter::default()), LIST),
        ("the trash", query(PlaceOrder::Captured, trash), TRASH),
        ("the last changed", query(PlaceOrder::Updated, mine()), FEED),
    ] {
        let with = read(&world, world.ada, &query, index).await;
        assert!(with.rows <= MOST && with.uses > 0, "{what}: {with:?}");
        world.execute(drop).await;
        let without = read(&world, world.ada, &query, index).await;
        assert!(without.rows > 1_000 && without.uses == 0, "{what}: {without:?}");
        world.execute(create).await;
    }
}
