//! The simulated carrier, through its wire.

use std::time::Duration;

use axum::Router;
use axum::routing::post;
use postern::simulator::{Simulator, SimulatorConfig};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const SECRET: &str = "whsec_c2ltdWxhdGVkLWNhcnJpZXItc2VjcmV0";

/// A carrier, and everything that it posts.
struct World {
    carrier: Simulator,
    posts: mpsc::UnboundedReceiver<Value>,
    hook_url: String,
    tasks: tokio::task::JoinSet<()>,
}

async fn world() -> World {
    let (sender, posts) = mpsc::unbounded_channel();
    let router = Router::new().route(
        "/hook",
        post(async move |body: axum::Json<Value>| sender.send(body.0).unwrap()),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook_url = format!("http://{}/hook", listener.local_addr().unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    let config = SimulatorConfig {
        pace: Duration::from_millis(1),
        ..SimulatorConfig::new("key", SECRET)
    };
    let carrier = Simulator::start(config, &CancellationToken::new())
        .await
        .unwrap();
    World {
        carrier,
        posts,
        hook_url,
        tasks,
    }
}

impl World {
    async fn send(&self, to: &str, text: &str) -> (u16, Value) {
        let body = json!({
            "id": "msg_1", "from": "+12025550100", "to": to, "text": text,
            "callback_url": self.hook_url,
        });
        let client = reqwest::Client::builder().build().unwrap();
        let url = format!("http://{}/messages", self.carrier.address());
        let request = client.post(url).bearer_auth("key").json(&body);
        let answer = request.send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json().await.unwrap_or(Value::Null),
        )
    }

    async fn next_posts(&mut self, count: usize) -> Vec<Value> {
        let mut posts = Vec::new();
        for _ in 0..count {
            let post = tokio::time::timeout(Duration::from_secs(10), self.posts.recv());
            posts.push(post.await.expect("a post within ten seconds").unwrap());
        }
        posts
    }

    async fn end(self) {
        self.carrier.stop().await;
        drop(self.tasks);
    }
}

#[tokio::test]
async fn a_text_is_taken_sent_and_delivered() {
    let mut world = world().await;
    let (status, body) = world.send("+12025550107", "hello").await;
    assert_eq!((status, &body["segments"]), (202, &json!(1)));
    let posts = world.next_posts(2).await;
    assert_eq!(posts[0]["status"], "sent");
    assert_eq!(posts[1]["status"], "delivered");
    assert!(posts.iter().all(|post| post["id"] == body["id"]));
    world.end().await;
}

#[tokio::test]
async fn each_part_is_reported_by_itself() {
    let mut world = world().await;
    world.send("+12025550156", &"a".repeat(307)).await;
    let posts = world.next_posts(4).await;
    assert_eq!(posts[3]["part"], json!({"number": 3, "total": 3}));
    assert_eq!(posts[3]["code"], "sim_carrier_error");
    assert_eq!(posts[2]["status"], "delivered");
    world.end().await;
}

#[tokio::test]
async fn a_throttled_number_takes_the_second_try() {
    let world = world().await;
    assert_eq!(world.send("+12025550190", "hello").await.0, 429);
    assert_eq!(world.send("+12025550190", "hello").await.0, 202);
    world.end().await;
}

#[tokio::test]
async fn a_customer_texts_in_and_says_stop() {
    let mut world = world().await;
    let posted = world
        .carrier
        .text_in("+12025550107", "24680", "hi", &world.hook_url)
        .await;
    assert!(posted.taken());
    let inbound = world.next_posts(1).await;
    assert_eq!(inbound[0]["type"], "message.inbound");
    assert_eq!(inbound[0]["id"], posted.id.as_str());
    world.send("+12025550160", "hello").await;
    let posts = world.next_posts(3).await;
    assert_eq!(posts[2]["text"], "STOP");
    assert_eq!(posts[2]["from"], "+12025550160");
    world.end().await;
}
