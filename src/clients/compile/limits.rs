//! Limits of Client Access servers: which of them a cohort meets, and who counts.
//!
//! What a *session* holds (connections of Outlook, POP3 and IMAP4, the ports behind
//! them) is taken by the driver when the session turns to its server and given back
//! when it ends; each such limit is a [`Door`] of the cohort, with the program of a
//! client that finds it shut. What a *request* holds ([`Gates`]) is taken and given
//! back by legs of its program. Either way the engine keeps the counters
//! ([`PoolFamily`]).
//!
//! A connection counts from the moment at which its client turns to the server.
//! Outlook gets all of its connections or none; an IMAP4 client opens one after
//! another and works over those that are accepted.

use std::collections::BTreeMap;

use crate::clients::compile::placement::Way;
use crate::clients::compile::program::{ENTRY, MAILBOX, Service, Writer};
use crate::clients::compile::{Case, Compiler};
use crate::clients::play::driver::Clients;
use crate::itinerary::{Counted, PoolFamily, Program, StationGroup, WhenFull};
use crate::kernel::Id;
use crate::model::access::{AccessQuery, Failure, Route};
use crate::model::topology::{CasGroup, Protocol, Region};
use crate::model::workload::{Location, Population};
use crate::results::{SessionSink, limits as kinds};
use crate::sim::Engine;

/// RPC/HTTP connections of one RPC association: one in, one out.
const CONNECTIONS_AN_ASSOCIATION: u32 = 2;

/// By what a door tells clients apart.
#[derive(Clone, Copy, Debug)]
enum Whose {
    /// Not at all: the server's own limit.
    Server,
    /// By the Mailbox server behind it.
    Mailbox,
    /// By user or address: the mailbox's number, taken modulo `count`, from `base` on.
    Key { base: u32, count: u32 },
}

/// A limit that a session meets when it begins.
#[derive(Clone, Debug)]
pub struct Door {
    family: Id<PoolFamily>,
    units: u32,
    whose: Whose,
    /// What a client does that finds it shut.
    shut: Program,
}

impl Door {
    /// The limit, and how many units of it a session holds.
    pub(in crate::clients) fn counts(&self) -> (Id<PoolFamily>, u32) {
        (self.family, self.units)
    }
}

/// Limits that a request meets on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::clients) struct Gates {
    /// RPC requests in work at the entry.
    pub(in crate::clients) rpc: Option<Id<PoolFamily>>,
    /// Web requests in work at the entry.
    pub(in crate::clients) entry: Option<Id<PoolFamily>>,
    /// Web requests in work at the target.
    pub(in crate::clients) target: Option<Id<PoolFamily>>,
    /// Connections from the entry to the target.
    pub(in crate::clients) connection: Option<Id<PoolFamily>>,
    /// Requests outstanding from the entry at its back end.
    pub(in crate::clients) guard: Option<Id<PoolFamily>>,
}

/// Who stands behind an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::clients) enum Behind {
    /// Everybody: a publisher hides their addresses.
    Publisher,
    /// The clients of a region.
    Region(usize),
    /// The clients of a population, at one address or several.
    Population(usize),
    /// A mailbox each.
    Mailboxes(usize),
    /// A user each.
    Users(usize),
}

