//! Compiles custom stations, links, delays and routes into a network.

use crate::clients::roster::{OutagePlan, Struck, outage_plans};
use crate::itinerary::Balancing;
use crate::itinerary::{Amount, Leg, LegPlace, LinkDirection, Network, Part, Program, StationGroup};
use crate::kernel::distribution::{Distribution, Sampler};
use crate::kernel::random::Role;
use crate::kernel::{Id, SimSpan, SimTime, nanos};
use crate::model::workload::{Arrivals, CustomClass, CustomSource, RouteNode, Target, Visit, Workload};

/// How a source's sessions arrive, ready to draw.
#[derive(Clone, Debug)]
pub(super) enum ArrivalPlan {
    /// Mean gap, ns.
    Poisson { mean_gap: f64 },
    /// From (ns), rate (1/ns); sorted.
    Varying(Vec<(f64, f64)>),
    /// Users and the number of the first in the table of all closed sources.
    Closed { users: u32, first_user: u32, think: Sampler },
    /// Sorted instants.
    Trace(Vec<SimTime>),
}

#[derive(Clone, Debug)]
pub(super) struct SourcePlan {
    pub(super) stream: String,
    pub(super) arrivals: ArrivalPlan,
    /// Its classes in [`Compiled::classes`] begin here.
    pub(super) first_class: u32,
    /// Cumulative probability of each class.
    pub(super) cumulative: Vec<f64>,
    /// Attempts after the first, and the first wait before one.
    pub(super) retries: u32,
    pub(super) backoff: SimSpan,
}

#[derive(Clone, Debug)]
pub(super) struct ClassPlan {
    pub(super) name: String,
    pub(super) source: u32,
    pub(super) program: Program,
    /// Moves from station to station of the route; 0 where it branches.
    pub(super) server_hops: u32,
}

/// The custom part of a model, compiled; shared by all replications.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    pub(super) sources: Vec<SourcePlan>,
    pub(super) classes: Vec<ClassPlan>,
    pub(super) outages: Vec<OutagePlan>,
    /// Users of all closed sources.
    pub(super) users: u32,
    /// Index of the first source in [`crate::results::Names::populations`].
    pub(super) first_population: u32,
    /// Group of each custom station.
    pub groups: Vec<Id<StationGroup>>,
    /// Direction of each custom link.
    pub links: Vec<Id<LinkDirection>>,
}

impl Compiled {
    /// Whether there is nothing to play.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    pub(super) fn classes_of(&self, source: &SourcePlan) -> &[ClassPlan] {
        &self.classes[source.first_class as usize..][..source.cumulative.len()]
    }

    pub(super) fn most_classes(&self) -> usize {
        self.sources.iter().map(|s| s.cumulative.len()).max().unwrap_or(0)
    }
}

/// Adds the custom stations, links and routes of `workload` to `network`. With
/// `keep_visits` the stations keep the distributions of waits and sojourns.
#[must_use]
pub fn compile(workload: &Workload, network: &mut Network, keep_visits: bool) -> Compiled {
    let mut compiled = Compiled {
        first_population: u32::try_from(workload.populations.len()).expect("fewer than 2^32 populations"),
        ..Compiled::default()
    };
    for station in &workload.stations {
        let limit = station.queue_limit;
        let first = network.stations.len();
        let group = network.add_group(
            &station.name,
            station.servers,
            station.cores,
            limit,
            None,
            Balancing::RoundRobin,
        );
        for server in &mut network.stations[first..] {
            server.keep_visits = keep_visits;
        }
        compiled.groups.push(group);
    }
    for link in &workload.links {
        compiled.links.push(network.add_link(&link.name, link.bandwidth));
    }
    for (index, source) in workload.sources.iter().enumerate() {
        let arrivals = arrivals(source, &mut compiled.users);
        let first_class = compiled.classes.len() as u32;
        let mut cumulative = Vec::with_capacity(source.classes.len());
        let mut sum = 0.0;
        for class in &source.classes {
            sum += class.probability;
            cumulative.push(sum);
            let legs = Router { workload, compiled: &compiled, nodes: &class.nodes }.legs(class.entry);
            compiled.classes.push(ClassPlan {
                name: class.name.clone(),
                source: index as u32,
                program: network.add_program(legs),
                server_hops: server_hops(class),
            });
        }
        compiled.sources.push(SourcePlan {
            stream: source.stream.clone(),
            arrivals,
            first_class,
            cumulative,
            retries: source.retries,
            backoff: source.retry_backoff,
        });
    }
    compiled.outages = outage_plans(workload, |target| {
        let Target::Station(id) = target else { return None };
        let group = &network.groups[compiled.groups[id.index()].index()];
        Some(Struck { stations: (group.first..group.first + group.count).collect(), ..Struck::default() })
    });
    compiled
}

