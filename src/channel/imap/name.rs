//! Names and texts as a command may carry them: nothing that somebody chose ends a line.

/// A piece of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it stands on the line.
    Text(String),
    /// Bytes that are announced by their number (RFC 3501, 4.3).
    Literal(Vec<u8>),
}

/// Our own words.
pub(super) fn words(text: impl Into<String>) -> Piece {
    Piece::Text(text.into())
}

/// A text that somebody else chose: quoted where that can carry it, else a literal.
pub(super) fn string(text: &str) -> Piece {
    let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if !plain || text.len() > 1_000 {
        return Piece::Literal(text.as_bytes().to_vec());
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    Piece::Text(format!("\"{escaped}\""))
}

/// A mailbox's name, in modified UTF-7 (RFC 3501, 5.1.3).
pub(super) fn mailbox(name: &str) -> Piece {
    if name.eq_ignore_ascii_case("INBOX") {
        return words("INBOX");
    }
    string(&modified_utf7(name))
}

/// Whether a text may stand as a flag: `\Seen` or a keyword (RFC 9051, `flag`).
pub(super) fn is_flag(text: &str) -> bool {
    let word = text.strip_prefix('\\').unwrap_or(text);
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte);
    !word.is_empty() && word.bytes().all(fits)
}

fn modified_utf7(name: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    let mut written = String::new();
    let mut shifted: Vec<u16> = Vec::new();
    let flush = |shifted: &mut Vec<u16>, written: &mut String| {
        if shifted.is_empty() {
            return;
        }
        written.push('&');
        let (mut held, mut bits) = (0_u32, 0);
        for byte in shifted.drain(..).flat_map(u16::to_be_bytes) {
            held = (held << 8) | u32::from(byte);
            bits += 8;
            while bits >= 6 {
                bits -= 6;
                written.push(char::from(ALPHABET[(held >> bits & 63) as usize]));
            }
        }
        if bits > 0 {
            written.push(char::from(ALPHABET[(held << (6 - bits) & 63) as usize]));
        }
        written.push('-');
    };
    for character in name.chars() {
        if (' '..='~').contains(&character) {
            flush(&mut shifted, &mut written);
            written.push(character);
            if character == '&' {
                written.push('-');
            }
        } else {
            shifted.extend_from_slice(character.encode_utf16(&mut [0; 2]));
        }
    }
    flush(&mut shifted, &mut written);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t10_nothing_that_is_chosen_ends_a_line() {
        for text in ["a\r\nb LOGOUT", "x\ny", "\"\\", "é", "\0", ""] {
            match string(text) {
                Piece::Text(line) => assert!(!line.contains(['\r', '\n', '\0']), "{line}"),
                Piece::Literal(bytes) => assert_eq!(bytes, text.as_bytes()),
            }
        }
        assert_eq!(string("a\"b\\c"), words("\"a\\\"b\\\\c\""));
        assert!(matches!(mailbox("a\r\nx DELETE b"), Piece::Text(line) if !line.contains('\n')));
        assert!(is_flag("\\Seen") && is_flag("$Stored"));
        assert!(!is_flag("a b") && !is_flag("a)\r\n") && !is_flag("") && !is_flag("\\"));
    }

    #[test]
    fn names_are_written_as_rfc_3501_says() {
        // The standard's own example, 5.1.3.
        assert_eq!(
            modified_utf7("~peter/mail/台北/日本語"),
            "~peter/mail/&U,BTFw-/&ZeVnLIqe-"
        );
        assert_eq!(modified_utf7("Entwürfe & mehr"), "Entw&APw-rfe &- mehr");
        assert_eq!(modified_utf7("😀"), "&2D3eAA-");
    }
}
