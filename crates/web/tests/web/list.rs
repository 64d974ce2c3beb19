//! The list: what its address says, and what it costs.

use holdfast_contract::rules::{Change, PlaceChanges, TagChange};
use holdfast_contract::{
    Action, Category, ClientId, NewPlace, Note, OpId, Operation, Position, Role, Source, Tags, Timestamp,
};
use holdfast_service::Actor;
use reqwest::{Method, StatusCode};
use uuid::Uuid;

use crate::counting::counted_server;
use crate::harness::{Page, Server, new_place, renamed};

fn names(page: &Page) -> Vec<String> {
    page.all("#places .row-name")
}

async fn put(server: &Server, actor: Actor, place: NewPlace) {
    let action = Action::Create { client_id: ClientId(Uuid::now_v7()), place: Box::new(place) };
    server.service.apply(actor, Operation { op_id: OpId(Uuid::now_v7()), action }).await.unwrap();
}

/// Places as people have them: a name, a line or two, a category, a few tags.
async fn fill(server: &Server, actor: Actor, count: u32) {
    for n in 0..count {
        let mut place = new_place(&format!("Picnic spot no. {n} above the upper village"));
        let fields = &mut place.fields;
        fields.note = Note::parse("Park at the sawmill; the last hundred metres are steep. Water all year.").unwrap();
        fields.category = Category::parse(if n % 2 == 0 { "picnic" } else { "viewpoint" }).unwrap();
        fields.tags =
            Tags::parse(["summer", "with a view", if n % 3 == 0 { "family" } else { "quiet" }], "tags").unwrap();
        fields.position =
            Position::parse("", 47.0 + f64::from(n) / 997.0, 8.0 + f64::from(n) / 991.0, Some(8.0), None).unwrap();
        place.captured_at = Timestamp::parse("2026-05-01T10:00:00Z").unwrap().plus_seconds(i64::from(n) * 3600);
        put(server, actor, place).await;
    }
}

#[tokio::test]
async fn the_address_says_what_is_listed_and_each_filter_can_be_taken_away() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    fill(&server, ada.actor, 6).await;
    let mut special = new_place("Old oak & spring");
    special.fields.tags = Tags::parse(["summer", "family"], "tags").unwrap();
    special.fields.category = Category::parse("R&B, 100%").unwrap();
    special.source = Source::Web;
    special.captured_at = Timestamp::parse("2026-07-31T23:30:00Z").unwrap();
    put(&server, ada.actor, special).await;
    let expected = ["Old oak & spring"];
    for query in [
        "q=OAK+%26",
        "category=R%26B%2C+100%25",
        "source=web",
        "since=2026-07-31",
        "since=2026-07-31&until=2026-07-31",
        "tag=summer&tag=family&q=oak",
        "tags=summer,+%23family&q=oak",
    ] {
        let page = ada.open(&format!("/places?{query}")).await;
        assert_eq!(names(&page), expected, "{query}");
        assert_eq!(page.one("#count"), "1 place found");
    }
    let page = ada.open("/places?tag=summer&tag=family&sort=name&until=2026-05-01").await;
    assert_eq!(
        names(&page),
        ["Picnic spot no. 0 above the upper village", "Picnic spot no. 3 above the upper village"]
    );
    let chips = page.all("ul.active .chip");
    assert_eq!(
        chips,
        [
            "until 2026-05-01 ×: remove this filter",
            "#summer ×: remove this filter",
            "#family ×: remove this filter",
            "Clear all"
        ]
    );
    let addresses = page.attributes("ul.active .chip", "href");
    assert_eq!(addresses[1], "/places?until=2026-05-01&sort=name&tag=family");
    for address in addresses {
        ada.open(&address).await;
    }
    // The form shows what is set, and sends it again.
    let form = page.form("/places");
    assert_eq!((form.value("tags"), form.value("until"), form.value("sort")), ("summer, family", "2026-05-01", "name"));
    let query = reqwest::Url::parse_with_params("http://x/places", form.pairs()).unwrap();
    assert_eq!(names(&ada.open(&format!("/places?{}", query.query().unwrap())).await), names(&page));
    // The map is asked for the same places.
    let points = page.attributes("[data-points]", "data-points").remove(0);
    let map = ada.request(Method::GET, &points).send().await.unwrap();
    assert_eq!(map.status(), StatusCode::OK);
    let map = map.text().await.unwrap();
    assert!(map.contains("Picnic spot no. 3") && !map.contains("oak"), "{map}");
    ada.open("/places?q=nothing+like+it").await.says("No place fits.");
}

