//! Itineraries: the legs that one exchange has to travel.
//!
//! A [`Network`] is what the engine executes: stations in groups, link
//! directions, connection pools, and programs of [`Leg`]s. It would describe any
//! queueing network; nothing in it is Exchange's. [`crate::clients`] compiles the
//! decisions of [`super::access`] into it, [`crate::sim`] walks it.

use crate::kernel::Id;
use crate::kernel::distribution::Sampler;
use crate::kernel::random::Role;

/// FCFS service in order of arrival by `cores` identical cores, with a finite or
/// infinite queue. One server of a group is one station.
#[derive(Clone, PartialEq, Debug)]
pub struct Station {
    /// Cores, at least 1.
    pub cores: u32,
    /// Places to wait, those in service not counted; `u32::MAX` is unlimited.
    pub queue_limit: u32,
    /// The group that it belongs to.
    pub group: Id<StationGroup>,
    /// Keep the distribution of waiting and sojourn times (for custom models and theory tests).
    pub keep_visits: bool,
}

/// Servers among which a balancing policy chooses.
#[derive(Clone, PartialEq, Debug)]
pub struct StationGroup {
    /// Name in tables.
    pub name: String,
    /// First station of the group.
    pub first: u32,
    /// Number of stations.
    pub count: u32,
    /// How a new binding is placed.
    pub balancing: super::topology::Balancing,
    /// Pool counted for each bound request or session, if there is one a server;
    /// pools of a group follow each other as its stations do.
    pub first_pool: Option<u32>,
}

/// One direction of a link: egalitarian processor sharing with a rate cap a flow.
#[derive(Clone, PartialEq, Debug)]
pub struct LinkDirection {
    /// Name in tables: `Amsterdam>Boston`.
    pub name: String,
    /// Capacity for this traffic, bit/s.
    pub bandwidth: f64,
}

/// A counted resource: connections of a server, ports, held requests.
#[derive(Clone, PartialEq, Debug)]
pub struct Pool {
    /// Name in tables.
    pub name: String,
    /// Units, `u32::MAX` is unlimited. A full pool refuses.
    pub limit: u32,
}

/// What happens to a request that asks for a unit of a pool that is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenFull {
    /// It ends, refused with the family's reason.
    Refuse,
    /// It waits for a unit, first come, first served.
    Wait,
}

/// What a family of pools counts apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// Each server of the group.
    Server,
    /// Each pair of a server of the group and a server of this one.
    Pair(Id<StationGroup>),
    /// Each server of the group and each of so many keys: users, addresses.
    Key(u32),
}

/// One limit that stands many times: a pool for each of what it counts apart.
#[derive(Clone, PartialEq, Debug)]
pub struct PoolFamily {
    /// Kind of limit; families of one kind and group are one entry of a report.
    pub kind: &'static str,
    /// Servers at which it stands.
    pub group: Id<StationGroup>,
    /// What it counts apart.
    pub counted: Counted,
    /// Units of each pool, `u32::MAX` is unlimited.
    pub limit: u32,
    /// What happens when it is full.
    pub when_full: WhenFull,
    /// The caller's reason for a refusal.
    pub reason: u8,
}

/// Where a leg takes place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// A server of `group`, bound to the request's `slot` when first reached and
    /// kept for the way back.
    Slot {
        /// Slot of the request, 0 to [`SLOTS`] - 1.
        slot: u8,
        /// Group to choose from while the slot is unbound.
        group: Id<StationGroup>,
    },
    /// A server of `group`, chosen anew at every visit; no slot is used, so that a
    /// route may have more stations than a request has slots.
    Any {
        /// Group to choose from.
        group: Id<StationGroup>,
    },
}

/// Slots of a request: entry, target, mailbox, one spare, and two for parts of
/// servers that fail on their own.
pub const SLOTS: usize = 6;

/// Units of families' pools that a request may hold at once.
pub const HOLDS: usize = 4;

/// Parts into which a latency is divided.
pub const PARTS: usize = 14;

/// The parts of a latency, by which each leg's time is booked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[repr(u8)]
pub enum Part {
    /// Round trips and serialisation between client and entry server, site links apart.
    ClientNetwork,
    /// Name resolution.
    Dns,
    /// TCP, TLS and authentication round trips.
    Handshake,
    /// Waiting for a core at the Client Access server that the client reached (or a custom station).
    EntryQueue,
    /// Service there.
    EntryService,
    /// Waiting for a core, or for a connection to it, at the Client Access server that the entry forwards to.
    TargetQueue,
    /// Service there, LAN round trips on the way included.
    TargetService,
    /// Waiting for a core at a Mailbox server.
    MailboxQueue,
    /// Service at a Mailbox server, store latency and LAN round trips included.
    MailboxService,
    /// Transfer over site links and Internet pipes.
    WanTransfer,
    /// Propagation over site links.
    WanPropagation,
    /// Failed attempts and waits before trying again.
    Retry,
    /// Following a redirect: link page, second logon, human time.
    Redirect,
    /// Anything a custom model does.
    Other,
}

