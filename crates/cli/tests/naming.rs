//! Naming places where there are many.

#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

mod common;

use std::fmt::Write as _;

use common::{Home, waypoints};
use serde_json::Value;

fn number(place: &Value) -> i64 {
    place["number"].as_i64().unwrap()
}

#[test]
fn a_number_means_one_place_whatever_id_begins_with_the_same_digits() {
    let home = Home::new();
    // Ids of imported places come from their content, so that some begin with the number of another, the same ones always.
    let file = home.write("many.gpx", waypoints(3000));
    home.ok(&["import", file.to_str().unwrap(), "-q"]);
    let places = home.places();
    let begins_like_a_number = |place: &Value| -> Option<i64> {
        let digits = place["clientId"].as_str()?.get(..4)?.parse().ok()?;
        ((1000..=3000).contains(&digits) && digits != number(place)).then_some(digits)
    };
    let wanted = places.iter().find_map(begins_like_a_number).expect("some id begins with a number");
    let shown = home.json(0, &["show", &wanted.to_string()]);
    assert_eq!(number(&shown["place"]), wanted);
    home.ok(&["edit", &wanted.to_string(), "--name", "This one"]);
    let renamed: Vec<i64> = home.places().iter().filter(|p| p["name"] == "This one").map(number).collect();
    assert_eq!(renamed, [wanted]);
}

#[test]
fn an_exact_name_is_found_behind_a_thousand_newer_ones_that_contain_it() {
    let home = Home::new();
    let first = home.json(0, &["save", "1", "2", "--name", "Oak", "--at", "2020-01-01T00:00:00Z"]);
    let mut grove = String::from("<gpx>");
    for i in 0..1100 {
        let _ = write!(grove, "<wpt lat=\"1\" lon=\"2\"><name>Oak of the grove {i}</name></wpt>");
    }
    let file = home.write("grove.gpx", grove + "</gpx>");
    home.ok(&["import", file.to_str().unwrap(), "-q"]);
    for name in ["Oak", "oak"] {
        assert_eq!(number(&home.json(0, &["show", name])["place"]), number(&first["place"]), "{name}");
    }
    // A newer one of the same name: the older one must not be passed over in silence.
    let second = home.save("Oak");
    let error = home.json(6, &["delete", "Oak"]);
    let candidates: Vec<i64> = error["error"]["candidates"].as_array().unwrap().iter().map(number).collect();
    assert_eq!(candidates, [second.parse().unwrap(), number(&first["place"])]);
    assert_eq!(home.places().len(), 1102);
}
