//! Places on this device, with no account and no network.

mod common;

use common::Home;

#[test]
fn a_place_is_saved_and_listed_with_no_account_and_no_network() {
    let home = Home::new();
    let run = home.ok(&["save", "47.4979", "8.7291", "--name", "Old oak", "--tag", "tree", "--category", "forest"]);
    run.says("Saved on this device").says("Old oak").says("until you sign in");
    let list = home.ok(&["list"]);
    list.says("● Saved on this device").says("Old oak").says("47.49790, 8.72910").says("[forest]").says("#tree");
    let show = home.ok(&["show", "Old oak"]);
    show.says("set by a person").says("by cli").says("saved on this device");
}

#[test]
fn json_has_every_member_whether_known_or_not() {
    let home = Home::new();
    let saved = home.json(0, &["save", "-33.8568,151.2153"]);
    let place = &saved["place"];
    for member in [
        "number",
        "clientId",
        "id",
        "version",
        "name",
        "note",
        "category",
        "tags",
        "latitude",
        "longitude",
        "accuracy",
        "altitude",
        "positionSource",
        "capturedAt",
        "source",
        "role",
        "deletedAt",
        "state",
        "reason",
        "stateWords",
    ] {
        assert!(place.get(member).is_some(), "{member} is missing in {place}");
    }
    assert_eq!(place["latitude"], -33.8568);
    assert_eq!(place["longitude"], 151.2153);
    assert_eq!((&place["state"], &place["stateWords"]), (&"savedOnDevice".into(), &"Saved on this device".into()));
    assert_eq!(
        (&place["source"], &place["role"], &place["positionSource"]),
        (&"cli".into(), &"owner".into(), &"manual".into())
    );
    assert!(place["name"].is_null());
    let listed = home.json(0, &["list"]);
    assert_eq!(listed["places"][0]["clientId"], place["clientId"]);
    assert!(listed["next"].is_null());
}

#[test]
fn negative_coordinates_need_no_tricks() {
    let home = Home::new();
    for args in [
        &["save", "-33.8", "-151.2"][..],
        &["save", "-33.8,-151.2"],
        &["save", "-33.8,", "-151.2"],
        &["save", "--name", "x", "-33.8,-151.2", "--altitude", "-5"],
        &["save", "-33.8", "-151.2", "--tag", "a", "-q"],
    ] {
        home.ok(args);
    }
    let places = home.places();
    assert_eq!(places.len(), 5);
    assert!(places.iter().all(|p| p["latitude"] == -33.8 && p["longitude"] == -151.2));
}

#[test]
fn a_capture_without_a_position_waits_for_one() {
    let home = Home::new();
    home.ok(&["save", "--waiting", "--name", "Here"]).says("Waiting for a position").says("holdfast fix");
    home.ok(&["list", "--state", "without-position"]).says("Here").says("no position yet");
    let outbox = home.ok(&["outbox"]);
    outbox.says("No change waits. 1 place has no position yet");
    assert!(!outbox.out.contains("acknowledged"), "{}", outbox.out);
    home.ok(&["fix", "Here", "-47.5", "-8.7", "--accuracy", "20"]).says("has its position now");
    home.ok(&["fix", "Here", "-47.6", "-8.8", "--accuracy", "5"]).says("is better now");
    home.ok(&["fix", "Here", "-47.7", "-8.9", "--accuracy", "50"]).says("stays as it is");
    let place = &home.places()[0];
    assert_eq!(
        (&place["latitude"], &place["accuracy"], &place["state"]),
        (&(-47.6).into(), &5.0.into(), &"savedOnDevice".into())
    );
    assert_eq!(place["positionSource"], "fix");
}

