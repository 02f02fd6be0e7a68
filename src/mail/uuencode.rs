//! Files that stand in a text, as programs sent them before MIME (POSIX, uuencode).

/// The longest line, in bytes: its length, four letters for each three bytes of 45, and what some
/// programs add to check it.
const LONGEST_LINE: usize = 64;

/// What a file begins with; a text without it has none.
pub(super) const BEGIN: &str = "begin ";

/// A file that was taken out of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    /// As the text says.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// The bytes that a text has between its `begin` and its `end`; nothing when it has none.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(text);
    take(&text).1.into_iter().next().map(|file| file.bytes)
}

/// A text without the files in it, and the files.
pub(super) fn take(text: &str) -> (String, Vec<File>) {
    let mut kept = String::with_capacity(text.len());
    let mut files = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some((file, behind)) = file(rest) {
            files.push(file);
            rest = behind;
            continue;
        }
        let (line, behind) = line(rest);
        kept.push_str(line);
        rest = behind;
    }
    (kept, files)
}

/// The file that begins with a text, and what is behind it.
///
/// Its lines are looked at once: where one is none, no other file began in them, as `begin` is no
/// such line.
fn file(text: &str) -> Option<(File, &str)> {
    let (first, mut rest) = line(text);
    let (mode, name) = first.strip_prefix(BEGIN)?.trim_end().split_once(' ')?;
    if !(3..=4).contains(&mode.len()) || !mode.bytes().all(|b| (b'0'..=b'7').contains(&b)) {
        return None;
    }
    let mut bytes = Vec::new();
    loop {
        let (next, behind) = line(rest);
        if next.is_empty() {
            return None;
        }
        rest = behind;
        let next = next.trim_end_matches(['\r', '\n']);
        if next.trim_end() == "end" {
            let name = name.trim().to_owned();
            return Some((File { name, bytes }, rest));
        }
        bytes.extend(decode_line(next.as_bytes())?);
    }
}

/// The first line of a text with its end, and what is behind it.
fn line(text: &str) -> (&str, &str) {
    text.split_at(text.find('\n').map_or(text.len(), |at| at + 1))
}

/// The bytes of a line; nothing when it is none. Blanks at its end may have been lost under way.
fn decode_line(line: &[u8]) -> Option<Vec<u8>> {
    let value = |byte: u8| {
        (b' '..=b'`')
            .contains(&byte)
            .then_some((byte - b' ') & 0x3f)
    };
    let Some((&first, letters)) = line.split_first() else {
        return Some(Vec::new());
    };
    let length = usize::from(value(first)?);
    if line.len() > LONGEST_LINE || letters.len() > length.div_ceil(3) * 4 + 2 {
        return None;
    }
    let mut out = Vec::with_capacity(length + 2);
    for at in (0..length.div_ceil(3) * 4).step_by(4) {
        let letter = |place: usize| value(letters.get(at + place).copied().unwrap_or(b' '));
        let [a, b, c, d] = [letter(0)?, letter(1)?, letter(2)?, letter(3)?];
        out.extend([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
    }
    out.truncate(length);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::take;

    #[test]
    fn files_are_taken_out_and_what_only_looks_like_one_stays() {
        let (text, files) = take("See.\nbegin 644 a b.txt\n+:&5L;&\\@=V]R;&0 \n`\nend\nAnn\n");
        assert_eq!(text, "See.\nAnn\n");
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].name, "a b.txt");
        assert_eq!(files[0].bytes, b"hello world");
        for text in [
            "begin 644 a.txt\nThis is what I wrote.\nend\n",
            "begin 644 a.txt\n+:&5L;&\\@=V]R;&0 \n",
            "begin with 2 things\nend\n",
            "begin 644\n`\nend\n",
            "",
        ] {
            assert_eq!(take(text), (text.to_owned(), Vec::new()), "{text}");
        }
    }

    #[test]
    fn t11_files_that_never_end_are_read_in_linear_time() {
        let bomb = "begin 644 a\n".repeat(40_000) + &"`\n".repeat(200_000);
        assert_eq!(take(&bomb).0, bomb);
    }
}