impl Part {
    /// Every part with its token.
    pub const ALL: [(Self, &'static str); PARTS] = [
        (Self::ClientNetwork, "client_network"),
        (Self::Dns, "dns"),
        (Self::Handshake, "handshake"),
        (Self::EntryQueue, "entry_queue"),
        (Self::EntryService, "entry_service"),
        (Self::TargetQueue, "target_queue"),
        (Self::TargetService, "target_service"),
        (Self::MailboxQueue, "mailbox_queue"),
        (Self::MailboxService, "mailbox_service"),
        (Self::WanTransfer, "wan_transfer"),
        (Self::WanPropagation, "wan_propagation"),
        (Self::Retry, "retry"),
        (Self::Redirect, "redirect"),
        (Self::Other, "other"),
    ];
}

impl Part {
    /// The part that service is booked as when waiting is booked as this one.
    #[must_use]
    pub fn service(self) -> Self {
        match self {
            Self::EntryQueue => Self::EntryService,
            Self::TargetQueue => Self::TargetService,
            Self::MailboxQueue => Self::MailboxService,
            other => other,
        }
    }
}

/// Numbers that a request brings along (a client's round trip, the length of a
/// hold), so that one program serves every client.
pub const PARAMS: usize = 3;

/// How much: nanoseconds of delay or service, or bits of a transfer.
#[derive(Clone, PartialEq, Debug)]
pub enum Amount {
    /// Always so much (already rounded).
    Fixed(u64),
    /// Drawn at the leg: `sampler` under the request's key, this role and the
    /// request's visit count. Legs that share a role draw the same variate.
    Drawn {
        /// Law.
        sampler: Sampler,
        /// What the draw is for.
        role: Role,
        /// Multiplies the draw.
        scale: f64,
    },
    /// `factor` times parameter `index` of the request.
    Param {
        /// Which parameter, 0 to [`PARAMS`] - 1.
        index: u8,
        /// Factor.
        factor: f64,
    },
    /// A drawn number divided by parameter `index` (bits over a last mile in bit/ns).
    DrawnOverParam {
        /// Law.
        sampler: Sampler,
        /// What the draw is for.
        role: Role,
        /// Multiplies the draw.
        scale: f64,
        /// Which parameter.
        index: u8,
    },
    /// TCP slow start: parameter `index` (a round trip) plus `fixed_ns`, times
    /// `ceil(log2(bits / initial_window_bits + 1)) - 1` rounds of a drawn volume.
    SlowStart {
        /// Law of the volume in bits.
        sampler: Sampler,
        /// What the draw is for.
        role: Role,
        /// Multiplies the draw.
        scale: f64,
        /// Initial congestion window, bits.
        initial_window_bits: f64,
        /// Which parameter is the client's round trip, if one is on the path.
        index: Option<u8>,
        /// Round trip of the rest of the path, ns.
        fixed_ns: u64,
    },
}

/// One leg.
#[derive(Clone, PartialEq, Debug)]
pub enum Leg {
    /// Time passes.
    Delay {
        /// Nanoseconds.
        amount: Amount,
        /// Booked as.
        part: Part,
    },
    /// A core of a server is used.
    Serve {
        /// Which server.
        place: Place,
        /// Nanoseconds of one core.
        amount: Amount,
        /// Waiting is booked as this part, service as its [`Part::service`].
        queue_part: Part,
    },
    /// Bits cross a link direction.
    Transfer {
        /// Which direction.
        link: Id<LinkDirection>,
        /// Bits.
        amount: Amount,
        /// Rate cap of this flow, bit/s; infinite for none.
        cap: f64,
        /// Booked as.
        part: Part,
    },
    /// Takes one unit of the pool of a slot's server; refused when full. The
    /// request holds it until [`Leg::Release`] or its end.
    Acquire {
        /// Which server's pool.
        place: Place,
    },
    /// Gives the unit back.
    Release {
        /// Which server's pool.
        place: Place,
    },
    /// Takes one unit of a family's pool at a server, or at a pair of servers;
    /// refused or kept waiting when full. The request holds it until
    /// [`Leg::Give`] or its end, and at most [`HOLDS`] at once.
    Take {
        /// Which limit.
        family: Id<PoolFamily>,
        /// The server.
        place: Place,
        /// The server at the far end, where pairs are counted.
        to: Option<Place>,
        /// Waiting is booked as this part.
        part: Part,
    },
    /// Gives it back.
    Give {
        /// Which limit.
        family: Id<PoolFamily>,
        /// The server.
        place: Place,
        /// The server at the far end, where pairs are counted.
        to: Option<Place>,
    },
    /// Draws a uniform number and goes on at a leg by cumulative probability.
    Branch {
        /// What the draw is for.
        role: Role,
        /// Cumulative probability and the leg, relative to the program's first,
        /// to go on at; the last probability is 1.
        targets: Vec<(f64, u32)>,
    },
    /// Goes on at a leg, relative to the program's first; a jump backwards adds
    /// one to the request's visit count.
    Jump {
        /// Where.
        to: u32,
    },
    /// A mark: the request's record keeps the instant (first byte, page shown).
    Mark,
    /// The end of the program: the request is complete.
    End,
    /// The end of the program by refusal, with a reason code of the caller.
    Fail {
        /// The caller's reason.
        reason: u8,
    },
    /// The end of the program as a full pool ends it, with a reason code of the
    /// caller: for a limit that the caller counts itself.
    Refuse {
        /// The caller's reason.
        reason: u8,
    },
}

/// A compiled itinerary: legs `first ..` of [`Network::legs`], ended by
/// [`Leg::End`], [`Leg::Fail`] or [`Leg::Refuse`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Program(pub u32);

/// All that the engine executes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Network {
    /// Stations.
    pub stations: Vec<Station>,
    /// Groups of stations.
    pub groups: Vec<StationGroup>,
    /// Link directions.
    pub links: Vec<LinkDirection>,
    /// Pools of the stations, one each.
    pub pools: Vec<Pool>,
    /// Limits that stand at many pools.
    pub families: Vec<PoolFamily>,
    /// Legs of all programs, one after another.
    pub legs: Vec<Leg>,
}

