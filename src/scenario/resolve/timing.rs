//! `[run]`: when and how long; instants of a run.

use super::super::amounts::{Count, Factor, Number, Share, Time};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::keys::Key;
use super::super::kinds::{Flag, Kind, List, Offset, Text, Token, clock_minutes};
use super::super::moments::{CLOCK, CLOCKS};
use super::super::shape::{AnyOf, Definitions, Shape, Words};
use super::super::tree::Node;
use crate::kernel::SimSpan;
use crate::model::workload::Workload;
use crate::model::{Adaptive, Experiment, MOST_IN_FLIGHT, Precision};
use crate::quantity::{self, Dimension};

const MINUTE: u64 = 60_000_000_000;

/// The most intervals of a time series.
const MOST_INTERVALS: u64 = 100_000;

/// The longest run, warm-up and window: what lies ahead of its end has to fit before the end of the
/// clock ([`crate::kernel::SimTime::MAX`], 1,667 days).
const LONGEST_RUN: SimSpan = SimSpan(1_500 * 24 * 60 * MINUTE);

pub(super) const RUN: Key = ("run", "when, how long, how often");

/// What the rest needs to know of `[run]`.
pub(super) struct Run {
    /// How the model is run.
    pub(super) experiment: Experiment,
    /// What it finds out for itself.
    pub(super) adaptive: Adaptive,
    /// UTC offset of the scenario's clock, minutes.
    pub(super) clock: i32,
    /// Multiplies the load.
    pub(super) load: f64,
    /// The percentiles that are shown, 0 to 100, ascending.
    pub(super) percentiles: Vec<f64>,
    /// Time of day at which the window begins, minutes.
    pub(super) starts_at: u32,
    /// Day of the week of the UTC date on which the window begins, 0 is Monday.
    pub(super) weekday_utc: u8,
    /// The same by the clock.
    weekday: u8,
}

impl Run {
    /// Day of the week by the clock, where the scenario has a week. A written Tuesday is no more
    /// than an assumed one: both are the same scenario, and give the same result.
    pub(super) fn told_weekday(&self, workload: &Workload) -> Option<u8> {
        let uneven = |week: &[f64; 7]| week.iter().any(|day| *day != week[0]);
        let has_week = workload.populations.iter().any(|of| uneven(&of.settings.week));
        (has_week || self.weekday != ASSUMED_WEEKDAY).then_some(self.weekday)
    }
}

/// Tuesday, where none is written.
const ASSUMED_WEEKDAY: u8 = 1;

const WEEKDAYS: Token<u8> = Token {
    words: &[
        (0, "Monday"),
        (1, "Tuesday"),
        (2, "Wednesday"),
        (3, "Thursday"),
        (4, "Friday"),
        (5, "Saturday"),
        (6, "Sunday"),
    ],
};

/// A window of the day, or a length.
#[derive(Clone, Copy)]
enum Window {
    Clock { from: u32, span: SimSpan },
    Length(SimSpan),
}

struct WindowKind;

impl Shape for WindowKind {
    fn words(&self) -> String {
        "two times of day, or a time".to_owned()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        AnyOf(&[&CLOCKS, &Time::POSITIVE]).schema(definitions)
    }
}

