//! Names of the servers on a route, as the client knows them.

use crate::model::access::answer::{Route, Stop};
use crate::model::access::query::AccessQuery;
use crate::model::protocol::Protocol;
use crate::model::topology::Topology;

/// The name under which a stop is known to this client.
pub(super) fn stop_name(topology: &Topology, protocol: Protocol, stop: Stop) -> String {
    match stop {
        Stop::Mailbox(id) => topology.mailbox[id.index()].name.clone(),
        Stop::Cas(id) => {
            let group = &topology.cas[id.index()];
            match &group.switches.client_access_array {
                Some(array) if protocol.is_outlook_inside() => array.clone(),
                Some(_) | None => group.name.clone(),
            }
        }
    }
}

/// Names of the servers reached, leg by leg.
#[must_use]
pub fn names(ask: &AccessQuery<'_>, route: &Route) -> Vec<Vec<String>> {
    let name = |stop: &Stop| stop_name(ask.topology, ask.protocol, *stop);
    route.legs().iter().map(|leg| leg.iter().map(name).collect()).collect()
}
