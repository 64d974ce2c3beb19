//! The real server in this process: router, service and store over a real PostgreSQL, on a virtual clock, with a line to
//! the database that can be cut.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request as HttpRequest, header};
use holdfast_api::ApiSettings;
use holdfast_contract::account::{DeviceInfo, PairRequest};
use holdfast_contract::{ACCOUNT_HEADER, AccountId, PROTOCOL_HEADER, PROTOCOL_VERSION};
use holdfast_device::{Answer, Request};
use holdfast_http::{Front, HttpSettings, RateLimits};
use holdfast_service::{Actor, Options, Pool, Service, Settings};
use holdfast_store::testing::TestDatabase;
use sqlx::postgres::PgConnectOptions;
use tower::ServiceExt as _;

use super::clock::TrueClock;
use super::cut::{At, Cut};

/// How large a body of the simulated server is read.
const BODY_MAX: usize = 64 * 1024 * 1024;

/// A token with the account it is for.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) actor: Actor,
    pub(super) token: String,
}

/// The server, and what may be done to it.
pub(super) struct SimServer {
    pub(super) database: TestDatabase,
    clock: TrueClock,
    cut: Cut,
    running: Running,
}

struct Running {
    service: Service,
    router: Router,
}

impl SimServer {
    pub(super) async fn start(clock: TrueClock) -> Self {
        let database = TestDatabase::new().await;
        let options: PgConnectOptions = database.url().parse().unwrap();
        let folder = options.get_socket().expect("the test cluster listens on a socket");
        let socket: PathBuf = folder.join(format!(".s.PGSQL.{}", options.get_port()));
        let cut = Cut::in_front_of(socket).await.unwrap();
        let url = url(&options, &cut);
        let running = Running::start(&url, &clock).await;
        Self { database, clock, cut, running }
    }

    pub(super) fn service(&self) -> &Service {
        &self.running.service
    }

    /// Ends the server as kill -9 does and starts it again.
    pub(super) async fn kill(&mut self) {
        self.cut.now();
        let options: PgConnectOptions = self.database.url().parse().unwrap();
        self.running = Running::start(&url(&options, &self.cut), &self.clock).await;
    }

    /// Cuts the line to the database at the `statement`th statement from now.
    pub(super) fn plan_cut(&self, statement: u32, at: At) {
        self.cut.plan(statement, at);
    }

    /// Whether the planned cut has happened; it does not any more.
    pub(super) fn was_cut(&self) -> bool {
        self.cut.happened()
    }

    /// The line to the database, to hold a statement on it.
    pub(super) fn line(&self) -> &Cut {
        &self.cut
    }

    /// A new account.
    pub(super) async fn add_account(&self) -> AccountId {
        self.database.add_user().await.user
    }

    /// Signs a device in, as somebody does who has another device at hand.
    pub(super) async fn sign_in(&self, account: AccountId) -> Session {
        let other = self.database.add_device(account).await;
        let code = self.service().create_pairing_code(other).await.unwrap().code;
        let device = DeviceInfo { name: "sim".to_owned(), platform: "sim".to_owned() };
        let session = self.service().pair(PairRequest { code, device }).await.unwrap();
        let token = session.token.as_str().to_owned();
        Session { actor: session.actor, token }
    }

    /// Carries a request of a device to the server and brings its answer back.
    pub(super) async fn carry(&self, session: &Session, account: AccountId, request: &Request) -> Answer {
        let (method, uri, body) = match request {
            Request::Push { body, .. } => (Method::POST, "/v1/sync/push".to_owned(), body.clone()),
            Request::Pull { cursor, witness, limit, pending, .. } => {
                let pending = pending.map(|n| format!("&pending={n}")).unwrap_or_default();
                let cursor = cursor.as_ref().map(|c| format!("&cursor={c}")).unwrap_or_default();
                let witness = witness.as_ref().map(|w| format!("&witness={w}")).unwrap_or_default();
                (Method::GET, format!("/v1/sync/pull?limit={limit}{pending}{cursor}{witness}"), Vec::new())
            }
        };
        let request = HttpRequest::builder()
            .method(method)
            .uri(uri)
            .header(PROTOCOL_HEADER, PROTOCOL_VERSION.to_string())
            .header(ACCOUNT_HEADER, account.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {}", session.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        let response = self.running.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let protocol_header = response.headers().contains_key(PROTOCOL_HEADER);
        let retry_after =
            response.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse::<u32>().ok());
        let body = axum::body::to_bytes(response.into_body(), BODY_MAX).await.unwrap().to_vec();
        Answer::Http { status, protocol_header, retry_after, body }
    }
}

impl Running {
    async fn start(url: &str, clock: &TrueClock) -> Self {
        let options = Options { max_connections: 8, ..Options::default() };
        let pool = Pool::connect(url, &options).await.unwrap();
        let service = Service::start(pool, Arc::new(clock.clone()), Settings::default()).await.unwrap();
        let mut settings = HttpSettings::new("http://sim.invalid");
        settings.rate_limits = RateLimits::unlimited();
        let router = holdfast_api::router(Front::new(service.clone(), settings), ApiSettings::default());
        Self { service, router }
    }
}

fn url(options: &PgConnectOptions, cut: &Cut) -> String {
    let database = options.get_database().unwrap_or("postgres");
    format!("postgresql://{}@127.0.0.1:{}/{database}?sslmode=disable", options.get_username(), cut.port())
}
