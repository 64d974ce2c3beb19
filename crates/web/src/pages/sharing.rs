//! `/sharing`: what one shows to others, and the shares that a restored backup suspended.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_contract::Code;
use holdfast_contract::share::GivenShare;

use super::Done;
use crate::failure::Failure;
use crate::form::Form;
use crate::shell::{self, Part, Shell};
use crate::show::Time;
use crate::state::WebState;
use crate::viewer::Viewer;

#[derive(Template)]
#[template(path = "sharing.html")]
struct SharingPage {
    shell: Shell,
    account: String,
    shares: Vec<Row>,
    suspended: usize,
}

struct Row {
    place: String,
    name: Option<String>,
    recipient: String,
    email: String,
    role: &'static str,
    since: Time,
    suspended: bool,
}

impl From<GivenShare> for Row {
    fn from(share: GivenShare) -> Self {
        Self {
            place: share.place_id.to_string(),
            name: share.place_name.map(holdfast_contract::text::Text::into_string),
            recipient: share.recipient_id.to_string(),
            email: share.recipient,
            role: match share.role {
                holdfast_contract::Role::Editor => "can edit",
                _ => "can view",
            },
            since: share.shared_at.into(),
            suspended: share.suspended,
        }
    }
}

/// The list.
pub(crate) async fn page(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Failure> {
    let shares = state.service.list_shares(actor).await?;
    Ok(shell::page(&SharingPage {
        shell: Shell::of(&state, actor, Part::Account, "Sharing").after(done.as_deref()),
        account: actor.user.to_string(),
        suspended: shares.iter().filter(|s| s.suspended).count(),
        shares: shares.into_iter().map(Row::from).collect(),
    }))
}

/// Lets suspended shares show again what they showed: one, or all of them.
pub(crate) async fn confirm(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    form: Form,
) -> Result<Response, Failure> {
    if form.get("place").is_some() {
        let (place, recipient) = named(&form)?;
        state.service.confirm_share(actor, place, recipient).await?;
    } else {
        state.service.confirm_shares(actor).await?;
    }
    Ok(Redirect::to("/sharing?done=confirmed").into_response())
}

/// Takes a share back.
pub(crate) async fn revoke(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    form: Form,
) -> Result<Response, Failure> {
    let (place, recipient) = named(&form)?;
    state.service.unshare_place(actor, place, recipient).await?;
    Ok(Redirect::to("/sharing?done=taken-back").into_response())
}

fn named(form: &Form) -> Result<(holdfast_contract::PlaceId, holdfast_contract::AccountId), Failure> {
    let place = form.text("place").parse().ok().map(holdfast_contract::PlaceId);
    let recipient = form.text("recipient").parse().ok();
    place
        .zip(recipient)
        .ok_or_else(|| Failure::new(Code::InvalidParameter, "The form does not say which share is meant."))
}
