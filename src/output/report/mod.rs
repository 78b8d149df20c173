//! `report.html`: one page that opens offline, prints, and tells a result in the order that a
//! decision needs.
//!
//! Sections are made of the layouts of [`super::charts`], so that a picture is designed once,
//! and of the rows of tables. A headline is a finding from a fixed template, which is a pure
//! function with a test. `maud` writes every tag and escapes every text; the page forbids
//! every request and any script but its own. Read [`of_run`], then a section's file; pages of what was
//! decided stand in `decided`.

mod bits;
mod built;
mod clients;
mod colours;
mod day;
mod decided;
mod failures;
mod fragments;
mod latencies;
mod layouts;
mod map;
mod objectives;
mod outage;
mod rests;
mod shell;
mod shown;
mod stretched;
pub mod summary;

#[cfg(test)]
mod tests;

use maud::{Markup, html};

pub use self::decided::page::title as title_of;
pub use self::decided::parts::Decided;

use self::bits::{Section, State};
use self::decided::{page, parts};
use self::layouts::section;
use self::shell::author;
pub use self::shown::Shown;
use self::shown::{requests, subtitle};
use super::about::About;
use super::words::{count, per_run, percent, thousands};
use super::{lookup, sentences};
use crate::results::RunResult;

/// Name of the file in a folder.
pub const NAME: &str = "report.html";

/// Rows that are shown of latencies, parts and use; the others are folded.
const LATENCIES: usize = 12;
const PARTS: usize = 10;
const CAPACITIES: usize = 10;

/// The page of a run.
#[must_use]
pub fn of_run(shown: Shown<'_>) -> String {
    let part = part(shown, "");
    shell::page(&part.name.clone(), &html! {}, &[part], &footer(shown.about))
}

/// What a run's folder has beside its tables for people and scripts: the page and the summaries, by the
/// names of their files.
#[must_use]
pub fn files(shown: Shown<'_>) -> [(&'static str, String); 3] {
    let part = part(shown, "");
    let (markdown, json) = (summary::markdown(shown, &part.sections), summary::json(shown));
    let page = shell::page(&part.name.clone(), &html! {}, &[part], &footer(shown.about));
    [(NAME, page), (summary::MARKDOWN, markdown), (summary::JSON, json)]
}

/// The page of a comparison, a sweep, plans or a study of sensitivity.
#[must_use]
pub fn of_decision(shown: Decided<'_>) -> String {
    shell::page(&page::title(&shown), &html! {}, &page::parts(&shown, ""), &parts::footer(shown.basis))
}

/// What a page of several folders has of one.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'r> {
    /// Of `casim run`.
    Run(Shown<'r>),
    /// Of another command.
    Decided(Decided<'r>),
}

impl Piece<'_> {
    /// The page of it alone.
    #[must_use]
    pub fn page(self) -> String {
        match self {
            Self::Run(shown) => of_run(shown),
            Self::Decided(shown) => of_decision(shown),
        }
    }

    /// Each table of the page as a file of its own to be pasted into a document: name and text.
    #[must_use]
    pub fn fragments(self) -> Vec<(String, String)> {
        match self {
            Self::Run(shown) => fragments::all(shown),
            Self::Decided(shown) => fragments::of_decision(&shown),
        }
    }

    /// What its command writes beside its tables for people and scripts, by the names of the files.
    #[must_use]
    pub fn files(self) -> Vec<(&'static str, String)> {
        match self {
            Self::Run(shown) => files(shown).to_vec(),
            Self::Decided(shown) => vec![(NAME, of_decision(shown))],
        }
    }
}

/// One page of several folders: a table of them all, then each.
#[must_use]
pub fn of_several(title: &str, notes: Option<&str>, pieces: &[Piece<'_>]) -> String {
    let parts = pieces.iter().zip(1..).flat_map(|(piece, number)| match piece {
        Piece::Run(shown) => vec![part(*shown, &format!("-{number}"))],
        Piece::Decided(shown) => page::parts(shown, &format!("-{number}")),
    });
    let parts: Vec<shell::Part> = parts.collect();
    let runs: Option<Vec<Shown<'_>>> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Run(shown) => Some(*shown),
            Piece::Decided(_) => None,
        })
        .collect();
    let above = html! {
        header {
            (shell::title(title, &count(pieces.len(), "result")))
            (author(notes))
        }
        @match runs {
            Some(runs) => (side_by_side(&runs)),
            None => (one_by_one(pieces)),
        }
    };
    let footer = html! { "Written by casim " (env!("CARGO_PKG_VERSION")) "." };
    shell::page(title, &above, &parts, &footer)
}

/// Results of several commands, each with what it comes to.
fn one_by_one(pieces: &[Piece<'_>]) -> Markup {
    let row = |piece: &Piece<'_>| match piece {
        Piece::Run(shown) => {
            [shown.about.title.clone(), "run".to_owned(), objectives::Count::of(shown.run).sentence()]
                .to_vec()
        }
        Piece::Decided(shown) => {
            [page::title(shown), page::kind(shown).to_owned(), page::verdict(shown)].to_vec()
        }
    };
    bits::Table {
        caption: "What each comes to",
        columns: &[("of what", false), ("what it is", false), ("what it comes to", false)],
        rows: pieces.iter().map(row).collect(),
    }
    .html()
}

