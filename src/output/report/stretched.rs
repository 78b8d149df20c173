//! Pictures over time: a plot that is stretched to the width of the page, and words beside it
//! that are not.

use maud::{Markup, PreEscaped, html};

use super::bits::{count, percent};
use super::colours::paint;
use crate::output::charts::axes::{XAxis, YAxis};
use crate::output::charts::axis::{self, Scale, Tick};
use crate::output::charts::bars::Columns;
use crate::output::charts::happenings::Happening;
use crate::output::charts::line::Line;
use crate::output::charts::lines::LineChart;
use crate::output::format::real;

/// Width and height of the coordinates of a plot.
const WIDE: f64 = 1000.0;
const HIGH: f64 = 500.0;
/// Least distance of names beside lines, px.
const APART: f64 = 15.0;

/// A plot in the making.
struct Plot<'a> {
    x: Scale,
    y: Scale,
    ticks: Vec<Tick>,
    height: u32,
    happenings: &'a [Happening],
    /// Whether outages are named above it.
    named: bool,
}

impl Plot<'_> {
    fn x(&self, value: f64) -> String {
        real(WIDE * self.x.share(value).clamp(0.0, 1.0), 1)
    }

    fn y(&self, value: f64) -> String {
        real(HIGH * (1.0 - self.y.share(value).clamp(0.0, 1.0)), 1)
    }

    fn html(&self, title: &Markup, inner: &Markup, names: &Markup) -> Markup {
        let px = f64::from(self.height);
        let grid: String =
            self.ticks.iter().map(|(value, _)| format!("M0 {}h1000", self.y(*value))).collect();
        html! {
            div.panel {
                p class={ "pt" (if self.named && !self.happenings.is_empty() { " first" } else { "" }) } { (title) }
                div.pp style={ "height:" (self.height) "px" } {
                    @for (value, label) in &self.ticks {
                        span.yt style={ "top:" (real(px * (1.0 - self.y.share(*value)), 0)) "px" } { (label) }
                    }
                    div.pl {
                        svg viewBox="0 0 1000 500" preserveAspectRatio="none" aria-hidden="true" {
                            @for one in self.happenings {
                                rect.out x=(self.x(one.from)) y="0" height="500"
                                    width=(real((WIDE * (self.x.share(one.to) - self.x.share(one.from))).max(2.0), 1)) {}
                            }
                            path.gr d=(grid) {}
                            (inner)
                        }
                        @if self.named { (self.outages()) }
                        i.cur {}
                    }
                    (names)
                }
            }
        }
    }

    /// Names of outages that do not run into each other; the others are told in their section.
    fn outages(&self) -> Markup {
        let mut last = f64::NEG_INFINITY;
        let places = self.happenings.iter().map(|one| (self.x.share(f64::midpoint(one.from, one.to)), one));
        html! { @for (at, one) in places {
            @if at - last > 0.2 && { last = at; true } {
                span.ot style={ "left:" (percent(at.clamp(0.08, 0.92))) } { (one.name) }
            }
        } }
    }
}

fn horizontal(x: XAxis) -> (Scale, Vec<Tick>) {
    let XAxis::Clock { window, starts_at, weekday, .. } = x;
    axis::clock(window, starts_at, weekday, 8)
}

/// The words below plots of one axis.
pub(super) fn times(x: XAxis) -> Markup {
    let (scale, ticks) = horizontal(x);
    html! {
        div.xt { div.pl { @for (index, (value, label)) in ticks.iter().enumerate() {
            @let at = scale.share(*value);
            // One at the end would stand beyond a narrow page.
            @let class = match (index % 2 == 1, at > 0.97) {
                (_, true) => Some("end"),
                (true, false) => Some("alt"),
                (false, false) => None,
            };
            span class=[class] style={ "left:" (percent(at)) } { (label) }
        } } }
    }
}

/// Lines, named at their ends; `named` where outages are named above, as of the first of several plots.
pub(super) fn lines(chart: &LineChart, title: &str, height: u32, named: bool) -> Markup {
    let all = || chart.behind.iter().chain(&chart.lines);
    let values = all().flat_map(|line| {
        let upper = line.band.iter().flatten().map(|band| band.2);
        line.runs.iter().flatten().map(|point| point.1).chain(upper)
    });
    let (y, mut ticks) = chart.y.ticks(values, 4);
    // Nothing but bars: an axis would be made up.
    if all().all(|line| line.runs.is_empty()) {
        ticks.clear();
    }
    let (x, _) = horizontal(chart.x);
    let plot = Plot { x, y, ticks, height, happenings: &chart.happenings, named };
    let inner = html! {
        @for (row, line) in chart.lines.iter().enumerate() { @for (from, to) in &line.broken {
            rect.nv style={ "color:" (paint(line.style.colour)) } data-p=(slug(line)) x=(plot.x(*from))
                width=(real(WIDE * (plot.x.share(*to) - plot.x.share(*from)), 1)) y=(22 * row) height="17" {}
        } }
        @for line in &chart.behind { g.ln.faint { (run(&plot, line)) } }
        @for line in &chart.lines {
            g.ln style={ "color:" (paint(line.style.colour)) } data-p=(slug(line)) {
                (bands(&plot, line))
                (run(&plot, line))
            }
        }
    };
    let shown = html! {
        b { (title) }
        @if chart.lines.iter().any(|line| !line.broken.is_empty()) {
            "; bars on top: more than 5 % failed, there is no 95th percentile"
        }
    };
    plot.html(&shown, &inner, &names(&plot, &chart.lines))
}

