//! Trash, restore, purge, and what stays for ever.

use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::sync::ChangeKind;
use holdfast_contract::{Outcome, Role, Target};
use holdfast_service::{Error, PlaceFilter, ResyncReason};

use crate::support::*;

#[tokio::test]
async fn what_is_deleted_is_in_the_trash_and_can_be_restored() {
    let world = World::new().await;
    let (client_id, place) = world.place("Hut").await;
    let target = Target::Own(client_id);
    world.clock.advance_seconds(5);
    let deleted = applied(world.push_one(world.ada, &delete(target, 1)).await);
    assert_eq!((deleted.deleted_at, deleted.version), (Some(world.service.now()), 2));
    let again = world.push_one(world.ada, &delete(target, 1)).await;
    assert!(matches!(again, Outcome::Duplicate { first: false, .. }), "already so: {again:?}");
    let trash = PlaceFilter { trash: true, ..PlaceFilter::default() };
    assert_eq!(world.service.list_places(world.ada, &trash).await.unwrap().places, *std::slice::from_ref(&deleted));
    assert!(world.service.list_places(world.ada, &PlaceFilter::default()).await.unwrap().places.is_empty());
    let (changes, page) = world.pull_all(world.ada, None, 10).await;
    assert_eq!(changes, [(2, ChangeKind::Upsert(Box::new(deleted)))], "one's own trash stays in the feed");
    assert_eq!(page.limits.places_used, 0);

    let restored = applied(world.push_one(world.ada, &restore(target, 2)).await);
    assert_eq!((restored.deleted_at, restored.version, name_of(&restored)), (None, 3, "Hut"));
    let again = world.push_one(world.ada, &restore(target, 2)).await;
    assert!(matches!(again, Outcome::Duplicate { first: false, .. }));
    assert_eq!(world.count("SELECT live_places FROM feed_heads").await, 1);
    assert_eq!(restored.id, place.id);
}

