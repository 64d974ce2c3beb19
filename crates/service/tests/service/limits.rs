//! The plan's limit on live places.

use holdfast_contract::{Code, Outcome, Target};
use tokio::task::JoinSet;

use crate::support::*;

async fn limited(places: &'static str) -> World {
    let world = World::new().await;
    world.execute("INSERT INTO plans (id, places_max) VALUES ('small', 0); UPDATE users SET plan_id = 'small'").await;
    sqlx::query("UPDATE plans SET places_max = $1::bigint WHERE id = 'small'")
        .bind(places.parse::<i64>().unwrap())
        .execute(&mut world.sql().await)
        .await
        .unwrap();
    world
}

fn code(outcome: &Outcome) -> Option<Code> {
    match outcome {
        Outcome::Deferred { problem } => Some(problem.code),
        _ => None,
    }
}

#[tokio::test]
async fn what_does_not_fit_is_deferred_and_fits_when_there_is_room() {
    let world = limited("2").await;
    let batch: Vec<_> = (0..4).map(|i| create(&i.to_string())).collect();
    let operations: Vec<_> = batch.iter().map(|b| b.1.clone()).collect();
    let outcomes = world.push(world.ada, &operations).await;
    assert_eq!(outcome_names(&outcomes), ["applied", "applied", "deferred", "deferred"]);
    assert_eq!(code(&outcomes[2]), Some(Code::PlanLimitReached));
    assert_eq!(world.count("SELECT count(*) FROM op_receipts").await, 2, "a deferred operation leaves no trace");
    assert_eq!(world.count("SELECT count(*) FROM places").await, 2);
    let pull = world.service.pull(world.ada, None, None).await.unwrap();
    assert_eq!((pull.limits.places_used, pull.limits.places_max), (2, Some(2)));

    // Room for one: the same operations again.
    applied(world.push_one(world.ada, &delete(Target::Own(batch[0].0), 1)).await);
    let again = world.push(world.ada, &operations).await;
    assert_eq!(outcome_names(&again), ["duplicate", "duplicate", "applied", "deferred"]);
}

#[tokio::test]
async fn later_operations_of_a_deferred_place_are_deferred_too_and_others_go_on() {
    let world = limited("1").await;
    let (kept, kept_create) = create("kept");
    let (waiting, waiting_create) = create("waiting");
    let outcomes = world
        .push(
            world.ada,
            &[
                kept_create,
                waiting_create,
                rename(Target::Own(waiting), "waiting", "still waiting"),
                rename(Target::Own(kept), "kept", "renamed"),
                delete(Target::Own(waiting), 0),
            ],
        )
        .await;
    assert_eq!(outcome_names(&outcomes), ["applied", "deferred", "deferred", "applied", "deferred"]);
    assert_eq!(world.count("SELECT count(*) FROM places WHERE name = 'renamed' AND version = 2").await, 1);
}

#[tokio::test]
async fn a_deletion_in_the_batch_makes_room_and_a_restore_takes_it() {
    let world = limited("1").await;
    let (first, place) = world.place("first").await;
    let (_, second) = create("second");
    let outcomes = world.push(world.ada, &[second.clone(), delete(Target::Own(first), 1), second.clone()]).await;
    // The net of the batch fits, so nothing had to be looked at one by one.
    assert_eq!(outcome_names(&outcomes), ["applied", "applied", "duplicate"]);
    let refused = world.push_one(world.ada, &restore(Target::Id(place.id), 2)).await;
    assert_eq!(code(&refused), Some(Code::PlanLimitReached));
    assert_eq!(world.count("SELECT live_places FROM feed_heads").await, 1);
}

#[tokio::test]
async fn who_is_over_the_limit_may_still_edit_and_delete() {
    let world = limited("2").await;
    let (one, _) = world.place("one").await;
    let (two, _) = world.place("two").await;
    world.execute("UPDATE plans SET places_max = 0 WHERE id = 'small'").await;
    applied(world.push_one(world.ada, &rename(Target::Own(one), "one", "uno")).await);
    applied(world.push_one(world.ada, &delete(Target::Own(two), 1)).await);
    let outcome = world.push_one(world.ada, &create("three").1).await;
    assert_eq!(code(&outcome), Some(Code::PlanLimitReached));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_devices_at_once_never_pass_the_limit() {
    let world = limited("50").await;
    let mut pushers = JoinSet::new();
    for _ in 0..4 {
        let device = world.database.add_device(world.ada.user).await;
        let service = world.service.clone();
        pushers.spawn(async move {
            let mut applied = 0;
            for _ in 0..5 {
                let batch: Vec<_> = (0..7).map(|i| create(&i.to_string()).1).collect();
                let outcomes = push(&service, device, &batch).await;
                assert!(outcomes.iter().all(|o| matches!(o, Outcome::Applied { .. } | Outcome::Deferred { .. })));
                applied += outcomes.iter().filter(|o| matches!(o, Outcome::Applied { .. })).count();
            }
            applied
        });
    }
    let applied: usize = pushers.join_all().await.into_iter().sum();
    assert_eq!(applied, 50);
    assert_eq!(world.count("SELECT count(*) FROM places").await, 50);
    assert_eq!(world.count("SELECT live_places FROM feed_heads").await, 50);
}
