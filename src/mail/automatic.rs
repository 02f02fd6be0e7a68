//! Whether a program wrote a mail, and whether a program may answer it (RFC 3834; T7).

use mail_parser::Message;

use crate::domain::address::Address;
use crate::domain::mail::{Automatic, Verified};
use crate::mail::Notice;

/// Why nobody wrote a mail by hand; nothing when somebody did.
///
/// `own` are the gateway's addresses, `notice` is what the mail tells about one of ours.
pub fn classify(
    message: &Message<'_>,
    own: &[Address],
    notice: Option<&Notice>,
) -> Option<Automatic> {
    let _ = (message, own, notice);
    None
}

/// Whether a program may answer a mail (T7): somebody wrote it by hand, and it is not known to be
/// forged.
pub fn may_answer(automatic: Option<Automatic>, verified: Verified) -> bool {
    automatic.is_none() && verified != Verified::No
}
