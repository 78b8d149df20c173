//! The edge of a site: balancers, publishers and firewalls on a client's way.
//!
//! * **Affinity.** A session stays at its server, as with a cookie, unless the balancer
//!   in front has `none`: then every web request goes to a server of its own, and a
//!   2007 or 2010 server that does not know an OWA session answers HTTP 440. The user
//!   sees a failed request and logs on again; the pages of one logon, and requests in
//!   the background, are taken to stay at one server. With affinity by source address
//!   everybody behind one address (translation, or a publisher that hides addresses)
//!   reaches one server.
//! * **Idle time-outs.** A balancer, publisher or mail server closes an idle connection
//!   in plain sight, and a device whose request it held asks again at once. A firewall
//!   forgets it silently: the device hears nothing until its heartbeat is over, and mail
//!   that comes in the meantime is late. Either is a failed request with a reason of its
//!   own; what other clients do stands in [`crate::clients::play::idle`].
//!
//! Must not know the state machines. Next: [`crate::clients::compile::limits`].

use crate::clients::compile::limits::{Behind, behind};
use crate::clients::compile::placement::Way;
use crate::clients::compile::program::{Servers, Service, Writer};
use crate::clients::compile::{Case, Cohort, Compiler};
use crate::kernel::random::fnv1a;
use crate::kernel::{Id, SimSpan};
use crate::model::access::{AccessQuery, Failure, Route};
use crate::model::switches::Affinity;
use crate::model::topology::FirewallRule;
use crate::model::topology::{CasGroup, Protocol, Site};
use crate::model::workload::{ClientSettings, Location, Population};

/// What forgets a connection on which nothing is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::clients) struct Cut {
    /// After this long.
    pub(in crate::clients) after: SimSpan,
    /// Without a word: the client waits on.
    pub(in crate::clients) silent: bool,
}

impl<R: Fn(usize, &AccessQuery<'_>) -> Route> Compiler<'_, '_, R> {
    /// Notes in `cohort` what stands before `entry` and beyond it.
    pub(in crate::clients) fn edge(
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
        let forgetful = match service {
            Service::Proxy(_, trunk) | Service::Direct(trunk) if trunk.hops() > 0 => {
                let home = topology.mailbox[case.mailbox.index()].site;
                vec![self.firewall(case, self.site_of(entry)), self.between(Some(self.site_of(entry)), home)]
            }
            _ => vec![self.firewall(case, self.site_of(entry))],
        };
        let silent = forgetful.into_iter().flatten().min();
        let server = cas.switches.limits.mail_idle.filter(|_| case.protocol == Protocol::Imap);
        let heard = cas.switches.publishing.idle_timeout.into_iter().chain(server).min();
        cohort.cut = first_cut(case.protocol, &population.settings, heard, silent);
    }

    /// As [`Self::edge`] for Outlook that reaches its Mailbox server itself.
    pub(in crate::clients) fn edge_inside(
        &mut self,
        case: &Case,
        home: Id<Site>,
        way: &Way,
        cohort: &mut Cohort,
    ) {
        cohort.cut = first_cut(case.protocol, &case.settings, None, self.firewall(case, home));
        if let Some(cut) = cohort.cut {
            let silence = if cut.silent { case.settings.connect_timeout.0 } else { 0 };
            let connect = self.specs(case, None)[0];
            let writer = Writer::new(&case.palette).after_silence(silence);
            let (servers, store) = (case.store().servers, case.store());
            let legs = writer.served(&connect, way, servers, &Service::Inside, store);
            cohort.fill_reopening(self.network.add_program(legs));
        }
    }

    /// The program by which a client of `cohort` opens its connection again that an idle
    /// time-out has ended.
    pub(in crate::clients) fn reopening(
        &mut self,
        case: &Case,
        entry: Id<CasGroup>,
        (way, servers): (&Way, Servers),
        service: &Service,
        cohort: &mut Cohort,
    ) {
        let Some(cut) = cohort.cut.filter(|_| case.protocol != Protocol::Eas) else { return };
        let silence = if cut.silent { case.settings.connect_timeout.0 } else { 0 };
        let writer = Writer::new(&case.palette).after_silence(silence);
        let legs = match case.protocol {
            Protocol::Owa | Protocol::MapiHttp => {
                let knock = self.terms(case, Some(entry)).reopening();
                writer.reopened(knock, way, servers)
            }
            _ => writer.served(&self.logon(case, entry), way, servers, service, case.store()),
        };
        cohort.fill_reopening(self.network.add_program(legs));
    }

    /// When a firewall between the client and `site` forgets an idle connection.
    fn firewall(&self, case: &Case, site: Id<Site>) -> Option<SimSpan> {
        match case.location {
            Location::Site(from) if from == site => None,
            Location::Site(from) => self.between(Some(from), site),
            Location::Internet(_) => self.between(None, site),
        }
    }

    fn between(&self, from: Option<Id<Site>>, to: Id<Site>) -> Option<SimSpan> {
        let stands = |rule: &&FirewallRule| {
            rule.to.is_none_or(|site| site == to) && rule.from.is_none_or(|site| Some(site) == from)
        };
        self.topology().switches.firewall.iter().filter(stands).filter_map(|rule| rule.idle_timeout).min()
    }
}

/// What is the first to forget a connection of `protocol` of which one end closes it in
/// plain sight after `heard` and a firewall forgets it after `silent`; nothing where
/// clients send more often than that.
fn first_cut(
    protocol: Protocol,
    settings: &ClientSettings,
    heard: Option<SimSpan>,
    silent: Option<SimSpan>,
) -> Option<Cut> {
    let longest = match protocol {
        Protocol::Eas => settings.eas_heartbeat,
        Protocol::OutlookAnywhere | Protocol::OutlookCached | Protocol::OutlookOnline => {
            settings.outlook_keep_alive
        }
        Protocol::Imap => settings.imap_idle,
        // No poll: idle from one action to the next.
        Protocol::Owa if settings.owa_poll == SimSpan::ZERO => SimSpan(u64::MAX),
        Protocol::Owa => settings.owa_poll,
        // Its requests are answered on other connections than the long poll.
        Protocol::MapiHttp => SimSpan(u64::MAX),
        // A connection a request, or a poll.
        Protocol::Pop | Protocol::Ews | Protocol::Autodiscover | Protocol::Oab => return None,
    };
    let heard = heard.map(|after| Cut { after, silent: false });
    let silent = silent.map(|after| Cut { after, silent: true });
    // Of two at once the one that is seen.
    let first = heard.into_iter().chain(silent).min_by_key(|cut| (cut.after, cut.silent));
    first.filter(|cut| cut.after < longest)
}

/// Why a request fails that was held when its connection was forgotten.
pub(in crate::clients) const FORGOTTEN: Failure = Failure::IdleTimeout;
