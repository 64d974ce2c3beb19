//! Signing in and out, and servers that are away, wrong or in the way.

mod common;
#[path = "../../host/tests/common/server.rs"]
mod server;

use common::Home;
use serde_json::json;
use server::{Answer, Server, signed_in};

const PASSWORD: &[u8] = b"correct horse\n";

/// A server that signs anybody in and then is never there for sync.
fn sign_in_server() -> Server {
    Server::start(|request| match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/sessions" | "/v1/setup" | "/v1/pairings") => Answer::json(201, &signed_in("ada@example.org")),
        ("POST", "/v1/pairing-codes") => {
            Answer::json(201, &json!({ "code": "ABCD-EFGH", "expiresAt": "2099-01-01T00:00:00.000000Z" }))
        }
        ("DELETE", "/v1/sessions/current") => Answer::json(204, &json!(null)),
        ("GET", "/v1/devices") => Answer::json(
            200,
            &json!({ "devices": [
            { "id": "01900000-0000-7000-8000-000000000002", "name": "laptop", "platform": "cli",
              "createdAt": "2026-01-01T00:00:00.000000Z", "current": true },
        ] }),
        ),
        _ => Answer::problem(503, "unavailable", "The database is not available at the moment."),
    })
}

fn pair(home: &Home, server: &Server) {
    let run = home.run_with_input(
        &["pair", &server.address, "--email", "ada@example.org", "--password-stdin", "--device-name", "laptop"],
        PASSWORD,
    );
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    run.says("Signed in as ada@example.org");
}

#[test]
fn what_needs_an_account_says_so_and_has_its_exit_code() {
    let home = Home::new();
    home.save("Oak");
    for args in [&["sync"][..], &["watch"], &["devices"], &["sign-out"], &["adopt"], &["pair", "--new-code"]] {
        home.expect(4, args).says("not signed in").says("holdfast pair");
        assert_eq!(home.json(4, args)["error"]["code"], "not_paired");
    }
    assert_eq!(home.names(), ["Oak"]);
}

#[test]
fn a_setup_link_makes_the_account_and_signs_this_device_in() {
    let server = sign_in_server();
    let home = Home::new();
    let link = format!("{}/setup?code=ABCD-EFGH-JKMN-PQRS", server.address);
    let run = home.run_with_input(&["pair", &link, "--email", "ada@Example.org", "--password-stdin"], PASSWORD);
    assert_eq!(run.code, 0, "{}", run.err);
    let sent: serde_json::Value = serde_json::from_str(&server.requests()[0].body).unwrap();
    assert_eq!((&sent["code"], &sent["email"]), (&"ABCD-EFGH-JKMN-PQRS".into(), &"ada@example.org".into()));
    assert_eq!((&sent["password"], &sent["device"]["platform"]), (&"correct horse".into(), &"cli".into()));
    home.ok(&["status"]).says("Signed in as ada@example.org");
    assert!(!run.out.contains("hf_secret") && !run.err.contains("hf_secret"));
}

#[test]
fn a_pairing_code_is_made_with_the_exact_command_for_the_other_device() {
    let server = sign_in_server();
    let home = Home::new();
    pair(&home, &server);
    let command = format!("holdfast pair {} --code ABCD-EFGH", server.address);
    home.ok(&["pair", "--new-code"]).says("ABCD-EFGH").says(&command);
    assert_eq!(home.json(0, &["pair", "--new-code"])["command"], command);

    let second = Home::new();
    second.ok(&["pair", &server.address, "--code", "abcd efgh"]).says("Signed in as");
    let sent: serde_json::Value = serde_json::from_str(&server.requests().last().unwrap().body).unwrap();
    assert_eq!(sent["code"], "abcd efgh");
}

#[test]
fn requests_name_the_protocol_the_account_and_carry_the_token() {
    let server = sign_in_server();
    let home = Home::new();
    pair(&home, &server);
    home.ok(&["devices"]).says("laptop (this one)");
    let requests = server.requests();
    assert_eq!(requests[0].header("authorization"), None);
    let last = requests.last().unwrap();
    assert_eq!(last.header("authorization"), Some("Bearer hf_secret"));
    assert_eq!(last.header("holdfast-protocol"), Some("1"));
    assert_eq!(last.header("holdfast-account"), Some("01900000-0000-7000-8000-000000000001"));
}

#[test]
fn a_server_that_cannot_now_keeps_everything_here() {
    let server = sign_in_server();
    let home = Home::new();
    pair(&home, &server);
    home.save("Oak");
    home.expect(5, &["sync"]).says("can't do that at the moment").says("1 change is kept on this device");
    let error = home.json(5, &["sync"]);
    assert_eq!((&error["error"]["code"], &error["error"]["reachable"]), (&"unavailable".into(), &false.into()));
    assert_eq!(error["error"]["status"]["pending"], 1);
    home.ok(&["list"]).says("Saved on this device");
}

