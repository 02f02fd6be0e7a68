//! What is in the mailbox, and the mails themselves.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;

use super::answer::Response;
use super::assembler::Limits;
use super::fault::{ImapFault, Step};
use super::name::words;
use super::session::{Session, set};
use crate::domain::clock::Timestamp;

/// A search over a large mailbox answers with one line: a number for each mail.
const SEARCHED: Limits = Limits {
    text: 16 << 20,
    ..Limits::USUAL
};

/// Mails that come slower than this, in bytes per second, do not come.
const SLOWEST: u64 = 20_000;

/// A mail in the mailbox, not fetched yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its UID.
    pub uid: u32,
    /// How long it is, in bytes, as the server says.
    pub size: u64,
    /// When the server received it.
    pub internal_date: Option<Timestamp>,
}

/// A mail as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMail {
    /// Its UID.
    pub uid: u32,
    /// Every byte of it, or of its headers.
    pub raw: Bytes,
}

impl Session {
    /// The mails with these UIDs, in their order; those that are not there are left out.
    ///
    /// # Errors
    ///
    /// When the server refuses, or the session is broken.
    pub async fn list(&mut self, first: u32, last: u32) -> Result<Vec<Listed>, ImapFault> {
        let mut found = HashMap::new();
        let command = [words(format!(
            "UID FETCH {first}:{last} (UID RFC822.SIZE INTERNALDATE)"
        ))];
        let note = |response| {
            let Response::Fetch(fetched) = response else {
                return;
            };
            let Some(uid) = fetched.uid.filter(|uid| (first..=last).contains(uid)) else {
                return;
            };
            // What the server tells by itself of a mail leaves out what was asked for.
            let listed = found.entry(uid).or_insert(Listed {
                uid,
                size: 0,
                internal_date: None,
            });
            listed.size = fetched.size.unwrap_or(listed.size);
            listed.internal_date = fetched.internal_date.or(listed.internal_date);
        };
        self.ask(Step::List, &command, Limits::USUAL, "", note)
            .await?;
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_unstable_by_key(|listed| listed.uid);
        Ok(found)
    }

    /// The UIDs that are there, of these.
    ///
    /// # Errors
    ///
    /// When the server refuses, or the session is broken.
    pub async fn search(&mut self, first: u32, last: u32) -> Result<Vec<u32>, ImapFault> {
        let mut found = self.find(&format!("UID {first}:{last}")).await?;
        // `n:*` names the last mail even where it is below n.
        found.retain(|uid| (first..=last).contains(uid));
        Ok(found)
    }

    /// The UIDs of mails that the server received on that day or later, where `day` is as in
    /// `31-Jan-2026`; a day is the server's, so ask for the one before.
    ///
    /// # Errors
    ///
    /// When the server refuses, or the session is broken.
    pub async fn search_since(&mut self, day: &str) -> Result<Vec<u32>, ImapFault> {
        self.find(&format!("SINCE {day}")).await
    }

    async fn find(&mut self, what: &str) -> Result<Vec<u32>, ImapFault> {
        let mut found = Vec::new();
        let command = [words(format!("UID SEARCH {what}"))];
        let note = |response| {
            if let Response::Search(more) = response {
                found.extend(more);
            }
        };
        self.ask(Step::List, &command, SEARCHED, "", note).await?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Fetches whole mails without marking them as seen, in the order of their UIDs. What the
    /// server does not hand out is missing; no mail may be longer than `longest`.
    ///
    /// # Errors
    ///
    /// When the server refuses, announces more than `longest`, or the session is broken.
    pub async fn fetch(
        &mut self,
        mails: &[Listed],
        longest: u64,
    ) -> Result<Vec<RawMail>, ImapFault> {
        self.fetch_part(mails, longest, "BODY.PEEK[]").await
    }

    /// Fetches only the headers, and of those no more than `longest`.
    ///
    /// # Errors
    ///
    /// As [`Session::fetch`].
    pub async fn fetch_headers(
        &mut self,
        mails: &[Listed],
        longest: u64,
    ) -> Result<Vec<RawMail>, ImapFault> {
        let part = format!("BODY.PEEK[HEADER]<0.{longest}>");
        self.fetch_part(mails, longest, &part).await
    }

    async fn fetch_part(
        &mut self,
        mails: &[Listed],
        longest: u64,
        part: &str,
    ) -> Result<Vec<RawMail>, ImapFault> {
        let uids: Vec<u32> = mails.iter().map(|mail| mail.uid).collect();
        let bytes: u64 = mails.iter().map(|mail| mail.size.min(longest)).sum();
        let budget = self.deadlines.command + Duration::from_secs(bytes / SLOWEST);
        let command = [words(format!("UID FETCH {} (UID {part})", set(&uids)))];
        let limits = Limits {
            literal: longest,
            ..Limits::USUAL
        };
        let mut found = HashMap::new();
        let note = |response| {
            let Response::Fetch(fetched) = response else {
                return;
            };
            if let (Some(uid), Some(raw)) = (fetched.uid, fetched.body)
                && uids.contains(&uid)
            {
                found.entry(uid).or_insert(RawMail { uid, raw });
            }
        };
        self.ask_within(budget, Step::Fetch, &command, limits, "", note)
            .await?;
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_unstable_by_key(|mail| mail.uid);
        Ok(found)
    }
}
