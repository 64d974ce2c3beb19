//! Editing: only what was touched is changed, and nothing is overwritten that somebody did not see.

use holdfast_contract::rules::{PlaceChanges, PositionChange};
use holdfast_contract::{Place, Position, PositionSource, Role};
use reqwest::StatusCode;

use crate::harness::{Browser, Page, Server, name_of, note_of, noted, renamed};
use crate::html::Form;

fn address(place: &Place) -> String {
    format!("/places/{}/edit", place.id)
}

async fn edit_form(browser: &Browser<'_>, place: &Place) -> Form {
    browser.open(&address(place)).await.form(&address(place))
}

/// Ada, her place "Old oak", and another device of hers.
async fn world(server: &Server) -> (Browser<'_>, Place, holdfast_service::Actor) {
    let ada = server.person("ada").await;
    let place = server.save(ada.actor, "Old oak").await;
    let phone = server.database.add_device(ada.actor.user).await;
    (ada, place, phone)
}

/// Mine and theirs, of each field that conflicts.
fn sides(page: &Page) -> Vec<String> {
    page.all("fieldset.sides .value")
}

#[tokio::test]
async fn only_what_was_touched_is_changed() {
    let server = Server::start().await;
    let (ada, place, _) = world(&server).await;
    let page = ada.submit_and_follow(&edit_form(&ada, &place).await.fill("note", "By the gate")).await;
    assert_eq!(page.notice(), "Your change is saved.");
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((name_of(&now), note_of(&now), now.version), ("Old oak", "By the gate", 2));
    assert_eq!((now.position(), now.position_source), (place.position(), PositionSource::Fix), "no number was rounded");
    // Nothing touched, nothing changed; and a field can be emptied.
    let page = ada.submit_and_follow(&edit_form(&ada, &place).await).await;
    assert_eq!(page.notice(), "Nothing was different, so nothing was changed.");
    assert_eq!(server.place(ada.actor, place.id).await.version, 2);
    ada.submit(&edit_form(&ada, &place).await.fill("name", " ").fill("note", "")).await.location();
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((now.name, now.note, now.version), (None, None, 3));
    assert_eq!(ada.open(&format!("/places/{}", place.id)).await.heading(), "Unnamed place");
}

#[tokio::test]
async fn a_moved_marker_is_the_persons_and_loses_what_was_measured_elsewhere() {
    let server = Server::start().await;
    let (ada, place, _) = world(&server).await;
    ada.submit(&edit_form(&ada, &place).await.fill("latitude", "47,6")).await.location();
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((now.latitude.get(), now.longitude.get(), now.accuracy), (47.6, 8.7291, None));
    assert_eq!(now.position_source, PositionSource::Manual);
}

#[tokio::test]
async fn bad_values_change_nothing_and_everything_typed_is_still_there() {
    let server = Server::start().await;
    let (ada, place, phone) = world(&server).await;
    let form = edit_form(&ada, &place).await.fill("name", &"n".repeat(201)).fill("note", "kept").fill("tags", "a, b");
    let page = ada.submit(&form).await.is(StatusCode::UNPROCESSABLE_ENTITY);
    page.error_at("name");
    let again = page.form(&address(&place));
    assert_eq!(again.pairs(), form.pairs());
    assert_eq!(server.place(ada.actor, place.id).await.version, 1);
    // What the page had first shown is still what a later change is compared with.
    server.change(phone, &place, renamed("Old oak", "Phone's oak")).await;
    let page = ada.submit(&again.fill("name", "Web's oak")).await.is(StatusCode::CONFLICT);
    assert_eq!(sides(&page), ["Web's oak", "Phone's oak"]);
    let page = ada.submit(&edit_form(&ada, &place).await.fill("latitude", "")).await;
    let page = page.is(StatusCode::UNPROCESSABLE_ENTITY);
    page.error_at("latitude");
    page.says("The latitude is missing; type it, or put the marker on the map.");
}

