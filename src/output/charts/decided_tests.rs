//! Pictures of comparisons, sweeps and studies of sensitivity of every shape: nothing clipped, nothing upon another, all
//! marks on the paper. `CASIM_CHARTS=DIR cargo test` also writes them there, to be looked at.

use super::decided::{of_comparison, of_plans, of_sweep};
use super::sensitive::of_sensitivity;
use super::tests::sound;
use super::*;
use crate::output::sample::decided::{comparisons, searched, sweep_of, sweeps};
use crate::output::sample::planned::plans;
use crate::output::sample::sensitive::studies;

fn drawn() -> Vec<(String, Drawn)> {
    let mut all = Vec::new();
    for (shape, swept) in sweeps().into_iter().chain([("searched", searched())]) {
        all.extend(of_sweep(&swept).into_iter().map(|chart| (format!("sweep_{shape}"), chart)));
        #[cfg(feature = "png")]
        all.extend(
            png::sweep(&swept, of_sweep(&swept))
                .into_iter()
                .map(|chart| (format!("sweep_{shape}_png"), chart)),
        );
    }
    for (shape, found) in studies() {
        all.extend(of_sensitivity(&found).into_iter().map(|chart| (format!("tornado_{shape}"), chart)));
    }
    for (shape, comparison) in comparisons() {
        let charts = of_comparison(&comparison).into_iter();
        all.extend(charts.map(|chart| (format!("comparison_{shape}"), chart)));
    }
    for (shape, plans) in plans() {
        all.extend(of_plans(&plans).into_iter().map(|chart| (format!("plan_{shape}"), chart)));
    }
    all
}

#[test]
fn every_comparison_sweep_and_plan_gives_sound_pictures() {
    let folder = std::env::var_os("CASIM_CHARTS").map(std::path::PathBuf::from);
    for (shape, chart) in drawn() {
        let mut reader = csv::Reader::from_reader(&chart.data[..]);
        assert!(reader.records().all(|row| row.is_ok()), "{shape}");
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).unwrap();
            for (name, bytes) in files(&chart).unwrap().into_iter().chain([png_file(&chart).unwrap()]) {
                let name = name.trim_start_matches("charts/").replace('/', "-");
                std::fs::write(folder.join(format!("{shape}-{name}")), bytes).unwrap();
            }
        }
        sound(&format!("{} of {shape}", chart.name), &chart.scene);
    }
}

/// The title tells what the picture shows: the goal that turns, and where.
#[test]
fn titles_tell_where_goals_turn() {
    let title = |shape: &str| of_sweep(&sweep_of(shape))[0].scene.title.clone();
    assert_eq!(
        title("one"),
        "OWA, Boston 0: p95 at most 2 s: missed up to 4 Mbps (2.4 s), open at 6 Mbps (2 s), met from 8 Mbps (1.71 s) on"
    );
    assert!(title("alternating").ends_with("met and missed alternate"), "{}", title("alternating"));
    assert!(title("all_met").starts_with("Every goal is met at every point"), "{}", title("all_met"));
}

/// The title of a tornado names the first figure that turns the goal, or the widest.
#[test]
fn titles_of_tornados_tell_what_decides() {
    let title = |shape: &str| {
        let found = studies().into_iter().find(|(name, _)| *name == shape).unwrap().1;
        of_sensitivity(&found)[0].scene.title.clone()
    };
    assert_eq!(
        title("usual"),
        "clients.message_size.lognormal.mean0 decides: at 25 KB p95 of OWA, Boston staff meets its goal (1.5 s)"
    );
    assert_eq!(
        title("one_side"),
        "clients.message_size.lognormal.mean0 moves it most, 2.5 s to 3.75 s, and nothing turns its verdict"
    );
    assert_eq!(title("wide"), "No figure moves it by more than chance does");
}
