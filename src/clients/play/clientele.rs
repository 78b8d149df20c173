//! Who the clients of one replication are: the names of their draws, their clocks,
//! lines and mail.
//!
//! Mail arrives at a mailbox as a Poisson process along the day curve; its instants
//! are named by the mailbox, so that a device and a desktop of one user see the
//! same mail. Must not know sessions. Next: [`super::driver`].

use std::collections::BTreeMap;

use rand::RngExt;
use rand_distr::Distribution as _;

use super::session::{Client, Mail};
use crate::clients::day::DayClock;
use crate::clients::roster::{Behaviour, Cohort, Identity, Member, Roster};
use crate::clients::steps::Machine;
use crate::kernel::distribution::Sampler;
use crate::kernel::random::{Key, Role, fnv1a};
use crate::kernel::variates::UnitExponential;
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::protocol::Protocol;
use crate::model::topology::Topology;
use crate::model::workload::Location;
use crate::model::{Experiment, Model};

/// Bandwidth of a client that has no last mile, bit/s; never divides anything.
const LAN: u64 = 1_000_000_000;

/// Failures in a row after which a client waits as long as it ever does.
pub(super) const LONG_AGO: u16 = 40;

const ACCESS_RTT: Role = Role::new("access round trip");
const ACCESS_LINE: Role = Role::new("access line");
const MAIL: Role = Role::new("mail");
/// Share of a wait after being cut off.
const BACK_OFF: Role = Role::new("back-off");
/// Gap to the next event of a client's main process.
pub(super) const GAP: Role = Role::new("gap");

/// By cohort: how its clients are named and where their mail and lines stand.
#[derive(Clone, Copy, Debug)]
struct Naming {
    /// Names the population's mailboxes.
    population: Key,
    /// The protocol's name, hashed.
    protocol: u64,
    /// Number of a client minus this (wrapping) is the place of its mail.
    mail_shift: u32,
    /// Place of its line; on the Internet, that of mailbox 0.
    line: u32,
    inside: bool,
}

/// The clients of one replication.
#[derive(Debug)]
pub(super) struct Clientele<'p> {
    pub(super) roster: &'p Roster,
    clocks: Vec<DayClock>,
    /// By cohort: index into `clocks`.
    clock_of: Vec<u32>,
    pub(super) clients: Vec<Client>,
    /// Mail of the clients that follow it, a range of the clients of one population
    /// and protocol after another.
    mails: Vec<Mail>,
    names: Vec<Naming>,
    /// Round trip (ns) and bandwidth (bit/s, which never divides by zero) of lines:
    /// first one a cohort inside, then one a mailbox on the Internet.
    lines: Vec<[u64; 2]>,
    /// By group of servers: how often the balancer before it has forgotten who is where; shorter where
    /// none has.
    forgotten: Vec<u64>,
}

/// The names of every cohort (lines are not placed yet), and mail for all clients
/// that follow it.
fn name_cohorts(roster: &Roster, root: Key) -> (Vec<Naming>, Vec<Mail>) {
    let mut mails = 0_u32;
    // By population and protocol, whose clients stand together.
    let mut shifts: BTreeMap<(u32, Protocol), u32> = BTreeMap::new();
    for (c, member) in roster.members.iter().enumerate() {
        let cohort = &roster.cohorts[member.cohort as usize];
        if cohort.machine.follows_mail() {
            shifts.entry((cohort.population, cohort.protocol)).or_insert((c as u32).wrapping_sub(mails));
            mails += 1;
        }
    }
    let name = |cohort: &Cohort| Naming {
        population: root.named(&roster.behaviours[cohort.population as usize].stream),
        protocol: fnv1a(cohort.protocol.token()),
        mail_shift: shifts.get(&(cohort.population, cohort.protocol)).copied().unwrap_or(0),
        line: 0,
        inside: matches!(cohort.location, Location::Site(_)),
    };
    (roster.cohorts.iter().map(name).collect(), vec![Mail::NONE; mails as usize])
}

