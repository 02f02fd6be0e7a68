//! The profiles: how to speak to each provider, read from TOML and compiled.
//!
//! Those in `gateways/` are part of the binary; a folder of the operator's may add or override.

mod compile;
mod file;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub(super) use compile::{Fetches, Messages, Profile, Reports, Results, Sends};
pub(super) use file::{
    AnswerFormat, ErrorRow, Numbers, SendFormat, SendMethod, ServerError, WithoutReference,
};

use super::fault::ProfileFault;

/// The profiles that are part of the binary.
const EMBEDDED: [(&str, &str); 6] = [
    ("generic", include_str!("../../gateways/generic.toml")),
    ("kannel", include_str!("../../gateways/kannel.toml")),
    ("sandbox", include_str!("../../gateways/sandbox.toml")),
    ("telnyx", include_str!("../../gateways/telnyx.toml")),
    ("twilio", include_str!("../../gateways/twilio.toml")),
    ("vonage-sms", include_str!("../../gateways/vonage-sms.toml")),
];

/// Every profile there is.
#[derive(Debug)]
pub struct Profiles {
    by_name: BTreeMap<String, Arc<Profile>>,
}

impl Profiles {
    /// Reads the embedded profiles, then those in the operator's folder, which add or override.
    ///
    /// A profile is called like its file, without `.toml`.
    ///
    /// # Errors
    ///
    /// Names file, line and reason of the first mistake.
    pub fn load(dir: Option<&Path>) -> Result<Self, ProfileFault> {
        let mut profiles = Self {
            by_name: BTreeMap::new(),
        };
        for (name, source) in EMBEDDED {
            profiles.add(name, &format!("gateways/{name}.toml"), source)?;
        }
        if let Some(dir) = dir {
            profiles.add_folder(dir)?;
        }
        Ok(profiles)
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The profile of a name.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Profile>> {
        self.by_name.get(name).cloned()
    }

    fn add(&mut self, name: &str, file: &str, source: &str) -> Result<(), ProfileFault> {
        let profile = compile::compile(file, source)?;
        self.by_name.insert(name.to_owned(), Arc::new(profile));
        Ok(())
    }

    fn add_folder(&mut self, dir: &Path) -> Result<(), ProfileFault> {
        let entries = std::fs::read_dir(dir).map_err(|error| unreadable(dir, &error))?;
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(|error| unreadable(dir, &error))?.path());
        }
        paths.sort();
        for path in paths {
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else {
                continue;
            };
            let source =
                std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            self.add(name, &path.display().to_string(), &source)?;
        }
        Ok(())
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> ProfileFault {
    ProfileFault {
        file: path.display().to_string(),
        line: 1,
        reason: format!("cannot be read: {error}"),
    }
}
