//! The cells of a table: numbers, positions, tags, and text that a spreadsheet must not run.

use serde_json::Value;

use crate::draft::LIST_MAX;

/// What makes a spreadsheet take a text for a formula.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet would run it, or show it as if it had been guarded.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

/// A text as it is written: an apostrophe in front keeps spreadsheets from running it.
pub(crate) fn guarded(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text that was guarded.
pub(crate) fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| is_formula(cell)).unwrap_or(cell)
}

/// Tags in one cell, with commas between them.
pub(crate) fn join_tags<'a>(tags: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = |tag: &str| {
        let plain = !tag.contains([',', ';', '"', '\n']) && !tag.starts_with('[');
        if plain { tag.to_owned() } else { format!("\"{}\"", tag.replace('"', "\"\"")) }
    };
    tags.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// The tags of one cell or text: between commas, or between semicolons where there are no commas, or a JSON list.
pub(crate) fn tags(cell: &str) -> Vec<String> {
    let cell = cell.trim();
    if cell.starts_with('[')
        && let Ok(Value::Array(list)) = serde_json::from_str(cell)
    {
        return list.iter().filter_map(Value::as_str).take(LIST_MAX).map(str::to_owned).collect();
    }
    let separator = if !cell.contains([',', '"']) && cell.contains(';') { ';' } else { ',' };
    let mut tags = Vec::new();
    let mut chars = cell.chars().peekable();
    while chars.peek().is_some() && tags.len() < LIST_MAX {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let mut tag = String::new();
        if chars.next_if_eq(&'"').is_some() {
            while let Some(c) = chars.next() {
                if c != '"' {
                    tag.push(c);
                } else if chars.next_if_eq(&'"').is_some() {
                    tag.push('"');
                } else {
                    break;
                }
            }
        }
        while let Some(c) = chars.next_if(|c| *c != separator) {
            tag.push(c);
        }
        chars.next();
        tags.push(tag);
    }
    tags
}

/// A number as people write it: with a decimal comma where no comma parts the cells, a degree sign, and N, S, E or W.
pub(crate) fn number(cell: &str, decimal_comma: bool) -> String {
    let mut text = cell.trim().trim_end_matches('°').trim().to_owned();
    let mut negative = false;
    if let Some(side) = text.chars().last()
        && matches!(side.to_ascii_uppercase(), 'N' | 'S' | 'E' | 'W')
    {
        let rest = text[..text.len() - 1].trim().trim_end_matches('°').trim().to_owned();
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            negative = matches!(side.to_ascii_uppercase(), 'S' | 'W');
            text = rest;
        }
    }
    if decimal_comma && !text.contains('.') && text.matches(',').count() == 1 {
        text = text.replace(',', ".");
    }
    // A minus sign that is none for a computer.
    let text = text.replace('\u{2212}', "-");
    if negative { format!("-{text}") } else { text }
}

/// A cell with a whole position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Latitude, longitude, altitude.
    Point(String, String, Option<String>),
    Line,
    Polygon,
}

/// `POINT (8.7 47.5)` and the like, a GeoJSON point, or `47.5, 8.7`.
pub(crate) fn place(cell: &str) -> Option<Place> {
    let text = cell.trim();
    let wkt = text.rsplit(';').next().unwrap_or(text).trim().to_ascii_uppercase();
    if wkt.starts_with("LINESTRING") || wkt.starts_with("MULTILINESTRING") {
        return Some(Place::Line);
    }
    if wkt.starts_with("POLYGON") || wkt.starts_with("MULTIPOLYGON") {
        return Some(Place::Polygon);
    }
    if let Some(rest) = wkt.strip_prefix("POINT") {
        let inside = rest.trim_start_matches(|c: char| c == 'Z' || c == 'M' || c.is_whitespace());
        let inside = inside.strip_prefix('(')?.strip_suffix(')')?;
        let mut numbers = inside.split_whitespace().map(str::to_owned);
        let (longitude, latitude) = (numbers.next()?, numbers.next()?);
        return Some(Place::Point(latitude, longitude, numbers.next()));
    }
    if text.starts_with('{') {
        let value: Value = serde_json::from_str(text).ok()?;
        let at = |index: usize| value["coordinates"].get(index).and_then(Value::as_f64).map(|n| n.to_string());
        return Some(Place::Point(at(1)?, at(0)?, at(2)));
    }
    let text = text.trim_matches(['(', ')', '[', ']']);
    let separators: [&[char]; 3] = [&[';'], &[','], &[' ']];
    let separator = separators.into_iter().find(|separator| text.contains(*separator))?;
    let parts: Vec<&str> = text.split(separator).map(str::trim).filter(|part| !part.is_empty()).collect();
    let decimal_comma = !separator.contains(&',');
    match parts.as_slice() {
        [latitude, longitude] => {
            let (latitude, longitude) = (number(latitude, decimal_comma), number(longitude, decimal_comma));
            let fine = latitude.parse::<f64>().is_ok() && longitude.parse::<f64>().is_ok();
            fine.then_some(Place::Point(latitude, longitude, None))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_guarded_and_read_back_the_same() {
        for text in ["=1+1", "@x", "-cmd", "+1", "'=1", "''@", "＝1"] {
            let cell = guarded(text);
            assert!(cell.starts_with('\''), "{cell}");
            assert_eq!(unguarded(&cell), text);
        }
        for text in ["'s-Hertogenbosch", "plain", "", "'", "a=b"] {
            assert_eq!((guarded(text).as_str(), unguarded(text)), (text, text));
        }
    }

    #[test]
    fn tags_are_read_as_they_are_written_by_us_and_by_others() {
        for list in [vec!["a", "b c"], vec!["a,b", "c;d", "\"e\"", "f\ng"], vec!["a;b"], vec!["[]"], vec![]] {
            assert_eq!(tags(&join_tags(list.iter().copied())), list);
        }
        assert_eq!(tags("a; b;c"), ["a", "b", "c"]);
        assert_eq!(tags("[\"a\", \"b\"]"), ["a", "b"]);
        assert_eq!(tags("\"open, b"), ["open, b"]);
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (cell, comma, number) in [
            ("47,5", true, "47.5"),
            ("47,5", false, "47,5"),
            (" 47.5° N", false, "47.5"),
            ("8.7W", false, "-8.7"),
            ("\u{2212}8.7", false, "-8.7"),
            ("1e21", false, "1e21"),
            ("north", false, "north"),
        ] {
            assert_eq!(super::number(cell, comma), number, "{cell}");
        }
    }

    #[test]
    fn a_whole_position_in_one_cell_is_taken_apart() {
        let point = |latitude: &str, longitude: &str| Some(Place::Point(latitude.into(), longitude.into(), None));
        assert_eq!(place("POINT (8.7 47.5)"), point("47.5", "8.7"));
        assert_eq!(
            place("SRID=4326;Point Z(8.7 47.5 400)"),
            Some(Place::Point("47.5".into(), "8.7".into(), Some("400".into())))
        );
        assert_eq!(place("47.5, -8.7"), point("47.5", "-8.7"));
        assert_eq!(place("47,5; 8,7"), point("47.5", "8.7"));
        assert_eq!(place("(47.5 8.7)"), point("47.5", "8.7"));
        assert_eq!(place("{\"type\":\"Point\",\"coordinates\":[8.7,47.5]}"), point("47.5", "8.7"));
        assert_eq!(
            (place("LINESTRING (1 2, 3 4)"), place("polygon ((1 2))")),
            (Some(Place::Line), Some(Place::Polygon))
        );
        assert_eq!((place("Main Street 5"), place(""), place("12")), (None, None, None));
    }
}
