//! A real mail server, started by `tests/dovecot`, and another client of its mailbox.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

/// A Dovecot with the account `support`; it stops with this value.
pub struct Dovecot {
    /// Plain, with STARTTLS where there is a certificate.
    pub port: u16,
    /// TLS from the first byte, where there is a certificate.
    pub tls_port: u16,
    folder: TempDir,
}

impl Dovecot {
    /// A server without TLS.
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    /// A server that finds what `prepare` puts into its folder.
    pub fn with(prepare: impl FnOnce(&Path)) -> Self {
        let folder = TempDir::with_prefix("postern-dovecot-").unwrap();
        prepare(&folder.path().join("."));
        let output = Command::new(script())
            .arg("start")
            .arg(folder.path())
            .arg(std::process::id().to_string())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "tests/dovecot start: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let ports = String::from_utf8(output.stdout).unwrap();
        let mut ports = ports.lines().map(|line| line.parse().unwrap());
        Self {
            port: ports.next().unwrap(),
            tls_port: ports.next().unwrap(),
            folder,
        }
    }

    /// Kills the server and every session.
    pub fn kill(&self) {
        self.run(&["kill"]);
    }

    /// Starts it again on the same ports.
    pub fn again(&self) {
        self.run(&["again"]);
    }

    /// Changes the password of the account.
    pub fn change_password(&self, password: &str) {
        self.run(&["password", password]);
    }

    fn run(&self, arguments: &[&str]) {
        let mut command = Command::new(script());
        command.arg(arguments[0]).arg(self.folder.path());
        let status = command.args(&arguments[1..]).status().unwrap();
        assert!(status.success(), "tests/dovecot {arguments:?}");
    }

    /// Has the server number the mails of the INBOX anew, under another UIDVALIDITY.
    pub fn number_anew(&self) {
        self.kill();
        for entry in std::fs::read_dir(self.maildir()).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if name == "dovecot-uidlist" || name.starts_with("dovecot.index") {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
        self.again();
    }

    /// Another client of the mailbox, logged in.
    pub async fn client(&self) -> Client {
        // A server that was just started resets connections until it knows its accounts.
        super::eventually("the server to let a client in", async || {
            let mut client = Client::connect(self.port).await.ok()?;
            client.try_ask("LOGIN support secret").await.ok()?;
            Some(client)
        })
        .await
    }

    /// Where the mail of the account is; a mail server may deliver into it.
    pub fn maildir(&self) -> PathBuf {
        self.folder.path().join("home/Maildir")
    }

    /// A gateway `mail` that reads this server's INBOX, with further lines of its `imap` section.
    pub fn gateway(&self, more: &str) -> String {
        mail_gateway(self.port, more)
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // The folder goes with its guard; what fails here fails the next start, not this test.
        let _ = Command::new(script())
            .arg("kill")
            .arg(self.folder.path())
            .status();
    }
}

/// The section of a gateway `mail` that reads a server on this port.
pub fn mail_gateway(port: u16, more: &str) -> String {
    let mut text = String::new();
    write!(
        text,
        "\n[[gateway]]\nname = \"mail\"\nkind = \"email\"\naddress = \"support@postern.test\"\n\
         [gateway.imap]\nhost = \"localhost\"\nport = {port}\nusername = \"support\"\n{more}\n"
    )
    .unwrap();
    text
}

/// Lines of an `imap` section: a password in the clear, and looks every second.
pub const QUICK: &str =
    "tls = \"none\"\npassword = \"secret\"\npoll = \"1s\"\nlogin_retry = \"1s\"";

/// A mail to the gateway.
pub fn mail(from: &str, subject: &str, text: &str) -> String {
    format!(
        "From: {from}\r\nTo: support@postern.test\r\nSubject: {subject}\r\n\
         Date: Sat, 21 Nov 2026 09:00:00 +0000\r\n\
         Message-ID: <{:032x}@customers.test>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n",
        rand::random::<u128>()
    )
}

/// A client that says what it is told to, and shares no code with the program.
pub struct Client {
    stream: BufStream<TcpStream>,
    tag: u32,
}

impl Client {
    async fn connect(port: u16) -> std::io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let mut client = Self {
            stream: BufStream::new(stream),
            tag: 0,
        };
        client.line().await?;
        Ok(client)
    }

    /// Sends a command and gives back all that was answered; fails unless that was OK.
    pub async fn ask(&mut self, command: &str) -> String {
        match self.try_ask(command).await {
            Ok(answer) => answer,
            Err(outcome) => panic!("{command}: {outcome}"),
        }
    }

    /// Sends a command and gives back all that was answered, or why it was refused.
    async fn try_ask(&mut self, command: &str) -> Result<String, String> {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        let text = |fault: std::io::Error| fault.to_string();
        let line = format!("{tag} {command}\r\n");
        self.stream.write_all(line.as_bytes()).await.map_err(text)?;
        self.stream.flush().await.map_err(text)?;
        let mut answer = String::new();
        loop {
            let line = self.line().await.map_err(text)?;
            if let Some(outcome) = line.strip_prefix(&format!("{tag} ")) {
                let done = outcome.starts_with("OK");
                return if done {
                    Ok(answer)
                } else {
                    Err(outcome.to_owned())
                };
            }
            answer.push_str(&line);
        }
    }

    /// Leaves a mail in a mailbox.
    pub async fn append(&mut self, mailbox: &str, mail: &str) {
        let command = format!("APPEND {mailbox} {{{}+}}\r\n{mail}", mail.len());
        self.ask(&command).await;
    }

    /// Leaves a mail in a mailbox as one that came then, such as `20-Nov-2026 10:00:00 +0000`.
    pub async fn append_at(&mut self, mailbox: &str, came: &str, mail: &str) {
        self.append(&format!("{mailbox} \"{came}\""), mail).await;
    }

    async fn line(&mut self) -> std::io::Result<String> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(length) = announced(&line) {
            let mut literal = vec![0; length];
            self.stream.read_exact(&mut literal).await?;
            line.extend(literal);
            line.extend(Box::pin(self.line()).await?.into_bytes());
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

fn announced(line: &[u8]) -> Option<usize> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    line.strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dovecot")
}
