//! Statements of PostgreSQL whose text never changes, so that each is parsed and planned once
//! a connection. Diesel's own `sql_query`, and its insert of many rows, are so each time.

use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{SingleValue, SqlType, Untyped};

/// A statement; each `?` of its text is a value.
pub(super) struct Fixed<'v> {
    text: String,
    values: Vec<Box<dyn QueryFragment<Pg> + 'v>>,
}

impl<'v> Fixed<'v> {
    /// A statement of this text.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// An insert whose columns are given as arrays, which are bound in their order.
    pub(super) fn insert(table: &str, columns: &[&str]) -> Self {
        let arrays = vec!["?"; columns.len()].join(", ");
        Self::new(format!("INSERT INTO {table} ({}) SELECT * FROM unnest({arrays})", columns.join(", ")))
    }

    /// With the next value.
    pub(super) fn bind<T, V>(mut self, value: V) -> Self
    where
        T: SqlType + SingleValue,
        V: AsExpression<T>,
        V::Expression: QueryFragment<Pg> + 'v,
    {
        self.values.push(Box::new(value.as_expression()));
        self
    }
}

impl QueryFragment<Pg> for Fixed<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut values = self.values.iter();
        for (at, part) in self.text.split('?').enumerate() {
            if at > 0
                && let Some(value) = values.next()
            {
                value.walk_ast(pass.reborrow())?;
            }
            pass.push_sql(part);
        }
        Ok(())
    }
}

// known by its text
impl QueryId for Fixed<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Fixed<'_> {
    type SqlType = Untyped;
}

impl<Conn> RunQueryDsl<Conn> for Fixed<'_> {}

/// Inserts rows into a table of PostgreSQL, one array a column, so that the statement is the
/// same for any number of rows.
macro_rules! insert_arrays {
    ($conn:expr, $table:literal, $rows:expr, { $($column:ident: $type:ty),+ $(,)? }) => {{
        let query = $crate::store::fixed::Fixed::insert($table, &[$(stringify!($column)),+]);
        $(
            let column: Vec<_> = $rows.iter().map(|row| &row.$column).collect();
            let query = query.bind::<diesel::sql_types::Array<$type>, _>(column);
        )+
        query.execute($conn)
    }};
}
pub(super) use insert_arrays;
