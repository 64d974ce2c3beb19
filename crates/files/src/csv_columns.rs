//! Which column of a table is what.

use serde::{Deserialize, Serialize};

use crate::{csv_cells, map_link};

/// The delimiters that are tried.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// Lines in front of the header that are looked at: some lists begin with a description.
pub(crate) const HEADER_LINES: usize = 5;

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident $field:ident: $($spelling:literal)*;)*) => {
        /// What a column can hold.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum CsvField { $($(#[$doc])* $variant,)* }

        /// Which column, from 0, holds what.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct CsvColumns { $($(#[$doc])* pub $field: Option<usize>,)* }

        impl CsvField {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its word, which is also the name of its field in [`CsvColumns`].
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($field),)* }
            }

            /// How its column is called, the best spelling first: small letters and digits alone.
            fn spellings(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($spelling),*],)* }
            }
        }

        impl CsvColumns {
            /// The column of a field.
            pub fn get(&self, field: CsvField) -> Option<usize> {
                match field { $(CsvField::$variant => self.$field,)* }
            }

            /// Says which column a field has.
            pub fn set(&mut self, field: CsvField, column: Option<usize>) {
                match field { $(CsvField::$variant => self.$field = column,)* }
            }
        }
    };
}

fields! {
    /// Degrees north.
    Latitude latitude: "latitude" "lat" "latitud" "latitudine" "breitengrad" "breite" "breedtegraad" "breedte" "geolatitude" "geolat" "gpslatitude"
        "gpslat" "decimallatitude" "latdd" "latwgs84" "wgs84lat" "ycoord" "ycoordinate" "y";
    /// Degrees east.
    Longitude longitude: "longitude" "lon" "lng" "long" "longitud" "longitudine" "längengrad" "laengengrad" "länge" "laenge" "lengtegraad" "lengte"
        "geolongitude" "geolon" "geolng" "gpslongitude" "gpslon" "gpslng" "decimallongitude" "londd" "longdd" "lonwgs84"
        "wgs84lon" "xcoord" "xcoordinate" "x";
    /// Both in one: `POINT (8.7 47.5)` or `47.5, 8.7`.
    Coordinates coordinates: "wkt" "coordinates" "coordinate" "coords" "latlng" "latlon" "latlong" "latitudelongitude"
        "koordinaten" "geopoint" "geometry" "geom" "thegeom" "gps" "gpscoordinates" "point" "position" "location" "geo";
    /// A link to a map that has coordinates in it.
    Url url: "url" "link" "googlemapsurl" "mapurl" "maplink" "googlemapslink";
    /// Its name.
    Name name: "name" "title" "titel" "placename" "bezeichnung" "label" "naam" "nom" "nombre" "nome" "titre" "título" "titulo" "titolo"
        "waypoint" "poi" "ort" "place" "plaats" "lieu" "lugar" "luogo";
    /// Its note.
    Note note: "note" "notes" "notiz" "notizen" "description" "desc" "beschreibung" "bemerkung" "bemerkungen" "remarks"
        "remark" "opmerking" "opmerkingen" "notitie" "notities" "omschrijving" "beschrijving" "remarque" "remarques" "nota" "notas"
        "observación" "observacion" "observaciones" "descripción" "descripcion" "descrizione" "osservazione" "osservazioni";
    /// What is said besides the note.
    Comment comment: "comment" "comments" "kommentar" "cmt" "commentaire" "commentaires" "comentario" "comentarios" "commento"
        "commenti";
    /// Its category.
    Category category: "category" "kategorie" "catégorie" "categoría" "categoria" "categorie" "type" "typ" "kind" "folder" "group";
    /// Its tags.
    Tags tags: "tags" "tag" "keywords" "labels" "schlagwort" "schlagworte" "schlagwörter" "schlagwoerter" "stichwörter"
        "stichworte" "etikett" "etiketten" "trefwoorden" "étiquette" "étiquettes" "etiquette" "etiquettes" "motsclés" "motscles"
        "etiqueta" "etiquetas" "etichetta" "etichette";
    /// Metres around the position.
    Accuracy accuracy: "accuracy" "accuracym" "horizontalaccuracy" "genauigkeit" "nauwkeurigheid" "précision" "precision"
        "precisión" "precisione";
    /// Metres.
    Altitude altitude: "altitude" "alt" "ele" "elevation" "altitudem" "elevationm" "höhe" "hoehe" "hoogte" "altitud" "altitudine"
        "height" "z";
    /// When it was captured.
    CapturedAt captured_at: "capturedat" "time" "timestamp" "datetime" "date" "zeit" "datum" "zeitpunkt" "tijd" "tijdstip" "fecha" "createdat"
        "created" "recordedat" "when";
    /// The capture, in a file that Holdfast has written.
    ClientId client_id: "clientid";
    /// Where the position comes from, in a file that Holdfast has written.
    PositionSource position_source: "positionsource";
}