#[tokio::test]
async fn two_pages_that_touch_different_fields_are_both_kept() {
    let server = Server::start().await;
    let (ada, place, _) = world(&server).await;
    let other = server.another_browser("ada@example.org").await;
    let (mine, theirs) = (edit_form(&ada, &place).await, edit_form(&other, &place).await);
    let theirs = other.submit_and_follow(&theirs.fill("name", "Very old oak").fill("tags", "tree")).await;
    assert_eq!(theirs.notice(), "Your change is saved.");
    let page = ada.submit_and_follow(&mine.fill("note", "By the gate").fill("tags", "shade")).await;
    assert_eq!(
        page.notice(),
        "Your change is saved. Other fields had been changed elsewhere meanwhile; both are kept."
    );
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((name_of(&now), note_of(&now), now.version), ("Very old oak", "By the gate", 3));
    assert_eq!(now.tags.to_strings(), ["shade", "tree"]);
}

#[tokio::test]
async fn the_same_field_asks_with_both_values_and_changes_nothing() {
    let server = Server::start().await;
    let (ada, place, phone) = world(&server).await;
    let form =
        edit_form(&ada, &place).await.fill("name", "Web's oak").fill("note", "Web's note").fill("category", "tree");
    // Such as a device that was offline pushes it.
    server.change(phone, &place, renamed("Old oak", "Phone's <oak>")).await;
    let page = ada.submit(&form).await.is(StatusCode::CONFLICT);
    page.says("The same was changed twice.").says("by you, on test, after you had opened it");
    assert_eq!(page.all("fieldset.sides legend"), ["Name"]);
    assert_eq!(sides(&page), ["Web's oak", "Phone's <oak>"]);
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((name_of(&now), note_of(&now), now.version), ("Phone's <oak>", "", 2), "nothing of it was applied");

    // Mine: with what nobody else touched.
    let again = page.form(&address(&place));
    let saved = ada.submit_and_follow(&again.clone().choose("pick_name", "mine")).await;
    assert_eq!((saved.heading().as_str(), saved.notice().as_str()), ("Web's oak", "Your change is saved."));
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((note_of(&now), now.category.as_ref().unwrap().as_str(), now.version), ("Web's note", "tree", 3));
}

#[tokio::test]
async fn theirs_keeps_the_other_value_and_still_saves_the_rest() {
    let server = Server::start().await;
    let (ada, place, phone) = world(&server).await;
    let form = edit_form(&ada, &place).await.fill("name", "Web's oak").fill("note", "Web's note");
    server.change(phone, &place, renamed("Old oak", "Phone's oak")).await;
    let page = ada.submit(&form).await.is(StatusCode::CONFLICT);
    ada.submit(&page.form(&address(&place)).choose("pick_name", "theirs")).await.location();
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((name_of(&now), note_of(&now), now.version), ("Phone's oak", "Web's note", 3));
    // Where nothing else was changed, nothing is done.
    let form = edit_form(&ada, &now).await.fill("name", "Web's oak");
    server.change(phone, &now, renamed("Phone's oak", "Oak")).await;
    let page = ada.submit(&form).await.is(StatusCode::CONFLICT);
    let page = ada.submit_and_follow(&page.form(&address(&place)).choose("pick_name", "theirs")).await;
    assert_eq!(page.notice(), "Nothing was different, so nothing was changed.");
    assert_eq!(server.place(ada.actor, place.id).await.version, 4);
}

#[tokio::test]
async fn each_field_is_chosen_by_itself_and_notes_can_be_put_together() {
    let server = Server::start().await;
    let (ada, place, phone) = world(&server).await;
    let form =
        edit_form(&ada, &place).await.fill("name", "Web's oak").fill("note", "Web's note").fill("latitude", "47.1");
    let place = server.change(phone, &place, renamed("Old oak", "Phone's oak")).await;
    let place = server.change(phone, &place, noted("", "Phone's note")).await;
    let there = Position::parse("", 47.9, 8.7291, None, None).unwrap();
    let moved = PositionChange { was: Some(place.position()), to: there };
    let place = server.change(phone, &place, PlaceChanges { position: Some(moved), ..PlaceChanges::default() }).await;
    let page = ada.submit(&form).await.is(StatusCode::CONFLICT);
    assert_eq!(page.all("fieldset.sides legend"), ["Name", "Note", "Position"]);
    assert_eq!(
        sides(&page),
        ["Web's oak", "Phone's oak", "Web's note", "Phone's note", "47.1, 8.7291", "47.9, 8.7291"]
    );
    let again = page.form(&address(&place)).choose("pick_name", "theirs").choose("pick_position", "theirs");
    let again = again.choose("pick_note", "mine").fill("note", "Phone's note\nWeb's note");
    ada.submit(&again).await.location();
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((name_of(&now), note_of(&now)), ("Phone's oak", "Phone's note\nWeb's note"));
    assert_eq!(now.position(), there);

    // And the position, mine.
    let form = edit_form(&ada, &now).await.fill("latitude", "47.2");
    let moved = PositionChange { was: Some(there), to: Position::parse("", 47.8, 8.7291, Some(3.0), None).unwrap() };
    server.change(phone, &now, PlaceChanges { position: Some(moved), ..PlaceChanges::default() }).await;
    let page = ada.submit(&form).await.is(StatusCode::CONFLICT);
    ada.submit(&page.form(&address(&place)).choose("pick_position", "mine")).await.location();
    assert_eq!(server.place(ada.actor, place.id).await.latitude.get().to_string(), "47.2");
}

