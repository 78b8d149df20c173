//! The utilisation law, without a run: how much of each server group and link
//! direction the clients ask for in the busiest hour.
//!
//! The means are those of the very programs that the engine would walk: each step
//! of each cohort, times how often a client takes it in that hour, times clients.
//! Sequential delays play no part in it. What it leaves out: attempts after a
//! failure, and the clients that are refused, beyond their first attempt.
//!
//! A figure of 1 or more means that no queueing formula has a steady state and that
//! a run shows a queue that grows for as long as the hour lasts.
//!
//! Must not know how it is shown, nor what follows from it.

use crate::clients::compile::affinity::Cut;
use crate::clients::compile::placement::Ground;
use crate::clients::compile::program::SPAN;
use crate::clients::compile::request_specs::{
    REOPEN, eas, imap, keep_alives_a_gap, outlook, outlook_tasks, owa, owa_actions, pop,
};
use crate::clients::compile::{Cohort, Habit, Plan, compile};
use crate::clients::day::DayClock;
use crate::clients::play::driver::utc_offset;
use crate::itinerary::{Amount, Counted, Leg, Network, Place, Program, StationGroup};
use crate::kernel::{Id, SimTime};
use crate::model::access::Rules;
use crate::model::topology::{CasGroup, MailboxGroup, Protocol, Site, SiteLink};
use crate::model::workload::{Arrivals, CustomLink, CustomSource, CustomStation, Visit};
use crate::model::{Experiment, Model};
pub use crate::results::limits;

const HOUR: f64 = 3_600e9;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Resource {
    /// Cores of a Client Access server group.
    Cas(Id<CasGroup>),
    /// Cores of a Mailbox server group.
    Mailbox(Id<MailboxGroup>),
    /// A direction (0 or 1) of a site link.
    Link(Id<SiteLink>, usize),
    /// A site's Internet pipe: 0 is inwards, 1 outwards.
    Pipe(Id<Site>, usize),
    /// A custom station.
    Station(Id<CustomStation>),
    /// A custom link.
    CustomLink(Id<CustomLink>),
}

impl Resource {
    /// Whether it is a link direction; else it is servers.
    #[must_use]
    pub fn is_link(self) -> bool {
        matches!(self, Self::Link(..) | Self::Pipe(..) | Self::CustomLink(_))
    }
}

/// Load offered to one resource in its busiest hour.
#[derive(Clone, PartialEq, Debug)]
pub struct Offered {
    /// The resource.
    pub resource: Resource,
    /// Its name as in tables of results.
    pub name: String,
    /// Demand in that hour: cores, or bit/s.
    pub demand: f64,
    /// Mean demand over the measured window, likewise.
    pub mean: f64,
    /// Capacity: cores of the whole group, or bit/s for this traffic.
    pub capacity: f64,
    /// Beginning of the hour; the last one may be shorter.
    pub from: SimTime,
    /// Core seconds an hour or bits an hour by population, in the populations' order; empty for custom ones.
    pub by_population: Vec<f64>,
}

impl Offered {
    /// Demand over capacity.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        self.demand / self.capacity
    }

    /// Demand over capacity, over the whole measured window.
    #[must_use]
    pub fn mean_utilisation(&self) -> f64 {
        self.mean / self.capacity
    }
}

/// What clients hold of one limit in its busiest hour, by Little's law: rate times mean
/// time held, without queues.
#[derive(Clone, PartialEq, Debug)]
pub struct Held {
    /// Kind of the limit, of [`crate::results::limits::ALL`].
    pub kind: &'static str,
    /// The servers that count.
    pub cas: Id<CasGroup>,
    /// Name of the servers at the far end, where pairs are counted.
    pub towards: Option<String>,
    /// Mean units in that hour at one server, or one pair of servers.
    pub mean: f64,
    /// Units that there are there.
    pub limit: u32,
    /// Held for the length of a session; else for that of a request, so that bursts
    /// exceed the mean.
    pub by_sessions: bool,
    /// Beginning of the hour.
    pub from: SimTime,
    /// Unit hours by population, in the populations' order.
    pub by_population: Vec<f64>,
}

impl Held {
    /// Units that are held now and then: three standard deviations above the mean,
    /// where requests come at random (Poisson) and hold one each.
    #[must_use]
    pub fn peak(&self) -> f64 {
        if self.by_sessions { self.mean } else { self.mean + 3.0 * self.mean.sqrt() }
    }
}

