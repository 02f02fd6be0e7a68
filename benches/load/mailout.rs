//! Mail sent over one connection: mails handed over and recorded per second, beside a bare client
//! that feeds the same mail to the same server and knows of no database.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::arguments::Arguments;
use crate::client::load;
use crate::daemon::{Site, UNLIMITED};
use crate::database::{Database, Place};
use crate::provider::Provider;
use crate::requests::{MAIL_GATEWAY, Requests};
use crate::sink::{Client, Sink};
use crate::table::{Limit, Row, Table};

const QUEUED: &str = "SELECT COUNT(*) FROM delivery";
const SENT: &str = "SELECT COUNT(*) FROM message WHERE status = 'sent'";

/// More than any connection takes.
const RATE: &str = "{ messages_per_second = 100000, burst = 100000 }";

/// How long the queue may take to become empty, and to be filled.
const PATIENCE: Duration = Duration::from_mins(2);

/// Measures it, and adds it to the table.
pub async fn run(arguments: &Arguments, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let mails = if arguments.quick { 1_000 } else { 4_000 };
    let (sink, provider) = (Sink::start()?, Provider::start()?);
    let database = place.database("mailout").await?;
    let site = Site::make(
        place.folder(),
        "mailout",
        &database,
        provider.address,
        UNLIMITED,
    )?;
    site.add(&format!(
        "[[gateway]]\nname = \"{MAIL_GATEWAY}\"\nkind = \"email\"\n\
         address = \"support@example.com\"\nrate = {RATE}\n[gateway.smtp]\n\
         host = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nconnections = 1\n",
        sink.address.port()
    ))?;
    let (daemon, _) = site.start().await?;
    let (mut bare, mut sent, mut bytes) = (Vec::new(), Vec::new(), 0);
    for round in 0..arguments.rounds() {
        eprintln!("bench: {}, mail sent, round {round}", place.kind.name());
        let requests = Requests::mails(&site.key, round * mails..(round + 1) * mails);
        sink.hold();
        let load = load(site.address, arguments.connections, requests, PATIENCE).await?;
        ensure!(load.accepted == mails, "{} mails were taken", load.accepted);
        sent.push(release(&sink, &database, mails).await?);
        let mail = sink.last();
        bytes = mail.len();
        bare.push(feed(&sink, &mail, mails).await?);
    }
    daemon.stop().await?;
    table.rows.push(Row {
        name: "mail sent over one connection".to_owned(),
        unit: "/s",
        values: sent,
        ceiling: bare,
        limits: Some((Limit::Share(0.5), Limit::Share(0.8))),
    });
    table.notes.push(format!(
        "The ceiling of mail sent is a bare client that feeds the same mail of {bytes} bytes to \
         the same server, over one connection, one after the other."
    ));
    Ok(())
}

/// Lets what is queued leave; mails per second until the last one's outcome was recorded.
async fn release(sink: &Sink, database: &Database, mails: usize) -> anyhow::Result<f64> {
    let before = database.count(SENT).await?;
    let taken = sink.count();
    ensure!(taken == 0, "{taken} mails left before the clock started");
    let released = Instant::now();
    sink.release();
    while sink.count() < mails || database.count(QUEUED).await? > 0 {
        let taken = sink.count();
        ensure!(
            released.elapsed() < PATIENCE,
            "{taken} of {mails} mails left in time"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let rate = mails as f64 / released.elapsed().as_secs_f64();
    let (taken, different) = sink.take_counts();
    ensure!(
        (taken, different) == (mails, mails),
        "the server took {taken} mails to {different} people instead of {mails}"
    );
    let recorded = usize::try_from(database.count(SENT).await? - before)?;
    ensure!(
        recorded == mails,
        "{recorded} of {mails} mails are recorded as sent"
    );
    Ok(rate)
}

/// Feeds the same mail to different people; mails per second.
async fn feed(sink: &Sink, mail: &[u8], mails: usize) -> anyhow::Result<f64> {
    let mut client = Client::open(sink.address).await?;
    let began = Instant::now();
    for number in 0..mails {
        client.hand_over(number, mail).await?;
    }
    let rate = mails as f64 / began.elapsed().as_secs_f64();
    let counts = sink.take_counts();
    ensure!(counts == (mails, mails), "the bare client lost mails");
    Ok(rate)
}
