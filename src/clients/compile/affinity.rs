//! What stands before the servers: the affinity of balancers, and who forgets an idle
//! connection.
//!
//! * **Affinity.** A session stays at its server, as with a cookie, unless the balancer
//!   in front has `none`: then every web request goes to a server of its own, and a
//!   2007 or 2010 server that does not know an OWA session answers HTTP 440. The user
//!   sees a failed request and logs on again; so does a 2013 or later one that holds
//!   another certificate and cannot read the logon cookie. The pages of one logon, and
//!   requests in the background, are taken to stay at one server. With affinity by source address
//!   everybody behind one address (translation, or a publisher that hides addresses)
//!   reaches one server. The other balancer of a pair may not know at which server a session
//!   is: then it is placed anew (`play::take_over`).
//! * **Idle time-outs.** A balancer, publisher or mail server closes an idle connection
//!   in plain sight, and a device whose request it held asks again at once. A firewall
//!   forgets it silently: the device hears nothing until its heartbeat is over, and mail
//!   that comes in the meantime is late. Either is a failed request with a reason of its
//!   own; what other clients do stands in [`crate::clients::play::idle`].
//!
//! Must not know the state machines. Next: [`super::limits`].

use super::inputs::{Combination, Inputs};
use super::registry::{Behind, behind};
use super::service::Service;
use crate::clients::roster::{Cohort, IdleTimeout};
use crate::clients::steps::{Machine, Silence};
use crate::kernel::random::fnv1a;
use crate::kernel::{Id, SimSpan};
use crate::model::access::Failure;
use crate::model::switches::{Affinity, Certificate};
use crate::model::topology::{Address, CasGroup, FirewallRule, Namespace, Site, Topology};
use crate::model::workload::{ClientSettings, Location, Population};

/// What the balancer before `entry` does to sessions of `cohort`, noted there. Whether a
/// server may be met that does not know the session.
pub(super) fn affinity(
    inputs: &Inputs<'_>,
    combination: &Combination,
    population: &Population,
    entry: Id<CasGroup>,
    cohort: &mut Cohort,
) -> bool {
    let topology = inputs.topology();
    let cas = &topology.cas[entry.index()];
    match cas.switches.publishing.affinity {
        // Who dials a server has no balancer before it.
        Some(Affinity::None)
            if combination.facts.scatters
                && cas.servers > 1
                && !dialled(topology, combination.name, entry) =>
        {
            cohort.scattered = true;
            combination.facts.machine == Machine::Owa && cas.generation.major() <= 2010
        }
        Some(Affinity::SourceAddress) => {
            let (who, count) = behind(cas, population, 0, combination.location, &topology.regions);
            let name = match who {
                Behind::Publisher => Some(cas.name.as_str()),
                Behind::Region(region) => topology.regions.get(region).map(|r| r.name.as_str()),
                Behind::Population(_) => Some(population.stream.as_str()),
                Behind::Mailboxes(_) | Behind::Users(_) => None,
            };
            cohort.address = name.map(|name| (fnv1a(name), count));
            false
        }
        _ => false,
    }
}

/// How a request fails at a server of `entry` to which it is led once the other balancer of a pair has
/// taken over and does not know at which server the session is; `None`: any server goes on with it.
pub(super) fn lost_with_the_balancer(
    inputs: &Inputs<'_>,
    combination: &Combination,
    entry: Id<CasGroup>,
) -> Option<Failure> {
    let topology = inputs.topology();
    let cas = &topology.cas[entry.index()];
    let publishing = &cas.switches.publishing;
    let balancer = topology.sites[cas.site.index()].balancer;
    let forgets = balancer.take_over.is_some() && !balancer.keeps_affinity;
    if !forgets
        || combination.facts.machine != Machine::Owa
        || cas.servers < 2
        || publishing.affinity == Some(Affinity::None)
        || dialled(topology, combination.name, entry)
    {
        return None;
    }
    match cas.generation.major() {
        ..2013 => Some(Failure::AffinityLost),
        _ if publishing.certificate == Some(Certificate::Own) => Some(Failure::CookieUnreadable),
        _ => None,
    }
}

