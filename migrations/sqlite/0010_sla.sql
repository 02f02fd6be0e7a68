-- What was promised about an issue, and how it stands; times in microseconds.
CREATE TABLE sla_timer (
    issue_id BLOB NOT NULL,
    target TEXT NOT NULL,
    conversation_id BLOB NOT NULL,
    policy TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    remaining INTEGER NOT NULL,
    next_at INTEGER,
    warned INTEGER NOT NULL,
    answered_at INTEGER,
    PRIMARY KEY (issue_id, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX sla_timer_conversation ON sla_timer (conversation_id);
-- What is to be told next.
CREATE INDEX sla_timer_next ON sla_timer (next_at) WHERE next_at IS NOT NULL;

-- How far the feed was read for promises.
CREATE TABLE sla_position (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO sla_position (one, seq) VALUES (1, 0);
