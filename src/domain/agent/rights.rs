//! What somebody may do: single permissions, and the sets that roles come with.

use serde::{Deserialize, Serialize, Serializer};

use super::Role;
use crate::domain::named::named;

named! {
    /// One thing that somebody may do.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Permission {
        /// Read messages, conversations and what belongs to them.
        ViewMessages = "view_messages",
        /// Write to customers, and work on conversations.
        SendMessages = "send_messages",
        /// Delete messages of one's own.
        DeleteMessages = "delete_messages",
        /// Take issues and give them to others.
        Assign = "assign",
        /// Close and reopen what others have.
        CloseOthers = "close_others",
        /// Act on gateways and on what they could not read.
        ManageGateways = "manage_gateways",
        /// Add and change agents, teams and keys.
        ManagePeople = "manage_people",
        /// See conversations that are private to teams one is not in.
        ViewPrivate = "view_private",
        /// End by hand what a recipient asked for: that nobody writes to them.
        EndOptOuts = "end_opt_outs",
        /// Take data out in bulk.
        Export = "export",
        /// Read who did what.
        Audit = "audit",
    }
}

impl Permission {
    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u16);

impl Permissions {
    /// Everything.
    pub fn all() -> Self {
        Permission::ALL.into_iter().collect()
    }

    /// What a role comes with.
    pub fn of(role: Role) -> Self {
        match role {
            Role::Observer => [Permission::ViewMessages].into_iter().collect(),
            Role::Agent => [
                Permission::ViewMessages,
                Permission::SendMessages,
                Permission::DeleteMessages,
                Permission::Assign,
            ]
            .into_iter()
            .collect(),
            Role::Admin => Self::all(),
        }
    }

    /// Whether the permission is among these.
    pub fn contain(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// These and those.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These without those.
    #[must_use]
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// What is in both.
    #[must_use]
    pub fn common(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Whether all of these are among those.
    pub fn are_within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// The permissions, in their usual order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        let all = Permission::ALL.into_iter();
        all.filter(move |permission| self.contain(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let bits = permissions.into_iter().map(Permission::bit);
        Self(bits.fold(0, |all, bit| all | bit))
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_one_below_may() {
        let of = Permissions::of;
        assert!(of(Role::Observer).are_within(of(Role::Agent)));
        assert!(of(Role::Agent).are_within(of(Role::Admin)));
        assert!(!of(Role::Agent).are_within(of(Role::Observer)));
        assert_eq!(of(Role::Admin), Permissions::all());
    }

    #[test]
    fn what_is_denied_is_gone_and_the_names_read_back() {
        let denied = [Permission::Audit].into_iter().collect();
        let left = Permissions::all().without(denied);
        assert!(!left.contain(Permission::Audit) && left.contain(Permission::Export));
        let text = serde_json::to_string(&left).unwrap();
        assert!(text.starts_with(r#"["view_messages","#), "{text}");
        assert_eq!(serde_json::from_str::<Permissions>(&text).unwrap(), left);
        for permission in Permission::ALL {
            assert_eq!(Permission::from_name(permission.as_str()), Some(permission));
        }
    }
}
