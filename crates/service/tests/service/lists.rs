//! Lists in every order, both ways; who else sees a place; maps; facets.

use holdfast_contract::{
    Action, BoundingBox, Category, Code, FieldCode, Name, Operation, PlaceOrder, Position, Role, SharedFilter, Tags,
    Target, Timestamp,
};
use holdfast_service::{Actor, MapView, PlaceFilter, Row, RowPage};

use crate::support::*;

fn filter() -> PlaceFilter {
    PlaceFilter::default()
}

/// A create at a position, with a name, a category, tags and a day of capture.
fn at(name: &str, latitude: f64, longitude: f64, category: &str, tags: &[&str], day: u32) -> Operation {
    let (_, mut create) = create("x");
    let Action::Create { place, .. } = &mut create.action else { unreachable!() };
    place.fields.name = Name::parse(name).unwrap();
    place.fields.position = Position::parse("", latitude, longitude, None, None).unwrap();
    place.fields.category = Category::parse(category).unwrap();
    place.fields.tags = Tags::parse(tags, "tags").unwrap();
    place.captured_at = Timestamp::parse(&format!("2026-05-{day:02}T10:00:00Z")).unwrap();
    create
}

async fn page(world: &World, actor: Actor, filter: &PlaceFilter) -> RowPage {
    let rows = world.service.list_rows(actor, filter).await.unwrap();
    // The two lists are one.
    let plain = world.service.list_places(actor, filter).await.unwrap();
    assert_eq!(plain.places, rows.rows.iter().map(|row| row.place.clone()).collect::<Vec<_>>());
    assert_eq!((plain.next, plain.previous), (rows.next.clone(), rows.previous.clone()));
    rows
}

fn names(page: &RowPage) -> Vec<String> {
    page.rows.iter().map(|row| name_of(&row.place).to_owned()).collect()
}

async fn listed(world: &World, filter: PlaceFilter) -> Vec<String> {
    names(&page(world, world.ada, &filter).await)
}

/// Twenty-three places with names, times and changes that are often equal, and Bob, who shares three of his.
async fn many() -> (World, Actor) {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let named = |i: u32| ["", "Ast", "ast", "Berg", "zaun", ""][i as usize % 6];
    let creates: Vec<_> = (0..20).map(|i| at(named(i), 1.0, 2.0, "", &[], 1 + i / 7)).collect();
    world.push(world.ada, &creates).await;
    for day in 1..4 {
        let place = applied(world.push_one(bob, &at("Berg", 1.0, 2.0, "", &[], day)).await);
        world.service.share_place(bob, place.id, world.ada.user, Role::Viewer).await.unwrap();
    }
    (world, bob)
}

#[tokio::test]
async fn pages_add_up_both_ways_in_every_order_where_keys_are_equal() {
    let (world, _) = many().await;
    for sort in PlaceOrder::ALL {
        let whole = page(&world, world.ada, &PlaceFilter { sort: *sort, limit: Some(200), ..filter() }).await;
        assert_eq!(whole.rows.len(), 23, "{sort}");
        assert_eq!((whole.next, whole.previous), (None, None));
        for limit in [1, 4, 22, 23] {
            let mut forwards: Vec<Row> = Vec::new();
            let mut this = page(&world, world.ada, &PlaceFilter { sort: *sort, limit: Some(limit), ..filter() }).await;
            assert_eq!(this.previous, None);
            loop {
                forwards.extend(this.rows.clone());
                let Some(after) = this.next.clone() else { break };
                let on = PlaceFilter { sort: *sort, limit: Some(limit), after: Some(after), ..filter() };
                this = page(&world, world.ada, &on).await;
            }
            assert_eq!(forwards, whole.rows, "{sort} by {limit}");
            let mut backwards = this.rows.clone();
            while let Some(before) = this.previous.clone() {
                let back = PlaceFilter { sort: *sort, limit: Some(limit), before: Some(before), ..filter() };
                this = page(&world, world.ada, &back).await;
                assert!(this.next.is_some());
                backwards.splice(0..0, this.rows.clone());
            }
            assert_eq!(backwards, whole.rows, "{sort} back by {limit}");
        }
    }
}

