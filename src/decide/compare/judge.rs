//! Rows, families and words of a comparison.
//!
//! Two families: the goals, which decide words and exit codes, and all other rows; of several
//! others each family holds the rows of all. What is seen of a row is kept over the looks,
//! for its sequential p-value ([`crate::stats::paired`]).

use std::collections::{BTreeMap, BTreeSet};

use super::matching::{self, Group, Matching};
use super::measured::{Judged, Measured, UsersOf, uses};
use super::side::{Asked, Side};
use super::{affected, found, keys};
use crate::decide::plan::bought::bought;
use crate::model::protocol::Protocol;
use crate::results::compared::{
    About, Against, ComparedRow, Comparison, GoalOf, Measure, Metric, Said, Sided,
};
use crate::results::objectives::{Subject, Verdict};
use crate::results::{LinkRow, ServerRow};
use crate::stats::interval::{Interval, LEVEL};
use crate::stats::paired::{Change, Difference, FEWEST, holm, pairs_for, ratio, sequential_p, word};
use crate::stats::verdict::Word;

/// A look at the pairs that there are.
#[derive(Clone, Debug)]
pub struct Look {
    /// What was asked.
    pub asked: Asked,
    /// Confidence of each interval.
    pub level: f64,
    /// Runs are pairs.
    pub paired: bool,
    /// Numbers of pairs at which it was looked at, this one included.
    pub looks: Vec<u32>,
}

/// Which other, about whom, of what.
pub type Key = (usize, About, Metric);

/// p-values of a row with the share of the error that each look had.
pub type Seen = Vec<(f64, f64)>;

/// What is kept of the rows from look to look.
#[derive(Clone, Debug, Default)]
pub struct Family {
    seen: BTreeMap<Key, Seen>,
}

/// Values of a row on both sides.
struct Both {
    metric: Metric,
    base: Measured,
    other: Measured,
    goal: Option<GoalOf>,
    by_late_share: bool,
}

