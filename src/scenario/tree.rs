//! A scenario as a tree of values that each know where they were written.
//!
//! TOML documents, rows of CSV tables and `--set` arguments all become [`Node`]s;
//! a scenario that starts from another one is the other's tree with this one's
//! [laid over it](overlay). Must not know what any key means beyond which arrays
//! hold named elements.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_writer::{ToTomlKey as _, ToTomlValue as _, TomlKeyBuilder, TomlStringBuilder};

use crate::diagnostics::{Source, Span};

/// A value and its place.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Node {
    /// The value.
    pub(super) value: Value,
    /// Where it stands; for an element of an array of tables, its header.
    pub(super) span: Span,
}

/// What a node holds.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    /// A TOML string.
    Text(String),
    /// A cell of a CSV table or the bare text of `--set`: its type is what the key wants.
    Cell(String),
    /// A whole number.
    Integer(i128),
    /// A finite number.
    Float(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A list.
    List(Vec<Node>),
    /// A column of a CSV table: a list of cells, of which there may be millions.
    Column(Arc<Column>),
    /// A table.
    Table(Table),
    /// Already reported as a fault; says no more.
    Bad,
}

/// Cells that stay where they stand in their file; each is a node only while it is looked at.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Column {
    /// The file.
    pub(super) text: Arc<Source>,
    /// Its number.
    pub(super) source: u32,
    /// First byte and length of each.
    pub(super) places: Vec<(u32, u32)>,
    /// What plain numbers in it mean.
    pub(super) unit: Option<String>,
}

impl Column {
    /// The cells in their order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> + '_ {
        self.places.iter().map(|&(start, length)| {
            let end = start.saturating_add(length);
            let text =
                self.text.text.get(start as usize..end as usize).unwrap_or_default().trim_matches('"').trim();
            let plain =
                text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E'));
            let text = match &self.unit {
                Some(unit) if plain && text.parse::<f64>().is_ok() => format!("{text} {unit}"),
                _ => text.to_owned(),
            };
            Node { value: Value::Cell(text), span: Span { source: self.source, start, end } }
        })
    }
}

impl Node {
    /// The items of a list, whether they were written or stand in a table.
    pub(super) fn items(&self) -> Option<Box<dyn Iterator<Item = Cow<'_, Node>> + '_>> {
        match &self.value {
            Value::List(items) => Some(Box::new(items.iter().map(Cow::Borrowed))),
            Value::Column(column) => Some(Box::new(column.nodes().map(Cow::Owned))),
            _ => None,
        }
    }
}

impl Value {
    /// What it is, for a message.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Cell(_) => "a string",
            Self::Integer(_) => "a whole number",
            Self::Float(x) if x.fract() == 0.0 => "a number with a point or an exponent",
            Self::Float(_) => "a number with a fraction",
            Self::Flag(_) => "true or false",
            Self::List(_) | Self::Column(_) => "a list",
            Self::Table(_) => "a table",
            Self::Bad => "nothing usable",
        }
    }
}

/// Keys and values in the order of the file.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Table {
    /// The entries.
    pub(super) entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where the key stands.
    pub(super) key_span: Span,
    /// The value.
    pub(super) node: Node,
}

impl Table {
    /// The entry of this key.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The entry of this key, to be changed.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.key == key)
    }

    /// The text of this key, if it is one.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|entry| entry.node.as_text())
    }

    /// Removes a key and hands over its entry.
    pub(super) fn take(&mut self, key: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at))
    }
}

impl Node {
    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Cell(text) => Some(text),
            _ => None,
        }
    }

    /// The table, if it is one.
    pub(super) fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The value as TOML on one line.
    pub(super) fn to_toml(&self) -> String {
        match &self.value {
            Value::Text(text) | Value::Cell(text) => quote(text),
            Value::Integer(n) => n.to_string(),
            Value::Float(x) => float(*x),
            Value::Flag(flag) => flag.to_string(),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Self::to_toml).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Column(column) => {
                let items: Vec<String> = column.nodes().map(|node| node.to_toml()).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Table(table) => {
                let entries: Vec<String> =
                    table.entries.iter().map(|e| format!("{} = {}", key(&e.key), e.node.to_toml())).collect();
                format!("{{ {} }}", entries.join(", "))
            }
            Value::Bad => "0".to_owned(),
        }
    }
}

