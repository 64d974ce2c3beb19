//! Imports on the server where something dies, stalls, or is done by two at once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use holdfast_contract::{Code, ImportId, Target};
use holdfast_service::{Error, ImportPlace, ImportState, ImportSummary, NewImport, UndoResult};
use serde_json::json;
use sqlx::PgConnection;

use crate::support::*;

/// The end of every part fails, after its places are there.
const RECORD_FAILS: &str = "
    CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.created > OLD.created THEN RAISE SQLSTATE '55000'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER fails BEFORE UPDATE ON imports FOR EACH ROW EXECUTE FUNCTION fails();";
/// Places of these names can't be put into the trash: one at all, one at the moment.
const DELETE_FAILS: &str = "
    CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.name = 'row 3' THEN RAISE EXCEPTION 'refused'; END IF;
        IF NEW.name = 'row 7' THEN RAISE SQLSTATE '55000'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER fails BEFORE UPDATE ON places FOR EACH ROW EXECUTE FUNCTION fails();";
/// What notes rows waits at its commit, for as long as somebody holds the gate's lock.
const NOTING_WAITS: &str = "
    CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON import_places DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION gate();";
/// What makes places waits before the first of them, in the same way.
const CREATING_WAITS: &str = "
    CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NULL; END $$;
    CREATE TRIGGER gate BEFORE INSERT ON places FOR EACH STATEMENT EXECUTE FUNCTION gate();";
/// Connections that wait for somebody else's lock.
const WAITING: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
const LIVE: &str = "SELECT count(*) FROM places WHERE deleted_at IS NULL";

fn rows(count: u64) -> Vec<ImportPlace> {
    let row = |line| ImportPlace { line, client_id: new_client_id(), place: new_place(&format!("row {line}")) };
    (1..=count).map(row).collect()
}

async fn brought_in(world: &World) -> ImportId {
    let new = NewImport { label: "walk.gpx", format: "gpx", file: b"<gpx/>", options: json!({ "columns": 1 }) };
    world.service.begin_import(world.ada, new).await.unwrap()
}

async fn begun(world: &World) -> ImportId {
    let id = brought_in(world).await;
    world.service.begin_run(world.ada, id).await.unwrap();
    id
}

async fn summary(world: &World, id: ImportId) -> ImportSummary {
    world.service.import_summary(world.ada, id).await.unwrap().unwrap()
}

/// Where transactions wait until it is opened.
struct Gate(PgConnection);

impl Gate {
    async fn closed(world: &World, sql: &'static str) -> Self {
        world.execute(sql).await;
        let mut holder = world.sql().await;
        sqlx::raw_sql("SELECT pg_advisory_lock(7)").execute(&mut holder).await.unwrap();
        Self(holder)
    }

    async fn open(mut self) {
        sqlx::raw_sql("SELECT pg_advisory_unlock(7)").execute(&mut self.0).await.unwrap();
    }
}

/// Polls `future` until it waits at the gate.
async fn until_one_waits<T>(world: &World, future: &mut Pin<Box<impl Future<Output = T>>>) {
    let waits = async || world.count(WAITING).await > 0;
    assert!(polled_until(future, waits).await, "it came to its end without the gate");
}

/// Polls `future` until `done` says so, and drops it then.
async fn killed_when<T>(mut future: Pin<Box<impl Future<Output = T>>>, done: impl AsyncFnMut() -> bool) -> bool {
    polled_until(&mut future, done).await
}

/// Polls `future` until `done` says so. Whether it has not come to its end before.
async fn polled_until<T>(future: &mut Pin<Box<impl Future<Output = T>>>, mut done: impl AsyncFnMut() -> bool) -> bool {
    loop {
        let ended = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ended || done().await {
            return !ended;
        }
    }
}

#[tokio::test]
async fn what_was_made_and_not_recorded_is_taken_back() {
    let world = World::new().await;
    let (known, _) = world.place("known").await;
    let id = begun(&world).await;
    let mut rows = rows(600);
    rows[3].client_id = known;
    world.execute(RECORD_FAILS).await;
    assert!(world.service.run_import(world.ada, id, &rows).await.is_err());
    world.execute("DROP TRIGGER fails ON imports").await;
    assert_eq!(world.count(LIVE).await, 500, "499 of the first part, and the known one");
    assert_eq!(world.count("SELECT count(*) FROM import_places WHERE created").await, 0);

    let undone = world.service.undo_import(world.ada, id).await.unwrap();
    assert_eq!(undone, UndoResult { removed: 499, ..UndoResult::default() });
    assert_eq!(world.count(LIVE).await, 1, "what was there before stays");
    assert_eq!(world.count("SELECT count(*) FROM import_places WHERE created").await, 499);
    assert_eq!(world.count("SELECT count(*) FROM import_places WHERE created IS NULL").await, 0);
    assert_eq!(world.service.undo_import(world.ada, id).await.unwrap(), undone);
}

