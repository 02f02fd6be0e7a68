-- Ids are UUIDv7 in 16 bytes, times are microseconds since 1970, JSON is text.

-- The one row that every writer takes first: its lock puts all commits in one order.
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    feed_seq INTEGER NOT NULL,
    issue_number INTEGER NOT NULL
) STRICT;
INSERT INTO head (one, feed_seq, issue_number) VALUES (1, 0, 0);

CREATE TABLE agent (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    email TEXT UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    agent_id BLOB NOT NULL REFERENCES agent (id),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE contact (
    id BLOB PRIMARY KEY,
    name TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE address (
    channel TEXT NOT NULL,
    value TEXT NOT NULL,
    contact_id BLOB NOT NULL REFERENCES contact (id),
    PRIMARY KEY (channel, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX address_contact ON address (contact_id);

CREATE TABLE conversation (
    id BLOB PRIMARY KEY,
    contact_id BLOB NOT NULL UNIQUE REFERENCES contact (id),
    created_at INTEGER NOT NULL,
    last_message_id BLOB NOT NULL,
    last_message_at INTEGER NOT NULL,
    last_gateway TEXT,
    unread INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    done INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_latest ON conversation (last_message_id);

CREATE TABLE issue (
    id BLOB PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    conversation_id BLOB NOT NULL REFERENCES conversation (id),
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    assignee_id BLOB,
    assignee_name TEXT,
    opened_at INTEGER NOT NULL,
    first_response_at INTEGER,
    closed_at INTEGER,
    closed_by_id BLOB,
    closed_by_name TEXT
) STRICT, WITHOUT ROWID;
-- At most one open issue in a conversation.
CREATE UNIQUE INDEX issue_open ON issue (conversation_id) WHERE state <> 'closed';
CREATE INDEX issue_conversation ON issue (conversation_id, id);
CREATE INDEX issue_assignee ON issue (assignee_id, id) WHERE state = 'assigned';
CREATE INDEX issue_unassigned ON issue (id) WHERE state = 'unassigned';

CREATE TABLE message (
    id BLOB PRIMARY KEY,
    direction TEXT NOT NULL,
    channel TEXT NOT NULL,
    gateway TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    body TEXT NOT NULL,
    encoding TEXT NOT NULL,
    segments INTEGER NOT NULL,
    status TEXT NOT NULL,
    failure TEXT,
    reference TEXT,
    provider_reference TEXT,
    conversation_id BLOB NOT NULL,
    issue_id BLOB,
    author_id BLOB,
    author_name TEXT,
    details TEXT NOT NULL,
    raw_id BLOB,
    round INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX message_conversation ON message (conversation_id, id);
CREATE INDEX message_trouble ON message (status, id)
    WHERE status IN ('failed', 'unconfirmed', 'expired', 'canceled');

-- What a provider's id means, for ever: the key that makes a repeated callback harmless.
CREATE TABLE reference (
    gateway TEXT NOT NULL,
    direction TEXT NOT NULL,
    value TEXT NOT NULL,
    message_id BLOB NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    round INTEGER NOT NULL,
    PRIMARY KEY (gateway, direction, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE status_event (
    message_id BLOB NOT NULL,
    n INTEGER NOT NULL,
    round INTEGER NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    status TEXT NOT NULL,
    at INTEGER NOT NULL,
    code TEXT,
    class TEXT,
    detail TEXT,
    raw_id BLOB,
    PRIMARY KEY (message_id, n)
) STRICT, WITHOUT ROWID;

-- Reports that came before the answer that tells us the reference.
CREATE TABLE parked_report (
    gateway TEXT NOT NULL,
    value TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    class TEXT,
    detail TEXT,
    at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    raw_id BLOB,
    PRIMARY KEY (gateway, value, part, status, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX parked_report_received ON parked_report (received_at);

CREATE TABLE delivery (
    message_id BLOB PRIMARY KEY,
    gateway TEXT NOT NULL,
    conversation_id BLOB NOT NULL,
    lane INTEGER NOT NULL,
    state TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    segments INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_order ON delivery (gateway, lane, message_id);
CREATE INDEX delivery_conversation ON delivery (conversation_id, gateway, message_id);

CREATE TABLE lease (
    gateway TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE gateway_state (
    gateway TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    since INTEGER NOT NULL,
    reason TEXT,
    failures INTEGER NOT NULL,
    probe_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE suppression (
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (sender, recipient)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    scope BLOB NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    response TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created_at);

-- With a rowid, because rows of this size would spill out of the pages of an index; they are large
-- and come in order.
CREATE TABLE raw_request (
    id BLOB NOT NULL PRIMARY KEY,
    gateway TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    method TEXT NOT NULL,
    target TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE quarantine (
    id BLOB PRIMARY KEY,
    gateway TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw_id BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    replayed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_waiting ON quarantine (id) WHERE replayed_at IS NULL;

-- The feed: everything that happened, in one order. No update, no delete by the program.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor_id BLOB,
    actor_name TEXT,
    conversation_id BLOB,
    data TEXT NOT NULL
) STRICT;
-- Messages are found by their own index; this one is for all the rest of a timeline.
CREATE INDEX event_conversation ON event (conversation_id, seq)
    WHERE conversation_id IS NOT NULL AND type NOT LIKE 'message.%';
