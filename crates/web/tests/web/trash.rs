//! Into the trash and out of it, and who changed what when.

use holdfast_contract::Place;
use reqwest::StatusCode;

use crate::harness::{Browser, Server, name_of, noted, renamed};
use crate::html::Form;

fn path(place: &Place) -> String {
    format!("/places/{}", place.id)
}

async fn button(browser: &Browser<'_>, place: &Place, which: &str) -> Form {
    browser.open(&path(place)).await.form(&format!("{}/{which}", path(place)))
}

#[tokio::test]
async fn a_deleted_place_is_in_the_trash_until_it_is_restored_or_deleted_for_good() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(ada.actor, "Old <oak>").await;
    let delete = button(&ada, &place, "delete").await;
    let page = ada.submit_and_follow(&delete).await;
    assert_eq!(page.path, "/trash");
    assert_eq!(page.notice(), "The place is in the trash. It can be restored for as long as the trash keeps it.");
    assert_eq!(page.all(".row-name"), ["Old <oak>"]);
    assert_eq!(ada.open("/places").await.all("#places .row").len(), 0);
    // Pressed twice is as good as once.
    assert_eq!(ada.submit(&delete).await.location(), "/trash?done=deleted");
    assert_eq!(server.place(ada.actor, place.id).await.version, 2);

    let page = ada.open(&path(&place)).await;
    page.says("In the trash since").says("It is deleted for good 30 days after that.");
    assert!(!page.text.contains(&format!("{}/edit", path(&place))));
    let restored = ada.submit_and_follow(&page.form(&format!("{}/restore", path(&place)))).await;
    assert_eq!((restored.heading().as_str(), restored.notice().as_str()), ("Old <oak>", "The place is back."));
    assert_eq!(server.places(ada.actor).await.len(), 1);

    // Once more, from the trash's own list.
    ada.submit(&button(&ada, &place, "delete").await).await.location();
    let page = ada.open("/trash").await;
    let page = ada.submit_and_follow(&page.form(&format!("{}/restore", path(&place)))).await;
    assert_eq!(page.notice(), "The place is back.");

    ada.submit(&button(&ada, &place, "delete").await).await.location();
    let restore = button(&ada, &place, "restore").await;
    server.purge().await;
    assert_eq!(ada.open("/trash").await.all(".row").len(), 0);
    ada.get(&path(&place)).await.is(StatusCode::GONE);
    ada.submit(&restore).await.is(StatusCode::GONE).says("deleted for good");
}

#[tokio::test]
async fn a_place_that_was_changed_since_the_page_was_made_is_not_deleted_without_asking_again() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(ada.actor, "Old oak").await;
    let delete = button(&ada, &place, "delete").await;
    let phone = server.database.add_device(ada.actor.user).await;
    let place = server.change(phone, &place, noted("", "Do not delete")).await;
    let page = ada.submit(&delete).await.is(StatusCode::CONFLICT);
    page.says("so it was not deleted").says("Do not delete");
    assert_eq!(server.place(ada.actor, place.id).await.deleted_at, None);
    // And again, should it change while the person reads.
    server.change(phone, &place, renamed("Old oak", "Kept oak")).await;
    let page = ada.submit(&page.form(&delete.action)).await.is(StatusCode::CONFLICT);
    page.says("Kept oak");
    assert_eq!(ada.submit(&page.form(&delete.action)).await.location(), "/trash?done=deleted");
    assert_eq!(server.trashed(ada.actor).await.len(), 1);
}

#[tokio::test]
async fn a_button_of_an_old_page_of_the_trash_does_no_harm() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(ada.actor, "Old oak").await;
    ada.submit(&button(&ada, &place, "delete").await).await.location();
    let (old, other) = (button(&ada, &place, "restore").await, button(&ada, &place, "restore").await);
    ada.submit(&old).await.location();
    // Restored already, by another page.
    let page = ada.submit(&other).await;
    assert!(page.status == StatusCode::SEE_OTHER || page.status == StatusCode::CONFLICT, "{}", page.status);
    let now = server.place(ada.actor, place.id).await;
    assert_eq!((now.deleted_at, name_of(&now)), (None, "Old oak"));
}

#[tokio::test]
async fn the_trash_is_shown_in_pages() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for n in 0..53 {
        let place = server.save(ada.actor, &format!("Place {n}")).await;
        server.trash(ada.actor, &place).await;
    }
    let first = ada.open("/trash").await;
    assert_eq!(first.all(".row").len(), 50);
    let next = first.attributes("a[rel=next]", "href").remove(0);
    let second = ada.open(&next).await;
    assert_eq!(second.all(".row").len(), 3);
    let previous = second.attributes("a[rel=prev]", "href").remove(0);
    assert_eq!(ada.open(&previous).await.all(".row-name"), first.all(".row-name"));
}

#[tokio::test]
async fn the_history_says_who_changed_what_on_which_device() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let other = server.another_browser("ada@example.org").await;
    let place = server.save(ada.actor, "Old oak").await;
    ada.open(&path(&place)).await.says("Nothing was changed since it was saved.");
    let phone = server.database.add_device(ada.actor.user).await;
    let place = server.change(phone, &place, renamed("Old oak", "Very <old> oak")).await;
    let place = server.change(other.actor, &place, noted("", "Note")).await;
    let place = server.trash(ada.actor, &place).await;
    let lines = ada.open(&path(&place)).await.all(".timeline > li");
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("Put into the trash") && lines[0].ends_with("by you, in this browser"), "{lines:?}");
    assert!(lines[1].contains("by you, on Firefox on Linux") && lines[1].contains("nothing → Note"), "{lines:?}");
    assert!(lines[2].contains("by you, on test") && lines[2].contains("Old oak → Very <old> oak"), "{lines:?}");
    // A device that was signed out since keeps its name in the history.
    server.service.revoke_device(ada.actor, other.actor.device).await.unwrap();
    assert_eq!(ada.open(&path(&place)).await.all(".timeline > li")[1], lines[1]);
}

#[tokio::test]
async fn a_long_history_is_shown_in_pages_without_a_gap() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let mut place = server.save(ada.actor, "Name 0").await;
    for n in 0..45 {
        place = server.change(ada.actor, &place, renamed(&format!("Name {n}"), &format!("Name {}", n + 1))).await;
    }
    let mut page = ada.open(&path(&place)).await;
    let mut seen = Vec::new();
    loop {
        seen.extend(page.all(".timeline > li dd"));
        let older = page.attributes("#history a.button", "href");
        let Some(older) = older.first() else { break };
        page = ada.open(older).await;
    }
    let expected: Vec<_> = (0..45).rev().map(|n| format!("Name {n} → Name {}", n + 1)).collect();
    assert_eq!(seen, expected);
    // A number that somebody made up is a page like any other.
    for before in ["1", "0", "-5", "9223372036854775807", "999999"] {
        ada.open(&format!("{}?before={before}", path(&place))).await;
    }
}

#[tokio::test]
async fn what_went_into_the_trash_last_comes_first_page_by_page() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let mut places = Vec::new();
    for n in 0..53 {
        places.push(server.save(ada.actor, &format!("Place {n}")).await);
    }
    // In another order than they were saved in.
    places.swap(0, 52);
    places.swap(10, 30);
    for place in &places {
        server.trash(ada.actor, place).await;
    }
    let first = ada.open("/trash").await;
    let second = ada.open(&first.attributes("a[rel=next]", "href").remove(0)).await;
    let shown = [first.all(".row-name"), second.all(".row-name")].concat();
    assert_eq!(shown, places.iter().rev().map(name_of).collect::<Vec<_>>());
}
