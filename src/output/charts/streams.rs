//! What flows from column to column: nodes as high as what passes through them, and ribbons
//! between those of neighbouring columns.

use super::bars::{Category, Fill, key};
use super::letters::{fit_apart, text_width, widest};
use super::looks::BAD;
use super::scene::{Anchor, Head, INK, MARGIN, MUTED, SMALL, Scene, Step, TEXT};
use crate::output::words::{percent, thousands, three_figures};

/// Height of all that flows.
const HIGH: f64 = 270.0;
/// Width of a node.
const NODE: f64 = 12.0;
/// Between nodes of a column.
const GAP: f64 = 7.0;
/// Least height of a node's place: its name has a line of its own.
const LINE: f64 = 17.0;
/// From this height on a node has its amount on a second line.
const TWO_LINES: f64 = 32.0;
/// Left edges of the columns as shares of the drawing's width.
const PLACES: [f64; 4] = [0.0, 0.21, 0.455, 0.7];
/// How much of what lies below shines through a ribbon.
const OPACITY: f64 = 0.42;

/// A node.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What passes through it.
    pub amount: f64,
    /// The category that it stands for, if it does.
    pub category: Option<usize>,
}

/// A column of nodes.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// What its nodes are.
    pub name: String,
    /// Nodes from the top.
    pub nodes: Vec<Node>,
}

/// What flows from a node to one of the next column.
#[derive(Clone, PartialEq, Debug)]
pub struct Ribbon {
    /// Place of the node in its column.
    pub from: usize,
    /// Place of the node in the next.
    pub to: usize,
    /// What becomes of it.
    pub category: usize,
    /// How much.
    pub amount: f64,
    /// Share of it that went wrong.
    pub failed: f64,
}

/// Columns and what flows between them.
#[derive(Clone, PartialEq, Debug)]
pub struct Streams {
    /// What stands above it.
    pub head: Head,
    /// What can become of what flows.
    pub categories: Vec<Category>,
    /// What each of these means.
    pub meanings: Vec<String>,
    /// Four columns from the left.
    pub columns: Vec<Column>,
    /// Ribbons behind each column but the last.
    pub ribbons: Vec<Vec<Ribbon>>,
    /// What is counted: `clients`.
    pub unit: String,
    /// What went wrong, in the words of the key.
    pub wrong: String,
}

/// Where a node stands.
#[derive(Clone, Copy, Default)]
struct Place {
    x: f64,
    top: f64,
    high: f64,
}

impl Streams {
    /// What the colours mean.
    #[must_use]
    pub fn key(&self) -> Vec<Category> {
        let named = |(of, meaning): (&Category, &String)| Category {
            name: if meaning.is_empty() { of.name.clone() } else { format!("{}: {meaning}", of.name) },
            fill: of.fill,
        };
        let mut all: Vec<Category> = self.categories.iter().zip(&self.meanings).map(named).collect();
        if self.ribbons.iter().flatten().any(|ribbon| ribbon.failed > 0.0) {
            all.push(Category { name: self.wrong.clone(), fill: Fill { colour: BAD, hatch: 0 } });
        }
        all
    }

    /// Lays the chart out.
    #[must_use]
    pub fn scene(&self) -> Scene {
        let mut scene = Scene::new(0.0, &self.head);
        let top = key(&mut scene, &self.key());
        self.draw(&mut scene, top + 4.0);
        scene
    }

    /// The same without its head and its key.
    #[must_use]
    pub fn drawing(&self) -> Scene {
        let mut scene = Scene::bare(&self.head.finding);
        self.draw(&mut scene, 0.0);
        scene
    }

    /// How much one of what flows is high.
    fn scale(&self) -> f64 {
        let sum = |column: &Column| column.nodes.iter().map(|node| node.amount).sum::<f64>();
        HIGH / self.columns.iter().map(sum).fold(f64::MIN_POSITIVE, f64::max)
    }

    fn draw(&self, scene: &mut Scene, top: f64) {
        let scale = self.scale();
        let heights: Vec<f64> = self.columns.iter().map(|column| high(column, scale)).collect();
        let highest = heights.iter().copied().fold(0.0, f64::max);
        let below = top + 26.0;
        scene.set_height(below + highest + 14.0);
        let room = scene.width - 2.0 * MARGIN;
        let mut places: Vec<Vec<Place>> = Vec::new();
        for ((column, high), share) in self.columns.iter().zip(&heights).zip(PLACES) {
            let x = MARGIN + room * share;
            places.push(stand(column, scale, (x, below + (highest - high) / 2.0)));
            scene.text(x, top + 12.0, Anchor::Start, SMALL, false, MUTED, &column.name);
            scene.say(&in_words(column));
        }
        for (index, ribbons) in self.ribbons.iter().enumerate() {
            self.flow(scene, index, ribbons, (&places[index], &places[index + 1]), scale);
        }
        for (index, (column, places)) in self.columns.iter().zip(&places).enumerate() {
            let next =
                PLACES.get(index + 1).map_or(scene.width - MARGIN + 8.0, |share| MARGIN + room * share);
            self.nodes(scene, column, places, next - 8.0);
        }
    }

