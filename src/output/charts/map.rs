//! Few sites as cards: the Internet, those that face it, those behind them, and the lines between.
//!
//! Lines are elbows, an upper card's leave above and turn first, so that none cross. Next: [`super::tree`],
//! which has the same rows for many sites and for narrow pages.

use super::branches::{Branch, Flow};
use super::letters::{fit, fit_name, text_width, wrap};
use super::looks::{BAD, class_of_use, cross};
use super::scene::{Anchor, Colour, FAINT, GRID, INK, MARGIN, MUTED, SMALL, Scene, Step, TEXT, WHITE};
use crate::output::words::percent;

/// Sites at most.
pub(super) const SITES: usize = 12;
/// Branches of one site at most: beyond that their lines leave no room for words.
const BRANCHES: usize = 6;
/// Width of a card, of the Internet, and of the gap between them.
pub(super) const CARD: f64 = 196.0;
const INTERNET: f64 = 96.0;
const GAP: f64 = 172.0;
/// Height of a card without bars, of a bar, and between cards.
const HIGH: f64 = 64.0;
const BAR: f64 = 19.0;
const APART: f64 = 20.0;
/// Between the directions of a line, and between the turns of lines.
const WAYS: f64 = 12.0;
const TURN: f64 = 6.0;
/// What lies no further above or below is reached straight on.
const STRAIGHT: f64 = 10.0;
/// Widest line, of the one that carries most.
pub(super) const WIDEST: f64 = 7.0;
/// Of a site with a way to the Internet.
pub(super) const FACES: &str = "faces the Internet";
/// Mbit/s below which a line beside the tree has no figures.
pub(super) const SAID: f64 = 0.05;

/// A line between two sites that face the Internet.
#[derive(Clone, PartialEq, Debug)]
pub struct Arc {
    /// Places of the rows.
    pub ends: [usize; 2],
    /// From the first to the second, and back.
    pub flows: [Flow; 2],
    /// When it is out, in words.
    pub cut: String,
}

impl Arc {
    /// What both directions carry, Mbit/s.
    pub(super) fn mbps(&self) -> f64 {
        self.flows[0].mbps + self.flows[1].mbps
    }
}

/// A card where it stands.
pub(super) struct Spot<'r> {
    pub(super) row: &'r Branch,
    pub(super) left: f64,
    pub(super) middle: f64,
    pub(super) high: f64,
}

/// Whether these rows, each behind the one that it belongs to, have room as cards.
pub(super) fn has_room(rows: &[Branch]) -> bool {
    let branches = |at: usize| rows[at + 1..].iter().take_while(|row| row.depth > 0).count();
    let roots = || (0..rows.len()).filter(|at| rows[*at].depth == 0);
    let faces = rows.iter().any(|row| row.depth == 0 && row.flows.is_some());
    faces
        && rows.len() <= SITES
        && rows.iter().all(|row| row.depth <= 1)
        && roots().all(|at| branches(at) <= BRANCHES)
}

/// Draws them below `top`, and gives the drawing its height.
pub(super) fn draw(scene: &mut Scene, rows: &[Branch], arcs: &[Arc], top: f64) {
    let behind = rows.iter().any(|row| row.depth > 0);
    let lefts = [MARGIN + INTERNET + GAP, scene.width - MARGIN - CARD];
    let cards = stand(rows, lefts, top + 4.0);
    let bottom = cards.iter().map(|card| card.middle + card.high / 2.0).fold(top, f64::max);
    scene.set_height(bottom + 20.0);
    let flows = rows.iter().flat_map(|row| row.flows.iter().flatten());
    let flows = flows.chain(arcs.iter().flat_map(|arc| &arc.flows));
    let most = flows.map(|flow| flow.mbps).fold(f64::MIN_POSITIVE, f64::max);
    let roots: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].depth == 0).collect();
    for (place, arc) in arcs.iter().enumerate() {
        curve(scene, &cards, (place, arc), (behind, most));
    }
    internet(scene, &cards, &roots);
    for (place, &root) in roots.iter().enumerate() {
        let next = roots.get(place + 1).copied().unwrap_or(rows.len());
        if let Some(flows) = &rows[root].flows {
            from_internet(scene, &cards[root], flows, most);
        }
        elbows(scene, &cards[root], &cards[root + 1..next], most);
    }
    for card in &cards {
        scene.say(&card.row.sentence());
        scene.group(&card.row.name, |scene| card.draw(scene, false));
    }
}

