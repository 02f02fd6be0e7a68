//! `country`, in `[defaults]` and in each gateway: the region of numbers written without one.

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::fault::Faults;
use super::section::{Misfit, Section};

pub(super) const KEYS: &[&str] = &["country"];

/// The region of numbers without a country, where the file names none.
pub(super) const DEFAULT: &str = "US";

/// Reads an ISO 3166-1 alpha-2 code for which a numbering plan is known.
pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Option<String> {
    section.parsed("country", faults, |text| {
        let region = text.parse::<Region>().ok();
        let known = region.is_some_and(|region| {
            PHONE_NUMBER_UTIL
                .get_country_code_for_region(region)
                .is_some()
        });
        known.then(|| text.to_owned()).ok_or_else(|| {
            Misfit::new(
                format!("{text:?} is not the code of a country"),
                "write its two capital letters, such as US or GB",
            )
        })
    })
}
