//! Files that are fetched: cut off, too many at once, and the complete archive.

use std::fmt::Write as _;
use std::io::{Cursor, Read as _};

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use zip::ZipArchive;

use crate::harness::{Browser, Server, name_of, noted, renamed};

const FILE: &str = "/export/holdfast-places.geojson";

/// More places than are read at once: the file has a second part.
async fn many_places(browser: &Browser<'_>) {
    let rows = (0..600).fold("lat,lon,name\n".to_owned(), |mut all, n| {
        let _ = writeln!(all, "47.{n:03},8.1,Place {n}");
        all
    });
    let page = browser.upload("many.csv", rows).await;
    let page = browser.follow(page).await;
    let mut page = browser.submit_and_follow(&page.form(&format!("{}/run", page.path))).await.is(StatusCode::OK);
    while page.text.contains("http-equiv=\"refresh\"") {
        page = browser.open(&page.path).await;
    }
    page.says("600 places were made");
}

/// Begins to fetch a file: what comes behind the head of the answer is not read.
async fn begin(browser: &Browser<'_>, client: &Client) -> Response {
    let request = browser.request(Method::GET, FILE).build().unwrap();
    client.execute(request).await.unwrap()
}

#[tokio::test]
async fn a_file_that_breaks_off_does_not_look_complete() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    many_places(&ada).await;
    assert_eq!(begin(&ada, &server.client).await.text().await.unwrap().matches("\"Feature\"").count(), 600);
    // The last place of the second part can't be read: a file without it would be one that lost places.
    sqlx::raw_sql(
        "ALTER TABLE places DROP CONSTRAINT places_position_source;
         UPDATE places SET position_source = 'nothing', captured_at = captured_at + interval '1 hour'
         WHERE name = 'Place 599';",
    )
    .execute(&mut server.database.connect().await)
    .await
    .unwrap();
    let broken = begin(&ada, &server.client).await;
    assert_eq!(broken.status(), StatusCode::OK, "its beginning was there");
    let body = broken.bytes().await;
    assert!(body.is_err(), "it ended as if it were whole: {} bytes", body.unwrap().len());
    // It is not fetched any more: the next ones are let through.
    for _ in 0..3 {
        let again = begin(&ada, &server.client).await;
        assert_eq!(again.status(), StatusCode::OK);
        assert!(again.bytes().await.is_err());
    }
}

#[tokio::test]
async fn two_files_are_fetched_at_a_time_by_one_account() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    many_places(&ada).await;
    // So large that what nobody reads does not fit into what the network holds.
    sqlx::raw_sql("UPDATE places SET note = repeat('🌳', 10000)")
        .execute(&mut server.database.connect().await)
        .await
        .unwrap();
    let slow = Client::builder().no_proxy().no_gzip().build().unwrap();
    let (one, two) = (begin(&ada, &slow).await, begin(&ada, &slow).await);
    assert_eq!((one.status(), two.status()), (StatusCode::OK, StatusCode::OK));
    let page = ada.get(FILE).await.is(StatusCode::TOO_MANY_REQUESTS);
    page.says("Two files of yours are being fetched already.");
    assert_eq!(page.header("retry-after"), "10");
    assert_eq!(begin(&bob, &slow).await.status(), StatusCode::OK, "it is nobody else's business");
    // One that is given up makes room.
    drop(one);
    while begin(&ada, &slow).await.status() != StatusCode::OK {
        tokio::task::yield_now().await;
    }
    assert!(two.bytes().await.unwrap().len() > 20_000_000, "the other one is whole");
}

