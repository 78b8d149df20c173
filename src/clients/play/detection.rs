//! What is known of the organisation at an instant: which changes are in force, what
//! balancers and name services have found out, where databases are active.
//!
//! The true state ([`super::outages`]) decides what happens to work that is already
//! there; what stands here decides where new work is sent. Every alternative has a
//! cohort of its own, compiled before the run, so that the event loop looks one up
//! and decides nothing.
//!
//! A [`Detector`] follows a truth with a delay: so many checks at a fixed interval
//! must agree. The phase of each series of checks is drawn by its name, and so is
//! that of each client's name cache; neither moves another draw (S2). Must not know
//! what clients do with it. Next: [`super::driver`].

use rand::RngExt;

use super::addresses::{Addresses, enters};
use super::copying::Copying;
use super::databases::Databases;
use super::detector::{Checks, Detector};
use super::homes::Homes;
use super::outages::Outages;
use super::quorum::Quorums;
use super::services::ServiceChecks;
use crate::clients::roster::{Alternatives, Cohort, Roster};
use crate::itinerary::StationGroup;
use crate::kernel::random::{Key, Role};
use crate::kernel::{Id, SimTime};
use crate::results::{Copied, Mount, NONE};
use crate::sim::{Availability, Engine};

/// Bits of a token below its kind: the number of what is due.
const NUMBER_BITS: u32 = 28;
/// A change takes effect; by its number.
const CHANGE: u32 = 1;
/// The balancer's verdict on a server is due; by place in [`Detection::servers`].
const SERVER: u32 = 2;
/// A name service's verdict on a site is due; by place in [`Detection::sites`].
const SITE: u32 = 3;
/// Databases of a Mailbox server are mounted elsewhere, or at home again; by the place of one
/// of them in [`Roster::databases`].
const COPY: u32 = 4;
/// A person has switched a database availability group over; by its number.
const SWITCHOVER: u32 = 5;
/// The balancer's verdict on a service is due; by place in [`ServiceChecks`].
const SERVICE: u32 = 6;

/// Mailboxes may be copied on; by place in [`Roster::copying`].
const COPYING: u32 = 7;

const LOOKED_UP: Role = Role::new("name cache");
const ARRAY: Role = Role::new("array name cache");

/// The token of what is due. Panics where there is more than tokens can number.
fn token(kind: u32, number: usize) -> u32 {
    assert!(number < 1 << NUMBER_BITS, "tokens number 2^{NUMBER_BITS} servers and sites");
    kind << NUMBER_BITS | number as u32
}

/// Whether a token is one of ours; else it is an outage's.
pub(super) fn is_ours(token: u32) -> bool {
    token >> NUMBER_BITS != 0
}

/// The change that a token tells of, if it does.
pub(super) fn change_of(token: u32) -> Option<u32> {
    (token >> NUMBER_BITS == CHANGE).then_some(token & ((1 << NUMBER_BITS) - 1))
}

/// The database availability group that a token tells of, if it does: a switchover is due.
pub(super) fn switchover_of(token: u32) -> Option<usize> {
    (token >> NUMBER_BITS == SWITCHOVER).then_some((token & ((1 << NUMBER_BITS) - 1)) as usize)
}

/// The token of a switchover.
pub(super) fn switchover(number: usize) -> u32 {
    token(SWITCHOVER, number)
}

/// What is copied that a token tells of, if it does.
pub(super) fn copying_of(token: u32) -> Option<usize> {
    (token >> NUMBER_BITS == COPYING).then_some((token & ((1 << NUMBER_BITS) - 1)) as usize)
}

/// The token of what is copied on.
pub(super) fn copying(number: usize) -> u32 {
    token(COPYING, number)
}

/// What a client remembers of its name.
#[derive(Clone, Copy, Debug)]
struct Cached {
    expires: SimTime,
    site: u32,
}

/// A site of a name, as the name service sees it.
#[derive(Clone, Copy, Debug)]
struct NameSite {
    view: u32,
    checks: Checks,
    detector: Detector,
}

