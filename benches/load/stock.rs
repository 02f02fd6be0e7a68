//! A database that is full: how long a start takes, and what lists cost, beside a tenth of it.

use anyhow::ensure;
use postern::domain::clock::Clock;
use serde_json::Value;

use crate::arguments::Arguments;
use crate::client::{Connection, load};
use crate::daemon::{STANDSTILL, Site};
use crate::database::{Database, Place};
use crate::fill::{Stock, fill};
use crate::measure::percentile;
use crate::provider::Provider;
use crate::requests::{Requests, get};
use crate::table::{Limit, Row, Table};

/// How often each list is asked for.
const ASKED: usize = 300;

/// Measures a small and a large stock, and adds both to the table.
pub async fn run(arguments: &Arguments, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let provider = Provider::start()?;
    let large = if arguments.quick { 100_000 } else { 1_000_000 };
    let mut lists = Vec::new();
    for (name, messages) in [("small", large / 10), ("large", large)] {
        let stock = Stock {
            messages,
            queued: messages / 10,
        };
        eprintln!(
            "bench: {}, a stock of {messages} messages",
            place.kind.name()
        );
        let database = place.database(name).await?;
        let site = Site::make(
            place.folder(),
            name,
            &database,
            provider.address,
            STANDSTILL,
        )?;
        fill(&database, stock, Clock::System.now().0).await?;
        let starts = measure_starts(arguments.rounds(), &site, &database, stock).await?;
        if messages == large {
            table.rows.push(Row {
                name: format!("start with {messages} messages, {} queued", stock.queued),
                unit: "ms",
                values: starts,
                ceiling: Vec::new(),
                limits: Some((Limit::Most(2_000.0), Limit::Most(500.0))),
            });
        }
        lists.push(measure_lists(arguments.rounds(), &site, &database, stock).await?);
    }
    let [small, large] = &lists[..] else {
        return Ok(());
    };
    for (small, large) in small.iter().zip(large) {
        let tenth = crate::measure::median(&small.values);
        table.rows.push(Row {
            name: format!("{}, p99 (at a tenth: {tenth:.2} ms)", large.name),
            unit: "ms",
            values: large.values.clone(),
            ceiling: Vec::new(),
            limits: Some((
                Limit::Most(50_f64.min(2.0 * tenth.max(1.0))),
                Limit::Most(10.0),
            )),
        });
    }
    Ok(())
}

/// Milliseconds from the start of the process to `/readyz`, for several starts.
async fn measure_starts(
    rounds: usize,
    site: &Site,
    database: &Database,
    stock: Stock,
) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::new();
    for _ in 0..rounds {
        let (daemon, time) = site.start().await?;
        times.push(time.as_secs_f64() * 1e3);
        daemon.stop().await?;
    }
    let queued = database.count("SELECT COUNT(*) FROM delivery").await?;
    // A gateway that stands still may still have sent a message after each start.
    let gone = stock.queued - usize::try_from(queued)?;
    ensure!(gone <= 2 * rounds, "{gone} queued messages are gone");
    Ok(times)
}

/// A list of the API and what it costs.
struct List {
    name: &'static str,
    values: Vec<f64>,
}

async fn measure_lists(
    rounds: usize,
    site: &Site,
    database: &Database,
    stock: Stock,
) -> anyhow::Result<Vec<List>> {
    let (daemon, _) = site.start().await?;
    let stored = database.count("SELECT COUNT(*) FROM message").await?;
    ensure!(
        usize::try_from(stored)? == stock.messages,
        "{stored} messages are stored"
    );
    let conversation = newest_conversation(site).await?;
    let events = stock.messages / 2;
    let lists = [
        (
            "a page of conversations",
            "/v1/conversations?limit=50".to_owned(),
        ),
        ("a page of messages", "/v1/messages?limit=50".to_owned()),
        (
            "a page of messages that wait",
            "/v1/messages?status=queued&limit=50".to_owned(),
        ),
        (
            "a page of a timeline",
            format!("/v1/conversations/{conversation}/timeline?limit=50"),
        ),
        (
            "a page of issues",
            "/v1/issues?state=unassigned&limit=50".to_owned(),
        ),
        (
            "a page of the feed",
            format!("/v1/events?after={events}&limit=50"),
        ),
    ];
    let mut measured = Vec::new();
    for (name, target) in lists {
        let mut values = Vec::new();
        for _ in 0..rounds {
            values.push(measure_list(site, &target).await?);
        }
        measured.push(List { name, values });
    }
    daemon.stop().await?;
    Ok(measured)
}

async fn measure_list(site: &Site, target: &str) -> anyhow::Result<f64> {
    let requests = Requests::repeat(&get(&site.key, target), ASKED);
    let load = load(
        site.address,
        1,
        requests,
        std::time::Duration::from_secs(10),
    )
    .await?;
    ensure!(load.refused == 0, "{target} was refused");
    Ok(percentile(&load.latencies, 0.99))
}

async fn newest_conversation(site: &Site) -> anyhow::Result<String> {
    let mut connection = Connection::open(site.address).await?;
    let request = get(&site.key, "/v1/conversations?limit=50");
    let status = connection.ask(&request).await?;
    let page: Value = serde_json::from_slice(connection.body())?;
    let data = page["data"].as_array().map_or(0, Vec::len);
    ensure!(
        status == 200 && data == 50,
        "a page of conversations: {status}, {data} of 50"
    );
    Ok(page["data"][0]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned())
}
