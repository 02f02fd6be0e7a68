//! The use cases, one file each, and the only writer.
//!
//! The hot ones (receive, submit, claim, record, report) work on slices: load what the slice
//! touches, let `domain` decide, save what changed. What agents do one at a time is a unit of
//! work of its own. The engine knows neither HTTP nor the configuration file.

use std::collections::HashMap;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::Notify;
use url::Url;

use crate::blob::Blobs;
use crate::channel::Gateway;
use crate::domain::agent::{Principal, Scope};
use crate::domain::clock::Clock;
use crate::domain::deletion::Shown;
use crate::domain::gateway::{GatewayName, GatewaySpec};
use crate::domain::receive::{Inbound, Receipt};
use crate::domain::report::{Applied, Report};
use crate::domain::retention::Retention;
use crate::domain::sla::Policy;
use crate::domain::submit::{Accepted, Senders, Submission, SubmitRefusal};
use crate::lifecycle::Tasks;
use crate::mail::token::Signer;
use crate::store::{Store, StoreFault, secret::find_or_insert_secret};

pub use crate::sms::{Segmentation, segment};
pub use crate::store::contact::Wanted;
pub use crate::store::conversation::Filter as ConversationFilter;
pub use crate::store::issue::IssueFilter;
pub use crate::store::message::{MessageFilter, Presence};
pub use crate::store::opt_out::OptOutFilter;
pub use crate::store::origin;
pub use crate::store::tally::Line as CountLine;

mod attachments;
mod audit;
mod configured;
mod contacts;
mod credentials;
mod deletions;
mod deliver;
mod desk;
mod drafts;
mod edit;
mod failures;
mod feed;
mod housekeeping;
mod issues;
mod keys;
mod links;
mod mailbox;
mod mailbox_health;
mod mails;
mod media;
mod notes;
mod once;
mod opt_outs;
mod orders;
mod outbound;
mod passwords;
mod people;
mod quarantine;
mod quick_replies;
mod read;
mod receive;
mod report;
mod retention;
mod save;
mod search;
mod second_factor;
mod sessions;
mod setup;
mod sla;
mod slices;
mod submit;
mod sweep;
mod tags;
mod teams;
mod throttle;
mod views;
mod wake;

pub use attachments::{NewFile, Upload, UploadFault};
pub use audit::Export;
pub use contacts::{
    ContactChange, ContactFault, Dossier, Duplicate, Earnest, ImportLine, Imported,
};
pub use deletions::DeletionFault;
pub use deliver::{Claimed, Lease, Untried};
pub use desk::DeskFault;
pub use drafts::DraftFault;
pub use edit::{EditFault, NotShared};
pub use feed::Feed;
pub use issues::{IssueAction, IssueFault};
pub use keys::{KeyFault, KeyOrder, NewKey};
pub use media::MediaOutcome;
pub use notes::{About, NoteFault};
pub use once::{Made, Remember};
pub use opt_outs::{OptOutFault, Whom};
pub use orders::{OrderFault, Retried};
pub use people::{AgentChange, AgentDetails, NewAgent, PeopleFault};
pub use quarantine::ReplayFault;
pub use quick_replies::{QuickReplyChange, QuickReplyFault};
pub use read::{
    ConversationDetails, GatewayDetails, MessageDetails, Reader, TimelineEntry, TimelineKind,
};
pub use receive::mail::{Fetched, Prepared};
pub use retention::Removed;
pub use search::{Found, Hit, Indexed, ListPlace, Order, Place, Question};
pub use second_factor::Standing as SecondFactorStanding;
pub use sessions::{ABSOLUTE as SESSION_LASTS, NewSession, SessionFault};
pub use setup::{FirstAdmin, SetupFault};
pub use sla::Promise;
pub use submit::DryRun;
pub use tags::{TagChange, TagFault};
pub use teams::{TeamDetails, TeamFault};
pub use views::{ViewChange, ViewFault};

/// Why the engine could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineFault {
    /// Too much waits; nothing of this was accepted. Try again in a moment.
    #[error("too much is waiting to be written")]
    Busy,
    /// The database cannot be reached or did not commit.
    #[error("{0}")]
    Unavailable(Arc<str>),
    /// The database refused what this said.
    #[error("the database refused the data: {0}")]
    Refused(Arc<str>),
}

impl From<StoreFault> for EngineFault {
    fn from(fault: StoreFault) -> Self {
        match &fault {
            StoreFault::Busy => Self::Busy,
            other if other.is_about_data() => Self::Refused(fault.to_string().into()),
            _ => Self::Unavailable(fault.to_string().into()),
        }
    }
}

/// A gateway that is ready to work, with what the operator configured.
#[derive(Debug, Clone)]
pub struct Line {
    /// What the operator configured.
    pub spec: Arc<GatewaySpec>,
    /// The wire.
    pub gateway: Arc<Gateway>,
}

/// What an engine is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// What is too large for the database.
    pub blobs: Blobs,
    /// The clock that everything goes by.
    pub clock: Clock,
    /// The gateways it works for.
    pub lines: Vec<Line>,
    /// The one that texts somebody new.
    pub default_sms: Option<GatewayName>,
    /// The one that mails somebody new.
    pub default_email: Option<GatewayName>,
    /// Where the world finds this installation.
    pub public_url: Url,
    /// What was promised about issues, in the order in which promises are tried.
    pub policies: Vec<Policy>,
    /// What timelines show of deleted messages.
    pub deleted: Shown,
    /// Whether there may be written where the conversation is archived or its issue closed.
    pub write_to_closed: bool,
    /// How long what is kept may be kept.
    pub retention: Retention,
}

