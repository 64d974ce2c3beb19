//! Lists, search, paging, history, devices.

use holdfast_contract::sync::{PullRequest, PushRequest, Telemetry};
use holdfast_contract::{
    Action, Category, Code, Note, Operation, Outcome, Source, Tags, Target, Timestamp, operation as wire,
};
use holdfast_service::{Error, PlaceFilter, Service};

use crate::support::*;

fn filter() -> PlaceFilter {
    PlaceFilter::default()
}

/// A create with this name, note, category, tags, and day of capture.
fn rich(name: &str, note: &str, category: &str, tags: &[&str], day: u32) -> Operation {
    let (_, mut create) = create(name);
    let Action::Create { place, .. } = &mut create.action else { unreachable!() };
    place.fields.note = Note::parse(note).unwrap();
    place.fields.category = Category::parse(category).unwrap();
    place.fields.tags = Tags::parse(tags, "tags").unwrap();
    place.captured_at = Timestamp::parse(&format!("2026-05-{day:02}T10:00:00Z")).unwrap();
    assert_eq!(wire::Operation::parse(&create.to_bytes()).unwrap(), create);
    create
}

async fn names(world: &World, filter: PlaceFilter) -> Vec<String> {
    let page = world.service.list_places(world.ada, &filter).await.unwrap();
    page.places.iter().map(|p| name_of(p).to_owned()).collect()
}

async fn furnished() -> World {
    let world = World::new().await;
    let batch = [
        rich("Café am See", "cold 50% off", "food", &["lake", "summer"], 3),
        rich("Hütte", "warm_stove", "shelter", &["alps"], 2),
        rich("Quelle", "water\\well", "water", &["alps", "Summer"], 1),
    ];
    world.push(world.ada, &batch).await;
    world
}

#[tokio::test]
async fn a_list_is_newest_first_and_its_filters_say_what_they_mean() {
    let world = furnished().await;
    let all = ["Café am See", "Hütte", "Quelle"];
    assert_eq!(names(&world, filter()).await, all);
    let q = |text: &str| PlaceFilter { q: Some(text.to_owned()), ..filter() };
    assert_eq!(names(&world, q("cafe\u{301}")).await, ["Café am See"], "however it is composed");
    assert_eq!(names(&world, q("HÜTTE")).await, ["Hütte"]);
    assert_eq!(names(&world, q("summer")).await, ["Café am See", "Quelle"]);
    assert_eq!(names(&world, q("SHELT")).await, ["Hütte"]);
    assert_eq!(names(&world, q("%")).await, ["Café am See"], "signs of LIKE are themselves");
    assert_eq!(names(&world, q("_")).await, ["Hütte"]);
    assert_eq!(names(&world, q("\\")).await, ["Quelle"]);
    assert_eq!(names(&world, q("nowhere")).await, [""; 0]);
    assert_eq!(names(&world, PlaceFilter { tags: vec!["alps".into()], ..filter() }).await, ["Hütte", "Quelle"]);
    assert_eq!(names(&world, PlaceFilter { category: Some("food".into()), ..filter() }).await, ["Café am See"]);
    assert_eq!(names(&world, PlaceFilter { source: Some(Source::Cli), ..filter() }).await, all);
    assert_eq!(names(&world, PlaceFilter { source: Some(Source::Web), ..filter() }).await, [""; 0]);
    let day = |d: &str| Timestamp::parse(&format!("2026-05-{d}T10:00:00Z"));
    let range = PlaceFilter { since: day("02"), until: day("03"), ..filter() };
    assert_eq!(names(&world, range).await, ["Hütte"]);
    assert_eq!(names(&world, PlaceFilter { trash: true, ..filter() }).await, [""; 0]);
}

