//! What time alone calls for: answers that need not be remembered any longer, and reports that
//! nobody claimed.

use std::time::Duration;

use super::{Engine, EngineFault};
use crate::domain::clock::Timestamp;
use crate::domain::id::QuarantineId;
use crate::domain::quarantine::Quarantined;
use crate::store::{idempotency, raw, reference};

/// How long an answer is remembered for its `Idempotency-Key`.
const REMEMBER_ANSWERS: Duration = Duration::from_hours(48);

/// How long a report may wait for its reference before operators are told of it (I24).
const PARK_REPORTS: Duration = Duration::from_hours(24);

/// How much is done in one transaction, so that nobody waits for it.
const STEP: u32 = 500;

impl Engine {
    /// Does a step of each duty; says whether more is left.
    pub async fn keep_house(&self) -> Result<bool, EngineFault> {
        let now = self.context.clock.now();
        let forget = Timestamp(now.0.saturating_sub(micros(REMEMBER_ANSWERS)));
        let overdue = Timestamp(now.0.saturating_sub(micros(PARK_REPORTS)));
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let forgotten = idempotency::delete_answers(&mut tx.conn, forget, STEP).await?;
                    let reports = reference::list_parked(&mut tx.conn, overdue, STEP).await?;
                    for report in &reports {
                        let Some(raw) = report.raw else {
                            continue;
                        };
                        let one = Quarantined {
                            id: QuarantineId::new(),
                            gateway: report.gateway.clone(),
                            reason: format!(
                                "a report for {:?}, which no message of ours has",
                                report.reference
                            ),
                            raw,
                            received_at: report.received_at,
                            replayed_at: None,
                        };
                        raw::insert_quarantined(&mut tx.conn, &one).await?;
                    }
                    reference::delete_parked(&mut tx.conn, &reports).await?;
                    Ok(forgotten == u64::from(STEP) || reports.len() == STEP as usize)
                })
            })
            .await
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