/// How things stand in one replication.
#[derive(Debug)]
pub(super) struct Detection<'p> {
    roster: &'p Roster,
    /// Changes in force.
    stage: usize,
    /// By Client Access group: its balancer's checks, and where its servers begin in `servers`.
    balancers: Vec<(Checks, usize)>,
    /// By server of every Client Access group: what its balancer takes it for.
    servers: Vec<Detector>,
    /// What balancers have found out of services.
    services: ServiceChecks<'p>,
    /// By view: where its sites begin in `sites`.
    views: Vec<usize>,
    /// By view and site.
    sites: Vec<NameSite>,
    /// By view: the answer that its name service gives now.
    answers: Vec<u32>,
    /// Which members of database availability groups have a majority.
    pub(super) quorums: Quorums<'p>,
    /// Where databases are mounted.
    databases: Databases<'p>,
    /// By client; empty where no name may lead to several sites.
    caches: Vec<Cached>,
    /// By client: names its draws; empty without database availability groups.
    clients: Vec<Key>,
    /// Which of several addresses clients are at.
    pub(super) addresses: Addresses,
    /// Where mailboxes are that are moved in the course of the run.
    pub(super) homes: Homes<'p>,
    /// Mailboxes that are copied before they are moved.
    pub(super) copying: Copying<'p>,
}

impl<'p> Detection<'p> {
    pub(super) fn new(roster: &'p Roster, root: Key) -> Self {
        let key = root.named("health check");
        let (mut balancers, mut servers) = (Vec::new(), Vec::new());
        for balancer in &roster.balancers {
            balancers.push((Checks::new(balancer.check, key.named(&balancer.name)), servers.len()));
            servers.resize(servers.len() + balancer.count as usize, Detector::UP);
        }
        let (mut views, mut sites) = (Vec::new(), Vec::new());
        for (number, view) in roster.name_views.iter().enumerate() {
            views.push(sites.len());
            let key = key.named(&view.host).child(u64::from(view.inside));
            sites.extend(view.names.iter().map(|site| NameSite {
                view: number as u32,
                checks: Checks::new(view.check, key.named(site)),
                detector: Detector::UP,
            }));
        }
        let mut detection = Self {
            roster,
            stage: 0,
            balancers,
            servers,
            services: ServiceChecks::new(roster, key),
            views,
            sites,
            answers: vec![0; roster.name_views.len()],
            quorums: Quorums::new(roster),
            databases: Databases::new(&roster.databases),
            caches: Vec::new(),
            clients: Vec::new(),
            addresses: Addresses::new(roster),
            homes: Homes::new(roster),
            copying: Copying::new(&roster.copying, root),
        };
        for view in 0..roster.name_views.len() {
            detection.answer(view);
        }
        detection
    }

    /// Gives every client a cache of which a share of the time to live has passed;
    /// `client` names its draws.
    pub(super) fn remember(&mut self, client: impl Fn(usize) -> Key) {
        if !self.roster.dags.is_empty() {
            self.clients = (0..self.roster.members.len()).map(&client).collect();
        }
        if self.roster.name_views.is_empty() {
            return;
        }
        let cache = |(c, member): (usize, &crate::clients::roster::Member)| {
            let alternatives = &self.roster.alternatives[member.alternatives as usize];
            if alternatives.view == NONE {
                return Cached { expires: SimTime::MAX, site: 0 };
            }
            let ttl = self.roster.name_views[alternatives.view as usize].ttl[0];
            let share: f64 = client(c).stream(LOOKED_UP, 0).random();
            Cached {
                expires: SimTime((share * ttl.0 as f64) as u64),
                site: self.answers[alternatives.view as usize],
            }
        };
        self.caches = self.roster.members.iter().enumerate().map(cache).collect();
    }

    /// What clients remember is what they were told before the run: `told` has the answers by
    /// instant, ascending, where they differed from those of a sound organisation.
    pub(super) fn remember_told(&mut self, told: &[(i64, Vec<u32>)]) {
        for (cache, member) in self.caches.iter_mut().zip(&self.roster.members) {
            let view = self.roster.alternatives[member.alternatives as usize].view;
            if view == NONE {
                continue;
            }
            let ttl = self.roster.name_views[view as usize].ttl[0];
            let asked = cache.expires.0 as i64 - ttl.0 as i64;
            let last = told.partition_point(|(at, _)| *at <= asked);
            if let Some((_, answers)) = last.checked_sub(1).map(|last| &told[last]) {
                cache.site = answers[view as usize];
            }
        }
    }

