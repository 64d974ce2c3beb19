//! The same thing at the same instant.

use holdfast_contract::{Outcome, Role, Target};
use holdfast_service::Service;
use tokio::task::JoinSet;

use crate::support::*;

/// Runs the same work on two processes, `times` times at once.
async fn at_once<T: Send + 'static>(
    world: &World,
    times: usize,
    mut work: impl FnMut(usize, Service) -> std::pin::Pin<Box<dyn Future<Output = T> + Send>>,
) -> Vec<T> {
    let other = world.another_process().await;
    let mut running = JoinSet::new();
    for index in 0..times {
        let service = if index % 2 == 0 { world.service.clone() } else { other.clone() };
        running.spawn(work(index, service));
    }
    running.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_operation_a_hundred_times_at_once_makes_one_place() {
    let world = World::new().await;
    let (_, create) = create("Hut");
    let ada = world.ada;
    let outcomes = at_once(&world, 100, |_, service| {
        let create = create.clone();
        Box::pin(async move { push(&service, ada, &[create]).await.remove(0) })
    })
    .await;
    let applied = outcomes.iter().filter(|o| matches!(o, Outcome::Applied { seq: 1, .. })).count();
    let known = outcomes.iter().filter(|o| matches!(o, Outcome::Duplicate { first: true, seq: 1, .. })).count();
    assert_eq!((applied, known), (1, 99));
    for (what, sql) in [
        ("places", "SELECT count(*) FROM places"),
        ("feed", "SELECT count(*) FROM feed"),
        ("receipts", "SELECT count(*) FROM op_receipts"),
        ("head", "SELECT seq FROM feed_heads"),
        ("live", "SELECT live_places FROM feed_heads"),
    ] {
        assert_eq!(world.count(sql).await, 1, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_capture_from_a_hundred_devices_at_once_makes_one_place() {
    let world = World::new().await;
    let client_id = new_client_id();
    let mut devices = Vec::new();
    for _ in 0..100 {
        devices.push(world.database.add_device(world.ada.user).await);
    }
    let outcomes = at_once(&world, 100, |index, service| {
        let device = devices[index];
        let create = create_as(client_id, &format!("device {index}"));
        Box::pin(async move { push(&service, device, &[create]).await.remove(0) })
    })
    .await;
    let ids: std::collections::BTreeSet<_> = outcomes.iter().map(|o| o.place().unwrap().0.id).collect();
    assert_eq!(ids.len(), 1);
    let applied = outcomes.iter().filter(|o| matches!(o, Outcome::Applied { .. })).count();
    let known = outcomes.iter().filter(|o| matches!(o, Outcome::Duplicate { first: false, .. })).count();
    assert_eq!((applied, known), (1, 99));
    assert_eq!(world.count("SELECT count(*) FROM places").await, 1);
    assert_eq!(world.count("SELECT live_places FROM feed_heads").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn overlapping_batches_in_opposite_orders_all_come_through() {
    let world = World::new().await;
    let captures: Vec<_> = (0..40).map(|_| new_client_id()).collect();
    let ada = world.ada;
    let outcomes = at_once(&world, 8, |index, service| {
        let mut batch: Vec<_> = captures.iter().map(|id| create_as(*id, "x")).collect();
        if index % 2 == 1 {
            batch.reverse();
        }
        Box::pin(async move { push(&service, ada, &batch).await })
    })
    .await;
    let applied = outcomes.iter().flatten().filter(|o| matches!(o, Outcome::Applied { .. })).count();
    let known = outcomes.iter().flatten().filter(|o| matches!(o, Outcome::Duplicate { .. })).count();
    assert_eq!((applied, known), (40, 280));
    assert_eq!(world.count("SELECT count(*) FROM places").await, 40);
    assert_eq!(world.count("SELECT live_places FROM feed_heads").await, 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_edits_of_one_field_at_once_one_wins_and_the_others_conflict() {
    let world = World::new().await;
    let (client_id, _) = world.place("start").await;
    let ada = world.ada;
    let outcomes = at_once(&world, 20, |index, service| {
        let edit = rename(Target::Own(client_id), "start", &format!("edit {index}"));
        Box::pin(async move { push(&service, ada, &[edit]).await.remove(0) })
    })
    .await;
    let applied = outcomes.iter().filter(|o| matches!(o, Outcome::Applied { .. })).count();
    let conflicts = outcomes.iter().filter(|o| matches!(o, Outcome::Conflict { .. })).count();
    assert_eq!((applied, conflicts), (1, 19));
    assert_eq!(world.count("SELECT version FROM places").await, 2);
    assert_eq!(world.count("SELECT count(*) FROM place_history").await, 1);
}

/// The retry waits for the place while its first try and somebody else's edit commit: what it read when it began to wait
/// is not what it may decide by.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_retried_edit_whose_first_try_succeeded_meanwhile_does_not_conflict_with_itself() {
    let world = World::new().await;
    let (client_id, place) = world.place("a").await;
    let target = Target::Own(client_id);
    let edit = rename(target, "a", "b");

    // Holds the place as a slow first try would.
    let mut first_try = world.sql().await;
    sqlx::raw_sql("BEGIN; SELECT FROM places FOR UPDATE").execute(&mut first_try).await.unwrap();
    let (service, ada, retry) = (world.service.clone(), world.ada, edit.clone());
    let waiting = tokio::spawn(async move { push(&service, ada, &[retry]).await.remove(0) });
    until(
        &world,
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
        1,
    )
    .await;

    // The first try's effect and receipt, then somebody else's edit, then both become visible at once.
    let hash = holdfast_contract::operation::payload_hash(&edit.to_bytes());
    sqlx::query("UPDATE places SET name = 'c', version = 3").execute(&mut first_try).await.unwrap();
    sqlx::query(
        "INSERT INTO op_receipts (actor_id, op_id, payload_hash, kind, owner_id, place_id, version, created_at)
         VALUES ($1, $2, $3, 'update', $1, $4, 2, now())",
    )
    .bind(world.ada.user.0)
    .bind(edit.op_id.0)
    .bind(hash.as_slice())
    .bind(place.id.0)
    .execute(&mut first_try)
    .await
    .unwrap();
    sqlx::raw_sql("COMMIT").execute(&mut first_try).await.unwrap();

    let outcome = waiting.await.unwrap();
    let Outcome::Duplicate { first: true, place, applied_version: Some(2), .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((name_of(&place), place.version), ("c", 3));
}

/// As above, but the batch makes a place as well. When the retry began to wait, nobody had that place; when it goes on,
/// its receipt is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_retried_batch_whose_first_try_commits_meanwhile_finds_the_place_that_it_made() {
    let world = World::new().await;
    let (known, _) = world.place("a").await;
    let new = create("new");
    let batch = [new.1.clone(), rename(Target::Own(known), "a", "b")];

    // The first try stalls with everything written and nothing committed.
    let mut gate = gate(&world, "AFTER INSERT ON op_receipts").await;
    let try_it = || {
        let (service, ada, batch) = (world.service.clone(), world.ada, batch.clone());
        tokio::spawn(async move { push(&service, ada, &batch).await })
    };
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let first_try = try_it();
    until(&world, waiting, 1).await;
    let retry = try_it();
    until(&world, waiting, 2).await;
    sqlx::raw_sql("SELECT pg_advisory_unlock(4711)").execute(&mut gate).await.unwrap();

    assert_eq!(outcome_names(&first_try.await.unwrap()), ["applied", "applied"]);
    let again = retry.await.unwrap();
    assert_eq!(outcome_names(&again), ["duplicate", "duplicate"]);
    let Outcome::Duplicate { first: true, place, .. } = &again[0] else { panic!("{again:?}") };
    assert_eq!((name_of(place), place.client_id), ("new", Some(new.0)));
    assert_eq!(world.count("SELECT count(*) FROM places").await, 2);
}

/// Whoever is shown a place while somebody changes it learns of the change: the share waits for it, or it for the share.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_share_that_begins_while_a_change_is_under_way_misses_nothing() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let (client_id, place) = world.place("a").await;
    // The change stalls with its audience read and nothing committed.
    let mut gate = gate(&world, "AFTER UPDATE ON feed").await;
    let (service, ada) = (world.service.clone(), world.ada);
    let change = tokio::spawn(async move { push(&service, ada, &[rename(Target::Own(client_id), "a", "b")]).await });
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    until(&world, waiting, 1).await;
    let service = world.service.clone();
    let share = tokio::spawn(async move { service.share_place(ada, place.id, bob.user, Role::Viewer).await });
    // It waits for the change, or it is done.
    let waits_or_is_done = async {
        while !share.is_finished() && world.count(waiting).await < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waits_or_is_done).await.unwrap();
    let (before, page) = world.pull_all(bob, None, 10).await;
    sqlx::raw_sql("SELECT pg_advisory_unlock(4711)").execute(&mut gate).await.unwrap();
    assert_eq!(outcome_names(&change.await.unwrap()), ["applied"]);
    share.await.unwrap().unwrap();
    let (after, _) = world.pull_all(bob, Some(&page.cursor), 10).await;
    let seen = fold(&[before, after].concat());
    assert_eq!(seen[&place.id].version, 2, "the last word that was followed is the last word");
}

/// Whoever comes to the gate first waits there until the lock 4711 of the returned connection is given up; everybody after them
/// passes.
async fn gate(world: &World, when: &'static str) -> sqlx::PgConnection {
    let mut sql = world.sql().await;
    let trigger = format!(
        "CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF pg_try_advisory_xact_lock(4712) THEN PERFORM pg_advisory_xact_lock_shared(4711); END IF;
             RETURN NULL;
         END $$;
         CREATE TRIGGER gate {when} FOR EACH STATEMENT EXECUTE FUNCTION wait_at_gate()"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(trigger)).execute(&mut sql).await.unwrap();
    sqlx::raw_sql("SELECT pg_advisory_lock(4711)").execute(&mut sql).await.unwrap();
    sql
}

/// Waits for a number that SQL answers.
pub(crate) async fn until(world: &World, sql: &'static str, expected: i64) {
    let waited = async {
        while world.count(sql).await != expected {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waited).await.expect("it comes to be");
}
