//! The OpenAPI document and a page made of it.
//!
//! The page is rendered once, from the document alone. It needs no script and no third party: whoever runs Holdfast
//! offline reads it too.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::html::{Page, escape, respond};

static DOCUMENT: LazyLock<String> = LazyLock::new(crate::openapi_json);
static PAGE: LazyLock<String> = LazyLock::new(|| render(&crate::openapi()));

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "server",
    responses((status = 200, description = "The OpenAPI document.", body = Object, content_type = "application/json")))]
pub(crate) async fn openapi_document() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, DOCUMENT.as_str()).into_response()
}

/// This document as a page.
#[utoipa::path(get, path = "/api/docs", tag = "server",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(crate) async fn docs_page() -> Response {
    let mut page = respond(PAGE.as_str());
    page.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache"));
    page
}

/// The style of the pages.
#[utoipa::path(get, path = "/api/docs/style.css", tag = "server",
    responses((status = 200, description = "The style sheet.", body = String, content_type = "text/css")))]
pub(crate) async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, include_str!("style.css")).into_response()
}

/// Everything is written to strings, which can't fail.
fn render(document: &Value) -> String {
    let info = &document["info"];
    let mut body = String::new();
    let _ = write!(
        body,
        "<h1>{title} <small>{version}</small></h1>\n{description}\n\
         <p>As a document for programs: <a href=\"/api/openapi.json\">/api/openapi.json</a> (OpenAPI {openapi}).</p>\n",
        title = escaped(&info["title"]),
        version = escaped(&info["version"]),
        description = prose(&info["description"]),
        openapi = escaped(&document["openapi"]),
    );
    body.push_str("<h2>Signing in</h2>\n<table>\n");
    for (name, scheme) in entries(&document["components"]["securitySchemes"]) {
        let _ = writeln!(body, "<tr><th>{}</th><td>{}</td></tr>", escape(name), prose(&scheme["description"]));
    }
    body.push_str("</table>\n");
    for tag in items(&document["tags"]) {
        let _ = write!(body, "<h2>{}</h2>\n{}", escaped(&tag["name"]), prose(&tag["description"]));
        for (path, item) in entries(&document["paths"]) {
            for (method, operation) in entries(item) {
                if items(&operation["tags"]).any(|t| *t == tag["name"]) {
                    render_operation(&mut body, document, method, path, operation);
                }
            }
        }
    }
    body.push_str("<h2 id=\"schemas\">Schemas</h2>\n");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        render_schema(&mut body, name, schema);
    }
    Page::new("Holdfast API", &body).into_string()
}

fn render_operation(body: &mut String, document: &Value, method: &str, path: &str, operation: &Value) {
    let lock = if operation["security"].is_array() { " <span class=\"lock\">signed in</span>" } else { "" };
    let _ = write!(
        body,
        "<details id=\"{id}\">\n<summary><span class=\"method\">{method}</span> <code>{path}</code> {summary}{lock}</summary>\n<div>\n{description}",
        id = escaped(&operation["operationId"]),
        method = escape(&method.to_uppercase()),
        path = escape(path),
        summary = inline(operation["summary"].as_str().unwrap_or_default()),
        description = prose(&operation["description"]),
    );
    let mut parameters = items(&operation["parameters"]).map(|p| resolve(document, p)).peekable();
    if parameters.peek().is_some() {
        body.push_str("<h3>Parameters</h3>\n<table>\n");
        for parameter in parameters {
            let required = if parameter["required"] == true { ", required" } else { "" };
            let _ = writeln!(
                body,
                "<tr><th><code>{}</code></th><td>{}{required}</td><td>{}: {}</td></tr>",
                escaped(&parameter["name"]),
                escaped(&parameter["in"]),
                type_of(&parameter["schema"]),
                inline(parameter["description"].as_str().unwrap_or_default()),
            );
        }
        body.push_str("</table>\n");
    }
    for (media_type, content) in entries(&operation["requestBody"]["content"]) {
        let _ = writeln!(body, "<h3>Body</h3>\n<p>{} as {}</p>", type_of(&content["schema"]), escape(media_type));
        render_example(body, &content["example"]);
    }
    body.push_str("<h3>Replies</h3>\n<table>\n");
    for (status, reply) in entries(&operation["responses"]) {
        let description = inline(reply["description"].as_str().unwrap_or_default());
        let _ = write!(body, "<tr><th>{}</th><td>{description}", escape(status));
        for (_, content) in entries(&reply["content"]) {
            let _ = write!(body, " {}", type_of(&content["schema"]));
            render_example(body, &content["example"]);
        }
        body.push_str("</td></tr>\n");
    }
    body.push_str("</table>\n</div>\n</details>\n");
}

