//! Everything that somebody has, of one moment.

use holdfast_contract::{Place, Role, Target};
use holdfast_service::{Actor, PastVersion, Snapshot};

use crate::support::*;

async fn places(snapshot: &mut Snapshot, trash: bool) -> Vec<Place> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = snapshot.places(trash, after).await.unwrap();
        all.extend(page);
        after = next;
        if after.is_none() {
            return all;
        }
    }
}

async fn history(snapshot: &mut Snapshot) -> Vec<PastVersion> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = snapshot.history(after).await.unwrap();
        all.extend(page);
        after = next;
        if after.is_none() {
            return all;
        }
    }
}

async fn renamed(world: &World, actor: Actor, place: &Place, to: &str) -> Place {
    applied(world.push_one(actor, &rename(Target::Id(place.id), name_of(place), to)).await)
}

#[tokio::test]
async fn a_snapshot_is_of_one_moment_whatever_happens_while_it_is_read() {
    let world = World::new().await;
    let creates: Vec<_> = (0..450).map(|n| create(&format!("place {n}")).1).collect();
    let made: Vec<_> = world.push(world.ada, &creates).await.into_iter().map(applied).collect();
    for place in &made[..420] {
        renamed(&world, world.ada, place, "renamed").await;
    }
    applied(world.push_one(world.ada, &delete(Target::Id(made[449].id), 1)).await);

    let mut snapshot = world.service.snapshot(world.ada).await.unwrap();
    let (first, _) = snapshot.places(false, None).await.unwrap();
    assert!(first.len() < 449, "there is more than one page");
    // Everything changes.
    for place in &made[440..445] {
        renamed(&world, world.ada, place, "too late").await;
    }
    applied(world.push_one(world.ada, &delete(Target::Id(made[430].id), 1)).await);
    world.place("too late").await;

    let live = places(&mut snapshot, false).await;
    assert_eq!(live.len(), 449);
    assert!(live.iter().all(|place| name_of(place) != "too late"));
    assert!(live.is_sorted_by(|a, b| (a.captured_at, a.id) < (b.captured_at, b.id)), "each once, in order");
    let trash = places(&mut snapshot, true).await;
    assert_eq!(trash.iter().map(|place| place.id).collect::<Vec<_>>(), [made[449].id]);
    let past = history(&mut snapshot).await;
    assert_eq!(past.len(), 421, "420 names and one deletion");
    assert!(past.is_sorted_by(|a, b| (a.place_id, a.version.version) < (b.place_id, b.version.version)));
    snapshot.close().await.unwrap();

    let mut now = world.service.snapshot(world.ada).await.unwrap();
    assert_eq!(places(&mut now, false).await.len(), 449);
    assert_eq!(places(&mut now, true).await.len(), 2);
    assert_eq!(history(&mut now).await.len(), 427);
}

#[tokio::test]
async fn a_snapshot_holds_what_is_ones_own_and_says_who_changed_it() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let (_, hers) = world.place("hers").await;
    world.service.share_place(world.ada, hers.id, bob.user, Role::Editor).await.unwrap();
    renamed(&world, bob, &hers, "by bob").await;
    let his = applied(world.push_one(bob, &create("his").1).await);
    world.service.share_place(bob, his.id, world.ada.user, Role::Editor).await.unwrap();
    renamed(&world, world.ada, &his, "by ada").await;

    let mut snapshot = world.service.snapshot(world.ada).await.unwrap();
    assert_eq!(places(&mut snapshot, false).await.iter().map(name_of).collect::<Vec<_>>(), ["by bob"]);
    let past = history(&mut snapshot).await;
    assert_eq!(past.len(), 1);
    assert_eq!(past[0].place_id, hers.id);
    assert_eq!(past[0].version.name.as_ref().map(holdfast_contract::text::Text::as_str), Some("hers"));
    assert_eq!(past[0].version.actor_email.as_deref(), Some("user1@example.org"));
    // What the places' own pages say of it.
    let (one, _) = world.service.place_history(world.ada, Target::Id(hers.id), None, None).await.unwrap();
    assert_eq!(past[0].version, one[0]);
}
