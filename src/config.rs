//! The configuration file: one struct per section, whose field docs are the manual.
//!
//! Everything is checked here, and every fault of a file is found in one go. Knows nothing of what
//! is done with the values; [`crate::app`] hands them on, and nothing below it holds a [`Config`].

mod api;
mod country;
mod database;
mod fault;
mod fingerprint;
mod gateway;
mod inbox;
mod log;
mod mail;
mod opt_out;
mod pace;
mod places;
mod retention;
mod secret;
mod section;
mod server;
mod settings;
mod sla;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

pub use api::ApiLimits;
pub use database::{Blobs, BlobsUrl, Database, DatabaseUrl};
pub use fault::{ConfigFault, Fault};
pub use inbox::Inbox;
pub use log::Log;
pub use places::Places;
pub use server::Server;

use crate::domain::gateway::{ChannelKind, GatewayName, GatewaySpec};
use crate::domain::retention::Retention;
use crate::domain::sla::Policy;
use fault::Faults;
use section::Section;

const ROOT_KEYS: &[&str] = &[
    "server",
    "api",
    "database",
    "blobs",
    "defaults",
    "opt_out",
    "inbox",
    "retention",
    "profiles",
    "log",
    "gateway",
    "sla",
];
const PROFILES_KEYS: &[&str] = &["dir"];

/// Every key that the file may hold, by section; what a gateway's `settings` holds is its profile's.
pub const KEYS: &[(&str, &[&str])] = &[
    ("server", server::KEYS),
    ("api", api::KEYS),
    ("database", database::KEYS),
    ("blobs", database::BLOBS_KEYS),
    ("defaults", country::KEYS),
    ("opt_out", opt_out::KEYS),
    ("inbox", inbox::KEYS),
    ("retention", retention::KEYS),
    ("profiles", PROFILES_KEYS),
    ("log", log::KEYS),
    ("sla", sla::KEYS),
    ("sla.hours", sla::HOURS_KEYS),
    ("gateway", gateway::KEYS),
    ("gateway.rate", pace::RATE_KEYS),
    ("gateway.retry", pace::RETRY_KEYS),
    ("gateway.retention", retention::KEYS),
    ("gateway.mail", mail::KEYS),
    ("gateway.imap", mail::IMAP_KEYS),
    ("gateway.imap.oauth2", mail::OAUTH2_KEYS),
    ("gateway.smtp", mail::SMTP_KEYS),
    ("gateway.smtp.dkim", mail::DKIM_KEYS),
];

