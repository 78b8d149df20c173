//! What the clock of a core means in each release's tables.
//!
//! Must not judge: the lint that does is in [`super::lints`].

use crate::model::release::Generation;
use crate::model::topology::Topology;

/// Cores that are counted alike.
#[derive(Clone, PartialEq, Debug)]
pub struct Core {
    /// Any release of the tables that count them.
    pub generation: Generation,
    /// Megacycles a second, as those tables count them.
    pub mhz: f64,
    /// Sites that have such, by name.
    pub sites: Vec<String>,
}

impl Core {
    /// Which tables these are.
    #[must_use]
    pub fn tables(&self) -> &'static str {
        if self.is_late() { "2013 on" } else { "up to 2010" }
    }

    /// Share of one core in its machine's `SPECint_rate2006` result.
    #[must_use]
    pub fn specint_rate(&self) -> f64 {
        let base = self.generation.base_core();
        self.mhz * base.specint_rate / base.mhz
    }

    /// Whether the tables of 2013 and later count them.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.generation.base_core() == Generation::E2013.base_core()
    }

    /// Whether a core of this clock at servers of this release is one of them.
    #[must_use]
    pub fn counts(&self, generation: Generation, mhz: f64) -> bool {
        self.generation.base_core() == generation.base_core() && self.mhz == mhz
    }
}

/// The cores of an organisation: the earlier tables first, then the slower cores.
#[must_use]
pub fn cores(topology: &Topology) -> Vec<Core> {
    let fronts = topology.cas.iter().map(|group| (group.generation, group.mhz, group.site));
    let backs = topology.mailbox.iter().map(|group| (group.generation, group.mhz, group.site));
    let mut cores: Vec<Core> = Vec::new();
    for (generation, mhz, site) in fronts.chain(backs) {
        let name = &topology.sites[site.index()].name;
        match cores.iter_mut().find(|core| core.counts(generation, mhz)) {
            Some(core) => core.sites.push(name.clone()),
            None => cores.push(Core { generation, mhz, sites: vec![name.clone()] }),
        }
    }
    for core in &mut cores {
        core.sites.sort();
        core.sites.dedup();
    }
    cores.sort_by(|a, b| a.is_late().cmp(&b.is_late()).then(a.mhz.total_cmp(&b.mhz)));
    cores
}
