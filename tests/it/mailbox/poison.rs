//! A mail that ends the daemon each time it is read, among many others (I21).

use std::time::Duration;

use reqwest::Method;

use crate::world::api::Answer;
use crate::world::daemon::Daemon;
use crate::world::db::Db;
use crate::world::dovecot::{Dovecot, QUICK, mail};
use crate::world::setup::Setup;
use crate::world::within;

/// More mails than are fetched at once, twice.
const MAILS: usize = 450;

/// In the second batch, in front of which another is filed while it is read.
const POISON: usize = 270;

/// How often the daemon may die of it: until its batch is read mail by mail, and then of it alone.
const DEATHS: usize = 12;

/// On SQLite alone, where a dead daemon's lease is no hindrance: what is counted, and how, is the
/// same on both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i21_a_mail_that_ends_the_daemon_is_kept_unread_and_blocks_no_other() {
    let db = Db::sqlite();
    let server = Dovecot::start();
    let mut client = server.client().await;
    let mut expected: Vec<String> = (0..MAILS).map(|n| format!("mail {n:03}")).collect();
    for subject in &expected {
        let raw = mail("Kim <kim@customers.test>", subject, "hello");
        client.append("INBOX", &raw).await;
    }
    let gateway = server.gateway(&format!("{QUICK}\nfirst_run = \"all\""));
    let mut daemon = Daemon::prepare(&db, Setup::bare(&db).with(&gateway));
    let poison = expected.remove(POISON);
    let mut deaths = 0;
    daemon.spawn_to_crash_at(&poison);
    within(Duration::from_mins(2), "the last mail", async || {
        if daemon.has_died() {
            deaths += 1;
            assert!(deaths <= DEATHS, "{}", daemon.log());
            daemon.spawn_to_crash_at(&poison);
        }
        let newest = "/v1/messages?direction=inbound&limit=1";
        let answer = Answer::of(daemon.api.request(Method::GET, newest)).await?;
        (answer.json()["data"][0]["subject"] == expected[MAILS - 2]).then_some(())
    })
    .await;
    let found = daemon.api.list("/v1/messages?direction=inbound").await;
    let subjects = found.iter().rev();
    let subjects: Vec<&str> = subjects
        .map(|one| one["subject"].as_str().unwrap())
        .collect();
    assert_eq!(subjects, expected);
    assert!(deaths > 0, "nothing died of it");
    assert_eq!(daemon.api.list("/v1/quarantine").await.len(), 1);
    assert_eq!(daemon.stop().await, Some(0), "{}", daemon.log());
}
