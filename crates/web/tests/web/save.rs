//! Saving a place from the web: a capture like any other.

use holdfast_contract::{PositionSource, Source};
use reqwest::StatusCode;

use crate::harness::{Browser, PASSWORD, Server, name_of, note_of};
use crate::html::Form;

async fn empty_form(browser: &Browser<'_>) -> Form {
    browser.open("/places/new").await.form("/places")
}

async fn form(browser: &Browser<'_>) -> Form {
    empty_form(browser).await.fill("latitude", "47.4979").fill("longitude", "8.7291")
}

#[tokio::test]
async fn a_form_makes_one_place_that_says_where_it_came_from() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let form = form(&ada).await.fill("name", "Old oak").fill("note", "By the gate.\nThe big one.");
    let form = form.fill("category", "tree").fill("tags", "#oak, shade,, oak");
    let page = ada.submit_and_follow(&form).await;
    assert_eq!(page.notice(), "Saved. The place is on the server and goes to your other devices.");
    assert_eq!(page.heading(), "Old oak");
    page.says("47.49790, 8.72910 set by hand").says("with the web").says("Only you");
    let places = server.places(ada.actor).await;
    let [place] = places.as_slice() else { panic!("{places:?}") };
    assert_eq!((name_of(place), note_of(place)), ("Old oak", "By the gate.\nThe big one."));
    assert_eq!((place.source, place.position_source), (Some(Source::Web), PositionSource::Manual));
    assert_eq!(place.tags.to_strings(), ["oak", "shade"]);
    assert_eq!(place.client_id.unwrap().to_string(), form.value("client_id"));
    // Another device hears of it.
    let phone = server.database.add_device(ada.actor.user).await;
    assert_eq!(server.service.pull(phone, None, None).await.unwrap().changes.len(), 1);
    // Reloading the page that says so does nothing again.
    ada.open(&format!("/places/{}?done=saved", place.id)).await.notice();
    assert_eq!(server.places(ada.actor).await.len(), 1);
}

#[tokio::test]
async fn a_position_of_the_browsers_sensor_is_a_fix_with_its_accuracy() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let form = form(&ada).await.fill("accuracy", "7.5").fill("position_source", "fix");
    let page = ada.submit_and_follow(&form).await;
    page.says("about ±7.5 m");
    let place = server.places(ada.actor).await.remove(0);
    assert_eq!(place.position_source, PositionSource::Fix);
    assert_eq!(place.accuracy.map(holdfast_contract::Accuracy::get), Some(7.5));
}

#[tokio::test]
async fn a_position_in_the_address_stands_in_the_form() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let form = ada.open("/places/new?latitude=47.5&longitude=%22%3E%3Cb%3E").await.form("/places");
    assert_eq!((form.value("latitude"), form.value("longitude")), ("47.5", "\"><b>"));
}

#[tokio::test]
async fn the_same_form_twice_or_twice_at_once_makes_one_place() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let form = form(&ada).await.fill("name", "Old oak");
    let (one, two) = tokio::join!(ada.submit(&form), ada.submit(&form));
    let path = |page: &crate::harness::Page| page.location().split('?').next().unwrap().to_owned();
    assert_eq!(path(&one), path(&two));
    let again = ada.submit(&form).await;
    assert_eq!(path(&again), path(&one));
    let again = ada.follow(again).await;
    assert_eq!(again.notice(), "This place had been saved already; there is one of it.");
    let places = server.places(ada.actor).await;
    assert_eq!((places.len(), places[0].version), (1, 1));
}

