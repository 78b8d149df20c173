//! Lints of what the clock of a core means.

use crate::check::cores::{Core, cores};
use crate::check::finding::{Finding, Lint};
use crate::check::subject::{Subject, cas_path, mailbox_path};
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::Confidence;
use crate::quantity::{self, Dimension};

/// Lints of clocks.
pub const LINTS: &[Lint] = &[Lint {
    id: "L86",
    severity: Severity::Note,
    title: "one clock in the tables of two releases",
    docs: "Servers up to 2010 and from 2013 on are stated to have cores of the same `mhz`. Sizing tables count megacycles of their own \
           base core: up to 2010 one of 3,333 MHz with 18.75 of SPECint_rate2006, from 2013 on one of 2,000 MHz with 33.75, \
           so that a core of the same clock does three times the work by the later tables. Where the machines are the same, \
           the clock says too little of one of them: `specint_rate`, the result of the machine, means the same in both.",
    source: "Exchange Team, 2010-09-14, and the sizing of 2013: megacycles by SPECint_rate2006",
    confidence: Confidence::Source,
    find: one_clock,
}];

fn one_clock(s: &Subject<'_>) -> Vec<Finding> {
    let clock = |path: &str, role: &str| {
        let key = format!("{path}.{role}.mhz");
        s.scenario.spans.given(&key).then_some(key)
    };
    let fronts = (0..).zip(&s.topology.cas).filter_map(|(at, group)| {
        let key = clock(&cas_path(s.scenario, Id::new(at)), "cas")?;
        Some((group.generation, group.mhz, key))
    });
    let backs = (0..).zip(&s.topology.mailbox).filter_map(|(at, group)| {
        let key = clock(&mailbox_path(s.scenario, Id::new(at)), "mailbox")?;
        Some((group.generation, group.mhz, key))
    });
    let clocked: Vec<_> = fronts.chain(backs).collect();
    let stated = |core: &Core| clocked.iter().find(|(release, mhz, _)| core.counts(*release, *mhz));
    let cores = cores(s.topology);
    let mut found = Vec::new();
    for early in cores.iter().filter(|core| !core.is_late()) {
        let Some(late) = cores.iter().find(|core| core.is_late() && core.mhz == early.mhz) else { continue };
        let (Some(_), Some((.., key))) = (stated(early), stated(late)) else { continue };
        let message = format!(
            "a core of {} counts as SPECint_rate2006 {:.1} in {} (tables {}) and as {:.1} in {} (tables {})",
            quantity::print(early.mhz, Dimension::Frequency),
            early.specint_rate(),
            early.sites.join(", "),
            early.tables(),
            late.specint_rate(),
            late.sites.join(", "),
            late.tables(),
        );
        let words = "where the machines are alike, state `specint_rate` in place of `mhz`";
        found.push(Finding::at(key, message).fix("", words));
    }
    found
}