#[tokio::test]
async fn each_order_is_what_it_says() {
    let (world, bob) = many().await;
    let all = |sort| PlaceFilter { sort, limit: Some(200), ..filter() };
    let places = page(&world, world.ada, &all(PlaceOrder::Captured)).await;
    let mut other_way = page(&world, world.ada, &all(PlaceOrder::CapturedAsc)).await.rows;
    other_way.reverse();
    assert_eq!(other_way, places.rows);
    assert!(places.rows.is_sorted_by(|a, b| a.place.captured_at >= b.place.captured_at));

    let by_name = page(&world, world.ada, &all(PlaceOrder::Name)).await;
    let lower: Vec<String> = names(&by_name).iter().map(|name| name.to_lowercase()).collect();
    let named = lower.iter().filter(|name| !name.is_empty()).count();
    assert!(lower[..named].is_sorted() && lower[named..].iter().all(String::is_empty), "{lower:?}");
    assert_eq!((named, lower[0].as_str()), (16, "ast"));

    // A share that begins, and a place that changes, are first.
    let shared = applied(world.push_one(bob, &at("Shared", 1.0, 2.0, "", &[], 1)).await);
    world.service.share_place(bob, shared.id, world.ada.user, Role::Viewer).await.unwrap();
    world.clock.advance_seconds(5);
    let old = places.rows.iter().find(|row| row.place.role == Role::Owner && name_of(&row.place) == "Berg").unwrap();
    world.push_one(world.ada, &rename(Target::Id(old.place.id), "Berg", "Changed")).await;
    let newest = page(&world, world.ada, &PlaceFilter { limit: Some(2), ..all(PlaceOrder::Updated) }).await;
    assert_eq!(names(&newest), ["Changed", "Shared"]);
}

#[tokio::test]
async fn what_is_new_or_gone_between_two_pages_neither_repeats_nor_hides_others() {
    for sort in PlaceOrder::ALL {
        let (world, _) = many().await;
        let whole = page(&world, world.ada, &PlaceFilter { sort: *sort, limit: Some(200), ..filter() }).await.rows;
        let first = page(&world, world.ada, &PlaceFilter { sort: *sort, limit: Some(10), ..filter() }).await;
        for (name, day) in [("Aaa", 30), ("zzz", 1), ("Berg", 2)] {
            world.push_one(world.ada, &at(name, 1.0, 2.0, "", &[], day)).await;
        }
        // The very place at which the page ended goes away, if it is one's own.
        let last = &whole[9].place;
        if last.role == Role::Owner {
            applied(world.push_one(world.ada, &delete(Target::Id(last.id), 1)).await);
        }
        let on = PlaceFilter { sort: *sort, limit: Some(200), after: first.next.clone(), ..filter() };
        let rest = page(&world, world.ada, &on).await;
        let kept = |rows: &[Row]| {
            let known = |row: &&Row| whole.iter().any(|old| old.place.id == row.place.id);
            rows.iter().filter(known).map(|row| row.place.id).collect::<Vec<_>>()
        };
        assert_eq!(kept(&rest.rows), kept(&whole[10..]), "{sort}");
        let back = PlaceFilter { sort: *sort, limit: Some(200), before: rest.previous, ..filter() };
        let front = page(&world, world.ada, &back).await;
        let there = whole[..10].iter().map(|row| row.place.id).filter(|id| *id != last.id || last.role != Role::Owner);
        assert_eq!(kept(&front.rows), there.collect::<Vec<_>>(), "{sort}");
    }
}

