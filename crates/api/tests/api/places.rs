//! Places, one at a time.

use holdfast_contract::Code;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Server, new_place, redacted};

#[tokio::test]
async fn a_place_is_saved_read_and_listed() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let mut body = new_place("  Old oak ");
    body["place"]["tags"] = json!(["tree", " tree ", ""]);
    body["aFieldOfTomorrow"] = json!({ "x": 1 });
    let reply = server.post(&ada, "/v1/places", &body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    insta::assert_json_snapshot!("place_created", redacted(reply.json()));
    let id = reply.json()["place"]["id"].as_str().unwrap().to_owned();
    assert_eq!(reply.header("location"), format!("/v1/places/{id}"));

    let by_id = server.get(&ada, &format!("/v1/places/{id}")).await;
    insta::assert_json_snapshot!("place", redacted(by_id.json()));
    let client_id = body["clientId"].as_str().unwrap();
    assert_eq!(server.get(&ada, &format!("/v1/places/client:{client_id}")).await.json(), by_id.json());
    let list = server.get(&ada, "/v1/places").await.json();
    assert_eq!(list, json!({ "places": [by_id.json()] }));
}

#[tokio::test]
async fn a_create_sent_again_makes_one_place() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let body = new_place("Oak");
    let first = server.post(&ada, "/v1/places", &body).await;
    let again = server.post(&ada, "/v1/places", &body).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(again.json()["outcome"], "duplicate");
    assert_eq!(again.json()["first"], true);
    assert_eq!(again.json()["place"], first.json()["place"]);

    // Without an id of its own each request is a new intent, and the client id still makes it one place.
    let mut bare = body.clone();
    bare.as_object_mut().unwrap().remove("opId");
    let reply = server.post(&ada, "/v1/places", &bare).await;
    assert_eq!((reply.status, &reply.json()["first"]), (StatusCode::OK, &json!(false)));
    assert_eq!(server.feed(&ada).await.len(), 1);

    let mut other = new_place("Something else");
    other["opId"] = body["opId"].clone();
    server.post(&ada, "/v1/places", &other).await.problem(Code::OpIdReused);
    assert_eq!(server.feed(&ada).await.len(), 1);
}

#[tokio::test]
async fn an_update_based_on_what_is_no_longer_so_changes_nothing_and_shows_what_is() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(&ada, "Oak").await;
    let path = format!("/v1/places/{}", place["id"].as_str().unwrap());
    let rename = |was: &str, to: &str| json!({ "changes": { "name": { "was": was, "to": to } } });

    let reply = server.patch(&ada, &path, &rename("Oak", "Old oak")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!((&reply.json()["outcome"], &reply.json()["appliedVersion"]), (&json!("applied"), &json!(2)));

    let reply = server.patch(&ada, &path, &rename("Oak", "Lime")).await;
    let problem = reply.problem(Code::Conflict);
    assert!(problem.detail.contains("name"), "{}", problem.detail);
    insta::assert_json_snapshot!("conflict", redacted(reply.json()));
    assert_eq!(server.get(&ada, &path).await.json()["name"], "Old oak");

    // The same wish again is no conflict with itself.
    let reply = server.patch(&ada, &path, &rename("Oak", "Old oak")).await;
    assert_eq!((reply.status, &reply.json()["place"]["version"]), (StatusCode::OK, &json!(2)));
    insta::assert_json_snapshot!("history", redacted(server.get(&ada, &format!("{path}/history")).await.json()));
}

