//! What every page has around its content.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdfast_contract::{AccountId, OpId};
use holdfast_service::Actor;

use crate::failure;
use crate::state::WebState;

/// The part of the site that a page belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Places,
    Trash,
    Files,
    Devices,
    Account,
    /// None of them.
    Other,
}

/// What every page has around its content.
pub(crate) struct Shell {
    pub(crate) title: String,
    /// Who is signed in.
    pub(crate) account: Option<AccountId>,
    /// The number of the feed that the page was made at; what comes after it is news.
    pub(crate) seq: i64,
    pub(crate) part: Part,
    /// What was done just now.
    pub(crate) notice: Option<&'static str>,
    pub(crate) style: String,
    pub(crate) script: Option<String>,
    pub(crate) map_style: String,
    /// Whose servers the map talks to, where not only to ours.
    pub(crate) map_servers: Option<String>,
}

impl Shell {
    /// Around a page that everybody may see.
    pub(crate) fn bare(state: &WebState, title: impl Into<String>) -> Self {
        let map = state.settings.map_style.as_ref();
        Self {
            title: title.into(),
            account: None,
            seq: 0,
            part: Part::Other,
            notice: None,
            style: state.assets.url("style.css").unwrap_or_default(),
            script: state.assets.url("main.js"),
            map_style: map.map(|m| m.url().to_owned()).unwrap_or_default(),
            map_servers: map.map(|m| m.origins().join(" ")),
        }
    }

    /// Around a page of somebody who is signed in.
    pub(crate) fn of(state: &WebState, actor: Actor, part: Part, title: impl Into<String>) -> Self {
        Self { account: Some(actor.user), part, ..Self::bare(state, title) }
    }

    /// With the head of the feed at which the page was made.
    pub(crate) fn at(self, seq: i64) -> Self {
        Self { seq, ..self }
    }

    /// With a word about what was done just now, named in the address: a page that is reloaded says it again, and does not
    /// do it again.
    pub(crate) fn after(self, done: Option<&str>) -> Self {
        let notice = done.and_then(|done| NOTICES.iter().find(|(name, _)| *name == done)).map(|(_, words)| *words);
        Self { notice, ..self }
    }

    pub(crate) fn is(&self, part: Part) -> bool {
        self.part == part
    }
}

/// What can be said at the top of the page after something was done.
const NOTICES: [(&str, &str); 17] = [
    ("saved", "Saved. The place is on the server and goes to your other devices."),
    ("known", "This place had been saved already; there is one of it."),
    ("changed", "Your change is saved."),
    ("merged", "Your change is saved. Other fields had been changed elsewhere meanwhile; both are kept."),
    ("same", "Nothing was different, so nothing was changed."),
    ("deleted", "The place is in the trash. It can be restored for as long as the trash keeps it."),
    ("restored", "The place is back."),
    ("set-up", "Welcome. Your account is made, and you are signed in."),
    ("revoked", "The device is signed out. What it has not sent stays on it."),
    ("password", "Your password is changed. Other browsers are signed out; your devices stay signed in."),
    ("first-password", "Your password is set, and you are signed in. Your e-mail address stands under Account."),
    ("confirmed", "The people you had shared with see these places again."),
    ("taken-back", "The share is taken back."),
    ("imported", "The import is done."),
    ("undone", "The import is taken back."),
    ("brought-back", "The places of this import are back."),
    ("nothing-back", "There was nothing left to bring back: the places are back already, or were changed since."),
];

/// A fresh operation id for a form.
pub(crate) fn op_id(state: &WebState) -> OpId {
    state.service.new_op_id()
}

/// The page, with status 200.
pub(crate) fn page(template: &impl Template) -> Response {
    page_with(StatusCode::OK, template)
}

/// The page with a status.
pub(crate) fn page_with(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let html_type = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(header::CONTENT_TYPE, html_type)], html).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            failure::internal().into_response()
        }
    }
}
