//! CSV out (RFC 4180), such that no spreadsheet takes a cell for a formula (T9).

/// Adds a line to a text.
pub(super) fn line(text: &mut String, cells: &[&str]) {
    for (nth, cell) in cells.iter().enumerate() {
        if nth > 0 {
            text.push(',');
        }
        text.push('"');
        if is_formula(cell) {
            text.push('\'');
        }
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    }
    text.push_str("\r\n");
}

/// What a spreadsheet would calculate, also in full width; a phone number with its + it may.
fn is_formula(cell: &str) -> bool {
    let mut characters = cell.chars();
    match characters.next() {
        Some('=' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '－' | '＠' | '＋') => true,
        Some('+') => {
            let rest = characters.as_str();
            rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_digit())
        }
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn t09_a_cell_is_never_a_formula() {
        let mut text = String::new();
        let cells = [
            "+12025550100",
            "=1+1",
            "a \"b\", c",
            "+1-2",
            "",
            "ünder",
            "＝1",
            "\t=1",
        ];
        line(&mut text, &cells);
        assert_eq!(
            text,
            "\"+12025550100\",\"'=1+1\",\"a \"\"b\"\", c\",\"'+1-2\",\"\",\"ünder\",\"'＝1\",\"'\t=1\"\r\n"
        );
    }
}
