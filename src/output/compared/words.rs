//! Words and numbers that every form of a comparison has.

use crate::output::format;
use crate::output::lookup::protocol;
use crate::output::tables::columns::{Value, text};
use crate::output::words::{duration, percent, thousands};
use crate::results::compared::{About, ComparedRow, Measure, Metric, Sided};

/// The token of a row's metric.
pub(super) fn token(row: &ComparedRow) -> &'static str {
    token_of(&row.about, row.metric)
}

/// The token of a metric.
pub(in crate::output) fn token_of(about: &About, metric: Metric) -> &'static str {
    let link = matches!(about, About::Link(_));
    match metric {
        Metric::Goal(Measure::LogonP95) | Metric::LogonP95 => "logon_p95",
        Metric::Goal(Measure::LogonWithHumanP95) => "logon_with_human_p95",
        Metric::Goal(Measure::P95) | Metric::P95 => "p95",
        Metric::Goal(Measure::Failures) => "failures",
        Metric::Goal(Measure::Availability) => "availability",
        Metric::Goal(Measure::Utilisation) if link => "link",
        Metric::Goal(Measure::Utilisation) => "cpu",
        Metric::Goal(Measure::MeanUtilisation) if link => "link_mean",
        Metric::Goal(Measure::MeanUtilisation) => "cpu_mean",
        Metric::Requests => "requests",
        Metric::FailedShare => "failed_share",
        Metric::Mean => "mean",
        Metric::P50 => "p50",
        Metric::P99 => "p99",
        Metric::TimeLost => "user_minutes_lost",
        Metric::ServerHops => "server_hops",
        Metric::WanHops => "wan_hops",
        Metric::BusiestHour => "utilisation_busiest_hour",
        Metric::MeanUse => "utilisation_mean",
    }
}

/// A row's metric for people.
pub(in crate::output) fn metric(row: &ComparedRow) -> &'static str {
    metric_of(row.metric)
}

/// The metric for people.
pub(in crate::output) fn metric_of(metric: Metric) -> &'static str {
    match metric {
        Metric::Goal(Measure::LogonP95) | Metric::LogonP95 => "logon p95",
        Metric::Goal(Measure::LogonWithHumanP95) => "whole logon p95",
        Metric::Goal(Measure::P95) | Metric::P95 => "p95",
        Metric::Goal(Measure::Failures) | Metric::FailedShare => "failed",
        Metric::Goal(Measure::Availability) => "availability",
        Metric::Goal(Measure::Utilisation) | Metric::BusiestHour => "busiest hour",
        Metric::Goal(Measure::MeanUtilisation) | Metric::MeanUse => "mean use",
        Metric::Requests => "requests",
        Metric::Mean => "mean",
        Metric::P50 => "median",
        Metric::P99 => "p99",
        Metric::TimeLost => "minutes lost",
        Metric::ServerHops => "server hops",
        Metric::WanHops => "WAN hops",
    }
}

/// What a value of the row counts in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::output) enum Unit {
    Ms,
    Share,
    Late,
    Minutes,
    Count,
}

impl Unit {
    pub(in crate::output) fn of(row: &ComparedRow) -> Self {
        match row.metric {
            _ if row.by_late_share => Self::Late,
            metric if metric.is_time() => Self::Ms,
            Metric::TimeLost => Self::Minutes,
            Metric::Requests | Metric::ServerHops | Metric::WanHops => Self::Count,
            _ => Self::Share,
        }
    }

    /// In the `unit` column.
    pub(super) fn token(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::Share => "share",
            Self::Late => "late_share",
            Self::Minutes => "min",
            Self::Count => "count",
        }
    }

    /// A value of the result in it.
    pub(super) fn in_own(self, value: f64) -> f64 {
        match self {
            Self::Ms => value / 1e6,
            Self::Minutes => value / 60e9,
            Self::Share | Self::Late | Self::Count => value,
        }
    }

    /// For people.
    pub(in crate::output) fn words(self, value: f64) -> String {
        let sign = if value < 0.0 { "-" } else { "" };
        let size = value.abs();
        let words = match self {
            Self::Ms => duration(size),
            Self::Share | Self::Late => percent(size),
            Self::Minutes => format!("{} min", count(size / 60e9, 1)),
            Self::Count => count(size, if size < 100.0 { 2 } else { 0 }),
        };
        format!("{sign}{words}")
    }
}

/// A number with commas between its thousands.
fn count(size: f64, places: usize) -> String {
    if size >= 999.5 { thousands(size.round() as u64) } else { format::real(size, places) }
}

/// Protocol, population and name of what a row is about, as columns have them.
pub(in crate::output) fn columns(about: &About) -> (&'static str, &str, &str) {
    match about {
        About::All(of) => (protocol(*of), "", ""),
        About::Users(of, population) => (protocol(*of), population, ""),
        About::Servers(name) | About::Link(name) => ("", "", name),
    }
}

/// The same for people.
pub(in crate::output) fn subject(about: &About) -> String {
    let title = |of: &Option<crate::model::protocol::Protocol>| of.map_or("custom", |of| of.title());
    match about {
        About::All(of) => format!("{}, everyone", title(of)),
        About::Users(of, population) => format!("{}, {population}", title(of)),
        About::Servers(name) => name.clone(),
        About::Link(name) => name.replace('>', " \u{2192} "),
    }
}

/// `yes`, or nothing.
pub(super) fn yes<'r>(is: bool) -> Value<'r> {
    if is { text("yes") } else { Value::Blank }
}

/// Whether a finding comes or goes.
pub(super) fn change(new: bool) -> &'static str {
    if new { "new" } else { "gone" }
}

/// How the goals of a side stand.
pub(in crate::output) fn goals(side: &Sided) -> String {
    let [met, missed, open, unjudged] = side.goals;
    if side.goals == [0; 4] {
        return "no goals".to_owned();
    }
    let rest = [(open, "open"), (unjudged, "unjudged")];
    let rest = rest.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!(", {n} {word}"));
    format!("{met} goals met, {missed} missed{}", rest.collect::<String>())
}
