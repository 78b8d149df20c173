//! Redirects followed: where a client ends up, and who serves it there.
//!
//! The rules follow them ([`After`]); here the steps become kinds of programs. Must not
//! decide where a name leads, nor write legs. Next:
//! [`super::cohort`].

use super::inputs::{Combination, Inputs};
use super::service::{RedirectKind, Service};
use crate::clients::roster::Cohort;
use crate::clients::steps::{Machine, Recurrence};
use crate::kernel::Id;
use crate::model::access::{After, Failure, Mechanism, Route, Stop, is_own_back_end};
use crate::model::topology::{CasGroup, Site};

/// Where a client turns to: the site, and the group that it enters.
pub(super) type Arrival = (Result<Id<Site>, Failure>, Option<Id<CasGroup>>);

/// Where a client ends up, having followed what it was told.
pub(super) struct Redirects {
    /// Redirects followed: the group that told, the kind.
    pub(super) told: Vec<(Id<CasGroup>, RedirectKind)>,
    /// The old endpoint, behind the RPC proxy that Outlook Anywhere met: it is what refers.
    pub(super) referrer: Option<Id<CasGroup>>,
    /// First answer of the rules.
    pub(super) first: Route,
    /// Group that serves or refuses, and its answer; `Err` where a redirect leads nowhere.
    pub(super) last: Result<(Id<CasGroup>, Route), Nowhere>,
}

/// A redirect that leads nowhere.
pub(super) struct Nowhere {
    pub(super) failure: Failure,
    /// The group that sends on once more, where the client gets as far.
    pub(super) sends_on: Option<Id<CasGroup>>,
}

/// The group that a client turns to whose name leads to `site` and `entry`: that one;
/// for the address book the one whose URL it was handed.
pub(super) fn turns_to(
    inputs: &Inputs<'_>,
    combination: &Combination,
    site: Result<Id<Site>, Failure>,
    entry: Option<Id<CasGroup>>,
) -> Arrival {
    if combination.facts.machine == Machine::Web(Recurrence::FirstHalf)
        && let Some(entry) = entry
        && let route = inputs.ask(combination, entry)
        && let (None, Some(&Stop::Cas(handed))) = (route.failure, route.stops.first())
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
    let first = inputs.ask(combination, entry);
    let referrer = match first.stops.get(1) {
        Some(&Stop::Cas(referrer)) if first.mechanism == Mechanism::Refer => Some(referrer),
        _ => None,
    };
    let mut told = Vec::new();
    let (mut here, mut answer) = (entry, first.clone());
    let last = loop {
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
            _ => break Ok((here, answer)),
        };
        told.push((here, kind));
        // The rules have followed it: what they say is what happens.
        match answer.after.take() {
            Some(After::Arrives(next)) => match next.stops.first() {
                Some(&Stop::Cas(reached)) => {
                    here = reached;
                    answer = *next;
                }
                // A legacy URL without a front end in the model: the back end itself answers.
                _ => break Ok((here, answer)),
            },
            Some(After::Loop(sends_on)) => {
                break Err(Nowhere { failure: Failure::RedirectLoop, sends_on: Some(sends_on) });
            }
            Some(After::Dead) | None => {
                break Err(Nowhere { failure: Failure::DeadRedirect, sends_on: None });
            }
        }
    };
    Redirects { told, referrer, first, last }
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
    let systems = [inputs.system(entry), inputs.store_system(combination)];
    match answer.mechanism {
        Mechanism::LegacyRedirect => {
            identity.serving_site = home.index() as u32;
            Ok(Service::Inside)
        }
        Mechanism::ServeLocal => {
            identity.serving_site = here.index() as u32;
            identity.server_hops = moves;
            if is_own_back_end(inputs.topology(), entry, combination.mailbox) {
                return Ok(Service::OwnBackEnd);
            }
            // Served here although the mailbox is elsewhere: its store is far.
            if here == home || !combination.facts.asks_the_store {
                return Ok(Service::Local);
            }
            let path = inputs.site_path(combination, true, systems, (here, home)).ok_or(Failure::NoRoute)?;
            identity.wan_hops = path.hops();
            Ok(Service::Direct(path))
        }
        Mechanism::RpcDirect => {
            let path = inputs.site_path(combination, true, systems, (here, home)).ok_or(Failure::NoRoute)?;
            identity.serving_site = here.index() as u32;
            identity.server_hops = moves;
            identity.wan_hops = path.hops();
            Ok(Service::Direct(path))
        }
        Mechanism::Proxy | Mechanism::LegacyProxy => {
            let there = answer.target.map_or(home, |target| inputs.site_of(target));
            let systems = [systems[0], answer.target.map_or(systems[1], |target| inputs.system(target))];
            let path =
                inputs.site_path(combination, false, systems, (here, there)).ok_or(Failure::NoRoute)?;
            identity.serving_site = there.index() as u32;
            identity.server_hops = moves;
            identity.wan_hops = path.hops();
            let target = answer.target.map(|target| inputs.forwarded_to(combination.protocol, target));
            cohort.target = target.map(|target| target.group);
            cohort.service_stations[1] = target.unwrap_or(combination.store.servers).service_station;
            // Behind a shared name the balancer finds a server; else there is one for good.
            cohort.target_is_first = combination.facts.machine == Machine::Eas
                && answer.targets.is_empty()
                && inputs.topology().cas[entry.index()].generation.major() <= 2010;
            Ok(Service::Proxy(target, path))
        }
        _ => Err(answer.failure.unwrap_or(Failure::NotSupported)),
    }
}
