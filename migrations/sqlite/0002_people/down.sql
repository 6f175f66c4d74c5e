DROP TABLE audit_heads;
DROP TABLE audit_entries;
DROP TABLE api_tokens;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE accounts;
