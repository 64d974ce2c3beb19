//! The OpenAPI document, made from the routes themselves.
//!
//! Handlers describe what is particular to them, with the codes they refuse with in `x-problems`. What holds for a
//! whole group of routes (who may call, which headers, which refusals) is added here, from the same groups that the
//! layers are put on, so that the document can't say otherwise than the layers do.

use std::collections::BTreeSet;

use holdfast_contract::{Code, OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION, PlaceOrder, Problem, SharedFilter};
use serde_json::{Map, Value, json};

use crate::problem::PROBLEM_JSON;

/// Codes that a handler or a group adds to an operation, until [`finish`] makes replies of them.
const PROBLEMS: &str = "x-problems";

/// Marks a group of routes as open only to who is signed in.
pub(crate) fn mark_private(document: &mut Value) {
    each_operation(document, |_, operation| {
        operation.insert("security".to_owned(), json!([{ "token": [] }, { "session": [] }]));
        add_problems(operation, &["unauthenticated", "account_gone", "wrong_account", "cross_site", "rate_limited"]);
        add_rate_limit_headers(operation);
        add_parameter(operation, "Account");
    });
}

/// Marks a group of routes as counted by address.
pub(crate) fn mark_per_address(document: &mut Value) {
    each_operation(document, |_, operation| {
        add_problems(operation, &["rate_limited"]);
        add_rate_limit_headers(operation);
    });
}

/// Marks a group of routes as asking for the headers of devices.
pub(crate) fn mark_sync(document: &mut Value) {
    each_operation(document, |_, operation| {
        add_parameter(operation, "RequiredProtocol");
        add_parameter(operation, "RequiredAccount");
        add_problems(operation, &["protocol_unsupported", "client_too_old", "invalid_parameter"]);
    });
}

/// Puts groups together, and adds what holds for every route.
pub(crate) fn finish(groups: Vec<Value>) -> Value {
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Holdfast",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "This server." }],
        "tags": [
            { "name": "sync", "description": "The road of devices: push, pull, live events." },
            { "name": "places", "description": "Places, one at a time: for people who script." },
            { "name": "sharing", "description": "Whom places are shown to." },
            { "name": "account", "description": "Setup, sign-in, pairing, devices." },
            { "name": "server", "description": "Health, metrics, documents." },
        ],
        "paths": {},
        "components": { "schemas": {} },
    });
    for mut group in groups {
        for part in ["/paths", "/components/schemas"] {
            let taken = group.pointer_mut(part).map(Value::take);
            if let (Some(Value::Object(taken)), Some(Value::Object(all))) = (taken, document.pointer_mut(part)) {
                for (key, value) in taken {
                    match (all.get_mut(&key), value) {
                        // Two methods of one path may stand in different groups.
                        (Some(Value::Object(there)), Value::Object(more)) if part == "/paths" => there.extend(more),
                        (_, value) => {
                            all.insert(key, value);
                        }
                    }
                }
            }
        }
    }
    each_operation(&mut document, |path, operation| {
        if path.starts_with("/v1/") {
            let has_own = operation.get("parameters").is_some_and(|p| p.to_string().contains("RequiredProtocol"));
            if !has_own {
                add_parameter(operation, "Protocol");
            }
            add_problems(operation, &["protocol_unsupported", "client_too_old"]);
        }
        if operation.contains_key("requestBody") {
            add_problems(operation, &["invalid_json", "too_large", "unsupported_media_type", "invalid"]);
        }
        add_problems(operation, &["internal", "unavailable"]);
        write_problems(operation);
        add_reply_headers(operation);
    });
    add_components(&mut document);
    // The same bytes, whatever order this build's maps keep.
    document.sort_all_objects();
    document
}

const DESCRIPTION: &str = "Save a private place now, organise it later.\n\n\
    JSON in camelCase; times are RFC 3339 in UTC with microseconds; unknown fields are ignored. Every error is a problem \
    document (RFC 9457) with a stable `code`, a sentence that says what to do, and the id of the request. Every reply \
    carries `Holdfast-Protocol`: a reply without it does not come from a Holdfast server.";

