//! Campaigns spread over partitions, and keys that a distributed PostgreSQL can spread.
//! That the service does the same on such a database is told where its stories are: see
//! `on_all!`.

use crate::support::app::TestApp;
use crate::support::at;
use crate::support::database::{PARTITIONS, TestDatabase};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use greenzone::pack;
use greenzone::store::appeals;
use greenzone::store::approvals::{self, ApprovalState};
use greenzone::store::partitions::{PartitionError, count, prepare};
use greenzone::store::{
    Address, DbConn, archives, audit, award_decisions, campaigns, contests, days, decisions, figures, flag_answers,
    imports, is_current, lifetimes, migrate, pins, policies, results, revert, source_figures, units, webhooks,
};
use std::collections::BTreeSet;
use std::process::{Command, Output};

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    said: String,
}

/// One column of text, named `said`.
fn ask(conn: &mut DbConn, sql: &str) -> Vec<String> {
    let DbConn::Pg(conn) = conn else { panic!("PostgreSQL is asked") };
    let rows: Vec<Said> = diesel::sql_query(sql).load(conn).expect(sql);
    rows.into_iter().map(|row| row.said).collect()
}

/// A plain and a partitioned database of the current schema.
fn pair() -> Option<[(TestDatabase, DbConn); 2]> {
    let (plain, partitioned) = (TestDatabase::postgres()?, TestDatabase::partitioned()?);
    let open = |database: TestDatabase| {
        let mut conn = database.address.connect().expect("a connection");
        migrate(&mut conn).expect("a schema");
        (database, conn)
    };
    Some([open(plain), open(partitioned)])
}

/// Every column, key and index of the tables, as PostgreSQL prints them; what refers from
/// one partition to another, as it is in the first ones.
const SCHEMA: &str = "\
    WITH tables AS (SELECT oid, relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace \
        AND relkind IN ('r', 'p') AND NOT relispartition) \
    SELECT concat_ws(' ', relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, \
            pg_get_expr(adbin, adrelid)) AS said \
        FROM pg_attribute JOIN tables ON attrelid = tables.oid LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum) \
        WHERE attnum > 0 AND NOT attisdropped \
    UNION ALL \
    SELECT replace(concat_ws(' ', relname, conname, pg_get_constraintdef(pg_constraint.oid)), '_p0', '') \
        FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid \
        WHERE relnamespace = current_schema()::regnamespace AND conparentid = 0 AND relname !~ '_p[1-9]$' \
    UNION ALL \
    SELECT replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index JOIN tables ON indrelid = tables.oid \
    ORDER BY said";

#[test]
fn a_partitioned_database_has_every_column_key_and_index_of_a_plain_one() {
    let Some([(_plain, mut plain), (_partitioned, mut partitioned)]) = pair() else { return };
    let (expected, found) = (ask(&mut plain, SCHEMA), ask(&mut partitioned, SCHEMA));
    assert!(expected.len() > 150, "{expected:#?}");
    assert_eq!(expected, found);
    assert_eq!((count(&mut plain).expect("a number"), count(&mut partitioned).expect("a number")), (0, PARTITIONS));
}

#[test]
fn what_refers_to_a_unit_stays_inside_its_partition() {
    let Some([(_plain, mut plain), (_partitioned, mut partitioned)]) = pair() else { return };
    let to_units = "SELECT concat_ws(' ', source.relname, target.relname) AS said FROM pg_constraint \
        JOIN pg_class source ON source.oid = conrelid JOIN pg_class target ON target.oid = confrelid \
        WHERE contype = 'f' AND target.relname LIKE 'units%'";
    let pairs = ask(&mut partitioned, to_units);
    assert_eq!(pairs.len(), ask(&mut plain, to_units).len() * usize::from(PARTITIONS), "{pairs:#?}");
    let part = |name: &str| name.rsplit_once("_p").map(|(_, part)| part.to_owned());
    for pair in &pairs {
        let (from, to) = pair.split_once(' ').expect("two");
        assert!(part(from).is_some() && part(from) == part(to), "{pair}");
    }
}

#[test]
fn the_last_migration_goes_down_and_up_on_partitions() {
    let Some(database) = TestDatabase::partitioned() else { return };
    let mut conn = database.address.connect().expect("a connection");
    let before = ask(&mut conn, SCHEMA);
    let DbConn::Pg(c) = &mut conn else { panic!("PostgreSQL is asked") };
    let migrations = FileBasedMigrations::from_path(at("migrations/postgres")).expect("migrations");
    c.revert_last_migration(migrations).expect("down");
    assert_ne!(ask(&mut conn, SCHEMA), before);
    assert_eq!(migrate(&mut conn).expect("up").len(), 1);
    assert_eq!(ask(&mut conn, SCHEMA), before);
}

