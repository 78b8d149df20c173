//! The edge of a site: balancers, publishers and firewalls on a client's way.
//!
//! * **Affinity.** A session stays at its server, as with a cookie, unless the balancer
//!   in front has `none`: then every web request goes to a server of its own, and a
//!   2007 or 2010 server that does not know an OWA session answers HTTP 440. The user
//!   sees a failed request and logs on again; the pages of one logon, and requests in
//!   the background, are taken to stay at one server. With affinity by source address
//!   everybody behind one address (translation, or a publisher that hides addresses)
//!   reaches one server.
//! * **Idle time-outs.** A balancer or publisher closes an idle connection in plain
//!   sight, and a device whose request it held asks again at once. A firewall forgets
//!   it silently: the device hears nothing until its heartbeat is over, and mail that
//!   comes in the meantime is late. Either is a failed request with a reason of its own.
//!
//! Must not know the state machines. Next: [`super::limits`].

use super::compile::{Case, Cohort, Compiler};
use super::ground::Way;
use super::limits::{Behind, behind};
use super::program::{Servers, Service, Writer};
use crate::kernel::random::fnv1a;
use crate::kernel::{Id, SimSpan};
use crate::model::access::{AccessQuery, Failure, Route};
use crate::model::switches::Affinity;
use crate::model::topology::{CasGroup, Protocol, Site};
use crate::model::workload::{Location, Population};

/// What forgets a connection on which nothing is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cut {
    /// After this long.
    pub(super) after: SimSpan,
    /// Without a word: the client waits on.
    pub(super) silent: bool,
}

impl<R: Fn(usize, &AccessQuery<'_>) -> Route> Compiler<'_, '_, R> {
    /// Notes in `cohort` what stands before `entry` and beyond it.
    pub(super) fn edge(
        &mut self,
        case: &Case,
        population: &Population,
        (entry, way, servers): (Id<CasGroup>, &Way, Servers),
        service: &Service,
        cohort: &mut Cohort,
    ) {
        let topology = self.topology();
        let cas = &topology.cas[entry.index()];
        let web = matches!(case.protocol, Protocol::Owa | Protocol::Eas | Protocol::MapiHttp);
        match cas.switches.publishing.affinity {
            Some(Affinity::None) if web && cas.servers > 1 => {
                cohort.scattered = true;
                if case.protocol == Protocol::Owa && cas.generation.major() <= 2010 {
                    let logon = self.logon(case, entry);
                    let legs = Writer::new(&case.palette).unknown_session(&logon, way, servers);
                    cohort.lost = Some(self.network.add_program(legs));
                }
            }
            Some(Affinity::SourceAddress) => {
                let (who, count) = behind(cas, population, 0, case.location, &topology.regions);
                let name = match who {
                    Behind::Publisher => Some(cas.name.as_str()),
                    Behind::Region(region) => topology.regions.get(region).map(|r| r.name.as_str()),
                    Behind::Population(_) => Some(population.stream.as_str()),
                    Behind::Mailboxes(_) | Behind::Users(_) => None,
                };
                cohort.address = name.map(|name| (fnv1a(name), count));
            }
            _ => {}
        }
        if case.protocol == Protocol::Eas {
            cohort.cut =
                self.cut(case, entry, service).filter(|cut| cut.after < population.settings.eas_heartbeat);
        }
    }

    /// What is the first to forget an idle connection of `case`.
    fn cut(&self, case: &Case, entry: Id<CasGroup>, service: &Service) -> Option<Cut> {
        let topology = self.topology();
        let here = self.site_of(entry);
        let home = topology.mailbox[case.mailbox.index()].site;
        let plain = topology.cas[entry.index()].switches.publishing.idle_timeout;
        let from = match case.location {
            Location::Site(site) => Some(site),
            Location::Internet(_) => None,
        };
        let hop = matches!(service, Service::Proxy(_, trunk) if trunk.hops() > 0);
        let stands = |rule: &crate::model::switches::FirewallRule, from: Option<Id<Site>>, to: Id<Site>| {
            rule.to.is_none_or(|site| site == to) && rule.from.is_none_or(|site| Some(site) == from)
        };
        let silent = topology
            .switches
            .firewall
            .iter()
            .filter(|rule| {
                from != Some(here) && stands(rule, from, here) || hop && stands(rule, Some(here), home)
            })
            .filter_map(|rule| rule.idle_timeout)
            .min();
        let plain = plain.map(|after| Cut { after, silent: false });
        let silent = silent.map(|after| Cut { after, silent: true });
        // Of two at once the one that is seen.
        plain.into_iter().chain(silent).min_by_key(|cut| (cut.after, cut.silent))
    }
}

/// Why a request fails that was held when its connection was forgotten.
pub(super) const FORGOTTEN: Failure = Failure::IdleTimeout;