#[tokio::test]
async fn orders_are_those_that_the_list_offers() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    fill(&server, ada.actor, 3).await;
    let oldest = server.places(ada.actor).await.pop().unwrap();
    server.change(ada.actor, &oldest, renamed("Picnic spot no. 0 above the upper village", "zero")).await;
    let first = async |sort: &str| names(&ada.open(&format!("/places?sort={sort}")).await).remove(0);
    assert!(first("").await.contains("no. 2"));
    assert_eq!(first("captured_asc").await, "zero");
    assert_eq!(first("updated").await, "zero");
    assert!(first("name").await.contains("no. 1"));
}

#[tokio::test]
async fn a_filter_that_can_t_be_read_is_said() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let wrong = [
        ("since=yesterday", "since"),
        ("until=2026-13-01", "until"),
        ("source=pigeon", "source"),
        ("bbox=1,2,3", "bbox"),
        ("sort=random", "sort"),
        ("shared=all", "shared"),
        ("after=made-up", ""),
        ("before=made-up", ""),
        ("tag=%07", "tag"),
    ];
    for (query, words) in wrong {
        let page = ada.get(&format!("/places?{query}")).await.is(StatusCode::BAD_REQUEST);
        assert!(page.words().contains(words), "{query}: {}", page.words());
    }
    // Everything to ask for something else is there, with what was typed.
    let long = "x".repeat(300);
    let page = ada.get(&format!("/places?q={long}&category=tree")).await.is(StatusCode::BAD_REQUEST);
    page.says("The search is 300 characters long");
    assert_eq!(page.attributes("#q", "value"), [long]);
    assert_eq!(page.attributes("#category", "value"), ["tree"]);
    assert!(page.all("nav[aria-label=Main] a").len() > 3 && page.all("[data-island=map]").is_empty());
    // What no page of ours sends is passed over.
    ada.open("/places?nonsense=1&q=&tag=,,&%ff=%ff").await;
}

#[tokio::test]
async fn pages_keep_the_filters_and_lead_back() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    fill(&server, ada.actor, 103).await;
    let first = ada.open("/places?tag=summer&sort=captured_asc").await;
    assert_eq!((names(&first).len(), first.attributes("a[rel=prev]", "href").len()), (50, 0));
    assert_eq!(first.one("#count"), "More than 50 found");
    let next = first.attributes("a[rel=next]", "href").remove(0);
    assert!(next.contains("tag=summer") && next.contains("sort=captured_asc"), "{next}");
    let second = ada.open(&next).await;
    let last = ada.open(&second.attributes("a[rel=next]", "href").remove(0)).await;
    assert_eq!((names(&second).len(), names(&last).len()), (50, 3));
    assert_eq!(last.attributes("a[rel=next]", "href").len(), 0);
    let back = ada.open(&last.attributes("a[rel=prev]", "href").remove(0)).await;
    assert_eq!(names(&back), names(&second));
    let mut all = [names(&first), names(&second), names(&last)].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 103);
    assert_eq!(ada.open("/places").await.one("#count"), "103 places of your own");
    // Another order than the page was made for.
    let wrong = next.replace("captured_asc", "name");
    ada.get(&wrong).await.is(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_sees_a_place_is_said_on_every_row() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let eve = server.person("eve").await;
    let [one, two, _] = [
        server.save(ada.actor, "One").await,
        server.save(ada.actor, "Two").await,
        server.save(ada.actor, "Three").await,
    ];
    server.service.share_place(ada.actor, one.id, bob.actor.user, Role::Viewer).await.unwrap();
    for person in [&bob, &eve] {
        server.service.share_place(ada.actor, two.id, person.actor.user, Role::Editor).await.unwrap();
    }
    let page = ada.open("/places?sort=name").await;
    assert_eq!(names(&page), ["One", "Three", "Two"]);
    assert_eq!(page.all(".row-audience"), ["You and bob@example.org", "Only you", "You and 2 people"]);
    let page = bob.open("/places?sort=name").await;
    assert_eq!(page.all(".row-audience"), ["From ada@example.org; you can view", "From ada@example.org; you can edit"]);
    assert!(!page.text.contains("eve@"), "who else sees it is its owner's business");
    assert_eq!(page.one("#count"), "Shared with you");
    assert_eq!(page.all("#empty h2").len(), 0);
    assert_eq!(names(&ada.open("/places?shared=by_me&sort=name").await), ["One", "Two"]);
    assert_eq!(names(&bob.open("/places?shared=with_me&sort=name").await), ["One", "Two"]);
    assert_eq!(names(&bob.open("/places?shared=mine").await).len(), 0);
}

