//! Where Outlook inside connects to: the endpoint of its database.
//!
//! Must not decide what the endpoint does with it ([`super`]).

use crate::kernel::Id;
use crate::model::access::hop::View;
use crate::model::topology::{CasGroup, MailboxGroup, Topology};

/// The Client Access groups that Outlook inside connects to for a mailbox of 2010 and later,
/// whatever names its user types elsewhere: those behind the database's
/// `RpcClientAccessServer` (2010), else those of the mailbox's site and release. Empty
/// before 2010, where it talks to the Mailbox server itself.
#[must_use]
pub fn outlook_endpoints(topology: &Topology, mailbox: Id<MailboxGroup>) -> Vec<Id<CasGroup>> {
    let store = &topology.mailbox[mailbox.index()];
    let major = store.generation.major();
    if major < 2010 {
        return Vec::new();
    }
    let named = if major == 2010 { named_endpoints(topology, mailbox) } else { Vec::new() };
    if !named.is_empty() {
        return named;
    }
    let of = |group: &CasGroup| group.generation.major().min(2013) == major.min(2013);
    let here = topology.sites[store.site.index()].cas.iter().copied();
    here.filter(|id| of(&topology.cas[id.index()])).collect()
}

/// The host by which Outlook inside looks for its endpoint: the `RpcClientAccessServer` of
/// its database or the array of its site (2010), the internal host of Outlook Anywhere from
/// 2013 on. `None` where that is a server's own name.
#[must_use]
pub fn endpoint_host(topology: &Topology, mailbox: Id<MailboxGroup>) -> Option<String> {
    let store = &topology.mailbox[mailbox.index()];
    let mut entries =
        outlook_endpoints(topology, mailbox).into_iter().map(|id| &topology.cas[id.index()].switches);
    if store.generation.major() >= 2013 {
        return entries.find_map(|cas| cas.outlook_anywhere.internal_host.clone());
    }
    let stated = store.switches.rpc_client_access_server.clone();
    stated.or_else(|| entries.find_map(|cas| cas.client_access_array.clone()))
}

/// The Client Access groups at which the rules are asked for Outlook inside: its endpoints,
/// else the first server of the mailbox's site, which answers for the site where Outlook
/// talks to the Mailbox server itself or finds nobody. Empty where the site has none.
#[must_use]
pub fn outlook_entries(topology: &Topology, mailbox: Id<MailboxGroup>) -> Vec<Id<CasGroup>> {
    let endpoints = outlook_endpoints(topology, mailbox);
    if !endpoints.is_empty() {
        return endpoints;
    }
    let home = topology.mailbox[mailbox.index()].site;
    topology.sites[home.index()].cas.first().copied().into_iter().collect()
}

/// The Client Access groups behind the `RpcClientAccessServer` of a database of 2010: an
/// array or one server; empty where it names none that is known.
pub(super) fn named_endpoints(topology: &Topology, mailbox: Id<MailboxGroup>) -> Vec<Id<CasGroup>> {
    let Some(name) = &topology.mailbox[mailbox.index()].switches.rpc_client_access_server else {
        return Vec::new();
    };
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    let answers = |group: &CasGroup| {
        let (array, own) = (&group.switches.client_access_array, &group.switches.fqdn);
        is(&group.name) || array.as_deref().is_some_and(is) || own.as_deref().is_some_and(is)
    };
    let all = topology.cas.iter().enumerate().filter(|(_, group)| answers(group));
    all.map(|(at, _)| Id::new(at)).collect()
}

/// The database's `RpcClientAccessServer`, else the first server of the mailbox's site.
pub(super) fn endpoint(q: &View<'_>) -> Option<Id<CasGroup>> {
    // An array is balanced: it leads to a server that is up, if there is one.
    let by_name = named_endpoints(q.topology(), q.ask.mailbox).into_iter().min_by_key(|&id| q.down(id));
    by_name.or_else(|| q.candidates().next())
}
