//! Positions as people type them.

use holdfast_contract::{FieldCode, FieldError, Position};

/// Reads `LAT LON` or `LAT,LON` (also with a blank behind the comma). Every wrong number is named.
pub(crate) fn parse(
    words: &[String],
    accuracy: Option<f64>,
    altitude: Option<f64>,
) -> Result<Position, Vec<FieldError>> {
    let wrong = |detail: String| vec![FieldError::new("position", FieldCode::InvalidFormat, detail)];
    let joined = words.join(" ");
    let numbers: Vec<&str> = joined.split([',', ' ', '\t', ';']).filter(|n| !n.is_empty()).collect();
    let [latitude, longitude] = numbers.as_slice() else {
        let detail = if numbers.len() == 4 {
            "needs two numbers, degrees north and east; write decimals with a point: 47.5 8.7".to_owned()
        } else {
            "needs two numbers, degrees north and east, such as 47.5 8.7".to_owned()
        };
        return Err(wrong(detail));
    };
    let read = |text: &str, field: &str| {
        text.parse::<f64>().map_err(|_| {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
            FieldError::new(
                field,
                FieldCode::InvalidType,
                format!("\"{shown}\" is not a number of degrees such as -33.8568"),
            )
        })
    };
    match (read(latitude, "latitude"), read(longitude, "longitude")) {
        (Ok(latitude), Ok(longitude)) => Position::parse("", latitude, longitude, accuracy, altitude),
        (latitude, longitude) => Err([latitude.err(), longitude.err()].into_iter().flatten().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<(f64, f64), String> {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        parse(&words, None, None)
            .map(|p| (p.latitude.get(), p.longitude.get()))
            .map_err(|e| e.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn positions_are_read_as_people_type_them() {
        for words in [
            &["-33.8568", "151.2153"][..],
            &["-33.8568,151.2153"],
            &[" -33.8568, 151.2153"],
            &["-33.8568,", "151.2153"],
        ] {
            assert_eq!(read(words), Ok((-33.8568, 151.2153)), "{words:?}");
        }
    }

    #[test]
    fn what_is_no_position_is_refused_with_words() {
        for (words, said) in [
            (&["47.5"][..], "needs two numbers"),
            (&["47,5", "8,7"], "with a point"),
            (&["47.5N", "8.7"], "latitude \"47.5N\" is not a number"),
            (&["91", "181"], "latitude must be a number of degrees from -90 to 90; longitude must be"),
            (&["nan", "0"], "latitude must be"),
            (&["inf", "0"], "latitude must be"),
        ] {
            let error = read(words).unwrap_err();
            assert!(error.contains(said), "{words:?}: {error}");
        }
    }
}
