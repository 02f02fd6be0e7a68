//! What can be asked about contacts.

use std::collections::BTreeMap;

use crate::domain::clock::Timestamp;
use crate::domain::contact::Profile;
use crate::domain::conversation::Issue;
use crate::domain::event::Event;
use crate::domain::id::{ContactId, ConversationId, IssueId, MessageId, OptOutId};
use crate::domain::note::Note;
use crate::domain::opt_out::OptOut;
use crate::engine::{EngineFault, MessageDetails, Reader};
use crate::store::contact::{self, Wanted};
use crate::store::issue::IssueFilter;
use crate::store::message::MessageFilter;
use crate::store::opt_out::{OptOutFilter, list_opt_outs};
use crate::store::{Conn, event, issue, note};

/// How many suggestions are made at once.
const SUGGESTIONS: u32 = 100;

/// How many mailboxes are compared.
const MAILBOXES: u32 = 10_000;

/// How much is read at once for a dossier.
const STEP: u32 = 500;

/// Contacts who may be one person, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// What speaks for it: `name` or `mailbox`.
    pub because: &'static str,
    /// Who they are.
    pub contacts: Vec<Profile>,
}

/// All that is known of a contact.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// Who they are.
    pub contact: Profile,
    /// Everything that was said, the newest first.
    pub messages: Vec<MessageDetails>,
    /// Every period of work, the newest first.
    pub issues: Vec<Issue>,
    /// What agents noted, the newest first.
    pub notes: Vec<Note>,
    /// What else happened, the newest first.
    pub events: Vec<Event>,
    /// The ledger of their opt-outs.
    pub opt_outs: Vec<OptOut>,
}

impl Reader<'_> {
    /// One contact.
    pub async fn contact(&self, id: ContactId) -> Result<Option<Profile>, EngineFault> {
        let mut conn = self.conn().await?;
        let found = contact::load_profiles(&mut conn, &[id], self.scope()).await?;
        Ok(found.into_iter().next())
    }

    /// Contacts, the newest first, from before one.
    pub async fn contacts(
        &self,
        wanted: &Wanted,
        before: Option<ContactId>,
        limit: u32,
    ) -> Result<Vec<Profile>, EngineFault> {
        let before = before.unwrap_or(ContactId(uuid::Uuid::max()));
        let mut conn = self.conn().await?;
        Ok(contact::list_profiles(&mut conn, wanted, self.scope(), before, limit).await?)
    }

    /// Contacts who may be one person: of one name, or with mailboxes that are one.
    pub async fn duplicates(&self) -> Result<Vec<Duplicate>, EngineFault> {
        let mut conn = self.conn().await?;
        let mut groups: BTreeMap<(&'static str, String), Vec<ContactId>> = BTreeMap::new();
        for (name, id) in contact::list_namesakes(&mut conn, SUGGESTIONS).await? {
            groups.entry(("name", name)).or_default().push(id);
        }
        for (mailbox, id) in contact::list_tagged_mailboxes(&mut conn, MAILBOXES).await? {
            let plain = plain_mailbox(&mailbox);
            let group = groups.entry(("mailbox", plain)).or_default();
            group.push(id);
        }
        let mut found = Vec::new();
        for ((because, key), mut ids) in groups {
            if because == "mailbox" {
                let plain = crate::domain::address::Address::Email(key);
                ids.extend(contact::find_owner(&mut conn, &plain).await?);
            }
            ids.sort();
            ids.dedup();
            if ids.len() < 2 || found.len() == SUGGESTIONS as usize {
                continue;
            }
            let mut contacts = contact::load_profiles(&mut conn, &ids, self.scope()).await?;
            contacts.sort_by_key(|profile| profile.contact.id);
            if contacts.len() > 1 {
                found.push(Duplicate { because, contacts });
            }
        }
        Ok(found)
    }

    /// All that is known of a contact.
    pub async fn dossier(&self, id: ContactId) -> Result<Option<Dossier>, EngineFault> {
        let Some(contact) = self.contact(id).await? else {
            return Ok(None);
        };
        let mut dossier = Dossier {
            contact,
            messages: Vec::new(),
            issues: Vec::new(),
            notes: Vec::new(),
            events: Vec::new(),
            opt_outs: Vec::new(),
        };
        if let Some(place) = dossier.contact.conversation {
            dossier.messages = self.all_messages(place).await?;
            let mut conn = self.conn().await?;
            dossier.issues = self.all_issues(&mut conn, place).await?;
            let newest = Timestamp(i64::MAX);
            dossier.notes = note::list_notes(&mut conn, place, newest, u32::MAX >> 1).await?;
            dossier.events =
                event::list_conversation_events(&mut conn, place, newest, u32::MAX >> 1).await?;
        }
        let mut conn = self.conn().await?;
        for known in &dossier.contact.addresses {
            let filter = OptOutFilter {
                recipient: Some(known.address.value().to_owned()),
                ..OptOutFilter::default()
            };
            let newest = OptOutId(uuid::Uuid::max());
            let found =
                list_opt_outs(&mut conn, &filter, self.scope(), newest, u32::MAX >> 1).await?;
            dossier.opt_outs.extend(found);
        }
        Ok(Some(dossier))
    }

    async fn all_messages(
        &self,
        place: ConversationId,
    ) -> Result<Vec<MessageDetails>, EngineFault> {
        let filter = MessageFilter {
            conversation: Some(place),
            ..MessageFilter::default()
        };
        let (mut all, mut before): (Vec<MessageDetails>, Option<MessageId>) = (Vec::new(), None);
        loop {
            let found = self.messages(&filter, before, STEP).await?;
            let more = found.len() == STEP as usize;
            before = found.last().map(|details| details.message.id);
            all.extend(found);
            if !more {
                return Ok(all);
            }
        }
    }

    async fn all_issues(
        &self,
        conn: &mut Conn,
        place: ConversationId,
    ) -> Result<Vec<Issue>, EngineFault> {
        let filter = IssueFilter {
            conversation: Some(place),
            ..IssueFilter::default()
        };
        let newest = IssueId(uuid::Uuid::max());
        Ok(issue::list_issues(conn, filter, self.scope(), newest, u32::MAX >> 1).await?)
    }
}

/// A mailbox without a plus tag; at Google also without dots.
fn plain_mailbox(mailbox: &str) -> String {
    let Some((local, domain)) = mailbox.rsplit_once('@') else {
        return mailbox.to_owned();
    };
    let local = local.split_once('+').map_or(local, |(local, _)| local);
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        _ => format!("{local}@{domain}"),
    }
}

#[cfg(test)]
mod tests {
    use super::plain_mailbox;

    #[test]
    fn tags_and_googles_dots_do_not_count() {
        assert_eq!(plain_mailbox("a.n.n+shop@googlemail.com"), "ann@gmail.com");
        assert_eq!(plain_mailbox("a.n.n+shop@example.com"), "a.n.n@example.com");
        assert_eq!(plain_mailbox("ann"), "ann");
    }
}
