-- Who works here, how they come in, and what they did.

ALTER TABLE agent ADD COLUMN initials TEXT NOT NULL DEFAULT '';
-- Permissions beyond the role and in spite of it, as JSON arrays of their names.
ALTER TABLE agent ADD COLUMN granted TEXT NOT NULL DEFAULT '[]';
ALTER TABLE agent ADD COLUMN denied TEXT NOT NULL DEFAULT '[]';
ALTER TABLE agent ADD COLUMN working_hours TEXT;
ALTER TABLE agent ADD COLUMN away TEXT;
ALTER TABLE agent ADD COLUMN disabled_at INTEGER;
ALTER TABLE agent ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

ALTER TABLE api_key ADD COLUMN scopes TEXT;
ALTER TABLE api_key ADD COLUMN expires_at INTEGER;
ALTER TABLE api_key ADD COLUMN last_used_at INTEGER;
-- The secret before the present one, which is taken for a while.
ALTER TABLE api_key ADD COLUMN previous_hash TEXT;
ALTER TABLE api_key ADD COLUMN previous_until INTEGER;
CREATE UNIQUE INDEX api_key_previous ON api_key (previous_hash) WHERE previous_hash IS NOT NULL;

ALTER TABLE team ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

CREATE TABLE session (
    id BLOB PRIMARY KEY,
    agent_id BLOB NOT NULL REFERENCES agent (id),
    hash TEXT NOT NULL UNIQUE,
    address TEXT,
    client TEXT,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_agent ON session (agent_id);

-- Who did what, when, from where, to what. Rows are added, and nothing else.
CREATE TABLE audit (
    id BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_id BLOB,
    actor_name TEXT,
    via TEXT,
    address TEXT,
    action TEXT NOT NULL,
    target TEXT,
    conversation_id BLOB,
    data TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_actor ON audit (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_target ON audit (target, id) WHERE target IS NOT NULL;
-- What there is most of is found without an index.
CREATE INDEX audit_action ON audit (action, id) WHERE action <> 'message.queued';
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