/// How high a card is.
pub(super) fn high(row: &Branch) -> f64 {
    HIGH + BAR * row.bars.len().min(2) as f64
}

/// Each site beside the middle of those behind it.
fn stand(rows: &[Branch], lefts: [f64; 2], top: f64) -> Vec<Spot<'_>> {
    let mut cards: Vec<Spot<'_>> = Vec::new();
    let mut y = top;
    let mut at = 0;
    while at < rows.len() {
        let behind = rows[at + 1..].iter().take_while(|row| row.depth > 0).count();
        let own = high(&rows[at]);
        let all: f64 = rows[at + 1..=at + behind].iter().map(|row| high(row) + APART).sum();
        let whole = (all - APART).max(own);
        cards.push(Spot { row: &rows[at], left: lefts[0], middle: y + whole / 2.0, high: own });
        let mut below = y + (whole - (all - APART).max(0.0)) / 2.0;
        for row in &rows[at + 1..=at + behind] {
            cards.push(Spot { row, left: lefts[1], middle: below + high(row) / 2.0, high: high(row) });
            below += high(row) + APART;
        }
        y += whole + APART;
        at += 1 + behind;
    }
    cards
}

/// The Internet, as high as all that face it.
fn internet(scene: &mut Scene, cards: &[Spot<'_>], roots: &[usize]) {
    let faced = || roots.iter().map(|at| &cards[*at]).filter(|card| card.row.flows.is_some());
    let top = faced().map(|card| card.middle - card.high / 2.0).fold(f64::INFINITY, f64::min);
    let bottom = faced().map(|card| card.middle + card.high / 2.0).fold(0.0, f64::max);
    if top >= bottom {
        return;
    }
    frame(scene, [MARGIN, top, MARGIN + INTERNET, bottom], FAINT, &[5.0, 4.0], 1.5);
    let middle = (top + bottom) / 2.0;
    scene.text(MARGIN + 14.0, middle + 5.0, Anchor::Start, TEXT, true, INK, "Internet");
}

fn thick(flow: &Flow, most: f64) -> f64 {
    (WIDEST * (flow.mbps / most).sqrt()).max(1.2)
}

/// What goes to the Internet above what comes from there.
fn from_internet(scene: &mut Scene, card: &Spot<'_>, [down, up]: &[Flow; 2], most: f64) {
    let (from, to) = (MARGIN + INTERNET, card.left);
    let [above, below] = [card.middle - WAYS / 2.0, card.middle + WAYS / 2.0];
    way(scene, vec![(to, above), (from, above)], up, most, &[]);
    way(scene, vec![(from, below), (to, below)], down, most, &[]);
    let room = GAP - 24.0;
    let words = |arrow: &str, flow: &Flow| fit(&format!("{arrow} {}", flow.words), room, SMALL, false);
    scene.upon((from + 12.0, above - 9.0), SMALL, false, INK, &words("\u{2190}", up));
    scene.upon((from + 12.0, below + 19.0), SMALL, false, INK, &words("\u{2192}", down));
}

/// The lines of a site to those behind it.
fn elbows(scene: &mut Scene, root: &Spot<'_>, behind: &[Spot<'_>], most: f64) {
    let from = root.left + CARD;
    let pitch = (root.high - 16.0) / behind.len().max(1) as f64;
    let ports = WAYS.min(pitch / 2.0);
    for (place, card) in behind.iter().enumerate() {
        let Some([down, up]) = &card.row.flows else { continue };
        let port = root.middle + (place as f64 - (behind.len() as f64 - 1.0) / 2.0) * pitch;
        // From the outermost inwards.
        let lane = if card.middle < root.middle { place } else { behind.len() - 1 - place };
        let upper = card.middle < root.middle;
        let turn = |second: usize| from + 14.0 + TURN * (2 * lane + second) as f64;
        let dash: &'static [f64] = if card.row.cut.is_empty() { &[] } else { &[7.0, 4.0] };
        let [above, below] = [card.middle - WAYS / 2.0, card.middle + WAYS / 2.0];
        let (first, last) = if upper { (0, 1) } else { (1, 0) };
        let mut line = |y: f64, port: f64, turn: f64, flow: &Flow, back: bool| {
            let mut points = vec![(from, port), (turn, port), (turn, y), (card.left, y)];
            if (port - y).abs() < STRAIGHT {
                points = vec![(from, y), (card.left, y)];
            }
            if back {
                points.reverse();
            }
            way(scene, points, flow, most, dash);
        };
        line(above, port - ports / 2.0, turn(first), up, true);
        line(below, port + ports / 2.0, turn(last), down, false);
        let lanes = 14.0 + TURN * (2 * behind.len()).div_ceil(2) as f64;
        let room = card.left - from - lanes - 18.0;
        let words = |arrow: &str, flow: &Flow| fit(&format!("{arrow} {}", flow.words), room, SMALL, false);
        let end = |text: &str| card.left - 12.0 - text_width(text, SMALL, false);
        let [upper, lower] = [words("\u{2190}", up), words("\u{2192}", down)];
        scene.upon((end(&upper), above - 8.0), SMALL, false, INK, &upper);
        scene.upon((end(&lower), below + 17.0), SMALL, false, INK, &lower);
        if !card.row.cut.is_empty() {
            let text = fit(&format!("out {}", card.row.cut), room, SMALL, true);
            let x = card.left - 12.0 - text_width(&text, SMALL, true);
            scene.upon((x, below + 34.0), SMALL, true, BAD, &text);
        }
    }
}

