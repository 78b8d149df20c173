//! What becomes of sessions when the other balancer of a pair takes over and does not know at
//! which servers they are: it places each of them anew.
//!
//! Must not know what a server answers that does not know a session. Next: [`super::binding`].

use std::collections::BTreeSet;

use super::addresses::dials_servers;
use super::binding::{place_anew, services};
use super::driver::Clients;
use crate::clients::roster::Struck;
use crate::kernel::Id;
use crate::sim::Engine;

/// The balancer before these servers has taken over without knowing who is where.
pub(super) fn affinity_lost(driver: &mut Clients<'_>, engine: &mut Engine<'_>, struck: &Struck) {
    let mut groups = BTreeSet::new();
    for cohort in &driver.who.roster.cohorts {
        let service = cohort.service_stations[0].map(|group| &engine.network().groups[group.index()]);
        if service.is_some_and(|group| struck.stations.contains(&group.first)) {
            groups.extend(cohort.entry.map(Id::index));
        }
    }
    driver.who.forget(groups.into_iter());
    for c in 0..driver.who.clients.len() {
        let (cohort, session) = (driver.cohort(c), &driver.sessions[c]);
        // Connections that the other one knows stay where they are.
        let stays = struck.keeps_connections && cohort.machine.lives_by_a_connection();
        if !session.open
            || stays
            || cohort.scattered
            || !struck.stations.contains(&services(engine, cohort, &session.slots)[0])
            || dials_servers(&driver.who, c)
        {
            continue;
        }
        let is_unknown = cohort.placed_anew.is_some();
        if place_anew(engine, &driver.who, &mut driver.sessions, c) && is_unknown {
            driver.sessions.placed_anew.insert(c);
        }
    }
}