impl Network {
    /// Adds a group of `count` stations with a pool each.
    pub fn add_group(
        &mut self,
        name: &str,
        count: u32,
        cores: u32,
        queue_limit: Option<u32>,
        connection_limit: Option<u32>,
        balancing: super::topology::Balancing,
    ) -> Id<StationGroup> {
        let group = Id::new(self.groups.len());
        let first = u32::try_from(self.stations.len()).expect("fewer than 2^32 stations");
        let first_pool = u32::try_from(self.pools.len()).expect("fewer than 2^32 pools");
        for _ in 0..count {
            self.stations.push(Station {
                cores,
                queue_limit: queue_limit.unwrap_or(u32::MAX),
                group,
                keep_visits: false,
            });
            self.pools.push(Pool { name: name.to_owned(), limit: connection_limit.unwrap_or(u32::MAX) });
        }
        self.groups.push(StationGroup {
            name: name.to_owned(),
            first,
            count,
            balancing,
            first_pool: Some(first_pool),
        });
        group
    }

    /// Adds one direction of a link.
    pub fn add_link(&mut self, name: &str, bandwidth: f64) -> Id<LinkDirection> {
        self.links.push(LinkDirection { name: name.to_owned(), bandwidth });
        Id::new(self.links.len() - 1)
    }

    /// Adds a limit that stands at many pools.
    pub fn add_family(&mut self, family: PoolFamily) -> Id<PoolFamily> {
        self.families.push(family);
        Id::new(self.families.len() - 1)
    }

    /// Adds a program.
    ///
    /// # Panics
    /// When `legs` does not end in [`Leg::End`], [`Leg::Fail`] or [`Leg::Refuse`], or
    /// holds units of a pool at a place that is not a slot.
    pub fn add_program(&mut self, legs: Vec<Leg>) -> Program {
        assert!(
            matches!(
                legs.last(),
                Some(
                    Leg::End | Leg::Fail { .. } | Leg::Refuse { .. } | Leg::Jump { .. } | Leg::Branch { .. }
                )
            ),
            "a program ends in a leg that ends or leaves it"
        );
        assert!(
            legs.iter().all(|leg| !matches!(
                leg,
                Leg::Acquire { place: Place::Any { .. } }
                    | Leg::Release { place: Place::Any { .. } }
                    | Leg::Take { place: Place::Any { .. }, .. }
                    | Leg::Give { place: Place::Any { .. }, .. }
            )),
            "units are held by slot"
        );
        let first = u32::try_from(self.legs.len()).expect("fewer than 2^32 legs");
        self.legs.extend(legs);
        Program(first)
    }
}
