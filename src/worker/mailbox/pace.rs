//! How long a reader waits after a failure. Pure.

use std::time::Duration;

use crate::channel::imap::FaultKind;

/// The wait after the first failure; it doubles with each further one.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait: what comes back is read within about this time.
const LONGEST: Duration = Duration::from_mins(1);

/// How long to wait after so many failures in a row, the last of that kind. `jitter`, from 0 to 1,
/// only ever adds, so that a refused login is never tried more often than is allowed.
pub(super) fn pause(
    kind: Option<FaultKind>,
    failures: u32,
    login_retry: Duration,
    jitter: f64,
) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(10));
    let wait = match kind {
        Some(FaultKind::LoginRefused) => login_retry,
        Some(
            FaultKind::Unreachable
            | FaultKind::Refused
            | FaultKind::Closed
            | FaultKind::Late
            | FaultKind::Garbled,
        )
        | None => doubled.min(LONGEST),
    };
    wait + wait.mul_f64(jitter.clamp(0.0, 1.0) / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Duration = Duration::from_mins(1);

    #[test]
    fn f53_a_refused_login_is_tried_at_most_once_in_its_time() {
        for failures in 1..20 {
            for jitter in [0.0, 0.5, 1.0] {
                let wait = pause(Some(FaultKind::LoginRefused), failures, RETRY, jitter);
                assert!((RETRY..=RETRY * 2).contains(&wait), "{wait:?}");
            }
        }
    }

    #[test]
    fn a_server_that_is_away_is_tried_for_ever_and_ever_more_seldom() {
        let waits: Vec<_> = (1..10)
            .map(|failures| pause(Some(FaultKind::Closed), failures, RETRY, 0.0))
            .collect();
        assert_eq!(waits[0], FIRST);
        assert!(waits.is_sorted());
        let last = pause(None, u32::MAX, RETRY, 1.0);
        assert!(last <= LONGEST * 2);
    }
}
