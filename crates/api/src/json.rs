//! JSON bodies, and clear words about wrong ones.
//!
//! The words never repeat what was sent: a body can hold a password or a note, and problem documents end up in logs.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use holdfast_contract::{Code, FieldCode, FieldError, Problem};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::body::BoundedBody;
use crate::problem::Refusal;

/// The bytes of a JSON body, not yet parsed, at most 1 MiB.
pub(crate) struct JsonBytes(pub(crate) axum::body::Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBytes {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        require_json(request.headers())?;
        let BoundedBody(bytes) = BoundedBody::from_request(request, state).await?;
        Ok(Self(bytes))
    }
}

/// A JSON body as a value of its type.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let JsonBytes(bytes) = JsonBytes::from_request(request, state).await?;
        Ok(Self(parse(&bytes)?))
    }
}

/// A JSON object, or nothing at all.
pub(crate) struct OptionalObject(pub(crate) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for OptionalObject {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let is_json = require_json(request.headers());
        let BoundedBody(bytes) = BoundedBody::from_request(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(Map::new()));
        }
        is_json?;
        Ok(Self(parse(&bytes)?))
    }
}

/// Only `application/json` is taken. A form of another site can't send that without asking us first, which is one half
/// of the protection against such forms (the other is in `auth`).
fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let charset = parameters.split(';').filter_map(|p| p.split_once('=')).find(|(k, _)| k.trim() == "charset");
    let is_utf8 = charset.is_none_or(|(_, v)| v.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"));
    if essence.trim().eq_ignore_ascii_case("application/json") && is_utf8 {
        Ok(())
    } else {
        let detail = "The body must be JSON in UTF-8; send it with `Content-Type: application/json`.";
        Err(Refusal::new(Code::UnsupportedMediaType, detail))
    }
}

/// Parses a body, or says where or in which field it is wrong.
pub(crate) fn parse<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::new(Code::InvalidJson, "The body is empty; this address takes a JSON object."));
    }
    // Derived readers would also take a list of a struct's values.
    if bytes.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| *b != b'{') {
        return Err(Refusal::new(Code::InvalidJson, "The body must be a JSON object."));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        Refusal::from(wrong(&path, error.inner()))
    })?;
    deserializer.end().map_err(|error| Refusal::from(wrong(".", &error)))?;
    Ok(value)
}

fn wrong(path: &str, error: &serde_json::Error) -> Problem {
    match error.classify() {
        // These messages name tokens of the grammar, never content.
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::new(Code::InvalidJson, format!("The body is not valid JSON: {error}."))
        }
        Category::Data => wrong_data(if path == "." { "" } else { path }, &error.to_string()),
    }
}

/// Says what is wrong with well-formed JSON. Of serde's message only the parts are used that come from our own types.
fn wrong_data(path: &str, message: &str) -> Problem {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let quoted = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    if let Some(name) = quoted("missing field `") {
        return Problem::invalid(vec![FieldError::new(below(name), FieldCode::Required, "is required")]);
    }
    if let Some(name) = quoted("duplicate field `") {
        let error = FieldError::new(below(name), FieldCode::Inconsistent, "is there more than once");
        return Problem::invalid(vec![error]);
    }
    let expected = message.rsplit_once(", expected ").map(|(_, e)| e.rsplit_once(" at line ").map_or(e, |(e, _)| e));
    let wanted = expected.map_or("of another form", in_words);
    if path.is_empty() {
        return Problem::new(Code::InvalidJson, format!("The body must be {wanted}."));
    }
    let error = FieldError::new(path, FieldCode::InvalidType, format!("must be {wanted}"));
    Problem::invalid(vec![error])
}

/// What a type of ours is called in JSON.
fn in_words(expected: &str) -> &'static str {
    let first = expected.split(' ').next().unwrap_or_default();
    match expected {
        "a string" | "a borrowed string" | "a formatted UUID string" | "a UUID string" => "a string",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a JSON object",
        _ if first == "struct" => "a JSON object",
        _ if matches!(first, "u8" | "u16" | "u32" | "u64" | "usize") => "a whole number, 0 or more",
        _ if matches!(first, "i8" | "i16" | "i32" | "i64" | "isize") => "a whole number",
        _ if matches!(first, "f32" | "f64") => "a number",
        _ => "of another form",
    }
}

#[cfg(test)]
mod tests {
    use holdfast_contract::account::{PairRequest, SignInRequest};
    use holdfast_contract::sync::PushRequest;

    use super::*;

    fn refused<T: DeserializeOwned>(body: &str) -> String {
        match parse::<T>(body.as_bytes()) {
            Ok(_) => panic!("was taken"),
            Err(refusal) => format!("{refusal:?}"),
        }
    }

    #[test]
    fn malformed_json_is_placed_by_line_and_column() {
        let said = refused::<SignInRequest>("{\n  \"email\": secret }");
        assert!(said.contains("line 2 column 12") && said.contains("InvalidJson"), "{said}");
        assert!(refused::<SignInRequest>("{\"email\": \"x\"").contains("EOF"));
        assert!(refused::<SignInRequest>("").contains("empty"));
        let twice = "{\"email\": \"a\", \"password\": \"b\"} {}";
        assert!(refused::<SignInRequest>(twice).contains("trailing characters"));
    }

    #[test]
    fn a_wrong_type_names_its_field_and_repeats_nothing() {
        let said = refused::<SignInRequest>("{\"email\": \"a\", \"password\": 4711}");
        assert!(said.contains("\"password\"") && said.contains("must be a string") && !said.contains("4711"), "{said}");
        let said = refused::<PairRequest>("{\"code\": \"x\", \"device\": {\"name\": [\"canary\"]}}");
        assert!(said.contains("device.name") && !said.contains("canary"), "{said}");
        let said = refused::<PairRequest>("{\"code\": \"x\"}");
        assert!(said.contains("\"device\"") && said.contains("Required"), "{said}");
        assert!(refused::<SignInRequest>("[1]").contains("must be a JSON object"));
        assert!(refused::<SignInRequest>("\"canary\"").contains("must be a JSON object"));
    }

    #[test]
    fn the_operations_of_a_push_stay_the_bytes_that_were_sent() {
        let body = br#"{"epoch": "e", "operations": [ {"b" : 1.50,  "a":2}, 7 ], "unknown": {}}"#;
        let push: PushRequest<'_> = parse(body).unwrap();
        let raw: Vec<_> = push.operations.iter().map(|o| o.get()).collect();
        assert_eq!(raw, [r#"{"b" : 1.50,  "a":2}"#, "7"]);
    }

    #[test]
    fn only_json_in_utf_8_is_taken() {
        let is_taken = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, axum::http::HeaderValue::from_static(value));
            require_json(&headers).is_ok()
        };
        assert!(is_taken("application/json") && is_taken("Application/JSON; charset=UTF-8"));
        assert!(!is_taken("text/plain") && !is_taken("application/json; charset=latin1") && !is_taken(""));
        assert!(require_json(&HeaderMap::new()).is_err());
    }
}
