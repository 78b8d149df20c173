//! A part of a result, for a picture that is drawn again: of one protocol, of some populations,
//! from one instant to another.
//!
//! What is left is a result like any other, so that charts need not know. Only what a chart says
//! of itself ([`super::chart::Chart::BY`], [`super::chart::Chart::OVER_TIME`]) may be asked of it:
//! a title would else speak of what is not shown.

use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::model::protocol::Protocol;
use crate::results::{CellKey, RunResult, SeriesKey};

/// By what a picture can be narrowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// A protocol.
    Protocol,
    /// A population.
    Population,
    /// The site that clients enter.
    EntrySite,
    /// The site of the mailbox.
    MailboxSite,
    /// A server group.
    Server,
    /// A direction of a link.
    Link,
}

impl By {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Protocol, Self::Population, Self::EntrySite, Self::MailboxSite, Self::Server, Self::Link];

    /// Its word, that of the column in the tables.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Population => "population",
            Self::EntrySite => "entry_site",
            Self::MailboxSite => "mailbox_site",
            Self::Server => "server",
            Self::Link => "link",
        }
    }

    /// The values that it has in a result, in its order.
    #[must_use]
    pub fn values(self, run: &RunResult) -> Vec<&str> {
        match self {
            Self::Protocol => Protocol::ALL.iter().map(|protocol| protocol.token()).collect(),
            Self::Population => run.names.populations.iter().map(String::as_str).collect(),
            Self::EntrySite | Self::MailboxSite => run.names.sites.iter().map(String::as_str).collect(),
            Self::Server => run.servers.iter().map(|row| row.name.as_str()).collect(),
            Self::Link => run.links.iter().map(|row| row.name.as_str()).collect(),
        }
    }
}

/// A value to which a picture is narrowed: its place among [`By::values`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Only {
    /// By what.
    pub by: By,
    /// Which.
    pub place: usize,
}

/// What is of one of the values of each kind that is asked for.
pub fn narrow(run: &mut RunResult, only: &[Only]) {
    if only.is_empty() {
        return;
    }
    let is = |by: By, place: Option<usize>| {
        let mut asked = only.iter().filter(|one| one.by == by).peekable();
        asked.peek().is_none() || asked.any(|one| Some(one.place) == place)
    };
    let of_protocol = |protocol: Option<Protocol>| {
        let place = protocol.and_then(|of| Protocol::ALL.iter().position(|other| *other == of));
        is(By::Protocol, place)
    };
    let site = |index: u32| Some(index as usize);
    let of_cell = |key: &CellKey| {
        of_protocol(key.protocol)
            && is(By::Population, Some(key.population as usize))
            && is(By::EntrySite, site(key.entry_site))
            && is(By::MailboxSite, site(key.mailbox_site))
    };
    run.cells.retain(|cell| of_cell(&cell.key));
    run.flows.retain(|flow| of_cell(&flow.key.cell));
    run.users
        .retain(|users| of_protocol(users.protocol) && is(By::Population, Some(users.population as usize)));
    run.series.retain(|series| match series.key {
        SeriesKey::Protocol(protocol) => of_protocol(protocol),
        SeriesKey::Population(population) => is(By::Population, Some(population as usize)),
        SeriesKey::Users(protocol, population) => {
            of_protocol(protocol) && is(By::Population, Some(population as usize))
        }
        SeriesKey::Server(server) => is(By::Server, Some(server as usize)),
        SeriesKey::Link(link) => is(By::Link, Some(link as usize)),
        SeriesKey::Failure(_) => true,
    });
}

/// The intervals of the window that reach into the time between `from` and `to`, ns since the window
/// began; what is kept of the whole window alone is left out.
pub fn between(run: &mut RunResult, from: u64, to: u64) {
    let interval = run.interval.0.max(1);
    let (first, last) = ((from / interval) as usize, to.div_ceil(interval) as usize);
    for series in &mut run.series {
        series.points.truncate(last);
        series.points.drain(..first.min(series.points.len()));
    }
    let begin = first as u64 * interval;
    let end = (last as u64 * interval).min(run.window.0);
    run.window = SimSpan(end.saturating_sub(begin));
    // What is kept by the time since the run began stays as it is.
    run.warmup = SimSpan(run.warmup.0 + begin);
    let at = run.window_starts_at_utc.0 + begin;
    const DAY: u64 = 86_400 * NANOS_PER_SEC;
    let day = |utc: u64| {
        let offset = i64::from(run.clock_offset_minutes) * 60 * NANOS_PER_SEC as i64;
        (utc as i64 + offset).div_euclid(DAY as i64)
    };
    let days = day(at) - day(run.window_starts_at_utc.0);
    run.weekday = run.weekday.map(|first| ((i64::from(first) + days).rem_euclid(7)) as u8);
    run.window_starts_at_utc = SimSpan(at % DAY);
    let (begin, long) = (begin as i64, run.window.0 as i64);
    for (from, to) in run.storms.incidents.iter_mut().flat_map(|of| &mut of.spans) {
        (*from, *to) = (*from - begin, *to - begin);
    }
    for (from, to) in run.storms.spans.iter_mut().flatten().flatten() {
        (*from, *to) = (*from - begin, *to - begin);
    }
    for of in &mut run.databases {
        (of.begin, of.end) = (of.begin - begin, (of.end - begin).min(long));
    }
    run.databases.retain(|of| of.begin < long && of.end > 0);
    run.cells.clear();
    run.users.clear();
    run.flows.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::lookup::local_time;
    use crate::output::sample;

    const HOUR: u64 = 3600 * NANOS_PER_SEC;

    #[test]
    fn of_one_protocol_nothing_of_another_is_left() {
        let mut run = sample::small();
        run.flows = sample::flows_of(&run.cells);
        let place = |word: &str| By::Protocol.values(&run).iter().position(|of| *of == word).unwrap();
        let (owa, eas) = (place("owa"), place("eas"));
        let all = run.cells.len();
        let mut of_owa = run.clone();
        narrow(&mut of_owa, &[Only { by: By::Protocol, place: owa }]);
        let owas = run.cells.iter().filter(|cell| cell.key.protocol == Some(Protocol::Owa)).count();
        assert_eq!((of_owa.cells.len(), of_owa.flows.len()), (owas, owas));
        // Two values of one kind: either.
        narrow(&mut run, &[owa, eas].map(|place| Only { by: By::Protocol, place }));
        assert!(run.cells.len() >= owas && run.cells.len() <= all);
        // Of two kinds: both.
        narrow(&mut of_owa, &[Only { by: By::Population, place: 1 }]);
        assert!(of_owa.cells.iter().all(|cell| cell.key.population == 1));
    }

    /// The second of two hours from 23:30 on a Thursday is on a Friday, and outages stand where they were.
    #[test]
    fn the_second_hour_is_a_window_of_its_own() {
        let mut run = sample::small();
        assert_eq!(local_time(&run, SimSpan(0)), "23:30");
        run.storms.spans = vec![vec![Some((HOUR as i64, 2 * HOUR as i64))]];
        let points: Vec<usize> = run.series.iter().map(|series| series.points.len()).collect();
        assert!(points.iter().all(|points| *points == 2), "{points:?}");
        let second = run.series[0].points[1].clone();
        between(&mut run, HOUR, 2 * HOUR);
        assert_eq!((run.window.0, local_time(&run, SimSpan(0)).as_str()), (HOUR, "00:30"));
        assert_eq!(run.series[0].points, [second]);
        assert_eq!(run.weekday, Some(4));
        assert_eq!(run.storms.spans[0][0], Some((0, HOUR as i64)));
    }
}
