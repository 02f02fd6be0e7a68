//! A session in which somebody is logged in.

use std::time::Duration;

use tokio::time::timeout;

use super::account::{Account, Deadlines};
use super::answer::{Response, Status, Told};
use super::assembler::Limits;
use super::fault::{FaultKind, ImapFault, Step, WireFault};
use super::name::{self, Piece, words};
use super::wire::Wire;
use crate::domain::mailbox::AfterRead;

/// What a server says of a mailbox when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    /// Under which epoch its UIDs are valid (RFC 9051, 2.3.1.1).
    pub uidvalidity: u32,
    /// The UID that the next mail will have at least, where the server tells it.
    pub uidnext: Option<u32>,
    /// How many mails are in it.
    pub exists: u32,
}

/// An open session; dropping it closes the connection.
#[derive(Debug)]
pub struct Session {
    pub(super) wire: Wire,
    pub(super) server: String,
    pub(super) deadlines: Deadlines,
    pub(super) capabilities: Vec<String>,
    pub(super) after_read: AfterRead,
    /// Whether the server told of a change that was not looked at yet.
    pub(super) news: bool,
    mailbox: String,
}

impl Session {
    pub(super) fn new(wire: Wire, account: &Account, capabilities: Vec<String>) -> Self {
        Self {
            wire,
            server: account.server(),
            deadlines: account.deadlines,
            capabilities,
            after_read: account.imap.after_read.clone(),
            news: false,
            mailbox: account.imap.mailbox.clone(),
        }
    }

    /// Opens the mailbox, or looks at it again.
    ///
    /// # Errors
    ///
    /// When there is no such mailbox, it has no lasting UIDs, or the session is broken.
    pub async fn select(&mut self) -> Result<Selected, ImapFault> {
        let (mut uidvalidity, mut uidnext, mut exists) = (None, None, 0);
        let command = [words("SELECT"), name::mailbox(&self.mailbox)];
        let note = |response: Response| match response {
            Response::Exists(count) => exists = count,
            Response::Told(Told {
                code: Some((name, value)),
                ..
            }) => match name.as_str() {
                "UIDVALIDITY" => uidvalidity = value.trim().parse().ok(),
                "UIDNEXT" => uidnext = value.trim().parse().ok(),
                _ => {}
            },
            _ => {}
        };
        let fix = "; check mailbox";
        self.ask(Step::Select, &command, Limits::USUAL, fix, note)
            .await?;
        self.news = false;
        let Some(uidvalidity) = uidvalidity else {
            let reason = "the server gives the mailbox no UIDVALIDITY, so that nobody can tell \
                which mails were read";
            return Err(self.fault(Step::Select, FaultKind::Refused, reason));
        };
        Ok(Selected {
            uidvalidity,
            uidnext,
            exists,
        })
    }

    /// Does to stored mails what the configuration asks for; doing it twice changes nothing.
    ///
    /// # Errors
    ///
    /// When the server refuses, or the session is broken.
    pub async fn after_read(&mut self, uids: &[u32]) -> Result<(), ImapFault> {
        match self.after_read.clone() {
            AfterRead::Leave => Ok(()),
            AfterRead::Flag(flag) => self.store_flag(&set(uids), &flag).await,
            AfterRead::Move(target) => self.move_to(uids, &target).await,
        }
    }

    async fn store_flag(&mut self, set: &str, flag: &str) -> Result<(), ImapFault> {
        let command = [words(format!("UID STORE {set} +FLAGS.SILENT ({flag})"))];
        self.after(&command).await.map(drop)
    }

    async fn move_to(&mut self, uids: &[u32], target: &str) -> Result<(), ImapFault> {
        if self.can("MOVE") {
            let command = [
                words(format!("UID MOVE {}", set(uids))),
                name::mailbox(target),
            ];
            return self.creating(&command, target).await;
        }
        // A mail that has the flag was copied by an earlier try that got no further.
        let mut left = Vec::new();
        let search = [words(format!("UID SEARCH UNDELETED UID {}", set(uids)))];
        let note = |response| {
            if let Response::Search(found) = response {
                left.extend(found);
            }
        };
        self.ask(Step::AfterRead, &search, Limits::USUAL, "", note)
            .await?;
        left.retain(|uid| uids.contains(uid));
        if !left.is_empty() {
            let left = set(&left);
            let copy = [words(format!("UID COPY {left}")), name::mailbox(target)];
            self.creating(&copy, target).await?;
            self.store_flag(&left, "\\Deleted").await?;
        }
        // Without UIDPLUS only everybody's deleted mails could be expunged, and they are not ours.
        if self.can("UIDPLUS") {
            let expunge = [words(format!("UID EXPUNGE {}", set(uids)))];
            self.after(&expunge).await?;
        } else {
            let server = &self.server;
            tracing::warn!(%server, "the server can neither move mails nor expunge single ones: what was copied stays in the mailbox, marked as deleted");
        }
        Ok(())
    }

