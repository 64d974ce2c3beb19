//! Prints the OpenAPI document, as it is committed in `api/openapi.json`.

use std::io::{Write, stdout};

fn main() -> std::io::Result<()> {
    stdout().write_all(holdfast_api::openapi_json().as_bytes())
}
