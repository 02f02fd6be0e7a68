//! A real mail server, started by `tests/postfix`, whose mailbox `support` a Dovecot shows.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::db::Db;
use super::dovecot::{Dovecot, QUICK};
use super::setup::{FAST_MAIL, Setup};

/// A Postfix for example.test and the Dovecot that shows its mail; both stop with this value.
pub struct Postfix {
    port: u16,
    folder: TempDir,
    dovecot: Dovecot,
}

impl Postfix {
    /// Servers with empty mailboxes.
    pub fn start() -> Self {
        let dovecot = Dovecot::start();
        let folder = TempDir::with_prefix("postern-postfix-").unwrap();
        let output = Command::new(script())
            .arg("start")
            .arg(folder.path())
            .arg(std::process::id().to_string())
            .arg(dovecot.maildir())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "tests/postfix start: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let port = String::from_utf8(output.stdout).unwrap();
        Self {
            port: port.trim().parse().unwrap(),
            folder,
            dovecot,
        }
    }

    /// A daemon with the gateway `mail` of support@example.test, which sends by this server and
    /// reads its mailbox, with further lines of its section `gateway.smtp`.
    pub fn setup(&self, db: &Db, smtp: &str) -> Setup {
        let address = ([127, 0, 0, 1], self.port).into();
        let imap = format!(
            "[gateway.imap]\nhost = \"localhost\"\nport = {}\nusername = \"support\"\n\
             first_run = \"all\"\n{QUICK}\n",
            self.dovecot.port
        );
        Setup::bare(db)
            .mail(
                "mail",
                "support@example.test",
                address,
                [FAST_MAIL, "", smtp],
            )
            .and(&imap)
    }

    /// The mails that were delivered to `ann` or `eve`.
    pub fn mails(&self, name: &str) -> Vec<String> {
        let new = self.folder.path().join("mail").join(name).join("new");
        let Ok(entries) = std::fs::read_dir(new) else {
            return Vec::new();
        };
        let read = |path: PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into();
        entries.map(|entry| read(entry.unwrap().path())).collect()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        let commands: &[&str] = if failed { &["log", "stop"] } else { &["stop"] };
        for command in commands {
            // What fails here fails the next start, not this test.
            let _ = Command::new(script())
                .arg(command)
                .arg(self.folder.path())
                .status();
        }
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postfix")
}
