//! Reading variables of the environment, each with an error that names it.

use std::net::SocketAddr;

use holdfast_http::{IpNet, Limit};
use holdfast_web::{MapStyle, MapStyleError};

use super::{SettingsError, VARIABLES};

/// The environment, asked variable by variable.
pub(super) struct Env<'a, G> {
    pub(super) get: &'a G,
}

impl<G: Fn(&str) -> Result<Option<String>, SettingsError>> Env<'_, G> {
    pub(super) fn optional(&self, name: &str) -> Result<Option<String>, SettingsError> {
        Ok((self.get)(name)?.map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()))
    }

    /// With its default from [`VARIABLES`].
    pub(super) fn text(&self, name: &str) -> Result<String, SettingsError> {
        let default =
            || VARIABLES.iter().find(|v| v.name == name).and_then(|v| v.default).unwrap_or_default().to_owned();
        Ok(self.optional(name)?.unwrap_or_else(default))
    }

    /// A secret, from the variable or from the file that `<name>_FILE` names; not from both.
    pub(super) fn secret(&self, name: &str) -> Result<Option<String>, SettingsError> {
        let file_variable = format!("{name}_FILE");
        match (self.optional(name)?, self.optional(&file_variable)?) {
            (Some(_), Some(_)) => Err(wrong(&file_variable, format!("and {name} are both set; set only one of them"))),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| wrong(&file_variable, format!("names {path}, which can't be read: {error}")))?;
                match text.trim() {
                    "" => Err(wrong(&file_variable, format!("names {path}, which is empty"))),
                    secret => Ok(Some(secret.to_owned())),
                }
            }
            (value, None) => Ok(value),
        }
    }

    pub(super) fn number(&self, name: &str, least: u32, most: u32) -> Result<u32, SettingsError> {
        let text = self.text(name)?;
        match text.parse::<u32>() {
            Ok(n) if (least..=most).contains(&n) => Ok(n),
            _ => Err(wrong(name, format!("is {text:?}; it must be a whole number from {least} to {most}"))),
        }
    }

    pub(super) fn limit(&self, name: &str) -> Result<Option<Limit>, SettingsError> {
        Ok(match self.number(name, 0, 1_000_000)? {
            0 => None,
            n => Some(Limit::per_minute(n)),
        })
    }

    pub(super) fn switch(&self, name: &str) -> Result<bool, SettingsError> {
        match self.text(name)?.as_str() {
            "on" | "true" | "1" => Ok(true),
            "off" | "false" | "0" => Ok(false),
            other => Err(wrong(name, format!("is {other:?}; it must be on or off"))),
        }
    }

    pub(super) fn networks(&self, name: &str) -> Result<Vec<IpNet>, SettingsError> {
        let text = self.text(name)?;
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| {
                let network =
                    part.parse().or_else(|error| part.parse::<std::net::IpAddr>().map(IpNet::from).map_err(|_| error));
                network.map_err(|_| wrong(name, format!("holds {part:?}; it must be a network such as 10.0.0.0/8")))
            })
            .collect()
    }

    /// A map style, and the servers that it needs besides its own.
    pub(super) fn map_style(&self, style: &str, servers: &str) -> Result<Option<MapStyle>, SettingsError> {
        let further = self.optional(servers)?;
        let Some(url) = self.optional(style)? else {
            return match further {
                Some(_) => Err(wrong(servers, format!("is set, but {style} is not; set both or none"))),
                None => Ok(None),
            };
        };
        MapStyle::parse(&url, further.as_deref().unwrap_or_default()).map(Some).map_err(|error| match error {
            MapStyleError::Url => wrong(style, format!("is {url:?}; it {error}")),
            MapStyleError::Origin => wrong(servers, format!("{error}")),
        })
    }

    pub(super) fn log_filter(&self, name: &str) -> Result<String, SettingsError> {
        let text = self.text(name)?;
        // The parser cuts what it quotes by bytes, and panics in the middle of a letter.
        if !text.is_ascii() {
            let detail = "holds letters beyond ASCII; a log filter is written like info,holdfast_api=debug";
            return Err(wrong(name, detail));
        }
        // Without patterns for values: one can be written that takes half a minute to read.
        match tracing_subscriber::EnvFilter::builder().with_regex(false).parse(&text) {
            Ok(_) => Ok(text),
            Err(error) => Err(wrong(name, format!("is {text:?}, which is not a log filter: {error}"))),
        }
    }
}

pub(super) fn address(name: &str, text: &str) -> Result<SocketAddr, SettingsError> {
    // A bare port is what people try first.
    let full = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    full.replace("localhost:", "127.0.0.1:").parse().map_err(|_| {
        wrong(name, format!("is {text:?}; it must be an address and a port, such as 127.0.0.1:8080 or [::]:8080"))
    })
}

pub(super) fn public_url(text: &str) -> Result<String, SettingsError> {
    let trimmed = text.trim_end_matches('/');
    let host = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://"));
    let usable = host.is_some_and(|host| {
        !host.is_empty()
            && !host.contains(['?', '#', '@', '"', '\'', '<', '>', '\\'])
            && !host.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    if !usable {
        let reason = format!("is {text:?}; it must be an address such as https://places.example.org");
        return Err(wrong("PUBLIC_URL", reason));
    }
    if host.is_some_and(|host| host.contains('/')) {
        // The pages and the phone app link to each other from the root; the cookie and the app's worker are the host's.
        let reason = format!("is {text:?}, which has a path; Holdfast needs a host name (or a port) of its own");
        return Err(wrong("PUBLIC_URL", reason));
    }
    Ok(trimmed.to_owned())
}

pub(super) fn wrong(variable: &str, reason: impl Into<String>) -> SettingsError {
    SettingsError { variable: variable.to_owned(), reason: reason.into() }
}
