//! `[api]`: how many requests there may be.

use super::fault::Faults;
use super::section::Section;

pub(super) const KEYS: &[&str] = &["rate", "burst", "address_rate", "address_burst"];

/// The most that any of the numbers can be.
const MOST: u32 = 1_000_000;

/// `[api]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiLimits {
    /// Requests a second of one key or session, 1 to 1,000,000.
    pub rate: u32,
    /// How many of them may come at once, 1 to 1,000,000.
    pub burst: u32,
    /// Requests a second without a key from one address, 1 to 1,000,000.
    pub address_rate: u32,
    /// How many of them may come at once, 1 to 1,000,000.
    pub address_burst: u32,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            rate: 10_000,
            burst: 20_000,
            address_rate: 200,
            address_burst: 2_000,
        }
    }
}

impl ApiLimits {
    pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Self {
        let default = Self::default();
        let mut count = |key: &str, usual: u32| section.count(key, MOST, faults).unwrap_or(usual);
        Self {
            rate: count("rate", default.rate),
            burst: count("burst", default.burst),
            address_rate: count("address_rate", default.address_rate),
            address_burst: count("address_burst", default.address_burst),
        }
    }
}
