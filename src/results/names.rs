//! Names behind the indices of rows.

use serde::{Deserialize, Serialize};

/// No site, server or namespace.
pub const NONE: u32 = u32::MAX;

/// Names behind the indices of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Names {
    /// Populations, then custom sources.
    pub populations: Vec<String>,
    /// Sites.
    pub sites: Vec<String>,
    /// Client locations: sites, then regions.
    pub locations: Vec<String>,
    /// Namespaces.
    pub namespaces: Vec<String>,
    /// Servers: one name a station of the engine.
    pub servers: Vec<String>,
    /// Mailboxes (or users of a closed source) of each population.
    pub mailboxes: Vec<u32>,
}
