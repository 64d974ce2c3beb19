//! Settings, read once at start from the environment.
//!
//! [`VARIABLES`] is the one list: `--help` prints it, the reader looks defaults up in it. A value that can't be used is
//! an error that names the variable, never a silent default.

mod env;

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use holdfast_http::{IpNet, Limit};
use holdfast_web::MapStyle;

use self::env::{Env, address, public_url, wrong};

/// One setting of the environment.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its default, as it would be written; `None`: without one.
    pub default: Option<&'static str>,
    /// What it does.
    pub help: &'static str,
    /// Whether it is a secret, and may stand in a file that `<name>_FILE` names.
    pub secret: bool,
}

const fn variable(name: &'static str, default: &'static str, help: &'static str) -> Variable {
    let default = if default.is_empty() { None } else { Some(default) };
    Variable { name, default, help, secret: false }
}

/// Every setting there is.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: "DATABASE_URL",
        default: None,
        help: "PostgreSQL to use. Unset: an embedded one of its own in the data folder.",
        secret: true,
    },
    variable("DATABASE_CONNECTIONS", "16", "Most connections to PostgreSQL at the same time."),
    variable("HOLDFAST_DATA", "./data", "Data folder; holds the embedded PostgreSQL in postgres/."),
    variable("POSTGRES_BIN", "", "Folder with the programs postgres and initdb. Unset: looked for."),
    variable("LISTEN", "127.0.0.1:8080", "Address and port to listen on; port 0 takes a free one."),
    variable("PUBLIC_URL", "", "Address under which people reach the server. Unset: http:// and LISTEN."),
    variable("TRUSTED_PROXIES", "", "Networks whose X-Forwarded-For is believed, such as 10.0.0.0/8, with commas."),
    variable("TRASH_DAYS", "30", "Days a deleted place stays in the trash before it is purged."),
    variable("RECEIPT_DAYS", "180", "Days a repeated operation is recognised by its id; the longest offline time."),
    variable("RATE_LIMIT_PER_MINUTE", "1200", "Requests a minute per account; 0: no limit."),
    variable("SIGN_IN_LIMIT_PER_MINUTE", "20", "Sign-ins, setups and pairings a minute per address; 0: no limit."),
    variable(
        "MAP_STYLE_URL",
        "",
        "A MapLibre style for the web's maps instead of the one that ships with the server. Browsers then ask that server \
         for what they show, and so tell it where people look.",
    ),
    variable(
        "MAP_SERVERS",
        "",
        "Further servers that MAP_STYLE_URL needs (tiles, fonts), as origins separated by blanks. Browsers are allowed no \
         others.",
    ),
    variable("METRICS", "on", "on: /metrics answers; off: it does not exist."),
    variable("METRICS_LISTEN", "", "Serve /metrics on this address alone instead of on LISTEN."),
    variable("LOG_FORMAT", "text", "text or json."),
    variable("RUST_LOG", "info", "What is logged, such as debug or holdfast_service=debug,info."),
    variable("SHUTDOWN_SECONDS", "20", "How long a shutdown waits for requests to finish."),
];

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Which PostgreSQL.
#[derive(Clone)]
pub enum DatabaseSettings {
    /// One that somebody else runs.
    External {
        /// How to reach it. A secret.
        url: String,
    },
    /// One of its own in the data folder.
    Embedded {
        /// The folder of its programs; `None`: looked for.
        bin_dir: Option<PathBuf>,
        /// What a commit promises.
        durability: holdfast_postgres::Durability,
    },
}

/// Everything that can be set.
#[derive(Clone)]
pub struct Settings {
    /// Which PostgreSQL.
    pub database: DatabaseSettings,
    /// Most connections to it.
    pub connections: u32,
    /// The data folder.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// How people reach the server; `None`: `http://` and the address it listens on.
    pub public_url: Option<String>,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a deleted place stays in the trash.
    pub trash: Duration,
    /// How long a repeated operation is recognised by its id.
    pub receipts: Duration,
    /// Requests per account; `None`: no limit.
    pub rate_limit: Option<Limit>,
    /// Sign-ins per address; `None`: no limit.
    pub sign_in_limit: Option<Limit>,
    /// The map's style, where it is not the one that ships with the server.
    pub map_style: Option<MapStyle>,
    /// Whether metrics are served.
    pub metrics: bool,
    /// An address for metrics alone.
    pub metrics_listen: Option<SocketAddr>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged, as a filter of `tracing-subscriber`.
    pub log_filter: String,
    /// How long a shutdown waits for requests.
    pub shutdown: Duration,
}

/// A setting that can't be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{variable} {reason}")]
pub struct SettingsError {
    /// The variable at fault.
    pub variable: String,
    /// What is wrong, as a phrase behind the name. Never repeats a secret.
    pub reason: String,
}

