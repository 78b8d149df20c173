//! Where a client lands: names resolved, redirects followed, the service found.
//!
//! Reachability lies here, not in the rules: a server redirects to an ExternalURL
//! without looking whether its client can get there. Next: [`crate::clients::compile`].

use crate::clients::compile::placement::{nth_by_name, nth_cas, resolve};
use crate::clients::compile::program::{Hint, Service};
use crate::clients::compile::{Case, Cohort, Compiler, Turn};
use crate::kernel::Id;
use crate::model::access::{AccessQuery, After, Failure, Mechanism, Route};
use crate::model::topology::{CasGroup, Namespace, Protocol, Site};
use crate::model::workload::Location;

/// Redirects that a client follows in a row.
const MOST_REDIRECTS: usize = 3;

/// Where a client ends up, having followed what it was told.
pub(in crate::clients) struct Landing {
    /// Redirects followed: the group that told, the kind.
    pub(in crate::clients) told: Vec<(Id<CasGroup>, Hint)>,
    /// First answer of the rules.
    pub(in crate::clients) first: Route,
    /// Group that serves or refuses, and its answer; `Err` where a redirect leads nowhere.
    pub(in crate::clients) last: Result<(Id<CasGroup>, Route), Failure>,
}

impl<R: Fn(usize, &AccessQuery<'_>) -> Route> Compiler<'_, '_, R> {
    /// The group that a client turns to whose name leads to `site` and `entry`: that one;
    /// for the address book the one whose URL it was handed, if it can be reached.
    pub(in crate::clients) fn turns_to(
        &self,
        case: &Case,
        site: Result<Id<Site>, Failure>,
        entry: Option<Id<CasGroup>>,
    ) -> Turn {
        if case.protocol == Protocol::Oab
            && let Some(entry) = entry
            && let Some(handed) = self.follow(case, entry, &self.ask(case, entry, None))
        {
            return (Ok(self.site_of(handed)), Some(handed));
        }
        (site, entry)
    }

    /// Follows redirects from `entry` until somebody serves or refuses.
    pub(in crate::clients) fn land(&self, case: &Case, entry: Id<CasGroup>) -> Landing {
        let first = self.ask(case, entry, None);
        let mut landing =
            Landing { told: Vec::new(), first: first.clone(), last: Err(Failure::DeadRedirect) };
        let (mut here, mut answer) = (entry, first);
        loop {
            let path_alone = answer.target == Some(here);
            let hint = match answer.mechanism {
                Mechanism::RedirectManual => Hint::LinkPage,
                Mechanism::RedirectSilent if path_alone => Hint::Path,
                Mechanism::RedirectSilent | Mechanism::LegacyRedirect if answer.single_sign_on => {
                    Hint::Silent
                }
                Mechanism::RedirectSilent | Mechanism::LegacyRedirect => Hint::SilentAgain,
                Mechanism::Redirect451 => Hint::Status,
                Mechanism::Refer => Hint::Restart,
                _ => {
                    landing.last = Ok((here, answer));
                    return landing;
                }
            };
            // Whoever was sent on and is sent on again follows URLs that are mutually wrong.
            if landing.told.iter().any(|&(_, hint)| hint != Hint::Path) {
                landing.last = Err(Failure::RedirectLoop);
                return landing;
            }
            landing.told.push((here, hint));
            if let (Hint::Restart, Protocol::OutlookAnywhere, Some(After::Arrives(next))) =
                (hint, case.protocol, &answer.after)
            {
                // The new endpoint is reached through the same RPC proxy as the old one.
                landing.last = Ok((here, Route::clone(next)));
                return landing;
            }
            let next = if path_alone { Some(here) } else { self.follow(case, entry, &answer) };
            match next {
                // A legacy URL without a front end in the model: the back end itself answers.
                None if answer.mechanism == Mechanism::LegacyRedirect && answer.target.is_none() => {
                    landing.last = Ok((here, answer));
                    return landing;
                }
                Some(next) if landing.told.len() < MOST_REDIRECTS => here = next,
                _ => return landing,
            }
            answer = self.ask(case, here, Some(answer.redirect_host.as_deref().unwrap_or("")));
        }
    }

    /// The group that a client whose own name led to `entry` reaches when it follows a
    /// redirect, if it reaches any.
    fn follow(&self, case: &Case, entry: Id<CasGroup>, route: &Route) -> Option<Id<CasGroup>> {
        let location = case.location;
        let target = route.target?;
        let host = route.redirect_host.as_deref().unwrap_or("");
        let published = self.topology().namespaces.iter().position(|name| name.name == host).map(Id::new);
        let site = match published {
            // Its own name leads it where it came from, a site failed over to or not.
            Some(name) if name == case.name => self.site_of(entry),
            Some(name) => resolve(self.topology(), name, location).ok()?,
            None => {
                // A host without a name of its own leads to its site, if that is on the Internet.
                let site = self.site_of(target);
                let open = self.topology().sites[site.index()].internet.is_some();
                (open || matches!(location, Location::Site(_))).then_some(site)?
            }
        };
        self.ground.way(self.topology(), location, site).ok()?;
        match published {
            // Several servers may answer by that name; the target is one of them unless
            // the name leads elsewhere.
            Some(name) if !self.answers(name, site, target) => nth_by_name(self.topology(), name, site, 0),
            _ if site == self.site_of(target) => Some(target),
            _ => nth_cas(self.topology(), site, 0),
        }
    }

    fn answers(&self, name: Id<Namespace>, site: Id<Site>, group: Id<CasGroup>) -> bool {
        let name = &self.topology().namespaces[name.index()];
        name.groups_in(&self.topology().sites[site.index()]).any(|id| id == group)
    }

    /// Who serves a request that has arrived at `entry` under `answer`, with hops
    /// and the session's target noted in `cohort`.
    pub(in crate::clients) fn service(
        &self,
        case: &Case,
        entry: Id<CasGroup>,
        answer: &Route,
        cohort: &mut Cohort,
    ) -> Result<Service, Failure> {
        let here = self.site_of(entry);
        let home = self.topology().mailbox[case.mailbox.index()].site;
        // Autodiscover and the address book never ask the store.
        let to_store = !matches!(case.protocol, Protocol::Oab | Protocol::Autodiscover);
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
                if here == home || !to_store {
                    return Ok(Service::Local);
                }
                let trunk = self.ground.trunk(self.topology(), here, home).ok_or(Failure::NoRoute)?;
                identity.wan_hops = trunk.hops();
                Ok(Service::Direct(trunk))
            }
            Mechanism::RpcDirect => {
                let trunk = self.ground.trunk(self.topology(), here, home).ok_or(Failure::NoRoute)?;
                identity.serving_site = here.index() as u32;
                identity.server_hops = moves;
                identity.wan_hops = trunk.hops();
                Ok(Service::Direct(trunk))
            }
            Mechanism::Proxy | Mechanism::LegacyProxy => {
                let there = answer.target.map_or(home, |target| self.site_of(target));
                let trunk = self.ground.trunk(self.topology(), here, there).ok_or(Failure::NoRoute)?;
                identity.serving_site = there.index() as u32;
                identity.server_hops = moves;
                identity.wan_hops = trunk.hops();
                let target = answer.target.map(|target| self.servers(case.protocol, target));
                cohort.target = target.map(|target| target.group);
                cohort.gates[1] = target.and_then(|target| target.gate);
                // Behind a shared name the balancer finds a server; else there is one for good.
                cohort.target_is_first = case.protocol == Protocol::Eas
                    && answer.targets.is_empty()
                    && self.topology().cas[entry.index()].generation.major() <= 2010;
                Ok(Service::Proxy(target, trunk))
            }
            _ => Err(answer.failure.unwrap_or(Failure::NotSupported)),
        }
    }
}
