-- What agents show beside the password.
CREATE TABLE second_factor (
    agent_id UUID PRIMARY KEY REFERENCES agent (id),
    -- What the codes are made of; nothing before the first one was confirmed.
    secret BYTEA,
    -- What they are to be made of, once a code of it was shown.
    pending BYTEA,
    -- The last step whose code was taken: no code counts twice.
    step BIGINT NOT NULL,
    -- The hashes of the recovery codes that are left, as a JSON array.
    recovery TEXT NOT NULL
);
