//! Following the feed: nothing is missed, and a cursor that can't be followed says so.

use holdfast_contract::sync::{ChangeKind, PushRequest};
use holdfast_contract::{Outcome, Target};
use holdfast_service::{Error, ResyncReason};
use uuid::Uuid;

use crate::concurrency::until;
use crate::support::*;

#[tokio::test]
async fn a_feed_has_each_place_once_under_its_last_number_and_pages_add_up() {
    let world = World::new().await;
    let mut captures = Vec::new();
    for index in 0..10 {
        captures.push(world.place(&format!("p{index}")).await.0);
    }
    applied(world.push_one(world.ada, &rename(Target::Own(captures[0]), "p0", "again")).await);
    let (paged, last) = world.pull_all(world.ada, None, 3).await;
    let whole = world.service.pull(world.ada, None, None).await.unwrap();
    assert_eq!(paged, whole.changes.iter().map(|c| (c.seq, c.kind.clone())).collect::<Vec<_>>());
    assert_eq!(paged.iter().map(|c| c.0).collect::<Vec<_>>(), (2..=11).collect::<Vec<_>>());
    assert_eq!((whole.head, whole.has_more, whole.limits.places_used, whole.limits.places_max), (11, false, 10, None));
    assert_eq!(fold(&paged).values().map(name_of).max(), Some("p9"));
    let nothing = world.service.pull(world.ada, Some(&last.cursor), None).await.unwrap();
    assert_eq!((nothing.changes.len(), nothing.has_more, nothing.head), (0, false, 11));
}

/// The first writer has its number and does not commit; the second writer must not become visible before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_between_two_writers_in_the_least_convenient_order_misses_nothing() {
    let world = World::new().await;
    let (_, start) = world.pull_all(world.ada, None, 100).await;

    // The slow writer: everything a create does, and no commit.
    let mut slow = world.sql().await;
    sqlx::raw_sql("BEGIN").execute(&mut slow).await.unwrap();
    sqlx::query("SELECT set_config('holdfast.user_id', $1, true)")
        .bind(world.ada.user.to_string())
        .execute(&mut slow)
        .await
        .unwrap();
    let slow_place = Uuid::now_v7();
    sqlx::query(
        "INSERT INTO places (owner_id, id, client_id, version, name, latitude, longitude, captured_at, source,
                             position_source, created_at, updated_at)
         VALUES ($1, $2, $2, 1, 'slow', 1, 2, now(), 'cli', 'fix', now(), now())",
    )
    .bind(world.ada.user.0)
    .bind(slow_place)
    .execute(&mut slow)
    .await
    .unwrap();
    sqlx::query("SELECT FROM feed_publish(ARRAY[$1], ARRAY[$2], ARRAY[0::smallint], 1, now())")
        .bind(world.ada.user.0)
        .bind(slow_place)
        .execute(&mut slow)
        .await
        .unwrap();

    // The fast writer on another device comes after, and the reader pulls while both are under way.
    let second = world.database.add_device(world.ada.user).await;
    let (service, create) = (world.service.clone(), create("fast").1);
    let fast = tokio::spawn(async move { push(&service, second, &[create]).await.remove(0) });
    until(
        &world,
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
        1,
    )
    .await;
    let (meanwhile, between) = world.pull_all(world.ada, Some(&start.cursor), 100).await;
    assert_eq!(meanwhile, [], "the second writer waits for the first");

    sqlx::raw_sql("COMMIT").execute(&mut slow).await.unwrap();
    assert!(matches!(fast.await.unwrap(), Outcome::Applied { seq: 2, .. }));
    let (after, _) = world.pull_all(world.ada, Some(&between.cursor), 100).await;
    let names: Vec<_> = after
        .iter()
        .map(|(seq, kind)| match kind {
            ChangeKind::Upsert(place) => (*seq, name_of(place)),
            ChangeKind::Gone(_) => panic!(),
        })
        .collect();
    assert_eq!(names, [(1, "slow"), (2, "fast")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_who_pulls_all_the_time_ends_with_exactly_what_is_there() {
    let world = World::new().await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (service, ada) = (world.service.clone(), world.ada);
        writers.spawn(async move {
            for round in 0..15 {
                let (client_id, create) = create(&format!("{writer}.{round}"));
                push(&service, ada, &[create]).await;
                let target = Target::Own(client_id);
                push(&service, ada, &[note(target, "", "n")]).await;
                if round % 3 == 0 {
                    push(&service, ada, &[delete(target, 2)]).await;
                }
            }
        });
    }
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    while !writers.is_empty() {
        let page = world.service.pull(world.ada, cursor.as_deref(), Some(7)).await.unwrap();
        seen.extend(page.changes.into_iter().map(|c| (c.seq, c.kind)));
        cursor = Some(page.cursor);
        while let Some(done) = writers.try_join_next() {
            done.unwrap();
        }
    }
    let (rest, _) = world.pull_all(world.ada, cursor.as_deref(), 7).await;
    seen.extend(rest);
    assert!(seen.windows(2).all(|w| w[0].0 < w[1].0), "numbers only rise");
    let (whole, _) = world.pull_all(world.ada, None, 1000).await;
    assert_eq!(fold(&seen), fold(&whole));
    assert_eq!(fold(&seen).len(), 60);
    assert_eq!(fold(&seen).values().filter(|p| p.deleted_at.is_some()).count(), 20);
}

#[tokio::test]
async fn a_cursor_of_somebody_else_or_made_up_is_not_valid() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let cursor = world.service.pull(world.ada, None, None).await.unwrap().cursor;
    for wrong in [cursor.as_str(), "x", "AQ", &"A".repeat(76)] {
        assert!(matches!(world.service.pull(bob, Some(wrong), None).await, Err(Error::InvalidCursor)));
    }
    assert!(world.another_process().await.pull(world.ada, Some(&cursor), None).await.is_ok(), "any process reads it");
    assert_eq!(world.count("SELECT count(*) FROM server_generations").await, 2);
}

