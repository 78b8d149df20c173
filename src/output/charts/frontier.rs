//! What a plan costs and how near it is to its goals: a point a candidate, the frontier as a line of
//! steps, the answer with a ring.

use super::axis::{Scale, Tick, percent_label, round_up};
use super::candidates::{Stand, around_line, mark, never, reasons, ring};
use super::changed;
use super::chart::Drawn;
use super::letters::{fit, text_width, widest, wrap};
use super::looks::{BAD, GOOD};
use super::panels::Taken;
use super::plot::Plot;
use super::scene::{Anchor, Head, INK, MARGIN, MUTED, SMALL, Scene, TEXT};
use crate::output::planned::words::{candidates, difference, name, some, total};
use crate::output::planned::{tables, text};
use crate::output::words::{count, percent, shorten_name, thousands};
use crate::results::planned::{Cost, Planned, PlannedCandidate, PlannedQuantity, PrunedBy};

/// Candidates without a run that are drawn, those nearest in cost to the answer.
const FAINT_ONES: usize = 120;
/// Candidates with runs that are drawn.
const PLAYED: usize = 200;
/// Width of a label at most.
const LABEL: f64 = 300.0;
/// Height of the plot.
const HIGH: f64 = 380.0;

/// The picture, with its candidates in the columns of `plan.csv`.
pub(super) fn drawn(planned: &Planned) -> Drawn {
    let (scene, shown) = Frontier::of(planned).scene();
    Drawn::drawing("plan", scene, tables::rows_of(planned, |at| shown.binary_search(&at).is_ok()))
}

struct Spot {
    at: usize,
    cost: f64,
    /// The farthest result over its goal; `None` where too much failed for a value.
    excess: Option<f64>,
    half: Option<f64>,
    stand: Stand,
}

struct Frontier<'p> {
    planned: &'p Planned,
    spots: Vec<Spot>,
    frontier: Vec<usize>,
    left_out: usize,
}

/// Whether a candidate has so many quantities that it is told by what differs from the answer.
fn planned_is_large(planned: &Planned) -> bool {
    planned.unlisted.is_some()
}

/// What a candidate has otherwise than the answer: of servers how many more or fewer.
fn more_or_fewer(planned: &Planned, candidate: &PlannedCandidate, chosen: &PlannedCandidate) -> String {
    let all = planned.quantities.iter().zip(candidate.values.iter().zip(&chosen.values));
    let told = all.filter(|(_, (own, other))| own != other).map(|(of, (own, other))| {
        match (own.parse::<i64>(), other.parse::<i64>()) {
            (Ok(own), Ok(other)) if own > other => format!("{} +{}", of.short, own - other),
            (Ok(own), Ok(other)) => format!("{} \u{2212}{}", of.short, other - own),
            _ => format!("{} {own}", of.short),
        }
    });
    some(told.collect(), ", ")
}

/// A cost on the axis: money in its unit, else servers.
fn place(cost: &Cost) -> f64 {
    match *cost {
        Cost::Money { total, .. } => total as f64 / 100.0,
        Cost::Machines { servers, .. } => servers as f64,
    }
}

fn spot(planned: &Planned, at: usize) -> Option<Spot> {
    let candidate = &planned.candidates[at];
    let cost = place(&candidate.cost);
    let Some(goal) = candidate.farthest() else {
        let by_bound = candidate.refusal.as_ref().is_some_and(|of| of.by == PrunedBy::Law);
        let wanted = planned.law_only || by_bound || planned.chosen == Some(at);
        let stand = match () {
            () if !planned.law_only => Stand::ByLaw,
            () if candidate.refusal.is_some() => Stand::Refused,
            () => Stand::Holds,
        };
        let excess = Some(candidate.expected).filter(|expected| expected.is_finite());
        return (wanted && excess.is_some()).then_some(Spot { at, cost, excess, half: None, stand });
    };
    let stand = match (candidate.holds, &candidate.refusal) {
        (true, _) => Stand::Holds,
        (_, Some(_)) => Stand::Refused,
        _ => Stand::Undecided,
    };
    let excess = goal.excess().filter(|excess| excess.is_finite());
    let scale = if goal.measure.is_least() { 1.0 - goal.goal } else { goal.goal };
    let half = goal.half_width.filter(|_| excess.is_some() && scale > 0.0).map(|half| half / scale);
    Some(Spot { at, cost, excess, half, stand })
}

