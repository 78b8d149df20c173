//! Files into one tree: TOML, its `base`, its CSV tables.
//!
//! Refuses what is no text or too large before looking inside, and reports every
//! syntax fault of a file. Must not know what keys mean; [`super::resolve`] does.

use std::fs;
use std::path::{Path, PathBuf};

use toml::de::DeTable;
use toml_parser::lexer::TokenKind;

use super::beside::Beside;
use super::csv;
use super::files::{STDIN, is_stdin, read_stdin, read_text};
use super::official;
use super::path::{KEY_DEPTH, set, split_path};
use super::spelling;
use super::tree::{self, Entry, NAMED, Node, Table, Value};
use crate::diagnostics::{Diagnostic, Source, Sources, Span};

/// Largest scenario file, bytes.
pub(super) const SCENARIO_LIMIT: u64 = 8 << 20;
/// Largest CSV table, bytes.
const TABLE_LIMIT: u64 = 256 << 20;
/// Longest chain of `base` files.
const BASE_LIMIT: usize = 32;
/// The most elements of one array of tables.
const ELEMENTS: usize = 20_000;
/// The most changes in time; each is a whole organisation.
const CHANGES: usize = 1000;

/// Keys that name a CSV table, and the array whose elements its rows are.
pub(super) const TABLES: [(&str, &str); 5] = [
    ("sites", "site"),
    ("links", "link"),
    ("namespaces", "namespace"),
    ("regions", "region"),
    ("populations", "population"),
];

/// Reads files and remembers their texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    /// Every text read so far.
    pub(super) sources: Sources,
    /// The folder of each source, against which its references are resolved.
    folders: Vec<PathBuf>,
    /// The files that were read.
    pub(super) files: Vec<PathBuf>,
    /// What was wrong.
    pub(super) faults: Vec<Diagnostic>,
    /// Files that stand beside a text of casim's own, and need not be on any disk.
    pub(super) beside: Vec<Beside>,
    /// Whether a `base` could not be read: what is missing may have stood there.
    pub(super) is_orphan: bool,
}

impl Reader {
    /// Takes in a text as if it were a file of `folder`.
    pub(super) fn add(&mut self, name: &str, label: &str, folder: &Path, text: String) -> u32 {
        self.folders.push(folder.to_owned());
        self.sources.add(Source { name: name.to_owned(), text, label: label.to_owned() })
    }

    /// The path of a file that the source of `span` refers to.
    pub(super) fn path(&self, span: Span, reference: &str) -> PathBuf {
        self.folders.get(span.source as usize).map_or_else(|| PathBuf::from(reference), |f| f.join(reference))
    }

    /// Reads a file that is named at `from` (or on the command line).
    pub(super) fn file(&mut self, path: &Path, label: &str, from: Option<Span>, limit: u64) -> Option<u32> {
        // Only a command line names standard input: what is read there names files by its folder.
        let stdin = from.is_none() && is_stdin(path);
        let text = match if stdin { read_stdin(limit) } else { read_text(path, limit) } {
            Ok(text) => text,
            Err(mut fault) => {
                if let Some(span) = from {
                    fault = fault.at(span, "named here");
                }
                self.faults.push(fault);
                return None;
            }
        };
        if stdin {
            return Some(self.add(STDIN, label, Path::new(""), text));
        }
        self.files.push(path.to_owned());
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Some(self.add(&path.display().to_string(), label, &folder, text))
    }

    /// Reads a CSV table that is named at `from`.
    pub(super) fn table(&mut self, name: &str, from: Span) -> Option<u32> {
        if let Some(file) = self.beside.iter().find(|file| file.name == name) {
            let text = file.text.to_string();
            return Some(self.add(name, name, Path::new(""), text));
        }
        let path = self.path(from, name);
        self.file(&path, name, Some(from), TABLE_LIMIT)
    }

    /// The tree of a scenario: its base, its tables, itself. `chain` holds the files
    /// that are being read.
    pub(super) fn tree(&mut self, source: u32, chain: &mut Vec<(PathBuf, String)>) -> Option<Table> {
        let mut own = self.parse(source)?;
        for (key, array) in TABLES {
            if let Some(entry) = own.take(key) {
                self.rows_of(&entry, array, &mut own);
            }
        }
        official::tables(&mut own, &mut self.faults);
        spelling::tables(&mut own, &mut self.faults);
        self.duplicates(&own);
        let Some(base) = own.take("base") else { return Some(own) };
        let Some(name) = base.node.as_text().map(str::to_owned) else {
            self.faults.push(
                Diagnostic::error("wrong-type", "`base` must be the name of a scenario file")
                    .at(base.node.span, format!("found {}", base.node.value.noun())),
            );
            return None;
        };
        let path = self.path(base.node.span, &name);
        let identity = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if let Some(at) = chain.iter().position(|(known, _)| *known == identity) {
            let mut round: Vec<&str> = chain[at..].iter().map(|(_, name)| name.as_str()).collect();
            round.push(&chain[at].1);
            self.faults.push(
                Diagnostic::error(
                    "base-loop",
                    format!("scenarios start from each other: {}", round.join(" -> ")),
                )
                .at(base.node.span, "closes the loop"),
            );
            return Some(own);
        }
        if chain.len() >= BASE_LIMIT {
            self.faults.push(
                Diagnostic::error(
                    "base-loop",
                    format!("more than {BASE_LIMIT} scenarios start from each other"),
                )
                .at(base.node.span, "the chain goes on here"),
            );
            return Some(own);
        }
        let tree = self.file(&path, &name, Some(base.node.span), SCENARIO_LIMIT).and_then(|number| {
            chain.push((identity, name));
            let tree = self.tree(number, chain);
            chain.pop();
            tree
        });
        let Some(mut tree) = tree else {
            self.is_orphan = true;
            return Some(own);
        };
        tree::overlay(&mut tree, own);
        Some(tree)
    }

