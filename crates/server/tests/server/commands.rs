//! The command line: settings that can't be used, ports and folders that are taken, the administrator, the doctor.

use std::io::Write;
use std::net::TcpListener;
use std::process::Stdio;

use holdfast_store::testing::TestDatabase;
use serde_json::json;

use crate::harness::{EMAIL, Env, PASSWORD, Person, Server, get, post};

#[test]
fn a_setting_that_cannot_be_used_ends_the_program_with_a_sentence_that_names_it() {
    let data = tempfile::tempdir().unwrap();
    for (name, value) in
        [("LISTEN", "eighty"), ("TRASH_DAYS", "-3"), ("PUBLIC_URL", "example.org"), ("LOG_FORMAT", "xml")]
    {
        for command in [&["serve"] as &[&str], &["doctor"]] {
            let finished = Env::new(data.path()).set(name, value).run(command);
            assert_eq!(finished.code, Some(2), "{finished:?}");
            assert!(finished.stderr.starts_with(&format!("holdfast-server: {name} is \"{value}\"")), "{finished:?}");
        }
    }
    let finished = Env::new(data.path()).set("DATABASE_URL", "mysql://u:hunter2@h/d").run(&["serve"]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("DATABASE_URL") && !finished.stderr.contains("hunter2"), "{finished:?}");
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "nothing was begun");
}

#[test]
fn help_says_every_command_and_setting() {
    let data = tempfile::tempdir().unwrap();
    let help = Env::new(data.path()).run(&["--help"]).stdout;
    for word in ["serve", "migrate", "admin", "doctor", "DATABASE_URL_FILE", "default 127.0.0.1:8080", "default ./data"]
    {
        assert!(help.contains(word), "{word} in {help}");
    }
}