const DAY: u64 = 24 * 60 * 60;

impl Settings {
    /// Reads the settings of this process's environment.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(|name| match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(wrong(name, "is not valid UTF-8")),
        })
    }

    /// Reads the settings through `get`. An empty value counts as none.
    pub fn read(get: impl Fn(&str) -> Result<Option<String>, SettingsError>) -> Result<Self, SettingsError> {
        let env = Env { get: &get };
        let bin_dir = env.optional("POSTGRES_BIN")?.map(PathBuf::from);
        let database = match env.secret("DATABASE_URL")? {
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                DatabaseSettings::External { url }
            }
            Some(_) => {
                return Err(wrong(
                    "DATABASE_URL",
                    "must begin with postgres:// or postgresql:// (its value is not shown)",
                ));
            }
            None => DatabaseSettings::Embedded { bin_dir, durability: holdfast_postgres::Durability::Full },
        };
        Ok(Self {
            database,
            connections: env.number("DATABASE_CONNECTIONS", 2, 1000)?,
            data: PathBuf::from(env.text("HOLDFAST_DATA")?),
            listen: address("LISTEN", &env.text("LISTEN")?)?,
            public_url: env.optional("PUBLIC_URL")?.map(|url| public_url(&url)).transpose()?,
            trusted_proxies: env.networks("TRUSTED_PROXIES")?,
            trash: Duration::from_secs(DAY * u64::from(env.number("TRASH_DAYS", 1, 3650)?)),
            receipts: Duration::from_secs(DAY * u64::from(env.number("RECEIPT_DAYS", 1, 3650)?)),
            rate_limit: env.limit("RATE_LIMIT_PER_MINUTE")?,
            sign_in_limit: env.limit("SIGN_IN_LIMIT_PER_MINUTE")?,
            map_style: env.map_style("MAP_STYLE_URL", "MAP_SERVERS")?,
            metrics: env.switch("METRICS")?,
            metrics_listen: env.optional("METRICS_LISTEN")?.map(|at| address("METRICS_LISTEN", &at)).transpose()?,
            log_format: match env.text("LOG_FORMAT")?.as_str() {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                other => return Err(wrong("LOG_FORMAT", format!("is {other:?}; it must be text or json"))),
            },
            log_filter: env.log_filter("RUST_LOG")?,
            shutdown: Duration::from_secs(u64::from(env.number("SHUTDOWN_SECONDS", 0, 3600)?)),
        })
    }

    /// Where the embedded PostgreSQL lives.
    pub fn postgres_dir(&self) -> PathBuf {
        self.data.join("postgres")
    }
}

