-- A file of a message; without a message until it is used. A pending one is still with its
-- provider: the row says where, and when it is asked for next.
CREATE TABLE attachment (
    id BLOB PRIMARY KEY,
    message_id BLOB,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    sniffed TEXT,
    content_id TEXT,
    inline INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT,
    blob TEXT UNIQUE,
    state TEXT NOT NULL,
    gateway TEXT,
    url TEXT,
    tries INTEGER NOT NULL,
    due_at INTEGER,
    reason TEXT,
    uploaded_by BLOB,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_message ON attachment (message_id, id) WHERE message_id IS NOT NULL;
CREATE INDEX attachment_unused ON attachment (created_at) WHERE message_id IS NULL;
-- How much somebody uploaded of late.
CREATE INDEX attachment_uploads ON attachment (uploaded_by, created_at) WHERE uploaded_by IS NOT NULL;
CREATE INDEX attachment_due ON attachment (due_at) WHERE state = 'pending';

-- Keys that this installation made for itself, such as the one that signs links.
CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
