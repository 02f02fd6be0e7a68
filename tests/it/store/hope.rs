//! Units that are run without a transaction where that saves trips.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use postern::domain::address::Address;
use postern::domain::agent::{Agent, Role};
use postern::domain::conversation::Contact;
use postern::domain::event::{EventKind, NewEvent};
use postern::domain::id::{AgentId, ContactId};
use postern::store::{Store, StoreFault, Tx, agent, conversation, event};
use tokio::sync::Notify;

use super::{NOW, open};
use crate::both;
use crate::world::db::Db;

/// How many units each store runs of each kind.
const UNITS: usize = 60;

/// What a unit does besides counting on.
#[derive(Debug, Clone, Copy)]
enum Also {
    /// Nothing.
    Tells,
    /// It writes, with the commit.
    Writes,
    /// It writes and reads that, for which it needs a transaction.
    ReadsWhatItWrote,
}

/// Reads a number, tells of it, and leaves the next one.
async fn unit(tx: &mut Tx, also: Also, name: String) -> Result<(), StoreFault> {
    read(tx).await?;
    let number = tx.issue_number().await?;
    match also {
        Also::Tells => {}
        Also::Writes => {
            let contact = Contact {
                id: ContactId::new(),
                name: None,
                created_at: NOW,
            };
            let address = Address::claimed(&name, "a test");
            conversation::insert_contacts(&mut tx.conn, &[(contact, address)]).await?;
        }
        Also::ReadsWhatItWrote => {
            let agent = Agent::new(&name, None, Role::Agent, NOW);
            agent::insert_agent(&mut tx.conn, &agent, None).await?;
            let found = agent::find_agent(&mut tx.conn, agent.id).await?;
            assert_eq!(found.map(|found| found.name), Some(name));
        }
    }
    tx.set_issue_number(number + 1);
    tx.emit(told(&number.to_string()));
    Ok(())
}

fn work(
    also: Also,
    name: String,
) -> impl for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<(), StoreFault>> + Clone + Send {
    as_unit(move |tx| Box::pin(unit(tx, also, name)))
}

/// Has a closure be taken for what it is.
fn as_unit<F>(unit: F) -> F
where
    F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<(), StoreFault>>,
{
    unit
}

fn name(store: usize, also: Also, round: usize) -> String {
    format!("{store} {also:?} {round}")
}

/// Asks the database something.
async fn read(tx: &mut Tx) -> Result<(), StoreFault> {
    let nobody = Address::claimed("nobody", "a test");
    let found = conversation::load_people(&mut tx.conn, &[nobody]).await?;
    assert_eq!(found.len(), 0);
    Ok(())
}

fn told(data: &str) -> NewEvent {
    NewEvent {
        kind: EventKind::GatewayUp,
        at: NOW,
        actor: None,
        conversation: None,
        data: data.to_owned(),
    }
}

/// The data of all events, which are one behind the other.
async fn feed(store: &Store) -> Vec<String> {
    let mut conn = store.read().await.unwrap();
    let events = event::list_events(&mut conn, 0, 10_000).await.unwrap();
    let places = events.iter().map(|event| event.seq);
    assert!(places.eq(1..=i64::try_from(events.len()).unwrap()));
    events.iter().map(|event| event.data.to_string()).collect()
}

both! {
    /// I26: what a unit read still holds when it is committed, whether it had a transaction or not.
    async fn i26_nobody_writes_between_what_a_unit_reads_and_what_it_writes(db: Db) {
        let stores = [open(&db).await, open(&db).await];
        let mut running = Vec::new();
        for (nth, store) in stores.iter().enumerate() {
            for also in [Also::Tells, Also::Writes, Also::ReadsWhatItWrote] {
                let store = store.clone();
                running.push(tokio::spawn(async move {
                    for round in 0..UNITS {
                        let work = work(also, name(nth, also, round));
                        match round % 3 {
                            0 => store.write(work).await.unwrap(),
                            _ => store.write_in_hope(work).await.unwrap(),
                        }
                    }
                }));
            }
        }
        for writer in running {
            writer.await.unwrap();
        }
        let numbers: Vec<String> = (0..2 * 3 * UNITS).map(|number| number.to_string()).collect();
        assert_eq!(feed(&stores[0]).await, numbers);
        let mut conn = stores[0].read().await.unwrap();
        let wrote = (0..2).flat_map(|nth| (0..UNITS).map(move |round| name(nth, Also::Writes, round)));
        let people: Vec<Address> = wrote.map(|name| Address::claimed(&name, "a test")).collect();
        assert_eq!(conversation::load_people(&mut conn, &people).await.unwrap().len(), 2 * UNITS);
        let everybody = AgentId(uuid::Uuid::max());
        assert_eq!(agent::list_agents(&mut conn, everybody, 1_000).await.unwrap().len(), 2 * UNITS);
    }

    async fn a_unit_in_hope_that_fails_leaves_nothing(db: Db) {
        let store = open(&db).await;
        let failed: Result<(), StoreFault> = store.write_in_hope(|tx| Box::pin(async move {
            unit(tx, Also::Writes, "Ada".to_owned()).await?;
            Err(StoreFault::Busy)
        })).await;
        assert!(matches!(failed, Err(StoreFault::Busy)));
        assert_eq!(feed(&store).await, Vec::<String>::new());
        // What the database refuses is heard of, and harms nobody after it.
        for (name, taken) in [("Ada", true), ("Ada", false), ("Bob", true)] {
            let wrote = store.write_in_hope(work(Also::Writes, name.to_owned())).await;
            assert_eq!(wrote.is_ok(), taken, "{name}: {wrote:?}");
        }
        assert_eq!(feed(&store).await, ["0", "1"]);
    }
}

/// Others write while a unit reads: it begins anew, and what it read first counts for nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i26_a_unit_that_was_outrun_begins_anew() {
    let db = Db::postgres().await;
    let (store, other) = (open(&db).await, open(&db).await);
    for also in [Also::Tells, Also::Writes, Also::ReadsWhatItWrote] {
        let before = feed(&store).await.len();
        let (runs, has_read, go_on) = (
            Arc::new(AtomicUsize::new(0)),
            Arc::new(Notify::new()),
            Arc::new(Notify::new()),
        );
        // After a unit was outrun, some have a transaction from the start.
        for _ in 0..40 {
            store
                .write_in_hope(|_| Box::pin(async { Ok::<_, StoreFault>(()) }))
                .await
                .unwrap();
        }
        let writing = {
            let (runs, has_read, go_on) = (runs.clone(), has_read.clone(), go_on.clone());
            let store = store.clone();
            tokio::spawn(async move {
                let slow = as_unit(move |tx| {
                    Box::pin(async move {
                        if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                            read(tx).await?;
                            has_read.notify_one();
                            go_on.notified().await;
                        }
                        unit(tx, also, format!("{also:?}")).await
                    })
                });
                store.write_in_hope(slow).await
            })
        };
        has_read.notified().await;
        other.write(work(Also::Tells, String::new())).await.unwrap();
        go_on.notify_one();
        writing.await.unwrap().unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 2, "{also:?}");
        let expected = [before.to_string(), (before + 1).to_string()];
        assert_eq!(feed(&store).await[before..], expected, "{also:?}");
    }
}
