//! Utilisation of servers and links over the day: the busiest in colour, the others grey.

use super::axes::YAxis;
use super::chart::{Chart, Picture};
use super::labels::link;
use super::layout::Layout;
use super::letters::fit_name;
use super::line::{Line, Style};
use super::lines::{LineChart, TOGETHER};
use super::looks::{SOLID, STYLES};
use super::scene::{self, Head};
use super::time::{Instant, band_words, bands, clock_at, clock_axis, happenings, interval_words, over, runs};
use super::titles;
use super::view::By;
use crate::output::lookup::series_key;
use crate::output::tables::columns::{Column, Table, columns, int, name, real};
use crate::output::words::percent;
use crate::results::objectives::{Measure, Subject};
use crate::results::{RunResult, Series, SeriesKey, ServerRole};

/// The chart of servers.
#[derive(Debug)]
pub(super) struct ServerUtilisation;

/// The chart of links.
#[derive(Debug)]
pub(super) struct LinkUtilisation;

/// An interval of a server group or link direction.
#[derive(Debug)]
pub(super) struct Row<'r> {
    at: Instant<'r>,
    name: &'r str,
    utilisation: Option<f64>,
    half_width: Option<f64>,
    in_colour: bool,
}

impl Table for ServerUtilisation {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "server_utilisation";
    const ROW: &'static str = "an interval x server group";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the interval, s since the run began" => |row| row.at.start(),
        "local_time" Clock "the same on the scenario's clock" => |row| row.at.clock(),
        "group" Word "server group" => |row| name(row.name),
        "utilisation" Share "busy share of a core, mean over the interval, 0 to 1" => |row| real(row.utilisation),
        "utilisation_ci95" Share "half-width of its 95 % interval, a band around a line that is named" => |row| real(row.half_width),
        "in_colour" Count "1 when the group's line is named in the chart, 0 when it is grey" => |row| int(u64::from(row.in_colour)),
    }];
}

impl Table for LinkUtilisation {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "link_utilisation";
    const ROW: &'static str = "an interval x link direction";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the interval, s since the run began" => |row| row.at.start(),
        "local_time" Clock "the same on the scenario's clock" => |row| row.at.clock(),
        "link" Word "link direction" => |row| name(row.name),
        "utilisation" Share "busy share of the available bandwidth, mean over the interval, 0 to 1" => |row| real(row.utilisation),
        "utilisation_ci95" Share "half-width of its 95 % interval, a band around a line that is named" => |row| real(row.half_width),
        "in_colour" Count "1 when the direction's line is named in the chart, 0 when it is grey" => |row| int(u64::from(row.in_colour)),
    }];
}

impl Chart for ServerUtilisation {
    const BY: &'static [By] = &[By::Server];
    const OVER_TIME: bool = true;

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        let words = Words {
            topic: "Use of servers",
            how: "Busy share of a core",
            kind: "server group",
            of: "cores",
            empty: "The scenario has no servers",
            idle: "No core was busy",
        };
        // The connections of a service that fails on its own, and of shared addresses, are no
        // work of a core.
        let idle = [ServerRole::Service, ServerRole::Translation];
        let works = |index: u32| run.servers.get(index as usize).is_none_or(|row| !idle.contains(&row.role));
        let series: Vec<&Series> =
            run.series.iter().filter(|s| matches!(s.key, SeriesKey::Server(n) if works(n))).collect();
        let (layout, rows) = draw(run, &series, |of| matches!(of, Subject::Servers(_)), &words);
        Picture { layout, rows }
    }
}

impl Chart for LinkUtilisation {
    const BY: &'static [By] = &[By::Link];
    const OVER_TIME: bool = true;

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        let words = Words {
            topic: "Use of links",
            how: "Busy share of the available bandwidth",
            kind: "link",
            of: "bandwidth",
            empty: "The scenario has no links",
            idle: "No link was busy",
        };
        let series: Vec<&Series> =
            run.series.iter().filter(|s| matches!(s.key, SeriesKey::Link(_))).collect();
        let (layout, rows) = draw(run, &series, |of| matches!(of, Subject::Link(_)), &words);
        Picture { layout, rows }
    }
}

/// Words of a chart.
struct Words {
    topic: &'static str,
    how: &'static str,
    kind: &'static str,
    of: &'static str,
    empty: &'static str,
    idle: &'static str,
}

fn peak(series: &Series) -> f64 {
    series.points.iter().filter_map(|point| point.utilisation).fold(0.0, f64::max)
}