    /// Parses one TOML text; every syntax fault is reported.
    fn parse(&mut self, source: u32) -> Option<Table> {
        let text = self.sources.get(source)?.text.clone();
        if let Some(span) = too_deep(&text, source) {
            let title = format!("a dotted key has more than {KEY_DEPTH} parts");
            self.faults
                .push(Diagnostic::error("syntax", title).at(span, "no key of a scenario is that deep"));
            return None;
        }
        let (document, errors) = DeTable::parse_recoverable(&text);
        let mut table = Table::default();
        if errors.is_empty() {
            let mut bad = Vec::new();
            table = tree::from_toml(document.get_ref(), source, &mut bad);
            for span in bad {
                self.faults.push(
                    Diagnostic::error("not-finite", "a number must be finite")
                        .at(span, "this is none that can be used")
                        .help("leave the key out for its default; \"unlimited\" is a word where a limit may be absent"),
                );
            }
        }
        for error in errors.iter().take(20) {
            let range = error.span().unwrap_or(text.len()..text.len());
            let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let span = Span { source, start: clamp(range.start), end: clamp(range.end) };
            if error.message() == "duplicate key" {
                let mut fault = Diagnostic::error("duplicate-key", "the same key is written twice")
                    .at(span, "written again here");
                match first_occurrence(&text, span) {
                    Some(first) => fault = fault.at(first, "first written here"),
                    // What follows from a table that is written twice was said with the table.
                    None if self.faults.iter().any(|fault| fault.code == "duplicate-key") => continue,
                    None => {}
                }
                self.faults
                    .push(fault.help("keep one of them; a second element of an array begins with [[...]]"));
            } else {
                self.faults.push(Diagnostic::error("syntax", "this is not TOML").at(span, error.message()));
            }
        }
        errors.is_empty().then_some(table)
    }

    /// Appends the rows of a CSV table before the elements that the file itself has.
    fn rows_of(&mut self, entry: &Entry, array: &'static str, own: &mut Table) {
        let Some(name) = entry.node.as_text().map(str::to_owned) else {
            self.faults.push(
                Diagnostic::error("wrong-type", format!("`{}` must be the name of a CSV file", entry.key))
                    .at(entry.node.span, format!("found {}", entry.node.value.noun()))
                    .help(format!("single elements are written [[{array}]]")),
            );
            return;
        };
        let Some(source) = self.table(&name, entry.node.span) else { return };
        let Some(text) = self.sources.shared(source) else { return };
        let rows = match csv::read(&text.text, source) {
            Ok(rows) => rows,
            Err(faults) => {
                self.faults.extend(faults);
                return;
            }
        };
        if rows.rows.len() > ELEMENTS {
            let title =
                format!("`{name}` has {} rows; a scenario may have {ELEMENTS} of a kind", rows.rows.len());
            self.faults.push(Diagnostic::error("too-many", title).at(entry.node.span, "named here"));
            return;
        }
        let mut nodes = Vec::with_capacity(rows.rows.len());
        for row in &rows.rows {
            let mut table = Table::default();
            for (column, cell) in rows.header.iter().zip(row) {
                if cell.text.is_empty() {
                    continue;
                }
                let value = self.cell(cell);
                let parts: Vec<(String, Span)> =
                    split_path(&column.text).into_iter().map(|part| (part, column.span)).collect();
                if let Err(fault) = set(&mut table, &parts, value) {
                    self.faults.push(fault);
                }
            }
            let first = row.first().map_or(Span::default(), |cell| cell.span);
            let end = row.last().map_or(first.end, |cell| cell.span.end);
            nodes.push(Node { value: Value::Table(table), span: Span { end, ..first } });
        }
        match own.get_mut(array).map(|entry| &mut entry.node.value) {
            Some(Value::List(items)) => {
                items.splice(0..0, nodes);
            }
            Some(_) => {}
            None => own.entries.push(Entry {
                key: array.to_owned(),
                key_span: entry.key_span,
                node: Node { value: Value::List(nodes), span: entry.node.span },
            }),
        }
    }

    /// A cell: an inline TOML value, several texts parted by semicolons, or a text.
    fn cell(&mut self, cell: &csv::Cell) -> Node {
        let span = cell.span;
        if cell.text.starts_with(['{', '[']) {
            return self.inline(&cell.text, span);
        }
        let value = if cell.text.contains(';') {
            let part = |text: &str| Node { value: Value::Cell(text.trim().to_owned()), span };
            Value::List(cell.text.split(';').map(part).collect())
        } else {
            Value::Cell(cell.text.clone())
        };
        Node { value, span }
    }

