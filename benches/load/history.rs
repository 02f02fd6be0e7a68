//! What a long history costs: everything that a person waits for, at a tenth of it and at all.

mod fill;

use std::time::{Duration, Instant};

use anyhow::ensure;
use postern::domain::clock::Clock;
use serde_json::Value;

use crate::arguments::Arguments;
use crate::client::{Connection, load};
use crate::daemon::{STANDSTILL, Site};
use crate::database::Place;
use crate::measure::percentile;
use crate::provider::Provider;
use crate::requests::{GATEWAY, Requests, get};
use crate::table::{Limit, Row, Table};

/// How often each thing is asked for.
const ASKED: usize = 200;

/// What nobody may wait longer for, in milliseconds (issue 4).
const PATIENCE: f64 = 50.0;

/// Below this a figure is noise, and its double is no growth, in milliseconds.
const NOISE: f64 = 1.0;

/// What a request cost.
struct Cost {
    name: String,
    p50: f64,
    p99: f64,
}

/// Measures both sizes, and adds the larger one to the table, beside the smaller.
pub async fn run(arguments: &Arguments, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let provider = Provider::start()?;
    let large = if arguments.quick { 100_000 } else { 1_000_000 };
    let mut costs = Vec::new();
    for (name, messages) in [("short", large / 10), ("long", large)] {
        let database = place.database(name).await?;
        let site = Site::make(
            place.folder(),
            name,
            &database,
            provider.address,
            STANDSTILL,
        )?;
        let started = Instant::now();
        fill::fill(&database, messages, Clock::System.now().0).await?;
        eprintln!(
            "bench: {}, a history of {messages} messages, filled in {:.0} s",
            place.kind.name(),
            started.elapsed().as_secs_f64()
        );
        costs.push(measure(&site).await?);
    }
    let [small, large] = &costs[..] else {
        return Ok(());
    };
    for (small, large) in small.iter().zip(large) {
        let ratio = large.p99 / small.p99.max(NOISE);
        table.rows.push(Row {
            name: format!(
                "{}, p99 (p50 {:.2}; at a tenth p99 {:.2}, p50 {:.2}; ratio {ratio:.2})",
                large.name, large.p50, small.p99, small.p50
            ),
            unit: "ms",
            values: vec![large.p99],
            ceiling: Vec::new(),
            limits: Some((
                Limit::Most(PATIENCE.min(2.0 * small.p99.max(NOISE))),
                Limit::Most(10.0),
            )),
        });
    }
    Ok(())
}

async fn measure(site: &Site) -> anyhow::Result<Vec<Cost>> {
    let (daemon, _) = site.start().await?;
    let conversation = a_conversation(site).await?;
    let mut costs = Vec::new();
    for (name, target) in targets(&conversation) {
        let requests = Requests::repeat(&get(&site.key, &target), ASKED);
        costs.push(cost(site, &name, requests).await?);
    }
    let requests = Requests::texts(ASKED);
    costs.push(cost(site, "receive a text", requests).await?);
    let requests = Requests::sends(&site.key, ASKED);
    costs.push(cost(site, "submit a text", requests).await?);
    daemon.stop().await?;
    Ok(costs)
}

fn targets(conversation: &str) -> Vec<(String, String)> {
    let list = |view: &str| {
        let name = format!("list: {view}");
        (name, format!("/v1/conversations?{view}&limit=50"))
    };
    let search = |name: &str, query: &str| {
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        (
            format!("search: {name}"),
            format!("/v1/search?q={query}&limit=50"),
        )
    };
    let by_time = |name: &str, query: &str| {
        let (name, target) = search(name, query);
        (format!("{name}, by time"), format!("{target}&sort=time"))
    };
    let within = |(name, target): (String, String)| {
        (
            format!("{name}, in one conversation"),
            format!("{target}&conversation={conversation}"),
        )
    };
    let mut targets: Vec<_> = [
        "inbox",
        "mine",
        "unassigned",
        "snoozed",
        "done",
        "archived",
        "failed",
        "all",
    ]
    .map(|view| list(&format!("view={view}")))
    .into();
    targets.extend([
        list("view=all&tag=vip"),
        list(&format!("view=inbox&gateway={GATEWAY}")),
        ("counts".to_owned(), "/v1/conversations/counts".to_owned()),
        (
            "a page of a timeline".to_owned(),
            format!("/v1/conversations/{conversation}/timeline?limit=50"),
        ),
        (
            "a page of issues".to_owned(),
            "/v1/issues?state=unassigned&limit=50".to_owned(),
        ),
        search("a word in all messages", "order"),
        search("a word in one of 50", "refund"),
        search("a word in one of 10,000", "zanzibar"),
        search("a word in none", "nowhere"),
        search("a phrase", "\"order 77777 has\""),
        search("a number", "\"(201) 555-0177\""),
        search(
            "words and fields",
            "refund from:201-555-0150 status:received",
        ),
        search("fields only", "is:unassigned tag:vip"),
        search("a field that is rare", "status:failed"),
        search("a word in trouble", "order status:failed -refund"),
        by_time("a word in all messages", "order"),
        by_time("a word in one of 10,000", "zanzibar"),
        by_time("words and a state", "order is:unassigned"),
        within(search("a word in all messages", "order")),
    ]);
    targets
}

async fn cost(site: &Site, name: &str, requests: Requests) -> anyhow::Result<Cost> {
    let load = load(site.address, 1, requests, Duration::from_secs(30)).await?;
    ensure!(load.refused == 0 && load.accepted > 0, "{name} was refused");
    let cost = Cost {
        name: name.to_owned(),
        p50: percentile(&load.latencies, 0.5),
        p99: percentile(&load.latencies, 0.99),
    };
    eprintln!(
        "bench: {name}: p50 {:.2} ms, p99 {:.2} ms",
        cost.p50, cost.p99
    );
    Ok(cost)
}

/// The hundredth conversation of the inbox.
async fn a_conversation(site: &Site) -> anyhow::Result<String> {
    let mut connection = Connection::open(site.address).await?;
    let status = connection
        .ask(&get(&site.key, "/v1/conversations?limit=100"))
        .await?;
    let page: Value = serde_json::from_slice(connection.body())?;
    let id = page["data"][99]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    ensure!(
        status == 200 && !id.is_empty(),
        "a page of conversations: {status}"
    );
    Ok(id)
}
