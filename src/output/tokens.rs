//! Tokens of tables and files that more than one of them has.

use crate::results::objectives::{Finding, Measure, Subject};

/// The token of a goal's metric, as its key in `[slo]` is called.
#[must_use]
pub(super) fn measure(finding: &Finding) -> &'static str {
    let link = matches!(finding.subject, Subject::Link(_));
    match finding.measure {
        Measure::LogonP95 => "logon_p95",
        Measure::LogonWithHumanP95 => "logon_with_human_p95",
        Measure::P95 => "p95",
        Measure::Failures => "failures",
        Measure::Availability => "availability",
        Measure::Utilisation if link => "link",
        Measure::Utilisation => "cpu",
        Measure::MeanUtilisation if link => "link_mean",
        Measure::MeanUtilisation => "cpu_mean",
    }
}
