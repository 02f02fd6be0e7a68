//! Addresses in reports, as servers write them.

/// The address in a typed field (RFC 3464, 2.3.1): the type, a semicolon, the address, which may
/// be in angle brackets, encoded as xtext (RFC 3461, 4) or for UTF-8 (RFC 6533, 3).
pub(super) fn typed(value: &str) -> Option<String> {
    let address = match value.split_once(';') {
        Some((_, address)) => address,
        None => value,
    };
    first(&decode(address.trim()))
}

/// Takes the encoding off a text.
///
/// Of xtext only `+` and `=` need it in an address; other pairs of digits behind a `+` are a
/// subaddress that a server forgot to encode.
pub(super) fn decode(text: &str) -> String {
    let text = text
        .replace("+2B", "+")
        .replace("+3D", "=")
        .replace("+40", "@");
    let mut pieces = text.split("\\x{");
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let character = piece.split_once('}').and_then(|(digits, rest)| {
            let code = u32::from_str_radix(digits, 16).ok()?;
            Some((char::from_u32(code)?, rest))
        });
        match character {
            Some((character, rest)) => {
                decoded.push(character);
                decoded.push_str(rest);
            }
            None => decoded.push_str(piece),
        }
    }
    decoded
}

/// The first address in a text, lower-cased.
pub(super) fn first(text: &str) -> Option<String> {
    all(text).next()
}

/// Every address in a text, lower-cased.
pub(super) fn all(text: &str) -> impl Iterator<Item = String> {
    text.split(is_between)
        .filter_map(|word| normal(word.trim_matches(is_around)))
}

/// What stands between addresses, apart from spaces.
fn is_between(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '<' | '>'
                | '('
                | ')'
                | '['
                | ']'
                | ','
                | ';'
                | ':'
                | '"'
                | '\u{201c}'
                | '\u{201d}'
                | '，'
                | '：'
                | '；'
                | '（'
                | '）'
                | '「'
                | '」'
                | '。'
                | '»'
                | '«'
                | '`'
                | '|'
                | '{'
                | '}'
                | '、'
                | '&'
                | '*'
        )
}

/// Signs at the ends of a word that are not of the address.
fn is_around(character: char) -> bool {
    matches!(character, '\'' | '.' | '!' | '?' | '\u{2018}' | '\u{2019}')
}

fn normal(word: &str) -> Option<String> {
    let (local, domain) = word.rsplit_once('@')?;
    let local = local.strip_prefix("mailto=").unwrap_or(local);
    let part = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let label = |c: char| c.is_alphanumeric() || c == '-' || c == '.' || c == '_';
    let sound = !local.is_empty()
        && local.len() <= 250
        && local.chars().all(part)
        && !domain.is_empty()
        && domain.chars().all(label)
        && domain.starts_with(char::is_alphanumeric)
        && domain.ends_with(char::is_alphanumeric);
    sound.then(|| format!("{local}@{domain}").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_servers_write_them() {
        for (written, read) in [
            ("rfc822; Ann@Example.com", Some("ann@example.com")),
            ("rfc822;<ann@example.com>", Some("ann@example.com")),
            ("RFC822; ann+2Btag@example.com", Some("ann+tag@example.com")),
            ("rfc822;ann+2024@example.com", Some("ann+2024@example.com")),
            ("utf-8; j\\x{F6}rg@example.com", Some("jörg@example.com")),
            ("ann@example.com", Some("ann@example.com")),
            ("X-LOCAL;<local:root>", None),
            ("rfc822; \"ann@example.com\" (Ann)", Some("ann@example.com")),
            ("unknown", None),
        ] {
            assert_eq!(typed(written).as_deref(), read, "{written}");
        }
    }
}
