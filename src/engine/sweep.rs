//! Files that nobody needs: uploaded and never used, or left behind by a crash.

use std::time::Duration;

use super::attachments::PREFIX;
use super::{Engine, EngineFault};
use crate::domain::clock::Timestamp;
use crate::store::attachment;

/// How long an uploaded file waits to be used, and a blob to be named.
const UNUSED: Duration = Duration::from_hours(24);

/// How many are removed at once.
const STEP: u32 = 100;

/// Blobs are spread over so many folders; each step looks into one of them.
const FOLDERS: i64 = 256;

/// A step is taken every minute, so that each folder is looked at every few hours.
const STEP_MICROS: i64 = 60_000_000;

impl Engine {
    /// Takes a step: removes what was uploaded and not used for a day, and looks into one folder
    /// for bytes that no row names.
    pub async fn sweep_files(&self) -> Result<(), EngineFault> {
        let now = self.context.clock.now();
        let micros = i64::try_from(UNUSED.as_micros()).unwrap_or(i64::MAX);
        let before = Timestamp(now.0.saturating_sub(micros));
        let unused = self
            .context
            .store
            .write(move |tx| Box::pin(attachment::delete_unused(&mut tx.conn, before, STEP)))
            .await?;
        for key in unused.into_iter().flatten() {
            self.context.blobs.delete(&key).await?;
        }
        let folder = now.0.div_euclid(STEP_MICROS).rem_euclid(FOLDERS);
        self.sweep_folder(&format!("{PREFIX}/{folder:02x}"), before)
            .await
    }

    /// Removes what no row names, of the blobs in a folder that are older than a day.
    async fn sweep_folder(&self, folder: &str, before: Timestamp) -> Result<(), EngineFault> {
        let keys = self.context.blobs.list_before(folder, before).await?;
        for keys in keys.chunks(STEP as usize) {
            let mut conn = self.context.store.read().await?;
            let named = attachment::list_named(&mut conn, keys).await?;
            drop(conn);
            for key in keys.iter().filter(|key| !named.contains(key)) {
                self.context.blobs.delete(key).await?;
            }
        }
        Ok(())
    }
}