/// The lines of all clients, and in `names` where they stand. A user's clients
/// share a line.
fn draw_lines(topology: &Topology, roster: &Roster, names: &mut [Naming]) -> Vec<[u64; 2]> {
    let mut lines = Vec::with_capacity(roster.cohorts.len());
    for (cohort, name) in roster.cohorts.iter().zip(&mut *names) {
        name.line = lines.len() as u32;
        let rtt = match cohort.location {
            Location::Site(site) => topology.sites[site.index()].lan_rtt.0,
            Location::Internet(_) => 0,
        };
        lines.push([rtt, LAN]);
    }
    let samplers: Vec<[Sampler; 2]> =
        topology.regions.iter().map(|region| [region.rtt.sampler(), region.bandwidth.sampler()]).collect();
    // By population: where the line of its mailbox 0 stands.
    let mut firsts: Vec<Option<u32>> = vec![None; roster.behaviours.len()];
    let mut mailboxes = vec![0_u32; roster.behaviours.len()];
    for member in &roster.members {
        let population = roster.cohorts[member.cohort as usize].population as usize;
        mailboxes[population] = mailboxes[population].max(member.mailbox + 1);
    }
    for member in &roster.members {
        let cohort = &roster.cohorts[member.cohort as usize];
        let Location::Internet(region) = cohort.location else { continue };
        let population = cohort.population as usize;
        let first = *firsts[population].get_or_insert_with(|| {
            let first = lines.len();
            lines.resize(first + mailboxes[population] as usize, [0; 2]);
            first as u32
        });
        let name = &mut names[member.cohort as usize];
        name.line = first;
        let line = &mut lines[(first + member.mailbox) as usize];
        if *line == [0; 2] {
            let key = name.population.child(u64::from(member.mailbox));
            let [rtt, bandwidth] = &samplers[region.index()];
            *line = [
                nanos(rtt.draw(&mut key.stream(ACCESS_RTT, 0))),
                nanos(bandwidth.draw(&mut key.stream(ACCESS_LINE, 0))).max(1),
            ];
        }
    }
    // Ways that nobody takes at the beginning lead over the same lines.
    for (cohort, name) in roster.cohorts.iter().zip(names) {
        if let (Location::Internet(_), Some(first)) = (cohort.location, firsts[cohort.population as usize]) {
            name.line = first;
        }
    }
    lines
}

/// The clocks that there are, and by cohort which of them it lives by.
fn clocks(model: &Model, roster: &Roster, experiment: &Experiment) -> (Vec<DayClock>, Vec<u32>) {
    let workload = &model.workload;
    let begins_at = experiment.window_starts_at_utc.0 as i64 - experiment.warmup.0 as i64;
    let mut clocks: Vec<DayClock> = Vec::new();
    let mut clock_of = Vec::with_capacity(roster.cohorts.len());
    for cohort in &roster.cohorts {
        let offset = i64::from(cohort.utc_offset(&model.topology, workload)) * 60_000_000_000;
        let population = &workload.populations[cohort.population as usize];
        let clock = DayClock::new(&population.day, begins_at + offset).with_week(
            population.settings.week,
            workload.weekday_utc,
            begins_at + offset,
        );
        let known = clocks.iter().position(|c| *c == clock).unwrap_or_else(|| {
            clocks.push(clock);
            clocks.len() - 1
        });
        clock_of.push(known as u32);
    }
    (clocks, clock_of)
}

impl<'p> Clientele<'p> {
    /// The clients of one replication of `experiment`; `root` names their draws.
    pub(super) fn new(model: &Model, roster: &'p Roster, experiment: &Experiment, root: Key) -> Self {
        let (clocks, clock_of) = clocks(model, roster, experiment);
        let (mut names, mails) = name_cohorts(roster, root);
        let lines = draw_lines(&model.topology, roster, &mut names);
        let clients = roster.members.iter().map(|member| Client::new(member.cohort)).collect();
        Self { roster, clocks, clock_of, clients, mails, names, lines, forgotten: Vec::new() }
    }