#[tokio::test]
async fn a_further_change_before_the_answer_asks_again() {
    let server = Server::start().await;
    let (ada, place, phone) = world(&server).await;
    let form = edit_form(&ada, &place).await.fill("name", "Web's oak");
    let place = server.change(phone, &place, renamed("Old oak", "Phone's oak")).await;
    let page = ada.submit(&form).await.is(StatusCode::CONFLICT);
    assert!(!page.text.contains("Also in your change") && !page.text.contains("drop your other changes"));
    let mine = page.form(&address(&place)).choose("pick_name", "mine");
    server.change(phone, &place, renamed("Phone's oak", "Phone's second oak")).await;
    let page = ada.submit(&mine).await.is(StatusCode::CONFLICT);
    assert_eq!(sides(&page), ["Web's oak", "Phone's second oak"]);
    assert_eq!(name_of(&server.place(ada.actor, place.id).await), "Phone's second oak");
    ada.submit(&page.form(&address(&place)).choose("pick_name", "mine")).await.location();
    assert_eq!(name_of(&server.place(ada.actor, place.id).await), "Web's oak");
}

#[tokio::test]
async fn tags_of_both_stay_and_a_field_of_others_is_not_touched_while_one_asks() {
    let server = Server::start().await;
    let (ada, place, phone) = world(&server).await;
    let form = edit_form(&ada, &place).await.fill("name", "Web's oak").fill("tags", "web");
    let other = server.another_browser("ada@example.org").await;
    let theirs =
        edit_form(&other, &place).await.fill("name", "Other oak").fill("tags", "other").fill("note", "Other note");
    other.submit(&theirs).await.location();
    let page = ada.submit(&form).await.is(StatusCode::CONFLICT);
    page.says("by you, on Firefox on Linux");
    // What is not asked about is shown all the same, and not dropped unseen.
    page.says("Also in your change").says("This is saved with your choice.");
    assert_eq!(page.all("section[aria-labelledby=typed-title] dt"), ["Tags"]);
    assert_eq!(page.all("section[aria-labelledby=typed-title] dd"), ["web"]);
    page.says("Keep everything as it is now, and drop your other changes, too");
    // While the person chooses, the note changes once more: nobody is in each other's way.
    let now = server.place(ada.actor, place.id).await;
    server.change(phone, &now, noted("Other note", "Phone's note")).await;
    let page = ada.submit_and_follow(&page.form(&address(&place)).choose("pick_name", "mine")).await;
    assert!(page.notice().starts_with("Your change is saved."));
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((name_of(&now), note_of(&now)), ("Web's oak", "Phone's note"));
    assert_eq!(now.tags.to_strings(), ["other", "web"]);
}

#[tokio::test]
async fn a_place_that_was_trashed_meanwhile_can_be_restored_with_the_change() {
    let server = Server::start().await;
    let (ada, place, phone) = world(&server).await;
    let form = edit_form(&ada, &place).await.fill("name", "Web's oak").fill("note", "Note");
    server.trash(phone, &place).await;
    let page = ada.submit(&form).await.is(StatusCode::CONFLICT);
    page.says("This place was put into the trash meanwhile").says("Your change has not been saved yet");
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((name_of(&now), now.deleted_at.is_some()), ("Old oak", true));
    let again = page.form(&address(&place));
    let saved = ada.submit_and_follow(&again).await.is(StatusCode::OK);
    assert_eq!(saved.heading(), "Web's oak");
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((name_of(&now), note_of(&now), now.deleted_at), ("Web's oak", "Note", None));
    // Pressed twice, it is done once.
    let version = now.version;
    ada.submit(&again).await;
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((now.version, now.deleted_at), (version, None));
    // The form of a place in the trash says what to do first.
    server.trash(phone, &now).await;
    ada.get(&address(&place)).await.is(StatusCode::CONFLICT).says("Restore it first, then change it.");
}

