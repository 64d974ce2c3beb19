//! Every route: signed out, as a stranger, and as somebody it is shared with. A new route fails here until it is covered.

use std::collections::BTreeSet;

use holdfast_contract::{PlaceId, Role};
use holdfast_service::NewImport;
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Browser, Page, Server, name_of, renamed};

/// Behind the sign-in.
const PRIVATE: &[&str] = &[
    "GET /places",
    "POST /places",
    "GET /places/new",
    "GET /places/browse",
    "GET /places/{id}",
    "GET /places/{id}/edit",
    "POST /places/{id}/edit",
    "POST /places/{id}/delete",
    "POST /places/{id}/restore",
    "GET /trash",
    "GET /import",
    "POST /import/upload",
    "GET /import/{id}",
    "POST /import/{id}",
    "POST /import/{id}/run",
    "POST /import/{id}/undo",
    "POST /import/{id}/bring-back",
    "POST /import/{id}/discard",
    "GET /export/archive",
    "GET /export/{file}",
    "GET /devices",
    "GET /devices/pair",
    "POST /devices/pair",
    "POST /devices/{id}/revoke",
    "GET /sharing",
    "POST /sharing/confirm",
    "POST /sharing/revoke",
    "GET /account",
    "POST /account/password",
    "POST /sign-out",
];

/// What anybody may call. This list only shrinks.
const PUBLIC: &[&str] = &[
    "GET /",
    "GET /setup",
    "POST /setup",
    "GET /pair",
    "GET /sign-in",
    "POST /sign-in",
    "GET /first-password",
    "POST /first-password",
    "GET /map/tiles/{z}/{x}/{y}",
    "GET /assets/{version}/{*file}",
    "GET /favicon.ico",
    "GET /robots.txt",
    // The phone app's files, which are the same for everybody.
    "GET /app",
    "GET /app/",
    "GET /app/{*path}",
];

const CANARY: &str = "Canary Creek";
const GPX: &str = r#"<gpx version="1.1" creator="t"><wpt lat="47.1" lon="8.1"><name>Canary Hill</name></wpt></gpx>"#;

/// The routes as the source has them: those behind the sign-in, and the others.
fn routes_of_the_source() -> (BTreeSet<String>, BTreeSet<String>) {
    let source = include_str!("../../src/lib.rs");
    let (private, open) = source.split_once(".route_layer(").unwrap();
    let (open, _) = open.split_once(".merge(").unwrap();
    let routes = |part: &str| {
        let lines = part.lines().filter_map(|line| line.trim().strip_prefix(".route("));
        let routes = lines.flat_map(|line| {
            let (path, handlers) = line.split_once(", ").unwrap();
            let path = path.replace("import::UPLOAD_PATH", "/import/upload");
            let path = path.replace("export::ARCHIVE_PATH", "/export/archive").replace('"', "");
            let methods = [("get(", "GET"), ("post(", "POST"), ("put(", "PUT"), ("delete(", "DELETE"), ("any(", "ANY")];
            let methods = methods.into_iter().filter(|(call, _)| handlers.contains(call));
            methods.map(|(_, method)| format!("{method} {path}")).collect::<Vec<_>>()
        });
        routes.collect::<BTreeSet<_>>()
    };
    (routes(private), routes(open))
}

/// What belongs to somebody.
struct Belongings {
    place: Uuid,
    device: Uuid,
    import: Uuid,
}

impl Belongings {
    async fn of(owner: &Browser<'_>) -> Self {
        let server = owner.server;
        let place = server.save(owner.actor, CANARY).await;
        let device = server.another_browser(&owner.email).await.actor.device;
        let new = NewImport { label: "canary.gpx", format: "gpx", file: GPX.as_bytes(), options: json!({}) };
        let import = server.service.begin_import(owner.actor, new).await.unwrap();
        Self { place: place.id.0, device: device.0, import: import.0 }
    }

    /// What never was.
    fn none() -> Self {
        Self { place: Uuid::now_v7(), device: Uuid::now_v7(), import: Uuid::now_v7() }
    }

