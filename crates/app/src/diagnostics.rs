//! Text that a person can hand to support: what is where, and what fails, without any place's content.

use std::fmt::Write as _;

use crate::host::{Diagnostics, Overview};

/// Describes `overview` and what the host adds (`facts`: a word and what is said about it). Nothing of it is a name, a note,
/// a position, an address, an account or a token; the host keeps to that with its facts.
pub fn diagnostics(overview: &Overview, facts: &[(&str, String)]) -> Diagnostics {
    let status = &overview.status;
    let mut text = format!("Holdfast {}\n", overview.version);
    let mut line = |word: &str, what: String| {
        let _ = writeln!(text, "{word}: {what}");
    };
    for (word, what) in facts {
        line(word, what.clone());
    }
    let account = match &overview.account {
        None => "none",
        Some(account) if account.signed_in => "signed in",
        Some(_) => "access ended",
    };
    line("account", account.to_owned());
    line("places", json(&status.places));
    line("trash", status.trash.to_string());
    line(
        "outbox",
        format!(
            "{} (conflicts {}, refused {}, plan full {})",
            status.pending, status.conflicts, status.rejected, status.plan_full
        ),
    );
    line("oldest unsent", time(status.oldest_pending_at));
    line("last sent", time(status.last_push_at));
    line("last fetched", time(status.last_pull_at));
    line("caught up", status.caught_up.to_string());
    line("paused", json(&status.paused));
    for (word, problem, until) in [
        ("sending fails", &status.push_problem, status.push_waits_until),
        ("fetching fails", &status.pull_problem, status.pull_waits_until),
    ] {
        if let Some(problem) = problem {
            let request = problem.request_id.as_deref().unwrap_or("-");
            line(word, format!("{} (request {request}), next try {}", problem.code, time(until)));
        }
    }
    line("saved without an account", overview.adoption.places.to_string());
    line("storage", json(&overview.storage));
    line("leader", json(&overview.leader));
    line("live", json(&overview.live));
    if let Some(report) = &status.recovery {
        let lost = report.unreadable.len();
        line(
            "recovered",
            format!("{}: {} places, {} operations, {lost} losses", report.at, report.places, report.operations),
        );
    }
    Diagnostics { text }
}

fn time(at: Option<holdfast_contract::Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| at.to_string())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
