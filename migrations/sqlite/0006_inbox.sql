-- What agents do with conversations and issues.

CREATE TABLE team (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE team_member (
    team_id BLOB NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    agent_id BLOB NOT NULL REFERENCES agent (id),
    PRIMARY KEY (team_id, agent_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_member_agent ON team_member (agent_id);

-- A conversation stands on one shelf; `shelf` is made of the columns beside it, and one index over
-- it serves every list: 0 unassigned, 1 assigned, 2 no open issue, 3 snoozed, 4 done, 5 archived.
ALTER TABLE conversation ADD COLUMN shelf INTEGER NOT NULL DEFAULT 2;
ALTER TABLE conversation ADD COLUMN snoozed_until INTEGER;
ALTER TABLE conversation ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN private_to BLOB;
-- Of the open issue.
ALTER TABLE conversation ADD COLUMN issue_state TEXT;
ALTER TABLE conversation ADD COLUMN assignee_id BLOB;
ALTER TABLE conversation ADD COLUMN team_id BLOB;
-- The ids of its tags, as a JSON array.
ALTER TABLE conversation ADD COLUMN tags TEXT;
DROP INDEX conversation_latest;
CREATE INDEX conversation_shelf ON conversation (shelf, last_message_id);
CREATE INDEX conversation_assignee ON conversation (assignee_id, shelf, last_message_id)
    WHERE assignee_id IS NOT NULL;
CREATE INDEX conversation_team ON conversation (team_id, shelf, last_message_id)
    WHERE team_id IS NOT NULL;
CREATE INDEX conversation_failed ON conversation (last_message_id) WHERE failed = 1;
CREATE INDEX conversation_snoozed ON conversation (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX conversation_private ON conversation (private_to) WHERE private_to IS NOT NULL;

ALTER TABLE issue ADD COLUMN team_id BLOB;
ALTER TABLE issue ADD COLUMN team_name TEXT;
ALTER TABLE issue ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

CREATE TABLE tag (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    colour TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where the conversations of a tag stand, as in conversation, so that a page of them is read in order.
CREATE TABLE conversation_tag (
    tag_id BLOB NOT NULL REFERENCES tag (id),
    conversation_id BLOB NOT NULL REFERENCES conversation (id),
    shelf INTEGER NOT NULL,
    last_message_id BLOB NOT NULL,
    PRIMARY KEY (tag_id, conversation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_tag_list ON conversation_tag (tag_id, shelf, last_message_id);

-- How many conversations stand on each shelf, by what lists ask for: all, an agent, a team, a tag, a
-- gateway. The writer keeps it exact; private conversations are counted apart (nil: private to none).
CREATE TABLE tally (
    dimension TEXT NOT NULL,
    key TEXT NOT NULL,
    private_to BLOB NOT NULL,
    shelf INTEGER NOT NULL,
    total INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (dimension, key, private_to, shelf)
) STRICT, WITHOUT ROWID;

-- Notes on a conversation, and comments on an issue, which customers never see.
CREATE TABLE note (
    id BLOB PRIMARY KEY,
    conversation_id BLOB NOT NULL,
    issue_id BLOB,
    author_id BLOB NOT NULL,
    author_name TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    edited_at INTEGER,
    deleted_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX note_conversation ON note (conversation_id, id);

-- What an agent wrote and did not send yet.
CREATE TABLE draft (
    agent_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    body TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (agent_id, conversation_id)
) STRICT, WITHOUT ROWID;

-- How far an agent has read a conversation, and until when they want no notice of it.
CREATE TABLE bookmark (
    agent_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    message_id BLOB,
    muted_until INTEGER,
    PRIMARY KEY (agent_id, conversation_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE saved_view (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    owner_id BLOB,
    filter TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX saved_view_owner ON saved_view (owner_id, name);