#[tokio::test]
async fn an_empty_page_leads_back_to_where_one_came_from() {
    for sort in PlaceOrder::ALL {
        let world = World::new().await;
        let creates: Vec<_> = (1..4).map(|day| at("same", 1.0, 2.0, "", &[], day)).collect();
        world.push(world.ada, &creates).await;
        let first = page(&world, world.ada, &PlaceFilter { sort: *sort, limit: Some(2), ..filter() }).await;
        let all = page(&world, world.ada, &PlaceFilter { sort: *sort, ..filter() }).await;
        applied(world.push_one(world.ada, &delete(Target::Id(all.rows[2].place.id), 1)).await);
        let on = PlaceFilter { sort: *sort, after: first.next, ..filter() };
        let empty = page(&world, world.ada, &on).await;
        assert!(empty.rows.is_empty() && empty.next.is_none());
        let back = page(&world, world.ada, &PlaceFilter { sort: *sort, before: empty.previous, ..filter() }).await;
        assert_eq!(back.rows, first.rows, "{sort}");
        assert_eq!(back.previous, None);
        let front = page(&world, world.ada, &PlaceFilter { sort: *sort, before: all.next, ..filter() }).await;
        assert_eq!(front.rows, first.rows, "{sort}: no key is the beginning");
    }
}

#[tokio::test]
async fn a_key_of_another_order_and_two_directions_at_once_are_refused() {
    let (world, _) = many().await;
    let next = page(&world, world.ada, &PlaceFilter { limit: Some(3), ..filter() }).await.next;
    let wrong = |filter: PlaceFilter| {
        let service = world.service.clone();
        async move { service.list_rows(world.ada, &filter).await.unwrap_err().problem() }
    };
    for sort in &PlaceOrder::ALL[1..] {
        let problem = wrong(PlaceFilter { sort: *sort, after: next.clone(), ..filter() }).await;
        assert_eq!((problem.code, problem.errors[0].field.as_str()), (Code::InvalidParameter, "after"));
        assert!(problem.detail.contains("another order"), "{}", problem.detail);
        let problem = wrong(PlaceFilter { sort: *sort, before: next.clone(), ..filter() }).await;
        assert_eq!(problem.errors[0].field, "before");
    }
    let problem = wrong(PlaceFilter { after: next.clone(), before: next.clone(), ..filter() }).await;
    assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code), ("before", FieldCode::Inconsistent));
    let problem = wrong(PlaceFilter { tags: vec!["x".into(); 21], ..filter() }).await;
    assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code), ("tag", FieldCode::TooMany));
}

#[tokio::test]
async fn a_box_finds_what_is_in_it_across_the_antimeridian_too() {
    let world = World::new().await;
    let creates = [
        at("Suva", -18.1, 178.4, "", &[], 6),
        at("Taveuni", -16.8, -179.9, "", &[], 5),
        at("Edge", 0.0, 180.0, "", &[], 4),
        at("Bern", 46.9, 7.4, "", &[], 3),
        at("Pole", 90.0, 7.4, "", &[], 2),
        at("Null", 0.0, 0.0, "", &[], 1),
    ];
    world.push(world.ada, &creates).await;
    let within = async |bbox: &str| {
        let bbox = Some(BoundingBox::parse("bbox", bbox).unwrap());
        listed(&world, PlaceFilter { bbox, ..filter() }).await
    };
    assert_eq!(within("177,-20,-179,-10").await, ["Suva", "Taveuni"]);
    assert_eq!(within("177,-20,-179,0").await, ["Suva", "Taveuni", "Edge"]);
    assert_eq!(within("-179,-20,177,90").await, ["Bern", "Pole", "Null"]);
    assert_eq!(within("7.4,46.9,7.4,46.9").await, ["Bern"]);
    assert_eq!(within("-180,-90,180,90").await.len(), 6);
    assert_eq!(within("0,0,0,0").await, ["Null"]);
}

