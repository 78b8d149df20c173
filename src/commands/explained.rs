//! Which finding of the linter explains a failure of a run, and what mends it.
//!
//! The linter looks at the organisation, the run at what became of it; here the two meet by
//! reason, protocol and sites. Must not judge either.

use crate::check;
use crate::model::access::Failure;
use crate::model::protocol::Protocol;
use crate::results::{Explanation, FailureRow, RunResult};
use crate::scenario::{Scenario, key};

/// The lint that finds any refusal.
const ANY_REFUSAL: &str = "L41";

/// Lints that find what leads to a failure, the likeliest first.
fn lints(failure: Failure) -> &'static [&'static str] {
    match failure {
        Failure::NoIntegratedAuth => &["L03", "L04"],
        Failure::PopImapCrossSite => &["L07", "L08"],
        Failure::NoTarget => &["L05"],
        Failure::NoInternalUrl | Failure::UrlNotSecure => &["L06"],
        Failure::NoServicePrincipal => &["L18", "L19", "L06"],
        Failure::NameNotResolved | Failure::NameNotReachable => &["L62", "L02", "L15"],
        Failure::DeadRedirect => &["L02", "L01", "L14", "L62"],
        Failure::UntrustedCertificate => &["L21"],
        Failure::PortClosed => &["L25", "L24"],
        Failure::EntryBuildTooOld | Failure::NoResourceFolder => &["L16"],
        Failure::InvalidUserContext => &["L17"],
        Failure::NoBypassUrl => &["L20"],
        Failure::DeviceCannotFollow => &["L34"],
        Failure::BackEndRefused => &["L27"],
        Failure::NoLegacyUrl => &["L28"],
        Failure::TargetServiceStopped => &["L37"],
        Failure::RedirectLoop => &["L13"],
        Failure::ProxiedTwice => &["L61", "L18", "L19"],
        Failure::OutlookAnywhereLimit => &["L43"],
        Failure::PortsExhausted => &["L44"],
        Failure::RpcRequestLimit => &["L45"],
        Failure::ConcurrentRequestLimit => &["L46"],
        Failure::ProxyConnectionLimit => &["L47"],
        Failure::BackendGuard => &["L48"],
        Failure::MailConnectionLimit => &["L49"],
        Failure::AddressConnectionLimit => &["L39"],
        Failure::IdleTimeout => &["L23"],
        Failure::DelegationRefused => &["L73"],
        Failure::AddressPorts => &["L72"],
        Failure::AffinityLost => &["L35", "L40"],
        Failure::CookieUnreadable => &["L66"],
        Failure::QueueFull | Failure::ConnectionLimit | Failure::TimedOut => &["L42"],
        Failure::NoRoute
        | Failure::ServiceDisabled
        | Failure::ServerDown
        | Failure::LinkDown
        | Failure::NotSupported
        | Failure::EwsNotProxied
        | Failure::LegacyBlocked
        | Failure::LegacyMailbox
        | Failure::MailboxNewer
        | Failure::UserConnectionLimit => &[],
    }
}

/// The finding that explains each row of failures, where there is one.
pub(super) fn explanations(scenario: &Scenario, run: &RunResult) -> Vec<Explanation> {
    if run.failures.is_empty() {
        return Vec::new();
    }
    let reports = check::check(scenario);
    let of = |row: &FailureRow| {
        let by_lint = |id: &str| {
            let fits = reports
                .iter()
                .filter(|report| report.lint.id == id)
                .filter(|report| touches(&report.finding.path, run, row));
            // Not the first in the file: that differs between a scenario and its resolved one.
            fits.min_by_key(|report| {
                let elsewhere = !at_site(&report.finding.path, run, row.mailbox_site);
                (report.finding.fix.set.is_empty(), elsewhere, report.finding.path.clone())
            })
        };
        // An outage is its own explanation.
        let caused = matches!(row.failure, Failure::ServerDown | Failure::LinkDown);
        let rest = [ANY_REFUSAL].into_iter().filter(|_| !caused);
        let report = lints(row.failure).iter().copied().chain(rest).find_map(by_lint)?;
        Some(Explanation {
            failure: row.failure,
            protocol: row.protocol,
            entry_site: row.entry_site,
            mailbox_site: row.mailbox_site,
            lint: report.lint.id.to_owned(),
            fix: report.finding.fix.set.clone(),
            command: report.finding.fix.command.clone(),
        })
    };
    run.failures.iter().filter_map(of).collect()
}

/// Whether a path is inside this site.
fn at_site(path: &str, run: &RunResult, site: u32) -> bool {
    let Some(name) = run.names.sites.get(site as usize) else { return false };
    let head = format!("site.{}", key(name));
    path.strip_prefix(&head).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a finding at this path can be behind a failure: at one of its sites, or of no
/// site; of its protocol's service, or of none.
fn touches(path: &str, run: &RunResult, row: &FailureRow) -> bool {
    let site = !path.starts_with("site.")
        || at_site(path, run, row.entry_site)
        || at_site(path, run, row.mailbox_site);
    let services = path.split('.').filter_map(Protocol::parse);
    site && services.fold(None, |_, service| Some(Some(service) == row.protocol)).unwrap_or(true)
}
