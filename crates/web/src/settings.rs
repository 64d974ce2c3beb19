//! What the pages need besides the service.

use url::Url;

/// What the pages need besides the service.
#[derive(Clone, Debug, Default)]
pub struct WebSettings {
    /// The map's style, where it is not the one that ships with the server.
    pub map_style: Option<MapStyle>,
}

/// A map style of somebody else. The browser of whoever looks at a map then asks these servers for what it shows, and so
/// tells them where it looks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MapStyle {
    url: String,
    origins: Vec<String>,
}

/// Why a map style can't be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MapStyleError {
    /// It is no address.
    #[error("must be an address such as https://tiles.example.org/style.json")]
    Url,
    /// A further server is no address of a server.
    #[error("must be origins such as https://tiles.example.org, separated by blanks")]
    Origin,
}

impl MapStyle {
    /// The style at `url`. `further` are the servers that it names besides its own, as origins separated by blanks: the
    /// browser is allowed to ask these and no others.
    pub fn parse(url: &str, further: &str) -> Result<Self, MapStyleError> {
        let url = Url::parse(url).map_err(|_| MapStyleError::Url)?;
        let mut origins = vec![origin(&url).ok_or(MapStyleError::Url)?];
        for word in further.split_whitespace() {
            let further = Url::parse(word).ok().filter(|u| u.path() == "/" && u.query().is_none());
            origins.push(further.as_ref().and_then(origin).ok_or(MapStyleError::Origin)?);
        }
        origins.dedup();
        Ok(Self { url: url.into(), origins })
    }

    /// Where the style is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The servers that the browser may ask.
    pub fn origins(&self) -> &[String] {
        &self.origins
    }
}

/// Scheme, host and port of an address of the web, in letters that are safe in a header.
fn origin(url: &Url) -> Option<String> {
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_web.then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_says_which_servers_it_talks_to() {
        let style =
            MapStyle::parse("https://tiles.example.org/a/style.json?key=1", "https://fonts.example.org").unwrap();
        assert_eq!(style.origins(), ["https://tiles.example.org", "https://fonts.example.org"]);
        assert_eq!(style.url(), "https://tiles.example.org/a/style.json?key=1");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["", "tiles", "/style.json", "file:///style.json", "javascript:alert(1)", "https://"] {
            assert_eq!(MapStyle::parse(wrong, ""), Err(MapStyleError::Url), "{wrong}");
        }
        for wrong in ["fonts.example.org", "https://a.example.org/fonts", "https://a.example; script-src *"] {
            assert_eq!(MapStyle::parse("https://t.example", wrong), Err(MapStyleError::Origin), "{wrong}");
        }
    }
}