/// Every result in a row.
fn side_by_side(shown: &[Shown<'_>]) -> Markup {
    let row = |one: &Shown<'_>| {
        let (requests, failed) = requests(one.run);
        let busiest = one.run.bottlenecks.first();
        vec![
            one.about.title.clone(),
            objectives::Count::of(one.run).sentence(),
            per_run(requests, one.run.replications),
            percent(failed as f64 / requests.max(1) as f64),
            busiest.map_or_else(String::new, |row| {
                let (name, of) = lookup::strained(one.run, row);
                format!("{name}, of {of}")
            }),
            busiest.map_or_else(String::new, |row| percent(row.strain())),
            thousands(u64::from(one.run.replications)),
        ]
    };
    let columns = [
        ("scenario", false),
        ("objectives", false),
        ("requests a run", true),
        ("failed", true),
        ("closest to its limit", false),
        ("of it", true),
        ("replications", true),
    ];
    bits::Table {
        caption: "The results side by side",
        columns: &columns,
        rows: shown.iter().map(row).collect(),
    }
    .html()
}

fn part(shown: Shown<'_>, id: &str) -> shell::Part {
    let Shown { run, pictures, setup, about } = shown;
    let picture = |name: &str| pictures.iter().find(|drawn| drawn.name == name).map(|drawn| &drawn.layout);
    let over_day = day::Pictures {
        p95: picture("p95_over_day"),
        failures: picture("failures_over_day"),
        servers: picture("server_utilisation"),
        links: picture("link_utilisation"),
    };
    let mut sections = vec![
        objectives::section(run),
        built::findings(setup),
        failures::section(run, over_day.failures),
        latencies::section(run, picture("latency"), LATENCIES),
        day::section(run, over_day, id),
    ];
    sections.extend(outage::section(run, [picture("storm_arrivals"), picture("storm_p95")]));
    sections.extend([
        section("parts", "Time", picture("latency_parts"), PARTS),
        clients::section(picture("flow"), picture("decisions"), id),
    ]);
    sections.extend(picture("topology").map(|layout| map::section(layout, id)));
    sections.extend([
        section("capacity", "Capacity", picture("bottlenecks"), CAPACITIES),
        built::build(setup),
        rests::assumptions(&about.assumed),
        rests::how(
            run,
            &rests::Origin {
                played_by: &about.played_by,
                seed: about.seed,
                digest: &about.digest,
                arguments: &about.arguments,
            },
        ),
    ]);
    let head = html! {
        (shell::title(&about.title, &subtitle(run, setup)))
        (author(about.notes.as_deref()))
        (verdict(run))
    };
    let headlines = headlines(run, &sections);
    shell::Part { id: id.to_owned(), name: about.title.clone(), head, headlines, sections }
}

fn verdict(run: &RunResult) -> Markup {
    let counted = objectives::Count::of(run);
    let (class, mark) = match counted.state() {
        State::Bad => ("verdict bad", "\u{2715}"),
        State::Good => ("verdict ok", "\u{2713}"),
        State::None => ("verdict open", ""),
    };
    let (requests, failed) = requests(run);
    let runs = run.replications;
    let share = if requests == 0 { 0.0 } else { failed as f64 / requests as f64 };
    let mailboxes: u64 = run.names.mailboxes.iter().map(|many| u64::from(*many)).sum();
    let busiest = run.bottlenecks.first().filter(|row| row.strain() > 0.0);
    html! {
        div class=(class) {
            p.v { @if !mark.is_empty() { span aria-hidden="true" { (mark) } " " } (counted.sentence()) }
            div.tiles {
                div { b { (per_run(requests, runs)) } span { "requests" @if runs > 1 { " a run" } } }
                div { b { (percent(share)) } span { "failed (" (per_run(failed, runs)) ")" } }
                @if mailboxes > 0 { div { b { (thousands(mailboxes)) } span { "mailboxes" } } }
                @if let Some(row) = busiest {
                    div { b { (percent(row.strain())) } @let (name, of) = lookup::strained(run, row); span { "of " (of) ": " (name) } }
                }
            }
        }
    }
}

/// At most five sentences, each a link to the section that it is the headline of.
fn headlines(run: &RunResult, sections: &[Section]) -> Vec<(&'static str, String)> {
    let missed = run.objectives.iter().filter(|goal| goal.is_missed());
    let worst = missed.reduce(|worst, goal| if goal.excess() > worst.excess() { goal } else { worst });
    let mut told: Vec<(&'static str, String)> = Vec::new();
    if let Some(goal) = worst {
        told.push(("objectives", format!("Missed by most: {}", sentences::sentence(run, goal))));
    }
    for id in ["outage", "failures", "latency", "capacity"] {
        let section = sections.iter().find(|section| section.id == id);
        told.extend(section.map(|section| (section.id, section.finding.clone())));
    }
    told
}

fn footer(about: &About) -> Markup {
    html! {
        "Written by casim " (env!("CARGO_PKG_VERSION")) " from scenario " (about.digest.get(..12).unwrap_or("")) ", seed "
        (about.seed) "."
    }
}
