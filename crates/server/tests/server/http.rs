//! The server inside this process: accounts and operations over HTTP.

use holdfast_server::{Running, Settings, start};
use holdfast_store::testing::TestDatabase;
use serde_json::{Value, json};

use crate::harness::{EMAIL, PASSWORD, Person, answer, create, get, post};

/// A server on a database of its own.
pub(crate) struct Inside {
    pub(crate) running: Running,
    pub(crate) database: TestDatabase,
}

impl Inside {
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Self {
        let database = TestDatabase::new().await;
        let read = |name: &str| {
            let fixed = match name {
                "LISTEN" => Some("127.0.0.1:0".to_owned()),
                "DATABASE_URL" => Some(database.url().to_owned()),
                _ => None,
            };
            Ok(settings.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()).or(fixed))
        };
        let running = start(Settings::read(read).unwrap()).await.unwrap();
        Self { running, database }
    }

    pub(crate) fn url(&self) -> &str {
        &self.running.url
    }

    fn code(&self) -> &str {
        self.running.setup_link.as_deref().unwrap().split("code=").nth(1).unwrap()
    }

    pub(crate) async fn person(&self) -> Person {
        Person::set_up_at(self.url(), self.code()).await
    }
}

fn setup(code: &str) -> Value {
    json!({"code": code, "email": EMAIL, "password": PASSWORD, "device": {"name": "laptop"}})
}

#[tokio::test]
async fn the_setup_works_once() {
    let server = Inside::start(&[]).await;
    let (status, problem) = post(server.url(), "/v1/setup", &setup("0000-0000-0000-0000")).await;
    assert_eq!((status, &problem["code"]), (401, &json!("invalid_code")));
    assert_eq!(post(server.url(), "/v1/setup", &setup(server.code())).await.0, 201);
    let (status, problem) = post(server.url(), "/v1/setup", &setup(server.code())).await;
    assert_eq!((status, &problem["code"]), (409, &json!("already_set_up")));
    server.running.shutdown().await;
}

#[tokio::test]
async fn sign_ins_are_limited_per_address_and_the_rest_goes_on() {
    let server = Inside::start(&[("SIGN_IN_LIMIT_PER_MINUTE", "5")]).await;
    let person = server.person().await;
    let wrong = json!({"email": EMAIL, "password": "not the password", "device": {"name": "x"}});
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let request = reqwest::Client::new().post(format!("{}/v1/sessions", server.url())).json(&wrong);
        let response = request.send().await.unwrap();
        statuses.push(response.status().as_u16());
        if response.status() == 429 {
            let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds));
            let problem: Value = response.json().await.unwrap();
            assert_eq!(problem["code"], "rate_limited");
        }
    }
    // The setup was the first of five.
    assert_eq!(statuses, [401, 401, 401, 401, 429, 429]);
    assert_eq!(person.get("/v1/account").await.0, 200);
    server.running.shutdown().await;
}

#[tokio::test]
async fn a_revoked_device_is_refused_at_once() {
    let server = Inside::start(&[]).await;
    let laptop = server.person().await;
    let phone = Person::sign_in(server.url()).await;
    assert_eq!(phone.push(&[create("spring")]).await.0, 200);
    assert_eq!(laptop.delete(&format!("/v1/devices/{}", phone.device)).await.0, 204);
    assert_eq!(phone.push(&[create("hut")]).await.0, 401);
    assert_eq!(phone.get("/v1/sync/pull").await.0, 401);
    assert_eq!(laptop.place_names().await, ["spring"]);
    assert_eq!(laptop.delete(&format!("/v1/devices/{}", phone.device)).await.0, 404);
    let devices = laptop.get("/v1/devices").await.1;
    assert_eq!(devices["devices"].as_array().unwrap().len(), 1);
    server.running.shutdown().await;
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let server = Inside::start(&[]).await;
    let laptop = server.person().await;
    assert_eq!(laptop.delete("/v1/sessions/current").await.0, 204);
    assert_eq!(laptop.get("/v1/account").await.0, 401);
    server.running.shutdown().await;
}

