//! Open questions behind an answer: where sources disagree or are silent.

use crate::model::access::{AccessQuery, Confidence, Explanation, rules};
use crate::model::protocol::Protocol;

/// A question on which sources disagree or are silent, and that this decision met.
pub(super) struct Open {
    pub(super) key: String,
    /// Its value, where it is one of the organisation.
    pub(super) value: Option<String>,
    pub(super) default: &'static str,
    pub(super) reason: &'static str,
}

/// Those that this decision met.
pub(super) fn questions(ask: &AccessQuery<'_>, found: &Explanation) -> Vec<Open> {
    let decided = |rules: &[&str]| rules.contains(&found.rule.id);
    let firm = matches!(found.rule.confidence, Confidence::Article | Confidence::Source);
    let contested = &ask.topology.switches.contested;
    let whole = rules::contested::CHOICES.iter().filter_map(|choice| {
        let key = format!("contested.{}", choice.key);
        // Where the other answer would change something, or the rule itself is open.
        let matters = found.counterfactuals.iter().any(|c| c.setting == key);
        (matters || (!firm && decided(choice.rules))).then(|| Open {
            key,
            value: Some(choice.value(contested)),
            default: choice.default,
            reason: choice.reason,
        })
    });
    let met = |rules: &[&str]| {
        let steps = &found.trace.steps;
        steps.iter().any(|step| (step.decided || !step.facts.is_empty()) && rules.contains(&step.rule))
    };
    let eas = ask.protocol == Protocol::Eas;
    let single = rules::contested::OF_SERVERS
        .iter()
        .filter(|(_, rules, ..)| eas && met(rules))
        .map(|(key, _, default, reason)| Open { key: (*key).to_owned(), value: None, default, reason });
    whole.chain(single).collect()
}
