-- Ids are UUIDv7 of type uuid, times are microseconds since 1970, JSON is text.

-- The one row that every writer takes first: its lock puts all commits in one order.
CREATE TABLE head (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    feed_seq BIGINT NOT NULL,
    issue_number BIGINT NOT NULL
);
INSERT INTO head (one, feed_seq, issue_number) VALUES (1, 0, 0);

CREATE TABLE agent (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    email TEXT UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE api_key (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    agent_id UUID NOT NULL REFERENCES agent (id),
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE contact (
    id UUID PRIMARY KEY,
    name TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE address (
    channel TEXT NOT NULL,
    value TEXT NOT NULL,
    contact_id UUID NOT NULL REFERENCES contact (id),
    PRIMARY KEY (channel, value)
);
CREATE INDEX address_contact ON address (contact_id);

CREATE TABLE conversation (
    id UUID PRIMARY KEY,
    contact_id UUID NOT NULL UNIQUE REFERENCES contact (id),
    created_at BIGINT NOT NULL,
    last_message_id UUID NOT NULL,
    last_message_at BIGINT NOT NULL,
    last_gateway TEXT,
    unread BIGINT NOT NULL,
    archived BOOLEAN NOT NULL,
    done BOOLEAN NOT NULL
);
CREATE INDEX conversation_latest ON conversation (last_message_id);

CREATE TABLE issue (
    id UUID PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    conversation_id UUID NOT NULL REFERENCES conversation (id),
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    assignee_id UUID,
    assignee_name TEXT,
    opened_at BIGINT NOT NULL,
    first_response_at BIGINT,
    closed_at BIGINT,
    closed_by_id UUID,
    closed_by_name TEXT
);
-- At most one open issue in a conversation.
CREATE UNIQUE INDEX issue_open ON issue (conversation_id) WHERE state <> 'closed';
CREATE INDEX issue_conversation ON issue (conversation_id, id);
CREATE INDEX issue_assignee ON issue (assignee_id, id) WHERE state = 'assigned';
CREATE INDEX issue_unassigned ON issue (id) WHERE state = 'unassigned';

CREATE TABLE message (
    id UUID PRIMARY KEY,
    direction TEXT NOT NULL,
    channel TEXT NOT NULL,
    gateway TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    body TEXT NOT NULL,
    encoding TEXT NOT NULL,
    segments BIGINT NOT NULL,
    status TEXT NOT NULL,
    failure TEXT,
    reference TEXT,
    provider_reference TEXT,
    conversation_id UUID NOT NULL,
    issue_id UUID,
    author_id UUID,
    author_name TEXT,
    details TEXT NOT NULL,
    raw_id UUID,
    round BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX message_conversation ON message (conversation_id, id);
CREATE INDEX message_trouble ON message (status, id)
    WHERE status IN ('failed', 'unconfirmed', 'expired', 'canceled');

-- What a provider's id means, for ever: the key that makes a repeated callback harmless.
CREATE TABLE reference (
    gateway TEXT NOT NULL,
    direction TEXT NOT NULL,
    value TEXT NOT NULL,
    message_id UUID NOT NULL,
    part BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    round BIGINT NOT NULL,
    PRIMARY KEY (gateway, direction, value)
);

CREATE TABLE status_event (
    message_id UUID NOT NULL,
    n BIGINT NOT NULL,
    round BIGINT NOT NULL,
    part BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    status TEXT NOT NULL,
    at BIGINT NOT NULL,
    code TEXT,
    class TEXT,
    detail TEXT,
    raw_id UUID,
    PRIMARY KEY (message_id, n)
);

-- Reports that came before the answer that tells us the reference.
CREATE TABLE parked_report (
    gateway TEXT NOT NULL,
    value TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    part BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    class TEXT,
    detail TEXT,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    raw_id UUID,
    PRIMARY KEY (gateway, value, part, status, code)
);
CREATE INDEX parked_report_received ON parked_report (received_at);

CREATE TABLE delivery (
    message_id UUID PRIMARY KEY,
    gateway TEXT NOT NULL,
    conversation_id UUID NOT NULL,
    lane BIGINT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    segments BIGINT NOT NULL
);
CREATE INDEX delivery_order ON delivery (gateway, lane, message_id);
CREATE INDEX delivery_conversation ON delivery (conversation_id, gateway, message_id);

CREATE TABLE lease (
    gateway TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE gateway_state (
    gateway TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    since BIGINT NOT NULL,
    reason TEXT,
    failures BIGINT NOT NULL,
    probe_at BIGINT
);

CREATE TABLE suppression (
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (sender, recipient)
);

CREATE TABLE idempotency (
    scope UUID NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status BIGINT NOT NULL,
    response TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

CREATE TABLE raw_request (
    id UUID PRIMARY KEY,
    gateway TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    method TEXT NOT NULL,
    target TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BYTEA NOT NULL
);

CREATE TABLE quarantine (
    id UUID PRIMARY KEY,
    gateway TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw_id UUID NOT NULL,
    received_at BIGINT NOT NULL,
    replayed_at BIGINT
);
CREATE INDEX quarantine_waiting ON quarantine (id) WHERE replayed_at IS NULL;

-- The feed: everything that happened, in one order. No update, no delete by the program.
CREATE TABLE event (
    seq BIGINT PRIMARY KEY,
    id UUID NOT NULL,
    type TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor_id UUID,
    actor_name TEXT,
    conversation_id UUID,
    data TEXT NOT NULL
);
-- Messages are found by their own index; this one is for all the rest of a timeline.
CREATE INDEX event_conversation ON event (conversation_id, seq)
    WHERE conversation_id IS NOT NULL AND type NOT LIKE 'message.%';