impl Kind for WindowKind {
    type Out = Window;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Window> {
        let text = node.as_text().unwrap_or("");
        if text.contains(':') {
            let ends = text
                .split_once(['-', '\u{2013}'])
                .and_then(|(a, b)| Some((clock_minutes(a)?, clock_minutes(b)?)));
            let Some((from, to)) = ends else {
                cx.fault_help(
                    "bad-clock",
                    format!("`{path}` cannot be read"),
                    node.span,
                    "expected two times of day or a length",
                    "for example \"08:00 - 18:00\" or \"10 h\"",
                );
                return None;
            };
            // The same time twice is a whole day; an earlier end is on the next day.
            let minutes = if to > from { to - from } else { 24 * 60 - from + to };
            return Some(Window::Clock {
                from: from % (24 * 60),
                span: SimSpan(u64::from(minutes) * MINUTE),
            });
        }
        Time::POSITIVE.read(cx, node, path).map(Window::Length)
    }
    fn show(&self, value: &Window) -> String {
        match value {
            Window::Clock { from, span } => {
                let to = (u64::from(*from) + span.0 / MINUTE - 1) % (24 * 60) + 1;
                format!("\"{:02}:{:02} - {:02}:{:02}\"", from / 60, from % 60, to / 60, to % 60)
            }
            Window::Length(span) => Time::POSITIVE.show(span),
        }
    }
    fn expected(&self) -> String {
        "two times of day such as \"08:00 - 18:00\", or a length".to_owned()
    }
}

struct Clock;

impl Shape for Clock {
    fn words(&self) -> String {
        CLOCK.words()
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        CLOCK.schema(definitions)
    }
}

impl Kind for Clock {
    type Out = u32;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<u32> {
        let minutes =
            Text.read(cx, node, path).and_then(|text| clock_minutes(&text)).filter(|m| *m < 24 * 60);
        if minutes.is_none() {
            cx.fault_help(
                "bad-clock",
                format!("`{path}` is no time of day"),
                node.span,
                "expected hours and minutes",
                "for example \"09:00\"",
            );
        }
        minutes
    }
    fn show(&self, value: &u32) -> String {
        format!("\"{:02}:{:02}\"", value / 60, value % 60)
    }
    fn expected(&self) -> String {
        "a time of day such as \"09:00\"".to_owned()
    }
}

/// A length, or `auto` (`None`).
struct Warmup;

/// How a scenario asks for a warm-up found by casim.
const AUTO: &str = "auto";

impl Shape for Warmup {
    fn words(&self) -> String {
        format!("time, or `{AUTO}`")
    }
    fn schema(&self, definitions: &mut Definitions) -> serde_json::Value {
        AnyOf(&[&Time::ANY, &Words(&[AUTO])]).schema(definitions)
    }
}

impl Kind for Warmup {
    type Out = Option<SimSpan>;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Option<SimSpan>> {
        if node.as_text() == Some(AUTO) {
            return Some(None);
        }
        Time::ANY.read(cx, node, path).map(Some)
    }
    fn show(&self, value: &Option<SimSpan>) -> String {
        match value {
            Some(span) => Time::ANY.show(span),
            None => format!("\"{AUTO}\""),
        }
    }
    fn expected(&self) -> String {
        format!("{}, or \"{AUTO}\"", Time::ANY.expected())
    }
}

