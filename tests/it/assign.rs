//! New issues that go to somebody by themselves.

use serde_json::{Value, json};

use crate::both;
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::hooks::fresh_sid;
use crate::world::provider::FakeProvider;
use crate::world::setup::{FAST, Setup};

/// A daemon whose only gateway has these rules, and a team of two agents.
async fn support(db: &Db, rules: &str) -> (TestApp, FakeProvider, Vec<Value>) {
    let provider = FakeProvider::start().await;
    let more = format!("{FAST}\nauto_assign = {rules}");
    let setup = Setup::bare(db).twilio("long", "+12025550100", &provider.url(), &more);
    let app = TestApp::start(db, &setup).await;
    let mut agents = Vec::new();
    for name in ["bob", "eve"] {
        let body = json!({"name": name, "role": "agent"});
        agents.push(app.api.post("/v1/agents", &body).await.expect(201));
    }
    let members: Vec<&Value> = agents.iter().map(|agent| &agent["id"]).collect();
    let team = json!({"name": "support", "members": members});
    app.api.post("/v1/teams", &team).await.expect(201);
    (app, provider, agents)
}

/// The open issue of a customer who writes.
async fn writes(app: &TestApp, from: &str) -> Value {
    let sid = fresh_sid();
    app.hooks
        .text_in("long", from, "Hello", &sid)
        .await
        .expect(200);
    app.api.list("/v1/issues").await.remove(0)
}

async fn events(app: &TestApp, kind: &str) -> Vec<Value> {
    let mut feed = app.api.feed().await;
    feed.retain(|event| event["type"] == kind);
    feed
}

async fn close(app: &TestApp, issue: &Value) {
    let path = format!("/v1/issues/{}/close", issue["id"].as_str().unwrap());
    app.api
        .post(&path, &json!({"override": true}))
        .await
        .expect(200);
}

both! {
    async fn r042_new_issues_go_round_a_team_and_back_to_who_had_the_last(db: Db) {
        let (app, _provider, _) = support(&db, "[\"last_assignee\", \"team:support\"]").await;
        let mut owners = Vec::new();
        for n in 0..4 {
            let issue = writes(&app, &format!("+1202555011{n}")).await;
            assert_eq!(issue["state"], "assigned");
            assert_eq!(issue["team"]["name"], "support");
            owners.push(issue["assignee"]["name"].as_str().unwrap().to_owned());
        }
        assert_eq!(owners, ["bob", "eve", "bob", "eve"]);
        let assigned = events(&app, "issue.assigned").await;
        assert_eq!(assigned.len(), 4);
        assert_eq!(assigned[0]["data"]["cause"], "automation");
        // The second customer had eve; of the two, bob has nothing to do any more.
        let issues = app.api.list("/v1/issues").await;
        for issue in issues.iter().skip(1) {
            close(&app, issue).await;
        }
        assert_eq!(writes(&app, "+12025550111").await["assignee"]["name"], "eve");
        let conversations = app.api.list("/v1/conversations?view=unassigned").await;
        assert!(conversations.is_empty(), "{conversations:?}");
        app.end().await;
    }

    async fn r042_where_nobody_is_there_it_waits_in_the_teams_queue_and_the_feed_says_so(db: Db) {
        let (app, _provider, agents) = support(&db, "[\"team:support\"]").await;
        for agent in &agents {
            let path = format!("/v1/agents/{}", agent["id"].as_str().unwrap());
            let away = json!({"away": {"until": "2100-01-01T00:00:00Z"}});
            let request = app.api.request(http::Method::PATCH, &path).json(&away);
            assert_eq!(request.send().await.unwrap().status(), 200);
        }
        let issue = writes(&app, "+12025550110").await;
        assert_eq!(issue["state"], "unassigned");
        assert_eq!(issue["team"]["name"], "support");
        let failed = events(&app, "issue.assign_failed").await;
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0]["data"]["reason"], "nobody of support is available");
        app.end().await;
    }
}