/// The settings as `--help` shows them.
pub fn help() -> String {
    let mut text = String::from("Settings, from the environment:\n");
    for variable in VARIABLES {
        let default = variable.default.map_or_else(|| "unset".to_owned(), |d| format!("default {d}"));
        let file = if variable.secret {
            format!(" A secret: {}_FILE may name a file with it.", variable.name)
        } else {
            String::new()
        };
        // Writing to a String can't fail.
        let _ = writeln!(text, "  {}  [{default}]\n          {}{file}", variable.name, variable.help);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::read(|name| Ok(pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())))
    }

    fn refused(pairs: &[(&str, &str)]) -> String {
        read(pairs).err().expect("must be refused").to_string()
    }

    #[test]
    fn a_map_style_names_the_servers_it_needs() {
        let style =
            [("MAP_STYLE_URL", "https://tiles.example.org/style.json"), ("MAP_SERVERS", "https://fonts.example.org")];
        let origins = read(&style).unwrap().map_style.unwrap().origins().to_vec();
        assert_eq!(origins, ["https://tiles.example.org", "https://fonts.example.org"]);
        assert!(refused(&[("MAP_STYLE_URL", "tiles")]).contains("must be an address such as"));
        assert!(refused(&[style[0], ("MAP_SERVERS", "fonts.example.org")]).starts_with("MAP_SERVERS"));
        assert!(refused(&[style[1]]).contains("MAP_STYLE_URL is not"));
    }

    #[test]
    fn an_empty_environment_gives_the_defaults_that_help_shows() {
        let settings = read(&[]).unwrap();
        assert!(matches!(settings.database, DatabaseSettings::Embedded { bin_dir: None, .. }));
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.postgres_dir(), PathBuf::from("./data/postgres"));
        assert_eq!(settings.trash, Duration::from_secs(30 * DAY));
        assert_eq!(settings.receipts, Duration::from_secs(180 * DAY));
        assert_eq!(settings.log_format, LogFormat::Text);
        assert!(settings.metrics && settings.metrics_listen.is_none() && settings.public_url.is_none());
        let help = help();
        for variable in VARIABLES {
            assert!(help.contains(variable.name) && help.contains(variable.help), "{}", variable.name);
            if let Some(default) = variable.default {
                assert!(help.contains(&format!("{}  [default {default}]", variable.name)));
                assert!(read(&[(variable.name, default)]).is_ok(), "{}", variable.name);
            }
        }
    }

    #[test]
    fn an_empty_value_counts_as_unset() {
        assert_eq!(read(&[("LISTEN", " "), ("DATABASE_URL", "")]).unwrap().listen.port(), 8080);
    }

    #[test]
    fn a_value_that_cannot_be_used_is_refused_by_name_with_what_would_do() {
        for (name, value, words) in [
            ("LISTEN", "eighty", "must be an address and a port"),
            ("LISTEN", "127.0.0.1", "must be an address and a port"),
            ("PUBLIC_URL", "places.example.org", "must be an address such as https://"),
            ("PUBLIC_URL", "https://", "must be an address such as https://"),
            ("PUBLIC_URL", "https://example.org/places", "which has a path; Holdfast needs a host name"),
            ("TRASH_DAYS", "0", "must be a whole number from 1 to 3650"),
            ("TRASH_DAYS", "soon", "must be a whole number from 1 to 3650"),
            ("RECEIPT_DAYS", "-1", "must be a whole number"),
            ("DATABASE_CONNECTIONS", "1", "must be a whole number from 2"),
            ("RATE_LIMIT_PER_MINUTE", "lots", "must be a whole number"),
            ("SIGN_IN_LIMIT_PER_MINUTE", "1.5", "must be a whole number"),
            ("METRICS", "maybe", "must be on or off"),
            ("METRICS_LISTEN", "9090", "must be an address and a port"),
            ("LOG_FORMAT", "xml", "must be text or json"),
            ("RUST_LOG", "holdfast=loud", "is not a log filter"),
            ("TRUSTED_PROXIES", "10.0.0.0/8,proxy", "must be a network"),
            ("SHUTDOWN_SECONDS", "x", "must be a whole number"),
            ("DATABASE_URL", "mysql://root:hunter2@db/x", "must begin with postgres://"),
        ] {
            let message = refused(&[(name, value)]);
            assert!(message.starts_with(name), "{message}");
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn a_wrong_secret_is_not_repeated() {
        assert!(!refused(&[("DATABASE_URL", "mysql://root:hunter2@db/x")]).contains("hunter2"));
    }

    #[test]
    fn a_secret_may_stand_in_a_file_but_not_in_both_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "postgres://holdfast@db/holdfast\n").unwrap();
        let path = path.to_str().unwrap();
        let settings = read(&[("DATABASE_URL_FILE", path)]).unwrap();
        assert!(
            matches!(&settings.database, DatabaseSettings::External { url } if url == "postgres://holdfast@db/holdfast")
        );
        assert!(refused(&[("DATABASE_URL_FILE", path), ("DATABASE_URL", "postgres://x")]).contains("both set"));
        assert!(refused(&[("DATABASE_URL_FILE", "/nowhere/at/all")]).starts_with("DATABASE_URL_FILE names /nowhere"));
        std::fs::write(path, "\n").unwrap();
        assert!(refused(&[("DATABASE_URL_FILE", path)]).contains("is empty"));
    }

    #[test]
    fn a_zero_limit_means_none_and_a_proxy_may_be_one_address() {
        let settings = read(&[("RATE_LIMIT_PER_MINUTE", "0"), ("TRUSTED_PROXIES", "10.0.0.0/8, ::1")]).unwrap();
        assert!(settings.rate_limit.is_none() && settings.sign_in_limit.is_some());
        assert_eq!(settings.trusted_proxies.len(), 2);
    }

    #[test]
    fn a_public_url_with_a_control_character_goes_into_no_link() {
        let message = refused(&[("PUBLIC_URL", "https://places.example.org/\u{19}x")]);
        assert!(message.starts_with("PUBLIC_URL is \"https://places.example.org/\\u{19}x\""), "{message}");
    }

    #[test]
    fn a_log_filter_beyond_ascii_is_refused_and_not_cut_in_the_middle_of_a_letter() {
        for filter in ["ünfo", "eaiurrent\": x\", \u{7a1}cc \u{7a1}c\u{7a1}ccouurr\"e0,n \u{681}c, \u{7a1}=\0\0"] {
            let message = refused(&[("RUST_LOG", filter)]);
            assert!(message.starts_with("RUST_LOG holds letters beyond ASCII"), "{message}");
        }
    }

    #[test]
    fn a_public_url_loses_its_trailing_slash() {
        let settings = read(&[("PUBLIC_URL", "https://places.example.org/")]).unwrap();
        assert_eq!(settings.public_url.as_deref(), Some("https://places.example.org"));
    }
}
