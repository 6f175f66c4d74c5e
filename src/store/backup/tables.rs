//! Every table, copied row by row from one database to another.
//!
//! The columns are named here once; their types are the schema's. A column that is
//! missing here does not compile, and a table that is missing fails a test.

use super::CopyError;
use crate::store::conn::{DbConn, on_each};
use crate::store::{BATCH, StoreError, schema};
use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Double, Integer, Nullable, Text};

/// A type of the schema as it is in Rust.
pub(super) trait Native {
    type Rust;
}

impl Native for BigInt {
    type Rust = i64;
}
impl Native for Integer {
    type Rust = i32;
}
impl Native for Bool {
    type Rust = bool;
}
impl Native for Double {
    type Rust = f64;
}
impl Native for Text {
    type Rust = String;
}
impl Native for Binary {
    type Rust = Vec<u8>;
}
impl<T: Native + diesel::sql_types::SqlType<IsNull = diesel::sql_types::is_nullable::NotNull>> Native for Nullable<T> {
    type Rust = Option<T::Rust>;
}

/// What a column holds.
type Of<Column> = <<Column as Expression>::SqlType as Native>::Rust;

/// Copies the rows of a table; answers how many there were.
pub(super) type Copy = fn(&mut DbConn, &mut DbConn) -> Result<u64, CopyError>;

/// Copies one campaign's rows of a table; answers how many there were.
pub(super) type CopyOf = fn(&mut DbConn, &mut DbConn, i64) -> Result<u64, CopyError>;

/// Puts rows in batches as they come, so that no table is ever whole in memory.
fn pour<R>(
    rows: impl Iterator<Item = QueryResult<R>>,
    mut put: impl FnMut(&[R]) -> Result<(), StoreError>,
) -> Result<u64, CopyError> {
    let mut total = 0;
    let mut batch = Vec::with_capacity(BATCH);
    for row in rows {
        batch.push(row.map_err(CopyError::reading)?);
        if batch.len() == BATCH {
            put(&batch)?;
            total += batch.len() as u64;
            batch.clear();
        }
    }
    if !batch.is_empty() {
        put(&batch)?;
    }
    Ok(total + batch.len() as u64)
}

/// Copies the rows that a query finds.
macro_rules! move_rows {
    ($table:ident, $rows:expr, $from:ident, $to:ident) => {{
        let put = |rows: &[Row]| {
            on_each!($to, |c| diesel::insert_into($table::table).values(rows).execute(c))?;
            Ok(())
        };
        match $from {
            // libpq would otherwise hold all rows before it gives the first
            DbConn::Pg(c) => pour($rows.load_iter::<Row, PgRowByRowLoadingMode>(c).map_err(CopyError::reading)?, put),
            DbConn::Sqlite(c) => pour($rows.load_iter::<Row, DefaultLoadingMode>(c).map_err(CopyError::reading)?, put),
        }
    }};
}

// a table says `of` which column names its campaign where an archive holds it
macro_rules! tables {
    ($($table:ident $(of $campaign:ident)?: $($column:ident),+;)+) => {
        $(mod $table {
            use super::*;
            use schema::$table;

            #[derive(Queryable, Insertable)]
            #[diesel(table_name = $table, treat_none_as_default_value = false)]
            struct Row {
                $($column: Of<$table::$column>,)+
            }

            pub(super) fn copy(from: &mut DbConn, to: &mut DbConn) -> Result<u64, CopyError> {
                // in the order of the key, which is the order of the file: each row goes to the end
                let rows = $table::table.order($table::table.primary_key());
                move_rows!($table, rows, from, to)
            }

            $(pub(super) fn copy_of(from: &mut DbConn, to: &mut DbConn, campaign: i64) -> Result<u64, CopyError> {
                let rows = $table::table.filter($table::$campaign.eq(campaign)).order($table::table.primary_key());
                move_rows!($table, rows, from, to)
            })?
        })+

        /// The tables with their copyists; each stands after those that it refers to.
        pub(super) const TABLES: &[(&str, Copy)] = &[$((stringify!($table), $table::copy)),+];

        tables!(@archived [] $($table $(of $campaign)?,)+);
    };
    // the tables that say `of`, in their order
    (@archived [$($found:ident)*] $table:ident of $campaign:ident, $($rest:tt)*) => {
        tables!(@archived [$($found)* $table] $($rest)*);
    };
    (@archived [$($found:ident)*] $table:ident, $($rest:tt)*) => {
        tables!(@archived [$($found)*] $($rest)*);
    };
    (@archived [$($found:ident)*]) => {
        /// The tables of which an archive holds a campaign's rows, with their copyists.
        pub(super) const ARCHIVED: &[(&str, CopyOf)] = &[$((stringify!($found), $found::copy_of)),*];
    };
}

