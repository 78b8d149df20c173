//! The scenario of a case: what is lost has been down for a week, and who has no way is not there.
//!
//! Users who have no way are taken out, so that goals are judged for all who still have one: those
//! whose Mailbox server is lost and whose databases have no copy, and those whom the rules refuse
//! while it is down. A server without copies goes with its share of the users; any other one is an
//! outage, and balancers, names and copies do what they do in a run. Next: [`super::cases`].

use std::collections::BTreeMap;

use super::case::{Damage, InCase, Lost};
use super::machines::Pool;
use crate::check::flows;
use crate::diagnostics::Diagnostics;
use crate::itinerary::Balancing;
use crate::kernel::Id;
use crate::model::access::{Caller, Stop};
use crate::model::protocol::Protocol;
use crate::model::topology::{MailboxServer, Site, SiteLink, Topology};
use crate::model::workload::{Population, Slo, Target};
use crate::scenario::{Override, Scenario, key};
use crate::study::{Thing, strain};

/// Shares below this are none.
const NOBODY: f64 = 1e-9;

/// What makes a scenario one of a case.
#[derive(Clone, Debug, Default)]
struct Laid {
    sets: Vec<Override>,
    without: Vec<String>,
    outages: Vec<String>,
    /// Groups of Mailbox servers that are gone as a whole stay in the scenario, dead: something
    /// refers to them.
    keeps_groups: bool,
}

/// Machines that are down, by the place of their pool: their numbers from 0, and how many there are.
type Dead = Vec<(usize, Vec<u32>, u32)>;

/// The scenario with what `sets` says, while `lost` is down.
pub(super) fn scenario(
    (base, pools): (&Scenario, &[Pool]),
    sets: &[Override],
    lost: Option<&Lost>,
) -> Result<InCase, Diagnostics> {
    let sound = base.with(sets)?;
    let Some(lost) = lost else {
        return Ok(InCase { scenario: Some(sound), lost: flows::Lost::default(), damages: Vec::new() });
    };
    let dead = dead(pools, &sound, lost)?;
    let begun =
        Laid { sets: sets.iter().cloned().chain(goals(&base.purchase.survive)).collect(), ..Laid::default() };
    lose((base, pools), &sound, (lost, &dead), begun.clone())
        .or_else(|_| lose((base, pools), &sound, (lost, &dead), Laid { keeps_groups: true, ..begun }))
}

fn lose(
    (base, pools): (&Scenario, &[Pool]),
    sound: &Scenario,
    (lost, dead): (&Lost, &Dead),
    mut laid: Laid,
) -> Result<InCase, Diagnostics> {
    let mut damages = Damages::new(sound);
    let gone = without_stores(pools, sound, lost, dead, &mut laid);
    let left = users_gone(sound, &gone, &mut laid, &mut damages);
    outages(pools, sound, lost, dead, &mut laid);
    if !left {
        return Ok(InCase { scenario: None, lost: flows::Lost::default(), damages: damages.list });
    }
    let unharmed = base.with_lost(&laid.sets, &laid.without, &[])?;
    let down = down(pools, &unharmed.model.topology, lost, dead);
    let left = users_refused(&unharmed, &down, &mut laid, &mut damages);
    if !left {
        return Ok(InCase { scenario: None, lost: down, damages: damages.list });
    }
    let scenario = base.with_lost(&laid.sets, &laid.without, &laid.outages)?;
    Ok(InCase { scenario: Some(scenario), lost: down, damages: damages.list })
}

/// What sets the goals that differ while something is lost.
fn goals(slo: &Slo) -> Vec<Override> {
    let mut sets = Vec::new();
    let mut set = |path: String, value: Option<String>| {
        sets.extend(value.map(|value| Override { path: format!("slo.{path}"), value }));
    };
    let share = |share: Option<f64>| share.map(|share| format!("{share:?}"));
    set("cpu".to_owned(), share(slo.cpu));
    set("cpu_mean".to_owned(), share(slo.cpu_mean));
    set("link".to_owned(), share(slo.link));
    set("link_mean".to_owned(), share(slo.link_mean));
    for (protocol, goals) in &slo.protocols {
        let time = |span: Option<crate::kernel::SimSpan>| span.map(|span| format!("\"{} ns\"", span.0));
        let at = |name: &str| format!("{}.{name}", protocol.token());
        set(at("logon_p95"), time(goals.logon_p95));
        set(at("logon_with_human_p95"), time(goals.logon_with_human_p95));
        set(at("p95"), time(goals.p95));
        set(at("failures"), share(goals.failures));
        set(at("availability"), share(goals.availability));
    }
    sets
}