fn arrivals(source: &CustomSource, users_so_far: &mut u32) -> ArrivalPlan {
    match &source.arrivals {
        Arrivals::Poisson { rate } => ArrivalPlan::Poisson { mean_gap: 1e9 / rate },
        Arrivals::Varying(pieces) => {
            ArrivalPlan::Varying(pieces.iter().map(|&(from, rate)| (from.0 as f64, rate / 1e9)).collect())
        }
        Arrivals::Closed { users, think } => {
            let first_user = *users_so_far;
            *users_so_far += users;
            ArrivalPlan::Closed { users: *users, first_user, think: think.sampler() }
        }
        Arrivals::Trace(instants) => {
            let mut instants = instants.clone();
            instants.sort_unstable();
            ArrivalPlan::Trace(instants)
        }
    }
}

/// The instant (ns) at which `unit` more arrivals are expected after `clock`
/// under a rate that is constant on pieces: an exponential `unit` makes this the
/// next arrival of a Poisson process with that rate. Infinite where the rate
/// stays zero.
pub(super) fn advance(pieces: &[(f64, f64)], clock: f64, unit: f64) -> f64 {
    let mut left = unit;
    let mut now = clock;
    // The last piece that has begun; before the first, nothing arrives.
    let begun = pieces.partition_point(|&(from, _)| from <= now);
    if begun == 0 {
        match pieces.first() {
            Some(&(from, _)) => now = from,
            None => return f64::INFINITY,
        }
    }
    for index in begun.max(1) - 1..pieces.len() {
        let rate = pieces[index].1;
        let until = pieces.get(index + 1).map_or(f64::INFINITY, |&(from, _)| from);
        let here = if rate > 0.0 { (until - now) * rate } else { 0.0 };
        if left < here {
            return now + left / rate;
        }
        left -= here;
        now = until;
    }
    f64::INFINITY
}

/// Moves between stations on a route that does not branch; 0 on one that does.
fn server_hops(class: &CustomClass) -> u32 {
    let mut stations = 0_u32;
    let mut at = (!class.nodes.is_empty()).then_some(class.entry);
    // A route without branches visits each node at most once, or never ends.
    for _ in 0..=class.nodes.len() {
        let Some(index) = at else { return stations.saturating_sub(1) };
        let node = &class.nodes[index];
        stations += u32::from(matches!(node.visit, Visit::Station(_)));
        match node.next.as_slice() {
            [] => at = None,
            [(_, next)] => at = *next,
            _ => return 0,
        }
    }
    0
}

/// Turns a route into legs: the nodes in order from the entry, each followed by
/// the way on.
struct Router<'a> {
    workload: &'a Workload,
    compiled: &'a Compiled,
    nodes: &'a [RouteNode],
}