#[tokio::test]
async fn a_run_that_dies_when_its_places_are_there_leaves_nothing_behind_an_undo() {
    let world = World::new().await;
    let other = world.another_process().await;
    let mut undone_after_death = 0;
    for _ in 0..5 {
        let id = begun(&world).await;
        let rows = rows(40);
        let run = Box::pin(world.service.run_import(world.ada, id, &rows));
        let died = killed_when(run, async || world.count(LIVE).await > 0).await;
        undone_after_death += u32::from(died);
        other.undo_import(world.ada, id).await.unwrap();
        assert_eq!(world.count(LIVE).await, 0);
    }
    assert!(undone_after_death > 0);
}

#[tokio::test]
async fn a_part_that_is_overtaken_by_an_undo_makes_nothing() {
    let world = World::new().await;
    let id = begun(&world).await;
    let rows = rows(30);
    let gate = Gate::closed(&world, NOTING_WAITS).await;
    let mut run = Box::pin(world.service.run_import(world.ada, id, &rows));
    until_one_waits(&world, &mut run).await;
    // The rows are noted, and nothing is made yet: the run can't go on before it is polled again.
    gate.open().await;
    while world.count("SELECT count(*) FROM import_places").await < 30 {}
    let undone = world.another_process().await.undo_import(world.ada, id).await.unwrap();
    assert_eq!(undone, UndoResult::default());
    assert_eq!(run.await.unwrap_err().code(), Code::Conflict);
    assert_eq!(world.count("SELECT count(*) FROM places").await, 0);
    assert_eq!(summary(&world, id).await.state, ImportState::Undone);
    let again = world.service.run_import(world.ada, id, &rows).await.unwrap_err();
    assert_eq!((again.code(), world.count("SELECT count(*) FROM places").await), (Code::Conflict, 0));
}

#[tokio::test]
async fn an_undo_waits_for_the_part_that_is_being_made_and_takes_it_back() {
    let world = World::new().await;
    let id = begun(&world).await;
    let rows = rows(30);
    let gate = Gate::closed(&world, CREATING_WAITS).await;
    let mut run = Box::pin(world.service.run_import(world.ada, id, &rows));
    until_one_waits(&world, &mut run).await;
    let other = world.another_process().await;
    let mut undo = Box::pin(other.undo_import(world.ada, id));
    let waits = async || world.count(WAITING).await == 2;
    assert!(polled_until(&mut undo, waits).await, "it came to its end while the part was being made");
    gate.open().await;
    let (ran, undone) = tokio::join!(run, undo);
    assert_eq!(undone.unwrap(), UndoResult { removed: 30, ..UndoResult::default() });
    // Unless it had come to its end just before the import was being taken back.
    assert!(ran.map_or_else(|error| error.code() == Code::Conflict, |result| result.created == 30));
    assert_eq!(world.count(LIVE).await, 0);
    assert_eq!(summary(&world, id).await.state, ImportState::Undone);
}

#[tokio::test]
async fn one_place_that_cannot_be_taken_back_keeps_no_other() {
    let world = World::new().await;
    let id = begun(&world).await;
    world.service.run_import(world.ada, id, &rows(600)).await.unwrap();
    world.execute(DELETE_FAILS).await;
    for _ in 0..2 {
        let undone = world.service.undo_import(world.ada, id).await.unwrap();
        assert_eq!((undone.removed, undone.kept, undone.left), (598, 1, 1));
        assert_eq!(undone.deferred.unwrap().code, Code::Unavailable);
        let import = summary(&world, id).await;
        assert_eq!((import.state, import.undo.removed, import.undo.kept), (ImportState::Undoing, 598, 1));
        assert!(!import.is_under_way(world.service.now()), "it has stopped");
    }
    world.execute("DROP TRIGGER fails ON places").await;
    let undone = world.service.undo_import(world.ada, id).await.unwrap();
    assert_eq!(undone, UndoResult { removed: 600, ..UndoResult::default() });
    assert_eq!((world.count(LIVE).await, summary(&world, id).await.state), (0, ImportState::Undone));
}

#[tokio::test]
async fn what_has_begun_to_run_is_read_the_same_way_to_its_end() {
    let world = World::new().await;
    let id = brought_in(&world).await;
    let early = world.service.run_import(world.ada, id, &rows(1)).await.unwrap_err();
    assert_eq!((early.code(), world.count(LIVE).await), (Code::Conflict, 0), "nothing is run that was not begun");
    world.service.set_import_options(world.ada, id, &json!({ "columns": 2 })).await.unwrap();
    for _ in 0..2 {
        let import = world.service.begin_run(world.ada, id).await.unwrap();
        assert_eq!((import.state, import.options), (ImportState::Running, json!({ "columns": 2 })));
        assert_eq!(import.file.as_deref(), Some(&b"<gpx/>"[..]));
        let late = world.service.set_import_options(world.ada, id, &json!({ "columns": 3 })).await;
        assert!(matches!(late, Err(Error::NotFound)));
    }
    world.service.run_import(world.ada, id, &rows(1)).await.unwrap();
    assert_eq!(world.service.begin_run(world.ada, id).await.unwrap().file, None);
    world.service.undo_import(world.ada, id).await.unwrap();
    assert_eq!(world.service.begin_run(world.ada, id).await.unwrap_err().code(), Code::Conflict);
}

