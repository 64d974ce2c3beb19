//! Files that people bring in on the server: interrupted, repeated, taken back.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use holdfast_contract::{Code, ImportId, Target};
use holdfast_service::{Actor, BroughtBack, Error, ImportPlace, ImportState, NewImport, Service, UndoResult};
use serde_json::json;

use crate::support::*;

fn new_import(label: &str) -> NewImport<'_> {
    NewImport { label, format: "gpx", file: b"<gpx/>", options: json!({ "tracks": true }) }
}

fn rows(count: u64) -> Vec<ImportPlace> {
    let row = |line| ImportPlace { line, client_id: new_client_id(), place: new_place(&format!("row {line}")) };
    (1..=count).map(row).collect()
}

/// Nobody runs it yet.
async fn begun(world: &World) -> ImportId {
    world.service.begin_import(world.ada, new_import("walk.gpx")).await.unwrap()
}

async fn ready_to_run(world: &World) -> ImportId {
    let id = begun(world).await;
    world.service.begin_run(world.ada, id).await.unwrap();
    id
}

async fn run(world: &World, id: ImportId, rows: &[ImportPlace]) -> (u64, u64, u64) {
    world.service.begin_run(world.ada, id).await.unwrap();
    let result = world.service.run_import(world.ada, id, rows).await.unwrap();
    assert_eq!((result.rejected, result.deferred), (vec![], None));
    (result.created, result.known, result.in_trash)
}

