//! How a request proves who it is from, and whether a browser vouches that our own pages made it.

use axum::http::{HeaderMap, Method, header};
use holdfast_contract::PROTOCOL_HEADER;

use crate::session::SESSION_COOKIE;
use crate::settings::HttpSettings;

/// How a request proves who it is from.
#[derive(Debug)]
pub enum Credentials<'r> {
    /// A token that only our own clients can put there.
    Bearer(&'r str),
    /// A token that a browser sends along by itself, whoever made it send the request.
    Cookie(&'r str),
}

/// What the request carries; nothing where it is ambiguous.
pub fn credentials(headers: &HeaderMap) -> Option<Credentials<'_>> {
    let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
    if let Some(authorization) = authorizations.next() {
        let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
        let token = token.trim();
        let is_one_bearer =
            scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && authorizations.next().is_none();
        return is_one_bearer.then_some(Credentials::Bearer(token));
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut sessions = cookies.filter_map(|c| c.trim().split_once('=')).filter(|(name, _)| *name == SESSION_COOKIE);
    let (_, token) = sessions.next()?;
    (!token.is_empty() && sessions.next().is_none()).then_some(Credentials::Cookie(token))
}

/// Whether a request of this method changes nothing.
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a browser vouches that our own pages, or the person themselves, made the request: by `Sec-Fetch-Site`, by
/// `Origin`, or by a header that a page of another site can't set without asking us first.
pub fn is_same_site(headers: &HeaderMap, settings: &HttpSettings) -> bool {
    let is = |name: header::HeaderName, wanted: &[&str]| {
        headers.get(name).and_then(|v| v.to_str().ok()).is_some_and(|v| wanted.contains(&v))
    };
    is(header::HeaderName::from_static("sec-fetch-site"), &["same-origin", "none"])
        || is(header::ORIGIN, &[settings.origin().as_str()])
        || headers.contains_key(PROTOCOL_HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, header::HeaderValue::from_static(value));
        }
        headers
    }

    fn found(pairs: &[(&'static str, &'static str)]) -> Option<String> {
        credentials(&headers(pairs)).map(|c| match c {
            Credentials::Bearer(token) => format!("bearer {token}"),
            Credentials::Cookie(token) => format!("cookie {token}"),
        })
    }

    #[test]
    fn a_bearer_token_goes_before_a_cookie() {
        assert_eq!(found(&[("authorization", "bearer  hf_x ")]).as_deref(), Some("bearer hf_x"));
        let both = [("cookie", "holdfast_session=c"), ("authorization", "Bearer b")];
        assert_eq!(found(&both).as_deref(), Some("bearer b"));
        assert_eq!(found(&[("cookie", "a=b; holdfast_session=c")]).as_deref(), Some("cookie c"));
    }

    #[test]
    fn ambiguous_or_blank_credentials_are_none() {
        assert_eq!(found(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]), None);
        assert_eq!(found(&[("authorization", "Basic abc"), ("cookie", "holdfast_session=c")]), None);
        assert_eq!(found(&[("authorization", "Bearer ")]), None);
        assert_eq!(found(&[("authorization", "hf_x")]), None);
        assert_eq!(found(&[("cookie", "holdfast_session=")]), None);
        assert_eq!(found(&[("cookie", "holdfast_session=a; holdfast_session=b")]), None);
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn another_sites_form_is_not_vouched_for() {
        let settings = HttpSettings::new("https://places.example.org/");
        let vouched = |pairs: &[_]| is_same_site(&headers(pairs), &settings);
        assert!(vouched(&[("sec-fetch-site", "same-origin")]) && vouched(&[("sec-fetch-site", "none")]));
        assert!(vouched(&[("origin", "https://places.example.org")]));
        assert!(vouched(&[("holdfast-protocol", "1")]));
        assert!(!vouched(&[("sec-fetch-site", "same-site"), ("origin", "https://evil.example.org")]));
        assert!(!vouched(&[("origin", "null")]) && !vouched(&[]));
    }
}
