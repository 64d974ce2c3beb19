//! `holdfast-server serve`: the server in the foreground.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::say::say;
use crate::settings::{DatabaseSettings, Settings};
use crate::{Running, start};

/// Runs until SIGTERM or SIGINT, or until something fails that can't be mended.
pub(crate) async fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    // From the first moment: a signal during a long first start must not leave PostgreSQL behind.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let place = match &settings.database {
        DatabaseSettings::External { .. } => "the PostgreSQL of DATABASE_URL".to_owned(),
        DatabaseSettings::Embedded { .. } => format!("an embedded PostgreSQL in {}", settings.postgres_dir().display()),
    };
    // Not raced against the signals: what has begun to start is started, and then stopped in order.
    let mut running = start(settings).await?;
    announce(&running, &place);
    let code = tokio::select! {
        _ = terminate.recv() => ExitCode::SUCCESS,
        _ = interrupt.recv() => ExitCode::SUCCESS,
        reason = running.failed() => {
            eprintln!("holdfast-server: {reason}");
            ExitCode::FAILURE
        }
    };
    running.shutdown().await;
    Ok(code)
}

/// For the person at the terminal, and the only place where the setup link is ever written.
fn announce(running: &Running, place: &str) {
    say!("Holdfast is at {}  (data: {place})", running.url);
    if let Some(metrics) = running.metrics_addr {
        say!("Metrics are at http://{metrics}/metrics");
    }
    if let Some(link) = &running.setup_link {
        say!("");
        say!("There is no account yet. Make the first one with this link, which works once:");
        say!("  {link}");
        say!("or on a terminal:");
        say!("  holdfast pair '{link}'");
    }
}