#[tokio::test]
async fn what_was_typed_for_a_place_that_is_gone_can_be_saved_as_a_new_one() {
    let server = Server::start().await;
    let (ada, place, phone) = world(&server).await;
    let form =
        edit_form(&ada, &place).await.fill("name", "Web's <oak>").fill("note", "Line\nline").fill("tags", "a, b");
    server.trash(phone, &place).await;
    server.purge().await;
    // A session may end while a trash is emptied; this one has not.
    let page = ada.submit(&form).await.is(StatusCode::GONE);
    assert_eq!(page.heading(), "This place is gone");
    let new = page.form("/places");
    for field in ["name", "note", "tags", "latitude", "longitude"] {
        assert_eq!(new.value(field), form.value(field), "{field}");
    }
    let page = ada.submit_and_follow(&new).await.is(StatusCode::OK);
    assert_eq!(page.heading(), "Web's <oak>");
    let places = server.places(ada.actor).await;
    assert_eq!((places.len(), places[0].id != place.id, places[0].tags.to_strings().len()), (1, true, 2));
}

#[tokio::test]
async fn a_place_that_is_no_longer_shared_is_gone_and_what_was_typed_becomes_ones_own() {
    let server = Server::start().await;
    let (ada, place, _) = world(&server).await;
    let bob = server.person("bob").await;
    server.service.share_place(ada.actor, place.id, bob.actor.user, Role::Editor).await.unwrap();
    let form = edit_form(&bob, &place).await.fill("note", "Bob's note");
    server.service.unshare_place(ada.actor, place.id, bob.actor.user).await.unwrap();
    let page = bob.submit(&form).await.is(StatusCode::GONE);
    // What was its owner's is not theirs to keep: where they mean, they say themselves.
    let own = page.form("/places");
    for field in ["name", "category", "tags", "latitude", "longitude"] {
        assert_eq!(own.value(field), "", "{field}");
    }
    let own = own.fill("latitude", "47.1, 8.1");
    bob.submit(&own).await.location();
    let places = server.places(bob.actor).await;
    assert_eq!((places.len(), note_of(&places[0]), places[0].role), (1, "Bob's note", Role::Owner));
    assert_eq!(server.place(ada.actor, place.id).await.version, 1);
    // Sent again: still the one.
    bob.submit(&own).await;
    assert_eq!(server.places(bob.actor).await.len(), 1);
}

#[tokio::test]
async fn a_page_that_is_gone_back_to_and_sent_with_other_values_is_an_intent_of_its_own() {
    let server = Server::start().await;
    let (ada, place, _) = world(&server).await;
    let form = edit_form(&ada, &place).await;
    let first = form.clone().fill("name", "First");
    ada.submit(&first).await.location();
    // The very same again, as a double press sends it, is the same intent.
    let (one, two) = tokio::join!(ada.submit(&first), ada.submit(&first));
    assert!(one.location().ends_with("?done=changed") && two.location().ends_with("?done=changed"));
    assert_eq!(server.place(ada.actor, place.id).await.version, 2);
    // Another field: it is merged with what this browser did before.
    ada.submit(&form.clone().fill("note", "Second")).await.location();
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((name_of(&now), note_of(&now), now.version), ("First", "Second", 3));
    // The same field: the page did not show "First", so it asks.
    let page = ada.submit(&form.fill("name", "Third")).await.is(StatusCode::CONFLICT);
    page.says("by you, in this browser");
    assert_eq!(sides(&page), ["Third", "First"]);
    ada.submit(&page.form(&address(&place)).choose("pick_name", "mine")).await.location();
    assert_eq!(name_of(&server.place(ada.actor, place.id).await), "Third");
}