    /// Where databases came to stand, as it changed, and how far mailboxes were copied.
    pub(super) fn close(self) -> (Vec<Mount>, Vec<Copied>) {
        (self.databases.into_mounts(), self.copying.into_copied())
    }

    /// The answers that name services give now, by view.
    pub(super) fn answers(&self) -> &[u32] {
        &self.answers
    }

    /// The changes that took effect before the run: when, and the token.
    pub(super) fn past(&self) -> impl Iterator<Item = (i64, u32)> {
        let changes = self.roster.changes.iter().enumerate();
        changes.filter(|&(_, &at)| at < 0).map(|(number, &at)| (at, token(CHANGE, number)))
    }

    /// Sets the edges of the changes.
    pub(super) fn start(&self, engine: &mut Engine<'_>) {
        for (number, &at) in self.roster.changes.iter().enumerate().filter(|&(_, &at)| at >= 0) {
            engine.edge(SimTime(at.unsigned_abs()), token(CHANGE, number));
        }
    }

    /// Databases may have somewhere else to go since `now`: a person has switched over.
    pub(super) fn mount_by_hand(&mut self, now: i64, outages: &Outages<'_>, mut later: impl FnMut(i64, u32)) {
        self.databases.observe(now, outages, true, |at, number| later(at, token(COPY, number)));
    }

    /// The true state has changed at `now`, ns since the run began: whoever looks after it
    /// will find out; `later` hears when, and the token.
    pub(super) fn observe(&mut self, now: i64, outages: &Outages<'_>, mut later: impl FnMut(i64, u32)) {
        for (balancer, (checks, begin)) in self.roster.balancers.iter().zip(&self.balancers) {
            for place in 0..balancer.count {
                let number = begin + place as usize;
                let state = outages.station(balancer.first + place);
                // Whoever drains a server tells the balancer.
                let drains = state == Availability::Draining;
                let verdict = || if drains { now } else { checks.verdict(now, state != Availability::Up) };
                if let Some(at) = self.servers[number].observe(state != Availability::Up, verdict) {
                    later(at, token(SERVER, number));
                }
            }
        }
        self.services.observe(now, outages, |at, number| later(at, token(SERVICE, number)));
        let needs = self.roster.name_views.iter().flat_map(|view| view.needs.iter().zip(&view.balancers));
        for (number, (site, ((servers, pipe), balancer))) in self.sites.iter_mut().zip(needs).enumerate() {
            let down = |stations: &[u32]| {
                !stations.is_empty()
                    && stations.iter().all(|&station| outages.station(station) != Availability::Up)
            };
            let dead = down(servers) || down(balancer);
            let cut = pipe.iter().any(|&link| outages.link(link) != Availability::Up);
            let checks = site.checks;
            if let Some(at) = site.detector.observe(dead || cut, || checks.verdict(now, dead || cut)) {
                later(at, token(SITE, number));
            }
        }
        self.databases.observe(now, outages, false, |at, number| later(at, token(COPY, number)));
    }

    /// What `token` tells of is due at `now`, ns since the run began. Gives the Mailbox server
    /// whose databases have moved.
    pub(super) fn due(&mut self, now: i64, engine: &mut Engine<'_>, token: u32) -> Option<u32> {
        let number = (token & ((1 << NUMBER_BITS) - 1)) as usize;
        match token >> NUMBER_BITS {
            CHANGE => {
                self.stage = number + 1;
                for view in 0..self.answers.len() {
                    self.answer(view);
                }
                for moved in self.homes.take_effect(number as u32, now) {
                    // Its profile is written anew, and with it the name that it asks for.
                    if let Some(cache) = self.caches.get_mut(moved.client as usize) {
                        cache.expires = SimTime::ZERO;
                    }
                }
            }
            SERVER if self.servers[number].decide(now) => {
                // The group is the last that begins at or before it.
                let group = self.balancers.partition_point(|&(_, begin)| begin <= number) - 1;
                self.tell(engine, group, (number - self.balancers[group].1) as u32);
            }
            SERVICE => {
                if let Some(group) = self.services.decide(number, now) {
                    for place in 0..self.roster.balancers[group].count {
                        self.tell(engine, group, place);
                    }
                }
            }
            SITE if self.sites[number].detector.decide(now) => self.answer(self.sites[number].view as usize),
            COPY => return self.databases.due(now, number),
            _ => {}
        }
        None
    }

