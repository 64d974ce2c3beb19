//! The address of a server.

use std::fmt::{self, Write as _};

use reqwest::Url;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The address of a Holdfast server: scheme, host, port and perhaps a path, without anything behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerUrl(Url);

/// Why a text is no server address, as a phrase that can stand behind it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServerUrlError(String);

impl ServerUrl {
    /// Parses an address as people write it. Without a scheme it is `https://`, on this machine `http://`.
    pub fn parse(text: &str) -> Result<Self, ServerUrlError> {
        let text = text.trim();
        let whole = if text.contains("://") {
            text.to_owned()
        } else {
            let https = format!("https://{text}");
            match Url::parse(&https) {
                Ok(url) if is_this_machine(&url) => format!("http://{text}"),
                _ => https,
            }
        };
        let mut url = Url::parse(&whole).map_err(|e| {
            ServerUrlError(format!("is not a server address ({e}); write it like https://places.example.org"))
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ServerUrlError("must begin with https:// or http://".to_owned()));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(ServerUrlError("names no host".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ServerUrlError(
                "must not contain a user name or password; sign in with --email instead".to_owned(),
            ));
        }
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address of `path` (which begins with `/`) on this server.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        let (path, query) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
        url.set_path(&format!("{base}{path}"));
        url.set_query(query);
        url
    }

    /// Whether the connection is not encrypted.
    pub fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Whether it is on this machine.
    pub fn is_local(&self) -> bool {
        is_this_machine(&self.0)
    }

    /// The host, with its port where it is not the usual one.
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// A name for files: different for different servers, the same for the same.
    pub fn key(&self) -> String {
        let mut key = String::new();
        if self.is_plain() {
            key.push_str("http_");
        }
        for c in format!("{}{}", self.host(), self.0.path().trim_end_matches('/')).chars() {
            match c {
                'a'..='z' | '0'..='9' | '.' | '-' => key.push(c),
                // Every other character becomes its number, so that no two addresses share a name.
                c => {
                    let _ = write!(key, "_{:x}_", u32::from(c));
                }
            }
        }
        key
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Serialize for ServerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The one-time link that a new server prints: where it is, and the code.
#[derive(Clone, PartialEq, Eq)]
pub struct SetupLink {
    /// The server.
    pub server: ServerUrl,
    /// The one-time code.
    pub code: String,
}

impl SetupLink {
    /// Reads `http://host:port/setup?code=…`. `None` when the text is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let base = url.path().trim_end_matches('/').strip_suffix("/setup")?.to_owned();
        let code = url.query_pairs().find(|(key, _)| key == "code")?.1.into_owned();
        let mut server = url.clone();
        server.set_query(None);
        server.set_path(&base);
        Some(Self { server: ServerUrl::parse(server.as_str()).ok()?, code })
    }
}

/// What a pairing code's QR image says: a server, and behind the `#` the code.
#[derive(Clone, PartialEq, Eq)]
pub struct PairingLink {
    /// The server.
    pub server: ServerUrl,
    /// The one-time code.
    pub code: String,
}

impl PairingLink {
    /// Reads a link such as `https://places.example.org/app/sign-in#XXXX-XXXX`, which opens the phone app, or
    /// `https://places.example.org/pair#XXXX-XXXX` of a server without it; `None` where it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let path = url.path().trim_end_matches('/');
        let base = path.strip_suffix("/app/sign-in").or_else(|| path.strip_suffix("/pair"))?.to_owned();
        let code = url.fragment().filter(|code| !code.is_empty())?.to_owned();
        let mut server = url.clone();
        server.set_fragment(None);
        server.set_path(&base);
        Some(Self { server: ServerUrl::parse(server.as_str()).ok()?, code })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pairing_link_is_a_server_and_a_code() {
        for path in ["pair", "app/sign-in", "app/sign-in/"] {
            let link = PairingLink::parse(&format!("http://127.0.0.1:8080/{path}#CEAG-7GH1")).unwrap();
            assert_eq!((link.server.to_string().as_str(), link.code.as_str()), ("http://127.0.0.1:8080", "CEAG-7GH1"));
        }
        for other in [
            "http://127.0.0.1:8080/pair",
            "http://127.0.0.1:8080/app/sign-in",
            "http://127.0.0.1:8080/app/#CEAG-7GH1",
            "http://127.0.0.1:8080/setup#X",
            "http://127.0.0.1:8080",
            "pair#X",
        ] {
            assert!(PairingLink::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn an_address_is_read_as_people_write_it() {
        let shown = |s: &str| ServerUrl::parse(s).unwrap().to_string();
        assert_eq!(shown("places.example.org"), "https://places.example.org");
        assert_eq!(shown("localhost:8080/"), "http://localhost:8080");
        assert_eq!(shown("127.0.0.1:9"), "http://127.0.0.1:9");
        assert_eq!(shown(" HTTPS://Example.org:443/places/?x#y"), "https://example.org/places");
    }

    #[test]
    fn what_is_no_address_is_refused_with_words() {
        for (text, words) in [
            ("ftp://example.org", "https://"),
            ("", "is not a server address"),
            ("https://ada:secret@example.org", "--email"),
        ] {
            let error = ServerUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn a_path_is_put_behind_the_servers_own() {
        let server = ServerUrl::parse("https://example.org/places").unwrap();
        assert_eq!(server.join("/v1/sync/pull?limit=5").as_str(), "https://example.org/places/v1/sync/pull?limit=5");
    }

    #[test]
    fn different_servers_have_different_keys() {
        let key = |s: &str| ServerUrl::parse(s).unwrap().key();
        let all = ["https://a.org", "http://a.org", "https://a.org:444", "https://a.org/b", "https://a.org/_2f_b"];
        let keys: std::collections::BTreeSet<_> = all.iter().map(|s| key(s)).collect();
        assert_eq!(keys.len(), all.len(), "{keys:?}");
        assert!(keys.iter().all(|k| !k.contains(['/', ':'])));
        assert_eq!(key("https://A.org/"), key("a.org"));
    }

    #[test]
    fn a_setup_link_names_server_and_code() {
        let link = SetupLink::parse("http://localhost:8080/setup?code=ABCD-1234").unwrap();
        assert_eq!((link.server.to_string().as_str(), link.code.as_str()), ("http://localhost:8080", "ABCD-1234"));
        let under = SetupLink::parse("https://example.org/places/setup?code=X").unwrap();
        assert_eq!(under.server.to_string(), "https://example.org/places");
        assert!(SetupLink::parse("https://example.org/?code=X").is_none());
        assert!(SetupLink::parse("https://example.org/setup").is_none());
    }
}