/// What every use case works with.
struct Context {
    store: Store,
    blobs: Blobs,
    /// The key that this installation made for itself; other keys are derived of it.
    secret: [u8; SECRET],
    /// Makes and knows the tokens in our mail.
    signer: Signer,
    public_url: Url,
    clock: Clock,
    lines: HashMap<GatewayName, Line>,
    senders: Senders,
    wake: HashMap<GatewayName, Arc<Notify>>,
    /// Tells of files that are to be fetched.
    media: Notify,
    policies: Vec<Policy>,
    deleted: Shown,
    retention: Retention,
}

/// The use cases of one daemon; clones share everything.
#[derive(Clone)]
pub struct Engine {
    context: Arc<Context>,
    feed: Feed,
    credentials: credentials::Cache,
    throttle: Arc<throttle::Throttle>,
    receive: slices::Queue<Inbound, Receipt>,
    submit: slices::Queue<Submission, Result<Accepted, Vec<SubmitRefusal>>>,
    report: slices::Queue<Report, Applied>,
    record: slices::Queue<crate::domain::delivery::Attempted, crate::domain::delivery::Recorded>,
}

impl Engine {
    /// An engine over a store, with the gateways it works for.
    pub async fn start(parts: Parts, tasks: &Tasks) -> Result<Self, EngineFault> {
        let Parts {
            store,
            blobs,
            clock,
            lines,
            default_sms,
            default_email,
            public_url,
            policies,
            deleted,
            write_to_closed,
            retention,
        } = parts;
        let secret = secret(&store).await?;
        let feed = Feed::start(store.clone(), clock.clone(), tasks).await?;
        let lines: HashMap<_, _> = lines
            .into_iter()
            .map(|line| (line.spec.name.clone(), line))
            .collect();
        let wake = lines
            .keys()
            .map(|name| (name.clone(), Arc::new(Notify::new())))
            .collect();
        let signer = Signer::new(&derive(&secret, "mail token"));
        let senders = submit::senders(
            &lines,
            default_sms,
            default_email,
            write_to_closed,
            signer.clone(),
        );
        let context = Arc::new(Context {
            store,
            blobs,
            secret,
            signer,
            public_url,
            clock,
            lines,
            senders,
            wake,
            media: Notify::new(),
            policies,
            deleted,
            retention,
        });
        Ok(Self {
            receive: slices::start("receive", Arc::clone(&context), receive::slice, tasks),
            submit: slices::start("submit", Arc::clone(&context), submit::slice, tasks),
            report: slices::start("report", Arc::clone(&context), report::slice, tasks),
            record: slices::start("record", Arc::clone(&context), deliver::slice, tasks),
            credentials: credentials::Cache::default(),
            throttle: Arc::default(),
            context,
            feed,
        })
    }

    /// Where the world finds this installation.
    pub fn public_url(&self) -> &Url {
        &self.context.public_url
    }

    /// The clock that everything goes by.
    pub fn clock(&self) -> &Clock {
        &self.context.clock
    }

    /// A key for one purpose, derived of the one that this installation made for itself: the same
    /// at every start and in every daemon on the database.
    pub fn derive(&self, purpose: &str) -> [u8; SECRET] {
        self.context.derive(purpose)
    }

    /// What makes and knows the tokens in our mail.
    pub fn mail_signer(&self) -> &Signer {
        &self.context.signer
    }

    /// The gateway of that name.
    pub fn line(&self, name: &GatewayName) -> Option<&Line> {
        self.context.lines.get(name)
    }

    /// Every gateway.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.context.lines.values()
    }

    /// Everything that happened, live.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// What can be asked without changing anything, by the program itself.
    pub fn read(&self) -> Reader<'_> {
        Reader::new(&self.context, Scope::All, None)
    }

    /// What somebody can ask without changing anything.
    pub fn read_as(&self, principal: &Principal) -> Reader<'_> {
        Reader::new(
            &self.context,
            principal.scope.clone(),
            Some(principal.agent.id),
        )
    }

    /// Completes when something may have become due at a gateway.
    pub async fn woken(&self, gateway: &GatewayName) {
        match self.context.wake.get(gateway) {
            Some(wake) => wake.notified().await,
            None => std::future::pending().await,
        }
    }

    /// What is too large for the database.
    pub fn blobs(&self) -> &Blobs {
        &self.context.blobs
    }

    /// Whether other daemons may work on the same database.
    pub fn is_shared(&self) -> bool {
        self.context.store.is_shared()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), EngineFault> {
        Ok(self.context.store.ping().await?)
    }
}

/// As long as the hash that it keys.
const SECRET: usize = 32;

/// This installation's key: made at the first start, and the same for all daemons on a database.
async fn secret(store: &Store) -> Result<[u8; SECRET], EngineFault> {
    let fresh: [u8; SECRET] = rand::random();
    let found: Vec<u8> = store
        .write(move |tx| {
            Box::pin(async move { find_or_insert_secret(&mut tx.conn, "engine", &fresh).await })
        })
        .await?;
    let broken = |_| EngineFault::Unavailable("the key in the table secret is broken".into());
    found.try_into().map_err(broken)
}

fn derive(secret: &[u8; SECRET], purpose: &str) -> [u8; SECRET] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length will do");
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

impl Context {
    /// A key for one purpose.
    fn derive(&self, purpose: &str) -> [u8; SECRET] {
        derive(&self.secret, purpose)
    }

    fn wake(&self, gateway: &GatewayName) {
        if let Some(wake) = self.wake.get(gateway) {
            wake.notify_one();
        }
    }
}
