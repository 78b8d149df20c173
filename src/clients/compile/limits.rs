//! Limits of Client Access servers: which of them a cohort meets.
//!
//! What a *session* holds (connections of Outlook, POP3 and IMAP4, the ports behind
//! them) is taken when the session turns to its server and given back when it ends;
//! each such limit is a [`SessionLimit`] of the cohort, with the program of a client
//! that finds it reached. What a *request* holds ([`RequestLimits`]) is taken and given
//! back by legs of its program. Either way the engine keeps the counters
//! ([`PoolFamily`]).
//!
//! A connection counts from the moment at which its client turns to the server.
//! Outlook gets all of its connections or none; an IMAP4 client opens one after
//! another and works over those that are accepted. Must not know when a session holds
//! what. Next: [`super::cohort`].

use super::inputs::{Combination, Inputs, Users};
use super::placement::ClientPath;
use super::program::ItineraryWriter;
use super::registry::{Behind, Family, Registry, Translation, behind, translation};
use super::service::{RequestLimits, Service};
use super::shares::active_mailboxes;
use crate::clients::roster::{SessionLimit, Whose};
use crate::clients::steps::{Machine, Transport};
use crate::itinerary::{Counted, Network, PoolFamily};
use crate::kernel::Id;
use crate::model::access::Failure;
use crate::model::topology::CasGroup;
use crate::results::limits as kinds;

/// RPC/HTTP connections of one RPC association: one in, one out.
const CONNECTIONS_AN_ASSOCIATION: u32 = 2;

/// Connections that a browser keeps to one server (RFC 2616 section 8.1.4; later browsers
/// open up to six for a page and let most of them go).
const CONNECTIONS_OF_A_BROWSER: u32 = 2;

/// What a session of `combination` that enters by `entry` meets, in order.
pub(super) fn session_limits(
    inputs: &Inputs<'_>,
    (network, registry): (&mut Network, &mut Registry),
    combination: &Combination,
    users: &Users<'_>,
    (entry, client_path): (Id<CasGroup>, &ClientPath),
) -> Vec<SessionLimit> {
    let Users { index, population, .. } = *users;
    let topology = inputs.topology();
    let cas = &topology.cas[entry.index()];
    let limits = cas.switches.limits;
    let group = inputs.placement.cas[entry.index()];
    let logon = inputs.logon(combination, entry);
    let mut found = Vec::new();
    let mut add = |network: &mut Network, family, units, whose, failure| {
        let legs = ItineraryWriter::new(&combination.costs).turned_away(&logon, client_path, failure);
        let turned_away = network.add_program(legs);
        found.push(SessionLimit { family, units, whose, station: None, turned_away });
    };
    match combination.facts.transport {
        Transport::RpcOverHttp => {
            let associations = population.settings.outlook_connections;
            let failure = Failure::OutlookAnywhereLimit;
            let limit = limits.outlook_anywhere_connections;
            let counted = Counted::Server;
            let family = Family { kind: kinds::RPC_HTTP, apart: 0, group, limit, counted, failure, of: None };
            let family = registry.family(network, family);
            add(network, family, CONNECTIONS_AN_ASSOCIATION * associations, Whose::Server, failure);
            if let (limit @ Some(_), 2007) = (limits.ephemeral_ports, cas.generation.major()) {
                let mailbox = combination.store.servers.group;
                let failure = Failure::PortsExhausted;
                let (apart, counted) = (mailbox.index(), Counted::Pair(mailbox));
                let family = Family { kind: kinds::PORTS, apart, group, limit, counted, failure, of: None };
                let family = registry.family(network, family);
                add(network, family, associations, Whose::Mailbox, failure);
            }
        }
        Transport::Mail => {
            let imap = combination.facts.machine == Machine::Imap;
            let units = if imap { population.settings.imap_connections } else { 1 };
            let kind = if imap { kinds::IMAP } else { kinds::POP };
            let failure = Failure::MailConnectionLimit;
            let limit = limits.mail_connections;
            let of_server =
                Family { kind, apart: 0, group, limit, counted: Counted::Server, failure, of: None };
            let family = registry.family(network, of_server);
            add(network, family, units, Whose::Server, failure);
            // What an address or a user may have, each service counts by itself.
            let of = Some(combination.protocol);
            let apart = Family { apart: usize::from(imap), counted: Counted::Key(0), of, ..of_server };
            if let limit @ Some(_) = limits.mail_connections_from_single_ip {
                let failure = Failure::AddressConnectionLimit;
                let family = Family { kind: kinds::ADDRESS, limit, failure, ..apart };
                let family = registry.family(network, family);
                let (who, count) = behind(cas, population, index, combination.location, &topology.regions);
                let whose = registry.keys(network, family, who, count);
                add(network, family, units, whose, failure);
            }
            if let limit @ Some(_) = limits.mail_connections_per_user {
                let failure = Failure::UserConnectionLimit;
                let family = Family { kind: kinds::USER, limit, failure, ..apart };
                let family = registry.family(network, family);
                let active = active_mailboxes(population).max(1);
                let whose = registry.keys(network, family, Behind::Users(index), active);
                add(network, family, units, whose, failure);
            }
        }
        Transport::Web | Transport::Rpc | Transport::MapiOverHttp => {}
    }
    found.extend(translated(inputs, (network, registry), combination, users));
    found
}

