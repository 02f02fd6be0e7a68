//! From nothing to a session: connect, protect, log in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::account::Account;
use super::answer::{Response, Status, Told, words as upper_words};
use super::assembler::Limits;
use super::fault::{FaultKind, ImapFault, Step, WireFault};
use super::name::{self, words};
use super::session::{Session, refusal};
use super::wire::Wire;
use crate::channel::oauth2::Freshness;
use crate::domain::mailbox::{Login, Secret, Tls};

/// What a connection is worth before anybody is logged in.
struct Greeted {
    wire: Wire,
    capabilities: Vec<String>,
    preauthenticated: bool,
}

/// With what one tries to log in.
enum Proof<'a> {
    Password(&'a str),
    Token(&'a str),
}

impl Account {
    /// Opens a session. A token that is refused though it should still be good is made anew once.
    ///
    /// # Errors
    ///
    /// Says at which step it went wrong, and what to look at.
    pub async fn connect(&self) -> Result<Session, ImapFault> {
        let Some(tokens) = &self.tokens else {
            return match &self.imap.server.login {
                Login::Password(Secret(password)) => {
                    self.log_in(Some(Proof::Password(password))).await
                }
                Login::None | Login::OAuth2(_) => self.log_in(None).await,
            };
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let (token, freshness) = tokens.token().await.map_err(|fault| {
                self.fault(Step::Token, FaultKind::LoginRefused, &fault.to_string())
            })?;
            match self.log_in(Some(Proof::Token(&token.0))).await {
                Err(fault) if fault.kind == FaultKind::LoginRefused => {
                    tokens.forget(&token).await;
                    if freshness == Freshness::New || tries > 1 {
                        return Err(fault);
                    }
                }
                other => return other,
            }
        }
    }

    async fn log_in(&self, proof: Option<Proof<'_>>) -> Result<Session, ImapFault> {
        let mut greeted = self
            .timed(Step::Connect, self.deadlines.connect, self.greet())
            .await?;
        let login = async {
            match proof {
                Some(proof) if !greeted.preauthenticated => {
                    self.authenticate(&mut greeted, proof).await?;
                }
                _ => {}
            }
            if greeted.capabilities.is_empty() {
                greeted.capabilities = capability(&mut greeted.wire)
                    .await
                    .map_err(|fault| self.fault(Step::Login, fault.kind(), &fault.reason()))?;
            }
            Ok(())
        };
        self.timed(Step::Login, self.deadlines.command, login)
            .await?;
        Ok(Session::new(greeted.wire, self, greeted.capabilities))
    }

    async fn greet(&self) -> Result<Greeted, ImapFault> {
        let server = &self.imap.server;
        let unreachable = |fault: std::io::Error| {
            let reason = format!("{fault}; check host and port, and that the server runs");
            self.fault(Step::Connect, FaultKind::Unreachable, &reason)
        };
        let stream = TcpStream::connect((server.host.as_str(), server.port)).await;
        let stream = stream.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let mut wire = Wire::new(stream);
        if let (Tls::Implicit, Some(config)) = (server.tls, &self.tls) {
            let secured = wire.secure(config.clone(), self.name.clone()).await;
            wire = secured.map_err(|fault| self.untrusted(&fault))?;
        }
        let greeting = wire.read(Limits::USUAL).await;
        let greeting = greeting.map_err(|fault| self.wire_fault(Step::Connect, &fault))?;
        let Response::Told(told) = greeting else {
            let fault = WireFault::Garbled("it does not greet as an IMAP server");
            return Err(self.wire_fault(Step::Connect, &fault));
        };
        let mut greeted = Greeted {
            wire,
            capabilities: announced(&told).unwrap_or_default(),
            preauthenticated: told.status == Status::Preauth,
        };
        if server.tls == Tls::Starttls {
            greeted.wire = self.start_tls(greeted.wire, told.status).await?;
            greeted.capabilities.clear();
        }
        if greeted.capabilities.is_empty() {
            let asked = capability(&mut greeted.wire).await;
            greeted.capabilities = asked.map_err(|fault| self.wire_fault(Step::Connect, &fault))?;
        }
        Ok(greeted)
    }

    /// Whatever the server said before is forgotten: anybody on the way could have said it.
    async fn start_tls(&self, mut wire: Wire, status: Status) -> Result<Wire, ImapFault> {
        let Some(config) = &self.tls else {
            return Ok(wire);
        };
        let broken = |fault: WireFault| self.wire_fault(Step::Secure, &fault);
        let offered = capability(&mut wire).await.map_err(broken)?;
        if status == Status::Preauth || !offered.iter().any(|word| word == "STARTTLS") {
            let reason = "the server offers no STARTTLS; nothing is sent in the clear; check tls";
            return Err(self.fault(Step::Secure, FaultKind::Unreachable, reason));
        }
        let tag = wire.send(&[words("STARTTLS")]).await.map_err(broken)?;
        let told = wire.finish(&tag, Limits::USUAL, drop).await;
        let told = told.map_err(broken)?;
        if told.status != Status::Ok {
            return Err(self.fault(Step::Secure, FaultKind::Unreachable, &refusal(&told)));
        }
        let secured = wire.secure(config.clone(), self.name.clone()).await;
        secured.map_err(|fault| self.untrusted(&fault))
    }

    async fn authenticate(&self, greeted: &mut Greeted, proof: Proof<'_>) -> Result<(), ImapFault> {
        let username = &self.imap.server.username;
        let can = |word: &str| greeted.capabilities.iter().any(|known| known == word);
        let done = match proof {
            Proof::Token(token) => {
                let text = format!("user={username}\x01auth=Bearer {token}\x01\x01");
                let early = can("SASL-IR");
                sasl(&mut greeted.wire, "XOAUTH2", &text, early).await
            }
            Proof::Password(password) if can("AUTH=PLAIN") => {
                let text = format!("\0{username}\0{password}");
                let early = can("SASL-IR");
                sasl(&mut greeted.wire, "PLAIN", &text, early).await
            }
            Proof::Password(_) if can("LOGINDISABLED") => {
                let reason = "the server takes no password on this connection; check tls";
                return Err(self.fault(Step::Login, FaultKind::LoginRefused, reason));
            }
            Proof::Password(password) => {
                let command = [
                    words("LOGIN"),
                    name::string(username),
                    name::string(password),
                ];
                run(&mut greeted.wire, &command).await
            }
        };
        let (told, capabilities) = done.map_err(|fault| self.wire_fault(Step::Login, &fault))?;
        greeted.capabilities = capabilities;
        if told.status == Status::Ok {
            return Ok(());
        }
        // These say that it is not about who we are (RFC 5530).
        let passing = ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"];
        let kind = if passing.iter().any(|code| told.has(code)) {
            FaultKind::Refused
        } else {
            FaultKind::LoginRefused
        };
        let fix = match &self.imap.server.login {
            Login::OAuth2(_) => "; check username, scope and what the token may do",
            Login::Password(_) | Login::None => "; check username and password",
        };
        Err(self.fault(Step::Login, kind, &(refusal(&told) + fix)))
    }

    async fn timed<T>(
        &self,
        step: Step,
        budget: std::time::Duration,
        work: impl Future<Output = Result<T, ImapFault>>,
    ) -> Result<T, ImapFault> {
        timeout(budget, work).await.unwrap_or_else(|_| {
            let reason = format!("the server did not answer within {} s", budget.as_secs());
            Err(self.fault(step, FaultKind::Late, &reason))
        })
    }

    fn untrusted(&self, fault: &WireFault) -> ImapFault {
        let reason = format!("{}; check tls and ca", fault.reason());
        self.fault(Step::Secure, FaultKind::Unreachable, &reason)
    }

    fn wire_fault(&self, step: Step, fault: &WireFault) -> ImapFault {
        self.fault(step, fault.kind(), &fault.reason())
    }

    fn fault(&self, step: Step, kind: FaultKind, reason: &str) -> ImapFault {
        ImapFault {
            server: self.server(),
            step,
            kind,
            reason: reason.to_owned(),
        }
    }
}

async fn run(wire: &mut Wire, command: &[name::Piece]) -> Result<(Told, Vec<String>), WireFault> {
    let tag = wire.send(command).await?;
    finish(wire, &tag).await
}

/// Reads to the end of a login, and what the server can do from then on where it tells.
async fn finish(wire: &mut Wire, tag: &str) -> Result<(Told, Vec<String>), WireFault> {
    let mut capabilities = Vec::new();
    let note = |response| {
        if let Response::Capability(found) = response {
            capabilities = found;
        }
    };
    let told = wire.finish(tag, Limits::USUAL, note).await?;
    let capabilities = announced(&told).unwrap_or(capabilities);
    Ok((told, capabilities))
}

/// One exchange in which we speak first (RFC 4954's cousins: RFC 3501, 6.2.2, and RFC 4959).
async fn sasl(
    wire: &mut Wire,
    mechanism: &str,
    text: &str,
    early: bool,
) -> Result<(Told, Vec<String>), WireFault> {
    let response = BASE64.encode(text);
    let mut command = vec![words(format!("AUTHENTICATE {mechanism}"))];
    if early {
        command.push(words(response.as_str()));
    }
    let tag = wire.send(&command).await?;
    let mut said = early;
    let mut capabilities = Vec::new();
    loop {
        match wire.read(Limits::USUAL).await? {
            Response::Continue(_) if !said => {
                said = true;
                wire.line(&response).await?;
            }
            // The server explains why it refuses, and waits for an empty line to say so.
            Response::Continue(_) => wire.line("").await?,
            Response::Capability(found) => capabilities = found,
            Response::Done(done, told) if done == tag => {
                return Ok((told.clone(), announced(&told).unwrap_or(capabilities)));
            }
            _ => {}
        }
    }
}

async fn capability(wire: &mut Wire) -> Result<Vec<String>, WireFault> {
    let (_, capabilities) = run(wire, &[words("CAPABILITY")]).await?;
    Ok(capabilities)
}

/// What a server can do, where it says so by the way.
fn announced(told: &Told) -> Option<Vec<String>> {
    let (name, value) = told.code.as_ref()?;
    (name == "CAPABILITY").then(|| upper_words(value.as_bytes()))
}
