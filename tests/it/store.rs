//! What holds of the store as a whole: who may open it, what a unit is, and that the feed has no gap.

#![allow(
    clippy::many_single_char_names,
    clippy::cloned_ref_to_slice_refs,
    clippy::disallowed_methods,
    reason = "what is written and what is read back stand side by side, and a test spawns"
)]

mod candidates;
mod hope;
mod rows;

use std::sync::Arc;

use postern::domain::agent::{Agent, Role};
use postern::domain::clock::Timestamp;
use postern::domain::event::{EventKind, NewEvent};
use postern::domain::id::AgentId;
use postern::lifecycle::Tasks;
use postern::store::{Location, OpenOptions, Store, StoreFault, agent, event};

use crate::both;
use crate::world::db::Db;

const NOW: Timestamp = Timestamp(1_780_000_000_000_000);

async fn open(db: &Db) -> Store {
    Store::open(&db.location(), &OpenOptions::default(), &Tasks::new())
        .await
        .unwrap()
}

both! {
    /// I26: what a reader has seen the end of never grows a number before that end.
    async fn i26_the_feed_has_no_gap_and_no_late_number(db: Db) {
        let (store, other) = (open(&db).await, open(&db).await);
        let writing = [store.clone(), other].map(|store| tokio::spawn(async move {
            for round in 0..40_i64 {
                let wrote = (0..3).map(|_| store.write(move |tx| Box::pin(async move {
                    let event = |_| NewEvent { kind: EventKind::GatewayUp, at: NOW, actor: None, conversation: None, data: "{}".to_owned() };
                    (0..=round % 3).map(event).for_each(|event| tx.emit(event));
                    // Every third unit is undone, and leaves no hole.
                    if round % 3 == 2 { Err(StoreFault::Busy) } else { Ok(()) }
                })));
                for result in futures_util::future::join_all(wrote).await {
                    assert_eq!(result.is_ok(), round % 3 != 2);
                }
            }
        }));
        let mut seen = 0;
        let expected = 2 * 3 * (14 + 13 * 2);
        while seen < expected {
            let mut conn = store.read().await.unwrap();
            for event in event::list_events(&mut conn, seen, 100).await.unwrap() {
                assert_eq!(event.seq, seen + 1);
                seen = event.seq;
            }
            tokio::task::yield_now().await;
        }
        for writer in writing {
            writer.await.unwrap();
        }
        assert_eq!(event::find_head(&mut store.read().await.unwrap()).await.unwrap(), expected);
    }

    async fn a_unit_that_fails_harms_no_other(db: Db) {
        let store = open(&db).await;
        let ada = Arc::new(Agent::new("Ada", None, Role::Agent, NOW));
        let writes = (0..5).map(|n| {
            let (store, ada) = (store.clone(), Arc::clone(&ada));
            async move {
                store.write(move |tx| Box::pin(async move {
                    assert!(n != 4, "a unit may panic");
                    let id = if n < 2 { ada.id } else { AgentId::new() };
                    let agent = Agent { id, name: format!("Ada {n}"), ..Agent::clone(&ada) };
                    agent::insert_agent(&mut tx.conn, &agent, None).await
                })).await
            }
        });
        let results = futures_util::future::join_all(writes).await;
        assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, true, false]);
        let found = agent::list_agents(&mut store.read().await.unwrap(), AgentId(uuid::Uuid::max()), 9).await.unwrap();
        assert_eq!(found.len(), 3);
    }

    async fn a_database_of_a_newer_program_is_refused(db: Db) {
        drop(open(&db).await);
        let statement = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', true, '', 0)";
        match db.location() {
            Location::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
                sqlx::query(statement).execute(&pool).await.unwrap();
            }
            Location::Postgres(url) => {
                let pool = sqlx::PgPool::connect(&url).await.unwrap();
                sqlx::query(statement).execute(&pool).await.unwrap();
            }
        }
        let refused = Store::open(&db.location(), &OpenOptions::default(), &Tasks::new()).await;
        assert!(matches!(refused, Err(StoreFault::TooNew { found: 9999, .. })));
    }
}

/// I1: what loses data by design is refused.
#[tokio::test]
async fn i01_a_postgresql_that_may_lose_what_it_accepted_is_refused() {
    let db = Db::postgres().await;
    let Location::Postgres(url) = db.location() else {
        unreachable!()
    };
    let name = url.rsplit('/').next().unwrap();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let statement = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let refused = Store::open(&db.location(), &OpenOptions::default(), &Tasks::new()).await;
    let Err(fault) = refused else {
        panic!("it was opened")
    };
    assert!(
        fault.to_string().contains("synchronous_commit is off"),
        "{fault}"
    );
    let options = OpenOptions {
        accept_data_loss: true,
        ..OpenOptions::default()
    };
    Store::open(&db.location(), &options, &Tasks::new())
        .await
        .unwrap();
}

/// F5: two daemons on one file would both send.
#[tokio::test]
async fn f05_a_second_daemon_on_a_sqlite_file_is_refused() {
    let db = Db::sqlite();
    let options = OpenOptions {
        exclusive: true,
        ..OpenOptions::default()
    };
    let first = Store::open(&db.location(), &options, &Tasks::new())
        .await
        .unwrap();
    let second = Store::open(&db.location(), &options, &Tasks::new()).await;
    assert!(matches!(second, Err(StoreFault::Locked(_))));
    drop(first);
}

/// But for the index of search, which each database makes in its own way.
#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (lite, pg) = (Db::sqlite(), Db::postgres().await);
    drop((open(&lite).await, open(&pg).await));
    let Location::Sqlite(path) = lite.location() else {
        unreachable!()
    };
    let pool =
        sqlx::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(path))
            .await
            .unwrap();
    let mut lite: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         AND m.name NOT LIKE 'search\\_index%' ESCAPE '\\'")
        .fetch_all(&pool).await.unwrap();
    let pool = sqlx::PgPool::connect(&pg.url).await.unwrap();
    let mut pg: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'
         AND table_name <> 'search_index'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    lite.sort();
    pg.sort();
    assert!(lite.len() > 100);
    assert_eq!(lite, pg);
}
