//! The loaded measurements, alternating: the ceiling, then the daemon, round after round, on one
//! daemon that is not restarted in between.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::arguments::Arguments;
use crate::ceiling::Ceiling;
use crate::client::load;
use crate::daemon::{Daemon, Site, UNLIMITED};
use crate::database::{Database, Place};
use crate::figures::Figures;
use crate::machine;
use crate::measure::percentile;
use crate::provider::Provider;
use crate::requests::{CONTACTS, Requests};
use crate::stream;
use crate::table::Table;

/// More requests per second than this machine answers; they are signed before the clock starts.
const FASTEST: usize = 30_000;

/// How many messages one connection brings, each waiting for the last.
const SINGLE: usize = 400;

/// How many messages a subscriber of the feed is watched for.
const STREAMED: usize = 600;

/// How long the queue may take to become empty.
const DRAIN: Duration = Duration::from_secs(90);

const INBOUND: &str = "SELECT COUNT(*) FROM message WHERE direction = 'inbound'";
const OUTBOUND: &str = "SELECT COUNT(*) FROM message WHERE direction = 'outbound'";
const SENT: &str = "SELECT COUNT(*) FROM message WHERE status = 'sent'";
const DELIVERED: &str = "SELECT COUNT(*) FROM message WHERE status = 'delivered'";
const QUEUED: &str = "SELECT COUNT(*) FROM delivery";
const EVENTS: &str = "SELECT COUNT(*) FROM event";
const HEAD: &str = "SELECT feed_seq FROM head";
const CEILING: &str = "SELECT COUNT(*) FROM bench_event";

/// Measures everything, and adds it to the table.
pub async fn run(arguments: &Arguments, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let provider = Provider::start()?;
    let database = place.database("loaded").await?;
    let ceiling_database = place.database("ceiling").await?;
    let site = Site::make(
        place.folder(),
        "loaded",
        &database,
        provider.address,
        UNLIMITED,
    )?;
    let (daemon, _) = site.start().await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (idle, _) = machine::memory(daemon.process());
    let mut bench = Bench {
        arguments,
        place,
        ceiling: Ceiling::start(&ceiling_database)?,
        ceiling_database,
        database,
        site,
        daemon,
        provider,
        figures: Figures {
            memory_idle: vec![idle],
            ..Figures::default()
        },
    };
    bench.greet().await?;
    for round in 1..=arguments.rounds() {
        eprintln!("bench: {}, round {round}", place.kind.name());
        bench.round().await?;
    }
    bench.finish(table).await
}

struct Bench<'a> {
    arguments: &'a Arguments,
    place: &'a Place,
    ceiling: Ceiling,
    ceiling_database: Database,
    database: Database,
    site: Site,
    daemon: Daemon,
    provider: Provider,
    figures: Figures,
}

