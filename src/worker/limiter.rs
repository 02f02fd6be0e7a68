//! How fast a gateway sends: a bucket of segments that starts empty, so that no restart bursts.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};

use crate::domain::gateway::Rate;

/// Slower than one segment in a day is not a rate.
const SLOWEST: f64 = 1.0 / 86_400.0;

/// The bucket of one gateway.
pub(super) struct Limiter {
    bucket: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

impl Limiter {
    /// An empty bucket.
    pub(super) fn empty(rate: Rate) -> Self {
        let per_segment = Duration::from_secs_f64(1.0 / rate.segments_per_second.max(SLOWEST));
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(per_segment.max(Duration::from_nanos(1)))
            .expect("the period is at least a nanosecond")
            .allow_burst(burst);
        let bucket = DefaultDirectRateLimiter::direct(quota);
        drop(bucket.check_n(burst));
        Self {
            bucket,
            clock: DefaultClock::default(),
        }
    }

    /// Takes a segment out, or says how long to wait for one.
    pub(super) fn take(&self) -> Result<(), Duration> {
        self.bucket
            .check()
            .map_err(|early| early.wait_time_from(self.clock.now()))
    }
}
