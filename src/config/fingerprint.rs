//! What each section of a file comes to, so that a later start can tell which of them changed.

use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

/// A section's name and the hash of its values; of a gateway with its name. Comments, order of keys
/// and spaces make no difference. Where a secret is named by a file or a variable, so it is here.
pub(super) fn of(text: &str) -> Vec<(String, [u8; 32])> {
    let Ok(table) = text.parse::<Table>() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (name, value) in &table {
        match value {
            Value::Array(items) => {
                let one = |item: &Value| (item_name(name, item), hash(item));
                all.extend(items.iter().map(one));
            }
            other => all.push((name.clone(), hash(other))),
        }
    }
    all.sort();
    all
}

fn item_name(section: &str, item: &Value) -> String {
    let name = item.get("name").and_then(Value::as_str).unwrap_or("?");
    format!("{section}.{name}")
}

fn hash(value: &Value) -> [u8; 32] {
    // A table is kept in the order of its keys, and a value shows itself in one way.
    Sha256::digest(value.to_string()).into()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn i36_only_what_a_section_says_makes_a_difference() {
        let one =
            of("[server]\nlisten = '127.0.0.1:1' # here\n[[gateway]]\nname = 'a'\nkind = 'x'");
        let same = of("[[gateway]]\nkind = \"x\"\nname = \"a\"\n\n[server]\nlisten='127.0.0.1:1'");
        assert_eq!(one, same);
        let names: Vec<_> = one.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["gateway.a", "server"]);
        let other = of("[server]\nlisten = '127.0.0.1:2'\n[[gateway]]\nname = 'a'\nkind = 'x'");
        assert_eq!((one[0] == other[0], one[1] == other[1]), (true, false));
    }
}
