//! Many places: lists in every order, maps, facets.

use holdfast_contract::Code;
use serde_json::{Value, json};

use crate::harness::{Person, Server, new_place};

async fn save(server: &Server, ada: &Person, name: &str, longitude: f64, tags: &[&str]) -> Value {
    let mut body = new_place(name);
    body["place"]["longitude"] = longitude.into();
    body["place"]["tags"] = json!(tags);
    body["place"]["category"] = "hut".into();
    server.post(ada, "/v1/places", &body).await.json()["place"].clone()
}

fn names(list: &Value) -> Vec<&str> {
    list["places"].as_array().unwrap().iter().map(|place| place["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_list_is_sorted_filtered_and_paged_both_ways() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for (name, longitude, tags) in
        [("cedar", 179.5, &["tree", "old"][..]), ("Ash", -179.5, &["tree"]), ("birch", 8.0, &["tree", "old"])]
    {
        save(&server, &ada, name, longitude, tags).await;
    }
    let list = async |query: &str| server.get(&ada, &format!("/v1/places?{query}")).await.json();
    assert_eq!(names(&list("sort=name").await), ["Ash", "birch", "cedar"]);
    assert_eq!(names(&list("sort=updated").await), ["birch", "Ash", "cedar"]);
    assert_eq!(names(&list("sort=name&tag=tree&tag=old").await), ["birch", "cedar"]);
    assert_eq!(names(&list("sort=name&bbox=179,-90,-179,90").await), ["Ash", "cedar"]);
    assert_eq!(names(&list("sort=name&shared=mine&category=hut&q=IR").await), ["birch"]);
    assert!(names(&list("shared=with_me").await).is_empty());

    let first = list("sort=name&limit=2").await;
    assert_eq!((names(&first), first.get("previous")), (vec!["Ash", "birch"], None));
    let second = list(&format!("sort=name&limit=2&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((names(&second), second.get("next")), (vec!["cedar"], None));
    let back = list(&format!("sort=name&limit=2&before={}", second["previous"].as_str().unwrap())).await;
    assert_eq!((names(&back), &back["next"]), (names(&first), &first["next"]));

    let next = first["next"].as_str().unwrap();
    for (query, field) in [
        (format!("sort=updated&after={next}"), "after"),
        (format!("sort=name&after={next}&before={next}"), "before"),
        ("bbox=1,2,3".to_owned(), "bbox"),
        ("bbox=0,5,1,4".to_owned(), "bbox"),
        ("bbox=0,-91,1,4".to_owned(), "bbox"),
        ("sort=size".to_owned(), "sort"),
        ("shared=everybody".to_owned(), "shared"),
        (format!("tag={}", "x".repeat(41)), "tag"),
    ] {
        let reply = server.get(&ada, &format!("/v1/places?{query}")).await;
        reply.problem(Code::InvalidParameter);
        assert_eq!(reply.json()["errors"][0]["field"], field, "{query}");
    }
}

#[tokio::test]
async fn a_map_has_points_and_a_box_and_facets_count() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let empty = server.get(&ada, "/v1/places/map").await.json();
    assert_eq!(empty, json!({ "total": 0, "bounds": null, "points": [] }));
    let place = save(&server, &ada, "Ash", 179.5, &["tree"]).await;
    save(&server, &ada, "Birch", -179.5, &["tree", "old"]).await;
    let map = server.get(&ada, "/v1/places/map?tag=tree&bbox=-180,-90,180,90&zoom=3.5").await.json();
    let latitude = &place["latitude"];
    assert_eq!((&map["total"], &map["bounds"]), (&json!(2), &json!([179.5, latitude, -179.5, latitude])));
    let ash = json!({ "id": place["id"], "latitude": latitude, "longitude": 179.5, "name": "Ash", "category": "hut" });
    assert!(map["points"].as_array().unwrap().contains(&ash), "{map}");
    let within = server.get(&ada, "/v1/places/map?within=179,-90,180,90").await.json();
    assert_eq!(within["points"], json!([ash]));

    let facets = server.get(&ada, "/v1/places/facets").await.json();
    assert_eq!(facets["categories"], json!([{ "value": "hut", "count": 2 }]));
    assert_eq!(facets["tags"], json!([{ "value": "tree", "count": 2 }, { "value": "old", "count": 1 }]));

    for (query, field) in
        [("zoom=1", "bbox"), ("bbox=0,0,1,1", "zoom"), ("bbox=0,0,1,1&zoom=25", "zoom"), ("within=x", "within")]
    {
        let reply = server.get(&ada, &format!("/v1/places/map?{query}")).await;
        reply.problem(Code::InvalidParameter);
        assert_eq!(reply.json()["errors"][0]["field"], field, "{query}");
    }
}
