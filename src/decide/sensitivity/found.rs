//! What was found, put together: effects and their ranks, what groups do, what crosses a goal.

use super::design::{Chosen, Design, FLOOR, Seen, Variant};
use super::figures::Figure;
use super::known::Known;
use super::screen::Screen;
use super::standing::Standing;
use crate::results::sensitive::{
    By, Cost, Effect, End, Group, Moved, Nature, Objective, Sensitivity, Side, scale,
};
use crate::scenario::Scenario;

/// Puts everything together.
pub(super) fn found(
    base: &Scenario,
    (figures, screen): (&[Figure], &Screen),
    design: &Design,
    chosen: &Chosen,
    known: &Known,
) -> Sensitivity {
    let as_it_is = Variant::new();
    let effects = effects(screen, (design, chosen), known);
    let objectives = objectives(design, known, &effects);
    let (runs, events) = known.cost();
    let base_played = known.played(&as_it_is).unwrap_or_default();
    let cost = Cost { runs, events, base_events: base_played.events / u64::from(base_played.runs.max(1)) };
    let idle = (0..figures.len()).filter(|&at| screen.figures[at].idle).collect();
    let mut all = Sensitivity {
        scenario: base.name.clone(),
        range: [0.0; 2],
        figures: (0..).zip(figures).map(|(at, figure)| moved(at, figure, design, known)).collect(),
        objectives,
        effects,
        groups: groups(design, chosen, known),
        idle_switches: idle,
        order: Vec::new(),
        cost,
    };
    all.order = order(&all, figures.len());
    all
}

fn moved(at: u16, figure: &Figure, design: &Design, known: &Known) -> Moved {
    let runs = design.alone(at).filter_map(|variant| known.played(&variant)).map(|of| of.runs).max();
    let end = |at: usize| {
        let end = figure.ends[at].as_ref()?;
        Some(End { shown: end.shown.clone(), bounded: end.bounded })
    };
    Moved {
        path: figure.path.clone(),
        nature: figure.nature,
        rests: figure.rests,
        base: figure.base.clone(),
        ends: [end(0), end(1)],
        runs: runs.unwrap_or(0),
    }
}

/// Effects of what was played by itself, and on cores and lines what the law says of the rest.
fn effects(screen: &Screen, (design, chosen): (&Design, &Chosen), known: &Known) -> Vec<Effect> {
    let as_it_is = Variant::new();
    let mut all = Vec::new();
    for (objective, standing) in known.standings(&as_it_is).iter().enumerate() {
        let mut own: Vec<Effect> = Vec::new();
        for &figure in &chosen.singles {
            let side = |end: u8| {
                let (base, other) = known.pair(&as_it_is, &vec![(figure, end)], standing)?;
                Some((base.value(), base.side(other)))
            };
            let sides = [side(0), side(1)];
            let base = sides.iter().flatten().map(|(base, _)| *base).next().flatten();
            let ends = sides.map(|side| side.map(|(_, side)| side));
            let figure = usize::from(figure);
            own.push(Effect { figure, objective, base, ends, by: By::Simulated, rank: 0 });
        }
        let key = (standing.about.clone(), standing.metric);
        let rest = (0..design.ends.len())
            .filter(|at| !chosen.singles.iter().any(|single| usize::from(*single) == *at));
        own.extend(rest.filter_map(|figure| {
            let (base, ends) = screen.law(figure, &key)?;
            let side = |value: f64| {
                let beyond = |value: f64| standing.goal.is_some_and(|goal| value > goal);
                let crosses = beyond(value) != beyond(base);
                Side { value: Some(value), half_width: None, within_noise: false, crosses }
            };
            let ends = ends.map(|value| value.map(side));
            Some(Effect { figure, objective, base: Some(base), ends, by: By::Law, rank: 0 })
        }));
        own.sort_by(|a, b| b.swing().total_cmp(&a.swing()).then(a.figure.cmp(&b.figure)));
        for (rank, effect) in (1..).zip(&mut own) {
            effect.rank = rank;
        }
        all.extend(own);
    }
    all
}

fn objectives(design: &Design, known: &Known, effects: &[Effect]) -> Vec<Objective> {
    let as_it_is = Variant::new();
    let bad = design.first_at_bad(design.order.len());
    let sides = |variant: &Variant, of: &Standing| {
        let (base, other) = known.pair(&as_it_is, variant, of)?;
        (!variant.is_empty()).then(|| base.side(other))
    };
    let one = |(at, standing): (usize, &Standing)| {
        let mut sums = [0.0; 2];
        let own = effects.iter().filter(|effect| effect.objective == at && effect.by == By::Simulated);
        for effect in own {
            let Some((_, end)) =
                design.order.iter().find(|(figure, _)| usize::from(*figure) == effect.figure)
            else {
                continue;
            };
            let bad = usize::from(*end);
            for (sum, end) in sums.iter_mut().zip([bad, 1 - bad]) {
                let value = effect.ends[end].and_then(|side| side.value);
                *sum += value.zip(effect.base).map_or(0.0, |(value, base)| value - base);
            }
        }
        Objective {
            about: standing.about.clone(),
            metric: standing.metric,
            goal: standing.goal,
            base: standing.value(),
            word: standing.word,
            beyond: standing.beyond(),
            all: [sides(&bad, standing), sides(&design.all_good(), standing)],
            sums,
        }
    };
    known.standings(&as_it_is).iter().enumerate().map(one).collect()
}

/// What groups do of which not every figure was played by itself.
fn groups(design: &Design, chosen: &Chosen, known: &Known) -> Vec<Group> {
    let mut all = Vec::new();
    for (range, matters) in &chosen.groups {
        let figures: Vec<usize> = design.order[range.clone()]
            .iter()
            .filter(|(figure, _)| !chosen.singles.contains(figure))
            .map(|(figure, _)| usize::from(*figure))
            .collect();
        if figures.is_empty() {
            continue;
        }
        let gaps = known.gaps(&design.first_at_bad(range.start), &design.first_at_bad(range.end));
        let told = gaps.iter().enumerate().filter_map(|(at, gap)| Some((at, (*gap)?.share)));
        let most = told.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        all.push(Group { figures, most, is_idle: !matters });
    }
    all
}

/// Figures that cross a goal first, then by the widest effect; those whose effects are noise, or too small to
/// matter, are left out.
fn order(all: &Sensitivity, figures: usize) -> Vec<usize> {
    let key = |figure: usize| {
        let own = all.effects.iter().filter(|effect| effect.figure == figure && !effect.is_noise());
        let share = |effect: &Effect| {
            let objective = &all.objectives[effect.objective];
            let scale = scale(objective.metric, effect.base, objective.goal);
            if scale > 0.0 { effect.swing() / scale } else { 0.0 }
        };
        own.fold((false, 0.0_f64), |(crosses, most), effect| {
            (crosses || effect.crosses(), most.max(share(effect)))
        })
    };
    let number = |at: &usize| all.figures[*at].nature != Nature::Contested;
    let mut told: Vec<(usize, (bool, f64))> = (0..figures)
        .filter(number)
        .map(|figure| (figure, key(figure)))
        .filter(|(_, (crosses, share))| *crosses || *share >= FLOOR)
        .collect();
    told.sort_by(|(a, own), (b, its)| its.0.cmp(&own.0).then(its.1.total_cmp(&own.1)).then(a.cmp(b)));
    told.into_iter().map(|(figure, _)| figure).collect()
}