fn dead(pools: &[Pool], sound: &Scenario, lost: &Lost) -> Result<Dead, Diagnostics> {
    let topology = &sound.model.topology;
    let all = pools.iter().enumerate();
    Ok(match lost {
        Lost::Server(at) => {
            let pool = &pools[*at];
            vec![(*at, vec![stands_for_all(sound, pool)?], pool.count(topology))]
        }
        Lost::Host(host) => all
            .map(|(at, pool)| (at, pool.on_host(topology, host), pool.count(topology)))
            .filter(|(_, numbers, _)| !numbers.is_empty())
            .collect(),
        Lost::Site(site) => all
            .filter(|(_, pool)| pool.site == *site)
            .map(|(at, pool)| (at, (0..pool.count(topology)).collect(), pool.count(topology)))
            .collect(),
        Lost::Link(_) | Lost::Other(..) => Vec::new(),
    })
}

/// Which of some servers alike is lost: the first, or where clients hash to servers the one whose
/// clients burden the others most.
fn stands_for_all(sound: &Scenario, pool: &Pool) -> Result<u32, Diagnostics> {
    let topology = &sound.model.topology;
    let (Some(id), _) = pool.groups(topology) else { return Ok(0) };
    let servers = pool.count(topology);
    if topology.cas[id.index()].balancing != Balancing::ClientAffinity || servers < 3 {
        return Ok(0);
    }
    let mut worst = (0, 0.0);
    for number in 0..servers {
        let without = sound.with_lost(&[], &[], &[of_pool(pool, number, servers)])?;
        let strain = strain(&without.model, &without.experiment, &Caller::default());
        let load = strain.work.iter().find(|load| load.thing == Thing::Cas(id));
        let used = load.map_or(0.0, |load| load.busiest);
        if used > worst.1 {
            worst = (number, used);
        }
    }
    Ok(worst.0)
}

/// One of some servers, as an outage strikes it with all its roles.
fn of_pool(pool: &Pool, number: u32, of: u32) -> String {
    let one = if of == 1 { pool.name.clone() } else { format!("{}-{}", pool.name, number + 1) };
    format!("server.{}", key(&one))
}

/// Takes Mailbox servers away whose databases are nowhere else. Gives what is left of each group, 0 to
/// 1, by its name.
fn without_stores(
    pools: &[Pool],
    sound: &Scenario,
    lost: &Lost,
    dead: &Dead,
    laid: &mut Laid,
) -> BTreeMap<String, f64> {
    let topology = &sound.model.topology;
    let mut left = BTreeMap::new();
    for (at, numbers, of) in dead {
        let pool = &pools[*at];
        if !pool.has[1] || pool.has_copies(topology) {
            continue;
        }
        let up = of - numbers.len() as u32;
        if up == 0 && laid.keeps_groups {
            continue;
        }
        left.insert(pool.name.clone(), f64::from(up) / f64::from(*of));
        if up == 0 {
            continue;
        }
        let stores = |role: &&String| role.ends_with(".mailbox") || matches!(lost, Lost::Host(_));
        for role in pool.roles.iter().filter(stores) {
            laid.sets.push(Override { path: format!("{role}.servers"), value: up.to_string() });
        }
        if let Lost::Host(host) = lost {
            // The others stand where they stood.
            let hosts = format!("{:?}", pool.hosts_but(topology, host));
            let tables = pool.own.as_ref().map_or(&pool.roles[..], std::slice::from_ref);
            let moved =
                tables.iter().map(|table| Override { path: format!("{table}.host"), value: hosts.clone() });
            laid.sets.extend(moved);
        }
    }
    // A group that is gone as a whole holds no mailboxes where others of its site do.
    for (at, _, _) in dead {
        let pool = &pools[*at];
        let gone = |name: &str| left.get(name) == Some(&0.0);
        let others = pools.iter().any(|of| of.site == pool.site && of.has[1] && !gone(&of.name));
        if gone(&pool.name) && others {
            let alone = pool.own.clone().filter(|_| !pool.has[0]);
            let role = pool.roles.iter().find(|role| role.ends_with(".mailbox")).cloned();
            laid.without.extend(alone.or(role));
        }
    }
    left
}

