//! CSV out (RFC 4180), such that no spreadsheet takes a cell for a formula.

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

/// What a spreadsheet would calculate; a phone number with its + it may.
fn is_formula(cell: &str) -> bool {
    let Some(first) = cell.chars().next() else {
        return false;
    };
    let is_number = cell.len() > 1 && cell[1..].bytes().all(|byte| byte.is_ascii_digit());
    matches!(first, '=' | '-' | '@' | '\t' | '\r') || (first == '+' && !is_number)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn t24_a_cell_is_never_a_formula() {
        let mut text = String::new();
        line(
            &mut text,
            &["+12025550100", "=1+1", "a \"b\", c", "+1-2", ""],
        );
        assert_eq!(
            text,
            "\"+12025550100\",\"'=1+1\",\"a \"\"b\"\", c\",\"'+1-2\",\"\"\r\n"
        );
    }
}