fn render_example(body: &mut String, example: &Value) {
    let text = match example {
        Value::Null => return,
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let _ = writeln!(body, "<pre>{}</pre>", escape(&text));
}

fn render_schema(body: &mut String, name: &str, schema: &Value) {
    let _ = write!(
        body,
        "<details id=\"schema-{name}\">\n<summary><code>{name}</code></summary>\n<div>\n{description}",
        name = escape(name),
        description = prose(&schema["description"]),
    );
    if entries(&schema["properties"]).next().is_some() {
        body.push_str("<table>\n");
        for (property, of) in entries(&schema["properties"]) {
            let required = if items(&schema["required"]).any(|r| r == property) { ", required" } else { "" };
            let _ = writeln!(
                body,
                "<tr><th><code>{}</code></th><td>{}{required}</td><td>{}</td></tr>",
                escape(property),
                type_of(of),
                inline(of["description"].as_str().unwrap_or_default()),
            );
        }
        body.push_str("</table>\n");
    } else {
        let _ = writeln!(body, "<p>{}</p>", type_of(schema));
    }
    body.push_str("</div>\n</details>\n");
}

/// A schema in few words, with links to the schemas it names.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/schemas/")) {
        return format!("<a href=\"#schema-{name}\">{name}</a>", name = escape(name));
    }
    for (key, word) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")] {
        let parts: Vec<String> = items(&schema[key]).map(type_of).collect();
        if !parts.is_empty() {
            return parts.join(word);
        }
    }
    let values: Vec<String> = items(&schema["enum"]).map(|v| format!("<code>{}</code>", escaped(v))).collect();
    if !values.is_empty() {
        return values.join(" | ");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if kinds.contains(&"array") {
        return format!("list of {}", type_of(&schema["items"]));
    }
    let fields: Vec<String> = entries(&schema["properties"])
        .map(|(name, of)| format!("<code>{}</code>: {}", escape(name), type_of(of)))
        .collect();
    if !fields.is_empty() {
        return format!("{{ {} }}", fields.join(", "));
    }
    let format = schema["format"].as_str().map(|f| format!(" ({})", escape(f))).unwrap_or_default();
    format!("{}{format}", escape(&kinds.join(" or ")))
}

fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let pointer = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
    pointer.and_then(|p| document.pointer(p)).unwrap_or(value)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn escaped(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

/// Paragraphs of text with `code` in it.
fn prose(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let paragraphs = text.split("\n\n").filter(|p| !p.trim().is_empty());
    paragraphs.fold(String::new(), |html, p| html + "<p>" + &inline(p) + "</p>\n")
}

fn inline(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = escape(part);
        if index % 2 == 1 {
            let _ = write!(html, "<code>{part}</code>");
        } else {
            html.push_str(&part);
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_route_and_schema_and_asks_nobody_for_anything() {
        let document = crate::openapi();
        let page = render(&document);
        for (path, item) in entries(&document["paths"]) {
            assert!(page.contains(&format!("<code>{}</code>", escape(path))), "{path}");
            for (_, operation) in entries(item) {
                assert!(page.contains(&format!("<details id=\"{}\">", escaped(&operation["operationId"]))));
            }
        }
        for (name, _) in entries(&document["components"]["schemas"]) {
            assert!(page.contains(&format!("<details id=\"schema-{name}\">")), "{name}");
        }
        assert!(!page.contains("<script") && !page.contains("src="));
        let links = page.split("href=\"").skip(1).filter_map(|l| l.split('"').next());
        assert!(links.into_iter().all(|link| link.starts_with('/') || link.starts_with('#')));
    }
}
