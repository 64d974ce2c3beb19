use std::time::{Duration, Instant};

use holdfast_contract::rules::TagChange;
use holdfast_contract::sync::{Change, ChangeKind, PlanLimits, PullReply};
use holdfast_contract::{ClientId, Name, Place, PlaceId, Role, Source, Tag, Tags};
use holdfast_device::{Device, Edit, ListQuery, PageKey, PlaceState, Reply, StateFilter};
use uuid::Uuid;

use crate::support::*;

fn known(i: u32) -> Place {
    let new = place("x");
    Place {
        id: PlaceId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(i))),
        client_id: Some(ClientId(Uuid::from_u128(0x0191_0000_0000_7000_8000_0000_0000_0000 + u128::from(i)))),
        version: 1,
        name: Name::parse(&format!("Hütte {i}")).unwrap(),
        note: None,
        category: holdfast_contract::Category::parse(if i.is_multiple_of(2) { "hut" } else { "spring" }).unwrap(),
        tags: Tags::parse([format!("t{}", i % 10)], "tags").unwrap(),
        latitude: new.fields.position.latitude,
        longitude: new.fields.position.longitude,
        accuracy: new.fields.position.accuracy,
        altitude: None,
        captured_at: new.captured_at.plus_seconds(i64::from(i / 3)),
        source: Some(Source::Cli),
        position_source: new.fields.position_source,
        role: Role::Owner,
        created_at: new.captured_at,
        updated_at: new.captured_at,
        deleted_at: None,
    }
}

/// Pulls `count` places in pages of a thousand; how long each page took.
pub(crate) fn fill(device: &mut Device, count: u32) -> Vec<Duration> {
    let mut next = 0;
    let mut times = Vec::new();
    while next < count {
        let request = device.poll().unwrap().requests.remove(0);
        let to = (next + 1000).min(count);
        let changes = (next..to)
            .map(|i| Change { seq: i64::from(i) + 1, kind: ChangeKind::Upsert(Box::new(known(i))) })
            .collect();
        let page = PullReply {
            epoch: "epoch-1".to_owned(),
            changes,
            cursor: format!("1:{to}"),
            has_more: to < count,
            head: count.into(),
            limits: PlanLimits::default(),
        };
        let reply = Reply { lease: request.lease(), answer: server::answer(&page) };
        let began = Instant::now();
        let handled = device.handle(reply).unwrap();
        times.push(began.elapsed());
        assert_eq!((handled.pulled, handled.has_more), (to - next, to < count));
        next = to;
    }
    times
}

fn all(device: &Device, query: &ListQuery) -> Vec<String> {
    let mut names = Vec::new();
    let mut after: Option<PageKey> = None;
    loop {
        let page = device.list(&ListQuery { after, ..query.clone() }).unwrap();
        names.extend(page.places.iter().map(|p| p.name.clone().unwrap().to_string()));
        after = page.next;
        if after.is_none() {
            return names;
        }
    }
}

#[test]
fn pages_follow_one_another_without_gaps_or_doubles_while_places_come_and_go() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    fill(&mut device, 100);
    let names = all(&device, &ListQuery { limit: 7, ..ListQuery::default() });
    let expected: Vec<String> = (0..100).rev().map(|i| format!("Hütte {i}")).collect();
    assert_eq!(names, expected, "newest capture first; of one moment, the last come first");

    let first = device.list(&ListQuery { limit: 10, ..ListQuery::default() }).unwrap();
    let mut newer = place("newer");
    newer.captured_at = newer.captured_at.plus_seconds(10_000);
    device.capture(newer).unwrap();
    let second = device.list(&ListQuery { limit: 10, after: first.next, ..ListQuery::default() }).unwrap();
    assert_eq!(second.places[0].name, Some(text_name("Hütte 89")));
}

