//! A gateway as the operator configured it: who it is, what it may do, and its rules.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::assign::AutoAssign;
use super::mailbox::MailSpec;
use super::network::Network;
use super::opt_out::Reach;

/// The name of a gateway: 1 to 64 of `a-z 0-9 -`, as in the URL of its callbacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct GatewayName(String);

impl GatewayName {
    /// The name, when the text is one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len());
        let clean = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        (fits && clean).then(|| Self(text.to_owned()))
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GatewayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What sort of sender a gateway is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GatewayKind {
    /// An ordinary phone number.
    LongCode,
    /// A number of three to eight digits that carriers lease.
    ShortCode,
    /// A number that is free for those who call or text it.
    TollFree,
    /// A name of up to eleven characters; nobody can answer it.
    Alphanumeric,
    /// A mailbox.
    Email,
}

/// The channel a message travels on.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// Texts.
    Sms,
    /// Mail.
    Email,
}

impl ChannelKind {
    /// The name in the API and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }
}

/// How fast a gateway may send.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Rate {
    /// Segments per second, on average; above zero.
    pub segments_per_second: f64,
    /// Segments that may leave at once after a pause; at least one.
    pub burst: u32,
}

/// What happens to a message when nobody knows whether the provider took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUnknown {
    /// It stays `unconfirmed` until a report or an agent decides.
    #[default]
    Hold,
    /// It is sent again, at the risk of a duplicate.
    Resend,
}

/// What a customer's message does after their last issue was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AfterClose {
    /// It opens a new issue.
    #[default]
    New,
    /// It opens the closed one again, when it was closed no longer than this ago.
    Reopen {
        /// How long after the close; for ever when nothing is set.
        within: Option<Duration>,
    },
    /// It is one more in the closed one.
    Append,
}

/// What a message that is only thanks, an OK or the like does after the last issue was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Courtesy {
    /// It is one more in the closed issue, and no work for anybody.
    #[default]
    Append,
    /// What any message does.
    Open,
}

/// What a gateway does about the keywords that customers write to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeywordRules {
    /// Whose messages STOP ends.
    pub reach: Reach,
    /// What confirms a STOP, where the provider does not.
    pub stop_reply: Option<String>,
    /// What answers HELP, where the provider does not.
    pub help_reply: Option<String>,
}

/// When a message that was provably not sent is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetrySchedule {
    /// The longest wait before the second try; it doubles with each further one.
    pub first: Duration,
    /// The longest wait of all.
    pub max: Duration,
}

impl RetrySchedule {
    /// 5 min to 67 min, as mail servers do among themselves: one that asks for patience (greylisting)
    /// takes no mail before five minutes are over.
    pub const MAIL: Self = Self {
        first: Duration::from_mins(5),
        max: Duration::from_secs(4_000),
    };
}

impl Default for RetrySchedule {
    /// 30 s to 15 min: a text that is hours late is worse than none.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(30),
            max: Duration::from_mins(15),
        }
    }
}

/// One value of a gateway's `settings`, with `{ env = … }` and `{ file = … }` already read.
#[derive(Clone, PartialEq)]
pub enum Setting {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Bool(bool),
    /// Several texts, such as the secrets that are valid during a rotation.
    List(Vec<String>),
}

impl fmt::Debug for Setting {
    /// Prints nothing of the value: a setting may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Setting(…)")
    }
}

/// A gateway as it was configured, checked as far as that goes without its profile.
#[derive(Debug, Clone)]
pub struct GatewaySpec {
    /// Its name, in the URL of its callbacks.
    pub name: GatewayName,
    /// What sort of sender it is.
    pub kind: GatewayKind,
    /// The name of its profile in `gateways/`.
    pub profile: String,
    /// Whom the customer sees, and writes to.
    pub address: Address,
    /// The region (ISO 3166-1 alpha-2) of numbers written without a country.
    pub country: String,
    /// How fast it may send.
    pub rate: Rate,
    /// What happens after a send whose outcome nobody knows.
    pub on_unknown: OnUnknown,
    /// What a message does after the last issue was closed.
    pub after_close: AfterClose,
    /// What a courtesy does then.
    pub courtesy: Courtesy,
    /// To whom a new issue goes by itself: the rules, in their order.
    pub auto_assign: Arc<[AutoAssign]>,
    /// What STOP and HELP lead to.
    pub keywords: KeywordRules,
    /// Whether look-alike characters are replaced so that a text fits GSM-7.
    pub smart_encoding: bool,
    /// Whether the sender can carry media.
    pub mms: bool,
    /// Networks that files may be fetched from although they are not the world's.
    pub allow_networks: Vec<Network>,
    /// Certificates (PEM) of authorities that are trusted besides the machine's, for calls over HTTPS.
    pub ca: Option<String>,
    /// When a message that was provably not sent is tried again.
    pub retry: RetrySchedule,
    /// How long a message is worth sending, when the sender of it did not say.
    pub valid_for: Duration,
    /// What the profile asks for.
    pub settings: BTreeMap<String, Setting>,
    /// The mailbox and the mail server, where the gateway is of kind [`GatewayKind::Email`].
    pub mail: Option<Arc<MailSpec>>,
}

impl GatewaySpec {
    /// What a message does to the issues of its conversation, when it is a courtesy or is not.
    pub fn filing(&self, is_courtesy: bool) -> FilingRules {
        let after_close = match self.courtesy {
            Courtesy::Append if is_courtesy => AfterClose::Append,
            Courtesy::Append | Courtesy::Open => self.after_close,
        };
        FilingRules {
            after_close,
            auto_assign: Arc::clone(&self.auto_assign),
        }
    }
}

/// What a customer's message does to the issues of its conversation.
#[derive(Debug, Clone)]
pub struct FilingRules {
    /// After the last one was closed.
    pub after_close: AfterClose,
    /// To whom a new one goes.
    pub auto_assign: Arc<[AutoAssign]>,
}