fn text(archive: &[u8], name: &str) -> String {
    let mut text = String::new();
    ZipArchive::new(Cursor::new(archive)).unwrap().by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn the_complete_archive_has_everything_and_gives_the_places_back() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let oak = server.save(ada.actor, "Old oak").await;
    let oak = server.change(ada.actor, &oak, renamed("Old oak", "Very old oak")).await;
    let oak = server.change(ada.actor, &oak, noted("", "Behind the barrier")).await;
    let thrown = server.save(ada.actor, "Thrown away").await;
    server.trash(ada.actor, &thrown).await;
    let bob = server.person("bob").await;
    server.save(bob.actor, "Canary of somebody else").await;

    let links = ada.open("/import").await.attributes("a[href='/export/archive']", "href");
    assert_eq!(links.len(), 1);
    let reply = ada.open(&links[0]).await;
    assert_eq!(reply.header("content-type"), "application/zip");
    assert_eq!(
        reply.header("content-length"),
        reply.bytes.len().to_string(),
        "who fetches it can tell that it is whole"
    );
    assert_eq!(reply.header("content-encoding"), "");
    let day = &server.service.now().to_string()[..10];
    let name = format!("attachment; filename=\"holdfast-archive-{day}.zip\"");
    assert_eq!(reply.header("content-disposition"), name);
    let names: Vec<String> = {
        let zip = ZipArchive::new(Cursor::new(&reply.bytes)).unwrap();
        zip.file_names().map(|name| name.unwrap().into_owned()).collect()
    };
    let expected = ["holdfast.json", "places.geojson", "places.gpx", "places.csv", "trash.geojson", "history.jsonl"];
    assert_eq!(names[..6], expected);
    let places: Value = serde_json::from_str(&text(&reply.bytes, "places.geojson")).unwrap();
    assert_eq!(places["features"].as_array().unwrap().len(), 1);
    let (feature, is) = (&places["features"][0], &places["features"][0]["properties"]);
    assert_eq!(feature["id"], oak.client_id.unwrap().to_string());
    assert_eq!(
        (&is["name"], &is["note"], &is["version"]),
        (&"Very old oak".into(), &"Behind the barrier".into(), &3.into())
    );
    assert_eq!((is["id"].as_str(), is["source"].as_str()), (Some(oak.id.to_string().as_str()), Some("cli")));
    assert!(is["createdAt"].is_string() && is["updatedAt"].is_string() && is.get("deletedAt").is_none(), "{is}");
    let trash: Value = serde_json::from_str(&text(&reply.bytes, "trash.geojson")).unwrap();
    assert_eq!(trash["features"][0]["properties"]["name"], "Thrown away");
    assert!(trash["features"][0]["properties"]["deletedAt"].is_string());
    let history = text(&reply.bytes, "history.jsonl");
    let history: Vec<Value> = history.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(history.len(), 3, "a name, a note, a deletion: {history:?}");
    let first = history.iter().find(|v| v["placeId"] == oak.id.to_string() && v["version"] == 1).unwrap();
    assert_eq!((first["name"].as_str(), first["kind"].as_str()), (Some("Old oak"), Some("update")));
    assert!(text(&reply.bytes, "README.txt").contains("was replaced (3)"));
    for name in &names {
        assert!(!text(&reply.bytes, name).contains("Canary"), "{name}");
    }

    // Known again where it comes from; made anew for somebody else, and the trash is not.
    let page = ada.upload("archive.zip", reply.bytes.clone()).await;
    ada.follow(page).await.says("1 place in the file; 1 is there already.").says("Holdfast archive");
    let page = bob.upload("archive.zip", reply.bytes.clone()).await;
    let page = bob.follow(page).await;
    bob.submit_and_follow(&page.form(&format!("{}/run", page.path))).await.is(StatusCode::OK);
    let his = server.places(bob.actor).await;
    assert!(his.len() == 2 && his.iter().any(|place| name_of(place) == "Very old oak"));
    assert_eq!(server.trashed(bob.actor).await.len(), 0);
}

#[tokio::test]
async fn an_archive_that_can_not_be_written_is_a_refusal_and_not_half_a_file() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    server.save(ada.actor, "Old oak").await;
    sqlx::raw_sql(
        "ALTER TABLE places DROP CONSTRAINT places_position_source; UPDATE places SET position_source = 'nothing'",
    )
    .execute(&mut server.database.connect().await)
    .await
    .unwrap();
    for _ in 0..3 {
        let page = ada.get("/export/archive").await.is(StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(page.header("content-disposition"), "");
    }
}
