//! `shares`.

use holdfast_contract::share::GivenShare;
use holdfast_host::{Client, sign_in};
use serde_json::json;

use super::Outcome;
use crate::args::{Shares, SharesCommand};
use crate::context::{Context, block_on};
use crate::exit::{Exit, Failure};
use crate::output::{BOLD, DIM, YELLOW};
use crate::words;

pub(super) fn shares(context: &Context, args: Shares) -> Outcome {
    let account = context.signed_in("the list of shares")?;
    let client = sign_in::client(&context.home, &account)?;
    match args.command.unwrap_or(SharesCommand::List) {
        SharesCommand::List => list(context, &client),
        SharesCommand::Confirm { place, with } => confirm(context, &client, place.as_deref(), with.as_deref()),
        SharesCommand::Revoke { place, with } => revoke(context, &client, &place, with.as_deref()),
    }
}

fn list(context: &Context, client: &Client) -> Outcome {
    let shares = block_on(async { Ok(client.shares().await?) })?;
    context.output.json(&json!({ "shares": shares }))?;
    if shares.is_empty() {
        context.output.say("Nothing is shared with anybody.")?;
    }
    for share in &shares {
        let state = if share.suspended {
            format!("{YELLOW}shows nothing until you confirm it{YELLOW:#}")
        } else {
            String::new()
        };
        context.output.show(format!(
            "{BOLD}{}{BOLD:#}  {} as {}, since {}  {state}\n  {DIM}{}{DIM:#}",
            title(share),
            words::one_line(&share.recipient),
            share.role.as_str(),
            words::local_time(share.shared_at),
            share.place_id,
        ))?;
    }
    if shares.iter().any(|share| share.suspended) {
        context
            .output
            .hint("The server was restored from a backup, which may hold shares that you had taken back since.");
        context.output.hint("All are as you want them:  holdfast shares confirm");
        context
            .output
            .hint("One of them, or take it back:  holdfast shares confirm PLACE, holdfast shares revoke PLACE");
    }
    Ok(Exit::Done)
}

fn confirm(context: &Context, client: &Client, place: Option<&str>, with: Option<&str>) -> Outcome {
    let confirmed = block_on(async {
        let Some(place) = place else { return Ok(client.confirm_shares().await?) };
        let chosen = chosen(client.shares().await?, place, with)?;
        let mut confirmed = 0;
        for share in chosen.iter().filter(|share| share.suspended) {
            client.confirm_share(share.place_id, share.recipient_id).await?;
            confirmed += 1;
        }
        Ok(confirmed)
    })?;
    context.output.json(&json!({ "confirmed": confirmed }))?;
    let said = match confirmed {
        0 => "No share waited for a word of yours.".to_owned(),
        n => format!("Confirmed: {}. They show again what they showed.", words::count(n, "share", "shares")),
    };
    context.output.say(said)?;
    Ok(Exit::Done)
}

fn revoke(context: &Context, client: &Client, place: &str, with: Option<&str>) -> Outcome {
    let taken_back = block_on(async {
        let chosen = chosen(client.shares().await?, place, with)?;
        for share in &chosen {
            client.revoke_share(share.place_id, share.recipient_id).await?;
        }
        Ok(chosen)
    })?;
    context.output.json(&json!({ "revoked": taken_back }))?;
    for share in &taken_back {
        context.output.say(format!(
            "{} is not shown to {} any more.",
            title(share),
            words::one_line(&share.recipient)
        ))?;
    }
    Ok(Exit::Done)
}

/// The shares of one place, or the one with this person.
fn chosen(shares: Vec<GivenShare>, place: &str, with: Option<&str>) -> Result<Vec<GivenShare>, Failure> {
    let reference = place.trim();
    let named = |share: &GivenShare| {
        let by_id = reference.len() >= 4 && share.place_id.to_string().starts_with(&reference.to_lowercase());
        by_id || share.place_name.as_ref().is_some_and(|name| name.as_str() == reference)
    };
    let meant: Vec<GivenShare> = shares
        .into_iter()
        .filter(|share| named(share) && with.is_none_or(|with| share.recipient.eq_ignore_ascii_case(with.trim())))
        .collect();
    let mut places: Vec<_> = meant.iter().map(|share| share.place_id).collect();
    places.dedup();
    places.sort_unstable();
    places.dedup();
    match places.len() {
        0 => Err(Failure::new(
            Exit::NotFound,
            "not_found",
            format!("No share of \"{}\" is like that.", words::one_line(place)),
        )
        .hint("`holdfast shares` lists them, each with the id of its place.")),
        1 => Ok(meant),
        n => Err(Failure::new(
            Exit::NotFound,
            "ambiguous",
            format!("\"{}\" could be {n} places.", words::one_line(place)),
        )
        .hint("Name one of them by its id: `holdfast shares` says it.")),
    }
}

fn title(share: &GivenShare) -> String {
    share.place_name.as_ref().map_or_else(|| "A place without a name".to_owned(), |name| words::one_line(name.as_str()))
}
