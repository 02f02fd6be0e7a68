-- A mailbox and how far it was read: of all mails up to read_to it is known what became of them.
CREATE TABLE mailbox (
    gateway TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    uidvalidity BIGINT NOT NULL,
    start_uid BIGINT NOT NULL,
    history_to BIGINT NOT NULL,
    read_to BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    since BIGINT NOT NULL,
    trying BIGINT NOT NULL,
    tries BIGINT NOT NULL
);

-- What became of each mail of a mailbox.
CREATE TABLE mailbox_mail (
    gateway TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    uidvalidity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    target_id UUID,
    raw_id UUID,
    waiting BOOLEAN NOT NULL,
    PRIMARY KEY (gateway, mailbox, uidvalidity, uid)
);
-- What is still to be flagged or moved on the server.
CREATE INDEX mailbox_mail_waiting ON mailbox_mail (gateway, mailbox, uidvalidity, uid) WHERE waiting;

-- Mails as they came; their bytes are in the blob store.
CREATE TABLE raw_mail (
    id UUID PRIMARY KEY,
    gateway TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    size BIGINT NOT NULL,
    partial BOOLEAN NOT NULL,
    blob TEXT NOT NULL
);

-- The messages that bear a Message-ID, ours and customers'; the key is a hash of it.
CREATE TABLE mail_id (
    hash UUID NOT NULL,
    message_id UUID NOT NULL,
    PRIMARY KEY (hash, message_id)
);

-- Who was told last that their mail arrived, and when.
CREATE TABLE acknowledgement (
    address TEXT PRIMARY KEY,
    gateway TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX acknowledgement_recent ON acknowledgement (at, gateway);

-- Since when mail to an address comes back, and why.
ALTER TABLE address ADD COLUMN bounced_at BIGINT;
ALTER TABLE address ADD COLUMN bounce_reason TEXT;
