//! `#changes`: the change request, step by step, with the shell's line, what undoes it and what tests it.

use maud::{Markup, html};

use super::super::bits::Section;
use super::parts::{Rows, shortened};
use crate::output::compared::request::{self, Change, losses, order};
use crate::output::words::count;
use crate::results::changes::ChangeRequest;
use crate::results::compared::{Against, Comparison};

/// Rows that are shown; the others are folded.
const SHOWN: usize = 12;

/// `7 steps, after each of which everybody is served who was served before`.
fn title(request: Option<&ChangeRequest>) -> String {
    match request {
        None => "How one gets there was not asked".to_owned(),
        Some(request) if request.rows.is_empty() => "Nothing has to be done".to_owned(),
        Some(request) => order(request),
    }
}

pub(super) fn section(comparison: &Comparison, place: usize) -> Section {
    let against = &comparison.others[place];
    let rows: Vec<Markup> =
        request::rows(comparison).filter(|row| row.place == place).map(|row| one(&row)).collect();
    let losses = against.changes.as_ref().map(losses).unwrap_or_default();
    let from = if comparison.in_order.is_some() && place > 0 { "From the step before, in" } else { "In" };
    let how = match rows.is_empty() {
        true => String::new(),
        false => format!(
            "{from} the order in which it is made. A test is a question to casim explain, asked in the folder of the \
             comparison, and its answer before and after the step."
        ),
    };
    let body = html! {
        @if !losses.is_empty() { ul.said { @for loss in &losses { li { em { (loss) } } } } }
        (shortened(&rows, SHOWN, "found steps"))
        (settings(against).folded(&settings_summary(against)))
    };
    Section {
        id: "changes",
        nav: "What changes",
        topic: "What changes".to_owned(),
        finding: title(against.changes.as_ref()),
        how,
        body,
    }
}

fn one(change: &Change<'_>) -> Markup {
    let row = change.row;
    let value = |value: &str| if value.is_empty() { "\u{2013}".to_owned() } else { value.to_owned() };
    let (head, back) = if row.is_shell { ("Shell: ", "Undo: ") } else { ("To do: ", "To undo: ") };
    let line = |name: &str, text: &str| {
        html! { @if !text.is_empty() { p.small { (name) @if row.is_shell { code { (text) } } @else { (text) } } } }
    };
    html! { li class=[(!row.refused.is_empty()).then_some("grave")] {
        p { b { "Step " (row.step) } " (" (row.kind.token()) ") " (row.what) ": " (value(&row.base)) " \u{2192} " (value(&row.other)) }
        (line(head, &row.command))
        (line(back, &row.undo))
        @if let Some(test) = change.test() {
            p.small { "Test: " code { (test) } @if let Some(answer) = answer(&row.before, &row.after) { ": " (answer) } }
        }
        @if !row.refused.is_empty() {
            p.small { em {
                "Refused after it: " (row.refused.iter().map(request::refused).collect::<Vec<_>>().join("; "))
            } }
        }
    } }
}

/// What is answered before and after.
fn answer(before: &str, after: &str) -> Option<String> {
    match (before, after) {
        ("", "") => None,
        ("", one) | (one, "") => Some(one.to_owned()),
        (before, after) if before == after => Some(format!("{before}, before and after")),
        (before, after) => Some(format!("{before} \u{2192} {after}")),
    }
}

/// Settings that differ, defaults included.
fn settings(against: &Against) -> Rows {
    let mut rows = vec![["setting", "base", "other"].map(str::to_owned).to_vec()];
    let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "\u{2013}".to_owned());
    rows.extend(against.keys.iter().map(|key| vec![key.path.clone(), told(&key.base), told(&key.other)]));
    Rows {
        name: "settings",
        caption: "Settings that differ, defaults included",
        source: "settings.csv",
        rows,
        figures: Vec::new(),
    }
}

fn settings_summary(against: &Against) -> String {
    let verb = if against.keys.len() == 1 { "differs" } else { "differ" };
    format!("{} of the scenario {verb}", count(against.keys.len(), "setting"))
}

/// Every table of it: the change request as one, and settings.
pub(super) fn tables(comparison: &Comparison, place: usize) -> [Rows; 2] {
    let heads =
        ["step", "kind", "what", "before", "after", "to do", "to undo", "test", "answer", "refused after it"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(request::rows(comparison).filter(|change| change.place == place).map(|change| {
        let row = change.row;
        vec![
            row.step.to_string(),
            row.kind.token().to_owned(),
            row.what.clone(),
            row.base.clone(),
            row.other.clone(),
            row.command.clone(),
            row.undo.clone(),
            change.test().unwrap_or_default(),
            answer(&row.before, &row.after).unwrap_or_default(),
            row.refused.iter().map(request::refused).collect::<Vec<_>>().join("; "),
        ]
    }));
    let request = Rows {
        name: "changes",
        caption: "The change request, in the order in which it is made",
        source: "changes.csv",
        rows,
        figures: vec![0],
    };
    [request, settings(&comparison.others[place])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::changes::Order;

    #[test]
    fn titles_say_whether_everybody_is_served_on_the_way() {
        assert_eq!(title(None), "How one gets there was not asked");
        let none = ChangeRequest { rows: Vec::new(), steps: 0, order: Order::Serves, trials: 0, asked: 0 };
        assert_eq!(title(Some(&none)), "Nothing has to be done");
    }

    #[test]
    fn answers_before_and_after() {
        assert_eq!(answer("", ""), None);
        assert_eq!(answer("proxy", "proxy").unwrap(), "proxy, before and after");
        assert_eq!(answer("proxy", "redirect").unwrap(), "proxy \u{2192} redirect");
        assert_eq!(answer("", "refuse").unwrap(), "refuse");
    }
}
