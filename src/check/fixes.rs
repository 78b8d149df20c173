//! What mends a finding: a line of the scenario, and the command that does the same.
//!
//! The one place where a fix is made. What it sets is a value that a scenario can be
//! loaded with again in memory ([`Fix::setting`]), so that whoever proposes a fix can try
//! it. Must not know which lint it is for.

use crate::model::directory::Service;
use crate::model::shell;
use crate::model::topology::CasGroup;
use crate::scenario::Override;

/// A proposal to an administrator.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fix {
    /// The line of the scenario, as `--set` takes it; words may follow in brackets. Empty
    /// where that is a matter of design.
    pub set: String,
    /// The command of the administration shell that does the same; empty where there is none.
    pub command: String,
}

impl Fix {
    /// The path that it sets.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.set.split_once('=').map(|(path, _)| path)
    }

    /// What a scenario has to be loaded with to try it; `None` where words say more than
    /// the line, or there is none.
    #[must_use]
    pub fn setting(&self) -> Option<Override> {
        if self.set.contains(" (and ") {
            return None;
        }
        let line = self.set.split(" (in ").next().unwrap_or_default();
        Override::parse(line).ok()
    }
}

/// `path="value"` with the quotes that a scenario wants.
pub(super) fn assigned(path: &str, value: &str) -> String {
    format!("{path}=\"{value}\"")
}

/// The shell's command for a group's virtual directory.
pub(super) fn directory(group: &CasGroup, service: Service, parameters: &str) -> String {
    shell::directory(group, service, parameters)
}
