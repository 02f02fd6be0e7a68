//! Addresses: phone numbers in E.164, short codes, alphanumeric senders and mailboxes.
//! To come.
