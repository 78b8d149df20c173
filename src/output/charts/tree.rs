//! What belongs below what: a row each, indented, with what flows to the one above it and bars
//! of what it has.

use super::branches::Branch;
use super::letters::{fit, fit_apart, fit_name, text_width, widest};
use super::looks::{BAD, class_of_use, cross};
use super::map::{self, Arc};
use super::scene::{Anchor, FAINT, GRID, Head, INK, MARGIN, MUTED, SMALL, Scene, TEXT};
use super::swarm::Swarm;
use crate::output::words::percent;

/// Distance of rows, and how far a row is indented below the one above it.
const PITCH: f64 = 58.0;
const INDENT: f64 = 22.0;
/// Width of a bar.
const BAR: f64 = 150.0;
/// Widest line, of the one that carries most.
const WIDEST: f64 = 7.0;

/// Rows from the top, each above those that belong to it.
#[derive(Clone, Debug)]
pub struct Tree {
    /// What stands above it.
    pub head: Head,
    /// Rows.
    pub rows: Vec<Branch>,
    /// Lines between rows of which neither belongs to the other, where all have room as cards.
    pub arcs: Vec<Arc>,
    /// The same where there are more sites than have room as cards or rows.
    pub swarm: Option<Swarm>,
    /// What to say when there is nothing.
    pub empty: String,
}

impl Tree {
    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        if self.rows.is_empty() {
            return Scene::nothing(&self.head, &self.empty);
        }
        let mut scene = Scene::new(0.0, &self.head);
        if map::has_room(&self.rows) {
            let top = scene.top;
            map::draw(&mut scene, &self.rows, &self.arcs, top);
            return scene;
        }
        if let Some(swarm) = &self.swarm {
            let top = scene.top;
            swarm.draw(&mut scene, top);
            return scene;
        }
        let top = scene.top + 6.0;
        scene.set_height(top + self.rows.len() as f64 * PITCH + 16.0);
        let names: Vec<&str> = self.rows.iter().map(|row| row.name.as_str()).collect();
        let names = fit_apart(&names, 210.0, TEXT, true);
        let deepest = self.rows.iter().map(|row| row.depth).max().unwrap_or(0).min(6) as f64;
        let words = widest(
            self.rows.iter().filter(|row| !row.bars.is_empty()).map(|row| row.words.as_str()),
            SMALL,
            false,
        )
        .min(290.0 - deepest * INDENT);
        let wide = widest(names.iter().map(String::as_str), TEXT, true).max(words);
        let left = MARGIN + 14.0 + deepest * INDENT + wide + 18.0;
        let most = self
            .rows
            .iter()
            .flat_map(|row| row.flows.iter().flatten())
            .map(|flow| flow.mbps)
            .fold(0.0, f64::max);
        for (index, (row, name)) in self.rows.iter().zip(&names).enumerate() {
            scene.say(&row.sentence());
            let y = top + (index as f64 + 0.5) * PITCH;
            self.stem(&mut scene, index, y);
            scene.group(&row.name, |scene| draw(scene, row, name, (left, y), most));
            if index + 1 < self.rows.len() {
                let line = vec![(left, y + PITCH / 2.0), (scene.width - MARGIN, y + PITCH / 2.0)];
                scene.line(line, 1.0, GRID, &[]);
            }
        }
        scene
    }

    /// The map without a head: cards, where there is room for them, or hubs with what is behind them.
    #[must_use]
    pub fn map(&self) -> Option<Scene> {
        let mut scene = Scene::bare(&self.head.finding);
        if map::has_room(&self.rows) {
            map::draw(&mut scene, &self.rows, &self.arcs, 0.0);
        } else {
            self.swarm.as_ref()?.draw(&mut scene, 0.0);
        }
        Some(scene)
    }

    /// The way from a row to the one that it belongs to.
    fn stem(&self, scene: &mut Scene, index: usize, y: f64) {
        let depth = self.rows[index].depth;
        let Some(above) = depth.checked_sub(1) else { return };
        let Some(parent) = (0..index).rev().find(|at| self.rows[*at].depth <= above) else { return };
        let x = MARGIN + 6.0 + above.min(6) as f64 * INDENT;
        let from = y - (index - parent) as f64 * PITCH + 12.0;
        scene.line(vec![(x, from), (x, y - 6.0), (x + INDENT - 12.0, y - 6.0)], 1.5, FAINT, &[]);
    }
}

fn draw(scene: &mut Scene, row: &Branch, name: &str, (left, y): (f64, f64), most: f64) {
    let x = MARGIN + 14.0 + row.depth.min(6) as f64 * INDENT;
    if row.missed {
        cross(scene, x - 8.0, y - 12.0);
    }
    let ink = if row.missed { BAD } else { INK };
    scene.text(x + 6.0, y - 2.0, Anchor::Start, TEXT, true, ink, &fit_name(name, left - x - 8.0, TEXT, true));
    // Of what stands for many there is nothing else in the row.
    let room = if row.flows.is_none() && row.bars.is_empty() { scene.width - MARGIN } else { left };
    let words = fit(&row.words, room - x - 8.0, SMALL, false);
    scene.text(x + 6.0, y + 14.0, Anchor::Start, SMALL, false, MUTED, &words);
    let bars = scene.width - MARGIN - BAR - 150.0;
    let mut free = left;
    if let Some(flows) = &row.flows {
        for (flow, (down, at)) in flows.iter().zip([("\u{2193}", y - 8.0), ("\u{2191}", y + 10.0)]) {
            let thick = (WIDEST * (flow.mbps / most.max(f64::MIN_POSITIVE)).sqrt()).max(1.0);
            let dash: &'static [f64] = if row.cut.is_empty() { &[] } else { &[7.0, 4.0] };
            scene.line(vec![(left, at), (left + 34.0, at)], thick, class_of_use(flow.share), dash);
            let words = fit(&format!("{down} {}", flow.words), bars - left - 54.0, SMALL, false);
            scene.text(left + 42.0, at + 4.0, Anchor::Start, SMALL, false, INK, &words);
            free = free.max(left + 54.0 + text_width(&words, SMALL, false));
        }
    }
    if !row.cut.is_empty() {
        let words = fit(&format!("out {}", row.cut), (bars - free).max(40.0), SMALL, true);
        scene.text(free, y + 5.0, Anchor::Start, SMALL, true, BAD, &words);
    }
    for (bar, at) in row.bars.iter().take(2).zip([y - 9.0, y + 11.0]) {
        scene.text(
            bars + 118.0,
            at + 4.0,
            Anchor::End,
            SMALL,
            false,
            INK,
            &fit(&bar.name, 116.0, SMALL, false),
        );
        let from = bars + 126.0;
        scene.rect(from, at - 5.0, BAR - 50.0, 10.0, GRID);
        scene.rect(from, at - 5.0, (BAR - 50.0) * bar.share.clamp(0.0, 1.0), 10.0, class_of_use(bar.share));
        let words = percent(bar.share);
        let end = scene.width - MARGIN;
        let start = end - text_width(&words, SMALL, false);
        scene.text(start, at + 4.0, Anchor::Start, SMALL, false, INK, &words);
    }
}