impl CsvColumns {
    /// The columns that a header tells. A column that may hold whole positions, or
    /// links to a map, counts only where one of the samples does.
    pub(crate) fn guess<S: AsRef<str>>(header: &[S], samples: &[&[&str]]) -> Self {
        let names: Vec<String> = header.iter().map(|name| plain(name.as_ref())).collect();
        let mut columns = Self::default();
        let mut taken = vec![false; names.len()];
        // Takeout's lists have titles and links, whatever the links are.
        let is_list =
            names.iter().any(|name| name == "title" || name == "titel") && names.iter().any(|name| name == "url");
        for field in CsvField::ALL {
            if *field == CsvField::Coordinates && columns.latitude.is_some() && columns.longitude.is_some() {
                continue;
            }
            let fits = |column: &usize| {
                let any = |tells: fn(&str) -> bool| {
                    samples.is_empty() || samples.iter().any(|row| row.get(*column).is_some_and(|cell| tells(cell)))
                };
                match field {
                    CsvField::Coordinates => any(|cell| csv_cells::place(cell).is_some()),
                    CsvField::Url => is_list || any(|cell| map_link::coordinates(cell).is_some()),
                    _ => true,
                }
            };
            let mut spelled = field.spellings().iter().flat_map(|spelling| {
                names.iter().enumerate().filter(move |(_, name)| name == spelling).map(|(column, _)| column)
            });
            if let Some(column) = spelled.find(|column| !taken[*column] && fits(column)) {
                taken[column] = true;
                columns.set(*field, Some(column));
            }
        }
        if columns.note.is_none() {
            columns.note = columns.comment.take();
        }
        columns
    }

    /// Whether these columns can say where a place is.
    pub fn can_locate(&self) -> bool {
        (self.latitude.is_some() && self.longitude.is_some()) || self.coordinates.is_some() || self.url.is_some()
    }
}

/// A header's name in small letters and digits alone.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A table as it was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CsvSheet {
    /// The names of the columns, at most 1,000, each cut to 100 characters; `Column 1` and so on where the file has none.
    pub header: Vec<String>,
    /// The first rows, at most five, each cell cut to 100 characters.
    pub sample: Vec<Vec<String>>,
    /// What parts the cells.
    pub delimiter: char,
    /// Which column was taken for what.
    pub columns: CsvColumns,
}

impl CsvSheet {
    /// The names of the columns that nothing is taken from, in their order; without those that have no name and nothing in
    /// the first rows.
    pub fn unused(&self) -> Vec<&str> {
        let is_used = |column: usize| CsvField::ALL.iter().any(|field| self.columns.get(*field) == Some(column));
        let is_empty = |column: usize| self.sample.iter().all(|row| row.get(column).is_none_or(String::is_empty));
        let unused = self
            .header
            .iter()
            .enumerate()
            .filter(|(column, name)| !(is_used(*column) || name.trim().is_empty() && is_empty(*column)));
        unused.map(|(_, name)| name.as_str()).collect()
    }
}

/// A column that a person chose, such as `latitude=Lat` or `latitude=2` (numbers count from 1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ColumnChoice {
    /// What it holds.
    pub field: CsvField,
    /// The column's name in the header, or its number.
    pub column: String,
}

impl std::str::FromStr for ColumnChoice {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (field, column) = text.split_once('=').ok_or("must look like latitude=Lat or latitude=2")?;
        let wanted = plain(field);
        let named = |known: &&CsvField| plain(known.as_str()) == wanted || known.spellings().contains(&wanted.as_str());
        let Some(field) = CsvField::ALL.iter().find(named) else {
            let known: Vec<&str> = CsvField::ALL.iter().map(|field| field.as_str()).collect();
            return Err(format!("no column can be chosen for that; these can: {}", known.join(", ")));
        };
        if column.trim().is_empty() {
            return Err("a column's name or number is missing behind the =".to_owned());
        }
        Ok(Self { field: *field, column: column.trim().to_owned() })
    }
}

impl ColumnChoice {
    /// The column it means.
    pub(crate) fn find(&self, header: &[String]) -> Option<usize> {
        let exact = header.iter().position(|name| name.trim() == self.column);
        let alike = || header.iter().position(|name| plain(name) == plain(&self.column));
        let number = || self.column.parse::<usize>().ok()?.checked_sub(1).filter(|column| *column < header.len());
        exact.or_else(number).or_else(alike)
    }
}

/// What parts the cells of a table that begins so: what makes columns that can be told, else what there is most of.
pub(crate) fn delimiter(start: &str) -> char {
    let lines: Vec<&str> = start.lines().filter(|line| !line.trim().is_empty()).take(HEADER_LINES).collect();
    let tells = |delimiter: &char| {
        lines.iter().any(|line| {
            let cells = cells(line, *delimiter);
            cells.len() > 1 && CsvColumns::guess(&cells, &[]).can_locate()
        })
    };
    let count = |delimiter: char| lines.first().map_or(0, |line| cells(line, delimiter).len());
    let most = || DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter));
    DELIMITERS.into_iter().find(tells).or_else(most).unwrap_or(',')
}

