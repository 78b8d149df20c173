//! What `casim explain` can be asked. Must not know what it means; [`super::question`] does.

use std::path::PathBuf;

use super::super::form::Printed;
use crate::model::access::OwaPath;
use crate::model::protocol::Protocol;
use crate::scenario::Override;

/// The help of `--protocol`.
fn protocols() -> String {
    let [first @ .., last] = Protocol::ALL.map(Protocol::token);
    format!("Protocol: {} or {last}", first.join(", "))
}

fn owa_path(word: &str) -> Result<OwaPath, String> {
    match word.trim_matches('/') {
        "owa" => Ok(OwaPath::Owa),
        "exchange" => Ok(OwaPath::Exchange),
        _ => Err("owa or exchange".to_owned()),
    }
}

/// Arguments of `casim explain`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Scenario file.
    #[arg(required_unless_present_any = ["list_failures", "list_rules"])]
    pub(super) scenario: Option<PathBuf>,
    #[arg(long, help = protocols())]
    pub(super) protocol: Option<String>,
    /// Site that holds the mailbox, or its Mailbox server.
    #[arg(long)]
    pub(super) mailbox: Option<String>,
    /// Site or Client Access server that the client reached.
    #[arg(long)]
    pub(super) entry: Option<String>,
    /// What the user typed, instead of --entry and, for web services, --protocol.
    #[arg(long, conflicts_with = "entry")]
    pub(super) url: Option<String>,
    /// Path that a user of OWA typed after the name: owa or exchange.
    #[arg(long, conflicts_with = "url", default_value = "owa", value_parser = owa_path)]
    pub(super) path: OwaPath,
    /// Where the client sits: Internet or a site.
    #[arg(long)]
    pub(super) from: Option<String>,
    /// Protocol version of an ActiveSync device, 1.0 to 16.1.
    #[arg(long, default_value = "12.1")]
    pub(super) device: String,
    /// The device does not follow HTTP 451.
    #[arg(long)]
    pub(super) no_451: bool,
    /// A Client Access server forwarded the request already.
    #[arg(long)]
    pub(super) proxied: bool,
    /// What is down, by a name or as an outage names it; may be repeated: a server with all its
    /// roles, a site with all its servers and the lines at it, or its servers with one role
    /// (site.NAME.cas), one service of either (server.NAME.pop).
    #[arg(long, value_name = "WHAT")]
    pub(super) down: Vec<String>,
    /// Lay a value on the scenario, as in `run`.
    #[arg(long, value_name = "PATH=VALUE", value_parser = Override::parse)]
    pub(super) set: Vec<Override>,
    #[command(flatten)]
    pub(in crate::commands) printed: Printed,
    /// Two sentences for the help desk.
    #[arg(long, conflicts_with_all = ["json", "form"])]
    pub(super) plain: bool,
    /// Every decision: protocol, entry, mailbox.
    #[arg(long, conflicts_with_all = ["entry", "url", "plain"])]
    pub(super) matrix: bool,
    /// Every reason of failure, with a sentence.
    #[arg(long)]
    pub(super) list_failures: bool,
    /// Every rule, as docs/rules.md.
    #[arg(long)]
    pub(super) list_rules: bool,
}
