//! What a plan changes, below its frontier: a row a group of servers or line, now and planned.

use super::candidates::ring;
use super::letters::{fit, text_width, widest};
use super::looks::GOOD;
use super::scene::{Anchor, GRID, INK, MARGIN, MUTED, SMALL, Scene, TEXT};
use crate::output::words::count;
use crate::results::planned::{Planned, PlannedGroup};

/// Rows; of more the rest is a sentence.
const ROWS: usize = 24;
/// Height of a row.
const ROW: f64 = 20.0;
/// Width of a name, and of the words behind a row, at most.
const LABEL: f64 = 230.0;

/// A group that changes, with its machines now and as planned where their number is known.
struct Change<'p> {
    group: &'p PlannedGroup,
    servers: Option<(f64, f64)>,
}

/// How many there are of `3 x R650`.
fn servers(words: &str) -> Option<f64> {
    words.split_once(" x ").and_then(|(number, _)| number.parse().ok())
}

/// Those that change, where the number of servers changes most first.
fn changes(planned: &Planned) -> Vec<Change<'_>> {
    let changed =
        planned.groups.iter().filter(|group| group.now != group.planned && !group.planned.is_empty());
    let mut all: Vec<Change<'_>> = changed
        .map(|group| Change { group, servers: servers(&group.now).zip(servers(&group.planned)) })
        .collect();
    let by = |change: &Change<'_>| change.servers.map_or(0.0, |(now, then)| (then - now).abs());
    all.sort_by(|a, b| by(b).total_cmp(&by(a)));
    all
}

/// How many groups and lines change.
pub(super) fn number(planned: &Planned) -> usize {
    changes(planned).len()
}

/// Draws them from `top` on; gives where they end.
pub(super) fn draw(scene: &mut Scene, planned: &Planned, top: f64) -> f64 {
    let all = changes(planned);
    let shown = &all[..all.len().min(ROWS)];
    if shown.is_empty() {
        return top;
    }
    let most = shown.iter().filter_map(|change| change.servers).fold(1.0, |m: f64, (a, b)| m.max(a).max(b));
    let names = shown.iter().map(|change| change.group.name.as_str());
    let room = widest(names, TEXT, false).min(LABEL) + 16.0;
    let (left, right) = (MARGIN + room, scene.width - MARGIN - LABEL - 16.0);
    let at = |servers: f64| left + (right - left) * servers / most;
    scene.set_height(top + ROW * (shown.len() as f64 + 3.0));
    scene.text(
        MARGIN,
        top,
        Anchor::Start,
        TEXT,
        true,
        INK,
        "What changes: servers now (ring) and planned (dot)",
    );
    let mut y = top + ROW;
    for Change { group, servers } in shown {
        scene.label(left - 12.0, y + 4.5, Anchor::End, INK, &fit(&group.name, LABEL, TEXT, false));
        scene.line(vec![(left, y), (right, y)], 1.0, GRID, &[]);
        if let Some((now, then)) = *servers {
            scene.line(vec![(at(now), y), (at(then), y)], 2.0, GOOD, &[]);
            ring(scene, at(now), y, 5.0, 1.4);
            scene.dot(at(then), y, 4.0, GOOD);
        }
        let words = format!("{} \u{2192} {}", group.now, group.planned);
        scene.text(
            right + 14.0,
            y + 4.5,
            Anchor::Start,
            SMALL,
            false,
            MUTED,
            &fit(&words, LABEL, SMALL, false),
        );
        y += ROW;
    }
    for servers in [0.0, most] {
        let words = format!("{servers:.0}");
        scene.label(
            at(servers) - text_width(&words, TEXT, false) / 2.0,
            y + 8.0,
            Anchor::Start,
            MUTED,
            &words,
        );
    }
    y += ROW;
    if all.len() > shown.len() {
        let words = format!("{} more in plan_groups.csv.", count(all.len() - shown.len(), "change"));
        scene.label(MARGIN, y + 8.0, Anchor::Start, MUTED, &words);
        y += ROW;
    }
    y + ROW / 2.0
}
