//! Reading a mailbox of a real Dovecot: mails filed per second beside a client that fetches the
//! same mailbox and does nothing to the bytes; and what one large mail costs in memory.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::arguments::Arguments;
use crate::daemon::{Site, UNLIMITED};
use crate::database::Place;
use crate::machine;
use crate::provider::Provider;
use crate::table::{Limit, Row, Table};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dovecot");

const INBOUND: &str = "SELECT COUNT(*) FROM message WHERE direction = 'inbound'";

/// The UID of the last mail that was filed; they count from one.
const READ_TO: &str = "SELECT COALESCE(MAX(read_to), 0) FROM mailbox";

/// As long as a mail with a short thread below it, in bytes.
const ORDINARY: usize = 20_000;

/// Just below what is read as a whole by default.
const LARGE: usize = 24_500_000;

/// How long a mailbox may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// Measures both, and adds them to the table.
pub async fn run(arguments: &Arguments, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let mails = if arguments.quick { 1_000 } else { 10_000 };
    let server = Server::start(place.folder())?;
    server.fill(mails, ORDINARY)?;
    let (mut bare, mut filed) = (Vec::new(), Vec::new());
    for round in 0..arguments.rounds() {
        eprintln!("bench: {}, a mailbox, round {round}", place.kind.name());
        let began = Instant::now();
        server.fetch_all(mails)?;
        bare.push(mails as f64 / began.elapsed().as_secs_f64());
        let name = format!("mailbox_{round}");
        let (taken, _) = read(place, &server, &name, mails).await?;
        filed.push(mails as f64 / taken.as_secs_f64());
    }
    table.rows.push(Row {
        name: format!("mails of {} kB read and filed", ORDINARY / 1_000),
        unit: "/s",
        values: filed,
        ceiling: bare,
        limits: Some((Limit::Share(0.5), Limit::Share(0.8))),
    });
    let server = Server::start(place.folder())?;
    server.fill(1, LARGE)?;
    let (_, memory) = read(place, &server, "mailbox_large", 1).await?;
    table.rows.push(Row {
        name: "peak memory with a mail of 25 MB".to_owned(),
        unit: "MB",
        values: vec![memory],
        ceiling: Vec::new(),
        limits: Some((Limit::Most(150.0), Limit::Most(120.0))),
    });
    let note = "The ceiling of a mailbox is a client that fetches it and forgets the bytes.";
    table.notes.push(note.to_owned());
    Ok(())
}

/// Has a fresh daemon read the mailbox; how long that took, its start included, and the most
/// memory that it had.
async fn read(
    place: &Place,
    server: &Server,
    name: &str,
    mails: usize,
) -> anyhow::Result<(Duration, f64)> {
    let provider = Provider::start()?;
    let database = place.database(name).await?;
    let site = Site::make(place.folder(), name, &database, provider.address, UNLIMITED)?;
    site.add(&format!(
        "[[gateway]]\nname = \"mail\"\nkind = \"email\"\naddress = \"support@example.com\"\n\
         [gateway.imap]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
         username = \"support\"\npassword = \"secret\"\nfirst_run = \"all\"\n",
        server.port
    ))?;
    let began = Instant::now();
    let (daemon, _) = site.start().await?;
    // Counting the mails again and again would cost as much as reading many of them.
    let mut connection = database.connect().await?;
    loop {
        let read = usize::try_from(connection.count(READ_TO).await?)?;
        if read >= mails {
            break;
        }
        ensure!(began.elapsed() < PATIENCE, "{read} of {mails} mails came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let taken = began.elapsed();
    let count = usize::try_from(connection.count(INBOUND).await?)?;
    ensure!(count == mails, "{count} of {mails} mails were filed");
    let (_, most) = machine::memory(daemon.process());
    daemon.stop().await?;
    Ok((taken, most))
}

/// A Dovecot of the bench; gone when dropped.
struct Server {
    folder: PathBuf,
    port: u16,
}

impl Server {
    fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!(
            "postern-bench-dovecot-{}-{}",
            std::process::id(),
            folder.read_dir()?.count()
        ));
        let process = std::process::id().to_string();
        let output = Command::new(SCRIPT)
            .arg("start")
            .args([folder.as_os_str(), process.as_ref()])
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "tests/dovecot: {said}");
        let ports = String::from_utf8(output.stdout)?;
        let port = ports
            .lines()
            .next()
            .context("it prints its port")?
            .parse()?;
        Ok(Self { folder, port })
    }

    /// Leaves mails in the mailbox.
    fn fill(&self, count: usize, bytes: usize) -> anyhow::Result<()> {
        let mut client = Client::open(self.port)?;
        for number in 0..count {
            let mail = mail(number, bytes);
            let command = format!("APPEND INBOX {{{}+}}\r\n{mail}", mail.len());
            client.ask(&command)?;
        }
        Ok(())
    }

    /// Fetches everything and forgets it.
    fn fetch_all(&self, count: usize) -> anyhow::Result<()> {
        let mut client = Client::open(self.port)?;
        client.ask("SELECT INBOX")?;
        let literals = client.ask("UID FETCH 1:* (UID BODY.PEEK[])")?;
        ensure!(literals == count, "{literals} of {count} mails came");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with this process in any case.
        drop(Command::new(SCRIPT).arg("stop").arg(&self.folder).status());
    }
}

/// A mail of a customer, with an attachment that makes it as long as that.
fn mail(number: usize, bytes: usize) -> String {
    let mut mail = format!(
        "From: Customer {number} <customer{}@example.org>\r\nTo: support@example.com\r\n\
         Subject: Order {number}\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n\
         Message-ID: <{number}.{bytes}@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=part\r\n\r\n--part\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nWhere is my order {number}?\r\n\
         --part\r\nContent-Type: application/pdf; name=order.pdf\r\n\
         Content-Disposition: attachment; filename=order.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n",
        number % 1_000
    );
    let line = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\r\n";
    while mail.len() < bytes {
        mail.push_str(line);
    }
    write!(mail, "\r\n--part--\r\n").expect("a text takes everything");
    mail
}

/// As much of a client as the bench needs.
struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        let mut client = Self {
            stream: BufReader::with_capacity(64 * 1024, stream),
        };
        let mut greeting = String::new();
        client.stream.read_line(&mut greeting)?;
        client.ask("LOGIN support secret")?;
        Ok(client)
    }

    /// Sends a command, reads to its end and says how many literals came.
    fn ask(&mut self, command: &str) -> anyhow::Result<usize> {
        let line = format!("b {command}\r\n");
        self.stream.get_mut().write_all(line.as_bytes())?;
        let (mut literals, mut line) = (0, Vec::new());
        let mut literal = Vec::new();
        loop {
            line.clear();
            ensure!(
                self.stream.read_until(b'\n', &mut line)? > 0,
                "the server went"
            );
            if let Some(length) = announced(&line) {
                literal.resize(length, 0);
                self.stream.read_exact(&mut literal)?;
                literals += 1;
            } else if let Some(outcome) = line.strip_prefix(b"b ") {
                let words = String::from_utf8_lossy(outcome);
                ensure!(outcome.starts_with(b"OK"), "the server refused: {words}");
                return Ok(literals);
            }
        }
    }
}

fn announced(line: &[u8]) -> Option<usize> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    line.strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}
