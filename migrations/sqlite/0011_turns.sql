-- When each agent was last given an issue out of a team's queue by itself.
CREATE TABLE turn (
    team_id BLOB NOT NULL,
    agent_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (team_id, agent_id)
) STRICT, WITHOUT ROWID;
