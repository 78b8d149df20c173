//! Layouts of pictures as HTML: text keeps its size on a narrow screen and on paper.

use maud::{Markup, PreEscaped, html};

use super::bits::{Row, Section, State, axis, count, percent, rows};
use super::colours::{filled, paint};
use super::stretched::{alone, columns, lines};
use crate::output::charts::axis::{self as scales, time_label};
use crate::output::charts::bars::Category;
use crate::output::charts::branches::Branch;
use crate::output::charts::layout::Layout;
use crate::output::charts::looks_of_use;
use crate::output::charts::matrix::Matrix;
use crate::output::charts::ranges::{Mark, Range, Ranges};
use crate::output::charts::ranked::{Ranked, RankedRow};
use crate::output::charts::render;
use crate::output::charts::rows::Rows;
use crate::output::charts::scene::{Head, Scene};
use crate::output::charts::tree::Tree;
use crate::output::words::{duration, percent as words};

/// What stands above a picture.
pub(super) fn head(layout: &Layout) -> Head {
    match layout {
        Layout::Lines(chart) => chart.head.clone(),
        Layout::Columns(chart) => chart.head.clone(),
        Layout::Ranges(chart) => chart.head.clone(),
        Layout::Ranked(chart) => chart.head.clone(),
        Layout::Rows(chart) => chart.head.clone(),
        Layout::Matrix(chart) => chart.head.clone(),
        Layout::Tree(chart) => chart.head.clone(),
        Layout::Streams(chart) => chart.head.clone(),
        Layout::Nothing(head, sentence) => Head { finding: sentence.clone(), ..head.clone() },
        Layout::Drawing(scene) => scene.head.clone(),
    }
}

/// What a picture says where it has nothing to show, and nothing otherwise.
pub(super) fn sentence(layout: &Layout) -> Option<String> {
    let (is_empty, words) = match layout {
        Layout::Lines(chart) => (chart.lines.is_empty(), &chart.empty),
        Layout::Columns(chart) => (chart.categories.is_empty(), &chart.empty),
        Layout::Ranges(chart) => (chart.rows.is_empty(), &chart.empty),
        Layout::Ranked(chart) => (chart.rows.is_empty(), &chart.empty),
        Layout::Rows(chart) => (chart.rows.is_empty(), &chart.empty),
        Layout::Matrix(chart) => (chart.rows.is_empty(), &chart.empty),
        Layout::Tree(chart) => (chart.rows.is_empty(), &chart.empty),
        Layout::Nothing(_, sentence) => (true, sentence),
        // A drawing says itself that it has nothing to show.
        Layout::Streams(_) | Layout::Drawing(_) => return None,
    };
    is_empty.then(|| words.clone())
}

/// The picture below its head; at most `shown` rows of it are not folded.
pub(super) fn body(layout: &Layout, shown: usize) -> Markup {
    if sentence(layout).is_some() {
        return html! {};
    }
    match layout {
        Layout::Lines(chart) => alone(&lines(chart, &chart.head.topic, 150, true), chart.x),
        Layout::Columns(chart) => alone(&columns(chart, &chart.head.topic, 110, true), chart.x),
        Layout::Ranges(chart) => ranges(chart, shown),
        Layout::Ranked(chart) => ranked(chart, shown),
        Layout::Rows(chart) => stacked(chart, shown),
        Layout::Matrix(chart) => matrix(chart),
        Layout::Tree(chart) => tree(chart),
        Layout::Drawing(scene) => drawing(scene, "drawing"),
        Layout::Streams(_) | Layout::Nothing(..) => html! {},
    }
}

/// A drawing below its head: the same marks as in its file, with the page's colours. On a narrow screen it
/// keeps a size at which it can be read, and is moved. The ids in it begin with `id`.
pub(super) fn drawing(scene: &Scene, id: &str) -> Markup {
    if scene.marks.len() <= scene.above.0 {
        return html! {};
    }
    let svg = render::inline(scene, id);
    html! {
        @match svg {
            Ok(svg) => div.scroll.draw tabindex="0" role="region" aria-label=(scene.head.topic) { (PreEscaped(svg)) },
            Err(why) => p { "The picture cannot be drawn: " (why) },
        }
    }
}

/// What the colours mean.
pub(super) fn key(categories: &[Category]) -> Markup {
    html! {
        p.key { @for category in categories {
            span.k style={ "--k:" (filled(category.fill)) } { i {} (category.name) }
        } }
    }
}