impl<'p> Frontier<'p> {
    fn of(planned: &'p Planned) -> Self {
        let all: Vec<Spot> = (0..planned.candidates.len()).filter_map(|at| spot(planned, at)).collect();
        let every = all.len();
        let middle = planned.chosen.map_or(0.0, |at| place(&planned.candidates[at].cost));
        let (mut faint, mut spots): (Vec<Spot>, Vec<Spot>) =
            all.into_iter().partition(|spot| spot.stand == Stand::ByLaw);
        let nearest = |a: &Spot, b: &Spot| (a.cost - middle).abs().total_cmp(&(b.cost - middle).abs());
        faint.sort_by(nearest);
        faint.truncate(FAINT_ONES);
        if spots.len() > PLAYED {
            spots.sort_by(nearest);
            spots.truncate(PLAYED);
        }
        spots.extend(faint);
        spots.sort_by_key(|spot| spot.at);
        let left_out = every - spots.len();
        let mut frontier = planned.frontier();
        frontier.retain(|at| spots.iter().any(|spot| spot.at == *at));
        Self { planned, spots, frontier, left_out }
    }

    fn head(&self) -> Head {
        let planned = self.planned;
        let currency = planned.currency.as_deref();
        let meets = if planned.law_only { "holds by the law" } else { "meets every goal" };
        let finding = match planned.chosen {
            Some(at) => {
                let chosen = &planned.candidates[at];
                match name(planned, chosen).as_str() {
                    what if planned_is_large(planned) && what != "as owned" => {
                        let changes = count(changed::number(planned), "change");
                        format!(
                            "The cheapest plan that {meets} has {changes}: {}",
                            total(&chosen.cost, currency)
                        )
                    }
                    "as owned" => format!("What is owned {meets}: nothing has to be bought"),
                    what => format!("{what} is the cheapest that {meets}: {}", total(&chosen.cost, currency)),
                }
            }
            None => {
                // What the law says of its own is nearer to no goal that runs were judged by.
                let all = self.spots.iter().filter(|spot| spot.stand != Stand::ByLaw);
                match all.filter_map(|spot| Some((spot, spot.excess?))).min_by(|a, b| a.1.total_cmp(&b.1)) {
                    Some((spot, excess)) => format!(
                        "Nothing on offer meets every goal: {}, the nearest, has {} of one",
                        name(planned, &planned.candidates[spot.at]),
                        percent(excess)
                    ),
                    None => "Nothing on offer meets every goal".to_owned(),
                }
            }
        };
        let cases = count(planned.cases.len(), "case");
        Head {
            topic: format!("{}: cost against goals", planned.scenario),
            finding,
            how: format!(
                "Of each candidate the goal that is farthest from being met, in the worst of {cases}: result as a \
                 share of the goal, against cost. {}",
                match planned.unlisted {
                    None => format!("{} in all", candidates(planned)),
                    Some(_) => candidates(planned),
                }
            ),
        }
    }

    fn y(&self) -> (Scale, Vec<Tick>) {
        let ends = self.spots.iter().filter_map(|spot| spot.excess).chain([1.0]);
        let (low, high) = ends.fold((1.0, 1.0), |(a, b): (f64, f64), v| (a.min(v), b.max(v)));
        let low = low.max(high / 1e4).min(0.8);
        if high <= 4.0 * low.max(0.25) {
            let step = round_up(high * 1.08 / 5.0);
            let many = (high * 1.05 / step).ceil();
            let ticks = (0..=many as u32).map(|n| f64::from(n) * step);
            return (
                Scale::Linear { low: 0.0, high: many * step },
                ticks.map(|at| (at, percent_label(at))).collect(),
            );
        }
        let mut steps = Vec::new();
        let mut decade = libm::pow(10.0, libm::log10(low).floor());
        while decade <= high * 10.0 {
            steps.extend([1.0, 2.0, 5.0].map(|factor| factor * decade));
            decade *= 10.0;
        }
        let first = steps.iter().rposition(|step| *step <= low).unwrap_or(0);
        let last = steps.iter().position(|step| *step >= high * 1.05).unwrap_or(steps.len() - 1);
        let mut ticks: Vec<f64> = steps[first..=last].to_vec();
        if ticks.len() > 9 {
            ticks.retain(|step| (libm::log10(*step) - libm::log10(*step).round()).abs() < 1e-9);
        }
        (
            Scale::Log { low: steps[first], high: steps[last] },
            ticks.into_iter().map(|at| (at, percent_label(at))).collect(),
        )
    }

