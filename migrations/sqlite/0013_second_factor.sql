-- What agents show beside the password.
CREATE TABLE second_factor (
    agent_id BLOB PRIMARY KEY REFERENCES agent (id),
    -- What the codes are made of; nothing before the first one was confirmed.
    secret BLOB,
    -- What they are to be made of, once a code of it was shown.
    pending BLOB,
    -- The last step whose code was taken: no code counts twice.
    step INTEGER NOT NULL,
    -- The hashes of the recovery codes that are left, as a JSON array.
    recovery TEXT NOT NULL
) STRICT, WITHOUT ROWID;
