//! How long what is kept may be kept. What has no period is kept for ever.

use std::collections::HashMap;
use std::time::Duration;

use super::clock::Timestamp;
use super::gateway::{ChannelKind, GatewayName};
use super::id::{ConversationId, MessageId};
use super::named::named;

named! {
    /// What has a period of its own.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Kept {
        /// Texts, from when they came or went.
        Messages = "messages",
        /// Mails, from when they came or went.
        Mail = "mail",
        /// Messages that were deleted, from when they were.
        Deleted = "deleted",
        /// Files of messages.
        Attachments = "attachments",
        /// Providers' requests and mails as they came.
        Raw = "raw",
    }
}

/// The period of each kind that has one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Periods(HashMap<Kept, Duration>);

impl Periods {
    /// These periods, and those for what these say nothing of.
    #[must_use]
    pub fn or(mut self, others: &Self) -> Self {
        for (kept, period) in &others.0 {
            self.0.entry(*kept).or_insert(*period);
        }
        self
    }
}

impl FromIterator<(Kept, Duration)> for Periods {
    fn from_iter<I: IntoIterator<Item = (Kept, Duration)>>(periods: I) -> Self {
        Self(periods.into_iter().collect())
    }
}

/// All periods: those of each gateway, and those of whatever came by others, which may be gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    /// Those of gateways, complete.
    pub gateways: HashMap<GatewayName, Periods>,
    /// Those of all others.
    pub others: Periods,
}

impl Retention {
    /// Before which time something of a gateway is over its time; nothing where it is kept for ever.
    pub fn limit(&self, kept: Kept, gateway: &GatewayName, now: Timestamp) -> Option<Timestamp> {
        let periods = self.gateways.get(gateway).unwrap_or(&self.others);
        Some(now.minus(*periods.0.get(&kept)?))
    }

    /// Before which time anything of a kind may be over its time; nothing where all of it is kept
    /// for ever.
    pub fn latest(&self, kept: Kept, now: Timestamp) -> Option<Timestamp> {
        let all = self.gateways.values().chain([&self.others]);
        let shortest = all.filter_map(|periods| periods.0.get(&kept)).min()?;
        Some(now.minus(*shortest))
    }

    /// Whether everything is kept for ever.
    pub fn is_empty(&self) -> bool {
        self.others.0.is_empty() && self.gateways.values().all(|periods| periods.0.is_empty())
    }
}

/// A message as far as its removal goes by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aged {
    /// Its id.
    pub id: MessageId,
    /// Where it came or went.
    pub gateway: GatewayName,
    /// On what it travelled.
    pub channel: ChannelKind,
    /// Where it stands.
    pub conversation: ConversationId,
    /// When it came or went.
    pub created_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// Whether nothing of its contact may be removed.
    pub held: bool,
    /// Whether its issue is open.
    pub open: bool,
    /// Whether it is not handed over yet.
    pub waiting: bool,
}

/// Why a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is old.
    Old,
    /// It was deleted.
    Deleted,
}

impl Aged {
    /// As what it goes.
    pub fn kept(&self, why: Why) -> Kept {
        match (why, self.channel) {
            (Why::Deleted, _) => Kept::Deleted,
            (Why::Old, ChannelKind::Sms) => Kept::Messages,
            (Why::Old, ChannelKind::Email) => Kept::Mail,
        }
    }

    /// Whether it is over its time and may go. An open issue needs its messages, but not those
    /// that were deleted.
    pub fn is_over(&self, why: Why, all: &Retention, now: Timestamp) -> bool {
        let (since, needed) = match why {
            Why::Old => (Some(self.created_at), self.open),
            Why::Deleted => (self.deleted_at, false),
        };
        let limit = all.limit(self.kept(why), &self.gateway, now);
        let over = since.zip(limit).is_some_and(|(since, limit)| since < limit);
        over && !needed && !self.held && !self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_has_periods_of_its_own_and_the_usual_ones() {
        let day = Duration::from_hours(24);
        let usual: Periods = [(Kept::Messages, day * 10), (Kept::Raw, day * 5)]
            .into_iter()
            .collect();
        let own: Periods = [(Kept::Messages, day)].into_iter().collect();
        let [long, short] = ["long", "short"].map(|name| GatewayName::parse(name).unwrap());
        let all = Retention {
            gateways: [(short.clone(), own.or(&usual))].into(),
            others: usual,
        };
        let now = Timestamp(0).plus(day * 100);
        let ago = |days| Some(now.minus(day * days));
        assert_eq!(all.limit(Kept::Messages, &short, now), ago(1));
        assert_eq!(all.limit(Kept::Messages, &long, now), ago(10));
        assert_eq!(all.limit(Kept::Raw, &short, now), ago(5));
        assert_eq!(all.limit(Kept::Mail, &short, now), None);
        assert_eq!(all.latest(Kept::Messages, now), ago(1));
        assert!(!all.is_empty() && Retention::default().is_empty());
    }
}
