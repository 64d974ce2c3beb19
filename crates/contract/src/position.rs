//! Where a place is.

use serde::{Deserialize, Deserializer, Serialize};

use crate::problem::{FieldCode, FieldError};

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $range:expr, $words:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// The value, or why it is none. Negative zero becomes zero, so that equal values are equal bytes.
            pub fn new(value: f64) -> Result<Self, PositionError> {
                // A range contains neither NaN nor, being finite, infinities.
                if ($range).contains(&value) { Ok(Self(value + 0.0)) } else { Err(PositionError($words)) }
            }

            /// The value.
            pub fn get(self) -> f64 {
                self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Why a number was refused as part of a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct PositionError(&'static str);

impl PositionError {
    /// As a field error of a problem document.
    pub fn at(self, field: &str) -> FieldError {
        FieldError::new(field, FieldCode::OutOfRange, self.to_string())
    }
}

bounded! {
    /// Degrees north, −90 to 90 (WGS 84).
    Latitude, -90.0..=90.0, "must be a number of degrees from -90 to 90"
}
bounded! {
    /// Degrees east, −180 to 180 (WGS 84).
    Longitude, -180.0..=180.0, "must be a number of degrees from -180 to 180"
}
bounded! {
    /// Horizontal uncertainty in metres.
    Accuracy, 0.0..=f64::MAX, "must be a number of metres, 0 or more"
}
bounded! {
    /// Metres above the ellipsoid or sea level, as the source gave it.
    Altitude, f64::MIN..=f64::MAX, "must be a number of metres"
}

/// A position: one field of a place, replaced as a whole.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// Degrees north.
    pub latitude: Latitude,
    /// Degrees east.
    pub longitude: Longitude,
    /// Horizontal uncertainty in metres, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Accuracy>,
    /// Metres, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude: Option<Altitude>,
}

impl Position {
    /// A position from raw numbers; every wrong one is named below `prefix` (`""` or `"position."`).
    pub fn parse(
        prefix: &str,
        latitude: f64,
        longitude: f64,
        accuracy: Option<f64>,
        altitude: Option<f64>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut check = |name: &str, error: PositionError| errors.push(error.at(&format!("{prefix}{name}")));
        let latitude = Latitude::new(latitude).map_err(|e| check("latitude", e)).ok();
        let longitude = Longitude::new(longitude).map_err(|e| check("longitude", e)).ok();
        let accuracy = accuracy.map(|a| Accuracy::new(a).map_err(|e| check("accuracy", e)).ok());
        let altitude = altitude.map(|a| Altitude::new(a).map_err(|e| check("altitude", e)).ok());
        match (latitude, longitude) {
            (Some(latitude), Some(longitude)) if errors.is_empty() => {
                Ok(Self { latitude, longitude, accuracy: accuracy.flatten(), altitude: altitude.flatten() })
            }
            _ => Err(errors),
        }
    }

    /// Whether this fix is more accurate than `other`. A fix without an accuracy is the worst there is.
    pub fn is_better_than(&self, other: &Self) -> bool {
        match (self.accuracy, other.accuracy) {
            (Some(mine), Some(theirs)) => mine < theirs,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_number_is_named() {
        let errors = Position::parse("", 91.0, f64::NAN, Some(-1.0), Some(f64::INFINITY)).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(fields, ["latitude", "longitude", "accuracy", "altitude"]);
    }

    #[test]
    fn the_edges_of_the_world_are_in_it() {
        assert!(Position::parse("", 90.0, -180.0, Some(0.0), None).is_ok());
        assert!(Position::parse("", -90.0, 180.0, None, Some(-430.5)).is_ok());
    }

    #[test]
    fn a_known_accuracy_beats_none_and_a_smaller_one_beats_a_larger() {
        let with = |a| Position::parse("", 1.0, 2.0, a, None).unwrap();
        assert!(with(Some(50.0)).is_better_than(&with(None)));
        assert!(with(Some(5.0)).is_better_than(&with(Some(5.1))));
        assert!(!with(Some(5.0)).is_better_than(&with(Some(5.0))));
        assert!(!with(None).is_better_than(&with(None)));
    }
}