fn ranges(chart: &Ranges, shown: usize) -> Markup {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite() && *value > 0.0);
    let values =
        || chart.rows.iter().flat_map(|row| [row.median, row.judged, row.far, row.goal]).filter_map(finite);
    let (low, high) = values().fold((f64::INFINITY, 0.0_f64), |(a, b), v| (a.min(v), b.max(v)));
    let (scale, ticks) = scales::log_time(low, high, 5);
    let along = |value: f64| scale.share(value).clamp(0.0, 1.0);
    let ticks: Vec<(f64, String)> = ticks.into_iter().map(|(value, label)| (along(value), label)).collect();
    let one = |row: &Range| {
        let state = match row.mark {
            Mark::None => State::None,
            Mark::Good => State::Good,
            Mark::Bad => State::Bad,
        };
        let end = row.far.or(row.judged).map(|value| if value.is_finite() { along(value) } else { 1.0 });
        let plot = html! {
            div.plot.log {
                @for (at, _) in &ticks { i.tk style={ "left:" (percent(*at)) } {} }
                @if let (Some(from), Some(to)) = (finite(row.median).map(along), end) {
                    i.rng style={ "left:" (percent(from)) ";width:" (percent((to - from).max(0.0))) } {}
                }
                @if let Some(goal) = finite(row.goal) { i.gl style={ "left:" (percent(along(goal))) } {} }
                @if let Some(median) = finite(row.median) { i.md style={ "left:" (percent(along(median))) } {} }
                @if let (Some(value), Some(half)) = (finite(row.judged), row.half_widths[1]) {
                    (interval(along((value - half).max(1.0)), along(value + half)))
                }
                @match row.judged {
                    Some(value) if value.is_finite() => i.p95 style={ "left:" (percent(along(value))) } {},
                    Some(_) => i.far aria-hidden="true" { "\u{25b8}" },
                    None => {},
                }
            }
        };
        let value = html! {
            b { (row.note) }
            @if let Some(goal) = row.goal { span { " goal " (duration(goal)) } }
            @if !row.more.is_empty() {
                @if row.more_is_bad { small { em { (row.more) } } } @else { small { (row.more) } }
            }
        };
        let said = |name: &str, value: Option<f64>| {
            finite(value).map(|value| format!("{name} {}", time_label(value)))
        };
        let tip = [said("median", row.median), Some(format!("p95 {}", row.note)), said("p99", row.far)];
        let tip = tip.into_iter().flatten().collect::<Vec<_>>().join(", ");
        Row { state, marked: true, name: &row.name, words: &row.words, plot, value, tip }.html()
    };
    let all: Vec<Markup> = chart.rows.iter().map(one).collect();
    html! {
        p.key {
            span.kd { i {} "median" }
            span.k9 { i {} "95th percentile" }
            span.kr { i {} "to the 99th" }
            @if chart.rows.iter().any(|row| row.goal.is_some()) { span.kg { i {} "goal for the 95th" } }
            @if chart.rows.iter().any(|row| row.judged.is_some_and(f64::is_infinite)) {
                span { "\u{25b8} more than 5 % failed: there is no 95th percentile" }
            }
        }
        (rows("lat", &axis(&ticks, "95th percentile"), &all, shown))
    }
}

/// An interval around a value.
pub(super) fn interval(from: f64, to: f64) -> Markup {
    html! { i.ci style={ "left:" (percent(from)) ";width:" (percent((to - from).max(0.0))) } {} }
}

/// Bars end at one and a half times the limit.
const MOST: f64 = 1.5;

fn ranked(chart: &Ranked, shown: usize) -> Markup {
    let one = |row: &RankedRow| {
        let state = if row.share >= 0.9995 { State::Bad } else { State::None };
        let over = row.share > MOST;
        let plot = html! {
            div.plot.goal67 {
                i class={ "bar" (if over { " over" } else { "" }) } style={ "width:" (percent(row.share / MOST)) } {}
                @if let Some(half) = row.half_width {
                    (interval((row.share - half).max(0.0) / MOST, (row.share + half) / MOST))
                }
                @if let Some(law) = row.mark { i.lw style={ "left:" (percent(law / MOST)) } {} }
            }
        };
        let half = row.half_width.map_or(String::new(), |half| format!(" ± {}", words(half)));
        let value =
            html! { b { (words(row.share)) (half) } @if !row.note.is_empty() { small { (row.note) } } };
        let law = row.mark.map_or(String::new(), |law| format!("{} {}", chart.mark, words(law)));
        Row { state, marked: true, name: &row.name, words: &row.words, plot, value, tip: law }.html()
    };
    let all: Vec<Markup> = chart.rows.iter().map(one).collect();
    let ticks = [(0.0, "0"), (0.5 / MOST, "half"), (1.0 / MOST, "its limit")]
        .map(|(at, words)| (at, words.to_owned()));
    html! {
        @if chart.rows.iter().any(|row| row.mark.is_some()) {
            p.key { span.kw { i {} (chart.mark) } }
        }
        (rows("", &axis(&ticks, "of the limit"), &all, shown))
    }
}