    #[inline]
    pub(super) fn member(&self, c: usize) -> &'p Member {
        &self.roster.members[c]
    }

    /// A number of each record of a client, for whoever looks ahead.
    #[inline]
    pub(super) fn look(&self, c: usize) -> u64 {
        let Some(client) = self.clients.get(c) else { return 0 };
        client.due.0 ^ u64::from(self.roster.members[c].mailbox)
    }

    /// The same of its mail, where it follows that.
    #[inline]
    pub(super) fn look_at_mail(&self, c: usize) -> u64 {
        let follows = self.clients.get(c).is_some_and(|_| self.cohort(c).machine.follows_mail());
        if follows { self.mail_at(c).0 } else { 0 }
    }

    /// The same of a line.
    #[inline]
    pub(super) fn look_at_line(&self, line: u32) -> u64 {
        self.lines.get(line as usize).map_or(0, |line| line[0])
    }

    #[inline]
    pub(super) fn cohort(&self, c: usize) -> &'p Cohort {
        &self.roster.cohorts[self.clients[c].cohort as usize]
    }

    #[inline]
    pub(super) fn behaviour(&self, c: usize) -> &'p Behaviour {
        &self.roster.behaviours[self.cohort(c).population as usize]
    }

    #[inline]
    pub(super) fn clock(&self, c: usize) -> &DayClock {
        &self.clocks[self.clock_of[self.clients[c].cohort as usize] as usize]
    }

    /// How its sessions appear now.
    #[inline]
    pub(super) fn identity(&self, c: usize) -> &'p Identity {
        let cohort = self.cohort(c);
        if self.clients[c].moved() { &cohort.direct_identity } else { &cohort.identity }
    }

    /// Names the draws of a client's mailbox, which other clients share.
    #[inline]
    pub(super) fn mailbox_key(&self, c: usize) -> Key {
        let name = &self.names[self.clients[c].cohort as usize];
        name.population.child(u64::from(self.member(c).mailbox))
    }

    /// Names a client's draws.
    #[inline]
    pub(super) fn key(&self, c: usize) -> Key {
        let name = &self.names[self.clients[c].cohort as usize];
        self.mailbox_key(c).child(name.protocol).child(u64::from(self.member(c).number))
    }

    /// What a balancer tells a client by: its mailbox, or the address that it shows.
    pub(super) fn affinity(&self, c: usize) -> u64 {
        let key = match self.cohort(c).address {
            Some((name, count)) => Key(name).child(u64::from(self.member(c).mailbox % count)),
            None => self.mailbox_key(c),
        };
        let group = self.cohort(c).entry.and_then(|group| self.forgotten.get(group.index()));
        group.filter(|times| **times > 0).map_or(key, |times| key.child(*times)).0
    }

    /// The balancer before these groups of servers does not know any more who is at which server.
    pub(super) fn forget(&mut self, groups: impl Iterator<Item = usize>) {
        for group in groups {
            if self.forgotten.len() <= group {
                self.forgotten.resize(group + 1, 0);
            }
            self.forgotten[group] += 1;
        }
    }

    /// Connections that a client opens when its session begins, as far as a storm counts them.
    pub(super) fn connections(&self, c: usize) -> u32 {
        match self.cohort(c).machine {
            Machine::Outlook => self.behaviour(c).settings.outlook_connections,
            Machine::Owa | Machine::Eas | Machine::Pop | Machine::Imap | Machine::Web(_) => 1,
        }
    }

    /// Index of a client's line.
    pub(super) fn line_of(&self, c: usize) -> u32 {
        let name = &self.names[self.clients[c].cohort as usize];
        name.line + if name.inside { 0 } else { self.member(c).mailbox }
    }

    /// Round trip (ns) and bandwidth (bit/s) of a line.
    #[inline]
    pub(super) fn line(&self, line: u32) -> [u64; 2] {
        self.lines[line as usize]
    }

    /// How long a client stays away after so many failures in a row, whatever their
    /// reason: `first`, then twice as long each time, at most `most`; some of it drawn.
    pub(super) fn back_off(&self, c: usize, fails: u16, first: SimSpan, most: SimSpan) -> SimSpan {
        let doubled =
            first.0.saturating_mul(1 << fails.saturating_sub(1).min(LONG_AGO)).min(most.0.max(first.0));
        let share = self.behaviour(c).settings.backoff_spread;
        let client = &self.clients[c];
        let key = self.key(c).child(u64::from(client.session));
        SimSpan(spread(key, u32::from(client.fails), doubled, share))
    }

    #[inline]
    fn mail_of(&self, c: usize) -> usize {
        let shift = self.names[self.clients[c].cohort as usize].mail_shift;
        (c as u32).wrapping_sub(shift) as usize
    }

    /// When the next mail of a client that follows it arrives.
    #[inline]
    pub(super) fn mail_at(&self, c: usize) -> SimTime {
        self.mails[self.mail_of(c)].at
    }

    /// Begins to count mail at `ns` after the run's beginning (negative: before it).
    pub(super) fn expect_mail(&mut self, c: usize, ns: f64) {
        let of = self.mail_of(c);
        self.mails[of].work = self.clock(c).work(ns);
        self.next_mail(c);
    }

    /// Goes on to the next mail of the mailbox.
    pub(super) fn next_mail(&mut self, c: usize) {
        let received = self.behaviour(c).profile.received;
        let of = self.mail_of(c);
        if received <= 0.0 {
            self.mails[of].at = SimTime::MAX;
            return;
        }
        let number = self.mails[of].number + 1;
        let gap = gap(self.mailbox_key(c), MAIL, number) / received;
        let work = self.clock(c).advance(self.mails[of].work, gap);
        self.mails[of] = Mail { work, at: self.clock(c).at(work), number };
    }

    /// Takes all mail up to `now`: how many messages.
    pub(super) fn take_mail(&mut self, c: usize, now: SimTime) -> u32 {
        let mut messages = 0;
        while self.mail_at(c) <= now {
            messages += 1;
            self.next_mail(c);
        }
        messages
    }
}

/// An exponential gap of mean one, named by a client's key and a number.
#[inline]
pub(super) fn gap(key: Key, role: Role, number: u32) -> f64 {
    UnitExponential.sample(&mut key.child(u64::from(number)).stream(role, 0))
}

/// A uniform number, named likewise.
#[inline]
pub(super) fn uniform(key: Key, role: Role, number: u32) -> f64 {
    key.child(u64::from(number)).stream(role, 0).random()
}

/// A wait of which a share is drawn, so that not all come back together.
pub(super) fn spread(key: Key, number: u32, wait: u64, spread: f64) -> u64 {
    if spread <= 0.0 {
        return wait;
    }
    nanos(wait as f64 * (1.0 - spread * uniform(key, BACK_OFF, number)))
}
