//! What mends a finding: lines of the scenario, and the commands that do the same.
//!
//! The one place where a fix is made. What it sets are values that a scenario can be
//! loaded with again in memory ([`Fix::settings`]), so that whoever proposes a fix can try
//! it (`trial`). Must not know which lint it is for.

use crate::model::directory::Service;
use crate::model::shell;
use crate::model::topology::CasGroup;
use crate::scenario::Override;

/// A proposal to an administrator.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fix {
    /// The line of the scenario, as `--set` takes it. Empty where that is a matter of design.
    pub set: String,
    /// Further lines that belong to it.
    pub more: Vec<String>,
    /// The command of the administration shell that does the same; empty where there is none.
    pub command: String,
    /// One was proposed and never tried, since there were too many.
    pub untried: bool,
}

/// Stands behind a line for the `set` of a `[[change]]`, which no option lays on.
pub(super) const IN_A_CHANGE: &str = " (in the `set` of the [[change]])";

fn is_for_a_change(line: &str) -> bool {
    line.ends_with(IN_A_CHANGE)
}

impl Fix {
    /// One line, and the command that does the same.
    #[must_use]
    pub(super) fn new(set: impl Into<String>, command: impl Into<String>) -> Self {
        Self { set: set.into(), command: command.into(), ..Self::default() }
    }

    /// Every path that it sets.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let lines = std::iter::once(&self.set).chain(&self.more);
        lines.filter_map(|line| line.split_once('=')).map(|(path, _)| path)
    }

    /// Whether it sets the value at a path.
    #[must_use]
    pub(super) fn sets_at(&self, path: &str) -> bool {
        self.paths().any(|own| own == path)
    }

    /// The path that it sets.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.set.split_once('=').map(|(path, _)| path)
    }

    /// Every line.
    #[must_use]
    pub fn sets(&self) -> Vec<String> {
        let first = (!self.set.is_empty()).then(|| self.set.clone());
        first.into_iter().chain(self.more.iter().cloned()).collect()
    }

    /// The lines as one writes them: one by itself, several as options of the command line.
    #[must_use]
    pub fn line(&self) -> String {
        if self.more.is_empty() { self.set.clone() } else { self.options() }
    }

    /// The lines as options of the command line, quoted for a shell; a line for the `set` of a `[[change]]` as it is.
    #[must_use]
    pub fn options(&self) -> String {
        let option =
            |line: &String| if is_for_a_change(line) { line.clone() } else { Override::option(line) };
        self.sets().iter().map(option).collect::<Vec<_>>().join(" ")
    }

    /// What a scenario has to be loaded with to try it; `None` where there is nothing to try:
    /// no line, or one for the `set` of a `[[change]]`.
    #[must_use]
    pub fn settings(&self) -> Option<Vec<Override>> {
        let sets = self.sets();
        if sets.is_empty() || is_for_a_change(&self.set) {
            return None;
        }
        sets.iter().map(|line| Override::parse(line).ok()).collect()
    }

    /// Adds a line that belongs to it.
    #[must_use]
    pub(super) fn and(mut self, set: impl Into<String>) -> Self {
        self.more.push(set.into());
        self
    }

    /// This and another one, in one go.
    #[must_use]
    pub(super) fn with(mut self, other: &Self) -> Self {
        for line in other.sets() {
            if self.set.is_empty() {
                self.set = line;
            } else if !self.sets().contains(&line) {
                self.more.push(line);
            }
        }
        if !other.command.is_empty() && other.command != self.command {
            let both = [self.command, other.command.clone()];
            self.command = both.into_iter().filter(|c| !c.is_empty()).collect::<Vec<_>>().join("; ");
        }
        self
    }

    /// What is left of one that does not cure: advice in words, no line and no command.
    #[must_use]
    pub(super) fn in_words(&self) -> Self {
        const CMDLETS: [&str; 6] = ["Set-", "Get-", "New-", "Enable-", "Disable-", "Copy-"];
        let cmdlet = CMDLETS.iter().any(|start| self.command.starts_with(start));
        let command = if cmdlet { String::new() } else { self.command.clone() };
        Self { command, ..Self::default() }
    }
}

/// `path="value"` with the quotes that a scenario wants.
pub(super) fn assigned(path: &str, value: &str) -> String {
    format!("{path}=\"{value}\"")
}

/// `path=["a", "b"]`.
pub(super) fn listed<'a>(path: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| format!("\"{value}\"")).collect();
    format!("{path}=[{}]", values.join(", "))
}

/// The shell's command for a group's virtual directory.
pub(super) fn directory(group: &CasGroup, service: Service, parameters: &str) -> String {
    shell::directory(group, service, parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_left_out_of_what_is_printed() {
        let change = Fix::new(format!("site.A.pop=true{IN_A_CHANGE}"), "");
        assert_eq!(change.options(), change.set);
        let both = change.and("site.B.imap=true");
        assert_eq!(both.options(), format!("{} --set 'site.B.imap=true'", both.set));
        assert_eq!(both.line(), both.options());
        assert_eq!(Fix::default().options(), "");
    }
}
