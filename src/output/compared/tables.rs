//! `comparison.csv`, `comparison_pairs.csv`, `affected.csv`, `findings.csv` and `settings.csv`;
//! `changes.csv` stands in [`super::request`], `cost.csv` in [`super::cost`].

use super::cost::{self, Costs};
use super::in_order::{self, Old, Steps};
use super::request::{self, Changes};
use super::words::{Unit, change, columns as of_about, token, yes};
use crate::output::tables::columns::{
    Column, Description, Table, Value, columns, int, name, real, text, whole,
};
use crate::output::tables::csv_table;
use crate::results::compared::{Affected, Against, ComparedRow, Comparison, FindingChange, KeyChange};

/// Every table of a comparison, as (file name, bytes).
#[must_use]
pub fn all(comparison: &Comparison) -> Vec<(String, Vec<u8>)> {
    // Of a migration also each step against the one before; the first has the base there.
    let stages = || comparison.in_order.iter().flat_map(|of| of.stages.iter().skip(1));
    let others = || comparison.others.iter().chain(stages().map(|stage| &stage.before));
    let rows = others()
        .flat_map(|against| (1..).zip(&against.rows).map(move |(rank, row)| Row { against, rank, row }));
    let pairs = comparison.others.iter().flat_map(|against| {
        against.rows.iter().flat_map(move |row| {
            (0..).zip(&row.runs).map(move |(run, &values)| Pair { against, row, run, values })
        })
    });
    let ways = others().flat_map(|against| against.affected.iter().map(move |way| Way { against, way }));
    let keys = others().flat_map(|against| against.keys.iter().map(move |key| Key { against, key }));
    let found = others().flat_map(|against| against.findings.iter().map(move |of| Found { against, of }));
    let mut all = vec![
        (file_name::<Rows>(), csv_table::file::<Rows>(rows)),
        (file_name::<Pairs>(), csv_table::file::<Pairs>(pairs)),
        (file_name::<Ways>(), csv_table::file::<Ways>(ways)),
        (file_name::<Changes>(), csv_table::file::<Changes>(request::rows(comparison))),
        (file_name::<Findings>(), csv_table::file::<Findings>(found)),
        (file_name::<Keys>(), csv_table::file::<Keys>(keys)),
    ];
    if cost::is_priced(comparison) {
        all.push((file_name::<Costs>(), csv_table::file::<Costs>(cost::rows(comparison))));
    }
    if let Some(migration) = &comparison.in_order {
        all.push((file_name::<Steps>(), csv_table::file::<Steps>(in_order::steps(comparison))));
        all.push((file_name::<Old>(), csv_table::file::<Old>(&migration.servers)));
    }
    all
}

/// The rows of `comparison.csv` that `is_shown`, with their ranks, against one other: what a picture shows.
#[must_use]
pub fn rows_shown(against: &Against, is_shown: impl Fn(&ComparedRow) -> bool) -> Vec<u8> {
    let rows = (1..).zip(&against.rows).filter(|(_, row)| is_shown(row));
    csv_table::file::<Rows>(rows.map(|(rank, row)| Row { against, rank, row }))
}

/// The first `most` rows of `affected.csv` against one other.
#[must_use]
pub fn ways_shown(against: &Against, most: usize) -> Vec<u8> {
    csv_table::file::<Ways>(against.affected.iter().take(most).map(|way| Way { against, way }))
}

/// What the README says of them.
pub fn descriptions() -> impl Iterator<Item = Description> {
    [
        Description::of::<Rows>(),
        Description::of::<Pairs>(),
        Description::of::<Ways>(),
        Description::of::<Changes>(),
        Description::of::<Findings>(),
        Description::of::<Costs>(),
        Description::of::<Steps>(),
        Description::of::<Old>(),
        Description::of::<Keys>(),
    ]
    .into_iter()
}

fn file_name<T: Table>() -> String {
    format!("{}.csv", T::NAME)
}

#[derive(Debug)]
struct Rows;

#[derive(Debug)]
struct Row<'r> {
    against: &'r Against,
    rank: u64,
    row: &'r ComparedRow,
}

impl Row<'_> {
    fn own(&self, value: Option<f64>) -> Value<'_> {
        real(value.map(|value| Unit::of(self.row).in_own(value)))
    }

    fn ratio(&self, of: fn((f64, f64)) -> f64) -> Value<'_> {
        real(self.row.ratio.map(of))
    }

    fn verdict(&self, base: bool) -> Value<'_> {
        let of = self.row.goal.and_then(|goal| if base { goal.base } else { goal.other });
        of.map_or(Value::Blank, |word| text(word.token()))
    }
}

