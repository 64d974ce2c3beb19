//! Questions to a person at a terminal.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

mod common;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use common::Home;
use nix::pty::openpty;

/// What a person at a terminal sees, and with which code the program ends, when they answer the first question like this.
fn at_a_terminal(home: &Home, args: &[&str], answer: &str) -> (i32, String) {
    at_a_terminal_while(home, args, answer, || {})
}

/// The same, with something that happens while the question stands.
fn at_a_terminal_while(home: &Home, args: &[&str], answer: &str, meanwhile: impl Fn()) -> (i32, String) {
    let terminal = openpty(None, None).unwrap();
    let side = || Stdio::from(terminal.slave.try_clone().unwrap());
    let mut command = home.command(args);
    command.env("TERM", "dumb").env("NO_COLOR", "1").stdin(side()).stdout(side()).stderr(side());
    let mut program = command.spawn().unwrap();
    // The terminal ends with the program only where nobody else holds that side of it.
    drop((command, terminal.slave));
    let mut keyboard = File::from(terminal.master.try_clone().unwrap());
    let mut screen = File::from(terminal.master);
    let (mut shown, mut part, mut answered) = (Vec::new(), [0; 1024], false);
    // Linux says that the other side is closed by an error, other systems by an end.
    while let Ok(count @ 1..) = screen.read(&mut part) {
        shown.extend_from_slice(&part[..count]);
        if !answered && shown.ends_with(b"[y/N] ") {
            meanwhile();
            keyboard.write_all(answer.as_bytes()).unwrap();
            answered = true;
        }
    }
    let shown = String::from_utf8(shown).unwrap().replace("\r\n", "\n");
    (program.wait().unwrap().code().unwrap(), shown)
}

#[test]
fn a_person_is_asked_before_a_place_that_is_nowhere_else_is_gone_for_good() {
    let home = Home::new();
    home.save("Oak");
    // Enter alone, the end of input, and anything but a yes keep it.
    for answer in ["\n", "n\n", "yess\n", "\u{4}"] {
        let (_, shown) = at_a_terminal(&home, &["delete", "Oak"], answer);
        assert!(shown.contains("Oak has never left this device"), "{shown}");
        assert!(shown.contains("Delete for good? [y/N] "), "{shown}");
        assert!(!shown.contains("is deleted"), "{answer:?}: {shown}");
        assert_eq!(home.names(), ["Oak"], "{answer:?}");
    }
    let (code, shown) = at_a_terminal(&home, &["delete", "Oak"], "y\n");
    assert!(shown.contains("Oak is deleted. It had never left this device"), "{shown}");
    assert_eq!((code, home.places().len()), (0, 0));
}

#[test]
fn several_places_are_asked_about_at_once_and_a_script_is_never_asked() {
    let home = Home::new();
    for name in ["Oak", "Elm", "Ash"] {
        home.save(name);
    }
    let (_, shown) = at_a_terminal(&home, &["delete", "Oak", "Elm"], "n\n");
    assert!(shown.contains("2 places have never left this device"), "{shown}");
    assert_eq!(home.names(), ["Ash", "Elm", "Oak"]);
    let (code, shown) = at_a_terminal(&home, &["delete", "Oak", "--json"], "");
    assert!(shown.contains("only_on_this_device") && !shown.contains("[y/N]"), "{shown}");
    assert_eq!((code, home.names().len()), (3, 3));
    let (code, shown) = at_a_terminal(&home, &["delete", "Oak", "Elm", "--yes"], "");
    assert!(!shown.contains("[y/N]"), "{shown}");
    assert_eq!((code, home.names()), (0, vec!["Ash".to_owned()]));
}

#[test]
fn what_another_process_types_while_a_question_stands_does_not_go_with_the_answer() {
    for args in [&["outbox", "discard", "1"][..], &["delete", "Oak"]] {
        let home = Home::new();
        home.save("Oak");
        let typed = || drop(home.ok(&["edit", "Oak", "--note", "the squirrels' one"]));
        let (code, shown) = at_a_terminal_while(&home, args, "y\n", typed);
        assert!(shown.contains("Another process has just changed it"), "{args:?}: {shown}");
        assert!(!shown.contains("Dropped") && !shown.contains("is deleted"), "{args:?}: {shown}");
        assert_eq!((code, home.places()[0]["note"].as_str()), (3, Some("the squirrels' one")), "{args:?}");
        // Whoever has seen it may let it go.
        let (code, shown) = at_a_terminal(&home, args, "y\n");
        assert_eq!((code, home.places().len()), (0, 0), "{args:?}: {shown}");
    }
}