/// Reads `[run]`.
pub(super) fn run(cx: &mut Cx, root: &mut Fields<'_>) -> Run {
    cx.section("[run]");
    let mut fields = root.table_or_empty(cx, RUN).into_section();
    let (starts_at, span) = window(cx, &mut fields);
    let written = warmup(cx, &mut fields, span);
    let warmup = written.unwrap_or(SimSpan::ZERO);
    let seed = fields.or(
        cx,
        ("seed", "opens the random draws"),
        &Count { min: 0, max: i64::MAX as u64 },
        1,
        "fixed, so that runs repeat",
    );
    let replications = fields.or(
        cx,
        ("replications", "how often the window is played, each time with other draws"),
        &Count { min: 1, max: 100_000 },
        1,
        "one run",
    );
    let precision = precision(cx, &mut fields);
    let interval = interval(cx, &mut fields, span);
    let run_off = fields.or(
        cx,
        ("run_off", "play on without new arrivals until the measured ones end"),
        &Flag,
        false,
        "what is unfinished at the end is reported as open",
    );
    let most_in_flight = fields.or(
        cx,
        (
            "most_in_flight",
            "requests in flight, or sessions of one's own sources under way, at which a run is \
             given up with exit code 3, so that an overload without queue limits ends before the \
             memory does",
        ),
        &Count { min: 1, max: 1_000_000_000 },
        u64::from(MOST_IN_FLIGHT),
        "about 0.7 GB of requests",
    );
    let clock = fields.or(cx, ("clock", "UTC offset in which times of day are written"), &Offset, 0, "UTC");
    let weekday = fields.or(
        cx,
        ("weekday", "day of the week on which the window begins, by `clock`; with `week` of `[clients]`"),
        &WEEKDAYS,
        ASSUMED_WEEKDAY,
        "ASSUMED; matters where a `week` is given",
    );
    let factor = Factor(Number { min: 0.0, closed: false, max: 1000.0 });
    let load = fields.or(
        cx,
        (
            "load",
            "multiplies mailboxes, rates of sources and users of closed ones; who was there \
             before keeps their draws. `1.3` and `\"130 %\"` are the same",
        ),
        &factor,
        1.0,
        "the load as stated",
    );
    let percentiles = percentiles(cx, &mut fields);
    fields.finish(cx);
    let utc = i64::from(starts_at) - i64::from(clock);
    // In UTC the window may begin on the day before or after.
    let weekday_utc = (i64::from(weekday) + utc.div_euclid(24 * 60)).rem_euclid(7) as u8;
    let utc = utc.rem_euclid(24 * 60);
    let experiment = Experiment {
        seed,
        replications: u32::try_from(replications).unwrap_or(1),
        warmup,
        window: span,
        window_starts_at_utc: SimSpan(utc.unsigned_abs() * MINUTE),
        interval,
        run_off,
        most_in_flight: u32::try_from(most_in_flight).unwrap_or(u32::MAX),
    };
    let adaptive = Adaptive { warmup: written.is_none(), precision };
    Run { experiment, adaptive, clock, load, percentiles, starts_at, weekday_utc, weekday }
}

/// The percentiles of latency that are shown, ascending, each once.
fn percentiles(cx: &mut Cx, fields: &mut Fields<'_>) -> Vec<f64> {
    const MOST: usize = 8;
    let each = List(Number { min: 0.0, closed: false, max: 99.999 });
    let mut wanted = fields.or(
        cx,
        (
            "percentiles",
            "percentiles of latency that tables and the terminal show, at most 8; goals are on the \
             95th whatever is shown",
        ),
        &each,
        vec![50.0, 95.0, 99.0],
        "median, the goals' percentile, and the tail",
    );
    if wanted.is_empty() || wanted.len() > MOST {
        let place = fields.entry("percentiles").map_or(fields.span, |entry| entry.node.span);
        cx.fault(
            "out-of-range",
            format!("`run.percentiles` has {} values", wanted.len()),
            place,
            format!("expected 1 to {MOST}, for example [50, 90, 95, 99]"),
        );
    }
    wanted.sort_by(f64::total_cmp);
    wanted.dedup();
    wanted
}

/// The time of day, in minutes, at which the window begins, and its length.
fn window(cx: &mut Cx, fields: &mut Fields<'_>) -> (u32, SimSpan) {
    let office = Window::Clock { from: 8 * 60, span: SimSpan(600 * MINUTE) };
    let window = fields.or(cx, ("window", "what is measured"), &WindowKind, office, "ASSUMED office day");
    match window {
        Window::Clock { from, span } => {
            if let Some(entry) = fields.entry("start") {
                cx.fault(
                    "out-of-range",
                    "`run.start` goes with a window that is a length",
                    entry.key_span,
                    "the window says when it begins",
                );
            }
            (from, span)
        }
        Window::Length(span) => (
            fields.or(cx, ("start", "when a window that is a length begins"), &Clock, 9 * 60, "ASSUMED"),
            span,
        ),
    }
}