impl Table for Rows {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "comparison";
    const ROW: &'static str = "a metric of the users of a protocol in a population (without population: of all of them), of a server group or of a link direction, in the base and in another scenario. Goals first, changed verdicts first among them, then what changes most; what too few replications say nothing of stands last. Metrics that are no goals: `requests`, `failed_share`, `mean` (of completed requests), `p50`, `p95`, `p99`, `logon_p95` (requests that failed count as later than any), `server_hops` and `wan_hops` a session, `user_minutes_lost`, `utilisation_busiest_hour`, `utilisation_mean`";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "metric" Word "see above; goals as in objectives.csv" => |row| text(token(row.row)),
        "protocol" Word "as in sessions.csv; blank for servers and links" => |row| text(of_about(&row.row.about).0),
        "population" Word "in the base; `A -> B` where the other calls it B, `A + B` where several are one; blank for all of them, servers and links" => |row| name(of_about(&row.row.about).1),
        "unit" Word "of values, differences and half-widths: `ms`, `share`, `min`, `count`, or `late_share` where on a side so many failed that there is no percentile: the share that was late is compared then" => |row| text(Unit::of(row.row).token()),
        "base" Own "over all runs; blank where too little was seen" => |row| row.own(row.row.base),
        "other" Own "likewise" => |row| row.own(row.row.other),
        "difference" Own "other less base" => |row| row.own(row.row.difference.as_ref().map(|d| d.estimate)),
        "ci95" Own "half-width of the difference's interval, at 95 % shared among all looks" => |row| row.own(row.row.half_width),
        "ci95_corrected" Own "the same at that level over the number of rows of its family (goals, all others)" => |row| row.own(row.row.corrected),
        "ratio" Ratio "other over base; blank where the base is 0" => |row| row.ratio(|of| of.0),
        "ratio_low" Ratio "lower end of its interval" => |row| row.ratio(|of| of.0 - of.1),
        "ratio_high" Ratio "upper end" => |row| row.ratio(|of| of.0 + of.1),
        "goal" Own "the base's goal" => |row| match row.row.by_late_share {
            true => Value::Blank,
            false => row.own(row.row.goal.map(|goal| goal.goal)),
        },
        "verdict_base" Word "as in objectives.csv" => |row| row.verdict(true),
        "verdict_other" Word "as in objectives.csv" => |row| row.verdict(false),
        "word" Word "`better`, `worse` (of `requests` `higher`, `lower`), `same` (inside the floor), `no difference shown` or `too few replications`, by Holm's steps over the family" => |row| text(row.row.said.words()),
        "pairs" Count "pairs of runs" => |row| whole(row.row.difference.as_ref().map(|d| d.pairs as u64)),
        "variance_ratio" Ratio "variance of a difference of independent runs over that of these pairs: below 1 pairing harmed; blank without pairs that vary" => |row| real(row.row.difference.as_ref().and_then(|d| d.variance_ratio)),
        "rank" Count "1 is the most important" => |row| int(row.rank),
        "name" Word "server group or link direction; blank for users" => |row| name(of_about(&row.row.about).2),
        "skewed" Word "`yes` where the pairs' differences are skewed beyond 1: with many rows the corrected level is not kept" => |row| yes(row.row.difference.as_ref().is_some_and(crate::stats::paired::Difference::is_skewed)),
        "rough" Word "`yes` where too few independent requests lie beyond a percentile for its interval to be trusted" => |row| yes(row.row.rough),
        "pairs_to_settle" Count "where no difference is shown, about so many pairs would settle it" => |row| whole(row.row.pairs_to_settle),
        "scenario" Word "the other scenario" => |row| name(row.against.other.name.as_str()),
        "against" Word "what it is compared with: the base, or of a migration (`--in-order`) also the step before" => |row| name(row.against.base.as_str()),
    }];
}

#[derive(Debug)]
struct Pairs;

#[derive(Debug)]
struct Pair<'r> {
    against: &'r Against,
    row: &'r ComparedRow,
    run: u64,
    values: (Option<f64>, Option<f64>),
}

impl Pair<'_> {
    fn own(&self, value: Option<f64>) -> Value<'_> {
        real(value.map(|value| Unit::of(self.row).in_own(value)))
    }
}

