//! The few pages of the API itself: plain HTML that needs no script and asks nobody else for anything.

use std::fmt::Write as _;

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Where the style sheet of these pages is.
pub(crate) const STYLE_PATH: &str = "/api/docs/style.css";

const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page.
pub(crate) struct Page(String);

impl Page {
    /// A page with this title and body; the body is HTML already.
    pub(crate) fn new(title: &str, body: &str) -> Self {
        let mut page = String::with_capacity(body.len() + 512);
        // Writing to a string can't fail.
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <link rel=\"stylesheet\" href=\"{STYLE_PATH}\">\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
            title = escape(title),
        );
        Self(page)
    }

    /// The page's HTML.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        respond(self.0)
    }
}

/// A reply of HTML under a policy that lets it load its style sheet and nothing else.
pub(crate) fn respond(html: impl Into<axum::body::Body>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, POLICY)];
    (headers, html.into()).into_response()
}

/// Text as it may stand in HTML, between tags and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_stays_text() {
        assert_eq!(escape("<a href='x'>\"&\""), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;");
        assert!(Page::new("<t>", "<p>b</p>").into_string().contains("<title>&lt;t&gt;</title>"));
    }
}
