//! The Holdfast server: puts settings, PostgreSQL, the service, the API, jobs, logs and metrics together.
//!
//! [`start`] is the whole of it, for the program and for tests that want a real server in their own process. What it
//! starts it stops again, in the opposite order:
//!
//! 1. the embedded PostgreSQL, where no other one is named ([`settings`]), watched and restarted while the server runs,
//! 2. migrations, under a lock that several servers may wait for,
//! 3. the service, which notes a new generation of the server,
//! 4. the port, jobs, and a one-time setup code while there is no account.

mod admin;
mod backup;
pub mod cli;
mod database;
mod doctor;
mod health;
mod http;
mod postgres;
pub mod process;
mod say;
mod serve;
pub mod settings;
pub mod telemetry;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use holdfast_api::ApiSettings;
use holdfast_http::{Front, HttpSettings, RateLimits};
use holdfast_service::{Service, SystemClock};
use holdfast_store::Pool;
use holdfast_web::WebSettings;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use settings::{DatabaseSettings, LogFormat, Settings, SettingsError};

use crate::database::Database;
use crate::http::Serving;

/// How often recorded histogram samples are folded together.
const METRICS_UPKEEP: Duration = Duration::from_secs(15);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The port can't be opened.
    #[error("{}", cannot_listen(.variable, *.at, .source))]
    Listen {
        /// The variable that named the address.
        variable: &'static str,
        /// The address.
        at: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The embedded PostgreSQL did not start.
    #[error(transparent)]
    Postgres(#[from] holdfast_postgres::Error),
    /// The database can't be used.
    #[error("the database can't be used: {0}. `holdfast-server doctor` says more")]
    Database(#[from] holdfast_store::Error),
    /// The service did not start.
    #[error("the server could not begin its work: {0}")]
    Service(#[from] holdfast_service::Error),
}

fn cannot_listen(variable: &str, at: SocketAddr, source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{at} is in use by another program, perhaps another Holdfast server; stop that one or set {variable} to another \
             address{}",
            http::free_beside(at).map(|free| format!(", such as {variable}={free}, which is free")).unwrap_or_default()
        ),
        io::ErrorKind::PermissionDenied => format!(
            "this user may not listen on {at}; set {variable} to a port from 1024 on, or let a proxy listen on it"
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!("{at} is not an address of this machine; set {variable} to one, or to 0.0.0.0 for all of them")
        }
        _ => format!("{at} ({variable}) can't be listened on: {source}"),
    }
}

/// A running server.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// How people reach it, without a slash at the end.
    pub url: String,
    /// Where the first account is made, while there is none. Holds the one-time code: for the terminal, not for a log.
    pub setup_link: Option<String>,
    /// Where metrics are served, if on an address of their own.
    pub metrics_addr: Option<SocketAddr>,
    /// The service behind the API.
    pub service: Service,
    failure: oneshot::Receiver<String>,
    stop: CancellationToken,
    patience: Duration,
    serving: Vec<Serving>,
    jobs: JoinHandle<()>,
    pool: Pool,
    database: Database,
}

/// Starts a server. It runs until [`Running::shutdown`].
pub async fn start(settings: Settings) -> Result<Running, StartError> {
    // The port first: a server that can't listen must not touch any data.
    let listener = http::listen("LISTEN", settings.listen).await?;
    let metrics_listener = match settings.metrics_listen {
        Some(at) if settings.metrics => Some(http::listen("METRICS_LISTEN", at).await?),
        _ => None,
    };
    let (give_up, failure) = oneshot::channel();
    let database = Database::open(&settings, give_up).await?;
    match start_on(&settings, listener, metrics_listener, &database).await {
        Ok(parts) => Ok(Running {
            addr: parts.addr,
            url: parts.url,
            setup_link: parts.setup_link,
            metrics_addr: parts.metrics_addr,
            service: parts.service,
            failure,
            stop: parts.stop,
            patience: settings.shutdown,
            serving: parts.serving,
            jobs: parts.jobs,
            pool: parts.pool,
            database,
        }),
        Err(error) => {
            database.close().await;
            Err(error)
        }
    }
}

/// What a running server has besides its database.
struct Parts {
    addr: SocketAddr,
    url: String,
    setup_link: Option<String>,
    metrics_addr: Option<SocketAddr>,
    service: Service,
    stop: CancellationToken,
    serving: Vec<Serving>,
    jobs: JoinHandle<()>,
    pool: Pool,
}

