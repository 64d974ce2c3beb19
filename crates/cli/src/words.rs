//! The words a person reads.

use holdfast_contract::{Position, Timestamp};
use holdfast_device::{Attention, PauseReason, PlaceState};
use jiff::tz::TimeZone;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

use crate::output::{CYAN, GREEN, RED, YELLOW};

/// A state as an icon.
pub(crate) fn icon(state: PlaceState) -> String {
    let (style, icon) = match state {
        PlaceState::SavedOnDevice => (CYAN, "●"),
        PlaceState::Sending => (CYAN, "↑"),
        PlaceState::Synced => (GREEN, "✓"),
        PlaceState::NeedsAttention(_) => (RED, "!"),
        PlaceState::WaitingForPosition => (YELLOW, "…"),
        PlaceState::NeedsPosition => (YELLOW, "?"),
    };
    format!("{style}{icon}{style:#}")
}

/// A state in the words that every surface uses.
pub(crate) fn state(state: PlaceState) -> &'static str {
    match state {
        PlaceState::SavedOnDevice => "Saved on this device",
        PlaceState::Sending => "Sending",
        PlaceState::Synced => "Synced",
        PlaceState::NeedsAttention(_) => "Needs attention",
        PlaceState::WaitingForPosition => "Waiting for a position",
        PlaceState::NeedsPosition => "Needs a position",
    }
}

/// A state as it stands in JSON, with the reason where it needs attention.
pub(crate) fn state_code(state: PlaceState) -> (&'static str, Option<&'static str>) {
    match state {
        PlaceState::SavedOnDevice => ("savedOnDevice", None),
        PlaceState::Sending => ("sending", None),
        PlaceState::Synced => ("synced", None),
        PlaceState::NeedsAttention(attention) => ("needsAttention", Some(attention_code(attention))),
        PlaceState::WaitingForPosition => ("waitingForPosition", None),
        PlaceState::NeedsPosition => ("needsPosition", None),
    }
}

fn attention_code(attention: Attention) -> &'static str {
    match attention {
        Attention::Conflict => "conflict",
        Attention::Rejected => "rejected",
        Attention::PlanFull => "planFull",
        Attention::DeletedForGood => "deletedForGood",
        Attention::NoLongerVisible => "noLongerVisible",
        Attention::OlderOnServer => "olderOnServer",
    }
}

/// Why a place needs attention, as a phrase.
pub(crate) fn reason(attention: Attention) -> &'static str {
    match attention {
        Attention::Conflict => "changed here and elsewhere",
        Attention::Rejected => "the server refused a change",
        Attention::PlanFull => "the plan is full",
        Attention::DeletedForGood => "deleted for good elsewhere",
        Attention::NoLongerVisible => "no longer shared with you",
        Attention::OlderOnServer => "changed on the restored server",
    }
}

/// What to do about it.
pub(crate) fn advice(attention: Attention, number: i64) -> String {
    match attention {
        Attention::Conflict | Attention::OlderOnServer => {
            format!("See both versions and choose: holdfast resolve {number}")
        }
        Attention::Rejected => format!(
            "See why with `holdfast show {number}`, then edit it, or `holdfast outbox export` and `holdfast outbox discard` it."
        ),
        Attention::PlanFull => "It is kept here and goes on by itself when there is room.".to_owned(),
        Attention::DeletedForGood | Attention::NoLongerVisible => {
            format!("Keep what is here as a new place, or let it go: holdfast resolve {number}")
        }
    }
}

/// What a place shows about itself, in short.
pub(crate) fn state_with_reason(place_state: PlaceState) -> String {
    match place_state {
        PlaceState::NeedsAttention(attention) => format!("{}: {}", state(place_state), reason(attention)),
        other => state(other).to_owned(),
    }
}

