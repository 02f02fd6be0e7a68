//! What is shown of a mail beyond its message: the mail as it came, and its HTML made harmless.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bytes::Bytes;

use super::{Engine, EngineFault};
use crate::domain::id::MessageId;
use crate::domain::message::{Direction, Message};
use crate::mail::{self, Reading};
use crate::store;

/// How long making a page harmless may take.
const DEADLINE: Duration = Duration::from_secs(2);

impl Engine {
    /// An inbound mail as it came; nothing when the message is none.
    pub async fn raw_mail(&self, id: MessageId) -> Result<Option<Bytes>, EngineFault> {
        let mut conn = self.context.store.read().await?;
        let mut found = store::message::load_messages(&mut conn, &[id]).await?;
        let message = found.remove(&id);
        let is_mail = |message: &Message| {
            message.direction == Direction::Inbound && message.details.mail.is_some()
        };
        let Some(raw) = message.filter(is_mail).and_then(|message| message.raw) else {
            return Ok(None);
        };
        let kept = store::mail::find_raw_mail(&mut conn, raw).await?;
        drop(conn);
        match kept {
            Some(kept) => Ok(Some(self.context.blobs.get(&kept.blob).await?)),
            None => Ok(None),
        }
    }

    /// The HTML body of an inbound mail, made harmless; nothing when it has none that can be shown.
    ///
    /// Pictures of the mail itself lead to its attachments; others are not fetched.
    pub async fn mail_html(&self, message: &Message) -> Result<Option<String>, EngineFault> {
        let has_html = (message.details.mail.as_ref()).is_some_and(|mail| mail.has_html);
        if message.direction != Direction::Inbound || !has_html {
            return Ok(None);
        }
        let Some(raw) = self.raw_mail(message.id).await? else {
            return Ok(None);
        };
        let files = message.details.files.iter();
        let pictures: HashMap<String, String> = files
            .filter_map(|file| {
                let id = file.content_id.clone()?;
                Some((id, format!("/v1/attachments/{}", file.id)))
            })
            .collect();
        let show = move || {
            let mail = mail::read(&raw, &Reading::default()).ok()?;
            let page = mail.html?;
            Some(mail::sanitize::html(&page, |id| pictures.get(id).cloned()))
        };
        let job = tokio::task::spawn_blocking(|| catch_unwind(AssertUnwindSafe(show)));
        match tokio::time::timeout(DEADLINE, job).await {
            Ok(Ok(Ok(html))) => Ok(html),
            Ok(Ok(Err(_)) | Err(_)) | Err(_) => {
                tracing::warn!(message = %message.id, "the HTML of a mail cannot be shown");
                Ok(None)
            }
        }
    }
}
