//! No name, note, coordinate, address, password, token or code is ever in a log line or a metric, whatever goes wrong.
//!
//! The server runs with every log line on, and PostgreSQL is made to fail in the ways that quote rows.

use holdfast_postgres::running_url;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use crate::harness::{Env, Person, Server, answer, get, post, postgres_pid, wait_for, wait_until};

/// Part of everything that is planted and is text.
const CANARY: &str = "zqxcanary";
/// Digits of the planted coordinates. Long enough not to turn up by chance in a time or an id.
const LATITUDE: f64 = 46.715_293_846;
const LONGITUDE: f64 = 9.381_746_529;
const DIGITS: [&str; 2] = ["715293846", "381746529"];

const EMAIL: &str = "zqxcanary.mail@example.org";
const PASSWORD: &str = "zqxcanary password";

/// What failed in PostgreSQL while places with canaries were written.
const FAULTS: &[(&str, &str)] = &[
    (
        "ALTER TABLE places ADD CONSTRAINT fault CHECK (name NOT LIKE 'zqxcanary%') NOT VALID",
        "ALTER TABLE places DROP CONSTRAINT fault",
    ),
    ("ALTER TABLE places RENAME COLUMN note TO fault", "ALTER TABLE places RENAME COLUMN fault TO note"),
    (
        "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'row is % at %', NEW.name, NEW.latitude; END $$;
         CREATE TRIGGER fault BEFORE INSERT OR UPDATE ON places FOR EACH ROW EXECUTE FUNCTION fault()",
        "DROP TRIGGER fault ON places; DROP FUNCTION fault()",
    ),
    (
        "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE WARNING 'row is % at %', NEW.name, NEW.latitude; RETURN NEW; END $$;
         CREATE TRIGGER fault BEFORE INSERT OR UPDATE ON places FOR EACH ROW EXECUTE FUNCTION fault()",
        "DROP TRIGGER fault ON places; DROP FUNCTION fault()",
    ),
    (
        "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
         CREATE TRIGGER fault BEFORE INSERT OR UPDATE ON places FOR EACH ROW EXECUTE FUNCTION fault()",
        "DROP TRIGGER fault ON places; DROP FUNCTION fault()",
    ),
    (
        "REVOKE EXECUTE ON FUNCTION account_credentials FROM holdfast_app",
        "GRANT EXECUTE ON FUNCTION account_credentials TO holdfast_app",
    ),
];

fn canary(what: &str) -> String {
    format!("{CANARY} {what} {}", Uuid::new_v4().simple())
}

fn place() -> Value {
    json!({
        "name": canary("name"), "note": canary("note"), "category": "zqxcanary", "tags": ["zqxcanary tag"],
        "latitude": LATITUDE, "longitude": LONGITUDE, "capturedAt": "2026-01-02T03:04:05Z", "source": "cli",
        "positionSource": "fix"
    })
}

fn create() -> Value {
    json!({
        "opId": Uuid::now_v7(), "payloadVersion": 1, "kind": "create", "clientId": Uuid::now_v7(), "place": place()
    })
}

/// Everything a person can do wrong and right, with canaries in all of it.
async fn use_everything(person: &Person) {
    let first = create();
    let own = first["clientId"].as_str().unwrap().to_owned();
    // In a time of faults any answer will do; none may leave a trace.
    let operations = [
        first.clone(),
        create(),
        json!({"opId": Uuid::now_v7(), "payloadVersion": 1, "kind": "update", "clientId": own, "changes": {
            "name": {"was": canary("seen"), "to": canary("renamed")},
            "position": {"was": null, "to": {"latitude": LATITUDE, "longitude": LONGITUDE}}}}),
        json!({"opId": Uuid::now_v7(), "payloadVersion": 1, "kind": "refine", "clientId": own,
            "position": {"latitude": LATITUDE, "longitude": LONGITUDE, "accuracy": 1.0}}),
        json!({"opId": canary("op"), "kind": canary("kind"), "clientId": canary("client")}),
        json!({"opId": Uuid::now_v7(), "kind": "create", "clientId": Uuid::now_v7(),
            "place": {"name": canary(&"x".repeat(300)), "latitude": 4_671_529_384.6, "longitude": canary("east")}}),
        json!({"opId": first["opId"], "payloadVersion": 1, "kind": "create", "clientId": own, "place": place()}),
    ];
    person.push(&operations).await;
    person.push(&[first]).await;
    person.post("/v1/places", &json!({"clientId": Uuid::now_v7(), "place": place()})).await;
    person.post("/v1/places", &json!({"clientId": canary("client"), "place": canary("place")})).await;
    let update = json!({"changes": {"note": {"was": canary("was"), "to": canary("to")}}});
    answer(person.request(Method::PATCH, &format!("/v1/places/client:{own}")).json(&update)).await;
    for path in [
        "/v1/places?q=zqxcanary%20search&category=zqxcanary&tag=zqxcanary",
        "/v1/places?after=zqxcanary&limit=zqxcanary",
        "/v1/places/zqxcanary",
        "/v1/sync/pull?cursor=zqxcanary",
        "/v1/sync/pull",
        "/v1/zqxcanary?zqxcanary=zqxcanary",
        "/zqxcanary/46.715293846",
        "/setup?code=zqxcanary",
        &format!("/v1/places/client:{own}/history"),
    ] {
        person.get(path).await;
    }
    let half = format!("{{\"epoch\": \"zqxcanary\", \"operations\": [{{\"name\": \"{}\"", canary("half"));
    answer(person.request(Method::POST, "/v1/sync/push").header("content-type", "application/json").body(half)).await;
    answer(
        person.request(Method::POST, "/v1/sync/push").header("content-type", "zqxcanary/zqxcanary").body(canary("b")),
    )
    .await;
    answer(person.request(Method::GET, "/v1/account").header("holdfast-account", "zqxcanary")).await;
    answer(person.request(Method::GET, "/v1/account").header("holdfast-protocol", "zqxcanary")).await;
    answer(person.request(Method::GET, "/v1/account").header("x-request-id", "zqxcanary")).await;
    answer(person.request(Method::GET, "/v1/account").header("cookie", "holdfast_session=zqxcanary; b=zqxcanary"))
        .await;
    answer(person.request(Method::GET, "/v1/account").header("user-agent", "zqxcanary")).await;
    answer(person.client.get(format!("{}/v1/account", person.url)).bearer_auth("hf_zqxcanary")).await;

    let device = json!({"name": canary("device"), "platform": "zqxcanary"});
    for (path, body) in [
        ("/v1/sessions", json!({"email": EMAIL, "password": PASSWORD, "device": device})),
        ("/v1/sessions", json!({"email": EMAIL, "password": canary("wrong"), "device": device})),
        ("/v1/sessions", json!({"email": "zqxcanary", "password": canary("wrong")})),
        ("/v1/sessions", json!({"email": [EMAIL], "password": {"zqxcanary": PASSWORD}})),
        ("/v1/pairings", json!({"code": "zqxcanary", "device": device})),
        ("/v1/setup", json!({"code": "zqxcanary", "email": EMAIL, "password": PASSWORD})),
    ] {
        post(&person.url, path, &body).await;
    }
}

