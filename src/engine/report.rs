//! Report: what a provider says about a message becomes part of its timeline and its status.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::save::save;
use super::{Context, Engine, EngineFault, Line};
use crate::channel::InboundReport;
use crate::domain::message::{Note, RawRequest};
use crate::domain::report::{Applied, Report, Timelines, report};
use crate::store::{Tx, slice};

impl Engine {
    /// Applies a report; one that comes before its reference is known is kept until then.
    pub async fn report(
        &self,
        line: &Line,
        told: InboundReport,
        raw: Arc<RawRequest>,
    ) -> Result<Applied, EngineFault> {
        let at = told.at.unwrap_or(raw.received_at);
        let note = match (&told.failure, told.terminal_without_receipt) {
            (Some(failure), _) => Some(Note::from(failure)),
            (None, true) => {
                let detail = Some("the provider will not say whether it was delivered".to_owned());
                Some(Note {
                    detail,
                    ..Note::default()
                })
            }
            (None, false) => None,
        };
        let report = Report {
            gateway: line.spec.name.clone(),
            reference: told.reference,
            ours: told.ours,
            status: told.status,
            note,
            part: told.part.map(|part| (part.number, part.total)),
            at,
            no_receipt: told.terminal_without_receipt,
            raw: Some(raw),
        };
        self.report.ask(report).await
    }
}

pub(super) fn slice(
    tx: &mut Tx,
    commands: Arc<Vec<Report>>,
    context: Arc<Context>,
) -> BoxFuture<'_, Result<Vec<Applied>, EngineFault>> {
    Box::pin(async move {
        let now = context.clock.now();
        let ids = |one: &Report| {
            let ids = std::iter::once(one.reference.clone()).chain(one.ours.clone());
            ids.map(|id| (one.gateway.clone(), id)).collect::<Vec<_>>()
        };
        let keys: Vec<_> = commands.iter().flat_map(ids).collect();
        let loaded = slice::load_reported(&mut tx.conn, &keys).await?;
        let timelines = Timelines::new(loaded.messages, loaded.timelines);
        let (changes, applied) = report(&commands, loaded.references, timelines, now);
        save(tx, changes, now).await?;
        Ok(applied)
    })
}
