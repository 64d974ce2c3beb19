//! One command's transaction, with the moment it began and a source of random bytes.

use holdfast_contract::{ClientId, OpId, Timestamp};
use rusqlite::{CachedStatement, OptionalExtension, Params, Row, Transaction};

use crate::environment::{Environment, Moment};
use crate::error::Result;

/// A transaction in which a command does everything it does.
pub(crate) struct Tx<'c> {
    pub(crate) sql: Transaction<'c>,
    pub(crate) env: &'c dyn Environment,
    pub(crate) now: Moment,
}

impl Tx<'_> {
    /// The wall clock at the beginning.
    pub(crate) fn wall(&self) -> Timestamp {
        self.now.wall
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.env.random(&mut bytes);
        bytes
    }

    pub(crate) fn new_op_id(&self) -> OpId {
        OpId::v7(self.now.wall, self.random())
    }

    pub(crate) fn new_client_id(&self) -> ClientId {
        ClientId::v7(self.now.wall, self.random())
    }

    pub(crate) fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>> {
        Ok(self.sql.prepare_cached(sql)?)
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.prepare(sql)?.execute(params)?)
    }

    /// The one row there must be.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        Ok(self.prepare(sql)?.query_row(params, read)?)
    }

    /// The first row, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.prepare(sql)?.query_row(params, read).optional()?)
    }

    /// Every row. Only for what is bounded.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map(params, read)?.collect::<rusqlite::Result<Vec<T>>>()?;
        Ok(rows)
    }
}