#[tokio::test]
async fn filters_by_several_tags_and_by_who_sees_it_go_together_in_every_order() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let mine = [
        at("both", 1.0, 2.0, "hut", &["alps", "snow"], 3),
        at("one", 1.0, 2.0, "hut", &["alps"], 2),
        at("shown", 1.0, 2.0, "", &[], 1),
    ];
    let places: Vec<_> = world.push(world.ada, &mine).await.into_iter().map(applied).collect();
    let his = applied(world.push_one(bob, &at("his", 1.0, 2.0, "hut", &["alps", "snow"], 4)).await);
    world.service.share_place(bob, his.id, world.ada.user, Role::Viewer).await.unwrap();
    world.service.share_place(world.ada, places[2].id, bob.user, Role::Viewer).await.unwrap();
    applied(world.push_one(world.ada, &delete(Target::Id(places[1].id), 1)).await);
    for sort in PlaceOrder::ALL {
        let of = async |filter: PlaceFilter| {
            let mut found = listed(&world, PlaceFilter { sort: *sort, ..filter }).await;
            found.sort();
            found
        };
        let tags = |tags: &[&str]| PlaceFilter { tags: tags.iter().map(|t| (*t).to_owned()).collect(), ..filter() };
        let shared = |shared| PlaceFilter { shared: Some(shared), ..filter() };
        assert_eq!(of(tags(&["alps", "snow"])).await, ["both", "his"]);
        assert_eq!(of(tags(&["alps", "sand"])).await, [""; 0]);
        assert_eq!(of(shared(SharedFilter::Mine)).await, ["both", "shown"]);
        assert_eq!(of(shared(SharedFilter::WithMe)).await, ["his"]);
        assert_eq!(of(shared(SharedFilter::ByMe)).await, ["shown"]);
        assert_eq!(of(PlaceFilter { category: Some("hut".into()), ..shared(SharedFilter::Mine) }).await, ["both"]);
        assert_eq!(of(PlaceFilter { trash: true, ..filter() }).await, ["one"]);
        assert_eq!(of(PlaceFilter { trash: true, ..shared(SharedFilter::WithMe) }).await, [""; 0]);
        let source = Some(holdfast_contract::Source::Cli);
        assert_eq!(of(PlaceFilter { source, ..shared(SharedFilter::WithMe) }).await, [""; 0]);
        assert_eq!(of(PlaceFilter { source, ..filter() }).await, ["both", "shown"]);
    }
}

#[tokio::test]
async fn a_row_says_who_else_sees_it_and_nobody_learns_more_than_that() {
    let world = World::new().await;
    let (bob, carol) = (world.database.add_user().await, world.database.add_user().await);
    let (_, place) = world.place("Shown").await;
    let (_, private) = world.place("Private").await;
    for (reader, role) in [(bob, Role::Viewer), (carol, Role::Editor)] {
        world.service.share_place(world.ada, place.id, reader.user, role).await.unwrap();
    }
    let rows = page(&world, world.ada, &filter()).await;
    let row = |id| rows.rows.iter().find(|row| row.place.id == id).unwrap().audience.clone();
    assert_eq!((row(place.id).shown_to, row(place.id).owner), (emails(&[1, 2]), None));
    assert_eq!(row(private.id), holdfast_service::Audience::default());
    assert_eq!((rows.live_places, rows.seq), (2, world.service.pull(world.ada, None, None).await.unwrap().head));

    let his = page(&world, bob, &filter()).await;
    assert_eq!(his.rows.len(), 1);
    let audience = &his.rows[0].audience;
    assert_eq!((audience.owner.clone(), &audience.shown_to), (Some(emails(&[0]).remove(0)), &vec![]), "not of Carol");
    assert_eq!(his.live_places, 0);

    let detail = world.service.place_page(world.ada, Target::Id(place.id)).await.unwrap();
    assert_eq!((detail.audience, detail.seq), (row(place.id), rows.seq));
    let detail = world.service.place_page(bob, Target::Id(place.id)).await.unwrap();
    assert_eq!((&detail.audience, detail.seq, detail.place.role), (audience, his.seq, Role::Viewer));

    world.execute("UPDATE place_shares SET suspended_at = now() WHERE role = 'editor'").await;
    let detail = world.service.place_page(world.ada, Target::Id(place.id)).await.unwrap();
    let audience = detail.audience;
    assert_eq!((audience.shown_to, audience.shown_to_count, audience.suspended), (emails(&[1]), 1, 1));
    let gone = world.service.place_page(carol, Target::Id(place.id)).await.unwrap_err();
    assert_eq!(gone.code(), Code::Gone);
    let empty = page(&world, carol, &filter()).await;
    assert!(empty.rows.is_empty() && empty.seq > 0);
    let missing = world.service.place_page(carol, Target::Id(private.id)).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
}