#[test]
fn a_port_that_is_taken_is_said_before_anything_is_touched() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let finished = Env::new(data.path()).set("LISTEN", &at).run(&["serve"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains(&format!("{at} is in use by another program")), "{finished:?}");
    assert!(finished.stderr.contains("set LISTEN"), "{finished:?}");
    // An address that is named is not the one that is taken, and can be used as it stands.
    let (_, named) = finished.stderr.split_once("such as LISTEN=").unwrap();
    let (named, _) = named.split_once(',').unwrap();
    assert_ne!(named, at);
    drop(TcpListener::bind(named).unwrap());
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let env = Env::new(data.path());
    let first = Server::start(&env);
    let finished = env.run(&["serve"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("is in use by another server"), "{finished:?}");
    assert!(finished.stderr.contains(&first.pid().to_string()), "{finished:?}");
    Person::set_up(&first).await;
    assert!(first.stop().0.success());
}

#[tokio::test]
async fn another_postgresql_is_used_when_one_is_named_in_a_file() {
    let data = tempfile::tempdir().unwrap();
    let database = TestDatabase::new().await;
    let file = data.path().join("url");
    std::fs::write(&file, format!("{}\n", database.url())).unwrap();
    let folder = data.path().join("data");
    let env = Env::new(&folder).set("DATABASE_URL_FILE", file.to_str().unwrap());
    assert_eq!(env.run(&["migrate"]).code, Some(0));
    let server = Server::start(&env);
    Person::set_up(&server).await;
    assert!(!folder.exists(), "no embedded PostgreSQL was made");
    let (status, stdout, stderr) = server.stop();
    assert!(status.success());
    assert!(!stdout.contains(database.url()) && !stderr.contains(database.url()), "the address is a secret");
    let doctor = env.run(&["doctor"]);
    assert_eq!(doctor.code, Some(0), "{doctor:?}");
    assert!(doctor.stdout.contains("the schema is this version's"), "{doctor:?}");
}

#[test]
fn a_database_that_does_not_answer_is_said_without_its_password() {
    let data = tempfile::tempdir().unwrap();
    let env = Env::new(data.path()).set("DATABASE_URL", "postgres://holdfast:hunter2@127.0.0.1:1/holdfast");
    for (command, exit) in [("serve", 1), ("migrate", 1), ("doctor", 1)] {
        let finished = env.run(&[command]);
        assert_eq!(finished.code, Some(exit), "{finished:?}");
        let said = format!("{}{}", finished.stdout, finished.stderr);
        assert!(said.contains("database") && !said.contains("hunter2"), "{said}");
    }
}

#[tokio::test]
async fn an_administrator_adds_people_beside_a_running_server_and_without_one() {
    let data = tempfile::tempdir().unwrap();
    let env = Env::new(data.path()).set("PUBLIC_URL", "https://places.example.org");
    let added = env.run(&["admin", "add-user", "--email", "bob@example.org"]);
    assert_eq!(added.code, Some(0), "{added:?}");
    let code_of = |stdout: &str| {
        let line = stdout.lines().find(|line| line.contains("--code")).expect("a code is printed");
        assert!(line.contains("holdfast pair https://places.example.org --code "), "{line}");
        line.rsplit(' ').next().unwrap().to_owned()
    };
    let code = code_of(&added.stdout);

    let server = Server::start(&Env::new(data.path()));
    assert!(!server.stdout().contains("/setup?code="), "there is an account");
    let pair = json!({"code": code, "device": {"name": "bob's phone", "platform": "cli"}});
    let (status, signed_in) = post(&server.url, "/v1/pairings", &pair).await;
    assert_eq!((status, &signed_in["account"]["email"]), (201, &json!("bob@example.org")));
    assert_eq!(post(&server.url, "/v1/pairings", &pair).await.0, 401, "it works once");

    let mut child = env
        .command(&["admin", "add-user", "--email", EMAIL, "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(child.wait().unwrap().success());
    let ada = Person::sign_in(&server.url).await;

    let list = env.run(&["admin", "list-users"]).stdout;
    assert!(list.contains("bob@example.org") && list.contains(EMAIL) && list.contains("no password yet"), "{list}");
    // Whoever reads the list may go away, as `head` does.
    for command in [&["admin", "list-users"][..], &["doctor"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let unread = env.command(command).stdout(writer).output().unwrap();
        assert_eq!((unread.status.code(), String::from_utf8(unread.stderr).unwrap()), (Some(141), String::new()));
    }
    // Where and how people try it first.
    assert_eq!(env.run(&["add-user", "eve@example.org"]).code, Some(0));
    assert_eq!(env.run(&["admin", "reset-password", "eve@example.org"]).code, Some(0));
    assert_eq!(env.run(&["admin", "add-user"]).code, Some(2));
    let twice = env.run(&["admin", "add-user", "BOB@example.org"]);
    assert_eq!(twice.code, Some(1));
    assert!(twice.stderr.contains("there is an account with this e-mail address already"), "{twice:?}");

    let plan = ["admin", "set-plan", "--email", EMAIL, "--plan", "small", "--places-max", "7"];
    assert_eq!(env.run(&plan).code, Some(0));
    assert_eq!(ada.get("/v1/account").await.1["limits"]["placesMax"], 7);
    let unknown = env.run(&["admin", "set-plan", "--email", EMAIL, "--plan", "huge"]);
    assert!(unknown.stderr.contains("there are: self_hosted, small"), "{unknown:?}");

    let reset = env.run(&["admin", "reset-password", "--email", EMAIL, "--sign-out"]);
    assert!(reset.stdout.contains("Signed out: 1."), "{reset:?}");
    code_of(&reset.stdout);
    assert_eq!(ada.get("/v1/account").await.0, 401, "at once");
    assert!(server.stop().0.success());
}

#[tokio::test]
async fn the_doctor_finds_a_sound_server_sound_and_says_what_is_wrong_with_another() {
    let data = tempfile::tempdir().unwrap();
    let env = Env::new(data.path());
    let before = env.run(&["doctor"]);
    assert_eq!(before.code, Some(0), "{before:?}");
    assert!(before.stdout.contains("the embedded one starts"), "{before:?}");
    let server = Server::start(&env);
    let beside = env.run(&["doctor"]);
    assert_eq!(beside.code, Some(0), "{beside:?}");
    assert!(beside.stdout.contains("the embedded one runs, with its server"), "{beside:?}");
    assert_eq!(get(&server.url, "/health/ready").await.0, 200);
    assert!(server.stop().0.success());

    let nowhere = env.set("POSTGRES_BIN", "/nowhere/bin").run(&["doctor"]);
    assert_eq!(nowhere.code, Some(1), "{nowhere:?}");
    assert!(nowhere.stdout.contains("WRONG  PostgreSQL") && nowhere.stdout.contains("/nowhere/bin"), "{nowhere:?}");
}
