//! `holdfast-server doctor`: looks at everything the server needs, and says of each thing that is wrong what to do.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use tokio::net::TcpListener;

use crate::admin::Reached;
use crate::http;
use crate::say::say;
use crate::settings::{DatabaseSettings, Settings};

/// Runs every check. Fails when one of them found something that keeps the server from working.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut report = Report::default();
    // They were read before this, and a bad one ends the program with a sentence that names it.
    good("settings", "can be read");
    if matches!(settings.database, DatabaseSettings::Embedded { .. }) {
        check_data_folder(&mut report, &settings.data);
    }
    check_database(&mut report, settings).await;
    check_port(&mut report, settings).await;
    check_public_url(settings);
    say!("");
    if report.wrong == 0 {
        say!("Everything the server needs is there.");
        Ok(ExitCode::SUCCESS)
    } else {
        say!("{} to mend.", report.wrong);
        Ok(ExitCode::FAILURE)
    }
}

#[derive(Default)]
struct Report {
    wrong: usize,
}

fn good(what: &str, words: impl Display) {
    say!("ok     {what}: {words}");
}

fn note(what: &str, words: impl Display) {
    say!("note   {what}: {words}");
}

impl Report {
    fn wrong(&mut self, what: &str, words: impl Display) {
        self.wrong += 1;
        say!("WRONG  {what}: {words}");
    }
}

fn check_data_folder(report: &mut Report, data: &Path) {
    let shown = data.display();
    if !data.exists() {
        note("data folder", format!("{shown} does not exist yet; the first start makes it"));
        return;
    }
    let probe = data.join(".holdfast-doctor");
    match std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => good("data folder", format!("{shown} can be written to")),
        Err(error) => report.wrong(
            "data folder",
            format!(
                "{shown} can't be written to ({error}); give it to the user who runs the server, or set HOLDFAST_DATA"
            ),
        ),
    }
}

async fn check_database(report: &mut Report, settings: &Settings) {
    let embedded = matches!(settings.database, DatabaseSettings::Embedded { .. });
    if embedded && !settings.postgres_dir().join("pg").exists() {
        note("database", "a new embedded PostgreSQL is tried out, and kept for the first start");
    }
    let database = match Reached::open(settings).await {
        Ok(database) => database,
        Err(error) => return report.wrong("PostgreSQL", format!("{error:#}")),
    };
    match (&database, embedded) {
        (Reached::Started(_), _) => good("PostgreSQL", "the embedded one starts"),
        (Reached::Running(_), true) => good("PostgreSQL", "the embedded one runs, with its server"),
        (Reached::Running(_), false) => {}
    }
    match holdfast_store::migrations_pending(database.url()).await {
        Ok(false) => {
            good("database", "can be reached");
            good("migrations", "the schema is this version's");
        }
        Ok(true) => {
            good("database", "can be reached");
            note("migrations", "some are to be run; the next start does it, or `holdfast-server migrate`");
        }
        Err(error) if embedded => {
            report.wrong("database", format!("{error}; its log is in the data folder, postgres/postgres.log"));
        }
        Err(error) => report.wrong(
            "database",
            format!(
                "{error}; check host, port, database, user and password of DATABASE_URL, and that this user may create \
                 roles and tables"
            ),
        ),
    }
    database.close().await;
}

async fn check_port(report: &mut Report, settings: &Settings) {
    let at = settings.listen;
    match TcpListener::bind(at).await {
        Ok(_) => good("port", format!("{at} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let free = http::free_beside(at).map(|free| format!("={free}, which is free")).unwrap_or_default();
            note(
                "port",
                format!("{at} is in use: by your running server, or by another program (then set LISTEN{free})"),
            );
        }
        Err(error) => {
            report.wrong("port", format!("{at} can't be listened on ({error}); set LISTEN to another address"));
        }
    }
}

fn check_public_url(settings: &Settings) {
    match &settings.public_url {
        Some(url) if url.starts_with("https://") => good("PUBLIC_URL", url),
        Some(url) => note(
            "PUBLIC_URL",
            format!(
                "{url} is not encrypted: passwords and places can be read on the way; put a proxy with HTTPS in front"
            ),
        ),
        None if settings.listen.ip().is_loopback() => {
            note(
                "PUBLIC_URL",
                "is not set, and LISTEN is this machine's own address: other devices can't reach the server",
            );
        }
        None => note("PUBLIC_URL", "is not set; links will name LISTEN, which other devices may not reach"),
    }
}
