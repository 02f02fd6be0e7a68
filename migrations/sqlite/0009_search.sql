-- What can be found: messages, notes, conversations, numbered as they came to be known.
CREATE TABLE search_doc (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    target_id BLOB NOT NULL UNIQUE,
    conversation_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    digest INTEGER NOT NULL
) STRICT;
CREATE INDEX search_doc_at ON search_doc (at);

-- Their words, cut by the program, and the facts that filters go by; the texts are kept elsewhere.
CREATE VIRTUAL TABLE search_index USING fts5 (
    words, facts, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '='"
);

-- How far the feed was read into the index, and the last number of a document.
CREATE TABLE search_position (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    last_doc INTEGER NOT NULL
) STRICT;
INSERT INTO search_position (one, seq, last_doc) VALUES (1, 0, 0);

-- Conversations whose messages are to be indexed anew, and how far that went.
CREATE TABLE search_todo (
    conversation_id BLOB PRIMARY KEY,
    after_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;