fn each_operation(document: &mut Value, mut change: impl FnMut(&str, &mut Map<String, Value>)) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                change(path, operation);
            }
        }
    }
}

fn add_problems(operation: &mut Map<String, Value>, codes: &[&str]) {
    let problems = operation.entry(PROBLEMS).or_insert_with(|| json!([]));
    if let Some(problems) = problems.as_array_mut() {
        problems.extend(codes.iter().map(|code| Value::from(*code)));
    }
}

fn add_parameter(operation: &mut Map<String, Value>, name: &str) {
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        // A group that asks for the header replaces one that only allows it.
        parameters.retain(|p| p["$ref"] != format!("#/components/parameters/{}", name.replace("Required", "")));
        parameters.push(json!({ "$ref": format!("#/components/parameters/{name}") }));
    }
}

fn add_headers(operation: &mut Map<String, Value>, names: &[&str]) {
    let Some(replies) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (_, reply) in replies {
        let Some(reply) = reply.as_object_mut() else { continue };
        if let Some(headers) = reply.entry("headers").or_insert_with(|| json!({})).as_object_mut() {
            for name in names {
                headers.insert((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
            }
        }
    }
}

fn add_rate_limit_headers(operation: &mut Map<String, Value>) {
    add_headers(operation, &["RateLimit", "RateLimit-Policy"]);
}

fn add_reply_headers(operation: &mut Map<String, Value>) {
    add_headers(operation, &["Holdfast-Protocol", "X-Request-Id"]);
    if let Some(reply) = operation.get_mut("responses").and_then(|r| r.get_mut("429")) {
        for name in ["Retry-After", "RateLimit", "RateLimit-Policy"] {
            reply["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
        }
    }
    if let Some(reply) = operation.get_mut("responses").and_then(|r| r.get_mut("503")) {
        reply["headers"]["Retry-After"] = json!({ "$ref": "#/components/headers/Retry-After" });
    }
}

/// Makes replies of the codes in `x-problems`: one per status, with an example per code.
fn write_problems(operation: &mut Map<String, Value>) {
    let named = operation.remove(PROBLEMS).unwrap_or_default();
    let named: BTreeSet<&str> = named.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let Some(replies) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for code in Code::ALL.iter().filter(|code| named.contains(code.as_str())) {
        let reply = replies.entry(code.status().to_string()).or_insert_with(|| {
            json!({
                "description": "",
                "content": { PROBLEM_JSON: {
                    "schema": { "$ref": "#/components/schemas/Problem" },
                    "examples": {},
                } },
            })
        });
        let said = reply["description"].as_str().unwrap_or_default();
        let separator = if said.is_empty() { "" } else { " " };
        reply["description"] = format!("{said}{separator}`{code}`: {}.", code.title()).into();
        reply["content"][PROBLEM_JSON]["examples"][code.as_str()] =
            json!({ "$ref": format!("#/components/examples/{code}") });
        if matches!(code, Code::Conflict | Code::Gone) {
            reply["content"][PROBLEM_JSON]["schema"] = json!({ "$ref": "#/components/schemas/RefusedOperation" });
        }
    }
}

fn example(code: Code) -> Problem {
    let request_id = Some("0199f6a0-5555-7000-8000-000000000001".to_owned());
    let problem = Problem { request_id, ..Problem::new(code, format!("{}.", code.title())) };
    match code {
        Code::RateLimited | Code::Unavailable => problem.with_retry_after(5),
        Code::Invalid => Problem {
            request_id: problem.request_id,
            ..Problem::invalid(vec![holdfast_contract::FieldError::new(
                "place.latitude",
                holdfast_contract::FieldCode::OutOfRange,
                "must be a number of degrees from -90 to 90",
            )])
        },
        _ => problem,
    }
}

fn add_components(document: &mut Value) {
    use utoipa::{PartialSchema, ToSchema};
    let components = &mut document["components"];
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    // Words of parameters, which no body names.
    schemas.push((PlaceOrder::name().into_owned(), PlaceOrder::schema()));
    schemas.push((SharedFilter::name().into_owned(), SharedFilter::schema()));
    for (name, schema) in schemas {
        components["schemas"][name] = serde_json::to_value(schema).unwrap_or_default();
    }
    components["schemas"]["RefusedOperation"] = json!({
        "description": "A problem document about one operation. Where the operation was decided, its full outcome is \
                        there too.",
        "allOf": [
            { "$ref": "#/components/schemas/Problem" },
            { "type": "object", "properties": { "outcome": { "$ref": "#/components/schemas/OperationOutcome" } } },
        ],
    });
    for code in Code::ALL {
        components["examples"][code.as_str()] = json!({ "value": example(*code) });
    }
    components["securitySchemes"] = json!({
        "token": {
            "type": "http", "scheme": "bearer", "bearerFormat": "hf_…",
            "description": "A device's token, from sign-in or pairing.",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": holdfast_http::session::SESSION_COOKIE,
            "description": "A browser's session. A request that changes something must show that it comes from our own \
                            pages: by `Sec-Fetch-Site`, by `Origin`, or by the `Holdfast-Protocol` header.",
        },
    });
    let protocol = json!({ "type": "integer", "minimum": OLDEST_PROTOCOL_VERSION, "example": PROTOCOL_VERSION });
    let account = json!({ "type": "string", "format": "uuid" });
    let about_protocol = "The version of the protocol that the client speaks.";
    let about_account = "The account the request was made for. It is refused unread where another is signed in.";
    let parameter = |name: &str, required: bool, description: &str, schema: &Value| json!({ "name": name, "in": "header", "required": required, "description": description, "schema": schema });
    components["parameters"] = json!({
        "Protocol": parameter("Holdfast-Protocol", false, &format!("{about_protocol} Absent: the current one."), &protocol),
        "RequiredProtocol": parameter("Holdfast-Protocol", true, about_protocol, &protocol),
        "Account": parameter("Holdfast-Account", false, about_account, &account),
        "RequiredAccount": parameter("Holdfast-Account", true, about_account, &account),
    });
    let header = |description: &str, kind: &str| json!({ "description": description, "schema": { "type": kind } });
    components["headers"] = json!({
        "Holdfast-Protocol": header("The version of the protocol that the server speaks.", "integer"),
        "X-Request-Id": header("The id under which the server's log knows this request.", "string"),
        "Retry-After": header("Seconds to wait before the next try.", "integer"),
        "RateLimit": header("Requests left and seconds until all have grown back: `\"user\";r=99;t=1`.", "string"),
        "RateLimit-Policy": header("How many requests in how many seconds: `\"user\";q=100;w=60`.", "string"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_in_the_document_leads_somewhere() {
        let document = crate::openapi();
        let mut open = vec![&document];
        let mut followed = 0;
        while let Some(value) = open.pop() {
            match value {
                Value::Object(object) => {
                    if let Some(Value::String(reference)) = object.get("$ref") {
                        let pointer = reference.strip_prefix('#').unwrap();
                        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                        followed += 1;
                    }
                    open.extend(object.values());
                }
                Value::Array(list) => open.extend(list),
                _ => {}
            }
        }
        assert!(followed > 100);
    }

    #[test]
    fn every_code_in_the_document_is_one_of_the_contract() {
        let text = include_str!("places.rs").to_owned()
            + include_str!("lists.rs")
            + include_str!("sync.rs")
            + include_str!("sessions.rs")
            + include_str!("pairing.rs")
            + include_str!("devices.rs")
            + include_str!("shares.rs")
            + include_str!("setup.rs")
            + include_str!("export.rs");
        let lists: Vec<&str> =
            text.split("\"x-problems\" = json!(").skip(1).filter_map(|t| t.split(')').next()).collect();
        assert!(!lists.is_empty());
        for list in lists {
            let codes: Vec<String> = serde_json::from_str(list).unwrap();
            for code in codes {
                assert!(Code::ALL.iter().any(|c| c.as_str() == code), "{code}");
            }
        }
    }

    #[test]
    fn the_document_is_the_same_every_time() {
        assert_eq!(crate::openapi_json(), crate::openapi_json());
    }
}
