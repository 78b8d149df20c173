//! What is lost with groups of servers that are down: a site whose servers are all down is lost
//! with its lines and witnesses, and members of a database availability group that are left
//! without a majority mount nothing.

use super::answer::Stop;
use crate::kernel::Id;
use crate::model::topology::{Loss, MailboxServer, Stopped, Topology};

/// What is lost while these groups are down.
#[must_use]
pub fn lost_with(topology: &Topology, down: &[Stop]) -> Loss {
    let mut loss = Loss::default();
    if down.is_empty() {
        return loss;
    }
    for stop in down {
        match *stop {
            Stop::Cas(cas) => loss.cas.push(cas),
            Stop::Mailbox(group) => {
                let servers = 0..topology.mailbox[group.index()].servers;
                loss.servers.extend(servers.map(|number| MailboxServer { group, number }));
            }
        }
    }
    for (number, site) in topology.sites.iter().enumerate() {
        let all_stores = topology.stores_in(Id::new(number));
        let any = !(site.cas.is_empty() && all_stores.is_empty());
        let mut all = site.cas.iter().map(|id| Stop::Cas(*id));
        let mut stores = all_stores.into_iter().map(Stop::Mailbox);
        if any && all.all(|stop| down.contains(&stop)) && stores.all(|stop| down.contains(&stop)) {
            loss.sites.push(Id::new(number));
        }
    }
    loss
}

/// The groups of Mailbox servers that are up and mount nothing, after a loss: no server of
/// theirs has a majority.
#[must_use]
pub fn dismounted(topology: &Topology, loss: &Loss) -> Vec<Stop> {
    if topology.dags.is_empty() || *loss == Loss::default() {
        return Vec::new();
    }
    let stopped = topology.stopped(loss);
    let dismounted = |server: MailboxServer| {
        stopped.iter().any(|(other, why)| *other == server && matches!(why, Stopped::Minority { .. }))
    };
    let groups = (0..topology.mailbox.len()).map(Id::new);
    let of_group = groups.filter(|&group| {
        (0..topology.mailbox[group.index()].servers).all(|number| dismounted(MailboxServer { group, number }))
    });
    of_group.map(Stop::Mailbox).collect()
}
