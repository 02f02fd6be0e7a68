-- A mail goes to each of its recipients by itself: the queue has a row for each. SQLite cannot
-- change a primary key, so the table is made anew.
CREATE TABLE delivery_parts (
    message_id BLOB NOT NULL,
    part INTEGER NOT NULL,
    gateway TEXT NOT NULL,
    conversation_id BLOB NOT NULL,
    lane INTEGER NOT NULL,
    state TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    segments INTEGER NOT NULL,
    PRIMARY KEY (message_id, part)
) STRICT, WITHOUT ROWID;
INSERT INTO delivery_parts (message_id, part, gateway, conversation_id, lane, state, due_at, valid_until,
        attempt, epoch, segments)
    SELECT message_id, 0, gateway, conversation_id, lane, state, due_at, valid_until, attempt, epoch, segments
    FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_parts RENAME TO delivery;
CREATE INDEX delivery_order ON delivery (gateway, lane, message_id);
CREATE INDEX delivery_conversation ON delivery (conversation_id, gateway, message_id);
