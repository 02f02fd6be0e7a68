//! To whom a new issue goes by itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::agent::AgentRef;
use super::clock::Timestamp;
use super::conversation::TeamRef;
use super::id::{AgentId, TeamId};

/// A rule that looks for somebody; a gateway has a list of them, and the first that finds one wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AutoAssign {
    /// Who had the contact's last issue.
    LastAssignee,
    /// Who has the least work among those of the team of this name; among equals, whose turn was
    /// the longest ago.
    Team(String),
}

/// Somebody who may be given work now.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Who.
    pub agent: AgentRef,
    /// How many conversations wait for them.
    pub load: i64,
    /// Whether they see what is private to any team.
    pub sees_all: bool,
    /// The teams they are in.
    pub teams: BTreeSet<TeamId>,
}

impl Candidate {
    fn sees(&self, private_to: Option<TeamId>) -> bool {
        self.sees_all || private_to.is_none_or(|team| self.teams.contains(&team))
    }
}

/// When it was somebody's turn in a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// In which team.
    pub team: TeamId,
    /// Whose.
    pub agent: AgentId,
    /// When.
    pub at: Timestamp,
}

/// Who may be given work now; nobody, where no gateway looks for somebody.
#[derive(Debug, Default)]
pub struct Roster {
    candidates: BTreeMap<AgentId, Candidate>,
    teams: HashMap<String, TeamRef>,
    turns: HashMap<(TeamId, AgentId), Timestamp>,
    taken: Vec<Turn>,
}

/// What the rules found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nobody, and none was called for.
    Nobody,
    /// This one; out of the team's queue, where a team's rule found them.
    Agent(AgentRef, Option<TeamRef>),
    /// Nobody who is available; the team, if there is one of the name, has it in its queue.
    Failed(Option<TeamRef>, String),
}

impl Roster {
    /// What was loaded.
    pub fn new(candidates: Vec<Candidate>, teams: Vec<TeamRef>, turns: Vec<Turn>) -> Self {
        let by_id = |one: Candidate| (one.agent.id, one);
        let by_name = |team: TeamRef| (team.name.clone(), team);
        let by_pair = |turn: Turn| ((turn.team, turn.agent), turn.at);
        Self {
            candidates: candidates.into_iter().map(by_id).collect(),
            teams: teams.into_iter().map(by_name).collect(),
            turns: turns.into_iter().map(by_pair).collect(),
            taken: Vec::new(),
        }
    }

    /// Looks for somebody who may see what is private to the team, and counts it as their work.
    pub fn find(
        &mut self,
        rules: &[AutoAssign],
        last: Option<AgentId>,
        private_to: Option<TeamId>,
        now: Timestamp,
    ) -> Found {
        let mut found = Found::Nobody;
        for rule in rules {
            found = match rule {
                AutoAssign::LastAssignee => self.last(last, private_to).unwrap_or(found),
                AutoAssign::Team(name) => self.of_team(name, private_to, now),
            };
            if let Found::Agent(agent, _) = &found {
                if let Some(candidate) = self.candidates.get_mut(&agent.id) {
                    candidate.load += 1;
                }
                break;
            }
        }
        found
    }

    fn last(&self, last: Option<AgentId>, private_to: Option<TeamId>) -> Option<Found> {
        let candidate = self.candidates.get(&last?)?;
        let sees = candidate.sees(private_to);
        sees.then(|| Found::Agent(candidate.agent.clone(), None))
    }

    fn of_team(&mut self, name: &str, private_to: Option<TeamId>, now: Timestamp) -> Found {
        let Some(team) = self.teams.get(name).cloned() else {
            return Found::Failed(None, format!("there is no team called {name}"));
        };
        let members = self.candidates.values();
        let members = members.filter(|one| one.teams.contains(&team.id) && one.sees(private_to));
        let next = members.min_by_key(|one| {
            let turn = self.turns.get(&(team.id, one.agent.id));
            (one.load, turn.copied(), one.agent.id)
        });
        let Some(next) = next.map(|one| one.agent.clone()) else {
            let reason = format!("nobody of {name} is available");
            return Found::Failed(Some(team), reason);
        };
        self.turns.insert((team.id, next.id), now);
        self.taken.push(Turn {
            team: team.id,
            agent: next.id,
            at: now,
        });
        Found::Agent(next, Some(team))
    }

    /// Whose turn it was.
    pub fn into_turns(self) -> Vec<Turn> {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, load: i64, team: &TeamRef) -> Candidate {
        Candidate {
            agent: AgentRef {
                id: AgentId::new(),
                name: name.to_owned(),
            },
            load,
            sees_all: false,
            teams: [team.id].into(),
        }
    }

    #[test]
    fn r042_the_least_loaded_of_a_team_gets_it_and_equals_take_turns() {
        let team = TeamRef {
            id: TeamId::new(),
            name: "support".to_owned(),
        };
        let all = [("ann", 0), ("bob", 0), ("eve", 2)];
        let all = all.map(|(name, load)| candidate(name, load, &team));
        let mut roster = Roster::new(all.to_vec(), vec![team.clone()], Vec::new());
        let rules = [AutoAssign::LastAssignee, AutoAssign::Team("support".into())];
        let names: Vec<String> = (0..7)
            .map(|n| match roster.find(&rules, None, None, Timestamp(n)) {
                Found::Agent(agent, queue) => {
                    assert_eq!(queue.as_ref(), Some(&team));
                    agent.name
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(names, ["ann", "bob", "ann", "bob", "eve", "ann", "bob"]);
        let last = roster.find(&rules, Some(all[2].agent.id), None, Timestamp(9));
        assert_eq!(last, Found::Agent(all[2].agent.clone(), None));
        let elsewhere = Some(TeamId::new());
        let hidden = roster.find(&rules, Some(all[2].agent.id), elsewhere, Timestamp(9));
        assert!(matches!(hidden, Found::Failed(Some(_), _)), "{hidden:?}");
        let unknown = [AutoAssign::Team("sales".into())];
        let unknown = roster.find(&unknown, None, None, Timestamp(9));
        assert!(matches!(unknown, Found::Failed(None, _)), "{unknown:?}");
        assert_eq!(roster.find(&[], None, None, Timestamp(9)), Found::Nobody);
    }
}