#[test]
fn a_place_is_edited_field_by_field() {
    let home = Home::new();
    home.ok(&[
        "save",
        "47.5",
        "8.7",
        "--name",
        "Oak",
        "--note",
        "big",
        "--category",
        "tree",
        "--tag",
        "a",
        "--tag",
        "b",
    ]);
    home.ok(&["edit", "Oak", "--name", "Old oak", "--clear-note", "--add-tag", "c", "--remove-tag", "a"]);
    home.ok(&["edit", "Old oak", "--position", "-1.5", "-2.5", "--accuracy", "3"]);
    let place = &home.places()[0];
    assert_eq!(
        (&place["name"], &place["note"], &place["category"]),
        (&"Old oak".into(), &serde_json::Value::Null, &"tree".into())
    );
    assert_eq!(place["tags"], serde_json::json!(["b", "c"]));
    assert_eq!(
        (&place["latitude"], &place["longitude"], &place["accuracy"]),
        (&(-1.5).into(), &(-2.5).into(), &3.0.into())
    );
    let again = home.json(0, &["edit", "Old oak", "--name", "Old oak"]);
    assert_eq!(again["changed"], false);
    home.expect(2, &["edit", "Old oak"]).says("say what to change");
}

#[test]
fn what_never_left_the_device_vanishes_when_deleted_and_says_so() {
    let home = Home::new();
    home.save("Oak");
    // Nobody could give it back: a script has to say that it means it, and a person is asked.
    home.expect(3, &["delete", "Oak"]).says("gone for good").says("--yes");
    assert_eq!(home.json(3, &["delete", "Oak"])["error"]["code"], "only_on_this_device");
    assert_eq!(home.names(), ["Oak"]);
    home.ok(&["delete", "Oak", "--yes"]).says("never left this device");
    assert!(home.places().is_empty());
    home.ok(&["list"]).says("no places yet");
    home.ok(&["list", "--trash"]).says("The trash is empty");
    home.expect(6, &["restore", "Oak"]);
}

#[test]
fn a_deletion_that_stops_halfway_says_what_is_deleted_already() {
    let halfway = || {
        let home = Home::new();
        // Another device with the same file may have sent it: it goes to the trash, and can't be deleted from there.
        let file = home.write("a.csv", "name,lat,lon\nElm,47.5,8.7\n");
        home.ok(&["import", file.to_str().unwrap()]);
        home.ok(&["delete", "Elm"]);
        let oak = home.save("Oak");
        home.save("Ash");
        (home, oak)
    };
    let (home, oak) = halfway();
    let error = home.json(1, &["delete", &oak, "1", "Ash", "--yes"])["error"].clone();
    let deleted = error["deleted"].as_array().unwrap();
    assert_eq!((deleted.len(), &deleted[0]["outcome"]), (1, &"vanished".into()), "{error}");
    assert_eq!((deleted[0]["number"].to_string(), home.names()), (oak, vec!["Ash".to_owned()]), "{error}");
    // Where nothing went there is nothing to tell.
    assert_eq!(home.json(1, &["delete", "1", "Ash", "--yes"])["error"].get("deleted"), None);

    let (home, oak) = halfway();
    home.expect(1, &["delete", &oak, "1", "Ash", "--yes"]).says("Oak is deleted");
    assert_eq!(home.names(), ["Ash"]);
}

#[test]
fn a_typo_in_the_second_place_deletes_nothing() {
    let home = Home::new();
    home.save("Oak");
    home.expect(6, &["delete", "Oak", "Elm"]);
    assert_eq!(home.names(), ["Oak"]);
}

#[test]
fn places_are_searched_filtered_and_paged() {
    let home = Home::new();
    for i in 0..7 {
        let at = format!("2026-01-0{}T12:00:00Z", i + 1);
        let category = if i % 2 == 0 { "even" } else { "odd" };
        home.ok(&["save", "1", "2", "--name", &format!("Oak {i}"), "--category", category, "--at", &at]);
    }
    let first = home.json(0, &["list", "-n", "3"]);
    let names = |v: &serde_json::Value| -> Vec<String> {
        v["places"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&first), ["Oak 6", "Oak 5", "Oak 4"]);
    let second = home.json(0, &["list", "-n", "3", "--after", first["next"].as_str().unwrap()]);
    assert_eq!(names(&second), ["Oak 3", "Oak 2", "Oak 1"]);
    let last = home.json(0, &["list", "-n", "3", "--after", second["next"].as_str().unwrap()]);
    assert_eq!((names(&last), &last["next"]), (vec!["Oak 0".to_owned()], &serde_json::Value::Null));
    assert_eq!(names(&home.json(0, &["list", "oak", "3"])), ["Oak 3"]);
    assert_eq!(names(&home.json(0, &["list", "--category", "odd"])).len(), 3);
    home.ok(&["list", "-n", "3"]).says("--after");
    home.ok(&["list", "--category", "evem"]).says("Did you mean \"even\"?");
    home.ok(&["list", "--tag", "x"]).says("there are no tags yet");
    home.expect(2, &["list", "--after", "nonsense"]).says("--after takes");
}

