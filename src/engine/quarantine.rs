//! What came in and could not be read: kept, listed, and read again on order.

use std::sync::Arc;

use crate::channel::{Callback, CallbackRequest};
use crate::domain::id::QuarantineId;
use crate::domain::message::RawRequest;
use crate::domain::quarantine::Quarantined;
use crate::store::{StoreFault, mail, raw};

use super::{Engine, EngineFault, Line};

/// Why something was not read again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// There is no such thing.
    #[error("nothing in quarantine has this id")]
    Unknown,
    /// Its gateway is not configured any more.
    #[error("gateway {0} is not configured")]
    NoGateway(String),
    /// It still cannot be read.
    #[error("it still cannot be read: {0}")]
    Unreadable(String),
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for ReplayFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

impl Engine {
    /// Keeps a request that proved who sent it and could not be read.
    pub async fn quarantine(
        &self,
        line: &Line,
        raw: Arc<RawRequest>,
        reason: &str,
    ) -> Result<(), EngineFault> {
        let one = Quarantined {
            id: QuarantineId::new(),
            gateway: line.spec.name.clone(),
            reason: reason.to_owned(),
            raw: raw.id,
            received_at: raw.received_at,
            replayed_at: None,
        };
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    raw::insert_raw_requests(&mut tx.conn, &[&*raw]).await?;
                    Ok(raw::insert_quarantined(&mut tx.conn, &one).await?)
                })
            })
            .await
    }

    /// Reads one of them again, as if it came now; what it says is stored once, however often.
    pub async fn replay(&self, id: QuarantineId) -> Result<Quarantined, ReplayFault> {
        let mut conn = self.context.store.read().await?;
        let one = raw::find_quarantined(&mut conn, id)
            .await?
            .ok_or(ReplayFault::Unknown)?;
        let request = raw::find_raw_request(&mut conn, one.raw).await?;
        let kept = mail::find_raw_mail(&mut conn, one.raw).await?;
        drop(conn);
        let line = self
            .line(&one.gateway)
            .ok_or_else(|| ReplayFault::NoGateway(one.gateway.to_string()))?;
        match (request, kept) {
            (Some(request), _) => self.replay_request(line, request).await?,
            (None, Some(kept)) => self.replay_mail(line, kept, id).await?,
            (None, None) => return Err(ReplayFault::Unknown),
        }
        let now = self.context.clock.now();
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    raw::update_replayed(&mut tx.conn, id, now).await?;
                    raw::find_quarantined(&mut tx.conn, id)
                        .await?
                        .ok_or(ReplayFault::Unknown)
                })
            })
            .await
    }

    async fn replay_request(&self, line: &Line, request: RawRequest) -> Result<(), ReplayFault> {
        let callbacks = read_again(line, &request).map_err(ReplayFault::Unreadable)?;
        let raw = Arc::new(request);
        for callback in callbacks {
            self.apply(line, callback, Arc::clone(&raw)).await?;
        }
        Ok(())
    }

    /// Does what one callback calls for.
    pub async fn apply(
        &self,
        line: &Line,
        callback: Callback,
        raw: Arc<RawRequest>,
    ) -> Result<(), EngineFault> {
        match callback {
            Callback::Message(text) => self.receive(line, text, raw).await.map(drop),
            Callback::Report(report) => self.report(line, report, raw).await.map(drop),
            Callback::Ignored => Ok(()),
        }
    }
}

fn read_again(line: &Line, request: &RawRequest) -> Result<Vec<Callback>, String> {
    let mut headers = http::HeaderMap::new();
    for (name, value) in &request.headers {
        let name =
            http::HeaderName::from_bytes(name.as_bytes()).map_err(|fault| fault.to_string())?;
        let value = http::HeaderValue::from_str(value).map_err(|fault| fault.to_string())?;
        headers.append(name, value);
    }
    let method =
        http::Method::from_bytes(request.method.as_bytes()).map_err(|fault| fault.to_string())?;
    let request = CallbackRequest {
        method: &method,
        path_and_query: &request.target,
        headers: &headers,
        body: &request.body,
        received_at: request.received_at,
    };
    let gateway = line.gateway.texts();
    let gateway = gateway.ok_or("the gateway now carries mail, and no provider posts to it")?;
    gateway.read(&request).map_err(|fault| fault.reason)
}
