//! `#objectives`: each goal beside what was seen, missed ones first.

use maud::{Markup, html};

use super::bits::{Row, Section, State, axis, percent, rows};
use super::layouts::interval;
use crate::output::sentences::{reason_words, value_words};
use crate::output::words::{count, percent as words};
use crate::output::{lookup, sentences};
use crate::results::RunResult;
use crate::results::objectives::{Finding, Measure, Subject};
use crate::stats::verdict::Word;

/// Goals that are shown beside those that are missed.
const SHOWN: usize = 9;

/// What became of all goals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Count {
    pub(super) all: usize,
    pub(super) missed: usize,
    pub(super) open: usize,
    pub(super) unjudged: usize,
}

impl Count {
    pub(super) fn of(run: &RunResult) -> Self {
        let with =
            |words: &[Word]| run.objectives.iter().filter(|goal| words.contains(&goal.verdict)).count();
        Self {
            all: run.objectives.len(),
            missed: with(&[Word::Missed, Word::Never]),
            open: with(&[Word::Open]),
            unjudged: with(&[Word::Unjudged]),
        }
    }

    /// `4 of 8 objectives missed`.
    pub(super) fn sentence(self) -> String {
        let all = count(self.all, "objective");
        let rest = |words: String| {
            let more = [(self.open, "too close to tell"), (self.unjudged, "not judged")];
            let more =
                more.iter().filter(|(many, _)| *many > 0).map(|(many, what)| format!(", {many} {what}"));
            words + &more.collect::<String>()
        };
        match self {
            Self { all: 0, .. } => "No objectives are set: nothing is judged".to_owned(),
            Self { missed, .. } if missed > 0 => rest(format!("{missed} of {all} missed")),
            Self { open: 0, unjudged: 0, all: 1, .. } => "The objective is met".to_owned(),
            Self { open: 0, unjudged: 0, .. } => format!("All {all} met"),
            Self { open, unjudged, all: whole, .. } => {
                rest(format!("{} of {all} met", whole - open - unjudged))
            }
        }
    }

    pub(super) fn state(self) -> State {
        match self {
            Self { missed, .. } if missed > 0 => State::Bad,
            Self { all: 0, .. } => State::None,
            Self { open: 0, unjudged: 0, .. } => State::Good,
            _ => State::None,
        }
    }
}

/// Who misses what was promised: `Boston phones and Boston staff miss what was promised`.
fn title(count: Count, names: &[String]) -> String {
    match names {
        [] => count.sentence(),
        [one] => format!("{one} misses what was promised"),
        [first, second] => format!("{first} and {second} miss what was promised"),
        [first, second, rest @ ..] => {
            format!("{first}, {second} and {} more miss what was promised", rest.len())
        }
    }
}

pub(super) fn section(run: &RunResult) -> Section {
    let counted = Count::of(run);
    let mut goals: Vec<&Finding> = run.objectives.iter().collect();
    goals.sort_by(|a, b| {
        (b.is_missed(), b.excess()).partial_cmp(&(a.is_missed(), a.excess())).expect("no NaN")
    });
    let mut missing: Vec<String> = Vec::new();
    for goal in goals.iter().filter(|goal| goal.is_missed()) {
        let name = who(run, goal);
        if !missing.contains(&name) {
            missing.push(name);
        }
    }
    let all: Vec<Markup> = goals.iter().map(|goal| one(run, goal)).collect();
    let ticks =
        [(0.0, "0"), (0.5, "the goal"), (1.0, "2 × the goal")].map(|(at, words)| (at, words.to_owned()));
    let body = match goals.is_empty() {
        true => html! {},
        false => rows("", &axis(&ticks, "result"), &all, SHOWN.max(counted.missed)),
    };
    let how = match goals.is_empty() {
        true => "Set goals in [slo] of the scenario; docs/scenario.md lists them.",
        false => {
            "Each bar is the result as a share of its goal; beyond the line it is missed. A failed request counts as \
             later than any answer. Of availability the bar is the time lost over that which may be."
        }
    };
    Section {
        id: "objectives",
        nav: "Objectives",
        topic: "Objectives".to_owned(),
        finding: title(counted, &missing),
        how: how.to_owned(),
        body,
    }
}

fn who(run: &RunResult, goal: &Finding) -> String {
    match goal.subject {
        Subject::Users(_, population) => lookup::name(&run.names.populations, population).to_owned(),
        Subject::Servers(_) | Subject::Link(_) => sentences::subject(run, goal),
    }
}

