//! Findings that repeat, told once: of an organisation of many sites the same is found of
//! each, and what differs is a name or a number.
//!
//! Must not know how they are shown.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Report;
use crate::diagnostics::Severity;
use crate::model::topology::Topology;

/// So many of a kind stand each by itself.
const FEW: usize = 3;

/// Findings of one kind: one lint and gravity, the same words but for names and numbers.
#[derive(Clone, Debug)]
pub struct Group<'r> {
    /// The first, which stands for all of them.
    pub first: &'r Report,
    /// The others, in their order; none where few are of the kind.
    pub others: Vec<&'r Report>,
}

impl Group<'_> {
    /// How many findings it stands for.
    #[must_use]
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }
}

/// The findings in their order, those of a kind together where the first of it stands.
#[must_use]
pub fn grouped<'r>(topology: &Topology, reports: &'r [Report]) -> Vec<Group<'r>> {
    let names = names(topology);
    let kinds: Vec<Kind> = reports.iter().map(|report| kind(&names, report)).collect();
    let mut counts: BTreeMap<&Kind, usize> = BTreeMap::new();
    for kind in &kinds {
        *counts.entry(kind).or_default() += 1;
    }
    let mut groups: Vec<Group<'r>> = Vec::new();
    let mut places: BTreeMap<&Kind, usize> = BTreeMap::new();
    for (report, kind) in reports.iter().zip(&kinds) {
        match places.get(kind) {
            Some(&at) if counts[kind] > FEW => groups[at].others.push(report),
            _ => {
                places.insert(kind, groups.len());
                groups.push(Group { first: report, others: Vec::new() });
            }
        }
    }
    groups
}

type Kind = (Severity, &'static str, Vec<String>);

/// Every word of a name of the organisation.
fn names(topology: &Topology) -> BTreeSet<&str> {
    let sites = topology.sites.iter().map(|site| site.name.as_str());
    let cas = topology.cas.iter().map(|group| group.name.as_str());
    let stores = topology.mailbox.iter().map(|group| group.name.as_str());
    let links = topology.links.iter().map(|link| link.name.as_str());
    let hosts = topology.hosts.iter().map(|host| host.name.as_str());
    let regions = topology.regions.iter().map(|region| region.name.as_str());
    sites
        .chain(cas)
        .chain(stores)
        .chain(links)
        .chain(hosts)
        .chain(regions)
        .flat_map(str::split_whitespace)
        .collect()
}

/// A finding without names and numbers; of what stands in quotes nothing.
fn kind(names: &BTreeSet<&str>, report: &Report) -> Kind {
    let own = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        names.contains(bare) || names.contains(word)
    };
    let plain = |word: &&str| !own(word) && !word.contains(|c: char| c.is_ascii_digit() || "./".contains(c));
    let unquoted = report.finding.message.split('`').step_by(2);
    let words = unquoted.flat_map(str::split_whitespace).filter(plain).map(str::to_owned).collect();
    (report.severity, report.lint.id, words)
}
