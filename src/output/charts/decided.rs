//! The pictures of what is decided: of a comparison the differences and who will notice, of a
//! sweep what is found along the values.
//!
//! Chooses rows and words; `differences`, `notices`, `panels` and `heat` lay them out.

use super::chart::Drawn;
use super::differences::{Change, Differences, Meaning, Row};
use super::frontier;
use super::looks::title;
use super::notices::{self, Notices, Weight};
use super::scene::Head;
use super::swept;
use crate::model::access::Mechanism;
use crate::output::compared::tables;
use crate::output::compared::text::what_to_do;
use crate::output::compared::words::{Unit, metric};
use crate::output::words::{count, percent, thousands, three_figures};
use crate::results::compared::{About, Affected, Against, ComparedRow, Comparison, Metric, Said};
use crate::results::planned::Planned;
use crate::results::swept::Swept;

/// Rows of a picture of differences; of those without a difference as many as are left, up to
/// `QUIET`.
const ROWS: usize = 15;
const QUIET: usize = 3;
/// Rows of a picture of who will notice.
const NOTICES: usize = 20;
/// Pairs that are drawn one by one.
const PAIRS: usize = 200;

/// Every picture of a comparison; of several others numbered.
#[must_use]
pub(super) fn of_comparison(comparison: &Comparison) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    for (number, against) in (1..).zip(&comparison.others) {
        let named = |name: &str| match comparison.others.len() {
            1 => name.to_owned(),
            _ => format!("{name}-{number}"),
        };
        let rows = Chosen::of(against);
        let data = tables::rows_shown(against, |row| rows.has(row));
        let scene = differences(comparison, against, &rows).scene();
        drawn.push(Drawn::drawing(named("comparison"), scene, data));
        let data = tables::ways_shown(against, NOTICES);
        drawn.push(Drawn::drawing(named("affected"), notices(comparison, against).scene(), data));
    }
    drawn
}

/// Every picture of a sweep.
#[must_use]
pub(super) fn of_sweep(swept: &Swept) -> Vec<Drawn> {
    vec![swept::drawn(swept)]
}

/// Every picture of plans; of several designs numbered.
#[must_use]
pub(super) fn of_plans(plans: &[Planned]) -> Vec<Drawn> {
    let drawn = plans.iter().map(frontier::drawn);
    let named = |(number, drawn): (usize, Drawn)| match plans.len() {
        1 => drawn,
        _ => Drawn { name: format!("{}-{number}", drawn.name).into(), ..drawn },
    };
    (1..).zip(drawn).map(named).collect()
}

/// Which rows a picture shows.
struct Chosen<'r> {
    /// Those that differ, the most important first.
    told: Vec<&'r ComparedRow>,
    /// Goals that do not.
    quiet: Vec<&'r ComparedRow>,
    /// All others.
    rest: Vec<&'r ComparedRow>,
}

impl<'r> Chosen<'r> {
    fn of(against: &'r Against) -> Self {
        let is_told = |row: &&ComparedRow| is_changed(row) || matches!(row.said, Said::Better | Said::Worse);
        let (mut told, others): (Vec<_>, Vec<_>) = against.rows.iter().partition(is_told);
        // What says the same in other words comes after what does not.
        told.sort_by_key(|row| (!is_changed(row), !is_of_interest(row)));
        let (first, second) = (told.iter().filter(|row| is_changed(row)).count(), told.len());
        for part in [0..first, first..second] {
            told[part].sort_by(|a, b| {
                is_of_interest(b).cmp(&is_of_interest(a)).then(distance(b).total_cmp(&distance(a)))
            });
        }
        let mut rest = told.split_off(told.len().min(ROWS));
        let room = QUIET.min(ROWS - told.len()).max(if told.is_empty() { 8 } else { 0 });
        let known = |row: &&ComparedRow| row.difference.is_some();
        let (mut quiet, silent): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|row| row.goal.is_some() && known(row));
        let mut silent = silent;
        if quiet.is_empty() && told.is_empty() {
            (quiet, silent) = silent.into_iter().partition(|row| is_of_interest(row) && known(row));
        }
        rest.extend(quiet.split_off(quiet.len().min(room)));
        rest.extend(silent);
        Self { told, quiet, rest }
    }

    fn has(&self, row: &ComparedRow) -> bool {
        self.told.iter().chain(&self.quiet).any(|shown| std::ptr::eq(*shown, row))
    }
}

