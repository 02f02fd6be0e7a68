//! The daemon inside the test's own process.

use postern::app::App;
use postern::config::Config;
use postern::domain::clock::Clock;
use postern::engine::Engine;
use postern::lifecycle::Drained;
use serde_json::Value;

use super::api::{self, Api};
use super::daemon::make_key;
use super::db::Db;
use super::eventually;
use super::hooks::Hooks;
use super::provider::FakeProvider;
use super::setup::Setup;

/// A daemon in this process; it must be ended, and then nothing of it may be left.
pub struct TestApp {
    pub api: Api,
    pub hooks: Hooks,
    /// The base URL of the admin listener.
    pub admin: String,
    app: Option<App>,
}

impl TestApp {
    /// Starts a daemon on this database.
    pub async fn start(db: &Db, setup: &Setup) -> Self {
        Self::start_at(db, setup, Clock::System).await
    }

    /// Starts a daemon that asks this clock.
    pub async fn start_at(db: &Db, setup: &Setup, clock: Clock) -> Self {
        let file = db.folder().join("postern.toml");
        std::fs::write(&file, setup.text()).unwrap();
        let key = make_key(&file);
        Self::start_with_key(setup, clock, &key).await
    }

    async fn start_with_key(setup: &Setup, clock: Clock, key: &str) -> Self {
        let config = Config::parse(setup.text(), "postern.toml").expect("the setup is valid");
        let app = App::start(config, clock).await.expect("it starts");
        let base = format!("http://{}", app.address);
        Self {
            api: Api::new(&base, key),
            hooks: Hooks {
                base,
                http: api::client(),
            },
            admin: format!("http://{}", app.admin_address),
            app: Some(app),
        }
    }

    /// A daemon with the usual gateways, and their provider.
    pub async fn usual(db: &Db) -> (Self, FakeProvider) {
        let provider = FakeProvider::start().await;
        let app = Self::start(db, &Setup::usual(db, &provider.url())).await;
        (app, provider)
    }

    /// Stops it and starts it again; the key stays the same.
    pub async fn restart(self, setup: &Setup) -> Self {
        let key = self.api.key.clone();
        self.end().await;
        Self::start_with_key(setup, Clock::System, &key).await
    }

    /// Stops it; fails when some of it would not stop by itself.
    pub async fn end(mut self) {
        let app = self.app.take().expect("it is ended once");
        assert_eq!(app.stop().await, Drained::All);
    }

    /// What the daemon does its work with.
    pub fn engine(&self) -> &Engine {
        self.app.as_ref().expect("it runs").engine()
    }

    /// The value of a metric, summed over the lines whose labels contain all of these.
    pub async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let url = format!("{}/metrics", self.admin);
        let text = self
            .api
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let of_name = |line: &&str| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
        };
        text.lines()
            .filter(of_name)
            .filter(|line| labels.iter().all(|label| line.contains(label)))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// A gateway as the API shows it.
    pub async fn gateway(&self, name: &str) -> Value {
        let all = self.api.get("/v1/gateways").await.expect(200);
        let mut all = all["data"].as_array().unwrap().iter();
        all.find(|gateway| gateway["name"] == name).unwrap().clone()
    }

    /// Waits until a gateway's health is this.
    pub async fn gateway_becomes(&self, name: &str, state: &str) -> Value {
        eventually(&format!("{name} to be {state}"), async || {
            Some(self.gateway(name).await).filter(|gateway| gateway["health"]["state"] == state)
        })
        .await
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let left_over = self.app.is_some() && !std::thread::panicking();
        assert!(!left_over, "the test did not end its daemon");
    }
}
