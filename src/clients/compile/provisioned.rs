//! How many Outlook Anywhere users each Client Access server has.
//!
//! The cost of a user grows with the number of users of the same server
//! ([`crate::clients::compile::request_specs::outlook_task`]), so that it has to be known before the first
//! program is written. Users count where their name leads them, whether or not they
//! are served there. Must not know legs. Next: [`crate::clients::compile`].

use crate::clients::compile::chosen_location;
use crate::clients::compile::placement::{nth_by_name, resolve};
use crate::model::topology::{Protocol, Topology};
use crate::model::workload::{Population, Workload};

/// Active mailboxes of a population, and clients of a protocol that `share` of them use.
pub(in crate::clients) fn clients(population: &Population, share: f64) -> (u32, u32) {
    let active = (f64::from(population.mailboxes) * population.concurrent + 0.5) as u32;
    (active, (f64::from(active) * share + 0.5) as u32)
}

/// Outlook Anywhere users at one server of each Client Access group of `topology`.
pub(in crate::clients) fn outlook_users(topology: &Topology, workload: &Workload) -> Vec<f64> {
    let mut users = vec![0.0; topology.cas.len()];
    for population in &workload.populations {
        for usage in population.clients.iter().filter(|u| u.protocol == Protocol::OutlookAnywhere) {
            let (active, clients) = clients(population, usage.share);
            for number in 0..clients {
                let (location, name, _, _) = chosen_location(population, usage, number, active);
                let site = resolve(topology, name, location);
                let entry = site.ok().and_then(|site| nth_by_name(topology, name, site, u64::from(number)));
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