/// Takes away the users of Mailbox servers that are gone. Whether anybody is left.
fn users_gone(
    sound: &Scenario,
    left: &BTreeMap<String, f64>,
    laid: &mut Laid,
    damages: &mut Damages,
) -> bool {
    let model = &sound.model;
    let mut somebody = !model.workload.sources.is_empty();
    for population in &model.workload.populations {
        let stores = population.stores(&model.topology);
        let up = |group: usize| left.get(&model.topology.mailbox[group].name).copied().unwrap_or(1.0);
        let share: f64 = stores.iter().map(|(group, part)| part * up(group.index())).sum();
        let cut = 1.0 - share;
        if cut <= NOBODY {
            somebody = true;
            continue;
        }
        for of in &population.clients {
            let users = f64::from(population.mailboxes) * of.share.min(1.0) * cut;
            damages.add(population, of.protocol, users, false);
        }
        if share <= NOBODY {
            laid.without.push(format!("population.{}", key(&population.name)));
            continue;
        }
        somebody = true;
        for of in &population.clients {
            laid.sets.push(clients(population, of.protocol, of.share * share));
        }
    }
    somebody
}

/// What sets how many clients of a protocol a mailbox has.
fn clients(population: &Population, protocol: Protocol, share: f64) -> Override {
    let path = format!("population.{}.clients.{}", key(&population.name), protocol.token());
    Override { path, value: format!("{share:?}") }
}

/// What fails in the run.
fn outages(pools: &[Pool], sound: &Scenario, lost: &Lost, dead: &Dead, laid: &mut Laid) {
    let topology = &sound.model.topology;
    match lost {
        Lost::Link(name) => laid.outages.push(format!("link.{}", key(name))),
        Lost::Site(name) => laid.outages.push(format!("site.{}", key(name))),
        Lost::Other(what, _) => laid.outages.push(what.clone()),
        Lost::Server(_) | Lost::Host(_) => {
            for (at, numbers, of) in dead {
                let pool = &pools[*at];
                let whole = numbers.len() as u32 == *of;
                let removed = pool.has[1] && !pool.has_copies(topology) && !(whole && laid.keeps_groups);
                match (removed, lost, whole) {
                    // The Mailbox role is gone; of the other one the table is there still.
                    (true, _, true) if pool.has[0] => laid.outages.extend(front(pool, topology, numbers)),
                    (true, Lost::Server(_), false) if pool.has[0] => {
                        laid.outages.extend(front(pool, topology, numbers));
                    }
                    (true, ..) => {}
                    (false, _, true) => laid.outages.push(format!("server.{}", key(&pool.name))),
                    (false, ..) => {
                        laid.outages.extend(numbers.iter().map(|&number| of_pool(pool, number, *of)));
                    }
                }
            }
        }
    }
}

/// Client Access roles of some machines, as an outage strikes them alone.
fn front(pool: &Pool, topology: &Topology, numbers: &[u32]) -> Vec<String> {
    let (Some(own), _) = pool.groups(topology) else { return Vec::new() };
    let groups = &topology.sites[topology.cas[own.index()].site.index()].cas;
    let before = groups.iter().take_while(|id| **id != own).map(|id| topology.cas[id.index()].servers);
    let before: u32 = before.sum();
    let one = |number: &u32| format!("site.{}.cas.{}", key(&pool.site), before + number + 1);
    numbers.iter().map(one).collect()
}

