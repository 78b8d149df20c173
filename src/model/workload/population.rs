//! Populations: mailboxes with a common home and behaviour, and who uses what.

use std::sync::Arc;

use super::settings::{ClientSettings, Connected};
use crate::kernel::{Id, SimSpan};
use crate::model::protocol::Protocol;
use crate::model::switches::OperatingSystem;
use crate::model::topology::{MailboxGroup, Namespace, Region, Site, Topology};

/// Where a client sits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Location {
    /// In an AD site, on its LAN.
    Site(Id<Site>),
    /// On the Internet, in a region.
    Internet(Id<Region>),
}

/// A profile of use by messages a working day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Profile {
    /// Token of the scenario: `light`, `medium`, `heavy`, `very heavy` or `custom`.
    pub name: &'static str,
    /// Messages sent a working day.
    pub sent: f64,
    /// Messages received a working day.
    pub received: f64,
    /// Messages read a working day.
    pub read: f64,
    /// Messages deleted a working day.
    pub deleted: f64,
    /// OWA logons a working day.
    pub owa_logons: f64,
}

impl Profile {
    /// The published profiles (workload figures of Exchange 2010-era client network
    /// requirements, restated at cgoosen.com 2010/07).
    pub const ALL: [Self; 4] = [
        Self { name: "light", sent: 5.0, received: 20.0, read: 20.0, deleted: 10.0, owa_logons: 2.0 },
        Self { name: "medium", sent: 10.0, received: 40.0, read: 40.0, deleted: 20.0, owa_logons: 2.0 },
        Self { name: "heavy", sent: 20.0, received: 80.0, read: 80.0, deleted: 40.0, owa_logons: 2.0 },
        Self { name: "very heavy", sent: 30.0, received: 120.0, read: 120.0, deleted: 60.0, owa_logons: 2.0 },
    ];

    /// The profile of this token.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name == token)
    }
}

/// The shape of the day: what share of a day's work falls into each hour of local time.
#[derive(Clone, PartialEq, Debug)]
pub struct DayCurve {
    /// Token or `custom`.
    pub name: String,
    /// Share of the day's work in each local hour 0 to 23; sums to 1.
    pub hours: [f64; 24],
}

impl DayCurve {
    /// Hourly weights in percent of a day (ASSUMED; two humps, peak hour 11.8 %);
    /// they sum to 100.2 as printed and are normalised.
    const OFFICE: [f64; 24] = [
        0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 2.8, 7.6, 11.4, 11.8, 10.0, 6.6, 9.0, 10.4, 9.5, 7.6, 4.3, 1.9,
        1.1, 0.9, 0.8, 0.6, 0.4,
    ];

    /// Share of the day's work done by so many hours after midnight, 0 to 24.
    #[must_use]
    pub fn until(&self, hours: f64) -> f64 {
        let hours = hours.clamp(0.0, 24.0);
        let whole = (hours as usize).min(23);
        self.hours[..whole].iter().sum::<f64>() + self.hours[whole] * (hours - whole as f64)
    }

    /// Whether Outlook users come and go along this curve. The curves of sizing
    /// figures know no coming and going: their users are there all the time.
    #[must_use]
    pub fn comes_and_goes(&self) -> bool {
        !matches!(self.name.as_str(), "flat8h" | "peak2x" | "flat24h")
    }

    /// The curve of this token: `office` (the default), `flat8h` (the day's work
    /// evenly over 09:00 to 17:00), `peak2x` (as `flat8h` with 10:00 to 12:00 at
    /// twice the 8-hour mean, the rest of the 8 hours lowered to keep the day's
    /// sum) or `flat24h`.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let mut hours = [0.0; 24];
        match token {
            "office" => {
                let sum: f64 = Self::OFFICE.iter().sum();
                hours = Self::OFFICE.map(|w| w / sum);
            }
            "flat8h" => hours[9..17].fill(1.0 / 8.0),
            "peak2x" => {
                hours[9..17].fill((1.0 - 0.5) / 6.0);
                hours[10..12].fill(0.25);
            }
            "flat24h" => hours.fill(1.0 / 24.0),
            _ => return None,
        }
        Some(Self { name: token.to_owned(), hours })
    }
}

/// A share of one protocol's clients of a population that use a wrong name.
#[derive(Clone, PartialEq, Debug)]
pub struct Misdirected {
    /// Share of that protocol's clients, 0 to 1.
    pub share: f64,
    /// The name that they use.
    pub namespace: Id<Namespace>,
}

