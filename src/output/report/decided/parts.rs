//! What pages of decisions are made of: verdict, drawings, sentences, tables, what it rests on.
//!
//! Knows no decision; each has a file of its own that asks this one.

use maud::{Markup, html};

use super::super::bits::{Section, State, Table};
use super::super::shell::author;
use super::super::{layouts, shell};
use crate::output::about::Basis;
use crate::output::charts::chart::Drawn;
use crate::output::charts::scene::Scene;
use crate::output::decision::Decision;

/// A decision to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Decided<'r> {
    /// What was decided.
    pub decision: Decision<'r>,
    /// Its pictures, laid out.
    pub pictures: &'r [Drawn],
    /// What else is said.
    pub basis: &'r Basis,
}

impl<'r> Decided<'r> {
    /// What a page is called: as was asked for, else by its `own` name.
    pub(super) fn called(&self, own: String) -> String {
        self.basis.title.clone().unwrap_or(own)
    }

    pub(super) fn picture(&self, name: &str) -> Option<&'r Scene> {
        self.pictures.iter().find(|drawn| drawn.name == name).map(|drawn| &drawn.scene)
    }

    /// Name, what it is about, the author's text, and the verdict with its figures.
    pub(super) fn head(
        &self,
        title: &str,
        about: &str,
        verdict: (State, &str),
        tiles: &[(String, String)],
    ) -> Markup {
        head(title, about, self.basis.notes.as_deref(), verdict, tiles)
    }
}

pub(super) fn head(
    title: &str,
    about: &str,
    notes: Option<&str>,
    (state, verdict): (State, &str),
    tiles: &[(String, String)],
) -> Markup {
    let (class, mark) = match state {
        State::Bad => ("verdict bad", "\u{2715}"),
        State::Good => ("verdict ok", "\u{2713}"),
        State::None => ("verdict open", ""),
    };
    html! {
        (shell::title(title, about))
        (author(notes))
        div class=(class) {
            p.v { @if !mark.is_empty() { span aria-hidden="true" { (mark) } " " } (verdict) }
            @if !tiles.is_empty() {
                div.tiles { @for (figure, words) in tiles { div { b { (figure) } span { (words) } } } }
            }
        }
    }
}

/// Findings of these sections, in this order; what the verdict says already is not said again.
pub(super) fn headlines(sections: &[Section], wanted: &[&str], verdict: &str) -> Vec<(&'static str, String)> {
    let mut told: Vec<(&'static str, String)> = Vec::new();
    for section in wanted.iter().filter_map(|id| sections.iter().find(|section| section.id == *id)) {
        let finding = &section.finding;
        if finding != verdict && told.iter().all(|(_, known)| known != finding) {
            told.push((section.id, finding.clone()));
        }
    }
    told
}

/// What a part above others is called in the list of sections.
pub(super) fn overview(title: String, id: &str) -> String {
    if id.is_empty() { "Overview".to_owned() } else { title }
}

/// A section that is a drawing and what stands below it.
pub(super) fn drawn(
    (id, nav): (&'static str, &'static str),
    part: &str,
    scene: Option<&Scene>,
    below: &Markup,
) -> Section {
    let head = scene.map(|scene| scene.head.clone()).unwrap_or_default();
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let body = html! {
        @if let Some(scene) = scene { (layouts::drawing(scene, &format!("{id}{part}"))) }
        (below)
    };
    Section {
        id,
        nav,
        topic: or(head.topic, nav),
        finding: or(head.finding, "Nothing to show"),
        how: head.how,
        body,
    }
}

/// Sentences, with what stands between backticks as code.
pub(super) fn sentences(all: &[String]) -> Markup {
    html! { ul.said { @for sentence in all { li { (coded(sentence)) } } } }
}

/// A text with what stands between backticks as code.
pub(super) fn coded(text: &str) -> Markup {
    // An odd one stays what it is.
    let pairs = text.matches('`').count() / 2 * 2;
    let parts: Vec<&str> = text.splitn(pairs + 1, '`').collect();
    html! { @for (at, part) in parts.iter().enumerate() {
        @if at % 2 == 1 { code { (part) } } @else { (part) }
    } }
}

/// A table of a page, which is had as a file of its own too.
#[derive(Debug)]
pub(in crate::output::report) struct Rows {
    /// The name of that file without its ending.
    pub(in crate::output::report) name: &'static str,
    pub(in crate::output::report) caption: &'static str,
    /// The file of the folder that has the same and more.
    pub(in crate::output::report) source: &'static str,
    /// The first is the head.
    pub(in crate::output::report) rows: Vec<Vec<String>>,
    /// Columns of numbers.
    pub(in crate::output::report) figures: Vec<usize>,
}

impl Rows {
    /// Nothing where there is a head alone.
    pub(super) fn html(self) -> Markup {
        let mut rows = self.rows.into_iter();
        let heads = rows.next().unwrap_or_default();
        let columns: Vec<(&str, bool)> =
            heads.iter().enumerate().map(|(at, head)| (head.as_str(), self.figures.contains(&at))).collect();
        let table = Table { caption: self.caption, columns: &columns, rows: rows.collect() };
        if table.rows.is_empty() {
            html! {}
        } else {
            table.html()
        }
    }

    /// The same, folded below a summary.
    pub(super) fn folded(self, summary: &str) -> Markup {
        let table = self.html();
        html! { @if !table.0.is_empty() { details { summary { (summary) } (table) } } }
    }
}

/// The first `shown`, and the others folded.
pub(super) fn shortened(all: &[Markup], shown: usize, class: &str) -> Markup {
    let (first, rest) = all.split_at(shown.min(all.len()));
    html! {
        @if !first.is_empty() { ul class=(class) { @for one in first { (one) } } }
        @if !rest.is_empty() {
            details { summary { (rest.len()) " more" } ul class=(class) { @for one in rest { (one) } } }
        }
    }
}

/// `#how`: what it rests on; `more` are lines of this kind of decision.
pub(super) fn how(basis: &Basis, finding: String, more: &[(&str, String)]) -> Section {
    let (version, results) = &basis.decided_by;
    let name = |name: &str| match name {
        "" => "Scenario digest".to_owned(),
        name => format!("Digest of {name}"),
    };
    let body = html! { dl {
        @for (name, value) in more { div { dt { (name) } dd { (value) } } }
        @for (name, value) in &basis.asked { div { dt { (name) } dd { (value) } } }
        @for (of, digest) in &basis.scenarios { div { dt { (name(of)) } dd { code { (digest) } } } }
        div { dt { "casim" } dd { (version) ", results " (results) } }
    } };
    Section {
        id: "how",
        nav: "How sure",
        topic: "How sure is this".to_owned(),
        finding,
        how: "The same scenarios, question and version of casim give the same page, byte for byte."
            .to_owned(),
        body,
    }
}

/// What stands at the foot of the page.
pub(in crate::output::report) fn footer(basis: &Basis) -> Markup {
    let short = |digest: &str| digest.get(..12).unwrap_or("").to_owned();
    let digests: Vec<String> = basis.scenarios.iter().map(|(_, digest)| short(digest)).collect();
    let what = if digests.len() == 1 { "scenario" } else { "scenarios" };
    html! { "Written by casim " (env!("CARGO_PKG_VERSION")) " from " (what) " " (digests.join(", ")) "." }
}
