-- Whether a gateway's mailbox can be read, in the shape of gateway_state, which is about its sender.
CREATE TABLE mailbox_health (
    gateway TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    since BIGINT NOT NULL,
    reason TEXT,
    failures BIGINT NOT NULL,
    probe_at BIGINT
);
