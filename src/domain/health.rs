//! Whether a gateway sends, and when it is tried again where it does not.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::gateway::GatewayName;
use super::named::named;

/// How many sends in a row may fail before the gateway as a whole rests.
const FAILURES: u32 = 5;

/// How many tries in a row to read a mailbox may fail before that is told: servers restart.
const UNREAD: u32 = 3;

/// The wait before a gateway is probed for the first time; it doubles with each failure.
const FIRST_PROBE: Duration = Duration::from_secs(30);

/// The longest wait before a probe.
const LAST_PROBE: Duration = Duration::from_mins(10);

named! {
    /// How a gateway is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum HealthState {
        /// It sends.
        Up = "up",
        /// The provider refuses it: credentials, funds, sender. Nothing leaves but a probe.
        Paused = "paused",
        /// The provider cannot be reached. Nothing leaves but a probe.
        Down = "down",
    }
}

/// What of a gateway its health is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// What it sends by.
    Sender,
    /// The mailbox that it reads.
    Mailbox,
}

/// What is known of a gateway's health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The gateway.
    pub gateway: GatewayName,
    /// How it is.
    pub state: HealthState,
    /// Since when.
    pub since: Timestamp,
    /// Why, in plain words.
    pub reason: Option<String>,
    /// How many sends failed in a row.
    pub failures: u32,
    /// When one message may try whether it sends again.
    pub probe_at: Option<Timestamp>,
}

/// What one attempt says about the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign<'a> {
    /// It was answered.
    Works,
    /// The gateway as such was refused, for this reason.
    Refused(&'a str),
    /// The provider could not be reached or failed, for this reason.
    Failed(&'a str),
}

impl Health {
    /// A gateway of which nothing bad is known.
    pub fn up(gateway: GatewayName, since: Timestamp) -> Self {
        Self {
            gateway,
            state: HealthState::Up,
            since,
            reason: None,
            failures: 0,
            probe_at: None,
        }
    }

    /// The health after one more attempt.
    #[must_use]
    pub fn after(&self, sign: Sign<'_>, now: Timestamp) -> Self {
        let rests = self.probe_at.is_some_and(|probe_at| now < probe_at);
        if rests && sign != Sign::Works {
            // What fails during a rest had left before it, and says nothing new.
            return self.clone();
        }
        let failures = self.failures.saturating_add(1);
        let (state, reason) = match sign {
            Sign::Works => return self.recovered(now),
            Sign::Refused(reason) => (HealthState::Paused, reason),
            Sign::Failed(reason) if failures >= FAILURES || self.state != HealthState::Up => {
                (HealthState::Down, reason)
            }
            Sign::Failed(_) => {
                return Self {
                    failures,
                    ..self.clone()
                };
            }
        };
        let since = if self.state == state { self.since } else { now };
        let waits = failures.saturating_sub(if state == HealthState::Down {
            FAILURES
        } else {
            1
        });
        let wait = FIRST_PROBE
            .saturating_mul(1 << waits.min(10))
            .min(LAST_PROBE);
        let probe_at = Some(now.plus(wait));
        Self {
            gateway: self.gateway.clone(),
            state,
            since,
            reason: Some(reason.to_owned()),
            failures,
            probe_at,
        }
    }

    /// The health of a mailbox after one more try to read it.
    ///
    /// It has a rhythm of its own, so there is nothing to probe.
    #[must_use]
    pub fn after_reading(&self, sign: Sign<'_>, now: Timestamp) -> Self {
        let failures = self.failures.saturating_add(1);
        let (state, reason) = match sign {
            Sign::Works => return self.recovered(now),
            Sign::Refused(reason) => (HealthState::Paused, reason),
            Sign::Failed(reason) if failures >= UNREAD || self.state != HealthState::Up => {
                (HealthState::Down, reason)
            }
            Sign::Failed(_) => {
                return Self {
                    failures,
                    ..self.clone()
                };
            }
        };
        Self {
            gateway: self.gateway.clone(),
            state,
            since: if self.state == state { self.since } else { now },
            reason: Some(reason.to_owned()),
            failures,
            probe_at: None,
        }
    }

    /// What is told of a gateway whose sender and whose mailbox are like that: the worse of both,
    /// with the reasons of both.
    #[must_use]
    pub fn together(sender: Option<Self>, mailbox: Option<Self>) -> Option<Self> {
        let (sender, mailbox) = match (sender, mailbox) {
            (Some(sender), Some(mailbox)) => (sender, mailbox),
            (sender, mailbox) => return sender.or(mailbox),
        };
        if mailbox.state == HealthState::Up {
            return Some(sender);
        }
        if sender.state == HealthState::Up {
            return Some(mailbox);
        }
        let down = [sender.state, mailbox.state].contains(&HealthState::Down);
        let reasons = [sender.reason.as_deref(), mailbox.reason.as_deref()];
        Some(Self {
            state: if down {
                HealthState::Down
            } else {
                HealthState::Paused
            },
            since: sender.since.min(mailbox.since),
            reason: Some(reasons.into_iter().flatten().collect::<Vec<_>>().join("; ")),
            ..sender
        })
    }

    fn recovered(&self, now: Timestamp) -> Self {
        if self.state == HealthState::Up {
            return Self {
                failures: 0,
                ..self.clone()
            };
        }
        Self::up(self.gateway.clone(), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up() -> Health {
        let name = GatewayName::parse("support").expect("it is a name");
        Health::up(name, Timestamp(0))
    }

    #[test]
    fn f53_a_refused_login_is_told_at_once_and_a_restart_is_not() {
        let refused = up().after_reading(Sign::Refused("no"), Timestamp(1));
        assert_eq!(refused.state, HealthState::Paused);
        let mut health = up();
        for _ in 1..UNREAD {
            health = health.after_reading(Sign::Failed("gone"), Timestamp(1));
            assert_eq!(health.state, HealthState::Up);
        }
        health = health.after_reading(Sign::Failed("gone"), Timestamp(2));
        assert_eq!(
            (health.state, health.since),
            (HealthState::Down, Timestamp(2))
        );
        health = health.after_reading(Sign::Works, Timestamp(3));
        assert_eq!((health.state, health.failures), (HealthState::Up, 0));
    }

    #[test]
    fn a_gateway_is_as_bad_as_the_worse_of_its_halves() {
        let refused = up().after_reading(Sign::Refused("no"), Timestamp(1));
        let sends = Health::together(Some(up()), Some(refused.clone())).expect("known");
        assert_eq!(sends.state, HealthState::Paused);
        let reads = Health::together(Some(refused.clone()), Some(up())).expect("known");
        assert_eq!(reads.state, HealthState::Paused);
        let down = Health {
            state: HealthState::Down,
            reason: Some("gone".to_owned()),
            ..up()
        };
        let both = Health::together(Some(down), Some(refused)).expect("known");
        assert_eq!(both.state, HealthState::Down);
        assert_eq!(both.reason.as_deref(), Some("gone; no"));
    }
}
