//! `status`.

use holdfast_device::ImportState;
use holdfast_host::now;
use serde_json::{Value, json};

use super::Outcome;
use super::pair::{account_json, email};
use super::sync::leftovers;
use crate::context::Context;
use crate::exit::Exit;
use crate::output::{BOLD, DIM, YELLOW};
use crate::words;

pub(super) fn status(context: &Context) -> Outcome {
    let account = context.account()?;
    let store = context.store_of(account.as_ref())?;
    let status = store.status()?;
    let signed_in = match &account {
        Some(account) => context.home.token(account)?.is_some(),
        None => false,
    };
    let anonymous = if account.is_some() { context.home.anonymous_places()? } else { 0 };
    let unfinished = store.imports()?.into_iter().filter(|i| i.state == ImportState::Running).count();
    let output = context.output;
    output.json(&json!({
        "home": context.home.path(),
        "account": account.as_ref().map_or(Value::Null, account_json),
        "signedIn": signed_in,
        "anonymousPlaces": anonymous,
        "unfinishedImports": unfinished,
        "status": status,
    }))?;

    output.show(match &account {
        Some(account) => format!("Signed in as {BOLD}{}{BOLD:#} on {}.", email(account), account.server),
        None => "Not signed in: places are saved on this device alone.".to_owned(),
    })?;
    if let Some(reason) = status.paused {
        let (what, todo) = words::pause(reason);
        output.show(format!("{YELLOW}{what}{YELLOW:#}\n{}", words::block(todo, "  ")))?;
    }
    let p = status.places;
    let counts = [
        ("synced", p.synced),
        ("saved on this device", p.saved_on_device),
        ("being sent", p.sending),
        ("needing attention", p.needs_attention),
        ("waiting for a position", p.waiting_for_position),
        ("needing a position", p.needs_position),
    ];
    let total: u64 = counts.iter().map(|(_, n)| n).sum();
    let parts: Vec<String> = counts.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{n} {what}")).collect();
    let trash = if status.trash > 0 { format!("; {} in the trash", status.trash) } else { String::new() };
    match total {
        0 => output.show(format!("No places yet{trash}."))?,
        n => output.show(format!("{}: {}{trash}.", words::count(n, "place", "places"), parts.join(", ")))?,
    }
    if account.is_some() {
        for line in leftovers(&status) {
            output.show(line)?;
        }
        if let Some(oldest) = status.oldest_pending_at {
            output.show(format!(
                "The oldest waits since {} ({}).",
                words::local_time(oldest),
                words::ago(oldest, now())
            ))?;
        }
        for (what, problem, again) in [
            ("Sending", &status.push_problem, status.push_waits_until),
            ("Fetching", &status.pull_problem, status.pull_waits_until),
        ] {
            if let Some(problem) = problem {
                let again =
                    again.map(|t| format!(" It is tried again at {}.", words::local_time(t))).unwrap_or_default();
                output.show(format!("{what} failed: {}{again}", words::one_line(&problem.detail)))?;
            }
        }
        let seen = |t: Option<_>| t.map_or_else(|| "never".to_owned(), |t| words::ago(t, now()));
        output.show(format!(
            "{DIM}Last sent {}, last fetched {}.{DIM:#}",
            seen(status.last_push_at),
            seen(status.last_pull_at)
        ))?;
    }
    if let Some(limits) = &status.limits
        && let Some(max) = limits.places_max
    {
        output.show(format!("The plan allows {max} places; {} are used.", limits.places_used))?;
    }
    if anonymous > 0 {
        output.show(format!(
            "{} saved without an account; take them into this one with: holdfast adopt",
            words::count(anonymous, "place was", "places were")
        ))?;
    }
    if unfinished > 0 {
        output.show(format!(
            "{} interrupted; finish with: holdfast import resume",
            words::count(unfinished as u64, "import was", "imports were")
        ))?;
    }
    if let Some(report) = &status.recovery {
        output.show(format!(
            "The database was damaged on {}; {} places and {} changes were rescued. The damaged file is {}.",
            words::local_time(report.at),
            report.places,
            report.operations,
            report.set_aside
        ))?;
    }
    output.show(format!("{DIM}Home folder: {}{DIM:#}", context.home.path().display()))?;
    Ok(Exit::Done)
}
