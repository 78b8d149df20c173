//! Redirects followed: where a client ends up, and who serves it there.
//!
//! Reachability lies here, not in the rules: a server redirects to an ExternalURL
//! without looking whether its client can get there. Must not write legs. Next:
//! [`super::cohort`].

use super::inputs::{Combination, Inputs};
use super::placement::{nth_by_name, nth_cas, resolve};
use super::program::{RedirectKind, Service};
use crate::clients::roster::Cohort;
use crate::clients::steps::{Machine, Recurrence, Transport};
use crate::kernel::Id;
use crate::model::access::{After, Failure, Mechanism, Route};
use crate::model::topology::{CasGroup, Namespace, Site};
use crate::model::workload::Location;

/// Redirects that a client follows in a row.
const MOST_REDIRECTS: usize = 3;

/// Where a client turns to: the site, and the group that it enters.
pub(super) type Arrival = (Result<Id<Site>, Failure>, Option<Id<CasGroup>>);

/// Where a client ends up, having followed what it was told.
pub(super) struct Redirects {
    /// Redirects followed: the group that told, the kind.
    pub(super) told: Vec<(Id<CasGroup>, RedirectKind)>,
    /// First answer of the rules.
    pub(super) first: Route,
    /// Group that serves or refuses, and its answer; `Err` where a redirect leads nowhere.
    pub(super) last: Result<(Id<CasGroup>, Route), Failure>,
}

/// The group that a client turns to whose name leads to `site` and `entry`: that one;
/// for the address book the one whose URL it was handed, if it can be reached.
pub(super) fn turns_to(
    inputs: &Inputs<'_>,
    combination: &Combination,
    site: Result<Id<Site>, Failure>,
    entry: Option<Id<CasGroup>>,
) -> Arrival {
    if combination.facts.machine == Machine::Web(Recurrence::FirstHalf)
        && let Some(entry) = entry
        && let Some(handed) = follow(inputs, combination, entry, &inputs.ask(combination, entry, None))
    {
        return (Ok(inputs.site_of(handed)), Some(handed));
    }
    (site, entry)
}

/// Follows redirects from `entry` until somebody serves or refuses.
pub(super) fn follow_redirects(
    inputs: &Inputs<'_>,
    combination: &Combination,
    entry: Id<CasGroup>,
) -> Redirects {
    let first = inputs.ask(combination, entry, None);
    let mut redirects =
        Redirects { told: Vec::new(), first: first.clone(), last: Err(Failure::DeadRedirect) };
    let (mut here, mut answer) = (entry, first);
    loop {
        let path_alone = answer.target == Some(here);
        let kind = match answer.mechanism {
            Mechanism::RedirectManual => RedirectKind::LinkPage,
            Mechanism::RedirectSilent if path_alone => RedirectKind::Path,
            Mechanism::RedirectSilent | Mechanism::LegacyRedirect if answer.single_sign_on => {
                RedirectKind::Silent
            }
            Mechanism::RedirectSilent | Mechanism::LegacyRedirect => RedirectKind::SilentAgain,
            Mechanism::Redirect451 => RedirectKind::Status,
            Mechanism::Refer => RedirectKind::Restart,
            _ => {
                redirects.last = Ok((here, answer));
                return redirects;
            }
        };
        // Whoever was sent on and is sent on again follows URLs that are mutually wrong.
        if redirects.told.iter().any(|&(_, kind)| kind != RedirectKind::Path) {
            redirects.last = Err(Failure::RedirectLoop);
            return redirects;
        }
        redirects.told.push((here, kind));
        if let (RedirectKind::Restart, Transport::RpcOverHttp, Some(After::Arrives(next))) =
            (kind, combination.facts.transport, &answer.after)
        {
            // The new endpoint is reached through the same RPC proxy as the old one.
            redirects.last = Ok((here, Route::clone(next)));
            return redirects;
        }
        let next = if path_alone { Some(here) } else { follow(inputs, combination, entry, &answer) };
        match next {
            // A legacy URL without a front end in the model: the back end itself answers.
            None if answer.mechanism == Mechanism::LegacyRedirect && answer.target.is_none() => {
                redirects.last = Ok((here, answer));
                return redirects;
            }
            Some(next) if redirects.told.len() < MOST_REDIRECTS => here = next,
            _ => return redirects,
        }
        answer = inputs.ask(combination, here, Some(answer.redirect_host.as_deref().unwrap_or("")));
    }
}

