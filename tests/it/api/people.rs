//! Agents, teams and keys, and what single permissions do.

use postern::domain::agent::Role;
use serde_json::{Value, json};

use super::{Answer, Desk, id};
use crate::both;

impl Desk {
    pub(super) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.with_key(&self.key, "PATCH", path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.with_key(&self.key, "DELETE", path, None).await
    }

    /// An agent of that name, with a key of theirs.
    pub(super) async fn agent(&self, name: &str, role: Role) -> (Value, String) {
        let key = self.key(name, role).await;
        let agents = self.walk("/v1/agents", 100).await;
        let agent = agents.into_iter().find(|agent| agent["name"] == name);
        (agent.unwrap(), key)
    }
}

impl Desk {
    async fn walk_events(&self) -> Vec<String> {
        let page = self.get("/v1/events?limit=100").await.expect(200);
        let events = page["data"].as_array().unwrap().iter();
        events
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect()
    }
}

both! {
    async fn r094_an_agent_is_granted_and_denied_single_permissions(db: Db) {
        let desk = Desk::on(&db).await;
        let (bob, key) = desk.agent("bob", Role::Agent).await;
        let path = format!("/v1/agents/{}", id(&bob));
        desk.with_key(&key, "GET", "/v1/audit", None)
            .await
            .expect(403);
        let body = json!({"granted": ["audit"], "denied": ["view_messages"]});
        let changed = desk.patch(&path, body).await.expect(200);
        let names = json!(["send_messages", "delete_messages", "assign", "audit"]);
        assert_eq!(changed["permissions"], names);
        desk.with_key(&key, "GET", "/v1/audit", None)
            .await
            .expect(200);
        let refused = desk
            .with_key(&key, "GET", "/v1/messages", None)
            .await
            .expect(403);
        assert_eq!(refused["permission"], "view_messages");
        assert!(
            refused["detail"]
                .as_str()
                .unwrap()
                .contains("view_messages")
        );
        let me = desk.with_key(&key, "GET", "/v1/me", None).await.expect(200);
        assert_eq!(
            (&me["permissions"], &me["agent"]["id"]),
            (&names, &bob["id"])
        );
        assert!(me["via"].as_str().unwrap().starts_with("key_"));
        desk.end().await;
    }

    async fn nobody_gives_what_they_do_not_have(db: Db) {
        let desk = Desk::on(&db).await;
        let (bob, key) = desk.agent("bob", Role::Agent).await;
        let (ann, _) = desk.agent("ann", Role::Admin).await;
        let bobs = format!("/v1/agents/{}", id(&bob));
        let grant = json!({"granted": ["manage_people"]});
        let as_bob = |method: &'static str, path: String, body: Value| {
            let (desk, key) = (&desk, &key);
            async move { desk.with_key(key, method, &path, Some(body)).await }
        };
        as_bob("PATCH", bobs.clone(), grant.clone())
            .await
            .expect(403);
        desk.patch(&bobs, grant).await.expect(200);
        let eve = json!({"name": "eve", "role": "observer"});
        as_bob("POST", "/v1/agents".into(), eve).await.expect(201);
        for (method, path, body) in [
            ("PATCH", bobs.clone(), json!({"role": "admin"})),
            (
                "PATCH",
                bobs.clone(),
                json!({"granted": ["export", "manage_people"]}),
            ),
            (
                "PATCH",
                format!("/v1/agents/{}", id(&ann)),
                json!({"name": "x"}),
            ),
            (
                "POST",
                format!("/v1/agents/{}/disable", id(&ann)),
                json!({}),
            ),
            (
                "POST",
                "/v1/agents".into(),
                json!({"name": "x", "role": "admin"}),
            ),
            (
                "POST",
                "/v1/agents".into(),
                json!({"name": "x", "role": "agent", "granted": ["audit"]}),
            ),
            (
                "POST",
                "/v1/keys".into(),
                json!({"name": "x", "role": "admin"}),
            ),
            (
                "POST",
                "/v1/keys".into(),
                json!({"name": "x", "role": "admin", "agent": ann["id"], "scopes": ["audit"]}),
            ),
        ] {
            let answer = as_bob(method, path.clone(), body.clone()).await;
            assert_eq!(
                answer.status, 403,
                "{method} {path} {body}: {}",
                answer.text
            );
        }
        let team = desk
            .post("/v1/teams", json!({"name": "Board"}))
            .await
            .expect(201);
        let joined = as_bob("PATCH", bobs, json!({"teams": [team["id"]]})).await;
        joined.expect(403);
        desk.end().await;
    }

    async fn an_agent_is_added_and_changed_by_whoever_saw_the_latest_version(db: Db) {
        let desk = Desk::on(&db).await;
        let team = desk
            .post("/v1/teams", json!({"name": "Billing"}))
            .await
            .expect(201);
        let hours = json!({"time_zone": "Europe/Berlin", "monday": [{"from": "09:00", "to": "17:30"}]});
        let body = json!({
            "name": "Ada Lovelace", "email": "Ada@Example.com", "role": "agent", "teams": [team["id"]],
            "working_hours": hours, "away": {"until": "2099-01-01T00:00:00Z"},
        });
        let made = desk.post("/v1/agents", body).await;
        let ada = made.expect(201);
        assert_eq!(
            (&ada["initials"], &ada["email"]),
            (&json!("AL"), &json!("ada@example.com"))
        );
        assert_eq!(ada["teams"][0]["name"], "Billing");
        assert_eq!(ada["working_hours"]["monday"][0]["to"], "17:30");
        assert_eq!(
            (&ada["working_hours"]["sunday"], &ada["available"]),
            (&json!([]), &json!(false))
        );
        assert_eq!(made.headers["etag"], "\"1\"");
        let path = format!("/v1/agents/{}", id(&ada));
        let body = json!({"name": "Ada King", "working_hours": null, "away": null});
        let changed = desk.patch(&path, body).await.expect(200);
        assert_eq!(
            (
                &changed["initials"],
                &changed["working_hours"],
                &changed["available"]
            ),
            (&json!("AK"), &Value::Null, &json!(true))
        );
        let late = http::Request::patch(&path)
            .header("authorization", format!("Bearer {}", desk.key))
            .header("content-type", "application/json")
            .header("if-match", "\"1\"")
            .body(axum::body::Body::from(json!({"name": "x"}).to_string()));
        let late = Answer::of(desk.ask(late.unwrap()).await).await;
        assert_eq!(late.expect(412)["version"], 2);
        let again = desk.get(&path).await;
        assert_eq!(
            (again.expect(200), again.headers["etag"].to_str().unwrap()),
            (changed, "\"2\"")
        );
        let members = desk
            .get(&format!("/v1/teams/{}", id(&team)))
            .await
            .expect(200);
        assert_eq!(members["members"][0]["name"], "Ada King");
        desk.end().await;
    }

    async fn one_may_change_ones_own_hours_and_nothing_else(db: Db) {
        let desk = Desk::on(&db).await;
        let (bob, key) = desk.agent("bob", Role::Agent).await;
        let (ann, _) = desk.agent("ann", Role::Admin).await;
        let own = format!("/v1/agents/{}", id(&bob));
        let change = |path: String, body: Value| {
            let (desk, key) = (&desk, &key);
            async move { desk.with_key(key, "PATCH", &path, Some(body)).await }
        };
        change(
            own.clone(),
            json!({"initials": "BB", "away": {"until": null}}),
        )
        .await
        .expect(200);
        change(own.clone(), json!({"initials": "B", "name": "Bobby"}))
            .await
            .expect(403);
        change(format!("/v1/agents/{}", id(&ann)), json!({"initials": "X"}))
            .await
            .expect(403);
        desk.end().await;
    }

    async fn an_agent_with_a_mistake_is_refused_with_every_field(db: Db) {
        let desk = Desk::on(&db).await;
        let body = json!({
            "name": " ", "role": "king", "email": "nobody", "password": 1, "initials": "ABCDE",
            "granted": ["fly"], "denied": "x", "teams": ["x"], "away": {"from": 1},
            "working_hours": {"time_zone": "Mars/Base", "monday": []}, "id": "x", "disabled_at": "x",
            "permissions": [], "created_at": "x", "available": true, "version": 3,
        });
        let pointers = desk.post("/v1/agents", body).await.pointers();
        assert_eq!(pointers.len(), 16, "{pointers:?}");
        let taken = desk
            .post("/v1/agents", json!({"name": "ann", "role": "agent"}))
            .await;
        assert_eq!(taken.pointers(), ["/name"]);
        for hours in [
            json!({"time_zone": "Europe/Berlin", "monday": [{"from": "17:00", "to": "09:00"}]}),
            json!({"time_zone": "Europe/Berlin", "monday": [{"from": "09:00", "to": "12:00"}, {"from": "11:00", "to": "13:00"}]}),
            json!({"time_zone": "Europe/Berlin", "funday": []}),
            json!([]),
        ] {
            let body = json!({"name": "x", "role": "agent", "working_hours": hours});
            assert_eq!(
                desk.post("/v1/agents", body).await.pointers(),
                ["/working_hours"]
            );
        }
        let body = json!({"name": "x", "role": "agent", "password": "mint otter lamp nine"});
        assert_eq!(desk.post("/v1/agents", body).await.pointers(), ["/email"]);
        let body =
            json!({"name": "x", "role": "agent", "email": "x@example.com", "password": "password1"});
        assert_eq!(
            desk.post("/v1/agents", body).await.pointers(),
            ["/password"]
        );
        desk.end().await;
    }

    async fn t15_a_disabled_agents_key_is_refused_and_the_last_admin_stays(db: Db) {
        let desk = Desk::on(&db).await;
        let (bob, key) = desk.agent("bob", Role::Agent).await;
        let (ann, _) = desk.agent("ann", Role::Admin).await;
        desk.with_key(&key, "GET", "/v1/me", None).await.expect(200);
        let path = format!("/v1/agents/{}", id(&bob));
        let disabled = desk
            .post(&format!("{path}/disable"), json!({}))
            .await
            .expect(200);
        assert!(disabled["disabled_at"].is_string());
        desk.with_key(&key, "GET", "/v1/me", None).await.expect(401);
        desk.post(
            "/v1/keys",
            json!({"name": "x", "role": "agent", "agent": bob["id"]}),
        )
        .await
        .expect(422);
        desk.post(&format!("{path}/enable"), json!({}))
            .await
            .expect(200);
        desk.with_key(&key, "GET", "/v1/me", None).await.expect(200);
        let own = format!("/v1/agents/{}", id(&ann));
        desk.post(&format!("{own}/disable"), json!({}))
            .await
            .expect(409);
        for body in [json!({"role": "agent"}), json!({"denied": ["audit"]})] {
            desk.patch(&own, body).await.expect(409);
        }
        desk.end().await;
    }

    async fn teams_are_made_changed_and_taken_away(db: Db) {
        let desk = Desk::on(&db).await;
        let (bob, _) = desk.agent("bob", Role::Agent).await;
        let body = json!({"name": "Billing", "members": [bob["id"], bob["id"]]});
        let team = desk.post("/v1/teams", body).await.expect(201);
        assert_eq!(team["members"].as_array().unwrap().len(), 1);
        let path = format!("/v1/teams/{}", id(&team));
        assert_eq!(
            desk.post("/v1/teams", json!({"name": "Billing"}))
                .await
                .pointers(),
            ["/name"]
        );
        let body = json!({"members": ["agt_00000000000000000000000000"]});
        assert_eq!(desk.patch(&path, body).await.pointers(), ["/members"]);
        let changed = desk
            .patch(&path, json!({"name": "Accounts", "members": []}))
            .await
            .expect(200);
        assert_eq!(
            (&changed["name"], &changed["members"]),
            (&json!("Accounts"), &json!([]))
        );
        assert_eq!(desk.walk("/v1/teams", 1).await, [changed]);
        desk.delete(&path).await.expect(204);
        desk.get(&path).await.expect(404);
        desk.delete(&path).await.expect(404);
        let kinds: Vec<_> = desk.walk_events().await;
        for kind in [
            "agent.created",
            "team.created",
            "team.changed",
            "team.deleted",
            "key.created",
        ] {
            assert!(kinds.iter().any(|one| one == kind), "{kind} in {kinds:?}");
        }
        desk.end().await;
    }

    async fn t18_a_key_has_scopes_an_end_and_a_successor(db: Db) {
        let desk = Desk::on(&db).await;
        let expires = super::later(&desk.clock, 0).plus(std::time::Duration::from_hours(2));
        let body = json!({
            "name": "crm", "role": "agent", "scopes": ["view_messages"], "expires_at": expires.to_string(),
        });
        let made = desk.post("/v1/keys", body).await.expect(201);
        let (first, path) = (
            made["key"].as_str().unwrap(),
            format!("/v1/keys/{}", id(&made)),
        );
        let with = |key: &str, path: &'static str| {
            let (desk, key) = (&desk, key.to_owned());
            async move {
                desk.with_key(
                    &key,
                    if path == "/v1/segments" {
                        "POST"
                    } else {
                        "GET"
                    },
                    path,
                    Some(json!({"text": "x"})),
                )
                .await
                .status
            }
        };
        assert_eq!(with(first, "/v1/messages").await, 200);
        let sent = desk
            .with_key(
                first,
                "POST",
                "/v1/messages",
                Some(json!({"to": "+12025550123", "text": "x"})),
            )
            .await;
        assert!(
            sent.expect(403)["detail"]
                .as_str()
                .unwrap()
                .contains("scopes")
        );
        let rotated = desk
            .post(&format!("{path}/rotate"), json!({"overlap": "1h"}))
            .await
            .expect(200);
        let second = rotated["key"].as_str().unwrap();
        assert_ne!(first, second);
        assert_eq!(rotated["id"], made["id"]);
        assert_eq!(
            (
                with(first, "/v1/messages").await,
                with(second, "/v1/messages").await
            ),
            (200, 200)
        );
        super::later(&desk.clock, 3_601);
        desk.post(&format!("{path}/rotate"), json!({"overlap": "0"}))
            .await
            .expect(422);
        // What was good stays so for a second; another change has everything looked up again.
        let other = desk
            .post("/v1/teams", json!({"name": "x"}))
            .await
            .expect(201);
        assert_eq!(
            (
                with(first, "/v1/messages").await,
                with(second, "/v1/messages").await
            ),
            (401, 200)
        );
        desk.engine.note_use().await.unwrap();
        let listed = desk.walk("/v1/keys", 10).await;
        let listed = listed.iter().find(|key| key["id"] == made["id"]).unwrap();
        assert!(listed["last_used_at"].is_string() && listed["expires_at"].is_string());
        super::later(&desk.clock, 3_600);
        desk.delete(&format!("/v1/teams/{}", id(&other)))
            .await
            .expect(204);
        assert_eq!(with(second, "/v1/messages").await, 401);
        desk.post(&format!("{path}/rotate"), json!({}))
            .await
            .expect(409);
        let past = json!({"name": "x", "role": "agent", "expires_at": "2020-01-01T00:00:00Z"});
        assert_eq!(
            desk.post("/v1/keys", past).await.pointers(),
            ["/expires_at"]
        );
        desk.end().await;
    }
}
