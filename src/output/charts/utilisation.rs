//! Utilisation of servers and links over the day: the busiest in colour, the others grey.

use super::chart::{Chart, Picture};
use super::lines::{Line, LineChart, Style, TOGETHER, YAxis};
use super::looks::{SOLID, STYLES};
use super::time::{Instant, clock_axis, interval_words, over, runs};
use super::{letters, scene};
use crate::model::workload::Slo;
use crate::output::lookup::series_key;
use crate::output::tables::columns::{Column, Table, columns, int, name, real};
use crate::output::words::percent;
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
        "in_colour" Count "1 when the direction's line is named in the chart, 0 when it is grey" => |row| int(u64::from(row.in_colour)),
    }];
}

impl Chart for ServerUtilisation {
    fn draw<'r>(run: &'r RunResult, slo: &Slo) -> Picture<'r, Self> {
        let words = Words {
            title: "Utilisation of servers",
            of: "Busy share of a core",
            what: "server groups",
            empty: "The scenario has no servers",
        };
        // The connections of a service that fails on its own are no work of a core.
        let works =
            |index: u32| run.servers.get(index as usize).is_none_or(|row| row.role != ServerRole::Service);
        let series: Vec<&Series> =
            run.series.iter().filter(|s| matches!(s.key, SeriesKey::Server(n) if works(n))).collect();
        let (scene, rows) = draw(run, &series, slo.cpu, &words);
        Picture { scene, rows }
    }
}

impl Chart for LinkUtilisation {
    fn draw<'r>(run: &'r RunResult, slo: &Slo) -> Picture<'r, Self> {
        let words = Words {
            title: "Utilisation of links",
            of: "Busy share of the available bandwidth",
            what: "link directions",
            empty: "The scenario has no links",
        };
        let series: Vec<&Series> =
            run.series.iter().filter(|s| matches!(s.key, SeriesKey::Link(_))).collect();
        let (scene, rows) = draw(run, &series, slo.link, &words);
        Picture { scene, rows }
    }
}

/// Words of a chart.
struct Words {
    title: &'static str,
    of: &'static str,
    what: &'static str,
    empty: &'static str,
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

fn draw<'r>(
    run: &'r RunResult,
    all: &[&'r Series],
    goal: Option<f64>,
    words: &Words,
) -> (scene::Scene, Vec<Row<'r>>) {
    let named = named(all);
    let mut rows = Vec::new();
    for (index, series) in all.iter().enumerate() {
        let in_colour = named.contains(&index);
        let name = series_key(run, &series.key).1;
        for (interval, point) in series.points.iter().enumerate() {
            let at = Instant::of(run, interval);
            rows.push(Row { at, name, utilisation: point.utilisation, in_colour });
        }
    }
    let line = |index: usize, style: Style| {
        let name = series_key(run, &all[index].key).1.to_owned();
        Line { name, style, runs: runs(run, all[index], |point| point.utilisation), goal }
    };
    let faint = Style { colour: scene::FAINT, dash: SOLID };
    let chart = LineChart {
        title: format!("{} {}", words.title, over(run)),
        subtitle: subtitle(run, all, named.len(), goal, words),
        x: clock_axis(run),
        y: YAxis::Share,
        lines: named.iter().zip(STYLES).map(|(&index, style)| line(index, style)).collect(),
        uprights: Vec::new(),
        behind: (0..all.len())
            .filter(|index| !named.contains(index))
            .map(|index| line(index, faint))
            .collect(),
        empty: words.empty.to_owned(),
    };
    (chart.scene(), rows)
}

/// What is drawn, which is the highest, and the goal where it is off the axis.
fn subtitle(run: &RunResult, all: &[&Series], named: usize, goal: Option<f64>, words: &Words) -> String {
    let mut busiest: Option<(f64, &str)> = None;
    for series in all {
        let (value, name) = (peak(series), series_key(run, &series.key).1);
        if busiest.is_none_or(|(most, _)| value > most) {
            busiest = Some((value, name));
        }
    }
    let rest = all.len() - named;
    let mut subtitle = format!("{}, mean of each {}", words.of, interval_words(run));
    let most = busiest.map_or(0.0, |(value, _)| value);
    let goal_words = match goal.filter(|goal| most < 0.35 && *goal > most) {
        Some(goal) => format!("; goal {}", percent(goal)),
        None => String::new(),
    };
    if rest > 0 {
        let long = format!("; the {named} busiest of {} {}, the others grey", all.len(), words.what);
        let fits = scene::subtitle_room(&(subtitle.clone() + &long + &goal_words)) >= 0.0;
        subtitle += &if fits { long } else { format!("; {named} busiest of {}", all.len()) };
    } else if let Some((value, name)) = busiest.filter(|(value, _)| *value > 0.0) {
        subtitle += &format!("; highest {}: ", percent(value));
        // The name gives way: the goal is not on the axis.
        let room = scene::subtitle_room(&(subtitle.clone() + &goal_words));
        subtitle += &letters::fit_name(name, room, scene::SUBTITLE, false);
    }
    subtitle + &goal_words
}