/// What a pause of the whole account means and what ends it.
pub(crate) fn pause(reason: PauseReason) -> (&'static str, &'static str) {
    match reason {
        PauseReason::SignIn => (
            "This device's access has ended: the server asks for a sign-in.",
            "Sign in again with: holdfast pair <server address>\nEverything saved here is kept and is sent afterwards.",
        ),
        PauseReason::AccountGone => (
            "The account was deleted or suspended on the server.",
            "Everything on this device is kept. `holdfast export` writes it to a file.",
        ),
        PauseReason::UpdateApp => (
            "This holdfast is too old for the server.",
            "Update holdfast. Everything saved here is kept and is sent afterwards.",
        ),
    }
}

/// A time as people here write it: local, to the minute.
pub(crate) fn local_time(time: Timestamp) -> String {
    let Ok(time) = jiff::Timestamp::from_microsecond(time.as_micros()) else { return time.to_string() };
    time.to_zoned(TimeZone::system()).strftime("%a %Y-%m-%d %H:%M").to_string()
}

/// How long ago, in one unit.
pub(crate) fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.micros_since(then) / 1_000_000;
    match seconds {
        i64::MIN..5 => "just now".to_owned(),
        5..90 => format!("{seconds} s ago"),
        90..5_400 => format!("{} min ago", (seconds + 30) / 60),
        5_400..129_600 => format!("{} h ago", (seconds + 1_800) / 3_600),
        _ => format!("{} days ago", (seconds + 43_200) / 86_400),
    }
}

/// A position with as many digits as mean something: five are about a metre.
pub(crate) fn position(position: &Position) -> String {
    format!("{:.5}, {:.5}", position.latitude.get(), position.longitude.get())
}

/// Accuracy and altitude, where known.
pub(crate) fn position_details(position: &Position) -> String {
    let mut words = String::new();
    if let Some(accuracy) = position.accuracy {
        let _ = write!(words, ", about ±{} m", round(accuracy.get()));
    }
    if let Some(altitude) = position.altitude {
        let _ = write!(words, ", {} m high", round(altitude.get()));
    }
    words
}

fn round(metres: f64) -> String {
    if metres.abs() < 10.0 { format!("{metres:.1}") } else { format!("{metres:.0}") }
}

/// `one` or `n many`, with its number.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Text for one line of a terminal: no line breaks, and nothing that turns the rest of the line around.
pub(crate) fn one_line(text: &str) -> String {
    let visible = |c: char| !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}');
    text.chars().filter(|c| visible(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Text for several lines of a terminal, each behind `indent`.
pub(crate) fn block(text: &str, indent: &str) -> String {
    text.lines().map(|line| format!("{indent}{}", one_line(line))).collect::<Vec<_>>().join("\n")
}

/// `text` cut or filled to exactly `width` columns.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let text = one_line(text);
    let own = text.width();
    if own <= width {
        return format!("{text}{}", " ".repeat(width - own));
    }
    let mut cut = String::new();
    for c in text.chars() {
        if format!("{cut}{c}").width() + 1 > width {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    format!("{cut}{}", " ".repeat(width.saturating_sub(cut.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_columns_not_by_bytes() {
        assert_eq!(fit("Wald", 6), "Wald  ");
        assert_eq!(fit("Waldrand", 6), "Waldr…");
        assert_eq!(fit("東京タワー", 6).width(), 6);
    }

    #[test]
    fn a_name_cannot_turn_the_line_around_or_break_it() {
        assert_eq!(one_line("a\u{202E}b\nc"), "ab c");
    }

    #[test]
    fn times_are_told_in_one_unit() {
        let now = Timestamp::from_micros(10_000_000_000_000);
        let back = |seconds: i64| ago(now.plus_seconds(-seconds), now);
        assert_eq!((back(0), back(60), back(600)), ("just now".into(), "60 s ago".into(), "10 min ago".into()));
        assert_eq!((back(7_200), back(864_000)), ("2 h ago".into(), "10 days ago".into()));
        assert_eq!(back(-50), "just now");
    }
}