impl Family {
    /// Judges the runs of these sides, the base first. Each number of pairs is looked at once.
    pub fn look(&mut self, sides: &[Side<'_>], look: &Look) -> Comparison {
        let (base, others) = sides.split_first().expect("a comparison has a base");
        let mut against: Vec<Against> = others.iter().map(|other| one_against(base, other, look)).collect();
        for goals in [true, false] {
            self.judge(&mut against, goals, look);
        }
        against.iter_mut().for_each(|against| sort(&mut against.rows));
        let open = open(&against, look);
        Comparison {
            base: sided(base, look.level),
            others: against,
            pairs: look.looks.last().copied().unwrap_or(0),
            looks: look.looks.clone(),
            level: look.level,
            floor: look.asked.floor,
            precision: look.asked.precision,
            paired: look.paired,
            in_order: None,
            open,
        }
    }

    /// States the words of one family.
    fn judge(&mut self, against: &mut [Against], goals: bool, look: &Look) {
        let share = (1.0 - look.level) / (1.0 - LEVEL);
        let mut family: Vec<(usize, &mut ComparedRow)> = Vec::new();
        for (which, against) in against.iter_mut().enumerate() {
            family.extend(
                against.rows.iter_mut().filter(|row| row.goal.is_some() == goals).map(|row| (which, row)),
            );
        }
        let mut sequential = Vec::with_capacity(family.len());
        for (which, row) in &family {
            let seen = self.seen.entry((*which, row.about.clone(), row.metric)).or_default();
            let p = row.difference.as_ref().map_or(1.0, Difference::p_value);
            seen.push((p, share));
            sequential.push(sequential_p(seen));
        }
        let rejected = holm(LEVEL, &sequential);
        let corrected = 1.0 - (1.0 - look.level) / family.len().max(1) as f64;
        for ((_, row), rejected) in family.into_iter().zip(rejected) {
            finish(row, rejected, corrected, look);
        }
    }
}

/// States interval, ratio and word of a row.
fn finish(row: &mut ComparedRow, rejected: bool, corrected: f64, look: &Look) {
    let Some(difference) = &row.difference else { return };
    row.half_width = Some(difference.half_width(look.level));
    row.corrected = Some(difference.half_width(corrected));
    let (base, other) = (row.base.unwrap_or(0.0), row.other.unwrap_or(0.0));
    let pairs: Vec<(f64, f64)> = row.runs.iter().filter_map(|&(a, b)| Some((a?, b?))).collect();
    row.ratio = ratio(look.level, base, other, &pairs, look.paired)
        .map(|of| (of.estimate, of.half_width.unwrap_or(0.0)));
    let floor = look.asked.floor * base.abs();
    if row.rough || difference.pairs < FEWEST {
        return;
    }
    let interval = Interval { estimate: difference.estimate, half_width: row.half_width };
    row.said = match (word(&interval, difference.pairs, floor, rejected), row.metric.less_is_better()) {
        (Change::Same, _) => Said::Same,
        (Change::Lower, Some(true)) | (Change::Higher, Some(false)) => Said::Better,
        (Change::Lower, Some(false)) | (Change::Higher, Some(true)) => Said::Worse,
        (Change::Lower, None) => Said::Lower,
        (Change::Higher, None) => Said::Higher,
        (Change::TooFew, _) => Said::TooFew,
        (_, _) => Said::NotShown,
    };
    if row.said == Said::NotShown {
        // Until its interval leaves 0 out, or lies inside the floor.
        let wanted = difference.estimate.abs().max(floor - difference.estimate.abs());
        row.pairs_to_settle = pairs_for(difference, wanted);
    }
}

/// Rows that go on: goals, and where there are none every row, whose interval holds 0, does not
/// lie inside the floor and is wider than what was asked.
fn open(against: &[Against], look: &Look) -> usize {
    let rows = || against.iter().flat_map(|against| &against.rows);
    let goals = rows().any(|row| row.goal.is_some());
    let is_open = |row: &&ComparedRow| {
        let (Some(difference), Some(half)) = (&row.difference, row.half_width) else {
            // A run has no value: more runs do not help.
            return false;
        };
        let base = row.base.unwrap_or(0.0).abs();
        let decided = difference.estimate.abs() > half;
        let same = difference.estimate.abs() + half <= look.asked.floor * base;
        let known = look.asked.precision.is_some_and(|asked| half <= asked * base);
        !decided && !same && !known
    };
    rows().filter(|row| !goals || row.goal.is_some()).filter(is_open).count()
}

/// A changed verdict first, then what changes most; what too few runs can say nothing of last.
fn sort(rows: &mut [ComparedRow]) {
    let size = |row: &ComparedRow| match (row.ratio, row.difference.as_ref().map(|d| d.estimate)) {
        (Some((ratio, _)), _) if ratio > 0.0 => distance(ratio),
        (_, Some(estimate)) if estimate != 0.0 => f64::INFINITY,
        _ => 0.0,
    };
    let all = |row: &ComparedRow| matches!(row.about, About::All(_));
    let changed = |row: &ComparedRow| row.newly_missed() || row.newly_met();
    let few = |row: &ComparedRow| row.said == Said::TooFew && !changed(row);
    rows.sort_by(|a, b| {
        let first = |row: &ComparedRow| (row.goal.is_some(), changed(row), all(row));
        let order = few(a).cmp(&few(b)).then(first(b).cmp(&first(a)));
        order.then_with(|| {
            size(b).total_cmp(&size(a)).then_with(|| (&a.about, a.metric).cmp(&(&b.about, b.metric)))
        })
    });
}

/// How far a ratio above 0 is from 1, whichever way: the same for a half and for twice, in the
/// order of its logarithm.
fn distance(ratio: f64) -> f64 {
    ratio.max(1.0 / ratio)
}

fn sided(side: &Side<'_>, level: f64) -> Sided {
    let slo = &side.scenario.model.workload.slo;
    let users = side.result.users.iter();
    let of_users = users.flat_map(|users| Verdict::of_users(users, slo, level, side.result.window));
    let mut goals = [0; 4];
    for finding in of_users.chain(Verdict::of_resources(side.result, slo, level)) {
        let at = match finding.verdict {
            Word::Met => 0,
            Word::Missed | Word::Never => 1,
            Word::Open => 2,
            Word::Unjudged => 3,
        };
        goals[at] += 1;
    }
    Sided { name: side.name.to_owned(), goals }
}

fn one_against(base: &Side<'_>, other: &Side<'_>, look: &Look) -> Against {
    let matching = matching::populations(base.scenario, other.scenario);
    let mut rows = Vec::new();
    user_rows(base, other, &matching, look, &mut rows);
    resource_rows(base, other, look, &mut rows);
    let alone = |side: &Side<'_>, places: &[u32]| {
        let named = |&at: &u32| {
            let mailboxes = side.result.names.mailboxes.get(at as usize).copied().unwrap_or(0);
            (side.result.names.populations[at as usize].clone(), u64::from(mailboxes))
        };
        places.iter().map(named).collect()
    };
    let sites = matching::sites(base, other);
    Against {
        base: base.name.to_owned(),
        other: sided(other, look.level),
        keys: keys::differing(base.scenario, other.scenario),
        affected: affected::affected(base, other, &matching),
        findings: found::changes(base.scenario, other.scenario, &sites),
        changes: None,
        purchase: bought(base.scenario, other.scenario, |site| sites.get(site).copied()),
        rows,
        base_alone: alone(base, &matching.base_alone),
        other_alone: alone(other, &matching.other_alone),
    }
}