/// Mean cost of a program: nanoseconds of a core by group and bits by link direction,
/// and nanoseconds for which it holds a unit by limit.
#[derive(Clone, Debug, Default)]
struct Cost {
    groups: Vec<(usize, f64)>,
    links: Vec<(usize, f64)>,
    holds: Vec<(usize, f64)>,
    /// Limits that are held while a request waits for the length of a hold.
    held: Vec<usize>,
}

fn mean(amount: &Amount) -> f64 {
    match amount {
        Amount::Fixed(value) => *value as f64,
        Amount::Drawn { sampler, scale, .. } => sampler.mean() * scale,
        // Only delays are made of these.
        Amount::Param { .. } | Amount::DrawnOverParam { .. } | Amount::SlowStart { .. } => 0.0,
    }
}

fn cost(network: &Network, program: Program) -> Cost {
    let mut cost = Cost::default();
    // Limits of which a unit is held, and since when on the program's own clock.
    let (mut clock, mut taken): (f64, Vec<(usize, f64)>) = (0.0, Vec::new());
    for leg in network.legs.iter().skip(program.0 as usize) {
        match leg {
            Leg::Serve { place: Place::Slot { group, .. } | Place::Any { group }, amount, .. } => {
                cost.groups.push((group.index(), mean(amount)));
                clock += mean(amount);
            }
            Leg::Transfer { link, amount, cap, .. } => {
                cost.links.push((link.index(), mean(amount)));
                clock += mean(amount) / network.links[link.index()].bandwidth.min(*cap) * 1e9;
            }
            Leg::Delay { amount: Amount::Param { index: SPAN, .. }, .. } => {
                cost.held.extend(taken.iter().map(|(family, _)| *family));
            }
            Leg::Delay { amount, .. } => clock += mean(amount),
            Leg::Take { family, .. } => taken.push((family.index(), clock)),
            Leg::Give { family, .. } => {
                if let Some(at) = taken.iter().position(|(held, _)| *held == family.index()) {
                    let (family, since) = taken.swap_remove(at);
                    cost.holds.push((family, clock - since));
                }
            }
            Leg::End | Leg::Fail { .. } | Leg::Refuse { .. } => break,
            _ => {}
        }
    }
    cost.holds.extend(taken.into_iter().map(|(family, since)| (family, clock - since)));
    cost
}

/// An hour of one cohort's day.
struct Span<'h> {
    habit: &'h Habit,
    /// Work done at its beginning and its end, days.
    work: (f64, f64),
    /// Work of this day of the week by that of the profile's.
    factor: f64,
    /// Length, ns.
    ns: f64,
}

impl Span<'_> {
    /// Share of the profile's day that falls into it.
    fn share(&self) -> f64 {
        (self.work.1 - self.work.0) * self.factor
    }

    /// Mean of a function of the position in the day's work, over this hour.
    fn over(&self, f: impl Fn(f64) -> f64) -> f64 {
        const PIECES: u32 = 16;
        let width = (self.work.1 - self.work.0) / f64::from(PIECES);
        let place = |piece: u32| self.work.0 + (f64::from(piece) + 0.5) * width;
        (0..PIECES).map(|piece| f(place(piece) - libm::floor(place(piece)))).sum::<f64>() / f64::from(PIECES)
    }

    /// Share of the clients that are at work, averaged over this hour.
    fn present(&self) -> f64 {
        if self.habit.always_connected {
            return 1.0;
        }
        let [begins, ends] = &self.habit.edges;
        self.over(|x| begins.passed(x) - ends.passed(x))
    }

    /// Clients whose working day begins in it.
    fn beginning(&self) -> f64 {
        if self.factor <= 0.0 {
            return 0.0;
        }
        let [begins, _] = &self.habit.edges;
        let (from, to) = self.work;
        let day = libm::floor(from);
        let until =
            |x: f64| if x >= day + 1.0 { 1.0 + begins.passed(x - day - 1.0) } else { begins.passed(x - day) };
        until(to) - until(from)
    }

    /// Clients that connect in it.
    fn connecting(&self) -> f64 {
        if self.habit.always_connected { 0.0 } else { self.beginning() }
    }
}

