//! Whole databases, for backup and restore: on connections of the database's owner, past the server's pool.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::Error;
use crate::pool::connect_alone;

/// Where a connection goes that must not be to the database in question. Every cluster has it.
const NEIGHBOUR: &str = "template1";

/// The same server under the same user, and another database.
#[must_use]
pub fn url_of(url: &str, database: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{database}{query}", &base[..end])
}

/// A database as somebody who looks after it sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct About {
    /// Its name.
    pub name: String,
    /// The major version of the PostgreSQL that runs it.
    pub major: u32,
    /// Connections to it besides one's own.
    pub others: i64,
    /// Whether Holdfast's tables are in it.
    pub is_ours: bool,
}

/// Looks at the database.
pub async fn about(url: &str) -> Result<About, Error> {
    let mut sql = connect_alone(url).await?;
    let row = sqlx::query!(
        r#"SELECT current_database()::text AS "name!", current_setting('server_version_num')::integer AS "version!",
                  (SELECT count(*) FROM pg_stat_activity a
                   WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
                     AND a.backend_type = 'client backend') AS "others!",
                  to_regclass('public.server_state') IS NOT NULL AS "is_ours!""#
    )
    .fetch_one(&mut sql)
    .await?;
    sql.close().await?;
    let major = u32::try_from(row.version / 10_000).map_err(|_| Error::Corrupt("server version"))?;
    Ok(About { name: row.name, major, others: row.others, is_ours: row.is_ours })
}

/// Makes an empty database of this name beside the one of `url`, with its encoding and its locale, in place of an earlier one.
/// Returns its URL.
pub async fn make_beside(url: &str, name: &str) -> Result<String, Error> {
    let mut sql = connect_alone(url).await?;
    let like = sqlx::query!(
        r#"SELECT pg_encoding_to_char(encoding)::text AS "encoding!", datcollate::text AS "collate!", datctype::text AS "ctype!"
           FROM pg_database WHERE datname = current_database()"#
    )
    .fetch_one(&mut sql)
    .await?;
    sql.close().await?;
    let mut sql = connect_alone(&url_of(url, NEIGHBOUR)).await?;
    let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
    sql.execute(AssertSqlSafe(drop)).await?;
    let create = format!(
        "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}",
        quoted(name),
        literal(&like.encoding),
        literal(&like.collate),
        literal(&like.ctype)
    );
    sql.execute(AssertSqlSafe(create)).await?;
    sql.close().await?;
    Ok(url_of(url, name))
}

/// Drops the database of this name beside the one of `url`.
pub async fn drop_beside(url: &str, name: &str) -> Result<(), Error> {
    let mut sql = connect_alone(&url_of(url, NEIGHBOUR)).await?;
    let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
    sql.execute(AssertSqlSafe(drop)).await?;
    sql.close().await?;
    Ok(())
}

/// Calls the database of `url` `aside`, and the one called `new` what that was called: both or neither. Fails while somebody is
/// connected to one of them.
pub async fn exchange(url: &str, name: &str, new: &str, aside: &str) -> Result<(), Error> {
    let mut sql = connect_alone(&url_of(url, NEIGHBOUR)).await?;
    // Statements of one message are one transaction.
    let rename = format!(
        "ALTER DATABASE {name} RENAME TO {aside}; ALTER DATABASE {new} RENAME TO {name}",
        name = quoted(name),
        aside = quoted(aside),
        new = quoted(new)
    );
    sqlx::raw_sql(AssertSqlSafe(rename)).execute(&mut sql).await?;
    sql.close().await?;
    Ok(())
}

/// Gives what was restored without its owners to those it must belong to: the functions that see across users to their role, so
/// that they run with its rights and not with those of whoever restored them.
pub async fn give_to_owners(url: &str) -> Result<(), Error> {
    let mut sql = connect_alone(url).await?;
    sqlx::raw_sql(
        "DO $$
         DECLARE
             v_function regprocedure;
         BEGIN
             EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
             GRANT CREATE ON SCHEMA public TO holdfast_feed;
             FOR v_function IN SELECT p.oid FROM pg_proc p
                 WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef LOOP
                 EXECUTE format('ALTER FUNCTION %s OWNER TO holdfast_feed', v_function);
             END LOOP;
             REVOKE CREATE ON SCHEMA public FROM holdfast_feed;
         END
         $$",
    )
    .execute(&mut sql)
    .await?;
    sql.close().await?;
    Ok(())
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
