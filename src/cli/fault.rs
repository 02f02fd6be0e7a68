//! How a command fails, and the exit code that says so.

use std::io;

use crate::config::ConfigFault;

/// The arguments make no sense.
pub(super) const USAGE: u8 = 2;
/// The command was understood and could not be done.
const FAILED: u8 = 1;
/// `EX_CONFIG` of `sysexits.h`.
const CONFIG: u8 = 78;

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliFault {
    /// The arguments, or what was given on standard input, make no sense.
    #[error("error: {0}")]
    Usage(String),
    /// The configuration file is wrong.
    #[error(transparent)]
    Config(#[from] ConfigFault),
    /// The file is well formed, but what it leads to, such as a profile, cannot be used.
    #[error("{file}: {}", explained(.reason))]
    Gateways {
        /// The file, as it was named.
        file: String,
        /// What, and why.
        reason: anyhow::Error,
    },
    /// It was told on standard output already.
    #[error("the configuration is not usable")]
    ConfigTold,
    /// Nobody reads our output any more; they had enough.
    #[error("standard output is closed")]
    ClosedPipe,
    /// Anything else.
    #[error("error: {}", explained(.0))]
    Failed(#[from] anyhow::Error),
}

/// What went wrong and why, without the causes that an error repeats in its own words.
pub(super) fn explained(error: &anyhow::Error) -> String {
    let mut told = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

impl CliFault {
    /// What the process ends with.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Config(_) | Self::Gateways { .. } | Self::ConfigTold => CONFIG,
            Self::ClosedPipe => 0,
            Self::Failed(_) => FAILED,
        }
    }

    /// The fault of a command that prints as it goes: a closed pipe only ends it.
    pub(super) fn while_printing(self) -> Self {
        let Self::Failed(error) = &self else {
            return self;
        };
        let closed = error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe);
        if closed { Self::ClosedPipe } else { self }
    }
}

impl From<io::Error> for CliFault {
    fn from(error: io::Error) -> Self {
        Self::Failed(anyhow::Error::new(error)).while_printing()
    }
}
