//! How many Outlook Anywhere users each Client Access server has.
//!
//! The cost of a user grows with the number of users of the same server
//! ([`super::request_specs::outlook_task`]), so that it has to be known before the
//! first program is written. Users count where their name leads them, whether or not
//! they are served there. Must not know legs. Next: [`super::inputs`].

use super::shares::{clients, whereabouts};
use super::turns::{nth_by_name, resolve};
use crate::clients::steps::{ProtocolFacts, Transport};
use crate::model::topology::Topology;
use crate::model::workload::Workload;

/// Outlook Anywhere users at one server of each Client Access group of `topology`.
pub(in crate::clients) fn outlook_users(topology: &Topology, workload: &Workload) -> Vec<f64> {
    let mut users = vec![0.0; topology.cas.len()];
    for population in &workload.populations {
        for usage in &population.clients {
            if ProtocolFacts::of(usage.protocol).transport != Transport::RpcOverHttp {
                continue;
            }
            for number in 0..clients(population, usage.share) {
                let client = whereabouts(population, usage, number);
                let site = resolve(topology, client.name, client.location).ok();
                let entry = site.and_then(|site| nth_by_name(topology, client.name, site, u64::from(number)));
                if let Some(entry) = entry {
                    users[entry.index()] += 1.0;
                }
            }
        }
    }
    for (users, cas) in users.iter_mut().zip(&topology.cas) {
        *users /= f64::from(cas.servers.max(1));
    }
    users
}
