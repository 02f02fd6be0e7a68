//! Submit: a message is accepted into the queue of a gateway, or refused with every reason.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::save::save;
use super::{Context, Engine, EngineFault, Line};
use crate::domain::agent::Origin;
use crate::domain::attachment::Freight;
use crate::domain::changes::Pair;
use crate::domain::gateway::{ChannelKind, GatewayName};
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::message::Message;
use crate::domain::submit::{
    Accepted, Before, Priced, Sender, Senders, Submission, SubmitRefusal, check, choose, submit,
};
use crate::domain::threads::Threads;
use crate::mail::token::Signer;
use crate::mail::{compose, content_ids};
use crate::sms;
use crate::store::{Conn, StoreFault, Tx, attachment, message, origin, slice, suppression};

/// What would become of a message.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// The gateway it would leave by, when one can be chosen.
    pub gateway: Option<GatewayName>,
    /// What it would cost there, or anywhere without smart encoding.
    pub priced: Priced,
    /// Everything that stands in its way.
    pub blocked_by: Vec<SubmitRefusal>,
}

impl Engine {
    /// Accepts a message into the queue, once it is on disk.
    pub async fn submit(
        &self,
        mut submission: Submission,
    ) -> Result<Result<Accepted, Vec<SubmitRefusal>>, EngineFault> {
        prepare(&mut submission);
        submission.origin = origin::current();
        let result = self.submit.ask(submission).await?;
        if let Ok(Accepted::Queued(message)) = &result {
            self.context.wake(&message.gateway);
            let gateway = message.gateway.as_str().to_owned();
            metrics::counter!("postern_messages_submitted_total", "gateway" => gateway, "channel" => message.channel.as_str())
                .increment(1);
        }
        Ok(result)
    }

    /// Says what would become of a message, and stores nothing.
    pub async fn dry_run(&self, mut submission: Submission) -> Result<DryRun, EngineFault> {
        prepare(&mut submission);
        let submission = &submission;
        let mut conn = self.context.store.read().await?;
        let before = load(&mut conn, std::slice::from_ref(submission), &self.context).await?;
        let last_used = before
            .threads
            .find(&submission.to)
            .and_then(|conversation| conversation.last_gateway.clone());
        let gateway = choose(submission, last_used.as_ref(), &self.context.senders)
            .ok()
            .map(|sender| sender.name.clone());
        let priced = gateway
            .as_ref()
            .and_then(|name| (self.context.senders.price)(name, &submission.text))
            .unwrap_or_else(|| match submission.to.channel() {
                ChannelKind::Sms => plain(&submission.text),
                ChannelKind::Email => of_mail(&submission.text),
            });
        let blocked_by = check(submission, &before, &self.context.senders)
            .err()
            .unwrap_or_default();
        Ok(DryRun {
            gateway,
            priced,
            blocked_by,
        })
    }
}

/// Makes given HTML harmless, and text of it where there is no other.
fn prepare(submission: &mut Submission) {
    let Some(mail) = submission.mail.as_deref_mut() else {
        return;
    };
    if let Some(html) = &mut mail.html {
        *html = compose::harmless(html);
        mail.shown = content_ids(html);
        if submission.text.is_empty() {
            submission.text = compose::to_text(html);
        }
    }
}

/// The gateways as the decision sees them.
pub(super) fn senders(
    lines: &HashMap<GatewayName, Line>,
    default_sms: Option<GatewayName>,
    default_email: Option<GatewayName>,
    write_to_closed: bool,
    signer: Signer,
) -> Senders {
    let sender = |line: &Line| Sender {
        name: line.spec.name.clone(),
        address: line.spec.address.clone(),
        max_segments: line.gateway.capabilities().max_segments,
        valid_for: line.spec.valid_for,
        freight: match line.spec.address.channel() {
            ChannelKind::Email => Freight::Mail,
            ChannelKind::Sms if line.gateway.capabilities().mms => Freight::Mms,
            ChannelKind::Sms => Freight::None,
        },
    };
    let by_name = lines
        .iter()
        .map(|(name, line)| (name.clone(), sender(line)))
        .collect();
    let pricing = |line: &Line| match (line.spec.address.channel(), line.spec.smart_encoding) {
        (ChannelKind::Email, _) => of_mail,
        (ChannelKind::Sms, true) => smartly,
        (ChannelKind::Sms, false) => plain,
    };
    let pricing: HashMap<GatewayName, fn(&str) -> Priced> = lines
        .iter()
        .map(|(name, line)| (name.clone(), pricing(line) as fn(&str) -> Priced))
        .collect();
    let price = move |name: &GatewayName, text: &str| pricing.get(name).map(|price| price(text));
    Senders {
        by_name,
        default_sms,
        default_email,
        write_to_closed,
        price: Box::new(price),
        token: Box::new(move |id: MessageId| signer.sign(id.0)),
    }
}

fn of_mail(text: &str) -> Priced {
    Priced {
        text: text.to_owned(),
        encoding: None,
        segments: 1,
        replacements: Vec::new(),
    }
}

fn plain(text: &str) -> Priced {
    let counted = sms::segment(text);
    Priced {
        text: text.to_owned(),
        encoding: Some(counted.encoding),
        segments: counted.segments,
        replacements: Vec::new(),
    }
}

