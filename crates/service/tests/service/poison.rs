//! What the rules did not foresee: a database that refuses one row.

use holdfast_contract::{Code, Outcome, Target};
use holdfast_service::Error;

use crate::support::*;

const POISON: &str = "
    CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.name = 'poison' THEN RAISE EXCEPTION 'refused: %', NEW.name; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER poison BEFORE INSERT OR UPDATE ON places FOR EACH ROW EXECUTE FUNCTION poison();";
/// A fault that is not the operation's own: it is deferred, and not rejected.
const STALL: &str = "
    CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.name = 'stall' THEN RAISE SQLSTATE '55000'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER stall BEFORE INSERT OR UPDATE ON places FOR EACH ROW EXECUTE FUNCTION stall();";

#[tokio::test]
async fn one_poisoned_operation_is_one_rejected_outcome() {
    let world = World::new().await;
    world.execute(POISON).await;
    let mut batch: Vec<_> = (0..40).map(|i| create(&format!("p{i}")).1).collect();
    batch[17] = create("poison").1;
    let outcomes = world.push(world.ada, &batch).await;
    for (index, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Outcome::Rejected { problem } => {
                assert_eq!((index, problem.code), (17, Code::Internal));
                assert!(!problem.detail.contains("poison"), "no value passes through");
            }
            Outcome::Applied { place, .. } => assert_eq!(name_of(place), format!("p{index}")),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.count("SELECT count(*) FROM places").await, 39);
    assert_eq!(world.count("SELECT count(*) FROM op_receipts").await, 39);
    assert_eq!(world.count("SELECT live_places FROM feed_heads WHERE seq = 39").await, 39);
    let (changes, _) = world.pull_all(world.ada, None, 1000).await;
    assert_eq!(changes.len(), 39);
}

#[tokio::test]
async fn order_on_one_place_is_kept_around_a_poisoned_operation() {
    let world = World::new().await;
    world.execute(POISON).await;
    let (client_id, create) = create("a");
    let target = Target::Own(client_id);
    let batch = [
        create,
        rename(target, "a", "b"),
        rename(target, "b", "poison"),
        rename(target, "b", "c"),
        note(target, "", "n"),
    ];
    let outcomes = world.push(world.ada, &batch).await;
    assert_eq!(outcome_names(&outcomes), ["applied", "applied", "rejected", "applied", "applied"]);
    let place = world.service.get_place(world.ada, target).await.unwrap();
    assert_eq!((name_of(&place), place.version), ("c", 4));
}

#[tokio::test]
async fn what_follows_a_deferred_operation_on_its_place_waits_even_where_the_batch_was_split() {
    let world = World::new().await;
    world.execute(STALL).await;
    let (client_id, place) = world.place("a").await;
    let new = create("new");
    let batch = [
        rename(Target::Own(client_id), "a", "stall"),
        new.1,
        note(Target::Id(place.id), "", "behind it"),
        rename(Target::Own(new.0), "new", "stall"),
        note(Target::Own(new.0), "", "behind that"),
        create("other").1,
    ];
    let outcomes = world.push(world.ada, &batch).await;
    assert_eq!(outcome_names(&outcomes), ["deferred", "applied", "deferred", "deferred", "deferred", "applied"]);
    let place = world.service.get_place(world.ada, Target::Id(place.id)).await.unwrap();
    assert_eq!((name_of(&place), place.version, place.note.is_some()), ("a", 1, false));

    world.execute("DROP TRIGGER stall ON places").await;
    let outcomes = world.push(world.ada, &batch).await;
    assert_eq!(outcome_names(&outcomes), ["applied", "duplicate", "applied", "applied", "applied", "duplicate"]);
}

#[tokio::test]
async fn a_fault_that_is_not_the_operations_defers_it() {
    let world = World::new().await;
    world.execute("ALTER TABLE op_receipts RENAME TO elsewhere").await;
    let (_, create) = create("Hut");
    let outcome = world.push_one(world.ada, &create).await;
    assert!(matches!(&outcome, Outcome::Deferred { problem } if problem.code == Code::Unavailable), "{outcome:?}");
    world.execute("ALTER TABLE elsewhere RENAME TO op_receipts").await;
    applied(world.push_one(world.ada, &create).await);
}

#[tokio::test]
async fn connections_that_died_while_idle_cost_nothing_and_a_dead_database_is_unavailable() {
    let world = World::new().await;
    world.place("before").await;
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert!(world.count(kill).await > 0);
    world.place("after").await;

    let bytes = String::from_utf8(create("never").1.to_bytes()).unwrap();
    let epoch = world.service.epoch().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "ALTER DATABASE {} ALLOW_CONNECTIONS false",
        sqlx::query_scalar::<_, String>("SELECT current_database()::text")
            .fetch_one(&mut world.sql().await)
            .await
            .unwrap()
    )))
    .execute(&mut {
        let connection = world.sql().await;
        world.count(kill).await;
        drop(connection);
        other_database(&world).await
    })
    .await
    .unwrap();
    let refused = push_in_epoch(&world.service, world.ada, &[&bytes], epoch).await;
    assert!(matches!(&refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(world.service.ready().await.is_err());
}

/// A connection to the cluster's own database.
async fn other_database(world: &World) -> sqlx::PgConnection {
    use sqlx::ConnectOptions as _;
    let options: sqlx::postgres::PgConnectOptions = world.database.url().parse().unwrap();
    options.database("postgres").connect().await.unwrap()
}