/// A finite number as TOML writes it; reading it gives the same bits.
pub(super) fn float(x: f64) -> String {
    format!("{x:?}")
}

/// Keys that say the same in two ways: the one laid on last takes the other's place.
pub(super) const RIVALS: [(&str, &str); 1] = [("mhz", "specint_rate")];

/// A TOML string, in double quotes.
pub(super) fn quote(text: &str) -> String {
    // Nearly all are plain, and a large organisation writes a hundred thousand of them.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        return ["\"", text, "\""].concat();
    }
    TomlStringBuilder::new(text).as_basic().to_toml_value()
}

/// A key of TOML or of a path, quoted where it has to be.
pub(super) fn key(text: &str) -> Cow<'_, str> {
    if !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    {
        return Cow::Borrowed(text);
    }
    let key = TomlKeyBuilder::new(text);
    Cow::Owned(key.as_unquoted().unwrap_or_else(|| key.as_basic()).to_toml_key())
}

/// What the conversion from TOML found wrong: a place and the text there.
pub(super) type NotFinite = Vec<Span>;

/// Takes over a parsed TOML table of the source of this number. Numbers that are not
/// finite are reported in `bad` and become [`Value::Bad`].
pub(super) fn from_toml(table: &DeTable<'_>, source: u32, bad: &mut NotFinite) -> Table {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: span(source, key.span()),
            node: node(value, source, bad),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    Table { entries }
}

fn span(source: u32, range: std::ops::Range<usize>) -> Span {
    let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span { source, start: clamp(range.start), end: clamp(range.end) }
}

/// Takes over a parsed TOML value.
pub(super) fn node(value: &Spanned<DeValue<'_>>, source: u32, bad: &mut NotFinite) -> Node {
    let place = span(source, value.span());
    let mut reject = || {
        bad.push(place);
        Value::Bad
    };
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(n) => {
            i128::from_str_radix(n.as_str(), n.radix()).map_or_else(|_| reject(), Value::Integer)
        }
        DeValue::Float(x) => match x.as_str().parse::<f64>() {
            Ok(x) if x.is_finite() => Value::Float(x),
            _ => reject(),
        },
        DeValue::Boolean(flag) => Value::Flag(*flag),
        // No key takes a date; as text it meets the error of the key.
        DeValue::Datetime(date) => Value::Text(date.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(item, source, bad)).collect()),
        DeValue::Table(table) => Value::Table(from_toml(table, source, bad)),
    };
    Node { value, span: place }
}

/// The arrays of tables whose elements have names, and by which a scenario that
/// starts from another one addresses them.
pub(super) const NAMED: [&str; 14] = [
    "site",
    "link",
    "namespace",
    "region",
    "host",
    "population",
    "station",
    "pipe",
    "delay",
    "source",
    "outage",
    "class",
    "server",
    "dag",
];

/// Tables of which exactly one key says what they are; another choice replaces them.
const CHOICES: [&str; 13] = [
    "constant",
    "exponential",
    "lognormal",
    "gamma",
    "uniform",
    "empirical",
    "poisson",
    "varying",
    "closed",
    "trace",
    "file",
    "values",
    "times",
];

/// The name by which an element of an array of tables is known: its `name`, or of a
/// link without one the two sites joined by a hyphen.
pub(super) fn name_of(array: &str, node: &Node) -> Option<String> {
    name_in(array, node.as_table()?)
}

/// As [`name_of`], of the element's table.
pub(super) fn name_in(array: &str, table: &Table) -> Option<String> {
    if let Some(name) = table.text("name") {
        return Some(if array == "namespace" { name.to_ascii_lowercase() } else { name.to_owned() });
    }
    if array != "link" {
        return None;
    }
    let ends = ends_of(table)?;
    Some(format!("{}-{}", ends.0, ends.1))
}

/// The place of the element that is called `name`: by its name, of a link without such
/// also by its two sites in either order, of an outage by what it strikes.
pub(super) fn place_of(array: &str, items: &[Node], name: &str) -> Option<usize> {
    let wanted = if array == "namespace" { name.to_ascii_lowercase() } else { name.to_owned() };
    let by_name = items.iter().position(|item| name_of(array, item).as_ref() == Some(&wanted));
    let only = |fits: &dyn Fn(&Table) -> bool| {
        let mut found = items.iter().enumerate().filter(|(_, item)| item.as_table().is_some_and(fits));
        found.next().filter(|_| found.next().is_none()).map(|(at, _)| at)
    };
    by_name.or_else(|| match array {
        "link" => only(&|table| {
            ends_of(table).is_some_and(|(a, b)| name == format!("{a}-{b}") || name == format!("{b}-{a}"))
        }),
        "outage" => only(&|table| table.text("what") == Some(name)),
        _ => None,
    })
}

