//! The demo's mailbox: what the simulated post office puts into it is filed as the reader of a
//! real one would have it filed.

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::domain::gateway::GatewayName;
use crate::domain::mailbox::MailboxState;
use crate::engine::{Engine, Fetched};

/// The name of the gateway.
pub(super) const GATEWAY: &str = "mail";

/// Its address.
pub(super) const ADDRESS: &str = "hello@shop.example";

const MAILBOX: &str = "INBOX";
const UIDVALIDITY: u32 = 1;

/// Files mails in their order until there are no more.
///
/// # Errors
///
/// When the database does not take them.
pub(super) async fn read(engine: Engine, mut mails: mpsc::Receiver<Bytes>) -> anyhow::Result<()> {
    let name = GatewayName::parse(GATEWAY).expect("it is a name");
    let line = engine.line(&name).expect("the demo configures it").clone();
    let now = engine.clock().now();
    let mailbox = MailboxState {
        gateway: name,
        name: MAILBOX.to_owned(),
        uidvalidity: UIDVALIDITY,
        start_uid: 0,
        history_to: 0,
        read_to: 0,
        opened_at: now,
        since: now,
    };
    engine.open_mailbox(mailbox).await?;
    let mut uid = 0;
    while let Some(raw) = mails.recv().await {
        uid += 1;
        let fetched = Fetched {
            mailbox: MAILBOX.to_owned(),
            uidvalidity: UIDVALIDITY,
            uid,
            internal_date: Some(engine.clock().now()),
            size: raw.len() as u64,
            raw,
            headers_only: false,
        };
        engine.receive_mail(&line, fetched).await?;
    }
    Ok(())
}
