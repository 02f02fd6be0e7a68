-- When each agent was last given an issue out of a team's queue by itself.
CREATE TABLE turn (
    team_id UUID NOT NULL,
    agent_id UUID NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (team_id, agent_id)
);
