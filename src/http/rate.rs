//! How many requests somebody may make: a bucket for each key and session, and one for each
//! address that shows neither or shows one that is not known (B7, T27).
//!
//! What is left is told in the fields `RateLimit` and `RateLimit-Policy`
//! (draft-ietf-httpapi-ratelimit-headers-11), so that a client that heeds them is never refused.
//! What providers post is not counted: there may be thousands a second, and each is verified.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::domain::agent::Via;
use crate::domain::clock::{Clock, Timestamp};
use crate::http::problem::{Code, Problem};

const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Callers whose requests come at the same time seldom wait for each other.
const SHARDS: usize = 16;

/// How many callers a shard remembers; who does not fit is let through.
const REMEMBERED: usize = 2_000;

/// How often a shard that is full looks for callers who need not be remembered.
const SWEEP: Duration = Duration::from_secs(1);

/// How many requests there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many a second for ever.
    pub rate: u32,
    /// How many at once.
    pub burst: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Known(Via),
    Stranger(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    since: Timestamp,
}

#[derive(Debug, Default)]
struct Shard {
    buckets: HashMap<Who, Bucket>,
    swept: Timestamp,
}

#[derive(Debug)]
struct Limit {
    name: &'static str,
    quota: Quota,
    policy: HeaderValue,
}

/// The buckets of a daemon's callers.
#[derive(Debug)]
pub struct Rates {
    clock: Clock,
    known: Limit,
    strangers: Limit,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

/// What is left for somebody.
#[derive(Debug, Clone)]
struct Standing {
    name: &'static str,
    policy: HeaderValue,
    left: u32,
    /// Seconds until there is one more.
    next: u64,
}

struct Current {
    rates: Arc<Rates>,
    address: Option<IpAddr>,
    standing: Cell<Option<Standing>>,
}

tokio::task_local! {
    static CURRENT: Current;
}

/// Runs what serves a request, and tells in the answer what is left. Who shows no credential at
/// all is counted here, by address.
pub async fn scope(
    rates: Arc<Rates>,
    address: Option<IpAddr>,
    shows: Shows,
    work: impl Future<Output = Response>,
) -> Response {
    let current = Current {
        rates,
        address,
        standing: Cell::new(None),
    };
    let counted = async {
        let entered = match shows {
            Shows::Nothing => count_stranger(),
            Shows::Something => Ok(()),
        };
        let mut response = match entered {
            Ok(()) => work.await,
            Err(problem) => problem.into_response(),
        };
        if let Some(standing) = CURRENT.with(|current| current.standing.take()) {
            standing.tell(response.headers_mut());
        }
        response
    };
    CURRENT.scope(current, counted).await
}

/// Whether a request shows who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// A key or a cookie, good or not.
    Something,
    /// Neither.
    Nothing,
}

/// Counts a request of somebody who is known.
///
/// # Errors
///
/// A 429 when there were too many; it says when to come back.
pub fn count(via: Via) -> Result<(), Problem> {
    enter(Some(Who::Known(via)))
}

/// Counts a request by the address that it came from.
///
/// # Errors
///
/// A 429 when there were too many; it says when to come back.
pub fn count_stranger() -> Result<(), Problem> {
    let address = CURRENT.try_with(|current| current.address);
    enter(address.ok().flatten().map(|it| Who::Stranger(network(it))))
}

fn enter(who: Option<Who>) -> Result<(), Problem> {
    let Some(who) = who else {
        return Ok(());
    };
    let entered = CURRENT.try_with(|current| {
        let (entered, standing) = current.rates.take(who);
        let next = standing.next;
        current.standing.set(Some(standing));
        entered.map_err(|Spent| next)
    });
    // Outside of a scope, as on the operator's listener, nothing is counted.
    entered.unwrap_or(Ok(())).map_err(|next| {
        let detail = "there were too many requests; RateLimit-Policy says how many there may be";
        Problem::new(Code::RateLimited, detail).retry_after(Duration::from_secs(next))
    })
}

/// Who has one address of the sixth version has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

struct Spent;