/// The result as a share of its goal, as its bar shows it; of availability what is lost over what may
/// be. A goal of zero that is missed, and a percentile that there is not, are beyond every bar.
fn of_goal(goal: &Finding) -> f64 {
    let share = |value: f64, goal: f64| if value > 0.0 { value / goal.max(0.0) } else { 0.0 };
    match (goal.verdict, goal.seen) {
        (Word::Never, _) => f64::INFINITY,
        (_, Some(seen)) if goal.measure.is_least() => share(1.0 - seen, 1.0 - goal.goal),
        (_, Some(seen)) => share(seen, goal.goal),
        (_, None) => 0.0,
    }
}

fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::LogonP95 => "logon, 95th percentile",
        Measure::LogonWithHumanP95 => "logon with what the user takes, 95th percentile",
        Measure::P95 => "95th percentile",
        Measure::Failures => "failed requests",
        Measure::Availability => "availability",
        Measure::Utilisation => "busiest hour",
        Measure::MeanUtilisation => "mean use",
    }
}

fn one(run: &RunResult, goal: &Finding) -> Markup {
    let state = match goal.verdict {
        Word::Missed | Word::Never => State::Bad,
        Word::Met => State::Good,
        Word::Open | Word::Unjudged => State::None,
    };
    let share = of_goal(goal) / 2.0;
    let bar = if share > 1.0 { "bar over" } else { "bar" };
    // Of availability the bar is what is lost.
    let half = goal.half_width.filter(|half| *half > 0.0 && goal.goal > 0.0 && !goal.measure.is_least());
    let plot = html! {
        div.plot.goal50 {
            i class=(bar) style={ "width:" (percent(share)) } {}
            @if let (Some(seen), Some(half)) = (goal.seen, half) {
                @if share <= 1.0 {
                    (interval((seen - half).max(0.0) / goal.goal / 2.0, (seen + half) / goal.goal / 2.0))
                }
            }
        }
    };
    let say = |value: f64| value_words(goal.measure, value);
    let seen = match (goal.verdict, goal.seen, goal.failed) {
        (Word::Never, _, Some(failed)) => format!("{} failed", words(failed)),
        (Word::Unjudged, ..) => "not judged".to_owned(),
        (_, Some(seen), _) => match goal.half_width.filter(|half| *half > 0.0) {
            Some(half) => format!("{} ± {}", say(seen), say(half)),
            None => say(seen),
        },
        (_, None, _) => "unknown".to_owned(),
    };
    let value = html! {
        b { (seen) } " " span { "goal " (say(goal.goal)) }
        @if matches!(goal.verdict, Word::Open | Word::Unjudged) { small { (goal.verdict.token()) ": " (reason_words(goal)) } }
        @else if let Some(failed) = goal.failed.filter(|failed| *failed > 0.0 && goal.measure.is_percentile()) {
            @if goal.verdict != Word::Never { small { "counts " (words(failed)) " that failed" } }
        }
    };
    let of = match goal.subject {
        Subject::Users(protocol, _) => format!("{}, {}", protocol.title(), measure(goal.measure)),
        Subject::Servers(_) => format!("cores, {}", measure(goal.measure)),
        Subject::Link(_) => format!("bandwidth, {}", measure(goal.measure)),
    };
    Row { state, marked: true, name: &who(run, goal), words: &of, plot, value, tip: String::new() }.html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_sentences() {
        let count = |all, missed, open, unjudged| Count { all, missed, open, unjudged };
        assert_eq!(count(0, 0, 0, 0).sentence(), "No objectives are set: nothing is judged");
        assert_eq!(count(8, 4, 0, 0).sentence(), "4 of 8 objectives missed");
        assert_eq!(
            count(8, 1, 2, 1).sentence(),
            "1 of 8 objectives missed, 2 too close to tell, 1 not judged"
        );
        assert_eq!(count(27, 0, 0, 0).sentence(), "All 27 objectives met");
        assert_eq!(count(1, 0, 0, 0).sentence(), "The objective is met");
        assert_eq!(count(5, 0, 1, 0).sentence(), "4 of 5 objectives met, 1 too close to tell");
        assert_eq!(count(5, 0, 1, 0).state(), State::None, "open is not met");
    }

    #[test]
    fn titles_name_those_who_miss() {
        let count = Count { all: 9, missed: 4, ..Count::default() };
        let names = |n: usize| ["A", "B", "C", "D"][..n].iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(title(count, &names(1)), "A misses what was promised");
        assert_eq!(title(count, &names(2)), "A and B miss what was promised");
        assert_eq!(title(count, &names(4)), "A, B and 2 more miss what was promised");
        assert_eq!(title(Count { all: 2, ..Count::default() }, &[]), "All 2 objectives met");
    }
}