    /// An inline TOML value within a cell or an argument; faults underline all of it.
    fn inline(&mut self, text: &str, span: Span) -> Node {
        match inline_value(text, span) {
            Ok(node) => node,
            Err(message) => {
                self.faults.push(Diagnostic::error("syntax", "this is no TOML value").at(span, message));
                Node { value: Value::Bad, span }
            }
        }
    }

    /// Reports elements of one file that have the same name, case and outer blanks apart.
    pub(super) fn duplicates(&mut self, table: &Table) {
        for entry in &table.entries {
            let Value::List(items) = &entry.node.value else { continue };
            let most = if entry.key == "change" { CHANGES } else { ELEMENTS };
            if !NAMED.contains(&entry.key.as_str()) && entry.key != "change" {
                continue;
            }
            if items.len() > most {
                let title = format!("{} [[{}]] elements; a scenario may have {most}", items.len(), entry.key);
                self.faults.push(Diagnostic::error("too-many", title).at(entry.key_span, "here"));
                continue;
            }
            let mut seen: std::collections::BTreeMap<String, (String, Span)> =
                std::collections::BTreeMap::new();
            for item in items {
                if let Some(inner) = item.as_table() {
                    self.duplicates(inner);
                }
                let Some(name) = tree::name_of(&entry.key, item) else { continue };
                let span = item.as_table().and_then(|t| t.get("name")).map_or(item.span, |e| e.node.span);
                let folded = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
                if let Some((first, place)) = seen.get(&folded) {
                    let title = if *first == name {
                        format!("two [[{}]] elements are called `{name}`", entry.key)
                    } else {
                        format!("`{first}` and `{name}` differ only by case or blanks")
                    };
                    self.faults.push(
                        Diagnostic::error("duplicate-name", title)
                            .at(span, "second one")
                            .at(*place, "first one")
                            .help("names must differ by more than case; a change to another file's element belongs into a file with `base`"),
                    );
                } else {
                    seen.insert(folded, (name, span));
                }
            }
        }
    }
}

/// Parses a TOML value that stands alone; all places within are `span`.
pub(super) fn inline_value(text: &str, span: Span) -> Result<Node, String> {
    // Nesting by dots is bounded as in a file; brackets are bounded by the parser.
    if too_deep(text, 0).is_some() {
        return Err("a dotted key is too deep".to_owned());
    }
    let wrapped = format!("x = {text}");
    let document = DeTable::parse(&wrapped).map_err(|error| error.message().to_owned())?;
    let mut bad = Vec::new();
    let mut table = tree::from_toml(document.get_ref(), 0, &mut bad);
    if !bad.is_empty() {
        return Err("a number must be finite".to_owned());
    }
    let extra = table.entries.len() != 1;
    let mut node = table.take("x").ok_or("expected a value")?.node;
    if extra {
        return Err("expected one value".to_owned());
    }
    place(&mut node, span);
    Ok(node)
}

fn place(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| place(item, span)),
        Value::Table(table) => {
            for entry in &mut table.entries {
                entry.key_span = span;
                place(&mut entry.node, span);
            }
        }
        _ => {}
    }
}

/// Where a dotted key has too many parts. The parser bounds brackets, but a key of
/// many parts would nest as deep as it is long.
fn too_deep(text: &str, source: u32) -> Option<Span> {
    let mut dots = 0;
    for token in toml_parser::Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot => dots += 1,
            TokenKind::Whitespace
            | TokenKind::Atom
            | TokenKind::LiteralString
            | TokenKind::BasicString
            | TokenKind::MlLiteralString
            | TokenKind::MlBasicString => {}
            _ => dots = 0,
        }
        if dots > KEY_DEPTH {
            let at = u32::try_from(token.span().start()).unwrap_or(u32::MAX);
            return Some(Span { source, start: at, end: at.saturating_add(1) });
        }
    }
    None
}

/// The earlier line on which a duplicate key's text begins a line, for the second label.
fn first_occurrence(text: &str, span: Span) -> Option<Span> {
    let key = text.get(span.start as usize..span.end as usize)?;
    let before = &text[..span.start as usize];
    // The table that the duplicate stands in begins at the last header before it,
    // unless the duplicate is a header itself.
    let own_line = before.rfind('\n').map_or(0, |n| n + 1);
    let header = before[own_line..].trim_start().starts_with('[');
    let from = if header { 0 } else { before.rfind("\n[").map_or(0, |n| n + 1) };
    let mut at = from;
    for line in before[from..].split_inclusive('\n') {
        let lead = line.len() - line.trim_start_matches([' ', '\t', '[']).len();
        if line[lead..].starts_with(key)
            && !line[lead + key.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            let start = u32::try_from(at + lead).ok()?;
            return Some(Span { source: span.source, start, end: start + (span.end - span.start) });
        }
        at += line.len();
    }
    None
}
