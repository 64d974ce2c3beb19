//! A server of one's own per test, and people who use it.

use std::net::SocketAddr;
use std::sync::Arc;

use holdfast_api::{ApiSettings, router};
use holdfast_contract::account::{DeviceInfo, SignInRequest, SignedIn};
use holdfast_contract::{AccountId, Code, DeviceId, Problem};
use holdfast_http::{Front, HttpSettings, RateLimits};
use holdfast_service::{Admin, Options, Pool, Service, Settings, SystemClock};
use holdfast_store::testing::TestDatabase;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const PASSWORD: &str = "a long passphrase";

/// What a test may change before its server starts.
pub(crate) struct ServerSettings {
    pub(crate) http: HttpSettings,
    pub(crate) api: ApiSettings,
}

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    pub(crate) service: Service,
    pub(crate) http: Client,
    pub(crate) shutdown: CancellationToken,
    task: JoinHandle<()>,
    // Dropped last: takes the database away.
    pub(crate) database: TestDatabase,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut ServerSettings)) -> Self {
        let database = TestDatabase::new().await;
        let pool = Pool::connect(database.url(), &Options::default()).await.unwrap();
        let service = Service::start(pool, Arc::new(SystemClock), Settings::default()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let mut settings = ServerSettings { http: HttpSettings::new(url.clone()), api: ApiSettings::default() };
        settings.http.rate_limits = RateLimits::unlimited();
        change(&mut settings);
        let shutdown = settings.api.shutdown.clone();
        let app = router(Front::new(service.clone(), settings.http), settings.api)
            .into_make_service_with_connect_info::<SocketAddr>();
        let stopped = shutdown.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            axum::serve(listener, app).with_graceful_shutdown(stopped).await.unwrap();
        });
        let http = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { url, address, service, http, shutdown, task, database }
    }

    /// Stops as a server does, and waits until it has.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }

    /// An account with one signed-in device.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let email = format!("{name}@example.org");
        let mut admin = Admin::connect(self.database.url()).await.unwrap();
        admin.add_user(&email, Some(PASSWORD), self.service.now()).await.unwrap();
        self.device(&email, "laptop").await
    }

    /// One more device of an account, signed in past the limits and bounds of HTTP.
    pub(crate) async fn device(&self, email: &str, name: &str) -> Person {
        let device = Some(DeviceInfo { name: name.to_owned(), platform: "cli".to_owned() });
        let request = SignInRequest { email: email.to_owned(), password: PASSWORD.to_owned(), device };
        Person::of(self.service.sign_in(request).await.unwrap().reply)
    }

    /// A request of nobody.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).header("Holdfast-Protocol", "1")
    }

    /// A request of `person`, with everything a device sends along.
    pub(crate) fn request(&self, person: &Person, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&person.token).header("Holdfast-Account", person.account.to_string())
    }

    pub(crate) async fn get(&self, person: &Person, path: &str) -> Reply {
        send(self.request(person, Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, person: &Person, path: &str) -> Reply {
        send(self.request(person, Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, person: &Person, path: &str, body: &Value) -> Reply {
        send(self.request(person, Method::POST, path).json(body)).await
    }

    pub(crate) async fn patch(&self, person: &Person, path: &str, body: &Value) -> Reply {
        send(self.request(person, Method::PATCH, path).json(body)).await
    }

    /// Saves a place and gives it back.
    pub(crate) async fn save(&self, person: &Person, name: &str) -> Value {
        let reply = self.post(person, "/v1/places", &new_place(name)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        reply.json()["place"].clone()
    }

    /// Everything in a person's feed.
    pub(crate) async fn feed(&self, person: &Person) -> Vec<Value> {
        let reply = self.get(person, "/v1/sync/pull?limit=1000").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()["changes"].as_array().unwrap().clone()
    }
}

#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    pub(crate) token: String,
    pub(crate) epoch: String,
}

impl Person {
    pub(crate) fn of(signed_in: SignedIn) -> Self {
        Self {
            email: signed_in.account.email,
            account: signed_in.account.id,
            device: signed_in.device_id.unwrap(),
            token: signed_in.token.unwrap(),
            epoch: signed_in.epoch,
        }
    }
}

/// The body of a `create`, with fresh ids.
pub(crate) fn new_place(name: &str) -> Value {
    json!({
        "opId": uuid::Uuid::now_v7(),
        "clientId": uuid::Uuid::now_v7(),
        "place": {
            "name": name,
            "latitude": 48.5, "longitude": 11.25, "accuracy": 12.0,
            "capturedAt": "2026-05-01T12:00:00.000000Z",
            "source": "cli", "positionSource": "fix",
        },
    })
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text))
    }

    /// The problem document, checked against everything that holds for each.
    pub(crate) fn problem(&self, code: Code) -> Problem {
        let problem: Problem = serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text));
        assert_eq!(problem.code, code, "{}", self.text);
        assert_eq!((self.status.as_u16(), problem.status), (code.status(), code.status()));
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem.kind, format!("urn:holdfast:problem:{code}"));
        assert_eq!(problem.request_id.as_deref(), Some(self.header("x-request-id")));
        assert!(problem.detail.ends_with('.') && problem.detail.len() > 10, "{}", problem.detail);
        problem
    }

    /// Where two refusals must not differ: everything but the id of the request.
    pub(crate) fn without_request_id(&self) -> Value {
        let mut body = self.json();
        body.as_object_mut().unwrap().remove("requestId");
        body
    }
}

/// Sends a request and checks what every reply carries.
pub(crate) async fn send(request: RequestBuilder) -> Reply {
    let reply = read(request.send().await.unwrap()).await;
    assert_eq!(reply.header("holdfast-protocol"), "1");
    assert!(!reply.header("x-request-id").is_empty());
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
    assert!(["no-store", "no-cache"].contains(&reply.header("cache-control")));
    reply
}

pub(crate) async fn read(response: Response) -> Reply {
    let (status, headers) = (response.status(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap() }
}

/// A reply with everything replaced that differs from run to run.
pub(crate) fn redacted(mut value: Value) -> Value {
    redact("", &mut value);
    value.sort_all_objects();
    value
}

fn redact(key: &str, value: &mut Value) {
    match value {
        Value::Object(object) => object.iter_mut().for_each(|(key, value)| redact(key, value)),
        Value::Array(list) => list.iter_mut().for_each(|value| redact(key, value)),
        Value::String(text) => {
            let is_time = text.len() == 27 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
            let replaced = match key {
                "cursor" | "witness" | "next" | "token" | "requestId" => Some(format!("[{key}]")),
                "code" if text.len() == 9 && text.as_bytes()[4] == b'-' => Some("[XXXX-XXXX]".to_owned()),
                _ if uuid::Uuid::parse_str(text).is_ok() => Some("[uuid]".to_owned()),
                _ if is_time && key != "capturedAt" => Some("[time]".to_owned()),
                _ => None,
            };
            if let Some(replaced) = replaced {
                *text = replaced;
            }
        }
        _ => {}
    }
}
