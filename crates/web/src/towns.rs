//! The nearest town, as a hint for a place that has no name yet. Offline: the towns ship with the program (`GeoNames`).
//!
//! They are searched where they lie: nothing is read or kept in memory before somebody asks. The file, made by
//! `islands/basemap/gazetteer.mjs`, all numbers little-endian: `HFTOWNS1`; how many towns, how many countries (`u32`
//! each); for each of 180 rows of one degree, from the south pole on, and for the end, its first town (`u32`); then, for the
//! towns by row and longitude, longitude and latitude in hundred-thousandths of a degree (`i32`), where the name begins among the
//! names (`u32`), which country (`u8`); then the countries' names and the towns' names, each with its length in front
//! (`u8`).

use holdfast_contract::Position;

const MAGIC: &[u8] = b"HFTOWNS1";
const ROWS: usize = 180;
/// Where the towns begin.
const HEAD: usize = 16 + (ROWS + 1) * 4;
/// Farther than this, in kilometres, a town says nothing about where a place is.
const NEAR_KM: f64 = 60.0;
const EARTH_KM: f64 = 6371.0;
const UNITS: f64 = 1e5;

/// The towns of the world.
#[derive(Clone)]
pub(crate) struct Towns {
    file: &'static [u8],
    count: usize,
    countries: Vec<&'static str>,
    /// Where the towns' names begin.
    names: usize,
}

/// Bytes that are no list of towns.
#[derive(Debug, thiserror::Error)]
#[error("the list of towns is damaged")]
pub(crate) struct NoTowns;

impl Towns {
    /// None at all.
    pub(crate) fn none() -> Self {
        Self { file: &[], count: 0, countries: Vec::new(), names: 0 }
    }

    /// Those of a file.
    pub(crate) fn open(file: &'static [u8]) -> Result<Self, NoTowns> {
        if !file.starts_with(MAGIC) {
            return Err(NoTowns);
        }
        let number = |at: usize| read_u32(file, at).ok_or(NoTowns);
        let (count, countries) = (number(8)?, number(12)?);
        let mut at = HEAD.checked_add(count.checked_mul(13).ok_or(NoTowns)?).ok_or(NoTowns)?;
        let mut list = Vec::new();
        for _ in 0..countries {
            let name = short(file, at).ok_or(NoTowns)?;
            at += 1 + name.len();
            list.push(name);
        }
        Ok(Self { file, count, countries: list, names: at })
    }

    /// The town that this position is in or near to, such as "Winterthur, Switzerland".
    pub(crate) fn near(&self, position: &Position) -> Option<String> {
        let (latitude, longitude) = (position.latitude.get(), position.longitude.get());
        let reach = (NEAR_KM / EARTH_KM).to_degrees();
        // How many degrees of longitude that is; near a pole, all of them.
        let width = (reach / latitude.to_radians().cos().max(1e-9)).min(180.0);
        let mut nearest: Option<(f64, usize)> = None;
        for row in row_of(latitude - reach)..=row_of(latitude + reach) {
            // Across the antimeridian a place has its neighbours at both ends of the row.
            for shift in [-360.0, 0.0, 360.0] {
                let (west, east) = (longitude + shift - width, longitude + shift + width);
                if east < -180.0 || west > 180.0 {
                    continue;
                }
                for town in self.between(row, west, east) {
                    let away = distance((latitude, longitude), self.at(town)?);
                    if away <= NEAR_KM && nearest.is_none_or(|(least, _)| away < least) {
                        nearest = Some((away, town));
                    }
                }
            }
        }
        let (_, town) = nearest?;
        let name = short(self.file, self.names + read_u32(self.file, HEAD + self.count * 8 + town * 4)?)?;
        let country = self.countries.get(usize::from(*self.file.get(HEAD + self.count * 12 + town)?))?;
        Some(if *country == name { name.to_owned() } else { format!("{name}, {country}") })
    }

    /// The towns of a row from one longitude to another.
    fn between(&self, row: usize, west: f64, east: f64) -> std::ops::Range<usize> {
        let start = |row: usize| read_u32(self.file, 16 + row * 4).unwrap_or(0).min(self.count);
        let (first, end) = (start(row), start(row + 1));
        let search = |degrees: f64| {
            let (mut low, mut high) = (first, end.max(first));
            while low < high {
                let middle = usize::midpoint(low, high);
                if self.longitude(middle).is_some_and(|l| l < degrees) { low = middle + 1 } else { high = middle }
            }
            low
        };
        search(west)..search(east)
    }

