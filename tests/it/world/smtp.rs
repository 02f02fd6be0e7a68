//! A mail server that takes what its script says and remembers what it was handed.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::eventually;

/// A mail that was handed over whole.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The commands of its envelope, as they came.
    pub mail: String,
    /// The same for the recipients.
    pub rcpts: Vec<String>,
    /// The content with the dots that were stuffed, up to the line with the lone dot.
    pub wire: Vec<u8>,
}

impl Letter {
    /// The envelope sender.
    pub fn sender(&self) -> String {
        path(&self.mail)
    }

    /// The only envelope recipient.
    pub fn recipient(&self) -> String {
        assert_eq!(self.rcpts.len(), 1, "{:?}", self.rcpts);
        path(&self.rcpts[0])
    }

    /// The content as it was meant.
    pub fn content(&self) -> Vec<u8> {
        let lines = self.wire.split_inclusive(|byte| *byte == b'\n');
        let unstuffed = lines.map(|line| line.strip_prefix(b".").unwrap_or(line));
        unstuffed.flatten().copied().collect()
    }

    /// The content as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content()).into_owned()
    }

    /// A header's value, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = self.text();
        let head = text.split("\r\n\r\n").next().unwrap();
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let mut lines = head.lines();
        let prefix = format!("{}:", name.to_lowercase());
        lines.find_map(|line| {
            let matches = line.to_lowercase().starts_with(&prefix);
            matches.then(|| line[prefix.len()..].trim().to_owned())
        })
    }
}

fn path(command: &str) -> String {
    let (_, rest) = command.split_once('<').unwrap();
    rest.split_once('>').unwrap().0.to_owned()
}

/// What the server does at a step.
#[derive(Debug, Clone)]
pub enum Act {
    /// Agrees.
    Take,
    /// Says this instead.
    Say(&'static str),
    /// Closes the connection without a word.
    Drop,
    /// Agrees, but only after a while.
    Late(Duration),
}

/// A step of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A connection was made.
    Greeting,
    /// A login, with what the client sent.
    Login(String),
    /// The sender, with the whole command.
    Mail(String),
    /// The recipient.
    Rcpt(String),
    /// DATA.
    Data,
    /// The content came, and not yet its end.
    Content,
    /// The content and its end came.
    End,
}

type Script = Box<dyn FnMut(&Step) -> Act + Send>;

/// How the server's connections are protected.
pub enum Cover {
    /// Not at all.
    Bare,
    /// Once the client asks by STARTTLS.
    Starttls(tokio_rustls::TlsAcceptor),
    /// From the first byte.
    Implicit(tokio_rustls::TlsAcceptor),
}

struct Desk {
    letters: Mutex<Vec<Letter>>,
    steps: Mutex<Vec<Step>>,
    script: Mutex<Script>,
    offers: Vec<&'static str>,
    cover: Cover,
    connections: Mutex<usize>,
}

/// The server; it goes when it is dropped.
pub struct MailSink {
    pub address: SocketAddr,
    desk: Arc<Desk>,
    _tasks: JoinSet<()>,
}

/// What servers usually offer.
pub const OFFERS: &[&str] = &[
    "PIPELINING",
    "SIZE 30000000",
    "DSN",
    "8BITMIME",
    "ENHANCEDSTATUSCODES",
];

impl MailSink {
    /// A server that offers the usual and takes everything.
    pub async fn start() -> Self {
        Self::offering(OFFERS).await
    }

    /// A server that offers this.
    pub async fn offering(offers: &[&'static str]) -> Self {
        Self::with(offers, Cover::Bare).await
    }

    /// A server that offers this, and protects its connections so.
    pub async fn with(offers: &[&'static str], cover: Cover) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = Arc::new(Desk {
            letters: Mutex::default(),
            steps: Mutex::default(),
            script: Mutex::new(Box::new(|_| Act::Take)),
            offers: offers.to_vec(),
            cover,
            connections: Mutex::default(),
        });
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        let at = Arc::clone(&desk);
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                sessions.spawn(session(stream, Arc::clone(&at)));
                while sessions.try_join_next().is_some() {}
            }
        });
        Self {
            address,
            desk,
            _tasks: tasks,
        }
    }

    /// Decides each step from now on.
    pub fn acts(&self, script: impl FnMut(&Step) -> Act + Send + 'static) {
        *self.desk.script.lock().unwrap() = Box::new(script);
    }

    /// All that it took so far.
    pub fn letters(&self) -> Vec<Letter> {
        self.desk.letters.lock().unwrap().clone()
    }

    /// All steps that it saw so far.
    pub fn steps(&self) -> Vec<Step> {
        self.desk.steps.lock().unwrap().clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        *self.desk.connections.lock().unwrap()
    }

    /// Waits until it took so many mails.
    pub async fn took(&self, count: usize) -> Vec<Letter> {
        eventually(&format!("{count} mails at the server"), async || {
            Some(self.letters()).filter(|letters| letters.len() >= count)
        })
        .await
    }
}

trait Wire: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Wire for T {}

async fn session(stream: TcpStream, desk: Arc<Desk>) {
    *desk.connections.lock().unwrap() += 1;
    stream.set_nodelay(true).unwrap();
    let stream: Box<dyn Wire> = match &desk.cover {
        Cover::Bare | Cover::Starttls(_) => Box::new(stream),
        Cover::Implicit(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => Box::new(stream),
            Err(_) => return,
        },
    };
    // That the other side went away is no concern of the server's.
    let _ = serve(stream, &desk).await;
}