/// The warm-up; `None` where it is to be found.
fn warmup(cx: &mut Cx, fields: &mut Fields<'_>, span: SimSpan) -> Option<SimSpan> {
    let short = SimSpan((30 * MINUTE).min(span.0 / 10));
    let written = fields.or(
        cx,
        ("warmup", "comes before the window, is shorter than it, and is not measured; `\"auto\"`: see below"),
        &Warmup,
        Some(short),
        "30 min, or a tenth of the window if that is less",
    );
    if written.is_some_and(|warmup| warmup >= span) {
        let place = fields.entry("warmup").map_or(fields.span, |entry| entry.node.span);
        cx.fault_help(
            "out-of-range",
            "the warm-up is as long as the measured window, or longer",
            place,
            format!("the window is {}", quantity::print(span.0 as f64, Dimension::Time)),
            "the warm-up comes before the window; shorten it or lengthen the window",
        );
    } else if let Some(warmup) = written.filter(|warmup| *warmup + span > LONGEST_RUN) {
        let place = fields.entry("warmup").or(fields.entry("window")).map_or(fields.span, |e| e.node.span);
        let day = |span: SimSpan| span.0.div_ceil(24 * 60 * MINUTE);
        cx.fault(
            "out-of-range",
            format!("warm-up and window last {} days", day(warmup + span)),
            place,
            format!("at most {} days fit on casim's clock", day(LONGEST_RUN)),
        );
    }
    written
}

/// Length of an interval of the time series.
fn interval(cx: &mut Cx, fields: &mut Fields<'_>, span: SimSpan) -> SimSpan {
    let interval = fields.or(
        cx,
        ("interval", "of the time series, at most 100,000 in a window"),
        &Time::POSITIVE,
        interval_for(span),
        "15 min, or about a fortieth of the window",
    );
    if span.0 / interval.0.max(1) > MOST_INTERVALS {
        let place = fields.entry("interval").map_or(fields.span, |entry| entry.node.span);
        cx.fault(
            "out-of-range",
            "the time series would have too many intervals",
            place,
            format!("at most {MOST_INTERVALS} fit into the window"),
        );
    }
    interval
}

/// `precision` and the limit that goes with it.
fn precision(cx: &mut Cx, fields: &mut Fields<'_>) -> Option<Precision> {
    const LIMIT: &str = "max_replications";
    if !fields.has("precision") {
        if let Some(entry) = fields.entry(LIMIT) {
            cx.fault_help(
                "out-of-range",
                format!("`run.{LIMIT}` goes with a `precision`"),
                entry.key_span,
                "nothing adds replications",
                "state `precision = \"2 %\"` beside it, or only `replications`",
            );
        }
        return None;
    }
    let node = fields.entry("precision").map(|entry| entry.node.span);
    let relative = fields.read(
        cx,
        (
            "precision",
            "above 0: replications are added until every metric of `[slo]` is known so well, see below",
        ),
        &Share::WHOLE,
    );
    let limit = fields.or(
        cx,
        (LIMIT, "at most so many with `precision`"),
        &Count { min: 2, max: 100_000 },
        640,
        "six doublings of the first ten",
    );
    if let (Some(0.0), Some(span)) = (relative, node) {
        cx.fault(
            "out-of-range",
            "no number of replications makes an interval of no width",
            span,
            "expected a share above 0, for example \"2 %\"",
        );
    }
    Some(Precision { relative: relative?, limit: u32::try_from(limit).unwrap_or(u32::MAX) })
}

/// A round interval of which about forty, at least ten, fill the window.
fn interval_for(window: SimSpan) -> SimSpan {
    const STEPS: [u64; 12] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 3600];
    let fortieth = window.0 / 40;
    if (10 * MINUTE..=60 * MINUTE).contains(&fortieth) {
        return SimSpan(15 * MINUTE);
    }
    let step = STEPS.iter().map(|s| s * 1_000_000_000).find(|step| *step >= fortieth);
    SimSpan(step.unwrap_or(fortieth).min(window.0).max(1))
}