#[test]
fn a_server_that_is_away_keeps_everything_here() {
    let home = Home::new();
    let server = sign_in_server();
    pair(&home, &server);
    // The same device, with its server's address now pointing at a closed port.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = home.path().join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    let (old, new) = (server.address.clone(), format!("http://{closed}"));
    let key = |address: &str| address.replace("http://", "").replace(':', "_3a_");
    std::fs::write(&config, text.replace(&old, &new).replace(&key(&old), &key(&new))).unwrap();
    let credentials = home.path().join("credentials.json");
    let text = std::fs::read_to_string(&credentials).unwrap();
    std::fs::write(&credentials, text.replace(&key(&old), &key(&new))).unwrap();

    home.save("Oak");
    home.expect(5, &["sync"]).says("can't be reached").says("1 change is kept on this device");
    assert_eq!(home.json(5, &["sync"])["error"]["code"], "unreachable");
    home.expect(5, &["devices"]).says("can't be reached");
    assert_eq!(home.names(), ["Oak"]);
}

#[test]
fn a_captive_portal_is_not_taken_for_the_server() {
    let portal = Server::start(|_| {
        Answer::new(200, vec![("content-type", "text/html".into())], "<html>Welcome to the hotel</html>")
    });
    let home = Home::new();
    let run = home.run_with_input(&["pair", &portal.address, "--email", "a@b.org", "--password-stdin"], PASSWORD);
    assert_eq!(run.code, 5);
    run.says("is not a Holdfast server").says("hotel or train");
    assert_eq!(home.json(0, &["status"])["signedIn"], false);
}

#[test]
fn a_redirect_is_never_followed_but_named() {
    let elsewhere = Server::start(|_| Answer::json(201, &signed_in("mallory@example.org")));
    let target = elsewhere.address.clone();
    let server = Server::start(move |_| Answer::new(302, vec![("location", format!("{target}/v1/sessions"))], ""));
    let home = Home::new();
    let run = home.run_with_input(&["pair", &server.address, "--email", "a@b.org", "--password-stdin"], PASSWORD);
    assert_eq!(run.code, 5);
    run.says(&format!("redirects to {}", elsewhere.address));
    assert!(elsewhere.requests().is_empty(), "the password travelled to another host");
}

#[test]
fn wrong_credentials_and_codes_are_said_with_what_to_do() {
    let server = Server::start(|request| match request.path.as_str() {
        "/v1/sessions" => Answer::problem(401, "invalid_credentials", "The e-mail address or the password is wrong."),
        "/v1/pairings" => Answer::problem(401, "invalid_code", "The code is not valid any more."),
        "/v1/setup" => Answer::json(200, &json!({ "needed": false })),
        _ => Answer::problem(404, "not_found", "There is nothing here."),
    });
    let home = Home::new();
    let run = home.run_with_input(&["pair", &server.address, "--email", "a@b.org", "--password-stdin"], PASSWORD);
    assert_eq!(run.code, 4);
    run.says("password is wrong").says("try again");
    home.expect(4, &["pair", &server.address, "--code", "AAAA-BBBB"]).says("not valid any more").says("--new-code");
    assert_eq!(home.json(4, &["pair", &server.address, "--code", "AAAA-BBBB"])["error"]["code"], "invalid_code");
}

#[test]
fn a_server_without_an_account_points_at_its_setup_link() {
    let server = Server::start(|request| match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/v1/setup") => Answer::json(200, &json!({ "needed": true })),
        _ => Answer::problem(401, "invalid_credentials", "The e-mail address or the password is wrong."),
    });
    let home = Home::new();
    let run = home.run_with_input(&["pair", &server.address, "--email", "a@b.org", "--password-stdin"], PASSWORD);
    assert_eq!(run.code, 4);
    run.says("has no account yet").says("setup link");
}

#[test]
fn what_is_missing_for_a_sign_in_is_said() {
    let home = Home::new();
    home.expect(2, &["pair"]);
    home.expect(2, &["pair", "http://127.0.0.1:9"]).says("--email ADDRESS, or --code CODE");
    home.expect(2, &["pair", "http://127.0.0.1:9/setup?code=X"]).says("with --email");
    home.expect(2, &["pair", "http://127.0.0.1:9", "--email", "a@b.org"]).says("--password-stdin");
    home.expect(2, &["pair", "ftp://x", "--code", "A"]).says("must begin with https://");
    let run = home.run_with_input(&["pair", "127.0.0.1:9", "--email", "a@b.org", "--password-stdin"], b"");
    assert_eq!(run.code, 2);
    run.says("no password on standard input");
    home.expect(5, &["pair", "http://127.0.0.1:9", "--code", "AAAA-BBBB"]).says("can't be reached");
}

