//! The only reader of scenario files: TOML in, a checked [`Model`] out.
//!
//! [`load`] reads a file (its `base`, its CSV tables), lays `--set` overrides on it,
//! resolves names, units and defaults, and either yields a [`Scenario`] or every
//! fault at once, each with file, line and column. The steps are in this order in
//! `files`, `reader`, `tree`, `fields` with `context`, `kinds`, `amounts` and `law`, and
//! `resolve`. The format is
//! documented in `docs/scenario.md`.
//!
//! Must not know the engine: nothing here depends on a clock or on draws.

mod amounts;
mod beside;
mod context;
mod csv;
mod faults;
mod fields;
mod files;
mod heartbeats;
mod keys;
mod kinds;
mod law;
mod lookup;
mod moments;
mod official;
mod origin;
mod path;
mod ranges;
mod reader;
mod resolve;
mod schema;
mod shape;
mod spans;
mod spelling;
mod tree;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use toml::de::DeTable;

pub use beside::Beside;
pub use lookup::{Resolved, Stated, stated};
pub(crate) use path::split_path;
pub use ranges::Range;
pub use spans::Spans;

use crate::diagnostics::{Diagnostic, Diagnostics, Sources, Span};
use crate::model::purchase::Purchase;
use crate::model::{Adaptive, Experiment, Model};
use context::Cx;
use faults::failed;
use keys::Keys;
use reader::Reader;
use tree::{Node, Table, Value};

/// A scenario that can be run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What is simulated.
    pub model: Model,
    /// How.
    pub experiment: Experiment,
    /// What can be bought, and what is asked of a plan.
    pub purchase: Purchase,
    /// What the run finds out for itself: its warm-up, the number of its replications.
    pub adaptive: Adaptive,
    /// UTC offset of the scenario's clock in minutes; times of day are shown in it.
    pub clock_offset_minutes: i32,
    /// Day of the week on which the window begins by that clock, 0 is Monday, where the scenario
    /// has a week: days of different work, or another day than the one that is assumed.
    pub weekday: Option<u8>,
    /// The percentiles of latency that tables and the terminal show, 0 to 100, ascending.
    pub percentiles: Vec<f64>,
    /// The scenario with every default written out, each with a comment that says
    /// where it comes from. It loads again to the same model, without any other file than those of `beside`.
    pub resolved: String,
    /// The files of observed values that `resolved` names, where there are too many to stand in it.
    pub beside: Vec<Beside>,
    /// SHA-256 of the resolved scenario without its comments and without what is only decided by
    /// it (`purchase`), in hexadecimal: equal for equal models, wherever their files are.
    pub digest: String,
    /// The defaults that were taken, one line each: path, value, source.
    pub assumed: Vec<String>,
    /// What deserves a look before the results are trusted.
    pub warnings: Vec<Diagnostic>,
    /// Where each key was written.
    pub spans: Spans,
    /// The texts that the spans of `warnings` and `spans` point into.
    pub sources: Sources,
    written: Arc<Written>,
}

/// What was written, files read and overrides laid on, before it was looked at.
#[derive(Clone, Debug)]
struct Written {
    reader: Reader,
    tree: Table,
    whole: Span,
    stem: String,
    with_load: bool,
}

impl Scenario {
    /// The files that it was read from: its own, its `base`, its tables. None of standard input or a text.
    #[must_use]
    pub fn files(&self) -> &[std::path::PathBuf] {
        &self.written.reader.files
    }

    /// The scenario with more overrides behind those that it was read with: as if they had been
    /// given at the end of the command line, without a file being read again.
    ///
    /// # Errors
    /// As [`load`].
    pub fn with(&self, overrides: &[Override]) -> Result<Self, Diagnostics> {
        let mut written = Written::clone(&self.written);
        for setting in overrides {
            apply(&mut written.reader, &mut written.tree, setting);
        }
        complete(written)
    }

    /// As [`Self::with`], without what stands at the paths `without`, and while what `lost` names as
    /// [`what`](crate::model::workload::Outage) of an `[[outage]]` is down: since a week before the run,
    /// so that everybody has found out, and beyond its end. What is stated to strike the same gives way.
    ///
    /// # Errors
    /// As [`load`].
    pub fn with_lost(
        &self,
        overrides: &[Override],
        without: &[String],
        lost: &[String],
    ) -> Result<Self, Diagnostics> {
        let mut written = Written::clone(&self.written);
        for setting in overrides {
            apply(&mut written.reader, &mut written.tree, setting);
        }
        for path in without {
            path::remove(&mut written.tree, &split_path(path));
        }
        for what in lost {
            lose(&mut written.reader, &mut written.tree, what);
        }
        complete(written)
    }
}