#[tokio::test]
async fn pages_of_a_list_add_up_even_where_times_are_equal() {
    let world = World::new().await;
    let batch: Vec<_> = (0..23).map(|i| rich(&format!("p{i:02}"), "", "", &[], 1 + i / 9)).collect();
    world.push(world.ada, &batch).await;
    let whole = names(&world, filter()).await;
    assert_eq!(whole.len(), 23);
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page =
            world.service.list_places(world.ada, &PlaceFilter { limit: Some(5), after, ..filter() }).await.unwrap();
        assert!(page.places.len() <= 5);
        paged.extend(page.places.iter().map(|p| name_of(p).to_owned()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, whole);
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_named() {
    let world = furnished().await;
    for (wrong, field) in [
        (PlaceFilter { after: Some("nonsense".into()), ..filter() }, "after"),
        (PlaceFilter { q: Some("x".repeat(201)), ..filter() }, "q"),
        (PlaceFilter { tags: vec!["a\u{0}".into()], ..filter() }, "tag"),
        (PlaceFilter { category: Some("x".repeat(41)), ..filter() }, "category"),
    ] {
        let error = world.service.list_places(world.ada, &wrong).await.unwrap_err();
        let problem = error.problem();
        assert_eq!((problem.code, problem.errors[0].field.as_str()), (Code::InvalidParameter, field));
    }
    assert_eq!(names(&world, PlaceFilter { limit: Some(0), ..filter() }).await.len(), 1);
    assert_eq!(names(&world, PlaceFilter { limit: Some(9999), ..filter() }).await.len(), 3);
}

#[tokio::test]
async fn a_history_of_what_is_not_there_is_not_found() {
    let world = furnished().await;
    let missing = world.service.place_history(world.ada, Target::Own(new_client_id()), None, None).await;
    assert!(matches!(missing, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_device_is_noted_as_seen_with_what_waits_on_it() {
    let world = World::new().await;
    let epoch = world.service.epoch().await.unwrap();
    let (_, one) = create("one");
    let bytes = String::from_utf8(one.to_bytes()).unwrap();
    let raw = serde_json::value::RawValue::from_string(bytes).unwrap();
    let push = async |pending: u32, operations| {
        let telemetry = Some(Telemetry { pending, oldest_pending_seconds: 90, ..Telemetry::default() });
        world
            .service
            .push(world.ada, PushRequest { epoch: epoch.clone(), operations, witness: None, telemetry })
            .await
            .unwrap();
    };
    push(5, vec![&*raw]).await;
    assert_eq!(world.count("SELECT pending FROM devices WHERE oldest_pending_seconds = 90").await, 4);
    let seen = world.count("SELECT extract(epoch FROM last_sync_at)::bigint FROM devices").await;
    assert_eq!(seen, world.service.now().as_micros() / 1_000_000);
    push(3, vec![]).await;
    assert_eq!(world.count("SELECT pending FROM devices").await, 4, "not on every push");
    push(1, vec![&*raw]).await;
    assert_eq!(world.count("SELECT pending FROM devices").await, 0, "but when the outbox is empty");
    world.clock.advance_seconds(61);
    push(2, vec![]).await;
    assert_eq!(world.count("SELECT pending FROM devices").await, 2);
    world.clock.advance_seconds(61);
    world.service.pull(world.ada, None, None).await.unwrap();
    assert_eq!(world.count("SELECT pending FROM devices").await, 2, "a pull need not say anything about the outbox");
    assert_eq!(world.count("SELECT extract(epoch FROM last_sync_at)::bigint FROM devices").await, seen + 122);
}

#[tokio::test]
async fn a_pull_says_what_waits_as_a_push_does() {
    let world = World::new().await;
    let epoch = world.service.epoch().await.unwrap();
    let telemetry = Some(Telemetry { pending: 1, oldest_pending_seconds: 90, ..Telemetry::default() });
    let report = PushRequest { epoch, operations: vec![], witness: None, telemetry };
    world.service.push(world.ada, report).await.unwrap();
    let pull = async |service: &Service, pending| {
        let request = PullRequest { pending, ..PullRequest::default() };
        service.pull_page(world.ada, request).await.unwrap();
    };
    let noted = async |pending: i64, oldest: i64| {
        let both = world.count("SELECT pending * 1000 + oldest_pending_seconds FROM devices").await;
        assert_eq!((both / 1000, both % 1000), (pending, oldest));
    };
    pull(&world.service, Some(2)).await;
    noted(1, 90).await;
    // Decided without a push: nothing waits any more.
    pull(&world.service, Some(0)).await;
    noted(0, 0).await;
    pull(&world.service, Some(3)).await;
    noted(3, 0).await;
    // A process that has not heard of the outbox yet takes the first word about it.
    let other = world.another_process().await;
    pull(&other, None).await;
    noted(3, 0).await;
    pull(&other, Some(0)).await;
    noted(0, 0).await;
}

#[tokio::test]
async fn a_long_history_is_read_page_by_page() {
    let world = World::new().await;
    let (client_id, _) = world.place("0").await;
    let target = Target::Own(client_id);
    for edit in 0..7 {
        applied(world.push_one(world.ada, &rename(target, &edit.to_string(), &(edit + 1).to_string())).await);
    }
    let (mut versions, mut before) = (Vec::new(), None);
    loop {
        let (page, next) = world.service.place_history(world.ada, target, before, Some(3)).await.unwrap();
        assert!(!page.is_empty() && page.len() <= 3);
        versions.extend(page.iter().map(|v| (v.version, v.name.clone().unwrap().into_string())));
        before = next;
        if before.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (0..7).rev().map(|n| (n + 1, n.to_string())).collect();
    assert_eq!(versions, expected);
}

/// One account's slow questions hold only their share of the connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_account_that_asks_for_everything_at_once_leaves_room_for_others() {
    let world = World::new().await;
    let (client_id, _) = world.place("held").await;
    let bob = world.database.add_user().await;
    let mut holder = world.sql().await;
    sqlx::raw_sql("BEGIN; SELECT FROM places FOR UPDATE").execute(&mut holder).await.unwrap();
    let mut waiting = tokio::task::JoinSet::new();
    for index in 0..40 {
        let (service, ada) = (world.service.clone(), world.ada);
        let edit = note(Target::Own(client_id), "", &index.to_string());
        waiting.spawn(async move { push(&service, ada, &[edit]).await.remove(0) });
    }
    let blocked =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    crate::concurrency::until(&world, blocked, 8).await;
    applied(world.push_one(bob, &create("of somebody else").1).await);
    assert_eq!(world.service.list_places(bob, &PlaceFilter::default()).await.unwrap().places.len(), 1);
    assert_eq!(world.count(blocked).await, 8);
    sqlx::raw_sql("COMMIT").execute(&mut holder).await.unwrap();
    let outcomes = waiting.join_all().await;
    assert_eq!(outcomes.iter().filter(|o| matches!(o, Outcome::Applied { .. })).count(), 1);
    assert_eq!(outcomes.iter().filter(|o| matches!(o, Outcome::Conflict { .. })).count(), 39);
}
