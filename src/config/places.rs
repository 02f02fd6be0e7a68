//! Where the parts of the gateways stand, for faults that only a gateway's profile or wire finds.

use std::collections::BTreeMap;

use super::fault::{Fault, Faults};
use super::section::Section;
use crate::domain::gateway::GatewayName;

/// Where gateways and their settings stand in the file.
#[derive(Debug, Clone, Default)]
pub struct Places(BTreeMap<(GatewayName, String), Place>);

#[derive(Debug, Clone)]
struct Place {
    file: String,
    line: usize,
    column: usize,
}

impl Places {
    /// A fault of a gateway, at the setting it is about, else where the gateway begins.
    ///
    /// A gateway that was not read from a file has no place; the fault then names none.
    pub fn fault(
        &self,
        gateway: &str,
        setting: Option<&str>,
        reason: String,
        fix: String,
    ) -> Fault {
        let name = GatewayName::parse(gateway);
        let at = |key: &str| self.0.get(&(name.clone()?, key.to_owned()));
        let place = setting.and_then(at).or_else(|| at(""));
        let file = place.map_or_else(|| "the configuration".to_owned(), |at| at.file.clone());
        Fault {
            file,
            line: place.map_or(0, |at| at.line),
            column: place.map_or(0, |at| at.column),
            reason,
            fix,
        }
    }

    /// Notes where a gateway and each of its keys stand.
    pub(super) fn note(
        &mut self,
        gateway: &GatewayName,
        section: &Section<'_>,
        faults: &Faults<'_>,
    ) {
        let mut add = |key: &str, span: &std::ops::Range<usize>| {
            let (file, line, column) = faults.place_of(span);
            let place = Place { file, line, column };
            // The outermost key of a name is the gateway's own.
            self.0
                .entry((gateway.clone(), key.to_owned()))
                .or_insert(place);
        };
        add("", &section.span());
        for (key, span) in section.places() {
            add(&key, &span);
        }
    }
}