/// A plot that stands alone, with its own times.
pub(super) fn alone(plot: &Markup, x: XAxis) -> Markup {
    html! { div.day.still { (plot) (times(x)) } }
}

fn run(plot: &Plot<'_>, line: &Line) -> Markup {
    let dash = line.style.dash.iter().map(|length| real(*length, 1)).collect::<Vec<_>>().join(" ");
    let of = |points: &[(f64, f64)]| {
        points.iter().map(|(x, y)| format!("{},{}", plot.x(*x), plot.y(*y))).collect::<Vec<_>>().join(" ")
    };
    html! { @for points in &line.runs {
        polyline points=(of(points)) stroke-dasharray=[(!dash.is_empty()).then_some(&dash)] {}
    } }
}

fn bands(plot: &Plot<'_>, line: &Line) -> Markup {
    let of = |band: &[(f64, f64, f64)]| {
        let there = band.iter().map(|(x, low, _)| (*x, *low));
        let back = band.iter().rev().map(|(x, _, high)| (*x, *high));
        there.chain(back).map(|(x, y)| format!("{},{}", plot.x(x), plot.y(y))).collect::<Vec<_>>().join(" ")
    };
    html! { @for band in &line.band { polygon.band points=(of(band)) {} } }
}

/// Names at the right, moved apart where lines end close to each other.
fn names(plot: &Plot<'_>, lines: &[Line]) -> Markup {
    let px = f64::from(plot.height);
    let end = |line: &Line| line.runs.last().and_then(|run| run.last()).map(|point| point.1);
    let mut places: Vec<(f64, &Line)> = lines
        .iter()
        .filter_map(|line| Some((px * (1.0 - plot.y.share(end(line)?).clamp(0.0, 1.0)), line)))
        .collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f64::NEG_INFINITY;
    for place in &mut places {
        place.0 = place.0.max(free);
        free = place.0 + APART;
    }
    let mut most = px + 4.0;
    for place in places.iter_mut().rev() {
        place.0 = place.0.min(most);
        most = place.0 - APART;
    }
    html! { @for (at, line) in &places {
        span.dl style={ "--k:" (paint(line.style.colour)) ";top:" (real(*at, 0)) "px" } data-p=(slug(line)) title=(line.name) {
            (line.name)
        }
    } }
}

/// By which a line is switched on and off in every plot.
pub(super) fn slug(line: &Line) -> String {
    line.name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// Stacked columns.
pub(super) fn columns(chart: &Columns, title: &str, height: u32, named: bool) -> Markup {
    let (x, _) = horizontal(chart.x);
    let sums = chart.columns.iter().map(|column| column.2.iter().sum::<f64>());
    let (y, ticks) = YAxis::Rate.ticks(sums, 4);
    let plot = Plot { x, y, ticks, height, happenings: &chart.happenings, named };
    let inner =
        html! { @for (from, to, parts) in &chart.columns { (stack(&plot, chart, (*from, *to), parts)) } };
    let shown = html! {
        b { (title) }
        @for category in &chart.categories {
            span.k style={ "--k:" (paint(category.fill.colour)) } { i {} (category.name) }
        }
    };
    plot.html(&shown, &inner, &html! {})
}

fn stack(plot: &Plot<'_>, chart: &Columns, (from, to): (f64, f64), parts: &[f64]) -> Markup {
    let left = WIDE * plot.x.share(from);
    let wide = (WIDE * (plot.x.share(to) - plot.x.share(from)) * 0.94).max(0.5);
    let mut below = 0.0;
    let mut pieces = Vec::new();
    for (part, category) in parts.iter().zip(&chart.categories).filter(|(part, _)| **part > 0.0) {
        let (low, high) = (plot.y.share(below), plot.y.share(below + part));
        below += part;
        pieces.push((HIGH * (1.0 - high), HIGH * (high - low), category, *part));
    }
    html! { @for (top, high, category, part) in pieces {
        rect x=(real(left, 1)) width=(real(wide, 1)) y=(real(top, 1)) height=(real(high, 1))
            style={ "fill:" (paint(category.fill.colour)) } data-t={ (category.name) ": " (count(part)) } {}
    } }
}

/// What the cursor of the day tells, one block for the script: `<` cannot end it.
pub(super) fn data(id: &str, value: &serde_json::Value) -> Markup {
    let text = value.to_string().replace('<', "\\u003c");
    html! { script type="application/json" id=(id) { (PreEscaped(text)) } }
}
