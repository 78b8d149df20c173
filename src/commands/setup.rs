//! The setup of a scenario in plain rows, for a page: what the linter finds, URLs and
//! authentication, what has to be published.
//!
//! Asked again of the scenario that a folder holds it gives the same, wherever keys were
//! written: rows are in an order of their own.

use crate::check::{self, grouped, names};
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::directory::{Authentication, Service};
use crate::model::protocol::Protocol;
use crate::model::setup::has_directory;
use crate::model::topology::{CasGroup, Site};
use crate::model::workload::{Location, Population};
use crate::results::setup::{Found, Gravity, Published, ServiceSetup, Setup, SiteSetup};
use crate::scenario::Scenario;

/// Looks at a scenario; asks the linter, which tries what would mend each finding.
pub(super) fn of(scenario: &Scenario) -> Setup {
    Setup {
        release: scenario.model.topology.generation.token().to_owned(),
        sites: sites(scenario),
        findings: findings(scenario),
        services: services(scenario),
        published: names::names(scenario).into_iter().map(published).collect(),
    }
}

fn sites(scenario: &Scenario) -> Vec<SiteSetup> {
    let (topology, populations) = (&scenario.model.topology, &scenario.model.workload.populations);
    let all = |of: &dyn Fn(&Population) -> bool| -> u64 {
        populations.iter().filter(|p| of(p)).map(|p| u64::from(p.mailboxes)).sum()
    };
    let one = |(index, site): (usize, &Site)| {
        let id: Id<Site> = Id::new(index);
        SiteSetup {
            name: site.name.clone(),
            faces_internet: site.internet.is_some() || site.published_from.is_some(),
            mailboxes: all(&|population| population.home == id),
            people: all(&|population| population.from == Location::Site(id)),
        }
    };
    topology.sites.iter().enumerate().map(one).collect()
}

fn findings(scenario: &Scenario) -> Vec<Found> {
    let mut reports = check::check(scenario);
    // Not as the keys stand in the file: a resolved scenario has them elsewhere.
    reports.sort_by(|a, b| {
        let key = |report: &check::Report| {
            (
                gravity(report.severity),
                report.lint.id,
                report.finding.path.clone(),
                report.finding.message.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    let one = |group: check::Group<'_>| {
        let (lint, finding) = (group.first.lint, &group.first.finding);
        Found {
            gravity: gravity(group.first.severity),
            lint: lint.id.to_owned(),
            title: lint.title.to_owned(),
            message: finding.message.clone(),
            path: finding.path.clone(),
            users: finding.users.iter().map(ToString::to_string).collect(),
            fix: finding.fix.line(),
            command: finding.fix.command.clone(),
            others: group.others.iter().map(|other| other.finding.message.clone()).collect(),
        }
    };
    grouped(&scenario.model.topology, &reports).into_iter().map(one).collect()
}

fn gravity(severity: Severity) -> Gravity {
    match severity {
        Severity::Error => Gravity::Error,
        Severity::Warning => Gravity::Warning,
        Severity::Note => Gravity::Note,
    }
}

fn services(scenario: &Scenario) -> Vec<ServiceSetup> {
    let subject = check::Subject::new(scenario);
    let groups = scenario.model.topology.cas.iter().enumerate();
    groups.flat_map(|(at, group)| of_group(&subject, Id::new(at), group)).collect()
}

fn of_group(subject: &check::Subject<'_>, id: Id<CasGroup>, group: &CasGroup) -> Vec<ServiceSetup> {
    let row = |service: &str, [internal, external, authentication]: [String; 3]| ServiceSetup {
        servers: group.name.clone(),
        site: subject.topology.sites[group.site.index()].name.clone(),
        service: service.to_owned(),
        internal_url: internal,
        external_url: external,
        authentication,
    };
    let mut rows = Vec::new();
    for (service, token, _) in Service::ALL.into_iter().filter(|of| has_directory(group.generation, of.0)) {
        let directory = group.directory(service);
        let [internal, external] = [&directory.internal_url, &directory.external_url]
            .map(|url| url.as_ref().map_or_else(String::new, |url| url.text.clone()));
        if internal.is_empty() && external.is_empty() && directory.auth.is_empty() {
            continue;
        }
        let title = Protocol::parse(token).map_or(token, Protocol::title);
        let ways = directory.auth.iter().map(|way| words(*way)).collect::<Vec<_>>().join(", ");
        rows.push(row(title, [internal, external, ways]));
    }
    // What has a name and no virtual directory.
    let names = names::subject_names(subject, id);
    let mut named = |protocol: Protocol, is_on: bool| {
        let own = names.iter().filter(|(_, protocols)| protocols.contains(&protocol));
        let own = own.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let state = if is_on { "on" } else { "off" };
        rows.push(row(protocol.title(), [String::new(), own, state.to_owned()]));
    };
    named(Protocol::OutlookAnywhere, group.outlook_anywhere);
    named(Protocol::Pop, group.runs(Protocol::Pop));
    named(Protocol::Imap, group.runs(Protocol::Imap));
    rows
}

fn words(way: Authentication) -> &'static str {
    match way {
        Authentication::Forms => "forms",
        Authentication::Basic => "basic",
        Authentication::Integrated => "Integrated Windows",
        Authentication::Digest => "digest",
        Authentication::Certificate => "client certificate",
    }
}

fn published(row: names::Row) -> Published {
    let kind = match row.kind {
        names::Kind::DnsInternet => "DNS record on the Internet",
        names::Kind::DnsInside => "DNS record inside",
        names::Kind::DnsSrv => "SRV record",
        names::Kind::Certificate => "name in a certificate",
        names::Kind::Port => "open port",
    };
    Published {
        kind,
        name: row.name,
        from: row.from,
        to: row.to,
        port: row.port,
        protocols: row.protocols,
        populations: row.populations,
        remark: row.remark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;

    /// Nobody builds a directory that comes with a later release.
    #[test]
    fn only_directories_that_the_release_has_are_built() {
        let has = |file: &str, path: &str| {
            let scenario = load(std::path::Path::new(file), &[]).unwrap();
            services(&scenario).iter().any(|row| row.internal_url.ends_with(path))
        };
        assert!(has("scenarios/regional-2010-silent.toml", Service::Ews.path()));
        assert!(!has("scenarios/regional-2010-silent.toml", Service::Mapi.path()));
        assert!(has("scenarios/two-names-one-site-2016.toml", Service::Mapi.path()));
    }
}
