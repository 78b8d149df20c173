//! What reading a scenario collects: faults, warnings, assumed defaults, places, and
//! the lines of the resolved scenario.
//!
//! Must not know which keys there are, nor what a value may be; [`super::kinds`] and
//! [`super::fields`] fill it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::beside::Beside;
use super::keys::Keys;
use super::spans::Spans;
use super::tree::{self, Node, Value};
use crate::diagnostics::{Diagnostic, Span, is_or_are, nearest};

/// One line of the resolved scenario, and the section that it belongs to.
#[derive(Clone, Debug)]
struct Line {
    text: String,
    comment: Arc<str>,
    rank: usize,
    /// Path of the key, where it has one.
    path: String,
}

/// A default that was taken, and what is said about it where it is written: of thousands once.
#[derive(Debug)]
pub(super) struct Assumed {
    pub(super) text: String,
    comment: Arc<str>,
}

/// What is said in front of where a default comes from.
const DEFAULT: &str = "default: ";

/// What is said of a value that was given in no file.
const GIVEN: &str = "given";

/// Lines, to be found by their paths: a large organisation has thousands of each.
pub(super) struct ByPath<'c> {
    lines: &'c [Line],
    /// Their places, by path, and of one path in the order of the lines.
    places: Vec<usize>,
}

impl<'c> ByPath<'c> {
    /// The lines of the key at a path, or of the element, in their order.
    pub(super) fn of(&self, path: &str) -> Vec<&'c str> {
        let below = format!("{path}.");
        let mut found: Vec<usize> = self.from(path, |own| own == path).collect();
        found.extend(self.from(&below, |own| own.starts_with(&below)));
        found.sort_unstable();
        found.into_iter().map(|place| self.lines[place].text.as_str()).collect()
    }

    fn from(&self, path: &str, fits: impl Fn(&str) -> bool) -> impl Iterator<Item = usize> {
        let first = self.places.partition_point(|place| self.lines[*place].path.as_str() < path);
        let rest = self.places[first..].iter().copied();
        rest.take_while(move |place| fits(&self.lines[*place].path))
    }
}

/// Sections in the order of the resolved scenario; what is assumed late stands with
/// its kind, so that the text does not depend on what was given.
pub(super) const SECTIONS: [&str; 28] = [
    "[run]",
    "[clients]",
    "[costs]",
    "[traffic]",
    "[round_trips]",
    "[[region]]",
    "[[host]]",
    "[[site",
    "[[firewall]]",
    "[[resolution]]",
    "[[link]]",
    "[[namespace]]",
    "[[population]]",
    "[[station]]",
    "[[pipe]]",
    "[[delay]]",
    "[[source",
    "[[outage]]",
    "[[change]]",
    "[organisation]",
    "[contested]",
    "[slo]",
    "[slo.survive]",
    "[prices]",
    "[[prices.server]]",
    "[[prices.line]]",
    "[plan]",
    "[[plan.bound]]",
];

/// The first section that says nothing of what is simulated, only what is decided by it; so do all
/// behind it.
const DECIDING: &str = "[slo.survive]";

/// With so many faults nothing is compared any more to find what was meant.
pub(super) const MANY: usize = 200;

/// Everything that resolving collects.
#[derive(Debug, Default)]
pub(super) struct Cx {
    /// What is wrong.
    pub(super) faults: Vec<Diagnostic>,
    /// What deserves a look.
    pub(super) warnings: Vec<Diagnostic>,
    /// Defaults that were taken, by generic path.
    pub(super) assumed: BTreeMap<String, Assumed>,
    /// Where keys were written.
    pub(super) spans: Spans,
    /// What is said of a value that was given, by source.
    given: Vec<Arc<str>>,
    lines: Vec<Line>,
    rank: usize,
    /// Defaults: how many lines there were, and the path where it is not that of the last of them.
    defaults: Vec<(usize, Option<String>)>,
    /// Generic paths of the tables that know a key.
    pub(super) known: BTreeMap<&'static str, BTreeSet<String>>,
    /// By generic path the keys that were asked of the table read last there.
    pub(super) asked: BTreeMap<String, Vec<&'static str>>,
    /// Where keys are recorded, for the documentation and the schema.
    pub(super) keys: Option<Box<Keys>>,
    /// Ranges of values, by path; written where comments are.
    pub(super) ranges: BTreeMap<String, [Option<String>; 2]>,
    /// Files of values that stand beside the resolved scenario.
    pub(super) beside: BTreeSet<Beside>,
    /// A release could not be read: what follows from the one that was taken in its place is no fault.
    pub(super) release_is_unknown: bool,
    /// Unknown keys near no known one: number of the fault, key, generic path of its table.
    pub(super) strangers: Vec<(usize, String, String)>,
}