/// Whether a text is a table with places in it.
pub(crate) fn looks_like_a_sheet(start: &str) -> bool {
    let delimiter = delimiter(start);
    let mut lines = start.lines().filter(|line| !line.trim().is_empty()).take(HEADER_LINES);
    lines.any(|line| {
        let cells = cells(line, delimiter);
        cells.len() > 1 && CsvColumns::guess(&cells, &[]).can_locate()
    })
}

/// The cells of one line, as well as a line alone can tell.
fn cells(line: &str, delimiter: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match (c, cells.last_mut()) {
            ('"', _) => quoted = !quoted,
            (c, _) if c == delimiter && !quoted => cells.push(String::new()),
            (c, Some(cell)) => cell.push(c),
            _ => {}
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(header: &str) -> CsvColumns {
        CsvColumns::guess(&header.split(',').collect::<Vec<_>>(), &[])
    }

    #[test]
    fn columns_are_known_by_many_names() {
        let known = guess("Foo,Latitude,geo_Longitude,title,description");
        assert_eq!((known.latitude, known.longitude, known.name, known.note), (Some(1), Some(2), Some(3), Some(4)));
        let known = guess("Längengrad,Breitengrad,Bezeichnung,Höhe");
        assert_eq!((known.latitude, known.longitude, known.altitude), (Some(1), Some(0), Some(3)));
        let known = guess("Lat.,LONG,Y,X");
        assert_eq!((known.latitude, known.longitude), (Some(0), Some(1)));
        assert_eq!(guess("WKT,name,description").coordinates, Some(0));
        assert_eq!(guess("Title,Note,URL,Tags,Comment").url, Some(2));
        assert_eq!(guess("Title,Comment").note, Some(1));
        assert!(!guess("a,b,c").can_locate() && !guess("lat,name").can_locate());
    }

    #[test]
    fn columns_are_known_in_the_languages_around_and_the_others_are_named() {
        for header in [
            "Naam;Breite;Länge;Bemerkung;Farbe;Etiketten",
            "Nom;Latitude;Longitude;Remarque;Farbe;Étiquettes",
            "Nombre;Latitud;Longitud;Notas;Farbe;Etiquetas",
            "Nome;Latitudine;Longitudine;Nota;Farbe;Etichette",
            "Naam;Breedtegraad;Lengtegraad;Opmerking;Farbe;Trefwoorden",
        ] {
            let header: Vec<String> = header.split(';').map(str::to_owned).collect();
            let columns = CsvColumns::guess(&header, &[]);
            let found = (columns.name, columns.latitude, columns.longitude, columns.note, columns.tags);
            assert_eq!(found, (Some(0), Some(1), Some(2), Some(3), Some(5)), "{header:?}");
            let sheet = CsvSheet { header, sample: Vec::new(), delimiter: ';', columns };
            assert_eq!(sheet.unused(), ["Farbe"]);
        }
        let header = ["lat", "", "lon", ""].map(str::to_owned).to_vec();
        let sample = vec![["1", "", "2", "x"].map(str::to_owned).to_vec()];
        let columns = CsvColumns::guess(&header, &[]);
        assert_eq!(CsvSheet { header, sample, delimiter: ',', columns }.unused(), [""]);
    }

    #[test]
    fn a_location_is_a_position_only_where_it_holds_one() {
        let address = [["Main Street 5"].as_slice()];
        assert_eq!(CsvColumns::guess(&["Location"], &address).coordinates, None);
        let position = [["47.5, 8.7"].as_slice()];
        assert_eq!(CsvColumns::guess(&["Location"], &position).coordinates, Some(0));
    }

    #[test]
    fn the_delimiter_is_what_makes_columns() {
        assert_eq!(delimiter("lat,lon\n1,2"), ',');
        assert_eq!(delimiter("name;lat;lon\na, b;1,5;2"), ';');
        assert_eq!(delimiter("lat\tlon"), '\t');
        assert_eq!(delimiter("a|b|c\n1,2|3|4"), '|');
        assert_eq!(delimiter("\"a;b\",lat,lon"), ',');
        assert_eq!(delimiter(""), ',');
    }

    #[test]
    fn a_choice_names_a_column_or_its_number() {
        let header = ["Nord".to_owned(), "Ost".to_owned(), "2".to_owned()];
        let find = |text: &str| text.parse::<ColumnChoice>().unwrap().find(&header);
        assert_eq!(find("latitude=Nord"), Some(0));
        assert_eq!(find("lat=nord"), Some(0));
        assert_eq!(find("longitude=1"), Some(0));
        assert_eq!(find("longitude=2"), Some(2), "a name before a number");
        assert_eq!((find("captured-at=3"), find("name=4"), find("name=0")), (Some(2), None, None));
        assert!("wings=1".parse::<ColumnChoice>().unwrap_err().contains("latitude"));
        assert!("latitude".parse::<ColumnChoice>().is_err() && "latitude=".parse::<ColumnChoice>().is_err());
    }
}
