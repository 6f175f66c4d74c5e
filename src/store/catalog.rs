//! What a database says of itself: its tables, its schema's version, its damages.

use super::StoreError;
use super::conn::{DbConn, on_each, schema_versions};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

/// One text of a row.
#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    said: String,
}

/// Asks for one column of text, named `said`.
pub(super) fn ask(conn: &mut DbConn, sql: &str) -> Result<Vec<String>, StoreError> {
    let rows: Vec<Said> = on_each!(conn, |c| sql_query(sql).load(c))?;
    Ok(rows.into_iter().map(|row| row.said).collect())
}

/// The tables of a database, but neither their partitions nor the list of its migrations, in
/// the order of their names.
///
/// # Errors
/// What the database says.
pub fn stored_tables(conn: &mut DbConn) -> Result<Vec<String>, StoreError> {
    let sql = match conn {
        DbConn::Pg(_) => {
            "SELECT relname::text AS said FROM pg_class WHERE relnamespace = current_schema()::regnamespace \
             AND relkind IN ('r', 'p') AND NOT relispartition"
        }
        DbConn::Sqlite(_) => {
            "SELECT name AS said FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
    };
    let mut names = ask(conn, sql)?;
    names.retain(|name| name != "__diesel_schema_migrations");
    names.sort_unstable();
    Ok(names)
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table that holds a row, whosever table it is.
pub(super) fn filled_table(conn: &mut DbConn) -> Result<Option<String>, StoreError> {
    for name in stored_tables(conn)? {
        if !ask(conn, &format!("SELECT 'row' AS said FROM {} LIMIT 1", quoted(&name)))?.is_empty() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Holds all tables against other writers until the transaction ends.
pub(super) fn lock(conn: &mut DbConn) -> Result<(), StoreError> {
    let names: Vec<String> = stored_tables(conn)?.iter().map(|name| quoted(name)).collect();
    match conn {
        DbConn::Pg(c) => c.batch_execute(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", names.join(", ")))?,
        // the transaction took the whole database when it began
        DbConn::Sqlite(_) => {}
    }
    Ok(())
}

/// Lets the numbers that the database gives itself go on after the greatest one.
pub(super) fn continue_identities(conn: &mut DbConn) -> Result<(), StoreError> {
    const SQL: &str = "DO $$ DECLARE own record; BEGIN \
        FOR own IN SELECT table_name AS t, column_name AS c FROM information_schema.columns \
            WHERE table_schema = current_schema() AND is_identity = 'YES' LOOP \
            EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, %L), coalesce(max(%I), 1), max(%I) IS NOT NULL) \
                FROM %I', quote_ident(own.t), own.c, own.c, own.c, own.t); \
        END LOOP; END $$";
    match conn {
        DbConn::Pg(c) => c.batch_execute(SQL)?,
        // gives the greatest and one
        DbConn::Sqlite(_) => {}
    }
    Ok(())
}

/// A database's schema beside this version's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    Current,
    Older,
    Newer,
    /// It has none that is ours.
    None,
}

/// How the schema of a database stands to this version's.
pub(super) fn schema_of(conn: &mut DbConn) -> Schema {
    let sql = "SELECT version AS said FROM __diesel_schema_migrations ORDER BY version";
    // who has no such table has never heard of us
    let Ok(found) = ask(conn, sql) else { return Schema::None };
    let known = schema_versions();
    if found.iter().any(|version| !known.contains(version)) {
        return Schema::Newer;
    }
    if known.iter().any(|version| !found.contains(version)) {
        return if found.is_empty() { Schema::None } else { Schema::Older };
    }
    Schema::Current
}

/// What is wrong with a SQLite file, if anything is.
pub(super) fn damage(conn: &mut DbConn) -> Option<String> {
    let found = ask(conn, "SELECT integrity_check AS said FROM pragma_integrity_check").and_then(|mut found| {
        found.retain(|line| line != "ok");
        found.extend(orphan(conn)?);
        Ok(found)
    });
    match found {
        Ok(found) => found.into_iter().next(),
        Err(error) => Some(error.to_string()),
    }
}

/// A row of a SQLite database that refers to none, if there is one.
fn orphan(conn: &mut DbConn) -> Result<Option<String>, StoreError> {
    let found = ask(conn, "SELECT \"table\" AS said FROM pragma_foreign_key_check LIMIT 1")?;
    Ok(found.first().map(|table| format!("a row of {table} belongs to nothing")))
}

/// Lets rows come in any order into an empty database until [`demand_whole`] looks at all of
/// them. SQLite would otherwise look at every unit with each new one, while a parent is
/// missing, whether it is the parent of any.
pub(super) fn expect_whole(conn: &mut DbConn) -> Result<(), StoreError> {
    match conn {
        // its constraints wait for the end of the transaction by themselves
        DbConn::Pg(_) => {}
        DbConn::Sqlite(c) => c.batch_execute("PRAGMA foreign_keys = OFF")?,
    }
    Ok(())
}

/// Refuses rows that refer to none.
pub(super) fn demand_whole(conn: &mut DbConn) -> Result<(), StoreError> {
    match conn {
        DbConn::Pg(_) => Ok(()),
        DbConn::Sqlite(_) => orphan(conn)?.map_or(Ok(()), |what| Err(StoreError::Unreadable(what))),
    }
}
