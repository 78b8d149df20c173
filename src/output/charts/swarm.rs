//! Many sites: a card for each hub, the lines between hubs beside the cards, and the sites behind a hub as
//! dots along how much of its line is used.
//!
//! Verdict and use are two things: a dot stands by its use, its colour and cross say that a goal is missed.
//! Next: [`super::map`], which draws the cards; [`super::tree`], which has the same as rows for narrow pages.

use super::branches::{Branch, Leaf};
use super::letters::{fit, fit_name, text_width, widest};
use super::looks::{BAD, class_of_use};
use super::map::{Arc, CARD, SAID, Spot, WIDEST, high};
use super::scene::{Anchor, Colour, FAINT, GRID, INK, MARGIN, MUTED, SMALL, Scene, WHITE};
use crate::output::words::{percent, thousands};

/// Sites that miss a goal and are named, of each hub.
const NAMED: usize = 4;
/// Lines between hubs that are drawn; links.csv has the others.
pub(super) const ARCS: usize = 10;
/// Between the lanes of those lines, and between a card and the first.
const LANE: f64 = 16.0;
const PORT: f64 = 14.0;
/// Radius of a dot of the site with most mailboxes, and the smallest.
const LARGEST: f64 = 8.0;
const SMALLEST: f64 = 2.2;
/// How far dots go above and below their row.
const SPREAD: f64 = 46.0;
/// Between rows, and between the names of a row's worst.
const APART: f64 = 26.0;
const NAME: f64 = 16.0;
/// Room for names to the right of the limit.
const RIGHT: f64 = 130.0;
/// A dot.
const DOT: Colour = [0x5b, 0x8f, 0xb5];

/// A site that faces the Internet or that others are reached through, with those behind it.
#[derive(Clone, PartialEq, Debug)]
pub struct Hub {
    /// Its card.
    pub row: Branch,
    /// What stands behind it.
    pub leaves: Vec<Leaf>,
}

/// Hubs from the top.
#[derive(Clone, PartialEq, Debug)]
pub struct Swarm {
    /// Hubs.
    pub hubs: Vec<Hub>,
    /// Lines between them, by their places; those that carry most.
    pub arcs: Vec<Arc>,
}

/// From use to right.
struct Axis {
    left: f64,
    right: f64,
    most: f64,
}

impl Axis {
    fn at(&self, share: f64) -> f64 {
        self.left + (self.right - self.left) * (share.clamp(0.0, self.most) / self.most).sqrt()
    }
}

/// A dot where it stands.
struct Dot<'l> {
    leaf: &'l Leaf,
    x: f64,
    y: f64,
    r: f64,
}

impl Swarm {
    /// Draws it below `top`, and gives the drawing its height.
    pub(super) fn draw(&self, scene: &mut Scene, top: f64) {
        let lanes = self.lanes();
        let left = MARGIN + 6.0 + LANE * lanes.iter().max().map_or(0.0, |lane| (lane + 1) as f64);
        let leaves = || self.hubs.iter().flat_map(|hub| &hub.leaves);
        let axis = Axis {
            left: left + CARD + 34.0,
            right: scene.width - MARGIN - RIGHT,
            most: leaves().map(|leaf| leaf.share).fold(1.0, f64::max),
        };
        let most = leaves().map(|leaf| leaf.mailboxes).max().unwrap_or(0).max(1) as f64;
        let top = top + 18.0;
        let mut y = top + 8.0;
        let (mut spots, mut swarms) = (Vec::new(), Vec::new());
        for (at, hub) in self.hubs.iter().enumerate() {
            let mut dots = swarm(hub, &axis, most);
            let reach = dots.iter().map(|dot| dot.y.abs() + dot.r).fold(0.0, f64::max);
            let names = hub.worst().len() as f64 * NAME;
            // Words, dots on both sides of their middle, names of the worst.
            let card = high(&hub.row) + NAME * self.said(&lanes, at + 1).len() as f64;
            let whole = card.max(20.0 + 2.0 * reach + 6.0 + names);
            spots.push(Spot { row: &hub.row, left, middle: y + high(&hub.row) / 2.0, high: high(&hub.row) });
            dots.iter_mut().for_each(|dot| dot.y += y + 20.0 + reach);
            swarms.push((y, dots, y + 20.0 + 2.0 * reach + 6.0));
            y += whole + APART;
        }
        let bottom = y - APART + 8.0;
        scene.set_height(bottom + 16.0);
        scale(scene, &axis, (top, bottom));
        self.draw_arcs(scene, &spots, &lanes);
        self.say_arcs(scene, &spots, &lanes);
        for (hub, (spot, (y, dots, below))) in self.hubs.iter().zip(spots.iter().zip(&swarms)) {
            scene.say(&hub.sentence());
            scene.group(&hub.row.name, |scene| {
                spot.draw(scene, true);
                let words = hub.words();
                let x = axis.right - 8.0 - text_width(&words, SMALL, false);
                scene.upon((x, y + 10.0), SMALL, false, MUTED, &words);
                hub.draw(scene, dots, *below);
            });
        }
    }

