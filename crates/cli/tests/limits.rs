//! Every limit of the contract at the command line: what is refused, in which words, and that nothing was half written.

mod common;

use common::Home;
use holdfast_contract::limits;

/// Insists that a command is refused with these words, as text and as JSON, and that no place was made or changed.
fn refused(home: &Home, args: &[&str], words: &str) {
    let before = home.places();
    home.expect(2, args).says(words);
    let error = home.json(2, args);
    assert_eq!(error["error"]["exit"], 2);
    assert!(error["error"]["message"].as_str().is_some_and(|m| m.contains(words)), "{error}");
    assert_eq!(home.places(), before, "something was written by {args:?}");
}

#[test]
fn texts_have_their_lengths_on_save_and_on_edit() {
    let home = Home::new();
    home.save("Oak");
    for (flag, max) in
        [("--name", limits::NAME_MAX), ("--note", limits::NOTE_MAX), ("--category", limits::CATEGORY_MAX)]
    {
        let field = flag.trim_start_matches('-');
        let too_long = "é".repeat(max + 1);
        let words = format!("The {field} is {} characters long; at most {max} are allowed.", max + 1);
        refused(&home, &["save", "1", "2", flag, &too_long], &words);
        refused(&home, &["edit", "Oak", flag, &too_long], &words);
        refused(&home, &["save", "--waiting", flag, &too_long], &words);
        home.ok(&["save", "1", "2", flag, &"é".repeat(max)]);
    }
}

#[test]
fn control_characters_are_refused_in_every_text() {
    let home = Home::new();
    home.save("Oak");
    for flag in ["--name", "--note", "--category", "--tag"] {
        refused(&home, &["save", "1", "2", flag, "a\u{7}b"], "control character U+0007");
    }
    for flag in ["--name", "--note", "--category", "--add-tag", "--remove-tag"] {
        refused(&home, &["edit", "Oak", flag, "a\u{85}b"], "control character U+0085");
    }
}

#[test]
fn tags_have_their_length_and_their_number() {
    let home = Home::new();
    let long = "x".repeat(limits::TAG_MAX + 1);
    refused(&home, &["save", "1", "2", "--tag", &long], "is 41 characters long; at most 40 are allowed");
    let tags: Vec<String> = (0..=limits::TAGS_MAX).map(|i| format!("t{i}")).collect();
    let mut args = vec!["save", "1", "2"];
    for tag in &tags {
        args.extend(["--tag", tag]);
    }
    refused(&home, &args, "has 21 tags; a place can have at most 20");
    args.truncate(3 + 2 * limits::TAGS_MAX);
    home.ok(&args);
    let number = home.places()[0]["number"].to_string();
    refused(&home, &["edit", &number, "--add-tag", "one more"], "at most 20");
    home.ok(&["edit", &number, "--add-tag", "one more", "--remove-tag", "t0"]);
}

#[test]
fn coordinates_have_their_ranges_and_are_numbers() {
    let home = Home::new();
    home.save("Oak");
    for (position, words) in [
        (["90.1", "0"], "latitude must be a number of degrees from -90 to 90"),
        (["-90.1", "0"], "latitude must be a number of degrees from -90 to 90"),
        (["0", "180.1"], "longitude must be a number of degrees from -180 to 180"),
        (["0", "-180.1"], "longitude must be a number of degrees from -180 to 180"),
        (["nan", "0"], "latitude must be"),
        (["0", "inf"], "longitude must be"),
        (["abc", "0"], "latitude \"abc\" is not a number"),
        (["47,5", "8,7"], "write decimals with a point"),
    ] {
        let [latitude, longitude] = position;
        refused(&home, &["save", latitude, longitude], words);
        refused(&home, &["edit", "Oak", "--position", latitude, longitude], words);
        refused(&home, &["fix", "Oak", latitude, longitude], words);
    }
    refused(&home, &["save", "47.5"], "needs two numbers");
    for (latitude, longitude) in [("90", "180"), ("-90", "-180"), ("0", "0"), ("-0", "-0")] {
        home.ok(&["save", latitude, longitude]);
    }
}

