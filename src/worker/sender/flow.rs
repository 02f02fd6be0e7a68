//! Whether messages leave, and how many are claimed before their turn. Pure.

use std::time::Duration;

use crate::domain::clock::Timestamp;
use crate::domain::delivery::Recorded;

/// How much work is claimed beside what is being called: what the calls need until more is
/// claimed. It is also what is in doubt after a kill though nobody called.
const AHEAD: Duration = Duration::from_millis(50);

/// The most messages that are claimed ahead, however fast calls are.
const MOST_AHEAD: usize = 128;

/// Whether messages leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// As fast as the limiter allows.
    Open,
    /// Not before then.
    RestUntil(Timestamp),
    /// One at a time, to see whether the provider takes messages again.
    Probe,
    /// Never again: another daemon has the lease.
    Lost,
}

impl Flow {
    /// What follows from the record of an outcome.
    pub(super) fn after(self, recorded: Recorded) -> Self {
        match (self, recorded) {
            (Self::Lost, _) | (_, Recorded::Stale) => Self::Lost,
            (_, Recorded::RestUntil(until)) => Self::RestUntil(until),
            (Self::Probe, Recorded::Done) => Self::Open,
            (Self::Open | Self::RestUntil(_), Recorded::Done) => self,
        }
    }

    /// What it is at that time.
    pub(super) fn at(self, now: Timestamp) -> Self {
        match self {
            Self::RestUntil(until) if now >= until => Self::Probe,
            Self::Open | Self::RestUntil(_) | Self::Probe | Self::Lost => self,
        }
    }

    /// Whether a call may begin whose message was claimed before.
    pub(super) fn lets_call(self) -> bool {
        match self {
            Self::Open | Self::Probe => true,
            Self::RestUntil(_) | Self::Lost => false,
        }
    }

    /// How many more messages may be claimed, with so many whose calls have not ended, so many
    /// calls at once, and calls that take that long.
    pub(super) fn room(self, waiting: usize, at_once: usize, pace: Option<Duration>) -> usize {
        match self {
            Self::Open => {
                let ahead = ahead(at_once, pace);
                // Refilling by halves keeps the batches of intents large.
                if waiting > at_once / 2 + ahead / 2 {
                    return 0;
                }
                (at_once + ahead) - waiting
            }
            Self::Probe => usize::from(waiting == 0),
            Self::RestUntil(_) | Self::Lost => 0,
        }
    }
}

/// How many messages are claimed beside those that are being called.
fn ahead(at_once: usize, pace: Option<Duration>) -> usize {
    let Some(pace) = pace else { return 0 };
    let calls = AHEAD.as_micros() / pace.as_micros().max(1);
    let calls = usize::try_from(calls).unwrap_or(MOST_AHEAD);
    calls.saturating_mul(at_once).min(MOST_AHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_claimed_than_leaves_in_a_moment() {
        for (pace, most) in [
            (None, 4),
            (Some(Duration::ZERO), 4 + MOST_AHEAD),
            (Some(Duration::from_micros(100)), 4 + MOST_AHEAD),
            (Some(Duration::from_millis(10)), 4 + 20),
            (Some(Duration::from_millis(51)), 4),
            (Some(Duration::from_secs(3)), 4),
        ] {
            assert_eq!(Flow::Open.room(0, 4, pace), most, "{pace:?}");
            assert_eq!(Flow::Open.room(most, 4, pace), 0, "{pace:?}");
        }
    }

    #[test]
    fn nothing_is_claimed_or_called_while_a_gateway_rests() {
        let rests = Flow::Open.after(Recorded::RestUntil(Timestamp(5)));
        assert!(!rests.lets_call() && rests.room(0, 4, None) == 0);
        assert_eq!(rests.after(Recorded::Done), rests);
        assert_eq!(rests.at(Timestamp(4)), rests);
        let probe = rests.at(Timestamp(5));
        assert_eq!((probe.room(0, 4, None), probe.room(1, 4, None)), (1, 0));
        assert_eq!(probe.after(Recorded::Done), Flow::Open);
        assert_eq!(
            probe.after(Recorded::Stale).after(Recorded::Done),
            Flow::Lost
        );
    }
}
