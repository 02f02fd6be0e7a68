//! Submit: a message is accepted into the queue of a gateway, or refused with every reason.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::save::save;
use super::{Context, Engine, EngineFault, Line};
use crate::domain::changes::Pair;
use crate::domain::gateway::GatewayName;
use crate::domain::message::Replacement;
use crate::domain::submit::{
    Accepted, Before, Priced, Sender, Senders, Submission, SubmitRefusal, check, choose, submit,
};
use crate::domain::threads::Threads;
use crate::sms;
use crate::store::{Conn, StoreFault, Tx, conversation, idempotency, suppression};

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
        submission: Submission,
    ) -> Result<Result<Accepted, Vec<SubmitRefusal>>, EngineFault> {
        let result = self.submit.ask(submission).await?;
        if let Ok(Accepted::Queued(message)) = &result {
            self.context.wake(&message.gateway);
            let gateway = message.gateway.as_str().to_owned();
            metrics::counter!("postern_messages_submitted_total", "gateway" => gateway, "channel" => "sms")
                .increment(1);
        }
        Ok(result)
    }

    /// Says what would become of a message, and stores nothing.
    pub async fn dry_run(&self, submission: &Submission) -> Result<DryRun, EngineFault> {
        let mut conn = self.context.store.read().await?;
        let before = load(
            &mut conn,
            std::slice::from_ref(submission),
            &self.context.senders,
            0,
        )
        .await?;
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
            .unwrap_or_else(|| plain(&submission.text));
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

/// The gateways as the decision sees them.
pub(super) fn senders(
    lines: &HashMap<GatewayName, Line>,
    default_sms: Option<GatewayName>,
    default_email: Option<GatewayName>,
) -> Senders {
    let sender = |line: &Line| Sender {
        name: line.spec.name.clone(),
        address: line.spec.address.clone(),
        max_segments: line.gateway.capabilities().max_segments,
        valid_for: line.spec.valid_for,
    };
    let by_name = lines
        .iter()
        .map(|(name, line)| (name.clone(), sender(line)))
        .collect();
    let smart: HashMap<GatewayName, bool> = lines
        .iter()
        .map(|(name, line)| (name.clone(), line.spec.smart_encoding))
        .collect();
    let price = move |name: &GatewayName, text: &str| {
        smart
            .get(name)
            .map(|smart| if *smart { smartly(text) } else { plain(text) })
    };
    Senders {
        by_name,
        default_sms,
        default_email,
        price: Box::new(price),
    }
}

fn plain(text: &str) -> Priced {
    let counted = sms::segment(text);
    Priced {
        text: text.to_owned(),
        encoding: counted.encoding.as_str(),
        segments: counted.segments,
        replacements: Vec::new(),
    }
}

fn smartly(text: &str) -> Priced {
    let (encoded, replaced) = sms::smart_encode(text);
    let replacement = |one: sms::Replacement| Replacement {
        from: one.from.to_string(),
        to: one.to,
    };
    Priced {
        replacements: replaced.into_iter().map(replacement).collect(),
        ..plain(&encoded)
    }
}

/// Loads what the submissions touch. Which gateway a message leaves by is not known yet, so the
/// suppressions of every gateway that may be chosen are loaded.
async fn load(
    conn: &mut Conn,
    submissions: &[Submission],
    senders: &Senders,
    issue_number: i64,
) -> Result<Before, StoreFault> {
    let mut addresses: Vec<_> = submissions.iter().map(|one| one.to.clone()).collect();
    addresses.sort();
    addresses.dedup();
    let threads = conversation::load_threads(conn, &addresses).await?;
    let threads = Threads::new(threads, issue_number);
    let mut pairs: Vec<Pair> = Vec::with_capacity(submissions.len());
    for one in submissions {
        let last_used = threads
            .find(&one.to)
            .and_then(|thread| thread.last_gateway.as_ref());
        if let Ok(sender) = choose(one, last_used, senders) {
            pairs.push((sender.address.value().to_owned(), one.to.value().to_owned()));
        }
    }
    let suppressed = suppression::load_suppressed(conn, &pairs).await?;
    let keys: Vec<_> = submissions
        .iter()
        .filter_map(|one| one.once.as_ref())
        .map(|once| once.key.clone())
        .collect();
    let answers = idempotency::load_answers(conn, &keys).await?;
    Ok(Before {
        threads,
        suppressed,
        answers,
    })
}

type Submitted = Result<Accepted, Vec<SubmitRefusal>>;

pub(super) fn slice(
    tx: &mut Tx,
    commands: Arc<Vec<Submission>>,
    context: Arc<Context>,
) -> BoxFuture<'_, Result<Vec<Submitted>, EngineFault>> {
    Box::pin(async move {
        let now = context.clock.now();
        let issue_number = *tx.issue_number();
        let before = load(&mut tx.conn, &commands, &context.senders, issue_number).await?;
        let (changes, results, issue_number) = submit(&commands, before, &context.senders, now);
        *tx.issue_number() = issue_number;
        save(tx, changes, now).await?;
        Ok(results)
    })
}
