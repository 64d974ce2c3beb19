//! `sync`.

use holdfast_device::{PauseReason, Status};
use holdfast_host::{Engine, Failure as Lost, PutOff, SyncReport, Tally};
use serde_json::{Value, json};

use super::Outcome;
use crate::context::{Context, block_on};
use crate::exit::{Exit, Failure};
use crate::words;

pub(super) fn sync(context: &Context) -> Outcome {
    let account = context.signed_in("sending and fetching")?;
    let engine = Engine::open(&context.home, &account)?;
    let bar = context.output.spinner("sending and fetching");
    let report = block_on(async {
        let progress = |tally: &Tally| bar.set_message(format!("{} sent, {} fetched", tally.sent, tally.pulled));
        Ok(engine.sync_once(progress).await?)
    });
    bar.finish_and_clear();
    let report = report?;
    let verdict = verdict(&report, &account.server.to_string());
    let mut document = tally_json(&report.tally);
    if let Value::Object(members) = &mut document {
        members.insert("reachable".to_owned(), json!(!matches!(verdict, Err(ref f) if f.exit == Exit::Unreachable)));
        members.insert("status".to_owned(), json!(report.status));
        members.insert("putOff".to_owned(), report.put_off.as_ref().map_or(Value::Null, put_off_json));
    }
    match verdict {
        Ok(exit) => {
            context.output.json(&document)?;
            context.output.say(summary(&report))?;
            for line in leftovers(&report.status) {
                context.output.say(line)?;
            }
            Ok(exit)
        }
        Err(failure) => {
            if report.tally.sent + report.tally.pulled > 0 && !context.output.json {
                context.output.say(summary(&report))?;
            }
            Err(failure.details(document))
        }
    }
}

/// What a round of sync means for the exit code.
fn verdict(report: &SyncReport, server: &str) -> Outcome {
    if let Some(reason) = report.status.paused {
        let (message, hint) = words::pause(reason);
        let exit = if reason == PauseReason::UpdateApp { Exit::Failed } else { Exit::SignIn };
        let code = match reason {
            PauseReason::SignIn => "sign_in_needed",
            PauseReason::AccountGone => "account_gone",
            PauseReason::UpdateApp => "client_too_old",
        };
        return Err(Failure::new(exit, code, message).hint(hint));
    }
    let status = &report.status;
    match &report.tally.failure {
        Some(Lost::Unreachable(why)) => Err(Failure::new(
            Exit::Unreachable,
            "unreachable",
            format!("The server {server} can't be reached ({why})."),
        )
        .hint(kept(status))),
        Some(Lost::NotHoldfast(why)) => Err(Failure::new(
            Exit::Unreachable,
            "not_holdfast",
            format!("What answers at {server} is not a Holdfast server: {why}."),
        )
        .hint(format!("{}\nIn a hotel or train, the network may want you to sign in first.", kept(status)))),
        Some(Lost::Refused(status_code)) => {
            let problem = status.push_problem.as_ref().or(status.pull_problem.as_ref());
            let why = problem.map_or_else(|| format!("it answered {status_code}."), |p| p.detail.clone());
            let code = problem.map_or("unavailable", |p| p.code.as_str());
            Err(Failure::new(
                Exit::Unreachable,
                code,
                format!("The server {server} can't do that at the moment: {why}"),
            )
            .hint(kept(status)))
        }
        None => match (&report.put_off, status.pull_waits_until) {
            (Some(put_off), _) => Err(said_later(server, put_off, status)),
            (None, Some(until)) => Err(Failure::new(
                Exit::Unreachable,
                "fetching_waits",
                format!("The server {server} asked not to be asked for news before {}.", words::local_time(until)),
            )
            .hint(kept(status))),
            (None, None) if needs_attention(status) => Ok(Exit::Attention),
            (None, None) => Ok(Exit::Done),
        },
    }
}

/// The server took the rest, and these not at the moment.
fn said_later(server: &str, put_off: &PutOff, status: &Status) -> Failure {
    let why = put_off.problem.as_ref().map_or_else(|| ".".to_owned(), |p| format!(": {}", p.detail));
    let changes = words::count(put_off.operations, "change", "changes");
    let mut hint = match put_off.next_at {
        Some(at) => format!("It is kept on this device and sent again after {}.", words::local_time(at)),
        None => "It is kept on this device and sent again by itself.".to_owned(),
    };
    if put_off.operations != 1 {
        hint = hint.replacen("It is", "They are", 1);
    }
    for line in leftovers(status) {
        hint = format!("{hint}\n{line}");
    }
    Failure::new(Exit::Unreachable, "put_off", format!("The server {server} has put {changes} off{why}")).hint(hint)
}

fn put_off_json(put_off: &PutOff) -> Value {
    json!({ "operations": put_off.operations, "nextAt": put_off.next_at, "problem": put_off.problem })
}

fn kept(status: &Status) -> String {
    match status.pending {
        0 => "Nothing waits to be sent.".to_owned(),
        n => format!(
            "{} kept on this device and sent as soon as it answers.",
            words::count(n, "change is", "changes are")
        ),
    }
}

fn needs_attention(status: &Status) -> bool {
    status.conflicts > 0 || status.rejected > 0 || status.places.needs_attention > 0
}

fn summary(report: &SyncReport) -> String {
    let tally = &report.tally;
    if tally.sent == 0 && tally.pulled == 0 {
        return "Nothing new was sent or fetched.".to_owned();
    }
    format!(
        "{} sent, {} fetched.",
        words::count(tally.sent, "change", "changes"),
        words::count(tally.pulled, "change", "changes")
    )
}

/// What still waits, and for what.
pub(super) fn leftovers(status: &Status) -> Vec<String> {
    let mut lines = Vec::new();
    // A place for which the plan has no room needs attention too; it has a line of its own, and nothing to resolve.
    let count = status.places.needs_attention.saturating_sub(status.plan_full).max(status.conflicts + status.rejected);
    if count > 0 {
        lines.push(format!(
            "{} your attention. See: holdfast resolve",
            words::count(count, "place needs", "places need")
        ));
    }
    if status.plan_full > 0 {
        lines.push(format!(
            "{} for room in the plan; kept here.",
            words::count(status.plan_full, "place waits", "places wait")
        ));
    }
    let without = status.places.waiting_for_position + status.places.needs_position;
    if without > 0 {
        lines.push(format!(
            "{} no position yet and is not sent before it has one. See: holdfast list --state without-position",
            words::count(without, "place has", "places have")
        ));
    }
    let parked = status.conflicts + status.rejected + status.plan_full;
    let waiting = status.pending.saturating_sub(parked);
    if waiting > 0 {
        lines.push(format!("{} to be sent.", words::count(waiting, "change waits", "changes wait")));
    }
    lines
}

pub(super) fn tally_json(tally: &Tally) -> Value {
    let failure = tally.failure.as_ref().map(|f| match f {
        Lost::Unreachable(why) => json!({ "is": "unreachable", "why": why }),
        Lost::NotHoldfast(why) => json!({ "is": "notHoldfast", "why": why }),
        Lost::Refused(status) => json!({ "is": "refused", "status": status }),
    });
    json!({
        "sent": tally.sent, "duplicates": tally.duplicates, "pulled": tally.pulled, "conflicts": tally.conflicts,
        "gone": tally.gone, "rejected": tally.rejected, "deferred": tally.deferred, "failure": failure,
    })
}
