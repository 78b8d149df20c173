//! Results made by hand for the tests of this layer: a small one whose every number
//! is plain, and days of any size to draw.

mod day;
pub(crate) mod decided;
pub(crate) mod planned;
pub(crate) mod sensitive;
mod small;

use std::collections::BTreeMap;

use crate::model::access::{Decision, Mechanism};
use crate::results::{Cell, Flow, FlowKey, Percentile, UserReplication, Users};
use crate::stats::percentile_with_lost;

/// The users behind `cells`, with their counts spread over so many replications.
pub(crate) fn users_of(cells: &[Cell], replications: u32) -> Vec<Users> {
    let mut users = BTreeMap::<_, Users>::new();
    for cell in cells {
        let key = (cell.key.protocol, cell.key.population);
        let of = users.entry(key).or_insert_with(|| Users {
            protocol: key.0,
            population: key.1,
            clients: 1_000,
            late_p95: [None; 3],
            felt: [None; 2],
            replications: vec![UserReplication::default(); replications as usize],
        });
        let counts = &cell.counts;
        let p95 = percentile_with_lost(&cell.latency, 0.95, counts.failed, counts.requests);
        let value = |value| Percentile { p: 0.95, value, half_width: Some(value / 50.0), exceedances: None };
        of.late_p95 = [p95.map(value); 3];
        of.felt = [0.5, 0.99].map(|p| {
            let all = percentile_with_lost(&cell.latency, p, counts.failed, counts.requests);
            all.map(|value| Percentile { p, value, half_width: Some(value / 50.0), exceedances: None })
        });
        for (run, replication) in of.replications.iter_mut().enumerate() {
            // What does not divide is the last one's.
            let part = |all: u64| match run + 1 == replications as usize {
                true => all - all / u64::from(replications) * (u64::from(replications) - 1),
                false => all / u64::from(replications),
            };
            replication.requests += part(counts.requests);
            replication.failed += part(counts.failed);
            replication.completed += part(cell.latency.count());
            replication.logons += part(counts.logons);
            replication.failed_logons += part(counts.failed_logons);
            replication.held += part(counts.held);
            for (mine, all) in replication.late.iter_mut().zip(counts.late) {
                *mine += part(all.max(counts.failed));
            }
            for (mine, all) in replication.late_by_lower_edge.iter_mut().zip(counts.late_by_lower_edge) {
                *mine += part(all.max(counts.failed));
            }
            replication.late_p95 = [p95; 3];
        }
    }
    users.into_values().collect()
}

/// A way for each cell: its clients sit in the location of that number and enter by the first name.
pub(crate) fn flows_of(cells: &[Cell]) -> Vec<Flow> {
    let way = |cell: &Cell| {
        let mechanism = match cell.key.decision {
            Decision::Local => Mechanism::ServeLocal,
            Decision::Redirect => Mechanism::RedirectManual,
            Decision::Proxy => Mechanism::Proxy,
            Decision::Direct => Mechanism::RpcDirect,
            Decision::Refused => Mechanism::Refuse,
        };
        let mut flow = Flow::new(FlowKey {
            cell: cell.key,
            client_location: cell.key.population,
            namespace: 0,
            mechanism,
            serving_site: cell.key.mailbox_site,
        });
        let (of, counts) = (&cell.counts, &mut flow.counts);
        (counts.clients, counts.clients_affected) = (of.users, of.users_affected);
        (counts.sessions, counts.requests, counts.failed) = (of.sessions, of.requests, of.failed);
        flow
    };
    cells.iter().map(way).collect()
}

pub(crate) use day::{Day, day};
pub(crate) use small::reached;
pub(crate) use small::{session, slo, small};