/// How often one client takes each step in an hour.
fn rates(protocol: Protocol, habit: &Habit, heartbeat: f64, span: &Span) -> Vec<(u8, f64)> {
    let (profile, settings) = (&habit.profile, &habit.settings);
    let share = span.share();
    let every = |ns: u64| span.ns / (ns.max(1) as f64);
    // The day's tasks fall into the working day, which is this much of the day's work.
    let [begins, ends] = [&habit.edges[0], &habit.edges[1]].map(|edge| edge.place(0.5));
    let working = if habit.always_connected { 1.0 } else { (ends - begins).max(1e-9) };
    match protocol {
        Protocol::Owa => {
            let logons = profile.owa_logons * share;
            if logons <= 0.0 {
                return Vec::new();
            }
            let session = owa_actions(profile) * settings.owa_think.mean();
            let polls = if settings.owa_poll.0 == 0 { 0.0 } else { session / settings.owa_poll.0 as f64 };
            vec![
                (owa::LOGON, logons),
                (owa::READ, profile.read * share),
                (owa::SEND, profile.sent * share),
                (owa::DELETE, profile.deleted * share),
                (owa::POLL, logons * polls),
                (owa::LOGOFF, logons * settings.owa_logoff_share),
            ]
        }
        Protocol::Eas => {
            // A Ping ends at the heartbeat or at the next mail, whichever is first.
            let rate = profile.received * share / span.ns;
            let length =
                if rate * heartbeat > 1e-9 { (1.0 - libm::exp(-rate * heartbeat)) / rate } else { heartbeat };
            vec![
                (eas::PING, span.ns / length),
                (eas::SYNC, (profile.received * settings.eas_syncs_per_mail + profile.sent) * share),
                (eas::SEND, profile.sent * share),
            ]
        }
        Protocol::OutlookAnywhere
        | Protocol::OutlookCached
        | Protocol::OutlookOnline
        | Protocol::MapiHttp => {
            let present = span.present();
            let tasks = outlook_tasks(profile, settings) * share * present / working;
            let messages = profile.sent + profile.received;
            let of = |n: f64| {
                let all = outlook_tasks(profile, settings).max(messages);
                if all > 0.0 { tasks * n / all } else { 0.0 }
            };
            let idle = settings.outlook_keep_alive.0.max(1) as f64;
            let rate = if present > 0.0 { tasks / present / span.ns } else { 0.0 };
            // Gaps are exponential; a gap holds as many keep-alives as it holds whole idle times.
            let alive =
                if rate * idle > 1e-9 { rate * keep_alives_a_gap(1.0 / rate, idle) } else { 1.0 / idle };
            vec![
                (outlook::CONNECT, span.connecting()),
                (outlook::RECEIVE, of(profile.received)),
                (outlook::SEND, of(profile.sent)),
                (outlook::TASK, tasks - of(messages)),
                (outlook::KEEP_ALIVE, alive * present * span.ns),
            ]
        }
        Protocol::Pop => {
            vec![(pop::OPEN, every(settings.pop_poll.0)), (pop::RETRIEVE, profile.received * share)]
        }
        Protocol::Imap => {
            let present = span.present();
            vec![
                (outlook::CONNECT, span.connecting()),
                (imap::FETCH, profile.received * share * present),
                (imap::IDLE, every(settings.imap_idle.0) * present),
            ]
        }
        Protocol::Ews => vec![(0, settings.ews_requests_per_day * share)],
        Protocol::Autodiscover => vec![(0, span.beginning())],
        // Somewhere in the first half of the working day.
        Protocol::Oab => {
            let (from, to) = (begins.min(0.49), 0.5);
            vec![(0, share * span.over(|x| if (from..to).contains(&x) { 1.0 / (to - from) } else { 0.0 }))]
        }
    }
}

/// One hour's demand: ns of core by group and bits by link, each by population.
struct Demand {
    from: f64,
    ns: f64,
    groups: Vec<Vec<f64>>,
    links: Vec<Vec<f64>>,
    /// Units times ns by limit.
    families: Vec<Vec<f64>>,
}

/// Load offered to every resource in its busiest hour of the measured window.
#[must_use]
pub fn offered(model: &Model, experiment: &Experiment) -> Vec<Offered> {
    asked(model, experiment).0
}