#[tokio::test]
async fn a_cursor_that_knows_more_than_the_database_rotates_the_epoch_once() {
    let world = World::new().await;
    world.place("kept").await;
    let old = world.service.epoch().await.unwrap();
    world.clock.advance_seconds(60);
    world.service.beat_generation().await.unwrap();
    world.place("lost").await;
    let ahead = world.service.pull(world.ada, None, None).await.unwrap().cursor;
    // The database goes back to before the last generation.
    world.execute("DELETE FROM server_generations WHERE number = (SELECT max(number) FROM server_generations)").await;

    for _ in 0..2 {
        let refused = world.service.pull(world.ada, Some(&ahead), None).await;
        assert!(matches!(refused, Err(Error::ResyncRequired(_))), "{refused:?}");
    }
    let new = world.service.epoch().await.unwrap();
    assert_ne!(new, old);
    let (_, create) = create("made for the old epoch");
    let bytes = String::from_utf8(create.to_bytes()).unwrap();
    let refused = push_in_epoch(&world.service, world.ada, &[&bytes], old).await;
    assert!(matches!(refused, Err(Error::EpochChanged)));
    let (changes, page) = world.pull_all(world.ada, None, 100).await;
    assert_eq!((changes.len(), page.epoch), (2, new.clone()));
    assert!(world.service.pull(world.ada, Some(&page.cursor), None).await.is_ok());
    assert_eq!(world.service.epoch().await.unwrap(), new, "rotated once, not per device");
}

#[tokio::test]
async fn a_number_ahead_of_the_head_rotates_the_epoch_too() {
    let world = World::new().await;
    world.place("a").await;
    let ahead = world.service.pull(world.ada, None, None).await.unwrap().cursor;
    world.execute("UPDATE feed_heads SET seq = 0; DELETE FROM feed").await;
    let refused = world.service.pull(world.ada, Some(&ahead), None).await;
    assert!(matches!(refused, Err(Error::ResyncRequired(ResyncReason::WentBack))));
    let again = world.service.pull(world.ada, Some(&ahead), None).await;
    assert!(matches!(again, Err(Error::ResyncRequired(ResyncReason::EpochChanged))));
}

