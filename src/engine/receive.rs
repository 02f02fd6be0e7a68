//! Receive: a customer's text is stored, filed and told of, or known already.

pub(super) mod mail;

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::save::save;
use super::{Context, Engine, EngineFault, Line};
use crate::channel::{InboundFile, InboundText};
use crate::domain::address::Address;
use crate::domain::assign::Roster;
use crate::domain::clock::Timestamp;
use crate::domain::gateway::FilingRules;
use crate::domain::message::RawRequest;
use crate::domain::receive::{Before, Consent, Inbound, Part, Receipt, RemoteFile, Reply, receive};
use crate::domain::threads::Threads;
use crate::sms;
use crate::store::{Conn, Tx, erase, message, roster, slice, suppression};

/// More parts than a text can have (3GPP TS 23.040, 9.2.3.24.1).
const MOST_PARTS: u32 = 255;

impl Engine {
    /// Stores a text that a gateway brought; a repeated one changes nothing.
    pub async fn receive(
        &self,
        line: &Line,
        text: InboundText,
        raw: Arc<RawRequest>,
    ) -> Result<Receipt, EngineFault> {
        let gateway = line.spec.name.as_str().to_owned();
        let brings_files = !text.files.is_empty();
        let inbound = inbound(line, text, raw);
        let is_answered = inbound.reply.is_some();
        let receipt = self.receive.ask(inbound).await?;
        if is_answered {
            self.context.wake(&line.spec.name);
        }
        if brings_files {
            self.context.media.notify_one();
        }
        if matches!(receipt, Receipt::Stored(_)) {
            metrics::counter!("postern_messages_received_total", "gateway" => gateway, "channel" => "sms")
                .increment(1);
        }
        Ok(receipt)
    }
}

fn inbound(line: &Line, text: InboundText, raw: Arc<RawRequest>) -> Inbound {
    let spec = &line.spec;
    let keyword = text
        .keyword
        .or_else(|| sms::keyword(&text.text, &spec.country));
    let rules = &spec.keywords;
    let (consent, reply) = match keyword {
        Some(sms::Keyword::Stop) => (Some(Consent::Withdrawn), rules.stop_reply.as_deref()),
        Some(sms::Keyword::Start) => (Some(Consent::Given), None),
        Some(sms::Keyword::Help) => (Some(Consent::Asked), rules.help_reply.as_deref()),
        None => {
            let doubtful = sms::may_opt_out(&text.text);
            (doubtful.then_some(Consent::Doubtful), None)
        }
    };
    let counted = sms::segment(&text.text);
    let courtesy = keyword.is_none() && text.media == 0 && sms::is_courtesy(&text.text);
    let part = text.part.map(|part| Part {
        key: part.key,
        number: part.number,
        total: part.total,
    });
    Inbound {
        gateway: spec.name.clone(),
        reference: text.reference,
        from: text.from,
        to: text.to.value().to_owned(),
        sender: spec.address.value().to_owned(),
        encoding: counted.encoding,
        segments: text.segments.unwrap_or(counted.segments).max(1),
        text: text.text,
        consent,
        reach: rules.reach,
        reply: reply.map(reply_of),
        filing: spec.filing(courtesy),
        courtesy,
        sent_at: text.sent_at,
        media: text.media,
        files: text.files.into_iter().map(remote).collect(),
        part: part.filter(|part| {
            part.total > 1 && part.total <= MOST_PARTS && (1..=part.total).contains(&part.number)
        }),
        raw,
    }
}

fn reply_of(text: &str) -> Reply {
    let counted = sms::segment(text);
    Reply {
        text: text.to_owned(),
        encoding: counted.encoding,
        segments: counted.segments,
    }
}

fn remote(file: InboundFile) -> RemoteFile {
    RemoteFile {
        url: file.url,
        content_type: file.content_type.unwrap_or_default(),
        name: file.name.unwrap_or_default(),
    }
}

pub(super) fn slice(
    tx: &mut Tx,
    commands: Arc<Vec<Inbound>>,
    context: Arc<Context>,
) -> BoxFuture<'_, Result<Vec<Receipt>, EngineFault>> {
    Box::pin(async move {
        let now = context.clock.now();
        let mut keys: Vec<_> = commands.iter().map(Inbound::key).collect();
        keys.extend(commands.iter().filter_map(Inbound::group));
        let mut addresses: Vec<_> = commands
            .iter()
            .map(|command| command.from.clone())
            .collect();
        addresses.sort();
        addresses.dedup();
        let loaded = slice::load_received(&mut tx.conn, &keys, &addresses).await?;
        let known = loaded.known;
        let groups: Vec<_> = commands
            .iter()
            .filter_map(Inbound::group)
            .filter_map(|group| known.get(&group).map(|known| known.message))
            .collect();
        let messages = message::load_messages(&mut tx.conn, &groups).await?;
        let filing = commands.iter().map(|command| &command.filing);
        let roster = load_roster(&mut tx.conn, filing, now).await?;
        let threads = Threads::new(loaded.threads, tx.issue_number().await?)
            .with_people(loaded.people)
            .with_roster(roster);
        let fresh = commands
            .iter()
            .filter(|command| !known.contains_key(&command.key()));
        let writers = fresh.map(|command| &command.from);
        restore_opt_outs(&mut tx.conn, writers, &threads, &context).await?;
        let consents = commands.iter().filter(|command| command.consent.is_some());
        let pairs: Vec<_> = consents.map(Inbound::own_pair).collect();
        let opted_out = suppression::load_suppressed(&mut tx.conn, &pairs).await?;
        let before = Before {
            known,
            messages,
            threads,
            opted_out,
        };
        let (changes, receipts, issue_number) = receive(&commands, before, now);
        tx.set_issue_number(issue_number);
        save(tx, changes, now).await?;
        Ok(receipts)
    })
}

/// Those to whom new issues may go; nobody is asked for where no gateway looks for somebody.
pub(super) async fn load_roster(
    conn: &mut Conn,
    mut filing: impl Iterator<Item = &FilingRules>,
    now: Timestamp,
) -> Result<Roster, EngineFault> {
    if filing.all(|rules| rules.auto_assign.is_empty()) {
        return Ok(Roster::default());
    }
    Ok(roster::load_roster(conn, now).await?)
}

/// Lets opt-outs hold for those by name who were erased and write again.
async fn restore_opt_outs<'w>(
    conn: &mut Conn,
    writers: impl Iterator<Item = &'w Address>,
    threads: &Threads,
    context: &Context,
) -> Result<(), EngineFault> {
    let names: HashMap<String, &Address> = writers
        .filter(|writer| threads.find(writer).is_none())
        .map(|writer| (context.erased_name(writer), writer))
        .collect();
    let hashes: Vec<String> = names.keys().cloned().collect();
    for hash in erase::load_erased(conn, &hashes).await? {
        if let Some(address) = names.get(&hash) {
            erase::restore_opt_outs(conn, &hash, address).await?;
        }
    }
    Ok(())
}
