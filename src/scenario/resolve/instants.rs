//! Instants of a run: times of day, lengths from its beginning, lengths before it.
//!
//! Must not know what happens then.

use super::super::amounts::Time;
use super::super::context::Cx;
use super::super::kinds::{Kind, clock_minutes};
use super::super::moments::CLOCK;
use super::super::shape::{AnyOf, Form};
use super::super::tree::{Node, Value};
use super::timing::Run;
use crate::diagnostics::Diagnostic;
use crate::kernel::{SimSpan, SimTime};
use crate::model::Experiment;

const MINUTE: u64 = 60_000_000_000;

const DAY: u64 = 24 * 60 * MINUTE;

/// An instant so long before the run.
const BEFORE: Form = Form {
    words: "`\"TIME before\"`",
    pattern: "^\\s*[0-9.]+\\s*(ns|us|\u{b5}s|ms|s|min|h|day)\\s+before\\s*$",
};

/// An instant of the run.
pub(super) const INSTANT: AnyOf<'_> = AnyOf(&[&CLOCK, &Time::ANY, &BEFORE]);

/// An instant, ns since the run began: a length counted from there, or a time of day, which
/// may be earlier. `None` is reported.
pub(super) fn instant(cx: &mut Cx, node: &Node, path: &str, run: &Run) -> Option<i64> {
    let text = node.as_text().unwrap_or("");
    if let Some(span) = text.trim().strip_suffix("before") {
        let span = Node { value: Value::Text(span.trim().to_owned()), ..node.clone() };
        return Time::POSITIVE.read(cx, &span, path).map(|span| -(span.0 as i64));
    }
    if !text.contains(':') {
        return Time::ANY.read(cx, node, path).map(|span| span.0 as i64);
    }
    let Some(minutes) = clock_minutes(text) else {
        cx.fault_help(
            "bad-clock",
            format!("`{path}` cannot be read"),
            node.span,
            "expected a time of day or a length",
            "for example \"13:00\", or \"5 h\" from the beginning of the run",
        );
        return None;
    };
    let after = u64::from((minutes + ROUND - run.starts_at) % ROUND) * MINUTE;
    let Experiment { warmup, window, .. } = run.experiment;
    let early = after >= window.0 && (DAY - after <= warmup.0 || is_before(minutes, run));
    Some(warmup.0 as i64 + after as i64 - if early { DAY as i64 } else { 0 })
}

/// Minutes of a day.
const ROUND: u32 = 24 * 60;

/// Whether a time of day outside the run is one before it.
fn is_before(at: u32, run: &Run) -> bool {
    let minutes = |span: SimSpan| (span.0 / MINUTE % u64::from(ROUND)) as u32;
    let ends = u64::from(run.starts_at) + run.experiment.window.0 / MINUTE;
    if ends <= u64::from(ROUND) {
        return at < run.starts_at;
    }
    // Past midnight the nearer end of the run tells what was meant.
    let begins = (run.starts_at + ROUND - minutes(run.experiment.warmup)) % ROUND;
    (begins + ROUND - at) % ROUND < (at + ROUND - minutes(SimSpan(ends * MINUTE))) % ROUND
}

/// An instant as the resolved scenario writes it.
pub(super) fn written(node: &Node, at: i64) -> String {
    // What is before the run stays as it was written.
    u64::try_from(at).map_or_else(|_| node.to_toml(), |at| Time::ANY.show(&SimSpan(at)))
}

/// An instant as the model has it: zero and how long before, or when.
pub(super) fn split(at: i64) -> (SimTime, SimSpan) {
    let ns = at.unsigned_abs();
    if at < 0 { (SimTime::ZERO, SimSpan(ns)) } else { (SimTime(ns), SimSpan::ZERO) }
}

/// Warns of an instant that the run does not reach; `what` is such as "the outage begins".
pub(super) fn never(cx: &mut Cx, what: &str, node: &Node) {
    cx.warnings.push(
        Diagnostic::warning("no-effect", format!("{what} after the end of the run"))
            .at(node.span, "beyond the window"),
    );
}