/// After what is gone was dropped, only a cursor from before that must start over. A pull that begins afterwards ends, on
/// however many pages, and its cursor can be followed.
#[tokio::test]
async fn a_pull_from_the_start_ends_after_entries_were_dropped() {
    let world = World::new().await;
    let mut captures = Vec::new();
    for index in 0..10 {
        captures.push(world.place(&format!("p{index}")).await.0);
    }
    let before = world.service.pull(world.ada, None, None).await.unwrap().cursor;
    // The newest number of the feed is a deletion, and then nothing.
    applied(world.push_one(world.ada, &delete(Target::Own(captures[9]), 1)).await);
    world.clock.advance_days(31);
    assert_eq!(world.service.purge_trash().await.unwrap(), 1);
    let after = world.service.pull(world.ada, None, None).await.unwrap().cursor;
    world.clock.advance_days(181);
    world.service.beat_generation().await.unwrap();
    world.execute("UPDATE server_generations SET created_at = now() + interval '100 years'").await;
    world.service.prune().await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM feed WHERE gone").await, 0);
    assert_eq!(world.count("SELECT horizon FROM feed_heads").await, 12);

    let refused = world.service.pull(world.ada, Some(&before), None).await;
    assert!(matches!(refused, Err(Error::ResyncRequired(ResyncReason::TooOld))), "{refused:?}");
    assert!(world.service.pull(world.ada, Some(&after), None).await.is_ok(), "it had seen what was dropped");
    for limit in [3, 100] {
        let (changes, last) = world.pull_all(world.ada, None, limit).await;
        assert_eq!(fold(&changes).len(), 9);
        let nothing = world.service.pull(world.ada, Some(&last.cursor), None).await.unwrap();
        assert_eq!((nothing.changes.len(), nothing.has_more), (0, false));
    }
    world.place("new").await;
    let (news, _) = world.pull_all(world.ada, Some(&after), 100).await;
    assert_eq!(news.len(), 1);
}

/// A device has been told that its change is done, and has not pulled since: its cursor knows nothing of it.
#[tokio::test]
async fn a_push_that_the_database_has_forgotten_is_noticed_by_its_witness() {
    let mut world = World::new().await;
    let (_, start) = world.pull_all(world.ada, None, 100).await;
    let epoch = world.service.epoch().await.unwrap();
    world.database.keep_copy().await;
    world.clock.advance_seconds(60);
    world.service.beat_generation().await.unwrap();
    let (_, lost) = create("lost");
    let bytes = String::from_utf8(lost.to_bytes()).unwrap();
    let reply = push_in_epoch(&world.service, world.ada, &[&bytes], epoch.clone()).await.unwrap();
    let pull = async |world: &World| {
        world.service.pull_with_witness(world.ada, Some(&start.cursor), reply.witness.as_deref(), None).await
    };
    assert_eq!(pull(&world).await.unwrap().changes.len(), 1);

    // Back before the push. What others write then reaches its number: only the generation tells.
    world.database.put_back().await;
    world.service = world.another_process().await;
    for name in ["one", "two"] {
        world.place(name).await;
    }
    let refused = pull(&world).await;
    assert!(matches!(refused, Err(Error::ResyncRequired(ResyncReason::WentBack))), "{refused:?}");
    assert_ne!(world.service.epoch().await.unwrap(), epoch);
    let again = world.service.pull_with_witness(world.ada, None, reply.witness.as_deref(), None).await.unwrap();
    assert_eq!(again.changes.len(), 2, "one of another epoch says nothing");
    // The next push carries the witness on, and what it says is not forgotten.
    world.database.keep_copy().await;
    world.clock.advance_seconds(60);
    world.service.beat_generation().await.unwrap();
    let epoch = world.service.epoch().await.unwrap();
    let push_on = async |world: &World, name: &str, witness: Option<String>| {
        let bytes =
            serde_json::value::RawValue::from_string(String::from_utf8(create(name).1.to_bytes()).unwrap()).unwrap();
        let request = PushRequest { epoch: epoch.clone(), operations: vec![&bytes], witness, telemetry: None };
        world.service.push(world.ada, request).await.unwrap().witness
    };
    let cursor = again.cursor.clone();
    let first = push_on(&world, "lost too", None).await;
    world.database.put_back().await;
    world.service = world.another_process().await;
    for name in ["three", "four"] {
        world.place(name).await;
    }
    let second = push_on(&world, "after it", first).await;
    let refused = world.service.pull_with_witness(world.ada, Some(&cursor), second.as_deref(), None).await;
    assert!(matches!(refused, Err(Error::ResyncRequired(ResyncReason::WentBack))), "{refused:?}");
    let made_up = world.service.pull_with_witness(world.ada, None, Some("made up"), None).await;
    assert!(matches!(made_up, Err(Error::InvalidCursor)));
}

