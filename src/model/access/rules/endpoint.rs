//! Where Outlook inside connects to: the endpoint of its database.
//!
//! Must not decide what the endpoint does with it ([`super`]), but where a server of another
//! release was asked: whether it finds an endpoint that gets to its mailbox.

use crate::kernel::Id;
use crate::model::access::answer::{Answer, Stop};
use crate::model::access::failure::Failure;
use crate::model::access::hop::View;
use crate::model::access::query::ClientPlace;
use crate::model::access::trace::Trace;
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

/// What becomes of Outlook inside where a server of another release than the mailbox's was asked,
/// which has no part in it: it goes to its endpoint. A database of 2010 may name a server that is
/// none, since RPC Client Access is a service of 2010 alone, or one that does not get to it.
pub(super) fn at_endpoint(q: &View<'_>, trace: &mut Trace) -> Answer {
    let endpoint = endpoint(q);
    trace.note(|| {
        let name = endpoint.map_or_else(|| "none".to_owned(), |id| q.cas(id).name.clone());
        ("endpoint that Outlook's profile names".to_owned(), name)
    });
    let Some(id) = endpoint else { return Answer::refuse(q, Failure::NoTarget) };
    let (group, mailbox) = (q.cas(id), q.mailbox());
    // The client itself went there.
    let refused = |failure| Answer { stops: vec![Stop::Cas(id)], ..Answer::refuse(q, failure) };
    // From 2013 on servers of any of these releases serve one another.
    let release = |major: u16| major.min(2013);
    if release(group.generation.major()) != release(mailbox.generation.major()) {
        trace.note(|| (format!("release of {}", group.name), group.generation.to_string()));
        return refused(Failure::NotSupported);
    }
    if !q.open_to(ClientPlace::Inside(group.site), mailbox.site) {
        trace.note(|| {
            let (from, to) = (q.site_name(group.site), q.site_name(mailbox.site));
            (format!("site links between {from} and {to}"), "none".to_owned())
        });
        return refused(Failure::NoRoute);
    }
    Answer::endpoint(q, id)
}
