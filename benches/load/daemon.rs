//! The real program as a process of its own.

use std::fs::File;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::client::Connection;
use crate::database::Database;
use crate::requests::{ACCOUNT, ADDRESS, GATEWAY, PUBLIC_URL, TOKEN};

/// The program of this build.
const PROGRAM: &str = env!("CARGO_BIN_EXE_postern");

/// How long a start or a stop may take before the bench gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// A gateway that sends as fast as it can.
pub const UNLIMITED: &str = "{ segments_per_second = 100000, burst = 100000 }";
/// A gateway that sends next to nothing.
pub const STANDSTILL: &str = "{ segments_per_second = 0.001, burst = 1 }";

/// A configured daemon that can be started.
pub struct Site {
    /// Where the API and the callbacks are.
    pub address: SocketAddr,
    /// An admin's key.
    pub key: String,
    admin: SocketAddr,
    config: PathBuf,
    log: PathBuf,
}

impl Site {
    /// Writes the configuration, makes the tables and a key.
    pub fn make(
        folder: &Path,
        name: &str,
        database: &Database,
        provider: SocketAddr,
        rate: &str,
    ) -> anyhow::Result<Self> {
        let (address, admin) = (free_address()?, free_address()?);
        let blobs = folder.join(format!("{name}-blobs"));
        let text = format!(
            "[server]\nlisten = \"{address}\"\nadmin_listen = \"{admin}\"\n\
             public_url = \"{PUBLIC_URL}\"\n[database]\nurl = {:?}\n[blobs]\nurl = \"file:{}\"\n\
             [[gateway]]\nname = \"{GATEWAY}\"\nkind = \"long_code\"\nprofile = \"twilio\"\n\
             address = \"{ADDRESS}\"\nrate = {rate}\n[gateway.settings]\n\
             account_sid = \"{ACCOUNT}\"\nauth_token = \"{TOKEN}\"\nbase_url = \"http://{provider}\"\n",
            database.url,
            blobs.display(),
        );
        let config = folder.join(format!("{name}.toml"));
        std::fs::write(&config, text)?;
        let mut site = Self {
            address,
            key: String::new(),
            admin,
            config,
            log: folder.join(format!("{name}.log")),
        };
        let output = site
            .program()
            .args(["key", "create", "bench", "--role", "admin"])
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "key create: {said}");
        String::from_utf8(output.stdout)?
            .trim()
            .clone_into(&mut site.key);
        Ok(site)
    }

    /// Adds a section to the configuration; before the start.
    pub fn add(&self, section: &str) -> std::io::Result<()> {
        let mut file = File::options().append(true).open(&self.config)?;
        file.write_all(section.as_bytes())
    }

    fn program(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(&self.config);
        command
    }

    /// Starts the program and waits until it is ready; gives back how long that took.
    pub async fn start(&self) -> anyhow::Result<(Daemon, Duration)> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let started = Instant::now();
        let child = self
            .program()
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut daemon = Daemon { child };
        while !self.is_ready().await {
            if let Some(status) = daemon.child.try_wait()? {
                bail!("the daemon ended with {status}: {}", self.said());
            }
            ensure!(started.elapsed() < PATIENCE, "the daemon is not ready");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok((daemon, started.elapsed()))
    }

    async fn is_ready(&self) -> bool {
        let asked = async {
            let mut connection = Connection::open(self.admin).await?;
            connection
                .ask(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")
                .await
        };
        asked.await.is_ok_and(|status| status == 200)
    }

    /// The end of what the daemon said.
    fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(10).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// A running daemon; killed when dropped.
pub struct Daemon {
    child: Child,
}

impl Daemon {
    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let process = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &process]).status()?;
        ensure!(asked.success(), "the daemon was gone before it was stopped");
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the daemon ended with {status}");
                return Ok(());
            }
            if Instant::now() > until {
                return Err(anyhow::anyhow!("it still runs")).context("failed to stop the daemon");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Of one that has ended already there is nothing to kill.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An address that nobody listens on now.
fn free_address() -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