tables! {
    campaigns of id: id, code, document, boundaries, revision, last_recorded_us, created_us, pin_id, freezes_us;
    revisions of campaign_id: campaign_id, revision, recorded_us, what, touched;
    units of campaign_id: campaign_id, unit_id, code, name, kind, parent_id, block, population, households, lat, lng;
    neighbours of campaign_id: campaign_id, a_id, b_id;
    figures of campaign_id: campaign_id, unit_id, day, recorded_us, community_f0, contained_f0, unknown_source_f0,
        high_risk_setting_f0, households_f0, linked_households_f0, note, reason, revision, withdrawn_us,
        withdrawn_reason;
    source_figures of campaign_id: campaign_id, unit_id, day, source, recorded_us, community_f0, contained_f0,
        unknown_source_f0, high_risk_setting_f0, households_f0, linked_households_f0, note, reason, revision,
        withdrawn_us, withdrawn_reason;
    excuses of campaign_id: campaign_id, unit_id, day, recorded_us, reason, revision, withdrawn_us, withdrawn_reason;
    unit_states of campaign_id: campaign_id, unit_id, recorded_us, state, reason, revision;
    start_levels of campaign_id: campaign_id, unit_id, recorded_us, level, reason, revision, withdrawn_us,
        withdrawn_reason;
    adjustments of campaign_id: campaign_id, adjustment_id, unit_id, recorded_us, kind, points_hundredths, reason,
        revision, withdrawn_us, withdrawn_reason;
    criteria of campaign_id: campaign_id, kind, code, recorded_us, name_vi, name_en, value_type, weight_millionths,
        required, due, max_points_hundredths, evidence, revision, withdrawn_us, withdrawn_reason;
    assessments of campaign_id: campaign_id, unit_id, criterion, about_day, recorded_us, value_hundredths, verified,
        evidence, revision, given_hundredths, status, reason;
    declared_levels of campaign_id: campaign_id, unit_id, from_day, recorded_us, level, reason, revision, withdrawn_us,
        withdrawn_reason;
    lifetimes of campaign_id: campaign_id, unit_id, recorded_us, opens, closes, successors, reason, revision,
        withdrawn_us, withdrawn_reason;
    flag_answers: campaign_id, unit_id, rule, day, fingerprint, recorded_us, answer, verdict, closes, author, numbers,
        revision, withdrawn_us, withdrawn_reason, withdrawn_revision;
    policies of campaign_id: campaign_id, version, recorded_us, known_us, revision, author, reason, legal_reference,
        document;
    approvals: campaign_id, number, what, payload, base, requested_by, requested_us, reason, state, decided_by,
        decided_us, decided_reason, revision;
    approval_days: campaign_id, number, unit_id, day, standing_us;
    appeals: campaign_id, number, unit_id, words, about_day, about_what, lodged_by, on_behalf, lodged_us, revision,
        board_day, place, state, withdrawn_by, withdrawn_us, withdrawn_reason;
    appeal_answers: campaign_id, number, version, state, words, reason, corrections, author, answered_us, revision,
        effect, effect_within;
    award_decisions: campaign_id, decision_id, award, block, day, tied, winners, reason, author, recorded_us, revision,
        withdrawn_us, withdrawn_reason, withdrawn_revision;
    day_closings of campaign_id: campaign_id, day, closed_us, actor, reason, on_time, late, missing, excused;
    webhooks: campaign_id, webhook_id, url, events, secret, created_by, created_us;
    webhook_deliveries: campaign_id, delivery_id, webhook_id, event, day, body, created_us, state, attempts, due_us,
        last_status, last_error, ended_us;
    imports: campaign_id, import_id, recorded_us, actor, what, new_rows, changed_rows, same_rows, units, days, revision,
        undone_us, undone_by, undone_reason, undone_revision;
    archives: campaign_id, archive_id, sha256, revision, known_us, created_us, document, pack, facts;
    pins: campaign_id, pin_id, status, issue, from_us, archive_id, revision, pinned_us, reason, author, created_us,
        lifted_us, lifted_by, lifted_reason;
    results: campaign_id, issue, created_us, author, reason, overrides, revision, known_us, as_of, default_kind,
        program, archive, against, whole_sha256, public_sha256, revoked_us, revoked_by, revoked_reason;
    result_parts: campaign_id, issue, audience, part, bytes;
    idempotency_keys: caller, idempotency_key, fingerprint, status, revision, body, etag, location, created_us;
    accounts: username, display_name, role, campaign, unit, is_active, generation, password_hash, reset_code_hash,
        reset_code_until_us, created_us, changed_us;
    sessions: id, username, created_us, until_us;
    refresh_tokens: hash, session_id, until_us, spent_us;
    api_tokens: id, name, role, campaign, unit, secret_hash, created_by, created_us, until_us, revoked_us;
    audit_entries: chain, number, at_us, actor, role, origin, request_id, action, target, before, after, previous_hash,
        hash;
    audit_heads: chain, number, hash;
}
