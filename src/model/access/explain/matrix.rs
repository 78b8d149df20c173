//! The matrix: every decision of an organisation, for tables and tests.
//!
//! A run does not read it; a client's way is compiled for what it meets.

use crate::kernel::Id;
use crate::model::access::answer::Route;
use crate::model::access::decision::decide_with;
use crate::model::access::query::{AccessQuery, Index};
use crate::model::access::trace::Trace;
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, MailboxGroup, Topology};

/// Every decision of a topology: one per protocol, entry group and mailbox group.
#[derive(Clone, PartialEq, Debug)]
pub struct RouteTable {
    routes: Vec<Route>,
    entries: usize,
    mailboxes: usize,
}

impl RouteTable {
    /// Decides every combination.
    #[must_use]
    pub fn build(topology: &Topology) -> Self {
        let index = Index::new(topology);
        let (entries, mailboxes) = (topology.cas.len(), topology.mailbox.len());
        let mut routes = Vec::with_capacity(Protocol::ALL.len() * entries * mailboxes);
        for protocol in Protocol::ALL {
            for entry in (0..entries).map(Id::new) {
                for mailbox in (0..mailboxes).map(Id::new) {
                    let ask = AccessQuery::new(topology, protocol, entry, mailbox);
                    routes.push(decide_with(&ask, &index, &mut Trace::silent()));
                }
            }
        }
        Self { routes, entries, mailboxes }
    }

    /// The decision for a protocol, the group that the client reached and the group
    /// that holds its mailbox; ids are those of the topology given to [`Self::build`].
    #[must_use]
    #[inline]
    pub fn get(&self, protocol: Protocol, entry: Id<CasGroup>, mailbox: Id<MailboxGroup>) -> &Route {
        &self.routes[(protocol.index() * self.entries + entry.index()) * self.mailboxes + mailbox.index()]
    }
}
