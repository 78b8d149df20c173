//! A change request: what turns one organisation into another, step by step.
//!
//! Plain data; how it comes about: [`crate::decide::compare`].

use serde::{Deserialize, Serialize};

use crate::model::protocol::Protocol;

/// What a step is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ChangeKind {
    /// A DNS record.
    Dns,
    /// A name in a certificate.
    Certificate,
    /// An open or closed port between sites or from the Internet.
    Firewall,
    /// Sites, lines, regions, publishers.
    Network,
    /// Servers: how many, of what size, of what release, where.
    Servers,
    /// A setting of Exchange.
    Setting,
    /// Users: who they are, where their mailboxes are, which names they use.
    Users,
    /// What casim is asked or assumes; nothing of the organisation.
    Assumption,
}

impl ChangeKind {
    /// The token of the `kind` column.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Certificate => "certificate",
            Self::Firewall => "firewall",
            Self::Network => "network",
            Self::Servers => "servers",
            Self::Setting => "setting",
            Self::Users => "users",
            Self::Assumption => "assumption",
        }
    }
}

/// Clients who were served in the base and are refused.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refused {
    /// Population, by its name in the base.
    pub population: String,
    /// Protocol.
    pub protocol: Protocol,
    /// Clients, those of the base.
    pub clients: f64,
}

/// A thing that comes, goes or changes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangeRow {
    /// Step at which it is made, from 1; rows of one step are made at once.
    pub step: u32,
    /// What it is about.
    pub kind: ChangeKind,
    /// What it is, as administrators call it.
    pub what: String,
    /// Key of the scenario; empty where no key states it.
    pub path: String,
    /// Before; empty where there was nothing.
    pub base: String,
    /// After; empty where there is nothing.
    pub other: String,
    /// The command that does it, or in words what to do.
    pub command: String,
    /// Whether `command` and `undo` are commands of a shell.
    pub is_shell: bool,
    /// What undoes it.
    pub undo: String,
    /// Options of a question to `casim explain` that shows the difference; empty where nothing
    /// that it answers depends on it.
    pub test: String,
    /// The step after which it is to be asked: this one, or where something is only needed then.
    pub asked_after: u32,
    /// What that is answered before the step.
    pub before: String,
    /// What it is answered after it.
    pub after: String,
    /// Who is refused after the step, and was served in the base.
    pub refused: Vec<Refused>,
}

/// What is known of the order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Order {
    /// After each step everybody is served who was served before.
    Serves,
    /// There is no such order, also since who is refused in the end is refused by some step.
    None,
    /// None was found in so many trials.
    NotFound,
}

/// The whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangeRequest {
    /// Rows in the order of their steps.
    pub rows: Vec<ChangeRow>,
    /// Steps.
    pub steps: u32,
    /// Whether after each of them everybody is served.
    pub order: Order,
    /// Organisations that were looked at to find it.
    pub trials: usize,
    /// Kinds of clients (population and protocol) that were asked after each step.
    pub asked: usize,
}

impl ChangeRequest {
    /// Who is refused after some step: first and last such step, and who.
    #[must_use]
    pub fn refused(&self) -> Vec<(u32, u32, Refused)> {
        let mut all: Vec<(u32, u32, Refused)> = Vec::new();
        for row in &self.rows {
            for of in &row.refused {
                let same = |known: &&mut (u32, u32, Refused)| {
                    (&known.2.population, known.2.protocol) == (&of.population, of.protocol)
                };
                match all.iter_mut().find(same) {
                    Some(known) => {
                        known.1 = row.step;
                        known.2.clients = known.2.clients.max(of.clients);
                    }
                    None => all.push((row.step, row.step, of.clone())),
                }
            }
        }
        all
    }
}
