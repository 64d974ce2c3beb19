//! What a person writes into settings and files.

use std::sync::OnceLock;

use holdfast_host::{Config, Home, ServerUrl};
use holdfast_server::settings::VARIABLES;
use holdfast_server::{DatabaseSettings, Settings, SettingsError};

/// The server's settings as lines of `NAME=value`, and a device's `config.json`.
pub(crate) fn config(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        settings(text);
        address(text);
    }
    home(bytes);
}

/// Settings are taken within their bounds or refused by name; a secret is never repeated.
fn settings(text: &str) {
    let value =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned);
    // No file is read that the bytes name.
    let get = |name: &str| Ok::<_, SettingsError>(value(name).filter(|_| !name.ends_with("_FILE")));
    match Settings::read(get) {
        Ok(settings) => {
            let days = |time: std::time::Duration| time.as_secs() / 86_400;
            assert!((1..=3650).contains(&days(settings.trash)) && (1..=3650).contains(&days(settings.receipts)));
            assert!((2..=1000).contains(&settings.connections) && settings.shutdown.as_secs() <= 3600);
            if let DatabaseSettings::External { url } = &settings.database {
                assert!(url.starts_with("postgres"));
            }
            if let Some(url) = &settings.public_url {
                assert!(url.starts_with("http") && !url.ends_with('/'), "{url:?}");
                assert!(!url.chars().any(|c| c.is_control() || c.is_whitespace()), "{url:?} goes into a link");
            }
        }
        Err(error) => {
            assert!(VARIABLES.iter().any(|known| error.variable.starts_with(known.name)), "{error}");
            assert!(!error.to_string().chars().any(char::is_control), "{error:?} would reach a terminal");
            if error.variable == "DATABASE_URL" {
                let secret = value("DATABASE_URL").unwrap_or_default();
                assert!(secret.trim().len() < 24 || !error.to_string().contains(secret.trim()));
            }
        }
    }
}

/// An address that was taken is written as one that is taken as the same.
fn address(text: &str) {
    let Ok(server) = ServerUrl::parse(text) else { return };
    let again = ServerUrl::parse(&server.to_string()).expect("what was written can be read");
    assert_eq!((&again, again.key()), (&server, server.key()));
}

/// A home's configuration is the same when it is written and read again, and names databases only below the home.
fn home(bytes: &[u8]) {
    static HOME: OnceLock<(tempfile::TempDir, Home)> = OnceLock::new();
    let Ok(config) = serde_json::from_slice::<Config>(bytes) else { return };
    let written = serde_json::to_vec_pretty(&config).expect("a configuration can be written");
    assert_eq!(serde_json::from_slice::<Config>(&written).expect("what was written can be read"), config);
    let (_, home) = HOME.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::open(folder.path()).expect("a home");
        (folder, home)
    });
    for account in &config.accounts {
        let database = home.account_database(account);
        assert_eq!(database.parent(), Some(home.path().join("accounts").as_path()), "{}", database.display());
    }
    assert!(config.current().is_none_or(|current| config.accounts.contains(current)));
}
