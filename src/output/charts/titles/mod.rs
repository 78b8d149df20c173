//! Titles: what a picture shows, as a sentence with a number.
//!
//! Fixed templates, the first that applies wins; each is a pure function of the figures that
//! it speaks of, so that none claims what the picture does not show. Knows no result: charts
//! pick the figures, [`super::latency`] is an example.

pub(super) mod streamed;

use super::looks::REACHED;
use crate::output::words::{duration, percent, thousands, three_figures};

/// A row of latencies, as the title needs it.
#[derive(Clone, Debug, Default)]
pub(super) struct Felt<'a> {
    pub(super) population: &'a str,
    pub(super) protocol: &'a str,
    /// 95th percentile, ns; infinite where more than 5 % failed, `None` where too few asked.
    pub(super) p95: Option<f64>,
    /// Share of requests that failed.
    pub(super) failed: f64,
    /// The goal on the 95th percentile, ns.
    pub(super) goal: Option<f64>,
    /// Whether that goal is missed, open, or not judged at all.
    pub(super) missed: bool,
    pub(super) open: bool,
    pub(super) unjudged: bool,
}

impl Felt<'_> {
    /// More than 5 % failed: there is none, however few they were.
    fn never(&self) -> bool {
        self.failed > 0.05
    }

    fn ratio(&self) -> f64 {
        match (self.p95, self.goal) {
            (Some(p95), Some(goal)) => p95 / goal,
            _ => 0.0,
        }
    }
}

/// A count, or the mean of counts: `1,234`, `8.67`.
pub(super) fn count(value: f64) -> String {
    if value < 999.5 { three_figures(value) } else { thousands(value.round() as u64) }
}

/// `OWA requests`; of a custom workload without a name.
fn requests(protocol: &str) -> String {
    if protocol.is_empty() { "requests".to_owned() } else { format!("{protocol} requests") }
}

