//! Where each key of a scenario was written, for those who look at it afterwards.
//!
//! Must not know how a scenario is read; [`super::fields`] notes the places.

use std::collections::BTreeMap;

use crate::diagnostics::Span;

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