impl Rates {
    /// Buckets of these sizes, all full: of those who are known, and of addresses.
    pub fn new(known: Quota, strangers: Quota, clock: Clock) -> Self {
        Self {
            clock,
            known: Limit::new("key", known),
            strangers: Limit::new("address", strangers),
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    fn take(&self, who: Who) -> (Result<(), Spent>, Standing) {
        let limit = self.limit(&who);
        let now = self.clock.now();
        let place = usize::try_from(self.hasher.hash_one(who) % SHARDS as u64).unwrap_or(0);
        let mut shard = self.shards[place]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let bucket = shard.buckets.get(&who);
        let left = bucket.map_or(f64::from(limit.quota.burst), |one| one.at(now, limit.quota));
        let (entered, left) = if left < 1.0 {
            (Err(Spent), left)
        } else {
            (Ok(()), left - 1.0)
        };
        if bucket.is_some() || self.has_room(&mut shard, now) {
            shard.buckets.insert(who, Bucket { left, since: now });
        }
        drop(shard);
        (entered, limit.standing(left))
    }

    fn limit(&self, who: &Who) -> &Limit {
        match who {
            Who::Known(_) => &self.known,
            Who::Stranger(_) => &self.strangers,
        }
    }

    fn has_room(&self, shard: &mut Shard, now: Timestamp) -> bool {
        if shard.buckets.len() >= REMEMBERED && now.since(shard.swept) >= SWEEP {
            shard.swept = now;
            shard.buckets.retain(|who, bucket| {
                let quota = self.limit(who).quota;
                bucket.at(now, quota) < f64::from(quota.burst)
            });
        }
        shard.buckets.len() < REMEMBERED
    }
}

impl Bucket {
    fn at(self, now: Timestamp, quota: Quota) -> f64 {
        let more = now.since(self.since).as_secs_f64() * f64::from(quota.rate);
        (self.left + more).min(f64::from(quota.burst))
    }
}

impl Limit {
    fn new(name: &'static str, quota: Quota) -> Self {
        let window = quota.burst.div_ceil(quota.rate);
        let policy = format!("\"{name}\";q={};w={window}", quota.burst);
        Self {
            name,
            quota,
            policy: HeaderValue::try_from(policy).expect("names and digits are visible ASCII"),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is left lies between nothing and the burst, a u32"
    )]
    fn standing(&self, left: f64) -> Standing {
        let missing = (1.0 - left.fract()) / f64::from(self.quota.rate);
        Standing {
            name: self.name,
            policy: self.policy.clone(),
            left: left as u32,
            next: (missing.ceil() as u64).max(1),
        }
    }
}

impl Standing {
    fn tell(self, headers: &mut HeaderMap) {
        let left = format!("\"{}\";r={};t={}", self.name, self.left, self.next);
        let left = HeaderValue::try_from(left).expect("names and digits are visible ASCII");
        headers.insert(LEFT, left);
        headers.insert(POLICY, self.policy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(rate: u32, burst: u32) -> (Rates, Clock) {
        let clock = Clock::fixed(Timestamp(0));
        let quota = Quota { rate, burst };
        (Rates::new(quota, quota, clock.clone()), clock)
    }

    #[test]
    fn b07_who_waits_as_long_as_is_said_gets_in() {
        let (rates, clock) = rates(2, 3);
        let who = Who::Stranger("192.0.2.1".parse().unwrap());
        let turn = || {
            let (entered, standing) = rates.take(who);
            (entered.is_ok(), standing.left, standing.next)
        };
        assert_eq!(
            [turn(), turn(), turn()],
            [(true, 2, 1), (true, 1, 1), (true, 0, 1)]
        );
        assert_eq!(turn(), (false, 0, 1));
        clock.advance(Duration::from_secs(1));
        assert_eq!(
            [turn(), turn(), turn()],
            [(true, 1, 1), (true, 0, 1), (false, 0, 1)]
        );
        let other = Who::Stranger("192.0.2.2".parse().unwrap());
        assert!(rates.take(other).0.is_ok());
    }

    #[test]
    fn t27_no_number_of_addresses_fills_the_memory() {
        let (rates, clock) = rates(1, 1);
        for nth in 0..50_000 {
            let address = IpAddr::V4(std::net::Ipv4Addr::from_bits(nth));
            drop(rates.take(Who::Stranger(address)));
        }
        let size = || {
            let sizes = rates
                .shards
                .iter()
                .map(|one| one.lock().unwrap().buckets.len());
            sizes.sum::<usize>()
        };
        assert_eq!(size(), SHARDS * REMEMBERED);
        // Whoever came back to a full bucket is forgotten.
        clock.advance(Duration::from_secs(1));
        for nth in 0..2_000 {
            let address = IpAddr::V4(std::net::Ipv4Addr::from_bits(u32::MAX - nth));
            drop(rates.take(Who::Stranger(address)));
        }
        assert_eq!(size(), 2_000);
        let neighbours = ["2001:db8::1", "2001:db8::2:1"].map(|it| network(it.parse().unwrap()));
        assert_eq!(neighbours[0], neighbours[1]);
    }
}
