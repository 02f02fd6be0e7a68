//! What was missed is found, and one of several daemons reads.

use sqlx::Connection as _;

use super::filed;
use crate::both;
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::dovecot::{QUICK, mail, mail_gateway};
use crate::world::imap::{Act, FakeImap};
use crate::world::setup::Setup;
use crate::world::{PATIENCE, within};

const ALL: &str = "first_run = \"all\"\n";

/// Mails are on the server below a cursor that never passed them: what a fault of ours would be.
async fn skip_to(db: &Db, uid: u32) {
    let text = "UPDATE mailbox SET read_to = $1";
    if db.url.starts_with("sqlite") {
        let mut conn = sqlx::SqliteConnection::connect(&db.url).await.unwrap();
        sqlx::query(text)
            .bind(i64::from(uid))
            .execute(&mut conn)
            .await
            .unwrap();
    } else {
        let mut conn = sqlx::PgConnection::connect(&db.url).await.unwrap();
        sqlx::query(text)
            .bind(i64::from(uid))
            .execute(&mut conn)
            .await
            .unwrap();
    }
}

async fn reconcile(db: &Db) -> serde_json::Value {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_postern"))
        .arg("--config")
        .arg(db.folder().join("postern.toml"))
        .args(["mailbox", "reconcile", "mail", "--json"])
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

both! {
    async fn i35_gaps_are_found_and_fetched_beside_the_daemon(db: Db) {
        let server = FakeImap::start().await;
        server.script(|_, command| if command == "IDLE" { Act::Deaf } else { Act::Usual });
        server.deliver(&mail("kim@customers.test", "one", "hello"));
        let more = format!("{ALL}tls = \"none\"\npassword = \"secret\"\npoll = \"10m\"");
        let gateway = mail_gateway(server.port, &more);
        let app = TestApp::start(&db, &Setup::bare(&db).with(&gateway)).await;
        filed(&app, &["one"]).await;
        // The reader looks once more soon after it filed something.
        within(PATIENCE, "the reader to rest", async || {
            let idles = server.commands().iter().filter(|command| *command == "IDLE").count();
            (idles >= 2).then_some(())
        })
        .await;
        server.deliver(&mail("kim@customers.test", "two", "hello"));
        server.deliver(&mail("kim@customers.test", "three", "hello"));
        skip_to(&db, 3).await;
        let found = reconcile(&db).await;
        assert_eq!(found["gaps"], 2, "{found}");
        assert_eq!(found["fetched"], 2, "{found}");
        filed(&app, &["one", "two", "three"]).await;
        let found = reconcile(&db).await;
        assert_eq!((&found["on_server"], &found["gaps"]), (&3.into(), &0.into()), "{found}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_daemons_reads_and_the_other_takes_over() {
    let db = Db::postgres().await;
    let server = FakeImap::start().await;
    let gateway = mail_gateway(server.port, &format!("{QUICK}\n{ALL}"));
    let setup = Setup::bare(&db).with(&gateway);
    let first = TestApp::start(&db, &setup).await;
    server.deliver(&mail("kim@customers.test", "one", "hello"));
    filed(&first, &["one"]).await;
    let second = TestApp::start(&db, &setup).await;
    server.deliver(&mail("kim@customers.test", "two", "hello"));
    filed(&second, &["one", "two"]).await;
    assert_eq!(server.connections(), 1);
    first.end().await;
    server.deliver(&mail("kim@customers.test", "three", "hello"));
    filed(&second, &["one", "two", "three"]).await;
    assert_eq!(server.connections(), 2);
    second.end().await;
}
