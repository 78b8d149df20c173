//! A sweep: the answer where one was looked for, what becomes of each goal, the picture, the points.

use maud::html;

use super::super::bits::{Section, State};
use super::super::shell::Part;
use super::parts::{Decided, Rows, drawn, headlines, how, sentences};
use crate::output::swept::text::{self, standing, worst};
use crate::output::swept::until;
use crate::output::swept::words::{metric, subject, told};
use crate::output::words::{count, percent, thousands};
use crate::results::swept::{Holds, Swept, SweptRow, Until};
use crate::stats::verdict::Word;

/// What becomes of the goals along the values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Course {
    /// Met at every point.
    held: usize,
    /// Missed at every point.
    missed: usize,
    /// Met at some and missed at some.
    turned: usize,
    /// Anything else: open or not judged somewhere.
    rest: usize,
}

impl Course {
    fn of(swept: &Swept) -> Self {
        let mut all = Self::default();
        for goal in swept.subjects().into_iter().filter(|row| row.goal.is_some()) {
            let words: Vec<Word> =
                swept.points.iter().filter_map(|point| Some(point.row(goal)?.goal?.1)).collect();
            let met = words.iter().filter(|word| **word == Word::Met).count();
            let missed = words.iter().filter(|word| word.is_missed()).count();
            match (met, missed) {
                (met, _) if met == words.len() => all.held += 1,
                (_, missed) if missed == words.len() => all.missed += 1,
                (1.., 1..) => all.turned += 1,
                _ => all.rest += 1,
            }
        }
        all
    }

    /// `2 of 9 goals turn along the values, 1 is missed at every point, 6 are met at every point`.
    fn sentence(self) -> String {
        let Self { held, missed, turned, rest } = self;
        let all = held + missed + turned + rest;
        if all == 0 {
            return "No goal is judged: the scenario has no [slo]".to_owned();
        }
        let is = |many: usize| if many == 1 { "is" } else { "are" };
        let parts = [
            (turned, format!("{} from met to missed", if turned == 1 { "turns" } else { "turn" })),
            (missed, format!("{} missed at every point", is(missed))),
            (rest, format!("{} open or not judged somewhere", is(rest))),
            (held, format!("{} met at every point", is(held))),
        ];
        let told: Vec<String> = parts
            .into_iter()
            .filter(|(many, _)| *many > 0)
            .map(|(many, words)| format!("{many} {words}"))
            .collect();
        format!("Of {} {}", count(all, "goal"), told.join(", "))
    }

    fn state(self) -> State {
        match self {
            Self { missed: 0, turned: 0, rest: 0, held: 1.. } => State::Good,
            Self { missed: 1.., .. } => State::Bad,
            _ => State::None,
        }
    }
}

/// What it comes to.
pub(super) fn verdict(swept: &Swept) -> (State, String) {
    match &swept.until {
        Some(until) => {
            let state = match until.holds {
                Holds::Everywhere => State::Good,
                Holds::Nowhere => State::Bad,
                _ => State::None,
            };
            (state, until::answer(swept, until).trim_end_matches('.').to_owned())
        }
        None => {
            let course = Course::of(swept);
            (course.state(), course.sentence())
        }
    }
}

pub(super) fn part(shown: &Decided<'_>, swept: &Swept, id: &str) -> Part {
    let title = shown.called(swept.scenario.clone());
    let (state, words) = verdict(swept);
    let law = if swept.law_only { "by the utilisation law and limits, without a run" } else { "simulated" };
    let about =
        format!("{} varied · {} · {law}", swept.parameters.join(", "), count(swept.points.len(), "point"));
    let head = shown.head(&title, &about, (state, &words), &[]);
    let mut sections = Vec::new();
    sections.extend(swept.until.as_ref().map(|until| answer(swept, until)));
    sections.push(goals(swept));
    sections.push(drawn(("course", "Picture"), id, shown.picture("sweep"), &html! {}));
    sections.push(points(swept));
    sections.push(how_sure(shown, swept));
    let headlines = headlines(&sections, &["answer", "goals", "course"], &words);
    Part { id: id.to_owned(), name: title, head, headlines, sections }
}

/// Up to where it holds, and what was tried.
fn answer(swept: &Swept, until: &Until) -> Section {
    let said = until::sentences(swept, until);
    let rest = said.get(1..).unwrap_or(&[]);
    Section {
        id: "answer",
        nav: "Answer",
        topic: format!("Where it holds: {}", until.condition),
        finding: said.first().map_or("", String::as_str).trim_end_matches('.').to_owned(),
        how: "Values that were tried, upwards. Each is judged with 95 % shared among all looks; open at the end, by value."
            .to_owned(),
        body: html! { @if !rest.is_empty() { (sentences(rest)) } (tried(swept, until).html()) },
    }
}

fn tried(swept: &Swept, until: &Until) -> Rows {
    let path = swept.parameters.first().map_or("", String::as_str);
    let mut rows =
        vec![[path, "runs", "condition", "nearest to its limit, or beyond"].map(str::to_owned).to_vec()];
    rows.extend((0..until.tries.len()).map(|at| until::cells(swept, until, at).to_vec()));
    Rows {
        name: "tried",
        caption: "Values that were tried",
        source: "sweep.md and sweep.json",
        rows,
        figures: vec![0, 1],
    }
}