/// Which lines are named: all that fit, else the busiest; in the order of the model, so
/// that colours stay when loads change a little.
fn named(all: &[&Series]) -> Vec<usize> {
    let mut named: Vec<usize> = (0..all.len()).collect();
    if all.len() > TOGETHER {
        named.sort_by(|&a, &b| peak(all[b]).total_cmp(&peak(all[a])));
        named.truncate(TOGETHER);
        named.sort_unstable();
    }
    named
}

/// As pictures name it.
fn label(run: &RunResult, series: &Series) -> String {
    match series.key {
        SeriesKey::Link(index) => link(run, index),
        _ => series_key(run, &series.key).1.to_owned(),
    }
}

fn draw<'r>(
    run: &'r RunResult,
    all: &[&'r Series],
    is_about: impl Fn(Subject) -> bool,
    words: &Words,
) -> (Layout, Vec<Row<'r>>) {
    let named = named(all);
    let mut rows = Vec::new();
    for (index, series) in all.iter().enumerate() {
        let in_colour = named.contains(&index);
        let name = series_key(run, &series.key).1;
        for (interval, point) in series.points.iter().enumerate() {
            let at = Instant::of(run, interval);
            let (utilisation, half_width) = (point.utilisation, point.utilisation_half);
            rows.push(Row { at, name, utilisation, half_width, in_colour });
        }
    }
    // The goal is on the busiest hour or the mean, not on an interval.
    let use_of = |measure| matches!(measure, Measure::Utilisation | Measure::MeanUtilisation);
    let goal = run.objectives.iter().find(|of| use_of(of.measure) && is_about(of.subject));
    let line = |index: usize, style: Style| Line {
        orientation: goal.map(|of| of.goal),
        band: bands(run, all[index], |point| Some((point.utilisation?, point.utilisation_half?))),
        ..Line::new(&label(run, all[index]), style, runs(run, all[index], |point| point.utilisation))
    };
    let faint = Style { colour: scene::FAINT, dash: SOLID };
    let head = head(run, all, named.len(), words);
    // Lines along zero show nothing.
    if !all.is_empty() && all.iter().all(|series| peak(series) == 0.0) {
        return (Layout::Nothing(head, words.idle.to_owned()), rows);
    }
    let chart = LineChart {
        head,
        x: clock_axis(run),
        y: YAxis::Share,
        lines: named.iter().zip(STYLES).map(|(&index, style)| line(index, style)).collect(),
        behind: (0..all.len())
            .filter(|index| !named.contains(index))
            .map(|index| line(index, faint))
            .collect(),
        happenings: happenings(run),
        empty: words.empty.to_owned(),
    };
    (Layout::Lines(chart), rows)
}

/// What is drawn, and which is the highest.
fn head(run: &RunResult, all: &[&Series], named: usize, words: &Words) -> Head {
    let busiest =
        all.iter().reduce(|busiest, series| if peak(series) > peak(busiest) { series } else { busiest });
    let finding = busiest.map_or(String::new(), |series| {
        let at = series.points.iter().position(|point| point.utilisation == Some(peak(series))).unwrap_or(0);
        let name = fit_name(&label(run, series), 420.0, 20.0, true);
        // What reads the same is as busy.
        let as_busy = all.iter().filter(|of| percent(peak(of)) == percent(peak(series))).count();
        titles::utilisation(
            (words.kind, words.of),
            (all.len(), as_busy),
            (&name, peak(series), &clock_at(run, at)),
        )
    });
    let mut how = format!("{}, mean of each {}{}", words.how, interval_words(run), band_words(run));
    if named < all.len() {
        how += &format!("; the {named} busiest of {} {}s, the others grey", all.len(), words.kind);
    }
    Head { topic: format!("{} {}", words.topic, over(run)), finding, how }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Mark;
    use super::*;
    use crate::output::sample;

    #[test]
    fn lines_along_zero_are_a_sentence() {
        let mut run = sample::small();
        assert!(LinkUtilisation::draw(&run).layout.scene().title != "No link was busy");
        for series in &mut run.series {
            series.points.iter_mut().for_each(|point| point.utilisation = point.utilisation.map(|_| 0.0));
        }
        let scene = LinkUtilisation::draw(&run).layout.scene();
        assert_eq!(scene.title, "No link was busy");
        assert!(scene.marks.iter().all(|mark| !matches!(mark, Mark::Line { .. })));
    }
}
