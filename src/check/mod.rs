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
//! finding is shown (`commands::check`). Read [`flows`], then one file of [`lints`];
//! [`names`] is the list of what has to be published.

pub mod document;
pub mod flows;
pub mod lints;
pub mod names;

use std::collections::BTreeSet;
use std::fmt;

use crate::clients::expected::offered_load::{LimitDemand, OfferedLoad, demand};
use crate::diagnostics::{Diagnostic, Severity, Span};
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::Model;
use crate::model::access::Confidence;
use crate::model::directory::Service;
use crate::model::topology::{CasGroup, MailboxGroup, Topology};
use crate::model::workload::Change;
use crate::scenario::Scenario;
use flows::Flow;

/// What a lint looks at.
#[derive(Debug)]
pub struct Subject<'s> {
    /// The scenario.
    pub scenario: &'s Scenario,
    /// Its organisation.
    pub topology: &'s Topology,
    /// Every way that clients take, with the number of mailboxes behind it.
    pub flows: Vec<Flow>,
    /// Load offered in the busiest hour.
    pub offered: Vec<OfferedLoad>,
    /// What is held of limits in the busiest hour.
    pub held: Vec<LimitDemand>,
}

impl<'s> Subject<'s> {
    /// Looks at a scenario.
    #[must_use]
    pub fn new(scenario: &'s Scenario) -> Self {
        let model = &scenario.model;
        let (offered, held) = demand(model, &scenario.experiment);
        Self {
            scenario,
            topology: &model.topology,
            flows: flows::of(&model.topology, &model.workload),
            offered,
            held,
        }
    }

    /// Looks at a scenario from the instant of a change on.
    #[must_use]
    pub fn after(scenario: &'s Scenario, change: &'s Change) -> Self {
        let workload = scenario.model.workload.clone();
        let model = Model { topology: change.topology.clone(), workload };
        // The rest of the window, in which the hours of load are sought.
        let mut rest = scenario.experiment.clone();
        let gone = change.at.since(rest.measured_from().min(change.at));
        rest.warmup = SimSpan(rest.warmup.0 + gone.0);
        rest.window = SimSpan(rest.window.0.saturating_sub(gone.0));
        rest.window_starts_at_utc = SimSpan(rest.window_starts_at_utc.0 + gone.0);
        let (offered, held) = demand(&model, &rest);
        Self {
            scenario,
            topology: &change.topology,
            flows: flows::of(&change.topology, &model.workload),
            offered,
            held,
        }
    }