    /// Nothing happened to them.
    async fn are_untouched(&self, owner: &Browser<'_>) {
        let (server, actor) = (owner.server, owner.actor);
        let place = server.place(actor, PlaceId(self.place)).await;
        assert_eq!((place.version, name_of(&place), place.deleted_at), (1, CANARY, None));
        assert_eq!(server.places(actor).await.len(), 1);
        assert_eq!(server.service.list_devices(actor).await.unwrap().len(), 2);
        let imports = server.service.list_imports(actor).await.unwrap();
        assert_eq!(imports.iter().map(|i| i.id.0).collect::<Vec<_>>(), [self.import]);
        assert!(imports[0].state == holdfast_service::ImportState::Previewed);
        owner.open("/account").await;
    }
}

/// The method and the path with the ids filled in.
fn aimed_at(route: &str, at: &Belongings) -> (Method, String) {
    let (method, path) = route.split_once(' ').unwrap();
    let id = match path.split('/').nth(1).unwrap() {
        "places" => at.place,
        "devices" => at.device,
        _ => at.import,
    };
    (method.parse().unwrap(), path.replace("{id}", &id.to_string()).replace("{file}", "holdfast-places.gpx"))
}

/// A form that each of the routes takes.
fn fields(at: &Belongings, route: &str) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("client_id", Uuid::now_v7().to_string()),
        ("op_id", Uuid::now_v7().to_string()),
        ("base_version", "1".to_owned()),
        ("was_name", CANARY.to_owned()),
        ("name", "Taken".to_owned()),
    ];
    if route.contains("sharing/revoke") || route.contains("sharing/confirm") {
        fields.push(("place", at.place.to_string()));
        fields.push(("recipient", Uuid::from_u128(7).to_string()));
    }
    fields
}

async fn call(browser: &Browser<'_>, route: &str, at: &Belongings) -> Page {
    let (method, path) = aimed_at(route, at);
    if method == Method::GET { browser.get(&path).await } else { browser.post(&path, &fields(at, route)).await }
}

/// Without the ids, which are new in every page.
fn without_ids(page: &Page) -> String {
    let mut text = page.without_request_id();
    let mut at = 0;
    while at + 36 <= text.len() {
        if text.is_char_boundary(at)
            && text.get(at..at + 36).is_some_and(|id| id.as_bytes()[8] == b'-' && Uuid::try_parse(id).is_ok())
        {
            text.replace_range(at..at + 36, "[id]");
        }
        at += 1;
    }
    text
}

#[test]
fn every_route_of_the_source_is_in_the_list_that_these_tests_go_through() {
    let listed = |list: &[&str]| list.iter().map(|r| (*r).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(routes_of_the_source(), (listed(PRIVATE), listed(PUBLIC)));
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_to_and_nothing_happens() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let hers = Belongings::of(&ada).await;
    for cookie in [None, Some("holdfast_session=hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned())] {
        let nobody = server.browser();
        *nobody.cookie.lock().unwrap() = cookie;
        for route in PRIVATE {
            let page = call(&nobody, route, &hers).await;
            assert!(!page.text.contains("Canary C"), "{route}");
            if route.starts_with("GET") {
                let (_, path) = aimed_at(route, &hers);
                let next = path.replace('/', "%2F").replace('-', "%2D").replace('.', "%2E");
                let expected = if path == "/places" { "/sign-in".to_owned() } else { format!("/sign-in?next={next}") };
                assert_eq!(page.location(), expected, "{route}");
            } else {
                let page = page.is(StatusCode::UNAUTHORIZED);
                assert_eq!(page.heading(), "Sign in again", "{route}");
                assert!(page.form("/sign-in").names().contains("password"), "{route}");
            }
        }
    }
    hers.are_untouched(&ada).await;
}

#[tokio::test]
async fn a_stranger_gets_the_same_answer_for_what_is_anothers_and_for_what_never_was() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (hers, none) = (Belongings::of(&ada).await, Belongings::none());
    for route in PRIVATE.iter().filter(|route| route.contains("{id}") || route.contains("/sharing/")) {
        let (real, never) = (call(&bob, route, &hers).await, call(&bob, route, &none).await);
        assert_eq!((real.status, without_ids(&real)), (never.status, without_ids(&never)), "{route}");
        assert_eq!(
            real.header("location").replace(&hers.import.to_string(), ""),
            never.header("location").replace(&none.import.to_string(), "")
        );
        match *route {
            // Signing out or dropping what is not there is as good as done.
            "POST /devices/{id}/revoke" => assert_eq!(real.location(), "/devices?done=revoked"),
            "POST /import/{id}/discard" => assert_eq!(real.location(), "/import"),
            _ => assert_eq!(real.is(StatusCode::NOT_FOUND).heading(), "Not found", "{route}"),
        }
    }
    hers.are_untouched(&ada).await;
    assert_eq!(server.places(bob.actor).await.len(), 0);
}

#[tokio::test]
async fn an_address_that_can_t_be_read_is_a_page_that_is_not_there() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for path in ["/places/x", "/places/x/edit", "/import/x", "/nothing", "/export/passwd", "/places/%00", "/places/%ff"]
    {
        assert_eq!(ada.get(path).await.is(StatusCode::NOT_FOUND).heading(), "Not found", "{path}");
    }
    let page = ada.get("/sign-out").await.is(StatusCode::METHOD_NOT_ALLOWED);
    page.says("Go back to the page with the form.");
    let page = ada.send(ada.request(Method::DELETE, "/places")).await.is(StatusCode::METHOD_NOT_ALLOWED);
    page.says("only for a form's button");
}