/// Adds an outage from long before the run to long after it.
fn lose(reader: &mut Reader, tree: &mut Table, what: &str) {
    let what = tree::quote(what);
    let text = format!("{{ what = {what}, at = \"7 day before\", for = \"400 day\" }}");
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let source = reader.add("plan.survive", "plan.survive", Path::new(""), text.clone());
    let span = Span { source, start: 0, end };
    let Ok(node) = reader::inline_value(&text, span) else { return };
    let same = |item: &Node| item.as_table().and_then(|t| t.get("what")).map(|e| e.node.to_toml());
    match tree.get_mut("outage").map(|entry| &mut entry.node.value) {
        Some(Value::List(items)) => {
            items.retain(|item| same(item).as_deref() != Some(what.as_str()));
            items.push(node);
        }
        Some(_) => {}
        None => {
            let list = Node { value: Value::List(vec![node]), span };
            tree.entries.push(tree::Entry { key: "outage".to_owned(), key_span: span, node: list });
        }
    }
}

/// A value laid on a scenario: `--set site.Boston.cas.servers=3`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Override {
    /// Path of the key: parts joined by dots, quoted where a part holds a dot or a blank.
    pub path: String,
    /// A TOML value, or a text that stands for a string.
    pub value: String,
}

impl Override {
    /// Splits `PATH=VALUE` at the first equals sign outside quotes.
    ///
    /// # Errors
    /// A sentence, when there is no equals sign or nothing before it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut quote = None;
        for (at, c) in text.char_indices() {
            match (c, quote) {
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                ('=', None) if at > 0 => {
                    return Ok(Self {
                        path: text[..at].trim().to_owned(),
                        value: text[at + 1..].trim().to_owned(),
                    });
                }
                _ => {}
            }
        }
        Err(format!("expected PATH=VALUE, such as site.Boston.cas.servers=3, and found `{text}`"))
    }

    /// The option of the command line that lays `line`, a `PATH=VALUE`, on, quoted for a shell.
    #[must_use]
    pub fn option(line: &str) -> String {
        format!("--set '{}'", line.replace('\'', r"'\''"))
    }
}

/// A part of a path, or a key, as a scenario writes it: bare where it can be.
#[must_use]
pub fn key(name: &str) -> String {
    tree::key(name).into_owned()
}

/// A commented scenario to begin with; it loads and runs.
#[must_use]
pub fn starter() -> &'static str {
    include_str!("starter.toml")
}

/// Scenarios that between them use every table and every choice, with other
/// surroundings in each, so that a default that depends on them is told from one that
/// does not.
const EXEMPLARS: [&str; 3] = [
    include_str!("exemplars/organisation.toml"),
    include_str!("exemplars/releases.toml"),
    include_str!("exemplars/queues.toml"),
];

/// Every key of a scenario, as the reading of scenarios that use all of them says.
fn keys() -> Keys {
    let mut keys = Some(Box::default());
    for (number, text) in EXEMPLARS.into_iter().enumerate() {
        let mut cx = Cx::new(&[]);
        cx.keys = keys.take();
        let mut reader = Reader::default();
        let source = reader.add("exemplar", "", Path::new(""), text.to_owned());
        let mut tree = reader.tree(source, &mut Vec::new()).unwrap_or_default();
        origin::take(&mut cx, &mut tree);
        ranges::take(&mut cx, &mut tree);
        let whole = Span { source, start: 0, end: 0 };
        resolve::resolve(&mut cx, &tree, whole, &format!("exemplar {number}"), true);
        debug_assert!(cx.faults.is_empty(), "{}", failed(cx.faults, reader.sources));
        keys = cx.keys.take();
    }
    keys.map(|keys| *keys).unwrap_or_default()
}

/// The JSON Schema (draft 2020-12) of a scenario file.
#[must_use]
pub fn schema() -> serde_json::Value {
    schema::schema(keys())
}

