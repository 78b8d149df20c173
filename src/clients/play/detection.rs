//! What is known of the organisation at an instant: which changes are in force, what
//! balancers and name services have found out, where databases are active.
//!
//! The true state ([`crate::clients::play::outages`]) decides what happens to work that is already
//! there; what stands here decides where new work is sent. Every alternative has a
//! cohort of its own, compiled before the run, so that the event loop looks one up
//! and decides nothing.
//!
//! A [`Detector`] follows a truth with a delay: so many checks at a fixed interval
//! must agree. The phase of each series of checks is drawn by its name, and so is
//! that of each client's name cache; neither moves another draw (K2).

use crate::clients::compile::Plan;
use crate::clients::compile::alternatives::Family;
use crate::clients::play::outages::Outages;
use crate::itinerary::LinkDirection;
use crate::kernel::random::{Key, Role};
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::topology::HealthCheck;
use crate::results::NONE;
use crate::sim::{Availability, Engine};

/// Kind of an edge's token, above its number.
pub(in crate::clients) const KIND: u32 = 28;
/// A change takes effect.
pub(in crate::clients) const CHANGE: u32 = 1;
/// The balancer's verdict on a server is due.
const SERVER: u32 = 2;
/// A name service's verdict on a site is due.
const NAME: u32 = 3;
/// Databases of a Mailbox server are mounted elsewhere, or at home again.
const STORE: u32 = 4;

const PHASE: Role = Role::new("phase of checks");
const LOOKED_UP: Role = Role::new("name cache");

/// A name as clients inside or on the Internet see it, where it may lead to several
/// sites in the course of the run.
#[derive(Clone, Debug)]
pub(in crate::clients) struct View {
    /// The name.
    pub(in crate::clients) host: String,
    /// As seen from inside.
    pub(in crate::clients) inside: bool,
    /// Sites that it may lead to; [`NONE`] where it does not resolve.
    pub(in crate::clients) sites: Vec<u32>,
    /// By change in force: the sites in order of fail-over, as places in `sites`.
    pub(in crate::clients) order: Vec<Vec<u32>>,
    /// How long an answer is kept, by change in force.
    pub(in crate::clients) ttl: Vec<SimSpan>,
    /// How the name service looks after the sites.
    pub(in crate::clients) check: HealthCheck,
    /// By site: its Client Access servers, and the pipe where the Internet enters.
    pub(in crate::clients) needs: Vec<(Vec<u32>, Vec<Id<LinkDirection>>)>,
}

/// Databases of one Mailbox server that may be mounted elsewhere.
#[derive(Clone, Copy, Debug)]
pub(in crate::clients) struct Copy {
    /// The server at home.
    pub(in crate::clients) home: u32,
    /// From its loss to the mount elsewhere.
    pub(in crate::clients) activation: SimSpan,
    /// From its return to the mount at home.
    pub(in crate::clients) fail_back: SimSpan,
}

/// A truth as somebody sees it who looks at intervals.
#[derive(Clone, Copy, Debug)]
struct Detector {
    down: bool,
    truth: bool,
    due: SimTime,
}

impl Detector {
    const UP: Self = Self { down: false, truth: false, due: SimTime::MAX };

    /// The truth is `down` from now on: when the verdict will follow, if it changes.
    fn observe(&mut self, down: bool, verdict: impl FnOnce() -> SimTime) -> Option<SimTime> {
        if down == self.truth {
            return None;
        }
        self.truth = down;
        self.due = if down == self.down { SimTime::MAX } else { verdict() };
        (self.due < SimTime::MAX).then_some(self.due)
    }

    /// The verdict may be due now: whether it has changed.
    fn decide(&mut self, now: SimTime) -> bool {
        let due = self.due == now;
        if due {
            self.due = SimTime::MAX;
            self.down = self.truth;
        }
        due
    }
}

/// Checks at a fixed interval from a phase on.
#[derive(Clone, Copy, Debug)]
struct Checks {
    check: HealthCheck,
    phase: u64,
}

impl Checks {
    fn new(check: HealthCheck, key: Key) -> Self {
        let interval = check.interval.0.max(1);
        let share: f64 = rand::RngExt::random(&mut key.stream(PHASE, 0));
        Self { check, phase: ((share * interval as f64) as u64).min(interval - 1) }
    }

    /// Instant of the check after `now` at which enough have agreed.
    fn verdict(&self, now: SimTime, down: bool) -> SimTime {
        let wanted = u64::from(if down { self.check.failures } else { self.check.successes }.max(1));
        let interval = self.check.interval.0.max(1);
        // The first check strictly after now; phase is less than the interval.
        let first = (now.0 + interval - self.phase) / interval;
        SimTime(self.phase.saturating_add((first + wanted - 1).saturating_mul(interval)).min(SimTime::MAX.0))
    }
}

/// What a client remembers of its name.
#[derive(Clone, Copy, Debug)]
struct Cached {
    expires: SimTime,
    site: u32,
}

