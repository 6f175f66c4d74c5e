-- The rules of a campaign, one row a version: scoring, level scheme and the kinds' own
-- small-number allowances, as JSON. The latest is in force, and stands in the campaign's
-- document too. known_us: from when on it counts; the first version does from the beginning.
CREATE TABLE policies (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    recorded_us BIGINT NOT NULL,
    known_us BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    author TEXT,
    reason TEXT,
    legal_reference TEXT,
    document TEXT NOT NULL,
    PRIMARY KEY (campaign_id, version)
) WITHOUT ROWID;

-- Campaigns that are there already have one version: the rules that they were opened with,
-- which could not be changed since their first figure.
INSERT INTO policies
SELECT id, 1, created_us, -9223372036854775808, 1, NULL, NULL, NULL, json_object(
    'scoring', document -> '$.scoring',
    'level_scheme', document -> '$.level_scheme',
    'allowances', (
        SELECT json_group_object(kind.value ->> '$.code', kind.value -> '$.small_number_allowance')
        FROM json_each(document, '$.kinds') AS kind
        WHERE kind.value ->> '$.small_number_allowance' IS NOT NULL))
FROM campaigns;
