//! How often somebody may try to log in. A pace, not a lock: waiting always helps, and whoever got
//! in from an address before is not held up by those who guess from elsewhere.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::clock::Timestamp;

/// How many tries there are at once: for an account, for an address, for both together.
const BURST: f64 = 10.0;

/// How long it takes until there is one more.
const REFILL: Duration = Duration::from_mins(1);

/// How many accounts and addresses are remembered.
const REMEMBERED: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Account(String),
    Address(IpAddr),
    Both(String, IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tries: f64,
    since: Timestamp,
}

#[derive(Debug, Default)]
struct State {
    buckets: HashMap<Who, Bucket>,
    /// From where an account was logged in to.
    trusted: HashSet<(String, IpAddr)>,
}

/// The tries of a daemon's clients.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<State>);

impl Throttle {
    /// Takes a try; says how long to wait when there is none left.
    pub(super) fn enter(
        &self,
        account: &str,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let account = account.to_owned();
        let who = match address {
            Some(address) if state.trusted.contains(&(account.clone(), address)) => {
                vec![Who::Both(account, address)]
            }
            Some(address) => vec![Who::Account(account), Who::Address(address)],
            None => vec![Who::Account(account)],
        };
        if state.buckets.len() >= REMEMBERED {
            state.buckets.retain(|_, bucket| bucket.at(now) < BURST);
        }
        let left = |who: &Who| state.buckets.get(who).map_or(BURST, |one| one.at(now));
        let least = who.iter().map(left).fold(BURST, f64::min);
        if least < 1.0 {
            return Err(REFILL.mul_f64(1.0 - least));
        }
        let spent: Vec<_> = who.into_iter().map(|who| (left(&who) - 1.0, who)).collect();
        for (tries, who) in spent {
            state.buckets.insert(who, Bucket { tries, since: now });
        }
        Ok(())
    }

    /// Somebody got in: their mistakes before are forgotten, and the address is trusted.
    pub(super) fn succeeded(&self, account: &str, address: Option<IpAddr>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.buckets.remove(&Who::Account(account.to_owned()));
        let Some(address) = address else {
            return;
        };
        state
            .buckets
            .remove(&Who::Both(account.to_owned(), address));
        if state.trusted.len() < REMEMBERED {
            state.trusted.insert((account.to_owned(), address));
        }
    }
}

impl Bucket {
    fn at(self, now: Timestamp) -> f64 {
        let more = now.since(self.since).as_secs_f64() / REFILL.as_secs_f64();
        (self.tries + more).min(BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(count: i64) -> Timestamp {
        Timestamp(count * 60_000_000)
    }

    #[test]
    fn t17_guesses_are_slowed_and_the_owner_is_not_locked_out() {
        let throttle = Throttle::default();
        let (owner, thief) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert!(throttle.enter("ada", Some(owner), minutes(0)).is_ok());
        throttle.succeeded("ada", Some(owner));
        let let_in = |address| {
            let tries = (0..1_000).map(|_| throttle.enter("ada", Some(address), minutes(0)));
            tries.flatten().count()
        };
        assert_eq!(let_in(thief), 10);
        assert_eq!(let_in("192.0.2.3".parse().unwrap()), 0);
        assert!(throttle.enter("ada", Some(owner), minutes(0)).is_ok());
        assert!(throttle.enter("bob", Some(thief), minutes(0)).is_err());
        assert!(throttle.enter("ada", Some(thief), minutes(1)).is_ok());
        assert!(throttle.enter("ada", Some(thief), minutes(1)).is_err());
    }
}
