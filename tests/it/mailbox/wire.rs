//! The wire alone, against a server that misbehaves at every step.

use std::time::{Duration, Instant};

use postern::channel::imap::{
    Account, Deadlines, FaultKind, ImapFault, Listed, Session, Step, Woken,
};
use postern::domain::clock::Clock;
use postern::domain::mailbox::{AfterRead, FirstRun, Imap, Login, MailServer, Secret, Tls};

use crate::world::dovecot::mail;
use crate::world::imap::{Act, FakeImap};

/// Deadlines that a test can wait for.
const SHORT: Deadlines = Deadlines {
    connect: Duration::from_millis(500),
    command: Duration::from_millis(500),
};

const LONGEST: u64 = 1_000_000;

pub(crate) fn imap(port: u16) -> Imap {
    Imap {
        server: MailServer {
            host: "127.0.0.1".to_owned(),
            port,
            tls: Tls::None,
            ca: None,
            username: "support".to_owned(),
            login: Login::Password(Secret("sec\"ret".to_owned())),
        },
        mailbox: "INBOX".to_owned(),
        first_run: FirstRun::All,
        after_read: AfterRead::Leave,
        poll: Duration::from_mins(1),
        reconcile: Duration::from_hours(1),
        login_retry: Duration::from_mins(1),
    }
}

fn account(server: &FakeImap) -> Account {
    Account::open(&imap(server.port), Clock::System, SHORT).unwrap()
}

/// All that a reader does, from the connection to the last step.
async fn all_steps(account: &Account) -> Result<Vec<String>, ImapFault> {
    let mut session = account.connect().await?;
    let selected = session.select().await?;
    let last = selected.uidnext.unwrap_or(u32::MAX) - 1;
    let listed = session.list(1, last).await?;
    let mut mails = Vec::new();
    for mail in &listed {
        for raw in session.fetch(&[*mail], LONGEST).await? {
            mails.push(String::from_utf8_lossy(&raw.raw).into_owned());
        }
    }
    session.idle(std::future::ready(())).await?;
    session.search(1, last).await?;
    session.logout().await;
    Ok(mails)
}

async fn opened(server: &FakeImap) -> (Session, Vec<Listed>) {
    let mut session = account(server).connect().await.unwrap();
    session.select().await.unwrap();
    let listed = session.list(1, 100).await.unwrap();
    (session, listed)
}

const STEPS: [&str; 8] = [
    "GREETING",
    "CAPABILITY",
    "LOGIN",
    "SELECT",
    "UID FETCH 1:1",
    "UID FETCH 1 (UID BODY",
    "IDLE",
    "UID SEARCH",
];