    /// The lane of each arc, from the cards outwards: two that pass each other have two.
    fn lanes(&self) -> Vec<usize> {
        let span = |arc: &Arc| (arc.ends[0].min(arc.ends[1]), arc.ends[0].max(arc.ends[1]));
        let mut order: Vec<usize> = (0..self.arcs.len()).collect();
        // Short ones inside.
        order.sort_by_key(|at| {
            let (from, to) = span(&self.arcs[*at]);
            (to - from, from)
        });
        let mut lanes = vec![0; self.arcs.len()];
        let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
        for at in order {
            let (from, to) = span(&self.arcs[at]);
            let free = taken.iter().position(|lane| lane.iter().all(|of| to <= of.0 || of.1 <= from));
            let lane = free.unwrap_or_else(|| {
                taken.push(Vec::new());
                taken.len() - 1
            });
            taken[lane].push((from, to));
            lanes[at] = lane;
        }
        lanes
    }

    fn draw_arcs(&self, scene: &mut Scene, spots: &[Spot<'_>], lanes: &[usize]) {
        let most = self.arcs.iter().map(Arc::mbps).fold(f64::MIN_POSITIVE, f64::max);
        let deepest = lanes.iter().max().copied().unwrap_or(0) as f64 + 2.0;
        for (arc, &lane) in self.arcs.iter().zip(lanes) {
            let [from, to] =
                [arc.ends[0].min(arc.ends[1]), arc.ends[0].max(arc.ends[1])].map(|at| &spots[at]);
            // What leaves a card further out leaves it nearer to its middle.
            let port = |spot: &Spot<'_>, down: bool| {
                let off = spot.high * 0.42 * (1.0 - lane as f64 / deepest);
                spot.middle + if down { off } else { -off }
            };
            let (begin, end) = (port(from, true), port(to, false));
            let x = lane_at(from.left, lane);
            let width = (WIDEST * (arc.mbps() / most).sqrt()).max(1.2);
            let dash: &'static [f64] = if arc.cut.is_empty() { &[] } else { &[7.0, 4.0] };
            let share = arc.flows.iter().map(|flow| flow.share).fold(0.0, f64::max);
            scene.line(
                vec![(from.left, begin), (x, begin), (x, end), (to.left, end)],
                width,
                class_of_use(share),
                dash,
            );
        }
    }

    /// What is said of the lines that end at a card, above it.
    fn said(&self, lanes: &[usize], row: usize) -> Vec<(usize, String, Colour)> {
        let ending = self.arcs.iter().zip(lanes).filter(|(arc, _)| arc.ends[0].max(arc.ends[1]) == row);
        let mut said = Vec::new();
        for (arc, &lane) in ending {
            if arc.mbps() >= SAID {
                let busier = usize::from(arc.flows[0].share < arc.flows[1].share);
                said.push((lane, arc.flows[busier].words.clone(), INK));
            }
            if !arc.cut.is_empty() {
                said.push((lane, format!("out {}", arc.cut), BAD));
            }
        }
        // The outermost first, as its line turns last.
        said.sort_by_key(|(lane, ..)| std::cmp::Reverse(*lane));
        said
    }

    fn say_arcs(&self, scene: &mut Scene, spots: &[Spot<'_>], lanes: &[usize]) {
        for (row, spot) in spots.iter().enumerate() {
            let said = self.said(lanes, row);
            let top = spot.middle - spot.high / 2.0 - NAME * said.len() as f64;
            for (place, (lane, text, ink)) in said.iter().enumerate() {
                let x = lane_at(spot.left, *lane) + 7.0;
                let text = fit(text, spot.left + CARD - x, SMALL, *ink == BAD);
                scene.upon((x, top + NAME * (place as f64 + 0.5)), SMALL, *ink == BAD, *ink, &text);
            }
        }
    }
}

/// Where a lane runs beside cards that begin at `left`.
fn lane_at(left: f64, lane: usize) -> f64 {
    left - PORT - LANE * lane as f64
}

impl Hub {
    /// Those that miss a goal by most.
    fn worst(&self) -> Vec<&Leaf> {
        let mut missed: Vec<&Leaf> = self.leaves.iter().filter(|leaf| leaf.missed.is_some()).collect();
        let excess = |leaf: &Leaf| leaf.missed.as_ref().map_or(0.0, |missed| missed.0);
        missed.sort_by(|a, b| excess(b).total_cmp(&excess(a)).then_with(|| a.name.cmp(&b.name)));
        missed.truncate(NAMED);
        missed
    }

