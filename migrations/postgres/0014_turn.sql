-- How many transactions there were: who decided without one sees whether others wrote meanwhile.
ALTER TABLE head ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;

-- Conversations have blocks of their own in the index, which is made anew.
TRUNCATE search_doc, search_index;
UPDATE search_position SET seq = 0, last_doc = 0;