#[tokio::test]
async fn f52_goodbyes_refusals_and_nonsense_at_any_step_are_named_and_end_in_time() {
    let server = FakeImap::start().await;
    let text = mail("a@b.test", "one", "hello");
    server.deliver(&text);
    assert_eq!(all_steps(&account(&server)).await.unwrap(), [text]);
    let acts = [
        (
            "bye",
            Act::Instead("* BYE going down\r\n".to_owned()),
            "going down",
        ),
        (
            "no",
            Act::Instead("{tag} NO [CANNOT] not today\r\n".to_owned()),
            "not today",
        ),
        (
            "bad",
            Act::Instead("{tag} BAD what?\r\n".to_owned()),
            "what?",
        ),
        ("close", Act::Cut(0), "closed"),
        ("hang", Act::Hang, "within"),
        ("drip", Act::Drip, "within"),
    ];
    for step in STEPS {
        for (name, act, words) in &acts {
            let greets = ["GREETING", "CAPABILITY"].contains(&step);
            if greets && ["no", "bad"].contains(name) || step == "IDLE" && *name == "drip" {
                continue;
            }
            let (act, began) = (act.clone(), Instant::now());
            server.script(move |_, command| {
                if command.starts_with(step) {
                    act.clone()
                } else {
                    Act::Usual
                }
            });
            let fault = all_steps(&account(&server)).await.expect_err(step);
            assert!(began.elapsed() < Duration::from_secs(3), "{step} {name}");
            let shown = fault.to_string();
            assert!(shown.contains("127.0.0.1"), "{shown}");
            let idles = step == "IDLE" && ["no", "bad"].contains(name);
            assert!(idles || shown.contains(words), "{step} {name}: {shown}");
        }
    }
    server.script(|_, command| {
        let noise = "* 9 RECENT\r\n* FLAGS (\\X)\r\n* OK [ALERT] hear me {5}\r\nnonsense\r\n\
            * 1 FETCH (FLAGS (\\Seen))\r\n";
        match command {
            "GREETING" => Act::Usual,
            _ => Act::Before(noise.to_owned()),
        }
    });
    assert_eq!(all_steps(&account(&server)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn f53_a_refused_login_is_told_from_a_server_in_trouble() {
    let server = FakeImap::start().await;
    let cases = [
        ("NO [AUTHENTICATIONFAILED] who?", FaultKind::LoginRefused),
        ("NO Login failed", FaultKind::LoginRefused),
        ("NO [UNAVAILABLE] the directory is away", FaultKind::Refused),
        ("NO [INUSE] later", FaultKind::Refused),
    ];
    for (answer, kind) in cases {
        server.script(move |_, command| {
            if command.starts_with("LOGIN") {
                Act::Instead(format!("{{tag}} {answer}\r\n"))
            } else {
                Act::Usual
            }
        });
        let fault = account(&server).connect().await.unwrap_err();
        assert_eq!((fault.step, fault.kind), (Step::Login, kind), "{fault}");
        assert!(!fault.to_string().contains("sec\"ret"), "{fault}");
    }
}

#[tokio::test]
async fn f52_a_server_without_starttls_gets_no_password() {
    let server = FakeImap::start().await;
    let mut imap = imap(server.port);
    imap.server.tls = Tls::Starttls;
    let account = Account::open(&imap, Clock::System, SHORT).unwrap();
    let fault = account.connect().await.unwrap_err();
    assert_eq!(fault.step, Step::Secure);
    assert!(fault.to_string().contains("STARTTLS"), "{fault}");
    assert!(
        !server
            .commands()
            .iter()
            .any(|command| command.starts_with("LOGIN"))
    );
}

#[tokio::test]
async fn f46_a_mail_is_whole_or_not_there_wherever_the_connection_ends() {
    let server = FakeImap::start().await;
    server.deliver(&mail("a@b.test", "one", &"x".repeat(97)));
    for cut in 0..500 {
        server.script(move |_, command| {
            if command.contains("BODY") {
                Act::Cut(cut)
            } else {
                Act::Usual
            }
        });
        let (mut session, listed) = opened(&server).await;
        let length = usize::try_from(listed[0].size).unwrap();
        let Err(fault) = session.fetch(&listed, LONGEST).await else {
            assert!(cut > length, "cut at {cut}");
            break;
        };
        assert_eq!(fault.kind, FaultKind::Closed, "cut at {cut}: {fault}");
    }
}

#[tokio::test]
async fn f52_a_literal_that_lies_is_no_mail() {
    let server = FakeImap::start().await;
    let text = mail("a@b.test", "one", "hello");
    server.deliver(&text);
    let announced = |length: usize| {
        format!("* 1 FETCH (UID 1 BODY[] {{{length}}}\r\n{text})\r\n{{tag}} OK done\r\n")
    };
    let cases = [
        (text.len() - 10, FaultKind::Garbled),
        (text.len() + 1_000, FaultKind::Late),
        (text.len() + 7, FaultKind::Garbled),
        (900_000_000_000, FaultKind::Garbled),
        (usize::MAX, FaultKind::Garbled),
    ];
    for (length, kind) in cases {
        let answer = announced(length);
        server.script(move |_, command| {
            if command.contains("BODY") {
                Act::Instead(answer.clone())
            } else {
                Act::Usual
            }
        });
        let (mut session, listed) = opened(&server).await;
        let fault = session.fetch(&listed, LONGEST).await.unwrap_err();
        assert!(
            fault.kind == kind || length == text.len() + 7,
            "announced {length}: {fault}"
        );
    }
}

#[tokio::test]
async fn f52_a_mail_that_goes_while_others_are_fetched_is_only_missing() {
    let server = FakeImap::start().await;
    for subject in ["one", "two", "three"] {
        server.deliver(&mail("a@b.test", subject, "hello"));
    }
    let (mut session, listed) = opened(&server).await;
    server.expunge(2);
    server.script(|_, command| {
        if command.contains("BODY") {
            Act::Before("* 2 EXPUNGE\r\n* 2 EXISTS\r\n* 3 FETCH (UID 3 FLAGS ())\r\n".to_owned())
        } else {
            Act::Usual
        }
    });
    let raws = session.fetch(&listed, LONGEST).await.unwrap();
    assert_eq!(raws.iter().map(|raw| raw.uid).collect::<Vec<_>>(), [1, 3]);
}

#[tokio::test]
async fn f48_an_idle_that_died_is_noticed_at_its_end() {
    let server = FakeImap::start().await;
    server.script(|_, command| {
        if command == "IDLE" {
            Act::Hang
        } else {
            Act::Usual
        }
    });
    let (mut session, _) = opened(&server).await;
    let fault = session
        .idle(tokio::time::sleep(Duration::from_millis(50)))
        .await;
    assert_eq!(fault.unwrap_err().kind, FaultKind::Late);
}

#[tokio::test]
async fn f49_mail_that_is_told_of_while_idle_begins_is_news() {
    let server = FakeImap::start().await;
    let (mut session, _) = opened(&server).await;
    let quiet = session.idle(std::future::ready(())).await.unwrap();
    assert_eq!(quiet, Woken::Quiet);
    server.script(|_, command| {
        if command == "IDLE" {
            Act::Before("* OK still here\r\n* 4 EXISTS\r\n".to_owned())
        } else {
            Act::Usual
        }
    });
    let news = session.idle(std::future::pending()).await.unwrap();
    assert_eq!(news, Woken::News);
}

#[tokio::test]
async fn t10_what_is_configured_cannot_become_a_command() {
    let server = FakeImap::start().await;
    let mut imap = imap(server.port);
    imap.server.username = "a\r\nx1 LOGOUT".to_owned();
    imap.server.login = Login::Password(Secret("b\r\nx2 LOGOUT é".to_owned()));
    let account = Account::open(&imap, Clock::System, SHORT).unwrap();
    account.connect().await.unwrap();
    let commands = server.commands();
    assert_eq!(commands.len(), 3, "{commands:?}");
    assert!(commands[1].contains("x1 LOGOUT") && commands[1].contains("x2 LOGOUT"));
    for (mailbox, after_read) in [
        ("IN\r\nBOX", AfterRead::Leave),
        ("", AfterRead::Leave),
        ("INBOX", AfterRead::Move("a\nb".to_owned())),
        ("INBOX", AfterRead::Flag("\\Seen) x".to_owned())),
    ] {
        imap.mailbox = mailbox.to_owned();
        imap.after_read = after_read;
        assert!(
            Account::open(&imap, Clock::System, SHORT).is_err(),
            "{mailbox:?}"
        );
    }
}
