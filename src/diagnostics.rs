//! What is wrong with an input, where, and what to write instead.
//!
//! A [`Diagnostic`] is a stable code, a title, labelled byte [`Span`]s and help;
//! [`render`] is the only place that turns it into text. All faults of an input are
//! collected and shown at once. Titles and labels are phrases: lower-case start,
//! short, and a beginner must see what is wrong and what to write instead.
//!
//! Must not know TOML, scenarios or simulation. [`crate::scenario`] is the first user.

use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

/// The most diagnostics that are printed; the rest are counted.
const MOST_SHOWN: usize = 100;

/// A range of bytes in one of the [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Span {
    /// Position of the source in [`Sources`].
    pub source: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The part of this span from byte `from` to byte `to`, counted from its start.
    #[must_use]
    pub fn part(self, from: usize, to: usize) -> Self {
        let clamp = |n: usize| self.start.saturating_add(u32::try_from(n).unwrap_or(u32::MAX)).min(self.end);
        Self { source: self.source, start: clamp(from), end: clamp(to) }
    }
}

/// One input: a file, or the text of an argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Name in messages: the path as it was given.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// What a resolved scenario says about where a value was given; free of folders.
    pub label: String,
}

/// All inputs that spans point into. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Arc<Source>>);

/// Line and column of a byte, both from 1; a column counts characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Sources {
    /// Takes in a source and tells its number.
    pub fn add(&mut self, source: Source) -> u32 {
        self.0.push(Arc::new(source));
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    /// The source of this number.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Source> {
        self.0.get(number as usize).map(Arc::as_ref)
    }

    /// The same, to be kept.
    pub(crate) fn shared(&self, number: u32) -> Option<Arc<Source>> {
        self.0.get(number as usize).cloned()
    }

    /// The text under a span; empty when it points nowhere.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source)
            .and_then(|source| source.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }

    /// The source's name and the line and column at which a span begins.
    #[must_use]
    pub fn locate(&self, span: Span) -> Option<(&str, Position)> {
        let source = self.get(span.source)?;
        let at = floor(&source.text, span.start as usize);
        let before = &source.text[..at];
        let line_start = before.rfind('\n').map_or(0, |n| n + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        Some((&source.name, Position { line, column: before[line_start..].chars().count() + 1 }))
    }

    /// `file:line:column` of a span, in words for a sentence.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        self.locate(span).map_or_else(String::new, |(name, at)| format!("{name}:{}:{}", at.line, at.column))
    }
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// How grave a diagnostic is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// Look at this before you trust the results.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word in messages and JSON.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A place and what is to be said about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Gravity.
    pub severity: Severity,
    /// Stable code in words joined by hyphens: `unknown-key`.
    pub code: &'static str,
    /// What is wrong, in a phrase.
    pub title: String,
    /// Where: the first label is the fault, the others are context.
    pub labels: Vec<Label>,
    /// What to do, one line each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error without place or help.
    #[must_use]
    pub fn error(code: &'static str, title: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, title: title.into(), labels: Vec::new(), help: Vec::new() }
    }

    /// A warning without place or help.
    #[must_use]
    pub fn warning(code: &'static str, title: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, title) }
    }

    /// Adds a place; the first one added is the fault itself.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// The finding for programs; `sources` are what its spans point into.
    #[must_use]
    pub fn record<'a>(&'a self, sources: &'a Sources) -> Record<'a> {
        let place = self.labels.first().and_then(|label| sources.locate(label.span));
        Record {
            severity: self.severity.token(),
            code: self.code,
            message: &self.title,
            label: self.labels.first().map(|label| label.text.as_str()).filter(|text| !text.is_empty()),
            file: place.map(|(file, _)| file),
            line: place.map(|(_, at)| at.line),
            column: place.map(|(_, at)| at.column),
            help: self.help.iter().map(String::as_str).collect(),
        }
    }
}

/// A [`Diagnostic`] as a program reads it: its keys are the keys of casim's JSON, and
/// what is not known is null.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Record<'a> {
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// Stable code: `unknown-key`.
    pub code: &'static str,
    /// What is wrong, in a phrase.
    pub message: &'a str,
    /// What is said about the place itself.
    pub label: Option<&'a str>,
    /// The file, as it was given.
    pub file: Option<&'a str>,
    /// Line of the first label, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// What to do, one line each.
    pub help: Vec<&'a str>,
}

/// Everything wrong with an input, with the texts that the places point into.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    /// The findings, in order of file and place.
    pub items: Vec<Diagnostic>,
    /// What their spans point into.
    pub sources: Sources,
}

impl Diagnostics {
    /// A single finding about no particular text.
    #[must_use]
    pub fn single(item: Diagnostic) -> Self {
        Self { items: vec![item], sources: Sources::default() }
    }

    /// The findings for programs, in the same order.
    #[must_use]
    pub fn records(&self) -> Vec<Record<'_>> {
        self.items.iter().map(|item| item.record(&self.sources)).collect()
    }

    /// All findings as text; `styled` adds terminal colours.
    #[must_use]
    pub fn render(&self, styled: bool) -> String {
        render(&self.items, &self.sources, styled)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// Findings as text: title, the line with the offending text underlined, help; a
/// blank line between two. Ends with a newline unless there is nothing to say.
#[must_use]
pub fn render(items: &[Diagnostic], sources: &Sources, styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for item in items.iter().take(MOST_SHOWN) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&renderer.render(&[group(item, sources)]));
        text.push('\n');
    }
    if items.len() > MOST_SHOWN {
        text.push_str(&format!("\n... and {} more\n", items.len() - MOST_SHOWN));
    }
    text
}

