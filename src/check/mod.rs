//! The linter: what is wrong with an organisation, before anything is run.
//!
//! A rule is a value ([`Lint`]) with id, severity, documentation and source; its
//! `find` looks at a [`Subject`]: the model, every way that a population's clients
//! take through the access rules ([`flows`]) and the load that they offer
//! ([`crate::clients::expected::offered_load`]). A [`Finding`] names the key of the offending
//! setting, the users touched, and a fix that can be typed. [`check`] runs all rules
//! and adds what none of them explains: a refusal is never silent.
//!
//! Must not decide how a request is routed ([`crate::model::access`]) nor how a
//! finding is shown (`commands::check`), and asks nothing of the engine. Read [`flows`],
//! [`subject`], [`finding`], then one file of [`lints`]; [`fixes`] makes what mends a
//! finding, `trial` tries it, [`names`] is the list of what has to be published.

pub mod cores;
pub mod document;
pub mod finding;
pub mod fixes;
pub mod flows;
pub mod groups;
pub mod lints;
mod looked;
pub mod names;
pub mod subject;
mod trial;
pub mod ways;

pub use finding::{Finding, Lint, Report, word};
pub use fixes::Fix;
pub use groups::{Group, grouped};
pub use looked::{Down, findings};
pub use subject::{Subject, Users};

use crate::scenario::Scenario;
use flows::Lost;

/// Everything that all lints find, with the fixes that cure, tried; worst first, then by id
/// and place: first as the scenario begins, then what is new after each change.
#[must_use]
pub fn check(scenario: &Scenario) -> Vec<Report> {
    check_while(scenario, &|_| Lost::default())
}

/// As [`check`], while servers are down and that has been found out. What load finds is that of
/// everybody at servers that are up.
#[must_use]
pub fn check_while(scenario: &Scenario, down: &Down<'_>) -> Vec<Report> {
    let looked = looked::Looked::while_down(scenario, down);
    let mut reports = looked.reports();
    trial::tried(scenario, &looked, &mut reports, down);
    reports
}
