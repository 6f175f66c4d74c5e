-- Imports that changed something, counted per campaign. revision: the last that the import
-- made; what it stored carries it. An undone one says when, by whom, why and as which revision.
CREATE TABLE imports (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    import_id BIGINT NOT NULL,
    recorded_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    new_rows BIGINT NOT NULL,
    changed_rows BIGINT NOT NULL,
    same_rows BIGINT NOT NULL,
    units BIGINT NOT NULL,
    days BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    undone_us BIGINT,
    undone_by TEXT,
    undone_reason TEXT,
    undone_revision BIGINT,
    PRIMARY KEY (campaign_id, import_id)
);
