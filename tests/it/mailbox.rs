//! Mailboxes: everything in them is filed, in order, once, whatever the server does meanwhile.

mod faults;
mod login;
mod poison;
mod reconcile;
mod server;
mod wire;

use serde_json::Value;

use crate::world::PATIENCE;
use crate::world::app::TestApp;
use crate::world::within;

/// The subjects of all mails that were filed, in the order in which they were.
pub(crate) async fn subjects(app: &TestApp) -> Vec<String> {
    let mut messages = app.api.list("/v1/messages?direction=inbound").await;
    messages.reverse();
    let subject = |message: &Value| message["subject"].as_str().unwrap_or_default().to_owned();
    messages.iter().map(subject).collect()
}

/// Waits until exactly these were filed, in this order.
pub(crate) async fn filed(app: &TestApp, expected: &[&str]) {
    let mut last = Vec::new();
    let what = format!("{expected:?}");
    let found = within(PATIENCE * 2, &what, async || {
        last = subjects(app).await;
        (last.len() >= expected.len()).then(|| last.clone())
    });
    assert_eq!(found.await, expected);
}