#[test]
fn places_saved_before_the_account_are_adopted_only_when_asked() {
    let server = sign_in_server();
    let home = Home::new();
    home.save("Before");
    let run = home.run_with_input(&["pair", &server.address, "--email", "a@b.org", "--password-stdin"], PASSWORD);
    assert_eq!(run.code, 0);
    run.says("1 place that was saved without an account").says("left undecided").says("holdfast adopt");
    assert!(home.places().is_empty());
    home.ok(&["status"]).says("1 place was saved without an account");
    home.ok(&["adopt"]).says("1 place is now in the account");
    assert_eq!(home.names(), ["Before"]);
    home.ok(&["adopt"]).says("no places that were saved without an account");
    home.ok(&["sign-out", "--yes"]);
    assert!(home.places().is_empty(), "an adopted place is not in two stores");
}

#[test]
fn adopting_and_keeping_apart_can_be_said_beforehand() {
    let server = sign_in_server();
    let (one, two) = (Home::new(), Home::new());
    for (home, flag, decision) in [(&one, "--adopt", "adopted"), (&two, "--keep-separate", "keptSeparate")] {
        home.save("Before");
        let args = ["pair", &server.address, "--code", "ABCD-EFGH", flag];
        assert_eq!(home.json(0, &args)["anonymous"]["decision"], decision);
    }
    assert_eq!(one.names(), ["Before"]);
    assert!(two.places().is_empty());
    two.ok(&["pair", &server.address, "--code", "ABCD-EFGH"]);
    assert_eq!(two.json(0, &["pair", &server.address, "--code", "X"])["anonymous"]["decision"], "keptSeparate");
    two.ok(&["sign-out", "--yes"]);
    assert_eq!(two.names(), ["Before"]);
}

#[test]
fn signing_out_with_unsent_work_says_so_and_keeps_it() {
    let server = sign_in_server();
    let home = Home::new();
    pair(&home, &server);
    home.save("Oak");
    home.expect(3, &["sign-out"]).says("Still signed in").says("1 change has not been sent yet").says("--yes");
    home.ok(&["status"]).says("Signed in as");
    home.ok(&["sign-out", "--yes"]).says("Signed out").says("kept on this device");
    assert!(server.requests().iter().any(|r| r.method == "DELETE" && r.path == "/v1/sessions/current"));
    home.ok(&["status"]).says("Not signed in");
    assert!(home.places().is_empty());
    pair(&home, &server);
    assert_eq!(home.names(), ["Oak"]);
    assert_eq!(home.json(0, &["status"])["status"]["pending"], 1);
}

#[test]
fn another_server_needs_a_sign_out_first() {
    let (server, other) = (sign_in_server(), sign_in_server());
    let home = Home::new();
    pair(&home, &server);
    home.expect(2, &["pair", &other.address, "--code", "ABCD-EFGH"]).says("signed in already").says("sign-out");
    assert!(other.requests().is_empty());
}

#[test]
fn a_revoked_device_is_told_to_sign_in_again_and_keeps_everything() {
    let server = Server::start(|request| match request.path.as_str() {
        "/v1/pairings" => Answer::json(201, &signed_in("ada@example.org")),
        _ => Answer::problem(401, "unauthenticated", "This device is not signed in any more."),
    });
    let home = Home::new();
    home.ok(&["pair", &server.address, "--code", "ABCD-EFGH"]);
    home.save("Oak");
    home.expect(4, &["sync"]).says("access has ended").says("is kept");
    assert_eq!(home.json(4, &["sync"])["error"]["code"], "sign_in_needed");
    home.ok(&["status"]).says("access has ended");
    home.ok(&["pair", &server.address, "--code", "ABCD-EFGH"]);
    assert!(home.json(0, &["status"])["status"]["paused"].is_null());
    assert_eq!(home.names(), ["Oak"]);
}

#[test]
fn tokens_are_for_the_owner_alone() {
    let server = sign_in_server();
    let home = Home::new();
    pair(&home, &server);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.path().join("credentials.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::metadata(home.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }
    for args in [&["status"][..], &["devices"], &["outbox"]] {
        let run = home.ok(args);
        assert!(!run.out.contains("hf_secret") && !run.err.contains("hf_secret"));
    }
}