fn is_changed(row: &ComparedRow) -> bool {
    row.newly_missed() || row.newly_met()
}

/// Whether it is what a decision is made by; the others follow it.
fn is_of_interest(row: &ComparedRow) -> bool {
    let of = matches!(
        row.metric,
        Metric::Goal(_)
            | Metric::P95
            | Metric::LogonP95
            | Metric::FailedShare
            | Metric::TimeLost
            | Metric::BusiestHour
    );
    of && !matches!(row.about, About::All(_))
}

/// How far a row is from no difference, by the logarithm.
fn distance(row: &ComparedRow) -> f64 {
    match (row.ratio, row.difference.as_ref().map(|difference| difference.estimate)) {
        (Some((ratio, _)), _) if ratio > 0.0 => libm::log2(ratio).abs(),
        (_, Some(estimate)) if estimate != 0.0 => f64::INFINITY,
        _ => 0.0,
    }
}

/// Whom a row is about, and of what.
fn named(row: &ComparedRow) -> (String, String) {
    let late = if row.by_late_share { ", late share" } else { "" };
    let of = metric(row);
    let users = |protocol: &Option<_>| format!("{}, {of}{late}", title(*protocol));
    match &row.about {
        About::All(protocol) => ("Everyone".to_owned(), users(protocol)),
        About::Users(protocol, population) => (population.clone(), users(protocol)),
        About::Servers(name) => (name.clone(), format!("{of}, cores")),
        About::Link(name) => (name.replacen('>', " \u{2192} ", 1), of.to_owned()),
    }
}

fn differences(comparison: &Comparison, against: &Against, rows: &Chosen<'_>) -> Differences {
    let head = Head {
        topic: format!("{} against {}", against.other.name, comparison.base.name),
        finding: finding(comparison, against, rows),
        how: how(comparison),
    };
    let ratio = |row: &&ComparedRow| {
        let ratio = row.ratio.map(|ratio| ratio.0).filter(|ratio| *ratio > 0.0)?;
        let (name, words) = named(row);
        Some((ratio, format!("{name}, {words}: {}", change_words(row))))
    };
    let strip: Vec<(f64, String)> = rows.rest.iter().filter_map(ratio).collect();
    let strip_words = match strip.len() {
        0 => String::new(),
        1 => "1 other ratio".to_owned(),
        n => format!("{} other ratios", thousands(n as u64)),
    };
    Differences {
        head,
        rows: rows.told.iter().chain(&rows.quiet).map(|row| drawn_row(row)).collect(),
        shown: rows.told.len(),
        strip: (strip, strip_words),
        foot: foot(comparison, against, rows),
        empty: "Nothing that both have can be compared".to_owned(),
    }
}

fn how(comparison: &Comparison) -> String {
    let pairs = match comparison.paired {
        true => format!("{} of runs that saw the same draws", count(comparison.pairs as usize, "pair")),
        false => format!("{} a side, not paired", count(comparison.pairs as usize, "run")),
    };
    let level = match comparison.looks.len() {
        0 | 1 => "95 %".to_owned(),
        looks => format!("95 % shared among {looks} looks"),
    };
    format!("{pairs}. Intervals at {level}, each for itself; the words are those of all rows together (Holm)")
}

