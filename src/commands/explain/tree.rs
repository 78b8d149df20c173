//! The answer as a tree: what was asked, what decided, the hops, what would change it.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use super::super::error::Error;
use super::open::questions;
use super::promises::Promise;
use super::question::certificate_warning;
use crate::clients::expected::unloaded::{typical, unloaded};
use crate::kernel::Id;
use crate::model::access::{
    AccessQuery, Counterfactual, Explanation, Mechanism, UnreadableCookie, certificates_in_words, rules,
};
use crate::model::topology::{CasGroup, Site};
use crate::model::workload::Workload;
use crate::output::terminal::Look;

/// Whether a redirect of OWA asks for a second logon.
fn second_logon(found: &Explanation) -> Option<&'static str> {
    Some(match (found.second_logon()?, found.mechanism) {
        (true, Mechanism::RedirectManual) => "a second one is asked for, after the link",
        (true, _) => "a second one is asked for: only forms to forms over SSL spare it",
        (false, _) => "one is enough: forms at both ends",
    })
}

/// Why a browser is asked to log on again and again.
pub(super) fn lost_logon(ask: &AccessQuery<'_>, cookie: &UnreadableCookie) -> String {
    let group = |id: Id<CasGroup>| &ask.topology.cas[id.index()];
    let mut holders = vec![cookie.entry];
    holders.extend(cookie.strangers.iter().filter(|id| **id != cookie.entry));
    let words = certificates_in_words(&holders.into_iter().map(group).collect::<Vec<_>>());
    format!(
        "asked to log on again by {} of {} servers: the balancer before {} keeps no session (affinity: none), and \
         they cannot read the logon cookie, which is encrypted with the certificate: {words}",
        cookie.lost,
        cookie.servers,
        cookie.name.as_deref().unwrap_or(&group(cookie.entry).name),
    )
}

/// Colours of the tree, all of them none where there are none.
#[derive(Default)]
struct Colours {
    good: Style,
    bad: Style,
    dim: Style,
}

impl Colours {
    fn of_stdout() -> Self {
        if !Look::of_stdout().colour {
            return Self::default();
        }
        Self {
            good: AnsiColor::Green.on_default().bold(),
            bad: AnsiColor::Red.on_default().bold(),
            dim: Style::new().dimmed(),
        }
    }
}

pub(super) fn write(
    ask: &AccessQuery<'_>,
    found: &Explanation,
    workload: &Workload,
    promises: &[Promise],
    out: &mut dyn Write,
) -> Result<(), Error> {
    let colours = Colours::of_stdout();
    let topology = ask.topology;
    let entry = &topology.cas[ask.entry.index()];
    let mailbox = &topology.mailbox[ask.mailbox.index()];
    let site = |id: Id<Site>| topology.sites[id.index()].name.as_str();
    writeln!(
        out,
        "{} at {} ({}, Exchange {}), mailbox on {} ({}, Exchange {})\n",
        ask.protocol.title(),
        entry.name,
        site(entry.site),
        entry.generation,
        mailbox.name,
        site(mailbox.site),
        mailbox.generation,
    )?;
    // Rules that looked at nothing were about something else.
    let steps: Vec<_> = found.trace.steps.iter().filter(|s| s.decided || !s.facts.is_empty()).collect();
    for step in &steps {
        let Some(rule) = rules::find(step.rule) else { continue };
        let (branch, stem) = if step.decided { ("└─", "  ") } else { ("├─", "│ ") };
        let (verdict, style) =
            if step.decided { ("DECIDES", colours.good) } else { ("no     ", colours.dim) };
        writeln!(out, "{branch} {style}{verdict}{style:#}  {}  [{}]", rule.title, rule.id)?;
        for fact in &step.facts {
            writeln!(out, "{stem}            {}: {}", fact.question, fact.answer)?;
        }
        if !step.decided {
            writeln!(out, "{stem}            ({}: {})", rule.confidence.token(), rule.source)?;
        }
    }
    writeln!(out)?;
    let sees = found.client_sees.token();
    let last = found.then_sees.token();
    let then = if last == sees { String::new() } else { format!(", then {last}") };
    let to = found.redirect_host.as_ref().map_or(String::new(), |host| format!(" to {host}"));
    let style = if found.failure.is_some() { colours.bad } else { colours.good };
    let (decision, mechanism) = (found.decision.token(), found.mechanism.token());
    writeln!(out, "Decision  {style}{decision}{style:#} ({mechanism}){to}")?;
    if let Some(fact) = &found.because {
        writeln!(out, "Because   {}: {}", fact.question, fact.answer)?;
    }
    let rule = found.rule;
    paragraph("Rule      ", rule.docs, out)?;
    writeln!(out, "Source    {} ({})", rule.source, rule.confidence.token())?;
    for question in questions(ask, found) {
        let now = question.value.map_or(String::new(), |value| format!(" = {value}"));
        let text = format!("{}{now}, default {}: {}", question.key, question.default, question.reason);
        paragraph("Open      ", &text, out)?;
    }
    writeln!(out, "Client    sees: {sees}{then}")?;
    if let Some(again) = second_logon(found) {
        writeln!(out, "Logon     {again}")?;
    }
    if let Some(warning) = certificate_warning(ask, found) {
        writeln!(out, "Warning   {warning}")?;
    }
    if let Some(cookie) = &found.unreadable_cookie {
        paragraph("Session   ", &lost_logon(ask, cookie), out)?;
    }
    if let Some(failure) = found.failure {
        writeln!(out, "Failure   {style}{}{style:#}: {}", failure.token(), failure.sentence())?;
    }
    if let Some(event) = found.event {
        writeln!(out, "Event     {} {} in the log of {}", event.source, event.id, entry.name)?;
    }
    hops(ask, found, workload, out)?;
    if found.counterfactuals.is_empty() {
        writeln!(out, "\nNo single setting would change this.")?;
        return Ok(());
    }
    writeln!(out, "\nWhat would change it, one setting at a time")?;
    for (other, promise) in found.counterfactuals.iter().zip(promises) {
        writeln!(out, "  {}: {} -> {}", other.setting, other.from, other.to)?;
        writeln!(out, "      {}", outcome(other))?;
        writeln!(out, "      {}", promise.options())?;
        if !other.shell.is_empty() {
            writeln!(out, "      > {}", other.shell)?;
        }
    }
    Ok(())
}

