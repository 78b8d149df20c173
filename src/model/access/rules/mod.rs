//! The rules, as values, a list per release; the first that answers wins.
//!
//! Order is meaning: a rule may rely on every rule before it having passed. Each
//! list ends in a rule that answers whatever is left. A list is made of sections that
//! releases share; `sections` is the table of contents. Under `exchange = "2007"`
//! the sections are those that the founding article states or does not contradict.

mod common;
pub mod contested;
mod document;
mod e2007;
mod e2010;
mod e2013;
mod hops;
mod legacy;
mod newer;

pub use document::document;

use super::query::{Query, Trace};
use super::{ClientSees, Failure, LogEvent, Mechanism, Route, Stop};
use crate::kernel::Id;
use crate::model::topology::{CasGroup, Generation, Url};

/// How well a rule is supported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Confidence {
    /// Stated by the founding article or its comments.
    Article,
    /// Read in a public source.
    Source,
    /// Practitioners' knowledge without a page to cite.
    Memory,
    /// Sources disagree; a setting decides.
    Contested,
}

impl Confidence {
    /// The token of JSON and tables.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Article => "ARTICLE",
            Self::Source => "SOURCE",
            Self::Memory => "MEMORY",
            Self::Contested => "CONTESTED",
        }
    }
}

/// One rule of access.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Unique id, `release/name`.
    pub id: &'static str,
    /// The rule in a few words.
    pub title: &'static str,
    /// What it says and why, in words for an administrator.
    pub docs: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// How well it is supported.
    pub confidence: Confidence,
    /// The answer, or `None` where the rule does not apply.
    pub apply: fn(&Query<'_>, &mut Trace) -> Option<Verdict>,
}

/// What a rule answers.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    mechanism: Mechanism,
    target: Option<Id<CasGroup>>,
    targets: Vec<Id<CasGroup>>,
    redirect: Option<Url>,
    failure: Option<Failure>,
    through_cas: bool,
    sees: ClientSees,
    event: Option<LogEvent>,
    stops: Vec<Stop>,
    single_sign_on: bool,
}

impl Verdict {
    fn new(q: &Query<'_>, mechanism: Mechanism, sees: ClientSees) -> Self {
        Self {
            mechanism,
            target: None,
            targets: Vec::new(),
            redirect: None,
            failure: None,
            through_cas: true,
            sees,
            event: None,
            stops: vec![Stop::Cas(q.ask.entry)],
            single_sign_on: false,
        }
    }

    /// The request goes on to the Mailbox server.
    fn on_to_mailbox(mut self, q: &Query<'_>) -> Self {
        self.stops.push(Stop::Mailbox(q.ask.mailbox));
        self
    }

    /// The request goes on to another Client Access server.
    fn by_way_of(mut self, target: Id<CasGroup>) -> Self {
        self.stops.push(Stop::Cas(target));
        self
    }

    /// The entry serves from the Mailbox server of its site.
    pub(super) fn local(q: &Query<'_>) -> Self {
        Self::new(q, Mechanism::ServeLocal, ClientSees::Page).on_to_mailbox(q)
    }

    /// The entry answers out of the directory or its disk.
    pub(super) fn by_itself(q: &Query<'_>) -> Self {
        Self::new(q, Mechanism::ServeLocal, ClientSees::Page)
    }

    /// Fetched from the URL of another group that was handed out; the entry is not asked.
    pub(super) fn handed_out(q: &Query<'_>, target: Id<CasGroup>) -> Self {
        Self { target: Some(target), stops: vec![Stop::Cas(target)], ..Self::by_itself(q) }
    }

    /// Outlook inside connects to a group that its profile names; the entry is not asked.
    pub(super) fn endpoint(q: &Query<'_>, target: Id<CasGroup>) -> Self {
        Self::handed_out(q, target).on_to_mailbox(q)
    }

    /// The entry forwards to a Client Access server.
    pub(super) fn proxy(q: &Query<'_>, target: Id<CasGroup>) -> Self {
        let verdict = Self::new(q, Mechanism::Proxy, ClientSees::Page).by_way_of(target).on_to_mailbox(q);
        Self { target: Some(target), ..verdict }
    }

    /// Sessions are spread over all of these, the target among them.
    pub(super) fn spread_over(self, targets: Vec<Id<CasGroup>>) -> Self {
        Self { targets, ..self }
    }

    /// The entry forwards to the server that holds the mailbox, without RPC.
    pub(super) fn proxy_to_mailbox(q: &Query<'_>) -> Self {
        Self::new(q, Mechanism::Proxy, ClientSees::Page).on_to_mailbox(q)
    }

    /// The entry forwards to an Exchange 2003 back end.
    pub(super) fn legacy_proxy(q: &Query<'_>) -> Self {
        Self::new(q, Mechanism::LegacyProxy, ClientSees::Page).on_to_mailbox(q)
    }

    /// The entry opens RPC to the Mailbox server.
    pub(super) fn rpc_direct(q: &Query<'_>) -> Self {
        Self::new(q, Mechanism::RpcDirect, ClientSees::Page).on_to_mailbox(q)
    }

    /// The client itself opens RPC to the Mailbox server.
    pub(super) fn rpc_from_client(q: &Query<'_>) -> Self {
        Self { through_cas: false, stops: vec![Stop::Mailbox(q.ask.mailbox)], ..Self::rpc_direct(q) }
    }