#[tokio::test]
async fn at_most_twenty_addresses_are_named() {
    let world = World::new().await;
    let (_, place) = world.place("Popular").await;
    for _ in 0..23 {
        let reader = world.database.add_user().await;
        world.service.share_place(world.ada, place.id, reader.user, Role::Viewer).await.unwrap();
    }
    let rows = page(&world, world.ada, &filter()).await;
    let audience = &rows.rows[0].audience;
    assert_eq!((rows.rows.len(), audience.shown_to.len(), audience.shown_to_count), (1, 20, 23), "and all are counted");
}

fn emails(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|n| format!("user{n}@example.org")).collect()
}

#[tokio::test]
async fn a_map_has_every_place_and_the_smallest_box_around_them() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let empty = world.service.map_places(world.ada, &filter(), None).await.unwrap();
    assert_eq!((empty.total, empty.bounds, empty.clusters), (0, None, None));
    assert_eq!(empty.points, Some(vec![]));
    let creates = [at("Suva", -18.0, 178.0, "town", &["sea"], 1), at("Taveuni", -16.5, -179.5, "", &["sea"], 2)];
    world.push(world.ada, &creates).await;
    let his = applied(world.push_one(bob, &at("Samoa", -13.5, -172.5, "", &[], 4)).await);
    world.service.share_place(bob, his.id, world.ada.user, Role::Viewer).await.unwrap();
    let map = world.service.map_places(world.ada, &filter(), None).await.unwrap();
    assert_eq!((map.total, map.clusters), (3, None));
    assert_eq!(map.bounds, Some(BoundingBox::parse("", "178,-18,-172.5,-13.5").unwrap()));
    let mut points = map.points.unwrap();
    points.sort_by(|a, b| a.name.cmp(&b.name));
    let named: Vec<_> = points.iter().map(|p| p.name.as_ref().unwrap().as_str()).collect();
    assert_eq!(named, ["Samoa", "Suva", "Taveuni"]);
    assert_eq!(points[0].id, his.id);
    assert_eq!(points[1].category.as_ref().unwrap().as_str(), "town");
    let bbox = Some(BoundingBox::parse("", "170,-20,-175,0").unwrap());
    let sea = PlaceFilter { tags: vec!["sea".into()], bbox, ..filter() };
    let map = world.service.map_places(world.ada, &sea, None).await.unwrap();
    assert_eq!((map.total, map.points.unwrap().len()), (2, 2));
    let with_bob = PlaceFilter { shared: Some(SharedFilter::WithMe), ..filter() };
    assert_eq!(world.service.map_places(bob, &with_bob, None).await.unwrap().total, 0);
}