#[test]
fn accuracy_and_altitude_are_numbers_of_metres() {
    let home = Home::new();
    refused(&home, &["save", "1", "2", "--accuracy", "-1"], "accuracy must be a number of metres, 0 or more");
    refused(&home, &["save", "1", "2", "--accuracy", "NaN"], "accuracy must be a number of metres");
    refused(&home, &["save", "1", "2", "--altitude", "inf"], "altitude must be a number of metres");
    home.expect(2, &["save", "1", "2", "--accuracy", "wide"]).says("invalid value 'wide'");
    home.ok(&["save", "1", "2", "--accuracy", "0", "--altitude", "-430.5"]);
    assert_eq!(home.places().len(), 1);
}

#[test]
fn accuracy_and_altitude_have_their_ranges_on_edit_and_on_fix() {
    let home = Home::new();
    home.save("Oak");
    for (flag, value, words) in [
        ("--accuracy", "-1", "accuracy must be"),
        ("--accuracy", "nan", "accuracy must be"),
        ("--accuracy", "inf", "accuracy must be"),
        ("--altitude", "nan", "altitude must be a number of metres"),
        ("--altitude", "inf", "altitude must be a number of metres"),
    ] {
        refused(&home, &["edit", "Oak", "--position", "1", "2", flag, value], words);
        refused(&home, &["fix", "Oak", "1", "2", flag, value], words);
    }
    home.expect(2, &["edit", "Oak", "--position", "1", "2", "--accuracy", "wide"]).says("invalid value 'wide'");
    home.expect(2, &["fix", "Oak", "1", "2", "--altitude", "high"]).says("invalid value 'high'");
    // Both belong to a position.
    home.expect(2, &["edit", "Oak", "--accuracy", "5"]).says("--position");
    home.ok(&["edit", "Oak", "--position", "1", "2", "--accuracy", "0", "--altitude", "-430.5"]);
    assert_eq!((&home.places()[0]["accuracy"], &home.places()[0]["altitude"]), (&0.0.into(), &(-430.5).into()));
}

#[test]
fn rows_of_a_file_have_the_same_limits_and_cost_only_themselves() {
    let wpt = |inside: &str| format!("<wpt lat=\"1\" lon=\"2\">{inside}</wpt>");
    let text = |element: &str, length: usize| wpt(&format!("<{element}>{}</{element}>", "é".repeat(length)));
    // GPX has no element for tags; this is how an export writes them.
    let tags = |tags: &[String]| {
        let tags = tags.join("</holdfast:tag><holdfast:tag>");
        wpt(&format!("<extensions><holdfast:tag>{tags}</holdfast:tag></extensions>"))
    };
    let many = |count: usize| (0..count).map(|i| format!("t{i}")).collect::<Vec<_>>();
    let rows = [
        (text("name", limits::NAME_MAX + 1), Some("its name is 201 characters long; at most 200 are allowed")),
        (text("name", limits::NAME_MAX), None),
        (
            text("desc", limits::NOTE_MAX + 1),
            Some("its description is 10001 characters long; at most 10000 are allowed"),
        ),
        (text("desc", limits::NOTE_MAX), None),
        (text("type", limits::CATEGORY_MAX + 1), Some("its type is 41 characters long; at most 40 are allowed")),
        (text("type", limits::CATEGORY_MAX), None),
        (
            tags(&["x".repeat(limits::TAG_MAX + 1)]),
            Some("one of its tags: is 41 characters long; at most 40 are allowed"),
        ),
        (tags(&["x".repeat(limits::TAG_MAX)]), None),
        (tags(&many(limits::TAGS_MAX + 1)), Some("has 21 tags; a place can have at most 20")),
        (tags(&many(limits::TAGS_MAX)), None),
        ("<wpt lat=\"90.1\" lon=\"0\"/>".to_owned(), Some("latitude must be a number of degrees from -90 to 90")),
        ("<wpt lat=\"0\" lon=\"-180.1\"/>".to_owned(), Some("longitude must be a number of degrees from -180 to 180")),
        ("<wpt lat=\"NaN\" lon=\"0\"/>".to_owned(), Some("latitude must be")),
        ("<wpt lat=\"0\" lon=\"inf\"/>".to_owned(), Some("longitude must be")),
        ("<wpt lat=\"90\" lon=\"-180\"/>".to_owned(), None),
    ];
    let home = Home::new();
    let lines: Vec<&str> = rows.iter().map(|(row, _)| row.as_str()).collect();
    let gpx = format!("<gpx version=\"1.1\" xmlns:holdfast=\"urn:holdfast:gpx:1\">\n{}\n</gpx>\n", lines.join("\n"));
    let file = home.write("limits.gpx", gpx);
    let file = file.to_str().unwrap();
    let good = rows.iter().filter(|(_, wrong)| wrong.is_none()).count();

    let report = home.json(3, &["import", file]);
    let report = &report["imports"][0];
    let bad = report["bad"].as_array().unwrap();
    let wrong: Vec<_> = rows.iter().enumerate().filter_map(|(i, (_, w))| w.map(|w| (i + 2, w))).collect();
    assert_eq!((bad.len(), report["new"].as_u64()), (wrong.len(), Some(good as u64)), "{report}");
    for (bad, (line, words)) in bad.iter().zip(&wrong) {
        assert_eq!(bad["line"], *line, "{bad}");
        assert!(bad["reason"].as_str().unwrap().contains(words), "{words}: {bad}");
    }
    assert_eq!(home.places().len(), good);
    let run = home.expect(3, &["import", file]);
    run.says("can't be imported").says("line 2 \"").says("line 4: its description is 10001 characters long");
    assert_eq!(home.places().len(), good, "the same rows again make nothing new");
}

