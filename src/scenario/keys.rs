//! Which keys a scenario has: recorded while one is read, because only the reading
//! knows.
//!
//! Every call of [`super::fields`] names a key with its meaning and the kind of its
//! value. Where a [`Keys`] stands by, it notes them; reading the scenarios of
//! [`super::schema`], which between them use everything, it has them all. Must not
//! know any key itself.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shape::{Definitions, Shape};

/// A key, and what it means, in a phrase of Markdown for the documentation.
pub(super) type Key = (&'static str, &'static str);

/// What was asked of tables, by their generic path: `site.*.cas`.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// The tables.
    pub(super) tables: BTreeMap<String, TableKeys>,
    /// What their schemas share.
    pub(super) definitions: Definitions,
}

/// The keys of a kind of table.
#[derive(Debug, Default)]
pub(super) struct TableKeys {
    /// How many such tables were read.
    pub(super) readings: usize,
    /// Exactly one of its keys says what it is.
    pub(super) choice: bool,
    /// In the order of their first reading.
    pub(super) keys: Vec<Entry>,
}

/// A key of a kind of table.
#[derive(Debug)]
pub(super) struct Entry {
    /// The key; of [`Self::names`], what they are of.
    pub(super) key: String,
    /// What it means.
    pub(super) meaning: &'static str,
    /// In words and as a schema what its value may be, apart from a table.
    pub(super) value: Option<(String, Value)>,
    /// It may be a table.
    pub(super) table: bool,
    /// It is an array of tables.
    pub(super) elements: bool,
    /// It stands for these names.
    pub(super) names: Vec<&'static str>,
    /// How often it was required.
    pub(super) required: usize,
    /// Its defaults as they are written; several where they depend on other keys.
    pub(super) defaults: Vec<String>,
    /// Where the default comes from.
    pub(super) source: String,
}

impl Keys {
    /// The entry of a key of the table at a generic path.
    pub(super) fn entry(&mut self, path: &str, key: Key) -> (&mut Entry, &mut Definitions) {
        let table = self.tables.entry(path.to_owned()).or_default();
        let at = table.keys.iter().position(|known| known.key == key.0).unwrap_or_else(|| {
            table.keys.push(Entry::new(key));
            table.keys.len() - 1
        });
        let entry = &mut table.keys[at];
        debug_assert_eq!(entry.meaning, key.1, "two meanings of `{}` in `{path}`", key.0);
        (entry, &mut self.definitions)
    }

    /// A key and the shape of its value.
    pub(super) fn value(&mut self, path: &str, key: Key, shape: &dyn Shape) {
        let (entry, definitions) = self.entry(path, key);
        let schema = shape.schema(definitions);
        // A bound may depend on the release; the widest reading is not known here, so all count.
        match &mut entry.value {
            None => entry.value = Some((shape.words(), schema)),
            Some((_, known)) => debug_assert_eq!(*known, schema, "two shapes of `{}` in `{path}`", key.0),
        }
    }

    /// A default of a key that was recorded before.
    pub(super) fn default(&mut self, path: &str, key: &str, shown: &str, source: &str) {
        let table = self.tables.entry(path.to_owned()).or_default();
        let Some(entry) = table.keys.iter_mut().find(|known| known.key == key) else {
            debug_assert!(false, "a default of `{key}` in `{path}` and no meaning");
            return;
        };
        if !entry.defaults.iter().any(|known| known == shown) {
            entry.defaults.push(shown.to_owned());
        }
        // The first source counts: a population's settings say only "as in [clients]".
        if entry.source.is_empty() {
            source.clone_into(&mut entry.source);
        }
    }
}

impl Entry {
    /// Whether every reading of so many demanded it.
    pub(super) fn needed(&self, readings: usize) -> bool {
        readings > 0 && self.required >= readings
    }

    fn new((key, meaning): Key) -> Self {
        Self {
            key: key.to_owned(),
            meaning,
            value: None,
            table: false,
            elements: false,
            names: Vec::new(),
            required: 0,
            defaults: Vec::new(),
            source: String::new(),
        }
    }
}
