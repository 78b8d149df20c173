//! A scenario read for a command.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use super::error::Error;
use super::talk;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::scenario::{self, Override, Scenario};

/// Reads a scenario with its overrides; its warnings go to `err`.
pub(super) fn load(path: &Path, set: &[Override], err: &mut dyn Write) -> Result<Scenario, Error> {
    let watch = talk::Watch::start();
    let scenario = loaded(scenario::load(path, set), err)?;
    talk::say(err, || read(&scenario, &watch));
    Ok(scenario)
}

/// As [`load`], of a scenario whose organisation alone is asked about.
pub(super) fn load_organisation(
    path: &Path,
    set: &[Override],
    err: &mut dyn Write,
) -> Result<Scenario, Error> {
    let watch = talk::Watch::start();
    let scenario = loaded(scenario::load_organisation(path, set), err)?;
    talk::say(err, || read(&scenario, &watch));
    Ok(scenario)
}

pub(super) fn loaded(result: Result<Scenario, Diagnostics>, err: &mut dyn Write) -> Result<Scenario, Error> {
    let scenario = result.map_err(|faults| Error::Scenario(Box::new(faults)))?;
    // A closed stderr is no reason to stop.
    let shown = few_of_each(scenario.warnings.clone(), "not shown");
    let _ = err.write_all(talk::rendered(&shown, &scenario.sources).as_bytes());
    Ok(scenario)
}

/// What was read, in words.
fn read(scenario: &Scenario, watch: &talk::Watch) -> String {
    let (topology, workload) = (&scenario.model.topology, &scenario.model.workload);
    let mailboxes: u64 = workload.populations.iter().map(|people| u64::from(people.mailboxes)).sum();
    let cas: u32 = topology.cas.iter().map(|group| group.servers).sum();
    let stores: u32 = topology.mailbox.iter().map(|group| group.servers).sum();
    format!(
        "read `{}` in {watch}: {} sites, {cas} Client Access and {stores} Mailbox servers, {} lines, {} populations \
         of {mailboxes} mailboxes, {} sources of one's own; {} defaults assumed; digest {}",
        scenario.name,
        topology.sites.len(),
        topology.links.len(),
        workload.populations.len(),
        workload.sources.len(),
        scenario.assumed.len(),
        &scenario.digest[..12],
    )
}

/// So many of one code are told one by one.
const FEW: usize = 3;

/// How many of the rest are named in a line each.
const NAMED: usize = 20;

/// Of each code the first few, the last of which says how many are like it, and what they
/// are about in a line each: an organisation of many sites is not told the same of each.
/// `elsewhere` says where the rest is told whole.
pub(super) fn few_of_each(all: Vec<Diagnostic>, elsewhere: &str) -> Vec<Diagnostic> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for one in &all {
        *counts.entry(one.code).or_default() += 1;
    }
    let mut messages: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for one in &all {
        messages.entry(one.code).or_default().push(one.title.clone());
    }
    let mut told: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut shown = Vec::new();
    for one in all {
        let (told, count) = (told.entry(one.code).or_default(), counts[one.code]);
        *told += 1;
        // One more takes no more room than to say that there is one.
        let few = if count == FEW + 1 { FEW + 1 } else { FEW };
        if *told < few || count <= few {
            shown.push(one);
        } else if *told == few {
            let rest = &messages[one.code][few..];
            let told = one.help(format!("and {} more like this: {elsewhere}", rest.len()));
            let told = rest.iter().take(NAMED).fold(told, |told, message| told.help(message.clone()));
            let more = rest.len().saturating_sub(NAMED);
            shown.push(if more > 0 { told.help(format!("... and {more} more")) } else { told });
        }
    }
    shown
}