impl Router<'_> {
    fn legs(&self, entry: usize) -> Vec<Leg> {
        if self.nodes.is_empty() {
            return vec![Leg::End];
        }
        // The entry first, then the others as they stand.
        let order: Vec<usize> =
            std::iter::once(entry).chain((0..self.nodes.len()).filter(|&n| n != entry)).collect();
        let visits: Vec<Vec<Leg>> = (0..self.nodes.len()).map(|node| self.visit(node)).collect();
        // A node takes its visit's legs and its way's: one, or a branch with a jump a target.
        let way = |node: usize| match self.nodes[node].next.as_slice() {
            [] | [_] => 1,
            targets => 1 + targets.len() as u32,
        };
        let mut starts = vec![0; self.nodes.len()];
        let mut here = 0;
        for &node in &order {
            starts[node] = here;
            here += visits[node].len() as u32 + way(node);
        }
        let end = here;
        let to = |next: Option<usize>| next.map_or(end, |node| starts[node]);
        let mut legs = Vec::with_capacity(here as usize + 1);
        for &node in &order {
            legs.extend(visits[node].iter().cloned());
            match self.nodes[node].next.as_slice() {
                [] => legs.push(Leg::Jump { to: end }),
                [(_, next)] => legs.push(Leg::Jump { to: to(*next) }),
                targets => {
                    // Branch forward to jumps: only a jump counts a visit when it leads back.
                    let jumps = legs.len() as u32 + 1;
                    let mut sum = 0.0;
                    let mut bounds: Vec<(f64, u32)> = Vec::with_capacity(targets.len());
                    for (index, (probability, _)) in targets.iter().enumerate() {
                        sum += probability;
                        bounds.push((sum, jumps + index as u32));
                    }
                    if let Some(last) = bounds.last_mut() {
                        last.0 = 1.0;
                    }
                    legs.push(Leg::Branch { role: Role::new(&format!("branch:{node}")), targets: bounds });
                    legs.extend(targets.iter().map(|(_, next)| Leg::Jump { to: to(*next) }));
                }
            }
        }
        legs.push(Leg::End);
        straighten(legs)
    }

    /// How many nodes before this one stop at the same place.
    fn repeats(&self, node: usize) -> usize {
        let same = |a: &Visit, b: &Visit| match (a, b) {
            (Visit::Delay(a, _), Visit::Delay(b, _)) => a == b,
            _ => a == b,
        };
        self.nodes[..node].iter().filter(|n| same(&n.visit, &self.nodes[node].visit)).count()
    }

    fn visit(&self, node: usize) -> Vec<Leg> {
        let role = |kind: &str, stream: &str, nth: usize| {
            if nth == 0 {
                Role::new(&format!("{kind}:{stream}"))
            } else {
                Role::new(&format!("{kind}:{stream}#{nth}"))
            }
        };
        let nth = self.repeats(node);
        match self.nodes[node].visit {
            Visit::Station(id) => {
                let station = &self.workload.stations[id.index()];
                vec![Leg::Serve {
                    place: LegPlace::Any { group: self.compiled.groups[id.index()] },
                    amount: amount(&station.service, role("station", &station.stream, nth)),
                    queue_part: Part::EntryQueue,
                }]
            }
            Visit::Link(id) => {
                let link = &self.workload.links[id.index()];
                let amount = amount(&link.volume, role("link", &link.stream, nth));
                vec![Leg::transfer(&[self.compiled.links[id.index()]], amount, f64::INFINITY)]
            }
            Visit::Delay(id, times) => {
                let delay = &self.workload.delays[id.index()];
                if let Distribution::Constant(span) = delay.span {
                    let whole = nanos(span).saturating_mul(u64::from(times)).min(SimTime::MAX.0);
                    return vec![Leg::Delay { amount: Amount::Fixed(whole), part: Part::Other }];
                }
                (0..times as usize)
                    .map(|time| Leg::Delay {
                        amount: amount(&delay.span, role("delay", &delay.stream, nth * 1000 + time)),
                        part: Part::Other,
                    })
                    .collect()
            }
        }
    }
}

