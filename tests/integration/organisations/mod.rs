//! Organisations drawn at random: `explain`, `check` and a run say the same of each.
//!
//! `draw` and `people` draw a scenario, `draft` makes it smaller, `questions` asks. What
//! was found and mended stands in `found` and `found_down`, one small scenario for each. `literal` pastes what
//! is printed: lines of `explain`, fixes of `check`.

mod draft;
mod draw;
mod found;
mod found_down;
pub(crate) mod literal;
mod people;
mod questions;
mod written;

use std::collections::BTreeMap;

use draft::Draft;

/// What was asked, and what went wrong.
#[derive(Default)]
struct Tally {
    drawn: usize,
    refused: usize,
    questions: usize,
    met: usize,
    /// One of each kind: how often, and the seed.
    wrong: BTreeMap<String, (usize, u64)>,
}

/// Compares organisations from a seed on until so many questions were asked.
fn compare(mut seed: u64, questions: usize) -> Tally {
    let mut tally = Tally::default();
    while tally.questions < questions && tally.drawn < 100 + questions {
        tally.drawn += 1;
        match draw::draw(seed).load() {
            None => tally.refused += 1,
            Some(scenario) => {
                let compared = questions::compared(&scenario);
                tally.questions += compared.questions;
                tally.met += compared.met;
                for mismatch in compared.wrong {
                    let known = tally.wrong.entry(mismatch.kind).or_insert((0, seed));
                    known.0 += 1;
                }
            }
        }
        seed += 1;
    }
    tally
}

/// The smallest scenario in which a mismatch of this kind stays.
fn shrunk(seed: u64, kind: &str) -> Draft {
    draw::draw(seed).shrunk(|scenario| !questions::of_kind(scenario, kind).is_empty())
}

/// No two of the four differ, and the questions were worth asking; else each kind of
/// mismatch with a scenario that can be pasted.
fn demand_agreement(tally: &Tally) {
    let mut told = String::new();
    for (kind, (times, seed)) in &tally.wrong {
        let small = shrunk(*seed, kind);
        // What they say of the small one, which may be more than of the whole.
        let wrong = small.load().map_or_else(Vec::new, |scenario| questions::of_kind(&scenario, kind));
        let words = wrong.first().map_or("", |mismatch| mismatch.words.as_str());
        told += &format!("{kind} ({times} times, first of seed {seed})\n{words}\n{}\n", small.text());
    }
    assert!(tally.wrong.is_empty(), "{told}");
    assert!(tally.refused * 3 < tally.drawn, "the reader refuses {} of {}", tally.refused, tally.drawn);
    assert!(tally.met * 10 >= tally.questions * 7, "the runs answer {} of {}", tally.met, tally.questions);
}

#[test]
fn the_four_agree_on_some_hundred_questions() {
    let tally = compare(1, 500);
    assert!(tally.questions >= 500);
    demand_agreement(&tally);
}

/// A number of the environment.
fn asked_for(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// `.ci/long organisations`.
#[test]
#[ignore = "minutes"]
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn long() {
    let tally = compare(asked_for("CASIM_SEED", 1_000), asked_for("CASIM_QUESTIONS", 20_000) as usize);
    println!(
        "{} organisations ({} more refused by the reader), {} questions, {} of them answered by runs, {} kinds of mismatch",
        tally.drawn - tally.refused,
        tally.refused,
        tally.questions,
        tally.met,
        tally.wrong.len(),
    );
    demand_agreement(&tally);
}

/// `.ci/long organisations` too: what is printed, pasted.
#[test]
#[ignore = "minutes"]
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn long_literal() {
    let least = asked_for("CASIM_COUNTERFACTUALS", 600) as usize;
    let mut promises = literal::Promises::default();
    literal::of_shipped(12, &mut promises);
    let shipped = promises.promised;
    literal::of_drawn(asked_for("CASIM_SEED", 1_000), least.saturating_sub(shipped), &mut promises);
    println!(
        "{} counterfactuals of {} questions applied, {shipped} of shipped scenarios; {} not as promised",
        promises.promised,
        promises.questions,
        promises.wrong.len(),
    );
    let cured = literal::fixes_of_drawn(1_000..1_000 + asked_for("CASIM_DRAWN", 150));
    println!(
        "{} fixes of {} findings of drawn organisations applied; {} do not cure",
        cured.fixes,
        cured.findings,
        cured.wrong.len(),
    );
    let wrong: Vec<String> = promises.wrong.into_iter().chain(cured.wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
