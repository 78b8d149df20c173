//! A setting turned over: from what, to what, by which command.

use crate::kernel::Id;
use crate::model::directory::Url;
use crate::model::shell;
use crate::model::topology::{CasGroup, MailboxGroup, Topology};

/// Whose table a line stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// None: it is of the whole scenario.
    Whole,
    /// That of Client Access servers.
    Cas(Id<CasGroup>),
    /// That of Mailbox servers.
    Mailbox(Id<MailboxGroup>),
}

/// A line that sets the other value in a scenario: whose it is, and the key below it with
/// its value.
#[derive(Clone, PartialEq, Debug)]
pub struct SetLine {
    /// Whose table it stands in.
    pub of: Owner,
    /// `owa.external_url="none"`.
    pub line: String,
}

impl SetLine {
    /// The whole line, with the paths of the tables as the scenario has them.
    pub fn whole(
        &self,
        cas: impl Fn(Id<CasGroup>) -> String,
        mailbox: impl Fn(Id<MailboxGroup>) -> String,
    ) -> String {
        match self.of {
            Owner::Whole => self.line.clone(),
            Owner::Cas(id) => format!("{}.{}", cas(id), self.line),
            Owner::Mailbox(id) => format!("{}.{}", mailbox(id), self.line),
        }
    }
}

/// One setting's other value.
pub(super) struct Change {
    pub(super) setting: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) shell: String,
    pub(super) set: Option<SetLine>,
    pub(super) make: Box<dyn Fn(&mut Topology)>,
}

impl Change {
    pub(super) fn new(
        setting: String,
        from: impl Into<String>,
        to: impl Into<String>,
        make: impl Fn(&mut Topology) + 'static,
    ) -> Self {
        Self {
            setting,
            from: from.into(),
            to: to.into(),
            shell: String::new(),
            set: None,
            make: Box::new(make),
        }
    }

    /// The scenario's line, in the table of a server.
    pub(super) fn at(self, of: Id<CasGroup>, line: impl Into<String>) -> Self {
        Self { set: Some(SetLine { of: Owner::Cas(of), line: line.into() }), ..self }
    }

    /// The scenario's line, in the table of a Mailbox server.
    pub(super) fn at_store(self, of: Id<MailboxGroup>, line: impl Into<String>) -> Self {
        Self { set: Some(SetLine { of: Owner::Mailbox(of), line: line.into() }), ..self }
    }

    /// The scenario's line, of the whole.
    pub(super) fn whole(self, line: impl Into<String>) -> Self {
        Self { set: Some(SetLine { of: Owner::Whole, line: line.into() }), ..self }
    }

    pub(super) fn by(self, shell: impl Into<String>) -> Self {
        Self { shell: shell.into(), ..self }
    }

    /// A switch turned over; `shell` makes the command for the new value.
    pub(super) fn flag(
        setting: String,
        now: bool,
        shell: impl Fn(bool) -> String,
        make: impl Fn(&mut Topology, bool) + 'static,
    ) -> Self {
        let word = |on: bool| if on { "on" } else { "off" };
        Self::new(setting, word(now), word(!now), move |t| make(t, !now)).by(shell(!now))
    }
}

/// No command sets it.
pub(super) fn by_hand(_: bool) -> String {
    String::new()
}

pub(super) fn words(url: Option<&Url>) -> String {
    url.map_or_else(|| "not set".to_owned(), |u| u.text.clone())
}

/// A URL as a value of a scenario.
pub(super) fn quoted(url: Option<&Url>) -> String {
    url.map_or_else(|| "\"none\"".to_owned(), |u| format!("\"{}\"", u.text))
}

/// A URL as a parameter of the shell.
pub(super) fn value(url: Option<&Url>) -> String {
    shell::url(url)
}
