//! Coordinates in links to maps: where Takeout's lists have them.

use percent_encoding::percent_decode_str;

/// Latitude and longitude that a link names, as text. A pin is believed before a question, and a question before the middle
/// of the map that was looked at.
pub(crate) fn coordinates(link: &str) -> Option<(String, String)> {
    let link = percent_decode_str(link.trim()).decode_utf8_lossy().replace('+', " ");
    pin(&link).or_else(|| geo(&link)).or_else(|| asked(&link)).or_else(|| after(&link, "/@"))
}

/// `!3d47.5!4d8.7`: the last one is the place, those before are what lies on the way.
fn pin(link: &str) -> Option<(String, String)> {
    let (before, longitude) = link.rsplit_once("!4d")?;
    let (_, latitude) = before.rsplit_once("!3d")?;
    pair(number(latitude)?, number(longitude)?)
}

/// RFC 5870.
fn geo(link: &str) -> Option<(String, String)> {
    link.strip_prefix("geo:").and_then(two)
}

fn asked(link: &str) -> Option<(String, String)> {
    let parameters = ["q=", "query=", "ll=", "daddr=", "destination=", "center=", "sll=", "mlat="];
    for name in parameters {
        for mark in ['?', '&', '#'] {
            let Some(found) = after(link, &format!("{mark}{name}")) else { continue };
            return Some(found);
        }
    }
    // OpenStreetMap's marker stands in two parameters.
    let marker = |name: &str| link.split(['?', '&', '#']).find_map(|part| part.strip_prefix(name));
    if let (Some(latitude), Some(longitude)) = (marker("mlat="), marker("mlon=")) {
        return pair(number(latitude)?, number(longitude)?);
    }
    ["/search/", "/place/", "/dir//"].into_iter().find_map(|before| after(link, before))
}

fn after(link: &str, what: &str) -> Option<(String, String)> {
    let (_, rest) = link.split_once(what)?;
    two(rest.strip_prefix("loc:").unwrap_or(rest))
}

/// `47.5,8.7` at the start of a text, and nothing that would make it something else right behind.
fn two(text: &str) -> Option<(String, String)> {
    let latitude = number(text)?;
    let rest = text.trim_start()[latitude.len()..].trim_start().strip_prefix(',')?;
    let longitude = number(rest)?;
    let behind = rest.trim_start()[longitude.len()..].chars().next();
    if behind.is_some_and(char::is_alphanumeric) { None } else { pair(latitude, longitude) }
}

/// The decimal number at the start of a text.
fn number(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-'))).unwrap_or(text.len());
    let number = text[..end].trim_end_matches('.');
    number.parse::<f64>().is_ok().then_some(number)
}

fn pair(latitude: &str, longitude: &str) -> Option<(String, String)> {
    let within = |text: &str, most: f64| text.parse::<f64>().is_ok_and(|number| number.abs() <= most);
    (within(latitude, 90.0) && within(longitude, 180.0)).then(|| (latitude.to_owned(), longitude.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_found_where_a_link_has_them() {
        let maps = "https://www.google.com/maps";
        for (link, found) in [
            (
                format!("{maps}/place/Old+Oak/@47.49,8.72,17z/data=!3m1!4b1!4m6!3m5!8m2!3d47.4979!4d8.7291"),
                "47.4979 8.7291",
            ),
            (format!("{maps}/@47.5,8.7,12z"), "47.5 8.7"),
            (format!("{maps}/search/47.5,8.7"), "47.5 8.7"),
            (format!("{maps}/search/47.5,+-8.7?hl=de"), "47.5 -8.7"),
            (format!("{maps}?q=47.5%2C8.7&z=3"), "47.5 8.7"),
            ("http://maps.google.com/?q=loc:-33.5,151".to_owned(), "-33.5 151"),
            (format!("{maps}/search/?api=1&query=47.5,8.7"), "47.5 8.7"),
            ("geo:47.5,8.7;u=35".to_owned(), "47.5 8.7"),
            ("https://www.openstreetmap.org/?mlat=47.5&mlon=8.7#map=17/1/2".to_owned(), "47.5 8.7"),
            (format!("{maps}/place/Old+Oak/data=!4m2!3m1!1s0x479aa4"), ""),
            ("http://maps.google.com/?cid=1234567890".to_owned(), ""),
            (format!("{maps}/search/5,6th+street"), ""),
            (format!("{maps}/search/95.0,8.7"), ""),
            ("https://example.org/@me".to_owned(), ""),
            (String::new(), ""),
        ] {
            let said = coordinates(&link).map(|(a, b)| format!("{a} {b}")).unwrap_or_default();
            assert_eq!(said, found, "{link}");
        }
    }
}
