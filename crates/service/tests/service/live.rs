//! Live heads.

use std::time::Duration;

use holdfast_contract::Target;

use crate::support::*;

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it comes")
}

#[tokio::test]
async fn a_connection_gets_the_head_at_once_and_after_each_commit_the_newest_only() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    world.place("before").await;
    let mut heads = world.service.subscribe(world.ada).await.unwrap();
    let mut his = world.service.subscribe(bob).await.unwrap();
    assert_eq!(soon(heads.changed()).await, Some(1));
    assert_eq!(soon(his.changed()).await, Some(0));
    let (client_id, _) = world.place("one").await;
    applied(world.push_one(world.ada, &rename(Target::Own(client_id), "one", "two")).await);
    assert_eq!(soon(heads.changed()).await, Some(3));
    world.push_one(world.ada, &rename(Target::Own(client_id), "x", "two")).await;
    assert_eq!((heads.current(), his.current()), (3, 0), "nothing changed, nobody is told; others never are");
}

#[tokio::test]
async fn what_another_process_wrote_is_noticed_by_polling() {
    let world = World::new().await;
    let other = world.another_process().await;
    let mut heads = other.subscribe(world.ada).await.unwrap();
    assert_eq!(soon(heads.changed()).await, Some(0));
    world.place("elsewhere").await;
    assert_eq!(heads.current(), 0);
    other.poll_heads().await.unwrap();
    assert_eq!(soon(heads.changed()).await, Some(1));
}

#[tokio::test]
async fn jobs_poll_by_themselves_and_end_every_connection_when_they_stop() {
    let world = World::new().await;
    let other = world.another_process().await;
    let mut heads = other.subscribe(world.ada).await.unwrap();
    assert_eq!(soon(heads.changed()).await, Some(0));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let jobs = tokio::spawn({
        let other = other.clone();
        async move { other.run_jobs(async { _ = stopped.await }).await }
    });
    world.place("elsewhere").await;
    assert_eq!(soon(heads.changed()).await, Some(1));
    stop.send(()).unwrap();
    assert_eq!(soon(heads.changed()).await, None);
    soon(jobs).await.unwrap();
    assert_eq!(other.subscribe(world.ada).await.unwrap().changed().await, None, "none are taken any more");
}

#[tokio::test]
async fn a_revoked_device_is_disconnected() {
    let world = World::new().await;
    let kept = world.database.add_device(world.ada.user).await;
    let mut revoked = world.service.subscribe(world.ada).await.unwrap();
    let mut stays = world.service.subscribe(kept).await.unwrap();
    assert_eq!((soon(revoked.changed()).await, soon(stays.changed()).await), (Some(0), Some(0)));
    sqlx::query("UPDATE devices SET revoked_at = now() WHERE id = $1")
        .bind(world.ada.device.0)
        .execute(&mut world.sql().await)
        .await
        .unwrap();
    world.service.poll_heads().await.unwrap();
    assert_eq!(soon(revoked.changed()).await, None);
    world.push_one(kept, &create("still here").1).await;
    assert_eq!(soon(stays.changed()).await, Some(1));
}
