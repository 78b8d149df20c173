//! What a page, its tables and its summaries are made of.

use crate::output::about::About;
use crate::output::charts::chart::Drawn;
use crate::output::words::count;
use crate::output::{clock, lookup};
use crate::results::RunResult;
use crate::results::setup::Setup;

/// One result to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'r> {
    /// The result.
    pub run: &'r RunResult,
    /// Its pictures, laid out.
    pub pictures: &'r [Drawn],
    /// How its organisation is set up.
    pub setup: &'r Setup,
    /// What else is said.
    pub about: &'r About,
}

/// Requests and those that failed, over all replications.
pub(super) fn requests(run: &RunResult) -> (u64, u64) {
    let counts = || run.cells.iter().map(|cell| cell.counts);
    (counts().map(|of| of.requests).sum(), counts().map(|of| of.failed).sum())
}

/// When, where and how often it was played.
pub(super) fn subtitle(run: &RunResult, setup: &Setup) -> String {
    let runs = match run.replications {
        1 => "1 replication, no intervals".to_owned(),
        runs => format!("{runs} replications"),
    };
    let [from, to] = [crate::kernel::SimSpan::ZERO, run.window].map(|at| lookup::local_time(run, at));
    let zone = clock::zone(run.clock_offset_minutes);
    let sites = match setup.sites.len() {
        0 => String::new(),
        many => format!(" · Exchange {} · {}", setup.release, count(many, "site")),
    };
    format!("{from} to {to}, {zone}{sites} · {runs}")
}