#[tokio::test]
async fn who_may_view_sees_the_place_and_can_neither_change_it_nor_see_its_history() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let place = server.save(ada.actor, "Spring").await;
    let place = server.change(ada.actor, &place, renamed("Spring", "Cold spring")).await;
    server.service.share_place(ada.actor, place.id, bob.actor.user, Role::Viewer).await.unwrap();
    let path = format!("/places/{}", place.id);

    let list = bob.open("/places").await;
    assert_eq!(list.all("#places .row-name"), ["Cold spring"]);
    assert_eq!(list.all("#places .row-audience"), ["From ada@example.org; you can view"]);
    let page = bob.open(&path).await;
    page.says("From ada@example.org; you can view");
    assert!(!page.text.contains("History") && !page.text.contains(&format!("{path}/edit")), "{}", page.text);
    assert_eq!(page.forms(&format!("{path}/delete")).len(), 0);
    assert!(!page.text.contains("Saved with the command line"), "what captured it is its owner's business");
    assert_eq!(bob.open("/trash").await.all(".row").len(), 0);

    let page = bob.get(&format!("{path}/edit")).await.is(StatusCode::FORBIDDEN);
    page.says("shared with you for viewing only");
    let edit = [("was_name", "Cold spring"), ("name", "Mine"), ("base_version", "2")];
    let refused = bob.post(&format!("{path}/edit"), &edit).await.is(StatusCode::FORBIDDEN);
    assert_eq!(refused.all("textarea"), ["Mine"], "what was typed can be copied");
    for button in ["delete", "restore"] {
        bob.post(&format!("{path}/{button}"), &[("base_version", "2")]).await.is(StatusCode::FORBIDDEN);
    }
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((now.version, now.deleted_at), (2, None));

    server.service.unshare_place(ada.actor, place.id, bob.actor.user).await.unwrap();
    assert_eq!(bob.open("/places").await.all("#places .row").len(), 0);
    // They knew of it, and learn that they don't any more; of what is in it by now they learn nothing.
    server.change(ada.actor, &place, renamed("Cold spring", "Secret spring")).await;
    for path in [&path, &format!("{path}/edit")] {
        let page = bob.get(path).await.is(StatusCode::GONE);
        page.says("no longer shared with you");
        assert!(!page.text.contains("spring"));
    }
    let page = bob.post(&format!("{path}/edit"), &edit).await.is(StatusCode::GONE);
    assert!(!page.text.contains("Secret"));
    assert_eq!(server.place(ada.actor, place.id).await.version, 3);
}

#[tokio::test]
async fn who_may_edit_changes_the_place_and_can_not_delete_it() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let place = server.save(ada.actor, "Spring").await;
    server.service.share_place(ada.actor, place.id, bob.actor.user, Role::Editor).await.unwrap();
    let path = format!("/places/{}", place.id);
    bob.open(&path).await.says("From ada@example.org; you can edit");
    let form = bob.open(&format!("{path}/edit")).await.form(&format!("{path}/edit"));
    let page = bob.submit_and_follow(&form.fill("name", "Cold spring")).await;
    assert_eq!((page.heading().as_str(), page.notice().as_str()), ("Cold spring", "Your change is saved."));
    let delete = [("base_version", "2")];
    bob.post(&format!("{path}/delete"), &delete).await.is(StatusCode::FORBIDDEN);
    let page = ada.open(&path).await;
    page.says("by bob@example.org");
    assert_eq!(server.place(ada.actor, place.id).await.deleted_at, None);
}
