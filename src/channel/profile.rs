//! The profiles: how to speak to each provider.

use std::path::Path;

use super::fault::ProfileFault;

/// Every profile there is.
#[derive(Debug)]
pub struct Profiles {
    names: Vec<String>,
}

impl Profiles {
    /// Reads the embedded profiles, then those in the operator's folder, which add or override.
    ///
    /// # Errors
    ///
    /// Names file, line and reason of the first mistake.
    pub fn load(_dir: Option<&Path>) -> Result<Self, ProfileFault> {
        Ok(Self { names: Vec::new() })
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}
