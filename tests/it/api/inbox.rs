//! The inbox: views, counts, snooze, tags, notes, and who may see what.

use std::sync::Arc;

use postern::domain::agent::Role;
use postern::domain::conversation::Shelf;
use postern::domain::tally::Dimension;
use serde_json::{Value, json};

use super::{Desk, id, later};
use crate::both;
use crate::world::db::Db;

const ANNA: &str = "+12025550101";
const BEN: &str = "+12025550102";
const CARA: &str = "+12025550103";

/// A desk to which three customers wrote.
async fn three(db: &Db) -> Desk {
    let desk = Desk::on(db).await;
    for (n, from) in [ANNA, BEN, CARA].into_iter().enumerate() {
        later(&desk.clock, 1);
        desk.text_in_from(from, &format!("in-{n}"), "Hello").await;
    }
    desk
}

async fn of(desk: &Desk, number: &str) -> Value {
    let all = desk.walk("/v1/conversations?view=all", 100).await;
    let with = |one: &&Value| one["contact"]["addresses"][0]["value"] == number;
    all.iter().find(with).expect("they wrote").clone()
}

async fn path(desk: &Desk, number: &str) -> String {
    format!("/v1/conversations/{}", id(&of(desk, number).await))
}

/// The numbers of those in a list, in its order.
async fn listed(desk: &Desk, query: &str) -> Vec<String> {
    let found = desk.walk(&format!("/v1/conversations?{query}"), 2).await;
    let number = |one: &Value| {
        one["contact"]["addresses"][0]["value"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    found.iter().map(number).collect()
}

async fn count(desk: &Desk, view: &str) -> (i64, i64) {
    let counts = desk.get("/v1/conversations/counts").await.expect(200);
    let held = &counts["views"][view];
    (
        held["total"].as_i64().unwrap(),
        held["unread"].as_i64().unwrap(),
    )
}

both! {
    async fn r043_complete_moves_it_from_the_inbox_to_all_and_closes_the_issue(db: Db) {
        let desk = three(&db).await;
        assert_eq!(listed(&desk, "view=inbox").await, [CARA, BEN, ANNA]);
        assert_eq!(count(&desk, "inbox").await, (3, 3));
        let done = desk
            .post(&(path(&desk, BEN).await + "/complete"), json!({}))
            .await
            .expect(200);
        assert_eq!(
            (done["done"].clone(), done["open_issue"].clone()),
            (json!(true), Value::Null)
        );
        assert_eq!(listed(&desk, "view=inbox").await, [CARA, ANNA]);
        assert_eq!(listed(&desk, "view=done").await, [BEN]);
        assert_eq!(listed(&desk, "view=all").await, [CARA, BEN, ANNA]);
        assert_eq!(count(&desk, "inbox").await, (2, 2));
        assert_eq!(count(&desk, "done").await, (1, 0));
        // Row 44, as decided: a new message brings it back with an open issue.
        later(&desk.clock, 1);
        desk.text_in_from(BEN, "again", "One more thing").await;
        assert_eq!(listed(&desk, "view=inbox").await, [BEN, CARA, ANNA]);
        assert!(of(&desk, BEN).await["open_issue"].is_string());
        desk.end().await;
    }

    async fn r036_complete_is_refused_while_somebody_else_has_the_issue(db: Db) {
        let desk = three(&db).await;
        let bob = desk.key("bob", Role::Agent).await;
        let conversation = of(&desk, ANNA).await;
        let issue = format!(
            "/v1/issues/{}",
            conversation["open_issue"].as_str().unwrap()
        );
        desk.with_key(&bob, "POST", &format!("{issue}/take"), None)
            .await
            .expect(200);
        let complete = path(&desk, ANNA).await + "/complete";
        let refused = desk.post(&complete, json!({})).await.expect(409);
        assert_eq!(refused["assignee"]["name"], "bob");
        assert_eq!(
            desk.post(&format!("{issue}/close"), json!({}))
                .await
                .expect(409)["assignee"]["name"],
            "bob"
        );
        // One who may close what others have says so, and the feed has it for the audit.
        let closed = desk
            .post(&format!("{issue}/close"), json!({"override": true}))
            .await
            .expect(200);
        assert_eq!(closed["closed_by"]["name"], "ann");
        let events = desk.get("/v1/events?limit=100").await.expect(200);
        let last = events["data"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (last["type"].clone(), last["data"]["reason"].clone()),
            (json!("issue.closed"), json!("override"))
        );
        let other = format!(
            "/v1/issues/{}",
            of(&desk, BEN).await["open_issue"].as_str().unwrap()
        );
        desk.post(&format!("{other}/take"), json!({}))
            .await
            .expect(200);
        let body = Some(json!({"override": true}));
        desk.with_key(&bob, "POST", &format!("{other}/close"), body)
            .await
            .expect(403);
        desk.end().await;
    }

    async fn r038_resolve_closes_without_an_answer_and_reads_it(db: Db) {
        let desk = three(&db).await;
        let conversation = of(&desk, ANNA).await;
        let issue = format!(
            "/v1/issues/{}",
            conversation["open_issue"].as_str().unwrap()
        );
        let resolved = desk
            .post(&format!("{issue}/resolve"), json!({}))
            .await
            .expect(200);
        assert_eq!(resolved["state"], "closed");
        assert_eq!(of(&desk, ANNA).await["unread"], 0);
        let reopened = desk
            .post(&format!("{issue}/reopen"), json!({}))
            .await
            .expect(200);
        assert_eq!(reopened["state"], "unassigned");
        desk.post(&format!("{issue}/reopen"), json!({}))
            .await
            .expect(409);
        desk.end().await;
    }

    async fn r045_snooze_hides_until_the_time_or_the_next_message(db: Db) {
        let desk = three(&db).await;
        let until = |seconds: i64| {
            let at = postern::domain::clock::Timestamp(desk.clock.now().0 + seconds * 1_000_000);
            json!({"until": at.to_string()})
        };
        let (anna, ben) = (path(&desk, ANNA).await, path(&desk, BEN).await);
        assert_eq!(
            desk.post(&format!("{anna}/snooze"), until(-1))
                .await
                .pointers(),
            ["/until"]
        );
        desk.post(&format!("{anna}/snooze"), until(60))
            .await
            .expect(200);
        desk.post(&format!("{ben}/snooze"), until(600))
            .await
            .expect(200);
        assert_eq!(listed(&desk, "view=inbox").await, [CARA]);
        assert_eq!(listed(&desk, "view=snoozed").await, [BEN, ANNA]);
        later(&desk.clock, 59);
        assert!(!desk.engine.wake_conversations().await.unwrap());
        assert_eq!(count(&desk, "snoozed").await, (2, 0));
        later(&desk.clock, 1);
        desk.engine.wake_conversations().await.unwrap();
        assert_eq!(listed(&desk, "view=inbox").await, [CARA, ANNA]);
        desk.text_in_from(BEN, "awake", "Still there?").await;
        assert_eq!(listed(&desk, "view=inbox").await, [BEN, CARA, ANNA]);
        assert_eq!(of(&desk, BEN).await["snoozed_until"], Value::Null);
        assert_eq!(count(&desk, "snoozed").await, (0, 0));
        desk.end().await;
    }

    async fn r047_tags_are_put_on_taken_off_and_listed_by(db: Db) {
        let desk = three(&db).await;
        desk.post("/v1/tags", json!({"name": "billing", "colour": "#00AA00"}))
            .await
            .expect(201);
        desk.post("/v1/tags", json!({"name": "billing"}))
            .await
            .expect(409);
        assert_eq!(
            desk.post("/v1/tags", json!({"name": "", "colour": "red"}))
                .await
                .pointers(),
            ["/name", "/colour"]
        );
        let (anna, cara) = (path(&desk, ANNA).await, path(&desk, CARA).await);
        for conversation in [&anna, &cara] {
            let tagged = desk
                .ask_json("PUT", &format!("{conversation}/tags/billing"), None)
                .await
                .expect(200);
            assert_eq!(tagged["tags"], json!(["billing"]));
        }
        desk.ask_json("PUT", &format!("{anna}/tags/other"), None)
            .await
            .expect(404);
        assert_eq!(listed(&desk, "tag=billing").await, [CARA, ANNA]);
        let tag = desk.get("/v1/tags").await.expect(200)["data"][0].clone();
        let counts = desk.get("/v1/conversations/counts").await.expect(200);
        assert_eq!(counts["tags"][id(&tag)]["total"], 2);
        let delete = format!("/v1/tags/{}", id(&tag));
        desk.ask_json("DELETE", &delete, None).await.expect(409);
        for conversation in [&anna, &cara] {
            desk.ask_json("DELETE", &format!("{conversation}/tags/billing"), None)
                .await
                .expect(200);
        }
        assert!(listed(&desk, "tag=billing").await.is_empty());
        assert_eq!(desk.ask_json("DELETE", &delete, None).await.status, 204);
        desk.end().await;
    }

    async fn r026_notes_and_comments_stand_in_the_timeline_and_are_their_authors(db: Db) {
        let desk = three(&db).await;
        let bob = desk.key("bob", Role::Agent).await;
        let conversation = of(&desk, ANNA).await;
        let base = path(&desk, ANNA).await;
        let note = desk
            .post(&format!("{base}/notes"), json!({"text": "She moved"}))
            .await
            .expect(201);
        let issue = conversation["open_issue"].as_str().unwrap();
        later(&desk.clock, 1);
        let comment = desk
            .post(
                &format!("/v1/issues/{issue}/comments"),
                json!({"text": "Ask billing"}),
            )
            .await
            .expect(201);
        assert_eq!(comment["issue"], issue);
        let notes = desk.walk(&format!("{base}/timeline?type=note"), 1).await;
        let texts: Vec<_> = notes
            .iter()
            .map(|one| one["note"]["text"].as_str().unwrap())
            .collect();
        assert_eq!(texts, ["Ask billing", "She moved"]);
        let one = format!("/v1/notes/{}", id(&note));
        let body = Some(json!({"text": "He moved"}));
        desk.with_key(&bob, "PATCH", &one, body.clone())
            .await
            .expect(403);
        let changed = desk.ask_json("PATCH", &one, body).await;
        assert_eq!(changed.headers["etag"], "\"2\"");
        assert_eq!(changed.expect(200)["text"], "He moved");
        assert_eq!(desk.ask_json("DELETE", &one, None).await.status, 204);
        desk.ask_json("DELETE", &one, None).await.expect(404);
        assert_eq!(
            desk.walk(&format!("{base}/timeline?type=note"), 10)
                .await
                .len(),
            1
        );
        desk.end().await;
    }

    async fn r055_views_follow_who_has_the_issue(db: Db) {
        let desk = three(&db).await;
        let bob = desk.key("bob", Role::Agent).await;
        let issue = |one: &Value| format!("/v1/issues/{}", one["open_issue"].as_str().unwrap());
        let (anna, ben) = (of(&desk, ANNA).await, of(&desk, BEN).await);
        desk.post(&(issue(&anna) + "/take"), json!({}))
            .await
            .expect(200);
        desk.with_key(&bob, "POST", &(issue(&ben) + "/take"), None)
            .await
            .expect(200);
        assert_eq!(listed(&desk, "view=mine").await, [ANNA]);
        assert_eq!(listed(&desk, "view=unassigned").await, [CARA]);
        assert_eq!(listed(&desk, "assignee=me").await, [ANNA]);
        assert_eq!(count(&desk, "mine").await, (1, 1));
        assert_eq!(count(&desk, "unassigned").await, (1, 1));
        desk.post(&(path(&desk, ANNA).await + "/read"), json!({}))
            .await
            .expect(200);
        assert_eq!(count(&desk, "mine").await, (1, 0));
        assert_eq!(listed(&desk, "unread=true").await, [CARA, BEN]);
        desk.end().await;
    }

    async fn t13_a_conversation_private_to_a_team_is_not_there_for_others(db: Db) {
        let desk = three(&db).await;
        let bob = desk.key("bob", Role::Agent).await;
        let base = path(&desk, ANNA).await;
        let message = of(&desk, ANNA).await["last_message"]
            .as_str()
            .unwrap()
            .to_owned();
        let issue = of(&desk, ANNA).await["open_issue"]
            .as_str()
            .unwrap()
            .to_owned();
        let team = desk
            .post("/v1/teams", json!({"name": "billing"}))
            .await
            .expect(201);
        let restricted = desk
            .post(&format!("{base}/restrict"), json!({"team": id(&team)}))
            .await
            .expect(200);
        assert_eq!(restricted["private_to"], team["id"]);
        for (method, path) in [
            ("GET", base.clone()),
            ("GET", format!("{base}/timeline")),
            ("GET", format!("/v1/messages/{message}")),
            ("GET", format!("/v1/issues/{issue}")),
            ("POST", format!("/v1/issues/{issue}/take")),
            ("POST", format!("{base}/read")),
            ("POST", format!("{base}/complete")),
        ] {
            desk.with_key(&bob, method, &path, None).await.expect(404);
        }
        for list in ["/v1/conversations?view=all", "/v1/messages", "/v1/issues"] {
            let found = desk.with_key(&bob, "GET", list, None).await.expect(200);
            assert_eq!(found["data"].as_array().unwrap().len(), 2, "{list}");
        }
        let counts = desk
            .with_key(&bob, "GET", "/v1/conversations/counts", None)
            .await
            .expect(200);
        assert_eq!(counts["views"]["all"]["total"], 2);
        let events = desk
            .with_key(&bob, "GET", "/v1/events?limit=100", None)
            .await
            .expect(200);
        let hidden = base.rsplit('/').next().unwrap();
        assert!(!events.to_string().contains(hidden));
        assert_eq!(count(&desk, "all").await, (3, 3));
        desk.end().await;
    }

    async fn t35_of_a_hundred_parallel_takes_one_wins(db: Db) {
        let desk = Arc::new(three(&db).await);
        let issue = of(&desk, ANNA).await["open_issue"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut keys = Vec::new();
        for n in 0..10 {
            keys.push(desk.key(&format!("agent {n}"), Role::Agent).await);
        }
        let take = |n: usize| {
            let (desk, key, path) = (
                Arc::clone(&desk),
                keys[n % 10].clone(),
                format!("/v1/issues/{issue}/take"),
            );
            async move {
                (
                    n % 10,
                    desk.with_key(&key, "POST", &path, None).await.status,
                )
            }
        };
        let taken = futures_util::future::join_all((0..100).map(take)).await;
        let winners: std::collections::BTreeSet<usize> = taken
            .iter()
            .filter(|(_, status)| *status == 200)
            .map(|(n, _)| *n)
            .collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(
            taken.iter().filter(|(_, status)| *status == 409).count(),
            90
        );
    }

    async fn i28_counts_equal_a_recount_after_anything(db: Db) {
        let desk = three(&db).await;
        desk.post("/v1/tags", json!({"name": "x"}))
            .await
            .expect(201);
        let numbers = [ANNA, BEN, CARA];
        let mut state = 7u32;
        for step in 0..120 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let number = numbers[(state >> 8) as usize % 3];
            let base = path(&desk, number).await;
            let far = postern::domain::clock::Timestamp(desk.clock.now().0 + 3_600_000_000);
            match (state >> 16) % 10 {
                0 => drop(desk.post(&(base + "/complete"), json!({})).await),
                1 => drop(desk.post(&(base + "/archive"), json!({})).await),
                2 => drop(desk.post(&(base + "/unarchive"), json!({})).await),
                3 => drop(
                    desk.post(&(base + "/snooze"), json!({"until": far.to_string()}))
                        .await,
                ),
                4 => drop(desk.post(&(base + "/unsnooze"), json!({})).await),
                5 => drop(desk.ask_json("PUT", &(base + "/tags/x"), None).await),
                6 => drop(desk.ask_json("DELETE", &(base + "/tags/x"), None).await),
                7 => drop(desk.post(&(base + "/read"), json!({})).await),
                8 => {
                    if let Some(issue) = of(&desk, number).await["open_issue"].as_str() {
                        desk.post(&format!("/v1/issues/{issue}/take"), json!({}))
                            .await;
                    }
                }
                _ => {
                    desk.text_in_from(number, &format!("step-{step}"), "More")
                        .await;
                }
            }
        }
        let counts = desk.engine.read().counts().await.unwrap();
        for view in [
            "inbox",
            "mine",
            "unassigned",
            "snoozed",
            "done",
            "archived",
            "all",
        ] {
            let listed = desk
                .walk(&format!("/v1/conversations?view={view}"), 100)
                .await;
            let unread = listed
                .iter()
                .filter(|one| one["unread"].as_i64() > Some(0))
                .count();
            let found = (
                i64::try_from(listed.len()).unwrap(),
                i64::try_from(unread).unwrap(),
            );
            assert_eq!(count(&desk, view).await, found, "{view}");
        }
        let tagged = desk
            .walk("/v1/conversations?view=all&tag=x", 100)
            .await
            .len();
        let by_tag = counts
            .iter()
            .filter(|line| line.dimension == Dimension::Tag);
        assert_eq!(
            by_tag.map(|line| line.count.total).sum::<i64>(),
            i64::try_from(tagged).unwrap()
        );
        assert!(
            counts
                .iter()
                .all(|line| Shelf::ALL.contains(&line.shelf) && line.count.total >= 0)
        );
        desk.end().await;
    }

    async fn r049_bulk_says_what_became_of_each_and_where_to_go_on(db: Db) {
        let desk = Desk::on(&db).await;
        for n in 0..130 {
            desk.text_in_from(&format!("+1202555{n:04}"), &format!("in-{n}"), "Hello")
                .await;
        }
        let bob = desk.key("bob", Role::Agent).await;
        let first = desk.walk("/v1/conversations", 1).await[0].clone();
        let issue = format!("/v1/issues/{}/take", first["open_issue"].as_str().unwrap());
        desk.with_key(&bob, "POST", &issue, None).await.expect(200);
        let mut body = json!({"action": "complete", "filter": "view=inbox"});
        let (mut done, mut refused) = (0, 0);
        loop {
            let page = desk
                .post("/v1/conversations/bulk", body.clone())
                .await
                .expect(200);
            for item in page["data"].as_array().unwrap() {
                if item["done"].as_bool().unwrap() {
                    done += 1;
                } else {
                    refused += 1;
                    assert_eq!(item["conversation"], first["id"]);
                    assert!(item["error"].as_str().unwrap().contains("bob"));
                }
            }
            if page["next_cursor"].is_null() {
                break;
            }
            body["cursor"] = page["next_cursor"].clone();
        }
        assert_eq!((done, refused), (129, 1));
        assert_eq!(count(&desk, "done").await, (129, 0));
        for (wrong, pointer) in [
            (json!({"action": "complete"}), "/conversations"),
            (json!({"action": "burn", "filter": ""}), "/action"),
            (
                json!({"action": "tag", "tag": "none", "filter": ""}),
                "/tag",
            ),
            (json!({"action": "read", "filter": "view=none"}), "/filter"),
        ] {
            assert_eq!(
                desk.post("/v1/conversations/bulk", wrong).await.pointers(),
                [pointer]
            );
        }
        desk.end().await;
    }

    async fn r027_a_draft_is_kept_per_agent_and_not_overwritten_unseen(db: Db) {
        let desk = three(&db).await;
        let bob = desk.key("bob", Role::Agent).await;
        let draft = path(&desk, ANNA).await + "/draft";
        desk.get(&draft).await.expect(404);
        let kept = desk
            .ask_json("PUT", &draft, Some(json!({"text": "Dear"})))
            .await;
        assert_eq!(kept.headers["etag"], "\"1\"");
        desk.with_key(&bob, "GET", &draft, None).await.expect(404);
        desk.ask_json(
            "PUT",
            &draft,
            Some(json!({"text": "Dear Anna", "gateway": "support"})),
        )
        .await
        .expect(200);
        let request = http::Request::put(&draft)
            .header("authorization", format!("Bearer {}", desk.key))
            .header("content-type", "application/json")
            .header("if-match", "\"1\"");
        let request = request
            .body(axum::body::Body::from(r#"{"text": "lost"}"#))
            .unwrap();
        super::Answer::of(desk.ask(request).await).await.expect(412);
        assert_eq!(desk.get(&draft).await.expect(200)["text"], "Dear Anna");
        assert_eq!(desk.ask_json("DELETE", &draft, None).await.status, 204);
        desk.get(&draft).await.expect(404);
        desk.end().await;
    }

    async fn r055_a_list_is_kept_for_oneself_or_for_everybody(db: Db) {
        let desk = three(&db).await;
        let bob = desk.key("bob", Role::Agent).await;
        let shared = json!({"name": "New", "filter": "view=unassigned", "shared": true});
        desk.with_key(&bob, "POST", "/v1/views", Some(shared.clone()))
            .await
            .expect(403);
        desk.post("/v1/views", shared).await.expect(201);
        let own = json!({"name": "Mine", "filter": "view=mine&unread=true"});
        let own = desk
            .with_key(&bob, "POST", "/v1/views", Some(own))
            .await
            .expect(201);
        assert_eq!(desk.walk("/v1/views", 10).await.len(), 1);
        let his = desk
            .with_key(&bob, "GET", "/v1/views", None)
            .await
            .expect(200);
        assert_eq!(his["data"].as_array().unwrap().len(), 2);
        let filter = desk.walk("/v1/views", 10).await[0]["filter"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(listed(&desk, &filter).await, [CARA, BEN, ANNA]);
        let wrong = json!({"name": "x", "filter": "view=none"});
        assert_eq!(desk.post("/v1/views", wrong).await.pointers(), ["/filter"]);
        let path = format!("/v1/views/{}", id(&own));
        desk.ask_json("PATCH", &path, Some(json!({"name": "Stolen"})))
            .await
            .expect(404);
        let renamed = desk
            .with_key(&bob, "PATCH", &path, Some(json!({"name": "My own"})))
            .await
            .expect(200);
        assert_eq!(renamed["filter"], "view=mine&unread=true");
        assert_eq!(desk.with_key(&bob, "DELETE", &path, None).await.status, 204);
        desk.end().await;
    }
}