    /// `22 sites, 4,620 mailboxes; 12 below 10 %`.
    fn words(&self) -> String {
        if self.leaves.is_empty() {
            return String::new();
        }
        let below = self.leaves.iter().filter(|leaf| leaf.share < 0.1).count();
        let mailboxes: u64 = self.leaves.iter().map(|leaf| leaf.mailboxes).sum();
        format!(
            "{} {}, {} mailboxes; {below} below 10 %",
            thousands(self.leaves.len() as u64),
            if self.leaves.len() == 1 { "site" } else { "sites" },
            thousands(mailboxes)
        )
    }

    /// In words, for readers who do not see it.
    fn sentence(&self) -> String {
        let mut words = self.row.sentence();
        let behind = self.words();
        if !behind.is_empty() {
            words += &format!("; behind it {behind}");
        }
        let missed = self.leaves.iter().filter(|leaf| leaf.missed.is_some());
        let missed: Vec<&str> = missed.map(|leaf| leaf.name.as_str()).collect();
        if !missed.is_empty() {
            words += &format!("; a goal is missed at {}", missed.join(", "));
        }
        words
    }

    /// Dots, and the names of the worst from the right to the left, so that no leader crosses a name.
    fn draw(&self, scene: &mut Scene, dots: &[Dot<'_>], below: f64) {
        for dot in dots.iter().filter(|dot| dot.leaf.missed.is_none()) {
            scene.dot(dot.x, dot.y, dot.r, WHITE);
            scene.dot(dot.x, dot.y, dot.r - 0.6, DOT);
        }
        let worst = self.worst();
        let mut named: Vec<&Dot<'_>> =
            dots.iter().filter(|dot| worst.iter().any(|leaf| std::ptr::eq(*leaf, dot.leaf))).collect();
        named.sort_by(|a, b| b.x.total_cmp(&a.x).then(a.y.total_cmp(&b.y)));
        for (place, dot) in named.iter().enumerate() {
            let y = below + NAME * (place as f64 + 0.7);
            scene.line(vec![(dot.x, dot.y), (dot.x, y)], 1.0, BAD, &[]);
        }
        for dot in dots.iter().filter(|dot| dot.leaf.missed.is_some()) {
            let r = dot.r.max(4.0);
            scene.dot(dot.x, dot.y, r + 0.8, WHITE);
            scene.dot(dot.x, dot.y, r, BAD);
            let arm = r * 0.42;
            for slope in [1.0, -1.0] {
                let arms = vec![(dot.x - arm, dot.y - arm * slope), (dot.x + arm, dot.y + arm * slope)];
                scene.line(arms, 1.4, WHITE, &[]);
            }
        }
        for (place, dot) in named.iter().enumerate() {
            let value = dot.leaf.missed.as_ref().map_or("", |missed| missed.1.as_str());
            let room = scene.width - MARGIN - dot.x - 4.0;
            let name = fit_name(&dot.leaf.name, room - text_width(value, SMALL, false) - 6.0, SMALL, false);
            let y = below + NAME * (place as f64 + 1.0);
            scene.upon((dot.x + 4.0, y), SMALL, false, INK, &format!("{name} {value}"));
        }
    }
}

/// Dots around 0, from the largest on as near to it as they have room; smaller ones where it is crowded.
fn swarm<'l>(hub: &'l Hub, axis: &Axis, most: f64) -> Vec<Dot<'l>> {
    let mut scale = 1.0;
    loop {
        let dots = placed(hub, axis, most, scale);
        let reach = dots.iter().map(|dot| dot.y.abs() + dot.r).fold(0.0, f64::max);
        if reach <= SPREAD || scale < 0.3 {
            return dots;
        }
        scale *= 0.85;
    }
}

