-- What people answered to flags about figures. Open flags are computed from the facts and
-- stand nowhere. A flag is known by rule, unit, day and the fingerprint of the values that
-- it rests on; numbers: what the rule compared, as JSON. Days count from 1970-01-01.
CREATE TABLE flag_answers (
    campaign_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    rule TEXT NOT NULL,
    day INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    recorded_us BIGINT NOT NULL,
    answer TEXT NOT NULL,
    verdict TEXT NOT NULL,
    closes BOOLEAN NOT NULL,
    author TEXT NOT NULL,
    numbers TEXT NOT NULL,
    revision BIGINT NOT NULL,
    withdrawn_us BIGINT,
    withdrawn_reason TEXT,
    withdrawn_revision BIGINT,
    PRIMARY KEY (campaign_id, unit_id, rule, day, fingerprint, recorded_us),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
);