#[test]
fn a_place_is_named_by_number_by_id_by_the_beginning_of_it_or_by_name() {
    let home = Home::new();
    let number = home.save("Old oak");
    let id = home.places()[0]["clientId"].as_str().unwrap().to_owned();
    for reference in [number.as_str(), &id, &id[..18], "Old oak", "old OAK"] {
        let shown = home.json(0, &["show", reference]);
        assert_eq!(shown["place"]["clientId"], id.as_str(), "{reference}");
    }
}

#[test]
fn a_name_that_could_be_several_places_lists_them() {
    let home = Home::new();
    let first = home.save("Oak");
    home.save("Oak");
    let run = home.expect(6, &["edit", "Oak", "--name", "Elm"]);
    run.says("could be 2 places").says(&format!("{first}  Oak"));
    let error = home.json(6, &["edit", "Oak", "--name", "Elm"]);
    assert_eq!(error["error"]["code"], "ambiguous");
    assert_eq!(error["error"]["candidates"].as_array().unwrap().len(), 2);
    home.ok(&["edit", &first, "--name", "Elm"]);
    assert_eq!(home.names(), ["Elm", "Oak"]);
}

#[test]
fn a_misspelt_name_gets_a_suggestion() {
    let home = Home::new();
    home.save("Waterfall");
    home.expect(6, &["show", "Watrefall"]).says("There is no place \"Watrefall\"").says("Did you mean \"Waterfall\"?");
    let error = home.json(6, &["show", "Watrefall"]);
    assert_eq!(error["error"]["suggestions"], serde_json::json!(["Waterfall"]));
    home.expect(6, &["show", "zzzz"]).says("holdfast list");
    home.expect(2, &["show", " "]).says("Which place?");
}

#[test]
fn the_outbox_lists_exports_and_drops() {
    let home = Home::new();
    home.save("Oak");
    home.ok(&["outbox"]).says("create").says("waits to be sent").says("Oak");
    let entries = home.json(0, &["outbox"]);
    let number = entries["entries"][0]["number"].as_i64().unwrap().to_string();
    let exported = home.ok(&["outbox", "export"]);
    let value: serde_json::Value = serde_json::from_str(&exported.out).unwrap();
    assert!(value.to_string().contains("Oak"));
    let file = home.file("outbox.json");
    home.ok(&["outbox", "export", "-o", file.to_str().unwrap()]).says("1 entry written");
    home.expect(1, &["outbox", "export", "-o", file.to_str().unwrap()]).says("is there already");
    home.ok(&["outbox", "retry", "--all"]);
    home.expect(2, &["outbox", "discard", &number]).says("Nothing was dropped").says("--yes");
    assert_eq!(home.names(), ["Oak"]);
    home.ok(&["outbox", "discard", &number, "--yes"]).says("Dropped");
    assert!(home.places().is_empty());
    home.ok(&["outbox"]).says("Nothing waits");
    home.expect(6, &["outbox", "discard", &number, "--yes"]).says("may have been sent meanwhile");
    home.expect(2, &["outbox", "retry", "nonsense"]).says("names no entry");
}