fn placed<'l>(hub: &'l Hub, axis: &Axis, most: f64, scale: f64) -> Vec<Dot<'l>> {
    let radius = |leaf: &Leaf| {
        let r = SMALLEST + (LARGEST - SMALLEST) * (leaf.mailboxes as f64 / most).sqrt();
        r * scale
    };
    let mut order: Vec<&Leaf> = hub.leaves.iter().collect();
    order.sort_by(|a, b| b.mailboxes.cmp(&a.mailboxes).then(a.share.total_cmp(&b.share)));
    let mut dots: Vec<Dot<'l>> = Vec::with_capacity(order.len());
    for leaf in order {
        let (x, r) = (axis.at(leaf.share), radius(leaf));
        // Each that stands near forbids a span of heights; the nearest to 0 that none forbids.
        let near = dots.iter().filter(|dot| (dot.x - x).abs() < dot.r + r + 0.5);
        let spans: Vec<(f64, f64)> = near
            .map(|dot| {
                let apart = dot.r + r + 0.5;
                let half = (apart * apart - (dot.x - x) * (dot.x - x)).max(0.0).sqrt();
                (dot.y - half, dot.y + half)
            })
            .collect();
        let free = |y: &f64| spans.iter().all(|(low, high)| *y <= low + 1e-9 || *y >= high - 1e-9);
        let ends = spans.iter().flat_map(|(low, high)| [*low, *high]);
        let candidates = std::iter::once(0.0).chain(ends).filter(free);
        let y = candidates.reduce(|a, b| if b.abs() < a.abs() - 1e-9 { b } else { a }).unwrap_or(0.0);
        dots.push(Dot { leaf, x, y, r });
    }
    dots
}

/// Use of a line as a share of its limit.
fn scale(scene: &mut Scene, axis: &Axis, (top, bottom): (f64, f64)) {
    let ticks = [0.0, 0.05, 0.25, 0.5, 1.0, 2.0, 4.0].into_iter().filter(|share| *share <= axis.most);
    for share in ticks {
        let x = axis.at(share);
        let (words, ink, dash): (String, Colour, &'static [f64]) = match share {
            1.0 => ("limit".to_owned(), FAINT, &[6.0, 4.0]),
            share => (percent(share), GRID, &[]),
        };
        scene.line(vec![(x, top), (x, bottom)], if ink == FAINT { 1.6 } else { 1.0 }, ink, dash);
        scene.text(x, top - 6.0, Anchor::Middle, SMALL, false, MUTED, &words);
    }
    let words = "line used in its busiest hour";
    let left = axis.at(0.0) - widest([words], SMALL, false) - 40.0;
    scene.text(left.max(MARGIN), top - 6.0, Anchor::Start, SMALL, false, MUTED, &format!("{words} \u{2192}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::charts::branches::Flow;

    fn hub(leaves: Vec<Leaf>) -> Hub {
        let row = Branch {
            name: "Hub".to_owned(),
            words: String::new(),
            depth: 0,
            flows: None,
            cut: String::new(),
            bars: Vec::new(),
            missed: false,
        };
        Hub { row, leaves }
    }

    fn leaf(at: usize, share: f64, missed: Option<f64>) -> Leaf {
        let missed = missed.map(|excess| (excess, format!("{excess} s")));
        Leaf { name: format!("Leaf {at}"), share, mailboxes: 10 + at as u64, missed }
    }

    fn arc(from: usize, to: usize) -> Arc {
        let flow = Flow { mbps: 1.0, share: 0.1, words: "1 Mbit/s, 10 %".to_owned() };
        Arc { ends: [from, to], flows: [flow.clone(), flow], cut: String::new() }
    }

    /// Lines that do not pass each other have one lane.
    #[test]
    fn lanes_are_shared_where_they_do_not_meet() {
        let swarm = Swarm {
            hubs: (0..4).map(|_| hub(Vec::new())).collect(),
            arcs: vec![arc(0, 3), arc(0, 1), arc(2, 1), arc(3, 2), arc(1, 3)],
        };
        assert_eq!(swarm.lanes(), [2, 0, 0, 0, 1]);
    }

    /// A hundred sites of the same use stand beside each other, and none upon another.
    #[test]
    fn no_dot_hides_another() {
        let axis = Axis { left: 300.0, right: 740.0, most: 1.0 };
        let hub = hub((0..100).map(|at| leaf(at, 0.01 * (at % 7) as f64, None)).collect());
        let dots = swarm(&hub, &axis, 109.0);
        for (at, one) in dots.iter().enumerate() {
            for other in &dots[at + 1..] {
                let apart = libm::hypot(one.x - other.x, one.y - other.y);
                assert!(apart >= one.r + other.r, "{} and {}", one.leaf.name, other.leaf.name);
            }
        }
        assert_eq!(dots.len(), 100);
    }

    #[test]
    fn the_worst_are_named_and_all_are_counted() {
        let hub = hub((0..9).map(|at| leaf(at, 0.03 * at as f64, (at > 2).then_some(at as f64))).collect());
        let names: Vec<&str> = hub.worst().iter().map(|leaf| leaf.name.as_str()).collect();
        assert_eq!(names, ["Leaf 8", "Leaf 7", "Leaf 6", "Leaf 5"]);
        assert_eq!(hub.words(), "9 sites, 126 mailboxes; 4 below 10 %");
        assert!(
            hub.sentence().ends_with("a goal is missed at Leaf 3, Leaf 4, Leaf 5, Leaf 6, Leaf 7, Leaf 8")
        );
    }
}