fn smartly(text: &str) -> Priced {
    let (encoded, replacements) = sms::smart_encode(text);
    Priced {
        replacements,
        ..plain(&encoded)
    }
}

/// Loads what the submissions touch. Which gateway a message leaves by is not known yet, so the
/// suppressions of every gateway that may be chosen are loaded. The newest issue's number is left
/// to the caller, who may write.
async fn load(
    conn: &mut Conn,
    submissions: &[Submission],
    context: &Context,
) -> Result<Before, StoreFault> {
    let senders = &context.senders;
    let mut addresses: Vec<_> = submissions.iter().map(|one| one.to.clone()).collect();
    addresses.sort();
    addresses.dedup();
    let pairs: Vec<Pair> = submissions
        .iter()
        .flat_map(|one| candidates(one, senders).map(|from| (from, one.to.value().to_owned())))
        .collect();
    let keys: Vec<_> = submissions
        .iter()
        .filter_map(|one| one.once.as_ref())
        .map(|once| once.key.clone())
        .collect();
    let files: Vec<_> = submissions
        .iter()
        .flat_map(|one| one.attachments.iter().copied())
        .collect();
    let files = attachment::load_attachments(conn, &files).await?;
    let loaded = slice::load_submitted(conn, &addresses, &pairs, &keys).await?;
    let threads = Threads::new(loaded.threads, 0).with_people(loaded.people);
    let mut suppressed = loaded.suppressed;
    suppressed.extend(load_outliving(conn, submissions, &threads, context).await?);
    let (last_mails, named_mails) = load_mails(conn, submissions, &threads).await?;
    Ok(Before {
        threads,
        suppressed,
        answers: loaded.answers,
        attachments: files.into_iter().map(|one| (one.id, one)).collect(),
        last_mails,
        named_mails,
    })
}

/// The opt-outs that outlived their recipients, who were erased: nobody is known by the address.
async fn load_outliving(
    conn: &mut Conn,
    submissions: &[Submission],
    threads: &Threads,
    context: &Context,
) -> Result<Vec<Pair>, StoreFault> {
    let stranger = |one: &&Submission| threads.find(&one.to).is_none();
    let mut meant: HashMap<Pair, Pair> = HashMap::new();
    for one in submissions.iter().filter(stranger) {
        let name = context.erased_name(&one.to);
        for from in candidates(one, &context.senders) {
            let pair = (from.clone(), one.to.value().to_owned());
            meant.insert((from, name.clone()), pair);
        }
    }
    let hidden: Vec<Pair> = meant.keys().cloned().collect();
    let found = suppression::load_suppressed(conn, &hidden).await?;
    Ok(found
        .iter()
        .filter_map(|hidden| meant.remove(hidden))
        .collect())
}

/// The addresses of the gateways that a message may leave by: of the one that it names, or of all
/// on its channel.
fn candidates<'s>(
    one: &Submission,
    senders: &'s Senders,
) -> impl Iterator<Item = String> + use<'s> {
    let (named, channel) = (one.gateway.clone(), one.to.channel());
    senders
        .by_name
        .values()
        .filter(move |sender| match &named {
            Some(name) => sender.name == *name,
            None => sender.address.channel() == channel,
        })
        .map(|sender| sender.address.value().to_owned())
}

type Mails = (
    HashMap<ConversationId, Message>,
    HashMap<MessageId, Message>,
);

/// The mails that may be answered: the last of each conversation, and those that are named.
async fn load_mails(
    conn: &mut Conn,
    submissions: &[Submission],
    threads: &Threads,
) -> Result<Mails, StoreFault> {
    let mails = || submissions.iter().filter(|one| one.mail.is_some());
    let conversation = |one: &Submission| Some(threads.find(&one.to)?.id);
    let conversations: Vec<_> = mails().filter_map(conversation).collect();
    let named: Vec<_> = mails()
        .filter_map(|one| one.mail.as_ref()?.in_reply_to)
        .collect();
    Ok((
        message::load_last_mails(conn, &conversations).await?,
        message::load_messages(conn, &named).await?,
    ))
}

/// How those came who sent the messages that were accepted.
fn origins(commands: &[Submission], results: &[Submitted]) -> HashMap<String, Origin> {
    let of = |(command, result): (&Submission, &Submitted)| match (command.origin, result) {
        (Some(origin), Ok(Accepted::Queued(message))) => Some((message.id.to_string(), origin)),
        (_, Ok(Accepted::Queued(_) | Accepted::Repeated(_)) | Err(_)) => None,
    };
    commands.iter().zip(results).filter_map(of).collect()
}

type Submitted = Result<Accepted, Vec<SubmitRefusal>>;

pub(super) fn slice(
    tx: &mut Tx,
    commands: Arc<Vec<Submission>>,
    context: Arc<Context>,
) -> BoxFuture<'_, Result<Vec<Submitted>, EngineFault>> {
    Box::pin(async move {
        let now = context.clock.now();
        let mut before = load(&mut tx.conn, &commands, &context).await?;
        before.threads.issue_number = tx.issue_number().await?;
        let (changes, results, issue_number) = submit(&commands, before, &context.senders, now);
        tx.set_issue_number(issue_number);
        save(tx, changes, now).await?;
        tx.attribute(&origins(&commands, &results));
        Ok(results)
    })
}