/// Name of a family: its kind, its group, and what tells others of that kind apart.
type FamilyName = (&'static str, usize, usize);

/// Families of pools and keys given out so far.
#[derive(Debug, Default)]
pub(in crate::clients) struct Limits {
    known: BTreeMap<FamilyName, Id<PoolFamily>>,
    keys: BTreeMap<(usize, Behind), (u32, u32)>,
}

/// Who stands behind the address that the clients of a cohort show to a group of
/// servers, and how many such addresses there are. `index` is the population's.
pub(in crate::clients) fn behind(
    group: &CasGroup,
    population: &Population,
    index: usize,
    location: Location,
    regions: &[Region],
) -> (Behind, u32) {
    if group.switches.publishing.hides_client_addresses {
        return (Behind::Publisher, 1);
    }
    if let (Some(count), true) = (population.addresses, location == population.from) {
        return (Behind::Population(index), count);
    }
    if let Location::Internet(region) = location
        && let Some(count) = regions[region.index()].addresses
    {
        return (Behind::Region(region.index()), count);
    }
    (Behind::Mailboxes(index), crate::clients::compile::active(population).max(1))
}

impl<R: Fn(usize, &AccessQuery<'_>) -> Route> Compiler<'_, '_, R> {
    fn family(
        &mut self,
        kind: &'static str,
        apart: usize,
        group: Id<StationGroup>,
        limit: Option<u32>,
        counted: Counted,
        failure: Failure,
    ) -> Id<PoolFamily> {
        let waits = matches!(failure, Failure::ProxyConnectionLimit | Failure::ConcurrentRequestLimit);
        let network = &mut *self.network;
        *self.limits.known.entry((kind, group.index(), apart)).or_insert_with(|| {
            network.add_family(PoolFamily {
                kind,
                group,
                counted,
                limit: limit.unwrap_or(u32::MAX),
                when_full: if waits { WhenFull::Wait } else { WhenFull::Refuse },
                reason: failure as u8,
            })
        })
    }

    /// Keys of a family for those behind `behind`, `count` of them.
    fn keys(&mut self, family: Id<PoolFamily>, behind: Behind, count: u32) -> Whose {
        let Counted::Key(all) = &mut self.network.families[family.index()].counted else {
            return Whose::Server;
        };
        let (base, count) = *self.limits.keys.entry((family.index(), behind)).or_insert_with(|| {
            let base = *all;
            *all += count;
            (base, count)
        });
        Whose::Key { base, count }
    }

    /// What a session of `case` that enters by `entry` meets.
    pub(in crate::clients) fn doors(
        &mut self,
        case: &Case,
        (index, population): (usize, &Population),
        entry: Id<CasGroup>,
        way: &Way,
    ) -> Vec<Door> {
        let topology = self.topology();
        let cas = &topology.cas[entry.index()];
        let limits = cas.switches.limits;
        let group = self.ground.cas[entry.index()];
        let logon = self.logon(case, entry);
        let mut doors = Vec::new();
        let mut door = |this: &mut Self, family, units, whose, failure| {
            let legs = Writer::new(&case.palette).turned_away(&logon, way, failure);
            let shut = this.network.add_program(legs);
            doors.push(Door { family, units, whose, shut });
        };
        match case.protocol {
            Protocol::OutlookAnywhere => {
                let associations = population.settings.outlook_connections;
                let failure = Failure::OutlookAnywhereLimit;
                let limit = limits.outlook_anywhere_connections;
                let family = self.family(kinds::RPC_HTTP, 0, group, limit, Counted::Server, failure);
                door(self, family, CONNECTIONS_AN_ASSOCIATION * associations, Whose::Server, failure);
                if let (Some(limit), 2007) = (limits.ephemeral_ports, cas.generation.major()) {
                    let mailbox = case.store().servers.group;
                    let failure = Failure::PortsExhausted;
                    let pairs = Counted::Pair(mailbox);
                    let family =
                        self.family(kinds::PORTS, mailbox.index(), group, Some(limit), pairs, failure);
                    door(self, family, associations, Whose::Mailbox, failure);
                }
            }
            Protocol::Pop | Protocol::Imap => {
                let imap = case.protocol == Protocol::Imap;
                let units = if imap { population.settings.imap_connections } else { 1 };
                let kind = if imap { kinds::IMAP } else { kinds::POP };
                let failure = Failure::MailConnectionLimit;
                let limit = limits.mail_connections;
                let family = self.family(kind, 0, group, limit, Counted::Server, failure);
                door(self, family, units, Whose::Server, failure);
                let active = crate::clients::compile::active(population).max(1);
                if let Some(limit) = limits.mail_connections_from_single_ip {
                    let failure = Failure::AddressConnectionLimit;
                    let service = usize::from(imap);
                    let keyed = Counted::Key(0);
                    let family = self.family(kinds::ADDRESS, service, group, Some(limit), keyed, failure);
                    let (who, count) = behind(cas, population, index, case.location, &topology.regions);
                    let whose = self.keys(family, who, count);
                    door(self, family, units, whose, failure);
                }
                if let Some(limit) = limits.mail_connections_per_user {
                    let failure = Failure::UserConnectionLimit;
                    let service = usize::from(imap);
                    let keyed = Counted::Key(0);
                    let family = self.family(kinds::USER, service, group, Some(limit), keyed, failure);
                    let whose = self.keys(family, Behind::Users(index), active);
                    door(self, family, units, whose, failure);
                }
            }
            _ => {}
        }
        doors
    }

    /// What a request of `case` meets that enters by `entry` and is served as `service` says.
    pub(in crate::clients) fn gates(&mut self, case: &Case, entry: Id<CasGroup>, service: &Service) -> Gates {
        let topology = self.topology();
        let cas = &topology.cas[entry.index()];
        let limits = cas.switches.limits;
        let group = self.ground.cas[entry.index()];
        let mut gates = Gates::default();
        if case.is_rpc() {
            gates.rpc = limits.rpc_requests.map(|limit| {
                let failure = Failure::RpcRequestLimit;
                self.family(kinds::RPC_REQUESTS, 0, group, Some(limit), Counted::Server, failure)
            });
        }
        if case.is_web() {
            gates.entry = self.in_work(entry);
        }
        let Service::Proxy(target, _) = service else { return gates };
        let far = target.map_or(case.store().servers.group, |target| target.group);
        let pairs = Counted::Pair(far);
        if let (Some(limit), Some(_), true) = (limits.maxconnection, target, case.is_web()) {
            let failure = Failure::ProxyConnectionLimit;
            gates.connection =
                Some(self.family(kinds::PROXY, far.index(), group, Some(limit), pairs, failure));
        }
        if let (Some(limit), true) = (limits.target_backend_guard, cas.generation.major() >= 2013) {
            let apart = far.index() << 8 | case.protocol.index();
            let failure = Failure::BackendGuard;
            gates.guard = Some(self.family(kinds::BACKEND, apart, group, Some(limit), pairs, failure));
        }
        if case.is_web() && target.is_some() {
            let target = self.ground.cas.iter().position(|group| *group == far);
            gates.target = target.and_then(|target| self.in_work(Id::new(target)));
        }
        gates
    }

    fn in_work(&mut self, cas: Id<CasGroup>) -> Option<Id<PoolFamily>> {
        let topology = self.topology();
        let servers = &topology.cas[cas.index()];
        let limit = servers.switches.limits.concurrent_requests_per_cpu?.saturating_mul(servers.cores);
        let group = self.ground.cas[cas.index()];
        let failure = Failure::ConcurrentRequestLimit;
        Some(self.family(kinds::IN_WORK, 0, group, Some(limit), Counted::Server, failure))
    }
}

impl<S: SessionSink> Clients<'_, S> {
    /// Takes what the session needs at its servers, of IMAP4 as much as there is of it;
    /// or nothing and the program of a client that is turned away.
    pub(in crate::clients) fn enter(&mut self, engine: &mut Engine<'_>, c: usize) -> Result<(), Program> {
        let doors = &self.cohort(c).doors;
        if doors.is_empty() || self.lives[c].inside > 0 {
            return Ok(());
        }
        let at = self.held_at(c);
        let imap = self.cohort(c).protocol == Protocol::Imap;
        let most = if imap { doors.first().map_or(1, |door| door.units) } else { 1 };
        let full = |engine: &Engine<'_>, short: u32| {
            doors.iter().find(|door| {
                let (other, units) = (self.other(c, door, at), door.units - short);
                !engine.has_room(door.family, at[0], other, units)
            })
        };
        let accepted = (0..most).find(|&short| full(&*engine, short).is_none());
        // Asked for in vain, so that it is counted: each connection that the client goes
        // without, or the one with which it would begin.
        for short in accepted.map_or(most - 1..most, |short| 0..short) {
            if let Some(door) = full(&*engine, short) {
                engine.hold(door.family, at[0], self.other(c, door, at), door.units - short);
            }
        }
        let Some(short) = accepted else {
            return full(&*engine, most - 1).map_or(Ok(()), |door| Err(door.shut));
        };
        for door in doors {
            engine.hold(door.family, at[0], self.other(c, door, at), door.units - short);
        }
        self.lives[c].inside = 1 + short as u8;
        Ok(())
    }

    /// Gives it back.
    pub(in crate::clients) fn leave(&mut self, engine: &mut Engine<'_>, c: usize) {
        if let Some(short) = self.lives[c].inside.checked_sub(1) {
            let at = self.held_at(c);
            for door in &self.cohort(c).doors {
                engine.free(door.family, at[0], self.other(c, door, at), door.units - u32::from(short));
            }
            self.lives[c].inside = 0;
        }
    }

    /// Entry and Mailbox server of the session.
    fn held_at(&self, c: usize) -> [u32; 2] {
        [ENTRY, MAILBOX].map(|slot| self.lives[c].slots[usize::from(slot)])
    }

    fn other(&self, c: usize, door: &Door, at: [u32; 2]) -> u32 {
        match door.whose {
            Whose::Server => 0,
            Whose::Mailbox => at[1],
            Whose::Key { base, count } => base + self.plan.members[c].mailbox % count,
        }
    }
}
