//! Puts a server's answers together from whatever pieces the network delivers: lines, and the
//! literals in them (RFC 3501, 4.3). Pure, and safe to be interrupted between two pieces.

use bytes::Bytes;

use super::fault::WireFault;

/// How much one answer may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// All its text, in bytes.
    pub(super) text: usize,
    /// One literal, in bytes.
    pub(super) literal: u64,
}

impl Limits {
    /// For everything but mails and long lists.
    pub(super) const USUAL: Self = Self {
        text: 256 * 1024,
        literal: 64 * 1024,
    };
}

/// More literals than an answer that we ask for can have.
const MOST_LITERALS: usize = 16;

/// One answer as it came: the text, in which each literal is only announced, and the literals.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) text: Vec<u8>,
    pub(super) literals: Vec<Bytes>,
}

/// An answer in the making.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    answer: Answer,
    /// Where the line that is being read began.
    line: usize,
    /// A literal in the making, and its length.
    literal: Option<(Vec<u8>, usize)>,
}

impl Assembler {
    /// Takes in what came; says how many bytes of it were used, and the answer when it is whole.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        limits: Limits,
    ) -> Result<(usize, Option<Answer>), WireFault> {
        if let Some((literal, length)) = &mut self.literal {
            let taken = bytes.len().min(*length - literal.len());
            literal.extend_from_slice(&bytes[..taken]);
            if literal.len() == *length {
                let (literal, _) = self.literal.take().expect("it is there");
                self.answer.literals.push(literal.into());
            }
            return Ok((taken, None));
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(bytes.len(), |at| at + 1);
        if self.answer.text.len() + taken > limits.text {
            return Err(WireFault::TooLong((self.answer.text.len() + taken) as u64));
        }
        self.answer.text.extend_from_slice(&bytes[..taken]);
        if end.is_none() {
            return Ok((taken, None));
        }
        let text = &mut self.answer.text;
        text.pop();
        if text.len() > self.line && text.last() == Some(&b'\r') {
            text.pop();
        }
        let Some(length) = announced(text, self.line) else {
            self.line = 0;
            return Ok((taken, Some(std::mem::take(&mut self.answer))));
        };
        if length > limits.literal || self.answer.literals.len() == MOST_LITERALS {
            return Err(WireFault::TooLong(length));
        }
        self.line = text.len();
        let length = usize::try_from(length).map_err(|_| WireFault::TooLong(length))?;
        // Room is only promised here: pages are touched as bytes come.
        self.literal = (length > 0).then(|| (Vec::with_capacity(length), length));
        if length == 0 {
            self.answer.literals.push(Bytes::new());
        }
        Ok((taken, None))
    }
}

/// The length of the literal that the text, whose last line begins there, ends by announcing.
fn announced(text: &[u8], line: usize) -> Option<u64> {
    // What people say may end like that; only data carries literals.
    if !text.starts_with(b"* ") || is_status(&text[2..]) {
        return None;
    }
    let inside = text[line..].strip_suffix(b"}")?;
    let at = inside.iter().rposition(|byte| *byte == b'{')?;
    let digits = &inside[at + 1..];
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = std::str::from_utf8(digits).ok()?;
    Some(digits.parse().unwrap_or(u64::MAX))
}

fn is_status(rest: &[u8]) -> bool {
    let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|status| word.eq_ignore_ascii_case(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(wire: &[u8], piece: usize) -> Vec<Answer> {
        let mut assembler = Assembler::default();
        let mut answers = Vec::new();
        for mut piece in wire.chunks(piece) {
            while !piece.is_empty() {
                let (taken, answer) = assembler.feed(piece, Limits::USUAL).expect("it fits");
                answers.extend(answer);
                piece = &piece[taken..];
            }
        }
        answers
    }

    #[test]
    fn answers_do_not_depend_on_how_the_network_cuts_them() {
        let wire = b"* 1 FETCH (UID 7 BODY[] {12}\r\nhi\r\n{3}\r\n)\r\n FLAGS ())\r\n\
            * OK ends like {5}\r\na1 OK done\r\n* 2 FETCH (UID 8 BODY[] {0}\r\n)\r\n";
        let whole = all(wire, wire.len());
        assert_eq!(whole.len(), 4);
        assert_eq!(whole[0].literals[0], &b"hi\r\n{3}\r\n)\r\n"[..]);
        assert_eq!(whole[3].literals[0].len(), 0);
        for piece in 1..wire.len() {
            assert_eq!(all(wire, piece), whole, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_announced_beyond_the_limit_gets_no_room() {
        for announced in ["999999999999", "99999999999999999999999", "65537"] {
            let wire = format!("* 1 FETCH (BODY[] {{{announced}}}\r\n");
            let fault = Assembler::default().feed(wire.as_bytes(), Limits::USUAL);
            assert!(matches!(fault, Err(WireFault::TooLong(_))), "{announced}");
        }
        let endless = vec![b'x'; Limits::USUAL.text + 1];
        assert!(Assembler::default().feed(&endless, Limits::USUAL).is_err());
    }
}