impl Desk {
    /// What the script says of a step.
    fn act(&self, step: Step) -> Act {
        let act = (self.script.lock().unwrap())(&step);
        self.steps.lock().unwrap().push(step);
        act
    }
}

async fn answer(
    wire: &mut BufReader<Box<dyn Wire>>,
    act: Act,
    usual: &str,
) -> std::io::Result<bool> {
    let (said, agreed) = match act {
        Act::Take => (usual, true),
        Act::Say(words) => (words, words.starts_with(['2', '3'])),
        Act::Drop => return Err(std::io::ErrorKind::ConnectionAborted.into()),
        Act::Late(wait) => {
            tokio::time::sleep(wait).await;
            (usual, true)
        }
    };
    wire.write_all(format!("{said}\r\n").as_bytes()).await?;
    wire.flush().await?;
    Ok(agreed)
}

async fn serve(stream: Box<dyn Wire>, desk: &Desk) -> std::io::Result<()> {
    let mut wire = BufReader::new(stream);
    answer(&mut wire, desk.act(Step::Greeting), "220 sink.test ESMTP").await?;
    let mut letter = Letter {
        mail: String::new(),
        rcpts: Vec::new(),
        wire: Vec::new(),
    };
    let mut encrypted = false;
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let verb = command.split([' ', ':']).next().unwrap().to_uppercase();
        match verb.as_str() {
            "EHLO" => {
                let mut lines = vec!["sink.test".to_owned()];
                lines.extend(desk.offers.iter().map(ToString::to_string));
                if matches!(desk.cover, Cover::Starttls(_)) && !encrypted {
                    lines.push("STARTTLS".to_owned());
                }
                let last = lines.len() - 1;
                for (n, line) in lines.iter().enumerate() {
                    let mark = if n == last { ' ' } else { '-' };
                    let line = format!("250{mark}{line}\r\n");
                    wire.write_all(line.as_bytes()).await?;
                }
                wire.flush().await?;
            }
            "STARTTLS" => {
                let Cover::Starttls(acceptor) = &desk.cover else {
                    panic!("it was not offered");
                };
                answer(&mut wire, Act::Take, "220 ready").await?;
                let stream = acceptor.accept(wire.into_inner()).await?;
                wire = BufReader::new(Box::new(stream));
                encrypted = true;
            }
            "AUTH" => {
                let mut said = command.clone();
                if command == "AUTH LOGIN" {
                    for prompt in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                        answer(&mut wire, Act::Take, prompt).await?;
                        let mut line = String::new();
                        wire.read_line(&mut line).await?;
                        said = format!("{said} {}", line.trim_end());
                    }
                }
                answer(&mut wire, desk.act(Step::Login(said)), "235 2.7.0 in").await?;
            }
            "MAIL" => {
                let act = desk.act(Step::Mail(command.clone()));
                if answer(&mut wire, act, "250 2.1.0 Ok").await? {
                    letter.mail = command;
                    letter.rcpts.clear();
                }
            }
            "RCPT" => {
                let act = desk.act(Step::Rcpt(command.clone()));
                if answer(&mut wire, act, "250 2.1.5 Ok").await? {
                    letter.rcpts.push(command);
                }
            }
            "DATA" if letter.rcpts.is_empty() => {
                answer(&mut wire, Act::Take, "554 5.5.1 no valid recipients").await?;
            }
            "DATA" => {
                if answer(&mut wire, desk.act(Step::Data), "354 go ahead").await? {
                    letter.wire = content(&mut wire, desk).await?;
                    let act = desk.act(Step::End);
                    let id = desk.letters.lock().unwrap().len() + 1;
                    let usual = format!("250 2.0.0 Ok: queued as Q{id}");
                    if matches!(act, Act::Take | Act::Late(_) | Act::Drop) {
                        desk.letters.lock().unwrap().push(letter.clone());
                    }
                    answer(&mut wire, act, &usual).await?;
                    letter.rcpts.clear();
                }
            }
            "RSET" => {
                letter.rcpts.clear();
                answer(&mut wire, Act::Take, "250 2.0.0 Ok").await?;
            }
            "QUIT" => {
                answer(&mut wire, Act::Take, "221 2.0.0 bye").await?;
                return Ok(());
            }
            _ => {
                answer(&mut wire, Act::Take, "502 5.5.2 unknown").await?;
            }
        }
    }
}

/// Everything up to the end, by the one rule there is (RFC 5321, 4.1.1.4).
async fn content(wire: &mut BufReader<Box<dyn Wire>>, desk: &Desk) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    match desk.act(Step::Content) {
        Act::Take => {}
        Act::Drop => return Err(std::io::ErrorKind::ConnectionAborted.into()),
        Act::Late(wait) => tokio::time::sleep(wait).await,
        Act::Say(words) => {
            answer(wire, Act::Say(words), "").await?;
            // What still comes is of no interest.
            let mut rest = [0; 4096];
            while wire.read(&mut rest).await? > 0 {}
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
    }
    loop {
        let before = content.len();
        // A line ends in CRLF and in nothing else.
        loop {
            let read = wire.read_until(b'\n', &mut content).await?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if content[before..].ends_with(b"\r\n") {
                break;
            }
        }
        if &content[before..] == b".\r\n" {
            content.truncate(before);
            return Ok(content);
        }
    }
}