#[test]
fn search_and_filters_go_together() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    fill(&mut device, 40);
    let id = device.list(&ListQuery { text: Some("hutte 31".to_owned()), ..ListQuery::default() }).unwrap().places[0]
        .local_id;
    device.edit(id, note("Überall Äpfel"), None).unwrap();
    let add = [Tag::parse("sehr \"gut\"").unwrap().unwrap()].into();
    device.edit(id, Edit { tags: TagChange { add, ..TagChange::default() }, ..Edit::default() }, None).unwrap();
    let names = |query: ListQuery| all(&device, &query);
    assert_eq!(names(ListQuery { text: Some("APFEL uberall".to_owned()), ..ListQuery::default() }), ["Hütte 31"]);
    assert_eq!(names(ListQuery { text: Some("gut".to_owned()), ..ListQuery::default() }), ["Hütte 31"]);
    assert_eq!(names(ListQuery { tag: Some("sehr \"gut\"".to_owned()), ..ListQuery::default() }), ["Hütte 31"]);
    assert!(names(ListQuery { tag: Some("\",\"".to_owned()), ..ListQuery::default() }).is_empty());
    assert!(names(ListQuery { text: Some("apfel 32".to_owned()), ..ListQuery::default() }).is_empty());
    assert_eq!(
        names(ListQuery { category: Some("hut".to_owned()), tag: Some("t4".to_owned()), ..ListQuery::default() }),
        ["Hütte 34", "Hütte 24", "Hütte 14", "Hütte 4"]
    );
    assert_eq!(names(ListQuery { state: Some(StateFilter::SavedOnDevice), ..ListQuery::default() }), ["Hütte 31"]);
    assert_eq!(names(ListQuery { state: Some(StateFilter::Synced), ..ListQuery::default() }).len(), 39);
    assert_eq!(device.categories().unwrap(), ["hut", "spring"]);
    assert_eq!(device.tags().unwrap().len(), 11);
}

#[test]
fn the_place_of_a_capture_is_listed_wherever_it_is() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    fill(&mut device, 10);
    let of = |i: u32, trash: bool| ListQuery { client_id: known(i).client_id, trash, ..ListQuery::default() };
    assert_eq!(all(&device, &of(7, false)), ["Hütte 7"]);
    assert!(all(&device, &of(7, true)).is_empty() && all(&device, &of(10, false)).is_empty());
    let id = device.list(&of(7, false)).unwrap().places[0].local_id;
    device.delete(id, None).unwrap();
    assert_eq!(
        (all(&device, &of(7, false)), all(&device, &of(7, true))),
        (vec!["Hütte 7".into()], vec!["Hütte 7".into()])
    );
}

#[test]
fn a_place_is_found_by_the_beginning_of_its_ids() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    capture(&mut device, "B");
    let id = captured.client_id.to_string();
    assert_eq!(device.find(&id).unwrap(), [captured.local_id]);
    assert_eq!(device.find(&id.replace('-', "").to_uppercase()).unwrap(), [captured.local_id]);
    assert_eq!(device.find(&id[..30]).unwrap(), [captured.local_id]);
    assert_eq!(device.find(&id[..4]).unwrap().len(), 2);
    assert!(device.find("zzzz").unwrap().is_empty() && device.find("019").unwrap().is_empty());
}

#[test]
fn a_hundred_thousand_places_are_pulled_listed_and_searched() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    fill(&mut device, 100_000);
    let status = device.status().unwrap();
    assert_eq!((status.places.synced, status.caught_up, status.pending), (100_000, true, 0));
    let page = device.list(&ListQuery::default()).unwrap();
    assert_eq!((page.places.len(), page.places[0].name.clone()), (50, Some(text_name("Hütte 99999"))));
    assert!(page.places.iter().all(|place| place.state == PlaceState::Synced));
    let deep = PageKey { captured_at: known(30).captured_at, ..page.next.unwrap() };
    assert_eq!(device.list(&ListQuery { after: Some(deep), ..ListQuery::default() }).unwrap().places.len(), 33);
    let found = device.list(&ListQuery { text: Some("hutte 4711".to_owned()), ..ListQuery::default() }).unwrap();
    assert_eq!(found.places.len(), 20, "4711, 14711 to 94711 and 47110 to 47119");
    assert!(
        device.list(&ListQuery { text: Some("nowhere".to_owned()), ..ListQuery::default() }).unwrap().places.is_empty()
    );
}
