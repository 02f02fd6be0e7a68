//! A post office to test against: a server that takes mail over SMTP, and a mailbox into which
//! invented customers write, answer, and from which mail comes back.
//!
//! What becomes of a mail is decided by the recipient's name: `gone` bounces, `away` answers that
//! they are out of office, `reader` sends a read receipt, and everybody else answers once.

mod letters;
mod smtp;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use letters::Sent;

/// What a customer writes by themselves: after how many milliseconds, and what.
type Letter = (u64, fn(&str) -> String);

const LETTERS: &[Letter] = &[
    (600, letters::question),
    (1_700, letters::complaint_with_photo),
    (2_900, letters::newsletter),
];

/// How many mails may wait in the mailbox.
const MAILBOX: usize = 1_000;

/// A post office at work.
pub struct PostOffice {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl PostOffice {
    /// Starts it for the mailbox of one address; the mails that come into it are received from the
    /// channel, as they would be fetched from a server.
    ///
    /// # Errors
    ///
    /// When no port of this machine can be listened on.
    pub async fn start(
        mailbox: &str,
        pace: Duration,
        stop: &CancellationToken,
    ) -> std::io::Result<(Self, mpsc::Receiver<Bytes>)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let office = Self {
            address: listener.local_addr()?,
            stop: stop.child_token(),
            tasks: TaskTracker::new(),
        };
        let (inbox, mails) = mpsc::channel(MAILBOX);
        let desk = Arc::new(Desk {
            mailbox: mailbox.to_owned(),
            pace,
            inbox,
            stop: office.stop.clone(),
            tasks: office.tasks.clone(),
        });
        for (wait, letter) in LETTERS {
            desk.post(Duration::from_millis(*wait), letter(mailbox));
        }
        let serving = smtp::serve(listener, Arc::clone(&desk));
        office.tasks.spawn(desk.until_stopped(serving));
        Ok((office, mails))
    }

    /// Where it takes mail.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes it.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Where mail is taken in and sorted.
struct Desk {
    mailbox: String,
    pace: Duration,
    inbox: mpsc::Sender<Bytes>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Desk {
    /// Decides what becomes of a mail that was handed over for one recipient.
    fn take(&self, sent: &Sent) {
        let name = sent.recipient.split('@').next().unwrap_or_default();
        let answer = match name {
            "gone" => letters::bounce(sent),
            "away" => letters::out_of_office(sent),
            "reader" => letters::read_receipt(sent),
            // Whoever has answered once is content.
            _ if sent.is_answer_to_an_answer() => return,
            _ => letters::answer(sent),
        };
        // Nobody answers a program.
        if !sent.is_automatic() {
            self.post(self.pace * 4, answer);
        }
    }

    /// Puts a mail into the mailbox after a while.
    fn post(&self, wait: Duration, mail: String) {
        let inbox = self.inbox.clone();
        let posting = async move {
            tokio::time::sleep(wait).await;
            // Nobody reads the mailbox any more when the daemon has stopped.
            let _ = inbox.send(Bytes::from(mail)).await;
        };
        self.tasks.spawn(self.until_stopped(posting));
    }

    /// Runs a future until the office closes.
    fn until_stopped<F: Future<Output = ()>>(
        &self,
        future: F,
    ) -> impl Future<Output = ()> + use<F> {
        let stop = self.stop.clone();
        async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = future => {}
            }
        }
    }
}
