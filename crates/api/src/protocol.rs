//! Which version of the protocol a request speaks.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use holdfast_contract::{Code, OLDEST_PROTOCOL_VERSION, PROTOCOL_HEADER, PROTOCOL_VERSION};

use crate::problem::Refusal;

/// Refuses a request that names a version this server does not speak. One that names none speaks the current one.
pub(crate) async fn spoken(request: Request, next: Next) -> Response {
    match check(request.headers()) {
        Ok(_) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Refuses a request that does not say which version it speaks.
pub(crate) async fn required(request: Request, next: Next) -> Response {
    match check(request.headers()) {
        Ok(Some(_)) => next.run(request).await,
        Ok(None) => {
            let detail =
                format!("The Holdfast-Protocol header is missing; send `Holdfast-Protocol: {PROTOCOL_VERSION}`.");
            Refusal::new(Code::ProtocolUnsupported, detail).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// The version the request names, where it names one that is spoken here.
fn check(headers: &HeaderMap) -> Result<Option<u16>, Refusal> {
    let mut values = headers.get_all(PROTOCOL_HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let version = value.to_str().ok().and_then(|v| v.trim().parse::<u64>().ok());
    let (Some(version), None) = (version, values.next()) else {
        let detail = format!("The Holdfast-Protocol header must be one whole number; send `{PROTOCOL_VERSION}`.");
        return Err(Refusal::new(Code::ProtocolUnsupported, detail));
    };
    if version < u64::from(OLDEST_PROTOCOL_VERSION) {
        let detail = "This app is too old for the server. Update the app; what it has saved is kept and sent then.";
        return Err(Refusal::new(Code::ClientTooOld, detail));
    }
    match u16::try_from(version) {
        Ok(version) if version <= PROTOCOL_VERSION => Ok(Some(version)),
        _ => {
            let detail = format!(
                "This server speaks protocol version {PROTOCOL_VERSION}, and the app a newer one. Update the server."
            );
            Err(Refusal::new(Code::ProtocolUnsupported, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn spoken(values: &[&'static str]) -> Result<Option<u16>, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(PROTOCOL_HEADER, HeaderValue::from_static(value));
        }
        check(&headers).map_err(|refusal| format!("{refusal:?}"))
    }

    #[test]
    fn the_current_version_and_none_are_spoken() {
        assert_eq!(spoken(&["1"]), Ok(Some(1)));
        assert_eq!(spoken(&[]), Ok(None));
    }

    #[test]
    fn older_newer_and_unreadable_versions_are_refused_with_their_own_words() {
        assert!(spoken(&["0"]).unwrap_err().contains("ClientTooOld"));
        for newer in ["2", "70000", "18446744073709551615"] {
            assert!(spoken(&[newer]).unwrap_err().contains("ProtocolUnsupported"), "{newer}");
        }
        for unreadable in ["", "one", "1.0", "-1"] {
            assert!(spoken(&[unreadable]).unwrap_err().contains("whole number"), "{unreadable}");
        }
        assert!(spoken(&["1", "1"]).is_err());
    }
}