/// How things stand in one replication.
#[derive(Debug)]
pub(in crate::clients) struct Situation<'p> {
    plan: &'p Plan,
    /// Changes in force.
    stage: usize,
    /// By Client Access group: its balancer's checks, and first station and verdicts.
    balancers: Vec<(Checks, u32, Vec<Detector>)>,
    /// By view and site: the name service's checks and verdicts.
    names: Vec<Vec<(Checks, Detector)>>,
    /// By view: the answer that its name service gives now.
    answers: Vec<u32>,
    /// By copy.
    stores: Vec<Detector>,
    /// By client; empty where no name may lead to several sites.
    caches: Vec<Cached>,
}

impl<'p> Situation<'p> {
    pub(in crate::clients) fn new(plan: &'p Plan, root: Key) -> Self {
        let key = root.named("health check");
        let balancers = plan
            .balancers
            .iter()
            .map(|(name, check, first, count)| {
                let checks = Checks::new(*check, key.named(name));
                (checks, *first, vec![Detector::UP; *count as usize])
            })
            .collect();
        let names = plan
            .views
            .iter()
            .map(|view| {
                let key = key.named(&view.host).child(u64::from(view.inside));
                let checks =
                    |site: &u32| (Checks::new(view.check, key.child(u64::from(*site))), Detector::UP);
                view.sites.iter().map(checks).collect()
            })
            .collect();
        let mut situation = Self {
            plan,
            stage: 0,
            balancers,
            names,
            answers: vec![0; plan.views.len()],
            stores: vec![Detector::UP; plan.copies.len()],
            caches: Vec::new(),
        };
        for view in 0..plan.views.len() {
            situation.answer(view);
        }
        situation
    }

    /// Gives every client a cache of which a share of the time to live has passed.
    pub(in crate::clients) fn remember(&mut self, client: impl Fn(usize) -> Key) {
        if self.plan.views.is_empty() {
            return;
        }
        let cache = |(c, member): (usize, &crate::clients::compile::Member)| {
            let family = &self.plan.families[member.family as usize];
            if family.view == NONE {
                return Cached { expires: SimTime::MAX, site: 0 };
            }
            let ttl = self.plan.views[family.view as usize].ttl[0];
            let share: f64 = rand::RngExt::random(&mut client(c).stream(LOOKED_UP, 0));
            Cached {
                expires: SimTime((share * ttl.0 as f64) as u64),
                site: self.answers[family.view as usize],
            }
        };
        self.caches = self.plan.members.iter().enumerate().map(cache).collect();
    }

    /// Sets the edges of the changes.
    pub(in crate::clients) fn start(&self, engine: &mut Engine<'_>) {
        for (number, &at) in self.plan.changes.iter().enumerate() {
            engine.edge(at, CHANGE << KIND | number as u32);
        }
    }

    /// The true state has changed: whoever looks after it will find out.
    pub(in crate::clients) fn observe(&mut self, engine: &mut Engine<'_>, outages: &Outages<'_>) {
        let now = engine.now();
        for (number, (checks, first, servers)) in self.balancers.iter_mut().enumerate() {
            for (place, detector) in servers.iter_mut().enumerate() {
                let station = *first + place as u32;
                let state = outages.station(station);
                // Whoever drains a server tells the balancer.
                let drains = state == Availability::Draining;
                let verdict = || if drains { now } else { checks.verdict(now, state != Availability::Up) };
                if let Some(at) = detector.observe(state != Availability::Up, verdict) {
                    engine.edge(at, SERVER << KIND | (number as u32) << 12 | place as u32);
                }
            }
        }
        for (number, (view, sites)) in self.plan.views.iter().zip(&mut self.names).enumerate() {
            for (place, ((checks, detector), (servers, pipe))) in
                sites.iter_mut().zip(&view.needs).enumerate()
            {
                let dead = !servers.is_empty()
                    && servers.iter().all(|&station| outages.station(station) != Availability::Up);
                let cut = pipe.iter().any(|&link| outages.link(link) != Availability::Up);
                if let Some(at) = detector.observe(dead || cut, || checks.verdict(now, dead || cut)) {
                    engine.edge(at, NAME << KIND | (number as u32) << 8 | place as u32);
                }
            }
        }
        for (number, (copy, detector)) in self.plan.copies.iter().zip(&mut self.stores).enumerate() {
            let down = outages.station(copy.home) == Availability::Killed;
            let after = if down { copy.activation } else { copy.fail_back };
            if let Some(at) = detector.observe(down, || now + after) {
                engine.edge(at, STORE << KIND | number as u32);
            }
        }
    }

    /// An edge of this kind is due. Gives the Mailbox server whose databases have moved.
    pub(in crate::clients) fn edge(&mut self, engine: &mut Engine<'_>, token: u32) -> Option<u32> {
        let now = engine.now();
        let number = token & ((1 << KIND) - 1);
        match token >> KIND {
            CHANGE => {
                self.stage = number as usize + 1;
                for view in 0..self.answers.len() {
                    self.answer(view);
                }
            }
            SERVER => {
                let (_, first, servers) = &mut self.balancers[(number >> 12) as usize];
                let place = number & 0xFFF;
                let detector = &mut servers[place as usize];
                if detector.decide(now) {
                    engine.avoid(*first + place, detector.down);
                }
            }
            NAME => {
                let view = (number >> 8) as usize;
                if self.names[view][(number & 0xFF) as usize].1.decide(now) {
                    self.answer(view);
                }
            }
            STORE if self.stores[number as usize].decide(now) => {
                return Some(self.plan.copies[number as usize].home);
            }
            _ => {}
        }
        None
    }

