//! Boxes on the map.

use serde::{Deserialize, Serialize};

use crate::position::{Latitude, Longitude};
use crate::problem::{FieldCode, FieldError};

/// A box between two meridians and two parallels, in degrees. Where `west` is greater than `east` it crosses the
/// antimeridian. On the wire: `[west, south, east, north]`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(into = "[f64; 4]", try_from = "[f64; 4]")]
pub struct BoundingBox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl BoundingBox {
    /// The whole world.
    pub const WORLD: Self = Self { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };

    /// From degrees; names as `field` what is wrong with them.
    pub fn new(field: &str, west: f64, south: f64, east: f64, north: f64) -> Result<Self, FieldError> {
        let out_of_range = |detail: &str| FieldError::new(field, FieldCode::OutOfRange, detail);
        let (Ok(west), Ok(east)) = (Longitude::new(west), Longitude::new(east)) else {
            return Err(out_of_range("must have its west and east, the first and the third number, from -180 to 180"));
        };
        let (Ok(south), Ok(north)) = (Latitude::new(south), Latitude::new(north)) else {
            return Err(out_of_range(
                "must have its south and north, the second and the fourth number, from -90 to 90",
            ));
        };
        if south > north {
            let detail = "must have its south, the second number, no further north than its north, the fourth";
            return Err(FieldError::new(field, FieldCode::Inconsistent, detail));
        }
        Ok(Self { west: west.get(), south: south.get(), east: east.get(), north: north.get() })
    }

    /// Reads `west,south,east,north`.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldError> {
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|number| number.trim().parse()).collect();
        let Ok(&[west, south, east, north]) = numbers.as_deref() else {
            let detail = "must be four numbers of degrees, west,south,east,north, such as 5.9,45.8,10.5,47.8";
            return Err(FieldError::new(field, FieldCode::InvalidFormat, detail));
        };
        Self::new(field, west, south, east, north)
    }

    /// The smallest box around these, none of which may cross the antimeridian; exact as far as they don't overlap in width.
    /// `None` where there are none.
    #[must_use]
    pub fn around(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut parts: Vec<Self> = parts.into_iter().collect();
        parts.sort_by(|a, b| a.west.total_cmp(&b.west));
        let (first, last) = (parts.first()?.west, parts.iter().map(|part| part.east).max_by(f64::total_cmp)?);
        // What lies between the easternmost and, over the antimeridian, the westernmost is left out, unless a wider gap is.
        let (mut west, mut east, mut widest) = (first, last, first + 360.0 - last);
        let mut reached = f64::NEG_INFINITY;
        for part in &parts {
            if part.west - reached > widest && reached.is_finite() {
                (west, east, widest) = (part.west, reached, part.west - reached);
            }
            reached = reached.max(part.east);
        }
        let south = parts.iter().map(|part| part.south).min_by(f64::total_cmp)?;
        let north = parts.iter().map(|part| part.north).max_by(f64::total_cmp)?;
        Some(Self { west, south, east, north })
    }

    /// Degrees east.
    pub fn west(self) -> f64 {
        self.west
    }

    /// Degrees north.
    pub fn south(self) -> f64 {
        self.south
    }

    /// Degrees east.
    pub fn east(self) -> f64 {
        self.east
    }

    /// Degrees north.
    pub fn north(self) -> f64 {
        self.north
    }

    /// Whether the antimeridian runs through it.
    pub fn crosses_antimeridian(self) -> bool {
        self.west > self.east
    }

    /// Degrees from its west to its east.
    pub fn width(self) -> f64 {
        if self.crosses_antimeridian() { self.east + 360.0 - self.west } else { self.east - self.west }
    }
}

impl From<BoundingBox> for [f64; 4] {
    fn from(b: BoundingBox) -> Self {
        [b.west, b.south, b.east, b.north]
    }
}

impl TryFrom<[f64; 4]> for BoundingBox {
    type Error = FieldError;

    fn try_from([west, south, east, north]: [f64; 4]) -> Result<Self, FieldError> {
        Self::new("bounds", west, south, east, north)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(west: f64, east: f64) -> BoundingBox {
        BoundingBox::new("box", west, -1.0, east, 1.0).unwrap()
    }

    #[test]
    fn a_box_is_four_numbers_in_range_and_may_cross_the_antimeridian() {
        let fiji = BoundingBox::parse("bbox", "177, -19.5,-178 ,-16").unwrap();
        assert!(fiji.crosses_antimeridian());
        assert!((fiji.width() - 5.0).abs() < 1e-9);
        assert_eq!(serde_json::to_string(&fiji).unwrap(), "[177.0,-19.5,-178.0,-16.0]");
        assert_eq!(serde_json::from_str::<BoundingBox>("[177.0,-19.5,-178.0,-16.0]").unwrap(), fiji);
        for (wrong, code) in [
            ("", FieldCode::InvalidFormat),
            ("1,2,3", FieldCode::InvalidFormat),
            ("1,2,3,4,5", FieldCode::InvalidFormat),
            ("a,b,c,d", FieldCode::InvalidFormat),
            ("-181,0,1,1", FieldCode::OutOfRange),
            ("0,0,inf,1", FieldCode::OutOfRange),
            ("0,NaN,1,1", FieldCode::OutOfRange),
            ("0,0,1,91", FieldCode::OutOfRange),
            ("0,2,1,1", FieldCode::Inconsistent),
        ] {
            let error = BoundingBox::parse("bbox", wrong).unwrap_err();
            assert_eq!((error.code, error.field.as_str()), (code, "bbox"), "{wrong}");
        }
    }

    #[test]
    fn the_smallest_box_leaves_the_widest_gap_out() {
        assert_eq!(BoundingBox::around([]), None);
        assert_eq!(BoundingBox::around([at(8.0, 9.0), at(2.0, 3.0)]), Some(at(2.0, 9.0)));
        assert_eq!(BoundingBox::around([at(-179.0, -178.0), at(177.0, 178.0)]), Some(at(177.0, -178.0)));
        assert_eq!(BoundingBox::around([at(-170.0, -60.0), at(0.0, 10.0), at(150.0, 160.0)]), Some(at(150.0, 10.0)));
        assert_eq!(BoundingBox::around([at(5.0, 5.0)]), Some(at(5.0, 5.0)));
        let all = (-180..180).map(|west| at(f64::from(west), f64::from(west) + 1.0));
        assert_eq!(BoundingBox::around(all), Some(at(-180.0, 180.0)));
    }
}
