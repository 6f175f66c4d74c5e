//! Campaigns spread over partitions: PostgreSQL only, and chosen while a database is empty.
//!
//! The migrations stay the same. They make plain tables; [`prepare`] replaces each table of
//! a campaign, while it is empty, by one of the same columns and keys that is partitioned by
//! hash of the campaign. What to build again is read from PostgreSQL's catalogue, so nothing
//! of the schema is written here twice, and later migrations change the parent as they would
//! a plain table. Every query names its campaign, so PostgreSQL looks into one partition.

use super::catalog::{ask, filled_table, lock, quoted};
use super::{DbConn, StoreError, migrate, write};
use diesel::connection::SimpleConnection;

/// Why a database is not partitioned.
#[derive(Debug, thiserror::Error)]
pub enum PartitionError {
    /// It is SQLite, which has no partitions.
    #[error("SQLite has no partitions; they need a PostgreSQL database")]
    NotPostgres,
    /// The table that holds rows.
    #[error(
        "only an empty database is partitioned, and there are rows in {0}; write a backup, partition a new database \
         and restore it there"
    )]
    NotEmpty(String),
    /// It is partitioned already, otherwise.
    #[error("the database has {0} partitions already; another number needs a new database and a backup restored there")]
    Otherwise(u16),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Brings an empty PostgreSQL database to the current schema, with the campaigns spread
/// over so many partitions. Nothing happens where they already are.
///
/// # Errors
/// [`PartitionError`]: SQLite, rows, another number, or what the database says.
pub fn prepare(conn: &mut DbConn, number: u16) -> Result<(), PartitionError> {
    if matches!(conn, DbConn::Sqlite(_)) {
        return Err(PartitionError::NotPostgres);
    }
    match count(conn)? {
        0 => {}
        found if found == number => return Ok(()),
        found => return Err(PartitionError::Otherwise(found)),
    }
    refuse_filled(conn)?;
    migrate(conn)?;
    write(conn, |conn| {
        lock(conn)?;
        // somebody may have been quicker
        refuse_filled(conn)?;
        let keys = keys(conn, number)?;
        for table in spread_tables(conn)? {
            replace(conn, &table, number)?;
        }
        keys.iter().try_for_each(|key| run(conn, key))?;
        Ok(())
    })
}

/// Over how many partitions the campaigns of a database are spread; 0 where they are not.
///
/// # Errors
/// What the database says.
pub fn count(conn: &mut DbConn) -> Result<u16, StoreError> {
    if matches!(conn, DbConn::Sqlite(_)) {
        return Ok(0);
    }
    let partitions = "SELECT inhrelid::text AS said FROM pg_inherits WHERE inhparent = to_regclass('figures')";
    Ok(u16::try_from(ask(conn, partitions)?.len()).unwrap_or(u16::MAX))
}

fn refuse_filled(conn: &mut DbConn) -> Result<(), PartitionError> {
    filled_table(conn)?.map_or(Ok(()), |table| Err(PartitionError::NotEmpty(table)))
}

/// The columns that a campaign's rows are spread by: its key, and in the log the name of
/// its chain.
const SPREAD_BY: &str = "SELECT attrelid, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid \
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT relispartition \
     AND (attname = 'campaign_id' OR (relname, attname) = ('audit_entries', 'chain'))";

/// The tables that are spread and their column, as they stand in a statement.
fn spread_tables(conn: &mut DbConn) -> Result<Vec<(String, String)>, StoreError> {
    let sql =
        format!("SELECT relname || ' ' || s.attname AS said FROM ({SPREAD_BY}) s JOIN pg_class ON oid = attrelid");
    let found = ask(conn, &sql)?;
    Ok(found.iter().filter_map(|said| said.split_once(' ')).map(|(t, c)| (t.to_owned(), c.to_owned())).collect())
}

/// The statements that give the spread tables their keys and indexes again, under the names
/// that later migrations know: what refers to a key after the key.
///
/// What refers from one spread table to another stays inside a partition, since both are
/// spread by the same campaign. So each partition refers to its own counterpart: to look for
/// a unit in all partitions' parent costs PostgreSQL seven times as much, for every figure.
fn keys(conn: &mut DbConn, number: u16) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "WITH spread AS ({SPREAD_BY}), constraints AS ( \
             SELECT *, pg_get_constraintdef(oid) AS definition, conrelid IN (SELECT attrelid FROM spread) AS is_of_spread, \
                 confrelid IN (SELECT attrelid FROM spread) AS is_to_spread \
             FROM pg_constraint WHERE contype IN ('p', 'u', 'f')), keys AS ( \
             SELECT contype = 'f' AS is_last, \
                 format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, definition) AS said \
             FROM constraints WHERE is_of_spread <> is_to_spread \
             UNION ALL \
             SELECT true, format('ALTER TABLE %I ADD CONSTRAINT %I %s', source.relname || '_p' || part, conname, \
                 replace(definition, format(' REFERENCES %s(', confrelid::regclass), \
                     format(' REFERENCES %I(', target.relname || '_p' || part))) \
             FROM constraints JOIN pg_class source ON source.oid = conrelid JOIN pg_class target ON target.oid = confrelid \
             CROSS JOIN generate_series(0, {number} - 1) AS part WHERE is_of_spread AND is_to_spread \
             UNION ALL \
             SELECT false, pg_get_indexdef(indexrelid) FROM pg_index \
             WHERE indrelid IN (SELECT attrelid FROM spread) \
                 AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)) \
         SELECT said FROM keys ORDER BY is_last"
    );
    ask(conn, &sql)
}

/// Puts a partitioned table of the same columns in the place of an empty plain one; its keys
/// come later.
fn replace(conn: &mut DbConn, (table, column): &(String, String), number: u16) -> Result<(), StoreError> {
    let (name, made) = (quoted(table), quoted(&format!("{table}_partitioned")));
    run(
        conn,
        &format!(
            "CREATE TABLE {made} (LIKE {name} INCLUDING ALL EXCLUDING INDEXES) PARTITION BY HASH ({column}); \
             DROP TABLE {name} CASCADE; ALTER TABLE {made} RENAME TO {name}"
        ),
    )?;
    for remainder in 0..number {
        let part = quoted(&format!("{table}_p{remainder}"));
        run(
            conn,
            &format!(
                "CREATE TABLE {part} PARTITION OF {name} FOR VALUES WITH (MODULUS {number}, REMAINDER {remainder})"
            ),
        )?;
    }
    Ok(())
}

fn run(conn: &mut DbConn, sql: &str) -> Result<(), StoreError> {
    if let DbConn::Pg(conn) = conn {
        conn.batch_execute(sql)?;
    }
    Ok(())
}