#[tokio::test]
async fn categories_and_tags_are_counted() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    fill(&server, ada.actor, 4).await;
    let place = server.places(ada.actor).await.remove(0);
    let mut changes = PlaceChanges {
        tags: TagChange::between(&place.tags, &Tags::parse(["a & b", "summer"], "").unwrap()),
        ..PlaceChanges::default()
    };
    changes.category = Some(Change { was: place.category.clone(), to: None });
    server.change(ada.actor, &place, changes).await;
    let page = ada.open("/places/browse").await;
    let chips = page.all("a.chip");
    for expected in ["picnic 2", "viewpoint 1", "#summer 4", "#a & b 1"] {
        assert!(chips.contains(&expected.to_owned()), "{expected}: {chips:?}");
    }
    for (chip, address) in chips.iter().zip(page.attributes("a.chip", "href")) {
        let found = names(&ada.open(&address).await).len();
        assert!(chip.ends_with(&format!(" {found}")), "{chip}: {address}");
    }
}

#[tokio::test]
async fn a_page_of_fifty_is_small_and_comes_at_once() {
    let (server, round_trips) = counted_server().await;
    let ada = server.person("ada").await;
    fill(&server, ada.actor, 60).await;
    // Prepares the statements and notes the device as seen: once per connection and per minute.
    for _ in 0..2 {
        let page = ada.open("/places").await;
        assert_eq!(names(&page).len(), 50);
        // The data is in the first answer: nothing but what ships with the server is fetched besides.
        let fetched = page.attributes("[src], link[href]", "src").into_iter().chain(page.attributes("link", "href"));
        let fetched: Vec<_> = fetched.filter(|address| !address.is_empty()).collect();
        assert!(fetched.iter().all(|a| a.starts_with("/assets/") || a == "/favicon.ico"), "{fetched:?}");
    }
    round_trips.taken();
    let page = ada.open("/places").await;
    assert_eq!(round_trips.taken(), 3, "whom it acts for, the page, the end");
    let place = page.attributes("#places [data-place]", "data-place").remove(0);
    for (path, most) in [
        (format!("/places/{place}"), 9),
        (format!("/places/{place}/edit"), 3),
        ("/places/new".to_owned(), 3),
        ("/trash".to_owned(), 3),
    ] {
        ada.open(&path).await;
        round_trips.taken();
        ada.open(&path).await;
        assert_eq!(round_trips.taken(), most, "{path}");
    }

    let plain = reqwest::Client::builder().no_proxy().gzip(false).build().unwrap();
    let cookie = ada.cookie.lock().unwrap().clone().unwrap();
    let request = plain.get(format!("{}/places", server.url)).header("Cookie", cookie);
    let reply = request.header("Accept-Encoding", "gzip").send().await.unwrap();
    assert_eq!(reply.headers()["content-encoding"], "gzip");
    let packed = reply.bytes().await.unwrap().len();
    assert!(packed < 50_000 && packed < page.bytes.len() / 2, "{packed} of {} bytes", page.bytes.len());
}

#[tokio::test]
async fn a_place_that_many_people_see_says_how_many() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(ada.actor, "Popular").await;
    for _ in 0..23 {
        let reader = server.database.add_user().await;
        server.service.share_place(ada.actor, place.id, reader.user, Role::Viewer).await.unwrap();
    }
    assert_eq!(ada.open("/places").await.all(".row-audience"), ["You and 23 people"]);
    let page = ada.open(&format!("/places/{}", place.id)).await;
    assert!(page.text.contains("You and 23 people") && page.text.contains("… and 3 more"), "{}", page.text);
}

#[tokio::test]
async fn a_tag_is_found_as_it_is_shown() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    fill(&server, ada.actor, 3).await;
    assert_eq!(names(&ada.open("/places?q=%23summ").await).len(), 3);
    assert_eq!(names(&ada.open("/places?tags=%23summer").await).len(), 3);
    // A sign alone is looked for as it is.
    assert_eq!(names(&ada.open("/places?q=%23").await).len(), 0);
}
