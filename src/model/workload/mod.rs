//! Who asks for what: populations of mailboxes, their clients' settings, custom
//! sources, objectives, outages and changes.
//!
//! Must not know how a request is routed ([`super::access`]).

mod custom;
mod heartbeats;
mod objectives;
mod outages;
mod population;
mod settings;

use std::sync::Arc;

pub use custom::{
    Arrivals, CustomClass, CustomDelay, CustomLink, CustomSource, CustomStation, RouteNode, Visit,
};
pub use heartbeats::Heartbeats;
pub use objectives::{Objective, Slo, Zone};
pub use outages::{Change, Outage, OutageEffect, OutageTiming, Target};
pub use population::{DayCurve, Location, Misdirected, MoveTraffic, Moved, Population, Profile, ProtocolUse};
pub use settings::{ClientSettings, Connected, Moments, OutlookAuthentication};

use super::unit_costs::Figures;

/// All load.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Workload {
    /// Populations.
    pub populations: Vec<Population>,
    /// Custom stations.
    pub stations: Vec<CustomStation>,
    /// Custom links.
    pub links: Vec<CustomLink>,
    /// Custom delays.
    pub delays: Vec<CustomDelay>,
    /// Custom sources.
    pub sources: Vec<CustomSource>,
    /// Outages, in file order.
    pub outages: Vec<Outage>,
    /// Changes, by time.
    pub changes: Vec<Change>,
    /// Objectives.
    pub slo: Slo,
    /// What one request costs.
    pub figures: Arc<Figures>,
    /// Day of the week of the UTC date on which the measured window begins, 0 is Monday.
    pub weekday_utc: u8,
}

impl Workload {
    /// Multiplies the load: the mailboxes of every population, the rates of open
    /// sources and the users of closed ones. Who was there before keeps their draws;
    /// traces stay as they are.
    pub fn scale(&mut self, factor: f64) {
        let times = |count: u32| (f64::from(count) * factor + 0.5) as u32;
        for population in &mut self.populations {
            population.mailboxes = times(population.mailboxes);
        }
        for source in &mut self.sources {
            match &mut source.arrivals {
                Arrivals::Poisson { rate } => *rate *= factor,
                Arrivals::Varying(pieces) => pieces.iter_mut().for_each(|(_, rate)| *rate *= factor),
                Arrivals::Closed { users, .. } => *users = times(*users),
                Arrivals::Trace(_) => {}
            }
        }
    }
}
