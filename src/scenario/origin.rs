//! Which values of a resolved scenario are casim's defaults, said so that it can be
//! checked.
//!
//! A resolved scenario holds every value, and a comment behind each says where it comes
//! from. Comments are for people; when such a file is played again, the table
//! `[origin]` at its end tells which values nobody gave. It is not trusted either: a value
//! counts as a default only where leaving it out would lead to the very same one. One
//! that was edited since, or whose default is another in this version, was given.

use std::collections::BTreeSet;

use super::context::Cx;
use super::fields::Fields;
use super::kinds::{List, Text};
use super::path;
use super::tree::{Entry, Table, Value};

/// Key of the table.
pub(super) const TABLE: &str = "origin";

/// What a file says of itself.
#[derive(Debug, Default)]
pub(super) struct Origin {
    paths: Vec<String>,
    source: u32,
}

/// Takes the table out of a scenario.
pub(super) fn take(cx: &mut Cx, tree: &mut Table) -> Origin {
    if let Some(keys) = &mut cx.keys {
        keys.entry("", (TABLE, "what a resolved scenario says of itself")).0.table = true;
    }
    let Some(Entry { node, key_span, .. }) = tree.take(TABLE) else { return Origin::default() };
    let Value::Table(table) = &node.value else {
        super::context::wrong_type(cx, &node, TABLE, "a table with the list `defaults`");
        return Origin::default();
    };
    let mark = cx.mark();
    let mut fields = Fields::new(table, key_span, TABLE.to_owned(), TABLE.to_owned());
    let paths = fields
        .read(cx, ("defaults", "paths of the values that nobody gave"), &List(Text))
        .unwrap_or_default();
    fields.finish(cx);
    cx.rewind(mark);
    Origin { paths, source: key_span.source }
}

impl Origin {
    pub(super) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// The scenario without the values that it calls defaults, as far as `wanted` says
    /// so. What another file or `--set` has laid over it stays.
    pub(super) fn without(&self, tree: &Table, wanted: impl Fn(&str) -> bool) -> Table {
        let mut tree = tree.clone();
        let paths = self.paths.iter().map(String::as_str).filter(|path| wanted(path));
        path::remove_all(&mut tree, paths, self.source);
        tree
    }

    /// Those of its paths under which two readings of the scenario say the same.
    pub(super) fn agreed(&self, written: &Cx, left_out: &Cx) -> BTreeSet<String> {
        let (written, left_out) = (written.by_path(), left_out.by_path());
        let agree = |path: &&String| written.of(path) == left_out.of(path);
        self.paths.iter().filter(agree).cloned().collect()
    }
}