async fn start_on(
    settings: &Settings,
    listener: tokio::net::TcpListener,
    metrics_listener: Option<tokio::net::TcpListener>,
    database: &Database,
) -> Result<Parts, StartError> {
    holdfast_store::migrate(database.url()).await?;
    let options = holdfast_store::Options { max_connections: settings.connections, ..Default::default() };
    let pool = Pool::connect(database.url(), &options).await?;
    let service = Service::start(pool.clone(), Arc::new(SystemClock), service_settings(settings)).await?;

    let listen_error = |source| StartError::Listen { variable: "LISTEN", at: settings.listen, source };
    let addr = listener.local_addr().map_err(listen_error)?;
    let url = settings.public_url.clone().unwrap_or_else(|| format!("http://{}", reachable(addr)));
    let setup_link = service.begin_setup().await?.map(|code| format!("{url}/setup?code={}", code.as_str()));

    let stop = CancellationToken::new();
    let render = if settings.metrics { telemetry::init_metrics() } else { None };
    let mut shared = HttpSettings::new(&url);
    shared.rate_limits = RateLimits {
        user: settings.rate_limit.unwrap_or(RateLimits::unlimited().user),
        sign_in: settings.sign_in_limit.unwrap_or(RateLimits::unlimited().sign_in),
    };
    shared.trusted_proxies.clone_from(&settings.trusted_proxies);
    let front = Front::new(service.clone(), shared);
    let api = ApiSettings {
        health: Arc::new(health::Readiness { service: service.clone() }),
        shutdown: stop.clone(),
        metrics: render.clone().filter(|_| metrics_listener.is_none()),
        ..ApiSettings::default()
    };
    let pages = holdfast_web::router(front.clone(), WebSettings { map_style: settings.map_style.clone() });
    let router = http::both(holdfast_api::router(front, api), pages);

    let metrics_addr = metrics_listener.as_ref().and_then(|listener| listener.local_addr().ok());
    let mut serving = vec![Serving::start(listener, router, stop.clone())];
    if let (Some(listener), Some(render)) = (metrics_listener, render) {
        serving.push(Serving::start(listener, http::metrics_router(render), stop.clone()));
    }
    let jobs = tokio::spawn(run_jobs(service.clone(), stop.clone()));
    tracing::info!(%addr, "listening");
    Ok(Parts { addr, url, setup_link, metrics_addr, service, stop, serving, jobs, pool })
}

fn service_settings(settings: &Settings) -> holdfast_service::Settings {
    let days = |duration: Duration| u32::try_from(duration.as_secs() / 86_400).unwrap_or(u32::MAX);
    holdfast_service::Settings {
        trash_days: days(settings.trash),
        receipt_days: days(settings.receipts),
        ..Default::default()
    }
}

/// The address to print: "everywhere" is reached on this machine as localhost.
fn reachable(addr: SocketAddr) -> String {
    if addr.ip().is_unspecified() { format!("localhost:{}", addr.port()) } else { addr.to_string() }
}

/// Generations, purge and prunes are the service's; folding metrics is ours. Nothing a job meets ends the server.
async fn run_jobs(service: Service, stop: CancellationToken) {
    let upkeep = async {
        let mut ticks = tokio::time::interval(METRICS_UPKEEP);
        loop {
            ticks.tick().await;
            telemetry::upkeep();
        }
    };
    tokio::select! {
        () = service.run_jobs(stop.clone().cancelled_owned()) => {}
        () = upkeep => {}
    }
}

impl Running {
    /// Waits until something fails that the server can't mend, and says what. Otherwise never returns.
    pub async fn failed(&mut self) -> String {
        match (&mut self.failure).await {
            Ok(reason) => reason,
            Err(_) => std::future::pending().await,
        }
    }

    /// Stops: takes no new requests, finishes those that have begun (for a bounded time), ends the jobs, then PostgreSQL.
    pub async fn shutdown(self) {
        tracing::info!("shutting down");
        self.stop.cancel();
        for serving in self.serving {
            serving.finish(self.patience).await;
        }
        if tokio::time::timeout(self.patience.max(Duration::from_secs(1)), self.jobs).await.is_err() {
            tracing::warn!("a job did not end in time");
        }
        self.pool.close();
        self.database.close().await;
        tracing::info!("stopped");
    }
}
