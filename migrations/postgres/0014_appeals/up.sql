-- Appeals of units, numbered within their campaign: what was said, about which day and what,
-- and where the unit stood on the boards when it was lodged (revision, day of the boards, and
-- its place as JSON; none before the first board). Days count from 1970-01-01.
CREATE TABLE appeals (
    campaign_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    unit_id BIGINT NOT NULL,
    words TEXT NOT NULL,
    about_day INTEGER,
    about_what TEXT,
    lodged_by TEXT NOT NULL,
    on_behalf BOOLEAN NOT NULL,
    lodged_us BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    board_day INTEGER,
    place TEXT,
    state TEXT NOT NULL,
    withdrawn_by TEXT,
    withdrawn_us BIGINT,
    withdrawn_reason TEXT,
    PRIMARY KEY (campaign_id, number),
    FOREIGN KEY (campaign_id, unit_id) REFERENCES units (campaign_id, unit_id) ON DELETE CASCADE
);
CREATE INDEX appeals_of_unit ON appeals (campaign_id, unit_id);

-- What the council answered to an appeal; the latest version stands. Corrections: revisions of
-- the campaign, as a JSON list. Effect: what had moved on the boards since the appeal was lodged,
-- as it was counted at the answer (revision), as JSON; once more as the unit's own side sees it
-- where that is less.
CREATE TABLE appeal_answers (
    campaign_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    words TEXT NOT NULL,
    reason TEXT,
    corrections TEXT NOT NULL,
    author TEXT NOT NULL,
    answered_us BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    effect TEXT,
    effect_within TEXT,
    PRIMARY KEY (campaign_id, number, version),
    FOREIGN KEY (campaign_id, number) REFERENCES appeals (campaign_id, number) ON DELETE CASCADE
);
