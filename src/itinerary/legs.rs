//! Legs: what one exchange does, step by step.
//!
//! Must not know the network that holds them ([`super::network`]).

use std::sync::Arc;

use super::parts::Part;
use super::resources::{LinkDirection, PoolFamily, StationGroup};
use super::slow_start::SlowStart;
use crate::kernel::Id;
use crate::kernel::distribution::Sampler;
use crate::kernel::random::Role;

/// Where a leg takes place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LegPlace {
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
        place: LegPlace,
        /// Nanoseconds of one core.
        amount: Amount,
        /// Waiting is booked as this part, service as its [`Part::service`].
        queue_part: Part,
    },
    /// Bits cross link directions, all of them at once, as one flow.
    Transfer {
        /// Which directions, in the order in which they are crossed: at least one, none twice.
        links: Arc<[Id<LinkDirection>]>,
        /// Bits.
        amount: Amount,
        /// Rate of this flow at most, bit/s: the window of a connection over the round trip;
        /// infinite for none.
        cap: f64,
        /// Time in which that binds it is booked as this.
        capped: Part,
        /// How the window of its connection opens, where it does so anew for each of its
        /// volumes: a cap too.
        slow: Option<SlowStart>,
        /// Parameter of the request that is the client's own line, bit/s, where it is on the
        /// path: a cap too. Time in which that binds the flow is booked as
        /// [`Part::ClientNetwork`].
        line: Option<u8>,
        /// Time in which a link binds it, or holds it, is booked as this.
        part: Part,
    },
    /// Takes one unit of the pool of a slot's server; refused when full. The
    /// request holds it until [`Leg::Release`] or its end.
    Acquire {
        /// Which server's pool.
        place: LegPlace,
    },
    /// Gives the unit back.
    Release {
        /// Which server's pool.
        place: LegPlace,
    },
    /// Takes one unit of a family's pool at a server, or at a pair of servers;
    /// refused or kept waiting when full. The request holds it until
    /// [`Leg::Give`] or its end, and at most [`HOLDS`] at once.
    Take {
        /// Which limit.
        family: Id<PoolFamily>,
        /// The server.
        place: LegPlace,
        /// The server at the far end, where pairs are counted.
        to: Option<LegPlace>,
        /// Waiting is booked as this part.
        part: Part,
    },
    /// Gives it back.
    Give {
        /// Which limit.
        family: Id<PoolFamily>,
        /// The server.
        place: LegPlace,
        /// The server at the far end, where pairs are counted.
        to: Option<LegPlace>,
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
    /// Opens a request of its own at the slots of this one, named as this one is, that walks
    /// another program. Nobody waits for it nor hears of its end, whatever becomes of this one.
    Fork {
        /// What it walks.
        program: Program,
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

impl Leg {
    /// Bits over links alone: no client's line is on the path.
    #[must_use]
    pub fn transfer(links: &[Id<LinkDirection>], amount: Amount, cap: f64) -> Self {
        Self::Transfer {
            links: links.into(),
            amount,
            cap,
            capped: Part::WanPropagation,
            slow: None,
            line: None,
            part: Part::WanTransfer,
        }
    }
}

/// Whether a flow may cross these: there is one, and none twice.
pub(super) fn is_path(links: &[Id<LinkDirection>]) -> bool {
    !links.is_empty() && (1..links.len()).all(|place| !links[..place].contains(&links[place]))
}

/// A compiled itinerary: legs `first ..` of [`legs`](super::Network::legs), ended by
/// [`Leg::End`], [`Leg::Fail`] or [`Leg::Refuse`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Program(pub u32);