    fn longitude(&self, town: usize) -> Option<f64> {
        read_i32(self.file, HEAD + town * 4).map(|units| f64::from(units) / UNITS)
    }

    fn at(&self, town: usize) -> Option<(f64, f64)> {
        let latitude = read_i32(self.file, HEAD + self.count * 4 + town * 4)?;
        Some((f64::from(latitude) / UNITS, self.longitude(town)?))
    }
}

/// The row of one degree that a latitude is in; beyond a pole, the last one.
fn row_of(latitude: f64) -> usize {
    // From 0 to 179.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let row = (latitude + 90.0).clamp(0.0, 179.0) as usize;
    row
}

fn read_u32(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

fn read_i32(file: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?))
}

/// A text with its length in front.
fn short(file: &'static [u8], at: usize) -> Option<&'static str> {
    let length = usize::from(*file.get(at)?);
    std::str::from_utf8(file.get(at + 1..at + 1 + length)?).ok()
}

/// Kilometres between two positions (haversine).
fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let chord = half(a.0, b.0) + a.0.to_radians().cos() * b.0.to_radians().cos() * half(a.1, b.1);
    2.0 * EARTH_KM * chord.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three towns, written as the file describes itself.
    fn towns() -> Towns {
        let list = [(-17.5, -179.9, "Labasa", 0_u8), (47.5, 8.73, "Winterthur", 1), (47.37, 8.55, "Zürich", 1)];
        let mut list: Vec<_> = list.into_iter().map(|t| (row_of(t.0), t)).collect();
        list.sort_by(|a, b| (a.0, a.1.1).partial_cmp(&(b.0, b.1.1)).unwrap());
        let mut file = MAGIC.to_vec();
        file.extend(3_u32.to_le_bytes());
        file.extend(2_u32.to_le_bytes());
        for row in 0..=ROWS {
            let first = list.iter().filter(|(r, _)| *r < row).count();
            file.extend(u32::try_from(first).unwrap().to_le_bytes());
        }
        #[expect(clippy::cast_possible_truncation)]
        let units = |degrees: f64| ((degrees * UNITS).round() as i32).to_le_bytes();
        file.extend(list.iter().flat_map(|(_, t)| units(t.1)));
        file.extend(list.iter().flat_map(|(_, t)| units(t.0)));
        let (mut offset, mut names) = (0_u32, Vec::new());
        for (_, t) in &list {
            file.extend(offset.to_le_bytes());
            names.push(u8::try_from(t.2.len()).unwrap());
            names.extend(t.2.as_bytes());
            offset = u32::try_from(names.len()).unwrap();
        }
        file.extend(list.iter().map(|(_, t)| t.3));
        for country in ["Fiji", "Switzerland"] {
            file.push(u8::try_from(country.len()).unwrap());
            file.extend(country.as_bytes());
        }
        file.extend(names);
        Towns::open(file.leak()).unwrap()
    }

    fn near(towns: &Towns, latitude: f64, longitude: f64) -> Option<String> {
        towns.near(&Position::parse("", latitude, longitude, None, None).unwrap())
    }

    #[test]
    fn a_place_is_near_the_nearest_town_and_the_open_sea_near_none() {
        let towns = towns();
        assert_eq!(near(&towns, 47.4979, 8.7291).as_deref(), Some("Winterthur, Switzerland"));
        assert_eq!(near(&towns, 47.39, 8.5).as_deref(), Some("Zürich, Switzerland"));
        assert_eq!(near(&towns, 47.01, 8.55).as_deref(), Some("Zürich, Switzerland"));
        for (latitude, longitude) in [(0.0, -30.0), (90.0, 0.0), (-90.0, 180.0), (47.5, -8.73)] {
            assert_eq!(near(&towns, latitude, longitude), None);
        }
    }

    #[test]
    fn a_town_beyond_the_antimeridian_is_near() {
        assert_eq!(near(&towns(), -17.5, 179.9).as_deref(), Some("Labasa, Fiji"));
    }

    #[test]
    fn a_damaged_file_is_refused_or_finds_nothing_and_never_panics() {
        let whole = towns().file;
        for length in 0..whole.len() {
            if let Ok(cut) = Towns::open(&whole[..length]) {
                near(&cut, 47.4979, 8.7291);
            }
        }
        assert!(Towns::open(b"something else").is_err());
        assert_eq!(near(&Towns::none(), 47.4979, 8.7291), None);
    }
}