/// Every hop with what it takes on an idle network and idle servers.
fn hops(
    ask: &AccessQuery<'_>,
    found: &Explanation,
    workload: &Workload,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let times = unloaded(ask, found, workload);
    let ways: Vec<Vec<String>> = found
        .moves
        .iter()
        .map(|leg| leg.iter().map(|m| format!("{} > {}", m.from, m.to)).collect())
        .collect();
    let width = ways.iter().flatten().map(|way| way.chars().count()).max().unwrap_or(0);
    writeln!(out, "\nHops, with the latency expected when nobody else is there ({})", typical(ask.protocol))?;
    let mut whole = 0.0;
    for (number, ((leg, times), ways)) in found.moves.iter().zip(&times).zip(&ways).enumerate() {
        if number > 0 {
            let who = match found.mechanism {
                Mechanism::RedirectManual => "once the user clicks the link",
                _ => "by itself",
            };
            writeln!(out, "  then, {who}:")?;
        }
        for ((m, time), way) in leg.iter().zip(times).zip(ways) {
            whole += time.whole().as_millis_f64();
            let network = match m.round_trip {
                Some(span) => format!(
                    "{:8.1} ms on the way ({:.1} ms round trip{})",
                    time.network.as_millis_f64(),
                    span.as_millis_f64(),
                    if m.links.is_empty() { String::new() } else { format!(" over {}", m.links.join(", ")) }
                ),
                None => "   no path known".to_owned(),
            };
            let server = time.server.as_millis_f64();
            writeln!(out, "  {way:width$}  {:16}  {network}, {server:.1} ms at {}", m.by, m.to)?;
        }
    }
    writeln!(out, "  {:width$}  {:16}  {whole:8.1} ms in all", "", "")?;
    Ok(())
}

fn outcome(other: &Counterfactual) -> String {
    let legs: Vec<String> = other.legs.iter().map(|leg| leg.join(" > ")).collect();
    let failure = other.failure.map_or_else(String::new, |f| format!(", fails: {}", f.token()));
    let host = other.redirect_host.as_ref().map_or_else(String::new, |host| format!(" to {host}"));
    format!("{}{host} by {}{failure}", other.mechanism.token(), legs.join("; then "))
}

/// A text of several lines beside its head.
fn paragraph(head: &str, text: &str, out: &mut dyn Write) -> Result<(), Error> {
    for (n, line) in wrap(text, 88).into_iter().enumerate() {
        writeln!(out, "{}{line}", if n == 0 { head } else { "          " })?;
    }
    Ok(())
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
