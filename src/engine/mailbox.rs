//! Mailboxes: how far they were read, and what is still to be done on the server.

use super::{Engine, EngineFault};
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::gateway::GatewayName;
use crate::domain::mailbox::MailboxState;
use crate::store::{Tx, mailbox};

impl Engine {
    /// How far a gateway's mailbox was read; nothing before it was opened for the first time.
    pub async fn mailbox(
        &self,
        gateway: &GatewayName,
    ) -> Result<Option<MailboxState>, EngineFault> {
        let mut conn = self.context.store.read().await?;
        Ok(mailbox::find_mailbox(&mut conn, gateway).await?)
    }

    /// Begins to read a mailbox: at the first run, and when its name or its UIDVALIDITY is another
    /// one than before; else it says how far it was read.
    ///
    /// When it is not the first time, operators are told. After a change of UIDVALIDITY the
    /// mailbox is read from its beginning: what is known is known by its content, and what was
    /// there before the first run stays unread ([`MailboxState::is_history`]).
    pub async fn open_mailbox(&self, opened: MailboxState) -> Result<MailboxState, EngineFault> {
        self.context
            .store
            .write(move |tx| Box::pin(open(tx, opened)))
            .await
    }

    /// The UIDs, from one to another, of mails of the present mailbox whose fate is known, in
    /// order; empty when its UIDVALIDITY is another one.
    pub async fn known_uids(
        &self,
        gateway: &GatewayName,
        uidvalidity: u32,
        from: u32,
        to: u32,
    ) -> Result<Vec<u32>, EngineFault> {
        let mut conn = self.context.store.read().await?;
        let state = mailbox::find_mailbox(&mut conn, gateway).await?;
        match state.filter(|state| state.uidvalidity == uidvalidity) {
            Some(state) => Ok(mailbox::list_uids(&mut conn, &state, (from, to)).await?),
            None => Ok(Vec::new()),
        }
    }

    /// The UIDs of stored mails of the present mailbox that are still to be flagged or moved.
    pub async fn waiting_after_read(
        &self,
        gateway: &GatewayName,
        limit: u32,
    ) -> Result<Vec<u32>, EngineFault> {
        let mut conn = self.context.store.read().await?;
        match mailbox::find_mailbox(&mut conn, gateway).await? {
            Some(state) => Ok(mailbox::list_waiting(&mut conn, &state, limit).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Records that mails were flagged or moved.
    pub async fn after_read_done(
        &self,
        gateway: &GatewayName,
        uidvalidity: u32,
        uids: Vec<u32>,
    ) -> Result<(), EngineFault> {
        let gateway = gateway.clone();
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let state = mailbox::find_mailbox(&mut tx.conn, &gateway).await?;
                    if let Some(state) = state.filter(|state| state.uidvalidity == uidvalidity) {
                        mailbox::update_waiting(&mut tx.conn, &state, &uids).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

async fn open(tx: &mut Tx, mut opened: MailboxState) -> Result<MailboxState, EngineFault> {
    let earlier = mailbox::find_mailbox(&mut tx.conn, &opened.gateway).await?;
    if let Some(earlier) = earlier {
        let same = earlier.name == opened.name && earlier.uidvalidity == opened.uidvalidity;
        if same {
            return Ok(earlier);
        }
        if earlier.name == opened.name {
            opened.since = earlier.since;
        } else {
            opened.history_to = 0;
        }
        let reason = if earlier.name == opened.name {
            "the server numbers the mails of the mailbox anew; it is read again, and what is known is passed over"
        } else {
            "another mailbox is read"
        };
        let data = EventData {
            gateway: Some(opened.gateway.as_str()),
            reason: Some(reason),
            ..EventData::default()
        };
        tracing::warn!(gateway = %opened.gateway, reason, "a mailbox is not the one it was");
        tx.emit(NewEvent {
            kind: EventKind::GatewayNotice,
            at: opened.opened_at,
            actor: None,
            conversation: None,
            data: data.json(),
        });
    } else {
        opened.history_to = 0;
    }
    mailbox::upsert_mailbox(&mut tx.conn, &opened).await?;
    Ok(opened)
}
