//! What sections are made of: heads, rows of a grid, tables.
//!
//! Every text goes through `maud`, which escapes it. Knows no result.

use maud::{Markup, html};

use crate::output::format::real;
use crate::output::words::{thousands, three_figures};

/// A section of the page.
#[derive(Debug)]
pub(super) struct Section {
    /// What it is found by: `#latency`.
    pub(super) id: &'static str,
    /// Its word in the list of sections.
    pub(super) nav: &'static str,
    /// What it is about.
    pub(super) topic: String,
    /// What was found: a sentence.
    pub(super) finding: String,
    /// What is measured and how it is shown.
    pub(super) how: String,
    /// The rest; nothing where the finding says all.
    pub(super) body: Markup,
}

impl Section {
    /// The section; `part` is added to its id where a page has several results.
    pub(super) fn html(&self, part: &str) -> Markup {
        html! {
            section id={ (self.id) (part) } {
                p.eye { (self.topic) }
                // A number stands on one line with its sign.
                h2 { (self.finding.replace(" %", "\u{a0}%")) }
                @if !self.how.is_empty() { p.sub { (self.how) } }
                (self.body)
            }
        }
    }
}

/// How something stands to what was promised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Nothing is promised, or nothing can be said.
    None,
    /// It is kept.
    Good,
    /// It is not.
    Bad,
}

impl State {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::None => "row",
            Self::Good => "row ok",
            Self::Bad => "row bad",
        }
    }

    /// Its mark, which says the same as its colour; in words for who cannot see it.
    pub(super) fn mark(self) -> Markup {
        match self {
            Self::None => html! {},
            Self::Good => html! { span.st title="met" role="img" aria-label="met" { "\u{2713}" } },
            Self::Bad => html! { span.st title="missed" role="img" aria-label="missed" { "\u{2715}" } },
        }
    }
}

/// A row: words, a plot, a value.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) state: State,
    /// Whether its state has a mark before its name.
    pub(super) marked: bool,
    pub(super) name: &'a str,
    pub(super) words: &'a str,
    pub(super) plot: Markup,
    pub(super) value: Markup,
    /// What a reader is told who points at it; nothing where the row says all.
    pub(super) tip: String,
}

impl Row<'_> {
    pub(super) fn html(&self) -> Markup {
        let inner = html! {
            div.lab {
                @if self.marked { (self.state.mark()) }
                b { (self.name) } " " (self.words)
            }
            (self.plot)
            div.val { (self.value) }
        };
        match self.tip.is_empty() {
            true => html! { div class=(self.state.class()) role="listitem" { (inner) } },
            false => html! {
                div class=(self.state.class()) role="listitem" data-t=(self.tip) tabindex="0" { (inner) }
            },
        }
    }
}

/// Rows below their axis, the first `shown` of them and the others folded.
pub(super) fn rows(class: &str, axis: &Markup, rows: &[Markup], shown: usize) -> Markup {
    let (first, rest) = rows.split_at(shown.min(rows.len()));
    html! {
        div class={ "rows " (class) } role="list" { (axis) @for row in first { (row) } }
        @if !rest.is_empty() {
            details {
                summary { (rest.len()) " more" }
                div class={ "rows " (class) } role="list" { (axis) @for row in rest { (row) } }
            }
        }
    }
}

/// The axis above rows: positions (shares of the width) and their words.
pub(super) fn axis(ticks: &[(f64, String)], value: &str) -> Markup {
    html! {
        div.row.axis role="presentation" aria-hidden="true" {
            div.lab {}
            div.plot { @for (at, words) in ticks { span style={ "left:" (percent(*at)) } { (words) } } }
            div.val { (value) }
        }
    }
}

/// A share as CSS has it.
pub(super) fn percent(share: f64) -> String {
    real(100.0 * share.clamp(0.0, 1.0), 2) + "%"
}

/// A table that a reader can sort by each column.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) caption: &'a str,
    /// Heads of columns, and whether they hold figures.
    pub(super) columns: &'a [(&'a str, bool)],
    pub(super) rows: Vec<Vec<String>>,
}

impl Table<'_> {
    pub(super) fn html(&self) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label=(self.caption) {
                table {
                    caption { (self.caption) }
                    thead { tr {
                        @for (head, figures) in self.columns {
                            th scope="col" class=[figures.then_some("n")] { button type="button" { (head) } }
                        }
                    } }
                    tbody { @for row in &self.rows { tr {
                        @for (cell, (_, figures)) in row.iter().zip(self.columns) {
                            td class=[figures.then_some("n")] { (cell) }
                        }
                    } } }
                }
            }
        }
    }

    /// The same, folded; nothing where there are no rows.
    pub(super) fn folded(&self, summary: &str) -> Markup {
        if self.rows.is_empty() {
            return html! {};
        }
        html! { details { summary { (summary) } (self.html()) } }
    }
}

/// A count, or the mean of counts.
pub(super) fn count(value: f64) -> String {
    if value < 999.5 { three_figures(value) } else { thousands(value.round() as u64) }
}
