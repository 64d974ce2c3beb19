//! The first account of a new server.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use holdfast_contract::account::{SetupRequest, SetupStatus, SignedIn};

use crate::examples;
use crate::html::{Page, escape};
use crate::json::JsonBody;
use crate::parameters::Parameters;
use crate::problem::Refusal;
use crate::sessions::signed_in;
use crate::state::ApiState;

/// Longest setup code that the page repeats.
const CODE_MAX: usize = 64;

/// Whether the server waits for its first account.
#[utoipa::path(get, path = "/v1/setup", tag = "account",
    responses((status = 200, description = "Whether it does.", body = SetupStatus, example = json!({"needed": true}))))]
pub(crate) async fn setup_status(State(state): State<ApiState>) -> Result<Json<SetupStatus>, Refusal> {
    Ok(Json(state.service.setup_status().await?))
}

/// Makes the first account, with the one-time code that the server printed.
#[utoipa::path(post, path = "/v1/setup", tag = "account",
    request_body(content = SetupRequest, example = json!(examples::setup())),
    responses((status = 201, description = "The account is made and signed in.", headers(("Set-Cookie" = String, description = "The session, where no device was given.")), body = SignedIn,
        example = json!(examples::signed_in()))),
    extensions(("x-problems" = json!(["invalid_code", "already_set_up", "invalid"]))))]
pub(crate) async fn set_up(
    State(state): State<ApiState>,
    JsonBody(request): JsonBody<SetupRequest>,
) -> Result<Response, Refusal> {
    Ok(signed_in(state.service.set_up(request).await?, &state.settings))
}

/// The page that the printed setup link opens.
///
/// It says how to finish on a terminal.
#[utoipa::path(get, path = "/setup", tag = "server",
    params(("code" = Option<String>, Query, description = "The one-time code that the server printed.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(crate) async fn setup_page(State(state): State<ApiState>, mut query: Parameters) -> Result<Page, Refusal> {
    let needed = state.service.setup_status().await?.needed;
    let is_code = |code: &String| {
        code.len() <= CODE_MAX && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    let code = query.text("code").filter(is_code);
    Ok(Page::new("Set up Holdfast", &page_body(needed, code.as_deref(), &state.settings.public_url)))
}

fn page_body(needed: bool, code: Option<&str>, public_url: &str) -> String {
    if !needed {
        return "<h1>This server is set up</h1>\n<p>To add a device, make a pairing code on one that is signed in.</p>\n"
            .to_owned();
    }
    match code {
        Some(code) => format!(
            "<h1>Make the first account</h1>\n<p>In a terminal, on the device you want to save places with:</p>\n\
             <pre>holdfast pair '{url}/setup?code={code}'</pre>\n\
             <p>It asks for an e-mail address and a password, makes the account and signs that device in. \
             The code works once.</p>\n",
            url = escape(public_url),
            code = escape(code),
        ),
        None => "<h1>Make the first account</h1>\n<p>Open the setup link that the server printed when it started; it \
                 carries the one-time code.</p>\n"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_gives_the_command_to_type() {
        let page = page_body(true, Some("ABCD-EFGH"), "http://127.0.0.1:8750");
        assert!(page.contains("<pre>holdfast pair 'http://127.0.0.1:8750/setup?code=ABCD-EFGH'</pre>"), "{page}");
        assert!(!page_body(true, None, "http://h").contains("<pre>"));
        assert!(page_body(false, Some("X"), "http://h").contains("is set up"));
    }
}
