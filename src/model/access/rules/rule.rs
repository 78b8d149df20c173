//! A rule of access: a value with id, documentation and source.

use crate::model::access::answer::Answer;
use crate::model::access::hop::View;
use crate::model::access::trace::Trace;

/// How well a rule is supported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Confidence {
    /// Stated by the founding article or its comments.
    Article,
    /// Read in a public source.
    Source,
    /// Practitioners' knowledge without a page to cite.
    Memory,
    /// Sources disagree; a setting decides.
    Contested,
}

impl Confidence {
    /// The token of JSON and tables.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Article => "ARTICLE",
            Self::Source => "SOURCE",
            Self::Memory => "MEMORY",
            Self::Contested => "CONTESTED",
        }
    }
}

/// One rule of access.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Unique id, `release/name`.
    pub id: &'static str,
    /// The rule in a few words.
    pub title: &'static str,
    /// What it says and why, in words for an administrator.
    pub docs: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// How well it is supported.
    pub confidence: Confidence,
    /// The answer, or `None` where the rule does not apply.
    pub apply: fn(&View<'_>, &mut Trace) -> Option<Answer>,
}
