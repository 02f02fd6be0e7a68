-- What can be found: messages, notes, conversations, numbered as they came to be known.
CREATE TABLE search_doc (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    target_id UUID NOT NULL UNIQUE,
    conversation_id UUID NOT NULL,
    at BIGINT NOT NULL,
    digest BIGINT NOT NULL
);
CREATE INDEX search_doc_at ON search_doc (at);

-- Their words, cut by the program, and the facts that filters go by; the texts are kept elsewhere.
CREATE TABLE search_index (
    doc_id BIGINT PRIMARY KEY,
    lexemes TSVECTOR NOT NULL
);
-- A list of pending entries would be read by every search.
CREATE INDEX search_index_lexemes ON search_index USING gin (lexemes) WITH (fastupdate = off);

-- The newest documents of a question. An inverted index can only be read by a bitmap, and what it
-- gives has no order; both are switched off for everything else.
CREATE FUNCTION search_look(question TSQUERY, below BIGINT, most BIGINT) RETURNS SETOF BIGINT
LANGUAGE sql STABLE
SET enable_bitmapscan = on SET enable_sort = on
AS $$
    WITH hit AS MATERIALIZED (SELECT doc_id FROM search_index WHERE lexemes @@ question)
    SELECT doc_id FROM hit WHERE doc_id < below ORDER BY doc_id DESC LIMIT most
$$;

-- How far the feed was read into the index, and the last number of a document.
CREATE TABLE search_position (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL,
    last_doc BIGINT NOT NULL
);
INSERT INTO search_position (one, seq, last_doc) VALUES (1, 0, 0);

-- Conversations whose messages are to be indexed anew, and how far that went.
CREATE TABLE search_todo (
    conversation_id UUID PRIMARY KEY,
    after_id UUID NOT NULL
);