    /// Whether a server is taken out, whatever for.
    fn is_out(&self, group: usize, place: u32) -> bool {
        let (_, begin) = self.balancers[group];
        self.servers[begin + place as usize].down || self.services.take_out_server(group, place)
    }

    /// The balancer keeps new work away from a server, or from single services of it, as it
    /// takes them to be.
    fn tell(&self, engine: &mut Engine<'_>, group: usize, place: u32) {
        let out = self.is_out(group, place);
        engine.avoid(self.roster.balancers[group].first + place, out);
        for (station, down) in self.services.at(group, place) {
            engine.avoid(station, out || down);
        }
    }

    /// What the name service answers from now on: the first site that it takes to be
    /// up, or the first of all.
    fn answer(&mut self, view: usize) {
        let order = &self.roster.name_views[view].order[self.stage];
        let begin = self.views[view];
        let up = order.iter().find(|&&site| !self.sites[begin + site as usize].detector.down);
        self.answers[view] = up.or(order.first()).copied().unwrap_or(0);
    }

    /// Where client `c` turns to when it connects anew: its cohort and the Mailbox
    /// server that its mailbox is mounted on.
    pub(super) fn turn(&mut self, c: usize, now: SimTime, outages: &Outages<'_>) -> (u32, u32) {
        let member = self.homes.member(c);
        let alternatives = &self.roster.alternatives[member.alternatives as usize];
        let site = if alternatives.view == NONE {
            0
        } else {
            let view = alternatives.view as usize;
            let cache = &mut self.caches[c];
            if now >= cache.expires {
                let ttl = self.roster.name_views[view].ttl[self.stage];
                *cache = Cached { expires: now + ttl, site: self.answers[view] };
            }
            cache.site
        };
        let (mounted, store) = self.store_as_known(c, now);
        let at = (site, mounted);
        let own = self.in_force(alternatives, at);
        if alternatives.addresses != NONE {
            let list = &self.roster.address_lists[alternatives.addresses as usize];
            let picked = self.addresses.pick((c, member.number), list, self.stage, outages);
            let groups = picked.map_or(&[][..], |picked| &picked.groups);
            let others = match alternatives.standbys {
                NONE => &[][..],
                standbys => &self.roster.standbys[standbys as usize],
            };
            let others =
                others.iter().map(|&other| self.in_force(&self.roster.alternatives[other as usize], at));
            let mut there = std::iter::once(own)
                .chain(others)
                .filter(|&cohort| enters(&self.roster.cohorts[cohort as usize], groups));
            let any = there.clone().next();
            return (there.find(|&cohort| !self.is_dead(cohort)).or(any).unwrap_or(own), store);
        }
        if alternatives.standbys == NONE || !self.is_dead(own) {
            return (own, store);
        }
        let standbys = &self.roster.standbys[alternatives.standbys as usize];
        let others =
            standbys.iter().map(|&other| self.in_force(&self.roster.alternatives[other as usize], at));
        let alive: Vec<u32> = others.clone().filter(|&cohort| !self.is_dead(cohort)).collect();
        // Where nobody serves, it is refused by whoever answers; where what all of them send
        // it on to is dead, too, it finds out there.
        let serves = |cohort: &u32| self.roster.cohorts[*cohort as usize].refused.is_none();
        let serving: Vec<u32> = alive.iter().copied().filter(serves).collect();
        let among = match (serving.is_empty(), alive.is_empty()) {
            (false, _) => serving,
            (true, false) => alive,
            (true, true) if self.is_shut(own) => others.filter(|&cohort| !self.is_shut(cohort)).collect(),
            (true, true) => Vec::new(),
        };
        (self.one_of(&among, member.number).unwrap_or(own), store)
    }

    /// The one of some cohorts to which a balancer leads the `number`-th client whose own group is
    /// lost: over the servers by which they enter, so that what one or several lose spreads.
    fn one_of(&self, cohorts: &[u32], number: u32) -> Option<u32> {
        let servers = |cohort: &u32| {
            let entry = self.roster.cohorts[*cohort as usize].meets();
            let group = self.roster.placement.cas.iter().position(|&cas| Some(cas) == entry);
            group.and_then(|group| self.roster.balancers.get(group)).map_or(1, |of| u64::from(of.count))
        };
        let whole: u64 = cohorts.iter().map(servers).sum();
        // Those of one group came in turn, one of so many: the remainder would be the same of all.
        let mut place = Key(0).child(number.into()).0.checked_rem(whole)?;
        cohorts.iter().copied().find(|cohort| {
            let here = servers(cohort);
            let found = place < here;
            place = place.saturating_sub(here);
            found
        })
    }

