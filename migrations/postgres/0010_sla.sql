-- What was promised about an issue, and how it stands; times in microseconds.
CREATE TABLE sla_timer (
    issue_id UUID NOT NULL,
    target TEXT NOT NULL,
    conversation_id UUID NOT NULL,
    policy TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    next_at BIGINT,
    warned BOOLEAN NOT NULL,
    answered_at BIGINT,
    PRIMARY KEY (issue_id, target)
);
CREATE INDEX sla_timer_conversation ON sla_timer (conversation_id);
-- What is to be told next.
CREATE INDEX sla_timer_next ON sla_timer (next_at) WHERE next_at IS NOT NULL;

-- How far the feed was read for promises.
CREATE TABLE sla_position (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL
);
INSERT INTO sla_position (one, seq) VALUES (1, 0);