    /// What the name service answers from now on: the first site that it takes to be
    /// up, or the first of all.
    fn answer(&mut self, view: usize) {
        let order = &self.plan.views[view].order[self.stage];
        let up = order.iter().find(|&&site| !self.names[view][site as usize].1.down);
        self.answers[view] = up.or(order.first()).copied().unwrap_or(0);
    }

    /// Where client `c` turns to when it connects anew: its cohort and the Mailbox
    /// server that its mailbox is mounted on.
    pub(in crate::clients) fn turn(&mut self, c: usize, now: SimTime) -> (u32, u32) {
        let member = &self.plan.members[c];
        let family = &self.plan.families[member.family as usize];
        let site = if family.view == NONE {
            0
        } else {
            let view = family.view as usize;
            let cache = &mut self.caches[c];
            if now >= cache.expires {
                let ttl = self.plan.views[view].ttl[self.stage];
                *cache = Cached { expires: now + ttl, site: self.answers[view] };
            }
            cache.site
        };
        let (copy, store) = self.store(c);
        let of = |family: &Family| {
            let place = (self.stage as u32 * family.sites + site) * family.copies + copy;
            self.plan.turns[(family.first + place) as usize]
        };
        let own = of(family);
        if family.fellows == NONE || !self.dead(own) {
            return (own, store);
        }
        // In turn from its own on, so that the clients of a lost group spread.
        let fellows = &self.plan.fellows[family.fellows as usize];
        let at = fellows.iter().position(|&other| other == member.family).unwrap_or(0);
        let others = fellows[at + 1..].iter().chain(&fellows[..at]);
        let alive = others
            .map(|&other| of(&self.plan.families[other as usize]))
            .find(|&cohort| !self.dead(cohort) && self.plan.cohorts[cohort as usize].refused.is_none());
        (alive.unwrap_or(own), store)
    }

    /// Whether a group that sessions of this cohort are bound to is known to be down
    /// altogether. ActiveSync's one target is not looked after.
    fn dead(&self, cohort: u32) -> bool {
        let cohort = &self.plan.cohorts[cohort as usize];
        let target = cohort.target.filter(|_| !cohort.target_is_first);
        [cohort.entry, cohort.first, target].into_iter().flatten().any(|group| {
            let number = self.plan.ground.cas.iter().position(|&cas| cas == group);
            number
                .and_then(|number| self.balancers.get(number))
                .is_some_and(|(.., servers)| !servers.is_empty() && servers.iter().all(|server| server.down))
        })
    }

    /// Whether the mailbox of client `c` is mounted on its copy, and the server.
    pub(in crate::clients) fn store(&self, c: usize) -> (u32, u32) {
        let member = &self.plan.members[c];
        let family = &self.plan.families[member.family as usize];
        if family.copies > 1 {
            let number = member.mailbox_server - family.home_first;
            if self.stores[(family.first_copy + number) as usize].down {
                return (1, family.away_first + number % family.away_count.max(1));
            }
        }
        (0, member.mailbox_server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEC: u64 = 1_000_000_000;

    /// Checks at 2, 7, 12, ... s: a failure at 4 s is found by the third check, at
    /// 17 s; one at 7 s exactly, after that instant's check, at 22 s.
    #[test]
    fn a_verdict_takes_so_many_checks() {
        let check = HealthCheck { interval: SimSpan(5 * SEC), failures: 3, successes: 1 };
        let checks = Checks { check, phase: 2 * SEC };
        assert_eq!(checks.verdict(SimTime(4 * SEC), true), SimTime(17 * SEC));
        assert_eq!(checks.verdict(SimTime(7 * SEC), true), SimTime(22 * SEC));
        assert_eq!(checks.verdict(SimTime(7 * SEC - 1), true), SimTime(17 * SEC));
        assert_eq!(checks.verdict(SimTime(0), false), SimTime(2 * SEC));
        assert_eq!(checks.verdict(SimTime(100 * SEC), false), SimTime(102 * SEC));
    }

    /// A truth that is taken back before the verdict leaves no trace.
    #[test]
    fn a_blink_is_not_detected() {
        let mut detector = Detector::UP;
        assert_eq!(detector.observe(true, || SimTime(10)), Some(SimTime(10)));
        assert_eq!(detector.observe(false, || SimTime(7)), None);
        assert!(!detector.decide(SimTime(10)));
        assert_eq!(detector.observe(true, || SimTime(20)), Some(SimTime(20)));
        assert!(detector.decide(SimTime(20)) && detector.down);
        assert_eq!(detector.observe(false, || SimTime(31)), Some(SimTime(31)));
        assert!(detector.decide(SimTime(31)) && !detector.down);
    }
}
