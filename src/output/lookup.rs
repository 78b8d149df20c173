//! What an index or an instant of a [`RunResult`] stands for: names, and the time on
//! the scenario's clock.

use super::protocols::facts;
use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::model::protocol::Protocol;
use crate::results::{Bottleneck, LimitUse, RunResult, Scarce, SeriesKey};

/// The token of a `protocol` column.
#[must_use]
pub fn protocol(protocol: Option<Protocol>) -> &'static str {
    facts(protocol).token
}

/// The name at `index`, or nothing.
#[must_use]
pub fn name(names: &[String], index: u32) -> &str {
    names.get(index as usize).map_or("", String::as_str)
}

/// Kind and name of a key of the series.
#[must_use]
pub fn series_key<'r>(result: &'r RunResult, key: &SeriesKey) -> (&'static str, &'r str) {
    match key {
        SeriesKey::Protocol(p) => ("protocol", protocol(*p)),
        SeriesKey::Population(index) => ("population", name(&result.names.populations, *index)),
        SeriesKey::Users(p, _) => ("users", protocol(*p)),
        SeriesKey::Server(index) => {
            ("server", result.servers.get(*index as usize).map_or("", |row| row.name.as_str()))
        }
        SeriesKey::Link(index) => {
            ("link", result.links.get(*index as usize).map_or("", |row| row.name.as_str()))
        }
        SeriesKey::Failure(failure) => ("failure", failure.token()),
    }
}

/// The scenario's clock `offset` after the window began, HH:MM; with seconds where
/// the intervals are not whole minutes.
#[must_use]
pub fn local_time(result: &RunResult, offset: SimSpan) -> String {
    time_of_run(result, result.warmup.0 + offset.0)
}

/// As [`local_time`], `at` ns after the run began: in the warm-up it is before the window.
pub(super) fn time_of_run(result: &RunResult, at: u64) -> String {
    const DAY: i128 = 86_400;
    let at = i128::from(at) - i128::from(result.warmup.0);
    let second = (i128::from(result.window_starts_at_utc.0) + at).div_euclid(i128::from(NANOS_PER_SEC));
    let second = (second + i128::from(result.clock_offset_minutes) * 60).rem_euclid(DAY);
    let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
    let whole = |span: SimSpan| span.0.is_multiple_of(60 * NANOS_PER_SEC);
    if whole(result.interval) && whole(result.window_starts_at_utc) {
        format!("{hours:02}:{minutes:02}")
    } else {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    }
}

/// Kind, name and site of a row of bottlenecks.
#[must_use]
pub fn scarce<'r>(result: &'r RunResult, row: &Bottleneck) -> (&'static str, &'r str, &'r str) {
    match row.scarce {
        Scarce::Server(index) => result.servers.get(index as usize).map_or(("server", "", ""), |server| {
            ("server", server.name.as_str(), name(&result.names.sites, server.site))
        }),
        Scarce::Link(index) => {
            ("link", result.links.get(index as usize).map_or("", |link| link.name.as_str()), "")
        }
        Scarce::Limit(index, _) => result.servers.get(index as usize).map_or(("limit", "", ""), |server| {
            ("limit", server.name.as_str(), name(&result.names.sites, server.site))
        }),
    }
}

/// The limit of a row of bottlenecks that is one.
#[must_use]
pub fn scarce_limit<'r>(result: &'r RunResult, row: &Bottleneck) -> Option<&'r LimitUse> {
    let Scarce::Limit(server, place) = row.scarce else { return None };
    result.servers.get(server as usize)?.limits.get(place as usize)
}

/// What a row of bottlenecks is about: a group or a link by its name, a limit with its kind.
#[must_use]
pub fn scarce_label(result: &RunResult, row: &Bottleneck) -> String {
    let (_, name, _) = scarce(result, row);
    match scarce_limit(result, row) {
        Some(met) if met.apart.is_empty() => format!("{name} {}", met.kind.token()),
        Some(met) => format!("{name} {} ({})", met.kind.token(), met.apart),
        None => name.to_owned(),
    }
}

/// The same for people, a link as `Brest → Lyon`, and of what its [`Bottleneck::strain`] is a share:
/// `its limit`, by the utilisation law where that says more than was seen.
#[must_use]
pub fn strained(result: &RunResult, row: &Bottleneck) -> (String, &'static str) {
    let name = scarce_label(result, row).replacen('>', " \u{2192} ", 1);
    (name, if row.is_by_law() { "its limit by the utilisation law" } else { "its limit" })
}

/// By what factor the load could grow by the utilisation law, and what reaches its
/// limit first.
#[must_use]
pub fn headroom(result: &RunResult) -> Option<(f64, String)> {
    result.law_headroom().map(|(factor, row)| (factor, scarce_label(result, row)))
}
