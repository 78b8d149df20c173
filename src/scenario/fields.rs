//! Reading the keys of a table, noting what was asked for.
//!
//! A [`Fields`] hands out the values of one table. It remembers every key that the
//! resolver asks for, so that at the end any other key is a fault that names the
//! nearest known one; and it writes every value, given or default, into the resolved
//! scenario. What a resolver reads, what it accepts and what is written out can
//! therefore not drift apart. Must not know Exchange; [`super::resolve`] does.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::context::{Cx, MANY, SECTIONS, wrong_type};
use super::keys::{Key, Keys};
use super::kinds::Kind;
use super::shape::Shape;
use super::tree::{self, Entry, Node, Table, Value};
use crate::diagnostics::{Span, nearest};

/// What stands behind a key of which one is chosen.
#[derive(Clone, Copy)]
pub(super) enum Way<'a> {
    /// A value.
    Value(&'a dyn Shape),
    /// A table that the caller reads.
    Table,
    /// A list of such tables.
    Tables,
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
    /// Where its keys are recorded, if not there.
    family: Option<String>,
    /// Prefix of keys within the section: empty or `cas.`.
    prefix: String,
    asked: Vec<&'static str>,
}

impl<'t> Fields<'t> {
    /// The keys of a table at `path`; `generic` is the path with names replaced by `*`.
    pub(super) fn new(table: &'t Table, span: Span, path: String, generic: String) -> Self {
        Self { table, span, path, generic, family: None, prefix: String::new(), asked: Vec::new() }
    }

