//! Waiting for news (RFC 2177).

use super::answer::{Response, Status};
use super::assembler::Limits;
use super::fault::{FaultKind, ImapFault, Step, WireFault};
use super::name::words;
use super::session::{Session, refusal};
use super::wire::Wire;

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The server told of mail.
    News,
    /// Nothing was told; that proves nothing, look anyway.
    Quiet,
}

impl Session {
    /// Whether the server can tell of mail by itself.
    pub fn can_idle(&self) -> bool {
        self.can("IDLE")
    }

    /// Waits until the server tells of mail or `enough` completes, and makes sure that the
    /// connection still works afterwards: one that died in silence is a fault.
    ///
    /// # Errors
    ///
    /// When the server refuses, or the session is broken.
    pub async fn idle(&mut self, enough: impl Future<Output = ()>) -> Result<Woken, ImapFault> {
        let (tag, mut news) = self.within(Step::Idle, begin).await?;
        news |= std::mem::take(&mut self.news);
        if !news {
            news = tokio::select! {
                told = wait(&mut self.wire) => told.map_err(|fault| self.broken(Step::Idle, &fault))?,
                () = enough => false,
            };
        }
        let end = async |wire: &mut Wire| {
            wire.line("DONE").await?;
            let note = |response| news |= matches!(response, Response::Exists(_));
            let told = wire.finish(&tag, Limits::USUAL, note).await?;
            Ok((told, news))
        };
        let (told, news) = self.within(Step::Idle, end).await?;
        if told.status != Status::Ok {
            return Err(self.fault(Step::Idle, FaultKind::Refused, &refusal(&told)));
        }
        Ok(if news { Woken::News } else { Woken::Quiet })
    }
}

/// Gets the server to listen; says whether it told of mail on the way, as it may when mail came
/// just before.
async fn begin(wire: &mut Wire) -> Result<(String, bool), WireFault> {
    let tag = wire.send(&[words("IDLE")]).await?;
    let mut news = false;
    loop {
        match wire.read(Limits::USUAL).await? {
            Response::Continue(_) => return Ok((tag, news)),
            Response::Exists(_) => news = true,
            Response::Done(done, _) if done == tag => {
                return Err(WireFault::Garbled("it offers IDLE and refuses it"));
            }
            _ => {}
        }
    }
}

/// Waits until there is mail.
async fn wait(wire: &mut Wire) -> Result<bool, WireFault> {
    loop {
        match wire.read(Limits::USUAL).await? {
            Response::Exists(_) => return Ok(true),
            Response::Done(..) => return Err(WireFault::Garbled("it ended IDLE by itself")),
            _ => {}
        }
    }
}
