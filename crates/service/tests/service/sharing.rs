//! What others see of a shared place, and that nothing is served after a revoke.

use holdfast_contract::sync::ChangeKind;
use holdfast_contract::{Code, Outcome, Place, Role, Target};
use holdfast_service::{Actor, Error, PlaceFilter};

use crate::concurrency::until;
use crate::support::*;

struct Shared {
    world: World,
    bob: Actor,
    place: Place,
    target: Target,
}

async fn shared(role: Role) -> Shared {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let (client_id, _) = world.place("Hut").await;
    let place = applied(world.push_one(world.ada, &note(Target::Own(client_id), "", "before the share")).await);
    world.clock.advance_seconds(60);
    world.service.share_place(world.ada, place.id, bob.user, role).await.unwrap();
    let target = Target::Id(place.id);
    Shared { world, bob, place, target }
}

fn gone(changes: &[(i64, ChangeKind)]) -> bool {
    matches!(changes, [(_, ChangeKind::Gone(gone))] if gone.client_id.is_none())
}

#[tokio::test]
async fn a_share_shows_the_place_without_what_is_the_owners_alone() {
    let Shared { world, bob, place, target } = shared(Role::Viewer).await;
    let (changes, page) = world.pull_all(bob, None, 10).await;
    let [(1, ChangeKind::Upsert(his))] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((his.client_id, his.source, his.role), (None, None, Role::Viewer));
    assert_eq!((his.created_at, his.updated_at), (world.service.now(), world.service.now()), "begins with the share");
    assert!(place.created_at < his.created_at);
    assert_eq!((name_of(his), his.note.clone(), his.version), ("Hut", place.note.clone(), 2));
    assert_eq!((page.limits.places_used, page.head), (0, 1), "it counts for its owner");
    assert_eq!(world.service.get_place(bob, target).await.unwrap(), **his);
    assert_eq!(world.service.list_places(bob, &PlaceFilter::default()).await.unwrap().places, [(**his).clone()]);
    let by_source = PlaceFilter { source: Some(holdfast_contract::Source::Cli), ..PlaceFilter::default() };
    assert_eq!(world.service.list_places(bob, &by_source).await.unwrap().places, []);
    assert!(matches!(world.service.place_history(bob, target, None, None).await, Err(Error::Forbidden(_))));
    let by_capture = world.service.get_place(bob, Target::Own(place.client_id.unwrap())).await;
    assert!(matches!(by_capture, Err(Error::NotFound)), "a capture is its owner's name for it");
}