#[tokio::test]
async fn going_back_and_sending_the_form_with_another_name_changes_the_one_place() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let form = form(&ada).await.fill("name", "Old oak");
    ada.submit(&form).await;
    let changed = form.fill("name", "Very old oak").fill("note", "Found it").fill("tags", "oak");
    let page = ada.submit_and_follow(&changed).await.is(StatusCode::OK);
    assert_eq!((page.heading().as_str(), page.notice().as_str()), ("Very old oak", "Your change is saved."));
    let places = server.places(ada.actor).await;
    let [place] = places.as_slice() else { panic!("{places:?}") };
    assert_eq!((name_of(place), note_of(place), place.tags.to_strings().len()), ("Very old oak", "Found it", 1));
    // What was left out later is not taken away.
    ada.submit(&changed.fill("note", "")).await;
    assert_eq!(note_of(&server.places(ada.actor).await[0]), "Found it");
}

#[tokio::test]
async fn going_back_and_moving_the_marker_moves_the_one_place() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let form = form(&ada).await.fill("name", "Old oak");
    ada.submit(&form).await;
    let form = form.fill("latitude", "47.6");
    let page = ada.submit_and_follow(&form).await.is(StatusCode::OK);
    page.says("47.60000, 8.72910");
    assert_eq!(page.notice(), "Your change is saved.");
    // Once more, after what this page never showed: it asks.
    let page = ada.submit(&form.fill("latitude", "47.7")).await.is(StatusCode::CONFLICT);
    assert_eq!(page.all("fieldset.sides .value"), ["47.7, 8.7291", "47.6, 8.7291"]);
    let places = server.places(ada.actor).await;
    assert_eq!((places.len(), places[0].latitude.get()), (1, 47.6));
}

#[tokio::test]
async fn going_back_after_somebody_else_has_named_it_asks_and_changes_nothing() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let form = form(&ada).await.fill("name", "Old oak");
    ada.submit(&form).await;
    let place = server.places(ada.actor).await.remove(0);
    let phone = server.database.add_device(ada.actor.user).await;
    server.change(phone, &place, crate::harness::renamed("Old oak", "Phone's oak")).await;
    let page = ada.submit(&form.fill("name", "Web's oak")).await.is(StatusCode::CONFLICT);
    let sides = page.all("fieldset.sides .value");
    assert_eq!(sides, ["Web's oak", "Phone's oak"]);
    assert_eq!(name_of(&server.place(ada.actor, place.id).await), "Phone's oak");
    let edit = page.form(&format!("/places/{}/edit", place.id));
    ada.submit(&edit.choose("pick_name", "mine")).await.location();
    assert_eq!(name_of(&server.place(ada.actor, place.id).await), "Web's oak");
    assert_eq!(server.places(ada.actor).await.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_everything_typed_is_still_there() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let good = form(&ada)
        .await
        .fill("name", "Old oak")
        .fill("note", "Two\nlines")
        .fill("category", "tree")
        .fill("tags", "a, b");
    let (emoji, long) = ("🌳".repeat(250), "n".repeat(10_001));
    let wrong: &[(&str, &str, &str)] = &[
        ("name", &emoji, "200"),
        ("name", "bell\u{7}", ""),
        ("note", &long, "10000"),
        ("category", &"c".repeat(300), ""),
        ("tags", &"t".repeat(300), ""),
        ("tags", "bell\u{7}", ""),
        ("latitude", "north", "number such as 47.4979"),
        ("latitude", "91", "90"),
        ("longitude", "-181", "180"),
        ("longitude", "NaN", "be a number"),
        ("longitude", "inf", "be a number"),
        ("accuracy", "-1", ""),
    ];
    for (field, value, words) in wrong {
        let form = good.clone().fill(field, value);
        let page = ada.submit(&form).await.is(StatusCode::UNPROCESSABLE_ENTITY);
        let error = page.error_at(field);
        assert!(error.contains(words) && error.ends_with('.') && error.len() > 10, "{field}: {error}");
        page.says("Nothing was saved yet. Nothing that you typed is lost");
        if *field != "accuracy" {
            assert_eq!(page.attributes("[aria-invalid=true]", "name"), [*field]);
        }
        assert_eq!(page.form("/places").pairs(), form.pairs(), "{field}: everything as it was, the ids, too");
    }
    let neither = good.clone().fill("latitude", "").fill("longitude", "");
    let page = ada.submit(&neither).await.is(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.error_at("position").contains("put the marker on the map"));
    assert_eq!(server.places(ada.actor).await.len(), 0);
    // Mended, it is saved.
    let page = ada.submit(&good.clone().fill("name", &emoji)).await;
    ada.submit(&page.form("/places").fill("name", &"🌳".repeat(200))).await.location();
    assert_eq!(server.places(ada.actor).await.len(), 1);
}