    /// Ribbons between two columns; what is wrong lies lowest in each.
    fn flow(
        &self,
        scene: &mut Scene,
        index: usize,
        ribbons: &[Ribbon],
        (left, right): (&[Place], &[Place]),
        scale: f64,
    ) {
        let mut out: Vec<usize> = (0..ribbons.len()).collect();
        let mut into = out.clone();
        out.sort_by_key(|&at| (ribbons[at].from, ribbons[at].to, ribbons[at].category));
        into.sort_by_key(|&at| (ribbons[at].to, ribbons[at].category, ribbons[at].from));
        let begins = stacked(&out, left, |at| (ribbons[at].from, ribbons[at].amount * scale));
        let ends = stacked(&into, right, |at| (ribbons[at].to, ribbons[at].amount * scale));
        for (at, ribbon) in ribbons.iter().enumerate() {
            let high = ribbon.amount * scale;
            let edges = (left[ribbon.from].x + NODE, right[ribbon.to].x);
            let fill = self.categories[ribbon.category].fill;
            scene.group(&self.ribbon(index, ribbon), |scene| {
                let (from, to) = (begins[at], ends[at]);
                scene.shape(band(edges, (from, to), high.max(0.7)), fill.colour, OPACITY);
                let wrong = high * ribbon.failed.clamp(0.0, 1.0);
                if wrong > 0.1 {
                    let lowest = (from + high - wrong, to + high - wrong);
                    scene.shape(band(edges, lowest, wrong.max(0.7)), BAD, 1.0);
                }
            });
        }
    }

    /// A ribbon in words.
    fn ribbon(&self, index: usize, ribbon: &Ribbon) -> String {
        let name = |column: usize, at: usize| self.columns[column].nodes[at].name.as_str();
        let failed = match ribbon.failed {
            failed if failed > 0.0 => format!(", {} of their requests failed", percent(failed)),
            _ => String::new(),
        };
        format!(
            "{} \u{2192} {}, {}: {} {}{failed}",
            name(index, ribbon.from),
            name(index + 1, ribbon.to),
            self.categories[ribbon.category].name,
            amount(ribbon.amount),
            self.unit
        )
    }

    fn nodes(&self, scene: &mut Scene, column: &Column, places: &[Place], end: f64) {
        let is_high = |place: &Place| place.high >= TWO_LINES;
        let counts: Vec<String> = column.nodes.iter().map(|node| amount(node.amount)).collect();
        let beside = counts.iter().zip(places).filter(|(_, place)| !is_high(place));
        let beside = widest(beside.map(|(count, _)| count.as_str()), SMALL, false);
        let names: Vec<&str> = column.nodes.iter().map(|node| node.name.as_str()).collect();
        let left = places.first().map_or(0.0, |place| place.x) + NODE + 6.0;
        let names = fit_apart(&names, end - left - beside - 6.0, TEXT, true);
        for (((node, place), name), count) in column.nodes.iter().zip(places).zip(&names).zip(&counts) {
            let colour = node.category.map_or(INK, |of| self.categories[of].fill.colour);
            let middle = place.top + place.high / 2.0;
            scene.group(&format!("{}: {count} {}", node.name, self.unit), |scene| {
                scene.rect(place.x, place.top, NODE, place.high, colour);
                if is_high(place) {
                    scene.upon((left, middle - 2.0), TEXT, true, INK, name);
                    scene.upon((left, middle + 13.0), SMALL, false, INK, &format!("{count} {}", self.unit));
                } else {
                    scene.upon((left, middle + 4.5), TEXT, false, INK, name);
                    let after = left + text_width(name, TEXT, false) + 6.0;
                    scene.upon((after, middle + 4.5), SMALL, false, INK, count);
                }
            });
        }
    }
}

/// A count, or the mean of counts.
fn amount(value: f64) -> String {
    if value < 999.5 { three_figures(value) } else { thousands(value.round() as u64) }
}

/// A column in words.
fn in_words(column: &Column) -> String {
    let nodes = column.nodes.iter().map(|node| format!("{} {}", node.name, amount(node.amount)));
    format!("{}: {}", column.name, nodes.collect::<Vec<_>>().join(", "))
}

/// Height of a node, which is seen however small.
fn thick(node: &Node, scale: f64) -> f64 {
    (node.amount * scale).max(1.2)
}

/// Height of a column with its gaps.
fn high(column: &Column, scale: f64) -> f64 {
    let nodes = column.nodes.iter().map(|node| thick(node, scale).max(LINE)).sum::<f64>();
    nodes + GAP * column.nodes.len().saturating_sub(1) as f64
}

/// Where the nodes of a column stand, from `(x, y)` on.
fn stand(column: &Column, scale: f64, (x, mut y): (f64, f64)) -> Vec<Place> {
    let mut places = Vec::new();
    for node in &column.nodes {
        let high = thick(node, scale);
        let room = high.max(LINE);
        places.push(Place { x, top: y + (room - high) / 2.0, high });
        y += room + GAP;
    }
    places
}

/// Upper edges of ribbons at their nodes, one below the other in this order.
fn stacked(order: &[usize], nodes: &[Place], of: impl Fn(usize) -> (usize, f64)) -> Vec<f64> {
    let mut free: Vec<f64> = nodes.iter().map(|place| place.top).collect();
    let mut tops = vec![0.0; order.len()];
    for &at in order {
        let (node, high) = of(at);
        tops[at] = free[node];
        free[node] += high;
    }
    tops
}

/// A ribbon's outline.
fn band((left, right): (f64, f64), (from, to): (f64, f64), high: f64) -> Vec<Step> {
    let middle = (left + right) / 2.0;
    vec![
        Step::Move((left, from)),
        Step::Curve((middle, from), (middle, to), (right, to)),
        Step::Line((right, to + high)),
        Step::Curve((middle, to + high), (middle, from + high), (left, from + high)),
        Step::Close,
    ]
}
