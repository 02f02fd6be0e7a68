-- Whether a gateway's mailbox can be read; its sender's health is in gateway_state.
CREATE TABLE mailbox_health (
    gateway TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    since INTEGER NOT NULL,
    reason TEXT,
    failures INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