#[test]
fn up_down_up_with_partitions() {
    let Some(database) = TestDatabase::partitioned() else { return };
    let mut conn = database.address.connect().expect("a connection");
    assert!(is_current(&mut conn).expect("a state"));
    assert!(migrate(&mut conn).expect("nothing to do").is_empty());
    revert(&mut conn).expect("down");
    assert_eq!(count(&mut conn).expect("a number"), 0);
    let left = ask(
        &mut conn,
        "SELECT relname::text AS said FROM pg_class WHERE relnamespace = current_schema()::regnamespace",
    );
    assert!(left.iter().all(|name| name.starts_with("__diesel")), "down leaves nothing behind: {left:?}");
    prepare(&mut conn, PARTITIONS).expect("up again");
    assert!(is_current(&mut conn).expect("a state"));
    assert_eq!(count(&mut conn).expect("a number"), PARTITIONS);
}

#[test]
fn a_database_that_cannot_be_partitioned_is_refused_and_stays_as_it_is() {
    let sqlite = TestDatabase::sqlite();
    let refused = prepare(&mut sqlite.address.connect().expect("a connection"), 2);
    assert!(matches!(refused, Err(PartitionError::NotPostgres)), "{refused:?}");
    let Some([(plain, mut in_plain), (_partitioned, mut in_partitioned)]) = pair() else { return };
    prepare(&mut in_partitioned, PARTITIONS).expect("it is so already");
    let refused = prepare(&mut in_partitioned, PARTITIONS + 1);
    assert!(matches!(refused, Err(PartitionError::Otherwise(PARTITIONS))), "{refused:?}");
    let app = TestApp::on(plain).with_q6();
    let refused = prepare(&mut in_plain, PARTITIONS);
    assert!(matches!(refused, Err(PartitionError::NotEmpty(_))), "{refused:?}");
    assert_eq!((count(&mut in_plain).expect("a number"), app.revision("q6-2021")), (0, 1));
}

fn greenzone(arguments: &[&str], database: &Address) -> Output {
    let url = match database {
        Address::Sqlite(path) => format!("sqlite:{}", path.display()),
        Address::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenzone"));
    command.args(arguments).env("DATABASE_URL", url).output().expect("the program runs")
}

#[track_caller]
fn ended(output: &Output, status: i32, words: &str) {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(words), "{said}");
}

#[test]
fn the_command_partitions_an_empty_database_and_says_why_not() {
    let sqlite = TestDatabase::sqlite();
    ended(&greenzone(&["migrate", "--partitions", "4"], &sqlite.address), 1, "SQLite has no partitions");
    ended(&greenzone(&["migrate", "--partitions", "1"], &sqlite.address), 2, "2..=256");
    let Some(database) = TestDatabase::postgres() else { return };
    let run = |arguments: &[&str]| greenzone(arguments, &database.address);
    ended(&run(&["migrate", "--partitions", "4"]), 0, "spread over 4 partitions");
    ended(&run(&["migrate", "--partitions", "4"]), 0, "spread over 4 partitions");
    ended(&run(&["import", &at("packs/q6-2021").display().to_string()]), 0, "revision 1");
    ended(&run(&["migrate"]), 0, "spread over 4 partitions");
    ended(&run(&["migrate", "--partitions", "8"]), 1, "4 partitions already");
    let Some(plain) = TestDatabase::postgres() else { return };
    ended(&greenzone(&["import", &at("packs/q6-2021").display().to_string()], &plain.address), 0, "revision 1");
    ended(&greenzone(&["migrate", "--partitions", "4"], &plain.address), 1, "write a backup");
}

