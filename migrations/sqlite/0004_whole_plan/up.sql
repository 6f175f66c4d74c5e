-- Criteria say how many points they give at most and what evidence they want, and can be
-- taken back. Points in hundredths.
ALTER TABLE criteria ADD COLUMN max_points_hundredths BIGINT;
ALTER TABLE criteria ADD COLUMN evidence TEXT;
ALTER TABLE criteria ADD COLUMN withdrawn_us BIGINT;
ALTER TABLE criteria ADD COLUMN withdrawn_reason TEXT;

-- What a unit said in the criterion's own measure (hundredths), where an assessment stands
-- (submitted, verified, returned; null: told by verified alone), and why.
ALTER TABLE assessments ADD COLUMN given_hundredths BIGINT;
ALTER TABLE assessments ADD COLUMN status TEXT;
ALTER TABLE assessments ADD COLUMN reason TEXT;

-- The level that a unit acts at from a day on. Days count from 1970-01-01.
CREATE TABLE declared_levels (
    campaign_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    from_day INTEGER NOT NULL,
    recorded_us BIGINT NOT NULL,
    level TEXT NOT NULL,
    reason TEXT,
    revision BIGINT NOT NULL,
    withdrawn_us BIGINT,
    withdrawn_reason TEXT,
    PRIMARY KEY (campaign_id, unit_id, from_day, recorded_us),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
) WITHOUT ROWID;

-- Units that open or close during a campaign: first and last day, and the codes of the
-- units that go on in their place, as JSON. The state and the excuses that come with it
-- carry the same revision.
CREATE TABLE lifetimes (
    campaign_id BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    recorded_us BIGINT NOT NULL,
    opens INTEGER,
    closes INTEGER,
    successors TEXT NOT NULL,
    reason TEXT NOT NULL,
    revision BIGINT NOT NULL,
    withdrawn_us BIGINT,
    withdrawn_reason TEXT,
    PRIMARY KEY (campaign_id, unit_id, recorded_us),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
) WITHOUT ROWID;
