//! Exit codes, JSON, colours, pipes, completions, locks: how the program behaves as a program.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use common::Home;

#[test]
fn help_lists_every_command_and_every_exit_code() {
    let home = Home::new();
    let help = home.ok(&["--help"]);
    for word in [
        "pair",
        "sign-out",
        "adopt",
        "save",
        "fix",
        "list",
        "show",
        "edit",
        "delete",
        "restore",
        "resolve",
        "outbox",
        "sync",
        "status",
        "watch",
        "devices",
        "import",
        "export",
        "completions",
        "Exit codes:",
        "--home",
        "--json",
        "--color",
    ] {
        help.says(word);
    }
    home.ok(&["save", "--help"]).says("Examples:").says("LAT LON");
    home.ok(&["--version"]).says("holdfast ");
    assert!(!home.path().exists(), "asking for help makes no home folder");
}

#[test]
fn a_misspelt_command_or_option_gets_a_suggestion() {
    let home = Home::new();
    home.expect(2, &["lst"]).says("'list'");
    home.expect(2, &["list", "--categroy", "x"]).says("'--category'");
    home.expect(2, &["list", "--state", "syncd"]).says("'synced'");
    home.expect(2, &["save"]).says("required");
    home.expect(2, &["save", "1", "2", "--waiting"]).says("cannot be used with");
    home.expect(2, &["save", "1", "2", "3"]);
}

#[test]
fn somebody_who_knows_nothing_is_shown_what_there_is() {
    let home = Home::new();
    home.expect(2, &[]).says("Usage: holdfast").says("Save a place");
    home.ok(&["help"]).says("Exit codes:");
    home.ok(&["help", "save"]).says("Usage: holdfast save");
    // The variable is not the person's doing, and no part of what they are to type.
    let run = home.expect(2, &["edit"]);
    assert!(run.err.contains("Usage: holdfast edit") && !run.err.contains("--home"), "{}", run.err);
    assert!(!home.path().exists());
    for (args, words) in [
        (&["import", "undo", "x"][..], "it takes a number that the list shows"),
        (&["outbox", "list", "--after", "x"], "it takes a number that the list shows"),
        (&["save", "1", "2", "--accuracy", "wide"], "it takes a number of metres, such as 12.5"),
    ] {
        home.expect(2, args).says(words);
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named_as_it_was_typed() {
    let home = Home::new();
    home.save("Oak");
    for args in [&["export", "-o", "nowhere/oak.gpx"][..], &["outbox", "export", "-o", "nowhere/oak.gpx"]] {
        let run = home.expect(1, args);
        run.says("nowhere/oak.gpx can't be written: its folder is not there. Nothing was written.");
        assert!(!run.err.contains(".holdfast-"), "{}", run.err);
    }
}

#[test]
fn failures_are_one_json_document_on_standard_output() {
    let home = Home::new();
    let error = home.json(6, &["show", "nothing"]);
    assert_eq!((&error["error"]["code"], &error["error"]["exit"]), (&"not_found".into(), &6.into()));
    assert!(error["error"]["message"].as_str().unwrap().starts_with("There is no place"));
    assert!(error["error"].get("hint").is_some());
}

#[test]
fn a_command_line_that_cannot_be_read_is_one_json_document_too() {
    let home = Home::new();
    for (args, message, hint) in [
        (&["lst"][..], "unrecognized subcommand 'lst'", "'list'"),
        (&["list", "--categroy", "x"], "unexpected argument '--categroy'", "'--category'"),
        (&["list", "--state", "syncd"], "invalid value 'syncd'", "'synced'"),
        (&["save"], "required arguments were not provided", "Usage: holdfast save"),
        (&["save", "1", "2", "--accuracy", "wide"], "invalid value 'wide'", "--help"),
        (&["resolve", "1", "--mine", "--theirs"], "cannot be used with", "Usage"),
        (&[], "subcommand", ""),
    ] {
        let error = home.json(2, args);
        let error = &error["error"];
        assert_eq!((&error["code"], &error["exit"]), (&"usage".into(), &2.into()), "{args:?}");
        let text = |member: &str| error[member].as_str().unwrap_or_default().to_owned();
        assert!(text("message").contains(message), "{args:?}: {error}");
        assert!(text("hint").contains(hint), "{args:?}: {error}");
        assert!(!text("message").starts_with("error"), "{error}");
    }
    // Behind `--` it is a place's name, and no wish for JSON.
    let run = home.expect(2, &["show", "--nonsense", "--", "--json"]);
    assert_eq!(run.out, "");
    home.ok(&["list", "--help", "--json"]).says("Usage: holdfast list");
}

#[test]
fn an_export_to_standard_output_is_one_json_document_where_json_was_asked_for() {
    let home = Home::new();
    home.save("Oak");
    let exported = home.json(0, &["export"]);
    assert_eq!(exported["type"], "FeatureCollection");
    assert_eq!(exported["features"][0]["properties"]["name"], "Oak");
    assert_eq!(home.json(0, &["export", "--format", "geojson"]), exported);
    let error = home.json(2, &["export", "--format", "gpx"]);
    assert!(error["error"]["message"].as_str().unwrap().contains("GPX is no JSON"));
    assert!(home.ok(&["export"]).out.contains("<gpx"));
    // Into a file it is what the file's name says, and the document tells of it.
    let file = home.file("oak.gpx");
    assert_eq!(home.json(0, &["export", "-o", file.to_str().unwrap()])["exported"], 1);
    assert!(std::fs::read_to_string(file).unwrap().contains("<gpx"));
}

#[test]
fn colours_are_used_on_demand_and_never_in_a_pipe_unasked() {
    let home = Home::new();
    home.save("Oak");
    assert!(!home.ok(&["list"]).out.contains('\u{1b}'));
    assert!(home.ok(&["list", "--color", "always"]).out.contains('\u{1b}'));
    assert!(!home.ok(&["list", "--color", "never"]).out.contains('\u{1b}'));
    assert!(!home.ok(&["list", "--json", "--color", "always"]).out.contains('\u{1b}'));
}

#[test]
fn quiet_leaves_only_what_was_asked_for() {
    let home = Home::new();
    let run = home.ok(&["save", "1", "2", "--name", "Oak", "-q"]);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    assert!(home.ok(&["list", "-q"]).out.contains("Oak"));
    home.expect(6, &["show", "Elm", "-q"]).says("There is no place");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    let file = home.write("many.gpx", common::waypoints(5000));
    home.ok(&["import", file.to_str().unwrap(), "-q"]);
    for args in [&["list", "--all"][..], &["export"], &["list", "--all", "--json"]] {
        let mut child = home.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        {
            let mut out = BufReader::with_capacity(64, child.stdout.take().unwrap());
            out.read_line(&mut line).unwrap();
        }
        let status = child.wait().unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((status.code(), err.as_str()), (Some(141), ""), "{args:?}");
        assert!(!line.is_empty());
    }
}

#[test]
fn every_shell_gets_its_completions() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = home.ok(&["completions", shell]);
        assert!(run.out.contains("holdfast") && run.out.contains("sign-out"), "{shell}");
    }
    home.expect(2, &["completions", "tcsh"]);
}

