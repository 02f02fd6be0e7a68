//! How many streams each agent has open (T27): each of them holds a connection and asks the
//! database, so nobody may open them without end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::domain::id::AgentId;
use crate::http::problem::{Code, Problem};

/// How many streams an agent may have open at this daemon, through all keys together.
const MOST: usize = 20;

/// The streams that are open.
#[derive(Clone, Default)]
pub(crate) struct Seats {
    taken: Arc<Mutex<HashMap<AgentId, usize>>>,
}

/// One open stream; it makes room when it is dropped.
pub(super) struct Seat {
    seats: Seats,
    agent: AgentId,
}

impl Seats {
    /// Takes a seat for an agent.
    ///
    /// # Errors
    ///
    /// A 429 when all of the agent's are taken.
    pub(super) fn take(&self, agent: AgentId) -> Result<Seat, Problem> {
        let mut taken = self.lock();
        let count = taken.entry(agent).or_default();
        if *count >= MOST {
            let detail = format!("{MOST} streams of this agent are open; close one, or share it");
            return Err(Problem::new(Code::TooManyStreams, detail));
        }
        *count += 1;
        drop(taken);
        Ok(Seat {
            seats: self.clone(),
            agent,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AgentId, usize>> {
        let taken = self.taken.lock();
        taken.expect("nothing panics while it holds the seats")
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        if let Some(count) = taken.get_mut(&self.agent) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.agent);
            }
        }
    }
}