fn drawn_row(row: &ComparedRow) -> Row {
    let (name, words) = named(row);
    let unit = Unit::of(row);
    let told = |value: Option<f64>| value.map_or_else(|| "no value".to_owned(), |value| unit.words(value));
    let goal = row.goal.map(|goal| goal.goal).filter(|_| !row.by_late_share);
    let change = match (row.base, row.other) {
        (Some(before), Some(after)) if unit == Unit::Ms && before > 0.0 && after > 0.0 => {
            Change::Times { before, after, goal }
        }
        (before, after) => {
            let goal = goal.map_or_else(String::new, |goal| format!(", goal {}", unit.words(goal)));
            Change::Told(format!("{} \u{2192} {}{goal}", told(before), told(after)))
        }
    };
    let pair = |&(base, other): &(Option<f64>, Option<f64>)| Some(other? / base.filter(|base| *base > 0.0)?);
    let pairs: Vec<f64> = row.runs.iter().filter_map(pair).collect();
    let mut more = if row.rough { "rough" } else { row.said.words() }.to_owned();
    if let Some((before, now)) = row.goal.and_then(|goal| goal.base.zip(goal.other)).filter(|(a, b)| a != b) {
        more = format!("{more}, {} \u{2192} {}", before.token(), now.token());
    }
    Row {
        name,
        words,
        change,
        ratio: row.ratio.map(|(ratio, half)| (ratio, ratio - half, ratio + half)),
        pairs: if pairs.len() > PAIRS { Vec::new() } else { pairs },
        meaning: match row.said {
            Said::Better => Meaning::Good,
            Said::Worse => Meaning::Bad,
            _ => Meaning::None,
        },
        note: change_words(row),
        more,
    }
}

/// The ratio in words: `−67 %`, `× 8.4`.
fn change_words(row: &ComparedRow) -> String {
    match row.ratio.map(|ratio| ratio.0) {
        Some(ratio) if ratio >= 999.5 => format!("\u{d7} {}", thousands(ratio.round() as u64)),
        Some(ratio) if ratio >= 2.0 => format!("\u{d7} {}", three_figures(ratio)),
        Some(1.0) => "0 %".to_owned(),
        Some(ratio) if ratio >= 1.0 => format!("+{}", percent(ratio - 1.0)),
        Some(ratio) => format!("\u{2212}{}", percent(1.0 - ratio)),
        None => match row.difference.as_ref().map(|difference| difference.estimate) {
            Some(0.0) => "0".to_owned(),
            Some(_) => "from 0".to_owned(),
            None => "unknown".to_owned(),
        },
    }
}

/// What the picture shows, the first that applies.
fn finding(comparison: &Comparison, against: &Against, rows: &Chosen<'_>) -> String {
    let of = |row: &ComparedRow| {
        let (name, words) = named(row);
        format!("{name}, {words}")
    };
    let values = |row: &ComparedRow| match (row.base, row.other) {
        (Some(before), Some(after)) => {
            format!(" ({} \u{2192} {})", Unit::of(row).words(before), Unit::of(row).words(after))
        }
        _ => String::new(),
    };
    let missed: Vec<_> = against.rows.iter().filter(|row| row.newly_missed()).collect();
    let met: Vec<_> = against.rows.iter().filter(|row| row.newly_met()).collect();
    if let Some(row) = missed.first() {
        let more = match (missed.len() - 1, met.len()) {
            (0, 0) => String::new(),
            (0, met) => format!("; {met} newly met"),
            (more, 0) => format!("; {more} more newly missed"),
            (more, met) => format!("; {more} more newly missed, {met} newly met"),
        };
        return format!("{}: misses its goal now{}{more}", of(row), values(row));
    }
    if let Some(row) = met.first() {
        let more = if met.len() > 1 { format!("; {} more newly met", met.len() - 1) } else { String::new() };
        return format!("{}: meets its goal now{}{more}, none newly missed", of(row), values(row));
    }
    let (better, worse) = (against.count(Said::Better), against.count(Said::Worse));
    if let Some(row) = rows.told.first() {
        return format!(
            "{}: {}; {better} of {} rows better, {worse} worse",
            of(row),
            change_words(row),
            against.rows.len()
        );
    }
    if comparison.pairs < 10 {
        return format!(
            "{} are too few to show a difference: 10 are the least",
            count(comparison.pairs as usize, "pair")
        );
    }
    match against.rows.iter().all(|row| row.difference.as_ref().is_none_or(|d| d.estimate == 0.0)) {
        true => format!("Nothing differs: all of {} are exactly the same", count(against.rows.len(), "row")),
        false => {
            format!("No difference for better or worse is shown in {}", count(against.rows.len(), "row"))
        }
    }
}

