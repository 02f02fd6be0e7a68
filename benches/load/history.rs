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
use crate::measure::{median, percentile};
use crate::provider::Provider;
use crate::requests::{GATEWAY, Requests, get};
use crate::table::{Limit, Row, Table};

/// How often each thing is asked for.
const ASKED: usize = 200;

/// What nobody may wait longer for, in milliseconds (issue 4).
const PATIENCE: f64 = 50.0;

/// Below this a figure is noise, and its double is no growth, in milliseconds.
const NOISE: f64 = 1.0;

/// What a request cost, in each round.
struct Cost {
    name: String,
    p50: Vec<f64>,
    p99: Vec<f64>,
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
        costs.push(measure(&site, arguments.rounds()).await?);
    }
    let [small, large] = &costs[..] else {
        return Ok(());
    };
    for (small, large) in small.iter().zip(large) {
        let [p50, p99] = [&large.p50, &large.p99].map(|all| median(all));
        let [tenth_p50, tenth_p99] = [&small.p50, &small.p99].map(|all| median(all));
        let ratio = p99 / tenth_p99.max(NOISE);
        table.rows.push(Row {
            name: format!(
                "{}, p99 (p50 {p50:.2}; at a tenth p99 {tenth_p99:.2}, p50 {tenth_p50:.2}; ratio {ratio:.2})",
                large.name
            ),
            unit: "ms",
            values: large.p99.clone(),
            ceiling: Vec::new(),
            limits: Some((
                Limit::Most(PATIENCE.min(2.0 * tenth_p99.max(NOISE))),
                Limit::Most(10.0),
            )),
        });
    }
    Ok(())
}

async fn measure(site: &Site, rounds: usize) -> anyhow::Result<Vec<Cost>> {
    let (daemon, _) = site.start().await?;
    let conversation = a_conversation(site).await?;
    let mut costs: Vec<Cost> = Vec::new();
    for _ in 0..rounds {
        for (name, target) in targets(&conversation) {
            let requests = Requests::repeat(&get(&site.key, &target), ASKED);
            cost(site, &name, requests, &mut costs).await?;
        }
        let requests = Requests::texts(ASKED);
        cost(site, "receive a text", requests, &mut costs).await?;
        let requests = Requests::sends(&site.key, ASKED);
        cost(site, "submit a text", requests, &mut costs).await?;
    }
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

/// Adds what a request cost in one round.
async fn cost(
    site: &Site,
    name: &str,
    requests: Requests,
    costs: &mut Vec<Cost>,
) -> anyhow::Result<()> {
    let load = load(site.address, 1, requests, Duration::from_secs(30)).await?;
    ensure!(load.refused == 0 && load.accepted > 0, "{name} was refused");
    let [p50, p99] = [0.5, 0.99].map(|share| percentile(&load.latencies, share));
    eprintln!("bench: {name}: p50 {p50:.2} ms, p99 {p99:.2} ms");
    match costs.iter_mut().find(|cost| cost.name == name) {
        Some(cost) => {
            cost.p50.push(p50);
            cost.p99.push(p99);
        }
        None => costs.push(Cost {
            name: name.to_owned(),
            p50: vec![p50],
            p99: vec![p99],
        }),
    }
    Ok(())
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
