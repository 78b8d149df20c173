use std::path::Path;

use super::super::candidate::{Candidate, Cost};
use super::*;
use crate::results::objectives::Measure;
use crate::scenario::{Override, load_text};
use crate::study::law;

const SMALL: &str = r#"
exchange = "2010"

[run]
window = "10:00 - 10:08"
warmup = "30 s"
interval = "8 min"

[[site]]
name = "HQ"
internet = { bandwidth = "1 Gbps" }
cas = { servers = 2, cores = 1 }
mailbox = { servers = 2, cores = 4 }
owa = { external_url = "https://mail.example.com/owa" }

[[namespace]]
name = "mail.example.com"
internet = ["HQ"]

[[population]]
name = "HQ staff"
home = "HQ"
mailboxes = 300
namespace = "mail.example.com"
clients = { owa = 1 }

[slo]
owa = { p95 = "60 s" }
"#;

/// One to five Client Access servers, now and with one of them lost.
#[derive(Debug)]
struct Servers {
    base: Scenario,
    grid: Vec<Candidate>,
}

impl Servers {
    /// The goal for their cores is what the law has two of them use, and half as much more.
    fn of() -> Self {
        let base = load_text("small.toml", SMALL, Path::new("small.toml"), &[]).unwrap();
        let (loads, _) = law(&base.model, &base.experiment);
        let used = loads.iter().find(|load| load.name.to_lowercase().contains("cas")).unwrap().utilisation();
        let goal = used * 1.5;
        let set = Override { path: "slo.cpu".into(), value: format!("{goal:?}") };
        let base = base.with(&[set]).unwrap();
        let one = |servers: u16| Candidate {
            choices: vec![servers],
            cost: Cost::Machines { servers: u64::from(servers), cores: u64::from(servers) },
            // With one lost.
            expected: used * 2.0 / f64::from(servers.max(2) - 1) / goal,
            bound: None,
        };
        Self { base, grid: (1..=5).map(one).collect() }
    }
}

impl Field for Servers {
    fn candidates(&self) -> &[Candidate] {
        &self.grid
    }

    fn cases(&self) -> usize {
        2
    }

    fn scenario(&self, candidate: usize, case: usize) -> Result<Option<Scenario>, PlanError> {
        let left = usize::from(self.grid[candidate].choices[0]) - case;
        let set = |path: &str, value: usize| Override { path: path.into(), value: value.to_string() };
        let made = (left > 0).then(|| self.base.with(&[set("site.HQ.cas.servers", left)]));
        let fault = |faults| PlanError::Scenario { what: format!("{left} servers"), faults };
        made.transpose().map_err(fault)
    }

    fn worst(&self, _: usize) -> usize {
        1
    }
}

fn play(planning: &Planning<'_>, items: &Items, workers: &Workers<'_>) -> Result<Found, PlayError> {
    planning.play(items, workers, &mut |_| Ok(()), &|_, _, _| {}).map(|(found, _)| found)
}

