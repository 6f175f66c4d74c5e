-- Final results of a campaign, numbered from 1: what was declared, of which revision, by
-- whom and why; overrides: what stood in the way and was set aside, with reasons, as JSON.
-- Nothing of a row ever changes but that it is revoked. as_of: the board's day, counted from
-- 1970-01-01; default_kind: code of the kind
-- that is shown where nobody asks for one; against: the issue that the difference is told from; archive: the campaign's
-- history as it was known then, which the public sees.
CREATE TABLE results (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    issue BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    overrides TEXT NOT NULL,
    revision BIGINT NOT NULL,
    known_us BIGINT NOT NULL,
    as_of INTEGER NOT NULL,
    default_kind TEXT NOT NULL,
    program TEXT NOT NULL,
    archive BIGINT NOT NULL,
    against BIGINT,
    whole_sha256 TEXT NOT NULL,
    public_sha256 TEXT NOT NULL,
    revoked_us BIGINT,
    revoked_by TEXT,
    revoked_reason TEXT,
    PRIMARY KEY (campaign_id, issue)
);

-- What an issue consists of, as bytes, gzip: documents, differences, boards; whole, and as
-- the public sees it.
CREATE TABLE result_parts (
    campaign_id BIGINT NOT NULL,
    issue BIGINT NOT NULL,
    audience TEXT NOT NULL,
    part TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (campaign_id, issue, audience, part),
    FOREIGN KEY (campaign_id, issue) REFERENCES results (campaign_id, issue) ON DELETE CASCADE
);
