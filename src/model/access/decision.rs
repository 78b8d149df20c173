//! The decision: the first rule that answers, and where a redirect leads.
//!
//! Following a redirect is the only place of the rule model that looks at what names
//! mean to a client; the decision to redirect was taken without it. Must not explain
//! anything ([`super::explain()`]).

use super::answer::{After, Answer, ClientSees, Decision, Mechanism, Route, Stop};
use super::failure::Failure;
use super::hop::{HopOutlook, View};
use super::leads::Leads;
use super::query::{AccessQuery, Caller, ClientPlace, Index, OwaPath, Query};
use super::rules;
use super::trace::Trace;
use crate::kernel::Id;
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, MailboxGroup, Namespace, Site, SiteLink, Topology};

/// The rules of one organisation, for many questions about it.
#[derive(Clone, Debug)]
pub struct Rules {
    index: Index,
}

impl Rules {
    /// Reads the organisation.
    #[must_use]
    pub fn new(topology: &Topology) -> Self {
        Self { index: Index::new(topology) }
    }

    /// How a hop from the entry to each server that could take the request would go,
    /// whether the entry forwards it or not; empty for an entry of 2013 and later.
    #[must_use]
    pub fn hops(&self, query: &AccessQuery<'_>) -> Vec<HopOutlook> {
        let view = View::new(query, &self.index);
        let modern = view.entry().generation.major() >= 2013;
        if modern || view.protocol().service().is_none() { Vec::new() } else { view.hops().outlooks() }
    }

    /// Decides one request to the organisation that was given to [`Self::new`].
    #[must_use]
    pub fn decide(&self, query: &AccessQuery<'_>) -> Route {
        decide_with(query, &self.index, &mut Trace::silent())
    }

    /// As [`Self::decide`], and tells which facts were looked at, in order.
    #[must_use]
    pub fn traced(&self, query: &AccessQuery<'_>) -> (Route, Trace) {
        let mut trace = Trace::spoken();
        let route = decide_with(query, &self.index, &mut trace);
        (route, trace)
    }
}

/// Decides one request and tells which facts were looked at, in order.
#[must_use]
pub fn decide(query: &AccessQuery<'_>) -> (Route, Trace) {
    let index = Index::new(query.topology);
    let mut trace = Trace::spoken();
    let route = decide_with(query, &index, &mut trace);
    (route, trace)
}

/// The decision, with a redirect followed to its end.
pub(super) fn decide_with(ask: &AccessQuery<'_>, index: &Index, trace: &mut Trace) -> Route {
    let mut route = first_answer(&View::new(ask, index), trace);
    if route.mechanism.decision() == Decision::Redirect {
        let after = follow(ask, index, &route, 1);
        if let Some(host) = route.redirect_host.as_deref() {
            note_end(ask, index, (host, &after), trace);
        }
        route.after = Some(after);
    }
    route
}

/// Notes why a redirect to `host` leads nowhere, if it does.
fn note_end(ask: &AccessQuery<'_>, index: &Index, (host, after): (&str, &After), trace: &mut Trace) {
    let q = Query::new(ask, index);
    match after {
        After::Dead => trace.note(|| {
            let place = match q.place() {
                ClientPlace::Internet => "on the Internet".to_owned(),
                ClientPlace::Inside(site) => format!("in {}", q.site_name(site)),
            };
            (format!("{host} leads to a server that a client {place} can reach"), "no".to_owned())
        }),
        After::Loop(_) => trace
            .note(|| (format!("{host} leads to a server that does not send the client on"), "no".to_owned())),
        After::Arrives(_) => {}
    }
}

/// What the first rule of the entry server's release that answers says.
fn first_answer(query: &View<'_>, trace: &mut Trace) -> Route {
    for rule in rules::of(query.entry().generation) {
        trace.consider(rule.id);
        if let Some(answer) = (rule.apply)(query, trace) {
            let answer = unless_down(answer, query, trace);
            trace.decided();
            return answer.into_route(rule.id);
        }
    }
    // A list ends in a rule that answers everything; a test holds each to it.
    unreachable!("the rules of {} leave a request unanswered", query.entry().generation)
}

