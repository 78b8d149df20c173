//! How the goals of an other stand beside those of the base, and what all of it rests on.

use super::super::bits::{Section, State};
use super::parts::{Decided, how};
use crate::output::compared::words::goals;
use crate::output::words::{count, percent};
use crate::results::compared::{Against, ComparedRow, Comparison, Said};

/// How the goals of an other stand beside those of the base.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Turned {
    /// Goals that are missed and were not.
    missed: usize,
    /// Goals that are met and were missed.
    met: usize,
    /// Goals that are worse, whatever their verdict; without goals any rows.
    worse: usize,
    /// Likewise better.
    better: usize,
    /// Goals; 0: none is set.
    goals: usize,
    /// Rows.
    rows: usize,
}

impl Turned {
    pub(super) fn of(against: &Against) -> Self {
        let with =
            |wanted: &dyn Fn(&ComparedRow) -> bool| against.rows.iter().filter(|row| wanted(row)).count();
        let goals = with(&|row| row.goal.is_some());
        let counts = |row: &ComparedRow| goals == 0 || row.goal.is_some();
        Self {
            missed: with(&ComparedRow::newly_missed),
            met: with(&ComparedRow::newly_met),
            worse: with(&|row| counts(row) && row.said == Said::Worse),
            better: with(&|row| counts(row) && row.said == Said::Better),
            goals,
            rows: against.rows.len(),
        }
    }

    /// `2 goals newly missed, 1 newly met`.
    pub(super) fn sentence(self) -> String {
        let Self { missed, met, worse, better, goals, rows } = self;
        let moved = |what: &str| match (better, worse) {
            (0, 0) => format!("no difference for better or worse is shown in {what}"),
            (better, 0) => format!("{better} of {what} better, none worse"),
            (0, worse) => format!("{worse} of {what} worse, none better"),
            (better, worse) => format!("{better} of {what} better, {worse} worse"),
        };
        match (goals, missed, met) {
            (0, ..) => format!("No goals are set; {}", moved(&count(rows, "row"))),
            (_, 0, 0) => format!("No goal changes sides; {}", moved(&count(goals, "goal"))),
            (_, 0, met) => {
                let worse = if worse > 0 { format!(", {worse} worse") } else { String::new() };
                format!("{} newly met, none newly missed{worse}", count(met, "goal"))
            }
            (_, missed, 0) => format!("{} newly missed", count(missed, "goal")),
            (_, missed, met) => format!("{} newly missed, {met} newly met", count(missed, "goal")),
        }
    }

    pub(super) fn state(self) -> State {
        match self {
            Self { missed, .. } if missed > 0 => State::Bad,
            Self { met, worse: 0, .. } if met > 0 => State::Good,
            _ => State::None,
        }
    }
}

pub(super) fn about(comparison: &Comparison) -> String {
    let runs = match comparison.paired {
        true => format!("{} of runs that saw the same draws", count(comparison.pairs as usize, "pair")),
        false => format!("{} a side, not paired", count(comparison.pairs as usize, "run")),
    };
    format!("{runs} · differences below {} of the base are nothing", percent(comparison.floor))
}

pub(super) fn how_sure(shown: &Decided<'_>, comparison: &Comparison) -> Section {
    let looks = comparison.looks.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let mut more = vec![("Base", format!("{}, {}", comparison.base.name, goals(&comparison.base)))];
    more.extend(
        comparison.others.iter().map(|of| ("Other", format!("{}, {}", of.other.name, goals(&of.other)))),
    );
    if comparison.looks.len() > 1 {
        more.push(("Looks", format!("at {looks} pairs; the 5 % of error are shared among these")));
    }
    if let Some(asked) = comparison.precision.filter(|_| comparison.open > 0) {
        let open = count(comparison.open, "row");
        more.push(("Open", format!("{open} neither shown nor known to {}", percent(asked))));
    }
    let finding = match comparison.paired {
        true => format!("Every difference is one of {} of runs", count(comparison.pairs as usize, "pair")),
        false => format!("Every difference is one of {} a side", count(comparison.pairs as usize, "run")),
    };
    how(shown.basis, finding, &more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_sentences() {
        let of = |missed, met, worse, better, goals| Turned { missed, met, worse, better, goals, rows: 30 };
        let told = |turned: Turned| (turned.state(), turned.sentence());
        let said = |state, words: &str| (state, words.to_owned());
        assert_eq!(told(of(2, 0, 3, 0, 8)), said(State::Bad, "2 goals newly missed"));
        assert_eq!(told(of(1, 2, 3, 1, 8)), said(State::Bad, "1 goal newly missed, 2 newly met"));
        assert_eq!(told(of(0, 2, 0, 4, 8)), said(State::Good, "2 goals newly met, none newly missed"));
        assert_eq!(
            told(of(0, 1, 2, 4, 8)),
            said(State::None, "1 goal newly met, none newly missed, 2 worse")
        );
        assert_eq!(
            told(of(0, 0, 0, 0, 8)),
            said(State::None, "No goal changes sides; no difference for better or worse is shown in 8 goals")
        );
        assert_eq!(
            told(of(0, 0, 1, 0, 8)),
            said(State::None, "No goal changes sides; 1 of 8 goals worse, none better")
        );
        assert_eq!(
            told(of(0, 0, 2, 3, 0)),
            said(State::None, "No goals are set; 3 of 30 rows better, 2 worse")
        );
    }
}
