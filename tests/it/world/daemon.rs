//! The real program as a process of its own, to be killed and started again.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use tokio::process::Child;

use super::api::{self, Api};
use super::db::Db;
use super::hooks::Hooks;
use super::setup::Setup;
use super::{PATIENCE, eventually};

/// A daemon that can be killed; its ports and database stay the same.
pub struct Daemon {
    pub api: Api,
    pub hooks: Hooks,
    /// The base URL of the admin listener.
    pub admin: String,
    config: PathBuf,
    log: PathBuf,
    child: Option<Child>,
}

impl Daemon {
    /// Writes the configuration, makes a key and starts the program.
    pub async fn start(db: &Db, setup: Setup) -> Self {
        let mut daemon = Self::prepare(db, setup);
        daemon.start_again().await;
        daemon
    }

    /// The same for one more daemon on the database, which has the first one's key.
    pub async fn start_beside(first: &Self, db: &Db, setup: Setup) -> Self {
        let folder = db.folder().join("beside");
        std::fs::create_dir(&folder).unwrap();
        let mut daemon = Self::prepare_in(&folder, setup);
        daemon.api.key.clone_from(&first.api.key);
        daemon.start_again().await;
        daemon
    }

    /// Writes the configuration and makes a key; nothing runs yet.
    pub fn prepare(db: &Db, setup: Setup) -> Self {
        Self::prepare_in(db.folder(), setup)
    }

    fn prepare_in(folder: &Path, setup: Setup) -> Self {
        let (listen, admin) = (free_port(), free_port());
        let config = folder.join("postern.toml");
        std::fs::write(&config, setup.on_ports(listen, admin).text()).unwrap();
        let base = format!("http://127.0.0.1:{listen}");
        let key = make_key(&config);
        Self {
            api: Api::new(&base, &key),
            hooks: Hooks {
                base,
                http: api::client(),
            },
            admin: format!("http://127.0.0.1:{admin}"),
            config,
            log: folder.join("daemon.log"),
            child: None,
        }
    }

    /// Starts the program, without waiting until it is ready.
    pub fn spawn(&mut self) {
        self.spawn_to_crash_at("");
    }

    /// Starts the program, which shall die at that crash point.
    pub fn spawn_to_crash_at(&mut self, place: &str) {
        self.spawn_as(program(&self.config), place);
    }

    /// Starts the program, which may open no more files and connections than that.
    pub fn spawn_with_descriptors(&mut self, most: u32) {
        let mut command = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_postern");
        let limited = format!("ulimit -n {most} && exec \"$@\"");
        command.args(["-c", &limited, "sh", program, "--config"]);
        command.arg(&self.config);
        self.spawn_as(command, "");
    }

    fn spawn_as(&mut self, program: Command, place: &str) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log);
        let child = tokio::process::Command::from(program)
            .arg("serve")
            .env("POSTERN_CRASH_AT", place)
            .stdout(Stdio::null())
            .stderr(log.unwrap())
            .kill_on_drop(true)
            .spawn();
        self.child = Some(child.unwrap());
    }

    /// Starts the program and waits until it is ready.
    pub async fn start_again(&mut self) {
        self.spawn();
        self.ready().await;
    }

    /// Waits until it says that it is ready.
    pub async fn ready(&mut self) {
        let url = format!("{}/readyz", self.admin);
        eventually("the daemon to be ready", async || {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                panic!("the daemon ended with {status}: {}", self.log());
            }
            let answer = self.api.http.get(&url).send().await.ok()?;
            (answer.status() == 200).then_some(())
        })
        .await;
    }

    /// Whether it died by itself.
    pub fn has_died(&mut self) -> bool {
        let child = self.child.as_mut().expect("it was started");
        child.try_wait().unwrap().is_some()
    }

    /// Kills it as the kernel does when memory runs out: at once, without a word.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().await.unwrap();
    }

    /// Sends it a signal, by name.
    pub fn signal(&self, name: &str) {
        let child = self.child.as_ref().expect("it runs");
        let id = child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// The value of a metric, summed over its lines; nothing when it does not answer.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let url = format!("{}/metrics", self.admin);
        let answer = self.api.http.get(url).send().await.ok()?;
        let text = answer.text().await.ok()?;
        let lines = text.lines().filter(|line| line.starts_with(name));
        let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        Some(values.sum())
    }

    /// Asks it to stop and waits; gives back the exit code.
    pub async fn stop(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("it runs");
        let id = child.id().expect("it runs").to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        let limit = PATIENCE + Duration::from_secs(20);
        let ended = tokio::time::timeout(limit, child.wait()).await;
        ended.expect("it stops in time").unwrap().code()
    }

    /// The end of what it said, to go with a test that failed.
    pub fn last_words(&self) -> String {
        let log = self.log();
        let tail = &log.as_bytes()[log.len().saturating_sub(4000)..];
        format!(
            "the daemon's last words:\n{}",
            String::from_utf8_lossy(tail)
        )
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

fn program(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
    command.arg("--config").arg(config);
    command
}

/// Makes an admin's key with the command line.
pub fn make_key(config: &Path) -> String {
    make_key_for(config, "tests")
}

/// Makes an admin's key for an agent of this name.
pub fn make_key_for(config: &Path, name: &str) -> String {
    let output = program(config)
        .args(["key", "create", name, "--role", "admin"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "key create: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A port below those that the kernel gives out by itself, on which nobody listens. It is this
/// process's as long as that lives: no other test takes it while a daemon is down.
pub fn free_port() -> u16 {
    static TAKEN: Mutex<Vec<File>> = Mutex::new(Vec::new());
    let locks = std::env::temp_dir().join("postern-test-ports");
    std::fs::create_dir_all(&locks).unwrap();
    loop {
        let port = 10_000 + rand::random::<u16>() % 5_000;
        let lock = File::create(locks.join(port.to_string())).unwrap();
        let free = lock.try_lock().is_ok();
        if free && std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            TAKEN.lock().unwrap().push(lock);
            return port;
        }
    }
}