/// A failover that lost the last seconds: no generation began in them, and others' writes have reached the numbers since.
#[tokio::test]
async fn a_database_that_lost_its_last_seconds_is_noticed_by_what_somebody_was_told() {
    for told_by in ["a push", "a push and a pull", "a pull"] {
        let mut world = World::new().await;
        let epoch = world.service.epoch().await.unwrap();
        let start = world.service.pull(world.ada, None, None).await.unwrap();
        world.database.keep_copy().await;
        world.clock.advance_seconds(1);
        let bytes = String::from_utf8(create("lost").1.to_bytes()).unwrap();
        let pushed = push_in_epoch(&world.service, world.ada, &[&bytes], epoch.clone()).await.unwrap();
        let (cursor, witness) = match told_by {
            "a push" => (start.cursor.clone(), pushed.witness),
            "a pull" => (world.service.pull(world.ada, None, None).await.unwrap().cursor, None),
            _ => {
                let witness = pushed.witness.as_deref();
                let page = world.service.pull_with_witness(world.ada, Some(&start.cursor), witness, None).await;
                (page.unwrap().cursor, None)
            }
        };
        world.database.put_back().await;
        world.service = world.another_process().await;
        for name in ["one", "two", "three"] {
            world.place(name).await;
        }
        let refused = world.service.pull_with_witness(world.ada, Some(&cursor), witness.as_deref(), None).await;
        assert!(matches!(refused, Err(Error::ResyncRequired(ResyncReason::WentBack))), "{told_by}: {refused:?}");
        assert_ne!(world.service.epoch().await.unwrap(), epoch);
    }
}

/// The place of the newest entry was changed again after the database went back: only the receipt tells.
#[tokio::test]
async fn an_own_change_that_is_lost_is_noticed_also_where_the_place_was_changed_again() {
    let mut world = World::new().await;
    let (client_id, _) = world.place("one").await;
    let own = Target::Own(client_id);
    let epoch = world.service.epoch().await.unwrap();
    world.database.keep_copy().await;
    let bytes = String::from_utf8(rename(own, "one", "two").to_bytes()).unwrap();
    let pushed = push_in_epoch(&world.service, world.ada, &[&bytes], epoch).await.unwrap();
    let page = world.service.pull_with_witness(world.ada, None, pushed.witness.as_deref(), None).await.unwrap();
    let later = world.service.pull(world.ada, Some(&page.cursor), None).await.unwrap();
    world.database.put_back().await;
    world.service = world.another_process().await;
    applied(world.push_one(world.ada, &rename(own, "one", "other")).await);
    for cursor in [&page.cursor, &later.cursor] {
        let refused = world.service.pull(world.ada, Some(cursor), None).await;
        assert!(matches!(refused, Err(Error::ResyncRequired(_))), "{refused:?}");
    }
}

/// The reply was lost, so that nothing of its own shows a device that the database went back; and its retry gives the newest entry
/// a number that is as high.
#[tokio::test]
async fn a_lost_change_is_noticed_also_where_its_own_retry_came_first() {
    let mut world = World::new().await;
    let (oak, _) = world.place("Oak").await;
    let (elm, _) = world.place("Elm").await;
    world.database.keep_copy().await;
    world.clock.advance_seconds(1);
    let deletion = delete(Target::Own(oak), 1);
    applied(world.push_one(world.ada, &deletion).await);
    let cursor = world.service.pull(world.ada, None, None).await.unwrap().cursor;
    world.clock.advance_seconds(1);
    world.database.put_back().await;
    world.service = world.another_process().await;
    // Another device's change takes the number that the deletion had.
    applied(world.push_one(world.ada, &rename(Target::Own(elm), "Elm", "Wych elm")).await);
    applied(world.push_one(world.ada, &deletion).await);
    let refused = world.service.pull(world.ada, Some(&cursor), None).await;
    assert!(matches!(refused, Err(Error::ResyncRequired(ResyncReason::WentBack))), "{refused:?}");
}

/// The newest entry of a cursor is changed again and again, given back, put into the trash and purged: never a false alarm.
#[tokio::test]
async fn a_cursor_is_followed_whatever_became_of_its_newest_entry() {
    let world = World::new().await;
    let (oak, first) = world.place("0").await;
    let own = Target::Own(oak);
    let mut cursors = vec![world.service.pull(world.ada, None, None).await.unwrap().cursor];
    for n in 0..4 {
        world.clock.advance_seconds(1);
        applied(world.push_one(world.ada, &rename(own, &n.to_string(), &(n + 1).to_string())).await);
        cursors.push(world.service.pull(world.ada, None, None).await.unwrap().cursor);
    }
    applied(world.push_one(world.ada, &delete(own, 5)).await);
    cursors.push(world.service.pull(world.ada, None, None).await.unwrap().cursor);
    for cursor in &cursors {
        assert!(world.service.pull(world.ada, Some(cursor), None).await.is_ok());
    }
    world.clock.advance_days(31);
    assert_eq!(world.service.purge_trash().await.unwrap(), 1);
    for cursor in &cursors {
        let page = world.service.pull(world.ada, Some(cursor), None).await.unwrap();
        assert_eq!(page.changes.len(), 1, "{}", first.id);
    }
}

