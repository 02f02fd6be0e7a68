//! `postern simulate`: a carrier to test against, customers who text in, or both.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use super::{CliFault, block_on, output, quiet_logs};
use crate::lifecycle::Lifecycle;
use crate::simulator::{Traffic, run as run_traffic};

/// Secrets come from the environment: arguments can be read by everyone on the machine.
#[derive(clap::Args)]
#[command(
    after_help = "Environment:\n  POSTERN_SIMULATOR_SECRET   signs what is posted (base64, with or without whsec_)\n  POSTERN_SIMULATOR_API_KEY  the bearer key that --listen expects"
)]
pub(super) struct Arguments {
    /// Take texts as a carrier at this address, until Ctrl-C
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Post customers' texts to this callback URL, such as http://127.0.0.1:8080/hooks/NAME
    #[arg(long, value_name = "URL")]
    hook_url: Option<String>,
    /// The number or code that customers text to
    #[arg(long, default_value = "+12025550100")]
    to: String,
    /// How many texts customers send
    #[arg(long, default_value_t = 10)]
    count: u32,
    /// How many of them each second
    #[arg(long, default_value = "5")]
    rate: NonZeroU32,
}

impl std::fmt::Debug for Arguments {
    /// Prints nothing of the URL, which may carry a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arguments")
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

pub(super) fn run(arguments: Arguments) -> Result<(), CliFault> {
    quiet_logs();
    if arguments.listen.is_none() && arguments.hook_url.is_none() {
        let reason = "nothing to do; give --listen, --hook-url or both";
        return Err(CliFault::Usage(reason.to_owned()));
    }
    let carrier = match arguments.listen {
        Some(listen) => Some((listen, from_environment("POSTERN_SIMULATOR_API_KEY")?)),
        None => None,
    };
    let traffic = Traffic {
        carrier,
        hook_url: arguments.hook_url,
        secret: from_environment("POSTERN_SIMULATOR_SECRET")?,
        to: arguments.to,
        count: arguments.count,
        rate: arguments.rate,
    };
    let done = block_on(async {
        let lifecycle = Lifecycle::new();
        lifecycle.listen_to_signals()?;
        let stop = lifecycle.tasks().token();
        Ok(run_traffic(traffic, &mut std::io::stdout(), &stop).await?)
    });
    match done.map_err(CliFault::while_printing)? {
        0 => Ok(()),
        refused => {
            output::talk(&format!("texts that were not taken: {refused}"));
            Err(anyhow::anyhow!("not every text was taken").into())
        }
    }
}

fn from_environment(name: &str) -> Result<String, CliFault> {
    std::env::var(name)
        .ok()
        .filter(|secret| !secret.is_empty())
        .ok_or_else(|| CliFault::Usage(format!("set {name} in the environment")))
}