/// Refused instead, if a server behind the entry that a request would be sent to is
/// down, or a line on the way: the rule chose the server, and there is no other.
fn unless_down(answer: Answer, q: &View<'_>, trace: &mut Trace) -> Answer {
    let caller = &q.ask.caller;
    let sound = caller.down.is_empty() && caller.stopped.is_empty();
    let cut = cut_before(&answer, q).filter(|(at, _)| *at == 0 || answer.failure.is_none());
    if sound && cut.is_none() || answer.failure.is_some() && cut.is_none() {
        return answer;
    }
    let entry = Stop::Cas(q.ask.entry);
    let service = |stop: Stop| match stop {
        Stop::Cas(id) => q.stopped(id),
        Stop::Mailbox(_) => answer.mechanism == Mechanism::Proxy && q.stopped_back_end().is_some(),
    };
    let dead = |stop: Stop| caller.down.contains(&stop) || service(stop);
    let at = answer.stops.iter().position(|&stop| stop != entry && dead(stop));
    // A server that is down itself is told, not the line to it.
    if let Some((cut, link)) = cut.filter(|(cut, _)| at.is_none_or(|at| *cut < at)) {
        trace.note(|| (q.link_is_up(link), "no".to_owned()));
        let refused = Answer::refuse(q, Failure::LinkDown);
        if cut == 0 {
            return Answer { stops: answer.stops, ..refused.seen_as(ClientSees::ConnectError) };
        }
        return Answer { stops: answer.stops[..cut].to_vec(), ..refused };
    }
    // From 2013 on a server may serve out of its own back end, without a stop of its own.
    let own_store = || Stop::Mailbox(q.ask.mailbox);
    let cas = at.map(|at| answer.stops[at]);
    let Some(stop) = cas.or_else(|| (q.store_down() && serves_itself(&answer, q)).then(own_store)) else {
        return answer;
    };
    let name = match stop {
        Stop::Cas(id) => &q.cas(id).name,
        Stop::Mailbox(_) => &q.mailbox().name,
    };
    let alone = !caller.down.contains(&stop) && service(stop);
    trace.note(|| if alone { q.service_down(name) } else { (q.serves(stop), "no".to_owned()) });
    let refused = Answer::refuse(q, Failure::ServerDown);
    if answer.stops.first() == Some(&stop) {
        // The client itself went there, not to the entry.
        return Answer { stops: vec![stop], ..refused.seen_as(ClientSees::ConnectError) };
    }
    // Whoever was reached before finds out. Sessions that fail on the way to a dead store fail as
    // they did.
    let reached = answer.stops.iter().copied().take_while(|&other| other != stop).collect();
    let failing = if matches!(stop, Stop::Mailbox(_)) { answer.failing } else { Vec::new() };
    Answer { stops: reached, failing, ..refused }
}

/// The first server of an answer before which a line is down, by place, and that line.
fn cut_before(answer: &Answer, q: &View<'_>) -> Option<(usize, Id<SiteLink>)> {
    if q.ask.caller.cut.is_empty() {
        return None;
    }
    let first = q.site_of(*answer.stops.first()?);
    let from = match q.place() {
        ClientPlace::Inside(site) => site,
        ClientPlace::Internet => q.topology().internet_gate(first).unwrap_or(first),
    };
    let sites: Vec<Id<Site>> = answer.stops.iter().map(|stop| q.site_of(*stop)).collect();
    let legs = std::iter::once(from).chain(sites.iter().copied()).zip(sites.iter().copied());
    legs.enumerate().find_map(|(at, (from, to))| Some((at, q.cut_between(from, to)?)))
}

/// Whether the entry answers out of the databases on its own machine.
fn serves_itself(answer: &Answer, q: &View<'_>) -> bool {
    answer.mechanism == Mechanism::ServeLocal && is_own_back_end(q.topology(), q.ask.entry, q.ask.mailbox)
}

/// Whether what `entry` serves itself of a mailbox comes out of the back end on its own machine,
/// from 2013 on.
#[must_use]
pub fn is_own_back_end(topology: &Topology, entry: Id<CasGroup>, mailbox: Id<MailboxGroup>) -> bool {
    let (entry, mailbox) = (&topology.cas[entry.index()], &topology.mailbox[mailbox.index()]);
    mailbox.generation.major() >= 2013 && entry.name == mailbox.name
}

/// The answer after Outlook Anywhere was referred to another RPC Client Access endpoint.
fn by_endpoint(view: &View<'_>, endpoint: Id<CasGroup>, rule: &'static str) -> Route {
    unless_down(Answer::proxy(view, endpoint), view, &mut Trace::silent()).into_route(rule)
}