/// Every table of it.
pub(super) fn tables(swept: &Swept) -> Vec<Rows> {
    let mut all: Vec<Rows> = swept.until.iter().map(|until| tried(swept, until)).collect();
    all.extend([each_point(swept), every_row(swept)]);
    all
}

fn goals(swept: &Swept) -> Section {
    Section {
        id: "goals",
        nav: "Goals",
        topic: "What becomes of each goal".to_owned(),
        finding: Course::of(swept).sentence(),
        how: String::new(),
        body: sentences(&text::sentences(swept)),
    }
}

fn each_point(swept: &Swept) -> Rows {
    let heads = swept.parameters.iter().map(String::as_str).chain(["goals", "farthest from its goal"]);
    let mut rows = vec![heads.map(str::to_owned).collect::<Vec<_>>()];
    rows.extend(swept.points.iter().map(|point| {
        point.values.iter().cloned().chain([standing(point), worst(point)]).collect::<Vec<_>>()
    }));
    let figures = (0..swept.parameters.len()).collect();
    Rows { name: "points", caption: "Each point", source: "sweep.csv", rows, figures }
}

fn points(swept: &Swept) -> Section {
    let clear = swept.points.iter().filter(|point| is_clear(&point.rows)).count();
    let judged = swept.points.iter().any(|point| point.rows.iter().any(|row| row.goal.is_some()));
    Section {
        id: "points",
        nav: "Points",
        topic: "Point by point".to_owned(),
        finding: points_title(swept.points.len(), clear, judged),
        how: String::new(),
        body: html! { (each_point(swept).html()) (every_row(swept).folded(&every_row_summary(swept))) },
    }
}

fn is_clear(rows: &[SweptRow]) -> bool {
    rows.iter().filter_map(|row| row.goal).all(|(_, word)| word == Word::Met)
}

/// `At 3 of 8 points every goal is met`.
fn points_title(points: usize, clear: usize, judged: bool) -> String {
    match (judged, clear) {
        (false, _) => format!("{}, and no goal to judge them by", count(points, "point")),
        (true, 0) => format!("At none of {} every goal is met", count(points, "point")),
        (true, clear) => format!("At {clear} of {} every goal is met", count(points, "point")),
    }
}

/// What `sweep.csv` has.
fn every_row(swept: &Swept) -> Rows {
    let heads = swept.parameters.iter().map(String::as_str);
    let rest = ["who or what", "metric", "value", "\u{b1}", "failed", "goal", "verdict", "runs"];
    let mut rows = vec![heads.chain(rest).map(str::to_owned).collect::<Vec<_>>()];
    for point in &swept.points {
        rows.extend(point.rows.iter().map(|row| {
            let say = |value: Option<f64>| value.map_or_else(String::new, |value| told(row, value));
            let runs =
                if row.replications == 0 { "law".to_owned() } else { thousands(u64::from(row.replications)) };
            let cells = [
                subject(&row.about),
                metric(row),
                say(row.value),
                say(row.half_width),
                row.failed.map_or_else(String::new, percent),
                say(row.goal.map(|(goal, _)| goal)),
                row.goal.map_or("", |(_, word)| word.token()).to_owned(),
                runs,
            ];
            point.values.iter().cloned().chain(cells).collect::<Vec<_>>()
        }));
    }
    let many = swept.parameters.len();
    Rows {
        name: "rows",
        caption: "What was found at each point; intervals at 95 %",
        source: "sweep.csv",
        rows,
        figures: (0..many).chain([2, 3, 4, 5, 7].map(|at| at + many)).collect(),
    }
}

fn every_row_summary(swept: &Swept) -> String {
    let rows: usize = swept.points.iter().map(|point| point.rows.len()).sum();
    format!("All {}", count(rows, "row"))
}

fn how_sure(shown: &Decided<'_>, swept: &Swept) -> Section {
    let runs = || swept.points.iter().flat_map(|point| &point.rows).map(|row| row.replications);
    let finding = match (swept.law_only, runs().min(), runs().max()) {
        (true, ..) => "By the utilisation law and limits: nothing was simulated".to_owned(),
        (_, Some(few), Some(many)) if few == many => {
            format!("Means over {} of each point", count(few as usize, "run"))
        }
        (_, Some(few), Some(many)) => format!("Means over {few} to {many} runs of a point"),
        _ => "Nothing was played".to_owned(),
    };
    how(shown.basis, finding, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courses_are_sentences() {
        let of = |held, missed, turned, rest| Course { held, missed, turned, rest };
        assert_eq!(of(0, 0, 0, 0).sentence(), "No goal is judged: the scenario has no [slo]");
        assert_eq!(
            of(6, 1, 2, 0).sentence(),
            "Of 9 goals 2 turn from met to missed, 1 is missed at every point, 6 are met at every point"
        );
        assert_eq!(of(1, 0, 0, 0).sentence(), "Of 1 goal 1 is met at every point");
        assert_eq!(
            [of(1, 0, 0, 0), of(0, 1, 1, 0), of(2, 0, 0, 1)].map(Course::state),
            [State::Good, State::Bad, State::None]
        );
    }

    #[test]
    fn points_are_counted() {
        assert_eq!(points_title(8, 3, true), "At 3 of 8 points every goal is met");
        assert_eq!(points_title(8, 0, true), "At none of 8 points every goal is met");
        assert_eq!(points_title(1, 0, false), "1 point, and no goal to judge them by");
    }
}
