-- What the council decided about ties for the last places of an award. Who wins what is
-- computed and stands nowhere; a decision holds while exactly this tie stands: the award,
-- the block, the day of the board, the units tied. tied, winners: lists of unit codes as
-- JSON. Days count from 1970-01-01, instants are microseconds.
CREATE TABLE award_decisions (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    decision_id BIGINT NOT NULL,
    award TEXT NOT NULL,
    block TEXT,
    day INTEGER NOT NULL,
    tied TEXT NOT NULL,
    winners TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    recorded_us BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    withdrawn_us BIGINT,
    withdrawn_reason TEXT,
    withdrawn_revision BIGINT,
    PRIMARY KEY (campaign_id, decision_id)
) WITHOUT ROWID;