    /// Runs a command that needs a mailbox which may not exist yet.
    async fn creating(&mut self, command: &[Piece], target: &str) -> Result<(), ImapFault> {
        match self.after(command).await {
            Err(fault)
                if fault.kind == FaultKind::Refused && fault.reason.contains("TRYCREATE") =>
            {
                let create = [words("CREATE"), name::mailbox(target)];
                self.after(&create).await?;
                self.after(command).await
            }
            done => done,
        }
    }

    async fn after(&mut self, command: &[Piece]) -> Result<(), ImapFault> {
        let fix = "; check after_read";
        self.ask(Step::AfterRead, command, Limits::USUAL, fix, drop)
            .await
    }

    /// Says goodbye; whether the server hears it does not matter.
    pub async fn logout(mut self) {
        const PATIENCE: Duration = Duration::from_secs(2);
        let goodbye = async {
            let tag = self.wire.send(&[words("LOGOUT")]).await?;
            self.wire.finish(&tag, Limits::USUAL, drop).await
        };
        let _ = timeout(PATIENCE, goodbye).await;
    }

    /// Whether the server has a capability, named in upper case.
    pub(super) fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    /// Runs a command within the usual deadline; `fix` says what to look at when it is refused.
    pub(super) async fn ask(
        &mut self,
        step: Step,
        command: &[Piece],
        limits: Limits,
        fix: &str,
        each: impl FnMut(Response),
    ) -> Result<(), ImapFault> {
        let budget = self.deadlines.command;
        self.ask_within(budget, step, command, limits, fix, each)
            .await
    }

    /// Runs a command within a deadline.
    pub(super) async fn ask_within(
        &mut self,
        budget: Duration,
        step: Step,
        command: &[Piece],
        limits: Limits,
        fix: &str,
        mut each: impl FnMut(Response),
    ) -> Result<(), ImapFault> {
        let Self { wire, news, .. } = self;
        let run = async {
            let tag = wire.send(command).await?;
            let note = |response: Response| {
                *news |= matches!(response, Response::Exists(_));
                each(response);
            };
            wire.finish(&tag, limits, note).await
        };
        let told = match timeout(budget, run).await {
            Ok(Ok(told)) => told,
            Ok(Err(fault)) => return Err(self.broken(step, &fault)),
            Err(_) => return Err(self.late(step, budget)),
        };
        if told.status == Status::Ok {
            return Ok(());
        }
        let reason = refusal(&told) + fix;
        Err(self.fault(step, FaultKind::Refused, &reason))
    }

    /// Does something on the wire within the usual deadline.
    pub(super) async fn within<T>(
        &mut self,
        step: Step,
        work: impl AsyncFnOnce(&mut Wire) -> Result<T, WireFault>,
    ) -> Result<T, ImapFault> {
        let budget = self.deadlines.command;
        match timeout(budget, work(&mut self.wire)).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(fault)) => Err(self.broken(step, &fault)),
            Err(_) => Err(self.late(step, budget)),
        }
    }

    pub(super) fn fault(&self, step: Step, kind: FaultKind, reason: &str) -> ImapFault {
        ImapFault {
            server: self.server.clone(),
            step,
            kind,
            reason: reason.to_owned(),
        }
    }

    pub(super) fn broken(&self, step: Step, fault: &WireFault) -> ImapFault {
        self.fault(step, fault.kind(), &fault.reason())
    }

    fn late(&self, step: Step, budget: Duration) -> ImapFault {
        let reason = format!("the server did not answer within {} s", budget.as_secs());
        self.fault(step, FaultKind::Late, &reason)
    }
}

/// What a server said when it refused, with the code that says why.
pub(super) fn refusal(told: &Told) -> String {
    let code = told.code.as_ref().map(|(name, _)| format!("[{name}] "));
    format!(
        "the server refused: {}{}",
        code.unwrap_or_default(),
        told.words
    )
}

/// UIDs as a command names them: what is consecutive in one range.
pub(super) fn set(uids: &[u32]) -> String {
    let mut uids = uids.to_vec();
    uids.sort_unstable();
    uids.dedup();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == uid => *last = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    let shown = ranges.iter().map(|(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}:{last}")
        }
    });
    shown.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_named_in_ranges_and_no_other_is() {
        assert_eq!(set(&[5, 3, 4, 9, 11, 10, 4]), "3:5,9:11");
        assert_eq!(set(&[7]), "7");
        assert_eq!(set(&[1, 3]), "1,3");
    }
}
