//! The whole server in this process.

use std::net::SocketAddr;

use holdfast_contract::account::PairingCode;
use holdfast_server::{Running, Settings};
use holdfast_service::Admin;
use holdfast_store::testing::TestDatabase;

use crate::PASSWORD;
use crate::device::TestDevice;
use crate::facts::Facts;

/// A server on a database of its own, listening on a free port of loopback.
pub struct TestServer {
    database: TestDatabase,
    addr: SocketAddr,
    running: Option<Running>,
}

impl TestServer {
    /// Starts a server with nobody in it and no rate limits.
    pub async fn start() -> Self {
        let database = TestDatabase::new().await;
        let running = start(database.url(), "127.0.0.1:0").await;
        Self { addr: running.addr, database, running: Some(running) }
    }

    /// Where it listens. Stays the same when it is stopped and started again.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its address for devices.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The service behind it.
    pub fn service(&self) -> &holdfast_service::Service {
        &self.running.as_ref().expect("the server is running").service
    }

    /// Stops it; the database stays.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown().await;
        }
    }

    /// Starts it again on the same port and database.
    pub async fn start_again(&mut self) {
        assert!(self.running.is_none(), "it is running");
        self.running = Some(start(self.database.url(), &self.addr.to_string()).await);
    }

    /// Adds an account with the harness's password.
    pub async fn add_account(&self, email: &str) -> Option<PairingCode> {
        let mut admin = Admin::connect(self.database.url()).await.unwrap();
        admin.add_user(email, Some(PASSWORD), holdfast_host::now()).await.unwrap()
    }

    /// Limits an account to so many live places.
    pub async fn limit_places(&self, email: &str, max: i64) {
        let mut admin = Admin::connect(self.database.url()).await.unwrap();
        let plan = holdfast_service::Plan { id: format!("max-{max}"), places_max: Some(max), media_bytes_max: None };
        let id = plan.id.clone();
        admin.set_plan(email, &id, Some(plan)).await.unwrap();
    }

    /// A device signed in to `email`, which is added when it is new.
    pub async fn device(&self, email: &str) -> TestDevice {
        self.device_through(&self.url(), email).await
    }

    /// The same, but talking to the server through `url`.
    pub async fn device_through(&self, url: &str, email: &str) -> TestDevice {
        if !self.facts().has_account(email).await {
            self.add_account(email).await;
        }
        TestDevice::sign_in(url, email).await
    }

    /// What the database holds.
    pub fn facts(&self) -> Facts {
        Facts::new(self.database.url())
    }

    /// The database's address, as its owner.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }
}

async fn start(database: &str, listen: &str) -> Running {
    let settings = Settings::read(|name| {
        Ok(match name {
            "DATABASE_URL" => Some(database.to_owned()),
            "LISTEN" => Some(listen.to_owned()),
            "RATE_LIMIT_PER_MINUTE" | "SIGN_IN_LIMIT_PER_MINUTE" => Some("0".to_owned()),
            "DATABASE_CONNECTIONS" => Some("8".to_owned()),
            _ => None,
        })
    })
    .unwrap();
    holdfast_server::start(settings).await.unwrap()
}
