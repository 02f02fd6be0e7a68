//! A mail server that does to its clients whatever its script says.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the server does about one command.
#[derive(Debug, Clone)]
pub enum Act {
    /// What every server does.
    Usual,
    /// This, where `{tag}` stands for the command's tag, in place of the usual answer.
    Instead(String),
    /// This, and then the usual answer.
    Before(String),
    /// So many bytes of the usual answer; then the connection is closed.
    Cut(usize),
    /// Nothing, for ever; the connection stays open.
    Hang,
    /// The usual answer, one byte at a time, so slowly that it never ends.
    Drip,
    /// As usual, but mail that comes is not announced.
    Deaf,
}

/// A script: the number of the connection, from one, and the command; what is done about it.
type Script = Box<dyn FnMut(u32, &str) -> Act + Send>;

struct Desk {
    mails: Mutex<Vec<(u32, Vec<u8>)>>,
    next_uid: AtomicU32,
    connections: AtomicU32,
    commands: Mutex<Vec<String>>,
    script: Mutex<Script>,
    came: watch::Sender<u32>,
}

/// A scripted server with one account and one mailbox.
pub struct FakeImap {
    pub port: u16,
    desk: Arc<Desk>,
    _tasks: JoinSet<()>,
}

impl FakeImap {
    /// A server that behaves until it is told otherwise.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let desk = Arc::new(Desk {
            mails: Mutex::default(),
            next_uid: AtomicU32::new(1),
            connections: AtomicU32::new(0),
            commands: Mutex::default(),
            script: Mutex::new(Box::new(|_, _| Act::Usual)),
            came: watch::Sender::new(0),
        });
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&desk);
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let session = Session {
                    desk: Arc::clone(&shared),
                    stream: BufStream::new(stream),
                    number: shared.connections.fetch_add(1, Ordering::SeqCst) + 1,
                };
                sessions.spawn(async move { drop(session.serve().await) });
            }
        });
        Self {
            port,
            desk,
            _tasks: tasks,
        }
    }

    /// Changes the script: it gets the number of the connection and the command without its tag.
    pub fn script(&self, script: impl FnMut(u32, &str) -> Act + Send + 'static) {
        *self.desk.script.lock().unwrap() = Box::new(script);
    }

    /// Puts a mail into the mailbox and gives back its UID.
    pub fn deliver(&self, mail: &str) -> u32 {
        let uid = self.desk.next_uid.fetch_add(1, Ordering::SeqCst);
        let mut mails = self.desk.mails.lock().unwrap();
        mails.push((uid, mail.as_bytes().to_vec()));
        drop(mails);
        self.desk.came.send_modify(|count| *count += 1);
        uid
    }

    /// Takes a mail out of the mailbox, as another client does.
    pub fn expunge(&self, uid: u32) {
        self.desk
            .mails
            .lock()
            .unwrap()
            .retain(|(known, _)| *known != uid);
    }

    /// How often somebody connected.
    pub fn connections(&self) -> u32 {
        self.desk.connections.load(Ordering::SeqCst)
    }

    /// Every command so far, without its tag.
    pub fn commands(&self) -> Vec<String> {
        self.desk.commands.lock().unwrap().clone()
    }
}

struct Session {
    desk: Arc<Desk>,
    stream: BufStream<TcpStream>,
    number: u32,
}