#[tokio::test]
async fn numbers_are_taken_as_people_write_them() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for (latitude, longitude) in
        [("47,5", "8,25"), (" 47.5 ", "8.25"), ("47.5, 8.25", ""), ("47.5,8.25", " "), ("+47.5", "8.250")]
    {
        let form = empty_form(&ada).await.fill("latitude", latitude).fill("longitude", longitude);
        let page = ada.submit(&form).await;
        let id = page.location().split(['/', '?']).nth(2).unwrap().parse().unwrap();
        let place = server.place(ada.actor, holdfast_contract::PlaceId(id)).await;
        assert_eq!((place.latitude.get(), place.longitude.get()), (47.5, 8.25), "{latitude} {longitude}");
    }
}

#[tokio::test]
async fn words_of_any_kind_are_shown_as_they_are_and_never_as_markup() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let words = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</textarea></title><b>",
        "' autofocus onfocus='alert(1)",
        "&amp; &lt; {{ 7 * 7 }}",
        "مكان جميل بجانب النهر",
        "🌳👨‍👩‍👧‍👦 é e\u{301}",
    ];
    for word in words {
        let form = form(&ada).await.fill("name", word).fill("note", word).fill("category", word).fill("tags", word);
        let page = ada.submit_and_follow(&form).await.is(StatusCode::OK);
        let place = server.places(ada.actor).await.remove(0);
        let (name, category) = (name_of(&place), place.category.as_ref().unwrap().as_str());
        assert_eq!((page.heading().as_str(), page.one(".note").as_str()), (name, note_of(&place)));
        assert_eq!(page.one("title"), format!("{name} · Holdfast"));
        assert_eq!(page.one("a.category"), category);
        // The chips lead to a list with the place in it.
        for address in page.attributes("ul.chips a", "href") {
            let list = ada.open(&address).await;
            assert_eq!(list.all("#places .row-name"), [name], "{address}");
        }
        let edit = ada.open(&format!("/places/{}/edit", place.id)).await.form(&format!("/places/{}/edit", place.id));
        assert_eq!((edit.value("name"), edit.value("note")), (name, note_of(&place)));
        // Shown and sent back, nothing has changed.
        let page = ada.submit_and_follow(&edit).await;
        assert_eq!(page.notice(), "Nothing was different, so nothing was changed.");
    }
    let places = server.places(ada.actor).await;
    assert!(places.iter().all(|place| place.version == 1));
    assert_eq!(ada.open("/places").await.all("#places .row-name").len(), words.len());
    ada.open("/places/browse").await;
}

#[tokio::test]
async fn a_form_without_its_ids_or_of_another_account_saves_nothing_and_loses_no_word() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let hers = form(&ada).await.fill("name", "Ada's oak");
    let page = bob.submit(&hers).await.is(StatusCode::FORBIDDEN);
    page.says("was made for another account than the one that is signed in now");
    assert!(!page.all("main").concat().contains("Ada's oak"), "what was typed for one account is shown to another");
    let page = bob.sign_in(&page, "ada@example.org", PASSWORD).await.is(StatusCode::OK);
    assert_eq!(page.form("/places").value("name"), "Ada's oak");
    let page = ada.submit(&hers.forge("client_id", "x")).await.is(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.all("textarea").contains(&"Ada's oak".to_owned()));
    let page = ada.send(ada.request(reqwest::Method::POST, "/places").body("name=x")).await;
    page.is(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for person in [&ada, &bob] {
        assert_eq!(server.places(person.actor).await.len(), 0);
    }
}