#[tokio::test]
async fn a_place_goes_into_the_trash_and_comes_out_again() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(&ada, "Oak").await;
    let path = format!("/v1/places/{}", place["id"].as_str().unwrap());
    server.patch(&ada, &path, &json!({ "changes": { "name": { "was": "Oak", "to": "Lime" } } })).await;

    let reply = server.delete(&ada, &format!("{path}?baseVersion=1")).await;
    reply.problem(Code::Conflict);
    assert_eq!(reply.json()["outcome"]["reason"], "changedSince");
    let reply = server.delete(&ada, &format!("{path}?baseVersion=2")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert!(reply.json()["place"]["deletedAt"].is_string());
    assert_eq!(server.get(&ada, "/v1/places").await.json(), json!({ "places": [] }));
    assert_eq!(server.get(&ada, "/v1/places?trash=true").await.json()["places"][0]["name"], "Lime");
    let again = server.delete(&ada, &path).await;
    assert_eq!((again.status, &again.json()["outcome"]), (StatusCode::OK, &json!("duplicate")));

    let reply = server.patch(&ada, &path, &json!({ "changes": { "name": { "was": "Lime", "to": "Elm" } } })).await;
    reply.problem(Code::Conflict);
    assert_eq!(reply.json()["outcome"]["reason"], "inTrash");

    let unseen = server.post(&ada, &format!("{path}/restore"), &json!({})).await;
    assert_eq!(unseen.problem(Code::Invalid).errors[0].field, "baseVersion");
    let reply = server.post(&ada, &format!("{path}/restore"), &json!({ "baseVersion": 3 })).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert!(reply.json()["place"].get("deletedAt").is_none());
    assert_eq!(server.get(&ada, "/v1/places").await.json()["places"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_a_better_fix_refines_a_place() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(&ada, "Oak").await;
    let path = format!("/v1/places/{}/refine", place["id"].as_str().unwrap());
    let fix = |accuracy: f64| json!({ "position": { "latitude": 48.6, "longitude": 11.3, "accuracy": accuracy } });
    let worse = server.post(&ada, &path, &fix(50.0)).await;
    assert_eq!((worse.status, &worse.json()["place"]["version"]), (StatusCode::OK, &json!(1)));
    let better = server.post(&ada, &path, &fix(4.0)).await;
    assert_eq!((better.status, &better.json()["place"]["version"]), (StatusCode::OK, &json!(2)));
    assert_eq!(better.json()["place"]["accuracy"], 4.0);
}

#[tokio::test]
async fn a_list_is_filtered_and_paged() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for (name, category, day) in
        [("Oak", "tree", 1), ("Elm", "tree", 2), ("Ford", "water", 3), ("Oak ford", "water", 4)]
    {
        let mut body = new_place(name);
        body["place"]["category"] = category.into();
        body["place"]["tags"] = json!([format!("day-{day}")]);
        body["place"]["capturedAt"] = format!("2026-05-0{day}T12:00:00.000000Z").into();
        server.post(&ada, "/v1/places", &body).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let reply = server.get(&ada, &format!("/v1/places?{query}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let places = reply.json()["places"].as_array().unwrap().clone();
        places.iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await, ["Oak ford", "Ford", "Elm", "Oak"]);
    assert_eq!(names("q=oak").await, ["Oak ford", "Oak"]);
    assert_eq!(names("q=oak&category=tree").await, ["Oak"]);
    assert_eq!(names("tag=day-2").await, ["Elm"]);
    assert_eq!(names("source=import").await, [""; 0]);
    assert_eq!(names("since=2026-05-02T00:00:00Z&until=2026-05-04T00:00:00%2B00:00").await, ["Ford", "Elm"]);
    assert_eq!(names("nothing=known").await.len(), 4);

    let mut paged = Vec::new();
    let mut after = String::new();
    loop {
        let page = server.get(&ada, &format!("/v1/places?limit=3&after={after}")).await.json();
        paged.extend(page["places"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()));
        match page.get("next") {
            Some(Value::String(next)) => after.clone_from(next),
            _ => break,
        }
    }
    assert_eq!(paged, ["Oak ford", "Ford", "Elm", "Oak"]);
}

#[tokio::test]
async fn deleting_a_capture_that_never_arrived_leaves_it_deleted() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let body = new_place("Oak");
    let path = format!("/v1/places/client:{}", body["clientId"].as_str().unwrap());
    let reply = server.delete(&ada, &path).await;
    reply.problem(Code::Gone);
    assert_eq!(reply.json()["outcome"]["outcome"], "gone");
    server.post(&ada, "/v1/places", &body).await.problem(Code::Gone);
    assert_eq!(server.get(&ada, "/v1/places").await.json(), json!({ "places": [] }));
}

#[tokio::test]
async fn deleting_a_capture_that_never_came_says_what_was_done() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let mut capture = new_place("Oak");
    let client_id = uuid::Uuid::now_v7().to_string();
    capture["clientId"] = client_id.clone().into();
    let problem = server.delete(&ada, &format!("/v1/places/client:{client_id}")).await.problem(Code::Gone);
    assert!(problem.detail.contains("can't come back"), "{}", problem.detail);
    server.post(&ada, "/v1/places", &capture).await.problem(Code::Gone);
    assert_eq!(server.get(&ada, "/v1/places").await.json(), json!({ "places": [] }));
}

#[tokio::test]
async fn a_history_is_read_in_pages() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = server.save(&ada, "0").await;
    let path = format!("/v1/places/{}", place["id"].as_str().unwrap());
    for edit in 0..3 {
        let change = json!({ "name": { "was": edit.to_string(), "to": (edit + 1).to_string() } });
        server.patch(&ada, &path, &json!({ "changes": change })).await;
    }
    let page = server.get(&ada, &format!("{path}/history?limit=2")).await.json();
    assert_eq!((page["history"].as_array().unwrap().len(), &page["next"]), (2, &json!(2)));
    let page = server.get(&ada, &format!("{path}/history?limit=2&before=2")).await.json();
    assert_eq!((page["history"][0]["name"].as_str(), page.get("next")), (Some("0"), None));
    server.get(&ada, &format!("{path}/history?limit=501")).await.problem(Code::InvalidParameter);
}
