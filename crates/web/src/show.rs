//! Values as people read them.

use holdfast_contract::{FieldCode, FieldError, Position, Problem, Source, Timestamp};
use jiff::tz::TimeZone;

/// A moment: exact for the browser, which shows it in the reader's own time, and readable without a script.
pub(crate) struct Time {
    pub(crate) exact: String,
    pub(crate) words: String,
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        let zoned = jiff::Timestamp::from_microsecond(time.as_micros()).map(|t| t.to_zoned(TimeZone::UTC));
        let words = zoned.map_or_else(|_| time.to_string(), |z| z.strftime("%-d %b %Y, %H:%M UTC").to_string());
        Self { exact: time.to_string(), words }
    }
}

/// Five decimals: about a metre.
pub(crate) fn coordinates(position: &Position) -> String {
    format!("{:.5}, {:.5}", position.latitude.get(), position.longitude.get())
}

/// How far off a position may be.
pub(crate) fn accuracy(position: &Position) -> Option<String> {
    let metres = position.accuracy?.get();
    Some(match metres {
        1000.0.. => format!("about ±{:.1} km", metres / 1000.0),
        10.0.. => format!("about ±{metres:.0} m"),
        _ => format!("about ±{} m", (metres * 10.0).round() / 10.0),
    })
}

/// Metres above the sea.
pub(crate) fn altitude(position: &Position) -> Option<String> {
    position.altitude.map(|altitude| format!("{:.0} m", altitude.get()))
}

/// What captured a place.
pub(crate) fn source(source: Source) -> &'static str {
    match source {
        Source::Iphone => "iPhone",
        Source::Android => "Android phone",
        Source::AppleWatch => "Apple Watch",
        Source::Web => "the web",
        Source::Cli => "the command line",
        Source::Import => "an import",
    }
}

/// A phrase that stands behind a field's name, as a sentence of its own.
pub(crate) fn sentence(phrase: &str) -> String {
    let mut letters = phrase.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if phrase.ends_with(['.', '!', '?']) { "" } else { "." };
    first + letters.as_str() + stop
}

/// What is wrong with a form of a few fields, in sentences that call the fields as the page does.
pub(crate) fn problem(problem: &Problem) -> String {
    if problem.errors.is_empty() {
        return sentence(&problem.detail);
    }
    let name = |field: &str| match field {
        "email" => "The e-mail address".to_owned(),
        "code" => "The code".to_owned(),
        "password" => "The password".to_owned(),
        "newPassword" => "The new password".to_owned(),
        "password_again" => "The second password".to_owned(),
        "q" => "The search".to_owned(),
        "category" => "The category".to_owned(),
        "tag" => "A tag".to_owned(),
        "source" => "What it was saved with (source)".to_owned(),
        "shared" => "Who sees it (shared)".to_owned(),
        "sort" => "The order (sort)".to_owned(),
        "since" => "The first day (since)".to_owned(),
        "until" => "The last day (until)".to_owned(),
        "bbox" => "The area of the map (bbox)".to_owned(),
        other => sentence(other).trim_end_matches('.').to_owned(),
    };
    let words = problem.errors.iter().map(|error| sentence(&format!("{} {}", name(&error.field), error.detail)));
    words.collect::<Vec<_>>().join(" ")
}

/// What is wrong with a field of a place, as a sentence: the phrase of the contract stands behind the field's name.
pub(crate) fn field_error(error: &FieldError) -> String {
    let subject = match error.field.as_str() {
        "name" => "The name",
        "note" => "The note",
        "category" => "The category",
        "tags" if error.code == FieldCode::TooMany => "The place",
        "tags" => "A tag",
        "latitude" => "The latitude",
        "longitude" => "The longitude",
        "accuracy" => "The accuracy",
        "altitude" => "The height",
        "position" => "The position",
        _ => return sentence(&error.detail),
    };
    sentence(&format!("{subject} {}", error.detail))
}

/// "1 place", "2 places".
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            // A narrow no-break space, as ISO 80000 groups digits.
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    format!("{grouped} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_people_write_them() {
        assert_eq!(count(1, "place", "places"), "1 place");
        assert_eq!(count(1_234_567, "place", "places"), "1\u{202f}234\u{202f}567 places");
        let position = |accuracy| Position::parse("", 47.5, 8.7, Some(accuracy), None).unwrap();
        assert_eq!(super::accuracy(&position(4.96)).as_deref(), Some("about ±5 m"));
        assert_eq!(super::accuracy(&position(12.3)).as_deref(), Some("about ±12 m"));
        assert_eq!(super::accuracy(&position(1500.0)).as_deref(), Some("about ±1.5 km"));
        assert_eq!(coordinates(&position(1.0)), "47.50000, 8.70000");
    }

    #[test]
    fn a_time_is_exact_and_readable() {
        let time = Time::from(Timestamp::parse("2026-11-25T08:05:00Z").unwrap());
        assert_eq!(
            (time.exact.as_str(), time.words.as_str()),
            ("2026-11-25T08:05:00.000000Z", "25 Nov 2026, 08:05 UTC")
        );
    }
}