/// As [`offered`], and what clients hold of every limit that there is.
#[must_use]
pub fn asked(model: &Model, experiment: &Experiment) -> (Vec<Offered>, Vec<Held>) {
    let mut network = Network::default();
    let rules = Rules::new(&model.topology);
    let plan = compile(model, &mut network, |ask| rules.decide(ask));
    let hours = hours(model, experiment, &network, &plan);
    let mut found = Vec::new();
    let topology = &model.topology;
    let ground = &plan.ground;
    let group = |resource, group: usize| {
        let servers = &network.groups[group];
        let cores = network.stations[servers.first as usize].cores;
        let capacity = f64::from(servers.count) * f64::from(cores);
        busiest(&hours, resource, servers.name.clone(), capacity, |hour| &hour.groups[group])
    };
    for (at, id) in ground.cas.iter().enumerate() {
        found.extend(group(Resource::Cas(Id::new(at)), id.index()));
    }
    for (at, id) in ground.mailbox.iter().enumerate() {
        found.extend(group(Resource::Mailbox(Id::new(at)), id.index()));
    }
    let link = |resource, link: usize| {
        let direction = &network.links[link];
        busiest(&hours, resource, direction.name.clone(), direction.bandwidth, |hour| &hour.links[link])
    };
    for at in 0..topology.links.len() {
        for way in 0..2 {
            found.extend(link(Resource::Link(Id::new(at), way), ground.links[at][way].index()));
        }
    }
    for (at, pipe) in ground.pipes.iter().enumerate() {
        for (way, direction) in pipe.iter().flatten().enumerate() {
            found.extend(link(Resource::Pipe(Id::new(at), way), direction.index()));
        }
    }
    found.extend(custom(model, experiment));
    (found, held(&hours, &network, ground))
}

/// What is held of the limits that tell clients apart by nothing but their server, or
/// the pair of servers.
fn held(hours: &[Demand], network: &Network, ground: &Ground) -> Vec<Held> {
    let mut found = Vec::new();
    for (number, family) in network.families.iter().enumerate() {
        let servers = |group: Id<StationGroup>| f64::from(network.groups[group.index()].count.max(1));
        let (pools, towards) = match family.counted {
            Counted::Server => (servers(family.group), None),
            Counted::Pair(far) => {
                (servers(family.group) * servers(far), Some(network.groups[far.index()].name.clone()))
            }
            Counted::Key(_) => continue,
        };
        let Some(cas) = ground.cas.iter().position(|group| *group == family.group) else { continue };
        let of = |hour: &Demand| hour.families[number].iter().sum::<f64>() / hour.ns;
        let Some(hour) = hours.iter().max_by(|a, b| of(a).total_cmp(&of(b))) else { continue };
        if family.limit == u32::MAX || of(hour) <= 0.0 {
            continue;
        }
        found.push(Held {
            kind: family.kind,
            cas: Id::new(cas),
            towards,
            mean: of(hour) / pools,
            limit: family.limit,
            by_sessions: matches!(family.kind, limits::RPC_HTTP | limits::PORTS | limits::IMAP | limits::POP),
            from: SimTime(hour.from as u64),
            by_population: hour.families[number].iter().map(|units| units / HOUR).collect(),
        });
    }
    found
}

fn busiest<'h>(
    hours: &'h [Demand],
    resource: Resource,
    name: String,
    capacity: f64,
    of: impl Fn(&'h Demand) -> &'h Vec<f64>,
) -> Option<Offered> {
    // Core seconds a second for groups, bits a second for links.
    let unit = match resource {
        Resource::Cas(_) | Resource::Mailbox(_) => 1.0,
        _ => 1e9,
    };
    let rate = |hour: &'h Demand| of(hour).iter().sum::<f64>() / hour.ns * unit;
    let whole: f64 = hours.iter().map(|hour| hour.ns).sum();
    let mean = hours.iter().map(|hour| rate(hour) * hour.ns).sum::<f64>() / whole;
    let hour = hours.iter().reduce(|best, hour| if rate(hour) > rate(best) { hour } else { best })?;
    Some(Offered {
        resource,
        name,
        demand: rate(hour),
        mean,
        capacity,
        from: SimTime(hour.from as u64),
        by_population: of(hour).clone(),
    })
}

