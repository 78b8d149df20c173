//! `#failures`: what failed, whom it hit, when, and what would change it.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::bits::{Section, count};
use super::layouts;
use crate::kernel::SimSpan;
use crate::model::access::Failure;
use crate::output::charts::layout::Layout;
use crate::output::lookup::{local_time, name};
use crate::output::words::percent;
use crate::results::{Explanation, FailureRow, RunResult};

/// Ways that are named of one reason, and fixes.
const NAMED: usize = 4;

/// Everything that failed for one reason.
#[derive(Default)]
struct Reason<'r> {
    rows: Vec<&'r FailureRow>,
    fixes: Vec<&'r Explanation>,
    /// Of those that no finding explains: while what was down.
    outages: Vec<&'r str>,
}

impl Reason<'_> {
    fn count(&self) -> u64 {
        self.rows.iter().map(|row| row.count).sum()
    }
}

pub(super) fn section(run: &RunResult, over_day: Option<&Layout>) -> Section {
    let mut reasons: BTreeMap<Failure, Reason<'_>> = BTreeMap::new();
    for row in run.failures.iter().filter(|row| row.count > 0) {
        let reason = reasons.entry(row.failure).or_default();
        reason.rows.push(row);
        let key = |of: &Explanation| (of.failure, of.protocol, of.entry_site, of.mailbox_site);
        let own = (row.failure, row.protocol, row.entry_site, row.mailbox_site);
        let fix = run.explanations.iter().find(|of| key(of) == own);
        // What is refused at any time is refused while something is down, too.
        let outage = run.storms.incidents.get(row.incident as usize).filter(|_| fix.is_none());
        reason.outages.extend(outage.map(|incident| incident.name.as_str()));
        reason.fixes.extend(
            fix.filter(|fix| !reason.fixes.iter().any(|of| of.fix == fix.fix && of.lint == fix.lint)),
        );
    }
    let mut reasons: Vec<(Failure, Reason<'_>)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, reason)| std::cmp::Reverse(reason.count()));
    let all: u64 = reasons.iter().map(|(_, reason)| reason.count()).sum();
    let head = over_day.map(layouts::head).unwrap_or_default();
    let finding = over_day.and_then(layouts::sentence).unwrap_or(head.finding);
    let body = html! {
        @if all > 0 {
            div.scroll tabindex="0" role="region" aria-label="Failures by reason" {
                table.plain {
                    thead { tr {
                        th scope="col" { "reason" }
                        th.n scope="col" { "requests" }
                        th scope="col" { "whom it hit" }
                        th scope="col" { "when" }
                        th scope="col" { "what would change it" }
                    } }
                    tbody { @for (failure, reason) in &reasons { (row(run, *failure, reason, all)) } }
                }
            }
        }
    };
    let how = if all > 0 { "Most frequent first; a count is the mean over the replications." } else { "" };
    Section {
        id: "failures",
        nav: "Failures",
        topic: "Failures".to_owned(),
        finding: if finding.is_empty() { "No request failed".to_owned() } else { finding },
        how: how.to_owned(),
        body,
    }
}

fn row(run: &RunResult, failure: Failure, reason: &Reason<'_>, all: u64) -> Markup {
    let per_run = |of: u64| of as f64 / f64::from(run.replications.max(1));
    let mut ways: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for row in &reason.rows {
        let [entry, mailbox] = [row.entry_site, row.mailbox_site].map(|site| name(&run.names.sites, site));
        let protocol = row.protocol.map_or("", crate::model::protocol::Protocol::title);
        *ways.entry((protocol, entry, mailbox)).or_default() += row.count;
    }
    let mut ways: Vec<_> = ways.into_iter().collect();
    ways.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let first = reason.rows.iter().map(|row| row.first).min().unwrap_or_default();
    let last = reason.rows.iter().map(|row| row.last).max().unwrap_or_default();
    let [from, to] = [first, last].map(|at: SimSpan| local_time(run, at));
    let mut outages = reason.outages.clone();
    outages.sort_unstable();
    outages.dedup();
    html! { tr {
        th scope="row" { (failure.token().replace('_', " ")) small { (failure.sentence()) } }
        td.n { b { (count(per_run(reason.count()))) } small { (percent(reason.count() as f64 / all as f64)) } }
        td data-l="whom" {
            @for (index, ((protocol, entry, mailbox), many)) in ways.iter().take(NAMED).enumerate() {
                @if index > 0 { ", " }
                (protocol) " " (way(entry, mailbox)) " (" (count(per_run(*many))) ")"
            }
            @if ways.len() > NAMED { " and " (ways.len() - NAMED) " more ways" }
        }
        td.when data-l="when" { (from) @if from != to { "\u{2013}" (to) } }
        td data-l="what would change it" {
            @for outage in outages.iter().take(NAMED) { span.cause { "\u{201c}" (outage) "\u{201d}" } " " }
            @for fix in reason.fixes.iter().take(NAMED) {
                div { (fix.lint) ": " @if fix.fix.is_empty() { "a matter of design; see the findings" } @else { code { (fix.fix) } } }
            }
            @if reason.fixes.len() > NAMED { div { (reason.fixes.len() - NAMED) " more: failures.csv" } }
            @if reason.fixes.is_empty() && outages.is_empty() { span { "no setting explains it" } }
        }
    } }
}

fn way(entry: &str, mailbox: &str) -> String {
    match (entry, mailbox) {
        ("", mailbox) => mailbox.to_owned(),
        (entry, "") => entry.to_owned(),
        (entry, mailbox) if entry == mailbox => entry.to_owned(),
        (entry, mailbox) => format!("{entry} → {mailbox}"),
    }
}
