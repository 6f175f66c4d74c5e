-- What waits, or waited, for a second person, numbered within its campaign: what is asked
-- for as canonical JSON, by whom and why, the state that it was made against (of rules the
-- version, of a campaign's document its tag; of figures see approval_days), and what became
-- of it.
CREATE TABLE approvals (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    what TEXT NOT NULL,
    payload TEXT NOT NULL,
    base TEXT,
    requested_by TEXT NOT NULL,
    requested_us BIGINT NOT NULL,
    reason TEXT,
    state TEXT NOT NULL,
    decided_by TEXT,
    decided_us BIGINT,
    decided_reason TEXT,
    revision BIGINT,
    PRIMARY KEY (campaign_id, number)
) WITHOUT ROWID;

-- The unit-days that an approval is about, with the instant at which each was last changed
-- when it was asked for; none where nothing was ever recorded.
CREATE TABLE approval_days (
    campaign_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    day INTEGER NOT NULL,
    standing_us BIGINT,
    PRIMARY KEY (campaign_id, number, unit_id, day),
    FOREIGN KEY (campaign_id, number) REFERENCES approvals (campaign_id, number) ON DELETE CASCADE,
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX approval_days_of_unit ON approval_days (campaign_id, unit_id, day);