/// Asks for everything that a running service asks of one campaign.
fn work_on(conn: &mut DbConn, code: &str) {
    let stored = campaigns::find_opt(conn, code).expect("readable").expect("the campaign");
    let loaded = contests::load_stored(conn, &stored).expect("a contest");
    let (id, unit, day) = (stored.id, loaded.unit_ids[0], stored.campaign.window.from);
    let code_of_unit = loaded.contest.units[0].code.clone();
    units::find_opt(conn, id, &stored.campaign, &code_of_unit).expect("a unit");
    units::has_children(conn, id, unit).expect("an answer");
    figures::history(conn, id, unit, day).expect("a history");
    figures::any(conn, id, Some(unit)).expect("an answer");
    figures::standing_between(conn, id, Some(unit), None, None).expect("figures");
    let figure = figures::standing_between(conn, id, None, None, None).expect("figures").pop().expect("one");
    figures::withdraw(conn, id, &figure, figure.stamp.recorded_at, None).expect("withdrawn");
    decisions::latest_excuse(conn, id, unit, day).expect("an answer");
    decisions::latest_state(conn, id, unit).expect("an answer");
    decisions::next_adjustment_id(conn, id).expect("a number");
    campaigns::touched_between(conn, id, (0, 1), 10).expect("days");
    audit::after(conn, &format!("campaigns/{code}"), 0, 10).expect("entries");
    imports::list(conn, id).expect("imports");
    lifetimes::latest(conn, id, unit).expect("an answer");
    flag_answers::list(conn, id, Some(unit)).expect("answers");
    award_decisions::list(conn, id).expect("decisions");
    figures::last_changes(conn, id, stored.last_recorded_at).expect("changes");
    source_figures::of_day(conn, id, unit, day).expect("reports");
    policies::latest_version(conn, id).expect("a version");
    archives::next_id(conn, id).expect("a number");
    pins::list(conn, id).expect("pins");
    approvals::next_number(conn, id).expect("a number");
    approvals::pending_days(conn, id).expect("days");
    approvals::about(conn, id, (unit, Some(day)), ApprovalState::Pending).expect("approvals");
    appeals::next_number(conn, id).expect("a number");
    appeals::open_appeals(conn, id).expect("a number");
    appeals::any_of(conn, id, unit).expect("an answer");
    appeals::answers(conn, id, Some(1)).expect("answers");
    days::find_opt(conn, id, day).expect("an answer");
    results::list(conn, id).expect("issues");
    results::part(conn, (id, 1), "public", "document").expect("an answer");
    webhooks::find_opt(conn, id, "x").expect("an answer");
    webhooks::list_deliveries(conn, id, "x").expect("messages");
}

#[test]
fn whatever_is_asked_of_one_campaign_is_looked_for_in_one_partition() {
    let Some(database) = TestDatabase::partitioned() else { return };
    let app = TestApp::on(database).with_q6();
    let mut conn = app.address.connect().expect("a connection");
    work_on(&mut conn, "q6-2021");
    // the statements as they were prepared, planned for a campaign that is not known yet and for a known one
    let prepared = ask(
        &mut conn,
        "SELECT concat(name, '|', array_to_string(parameter_types, ','), '|', statement) AS said FROM pg_prepared_statements",
    );
    let mut seen = BTreeSet::new();
    for statement in &prepared {
        let [name, types, text] = statement.splitn(3, '|').collect::<Vec<_>>()[..] else { panic!("{statement}") };
        let asked = spread_tables().into_iter().find(|t| text.contains(&format!("\"{t}\".")));
        let Some(table) = asked else { continue };
        // rising, so that no two bounds contradict each other
        let value = |(at, of): (usize, &str)| match of {
            "text" => format!("'{at}'"),
            "bigint" | "integer" => at.to_string(),
            other => panic!("a parameter of {other}: {text}"),
        };
        let values: Vec<String> = types.split(',').enumerate().map(value).collect();
        for mode in ["force_generic_plan", "force_custom_plan"] {
            let plan = explain(&mut conn, mode, &format!("EXECUTE \"{name}\" ({})", values.join(", ")));
            let looked_in = (0..PARTITIONS).filter(|n| plan.contains(&format!(" {table}_p{n} "))).count();
            assert_eq!(looked_in, 1, "{mode}: {text}\n{plan}");
        }
        seen.insert(table);
    }
    assert_eq!(seen, spread_tables().into_iter().collect(), "every table was asked for");
}

fn explain(conn: &mut DbConn, mode: &str, statement: &str) -> String {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }
    let DbConn::Pg(conn) = conn else { panic!("PostgreSQL is asked") };
    diesel::sql_query(format!("SET plan_cache_mode = {mode}")).execute(conn).expect(mode);
    let lines: Vec<Line> = diesel::sql_query(format!("EXPLAIN {statement}")).load(conn).expect(statement);
    lines.into_iter().map(|row| row.line + "\n").collect()
}