/// Polls `future` so often, and drops it then. `None`: it was dropped.
async fn killed_after<T>(polls: u32, mut future: Pin<Box<impl Future<Output = T>>>) -> Option<T> {
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

async fn state(service: &Service, actor: Actor) -> ImportState {
    service.list_imports(actor).await.unwrap()[0].state
}

#[tokio::test]
async fn a_file_is_kept_looked_at_run_and_dropped() {
    let world = World::new().await;
    let id = begun(&world).await;
    let import = world.service.import_file(world.ada, id).await.unwrap().unwrap();
    assert_eq!(
        (import.label.as_str(), import.format.as_str(), import.state),
        ("walk.gpx", "gpx", ImportState::Previewed)
    );
    assert_eq!((import.file.as_deref(), import.options), (Some(&b"<gpx/>"[..]), json!({ "tracks": true })));
    world.service.set_import_options(world.ada, id, &json!({ "tracks": false })).await.unwrap();
    assert_eq!(world.service.import_file(world.ada, id).await.unwrap().unwrap().options, json!({ "tracks": false }));

    let (known, _) = world.place("known").await;
    let (trashed, place) = world.place("trashed").await;
    applied(world.push_one(world.ada, &delete(Target::Id(place.id), 1)).await);
    let mut rows = rows(3);
    (rows[1].client_id, rows[2].client_id) = (known, trashed);
    let captures: Vec<_> = rows.iter().map(|row| row.client_id).collect();
    let found = world.service.check_import(world.ada, &captures).await.unwrap();
    let found: Vec<_> = found.iter().map(|k| (k.client_id, k.in_trash, k.purged)).collect();
    assert_eq!(found, [(known, false, false), (trashed, true, false)]);

    assert_eq!(run(&world, id, &rows).await, (1, 1, 1));
    let summary = world.service.list_imports(world.ada).await.unwrap().remove(0);
    assert_eq!(
        (summary.id, summary.state, summary.finished_at),
        (id, ImportState::Finished, Some(world.service.now()))
    );
    let counts = summary.counts;
    assert_eq!((counts.total, counts.created, counts.known, counts.in_trash, counts.rejected), (3, 1, 1, 1, 0));
    assert_eq!(world.service.import_file(world.ada, id).await.unwrap().unwrap().file, None);
    assert_eq!(run(&world, id, &rows).await, (1, 1, 1), "the same again, where the answer was lost");
    assert_eq!(world.count("SELECT count(*) FROM places").await, 3);
    let late = world.service.set_import_options(world.ada, id, &json!({})).await;
    assert!(matches!(late, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_run_that_is_killed_at_any_moment_and_run_again_makes_nothing_twice() {
    let world = World::new().await;
    let id = ready_to_run(&world).await;
    let rows = rows(1100);
    let mut polls = 1;
    let result = loop {
        // Dropping it gives up its connection, as the death of a process does.
        match killed_after(polls, Box::pin(world.service.run_import(world.ada, id, &rows))).await {
            Some(result) => break result.unwrap(),
            None => polls += 1,
        }
    };
    assert!(polls > 10, "it was killed {polls} times");
    assert_eq!((result.created, result.known, result.rejected.len()), (1100, 0, 0));
    assert_eq!(world.count("SELECT count(*) FROM places").await, 1100);
    assert_eq!(world.count("SELECT live_places FROM feed_heads").await, 1100);
    assert_eq!(world.count("SELECT count(*) FROM import_places WHERE created").await, 1100);
    assert_eq!(state(&world.service, world.ada).await, ImportState::Finished);

    let mut polls = 1;
    let undone = loop {
        match killed_after(polls, Box::pin(world.service.undo_import(world.ada, id))).await {
            Some(result) => break result.unwrap(),
            None => polls += 1,
        }
    };
    assert_eq!(undone, UndoResult { removed: 1100, ..UndoResult::default() });
    assert_eq!(world.count("SELECT count(*) FROM places WHERE deleted_at IS NOT NULL AND version = 2").await, 1100);
    assert_eq!(world.count("SELECT live_places FROM feed_heads").await, 0);
}

#[tokio::test]
async fn a_run_that_reads_another_time_of_capture_makes_nothing_twice() {
    let world = World::new().await;
    let id = ready_to_run(&world).await;
    let mut rows = rows(600);
    let killed = killed_after(12, Box::pin(world.service.run_import(world.ada, id, &rows))).await;
    assert!(killed.is_none());
    for row in &mut rows {
        row.place.captured_at = row.place.captured_at.plus_seconds(7);
    }
    assert_eq!(run(&world, id, &rows).await, (600, 0, 0));
    assert_eq!(world.count("SELECT count(*) FROM places").await, 600);
}

#[tokio::test]
async fn two_runs_at_once_make_nothing_twice_and_both_know_what_was_made() {
    let world = World::new().await;
    let id = ready_to_run(&world).await;
    let rows = rows(1100);
    let other = world.another_process().await;
    let (one, two) =
        tokio::join!(world.service.run_import(world.ada, id, &rows), other.run_import(world.ada, id, &rows));
    assert_eq!((one.unwrap().created, two.unwrap().created), (1100, 1100));
    assert_eq!(world.count("SELECT count(*) FROM places").await, 1100);
    assert_eq!(world.count("SELECT count(*) FROM import_places WHERE created").await, 1100);
    assert_eq!(state(&other, world.ada).await, ImportState::Finished);
}

#[tokio::test]
async fn taking_back_keeps_what_was_changed_and_what_was_not_of_this_import() {
    let world = World::new().await;
    let id = begun(&world).await;
    let (known, _) = world.place("known").await;
    let mut rows = rows(5);
    rows[0].client_id = known;
    assert_eq!(run(&world, id, &rows).await, (4, 1, 0));
    applied(world.push_one(world.ada, &rename(Target::Own(rows[1].client_id), "row 2", "mine now")).await);
    applied(world.push_one(world.ada, &delete(Target::Own(rows[2].client_id), 1)).await);
    let undone = world.service.undo_import(world.ada, id).await.unwrap();
    assert_eq!(undone, UndoResult { removed: 3, kept: 1, ..UndoResult::default() });
    let names = async || {
        let page = world.service.list_places(world.ada, &holdfast_service::PlaceFilter::default()).await.unwrap();
        let mut names: Vec<_> = page.places.iter().map(|place| name_of(place).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names().await, ["known", "mine now"]);

    // What the person takes out of the trash stays out of it, however often the import is taken back.
    applied(world.push_one(world.ada, &restore(Target::Own(rows[3].client_id), 2)).await);
    assert_eq!(world.service.undo_import(world.ada, id).await.unwrap(), undone);
    world.execute("UPDATE imports SET state = 'undoing'").await;
    assert_eq!(world.service.undo_import(world.ada, id).await.unwrap(), undone);
    assert_eq!(names().await, ["known", "mine now", "row 4"]);
    let summary = world.service.list_imports(world.ada).await.unwrap().remove(0);
    assert_eq!((summary.state, summary.undo.removed, summary.undo.kept), (ImportState::Undone, 3, 1));
    let again = world.service.run_import(world.ada, id, &rows).await.unwrap_err();
    assert_eq!(again.code(), Code::Conflict);
}

#[tokio::test]
async fn bringing_back_restores_what_taking_back_removed_and_nothing_else() {
    let world = World::new().await;
    let id = begun(&world).await;
    let rows = rows(5);
    assert_eq!(run(&world, id, &rows).await, (5, 0, 0));
    let back = async || world.service.bring_back_import(world.ada, id).await;
    assert_eq!(back().await.unwrap_err().code(), Code::Conflict, "it was not taken back");
    // One that its owner had put into the trash, and one that they had renamed.
    applied(world.push_one(world.ada, &delete(Target::Own(rows[0].client_id), 1)).await);
    applied(world.push_one(world.ada, &rename(Target::Own(rows[1].client_id), "row 2", "mine")).await);
    world.service.undo_import(world.ada, id).await.unwrap();
    // One that came out of the trash, was renamed, and went there again.
    applied(world.push_one(world.ada, &restore(Target::Own(rows[2].client_id), 2)).await);
    applied(world.push_one(world.ada, &rename(Target::Own(rows[2].client_id), "row 3", "later")).await);
    applied(world.push_one(world.ada, &delete(Target::Own(rows[2].client_id), 4)).await);
    let names = async || {
        let page = world.service.list_places(world.ada, &holdfast_service::PlaceFilter::default()).await.unwrap();
        let mut names: Vec<_> = page.places.iter().map(|place| name_of(place).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names().await, ["mine"]);
    // It is said before what is done then, and nothing more afterwards.
    let count = async || world.service.count_to_bring_back(world.ada, id).await.unwrap();
    assert_eq!(count().await, 2);
    let brought = BroughtBack { restored: 2, ..BroughtBack::default() };
    assert_eq!(back().await.unwrap(), brought);
    assert_eq!(names().await, ["mine", "row 4", "row 5"]);
    // Done twice it does nothing more, also not to what goes into the trash afterwards.
    assert_eq!(back().await.unwrap(), BroughtBack::default());
    applied(world.push_one(world.ada, &delete(Target::Own(rows[3].client_id), 3)).await);
    assert_eq!((count().await, back().await.unwrap()), (0, BroughtBack::default()));
    assert_eq!(names().await, ["mine", "row 5"]);
    assert_eq!(state(&world.service, world.ada).await, ImportState::Undone);
    let bob = world.database.add_user().await;
    assert!(matches!(world.service.bring_back_import(bob, id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn bringing_back_goes_on_where_it_was_killed() {
    let world = World::new().await;
    let id = begun(&world).await;
    let rows = rows(700);
    run(&world, id, &rows).await;
    world.service.undo_import(world.ada, id).await.unwrap();
    assert_eq!(world.service.count_to_bring_back(world.ada, id).await.unwrap(), 700);
    let mut polls = 1;
    while killed_after(polls, Box::pin(world.service.bring_back_import(world.ada, id))).await.is_none() {
        polls += 1 + polls / 2;
    }
    assert_eq!(world.count("SELECT count(*) FROM places WHERE deleted_at IS NULL AND version = 3").await, 700);
    assert_eq!(world.service.count_to_bring_back(world.ada, id).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_taken_back_while_it_runs_leaves_nothing() {
    let world = World::new().await;
    let id = ready_to_run(&world).await;
    let rows = rows(1600);
    let other = world.another_process().await;
    let undo = async {
        loop {
            match other.undo_import(world.ada, id).await {
                Ok(_) => break,
                // It has not begun to run yet.
                Err(error) => assert_eq!(error.code(), Code::Conflict),
            }
        }
    };
    let (ran, ()) = tokio::join!(world.service.run_import(world.ada, id, &rows), undo);
    // Unless it had come to its end just then.
    assert!(ran.map_or_else(|error| error.code() == Code::Conflict, |result| result.created == 1600));
    assert_eq!(world.count("SELECT count(*) FROM places WHERE deleted_at IS NULL").await, 0);
    assert_eq!(state(&other, world.ada).await, ImportState::Undone);
}

#[tokio::test]
async fn a_full_plan_stops_a_run_that_goes_on_when_there_is_room() {
    let world = World::new().await;
    world.execute("INSERT INTO plans (id, places_max) VALUES ('small', 502); UPDATE users SET plan_id = 'small'").await;
    let id = ready_to_run(&world).await;
    let rows = rows(1200);
    let result = world.service.run_import(world.ada, id, &rows).await.unwrap();
    assert_eq!((result.created, result.deferred.unwrap().code), (502, Code::PlanLimitReached));
    assert_eq!(state(&world.service, world.ada).await, ImportState::Running);
    assert!(world.service.import_file(world.ada, id).await.unwrap().unwrap().file.is_some());
    world.execute("UPDATE plans SET places_max = NULL").await;
    assert_eq!(run(&world, id, &rows).await, (1200, 0, 0));
    assert_eq!(world.count("SELECT count(*) FROM places").await, 1200);
}

#[tokio::test]
async fn what_was_deleted_for_good_does_not_come_back_by_an_import() {
    let world = World::new().await;
    let (capture, place) = world.place("gone").await;
    applied(world.push_one(world.ada, &delete(Target::Id(place.id), 1)).await);
    world.clock.advance_days(31);
    world.service.purge_trash().await.unwrap();
    let id = ready_to_run(&world).await;
    let mut rows = rows(2);
    rows[1].client_id = capture;
    assert!(world.service.check_import(world.ada, &[capture]).await.unwrap()[0].purged);
    let result = world.service.run_import(world.ada, id, &rows).await.unwrap();
    assert_eq!((result.created, result.rejected[0].0, result.rejected[0].1.code), (1, 2, Code::Gone));
}

#[tokio::test]
async fn five_files_wait_at_most_and_none_longer_than_a_day() {
    let world = World::new().await;
    let running = begun(&world).await;
    world.execute("UPDATE imports SET state = 'running'").await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        world.clock.advance_seconds(1);
        ids.push(begun(&world).await);
    }
    let left: Vec<_> = world.service.list_imports(world.ada).await.unwrap().iter().map(|i| i.id).collect();
    assert_eq!(left, [ids[4], ids[3], ids[2], ids[1], running], "the oldest that was not begun makes room");
    world.service.discard_import(world.ada, ids[4]).await.unwrap();
    assert!(matches!(world.service.discard_import(world.ada, running).await, Err(Error::NotFound)));
    world.clock.advance_days(1);
    world.clock.advance_seconds(60);
    world.service.prune().await.unwrap();
    let left: Vec<_> = world.service.list_imports(world.ada).await.unwrap().iter().map(|i| i.id).collect();
    assert_eq!(left, [running], "what has begun stays until it ends");
    for _ in 0..4 {
        begun(&world).await;
    }
    world.execute("UPDATE imports SET state = 'running'").await;
    let refused = world.service.begin_import(world.ada, new_import("more")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);
}

#[tokio::test]
async fn a_file_that_is_too_large_or_has_no_name_is_refused() {
    let world = World::new().await;
    let large = vec![0; 32 * 1024 * 1024 + 1];
    let file = |file| NewImport { file, ..new_import("large") };
    let refused = world.service.begin_import(world.ada, file(&large)).await.unwrap_err();
    assert_eq!(refused.code(), Code::TooLarge);
    world.service.begin_import(world.ada, file(&large[1..])).await.unwrap();
    let refused = world.service.begin_import(world.ada, new_import("  ")).await.unwrap_err().problem();
    assert_eq!((refused.code, refused.errors[0].field.as_str()), (Code::Invalid, "label"));
}

#[tokio::test]
async fn nobody_else_sees_or_touches_an_import() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let id = begun(&world).await;
    let rows = rows(2);
    assert_eq!(world.service.import_file(bob, id).await.unwrap(), None);
    assert_eq!(world.service.list_imports(bob).await.unwrap(), []);
    assert!(matches!(world.service.run_import(bob, id, &rows).await, Err(Error::NotFound)));
    assert!(matches!(world.service.undo_import(bob, id).await, Err(Error::NotFound)));
    assert!(matches!(world.service.discard_import(bob, id).await, Err(Error::NotFound)));
    assert!(matches!(world.service.set_import_options(bob, id, &json!({})).await, Err(Error::NotFound)));
    run(&world, id, &rows).await;
    let captures: Vec<_> = rows.iter().map(|row| row.client_id).collect();
    assert_eq!(world.service.check_import(bob, &captures).await.unwrap(), []);
    assert!(matches!(world.service.undo_import(bob, id).await, Err(Error::NotFound)));
    assert_eq!(world.count("SELECT count(*) FROM places WHERE deleted_at IS NULL").await, 2);
    world.execute("DELETE FROM users WHERE email = 'user0@example.org'").await;
    assert_eq!(world.count("SELECT count(*) FROM import_places").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM imports").await, 0);
}

#[tokio::test]
async fn an_import_that_is_left_while_it_is_taken_back_is_forgotten_like_others_and_can_be_gone_on_with_until_then() {
    let world = World::new().await;
    let id = ready_to_run(&world).await;
    let rows = rows(3);
    run(&world, id, &rows).await;
    world.execute("UPDATE imports SET state = 'undoing'").await;
    world.clock.advance_days(179);
    world.service.prune().await.unwrap();
    assert_eq!(state(&world.service, world.ada).await, ImportState::Undoing);
    world.service.undo_import(world.ada, id).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM places WHERE deleted_at IS NULL").await, 0);
    world.execute("UPDATE imports SET state = 'undoing'").await;
    world.clock.advance_days(181);
    world.service.prune().await.unwrap();
    assert_eq!(world.service.list_imports(world.ada).await.unwrap(), []);
}
