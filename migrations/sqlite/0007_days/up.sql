-- A reporting day that was closed, and who had reported by then: once a campaign and day,
-- whichever process does it. actor: who did it; reason: why before its hour.
CREATE TABLE day_closings (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    day INTEGER NOT NULL,
    closed_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT,
    on_time BIGINT NOT NULL,
    late BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    excused BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, day)
) WITHOUT ROWID;

-- Addresses that are told of days. secret: what the messages are signed with.
CREATE TABLE webhooks (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    webhook_id TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, webhook_id)
) WITHOUT ROWID;

-- The outbox: messages to these addresses, stored with what they tell of. due_us: when it
-- is sent next; whoever sends it moves that on first, so that nobody else does meanwhile.
CREATE TABLE webhook_deliveries (
    campaign_id BIGINT NOT NULL,
    delivery_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    event TEXT NOT NULL,
    day INTEGER,
    body TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_us BIGINT NOT NULL,
    last_status INTEGER,
    last_error TEXT,
    ended_us BIGINT,
    PRIMARY KEY (campaign_id, delivery_id),
    FOREIGN KEY (campaign_id, webhook_id) REFERENCES webhooks (campaign_id, webhook_id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (campaign_id, webhook_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (state, due_us);
