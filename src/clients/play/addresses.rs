//! Clients whose name has several addresses in one answer: each begins at its own, and goes
//! on by itself from one that is dead to the next.
//!
//! Nobody takes a dead address out of the answer. Browsers, devices and Outlook over HTTP
//! wait for the time-out of a connection (`connect_timeout`) at each dead address that they
//! pass, every time that they connect anew. Outlook over MAPI/RPC stays where it began, or
//! goes on after 15 to 30 s (CONTESTED `rpc_next_address`). Where all are dead a client tries
//! its own. What balancers have found out concerns none of them. Must not know what a client
//! asks for. Next: [`super::driver`].

use super::clientele::{Clientele, uniform};
use super::outages::Outages;
use super::session::Session;
use crate::clients::address_list::{AddressList, Dialled, GoesOn};
use crate::clients::roster::{Cohort, Roster};
use crate::clients::steps::Step;
use crate::itinerary::StationGroup;
use crate::kernel::random::Role;
use crate::kernel::{Id, nanos};
use crate::results::NONE;
use crate::sim::{Availability, UNBOUND};

const NEXT: Role = Role::new("next address");

/// Outlook over MAPI/RPC takes so long to go on where it does, seconds (a test of a 2010
/// array, garrettdowns.blogspot, 2011-12-11).
const RPC_GOES_ON: [f64; 2] = [15.0, 30.0];

/// The address that a client has picked.
#[derive(Clone, Copy, Debug)]
struct Picked {
    /// The server behind it; [`UNBOUND`] where a balancer is.
    server: u32,
    /// A dead server that it met first, and how many dead addresses.
    dead: u32,
    skipped: u8,
}

const NOTHING: Picked = Picked { server: UNBOUND, dead: UNBOUND, skipped: 0 };

/// What clients have picked, by client; empty where no name has several addresses.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    picked: Vec<Picked>,
}

impl Addresses {
    pub(super) fn new(roster: &Roster) -> Self {
        let clients = if roster.address_lists.is_empty() { 0 } else { roster.members.len() };
        Self { picked: vec![NOTHING; clients] }
    }

    /// Picks the first address that answers, from that of client `c` on.
    pub(super) fn pick<'r>(
        &mut self,
        (c, number): (usize, u32),
        list: &'r AddressList,
        stage: usize,
        outages: &Outages<'_>,
    ) -> Option<&'r Dialled> {
        let all = &list.by_stage[stage];
        self.picked[c] = NOTHING;
        let start = (number as usize).checked_rem(all.len())?;
        let in_turn = |nth: usize| &all[(start + nth) % all.len()];
        let tried = if list.goes_on == GoesOn::Never { 1 } else { all.len() };
        let alive = (0..tried).find(|&nth| !is_dead(in_turn(nth), outages)).unwrap_or(0);
        let address = in_turn(alive);
        self.picked[c] = Picked {
            server: if address.server {
                address.stations.first().copied().unwrap_or(UNBOUND)
            } else {
                UNBOUND
            },
            dead: in_turn(0).stations.first().copied().unwrap_or(UNBOUND),
            skipped: alive.min(usize::from(u8::MAX)) as u8,
        };
        Some(address)
    }

    /// How long client `c`, who is about to connect, waits at dead addresses before, ns, and a
    /// server that is dead there; told once.
    pub(super) fn wait(&mut self, who: &Clientele<'_>, c: usize, session: &Session) -> Option<(u64, u32)> {
        let picked = self.picked.get_mut(c)?;
        if session.step != Step::FIRST || session.attempt > 0 || session.carried || picked.skipped == 0 {
            return None;
        }
        let skipped = u64::from(std::mem::take(&mut picked.skipped));
        let each = match list(who, c)?.goes_on {
            // Who was cut off has waited as long already, to connect again.
            GoesOn::Rpc if who.clients[c].fails > 0 => return None,
            GoesOn::Rpc => {
                let [least, most] = RPC_GOES_ON;
                nanos((least + (most - least) * uniform(session.key, NEXT, session.number)) * 1e9)
            }
            GoesOn::AfterTimeout | GoesOn::Never => who.behaviour(c).settings.connect_timeout.0,
        };
        Some((each.saturating_mul(skipped), picked.dead))
    }

    /// Whether client `c` hears nothing from a station that is down, and goes on from it after
    /// the time-out of a connection.
    pub(super) fn hears_nothing(&self, who: &Clientele<'_>, c: usize, station: u32) -> bool {
        let goes_on = || list(who, c).is_some_and(|list| list.goes_on != GoesOn::Never);
        self.server(c) == Some(station) && goes_on()
    }

    /// The server at whose address client `c` is, if it has one of its own.
    #[inline]
    pub(super) fn server(&self, c: usize) -> Option<u32> {
        self.picked.get(c).map(|picked| picked.server).filter(|&server| server != UNBOUND)
    }
}

/// Whether nobody answers at an address.
fn is_dead(address: &Dialled, outages: &Outages<'_>) -> bool {
    let gone = |state: Availability| matches!(state, Availability::Killed | Availability::Draining);
    address.stations.iter().all(|&station| gone(outages.station(station)))
        || address.pipe.iter().any(|&link| gone(outages.link(link)))
}

/// The addresses of client `c`, if its name has several.
fn list<'p>(who: &Clientele<'p>, c: usize) -> Option<&'p AddressList> {
    let alternatives = &who.roster.alternatives[who.member(c).alternatives as usize];
    (alternatives.addresses != NONE).then(|| &who.roster.address_lists[alternatives.addresses as usize])
}

/// Whether no balancer stands between client `c` and the server that it dials.
#[inline]
pub(super) fn dials_servers(who: &Clientele<'_>, c: usize) -> bool {
    !who.roster.address_lists.is_empty() && list(who, c).is_some()
}

/// Whether clients of this cohort meet one of these groups first.
pub(super) fn enters(cohort: &Cohort, groups: &[Id<StationGroup>]) -> bool {
    cohort.first.or(cohort.entry).is_some_and(|group| groups.contains(&group))
}