/// The one for whom `value` is highest.
fn worst<'f, 'a>(
    rows: impl Iterator<Item = &'f Felt<'a>>,
    value: impl Fn(&Felt<'a>) -> f64,
) -> Option<&'f Felt<'a>>
where
    'a: 'f,
{
    rows.reduce(|worst, row| if value(row) > value(worst) { row } else { worst })
}

/// What users feel.
pub(super) fn latency(rows: &[Felt<'_>]) -> String {
    failed_too_often(rows)
        .or_else(|| goal_missed(rows))
        .or_else(|| goal_open(rows))
        .or_else(|| goals_met(rows))
        .or_else(|| slowest(rows))
        .unwrap_or_else(|| "Too few requests for a 95th percentile: none has 200 of them".to_owned())
}

fn failed_too_often(rows: &[Felt<'_>]) -> Option<String> {
    let row = worst(rows.iter().filter(|row| row.never()), |row| row.failed)?;
    let others = match rows.iter().filter(|row| row.never()).count() - 1 {
        0 => String::new(),
        others => format!("; likewise in {others} other row{}", if others == 1 { "" } else { "s" }),
    };
    Some(format!(
        "{}: {} of {} failed, so there is no 95th percentile{others}",
        row.population,
        percent(row.failed),
        requests(row.protocol)
    ))
}

fn goal_missed(rows: &[Felt<'_>]) -> Option<String> {
    let row = worst(rows.iter().filter(|row| row.missed), Felt::ratio)?;
    let (p95, goal) = (row.p95?, row.goal?);
    let missed = rows.iter().filter(|row| row.missed).count();
    let goals = rows.iter().filter(|row| row.goal.is_some()).count();
    let all = match (missed, goals) {
        (1, 1) => String::new(),
        (missed, goals) => format!("; {missed} of {goals} such goals missed"),
    };
    Some(format!(
        "{}: {} for 95 % of {} requests, more than the goal of {}{all}",
        row.population,
        duration(p95),
        row.protocol,
        duration(goal)
    ))
}

fn goal_open(rows: &[Felt<'_>]) -> Option<String> {
    let row = worst(rows.iter().filter(|row| row.open), Felt::ratio)?;
    let (p95, goal) = (row.p95?, row.goal?);
    Some(format!(
        "{}: {} for 95 % of {} requests, too close to the goal of {} to tell",
        row.population,
        duration(p95),
        row.protocol,
        duration(goal)
    ))
}

fn goals_met(rows: &[Felt<'_>]) -> Option<String> {
    let judged = || rows.iter().filter(|row| row.goal.is_some());
    // What saw too few requests is not met, and a row without a goal may be slower.
    if judged().any(|row| row.unjudged || row.missed || row.open) {
        return None;
    }
    let row = worst(judged(), Felt::ratio)?;
    let (p95, goal) = (row.p95?, row.goal?);
    let goals = judged().count();
    let which = if goals == 1 { "The goal is".to_owned() } else { format!("All {goals} goals are") };
    let closest = if goals == 1 { "" } else { "closest is " };
    Some(format!(
        "{which} met: {closest}{}, {} for 95 % of {} requests, goal {}",
        row.population,
        duration(p95),
        row.protocol,
        duration(goal)
    ))
}

fn slowest(rows: &[Felt<'_>]) -> Option<String> {
    let known = || rows.iter().filter(|row| row.p95.is_some());
    let row = worst(known(), |row| row.p95.unwrap_or(0.0))?;
    // Two that are as slow are not one slowest.
    let alone = known().filter(|other| other.p95 >= row.p95).count() == 1;
    let most = if alone && known().count() > 1 { "the slowest, " } else { "" };
    Some(format!("{}, {most}{} for 95 % of {}", row.population, duration(row.p95?), requests(row.protocol)))
}

/// A stretch of the day in which more than 5 % of a protocol's requests failed.
#[derive(Clone, Debug)]
pub(super) struct Stretch<'a> {
    pub(super) protocol: &'a str,
    pub(super) from: String,
    pub(super) to: String,
    /// Highest share that failed in an interval of it.
    pub(super) failed: f64,
    /// How many more such stretches there are.
    pub(super) others: usize,
}

/// How a protocol's 95th percentile moved over the intervals.
#[derive(Clone, Debug)]
pub(super) struct Swing<'a> {
    pub(super) protocol: &'a str,
    /// The interval in which it was highest.
    pub(super) at: String,
    /// ns
    pub(super) highest: f64,
    /// The median interval's, ns.
    pub(super) usual: f64,
    /// Intervals that have one.
    pub(super) intervals: usize,
}

impl Swing<'_> {
    fn rise(&self) -> f64 {
        if self.usual > 0.0 { self.highest / self.usual } else { 0.0 }
    }
}

/// Latency over the day.
pub(super) fn day(broken: Option<&Stretch<'_>>, swings: &[Swing<'_>]) -> String {
    broken
        .map(stretch_of_failures)
        .or_else(|| slows_down(swings))
        .or_else(|| steady(swings))
        .or_else(|| highest(swings))
        .unwrap_or_else(|| "No interval had 20 requests of a protocol".to_owned())
}

fn stretch_of_failures(broken: &Stretch<'_>) -> String {
    let others = match broken.others {
        0 => String::new(),
        1 => "; 1 more such stretch".to_owned(),
        others => format!("; {others} more such stretches"),
    };
    format!(
        "{} to {}: up to {} of {} requests failed in an interval, which has no 95th percentile{others}",
        broken.from,
        broken.to,
        percent(broken.failed),
        broken.protocol
    )
}

/// Of few intervals no usual one can be told.
const ENOUGH: usize = 4;

fn slows_down(swings: &[Swing<'_>]) -> Option<String> {
    let most = swings.iter().filter(|swing| swing.intervals >= ENOUGH && swing.rise() >= 1.5);
    let most = most.reduce(|most, swing| if swing.rise() > most.rise() { swing } else { most })?;
    Some(format!(
        "{} slows down most: {} for 95 % of its requests at {}, {} times as much as in the median interval",
        most.protocol,
        duration(most.highest),
        most.at,
        three_figures(most.rise())
    ))
}

fn steady(swings: &[Swing<'_>]) -> Option<String> {
    if swings.iter().any(|swing| swing.intervals < ENOUGH || swing.rise() >= 1.5) {
        return None;
    }
    let top = swings.iter().reduce(|top, swing| if swing.highest > top.highest { swing } else { top })?;
    let (all, which) = match swings.len() {
        1 => ("The 95th percentile never rises by half".to_owned(), String::new()),
        _ => ("No protocol's 95th percentile rises by half".to_owned(), format!("{}, ", top.protocol)),
    };
    Some(format!("{all}; the highest is {which}{} at {}", duration(top.highest), top.at))
}

fn highest(swings: &[Swing<'_>]) -> Option<String> {
    let top = swings.iter().reduce(|top, swing| if swing.highest > top.highest { swing } else { top })?;
    Some(format!("The highest 95th percentile is {}, {} at {}", duration(top.highest), top.protocol, top.at))
}

/// Where the time goes: who waits longest, how long in the mean (ns), and the largest part of
/// it; whether that is longer than all others wait, if there are others.
pub(super) fn parts(
    longest: Option<bool>,
    who: &str,
    protocol: &str,
    mean: f64,
    (part, share): (&str, f64),
) -> String {
    let most = match longest {
        Some(true) => " longest",
        Some(false) => " as long as any",
        None => "",
    };
    let what = if protocol.is_empty() { String::new() } else { format!(" for {protocol}") };
    format!("{who} wait{most}{what}: {} in the mean, {} of it {part}", duration(mean), percent(share))
}

/// A share that is not the whole never reads as if it were.
fn part(share: f64) -> String {
    if (0.9995..1.0).contains(&share) { "more than 99.9 %".to_owned() } else { percent(share) }
}

/// Failures: how many, the reason of most with its share, and when most of them were.
pub(super) fn failures(all: f64, (reason, share): (&str, f64), when: Option<(f64, &str, &str)>) -> String {
    let why = match share {
        _ if all == 1.0 => format!("because of \u{201c}{reason}\u{201d}"),
        share if share >= 1.0 => format!("all because of \u{201c}{reason}\u{201d}"),
        share => format!("{} of them because of \u{201c}{reason}\u{201d}", part(share)),
    };
    let when = when.map_or(String::new(), |(among, from, to)| match among {
        _ if all == 1.0 => format!(", between {from} and {to}"),
        among if among >= 1.0 => format!(", all of them between {from} and {to}"),
        // Of all, not of those that have the reason.
        among => format!(
            ", {} of {} between {from} and {to}",
            part(among),
            if share >= 1.0 { "them" } else { "all" }
        ),
    });
    let requests = if all == 1.0 { "request" } else { "requests" };
    format!("{} {requests} failed, {why}{when}", count(all))
}

/// Sessions by what was decided, as the title needs them; means over replications.
#[derive(Clone, Debug, Default)]
pub(super) struct Decided<'a> {
    pub(super) sessions: f64,
    pub(super) refused: f64,
    /// Of what most are refused: a protocol with a pair of sites, and a protocol; how many.
    pub(super) refused_pair: Option<(&'a str, String, f64)>,
    pub(super) refused_protocol: Option<(&'a str, f64)>,
    /// Sessions whose entry and mailbox site differ, and those that have both.
    pub(super) elsewhere: f64,
    pub(super) placed: f64,
}

/// Who goes where.
pub(super) fn decisions(of: &Decided<'_>) -> String {
    refused(of)
        .or_else(|| elsewhere(of))
        .or_else(|| same_site(of))
        .unwrap_or_else(|| format!("{} sessions, none with a site to enter", count(of.sessions)))
}

fn refused(of: &Decided<'_>) -> Option<String> {
    let many = (of.refused > 0.0).then(|| percent(of.refused / of.sessions))?;
    // "Most" is more than half of them.
    let most = |count: f64| count > 0.5 * of.refused;
    let pair = of.refused_pair.as_ref().filter(|pair| most(pair.2));
    let protocol = of.refused_protocol.filter(|protocol| most(protocol.1));
    let those = |count: f64| if count >= of.refused { "all" } else { "most" };
    let whose = match (pair, protocol) {
        (Some((protocol, pair, count)), _) => format!(", {} of them {protocol}, {pair}", those(*count)),
        (None, Some((protocol, count))) => format!(", {} of them {protocol}", those(count)),
        (None, None) => String::new(),
    };
    Some(format!("{many} of all sessions are refused{whose}"))
}

fn elsewhere(of: &Decided<'_>) -> Option<String> {
    (of.elsewhere > 0.0).then(|| {
        format!(
            "{} of the sessions enter one site and have their mailbox in another",
            percent(of.elsewhere / of.placed)
        )
    })
}

fn same_site(of: &Decided<'_>) -> Option<String> {
    (of.placed > 0.0).then(|| format!("All {} sessions enter the site of their mailbox", count(of.placed)))
}

/// The least share that is told as a number.
const LEAST: f64 = 0.0001;

/// Use over the day: the busiest of so many, how many are as busy (it among them), the highest
/// share in an interval and when.
pub(super) fn utilisation(
    (kind, of): (&str, &str),
    (many, as_busy): (usize, usize),
    (name, share, at): (&str, f64, &str),
) -> String {
    let used = format!("{} of its {of} in the interval from {at}", percent(share));
    match share {
        share if share < LEAST && many > 1 => format!("No {kind} is used beyond {}", percent(LEAST)),
        share if share < 0.1 && many > 1 => {
            format!("No {kind} is used beyond {}, that of {name} in the interval from {at}", percent(share))
        }
        share if as_busy > 1 => format!(
            "{as_busy} {kind}s are busiest: {} of their {of}, {name} in the interval from {at}",
            percent(share)
        ),
        _ if many > 1 => format!("{name} is busiest: {used}"),
        _ => format!("{name} is used to {used}"),
    }
}

/// What is next to be full: its name, what of it, the share of its limit, and when.
pub(super) fn bottlenecks(name: &str, what: &str, share: f64, when: &str) -> String {
    match share {
        share if share > 1.0005 => {
            format!("{name} is beyond its limit: {what} at {} of it{when}", percent(share))
        }
        share if share >= REACHED => format!("{name} has reached its limit: {what} at 100 % of it{when}"),
        share => format!("{name} is closest to its limit: {what} at {} of it{when}", percent(share)),
    }
}

/// The organisation: the site that is, or whose line is, closest to its limit, and at how many of all
/// sites something that was promised is missed.
pub(super) fn topology(name: &str, share: f64, (missing, all): (usize, usize)) -> String {
    let closest = match share {
        share if share < LEAST => "Nothing carries a load worth telling".to_owned(),
        share if share >= REACHED => format!("{name} is the fullest: it, or its line, has reached its limit"),
        share => format!("{name} is the fullest: it, or its line, is at {} of its limit", percent(share)),
    };
    match (missing, all) {
        (0, _) => closest,
        (1, _) => format!("{closest}; a goal is missed at 1 of {all} sites"),
        (missing, all) => format!("{closest}; goals are missed at {missing} of {all} sites"),
    }
}

/// Attempts around an outage or a change, 1/s, of so many protocols together, which the picture
/// shows one by one; beside what, and what that is.
pub(super) fn storm(name: &str, protocols: usize, beside: Option<(f64, &str)>, peak: f64) -> String {
    let peak_words = three_figures(peak);
    let whose = if protocols > 1 { " of all protocols" } else { "" };
    match beside.filter(|(rate, _)| *rate > 0.0) {
        Some((rate, what)) if peak / rate >= 1.2 => format!(
            "\u{201c}{name}\u{201d}: attempts{whose} rise to {peak_words} a second, {} times the {} {what}",
            three_figures(peak / rate),
            three_figures(rate)
        ),
        Some((rate, what)) => format!(
            "\u{201c}{name}\u{201d}: attempts{whose} hardly rise, to {peak_words} a second from {} {what}",
            three_figures(rate)
        ),
        None => format!("\u{201c}{name}\u{201d}: up to {peak_words} attempts{whose} a second"),
    }
}

/// Whom an outage hits: clients that ask in vain and how long each in the mean (ns), or else
/// requests that fail; and from when on no more are late or fail than without it (ns after its end).
///
/// Where nothing failed, the highest 95th percentile: protocol, ns, and when.
pub(super) fn outage(
    name: &str,
    failed: f64,
    cut: Option<(f64, f64)>,
    recovery: Option<f64>,
    highest: Option<(&str, f64, &str)>,
) -> String {
    let whom = match cut {
        Some((clients, each)) => {
            format!("cuts off {} clients for {} each", count(clients), duration(each))
        }
        None if failed > 0.0 => format!("{} requests failed", count(failed)),
        None => match highest {
            Some((protocol, ns, at)) => format!(
                "no request failed; {protocol} is slowest, {} for 95 % of its requests at {at}",
                duration(ns)
            ),
            None => "no request failed".to_owned(),
        },
    };
    let again = match recovery {
        // As recovery is judged: they may still be slower, within their goals.
        Some(ns) if ns <= 0.0 => "; once it ends no more are late or fail than without it".to_owned(),
        Some(ns) => format!("; {} after it ends no more are late or fail than without it", duration(ns)),
        None => String::new(),
    };
    let colon = if cut.is_some() { "" } else { ":" };
    format!("\u{201c}{name}\u{201d}{colon} {whom}{again}")
}

/// Databases that are mounted nowhere: at most so many of all, from when to when, and how long any
/// are, where that is longer.
pub(super) fn databases_lost(
    (most, all): (u64, u64),
    [from, to]: &[String; 2],
    longer: Option<&str>,
) -> String {
    let which = match (most, all) {
        (1, 1) => "The database is".to_owned(),
        (1, _) => format!("1 of {all} databases is"),
        _ if most == all => format!("All {all} databases are"),
        _ => format!("{most} of {all} databases are"),
    };
    let some = longer.map_or(String::new(), |long| format!(", and some for {long} in all"));
    format!("{which} mounted nowhere from {from} to {to}{some}")
}

/// Databases that only move: the server that holds most of others, and how many at once.
pub(super) fn databases_moved(server: &str, many: u64) -> String {
    let noun = if many == 1 { "database" } else { "databases" };
    format!("{server} holds up to {many} {noun} of others")
}

#[cfg(test)]
mod tests;