fn hours(model: &Model, experiment: &Experiment, network: &Network, plan: &Plan) -> Vec<Demand> {
    let populations = model.workload.populations.len();
    let mut clients = vec![0.0f64; plan.cohorts.len()];
    for member in &plan.members {
        clients[member.cohort as usize] += 1.0;
    }
    let (begin, end) = (experiment.measured_from().0 as f64, experiment.ends_at().0 as f64);
    let begins_at = experiment.window_starts_at_utc.0 as i64 - experiment.warmup.0 as i64;
    let count = libm::ceil((end - begin) / HOUR).clamp(1.0, 24.0) as u32;
    let mut hours: Vec<Demand> = (0..count)
        .map(|n| {
            let from = begin + f64::from(n) * HOUR;
            Demand {
                from,
                ns: (end - from).clamp(1.0, HOUR),
                groups: vec![vec![0.0; populations]; network.groups.len()],
                links: vec![vec![0.0; populations]; network.links.len()],
                families: vec![vec![0.0; populations]; network.families.len()],
            }
        })
        .collect();
    for (cohort, clients) in plan.cohorts.iter().zip(clients) {
        let population = cohort.population as usize;
        let habit = &plan.habits[population];
        let offset = i64::from(utc_offset(&model.topology, &model.workload, cohort)) * 60_000_000_000;
        let settings = &habit.settings;
        let clock = DayClock::new(&model.workload.populations[population].day, begins_at + offset).with_week(
            settings.week,
            model.workload.weekday_utc,
            begins_at + offset,
        );
        let costs: Vec<Cost> = cohort.steps.iter().map(|step| cost(network, *step)).collect();
        for hour in &mut hours {
            let work = (clock.work(hour.from), clock.work(hour.from + hour.ns));
            let factor = clock.factor(libm::floor(work.0));
            let span = Span { habit, work, factor, ns: hour.ns };
            for (step, rate) in rates_of(cohort, habit, &span) {
                let cost = &costs[usize::from(step)];
                for &(group, ns) in &cost.groups {
                    hour.groups[group][population] += clients * rate * ns;
                }
                for &(link, bits) in &cost.links {
                    hour.links[link][population] += clients * rate * bits;
                }
                for &(family, ns) in &cost.holds {
                    hour.families[family][population] += clients * rate * ns;
                }
                for &family in &cost.held {
                    // One request is held after another, the whole hour.
                    hour.families[family][population] += clients * hour.ns;
                }
            }
            if cohort.refused.is_none() && cohort.protocol != Protocol::Pop {
                for door in &cohort.doors {
                    let (family, units) = door.counts();
                    hour.families[family.index()][population] +=
                        clients * span.present() * f64::from(units) * hour.ns;
                }
            }
        }
    }
    hours
}

fn rates_of(cohort: &Cohort, habit: &Habit, span: &Span) -> Vec<(u8, f64)> {
    // A connection that is closed in plain sight is opened again at once.
    let cut = cohort.cut.filter(|cut| !cut.silent).map_or(u64::MAX, |cut| cut.after.0);
    let heartbeat = habit.settings.eas_heartbeat.0.min(cut).max(1) as f64;
    let mut rates = rates(cohort.protocol, habit, heartbeat, span);
    if cohort.refused.is_some() {
        // Every program is the refusal; a device that is refused stays away for hours.
        rates.truncate(usize::from(cohort.protocol != Protocol::Eas));
    } else if let Some(cut) = cohort.cut {
        reopenings(cohort.protocol, cut, habit, span, &mut rates);
    }
    rates
}

/// Adds how often connections are opened again that an idle time-out has ended: gaps
/// between tasks, and between messages, are exponential. Those of OWA are left out: a
/// handshake in some of the gaps between polls.
fn reopenings(protocol: Protocol, cut: Cut, habit: &Habit, span: &Span, rates: &mut Vec<(u8, f64)>) {
    let present = span.present() * span.ns;
    if present <= 0.0 {
        return;
    }
    let (settings, after) = (&habit.settings, cut.after.0.max(1) as f64);
    let of = |steps: &[u8], rates: &[(u8, f64)]| -> f64 {
        rates.iter().filter(|(step, _)| steps.contains(step)).map(|(_, rate)| rate).sum()
    };
    // Ends of waits of mean 1 / `rate` that last longer than `ns`, each as often as it
    // holds that time.
    let held = |rate: f64, ns: f64| {
        if rate * ns > 1e-9 { rate * keep_alives_a_gap(1.0 / rate, ns) } else { 1.0 / ns }
    };
    let again = match protocol {
        Protocol::OutlookAnywhere | Protocol::OutlookCached | Protocol::OutlookOnline => {
            let tasks = of(&[outlook::RECEIVE, outlook::SEND, outlook::TASK], rates) / present;
            // In place of keep-alives.
            rates.retain(|(step, _)| *step != outlook::KEEP_ALIVE);
            if cut.silent {
                let keep_alive = settings.outlook_keep_alive.0.max(1) as f64;
                // A gap that outlasts it, begun anew by each keep-alive.
                let found = if tasks * keep_alive > 1e-9 {
                    tasks / -libm::expm1(-tasks * keep_alive)
                } else {
                    1.0 / keep_alive
                };
                found * libm::exp(-tasks * after)
            } else {
                held(tasks, after)
            }
        }
        Protocol::MapiHttp => {
            let tasks = of(&[outlook::RECEIVE, outlook::SEND, outlook::TASK], rates) / present;
            tasks * libm::exp(-tasks * after)
        }
        Protocol::Imap => {
            let mail = of(&[imap::FETCH], rates) / present;
            rates.retain(|(step, _)| *step != imap::IDLE);
            if cut.silent {
                let idle = settings.imap_idle.0.max(1) as f64;
                let outlasts = libm::exp(-mail * after);
                let heard = if mail * after > 1e-9 { (1.0 - outlasts) / mail } else { after };
                outlasts / (heard + outlasts * (idle - after))
            } else {
                held(mail, after)
            }
        }
        _ => return,
    };
    rates.push((REOPEN, again * present));
}

