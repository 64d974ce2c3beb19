//! Parameters of the query and the path.
//!
//! Each is read on its own, so that every wrong one is named at once and none is repeated. Unknown ones are ignored, as
//! unknown fields of a body are.

use std::str::FromStr;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use holdfast_contract::place::UnknownWord;
use holdfast_contract::{AccountId, ClientId, DeviceId, FieldCode, FieldError, PlaceId, Target, Timestamp};

use crate::problem::Refusal;

/// The parameters of a query. Read them, then call [`Parameters::finish`].
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(|_| {
            Refusal::parameters(vec![FieldError::new("query", FieldCode::InvalidFormat, "can't be read")])
        })?;
        Ok(Self { pairs, errors: Vec::new() })
    }
}

impl Parameters {
    fn fail(&mut self, name: &str, code: FieldCode, detail: &str) {
        self.errors.push(FieldError::new(name, code, detail));
    }

    /// The parameter's text; a blank one counts as absent.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let (first, more) = (values.next().cloned(), values.next().is_some());
        if more {
            self.fail(name, FieldCode::Inconsistent, "is there more than once");
        }
        first.filter(|value| !value.trim().is_empty())
    }

    /// The texts of a parameter that may be there more than once, as whatever `read` makes of them; blank ones are left out.
    pub(crate) fn each<T>(&mut self, name: &str, read: impl Fn(&str) -> Result<Option<T>, FieldError>) -> Vec<T> {
        let given = self.pairs.iter().filter(|(key, value)| key == name && !value.trim().is_empty());
        let mut values = Vec::new();
        for (_, text) in given {
            match read(text) {
                Ok(value) => values.extend(value),
                Err(error) => self.errors.push(error),
            }
        }
        values
    }

    /// One of a few words.
    pub(crate) fn word<T: FromStr<Err = UnknownWord>>(&mut self, name: &str) -> Option<T> {
        self.read(name, |text| {
            text.trim()
                .parse()
                .map_err(|error: UnknownWord| FieldError::new(name, FieldCode::UnknownValue, error.to_string()))
        })
    }

    /// The parameter as whatever `read` makes of its text.
    pub(crate) fn read<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, FieldError>) -> Option<T> {
        match read(&self.text(name)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(crate) fn number<T: FromStr + PartialOrd + std::fmt::Display>(
        &mut self,
        name: &str,
        least: T,
        most: T,
    ) -> Option<T> {
        self.read(name, |text| match text.trim().parse::<T>() {
            Ok(number) if number >= least && number <= most => Ok(number),
            _ => {
                let detail = format!("must be a whole number from {least} to {most}");
                Err(FieldError::new(name, FieldCode::OutOfRange, detail))
            }
        })
    }

    /// `true` or `false`; absent is false.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let flag = self.read(name, |text| match text.trim() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(FieldError::new(name, FieldCode::UnknownValue, "must be true or false")),
        });
        flag.unwrap_or(false)
    }

    /// An RFC 3339 time.
    pub(crate) fn time(&mut self, name: &str) -> Option<Timestamp> {
        self.read(name, |text| {
            // An unescaped `+` of a zone offset arrives as a blank.
            Timestamp::parse(&text.trim().replace(' ', "+")).ok_or_else(|| {
                let detail = "must be an RFC 3339 time, such as 2026-05-01T12:00:00Z";
                FieldError::new(name, FieldCode::InvalidFormat, detail)
            })
        })
    }

    /// Refuses the request where a parameter was wrong.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::parameters(self.errors)) }
    }
}

/// A place named in the path: by its row id, or as `client:` and one's own client id.
pub(crate) struct PlaceInPath(pub(crate) Target);

impl<S: Send + Sync> FromRequestParts<S> for PlaceInPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let id = id_in_path(Path::from_request_parts(parts, state).await)?;
        let target = match id.strip_prefix("client:") {
            Some(client_id) => client_id.parse::<ClientId>().map(Target::Own),
            None => id.parse::<PlaceId>().map(Target::Id),
        };
        target.map(Self).map_err(|_| {
            let detail = "must be a place's id (a UUID), or client: and its client id";
            Refusal::parameters(vec![FieldError::new("id", FieldCode::InvalidFormat, detail)])
        })
    }
}

/// A device named in the path.
pub(crate) struct DeviceInPath(pub(crate) DeviceId);

impl<S: Send + Sync> FromRequestParts<S> for DeviceInPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let id = id_in_path(Path::from_request_parts(parts, state).await)?;
        id.parse().map(Self).map_err(|_| {
            let error = FieldError::new("id", FieldCode::InvalidFormat, "must be a device's id (a UUID)");
            Refusal::parameters(vec![error])
        })
    }
}

/// A share named in the path: the place and whom it is shared with.
pub(crate) struct ShareInPath(pub(crate) PlaceId, pub(crate) AccountId);

impl<S: Send + Sync> FromRequestParts<S> for ShareInPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let wrong = |field: &str, detail| vec![FieldError::new(field, FieldCode::InvalidFormat, detail)];
        let Path((place, recipient)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| Refusal::parameters(wrong("id", "can't be read")))?;
        let mut errors = Vec::new();
        let place = place.parse::<PlaceId>();
        if place.is_err() {
            errors.extend(wrong("id", "must be a place's id (a UUID)"));
        }
        let recipient = recipient.parse::<AccountId>();
        if recipient.is_err() {
            errors.extend(wrong("recipientId", "must be an account's id (a UUID)"));
        }
        match (place, recipient) {
            (Ok(place), Ok(recipient)) => Ok(Self(place, recipient)),
            _ => Err(Refusal::parameters(errors)),
        }
    }
}

fn id_in_path(path: Result<Path<String>, PathRejection>) -> Result<String, Refusal> {
    path.map(|Path(id)| id)
        .map_err(|_| Refusal::parameters(vec![FieldError::new("id", FieldCode::InvalidFormat, "can't be read")]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Parameters {
        let uri = format!("http://h/?{query}").parse().unwrap();
        Parameters { pairs: Query::try_from_uri(&uri).unwrap().0, errors: Vec::new() }
    }

    #[test]
    fn every_wrong_parameter_is_named_and_none_is_repeated() {
        let mut parameters = of("limit=canary&trash=canary&since=canary&q=a&q=b&whatever=1");
        assert_eq!(parameters.number("limit", 1, 10), None);
        assert!(!parameters.flag("trash"));
        assert_eq!(parameters.time("since"), None);
        assert_eq!(parameters.text("q").as_deref(), Some("a"));
        let fields: Vec<_> = parameters.errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(fields, ["limit", "trash", "since", "q"]);
        let said = format!("{:?}", parameters.finish().unwrap_err());
        assert!(!said.contains("canary"), "{said}");
    }

    #[test]
    fn a_blank_parameter_counts_as_absent_and_an_offset_may_be_unescaped() {
        let mut parameters = of("q=&limit=7&since=2026-01-01T00:00:00+01:00");
        assert_eq!(parameters.text("q"), None);
        assert_eq!(parameters.number("limit", 1, 10), Some(7));
        assert_eq!(parameters.time("since").map(|t| t.to_string()).as_deref(), Some("2025-12-31T23:00:00.000000Z"));
        assert!(parameters.finish().is_ok());
    }
}