#[tokio::test]
async fn many_places_are_clusters_of_the_view_and_a_lone_one_keeps_its_name() {
    let world = World::new().await;
    let lone = applied(world.push_one(world.ada, &at("Lone", 60.0, -150.0, "", &[], 1)).await);
    let south = applied(world.push_one(world.ada, &at("South Pole", -90.0, 0.0, "", &[], 1)).await);
    sqlx::query(
        "INSERT INTO places (owner_id, id, client_id, version, name, latitude, longitude, captured_at, source,
                             position_source, created_at, updated_at)
         SELECT $1, gen_random_uuid(), gen_random_uuid(), 1, 'many', 47 + (i % 100) / 100.0, 8 + (i / 100) / 100.0,
                now(), 'cli', 'fix', now(), now() FROM generate_series(0, 9999) AS i",
    )
    .bind(world.ada.user.0)
    .execute(&mut world.sql().await)
    .await
    .unwrap();
    let map = world.service.map_places(world.ada, &filter(), None).await.unwrap();
    assert_eq!((map.total, map.points), (10_002, None));
    let clusters = map.clusters.unwrap();
    assert_eq!(clusters.iter().map(|c| c.count).sum::<u64>(), 10_002);
    assert_eq!(clusters.len(), 3, "{clusters:?}");
    let single = |id| clusters.iter().find(|c| c.id == Some(id)).unwrap();
    assert_eq!(single(lone.id).name.as_ref().unwrap().as_str(), "Lone");
    assert_eq!(single(south.id).count, 1);
    let crowd = clusters.iter().find(|c| c.count > 1).unwrap();
    assert_eq!((crowd.count, crowd.id, &crowd.name), (10_000, None, &None));
    assert_eq!(crowd.bounds, BoundingBox::parse("", "8,47,8.99,47.99").unwrap());

    let bbox = BoundingBox::parse("", "8,47,9,48").unwrap();
    let near = world.service.map_places(world.ada, &filter(), Some(MapView { bbox, zoom: 9.0 })).await.unwrap();
    assert_eq!((near.total, near.bounds), (10_002, map.bounds), "what matches does not depend on the view");
    let clusters = near.clusters.unwrap();
    assert_eq!(clusters.iter().map(|c| c.count).sum::<u64>(), 10_000);
    assert!((100..=600).contains(&clusters.len()), "{}", clusters.len());
    let all = MapView { bbox: BoundingBox::WORLD, zoom: 24.0 };
    let clusters = world.service.map_places(world.ada, &filter(), Some(all)).await.unwrap().clusters.unwrap();
    assert!(clusters.len() <= 2000);
}

#[tokio::test]
async fn facets_count_what_one_sees_and_is_live() {
    let world = World::new().await;
    let bob = world.database.add_user().await;
    let creates = [
        at("a", 1.0, 2.0, "hut", &["alps", "snow"], 1),
        at("b", 1.0, 2.0, "hut", &["alps"], 2),
        at("c", 1.0, 2.0, "lake", &["alps"], 3),
    ];
    let places: Vec<_> = world.push(world.ada, &creates).await.into_iter().map(applied).collect();
    let his = applied(world.push_one(bob, &at("his", 1.0, 2.0, "inn", &["snow"], 4)).await);
    applied(world.push_one(bob, &at("secret", 1.0, 2.0, "secret", &["secret"], 4)).await);
    world.service.share_place(bob, his.id, world.ada.user, Role::Viewer).await.unwrap();
    applied(world.push_one(world.ada, &delete(Target::Id(places[2].id), 1)).await);
    let facets = world.service.facets(world.ada).await.unwrap();
    let pairs = |values: &[holdfast_contract::overview::FacetValue]| {
        values.iter().map(|v| (v.value.clone(), v.count)).collect::<Vec<_>>()
    };
    assert_eq!(pairs(&facets.categories), [("hut".to_owned(), 2), ("inn".to_owned(), 1)]);
    assert_eq!(pairs(&facets.tags), [("alps".to_owned(), 2), ("snow".to_owned(), 2)]);
}

#[tokio::test]
async fn an_export_has_all_ones_own_live_places_in_the_order_of_their_captures() {
    let (world, _) = many().await;
    let more: Vec<_> = (0..500).map(|i| at(&i.to_string(), 1.0, 2.0, "", &[], 10 + i / 100)).collect();
    world.push(world.ada, &more).await;
    let (first, next) = world.service.export_places(world.ada, None).await.unwrap();
    assert_eq!(first.len(), 500);
    let (rest, end) = world.service.export_places(world.ada, next.as_deref()).await.unwrap();
    assert_eq!((rest.len(), end), (20, None));
    let all = [first, rest].concat();
    assert!(all.is_sorted_by(|a, b| a.captured_at <= b.captured_at));
    assert!(all.iter().all(|place| place.role == Role::Owner));
}
