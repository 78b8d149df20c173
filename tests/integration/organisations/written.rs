//! What casim writes of a scenario is read again, as the same scenario, and gives the same result, byte for byte.

use std::path::Path;

use casim::kernel::SimSpan;
use casim::scenario::{self, Scenario};
use casim::store;
use casim::study::{Study, Workers};

use super::{asked_for, draw};

/// A run of two minutes, exactly.
fn played(mut scenario: Scenario, workers: &Workers<'_>) -> Vec<u8> {
    let experiment = &mut scenario.experiment;
    (experiment.window, experiment.warmup) = (SimSpan::from_secs(120), SimSpan::from_secs(10));
    (experiment.interval, experiment.replications) = (SimSpan::from_secs(60), 1);
    let mut study = Study::from(&scenario);
    study.add(1, workers).expect("a sound run");
    let result = study.result();
    store::to_bytes(&study.identity(), &result)
}

/// `CASIM_DRAWN` says how many are drawn, `CASIM_SEED` the first of them.
#[test]
fn drawn_organisations_are_read_again() {
    let workers = Workers::new(1).expect("threads");
    let (first, drawn) = (asked_for("CASIM_SEED", 4_000), asked_for("CASIM_DRAWN", 12));
    let mut read = 0;
    for seed in first..first + drawn {
        let Some(scenario) = draw::draw(seed).load() else { continue };
        let again = scenario::load_text("again.toml", &scenario.resolved, Path::new(""), &[])
            .unwrap_or_else(|faults| panic!("seed {seed}: {faults}\n{}", scenario.resolved));
        assert_eq!(again.digest, scenario.digest, "seed {seed}: another scenario");
        let model = |scenario: &Scenario| format!("{:?}", scenario.model);
        assert!(model(&again) == model(&scenario), "seed {seed}: another model of one digest");
        if seed % 4 == 0 {
            assert!(played(scenario, &workers) == played(again, &workers), "seed {seed}: another result");
        }
        read += 1;
    }
    assert!(read * 3 > drawn, "{read} of {drawn} are scenarios");
}