    fn x(&self) -> (Scale, Vec<Tick>, String) {
        let costs = self.spots.iter().map(|spot| spot.cost);
        let (low, high) = costs.fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), v| (a.min(v), b.max(v)));
        let whole = self.planned.currency.is_none();
        let step = round_up(((high - low) / 6.0).max(if whole { 1.0 } else { high * 0.01 }).max(1.0));
        let from = ((low - 0.3 * step) / step).floor().max(0.0) * step;
        let to = ((high + 0.3 * step) / step).ceil() * step;
        let many = ((to - from) / step).round() as u32;
        let ticks = (0..=many).map(|n| from + f64::from(n) * step);
        let label = |at: f64| (at, thousands(at.round() as u64));
        let caption = match &self.planned.currency {
            Some(word) => format!("cost over {}, {word}", count(self.planned.years as usize, "year")),
            None => "servers".to_owned(),
        };
        (Scale::Linear { low: from, high: to }, ticks.map(label).collect(), caption)
    }

    fn scene(&self) -> (Scene, Vec<usize>) {
        let head = self.head();
        if self.spots.is_empty() {
            let why = text::sentences(self.planned).into_iter().next().unwrap_or_default();
            return (Scene::nothing(&head, why.trim_end_matches('.')), Vec::new());
        }
        let mut scene = Scene::new(0.0, &head);
        self.key(&mut scene);
        let (y, up) = self.y();
        let (x, along, caption) = self.x();
        let room = widest(up.iter().map(|tick| tick.1.as_str()), TEXT, false) + 14.0;
        let top = scene.top + 18.0;
        let plot =
            Plot { left: MARGIN + room, right: scene.width - MARGIN - 20.0, top, bottom: top + HIGH, x, y };
        scene.set_height(plot.bottom + 40.0);
        plot.grid(&mut scene, &up, true);
        scene.line(vec![(plot.left, plot.bottom), (plot.right, plot.bottom)], 1.0, MUTED, &[]);
        for (value, label) in &along {
            let at = plot.at((*value, 0.0)).0;
            scene.line(vec![(at, plot.bottom), (at, plot.bottom + 5.0)], 1.0, MUTED, &[]);
            scene.label(at, plot.bottom + 20.0, Anchor::Middle, MUTED, label);
        }
        scene.label(plot.right, plot.bottom + 38.0, Anchor::End, MUTED, &caption);
        let mut taken = Taken::default();
        self.goal(&mut scene, &plot, &mut taken);
        scene.group("frontier", |scene| self.steps(scene, &plot, &mut taken));
        scene.group("candidates", |scene| self.marks(scene, &plot, &mut taken));
        self.labels(&mut scene, &plot, &mut taken);
        self.say(&mut scene);
        let mut below = plot.bottom + 58.0;
        let wide = scene.width - 2.0 * MARGIN;
        for line in self.foot().iter().flat_map(|text| wrap(text, wide, TEXT, false, 3)) {
            scene.label(MARGIN, below, Anchor::Start, MUTED, &line);
            below += 18.0;
        }
        if planned_is_large(self.planned) {
            below = changed::draw(&mut scene, self.planned, below + 14.0);
        }
        scene.set_height(below);
        (scene, self.spots.iter().map(|spot| spot.at).collect())
    }

    fn goal(&self, scene: &mut Scene, plot: &Plot, taken: &mut Taken) {
        let y = plot.at((0.0, 1.0)).1;
        scene.line(vec![(plot.left, y), (plot.right, y)], 1.6, INK, &[6.0, 4.0]);
        let words = "at its goal";
        let width = text_width(words, SMALL, true);
        scene.text(plot.right, y - 6.0, Anchor::End, SMALL, true, INK, words);
        taken.0.push([plot.right - width - 2.0, y - SMALL - 6.0, plot.right, y + 2.0]);
        taken.0.push([plot.left, y - 1.0, plot.right, y + 1.0]);
    }

    fn point(&self, plot: &Plot, spot: &Spot) -> (f64, f64) {
        let (x, y) = plot.at((spot.cost, spot.excess.unwrap_or(0.0)));
        (x, if spot.excess.is_some() { y } else { plot.top - 8.0 })
    }

    /// Nothing cheaper is better.
    fn steps(&self, scene: &mut Scene, plot: &Plot, taken: &mut Taken) {
        let spots = self.frontier.iter().filter_map(|at| self.spots.iter().find(|spot| spot.at == *at));
        let mut points: Vec<(f64, f64)> = Vec::new();
        for spot in spots.filter(|spot| spot.excess.is_some()) {
            let (x, y) = self.point(plot, spot);
            if let Some(&(_, before)) = points.last() {
                points.push((x, before));
            }
            points.push((x, y));
        }
        if let Some(&(_, y)) = points.last() {
            points.push((plot.right, y));
        }
        taken.0.extend(points.windows(2).map(|ends| around_line(ends[0], ends[1])));
        scene.line(points, 1.6, MUTED, &[]);
    }

    fn marks(&self, scene: &mut Scene, plot: &Plot, taken: &mut Taken) {
        for spot in &self.spots {
            let (x, y) = self.point(plot, spot);
            if let (Some(excess), Some(half)) = (spot.excess, spot.half) {
                let ends =
                    [excess + half, (excess - half).max(0.0)].map(|value| plot.at((spot.cost, value)).1);
                scene.line(vec![(x, ends[0]), (x, ends[1])], 1.2, MUTED, &[]);
                taken.0.push(around_line((x, ends[0]), (x, ends[1])));
            }
            match spot.excess {
                Some(_) => mark(scene, x, y, spot.stand),
                None => never(scene, x, y),
            }
            if self.planned.chosen == Some(spot.at) {
                ring(scene, x, y, 12.0, 2.4);
            }
            let r = if self.planned.chosen == Some(spot.at) { 13.0 } else { 6.0 };
            taken.0.push([x - r, y - r, x + r, y + r]);
        }
    }

    /// The answer, the next cheaper one, the frontier and its ends.
    fn labels(&self, scene: &mut Scene, plot: &Plot, taken: &mut Taken) {
        let planned = self.planned;
        let mut order: Vec<usize> = planned.chosen.into_iter().chain(planned.cheaper).collect();
        order.extend(self.frontier.first());
        order.extend(self.frontier.last());
        order.extend(&self.frontier);
        let mut told = std::collections::BTreeSet::new();
        for at in order {
            let Some(spot) = self.spots.iter().find(|spot| spot.at == at).filter(|_| told.insert(at)) else {
                continue;
            };
            let is_chosen = planned.chosen == Some(at);
            let candidate = &planned.candidates[at];
            let words = self.label(candidate, is_chosen);
            let colour = match spot.stand {
                Stand::Holds => GOOD,
                Stand::Refused => BAD,
                Stand::Undecided | Stand::ByLaw => MUTED,
            };
            let (x, y) = self.point(plot, spot);
            let width = text_width(&words, SMALL, true);
            let (left, right) = (plot.left + 4.0 + width / 2.0, plot.right - width / 2.0);
            let middle = x.min(right).max(left);
            let r = if is_chosen { 15.0 } else { 9.0 };
            let beside = [x + r + width / 2.0, x - r - width / 2.0];
            let [after, before] = beside;
            let places = [
                (middle, y - r - 3.0),
                (middle, y + r + 12.0),
                (after, y - 4.0),
                (before, y - 4.0),
                (after, y + 14.0),
                (before, y + 14.0),
                (middle, y - r - 19.0),
                (middle, y + r + 28.0),
            ];
            let around =
                |(x, y): (f64, f64)| [x - width / 2.0 - 3.0, y - SMALL, x + width / 2.0 + 3.0, y + 4.0];
            let inside = |&(x, y): &(f64, f64)| {
                y - SMALL > plot.top - 12.0 && y + 4.0 < plot.bottom && x >= left - 1.0 && x <= right + 1.0
            };
            let free = places.into_iter().filter(inside).find(|&place| taken.is_free(around(place)));
            if let Some((x, y)) = free {
                scene.text(x, y, Anchor::Middle, SMALL, true, colour, &words);
                taken.0.push(around((x, y)));
            }
        }
    }

    /// The whole of the answer; of others what is different. Long names give way in their middle.
    fn label(&self, candidate: &PlannedCandidate, is_chosen: bool) -> String {
        if planned_is_large(self.planned) {
            let told = match self.planned.chosen.map(|at| &self.planned.candidates[at]) {
                Some(_) if is_chosen => "the plan".to_owned(),
                Some(chosen) => more_or_fewer(self.planned, candidate, chosen),
                None => name(self.planned, candidate),
            };
            return fit(&told, LABEL, SMALL, true);
        }
        let write = |planned: &Planned| match planned.chosen.map(|at| &planned.candidates[at]) {
            Some(chosen) if !is_chosen => difference(planned, candidate, chosen),
            _ => name(planned, candidate),
        };
        let words = write(self.planned);
        if text_width(&words, SMALL, true) <= LABEL {
            return words;
        }
        let quantities = self
            .planned
            .quantities
            .iter()
            .map(|of| PlannedQuantity { short: shorten_name(&of.short, 14), ..of.clone() });
        let chosen = self.planned.chosen.map(|at| &self.planned.candidates[at]).filter(|_| !is_chosen);
        let all = quantities.zip(candidate.values.iter().enumerate());
        let told = all.filter(|(of, (at, value))| match chosen {
            Some(chosen) => chosen.values[*at] != **value,
            None => of.now != **value,
        });
        let told: Vec<String> = told.map(|(of, (_, value))| format!("{} {value}", of.short)).collect();
        fit(&told.join(", "), LABEL, SMALL, true)
    }

    fn key(&self, scene: &mut Scene) {
        let (mut x, mut y) = (MARGIN, scene.top + 4.0);
        let of_law = if self.planned.law_only { "by the law" } else { "every goal met" };
        let refused = if self.planned.law_only { "refused" } else { "refused by runs" };
        let words = [
            (Stand::Holds, of_law),
            (Stand::Refused, refused),
            (Stand::Undecided, "not decided, and not needed"),
            (Stand::ByLaw, "refused by the law, without a run"),
        ];
        for (stand, words) in words {
            if !self.spots.iter().any(|spot| spot.stand == stand) {
                continue;
            }
            mark(scene, x + 6.0, y - 4.5, stand);
            scene.label(x + 18.0, y, Anchor::Start, INK, words);
            x += 18.0 + text_width(words, TEXT, false) + 20.0;
        }
        if self.spots.iter().any(|spot| spot.excess.is_none()) {
            let words = "too many failed for a value";
            never(scene, x + 6.0, y - 4.5);
            scene.label(x + 18.0, y, Anchor::Start, INK, words);
            x += 18.0 + text_width(words, TEXT, false) + 20.0;
        }
        let mut line = |scene: &mut Scene, words: &str, upright: bool| {
            let wide = 26.0 + text_width(words, TEXT, false);
            if x + wide > scene.width - MARGIN {
                (x, y) = (MARGIN, y + 20.0);
            }
            let ends = match upright {
                true => vec![(x + 10.0, y - 10.0), (x + 10.0, y + 1.0)],
                false => vec![(x, y - 4.5), (x + 20.0, y - 4.5)],
            };
            scene.line(ends, if upright { 1.2 } else { 1.6 }, MUTED, &[]);
            scene.label(x + 26.0, y, Anchor::Start, INK, words);
            x += wide + 20.0;
        };
        if self.frontier.len() > 1 {
            line(scene, "nothing cheaper is better", false);
        }
        if self.spots.iter().any(|spot| spot.half.is_some()) {
            line(scene, "95 % interval", true);
        }
        scene.top = y + 14.0;
    }

    fn foot(&self) -> Vec<String> {
        let planned = self.planned;
        let mut foot = reasons(planned);
        let without =
            planned.candidates.iter().filter(|of| of.refusal.is_some() && of.goals.is_empty()).count();
        if without > 0 && !planned.law_only {
            foot.push(format!(
                "{} refused without a run, by the law, by limits, by the way, or because a stronger one was.",
                count(without, "candidate")
            ));
        }
        if self.left_out > 0 {
            foot.push(format!("{} more in plan.csv.", count(self.left_out, "candidate")));
        }
        foot
    }

    fn say(&self, scene: &mut Scene) {
        let told = self.spots.iter().take(40).map(|spot| {
            let candidate = &self.planned.candidates[spot.at];
            let value = spot.excess.map_or_else(|| "too much failed".to_owned(), percent);
            let cost = total(&candidate.cost, self.planned.currency.as_deref());
            format!("{}: {cost}, {value}", name(self.planned, candidate))
        });
        let told = told.collect::<Vec<_>>().join("; ");
        scene.say(&told);
    }
}