fn group<'a>(item: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match item.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(item.title.as_str()).id(item.code));
    for (number, label) in item.labels.iter().enumerate() {
        let Some(source) = sources.get(label.span.source) else { continue };
        let window = Window::around(&source.text, label.span);
        let kind = if number == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation =
            kind.span(window.range).label((!label.text.is_empty()).then_some(label.text.as_str()));
        group = group.element(
            Snippet::source(window.text)
                .line_start(window.line)
                .path(source.name.as_str())
                .annotation(annotation),
        );
    }
    for help in &item.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// The one line of a source that is shown. Cut out here because the renderer looks
/// at the whole text that it is given, and a file may be long.
struct Window<'a> {
    text: &'a str,
    line: usize,
    range: std::ops::Range<usize>,
}

impl<'a> Window<'a> {
    fn around(text: &'a str, span: Span) -> Self {
        let start = floor(text, span.start as usize);
        let from = text[..start].rfind('\n').map_or(0, |n| n + 1);
        let to = text[start..].find('\n').map_or(text.len(), |n| start + n);
        let line = text[..from].bytes().filter(|b| *b == b'\n').count() + 1;
        // A span over several lines is underlined on its first.
        let end = floor(text, span.end as usize).clamp(start, to.max(start));
        let mut shown = &text[from..to];
        shown = shown.strip_suffix('\r').unwrap_or(shown);
        let limit = shown.len();
        Self { text: shown, line, range: (start - from).min(limit)..(end - from).min(limit) }
    }
}

/// The verb of a list of `count` names.
#[must_use]
pub fn is_or_are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// Bytes of the longest word that is compared to find what was meant.
const LONGEST_WORD: usize = 256;

/// The candidate nearest to `word`: one whose first word it is (`2008` of `2008 SP2`), else one that
/// is near enough to be a slip of the pen: at most a third of its letters differ (case apart).
#[must_use]
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let goes_on = |candidate: &str| {
        candidate.to_lowercase().strip_prefix(&lower).is_some_and(|rest| rest.starts_with(' '))
    };
    if let Some(longer) = candidates.iter().find(|candidate| !lower.is_empty() && goes_on(candidate)) {
        return Some(longer);
    }
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let longest = word.len().max(candidate.len());
            // No key or name is so long, and comparing takes the product of the lengths.
            if longest > LONGEST_WORD || word.len().abs_diff(candidate.len()) * 3 > longest.max(3) {
                return None;
            }
            let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
            (distance * 3 <= longest.max(3)).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_its_line_its_place_and_help() {
        let mut sources = Sources::default();
        let text = "name = \"x\"\nsite = \"AMX\"\n";
        let source = sources.add(Source { name: "two.toml".into(), text: text.into(), label: String::new() });
        let item = Diagnostic::error("unknown-name", "no site is called `AMX`")
            .at(Span { source, start: 18, end: 23 }, "no [[site]] has this name")
            .help("did you mean `AMS`?");
        let expected = "error[unknown-name]: no site is called `AMX`\n --> two.toml:2:8\n  |\n2 | site = \"AMX\"\n  |        ^^^^^ no [[site]] has this name\n  |\n  = help: did you mean `AMS`?\n";
        assert_eq!(render(&[item], &sources, false), expected);
    }

    #[test]
    fn a_program_reads_the_same_fault_with_its_place() {
        let mut sources = Sources::default();
        let text = "name = \"x\"\nsite = \"AMX\"\n";
        let source = sources.add(Source { name: "two.toml".into(), text: text.into(), label: String::new() });
        let placed = Diagnostic::error("unknown-name", "no site is called `AMX`")
            .at(Span { source, start: 18, end: 23 }, "no [[site]] has this name")
            .help("did you mean `AMS`?");
        let nowhere = Diagnostic::warning("no-effect", "the change sets nothing");
        let found = Diagnostics { items: vec![placed, nowhere], sources };
        let expected = serde_json::json!([
            {
                "severity": "error", "code": "unknown-name", "message": "no site is called `AMX`",
                "label": "no [[site]] has this name", "file": "two.toml", "line": 2, "column": 8,
                "help": ["did you mean `AMS`?"],
            },
            {
                "severity": "warning", "code": "no-effect", "message": "the change sets nothing",
                "label": null, "file": null, "line": null, "column": null, "help": [],
            },
        ]);
        assert_eq!(serde_json::to_value(found.records()).expect("plain values"), expected);
    }

    #[test]
    fn any_span_renders() {
        let mut sources = Sources::default();
        let text = "\u{e9}\r\n\r\n\t\u{1f600}x";
        let source = sources.add(Source { name: "x".into(), text: text.into(), label: String::new() });
        for start in 0..20 {
            for end in 0..20 {
                let item = Diagnostic::error("x", "x").at(Span { source, start, end }, "here");
                assert!(render(&[item], &sources, false).contains("error"));
                let _ = sources.locate(Span { source, start, end });
            }
        }
        let nowhere = Diagnostic::error("x", "x").at(Span { source: 9, start: 0, end: 1 }, "");
        assert!(render(&[nowhere], &sources, true).contains("error"));
    }

    #[test]
    fn the_nearest_word_is_a_slip_of_the_pen() {
        assert_eq!(nearest("cors", ["cores", "servers"]), Some("cores"));
        assert_eq!(nearest("Bostn", ["Amsterdam", "Boston"]), Some("Boston"));
        assert_eq!(nearest("latnecy", ["latency"]), Some("latency"));
        assert_eq!(nearest("zebra", ["cores", "servers"]), None);
        assert_eq!(nearest("2008", ["2003", "2008 SP2", "2008 R2"]), Some("2008 SP2"));
    }
}
