//! Reading the keys of a table, noting what was asked for.
//!
//! A [`Fields`] hands out the values of one table. It remembers every key that the
//! resolver asks for, so that at the end any other key is a fault that names the
//! nearest known one; and it writes every value, given or default, into the resolved
//! scenario. What a resolver reads, what it accepts and what is written out can
//! therefore not drift apart. [`Cx`] collects faults, warnings, assumed defaults and
//! places. Must not know Exchange; [`super::resolve`] does.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::Kind;
use super::tree::{self, Entry, Node, Table, Value};
use crate::diagnostics::{Diagnostic, Span, is_or_are, nearest};

/// Where each key of a scenario was written.
///
/// Paths address the scenario as `--set` does: `site.Boston.owa.external_url`; a part
/// that is no bare word is quoted: `namespace."mail.contoso.com".ttl`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spans(BTreeMap<String, Span>);

impl Spans {
    /// The place of a key's value, or of the nearest table around it that was written.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Span> {
        let mut path = path;
        loop {
            if let Some(span) = self.0.get(path) {
                return Some(*span);
            }
            path = &path[..path.rfind('.')?];
        }
    }

    /// Whether this very key was written.
    #[must_use]
    pub fn given(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// The place where a change, by its number from 0 in order of time, sets a key, or
    /// that of the change itself.
    #[must_use]
    pub fn find_changed(&self, change: usize, path: &str) -> Option<Span> {
        self.find(&format!("{}.{path}", of_change(change)))
    }

    /// Whether a change sets this very key.
    #[must_use]
    pub fn changed(&self, change: usize, path: &str) -> bool {
        self.given(&format!("{}.{path}", of_change(change)))
    }

    pub(super) fn note(&mut self, path: String, span: Span) {
        self.0.insert(path, span);
    }

    pub(super) fn note_changed(&mut self, change: usize, path: Option<&str>, span: Span) {
        let own = of_change(change);
        self.note(path.map_or_else(|| own.clone(), |path| format!("{own}.{path}")), span);
    }
}

/// Head of the paths of a change in order of time; `change.N` counts in order of the file.
fn of_change(number: usize) -> String {
    format!("change@{number}")
}

/// One line of the resolved scenario, and the section that it belongs to.
#[derive(Clone, Debug)]
struct Line {
    text: String,
    comment: String,
    rank: usize,
    /// Path of the key, where it has one.
    path: String,
}

/// Sections in the order of the resolved scenario; what is assumed late stands with
/// its kind, so that the text does not depend on what was given.
const SECTIONS: [&str; 21] = [
    "[run]",
    "[clients]",
    "[costs]",
    "[traffic]",
    "[round_trips]",
    "[[region]]",
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
];

/// With so many faults nothing is compared any more to find what was meant.
const MANY: usize = 200;

/// Everything that resolving collects.
#[derive(Debug, Default)]
pub(super) struct Cx {
    /// What is wrong.
    pub(super) faults: Vec<Diagnostic>,
    /// What deserves a look.
    pub(super) warnings: Vec<Diagnostic>,
    /// Defaults that were taken, by generic path.
    pub(super) assumed: BTreeMap<String, String>,
    /// Where keys were written.
    pub(super) spans: Spans,
    /// Label of each source.
    labels: Vec<String>,
    lines: Vec<Line>,
    rank: usize,
    /// Paths of defaults, each with the line that it was written as.
    defaults: Vec<(usize, String)>,
    /// Generic paths of the tables that know a key.
    known: BTreeMap<&'static str, BTreeSet<String>>,
    /// Unknown keys near no known one: number of the fault, key, generic path of its table.
    strangers: Vec<(usize, String, String)>,
}

impl Cx {
    /// Nothing collected yet; `labels` tell how each source is called.
    pub(super) fn new(labels: Vec<String>) -> Self {
        Self { labels, ..Self::default() }
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
        let candidates: Vec<&str> = candidates.into_iter().collect();
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
        Self::new(self.labels.clone())
    }

    /// Begins a section of the resolved scenario.
    pub(super) fn section(&mut self, header: &str) {
        self.rank =
            SECTIONS.iter().position(|known| header.starts_with(known)).map_or(SECTIONS.len(), |at| at + 1);
        for text in [String::new(), header.to_owned()] {
            self.lines.push(Line { text, comment: String::new(), rank: self.rank, path: String::new() });
        }
    }