impl Bench<'_> {
    async fn round(&mut self) -> anyhow::Result<()> {
        self.measure_ceiling().await?;
        if self.arguments.wants("webhooks") {
            self.measure_webhooks().await?;
        }
        if self.arguments.wants("sends") {
            self.measure_sends().await?;
        }
        if self.arguments.wants("callbacks") {
            self.measure_callbacks().await?;
        }
        if self.arguments.wants("single") {
            self.measure_single().await?;
        }
        if self.arguments.wants("feed") {
            let times = stream::measure(self.site.address, &self.site.key, STREAMED).await?;
            self.figures.feed.push(percentile(&times, 0.99));
            self.figures.feed_p50.push(percentile(&times, 0.5));
        }
        Ok(())
    }

    /// Every customer writes once: what is measured is a shop with customers, not one that opens.
    async fn greet(&mut self) -> anyhow::Result<()> {
        let texts = Requests::texts(CONTACTS);
        let (connections, time) = (self.arguments.connections, Duration::from_mins(1));
        load(self.site.address, connections, texts, time).await?;
        Ok(())
    }

    fn texts(&self) -> Requests {
        Requests::texts(self.arguments.time().as_secs() as usize * FASTEST)
    }

    async fn measure_ceiling(&mut self) -> anyhow::Result<()> {
        let (texts, before) = (self.texts(), self.ceiling_database.count(CEILING).await?);
        let (connections, time) = (self.arguments.connections, self.arguments.time());
        let used = self.processor_time(self.ceiling.process());
        let load = load(self.ceiling.address, connections, texts, time).await?;
        let used = self.processor_time(self.ceiling.process()) - used;
        let stored = self.ceiling_database.count(CEILING).await? - before;
        check("the ceiling", load.accepted, stored)?;
        self.figures.ceiling.push(load.rate());
        let per_message = used * 1e3 / load.accepted as f64;
        self.figures.ceiling_processor.push(per_message);
        self.figures
            .ceiling_p99
            .push(percentile(&load.latencies, 0.99));
        Ok(())
    }

    /// Seconds of processor time of a process and its database.
    fn processor_time(&self, process: u32) -> f64 {
        machine::processor_time(process) + self.place.processor_time()
    }

    async fn measure_webhooks(&mut self) -> anyhow::Result<()> {
        let (texts, before) = (self.texts(), self.database.count(INBOUND).await?);
        let (connections, time) = (self.arguments.connections, self.arguments.time());
        let own = machine::processor_time(std::process::id());
        let used = self.processor_time(self.daemon.process());
        let load = load(self.site.address, connections, texts, time).await?;
        let used = self.processor_time(self.daemon.process()) - used;
        let own = machine::processor_time(std::process::id()) - own;
        check(
            "webhooks",
            load.accepted,
            self.database.count(INBOUND).await? - before,
        )?;
        let figures = &mut self.figures;
        figures.webhooks.push(load.rate());
        figures.webhooks_p50.push(percentile(&load.latencies, 0.5));
        figures.webhooks_p99.push(percentile(&load.latencies, 0.99));
        figures.processor.push(used * 1e3 / load.accepted as f64);
        figures.own_processor.push(own * 1e3 / load.accepted as f64);
        Ok(())
    }

    /// The provider keeps the daemon waiting while messages are accepted, then takes all of them.
    async fn measure_sends(&mut self) -> anyhow::Result<()> {
        drop(self.provider.take_ids());
        let (before, sent) = (
            self.database.count(OUTBOUND).await?,
            self.database.count(SENT).await?,
        );
        let sends = Requests::sends(&self.site.key, self.arguments.sends());
        let (connections, time) = (self.arguments.connections, self.arguments.time());
        self.provider.hold();
        let load = load(self.site.address, connections, sends, time).await?;
        let released = Instant::now();
        self.provider.release();
        check(
            "sends",
            load.accepted,
            self.database.count(OUTBOUND).await? - before,
        )?;
        self.figures.sends.push(load.rate());
        self.figures
            .sends_p99
            .push(percentile(&load.latencies, 0.99));
        self.drain(load.accepted, released).await?;
        let taken = self.provider.count();
        ensure!(
            taken == load.accepted,
            "the provider took {taken} of {}",
            load.accepted
        );
        let recorded = self.database.count(SENT).await? - sent;
        check("deliveries", load.accepted, recorded)?;
        let rate = load.accepted as f64 / released.elapsed().as_secs_f64();
        self.figures.deliveries.push(rate);
        Ok(())
    }

    async fn drain(&self, count: usize, released: Instant) -> anyhow::Result<()> {
        while self.provider.count() < count || self.database.count(QUEUED).await? > 0 {
            let taken = self.provider.count();
            ensure!(
                released.elapsed() < DRAIN,
                "the provider took {taken} of {count} in time"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    async fn measure_callbacks(&mut self) -> anyhow::Result<()> {
        let reports = Requests::delivered(&self.provider.take_ids());
        let before = self.database.count(DELIVERED).await?;
        let connections = self.arguments.connections;
        let load = load(self.site.address, connections, reports, DRAIN).await?;
        check(
            "callbacks",
            load.accepted,
            self.database.count(DELIVERED).await? - before,
        )?;
        self.figures.callbacks.push(load.rate());
        self.figures
            .callbacks_p99
            .push(percentile(&load.latencies, 0.99));
        Ok(())
    }

    async fn measure_single(&mut self) -> anyhow::Result<()> {
        let before = self.database.count(INBOUND).await?;
        self.figures
            .fsync
            .push(machine::fsync(self.place.folder())?);
        let load = load(self.site.address, 1, Requests::texts(SINGLE), DRAIN).await?;
        check(
            "one connection",
            load.accepted,
            self.database.count(INBOUND).await? - before,
        )?;
        self.figures.single.push(percentile(&load.latencies, 0.5));
        self.figures
            .single_p99
            .push(percentile(&load.latencies, 0.99));
        Ok(())
    }

    async fn finish(mut self, table: &mut Table) -> anyhow::Result<()> {
        let (_, most) = machine::memory(self.daemon.process());
        self.figures.memory_run.push(most);
        let (events, head) = (
            self.database.count(EVENTS).await?,
            self.database.count(HEAD).await?,
        );
        ensure!(
            events == head,
            "the feed has {events} events and its head is {head}"
        );
        let inbound = self.database.count(INBOUND).await?;
        let outbound = self.database.count(OUTBOUND).await?;
        self.daemon.stop().await?;
        table.notes.push(format!(
            "Counted in the database: {inbound} received, {outbound} sent, {events} events without \
             a gap; every accepted request was found there."
        ));
        self.figures.report(self.place.kind, table);
        Ok(())
    }
}

/// Every accepted request must be found in the database, and nothing else.
fn check(what: &str, accepted: usize, stored: i64) -> anyhow::Result<()> {
    ensure!(accepted > 0, "{what}: nothing was accepted");
    let found = usize::try_from(stored)?;
    ensure!(
        found == accepted,
        "{what}: {accepted} were accepted and {found} are stored"
    );
    Ok(())
}