#[test]
fn status_says_how_the_device_stands() {
    let home = Home::new();
    home.ok(&["status"]).says("Not signed in").says("No places yet");
    home.save("Oak");
    home.ok(&["status"]).says("1 place: 1 saved on this device");
    let status = home.json(0, &["status"]);
    assert_eq!((&status["signedIn"], &status["account"]), (&false.into(), &serde_json::Value::Null));
    assert_eq!((&status["status"]["places"]["savedOnDevice"], &status["status"]["pending"]), (&1.into(), &1.into()));
}

#[test]
fn there_is_nothing_to_resolve_where_nothing_conflicts() {
    let home = Home::new();
    home.save("Oak");
    home.ok(&["resolve"]).says("Nothing needs your attention");
    home.ok(&["resolve", "Oak"]).says("nothing to decide");
    home.expect(1, &["resolve", "Oak", "--mine"]);
    home.expect(2, &["resolve", "Oak", "--field", "nmae=mine"]).says("There is no field \"nmae\"");
    home.expect(2, &["resolve", "Oak", "--field", "name=ours"]).says("\"mine\" or \"theirs\"");
    home.expect(2, &["resolve", "Oak", "--mine", "--theirs"]);
}

#[test]
fn a_name_cannot_write_to_the_terminal() {
    let home = Home::new();
    home.expect(2, &["save", "1", "2", "--name", "a\u{1b}[31mb"]).says("control character");
    home.ok(&["save", "1", "2", "--name", "line one\nline two"]);
    let list = home.ok(&["list"]);
    assert_eq!(list.out.lines().count(), 1);
}

#[test]
fn a_comma_parts_tags_unless_the_tag_stands_in_quotes_of_its_own() {
    let home = Home::new();
    let tags = |home: &Home| home.places()[0]["tags"].clone();
    home.ok(&["save", "1", "2", "--name", "Wood", "--tag", "oak, #old", "--tag", "\"a, b\""]);
    assert_eq!(tags(&home), serde_json::json!(["a, b", "oak", "old"]));
    home.ok(&["edit", "Wood", "--add-tag", "dark,deep", "--remove-tag", "oak,old"]);
    assert_eq!(tags(&home), serde_json::json!(["a, b", "dark", "deep"]));
    // A filter asks for one tag: with a comma in it, for that very one.
    home.ok(&["list", "--tag", "a, b"]).says("Wood");
    home.ok(&["list", "--tag", "\"a, b\""]).says("Wood");
    home.ok(&["list", "--tag", "dark,deep"]).says("No place has the tag \"dark,deep\"");
    // Whoever removes what they see removes it, however they write it.
    home.ok(&["edit", "Wood", "--remove-tag", "a, b"]);
    assert_eq!(tags(&home), serde_json::json!(["dark", "deep"]));
}

#[test]
fn a_hash_in_front_of_a_tag_is_a_habit_and_no_part_of_it() {
    let home = Home::new();
    home.ok(&["save", "1", "2", "--name", "Wood", "--tag", "#mushroom", "--tag", "old"]);
    assert_eq!(home.places()[0]["tags"], serde_json::json!(["mushroom", "old"]));
    home.ok(&["edit", "Wood", "--add-tag", "#dark", "--remove-tag", "#old"]);
    assert_eq!(home.places()[0]["tags"], serde_json::json!(["dark", "mushroom"]));
    // As it is shown, it is found.
    home.ok(&["list"]).says("#mushroom");
    for args in [&["list", "--tag", "#mushroom"][..], &["list", "#mush"], &["list", "--tag", "mushroom", "#dark"]] {
        home.ok(args).says("Wood");
    }
    // One that came with its # from a file is still that one.
    let file = home.write("a.csv", "name,lat,lon,tags\nHut,1,2,#far\n");
    home.ok(&["import", file.to_str().unwrap()]);
    home.ok(&["list", "--tag", "#far"]).says("Hut");
    home.ok(&["edit", "Hut", "--remove-tag", "#far"]);
    home.ok(&["list", "--tag", "#far"]).says("No place has the tag \"far\"");
    let exported = home.ok(&["export", "--all", "--format", "csv"]);
    exported.says("Wood").says("Hut");
}
