//! Outcomes of operations, one device after the other.

use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::rules::{Change, Field, PlaceChanges, TagChange};
use holdfast_contract::{Code, Note, Outcome, PlaceId, PositionSource, Role, Source, Tag, Target};
use holdfast_service::Error;
use uuid::Uuid;

use crate::support::*;

#[tokio::test]
async fn a_create_makes_one_place_with_version_feed_entry_and_receipt() {
    let world = World::new().await;
    let (client_id, create) = create("Hut");
    let outcome = world.push_one(world.ada, &create).await;
    let Outcome::Applied { place, seq, applied_version, merged } = outcome else { panic!("{outcome:?}") };
    assert_eq!((seq, applied_version, merged), (1, 1, false));
    assert_eq!((place.version, place.client_id, name_of(&place)), (1, Some(client_id), "Hut"));
    assert_eq!(
        (place.role, place.source, place.position_source),
        (Role::Owner, Some(Source::Cli), PositionSource::Fix)
    );
    assert_eq!(
        (place.created_at, place.updated_at, place.deleted_at),
        (world.service.now(), world.service.now(), None)
    );
    assert_eq!(world.count("SELECT count(*) FROM places").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM feed WHERE seq = 1 AND NOT gone AND role = 'owner'").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM op_receipts WHERE kind = 'create' AND version = 1").await, 1);
    assert_eq!(world.count("SELECT live_places FROM feed_heads WHERE seq = 1").await, 1);
}

