//! Contract values in and out of columns.

use holdfast_contract::{Position, Timestamp};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A moment as microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Micros(pub(crate) Timestamp);

impl ToSql for Micros {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_micros().into())
    }
}

impl FromSql for Micros {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(Timestamp::from_micros(value.as_i64()?)))
    }
}

/// A document as JSON text.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
        Ok(text.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(|e| FromSqlError::Other(e.into()))
    }
}

/// A value that the contract parses from a column of text.
pub(crate) fn parsed<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|e| conversion(column, e))).transpose()
}

/// Normalised text from a column.
pub(crate) fn text<const MAX: usize>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<holdfast_contract::text::Text<MAX>>> {
    let raw: Option<String> = row.get(column)?;
    Ok(raw
        .map(|raw| holdfast_contract::text::Text::parse(&raw))
        .transpose()
        .map_err(|e| conversion(column, e))?
        .flatten())
}

/// A position from four columns: latitude, longitude, accuracy, altitude.
pub(crate) fn position(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Position>> {
    let latitude: Option<f64> = row.get(column)?;
    let longitude: Option<f64> = row.get(column + 1)?;
    let Some((latitude, longitude)) = latitude.zip(longitude) else { return Ok(None) };
    let position = Position::parse("", latitude, longitude, row.get(column + 2)?, row.get(column + 3)?);
    position.map(Some).map_err(|errors| conversion(column, crate::error::Error::Invalid(errors)))
}

/// An id of the contract from a column.
pub(crate) fn id<T: From<Uuid>>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    Ok(row.get::<_, Option<Uuid>>(column)?.map(T::from))
}

fn conversion(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