/// Visits a session pays to each node of its class: the traffic equations, iterated.
fn visits(source: &CustomSource, class: usize) -> Vec<f64> {
    let nodes = &source.classes[class].nodes;
    let mut total = vec![0.0; nodes.len()];
    let mut now = vec![0.0; nodes.len()];
    if let Some(entry) = now.get_mut(source.classes[class].entry) {
        *entry = 1.0;
    }
    // A session that stays longer than this many steps with any weight has no steady state.
    for _ in 0..100_000 {
        if now.iter().sum::<f64>() < 1e-12 {
            break;
        }
        let mut next = vec![0.0; nodes.len()];
        for (at, node) in nodes.iter().enumerate() {
            total[at] += now[at];
            for &(probability, to) in &node.next {
                if let Some(to) = to {
                    next[to] += now[at] * probability;
                }
            }
        }
        now = next;
    }
    total
}

/// Open sources of the scenario's own network; a closed one cannot be overloaded.
fn custom(model: &Model, experiment: &Experiment) -> Vec<Offered> {
    let workload = &model.workload;
    let (begin, end) = (experiment.measured_from(), experiment.ends_at());
    let window = end.since(begin).as_secs_f64().max(1e-9);
    // Highest and mean flow.
    let mut stations = vec![[0.0; 2]; workload.stations.len()];
    let mut links = vec![[0.0; 2]; workload.links.len()];
    for source in &workload.sources {
        let rates = match &source.arrivals {
            Arrivals::Poisson { rate } => [*rate; 2],
            // The highest of the rates that hold in the window, and their mean.
            Arrivals::Varying(pieces) => {
                let (mut highest, mut arrivals) = (0.0_f64, 0.0);
                for (at, &(from, rate)) in pieces.iter().enumerate() {
                    let until = pieces.get(at + 1).map_or(end, |(next, _)| *next).min(end);
                    let held = until.since(from.max(begin)).as_secs_f64();
                    if held > 0.0 {
                        highest = highest.max(rate);
                        arrivals += rate * held;
                    }
                }
                [highest, arrivals / window]
            }
            Arrivals::Trace(instants) => {
                [instants.iter().filter(|at| **at >= begin && **at < end).count() as f64 / window; 2]
            }
            Arrivals::Closed { .. } => continue,
        };
        for (class, kind) in source.classes.iter().enumerate() {
            for (node, visits) in kind.nodes.iter().zip(visits(source, class)) {
                let flows = rates.map(|rate| rate * kind.probability * visits);
                let sums = match node.visit {
                    Visit::Station(id) => &mut stations[id.index()],
                    Visit::Link(id) => &mut links[id.index()],
                    Visit::Delay(..) => continue,
                };
                for (sum, flow) in sums.iter_mut().zip(flows) {
                    *sum += flow;
                }
            }
        }
    }
    let mut found = Vec::new();
    for (at, (station, flow)) in workload.stations.iter().zip(stations).enumerate() {
        found.push(Offered {
            resource: Resource::Station(Id::new(at)),
            name: station.name.clone(),
            demand: flow[0] * station.service.mean() / 1e9,
            mean: flow[1] * station.service.mean() / 1e9,
            capacity: f64::from(station.servers) * f64::from(station.cores),
            from: begin,
            by_population: Vec::new(),
        });
    }
    for (at, (link, flow)) in workload.links.iter().zip(links).enumerate() {
        found.push(Offered {
            resource: Resource::CustomLink(Id::new(at)),
            name: link.name.clone(),
            demand: flow[0] * link.volume.mean(),
            mean: flow[1] * link.volume.mean(),
            capacity: link.bandwidth,
            from: begin,
            by_population: Vec::new(),
        });
    }
    found
}
