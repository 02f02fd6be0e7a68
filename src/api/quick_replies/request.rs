//! What a client says about quick replies.

use crate::domain::id::ConversationId;
use crate::engine::QuickReplyChange;
use crate::http::fields::{name, parsed, text, truth};
use crate::http::{Fields, Read};

/// The longest title, in characters.
const LONGEST_TITLE: usize = 100;

/// The longest text, in characters.
const LONGEST_TEXT: usize = 10_000;

/// The longest shortcut, in characters.
const LONGEST_SHORTCUT: usize = 32;

/// A text that is to be said often.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({
    "title": "Where the parcel is", "shortcut": "parcel",
    "text": "Hello {{contact.name | default(\"there\")}}, your parcel is on its way."
}))]
pub(crate) struct NewQuickReply {
    /// What it is about.
    #[schema(min_length = 1, max_length = 100)]
    title: String,
    /// What is typed to get it; no two of an agent's, and no two of everybody's, share one.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9-]{1,32}$")]
    shortcut: Option<String>,
    /// The text. Blanks are filled in for a conversation: `{{contact.name}}`,
    /// `{{contact.language}}`, `{{contact.fields.NAME}}`, `{{agent.name}}`, `{{conversation.id}}`,
    /// `{{conversation.gateway}}`, `{{issue.number}}`, `{{issue.title}}`, each also with
    /// ` | default("…")` for those without.
    #[schema(min_length = 1, max_length = 10_000)]
    text: String,
    /// Whether it is everybody's; for those who may manage people.
    #[schema(value_type = Option<bool>, default = false)]
    shared: bool,
}

impl Read for NewQuickReply {
    fn read(fields: &mut Fields) -> Option<Self> {
        let title = fields.required("title", name(LONGEST_TITLE));
        let shortcut = fields.optional("shortcut", parsed(SHORTCUT, shortcut));
        let words = fields.required("text", text(1..=LONGEST_TEXT));
        let shared = fields.optional("shared", truth).unwrap_or(false);
        Some(Self {
            title: title?,
            shortcut,
            text: words?,
            shared,
        })
    }
}

impl From<NewQuickReply> for QuickReplyChange {
    fn from(new: NewQuickReply) -> Self {
        Self {
            title: Some(new.title),
            shortcut: Some(new.shortcut),
            text: Some(new.text),
            shared: Some(new.shared),
        }
    }
}

/// What is to be changed of a quick reply.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"shortcut": null, "text": "Your parcel is on its way."}))]
pub(crate) struct QuickReplyChanges {
    /// What it is about.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    title: Option<String>,
    /// What is typed to get it; null when nothing is.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9-]{1,32}$")]
    #[expect(
        clippy::option_option,
        reason = "left out, null and a text are three things"
    )]
    shortcut: Option<Option<String>>,
    /// The text, with its blanks.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 10_000)]
    text: Option<String>,
    /// Whether it is everybody's.
    #[schema(value_type = Option<bool>)]
    shared: Option<bool>,
}

impl Read for QuickReplyChanges {
    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            title: fields.optional("title", name(LONGEST_TITLE)),
            shortcut: fields.nullable("shortcut", parsed(SHORTCUT, shortcut)),
            text: fields.optional("text", text(1..=LONGEST_TEXT)),
            shared: fields.optional("shared", truth),
        })
    }
}

impl From<QuickReplyChanges> for QuickReplyChange {
    fn from(changes: QuickReplyChanges) -> Self {
        Self {
            title: changes.title,
            shortcut: changes.shortcut,
            text: changes.text,
            shared: changes.shared,
        }
    }
}

const SHORTCUT: &str = "1 to 32 of a-z, 0-9 and -";

fn shortcut(text: &str) -> Option<String> {
    let sound = (1..=LONGEST_SHORTCUT).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    sound.then(|| text.to_owned())
}

/// The conversation that a text is filled in for.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"conversation": "cnv_01kbhm0v4we7gtqz6dm1x1m8p2"}))]
pub(crate) struct Whereto {
    /// Its id.
    #[schema(value_type = String, pattern = "^cnv_[0-9a-hjkmnp-tv-z]{26}$")]
    pub conversation: ConversationId,
}

impl Read for Whereto {
    fn read(fields: &mut Fields) -> Option<Self> {
        let conversation = fields.required(
            "conversation",
            parsed("a conversation's id", |id| id.parse().ok()),
        );
        Some(Self {
            conversation: conversation?,
        })
    }
}
