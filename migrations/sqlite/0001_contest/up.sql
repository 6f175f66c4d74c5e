-- A campaign: its document (campaign.json with defaults written out), its revision,
-- and the last instant given to a record, so that stamps only ever rise.
CREATE TABLE campaigns (
    id INTEGER PRIMARY KEY NOT NULL,
    code TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL,
    boundaries TEXT,
    revision BIGINT NOT NULL,
    last_recorded_us BIGINT NOT NULL,
    created_us BIGINT NOT NULL
);

-- One row an accepted change.
CREATE TABLE revisions (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    recorded_us BIGINT NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (campaign_id, revision)
) WITHOUT ROWID;

CREATE TABLE units (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    unit_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent_id BIGINT,
    block TEXT,
    population BIGINT,
    households BIGINT,
    lat DOUBLE PRECISION,
    lng DOUBLE PRECISION,
    PRIMARY KEY (campaign_id, unit_id),
    UNIQUE (campaign_id, code),
    FOREIGN KEY (campaign_id, parent_id) REFERENCES units (campaign_id, unit_id) DEFERRABLE INITIALLY DEFERRED
) WITHOUT ROWID;
CREATE INDEX units_by_parent ON units (campaign_id, parent_id);

CREATE TABLE neighbours (
    campaign_id BIGINT NOT NULL,
    a_id BIGINT NOT NULL,
    b_id BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, a_id, b_id),
    FOREIGN KEY (campaign_id, a_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE,
    FOREIGN KEY (campaign_id, b_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX neighbours_by_b ON neighbours (campaign_id, b_id);

-- Every figure that was ever recorded; the standing one is the latest by recorded_us
-- unless it is withdrawn. Days count from 1970-01-01, instants are microseconds.
CREATE TABLE figures (
    campaign_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    day INTEGER NOT NULL,
    recorded_us BIGINT NOT NULL,
    community_f0 INTEGER NOT NULL,
    contained_f0 INTEGER,
    unknown_source_f0 INTEGER,
    high_risk_setting_f0 INTEGER,
    households_f0 INTEGER,
    linked_households_f0 INTEGER,
    note TEXT,
    reason TEXT,
    revision BIGINT NOT NULL,
    withdrawn_us BIGINT,
    withdrawn_reason TEXT,
    PRIMARY KEY (campaign_id, unit_id, day, recorded_us),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id)
) WITHOUT ROWID;

CREATE TABLE excuses (
    campaign_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    day INTEGER NOT NULL,
    recorded_us BIGINT NOT NULL,
    reason TEXT NOT NULL,
    revision BIGINT NOT NULL,
    withdrawn_us BIGINT,
    withdrawn_reason TEXT,
    PRIMARY KEY (campaign_id, unit_id, day, recorded_us),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE unit_states (
    campaign_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    recorded_us BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, unit_id, recorded_us),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE start_levels (
    campaign_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    recorded_us BIGINT NOT NULL,
    level TEXT NOT NULL,
    reason TEXT NOT NULL,
    revision BIGINT NOT NULL,
    withdrawn_us BIGINT,
    withdrawn_reason TEXT,
    PRIMARY KEY (campaign_id, unit_id, recorded_us),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
) WITHOUT ROWID;

-- Points in hundredths.
CREATE TABLE adjustments (
    campaign_id BIGINT NOT NULL,
    adjustment_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    recorded_us BIGINT NOT NULL,
    kind TEXT NOT NULL,
    points_hundredths BIGINT NOT NULL,
    reason TEXT NOT NULL,
    revision BIGINT NOT NULL,
    withdrawn_us BIGINT,
    withdrawn_reason TEXT,
    PRIMARY KEY (campaign_id, adjustment_id),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX adjustments_by_unit ON adjustments (campaign_id, unit_id);

-- Weights in millionths.
CREATE TABLE criteria (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    recorded_us BIGINT NOT NULL,
    name_vi TEXT,
    name_en TEXT,
    value_type TEXT,
    weight_millionths BIGINT NOT NULL,
    required BOOLEAN,
    due INTEGER,
    revision BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, kind, code, recorded_us)
) WITHOUT ROWID;

-- about_day -2147483648: the assessment speaks of no day. Values in hundredths.
CREATE TABLE assessments (
    campaign_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    criterion TEXT NOT NULL,
    about_day INTEGER NOT NULL,
    recorded_us BIGINT NOT NULL,
    value_hundredths INTEGER NOT NULL,
    verified BOOLEAN NOT NULL,
    evidence TEXT,
    revision BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, unit_id, criterion, about_day, recorded_us),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
) WITHOUT ROWID;

-- Answers to writes, kept for their caller to be replayed.
CREATE TABLE idempotency_keys (
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    revision BIGINT NOT NULL,
    body BLOB NOT NULL,
    etag TEXT,
    location TEXT,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (caller, idempotency_key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_us);
