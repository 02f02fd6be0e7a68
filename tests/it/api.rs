//! The API through its routes, without a listener.

mod accounts;
mod audit;
mod bookmarks;
mod claims;
mod contact_notes;
mod desk;
mod documents;
mod exposure;
mod feed;
mod hook;
mod inbox;
mod making;
mod merging;
mod narrow;
mod operator;
mod overload;
mod people;
mod rates;
mod rights;
mod second_factor;
mod sending;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use postern::blob::Blobs;
use postern::channel::{Gateway, Profiles};
use postern::domain::agent::Role;
use postern::domain::clock::{Clock, Timestamp};
use postern::domain::deletion::Shown;
use postern::domain::gateway::GatewayName;
use postern::domain::retention::Retention;
use postern::engine::{Engine, Line, Parts};
use postern::http::{Door, Quota, Rates, guard};
use postern::lifecycle::Tasks;
use postern::store::{OpenOptions, Store};
use serde_json::{Value, json};
use sha2::Sha256;
use tower::ServiceExt as _;

use crate::profiles::wire;
use crate::world::db::Db;

/// A customer's number.
const CUSTOMER: &str = "+12025550123";

/// An answer, read to its end.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    #[track_caller]
    fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if status >= 400 {
            let kind = &self.headers["content-type"];
            assert_eq!(kind, "application/problem+json");
        }
        self.json()
    }

    /// The pointers of a 422.
    #[track_caller]
    fn pointers(&self) -> Vec<String> {
        let errors = self.expect(422)["errors"].as_array().unwrap().clone();
        let pointer = |error: &Value| error["pointer"].as_str().unwrap().to_owned();
        errors.iter().map(pointer).collect()
    }
}

/// The API over an engine with one gateway, `support`, whose carrier is never reached.
struct Desk {
    engine: Engine,
    router: Router,
    tasks: Tasks,
    key: String,
    clock: Clock,
    /// The database of a desk that brought its own.
    own: Option<Db>,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// A desk on a SQLite of its own, for what no database can make a difference to.
    async fn open() -> Self {
        let db = Db::sqlite();
        let desk = Self::on(&db).await;
        Self {
            own: Some(db),
            ..desk
        }
    }

    /// A desk on that database.
    async fn on(db: &Db) -> Self {
        let plenty = Quota {
            rate: 1_000_000,
            burst: 1_000_000,
        };
        Self::paced(db, plenty).await
    }

    /// A desk that lets each key and each address make so many requests.
    async fn paced(db: &Db, quota: Quota) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tasks = Tasks::new();
        let clock = Clock::fixed(wire::now());
        let store = Store::open(&db.location(), &OpenOptions::default(), &tasks)
            .await
            .unwrap();
        let settings = wire::settings("sandbox", "http://127.0.0.1:9");
        let spec = wire::spec("sandbox", settings);
        let profiles = Profiles::load(None).unwrap();
        let public_url = wire::PUBLIC_URL.parse().unwrap();
        let gateway = Gateway::open(&spec, &profiles, &public_url, clock.clone()).unwrap();
        let line = Line {
            spec: Arc::new(spec),
            gateway: Arc::new(gateway),
        };
        let parts = Parts {
            store,
            blobs: Blobs::open_folder(&folder.path().join("blobs")).unwrap(),
            clock: clock.clone(),
            lines: vec![line],
            default_sms: GatewayName::parse("support"),
            default_email: None,
            public_url,
            policies: Vec::new(),
            deleted: Shown::default(),
            write_to_closed: true,
            retention: Retention::default(),
        };
        let engine = Engine::start(parts, &tasks).await.unwrap();
        let routes = postern::api::router(engine.clone(), "US", tasks.clone())
            .merge(postern::hooks::router(engine.clone()));
        let door = Door {
            trusted_proxies: Vec::new(),
            request_timeout: Duration::from_mins(5),
            rates: Some(Arc::new(Rates::new(quota, quota, clock.clone()))),
        };
        let key = engine.create_key("ann", Role::Admin, None).await.unwrap();
        Self {
            key: key.secret,
            router: guard(routes, door),
            engine,
            tasks,
            clock,
            own: None,
            _folder: folder,
        }
    }

    /// A key of that role, for an agent of that name.
    async fn key(&self, name: &str, role: Role) -> String {
        self.engine
            .create_key(name, role, None)
            .await
            .unwrap()
            .secret
    }

    /// Where the database is that the desk brought.
    fn folder(&self) -> &std::path::Path {
        self.own.as_ref().unwrap().folder()
    }

    async fn ask(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn with_key(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        Answer::of(self.ask(request.body(body).unwrap()).await).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.with_key(&self.key, "GET", path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.with_key(&self.key, "POST", path, Some(body)).await
    }

    async fn ask_json(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.with_key(&self.key, method, path, body).await
    }

    async fn post_once(&self, key: &str, body: &str) -> Answer {
        let request = Request::post("/v1/messages")
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        let request = request.body(Body::from(body.to_owned())).unwrap();
        Answer::of(self.ask(request).await).await
    }

    /// Posts to the gateway's hook as its carrier does.
    async fn carrier(&self, body: &[u8]) -> Answer {
        self.carrier_signed(body, true).await
    }

    async fn carrier_signed(&self, body: &[u8], honest: bool) -> Answer {
        let at = self.clock.now().0 / 1_000_000;
        let secret = STANDARD.decode(&wire::WEBHOOK_SECRET[6..]).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        mac.update(format!("evt-1.{at}.").as_bytes());
        mac.update(if honest { body } else { b"another" });
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let request = Request::post("/hooks/support")
            .header("content-type", "application/json")
            .header("webhook-id", "evt-1")
            .header("webhook-timestamp", at)
            .header("webhook-signature", format!("v1,{signature}"));
        let request = request.body(Body::from(body.to_vec())).unwrap();
        Answer::of(self.ask(request).await).await
    }

    /// Lets a customer text in.
    async fn text_in(&self, id: &str, text: &str) {
        self.text_in_from(CUSTOMER, id, text).await;
    }

    async fn text_in_from(&self, from: &str, id: &str, text: &str) {
        let body = json!({
            "type": "message.inbound", "id": id, "from": from, "to": wire::OURS,
            "text": text, "segments": 1, "at": self.clock.now().to_string(),
        });
        self.carrier(body.to_string().as_bytes()).await.expect(200);
    }

    /// Every item of a list, in pages of that size.
    async fn walk(&self, path: &str, limit: u32) -> Vec<Value> {
        let join = if path.contains('?') { '&' } else { '?' };
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self
                .get(&format!("{path}{join}limit={limit}{cursor}"))
                .await;
            let page = page.expect(200);
            let data = page["data"].as_array().unwrap();
            assert!(data.len() <= limit as usize);
            all.extend(data.iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else {
                return all;
            };
            cursor = format!("&cursor={next}");
        }
    }

    async fn end(self) {
        let Self {
            engine,
            router,
            tasks,
            ..
        } = self;
        drop((engine, router));
        tasks.stop(Duration::from_secs(10)).await;
    }
}

/// The id of a resource.
fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap()
}

/// The time of the clock plus so much.
fn later(clock: &Clock, seconds: u64) -> Timestamp {
    clock.advance(Duration::from_secs(seconds));
    clock.now()
}
