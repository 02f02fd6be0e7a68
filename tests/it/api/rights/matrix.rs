//! T13: who may do what.
//!
//! `expected.txt` is the reviewed table. A new operation makes the test fail until its row is
//! there: `POSTERN_ACCEPT=1 cargo nextest run --test it t13_the_matrix`, then read the change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use axum::body::Body;
use http::Response;
use serde_json::Value;

use super::world::{Target, World};
use super::{document, example, filled, operations, schema, unknown_id, with_query};

const EXPECTED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/api/rights/expected.txt"
);

/// Who asks. The outsider is in another team than the insider; the narrow key is an admin's that
/// may only read.
const PRINCIPALS: [&str; 8] = [
    "anonymous",
    "disabled",
    "revoked",
    "narrow",
    "observer",
    "outsider",
    "insider",
    "admin",
];

/// What an answer has that the document does not say, and what it lacks.
fn undocumented(document: &Value, operation: &Value, answer: &Response<Body>) -> Vec<String> {
    let status = answer.status();
    let status = status.as_str();
    let mut told = &operation["responses"][status];
    if let Some(place) = told["$ref"].as_str() {
        told = document.pointer(&place[1..]).unwrap();
    }
    if told.is_null() {
        return vec!["the status".to_owned()];
    }
    // Come back later: only while the same request is under way. Nobody counts requests here;
    // `b07` looks at what is said of those.
    let sometimes = |name: &str| match name {
        "Retry-After" => status == "409",
        name => name.starts_with("RateLimit"),
    };
    let headers = told["headers"].as_object();
    let headers = || headers.iter().flat_map(|all| all.keys());
    let lacks = headers().filter(|name| !answer.headers().contains_key(*name) && !sometimes(name));
    let has = ["etag", "retry-after", "set-cookie", "www-authenticate"];
    let has = has.into_iter().filter(|name| {
        let is_told = headers().any(|told| told.eq_ignore_ascii_case(name));
        answer.headers().contains_key(*name) && !is_told
    });
    lacks
        .map(String::as_str)
        .chain(has)
        .map(str::to_owned)
        .collect()
}

/// These may change what they ask for, so each gets a resource of their own.
const CHANGERS: [&str; 3] = ["outsider", "insider", "admin"];

#[tokio::test]
async fn t13_the_matrix_of_rights_is_the_reviewed_one() {
    let document = document();
    let mut world = World::open().await;
    let mut table = String::new();
    let mut foreign = Vec::new();
    let mut untold = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let schema = schema(&operation);
        let kind = path.split('/').nth(2).unwrap().to_owned();
        let targets: &[Target] = match (path.contains('{'), kind.as_str()) {
            (false, _) => &[Target::Public],
            (true, "messages" | "conversations" | "issues" | "contacts" | "notes") => {
                &[Target::Unknown, Target::Private, Target::Public]
            }
            (true, _) => &[Target::Unknown, Target::Public],
        };
        let mut unknown = BTreeMap::new();
        for target in targets {
            let mut row = Vec::new();
            let mut shared = None;
            for principal in PRINCIPALS {
                let own = CHANGERS.contains(&principal);
                let resource = match (path.contains('{'), target, &shared) {
                    (false, _, _) => String::new(),
                    (true, Target::Unknown, _) => unknown_id(&kind),
                    (true, _, Some(shared)) if !own => String::clone(shared),
                    (true, _, _) => {
                        let made = world.fixture(&kind, *target).await;
                        made.unwrap_or_else(|| {
                            panic!("{path}: say in `fixture` how one of {kind:?} is made")
                        })
                    }
                };
                if !own {
                    shared = Some(resource.clone());
                }
                let asked = with_query(&filled(&path, &resource, &world.tag), &operation);
                let body = schema.as_deref().map_or(Value::Null, |schema| {
                    let special = world.body(schema);
                    special.unwrap_or_else(|| example(&document, schema))
                });
                let answer = world.ask(principal, &method, &asked, &body).await;
                let status = answer.status().as_u16();
                let told = undocumented(&document, &operation, &answer);
                untold.extend(
                    told.into_iter()
                        .map(|what| format!("{method} {path}: {status} {what}")),
                );
                assert!(status < 500, "{method} {asked} by {principal}: {status}");
                if *target == Target::Unknown {
                    unknown.insert(principal, status);
                }
                let blind = matches!(principal, "observer" | "outsider");
                if *target == Target::Private && blind && unknown[principal] != status {
                    foreign.push(format!(
                        "{method} {path} tells {principal} what is private: {status}"
                    ));
                }
                row.push(format!("{principal} {status}"));
            }
            let target = format!("{target:?}").to_lowercase();
            writeln!(table, "{method} {path} {target}: {}", row.join(", ")).unwrap();
        }
    }
    assert!(foreign.is_empty(), "{foreign:#?}");
    assert!(untold.is_empty(), "not as the document says: {untold:#?}");
    if std::env::var_os("POSTERN_ACCEPT").is_some() {
        std::fs::write(EXPECTED, &table).unwrap();
    }
    let expected = std::fs::read_to_string(EXPECTED).unwrap_or_default();
    let different: Vec<_> = table
        .lines()
        .filter(|line| !expected.lines().any(|known| known == *line))
        .collect();
    assert!(
        different.is_empty() && table.lines().count() == expected.lines().count(),
        "who may do what is not as it was reviewed; run POSTERN_ACCEPT=1 cargo nextest run --test it \
         t13_the_matrix, and look at the change of tests/it/api/rights/expected.txt: {different:#?}"
    );
    world.desk.end().await;
}

#[tokio::test]
async fn t13_no_list_tells_what_is_private() {
    let document = document();
    let mut world = World::open().await;
    let secret = world.conversation(Target::Private).await;
    let public = world.conversation(Target::Public).await;
    for (path, method, operation) in operations(&document) {
        if method != "GET" || path.contains('{') || path.ends_with("/stream") {
            continue;
        }
        for principal in ["observer", "outsider", "insider"] {
            let key = &world.keys[principal];
            let asked = with_query(&path, &operation);
            let text = world.desk.with_key(key, "GET", &asked, None).await.text;
            for (kind, id) in secret.iter().filter(|(kind, _)| **kind != "contacts") {
                let told = text.contains(id.as_str());
                assert!(
                    !told || principal == "insider",
                    "{path} tells {principal} of {kind}"
                );
            }
        }
    }
    let seen = |key: String, id: String| {
        let desk = &world.desk;
        async move {
            desk.with_key(&key, "GET", "/v1/messages", None)
                .await
                .text
                .contains(&id)
        }
    };
    assert!(seen(world.keys["insider"].clone(), secret["messages"].clone()).await);
    assert!(seen(world.keys["outsider"].clone(), public["messages"].clone()).await);
    assert_eq!(
        world
            .ask("outsider", "GET", "/v1/events/stream", &Value::Null)
            .await
            .status(),
        200
    );
    world.desk.end().await;
}
