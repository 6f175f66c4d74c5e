-- Who may sign in. One role, bound to the whole service, a campaign, or a unit with
-- all below it; a generation that rises whenever rights or password change, so that
-- what was signed before is worth nothing after.
CREATE TABLE accounts (
    username TEXT PRIMARY KEY NOT NULL,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    campaign TEXT,
    unit TEXT,
    is_active BOOLEAN NOT NULL,
    generation BIGINT NOT NULL,
    -- argon2id as a PHC string; none until the owner has chosen one
    password_hash TEXT,
    reset_code_hash TEXT,
    reset_code_until_us BIGINT,
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL
);

-- A sign-in on one device: a family of refresh tokens, each the successor of one.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    username TEXT NOT NULL REFERENCES accounts (username) ON DELETE CASCADE,
    created_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL
);
CREATE INDEX sessions_by_username ON sessions (username);
CREATE INDEX sessions_by_until ON sessions (until_us);

CREATE TABLE refresh_tokens (
    -- SHA-256 of the token, in hex; the token itself is nowhere
    hash TEXT PRIMARY KEY NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    until_us BIGINT NOT NULL,
    spent_us BIGINT
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_until ON refresh_tokens (until_us);

-- Tokens of machines.
CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    campaign TEXT,
    unit TEXT,
    secret_hash TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    revoked_us BIGINT
);

-- What was done and seen, as chains: each entry holds the hash of the one before it.
-- A chain is `accounts`, or `campaigns/` and a code.
CREATE TABLE audit_entries (
    chain TEXT NOT NULL,
    number BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    origin TEXT NOT NULL,
    request_id TEXT,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT,
    after TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (chain, number)
);

CREATE TABLE audit_heads (
    chain TEXT PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);
