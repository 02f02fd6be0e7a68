-- Who must not be written to by whom, and since when, until when and at whose word: a ledger in
-- which nothing is deleted. The sender * stands for all of ours.
CREATE TABLE opt_out (
    id BLOB PRIMARY KEY,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    origin TEXT NOT NULL,
    actor_id BLOB,
    actor_name TEXT,
    message_id BLOB,
    words TEXT,
    at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_origin TEXT,
    ended_actor_id BLOB,
    ended_actor_name TEXT,
    ended_words TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX opt_out_active ON opt_out (sender, recipient) WHERE ended_at IS NULL;
CREATE INDEX opt_out_recipient ON opt_out (recipient, id);
INSERT INTO opt_out (id, sender, recipient, origin, at)
    SELECT randomblob(16), sender, recipient, reason, at FROM suppression;
DROP TABLE suppression;

-- What agents keep of people; why nothing of theirs may be erased is in `held`.
ALTER TABLE contact ADD COLUMN language TEXT;
ALTER TABLE contact ADD COLUMN time_zone TEXT;
ALTER TABLE contact ADD COLUMN fields TEXT NOT NULL DEFAULT '{}';
ALTER TABLE contact ADD COLUMN held TEXT;
ALTER TABLE contact ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- Contacts that were merged into others, with all that it takes to part them again.
CREATE TABLE contact_merge (
    other_id BLOB PRIMARY KEY,
    survivor_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    merged TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_merge_survivor ON contact_merge (survivor_id, at);

-- Hashes, with a key of this installation, of the addresses that were erased.
CREATE TABLE erased_address (
    hash TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Texts that are written once and said often; those without an owner are everybody's.
CREATE TABLE quick_reply (
    id BLOB PRIMARY KEY,
    title TEXT NOT NULL,
    shortcut TEXT,
    text TEXT NOT NULL,
    owner_id BLOB,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX quick_reply_own ON quick_reply (owner_id, shortcut) WHERE owner_id IS NOT NULL;
CREATE UNIQUE INDEX quick_reply_shared ON quick_reply (shortcut) WHERE owner_id IS NULL;