/// A line between two that face the Internet: beside their cards, on the side where nothing hangs on them.
fn curve(scene: &mut Scene, cards: &[Spot<'_>], (place, arc): (usize, &Arc), (behind, most): (bool, f64)) {
    let [a, b] = arc.ends.map(|at| &cards[at]);
    let (upper, lower) = if a.middle < b.middle { (a, b) } else { (b, a) };
    let side = if behind { -1.0 } else { 1.0 };
    let edge = if behind { a.left } else { a.left + CARD };
    let far = 14.0 + 9.0 * place as f64;
    let out = edge + side * far.min(if behind { 40.0 } else { GAP });
    let [begin, end] = [upper.middle + upper.high * 0.3, lower.middle - lower.high * 0.3];
    let flow = if arc.flows[0].share >= arc.flows[1].share { &arc.flows[0] } else { &arc.flows[1] };
    let total = arc.mbps();
    let dash: &'static [f64] = if arc.cut.is_empty() { &[] } else { &[7.0, 4.0] };
    let width = (WIDEST * (total / most).sqrt()).clamp(1.2, WIDEST);
    let points = vec![(edge, begin), (out, begin), (out, end), (edge, end)];
    scene.line(points, width, class_of_use(flow.share), dash);
    let mut lines: Vec<(String, Colour)> = Vec::new();
    if total >= SAID {
        lines.extend(arc.flows.iter().zip(["\u{2193}", "\u{2191}"]).map(|(flow, arrow)| {
            // The first flow leads from the first end.
            let arrow = if (a.middle < b.middle) == (arrow == "\u{2193}") { "\u{2193}" } else { "\u{2191}" };
            (format!("{arrow} {}", flow.words), INK)
        }));
    }
    if !arc.cut.is_empty() {
        lines.push((format!("out {}", arc.cut), BAD));
    }
    let middle = f64::midpoint(begin, end) - 8.0 * (lines.len().saturating_sub(1)) as f64;
    for (line, (text, ink)) in lines.iter().enumerate() {
        let room = if behind { out - MARGIN - INTERNET - 14.0 } else { GAP };
        let text = fit(text, room, SMALL, *ink == BAD);
        let x = if behind { out - 8.0 - text_width(&text, SMALL, false) } else { out + 8.0 };
        scene.upon((x, middle + 4.0 + 16.0 * line as f64), SMALL, *ink == BAD, *ink, &text);
    }
}

/// A line with a head at its end.
fn way(scene: &mut Scene, mut points: Vec<(f64, f64)>, flow: &Flow, most: f64, dash: &'static [f64]) {
    let (width, colour) = (thick(flow, most), class_of_use(flow.share));
    let Some(&(x, y)) = points.last() else { return };
    let before = points.iter().rev().nth(1).map_or(x, |point| point.0);
    let back = if before > x { 8.0 } else { -8.0 };
    if let Some(last) = points.last_mut() {
        last.0 += back;
    }
    scene.line(points, width, colour, dash);
    let half = (width / 2.0 + 2.5).max(4.0);
    scene.shape(
        vec![
            Step::Move((x, y)),
            Step::Line((x + back, y - half)),
            Step::Line((x + back, y + half)),
            Step::Close,
        ],
        colour,
        1.0,
    );
}

fn frame(
    scene: &mut Scene,
    [left, top, right, bottom]: [f64; 4],
    colour: Colour,
    dash: &'static [f64],
    width: f64,
) {
    scene.rect(left, top, right - left, bottom - top, WHITE);
    let corners =
        vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top), (left + 1.0, top)];
    scene.line(corners, width, colour, dash);
}

