//! CSV (RFC 4180): out such that no spreadsheet takes a cell for a formula (T9), and in.

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

/// Reads the lines of a text, each cell of them; empty lines are left out.
pub(super) fn read(text: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !quoted => end_row(&mut rows, &mut row, &mut cell),
            _ => cell.push(character),
        }
    }
    if quoted {
        return Err("has a quotation mark that is not closed".to_owned());
    }
    end_row(&mut rows, &mut row, &mut cell);
    Ok(rows)
}

fn end_row(rows: &mut Vec<Vec<String>>, row: &mut Vec<String>, cell: &mut String) {
    if row.is_empty() && cell.is_empty() {
        return;
    }
    row.push(std::mem::take(cell));
    rows.push(std::mem::take(row));
}

#[cfg(test)]
mod tests {
    use super::{line, read};

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

    #[test]
    fn cells_are_read_in_quotes_and_without() {
        let text = "\u{feff}a,\"b \"\"c\"\", d\",\r\n\r\n\"e\nf\",\"\",g\n";
        let rows = read(text).expect("it is closed");
        assert_eq!(rows, [["\u{feff}a", "b \"c\", d", ""], ["e\nf", "", "g"]]);
        assert!(read("a,\"b").is_err());
        assert!(read("").expect("nothing is open").is_empty());
    }
}
