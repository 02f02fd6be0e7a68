//! `postern demo`: the daemon on an empty database, a simulated carrier beside it, and customers
//! who text in. Everything is made fresh, and nothing is left behind unless it is asked for.

mod mailbox;
mod show;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::agent::{AgentRef, Role};
use crate::domain::clock::Clock;
use crate::domain::gateway::GatewayName;
use crate::domain::message::Priority;
use crate::domain::submit::Submission;
use crate::engine::{Engine, NewKey};
use crate::simulator::{CUSTOMERS, PostOffice, Simulator, SimulatorConfig};

/// The ports that are taken when nobody else has them.
const PREFERRED_PORTS: [u16; 2] = [8080, 9090];

/// The long code of the demo.
const LONG_CODE: &str = "+12025550100";

/// The short code of the demo.
const SHORT_CODE: &str = "24680";

/// Texts that the shop of the demo sends by itself, so that every sort of report comes back.
const NOTICES: &[(&str, &str)] = &[
    ("+12025550101", "Your parcel is on its way."),
    ("+12025550170", "Your parcel could not be handed over."),
    ("+12025550151", "We are open on Sunday, from ten to four."),
    ("+12025550152", "Your appointment is tomorrow at nine."),
    ("+12025550153", "Your order 4471 is ready."),
];

/// The time from one step in the life of a mail to the next.
const PACE: Duration = Duration::from_millis(400);

/// What is asked of the demo.
#[derive(Debug, Clone, Default)]
pub struct DemoOptions {
    /// The folder to keep everything in; a fresh one that goes afterwards when nothing is given.
    pub keep: Option<PathBuf>,
}

/// Runs the demo until `stop` is cancelled, and prints what happens.
///
/// # Errors
///
/// When the folder cannot be made, or a part does not start.
pub async fn demo(
    options: DemoOptions,
    out: &mut (impl Write + Send),
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let folder = Folder::make(options.keep)?;
    let (api_key, secret) = (fresh_secret(), format!("whsec_{}", fresh_secret()));
    let carrier = Simulator::start(SimulatorConfig::new(&api_key, &secret), stop).await?;
    let ports = PREFERRED_PORTS.map(free_port);
    let (post, mails) = PostOffice::start(mailbox::ADDRESS, PACE, stop).await?;
    let text = configuration(folder.path(), ports, &carrier, &post, &api_key, &secret);
    let config = Config::parse(&text, "the demo's configuration")?;
    let app = App::start(config, Clock::System).await?;
    let key = app.engine().create_key("demo", Role::Admin, None).await?;
    show::welcome(out, &app, &carrier, folder.path(), &key.secret)?;
    let hooks = ["long-code", "short-code"]
        .map(|gateway| format!("http://{}/hooks/{gateway}", app.address));
    let (to_long, to_short) = CUSTOMERS.split_at(CUSTOMERS.len() / 2);
    carrier.let_customers_text(to_long, LONG_CODE, &hooks[0]);
    carrier.let_customers_text(to_short, SHORT_CODE, &hooks[1]);
    send_notices(app.engine(), &key).await?;
    let reading = mailbox::read(app.engine().clone(), mails);
    let (shown, read) = tokio::join!(show::follow(out, app.engine(), stop), async {
        tokio::select! {
            read = reading => read,
            () = stop.cancelled() => Ok(()),
        }
    });
    carrier.stop().await;
    post.stop().await;
    let _drained = app.stop().await;
    folder.leave()?;
    shown.and(read)
}

/// The folder with everything in it.
enum Folder {
    /// It goes when the demo ends.
    Fresh(TempDir),
    /// It stays.
    Kept(PathBuf),
}

impl Folder {
    fn make(keep: Option<PathBuf>) -> anyhow::Result<Self> {
        match keep {
            None => Ok(Self::Fresh(TempDir::with_prefix("postern-demo-")?)),
            Some(path) => {
                std::fs::create_dir_all(&path)
                    .with_context(|| format!("cannot make the folder {}", path.display()))?;
                let mut found = std::fs::read_dir(&path)
                    .with_context(|| format!("cannot read the folder {}", path.display()))?;
                anyhow::ensure!(
                    found.next().is_none(),
                    "the folder {} is not empty; a demo begins with nothing",
                    path.display()
                );
                Ok(Self::Kept(std::path::absolute(path)?))
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Fresh(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }

    fn leave(self) -> std::io::Result<()> {
        match self {
            Self::Fresh(folder) => folder.close(),
            Self::Kept(_) => Ok(()),
        }
    }
}

/// 192 random bits as base64.
fn fresh_secret() -> String {
    use base64::Engine as _;
    let bytes: [u8; 24] = rand::random();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The port when nobody has it, else any free one.
fn free_port(preferred: u16) -> u16 {
    [preferred, 0]
        .into_iter()
        .find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok())
        .and_then(|listener| listener.local_addr().ok())
        .map_or(preferred, |address| address.port())
}

fn configuration(
    folder: &Path,
    [listen, admin]: [u16; 2],
    carrier: &Simulator,
    post: &PostOffice,
    api_key: &str,
    secret: &str,
) -> String {
    let [listen, admin] = [listen, admin].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let settings = format!(
        "[gateway.settings]\nbase_url = \"http://{}\"\napi_key = \"{api_key}\"\nsecret = \"{secret}\"\n",
        carrier.address()
    );
    let database = format!("sqlite://{}", folder.join("postern.db").display());
    let blobs = format!("file:{}", folder.join("blobs").display());
    format!(
        "[server]\nlisten = \"{listen}\"\nadmin_listen = \"{admin}\"\n\
         public_url = \"http://{listen}\"\n\
         [database]\nurl = {database:?}\n[blobs]\nurl = {blobs:?}\n\
         [[gateway]]\nname = \"long-code\"\nkind = \"long_code\"\nprofile = \"sandbox\"\n\
         address = \"{LONG_CODE}\"\n{settings}\
         [[gateway]]\nname = \"short-code\"\nkind = \"short_code\"\nprofile = \"sandbox\"\n\
         address = \"{SHORT_CODE}\"\n{settings}\
         [[gateway]]\nname = \"{gateway}\"\nkind = \"email\"\naddress = \"{address}\"\n\
         display_name = \"The demo shop\"\n\
         [gateway.smtp]\nhost = \"{host}\"\nport = {port}\ntls = \"none\"\n",
        gateway = mailbox::GATEWAY,
        address = mailbox::ADDRESS,
        host = post.address().ip(),
        port = post.address().port(),
    )
}

async fn send_notices(engine: &Engine, key: &NewKey) -> anyhow::Result<()> {
    for (to, text) in NOTICES {
        let submission = notice(to, text, &key.key.agent)?;
        if let Err(refusals) = engine.submit(submission).await? {
            anyhow::bail!("a notice was refused: {refusals:?}");
        }
    }
    Ok(())
}

fn notice(to: &str, text: &str, author: &AgentRef) -> anyhow::Result<Submission> {
    Ok(Submission {
        attachments: Vec::new(),
        gateway: GatewayName::parse("short-code"),
        to: Address::parse_sms_international(to)?,
        text: text.to_owned(),
        mail: None,
        conversation: None,
        reference: None,
        valid_for: None,
        priority: Priority::Interactive,
        author: author.clone(),
        origin: None,
        once: None,
    })
}