/// The group that a client whose own name led to `entry` reaches when it follows a
/// redirect, if it reaches any.
fn follow(
    inputs: &Inputs<'_>,
    combination: &Combination,
    entry: Id<CasGroup>,
    route: &Route,
) -> Option<Id<CasGroup>> {
    let location = combination.location;
    let target = route.target?;
    let host = route.redirect_host.as_deref().unwrap_or("");
    let published = inputs.topology().namespaces.iter().position(|name| name.name == host).map(Id::new);
    let site = match published {
        // Its own name leads it where it came from, a site failed over to or not.
        Some(name) if name == combination.name => inputs.site_of(entry),
        Some(name) => resolve(inputs.topology(), name, location).ok()?,
        None => {
            // A host without a name of its own leads to its site, if that is on the Internet.
            let site = inputs.site_of(target);
            let open = inputs.topology().sites[site.index()].internet.is_some();
            (open || matches!(location, Location::Site(_))).then_some(site)?
        }
    };
    inputs.placement.client_path(inputs.topology(), location, site).ok()?;
    match published {
        // Several servers may answer by that name; the target is one of them unless
        // the name leads elsewhere.
        Some(name) if !answers(inputs, name, site, target) => nth_by_name(inputs.topology(), name, site, 0),
        _ if site == inputs.site_of(target) => Some(target),
        _ => nth_cas(inputs.topology(), site, 0),
    }
}

fn answers(inputs: &Inputs<'_>, name: Id<Namespace>, site: Id<Site>, group: Id<CasGroup>) -> bool {
    let name = &inputs.topology().namespaces[name.index()];
    name.groups_in(&inputs.topology().sites[site.index()]).any(|id| id == group)
}

/// Who serves a request that has arrived at `entry` under `answer`, with hops
/// and the session's target noted in `cohort`.
pub(super) fn service(
    inputs: &Inputs<'_>,
    combination: &Combination,
    entry: Id<CasGroup>,
    answer: &Route,
    cohort: &mut Cohort,
) -> Result<Service, Failure> {
    let here = inputs.site_of(entry);
    let home = inputs.topology().mailbox[combination.mailbox.index()].site;
    // Moves as the rules count them, so that no site link is crossed without one.
    let moves = answer.stops.len().saturating_sub(1) as u32;
    let identity = &mut cohort.identity;
    match answer.mechanism {
        Mechanism::LegacyRedirect => {
            identity.serving_site = home.index() as u32;
            Ok(Service::Inside)
        }
        Mechanism::ServeLocal => {
            identity.serving_site = here.index() as u32;
            identity.server_hops = moves;
            // Served here although the mailbox is elsewhere: its store is far.
            if here == home || !combination.facts.asks_the_store {
                return Ok(Service::Local);
            }
            let path = inputs.placement.site_path(inputs.topology(), here, home).ok_or(Failure::NoRoute)?;
            identity.wan_hops = path.hops();
            Ok(Service::Direct(path))
        }
        Mechanism::RpcDirect => {
            let path = inputs.placement.site_path(inputs.topology(), here, home).ok_or(Failure::NoRoute)?;
            identity.serving_site = here.index() as u32;
            identity.server_hops = moves;
            identity.wan_hops = path.hops();
            Ok(Service::Direct(path))
        }
        Mechanism::Proxy | Mechanism::LegacyProxy => {
            let there = answer.target.map_or(home, |target| inputs.site_of(target));
            let path = inputs.placement.site_path(inputs.topology(), here, there).ok_or(Failure::NoRoute)?;
            identity.serving_site = there.index() as u32;
            identity.server_hops = moves;
            identity.wan_hops = path.hops();
            let target = answer.target.map(|target| inputs.servers(combination.protocol, target));
            cohort.target = target.map(|target| target.group);
            cohort.service_stations[1] = target.and_then(|target| target.service_station);
            // Behind a shared name the balancer finds a server; else there is one for good.
            cohort.target_is_first = combination.facts.machine == Machine::Eas
                && answer.targets.is_empty()
                && inputs.topology().cas[entry.index()].generation.major() <= 2010;
            Ok(Service::Proxy(target, path))
        }
        _ => Err(answer.failure.unwrap_or(Failure::NotSupported)),
    }
}