/// A configuration in which nothing is left to check but what only a profile knows.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[server]`.
    pub server: Server,
    /// `[api]`.
    pub api: ApiLimits,
    /// `[database]`.
    pub database: Database,
    /// `[blobs]`.
    pub blobs: Blobs,
    /// `[log]`.
    pub log: Log,
    /// `[profiles] dir`: a folder of profiles that add to or override the built-in ones.
    pub profiles_dir: Option<PathBuf>,
    /// `[defaults] country`: the region (ISO 3166-1 alpha-2) of numbers written without a country.
    pub country: String,
    /// `[inbox]`.
    pub inbox: Inbox,
    /// `[retention]` and `[gateway.retention]`: how long what is kept may be kept.
    pub retention: Retention,
    /// `[[gateway]]`, in the order of the file.
    pub gateways: Vec<GatewaySpec>,
    /// `[[sla]]`, in the order of the file.
    pub policies: Vec<Policy>,
    /// Where the gateways stand in the file.
    pub places: Places,
    /// The gateway for texts to somebody new: the one with `default = true`, else the first.
    pub default_sms: Option<GatewayName>,
    /// The same for mail.
    pub default_email: Option<GatewayName>,
    /// The name of each section of the file, and a hash of what it says.
    pub fingerprints: Vec<(String, [u8; 32])>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server: Server::default(),
            api: ApiLimits::default(),
            database: Database::default(),
            blobs: Blobs::default(),
            log: Log::default(),
            profiles_dir: None,
            country: country::DEFAULT.to_owned(),
            inbox: Inbox::default(),
            retention: Retention::default(),
            gateways: Vec::new(),
            policies: Vec::new(),
            places: Places::default(),
            default_sms: None,
            default_email: None,
            fingerprints: Vec::new(),
        }
    }
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong with it, or why it cannot be read.
    pub fn load(path: &Path) -> Result<Self, ConfigFault> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigFault {
            faults: vec![Fault {
                file: file.clone(),
                line: 0,
                column: 0,
                reason: format!("the file cannot be read: {error}"),
                fix: "name a readable TOML file with --config or POSTERN_CONFIG".to_owned(),
            }],
        })?;
        Self::parse(&text, &file)
    }

    /// Reads and checks the text of a file, which faults name as `file`.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong with it.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigFault> {
        let mut faults = Faults::new(text, file);
        let (table, broken) = DeTable::parse_recoverable(text);
        if !broken.is_empty() {
            // What a broken table holds is guesswork; its keys are not judged.
            for error in broken {
                let fix = "see https://toml.io for the notation";
                faults.add(&error.span().unwrap_or_default(), error.message(), fix);
            }
            return faults.finish(Self::default());
        }
        let root = Section::root(&table, ROOT_KEYS, &mut faults);
        let read = Self::read(&root, &mut faults);
        let config = Self {
            fingerprints: fingerprint::of(text),
            ..read
        };
        faults.finish(config)
    }

    fn read(root: &Section<'_>, faults: &mut Faults<'_>) -> Self {
        let server = root.section("server", "[server]", server::KEYS, faults);
        let api = root.section("api", "[api]", api::KEYS, faults);
        let database = root.section("database", "[database]", database::KEYS, faults);
        let blobs = root.section("blobs", "[blobs]", database::BLOBS_KEYS, faults);
        let defaults = root.section("defaults", "[defaults]", country::KEYS, faults);
        let opt_out = root.section("opt_out", "[opt_out]", opt_out::KEYS, faults);
        let reach = opt_out::read(&opt_out, faults);
        let inbox = root.section("inbox", "[inbox]", inbox::KEYS, faults);
        let retention = root.section("retention", "[retention]", retention::KEYS, faults);
        let others = retention::read(&retention, faults);
        let profiles = root.section("profiles", "[profiles]", PROFILES_KEYS, faults);
        let log = root.section("log", "[log]", log::KEYS, faults);
        let country = country::read(&defaults, faults).unwrap_or(country::DEFAULT.to_owned());
        let mut places = Places::default();
        let gateways = gateway::read_all(root, &country, reach, &mut places, faults);
        let default_sms = choose_default(&gateways, ChannelKind::Sms, faults);
        let default_email = choose_default(&gateways, ChannelKind::Email, faults);
        let periods = gateways.iter().map(|gateway| {
            let own = gateway.retention.clone();
            (gateway.spec.name.clone(), own.or(&others))
        });
        let periods = periods.collect();
        let retention = Retention {
            gateways: periods,
            others,
        };
        let specs: Vec<_> = gateways.into_iter().map(|gateway| gateway.spec).collect();
        Self {
            server: Server::read(&server, faults),
            api: ApiLimits::read(&api, faults),
            database: Database::read(&database, faults),
            blobs: Blobs::read(&blobs, faults),
            log: Log::read(&log, faults),
            profiles_dir: (profiles.text("dir", faults)).map(|(dir, _)| PathBuf::from(dir)),
            country,
            inbox: Inbox::read(&inbox, faults),
            retention,
            default_sms,
            default_email,
            policies: sla::read_all(root, &specs, faults),
            places,
            gateways: specs,
            fingerprints: Vec::new(),
        }
    }
}

fn choose_default(
    gateways: &[gateway::Configured],
    channel: ChannelKind,
    faults: &mut Faults<'_>,
) -> Option<GatewayName> {
    let of_channel = |gateway: &&gateway::Configured| gateway.spec.address.channel() == channel;
    let mut marked = gateways
        .iter()
        .filter(of_channel)
        .filter_map(|gateway| Some((gateway, gateway.default.as_ref()?)));
    let chosen = marked.next().map(|(gateway, _)| gateway);
    for (_, span) in marked {
        faults.add(
            span,
            "default: another gateway is the default already",
            "set default = true on one gateway of a channel only",
        );
    }
    let chosen = chosen.or(gateways.iter().find(of_channel))?;
    Some(chosen.spec.name.clone())
}
