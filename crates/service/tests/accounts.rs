//! Accounts against a real PostgreSQL: setup, sign-in, pairing, devices, and what an administrator does.
#![allow(clippy::unwrap_used)]

#[path = "accounts/admin.rs"]
mod admin;
#[path = "accounts/first_password.rs"]
mod first_password;
#[path = "accounts/pairing.rs"]
mod pairing;
#[path = "accounts/setup.rs"]
mod setup;
#[path = "accounts/sign_in.rs"]
mod sign_in;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use holdfast_contract::account::{DeviceInfo, PairRequest, SetupRequest, SignInRequest};
use holdfast_contract::{Code, Timestamp};
use holdfast_service::{Clock, Error, Service, Session, Settings};
use holdfast_store::testing::TestDatabase;
use holdfast_store::{Options, Pool};
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};

pub(crate) const EMAIL: &str = "ada@example.org";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A clock that stands still until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A server's service on a database of its own.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) service: Service,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::new().await;
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000_000_000)));
        let service = service(&database, &clock).await;
        Self { database, clock, service }
    }

    /// With the account of [`EMAIL`].
    pub(crate) async fn with_account() -> (Self, Session) {
        let world = Self::new().await;
        let code = world.service.begin_setup().await.unwrap().expect("there is no account");
        let session = world.service.set_up(setup_request(code.as_str())).await.unwrap();
        (world, session)
    }

    /// Another process on the same database.
    pub(crate) async fn another_process(&self) -> Service {
        service(&self.database, &self.clock).await
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// What the database's owner sees.
    pub(crate) async fn rows(&self, query: &'static str) -> Vec<PgRow> {
        let mut connection = PgConnection::connect(self.database.url()).await.unwrap();
        let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        rows
    }

    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        self.rows(query).await[0].get(0)
    }
}

async fn service(database: &TestDatabase, clock: &Arc<TestClock>) -> Service {
    let pool = Pool::connect(database.url(), &Options::default()).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(clock);
    Service::start(pool, clock, Settings::default()).await.unwrap()
}

pub(crate) fn device(name: &str) -> DeviceInfo {
    DeviceInfo { name: name.to_owned(), platform: "cli".to_owned() }
}

pub(crate) fn setup_request(code: &str) -> SetupRequest {
    SetupRequest {
        code: code.to_owned(),
        email: EMAIL.to_owned(),
        password: PASSWORD.to_owned(),
        device: Some(device("laptop")),
    }
}

pub(crate) fn sign_in_request(email: &str, password: &str) -> SignInRequest {
    SignInRequest { email: email.to_owned(), password: password.to_owned(), device: Some(device("phone")) }
}

pub(crate) fn pair_request(code: &str) -> PairRequest {
    PairRequest { code: code.to_owned(), device: device("phone") }
}

pub(crate) fn code_of<T>(result: Result<T, Error>) -> Code {
    result.err().expect("must be refused").problem().code
}
