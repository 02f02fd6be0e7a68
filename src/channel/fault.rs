//! Why a profile, a gateway, a signature or a post was not accepted.

/// A mistake in a profile, with the place where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct ProfileFault {
    /// The file, as it was opened; embedded profiles are `gateways/<name>.toml`.
    pub file: String,
    /// The line, from one.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// Why a configured gateway cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayFault {
    /// No profile has that name.
    #[error("gateway {gateway:?}: there is no profile {profile:?}; there are {known}")]
    UnknownProfile {
        /// The gateway.
        gateway: String,
        /// The name that was asked for.
        profile: String,
        /// The names there are, separated by commas.
        known: String,
    },
    /// The profile needs a setting that is not there, or that is empty.
    #[error("gateway {gateway:?}: the setting {setting:?} is missing: {what_for}")]
    MissingSetting {
        /// The gateway.
        gateway: String,
        /// The setting.
        setting: String,
        /// What the profile needs it for.
        what_for: String,
    },
    /// The profile knows no such setting.
    #[error("gateway {gateway:?}: the profile knows no setting {setting:?}; it knows {known}")]
    UnknownSetting {
        /// The gateway.
        gateway: String,
        /// The setting.
        setting: String,
        /// The settings that the profile knows, separated by commas.
        known: String,
    },
    /// A setting has a value that cannot be used. The value itself is never shown.
    #[error("gateway {gateway:?}: the setting {setting:?} {reason}")]
    UnusableSetting {
        /// The gateway.
        gateway: String,
        /// The setting.
        setting: String,
        /// Why.
        reason: String,
    },
    /// The HTTP client could not be built.
    #[error("gateway {gateway:?}: no HTTP client: {reason}")]
    Client {
        /// The gateway.
        gateway: String,
        /// Why.
        reason: String,
    },
}

impl GatewayFault {
    /// The gateway.
    #[must_use]
    pub fn gateway(&self) -> &str {
        match self {
            Self::UnknownProfile { gateway, .. }
            | Self::MissingSetting { gateway, .. }
            | Self::UnknownSetting { gateway, .. }
            | Self::UnusableSetting { gateway, .. }
            | Self::Client { gateway, .. } => gateway,
        }
    }

    /// The key of the configuration that it is about, or the table that lacks one.
    #[must_use]
    pub fn setting(&self) -> Option<&str> {
        match self {
            Self::UnknownProfile { .. } => Some("profile"),
            Self::MissingSetting { .. } => Some("settings"),
            Self::UnknownSetting { setting, .. } | Self::UnusableSetting { setting, .. } => {
                Some(setting)
            }
            Self::Client { .. } => None,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::UnknownProfile { .. } => "name one of these".to_owned(),
            Self::MissingSetting { setting, .. } => format!("add {setting} to [gateway.settings]"),
            Self::UnknownSetting { .. } => "name one of these, or remove it".to_owned(),
            Self::UnusableSetting { setting, .. } => format!("give {setting} a value that fits"),
            Self::Client { .. } => "see to the machine's certificates".to_owned(),
        }
    }
}

/// Why a post is not taken for the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// It carries no signature, several where one is due, or one that is not well formed.
    #[error("the signature is missing or malformed")]
    Unsigned,
    /// The signature fits none of the secrets.
    #[error("the signature does not fit")]
    BadSignature,
    /// The signed time is more than five minutes away.
    #[error("the signed time is too far from now")]
    Stale,
}

impl Refusal {
    /// The name in logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::BadSignature => "bad_signature",
            Self::Stale => "stale",
        }
    }
}

/// Why a post that was verified could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unreadable {
    /// What is missing or wrong, without the text itself.
    pub reason: String,
}