/// The text of `docs/figures.md`.
#[must_use]
pub fn figures_document() -> String {
    crate::model::unit_costs::document(resolve::show_figure)
}

/// Reads a scenario file (`-` is standard input) and lays overrides on it.
///
/// # Errors
/// Everything that is wrong with it, in order of file and place.
pub fn load(path: &Path, overrides: &[Override]) -> Result<Scenario, Diagnostics> {
    load_for(path, overrides, true)
}

/// As [`load`], of a scenario that need not have anybody who asks for something: for
/// questions about the organisation alone.
///
/// # Errors
/// As [`load`].
pub fn load_organisation(path: &Path, overrides: &[Override]) -> Result<Scenario, Diagnostics> {
    load_for(path, overrides, false)
}

fn load_for(path: &Path, overrides: &[Override], with_load: bool) -> Result<Scenario, Diagnostics> {
    let mut reader = Reader::default();
    let Some(source) = reader.file(path, "", None, reader::SCENARIO_LIMIT) else {
        return Err(failed(reader.faults, reader.sources));
    };
    let stem = stem(path).map_or_else(|| "scenario".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let identity = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    finish(reader, source, vec![(identity, name)], &stem, overrides, with_load)
}

/// What results of a scenario file are called: its name without ending. Standard input, `-`, is `stdin`.
#[must_use]
pub fn stem(path: &Path) -> Option<&std::ffi::OsStr> {
    if files::is_stdin(path) { Some("stdin".as_ref()) } else { path.file_stem() }
}

/// Reads a scenario from a text; files that it names are sought in `folder`.
///
/// # Errors
/// As [`load`].
pub fn load_text(
    name: &str,
    text: &str,
    folder: &Path,
    overrides: &[Override],
) -> Result<Scenario, Diagnostics> {
    let mut reader = Reader::default();
    let stem = name.strip_suffix(".toml").unwrap_or(name).to_owned();
    let source = reader.add(name, "", folder, text.to_owned());
    finish(reader, source, vec![(folder.join(name), name.to_owned())], &stem, overrides, true)
}

/// Reads a text that was made of resolved scenarios, with the files that stand beside these.
///
/// # Errors
/// As [`load`].
pub fn load_made<'b>(
    name: &str,
    text: &str,
    beside: impl IntoIterator<Item = &'b Beside>,
) -> Result<Scenario, Diagnostics> {
    let mut reader = Reader::default();
    reader.beside = beside.into_iter().cloned().collect();
    let stem = name.strip_suffix(".toml").unwrap_or(name).to_owned();
    let source = reader.add(name, "", Path::new(""), text.to_owned());
    finish(reader, source, vec![(name.into(), name.to_owned())], &stem, &[], true)
}

fn finish(
    mut reader: Reader,
    source: u32,
    mut chain: Vec<(std::path::PathBuf, String)>,
    stem: &str,
    overrides: &[Override],
    with_load: bool,
) -> Result<Scenario, Diagnostics> {
    let whole = Span { source, start: 0, end: 0 };
    let text = reader.sources.get(source).map_or("", |s| s.text.as_str());
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        let fault = Diagnostic::error("empty-scenario", "the scenario is empty")
            .at(whole, "nothing but blanks and comments")
            .help("`casim new` writes a commented scenario to begin with");
        return Err(failed(vec![fault], reader.sources));
    }
    let tree = reader.tree(source, &mut chain);
    let Some(mut tree) = tree else { return Err(failed(reader.faults, reader.sources)) };
    for setting in overrides {
        apply(&mut reader, &mut tree, setting);
    }
    complete(Written { reader, tree, whole, stem: stem.to_owned(), with_load })
}

/// What may be wrong only because a `base` was not read.
const FOR_WANT_OF_A_BASE: [&str; 10] = [
    "missing-key",
    "unknown-name",
    "no-load",
    "no-servers",
    "unreachable-site",
    "unresolved-name",
    "two-answers",
    "address-elsewhere",
    "ambiguous-name",
    "overlapping-outages",
];

