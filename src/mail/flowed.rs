//! `format=flowed` (RFC 3676): paragraphs that were cut into lines, whole again.

/// Joins the lines that belong together; `joint` is what stands between two of them.
pub(super) fn unwrap(text: &str, joint: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // The quote depth of the line that goes on, when one does.
    let mut open = None;
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let words = line.trim_start_matches('>');
        let depth = line.len() - words.len();
        let words = words.strip_prefix(' ').unwrap_or(words);
        let is_signature = words == "-- ";
        if open == Some(depth) && !is_signature {
            out.push_str(joint);
        } else {
            if open.is_some() {
                out.push('\n');
            }
            out.push_str(&line[..depth]);
            if depth > 0 && !words.is_empty() {
                out.push(' ');
            }
        }
        let flows = words.ends_with(' ') && !is_signature;
        out.push_str(if flows {
            &words[..words.len() - 1]
        } else {
            words
        });
        open = flows.then_some(depth);
        if !flows {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unwrap;

    #[test]
    fn paragraphs_are_whole_again() {
        for (text, expected) in [
            ("one \ntwo\nthree\n", "one two\nthree\n"),
            ("> a \n> b\n>> c \nd\n", "> a b\n>> c\nd\n"),
            ("text \n-- \nAnn\n", "text\n-- \nAnn\n"),
            (" >not a quote\n From here\n", ">not a quote\nFrom here\n"),
            ("open \n", "open"),
        ] {
            assert_eq!(unwrap(text, " "), expected, "{text}");
        }
        assert_eq!(unwrap("日 \n本\n", ""), "日本\n");
    }
}