#[tokio::test]
async fn a_delete_or_restore_of_what_has_changed_since_conflicts() {
    let world = World::new().await;
    let (client_id, _) = world.place("Hut").await;
    let target = Target::Own(client_id);
    applied(world.push_one(world.ada, &rename(target, "Hut", "Cabin")).await);
    for base in [0, 1] {
        let outcome = world.push_one(world.ada, &delete(target, base)).await;
        let Outcome::Conflict { reason: ConflictReason::ChangedSince, fields, place, .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!((fields.len(), name_of(&place)), (0, "Cabin"));
    }
    applied(world.push_one(world.ada, &delete(target, 2)).await);
    let outcome = world.push_one(world.ada, &restore(target, 2)).await;
    assert!(matches!(outcome, Outcome::Conflict { reason: ConflictReason::ChangedSince, .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_update_in_the_trash_conflicts_and_a_refine_changes_nothing() {
    let world = World::new().await;
    let (client_id, _) = world.place("Hut").await;
    let target = Target::Own(client_id);
    applied(world.push_one(world.ada, &delete(target, 1)).await);
    let outcome = world.push_one(world.ada, &rename(target, "Hut", "Cabin")).await;
    let Outcome::Conflict { reason: ConflictReason::InTrash, place, .. } = outcome else { panic!("{outcome:?}") };
    assert!(place.deleted_at.is_some());
    let refined = applied(world.push_one(world.ada, &refine(target, position(1.0, Some(1.0)))).await);
    assert_eq!((refined.version, refined.accuracy.unwrap().get()), (2, 30.0));
}

#[tokio::test]
async fn deleting_a_capture_that_the_server_never_saw_buries_it() {
    let world = World::new().await;
    let (client_id, create) = create("On the watch only");
    let burial = delete(Target::Own(client_id), 0);
    let outcome = world.push_one(world.ada, &burial).await;
    let Outcome::Gone { id: Some(id), client_id: Some(buried) } = outcome else { panic!("{outcome:?}") };
    assert_eq!(buried, client_id);
    assert_eq!(world.push_one(world.ada, &burial).await, outcome, "a retry hears the same");
    assert_eq!(world.push_one(world.ada, &create).await, outcome, "and the watch comes too late");
    assert!(matches!(world.service.get_place(world.ada, Target::Id(id)).await, Err(Error::Gone)));
    assert_eq!(world.count("SELECT count(*) FROM places WHERE purged_at IS NOT NULL").await, 1);
    let pull = world.service.pull(world.ada, None, None).await.unwrap();
    assert_eq!((pull.changes.len(), pull.limits.places_used), (0, 0));
}

#[tokio::test]
async fn the_purge_leaves_nothing_personal_and_the_tombstone_for_ever() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let (client_id, place) = world.place("Canary").await;
    let target = Target::Own(client_id);
    applied(world.push_one(world.ada, &note(target, "", "canary note")).await);
    world.service.share_place(world.ada, place.id, bob.user, Role::Viewer).await.unwrap();
    let deletion = delete(target, 2);
    applied(world.push_one(world.ada, &deletion).await);
    world.place("kept").await;
    let (_, before) = world.pull_all(world.ada, None, 10).await;

    world.clock.advance_days(29);
    assert_eq!(world.service.purge_trash().await.unwrap(), 0);
    world.clock.advance_days(2);
    assert_eq!(world.service.purge_trash().await.unwrap(), 1);
    assert_eq!(world.service.purge_trash().await.unwrap(), 0);

    assert_eq!(world.count("SELECT count(*) FROM places").await, 2);
    let left = world.count(
        "SELECT count(*) FROM places WHERE purged_at IS NOT NULL AND num_nonnulls(name, note, latitude, longitude,
         accuracy, altitude, category, captured_at, source, position_source) = 0 AND client_id IS NOT NULL",
    );
    assert_eq!(left.await, 1);
    assert_eq!(world.count("SELECT count(*) FROM place_history").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM place_shares").await, 0);
    let (changes, _) = world.pull_all(world.ada, Some(&before.cursor), 10).await;
    let [(5, ChangeKind::Gone(gone))] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((gone.id, gone.client_id), (place.id, Some(client_id)));

    let expected = Outcome::Gone { id: Some(place.id), client_id: Some(client_id) };
    for operation in [deletion, create_as(client_id, "again"), rename(target, "Canary", "x"), restore(target, 3)] {
        assert_eq!(world.push_one(world.ada, &operation).await, expected);
    }
    assert!(matches!(world.service.get_place(world.ada, target).await, Err(Error::Gone)));
    let trash = PlaceFilter { trash: true, ..PlaceFilter::default() };
    assert!(world.service.list_places(world.ada, &trash).await.unwrap().places.is_empty());
    assert_eq!(world.count("SELECT live_places FROM feed_heads WHERE live_places > 0").await, 1);
}

#[tokio::test]
async fn a_restored_place_is_not_purged() {
    let world = World::new().await;
    let (client_id, _) = world.place("Hut").await;
    applied(world.push_one(world.ada, &delete(Target::Own(client_id), 1)).await);
    world.clock.advance_days(31);
    applied(world.push_one(world.ada, &restore(Target::Own(client_id), 2)).await);
    assert_eq!(world.service.purge_trash().await.unwrap(), 0);
    assert_eq!(name_of(&world.service.get_place(world.ada, Target::Own(client_id)).await.unwrap()), "Hut");
}

#[tokio::test]
async fn old_receipts_and_old_news_of_the_gone_are_dropped_and_old_cursors_start_over() {
    let world = World::new().await;
    let (client_id, place) = world.place("Hut").await;
    let (_, old) = world.pull_all(world.ada, None, 10).await;
    applied(world.push_one(world.ada, &delete(Target::Own(client_id), 1)).await);
    world.clock.advance_days(31);
    world.service.purge_trash().await.unwrap();
    let (_, informed) = world.pull_all(world.ada, None, 10).await;
    world.clock.advance_days(170);
    world.service.prune().await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM op_receipts").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM feed").await, 1, "not old enough yet");
    world.clock.advance_days(11);
    world.service.prune().await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM feed").await, 0);
    assert_eq!(world.count("SELECT horizon FROM feed_heads").await, 3);
    let refused = world.service.pull(world.ada, Some(&old.cursor), None).await;
    assert!(matches!(refused, Err(Error::ResyncRequired(ResyncReason::TooOld))), "{refused:?}");
    assert!(world.service.pull(world.ada, Some(&informed.cursor), None).await.is_ok(), "who knew misses nothing");

    // The capture stays dead without receipt and without feed entry.
    let expected = Outcome::Gone { id: Some(place.id), client_id: Some(client_id) };
    assert_eq!(world.push_one(world.ada, &create_as(client_id, "again")).await, expected);
    assert_eq!(world.push_one(world.ada, &rename(Target::Id(place.id), "", "x")).await, expected);
}

#[tokio::test]
async fn a_place_that_cannot_be_purged_keeps_no_other_in_the_trash() {
    let world = World::new().await;
    let mut stuck = None;
    for index in 0..7 {
        let (client_id, place) = world.place(&format!("p{index}")).await;
        applied(world.push_one(world.ada, &delete(Target::Own(client_id), 1)).await);
        stuck = stuck.or(Some(place.id));
        world.clock.advance_seconds(1);
    }
    let bob = world.database.add_user().await;
    let (client_id, create) = create("of somebody else");
    applied(world.push_one(bob, &create).await);
    applied(world.push_one(bob, &delete(Target::Own(client_id), 1)).await);
    world
        .execute(
            "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN IF OLD.name = 'p0' THEN RAISE EXCEPTION 'stuck'; END IF; RETURN NEW; END $$;
             CREATE TRIGGER stuck BEFORE UPDATE ON places FOR EACH ROW EXECUTE FUNCTION stuck();",
        )
        .await;
    world.clock.advance_days(31);
    assert_eq!(world.service.purge_trash().await.unwrap(), 7);
    assert_eq!(world.count("SELECT count(*) FROM places WHERE purged_at IS NULL").await, 1);
    let trash = PlaceFilter { trash: true, ..PlaceFilter::default() };
    let left = world.service.list_places(world.ada, &trash).await.unwrap().places;
    assert_eq!(left.iter().map(|p| Some(p.id)).collect::<Vec<_>>(), [stuck]);
    world.execute("DROP TRIGGER stuck ON places").await;
    assert_eq!(world.service.purge_trash().await.unwrap(), 1);
}
