//! What agents do with conversations: read them, and keep them unread.

use super::{Engine, EngineFault};
use crate::domain::agent::Principal;
use crate::domain::conversation::Conversation;
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::id::ConversationId;
use crate::store::conversation;

impl Engine {
    /// Counts every message of a conversation as read; nothing when there is no such one.
    pub async fn read_conversation(
        &self,
        id: ConversationId,
        by: &Principal,
    ) -> Result<Option<Conversation>, EngineFault> {
        let (actor, now) = (by.agent.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let Some(mut found) = conversation::find_conversation(&mut tx.conn, id).await?
                    else {
                        return Ok(None);
                    };
                    if found.unread > 0 {
                        found.unread = 0;
                        conversation::upsert_conversations(
                            &mut tx.conn,
                            std::slice::from_ref(&found),
                        )
                        .await?;
                        let data = EventData {
                            contact: Some(found.contact),
                            ..EventData::default()
                        };
                        tx.emit(NewEvent {
                            kind: EventKind::ConversationRead,
                            at: now,
                            actor: Some(actor),
                            conversation: Some(id),
                            data: data.json(),
                        });
                    }
                    Ok(Some(found))
                })
            })
            .await
    }

    /// Keeps a conversation in sight, as if its newest message had not been read.
    pub async fn unread_conversation(
        &self,
        id: ConversationId,
    ) -> Result<Option<Conversation>, EngineFault> {
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let Some(mut found) = conversation::find_conversation(&mut tx.conn, id).await?
                    else {
                        return Ok(None);
                    };
                    if found.unread == 0 {
                        found.unread = 1;
                        conversation::upsert_conversations(
                            &mut tx.conn,
                            std::slice::from_ref(&found),
                        )
                        .await?;
                    }
                    Ok(Some(found))
                })
            })
            .await
    }
}