#[tokio::test]
async fn nothing_personal_is_in_any_log_or_metric() {
    let data = tempfile::tempdir().unwrap();
    let env =
        Env::new(data.path()).set("RUST_LOG", "debug").set("LOG_FORMAT", "json").set("RATE_LIMIT_PER_MINUTE", "0");
    let server = Server::start(&env);
    let code = server.setup_code();
    let request = json!({
        "code": code, "email": EMAIL, "password": PASSWORD, "device": {"name": canary("laptop"), "platform": "zqxcanary"}
    });
    let (status, signed_in) = post(&server.url, "/v1/setup", &request).await;
    assert_eq!(status, 201, "{signed_in}");
    let person = Person::signed_in(&server.url, &signed_in);
    let pairing = person.post("/v1/pairing-codes", &json!({})).await.1["code"].as_str().unwrap().to_owned();
    let pair = json!({"code": pairing, "device": {"name": canary("phone")}});
    let phone = Person::signed_in(&server.url, &post(&server.url, "/v1/pairings", &pair).await.1);

    use_everything(&person).await;
    let url = running_url(&data.path().join("postgres"), "postgres").unwrap();
    let mut owner = PgConnection::connect(&url).await.unwrap();
    for (break_it, mend_it) in FAULTS {
        sqlx::raw_sql(AssertSqlSafe(*break_it)).execute(&mut owner).await.unwrap();
        use_everything(&person).await;
        sqlx::raw_sql(AssertSqlSafe(*mend_it)).execute(&mut owner).await.unwrap();
    }
    owner.close().await.unwrap();

    // And while the database is not there at all.
    let before = postgres_pid(data.path()).unwrap();
    kill(Pid::from_raw(i32::try_from(before).unwrap()), Signal::SIGKILL).unwrap();
    use_everything(&person).await;
    wait_for("a new PostgreSQL", || postgres_pid(data.path()).filter(|pid| *pid != before));
    wait_until("an answer", async || (person.get("/v1/account").await.0 == 200).then_some(())).await;
    use_everything(&person).await;
    assert!(!person.place_names().await.is_empty(), "what was planted is there");

    let metrics = get(&server.url, "/metrics").await.1.as_str().unwrap().to_owned();
    let (status, stdout, logs) = server.stop();
    assert!(status.success());
    let postgres_log = std::fs::read_to_string(data.path().join("postgres/postgres.log")).unwrap();

    // They are logs of what happened, and not of nothing.
    assert!(logs.contains("/v1/sync/push") && logs.contains("request_id"), "{logs}");
    assert!(metrics.contains("http_requests_total") && metrics.contains("invalid_credentials"), "{metrics}");
    assert!(postgres_log.contains("ready to accept connections"), "{postgres_log}");

    let mut needles: Vec<&str> = vec![CANARY, EMAIL, PASSWORD, &code, &pairing, &person.token, &phone.token];
    needles.extend(DIGITS);
    let (code_letters, pairing_letters) = (code.replace('-', ""), pairing.replace('-', ""));
    needles.extend([code_letters.as_str(), pairing_letters.as_str()]);
    for (place, text) in [("the server's log", &logs), ("the metrics", &metrics), ("PostgreSQL's log", &postgres_log)] {
        let lower = text.to_lowercase();
        for needle in &needles {
            let found = lower.lines().find(|line| line.contains(&needle.to_lowercase()));
            assert!(found.is_none(), "{needle:?} is in {place}: {}", found.unwrap_or_default());
        }
    }
    // The terminal shows the setup link, once, and nothing else of this.
    assert_eq!(stdout.matches(&code).count(), 2, "{stdout}");
    assert!(!stdout.contains(CANARY));
}