/// What is down, as the rules are asked.
fn down(pools: &[Pool], topology: &Topology, lost: &Lost, dead: &Dead) -> flows::Lost {
    let mut down = flows::Lost::default();
    for (at, numbers, of) in dead {
        let (cas, mailbox) = pools[*at].groups(topology);
        let all = numbers.len() as u32 == *of;
        down.groups.extend(cas.filter(|_| all).map(Stop::Cas));
        let Some(group) = mailbox else { continue };
        if all {
            down.groups.push(Stop::Mailbox(group));
        } else if topology.mailbox[group.index()].copies.is_some() {
            down.servers.extend(numbers.iter().map(|&number| MailboxServer { group, number }));
        }
    }
    match lost {
        Lost::Link(name) => down.links.extend(topology.link(name)),
        Lost::Site(name) => {
            let Some(site) = topology.site(name) else { return down };
            let passive = topology.stores_in(site).into_iter().map(Stop::Mailbox);
            for stop in passive.collect::<Vec<_>>() {
                if !down.groups.contains(&stop) {
                    down.groups.push(stop);
                }
            }
            let ends = |link: &SiteLink| link.between.contains(&site);
            let links = topology.links.iter().enumerate().filter(|(_, link)| ends(link));
            down.links.extend(links.map(|(at, _)| Id::new(at)));
        }
        Lost::Other(_, target) => other(topology, target, &mut down),
        Lost::Server(_) | Lost::Host(_) => {}
    }
    down
}

/// What is down with something that is stated as a whole.
fn other(topology: &Topology, target: &Target, down: &mut flows::Lost) {
    let front = |site: &Id<Site>| topology.sites[site.index()].cas.iter().copied();
    match target {
        Target::Balancer(site) => down.behind.extend(front(site)),
        Target::Service(site, protocol) => down.services.extend(front(site).map(|id| (id, *protocol))),
        Target::ServerService { cas, number: None, protocol } => down.services.push((*cas, *protocol)),
        Target::Cas(site, None) => down.groups.extend(front(site).map(Stop::Cas)),
        Target::Mailbox(site, None) => {
            down.groups.extend(topology.stores_in(*site).into_iter().map(Stop::Mailbox));
        }
        Target::Server { cas, mailbox, number: None } => {
            down.groups.extend(cas.map(Stop::Cas));
            down.groups.extend(mailbox.map(Stop::Mailbox));
        }
        _ => {}
    }
}

/// Takes away the users whom the rules refuse while something is down. Whether anybody is left.
fn users_refused(scenario: &Scenario, down: &flows::Lost, laid: &mut Laid, damages: &mut Damages) -> bool {
    let model = &scenario.model;
    let mut somebody = !model.workload.sources.is_empty();
    let sound = flows::of(&model.topology, &model.workload);
    let all = flows::while_down(&model.topology, &model.workload, down);
    for (number, population) in model.workload.populations.iter().enumerate() {
        let mut none = true;
        for of in &population.clients {
            let own = |flow: &&flows::Flow| flow.population == number && flow.protocol == of.protocol;
            let served =
                |flows: &[flows::Flow]| flows.iter().filter(own).map(flows::Flow::served).sum::<f64>();
            let whole: f64 = all.iter().filter(own).map(|flow| flow.clients).sum();
            // Who is refused while nothing is lost is refused by the rules, which is no damage.
            let (before, now) = (served(&sound), served(&all));
            let cut = (before - now).max(0.0) / whole.max(NOBODY);
            let nobody = now <= NOBODY * whole && before > NOBODY * whole;
            none &= nobody || of.share <= 0.0;
            if cut <= NOBODY {
                continue;
            }
            let users = f64::from(population.mailboxes) * of.share.min(1.0) * cut;
            damages.add(population, of.protocol, users, !nobody);
            if nobody {
                laid.sets.push(clients(population, of.protocol, 0.0));
            }
        }
        if none {
            laid.without.push(format!("population.{}", key(&population.name)));
        }
        somebody |= !none;
    }
    somebody
}

/// Who is cut off, once a population and protocol.
struct Damages {
    hours: f64,
    list: Vec<Damage>,
}

impl Damages {
    fn new(scenario: &Scenario) -> Self {
        Self { hours: scenario.experiment.window.as_secs_f64() / 3600.0, list: Vec::new() }
    }

    fn add(&mut self, population: &Population, protocol: Protocol, users: f64, asks: bool) {
        let hours = users * self.hours;
        let known = self.list.iter_mut().find(|known| {
            known.population == population.name && known.protocol == protocol && known.asks == asks
        });
        match known {
            Some(known) => {
                known.users += users;
                known.user_hours += hours;
            }
            None => self.list.push(Damage {
                population: population.name.clone(),
                protocol,
                users,
                user_hours: hours,
                asks,
            }),
        }
    }
}
