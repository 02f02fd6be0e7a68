//! The configuration that a daemon starts with, audited when it is not the one of the start before.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

use super::{Engine, EngineFault};
use crate::domain::audit::{AuditFilter, NewEntry};
use crate::domain::id::AuditId;
use crate::store::audit;

/// What these entries are about.
const TARGET: &str = "configuration";

/// How many bytes of a section's hash are kept.
const KEPT: usize = 8;

/// What an entry says.
#[derive(Default, Deserialize)]
struct Known {
    sections: BTreeMap<String, String>,
}

impl Engine {
    /// Audits which sections are not as they were at the start before. Only keyed hashes are kept,
    /// from which no secret can be guessed.
    pub async fn note_configuration(
        &self,
        sections: &[(String, [u8; 32])],
    ) -> Result<(), EngineFault> {
        let key = self.derive("configuration");
        let keyed = |hash: &[u8; 32]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length will do");
            mac.update(hash);
            hex::encode(&mac.finalize().into_bytes()[..KEPT])
        };
        let now: BTreeMap<String, String> = sections
            .iter()
            .map(|(name, hash)| (name.clone(), keyed(hash)))
            .collect();
        let at = self.context.clock.now();
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let filter = AuditFilter {
                        target: Some(TARGET.to_owned()),
                        ..AuditFilter::default()
                    };
                    let newest = AuditId(uuid::Uuid::max());
                    let last = audit::list_entries(&mut tx.conn, &filter, newest, 1).await?;
                    let before: Known = last
                        .first()
                        .and_then(|entry| serde_json::from_str(&entry.data).ok())
                        .unwrap_or_default();
                    let changed = differences(&before.sections, &now);
                    if changed.is_empty() {
                        return Ok(());
                    }
                    let data = serde_json::json!({"changed": changed, "sections": now});
                    tx.audit(NewEntry {
                        at,
                        actor: None,
                        origin: None,
                        action: "configuration.changed",
                        target: Some(TARGET.to_owned()),
                        conversation: None,
                        data: data.to_string(),
                    });
                    Ok::<_, EngineFault>(())
                })
            })
            .await
    }
}

/// The names that are new, gone or mean something else.
fn differences(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut names: Vec<&String> = before.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    let different = |name: &&String| before.get(*name) != now.get(*name);
    names.into_iter().filter(different).cloned().collect()
}
