//! `sensitivity.csv`: what each figure does to each objective.

use super::words::{columns as of_about, own, token_of, unit};
use crate::output::tables::columns::{Column, Description, Table, Value, columns, int, name, real, text};
use crate::output::tables::csv_table;
use crate::results::sensitive::{Effect, Moved, Objective, Sensitivity};

/// The table.
#[derive(Debug)]
pub(in crate::output) struct Effects;

/// A figure and an objective.
#[derive(Clone, Copy, Debug)]
pub(in crate::output) struct Row<'r> {
    figure: &'r Moved,
    objective: &'r Objective,
    effect: &'r Effect,
}

impl Row<'_> {
    fn end<'v>(&self, end: usize, of: impl Fn(&crate::results::sensitive::Side) -> Option<f64>) -> Value<'v> {
        real(own(self.objective, self.effect.ends[end].as_ref().and_then(of)))
    }

    fn bounded(&self) -> &'static str {
        let bounded = |at: usize| self.figure.ends[at].as_ref().is_some_and(|end| end.bounded);
        match (bounded(0), bounded(1)) {
            (false, false) => "",
            (true, false) => "low",
            (false, true) => "high",
            (true, true) => "both",
        }
    }
}

fn yes<'r>(is: bool) -> Value<'r> {
    if is { text("yes") } else { Value::Blank }
}

fn shown<'r>(figure: &'r Moved, end: usize) -> Value<'r> {
    figure.ends[end].as_ref().map_or(Value::Blank, |end| name(end.shown.as_str()))
}

/// The bytes of the file.
#[must_use]
pub fn file(found: &Sensitivity) -> Vec<u8> {
    shown_rows(found, |_| true)
}

/// The rows that `is_shown`.
pub(in crate::output) fn shown_rows(found: &Sensitivity, is_shown: impl Fn(&Effect) -> bool) -> Vec<u8> {
    let rows = found.effects.iter().filter(|effect| is_shown(effect)).map(|effect| Row {
        figure: &found.figures[effect.figure],
        objective: &found.objectives[effect.objective],
        effect,
    });
    csv_table::file::<Effects>(rows)
}

/// What the README says of it.
#[must_use]
pub fn description() -> Description {
    Description::of::<Effects>()
}

impl Table for Effects {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "sensitivity";
    const ROW: &'static str = "what one figure does to one objective, by objective, the widest first";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "path" Word "path of the figure; with `*` all that it stands for move together" => |row| name(row.figure.path.as_str()),
        "source" Word "`assumed`, `memory`, or `given` for what `--also` asked for" => |row| text(row.figure.rests.token()),
        "base_value" Word "its value in the scenario" => |row| name(row.figure.base.as_str()),
        "low_value" Word "what it is moved to downwards (a profile, a curve: to the one before); blank where it cannot be" => |row| shown(row.figure, 0),
        "high_value" Word "the same upwards; of a disputed rule the other answer" => |row| shown(row.figure, 1),
        "bounded" Word "`low`, `high` or `both` where it could not go as far as it should" => |row| text(row.bounded()),
        "protocol" Word "as in sessions.csv; blank for servers and links" => |row| text(of_about(&row.objective.about).0),
        "population" Word "blank for servers and links" => |row| name(of_about(&row.objective.about).1),
        "name" Word "server group or link direction; blank for users" => |row| name(of_about(&row.objective.about).2),
        "metric" Word "goals as in objectives.csv; of a scenario without goals `p95` and `utilisation_busiest_hour`" => |row| text(token_of(&row.objective.about, row.objective.metric)),
        "unit" Word "of the values: `ms` or `share`" => |row| text(unit(row.objective)),
        "goal" Own "blank where there is none" => |row| real(own(row.objective, row.objective.goal)),
        "base" Own "the objective as the scenario is, over as many runs as the ends have" => |row| real(own(row.objective, row.effect.base)),
        "low" Own "at the lower end; blank where more failed than a percentile leaves over" => |row| row.end(0, |side| side.value),
        "low_ci95" Own "half-width of the 95 % interval of its difference from the base, over pairs; blank for the law" => |row| row.end(0, |side| side.half_width),
        "high" Own "at the higher end" => |row| row.end(1, |side| side.value),
        "high_ci95" Own "likewise" => |row| row.end(1, |side| side.half_width),
        "within_noise" Word "`yes` where the interval of no end's difference leaves 0 out" => |row| yes(row.effect.is_noise()),
        "crosses_goal" Word "`yes` where an end is on the other side of the goal than the base, and not by noise" => |row| yes(row.effect.crosses()),
        "rank" Count "place among the figures by how far their ends are apart, from 1" => |row| int(row.effect.rank),
        "by" Word "`simulated`: from runs; `law`: by the utilisation law, without a run" => |row| text(row.effect.by.token()),
        "replications" Count "runs of each end; 0 for the law" => |row| int(if row.effect.by == crate::results::sensitive::By::Law { 0 } else { row.figure.runs }),
    }];
}
