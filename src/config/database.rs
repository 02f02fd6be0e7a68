//! `[database]` and `[blobs]`: where everything is kept.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use super::fault::Faults;
use super::section::{Misfit, Section};

pub(super) const KEYS: &[&str] = &["url", "accept_data_loss"];
pub(super) const BLOBS_KEYS: &[&str] = &["url"];

/// `[database]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Which database.
    pub url: DatabaseUrl,
    /// Whether to start on a PostgreSQL that is set up to lose what it acknowledged.
    pub accept_data_loss: bool,
}

/// Which database, and where; its `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file; a relative path starts at the working directory.
    Sqlite(PathBuf),
    /// A `postgres://` URL.
    Postgres(String),
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: DatabaseUrl::Sqlite(PathBuf::from("var/postern.db")),
            accept_data_loss: false,
        }
    }
}

impl Database {
    pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Self {
        let default = Self::default();
        let url = section.secret("url", faults).and_then(|(text, span)| {
            let parsed = parse_url(&text);
            if let Err(misfit) = &parsed {
                faults.add(&span, misfit.reason.clone(), misfit.fix.clone());
            }
            parsed.ok()
        });
        Self {
            url: url.unwrap_or(default.url),
            accept_data_loss: (section.flag("accept_data_loss", faults))
                .unwrap_or(default.accept_data_loss),
        }
    }
}

/// Never quotes the text: it may hold a password.
fn parse_url(text: &str) -> Result<DatabaseUrl, Misfit> {
    const FIX: &str = "such as sqlite://var/postern.db or postgres://user@host/name";
    if let Some(path) = text.strip_prefix("sqlite://") {
        if path.is_empty() || path.contains('?') {
            return Err(Misfit::new("url: sqlite:// needs a plain path", FIX));
        }
        return Ok(DatabaseUrl::Sqlite(PathBuf::from(path)));
    }
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(Misfit::new(
            "url: neither sqlite:// nor postgres:// stands at its start",
            FIX,
        ));
    }
    match Url::parse(text) {
        Ok(_) => Ok(DatabaseUrl::Postgres(text.to_owned())),
        Err(error) => Err(Misfit::new(format!("url: not a URL: {error}"), FIX)),
    }
}

/// `[blobs]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blobs {
    /// Where what is too large for the database is kept.
    pub url: BlobsUrl,
}

/// Where blobs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobsUrl {
    /// In a folder; a relative path starts at the working directory.
    Folder(PathBuf),
    /// In a bucket, `s3://bucket/prefix`; how to get there comes from the environment
    /// (`AWS_ACCESS_KEY_ID` and so on). Only in a program built with the feature `s3`.
    Bucket(Url),
}

impl Default for Blobs {
    fn default() -> Self {
        Self {
            url: BlobsUrl::Folder(PathBuf::from("var/blobs")),
        }
    }
}

impl Blobs {
    pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Self {
        let url = section.parsed("url", faults, parse_blobs);
        url.map_or_else(Self::default, |url| Self { url })
    }
}

fn parse_blobs(text: &str) -> Result<BlobsUrl, Misfit> {
    const FIX: &str = "such as file:var/blobs";
    if text.starts_with("s3://") {
        if !cfg!(feature = "s3") {
            let reason = "s3:// is not built into this program";
            return Err(Misfit::new(
                reason,
                "use file:var/blobs, or build with the feature s3",
            ));
        }
        let url = Url::parse(text).ok().filter(Url::has_host);
        return url.map(BlobsUrl::Bucket).ok_or_else(|| {
            Misfit::new(
                format!("{text:?} names no bucket"),
                "such as s3://bucket/prefix",
            )
        });
    }
    match text.strip_prefix("file:") {
        Some(path) if !path.is_empty() => Ok(BlobsUrl::Folder(PathBuf::from(path))),
        Some(_) | None => Err(Misfit::new(
            format!("{text:?} is not file: and a path"),
            FIX,
        )),
    }
}