/// What becomes of a client that obeys `route`; `depth` redirects were obeyed already.
fn follow(ask: &AccessQuery<'_>, index: &Index, route: &Route, depth: u32) -> After {
    let Some(host) = route.redirect_host.as_deref() else {
        // Outlook is told a new endpoint by name; the directory leads it there.
        return arrive(ask, index, route, "", depth);
    };
    if route.target != Some(ask.entry) && !reachable(ask, index, route, host) {
        return After::Dead;
    }
    arrive(ask, index, route, host, depth)
}

fn arrive(ask: &AccessQuery<'_>, index: &Index, route: &Route, host: &str, depth: u32) -> After {
    let view = View::new(ask, index);
    if let (Mechanism::Refer, Protocol::OutlookAnywhere, Some(endpoint)) =
        (route.mechanism, ask.protocol, route.target)
    {
        // The new endpoint is reached through the same RPC proxy as the old one.
        return After::Arrives(Box::new(by_endpoint(&view, endpoint, route.rule)));
    }
    let Some(entry) = landing(ask, index, route, host) else {
        // A legacy URL without a front end in the model: the back end itself answers.
        let answer = unless_down(Answer::back_end(&view), &view, &mut Trace::silent());
        return After::Arrives(Box::new(answer.into_route(route.rule)));
    };
    // A change of path on the same server is no step from server to server.
    let path_alone = route.mechanism == Mechanism::RedirectSilent && route.target == Some(ask.entry);
    if entry == ask.entry && !path_alone {
        return After::Loop(entry);
    }
    let caller = Caller {
        host: (!host.is_empty()).then_some(host),
        place: Some(view.place()),
        path: OwaPath::Owa,
        ..ask.caller
    };
    let next_ask = AccessQuery { entry, caller, ..*ask };
    let mut next = first_answer(&View::new(&next_ask, index), &mut Trace::silent());
    if next.mechanism.decision() == Decision::Redirect {
        if !path_alone || depth > 1 {
            return After::Loop(entry);
        }
        next.after = Some(follow(&next_ask, index, &next, depth + 1));
    }
    After::Arrives(Box::new(next))
}

/// The group that answers by the host's name.
fn landing(ask: &AccessQuery<'_>, index: &Index, route: &Route, host: &str) -> Option<Id<CasGroup>> {
    let topology = ask.topology;
    let legacy = topology.mailbox[ask.mailbox.index()].generation.major() == 2003;
    if host.is_empty() || legacy || route.target == Some(ask.entry) {
        return route.target;
    }
    let q = Query::new(ask, index);
    if let Some(name) = topology.namespaces.iter().find(|n| n.name == host) {
        // The name that brought the client brings it where it is, failed over to or not.
        let own = (ask.caller.host == Some(host)).then(|| q.entry().site);
        let site = own.or_else(|| named_site(&q, name))?;
        let mut answering: Vec<_> = name.groups_in(&topology.sites[site.index()]).collect();
        answering.sort_by_key(|id| &q.cas(*id).name);
        let target = route.target.filter(|target| answering.contains(target) && !q.closed(*target));
        return target.or_else(|| answering.into_iter().min_by_key(|id| q.closed(*id)));
    }
    // The client came by this very name: it comes back to where it is.
    if q.host_used() == Some(host) {
        return Some(ask.entry);
    }
    let target = route.target?;
    let groups = Leads::of(&q, target, host).groups;
    if groups.contains(&target) { Some(target) } else { groups.into_iter().min_by_key(|id| q.closed(*id)) }
}

/// The site to which a name leads: the first of its list that has a server up, else
/// the first.
fn named_site(q: &Query<'_>, name: &Namespace) -> Option<Id<Site>> {
    let sites = match q.place() {
        ClientPlace::Inside(_) if !name.inside.is_empty() => &name.inside,
        ClientPlace::Inside(_) | ClientPlace::Internet => &name.internet,
    };
    let dead = |site: &Id<Site>| name.groups_in(&q.topology().sites[site.index()]).all(|id| q.closed(id));
    sites.iter().copied().min_by_key(dead)
}

fn reachable(ask: &AccessQuery<'_>, index: &Index, route: &Route, host: &str) -> bool {
    let q = Query::new(ask, index);
    if let Some(fact) = ask.topology.switches.names.iter().find(|fact| fact.host == host) {
        let open = match q.place() {
            ClientPlace::Internet => fact.internet,
            ClientPlace::Inside(_) => fact.inside,
        };
        if !open {
            return false;
        }
    }
    match landing(ask, index, route, host) {
        Some(id) => q.open_to(q.place(), q.cas(id).site),
        // A legacy URL without a server in the model is taken to lead somewhere.
        None => route.target.is_none(),
    }
}