    /// Writes one key of the resolved scenario; `path` is the whole path of it.
    pub(super) fn line(&mut self, path: String, key: &str, value: &str, comment: String) {
        self.lines.push(Line { text: format!("{key} = {value}"), comment, rank: self.rank, path });
    }

    /// Notes that nobody gave the line written last, or the element `path`.
    pub(super) fn is_default(&mut self, path: String) {
        self.defaults.push((self.lines.len(), path));
    }

    /// The lines of the key at a path, or of the element.
    pub(super) fn lines_of(&self, path: &str) -> Vec<&str> {
        let inside = |line: &&Line| {
            line.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.lines.iter().filter(inside).map(|line| line.text.as_str()).collect()
    }

    /// How many lines are written, for [`Self::rewind`].
    pub(super) fn mark(&self) -> usize {
        self.lines.len()
    }

    /// Forgets the lines written since a mark: a value is written as a whole instead.
    pub(super) fn rewind(&mut self, mark: usize) {
        self.lines.truncate(mark);
        self.defaults.retain(|(line, _)| *line <= mark);
    }

    /// Tells of unknown keys where they belong, once every table has been read.
    fn place_strangers(&mut self) {
        for (fault, key, table) in std::mem::take(&mut self.strangers) {
            let Some(tables) = self.known.get(key.as_str()) else { continue };
            if let (Some(fault), Some(help)) = (self.faults.get_mut(fault), belongs(&key, &table, tables)) {
                fault.help = vec![help];
            }
        }
    }

    /// The comment of a value that was given at this place.
    pub(super) fn given(&self, span: Span) -> String {
        match self.labels.get(span.source as usize).map(String::as_str) {
            None | Some("") => "given".to_owned(),
            Some(label) => format!("given in {label}"),
        }
    }

    /// The resolved scenario, with or without comments.
    pub(super) fn resolved(&self, comments: bool) -> String {
        let mut out = String::new();
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        lines.sort_by_key(|line| line.rank);
        for line in lines {
            out.push_str(&line.text);
            if comments && !line.comment.is_empty() {
                out.push_str("  # ");
                out.extend(line.comment.chars().map(|c| if c.is_control() { ' ' } else { c }));
            }
            out.push('\n');
        }
        if comments && !self.defaults.is_empty() {
            out.push_str("\n# What nobody gave. A path counts when the file is read again, where its value is the default then.\n");
            out.push_str("[origin]\ndefaults = [\n");
            for (_, path) in &self.defaults {
                out.push_str(&format!("    {},\n", tree::quote(path)));
            }
            out.push_str("]\n");
        }
        out
    }
}

/// The keys of one table.
#[derive(Debug)]
pub(super) struct Fields<'t> {
    table: &'t Table,
    /// Where the table begins.
    pub(super) span: Span,
    /// Path of the table: `site.Boston.cas`.
    pub(super) path: String,
    /// The same for every element: `site.*.cas`.
    generic: String,
    /// Prefix of keys within the section: empty or `cas.`.
    prefix: String,
    asked: Vec<&'static str>,
}

impl<'t> Fields<'t> {
    /// The keys of a table at `path`; `generic` is the path with names replaced by `*`.
    pub(super) fn new(table: &'t Table, span: Span, path: String, generic: String) -> Self {
        Self { table, span, path, generic, prefix: String::new(), asked: Vec::new() }
    }

    /// The path of one of its keys.
    pub(super) fn at(&self, key: &str) -> String {
        if self.path.is_empty() { tree::key(key) } else { format!("{}.{}", self.path, tree::key(key)) }
    }

    fn generic_at(&self, key: &str) -> String {
        if self.generic.is_empty() { key.to_owned() } else { format!("{}.{key}", self.generic) }
    }

    /// Whether the key is there; makes it a known one.
    pub(super) fn has(&mut self, key: &'static str) -> bool {
        self.entry(key).is_some()
    }

    /// The entry of a key; makes it a known one.
    pub(super) fn entry(&mut self, key: &'static str) -> Option<&'t Entry> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table.get(key)
    }