/// A device that pushes and pulls for months names the same operations again and again; their receipts go meanwhile.
#[tokio::test]
async fn an_operation_of_long_ago_stops_counting_before_its_receipt_is_dropped() {
    let world = World::new().await;
    let epoch = world.service.epoch().await.unwrap();
    let push_with = async |name: &str, witness: Option<String>| {
        let raw =
            serde_json::value::RawValue::from_string(String::from_utf8(create(name).1.to_bytes()).unwrap()).unwrap();
        let request = PushRequest { epoch: epoch.clone(), operations: vec![&raw], witness, telemetry: None };
        world.service.push(world.ada, request).await.unwrap().witness
    };
    let first = push_with("first", None).await;
    let page = world.service.pull_with_witness(world.ada, None, first.as_deref(), None).await.unwrap();
    world.clock.advance_days(80);
    // Handed in once more, it is not newer for that.
    let again = world.service.pull_with_witness(world.ada, Some(&page.cursor), first.as_deref(), None).await.unwrap();
    world.clock.advance_days(20);
    let second = push_with("second", first).await;
    world.execute("DELETE FROM op_receipts WHERE created_at = (SELECT min(created_at) FROM op_receipts)").await;
    assert_eq!(world.count("SELECT count(*) FROM op_receipts").await, 1);
    let followed = world.service.pull_with_witness(world.ada, Some(&again.cursor), second.as_deref(), None).await;
    assert!(followed.is_ok(), "{followed:?}");
    assert_eq!(world.service.epoch().await.unwrap(), epoch);
}

#[tokio::test]
async fn a_receipt_that_was_dropped_for_its_age_is_no_sign_of_a_restore() {
    let world = World::new().await;
    let epoch = world.service.epoch().await.unwrap();
    let bytes = String::from_utf8(create("old").1.to_bytes()).unwrap();
    let pushed = push_in_epoch(&world.service, world.ada, &[&bytes], epoch.clone()).await.unwrap();
    let page = world.service.pull_with_witness(world.ada, None, pushed.witness.as_deref(), None).await.unwrap();
    world.clock.advance_days(100);
    world.execute("DELETE FROM op_receipts").await;
    assert!(
        world.service.pull_with_witness(world.ada, Some(&page.cursor), pushed.witness.as_deref(), None).await.is_ok()
    );
    assert_eq!(world.service.epoch().await.unwrap(), epoch);
}

/// The other process began its generation before the database went back, and does not know that it did.
#[tokio::test]
async fn a_process_that_has_not_noticed_a_restore_makes_nobody_start_over_again() {
    let world = World::new().await;
    let other = world.another_process().await;
    world.database.keep_copy().await;
    world.clock.advance_seconds(60);
    other.beat_generation().await.unwrap();
    world.service.beat_generation().await.unwrap();
    let ahead = world.service.pull(world.ada, None, None).await.unwrap().cursor;
    world.database.put_back().await;
    assert!(world.service.pull(world.ada, Some(&ahead), None).await.is_err());
    let epoch = world.service.epoch().await.unwrap();

    let bytes = String::from_utf8(create("through the other").1.to_bytes()).unwrap();
    let pushed = push_in_epoch(&other, world.ada, &[&bytes], epoch.clone()).await.unwrap();
    let page = other.pull_with_witness(world.ada, None, pushed.witness.as_deref(), None).await.unwrap();
    assert_eq!((page.changes.len(), page.epoch), (1, epoch));
}

#[tokio::test]
async fn a_generation_dropped_for_its_age_is_too_old_and_no_sign_of_a_restore() {
    let world = World::new().await;
    let old = world.service.pull(world.ada, None, None).await.unwrap().cursor;
    let epoch = world.service.epoch().await.unwrap();
    world.clock.advance_days(200);
    world.service.beat_generation().await.unwrap();
    world.service.prune().await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM server_generations").await, 1);
    let refused = world.service.pull(world.ada, Some(&old), None).await;
    assert!(matches!(refused, Err(Error::ResyncRequired(ResyncReason::TooOld))), "{refused:?}");
    assert_eq!(world.service.epoch().await.unwrap(), epoch);
}