/// Rows of users: of a protocol in all populations, where they are several, and in each group.
fn user_rows(
    base: &Side<'_>,
    other: &Side<'_>,
    matching: &Matching,
    look: &Look,
    rows: &mut Vec<ComparedRow>,
) {
    let protocols: BTreeSet<Option<Protocol>> =
        base.result.users.iter().chain(&other.result.users).map(|users| users.protocol).collect();
    let everybody = |side: &Side<'_>| (0..).take(side.result.names.populations.len()).collect::<Vec<u32>>();
    for &protocol in &protocols {
        let populations =
            |side: &Side<'_>| side.result.users.iter().filter(|users| users.protocol == protocol).count();
        if populations(base).max(populations(other)) > 1 {
            let all = Group { name: String::new(), base: everybody(base), other: everybody(other) };
            // Each population has its own goals; all of them together have none.
            let about = About::All(protocol);
            rows.extend(
                group_rows(base, other, protocol, &all, look, false)
                    .map(|both| row(about.clone(), both, look)),
            );
        }
        for group in &matching.groups {
            let about = About::Users(protocol, group.name.clone());
            rows.extend(
                group_rows(base, other, protocol, group, look, true)
                    .map(|both| row(about.clone(), both, look)),
            );
        }
    }
}

fn group_rows(
    base: &Side<'_>,
    other: &Side<'_>,
    protocol: Option<Protocol>,
    group: &Group,
    look: &Look,
    with_goals: bool,
) -> std::vec::IntoIter<Both> {
    let before = UsersOf::of(base.result, protocol, &group.base);
    let now = UsersOf::of(other.result, protocol, &group.other);
    let (Some(before), Some(now)) = (before, now) else { return Vec::new().into_iter() };
    let mut all = Vec::new();
    if with_goals {
        let goals = |side: &Side<'_>, users: &UsersOf<'_>| {
            users.goals(side.result, &side.scenario.model.workload.slo, look.level)
        };
        all = goal_rows(goals(base, &before), goals(other, &now));
    }
    let told: BTreeSet<Metric> = all.iter().map(|both: &Both| both.metric.measured()).collect();
    let pairs = before.metrics().into_iter().zip(now.metrics());
    let plain = pairs.filter(|((metric, base), (same, other))| {
        metric == same && !told.contains(metric) && (base.value.is_some() || other.value.is_some())
    });
    all.extend(plain.map(|((metric, base), (_, other))| Both {
        metric,
        base,
        other,
        goal: None,
        by_late_share: false,
    }));
    all.into_iter()
}

/// Goals that both sides have; a percentile that a side has none of is compared by the share
/// that is late.
fn goal_rows(base: Vec<Judged>, other: Vec<Judged>) -> Vec<Both> {
    let mut others: BTreeMap<Measure, Judged> = other.into_iter().map(|goal| (goal.measure, goal)).collect();
    let mut all = Vec::new();
    for before in base {
        let Some(now) = others.remove(&before.measure) else { continue };
        let goal = GoalOf { goal: before.goal, base: Some(before.verdict), other: Some(now.verdict) };
        let known = |of: &Measured| of.value.is_some() && of.runs.iter().all(Option::is_some);
        let whole = known(&before.measured) && known(&now.measured);
        let metric = Metric::Goal(before.measure);
        let (base, other, by_late_share) = match (before.late, now.late) {
            (Some(of_base), Some(of_other)) if !whole => (of_base, of_other, true),
            _ => (before.measured, now.measured, false),
        };
        all.push(Both { metric, base, other, goal: Some(goal), by_late_share });
    }
    all
}