    /// The table that they are of, for who looks at it before it is read.
    pub(super) fn whole(&self) -> &'t Table {
        self.table
    }

    /// The path of one of its keys.
    pub(super) fn at(&self, key: &str) -> String {
        let key = tree::key(key);
        if self.path.is_empty() { key.into_owned() } else { [&self.path, ".", &*key].concat() }
    }

    fn generic_at(&self, key: &str) -> String {
        join(&self.generic, key)
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

    /// Distributions, which stand in many tables, have no generic path.
    fn placed(&self) -> bool {
        self.path.is_empty() || !self.generic.is_empty()
    }

    /// Where keys are recorded, if those of this table are, and under which path.
    fn record<'c>(&self, cx: &'c mut Cx) -> Option<(&'c mut Keys, &str)> {
        let keys = cx.keys.as_deref_mut().filter(|_| self.placed())?;
        Some((keys, self.family.as_ref().unwrap_or(&self.generic)))
    }

    /// The node of a key of which the caller knows what to make; the place is noted.
    pub(super) fn node(&mut self, cx: &mut Cx, key: Key, shape: &dyn Shape) -> Option<&'t Node> {
        if let Some((keys, path)) = self.record(cx) {
            keys.value(path, key, shape);
        }
        self.noted(cx, key.0)
    }

    /// As [`Self::node`], of a key that has to be there; the caller says so where it is not.
    pub(super) fn needed(&mut self, cx: &mut Cx, key: Key, shape: &dyn Shape) -> Option<&'t Node> {
        self.demand(cx, key);
        self.node(cx, key, shape)
    }

    /// Records that a key has to be there; here it is known without being read.
    pub(super) fn demand(&self, cx: &mut Cx, key: Key) {
        if let Some((keys, path)) = self.record(cx) {
            keys.entry(path, key).0.required += 1;
        }
    }

    /// As [`Self::entry`], and the place is noted.
    fn noted(&mut self, cx: &mut Cx, key: &'static str) -> Option<&'t Node> {
        let entry = self.entry(key)?;
        cx.spans.note(self.at(key), entry.node.span);
        Some(&entry.node)
    }

    /// Writes a key of the resolved scenario that was read by other means.
    pub(super) fn write(&self, cx: &mut Cx, key: &str, value: &str, comment: impl Into<Arc<str>>) {
        cx.line(self.at(key), &[&self.prefix, &*tree::key(key)], value, comment.into());
    }

    /// Writes a default and lists it among the assumed ones.
    pub(super) fn write_default(&self, cx: &mut Cx, key: &str, value: &str, source: &str) {
        if let Some((keys, path)) = self.record(cx) {
            keys.default(path, key, value, source);
        }
        let comment = cx.assume(self.generic_at(key), value, source);
        self.write(cx, key, value, comment);
        cx.line_is_default();
    }

    /// The value of a key that may be left out.
    pub(super) fn read<K: Kind>(&mut self, cx: &mut Cx, key: Key, kind: &K) -> Option<K::Out> {
        let node = self.node(cx, key, kind)?;
        let value = kind.read(cx, node, &self.at(key.0))?;
        let comment = cx.given(node.span);
        let written = kind.written(cx, &value);
        self.write(cx, key.0, &written, comment);
        Some(value)
    }

    /// The value of a key that must be there.
    pub(super) fn require<K: Kind>(&mut self, cx: &mut Cx, key: Key, kind: &K) -> Option<K::Out> {
        if let Some((keys, path)) = self.record(cx) {
            keys.value(path, key, kind);
            keys.entry(path, key).0.required += 1;
        }
        if !self.has(key.0) {
            self.missing(cx, key.0, &kind.expected());
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
        key: Key,
        kind: &K,
        default: K::Out,
        source: &str,
    ) -> K::Out {
        if let Some((keys, path)) = self.record(cx) {
            keys.value(path, key, kind);
            keys.default(path, key.0, &kind.show(&default), source);
        }
        if self.has(key.0) {
            return self.read(cx, key, kind).unwrap_or(default);
        }
        self.write_default(cx, key.0, &kind.show(&default), source);
        default
    }

    /// The keys of a table inside this one.
    pub(super) fn table(&mut self, cx: &mut Cx, key: Key) -> Option<Fields<'t>> {
        if let Some((keys, path)) = self.record(cx) {
            keys.entry(path, key).0.table = true;
        }
        let node = self.noted(cx, key.0)?;
        self.inside(cx, node, key.0, None)
    }

    /// The keys, which are names, of a table inside this one.
    pub(super) fn map(&mut self, cx: &mut Cx, key: Key, shape: &dyn Shape) -> Option<Fields<'t>> {
        let node = self.node(cx, key, shape)?;
        self.inside(cx, node, key.0, None)
    }

    /// As [`Self::map`], of names that each have a table, which the caller reads at
    /// the generic path of `key` and `*`.
    pub(super) fn table_by_name(
        &mut self,
        cx: &mut Cx,
        key: Key,
        names: &[&'static str],
    ) -> Option<Fields<'t>> {
        if let Some((keys, path)) = self.record(cx) {
            keys.entry(path, key).0.table = true;
            let inner = join(path, key.0);
            let entry = keys.entry(&inner, ("PROTOCOL", "by protocol")).0;
            entry.table = true;
            entry.names = names.to_vec();
        }
        self.table(cx, key)
    }

    /// The node, which is needed, of a table of which exactly one key says what it is.
    pub(super) fn choice(&mut self, cx: &mut Cx, key: Key, ways: &[(Key, Way<'_>)]) -> Option<&'t Node> {
        if let Some((keys, path)) = self.record(cx) {
            let entry = keys.entry(path, key).0;
            entry.table = true;
            entry.required += 1;
            let inner = join(path, key.0);
            for (way, shape) in ways {
                match shape {
                    Way::Value(shape) => keys.value(&inner, *way, *shape),
                    Way::Table => keys.entry(&inner, *way).0.table = true,
                    Way::Tables => keys.entry(&inner, *way).0.elements = true,
                }
            }
            keys.tables.entry(inner).or_default().choice = true;
        }
        self.noted(cx, key.0)
    }

    /// The keys of a table inside this one that is called by one of `names`, which are
    /// of `key`.
    pub(super) fn table_of(
        &mut self,
        cx: &mut Cx,
        key: Key,
        name: &'static str,
        names: &[&'static str],
    ) -> Option<Fields<'t>> {
        if let Some((keys, path)) = self.record(cx) {
            let entry = keys.entry(path, key).0;
            entry.table = true;
            entry.names = names.to_vec();
        }
        let node = self.noted(cx, name)?;
        self.inside(cx, node, name, Some(self.generic_at("*")))
    }

    fn inside(&self, cx: &mut Cx, node: &'t Node, key: &str, family: Option<String>) -> Option<Fields<'t>> {
        let span = node.span;
        let Value::Table(table) = &node.value else {
            wrong_type(cx, node, &self.at(key), "a table of keys in braces");
            return None;
        };
        Some(self.inner(table, span, key, family))
    }

    /// The keys of a table inside this one, empty when it is left out.
    pub(super) fn table_or_empty(&mut self, cx: &mut Cx, key: Key) -> Fields<'t> {
        const EMPTY: &Table = &Table { entries: Vec::new() };
        match self.table(cx, key) {
            Some(fields) => fields,
            None => self.inner(EMPTY, self.span, key.0, None),
        }
    }

    /// The same keys as a section of their own in the resolved scenario.
    pub(super) fn into_section(mut self) -> Self {
        self.prefix.clear();
        self
    }

    fn inner(&self, table: &'t Table, span: Span, key: &str, family: Option<String>) -> Fields<'t> {
        Fields {
            table,
            span,
            path: self.at(key),
            generic: self.generic_at(key),
            family,
            prefix: [&self.prefix, &*tree::key(key), "."].concat(),
            asked: Vec::new(),
        }
    }

    /// The elements of an array of tables, each with its header's place.
    pub(super) fn elements(&mut self, cx: &mut Cx, key: Key) -> Vec<(&'t Table, Span)> {
        if let Some((keys, path)) = self.record(cx) {
            keys.entry(path, key).0.elements = true;
        }
        let (key, _) = key;
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
        let placed = self.placed();
        if let Some((keys, path)) = self.record(cx) {
            keys.tables.entry(path.to_owned()).or_default().readings += 1;
        }
        // Thousands of tables are asked for the same keys.
        if placed && cx.asked.get(&self.generic) != Some(&self.asked) {
            for key in &self.asked {
                cx.known.entry(key).or_default().insert(self.generic.clone());
            }
            cx.asked.insert(self.generic.clone(), self.asked.clone());
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
            place_strangers(cx);
        }
    }
}

/// A generic path, and that of a key in its table.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { [path, ".", key].concat() }
}

/// Tells of unknown keys where they belong, once every table has been read.
fn place_strangers(cx: &mut Cx) {
    for (fault, key, table) in std::mem::take(&mut cx.strangers) {
        let Some(tables) = cx.known.get(key.as_str()) else { continue };
        if let (Some(fault), Some(help)) = (cx.faults.get_mut(fault), belongs(&key, &table, tables)) {
            fault.help = vec![help];
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