fn foot(comparison: &Comparison, against: &Against, rows: &Chosen<'_>) -> Vec<String> {
    let mut foot = Vec::new();
    let said = |said: &[Said]| rows.rest.iter().filter(|row| said.contains(&row.said)).count();
    let (differ, quiet, few) =
        (said(&[Said::Better, Said::Worse]), said(&[Said::Same, Said::NotShown]), said(&[Said::TooFew]));
    if differ + quiet + few > 0 {
        let none = if differ > 0 { "show none" } else { "show no difference" };
        let parts = [(differ, "show a difference too"), (quiet, none), (few, "have too few replications")];
        let parts = parts.into_iter().filter(|(n, _)| *n > 0);
        let parts: Vec<String> = parts.map(|(n, words)| format!("{} {words}", thousands(n as u64))).collect();
        foot.push(format!("Of the rows that are not drawn {}; comparison.csv has all.", parts.join(", ")));
    }
    if let Some(ratio) = against.variance_ratio().filter(|_| comparison.paired) {
        let (times, way) = if ratio < 1.0 { (1.0 / ratio, "more") } else { (ratio, "less") };
        foot.push(format!(
            "Pairing: differences vary {} times {way} than between independent runs (median).",
            three_figures(times)
        ));
    }
    foot
}

fn notices(comparison: &Comparison, against: &Against) -> Notices {
    let clients = |of: &dyn Fn(&Affected) -> bool| -> f64 {
        against.affected.iter().filter(|way| of(way)).map(|way| way.clients).sum()
    };
    let told = |clients: f64| thousands((clients + 0.5) as u64);
    let refused = clients(&|way| weight(way) == Weight::Refused);
    let work = clients(&|way| weight(way) == Weight::Work);
    let all = clients(&|_| true);
    let finding = match () {
        () if against.affected.is_empty() => "Nobody is served in another way".to_owned(),
        () if refused > 0.5 => format!("{} clients are refused that are served today", told(refused)),
        () if work > 0.5 => format!(
            "{} of {} clients that are served in another way have to do something",
            told(work),
            told(all)
        ),
        () => format!("{} clients are served in another way, and none has to do anything", told(all)),
    };
    let row = |way: &Affected| notices::Row {
        name: way.population.clone(),
        words: match way.old == way.new {
            true => format!("{}, {}", way.protocol.title(), way.old.token()),
            false => format!("{}, {} \u{2192} {}", way.protocol.title(), way.old.token(), way.new.token()),
        },
        clients: way.clients,
        note: format!("{} clients{}", told(way.clients), what_to_do(way)),
        weight: weight(way),
    };
    let more = against.affected.len().saturating_sub(NOTICES);
    Notices {
        head: Head {
            topic: format!("Who will notice: {} against {}", against.other.name, comparison.base.name),
            finding,
            how: "As the rules decide it while nothing fails; clients before concurrency".to_owned(),
        },
        rows: against.affected.iter().take(NOTICES).map(row).collect(),
        foot: if more > 0 { format!("{more} more in affected.csv") } else { String::new() },
    }
}

fn weight(way: &Affected) -> Weight {
    match () {
        () if way.new == Mechanism::Refuse => Weight::Refused,
        () if way.second_logon || way.retype.is_some() || way.provision => Weight::Work,
        () => Weight::Nothing,
    }
}
