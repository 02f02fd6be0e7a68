//! Who may import whom, and where SQL may stand: rules about the source that the compiler cannot
//! hold.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module and what it may import of ours; `README.md` shows the same table.
const MAY_IMPORT: &[(&str, &str)] = &[
    ("domain", ""),
    ("sms", "domain"),
    ("mail", "domain"),
    ("blob", "domain"),
    ("config", "domain"),
    ("store", "domain"),
    ("channel", "domain sms mail"),
    ("engine", "domain sms mail blob store channel"),
    ("http", "domain engine"),
    ("api", "http engine domain"),
    ("hooks", "http engine domain channel"),
    ("worker", "engine domain channel"),
    ("simulator", ""),
    (
        "app",
        "domain sms mail blob config store channel engine http api hooks worker simulator",
    ),
    ("cli", "app config engine sms domain simulator"),
    ("main", "cli app config engine sms domain simulator"),
    ("lifecycle", ""),
    ("telemetry", ""),
];

/// What every module may import.
const BY_EVERYONE: [&str; 2] = ["lifecycle", "telemetry"];

/// Every source file: the module at its root, its path, its text without comments.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let first = inside.iter().next().unwrap().to_str().unwrap();
                let module = first.trim_end_matches(".rs").to_owned();
                let text = without_comments(&fs::read_to_string(&path).unwrap());
                found.push((module, inside.to_owned(), text));
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found
}

fn without_comments(text: &str) -> String {
    let code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(code).collect::<Vec<_>>().join("\n")
}

/// The modules named by `crate::x` and `postern::x`, alone or in `{x, y::z}`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for root in ["crate::", "postern::"] {
        for (at, _) in text.match_indices(root) {
            let rest = &text[at + root.len()..];
            let Some(list) = rest.strip_prefix('{') else {
                found.insert(first_name(rest));
                continue;
            };
            // Only the names at the first level of the braces are modules.
            let mut depth = 0;
            let mut level = String::new();
            for character in list.chars() {
                match character {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    _ if depth == 0 => level.push(character),
                    _ => {}
                }
            }
            found.extend(level.split(',').map(first_name));
        }
    }
    found.remove("");
    found
}

fn first_name(path: &str) -> String {
    let name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    path.trim_start().chars().take_while(name).collect()
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut faults = Vec::new();
    for (module, path, text) in sources() {
        if module == "lib" {
            continue;
        }
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("{}: {module} is not in the table", path.display()));
            continue;
        };
        let ours = |name: &String| MAY_IMPORT.iter().any(|(known, _)| known == name);
        for import in imports(&text).into_iter().filter(ours) {
            let fine = import == module
                || BY_EVERYONE.contains(&import.as_str())
                || allowed.split(' ').any(|name| name == import);
            if !fine {
                faults.push(format!(
                    "{}: {module} may not import {import}",
                    path.display()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// B35: `promtool check metrics` asks for the help of each.
#[test]
fn b35_every_metric_has_its_help() {
    let (told, used): (Vec<_>, Vec<_>) = sources()
        .into_iter()
        .partition(|(module, _, _)| module == "telemetry");
    let told: String = told.into_iter().map(|(_, _, text)| text).collect();
    for (_, path, text) in used {
        for (at, _) in text.match_indices("\"postern_") {
            let name = first_name(&text[at + 1..]);
            if name == "postern_" {
                continue;
            }
            assert!(
                told.contains(&format!("\"{name}\"")),
                "{}: {name} has no help in src/telemetry",
                path.display()
            );
        }
    }
}

#[test]
fn every_import_is_seen() {
    let text = "use crate::{api::x::{store, y}, hooks};\ncrate::engine::Engine; postern::sms;";
    let found: Vec<String> = imports(text).into_iter().collect();
    assert_eq!(found, ["api", "engine", "hooks", "sms"]);
}

#[test]
fn t22_only_the_store_names_sqlx() {
    for (module, path, text) in sources() {
        let named = text.contains("sqlx::") || text.contains("use sqlx");
        assert!(
            module == "store" || !named,
            "{}: sqlx belongs to src/store",
            path.display()
        );
    }
}

#[test]
fn t22_no_sql_is_put_together_from_texts() {
    let mut faults = Vec::new();
    for (_, path, text) in sources() {
        for (at, _) in text.match_indices("format!") {
            if is_sql(argument(&text[at..])) {
                let line = text[at..].lines().next().unwrap_or_default();
                faults.push(format!("{}: {line}", path.display()));
            }
        }
        for unsafe_way in ["AssertSqlSafe", "push_str(\"SELECT", "QueryBuilder"] {
            if text.contains(unsafe_way) {
                faults.push(format!("{}: {unsafe_way}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The first text literal of a macro call, as far as the next quote.
fn argument(call: &str) -> &str {
    call.split('"').nth(1).unwrap_or_default()
}

fn is_sql(text: &str) -> bool {
    let words = [
        "SELECT ",
        "INSERT INTO",
        "UPDATE ",
        "DELETE FROM",
        "WHERE ",
        "ORDER BY",
        "PRAGMA ",
    ];
    words.iter().any(|word| text.contains(word))
}

#[test]
fn t22_the_rule_knows_sql_when_it_sees_it() {
    assert!(is_sql(argument("format!(\n \"SELECT * FROM {table}\")")));
    assert!(!is_sql(argument("format!(\"{count} updates\")")));
}

/// Whose contents nobody may guess from how long a comparison takes.
const SECRETS: [&str; 6] = [
    "signature",
    "mac",
    "proof",
    "expected",
    "secret",
    "password",
];

/// The lines that compare something of that kind as ordinary bytes; a length is no secret.
fn careless(text: &str) -> Vec<&str> {
    let names = |side: &str| {
        side.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .any(|name| SECRETS.contains(&name))
    };
    let compares = |line: &&str| {
        [" == ", " != "].iter().any(|operator| {
            let Some((left, right)) = line.split_once(operator) else {
                return false;
            };
            let left = left.rsplit([' ', '(']).next().unwrap_or_default();
            let right = right.split([' ', ')', ';']).next().unwrap_or_default();
            [left, right]
                .iter()
                .any(|side| names(side) && !side.contains(".len("))
        })
    };
    text.lines().filter(compares).collect()
}

#[test]
fn t21_no_secret_is_compared_byte_by_byte() {
    let mut faults = Vec::new();
    for (_, path, text) in sources() {
        for line in careless(&text) {
            faults.push(format!("{}: {line}", path.display()));
        }
        let kinds = text.match_indices("struct ").filter(|(at, _)| {
            let name = first_name(&text[at + "struct ".len()..]);
            let derives = text[..*at].rsplit("#[derive(").next().unwrap_or_default();
            let own = !derives.contains(['}', ';']);
            ["Secret", "Password", "Signer"]
                .iter()
                .any(|word| name.contains(word))
                && own
                && derives.contains("PartialEq")
        });
        faults.extend(kinds.map(|(at, _)| format!("{}: {}", path.display(), &text[at..][..30])));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn t21_the_rule_knows_a_careless_comparison() {
    assert_eq!(careless("if expected == given {").len(), 1);
    assert_eq!(careless("given.filter(|one| *one != self.secret)").len(), 1);
    assert!(careless("if signature.len() == 64 {").is_empty());
    assert!(careless("if same(expected, &given) == true {").is_empty());
}
