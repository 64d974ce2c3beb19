//! The cookie of a signed-in browser.

use axum::http::{HeaderMap, HeaderValue, header};
use holdfast_service::SESSION_DAYS;

use crate::settings::HttpSettings;

/// Carries the token of a signed-in browser.
pub const SESSION_COOKIE: &str = "holdfast_session";

/// How long a browser keeps its session cookie, in seconds: as long as the server keeps the session, unless it is revoked.
const COOKIE_SECONDS: u32 = SESSION_DAYS * 24 * 60 * 60;

/// Hands the browser its session: out of reach of scripts and of other sites.
pub fn begin(headers: &mut HeaderMap, token: &str, settings: &HttpSettings) {
    set_cookie(headers, token, COOKIE_SECONDS, settings);
}

/// Takes the session away from the browser.
pub fn end(headers: &mut HeaderMap, settings: &HttpSettings) {
    set_cookie(headers, "", 0, settings);
}

fn set_cookie(headers: &mut HeaderMap, token: &str, seconds: u32, settings: &HttpSettings) {
    let secure = if settings.is_https() { "; Secure" } else { "" };
    let cookie = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(mut value) = HeaderValue::from_str(&cookie) {
        value.set_sensitive(true);
        headers.insert(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(public_url: &str) -> String {
        let mut headers = HeaderMap::new();
        set_cookie(&mut headers, "t", 60, &HttpSettings::new(public_url));
        headers[header::SET_COOKIE].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites() {
        assert_eq!(cookie("http://localhost:1"), "holdfast_session=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
        assert!(cookie("https://places.example.org").ends_with("; Secure"));
    }
}