fn amount(law: &Distribution, role: Role) -> Amount {
    match law {
        Distribution::Constant(value) => Amount::Fixed(nanos(*value)),
        law => Amount::Drawn { sampler: law.sampler(), role, scale: 1.0 },
    }
}

/// Drops jumps to the next leg, which cost an interpretation and say nothing.
fn straighten(legs: Vec<Leg>) -> Vec<Leg> {
    let idle: Vec<bool> = legs
        .iter()
        .enumerate()
        .map(|(index, leg)| matches!(leg, Leg::Jump { to } if *to as usize == index + 1))
        .collect();
    // New place of every leg; a dropped one's is that of the leg after it.
    let mut places = Vec::with_capacity(legs.len());
    let mut kept = 0_u32;
    for &dropped in &idle {
        places.push(kept);
        kept += u32::from(!dropped);
    }
    legs.into_iter()
        .zip(idle)
        .filter(|(_, dropped)| !dropped)
        .map(|(leg, _)| match leg {
            Leg::Jump { to } => Leg::Jump { to: places[to as usize] },
            Leg::Branch { role, targets } => Leg::Branch {
                role,
                targets: targets.into_iter().map(|(p, to)| (p, places[to as usize])).collect(),
            },
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::workload::{CustomDelay, CustomLink, CustomStation};

    fn workload() -> Workload {
        let station = |name: &str| CustomStation {
            name: name.into(),
            stream: name.into(),
            servers: 1,
            cores: 1,
            queue_limit: None,
            service: Distribution::Exponential { mean: 1e6 },
        };
        Workload {
            stations: vec![station("cas"), station("mbx")],
            links: vec![CustomLink {
                name: "wan".into(),
                stream: "wan".into(),
                bandwidth: 1e6,
                volume: Distribution::Constant(1000.4),
            }],
            delays: vec![CustomDelay {
                name: "rtt".into(),
                stream: "rtt".into(),
                span: Distribution::Constant(40e6),
            }],
            ..Workload::default()
        }
    }

    fn legs(nodes: Vec<RouteNode>, entry: usize) -> Vec<Leg> {
        let mut workload = workload();
        workload.sources.push(CustomSource {
            name: "s".into(),
            stream: "s".into(),
            arrivals: Arrivals::Poisson { rate: 1.0 },
            classes: vec![CustomClass { name: "all".into(), probability: 1.0, nodes, entry }],
            retries: 0,
            retry_backoff: SimSpan::ZERO,
        });
        let mut network = Network::default();
        let _ = compile(&workload, &mut network, false);
        network.legs
    }

    fn kinds(legs: &[Leg]) -> String {
        let kind = |leg: &Leg| match leg {
            Leg::Delay { .. } => "delay".to_owned(),
            Leg::Serve { .. } => "serve".to_owned(),
            Leg::Transfer { .. } => "transfer".to_owned(),
            Leg::Jump { to } => format!("jump {to}"),
            Leg::Branch { targets, .. } => {
                let targets: Vec<String> = targets.iter().map(|(p, to)| format!("{p}:{to}")).collect();
                format!("branch {}", targets.join(","))
            }
            Leg::End => "end".to_owned(),
            other => format!("{other:?}"),
        };
        legs.iter().map(kind).collect::<Vec<_>>().join("; ")
    }

    fn stop(visit: Visit, next: &[(f64, Option<usize>)]) -> RouteNode {
        RouteNode { visit, next: next.to_vec() }
    }

    const CAS: fn() -> Visit = || Visit::Station(Id::new(0));
    const MBX: fn() -> Visit = || Visit::Station(Id::new(1));

    #[test]
    fn a_straight_path_has_no_jumps() {
        let rtt = Visit::Delay(Id::new(0), 3);
        let nodes = vec![
            stop(rtt, &[(1.0, Some(1))]),
            stop(CAS(), &[(1.0, Some(2))]),
            stop(Visit::Link(Id::new(0)), &[(1.0, None)]),
        ];
        let legs = legs(nodes, 0);
        assert_eq!(kinds(&legs), "delay; serve; transfer; end");
        assert!(matches!(legs[0], Leg::Delay { amount: Amount::Fixed(120_000_000), part: Part::Other }));
        assert!(matches!(legs[2], Leg::Transfer { amount: Amount::Fixed(1000), .. }));
    }

    #[test]
    fn a_route_with_feedback_branches_to_jumps() {
        let nodes =
            vec![stop(CAS(), &[(0.6, Some(1)), (0.4, None)]), stop(MBX(), &[(0.25, Some(0)), (0.75, None)])];
        // cas, branch, jump to mbx, jump to the end; mbx, branch, jump back, jump to the end.
        // The last jump would lead to the next leg and is left out.
        let expected = "serve; branch 0.6:2,1:3; jump 4; jump 7; serve; branch 0.25:6,1:7; jump 0; end";
        assert_eq!(kinds(&legs(nodes, 0)), expected);
    }

    #[test]
    fn a_route_begins_at_its_entry() {
        let nodes = vec![stop(CAS(), &[(1.0, None)]), stop(MBX(), &[(1.0, Some(0))])];
        let legs = legs(nodes, 1);
        assert_eq!(kinds(&legs), "serve; serve; end");
        let first = |leg: &Leg| match leg {
            Leg::Serve { place: LegPlace::Any { group }, .. } => group.index(),
            _ => usize::MAX,
        };
        assert_eq!((first(&legs[0]), first(&legs[1])), (1, 0));
    }

    #[test]
    fn an_empty_route_ends_where_it_begins() {
        assert_eq!(kinds(&legs(Vec::new(), 0)), "end");
    }

    /// The same station twice on one path is served by two independent draws.
    #[test]
    fn a_second_stop_has_a_role_of_its_own() {
        let legs = legs(vec![stop(CAS(), &[(1.0, Some(1))]), stop(CAS(), &[(1.0, None)])], 0);
        let role = |leg: &Leg| match leg {
            Leg::Serve { amount: Amount::Drawn { role, .. }, .. } => *role,
            other => panic!("{other:?}"),
        };
        assert_eq!(role(&legs[0]), Role::new("station:cas"));
        assert_ne!(role(&legs[0]), role(&legs[1]));
    }

    #[test]
    fn moves_are_counted_on_paths_alone() {
        let class = |nodes| CustomClass { name: "c".into(), probability: 1.0, nodes, entry: 0 };
        let path = vec![
            stop(CAS(), &[(1.0, Some(1))]),
            stop(Visit::Delay(Id::new(0), 1), &[(1.0, Some(2))]),
            stop(CAS(), &[(1.0, Some(3))]),
            stop(MBX(), &[(1.0, None)]),
        ];
        assert_eq!(server_hops(&class(path)), 2);
        assert_eq!(server_hops(&class(Vec::new())), 0);
        assert_eq!(server_hops(&class(vec![stop(CAS(), &[(0.5, Some(0)), (0.5, None)])])), 0);
    }

    /// Rate 2/ns from 10, 0 from 20, 1/ns from 30: by hand.
    #[test]
    fn a_varying_rate_is_inverted_piece_by_piece() {
        let pieces = [(10.0, 2.0), (20.0, 0.0), (30.0, 1.0)];
        assert_eq!(advance(&pieces, 0.0, 4.0), 12.0);
        assert_eq!(advance(&pieces, 12.0, 4.0), 14.0);
        assert_eq!(advance(&pieces, 19.0, 2.5), 30.5);
        assert_eq!(advance(&pieces, 25.0, 1.0), 31.0);
        assert_eq!(advance(&pieces, 40.0, 3.0), 43.0);
        assert_eq!(advance(&[(0.0, 1.0), (5.0, 0.0)], 0.0, 6.0), f64::INFINITY);
        assert_eq!(advance(&[], 0.0, 1.0), f64::INFINITY);
    }
}
