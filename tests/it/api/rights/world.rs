//! Somebody of each kind, and something of each kind for them to ask for.

use std::collections::BTreeMap;

use axum::body::Body;
use http::{Request, Response};
use postern::domain::agent::Role;
use serde_json::{Value, json};

use super::super::{Desk, id};

/// What is asked for: nothing there is, something in a conversation private to the insider's team,
/// something that is private to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Unknown,
    Private,
    Public,
}

pub(super) struct World {
    pub(super) desk: Desk,
    pub(super) keys: BTreeMap<&'static str, String>,
    pub(super) tag: String,
    agents: BTreeMap<&'static str, String>,
    team: String,
    customers: u32,
}

impl World {
    pub(super) async fn open() -> Self {
        let desk = Desk::open().await;
        let mut keys = BTreeMap::from([("admin", desk.key.clone())]);
        let mut agents = BTreeMap::new();
        for (name, role) in [
            ("observer", Role::Observer),
            ("outsider", Role::Agent),
            ("insider", Role::Agent),
            ("disabled", Role::Agent),
        ] {
            keys.insert(name, desk.key(name, role).await);
            let all = desk.walk("/v1/agents", 100).await;
            let found = all.iter().find(|agent| agent["name"] == name).unwrap();
            agents.insert(name, id(found).to_owned());
        }
        let team = |name: &str, member: &str| json!({"name": name, "members": [agents[member]]});
        let inside = desk.post("/v1/teams", team("inside", "insider")).await;
        let inside = inside.expect(201);
        desk.post("/v1/teams", team("outside", "outsider"))
            .await
            .expect(201);
        let disable = format!("/v1/agents/{}/disable", agents["disabled"]);
        desk.post(&disable, json!({})).await.expect(200);
        for (name, scopes) in [
            ("revoked", json!(null)),
            ("narrow", json!(["view_messages"])),
        ] {
            let order = json!({"name": name, "role": "admin", "scopes": scopes});
            let made = desk.post("/v1/keys", order).await.expect(201);
            keys.insert(name, made["key"].as_str().unwrap().to_owned());
            if name == "revoked" {
                let path = format!("/v1/keys/{}", id(&made));
                desk.with_key(&desk.key, "DELETE", &path, None)
                    .await
                    .expect(200);
            }
        }
        let tag = json!({"name": "urgent"});
        desk.post("/v1/tags", tag).await.expect(201);
        Self {
            tag: "urgent".to_owned(),
            team: id(&inside).to_owned(),
            agents,
            desk,
            keys,
            customers: 0,
        }
    }

    /// A conversation with its contact, message and issue.
    pub(super) async fn conversation(&mut self, target: Target) -> BTreeMap<&'static str, String> {
        self.customers += 1;
        let from = format!("+1202555{:04}", 1000 + self.customers);
        let name = format!("in-{}", self.customers);
        self.desk.text_in_from(&from, &name, "Hello").await;
        let page = self.desk.get("/v1/messages?limit=1").await.expect(200);
        let message = &page["data"][0];
        assert_eq!(message["from"], from.as_str());
        let conversation = message["conversation"].as_str().unwrap();
        let found = self
            .desk
            .get(&format!("/v1/conversations/{conversation}"))
            .await;
        let contact = found.expect(200)["contact"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        if target == Target::Private {
            let path = format!("/v1/conversations/{conversation}/restrict");
            let body = json!({"team": self.team});
            self.desk.post(&path, body).await.expect(200);
        }
        BTreeMap::from([
            ("messages", id(message).to_owned()),
            ("conversations", conversation.to_owned()),
            ("issues", message["issue"].as_str().unwrap().to_owned()),
            ("contacts", contact),
        ])
    }

    /// The id of something new of the kind that a path is about; nothing when there is no such
    /// thing in a test, and `None` when this test does not know the kind.
    pub(super) async fn fixture(&mut self, kind: &str, target: Target) -> Option<String> {
        self.customers += 1;
        let name = format!("{kind} {}", self.customers);
        let made = match kind {
            "messages" | "conversations" | "issues" | "contacts" => {
                return self.conversation(target).await.remove(kind);
            }
            "notes" => {
                let conversation = self.conversation(target).await.remove("conversations")?;
                let path = format!("/v1/conversations/{conversation}/notes");
                let note = self.desk.post(&path, json!({"text": "Hello"})).await;
                return Some(id(&note.expect(201)).to_owned());
            }
            "agents" => ("/v1/agents", json!({"name": name, "role": "observer"})),
            "teams" => ("/v1/teams", json!({"name": name})),
            "keys" => ("/v1/keys", json!({"name": name, "role": "observer"})),
            // Somebody else's, or not to be had here: nobody finds anything.
            "sessions" | "quarantine" | "attachments" => return Some("x".to_owned()),
            "tags" => ("/v1/tags", json!({"name": name})),
            "views" => (
                "/v1/views",
                json!({"name": name, "filter": "view=inbox", "shared": true}),
            ),
            "quick-replies" => (
                "/v1/quick-replies",
                json!({"title": name, "text": "Hello", "shared": true}),
            ),
            "opt-outs" => {
                let to = format!("+1202556{:04}", self.customers);
                ("/v1/opt-outs", json!({"to": to}))
            }
            _ => return None,
        };
        let (path, body) = made;
        let answer = self.desk.post(path, body).await;
        Some(id(&answer.expect(201)).to_owned())
    }

    /// A body that the operation takes, where the document's example is none here.
    pub(super) fn body(&mut self, schema: &str) -> Option<Value> {
        self.customers += 1;
        let name = format!("{schema} {}", self.customers);
        let body = match schema {
            "NewMessage" => json!({"to": "+12025550123", "text": "Hello"}),
            "NoteText" | "NewDraft" => json!({"text": "Hello"}),
            "IssueChange" => json!({"title": "Hello"}),
            "Assignment" => json!({"agent": self.agents["insider"]}),
            "Restriction" => json!({"team": self.team}),
            "Muting" => json!({"until": "2099-01-01T00:00:00Z"}),
            "NewTag" => json!({"name": name}),
            "TagChanges" => json!({"colour": "#00AA00"}),
            "NewView" => json!({"name": name, "filter": "view=inbox"}),
            "ViewChanges" => json!({"filter": "view=done"}),
            "Bulk" => json!({"action": "archive", "filter": "view=done"}),
            _ => return None,
        };
        Some(body)
    }

    pub(super) async fn ask(
        &self,
        principal: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Response<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-postern", "1");
        if let Some(key) = self.keys.get(principal) {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let body = if *body == Value::Null {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        self.desk.ask(request.body(body).unwrap()).await
    }
}