impl Cx {
    /// Nothing collected yet; `labels` tell how each source is called.
    pub(super) fn new(labels: &[String]) -> Self {
        let given = |label: &String| match label.as_str() {
            "" => GIVEN.into(),
            label => ["given in ", label].concat().into(),
        };
        Self { given: labels.iter().map(given).collect(), ..Self::default() }
    }

    /// Adds a fault about a place.
    pub(super) fn fault(
        &mut self,
        code: &'static str,
        title: impl Into<String>,
        span: Span,
        label: impl Into<String>,
    ) {
        self.faults.push(Diagnostic::error(code, title).at(span, label));
    }

    /// As [`Self::fault`], with a line of help.
    pub(super) fn fault_help(
        &mut self,
        code: &'static str,
        title: impl Into<String>,
        span: Span,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.faults.push(Diagnostic::error(code, title).at(span, label).help(help));
    }

    /// A name that nothing has, with the nearest one that something has.
    pub(super) fn unknown<'c>(
        &mut self,
        what: &str,
        name: &str,
        span: Span,
        candidates: impl IntoIterator<Item = &'c str>,
    ) {
        // What has no name yet, which is a fault of its own, is no candidate.
        let candidates: Vec<&str> = candidates.into_iter().filter(|name| !name.is_empty()).collect();
        // A scenario with hundreds of faults has another problem than spelling.
        let near = if self.faults.len() < MANY { nearest(name, candidates.iter().copied()) } else { None };
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if candidates.is_empty() => format!("the scenario has no {what}"),
            None => {
                let more = if candidates.len() > 12 { ", ..." } else { "" };
                format!(
                    "there {} {}{more}",
                    is_or_are(candidates.len()),
                    candidates[..candidates.len().min(12)].join(", ")
                )
            }
        };
        self.fault_help(
            "unknown-name",
            format!("no {what} is called `{name}`"),
            span,
            "not in the scenario",
            help,
        );
    }

    /// Another collector for the same sources.
    pub(super) fn again(&self) -> Self {
        Self { given: self.given.clone(), release_is_unknown: self.release_is_unknown, ..Self::default() }
    }

    /// Begins a section of the resolved scenario.
    pub(super) fn section(&mut self, header: &str) {
        self.rank =
            SECTIONS.iter().position(|known| header.starts_with(known)).map_or(SECTIONS.len(), |at| at + 1);
        for text in [String::new(), header.to_owned()] {
            self.lines.push(Line { text, comment: "".into(), rank: self.rank, path: String::new() });
        }
    }

    /// Writes one key of the resolved scenario; `path` is the whole path of it.
    /// The key's own path there may come in parts.
    pub(super) fn line(&mut self, path: String, key: &[&str], value: &str, comment: Arc<str>) {
        let mut text =
            String::with_capacity(key.iter().map(|part| part.len()).sum::<usize>() + 3 + value.len());
        text.extend(key.iter().copied().chain([" = ", value]));
        self.lines.push(Line { text, comment, rank: self.rank, path });
    }

    /// Notes that nobody gave the line written last.
    pub(super) fn line_is_default(&mut self) {
        self.defaults.push((self.lines.len(), None));
    }

    /// Notes that nobody gave the element `path`.
    pub(super) fn is_default(&mut self, path: String) {
        self.defaults.push((self.lines.len(), Some(path)));
    }

    /// The lines that are written, by their paths.
    pub(super) fn by_path(&self) -> ByPath<'_> {
        let mut places: Vec<usize> = (0..self.lines.len()).collect();
        places.sort_by_key(|place| self.lines[*place].path.as_str());
        ByPath { lines: &self.lines, places }
    }

    /// How many lines are written, for [`Self::rewind`].
    pub(super) fn mark(&self) -> usize {
        self.lines.len()
    }

    /// Forgets the lines written since a mark: a value is written as a whole instead.
    pub(super) fn rewind(&mut self, mark: usize) {
        self.lines.truncate(mark);
        // They were noted in the order of the lines.
        let kept = self.defaults.partition_point(|(line, _)| *line <= mark);
        self.defaults.truncate(kept);
    }

    /// The comment of a value that was given at this place.
    pub(super) fn given(&self, span: Span) -> Arc<str> {
        self.given.get(span.source as usize).cloned().unwrap_or_else(|| GIVEN.into())
    }

    /// Notes that a default is taken for the key at a generic path; returns the comment of its line.
    pub(super) fn assume(&mut self, generic: String, value: &str, source: &str) -> Arc<str> {
        let comment = || [DEFAULT, source].concat().into();
        let known = self
            .assumed
            .entry(generic)
            .or_insert_with(|| Assumed { text: format!("{value} ({source})"), comment: comment() });
        // Two places may have theirs for reasons of their own.
        if &known.comment[DEFAULT.len()..] == source { Arc::clone(&known.comment) } else { comment() }
    }

    /// What of the resolved scenario says what is simulated and how it is judged, without comments:
    /// equal for equal models.
    pub(super) fn simulated(&self) -> String {
        let first = SECTIONS.iter().position(|known| *known == DECIDING).map_or(usize::MAX, |at| at + 1);
        let mut lines: Vec<&Line> = self.lines.iter().filter(|line| line.rank < first).collect();
        lines.sort_by_key(|line| line.rank);
        lines.into_iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
    }

    /// The resolved scenario, with or without comments.
    pub(super) fn resolved(&self, comments: bool) -> String {
        // At most, but for ranges.
        let more = |line: &Line| if comments { line.comment.len() + line.path.len() + 16 } else { 1 };
        let size = |line: &Line| line.text.len() + more(line);
        let mut out = String::with_capacity(self.lines.iter().map(size).sum());
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        lines.sort_by_key(|line| line.rank);
        for line in lines {
            out.push_str(&line.text);
            if comments && !line.comment.is_empty() {
                out.push_str("  # ");
                match line.comment.contains(char::is_control) {
                    true => out.extend(line.comment.chars().map(|c| if c.is_control() { ' ' } else { c })),
                    false => out.push_str(&line.comment),
                }
            }
            out.push('\n');
        }
        if comments && !self.ranges.is_empty() {
            out.push_str("\n# In which values may lie.\n[ranges]\n");
            for (path, range) in &self.ranges {
                let ends = ["from", "to"].into_iter().zip(range);
                let ends =
                    ends.filter_map(|(key, end)| Some(format!("{key} = {}", tree::quote(end.as_ref()?))));
                let ends: Vec<String> = ends.collect();
                out.push_str(&format!("{} = {{ {} }}\n", tree::quote(path), ends.join(", ")));
            }
        }
        if comments && !self.defaults.is_empty() {
            out.push_str("\n# What nobody gave. A path counts when the file is read again, where its value is the default then.\n");
            out.push_str("[origin]\ndefaults = [\n");
            for (lines, path) in &self.defaults {
                let path = path.as_ref().unwrap_or_else(|| &self.lines[lines - 1].path);
                out.extend(["    ", &tree::quote(path), ",\n"]);
            }
            out.push_str("]\n");
        }
        out
    }
}

/// Reports a value of the wrong type, unless it was reported before.
pub(super) fn wrong_type(cx: &mut Cx, node: &Node, path: &str, expected: &str) {
    if node.value != Value::Bad {
        cx.fault(
            "wrong-type",
            format!("`{path}` must be {expected}"),
            node.span,
            format!("found {}", node.value.noun()),
        );
    }
}

/// The items of a list, or a fault that says what else it is.
pub(super) fn as_list<'t>(cx: &mut Cx, node: &'t Node, path: &str, expected: &str) -> Option<&'t [Node]> {
    match &node.value {
        Value::List(items) => Some(items),
        _ => {
            wrong_type(cx, node, path, expected);
            None
        }
    }
}
