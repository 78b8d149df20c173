//! The rules, as values, a list per release; the first that answers wins.
//!
//! Order is meaning: a rule may rely on every rule before it having passed. Each
//! list ends in a rule that answers whatever is left. Read [`article`] for the rules
//! of the founding article, word for word.

pub mod article;

use super::query::{Query, Trace};
use super::{Failure, Mechanism, Route};
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
    redirect: Option<Url>,
    failure: Option<Failure>,
    through_cas: bool,
}

impl Verdict {
    fn new(mechanism: Mechanism) -> Self {
        Self { mechanism, target: None, redirect: None, failure: None, through_cas: true }
    }

    /// The entry serves.
    pub(super) fn local() -> Self {
        Self::new(Mechanism::ServeLocal)
    }

    /// Fetched from the URL of another group that was handed out.
    pub(super) fn handed_out(target: Id<CasGroup>) -> Self {
        Self { target: Some(target), ..Self::local() }
    }

    /// The entry forwards to a group.
    pub(super) fn proxy(target: Id<CasGroup>) -> Self {
        Self { target: Some(target), ..Self::new(Mechanism::Proxy) }
    }

    /// The entry opens RPC to the Mailbox server.
    pub(super) fn rpc_direct() -> Self {
        Self::new(Mechanism::RpcDirect)
    }

    /// The client itself opens RPC to the Mailbox server.
    pub(super) fn rpc_from_client() -> Self {
        Self { through_cas: false, ..Self::rpc_direct() }
    }

    /// The client is given a group's URL.
    pub(super) fn redirect(mechanism: Mechanism, target: Id<CasGroup>, url: &Url) -> Self {
        Self { target: Some(target), redirect: Some(url.clone()), ..Self::new(mechanism) }
    }

    /// Refused for a reason.
    pub(super) fn refuse(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::new(Mechanism::Refuse) }
    }

    pub(super) fn into_route(self, rule: &'static str) -> Route {
        Route {
            mechanism: self.mechanism,
            target: self.target,
            redirect_host: self.redirect.map(|url| url.host),
            failure: self.failure,
            rule,
            through_cas: self.through_cas,
        }
    }
}

/// The rules that a server of this release follows.
#[must_use]
pub fn of(_generation: Generation) -> &'static [Rule] {
    article::RULES
}
