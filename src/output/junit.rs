//! The objectives of a run as JUnit XML, as build servers read it: a test case a goal.
//!
//! Missed is a failure; open and not judged are skipped, with the reason, since neither says
//! that the goal is met. There is no schema that all readers share: elements and attributes are
//! those that Jenkins and GitLab read (`testsuites`, `testsuite`, `testcase`, `failure`, `skipped`).

use maud::{Markup, PreEscaped, html};

use super::sentences::{sentence, subject};
use super::tokens::measure;
use crate::results::RunResult;
use crate::results::objectives::Finding;
use crate::stats::verdict::Word;

/// The file, of the objectives of a run that is called `name`.
#[must_use]
pub fn file(run: &RunResult, name: &str) -> String {
    let with = |words: &[Word]| run.objectives.iter().filter(|goal| words.contains(&goal.verdict)).count();
    let (failed, skipped) = (with(&[Word::Missed, Word::Never]), with(&[Word::Open, Word::Unjudged]));
    let markup = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        testsuites name="casim" tests=(run.objectives.len()) failures=(failed) skipped=(skipped) {
            testsuite name=(clean(name)) tests=(run.objectives.len()) failures=(failed) skipped=(skipped) {
                @for goal in &run.objectives { (case(run, goal)) }
            }
        }
    };
    markup.into_string() + "\n"
}

fn case(run: &RunResult, goal: &Finding) -> Markup {
    let words = clean(&sentence(run, goal));
    html! {
        testcase classname=(measure(goal)) name=(clean(&subject(run, goal))) {
            @match goal.verdict {
                Word::Missed | Word::Never => failure message=(words) {},
                Word::Open | Word::Unjudged => skipped message=(words) {},
                Word::Met => system-out { (words) },
            }
        }
    }
}

/// Without the characters that XML 1.0 cannot hold at all.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;

    #[test]
    fn goals_are_test_cases() {
        let mut run = sample::small();
        run.names.populations.iter_mut().for_each(|name| *name = "A & <B> \"C\"\u{7}".to_owned());
        let text = file(&run, "Small & large");
        assert!(
            text.starts_with(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"casim\" tests=\""
            )
        );
        assert_eq!(text.matches("<testcase ").count(), run.objectives.len());
        let with =
            |words: &[Word]| run.objectives.iter().filter(|goal| words.contains(&goal.verdict)).count();
        assert_eq!(text.matches("<failure ").count(), with(&[Word::Missed, Word::Never]));
        assert_eq!(text.matches("<skipped ").count(), with(&[Word::Open, Word::Unjudged]));
        assert!(
            text.contains("name=\"Small &amp; large\"") && !text.contains("<B>") && !text.contains('\u{7}')
        );
    }
}
