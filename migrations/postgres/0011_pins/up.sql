-- What the public sees in place of a campaign that goes on. An archive is a campaign's whole
-- history as it stood at a revision, and is never changed: pack: as a zip, for people and for
-- proofs; sha256: of these bytes; facts: the same rows as a compressed SQLite file of the
-- schema of then, with what a pack does not hold; document: the campaign's.
CREATE TABLE archives (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    archive_id BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    revision BIGINT NOT NULL,
    known_us BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    document TEXT NOT NULL,
    pack BYTEA NOT NULL,
    facts BYTEA NOT NULL,
    PRIMARY KEY (campaign_id, archive_id)
);
-- Which archive the public sees, and why. Rows are added and marked, never deleted. A planned
-- one has from_us and no archive yet; pinned_us is also when days are judged closed.
CREATE TABLE pins (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    pin_id BIGINT NOT NULL,
    status TEXT NOT NULL,
    issue BIGINT,
    from_us BIGINT,
    archive_id BIGINT,
    revision BIGINT,
    pinned_us BIGINT,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    lifted_us BIGINT,
    lifted_by TEXT,
    lifted_reason TEXT,
    PRIMARY KEY (campaign_id, pin_id)
);
-- the pin in force, and when a planned one comes into force: read with the revision
ALTER TABLE campaigns ADD COLUMN pin_id BIGINT;
ALTER TABLE campaigns ADD COLUMN freezes_us BIGINT;
