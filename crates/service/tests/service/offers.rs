//! What a device gives back after the database was put back to an older state.

use holdfast_contract::operation::OfferedState;
use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::rules::Field;
use holdfast_contract::text::Text;
use holdfast_contract::{Action, ClientId, Operation, Outcome, Place, Role, Target};

use crate::support::*;

/// The offer of a place as it was confirmed in an epoch.
fn offer(client_id: ClientId, place: &Place, epoch: &str) -> Operation {
    let place_then = holdfast_contract::NewPlace {
        fields: place.fields(),
        captured_at: place.captured_at,
        source: place.source.unwrap(),
    };
    let state = OfferedState {
        epoch: epoch.to_owned(),
        version: place.version,
        updated_at: place.updated_at,
        deleted_at: place.deleted_at,
        place: place_then,
    };
    operation(Action::Offer { client_id, state: Box::new(state) })
}

/// A world whose database went back to `copy`-time, and what was confirmed and lost: a place in two later versions.
struct Restored {
    world: World,
    client_id: ClientId,
    epoch: String,
    /// As the database has it.
    first: Place,
    second: Place,
    third: Place,
}

async fn restored() -> Restored {
    let mut world = World::new().await;
    let (client_id, first) = world.place("one").await;
    let epoch = world.service.epoch().await.unwrap();
    world.database.keep_copy().await;
    world.clock.advance_seconds(60);
    world.service.beat_generation().await.unwrap();
    let own = Target::Own(client_id);
    let second = applied(world.push_one(world.ada, &rename(own, "one", "two")).await);
    world.clock.advance_seconds(60);
    let third = applied(world.push_one(world.ada, &rename(own, "two", "three")).await);
    let (_, page) = world.pull_all(world.ada, None, 100).await;
    world.clock.advance_seconds(60);
    world.database.put_back().await;
    world.service = world.another_process().await;
    assert!(world.service.pull(world.ada, Some(&page.cursor), None).await.is_err(), "the restore is noticed");
    assert_ne!(world.service.epoch().await.unwrap(), epoch);
    Restored { world, client_id, epoch, first, second, third }
}

async fn now(world: &World) -> Place {
    let (changes, _) = world.pull_all(world.ada, None, 100).await;
    fold(&changes).into_values().next().unwrap()
}

#[tokio::test]
async fn an_offered_place_that_the_database_does_not_know_is_created_as_it_was() {
    let Restored { world, epoch, third, .. } = restored().await;
    let lost = new_client_id();
    let state = Place { client_id: Some(lost), ..third };
    let offer = offer(lost, &state, &epoch);
    let back = applied(world.push_one(world.ada, &offer).await);
    assert_eq!((back.version, back.name.as_ref().map(Text::as_str), back.deleted_at), (3, Some("three"), None));
    assert_eq!((back.client_id, back.captured_at, back.source), (Some(lost), state.captured_at, state.source));
    assert_ne!(back.id, state.id, "row ids are the server's to give");
    assert_eq!(world.count("SELECT live_places FROM feed_heads").await, 2);
    let again = world.push_one(world.ada, &offer).await;
    assert!(matches!(again, Outcome::Duplicate { first: true, applied_version: Some(3), .. }), "{again:?}");
    let later = applied(world.push_one(world.ada, &rename(Target::Own(lost), "three", "four")).await);
    assert_eq!(later.version, 4);
}

#[tokio::test]
async fn an_offered_state_replaces_what_led_to_it_and_the_replaced_version_is_kept() {
    let Restored { world, client_id, epoch, first, third, .. } = restored().await;
    let back = applied(world.push_one(world.ada, &offer(client_id, &third, &epoch)).await);
    assert_eq!((back.id, back.version, back.name.as_ref().map(Text::as_str)), (first.id, 3, Some("three")));
    assert_eq!(now(&world).await, back);
    let (history, _) = world.service.place_history(world.ada, Target::Id(first.id), None, None).await.unwrap();
    let kept: Vec<_> =
        history.iter().map(|v| (v.version, v.name.as_ref().map(Text::as_str), v.kind.as_str())).collect();
    assert_eq!(kept, [(1, Some("one"), "offer")]);
    assert_eq!(history[0].changed, [Field::Name]);
}

#[tokio::test]
async fn devices_that_offer_different_states_of_one_epoch_end_with_the_newest_whoever_comes_first() {
    for newest_first in [true, false] {
        let Restored { world, client_id, epoch, second, third, .. } = restored().await;
        let mut states = [&second, &third];
        if newest_first {
            states.reverse();
        }
        for state in states {
            let outcome = world.push_one(world.ada, &offer(client_id, state, &epoch)).await;
            let settled = matches!(outcome, Outcome::Applied { .. } | Outcome::Duplicate { first: false, .. });
            assert!(settled, "nobody is asked: {outcome:?}");
        }
        let place = now(&world).await;
        assert_eq!(
            (place.version, place.name.as_ref().map(Text::as_str)),
            (3, Some("three")),
            "newest first: {newest_first}"
        );
    }
}