#[test]
fn everything_wrong_is_said_at_once() {
    let home = Home::new();
    let long = "x".repeat(201);
    let run = home.expect(2, &["save", "91", "181", "--name", &long, "--at", "noon", "--tag", "a\u{0001}"]);
    run.says("Nothing was saved.").says("latitude").says("longitude").says("name is 201").says("time must be");
    run.says("control character");
    assert!(home.places().is_empty());
}

#[test]
fn text_is_brought_into_its_normal_form() {
    let home = Home::new();
    home.ok(&["save", "1", "2", "--name", "  Cafe\u{301} ", "--note", "a\r\nb", "--category", "   "]);
    let place = &home.places()[0];
    assert_eq!((&place["name"], &place["note"]), (&"Caf\u{e9}".into(), &"a\nb".into()));
    assert!(place["category"].is_null());
}

#[test]
fn a_clock_outside_the_range_costs_no_place() {
    let home = Home::new();
    home.ok(&["save", "1", "2", "--at", "1903-01-01T00:00:00Z"]);
    assert_eq!(home.places()[0]["capturedAt"], "1970-01-01T00:00:00.000000Z");
}

#[test]
fn passwords_and_addresses_are_checked_before_anything_is_sent() {
    let home = Home::new();
    // Port 9 (discard): whoever sent something would say that nothing answers.
    let link = "http://127.0.0.1:9/setup?code=ABCD";
    let short = home.run_with_input(&["pair", link, "--email", "ada@example.org", "--password-stdin"], b"short\n");
    assert_eq!(short.code, 2);
    short.says("must have at least 10 characters").says("Nothing was sent");
    let long = "x".repeat(limits::PASSWORD_MAX + 1);
    let run = home.run_with_input(&["pair", link, "--email", "ada@example.org", "--password-stdin"], long.as_bytes());
    assert_eq!(run.code, 2);
    run.says("at most 1024 characters");
    let run = home.run_with_input(&["pair", link, "--email", "not an address", "--password-stdin"], b"long enough\n");
    assert_eq!(run.code, 2);
    run.says("must be an e-mail address");
    let address = format!("{}@example.org", "a".repeat(limits::EMAIL_MAX));
    let run = home.run_with_input(&["pair", link, "--email", &address, "--password-stdin"], b"long enough\n");
    assert_eq!(run.code, 2);
    run.says("longer than 254 bytes");
    let name = "n".repeat(limits::DEVICE_NAME_MAX + 1);
    home.expect(2, &["pair", "127.0.0.1:9", "--code", "ABCD-EFGH", "--device-name", &name]).says("at most 80");
    assert_eq!(home.json(0, &["status"])["signedIn"], false);
}

#[test]
fn lists_have_their_bounds() {
    let home = Home::new();
    home.expect(2, &["list", "-n", "0"]).says("0 is not in");
    home.expect(2, &["list", "-n", "1000000"]).says("is not in");
}
