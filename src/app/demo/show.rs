//! What the demo prints: where everything is, three lines to paste, and a line for each event.
//!
//! It may show words and numbers, as no log may: all of its customers are invented.

use std::io::Write;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::domain::event::Event;
use crate::domain::message::{Direction, Message};
use crate::engine::Engine;
use crate::simulator::Simulator;

/// How many events are read at once.
const PAGE: u32 = 100;

/// Prints where everything is, and what to try.
pub(super) fn welcome(
    out: &mut impl Write,
    app: &App,
    carrier: &Simulator,
    folder: &Path,
    key: &str,
) -> std::io::Result<()> {
    let (api, admin, carrier) = (app.address, app.admin_address, carrier.address());
    let folder = folder.display();
    writeln!(
        out,
        "postern is up, on an empty database, with two gateways at a simulated carrier and
a mailbox at a simulated post office.

  API          http://{api}/v1
  reference    http://{api}/docs
  metrics      http://{admin}/metrics
  carrier      http://{carrier}
  files        {folder}
  API key      {key}

Paste these into another terminal:

See the conversations:
  curl -s -H 'Authorization: Bearer {key}' http://{api}/v1/conversations

Answer one (this customer reads what you send):
  curl -s -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{{\"to\": \"+12025550150\", \"text\": \"Yes, we have two left.\"}}' http://{api}/v1/messages

Watch the stream:
  curl -sN -H 'Authorization: Bearer {key}' http://{api}/v1/events/stream

The last two digits of a number decide what becomes of a text to it: 50 reads it, 51 gets it
late, 70 to 77 fail, 60 answers STOP. Mail: ana@customer.example answers, reader@… reads,
away@… is out of office, gone@… bounces. Ctrl-C ends all of this.
"
    )?;
    out.flush()
}

/// Prints a line for each event until `stop` is cancelled.
pub(super) async fn follow(
    out: &mut (impl Write + Send),
    engine: &Engine,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut head = engine.feed().changes();
    let mut seq = 0;
    loop {
        for event in engine.feed().after(seq, PAGE).await? {
            seq = event.seq;
            let words = words(engine, &event).await?;
            let time = event.at.to_string();
            let time = time.get(11..19).unwrap_or_default();
            writeln!(out, "{time}  {:<22} {words}", event.kind.as_str())?;
        }
        out.flush()?;
        if engine.feed().head() > seq {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = head.changed() => if changed.is_err() { return Ok(()) },
        }
    }
}

/// What a person would say of the event.
async fn words(engine: &Engine, event: &Event) -> anyhow::Result<String> {
    let data: serde_json::Value = serde_json::from_str(&event.data)?;
    let id = data["message"].as_str().and_then(|id| id.parse().ok());
    let Some(id) = id else {
        return Ok(of_no_message(&data));
    };
    let details = engine.read().message(id).await?;
    let Some(Message {
        direction,
        from,
        to,
        text,
        ..
    }) = details.map(|details| details.message)
    else {
        return Ok(String::new());
    };
    let who = match direction {
        Direction::Inbound => format!("{from} → {to}"),
        Direction::Outbound => format!("{to} ← {from}"),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = data["error"]["detail"].as_str();
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    Ok(format!("{who}  {text}{why}"))
}

fn of_no_message(data: &serde_json::Value) -> String {
    if let Some(number) = data["number"].as_i64() {
        return format!("issue {number}");
    }
    let known = ["gateway", "contact", "issue", "reason"];
    let known = known.iter().filter_map(|name| data[*name].as_str());
    known.collect::<Vec<_>>().join(" ")
}
