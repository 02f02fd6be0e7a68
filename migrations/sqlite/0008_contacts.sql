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