/// One protocol in use by a population.
#[derive(Clone, PartialEq, Debug)]
pub struct ProtocolUse {
    /// The protocol.
    pub protocol: Protocol,
    /// Share of the population's mailboxes that use it, 0 to 1 (above 1: several devices).
    pub share: f64,
    /// The name that these clients use.
    pub namespace: Id<Namespace>,
    /// The one that they use inside, where it is another (`InternalHostname` of Outlook
    /// Anywhere).
    pub inside: Option<Id<Namespace>>,
    /// Those who use a wrong one.
    pub misdirected: Option<Misdirected>,
}

impl ProtocolUse {
    /// The name that clients use who sit there and use no wrong one.
    #[must_use]
    pub fn name_at(&self, place: Location) -> Id<Namespace> {
        match (place, self.inside) {
            (Location::Site(_), Some(inside)) => inside,
            (Location::Site(_), None) | (Location::Internet(_), _) => self.namespace,
        }
    }
}

/// Mailboxes of a population that are at another server than its others.
#[derive(Clone, PartialEq, Debug)]
pub struct Moved {
    /// The Mailbox servers that hold them, in turn.
    pub to: Vec<Id<MailboxGroup>>,
    /// Share of the mailboxes, 0 to 1; who is in a smaller one is in a larger one too.
    pub share: f64,
    /// What their copying costs the lines, where that is asked for.
    pub traffic: Option<MoveTraffic>,
}

/// How mailboxes are copied over the lines between sites before a change moves them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MoveTraffic {
    /// Bytes of a mailbox, in the mean, as they cross the lines.
    pub mailbox_bytes: f64,
    /// Bit/s of all of a population's together, at most; infinite where nothing throttles them.
    pub rate: f64,
    /// Pieces of mailboxes under way at once, at least 1.
    pub at_once: u32,
    /// From the begin of copying until the change; `None`: as long as it takes at `rate`, which is
    /// finite then.
    pub ahead: Option<SimSpan>,
}

/// Mailboxes with a common home and behaviour.
#[derive(Clone, PartialEq, Debug)]
pub struct Population {
    /// Name.
    pub name: String,
    /// Name by which its random streams are opened.
    pub stream: String,
    /// Names of the populations that it was in a scenario that this one is compared with.
    pub was: Vec<String>,
    /// AD site that holds the mailboxes.
    pub home: Id<Site>,
    /// Mailbox servers of that site that hold them; `None`: all of them in turn.
    pub server: Option<Id<MailboxGroup>>,
    /// Those that have been moved from there.
    pub moved: Option<Moved>,
    /// Number of mailboxes.
    pub mailboxes: u32,
    /// Where the clients sit.
    pub from: Location,
    /// Share of the clients that sit elsewhere, and where.
    pub roaming: Option<(f64, Location)>,
    /// Addresses behind which the clients at `from` stand (address translation);
    /// `None`: those of the region, or every mailbox has its own.
    pub addresses: Option<u32>,
    /// Connections at once from each of these addresses; `None` is no end of them.
    pub ports: Option<u32>,
    /// Profile of use.
    pub profile: Profile,
    /// Share of the mailboxes that are active in the simulated day, 0 to 1.
    pub concurrent: f64,
    /// Shape of the day.
    pub day: DayCurve,
    /// Protocols, in [`Protocol::ALL`] order.
    pub clients: Vec<ProtocolUse>,
    /// Figures.
    pub settings: Arc<ClientSettings>,
    /// Windows of the users' computers.
    pub os: OperatingSystem,
}

impl Population {
    /// The servers that hold its mailboxes, with their shares of them.
    #[must_use]
    pub fn stores(&self, topology: &Topology) -> Vec<(Id<MailboxGroup>, f64)> {
        let own = self.server.map(|server| vec![server]);
        let home = own.as_ref().unwrap_or(&topology.sites[self.home.index()].mailbox);
        let gone = self.moved.as_ref().map_or(0.0, |moved| moved.share);
        let servers = |id: &Id<MailboxGroup>| f64::from(topology.mailbox[id.index()].servers);
        let mut stores: Vec<(Id<MailboxGroup>, f64)> = Vec::new();
        let there = self.moved.iter().map(|moved| (&moved.to, moved.share));
        for (groups, share) in
            std::iter::once((home, 1.0 - gone)).chain(there).filter(|(_, share)| *share > 0.0)
        {
            let whole: f64 = groups.iter().map(servers).sum();
            for id in groups {
                let part = share * (servers(id) / whole.max(1.0));
                match stores.iter_mut().find(|(known, _)| known == id) {
                    Some((_, known)) => *known += part,
                    None => stores.push((*id, part)),
                }
            }
        }
        stores
    }

    /// Whether connections of Outlook and IMAP4 are there all the time, not for the
    /// working day of their mailboxes.
    #[must_use]
    pub fn always_connected(&self) -> bool {
        match self.settings.connected {
            Connected::ByCurve => !self.day.comes_and_goes(),
            Connected::WorkingDay => false,
            Connected::Always => true,
        }
    }
}