impl Table for Pairs {
    type Row<'r> = Pair<'r>;
    const NAME: &'static str = "comparison_pairs";
    const ROW: &'static str = "a metric of comparison.csv in one pair of runs, which saw the same draws";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "metric" Word "as in comparison.csv" => |pair| text(token(pair.row)),
        "protocol" Word "as in comparison.csv" => |pair| text(of_about(&pair.row.about).0),
        "population" Word "as in comparison.csv" => |pair| name(of_about(&pair.row.about).1),
        "replication" Count "from 0" => |pair| int(pair.run),
        "base" Own "in the unit of comparison.csv; blank where this run has too small a sample" => |pair| pair.own(pair.values.0),
        "other" Own "likewise" => |pair| pair.own(pair.values.1),
        "name" Word "server group or link direction; blank for users" => |pair| name(of_about(&pair.row.about).2),
        "scenario" Word "the other scenario" => |pair| name(pair.against.other.name.as_str()),
    }];
}

#[derive(Debug)]
struct Ways;

#[derive(Debug)]
struct Way<'r> {
    against: &'r Against,
    way: &'r Affected,
}

impl Table for Ways {
    type Row<'r> = Way<'r>;
    const NAME: &'static str = "affected";
    const ROW: &'static str = "clients whose way changes, as the rules decide it as long as nothing fails: those who are refused afterwards first, then the most";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "population" Word "as in comparison.csv" => |row| name(row.way.population.as_str()),
        "protocol" Word "as in sessions.csv" => |row| text(row.way.protocol.token()),
        "old_mechanism" Word "how they are served in the base, as in flows.csv; `refuse` where they are not in the end" => |row| text(row.way.old.token()),
        "new_mechanism" Word "in the other" => |row| text(row.way.new.token()),
        "users" Count "clients, before concurrency" => |row| real(row.way.clients),
        "second_logon" Word "`yes` where they log on a second time, and did not before" => |row| yes(row.way.second_logon),
        "retype" Word "the name that they have to type or set instead of theirs; blank where it stays, or Autodiscover tells it" => |row| row.way.retype.as_deref().map_or(Value::Blank, name),
        "provision" Word "`yes` where devices have to be provisioned anew" => |row| yes(row.way.provision),
        "scenario" Word "the other scenario" => |row| name(row.against.other.name.as_str()),
        "against" Word "what it is compared with: the base, or of a migration (`--in-order`) also the step before" => |row| name(row.against.base.as_str()),
    }];
}

#[derive(Debug)]
struct Findings;

#[derive(Debug)]
struct Found<'r> {
    against: &'r Against,
    of: &'r FindingChange,
}

impl Table for Findings {
    type Row<'r> = Found<'r>;
    const NAME: &'static str = "findings";
    const ROW: &'static str = "a finding of `casim check` that one of the two scenarios has alone: new ones first, worst first. The same finding with other figures is no row";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "change" Word "`new`: in the other alone; `gone`: in the base alone" => |row| text(change(row.of.new)),
        "severity" Word "`error`, `warn` or `info`" => |row| text(row.of.severity.as_str()),
        "lint" Word "as in docs/lints.md" => |row| text(row.of.lint.as_str()),
        "title" Word "what the lint finds" => |row| text(row.of.title.as_str()),
        "message" Word "what is found" => |row| name(row.of.message.as_str()),
        "path" Word "key of the offending setting, as `--set` takes it" => |row| name(row.of.path.as_str()),
        "mailboxes" Word "mailboxes touched, by population, joined by semicolons" => |row| name(row.of.users.iter().map(|(population, of)| format!("{of} of {population}")).collect::<Vec<_>>().join(";")),
        "scenario" Word "the other scenario" => |row| name(row.against.other.name.as_str()),
        "against" Word "what it is compared with: the base, or of a migration (`--in-order`) also the step before" => |row| name(row.against.base.as_str()),
    }];
}

#[derive(Debug)]
struct Keys;

#[derive(Debug)]
struct Key<'r> {
    against: &'r Against,
    key: &'r KeyChange,
}

impl Table for Keys {
    type Row<'r> = Key<'r>;
    const NAME: &'static str = "settings";
    const ROW: &'static str = "a setting that differs, defaults included";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "path" Word "as `--set` takes it" => |row| name(row.key.path.as_str()),
        "base" Word "as TOML; blank where the base has none" => |row| row.key.base.as_deref().map_or(Value::Blank, name),
        "other" Word "likewise" => |row| row.key.other.as_deref().map_or(Value::Blank, name),
        "scenario" Word "the other scenario" => |row| name(row.against.other.name.as_str()),
        "against" Word "what it is compared with: the base, or of a migration (`--in-order`) also the step before" => |row| name(row.against.base.as_str()),
    }];
}
