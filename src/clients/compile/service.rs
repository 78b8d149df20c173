//! Who serves a request once it has arrived, what limits it meets, and how a client is sent on.
//!
//! Must not know legs. Next: [`super::program`], which writes them.

use super::legs::Servers;
use super::placement::SitePath;
use crate::itinerary::PoolFamily;
use crate::kernel::Id;
use crate::kernel::distribution::Distribution;

/// A Mailbox server group as one request sees it.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) servers: Servers,
    /// Latency of one store access beside CPU, ns.
    pub(super) latency: Distribution,
    /// Round trip between a CAS and the Mailbox server in its site, ns.
    pub(super) lan_rtt: u64,
}

/// Who serves a request that has arrived at its entry.
#[derive(Clone, Debug)]
pub(super) enum Service {
    /// The entry itself.
    Local,
    /// The same from 2013 on, out of the back end on its own machine, which has to be up.
    OwnBackEnd,
    /// A CAS that the entry forwards to; `None` forwards to the Mailbox server (a legacy back end).
    Proxy(Option<Servers>, SitePath),
    /// The entry, with every store call over the path.
    Direct(SitePath),
    /// The Mailbox server, without a CAS.
    Inside,
}

/// Limits that a request meets on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RequestLimits {
    /// RPC requests in work at the entry.
    pub(super) rpc: Option<Id<PoolFamily>>,
    /// Web requests in work at the entry.
    pub(super) entry: Option<Id<PoolFamily>>,
    /// Web requests in work at the target.
    pub(super) target: Option<Id<PoolFamily>>,
    /// Connections from the entry to the target.
    pub(super) connection: Option<Id<PoolFamily>>,
    /// Requests outstanding from the entry at its back end.
    pub(super) guard: Option<Id<PoolFamily>>,
}

/// How a client is sent on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RedirectKind {
    /// A page with a link; then a second logon by hand.
    LinkPage,
    /// A redirect that the browser follows; the form is posted by itself.
    Silent,
    /// A redirect that the browser follows, to a second logon by hand.
    SilentAgain,
    /// Another path of the same server, before anybody logs on.
    Path,
    /// HTTP 451: the device asks again there.
    Status,
    /// Outlook has the wrong endpoint: it connects anew when the user has restarted it.
    Restart,
}