/// The two sites of a link.
pub(super) fn ends_of(table: &Table) -> Option<(&str, &str)> {
    let Value::List(ends) = &table.get("between")?.node.value else { return None };
    match ends.as_slice() {
        [a, b] => Some((a.as_text()?, b.as_text()?)),
        _ => None,
    }
}

/// Lays `over` on `base`: keys of `over` win, tables are merged, named elements of
/// arrays of tables are merged by name (links without a name by their two sites),
/// new ones are added at the end, and an element with `remove = true` goes away.
pub(super) fn overlay(base: &mut Table, over: Table) {
    for (a, b) in RIVALS {
        for (new, old) in [(a, b), (b, a)] {
            if over.get(new).is_some() && over.get(old).is_none() {
                base.take(old);
            }
        }
    }
    for entry in over.entries {
        let Some(known) = base.get_mut(&entry.key) else {
            base.entries.push(entry);
            continue;
        };
        let named = NAMED.contains(&entry.key.as_str());
        match (&mut known.node.value, entry.node.value) {
            (Value::List(mine), Value::List(theirs)) if named => merge_named(&entry.key, mine, theirs),
            (Value::List(mine), Value::List(theirs)) if entry.key == "change" => mine.extend(theirs),
            (Value::Table(mine), Value::Table(theirs)) if !is_choice(mine) && !is_choice(&theirs) => {
                overlay(mine, theirs);
            }
            (mine, theirs) => {
                *mine = theirs;
                known.node.span = entry.node.span;
                known.key_span = entry.key_span;
            }
        }
    }
}

fn is_choice(table: &Table) -> bool {
    table.entries.iter().any(|entry| CHOICES.contains(&entry.key.as_str()))
}

fn merge_named(array: &str, mine: &mut Vec<Node>, theirs: Vec<Node>) {
    let mut places: BTreeMap<String, usize> =
        mine.iter().enumerate().filter_map(|(n, node)| Some((name_of(array, node)?, n))).collect();
    let mut ends: BTreeMap<(String, String), usize> = BTreeMap::new();
    if array == "link" {
        for (n, node) in mine.iter().enumerate() {
            if let Some((a, b)) = node.as_table().and_then(ends_of) {
                ends.insert((a.min(b).to_owned(), a.max(b).to_owned()), n);
            }
        }
    }
    for node in theirs {
        let by_name = name_of(array, &node).and_then(|name| places.get(&name).copied());
        let by_ends = || {
            let table = node.as_table()?;
            // A link that is given a new name beside an old one is another link.
            let (a, b) = if table.get("name").is_none() { ends_of(table)? } else { return None };
            ends.get(&(a.min(b).to_owned(), a.max(b).to_owned())).copied()
        };
        match (by_name.or_else(by_ends), node.value) {
            (Some(at), Value::Table(mut table)) => {
                // Found by its ends, a link keeps the direction in which they were first written.
                if by_name.is_none() {
                    table.take("between");
                }
                if let Value::Table(known) = &mut mine[at].value {
                    overlay(known, table);
                }
            }
            (_, value) => {
                let node = Node { value, span: node.span };
                if let Some(name) = name_of(array, &node) {
                    places.insert(name, mine.len());
                }
                mine.push(node);
            }
        }
    }
}

/// Takes away the elements that say `remove = true`, at every level.
pub(super) fn drop_removed(table: &mut Table) {
    for entry in &mut table.entries {
        if !NAMED.contains(&entry.key.as_str()) {
            continue;
        }
        if let Value::List(items) = &mut entry.node.value {
            items.retain(|item| {
                let removed = item.as_table().and_then(|t| t.get("remove")).map(|e| &e.node.value);
                !matches!(removed, Some(Value::Flag(true)))
                    && !matches!(removed, Some(Value::Cell(c)) if c == "true")
            });
            for item in items {
                if let Value::Table(table) = &mut item.value {
                    drop_removed(table);
                }
            }
        }
    }
}