    /// A back end answers a browser that came by a legacy URL.
    pub(super) fn back_end(q: &Query<'_>) -> Self {
        let verdict = Self::rpc_from_client(q);
        Self { mechanism: Mechanism::ServeLocal, ..verdict }
    }

    /// The client is given a group's URL.
    pub(super) fn redirect(
        q: &Query<'_>,
        mechanism: Mechanism,
        target: Option<Id<CasGroup>>,
        url: Option<&Url>,
    ) -> Self {
        let sees = match mechanism {
            Mechanism::RedirectManual => ClientSees::LinkPage,
            Mechanism::Redirect451 => ClientSees::Status451,
            Mechanism::Refer => ClientSees::RestartPrompt,
            _ => ClientSees::Found,
        };
        Self { target, redirect: url.cloned(), ..Self::new(q, mechanism, sees) }
    }

    /// Refused for a reason.
    pub(super) fn refuse(q: &Query<'_>, failure: Failure) -> Self {
        let verdict = Self::new(q, Mechanism::Refuse, ClientSees::failure(q.protocol()));
        Self { failure: Some(failure), ..verdict }
    }

    /// Whether the request reaches a Client Access group.
    fn reaches(&self, id: Id<CasGroup>) -> bool {
        self.stops.contains(&Stop::Cas(id))
    }

    /// Refused instead, if a server behind the entry that a request would be sent to is
    /// down: the rule chose the server, and there is no other.
    pub(super) fn unless_down(self, q: &Query<'_>, trace: &mut Trace) -> Self {
        let down = q.ask.caller.down.iter().copied().find(|&id| id != q.ask.entry && self.reaches(id));
        let Some(id) = down else { return self };
        trace.note(|| (format!("{} is up", q.cas(id).name), "no".to_owned()));
        let refused = Self::refuse(q, Failure::ServerDown);
        if self.reaches(q.ask.entry) {
            return refused;
        }
        // The client itself went there, not to the entry.
        Self { stops: vec![Stop::Cas(id)], ..refused.seen_as(ClientSees::ConnectError) }
    }

    /// The client is shown something else than usual.
    fn seen_as(self, sees: ClientSees) -> Self {
        Self { sees, ..self }
    }

    /// The entry logs an event.
    fn logged(self, source: &'static str, id: u16) -> Self {
        Self { event: Some(LogEvent { source, id }), ..self }
    }

    pub(super) fn into_route(self, rule: &'static str) -> Route {
        Route {
            mechanism: self.mechanism,
            target: self.target,
            targets: self.targets,
            redirect_host: self.redirect.map(|url| url.host),
            failure: self.failure,
            rule,
            through_cas: self.through_cas,
            sees: self.sees,
            event: self.event,
            stops: self.stops,
            single_sign_on: self.single_sign_on,
            after: None,
        }
    }
}

/// The rules that a server of this release follows, in order.
pub fn of(generation: Generation) -> impl Iterator<Item = &'static Rule> {
    sections(generation).iter().copied().flatten()
}

/// Every rule once, in the order of releases.
#[must_use]
pub fn all() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    for (generation, _) in Generation::ALL {
        for rule in of(generation) {
            if rules.iter().all(|known| known.id != rule.id) {
                rules.push(rule);
            }
        }
    }
    rules
}

/// The rule of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    Generation::ALL.into_iter().flat_map(|(generation, _)| of(generation)).find(|rule| rule.id == id)
}

fn sections(generation: Generation) -> &'static [&'static [Rule]] {
    match generation {
        Generation::E2003 => &[common::DOWN, legacy::FRONT_END],
        Generation::E2007 => &[
            common::DOWN,
            common::FIRST,
            e2007::OUTLOOK_INSIDE,
            legacy::FROM_2007,
            newer::RULES,
            common::ENTRY,
            e2007::LOCAL,
            e2007::OUTLOOK_ANYWHERE,
            e2007::POP_IMAP_ARTICLE,
            common::NO_TARGET,
            e2007::OWA,
            hops::RULES,
        ],
        Generation::E2007Rtm => &[
            common::DOWN,
            common::FIRST,
            e2007::OUTLOOK_INSIDE,
            legacy::FROM_2007,
            newer::RULES,
            common::ENTRY,
            e2007::LOCAL,
            e2007::OUTLOOK_ANYWHERE,
            e2007::POP_IMAP,
            common::NO_TARGET,
            e2007::RTM,
            e2007::OWA,
            hops::RULES,
        ],
        Generation::E2007Sp1 | Generation::E2007Sp2 | Generation::E2007Sp3 => &[
            common::DOWN,
            common::FIRST,
            e2007::OUTLOOK_INSIDE,
            legacy::FROM_2007,
            newer::RULES,
            common::ENTRY,
            e2007::SAME_SITE_451,
            e2007::LOCAL,
            e2007::OUTLOOK_ANYWHERE,
            e2007::POP_IMAP,
            common::NO_TARGET,
            e2007::OWA,
            e2007::EAS_451,
            hops::RULES,
        ],
        Generation::E2010Rtm | Generation::E2010Sp1 | Generation::E2010Sp2 | Generation::E2010Sp3 => &[
            common::DOWN,
            common::FIRST,
            legacy::FROM_2010,
            newer::RULES,
            common::ENTRY,
            e2010::TO_2007,
            e2010::RPC_CLIENT_ACCESS,
            e2010::RULES,
            hops::RULES,
        ],
        Generation::E2013 | Generation::E2016 | Generation::E2019 => &[common::DOWN, e2013::RULES],
    }
}