/// Whether clients that come by a name dial the servers of a group one by one.
fn dialled(topology: &Topology, name: Id<Namespace>, entry: Id<CasGroup>) -> bool {
    let addresses = &topology.namespaces[name.index()].addresses;
    addresses.iter().any(|address| matches!(address, Address::Server(group, _) if *group == entry))
}

/// What is the first to forget an idle connection of `combination` that enters by `entry`;
/// `shared`: the name of the next hop stands for several servers.
pub(super) fn idle_timeout(
    inputs: &Inputs<'_>,
    combination: &Combination,
    entry: Id<CasGroup>,
    (service, shared): (&Service, bool),
) -> Option<IdleTimeout> {
    let topology = inputs.topology();
    let cas = &topology.cas[entry.index()];
    let here = inputs.site_of(entry);
    let before = firewall(inputs, combination, here);
    let behind = match service {
        Service::Proxy(_, path) | Service::Direct(path) if path.hops() > 0 => {
            between(inputs, Some(here), topology.mailbox[combination.mailbox.index()].site)
        }
        _ => None,
    };
    let carrier = match combination.location {
        Location::Internet(region) => topology.regions[region.index()].idle_timeout,
        Location::Site(_) => None,
    };
    let silent = before.into_iter().chain(behind).chain(carrier).min();
    let server = cas.switches.limits.mail_idle.filter(|_| combination.facts.silence == Silence::Idle);
    // Behind a shared name the hop passes a balancer, too.
    let inner = match service {
        Service::Proxy(Some(target), _) if shared => {
            let group = inputs.placement.cas.iter().position(|group| *group == target.group);
            group.and_then(|at| topology.cas[at].switches.publishing.idle_timeout)
        }
        _ => None,
    };
    let publisher = match combination.location {
        Location::Internet(_) => topology.publisher_before(here).and_then(|publisher| publisher.idle_timeout),
        Location::Site(_) => None,
    };
    let balancer = cas.switches.publishing.idle_timeout;
    let heard = balancer.into_iter().chain(publisher).chain(server).chain(inner).min();
    first_to_forget(combination.facts.silence, &combination.settings, heard, silent)
}

/// As [`idle_timeout`] for Outlook that reaches its Mailbox server in `home` itself.
pub(super) fn idle_timeout_inside(
    inputs: &Inputs<'_>,
    combination: &Combination,
    home: Id<Site>,
) -> Option<IdleTimeout> {
    let silent = firewall(inputs, combination, home);
    first_to_forget(combination.facts.silence, &combination.settings, None, silent)
}

/// When a firewall between the client and `site` forgets an idle connection.
fn firewall(inputs: &Inputs<'_>, combination: &Combination, site: Id<Site>) -> Option<SimSpan> {
    match combination.location {
        Location::Site(from) if from == site => None,
        Location::Site(from) => between(inputs, Some(from), site),
        Location::Internet(_) => between(inputs, None, site),
    }
}

fn between(inputs: &Inputs<'_>, from: Option<Id<Site>>, to: Id<Site>) -> Option<SimSpan> {
    let stands = |rule: &&FirewallRule| {
        rule.to.is_none_or(|site| site == to) && rule.from.is_none_or(|site| Some(site) == from)
    };
    inputs.topology().switches.firewall.iter().filter(stands).filter_map(|rule| rule.idle_timeout).min()
}

/// What is the first to forget a connection that is silent for `silence`, of which one
/// end closes it in plain sight after `heard` and a firewall forgets it after `silent`;
/// nothing where clients send more often than that.
fn first_to_forget(
    silence: Silence,
    settings: &ClientSettings,
    heard: Option<SimSpan>,
    silent: Option<SimSpan>,
) -> Option<IdleTimeout> {
    let longest = match silence {
        Silence::Heartbeat => settings.eas_heartbeat.longest(),
        Silence::KeepAlive => settings.outlook_keep_alive,
        Silence::Idle => settings.imap_idle,
        Silence::Poll => settings.owa_poll,
        Silence::Unbounded => SimSpan(u64::MAX),
        Silence::NoConnection => return None,
    };
    let heard = heard.map(|after| IdleTimeout { after, silent: false });
    let silent = silent.map(|after| IdleTimeout { after, silent: true });
    // Of two at once the one that is seen.
    let first = heard.into_iter().chain(silent).min_by_key(|timeout| (timeout.after, timeout.silent));
    first.filter(|timeout| timeout.after < longest)
}