#[tokio::test]
async fn the_same_batch_twice_changes_nothing_and_says_so() {
    let world = World::new().await;
    let (client_id, create) = create("Hut");
    let batch = [create, rename(Target::Own(client_id), "Hut", "Cabin"), delete(Target::Own(client_id), 2)];
    assert_eq!(outcome_names(&world.push(world.ada, &batch).await), ["applied"; 3]);
    let before = world.service.pull(world.ada, None, None).await.unwrap();
    let again = world.push(world.ada, &batch).await;
    let versions: Vec<_> = again
        .iter()
        .map(|o| match o {
            Outcome::Duplicate { first: true, place, seq, applied_version } => {
                assert_eq!((place.version, place.deleted_at.is_some(), *seq), (3, true, 1));
                applied_version.unwrap()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(versions, [1, 2, 3]);
    let after = world.service.pull(world.ada, None, None).await.unwrap();
    assert_eq!((after.changes, after.head), (before.changes, before.head));
    assert_eq!(world.count("SELECT count(*) FROM place_history").await, 2);
    assert_eq!(world.count("SELECT count(*) FROM op_receipts").await, 3);
}

#[tokio::test]
async fn operations_on_one_place_apply_in_the_order_given_and_each_version_is_kept() {
    let world = World::new().await;
    let (client_id, create) = create("a");
    let target = Target::Own(client_id);
    let outcomes = world
        .push(world.ada, &[create, rename(target, "a", "b"), note(target, "", "n"), rename(target, "b", "c")])
        .await;
    let versions: Vec<_> = outcomes
        .iter()
        .map(|o| match o {
            Outcome::Applied { place, applied_version, seq: 1, .. } => {
                assert_eq!((place.version, name_of(place)), (4, "c"), "every outcome carries the place as it is now");
                *applied_version
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(versions, [1, 2, 3, 4]);
    let (history, next) = world.service.place_history(world.ada, target, None, None).await.unwrap();
    assert_eq!(next, None);
    let names: Vec<_> =
        history.iter().map(|v| (v.version, v.name.as_ref().unwrap().as_str(), v.changed.clone())).collect();
    assert_eq!(names, [(3, "b", vec![Field::Name]), (2, "b", vec![Field::Note]), (1, "a", vec![Field::Name])]);
    assert!(
        history.iter().all(|v| v.actor_id == world.ada.user && v.device_id == world.ada.device && v.kind == "update")
    );
}

#[tokio::test]
async fn an_operation_id_twice_in_one_batch_is_a_duplicate_or_reused() {
    let world = World::new().await;
    let (_, create_once) = create("Hut");
    let mut other = create("Other").1;
    other.op_id = create_once.op_id;
    let bytes = |o: &holdfast_contract::Operation| String::from_utf8(o.to_bytes()).unwrap();
    let (one, two) = (bytes(&create_once), bytes(&other));
    let reply = push_raw(&world.service, world.ada, &[&one, &one, &two]).await.unwrap();
    let mut outcomes = reply.outcomes.into_iter().map(|o| o.outcome);
    assert!(matches!(outcomes.next(), Some(Outcome::Applied { .. })));
    assert!(matches!(outcomes.next(), Some(Outcome::Duplicate { first: true, applied_version: Some(1), seq: 1, .. })));
    assert_eq!(rejected(outcomes.next().unwrap()).code, Code::OpIdReused);
    assert_eq!(world.count("SELECT count(*) FROM places").await, 1);
}

#[tokio::test]
async fn an_operation_id_with_other_bytes_is_rejected() {
    let world = World::new().await;
    let (_, create_once) = create("Hut");
    world.push_one(world.ada, &create_once).await;
    let mut other = create("Other").1;
    other.op_id = create_once.op_id;
    assert_eq!(rejected(world.push_one(world.ada, &other).await).code, Code::OpIdReused);
    // The same meaning in other bytes is other bytes.
    let spaced = format!("{} ", String::from_utf8(create_once.to_bytes()).unwrap()).replace("\"kind\":", "\"kind\": ");
    let outcome = first(push_raw(&world.service, world.ada, &[&spaced]).await.unwrap()).outcome;
    assert_eq!(rejected(outcome).code, Code::OpIdReused);
}

#[tokio::test]
async fn a_known_capture_is_a_duplicate_with_the_place_as_it_is() {
    let world = World::new().await;
    let (client_id, place) = world.place("Hut").await;
    let again = world.push_one(world.ada, &create_as(client_id, "From the watch")).await;
    let Outcome::Duplicate { first: false, place: known, seq: 1, applied_version: None } = again else {
        panic!("{again:?}")
    };
    assert_eq!(*known, place);
    assert_eq!(world.count("SELECT count(*) FROM op_receipts").await, 1, "nothing was done, so there is no receipt");
}

#[tokio::test]
async fn a_create_does_not_bring_back_a_deleted_place() {
    let world = World::new().await;
    let (client_id, place) = world.place("Hut").await;
    applied(world.push_one(world.ada, &delete(Target::Id(place.id), 1)).await);
    let again = world.push_one(world.ada, &create_as(client_id, "Hut")).await;
    let Outcome::Duplicate { place, .. } = again else { panic!("{again:?}") };
    assert!(place.deleted_at.is_some());
}

#[tokio::test]
async fn a_field_that_holds_something_unseen_conflicts_and_nothing_is_applied() {
    let world = World::new().await;
    let (client_id, _) = world.place("Hut").await;
    let target = Target::Own(client_id);
    applied(world.push_one(world.ada, &rename(target, "Hut", "Web")).await);
    let changes = PlaceChanges {
        name: Some(Change { was: None, to: None }),
        note: Some(Change { was: None, to: Note::parse("fine").unwrap() }),
        ..PlaceChanges::default()
    };
    let outcome = world.push_one(world.ada, &update(target, Some(1), changes)).await;
    let Outcome::Conflict { reason, fields, place, seq } = outcome else { panic!("{outcome:?}") };
    assert_eq!((reason, fields, seq), (ConflictReason::FieldsChanged, vec![Field::Name], 2));
    assert_eq!((name_of(&place), place.note.as_ref(), place.version), ("Web", None, 2));
    assert_eq!(world.count("SELECT count(*) FROM op_receipts").await, 2, "a conflict leaves no receipt");
}

#[tokio::test]
async fn changes_of_different_fields_merge_and_say_so() {
    let world = World::new().await;
    let (client_id, _) = world.place("Hut").await;
    let target = Target::Own(client_id);
    applied(world.push_one(world.ada, &rename(target, "Hut", "Cabin")).await);
    let changes = PlaceChanges {
        note: Some(Change { was: None, to: Note::parse("warm").unwrap() }),
        tags: TagChange {
            add: [Tag::parse("alps").unwrap().unwrap(), Tag::parse("a,b").unwrap().unwrap()].into(),
            ..TagChange::default()
        },
        ..PlaceChanges::default()
    };
    let outcome = world.push_one(world.ada, &update(target, Some(1), changes)).await;
    let Outcome::Applied { place, merged: true, applied_version: 3, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((name_of(&place), place.tags.to_strings()), ("Cabin", vec!["a,b".to_owned(), "alps".to_owned()]));
    assert_eq!(world.service.get_place(world.ada, target).await.unwrap(), *place);
}

#[tokio::test]
async fn an_update_that_is_already_so_changes_nothing_but_is_remembered() {
    let world = World::new().await;
    let (client_id, _) = world.place("Hut").await;
    let same = rename(Target::Own(client_id), "Old", "Hut");
    let outcome = world.push_one(world.ada, &same).await;
    assert!(matches!(outcome, Outcome::Applied { applied_version: 1, seq: 1, .. }), "{outcome:?}");
    let again = world.push_one(world.ada, &same).await;
    assert!(matches!(again, Outcome::Duplicate { first: true, applied_version: Some(1), .. }), "{again:?}");
    assert_eq!(world.count("SELECT count(*) FROM place_history").await, 0);
    assert_eq!(world.count("SELECT seq FROM feed_heads").await, 1);
}

#[tokio::test]
async fn a_better_fix_refines_and_a_moved_marker_stays() {
    let world = World::new().await;
    let (client_id, place) = world.place("Hut").await;
    let target = Target::Own(client_id);
    let better = position(47.51, Some(5.0));
    let refined = applied(world.push_one(world.ada, &refine(target, better)).await);
    assert_eq!((refined.position(), refined.version), (better, 2));
    let worse = applied(world.push_one(world.ada, &refine(target, place.position())).await);
    assert_eq!((worse.position(), worse.version), (better, 2), "a worse fix changes nothing");
    let marker = position(47.52, None);
    let moved = applied(world.push_one(world.ada, &move_to(target, better, marker)).await);
    assert_eq!((moved.position(), moved.position_source, moved.version), (marker, PositionSource::Manual, 3));
    let after = applied(world.push_one(world.ada, &refine(target, position(1.0, Some(0.1)))).await);
    assert_eq!((after.position(), after.version), (marker, 3));
}

#[tokio::test]
async fn too_many_tags_and_unreadable_operations_are_rejected_field_by_field_beside_good_ones() {
    let world = World::new().await;
    let (client_id, good) = create("Good");
    let tags: std::collections::BTreeSet<_> = (0..21).map(|i| Tag::parse(&format!("t{i}")).unwrap().unwrap()).collect();
    let many = update(
        Target::Own(client_id),
        None,
        PlaceChanges { tags: TagChange { add: tags, ..TagChange::default() }, ..PlaceChanges::default() },
    );
    let bytes = |o: &holdfast_contract::Operation| String::from_utf8(o.to_bytes()).unwrap();
    let latitude = bytes(&create("x").1).replace("47.5", "97.5");
    let reply = push_raw(&world.service, world.ada, &["7", &bytes(&good), &latitude, &bytes(&many)]).await.unwrap();
    let names: Vec<_> = reply.outcomes.iter().map(|o| o.outcome.name()).collect();
    assert_eq!(names, ["rejected", "applied", "rejected", "rejected"]);
    assert_eq!(reply.outcomes[0].op_id, None);
    let fields = |index: usize| match &reply.outcomes[index].outcome {
        Outcome::Rejected { problem } => {
            (problem.code, problem.errors.iter().map(|e| e.field.clone()).collect::<Vec<_>>())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(fields(0), (Code::InvalidJson, vec![]));
    assert_eq!(fields(2), (Code::Invalid, vec!["place.latitude".to_owned()]));
    assert_eq!(fields(3), (Code::Invalid, vec!["tags".to_owned()]));
    assert_eq!(world.count("SELECT count(*) FROM places WHERE cardinality(tags) = 0").await, 1);
}

#[tokio::test]
async fn what_is_unknown_and_what_is_not_yours_look_the_same() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let (client_id, place) = world.place("Hut").await;
    for target in [Target::Id(place.id), Target::Own(client_id), Target::Id(PlaceId(Uuid::now_v7()))] {
        let problem = rejected(world.push_one(bob, &rename(target, "Hut", "Mine")).await);
        assert_eq!(
            (problem.code, problem.detail.as_str()),
            (Code::NotFound, "There is no such place, or it is not yours.")
        );
        assert!(matches!(world.service.get_place(bob, target).await, Err(Error::NotFound)));
        assert!(matches!(world.service.place_history(bob, target, None, None).await, Err(Error::NotFound)));
    }
    let outcome = world.push_one(bob, &delete(Target::Id(place.id), 1)).await;
    assert_eq!(rejected(outcome).code, Code::NotFound);
    assert_eq!(world.service.get_place(world.ada, Target::Id(place.id)).await.unwrap(), place);
}

#[tokio::test]
async fn two_people_may_have_the_same_client_id() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let (client_id, place) = world.place("Ada's").await;
    let his = applied(world.push_one(bob, &create_as(client_id, "Bob's")).await);
    assert_ne!(his.id, place.id);
    assert_eq!(world.service.pull(bob, None, None).await.unwrap().changes.len(), 1);
}

#[tokio::test]
async fn one_operation_through_apply_follows_the_same_rules() {
    let world = World::new().await;
    let (client_id, create) = create("Hut");
    let made = world.service.apply(world.ada, create.clone()).await.unwrap();
    assert!(matches!(made.outcome, Outcome::Applied { seq: 1, .. }));
    let again = world.push_one(world.ada, &create).await;
    assert!(matches!(again, Outcome::Duplicate { first: true, .. }), "one road's receipt counts on the other");
    let missing = world.service.apply(world.ada, rename(Target::Own(new_client_id()), "", "x")).await.unwrap();
    assert_eq!(rejected(missing.outcome).code, Code::NotFound);
    assert!(world.service.get_place(world.ada, Target::Own(client_id)).await.is_ok());
}

#[tokio::test]
async fn a_push_is_refused_as_a_whole_for_a_wrong_epoch_too_many_operations_or_no_right() {
    let world = World::new().await;
    let (_, create) = create("Hut");
    let bytes = String::from_utf8(create.to_bytes()).unwrap();
    for epoch in [Uuid::now_v7().to_string(), "nonsense".to_owned(), String::new()] {
        let refused = push_in_epoch(&world.service, world.ada, &[&bytes], epoch).await;
        assert!(matches!(refused, Err(Error::EpochChanged)));
    }
    let many = vec![bytes.as_str(); 501];
    assert!(matches!(push_raw(&world.service, world.ada, &many).await, Err(Error::TooLarge(_))));

    world.execute("UPDATE devices SET revoked_at = now()").await;
    assert!(matches!(push_raw(&world.service, world.ada, &[&bytes]).await, Err(Error::Unauthenticated)));
    assert!(matches!(push_raw(&world.service, world.ada, &[]).await, Err(Error::Unauthenticated)));
    assert!(matches!(world.service.pull(world.ada, None, None).await, Err(Error::Unauthenticated)));
    world.execute("UPDATE devices SET revoked_at = NULL; UPDATE users SET suspended_at = now()").await;
    assert!(matches!(push_raw(&world.service, world.ada, &[&bytes]).await, Err(Error::AccountGone)));
    assert_eq!(world.count("SELECT count(*) FROM places").await, 0);
}
