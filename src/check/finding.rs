//! What a lint is, and what it finds.

use std::fmt;

use super::fixes::Fix;
use super::subject::{Subject, Users};
use crate::diagnostics::{Diagnostic, Severity, Span};
use crate::model::access::Confidence;

/// A finding without its figures: lint, path and words.
pub type Mark = (&'static str, String, String);

/// One thing that a lint found.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// Path of the offending key, as `--set` writes it.
    pub path: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Who is touched.
    pub users: Vec<Users>,
    /// What mends it.
    pub fix: Fix,
    /// What mends it as well, in the order in which it is tried.
    pub(super) or: Vec<Fix>,
    /// Gravity, where it is not the lint's.
    pub severity: Option<Severity>,
}

impl Finding {
    /// A finding at a key, without users and without a fix.
    #[must_use]
    pub fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            users: Vec::new(),
            fix: Fix::default(),
            or: Vec::new(),
            severity: None,
        }
    }

    /// What it is known by: the same of other figures is the same finding.
    #[must_use]
    pub fn mark(&self, lint: &'static str) -> Mark {
        (lint, self.path.clone(), self.message.chars().filter(|c| !c.is_ascii_digit()).collect())
    }

    /// Adds who is touched.
    #[must_use]
    pub fn touching(mut self, users: Vec<Users>) -> Self {
        self.users = users;
        self
    }

    /// Adds the fix: the scenario's line and the shell's command.
    #[must_use]
    pub fn fix(mut self, set: impl Into<String>, command: impl Into<String>) -> Self {
        self.fix = Fix::new(set, command);
        self
    }

    /// Adds another fix, for where those before it do not cure.
    #[must_use]
    pub(super) fn or(mut self, other: Fix) -> Self {
        self.or.push(other);
        self
    }

    /// What can be tried to mend it, the best first.
    pub(super) fn proposals(&self) -> Vec<Fix> {
        let all = std::iter::once(&self.fix).chain(&self.or);
        all.filter(|fix| fix.settings().is_some()).cloned().collect()
    }

    /// Adds a line that belongs to the fix.
    #[must_use]
    pub(super) fn and(mut self, set: impl Into<String>) -> Self {
        self.fix = self.fix.and(set);
        self
    }
}

/// A rule of the linter.
#[derive(Clone, Copy)]
pub struct Lint {
    /// Stable id: `L03`.
    pub id: &'static str,
    /// Gravity of its findings.
    pub severity: Severity,
    /// What it finds, in a phrase.
    pub title: &'static str,
    /// What goes wrong and why.
    pub docs: &'static str,
    /// Where that is known from.
    pub source: &'static str,
    /// How sure it is.
    pub confidence: Confidence,
    /// Looks.
    pub find: fn(&Subject<'_>) -> Vec<Finding>,
}

impl fmt::Debug for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lint").field("id", &self.id).field("title", &self.title).finish_non_exhaustive()
    }
}

/// A finding with its rule and place.
#[derive(Clone, Debug)]
pub struct Report {
    /// The rule.
    pub lint: &'static Lint,
    /// Gravity.
    pub severity: Severity,
    /// What was found.
    pub finding: Finding,
    /// Where the offending key, or the nearest table around it, was written.
    pub span: Option<Span>,
}

impl Report {
    /// The finding as a diagnostic for people.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let Finding { message, users, fix, path, .. } = &self.finding;
        let (set, command) = (fix.options(), &fix.command);
        let mut shown = Diagnostic {
            severity: self.severity,
            code: self.lint.id,
            title: message.clone(),
            labels: Vec::new(),
            help: Vec::new(),
        };
        if let Some(span) = self.span {
            shown = shown.at(span, self.lint.title);
        } else {
            shown = shown.help(format!("at {path}: {}", self.lint.title));
        }
        if !users.is_empty() {
            let all: Vec<String> = users.iter().map(Users::to_string).collect();
            shown = shown.help(format!("mailboxes touched: {}", all.join(", ")));
        }
        if !set.is_empty() {
            shown = shown.help(format!("scenario: {set}"));
        }
        if !command.is_empty() {
            shown = shown.help(format!("shell: {command}"));
        }
        if fix.untried {
            shown =
                shown.help("no fix was tried: so many findings are before it; mend those and check again");
        }
        shown
    }
}

/// Word for a gravity in JSON and tables: `error`, `warn` or `info`.
#[must_use]
pub fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warn",
        Severity::Note => "info",
    }
}
