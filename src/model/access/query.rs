//! What a decision is asked, what it may look at, and the record of what it saw.
//!
//! [`AccessQuery`] is the public question; [`Query`] is the rules' view of the
//! directory: the entry, the mailbox, the Client Access servers of the mailbox's
//! site. Must not decide anything ([`super::rules`] does).

use crate::kernel::Id;
use crate::model::topology::{CasGroup, MailboxGroup, Protocol, Service, Site, Topology};

/// What [`super::decide`] is asked.
#[derive(Clone, Copy, Debug)]
pub struct AccessQuery<'t> {
    /// The organisation.
    pub topology: &'t Topology,
    /// Protocol of the client.
    pub protocol: Protocol,
    /// Group that the client's connection landed on.
    pub entry: Id<CasGroup>,
    /// Group that holds the mailbox.
    pub mailbox: Id<MailboxGroup>,
}

/// One fact that a decision looked at, in words an administrator knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What was asked: `ExternalURL of Boston /owa`.
    pub question: String,
    /// What was found: `not set`.
    pub answer: String,
}

/// One rule as it was considered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Id of the rule.
    pub rule: &'static str,
    /// Facts that it looked at.
    pub facts: Vec<Fact>,
    /// Whether it gave the answer.
    pub decided: bool,
}

/// The rules considered for one decision, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// One a rule.
    pub steps: Vec<Step>,
    silent: bool,
}

impl Trace {
    /// A trace that keeps what it is told.
    #[must_use]
    pub fn spoken() -> Self {
        Self::default()
    }

    /// A trace that keeps nothing, for tables of many decisions.
    #[must_use]
    pub fn silent() -> Self {
        Self { steps: Vec::new(), silent: true }
    }

    /// Every fact in the order in which it was looked at.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.steps.iter().flat_map(|s| &s.facts)
    }

    /// Opens the step of a rule.
    pub(super) fn consider(&mut self, rule: &'static str) {
        if !self.silent {
            self.steps.push(Step { rule, facts: Vec::new(), decided: false });
        }
    }

    /// Closes the last step as the one that answered.
    pub(super) fn decided(&mut self) {
        if let Some(step) = self.steps.last_mut() {
            step.decided = true;
        }
    }

    /// Notes a fact; the words are made only if somebody listens.
    pub(super) fn note(&mut self, words: impl FnOnce() -> (String, String)) {
        if self.silent {
            return;
        }
        if let Some(step) = self.steps.last_mut() {
            let (question, answer) = words();
            step.facts.push(Fact { question, answer });
        }
    }
}

/// What is found out about a topology once, for many decisions.
#[derive(Clone, Debug)]
pub(super) struct Index {
    /// Client Access groups of each site, by name.
    cas_of: Vec<Vec<Id<CasGroup>>>,
    /// Number of the connected part that each site lies in.
    part: Vec<usize>,
}

impl Index {
    /// Reads a topology; linear in sites, groups and links.
    pub(super) fn new(topology: &Topology) -> Self {
        let mut cas_of: Vec<Vec<Id<CasGroup>>> = vec![Vec::new(); topology.sites.len()];
        for (index, group) in topology.cas.iter().enumerate() {
            cas_of[group.site.index()].push(Id::new(index));
        }
        for groups in &mut cas_of {
            groups.sort_by(|a, b| topology.cas[a.index()].name.cmp(&topology.cas[b.index()].name));
        }
        let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); topology.sites.len()];
        for link in &topology.links {
            let [a, b] = link.between.map(Id::index);
            neighbours[a].push(b);
            neighbours[b].push(a);
        }
        let mut part = vec![usize::MAX; topology.sites.len()];
        for start in 0..part.len() {
            if part[start] != usize::MAX {
                continue;
            }
            let mut open = vec![start];
            while let Some(site) = open.pop() {
                if part[site] == usize::MAX {
                    part[site] = start;
                    open.extend(&neighbours[site]);
                }
            }
        }
        Self { cas_of, part }
    }
}

/// The rules' view of one question.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// The question.
    pub(super) ask: &'q AccessQuery<'q>,
    index: &'q Index,
}

impl<'q> Query<'q> {
    pub(super) fn new(ask: &'q AccessQuery<'q>, index: &'q Index) -> Self {
        Self { ask, index }
    }

    /// Protocol of the client.
    pub(super) fn protocol(&self) -> Protocol {
        self.ask.protocol
    }

    /// The group that the client reached.
    pub(super) fn entry(&self) -> &'q CasGroup {
        self.cas(self.ask.entry)
    }

    /// The group that holds the mailbox.
    pub(super) fn mailbox(&self) -> &'q MailboxGroup {
        &self.ask.topology.mailbox[self.ask.mailbox.index()]
    }

    /// A Client Access group.
    pub(super) fn cas(&self, id: Id<CasGroup>) -> &'q CasGroup {
        &self.ask.topology.cas[id.index()]
    }

    /// Name of a site.
    pub(super) fn site_name(&self, id: Id<Site>) -> &'q str {
        &self.ask.topology.sites[id.index()].name
    }

    /// Whether the entry stands in the mailbox's site.
    pub(super) fn same_site(&self) -> bool {
        self.entry().site == self.mailbox().site
    }

    /// Whether site links join the entry's site and the mailbox's.
    pub(super) fn joined(&self) -> bool {
        self.index.part[self.entry().site.index()] == self.index.part[self.mailbox().site.index()]
    }

    /// Client Access groups in the mailbox's site of the mailbox's major version, by name.
    pub(super) fn candidates(&self) -> impl Iterator<Item = Id<CasGroup>> + 'q {
        let Self { ask, index } = *self;
        let mailbox = &ask.topology.mailbox[ask.mailbox.index()];
        index.cas_of[mailbox.site.index()]
            .iter()
            .copied()
            .filter(move |id| ask.topology.cas[id.index()].generation.major() == mailbox.generation.major())
    }

    /// Where the service's directory lives, in words: `CAS-B1 /owa`.
    pub(super) fn directory_name(&self, id: Id<CasGroup>, service: Service) -> String {
        let (_, _, path) = Service::ALL[service as usize];
        format!("{} {path}", self.cas(id).name)
    }
}
