-- A mailbox and how far it was read: of all mails up to read_to it is known what became of them.
CREATE TABLE mailbox (
    gateway TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    start_uid INTEGER NOT NULL,
    history_to INTEGER NOT NULL,
    read_to INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    trying INTEGER NOT NULL,
    tries INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What became of each mail of a mailbox.
CREATE TABLE mailbox_mail (
    gateway TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    target_id BLOB,
    raw_id BLOB,
    waiting INTEGER NOT NULL,
    PRIMARY KEY (gateway, mailbox, uidvalidity, uid)
) STRICT, WITHOUT ROWID;
-- What is still to be flagged or moved on the server.
CREATE INDEX mailbox_mail_waiting ON mailbox_mail (gateway, mailbox, uidvalidity, uid) WHERE waiting;

-- Mails as they came; their bytes are in the blob store.
CREATE TABLE raw_mail (
    id BLOB PRIMARY KEY,
    gateway TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    partial INTEGER NOT NULL,
    blob TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The messages that bear a Message-ID, ours and customers'; the key is a hash of it.
CREATE TABLE mail_id (
    hash BLOB NOT NULL,
    message_id BLOB NOT NULL,
    PRIMARY KEY (hash, message_id)
) STRICT, WITHOUT ROWID;

-- Who was told last that their mail arrived, and when.
CREATE TABLE acknowledgement (
    address TEXT PRIMARY KEY,
    gateway TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX acknowledgement_recent ON acknowledgement (at, gateway);

-- Since when mail to an address comes back, and why.
ALTER TABLE address ADD COLUMN bounced_at INTEGER;
ALTER TABLE address ADD COLUMN bounce_reason TEXT;
