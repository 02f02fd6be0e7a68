//! What becomes of a text: the magic numbers, as plain data.
//!
//! Must not know how anything is posted or answered.

/// How the carrier answers a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// 202 with an id.
    Taken,
    /// 202 with an id, but only after the first report was posted.
    TakenAfterReport,
    /// Taken, but the connection stays silent.
    Silent,
    /// 200 and a page for people.
    Html,
    /// Refused with a code.
    Refused(u16, Code),
    /// 429, for this many seconds; the second try of the same message is taken when `Once`.
    Throttled(u32, Often),
    /// A 5xx without a word, each time or once.
    Broken(u16, Often),
}

/// Whether an answer comes each time or only for the first try of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Often {
    /// For the first try.
    Once,
    /// For every try.
    Always,
}

/// Why the carrier refused a text or could not deliver it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    InvalidNumber,
    OptedOut,
    Filtered,
    Throttled,
    Account,
    CarrierError,
    Expired,
    Content,
}

impl Code {
    /// The code on the wire, and its words.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidNumber => ("sim_invalid_number", "no such number"),
            Self::OptedOut => ("sim_opted_out", "the recipient does not want texts"),
            Self::Filtered => ("sim_filtered", "taken for spam"),
            Self::Throttled => ("sim_throttled", "too many texts at once"),
            Self::Account => ("sim_account", "the account is closed"),
            Self::CarrierError => ("sim_carrier_error", "the next network failed"),
            Self::Expired => ("sim_expired", "the handset was away for too long"),
            Self::Content => ("sim_content", "this text is not allowed"),
        }
    }
}

/// One thing that happens after a text was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Time goes by, in units of the carrier's pace.
    Wait(u32),
    /// A report on the whole text.
    Report(&'static str),
    /// A report that it failed.
    Failed(Code),
    /// A report on every part; the last one fails when a code is given.
    Parts(Option<Code>),
    /// The customer answers.
    Reply(&'static str),
    /// The customer sends two texts at the same moment.
    ReplyTwice(&'static str, &'static str),
}

/// What becomes of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    /// How the send is answered.
    pub(super) answer: Answer,
    /// What happens then.
    pub(super) steps: Vec<Step>,
}

/// The script for a recipient, by the last two digits of the number.
pub(super) fn script_for(recipient: &str) -> Script {
    use Step::{Failed, Parts, Reply, ReplyTwice, Report, Wait};
    const SENT: Step = Report("sent");
    const DELIVERED: Step = Report("delivered");
    let ending = last_two_digits(recipient);
    let steps = match ending {
        50 => vec![SENT, Wait(1), DELIVERED, Wait(2), Report("read")],
        51 => vec![SENT, Wait(40), DELIVERED],
        52 => vec![SENT, SENT, SENT, Wait(1), DELIVERED, DELIVERED, DELIVERED],
        53 => vec![DELIVERED, Wait(1), SENT],
        54 => vec![],
        55 => vec![SENT, Wait(1), Parts(None)],
        56 => vec![SENT, Wait(1), Parts(Some(Code::CarrierError))],
        57 => vec![DELIVERED],
        58 => vec![
            SENT,
            Wait(1),
            Failed(Code::CarrierError),
            Wait(2),
            DELIVERED,
        ],
        59 => vec![
            SENT,
            Wait(1),
            DELIVERED,
            Wait(4),
            Reply("Thanks! And when do you open on Sunday?"),
        ],
        60 => vec![SENT, Wait(1), DELIVERED, Wait(1), Reply("STOP")],
        61 => vec![SENT, Wait(1), DELIVERED, Wait(1), Reply("START")],
        62 => vec![
            SENT,
            Wait(1),
            DELIVERED,
            Wait(1),
            ReplyTwice("Got it.", "Wait, one more thing"),
        ],
        70 => failing(Code::InvalidNumber),
        71 => failing(Code::OptedOut),
        72 => failing(Code::Filtered),
        73 => failing(Code::Throttled),
        74 => failing(Code::Account),
        75 => failing(Code::CarrierError),
        76 => failing(Code::Expired),
        77 => failing(Code::Content),
        _ => vec![Wait(1), SENT, Wait(1), DELIVERED],
    };
    Script {
        answer: answer_for(ending),
        steps,
    }
}

fn answer_for(ending: u32) -> Answer {
    match ending {
        57 => Answer::TakenAfterReport,
        80 => Answer::Refused(400, Code::InvalidNumber),
        81 => Answer::Refused(400, Code::OptedOut),
        82 => Answer::Refused(400, Code::Filtered),
        83 => Answer::Refused(503, Code::CarrierError),
        84 => Answer::Refused(400, Code::Expired),
        85 => Answer::Refused(400, Code::Content),
        86 => Answer::Refused(403, Code::Account),
        90 => Answer::Throttled(1, Often::Once),
        91 => Answer::Throttled(2, Often::Always),
        92 => Answer::Broken(500, Often::Always),
        93 => Answer::Silent,
        94 => Answer::Html,
        95 => Answer::Broken(503, Often::Once),
        _ => Answer::Taken,
    }
}

fn failing(code: Code) -> Vec<Step> {
    vec![Step::Report("sent"), Step::Wait(2), Step::Failed(code)]
}

fn last_two_digits(recipient: &str) -> u32 {
    let mut digits = recipient.chars().rev().filter_map(|c| c.to_digit(10));
    let ones = digits.next().unwrap_or(0);
    digits.next().unwrap_or(0) * 10 + ones
}

/// The basic characters of the GSM alphabet that ASCII letters and digits do not cover.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";

/// The characters that are sent as an escape and a second one.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How many parts a text takes, as this carrier counts.
pub(super) fn segments(text: &str) -> u32 {
    let septets = text.chars().try_fold(0_usize, |sum, c| {
        let basic = c.is_ascii_alphanumeric() || BASIC.contains(c);
        let extended = EXTENDED.contains(c);
        (basic || extended).then_some(sum + 1 + usize::from(extended))
    });
    // 160 septets in one part, 153 beside a header; 70 and 67 in UTF-16 units.
    let (units, alone, beside) = match septets {
        Some(count) => (count, 160, 153),
        None => (text.encode_utf16().count(), 70, 67),
    };
    let parts = if units <= alone {
        1
    } else {
        units.div_ceil(beside)
    };
    u32::try_from(parts).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_numbers_are_delivered() {
        let script = script_for("+12025550107");
        assert_eq!(script.answer, Answer::Taken);
        assert_eq!(script.steps.last(), Some(&Step::Report("delivered")));
    }

    #[test]
    fn magic_numbers_are_read_from_their_end() {
        assert_eq!(
            script_for("+12025550186").answer,
            Answer::Refused(403, Code::Account)
        );
        assert!(script_for("+12025550154").steps.is_empty());
    }

    #[test]
    fn long_texts_take_parts() {
        assert_eq!(segments(&"a".repeat(160)), 1);
        assert_eq!(segments(&"a".repeat(161)), 2);
        assert_eq!(segments(&"€".repeat(81)), 2);
        assert_eq!(segments(&"я".repeat(70)), 1);
        assert_eq!(segments(&"я".repeat(71)), 2);
    }
}