impl Spot<'_> {
    /// The card; whether it says that the site faces the Internet, where that is not seen.
    pub(super) fn draw(&self, scene: &mut Scene, says_facing: bool) {
        let row = self.row;
        let (top, right) = (self.middle - self.high / 2.0, self.left + CARD);
        let (ink, width) = if row.missed { (BAD, 3.0) } else { (INK, 1.5) };
        frame(scene, [self.left, top, right, top + self.high], ink, &[], width);
        let x = self.left + 12.0;
        let room = CARD - 24.0 - if row.missed { 16.0 } else { 0.0 };
        scene.text(x, top + 19.0, Anchor::Start, TEXT, true, ink, &fit_name(&row.name, room, TEXT, true));
        if row.missed {
            cross(scene, right - 14.0, top + 14.0);
        }
        let words: Vec<&str> = row.words.split(", ").filter(|words| says_facing || *words != FACES).collect();
        let lines = match words.as_slice() {
            [first, rest @ ..] if !rest.is_empty() => vec![(*first).to_owned(), rest.join(", ")],
            _ => wrap(&words.join(", "), CARD - 22.0, SMALL, false, 2),
        };
        for (line, words) in lines.iter().enumerate() {
            let words = &fit(words, CARD - 22.0, SMALL, false);
            let y = top + 36.0 + 16.0 * line as f64;
            scene.text(x, y, Anchor::Start, SMALL, false, MUTED, words);
        }
        for (place, bar) in row.bars.iter().take(2).enumerate() {
            let y = top + HIGH - 4.0 + BAR * (place as f64 + 0.5);
            let words = percent(bar.share);
            let value = right - 10.0 - text_width(&words, SMALL, false);
            let from = self.left + 104.0;
            let wide = (right - 62.0 - from).max(10.0);
            scene.text(x, y + 4.0, Anchor::Start, SMALL, false, INK, &fit(&bar.name, 90.0, SMALL, false));
            scene.rect(from, y - 5.0, wide, 10.0, GRID);
            scene.rect(from, y - 5.0, wide * bar.share.clamp(0.0, 1.0), 10.0, class_of_use(bar.share));
            scene.text(value, y + 4.0, Anchor::Start, SMALL, false, INK, &words);
        }
    }
}