#[test]
fn the_home_folder_is_an_option_a_variable_or_a_default() {
    let home = Home::new();
    home.save("In the variable's");
    let other = home.file("other");
    home.ok(&["--home", other.to_str().unwrap(), "save", "1", "2", "--name", "In the option's"]);
    home.ok(&["list", "--home", other.to_str().unwrap()]).says("In the option's");
    assert_eq!(home.names(), ["In the variable's"]);
    let mut command = home.command(&["save", "1", "2"]);
    command.env_remove("HOLDFAST_HOME");
    assert!(command.output().unwrap().status.success());
    assert!(home.file(".holdfast").join("anonymous.db").exists());
    let mut command = home.command(&["save", "1", "2"]);
    command.env_remove("HOLDFAST_HOME").env("XDG_DATA_HOME", home.file("data"));
    assert!(command.output().unwrap().status.success());
    assert!(home.file("data").join("holdfast/anonymous.db").exists());
}

#[test]
fn a_home_folder_that_cannot_be_used_is_said() {
    let home = Home::new();
    let file = home.write("plain", "x");
    let inside = file.join("home");
    home.expect(7, &["--home", inside.to_str().unwrap(), "list"]).says("home folder can't be used").says("--home");
    std::fs::create_dir_all(home.path()).unwrap();
    std::fs::write(home.path().join("config.json"), "{half").unwrap();
    home.expect(7, &["list"]).says("can't be understood").says("left as it is");
    assert_eq!(home.json(7, &["list"])["error"]["code"], "storage");
}

#[test]
fn many_processes_on_one_home_folder_lose_nothing() {
    let home = Home::new();
    let children: Vec<_> =
        (0..12).map(|i| home.command(&["save", "1", "2", "--name", &format!("p{i:02}")]).spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let expected: Vec<String> = (0..12).map(|i| format!("p{i:02}")).collect();
    assert_eq!(home.names(), expected);
}

#[test]
fn a_damaged_database_is_set_aside_and_said_not_shown_as_empty() {
    let home = Home::new();
    home.save("Oak");
    let database = home.path().join("anonymous.db");
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(home.path().join(format!("anonymous.db{suffix}")));
    }
    std::fs::write(&database, b"this is no database at all, but somebody's letter").unwrap();
    let run = home.ok(&["list"]);
    run.says("The database was damaged").says("set aside");
    let kept = std::fs::read_dir(home.path())
        .unwrap()
        .any(|e| std::fs::read(e.unwrap().path()).is_ok_and(|bytes| bytes.starts_with(b"this is no database")));
    assert!(kept, "the damaged file was not kept");
}