fn stacked(chart: &Rows, shown: usize) -> Markup {
    let longest =
        chart.rows.iter().map(|row| row.parts.iter().sum::<f64>()).fold(f64::MIN_POSITIVE, f64::max);
    let one = |row: &crate::output::charts::rows::Row| {
        let parts = || row.parts.iter().zip(&chart.categories).filter(|(part, _)| **part > 0.0);
        let plot = html! {
            div.plot.stack {
                @for (part, category) in parts() {
                    i.sg style={ "--k:" (filled(category.fill)) ";width:" (percent(part / longest)) }
                        data-t={ (category.name) " " ((chart.label)(*part)) } {}
                }
            }
        };
        let tip = parts().map(|(part, category)| format!("{} {}", category.name, (chart.label)(*part)));
        let tip = tip.collect::<Vec<_>>().join(", ");
        let value = html! { b { (row.note) } };
        Row { state: State::None, marked: false, name: &row.name, words: &row.words, plot, value, tip }.html()
    };
    let all: Vec<Markup> = chart.rows.iter().map(one).collect();
    html! { (key(&chart.categories)) (rows("parts", &html! {}, &all, shown)) }
}

/// Sites below those through which they are reached.
fn tree(chart: &Tree) -> Markup {
    let most = chart.rows.iter().flat_map(|row| row.flows.iter().flatten()).map(|flow| flow.mbps);
    let most = most.fold(f64::MIN_POSITIVE, f64::max);
    let one = |row: &Branch| {
        let bar = |name: &str, share: f64| {
            html! {
                span.tn { (name) }
                span.tb { i style={ "width:" (percent(share)) ";background:" (paint(looks_of_use(share))) } {} }
                span.tv { (words(share)) }
            }
        };
        let state = if row.missed { State::Bad } else { State::None };
        html! {
            div class={ (state.class()) " tree" } role="listitem" style={ "--d:" (row.depth.min(6)) } {
                div.lab { @if row.missed { (state.mark()) } b { (row.name) } small { (row.words) } }
                div.tf {
                    @if let Some([down, up]) = &row.flows { @for (flow, arrow) in [(down, "\u{2193} "), (up, "\u{2191} ")] {
                        div {
                            i class=[(!row.cut.is_empty()).then_some("cutline")] style={
                                "border-top-width:" (crate::output::format::real((7.0 * (flow.mbps / most).sqrt()).max(1.0), 1))
                                "px;border-color:" (paint(looks_of_use(flow.share)))
                            } {}
                            (arrow) (flow.words)
                        }
                    } }
                    @if !row.cut.is_empty() { em { "out " (row.cut) } }
                }
                div.tu { @for of in &row.bars { div { (bar(&of.name, of.share)) } } }
            }
        }
    };
    html! { div.rows role="list" { @for row in &chart.rows { (one(row)) } } }
}

fn matrix(chart: &Matrix) -> Markup {
    html! {
        (key(&chart.categories))
        div.scroll tabindex="0" role="region" aria-label=(chart.head.topic) {
            table.mat {
                thead { tr {
                    th scope="col" { (chart.corner) }
                    @for column in &chart.columns { th scope="col" { (column) } }
                } }
                tbody { @for row in &chart.rows { tr {
                    th scope="row" { (row.name) @if !row.words.is_empty() { small { (row.words) } } }
                    @for cell in &row.cells { (one_cell(chart, cell)) }
                } } }
            }
        }
    }
}

fn one_cell(chart: &Matrix, cell: &crate::output::charts::matrix::Cell) -> Markup {
    let parts =
        || cell.amounts.iter().zip(&chart.categories).enumerate().filter(|(_, (amount, _))| **amount > 0.0);
    let most = parts().max_by(|a, b| a.1.0.total_cmp(b.1.0));
    let Some((_, (_, first))) = most else { return html! { td.no { "\u{2013}" } } };
    html! {
        td style={ "--k:" (paint(first.fill.colour)) } {
            @for (place, (amount, category)) in parts() {
                b { (category.name) }
                span { (count(*amount)) }
                @for note in cell.notes.get(place).into_iter().flatten() {
                    @if cell.urgent.get(place).is_some_and(|urgent| urgent.as_ref() == Some(note)) { em { (note) } }
                    @else { span { (note) } }
                }
            }
        }
    }
}

/// A section that is one picture.
pub(super) fn section(id: &'static str, nav: &'static str, layout: Option<&Layout>, shown: usize) -> Section {
    let above = layout.map(head).unwrap_or_default();
    let finding = layout.and_then(sentence).unwrap_or(above.finding);
    let body = layout.map_or_else(|| html! {}, |layout| self::body(layout, shown));
    let (topic, how) = (if above.topic.is_empty() { nav.to_owned() } else { above.topic }, above.how);
    let finding = if finding.is_empty() { "Nothing to show".to_owned() } else { finding };
    Section { id, nav, topic, finding, how, body }
}