/// Two servers are used two thirds as much as may be: three are needed where one may be lost. Five, the largest, are
/// accepted, two refused with one lost; fresh runs confirm three. Where all is there nothing is played again, and two
/// shares of a round are the whole of it.
#[test]
fn servers_are_found_in_rounds_and_in_shares() {
    let field = Servers::of();
    let asked = Asked { looks: Looks::USUAL, zone: Zone::of(0.05).unwrap(), fresh: 4 };
    let planning = Planning::of(&field, asked);
    let workers = Workers::new(1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let items = Items::of(vec![folder.path().to_owned()]);
    let mut rounds = Vec::new();
    let begins = &mut |round: &Round| {
        rounds.push((round.why, round.best, round.pieces.len()));
        Ok(())
    };
    let (found, files) = planning.play(&items, &workers, begins, &|_, _, _| {}).unwrap();
    assert_eq!((found.answer, found.next_cheaper), (Some(2), Some(1)));
    assert_eq!(found.status[..3], [Status::Dominated(1), Status::Refused(1), Status::Accepted]);
    assert_eq!((found.tried.as_slice(), found.unconfirmed.len()), (&[4, 2, 1][..], 0));
    assert_eq!(
        (rounds[0], rounds.last().copied()),
        ((Why::Largest, None, 1), Some((Why::Confirmation, Some(2), 2)))
    );
    let refused = &found.seen[&(1, 1)];
    let by = &refused.goals[refused.refused_by.unwrap()];
    assert_eq!((by.measure, by.verdict, by.case), (Measure::Utilisation, Word::Missed, 1));
    assert_eq!(refused.stand, Stand::Refused);
    // Cores of both roles, and the users: each kept by the fresh runs.
    assert!(found.fresh.iter().all(|fresh| fresh.goals.len() >= 3 && fresh.result.is_some()));
    assert_eq!(found.runs.1, 8);
    // Three with one lost are two.
    assert!(files.len() as u64 <= found.runs.0 + found.runs.1);
    assert!(found.events > 0 && found.events < found.events_of_brute_force);

    // All is there: nothing is played again, even where nothing may be.
    let complete = Items::of(vec![folder.path().to_owned()]).complete();
    assert!(play(&planning, &complete, &workers).unwrap() == found);

    let shared = tempfile::tempdir().unwrap();
    let of = || Items::of(vec![shared.path().to_owned()]);
    let next = || match play(&planning, &of().complete(), &workers) {
        Err(PlayError::Round { round, missing }) => (round, missing),
        other => panic!("{:?}", other.map(|found| found.answer)),
    };
    let (round, missing) = next();
    assert_eq!((round.number, missing.places.len(), missing.all), (1, 10, 10));
    assert_eq!(round.pieces, planning.first_round());
    let shares = [1, 2].map(|number| {
        let share = Share::of(number, 2).unwrap();
        planning.play_share(&round.pieces, share, &of(), &workers, &|_, _| {}).unwrap()
    });
    assert_eq!(shares, [5, 5]);
    let (round, missing) = next();
    assert_eq!((round.number, round.pieces.len(), missing.all), (2, rounds[1].2, 10));

    let look = Look { candidate: 5, case: 0, from: 0, runs: 10 };
    let foreign =
        planning.play_share(&[Piece { look, fresh: false }], Share::at(0, 1), &of(), &workers, &|_, _| {});
    assert!(matches!(foreign, Err(PlayError::Foreign { candidate: 5, candidates: 5, .. })));
}

/// A station of 3, 5, 8 or 11 cores of which 3.5 are asked for, exactly: 0.7 of five, 0.44 of eight; 0.6 may be, and 0.54 is the
/// lower edge of its zone. So eight are right, whatever is drawn.
#[derive(Debug)]
struct Cores {
    /// As read once: that takes longer than to play them.
    scenarios: Vec<Scenario>,
    grid: Vec<Candidate>,
    seed: u64,
}

impl Cores {
    const OF: [u16; 4] = [3, 5, 8, 11];

    fn of() -> Self {
        let text = "[run]\nwindow = \"20 s\"\nwarmup = \"2 s\"\n[slo]\ncpu = \"60 %\"\n\
                    [[station]]\nname = \"cas\"\nservice = { exponential = { mean = \"1 s\" } }\n\
                    [[source]]\nname = \"users\"\narrivals = { poisson = \"3.5 /s\" }\npath = [\"cas\"]\n";
        let base = load_text("cores.toml", text, Path::new(""), &[]).unwrap();
        let one = |choice: u16| {
            let cores = Self::OF[usize::from(choice)];
            Candidate {
                choices: vec![choice],
                cost: Cost::Machines { servers: 1, cores: u64::from(cores) },
                expected: 3.5 / f64::from(cores) / 0.6,
                bound: None,
            }
        };
        let of = |cores: u16| {
            base.with(&[Override { path: "station.cas.cores".into(), value: cores.to_string() }]).unwrap()
        };
        Self { scenarios: Self::OF.map(of).to_vec(), grid: (0..4).map(one).collect(), seed: 0 }
    }
}

impl Field for Cores {
    fn candidates(&self) -> &[Candidate] {
        &self.grid
    }

    fn cases(&self) -> usize {
        1
    }

    fn scenario(&self, candidate: usize, _: usize) -> Result<Option<Scenario>, PlanError> {
        let mut made = self.scenarios[candidate].clone();
        made.experiment.seed = self.seed;
        Ok(Some(made))
    }

    fn worst(&self, _: usize) -> usize {
        0
    }
}

/// 20 times with fresh seeds, 17 of them right: with 95 % each, fewer are seen once in 60 sets. Of scenarios whose answer needs
/// longer runs `.ci/long plan` does the same 200 times.
#[test]
fn plans_with_fresh_seeds_are_right() {
    let workers = Workers::new(1).unwrap();
    let mut field = Cores::of();
    let mut right = 0;
    for seed in 1..=20 {
        field.seed = seed;
        let asked = Asked { looks: Looks::of(8, 128), zone: Zone::of(0.05).unwrap(), fresh: 1 };
        let folder = tempfile::tempdir().unwrap();
        let items = Items::of(vec![folder.path().to_owned()]);
        let found = play(&Planning::of(&field, asked), &items, &workers).unwrap();
        right += u32::from(found.answer.is_some_and(|answer| Cores::OF[answer] == 8));
    }
    assert!(right >= 17, "{right} of 20");
}