/// The ports of the address that a client shares with others, where it does: nobody answers
/// who asks for one more.
fn translated(
    inputs: &Inputs<'_>,
    (network, registry): (&mut Network, &mut Registry),
    combination: &Combination,
    users: &Users<'_>,
) -> Option<SessionLimit> {
    let Users { index, population, .. } = *users;
    let regions = &inputs.topology().regions;
    let Translation { behind, addresses, ports } =
        translation(population, index, combination.location, regions)?;
    ports?;
    let name = match behind {
        Behind::Region(region) => regions[region].name.as_str(),
        _ => population.name.as_str(),
    };
    let group = registry.translation(network, behind, name);
    let failure = Failure::AddressPorts;
    let family = Family {
        kind: kinds::TRANSLATED,
        apart: 0,
        group,
        limit: ports,
        counted: Counted::Key(0),
        failure,
        of: None,
    };
    let family = registry.family(network, family);
    let whose = registry.keys(network, family, behind, addresses);
    let silence = population.settings.connect_timeout.0;
    let legs = ItineraryWriter::new(&combination.costs).unanswered(silence, failure);
    let turned_away = network.add_program(legs);
    let station = Some(network.groups[group.index()].first);
    Some(SessionLimit { family, units: connections(combination), whose, station, turned_away })
}

/// TCP connections of one client in a session.
fn connections(combination: &Combination) -> u32 {
    let settings = &combination.settings;
    match combination.facts.transport {
        Transport::RpcOverHttp => CONNECTIONS_AN_ASSOCIATION * settings.outlook_connections,
        Transport::Rpc => settings.outlook_connections,
        // Its long poll has one of its own.
        Transport::MapiOverHttp => 2,
        Transport::Mail | Transport::Web => match combination.facts.machine {
            Machine::Imap => settings.imap_connections,
            Machine::Owa => CONNECTIONS_OF_A_BROWSER,
            Machine::Eas | Machine::Outlook | Machine::Pop | Machine::Web(_) => 1,
        },
    }
}

/// What a request of `combination` meets that enters by `entry` and is served as
/// `service` says.
pub(super) fn request_limits(
    inputs: &Inputs<'_>,
    (network, registry): (&mut Network, &mut Registry),
    combination: &Combination,
    entry: Id<CasGroup>,
    service: &Service,
) -> RequestLimits {
    let topology = inputs.topology();
    let cas = &topology.cas[entry.index()];
    let limits = cas.switches.limits;
    let group = inputs.placement.cas[entry.index()];
    let web = combination.facts.transport == Transport::Web;
    let mut met = RequestLimits::default();
    if combination.facts.transport.is_rpc()
        && let limit @ Some(_) = limits.rpc_requests
    {
        let (counted, failure) = (Counted::Server, Failure::RpcRequestLimit);
        let family = Family { kind: kinds::RPC_REQUESTS, apart: 0, group, limit, counted, failure, of: None };
        met.rpc = Some(registry.family(network, family));
    }
    if web {
        met.entry = in_work(inputs, (network, registry), entry);
    }
    let Service::Proxy(target, _) = service else { return met };
    let far = target.map_or(combination.store.servers.group, |target| target.group);
    let counted = Counted::Pair(far);
    if let (limit @ Some(_), Some(_), true) = (limits.maxconnection, target, web) {
        let failure = Failure::ProxyConnectionLimit;
        let family =
            Family { kind: kinds::PROXY, apart: far.index(), group, limit, counted, failure, of: None };
        met.connection = Some(registry.family(network, family));
    }
    if let (limit @ Some(_), true) = (limits.target_backend_guard, cas.generation.major() >= 2013) {
        let apart = far.index() << 8 | combination.protocol.index();
        let failure = Failure::BackendGuard;
        let family = Family {
            kind: kinds::BACKEND,
            apart,
            group,
            limit,
            counted,
            failure,
            of: Some(combination.protocol),
        };
        met.guard = Some(registry.family(network, family));
    }
    if web && target.is_some() {
        let target = inputs.placement.cas.iter().position(|group| *group == far);
        met.target = target.and_then(|target| in_work(inputs, (network, registry), Id::new(target)));
    }
    met
}

/// Web requests in work at a group.
fn in_work(
    inputs: &Inputs<'_>,
    (network, registry): (&mut Network, &mut Registry),
    cas: Id<CasGroup>,
) -> Option<Id<PoolFamily>> {
    let servers = &inputs.topology().cas[cas.index()];
    let limit = servers.switches.limits.concurrent_requests_per_cpu?.saturating_mul(servers.cores);
    let group = inputs.placement.cas[cas.index()];
    let (counted, failure) = (Counted::Server, Failure::ConcurrentRequestLimit);
    let family =
        Family { kind: kinds::IN_WORK, apart: 0, group, limit: Some(limit), counted, failure, of: None };
    Some(registry.family(network, family))
}