#[tokio::test]
async fn a_viewer_may_read_an_editor_may_edit_and_the_rest_is_the_owners() {
    let Shared { world, bob, target, .. } = shared(Role::Viewer).await;
    let better = refine(target, position(47.5, Some(1.0)));
    for refused in [rename(target, "Hut", "Mine"), better.clone(), delete(target, 2), restore(target, 2)] {
        assert_eq!(rejected(world.push_one(bob, &refused).await).code, Code::Forbidden);
    }
    let Target::Id(id) = target else { unreachable!() };
    world.service.share_place(world.ada, id, bob.user, Role::Editor).await.unwrap();
    for refused in [delete(target, 2), restore(target, 2)] {
        assert_eq!(rejected(world.push_one(bob, &refused).await).code, Code::Forbidden);
    }
    let outcome = world.push_one(bob, &rename(target, "Hut", "Bob was here")).await;
    let Outcome::Applied { place, seq, applied_version: 3, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((place.role, place.client_id, name_of(&place)), (Role::Editor, None, "Bob was here"));
    assert_eq!(applied(world.push_one(bob, &better).await).version, 4);

    let (his, page) = world.pull_all(bob, None, 10).await;
    assert!(his[0].0 > seq && his.len() == 1 && page.head == his[0].0);
    let (hers, _) = world.pull_all(world.ada, None, 10).await;
    let [(_, ChangeKind::Upsert(hers))] = hers.as_slice() else { panic!("{hers:?}") };
    assert_eq!((name_of(hers), hers.version, hers.role), ("Bob was here", 4, Role::Owner));
    let (history, _) = world.service.place_history(world.ada, target, None, None).await.unwrap();
    let by: Vec<_> = history.iter().map(|v| (v.version, v.actor_id)).collect();
    assert_eq!(by, [(3, bob.user), (2, bob.user), (1, world.ada.user)]);
    // Whose change it was is told by address, and through which device only where it was one's own.
    let named: Vec<_> = history.iter().map(|v| (v.actor_email.as_deref(), v.device_name.as_deref())).collect();
    let bobs = (Some("user1@example.org"), None);
    assert_eq!(named, [bobs, bobs, (None, Some("test"))]);
    world.execute("UPDATE devices SET revoked_at = now()").await;
    let another = world.database.add_device(world.ada.user).await;
    let (history, _) = world.service.place_history(another, target, None, None).await.unwrap();
    assert_eq!(history[2].device_name.as_deref(), Some("test"), "also when it was revoked");
}

#[tokio::test]
async fn an_owners_edit_reaches_everybody_it_is_shared_with() {
    let Shared { world, bob, target, .. } = shared(Role::Viewer).await;
    let (_, before) = world.pull_all(bob, None, 10).await;
    let mut live = world.service.subscribe(bob).await.unwrap();
    assert_eq!(live.changed().await, Some(1));
    applied(world.push_one(world.ada, &rename(target, "Hut", "Cabin")).await);
    assert_eq!(live.changed().await, Some(2));
    let (changes, _) = world.pull_all(bob, Some(&before.cursor), 10).await;
    assert_eq!(fold(&changes).values().map(name_of).collect::<Vec<_>>(), ["Cabin"]);
}

#[tokio::test]
async fn after_a_revoke_nothing_is_served_and_the_feed_says_gone() {
    let Shared { world, bob, target, place } = shared(Role::Editor).await;
    let edit = rename(target, "Hut", "Bob was here");
    applied(world.push_one(bob, &edit).await);
    let (_, before) = world.pull_all(bob, None, 10).await;
    world.service.unshare_place(world.ada, place.id, bob.user).await.unwrap();
    world.service.unshare_place(world.ada, place.id, bob.user).await.unwrap();

    assert!(gone(&world.pull_all(bob, Some(&before.cursor), 10).await.0));
    assert!(gone(&world.pull_all(bob, None, 10).await.0));
    assert!(matches!(world.service.get_place(bob, target).await, Err(Error::Gone)));
    assert!(world.service.list_places(bob, &PlaceFilter::default()).await.unwrap().places.is_empty());
    for operation in [edit, rename(target, "Bob was here", "again"), delete(target, 3)] {
        let outcome = world.push_one(bob, &operation).await;
        assert_eq!(outcome, Outcome::Gone { id: Some(place.id), client_id: None });
    }
    applied(world.push_one(world.ada, &rename(target, "Bob was here", "Hers")).await);
    assert_eq!(world.pull_all(bob, None, 10).await.1.head, 3, "the owner's later edits are not his business");

    // A share that begins again begins now.
    world.clock.advance_seconds(60);
    world.service.share_place(world.ada, place.id, bob.user, Role::Viewer).await.unwrap();
    assert_eq!(world.service.get_place(bob, target).await.unwrap().created_at, world.service.now());
}

#[tokio::test]
async fn what_its_owner_deletes_is_gone_for_others_and_comes_back_with_a_restore() {
    let Shared { world, bob, target, .. } = shared(Role::Editor).await;
    applied(world.push_one(world.ada, &delete(target, 2)).await);
    assert!(gone(&world.pull_all(bob, None, 10).await.0));
    assert!(matches!(world.service.get_place(bob, target).await, Err(Error::Gone)));
    assert!(matches!(world.push_one(bob, &rename(target, "Hut", "x")).await, Outcome::Gone { .. }));
    let trash = PlaceFilter { trash: true, ..PlaceFilter::default() };
    assert!(world.service.list_places(bob, &trash).await.unwrap().places.is_empty());
    assert_eq!(world.service.list_places(world.ada, &trash).await.unwrap().places.len(), 1);
    applied(world.push_one(world.ada, &restore(target, 3)).await);
    assert_eq!(fold(&world.pull_all(bob, None, 10).await.0).len(), 1);
}

#[tokio::test]
async fn a_suspended_share_shows_nothing() {
    let Shared { world, bob, target, .. } = shared(Role::Editor).await;
    world.execute("UPDATE place_shares SET suspended_at = now()").await;
    assert!(matches!(world.service.get_place(bob, target).await, Err(Error::Gone)));
    assert!(gone(&world.pull_all(bob, None, 10).await.0), "the feed is an index; rights are today's");
    assert!(matches!(world.push_one(bob, &rename(target, "Hut", "x")).await, Outcome::Gone { .. }));
}

#[tokio::test]
async fn only_ones_own_places_can_be_shared_and_only_with_people_who_exist() {
    let Shared { world, bob, place, .. } = shared(Role::Editor).await;
    let carol = world.database.add_user().await;
    let service = &world.service;
    assert!(matches!(service.share_place(bob, place.id, carol.user, Role::Viewer).await, Err(Error::NotFound)));
    assert!(matches!(service.share_place(world.ada, place.id, stranger(), Role::Viewer).await, Err(Error::NotFound)));
    assert!(matches!(
        service.share_place(world.ada, place.id, world.ada.user, Role::Viewer).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        service.share_place(world.ada, place.id, carol.user, Role::Owner).await,
        Err(Error::Forbidden(_))
    ));
    assert!(world.pull_all(carol, None, 10).await.0.is_empty());
    assert_eq!(world.count("SELECT count(*) FROM place_shares").await, 1);
}

/// The editor's write waits for the place while the owner takes the share back: rights are decided under the lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_waited_while_the_share_was_revoked_is_gone() {
    let Shared { world, bob, target, place } = shared(Role::Editor).await;
    let mut revoking = world.sql().await;
    sqlx::raw_sql("BEGIN; SELECT FROM places FOR NO KEY UPDATE; DELETE FROM place_shares; UPDATE feed SET gone = true WHERE role = 'editor'")
        .execute(&mut revoking)
        .await
        .unwrap();
    let service = world.service.clone();
    let waiting =
        tokio::spawn(async move { push(&service, bob, &[rename(target, "Hut", "Too late")]).await.remove(0) });
    until(
        &world,
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
        1,
    )
    .await;
    sqlx::raw_sql("COMMIT").execute(&mut revoking).await.unwrap();
    assert_eq!(waiting.await.unwrap(), Outcome::Gone { id: Some(place.id), client_id: None });
    assert_eq!(name_of(&world.service.get_place(world.ada, target).await.unwrap()), "Hut");
}

