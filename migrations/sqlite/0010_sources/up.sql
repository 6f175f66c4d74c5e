-- What each source said of a unit's day, where the campaign declares sources: the whole
-- history, as that of figures. `source` is its place in the campaign's list, which only grows
-- at its end once figures exist. The figure of the day in `figures` is that of the first
-- source that stands. Days count from 1970-01-01, instants are microseconds.
CREATE TABLE source_figures (
    campaign_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    day INTEGER NOT NULL,
    source INTEGER NOT NULL,
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
    PRIMARY KEY (campaign_id, unit_id, day, source, recorded_us),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id)
) WITHOUT ROWID;
