//! Databases that may be mounted elsewhere, and the groups whose majority decides whether
//! they may be mounted at all. Data alone. Next: [`super::roster`], which holds them.

use super::programs::Programs;
use crate::itinerary::LinkDirection;
use crate::kernel::{Id, SimSpan};
use crate::model::topology::Dag;
use crate::results::NONE;

/// The databases of a Mailbox group, for clients of one population.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    /// Place of the first in [`Roster::databases`](super::roster::Roster::databases), or [`NONE`]
    /// where they have no copies.
    pub(super) first: u32,
    /// First station of the group.
    pub(super) home: u32,
    /// Databases of each of its servers, at least 1.
    pub(super) each: u32,
    /// Mailbox servers between which the population's mailboxes take turns, at least 1.
    pub(super) servers: u32,
}

impl Stored {
    /// Place of the database of a mailbox by its number and its server at home; `None` without
    /// copies. Mailboxes take turns over servers, then over the databases of theirs.
    #[inline]
    pub(super) fn database(&self, mailbox: u32, server: u32) -> Option<usize> {
        let own = mailbox / self.servers % self.each;
        (self.first != NONE).then(|| (self.first + (server - self.home) * self.each + own) as usize)
    }
}

/// What passive copies cost on the servers of a group that holds some.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    /// First station of the group, and number of stations.
    pub(super) first: u32,
    pub(super) count: u32,
    /// How many further copies of a database stand there in the mean.
    pub(super) weight: f64,
    /// By step of the client that uses the active copy.
    pub(super) programs: Programs,
}

/// A server that holds a database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Holder {
    /// Station.
    pub(super) station: u32,
    /// Which of the places of [`Alternatives`](super::roster::Alternatives) it stands in.
    pub(super) place: u32,
    /// The same once a person has switched over: in 2010 the array's name leads there then.
    pub(super) moved_place: u32,
    /// From the loss of the one before until it is mounted here.
    pub(super) activation: SimSpan,
    /// That is a person's work.
    pub(super) by_hand: bool,
}

/// A database that may be mounted elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Database {
    /// Who holds it, in order of preference; the first is its home.
    pub(super) holders: Box<[Holder]>,
    /// From the return of its home to the mount there.
    pub(super) fail_back: SimSpan,
    /// How long clients keep the address of the array's name.
    pub(super) array_ttl: SimSpan,
}

impl Database {
    /// The station at home.
    pub(super) fn home(&self) -> u32 {
        self.holders[0].station
    }
}

/// A database availability group, where anything may part or strike it.
#[derive(Clone, Debug)]
pub(super) struct QuorumPlan {
    /// Who votes, and how many are a majority.
    pub(super) dag: Dag,
    /// By member: its station, and the site in which it is.
    pub(super) members: Vec<(u32, usize)>,
    /// Site of the witness, and its stations; none are those of a file server of the site.
    pub(super) witness: (usize, Vec<u32>),
}

/// What joins sites: their numbers, and both directions of the link between them.
pub(super) type SiteJoint = ([usize; 2], [Id<LinkDirection>; 2]);