#[tokio::test]
async fn one_batch_over_own_and_shared_places_numbers_everybodys_feed() {
    let Shared { world, bob, target, .. } = shared(Role::Editor).await;
    let (_, create) = create("Bob's own");
    let outcomes =
        world.push(bob, &[create, rename(target, "Hut", "Both"), note(target, "before the share", "n")]).await;
    assert_eq!(outcome_names(&outcomes), ["applied"; 3]);
    let (his, page) = world.pull_all(bob, None, 10).await;
    assert_eq!((fold(&his).len(), page.head, page.limits.places_used), (2, 3, 1));
    let (hers, page) = world.pull_all(world.ada, None, 10).await;
    assert_eq!((fold(&hers).len(), page.head, page.limits.places_used), (1, 3, 1));
    assert_eq!(fold(&hers).values().map(|p| p.version).collect::<Vec<_>>(), [4]);
}

/// A backup must not undo that a share was taken back, that a session was ended, or that a code was used.
#[tokio::test]
async fn after_a_restore_nobody_is_signed_in_and_shares_show_nothing_until_their_owner_confirms_them() {
    let world = World::new().await;
    let (bob, eve) = (world.database.add_user().await, world.database.add_user().await);
    let (_, oak) = world.place("Oak").await;
    let (_, elm) = world.place("Elm").await;
    for (place, reader) in [(&oak, bob), (&elm, bob), (&oak, eve)] {
        world.service.share_place(world.ada, place.id, reader.user, Role::Viewer).await.unwrap();
    }
    world.execute("INSERT INTO pairing_codes (code_hash, user_id, created_at, expires_at) SELECT '\\x00'::bytea || decode(repeat('00', 31), 'hex'), id, now(), now() + interval '1 day' FROM users LIMIT 1").await;
    let (_, page) = world.pull_all(bob, None, 10).await;
    let epoch = world.service.epoch().await.unwrap();
    let generations = world.count("SELECT count(*) FROM server_generations").await;
    let mut admin = holdfast_service::Admin::connect(world.database.url()).await.unwrap();
    admin.after_restore(holdfast_service::Clock::now(&*world.clock)).await.unwrap();

    assert_ne!(world.service.epoch().await.unwrap(), epoch);
    assert_eq!(world.count("SELECT count(*) FROM server_generations").await, generations + 1);
    assert_eq!(world.count("SELECT count(*) FROM devices WHERE revoked_at IS NULL OR token_hash IS NOT NULL").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM pairing_codes").await, 0);
    assert!(matches!(world.service.pull(bob, Some(&page.cursor), None).await, Err(Error::Unauthenticated)));

    // Signed in again.
    let ada = world.database.add_device(world.ada.user).await;
    let bob = world.database.add_device(bob.user).await;
    let eve = world.database.add_device(eve.user).await;
    assert!(world.pull_all(bob, None, 10).await.0.iter().all(|(_, change)| matches!(change, ChangeKind::Gone(_))));
    let given = world.service.list_shares(ada).await.unwrap();
    assert_eq!(given.len(), 3);
    assert!(given.iter().all(|share| share.suspended && share.recipient.contains('@')));
    assert!(world.service.list_shares(bob).await.unwrap().is_empty(), "what one is shown is not one's to confirm");
    let strange = world.service.confirm_share(bob, oak.id, eve.user).await;
    assert!(matches!(strange, Err(Error::NotFound)), "{strange:?}");

    world.service.confirm_share(ada, oak.id, bob.user).await.unwrap();
    let (seen, page) = world.pull_all(bob, None, 10).await;
    assert_eq!(fold(&seen).into_keys().collect::<Vec<_>>(), [oak.id]);
    world.service.unshare_place(ada, oak.id, eve.user).await.unwrap();
    assert_eq!(world.service.confirm_shares(ada).await.unwrap(), 1, "the one that is left");
    assert_eq!(world.service.confirm_shares(ada).await.unwrap(), 0);
    let (more, _) = world.pull_all(bob, Some(&page.cursor), 10).await;
    assert_eq!(fold(&more).into_keys().collect::<Vec<_>>(), [elm.id]);
    assert!(fold(&world.pull_all(eve, None, 10).await.0).is_empty(), "taken back while it was suspended");
    assert_eq!(world.service.list_shares(ada).await.unwrap().len(), 2);
}