    /// A group of Client Access servers.
    #[must_use]
    pub fn cas(&self, id: Id<CasGroup>) -> &'s CasGroup {
        &self.topology.cas[id.index()]
    }

    /// A group of Mailbox servers.
    #[must_use]
    pub fn mailbox(&self, id: Id<MailboxGroup>) -> &'s MailboxGroup {
        &self.topology.mailbox[id.index()]
    }

    /// Name of a group's site.
    #[must_use]
    pub fn site_of(&self, id: Id<CasGroup>) -> &'s str {
        &self.topology.sites[self.cas(id).site.index()].name
    }

    /// Path of the table that states a group: its site, or its `[[site.server]]`.
    #[must_use]
    pub fn cas_path(&self, id: Id<CasGroup>) -> String {
        self.group_path(self.site_of(id), &self.cas(id).name, "-CAS")
    }

    /// As [`Self::cas_path`] for Mailbox servers.
    #[must_use]
    pub fn mailbox_path(&self, id: Id<MailboxGroup>) -> String {
        let group = self.mailbox(id);
        self.group_path(&self.topology.sites[group.site.index()].name, &group.name, "-MBX")
    }

    fn group_path(&self, site: &str, group: &str, role: &str) -> String {
        if group.strip_suffix(role) == Some(site) {
            return format!("site.{}", key(site));
        }
        let own = group.strip_suffix(role).unwrap_or(group);
        let path = |name: &str| format!("site.{}.server.{}", key(site), key(name));
        let spans = &self.scenario.spans;
        if spans.given(&path(group)) || !spans.given(&path(own)) { path(group) } else { path(own) }
    }

    /// Path of a key of a group's virtual directory.
    #[must_use]
    pub fn directory_path(&self, id: Id<CasGroup>, service: Service, name: &str) -> String {
        format!("{}.{}.{name}", self.cas_path(id), Service::ALL[service as usize].1)
    }

    /// Client Access groups with their ids.
    pub fn groups(&self) -> impl Iterator<Item = (Id<CasGroup>, &'s CasGroup)> + use<'s> {
        self.topology.cas.iter().enumerate().map(|(at, group)| (Id::new(at), group))
    }

    /// The populations behind the flows that a lint is about, with the number of
    /// mailboxes each. A mailbox that uses several protocols counts once: the users
    /// of the rarer protocol are taken to use the commoner one too.
    pub fn users<'f>(&self, flows: impl Iterator<Item = &'f Flow>) -> Vec<Users> {
        let populations = &self.scenario.model.workload.populations;
        let mut by: std::collections::BTreeMap<(usize, crate::model::protocol::Protocol), f64> =
            std::collections::BTreeMap::new();
        for flow in flows {
            *by.entry((flow.population, flow.protocol)).or_default() += flow.mailboxes;
        }
        let mut users: Vec<Users> = Vec::new();
        for ((population, _), mailboxes) in by {
            let name = &populations[population].name;
            let mailboxes = (mailboxes.round() as u64).min(u64::from(populations[population].mailboxes));
            match users.iter_mut().find(|known| known.population == *name) {
                Some(known) => known.mailboxes = known.mailboxes.max(mailboxes),
                None => users.push(Users { population: name.clone(), mailboxes }),
            }
        }
        users.retain(|users| users.mailboxes > 0);
        users
    }
}

/// A part of a path as a scenario writes it: bare where it can be.
#[must_use]
pub fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if bare { name.to_owned() } else { format!("\"{name}\"") }
}

/// Mailboxes of a population.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Users {
    /// Name of the population.
    pub population: String,
    /// How many of its mailboxes.
    pub mailboxes: u64,
}

impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.mailboxes, self.population)
    }
}

/// One thing that a lint found.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// Path of the offending key, as `--set` writes it.
    pub path: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Who is touched.
    pub users: Vec<Users>,
    /// The line of the scenario that mends it; empty where that is a matter of design.
    pub set: String,
    /// The command of the administration shell that does the same; empty where there is none.
    pub command: String,
    /// Gravity, where it is not the lint's.
    pub severity: Option<Severity>,
}

impl Finding {
    /// A finding at a key, without users and without a fix.
    #[must_use]
    pub fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            users: Vec::new(),
            set: String::new(),
            command: String::new(),
            severity: None,
        }
    }

    /// Adds who is touched.
    #[must_use]
    pub fn touching(mut self, users: Vec<Users>) -> Self {
        self.users = users;
        self
    }

    /// Adds the fix: the scenario's line and the shell's command.
    #[must_use]
    pub fn fix(mut self, set: impl Into<String>, command: impl Into<String>) -> Self {
        self.set = set.into();
        self.command = command.into();
        self
    }
}

/// A rule of the linter.
#[derive(Clone, Copy)]
pub struct Lint {
    /// Stable id: `L03`.
    pub id: &'static str,
    /// Gravity of its findings.
    pub severity: Severity,
    /// What it finds, in a phrase.
    pub title: &'static str,
    /// What goes wrong and why.
    pub docs: &'static str,
    /// Where that is known from.
    pub source: &'static str,
    /// How sure it is.
    pub confidence: Confidence,
    /// Looks.
    pub find: fn(&Subject<'_>) -> Vec<Finding>,
}

impl fmt::Debug for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lint").field("id", &self.id).field("title", &self.title).finish_non_exhaustive()
    }
}