/// The tables whose rows belong to a campaign: those a distributed PostgreSQL spreads.
fn spread_tables() -> Vec<&'static str> {
    vec![
        "adjustments",
        "appeal_answers",
        "appeals",
        "approval_days",
        "approvals",
        "archives",
        "assessments",
        "audit_entries",
        "award_decisions",
        "criteria",
        "day_closings",
        "declared_levels",
        "excuses",
        "figures",
        "flag_answers",
        "imports",
        "lifetimes",
        "neighbours",
        "pins",
        "policies",
        "result_parts",
        "results",
        "revisions",
        "source_figures",
        "start_levels",
        "unit_states",
        "units",
        "webhook_deliveries",
        "webhooks",
    ]
}

/// The tables that every part of a distributed PostgreSQL has whole, or that lie in one
/// place: few rows, or rows of no campaign.
const OTHER_TABLES: [&str; 8] = [
    "__diesel_schema_migrations",
    "accounts",
    "api_tokens",
    "audit_heads",
    "campaigns",
    "idempotency_keys",
    "refresh_tokens",
    "sessions",
];

/// Each key of a spread table that lacks the column it is spread by: primary and unique ones,
/// and those that refer from one spread table to another without taking that column along.
const KEYS_WITHOUT_CAMPAIGN: &str = "\
    WITH spread AS (SELECT attrelid, attnum, relname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid \
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition \
        AND (attname = 'campaign_id' OR (relname, attname) = ('audit_entries', 'chain'))) \
    SELECT pg_get_indexdef(indexrelid) AS said FROM pg_index JOIN spread ON indrelid = attrelid \
        WHERE indisunique AND attnum <> ALL (indkey::int2[]) \
    UNION ALL \
    SELECT concat_ws(' ', source.relname, conname, pg_get_constraintdef(oid)) FROM pg_constraint \
        JOIN spread source ON source.attrelid = conrelid JOIN spread target ON target.attrelid = confrelid \
        WHERE contype = 'f' AND array_position(conkey, source.attnum) IS DISTINCT FROM array_position(confkey, target.attnum)";

#[test]
fn every_key_of_a_campaigns_table_contains_the_campaign() {
    let Some([(_plain, mut plain), (_partitioned, mut partitioned)]) = pair() else { return };
    for conn in [&mut plain, &mut partitioned] {
        assert_eq!(ask(conn, KEYS_WITHOUT_CAMPAIGN), [""; 0]);
    }
    let tables = "SELECT relname::text AS said FROM pg_class WHERE relnamespace = current_schema()::regnamespace";
    let spread: BTreeSet<String> = ask(&mut partitioned, &format!("{tables} AND relkind = 'p'")).into_iter().collect();
    assert_eq!(spread, spread_tables().into_iter().map(str::to_owned).collect());
    let others: BTreeSet<String> =
        ask(&mut partitioned, &format!("{tables} AND relkind = 'r' AND NOT relispartition")).into_iter().collect();
    assert_eq!(others, OTHER_TABLES.map(str::to_owned).into(), "say in docs/scale.md where a new table lies");
    // and the question finds what is wrong
    let wrong = "CREATE TABLE wrong (campaign_id BIGINT, n BIGINT PRIMARY KEY, unit_id BIGINT, \
        UNIQUE (unit_id, campaign_id), FOREIGN KEY (unit_id, campaign_id) REFERENCES units (campaign_id, unit_id))";
    let DbConn::Pg(conn) = &mut plain else { panic!("PostgreSQL is asked") };
    diesel::sql_query(wrong).execute(conn).expect(wrong);
    assert_eq!(ask(&mut plain, KEYS_WITHOUT_CAMPAIGN).len(), 2, "its primary key and its foreign key");
}

#[test]
fn campaigns_lie_in_partitions_of_their_own_tables() {
    let Some(database) = TestDatabase::partitioned() else { return };
    let app = TestApp::on(database);
    for contest in pack::bundled().map(|pack| pack::read(&pack.files()).expect("a pack")) {
        app.import(&contest);
    }
    let mut conn = app.address.connect().expect("a connection");
    let places = "SELECT concat(campaign_id, ' ', count(DISTINCT tableoid)) AS said FROM figures GROUP BY campaign_id ORDER BY 1";
    assert_eq!(ask(&mut conn, places), ["1 1", "2 1"], "each campaign in one partition");
    assert_eq!(ask(&mut conn, "SELECT 'row' AS said FROM ONLY figures"), [""; 0]);
}
