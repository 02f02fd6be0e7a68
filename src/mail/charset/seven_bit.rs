//! Character sets of seven bits that browsers do not know any more and mail still has.

use encoding_rs::{EUC_KR, GBK};

/// UTF-7 (RFC 2152); what breaks its rules stays as it stands.
pub(super) fn utf_7(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'+') {
        out.push_str(&String::from_utf8_lossy(&rest[..at]));
        let inside = &rest[at + 1..];
        let length = inside.iter().take_while(|byte| is_base64(**byte)).count();
        let (coded, behind) = inside.split_at(length);
        // A hyphen ends the letters and is no part of the text, but for that of `+-`.
        let closed = behind.strip_prefix(b"-");
        if coded.is_empty() {
            out.push('+');
        } else {
            out.push_str(&utf_16(&crate::mail::transfer::base64(coded)));
        }
        rest = closed.unwrap_or(behind);
    }
    out.push_str(&String::from_utf8_lossy(rest));
    out
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

fn utf_16(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks();
    let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// HZ (RFC 1843): GB 2312 between `~{` and `~}`.
pub(super) fn hz(bytes: &[u8]) -> String {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut wide = false;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after.first()) {
            (b'~', Some(b'{')) => wide = true,
            (b'~', Some(b'}')) => wide = false,
            (b'~', Some(b'~')) if !wide => plain.push(b'~'),
            (b'~', Some(b'\n')) => {}
            _ => {
                let high = wide && byte.is_ascii_graphic();
                plain.push(if high { byte | 0x80 } else { byte });
                continue;
            }
        }
        rest = &after[1..];
    }
    GBK.decode_without_bom_handling(&plain).0.into_owned()
}

/// ISO-2022-KR (RFC 1557): KS X 1001 between two control characters.
pub(super) fn iso_2022_kr(bytes: &[u8]) -> String {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut wide = false;
    let header: &[u8] = b"\x1b$)C";
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        for &byte in line.strip_prefix(header).unwrap_or(line) {
            match byte {
                0x0e => wide = true,
                0x0f => wide = false,
                byte if wide && byte.is_ascii_graphic() => plain.push(byte | 0x80),
                byte => plain.push(byte),
            }
        }
    }
    EUC_KR.decode_without_bom_handling(&plain).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::{hz, iso_2022_kr, utf_7};

    #[test]
    fn they_are_read_as_their_standards_have_it() {
        for (coded, text) in [
            ("Hi Mom -+Jjo--!", "Hi Mom -☺-!"),
            // Any other sign ends the letters and is part of the text.
            ("+BB8EQAQ4BDIENQRC, +BDc.", "Привет, з."),
            ("2 +- 2", "2 + 2"),
            ("+2D3eAA", "😀"),
            ("open +", "open +"),
        ] {
            assert_eq!(utf_7(coded.as_bytes()), text, "{coded}");
        }
        assert_eq!(hz(b"~{6)5%~} ok ~~"), "订单 ok ~");
        assert_eq!(iso_2022_kr(b"\x1b$)C\x0eAV9.\x0f ok"), "주문 ok");
    }
}
