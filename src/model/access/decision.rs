//! The decision: the first rule that answers, and where a redirect leads.
//!
//! Following a redirect is the only place of the rule model that looks at what names
//! mean to a client; the decision to redirect was taken without it. Must not explain
//! anything ([`super::explain()`]).

use super::answer::{After, Answer, ClientSees, Decision, Mechanism, Route, Stop};
use super::failure::Failure;
use super::hop::View;
use super::query::{AccessQuery, Caller, ClientPlace, Index, OwaPath, Query};
use super::rules;
use super::trace::Trace;
use crate::kernel::Id;
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, Namespace, Site, Topology};

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

    /// Decides one request to the organisation that was given to [`Self::new`].
    #[must_use]
    pub fn decide(&self, query: &AccessQuery<'_>) -> Route {
        decide_with(query, &self.index, &mut Trace::silent())
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
        route.after = Some(follow(ask, index, &route, 1));
    }
    route
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
/// down: the rule chose the server, and there is no other.
fn unless_down(answer: Answer, q: &View<'_>, trace: &mut Trace) -> Answer {
    let down = q.ask.caller.down.iter().copied().find(|&id| id != q.ask.entry && answer.reaches(id));
    let Some(id) = down else { return answer };
    trace.note(|| (format!("{} is up", q.cas(id).name), "no".to_owned()));
    let refused = Answer::refuse(q, Failure::ServerDown);
    if answer.reaches(q.ask.entry) {
        return refused;
    }
    // The client itself went there, not to the entry.
    Answer { stops: vec![Stop::Cas(id)], ..refused.seen_as(ClientSees::ConnectError) }
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
    let same_server = route.target == Some(ask.entry);
    if !same_server && !reachable(ask, index, host, route.target) {
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
        return After::Arrives(Box::new(Answer::back_end(&view).into_route(route.rule)));
    };
    // A change of path on the same server is no step from server to server.
    let path_alone = route.mechanism == Mechanism::RedirectSilent && route.target == Some(ask.entry);
    if entry == ask.entry && !path_alone {
        return After::Loop;
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
            return After::Loop;
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
    let target_site = route.target.map(|id| topology.cas[id.index()].site);
    let place = Query::new(ask, index).place();
    let down = ask.caller.down;
    if let Some((name, site)) = named_site(topology, index, host, place, down) {
        let answering: Vec<Id<CasGroup>> = name.groups_in(&topology.sites[site.index()]).collect();
        return match route.target {
            Some(target)
                if target_site == Some(site) && answering.contains(&target) && !down.contains(&target) =>
            {
                route.target
            }
            _ => {
                let of_site = index.groups_of(site).iter().copied().filter(|group| answering.contains(group));
                of_site.min_by_key(|group| down.contains(group))
            }
        };
    }
    // The client came by this very name: it comes back to where it is.
    let own = ask
        .protocol
        .service()
        .and_then(|service| topology.cas[ask.entry.index()].directory(service).external_url.as_ref());
    if ask.caller.host == Some(host) || own.is_some_and(|url| url.host == host) {
        return Some(ask.entry);
    }
    route.target
}

/// The site to which a `[[namespace]]` of this host leads from `place`.
fn named_site<'t>(
    topology: &'t Topology,
    index: &Index,
    host: &str,
    place: ClientPlace,
    down: &[Id<CasGroup>],
) -> Option<(&'t Namespace, Id<Site>)> {
    let name = topology.namespaces.iter().find(|n| n.name == host)?;
    let sites = match place {
        ClientPlace::Inside(_) if !name.inside.is_empty() => &name.inside,
        ClientPlace::Inside(_) | ClientPlace::Internet => &name.internet,
    };
    let open = |site: &Id<Site>| !index.groups_of(*site).is_empty() && open_to(topology, *site, place);
    // The name fails over to the next site of its list; the first where all are down.
    let dead = |site: &Id<Site>| name.groups_in(&topology.sites[site.index()]).all(|id| down.contains(&id));
    let site = sites.iter().copied().filter(open).min_by_key(dead);
    site.map(|site| (name, site))
}

/// Whether a client in `place` can connect to a site at all.
fn open_to(topology: &Topology, site: Id<Site>, place: ClientPlace) -> bool {
    match place {
        ClientPlace::Internet => topology.sites[site.index()].internet.is_some(),
        ClientPlace::Inside(_) => true,
    }
}

fn reachable(ask: &AccessQuery<'_>, index: &Index, host: &str, owner: Option<Id<CasGroup>>) -> bool {
    let topology = ask.topology;
    let place = Query::new(ask, index).place();
    if let Some(fact) = topology.switches.names.iter().find(|fact| fact.host == host) {
        return match place {
            ClientPlace::Internet => fact.internet,
            ClientPlace::Inside(_) => fact.inside,
        };
    }
    if topology.namespaces.iter().any(|n| n.name == host) {
        return named_site(topology, index, host, place, ask.caller.down).is_some();
    }
    // A name that nobody describes leads to its owner, where that can be reached.
    owner.is_none_or(|id| open_to(topology, topology.cas[id.index()].site, place))
}