#[tokio::test]
async fn an_edit_made_since_the_restore_is_never_overwritten_by_an_offer() {
    let Restored { world, client_id, epoch, second, third, .. } = restored().await;
    let own = Target::Own(client_id);
    applied(world.push_one(world.ada, &rename(own, "one", "on the web")).await);
    for state in [&second, &third] {
        let outcome = world.push_one(world.ada, &offer(client_id, state, &epoch)).await;
        let Outcome::Conflict { reason: ConflictReason::FieldsChanged, fields, place, .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!((fields, place.name.as_ref().map(Text::as_str)), (vec![Field::Name], Some("on the web")));
    }
    assert_eq!(now(&world).await.name.as_ref().map(Text::as_str), Some("on the web"));
    assert_eq!(world.count("SELECT count(*) FROM op_receipts WHERE kind = 'offer'").await, 0, "to be decided again");
}

/// The database went back, and nobody had noticed when somebody edited: the epoch is still the old one.
#[tokio::test]
async fn an_edit_made_before_the_restore_was_noticed_is_not_overwritten_either() {
    let mut world = World::new().await;
    let (client_id, _) = world.place("one").await;
    let own = Target::Own(client_id);
    world.database.keep_copy().await;
    world.clock.advance_seconds(60);
    world.service.beat_generation().await.unwrap();
    applied(world.push_one(world.ada, &rename(own, "one", "two")).await);
    let third = applied(world.push_one(world.ada, &rename(own, "two", "three")).await);
    let (_, page) = world.pull_all(world.ada, None, 100).await;
    let epoch = world.service.epoch().await.unwrap();
    world.clock.advance_seconds(1);
    world.database.put_back().await;
    world.service = world.another_process().await;
    applied(world.push_one(world.ada, &rename(own, "one", "unnoticed")).await);
    world.clock.advance_seconds(60);
    assert!(world.service.pull(world.ada, Some(&page.cursor), None).await.is_err());
    assert_ne!(world.service.epoch().await.unwrap(), epoch);
    let outcome = world.push_one(world.ada, &offer(client_id, &third, &epoch)).await;
    assert!(matches!(outcome, Outcome::Conflict { .. }), "{outcome:?}");
    assert_eq!(now(&world).await.name.as_ref().map(Text::as_str), Some("unnoticed"));
}

#[tokio::test]
async fn after_an_edit_on_top_of_what_was_given_back_older_offers_are_known_and_newer_ones_ask() {
    let Restored { world, client_id, epoch, second, third, .. } = restored().await;
    applied(world.push_one(world.ada, &offer(client_id, &second, &epoch)).await);
    applied(world.push_one(world.ada, &rename(Target::Own(client_id), "two", "on the web")).await);
    let known = world.push_one(world.ada, &offer(client_id, &second, &epoch)).await;
    assert!(matches!(known, Outcome::Duplicate { first: false, .. }), "{known:?}");
    let asked = world.push_one(world.ada, &offer(client_id, &third, &epoch)).await;
    assert!(matches!(asked, Outcome::Conflict { .. }), "{asked:?}");
    assert_eq!(now(&world).await.name.as_ref().map(Text::as_str), Some("on the web"));
}

/// A device that was offline for long offers what the database has had since long before the copy.
#[tokio::test]
async fn a_state_that_the_database_has_in_its_own_past_is_no_news() {
    let mut world = World::new().await;
    let (client_id, first) = world.place("one").await;
    let epoch = world.service.epoch().await.unwrap();
    world.clock.advance_seconds(60);
    let own = Target::Own(client_id);
    let newer = applied(world.push_one(world.ada, &rename(own, "one", "two")).await);
    world.database.keep_copy().await;
    world.database.put_back().await;
    world.service = world.another_process().await;
    for state in [&first, &newer] {
        let outcome = world.push_one(world.ada, &offer(client_id, state, &epoch)).await;
        assert!(matches!(outcome, Outcome::Duplicate { first: false, .. }), "{outcome:?}");
    }
    assert_eq!(now(&world).await, newer);
}

#[tokio::test]
async fn a_known_deletion_is_offered_too_and_what_was_purged_stays_gone() {
    let Restored { world, client_id, epoch, third, first, .. } = restored().await;
    let trashed = Place { deleted_at: Some(third.updated_at), version: 4, ..third.clone() };
    let back = applied(world.push_one(world.ada, &offer(client_id, &trashed, &epoch)).await);
    assert!(back.deleted_at.is_some_and(|at| at > third.updated_at), "its days in the trash begin anew");
    assert_eq!(world.count("SELECT live_places FROM feed_heads").await, 0);
    world.clock.advance_days(31);
    assert_eq!(world.service.purge_trash().await.unwrap(), 1);
    let gone = world.push_one(world.ada, &offer(client_id, &third, &epoch)).await;
    assert_eq!(gone, Outcome::Gone { id: Some(first.id), client_id: Some(client_id) });
    let never_known = new_client_id();
    world.push_one(world.ada, &delete(Target::Own(never_known), 0)).await;
    let gone = world.push_one(world.ada, &offer(never_known, &third, &epoch)).await;
    assert!(matches!(gone, Outcome::Gone { .. }), "a tombstone is not brought back to life: {gone:?}");
}

#[tokio::test]
async fn a_place_put_into_the_trash_since_the_restore_is_not_taken_out_by_an_offer() {
    let Restored { world, client_id, epoch, third, .. } = restored().await;
    applied(world.push_one(world.ada, &delete(Target::Own(client_id), 1)).await);
    let asked = world.push_one(world.ada, &offer(client_id, &third, &epoch)).await;
    assert!(matches!(asked, Outcome::Conflict { reason: ConflictReason::InTrash, .. }), "{asked:?}");
}

#[tokio::test]
async fn an_offer_counts_against_the_plan_and_what_is_behind_it_waits_with_it() {
    let Restored { world, epoch, third, .. } = restored().await;
    world.execute("UPDATE plans SET places_max = 1").await;
    let lost = new_client_id();
    let outcomes =
        world.push(world.ada, &[offer(lost, &third, &epoch), rename(Target::Own(lost), "three", "four")]).await;
    assert!(outcomes.iter().all(|o| matches!(o, Outcome::Deferred { .. })), "{outcomes:?}");
    world.execute("UPDATE plans SET places_max = NULL").await;
    let outcomes =
        world.push(world.ada, &[offer(lost, &third, &epoch), rename(Target::Own(lost), "three", "four")]).await;
    let versions: Vec<_> = outcomes.into_iter().map(|outcome| applied(outcome).version).collect();
    assert_eq!(versions, [4, 4], "both show the place after the batch");
    assert_eq!(world.count("SELECT count(*) FROM place_history WHERE version = 3 AND kind = 'update'").await, 1);
}

#[tokio::test]
async fn whoever_reads_a_shared_place_gets_what_was_given_back_and_an_offer_names_only_own_places() {
    let Restored { world, client_id, epoch, first, third, .. } = restored().await;
    let bob = world.database.add_user().await;
    world.service.share_place(world.ada, first.id, bob.user, Role::Editor).await.unwrap();
    let stolen = applied(world.push_one(bob, &offer(client_id, &third, &epoch)).await);
    assert_ne!(stolen.id, first.id, "a capture of one's own, whatever others call theirs");
    assert_eq!(now(&world).await.version, 1);
    applied(world.push_one(world.ada, &offer(client_id, &third, &epoch)).await);
    let (changes, _) = world.pull_all(bob, None, 100).await;
    assert_eq!(fold(&changes)[&first.id].name.as_ref().map(Text::as_str), Some("three"));
}

/// Decided in the database that is no more: nobody has seen this row, and a row that is not there may come back.
#[tokio::test]
async fn a_deletion_that_names_what_the_database_has_not_reached_deletes_nothing_unseen() {
    let Restored { world, client_id, .. } = restored().await;
    let asked = world.push_one(world.ada, &delete(Target::Own(client_id), 3)).await;
    assert!(matches!(asked, Outcome::Conflict { reason: ConflictReason::ChangedSince, .. }), "{asked:?}");
    let unknown = new_client_id();
    let later = world.push_one(world.ada, &delete(Target::Own(unknown), 2)).await;
    assert!(matches!(later, Outcome::Deferred { .. }), "{later:?}");
    assert_eq!(world.count("SELECT count(*) FROM places WHERE deleted_at IS NOT NULL").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM op_receipts WHERE kind = 'delete'").await, 0);
}

#[tokio::test]
async fn what_was_long_in_the_trash_of_a_backup_is_not_purged_right_after_its_restore() {
    let world = World::new().await;
    let (client_id, _) = world.place("Oak").await;
    applied(world.push_one(world.ada, &delete(Target::Own(client_id), 1)).await);
    world.clock.advance_days(31);
    let mut admin = holdfast_service::Admin::connect(world.database.url()).await.unwrap();
    admin.after_restore(holdfast_service::Clock::now(&*world.clock)).await.unwrap();
    assert_eq!(world.service.purge_trash().await.unwrap(), 0);
    world.clock.advance_days(31);
    assert_eq!(world.service.purge_trash().await.unwrap(), 1, "its days have begun anew");
}
