//! The record of what a decision looked at: rules considered, facts seen.
//!
//! Must not decide anything.

/// One fact that a decision looked at, in words an administrator knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What was asked: `ExternalURL of Boston /owa`.
    pub question: String,
    /// What was found: `not set`.
    pub answer: String,
}

/// One rule as it was considered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Id of the rule.
    pub rule: &'static str,
    /// Facts that it looked at.
    pub facts: Vec<Fact>,
    /// Whether it gave the answer.
    pub decided: bool,
}

/// The rules considered for one decision, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// One a rule.
    pub steps: Vec<Step>,
    silent: bool,
}

impl Trace {
    /// A trace that keeps what it is told.
    #[must_use]
    pub fn spoken() -> Self {
        Self::default()
    }

    /// A trace that keeps nothing, for tables of many decisions.
    #[must_use]
    pub fn silent() -> Self {
        Self { steps: Vec::new(), silent: true }
    }

    /// Every fact in the order in which it was looked at.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.steps.iter().flat_map(|s| &s.facts)
    }

    /// Opens the step of a rule.
    pub(super) fn consider(&mut self, rule: &'static str) {
        if !self.silent {
            self.steps.push(Step { rule, facts: Vec::new(), decided: false });
        }
    }

    /// Closes the last step as the one that answered.
    pub(super) fn decided(&mut self) {
        if let Some(step) = self.steps.last_mut() {
            step.decided = true;
        }
    }

    /// Notes a fact; the words are made only if somebody listens.
    pub(super) fn note(&mut self, words: impl FnOnce() -> (String, String)) {
        if self.silent {
            return;
        }
        if let Some(step) = self.steps.last_mut() {
            let (question, answer) = words();
            step.facts.push(Fact { question, answer });
        }
    }
}