/// Rows of server groups and links that both have.
fn resource_rows(base: &Side<'_>, other: &Side<'_>, look: &Look, rows: &mut Vec<ComparedRow>) {
    let renamed = matching::sites(base, other);
    let site = |side: &Side<'_>, at: u32| {
        let name = side.result.names.sites.get(at as usize).map_or("", String::as_str);
        renamed.get(name).map_or_else(|| name.to_owned(), |was| (*was).to_owned())
    };
    // The name of a group or a link, with the site as it was called before.
    let key = |side: &Side<'_>, name: &str, ends: [u32; 2]| {
        let mut name = name.to_owned();
        for end in ends {
            let now = side.result.names.sites.get(end as usize).map_or("", String::as_str);
            if let Some(was) = renamed.get(now) {
                name = name.replace(now, was);
            }
        }
        (name, site(side, ends[0]), site(side, ends[1]))
    };
    let server_key =
        |side: &Side<'_>, row: &ServerRow| (row.role.token(), key(side, &row.name, [row.site, row.site]));
    let link_key = |side: &Side<'_>, row: &LinkRow| key(side, &row.name, [row.ends.from, row.ends.to]);
    let judged =
        |side: &Side<'_>| Verdict::of_resources(side.result, &side.scenario.model.workload.slo, look.level);
    let (of_base, of_other) = (judged(base), judged(other));
    for (at, before) in (0..).zip(&base.result.servers) {
        let same = |row: &&ServerRow| server_key(other, row) == server_key(base, before);
        let Some(there) = other.result.servers.iter().position(|row| same(&row)) else { continue };
        let now = &other.result.servers[there];
        let use_of =
            |row: &ServerRow| uses(row.judged_hour(), row.replications.iter().map(|r| r.utilisation));
        let goals = (
            goals_of(&of_base, Subject::Servers(at)),
            goals_of(&of_other, Subject::Servers(u32::try_from(there).unwrap_or(u32::MAX))),
        );
        let about = About::Servers(before.name.clone());
        rows.extend(use_rows(use_of(before), use_of(now), &goals).map(|both| row(about.clone(), both, look)));
    }
    for (at, before) in (0..).zip(&base.result.links) {
        let same = |row: &&LinkRow| link_key(other, row) == link_key(base, before);
        let Some(there) = other.result.links.iter().position(|row| same(&row)) else { continue };
        let now = &other.result.links[there];
        let use_of = |row: &LinkRow| uses(&row.busiest_hour, row.replications.iter().map(|r| r.utilisation));
        let goals = (
            goals_of(&of_base, Subject::Link(at)),
            goals_of(&of_other, Subject::Link(u32::try_from(there).unwrap_or(u32::MAX))),
        );
        let about = About::Link(before.name.clone());
        rows.extend(use_rows(use_of(before), use_of(now), &goals).map(|both| row(about.clone(), both, look)));
    }
}

/// Goals on a resource: measure, goal, verdict.
type OnUse = Vec<(Measure, f64, Word)>;

fn goals_of(findings: &[crate::results::objectives::Finding], subject: Subject) -> OnUse {
    let own = findings.iter().filter(|finding| finding.subject == subject);
    own.map(|finding| (finding.measure, finding.goal, finding.verdict)).collect()
}

fn use_rows(
    base: [(Metric, Measured); 2],
    other: [(Metric, Measured); 2],
    goals: &(OnUse, OnUse),
) -> std::vec::IntoIter<Both> {
    let rows = base.into_iter().zip(other).map(|((metric, base), (_, other))| {
        let measure = match metric {
            Metric::BusiestHour => Measure::Utilisation,
            _ => Measure::MeanUtilisation,
        };
        let of = |goals: &OnUse| goals.iter().find(|goal| goal.0 == measure).copied();
        let goal = of(&goals.0).zip(of(&goals.1)).map(|(before, now)| GoalOf {
            goal: before.1,
            base: Some(before.2),
            other: Some(now.2),
        });
        let metric = if goal.is_some() { Metric::Goal(measure) } else { metric };
        Both { metric, base, other, goal, by_late_share: false }
    });
    rows.collect::<Vec<_>>().into_iter()
}

/// A row before its family is known.
fn row(about: About, both: Both, look: &Look) -> ComparedRow {
    let Both { metric, base, other, goal, by_late_share } = both;
    let runs = base.runs.len().min(other.runs.len());
    let values = |of: &Measured| of.runs.iter().copied().collect::<Option<Vec<f64>>>();
    let difference = match (base.value, other.value, values(&base), values(&other)) {
        (Some(before), Some(now), Some(of_base), Some(of_other)) if look.paired => {
            let pairs: Vec<(f64, f64)> = of_base.into_iter().zip(of_other).collect();
            Difference::sectioned(before, now, &pairs)
        }
        (Some(before), Some(now), Some(of_base), Some(of_other)) => {
            Difference::independent(before, now, &of_base, &of_other)
        }
        _ => None,
    };
    ComparedRow {
        about,
        metric,
        goal,
        by_late_share,
        base: base.value,
        other: other.value,
        difference,
        half_width: None,
        corrected: None,
        ratio: None,
        said: Said::TooFew,
        rough: base.rough || other.rough,
        pairs_to_settle: None,
        runs: (0..runs).map(|run| (base.runs[run], other.runs[run])).collect(),
    }
}
