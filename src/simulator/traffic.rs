//! `postern simulate`: texts in at a steady rate, a line for each, and a carrier beside it.

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::hook::{Hook, Posted};
use super::{Simulator, SimulatorConfig, SimulatorFault, inbound};

/// How many posts may wait for their answer at once.
const UNDER_WAY: usize = 256;

/// What `postern simulate` does.
pub struct Traffic {
    /// Where to take texts as a carrier until it is stopped; nowhere when nothing is given.
    pub carrier: Option<(SocketAddr, String)>,
    /// The URL that customers' texts are posted to; none are when nothing is given.
    pub hook_url: Option<String>,
    /// The secret of the signatures: base64, with or without `whsec_` before it.
    pub secret: String,
    /// The number or code that customers text to.
    pub to: String,
    /// How many texts come in.
    pub count: u32,
    /// How many texts come in each second.
    pub rate: NonZeroU32,
}

/// Posts customers' texts and prints a line for each; then serves as the carrier, when asked to,
/// until `stop` is cancelled. Says how many texts were not taken.
///
/// # Errors
///
/// When the secret is not base64, the address cannot be listened on, or a line not printed.
pub async fn run(
    traffic: Traffic,
    out: &mut (impl Write + Send),
    stop: &CancellationToken,
) -> Result<u32, SimulatorFault> {
    let mut carrier = None;
    if let Some((listen, api_key)) = &traffic.carrier {
        let config = SimulatorConfig {
            listen: *listen,
            ..SimulatorConfig::new(api_key, &traffic.secret)
        };
        let simulator = Simulator::start(config, stop).await?;
        writeln!(out, "carrier listening on http://{}", simulator.address())?;
        carrier = Some(simulator);
    }
    let mut refused = 0;
    if let Some(url) = &traffic.hook_url {
        refused = text_in(&traffic, url, out, stop).await?;
    }
    if let Some(simulator) = carrier {
        stop.cancelled().await;
        simulator.stop().await;
    }
    Ok(refused)
}

async fn text_in(
    traffic: &Traffic,
    url: &str,
    out: &mut (impl Write + Send),
    stop: &CancellationToken,
) -> Result<u32, SimulatorFault> {
    let hook = Hook::new(&traffic.secret)?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / traffic.rate.get());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut under_way = FuturesUnordered::new();
    let mut next = 0;
    let mut refused = 0;
    while next < traffic.count || !under_way.is_empty() {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick(), if next < traffic.count && under_way.len() < UNDER_WAY => {
                under_way.push(text_number(next, traffic, url, &hook));
                next += 1;
            }
            Some((number, from, posted)) = under_way.next() => {
                refused += u32::from(!posted.taken());
                print_line(out, number, &from, &posted)?;
            }
        }
    }
    Ok(refused)
}

async fn text_number(
    number: u32,
    traffic: &Traffic,
    url: &str,
    hook: &Hook,
) -> (u32, String, Posted) {
    // A hundred fictional numbers in each of eight hundred area codes.
    let area = 200 + (number / 100) % 800;
    let from = format!("+1{area}55501{:02}", number % 100);
    let text = format!("Text number {} of the simulated carrier", number + 1);
    let posted = hook.post(url, &inbound(&from, &traffic.to, &text)).await;
    (number, from, posted)
}

fn print_line(
    out: &mut impl Write,
    number: u32,
    from: &str,
    posted: &Posted,
) -> Result<(), std::io::Error> {
    let answer = match posted.status {
        Some(status) => status.to_string(),
        None => "no answer".to_owned(),
    };
    writeln!(
        out,
        "{} {} from {from}: {answer} after {} tries",
        number + 1,
        posted.id,
        posted.tries
    )
}
