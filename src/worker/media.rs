//! The loop that fetches the files of inbound messages from their providers.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::domain::attachment::Attachment;
use crate::engine::{Engine, EngineFault, MediaOutcome};
use crate::lifecycle::Tasks;

/// How often there is a look at what is due.
const POLL: Duration = Duration::from_secs(1);

/// How many files are fetched at once; each may be in memory as a whole.
const AT_ONCE: usize = 4;

/// Runs until a stop. What is under way then is fetched again after the next start.
pub async fn run(engine: Engine, tasks: Tasks) {
    if let Err(fault) = engine.retake_media().await {
        tracing::warn!(%fault, "files that were being fetched are waited for");
    }
    let mut under_way = FuturesUnordered::new();
    while !tasks.is_stopped() {
        let room = AT_ONCE.saturating_sub(under_way.len());
        match claim(&engine, room).await {
            Ok(claimed) => under_way.extend(claimed.into_iter().map(|one| fetch(&engine, one))),
            Err(fault) => tracing::warn!(%fault, "files are fetched later"),
        }
        tokio::select! {
            () = tasks.stopped() => {}
            () = engine.media_woken() => {}
            Some(()) = under_way.next(), if !under_way.is_empty() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn claim(engine: &Engine, room: usize) -> Result<Vec<Attachment>, EngineFault> {
    match u32::try_from(room).unwrap_or(0) {
        0 => Ok(Vec::new()),
        room => engine.claim_media(room).await,
    }
}

async fn fetch(engine: &Engine, claimed: Attachment) {
    let outcome = attempt(engine, &claimed).await;
    let (id, failed) = (claimed.id, matches!(outcome, MediaOutcome::GiveUp(_)));
    if failed {
        tracing::warn!(attachment = %id, "a file cannot be fetched");
    }
    if let Err(fault) = engine.record_media(claimed, outcome).await {
        // The claim ends by itself, and the file is fetched again.
        tracing::warn!(attachment = %id, %fault, "what came of a fetch was not recorded");
    }
}

async fn attempt(engine: &Engine, claimed: &Attachment) -> MediaOutcome {
    let Some(source) = &claimed.source else {
        return MediaOutcome::GiveUp("nobody said where it is".to_owned());
    };
    let Some(line) = engine.line(&source.gateway) else {
        return MediaOutcome::Again("its gateway is not configured any more".to_owned());
    };
    let Some(gateway) = line.gateway.texts() else {
        return MediaOutcome::GiveUp("its gateway carries mail by now".to_owned());
    };
    match gateway.fetch(&source.url).await {
        Ok(fetched) => MediaOutcome::Fetched(fetched.bytes, fetched.content_type),
        Err(fault) if fault.is_final() => MediaOutcome::GiveUp(fault.to_string()),
        Err(fault) => MediaOutcome::Again(fault.to_string()),
    }
}