/// Looks at what was written.
fn complete(written: Written) -> Result<Scenario, Diagnostics> {
    let kept = Arc::new(written.clone());
    let Written { mut reader, mut tree, whole, stem, with_load } = written;
    let stem = stem.as_str();
    tree::drop_removed(&mut tree);
    if reader.faults.is_empty() {
        reader.duplicates(&tree);
    }
    if reader.faults.iter().any(|fault| fault.code == "too-many") {
        return Err(failed(reader.faults, reader.sources));
    }
    law::load_columns(&mut reader, &mut tree);
    let labels: Vec<String> = (0..).map_while(|n| reader.sources.get(n)).map(|s| s.label.clone()).collect();
    let mut cx = Cx::new(&labels);
    cx.faults.append(&mut reader.faults);
    let origin = origin::take(&mut cx, &mut tree);
    let ranges = ranges::take(&mut cx, &mut tree);
    let mut resolved = resolve::resolve(&mut cx, &tree, whole, stem, with_load);
    if reader.is_orphan {
        cx.faults.retain(|fault| !FOR_WANT_OF_A_BASE.contains(&fault.code));
    }
    if !cx.faults.is_empty() {
        return Err(failed(cx.faults, reader.sources));
    }
    if !origin.is_empty() {
        // A value is a default where leaving it out makes no difference.
        let read = |wanted: &dyn Fn(&str) -> bool| {
            let mut cx = cx.again();
            let resolved = resolve::resolve(&mut cx, &origin.without(&tree, wanted), whole, stem, with_load);
            (cx, resolved)
        };
        let mut bare = read(&|_| true);
        if bare.0.resolved(false) != cx.resolved(false) {
            let agreed = origin.agreed(&cx, &bare.0);
            bare = read(&|path| agreed.contains(path));
        }
        if bare.0.faults.is_empty() && bare.0.resolved(false) == cx.resolved(false) {
            (cx, resolved) = bare;
        }
    }
    let digest = Sha256::digest(cx.simulated().as_bytes());
    cx.ranges = ranges;
    Ok(Scenario {
        name: resolved.name,
        model: resolved.model,
        purchase: resolved.purchase,
        experiment: resolved.experiment,
        adaptive: resolved.adaptive,
        clock_offset_minutes: resolved.clock,
        weekday: resolved.weekday,
        percentiles: resolved.percentiles,
        resolved: cx.resolved(true),
        beside: std::mem::take(&mut cx.beside).into_iter().collect(),
        digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        assumed: cx.assumed.iter().map(|(path, value)| format!("{path} = {}", value.text)).collect(),
        warnings: cx.warnings,
        spans: cx.spans,
        sources: reader.sources,
        written: kept,
    })
}

/// Lays one override on the tree.
fn apply(reader: &mut Reader, tree: &mut Table, setting: &Override) {
    let text = format!("{}={}", setting.path, setting.value);
    let length = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let end = length(text.len());
    let value_start = length(setting.path.len() + 1);
    let number = reader.add("--set", "--set", Path::new(""), text);
    let path_span = Span { source: number, start: 0, end: length(setting.path.len()) };
    let value_span = Span { source: number, start: value_start, end };
    let path: Vec<(String, Span)> =
        path::split_path(&setting.path).into_iter().map(|part| (part, path_span)).collect();
    let path = spelling::path(official::path(path));
    // Files are read before anything is laid on them.
    if let [(key, _)] = path.as_slice()
        && (key == "base" || reader::TABLES.iter().any(|(table, _)| table == key))
    {
        let fault =
            Diagnostic::error("bad-path", format!("`{key}` names a file, and files are read before `--set`"))
                .at(path_span, "it would have no effect")
                .help(format!(
                    "write `{key}` into a scenario of a few lines with the present one as its `base`"
                ));
        reader.faults.push(fault);
        return;
    }
    // What is no TOML value stands for itself: the shell took the quotes away.
    let wrapped = format!("x = {}", setting.value);
    let value = match DeTable::parse(&wrapped).ok().filter(|document| document.get_ref().len() == 1) {
        Some(_) => match reader::inline_value(&setting.value, value_span) {
            Ok(Node { value: Value::Text(text), .. }) => Node { value: Value::Cell(text), span: value_span },
            Ok(node) => node,
            Err(message) => {
                reader.faults.push(Diagnostic::error("not-finite", message).at(value_span, "given here"));
                Node { value: Value::Bad, span: value_span }
            }
        },
        None => Node { value: Value::Cell(setting.value.clone()), span: value_span },
    };
    if let Err(fault) = path::set(tree, &path, value) {
        reader.faults.push(fault);
    }
}
