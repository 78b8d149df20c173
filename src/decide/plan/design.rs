//! What the design itself asks for: balancers where a site comes to have several Client Access
//! servers, and names in certificates.
//!
//! Must not know cases.

use std::collections::BTreeSet;

use super::machines::Pool;
use super::places::{Choice, Of, Place};
use crate::model::purchase::{Price, Prices};
use crate::model::switches::Certificate;
use crate::model::topology::Site;
use crate::scenario::Scenario;

/// Balancers that a combination needs and that are not there yet, with the name of the site of each.
pub(super) fn balancers(
    scenario: &Scenario,
    pools: &[Pool],
    chosen: &[(&Place, &Choice)],
) -> Vec<(String, Price)> {
    let Some(prices) = &scenario.purchase.prices else { return Vec::new() };
    let topology = &scenario.model.topology;
    let mut found = Vec::new();
    for site in topology.sites.iter().filter(|site| !site.cas.is_empty()) {
        let now: u32 = site.cas.iter().map(|id| topology.cas[id.index()].servers).sum();
        if now > 1 {
            continue;
        }
        let here = |place: &Place| matches!(place.of, Of::Pool(pool) if pools[pool].has[0] && pools[pool].site == site.name);
        let then = chosen.iter().filter(|(place, _)| here(place));
        if then.map(|(_, choice)| choice.servers).sum::<u32>() > 1 {
            found.push((site.name.clone(), balancer(prices, site)));
        }
    }
    found
}

/// What stands before the Client Access servers of a site: a pair where one takes over.
pub(super) fn balancer(prices: &Prices, site: &Site) -> Price {
    prices.balancer.times(if site.balancer.take_over.is_some() { 2 } else { 1 })
}

/// Names in the certificates of a design, each of a certificate counted once: those that are stated
/// (`certificate_names`), else the names that are known on the Internet in one certificate. What they
/// cost is the same for every candidate and tells designs apart.
#[must_use]
pub fn names(scenario: &Scenario) -> (u32, Price) {
    let topology = &scenario.model.topology;
    let mut all: BTreeSet<(String, String)> = BTreeSet::new();
    for group in &topology.cas {
        let publishing = &group.switches.publishing;
        let which = match &publishing.certificate {
            Some(Certificate::Shared(name)) => format!("shared {name}"),
            _ => group.name.clone(),
        };
        all.extend(publishing.certificate_names.iter().map(|name| (which.clone(), name.clone())));
    }
    let known = topology.namespaces.iter().filter(|name| !name.internet.is_empty()).count();
    let count = if all.is_empty() { known } else { all.len() } as u32;
    let price =
        scenario.purchase.prices.as_ref().map_or_else(Price::default, |prices| prices.certificate_name);
    (count, price.times(u64::from(count)))
}
