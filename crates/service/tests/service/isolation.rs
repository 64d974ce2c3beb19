//! The second wall: what the database itself denies to the server's role.

use holdfast_service::{Actor, Error};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};

use crate::support::*;

const PERSONAL: [&str; 11] = [
    "users",
    "devices",
    "pairing_codes",
    "places",
    "place_history",
    "place_shares",
    "feed",
    "feed_heads",
    "op_receipts",
    "imports",
    "import_places",
];

async fn as_app(world: &World) -> PgConnection {
    let mut connection = world.sql().await;
    sqlx::raw_sql("SET ROLE holdfast_app").execute(&mut connection).await.unwrap();
    connection
}

async fn act_as(connection: &mut PgConnection, actor: Actor) {
    let sql = format!("BEGIN; SELECT act_as('{}', '{}')", actor.user, actor.device);
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

async fn rows(connection: &mut PgConnection, sql: &str) -> i64 {
    sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(connection).await.unwrap().get(0)
}

async fn sqlstate(connection: &mut PgConnection, sql: &str) -> String {
    let error = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap_err();
    error.as_database_error().unwrap().code().unwrap().into_owned()
}

/// A world in which every table of personal data has a row of Ada's, and Bob.
async fn furnished() -> (World, Actor) {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let carol = world.database.add_user().await;
    let (client_id, place) = world.place("Secret").await;
    applied(world.push_one(world.ada, &rename(holdfast_contract::Target::Own(client_id), "Secret", "Better")).await);
    world.service.share_place(world.ada, place.id, carol.user, holdfast_contract::Role::Viewer).await.unwrap();
    let file =
        holdfast_service::NewImport { label: "a.gpx", format: "gpx", file: b"x", options: serde_json::json!({}) };
    let import = world.service.begin_import(world.ada, file).await.unwrap();
    let row = holdfast_service::ImportPlace { line: 1, client_id: new_client_id(), place: new_place("Imported") };
    world.service.begin_run(world.ada, import).await.unwrap();
    world.service.run_import(world.ada, import, &[row]).await.unwrap();
    sqlx::query(
        "INSERT INTO pairing_codes (code_hash, user_id, created_at, expires_at) VALUES (sha256('x'), $1, now(), now())",
    )
    .bind(world.ada.user.0)
    .execute(&mut world.sql().await)
    .await
    .unwrap();
    (world, bob)
}

#[tokio::test]
async fn who_acts_for_nobody_sees_nothing() {
    let (world, _) = furnished().await;
    let mut connection = as_app(&world).await;
    for table in PERSONAL {
        assert!(world.count_of(table).await > 0, "{table} has something to hide");
        if table != "pairing_codes" {
            assert_eq!(rows(&mut connection, &format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
    }
    assert_eq!(sqlstate(&mut connection, "SELECT FROM pairing_codes").await, "42501");
}

#[tokio::test]
async fn who_acts_for_one_person_sees_and_changes_nothing_of_another() {
    let (world, bob) = furnished().await;
    let mut connection = as_app(&world).await;
    act_as(&mut connection, bob).await;
    for (table, owner) in [
        ("users", "id"),
        ("devices", "user_id"),
        ("places", "owner_id"),
        ("place_history", "owner_id"),
        ("place_shares", "owner_id"),
        ("feed", "user_id"),
        ("feed_heads", "user_id"),
        ("op_receipts", "actor_id"),
        ("imports", "owner_id"),
        ("import_places", "owner_id"),
    ] {
        let sql = format!("SELECT count(*) FROM {table} WHERE {owner} <> '{}'", bob.user);
        assert_eq!(rows(&mut connection, &sql).await, 0, "{table}");
    }
    for sql in [
        "UPDATE places SET name = 'mine'",
        "UPDATE devices SET pending = 7 WHERE user_id <> acting_user()",
        "DELETE FROM place_shares",
        "DELETE FROM place_history",
        "UPDATE imports SET label = 'mine'",
        "DELETE FROM imports",
        "DELETE FROM import_places",
    ] {
        let changed = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap().rows_affected();
        assert_eq!(changed, 0, "{sql}");
    }
    assert_eq!(world.count("SELECT count(*) FROM places WHERE name = 'Better'").await, 1);
}

#[tokio::test]
async fn what_only_the_narrow_functions_may_do_the_server_cannot() {
    let (world, bob) = furnished().await;
    for sql in [
        "INSERT INTO feed VALUES (acting_user(), acting_user(), acting_user(), 1, 'owner', false, now())",
        "UPDATE feed_heads SET live_places = 0",
        "DELETE FROM feed",
        "DELETE FROM places",
        "INSERT INTO users (id, email, email_key, password_hash, created_at) VALUES (gen_random_uuid(), 'x@y', 'x@y', '', now())",
        "UPDATE plans SET places_max = NULL",
        "CREATE TABLE mine ()",
    ] {
        let mut connection = as_app(&world).await;
        act_as(&mut connection, bob).await;
        assert_eq!(sqlstate(&mut connection, sql).await, "42501", "{sql}");
    }
}

#[tokio::test]
async fn nobody_writes_in_somebody_elses_name_or_feed() {
    let (world, bob) = furnished().await;
    let ada = world.ada.user;
    let place: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM places").fetch_one(&mut world.sql().await).await.unwrap();
    for sql in [
        format!(
            "INSERT INTO imports (owner_id, id, label, format, state, file, options, created_at, touched_at)
             VALUES ('{ada}', gen_random_uuid(), 'x', 'x', 'previewed', 'x', '{{}}', now(), now())"
        ),
        format!("INSERT INTO import_places SELECT '{ada}', gen_random_uuid(), 0, gen_random_uuid(), NULL, true"),
        format!(
            "INSERT INTO places (owner_id, id, client_id, version, latitude, longitude, captured_at, source,
                                 position_source, created_at, updated_at)
             VALUES ('{ada}', gen_random_uuid(), gen_random_uuid(), 1, 1, 2, now(), 'cli', 'fix', now(), now())"
        ),
        format!("INSERT INTO place_shares VALUES ('{ada}', '{place}', '{}', 'editor', now())", bob.user),
        format!(
            "INSERT INTO op_receipts VALUES ('{ada}', gen_random_uuid(), sha256('x'), 'create', '{ada}', '{place}', 1, now())"
        ),
        format!("SELECT feed_publish(ARRAY['{ada}'::uuid], ARRAY['{place}'::uuid], ARRAY[0::smallint], 0, now())"),
        format!("SELECT feed_publish_share('{place}', '{}', now())", bob.user),
    ] {
        let mut connection = as_app(&world).await;
        act_as(&mut connection, bob).await;
        assert_eq!(sqlstate(&mut connection, &sql).await, "42501", "{sql}");
    }
}

#[tokio::test]
async fn the_functions_that_see_across_people_tell_a_stranger_nothing() {
    let (world, bob) = furnished().await;
    let ada = world.ada.user;
    let place: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM places WHERE version = 2").fetch_one(&mut world.sql().await).await.unwrap();
    let mut connection = as_app(&world).await;
    act_as(&mut connection, bob).await;
    for sql in [
        format!("SELECT count(*) FROM places_audience(ARRAY['{ada}'::uuid], ARRAY['{place}'::uuid])"),
        format!("SELECT count(*) FROM places_audience(ARRAY['{}'::uuid], ARRAY['{place}'::uuid])", bob.user),
        format!("SELECT count(*) FROM place_history_people('{place}')"),
    ] {
        assert_eq!(rows(&mut connection, &sql).await, 0, "{sql}");
    }
    let mut connection = as_app(&world).await;
    for sql in [
        format!("SELECT count(*) FROM places_audience(ARRAY['{ada}'::uuid], ARRAY['{place}'::uuid])"),
        format!("SELECT count(*) FROM place_history_people('{place}')"),
        "SELECT count(account_own_password())".to_owned(),
    ] {
        assert_eq!(rows(&mut connection, &sql).await, 0, "{sql}");
    }
    // And through the service: no row, no point, no facet, no history.
    let filter = holdfast_service::PlaceFilter::default();
    for sort in holdfast_contract::PlaceOrder::ALL {
        let filter = holdfast_service::PlaceFilter { sort: *sort, ..filter.clone() };
        assert!(world.service.list_rows(bob, &filter).await.unwrap().rows.is_empty());
    }
    assert_eq!(world.service.map_places(bob, &filter, None).await.unwrap().total, 0);
    assert_eq!(world.service.facets(bob).await.unwrap(), holdfast_contract::overview::Facets::default());
    assert_eq!(world.service.export_places(bob, None).await.unwrap(), (vec![], None));
    let target = holdfast_contract::Target::Id(holdfast_contract::PlaceId(place));
    assert!(matches!(world.service.place_page(bob, target).await, Err(Error::NotFound)));
    assert!(matches!(world.service.place_history(bob, target, None, None).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_device_that_is_revoked_or_of_somebody_else_begins_nothing() {
    let (world, bob) = furnished().await;
    let mut connection = as_app(&world).await;
    let wrong = Actor { user: world.ada.user, device: bob.device };
    let sql = |actor: Actor| format!("SELECT act_as('{}', '{}')", actor.user, actor.device);
    assert_eq!(sqlstate(&mut connection, &sql(wrong)).await, "HF401");
    world.execute("UPDATE devices SET revoked_at = now()").await;
    assert_eq!(sqlstate(&mut connection, &sql(world.ada)).await, "HF401");
    world.execute("UPDATE devices SET revoked_at = NULL; UPDATE users SET deleted_at = now()").await;
    assert_eq!(sqlstate(&mut connection, &sql(world.ada)).await, "HF403");
}

#[tokio::test]
async fn the_database_itself_refuses_what_the_contract_refuses() {
    let (world, _) = furnished().await;
    let mut connection = world.sql().await;
    for (sql, constraint) in [
        ("UPDATE places SET latitude = 90.1", "places_latitude_range"),
        ("UPDATE places SET latitude = 'NaN'", "places_latitude_range"),
        ("UPDATE places SET longitude = -180.5", "places_longitude_range"),
        ("UPDATE places SET accuracy = -1", "places_accuracy_range"),
        ("UPDATE places SET accuracy = 'Infinity'", "places_accuracy_range"),
        ("UPDATE places SET altitude = 'NaN'", "places_altitude_range"),
        ("UPDATE places SET name = repeat('x', 201)", "places_name_length"),
        ("UPDATE places SET note = repeat('x', 10001)", "places_note_length"),
        ("UPDATE places SET category = repeat('x', 41)", "places_category_length"),
        ("UPDATE places SET source = 'fax'", "places_source"),
        ("UPDATE places SET position_source = 'guess'", "places_position_source"),
        ("UPDATE places SET latitude = NULL", "places_complete"),
        ("UPDATE places SET purged_at = now(), deleted_at = now()", "places_purged"),
        ("UPDATE places SET version = 0", "places_version"),
        ("UPDATE feed_heads SET live_places = -1", "feed_heads_live_places"),
        ("UPDATE place_shares SET role = 'owner'", "place_shares_role"),
        ("UPDATE place_shares SET recipient_id = owner_id", "place_shares_not_to_oneself"),
        ("UPDATE users SET email_key = upper(email_key)", "users_email_key_lower"),
    ] {
        let error = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().constraint(), Some(constraint), "{sql}");
    }
}

impl World {
    async fn count_of(&self, table: &str) -> i64 {
        rows(&mut self.sql().await, &format!("SELECT count(*) FROM {table}")).await
    }
}