/// A finding with its rule and place.
#[derive(Clone, Debug)]
pub struct Report {
    /// The rule.
    pub lint: &'static Lint,
    /// Gravity.
    pub severity: Severity,
    /// What was found.
    pub finding: Finding,
    /// Where the offending key, or the nearest table around it, was written.
    pub span: Option<Span>,
}

impl Report {
    /// The finding as a diagnostic for people.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let Finding { message, users, set, command, path, .. } = &self.finding;
        let mut shown = Diagnostic {
            severity: self.severity,
            code: self.lint.id,
            title: message.clone(),
            labels: Vec::new(),
            help: Vec::new(),
        };
        if let Some(span) = self.span {
            shown = shown.at(span, self.lint.title);
        } else {
            shown = shown.help(format!("at {path}: {}", self.lint.title));
        }
        if !users.is_empty() {
            let all: Vec<String> = users.iter().map(Users::to_string).collect();
            shown = shown.help(format!("mailboxes touched: {}", all.join(", ")));
        }
        if !set.is_empty() {
            shown = shown.help(format!("scenario: {set}"));
        }
        if !command.is_empty() {
            shown = shown.help(format!("shell: {command}"));
        }
        shown
    }
}

/// Word for a gravity in JSON and tables: `error`, `warn` or `info`.
#[must_use]
pub fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warn",
        Severity::Note => "info",
    }
}

/// Time of day of an instant, by the scenario's clock.
pub(crate) fn clock(scenario: &Scenario, at: SimTime) -> String {
    let experiment = &scenario.experiment;
    let since = i128::from(at.0) - i128::from(experiment.measured_from().0);
    let utc = i128::from(experiment.window_starts_at_utc.0) + since;
    let minutes = utc.div_euclid(60_000_000_000) + i128::from(scenario.clock_offset_minutes);
    let minutes = minutes.rem_euclid(24 * 60);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Everything that all lints find, worst first, then by id and place: first as the
/// scenario begins, then what is new after each change.
#[must_use]
pub fn check(scenario: &Scenario) -> Vec<Report> {
    let mut reports = Vec::new();
    // The same finding with other figures is not a new one.
    let mut seen: BTreeSet<(&str, String, String)> = BTreeSet::new();
    let mut new = |lint: &Lint, finding: &Finding| {
        let words = finding.message.chars().filter(|c| !c.is_ascii_digit()).collect();
        seen.insert((lint.id, finding.path.clone(), words))
    };
    let subject = Subject::new(scenario);
    for lint in lints::all() {
        for finding in (lint.find)(&subject) {
            new(lint, &finding);
            let span = scenario.spans.find(&finding.path);
            let severity = finding.severity.unwrap_or(lint.severity);
            reports.push(Report { lint, severity, finding, span });
        }
    }
    for (number, change) in scenario.model.workload.changes.iter().enumerate() {
        if change.at >= scenario.experiment.ends_at() {
            continue;
        }
        let subject = Subject::after(scenario, change);
        for lint in lints::all() {
            for mut finding in (lint.find)(&subject) {
                if !new(lint, &finding) {
                    continue;
                }
                finding.message = format!("{}, from {} on", finding.message, clock(scenario, change.at));
                // Laid on the beginning, the fix would be undone by the change.
                let set_here =
                    |set: &str| scenario.spans.changed(number, set.split('=').next().unwrap_or(set));
                if set_here(&finding.set) {
                    finding.set.push_str(" (in the `set` of the [[change]])");
                }
                let span = scenario.spans.find_changed(number, &finding.path);
                let severity = finding.severity.unwrap_or(lint.severity);
                reports.push(Report { lint, severity, finding, span });
            }
        }
    }
    reports.sort_by(|a, b| {
        (a.severity, a.lint.id, a.span, &a.finding.path).cmp(&(
            b.severity,
            b.lint.id,
            b.span,
            &b.finding.path,
        ))
    });
    reports
}
