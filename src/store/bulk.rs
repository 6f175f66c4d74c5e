//! Many rows with one statement: what the two databases cannot share.
//!
//! Diesel's own insert of many rows makes a new statement each time, and its parsing costs
//! more than the rows. Here the statement's text is the same for every full batch, so it is
//! parsed once: on SQLite a list of values, on PostgreSQL one array a column.

use super::StoreError;
use super::figures::FigureRow;
use super::fixed::insert_arrays;
use super::schema::figures;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

/// The columns of figures in their order: name, type, and whether it differs from row to
/// row by nature.
macro_rules! columns {
    ($each:ident) => {
        $each!(0, campaign_id, BigInt, false);
        $each!(1, unit_id, BigInt, true);
        $each!(2, day, Integer, true);
        $each!(3, recorded_us, BigInt, false);
        $each!(4, community_f0, Integer, true);
        $each!(5, contained_f0, Nullable<Integer>, false);
        $each!(6, unknown_source_f0, Nullable<Integer>, false);
        $each!(7, high_risk_setting_f0, Nullable<Integer>, false);
        $each!(8, households_f0, Nullable<Integer>, false);
        $each!(9, linked_households_f0, Nullable<Integer>, false);
        $each!(10, note, Nullable<Text>, false);
        $each!(11, reason, Nullable<Text>, false);
        $each!(12, revision, BigInt, false);
        $each!(13, withdrawn_us, Nullable<BigInt>, false);
        $each!(14, withdrawn_reason, Nullable<Text>, false);
    };
}

const COLUMNS: usize = 15;

const INTO: &str = "INSERT INTO figures (campaign_id, unit_id, day, recorded_us, community_f0, contained_f0, \
     unknown_source_f0, high_risk_setting_f0, households_f0, linked_households_f0, note, reason, revision, \
     withdrawn_us, withdrawn_reason) ";

/// How many rows a statement of SQLite has.
const VALUES: usize = 100;

/// Fewer rows than this are inserted one by one.
const FEW: usize = 50;

/// Inserts rows into SQLite.
pub(super) fn insert_values(conn: &mut SqliteConnection, rows: &[FigureRow]) -> Result<(), StoreError> {
    for rows in rows.chunks(VALUES) {
        if rows.len() < FEW {
            // the statement for one is prepared once
            for row in rows {
                diesel::insert_into(figures::table).values(row).execute(conn)?;
            }
        } else {
            Values::of(rows).execute(conn)?;
        }
    }
    Ok(())
}

/// `INSERT … SELECT … FROM (SELECT ? AS c0, …) AS c, (VALUES (?, …), …) AS v`: a column that
/// is the same in all rows is bound once.
struct Values<'r> {
    rows: &'r [FigureRow],
    varies: [bool; COLUMNS],
}

impl<'r> Values<'r> {
    fn of(rows: &'r [FigureRow]) -> Self {
        let mut varies = [false; COLUMNS];
        macro_rules! look {
            ($at:literal, $name:ident, $type:ty, $by_nature:literal) => {
                varies[$at] = $by_nature || rows.windows(2).any(|pair| pair[0].$name != pair[1].$name);
            };
        }
        columns!(look);
        Self { rows, varies }
    }

    fn bind<'b>(&'b self, row: &'b FigureRow, of: bool, pass: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let mut is_first = true;
        macro_rules! bind {
            ($at:literal, $name:ident, $type:ty, $by_nature:literal) => {
                if self.varies[$at] == of {
                    if !is_first {
                        pass.push_sql(", ");
                    }
                    is_first = false;
                    pass.push_bind_param::<$type, _>(&row.$name)?;
                    if !of {
                        pass.push_sql(concat!(" AS c", $at));
                    }
                }
            };
        }
        columns!(bind);
        let _ = is_first;
        Ok(())
    }
}

/// What SQLite calls the columns of a list of values.
const VALUE_NAMES: [&str; COLUMNS] = [
    "v.column1",
    "v.column2",
    "v.column3",
    "v.column4",
    "v.column5",
    "v.column6",
    "v.column7",
    "v.column8",
    "v.column9",
    "v.column10",
    "v.column11",
    "v.column12",
    "v.column13",
    "v.column14",
    "v.column15",
];

impl QueryFragment<Sqlite> for Values<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Some(first) = self.rows.first() else { return Ok(()) };
        if self.rows.len() < VALUES {
            // every number of rows is another statement: only that of full batches is kept
            pass.unsafe_to_cache_prepared();
        }
        pass.push_sql(INTO);
        let mut values = VALUE_NAMES.iter();
        macro_rules! select {
            ($at:literal, $name:ident, $type:ty, $by_nature:literal) => {
                pass.push_sql(if $at == 0 { "SELECT " } else { ", " });
                let value = if self.varies[$at] { values.next().copied() } else { None };
                pass.push_sql(value.unwrap_or(concat!("c.c", $at)));
            };
        }
        columns!(select);
        pass.push_sql(" FROM (SELECT ");
        self.bind(first, false, &mut pass)?;
        pass.push_sql(") AS c, (VALUES ");
        for (at, row) in self.rows.iter().enumerate() {
            pass.push_sql(if at == 0 { "(" } else { ", (" });
            self.bind(row, true, &mut pass)?;
            pass.push_sql(")");
        }
        pass.push_sql(") AS v");
        Ok(())
    }
}

// known by its text: the same rows and columns give the same statement
impl QueryId for Values<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Conn> RunQueryDsl<Conn> for Values<'_> {}

/// Inserts figures into PostgreSQL.
pub(super) fn insert_figures(conn: &mut PgConnection, rows: &[FigureRow]) -> Result<(), StoreError> {
    insert_arrays!(conn, "figures", rows, {
        campaign_id: BigInt,
        unit_id: BigInt,
        day: Integer,
        recorded_us: BigInt,
        community_f0: Integer,
        contained_f0: Nullable<Integer>,
        unknown_source_f0: Nullable<Integer>,
        high_risk_setting_f0: Nullable<Integer>,
        households_f0: Nullable<Integer>,
        linked_households_f0: Nullable<Integer>,
        note: Nullable<Text>,
        reason: Nullable<Text>,
        revision: BigInt,
        withdrawn_us: Nullable<BigInt>,
        withdrawn_reason: Nullable<Text>,
    })?;
    Ok(())
}
