-- A mail goes to each of its recipients by itself: the queue has a row for each.
ALTER TABLE delivery ADD COLUMN part BIGINT NOT NULL DEFAULT 0;
ALTER TABLE delivery ALTER COLUMN part DROP DEFAULT;
ALTER TABLE delivery DROP CONSTRAINT delivery_pkey;
ALTER TABLE delivery ADD PRIMARY KEY (message_id, part);