    /// The cohort of alternatives in force, with the name at this site and the databases on
    /// this place.
    fn in_force(&self, alternatives: &Alternatives, (site, mounted): (u32, u32)) -> u32 {
        let place = (self.stage as u32 * alternatives.sites + site) * alternatives.places + mounted;
        let known = |group: u32| self.is_lost(group as usize);
        let detour = self.roster.detours.in_force(alternatives.detours, known);
        self.roster.cohort_of[(detour.unwrap_or(alternatives.first) + place) as usize]
    }

    /// Whether a group that sessions of this cohort are bound to is known to be down
    /// altogether. ActiveSync's one target is not looked after.
    fn is_dead(&self, cohort: u32) -> bool {
        let cohort = &self.roster.cohorts[cohort as usize];
        let target = cohort.target.filter(|_| !cohort.target_is_first);
        let behind = [target, cohort.refused_by].into_iter().flatten();
        let lost = |group| self.number(group).is_some_and(|number| self.is_lost(number));
        let mut entered = [cohort.entry, cohort.first].into_iter().flatten();
        behind.into_iter().any(lost) || entered.any(|group| self.is_out_for(cohort, group))
    }

    /// Whether no client gets to the servers that this cohort meets first: all are taken out.
    fn is_shut(&self, cohort: u32) -> bool {
        let cohort = &self.roster.cohorts[cohort as usize];
        cohort.meets().is_some_and(|group| self.is_out_for(cohort, group))
    }

    /// Whether every server of a group is taken out, or the service of this cohort's protocol there.
    fn is_out_for(&self, cohort: &Cohort, group: Id<StationGroup>) -> bool {
        let Some(number) = self.number(group) else { return false };
        let Some(balancer) = self.roster.balancers.get(number) else { return false };
        let out =
            |place| self.is_out(number, place) || self.services.is_out((number, cohort.protocol), place);
        (0..balancer.count).all(out)
    }

    /// The number of a Client Access group.
    fn number(&self, group: Id<StationGroup>) -> Option<usize> {
        self.roster.placement.cas.iter().position(|&cas| cas == group)
    }

    /// Whether a Client Access group, by number, is known to be down altogether.
    fn is_lost(&self, number: usize) -> bool {
        let servers = self.roster.balancers.get(number).map_or(0, |balancer| balancer.count);
        servers > 0 && (0..servers).all(|place| self.is_out(number, place))
    }

    /// As [`Self::store`], for a client that asks for the array's name now.
    fn store_as_known(&self, c: usize, now: SimTime) -> (u32, u32) {
        let member = self.homes.member(c);
        let alternatives = &self.roster.alternatives[member.alternatives as usize];
        let Some(database) = alternatives.stored.database(member.mailbox, member.mailbox_server) else {
            return (0, member.mailbox_server);
        };
        let share = || self.clients.get(c).map_or(0.0, |key| key.stream(ARRAY, 0).random());
        let (_, store) = self.databases.mounted(database);
        (self.databases.place(database, now.0 as i64, share), store)
    }

    /// The stations that hold passive copies of the database of client `c`.
    pub(super) fn passive(&self, c: usize) -> impl Iterator<Item = u32> {
        let member = self.homes.member(c);
        let stored = &self.roster.alternatives[member.alternatives as usize].stored;
        let database = stored.database(member.mailbox, member.mailbox_server);
        database.into_iter().flat_map(|database| self.databases.passive(database))
    }

    /// The place in which the mailbox of client `c` is mounted, and the server.
    #[inline]
    pub(super) fn store(&self, c: usize) -> (u32, u32) {
        let member = self.homes.member(c);
        let alternatives = &self.roster.alternatives[member.alternatives as usize];
        match alternatives.stored.database(member.mailbox, member.mailbox_server) {
            Some(database) => self.databases.mounted(database),
            None => (0, member.mailbox_server),
        }
    }
}