    /// As [`Self::entry`], and the place is noted.
    pub(super) fn node(&mut self, cx: &mut Cx, key: &'static str) -> Option<&'t Node> {
        let entry = self.entry(key)?;
        cx.spans.note(self.at(key), entry.node.span);
        Some(&entry.node)
    }

    /// Writes a key of the resolved scenario that was read by other means.
    pub(super) fn write(&self, cx: &mut Cx, key: &str, value: &str, comment: String) {
        cx.line(self.at(key), &format!("{}{}", self.prefix, tree::key(key)), value, comment);
    }

    /// Writes a default and lists it among the assumed ones.
    pub(super) fn write_default(&self, cx: &mut Cx, key: &str, value: &str, source: &str) {
        cx.assumed.entry(self.generic_at(key)).or_insert_with(|| format!("{value} ({source})"));
        self.write(cx, key, value, format!("default: {source}"));
        cx.is_default(self.at(key));
    }

    /// The value of a key that may be left out.
    pub(super) fn read<K: Kind>(&mut self, cx: &mut Cx, key: &'static str, kind: &K) -> Option<K::Out> {
        let node = self.node(cx, key)?;
        let value = kind.read(cx, node, &self.at(key))?;
        let comment = cx.given(node.span);
        self.write(cx, key, &kind.show(&value), comment);
        Some(value)
    }

    /// The value of a key that must be there.
    pub(super) fn require<K: Kind>(&mut self, cx: &mut Cx, key: &'static str, kind: &K) -> Option<K::Out> {
        if !self.has(key) {
            self.missing(cx, key, &kind.expected());
            return None;
        }
        self.read(cx, key, kind)
    }

    /// Reports a key that must be there.
    pub(super) fn missing(&mut self, cx: &mut Cx, key: &'static str, expected: &str) {
        let what = if self.path.is_empty() { "the scenario".to_owned() } else { format!("`{}`", self.path) };
        cx.fault_help(
            "missing-key",
            format!("{what} has no `{key}`"),
            self.span,
            format!("`{key}` is needed here"),
            format!("`{key}` is {expected}"),
        );
    }

    /// The value of a key, or a default whose origin is `source`.
    pub(super) fn or<K: Kind>(
        &mut self,
        cx: &mut Cx,
        key: &'static str,
        kind: &K,
        default: K::Out,
        source: &str,
    ) -> K::Out {
        if self.has(key) {
            return self.read(cx, key, kind).unwrap_or(default);
        }
        self.write_default(cx, key, &kind.show(&default), source);
        default
    }

    /// The keys of a table inside this one.
    pub(super) fn table(&mut self, cx: &mut Cx, key: &'static str) -> Option<Fields<'t>> {
        let node = self.node(cx, key)?;
        let span = node.span;
        let Value::Table(table) = &node.value else {
            wrong_type(cx, node, &self.at(key), "a table of keys in braces");
            return None;
        };
        Some(self.inner(table, span, key))
    }

    /// The keys of a table inside this one, empty when it is left out.
    pub(super) fn table_or_empty(&mut self, cx: &mut Cx, key: &'static str) -> Fields<'t> {
        const EMPTY: &Table = &Table { entries: Vec::new() };
        match self.table(cx, key) {
            Some(fields) => fields,
            None => self.inner(EMPTY, self.span, key),
        }
    }

    /// The same keys as a section of their own in the resolved scenario.
    pub(super) fn into_section(mut self) -> Self {
        self.prefix.clear();
        self
    }

    fn inner(&self, table: &'t Table, span: Span, key: &str) -> Fields<'t> {
        Fields {
            table,
            span,
            path: self.at(key),
            generic: self.generic_at(key),
            prefix: format!("{}{}.", self.prefix, tree::key(key)),
            asked: Vec::new(),
        }
    }

    /// The elements of an array of tables, each with its header's place.
    pub(super) fn elements(&mut self, cx: &mut Cx, key: &'static str) -> Vec<(&'t Table, Span)> {
        let Some(entry) = self.entry(key) else { return Vec::new() };
        let Value::List(items) = &entry.node.value else {
            if entry.node.value != Value::Bad {
                cx.fault_help(
                    "wrong-type",
                    format!("`{key}` must be an array of tables"),
                    entry.key_span,
                    format!("found {}", entry.node.value.noun()),
                    format!("each element begins with [[{key}]]"),
                );
            }
            return Vec::new();
        };
        let mut elements = Vec::with_capacity(items.len());
        for item in items {
            match &item.value {
                Value::Table(table) => elements.push((table, item.span)),
                Value::Bad => {}
                other => cx.fault_help(
                    "wrong-type",
                    format!("an element of `{key}` must be a table"),
                    item.span,
                    format!("found {}", other.noun()),
                    format!("each element begins with [[{key}]]"),
                ),
            }
        }
        elements
    }

    /// Every entry whose key is not asked for by name: of a table whose keys are names.
    pub(super) fn named_entries(&self) -> impl Iterator<Item = &'t Entry> + use<'_, 't> {
        self.table.entries.iter().filter(|entry| !self.asked.contains(&entry.key.as_str()))
    }

    /// Reports the keys that nobody asked for, each with the nearest known one.
    pub(super) fn finish(self, cx: &mut Cx) {
        // Distributions, which stand in many tables, have no generic path.
        let placed = self.path.is_empty() || !self.generic.is_empty();
        for key in self.asked.iter().filter(|_| placed) {
            let tables = cx.known.entry(key).or_default();
            if !tables.contains(&self.generic) {
                tables.insert(self.generic.clone());
            }
        }
        let unknown: Vec<&Entry> = self.named_entries().filter(|entry| entry.key != "remove").collect();
        for entry in unknown {
            let near =
                if cx.faults.len() < MANY { nearest(&entry.key, self.asked.iter().copied()) } else { None };
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("keys here: {}", self.asked.join(", ")),
            };
            let place =
                if self.path.is_empty() { "the scenario".to_owned() } else { format!("`{}`", self.path) };
            if placed && near.is_none() && cx.faults.len() < MANY {
                cx.strangers.push((cx.faults.len(), entry.key.clone(), self.generic.clone()));
            }
            cx.fault_help(
                "unknown-key",
                format!("{place} has no key `{}`", entry.key),
                entry.key_span,
                "unknown key",
                help,
            );
        }
        if self.path.is_empty() {
            cx.place_strangers();
        }
    }
}

/// Where a key belongs that stands in `table` and is known to `tables`, all by generic
/// path; `None` where that would be a guess.
fn belongs(key: &str, table: &str, tables: &BTreeSet<String>) -> Option<String> {
    if tables.contains("") {
        let section = SECTIONS.iter().find(|section| section.trim_matches(['[', ']']) == key);
        return Some(match section {
            Some(section) if section.starts_with("[[") => {
                format!("`{key}` is a table of the whole scenario: begin it with [[{key}]]")
            }
            Some(section) => format!("`{key}` is a table of the whole scenario: begin it with {section}"),
            None => format!("`{key}` is a key of the whole scenario: write it before the first [table]"),
        });
    }
    // The element or section around the table: `site.*` of `site.*.cas`.
    let mut parts = table.split('.');
    let section = parts.next().unwrap_or_default();
    let head = if parts.next() == Some("*") { format!("{section}.*") } else { section.to_owned() };
    let inside = |path: &str| {
        path.strip_prefix(&head).filter(|rest| rest.is_empty() || rest.starts_with('.')).map(str::to_owned)
    };
    let near: Vec<String> = match table {
        "" => Vec::new(),
        _ => tables
            .iter()
            .filter_map(|path| inside(path))
            .filter(|rest| !rest.contains('*'))
            .map(|rest| format!("{}.{key}", rest.trim_start_matches('.')).trim_start_matches('.').to_owned())
            .collect(),
    };
    let header = if head.ends_with(".*") { format!("[[{section}]]") } else { format!("[{section}]") };
    match near.as_slice() {
        [] => {}
        [one] => return Some(format!("did you mean `{one}` of {header}?")),
        many => {
            let more = if many.len() > 6 { ", ..." } else { "" };
            let list = many[..many.len().min(6)].join(", ");
            return Some(format!("`{key}` belongs to a table of {header}: {list}{more}"));
        }
    }
    let mut elsewhere = tables.iter();
    let (path, None) = (elsewhere.next()?, elsewhere.next()) else { return None };
    let (section, rest) = path.split_once('.').unwrap_or((path, ""));
    Some(match rest.strip_prefix('*') {
        Some("") => format!("`{key}` is a key of [[{section}]]"),
        Some(rest) => format!("did you mean `{}.{key}` of [[{section}]]?", rest.trim_start_matches('.')),
        None if rest.is_empty() => format!("`{key}` is a key of [{section}]"),
        None => format!("did you mean `{rest}.{key}` of [{section}]?"),
    })
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
