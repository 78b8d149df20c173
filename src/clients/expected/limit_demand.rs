//! How much of each limit clients hold, before it refuses anybody: Little's law, rate times
//! mean time held, without queues; and the mean queue in front of cores.
//!
//! Must not know how it is shown. Next: [`super::queueing`].

use super::asked::Asked;
use super::demands::{Counter, LimitDemand};
use super::queueing::{growth_until, mean_waiting};
use super::shares::Of;
use crate::itinerary::{Counted, StationGroup};
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::protocol::Protocol;
use crate::results::limits;

/// A limit and what is asked of it, by interval.
struct Held {
    kind: &'static str,
    servers: (Counter, Id<StationGroup>),
    apart: String,
    limit: u32,
    /// Mean units of one pool over the limit.
    shares: Vec<f64>,
    of: Of,
    by_sessions: bool,
    /// By what factor the load can grow, where that is not told by the units.
    growth: Option<f64>,
}

/// Every limit of which anything is asked.
pub(super) fn limit_demand(asked: &Asked<'_>) -> Vec<LimitDemand> {
    let placement = &asked.roster.placement;
    let mut found = Vec::new();
    for (at, &group) in placement.cas.iter().enumerate() {
        let servers = (Counter::Cas(Id::new(at)), group);
        found.extend(queue(asked, servers));
        found.extend(connections(asked, servers));
    }
    for number in 0..asked.network.families.len() {
        found.extend(family(asked, number));
    }
    found.into_iter().filter_map(|held| demand(asked, held)).collect()
}

fn queue(asked: &Asked<'_>, servers: (Counter, Id<StationGroup>)) -> Option<Held> {
    let (network, group) = (asked.network, servers.1);
    let first = &network.stations[network.groups[group.index()].first as usize];
    let limit = first.queue_limit;
    if limit == u32::MAX || limit == 0 {
        return None;
    }
    let up = asked.up.group(&network.groups[group.index()]);
    let of = |of: Of| asked.shares.one_server(of, group, network);
    let work = of(Of::Work(group.index()));
    let used = asked.over(&work, f64::from(first.cores), &up);
    let sum = |values: &[f64]| values.iter().sum::<f64>();
    let (visits, work, squares) =
        (sum(&of(Of::Visits(group.index()))), sum(&work), sum(&of(Of::Squares(group.index()))));
    if work <= 0.0 {
        return None;
    }
    // E[S^2] / E[S]^2 - 1 over all visits.
    let squared_cv = (squares * visits / (work * work) - 1.0).max(0.0);
    let waiting = |used: f64| (mean_waiting(first.cores, used, squared_cv) / f64::from(limit)).min(1.0);
    let busiest = asked.mean(&used, asked.hour(&used));
    Some(Held {
        kind: limits::QUEUE,
        servers,
        apart: String::new(),
        limit,
        shares: used.iter().map(|used| waiting(*used)).collect(),
        of: Of::Work(group.index()),
        by_sessions: false,
        growth: Some(growth_until(first.cores, busiest, squared_cv, limit)),
    })
}

fn connections(asked: &Asked<'_>, servers: (Counter, Id<StationGroup>)) -> Option<Held> {
    let (network, group) = (asked.network, servers.1);
    let limit = network.pools[network.groups[group.index()].first_pool? as usize].limit;
    let of = Of::Pool(group.index());
    (limit < u32::MAX && limit > 0).then(|| Held {
        kind: limits::CONNECTIONS,
        servers,
        apart: String::new(),
        limit,
        shares: asked.over(
            &asked.shares.one_server(of, group, network),
            f64::from(limit),
            &asked.up.group(&network.groups[group.index()]),
        ),
        of,
        by_sessions: false,
        growth: None,
    })
}

fn family(asked: &Asked<'_>, number: usize) -> Option<Held> {
    let network = asked.network;
    let family = &network.families[number];
    let placement = &asked.roster.placement;
    let cas = placement.cas.iter().position(|group| *group == family.group);
    let shared = || placement.translations.iter().find(|(_, group)| *group == family.group);
    let counter = match cas {
        Some(at) => Counter::Cas(Id::new(at)),
        None => Counter::Translation(shared()?.0),
    };
    if family.limit == u32::MAX || family.limit == 0 {
        return None;
    }
    // A user's and an address's units are those of the key that has most.
    let far = match family.counted {
        Counted::Server | Counted::Key(_) => 1.0,
        Counted::Pair(far) => f64::from(network.groups[far.index()].count.max(1)),
    };
    let of = Of::Family(number);
    let units = asked.shares.one_server(of, family.group, network);
    let up = asked.up.group(&network.groups[family.group.index()]);
    let kind = family.kind;
    Some(Held {
        kind,
        servers: (counter, family.group),
        apart: family.apart.clone(),
        limit: family.limit,
        shares: asked.over(&units, f64::from(family.limit) * far, &up),
        of,
        // A poll by POP3 is over in seconds: its connections come in bursts as requests do.
        by_sessions: [
            limits::RPC_HTTP,
            limits::PORTS,
            limits::IMAP,
            limits::ADDRESS,
            limits::USER,
            limits::TRANSLATED,
        ]
        .contains(&kind)
            && family.apart != Protocol::Pop.title(),
        growth: None,
    })
}

fn demand(asked: &Asked<'_>, held: Held) -> Option<LimitDemand> {
    let hour = asked.hour(&held.shares);
    let share = asked.mean(&held.shares, hour);
    if share <= 0.0 {
        return None;
    }
    let (from, length): (SimTime, SimSpan) = asked.span(hour);
    let (counter, group) = held.servers;
    let by_population = asked.shares.by_population(held.of, hour.first..hour.first + hour.count);
    let mut demand = LimitDemand {
        kind: held.kind,
        counter,
        name: asked.network.groups[group.index()].name.clone(),
        apart: held.apart,
        mean: share * f64::from(held.limit),
        limit: held.limit,
        window_mean: asked.mean(&held.shares, asked.whole()) * f64::from(held.limit),
        by_sessions: held.by_sessions,
        growth: 0.0,
        from,
        length,
        by_population: by_population.into_iter().collect(),
        shares: held.shares,
    };
    demand.growth = held.growth.unwrap_or_else(|| demand.growth_by_units());
    Some(demand)
}