impl Session {
    async fn serve(mut self) -> io::Result<()> {
        if !self.act("", "GREETING", b"* OK ready\r\n".to_vec()).await? {
            return Ok(());
        }
        loop {
            let line = self.line().await?;
            let Some((tag, command)) = line.split_once(' ') else {
                return Ok(());
            };
            let (tag, command) = (tag.to_owned(), self.with_literals(command).await?);
            self.desk.commands.lock().unwrap().push(command.clone());
            if command == "IDLE" {
                if !self.idle(&tag).await? {
                    return Ok(());
                }
                continue;
            }
            let usual = self.usual(&tag, &command);
            if !self.act(&tag, &command, usual).await? || command == "LOGOUT" {
                return Ok(());
            }
        }
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Takes the literals that a command announces.
    async fn with_literals(&mut self, command: &str) -> io::Result<String> {
        let mut command = command.to_owned();
        while let Some(length) = command
            .strip_suffix('}')
            .and_then(|rest| rest.rsplit_once('{')?.1.parse::<usize>().ok())
        {
            self.say(b"+ go ahead\r\n").await?;
            let mut literal = vec![0; length];
            self.stream.read_exact(&mut literal).await?;
            command.push_str(&String::from_utf8_lossy(&literal));
            command.push_str(&self.line().await?);
        }
        Ok(command)
    }

    async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    fn scripted(&self, command: &str) -> Act {
        (self.desk.script.lock().unwrap())(self.number, command)
    }

    /// Answers as the script says; whether the session goes on.
    async fn act(&mut self, tag: &str, command: &str, usual: Vec<u8>) -> io::Result<bool> {
        match self.scripted(command) {
            Act::Usual | Act::Deaf => self.say(&usual).await?,
            Act::Instead(text) => {
                self.say(text.replace("{tag}", tag).as_bytes()).await?;
                return Ok(!text.starts_with("* BYE"));
            }
            Act::Before(text) => {
                self.say(text.replace("{tag}", tag).as_bytes()).await?;
                self.say(&usual).await?;
            }
            Act::Cut(at) => {
                self.say(&usual[..at.min(usual.len())]).await?;
                return Ok(false);
            }
            Act::Hang => std::future::pending().await,
            Act::Drip => {
                for byte in usual {
                    self.say(&[byte]).await?;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
        Ok(true)
    }

    async fn idle(&mut self, tag: &str) -> io::Result<bool> {
        let mut came = self.desk.came.subscribe();
        let act = self.scripted("IDLE");
        if let Act::Instead(text) = act {
            self.say(text.replace("{tag}", tag).as_bytes()).await?;
            return Ok(!text.starts_with("* BYE"));
        }
        self.say(b"+ idling\r\n").await?;
        match &act {
            Act::Hang => std::future::pending().await,
            Act::Cut(_) => return Ok(false),
            Act::Before(text) => self.say(text.as_bytes()).await?,
            _ => {}
        }
        loop {
            let mut line = String::new();
            tokio::select! {
                read = self.stream.read_line(&mut line) => {
                    if read? == 0 {
                        return Ok(false);
                    }
                    self.say(format!("{tag} OK idled\r\n").as_bytes()).await?;
                    return Ok(true);
                }
                Ok(()) = came.changed(), if !matches!(act, Act::Deaf) => {
                    let count = self.desk.mails.lock().unwrap().len();
                    self.say(format!("* {count} EXISTS\r\n").as_bytes()).await?;
                }
            }
        }
    }

    fn usual(&self, tag: &str, command: &str) -> Vec<u8> {
        let mails = self.desk.mails.lock().unwrap();
        let next = self.desk.next_uid.load(Ordering::SeqCst);
        let mut answer = Vec::new();
        let upper = command.to_ascii_uppercase();
        if upper == "CAPABILITY" {
            answer.extend(b"* CAPABILITY IMAP4rev1 IDLE UIDPLUS\r\n");
        } else if upper.starts_with("SELECT") {
            let text = format!(
                "* {} EXISTS\r\n* OK [UIDVALIDITY 7] fine\r\n* OK [UIDNEXT {next}] fine\r\n",
                mails.len()
            );
            answer.extend(text.into_bytes());
        } else if let Some(rest) = upper.strip_prefix("UID SEARCH ") {
            answer.extend(b"* SEARCH");
            let range = rest.rsplit(' ').next().unwrap_or_default();
            for (uid, _) in mails.iter().filter(|(uid, _)| within(range, *uid)) {
                answer.extend(format!(" {uid}").into_bytes());
            }
            answer.extend(b"\r\n");
        } else if let Some(rest) = upper.strip_prefix("UID FETCH ") {
            let (set, what) = rest.split_once(' ').unwrap_or_default();
            for (at, (uid, mail)) in mails.iter().enumerate() {
                if within(set, *uid) {
                    answer.extend(fetched(at + 1, *uid, mail, what));
                }
            }
        }
        answer.extend(format!("{tag} OK done\r\n").into_bytes());
        answer
    }
}

fn fetched(number: usize, uid: u32, mail: &[u8], what: &str) -> Vec<u8> {
    if what.contains("RFC822.SIZE") {
        let text = format!(
            "* {number} FETCH (UID {uid} RFC822.SIZE {} INTERNALDATE \"21-Nov-2026 09:00:00 +0000\")\r\n",
            mail.len()
        );
        return text.into_bytes();
    }
    let headers = what.contains("HEADER");
    let end = mail.windows(4).position(|four| four == b"\r\n\r\n");
    let (name, body) = match end {
        Some(end) if headers => ("BODY[HEADER]<0>", &mail[..end + 4]),
        _ => ("BODY[]", mail),
    };
    let mut answer =
        format!("* {number} FETCH (UID {uid} {name} {{{}}}\r\n", body.len()).into_bytes();
    answer.extend(body);
    answer.extend(b")\r\n");
    answer
}

/// Whether a set such as `3:5,9` holds a UID.
fn within(set: &str, uid: u32) -> bool {
    set.split(',').any(|range| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let last = last.parse().unwrap_or(u32::MAX);
        first
            .parse()
            .is_ok_and(|first: u32| (first..=last).contains(&uid))
    })
}