#[tokio::test]
async fn a_phone_is_paired_with_a_code_and_both_are_in_the_list_of_devices() {
    let server = Inside::start(&[]).await;
    let laptop = server.person().await;
    let (status, code) = laptop.post("/v1/pairing-codes", &json!({})).await;
    assert_eq!(status, 201, "{code}");
    let pair = json!({"code": code["code"], "device": {"name": "phone", "platform": "ios"}});
    let (status, signed_in) = post(server.url(), "/v1/pairings", &pair).await;
    assert_eq!(status, 201, "{signed_in}");
    let phone = Person::signed_in(server.url(), &signed_in);
    assert_eq!(post(server.url(), "/v1/pairings", &pair).await.1["code"], "invalid_code");
    let telemetry = json!({"pending": 3, "oldestPendingSeconds": 60});
    let push = json!({"epoch": phone.epoch, "operations": [create("spring")], "telemetry": telemetry});
    assert_eq!(phone.post("/v1/sync/push", &push).await.0, 200);
    let devices = laptop.get("/v1/devices").await.1["devices"].clone();
    assert_eq!((&devices[0]["name"], &devices[0]["platform"]), (&json!("phone"), &json!("ios")));
    // Three, of which one has just been taken.
    assert_eq!((&devices[0]["current"], &devices[0]["pending"]), (&json!(false), &json!(2)));
    assert!(devices[0]["lastSyncAt"].is_string() && devices[1]["lastSyncAt"].is_null(), "{devices}");
    assert_eq!(devices[1]["current"], true);
    server.running.shutdown().await;
}

#[tokio::test]
async fn metrics_are_served_where_they_were_asked_for() {
    let server = Inside::start(&[("METRICS", "off")]).await;
    assert_eq!(get(server.url(), "/metrics").await.0, 404);
    server.running.shutdown().await;

    let server = Inside::start(&[("METRICS_LISTEN", "127.0.0.1:0")]).await;
    server.person().await;
    assert_eq!(get(server.url(), "/metrics").await.0, 404);
    let own = format!("http://{}", server.running.metrics_addr.unwrap());
    let (status, text) = get(&own, "/metrics").await;
    let text = text.as_str().unwrap();
    assert_eq!(status, 200);
    for metric in [
        "holdfast_sign_ins_total{way=\"setup\",outcome=\"ok\"}",
        "process_resident_memory_bytes",
        "holdfast_build_info",
    ] {
        assert!(text.contains(metric), "{metric} in {text}");
    }
    assert_eq!(get(&own, "/v1/setup").await.0, 404);
    server.running.shutdown().await;
}

#[tokio::test]
async fn readiness_names_its_checks() {
    let server = Inside::start(&[]).await;
    let (status, body) = get(server.url(), "/health/ready").await;
    assert_eq!(status, 200, "{body}");
    let text = body.to_string();
    assert!(text.contains("database") && text.contains("migrations"), "{text}");
    let request = reqwest::Client::new().get(format!("{}/health/live", server.url()));
    assert_eq!(answer(request).await.0, 200);
    // The schema is asked for each time: somebody may have put an older one back.
    let mut sql = server.database.connect().await;
    sqlx::query("UPDATE _sqlx_migrations SET version = version + 1000 WHERE version = 1")
        .execute(&mut sql)
        .await
        .unwrap();
    let (status, body) = get(server.url(), "/health/ready").await;
    assert_eq!(status, 503, "{body}");
    assert_eq!(body["errors"].as_array().unwrap().len(), 1, "{body}");
    assert_eq!(body["errors"][0]["field"], "migrations");
    // One that a newer version has brought further is worked with.
    sqlx::query(
        "INSERT INTO _sqlx_migrations SELECT 1, description, installed_on, success, checksum, execution_time
                 FROM _sqlx_migrations WHERE version = 1001",
    )
    .execute(&mut sql)
    .await
    .unwrap();
    let (status, body) = get(server.url(), "/health/ready").await;
    assert_eq!(status, 200, "{body}");
    assert!(body.to_string().contains("a newer version's"), "{body}");
    server.running.shutdown().await;
}