#[tokio::test]
async fn a_run_says_for_half_a_minute_that_it_is_under_way() {
    let world = World::new().await;
    let id = begun(&world).await;
    let now = || world.service.now();
    world.clock.advance_seconds(60);
    assert!(!summary(&world, id).await.is_under_way(now()));
    world.execute(RECORD_FAILS).await;
    world.service.run_import(world.ada, id, &rows(2)).await.unwrap_err();
    assert!(summary(&world, id).await.is_under_way(now()), "it was touched, and has not said that it stopped");
    world.clock.advance_seconds(29);
    assert!(summary(&world, id).await.is_under_way(now()));
    world.clock.advance_seconds(1);
    assert!(!summary(&world, id).await.is_under_way(now()));

    world.execute("DROP TRIGGER fails ON imports").await;
    world.execute("INSERT INTO plans (id, places_max) VALUES ('small', 1); UPDATE users SET plan_id = 'small'").await;
    let deferred = world.service.run_import(world.ada, id, &rows(4)).await.unwrap();
    assert!(deferred.deferred.is_some());
    let import = summary(&world, id).await;
    assert_eq!((import.state, import.is_under_way(now())), (ImportState::Running, false), "it has stopped");
}

#[tokio::test]
async fn imports_are_forgotten_when_nobody_needs_them_any_more() {
    let world = World::new().await;
    let (idle, ended, undone) = (begun(&world).await, begun(&world).await, begun(&world).await);
    world.service.run_import(world.ada, ended, &rows(3)).await.unwrap();
    world.service.run_import(world.ada, undone, &rows(3)).await.unwrap();
    world.service.undo_import(world.ada, undone).await.unwrap();
    world.clock.advance_days(13);
    let fresh = begun(&world).await;
    world.service.prune().await.unwrap();
    assert!(world.service.import_file(world.ada, idle).await.unwrap().unwrap().file.is_some());
    world.clock.advance_days(2);
    world.service.prune().await.unwrap();
    let import = world.service.import_file(world.ada, idle).await.unwrap().unwrap();
    assert_eq!((import.state, import.file), (ImportState::Finished, None));
    assert!(world.service.import_file(world.ada, fresh).await.unwrap().unwrap().file.is_some());

    assert_eq!(world.count("SELECT count(*) FROM import_places").await, 6);
    world.clock.advance_days(170);
    world.service.prune().await.unwrap();
    let left: Vec<_> = world.service.list_imports(world.ada).await.unwrap().iter().map(|i| i.id).collect();
    assert_eq!(left, [fresh]);
    assert_eq!(world.count("SELECT count(*) FROM import_places").await, 0);
    assert_eq!(world.count(LIVE).await, 3, "places stay");
}

#[tokio::test]
async fn an_import_can_be_forgotten_without_its_places() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let (id, other) = (begun(&world).await, brought_in(&world).await);
    for unfinished in [id, other] {
        assert!(matches!(world.service.delete_import(world.ada, unfinished).await, Err(Error::NotFound)));
    }
    world.service.run_import(world.ada, id, &rows(3)).await.unwrap();
    assert!(matches!(world.service.delete_import(bob, id).await, Err(Error::NotFound)));
    assert_eq!(world.service.import_summary(bob, id).await.unwrap(), None);
    assert_eq!(summary(&world, id).await.counts.created, 3);
    world.service.delete_import(world.ada, id).await.unwrap();
    assert_eq!(world.service.import_summary(world.ada, id).await.unwrap(), None);
    assert_eq!((world.count(LIVE).await, world.count("SELECT count(*) FROM import_places").await), (3, 0));
    assert!(matches!(world.service.delete_import(world.ada, id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn what_is_taken_back_is_the_place_that_the_operation_made() {
    let world = World::new().await;
    let id = begun(&world).await;
    let mut rows = rows(2);
    world.execute(RECORD_FAILS).await;
    world.service.run_import(world.ada, id, &rows).await.unwrap_err();
    // Another reader tells the rows in another order.
    rows.swap(0, 1);
    world.execute("DROP TRIGGER fails ON imports; UPDATE import_places SET client_id = gen_random_uuid()").await;
    let ran = world.service.run_import(world.ada, id, &rows).await.unwrap();
    assert_eq!((ran.created, ran.rejected.len()), (0, 2));
    assert_eq!(world.service.undo_import(world.ada, id).await.unwrap().removed, 2);
    assert_eq!(world.count(LIVE).await, 0);
    let gone = world.service.place_page(world.ada, Target::Own(rows[0].client_id)).await.unwrap();
    assert!(gone.place.deleted_at.is_some());
}
