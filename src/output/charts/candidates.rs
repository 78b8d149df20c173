//! How a candidate is marked in the picture of a plan, and what several of them have in common.

use super::looks::{BAD, GOOD, cross};
use super::scene::{FAINT, MUTED, Scene, Step};
use crate::output::planned::words::{case, seen, subject};
use crate::results::planned::{Planned, PlannedCandidate, PlannedGoal};

/// Sentences about what fails for one reason.
const REASONS: usize = 3;

/// How a candidate stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    Holds,
    Refused,
    Undecided,
    /// By the law, without a run.
    ByLaw,
}

/// What is refused for one reason whatever else is bought: a sentence each.
pub(super) fn reasons(planned: &Planned) -> Vec<String> {
    let played: Vec<&PlannedCandidate> =
        planned.candidates.iter().filter(|of| !of.goals.is_empty()).collect();
    let mut said = Vec::new();
    for (at, quantity) in planned.quantities.iter().enumerate() {
        let mut values: Vec<&str> = Vec::new();
        for candidate in &played {
            if !values.contains(&candidate.values[at].as_str()) {
                values.push(&candidate.values[at]);
            }
        }
        // Where every value fails, no value is the reason.
        let fails = |of: &PlannedCandidate| of.farthest().is_some_and(|goal| goal.verdict.is_missed());
        if played.iter().all(|of| fails(of)) {
            continue;
        }
        for value in values {
            let with = || played.iter().filter(|of| of.values[at] == value);
            let farthest: Vec<&PlannedGoal> =
                with().filter(|of| fails(of)).filter_map(|of| of.farthest()).collect();
            let excess = |goal: &&&PlannedGoal| goal.excess().unwrap_or(f64::INFINITY);
            let Some(best) = farthest.iter().min_by(|a, b| excess(a).total_cmp(&excess(b))) else { continue };
            let same = |goal: &&PlannedGoal| goal.about == best.about && goal.measure == best.measure;
            if farthest.len() > 1 && farthest.len() == with().count() && farthest.iter().all(same) {
                said.push(format!(
                    "With {} {value}: {} fails whatever else was tried; at best {}, {}.",
                    quantity.short,
                    subject(&best.about),
                    seen(best),
                    case(planned, best.case)
                ));
            }
        }
    }
    said.truncate(REASONS);
    said
}

pub(super) fn around_line(a: (f64, f64), b: (f64, f64)) -> [f64; 4] {
    [a.0.min(b.0) - 1.5, a.1.min(b.1) - 1.5, a.0.max(b.0) + 1.5, a.1.max(b.1) + 1.5]
}

pub(super) fn ring(scene: &mut Scene, x: f64, y: f64, r: f64, width: f64) {
    let points = (0..=32).map(|n| {
        let angle = f64::from(n) * std::f64::consts::PI / 16.0;
        (x + r * libm::cos(angle), y + r * libm::sin(angle))
    });
    scene.line(points.collect(), width, GOOD, &[]);
}

/// Too much failed for a value: beyond the top edge.
pub(super) fn never(scene: &mut Scene, x: f64, y: f64) {
    let steps = [
        Step::Move((x, y - 6.0)),
        Step::Line((x + 6.0, y + 5.0)),
        Step::Line((x - 6.0, y + 5.0)),
        Step::Close,
    ];
    scene.shape(steps.to_vec(), BAD, 1.0);
}

pub(super) fn mark(scene: &mut Scene, x: f64, y: f64, stand: Stand) {
    match stand {
        Stand::Holds => scene.dot(x, y, 5.5, GOOD),
        Stand::Refused => cross(scene, x, y),
        Stand::Undecided => {
            let corners = [(x, y - 5.5), (x + 5.5, y), (x, y + 5.5), (x - 5.5, y)];
            let [first, rest @ ..] = corners;
            let steps = std::iter::once(Step::Move(first)).chain(rest.map(Step::Line));
            scene.shape(steps.chain([Step::Close]).collect(), MUTED, 1.0);
        }
        Stand::ByLaw => {
            for slope in [1.0, -1.0] {
                scene.line(vec![(x - 3.0, y - 3.0 * slope), (x + 3.0, y + 3.0 * slope)], 1.6, FAINT, &[]);
            }
        }
    }
}
