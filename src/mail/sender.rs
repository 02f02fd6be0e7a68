//! Who wrote a mail, where answers go, and to whom it was sent.

use crate::domain::address::Address;
use crate::domain::mail::Mailbox;

use super::addresses::{self, normal};
use super::fields::Fields;

/// How many mailboxes of a field with writers are looked at.
const WRITERS: usize = 20;

/// How many fields that name a recipient are looked at.
const RECIPIENTS: usize = 100;

/// Fields in which servers write for whom they took a mail.
const DELIVERED: [&str; 9] = [
    "Delivered-To",
    "X-Original-To",
    "X-Delivered-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Rcpt-To",
    "X-Forwarded-To",
    "X-MS-Exchange-Organization-OriginalRecipient",
    "Apparently-To",
];

/// Where the writer is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// In From, alone.
    From,
    /// In From, among others.
    Several,
    /// In another field, because a list or a group took From for itself.
    Rewritten,
    /// In another field, because there is nobody in From; or nowhere.
    Elsewhere,
}

/// Who wrote a mail.
#[derive(Debug)]
pub(super) struct Sender {
    /// The writer.
    pub(super) from: Option<Mailbox>,
    /// Where answers shall go, when not to the writer.
    pub(super) reply_to: Option<Mailbox>,
    /// Where the writer is named.
    pub(super) source: Source,
}

/// Reads who wrote it.
///
/// Mailing lists and group mailboxes put their own address into From and the writer into another
/// field. Anybody can do the same, so what is found there is verified by itself.
pub(super) fn read(fields: Fields<'_>, own: &[Address]) -> Sender {
    let written: Vec<Mailbox> = fields.all("From").flat_map(list).take(WRITERS).collect();
    let sender = first(fields, "Sender");
    let from = match written.as_slice() {
        [] => sender.clone().or_else(|| stand_in(fields)),
        [one] => Some(one.clone()),
        [head, ..] => {
            let is_sender = |one: &&Mailbox| sender.as_ref().is_some_and(|s| same(s, one));
            Some(written.iter().find(is_sender).unwrap_or(head).clone())
        }
    };
    let answers: Vec<Mailbox> = fields
        .all("Reply-To")
        .flat_map(list)
        .take(WRITERS)
        .collect();
    let rewritten = from
        .as_ref()
        .and_then(|from| writer(fields, from, &answers, own));
    let source = match written.len() {
        _ if rewritten.is_some() => Source::Rewritten,
        0 => Source::Elsewhere,
        1 => Source::From,
        _ => Source::Several,
    };
    let from = rewritten.or(from);
    let posting = list_address(fields);
    let elsewhere = |one: &&Mailbox| {
        let is_from = from.as_ref().is_some_and(|from| same(from, one));
        let is_list = posting.as_ref().is_some_and(|list| same(list, one));
        !is_from && !is_list && !is_own(one, own)
    };
    let reply_to = answers.iter().find(elsewhere).cloned();
    Sender {
        from,
        reply_to,
        source,
    }
}

/// Everybody that servers took it for, lower-cased, each once.
pub(super) fn delivered_to(fields: Fields<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for name in DELIVERED {
        for one in fields.all(name).take(RECIPIENTS).flat_map(list) {
            let address = one.address.to_lowercase();
            if !found.contains(&address) && found.len() < RECIPIENTS {
                found.push(address);
            }
        }
    }
    found
}

/// The tags of plus-addresses, each once.
pub(super) fn tags<'a>(addresses: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for address in addresses {
        let local = address.rsplit_once('@').map_or("", |(local, _)| local);
        let tag = local.split_once('+').map_or("", |(_, tag)| tag);
        if !tag.is_empty() && !found.iter().any(|known| known == tag) && found.len() < RECIPIENTS {
            found.push(tag.to_owned());
        }
    }
    found
}

/// The writer, where From names a list or a group that the mail went through.
fn writer(
    fields: Fields<'_>,
    from: &Mailbox,
    answers: &[Mailbox],
    own: &[Address],
) -> Option<Mailbox> {
    let name = from.name.as_deref().unwrap_or_default();
    let via = name
        .rsplit_once(" via ")
        .map(|(writer, _)| writer.trim_matches(['\'', '"', ' ']));
    let is_list = fields.first("List-Id").is_some() || fields.first("List-Post").is_some();
    let is_group = is_own(from, own) || is_list;
    if !is_group || !(via.is_some() || is_own(from, own)) {
        return None;
    }
    let other = |one: &Mailbox| !same(one, from) && !is_own(one, own);
    let named = ["X-Original-From", "X-Original-Sender"];
    let mut named = named.iter().filter_map(|name| first(fields, name));
    // A form on a web site writes from our own address, for whom it names in Reply-To.
    let answer = match answers {
        [one] => Some(one.clone()),
        _ => None,
    };
    let mut found = named.find(other).or(answer).filter(other)?;
    if found.name.is_none() {
        found.name = via.map(ToOwned::to_owned).filter(|name| !name.is_empty());
    }
    Some(found)
}

/// Whom to take for the writer when From is missing.
fn stand_in(fields: Fields<'_>) -> Option<Mailbox> {
    let others = ["Resent-From", "X-Original-From", "Reply-To", "Return-Path"];
    others.iter().find_map(|name| first(fields, name))
}

fn list(value: &[u8]) -> Vec<Mailbox> {
    addresses::read(value, WRITERS)
}

fn first(fields: Fields<'_>, name: &str) -> Option<Mailbox> {
    fields
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name))
        .find_map(|(_, value)| list(value).into_iter().next())
}

/// Where one writes to a mailing list (RFC 2369).
fn list_address(fields: Fields<'_>) -> Option<Mailbox> {
    first(fields, "List-Post")
}

fn same(one: &Mailbox, other: &Mailbox) -> bool {
    one.address.to_lowercase() == other.address.to_lowercase()
}

/// Whether it is one of our own addresses, with or without a tag.
fn is_own(one: &Mailbox, own: &[Address]) -> bool {
    let Some(Address::Email(address)) = normal(one) else {
        return false;
    };
    let untagged = address.split_once('@').map(|(local, domain)| {
        let local = local.split_once('+').map_or(local, |(local, _)| local);
        format!("{local}@{domain}")
    });
    own.iter()
        .any(|known| known.value() == address || Some(known.value()) == untagged.as_deref())
}
